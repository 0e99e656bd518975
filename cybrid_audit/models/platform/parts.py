"""What a request carries: authentication, the fields of its body and query, the parameters of its path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cybrid_audit.engine import operators
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Atom,
    Const,
    Env,
    Fn,
    Input,
    Lib,
    Obj,
    Secret,
    Stored,
    Str,
    Token,
    Unknown,
    Value,
    constant,
    leaves,
    parts_of,
    text_of,
    value_of,
)
from cybrid_audit.models.http import HttpRequest
from cybrid_audit.models.native import field_of

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.knowledge.operations import Operation


def name_of(atom: Atom) -> str:
    """Return the name that a value was read by, for hints."""
    match atom:
        case Env(name=name) | Secret(name=name) | Input(name=name):
            return name
        case Stored(key=key):
            return key
        case Unknown(hint=hint):
            return hint
        case Lib(path=path):
            return path
        case _:
            return ""


def authorization(interp: Interpreter, out: HttpRequest) -> Value:
    """Return what the request authenticates with: the Authorization header, else the client's authentication."""
    held = out.headers.get("authorization")
    if held is None and out.auth is not None:
        held = auth_header(interp, out)
    if held is None and out.rest_headers is not None:
        found = [
            leaf
            for leaf in leaves(out.rest_headers)
            if isinstance(leaf, Token | Env | Secret | Stored | Unknown | Input)
        ]
        held = value_of(*found) if found else None
    return held if held is not None else NOTHING


def auth_header(interp: Interpreter, out: HttpRequest) -> Value | None:
    """Return the header that an authentication object or pair makes."""
    from cybrid_audit.engine import calls
    from cybrid_audit.models.http import merge_headers

    result: Value = NOTHING
    for atom, proofs in (out.auth or NOTHING).alts:
        if isinstance(atom, Obj) and atom.cls is not None:
            for name in ("__call__", "auth_flow", "sync_auth_flow", "async_auth_flow"):
                method = calls.bound_method(interp, atom, name, out.place)
                if method is None:
                    continue
                prepared = interp.new("object", place=out.place)
                headers = interp.new("map", place=out.place)
                prepared.fields = {"headers": value_of(headers), "url": out.url, "method": out.method}
                calls.call(interp, method, Arguments(positional=[value_of(prepared)]), out.place, awaited=True)
                fresh = HttpRequest(out.method, out.url, out.place)
                merge_headers(interp, fresh, prepared.fields["headers"])
                if "authorization" in fresh.headers:
                    result = result.join(fresh.headers["authorization"])
                break
        elif isinstance(atom, Fn):
            prepared = interp.new("object", place=out.place)
            headers = interp.new("map", place=out.place)
            prepared.fields = {"headers": value_of(headers), "url": out.url, "method": out.method}
            calls.call(interp, value_of(atom), Arguments(positional=[value_of(prepared)]), out.place, awaited=True)
            fresh = HttpRequest(out.method, out.url, out.place)
            merge_headers(interp, fresh, prepared.fields["headers"])
            result = result.join(fresh.headers.get("authorization", NOTHING))
        elif isinstance(atom, Obj) and (pair := _pair(interp, atom)) is not None:
            result = result.join(
                operators.concat(interp, [constant("Basic "), pair[0], constant(":"), pair[1]], out.place)
            )
        elif not isinstance(atom, Const):
            result = result.join(Value(((atom, proofs),)))
    return result if result.alts else None


def _pair(interp: Interpreter, obj: Obj) -> tuple[Value, Value] | None:
    if obj.kind == "list" and obj.items is not None and len(obj.items) == 2:
        return obj.items[0], obj.items[1]
    user = field_of(value_of(obj), "username", "user", "login")
    password = field_of(value_of(obj), "password", "pass")
    return (user, password) if user is not None and password is not None else None


def body_fields(interp: Interpreter, body: Value | None) -> dict[str, Value]:
    """Return the fields of a request body: of objects, forms, and text that is put together by hand."""
    result: dict[str, Value] = {}
    if body is None:
        return result
    for atom in body.atoms():
        found: dict[str, Value] = {}
        if isinstance(atom, Obj) and atom.kind == "list":
            for item in operators.known_items(interp, value_of(atom)) or []:
                pair = operators.known_items(interp, item)
                if pair is not None and len(pair) == 2:
                    found.update(dict.fromkeys(pair[0].strings(), pair[1]))
        elif isinstance(atom, Obj):
            for name, held in atom.fields.items():
                found[snake(name)] = interp.models.read_accessor(interp, held, interp.no_place(""))
        elif isinstance(atom, Str | Const):
            found = text_fields(atom)
        elif isinstance(atom, Input):
            # A body that is passed on as it came: whoever sends it chooses what is in it.
            found = {name: value_of(Input(atom.kind, name)) for name in ("scope", "scopes")}
        for name, held in found.items():
            result[name] = held if name not in result else result[name].join(held)
    return result


_FIELD = re.compile(r"""["']?([A-Za-z_][\w\-]*)["']?\s*[:=]\s*["']?([^&"',}\n]*)""")

_MARK = re.compile("\x00(\\d+)\x00")


def text_fields(atom: Atom) -> dict[str, Value]:
    """Return `key=value` and `"key": value` pairs of a string with holes."""
    parts = parts_of(atom)
    text = ""
    literals: list[tuple[int, int, Const]] = []
    for number, part in enumerate(parts):
        if isinstance(part, Const):
            start = len(text)
            text += text_of(part) or ""
            literals.append((start, len(text), part))
        else:
            text += f"\x00{number}\x00"
    if len(text) > 20_000:
        return {}
    result: dict[str, Value] = {}
    for found in _FIELD.finditer(text):
        pieces: list[Atom] = []
        position, base = 0, found.start(2)
        value = found.group(2)
        for mark in _MARK.finditer(value):
            if mark.start() > position:
                pieces.append(_piece(value[position : mark.start()], base + position, literals))
            pieces.append(parts[int(mark.group(1))])
            position = mark.end()
        if position < len(value):
            pieces.append(_piece(value[position:], base + position, literals))
        if pieces:
            result[snake(found.group(1))] = value_of(operators.make_str(pieces))
    return result


def _piece(text: str, start: int, literals: list[tuple[int, int, Const]]) -> Const:
    """Return a part of a text as what it was written as: the literal at that offset, or a piece of it."""
    origin = next((part for first, end, part in literals if first <= start < end), None)
    if origin is None:
        origin = literals[0][2] if literals else None
    if origin is None:
        return Const(text)
    if origin.value == text:
        return origin
    return Const(text, origin.place, origin.stamp, "", origin.function)


def snake(name: str) -> str:
    """Return a field name in the platform's spelling: `customerGuid` is `customer_guid`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def request_names(interp: Interpreter, operation: Operation, url: Atom, out: HttpRequest) -> dict[str, Value]:
    """Return what the request names: fields of the body, of the query, and the parameters of the path."""
    named = body_fields(interp, out.body)
    named.update(body_fields(interp, out.params))
    text = text_of(url) or ""
    query = _before_query(url)
    if query[1]:
        named.update(text_fields(operators.make_str(list(query[1]))))
    del text
    segments = split_segments(query[0])
    wanted = operation.path.strip("/").split("/")
    if len(segments) >= len(wanted):
        for template, given in zip(wanted, segments[len(segments) - len(wanted) :], strict=True):
            if template.startswith("{") and given:
                named[template.strip("{}")] = value_of(operators.make_str(given))
    return named


def _before_query(url: Atom) -> tuple[list[Atom], list[Atom]]:
    """Return the parts of a URL before and after its question mark."""
    before: list[Atom] = []
    after: list[Atom] = []
    target = before
    for part in parts_of(url):
        if target is before and isinstance(part, Const) and isinstance(part.value, str) and "?" in part.value:
            head, _, tail = part.value.partition("?")
            before.append(Const(head, part.place, part.stamp))
            target = after
            if tail:
                after.append(Const(tail, part.place, part.stamp))
        else:
            target.append(part)
    return before, after


def split_segments(parts: list[Atom]) -> list[list[Atom]]:
    """Return path segments, each as the atoms it is made of."""
    segments: list[list[Atom]] = [[]]
    for part in parts:
        if isinstance(part, Const) and isinstance(part.value, str):
            for index, chunk in enumerate(part.value.split("/")):
                if index:
                    segments.append([])
                if chunk:
                    segments[-1].append(Const(chunk, part.place, part.stamp))
        else:
            segments[-1].append(part)
    return [segment for segment in segments if segment]
