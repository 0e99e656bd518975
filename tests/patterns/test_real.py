"""The real semgrep: each bundled rule on its examples, plainly and through an audit, and rules of users."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Cli

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "tests" / "fixtures" / "semgrep"
ANNOTATION = re.compile(r"\b(ruleid|ok): ([\w-]+(?:, [\w-]+)*)")

pytestmark = pytest.mark.xdist_group("semgrep")


def annotated(kind: str) -> set[tuple[str, int, str]]:
    """Return file, line and rule of the examples' annotations of a kind; each is about the next line without one."""
    found: set[tuple[str, int, str]] = set()
    for path in EXAMPLES.iterdir():
        waiting: list[str] = []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            noted = ANNOTATION.findall(line)
            if not noted:
                found |= {(path.name, number, rule) for rule in waiting}
                waiting = []
            waiting += [rule for of, rules in noted if of == kind for rule in rules.split(", ")]
    return found


def test_plain_semgrep_finds_what_the_examples_say(semgrep: str, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "src")
    ran = subprocess.run(
        [
            *(semgrep, "scan", "--json", "--quiet", "--metrics=off", "--disable-version-check", "--oss-only"),
            *("--no-rewrite-rule-ids", "--config", str(ROOT / "rules" / "semgrep"), "src"),
        ],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    answer = json.loads(ran.stdout)
    assert answer["errors"] == []
    found = {(Path(each["path"]).name, each["start"]["line"], each["check_id"]) for each in answer["results"]}
    assert annotated("ruleid") - found == set()
    assert annotated("ok") & found == set()
    assert found - annotated("ruleid") == set()


def test_matches_and_findings_of_the_engine_are_one_report(
    cli: Cli, semgrep: str, go_project: Path, tmp_path: Path
) -> None:
    (go_project / "client.py").write_text(
        "import requests\n\n\ndef prices(token):\n"
        '    return requests.get("https://bank.sandbox.cybrid.app/api/prices", headers={"Authorization": token}, verify=False)\n'
    )
    own = tmp_path / "own.yaml"
    own.write_text(
        "rules:\n"
        "  - id: house-no-raw-requests\n"
        "    languages: [python]\n"
        "    severity: WARNING\n"
        "    message: Use the client of the house.\n"
        "    metadata: {cybrid-control: CR-4}\n"
        "    pattern: requests.get(...)\n"
    )
    chosen = ("--semgrep-command", semgrep, "--semgrep-rules", own)
    report = json.loads(cli("scan", "--format", "json", *chosen, go_project).stdout)
    found = sorted(
        (each["rule"], each["location"]["path"], each["location"]["start_line"], each["control"])
        for each in report["findings"]
    )
    transport = [each for each in found if each[1] == "client.py" and "house" not in each[0]]
    assert ("pattern-match", "client.go", 6, "X-TLS") in found
    assert ("pattern-match", "client.py", 5, "CR-4") in found
    # The engine and a bundled rule both know that certificates are not checked here: it is said once, with the way to it.
    assert [each[0] for each in transport].count("insecure-transport") == 1
    assert [each[0] for each in transport].count("pattern-match") == 1
    again = json.loads(cli("scan", "--format", "json", *chosen, go_project).stdout)
    assert again == report


def test_every_report_has_the_matches(cli: Cli, semgrep: str, go_project: Path, tmp_path: Path) -> None:
    forms = (
        "text",
        "json",
        "sarif",
        "markdown",
        "junit",
        "gitlab-codequality",
        "gitlab-sast",
        "github",
        "html",
        "oscal",
    )
    asked = [argument for form in forms for argument in ("--output", f"{form}:{tmp_path / form}")]
    outcome = cli("scan", "--semgrep", "--semgrep-command", semgrep, *asked, go_project)
    assert "not analysed" not in outcome.stderr
    for form in forms:
        assert "client.go" in (tmp_path / form).read_text(), form
