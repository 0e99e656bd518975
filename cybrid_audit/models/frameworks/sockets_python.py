"""Web sockets: messages that come in, what is sent to the other side, and servers that call a function for each event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.values import V_NONE, Arguments, ClassInfo, Input, Obj, Place, Value, value_of
from cybrid_audit.facts import EntryKind
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention, Entry, register
from cybrid_audit.models.frameworks.python_web import decorates, decorator, original_place
from cybrid_audit.models.frameworks.requests_in import Request
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

RECEIVING = frozenset(
    {"receive_json", "receive_text", "receive_bytes", "receive", "receive_str", "recv", "get_message", "read_message"}
)
ITERATED = frozenset({"iter_json", "iter_text", "iter_bytes"})
SENDING = frozenset({"send_json", "send_text", "send_bytes", "send", "send_str", "write_message", "send_data", "emit"})


class Socket(Request):
    """The connection a web socket handler is given, which is also the request that opened it."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("scope", "url_rule"):
            return value_of(Input("header"))
        return super().attribute(interp, obj, name, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in RECEIVING:
            return value_of(Input("message"))
        if name in ITERATED:
            made = interp.new("list", place=place)
            made.rest = value_of(Input("message"))
            return value_of(made)
        if name in SENDING:
            for value in args.every():
                sinks.hand_over(interp, value, place, "socket")
            return V_NONE
        if name in ("accept", "close", "prepare", "ping", "pong"):
            return V_NONE
        return super().method(interp, obj, name, args, place)

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        made = interp.new("list")
        made.rest = value_of(Input("message"))
        return value_of(made)


def socket_object(interp: Interpreter, place: Place) -> Value:
    """Return a fresh connection."""
    return native_object(interp, "request", Socket(), place, "the connection")


class Message(Convention):
    """A handler of events: the session's id, the data, or both; what it returns goes back."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(rest=value_of(Input("message")))


class SocketServer(Native):
    """`SocketIO(app)`, `socketio.AsyncServer()`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("on", "event", "on_event"):
            if name == "on_event" or (len(args.positional) > 1 and args.positional[1].alts):
                return handle(interp, args.get(1, "handler") or V_NONE, place)
            if decorates(args):
                return handle(interp, args.positional[0], place)
            return decorator(handle)
        if name in ("emit", "send"):
            for value in args.every():
                sinks.hand_over(interp, value, place, "socket")
            return V_NONE
        if name in (
            "run",
            "init_app",
            "attach",
            "enter_room",
            "leave_room",
            "disconnect",
            "save_session",
            "start_background_task",
        ):
            return V_NONE if name != "start_background_task" else None
        return None


def handle(interp: Interpreter, value: Value, place: Place) -> Value:
    """Register a function that a message starts."""
    from cybrid_audit.engine.values import Fn

    for fn in value.only(Fn):
        register(
            interp.models,
            Entry(EntryKind.HTTP_ROUTE, f"event {fn.function.name}", original_place(fn), value_of(fn), Message),
        )
    return value


def server(call: LibraryCall) -> Value | None:
    """Make a socket server."""
    return native_object(call.interp, "socket server", SocketServer(), call.place, "the socket server")


def connection(call: LibraryCall) -> Value | None:
    """A parameter of a connection's type, or a connection a library gives."""
    return socket_object(call.interp, call.place)


def consumer(call: LibraryCall) -> None:
    """A consumer class of Channels: its methods are called for what the other side, or the channel layer, sends."""
    from cybrid_audit.models.frameworks.tasks import register_method

    for info in call.sources:
        if isinstance(info, ClassInfo):
            own = [function.name for each in info.ancestry() for function in each.definition.methods]
            handled = {"connect", "receive", "receive_json", "disconnect", "handle", "websocket_receive"}
            for name in dict.fromkeys(own):
                if name in handled or (
                    "_" in name
                    and not name.startswith("_")
                    and name.split("_", 1)[0] in ("chat", "event", "on", "handle", "notify", "message")
                ):
                    register_method(call.models, info, name, "route")
