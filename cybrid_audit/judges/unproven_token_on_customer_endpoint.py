"""A customer operation runs with a token whose kind is unknown."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts, TokenKind
from cybrid_audit.judges._common import ending
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.judges._tokens import by_directness, customer_operations
from cybrid_audit.result import Finding, Verdict


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a call site, where no alternative is proven to be a bank or organization token."""
    for call in customer_operations(facts):
        if {TokenKind.BANK, TokenKind.ORGANIZATION} & set(call.kinds):
            continue
        unknown = sorted((use for use in call.tokens if use.kind is TokenKind.UNKNOWN), key=by_directness)
        if call.tokens and not unknown:
            continue
        # Several unknowns may meet in one call; the one that says where it comes from helps most.
        worst = next((use for use in unknown if use.origin), unknown[0] if unknown else None)
        origin = worst.origin if worst is not None else ""
        yield context.finding(
            "origin" if origin else "unseen",
            call.site,
            verdict=Verdict.UNPROVEN,
            operation=call.operation,
            trace=ending(
                worst.trace if worst is not None else (),
                call.site,
                context.note("call", operation=call.operation),
            ),
            data={"token_kinds": [each.value for each in call.kinds]},
            origin=origin,
        )
