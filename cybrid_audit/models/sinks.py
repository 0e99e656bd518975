"""Where values leave the program: answers to clients, cookies, markup, logs, errors, other services."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.recorder import location_of
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Env,
    Fn,
    Input,
    MintBody,
    Obj,
    Place,
    Promise,
    Response,
    Secret,
    Stored,
    Str,
    Token,
    Unknown,
    Value,
    contents,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind, Exposure, PublicDefinition, SecretLogged, Side, TokenKind
from cybrid_audit.limits import MAX_TEMPLATES
from cybrid_audit.models.native import LibraryCall, Native

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models


def whole_tokens(value: Value) -> list[Token]:
    """Return the tokens that a value holds whole: in strings, objects, lists and promises, not what is made from them."""
    found: dict[Token, None] = {}
    seen: set[int] = set()

    def visit(atom: Atom, depth: int) -> None:
        match atom:
            case Token():
                found[atom] = None
            case MintBody(token=token):
                found[token] = None
            case Str(parts=parts):
                for part in parts:
                    visit(part, depth)
            case Promise(value=inner) | Response(body=inner):
                for each in inner.atoms():
                    visit(each, depth)
            case Obj() if depth > 0 and id(atom) not in seen:
                seen.add(id(atom))
                for held in contents(atom):
                    for each in held.atoms():
                        visit(each, depth - 1)
            case _:
                pass

    for each in value.atoms():
        visit(each, 5)
    return list(found)


def hand_over(interp: Interpreter, value: Value, place: Place, channel: str, *, is_template: bool = False) -> None:
    """Record that a value goes to a client here: platform tokens in it are exposed, customer tokens escape rightly.

    `is_template` says that it is what a template may show, and not all of it need be."""
    from cybrid_audit.models import own_routes

    own_routes.note(interp, value, channel)
    recorder = interp.models.recorder
    if _on_client(interp, place) or (recorder.entry is not None and recorder.entry.kind is EntryKind.CLIENT):
        # It is there already.
        channel = "client-use"
    else:
        note_credentials(interp, value, place, channel, is_template=is_template)
    if channel == "cookie":
        interp.models.handler("checks/login.cookie_sent")(
            LibraryCall(interp, interp.models, "", frozenset(), Arguments(positional=[value]), place, {})
        )
    tokens = whole_tokens(value)
    for token in tokens:
        mint = recorder.mints.get(token.mint)
        if mint is not None:
            mint.escapes = True
            mint.escape_note = mint.escape_note or f"it is handed to a client ({channel})"
    for kind in ("bank", "organization"):
        mints = frozenset(token.mint for token in tokens if token.kind == kind)
        if mints:
            trace = recorder.trace(interp, place, f"the {kind} token is handed over here")
            recorder.add(
                ("exposure", place, channel, kind), Exposure(TokenKind(kind), channel, location_of(place), mints, trace)
            )


def note_credentials(interp: Interpreter, value: Value, place: Place, channel: str, *, is_template: bool) -> None:
    """Remember what goes to a client and is a credential if it reaches a mint as one, under the name that the client knows."""
    held: dict[Any, HandedOver] = interp.models.memory("credentials handed over", dict)
    seen: set[int] = set()

    def visit(atom: Atom, name: str, depth: int, top: str = "") -> None:
        match atom:
            case Env() | Secret() | Const(value=str()):
                if not isinstance(atom, Const) or (
                    len(str(atom.value)) >= SECRET_LENGTH and " " not in str(atom.value)
                ):
                    key = (identity(atom), place)
                    if key not in held:
                        trace = interp.models.recorder.trace(interp, place, "a credential is handed over here")
                        held[key] = HandedOver(atom, name, place, channel, trace, top if is_template else "")
            case Str(parts=parts):
                for part in parts:
                    visit(part, name, depth, top)
            case Promise(value=inner):
                for each in inner.atoms():
                    visit(each, name, depth, top)
            case Obj() if depth > 0 and id(atom) not in seen and not masks_itself(atom):
                seen.add(id(atom))
                for field, inner in atom.fields.items():
                    for each in inner.atoms():
                        visit(each, field, depth - 1, top or name)
            case _:
                pass

    for each in value.atoms():
        visit(each, "", 4)


_TEMPLATES: Final = (
    ".ejs",
    ".hbs",
    ".handlebars",
    ".pug",
    ".njk",
    ".html",
    ".jinja",
    ".jinja2",
    ".j2",
    ".liquid",
    ".mustache",
    ".eta",
    ".twig",
)


def is_shown(models: Models, variable: str, field: str) -> bool:
    """Whether a template shows a variable whole, or that field of it; where there is none to read, it may."""
    project = models.project
    paths = [path for path in (*project.texts, *project.unsupported) if path.endswith(_TEMPLATES)][:MAX_TEMPLATES]
    name, part = re.escape(variable), re.escape(field)
    shown = re.compile(
        rf"(?:stringify|dump|json|inspect)\w{{0,20}}[ (]{{1,3}}{name}\b(?!\s{{0,9}}\.)"
        rf"|\b{name}\s{{0,9}}\|\s{{0,9}}\w{{0,20}}(?:json|dump)|\b{name}(?:\.\w{{1,60}}){{0,5}}\.{part}\b"
    )
    texts = [(project.text_file(path) or b"").decode("utf-8", "replace") for path in paths]
    return not texts or any(shown.search(text) for text in texts)


SECRET_LENGTH: Final = 16
"""Characters of a literal that may be a credential."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Something that goes to a client, and the name of the field that it is in."""

    atom: Atom
    name: str
    place: Place
    channel: str
    trace: tuple[Any, ...]
    variable: str
    """The variable of a template that it is in, when it is a part of one."""


def escape(interp: Interpreter, value: Value, note: str) -> None:
    """Note that tokens in a value leave the analysed code, so that not all their uses are visible."""
    for token in whole_tokens(value):
        mint = interp.models.recorder.mints.get(token.mint)
        if mint is not None and not mint.escapes:
            mint.escapes = True
            mint.escape_note = note


def library_call(call: LibraryCall) -> None:
    """A library call that no row explains: tokens among its arguments leave the analysed code."""
    for value in call.args.every():
        escape(call.interp, value, f"it is passed to {call.path}")


def unknown_call(call: LibraryCall) -> None:
    """A call of something unknown."""
    for value in call.args.every():
        escape(call.interp, value, "it is passed to code that is not known")


def raised(call: LibraryCall) -> None:
    """Something is thrown."""


def request_elsewhere(call: LibraryCall) -> None:
    """A request that does not go to the platform: tokens in it leave the analysed code."""
    out = call.settings["request"]
    for value in (*out.headers.values(), out.body, out.params):
        if value is not None:
            escape(call.interp, value, "it is sent to another service")


def markup(call: LibraryCall) -> Value | None:
    """A markup element is rendered: what it is given goes into the page, a component of the project runs with it, and
    functions that answer to what a person does may run later."""
    node: ir.Element = call.settings["node"]
    interp = call.interp
    if interp.models.module_depth and interp.frame.function is None and _on_client(interp, call.place):
        mounted(interp, node, call.place)
        return unknown("markup")
    props = interp.new("object", node)
    handlers: list[Value] = []
    components = components_of(interp, node)
    # What one part of the server gives another stays there.
    leaves = not components.alts or any(
        isinstance(atom, Fn | ClassInfo) and _on_client(interp, interp.no_place(atom.module.path))
        for atom in components.atoms()
    )
    for entry in node.attributes:
        value = interp.eval(entry.value)
        if leaves and not node.stays:
            hand_over(interp, value, interp.place(entry), "render")
        name = entry.key.value if isinstance(entry.key, ir.Const) else None
        if isinstance(name, str):
            props.fields[name] = value
            if _LISTENER.match(name):
                handlers.append(value)
        elif entry.key is None:
            attributes.spread_into(interp, props, value)
    children = [interp.eval(child) for child in node.children]
    for child, value in zip(node.children, children, strict=True):
        hand_over(interp, value, interp.place(child), "render")
    if children:
        props.fields["children"] = join_all(children)
    if components.alts:
        from cybrid_audit.models.frameworks import pages

        emitted = interp.models.state["emitted"] = set[int]()
        pages.run_components(interp, components, value_of(props), call.place)
        # What a component has told of was heard.
        handlers = [each for each in handlers if not any(id(fn.function) in emitted for fn in each.only(Fn))]
    for handler in handlers:
        functions = Value(tuple(pair for pair in handler.alts if isinstance(pair[0], Fn | NativeFn)))
        maybe_run(interp, functions, Arguments(positional=[value_of(Input("body", "event"))]), call.place)
    return unknown("markup")


def components_of(interp: Interpreter, node: ir.Element) -> Value:
    """Return the components that an element may be: functions of the project, and what libraries make that takes properties."""
    if not isinstance(node.tag, ir.Name | ir.Attribute) or (
        isinstance(node.tag, ir.Name) and node.tag.id[:1].islower()
    ):
        return NOTHING
    from cybrid_audit.models.frameworks import pages

    held = interp.eval(node.tag)
    return Value(
        tuple(
            pair
            for pair in held.alts
            if isinstance(pair[0], Fn)
            or (isinstance(pair[0], Obj) and isinstance(pair[0].native, Native))
            or (isinstance(pair[0], ClassInfo) and pages.is_component(pair[0]))
        )
    )


def mounted(interp: Interpreter, node: ir.Element, place: Place) -> None:
    """Register a page that a module shows when it is loaded: it is there until it is closed, and reads what it keeps itself."""
    from cybrid_audit.models.entries import Entry, register

    module = interp.frame.module

    def show(inner: Interpreter, args: Arguments, at: Place) -> Value:
        inner.push(module.scope, module, None)
        try:
            return inner.eval(node)
        finally:
            inner.pop()

    register(interp.models, Entry(EntryKind.CLIENT, "a page", place, value_of(NativeFn("a page", show))))


def _on_client(interp: Interpreter, place: Place) -> bool:
    return interp.models.recorder.side(place) is Side.CLIENT


_LISTENER: Final = re.compile(r"on[A-Z]|action$|formAction$")
"""Attributes that hold a function for what a person does."""


def maybe_run(interp: Interpreter, functions: Value, args: Arguments, place: Place) -> None:
    """Run functions that may run, now or later: what follows goes on from before as well."""
    if not functions.alts or interp.state is None:
        return
    branch, before = interp.state.branch, interp.flow()
    interp.state = interp.enter_branch(interp.state)
    calls.call(interp, functions, args, place, awaited=True)
    interp.merge([before, interp.flow()], branch)


# ---------------------------------------------------------------- logs, errors, telemetry

LOGGING_NAME: Final = re.compile(
    r"(?i)log|audit|telemetry|report|trace|debug|warn|notif|emit|print|track|metric|monitor"
)
"""Names of functions and files that are a project's own log wrapper."""


def log(call: LibraryCall) -> Value | None:
    """A call that writes its arguments to a log, the terminal, or a telemetry service."""
    for value in call.args.every():
        note_logged(call.interp, value, call.place, call.path)
    return unknown("nothing")


def error_message(call: LibraryCall) -> Value | None:
    """A constructor of errors: its message ends in logs and answers."""
    for value in call.args.positional[:2]:
        note_logged(call.interp, value, call.place, f"error {call.path}", objects=False)
    if call.interp.language == "javascript":
        from cybrid_audit.models.javascript import builtins as ecmascript

        return ecmascript.error(call)
    return None


def error_base(call: LibraryCall) -> None:
    """An instance of a project class that derives from an error: what it is given as text is its message."""
    for value in call.args.positional:
        note_logged(call.interp, value, call.place, f"error {call.path}", objects=False)


def note_logged(interp: Interpreter, value: Value, place: Place, sink: str, *, objects: bool = True) -> None:
    """Record a secret that a value holds, whole or in its first or last characters."""
    if interp.state is None:
        return
    found = secrets_in(value, objects=objects)
    if not found:
        return
    site, _ = log_site(interp, place, {atom for atom, _ in found})
    recorder = interp.models.recorder
    candidates: dict[Any, LogCandidate] = interp.models.memory("log candidates", dict)
    for atom, partial in found:
        if isinstance(atom, Token):
            what = f"{atom.kind} token"
            fact = SecretLogged(
                location_of(site), what, sink, partial, recorder.trace(interp, site, f"the {what} is logged here")
            )
            recorder.add(("logged", site, what), fact)
        else:
            key = (site, identity(atom))
            candidates.setdefault(
                key,
                LogCandidate(
                    atom,
                    site,
                    sink,
                    partial,
                    recorder.trace(interp, site, "the client secret is logged here"),
                    recorder.module_level > 0,
                ),
            )


@dataclass(frozen=True, slots=True)
class LogCandidate:
    """Something logged that is a secret if it reaches a mint as one, which is known when the run ends."""

    atom: Atom
    site: Place
    sink: str
    partial: bool
    trace: tuple[Any, ...]
    permanent: bool


def identity(atom: Atom) -> object:
    """Return what tells that two reads give the same secret, wherever they stand."""
    match atom:
        case Env(name=name):
            return ("env", name)
        case Secret(manager=manager, name=name):
            return ("secret", manager, name)
        case Const(value=value):
            return ("const", value)
        case Stored(store=store, key=key):
            return ("stored", store, key)
        case _:
            return atom


def finish(models: Models) -> None:
    """Record the logged values that turned out to be client secrets. Called at the end of every pass."""
    known = {identity(atom) for atom in models.memory("secret atoms", dict).get("client_secret", ())}
    for candidate in models.memory("log candidates", dict).values():
        if identity(candidate.atom) in known or named_secret(candidate.atom):
            fact = SecretLogged(
                location_of(candidate.site), "client_secret", candidate.sink, candidate.partial, candidate.trace
            )
            models.recorder.add(("logged", candidate.site, "client_secret"), fact)
    for role in ("client_secret", "client_id"):
        known = {identity(atom) for atom in models.memory("secret atoms", dict).get(role, ())}
        for each in models.memory("credentials handed over", dict).values():
            if identity(each.atom) in known and (not each.variable or is_shown(models, each.variable, each.name)):
                how = f"the server, which hands it over ({each.channel})"
                name = each.name or (each.atom.name if isinstance(each.atom, Env | Secret) else "")
                definition = PublicDefinition(role, location_of(each.place), name, how, False, each.trace)
                models.recorder.add(("credential handed over", each.place, role, name), definition)


_SECRET_NAME: Final = re.compile(r"(?i)cybrid.*secret|client_?secret.*cybrid")


def named_secret(atom: Atom) -> bool:
    """Whether the name of an environment variable alone says that it is the platform's client secret."""
    return isinstance(atom, Env) and _SECRET_NAME.search(atom.name) is not None


def secrets_in(value: Value, *, objects: bool = True) -> list[tuple[Atom, bool]]:
    """Return the tokens and possible secrets in a value that is shown, each with whether it is only a part of it."""
    found: dict[tuple[Atom, bool], None] = {}
    seen: set[int] = set()

    def visit(atom: Atom, depth: int, partial: bool) -> None:
        match atom:
            case Token() | Env() | Secret():
                found[(atom, partial)] = None
            case Const(value=str() as text):
                if len(text) >= SECRET_LENGTH and atom.place is not None and " " not in text:
                    found[(atom, partial)] = None
            case Stored(store="database" | "file" | "kv"):
                found[(atom, partial)] = None
            case MintBody(token=token):
                found[(token, partial)] = None
            case Str(parts=parts):
                for part in parts:
                    visit(part, depth, partial)
            case Promise(value=inner) | Response(body=inner):
                if isinstance(atom, Promise):
                    for each in inner.atoms():
                        visit(each, depth, partial)
            case Unknown(reason="a part", sources=sources):
                for source in sources:
                    visit(source, depth, True)
            case Obj() if objects and depth > 0 and id(atom) not in seen and not masks_itself(atom):
                seen.add(id(atom))
                for held in contents(atom):
                    for each in held.atoms():
                        visit(each, depth - 1, partial)
            case _:
                pass

    for each in value.atoms():
        visit(each, 4, False)
    return list(found)


def masks_itself(obj: Obj) -> bool:
    """Whether an object shows nothing of what it holds: a client, a project type that says how it is shown."""
    if obj.label == "error" or obj.kind in (
        "client",
        "environment",
        "request",
        "reply",
        "router",
        "application",
        "sdk",
    ):
        return True
    if obj.cls is None:
        return False
    if obj.cls.module.family == "jvm" and obj.cls.method("toString") is None:
        from cybrid_audit.models.jvm import java

        return not java.shows_fields(obj.cls)
    return (
        any(obj.cls.method(name) is not None for name in ("__repr__", "__str__", "toJSON", "toString", "inspect"))
        or obj.kind == "instance"
    )


def log_site(interp: Interpreter, place: Place, atoms: set[Atom]) -> tuple[Place, int]:
    """Return the call that hands a secret to a project's own log wrapper, else the place of the log call itself."""
    site = place
    index = len(interp.frames) - 1
    while index > 0:
        frame = interp.frames[index]
        function = frame.function
        if function is None or frame.call_place is None or not frame.call_place.path:
            break
        looks = LOGGING_NAME.search(function.name) or LOGGING_NAME.search(frame.module.path.rsplit("/", 1)[-1])
        names = [p.target.id for p in function.params if isinstance(p.target, ir.Name)]
        handed = any(
            {identity(atom) for atom, _ in secrets_in(frame.scope.vars[name])} & {identity(atom) for atom in atoms}
            for name in names
            if name in frame.scope.vars
        )
        if not looks or not handed:
            break
        site = frame.call_place
        index -= 1
    return site, index
