"""HTTP clients of the JVM: OkHttp, `java.net.http`, `HttpURLConnection`, Volley, Fuel, and builders of requests in general.

A builder gathers method, address, headers and body; whoever sends it is asked for what is sent along: interceptors and
authenticators of OkHttp run on the request as they do there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.engine import calls, jvm, operators
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
    Response,
    Unknown,
    Value,
    constant,
    join_all,
    key_text,
    unknown,
    value_of,
)
from cybrid_audit.models.http import HttpRequest, join_url, merge_headers, request_url
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

VERBS: Final = {
    "get": "GET",
    "post": "POST",
    "put": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "head": "HEAD",
    "options": "OPTIONS",
}
URLS: Final = frozenset({"url", "uri", "setUrl", "setUri", "endpoint", "path", "takeFrom"})
HEADERS: Final = frozenset({"header", "addHeader", "setHeader", "set", "append", "appendHeader", "addRequestProperty"})
BODIES: Final = frozenset(
    {"body", "bodyValue", "setBody", "syncBody", "entity", "setEntity", "content", "jsonBody", "withBody"}
)


def blank(place: Place) -> HttpRequest:
    """Return a request of which nothing is known yet."""
    return HttpRequest(constant("GET"), unknown("a URL that nobody gives"), place)


def send(interp: Interpreter, out: HttpRequest) -> Value:
    """Send a request: data classes in its body go out under the names of their annotations."""
    from cybrid_audit.models import platform

    if out.body is not None:
        out.body = library.wired(interp, out.body)
    return platform.send(interp, out)


def copy_of(out: HttpRequest) -> HttpRequest:
    """Return a copy that can be changed by itself."""
    made = HttpRequest(
        out.method, out.url, out.place, dict(out.headers), out.rest_headers, out.params, out.body, out.auth
    )
    made.verify = list(out.verify)
    return made


class Request(Native):
    """A request, or the builder of one. `sender` sends it when its own methods say so (`retrieve`, `execute`)."""

    __slots__ = ("request", "sender")

    def __init__(self, request: HttpRequest, sender: Any = None) -> None:
        self.request = request
        self.sender = sender

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = [*args.positional, *(value for key, value in args.keywords.items() if key[:1] != "%")]
        out = self.request
        if name in URLS:
            if given:
                out.url, out.place = address(interp, Arguments(positional=given), out.url, place), place
                return value_of(obj)
            return out.url
        if name in HEADERS and len(given) >= 2:
            set_header(out, given[0], given[1])
            return value_of(obj)
        if name in HEADERS and len(given) == 1 and given[0].only(Obj):
            pairs = library.record(interp, place)
            for target in pairs.only(Obj):
                library.put_pairs(interp, target, given[0], place)
            merge_headers(interp, out, pairs)
            return value_of(obj)
        if name in ("header", "getHeader") and len(given) == 1:
            return join_all(out.headers.get(key_text(atom).lower(), V_NONE) for atom in given[0].atoms())
        if name in ("headers", "appendAll", "addHeaders", "setHeaders"):
            if not given:
                return headers_of(interp, out, place) if self.sender is None else value_of(obj)
            take_headers(interp, out, given, place)
            return value_of(obj)
        if name == "removeHeader" and given:
            for atom in given[0].atoms():
                out.headers.pop(key_text(atom).lower(), None)
            return value_of(obj)
        if name in ("bearerAuth", "setBearerAuth", "authentication") and given:
            out.headers["authorization"] = library.bearer(interp, given[-1], place)
            return value_of(obj)
        if name in ("basicAuth", "setBasicAuth", "basicAuthentication") and len(given) > 1:
            out.headers["authorization"] = operators.concat(
                interp, [constant("Basic "), given[0], constant(":"), given[1]], place
            )
            return value_of(obj)
        if name in BODIES:
            if given:
                out.body = given[0]
                return self.sent(interp, obj, args, place) or value_of(obj)
            return out.body if out.body is not None else V_NONE
        if name.lower() in VERBS and (name == name.lower() or name == name.upper()):
            out.method = constant(VERBS[name.lower()])
            if given:
                out.body = given[0]
            out.place = place
            return value_of(obj)
        if name in ("method", "setMethod"):
            if not given:
                return out.method
            out.method, out.place = given[0], place
            if len(given) > 1:
                out.body = given[1]
            return value_of(obj)
        if name in ("parameter", "addQueryParameter", "queryParam", "param", "query") and len(given) > 1:
            add_param(interp, out, given[0], given[1], place)
            return value_of(obj)
        if name in ("newBuilder", "copy"):
            return native_object(interp, "request", Request(copy_of(out), self.sender), place, "request")
        if name in (
            "build",
            "tag",
            "cacheControl",
            "timeout",
            "accept",
            "contentType",
            "acceptCharset",
            "expectContinue",
            "version",
        ) or (name.startswith(("cookie", "attribute", "timeout", "if", "set", "add", "without", "with"))):
            return value_of(obj)
        if name in ("url", "method") and not given:
            return out.url if name == "url" else out.method
        return self.sent(interp, obj, args, place) if name in SENDS else None

    def sent(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        """Send the request, when it knows how."""
        return None if self.sender is None else answer(interp, self.sender(interp, copy_of(self.request)), args, place)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "url":
            return self.request.url
        if name == "method":
            return self.request.method
        if name == "body":
            return self.request.body or V_NONE
        if name == "headers":
            return headers_of(interp, self.request, place)
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "method":
            self.request.method = new
        elif name == "url":
            self.request.url = new
        elif name == "body":
            self.request.body = new
        else:
            return False
        return True


SENDS: Final = frozenset(
    {
        "retrieve",
        "exchange",
        "exchangeToMono",
        "exchangeToFlux",
        "toEntity",
        "execute",
        "send",
        "responseString",
        "response",
        "responseObject",
        "responseJson",
        "call",
        "asJson",
        "asString",
        "asObject",
        "awaitString",
        "awaitStringResult",
        "awaitStringResponse",
        "awaitStringResponseResult",
        "awaitObject",
        "awaitByteArray",
    }
)


def headers_of(interp: Interpreter, out: HttpRequest, place: Place) -> Value:
    """Return the headers of a request as a map."""
    made = library.record(interp, place)
    for target in made.only(Obj):
        target.fields.update(out.headers)
    return made


def set_header(out: HttpRequest, key: Value, value: Value) -> None:
    """Set a header."""
    for atom in key.atoms():
        name = key_text(atom).lower()
        if "{?}" in name:
            out.rest_headers = value if out.rest_headers is None else out.rest_headers.join(value)
        else:
            out.headers[name] = value


def take_headers(interp: Interpreter, out: HttpRequest, given: list[Value], place: Place) -> None:
    """Take headers from a map, from names and values in turn, or from a block that sets them."""
    if len(given) > 1 and all(value.strings() for value in given[::2]):
        for key, value in zip(given[::2], given[1::2], strict=False):
            set_header(out, key, value)
        return
    for value in given:
        if any(isinstance(atom, Fn) for atom in value.atoms()):
            made = headers_of(interp, out, place)
            calls.call(interp, jvm.bound(value, made), Arguments(positional=[made]), place, awaited=True)
            merge_headers(interp, out, made)
        else:
            merge_headers(interp, out, value)


def add_param(interp: Interpreter, out: HttpRequest, key: Value, value: Value, place: Place) -> None:
    """Add a parameter of the query."""
    if out.params is None or not out.params.only(Obj):
        out.params = library.record(interp, place)
    for target in out.params.only(Obj):
        library.put(interp, target, key, value, place)


def address(interp: Interpreter, args: Arguments, before: Value, place: Place) -> Value:
    """Return an address argument: text, an object that is one, a template with values, a block over a builder."""
    first = args.positional[0]
    if any(isinstance(atom, Fn) for atom in first.atoms()):
        builder = native_object(interp, "url", Url([before] if not is_blank(before) else []), place, "url")
        held = calls.call(interp, jvm.bound(first, builder), Arguments(positional=[builder]), place, awaited=True)
        first = held if held.only(Obj) else builder
    url = request_url(interp, first)
    if len(args.positional) > 1:
        url = filled(interp, url, args.positional[1:], place)
    if not is_blank(before):
        url = join_url(interp, before, url, place)
    return url


def is_blank(value: Value) -> bool:
    """Whether nobody has given an address yet."""
    return all(isinstance(atom, Unknown) and atom.reason == "a URL that nobody gives" for atom in value.atoms())


def filled(interp: Interpreter, url: Value, values: list[Value], place: Place) -> Value:
    """Return a template like `/customers/{guid}` with its values."""
    if len(values) == 1 and values[0].only(Obj) and values[0].only(Obj)[0].kind in ("map", "object"):
        named, positional = dict(values[0].only(Obj)[0].fields), []
    else:
        listed = operators.known_items(interp, values[0]) if len(values) == 1 and values[0].only(Obj) else None
        named, positional = {}, listed if listed is not None else values
    result = NOTHING
    for atom, proofs in url.alts:
        held = Value(((atom, proofs),))
        if isinstance(atom, Const) and isinstance(atom.value, str) and "{" in atom.value:
            names = [part.partition("}")[0] for part in atom.value.split("{")[1:]]
            fields = dict(named) or dict(zip(names, positional, strict=False))
            held = operators.fill(interp, atom, "{", [], fields, place).with_proofs(proofs)
        result = result.join(held)
    return result


class Url(Native):
    """An address under construction: the pieces so far."""

    __slots__ = ("params", "pieces")

    def __init__(self, pieces: list[Value]) -> None:
        self.pieces = pieces

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("scheme", "setScheme") and given:
            self.pieces = [given[0], constant("://")]
        elif name in ("host", "authority", "encodedAuthority", "setHost") and given:
            if not self.pieces:
                self.pieces = [constant("https://")]
            self.pieces.append(given[0])
        elif name in (
            "addPathSegment",
            "addPathSegments",
            "appendPath",
            "appendEncodedPath",
            "addEncodedPathSegment",
            "addEncodedPathSegments",
            "path",
            "encodedPath",
            "setPath",
            "appendPathSegments",
            "pathSegment",
            "resolve",
            "appendEncodedPathSegments",
            "replacePath",
        ):
            for value in given:
                items = operators.known_items(interp, value) if value.only(Obj) else None
                for item in items if items is not None else [value]:
                    first = next((str(text) for text in item.strings()), "")
                    if not first.startswith("/") and not first.startswith("http"):
                        self.pieces.append(constant("/"))
                    self.pieces.append(item)
        elif (
            name in ("addQueryParameter", "appendQueryParameter", "queryParam", "addEncodedQueryParameter")
            and len(given) > 1
        ):
            mark = constant("&" if any("?" in text for piece in self.pieces for text in piece.strings()) else "?")
            self.pieces += [mark, given[0], constant("="), given[1]]
        elif name in ("expand", "buildAndExpand") or (name == "build" and given):
            return filled(interp, self.whole(interp, place), given, place) if given else self.whole(interp, place)
        elif name == "openConnection":
            out = blank(place)
            out.url = self.whole(interp, place)
            return native_object(interp, "connection", Connection(out), place, "connection")
        elif name == "readText":
            out = blank(place)
            out.url = self.whole(interp, place)
            return send(interp, out)
        elif name in ("newBuilder", "buildUpon"):
            return native_object(interp, "url", Url(list(self.pieces)), place, "url")
        elif name in library.SAME or name in ("toUriString", "encode", "build", "buildString"):
            return self.whole(interp, place)
        return value_of(obj)

    def whole(self, interp: Interpreter, place: Place) -> Value:
        """Return the address as text."""
        return operators.concat(interp, self.pieces, place) if self.pieces else unknown("an address")

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        return self.whole(interp, obj.place or interp.no_place(""))

    def text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        return next(self.whole(interp, obj.place or interp.no_place("")).atoms(), None)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(obj) if name in ("parameters", "url") else None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in ("host", "protocol", "encodedPath"):
            self.method(interp, obj, "host" if name == "host" else "path", Arguments(positional=[new]), place)
        return True


def new_url(call: LibraryCall) -> Value | None:
    """A builder of addresses, of nothing or of an address: `HttpUrl.Builder()`, `Uri.parse(x).buildUpon()`."""
    given = call.args.get(0)
    pieces = [given] if given is not None and call.settings.get("from", True) else []
    return native_object(call.interp, "url", Url(pieces), call.place, "url")


def builder(call: LibraryCall) -> Value | None:
    """A builder of requests: `Request.Builder()`, `HttpRequest.newBuilder(uri)`."""
    out = blank(call.place)
    verb = call.settings.get("method")
    if verb:
        out.method = constant(str(verb))
    url_at = int(call.settings.get("url", 0))
    if len(call.args.positional) > url_at:
        out.url = request_url(call.interp, call.args.positional[url_at])
    body = call.settings.get("body")
    if body is not None and len(call.args.positional) > int(body):
        out.body = call.args.positional[int(body)]
    for name, value in call.args.keywords.items():
        # OkHttp 5 takes the parts by name.
        if name == "url":
            out.url = request_url(call.interp, value)
        elif name == "method":
            out.method = value
        elif name == "body":
            out.body = value
            if "method" not in call.args.keywords:
                out.method = constant("POST")
        elif name == "headers":
            merge_headers(call.interp, out, value)
    sender = (send) if call.settings.get("sends") else None
    return native_object(call.interp, "request", Request(out, sender), call.place, "request")


def typed_request(call: LibraryCall) -> Value | None:
    """A parameter that is a request or the builder of one."""
    return native_object(call.interp, "request", Request(blank(call.place)), call.place, "request")


def body_of(call: LibraryCall) -> Value | None:
    """`RequestBody.create(type, text)` and `RequestBody.create(text, type)`."""
    for value in call.args.positional:
        if not any(isinstance(atom, Lib) for atom in value.atoms()):
            return value
    return call.args.get(0)


def address_of(call: LibraryCall) -> Value | None:
    """`URI.create(text)`, `text.toHttpUrl()`: an address, which can be built upon."""
    given = call.args.get(0)
    if given is None:
        given = value_of(*call.sources)
    if len(call.args.positional) > 1 and call.path.endswith(("resolve", "URL", "URI")):
        given = join_url(call.interp, call.args.positional[0], call.args.positional[1], call.place)
    return native_object(call.interp, "url", Url([given]), call.place, "url")


def jdk_client(call: LibraryCall) -> Value | None:
    """`HttpClient.newHttpClient()`, `HttpClient.newBuilder()`."""
    return native_object(call.interp, "client", JdkClient(), call.place, "client")


# ---------------------------------------------------------------- OkHttp


class OkClient(Native):
    """An OkHttp client or its builder."""

    __slots__ = ("authenticators", "interceptors", "verify")

    def __init__(self) -> None:
        self.interceptors: list[Value] = []
        self.authenticators: list[Value] = []
        self.verify: list[tuple[Value, Place, str]] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("addInterceptor", "addNetworkInterceptor") and given:
            if given[-1] not in self.interceptors:
                self.interceptors.append(given[-1])
            return value_of(obj)
        if name in ("authenticator", "proxyAuthenticator") and given:
            self.authenticators.append(given[-1])
            return value_of(obj)
        if name in ("sslSocketFactory", "hostnameVerifier", "socketFactory"):
            off = unverified(interp, given, name)
            if off:
                self.verify.append((value_of(Const(False)), place, name))
            return value_of(obj)
        if name == "newBuilder":
            made = OkClient()
            made.interceptors, made.authenticators = list(self.interceptors), list(self.authenticators)
            made.verify = list(self.verify)
            return native_object(interp, "client", made, place, "client")
        if name == "interceptors":
            return native_object(interp, "list", OkInterceptors(self), place, "interceptors")
        if name in ("newCall", "newWebSocket") and given:
            return native_object(interp, "call", OkCall(self, given[0]), place, "call")
        if name in ("send", "sendAsync") and given:
            return answer(interp, self.sent(interp, given[0], place), args, place)
        return value_of(obj) if name not in ("dispatcher", "connectionPool", "cache", "also") else None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return native_object(interp, "list", OkInterceptors(self), place) if name == "interceptors" else None

    def sent(self, interp: Interpreter, request: Value, place: Place) -> Value:
        """Return the answer to a request, through the interceptors."""
        result = NOTHING
        ready = [obj for obj in request.only(Obj) if isinstance(obj.native, Request)]
        for obj in ready:
            assert isinstance(obj.native, Request)
            result = result.join(self.chain(interp, obj.native.request, 0, place))
        return result if result.alts else unknown("an answer", *request.atoms())

    def chain(self, interp: Interpreter, out: HttpRequest, index: int, place: Place) -> Value:
        """Return the answer from an interceptor on."""
        if index < len(self.interceptors):
            chain = native_object(interp, "chain", OkChain(self, out, index), place, "chain")
            held = call_interface(interp, self.interceptors[index], "intercept", [chain], place)
            if held is not None:
                return held
            return self.chain(interp, out, index + 1, place)
        going = copy_of(out)
        going.verify += self.verify
        for each in self.authenticators:
            self.authenticate(interp, each, going, place)
        return send(interp, going)

    def authenticate(self, interp: Interpreter, each: Value, out: HttpRequest, place: Place) -> None:
        """Take what an authenticator adds to a request that was refused."""
        request = native_object(interp, "request", Request(copy_of(out)), place, "request")
        refused = interp.new("object", place=place)
        refused.fields = {"request": request, "code": constant(401)}
        refused.native = Refused(request)
        held = call_interface(interp, each, "authenticate", [unknown("a route"), value_of(refused)], place)
        for obj in held.only(Obj) if held is not None else ():
            if isinstance(obj.native, Request) and "authorization" in obj.native.request.headers:
                added = obj.native.request.headers["authorization"]
                before = out.headers.get("authorization")
                out.headers["authorization"] = added if before is None else before.join(added)


class JdkClient(OkClient):
    """A client of `java.net.http`, or its builder."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "sslContext" and args.positional and unverified(interp, args.positional, name):
            self.verify.append((value_of(Const(False)), place, name))
        return super().method(interp, obj, name, args, place)


class Refused(Native):
    """The answer that an authenticator sees."""

    __slots__ = ("request",)

    def __init__(self, request: Value) -> None:
        self.request = request

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "request":
            return self.request
        return V_NONE if name == "priorResponse" else unknown(f"the {name} of an answer")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return V_NONE if name == "priorResponse" else None


class OkInterceptors(Native):
    """`builder.interceptors()`: the list itself."""

    __slots__ = ("client",)

    def __init__(self, client: OkClient) -> None:
        self.client = client

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("add", "plusAssign", "addAll") and args.positional:
            self.client.interceptors.append(args.positional[-1])
        return unknown("nothing")


class OkChain(Native):
    """What an interceptor goes on with."""

    __slots__ = ("client", "index", "request")

    def __init__(self, client: OkClient, request: HttpRequest, index: int) -> None:
        self.client = client
        self.request = request
        self.index = index

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "request":
            return native_object(interp, "request", Request(copy_of(self.request)), place, "request")
        if name == "proceed" and args.positional:
            result = NOTHING
            for each in args.positional[0].only(Obj):
                if isinstance(each.native, Request):
                    going = copy_of(each.native.request)
                    # An interceptor changes a request; where it was built stays what it was.
                    going.place = self.request.place
                    result = result.join(self.client.chain(interp, going, self.index + 1, place))
            return result if result.alts else self.client.chain(interp, self.request, self.index + 1, place)
        return value_of(obj) if name.startswith("with") else None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self.method(interp, obj, "request", Arguments(), place) if name == "request" else None


class OkCall(Native):
    """A call that is not sent yet."""

    __slots__ = ("client", "request")

    def __init__(self, client: OkClient, request: Value) -> None:
        self.client = client
        self.request = request

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("execute", "await", "executeAsync", "awaitResponse", "suspendExecute"):
            return self.client.sent(interp, self.request, place)
        if name == "enqueue":
            return answer(interp, self.client.sent(interp, self.request, place), args, place)
        return self.request if name == "request" else value_of(obj) if name in ("clone", "timeout") else None


def call_interface(interp: Interpreter, target: Value, name: str, given: list[Value], place: Place) -> Value | None:
    """Return what a function, or an object that implements a functional interface, gives; None when there is none to call."""
    result: Value | None = None
    for atom in target.atoms():
        held: Value | None = None
        if isinstance(atom, Fn):
            held = calls.call(interp, value_of(atom), Arguments(positional=list(given)), place, awaited=True)
        elif (isinstance(atom, Obj) and atom.cls is not None and atom.cls.method(name) is not None) or not isinstance(
            atom, Obj | Lib | Const | Unknown
        ):
            held = calls.call_method(
                interp, value_of(atom), name, Arguments(positional=list(given)), place, awaited=True
            )
        if held is not None:
            result = held if result is None else result.join(held)
    return result


def answer(interp: Interpreter, value: Value, args: Arguments, place: Place) -> Value:
    """Return an answer; callbacks among the arguments see it."""
    from cybrid_audit.engine.values import ClassInfo

    if any(
        atom for given in args.every() for atom in given.atoms() if isinstance(atom, Fn | Obj) and not _is_plain(atom)
    ):
        for atom in value.only(Response):
            library.answered(interp, atom, args, place)
    kinds = [given for given in args.every() if given.only(ClassInfo)]
    if kinds and value.only(Response):
        return join_all(library.decode(interp, atom.body, kinds[0]) for atom in value.only(Response))
    return value


def _is_plain(atom: Atom) -> bool:
    return isinstance(atom, Obj) and atom.cls is None


def ok_client(call: LibraryCall) -> Value | None:
    """`OkHttpClient()`, `OkHttpClient.Builder()`, `HttpClient.newHttpClient()`; also a parameter of that type."""
    return native_object(call.interp, "client", OkClient(), call.place, "client")


# ---------------------------------------------------------------- TLS


def unverified(interp: Interpreter, given: list[Value], name: str) -> bool:
    """Whether what is given to a client accepts any certificate or host."""
    for value in given:
        for atom in value.atoms():
            if isinstance(atom, Obj):
                if "%verification off" in atom.fields:
                    return True
                if atom.cls is not None and trusts_all(atom):
                    return True
            elif isinstance(atom, Fn) and name == "hostnameVerifier":
                returned = [stmt for stmt in atom.function.body if type(stmt).__name__ == "Return"]
                held = returned[-1].value if returned else None  # type: ignore[attr-defined]
                if getattr(held, "value", None) is True:
                    return True
            elif isinstance(atom, Lib) and (
                "NoopHostnameVerifier" in atom.path
                or "ALLOW_ALL" in atom.path
                or "InsecureTrustManager" in atom.path
                or any(isinstance(each, Obj) and (each.cls is not None and trusts_all(each)) for each in atom.sources)
            ):
                return True
    return False


def trusts_all(obj: Obj) -> bool:
    """Whether an object is a trust manager or a verifier of hosts that refuses nothing."""
    from cybrid_audit import ir

    assert obj.cls is not None
    for name in ("checkServerTrusted", "verify"):
        found = obj.cls.method(name)
        if found is None:
            continue
        body = [
            stmt
            for stmt in found[0].body
            if not (isinstance(stmt, ir.Return) and (stmt.value is None or _says_nothing(stmt.value)))
        ]
        if name == "checkServerTrusted" and not body:
            return True
        last = found[0].body[-1] if found[0].body else None
        if name == "verify" and len(found[0].body) == 1 and isinstance(last, ir.Return):
            return isinstance(last.value, ir.Const) and last.value.value is True
    return False


def _says_nothing(node: object) -> bool:
    from cybrid_audit import ir

    return isinstance(node, ir.Const) or (isinstance(node, ir.Name) and node.id == "Unit")


def ssl_context(call: LibraryCall) -> Value | None:
    """`SSLContext.getInstance("TLS")`: what it is initialised with tells whether certificates are checked."""
    return native_object(call.interp, "tls", Tls(), call.place, "tls context")


class Tls(Native):
    """A TLS context."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "init":
            items = [
                item
                for value in args.positional
                for item in (operators.known_items(interp, value) or [value] if value.only(Obj) else [value])
            ]
            if unverified(interp, items, name):
                obj.fields["%verification off"] = value_of(Const(True, place))
            return V_NONE
        return value_of(obj) if name in ("getSocketFactory", "socketFactory", "getServerSocketFactory") else None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(obj) if name == "socketFactory" else None


# ---------------------------------------------------------------- HttpURLConnection


def open_connection(call: LibraryCall) -> Value | None:
    """`URL(x).openConnection()`."""
    out = blank(call.place)
    if call.args.positional:
        out.url = request_url(call.interp, call.args.positional[0])
    return native_object(call.interp, "connection", Connection(out), call.place, "connection")


class Connection(Native):
    """A connection: it is sent when its answer is read; what is written into its stream is the body."""

    __slots__ = ("answer", "request", "verify")

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.answer: Value | None = None
        self.verify: list[tuple[Value, Place, str]] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("setRequestProperty", "addRequestProperty") and len(given) > 1:
            set_header(self.request, given[0], given[1])
        elif name == "setRequestMethod" and given:
            self.request.method = given[0]
        elif name in ("setSSLSocketFactory", "setHostnameVerifier") and given:
            self.switch(interp, name, given[0], place)
        elif name == "getOutputStream":
            return native_object(interp, "stream", Written(self), place, "stream")
        elif name in ("getInputStream", "getResponseCode", "connect", "getResponseMessage", "getContent"):
            return self.read(interp, name, place)
        elif name in ("getErrorStream", "getHeaderField"):
            return unknown("an answer")
        return unknown(f"the result of {name}")

    def switch(self, interp: Interpreter, name: str, value: Value, place: Place) -> None:
        """Take a socket factory or a verifier of hosts."""
        kind = "hostnameVerifier" if "ostname" in name else "sslSocketFactory"
        if unverified(interp, [value], kind):
            self.request.verify.append((value_of(Const(False)), place, kind))

    def read(self, interp: Interpreter, name: str, place: Place) -> Value:
        """Send, once, and return the answer or its code."""
        if self.answer is None:
            if self.request.body is not None and self.request.method.const() == "GET":
                self.request.method = constant("POST")
            self.answer = send(interp, self.request)
        return unknown("a status") if "Code" in name or "Message" in name or name == "connect" else self.answer

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "outputStream":
            return native_object(interp, "stream", Written(self), place, "stream")
        if name in ("inputStream", "responseCode", "responseMessage", "content"):
            return self.read(interp, "getResponseCode" if name.startswith("response") else name, place)
        return unknown(f"{name} of a connection") if name in ("errorStream", "headerFields") else None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "requestMethod":
            self.request.method = new
        elif name in ("sslSocketFactory", "hostnameVerifier"):
            self.switch(interp, name, new, place)
        return True


class Written(Native):
    """The stream into which a body is written, and what is put around it."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("write", "append", "print", "writeBytes", "println", "writeUtf8") and args.positional:
            held = self.connection.request.body
            value = args.positional[0]
            self.connection.request.body = value if held is None else operators.concat(interp, [held, value], place)
            return V_NONE
        if name in ("close", "flush"):
            return V_NONE
        return value_of(obj)


def wrapper(call: LibraryCall) -> Value | None:
    """What is put around a stream: `OutputStreamWriter(stream)`, `BufferedReader(InputStreamReader(stream))` are the stream."""
    return call.args.get(0)


# ---------------------------------------------------------------- Volley, Fuel


def volley(call: LibraryCall) -> Value | None:
    """A request of Volley: method, address, body and listeners; sent when it is made, for that is what it is made for."""
    interp, given = call.interp, list(call.args.positional)
    out = blank(call.place)
    made_by = [atom for atom in call.sources if isinstance(atom, Obj)]
    verb = next(
        (atom.path.rsplit(".", 1)[-1] for value in given[:1] for atom in value.atoms() if isinstance(atom, Lib)), ""
    )
    if verb:
        out.method = constant(verb)
    texts = [value for value in given if value.strings() or any(type(atom).__name__ == "Str" for atom in value.atoms())]
    if texts:
        out.url = texts[0]
    bodies = [
        value
        for value in given
        if value not in texts[:1] and any(isinstance(atom, Obj) and atom.cls is None for atom in value.atoms())
    ]
    if bodies:
        out.body = bodies[0]
    for obj in made_by:
        for name in ("getHeaders", "getParams", "getBody"):
            method = calls.bound_method(interp, obj, name, call.place) if obj.cls is not None else None
            if method is None:
                continue
            held = calls.call(interp, method, Arguments(), call.place, awaited=True)
            if name == "getHeaders":
                merge_headers(interp, out, held)
            else:
                out.body = held
    held = send(interp, out)
    listeners = Arguments(
        positional=[value for value in given if any(isinstance(atom, Fn) for atom in value.atoms())][:1]
    )
    for atom in held.only(Response):
        library.answered(interp, Response_of(atom), listeners, call.place)
    return unknown("a request")


def Response_of(atom: Response) -> Response:  # noqa: N802 - reads as the class it gives
    """Return the answer that a listener sees: the body alone."""
    return atom


__all__ = ["Request", "builder", "ok_client", "send"]
