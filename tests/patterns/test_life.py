"""A match is a finding like any other: accepted, known to a baseline, compared with a revision, kept by fixes, and without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli, Outcome
from tests.patterns.conftest import GO, commit

SECRET = "qJ3vT8mZk1rXw5Lb9NcY2dHs6PfG4aUe"
LOOKING = """\
results = []
for place, _, names in os.walk("."):
    for path in sorted(os.path.join(place, name) for name in names):
        for number, line in enumerate(open(path), 1):
            for rule, words in (
                ("cybrid-tls-verification-off-go", "InsecureSkipVerify: true"),
                ("cybrid-oauth-secret-literal-go", "ClientSecret: "),
            ):
                column = line.find(words)
                if column >= 0:
                    start = {"line": number, "col": column + 1, "offset": 0}
                    end = {"line": number, "col": column + 1 + len(words), "offset": 0}
                    extra = {"message": line, "lines": line, "metavars": {"$SECRET": {"abstract_content": line}}}
                    results.append({"check_id": rule, "path": path, "start": start, "end": end, "extra": extra})
print(json.dumps({"results": results, "errors": [], "paths": {"scanned": []}}))
"""
"""Stands in for semgrep where what it matches is not in question: it looks for words."""

Scan = Callable[..., tuple[Outcome, dict[str, Any]]]


@pytest.fixture
def scan(cli: Cli, acting: Callable[[str], str], go_project: Path) -> Scan:
    """Run a scan of the project with semgrep's stand-in, and return how it ended and its report."""
    command = acting(LOOKING)

    def run(*options: str) -> tuple[Outcome, dict[str, Any]]:
        chosen = ("--semgrep", "--semgrep-command", command, "--format", "json", "--fail-on", "unproven")
        outcome = cli("scan", *chosen, *options, go_project)
        return outcome, json.loads(outcome.stdout) if outcome.stdout else {}

    return run


def lines(findings: list[dict[str, Any]]) -> list[int]:
    return [each["location"]["start_line"] for each in findings if each["rule"] == "pattern-match"]


def test_a_comment_accepts_a_match_and_an_idle_one_is_found(scan: Scan, go_project: Path) -> None:
    accepted = "// cybrid-audit: ignore[pattern-match] a sidecar checks it\n"
    (go_project / "client.go").write_text(GO.replace("var config", accepted + "var config"))
    outcome, report = scan()
    assert (outcome.status, lines(report["findings"]), lines(report["suppressed"])) == (0, [], [7])
    (go_project / "client.go").write_text(GO.replace("var config", accepted + "var other = 1\nvar config"))
    outcome, report = scan()
    assert sorted(each["rule"] for each in report["findings"]) == ["pattern-match", "suppression-unused"]


def test_a_match_breaks_its_control_even_when_it_is_accepted(scan: Scan, go_project: Path) -> None:
    accepted = "// cybrid-audit: ignore[pattern-match] a sidecar checks it\n"
    (go_project / "client.go").write_text(GO.replace("var config", accepted + "var config"))
    _, report = scan()
    status = {each["id"]: each["status"] for each in report["controls"]}
    assert status["X-TLS"] == "violated"
    assert status["X-STORE"] != "violated"


def test_a_change_brings_its_own_matches_only(scan: Scan, go_project: Path) -> None:
    commit(go_project)
    (go_project / "client.go").write_text(
        GO.replace("var config", "\n\nvar config") + "\nvar second = &tls.Config{InsecureSkipVerify: true}\n"
    )
    outcome, report = scan("--diff", "main")
    assert (outcome.status, lines(report["findings"]), lines(report["suppressed"])) == (1, [10], [8])
    outcome, report = scan()
    assert lines(report["findings"]) == [8, 10]


def test_a_baseline_knows_a_match_wherever_it_moves(scan: Scan, cli: Cli, go_project: Path) -> None:
    _, report = scan()
    (found,) = report["findings"]
    assert found["data"]["pattern"] == "cybrid-tls-verification-off-go"
    (go_project / ".cybrid-audit-baseline").write_text(f"pattern-match {found['fingerprint']} client.go\n")
    (go_project / "client.go").write_text(GO.replace("var config", "\n\n\nvar config"))
    outcome, moved = scan()
    assert (outcome.status, lines(moved["findings"]), lines(moved["suppressed"])) == (0, [], [9])


def test_no_report_shows_what_a_pattern_matched_of_a_secret(
    cli: Cli, acting: Callable[[str], str], go_project: Path, tmp_path: Path
) -> None:
    (go_project / "client.go").write_text(GO + f'\nvar c = clientcredentials.Config{{ClientSecret: "{SECRET}"}}\n')
    formats = (
        *("text", "json", "sarif", "markdown", "junit", "gitlab-codequality", "gitlab-sast", "github", "csv"),
        *("oscal", "sonar", "html"),
    )
    asked = [argument for each in formats for argument in ("--output", f"{each}:{tmp_path / each}")]
    outcome = cli("scan", "--semgrep", "--semgrep-command", acting(LOOKING), *asked, go_project)
    assert outcome.status == 1
    for each in formats:
        text = (tmp_path / each).read_text()
        assert "client.go" in text, each
        assert SECRET[5:] not in text, each
    found = [(each["rule"], each["control"]) for each in json.loads((tmp_path / "json").read_text())["findings"]]
    assert found == [("pattern-match", "CR-1"), ("pattern-match", "X-TLS")]


def test_a_fix_leaves_matches_in_the_report(scan: Scan, go_project: Path) -> None:
    (go_project / "client.py").write_text(
        "import os, requests\n"
        "body = {'grant_type': 'client_credentials', 'client_id': os.environ['CYBRID_CLIENT_ID'],\n"
        "        'client_secret': os.environ['CYBRID_CLIENT_SECRET'], 'scope': 'prices:read'}\n"
        "requests.post('https://id.sandbox.cybrid.app/oauth/token', json=body, verify=False)\n"
    )
    _, before = scan()
    _, after = scan("--fix")
    assert sorted(each["rule"] for each in before["findings"]) == ["insecure-transport", "pattern-match"]
    assert [each["rule"] for each in after["findings"]] == ["pattern-match"]


def test_the_rule_and_semgrep_are_asked_for_together(scan: Scan) -> None:
    outcome, _ = scan("--rule", "insecure-transport")
    assert outcome.status == 2
    assert outcome.stderr == "error: --semgrep finds nothing without its rule; add --rule pattern-match\n"
    outcome, report = scan("--rule", "pattern-match")
    assert (outcome.status, lines(report["findings"])) == (1, [6])


def test_sarif_leaves_the_control_to_the_match(cli: Cli, acting: Callable[[str], str], go_project: Path) -> None:
    chosen = ("--semgrep", "--semgrep-command", acting(LOOKING), "--format", "sarif")
    (run,) = json.loads(cli("scan", *chosen, go_project).stdout)["runs"]
    (rule,) = [each for each in run["tool"]["driver"]["rules"] if each["id"] == "pattern-match"]
    (result,) = run["results"]
    assert "control" not in rule["properties"]
    assert not any(tag.startswith("X-") for tag in rule["properties"]["tags"])
    assert result["properties"]["control"] == "X-TLS"
    assert result["properties"]["data"]["cwe"] == ["CWE-295"]


@pytest.mark.xdist_group("semgrep")
def test_with_the_real_one_a_change_brings_its_own_matches_only(cli: Cli, semgrep: str, go_project: Path) -> None:
    commit(go_project)
    (go_project / "client.go").write_text(GO + "\nvar second = &tls.Config{InsecureSkipVerify: true}\n")
    chosen = ("--semgrep", "--semgrep-command", semgrep, "--format", "json", "--diff", "main")
    report = json.loads(cli("scan", *chosen, go_project).stdout)
    assert (lines(report["findings"]), lines(report["suppressed"])) == ([8], [6])
