"""Ktor's server: applications, blocks of routes, calls, sessions, background work that an application starts.

An application is a function with the receiver `Application`; routes are registered by blocks whose receiver is a route."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls, jvm
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Obj,
    Place,
    Scope,
    Stored,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.languages._tree import names_in
from cybrid_audit.limits import MAX_STEPS_PER_MODULE
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention, Entry, UnpassedMethod, register
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import configuration as jvm_sources
from cybrid_audit.models.jvm.servers import Program
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
APPLICATIONS: Final = frozenset({"Application"})
ROUTES: Final = frozenset({"Route", "Routing", "RoutingRoot", "RootRoute"})
_INSIDE: Final = frozenset(
    {
        "authenticate",
        "rateLimit",
        "accept",
        "contentType",
        "header",
        "param",
        "host",
        "localPort",
        "version",
        "createChild",
        "withRole",
    }
)
_RESPONDS: Final = frozenset(
    {
        "respond",
        "respondText",
        "respondBytes",
        "respondHtml",
        "respondRedirect",
        "respondTemplate",
        "respondNullable",
        "respondOutputStream",
        "respondTextWriter",
    }
)


class Application(Native):
    """The receiver of an application's module."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        block = library.block_of(args)
        if name in ("routing", "module") and block is not None:
            run_on(interp, block, native_object(interp, "route", Route(""), place, "routes"), place)
            return value_of(obj)
        if name in ("launch", "async") and block is not None:
            background(interp, block, place)
            return unknown("a job")
        if name in ("install", "monitor") or name.startswith(("log", "on")):
            return unknown(f"the result of {name}")
        return None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "environment":
            return value_of(obj)
        if name in ("config", "configuration"):
            return native_object(interp, "configuration", jvm_sources.Configuration(""), place)
        return value_of(obj) if name in ("application", "engine") else None


class Route(Native):
    """The receiver of a block of routes."""

    __slots__ = ("prefix",)

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        block = library.block_of(args)
        if block is None:
            return None
        path = next((str(text) for value in args.positional for text in value.strings()), "")
        if name in VERBS:
            handler(interp, name.upper(), join(self.prefix, path), block, place)
        elif name == "route":
            run_on(
                interp, block, native_object(interp, "route", Route(join(self.prefix, path)), place, "routes"), place
            )
        elif name in _INSIDE or name == "routing":
            run_on(interp, block, value_of(obj), place)
        elif name in ("handle", "webSocket", "sse"):
            handler(interp, "", self.prefix or path, block, place)
        else:
            return None
        return value_of(obj)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("application", "environment"):
            return native_object(interp, "application", Application(), place, "application")
        return None


def join(prefix: str, path: str) -> str:
    """Return a path below a prefix."""
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}" if path else prefix


def handler(interp: Interpreter, verb: str, path: str, block: Value, place: Place) -> None:
    """Register a route."""
    register(
        interp.models,
        Entry(EntryKind.HTTP_ROUTE, f"{verb} {path}".strip(), place, block, Handling, path=path, method=verb),
    )


def background(interp: Interpreter, block: Value, place: Place) -> None:
    """Register work that an application starts with itself."""
    register(interp.models, Entry(EntryKind.SCHEDULE, "work in the background", place, block, NoArguments))


class NoArguments(Convention):
    """A block without arguments."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments()


class Handling(Convention):
    """A handler of a route: a block whose receiver holds the call."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        context = native_object(interp, "context", Context(), place, "call")
        for atom in fn.only(Fn):
            if atom.function.kind == "arrow":
                atom.this = context
        return Arguments(positional=[])


class Context(Native):
    """The receiver of a handler; its call is what everybody works with, also by that name."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("call", "context", "subject"):
            return value_of(obj)
        if name == "request":
            return value_of(obj)
        if name in ("parameters", "pathParameters"):
            return value_of(Input("path"))
        if name in ("queryParameters", "rawQueryParameters"):
            return value_of(Input("query"))
        if name in ("headers", "header"):
            return value_of(Input("header"))
        if name == "cookies":
            return value_of(Input("cookie"))
        if name == "sessions":
            return native_object(interp, "sessions", Sessions(), place, "session")
        if name in ("application", "environment"):
            return native_object(interp, "application", Application(), place, "application")
        if name in ("response", "attributes"):
            return unknown(f"{name} of a call")
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in (
            "receive",
            "receiveNullable",
            "receiveOrNull",
            "receiveText",
            "receiveParameters",
            "receiveStream",
            "receiveChannel",
            "receiveMultipart",
        ):
            kind = args.keywords.get(jvm.TYPE_ARGUMENT) or args.get(0)
            body = value_of(Input("body"))
            return library.decode(interp, body, kind) if kind is not None else body
        if name in _RESPONDS:
            for value in args.every():
                sinks.hand_over(interp, library.wired(interp, value), place, "response")
            return V_NONE
        if name in ("principal", "authentication"):
            return value_of(Stored("principal", "", place))
        if name in ("header", "queryString", "uri", "path"):
            key = next((str(text) for value in args.positional for text in value.strings()), "")
            interp.models.input_read(key)
            return value_of(Input("header" if name == "header" else "url", key))
        return None


class Sessions(Native):
    """What a server keeps for one browser."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get", "getOrSet"):
            held = value_of(Stored("session", "", place))
            kind = args.keywords.get(jvm.TYPE_ARGUMENT)
            return library.decode(interp, held, kind) if kind is not None else held
        if name in ("set", "clear"):
            for value in args.positional[-1:] if name == "set" else ():
                sinks.hand_over(interp, value, place, "cookie")
            return V_NONE
        return None


def run_on(interp: Interpreter, block: Value, receiver: Value, place: Place) -> Value:
    """Run a block over a receiver."""
    return calls.call(interp, jvm.bound(block, receiver), Arguments(positional=[receiver]), place, awaited=True)


def server(call: LibraryCall) -> Value | None:
    """`embeddedServer(Netty, port = 8080) { … }`."""
    block = library.block_of(call.args)
    made = native_object(call.interp, "application", Application(), call.place, "application")
    if block is not None:
        run_on(call.interp, block, made, call.place)
    return unknown("a server")


def run(interp: Interpreter, models: Models) -> None:
    """Run what sets applications up: functions with the receiver of one, `main` functions that start one; then those that only
    take a route, when nobody in the project mounts them."""
    functions = [fn for fn in models.program.functions.values() if fn.module.family == "jvm"]
    for fn in functions:
        is_main = fn.function.kind == "function" and fn.function.name == "main" and fn.scope is fn.module.scope
        if (is_main and "embeddedServer" in names_in(fn.function.body)) or _receives(fn, APPLICATIONS):
            _run(interp, models, fn)
        elif is_main and models.recorder.side(fn.module.path) not in (Side.TEST, Side.DOCS, Side.VENDORED):
            place = place_of(fn.module.path, fn.function.span)
            register(models, Entry(EntryKind.SCRIPT, "main", place, value_of(fn), Program))
    for info in models.program.classes:
        if info.module.family == "jvm" and any(base.endswith("CliktCommand") for base in info.library_bases()):
            command(interp, models, info)
    for fn in functions:
        if _receives(fn, ROUTES) and id(fn.function) not in interp.entered:
            _run(interp, models, fn)


def command(interp: Interpreter, models: Models, info: ClassInfo) -> None:
    """Register a command of Clikt."""
    for function in info.definition.methods:
        if function.name == "run" and function.kind == "method":
            place = place_of(info.module.path, function.span)
            handler = value_of(Fn(function, info.scope, info.module, None, info))
            register(models, Entry(EntryKind.CLI, info.name, place, handler, partial(UnpassedMethod, info)))


def _receives(fn: Fn, names: frozenset[str]) -> bool:
    params = fn.function.params
    return fn.function.kind == "extension" and bool(params) and jvm.type_name(params[0].annotation) in names


def _run(interp: Interpreter, models: Models, fn: Fn) -> None:
    from cybrid_audit.engine.interpreter import Exhausted

    if models.recorder.side(fn.module.path) in (Side.TEST, Side.DOCS, Side.VENDORED):
        return
    place = place_of(fn.module.path, fn.function.span)
    interp.start(MAX_STEPS_PER_MODULE)
    interp.push(Scope(None, fn.module), fn.module, None)
    models.enter_module(interp, fn.module)
    interp.shared_births += 1
    try:
        given: list[Value] = []
        if fn.function.kind == "extension":
            native = Application() if _receives(fn, APPLICATIONS) else Route("")
            given.append(native_object(interp, "application", native, place, "application"))
        given += [unknown("a parameter that nobody passes") for _ in fn.function.params[len(given) :]]
        calls.call(interp, value_of(fn), Arguments(positional=given), place, awaited=True)
    except Exhausted:
        models.recorder.skip(fn.module.path, "not all of its routes were found")
    finally:
        interp.shared_births -= 1
        models.leave_module(interp, fn.module)
        interp.pop()
