"""Mints that ask for more scopes than the operations their tokens reach need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit.facts import ApiCall, Facts, Location, Step, TokenKind, TokenMint
from cybrid_audit.judges._common import is_judged, joined, step, sureness
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.judges._context import JudgeContext
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.knowledge.operations import Operation
    from cybrid_audit.result import Finding

MAX_USES_SHOWN: Final = 12
"""Uses listed in a trace. Beyond it they are left out; what they need is in the data all the same."""


class Request:
    """Mints at one place that ask for one set of scopes, and everything their tokens are seen to reach.

    One place can be several mints when what calls it differs otherwise: the set is asked for all of them together."""

    __slots__ = ("calls", "mints")

    def __init__(self) -> None:
        self.mints: list[TokenMint] = []
        self.calls: list[ApiCall] = []

    @property
    def first(self) -> TokenMint:
        """The mint that speaks for all of them."""
        return self.mints[0]

    @property
    def escapes(self) -> bool:
        """Whether a token leaves the analysed code, so that its uses are not all visible."""
        return any(mint.escapes for mint in self.mints)

    @property
    def at(self) -> Location:
        """Where a finding on the scopes stands."""
        return place_of(self.first)


@dataclass(frozen=True, slots=True)
class Needs:
    """What operations need of a token: scopes without which they fail, and scopes that they can make use of."""

    required: frozenset[str]
    optional: frozenset[str]


def requests(facts: Facts, kinds: tuple[TokenKind, ...]) -> list[Request]:
    """Return the scope requests of mints of these kinds whose scopes are judged, in the order of their places."""
    reached: dict[str, list[ApiCall]] = {}
    for call in facts.calls:
        for used in sorted({mint for use in call.tokens for mint in use.mints}):
            reached.setdefault(used, []).append(call)
    found: dict[tuple[Location, frozenset[str]], Request] = {}
    for mint in facts.mints:
        if mint.kind in kinds and is_judged(mint.side):
            # What is asked for at one place is asked for all the mints that it feeds: none of their needs is too much.
            request = found.setdefault((place_of(mint), mint.scopes.names), Request())
            request.mints.append(mint)
            request.calls.extend(call for call in reached.get(mint.id, ()) if call not in request.calls)
    return list(found.values())


def place_of(mint: TokenMint) -> Location:
    """Return where a finding on a mint's scopes stands: at the literal, or at the mint when that is in another function."""
    scopes = mint.scopes
    return scopes.location if scopes.location is not None and scopes.in_minting_function else mint.site


def needs(calls: list[ApiCall], knowledge: Knowledge) -> Needs:
    """Return what all these calls together need."""
    required: set[str] = set()
    optional: set[str] = set()
    for call in calls:
        operation = operation_of(call, knowledge)
        if operation is not None:
            required |= operation.required_scopes
            optional |= operation.optional_scopes
            if "mints_customer_token" in operation.marks:
                required |= knowledge.scopes.mint_customer_token
    return Needs(frozenset(required), frozenset(optional - required))


def operation_of(call: ApiCall, knowledge: Knowledge) -> Operation | None:
    """Return the operation of a call, also one that only older releases of the API had."""
    try:
        return knowledge.operations.by_id(call.operation_id)
    except KeyError:
        return next((each for each in knowledge.operations.removed if each.id == call.operation_id), None)


def excess(request: Request, knowledge: Knowledge) -> frozenset[str]:
    """Return the scopes of a request that none of its calls can make use of, whether or not all calls are visible."""
    needed = needs(request.calls, knowledge)
    return request.first.scopes.names - needed.required - needed.optional


def asks_for_everything(mint: TokenMint, knowledge: Knowledge) -> bool:
    """Whether a mint asks for every scope that a token of its kind can carry."""
    every = knowledge.scopes.of(mint.kind.value)
    return bool(every) and every <= mint.scopes.names


def is_judgeable(request: Request) -> bool:
    """Whether all scopes and all uses are known, so that what is too much can be told.

    A token with no use at all is not judged: far more often its uses are out of sight than it is minted for nothing."""
    known = all(mint.scopes.is_complete and mint.scopes.user_controlled_at is None for mint in request.mints)
    return known and not request.escapes and bool(request.calls)


def judge_scopes(facts: Facts, context: JudgeContext, kinds: tuple[TokenKind, ...]) -> Iterator[Finding]:
    """Yield a finding for each request of these kinds that asks for too much."""
    for request in requests(facts, kinds):
        everything = request.escapes and asks_for_everything(request.first, context.knowledge)
        if everything or is_judgeable(request):
            too_much = excess(request, context.knowledge)
            if too_much:
                yield _finding(request, too_much, context, "everything" if everything else "violated")


def _finding(request: Request, too_much: frozenset[str], context: JudgeContext, message: str) -> Finding:
    mint = request.first
    needed = needs(request.calls, context.knowledge)
    wanted = sorted(needed.required)
    uses: list[Step] = []
    for call in request.calls[:MAX_USES_SHOWN]:
        operation = operation_of(call, context.knowledge)
        scopes = joined(sorted(operation.required_scopes)) if operation is not None else "none"
        uses.append(step(call.site, context.note("use", operation=call.operation, scopes=scopes)))
    minted = step(mint.site, context.note("mint"))
    listed = mint.scopes.location
    trace = [minted, *uses] if listed is not None and request.at == listed else uses
    if listed is not None:
        literal = step(listed, context.note("scopes"))
        trace = [*trace, literal] if request.at == listed else [literal, *trace]
    if request.at != listed:
        trace = [*trace, minted]
    return context.finding(
        message,
        request.at,
        operation=mint.operation or None,
        confidence=sureness(
            {each for mint in request.mints for each in mint.approximations}
            | {each for call in request.calls for each in call.approximations}
        ),
        trace=trace,
        data={
            "requested": sorted(mint.scopes.names),
            "needed": wanted,
            "excess": sorted(too_much),
        },
        root_cause=mint.id,
        kind=mint.kind.value,
        excess=joined(sorted(too_much)),
        needed=joined(wanted),
    )
