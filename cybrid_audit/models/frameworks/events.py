"""The one object that many frameworks hand to a handler: request, path parameters, cookies, and what earlier code left for later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    Input,
    Lib,
    Obj,
    Place,
    Stored,
    Value,
    constant,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.entries import Convention, Step
from cybrid_audit.models.frameworks.requests_in import CookieJar, reply_object, request_object
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.values import Atom

CURRENT = "request locals"
"""Memory of what belongs to the running request; emptied when an entry point starts."""


class Event(Native):
    """The event of SvelteKit, Nitro, Astro, Remix, SolidStart, Fresh …: request and answer in one.

    `request` is the request, `reply` the answer, `path` the route's path."""

    __slots__ = ("reply", "request")

    def __init__(self, request: Value, reply: Value) -> None:
        self.request = request
        self.reply = reply

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("request", "req", "web", "nativeEvent"):
            return self.request
        if name in ("response", "res", "reply"):
            return self.reply
        if name in ("locals", "context", "state", "data", "pluginData"):
            held = interp.new("map", place=place)
            held.label = f"{name} of the request"
            obj.fields[name] = value_of(held)
            return obj.fields[name]
        if name == "node":
            holder = interp.new("object", place=place)
            holder.fields = {"req": self.request, "res": self.reply}
            obj.fields[name] = value_of(holder)
            return obj.fields[name]
        if name in ("platform", "runtime", "env", "cloudflare"):
            return environment(interp, name, place)
        if name == "cookies":
            return native_object(interp, "cookies", CookieJar(), place, "cookies")
        if name == "params":
            return value_of(Input("path"))
        if name == "fetch":
            return value_of(Lib("fetch"))
        if name in ("url", "searchParams", "query"):
            address = attributes.get_attribute(interp, self.request, "nextUrl", place)
            return (
                address if name == "url" and address.only(Obj) else value_of(Input("query" if name != "url" else "url"))
            )
        if name == "clientAddress":
            return value_of(Input("header", name))
        if name in (
            "route",
            "isDataRequest",
            "isSubRequest",
            "setHeaders",
            "getClientAddress",
            "depends",
            "untrack",
            "parent",
            "waitUntil",
        ):
            return unknown(f"{name} of the request")
        if name == "session":
            return value_of(Stored("session", "", place))
        return attributes.get_attribute(interp, self.request, name, place)

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return unknown("something of the request")

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("json", "redirect", "render", "html", "renderNotFound", "rewrite", "setHeaders"):
            return calls.call_method(interp, self.reply, "json" if name == "render" else name, args, place)
        if name in ("getClientAddress", "depends", "untrack", "waitUntil"):
            return unknown(f"the result of {name}")
        if name == "isAction":
            return unknown("whether it is an action")
        return None


def environment(interp: Interpreter, name: str, place: Place) -> Value:
    """Return the bindings of the platform, directly or as `env` of an object."""
    from cybrid_audit.models.environment import Environment

    bindings = native_object(interp, "environment", Environment("bindings"), place, "environment")
    if name == "env":
        return bindings
    holder = interp.new("object", place=place)
    holder.fields = {"env": bindings, "context": unknown("the execution context")}
    return value_of(holder)


class OneEvent(Convention):
    """`handler(event)`; what it returns is sent. Steps get the event and a function that goes on."""

    sends_returned = True
    next_name = ""
    """The name of the function that goes on among the arguments of a step that gets one object; empty where it is an argument."""

    def __init__(self, verb: str = "", path: str = "") -> None:
        self.verb, self.path = verb, path
        self.event: Value | None = None

    def made(self, interp: Interpreter) -> Value:
        """Return the one event of this run."""
        if self.event is None:
            place = interp.no_place(interp.frame.module.path)
            native = Event(request_object(interp, place, self.verb, self.path), reply_object(interp, place))
            self.event = native_object(interp, "event", native, place, "the event")
            interp.models.memory(CURRENT, dict)["event"] = self.event
        return self.event

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[self.made(interp)])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        if self.next_name:
            holder = interp.new("object", place=interp.no_place(interp.frame.module.path))
            holder.fields = {"event": self.made(interp), self.next_name: next_fn}
            return Arguments(positional=[value_of(holder)])
        return Arguments(positional=[self.made(interp), next_fn])

    def answer(self, interp: Interpreter, place: Place) -> Value:
        return unknown("the answer")


class RequestAndEvent(OneEvent):
    """`handler(request, context)`: Fresh, Netlify, Expo, Vercel and web-standard functions."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        event = self.made(interp)
        return Arguments(positional=[event.only(Obj)[0].native.request, event])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        event = self.made(interp)
        for obj in event.only(Obj):
            obj.fields["next"] = next_fn
        return Arguments(positional=[event.only(Obj)[0].native.request, event])


class FromClient(Convention):
    """A function whose arguments all come from the client, with the event where a framework adds one."""

    sends_returned = True

    def __init__(self, kind: str = "body") -> None:
        self.kind = kind

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        from cybrid_audit.engine.values import Fn
        from cybrid_audit.models.frameworks.handlers import parameters

        function = next((atom for atom in fn.atoms() if isinstance(atom, Fn)), None)
        names = parameters(function) if function is not None else [""]
        return Arguments(positional=[value_of(Input(self.kind, name)) for name in names])


# ---------------------------------------------------------------- rows


def current(call: LibraryCall) -> Value | None:
    """`getRequestEvent()`, `useEvent()`: the event of the running request."""
    held = call.models.memory(CURRENT, dict).get("event")
    return held if isinstance(held, Value) else unknown("the running request")


def read(call: LibraryCall) -> Value | None:
    """`readBody(event)`, `getHeader(event, name)`: a part of the request; `part` says which."""
    name = next((text for value in call.args.positional[1:2] for text in value.strings()), "")
    return value_of(Input(str(call.settings["part"]), name))


def reads_method(call: LibraryCall) -> Value | None:
    """`getMethod(event)`, `event.method`."""
    return (
        attributes.get_attribute(call.interp, call.args.positional[0], "method", call.place)
        if call.args.positional
        else None
    )


def stop(call: LibraryCall) -> Value | None:
    """A call that throws: `redirect()`, `notFound()`, `error(403)`."""
    call.interp.throw(unknown("an answer that is thrown"))
    return unknown("nothing")


def sends(call: LibraryCall) -> Value | None:
    """`setCookie(event, name, value)`, `send(event, data)`: everything behind the event goes to the client."""
    from cybrid_audit.models import sinks

    for value in call.args.positional[1:]:
        sinks.hand_over(call.interp, value, call.place, str(call.settings.get("channel", "response")))
    return unknown("nothing")


def list_of(call: LibraryCall) -> Value | None:
    """`sequence(a, b)`: functions one after another."""
    from cybrid_audit.models.frameworks.router import compose

    return compose(call)


def error_value(call: LibraryCall) -> Value | None:
    """`createError({...})`: something to throw."""
    return unknown("an HTTP error")


__all__ = ["V_NONE", "Event", "NativeFn", "OneEvent", "constant"]
