"""`explain`: a page for every rule and every control, offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cybrid_audit import fingerprints
from cybrid_audit.cli.explain import DIGITS, is_fingerprint, text_of
from cybrid_audit.errors import AuditError
from cybrid_audit.knowledge import load

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "token-shop"
RULES = load().rules
CONTROLS = {control.id: control for control in load().controls.controls}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_page_with_a_bad_and_a_good_example(rule: str) -> None:
    text = text_of(rule, RULES, CONTROLS)
    assert text.startswith(f"# {rule}\n")
    assert RULES[rule].summary in text
    for heading in ("## Vulnerable", "## Safe"):
        assert heading in text
    assert "```" in text


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_has_a_page(control: str) -> None:
    text = text_of(control.lower(), RULES, CONTROLS)
    assert text.startswith(f"# {control}: ")
    assert CONTROLS[control].statement in text


def test_a_control_names_its_rules() -> None:
    text = text_of("AT-1", RULES, CONTROLS)
    assert "- bank-token-on-customer-endpoint: " in text


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("bank-token-on-customer", "did you mean 'bank-token-on-customer-endpoint'?"),
        ("at1", "did you mean 'AT-1'?"),
        ("~", "lists them all"),
    ],
)
def test_an_unknown_name_gets_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(AuditError, match="no rule and no control") as raised:
        text_of(name, RULES, CONTROLS)
    assert hint in raised.value.hint


def test_without_a_name_it_lists_all(cli: Any) -> None:
    outcome = cli("explain")
    assert (outcome.status, outcome.stderr) == (0, "")
    for name in [*RULES, *CONTROLS]:
        assert name in outcome.stdout


def test_the_command_prints_a_page(cli: Any) -> None:
    outcome = cli("explain", "at-1")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout == text_of("AT-1", RULES, CONTROLS)


def test_a_page_on_a_terminal_is_formatted(cli: Any) -> None:
    outcome = cli("explain", "AT-1", env={"FORCE_COLOR": "1"})
    assert outcome.status == 0
    assert "\x1b[" in outcome.stdout
    assert CONTROLS["AT-1"].title in outcome.stdout


def test_an_unknown_name_is_wrong_usage(cli: Any) -> None:
    outcome = cli("explain", "at-9")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("error: no rule and no control is called 'at-9'; ")


def test_a_finding_is_explained_by_its_fingerprint(cli: Any) -> None:
    findings = json.loads(cli("scan", EXAMPLE, "-f", "json").stdout)["findings"]
    for finding in findings:
        for name in (finding["fingerprint"], finding["fingerprint"][:12].upper()):
            outcome = cli("explain", name, "--in", EXAMPLE)
            assert (outcome.status, outcome.stderr) == (0, "")
            at = finding["location"]
            assert outcome.stdout.startswith(f"{at['path']}:{at['start_line']}\n")
            assert f"fingerprint {finding['fingerprint']}" in outcome.stdout
            assert f"# {finding['rule']}\n" in outcome.stdout


def test_a_fingerprint_that_no_finding_has_is_said(cli: Any) -> None:
    outcome = cli("explain", "0123456789abcdef", "--in", EXAMPLE)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert "has the fingerprint 0123456789abcdef; name the code base with --in" in outcome.stderr


def test_a_name_is_not_taken_for_a_fingerprint() -> None:
    assert DIGITS == fingerprints.DIGITS
    assert is_fingerprint("f" * DIGITS)
    assert not any(map(is_fingerprint, (*RULES, *CONTROLS, "f" * (DIGITS + 1), "abc")))


def test_an_example_shows_no_mark_for_tests(cli: Any) -> None:
    shown = cli("explain", "unproven-token-on-customer-endpoint").stdout
    assert "expect:" not in shown
    assert "found: unproven-token-on-customer-endpoint (unproven)" in shown
