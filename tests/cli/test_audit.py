"""`cybrid-audit audit`: the controls, through the real command."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from cybrid_audit.knowledge import load
from cybrid_audit.result import ExitStatus
from tests.conftest import Cli

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schemas" / "report-1.schema.json"
EXAMPLE = ROOT / "examples" / "token-shop"


def test_every_control_is_there_with_what_it_corresponds_to(cli: Cli) -> None:
    outcome = cli("audit", EXAMPLE)
    assert (outcome.status, outcome.stderr) == (ExitStatus.FINDINGS, "")
    for control in load().controls.controls:
        assert f"\n{control.id} {control.title} ({control.level.value})" in outcome.stdout
        for mapped in control.mappings.values():
            for each in (*mapped.sure, *(f"({unsure})" for unsure in mapped.unsure)):
                assert each in outcome.stdout
    assert "Of the ten controls: " in outcome.stdout
    assert "gjDN6QkqQFdk" not in outcome.stdout


def test_it_says_what_the_json_report_says(cli: Cli) -> None:
    text = cli("audit", EXAMPLE).stdout
    report = json.loads(cli("audit", "--format", "json", EXAMPLE).stdout)
    for control in report["controls"]:
        (line,) = [line for line in text.split("\n") if line.startswith(f"  {control['id']} ")]
        assert f" {control['status']}" in line
        for kind in ("broken", "open", "proven"):
            count = sum(each["kind"] == kind for each in control["evidence"])
            assert (f"{count} {kind}" in line) == bool(count)


def test_several_reports_of_one_run(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("audit", "-o", "text:audit.txt", "-o", "oscal:audit.oscal.json", "-o", "html:audit.html", EXAMPLE)
    assert (outcome.status, outcome.stdout, outcome.stderr) == (ExitStatus.FINDINGS, "", "")
    assert (tmp_path / "audit.txt").read_text().startswith("Audit of token-shop")
    assert "assessment-results" in json.loads((tmp_path / "audit.oscal.json").read_text())


def test_an_attestation_is_shown_with_owner_day_and_link(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        'import requests\nrequests.get("https://bank.sandbox.cybrid.app/api/symbols", timeout=9)\n'
    )
    (tmp_path / ".cybrid-audit.yaml").write_text(
        "version: 1\nattestations:\n  - {control: X-HSTS, statement: It is on, owner: Ada, evidence: https://wiki.example/9,"
        " date: 2020-01-01, expires: 2999-01-01}\n"
    )
    outcome = cli("audit", tmp_path)
    assert outcome.status == ExitStatus.CLEAN
    told = " ".join(outcome.stdout.split())
    assert "attested It is on (Ada, until 2999-01-01; https://wiki.example/9)" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit", "none"], "no such file or directory: none"),
        (["audit", "-o", "nothing:x", "."], "--output nothing:x: no format 'nothing'"),
    ],
)
def test_wrong_use_is_said_in_one_line(arguments: list[str], said: str, cli: Cli) -> None:
    outcome = cli(*arguments)
    assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
    assert outcome.stderr.startswith(f"error: {said}")


def test_names_of_the_audited_tree_do_nothing_to_the_terminal(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m.py").write_text(
        (ROOT / "tests" / "fixtures" / "suppression-invalid" / "python" / "vulnerable" / "token.py").read_text()
    )
    outcome = cli("audit", tmp_path)
    assert "\x1b" not in outcome.stdout
    assert r"a\x1b[31m.py" in outcome.stdout


def test_json_says_what_each_control_corresponds_to(cli: Cli) -> None:
    document = json.loads(cli("audit", EXAMPLE, "--format", "json").stdout)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    first = document["controls"][0]
    assert (first["id"], "CWE-863" in first["mappings"]["cwe"]["certain"]) == ("AT-1", True)
    assert "CWE-441" in first["mappings"]["cwe"]["by_analogy"]
    assert all("mappings" in each for each in document["controls"] if not each["id"].startswith("X-"))
    assert document == json.loads(cli("scan", EXAMPLE, "--format", "json").stdout)


def test_violations_that_are_not_sure_enough_do_not_count(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import os\nimport requests\n\n\ndef trade(quote):\n"
        "    token = requests.post('https://id.sandbox.cybrid.app/oauth/token', json={'grant_type': 'client_credentials',"
        " 'client_id': os.environ['A_ID'], 'client_secret': os.environ['A_SECRET'], 'scope': 'trades:execute'}).json()['access_token']\n"
        "    requests.post('https://bank.sandbox.cybrid.app/api/trades', json={'quote_guid': quote},"
        " headers={'Authorization': 'Bearer ' + token})\n"
    )
    assert cli("audit", tmp_path).status == ExitStatus.FINDINGS
    assert cli("audit", tmp_path, "--min-confidence", "high").status == ExitStatus.CLEAN
