"""WebSockets: Socket.IO and ws. A connection is an entry point; what its handlers listen to runs behind what guards the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    Fn,
    Input,
    Obj,
    Place,
    Promise,
    Stored,
    Value,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register, run_step
from cybrid_audit.models.frameworks.handlers import functions, is_callable, parameters, place_for, unwrapped
from cybrid_audit.models.frameworks.requests_in import request_object
from cybrid_audit.models.javascript.builtins import maybe
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

_LISTENING: Final = frozenset({"on", "once", "addListener", "addEventListener", "onAny"})
_CONNECTION: Final = frozenset({"connection", "connect", "open"})
_SENDING: Final = frozenset({"emit", "send", "write", "emitWithAck", "publish", "sendText", "broadcast"})
_SAME: Final = frozenset(
    {"to", "in", "except", "timeout", "compress", "volatile", "local", "broadcast", "join", "leave", "of"}
)


class Server(Native):
    """A server of sockets, or one of its namespaces."""

    __slots__ = ("guards", "handlers")

    def __init__(self) -> None:
        self.guards: list[Step] = []
        self.handlers: list[tuple[Value, Place]] = []

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("sockets", "broadcast", "volatile", "local"):
            return value_of(obj)
        if name == "clients":
            clients = interp.new("set", place=place)
            clients.rest = native_object(interp, "socket", Socket([]), place, "a socket")
            return value_of(clients)
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "use":
            self.guards.extend(Step(fn, "next", place) for fn in functions(interp, args.positional))
            return value_of(obj)
        if name in _LISTENING and len(args.positional) > 1 and set(args.positional[0].strings()) & _CONNECTION:
            for fn in functions(interp, args.positional[1:2]):
                self.handlers.append((fn, place))
            return value_of(obj)
        if name == "of":
            space = Server()
            interp.models.memory("socket servers", list).append(space)
            return native_object(interp, "server", space, place, "a namespace")
        if name in _SENDING:
            expose(interp, args, place)
            return value_of(obj)
        if name == "handleUpgrade":
            listener = next((value for value in reversed(args.positional) if is_callable(value)), None)
            if listener is not None:
                socket = native_object(interp, "socket", Socket([]), place, "a socket")
                maybe(interp, listener, Arguments(positional=[socket, args.positional[0]]), place)
            return V_NONE
        return (
            value_of(obj)
            if name in (*_LISTENING, *_SAME, "attach", "listen", "adapter")
            else unknown(f"the result of {name}")
        )


def expose(interp: Interpreter, args: Arguments, place: Place) -> None:
    """What is sent over a socket goes to a client."""
    for value in args.positional:
        sinks.hand_over(interp, value, place, "socket")


class Socket(Native):
    """One connection. Handlers of its events run at once, maybe, with input from outside."""

    __slots__ = ("guards",)

    def __init__(self, guards: list[Step]) -> None:
        self.guards = guards

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "data":
            held = interp.new("map", place=place)
            obj.fields["data"] = value_of(held)
            return obj.fields["data"]
        if name in ("handshake", "auth", "query"):
            return value_of(Input("header"))
        if name in ("request", "upgradeReq"):
            obj.fields[name] = request_object(interp, place)
            return obj.fields[name]
        if name in ("broadcast", "volatile", "local", "nsp", "server", "socket"):
            return value_of(obj)
        if name in ("id", "rooms", "connected", "readyState", "OPEN", "conn"):
            return unknown(f"{name} of a socket")
        return value_of(Stored("session", name, place))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "use":
            self.guards.extend(Step(fn, "next", place) for fn in functions(interp, args.positional))
            return value_of(obj)
        if name in _LISTENING:
            fn = next((unwrapped(value) for value in args.positional if is_callable(unwrapped(value))), None)
            if fn is not None:
                self.heard(interp, obj, fn, place)
            return value_of(obj)
        if name in _SENDING:
            given = Arguments(positional=[value for value in args.positional if not is_callable(value)])
            expose(interp, given, place)
            return value_of(Promise(unknown("an acknowledgement"))) if name == "emitWithAck" else value_of(obj)
        if name in _SAME:
            return value_of(obj)
        return unknown(f"the result of {name}")

    def heard(self, interp: Interpreter, obj: Obj, fn: Value, place: Place) -> None:
        """Run the handler of an event behind the guards of the socket."""
        guards = list(self.guards)
        if not guards:
            maybe(interp, fn, event_arguments(interp, fn), place)
            return

        def behind(inner: Interpreter, args: Arguments, at: Place) -> Value:
            for guard in guards:
                if inner.state is not None:
                    run_step(inner, Packet(), guard)
            return (
                calls.call(inner, fn, event_arguments(inner, fn), at, awaited=True)
                if inner.state is not None
                else V_NONE
            )

        maybe(interp, value_of(NativeFn("handler", behind)), Arguments(), place)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in ("onmessage", "onopen") and is_callable(new):
            self.heard(interp, obj, new, place)
            return True
        return False


class Packet(Convention):
    """`socket.use(([event, ...args], next) => …)`."""

    takes_errors = True

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        packet = interp.new("list", place=interp.no_place(interp.frame.module.path))
        packet.rest = value_of(Input("message"))
        return Arguments(positional=[value_of(packet), next_fn])


def event_arguments(interp: Interpreter, fn: Value) -> Arguments:
    """Return what a handler of an event gets: what the client sent, and a function that answers."""

    def answer(inner: Interpreter, args: Arguments, place: Place) -> Value:
        expose(inner, args, place)
        return V_NONE

    function = next((atom for atom in fn.atoms() if isinstance(atom, Fn)), None)
    names = parameters(function) if function is not None else ["", ""]
    given = [value_of(Input("message", name)) for name in names]
    if len(given) > 1 and names[-1] in ("ack", "callback", "cb", "respond", "done", "fn", "reply"):
        given[-1] = value_of(NativeFn("acknowledge", answer))
    return Arguments(positional=given)


class Connection(Convention):
    """`handler(socket, request)`, behind `io.use((socket, next) => …)`."""

    takes_errors = True

    def __init__(self) -> None:
        self.pair: list[Value] = []

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if not self.pair:
            place = interp.no_place(interp.frame.module.path)
            self.pair = [native_object(interp, "socket", Socket([]), place, "a socket"), request_object(interp, place)]
        return Arguments(positional=list(self.pair))

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return Arguments(positional=[self.arguments(interp, step.fn).positional[0], next_fn])


def server(call: LibraryCall) -> Value | None:
    """`new Server(http)`, `new WebSocketServer(options)`."""
    native = Server()
    call.models.memory("socket servers", list).append(native)
    on_collect(call.models, "sockets", lambda interp: collect(interp, call.models))
    return native_object(call.interp, "server", native, call.place, "a server of sockets")


def upgraded(call: LibraryCall) -> Value | None:
    """`Deno.upgradeWebSocket(request)`, `upgradeWebSocket(c => ({onMessage}))`."""
    interp, place = call.interp, call.place
    fn = call.args.get(0)
    if fn is not None and is_callable(fn):
        return value_of(NativeFn("upgrade", lambda inner, args, at: hono_socket(inner, fn, args, at)))
    socket = native_object(interp, "socket", Socket([]), place, "a socket")
    holder = interp.new("object", place=place)
    holder.fields = {"socket": socket, "response": unknown("an answer")}
    return value_of(holder)


def hono_socket(interp: Interpreter, fn: Value, args: Arguments, place: Place) -> Value:
    """`upgradeWebSocket((c) => ({onMessage(event, ws)}))`, called as a handler."""
    made = interp.settle(calls.call(interp, fn, Arguments(positional=args.positional[:1]), place, awaited=True))
    socket = native_object(interp, "socket", Socket([]), place, "a socket")
    for obj in made.only(Obj):
        for name in ("onOpen", "onMessage"):
            held = obj.fields.get(name)
            if held is not None:
                maybe(interp, held, Arguments(positional=[value_of(Input("message")), socket]), place)
    return unknown("an answer")


def collect(interp: Interpreter, models: Models) -> None:
    """Register the handlers of connections."""
    for native in models.memory("socket servers", list):
        for fn, place in native.handlers:
            register(
                models,
                Entry(
                    EntryKind.RPC, "a socket's connection", place_for(fn, place), fn, Connection, list(native.guards)
                ),
            )


__all__ = ["Server", "server"]
