"""Matches that say nothing new: what our own rules found at the same place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.result import Finding

RULE: Final = "pattern-match"
"""The rule whose findings are matches."""


def without_known(findings: Iterable[Finding], knowledge: Knowledge) -> tuple[Finding, ...]:
    """Return the findings without matches where another rule found the same: it knows more of it.

    The same is what the pattern names as such, or what breaks the same control, on a line that the match covers. A step of the
    other finding's trace counts as its place too."""
    found = tuple(findings)
    audited = {row.id: row.rules for row in knowledge.control_rows}
    others: dict[str, list[tuple[int, int, Finding]]] = {}
    for each in found:
        if each.rule != RULE:
            at = each.location
            others.setdefault(at.path, []).append((at.start_line, max(at.start_line, at.end_line), each))
            for step in each.trace:
                others.setdefault(step.path, []).append((step.line, step.line, each))

    def is_known(match: Finding) -> bool:
        at = match.location
        last = max(at.start_line, at.end_line)
        return any(
            first <= last and at.start_line <= end and _is_same(other, match)
            for first, end, other in others.get(at.path, ())
        )

    def _is_same(other: Finding, match: Finding) -> bool:
        return other.rule == match.data.get("same_as") or other.rule in audited[match.control]

    return tuple(each for each in found if each.rule != RULE or not is_known(each))
