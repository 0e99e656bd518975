"""The scopes of a token come from request input."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts, Location, TokenMint
from cybrid_audit.judges._common import is_judged, step
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a mint."""
    found: dict[Location, TokenMint] = {}
    for mint in facts.mints:
        if mint.scopes.user_controlled_at is not None and is_judged(mint.side):
            found.setdefault(mint.site, mint)
    for at, mint in sorted(found.items()):
        assert mint.scopes.user_controlled_at is not None
        yield context.finding(
            "violated",
            at,
            operation=mint.operation or None,
            trace=(step(mint.scopes.user_controlled_at, context.note("input")), step(at, context.note("mint"))),
            root_cause=mint.id,
            kind=mint.kind.value,
        )
