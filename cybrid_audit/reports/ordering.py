"""What comes first in a report: the binding control, then the proven defect, then the place."""

from __future__ import annotations

from typing import Final

from cybrid_audit.result import Finding, Level, Verdict

_LEVELS: Final = {level: rank for rank, level in enumerate(Level)}
_VERDICTS: Final = {verdict: rank for rank, verdict in enumerate(Verdict)}

SortKey = tuple[int, int, str, int, int, str, str]


def sort_key(finding: Finding) -> SortKey:
    """Return what findings are ordered by in every format."""
    at = finding.location
    return (
        _LEVELS[finding.level],
        _VERDICTS[finding.verdict],
        at.path,
        at.start_line,
        at.start_column,
        finding.rule,
        finding.message,
    )


def ordered(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return `findings` in the order of every report."""
    return tuple(sorted(findings, key=sort_key))
