"""Requests that come in and answers that go out, as the objects that handlers are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Const,
    Fn,
    Input,
    Lib,
    Obj,
    Place,
    Stored,
    Value,
    constant,
    key_text,
    unknown,
    value_of,
)
from cybrid_audit.models import sinks
from cybrid_audit.models.frameworks import signed_cookies
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

INPUT_FIELDS: Final = {
    "body": "body",
    "query": "query",
    "params": "path",
    "headers": "header",
    "header": "header",
    "cookies": "cookie",
    "cookie": "cookie",
    "form": "body",
    "args": "query",
    "json": "body",
    "data": "body",
    "values": "body",
    "GET": "query",
    "POST": "body",
    "FILES": "body",
    "query_params": "query",
    "path_params": "path",
    "files": "body",
    "match_info": "path",
    "rel_url": "query",
    "view_args": "path",
    "rawBody": "body",
    "raw": "body",
    "url": "url",
    "nextUrl": "url",
    "path": "url",
    "originalUrl": "url",
    "payload": "body",
    "queryStringParameters": "query",
    "pathParameters": "path",
    "searchParams": "query",
    "META": "header",
    "COOKIES": "cookie",
    "content": "body",
    "stream": "body",
    "rawHeaders": "header",
    "multiValueHeaders": "header",
    "locals": "request",
    "hostname": "header",
    "ip": "header",
    "ips": "header",
    "method": "method",
}
"""What a field of a request holds, by the names that frameworks give it."""

INPUT_METHODS: Final = {
    "json": "body",
    "text": "body",
    "formData": "body",
    "form": "body",
    "get_json": "body",
    "get_data": "body",
    "blob": "body",
    "arrayBuffer": "body",
    "read": "body",
    "post": "body",
    "body": "body",
    "get": "header",
    "header": "header",
    "param": "path",
    "query": "query",
    "queries": "query",
    "valid": "body",
    "parseBody": "body",
    "cookie": "cookie",
    "getHeader": "header",
}
STORED_FIELDS: Final = {
    "session": "session",
    "signedCookies": "session",
    "user": "principal",
    "auth": "claims",
    "account": "principal",
    "token": "claims",
    "principal": "principal",
    "state": "request state",
    "claims": "claims",
    "identity": "principal",
    "currentUser": "principal",
    "jwt": "claims",
}
"""Fields that the server's own code or middleware fills."""


class Request(Native):
    """A request from outside. What middleware writes into it is a field of the object; the rest is input or server state.

    `verb` and `path` are those of the route, empty when they vary; `base` is the prefix that the running router is mounted at;
    `app` the application that serves it."""

    __slots__ = ("app", "base", "path", "reply", "verb")

    def __init__(self, verb: str = "", path: str = "", app: Value | None = None) -> None:
        self.verb = verb
        self.path = path
        self.base = ""
        self.app = app
        self.reply: Value | None = None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        known = self.known(interp, name, place)
        if known is not None:
            return known
        kind = INPUT_FIELDS.get(name)
        if kind is not None:
            return value_of(Input(kind))
        store = STORED_FIELDS.get(name)
        if store is not None:
            return value_of(Stored(store, "", place))
        if name in ("raw", "req", "request", "nativeRequest"):
            return value_of(obj)
        if name in INPUT_METHODS:
            return None
        if name == "log":
            return value_of(Lib("request.log"))
        return value_of(Stored("request state", name, place))

    def known(self, interp: Interpreter, name: str, place: Place) -> Value | None:
        """Return what the route itself tells: the method, a path without parameters, the application."""
        if name == "method" and self.verb:
            return constant(self.verb)
        if (
            name == "endpoint"
            and interp.models.watch is not None
            and all(each.is_app for each in interp.models.memory("blueprints", list))
        ):
            # Flask names a view by its function, below the name of its blueprint.
            view = next(iter(interp.models.watch.entry.handler.only(Fn)), None)
            return constant(view.function.name) if view is not None else None
        if name in ("app", "server") and self.app is not None:
            return self.app
        if name == "res" and self.reply is not None:
            return self.reply
        if not self.path or "{" in self.path or ":" in self.path or "*" in self.path or "[" in self.path:
            return None
        if name in ("path", "pathname", "routePath", "originalUrl", "rawPath"):
            path = self.path
            if name == "path" and self.base and path.startswith(self.base):
                path = path[len(self.base) :] or "/"
            return constant(path)
        if name == "nextUrl":
            return native_object(interp, "url", Address(self.path), place, "the address")
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "unsignCookie":
            return signed_cookies.unsigned(interp, args, place)
        kind = INPUT_METHODS.get(name)
        if kind is not None:
            key = next((text for value in args.positional[:1] for text in value.strings()), "")
            return value_of(Input(kind, key))
        if name in ("isAuthenticated", "is_authenticated"):
            return unknown("whether somebody is signed in")
        if name in ("logIn", "login", "logout", "clone", "on", "setEncoding"):
            return None if name in ("logIn", "login") else V_NONE
        return None

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return value_of(Stored("request state", key_text(key), place))


class Address(Native):
    """The address of a request, its path known: `request.nextUrl`."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "pathname":
            return constant(self.path)
        return value_of(Input("query" if name in ("search", "searchParams") else "url", name))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return value_of(obj) if name == "clone" else value_of(Input("url"))

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        return False


SENDING: Final = {
    "json": "response",
    "send": "response",
    "end": "response",
    "jsonp": "response",
    "write": "response",
    "writeHead": "response",
    "location": "response",
    "html": "response",
    "text": "response",
    "render": "render",
    "view": "render",
    "redirect": "response",
    "body": "response",
    "sendFile": "response",
    "cookie": "cookie",
    "setCookie": "cookie",
    "newResponse": "response",
    "set_cookie": "cookie",
    "setHeader": "response",
    "header": "response",
    "set": "response",
    "append": "response",
    "emit": "socket",
    "publish": "socket",
}


class Reply(Native):
    """The answer under construction. Sending does not end the handler: only `return` and `throw` do.

    `content` is what it was made with."""

    __slots__ = ("content",)

    def __init__(self, content: Value = NOTHING) -> None:
        self.content = content

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "raw":
            return value_of(obj)
        if name in ("locals", "headers", "cookies"):
            held = interp.new("map", place=place)
            held.native = CookieJar() if name == "cookies" else None
            obj.fields[name] = value_of(held)
            return obj.fields[name]
        if name in ("headersSent", "sent", "statusCode", "status", "finished", "writableEnded"):
            return unknown("the state of the answer") if name != "status" else None
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        channel = SENDING.get(name)
        if channel is not None:
            for value in args.every():
                sinks.hand_over(interp, value, place, channel, is_template=name in ("render", "view"))
            if channel == "cookie" and signed_cookies.is_signed(args, "signed"):
                signed_cookies.wrote(interp, args, place)
        return value_of(obj)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in ("body", "data", "content"):
            sinks.hand_over(interp, new, place, "response")
        return False


class CookieJar(Native):
    """Cookies that can be set: `cookies().set(name, value)`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("set", "append", "setCookie", "put"):
            for value in args.every():
                sinks.hand_over(interp, value, place, "cookie")
            if signed_cookies.is_signed(args, "signed"):
                signed_cookies.wrote(interp, args, place)
            return value_of(obj)
        if name == "get" and signed_cookies.is_signed(args, "signed"):
            return signed_cookies.read(args, place)
        if name in ("get", "getAll", "has"):
            key = next((text for value in args.positional[:1] for text in value.strings()), "")
            return value_of(Input("cookie", key))
        return V_NONE


def request_object(
    interp: Interpreter, place: Place, verb: str = "", path: str = "", app: Value | None = None
) -> Value:
    """Return a fresh incoming request, of a route when it is known."""
    return native_object(interp, "request", Request(verb, path, app), place, "the request")


def reply_object(interp: Interpreter, place: Place) -> Value:
    """Return a fresh answer."""
    return native_object(interp, "reply", Reply(), place, "the answer")


def respond(call: LibraryCall) -> Value | None:
    """A function or constructor that makes an answer of its first arguments: `new Response(body)`, `NextResponse.json(data)`."""
    channel = str(call.settings.get("channel", "response"))
    for value in call.args.positional[: int(call.settings.get("count", 1))]:
        sinks.hand_over(call.interp, value, call.place, channel)
    for name in ("data", "content", "body", "context", "response", "headers"):
        if name in call.args.keywords:
            sinks.hand_over(call.interp, call.args.keywords[name], call.place, channel)
    headers = field_of(call.args.get(1), "headers") if len(call.args.positional) > 1 else None
    if headers is not None:
        sinks.hand_over(call.interp, headers, call.place, channel)
    made = native_object(call.interp, "answer", Reply(call.args.get(0) or NOTHING), call.place, "an answer")
    for obj in made.only(Obj):
        obj.fields["%answer"] = value_of(Const(True))
    return made


def render(call: LibraryCall) -> Value | None:
    """A function that renders a template: everything but the template's name goes into the page."""
    for value in (
        *call.args.positional[1:],
        *call.args.keywords.values(),
        *([call.args.kwrest] if call.args.kwrest is not None else []),
    ):
        sinks.hand_over(call.interp, value, call.place, "render", is_template=True)
    return unknown("a page")


def cookie_jar(call: LibraryCall) -> Value | None:
    """The cookies of the running request: `cookies()` of Next.js."""
    return native_object(call.interp, "cookies", CookieJar(), call.place, "cookies")


def go_on(call: LibraryCall) -> Value | None:
    """An answer that lets the request pass: `NextResponse.next()`."""
    return V_NONE
