"""HTTP clients of Swift: `URLSession`, Alamofire, Moya, AsyncHTTPClient, and what stands between a request and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, operators
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
    Value,
    constant,
    key_text,
    unknown,
    value_of,
)
from cybrid_audit.languages._tree import names_in
from cybrid_audit.models import sinks
from cybrid_audit.models.http import HttpRequest, join_url, merge_headers, request_url
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.models.swift import builtins as swift

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

VERBS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


def verb(value: Value) -> Value:
    """Return a method as text: `.post`, `HTTPMethod.post`, a case of an enumeration of the project's."""
    return value.map(_verb)


def _verb(atom: Atom) -> Atom:
    if isinstance(atom, Lib):
        name = atom.path.rpartition(".")[2].upper()
        return Const(name) if name in VERBS else atom
    if isinstance(atom, Obj):
        for field in ("rawValue", "%case"):
            for held in atom.fields.get(field, NOTHING).atoms():
                if isinstance(held, Const) and isinstance(held.value, str) and held.value.upper() in VERBS:
                    return Const(held.value.upper(), held.place)
    if isinstance(atom, Const) and isinstance(atom.value, str):
        return Const(atom.value.upper(), atom.place, atom.stamp)
    return atom


# ---------------------------------------------------------------- requests


def url_request(call: LibraryCall) -> Value | None:
    """`URLRequest(url: u)`, `try URLRequest(url: u, method: .post, headers: h)`, `HTTPClientRequest(url: u)`."""
    out = jvm_http.blank(call.place)
    url = call.args.get(0, "url")
    if url is not None:
        out.url = request_url(call.interp, url)
    method = call.args.keywords.get("method")
    if method is not None:
        out.method = verb(method)
    merge_headers(call.interp, out, headers_of(call.interp, call.args.keywords.get("headers")))
    return native_object(call.interp, "request", Request(out), call.place, "request")


def headers_of(interp: Interpreter, value: Value | None) -> Value | None:
    """Return headers as a record: a dictionary, a list of pairs, or what was made of them."""
    if value is None or not any(isinstance(atom, Obj) and atom.kind == "list" for atom in value.atoms()):
        return value
    made = library.record(interp, interp.no_place(interp.frame.module.path))
    for target in made.only(Obj):
        library.put_pairs(interp, target, value, interp.no_place(interp.frame.module.path))
    return made


class Request(Native):
    """A `URLRequest`."""

    __slots__ = ("request",)

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("setValue", "addValue"):
            key, value = args.keywords.get("forHTTPHeaderField"), args.get(0)
            if key is not None and value is not None:
                jvm_http.set_header(self.request, key, value)
            return V_NONE
        if name == "value" and "forHTTPHeaderField" in args.keywords:
            key = args.keywords["forHTTPHeaderField"]
            found = NOTHING
            for atom in key.atoms():
                found = found.join(self.request.headers.get(key_text(atom).lower(), V_NONE))
            return found
        if name in ("asURLRequest", "mutableCopy", "copy"):
            return value_of(obj)
        return unknown(f"the result of {name}")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        out = self.request
        if name == "httpMethod":
            return out.method
        if name == "url":
            return out.url
        if name in ("httpBody", "body"):
            return out.body if out.body is not None else V_NONE
        if name in ("allHTTPHeaderFields", "headers"):
            return native_object(interp, "map", Headers(out), place, "headers")
        if name == "content":
            return native_object(interp, "content", Content(out), place, "content")
        return out.method if name == "method" else None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        out = self.request
        if name in ("httpMethod", "method"):
            out.method = verb(new)
        elif name in ("httpBody", "body"):
            out.body = new
        elif name == "url":
            out.url = request_url(interp, new)
        elif name in ("allHTTPHeaderFields", "headers"):
            out.headers.clear()
            merge_headers(interp, out, headers_of(interp, new))
        return True


class Headers(Native):
    """The headers of a request, which change with it."""

    __slots__ = ("request",)

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("add", "update", "updateValue", "merge", "setValue"):
            key = args.keywords.get("name") or args.keywords.get("forKey")
            value = args.keywords.get("value") or args.get(0)
            if key is not None and value is not None:
                jvm_http.set_header(self.request, key, value)
            elif args.positional:
                listed = args.positional[0]
                items = operators.known_items(interp, listed)
                if items is not None and len(items) == 2 and items[0].strings():
                    jvm_http.set_header(self.request, items[0], items[1])
                else:
                    merge_headers(interp, self.request, headers_of(interp, listed))
        return V_NONE

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "bearerAuthorization":
            self.request.headers["authorization"] = library.bearer(interp, new, place)
        else:
            self.request.headers[name.lower()] = new
        return True

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self.request.headers.get(name.lower())


class Content(Native):
    """The content of a request of Vapor's, which is encoded into it."""

    __slots__ = ("request",)

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "encode" and args.positional:
            self.request.body = library.wired(interp, args.positional[0])
        return V_NONE


class Components(Native):
    """`URLComponents`: the parts of an address so far."""

    __slots__ = ("base", "parts")

    def __init__(self, base: Value | None) -> None:
        self.base = base
        self.parts: dict[str, Value] = {}

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        self.parts[name] = new
        return True

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("url", "string"):
            return self.whole(interp, place)
        if name in ("query", "percentEncodedQuery"):
            made = library.record(interp, place)
            for target in made.only(Obj):
                library.put_pairs(interp, target, self.parts.get("queryItems", NOTHING), place)
            return made
        if name == "queryItems" and name not in self.parts:
            self.parts[name] = library.list_of(interp, [], place)
        return self.parts.get(name)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return self.whole(interp, place) if name == "url" else None

    def whole(self, interp: Interpreter, place: Place) -> Value:
        """Return the address."""
        if self.base is not None:
            held = self.base
            path = self.parts.get("path")
            if path is not None:
                held = join_url(interp, held, path, place)
        else:
            scheme = self.parts.get("scheme", constant("https"))
            pieces = [scheme, constant("://"), self.parts.get("host", unknown("a host"))]
            if "port" in self.parts:
                pieces += [constant(":"), self.parts["port"]]
            if "path" in self.parts:
                pieces.append(self.parts["path"])
            held = operators.concat(interp, pieces, place)
        items = self.parts.get("queryItems") or self.parts.get("percentEncodedQueryItems")
        return swift.with_query(interp, held, items, place) if items is not None else held


def components(call: LibraryCall) -> Value | None:
    """`URLComponents()`, `URLComponents(string: text)`, `URLComponents(url: u, resolvingAgainstBaseURL: false)`."""
    return native_object(call.interp, "url", Components(swift.same(call)), call.place, "url")


# ---------------------------------------------------------------- URLSession


def session(call: LibraryCall) -> Value | None:
    """`URLSession.shared`, `URLSession(configuration: c, delegate: d, delegateQueue: nil)`, `Session(…)`, `AF`."""
    made = Session()
    config = call.args.get(0, "configuration")
    for obj in config.only(Obj) if config is not None else ():
        made.config = obj
    for value in call.args.every():
        for atom in value.atoms():
            if accepts_any_server(atom):
                off = atom.fields.get("%verification off") if isinstance(atom, Obj) else None
                told = next((each.place for each in off.only(Const) if each.place is not None), None) if off else None
                where = told if told is not None else call.place
                made.verify.append((value_of(Const(False)), where, "the delegate of the session"))
    for name in ("interceptor", "adapter"):
        if name in call.args.keywords:
            made.interceptors.append(call.args.keywords[name])
    return native_object(call.interp, "client", made, call.place, "client")


def configuration(call: LibraryCall) -> Value | None:
    """`URLSessionConfiguration.default`."""
    return native_object(call.interp, "configuration", Native(), call.place, "configuration")


def disabled_trust(call: LibraryCall) -> Value | None:
    """`ServerTrustManager(evaluators: ["host": DisabledTrustEvaluator()])`."""
    for value in call.args.every():
        for obj in value.only(Obj):
            for held in obj.fields.values():
                if any(isinstance(atom, Lib) and "DisabledTrustEvaluator" in atom.path for atom in held.atoms()):
                    made = call.interp.new("object", place=call.place)
                    made.fields["%verification off"] = value_of(Const(True, call.place))
                    return value_of(made)
    return None


_CHECKS: Final = frozenset(
    {"SecTrustEvaluateWithError", "SecTrustEvaluate", "SecTrustEvaluateAsyncWithError", "SecTrustGetCertificateAtIndex",
     "SecTrustCopyCertificateChain", "SecTrustCopyKey", "SecCertificateCopyData"}
)  # fmt: skip


def accepts_any_server(atom: Atom) -> bool:
    """Whether an object takes every certificate: a delegate that answers each challenge with the server's own trust."""
    if not isinstance(atom, Obj):
        return False
    if "%verification off" in atom.fields:
        return True
    if atom.cls is None:
        return False
    for info in atom.cls.ancestry():
        for function in info.definition.methods:
            if function.name != "urlSession" or not any(param.label == "didReceive" for param in function.params):
                continue
            names = names_in(function.body) | attributes_in(function.body)
            if {".useCredential", "useCredential"} & names and not _CHECKS & names:
                return True
    return False


def attributes_in(node: object) -> set[str]:
    """Return the names of all fields read below a node of the IR, or a tuple of them."""
    return {held.name for held in ir.walk(node) if isinstance(held, ir.Attribute)}


class Session(Native):
    """A `URLSession`, or a session of Alamofire."""

    __slots__ = ("config", "interceptors", "verify")

    def __init__(self) -> None:
        self.config: Obj | None = None
        self.interceptors: list[Value] = []
        self.verify: list[tuple[Value, Place, str]] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("request", "upload", "download", "streamRequest") and ("for" not in args.keywords):
            return self.sent(interp, self.assembled(interp, args, place), place)
        if name == "execute" and (args.positional or "request" in args.keywords):
            out = self.request_of(interp, args.get(0, "request") or NOTHING, place)
            return self.sent(interp, out, place)
        if name in ("data", "bytes", "download", "upload"):
            target = args.keywords.get("for") or args.keywords.get("from")
            if target is None or (name == "upload" and "for" not in args.keywords):
                target = args.keywords.get("for") or (args.positional[0] if args.positional else target)
            if target is None:
                return None
            out = self.request_of(interp, target, place)
            if name == "upload" and "from" in args.keywords:
                out.body = args.keywords["from"]
            return library.list_of(interp, [self.sent(interp, out, place), unknown("an answer's head")], place)
        if name in ("dataTask", "uploadTask", "downloadTask", "dataTaskPublisher", "rx"):
            target = args.keywords.get("with") or args.keywords.get("for") or args.get(0)
            if target is None:
                return None
            out = self.request_of(interp, target, place)
            if name == "uploadTask" and "from" in args.keywords:
                out.body = args.keywords["from"]
            answer = self.sent(interp, out, place)
            block = args.keywords.get("completionHandler") or library.block_of(args)
            if block is not None and any(isinstance(atom, Fn) for atom in block.atoms()):
                passed = [answer, unknown("an answer's head"), V_NONE.join(unknown("an error"))]
                sinks.maybe_run(interp, swift.functions_of(block), Arguments(positional=passed), place)
                return unknown("a task")
            return answer
        return unknown(f"the result of {name}")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("rx", "session", "combine"):
            return value_of(obj)
        if name == "configuration" and self.config is not None:
            return value_of(self.config)
        return None

    def assembled(self, interp: Interpreter, args: Arguments, place: Place) -> HttpRequest:
        """Return the request of `AF.request(url, method:, parameters:, encoding:, headers:)`."""
        first = (
            args.get(0) or args.keywords.get("to") or args.keywords.get("with") or unknown("a URL that nobody gives")
        )
        out = self.request_of(interp, first, place)
        out.place = place
        method = args.keywords.get("method")
        if method is not None:
            out.method = verb(method)
        merge_headers(interp, out, headers_of(interp, args.keywords.get("headers")))
        given = args.keywords.get("parameters") or args.keywords.get("multipartFormData")
        if given is not None:
            coder = args.keywords.get("encoding") or args.keywords.get("encoder")
            in_query = any("queryString" in getattr(atom, "path", "") for atom in coder.atoms()) if coder else False
            if in_query or out.method.const() == "GET":
                out.params = library.wired(interp, given)
            else:
                out.body = library.wired(interp, given)
        if "interceptor" in args.keywords:
            self.adapt(interp, args.keywords["interceptor"], out, place)
        return out

    def request_of(self, interp: Interpreter, target: Value, place: Place) -> HttpRequest:
        """Return what is sent: of a `URLRequest` a copy, of a URL a GET, of a router what it makes of itself."""
        for obj in target.only(Obj):
            if isinstance(obj.native, Request):
                return jvm_http.copy_of(obj.native.request)
            for name in ("asURLRequest", "urlRequest"):
                if obj.cls is not None and obj.cls.method(name) is not None:
                    held = (
                        calls.call_method(interp, value_of(obj), name, Arguments(), place, awaited=True)
                        if name == "asURLRequest"
                        else attributes.get_one(interp, obj, name, place)
                    )
                    return self.request_of(interp, held, place) if held.only(Obj) else jvm_http.blank(place)
        out = jvm_http.blank(place)
        out.url = request_url(interp, target)
        return out

    def sent(self, interp: Interpreter, out: HttpRequest, place: Place) -> Value:
        """Send a request with what the session adds, and return the answer."""
        added = self.config.fields.get("httpAdditionalHeaders") if self.config is not None else None
        if added is None and self.config is not None:
            added = self.config.fields.get("headers")
        if added is not None:
            own = dict(out.headers)
            merge_headers(interp, out, headers_of(interp, added))
            out.headers.update(own)
        for each in self.interceptors:
            self.adapt(interp, each, out, place)
        out.verify += self.verify
        return jvm_http.send(interp, out)

    def adapt(self, interp: Interpreter, interceptor: Value, out: HttpRequest, place: Place) -> None:
        """Let an adapter of Alamofire change a request: it passes it on to a closure."""
        for obj in interceptor.only(Obj):
            if obj.cls is None or obj.cls.method("adapt") is None:
                continue
            result = swift.Continuation()
            completion = native_object(interp, "continuation", result, place, "completion")
            request = native_object(interp, "request", Request(out), place, "request")
            calls.call_method(
                interp,
                value_of(obj),
                "adapt",
                Arguments(positional=[request], keywords={"for": value_of(Lib("Session")), "completion": completion}),
                place,
                awaited=True,
            )
            for each in result.result.only(Obj):
                if isinstance(each.native, Request):
                    out.headers.update(each.native.request.headers)


# ---------------------------------------------------------------- Vapor


def vapor_client(call: LibraryCall) -> Value | None:
    """The client of an application or a request."""
    return native_object(call.interp, "client", VaporClient(), call.place, "client")


class VaporClient(Session):
    """A client of Vapor: a closure changes the request before it is sent."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name.upper() not in VERBS or not args.positional:
            return None
        out = self.request_of(interp, args.positional[0], place)
        out.method = constant(name.upper())
        merge_headers(interp, out, headers_of(interp, args.keywords.get("headers")))
        if "content" in args.keywords:
            out.body = library.wired(interp, args.keywords["content"])
        block = args.keywords.get("beforeSend") or library.block_of(args)
        if block is not None and any(isinstance(atom, Fn) for atom in block.atoms()):
            request = native_object(interp, "request", Request(out), place, "request")
            calls.call(interp, block, Arguments(positional=[request]), place, awaited=True)
        return self.sent(interp, out, place)


# ---------------------------------------------------------------- Moya


def provider(call: LibraryCall) -> Value | None:
    """`MoyaProvider<API>(plugins: [AccessTokenPlugin { _ in token }])`."""
    plugins: list[Value] = []
    listed = call.args.keywords.get("plugins")
    if listed is not None:
        plugins = operators.known_items(call.interp, listed) or []
    return native_object(call.interp, "client", Provider(plugins), call.place, "client")


def token_plugin(call: LibraryCall) -> Value | None:
    """`AccessTokenPlugin { _ in token }`."""
    made = call.interp.new("object", place=call.place)
    block = library.block_of(call.args)
    if block is not None:
        made.fields["%token"] = block
    return value_of(made)


class Provider(Native):
    """A provider of Moya: a request is what its target says of itself."""

    __slots__ = ("plugins",)

    def __init__(self, plugins: list[Value]) -> None:
        self.plugins = plugins

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(obj) if name in ("rx", "reactive") else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name not in ("request", "requestPublisher", "requestWithProgress", "asyncRequest", "requestAsync"):
            return None
        target = args.get(0)
        if target is None:
            return None
        answer = NOTHING
        for each in target.only(Obj):
            answer = answer.join(self.sent(interp, each, place))
        block = library.block_of(args)
        if block is not None and answer.alts:
            sinks.maybe_run(interp, swift.functions_of(block), Arguments(positional=[answer]), place)
        return answer if answer.alts else None

    def sent(self, interp: Interpreter, target: Obj, place: Place) -> Value:
        def of(name: str) -> Value:
            return attributes.get_one(interp, target, name, place)

        out = jvm_http.blank(place)
        out.url = swift.extended_path(interp, of("baseURL"), of("path"), place)
        out.method = verb(of("method"))
        merge_headers(interp, out, headers_of(interp, of("headers")))
        for task in of("task").only(Obj):
            for name, field in (("%body", "body"), ("%params", "params")):
                if name in task.fields:
                    setattr(out, field, task.fields[name])
        for plugin in self.plugins:
            for each in plugin.only(Obj):
                token = each.fields.get("%token")
                if token is not None:
                    held = calls.call(interp, token, Arguments(positional=[value_of(target)]), place, awaited=True)
                    out.headers["authorization"] = library.bearer(interp, held, place)
        return jvm_http.send(interp, out)


def task(call: LibraryCall) -> Value | None:
    """`.requestParameters(parameters: p, encoding: e)`, `.requestJSONEncodable(x)`, `.requestData(d)`."""
    made = call.interp.new("object", place=call.place)
    body = call.args.keywords.get("bodyParameters") or call.args.keywords.get("bodyData") or call.args.get(0)
    given = call.args.keywords.get("parameters")
    if given is not None:
        coder = call.args.keywords.get("encoding")
        in_query = coder is not None and any("queryString" in getattr(atom, "path", "") for atom in coder.atoms())
        made.fields["%params" if in_query else "%body"] = given
    elif body is not None:
        made.fields["%body"] = library.wired(call.interp, body)
    if "urlParameters" in call.args.keywords:
        made.fields["%params"] = call.args.keywords["urlParameters"]
    return value_of(made)
