"""Vert.x: its web client, and its routers, whose handlers go on with `ctx.next()`.

A router is known once a server is given it; handlers that go on run before the routes that come after them and that they cover."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls, operators
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    ClassInfo,
    Const,
    Fn,
    Input,
    Obj,
    Place,
    Scope,
    Stored,
    Value,
    constant,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.facts import Side
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.handlers import route_kind, texts
from cybrid_audit.models.frameworks.router import join_paths
from cybrid_audit.models.http import HttpRequest
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.jvm.servers import Context, Small
from cybrid_audit.models.jvm.spring import Covers
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

_HANDLERS: Final = frozenset({"handler", "blockingHandler", "coroutineHandler", "respond"})
_BODIES: Final = frozenset(
    {"sendJsonObject", "sendJson", "sendForm", "sendBuffer", "sendMultipartForm", "sendJsonArray"}
)
_READS: Final = {
    "asJsonObject": "body", "asString": "body", "asPojo": "body", "getBodyAsJson": "body", "getBodyAsString": "body", "body": "body",
    "getBody": "body", "buffer": "body", "getParam": "query", "getFormAttribute": "body", "pathParam": "path", "queryParam": "query",
    "queryParams": "query", "getHeader": "header", "getCookie": "cookie", "bodyAsJson": "body",
}  # fmt: skip


# ---------------------------------------------------------------- the client


def client(call: LibraryCall) -> Value | None:
    """`WebClient.create(vertx, options)`, `vertx.createHttpClient(options)`."""
    made = Client()
    for value in call.args.every():
        for obj in value.only(Obj):
            if isinstance(obj.native, Options):
                made.options = obj.native
    return native_object(call.interp, "client", made, call.place, "client")


def options(call: LibraryCall) -> Value | None:
    """`new WebClientOptions()`."""
    return native_object(call.interp, "options", Options(), call.place, "options")


class Options(Native):
    """Options of a client: its default host, and whether it checks certificates."""

    __slots__ = ("host", "verify")

    def __init__(self) -> None:
        self.host: Value | None = None
        self.verify: list[tuple[Value, Place, str]] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        first = args.get(0)
        if first is not None and name.startswith("set"):
            self.take(name[3:], first, place)
        return value_of(obj)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        self.take(name[:1].upper() + name[1:], new, place)
        return True

    def take(self, name: str, value: Value, place: Place) -> None:
        """Take an option, by its name without `set`."""
        if name == "DefaultHost":
            self.host = value
        elif (name, value.const()) in (("TrustAll", True), ("VerifyHost", False)):
            self.verify.append((value_of(Const(False)), place, name))


class Client(Native):
    """A web client."""

    __slots__ = ("options",)

    def __init__(self) -> None:
        self.options = Options()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        verb = name.removesuffix("Abs")
        if verb not in jvm_http.VERBS and verb != "request":
            return value_of(obj)
        given = [*args.positional]
        out = jvm_http.blank(place)
        out.method = constant(jvm_http.VERBS[verb]) if verb in jvm_http.VERBS else given.pop(0)
        out.verify += self.options.verify[:1]
        given = [value for value in given if not isinstance(value.const(), int)]
        if not given:
            return None
        host = given[0] if len(given) > 1 else self.options.host
        out.url = given[-1]
        if host is not None and not name.endswith("Abs"):
            out.url = jvm_http.address(
                interp,
                Arguments(positional=[out.url]),
                operators.concat(interp, [constant("https://"), host], place),
                place,
            )
        return native_object(interp, "request", Request(out), place, "request")


class Request(jvm_http.Request):
    """A request of the web client: each way to send it says what the body is."""

    __slots__ = ()

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        out, given = self.request, args.positional
        plain = name.removeprefix("rx").removesuffix("AndAwait")
        plain = plain[:1].lower() + plain[1:]
        if plain == "send" or plain in _BODIES:
            if plain in _BODIES and given:
                out.body = given[0]
            return jvm_http.answer(interp, jvm_http.send(interp, jvm_http.copy_of(out)), args, place)
        if name == "bearerTokenAuthentication" and given:
            out.headers["authorization"] = library.bearer(interp, given[0], place)
            return value_of(obj)
        name = {"putHeader": "header", "putHeaders": "headers", "basicAuthentication": "basicAuth"}.get(name, name)
        return super().method(interp, obj, name, args, place) or value_of(obj)


# ---------------------------------------------------------------- the server


@dataclass(frozen=True, slots=True)
class Row:
    """A handler, or a router that is mounted, with what it is for: `pattern` is empty where it is for all paths."""

    verb: str
    pattern: str
    handler: Value
    place: Place
    router: Router | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the handler may go on to the next."""
        functions = _functions(self.handler)
        return not functions or any(
            isinstance(node, ir.Attribute) and node.name == "next"
            for fn in functions
            for node in ir.walk(fn.function.body)
        )


class Router(Native):
    """`Router.router(vertx)`: its rows in their order."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        words = [text for value in args.positional for text in texts(interp, value)]
        if name in ("route", "routeWithRegex") or name in jvm_http.VERBS:
            verb = jvm_http.VERBS.get(name, "")
            verb = next((word for word in words if word in jvm_http.VERBS.values()), verb)
            pattern = next((word for word in words if word.startswith("/")), "")
            return native_object(interp, "route", Route(self, verb, pattern), place, "route")
        if name in ("mountSubRouter", "subRouter"):
            for value in args.positional:
                self.mount(words[0] if words else "", value, place)
        return value_of(obj)

    def mount(self, pattern: str, value: Value, place: Place) -> None:
        """Mount another router below a path."""
        for each in value.only(Obj):
            if isinstance(each.native, Router):
                self.rows.append(Row("", pattern, value, place, each.native))

    def routes(self, prefix: str = "", outer: tuple[Row, ...] = ()) -> Iterator[tuple[str, Row, list[Step]]]:
        """Yield the path of each route, the route itself, and what runs before it."""
        before: list[Row] = list(outer)
        for row in self.rows:
            path = join_paths(prefix, row.pattern) if row.pattern else prefix
            if row.router is not None:
                yield from row.router.routes(path.removesuffix("*").rstrip("/"), tuple(before))
            elif row.goes_on:
                covered = path if row.pattern else f"{prefix}/*"
                before.append(Row(row.verb, covered, row.handler, row.place))
            else:
                steps = [
                    Step(each.handler, "next", each.place)
                    for each in before
                    if each.verb in ("", row.verb) and Covers([each.pattern.replace("/*", "/**")])(path)
                ]
                yield path, row, steps


class Route(Native):
    """`router.post("/path")`: takes handlers."""

    __slots__ = ("pattern", "router", "verb")

    def __init__(self, router: Router, verb: str, pattern: str) -> None:
        self.router = router
        self.verb, self.pattern = verb, pattern

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in _HANDLERS and args.positional:
            self.router.rows.append(Row(self.verb, self.pattern, args.positional[-1], place))
        elif name == "subRouter" and args.positional:
            self.router.mount(self.pattern, args.positional[0], place)
        elif name == "method" and args.positional:
            self.verb = next(iter(texts(interp, args.positional[0])), "")
        elif name == "path" and args.positional:
            self.pattern = next(iter(texts(interp, args.positional[0])), "")
        return value_of(obj)


def _functions(value: Value) -> list[Fn]:
    """Return the functions that a handler is: itself, or the method of an object that handles."""
    found = value.only(Fn)
    for obj in value.only(Obj):
        method = obj.cls.method("handle") if obj.cls is not None else None
        if method is not None:
            function, home = method
            found.append(Fn(function, home.scope, home.module, value_of(obj), home))
    return found


def router(call: LibraryCall) -> Value | None:
    """`Router.router(vertx)`."""
    return native_object(call.interp, "router", Router(), call.place, "router")


def serve(call: LibraryCall) -> Value | None:
    """`vertx.createHttpServer().requestHandler(router)`: registers the routes of the router."""
    for value in call.args.positional:
        for obj in value.only(Obj):
            if not isinstance(obj.native, Router):
                continue
            for path, row, steps in obj.native.routes():
                handler = value_of(*_functions(row.handler))
                name = f"{row.verb or 'ANY'} {path}"
                convention = partial(Handling, row.verb, path)
                register(
                    call.models, Entry(route_kind(path), name, row.place, handler, convention, steps, path, row.verb)
                )
    return value_of(*call.sources) if call.sources else unknown("a server")


class Handling(Small):
    """A handler gets the one context of its request."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.request is None:
            place = interp.no_place(interp.frame.module.path)
            self.request = native_object(interp, "context", RoutingContext(self.verb, self.path), place, "context")
        return Arguments(positional=[self.request])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        given = self.arguments(interp, step.fn)
        for obj in given.positional[0].only(Obj):
            obj.fields["%next"] = next_fn
        return given


class RoutingContext(Context):
    """`RoutingContext`: the request, the answer, and the way on."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        key = given[0].const() if given else None
        word = key if isinstance(key, str) else ""
        if name == "next":
            return calls.call(interp, obj.fields.get("%next", V_NONE), Arguments(), place, awaited=True)
        if name in ("request", "response", "getBody", "body") and not given:
            return value_of(obj)
        if name in ("json", "end", "send", "write", "jsonAndAwait"):
            for value in given:
                sinks.hand_over(interp, value, place, "response")
            return value_of(obj)
        if name in ("put", "set") and len(given) > 1:
            obj.fields[f"%{word}"] = given[1]
            return value_of(obj)
        if name in ("get", "data") and word:
            return obj.fields.get(f"%{word}", value_of(Stored("request state", word, place)))
        if name in ("user", "principal"):
            return value_of(Stored("principal", "", place))
        if name == "fail" or name.startswith(("set", "put")):
            return value_of(obj)
        kind = _READS.get(name)
        if kind is not None:
            held = value_of(Input(kind, word))
            return library.decode(interp, held, given[0]) if given and given[0].only(ClassInfo) else held
        return super().method(interp, obj, name, args, place)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        # The properties of Kotlin are the getters of Java.
        return self.method(interp, obj, name, Arguments(), place)


def verticle(call: LibraryCall) -> None:
    """A class that derives from a verticle: it is deployed, and started then."""
    held: list[ClassInfo] = call.models.memory("verticles", list)
    held.extend(info for info in call.sources if isinstance(info, ClassInfo) and info not in held)
    on_collect(call.models, "verticles", lambda interp: start(interp, call.models))


def start(interp: Interpreter, models: Models) -> None:
    """Start all verticles, which gives servers their routers."""
    from cybrid_audit.models.types import singleton

    verticles: list[ClassInfo] = models.memory("verticles", list)
    for info in verticles:
        method = info.method("start") or info.method("rxStart")
        if method is None or models.recorder.side(info.module.path) in (Side.TEST, Side.DOCS):
            continue
        function, home = method
        fn = Fn(function, home.scope, home.module, singleton(interp, info), home)
        interp.push(Scope(None, info.module), info.module, place_of(info.module.path, function.span))
        models.enter_module(interp, info.module)
        interp.shared_births += 1
        try:
            given = Arguments(positional=[unknown("a promise") for _ in function.params])
            calls.call(interp, value_of(fn), given, place_of(home.module.path, function.span), awaited=True)
        finally:
            interp.shared_births -= 1
            models.leave_module(interp, info.module)
            interp.pop()
