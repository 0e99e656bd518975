"""What lets far too many read a credential."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Confidence, Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a place that hands a credential over."""
    for each in facts.broad_access:
        yield context.finding(
            each.message,
            each.at,
            confidence=Confidence.MEDIUM if each.message == "role" else Confidence.HIGH,
            data={"kind": each.message, "name": each.name, "detail": each.detail},
            trace=each.trace,
            name=each.name or "secrets",
            detail=each.detail,
        )
