"""Falcon: resources whose `on_post` answers, hooks, middleware components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import calls
from cybrid_audit.engine.values import V_NONE, Arguments, ClassInfo, Obj, Place, Value, place_of, value_of
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.models.entries import Step
from cybrid_audit.models.frameworks.python_web import (
    Routes,
    WithReply,
    decorator,
    listed,
    member,
    note_step,
    routes_object,
    text,
)
from cybrid_audit.models.native import LibraryCall
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


@dataclass(slots=True)
class App(Routes):
    """`falcon.App(middleware=[…])`."""

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "add_route":
            resource = args.get(1, "resource")
            suffix = text(args.keywords.get("suffix"))
            if resource is not None:
                side = App(
                    convention=WithReply, verb_prefix="on_", verb_suffix=f"_{suffix}" if suffix else "", mounted=True
                )
                side.add(text(args.get(0, "uri_template")), "", resource, place)
                self.children.append(("", [], side))
            return V_NONE
        if name == "add_sink":
            sink = args.get(0, "sink")
            if sink is not None:
                self.add(text(args.get(1, "prefix")), "", sink, place)
            return V_NONE
        if name == "add_middleware":
            for item in listed(interp, args.get(0, "middleware")):
                self.before.extend(component_steps(interp, item, place))
            return V_NONE
        return V_NONE if name in ("add_error_handler", "set_error_serializer", "add_static_route") else None


def component_steps(interp: Interpreter, value: Value, place: Place) -> list[Step]:
    """Return the steps of a middleware component: its methods that run before the resource's."""
    found: list[Step] = []
    for obj in value.only(Obj):
        for name in ("process_request", "process_resource") if obj.cls is not None else ():
            method = obj.cls.method(name) if obj.cls is not None else None
            if method is not None and obj.cls is not None:
                fn = member(interp, obj.cls, value_of(obj), name, place)
                found.append(Step(fn, "raise", place_of(method[1].module.path, method[0].span)))
    return found


def application(call: LibraryCall) -> Value | None:
    """`falcon.App()`, `falcon.API()`, `falcon.asgi.App()`."""
    native = App(convention=WithReply, verb_prefix="on_")
    for item in listed(call.interp, call.args.keywords.get("middleware")):
        native.before.extend(component_steps(call.interp, item, call.place))
    return routes_object(call.interp, native, call.place)


def before(call: LibraryCall) -> Value | None:
    """`@falcon.before(hook, *args)` on a method or a class."""
    action = call.args.get(0, "action")
    more = call.args.positional[1:]

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        if action is not None:

            def run(inner: Interpreter, given: Arguments, at: Place) -> Value:
                wanted = Arguments([*given.positional, *more], dict(call.args.keywords))
                return calls.call(inner, action, wanted, at, awaited=True)

            note_step(interp.models, value, Step(value_of(NativeFn("hook", run)), "raise", place))
        return value

    return decorator(apply)


__all__ = ["App", "ClassInfo", "application", "before"]
