"""Edits: which bytes of a file to replace by which, and how they are put together."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cybrid_audit.facts import Location
from cybrid_audit.records import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """The bytes from `start` up to `end` become `text`. With `start` equal to `end`, `text` is put in there."""

    start: int
    end: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Span:
    """A range of bytes of one file."""

    start: int
    end: int

    def holds(self, start: int, end: int) -> bool:
        """Whether the range of bytes lies inside."""
        return self.start <= start and end <= self.end


def applied(source: bytes, edits: Iterable[Edit]) -> bytes | None:
    """Return the source with all edits made, equal ones once; None when two overlap or one lies outside."""
    parts: list[bytes] = []
    at = 0
    last: Edit | None = None
    for each in sorted(set(edits)):
        if each.start < at or each.end < each.start or each.end > len(source):
            return None
        if last is not None and each.start == last.start:
            # Two texts for one place: which comes first would be chance.
            return None
        parts += [source[at : each.start], each.text]
        at = each.end
        last = each
    return b"".join([*parts, source[at:]])


def span_of(source: bytes, at: Location) -> Span | None:
    """Return the bytes of a location in its file; None when it lies outside."""
    lines = source.split(b"\n")
    last = at.end_line or at.start_line
    if not 1 <= at.start_line <= last <= len(lines):
        return None
    starts = [0]
    for line in lines[:last]:
        starts.append(starts[-1] + len(line) + 1)
    start = starts[at.start_line - 1] + at.start_column
    end = starts[last - 1] + (at.end_column if at.end_line else len(lines[last - 1]))
    return Span(start, end) if start <= end <= len(source) else None


def without_elements(elements: list[Span], removed: Collection[Span]) -> list[Edit] | None:
    """Return the edits that take elements out of a list with the commas between them; None when none would be left.

    What follows the last element (a comma or none, a line end) then follows the last that is kept."""
    kept = [each for each in elements if each not in removed]
    if not kept:
        return None
    edits = []
    for number, element in enumerate(elements):
        if element in removed:
            if element.start < kept[-1].start:
                edits.append(Edit(element.start, elements[number + 1].start, b""))
            else:
                edits.append(Edit(elements[number - 1].end, element.end, b""))
    return edits
