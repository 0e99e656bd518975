"""Collects what the interpreter learns and turns it into facts.

A run has several passes over the entry points, because what one request stores another may read. What a pass records is
forgotten when the next begins; what the top level of modules records stays, since a module runs once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cybrid_audit.engine.state import State
from cybrid_audit.engine.values import Check, Place, Proofs
from cybrid_audit.facts import (
    ApiCall,
    Approximation,
    CheckSite,
    CredentialUse,
    EntryKind,
    EntryPoint,
    Exposure,
    Facts,
    GuardState,
    GuardView,
    Location,
    LoginIssue,
    OtherRequest,
    Ownership,
    PublicDefinition,
    ScopeRequest,
    SecretLogged,
    SharedStore,
    Side,
    Skipped,
    Step,
    TokenKind,
    TokenMint,
    TokenUse,
    Trace,
    TransportWeakness,
    Visit,
    WebhookHandler,
)
from cybrid_audit.limits import MAX_TRACE_STEPS
from cybrid_audit.project.config import Profile

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule
    from cybrid_audit.knowledge.operations import Operation
    from cybrid_audit.project import Project

_WEAKEST_FIRST = (GuardState.ABSENT, GuardState.IGNORED, GuardState.UNPROVEN, GuardState.ENFORCED)


def location_of(place: Place) -> Location:
    """Return a place as a location."""
    return Location(place.path, place.line, place.column, place.end_line, place.end_column)


def sites(checks: Iterable[Check]) -> tuple[CheckSite, ...]:
    """Return checks as sites, sorted."""
    return tuple(
        CheckSite(c.kind, location_of(c.place), c.name) for c in sorted(checks, key=lambda c: (c.place, c.kind, c.name))
    )


class MintRecord:
    """A token request with one set of scopes. `key` names it within and between passes."""

    __slots__ = (
        "approximations",
        "escape_note",
        "escapes",
        "key",
        "kind",
        "operation",
        "permanent",
        "scopes",
        "side",
        "site",
        "trace",
    )

    def __init__(
        self, key: str, kind: TokenKind, site: Place, scopes: ScopeRequest, side: Side, operation: str
    ) -> None:
        self.key = key
        self.kind = kind
        self.site = site
        self.scopes = scopes
        self.side = side
        self.operation = operation
        self.trace: Trace = ()
        self.escapes = False
        self.escape_note = ""
        self.approximations: frozenset[Approximation] = frozenset()
        self.permanent = False


class CallRecord:
    """A call site of one operation, joined over everything that reaches it."""

    __slots__ = (
        "approximations",
        "events",
        "operation",
        "ownerships",
        "permanent",
        "side",
        "simulation",
        "site",
        "tokens",
        "visits",
    )

    def __init__(self, operation: Operation, site: Place, side: Side) -> None:
        self.operation = operation
        self.site = site
        self.side = side
        self.permanent = False
        self.clear()

    def clear(self) -> None:
        """Forget what was joined."""
        self.tokens: dict[tuple[Any, ...], TokenUse] = {}
        self.ownerships: set[Ownership] = set()
        self.visits: dict[EntryPoint, list[tuple[GuardView, GuardView, Trace]]] = {}
        self.simulation: set[Place] = set()
        self.approximations: set[Approximation] = set()

    @property
    def is_bank_level(self) -> bool:
        """Whether everything seen so far says that the resource is the bank's own."""
        return bool(self.ownerships) and self.ownerships <= {Ownership.BANK, Ownership.NEVER_CUSTOMER}

    def __repr__(self) -> str:
        return f"<call {self.operation.name} at {self.site.path}:{self.site.line}>"


class Recorder:
    """What has been learned so far."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.mints: dict[str, MintRecord] = {}
        self.calls: dict[tuple[str, Place], CallRecord] = {}
        self.facts: dict[Any, tuple[bool, Any]] = {}
        """Plain facts by identity key, with whether a module's top level made them."""
        self.entry: EntryPoint | None = None
        self._outer: list[EntryPoint | None] = []
        self.entries: dict[EntryPoint, None] = {}
        self.module_level = 0
        self.skipped: dict[tuple[str, str], Skipped] = {}
        self.passes = 0

    # ------------------------------------------------------------ passes and entry points

    def begin_pass(self) -> None:
        """Forget what the last pass recorded."""
        self.passes += 1
        self.facts = {key: row for key, row in self.facts.items() if row[0]}
        for call in self.calls.values():
            if not call.permanent:
                call.clear()
        for mint in self.mints.values():
            if not mint.permanent:
                mint.escapes = False

    def enter_module(self, module: LoadedModule) -> None:
        """What follows happens while a module's top level runs."""
        self._outer.append(self.entry)
        self.entry = EntryPoint(EntryKind.SCRIPT, module.path, Location(module.path, 1, 0, 1, 0))
        self.module_level += 1

    def leave_module(self, module: LoadedModule) -> None:
        """A module's top level has run."""
        self.entry = self._outer.pop()
        self.module_level -= 1

    def side(self, where: str | Place) -> Side:
        """Return the side of a file, or of a place in one."""
        if isinstance(where, Place):
            return self.project.side_at(where.path, where.line)
        file = self.project.files.get(where)
        return file.side if file is not None else Side.SERVER

    # ------------------------------------------------------------ traces and guards

    def trace(self, interp: Interpreter, place: Place, note: str) -> Trace:
        """Return the way from the entry point to a place: the entry, each call on the stack, the place."""
        steps: list[Step] = []
        if self.entry is not None:
            at = self.entry.location
            steps.append(
                Step(at.path, at.start_line, f"{self.entry.kind.value.replace('-', ' ')} {self.entry.name} starts here")
            )
        for frame in interp.frames:
            if frame.call_place == place:
                # What happens behind the call site is its callee's business.
                break
            if frame.call_place is not None and frame.function is not None and frame.call_place.path:
                step = Step(
                    frame.call_place.path, frame.call_place.line, f"calls {frame.function.name or 'a function'}"
                )
                if not steps or (steps[-1].path, steps[-1].line) != (step.path, step.line):
                    steps.append(step)
        last = Step(place.path, place.line, note)
        steps = [
            step for index, step in enumerate(steps) if index == 0 or (step.path, step.line) != (last.path, last.line)
        ]
        steps.append(last)
        if len(steps) > MAX_TRACE_STEPS:
            half = MAX_TRACE_STEPS // 2
            steps = [*steps[:half], *steps[-half:]]
        return tuple(steps)

    def guard(self, state: State | None, kind: str) -> GuardView:
        """Return what is known of one kind of check on the current paths."""
        if state is None:
            return GuardView(GuardState.ENFORCED)
        worst = GuardState.ENFORCED
        proven: Proofs | None = None
        ignored: set[Check] = set()
        for status in state.statuses:
            held = frozenset(c for c in status.proven if c.kind == kind)
            if held:
                proven = held if proven is None else proven | held
                continue
            lost = {c for c in status.performed if c.kind == kind}
            if any(c.kind == "bypass" for c in status.proven):
                # The outcome is tested; something else, accepted beside it, opens this path.
                lost = set()
            found = GuardState.IGNORED if lost else GuardState.ABSENT
            ignored |= lost
            if _WEAKEST_FIRST.index(found) < _WEAKEST_FIRST.index(worst):
                worst = found
        if worst is GuardState.ENFORCED:
            return GuardView(worst, sites(proven or ()))
        return GuardView(worst, (), sites(ignored))

    # ------------------------------------------------------------ records

    def mint(
        self, key: str, kind: TokenKind, site: Place, scopes: ScopeRequest, operation: str, trace: Trace
    ) -> MintRecord:
        """Return the record of a token request, made on its first visit."""
        held = self.mints.get(key)
        if held is None:
            held = self.mints[key] = MintRecord(key, kind, site, scopes, self.side(site), operation)
            held.trace = trace
        held.permanent = held.permanent or self.module_level > 0
        return held

    def call(self, operation: Operation, site: Place) -> CallRecord:
        """Return the record of a call site, made on its first visit."""
        key = (operation.id, site)
        held = self.calls.get(key)
        if held is None:
            held = self.calls[key] = CallRecord(operation, site, self.side(site))
        held.permanent = held.permanent or self.module_level > 0
        return held

    def skip(self, path: str, reason: str) -> None:
        """Record that a file was not analysed, or not to its end. Kept through all passes."""
        self.skipped.setdefault((path, reason), Skipped(path, reason))

    def add(self, key: Any, fact: Any) -> None:
        """Record a plain fact once per key."""
        held = self.facts.get(key)
        if held is None:
            self.facts[key] = (self.module_level > 0, fact)

    def get(self, key: Any) -> Any:
        """Return a plain fact by key, or None."""
        held = self.facts.get(key)
        return held[1] if held is not None else None

    def replace(self, key: Any, fact: Any) -> None:
        """Record a plain fact, over what was recorded under its key."""
        self.facts[key] = (self.module_level > 0 or self.facts.get(key, (False,))[0], fact)

    # ------------------------------------------------------------ facts

    def finish(self, integrates: bool) -> Facts:
        """Return everything learned, sorted by place."""
        rows: dict[type, list[Any]] = {}
        for _, fact in self.facts.values():
            rows.setdefault(type(fact), []).append(fact)
        calls = [self._api_call(record) for record in self.calls.values() if record.visits or record.tokens]
        mints = [
            TokenMint(
                m.key,
                m.kind,
                location_of(m.site),
                m.scopes,
                m.side,
                m.operation,
                m.trace,
                m.escapes,
                m.escape_note,
                m.approximations,
            )
            for m in self.mints.values()
        ]
        return Facts(
            calls=tuple(sorted(calls, key=lambda c: (c.site, c.operation))),
            mints=tuple(sorted(mints, key=lambda m: (m.site, m.id))),
            credentials=tuple(sorted(rows.get(CredentialUse, ()), key=lambda c: (c.mint, c.role, repr(c.sources)))),
            exposures=tuple(sorted(rows.get(Exposure, ()), key=lambda e: (e.at, e.kind.value, e.channel))),
            shared_stores=tuple(sorted(rows.get(SharedStore, ()), key=lambda s: (s.at, s.store))),
            logged=tuple(sorted(rows.get(SecretLogged, ()), key=lambda s: (s.at, s.what, s.sink))),
            transport=tuple(sorted(rows.get(TransportWeakness, ()), key=lambda t: (t.at, t.kind))),
            webhooks=tuple(sorted(rows.get(WebhookHandler, ()), key=lambda w: w.at)),
            logins=tuple(
                sorted(
                    rows.get(LoginIssue, ()),
                    key=lambda each: (each.at, each.call, each.entry.location, each.entry.name),
                )
            ),
            elsewhere=tuple(sorted(rows.get(OtherRequest, ()), key=lambda each: (each.at, each.host, each.why.value))),
            public_definitions=tuple(sorted(rows.get(PublicDefinition, ()), key=lambda each: (each.at, each.role))),
            entries=tuple(sorted(self.entries, key=lambda e: (e.location, e.kind.value, e.name))),
            integrates=integrates or bool(calls) or bool(mints),
            skipped=tuple(sorted(self.skipped.values(), key=lambda row: (row.path, row.reason))),
        )

    def _api_call(self, record: CallRecord) -> ApiCall:
        operation = record.operation
        ownership = _strongest(record.ownerships)
        is_customer = ownership is Ownership.CUSTOMER or (
            ownership is Ownership.UNKNOWN
            and (operation.when_unknown is not None and operation.when_unknown.value == "assume_customer")
        )
        strict = self.project.config.profile is Profile.STRICT
        occasion = operation.strict_event if strict else operation.event
        event = occasion.value if occasion is not None and ownership is not Ownership.BANK else None
        visits = []
        for entry, rows in record.visits.items():
            mfa = _weakest_view(row[0] for row in rows)
            email = _weakest_view(row[1] for row in rows)
            trace = next(row[2] for row in rows if row[0].state is mfa.state)
            visits.append(Visit(entry, _as_seen(entry, mfa), _as_seen(entry, email), trace))
        return ApiCall(
            operation=operation.name,
            operation_id=operation.id,
            site=location_of(record.site),
            side=record.side,
            tokens=tuple(sorted(record.tokens.values(), key=lambda u: (u.kind.value, sorted(u.mints), u.origin))),
            ownership=ownership,
            is_customer_operation=is_customer,
            event=event,
            visits=tuple(sorted(visits, key=lambda v: (v.entry.location, v.entry.name))),
            simulation_fields=tuple(location_of(p) for p in sorted(record.simulation)),
            approximations=frozenset(record.approximations),
        )


def _strongest(found: set[Ownership]) -> Ownership:
    for each in (Ownership.CUSTOMER, Ownership.UNKNOWN, Ownership.BANK, Ownership.NEVER_CUSTOMER):
        if each in found:
            return each
    return Ownership.UNKNOWN


def _weakest_view(views: Iterable[GuardView]) -> GuardView:
    found = list(views)
    for state in _WEAKEST_FIRST:
        group = [view for view in found if view.state is state]
        if group:
            proven = {site for view in group for site in view.proven}
            ignored = {site for view in group for site in view.ignored}
            order = lambda site: (site.location, site.name)  # noqa: E731 - used twice, here only
            return GuardView(state, tuple(sorted(proven, key=order)), tuple(sorted(ignored, key=order)))
    return GuardView(GuardState.ABSENT)


def _as_seen(entry: EntryPoint, view: GuardView) -> GuardView:
    """Return a guard's view with what callers out of sight may have checked taken into account."""
    if view.state is GuardState.ABSENT and not entry.is_visible:
        return GuardView(GuardState.UNPROVEN, view.proven, view.ignored)
    return view
