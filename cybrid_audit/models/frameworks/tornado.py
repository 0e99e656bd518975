"""Tornado: applications of handler classes, whose `prepare` runs before the method of the verb."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls, operators
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    ClassInfo,
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
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention, Entry, register
from cybrid_audit.models.frameworks import signed_cookies
from cybrid_audit.models.frameworks.python_web import (
    VERBS,
    WithRequest,
    beginning,
    bound_view,
    listed,
    run_method,
    text,
)
from cybrid_audit.models.frameworks.requests_in import Request
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

SENDING: Final = {
    "write": "response", "finish": "response", "render": "render", "render_string": "render", "set_cookie": "cookie", "set_secure_cookie": "cookie",
    "set_signed_cookie": "cookie", "set_header": "response", "add_header": "response", "write_message": "socket",
}  # fmt: skip
INPUTS: Final = {
    "get_argument": "body", "get_arguments": "body", "get_body_argument": "body", "get_body_arguments": "body", "get_query_argument": "query",
    "get_query_arguments": "query", "get_cookie": "cookie",
}  # fmt: skip


class Handler(Native):
    """An instance of a request handler: request and answer at once."""

    __slots__ = ("preparing",)

    def __init__(self) -> None:
        self.preparing = False

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "current_user":
            if obj.cls is not None and obj.cls.method("get_current_user") is not None:
                return calls.call_method(interp, value_of(obj), "get_current_user", Arguments(), place, awaited=True)
            return value_of(Stored("principal", "", place))
        if name in ("application", "settings"):
            return unknown("the application")
        if name in ("request", "path_args", "path_kwargs"):
            return (
                value_of(Input("path"))
                if name != "request"
                else native_object(interp, "request", Request(), place, "the request")
            )
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in SENDING:
            for value in args.every():
                sinks.hand_over(interp, value, place, SENDING[name])
        if name in ("set_secure_cookie", "set_signed_cookie"):
            signed_cookies.wrote(interp, args, place)
        if name in ("get_secure_cookie", "get_signed_cookie"):
            return signed_cookies.read(args, place)
        if name in ("finish", "send_error", "redirect", "render") and self.preparing:
            interp.throw(unknown("an answer that is finished"))
            return unknown("nothing")
        if name == "send_error":
            return V_NONE
        if name in SENDING or name in (
            "set_status",
            "redirect",
            "flush",
            "clear_cookie",
            "clear",
            "on_finish",
            "set_default_headers",
            "prepare",
            "initialize",
            "close",
            "data_received",
        ):
            return V_NONE
        if name in INPUTS:
            return value_of(Input(INPUTS[name], text(args.get(0))))
        if name == "get_current_user":
            return value_of(Stored("principal", "", place))
        return None


def instance(call: LibraryCall) -> None:
    """An instance of a project class that derives from a request handler."""
    for atom in call.sources:
        if isinstance(atom, Obj) and atom.native is None:
            atom.native = Handler()


def application(call: LibraryCall) -> Value | None:
    """`Application([(pattern, Handler, options), …])`, and what adds handlers later."""
    for value in (
        *call.args.positional,
        *([call.args.keywords["handlers"]] if "handlers" in call.args.keywords else []),
    ):
        rows(call.interp, value, call.place)
    made = call.interp.new("application", place=call.place)
    made.native = Application()
    made.shared = True
    return value_of(made)


class Application(Native):
    """An application: it can be given more handlers."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "add_handlers" and len(args.positional) > 1:
            rows(interp, args.positional[1], place)
            return V_NONE
        return V_NONE if name == "listen" else None


def rows(interp: Interpreter, value: Value, place: Place) -> None:
    """Register the handlers of a list of rows."""
    for item in listed(interp, value):
        row = operators.known_items(interp, item)
        if row is None or len(row) < 2:
            continue
        options = next((dict(obj.fields) for obj in row[2].only(Obj)), {}) if len(row) > 2 else {}
        for info in row[1].only(ClassInfo):
            enter(interp, info, text(row[0]), options)


def url(call: LibraryCall) -> Value | None:
    """`url(pattern, Handler, options)`: the same as a row."""
    made = call.interp.new("list", place=call.place)
    made.items = list(call.args.positional)
    return value_of(made)


def enter(interp: Interpreter, info: ClassInfo, path: str, options: dict[str, Value]) -> None:
    """Register the verb methods of a handler class, and the events of a socket's."""
    for name in (*VERBS, "on_message", "open"):
        found = info.method(name)
        if found is None:
            continue
        at = place_of(found[1].module.path, found[0].span)
        handler = bound_view(interp, info, name, at)
        verb = name.upper() if name in VERBS else ""

        def setup(inner: Interpreter, convention: Convention, handler: Value = handler, at: Place = at) -> None:
            prepare(inner, info, handler, options, at)

        entry = Entry(EntryKind.HTTP_ROUTE, f"{verb or name} {path}", at, handler, Verb, (), path, verb)
        entry.setup = beginning(verb, path, setup)
        register(interp.models, entry)


class Verb(WithRequest):
    """`handler.post(*path_arguments)`; only what is written is sent."""

    sends_returned = False

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        self.tell(interp, fn)
        return Arguments(rest=value_of(Input("path")), kwrest=value_of(Input("path")))


def prepare(interp: Interpreter, info: ClassInfo, handler: Value, options: dict[str, Value], place: Place) -> None:
    """Run what a handler does before the verb's method, on the same instance."""
    for fn in handler.atoms():
        this = getattr(fn, "this", None)
        for obj in this.only(Obj) if isinstance(this, Value) else ():
            if isinstance(obj.native, Handler):
                obj.native.preparing = True
                if info.method("initialize") is not None:
                    run_method(interp, info, value_of(obj), "initialize", Arguments(keywords=dict(options)), place)
                if info.method("prepare") is not None:
                    run_method(interp, info, value_of(obj), "prepare", Arguments(), place)
                obj.native.preparing = False
