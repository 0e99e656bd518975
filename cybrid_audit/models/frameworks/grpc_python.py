"""gRPC servers: the methods of servicers, behind the server's interceptors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import attributes
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Obj,
    Place,
    Stored,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, Step, register, run_step
from cybrid_audit.models.frameworks.python_web import in_module, listed
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


class CallContext(Native):
    """`context` of a method: `abort` ends the call, metadata comes from outside."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("abort", "abort_with_status"):
            interp.throw(unknown("a call that is refused"))
            return unknown("nothing")
        if name in ("invocation_metadata", "peer", "auth_context"):
            return value_of(Input("header"))
        return V_NONE if name.startswith(("set_", "send_", "add_", "is_active", "cancel")) else None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(Stored("request state", name, place))


class Details(Native):
    """`handler_call_details` of an interceptor."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(Input("header"))


class Servicer(Convention):
    """`method(request, context)`; an interceptor gets a continuation and the call's details."""

    sends_returned = True

    def __init__(self) -> None:
        self.context: Value | None = None

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.context is None:
            self.context = native_object(
                interp, "context", CallContext(), interp.no_place(interp.frame.module.path), "the context"
            )
        return Arguments(positional=[value_of(Input("body")), self.context])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        details = native_object(interp, "details", Details(), interp.no_place(interp.frame.module.path), "the call")
        return Arguments(positional=[next_fn, details])


def server(call: LibraryCall) -> Value | None:
    """`grpc.server(pool, interceptors=[…])`."""
    rows: list[list[Value]] = call.models.memory("grpc interceptors", list)
    rows.append(listed(call.interp, call.args.keywords.get("interceptors")))
    return None


def servicer(call: LibraryCall) -> None:
    """A class that derives from a generated servicer: its methods are called from outside."""
    for info in call.sources:
        if isinstance(info, ClassInfo):
            for function in info.definition.methods:
                if not function.name.startswith("_") and function.kind not in (
                    "static",
                    "classmethod",
                    "getter",
                    "setter",
                ):
                    enter(call.interp, info, function.name)


def enter(interp: Interpreter, info: ClassInfo, name: str) -> None:
    """Register one method of a servicer."""
    found = info.method(name)
    if found is None:
        return
    place = place_of(found[1].module.path, found[0].span)
    plain = value_of(Fn(found[0], found[1].scope, found[1].module, None, found[1]))
    entry = Entry(EntryKind.RPC, f"{info.name}.{name}", place, plain, Servicer)

    def bind(inner: Interpreter, convention: Convention) -> None:
        from cybrid_audit.models.types import singleton

        rows: list[list[Value]] = inner.models.memory("grpc interceptors", list)
        # Which server a servicer is added to is not followed: where servers differ, none of their interceptors counts.
        for interceptor in rows[0] if rows and all(len(row) == len(rows[0]) for row in rows) else ():
            if inner.state is not None:
                for obj in interceptor.only(Obj):
                    if obj.cls is not None and obj.cls.method("intercept_service") is not None:
                        fn = attributes.get_attribute(inner, value_of(obj), "intercept_service", place)
                        run_step(inner, convention, Step(fn, "next", place))
        entry.handler = in_module(
            inner, info, lambda: attributes.get_attribute(inner, singleton(inner, info), name, place)
        )

    entry.setup = bind
    register(interp.models, entry)


def abort_handler(call: LibraryCall) -> Value | None:
    """A handler that an interceptor returns in place of the real one."""
    return unknown("a handler that refuses the call")
