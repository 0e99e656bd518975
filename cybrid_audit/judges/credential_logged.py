"""A client secret or a token reaches a log, print, error message or telemetry call."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts, Location, SecretLogged
from cybrid_audit.judges._common import ending, joined
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a call, whatever number of secrets it is handed."""
    calls: dict[Location, list[SecretLogged]] = {}
    for logged in facts.logged:
        calls.setdefault(logged.at, []).append(logged)
    for at, group in sorted(calls.items()):
        first = min(group, key=lambda each: (each.is_partial, len(each.trace), each.what))
        whats = sorted({each.what.replace("_", " ") for each in group})
        yield context.finding(
            "partial" if first.is_partial else "violated",
            at,
            trace=ending(first.trace, at, context.note("at", sink=first.sink)),
            data={"what": whats, "sink": first.sink, "partial": first.is_partial},
            what=joined(whats),
            sink=first.sink,
        )
