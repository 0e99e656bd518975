"""The exit codes of a finished audit: policy section 5."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cybrid_audit.cli.scan import EXIT_CODES, FORMATS, THRESHOLDS, counts, exit_status
from cybrid_audit.facts import Facts, Location, Skipped
from cybrid_audit.result import AuditResult, Confidence, ExitStatus, Finding, Level, Verdict

CLEAN, FINDINGS, INCOMPLETE = ExitStatus.CLEAN, ExitStatus.FINDINGS, ExitStatus.INCOMPLETE


def finding(level: Level, verdict: Verdict) -> Finding:
    return Finding(
        rule="some-rule",
        control="AT-1",
        level=level,
        verdict=verdict,
        confidence=Confidence.HIGH,
        message="",
        location=Location("a.py", 1),
    )


def result(*findings: Finding, skipped: bool = False) -> AuditResult:
    return AuditResult(
        root=".",
        findings=findings,
        facts=Facts(),
        controls=(),
        scanned=1,
        relevant=1,
        skipped=(Skipped("b.py", "too large"),) if skipped else (),
    )


@pytest.mark.parametrize(
    ("level", "verdict", "at_or_above"),
    [
        (Level.REQUIRED, Verdict.VIOLATED, {"required", "recommended", "unproven"}),
        (Level.RECOMMENDED, Verdict.VIOLATED, {"recommended", "unproven"}),
        (Level.EXTRA, Verdict.VIOLATED, {"unproven"}),
        (Level.REQUIRED, Verdict.UNPROVEN, {"unproven"}),
        (Level.RECOMMENDED, Verdict.UNPROVEN, {"unproven"}),
        (Level.EXTRA, Verdict.UNPROVEN, {"unproven"}),
    ],
)
def test_thresholds(level: Level, verdict: Verdict, at_or_above: set[str]) -> None:
    assert {each for each in THRESHOLDS if counts(finding(level, verdict), each)} == at_or_above


REQUIRED = finding(Level.REQUIRED, Verdict.VIOLATED)
EXTRA = finding(Level.EXTRA, Verdict.VIOLATED)


@pytest.mark.parametrize(
    ("audited", "options", "expected"),
    [
        (result(), {}, CLEAN),
        (result(skipped=True), {}, CLEAN),
        (result(skipped=True), {"strict": True}, INCOMPLETE),
        (result(), {"strict": True}, CLEAN),
        (result(REQUIRED), {}, FINDINGS),
        (result(REQUIRED, skipped=True), {"strict": True}, FINDINGS),
        (result(EXTRA, skipped=True), {"strict": True}, INCOMPLETE),
        (result(REQUIRED), {"exit_zero": True}, CLEAN),
        (result(REQUIRED, skipped=True), {"exit_zero": True, "strict": True}, INCOMPLETE),
        (result(REQUIRED), {"fail_on": "never"}, CLEAN),
        (result(EXTRA), {"fail_on": "unproven"}, FINDINGS),
    ],
)
def test_status(audited: AuditResult, options: dict[str, Any], expected: ExitStatus) -> None:
    given = {"fail_on": "required", "strict": False, "exit_zero": False, **options}
    assert exit_status(audited, **given) is expected


@pytest.mark.parametrize("fail_on", ["required", "unproven"])
@pytest.mark.parametrize(
    ("confidence", "least", "expected"),
    [
        (Confidence.LOW, "low", FINDINGS),
        (Confidence.LOW, "medium", CLEAN),
        (Confidence.MEDIUM, "medium", FINDINGS),
        (Confidence.MEDIUM, "high", CLEAN),
        (Confidence.HIGH, "high", FINDINGS),
    ],
)
def test_violations_that_are_not_sure_enough(
    confidence: Confidence, least: str, expected: ExitStatus, fail_on: str
) -> None:
    audited = result(replace(REQUIRED, confidence=confidence))
    assert exit_status(audited, fail_on=fail_on, strict=False, exit_zero=False, least=least) is expected


def test_an_open_question_is_neither_sure_nor_unsure() -> None:
    audited = result(finding(Level.REQUIRED, Verdict.UNPROVEN))
    assert exit_status(audited, fail_on="unproven", strict=False, exit_zero=False, least="high") is FINDINGS


def test_the_configuration_knows_the_same_confidences() -> None:
    from cybrid_audit.cli.scan import SURENESS
    from cybrid_audit.project.config import CONFIDENCES

    assert SURENESS == CONFIDENCES
    assert set(SURENESS) == {each.value for each in Confidence}


def test_the_command_offers_the_formats_that_reports_write() -> None:
    from cybrid_audit import reports

    assert FORMATS == reports.FORMATS


def test_the_configuration_knows_the_same_thresholds() -> None:
    from cybrid_audit.project.config import FailOn

    assert list(THRESHOLDS) == [each.value for each in FailOn]


def test_every_status_has_a_text() -> None:
    assert list(EXIT_CODES) == [status.value for status in ExitStatus]
