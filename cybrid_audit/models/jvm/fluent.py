"""Fluent HTTP clients of the JVM: that of Jakarta REST, Unirest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import Arguments, ClassInfo, Const, Lib, Obj, Place, Value, constant, value_of
from cybrid_audit.models.http import HttpRequest, join_url, request_url
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_ASKS: Final = frozenset(
    {"asJson", "asString", "asObject", "asBytes", "asEmpty", "asJsonAsync", "asStringAsync", "asObjectAsync"}
)


class Target(Native):
    """`ClientBuilder.newClient()` and what `target(…)` makes of it: an address under construction, and the filters."""

    __slots__ = ("filters", "params", "url", "verify")

    def __init__(self, other: Target | None = None) -> None:
        self.url: Value | None = other.url if other is not None else None
        self.params: list[tuple[Value, Value]] = list(other.params) if other is not None else []
        self.filters: list[Value] = other.filters if other is not None else []
        self.verify: list[tuple[Value, Place, str]] = list(other.verify) if other is not None else []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("target", "path", "queryParam", "resolveTemplate", "resolveTemplates", "matrixParam"):
            made = Target(self)
            if name == "target" and given:
                made.url = request_url(interp, given[0])
            elif name == "path" and given:
                made.url = join_url(interp, self.url, given[0], place) if self.url is not None else given[0]
            elif name == "queryParam" and len(given) > 1:
                made.params.append((given[0], given[1]))
            elif name == "resolveTemplate" and len(given) > 1 and self.url is not None:
                values = library.record(interp, place)
                for target in values.only(Obj):
                    library.put(interp, target, given[0], given[1], place)
                made.url = jvm_http.filled(interp, self.url, [values], place)
            return native_object(interp, "target", made, place, "target")
        if name in ("request", "invocation"):
            out = jvm_http.blank(place)
            if self.url is not None:
                out.url = self.url
            out.verify += self.verify
            for key, value in self.params:
                jvm_http.add_param(interp, out, key, value, place)
            return native_object(interp, "request", Invocation(out, self.filters), place, "request")
        if name == "register" and given:
            self.filters.append(given[0])
        elif name in ("hostnameVerifier", "sslContext") and jvm_http.unverified(interp, given, name):
            self.verify.append((value_of(Const(False)), place, name))
        return value_of(obj)


class Invocation(jvm_http.Request):
    """A request that is sent by its verb, or asked for by the form of its answer."""

    __slots__ = ("filters",)

    def __init__(self, request: HttpRequest, filters: list[Value]) -> None:
        super().__init__(request)
        self.filters = filters

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        out, given = self.request, args.positional
        if name in _VERBS or (name == "method" and given):
            out.method = constant(name.upper()) if name in _VERBS else given[0]
            rest = given if name in _VERBS else given[1:]
            bodies = [value for value in rest if not value.only(ClassInfo) and not value.only(Lib)]
            if bodies and name != "get":
                out.body = bodies[0]
            out.place = place
            return self.send(interp, args, place)
        if name in _ASKS:
            return self.send(interp, args, place)
        if name in ("body", "entity") and given:
            out.body = given[0]
            return value_of(obj)
        if name in ("field", "fields") and given:
            if out.body is None or not out.body.only(Obj):
                out.body = library.record(interp, place)
            for target in out.body.only(Obj):
                if len(given) > 1:
                    library.put(interp, target, given[0], given[1], place)
                else:
                    library.put_pairs(interp, target, given[0], place)
            return value_of(obj)
        if name == "queryString" and len(given) > 1:
            jvm_http.add_param(interp, out, given[0], given[1], place)
            return value_of(obj)
        if name == "routeParam" and len(given) > 1:
            values = library.record(interp, place)
            for target in values.only(Obj):
                library.put(interp, target, given[0], given[1], place)
            out.url = jvm_http.filled(interp, out.url, [values], place)
            return value_of(obj)
        if name == "getHeaders":
            return jvm_http.headers_of(interp, out, place)
        if name in ("accept", "acceptLanguage", "property", "async", "rx", "buildPost", "buildGet", "invoke"):
            return self.send(interp, args, place) if name == "invoke" else value_of(obj)
        return super().method(interp, obj, name, args, place)

    def send(self, interp: Interpreter, args: Arguments, place: Place) -> Value:
        """Send the request through its filters."""
        going = jvm_http.copy_of(self.request)
        for each in self.filters:
            request = native_object(interp, "request", Invocation(going, []), place, "request")
            jvm_http.call_interface(interp, each, "filter", [request], place)
        return jvm_http.answer(interp, jvm_http.send(interp, going), args, place)


def target(call: LibraryCall) -> Value | None:
    """`ClientBuilder.newClient()`."""
    return native_object(call.interp, "client", Target(), call.place, "client")


def request(call: LibraryCall) -> Value | None:
    """`Unirest.post(url)`."""
    out = jvm_http.blank(call.place)
    out.method = constant(str(call.settings["method"]))
    first = call.args.get(0)
    if first is not None:
        out.url = request_url(call.interp, first)
    return native_object(call.interp, "request", Invocation(out, []), call.place, "request")


__all__ = ["request", "target"]
