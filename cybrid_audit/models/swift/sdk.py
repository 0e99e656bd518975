"""The platform's generated clients for Swift: `TradesAPI.createTrade(postTradeBankModel: m) { trade, error in … }`.

The token is a header of all calls: `CybridApiBankSwiftAPI.customHeaders["Authorization"] = "Bearer …"`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Const,
    Obj,
    Place,
    Value,
    constant,
    unknown,
    value_of,
)
from cybrid_audit.models import platform, sdk, sinks
from cybrid_audit.models.http import HttpRequest
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.models.swift import builtins as swift

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_HEADERS = "headers of the Swift clients"
_BUILDER = "WithRequestBuilder"


def headers(call: LibraryCall) -> Value | None:
    """`CybridApiBankSwiftAPI.customHeaders`."""
    return native_object(call.interp, "map", Headers(), call.place, "headers of all calls")


class Headers(Native):
    """What every call of the clients sends along."""

    __slots__ = ()

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        keep(interp, name, new)
        return True

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        kept: dict[str, Value] = interp.models.memory(_HEADERS, dict)
        return kept.get(name.lower())

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        key, value = args.keywords.get("forKey"), args.get(0)
        if name == "updateValue" and key is not None and value is not None:
            for text in key.strings():
                keep(interp, text, value)
        return V_NONE


def keep(interp: Interpreter, name: str, value: Value) -> None:
    """Keep a header for all calls of the run."""
    kept: dict[str, Value] = interp.models.memory(_HEADERS, dict)
    before = kept.get(name.lower())
    joined = value.without_proofs() if before is None else before.join(value.without_proofs())
    if joined is not before:
        kept[name.lower()] = joined
        interp.store_version += 1


def operation(call: LibraryCall) -> Value | None:
    """`TradesAPI.createTrade(…)`; None for what is no operation."""
    parts = call.path.split(".")
    name = parts[-1].removesuffix(_BUILDER)
    found = call.models.knowledge.operations.by_sdk(parts[-2], name) if len(parts) > 1 else None
    if found is None:
        return None
    interp = call.interp
    named: dict[str, Value] = {}
    body: Value | None = None
    for label, value in call.args.keywords.items():
        if label.startswith(("post", "patch")) and label.endswith("Model"):
            body = library.wired(interp, value, snake=True)
        elif label not in ("apiResponseQueue", "completion"):
            named[library.snaked(label)] = value
    for obj in body.only(Obj) if body is not None else ():
        named.update({library.snaked(field): held for field, held in obj.fields.items()})
    kept: dict[str, Value] = call.models.memory(_HEADERS, dict)
    header = kept.get("authorization", NOTHING)
    bearer = header if header.alts else unknown("a client without a token")
    address = sdk.DEFAULT_HOST + re.sub(r"\{[^}]*\}", "{?}", found.path)
    out = HttpRequest(constant(found.method), constant(address), call.place)
    out.body = body
    out.headers["authorization"] = bearer
    mint = call.models.knowledge.tokens.mint(found.method, found.path)
    if mint is not None:
        index = len(interp.frames) - 1
        answer = platform.mint_token(interp, out, mint, found, call.place, index, Const(found.path))
    else:
        answer = platform.perform_operation(interp, found, bearer, named, body, call.place)
    block = library.block_of(call.args)
    if block is not None:
        passed = Arguments(positional=[answer, V_NONE.join(unknown("an error"))])
        sinks.maybe_run(interp, swift.functions_of(block), passed, call.place)
        return unknown("a task")
    return answer


def model(call: LibraryCall) -> Value | None:
    """`PostTradeBankModel(quoteGuid: guid)`: a record of its fields."""
    made = call.interp.new("object", place=call.place)
    made.fields.update({library.snaked(name): value for name, value in call.args.keywords.items()})
    return value_of(made)
