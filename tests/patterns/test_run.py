"""What is told when semgrep does not do what it was asked for: never silence, and never an end of the audit."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cybrid_audit.audit import audit
from cybrid_audit.errors import AuditError
from cybrid_audit.knowledge import load
from cybrid_audit.patterns import RuleSet, rule_set
from cybrid_audit.project.config import parse_config
from cybrid_audit.result import AuditResult, ControlStatus
from tests.conftest import Cli

Acting = Callable[[str], str]
EMPTY = '{"results": [], "errors": [], "paths": {"scanned": []}}'


def rules(command: str | None, root: Path, *beside: Path) -> RuleSet:
    config = parse_config(b"version: 1\nsemgrep: {enabled: true}\n", "c")
    return rule_set(str(root), config, load(), command=command, beside=[str(each) for each in beside])


def audited(command: str, root: Path) -> AuditResult:
    return audit(str(root), patterns=rules(command, root))


def unmatched(result: AuditResult) -> dict[str, str]:
    return {each.path: each.reason for each in result.facts.unmatched}


def test_semgrep_that_is_not_there_is_said_in_the_report_and_on_standard_error(cli: Cli, go_project: Path) -> None:
    outcome = cli("scan", "--semgrep", "--strict", "--format", "json", go_project)
    report = json.loads(outcome.stdout)
    said = "semgrep was asked for and is not installed (pip install cybrid-audit[semgrep]), so that no pattern was looked for"
    assert {"path": ".", "reason": said} in report["files"]["skipped"]
    assert outcome.stderr == f"not analysed: {said}\n"
    assert outcome.status == 3
    assert cli("scan", "--semgrep", go_project).status == 0


def test_without_being_asked_for_nothing_is_said_of_it(cli: Cli, go_project: Path) -> None:
    outcome = cli("scan", go_project)
    assert "semgrep" not in outcome.stdout + outcome.stderr
    (go_project / ".cybrid-audit.yaml").write_text("version: 1\nsemgrep: {enabled: true}\n")
    assert "semgrep was asked for" in cli("scan", go_project).stderr
    assert "semgrep" not in cli("scan", "--no-semgrep", go_project).stderr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "print('Traceback'); sys.exit(2)",
            "semgrep ended with code 2 and no answer, so that no pattern was looked for",
        ),
        (f"print('{EMPTY}'); sys.exit(3)", "semgrep ended with code 3, and no match of it counts"),
        ("print('[1]')", "semgrep ended with code 0 and no answer, so that no pattern was looked for"),
        ("print('{' * 100000)", "semgrep ended with code 0 and no answer, so that no pattern was looked for"),
        ("os.kill(os.getpid(), 9)", "semgrep ended with code -9 and no answer, so that no pattern was looked for"),
    ],
)
def test_a_run_that_fails_is_said(code: str, said: str, acting: Acting, go_project: Path) -> None:
    result = audited(acting(code), go_project)
    assert unmatched(result) == {".": said}
    assert result.findings == ()


def test_a_program_that_does_not_start_is_said(tmp_path: Path, go_project: Path) -> None:
    program = tmp_path / "semgrep"
    program.write_bytes(b"\x7fELF and nothing else")
    program.chmod(0o755)
    assert unmatched(audited(str(program), go_project)) == {
        ".": "semgrep cannot be started, so that no pattern was looked for"
    }


def test_a_run_without_end_is_ended_with_what_it_started(
    acting: Acting, go_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cybrid_audit.patterns.run.MAX_PATTERN_SECONDS", 1)
    note = tmp_path / "outlived"
    child = f"if not os.fork():\n    time.sleep(2)\n    open({str(note)!r}, 'w')\n    os._exit(0)\n"
    result = audited(acting(child + "time.sleep(60)"), go_project)
    assert unmatched(result) == {".": "semgrep did not end in 1 seconds, and no match of it counts"}
    time.sleep(2)
    assert not note.exists()


def test_a_file_that_it_cannot_read_is_named(acting: Acting, go_project: Path) -> None:
    answer = json.loads(EMPTY)
    answer["errors"] = [
        {"type": ["PartialParsing", []], "level": "warn", "path": "client.go", "message": "the code itself"},
        {"type": "Timeout", "level": "warn", "path": "./client.go", "rule_id": "x"},
        {"type": "PartialParsing", "level": "warn", "path": "/etc/passwd"},
    ]
    result = audited(acting(f"print({json.dumps(answer)!r})"), go_project)
    assert unmatched(result) == {"client.go": "a pattern rule did not end in time, so that its matches are missing"}


def test_matches_outside_of_the_files_and_of_other_rules_do_not_count(acting: Acting, go_project: Path) -> None:
    place = {"start": {"line": 6, "col": 15, "offset": 0}, "end": {"line": 6, "col": 50, "offset": 0}}
    answer = json.loads(EMPTY)
    answer["results"] = [
        {"check_id": "cybrid-tls-verification-off-go", "path": "../../etc/passwd", **place},
        {"check_id": "another", "path": "client.go", **place},
        {"check_id": "cybrid-tls-verification-off-go", "path": "client.go", **place},
        {"check_id": "cybrid-tls-verification-off-go", "path": "client.go", **place},
    ]
    (found,) = audited(acting(f"print({json.dumps(answer)!r})"), go_project).findings
    assert (found.rule, found.control, found.location.path) == ("pattern-match", "X-TLS", "client.go")
    assert (found.location.start_column, found.location.end_column) == (14, 49)


def test_a_rule_of_the_users_that_semgrep_refuses_ends_the_audit(
    acting: Acting, go_project: Path, tmp_path: Path
) -> None:
    rule = "rules: [{id: acme, message: M., languages: [go], metadata: {cybrid-control: X-TLS}, pattern: '(('}]\n"
    (tmp_path / "own.yaml").write_text(rule)
    answer = json.loads(EMPTY)
    answer["errors"] = [{"type": "Rule parse error", "level": "error", "rule_id": "acme", "message": "the pattern"}]
    command = acting(f"print({json.dumps(answer)!r})")
    with pytest.raises(AuditError, match=r"own\.yaml: semgrep cannot read the rule 'acme'; 'semgrep scan --config"):
        audit(str(go_project), patterns=rules(command, go_project, tmp_path / "own.yaml"))
    answer["errors"][0]["rule_id"] = "cybrid-token-in-url"
    result = audited(acting(f"print({json.dumps(answer)!r})"), go_project)
    assert "this semgrep cannot read rules/semgrep/token-in-url.yaml" in unmatched(result)["."]


def test_it_gets_what_matters_and_nothing_else(acting: Acting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "project"
    for name in ("client.go", "vendor/a/client.go", "tests/client.go", "docs/client.md", "build/client.go"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("// cybrid\n")
    (root / "other.go").write_text("package other\n")
    (root / ".semgrepignore").write_text("# cybrid\nclient.go\n")
    (root / "link.go").symlink_to("/etc/passwd")
    monkeypatch.setenv("SEMGREP_RULES", "p/ci")
    note = tmp_path / "seen.json"
    code = (
        "seen = sorted(os.path.join(p, n) for p, _, ns in os.walk('.') for n in ns)\n"
        f"json.dump([seen, dict(os.environ), sys.argv, open('.semgrepignore').read()], open({str(note)!r}, 'w'))\n"
        f"print('{EMPTY}')"
    )
    result = audited(acting(code), root)
    assert unmatched(result) == {}
    files, environment, arguments, ignored = json.loads(note.read_text())
    assert files == ["./.semgrepignore", "./build/client.go", "./client.go"]
    assert ignored == ""
    assert "SEMGREP_RULES" not in environment
    assert environment["SEMGREP_SEND_METRICS"] == "off"
    assert environment["HOME"].startswith(os.path.realpath(os.environ.get("TMPDIR", "/tmp")))
    assert {"--metrics=off", "--disable-version-check", "--disable-nosem"} <= set(arguments)


def test_nothing_is_started_where_nothing_matters(acting: Acting, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "main.go").write_text("package main\n")
    note = tmp_path / "started"
    assert unmatched(audited(acting(f"open({str(note)!r}, 'w')"), root)) == {}
    assert not note.exists()


def test_the_controls_of_patterns_that_were_not_looked_for_are_open(acting: Acting, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "client.py").write_text(
        "import os, requests\n"
        "body = {'grant_type': 'client_credentials', 'client_id': os.environ['CYBRID_CLIENT_ID'],\n"
        "        'client_secret': os.environ['CYBRID_CLIENT_SECRET'], 'scope': 'prices:read'}\n"
        "token = requests.post('https://id.sandbox.cybrid.app/oauth/token', json=body).json()['access_token']\n"
        "h = {'Authorization': f'Bearer {token}'}\n"
        "requests.get('https://bank.sandbox.cybrid.app/api/customers', headers=h)\n"
        "requests.get('https://bank.sandbox.cybrid.app/api/prices', headers=h)\n"
    )

    def status(result: AuditResult, control: str) -> ControlStatus:
        return next(each.status for each in result.controls if each.id == control)

    rule = tmp_path / "own.yaml"
    rule.write_text(
        "rules: [{id: acme, message: M., languages: [python], metadata: {cybrid-control: CR-2}, pattern: 'acme()'}]\n"
    )
    config = parse_config(b"version: 1\nsemgrep: {enabled: true, bundled: false}\n", "c")
    before = audit(str(root))
    assert (status(before, "CR-2"), status(before, "AT-1")) == (ControlStatus.SATISFIED, ControlStatus.SATISFIED)
    for code, expected in ((f"print('{EMPTY}')", ControlStatus.SATISFIED), ("", ControlStatus.UNPROVEN)):
        patterns = rule_set(str(root), config, load(), beside=[str(rule)], command=acting(code))
        after = audit(str(root), patterns=patterns)
        assert (status(after, "CR-2"), status(after, "AT-1")) == (expected, ControlStatus.SATISFIED)
