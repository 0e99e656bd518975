"""What is accepted, and what is wrong with what is declared: audits of small projects."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cybrid_audit.audit import audit
from cybrid_audit.errors import AuditError
from cybrid_audit.policy.baseline import parsed, written
from cybrid_audit.project.config import Config, ConfigSuppression
from cybrid_audit.reports import render
from cybrid_audit.result import AuditResult, ControlStatus, SuppressionKind

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "token-shop"
TOKEN: Final = """\
import os

import requests

IDP = "http://id.sandbox.cybrid.app"{comment}


def bank_token():
    body = {{
        "grant_type": "client_credentials",
        "client_id": os.environ["CYBRID_CLIENT_ID"],
        "client_secret": os.environ["CYBRID_CLIENT_SECRET"],
    }}
    return requests.post(f"{{IDP}}/oauth/token", json=body, timeout=10).json()["access_token"]
"""
TODAY: Final = dt.date(2026, 11, 25)


def audited(folder: Path, comment: str = "", config: str = "", **more: Any) -> AuditResult:
    (folder / "token.py").write_text(TOKEN.format(comment=comment and f"  # cybrid-audit: {comment}"))
    if config:
        (folder / ".cybrid-audit.yaml").write_text(f"version: 1\n{config}")
    return audit(str(folder), today=TODAY, **more)


def told(result: AuditResult) -> list[tuple[str, str, int]]:
    return [(each.rule, each.location.path, each.location.start_line) for each in result.findings]


LIVE: Final = ("insecure-transport", "token.py", 5)


def status(result: AuditResult, control: str) -> ControlStatus:
    return next(each.status for each in result.controls if each.id == control)


def test_without_anything_the_finding_counts(tmp_path: Path) -> None:
    result = audited(tmp_path)
    assert (told(result), result.suppressed, result.facts.exemptions) == ([LIVE], (), ())
    assert status(result, "X-POLICY") is ControlStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("comment", "config", "kind"),
    [
        ("ignore[insecure-transport] a sidecar encrypts (until 2026-11-25)", "", SuppressionKind.INLINE),
        (
            "",
            "suppressions:\n  - {rule: insecure-transport, path: '*.py', reason: a sidecar encrypts, owner: Ada}\n",
            SuppressionKind.CONFIG,
        ),
    ],
)
def test_what_is_accepted_does_not_count_and_stays_broken(
    comment: str, config: str, kind: SuppressionKind, tmp_path: Path
) -> None:
    result = audited(tmp_path, comment, config)
    assert told(result) == []
    (accepted,) = result.suppressed
    assert accepted.suppression is not None
    assert (accepted.suppression.kind, accepted.suppression.reason) == (kind, "a sidecar encrypts")
    assert status(result, "X-TLS") is ControlStatus.VIOLATED
    (control,) = [each for each in result.controls if each.id == "X-TLS"]
    assert any("Accepted" in each.text and "a sidecar encrypts" in each.text for each in control.evidence)
    assert status(result, "X-POLICY") is ControlStatus.SATISFIED
    assert "insecure-transport" not in render(result, "text").replace("explain insecure-transport", "")
    assert json.loads(render(result, "json"))["findings"] == []


def test_an_auditor_sees_who_accepted_what_until_when(tmp_path: Path) -> None:
    config = (
        "suppressions:\n  - {rule: insecure-transport, path: token.py, reason: a sidecar, owner: Ada, expires: 2027-01-31}\n"
        "attestations:\n  - {control: CR-4, statement: Two may read it, owner: Bo, evidence: a link, date: 2026-01-01, expires: 2027-02-28}\n"
    )
    result = audited(tmp_path, config=config)
    (control,) = [each for each in result.controls if each.id == "X-POLICY"]
    assert [(each.kind, each.text) for each in control.evidence] == [
        ("proven", "accepted is insecure-transport (Ada) until 2027-01-31: a sidecar"),
        ("proven", "attested is CR-4 (Bo) until 2027-02-28: Two may read it"),
    ]


def test_a_fingerprint_says_which(tmp_path: Path) -> None:
    (live,) = audited(tmp_path).findings
    config = f"suppressions:\n  - {{rule: insecure-transport, fingerprint: {live.fingerprint}, reason: a sidecar}}\n"
    result = audited(tmp_path, config=config)
    assert (told(result), len(result.suppressed)) == ([], 1)
    other = audited(tmp_path, config=config.replace(live.fingerprint, "0" * 32))
    assert told(other) == [("suppression-unused", ".cybrid-audit.yaml", 3), LIVE]


@pytest.mark.parametrize(
    ("comment", "rule"),
    [
        ("ignore[insecure-transport] a sidecar (until 2026-11-24)", "suppression-expired"),
        ("ignore[insecure-transport]", "suppression-invalid"),
        ("ignore a sidecar", "suppression-invalid"),
        ("ignore[*] a sidecar", "suppression-invalid"),
        ("ignore[insecure-transports] a sidecar", "suppression-invalid"),
        ("ignore[credential-logged] a sidecar", "suppression-unused"),
    ],
)
def test_what_does_not_count_is_a_finding(comment: str, rule: str, tmp_path: Path) -> None:
    result = audited(tmp_path, comment)
    assert told(result) == [LIVE, (rule, "token.py", 5)]
    assert result.suppressed == ()
    assert status(result, "X-POLICY") is ControlStatus.VIOLATED


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        ("path: token.py, reason: a sidecar, expires: 2026-11-24", "suppression-expired"),
        ("path: '**', reason: a sidecar", "suppression-invalid"),
        ("path: './**/*', reason: a sidecar", "suppression-invalid"),
        ("path: other.py, reason: a sidecar", "suppression-unused"),
    ],
)
def test_an_entry_that_does_not_count_is_a_finding(entry: str, rule: str, tmp_path: Path) -> None:
    result = audited(tmp_path, config=f"suppressions:\n  - {{rule: insecure-transport, {entry}}}\n")
    assert told(result) == [(rule, ".cybrid-audit.yaml", 3), LIVE]


def test_one_of_two_rules_without_use_is_told(tmp_path: Path) -> None:
    result = audited(tmp_path, "ignore[insecure-transport, credential-logged] a sidecar")
    (unused,) = result.findings
    assert (unused.rule, unused.data["subject"]) == ("suppression-unused", "credential-logged")
    assert len(result.suppressed) == 1


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_nothing_is_lost_and_nothing_is_made(data: st.DataObject) -> None:
    """Whatever is accepted: what counts and what is accepted are together what there was."""
    every = audit(str(EXAMPLE), today=TODAY).findings
    chosen = data.draw(st.sets(st.sampled_from(sorted(each.fingerprint for each in every))))
    known = [each for each in every if data.draw(st.booleans())]
    config = Config(
        suppressions=tuple(
            ConfigSuppression(each.rule, "settled", fingerprint=each.fingerprint)
            for each in every
            if each.fingerprint in chosen
        )
    )
    baseline = parsed(written(known).encode(), "x")
    result = audit(str(EXAMPLE), today=TODAY, config=config, baseline=baseline)
    assert {each.fingerprint for each in result.findings}.isdisjoint({each.fingerprint for each in result.suppressed})
    assert {each.fingerprint for each in (*result.findings, *result.suppressed)} == {each.fingerprint for each in every}
    accepted = chosen | {each.fingerprint for each in known}
    assert {each.fingerprint for each in result.suppressed} == accepted
    broken = {each.id for each in audit(str(EXAMPLE), today=TODAY).controls if each.status is ControlStatus.VIOLATED}
    assert broken <= {each.id for each in result.controls if each.status is ControlStatus.VIOLATED}


def test_a_finding_on_a_suppression_cannot_be_suppressed(tmp_path: Path) -> None:
    config = "suppressions:\n  - {rule: suppression-unused, path: token.py, reason: quiet}\n"
    result = audited(tmp_path, "ignore[credential-logged] none", config)
    assert ("suppression-unused", "token.py", 5) in told(result)


def test_a_rule_that_did_not_run_says_nothing_of_its_suppressions(tmp_path: Path) -> None:
    comment = "ignore[credential-logged] none"
    assert told(audited(tmp_path, comment, rules=frozenset({"insecure-transport"}))) == [LIVE]
    alone = audited(tmp_path, comment, rules=frozenset({"suppression-unused"}))
    assert told(alone) == [("suppression-unused", "token.py", 5)]
    used = audited(tmp_path, "ignore[insecure-transport] x", rules=frozenset({"suppression-unused"}))
    assert (told(used), used.suppressed) == ([], ())


def test_an_attestation_past_its_day_counts_as_none(tmp_path: Path) -> None:
    entry = "{control: CR-4, statement: Two may read it, owner: Ada, evidence: a link, date: 2026-01-01, expires: %s}"
    held = audited(tmp_path, config=f"attestations:\n  - {entry % '2026-11-25'}\n")
    assert (status(held, "CR-4"), told(held)) == (ControlStatus.ATTESTED, [LIVE])
    past = audited(tmp_path, config=f"attestations:\n  - {entry % '2026-11-24'}\n")
    assert status(past, "CR-4") is ControlStatus.UNPROVEN
    assert told(past) == [("attestation-expired", ".cybrid-audit.yaml", 3), LIVE]


def test_an_unknown_rule_in_the_configuration_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(
        AuditError, match=r"\.cybrid-audit\.yaml:3: suppressions: unknown rule 'insecure-transports'"
    ) as error:
        audited(tmp_path, config="suppressions:\n  - {rule: insecure-transports, path: a.py, reason: b}\n")
    assert error.value.hint == "did you mean 'insecure-transport'?"
