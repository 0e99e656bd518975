"""The platform's generated clients for Kotlin and Java: clients with a token, services, models.

`ApiClient(authName = "BearerAuth", bearerToken = t).createService(TradesApi::class.java)` in Kotlin,
`new TradesBankApi(apiClient)` after `apiClient.setBearerToken(t)` in Java."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import operators
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    Const,
    Lib,
    Obj,
    Place,
    Value,
    key_text,
    unknown,
    value_of,
)
from cybrid_audit.models import sdk
from cybrid_audit.models.jvm.http import OkClient
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

TOKEN: Final = "accessToken"  # noqa: S105 - the name of a field
TOKEN_SETTERS: Final = frozenset({"setBearerToken", "setAccessToken", "accessToken", "bearerToken"})
_SCHEMES: Final = ("bearer ", "bearer")


class Client(Native):
    """An `ApiClient`: its token and address are fields of the object."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in TOKEN_SETTERS and given:
            keep(interp, obj, TOKEN, given[-1], place)
            return value_of(obj)
        if name in ("setBasePath", "setBaseUrl") and given:
            obj.fields["basePath"] = given[0]
            return value_of(obj)
        if name in ("addDefaultHeader", "addHeader") and len(given) > 1:
            if any(key_text(atom).lower() == "authorization" for atom in given[0].atoms()):
                keep(interp, obj, TOKEN, given[1], place)
            return value_of(obj)
        if name in ("addAuthorization", "addInterceptor"):
            for value in given:
                for each in value.only(Obj):
                    held = each.fields.get(TOKEN)
                    if held is not None:
                        keep(interp, obj, TOKEN, held, place)
            return value_of(obj)
        if name in ("createService", "create", "buildClient"):
            kinds = [*given, *args.keywords.values()]
            return service(interp, kinds, value_of(obj), place)
        if name in (
            "getAuthentication",
            "getTokenEndPoint",
            "setLogger",
            "setConnectTimeout",
            "setDebugging",
            "getAuthorizations",
        ):
            return value_of(obj)
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in ("bearerToken", "accessToken"):
            keep(interp, obj, TOKEN, new, place)
        elif name in ("basePath", "baseUrl"):
            obj.fields["basePath"] = new
        else:
            return name == "logger"
        return True


def keep(interp: Interpreter, obj: Obj, name: str, value: Value, place: Place) -> None:
    """Keep what a client is given; one that outlives the request keeps it for all."""
    from cybrid_audit.engine import attributes

    attributes.write(interp, obj, name, value, place)


def service(interp: Interpreter, kinds: list[Value], client: Value | None, place: Place) -> Value:
    """Return a service of a generated client."""
    for value in kinds:
        for atom in value.only(Lib):
            name = atom.path.rpartition(".")[2]
            if interp.models.knowledge.operations.is_sdk_class(name):
                made = native_object(interp, "instance", sdk.SdkApi(name, "keywords"), place, name)
                if client is not None:
                    made.only(Obj)[0].fields["%client"] = client
                return made
    return unknown("a service")


def client(call: LibraryCall) -> Value | None:
    """`ApiClient(baseUrl = …, authName = "BearerAuth", bearerToken = …)`; also a parameter of that type."""
    made = native_object(call.interp, "instance", Client(), call.place, "API client")
    obj = made.only(Obj)[0]
    for name in ("bearerToken", TOKEN):
        if name in call.args.keywords:
            obj.fields[TOKEN] = call.args.keywords[name]
    base = call.args.keywords.get("baseUrl") or call.args.get(0)
    if base is not None and base.alts and not base.only(Obj):
        obj.fields["basePath"] = base
    for value in call.args.every():
        for each in value.only(Obj):
            if isinstance(each.native, OkClient):
                for interceptor in each.native.interceptors:
                    for held in interceptor.only(Obj):
                        if TOKEN in held.fields:
                            obj.fields[TOKEN] = held.fields[TOKEN]
    return made


def bearer_auth(call: LibraryCall) -> Value | None:
    """`HttpBearerAuth("Bearer", token)`."""
    made = native_object(call.interp, "instance", Client(), call.place, "bearer authentication")
    given = list(call.args.positional)
    token = call.args.keywords.get("bearerToken") or (given[1] if len(given) > 1 else None)
    if token is not None:
        made.only(Obj)[0].fields[TOKEN] = token
    return made


def api(call: LibraryCall) -> Value | None:
    """`new TradesBankApi(apiClient)`; also a parameter of that type."""
    name = call.path.rpartition(".")[2]
    return service(call.interp, [value_of(Lib(call.path))], call.args.get(0), call.place) if name else None


class Model(Native):
    """A model whose fields are set one by one: `new PostTradeBankModel().quoteGuid(guid)`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if len(args.positional) == 1 and not name.startswith("get"):
            plain = name[3:4].lower() + name[4:] if name.startswith("set") and name[3:4].isupper() else name
            if plain.startswith("add") and plain.endswith("Item"):
                plain = plain[3:4].lower() + plain[4:-4]
                held = obj.fields.get(plain)
                known = operators.known_items(interp, held) if held is not None else []
                listed = interp.new("list", place=place)
                listed.items = [*(known or []), args.positional[0]]
                obj.fields[plain] = value_of(listed)
            else:
                obj.fields[plain] = args.positional[0]
            return value_of(obj)
        if name.startswith("get") and not args.positional:
            return obj.fields.get(name[3:4].lower() + name[4:])
        return value_of(obj) if name in ("build", "toBuilder") else None


def model(call: LibraryCall) -> Value | None:
    """A model: `PostTradeBankModel(quoteGuid = guid)`."""
    name = call.path.rpartition(".")[2]
    if not name[:1].isupper():
        return None
    made = sdk.model(call, name)
    for obj in made.only(Obj):
        obj.native = Model()
        obj.fields.pop("%T", None)
    return made


def enum(call: LibraryCall) -> Value | None:
    """A member of a generated enum: `PostCustomerTokenIdpModel.Scopes.tradesColonRead`."""
    segments = call.path.split(".")
    if segments[-1] in ("values", "entries", "value", "name", "Companion"):
        return None
    return sdk.enum(call)


__all__ = ["V_NONE", "Const", "api", "client"]
