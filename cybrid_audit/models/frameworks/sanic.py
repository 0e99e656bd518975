"""Sanic: applications, blueprints and their groups, middleware, listeners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import calls
from cybrid_audit.engine.values import V_NONE, Arguments, Input, Obj, Place, Value, unknown, value_of
from cybrid_audit.models.entries import Step
from cybrid_audit.models.frameworks.python_web import (
    VERBS,
    Routes,
    WithRequest,
    decorates,
    decorator,
    hook,
    listed,
    routes_object,
    shared_map,
    text,
    texts,
    through,
)
from cybrid_audit.models.frameworks.sockets_python import socket_object
from cybrid_audit.models.native import LibraryCall
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

LISTENERS = frozenset(
    {"before_server_start", "after_server_start", "main_process_start", "main_process_ready", "before_server_stop", "after_server_stop", "main_process_stop",
     "listener", "register_listener"}
)  # fmt: skip


class SocketHandler(WithRequest):
    """`handler(request, ws, **path_parameters)`."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        socket = socket_object(interp, interp.no_place(interp.frame.module.path))
        return Arguments(positional=[self.incoming(interp), socket], kwrest=value_of(Input("path")))


@dataclass(slots=True)
class App(Routes):
    """An application, a blueprint, or a group of blueprints."""

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("ctx", "config", "shared_ctx"):
            return shared_map(interp, obj, name, place)
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in VERBS or name == "route":
            path = text(args.get(0, "uri"))
            methods = [name.upper()] if name in VERBS else texts(interp, args.get(1, "methods")) or ["GET"]
            return decorator(lambda inner, value, at: self.add(path, methods, value, at))
        if name == "websocket":
            path = text(args.get(0, "uri"))
            return decorator(lambda inner, value, at: self.socket(path, value, at))
        if name == "add_route":
            handler = args.get(0, "handler")
            if handler is not None:
                self.add(text(args.get(1, "uri")), texts(interp, args.get(2, "methods")) or ["GET"], handler, place)
            return unknown("a route")
        if name == "add_websocket_route":
            return self.socket(text(args.get(1, "uri")), args.get(0, "handler") or V_NONE, place)
        if name == "blueprint":
            for item in listed(interp, args.get(0, "blueprint")):
                self.mount(item, text(args.keywords.get("url_prefix")))
            return V_NONE
        if name in ("on_request", "middleware", "register_middleware"):
            return self.middleware(interp, name, args, place)
        if name in LISTENERS:
            return self.listener(interp, name, args, obj, place)
        if name in ("on_response", "exception", "signal", "add_signal", "static", "report_exception"):
            return through(args)
        if name == "add_task":
            for value in args.positional[:1]:
                calls.call(interp, value, Arguments(positional=[value_of(obj)]), place, awaited=True)
            return V_NONE
        return V_NONE if name in ("run", "prepare", "extend") else None

    def socket(self, path: str, value: Value, place: Place) -> Value:
        """Keep the handler of a web socket."""
        side = App(convention=SocketHandler, mounted=True)
        side.add(path, "", value, place)
        self.children.append(("", [], side))
        return value

    def middleware(self, interp: Interpreter, name: str, args: Arguments, place: Place) -> Value:
        """Keep middleware that runs before requests; what runs after them only passes through."""
        if name == "register_middleware":
            if text(args.get(1, "attach_to")) in ("", "request") and args.positional:
                self.before.append(Step(args.positional[0], "hook", place))
            return V_NONE
        if name == "middleware" and text(args.get(0)) == "response":
            return through(Arguments())
        return hook(self.before, args if decorates(args) else Arguments(), place)

    def listener(self, interp: Interpreter, name: str, args: Arguments, obj: Obj, place: Place) -> Value:
        """Run what an application does once when it starts."""

        def run(inner: Interpreter, value: Value, at: Place) -> Value:
            calls.call(inner, value, Arguments(positional=[value_of(obj), unknown("the event loop")]), at, awaited=True)
            return value

        if "stop" in name or "stop" in text(args.get(0)) or "stop" in text(args.get(1)):
            return through(args)
        if decorates(args):
            return run(interp, args.positional[0], place)
        return decorator(run)


def application(call: LibraryCall) -> Value | None:
    """`Sanic("name")`, `Blueprint("name", url_prefix=…)`."""
    prefix = call.args.keywords.get("url_prefix")
    native = App(prefix=text(prefix), convention=WithRequest)
    return routes_object(call.interp, native, call.place)


def group(call: LibraryCall) -> Value | None:
    """`Blueprint.group(a, b, url_prefix=…)`."""
    native = App(prefix=text(call.args.keywords.get("url_prefix")), convention=WithRequest)
    for value in call.args.positional:
        for item in listed(call.interp, value):
            native.mount(item)
    return routes_object(call.interp, native, call.place)
