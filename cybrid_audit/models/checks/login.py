"""Logins: calls that issue a session to somebody who just gave a password, and the second factor before them.

A token or a session key that only marks the step between password and second factor is no session. When login itself verifies no
second factor, the project may still enforce one on every protected route; that is settled at the end of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.engine.recorder import location_of
from cybrid_audit.engine.values import (
    Arguments,
    Check,
    Const,
    Fn,
    Input,
    Obj,
    Place,
    Promise,
    Stored,
    Value,
    text_of,
    truth,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind, EntryPoint, GuardState, GuardView, LoginIssue, Side
from cybrid_audit.models.checks import outcomes
from cybrid_audit.models.checks.names import names_of, words
from cybrid_audit.models.entries import Convention, Entry, register
from cybrid_audit.models.native import LibraryCall, field_of

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

LOGIN: Final = r"(?:^|_)(?:log_?in|sign_?in|signin|authenticate|session|sessions|token|tokens|auth|obtain)(?:_|$)"
NO_LOGIN: Final = r"(?:^|_)(?:refresh|register|sign_?up|logout|sign_?out|reset|confirm|verify_email|invite|webhook|impersonate)(?:_|$)"
PENDING: Final = r"(?:^|_)(?:pending|partial|temp|temporary|pre_?auth|challenge|mfa|2fa|two_?factor|otp|half|intermediate|step_?1|step_?one|unverified|awaiting)(?:_|$)"
IDENTITY: Final = r"^(?:user|user_?id|uid|member|member_?id|account|account_?id|customer|customer_?(?:id|guid)|logged_?in|is_?logged_?in|authenticated|is_?authenticated|username|email|principal|sub|subject|auth_?user|current_?user)$"
COOKIE: Final = r"(?:^|_)(?:session|sid|sess|token|jwt|auth|access|login)(?:_|$)|session|token"
NO_COOKIE: Final = r"csrf|xsrf|refresh|device|remember|theme|locale|flash|consent"
SERVER_ENTRIES: Final = frozenset({EntryKind.HTTP_ROUTE, EntryKind.SERVER_ACTION, EntryKind.RPC})


class Issue:
    """A session issued in one entry point."""

    __slots__ = ("at", "call", "entry", "mfa", "trace")

    def __init__(self, at: Place, call: str, entry: EntryPoint, mfa: GuardView, trace: Any) -> None:
        self.at = at
        self.call = call
        self.entry = entry
        self.mfa = mfa
        self.trace = trace


# ---------------------------------------------------------------- rows


def password(call: LibraryCall) -> Value | None:
    """A call that checks a password: `authenticate(request, username=…, password=…)`."""
    return outcomes.verify(
        LibraryCall(
            call.interp,
            call.models,
            call.path,
            call.sources,
            call.args,
            call.place,
            {"kind": "password", "outcome": "truthy", **call.settings},
        )
    )


def session(call: LibraryCall) -> Value | None:
    """A call whose only purpose is to sign somebody in: `login(request, user)`, `login_user(user)`."""
    issue(call, sure=True)
    return None


def password_session(call: LibraryCall) -> Value | None:
    """A call that takes a password and issues the session: `auth.signInWithPassword({email, password})`."""
    call.interp.perform(Check("password", call.place, call.path.replace("()", "")))
    issue(call, sure=True)
    return None


def token(call: LibraryCall) -> Value | None:
    """A call that signs a token: a session when it follows a password and is no pending one."""
    from cybrid_audit.models.checks import stored_proofs

    stored_proofs.note_arguments(call)
    issue(call)
    if call.settings.get("gives") == "promise":
        return value_of(Promise(unknown("a signed token")))
    return unknown("a signed token")


def cookie(call: LibraryCall) -> Value | None:
    """A cookie is set: a session when its name says so and it follows a password."""
    name = call.args.get(int(call.settings.get("name", 0)))
    if name is not None:
        cookie_sent(
            LibraryCall(call.interp, call.models, call.path, call.sources, Arguments(positional=[name]), call.place, {})
        )
    # `cookie.serialize(name, value)` gives the text of a header.
    return call.args.get(1) if call.settings.get("gives") == "text" else None


def cookie_sent(call: LibraryCall) -> None:
    """A cookie of this name goes to the client."""
    names = names_of(call.models)
    for name in call.args.positional[0].strings():
        if (
            names.has(words(name), COOKIE)
            and not names.has(words(name), PENDING)
            and not names.has(words(name), NO_COOKIE)
        ):
            issue(LibraryCall(call.interp, call.models, f"cookie {name!r}", frozenset(), Arguments(), call.place, {}))


def view(call: LibraryCall) -> Value | None:
    """A view of a library that signs in by password: `LoginView.as_view()`, `obtain_auth_token`."""
    models = call.models
    if models.recorder.side(call.place) in (Side.TEST, Side.DOCS, Side.VENDORED):
        return None
    entry = EntryPoint(EntryKind.HTTP_ROUTE, f"view {call.path.removesuffix('.as_view')}", location_of(call.place))
    fact = Issue(
        call.place,
        call.path.replace("()", ""),
        entry,
        GuardView(GuardState.ABSENT),
        models.recorder.trace(call.interp, call.place, "a library's view signs in by password here"),
    )
    models.memory("login views", dict)[call.place] = fact
    return None


def passport(call: LibraryCall) -> Value | None:
    """`passport.authenticate(strategy, options, callback)`: a middleware."""
    strategy = next(iter(call.args.positional[0].strings()), "") if call.args.positional else ""
    kind = words(strategy)
    callback = next(
        (value for value in call.args.positional[1:] if any(isinstance(atom, Fn) for atom in value.atoms())), None
    )
    options = call.args.get(1)
    keeps = field_of(options, "session")
    place = call.place
    models = call.models
    names = names_of(models)
    if names.has(kind, names.table.factor):
        return outcomes.gate_middleware(
            LibraryCall(call.interp, models, f"passport {strategy}", call.sources, Arguments(), place, {})
        )

    def impl(interp: Interpreter, args: Arguments, at: Place) -> Value:
        from cybrid_audit.engine import calls

        by_password = names.has(kind, "local|password|ldap|basic|credentials")
        if by_password:
            interp.perform(Check("password", place, f"passport {strategy}"))
        if callback is not None:
            given = Arguments(
                positional=[
                    value_of(Const(None)).join(unknown("an error")),
                    value_of(Stored("principal", "", place)).join(value_of(Const(False))),
                    unknown("information"),
                ]
            )
            return calls.call(interp, callback, given, place, awaited=True)
        if by_password and (keeps is None or any(truth(atom) is not False for atom in keeps.atoms())):
            issue(LibraryCall(interp, models, "passport.authenticate", frozenset(), Arguments(), place, {}), sure=True)
        following = [
            value for value in args.positional[1:] if any(isinstance(atom, NativeFn | Fn) for atom in value.atoms())
        ]
        return calls.call(interp, following[-1], Arguments(), at, awaited=True) if following else unknown("nothing")

    return value_of(NativeFn("passport.authenticate", impl))


class Credentials(Convention):
    """`authorize(credentials, request)`: whoever it returns is signed in."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[value_of(Input("body")), value_of(Input("request"))])

    def returned(self, interp: Interpreter, value: Value, place: Place) -> None:
        if any(truth(atom) is not False for atom in value.atoms()):
            issue(LibraryCall(interp, interp.models, "authorize", frozenset(), Arguments(), place, {}), sure=True)


def credentials(call: LibraryCall) -> Value | None:
    """A provider of Auth.js that signs in by what `authorize` says."""
    handler = field_of(call.args.get(0), "authorize")
    if handler is not None and any(isinstance(atom, Fn) for atom in handler.atoms()):
        register(
            call.models,
            Entry(
                EntryKind.HTTP_ROUTE,
                "POST sign-in with credentials",
                call.place,
                handler,
                Credentials,
                path="/api/auth/callback/credentials",
                method="POST",
            ),
        )
    return unknown("a provider")


# ---------------------------------------------------------------- what is no row


def session_set(interp: Interpreter, models: Models, held: Stored, name: str, value: Value, place: Place) -> None:
    """A key of the session is set: a login when it says who somebody is and a password went before. A session that has to be saved
    is issued only then."""
    names = names_of(models)
    text = words(name)
    if not names.has(text, IDENTITY) or names.has(text, PENDING):
        return
    if all(truth(atom) is False for atom in value.atoms()):
        return
    if held.place in models.memory("sessions that are saved", set):
        models.memory("unsaved sessions", set).add((models.recorder.entry, models.recorder.passes))
        return
    issue(LibraryCall(interp, models, f"session[{name!r}]", frozenset(), Arguments(positional=[value]), place, {}))


def session_saved(call: LibraryCall, held: Stored) -> None:
    """`session.save()`."""
    waiting: set[tuple[EntryPoint | None, int]] = call.models.memory("unsaved sessions", set)
    if (call.models.recorder.entry, call.models.recorder.passes) in waiting and held.place in call.models.memory(
        "sessions that are saved", set
    ):
        issue(LibraryCall(call.interp, call.models, "session.save", frozenset(), Arguments(), call.place, {}))


def session_committed(call: LibraryCall) -> Value | None:
    """`commitSession(session)` makes the cookie of a session."""
    for value in call.args.positional[:1]:
        for atom in value.only(Stored):
            session_saved(call, atom)
    return value_of(Promise(unknown("a cookie")))


def method(call: LibraryCall, path: str) -> None:
    """A method of a request that a login library put there: `req.logIn(user, …)`."""
    issue(LibraryCall(call.interp, call.models, path, call.sources, call.args, call.place, {}), sure=True)


def issue(call: LibraryCall, *, sure: bool = False) -> None:
    """Record that a session is issued here, unless nobody logs in or it is only a step towards one."""
    interp, models = call.interp, call.models
    entry = models.recorder.entry
    if interp.state is None or entry is None or entry.kind not in SERVER_ENTRIES or models.recorder.module_level:
        return
    if models.recorder.side(call.place) in (Side.TEST, Side.DOCS, Side.VENDORED, Side.CLIENT):
        return
    names = names_of(models)
    by_password = any(check.kind == "password" for status in interp.state.statuses for check in status.performed)
    functions = [frame.function.name for frame in interp.frames if frame.function is not None and frame.function.name]
    if not by_password:
        texts = [words(text) for text in (entry.name, *functions[:1])]
        hinted = any(names.has(text, LOGIN) for text in texts) and not any(names.has(text, NO_LOGIN) for text in texts)
        if not (sure and hinted):
            return
    if any(
        names.has(words(name), PENDING) and not names.has(words(name), "verif|complete|finish|check")
        for name in functions[-1:]
    ) or is_pending(models, call.args):
        return
    rows: dict[tuple[EntryPoint, int], list[Issue]] = models.memory("login issues", dict)
    held = rows.setdefault((entry, models.recorder.passes), [])
    view = models.recorder.guard(interp.state, "mfa")
    at = site(interp, call.place)
    if any(each.at == at for each in held):
        previous = next(each for each in held if each.at == at)
        if previous.mfa.state is GuardState.ENFORCED and view.state is not GuardState.ENFORCED:
            held.remove(previous)
        else:
            return
    elif any(each.mfa.state is view.state for each in held):
        # The second token of the same answer, or the cookie that carries the first.
        return
    name = call.path.replace("()", "")
    held.append(Issue(at, name, entry, view, models.recorder.trace(interp, call.place, "the session is issued here")))


def site(interp: Interpreter, place: Place) -> Place:
    """Return the call that issues the session, seen from the function that checked the password: a helper's call counts for what
    the helper does."""
    if interp.state is None:
        return place
    checks = {check.place for status in interp.state.statuses for check in status.performed if check.kind == "password"}
    for index in range(len(interp.frames) - 1, 0, -1):
        frame = interp.frames[index]
        if frame.function is None:
            continue
        span = frame.function.span
        if any(each.path == frame.module.path and span.line <= each.line <= span.end_line for each in checks):
            inner = interp.frames[index + 1 :]
            outer_call = next((each.call_place for each in inner if each.call_place is not None), None)
            return outer_call if outer_call is not None and outer_call.path == frame.module.path else place
    return place


def is_pending(models: Models, args: Arguments) -> bool:
    """Whether what is signed or stored says that a factor is still to come."""
    names = names_of(models)

    def marks(value: Value, depth: int) -> bool:
        for obj in value.only(Obj):
            for key, held in obj.fields.items():
                falsy = bool(held.alts) and all(truth(atom) is False for atom in held.atoms())
                flag = names.flag(key)
                if flag == "pending" and not falsy:
                    return True
                if words(key) in (
                    "scope",
                    "typ",
                    "type",
                    "purpose",
                    "use",
                    "aud",
                    "audience",
                    "stage",
                    "step",
                    "kind",
                    "token_type",
                    "status",
                    "state",
                    "factor",
                    "aal",
                    "acr",
                ) and any(names.has(words(text), PENDING) for atom in held.atoms() if (text := text_of(atom))):
                    return True
                if depth and marks(held, depth - 1):
                    return True
        return False

    if any(marks(value, 2) for value in (*args.positional, *args.keywords.values())):
        return True
    return any(names.flag(key) == "pending" for key in args.keywords)


# ---------------------------------------------------------------- the end of the run


def finish(interp: Interpreter, models: Models) -> None:
    """Turn what was seen in the last pass into facts."""
    rows: dict[tuple[EntryPoint, int], list[Issue]] = models.memory("login issues", dict)
    issues = [each for (_, number), held in rows.items() if number == models.recorder.passes for each in held]
    issues.extend(models.memory("login views", dict).values())
    if not issues:
        return
    elsewhere = enforced_elsewhere(models)
    for each in issues:
        fact = LoginIssue(location_of(each.at), each.call, each.mfa, each.entry, elsewhere, each.trace)
        models.recorder.add(("login", each.at, each.entry), fact)


def enforced_elsewhere(models: Models) -> str:
    """Return what guards every protected route by a proof kept from the login, empty when some route has none.

    Protected are the routes that reach the platform for a customer; a code asked for on single operations is no such proof."""
    stored: set[str] = models.memory("stored proofs", set)
    guards: set[str] = set()
    seen = False
    for record in models.recorder.calls.values():
        for entry, views in record.visits.items():
            if entry.kind not in SERVER_ENTRIES:
                continue
            for mfa, _, _ in views:
                seen = True
                if mfa.state is not GuardState.ENFORCED:
                    return ""
                kept = [site.name for site in mfa.proven if site.name in stored]
                if not kept:
                    return ""
                guards.update(kept)
    return ", ".join(sorted(guards)) if seen else ""
