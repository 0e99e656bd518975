"""A request to the platform goes out without TLS, or without checking the certificate."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts, Location, TransportWeakness
from cybrid_audit.judges._common import ending
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding an address or switch."""
    found: dict[tuple[Location, str], TransportWeakness] = {}
    for weakness in facts.transport:
        found.setdefault((weakness.at, weakness.kind), weakness)
    for (at, kind), weakness in sorted(found.items(), key=lambda item: item[0]):
        yield context.finding(
            kind,
            at,
            trace=ending(weakness.trace, at, weakness.detail),
            data={"kind": kind, "detail": weakness.detail},
            detail=weakness.detail,
        )
