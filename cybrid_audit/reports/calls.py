"""The inventory's rows: one a call site and operation, as policy section 5 has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cybrid_audit.facts import ApiCall, GuardState, Location, Side, TokenKind, TokenMint
from cybrid_audit.records import dataclass
from cybrid_audit.result import AuditResult

TOKEN_OPERATION: Final = "POST /oauth/token"  # noqa: S105 - an operation
"""Not a call of the inventory but one of its tokens."""

CUSTOMER_TOKEN_OPERATION: Final = "POST /api/customer_tokens"  # noqa: S105 - an operation
"""Both: a call that runs with a bank token, and a token."""

_WEAKEST_FIRST: Final = (GuardState.ABSENT, GuardState.IGNORED, GuardState.UNPROVEN, GuardState.ENFORCED)


@dataclass(frozen=True, slots=True)
class CallRow:
    """One platform call: what it runs with, and behind what. `minted_at` are the places its tokens may come from."""

    operation: str
    site: Location
    side: Side
    kinds: tuple[TokenKind, ...]
    scopes: tuple[str, ...]
    minted_at: tuple[Location, ...]
    mfa: GuardState
    is_event: bool


def call_rows(result: AuditResult) -> tuple[CallRow, ...]:
    """Return every platform call of the result but the requests for bank and organization tokens, by place.

    A request for a customer token is a call too, also where the facts hold it as a mint only; then what token it runs
    with is not known."""
    mints = {mint.id: mint for mint in result.facts.mints}
    rows = {
        (call.operation, _place(call.site)): _row(call, mints)
        for call in result.facts.calls
        if call.operation != TOKEN_OPERATION
    }
    for mint in result.facts.mints:
        key = (mint.operation, _place(mint.site))
        if mint.operation == CUSTOMER_TOKEN_OPERATION and key not in rows:
            unknown = (TokenKind.UNKNOWN,)
            rows[key] = CallRow(mint.operation, mint.site, mint.side, unknown, (), (), GuardState.NOT_REQUIRED, False)
    return tuple(sorted(rows.values(), key=lambda row: (row.site, row.operation)))


def weakest_mfa(call: ApiCall) -> GuardState:
    """Return the weakest guard over every way that leads to `call`; where no way is known, nothing is proven."""
    if call.event is None:
        return GuardState.NOT_REQUIRED
    states = {visit.mfa.state for visit in call.visits}
    return next((state for state in _WEAKEST_FIRST if state in states), GuardState.UNPROVEN)


def _row(call: ApiCall, mints: dict[str, TokenMint]) -> CallRow:
    used = [mints[mint] for use in call.tokens for mint in sorted(use.mints) if mint in mints]
    return CallRow(
        operation=call.operation,
        site=call.site,
        side=call.side,
        kinds=call.kinds or (TokenKind.UNKNOWN,),
        scopes=tuple(sorted({name for mint in used for name in mint.scopes.names})),
        minted_at=_distinct_lines(mint.site for mint in used),
        mfa=weakest_mfa(call),
        is_event=call.event is not None,
    )


def _distinct_lines(places: Iterable[Location]) -> tuple[Location, ...]:
    first = {(place.path, place.start_line): place for place in sorted(places, reverse=True)}
    return tuple(sorted(first.values()))


def _place(location: Location) -> tuple[str, int, int]:
    return (location.path, location.start_line, location.start_column)
