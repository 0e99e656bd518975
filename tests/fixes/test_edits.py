"""Edits of one file: put together, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.facts import Location
from cybrid_audit.fixes.edits import Edit, Span, applied, span_of
from cybrid_audit.fixes.words import without_words


def test_edits_are_made_in_any_order_and_equal_ones_once() -> None:
    edits = [Edit(6, 7, b"C"), Edit(0, 1, b"A"), Edit(3, 3, b"+"), Edit(0, 1, b"A")]
    assert applied(b"a b c d", edits) == b"A b+ c C"


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 3, b""), Edit(2, 4, b"")],
        [Edit(0, 99, b"")],
        [Edit(1, 1, b"x"), Edit(1, 1, b"y")],
        [Edit(2, 1, b"")],
    ],
)
def test_edits_that_collide_are_refused(edits: list[Edit]) -> None:
    assert applied(b"abcdef", edits) is None


@given(st.binary(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.binary(max_size=4))))
def test_what_no_edit_means_stays(source: bytes, raw: list[tuple[int, int, bytes]]) -> None:
    edits = [Edit(start, start + length, text) for start, length, text in raw]
    made = applied(source, edits)
    if made is not None:
        first = min((each.start for each in edits), default=len(source))
        last = max((each.end for each in edits), default=len(source))
        assert made[:first] == source[:first]
        assert made.endswith(source[last:])


def test_a_location_becomes_bytes() -> None:
    source = "é = 1\r\nname = 'x'\n".encode()
    assert span_of(source, Location("a.py", 2, 7, 2, 10)) == Span(15, 18)
    assert source[15:18] == b"'x'"
    assert span_of(source, Location("a.py", 9, 0, 9, 1)) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a:read b:read c:read", "a:read c:read"),
        ("b:read a:read", "a:read"),
        ("a:read b:read", "a:read"),
        ("b:read", ""),
        ("a:read,b:read", "a:read"),
        ("  a:read\n  b:read\n  c:read\n", "  a:read\n  c:read\n"),
        ("nothing here", "nothing here"),
        ("xb:read", "xb:read"),
    ],
)
def test_words_are_left_out_and_the_layout_stays(text: str, left: str) -> None:
    assert without_words(text, {"b:read"}) == left
