"""Apache's HTTP client, of versions 4 and 5, and Unirest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.values import NOTHING, Arguments, Const, Fn, Obj, Place, Response, Value, constant, value_of
from cybrid_audit.models.http import request_url
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


class ApacheClient(Native):
    """A client, or its builder."""

    __slots__ = ("hooks", "verify")

    def __init__(self) -> None:
        self.hooks: list[Value] = []
        self.verify: list[tuple[Value, Place, str]] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("execute", "executeOpen", "send"):
            return self.execute(interp, args, place)
        if name.startswith(("addInterceptor", "addRequestInterceptor")) and given:
            self.hooks.append(given[-1])
        elif name.startswith(("setSSL", "setTls", "setConnectionManager")) and jvm_http.unverified(
            interp, given, "hostnameVerifier"
        ):
            self.verify.append((value_of(Const(False)), place, name))
        elif name in ("close", "start"):
            return constant(None)
        return value_of(obj)

    def execute(self, interp: Interpreter, args: Arguments, place: Place) -> Value:
        """Return the answer to the request among the arguments, or what a handler makes of it."""
        held = NOTHING
        for value in args.positional:
            for each in value.only(Obj):
                if isinstance(each.native, jvm_http.Request):
                    out = jvm_http.copy_of(each.native.request)
                    out.verify += self.verify
                    for hook in self.hooks:
                        request = native_object(interp, "request", jvm_http.Request(out), place, "request")
                        jvm_http.call_interface(
                            interp, hook, "process", [request, constant(None), constant(None)], place
                        )
                    held = held.join(jvm_http.send(interp, out))
        handlers = [value for value in args.positional[1:] if value.only(Fn) or _handles(value)]
        if not handlers:
            return held
        result = NOTHING
        for atom, proofs in held.alts:
            one = Value(((atom, proofs),))
            made = jvm_http.call_interface(interp, handlers[-1], "handleResponse", [one], place)
            result = result.join(made if made is not None else one)
        return result


def _handles(value: Value) -> bool:
    return any(obj.cls is not None and obj.cls.method("handleResponse") is not None for obj in value.only(Obj))


def client(call: LibraryCall) -> Value | None:
    """`HttpClients.createDefault()`, `HttpClientBuilder.create()`."""
    return native_object(call.interp, "client", ApacheClient(), call.place, "client")


def request(call: LibraryCall) -> Value | None:
    """`new HttpPost(url)`, `ClassicRequestBuilder.post(url)`."""
    out = jvm_http.blank(call.place)
    out.method = constant(str(call.settings["method"]))
    first = call.args.get(0)
    if first is not None:
        out.url = request_url(call.interp, first)
    return native_object(call.interp, "request", jvm_http.Request(out), call.place, "request")


def form(call: LibraryCall) -> Value | None:
    """`new UrlEncodedFormEntity(pairs)`."""
    made = library.record(call.interp, call.place)
    for target in made.only(Obj):
        for value in call.args.positional[:1]:
            library.put_pairs(call.interp, target, value, call.place)
    return made


def text_of_entity(call: LibraryCall) -> Value | None:
    """`EntityUtils.toString(response.getEntity())`: the body."""
    first = call.args.get(0)
    if first is None:
        return None
    result = NOTHING
    for atom, proofs in first.alts:
        held = atom.body if isinstance(atom, Response) else value_of(atom)
        result = result.join(held.with_proofs(proofs))
    return result


__all__ = ["client", "form", "request", "text_of_entity"]
