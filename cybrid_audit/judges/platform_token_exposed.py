"""A bank or organization token reaches a client."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cybrid_audit.facts import Exposure, Facts, Location, TokenKind
from cybrid_audit.judges._common import ending, joined, place, step, told
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Confidence, Finding

_PLATFORM: Final = (TokenKind.BANK, TokenKind.ORGANIZATION)
_CLIENT_USE: Final = "client-use"


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a place that hands a token over; what the client does with it belongs to that finding's trace."""
    exposures = [each for each in facts.exposures if each.kind in _PLATFORM]
    handed: dict[Location, list[Exposure]] = {}
    for each in exposures:
        if each.channel != _CLIENT_USE:
            handed.setdefault(each.at, []).append(each)
    given = {mint for group in handed.values() for each in group for mint in each.mints}
    uses = [each for each in exposures if each.channel == _CLIENT_USE]
    for use in uses:
        # A token that the server hands over, or that the client minted, is found there.
        if not use.mints & given:
            handed.setdefault(use.at, []).append(use)
    for at, group in sorted(handed.items()):
        yield _finding(at, group, [use for use in uses if use.at != at], context, told(facts, at.path))


def _finding(
    at: Location, group: list[Exposure], uses: list[Exposure], context: JudgeContext, why_client: str
) -> Finding:
    first = min(group, key=lambda each: (not each.mints, len(each.trace), each.kind.value, each.channel))
    mints = {mint for each in group for mint in each.mints}
    kinds = [kind.value for kind in _PLATFORM if any(each.kind is kind for each in group)]
    kind = joined(kinds)
    used = [each for each in uses if each.mints & mints]
    message = first.channel if first.channel in context.rule.messages else "other"
    trace = [
        *(step(each.at, context.note("use", kind=kind)) for each in used),
        *ending(first.trace, at, context.note("at", kind=kind)),
    ]
    data: dict[str, object] = {"token_kinds": kinds, "channel": first.channel}
    if used:
        data["used_at"] = [place(each.at) for each in used]
    return context.finding(
        message,
        at,
        # Without a mint, a name decided what kind of token it is.
        confidence=Confidence.HIGH if mints else Confidence.LOW,
        trace=trace,
        data=data,
        root_cause=min(mints, default=""),
        kind=kind,
        channel=first.channel,
        told=why_client,
    )
