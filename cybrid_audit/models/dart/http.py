"""HTTP clients of Dart: the package `http`, Dio, Chopper, and `HttpClient` of `dart:io`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    ClassInfo,
    Const,
    Fn,
    Obj,
    Place,
    Scope,
    Value,
    constant,
    unknown,
    value_of,
)
from cybrid_audit.models.dart import builtins as dart
from cybrid_audit.models.http import HttpRequest, join_url, merge_headers, request_url
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.jvm import retrofit as jvm_retrofit
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

VERBS: Final = {
    "get": "GET",
    "read": "GET",
    "readBytes": "GET",
    "post": "POST",
    "put": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "head": "HEAD",
}


def assembled(interp: Interpreter, name: str, args: Arguments, place: Place) -> HttpRequest:
    """Return the request of `http.post(uri, headers: h, body: b)`."""
    out = jvm_http.blank(place)
    out.method = constant(VERBS.get(name, "GET"))
    url = args.get(0, "url")
    if url is not None:
        out.url = request_url(interp, url)
    merge_headers(interp, out, args.keywords.get("headers"))
    body = args.keywords.get("body")
    if body is not None:
        out.body = dart.encodable(interp, body, place)
    return out


def send(interp: Interpreter, out: HttpRequest) -> Value:
    """Send a request, through what the project puts in place of the language's client."""
    for place in overrides(interp):
        out.verify.append((value_of(Const(False)), place, "badCertificateCallback"))
    return jvm_http.send(interp, out)


def overrides(interp: Interpreter) -> list[Place]:
    """Return where the project's `HttpOverrides` take certificates that failed."""
    held: dict[int, list[Place]] = interp.models.memory("overrides of Dart's client", dict)
    classes = interp.program.classes
    if len(classes) not in held:
        held.clear()
        held[len(classes)] = [
            place_of_node(info.module.path, stmt)
            for info in classes
            if any(base.endswith("HttpOverrides") for base in info.library_bases())
            for function in info.definition.methods
            for stmt in _assigned(function.body, "badCertificateCallback")
            if isinstance(stmt.value, ir.Lambda) and says_yes(stmt.value.function)
        ]
    return held[len(classes)]


def place_of_node(path: str, node: ir.Node) -> Place:
    """Return the place of a node of a file."""
    span = node.span
    return Place(path, span.line, span.column, span.end_line, span.end_column)


def _assigned(nodes: object, name: str) -> Iterator[ir.Assign]:
    """Yield the assignments to a field below some nodes."""
    for held in ir.walk(nodes):
        if isinstance(held, ir.Assign) and isinstance(held.target, ir.Attribute) and held.target.name == name:
            yield held


def request(call: LibraryCall) -> Value | None:
    """`http.post(uri, headers: h, body: b)`."""
    name = call.path.rpartition(".")[2]
    return send(call.interp, assembled(call.interp, name, call.args, call.place))


def client(call: LibraryCall) -> Value | None:
    """`http.Client()`, `IOClient(HttpClient())`, `RetryClient(inner)`."""
    made = Client()
    for value in call.args.every():
        for obj in value.only(Obj):
            if isinstance(obj.native, Client):
                return value_of(obj)
            if isinstance(obj.native, IoClient):
                made.verify = obj.native.verify
            if obj.cls is not None:
                return value_of(obj)
    return native_object(call.interp, "client", made, call.place, "client")


class Client(Native):
    """A client of the package `http`."""

    __slots__ = ("verify",)

    def __init__(self) -> None:
        self.verify: list[tuple[Value, Place, str]] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in VERBS:
            return self.sent(interp, assembled(interp, name, args, place))
        if name == "send" and args.positional:
            return self.sent_objects(interp, args.positional[0])
        return unknown("nothing") if name == "close" else None

    def sent(self, interp: Interpreter, out: HttpRequest) -> Value:
        out.verify += self.verify
        return send(interp, out)

    def sent_objects(self, interp: Interpreter, given: Value) -> Value:
        """Send requests that were made before."""
        result = NOTHING
        for obj in given.only(Obj):
            if isinstance(obj.native, Request):
                result = result.join(self.sent(interp, jvm_http.copy_of(obj.native.request)))
        return result if result.alts else unknown("an answer")


def request_object(call: LibraryCall) -> Value | None:
    """`http.Request("POST", uri)`, `http.MultipartRequest("POST", uri)`."""
    out = jvm_http.blank(call.place)
    method, url = call.args.get(0), call.args.get(1)
    if method is not None:
        out.method = method
    if url is not None:
        out.url = request_url(call.interp, url)
    return native_object(call.interp, "request", Request(out), call.place, "request")


class Request(Native):
    """A request under construction."""

    __slots__ = ("request",)

    def __init__(self, out: HttpRequest) -> None:
        self.request = out

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "headers":
            return native_object(interp, "map", Headers(self.request), place, "headers")
        if name in ("url", "method", "path", "uri"):
            return self.request.method if name == "method" else self.request.url
        if name in ("bodyFields", "fields"):
            if self.request.body is None:
                self.request.body = library.record(interp, place)
            return self.request.body
        return self.request.body if name in ("body", "data") else None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in ("body", "bodyFields", "bodyBytes", "data"):
            self.request.body = dart.encodable(interp, new, place)
        elif name == "headers":
            merge_headers(interp, self.request, new)
        elif name in ("path", "baseUrl"):
            self.request.url = new
        return True

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name == "send":
            return send(interp, jvm_http.copy_of(self.request))
        if name in ("close", "done"):
            return send(interp, jvm_http.copy_of(self.request))
        if name in ("write", "add", "writeln") and given:
            self.request.body = given[0]
        if name == "copyWith":
            merge_headers(interp, self.request, args.keywords.get("headers"))
            return value_of(obj)
        return unknown("nothing")


class Headers(Native):
    """The headers of a request, which change with it."""

    __slots__ = ("request",)

    def __init__(self, out: HttpRequest) -> None:
        self.request = out

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("set", "add", "putIfAbsent", "update") and len(given) > 1:
            value = given[1]
            if any(isinstance(atom, Fn) for atom in value.atoms()):
                value = calls.call(interp, value, Arguments(), place, awaited=True)
            jvm_http.set_header(self.request, given[0], value)
        elif name == "addAll" and given:
            merge_headers(interp, self.request, given[0])
        return unknown("nothing")

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        self.request.headers[name.lower()] = new
        return True

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self.request.headers.get(name.lower())


def derived_client(call: LibraryCall) -> Value | None:
    """`get`, `post` … of a class of the project's that derives from `http.BaseClient`: they go through its `send`."""
    name = call.path.rpartition(".")[2]
    for obj in call.sources:
        if isinstance(obj, Obj) and obj.cls is not None and obj.cls.method("send") is not None:
            out = assembled(call.interp, name, call.args, call.place)
            made = native_object(call.interp, "request", Request(out), call.place, "request")
            return calls.call_method(
                call.interp, value_of(obj), "send", Arguments(positional=[made]), call.place, awaited=True
            )
    return request(call)


# ---------------------------------------------------------------- Dio


def options(call: LibraryCall) -> Value:
    """`BaseOptions(baseUrl: u, headers: h)`, `Options(method: "POST", headers: h)`."""
    made = call.interp.new("object", place=call.place)
    made.fields.update(call.args.keywords)
    for name in ("headers", "extra", "queryParameters"):
        if name not in made.fields:
            made.fields[name] = value_of(call.interp.new("object", place=call.place))
    return value_of(made)


def dio(call: LibraryCall) -> Value | None:
    """`Dio(BaseOptions(…))`."""
    given = call.args.get(0, "options")
    held = given if given is not None and given.only(Obj) else None
    if held is None:
        held = options(LibraryCall(call.interp, call.models, call.path, call.sources, Arguments(), call.place, {}))
    return native_object(call.interp, "client", Dio(held), call.place, "client")


class Interceptors(Native):
    """The interceptors of a client."""

    __slots__ = ("client",)

    def __init__(self, owner: Dio) -> None:
        self.client = owner

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("add", "insert") and given:
            if given[-1] not in self.client.interceptors:
                self.client.interceptors.append(given[-1])
        elif name == "addAll" and given:
            self.client.interceptors += operators.known_items(interp, given[0]) or []
        return unknown("nothing")


class Handler(Native):
    """What an interceptor goes on with."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return unknown("nothing")


class Dio(Native):
    """A client of Dio."""

    __slots__ = ("interceptors", "options", "verify")

    def __init__(self, held: Value) -> None:
        self.options = held
        self.interceptors: list[Value] = []
        self.verify: list[tuple[Value, Place, str]] = []

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "options":
            return self.options
        if name == "interceptors":
            return native_object(interp, "list", Interceptors(self), place, "interceptors")
        if name == "httpClientAdapter":
            return native_object(interp, "adapter", Adapter(self), place, "adapter")
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "options":
            self.options = new
        if name == "httpClientAdapter":
            for each in new.only(Obj):
                maker = each.fields.get("createHttpClient") or each.fields.get("onHttpClientCreate")
                if maker is not None and unverified(interp, maker, place):
                    self.verify.append((value_of(Const(False)), place, "createHttpClient"))
        return True

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        verb = name.removesuffix("Uri")
        if verb not in VERBS and verb not in ("request", "fetch", "download"):
            return unknown("nothing") if name in ("close", "lock", "unlock") else None
        out = jvm_http.blank(place)
        out.method = constant(VERBS.get(verb, "GET"))
        target = args.get(0)
        if verb == "fetch" and target is not None:
            for each in target.only(Obj):
                if isinstance(each.native, Request):
                    return self.sent(interp, jvm_http.copy_of(each.native.request), place)
        if target is not None:
            out.url = request_url(interp, target)
        base = self.option("baseUrl")
        if base is not None:
            out.url = join_base(interp, base, out.url, place)
        merge_headers(interp, out, self.option("headers"))
        for each in args.keywords.get("options", NOTHING).only(Obj):
            merge_headers(interp, out, each.fields.get("headers"))
            if "method" in each.fields:
                out.method = each.fields["method"]
        body = args.keywords.get("data")
        if body is not None:
            out.body = dart.encodable(interp, body, place)
        if "queryParameters" in args.keywords:
            out.params = args.keywords["queryParameters"]
        return self.sent(interp, out, place)

    def option(self, name: str) -> Value | None:
        """Return one of the options of the client."""
        found: Value | None = None
        for obj in self.options.only(Obj):
            held = obj.fields.get(name)
            if held is not None:
                found = held if found is None else found.join(held)
        return found

    def sent(self, interp: Interpreter, out: HttpRequest, place: Place) -> Value:
        """Send a request, through the interceptors."""
        for each in self.interceptors:
            request_value = native_object(interp, "request", Request(out), place, "request options")
            handler = native_object(interp, "handler", Handler(), place, "handler")
            passed = Arguments(positional=[request_value, handler])
            for obj in each.only(Obj):
                held = obj.fields.get("onRequest")
                if held is not None:
                    calls.call(interp, held, passed, place, awaited=True)
                elif obj.cls is not None and obj.cls.method("onRequest") is not None:
                    calls.call_method(interp, value_of(obj), "onRequest", passed, place, awaited=True)
        out.verify += self.verify
        return send(interp, out)


# ---------------------------------------------------------------- Chopper


def chopper(call: LibraryCall) -> Value | None:
    """`ChopperClient(client: c, baseUrl: u, interceptors: […])`."""
    interceptors = call.args.keywords.get("interceptors")
    listed = operators.known_items(call.interp, interceptors) if interceptors is not None else None
    made = Chopper(options(call), call.args.keywords.get("client", NOTHING), listed or [])
    return native_object(call.interp, "client", made, call.place, "client")


def headers_interceptor(call: LibraryCall) -> Value | None:
    """`HeadersInterceptor({"Authorization": h})`."""
    made = call.interp.new("object", place=call.place)
    made.fields["headers"] = call.args.get(0, "headers") or NOTHING
    return value_of(made)


def apply_headers(call: LibraryCall) -> Value | None:
    """`applyHeader(request, name, value)`, `applyHeaders(request, h)`: the same request with more headers."""
    given = call.args.positional
    for obj in given[0].only(Obj) if len(given) > 1 else ():
        if isinstance(obj.native, Request):
            if len(given) > 2:
                jvm_http.set_header(obj.native.request, given[1], given[2])
            else:
                merge_headers(call.interp, obj.native.request, given[1])
    return given[0] if given else None


class Chopper(Dio):
    """A client of Chopper, which sends by a client of the package `http`."""

    __slots__ = ("inner",)

    def __init__(self, held: Value, inner: Value, interceptors: list[Value]) -> None:
        super().__init__(held)
        self.inner = inner
        self.interceptors = interceptors

    def sent(self, interp: Interpreter, out: HttpRequest, place: Place) -> Value:
        made = native_object(interp, "request", Request(out), place, "request")
        chain = native_object(interp, "chain", Chain(made), place, "chain")
        for each in self.interceptors:
            for obj in each.only(Obj):
                merge_headers(interp, out, obj.fields.get("headers"))
                for name, given in (("intercept", chain), ("onRequest", made)):
                    if obj.cls is not None and obj.cls.method(name) is not None:
                        passed = Arguments(positional=[given])
                        calls.call_method(interp, value_of(obj), name, passed, place, awaited=True)
        for obj in self.inner.only(Obj):
            if isinstance(obj.native, Client):
                return obj.native.sent(interp, out)
            if obj.cls is not None and obj.cls.method("send") is not None:
                passed = Arguments(positional=[made])
                return calls.call_method(interp, value_of(obj), "send", passed, place, awaited=True)
        return send(interp, out)


class Chain(Native):
    """What an interceptor of Chopper's gets: the request, and how to go on with it."""

    __slots__ = ("request",)

    def __init__(self, request: Value) -> None:
        self.request = request

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self.request if name == "request" else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return unknown("an answer")


# ---------------------------------------------------------------- services


class RestService(jvm_retrofit.Service):
    """An abstract class whose methods are requests, which a generator implements with Dio or Chopper."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        found = self.info.method(name)
        if found is None or interp.state is None:
            return None
        function, home = found
        verbs = [node for node in function.decorators if jvm_retrofit.verb_of(node)]
        if not verbs:
            return None
        out = self.request(interp, function, home, verbs[0], args, place)
        if out.body is not None:
            out.body = dart.encodable(interp, out.body, place)
        held = NOTHING
        for each in self.client.only(Obj) if self.client is not None else ():
            if isinstance(each.native, Dio):
                merge_headers(interp, out, each.native.option("headers"))
                held = held.join(each.native.sent(interp, out, place))
        return jvm_retrofit.answer_as(interp, held if held.alts else send(interp, out), function, home)


def service(interp: Interpreter, info: ClassInfo, args: Arguments, place: Place) -> Value | None:
    """Return what the factory of such a class makes (`Api(dio, baseUrl: u)`, `_$Api(chopper)`); None for any other class."""
    if not jvm_retrofit.is_service(info):
        return None
    client = args.get(0)
    base = args.keywords.get("baseUrl")
    for node in info.definition.decorators:
        for arg in node.args if isinstance(node, ir.Call) else ():
            if arg.name == "baseUrl" and base is None:
                interp.push(Scope(info.scope, info.module), info.module, None)
                base = interp.eval(arg.value)
                interp.pop()
    for obj in client.only(Obj) if client is not None else ():
        root = obj.native.option("baseUrl") if isinstance(obj.native, Dio) else None
        if root is not None:
            base = root if base is None else join_base(interp, request_url(interp, root), base, place)
    return jvm_retrofit.handed_out(interp, info, RestService(info, base, client), place)


def join_base(interp: Interpreter, base: Value, url: Value, place: Place) -> Value:
    """Return an address under a base. A path that starts with `/` is put behind the whole base."""
    return join_url(interp, base, url, place)


class Adapter(Native):
    """The adapter of a client: what makes its `HttpClient`."""

    __slots__ = ("client",)

    def __init__(self, owner: Dio) -> None:
        self.client = owner

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in ("createHttpClient", "onHttpClientCreate") and unverified(interp, new, place):
            self.client.verify.append((value_of(Const(False)), place, name))
        return True


def wrapper(call: LibraryCall) -> Value | None:
    """`InterceptorsWrapper(onRequest: f)`, `IOHttpClientAdapter(createHttpClient: f)`: an object with these fields."""
    made = call.interp.new("object", place=call.place)
    made.fields.update(call.args.keywords)
    return value_of(made)


# ---------------------------------------------------------------- dart:io


def io_client(call: LibraryCall) -> Value | None:
    """`HttpClient()`."""
    return native_object(call.interp, "client", IoClient(), call.place, "client")


class IoClient(Native):
    """The `HttpClient` of `dart:io`."""

    __slots__ = ("verify",)

    def __init__(self) -> None:
        self.verify: list[tuple[Value, Place, str]] = []

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "badCertificateCallback" and accepts(new):
            self.verify.append((value_of(Const(False)), place, name))
        return True

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        verb = name.removesuffix("Url")
        if name.endswith("Url") and (verb in VERBS or verb == "open"):
            out = jvm_http.blank(place)
            out.method = constant(VERBS.get(verb, "GET"))
            if verb == "open" and args.positional:
                out.method = args.positional[0]
            if args.positional:
                out.url = request_url(interp, args.positional[-1])
            out.verify += self.verify
            return native_object(interp, "request", Request(out), place, "request")
        return unknown("nothing")


def accepts(callback: Value) -> bool:
    """Whether a callback for certificates that failed says yes to all."""
    return any(says_yes(fn.function) for fn in callback.only(Fn))


def says_yes(function: ir.Function) -> bool:
    """Whether a function does nothing but return true."""
    last = function.body[-1] if function.body else None
    return (
        len(function.body) == 1
        and isinstance(last, ir.Return)
        and isinstance(last.value, ir.Const)
        and last.value.value is True
    )


def unverified(interp: Interpreter, maker: Value, place: Place) -> bool:
    """Whether the client that a function makes, or changes, takes any certificate."""
    given = native_object(interp, "client", IoClient(), place, "client")
    held = calls.call(interp, maker, Arguments(positional=[given]), place, awaited=True)
    return any(
        isinstance(obj.native, IoClient) and bool(obj.native.verify) for obj in [*given.only(Obj), *held.only(Obj)]
    )
