"""The status of every control, with the evidence for it.

A control is about certain sites (`sites` in `rules/controls.yaml`). A violation breaks it; a site that is not proven safe
leaves it open; only sites that are all proven make it satisfied. Nothing that was not looked at is taken for a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from cybrid_audit.facts import (
    ApiCall,
    Approximation,
    CheckSite,
    CredentialUse,
    ExemptionKind,
    Facts,
    GuardState,
    Location,
    Side,
    Skipped,
    SourceKind,
    TokenKind,
)
from cybrid_audit.judges import _events, _scopes, _tokens
from cybrid_audit.judges._common import is_judged, joined
from cybrid_audit.records import dataclass
from cybrid_audit.result import ControlReport, ControlStatus, Evidence, Finding, Level, Verdict

if TYPE_CHECKING:
    from datetime import date

    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.knowledge.controls import ControlRow
    from cybrid_audit.project.config import Attestation


MAX_EVIDENCE: Final = 200
"""Pieces of evidence of one kind and control. Beyond it, a last one says how many more there are."""

BROKEN, OPEN, PROVEN, SKIPPED, ATTESTED, LAPSED, NOTE = (
    *("broken", "open", "proven", "skipped", "attested"),
    *("lapsed", "note"),
)
"""Kinds of evidence, in the order in which they are listed."""

_LOSING: Final = frozenset({Approximation.DEPTH, Approximation.STEPS})
"""Bounds that may have hidden what would speak against a site."""


@dataclass(frozen=True, slots=True)
class ControlContext:
    """What the status of a control depends on beside facts and findings.

    `judged` are the rules that ran; `skipped` the files that were not analysed and could have mattered; `unmatched` those in
    which patterns were not looked for, which are about the controls in `matched`; `today` decides which attestations still
    hold."""

    knowledge: Knowledge
    judged: frozenset[str]
    skipped: tuple[Skipped, ...] = ()
    unmatched: tuple[Skipped, ...] = ()
    matched: frozenset[str] = frozenset()
    attestations: Sequence[Attestation] = ()
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A place that a control is about, and whether it is proven safe. `text` says what is there, or what is not known."""

    at: Location
    text: str
    is_proven: bool

    @property
    def evidence(self) -> Evidence:
        """The site as evidence."""
        return Evidence(PROVEN if self.is_proven else OPEN, self.text, self.at.path, self.at.start_line)


def control_reports(facts: Facts, findings: Iterable[Finding], context: ControlContext) -> tuple[ControlReport, ...]:
    """Return the status of every control, in the order of the data."""
    found = list(findings)
    collected: dict[str, list[Site]] = {}
    reports = []
    for control in context.knowledge.control_rows:
        if control.sites not in collected:
            collected[control.sites] = sites_of(control, facts, context.knowledge)
        reports.append(_report(control, collected[control.sites], found, context))
    return tuple(reports)


def _report(control: ControlRow, sites: list[Site], findings: list[Finding], context: ControlContext) -> ControlReport:
    own = [each for each in findings if _breaks(each, control)]
    broken = [_as_evidence(each, BROKEN) for each in own if each.verdict is Verdict.VIOLATED]
    at = {(each.location.path, each.location.start_line) for each in own}
    unproven = [_as_evidence(each, OPEN) for each in own if each.verdict is Verdict.UNPROVEN]
    # A finding says more than the site it stands at.
    places = [site.evidence for site in sites if (site.at.path, site.at.start_line) not in at]
    unproven += [each for each in places if each.kind == OPEN]
    proven = [each for each in places if each.kind == PROVEN] if control.rules else []
    notes: list[Evidence] = []
    missing = sorted(rule for rule in control.rules if rule not in context.judged)
    if missing:
        notes.append(Evidence(NOTE, f"{joined(missing)} did not run"))
    left = [*(context.skipped if control.rules else ()), *(context.unmatched if control.id in context.matched else ())]
    skipped = [Evidence(SKIPPED, f"not analysed: {each.reason}", each.path) for each in left]
    is_relevant = bool(sites or own)
    if is_relevant and control.open:
        notes.append(Evidence(NOTE, control.open))
    status = _status(broken, unproven, skipped, notes, proven, is_relevant=is_relevant)
    attested = list(_attested(control, context))
    if status in (ControlStatus.UNPROVEN, ControlStatus.NOT_APPLICABLE) and any(holds for holds, _ in attested):
        status = ControlStatus.ATTESTED
    evidence = [
        *_limited(broken),
        *_limited(unproven),
        *_limited(proven),
        *_limited(skipped),
        *(each for _, each in attested),
        *notes,
    ]
    return ControlReport(control.id, Level(control.level), status, control.statement, tuple(evidence))


def _status(
    broken: list[Evidence],
    unproven: list[Evidence],
    skipped: list[Evidence],
    notes: list[Evidence],
    proven: list[Evidence],
    *,
    is_relevant: bool,
) -> ControlStatus:
    if broken:
        return ControlStatus.VIOLATED
    if unproven or skipped or notes:
        return ControlStatus.UNPROVEN
    if not is_relevant:
        return ControlStatus.NOT_APPLICABLE
    return ControlStatus.SATISFIED if proven else ControlStatus.UNPROVEN


def _breaks(finding: Finding, control: ControlRow) -> bool:
    """Whether a finding is about a control: as its rule is, or, where no rule of the control made it, as it says itself."""
    return _concerns(finding, control) if finding.rule in control.rules else finding.control == control.id


def _concerns(finding: Finding, control: ControlRow) -> bool:
    """Whether a finding of one of the control's rules breaks this control: one on a guard breaks that of its event only."""
    event = _EVENTS.get(control.sites)
    events = finding.data.get("events")
    return event is None or events is None or event in events


_EVENTS: Final = {
    "customer-creation": "customer_creation",
    "customer-transaction": "customer_transaction",
}


def _as_evidence(finding: Finding, kind: str) -> Evidence:
    """Return a finding as evidence. One that is accepted says so and counts all the same: a risk that somebody takes is
    still there."""
    told = finding.suppression
    text = finding.message
    if told is not None:
        by = f", {told.owner}" if told.owner else ""
        until = f", until {told.until}" if told.until else ""
        text = f"{text} Accepted ({told.kind.value}{by}{until}): {told.reason}"
    return Evidence(kind, text, finding.location.path, finding.location.start_line)


def _limited(evidence: list[Evidence]) -> list[Evidence]:
    """Return each piece once, and those beyond the bound as one."""
    evidence = list(dict.fromkeys(evidence))
    more = len(evidence) - MAX_EVIDENCE
    if more <= 0:
        return evidence
    return [*evidence[:MAX_EVIDENCE], Evidence(evidence[0].kind, f"{more} more", count=more)]


def _attested(control: ControlRow, context: ControlContext) -> Iterator[tuple[bool, Evidence]]:
    for each in context.attestations:
        if each.control == control.id:
            why_not = each.problem(context.today)
            until = f"expired on {each.expires}" if why_not == "expired" else f"until {each.expires}"
            text = f"{each.statement} ({each.owner}, {until}; {each.evidence})"
            if why_not == "early":
                text = f"dated {each.date}, a day to come: {text}"
            yield not why_not, Evidence(LAPSED if why_not else ATTESTED, text)


# ---------------------------------------------------------------- sites


def sites_of(control: ControlRow, facts: Facts, knowledge: Knowledge) -> list[Site]:
    """Return the places that a control is about, in order."""
    return sorted(_COLLECTORS[control.sites](facts, knowledge), key=lambda site: (site.at, site.text))


def _customer_operations(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
    for call in _tokens.customer_operations(facts):
        if _was_cut(call):
            yield Site(call.site, f"{call.operation}: {_CUT}", is_proven=False)
        elif call.kinds == (TokenKind.CUSTOMER,):
            yield Site(call.site, f"{call.operation} runs with a customer token only", is_proven=True)
        else:
            kinds = joined(kind.value for kind in call.kinds)
            yield Site(call.site, f"{call.operation} runs with tokens of these kinds: {kinds}", is_proven=False)
    told = {mint for each in facts.exposures for mint in each.mints}
    used = {mint for call in _tokens.customer_operations(facts) for use in call.tokens for mint in use.mints}
    for mint in facts.mints:
        if mint.kind in _PLATFORM and is_judged(mint.side) and not mint.escapes and mint.id not in told | used:
            text = f"the {mint.kind.value} token minted here reaches no customer operation and no client"
            yield Site(mint.site, text, is_proven=True)


_PLATFORM: Final = (TokenKind.BANK, TokenKind.ORGANIZATION)
_CUT: Final = "a bound of the analysis was reached, so that something may be missing"


def _was_cut(call: ApiCall) -> bool:
    return bool(call.approximations & _LOSING)


def _mints(*kinds: TokenKind) -> Callable[[Facts, Knowledge], Iterator[Site]]:
    def collect(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
        for request in _scopes.requests(facts, kinds):
            yield _mint_site(request, knowledge)

    return collect


def _mint_site(request: _scopes.Request, knowledge: Knowledge) -> Site:
    kind = request.first.kind.value
    cut = any(mint.approximations & _LOSING for mint in request.mints) or any(map(_was_cut, request.calls))
    if any(mint.scopes.user_controlled_at is not None for mint in request.mints):
        unknown = f"the scopes of the {kind} token come from request input"
    elif not all(mint.scopes.is_complete for mint in request.mints):
        unknown = f"the scopes of the {kind} token are not all constant"
    elif request.escapes:
        note = next((mint.escape_note for mint in request.mints if mint.escape_note), "it leaves the analysed code")
        unknown = f"not all uses of the {kind} token are visible: {note}"
    elif not request.calls:
        unknown = f"no use of the {kind} token is seen"
    elif cut:
        unknown = f"the {kind} token: {_CUT}"
    elif _scopes.excess(request, knowledge):
        unknown = f"the {kind} token asks for more than its operations need"
    else:
        return Site(request.at, f"every scope of the {kind} token is needed by an operation it reaches", is_proven=True)
    return Site(request.at, unknown, is_proven=False)


def _credentials(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
    uses: dict[Location, list[CredentialUse]] = {}
    for use in facts.credentials:
        if is_judged(use.side):
            uses.setdefault(use.mint, []).append(use)
    for at, group in uses.items():
        sources = {source.kind for use in group for source in use.sources}
        if any(use.side is Side.CLIENT for use in group):
            yield Site(at, "client-side code uses a credential", is_proven=False)
        elif sources and sources <= _SAFE_SOURCES:
            names = joined(sorted(_SOURCE_WORDS[kind] for kind in sources))
            yield Site(at, f"the credential used here comes from {names}", is_proven=True)
        else:
            names = joined(sorted(_SOURCE_WORDS[kind] for kind in sources - _SAFE_SOURCES))
            yield Site(at, f"the credential used here comes from {names}", is_proven=False)


_SAFE_SOURCES: Final = frozenset({SourceKind.ENVIRONMENT, SourceKind.SECRETS_MANAGER, SourceKind.ENCRYPTED_FILE})
_SOURCE_WORDS: Final = {
    SourceKind.LITERAL: "a literal",
    SourceKind.ENVIRONMENT: "the environment",
    SourceKind.SECRETS_MANAGER: "a secrets manager",
    SourceKind.ENCRYPTED_FILE: "an encrypted file",
    SourceKind.FILE: "a file",
    SourceKind.DATABASE: "a database",
    SourceKind.REQUEST: "a request",
    SourceKind.PROMPT: "a prompt",
    SourceKind.UNKNOWN: "an unknown place",
}


def _guarded(event: str, view: _events.View, what: str) -> Callable[[Facts, Knowledge], Iterator[Site]]:
    def collect(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
        for call in _events.events(facts, event):
            if _events.gaps(call, view):
                yield Site(call.site, f"{call.operation} is not proven to need {what}", is_proven=False)
            elif _was_cut(call):
                yield Site(call.site, f"{call.operation}: {_CUT}", is_proven=False)
            else:
                checks = _checks(call, view)
                after = f"after {checks}" if checks else f"with {what}"
                yield Site(call.site, f"{call.operation} is reached only {after}", is_proven=True)

    return collect


def _checks(call: ApiCall, view: _events.View) -> str:
    found: set[CheckSite] = {check for visit in call.visits for check in view(visit).proven}
    shown = sorted({f"{each.name} ({each.location.path}:{each.location.start_line})" for each in found})
    return joined(shown) if shown else ""


def _logins(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
    if not facts.integrates:
        return
    for login in facts.logins:
        if login.enforced_elsewhere:
            yield Site(login.at, f"every protected route enforces {login.enforced_elsewhere}", is_proven=True)
        elif login.mfa.state is GuardState.ENFORCED:
            names = sorted({check.name for check in login.mfa.proven}) or ["a second factor"]
            yield Site(login.at, f"{login.call} issues the session only after {joined(names)}", is_proven=True)
        else:
            yield Site(login.at, f"{login.call} issues a session, and no second factor is proven", is_proven=False)


def _transport(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
    for mint in facts.mints:
        if is_judged(mint.side):
            yield Site(mint.site, f"{mint.operation or 'the mint'} shows no address without TLS", is_proven=True)
    yield from _calls(facts, "{operation} shows no address without TLS")


def _calls(facts: Facts, text: str) -> Iterator[Site]:
    for call in facts.calls:
        if is_judged(call.side):
            yield Site(call.site, text.format(operation=call.operation), is_proven=True)


def _platform_calls(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
    return _calls(facts, "{operation} is called")


def _webhooks(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
    for handler in facts.webhooks:
        if handler.signature.state is GuardState.ENFORCED and not handler.fails_open:
            names = sorted({check.name for check in handler.signature.proven}) or ["the signature check"]
            yield Site(handler.at, f"the handler acts only after {joined(names)}", is_proven=True)
        else:
            yield Site(handler.at, "the handler's signature check is not proven", is_proven=False)


def _simulation(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
    for call in facts.calls:
        operation = _scopes.operation_of(call, knowledge)
        if is_judged(call.side) and operation is not None and operation.simulation_fields:
            carries = bool(call.simulation_fields)
            text = "carries a simulation field" if carries else "carries no simulation field"
            yield Site(call.site, f"{call.operation} {text}", is_proven=not carries)


def _handed_tokens(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
    for each in facts.exposures:
        customer = each.kind is TokenKind.CUSTOMER
        yield Site(each.at, f"a token of kind {each.kind.value} is handed to a client", is_proven=customer)


def _exemptions(facts: Facts, knowledge: Knowledge) -> Iterator[Site]:
    for each in facts.exemptions:
        what = "attested is" if each.kind is ExemptionKind.ATTESTATION else "accepted is"
        by = f" ({each.owner})" if each.owner else ""
        until = f" until {each.until}" if each.until else ""
        reason = f": {each.reason}" if each.reason else ""
        found = f", which takes out {each.covers}" if each.covers > 1 else ""
        yield Site(each.at, f"{what} {each.subject}{by}{until}{found}{reason}", is_proven=not each.problem)


_COLLECTORS: Final[dict[str, Callable[[Facts, Knowledge], Iterator[Site]]]] = {
    "customer-operations": _customer_operations,
    "customer-mints": _mints(TokenKind.CUSTOMER),
    "platform-mints": _mints(*_PLATFORM),
    "credentials": _credentials,
    "customer-creation": _guarded("customer_creation", _events.mfa, "a second factor"),
    "customer-transaction": _guarded("customer_transaction", _events.mfa, "a second factor"),
    "verified-email": _guarded("customer_creation", _events.email, "a verified e-mail address"),
    "logins": _logins,
    "transport": _transport,
    "webhooks": _webhooks,
    "simulation": _simulation,
    "handed-tokens": _handed_tokens,
    "platform-calls": _platform_calls,
    "exemptions": _exemptions,
}
