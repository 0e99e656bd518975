"""A request that is not limited to the sandbox carries a field that simulates an outcome."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts
from cybrid_audit.judges._common import is_judged, step
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a field."""
    for call in facts.calls:
        if is_judged(call.side):
            for at in sorted(set(call.simulation_fields)):
                yield context.finding(
                    "violated",
                    at,
                    operation=call.operation,
                    trace=(step(call.site, context.note("call", operation=call.operation)),),
                )
