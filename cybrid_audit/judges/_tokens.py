"""Customer operations that may run with a token of the wrong kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cybrid_audit.facts import ApiCall, Facts, Ownership, TokenKind, TokenUse
from cybrid_audit.judges._common import ending, is_judged, place, sureness
from cybrid_audit.result import Confidence

if TYPE_CHECKING:
    from cybrid_audit.judges._context import JudgeContext
    from cybrid_audit.result import Finding


def customer_operations(facts: Facts) -> Iterator[ApiCall]:
    """Yield the calls that must run with a customer token."""
    return (call for call in facts.calls if call.is_customer_operation and is_judged(call.side))


def by_directness(use: TokenUse) -> tuple[bool, int, list[str], str]:
    """Sort key: an alternative whose mint is known comes first, then the shortest way."""
    return (not use.mints, len(use.trace), sorted(use.mints), use.origin)


def judge_kind(facts: Facts, context: JudgeContext, kind: TokenKind) -> Iterator[Finding]:
    """Yield a finding for each customer operation that may run with a token of this kind."""
    sites = {mint.id: mint.site for mint in facts.mints}
    for call in customer_operations(facts):
        uses = sorted((use for use in call.tokens if use.kind is kind), key=by_directness)
        if not uses:
            continue
        minted = {mint for use in uses for mint in use.mints}
        data: dict[str, Any] = {"token_kinds": [each.value for each in call.kinds]}
        if places := [place(at) for at in sorted({sites[mint] for mint in minted if mint in sites})]:
            data["minted_at"] = places
        assumed = call.ownership is Ownership.UNKNOWN
        worst = uses[0]
        yield context.finding(
            "assumed" if assumed else "violated",
            call.site,
            operation=call.operation,
            # Without a mint, a name decided what kind of token it is.
            confidence=Confidence.LOW
            if not minted
            else Confidence.MEDIUM
            if assumed
            else sureness(call.approximations),
            trace=ending(worst.trace, call.site, context.note("call", operation=call.operation)),
            data=data,
            root_cause=min(worst.mints, default=""),
        )
