"""What an audit knows of one line: the facts there, the findings, what each rule decided; or why there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.controls import sites_of
from cybrid_audit.facts import (
    ApiCall,
    CredentialUse,
    Facts,
    GuardState,
    GuardView,
    Location,
    NotOurs,
    OtherRequest,
    Ownership,
    TokenMint,
    TokenUse,
    Trace,
    ValueSource,
    Visit,
)
from cybrid_audit.judges._common import described, is_judged, joined
from cybrid_audit.judges._scopes import operation_of
from cybrid_audit.records import dataclass
from cybrid_audit.result import Verdict

if TYPE_CHECKING:
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.project import Project
    from cybrid_audit.result import AuditResult, Finding

MAX_NEAR: Final = 5
"""Other lines of the file, or calls of the project, that are named where nothing is known of a line."""

MAX_LISTED: Final = 40
"""Entry points, uses or alternatives that are listed. Beyond it they are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One statement. `depth` counts from 0; `path` and `line` are set where it speaks of a place.

    `mark` is a name that no report cuts, such as a fingerprint."""

    depth: int
    text: str
    path: str = ""
    line: int = 0
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Statements under a title."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about, and everything that can answer. `judged` are the rules that ran."""

    path: str
    line: int
    result: AuditResult
    project: Project
    knowledge: Knowledge
    judged: frozenset[str]

    def is_there(self, at: Location) -> bool:
        """Whether a place covers the line."""
        return at.path == self.path and at.start_line <= self.line <= max(at.start_line, at.end_line)


def inspect(subject: Subject) -> tuple[Section, ...]:
    """Return what is known of the line, most telling first. Never empty: where nothing is known, it says why."""
    there = [*_calls(subject), *_mints(subject), *_credentials(subject), *_others(subject)]
    sections = [*there, *_ways(subject), *_findings(subject)]
    if there:
        sections.append(Section("What the rules decided", tuple(_decisions(subject))))
    if not sections:
        sections.append(Section("Nothing is known of this line", tuple(_why_nothing(subject))))
    if subject.path in subject.project.tracked:
        sections += [*_around(subject), Section("The file", tuple(_file(subject)))]
    return tuple(sections)


# ---------------------------------------------------------------- calls


def _calls(subject: Subject) -> Iterator[Section]:
    for call in subject.result.facts.calls:
        if subject.is_there(call.site):
            yield Section(f"The call {call.operation}", tuple(_call(call, subject)))


def _call(call: ApiCall, subject: Subject) -> Iterator[Line]:
    operation = operation_of(call, subject.knowledge)
    event = f", which is a {call.event.replace('_', ' ')}" if call.event else ""
    yield Line(0, f"It is {call.operation_id}{event}.")
    yield Line(0, _OWNERS[call.ownership, call.is_customer_operation])
    if operation is not None and (operation.required_scopes or operation.optional_scopes):
        needed = joined(sorted(operation.required_scopes))
        optional = joined(sorted(operation.optional_scopes))
        yield Line(0, f"It needs {needed}" + (f"; it can use {optional}" if operation.optional_scopes else "") + ".")
    mints = {mint.id: mint for mint in subject.result.facts.mints}
    yield Line(0, f"Tokens it may run with: {len(call.tokens)}.")
    for use in call.tokens[:MAX_LISTED]:
        yield from _token(use, mints)
    yield from _more(call.tokens)
    yield Line(0, f"Entry points that reach it: {len(call.visits)}.")
    if not call.visits:
        yield Line(1, "None: nothing that starts the code leads here, so what guards it is not known.")
    for visit in call.visits[:MAX_LISTED]:
        yield from _visit(visit, call.event)
    yield from _more(call.visits)
    for field in call.simulation_fields:
        yield Line(0, "It carries a sandbox simulation field.", field.path, field.start_line)
    yield from _bounds(call.approximations)


_OWNERS: Final = {
    (Ownership.CUSTOMER, True): "It touches what belongs to a customer: a customer token is required.",
    (Ownership.CUSTOMER, False): "It touches what belongs to a customer, but is no customer operation.",
    (Ownership.UNKNOWN, True): "Whose resource it touches is not known; it is taken for a customer's.",
    (Ownership.UNKNOWN, False): "Whose resource it touches is not known; it is taken for the bank's own.",
    (Ownership.BANK, False): "It is provably the bank's own: the guids it names come from the bank, or it names none.",
    (Ownership.BANK, True): "It is the bank's own, and still asks for a customer token.",
    (Ownership.NEVER_CUSTOMER, False): "It is bank work: a bank token is right here.",
    (Ownership.NEVER_CUSTOMER, True): "It is bank work that still asks for a customer token.",
}


def _token(use: TokenUse, mints: dict[str, TokenMint]) -> Iterator[Line]:
    origin = f": {use.origin}" if use.origin else ""
    yield Line(1, f"{use.kind.value} token{origin}")
    for mint in sorted(use.mints):
        if mint in mints:
            site = mints[mint].site
            yield Line(2, f"minted with {_scopes(mints[mint])}", site.path, site.start_line)
    yield from _trace(use.trace, 2)


def _scopes(mint: TokenMint) -> str:
    names = " ".join(sorted(mint.scopes.names)) or "no constant scopes"
    return names if mint.scopes.is_complete else f"{names}, and others that are not constant"


def _visit(visit: Visit, event: str | None) -> Iterator[Line]:
    entry = visit.entry
    yield Line(1, described(entry), entry.location.path, entry.location.start_line)
    if event is not None:
        yield from _guard("second factor", visit.mfa)
    if event == "customer_creation":
        yield from _guard("verified e-mail", visit.email)
    yield from _trace(visit.trace, 2)


def _guard(what: str, view: GuardView) -> Iterator[Line]:
    if view.state is GuardState.NOT_REQUIRED:
        return
    yield Line(2, f"{what}: {_STATES[view.state]}")
    for check in view.proven:
        yield Line(3, f"enforced by {check.name}", check.location.path, check.location.start_line)
    for check in view.ignored:
        yield Line(3, f"the outcome of {check.name} is lost", check.location.path, check.location.start_line)


_STATES: Final = {
    GuardState.ENFORCED: "enforced on every path",
    GuardState.IGNORED: "verified, but the outcome is not enforced",
    GuardState.UNPROVEN: "neither proven nor ruled out",
    GuardState.ABSENT: "a path has none",
}


# ---------------------------------------------------------------- tokens and credentials


def _mints(subject: Subject) -> Iterator[Section]:
    for mint in subject.result.facts.mints:
        scopes = mint.scopes.location
        if subject.is_there(mint.site) or (scopes is not None and subject.is_there(scopes)):
            yield Section(f"The mint of a {mint.kind.value} token", tuple(_mint(mint, subject)))


def _mint(mint: TokenMint, subject: Subject) -> Iterator[Line]:
    yield Line(0, mint.operation or "a request for a token", mint.site.path, mint.site.start_line)
    at = mint.scopes.location
    yield Line(0, f"It asks for {_scopes(mint)}.", *((at.path, at.start_line) if at is not None else ()))
    if mint.scopes.user_controlled_at is not None:
        by = mint.scopes.user_controlled_at
        yield Line(0, "Request input becomes part of the scopes.", by.path, by.start_line)
    if mint.escapes:
        yield Line(0, f"Not all its uses are visible: {mint.escape_note or 'it leaves the analysed code'}.")
    uses = [call for call in subject.result.facts.calls if any(mint.id in use.mints for use in call.tokens)]
    yield Line(0, f"Calls that its token reaches: {len(uses)}.")
    for call in uses[:MAX_LISTED]:
        operation = operation_of(call, subject.knowledge)
        needed = joined(sorted(operation.required_scopes)) if operation is not None else "none"
        yield Line(1, f"{call.operation} needs {needed}", call.site.path, call.site.start_line)
    yield from _more(uses)
    yield from _trace(mint.trace, 1)
    yield from _bounds(mint.approximations)


def _credentials(subject: Subject) -> Iterator[Section]:
    for use in subject.result.facts.credentials:
        if subject.is_there(use.mint) or any(subject.is_there(source.location) for source in use.sources):
            yield Section(f"The {use.role.replace('_', ' ')}", tuple(_credential(use)))


def _credential(use: CredentialUse) -> Iterator[Line]:
    yield Line(0, "It is used at", use.mint.path, use.mint.start_line)
    yield Line(0, f"Places it may come from: {len(use.sources)}.")
    for source in use.sources[:MAX_LISTED]:
        yield Line(1, _source(source), source.location.path, source.location.start_line)
    yield from _more(use.sources)
    yield from _trace(use.trace, 1)


def _source(source: ValueSource) -> str:
    name = f" {source.name}" if source.name not in ("", source.kind.value) else ""
    value = f", {source.masked}" if source.masked is not None else ""
    placeholder = ", a placeholder" if source.is_placeholder else ""
    return f"{source.kind.value}{name}{value}{placeholder}"


# ---------------------------------------------------------------- what leads through the line


def _ways(subject: Subject) -> Iterator[Section]:
    """Yield what the line verifies, and the ways to platform calls elsewhere that it is a part of."""
    checks = dict.fromkeys(_checks(subject))
    if checks:
        yield Section("What is verified here", tuple(checks))
    ways = dict.fromkeys(_steps(subject))
    if ways:
        yield Section("What leads through here", (*list(ways)[:MAX_LISTED], *_more(list(ways))))


def _around(subject: Subject) -> Iterator[Section]:
    """Yield the entry points whose code the line is a part of."""
    around = [each for each in subject.result.facts.entries if subject.is_there(each.location)]
    if around:
        lines = [Line(0, described(each), each.location.path, each.location.start_line) for each in around[:MAX_LISTED]]
        yield Section("The entry point around it", (*lines, *_more(around)))


def _checks(subject: Subject) -> Iterator[Line]:
    for view, what, at in _views(subject.result.facts):
        for check in (*view.proven, *view.ignored):
            if subject.is_there(check.location):
                outcome = "is enforced" if check in view.proven else "is lost"
                yield Line(0, f"{check.name}, whose outcome {outcome} before {what}", at.path, at.start_line)


def _views(facts: Facts) -> Iterator[tuple[GuardView, str, Location]]:
    """Yield what is known of each guard, what it guards in words, and where that is."""
    for call in facts.calls:
        for visit in call.visits if call.event else ():
            for view in (visit.mfa, visit.email):
                yield view, f"{call.operation}, from {described(visit.entry)}", call.site
    for hook in facts.webhooks:
        yield hook.signature, "the webhook handler acts", hook.at
    for login in facts.logins:
        yield login.mfa, f"{login.call} issues a session", login.at


def _steps(subject: Subject) -> Iterator[Line]:
    def leads(trace: Trace) -> bool:
        return any(step.path == subject.path and step.line == subject.line for step in trace)

    facts = subject.result.facts
    for call in facts.calls:
        if subject.is_there(call.site):
            continue
        for visit in call.visits:
            if leads(visit.trace):
                guard = (
                    f"; second factor: {_STATES[visit.mfa.state]}" if call.event and visit.mfa.state in _STATES else ""
                )
                text = f"the way from {described(visit.entry)} to {call.operation}{guard}"
                yield Line(0, text, call.site.path, call.site.start_line)
        for use in call.tokens:
            if leads(use.trace):
                yield Line(0, f"the {use.kind.value} token of {call.operation}", call.site.path, call.site.start_line)
    for mint in facts.mints:
        if leads(mint.trace) and not subject.is_there(mint.site):
            yield Line(0, f"the way to the mint of a {mint.kind.value} token", mint.site.path, mint.site.start_line)
    for credential in facts.credentials:
        if leads(credential.trace) and not subject.is_there(credential.mint):
            what = f"the way of the {credential.role.replace('_', ' ')} to its use"
            yield Line(0, what, credential.mint.path, credential.mint.start_line)


# ---------------------------------------------------------------- everything else that has a place


def _others(subject: Subject) -> Iterator[Section]:
    for name, word, say in _PLACED:
        for fact in getattr(subject.result.facts, name):
            if subject.is_there(fact.at):
                yield Section(word, (Line(0, say(fact)), *_trace(getattr(fact, "trace", ()), 1)))


def _webhook(fact: Any) -> str:
    state = _STATES.get(fact.signature.state, fact.signature.state.value)
    return f"Its signature check: {state}" + (f"; it fails open: {fact.fails_open}" if fact.fails_open else "") + "."


def _login(fact: Any) -> str:
    state = _STATES.get(fact.mfa.state, fact.mfa.state.value)
    elsewhere = f"; every protected route enforces {fact.enforced_elsewhere}" if fact.enforced_elsewhere else ""
    return f"{fact.call} issues a session; second factor: {state}{elsewhere}."


def _elsewhere(fact: OtherRequest) -> str:
    to = f"The request to {fact.host}" if fact.host else "The request"
    return f"{to} is not taken for one to the platform: {_NOT_OURS[fact.why]}."


_NOT_OURS: Final = {
    NotOurs.HOST: "the host is somebody else's, unless platform.hosts in the configuration names it",
    NotOurs.UNKNOWN_HOST: "its path is one of the platform's, but nothing tells whose its host is; platform.hosts or "
    "platform.env_base_urls in the configuration does",
    NotOurs.NO_OPERATION: "the host is the platform's, but no operation has this method and path",
    NotOurs.OWN_ROUTE: "it goes to a route of this code base",
    NotOurs.UNKNOWN: "nothing of its address tells where it goes",
}

_PLACED: Final[tuple[tuple[str, str, Callable[[Any], str]], ...]] = (
    ("exposures", "A token handed over", lambda fact: f"A {fact.kind.value} token goes out by: {fact.channel}."),
    ("shared_stores", "A token kept", lambda fact: f"A customer token is kept in {fact.store}."),
    ("logged", "A log", lambda fact: f"A {fact.what.replace('_', ' ')} reaches {fact.sink}."),
    ("transport", "The transport", lambda fact: f"{fact.kind}: {fact.detail}."),
    ("webhooks", "A webhook handler", _webhook),
    ("logins", "A login", _login),
    (
        "literals",
        "A credential in the text",
        lambda fact: f"{fact.role.replace('_', ' ')} {fact.name}, {fact.masked}; told by: {fact.evidence.value}.",
    ),
    ("plain_resources", "A resource", lambda fact: f"{fact.what} keeps {fact.name} unencrypted."),
    ("broad_access", "Access", lambda fact: f"{fact.name} can be read by too many ({fact.message})."),
    ("public_definitions", "A public variable", lambda fact: f"{fact.name} goes out to clients: {fact.how}."),
    ("other_secrets", "A secret of another service", lambda fact: f"{fact.what}, {fact.masked}."),
    ("elsewhere", "A request elsewhere", _elsewhere),
)
"""Field of the facts, title, and what to say of one."""


def _places(facts: Facts) -> Iterator[tuple[Location, str]]:
    """Yield every place that a fact stands at, with a word for it."""
    for call in facts.calls:
        yield call.site, call.operation
    for mint in facts.mints:
        yield mint.site, f"the mint of a {mint.kind.value} token"
    for use in facts.credentials:
        yield use.mint, f"a use of the {use.role.replace('_', ' ')}"
    for name, word, _ in _PLACED:
        for fact in getattr(facts, name):
            yield fact.at, word[:1].lower() + word[1:]
    for entry in facts.entries:
        yield entry.location, described(entry)


# ---------------------------------------------------------------- findings and rules


def _findings(subject: Subject) -> Iterator[Section]:
    at = [each for each in subject.result.findings if subject.is_there(each.location)]
    if at:
        yield Section("Findings here", tuple(_told(at)))
    accepted = [each for each in subject.result.suppressed if subject.is_there(each.location)]
    if accepted:
        yield Section("Findings here that are accepted and do not count", tuple(_accepted(accepted)))
    through = [each for each in _through(subject) if each not in at]
    if through:
        yield Section("Findings whose path leads through here", tuple(_told(through)))


def _accepted(findings: Sequence[Finding]) -> Iterator[Line]:
    for each in findings[:MAX_LISTED]:
        told = each.suppression
        if told is not None:
            yield Line(0, f"{each.rule} ({each.verdict.value}): {each.message}")
            yield Line(1, f"accepted ({told.kind.value}): {told.reason}", told.path, told.line)
            yield Line(1, "fingerprint", mark=each.fingerprint)
    yield from _more(findings)


def _through(subject: Subject) -> list[Finding]:
    """Return the findings whose trace has a step on the line; accepted ones are told where they stand."""
    return [
        each
        for each in subject.result.findings
        if any(step.path == subject.path and step.line == subject.line for step in each.trace)
    ]


def _told(findings: Sequence[Finding]) -> Iterator[Line]:
    for each in findings[:MAX_LISTED]:
        yield Line(
            0, f"{each.rule} ({each.verdict.value}): {each.message}", each.location.path, each.location.start_line
        )
        yield Line(1, "fingerprint", mark=each.fingerprint)
    yield from _more(findings)


def _decisions(subject: Subject) -> Iterator[Line]:
    """Yield what the rules that look at something here decided and by what, those that decided alike together."""
    found = {each.rule: each for each in subject.result.findings if subject.is_there(each.location)}
    accepted = {each.rule: each for each in subject.result.suppressed if subject.is_there(each.location)}
    seen: dict[str, str] = {}
    for control in subject.knowledge.control_rows:
        for site in sites_of(control, subject.result.facts, subject.knowledge) if control.rules else ():
            if subject.is_there(site.at):
                for rule in control.rules:
                    seen.setdefault(rule, site.text)
    through = {each.rule: each for each in _through(subject)}
    alike: dict[str, list[str]] = {}
    for rule in sorted({*found, *accepted, *seen, *through}):
        if rule in found:
            decision = found[rule].verdict.value
        elif rule in accepted:
            decision = f"{accepted[rule].verdict.value}, and accepted"
        elif rule in through:
            decision = f"{through[rule].verdict.value}, reported at another place of the path"
        elif rule in subject.judged:
            decision = f"nothing to report ({seen[rule]})"
        else:
            decision = "did not run"
        alike.setdefault(decision, []).append(rule)
    for decision, rules in sorted(alike.items(), key=lambda each: (not each[0].startswith(_VERDICTS), each)):
        yield Line(0, f"{decision}:")
        yield Line(1, ", ".join(rules))
    silent = sorted(subject.judged - set(found) - set(accepted) - set(seen) - set(through))
    if silent:
        yield Line(0, f"{len(silent)} other rules found nothing here that they are about")


_VERDICTS: Final = tuple(each.value for each in Verdict)


# ---------------------------------------------------------------- nothing there


def _why_nothing(subject: Subject) -> Iterator[Line]:
    project, path = subject.project, subject.path
    skipped = [each.reason for each in subject.result.skipped if each.path == path]
    source = project.files.get(path)
    if path not in project.tracked:
        yield Line(
            0, "The file is not among those read: an ignore file or the configuration leaves it out, or it is no file."
        )
        return
    if skipped:
        yield Line(0, f"The file was not analysed, or not as a whole: {'; '.join(skipped)}.")
    elif source is None:
        yield Line(0, "Nothing in its text looks like a credential of the platform, or keeps one.")
    elif not is_judged(source.side):
        yield Line(0, f"Rules on flows skip its side: {source.side.value}. Its text is searched for credentials.")
    elif path not in project.relevant:
        yield Line(0, "The file neither names the platform nor is tied by imports to one that does.")
    else:
        yield Line(
            0,
            "The file was analysed: nothing on this line has to do with the platform, and no way to one of its calls leads "
            "through it.",
        )
        yield Line(
            0,
            "A call is seen when its method and path, or the SDK's method, can be told; a host of your own is declared "
            "with platform.hosts in the configuration.",
        )
    places = {(at.start_line, word) for at, word in _places(subject.result.facts) if at.path == path}
    near = sorted(places, key=lambda each: (abs(each[0] - subject.line), each))[:MAX_NEAR]
    if near:
        yield Line(0, "What is nearest in this file:")
        for line, word in sorted(near):
            yield Line(1, word, path, line)


def _file(subject: Subject) -> Iterator[Line]:
    source = subject.project.files.get(subject.path)
    if source is not None:
        yield Line(0, f"{source.language}, {source.side.value} side ({source.side_reason})")
        importers = sorted(subject.project.importers_of(subject.path))
        if importers:
            more = f" and {len(importers) - MAX_NEAR} more" if len(importers) > MAX_NEAR else ""
            yield Line(0, f"imported by {', '.join(importers[:MAX_NEAR])}{more}")
    else:
        yield Line(0, "No front-end reads it: it is searched as text.")
    for each in subject.result.skipped:
        if each.path == subject.path:
            yield Line(0, f"not analysed, or not as a whole: {each.reason}")


# ---------------------------------------------------------------- lines


def _trace(trace: Trace, depth: int) -> Iterator[Line]:
    for step in trace:
        yield Line(depth, step.note, step.path, step.line)


def _bounds(approximations: Iterable[Any]) -> Iterator[Line]:
    touched = sorted(each.value for each in approximations)
    if touched:
        yield Line(0, f"Bounds of the analysis that it touched: {', '.join(touched)}.")


def _more(items: Sequence[object]) -> Iterator[Line]:
    if len(items) > MAX_LISTED:
        yield Line(1, f"{len(items) - MAX_LISTED} more")
