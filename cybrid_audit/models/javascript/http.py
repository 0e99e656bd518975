"""HTTP clients of JavaScript that are used unlike the others: request builders, callbacks, streams, observables, typed paths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cybrid_audit.engine import attributes, calls, operators, primitives
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Const,
    Fn,
    Lib,
    Obj,
    Place,
    Promise,
    Response,
    Value,
    constant,
    join_all,
    parts_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models import http, platform
from cybrid_audit.models.javascript import rxjs
from cybrid_audit.models.javascript.builtins import maybe
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

FUNCTIONS = (Fn, NativeFn)


# ---------------------------------------------------------------- builders


class Builder(Native):
    """A request that is put together call by call and sent when it is waited for (superagent) or by its verb (wretch).

    `copies`: every call gives a new request, so that a common start can be kept."""

    __slots__ = ("answer", "copies", "request", "rooted")

    def __init__(self, request: http.HttpRequest, *, copies: bool) -> None:
        self.request = request
        self.copies = copies
        self.answer: Value | None = None
        self.rooted = False

    def _target(self, interp: Interpreter, obj: Obj, place: Place) -> tuple[Builder, Obj]:
        if not self.copies:
            return self, obj
        held = self.request
        made = http.HttpRequest(
            held.method,
            held.url,
            held.place,
            dict(held.headers),
            held.rest_headers,
            held.params,
            held.body,
            held.auth,
            list(held.verify),
        )
        native = Builder(made, copies=True)
        native.rooted = self.rooted
        return native, native_object(interp, "request", native, place, obj.label).only(Obj)[0]

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        verb = http.VERBS.get(name)
        if verb is not None and self.copies:
            native, made = self._target(interp, obj, place)
            first, second = args.get(0), args.get(1)
            if (
                verb in http.WITH_BODY
                and first is not None
                and not (isinstance(first.const(), str) and str(first.const()).startswith("/"))
            ):
                native.request.body = first
                first = second
            if first is not None:
                native.append_path(interp, first, place)
            native.request.method = constant(verb)
            native.request.place = place
            return value_of(Promise(native.send(interp)))
        if name in ("then", "catch", "finally", "end", "json", "text", "res", "toPromise"):
            if (
                self.copies
                and name == "json"
                and args.positional
                and not any(isinstance(a, FUNCTIONS) for a in args.positional[0].atoms())
            ):
                native, made = self._target(interp, obj, place)
                native.request.body = args.positional[0]
                return value_of(made)
            if name == "end":
                fn = args.get(0)
                if fn is not None:
                    maybe(interp, fn, Arguments(positional=[V_NONE, self.send(interp)]), place)
                return unknown("nothing")
            answer = Promise(self.send(interp))
            if name in ("then", "catch", "finally"):
                return primitives.promise_method(interp, answer, name, args, place)
            return value_of(answer)
        native, made = self._target(interp, obj, place)
        return value_of(made) if native.take(interp, name, args, place) else None

    def append_path(self, interp: Interpreter, path: Value, place: Place) -> None:
        """Add a path to the URL."""
        if self.rooted or self.request.url.alts:
            self.request.url = operators.concat(interp, [self.request.url, path], place)
        else:
            self.request.url = path

    def take(self, interp: Interpreter, name: str, args: Arguments, place: Place) -> bool:
        """Take one call of the builder; return whether it is one."""
        request = self.request
        first, second = args.get(0), args.get(1)
        if name in ("set", "headers", "header", "setHeader") and first is not None:
            if second is not None:
                for key in first.atoms():
                    text = str(key.value).lower() if isinstance(key, Const) else "{?}"
                    request.headers[text] = second
            else:
                http.merge_headers(interp, request, first)
        elif name == "auth" and first is not None:
            kind = field_of(args.get(2) or second, "type")
            if self.copies or (kind is not None and "bearer" in kind.strings()):
                request.headers["authorization"] = first
            else:
                pair = interp.new("list", place=place)
                pair.items = [first, second if second is not None else constant("")]
                request.auth = value_of(pair)
        elif name in ("send", "body", "json", "formData", "formUrl", "field") and first is not None:
            given = first
            if name == "field" and second is not None:
                holder = interp.new("object", place=place)
                attributes.set_item(interp, value_of(holder), first, second, place)
                given = value_of(holder)
            if request.body is not None and request.body.only(Obj) and given.only(Obj):
                holder = interp.new("object", place=place)
                attributes.spread_into(interp, holder, request.body)
                attributes.spread_into(interp, holder, given)
                given = value_of(holder)
            request.body = given
        elif name in ("query", "addon") and first is not None:
            request.params = first
        elif name == "url" and first is not None:
            replace = second is not None and second.const() is True
            request.url = first if replace else operators.concat(interp, [request.url, first], place)
        elif name in ("options", "defaults") and first is not None:
            http.merge_headers(interp, request, field_of(first, "headers"))
        elif name == "disableTLSCerts":
            request.verify.append((constant(False), place, name))
        elif name in ("agent", "ca", "dispatcher") and first is not None:
            request.verify.append((first, place, name))
        elif name not in (
            "type",
            "accept",
            "timeout",
            "retry",
            "redirects",
            "ok",
            "responseType",
            "use",
            "on",
            "content",
            "middlewares",
            "catcher",
            "resolve",
            "errorType",
            "polyfills",
            "withCredentials",
            "buffer",
            "parse",
            "attach",
            "badRequest",
            "unauthorized",
            "notFound",
            "fetchError",
            "forbidden",
            "internalError",
            "signal",
            "cache",
            "mode",
            "serialize",
            "http2",
            "trustLocalhost",
            "key",
            "cert",
        ):
            return False
        return True

    def send(self, interp: Interpreter) -> Value:
        """Send the request, once."""
        if self.answer is None or self.copies:
            self.answer = platform.send(interp, self.request)
        return self.answer

    def awaited(self, interp: Interpreter, obj: Obj) -> Value | None:
        return None if self.copies else self.send(interp)


def build(call: LibraryCall) -> Value | None:
    """`superagent.get(url)`, `superagent("GET", url)`, `wretch(url, options)`; settings as in `http.request`."""
    copies = bool(call.settings.get("copies", False))
    out = http.assemble(call.interp, call.args, call.place, call.settings, None)
    if not call.args.positional:
        out.url = NOTHING
    return native_object(call.interp, "request", Builder(out, copies=copies), call.place, "request")


class BuilderAgent(Native):
    """`superagent.agent()`: requests that share what was set on the agent."""

    __slots__ = ("headers",)

    def __init__(self) -> None:
        self.headers: dict[str, Value] = {}

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        verb = http.VERBS.get(name)
        if verb is not None:
            out = http.assemble(interp, args, place, {"method": verb, "url": 0, "body": 1}, None)
            out.headers = {**self.headers, **out.headers}
            return native_object(interp, "request", Builder(out, copies=False), place, "request")
        if name in ("set", "auth"):
            holder = Builder(http.HttpRequest(constant("GET"), NOTHING, place, self.headers), copies=False)
            holder.take(interp, name, args, place)
            self.headers = holder.request.headers
            return value_of(obj)
        return value_of(obj)


def build_agent(call: LibraryCall) -> Value | None:
    """`superagent.agent()`."""
    return native_object(call.interp, "client", BuilderAgent(), call.place, "agent")


# ---------------------------------------------------------------- callbacks


def with_callback(call: LibraryCall) -> Value | None:
    """A client that takes `(error, response, body) => …` last: `request(options, callback)`, `needle.get(url, callback)`."""
    args = call.args
    callback = next(
        (value for value in reversed(args.positional) if any(isinstance(atom, FUNCTIONS) for atom in value.atoms())),
        None,
    )
    kept = Arguments(
        [value for value in args.positional if value is not callback], args.keywords, args.rest, args.kwrest, args.nodes
    )
    answer = http.perform(call.interp, kept, call.place, call.settings, None)
    if callback is not None:
        body = join_all(atom.body for atom in answer.only(Response))
        given = Arguments(
            positional=[V_NONE.join(unknown("an error")), answer, body if body.alts else unknown("a body")]
        )
        maybe(call.interp, callback, given, call.place)
    return answer


class JqueryRequest(Native):
    """What `$.ajax` gives: `done` and `then` get the body of the answer."""

    __slots__ = ("body",)

    def __init__(self, body: Value) -> None:
        self.body = body

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("done", "then", "always"):
            returned = NOTHING
            for fn in args.positional[:1]:
                given = Arguments(positional=[self.body, unknown("a status"), value_of(obj)])
                returned = calls.call(interp, fn, given, place, awaited=True)
            return value_of(Promise(returned)) if name == "then" else value_of(obj)
        if name in ("fail", "catch", "progress"):
            for fn in args.positional[:1]:
                maybe(interp, fn, Arguments(positional=[unknown("an error")]), place)
            return value_of(obj)
        return None

    def awaited(self, interp: Interpreter, obj: Obj) -> Value | None:
        return self.body


def jquery(call: LibraryCall) -> Value | None:
    """`$.ajax(options)`, `$.ajax(url, options)`, `$.post(url, data, success)`."""
    interp, args = call.interp, call.args
    out = http.assemble(interp, args, call.place, call.settings, None)
    if call.path.endswith(".ajax"):
        options = next((value for value in args.positional if field_of(value, "url", "method", "type", "data")), None)
        data = field_of(options, "data")
        if data is not None and out.method.const() in (None, "GET") and "GET" in out.method.strings():
            out.params, out.body = data, None
        success = field_of(options, "success")
    else:
        success = next((v for v in args.positional if any(isinstance(atom, FUNCTIONS) for atom in v.atoms())), None)
    answer = platform.send(interp, out)
    body = join_all(atom.body for atom in answer.only(Response))
    body = body if body.alts else unknown("a body")
    if success is not None:
        maybe(interp, success, Arguments(positional=[body, unknown("a status")]), call.place)
    return native_object(interp, "promise", JqueryRequest(body), call.place, "a request")


# ---------------------------------------------------------------- node:http


class ClientRequest(Native):
    """`https.request(…)`: sent by `end`; the callback gets the answer as a stream."""

    __slots__ = ("callback", "request")

    def __init__(self, request: http.HttpRequest, callback: Value | None) -> None:
        self.request = request
        self.callback = callback

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        first = args.get(0)
        if name in ("write", "end"):
            if first is not None and not any(isinstance(atom, FUNCTIONS) for atom in first.atoms()):
                self.request.body = first
            if name == "end":
                self.send(interp, place)
            return value_of(obj)
        if name in {"on", "once"}:
            if first is not None and "response" in first.strings():
                self.callback = args.get(1)
            return value_of(obj)
        if name == "setHeader" and len(args.positional) >= 2:
            for text in args.positional[0].strings():
                self.request.headers[text.lower()] = args.positional[1]
            return V_NONE
        if name in ("setTimeout", "destroy", "abort", "flushHeaders", "setNoDelay"):
            return value_of(obj)
        return None

    def send(self, interp: Interpreter, place: Place) -> None:
        """Send the request and hand the answer to the callback."""
        answer = platform.send(interp, self.request)
        body = join_all(atom.body for atom in answer.only(Response))
        if self.callback is not None:
            stream = native_object(interp, "stream", AnswerStream(body), place, "answer")
            calls.call(interp, self.callback, Arguments(positional=[stream]), place)


class AnswerStream(Native):
    """An `IncomingMessage`: gives its body to `data` and then calls `end`."""

    __slots__ = ("body",)

    def __init__(self, body: Value) -> None:
        self.body = body

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return unknown(f"the {name} of an answer")

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        event, fn = args.get(0), args.get(1)
        if name in ("on", "once", "addListener") and event is not None and fn is not None:
            if "data" in event.strings():
                calls.call(interp, fn, Arguments(positional=[self.body]), place)
            elif set(event.strings()) & {"end", "close"}:
                calls.call(interp, fn, Arguments(), place)
            return value_of(obj)
        if name in ("setEncoding", "resume", "pipe"):
            return value_of(obj)
        return None

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        listed = interp.new("list", place=obj.place)
        listed.items = [self.body]
        return value_of(listed)


def node_request(call: LibraryCall) -> Value | None:
    """`https.request(url | options, options, callback)`, `https.get(…)`."""
    interp, args = call.interp, call.args
    callback = next(
        (value for value in args.positional if any(isinstance(atom, FUNCTIONS) for atom in value.atoms())), None
    )
    given = [value for value in args.positional if value is not callback]
    options = (
        given[-1]
        if given and any(isinstance(a, Obj) and not isinstance(a.native, Native) for a in given[-1].atoms())
        else None
    )
    url: Value | None = given[0] if given and given[0] is not options else None
    secure = call.path.startswith("https")
    if url is None and options is not None:
        url = _address(interp, options, "https://" if secure else "http://", call.place)
    out = http.HttpRequest(constant("GET"), url if url is not None else unknown("a URL that nobody gives"), call.place)
    out.url = http.request_url(interp, out.url)
    if options is not None:
        method = field_of(options, "method")
        out.method = method if method is not None else out.method
        http.merge_headers(interp, out, field_of(options, "headers"))
        auth = field_of(options, "auth")
        if auth is not None:
            out.headers.setdefault("authorization", operators.concat(interp, [constant("Basic "), auth], call.place))
        for name in http.VERIFY_KEYS:
            held = field_of(options, name)
            if held is not None:
                out.verify.append((held, call.place, name))
    native = ClientRequest(out, callback)
    value = native_object(interp, "request", native, call.place, "request")
    if call.path.endswith(".get"):
        native.send(interp, call.place)
    return value


def _address(interp: Interpreter, options: Value, scheme: str, place: Place) -> Value:
    host = field_of(options, "hostname", "host")
    path = field_of(options, "path", "pathname")
    protocol = field_of(options, "protocol")
    head = (
        constant(scheme)
        if protocol is None or not protocol.strings()
        else constant(f"{protocol.strings()[0].rstrip(':')}://")
    )
    return operators.concat(
        interp,
        [head, host if host is not None else unknown("a host"), path if path is not None else constant("/")],
        place,
    )


# ---------------------------------------------------------------- observables


class ObservableClient(http.HttpClient):
    """A client whose calls give observables: Angular's `HttpClient`, Nest's `HttpService`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        held = super().method(interp, obj, name, args, place)
        if held is not None and (name in http.VERBS or name == "request"):
            return rxjs.observable(interp, held, place)
        return held

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "axiosRef":
            plain = http.HttpClient("axios", self.settings)
            plain.base, plain.auth, plain.params, plain.verify, plain.hooks = (
                self.base,
                self.auth,
                self.params,
                self.verify,
                self.hooks,
            )
            value = native_object(interp, "client", plain, place, "client")
            for made in value.only(Obj):
                made.shared = obj.shared
                made.fields["headers"] = attributes.get_one(interp, obj, "headers", place)
            return value
        return super().attribute(interp, obj, name, place)


def observable_client(call: LibraryCall) -> Value | None:
    """An injected client: it has what its module was registered with."""
    made: Value = call.models.memory(f"observable client {call.path}", lambda: _observable_client(call))
    registered: list[Value] = call.models.memory("registered http options", list)
    for obj in made.only(Obj):
        if registered and isinstance(obj.native, ObservableClient) and obj.native.base is None:
            births = call.interp.shared_births
            call.interp.shared_births += 1
            for options in registered:
                http.configure(call.interp, obj, obj.native, Arguments(positional=[options]), 0, {})
            call.interp.shared_births = births
    return made


def _observable_client(call: LibraryCall) -> Value:
    obj = Obj("client", None, shared=True)
    obj.native = ObservableClient("axios", call.settings)
    obj.label = "client"
    return value_of(obj)


def register_options(call: LibraryCall) -> Value | None:
    """`HttpModule.register(options)`, `HttpModule.registerAsync({useFactory})`."""
    first = call.args.get(0)
    if first is None:
        return None
    factory = field_of(first, "useFactory")
    if factory is not None:
        inject = field_of(first, "inject")
        given = (
            [injected(call, value) for value in (operators.known_items(call.interp, inject) or [])]
            if inject is not None
            else []
        )
        first = call.interp.settle(
            calls.call(call.interp, factory, Arguments(positional=given), call.place, awaited=True)
        )
    call.models.memory("registered http options", list).append(first)
    return unknown("a module")


def injected(call: LibraryCall, token: Value) -> Value:
    """Return what dependency injection gives for a class."""
    from cybrid_audit.engine.values import ClassInfo
    from cybrid_audit.models.types import singleton

    result = NOTHING
    for atom in token.atoms():
        if isinstance(atom, ClassInfo):
            result = result.join(singleton(call.interp, atom))
        elif isinstance(atom, Lib):
            row = call.models.row(call.interp, "type", atom.path)
            held = (
                call.models.apply(row, call.interp, atom.path, frozenset(), Arguments(), call.place)
                if row is not None
                else None
            )
            result = result.join(held if held is not None else value_of(Lib(f"{atom.path}()", atom.sources)))
        else:
            result = result.join(unknown("what is injected"))
    return result if result.alts else unknown("what is injected")


# ---------------------------------------------------------------- typed paths


class TypedPaths(http.HttpClient):
    """`createClient<paths>()` of openapi-fetch: a method per verb, a path with placeholders, parameters apart."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "use":
            for value in args.positional:
                hook = field_of(value, "onRequest")
                if hook is not None:
                    http.add_hook(interp, self, obj, hook, place)
            return V_NONE
        if name.upper() not in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS") or not args.positional:
            return None
        path, options = args.positional[0], args.get(1)
        params = field_of(options, "params")
        options_of = interp.new("object", place=place)
        if options is not None:
            attributes.spread_into(interp, options_of, options)
        options_of.fields.pop("params", None)
        query = field_of(params, "query")
        if query is not None:
            options_of.fields["params"] = query
        filled = path.map(lambda atom: _filled(atom, field_of(params, "path")))
        settings: Mapping[str, Any] = {"method": name.upper(), "url": 0, "options": 1}
        answer = http.perform(interp, Arguments(positional=[filled, value_of(options_of)]), place, settings, obj)
        result = interp.new("object", place=place)
        result.fields = {
            "data": join_all(atom.body for atom in answer.only(Response)),
            "response": answer,
            "error": unknown("an error"),
        }
        return value_of(Promise(value_of(result)))


def _filled(atom: Atom, values: Value | None) -> Atom:
    """Return a path template with its placeholders replaced by their values."""
    parts: list[Atom] = []
    for part in parts_of(atom):
        if not isinstance(part, Const) or not isinstance(part.value, str):
            parts.append(part)
            continue
        for index, piece in enumerate(re.split(r"\{(\w+)\}", part.value)):
            if index % 2:
                held = field_of(values, piece)
                parts.append(
                    next(held.atoms(), Const("")) if held is not None else next(unknown(piece, hint=piece).atoms())
                )
            elif piece:
                parts.append(Const(piece, part.place, part.stamp, "", part.function))
    return operators.make_str(parts)


def typed_paths(call: LibraryCall) -> Value | None:
    """`createClient({baseUrl, headers})`."""
    native = TypedPaths("fetch", call.settings)
    value = native_object(call.interp, "client", native, call.place, "client")
    http.configure(call.interp, value.only(Obj)[0], native, call.args, 0, call.settings)
    return value


# ---------------------------------------------------------------- certificate checks


def agent(call: LibraryCall) -> Value | None:
    """`new https.Agent({rejectUnauthorized: false})`: the options of its connections."""
    obj = call.interp.new("agent", place=call.place)
    obj.label = "agent"
    for value in call.args.positional:
        attributes.spread_into(call.interp, obj, value)
    return value_of(obj)


def set_global_agent(call: LibraryCall) -> Value | None:
    """`setGlobalDispatcher(agent)`: the connections of every later request."""
    for value in call.args.positional:
        at = platform.verification_off(call.interp, value, call.place, "dispatcher")
        if at is not None:
            call.models.memory("tls off", list).append(at)
    return V_NONE
