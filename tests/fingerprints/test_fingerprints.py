"""Fingerprints stay while code moves, and tell different findings apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cybrid_audit.facts import Location
from cybrid_audit.fingerprints import DIGITS, with_fingerprints
from cybrid_audit.result import Confidence, Finding, Level, Verdict

PYTHON = """\
class Desk:
    def buy(self, quote):
        return self.post("/api/trades", {"quote_guid": quote})

    def sell(self, quote):
        return self.post("/api/trades", {"quote_guid": quote})
"""


def finding(text: str, marked: str, *, path: str = "desk.py", nth: int = 0, **more: object) -> Finding:
    """Return a finding that spans `marked`, the nth time it is in the text."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(marked, start + 1)
    before, through = text[:start], text[: start + len(marked)]
    at = Location(
        path,
        before.count("\n") + 1,
        start - (before.rfind("\n") + 1),
        through.count("\n") + 1,
        len(through) - (through.rfind("\n") + 1),
    )
    made = Finding(
        rule="transaction-without-mfa",
        control="CA-2",
        level=Level.REQUIRED,
        verdict=Verdict.VIOLATED,
        confidence=Confidence.HIGH,
        message="",
        location=at,
        operation="POST /api/trades",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def fingerprints(text: str, *findings: Finding) -> list[str]:
    found = with_fingerprints(findings, lambda path: text.encode().splitlines())
    return [each.fingerprint for each in found]


CALL = 'self.post("/api/trades", {"quote_guid": quote})'


WRAPPED = """\
self.post(
            "/api/trades",
            {"quote_guid": quote},
        )"""


@pytest.mark.parametrize(
    ("changed", "marked"),
    [
        ("# a comment\n\n" + PYTHON, CALL),
        (PYTHON.replace("    ", "  "), CALL),
        (PYTHON.replace(CALL, WRAPPED), WRAPPED),
        (PYTHON.replace('"', "'"), CALL.replace('"', "'")),
    ],
    ids=["moved", "indented", "wrapped", "quoted"],
)
def test_layout_does_not_count(changed: str, marked: str) -> None:
    (before,) = fingerprints(PYTHON, finding(PYTHON, CALL))
    (after,) = fingerprints(changed, finding(changed, marked))
    assert before == after
    assert len(before) == DIGITS


def test_the_path_does_not_count() -> None:
    there = finding(PYTHON, CALL, path="src/desk/desk.py")
    assert fingerprints(PYTHON, there) == fingerprints(PYTHON, finding(PYTHON, CALL))


def test_what_encloses_the_place_counts() -> None:
    found = fingerprints(PYTHON, finding(PYTHON, CALL), finding(PYTHON, CALL, nth=1))
    assert len(set(found)) == 2
    swapped = fingerprints(PYTHON, finding(PYTHON, CALL, nth=1), finding(PYTHON, CALL))
    assert swapped == found[::-1]


def test_twins_are_told_apart_by_their_order() -> None:
    text = "post('/api/trades', q)\npost('/api/trades', q)\n"
    found = fingerprints(text, finding(text, "post('/api/trades', q)"), finding(text, "post('/api/trades', q)", nth=1))
    assert len(set(found)) == 2


@pytest.mark.parametrize("more", [{"rule": "mfa-result-ignored"}, {"operation": "POST /api/transfers"}])
def test_rule_and_operation_count(more: dict[str, Any]) -> None:
    found = fingerprints(PYTHON, finding(PYTHON, CALL), finding(PYTHON, CALL, **more))
    assert len(set(found)) == 2


def test_a_secret_in_the_text_does_not_count() -> None:
    one = 'mint(client_secret="Zk3vQ0pW7sLq9TtXyB2nM4rE6uI8oA1cD5fG7hJ0kL2")\n'
    other = 'mint(client_secret="pW7sLq9TtXyB2nM4rE6uI8oA1cD5fG7hJ0kL2Zk3vQ0")\n'
    assert fingerprints(one, finding(one, one[:-1])) == fingerprints(other, finding(other, other[:-1]))


def test_a_literal_secret_counts_by_what_reports_show_of_it() -> None:
    text = 'SECRET = "Zk3vQ0pW7sLq9TtXyB2nM4rE6uI8oA1cD5fG7hJ0kL2"\n'
    data = {"secret_id": "aa" * 10, "prefix": "Zk3v", "length": 43}
    first = finding(text, text[9:-1], data=data)
    same_text_other_salt = replace(first, data={**data, "secret_id": "bb" * 10})
    rotated = replace(first, data={**data, "prefix": "pW7s"})
    (a,), (b,), (c,) = (fingerprints(text, each) for each in (first, same_text_other_salt, rotated))
    assert a == b
    assert a != c


def test_a_place_outside_the_text_still_has_a_name() -> None:
    gone = replace(finding(PYTHON, CALL), location=Location("gone.py", 900, 4, 901, 2))
    (found,) = [each.fingerprint for each in with_fingerprints([gone], lambda path: [])]
    assert len(found) == DIGITS


def test_typescript_functions_enclose() -> None:
    text = """\
export async function buy(q: string) {
  if (q) {
    await post(q);
  }
}
export async function sell(q: string) {
  if (q) {
    await post(q);
  }
}
"""
    found = fingerprints(text, finding(text, "post(q)"), finding(text, "post(q)", nth=1))
    assert len(set(found)) == 2
