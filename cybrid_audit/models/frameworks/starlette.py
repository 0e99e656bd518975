"""Starlette: lists of routes, mounts and middleware; endpoint classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.values import V_NONE, Arguments, Obj, Place, Value, value_of
from cybrid_audit.models.entries import Step
from cybrid_audit.models.frameworks.python_web import Routes, WithRequest, decorator, listed, routes_object, text, texts
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


@dataclass(slots=True)
class Listed(Native):
    """`Route(path, endpoint, methods=[…])` or `Mount(path, routes=[…])` in a list of routes."""

    path: str
    methods: list[str]
    endpoint: Value | None
    steps: list[Step]
    inner: Value | None
    place: Place


@dataclass(slots=True)
class ListedMiddleware(Native):
    """`Middleware(Class, option=…)`."""

    args: Arguments
    place: Place


def route(call: LibraryCall) -> Value | None:
    """`Route(…)`, `WebSocketRoute(…)`."""
    args = call.args
    steps = listed_middleware(call.interp, args.keywords.get("middleware"), call.place)
    native = Listed(
        text(args.get(0, "path")),
        texts(call.interp, args.keywords.get("methods")),
        args.get(1, "endpoint"),
        steps,
        None,
        call.place,
    )
    return native_object(call.interp, "route", native, call.place, "a route")


def mount(call: LibraryCall) -> Value | None:
    """`Mount(path, app)` and `Mount(path, routes=[…])`."""
    args = call.args
    steps = listed_middleware(call.interp, args.keywords.get("middleware"), call.place)
    native = Listed(text(args.get(0, "path")), [], args.get(1, "app"), steps, args.get(2, "routes"), call.place)
    return native_object(call.interp, "route", native, call.place, "a mount")


def middleware(call: LibraryCall) -> Value | None:
    """`Middleware(Class, …)`."""
    return native_object(call.interp, "middleware", ListedMiddleware(call.args, call.place), call.place, "middleware")


def listed_middleware(interp: Interpreter, value: Value | None, place: Place) -> list[Step]:
    """Return the steps of a list of middleware, the first of it outermost."""
    from cybrid_audit.models.frameworks.fastapi import middleware_steps

    found: list[Step] = []
    for item in listed(interp, value):
        for obj in item.only(Obj):
            if isinstance(obj.native, ListedMiddleware):
                found.extend(
                    middleware_steps(interp, obj.native.args.get(0, "cls"), obj.native.args.keywords, obj.native.place)
                )
        if not item.only(Obj):
            found.extend(middleware_steps(interp, item, {}, place))
    return found


def take(interp: Interpreter, native: Routes, item: Value) -> None:
    """Add one entry of a list of routes to a router."""
    for obj in item.only(Obj):
        held = obj.native
        if isinstance(held, Routes):
            native.mount(value_of(obj))
        elif isinstance(held, Listed):
            if (
                held.inner is None
                and held.endpoint is not None
                and not any(isinstance(each.native, Routes) for each in held.endpoint.only(Obj))
            ):
                native.add(held.path, held.methods, held.endpoint, held.place, held.steps)
            elif held.inner is None:
                native.mount(held.endpoint, held.path, held.steps)
            else:
                child = type(native)(convention=native.convention)
                child.prefix = ""
                for each in listed(interp, held.inner):
                    take(interp, child, each)
                stands = native_object(interp, "application", child, held.place, "a mount")
                native.mount(stands, held.path, held.steps)


def router(call: LibraryCall) -> Value | None:
    """`Router(routes=[…])`."""
    from cybrid_audit.models.frameworks.fastapi import App, fill

    native = App(convention=WithRequest)
    value = routes_object(call.interp, native, call.place)
    fill(call.interp, native, value, call.args, call.place)
    if call.args.positional:
        for item in listed(call.interp, call.args.positional[-1]):
            take(call.interp, native, item)
    return value


def through(call: LibraryCall) -> Value | None:
    """A decorator that only looks at who is signed in."""
    return decorator(lambda interp, value, place: value)


__all__ = ["V_NONE", "route", "router"]
