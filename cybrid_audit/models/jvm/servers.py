"""Servers on the JVM without a container: servlets, and routes given as functions to Javalin and Spark."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import jvm
from cybrid_audit.engine.values import (
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Lib,
    Obj,
    Place,
    Stored,
    Value,
    place_of,
    value_of,
)
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.handlers import route_kind, texts
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm.spring import Covers, Handler, ServletRequest
from cybrid_audit.models.native import LibraryCall, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

SERVLETS: Final = {
    "doGet": "GET",
    "doPost": "POST",
    "doPut": "PUT",
    "doDelete": "DELETE",
    "doPatch": "PATCH",
    "service": "",
}


def servlet(call: LibraryCall) -> None:
    """A class that derives from `HttpServlet`."""
    held: list[ClassInfo] = call.models.memory("servlets", list)
    held.extend(info for info in call.sources if isinstance(info, ClassInfo) and info not in held)
    on_collect(call.models, "servlets", lambda interp: collect(interp, call.models))


def collect(interp: Interpreter, models: Models) -> None:
    """Register the methods of servlets."""
    from cybrid_audit.models.types import singleton

    servlets: list[ClassInfo] = models.memory("servlets", list)
    for info in servlets:
        if models.recorder.side(info.module.path) in (Side.TEST, Side.DOCS):
            continue
        path = _path(info)
        for function in info.definition.methods:
            verb = SERVLETS.get(function.name)
            if verb is None:
                continue
            place = place_of(info.module.path, function.span)
            handler = value_of(Fn(function, info.scope, info.module, singleton(interp, info), info))
            name = f"{verb or 'ANY'} {path}"
            convention = partial(Handler, info, function, verb, path)
            register(models, Entry(route_kind(path), name, place, handler, convention, (), path, verb))


def script(models: Models, info: ClassInfo) -> None:
    """Register the `main` of a class: it may be run as a program."""
    for function in info.definition.methods:
        if function.name == "main" and function.kind == "static" and len(function.params) <= 1:
            place = place_of(info.module.path, function.span)
            handler = value_of(Fn(function, info.scope, info.module, value_of(info), info))
            register(models, Entry(EntryKind.SCRIPT, f"{info.name}.main", place, handler, Program))


class Program(Convention):
    """A program that somebody starts, with arguments."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        given = interp.new("list")
        given.rest = value_of(Input("argument"))
        return Arguments(positional=[value_of(given)])


def _path(info: ClassInfo) -> str:
    for node in info.definition.decorators:
        if isinstance(node, ir.Call) and jvm.type_name(node.func) == "WebServlet":
            for arg in node.args:
                values = arg.value.items if isinstance(arg.value, ir.List) else (arg.value,)
                for each in values:
                    if isinstance(each, ir.Const) and arg.name in (None, "urlPatterns"):
                        return str(each.value)
    return f"/{info.name}"


class Context(ServletRequest):
    """`ctx` of Javalin, `request` of Spark: what came in, and how to answer."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        key = given[0].const() if given else None
        kind = _READS.get(name)
        if kind is not None and (len(given) < 2 or name in ("formParam", "queryParam")):
            told = given[0] if given and given[0].only(ClassInfo) else None
            held = value_of(Input(kind, key if isinstance(key, str) else ""))
            return library.decode(interp, held, told) if told is not None else held
        if name in ("json", "result", "html", "send"):
            for value in given:
                sinks.hand_over(interp, value, place, "response")
            return value_of(obj)
        if name in ("sessionAttribute", "attribute"):
            store = "session" if name.startswith("session") else "request state"
            return value_of(Stored(store, str(key or ""), place))
        if name in ("status", "contentType", "header", "redirect") and given:
            return value_of(obj)
        return super().method(interp, obj, name, args, place)


_READS: Final = {
    "formParam": "body", "queryParam": "query", "pathParam": "path", "body": "body", "bodyAsClass": "body", "bodyAsBytes": "body",
    "bodyStreamAsClass": "body", "cookie": "cookie", "queryParams": "query", "params": "path", "headers": "header",
    "bodyValidator": "body", "formParamAsClass": "body", "queryParamAsClass": "query", "pathParamAsClass": "path",
}  # fmt: skip


class Small(Convention):
    """A function that gets the request, and perhaps the answer; what it returns is sent."""

    sends_returned = True

    def __init__(self, verb: str, path: str) -> None:
        self.verb, self.path = verb, path
        self.request: Value | None = None

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.request is None:
            place = interp.no_place(interp.frame.module.path)
            self.request = native_object(interp, "request", Context(self.verb, self.path), place, "request")
        return Arguments(positional=[self.request, self.request])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return self.arguments(interp, step.fn)


def route(call: LibraryCall) -> Value | None:
    """`app.post("/path", handler)`, `Spark.post("/path", handler)`: known once the program runs, before its routes do."""
    verb = str(call.settings.get("method", ""))
    before: list[tuple[Step, Covers]] = call.models.memory("small filters", list)
    for value in [value for value in call.args.positional if value.only(Fn)][-1:]:
        for path in texts(call.interp, call.args.get(0))[:1]:
            steps = [step for step, covers in before if covers(path)]
            convention = partial(Small, verb, path)
            entry = Entry(route_kind(path), f"{verb} {path}", call.place, value, convention, steps, path, verb)
            register(call.models, entry)
    return value_of(Lib(call.path.rsplit(".", 1)[0])) if "()." in call.path else None


def before(call: LibraryCall) -> Value | None:
    """`app.before("/path/*", handler)`: runs before the routes that follow; it stops by raising."""
    paths = texts(call.interp, call.args.get(0))
    for value in [value for value in call.args.positional if value.only(Fn)][-1:]:
        covers = Covers([path.replace("/*", "/**") for path in paths])
        call.models.memory("small filters", list).append((Step(value, "raise", call.place), covers))
    return value_of(Lib(call.path.rsplit(".", 1)[0])) if "()." in call.path else None
