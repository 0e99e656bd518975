"""The HTTP client of Ktor: its configuration, plugins and requests, all of them blocks over a receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import calls, jvm, operators
from cybrid_audit.engine.values import (
    Arguments,
    Const,
    Fn,
    Lib,
    Obj,
    Place,
    Response,
    Value,
    constant,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.models.http import HttpRequest, join_url
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.jvm.http import Request, copy_of
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


class KtorClient(Native):
    """A client, and the receiver of the block that configures it. `defaults` is what every request starts from."""

    __slots__ = ("basic", "defaults", "tokens")

    def __init__(self, place: Place) -> None:
        self.defaults = jvm_http.blank(place)
        self.tokens: list[Value] = []
        self.basic: list[Value] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        block = library.block_of(args)
        if name == "defaultRequest" and block is not None:
            run_on(interp, block, native_object(interp, "request", Request(self.defaults), place), place)
            return value_of(obj)
        if name == "install":
            self.install(interp, args, block, place)
            return value_of(obj)
        if name in ("engine", "https", "config") and block is not None:
            if name == "config" and interp.state is not None:
                made = KtorClient(place)
                made.defaults = copy_of(self.defaults)
                made.tokens, made.basic = list(self.tokens), list(self.basic)
                held = native_object(interp, "client", made, place, "client")
                run_on(interp, block, held, place)
                return held
            run_on(interp, block, value_of(obj), place)
            return value_of(obj)
        plain = name.removeprefix("prepare")
        verb = jvm_http.VERBS.get(plain.lower())
        if verb is not None or name in ("request", "prepareRequest"):
            return self.perform(interp, verb, args, block, place)
        if name in ("submitForm", "submitFormWithBinaryData"):
            return self.submit(interp, args, block, place)
        return (
            value_of(obj)
            if name in ("close", "use", "addInterceptor", "addDefaultResponseValidation", "followRedirects")
            else None
        )

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in ("trustManager", "sslSocketFactory", "hostnameVerifier") and jvm_http.unverified(
            interp, [new], name
        ):
            self.defaults.verify.append((value_of(Const(False)), place, name))
        return name in ("trustManager", "expectSuccess", "followRedirects", "sslSocketFactory", "hostnameVerifier")

    def install(self, interp: Interpreter, args: Arguments, block: Value | None, place: Place) -> None:
        """Take a plugin that changes requests."""
        plugin = next(
            (atom.path.rpartition(".")[2] for atom in (args.get(0) or unknown("")).atoms() if isinstance(atom, Lib)), ""
        )
        if block is None:
            return
        if plugin == "DefaultRequest":
            run_on(interp, block, native_object(interp, "request", Request(self.defaults), place), place)
        elif plugin == "Auth":
            run_on(interp, block, native_object(interp, "auth", Authentication(self), place), place)

    def fresh(self, place: Place) -> HttpRequest:
        """Return a request as the client's defaults begin it."""
        out = copy_of(self.defaults)
        out.place = place
        return out

    def perform(
        self, interp: Interpreter, verb: str | None, args: Arguments, block: Value | None, place: Place
    ) -> Value:
        """Send a request: its address and its block over the client's defaults."""
        out = self.fresh(place)
        if verb is not None:
            out.method = constant(verb)
        given = [value for value in args.positional if value is not block]
        url = args.keywords.get("urlString") or args.keywords.get("url") or (given[0] if given else None)
        for each in url.only(Obj) if url is not None else ():
            if isinstance(each.native, Request):
                out = copy_of(each.native.request)
                url = None
        if url is not None:
            out.url = jvm_http.address(interp, Arguments(positional=[url]), out.url, place)
        base = self.defaults.url
        if block is not None:
            out.place = place
            run_on(interp, block, native_object(interp, "request", Request(out), place, "request"), place)
            out.place = place
            if url is None and not jvm_http.is_blank(base):
                out.url = join_url(interp, base, out.url, place)
        return self.sent(interp, out, place)

    def submit(self, interp: Interpreter, args: Arguments, block: Value | None, place: Place) -> Value:
        """Send a form."""
        out = self.fresh(place)
        out.method = constant("POST")
        given = [value for value in args.positional if value is not block]
        url = args.keywords.get("url") or (given[0] if given else None)
        form = args.keywords.get("formParameters") or (given[1] if len(given) > 1 else None)
        if url is not None:
            out.url = jvm_http.address(interp, Arguments(positional=[url]), out.url, place)
        out.body = form
        if block is not None and block is not form:
            run_on(interp, block, native_object(interp, "request", Request(out), place, "request"), place)
        out.place = place
        return self.sent(interp, out, place)

    def sent(self, interp: Interpreter, out: HttpRequest, place: Place) -> Value:
        """Return the answer; a client with tokens of its own adds them."""
        if "authorization" not in out.headers and self.tokens:
            held = join_all(
                calls.call(interp, each, Arguments(positional=[]), place, awaited=True) for each in self.tokens
            )
            token = field_of(held, "accessToken", "token")
            out.headers["authorization"] = library.bearer(interp, token if token is not None else held, place)
        if "authorization" not in out.headers and self.basic:
            held = join_all(
                calls.call(interp, each, Arguments(positional=[]), place, awaited=True) for each in self.basic
            )
            user, password = field_of(held, "username"), field_of(held, "password")
            if user is not None and password is not None:
                out.headers["authorization"] = operators.concat(
                    interp, [constant("Basic "), user, constant(":"), password], place
                )
        return jvm_http.send(interp, out)


class Authentication(Native):
    """The receivers of the blocks that configure the authentication of a client."""

    __slots__ = ("client",)

    def __init__(self, client: KtorClient) -> None:
        self.client = client

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        block = library.block_of(args)
        if block is None:
            return None
        if name in ("bearer", "basic", "digest"):
            run_on(interp, block, value_of(obj), place)
        elif name in ("loadTokens", "refreshTokens"):
            self.client.tokens.append(block)
        elif name == "credentials":
            self.client.basic.append(block)
        else:
            return unknown(f"the result of {name}")
        return value_of(obj)


def run_on(interp: Interpreter, block: Value, receiver: Value, place: Place) -> Value:
    """Run a block over a receiver."""
    return calls.call(interp, jvm.bound(block, receiver), Arguments(positional=[receiver]), place, awaited=True)


def client(call: LibraryCall) -> Value | None:
    """`HttpClient(CIO) { … }`."""
    native = KtorClient(call.place)
    made = native_object(call.interp, "client", native, call.place, "client")
    block = library.block_of(call.args)
    if block is not None:
        run_on(call.interp, block, made, call.place)
    return made


def typed_client(call: LibraryCall) -> Value | None:
    """A parameter that is a client."""
    return native_object(call.interp, "client", KtorClient(call.place), call.place, "client")


def named(call: LibraryCall) -> Value | None:
    """`BearerTokens(access, refresh)`, `BasicAuthCredentials(user, password)`: what is kept under which name (`fields`)."""
    made = library.record(call.interp, call.place)
    names = [str(each) for each in call.settings.get("fields", ())]
    for target in made.only(Obj):
        target.fields.update(zip(names, call.args.positional, strict=False))
        target.fields.update({name: value for name, value in call.args.keywords.items() if not name.startswith("%")})
    return made


def header_name(call: LibraryCall) -> Value | None:
    """`HttpHeaders.Authorization`, `HttpHeaders.CONTENT_TYPE`: the name itself."""
    import re

    name = call.path.rpartition(".")[2]
    if not name or "(" in name or not name[0].isupper():
        return None
    spelt = name.replace("_", "-") if name.isupper() else re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name)
    return constant(spelt)


def method_name(call: LibraryCall) -> Value | None:
    """`HttpMethod.Post`."""
    name = call.path.rpartition(".")[2].upper()
    return constant(name) if name in jvm_http.VERBS.values() else None


def form_content(call: LibraryCall) -> Value | None:
    """`FormDataContent(Parameters.build { … })`: the parameters."""
    return call.args.get(0)


__all__ = ["Fn", "Response", "client"]
