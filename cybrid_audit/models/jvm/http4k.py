"""http4k: a server is a function of a request, a client too, and filters wrap either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import operators
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Fn,
    Input,
    Lib,
    Obj,
    Place,
    Response,
    Value,
    constant,
    unknown,
    value_of,
)
from cybrid_audit.models.frameworks import functional
from cybrid_audit.models.frameworks.functional import Bound, Row, rows_of
from cybrid_audit.models.frameworks.handlers import texts
from cybrid_audit.models.http import HttpRequest, join_url
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.jvm.servers import Small
from cybrid_audit.models.jvm.spring import ServletRequest
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_READS: Final = {
    "header": "header", "query": "query", "queries": "query", "path": "path", "form": "body", "bodyString": "body", "body": "body",
    "cookie": "cookie", "uri": "url", "headerValues": "header",
}  # fmt: skip


# ---------------------------------------------------------------- routes


def bind(call: LibraryCall) -> Value | None:
    """`"/path" bind POST`, `"/path" bind routes(…)`."""
    path = next(iter(texts(call.interp, call.args.get(0))), "")
    what = call.args.get(1)
    if what is None:
        return None
    inner = rows_of(what)
    if inner:
        return functional.group(call.interp, functional.below(path, inner), call.place)
    verb = next((atom.path.rpartition(".")[2] for atom in what.atoms() if isinstance(atom, Lib)), "")
    if verb not in jvm_http.VERBS.values():
        # A handler for all methods.
        return functional.group(call.interp, [Row("", path, what, call.place)], call.place)
    return native_object(call.interp, "binding", Bound(verb, path, call.place), call.place, "binding")


def routes(call: LibraryCall) -> Value | None:
    """`routes(a, b, c)`."""
    rows = [row for value in call.args.positional for row in rows_of(value)]
    return functional.group(call.interp, rows, call.place)


def serve(call: LibraryCall) -> Value | None:
    """`app.asServer(Undertow(8080))`: registers the routes."""
    functional.serve(call.interp, rows_of(call.args.get(0) or NOTHING), Handling)
    return unknown("a server")


class Handling(Small):
    """A handler gets the request; what it returns is sent."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.request is None:
            place = interp.no_place(interp.frame.module.path)
            self.request = native_object(interp, "request", Incoming(self.verb, self.path), place, "request")
        return Arguments(positional=[self.request])


class Incoming(ServletRequest):
    """A request that comes in."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        kind = _READS.get(name)
        if kind is not None and len(args.positional) < 2:
            key = args.positional[0].const() if args.positional else ""
            return value_of(Input(kind, key if isinstance(key, str) else ""))
        return super().method(interp, obj, name, args, place) or value_of(obj)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("uri", "method"):
            return self.method(interp, obj, name, Arguments(), place)
        return value_of(Input(_READS.get(name, "body")))


def part(call: LibraryCall) -> Value | None:
    """`request.path("id")`, an extension: a part of the request."""
    key = next(iter(texts(call.interp, call.args.get(1))), "")
    return value_of(Input(str(call.settings["kind"]), key))


def response(call: LibraryCall) -> Value | None:
    """`Response(OK)`."""
    return native_object(call.interp, "response", Reply(), call.place, "response")


class Reply(Native):
    """An answer that is put together."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("body", "with", "header", "cookie"):
            for value in args.positional[-1:]:
                obj.fields[name] = unwrapped(value)
        return value_of(obj)


# ---------------------------------------------------------------- filters


class Filter(Native):
    """Filters, the outermost first."""

    __slots__ = ("functions",)

    def __init__(self, functions: list[Value]) -> None:
        self.functions = functions

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "then" and args.positional:
            return applied(interp, value_of(obj), args.positional[0], place)
        return None

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return applied(interp, value_of(obj), args.positional[0], place) if args.positional else None


def new_filter(call: LibraryCall) -> Value | None:
    """`Filter { next -> { request -> … } }`."""
    block = library.block_of(call.args)
    if block is None:
        return None
    return native_object(call.interp, "filter", Filter([block]), call.place, "filter")


def then(call: LibraryCall) -> Value | None:
    """`filter.then(handler)`, where the filter is an object of the project or one of the library's."""
    first, second = call.args.get(0), call.args.get(1)
    return applied(call.interp, first, second, call.place) if first is not None and second is not None else None


def applied(interp: Interpreter, outer: Value, inner: Value, place: Place) -> Value:
    """Return what a filter makes of a handler, of all routes of a group, of a client or of another filter."""
    own = _filters(interp, outer, place)
    other = next((obj.native for obj in inner.only(Obj) if isinstance(obj.native, Filter)), None)
    if other is not None:
        return native_object(interp, "filter", Filter([*own, *other.functions]), place, "filter")
    sent = next((obj.native for obj in outer.only(Obj) if isinstance(obj.native, Client)), None)
    if sent is not None:
        return native_object(interp, "client", sent.before(inner), place, "client")
    return functional.applied(interp, own, inner, place)


def _filters(interp: Interpreter, value: Value, place: Place) -> list[Value]:
    """Return the functions that a filter is; none for one of the library's."""
    found: list[Value] = []
    for atom in value.atoms():
        if isinstance(atom, Obj) and isinstance(atom.native, Filter):
            found += atom.native.functions
        elif isinstance(atom, Obj | Fn) and not isinstance(held := functional.function_of(interp, place, atom), Obj):
            found.append(value_of(held))
    return found


# ---------------------------------------------------------------- clients


def request(call: LibraryCall) -> Value | None:
    """`Request(POST, "https://…")`."""
    verb, url = call.args.get(0, "method"), call.args.get(1, "uri")
    out = jvm_http.blank(call.place)
    for atom in verb.atoms() if verb is not None else ():
        out.method = constant(atom.path.rpartition(".")[2]) if isinstance(atom, Lib) else value_of(atom)
    if url is not None:
        out.url = url
    return native_object(call.interp, "request", Outgoing(out), call.place, "request")


class Outgoing(jvm_http.Request):
    """A request that goes out; where it was made tells which operation it is."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name == "form" and len(given) > 1:
            if self.request.body is None or not self.request.body.only(Obj):
                self.request.body = library.record(interp, place)
            for target in self.request.body.only(Obj):
                library.put(interp, target, given[0], given[1], place)
            return value_of(obj)
        if name == "with":
            for value in given:
                self.request.body = unwrapped(value)
            return value_of(obj)
        return super().method(interp, obj, name, args, place)


def client(call: LibraryCall) -> Value | None:
    """`JavaHttpClient()`, a parameter of the type `HttpHandler`; a filter of clients that gives each request something (`sets`)."""
    made = Client()
    first = call.args.get(0)
    sets = call.settings.get("sets")
    if sets == "base":
        made.base = first
    elif sets == "bearer" and first is not None:
        made.headers["authorization"] = library.bearer(call.interp, first, call.place)
    elif sets == "basic" and len(call.args.positional) > 1:
        pair = [constant("Basic "), call.args.positional[0], constant(":"), call.args.positional[1]]
        made.headers["authorization"] = operators.concat(call.interp, pair, call.place)
    return native_object(call.interp, "client", made, call.place, "client")


class Client(Native):
    """A client, with what filters give each request."""

    __slots__ = ("base", "headers")

    def __init__(self) -> None:
        self.base: Value | None = None
        self.headers: dict[str, Value] = {}

    def before(self, inner: Value) -> Client:
        """Return the client that this filter and another one, or a client, make together."""
        made = Client()
        made.base, made.headers = self.base, dict(self.headers)
        for obj in inner.only(Obj):
            if isinstance(obj.native, Client):
                made.base = made.base or obj.native.base
                made.headers = {**obj.native.headers, **made.headers}
        return made

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "then" and args.positional:
            return native_object(interp, "client", self.before(args.positional[0]), place, "client")
        return self.call(interp, obj, args, place) if name == "invoke" else None

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        result = NOTHING
        for each in args.positional[0].only(Obj) if args.positional else ():
            if isinstance(each.native, jvm_http.Request):
                result = result.join(jvm_http.send(interp, self.completed(interp, each.native.request, place)))
        return result if result.alts else unknown("an answer")

    def completed(self, interp: Interpreter, request: HttpRequest, place: Place) -> HttpRequest:
        """Return a request with what the client adds."""
        out = jvm_http.copy_of(request)
        if self.base is not None:
            out.url = join_url(interp, self.base, out.url, place)
        out.headers = {**self.headers, **out.headers}
        return out


# ---------------------------------------------------------------- lenses


def lens(call: LibraryCall) -> Value | None:
    """`Body.auto<Order>().toLens()`, `Query.string().required("symbol")`: takes a part out of a message, or puts it in."""
    kind = str(call.settings.get("kind", "body"))
    key = next(iter(texts(call.interp, call.args.get(0))), "")
    return native_object(call.interp, "lens", Lens(kind, key), call.place, "lens")


class Lens(Native):
    """A part of a message: `kind` is that of requests that come in."""

    __slots__ = ("key", "kind")

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "of" and args.positional:
            made = interp.new("object", place=place)
            made.fields["%given"] = args.positional[0]
            return value_of(made)
        return self.call(interp, obj, args, place) if name in ("extract", "invoke") else value_of(obj)

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        held = args.get(0)
        if held is None:
            return None
        bodies = [atom.body for atom in held.atoms() if isinstance(atom, Response)]
        return bodies[0] if bodies else value_of(Input(self.kind, self.key))


def unwrapped(value: Value) -> Value:
    """Return what a lens puts into a message."""
    for obj in value.only(Obj):
        if "%given" in obj.fields:
            held: Value = obj.fields["%given"]
            return held
    return value
