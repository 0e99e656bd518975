"""aiohttp.web: applications, tables of routes, class views, middleware, state kept on the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls
from cybrid_audit.engine.values import V_NONE, Arguments, Fn, Obj, Place, Value, constant, unknown, value_of
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.models.entries import Step
from cybrid_audit.models.frameworks.python_web import (
    Routes,
    WithRequest,
    decorator,
    listed,
    parameter_names,
    routes_object,
    text,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

VERBS: Final = ("get", "post", "put", "patch", "delete", "head", "options")
SIGNALS: Final = frozenset({"on_startup", "cleanup_ctx", "on_cleanup", "on_shutdown", "on_response_prepare"})


@dataclass(slots=True)
class Application(Routes):
    """`web.Application()`, its router, and `web.RouteTableDef()`."""

    pending: list[Value] = field(default_factory=list)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "router":
            return value_of(obj)
        if name == "middlewares":
            return native_object(interp, "middlewares", Middlewares(self), place, "middlewares")
        if name in SIGNALS:
            return native_object(
                interp, "signal", Signal(value_of(obj), runs=name in ("on_startup", "cleanup_ctx")), place, name
            )
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in VERBS or name == "view":
            path = text(args.get(0, "path"))
            return decorator(lambda inner, value, at: self.add(path, name.upper() if name in VERBS else "", value, at))
        if name == "route":
            method, path = text(args.get(0, "method")), text(args.get(1, "path"))
            return decorator(lambda inner, value, at: self.add(path, "" if method == "*" else method, value, at))
        if name.startswith("add_") and name[4:] in (*VERBS, "view", "route"):
            verb = text(args.get(0, "method")) if name == "add_route" else name[4:].upper() if name[4:] in VERBS else ""
            first = 1 if name == "add_route" else 0
            handler = args.get(first + 1, "handler")
            if handler is not None:
                self.add(text(args.get(first, "path")), "" if verb == "*" else verb, handler, place)
            return unknown("a route")
        if name == "add_routes":
            for item in listed(interp, args.get(0, "routes")):
                self.take(item)
            return V_NONE
        if name == "add_subapp":
            self.mount(args.get(1, "subapp"), text(args.get(0, "prefix")))
            return V_NONE
        if name in ("get", "setdefault", "pop"):
            return None
        return None

    def take(self, item: Value) -> None:
        """Take a row of a list of routes, or a whole table."""
        for obj in item.only(Obj):
            if isinstance(obj.native, Row):
                self.add(obj.native.path, obj.native.verb, obj.native.handler, obj.native.place)
            elif isinstance(obj.native, Routes):
                self.mount(value_of(obj))


@dataclass(slots=True)
class Row(Native):
    """`web.post(path, handler)`."""

    path: str
    verb: str
    handler: Value
    place: Place


@dataclass(slots=True)
class Middlewares(Native):
    """`app.middlewares`, a list that can be added to."""

    app: Application

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("append", "insert", "extend"):
            found = [
                step
                for value in args.positional[-1:]
                for item in listed(interp, value)
                for step in middleware_steps(item, place)
            ]
            self.app.before[
                0 if name == "insert" else len(self.app.before) : 0 if name == "insert" else len(self.app.before)
            ] = found
            return V_NONE
        return None


@dataclass(slots=True)
class Signal(Native):
    """`app.on_startup`: functions that run once, with the application."""

    app: Value
    runs: bool

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "append" and self.runs:
            for fn in args.positional[:1]:
                calls.call(interp, fn, Arguments(positional=[self.app]), place, awaited=True)
        return V_NONE


def middleware_steps(value: Value, place: Place) -> list[Step]:
    """Return the steps of a middleware: `mw(request, handler)`, or the old kind, a factory `mw(app, handler)`."""
    found: list[Step] = []
    for atom in value.atoms():
        if isinstance(atom, Fn) and parameter_names(atom)[:1] == ["app"]:

            def old(interp: Interpreter, args: Arguments, at: Place, factory: Fn = atom) -> Value:
                made = calls.call(
                    interp,
                    value_of(factory),
                    Arguments(positional=[unknown("the application"), args.positional[1]]),
                    at,
                    awaited=True,
                )
                return calls.call(
                    interp, interp.settle(made), Arguments(positional=args.positional[:1]), at, awaited=True
                )

            found.append(Step(value_of(NativeFn("middleware", old)), "next", place))
        elif isinstance(atom, Fn | NativeFn) or (isinstance(atom, Obj) and atom.cls is not None):
            found.append(Step(value_of(atom), "next", place))
    return found


def application(call: LibraryCall) -> Value | None:
    """`web.Application(middlewares=[…])`, `web.RouteTableDef()`."""
    native = Application(convention=WithRequest)
    for item in listed(call.interp, call.args.keywords.get("middlewares")):
        native.before.extend(middleware_steps(item, call.place))
    return routes_object(call.interp, native, call.place)


def row(call: LibraryCall) -> Value | None:
    """`web.get(path, handler)`, `web.route(method, path, handler)`, `web.view(path, Class)`."""
    name = call.path.rsplit(".", 1)[-1]
    first = 1 if name == "route" else 0
    verb = text(call.args.get(0, "method")) if first else name.upper() if name in VERBS else ""
    handler = call.args.get(first + 1, "handler")
    if handler is None:
        return None
    return native_object(
        call.interp,
        "route",
        Row(text(call.args.get(first, "path")), "" if verb == "*" else verb, handler, call.place),
        call.place,
        "a route",
    )


def app_key(call: LibraryCall) -> Value | None:
    """`web.AppKey("name", type)`: a key by its name."""
    return constant(text(call.args.get(0, "name")))


def run_app(call: LibraryCall) -> Value | None:
    """`web.run_app(app)`, also with a factory or coroutine."""
    for fn in (call.args.get(0) or V_NONE).only(Fn):
        calls.call(call.interp, value_of(fn), Arguments(), call.place, awaited=True)
    return unknown("nothing")
