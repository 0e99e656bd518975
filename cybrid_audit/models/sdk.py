"""The platform's generated clients for TypeScript, Angular and Python: configuration, clients, API classes, models.

All three are generated alike: a `Configuration` holds the token, an API class has a method per operation, and the argument
names tell what they carry. A call ends in the same records as a request by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Const,
    Fn,
    Obj,
    Place,
    Value,
    constant,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models import platform
from cybrid_audit.models.http import HttpRequest, merge_headers, run_hook
from cybrid_audit.models.javascript import rxjs
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.knowledge.operations import Operation

TOKEN_FIELDS: Final = ("access_token", "accessToken")
HOST_FIELDS: Final = ("host", "basePath", "base_path")
VERIFY_FIELDS: Final = ("verify_ssl", "assert_hostname")
DEFAULT_HOST: Final = "https://bank.sandbox.cybrid.app"


class SdkConfiguration(Native):
    """A `Configuration`: its fields are the object's own; `verify` is what was said about certificate checks."""

    __slots__ = ("verify",)

    def __init__(self) -> None:
        self.verify: list[tuple[Value, Place, str]] = []

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in VERIFY_FIELDS:
            self.verify.append((new, place, name))
        return False

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return unknown(f"{name} of a configuration", hint=name)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "set_default":
            set_default(interp, args.get(0) or value_of(obj))
            return V_NONE
        if name in ("get_default_copy", "get_default"):
            return default_configuration(interp)
        return None


class SdkClient(Native):
    """A Python `ApiClient`: a configuration and default headers."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "default_headers":
            headers = interp.new("map", place=place)
            headers.label = "headers of an API client"
            headers.shared = obj.shared
            obj.fields[name] = value_of(headers)
            return obj.fields[name]
        return unknown(f"{name} of a client", hint=name)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "set_default_header" and len(args.positional) >= 2:
            headers = attributes.get_one(interp, obj, "default_headers", place)
            attributes.set_item(interp, headers, args.positional[0], args.positional[1], place)
            return V_NONE
        if name in ("__enter__", "__aenter__"):
            return value_of(obj)
        if name in ("close", "__exit__"):
            return V_NONE
        if name == "call_api" and len(args.positional) >= 2:
            out = HttpRequest(
                args.positional[1], operators.concat(interp, [constant(DEFAULT_HOST), args.positional[0]], place), place
            )
            out.headers["authorization"] = bearer_of_client(interp, value_of(obj), out)
            out.body = args.keywords.get("body")
            return platform.send(interp, out)
        return None


class SdkApi(Native):
    """An API class: `name` tells its operations, `style` how they take arguments (`object`, `keywords`, `positions`)."""

    __slots__ = ("name", "style")

    def __init__(self, name: str, style: str) -> None:
        self.name = name
        self.style = style

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if interp.models.knowledge.operations.by_sdk(self.name, name) is not None:
            return value_of(NativeFn(name, lambda inner, args, at: self.method(inner, obj, name, args, at) or NOTHING))
        return unknown(f"{name} of an API class", hint=name)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("withPreMiddleware", "withMiddleware", "withPostMiddleware"):
            made = native_object(interp, "instance", SdkApi(self.name, self.style), place, self.name)
            target = made.only(Obj)[0]
            target.fields = dict(obj.fields)
            if name != "withPostMiddleware":
                held = target.fields.get("%middleware")
                added = [
                    value if name == "withPreMiddleware" else field_of(value, "pre") or NOTHING
                    for value in args.positional
                ]
                target.fields["%middleware"] = join_all([*([held] if held is not None else []), *added])
            return made
        operation = interp.models.knowledge.operations.by_sdk(self.name, name)
        if operation is None:
            return None
        return call_operation(interp, obj, self, operation, name, args, place)


# ---------------------------------------------------------------- handlers


def member(call: LibraryCall) -> Value | None:
    """A call of something in an SDK package: which by its name (`style` in the settings is how its methods take arguments)."""
    segments = call.path.split(".")
    name = segments[-1]
    style = str(call.settings.get("style", "keywords"))
    if len(segments) > 1 and segments[-2] == "Configuration":
        if name == "set_default" and call.args.positional:
            set_default(call.interp, call.args.positional[0])
            return V_NONE
        if name in ("get_default_copy", "get_default"):
            return default_configuration(call.interp)
    if len(segments) > 1 and segments[-2] == "ApiModule" and name == "forRoot" and call.args.positional:
        set_default(
            call.interp, calls.call(call.interp, call.args.positional[0], Arguments(), call.place, awaited=True)
        )
        return unknown("a module")
    if name == "Configuration":
        return configuration(call)
    if name == "ApiClient":
        return api_client(call)
    if call.models.knowledge.operations.is_sdk_class(name):
        return api(call, name, style)
    if name[:1].isupper() and "()" not in call.path:
        return model(call, name)
    return None


def typed(call: LibraryCall) -> Value | None:
    """A parameter annotated with an SDK class: an instance with the default configuration."""
    name = call.path.rsplit(".", 1)[-1]
    if call.models.knowledge.operations.is_sdk_class(name):
        return api(call, name, str(call.settings.get("style", "keywords")))
    if name == "Configuration":
        held = call.models.memory("sdk default", dict).get("")
        return held if held is not None else None
    return None


def enum(call: LibraryCall) -> Value | None:
    """A member of a generated enum: `PostCustomerTokenIdpModelScopesEnum.Tradesread`, `ScopesEnum.TradesExecute`."""
    segments = call.path.split(".")
    if (
        len(segments) < 3
        or not re.search(r"Enum$|^[A-Z]", segments[-2])
        or segments[-2] in ("Configuration", "ApiModule")
    ):
        return None
    if call.models.knowledge.operations.is_sdk_class(segments[-2]):
        return None
    if segments[-1] == "*" and "Scopes" in segments[-2]:
        # All members: what a customer token may hold at most.
        listed = call.interp.new("list", place=call.place)
        listed.items = [value_of(_literal(call, scope)) for scope in sorted(call.models.knowledge.scopes.customer)]
        return value_of(listed)
    wanted = re.sub(r"[^a-z]", "", segments[-1].replace("Colon", "").lower())
    for scope in sorted(call.models.knowledge.scopes.known):
        if re.sub(r"[^a-z]", "", scope) == wanted:
            return value_of(_literal(call, scope))
    if not segments[-2].endswith("Enum"):
        return None
    return value_of(_literal(call, re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", segments[-1]).lower()))


def _literal(call: LibraryCall, text: str) -> Const:
    frame = call.interp.frame
    return Const(text, call.place, frame.id, "", frame.function)


def configuration(call: LibraryCall) -> Value:
    """`Configuration(access_token=…)`, `new Configuration({accessToken: …})`."""
    native = SdkConfiguration()
    value = native_object(call.interp, "instance", native, call.place, "SDK configuration")
    obj = value.only(Obj)[0]
    obj.fields.update(call.args.keywords)
    for given in call.args.positional:
        if any(isinstance(atom, Obj) for atom in given.atoms()):
            attributes.spread_into(call.interp, obj, given)
            obj.native = native
        else:
            obj.fields.setdefault("host", given)
    if call.args.kwrest is not None:
        obj.rest = call.args.kwrest
    for name in VERIFY_FIELDS:
        if name in obj.fields:
            native.verify.append((obj.fields[name], call.place, name))
    if obj.shared and call.interp.shared_births == 0:
        for name in TOKEN_FIELDS:
            if name in obj.fields:
                call.models.on_store(
                    call.interp, f"SDK configuration field {name}", None, obj.fields[name], call.place, obj
                )
    return value


def api_client(call: LibraryCall) -> Value:
    """`ApiClient(configuration, header_name=…, header_value=…)`."""
    value = native_object(call.interp, "instance", SdkClient(), call.place, "API client")
    obj = value.only(Obj)[0]
    given = call.args.get(0, "configuration")
    obj.fields["configuration"] = given if given is not None else default_configuration(call.interp)
    name, held = call.args.get(1, "header_name"), call.args.get(2, "header_value")
    if name is not None and held is not None:
        attributes.set_item(
            call.interp, attributes.get_one(call.interp, obj, "default_headers", call.place), name, held, call.place
        )
    return value


def api(call: LibraryCall, name: str, style: str) -> Value:
    """`TradesBankApi(api_client)`, `new TradesBankApi(configuration)`, `new TradesService(http, basePath, configuration)`."""
    value = native_object(call.interp, "instance", SdkApi(name, style), call.place, name)
    obj = value.only(Obj)[0]
    given = list(call.args.every())
    if style == "positions":
        given = given[2:3] or given
    if given:
        obj.fields["%client"] = given[0]
    return value


def model(call: LibraryCall, name: str) -> Value:
    """A model object: its fields are its arguments."""
    obj = call.interp.new("object", place=call.place)
    obj.label = name
    obj.fields.update(call.args.keywords)
    obj.rest = call.args.kwrest
    for given in call.args.positional:
        if any(isinstance(atom, Obj) for atom in given.atoms()):
            attributes.spread_into(call.interp, obj, given)
        elif given.alts:
            # A list model, or required arguments by position: their names are not known.
            obj.rest = given if obj.rest is None else obj.rest.join(given)
    return value_of(obj)


def set_default(interp: Interpreter, value: Value) -> None:
    """Make a configuration the one that clients without a configuration of their own take."""
    held: dict[str, Value] = interp.models.memory("sdk default", dict)
    before = held.get("", NOTHING)
    joined = before.join(value)
    if joined is not before:
        held[""] = joined
        interp.store_version += 1
    if not interp.models.recorder.module_level:
        for obj in value.only(Obj):
            for name in TOKEN_FIELDS:
                token = obj.fields.get(name)
                if token is not None:
                    interp.models.on_store(
                        interp, "the default SDK configuration", None, token, obj.place or interp.no_place(""), obj
                    )


def default_configuration(interp: Interpreter) -> Value:
    """Return the default configuration."""
    held: dict[str, Value] = interp.models.memory("sdk default", dict)
    return held.get("", unknown("the default configuration of the SDK"))


# ---------------------------------------------------------------- calls


def call_operation(
    interp: Interpreter, obj: Obj, native: SdkApi, operation: Operation, method: str, args: Arguments, place: Place
) -> Value:
    """Record the call of an operation and return its answer."""
    if interp.state is None:
        return NOTHING
    named, body, options = arguments_of(operation, native.style, args)
    path = re.sub(r"\{[^}]*\}", "{?}", operation.path)
    out = HttpRequest(constant(operation.method), constant(DEFAULT_HOST + path), place)
    out.body = body
    holders = obj.fields.get("%client")
    held = bearer(interp, obj, holders, out)
    if options is not None:
        merge_headers(interp, out, field_of(options, "headers"))
        held = out.headers.get("authorization", held)
    out.headers["authorization"] = held
    for name, value in platform.body_fields(interp, body).items():
        named.setdefault(name, value)
    platform.note_verify_off(interp, out)
    index = len(interp.frames) - 1
    mint = interp.models.knowledge.tokens.mint(operation.method, operation.path)

    def send(inner: Interpreter, sent: HttpRequest) -> Value:
        if mint is not None:
            return platform.mint_token(inner, sent, mint, operation, place, index, Const(operation.path))
        hosts = inner.models.knowledge.hosts
        in_sandbox = all(hosts.environment_of_host(host) == "sandbox" for host in out.hosts)
        carried = sent.headers.get("authorization", held)
        return platform.perform_operation(inner, operation, carried, named, body, place, in_sandbox=in_sandbox)

    if native.style == "positions":
        from cybrid_audit.models.frameworks import angular

        # The generated services send with the application's client, through what intercepts its requests.
        if out.hosts:
            out.url = constant(out.hosts[0].rstrip("/") + path)
        answer = angular.through(interp, out, place, send)
    else:
        answer = send(interp, out)
    if native.style == "keywords":
        if method.endswith("_with_http_info"):
            triple = interp.new("list", place=place)
            triple.label = "tuple"
            triple.items = [answer, unknown("a status"), unknown("headers")]
            return value_of(triple)
        thread = args.keywords.get("async_req")
        if thread is not None and thread.const() is True:
            holder = interp.new("object", place=place)
            holder.fields["get"] = value_of(NativeFn("get", lambda inner, given, at: answer))
            return value_of(holder)
        return answer
    last = args.positional[-1] if len(args.positional) > 1 else None
    if field_of(last, "responseOpts") is not None or any("response" in value.strings() for value in args.positional):
        wrapper = interp.new("object", place=place)
        wrapper.fields = {"response": answer, "body": answer, "data": answer, "status": unknown("a status")}
        answer = value_of(wrapper)
    return rxjs.observable(interp, answer, place)


def arguments_of(
    operation: Operation, style: str, args: Arguments
) -> tuple[dict[str, Value], Value | None, Value | None]:
    """Return what a call names, its body and its options."""
    named: dict[str, Value] = {}
    body: Value | None = None
    options: Value | None = None
    templates = re.findall(r"\{([^}]*)\}", operation.path)
    if style == "object":
        first = args.get(0)
        options = args.get(1)
        for atom in first.atoms() if first is not None else ():
            if not isinstance(atom, Obj):
                if not isinstance(atom, Const):
                    body = value_of(atom)
                continue
            for name, held in atom.fields.items():
                if _is_body(name):
                    body = held if body is None else body.join(held)
                else:
                    key = platform.snake(name)
                    named[key] = held if key not in named else named[key].join(held)
            if atom.rest is not None:
                named.setdefault("unnamed", atom.rest)
        return named, body, options
    positional = list(args.positional)
    for template in templates:
        if template in args.keywords:
            named[template] = args.keywords[template]
        elif positional:
            named[template] = positional.pop(0)
    if operation.method in ("POST", "PUT", "PATCH") and positional:
        body = positional.pop(0)
    for name, held in args.keywords.items():
        if _is_body(name):
            body = held
        elif not name.startswith("_"):
            named.setdefault(platform.snake(name), held)
    for node, held in zip(
        args.nodes[len(args.positional) - len(positional) : len(args.positional)], positional, strict=False
    ):
        spoken = _spoken(node)
        if spoken:
            named.setdefault(spoken, held)
    if args.kwrest is not None:
        named.setdefault("unnamed", args.kwrest)
    return named, body, options


def _is_body(name: str) -> bool:
    return re.match(r"(?i)(?:post|patch|put)_?[a-z]", name) is not None or name == "body"


def _spoken(node: object) -> str:
    """Return the name by which an argument is spoken of: `customerGuid`, `session.customerGuid`."""
    from cybrid_audit import ir

    value = node.value if isinstance(node, ir.Arg) else node
    name = value.id if isinstance(value, ir.Name) else value.name if isinstance(value, ir.Attribute) else ""
    return platform.snake(name)


# ---------------------------------------------------------------- tokens


def bearer(interp: Interpreter, obj: Obj, holders: Value | None, out: HttpRequest) -> Value:
    """Return what a call of this API object authenticates with; takes switches of its configuration into the request."""
    middleware = obj.fields.get("%middleware")
    if holders is None or all(isinstance(atom, Const) and atom.value is None for atom in holders.atoms()):
        holders = interp.models.memory("sdk default", dict).get("")
        if holders is None:
            holders = NOTHING if middleware is not None else unknown("the default configuration of the SDK")
    held = bearer_of_client(interp, holders, out)
    if held.alts:
        out.headers["authorization"] = held
    if middleware is not None:
        run_hook(interp, out, middleware, out.place)
    return out.headers.get("authorization", held)


def bearer_of_client(interp: Interpreter, holders: Value, out: HttpRequest) -> Value:
    """Return what clients and configurations authenticate with."""
    result = NOTHING
    for atom, proofs in holders.alts:
        if not isinstance(atom, Obj):
            if not isinstance(atom, Const):
                result = result.join(Value(((atom, proofs),)))
            continue
        merge_headers(interp, out, atom.fields.get("default_headers"))
        client_header = out.headers.pop("authorization", None)
        inner = atom.fields.get("configuration")
        if inner is None and not isinstance(atom.native, SdkConfiguration):
            inner = field_of(value_of(atom), "api_client", "client")
        if client_header is not None:
            result = result.join(client_header)
        elif inner is not None and not isinstance(atom.native, SdkConfiguration):
            result = result.join(bearer_of_client(interp, inner, out))
        else:
            result = result.join(token_of(interp, atom, out))
    return result


def token_of(interp: Interpreter, obj: Obj, out: HttpRequest) -> Value:
    """Return the token of a configuration object."""
    if isinstance(obj.native, SdkConfiguration):
        out.verify.extend(obj.native.verify)
    for name in HOST_FIELDS:
        host = obj.fields.get(name)
        for atom in host.atoms() if host is not None else ():
            from cybrid_audit.engine.values import text_of

            platform.note_plain_http(interp, atom, text_of(atom) or "")
            out.hosts.append(text_of(atom) or "{?}")
    middleware = obj.fields.get("middleware")
    found = NOTHING
    for name in TOKEN_FIELDS:
        held = obj.fields.get(name)
        if held is not None:
            found = found.join(called(interp, interp.models.read_accessor(interp, held, out.place), out.place))
    credentials = field_of(obj.fields.get("credentials"), "BearerAuth", "oauth2")
    if credentials is not None:
        found = found.join(called(interp, credentials, out.place))
    if not found.alts and obj.fields.get("username") is not None:
        found = found.join(obj.fields["username"])
    if not found.alts and obj.rest is not None:
        found = obj.rest
    if middleware is not None:
        if found.alts:
            out.headers["authorization"] = found
        for row in operators.known_items(interp, middleware) or [operators.element_of(interp, middleware)]:
            pre = field_of(row, "pre")
            if pre is None:
                pre = _bound(interp, row, "pre", out.place)
            if pre is not None:
                run_hook(interp, out, pre, out.place)
        found = out.headers.pop("authorization", found)
    return found


def _bound(interp: Interpreter, holder: Value, name: str, place: Place) -> Value | None:
    for obj in holder.only(Obj):
        method = calls.bound_method(interp, obj, name, place)
        if method is not None:
            return method
    return None


def called(interp: Interpreter, value: Value, place: Place) -> Value:
    """Return a value with functions replaced by what they give back."""
    result = NOTHING
    for atom, proofs in value.alts:
        if isinstance(atom, Fn | NativeFn):
            args = Arguments(positional=[constant("BearerAuth"), unknown("scopes")])
            result = result.join(interp.settle(calls.call(interp, value_of(atom), args, place, awaited=True)))
        else:
            result = result.join(interp.settle(Value(((atom, proofs),))))
    return result


__all__ = ["Atom", "call_operation", "member"]
