"""The whole audit through its front door."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from cybrid_audit.audit import audit
from cybrid_audit.errors import AuditError
from cybrid_audit.project.config import Attestation, Config
from cybrid_audit.result import ControlStatus

APP = """\
import os

import requests
from flask import Flask, session

app = Flask(__name__)


def bank_token():
    response = requests.post(
        "https://id.sandbox.cybrid.app/oauth/token",
        json={
            "grant_type": "client_credentials",
            "client_id": os.environ["CYBRID_CLIENT_ID"],
            "client_secret": os.environ["CYBRID_CLIENT_SECRET"],
            "scope": "accounts:read",
        },
    )
    return response.json()["access_token"]


@app.get("/balances")
def balances():
    headers = {"Authorization": f"Bearer {bank_token()}"}
    params = {"customer_guid": session["customer_guid"]}
    return requests.get("https://bank.sandbox.cybrid.app/api/accounts", params=params, headers=headers).json()
"""
RULE = "bank-token-on-customer-endpoint"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "app.py").write_text(APP)
    return root


def status(root: Path, control: str, **more: object) -> ControlStatus:
    result = audit(str(root), config=Config(**more), today=date(2026, 3, 1))  # type: ignore[arg-type]
    return next(each.status for each in result.controls if each.id == control)


def test_a_project_is_audited_end_to_end(project: Path) -> None:
    result = audit(str(project))
    (found,) = [each for each in result.findings if each.rule == RULE]
    assert (found.location.path, found.location.start_line) == ("app.py", 26)
    assert found.fingerprint
    assert (result.scanned, result.relevant, result.skipped) == (1, 1, ())
    assert result.facts.integrates
    assert status(project, "AT-1") is ControlStatus.VIOLATED


def test_the_default_configuration_is_the_projects(project: Path) -> None:
    (project / ".cybrid-audit.yaml").write_text(f"version: 1\nrules: {{disable: [{RULE}]}}\n")
    assert RULE not in {each.rule for each in audit(str(project)).findings}


def test_a_disabled_rule_does_not_judge_and_prevents_a_pass(project: Path) -> None:
    assert status(project, "AT-1", disabled_rules=(RULE,)) is ControlStatus.UNPROVEN


def test_only_the_wanted_rules_judge(project: Path) -> None:
    result = audit(str(project), config=Config(), rules=frozenset({RULE}))
    assert {each.rule for each in result.findings} == {RULE}


def test_an_unknown_rule_is_named_with_the_nearest(project: Path) -> None:
    with pytest.raises(AuditError, match="unknown rule 'bank-token-on-customer'") as raised:
        audit(str(project), config=Config(), rules=frozenset({"bank-token-on-customer"}))
    assert raised.value.hint == f"did you mean {RULE!r}?"
    with pytest.raises(AuditError, match=r"c\.yaml: rules: unknown rule 'x'"):
        audit(str(project), config=Config(path="c.yaml", disabled_rules=("x",)))


def test_an_attestation_of_no_control_is_named(project: Path) -> None:
    row = Attestation("CR-9", "Reviewed.", "J. Doe", "ticket", date(2026, 1, 1), date(2027, 1, 1), 4)
    with pytest.raises(AuditError, match=r"c\.yaml:4: attestations: unknown control 'CR-9'"):
        audit(str(project), config=Config(path="c.yaml", attestations=(row,)))


def test_an_attestation_of_the_configuration_counts(project: Path) -> None:
    row = Attestation("CR-4", "Reviewed.", "J. Doe", "ticket", date(2026, 1, 1), date(2027, 1, 1))
    assert status(project, "CR-4") is ControlStatus.UNPROVEN
    assert status(project, "CR-4", attestations=(row,)) is ControlStatus.ATTESTED


def test_a_source_that_cannot_be_read_prevents_a_pass(tmp_path: Path) -> None:
    (tmp_path / "quiet.py").write_text("print('nothing of the platform')\n")
    assert status(tmp_path, "AT-1") is ControlStatus.NOT_APPLICABLE
    (tmp_path / "huge.py").write_bytes(b"# cybrid\n" + b"x = 1\n" * 12_000_000)
    result = audit(str(tmp_path), config=Config())
    assert [each.path for each in result.skipped] == ["huge.py"]
    assert status(tmp_path, "AT-1") is ControlStatus.UNPROVEN


def test_a_test_that_cannot_be_read_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_huge.py").write_bytes(b"# cybrid\n" + b"x = 1\n" * 12_000_000)
    assert status(tmp_path, "AT-1") is ControlStatus.NOT_APPLICABLE


def test_progress_is_told_by_stage(project: Path) -> None:
    told: list[tuple[str, int, int]] = []
    audit(str(project), config=Config(), progress=lambda *row: told.append(row))
    assert {row[0] for row in told} <= {"index", "analyse"}
    assert all(0 <= done <= total for _, done, total in told)


def test_the_same_tree_elsewhere_gives_the_same_findings(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project, tmp_path / "elsewhere")
    first, second = (audit(str(path), config=Config()).findings for path in (project, tmp_path / "elsewhere"))
    assert first == second
    assert len({each.fingerprint for each in first}) == len(first)


def test_fingerprints_stay_when_the_code_moves(project: Path) -> None:
    before = {each.fingerprint for each in audit(str(project), config=Config()).findings}
    (project / "src").mkdir()
    (project / "app.py").rename(project / "src" / "web.py")
    (project / "src" / "web.py").write_text("# moved here\n\n\n" + APP)
    after = audit(str(project), config=Config()).findings
    assert {each.location.path for each in after} == {"src/web.py"}
    assert {each.fingerprint for each in after} == before


def test_a_missing_target_is_an_expected_error(tmp_path: Path) -> None:
    with pytest.raises(AuditError):
        audit(str(tmp_path / "none"), config=Config())
