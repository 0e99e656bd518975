"""URLs, query strings, headers and forms of JavaScript as values with parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cybrid_audit.engine import attributes, operators, primitives
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Const,
    Obj,
    Place,
    Str,
    Value,
    constant,
    derived,
    join_all,
    key_text,
    parts_of,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.models.javascript.builtins import put_pairs
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


class Pairs(Native):
    """An object of names and values: query parameters, form fields, headers. Its text is `name=value&name=value`."""

    __slots__ = ("fold",)

    def __init__(self, *, fold: bool = False) -> None:
        self.fold = fold

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return unknown("how many there are") if name == "size" else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("set", "append") and len(args.positional) >= 2:
            for key in args.positional[0].atoms():
                self.put(interp, obj, key, args.positional[1], args.positional[0], place)
            return value_of(obj)
        if name in ("get", "getAll") and args.positional:
            key_value = args.positional[0].map(self._folded)
            return attributes.get_item(interp, value_of(obj), key_value, place)
        if name in ("toString", "getHeaders", "getBoundary", "toJSON"):
            if name == "toJSON":
                return value_of(obj)
            return self.texts(interp, obj) if name == "toString" else value_of(interp.new("object", place=place))
        if name in ("delete", "sort"):
            if name == "delete" and args.positional:
                for text in args.positional[0].strings():
                    obj.fields.pop(text.lower() if self.fold else text, None)
            return value_of(obj)
        if name in ("keys", "values", "entries"):
            return primitives.listing(interp, obj, name)
        return None

    def _folded(self, atom: Atom) -> Atom:
        if self.fold and isinstance(atom, Const) and isinstance(atom.value, str):
            return Const(atom.value.lower(), atom.place, atom.stamp)
        return atom

    def put(self, interp: Interpreter, obj: Obj, key: Atom, value: Value, key_value: Value, place: Place) -> None:
        """Store one value under a name."""
        text = key_text(key)
        if self.fold:
            text = text.lower()
        if "{?}" in text:
            attributes.put_dynamic(interp, obj, text, key_value, value, place)
        else:
            attributes.write(interp, obj, text, value, place, certain=len(key_value.alts) == 1, key=key_value)

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        return primitives.listing(interp, obj, "entries")

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        return joined_pairs(interp, obj)

    def text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        return next(joined_pairs(interp, obj).atoms(), None)


def joined_pairs(interp: Interpreter, obj: Obj) -> Value:
    """Return names and values as the text of a query."""
    pieces: list[Value] = []
    place = obj.place or interp.no_place("")
    for name, held in obj.fields.items():
        present = Value(tuple(pair for pair in held.alts if not (isinstance(pair[0], Const) and pair[0].value is None)))
        pieces.append(constant(f"{'&' if pieces else ''}{name}="))
        pieces.append(present if present.alts else constant(""))
    if obj.rest is not None:
        pieces.append(constant("&" if pieces else ""))
        pieces.append(derived("further parameters", obj.rest))
    return operators.concat(interp, pieces, place) if pieces else constant("")


def fill_pairs(interp: Interpreter, obj: Obj, source: Value | None, *, fold: bool = False) -> None:
    """Take names and values from an object, a list of pairs, text, or another such object."""
    if source is None:
        return
    for atom in source.atoms():
        if isinstance(atom, Obj) and (atom.kind == "list"):
            put_pairs(interp, obj, value_of(atom))
        elif isinstance(atom, Obj):
            attributes.spread_into(interp, obj, value_of(atom))
        elif isinstance(atom, Const | Str):
            from cybrid_audit.models.platform import text_fields

            obj.fields.update(text_fields(atom))
        else:
            obj.rest = (obj.rest or NOTHING).join(value_of(atom))
    if fold:
        obj.fields = {name.lower(): held for name, held in obj.fields.items()}


def _pairs(call: LibraryCall, label: str, *, fold: bool = False) -> Value:
    native = Pairs(fold=fold)
    value = native_object(call.interp, "map", native, call.place, label)
    obj = value.only(Obj)[0]
    fill_pairs(call.interp, obj, call.args.get(0), fold=fold)
    obj.native = native
    return value


def new_params(call: LibraryCall) -> Value | None:
    """`new URLSearchParams(init)`."""
    return _pairs(call, "parameters")


def new_headers(call: LibraryCall) -> Value | None:
    """`new Headers(init)`."""
    return _pairs(call, "headers", fold=True)


def new_form(call: LibraryCall) -> Value | None:
    """`new FormData()`."""
    native = Pairs()
    return native_object(call.interp, "map", native, call.place, "form")


def stringified(call: LibraryCall) -> Value | None:
    """`querystring.stringify(object)`: names and values as text."""
    first = call.args.get(0)
    if first is None:
        return None
    result = NOTHING
    for atom, proofs in first.alts:
        held = (
            joined_pairs(call.interp, atom)
            if isinstance(atom, Obj) and atom.kind != "list"
            else derived("a query", value_of(atom))
        )
        result = result.join(held.with_proofs(proofs))
    return result


# ---------------------------------------------------------------- URL


class UrlObject(Native):
    """A `URL`: the text before its query, and its parameters."""

    __slots__ = ("base", "fragment", "params")

    def __init__(self, base: Value, params: Obj) -> None:
        self.base = base
        self.params = params
        self.fragment: Value | None = None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "searchParams":
            return value_of(self.params)
        if name == "href":
            return self.texts(interp, obj)
        if name == "search":
            return joined_pairs(interp, self.params)
        if name in ("pathname", "origin", "host", "hostname", "protocol"):
            return self.base.map(lambda atom: _component(atom, name))
        if name == "hash" and self.fragment is not None:
            return self.fragment
        if name in ("hash", "port", "username", "password"):
            return unknown(f"the {name} of a URL")
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "pathname":
            origin = self.base.map(lambda atom: _component(atom, "origin"))
            self.base = operators.concat(interp, [origin, _rooted(new)], place)
        elif name in ("search", "searchParams"):
            fill_pairs(interp, self.params, new)
        elif name in ("host", "hostname", "origin"):
            path = self.base.map(lambda atom: _component(atom, "pathname"))
            self.base = operators.concat(interp, [constant("https://"), new, path], place)
        elif name == "hash":
            self.fragment = new
        elif name == "href":
            self.base = new
        elif name == "protocol":

            def swapped(atom: Atom) -> Atom:
                parts = list(parts_of(atom))
                if (
                    parts
                    and isinstance(parts[0], Const)
                    and isinstance(parts[0].value, str)
                    and "://" in parts[0].value
                ):
                    scheme = new.const()
                    if isinstance(scheme, str):
                        rest = parts[0].value.split("://", 1)[1]
                        parts[0] = Const(f"{scheme.rstrip(':')}://{rest}", parts[0].place, parts[0].stamp)
                return operators.make_str(parts)

            self.base = self.base.map(swapped)
        return True

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("toString", "toJSON"):
            return self.texts(interp, obj)
        return None

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        pieces = [self.base]
        if self.params.fields or self.params.rest is not None:
            pieces += [constant("?"), joined_pairs(interp, self.params)]
        if self.fragment is not None:
            pieces += [constant("#"), self.fragment]
        return operators.concat(interp, pieces, obj.place or interp.no_place("")) if len(pieces) > 1 else self.base

    def text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        held = self.texts(interp, obj)
        return next(held.atoms(), None) if held is not None else None


def _rooted(path: Value) -> Value:
    def rooted(atom: Atom) -> Atom:
        text = text_of(atom)
        return atom if text is None or text.startswith("/") else operators.make_str([Const("/"), atom])

    return path.map(rooted)


def new_url(call: LibraryCall) -> Value | None:
    """`new URL(path, base)`."""
    interp = call.interp
    first, base = call.args.get(0), call.args.get(1)
    if first is None:
        return None
    whole = as_texts(interp, first)
    if base is not None:
        whole = resolve(interp, whole, as_texts(interp, base), call.place)
    params = native_object(interp, "map", Pairs(), call.place, "parameters").only(Obj)[0]
    heads = NOTHING
    for atom, proofs in whole.alts:
        before, after = cut_query(atom)
        heads = heads.join(Value(((before, proofs),)))
        if after is not None:
            fill_pairs(interp, params, value_of(after))
    return native_object(interp, "url", UrlObject(heads, params), call.place, "url")


def as_texts(interp: Interpreter, value: Value) -> Value:
    """Return a value with objects that have a text replaced by it."""
    result = NOTHING
    for atom, proofs in value.alts:
        held = interp.models.as_texts(interp, atom) if isinstance(atom, Obj) else None
        result = result.join(held.with_proofs(proofs) if held is not None else Value(((atom, proofs),)))
    return result


def cut_query(atom: Atom) -> tuple[Atom, Atom | None]:
    """Return a URL before its question mark, and what follows it."""
    before: list[Atom] = []
    parts = list(parts_of(atom))
    for index, part in enumerate(parts):
        if isinstance(part, Const) and isinstance(part.value, str) and "?" in part.value:
            head, _, tail = part.value.partition("?")
            rest: list[Atom] = [Const(tail, part.place, part.stamp, "", part.function)] if tail else []
            rest.extend(parts[index + 1 :])
            before.append(Const(head, part.place, part.stamp, "", part.function))
            return operators.make_str(before), operators.make_str(rest) if rest else None
        before.append(part)
    return atom, None


def resolve(interp: Interpreter, relative: Value, base: Value, place: Place) -> Value:
    """Return relative references against base URLs, as the URL standard does."""
    result = NOTHING
    for atom, proofs in relative.alts:
        text = text_of(atom)
        if text is not None and re.match(r"[a-zA-Z][a-zA-Z0-9+.\-]*://", text):
            result = result.join(Value(((atom, proofs),)))
            continue
        for base_atom, base_proofs in base.alts:
            if isinstance(base_atom, Const) and base_atom.value is None:
                result = result.join(Value(((atom, proofs),)))
                continue
            kept = _component(base_atom, "origin") if text is None or text.startswith("/") else _directory(base_atom)
            pieces = [value_of(kept), value_of(atom)]
            if text is not None and not text.startswith(("/", "?")) and not key_text(kept).endswith("/"):
                pieces.insert(1, constant("/"))
            joined = operators.concat(interp, pieces, place)
            result = result.join(joined.with_proofs(proofs | base_proofs))
    return result if result.alts else relative


def _directory(atom: Atom) -> Atom:
    """Return a base URL up to its last slash."""
    parts = list(parts_of(atom))
    if not parts or not isinstance(parts[-1], Const) or not isinstance(parts[-1].value, str):
        return atom
    tail = parts[-1]
    text = key_text(atom)
    start = text.find("://")
    if text.find("/", start + 3 if start >= 0 else 0) < 0 or "/" not in str(tail.value):
        return atom
    cut = str(tail.value)[: str(tail.value).rfind("/") + 1]
    return operators.make_str([*parts[:-1], Const(cut, tail.place, tail.stamp, "", tail.function)])


def _component(atom: Atom, name: str) -> Atom:
    """Return a component of a URL, with its parts. What cannot be told apart stays whole."""
    parts = list(parts_of(atom))
    text = key_text(atom)
    start = text.find("://")
    host_start = start + 3 if start >= 0 else 0
    slash = text.find("/", host_start)
    if name == "protocol":
        return Const(text[: start + 1]) if start >= 0 else Const("https:")
    if name == "pathname" and start < 0 and parts and not isinstance(parts[0], Const):
        # The URL starts with a hole: where its path starts is known only if a slash follows.
        return _cut(parts, slash, len(text)) if slash >= 0 else atom
    if name == "pathname":
        return _cut(parts, slash, len(text)) if slash >= 0 else Const("/")
    end = slash if slash >= 0 else len(text)
    return _cut(parts, 0 if name == "origin" else host_start, end)


def _cut(parts: list[Atom], start: int, end: int) -> Atom:
    """Return what stands between two positions of a text whose holes count as `{?}`."""
    kept: list[Atom] = []
    position = 0
    for part in parts:
        text = key_text(part)
        left, right = max(start - position, 0), min(end - position, len(text))
        if left < right:
            if isinstance(part, Const) and isinstance(part.value, str):
                kept.append(Const(part.value[left:right], part.place, part.stamp, part.encoding, part.function))
            else:
                kept.append(part)
        position += len(text)
    return operators.make_str(kept)


__all__ = ["V_NONE", "join_all"]
