"""Servers in Dart: shelf with its router, Dart Frog with routes that files are; and programs.

A handler is a function of a request, middleware a function of a handler."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls, jvm
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Fn,
    Input,
    Obj,
    Place,
    Scope,
    Stored,
    Value,
    constant,
    key_text,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.models.dart import injection as dart_injection
from cybrid_audit.models.entries import Convention, Entry, register
from cybrid_audit.models.frameworks import functional
from cybrid_audit.models.frameworks.functional import Row, rows_of
from cybrid_audit.models.frameworks.handlers import texts
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule
    from cybrid_audit.models import Models

_VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_PARAMETER: Final = re.compile(r"<(\w+)(?:\|[^>]*)?>")
_BODIES: Final = frozenset(
    {"readAsString", "read", "json", "body", "formData", "bytes", "fields", "readAsBytes", "bodyAsString"}
)
_NOT_RUN: Final = (Side.TEST, Side.DOCS, Side.VENDORED, Side.CLIENT)


# ---------------------------------------------------------------- routes


class Router(functional.Routes):
    """`Router()` of shelf: a handler that chooses among routes, and to which more are added."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        words = texts(interp, given[0]) if given else []
        if name in _VERBS and len(given) > 1:
            self.rows.append(Row(name.upper(), path_of(words), given[1], place))
        elif name == "add" and len(given) > 2:
            verb = next(iter(words), "")
            self.rows.append(Row(verb.upper(), path_of(texts(interp, given[1])), given[2], place))
        elif name == "all" and len(given) > 1:
            self.rows.append(Row("", path_of(words), given[1], place))
        elif name == "mount" and len(given) > 1:
            prefix = next(iter(words), "").rstrip("/")
            self.rows += functional.below(prefix, rows_of(given[1]) or [Row("", "", given[1], place)])
        elif name == "call":
            return unknown("an answer")
        return V_NONE

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(obj) if name == "call" else None


def path_of(words: list[str]) -> str:
    """Return a path with its parameters in braces: `/orders/<id>`."""
    return _PARAMETER.sub(r"{\1}", words[0]) if words else ""


def router(call: LibraryCall) -> Value | None:
    """`Router()`."""
    return native_object(call.interp, "router", Router([]), call.place, "router")


def generated_router(interp: Interpreter, this: Value, place: Place) -> Value:
    """Return the router that a generator writes for an object whose methods are marked with `@Route.post("/x")`."""
    rows: list[Row] = []
    for obj in this.only(Obj):
        for function in obj.cls.definition.methods if obj.cls is not None else ():
            for node in function.decorators:
                if not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attribute):
                    continue
                if jvm.type_name(node.func.object) != "Route" or not node.args:
                    continue
                assert obj.cls is not None
                where = place_of(obj.cls.module.path, function.span)
                handler = value_of(Fn(function, obj.cls.scope, obj.cls.module, this, obj.cls))
                words = [str(each.value.value) for each in node.args if isinstance(each.value, ir.Const)]
                verb = node.func.name.upper() if node.func.name in _VERBS else ""
                rows.append(Row(verb, path_of(words), handler, where))
    return native_object(interp, "router", Router(rows), place, "router")


# ---------------------------------------------------------------- middleware


class Pipeline(Native):
    """`Pipeline()`: middleware, the outermost first."""

    __slots__ = ("middleware",)

    def __init__(self, middleware: list[Value]) -> None:
        self.middleware = middleware

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.get(0)
        if name == "addMiddleware" and given is not None:
            made = Pipeline([*self.middleware, *_callable(given)])
            return native_object(interp, "pipeline", made, place, "pipeline")
        return functional.applied(interp, self.middleware, given, place) if given is not None else None


def _callable(value: Value) -> list[Value]:
    """Return middleware that the project writes; that of a library goes on by itself."""
    return [value] if value.only(Fn) or value.only(NativeFn) else []


def pipeline(call: LibraryCall) -> Value | None:
    """`Pipeline()`."""
    return native_object(call.interp, "pipeline", Pipeline([]), call.place, "pipeline")


class Cascade(Native):
    """`Cascade().add(a).add(b).handler`: tries one handler after the other."""

    __slots__ = ("rows",)

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.get(0)
        if name != "add" or given is None:
            return None
        made = Cascade([*self.rows, *(rows_of(given) or [Row("", "", given, place)])])
        return native_object(interp, "cascade", made, place, "cascade")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return functional.group(interp, self.rows, place) if name == "handler" else None


def cascade(call: LibraryCall) -> Value | None:
    """`Cascade()`."""
    return native_object(call.interp, "cascade", Cascade([]), call.place, "cascade")


def created(call: LibraryCall) -> Value | None:
    """`createMiddleware(requestHandler: f)`: goes on where the function answers nothing."""
    asked = call.args.get(0, "requestHandler")
    if asked is None:
        return None

    def wrap(interp: Interpreter, args: Arguments, place: Place) -> Value:
        inner = args.positional[0] if args.positional else NOTHING

        def run(within: Interpreter, given: Arguments, where: Place) -> Value:
            answer = calls.call(within, asked, given, where, awaited=True)
            if within.state is None:
                return NOTHING
            branch = within.state.branch
            stopped, passed = within.split(answer, None)
            within.resume(passed)
            held = calls.call(within, inner, given, where, awaited=True)
            within.merge([stopped, within.flow()], branch)
            return held.join(answer)

        return value_of(NativeFn("middleware", run))

    return value_of(NativeFn("createMiddleware", wrap))


def serve(call: LibraryCall) -> Value | None:
    """`io.serve(handler, host, port)`: registers the routes of the handler."""
    handler = call.args.get(0, "handler")
    if handler is not None:
        functional.serve(call.interp, rows_of(handler) or [Row("", "", handler, call.place)], Handling)
    return unknown("a server")


class Handling(Convention):
    """A handler gets the request, and the parameters of its path; what it returns is sent."""

    sends_returned = True

    def __init__(self, verb: str, path: str) -> None:
        self.verb, self.path = verb, path

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        request = native_object(interp, "request", Request(self.verb), place, "request")
        names = re.findall(r"\{(\w+)\}", self.path)
        return Arguments(positional=[request, *(value_of(Input("path", name)) for name in names)])


class Request(Native):
    """A request of shelf, or the context of one in Dart Frog. What middleware puts into its context is kept with it."""

    __slots__ = ("verb",)

    def __init__(self, verb: str) -> None:
        self.verb = verb

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("provide", "read") and jvm.TYPE_ARGUMENT in args.keywords:
            return dart_injection.read_or_provide(interp, name, args, value_of(obj), place)
        if name in _BODIES:
            return value_of(Input("body"))
        if name == "change":
            for held in args.keywords.get("context", NOTHING).only(Obj):
                obj.fields.update({f"%{key}": value for key, value in held.fields.items()})
            return value_of(obj)
        return None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "request":
            return value_of(obj)
        if name == "context":
            return native_object(interp, "context", Context(obj), place, "context")
        if name == "method":
            return constant(self.verb) if self.verb else value_of(Input("method"))
        kind = {"headers": "header", "params": "path", "url": "query", "requestedUri": "query", "uri": "query"}.get(
            name
        )
        return value_of(Input(kind)) if kind is not None else None


class Context(Native):
    """`request.context`: what middleware has put there."""

    __slots__ = ("request",)

    def __init__(self, request: Obj) -> None:
        self.request = request

    def read(self, key: str, place: Place) -> Value:
        """Return what is kept under a name."""
        return self.request.fields.get(f"%{key}", value_of(Stored("request state", key, place)))

    def item(self, interp: Interpreter, obj: Obj, key: object, place: Place) -> Value | None:
        return self.read(key_text(key), place)  # type: ignore[arg-type]

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self.read(name, place)


def answer(call: LibraryCall) -> Value | None:
    """`Response.ok(body)`, `Response(201, body: x)`, `Response.json(body: x)`: what is sent."""
    made = call.interp.new("object", place=call.place)
    body = call.args.keywords.get("body") or (call.args.get(0) if "." in call.path.partition(".")[2] else None)
    if body is not None:
        made.fields["body"] = body
    if "headers" in call.args.keywords:
        made.fields["headers"] = call.args.keywords["headers"]
    return value_of(made)


# ---------------------------------------------------------------- Dart Frog


def used(interp: Interpreter, handler: Value, middleware: Value, place: Place) -> Value:
    """`handler.use(middleware)`: a method of a function."""
    return functional.applied(interp, _callable(middleware), handler, place)


def provider(call: LibraryCall) -> Value | None:
    """`provider<T>((context) => x)`: middleware that lets handlers read a value by its type."""
    dart_injection.provide(call.interp, call.args, call.place)
    return value_of(NativeFn("provider", lambda interp, args, place: args.positional[0]))


def collect(interp: Interpreter, models: Models) -> None:
    """Register programs, and the routes that files are."""
    modules = [module for module in models.program.modules.values() if module.family == "dart"]
    middleware: dict[str, Fn] = {}
    for module in modules:
        fn = _function(interp, module, "middleware")
        if fn is not None and module.path.endswith("/_middleware.dart"):
            middleware[module.path.rpartition("/")[0]] = fn
    for module in modules:
        if models.recorder.side(module.path) in _NOT_RUN:
            continue
        main, handler = _function(interp, module, "main"), _function(interp, module, "onRequest")
        if main is not None:
            place = place_of(module.path, main.function.span)
            register(models, Entry(EntryKind.SCRIPT, "main", place, value_of(main), Program))
        start = module.path.find("routes/")
        if handler is None or start < 0:
            continue
        folder = module.path.rpartition("/")[0]
        above = [folder[:at] for at in range(len(folder) + 1) if at == len(folder) or folder[at] == "/"]
        place = place_of(module.path, handler.function.span)
        interp.push(Scope(None, module), module, None)
        try:
            filters = [value_of(middleware[each]) for each in above if each in middleware]
            held = functional.applied(interp, filters, value_of(handler), place)
        finally:
            interp.pop()
        path = module.path[start + len("routes") :].removesuffix(".dart").removesuffix("index").rstrip("/")
        functional.serve(interp, [Row("", re.sub(r"\[(\w+)\]", r"{\1}", path) or "/", held, place)], Handling)


def _function(interp: Interpreter, module: LoadedModule, name: str) -> Fn | None:
    held = module.scope.vars.get(name)
    found = [fn for fn in held.only(Fn) if fn.function.kind == "function"] if held is not None else []
    return found[0] if found else None


class Program(Convention):
    """A program that somebody starts, with arguments."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[value_of(Input("argument"))])
