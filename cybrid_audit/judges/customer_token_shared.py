"""A customer token is kept where another customer's request can pick it up."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts, Location, SharedStore
from cybrid_audit.judges._common import ending
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a store."""
    found: dict[Location, SharedStore] = {}
    for store in facts.shared_stores:
        held = found.get(store.at)
        if held is None or len(store.trace) < len(held.trace):
            found[store.at] = store
    for at, store in sorted(found.items()):
        yield context.finding(
            "violated",
            at,
            trace=ending(store.trace, at, context.note("at", store=store.store)),
            data={"store": store.store},
            store=store.store,
        )
