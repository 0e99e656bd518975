"""Servers of Python without a framework: WSGI and ASGI functions, `http.server` handlers, RPC servers, socket servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Obj,
    Place,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention, Entry, register
from cybrid_audit.models.frameworks.python_web import (
    WithRequest,
    decorates,
    decorator,
    fresh_instance,
    in_module,
    original_place,
    parameter_names,
    tail,
)
from cybrid_audit.models.frameworks.sockets_python import socket_object
from cybrid_audit.models.frameworks.tasks import add_task
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

AZURE_EVENTS: Final = {
    "HttpRequest": "route", "TimerRequest": "schedule", "QueueMessage": "queue", "ServiceBusMessage": "queue", "EventHubEvent": "queue", "EventGridEvent": "queue",
    "InputStream": "queue", "DocumentList": "queue", "KafkaEvent": "queue",
}  # fmt: skip
"""Types of the one parameter of an Azure function, and what starts it."""


class Environ(Convention):
    """`app(environ, start_response)`: what it returns is the body."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        def started(inner: Interpreter, args: Arguments, place: Place) -> Value:
            for value in args.positional[1:]:
                sinks.hand_over(inner, value, place, "response")
            return unknown("a writer")

        return Arguments(positional=[value_of(Input("header")), value_of(NativeFn("start_response", started))])


class Scope(Convention):
    """`app(scope, receive, send)`."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        def sent(inner: Interpreter, args: Arguments, place: Place) -> Value:
            for value in args.every():
                sinks.hand_over(inner, value, place, "response")
            return V_NONE

        receive = NativeFn("receive", lambda inner, args, place: value_of(Input("body")))
        return Arguments(positional=[value_of(Input("header")), value_of(receive), value_of(NativeFn("send", sent))])


def collect(interp: Interpreter, models: Models) -> None:
    """Register functions that are servers by their parameters."""
    for fn in list(models.program.functions.values()):
        if (
            fn.module.family != "python"
            or id(fn.function) in interp.entered
            or fn.scope is not fn.module.scope
            or fn.home is not None
        ):
            continue
        if models.recorder.side(fn.module.path) in (Side.TEST, Side.DOCS, Side.VENDORED):
            continue
        names = parameter_names(fn)
        place = place_of(fn.module.path, fn.function.span)
        if names == ["environ", "start_response"]:
            register(models, Entry(EntryKind.HTTP_ROUTE, fn.function.name, place, value_of(fn), Environ))
        elif names == ["scope", "receive", "send"]:
            register(models, Entry(EntryKind.HTTP_ROUTE, fn.function.name, place, value_of(fn), Scope))
        elif names == ["ctx", "data"] and fn.function.name == "handler":
            add_task(interp, models, value_of(fn), "route", place, sends=True)
        elif fn.function.name in ("on_fetch", "on_scheduled") and names:
            add_task(
                interp,
                models,
                value_of(fn),
                "route" if fn.function.name == "on_fetch" else "schedule",
                place,
                sends=True,
            )
        elif (
            names == ["request"]
            and fn.module.path.rsplit("/", 1)[-1] == "main.py"
            and "functions-framework" in models.project.own_packages(fn.module.path)
        ):
            # Google deploys any function of main.py; Flask's request is its one argument.
            from cybrid_audit.models.frameworks.functions_python import route

            route(interp, value_of(fn), place)
        elif fn.function.name == "main" and names:
            azure(interp, models, fn, place)


def azure(interp: Interpreter, models: Models, fn: Fn, place: Place) -> None:
    """Register a function of Azure's first model, which the type of a parameter tells."""
    from cybrid_audit.models.frameworks.functions_python import OneRequest

    kinds = [AZURE_EVENTS[name] for param in fn.function.params if (name := tail(param.annotation)) in AZURE_EVENTS]
    if not kinds:
        return
    if kinds[0] == "route":
        register(
            models,
            Entry(
                EntryKind.HTTP_ROUTE,
                f"/{fn.module.path.rsplit('/', 2)[-2] if '/' in fn.module.path else 'main'}",
                place,
                value_of(fn),
                OneRequest,
            ),
        )
    else:
        add_task(interp, models, value_of(fn), kinds[0], place)


# ---------------------------------------------------------------- http.server


class HttpHandler(Native):
    """An instance of `BaseHTTPRequestHandler`."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "wfile":
            return native_object(interp, "writer", Writer(), place, "the answer")
        if name in ("rfile", "headers", "path", "requestline", "command", "client_address", "request", "data"):
            return value_of(Input({"headers": "header", "path": "url", "command": "method"}.get(name, "body")))
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("send_header", "send_response", "send_error"):
            for value in args.positional[1:]:
                sinks.hand_over(interp, value, place, "response")
            return V_NONE
        return V_NONE if name in ("end_headers", "log_message", "flush_headers", "finish", "setup") else None


class Writer(Native):
    """`wfile`: what is written there is sent."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("write", "writelines", "sendall", "send"):
            for value in args.every():
                sinks.hand_over(interp, value, place, "response")
        return V_NONE


def http_instance(call: LibraryCall) -> None:
    """An instance of a project class that handles requests."""
    for atom in call.sources:
        if isinstance(atom, Obj) and atom.native is None:
            atom.native = HttpHandler()


def http_handler(call: LibraryCall) -> None:
    """A class that derives from `BaseHTTPRequestHandler` or from a socket server's handler."""
    for info in call.sources:
        if not isinstance(info, ClassInfo):
            continue
        for name in dict.fromkeys(function.name for each in info.ancestry() for function in each.definition.methods):
            if name.startswith("do_") or name == "handle":
                method_of_class(call.models, info, name, EntryKind.HTTP_ROUTE, NoArguments)


class NoArguments(Convention):
    """`handler()`."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments()


class Remote(Convention):
    """`procedure(parameters)`: what it returns is sent."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(rest=value_of(Input("body")), kwrest=value_of(Input("body")))


def method_of_class(models: Models, info: ClassInfo, name: str, kind: EntryKind, convention: type[Convention]) -> None:
    """Register a method; each run gets an instance of its own."""
    found = info.method(name)
    if found is None:
        return
    function, home = found
    place = place_of(home.module.path, function.span)
    entry = Entry(
        kind, f"{info.name}.{name}", place, value_of(Fn(function, home.scope, home.module, None, home)), convention
    )

    def bind(interp: Interpreter, given: Convention) -> None:
        made = fresh_instance(interp, info, place)
        entry.handler = in_module(interp, info, lambda: attributes.get_attribute(interp, made, name, place))

    entry.setup = bind
    register(models, entry)


# ---------------------------------------------------------------- RPC


class RpcServer(Native):
    """`SimpleXMLRPCServer`, `jsonrpcserver`, zerorpc: functions and objects that are offered."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("register_function", "add_method", "method", "register", "add"):
            if args.positional and args.positional[0].only(Fn):
                offer(interp, args.positional[0])
                return args.positional[0]
            return decorator(offered)
        if name == "register_instance":
            for each in args.positional[:1]:
                offer(interp, each)
            return V_NONE
        return V_NONE if name in ("serve_forever", "run", "bind", "register_introspection_functions") else None


def offered(interp: Interpreter, value: Value, place: Place) -> Value:
    """Offer what is decorated; return it as it is."""
    offer(interp, value)
    return value


def offer(interp: Interpreter, value: Value) -> None:
    """Register functions, or every public method of classes and instances, as procedures that others call."""
    for atom in value.atoms():
        if isinstance(atom, Fn):
            register(
                interp.models, Entry(EntryKind.RPC, atom.function.name, original_place(atom), value_of(atom), Remote)
            )
        info = atom if isinstance(atom, ClassInfo) else atom.cls if isinstance(atom, Obj) else None
        if info is not None:
            for name in dict.fromkeys(f.name for each in info.ancestry() for f in each.definition.methods):
                if not name.startswith("_"):
                    method_of_class(interp.models, info, name, EntryKind.RPC, Remote)


def rpc_server(call: LibraryCall) -> Value | None:
    """A server; what its constructor is given may be offered at once."""
    for value in call.args.positional[: int(call.settings.get("count", 0))]:
        offer(call.interp, value)
    return native_object(call.interp, "server", RpcServer(), call.place, "the server")


def exposed(call: LibraryCall) -> Value | None:
    """`@cherrypy.expose`, `@Pyro5.api.expose`: a method or class that others call; which class is known once it is made."""

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        for fn in value.only(Fn):
            if fn.home is None:
                offer(interp, value_of(fn))
            else:
                method_of_class(interp.models, fn.home, fn.function.name, EntryKind.HTTP_ROUTE, Remote)
        for info in value.only(ClassInfo):
            offer(interp, value_of(info))
        return value

    return apply(call.interp, call.args.positional[0], call.place) if decorates(call.args) else decorator(apply)


def service(call: LibraryCall) -> None:
    """A class whose methods others call: those with a prefix that the settings name, else all public ones."""
    prefix = str(call.settings.get("prefix", ""))
    for info in call.sources:
        if isinstance(info, ClassInfo):
            for name in dict.fromkeys(f.name for each in info.ancestry() for f in each.definition.methods):
                if name.startswith(prefix) and not name.startswith("_"):
                    method_of_class(call.models, info, name, EntryKind.RPC, Remote)


# ---------------------------------------------------------------- sockets, operations of an OpenAPI file


class Connected(WithRequest):
    """`handler(websocket)`, also with a path."""

    sends_returned = False

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(
            positional=[socket_object(interp, interp.no_place(interp.frame.module.path)), value_of(Input("url"))]
        )


def served(call: LibraryCall) -> Value | None:
    """`websockets.serve(handler, host, port)`, `asyncio.start_server(handler)`."""
    for fn in (call.args.get(0) or V_NONE).only(Fn):
        register(
            call.models,
            Entry(EntryKind.HTTP_ROUTE, f"socket {fn.function.name}", original_place(fn), value_of(fn), Connected),
        )
    return native_object(call.interp, "server", RpcServer(), call.place, "the server")


def connexion(call: LibraryCall) -> Value | None:
    """`app.add_api("openapi.yaml")`: every operation names its function."""
    interp = call.interp
    for name in (call.args.get(0) or V_NONE).strings():
        folder = interp.frame.module.path.rpartition("/")[0]
        for path in (f"{folder}/{name}" if folder else name, name, f"{folder}/openapi/{name}".lstrip("/")):
            data = call.models.project.text_file(path)
            if data is not None:
                operations(interp, data.decode("utf-8", "replace"), call.place)
                break
    return unknown("an API")


def operations(interp: Interpreter, text: str, place: Place) -> None:
    """Register the functions that an OpenAPI document names by `operationId`."""
    for line in text.splitlines():
        key, _, rest = line.strip().partition(":")
        if key.strip("\"' ") != "operationId":
            continue
        owner, _, member = rest.strip(" ,\"'").rpartition(".")
        module = interp.models.program.find(interp.frame.module.path, owner) if owner else None
        if module is not None:
            for fn in interp.models.program.member(interp, module, member).only(Fn):
                register(
                    interp.models,
                    Entry(EntryKind.HTTP_ROUTE, fn.function.name, original_place(fn), value_of(fn), Remote),
                )
