"""Spring's HTTP clients: `RestTemplate`, `RestClient`, `WebClient`, with their interceptors and filters.

A request is sent when its answer is asked for; what runs before it sees the request and may change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Const,
    Fn,
    Lib,
    MintBody,
    Obj,
    Place,
    PlatformData,
    Response,
    Value,
    constant,
    key_text,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.models.http import HttpRequest, join_url, merge_headers, request_url
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

TEMPLATE_VERBS: Final = {
    "getForObject": ("GET", False, False),
    "getForEntity": ("GET", False, True),
    "postForObject": ("POST", True, False),
    "postForEntity": ("POST", True, True),
    "postForLocation": ("POST", True, True),
    "patchForObject": ("PATCH", True, False),
    "put": ("PUT", True, False),
    "delete": ("DELETE", False, False),
    "headForHeaders": ("HEAD", False, True),
}
"""Methods of `RestTemplate`: the request's method, whether a body follows the address, whether the answer stays wrapped."""
_VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})


class SpringClient(Native):
    """A client, or the builder of one: base address, headers of every request, what runs before it."""

    __slots__ = ("base", "defaults", "hooks", "verify")

    def __init__(self, other: SpringClient | None = None) -> None:
        self.base: Value | None = other.base if other is not None else None
        self.defaults = HttpRequest(constant("GET"), constant(""), Place("", 1, 0, 1, 0))
        if other is not None:
            self.defaults.headers = dict(other.defaults.headers)
            self.defaults.rest_headers = other.defaults.rest_headers
        self.hooks: list[Value] = list(other.hooks) if other is not None else []
        self.verify: list[tuple[Value, Place, str]] = list(other.verify) if other is not None else []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in TEMPLATE_VERBS and given:
            return self.template(interp, name, args, place)
        if name in ("exchange", "execute") and given:
            return self.exchange(interp, args, place)
        if name in _VERBS:
            return self.start(interp, constant(name.upper()), place)
        if name == "method" and given:
            return self.start(interp, verb_of(given[0]), place)
        if name in ("clone", "mutate"):
            return native_object(interp, "client", type(self)(self), place, "client")
        if name in ("baseUrl", "rootUri", "setUriTemplateHandler", "uriBuilderFactory", "uriTemplateHandler") and given:
            self.base = request_url(interp, given[0])
        elif name in ("defaultHeader", "defaultHeaders", "setDefaultHeaders"):
            if len(given) > 1:
                jvm_http.set_header(self.defaults, given[0], given[1])
            else:
                jvm_http.take_headers(interp, self.defaults, given, place)
        elif name in ("basicAuthentication", "basicAuth") and len(given) > 1:
            from cybrid_audit.engine import operators

            parts = [constant("Basic "), given[0], constant(":"), given[1]]
            self.defaults.headers["authorization"] = operators.concat(interp, parts, place)
        elif name in ("filter", "requestInterceptor", "additionalInterceptors", "interceptors", "add") and given:
            self.hook(interp, given, place)
        elif name in ("filters", "requestInterceptors", "setInterceptors"):
            if given and not any(isinstance(atom, Fn) for atom in given[0].atoms()):
                self.hook(interp, given, place)
            elif given:
                hooks = native_object(interp, "list", Hooks(self), place, "filters")
                calls.call(interp, given[0], Arguments(positional=[hooks]), place, awaited=True)
        elif name == "getInterceptors":
            return native_object(interp, "list", Hooks(self), place, "interceptors")
        elif name in ("requestFactory", "setRequestFactory", "clientConnector") and jvm_http.unverified(
            interp, given, "sslSocketFactory"
        ):
            self.verify.append((value_of(Const(False)), place, name))
        return value_of(obj)

    def hook(self, interp: Interpreter, given: list[Value], place: Place) -> None:
        """Take what runs before each request."""
        from cybrid_audit.engine import operators

        for value in given:
            items = operators.known_items(interp, value) if value.only(Obj) else None
            for item in items if items is not None else [value]:
                if item not in self.hooks:
                    self.hooks.append(item)

    def start(self, interp: Interpreter, verb: Value, place: Place) -> Value:
        """Return a request of a fluent client."""
        out = jvm_http.blank(place)
        out.method = verb
        return native_object(interp, "request", SpringRequest(out, self), place, "request")

    # ------------------------------------------------------------ RestTemplate

    def template(self, interp: Interpreter, name: str, args: Arguments, place: Place) -> Value:
        """Return what `getForObject(url, type, variables…)` and its like give."""
        verb, has_body, wraps = TEMPLATE_VERBS[name]
        given = list(args.positional)
        out = jvm_http.blank(place)
        out.method = constant(verb)
        url, rest = given[0], given[1:]
        if has_body and rest:
            take_entity(interp, out, rest.pop(0))
        kind: Value | None = None
        if rest and name not in ("put", "delete", "postForLocation"):
            kind = rest.pop(0)
        out.url = self.address(interp, url, rest, place)
        return self.answered(interp, out, kind, wraps=wraps, place=place)

    def exchange(self, interp: Interpreter, args: Arguments, place: Place) -> Value:
        """Return what `exchange(url, method, entity, type, variables…)` or `exchange(request, type)` gives."""
        given = list(args.positional)
        out = jvm_http.blank(place)
        ready = [obj.native for obj in given[0].only(Obj) if isinstance(obj.native, jvm_http.Request)]
        if ready:
            out = jvm_http.copy_of(ready[0].request)
            out.url = self.address(interp, out.url, [], place)
            return self.answered(interp, out, given[1] if len(given) > 1 else None, wraps=True, place=place)
        if len(given) > 1:
            out.method = verb_of(given[1])
        if len(given) > 2:
            take_entity(interp, out, given[2])
        out.url = self.address(interp, given[0], given[4:], place)
        return self.answered(interp, out, given[3] if len(given) > 3 else None, wraps=True, place=place)

    def address(self, interp: Interpreter, url: Value, variables: list[Value], place: Place) -> Value:
        """Return an address with its variables, below the base."""
        whole = request_url(interp, url)
        if variables:
            whole = jvm_http.filled(interp, whole, variables, place)
        return join_url(interp, self.base, whole, place) if self.base is not None else whole

    def answered(
        self, interp: Interpreter, out: HttpRequest, kind: Value | None, *, wraps: bool, place: Place
    ) -> Value:
        """Send a request and return its answer, or what its body is read into."""
        held = self.send(interp, out)
        result = NOTHING
        for atom, proofs in held.alts:
            one = Value(((atom, proofs),))
            if isinstance(atom, Response):
                body = atom.body
                if kind is not None and kind.only(ClassInfo):
                    body = library.decode(interp, body, kind)
                one = (value_of(Response(body, atom.place)) if wraps else body).with_proofs(proofs)
            result = result.join(one)
        return result

    # ------------------------------------------------------------ sending

    def send(self, interp: Interpreter, out: HttpRequest) -> Value:
        """Send a request, through what runs before it."""
        going = jvm_http.copy_of(out)
        own, rest = going.headers, going.rest_headers
        going.headers = {**self.defaults.headers, **own}
        going.rest_headers = rest if rest is not None else self.defaults.rest_headers
        going.verify += self.verify
        return self.after(interp, going, 0, {})

    def after(self, interp: Interpreter, out: HttpRequest, index: int, attributes: dict[str, Value]) -> Value:
        """Return the answer from a filter on."""
        if index >= len(self.hooks):
            return jvm_http.send(interp, out)
        place = out.place
        request = native_object(interp, "request", SpringRequest(jvm_http.copy_of(out), None, attributes), place)
        going = native_object(interp, "exchange", Exchange(self, out, index, attributes), place, "exchange")
        result: Value | None = None
        for atom in self.hooks[index].atoms():
            held: Value | None = None
            if isinstance(atom, Fn | NativeFn):
                count = len(atom.function.params) if isinstance(atom, Fn) else 2
                given = [request, out.body or V_NONE, going] if count == 3 else [request, going]
                held = calls.call(interp, value_of(atom), Arguments(positional=given), place, awaited=True)
            elif isinstance(atom, Obj) and isinstance(atom.native, Processor):
                changed = atom.native.changed(interp, request, place)
                held = self.after(interp, changed if changed is not None else out, index + 1, attributes)
            elif isinstance(atom, Obj) and atom.cls is not None:
                for name, given in (("intercept", [request, out.body or V_NONE, going]), ("filter", [request, going])):
                    if atom.cls.method(name) is not None:
                        args = Arguments(positional=given)
                        held = calls.call_method(interp, value_of(atom), name, args, place, awaited=True)
                        break
            if held is not None:
                result = held if result is None else result.join(held)
        return result if result is not None and result.alts else self.after(interp, out, index + 1, attributes)


class Hooks(Native):
    """The list of what runs before a request."""

    __slots__ = ("client",)

    def __init__(self, client: SpringClient) -> None:
        self.client = client

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("add", "addAll", "addFirst") and args.positional:
            self.client.hook(interp, args.positional[-1:], place)
        return unknown("nothing")


class Exchange(Native):
    """What a filter or an interceptor goes on with."""

    __slots__ = ("attributes", "client", "index", "request")

    def __init__(self, client: SpringClient, request: HttpRequest, index: int, attributes: dict[str, Value]) -> None:
        self.client = client
        self.request = request
        self.index = index
        self.attributes = attributes

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name not in ("exchange", "execute", "proceed"):
            return None
        out = self.request
        for each in args.positional[0].only(Obj) if args.positional else ():
            if isinstance(each.native, jvm_http.Request):
                # An interceptor changes a request; where it was made stays what it was.
                out = jvm_http.copy_of(each.native.request)
                out.place = self.request.place
        return self.client.after(interp, out, self.index + 1, self.attributes)


class SpringRequest(jvm_http.Request):
    """A request of a fluent client, or one that a filter sees. `client` is None for the latter."""

    __slots__ = ("attributes", "client")

    def __init__(
        self, request: HttpRequest, client: SpringClient | None, attributes: dict[str, Value] | None = None
    ) -> None:
        super().__init__(request)
        self.client = client
        self.attributes: dict[str, Value] = attributes if attributes is not None else {}

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        out = self.request
        if name in ("body", "bodyValue", "syncBody", "setBody") and given:
            out.body = given[0]
            return value_of(obj)
        if name == "uri" and given and self.client is not None:
            out.url, out.place = jvm_http.address(interp, args, blank_or(self.client.base), place), place
            return value_of(obj)
        if name == "attribute" and len(given) > 1:
            for atom in given[0].atoms():
                self.attributes[key_text(atom)] = given[1]
            return value_of(obj)
        if name == "attribute" and given:
            found = NOTHING
            for atom in given[0].atoms():
                found = found.join(self.attributes.get(key_text(atom), NOTHING))
            return found if found.alts else unknown("an attribute of a request")
        if name in ("getHeaders", "headers") and not given:
            return native_object(interp, "headers", RequestHeaders(out), place, "headers")
        if name == "headers" and given and any(isinstance(atom, Fn | NativeFn) for atom in given[0].atoms()):
            headers = native_object(interp, "headers", RequestHeaders(out), place, "headers")
            calls.call(interp, given[0], Arguments(positional=[headers]), place, awaited=True)
            return value_of(obj)
        if name in ("getMethod", "getURI", "url") and not given:
            return out.method if name == "getMethod" else out.url
        if self.client is not None and name in ("retrieve", "exchange", "exchangeToMono", "exchangeToFlux", "toEntity"):
            going = jvm_http.copy_of(out)
            held = self.sent_by(interp, going)
            if name.startswith("exchange") and given:
                return self.exchanged(interp, held, given[0], place)
            return held
        if name in ("contentType", "accept", "cookie", "attributes", "httpRequest", "context", "build", "cookies"):
            return value_of(obj)
        return super().method(interp, obj, name, args, place)

    def sent_by(self, interp: Interpreter, out: HttpRequest) -> Value:
        """Send the request with its attributes."""
        client = self.client
        assert client is not None
        out.headers = {**client.defaults.headers, **out.headers}
        if out.rest_headers is None:
            out.rest_headers = client.defaults.rest_headers
        out.verify += client.verify
        return client.after(interp, out, 0, self.attributes)

    def exchanged(self, interp: Interpreter, held: Value, block: Value, place: Place) -> Value:
        """Return what the function makes of the answer that `exchangeToMono` gives it."""
        result = NOTHING
        for atom, proofs in held.alts:
            functions = Value(tuple(pair for pair in block.alts if isinstance(pair[0], Fn | NativeFn)))
            count = max((len(fn.function.params) for fn in functions.only(Fn)), default=1)
            given = [value_of(atom)] if count < 2 else [unknown("a request"), value_of(atom)]
            one = calls.call(interp, functions, Arguments(positional=given), place, awaited=True)
            result = result.join(one.with_proofs(proofs))
        return result


def blank_or(base: Value | None) -> Value:
    """Return a base address, or what stands for none."""
    return base if base is not None else unknown("a URL that nobody gives")


class RequestHeaders(Native):
    """The headers of a request that is being made."""

    __slots__ = ("request",)

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("set", "add", "put", "addIfAbsent", "setIfAbsent") and len(given) > 1:
            jvm_http.set_header(self.request, given[0], given[1])
        elif name in ("addAll", "putAll") and given:
            merge_headers(interp, self.request, given[-1])
        elif name == "setBearerAuth" and given:
            self.request.headers["authorization"] = library.bearer(interp, given[0], place)
        elif name == "setBasicAuth" and len(given) > 1:
            from cybrid_audit.engine import operators

            parts = [constant("Basic "), given[0], constant(":"), given[1]]
            self.request.headers["authorization"] = operators.concat(interp, parts, place)
        elif name in ("getFirst", "get") and given:
            found = NOTHING
            for atom in given[0].atoms():
                found = found.join(self.request.headers.get(key_text(atom).lower(), V_NONE))
            return found
        return value_of(obj)


class Processor(Native):
    """`ExchangeFilterFunction.ofRequestProcessor(fn)`."""

    __slots__ = ("fn",)

    def __init__(self, fn: Value) -> None:
        self.fn = fn

    def changed(self, interp: Interpreter, request: Value, place: Place) -> HttpRequest | None:
        """Return the request that the function makes of one."""
        held = calls.call(interp, self.fn, Arguments(positional=[request]), place, awaited=True)
        for obj in held.only(Obj):
            if isinstance(obj.native, jvm_http.Request):
                return obj.native.request
        return None


def processor(call: LibraryCall) -> Value | None:
    """`ExchangeFilterFunction.ofRequestProcessor(fn)`."""
    held = call.args.get(0)
    return native_object(call.interp, "filter", Processor(held), call.place, "filter") if held is not None else None


def verb_of(value: Value) -> Value:
    """Return a method of requests: `HttpMethod.POST` is its name."""
    result = NOTHING
    for atom, proofs in value.alts:
        held = Const(atom.path.rsplit(".", 1)[-1]) if isinstance(atom, Lib) else atom
        result = result.join(Value(((held, proofs),)))
    return result


def take_entity(interp: Interpreter, out: HttpRequest, entity: Value) -> None:
    """Take body and headers from `HttpEntity`, or a plain body."""
    for obj in entity.only(Obj):
        if isinstance(obj.native, Entity):
            merge_headers(interp, out, obj.native.headers)
            body = obj.native.body
            if body is not None:
                out.body = body if out.body is None else out.body.join(body)
            return
    if any(not (isinstance(atom, Const) and atom.value is None) for atom in entity.atoms()):
        out.body = entity


class Entity(Native):
    """`HttpEntity`: a body with headers."""

    __slots__ = ("body", "headers")

    def __init__(self, body: Value | None, headers: Value | None) -> None:
        self.body = body
        self.headers = headers

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "getBody":
            return self.body if self.body is not None else V_NONE
        return self.headers if name == "getHeaders" and self.headers is not None else None


def entity(call: LibraryCall) -> Value | None:
    """`new HttpEntity<>(body, headers)`, `new HttpEntity<>(headers)`."""
    given = call.args.positional
    if len(given) == 1 and any(
        isinstance(atom, Obj) and any(name.lower() in ("authorization", "content-type") for name in atom.fields)
        for atom in given[0].atoms()
    ):
        return native_object(call.interp, "entity", Entity(None, given[0]), call.place, "entity")
    body = given[0] if given else None
    return native_object(call.interp, "entity", Entity(body, call.args.get(1)), call.place, "entity")


def form(call: LibraryCall) -> Value | None:
    """`BodyInserters.fromFormData(name, value)`, to which `with` adds."""
    made = library.record(call.interp, call.place)
    given = call.args.positional
    for target in made.only(Obj):
        if len(given) > 1:
            library.put(call.interp, target, given[0], given[1], call.place)
        elif given:
            library.put_pairs(call.interp, target, given[0], call.place)
    return made


def client(call: LibraryCall) -> Value | None:
    """`new RestTemplate()`, `WebClient.builder()`, `RestClient.create(base)`; also a parameter of that type."""
    native = SpringClient()
    first = call.args.get(0)
    if first is not None:
        copied = [obj.native for obj in first.only(Obj) if isinstance(obj.native, SpringClient)]
        if copied:
            native = SpringClient(copied[0])
        elif first.strings() or any(type(atom).__name__ == "Str" for atom in first.atoms()):
            native.base = first
        elif jvm_http.unverified(call.interp, [first], "sslSocketFactory"):
            native.verify.append((value_of(Const(False)), call.place, "requestFactory"))
    return native_object(call.interp, "client", native, call.place, "client")


def request(call: LibraryCall) -> Value | None:
    """`RequestEntity.post(url)`, `ClientRequest.from(request)`: a request, or the builder of one."""
    first = call.args.get(0)
    for obj in first.only(Obj) if first is not None else ():
        if isinstance(obj.native, jvm_http.Request):
            held = obj.native
            attributes = held.attributes if isinstance(held, SpringRequest) else {}
            made = SpringRequest(jvm_http.copy_of(held.request), None, attributes)
            return native_object(call.interp, "request", made, call.place, "request")
    out = jvm_http.blank(call.place)
    verb = call.path.removesuffix("()").rsplit(".", 1)[-1].upper()
    out.method = constant(verb) if verb.lower() in _VERBS else verb_of(first or V_NONE)
    url = first if verb.lower() in _VERBS else call.args.get(1)
    if url is not None:
        out.url = request_url(call.interp, url)
    return native_object(call.interp, "request", SpringRequest(out, None), call.place, "request")


__all__ = ["MintBody", "PlatformData", "SpringClient", "client"]
