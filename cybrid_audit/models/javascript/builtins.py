"""The JavaScript language library: JSON, Object, Array, conversions, encodings, collections, promises, timers, reflection.

Conversions and encodings keep what they are given: `JSON.stringify(order)` is the order, `btoa(id + ":" + secret)` the same parts.
What a value is and where it came from matters to the rules, its spelling does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import attributes, calls, operators, primitives
from cybrid_audit.engine.values import (
    FALSE,
    NO_PROOFS,
    NOTHING,
    TRUE,
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Env,
    Fn,
    Input,
    Lib,
    MintBody,
    Namespace,
    Obj,
    Place,
    PlatformData,
    Promise,
    Proofs,
    Random,
    Response,
    Secret,
    Stored,
    Str,
    Token,
    Value,
    constant,
    derived,
    join_all,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

FROM_OUTSIDE = (Input, Stored, PlatformData, Secret, Env)
"""Atoms of which a part is again such an atom, or made from it."""


# ---------------------------------------------------------------- what passes through


def same(call: LibraryCall) -> Value | None:
    """A call that gives back one of its arguments (`arg`, the first by default): `Object.freeze(x)`, `structuredClone(x)`."""
    held = call.args.get(int(call.settings.get("arg", 0)))
    return held if held is not None else V_NONE


def nothing(call: LibraryCall) -> Value | None:
    """A call whose result says nothing: `console.clear()`, `Object.is(a, b)`."""
    return unknown(str(call.settings.get("is", "a result")))


def number(call: LibraryCall) -> Value | None:
    """A number that nobody can tell, such as the time."""
    return unknown(str(call.settings.get("is", "a number")))


def random(call: LibraryCall) -> Value | None:
    """A value that a random generator makes."""
    return value_of(Random(call.path.removesuffix("()").rsplit(".", 1)[-1]))


def calls_first(call: LibraryCall) -> Value | None:
    """A call that runs one of its arguments (`arg`) and gives back what that returns: `untracked(fn)`, `retry(fn)`, `once()`."""
    fn = call.args.get(int(call.settings.get("arg", 0)))
    if fn is None:
        return None
    given = [unknown("what a library passes") for _ in range(int(call.settings.get("passes", 0)))]
    return calls.call(
        call.interp, fn, Arguments(positional=given), call.place, awaited=bool(call.settings.get("awaited", False))
    )


# ---------------------------------------------------------------- JSON


def json_parse(call: LibraryCall) -> Value | None:
    """`JSON.parse(text)`: objects that were made text come back; literals are read; the rest is made from its text."""
    held = call.args.get(0)
    if held is None:
        return None
    from cybrid_audit.models.javascript.sources import parsed

    texts = parsed(call.interp, held)
    # Parsing an empty text throws.
    filled = Value(tuple(pair for pair in texts.alts if not (isinstance(pair[0], Const) and pair[0].value == "")))
    return (filled if filled.alts else texts).map(lambda atom: _parsed(call, atom))


def _parsed(call: LibraryCall, atom: Atom) -> Atom:
    if isinstance(atom, Const) and isinstance(atom.value, str):
        import json

        try:
            plain = json.loads(atom.value)
        except (ValueError, RecursionError):
            return atom
        return next(from_json(call.interp, plain, atom).atoms())
    if isinstance(atom, Str):
        return next(derived("parsed text", value_of(atom)).atoms())
    return atom


def from_json(interp: Interpreter, plain: object, origin: Const, depth: int = 0) -> Value:
    """Return plain data as a value whose strings stand where `origin` stands."""
    if isinstance(plain, dict) and depth < 12:
        obj = interp.new("object", place=origin.place)
        obj.function = origin.function
        for name, held in plain.items():
            obj.fields[str(name)] = from_json(interp, held, origin, depth + 1)
        return value_of(obj)
    if isinstance(plain, list) and depth < 12:
        made = interp.new("list", place=origin.place)
        made.function = origin.function
        made.items = [from_json(interp, held, origin, depth + 1) for held in plain[:256]]
        return value_of(made)
    if isinstance(plain, str):
        return value_of(Const(plain, origin.place, origin.stamp, origin.encoding, origin.function))
    return constant(plain if isinstance(plain, int | float | bool) else None)


# ---------------------------------------------------------------- conversions


def to_text(call: LibraryCall) -> Value | None:
    """`String(x)`: text of constants, else the same value."""
    held = call.args.get(0)
    if held is None:
        return constant("")
    result = NOTHING
    for atom, proofs in held.alts:
        if isinstance(atom, Obj):
            result = result.join(operators.concat(call.interp, [value_of(atom)], call.place).with_proofs(proofs))
        elif isinstance(atom, Const) and not isinstance(atom.value, str):
            result = result.join(Value(((Const(text_of(atom) or str(atom.value), atom.place, atom.stamp), proofs),)))
        else:
            result = result.join(Value(((atom, proofs),)))
    return result


def to_number(call: LibraryCall) -> Value | None:
    """`Number(x)`, `parseInt(x)`: numbers of constants, else the same value, so that comparisons still know it."""
    held = call.args.get(0)
    if held is None:
        return constant(0)
    return held.map(_numeric)


def _numeric(atom: Atom) -> Atom:
    if isinstance(atom, Const) and isinstance(atom.value, str):
        try:
            return Const(int(atom.value), atom.place, atom.stamp)
        except ValueError:
            return atom
    return atom


def to_bool(call: LibraryCall) -> Value | None:
    """`Boolean(x)`: the truth of a value with what it proves."""
    held = call.args.get(0)
    return operators.as_bool(call.interp, held) if held is not None else value_of(FALSE)


def decoded(call: LibraryCall) -> Value | None:
    """A decoder (`atob`, `Buffer.from(x, "base64")`): literals are decoded, remembering how they were encoded; the rest passes.

    `encoding` in the settings, else in the argument `encoding_at`."""
    held = call.args.get(0)
    if held is None:
        return None
    encoding = str(call.settings.get("encoding", ""))
    if not encoding:
        given = call.args.get(int(call.settings.get("encoding_at", 1)))
        named = given.const() if given is not None else None
        encoding = named if isinstance(named, str) else ""
    if encoding not in ("base64", "base64url", "hex"):
        return _bytes_of(call.interp, held)
    return held.map(lambda atom: decode_constant(atom, encoding))


def _bytes_of(interp: Interpreter, held: Value) -> Value:
    """Return a byte array of known codes as text, and everything else as it is."""
    result = NOTHING
    for atom, proofs in held.alts:
        if isinstance(atom, Obj) and atom.kind == "list" and atom.items:
            codes = [item.const() for item in atom.items]
            if all(isinstance(code, int) and 0 <= code < 256 for code in codes):
                text = bytes(code for code in codes if isinstance(code, int)).decode("utf-8", "replace")
                result = result.join(Value(((Const(text, atom.place, 0, "bytes", atom.function), proofs),)))
                continue
        result = result.join(Value(((atom, proofs),)))
    return result


def decode_constant(atom: Atom, encoding: str) -> Atom:
    """Return a constant decoded from base64 or hex; anything else, and what is no such text, as it is."""
    import base64
    import binascii

    if isinstance(atom, Str) and all(isinstance(part, Const) and isinstance(part.value, str) for part in atom.parts):
        first = next(part for part in atom.parts if isinstance(part, Const))
        atom = Const(
            "".join(text_of(part) or "" for part in atom.parts),
            first.place,
            first.stamp,
            first.encoding,
            first.function,
        )
    if not isinstance(atom, Const) or not isinstance(atom.value, str):
        return atom
    text = atom.value.strip()
    try:
        if encoding == "hex":
            raw = bytes.fromhex(text)
        else:
            raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
        plain = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return atom
    return Const(plain, atom.place, atom.stamp, "hex" if encoding == "hex" else "base64", atom.function)


def joined(call: LibraryCall) -> Value | None:
    """A call that joins its arguments, or a list, to one text: `Buffer.concat([a, b])`, `String.raw`, `path.join(a, b)`."""
    separator = str(call.settings.get("separator", ""))
    pieces: list[Value] = []
    for value in call.args.positional:
        known = operators.known_items(call.interp, value)
        pieces.extend(known if known is not None else [value])
    if call.args.rest is not None:
        pieces.append(call.args.rest)
    return operators.concat_join(call.interp, pieces, separator)


# ---------------------------------------------------------------- collections


class MapObject(Native):
    """A `Map`: an object of kind map that iterates over its pairs."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return unknown("the size of a map") if name == "size" else None

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        return primitives.listing(interp, obj, "entries")


class SetObject(Native):
    """A `Set`: a list whose `has` is a membership test."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return unknown("the size of a set") if name == "size" else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "has" and args.positional:
            return operators.compare(interp, "in", args.positional[0], value_of(obj), place)
        if name == "add" and args.positional:
            held = obj.items
            if held is None or all(args.positional[0] != item for item in held):
                primitives.collection_method(interp, obj, "push", args, place)
            if obj.shared and interp.shared_births == 0:
                interp.models.on_store(interp, f"{obj.label} entry", None, args.positional[0], place, obj)
            return value_of(obj)
        if name in ("delete", "clear"):
            return unknown("whether it was there")
        return None


def new_map(call: LibraryCall) -> Value | None:
    """`new Map(pairs)`, `new WeakMap()`."""
    value = native_object(call.interp, "map", MapObject(), call.place, "map")
    obj = value.only(Obj)[0]
    first = call.args.get(0)
    if first is not None:
        put_pairs(call.interp, obj, first)
    return value


def put_pairs(interp: Interpreter, target: Obj, pairs: Value) -> None:
    """Store `[key, value]` pairs into an object that is being made."""
    known = operators.known_items(interp, pairs)
    rows = known if known is not None else [operators.element_of(interp, pairs)] if _is_collection(pairs) else []
    for row in rows:
        pair = operators.known_items(interp, row)
        if pair is not None and len(pair) >= 2:
            for key in pair[0].atoms():
                text = text_of(key)
                if known is not None and text is not None and "{?}" not in text:
                    held = target.fields.get(text)
                    target.fields[text] = pair[1] if held is None or len(pair[0].alts) == 1 else held.join(pair[1])
                else:
                    target.rest = (target.rest or NOTHING).join(pair[1])
        elif row.alts:
            element = operators.element_of(interp, row)
            target.rest = (target.rest or NOTHING).join(element)


def _is_collection(value: Value) -> bool:
    return any(not isinstance(atom, Const) for atom in value.atoms())


def new_set(call: LibraryCall) -> Value | None:
    """`new Set(items)`."""
    value = native_object(call.interp, "list", SetObject(), call.place, "set")
    obj = value.only(Obj)[0]
    obj.items = []
    first = call.args.get(0)
    if first is not None and any(not (isinstance(atom, Const) and atom.value is None) for atom in first.atoms()):
        _fill(call.interp, obj, first)
    return value


def _fill(interp: Interpreter, target: Obj, source: Value) -> None:
    known = operators.known_items(interp, source)
    if known is not None:
        target.items = list(dict.fromkeys(known)) if target.label == "set" else list(known)
    else:
        target.items = None
        target.rest = operators.element_of(interp, source)
    origin = next((atom for atom in source.only(Obj) if atom.kind == "list"), None)
    if origin is not None:
        target.place, target.function = origin.place, origin.function


def array_from(call: LibraryCall) -> Value | None:
    """`Array.from(iterable, map)`."""
    first = call.args.get(0)
    obj = call.interp.new("list", place=call.place)
    if first is None:
        obj.items = []
        return value_of(obj)
    if field_of(first, "length") is not None:
        obj.rest = unknown("an element of a fresh list")
    else:
        _fill(call.interp, obj, first)
    mapper = call.args.get(1)
    if mapper is not None:
        return primitives.collection_method(call.interp, obj, "map", Arguments(positional=[mapper]), call.place)
    return value_of(obj)


def array_of(call: LibraryCall) -> Value | None:
    """`Array.of(a, b)`, `new Array(a, b)`; `new Array(n)` has n unknown elements."""
    obj = call.interp.new("list", place=call.place)
    only = call.args.positional[0].const() if len(call.args.positional) == 1 else None
    if call.args.rest is not None or isinstance(only, int):
        obj.rest = join_all(
            [
                *([] if isinstance(only, int) else call.args.positional),
                call.args.rest or unknown("an element of a fresh list"),
            ]
        )
    else:
        obj.items = list(call.args.positional)
    return value_of(obj)


def array_test(call: LibraryCall) -> Value | None:
    """`Array.isArray(x)`."""
    held = call.args.get(0)
    if held is None:
        return value_of(FALSE)
    return held.map(
        lambda atom: (
            TRUE
            if isinstance(atom, Obj) and atom.kind == "list"
            else FALSE
            if isinstance(atom, Const | Str | Fn)
            or (isinstance(atom, Obj) and atom.kind in ("object", "map", "instance"))
            else next(unknown("a test for a list").atoms())
        )
    )


# ---------------------------------------------------------------- Object


def assign(call: LibraryCall) -> Value | None:
    """`Object.assign(target, ...sources)`."""
    target = call.args.get(0)
    if target is None:
        return None
    interp = call.interp
    sources = [*call.args.positional[1:], *([call.args.rest] if call.args.rest is not None else [])]
    for source in sources:
        alone = interp.shared_births > 0
        if all(
            isinstance(atom, Obj) and (alone or not atom.shared) and atom.native is None and atom.cls is None
            for atom in target.atoms()
        ):
            for obj in target.only(Obj):
                attributes.spread_into(interp, obj, source)
            continue
        holder = interp.new("object", place=call.place)
        attributes.spread_into(interp, holder, source)
        for name, held in holder.fields.items():
            attributes.set_item(interp, target, constant(name), held, call.place)
        if holder.rest is not None:
            attributes.set_item(interp, target, unknown("a key"), holder.rest, call.place)
    return target


def entries(call: LibraryCall) -> Value | None:
    """`Object.keys|values|entries(x)`; `what` says which."""
    held, what = call.args.get(0), str(call.settings["what"])
    if held is None:
        return None
    result = NOTHING
    for atom, proofs in held.alts:
        result = result.join(_listed(call.interp, atom, what, call.place).with_proofs(proofs))
    return result


def _listed(interp: Interpreter, atom: Atom, what: str, place: Place) -> Value:
    if isinstance(atom, ClassInfo):
        return primitives.listing(interp, atom.statics, what)
    if isinstance(atom, Obj) and atom.kind in ("list", "generator"):
        return (
            value_of(atom)
            if what == "values"
            else primitives.collection_method(interp, atom, what, Arguments(), place) or value_of(atom)
        )
    if isinstance(atom, Obj):
        return primitives.listing(interp, atom, what)
    if isinstance(atom, Lib):
        row = interp.models.row(interp, "read", f"{atom.path}.*")
        told = (
            interp.models.apply(row, interp, f"{atom.path}.*", atom.sources, Arguments(), place)
            if row is not None
            else None
        )
        if told is not None and any(isinstance(each, Obj) and each.kind == "list" for each in told.atoms()):
            return told
    made = interp.new("list", place=place)
    if isinstance(atom, Const):
        made.items = []
        return value_of(made)
    if isinstance(atom, Namespace):
        element = interp.program.any_member(interp, atom.module)
    elif isinstance(atom, FROM_OUTSIDE):
        element = value_of(atom)
    else:
        element = derived("a field", value_of(atom))
    if what == "keys":
        made.rest = derived("a key", value_of(atom))
    elif what == "values":
        made.rest = element
    else:
        pair = interp.new("list", place=place)
        pair.label = "tuple"
        pair.items = [derived("a key", value_of(atom)), element]
        made.rest = value_of(pair)
    return value_of(made)


def from_entries(call: LibraryCall) -> Value | None:
    """`Object.fromEntries(pairs)`."""
    first = call.args.get(0)
    obj = call.interp.new("object", place=call.place)
    if first is not None:
        put_pairs(call.interp, obj, first)
    return value_of(obj)


def create(call: LibraryCall) -> Value | None:
    """`Object.create(prototype)`."""
    obj = call.interp.new("object", place=call.place)
    first = call.args.get(0)
    if first is not None:
        attributes.spread_into(call.interp, obj, first)
    return value_of(obj)


def define_property(call: LibraryCall) -> Value | None:
    """`Object.defineProperty(x, name, {value} | {get})`, `Reflect.set(x, name, value)`."""
    target, key, given = call.args.get(0), call.args.get(1), call.args.get(2)
    if target is None or key is None or given is None:
        return None
    value: Value | None = given
    if call.path.startswith("Object"):
        value = field_of(given, "value")
        if value is None:
            getter = field_of(given, "get")
            value = (
                calls.call(call.interp, getter, Arguments(), call.place, awaited=True) if getter is not None else None
            )
    if value is not None:
        attributes.set_item(call.interp, target, key, value, call.place)
    return target


def reflect_get(call: LibraryCall) -> Value | None:
    """`Reflect.get(x, name)`."""
    target, key = call.args.get(0), call.args.get(1)
    return attributes.get_item(call.interp, target, key, call.place) if target is not None and key is not None else None


def reflect_apply(call: LibraryCall) -> Value | None:
    """`Reflect.apply(fn, this, args)`, `Reflect.construct(cls, args)`."""
    target = call.args.get(0)
    given = call.args.get(2 if call.path.endswith("apply") else 1)
    if target is None:
        return None
    known = operators.known_items(call.interp, given) if given is not None else []
    args = (
        Arguments(positional=known)
        if known is not None
        else Arguments(rest=operators.element_of(call.interp, given or NOTHING))
    )
    if call.path.endswith("construct"):
        return calls.construct(call.interp, target, args, call.place)
    return calls.call(call.interp, target, args, call.place)


class ErrorObject(Native):
    """An error: always truthy; it has a message, but is not the message."""

    __slots__ = ("cause", "message", "name")

    def __init__(self, name: str, message: Value, cause: Value | None) -> None:
        self.name = name
        self.message = message
        self.cause = cause

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("message", "stack"):
            return self.message
        if name == "name":
            return constant(self.name)
        return self.cause if name == "cause" and self.cause is not None else V_NONE


def error(call: LibraryCall) -> Value | None:
    """`new Error(message, {cause})`."""
    name = call.path.removesuffix("()").rsplit(".", 1)[-1]
    message = next((value for value in call.args.positional if not value.only(Obj)), constant(""))
    native = ErrorObject(name, message, field_of(call.args.get(1), "cause"))
    return native_object(call.interp, "error", native, call.place, name)


def map_base(call: LibraryCall) -> Value | None:
    """An instance of a project class that derives from `Map` or `Set`."""
    for atom in call.sources:
        if isinstance(atom, Obj) and atom.native is None:
            atom.native = SetObject() if call.path.endswith("Set") else MapObject()
            atom.kind = "list" if call.path.endswith("Set") else "map"
            if atom.kind == "list":
                atom.items = []
            if call.args.positional:
                put_pairs(call.interp, atom, call.args.positional[0])
    return None


# ---------------------------------------------------------------- promises


def settled(interp: Interpreter, value: Value) -> tuple[Value, Proofs]:
    """Return what a value resolves to and the checks its resolution proves, on no path yet."""
    result: Value = NOTHING
    proven: list[Proofs] = []
    for atom, proofs in interp.acted(value).alts:
        if isinstance(atom, Promise):
            proven.append(atom.proofs | proofs)
            result = result.join(interp.acted(atom.value).with_proofs(proofs))
        else:
            proven.append(proofs)
            result = result.join(Value(((atom, proofs),)))
    return result, frozenset.intersection(*proven) if proven else NO_PROOFS


def promise_all(call: LibraryCall) -> Value | None:
    """`Promise.all(list)`: waits for each, so everything they prove has passed."""
    first = call.args.get(0)
    if first is None:
        return None
    made = call.interp.new("list", place=call.place)
    known = operators.known_items(call.interp, first)
    if known is None:
        inner, proofs = settled(call.interp, operators.element_of(call.interp, first))
        made.rest = inner
        # A list that may be empty waits for nothing.
        return value_of(Promise(value_of(made), NO_PROOFS if proofs else proofs))
    rows = [settled(call.interp, item) for item in known]
    made.items = [row[0] for row in rows]
    return value_of(Promise(value_of(made), NO_PROOFS.union(*(row[1] for row in rows))))


def promise_all_settled(call: LibraryCall) -> Value | None:
    """`Promise.allSettled(list)`: the outcomes, failures included, so nothing has passed."""
    first = call.args.get(0)
    if first is None:
        return None
    made = call.interp.new("list", place=call.place)
    known = operators.known_items(call.interp, first)
    rows = known if known is not None else [operators.element_of(call.interp, first)]
    results: list[Value] = []
    for row in rows:
        inner, _ = settled(call.interp, row)
        obj = call.interp.new("object", place=call.place)
        obj.fields = {
            "status": unknown("how a promise ended"),
            "value": inner.without_proofs().join(V_NONE),
            "reason": unknown("an error"),
        }
        results.append(value_of(obj))
    if known is not None:
        made.items = results
    else:
        made.rest = results[0]
    return value_of(Promise(value_of(made)))


def promise_any(call: LibraryCall) -> Value | None:
    """`Promise.race(list)`, `Promise.any(list)`: one of them."""
    first = call.args.get(0)
    if first is None:
        return None
    known = operators.known_items(call.interp, first)
    rows = [settled(call.interp, row) for row in (known or [operators.element_of(call.interp, first)])]
    return value_of(Promise(join_all(row[0] for row in rows), frozenset.intersection(*(row[1] for row in rows))))


def promise_resolve(call: LibraryCall) -> Value | None:
    """`Promise.resolve(x)`."""
    inner, proofs = settled(call.interp, call.args.get(0) or V_NONE)
    return value_of(Promise(inner, proofs))


def promise_reject(call: LibraryCall) -> Value | None:
    """`Promise.reject(error)`: whoever waits for it goes no further."""
    value = call.args.get(0) or unknown("a rejection")
    call.interp.models.on_raise(call.interp, value, call.place)
    call.interp.throw(value)
    return NOTHING


def promise_new(call: LibraryCall) -> Value | None:
    """`new Promise((resolve, reject) => …)`: resolves to what `resolve` was called with, on the paths that called it."""
    executor = call.args.get(0)
    if executor is None:
        return None

    def run(resolve: Value, reject: Value) -> None:
        calls.call(call.interp, executor, Arguments(positional=[resolve, reject]), call.place, awaited=True)

    return promised(call.interp, run, call.place)


def promised(interp: Interpreter, run: object, place: Place) -> Value:
    """Return the promise of code that calls back: `run(resolve, reject)` runs it with the two functions."""
    before = interp.state
    if before is None:
        return NOTHING
    results: list[tuple[Value, Proofs]] = []

    def resolve(inner: Interpreter, args: Arguments, at: Place) -> Value:
        if inner.state is not None:
            held, proofs = settled(inner, args.get(0) or V_NONE)
            results.append((held, (inner.state.proven - before.proven) | proofs))
        return V_NONE

    def reject(inner: Interpreter, args: Arguments, at: Place) -> Value:
        return V_NONE

    sink: list = []  # type: ignore[type-arg]
    interp.sinks.append(sink)
    run(value_of(NativeFn("resolve", resolve)), value_of(NativeFn("reject", reject)))  # type: ignore[operator]
    interp.sinks.pop()
    performed: Proofs = NO_PROOFS
    for state in (interp.state, *(each.state for each in sink)):
        if state is not None:
            performed = performed.union(*(status.performed for status in state.statuses))
    interp.state = before.after(performed)
    if not results:
        return value_of(Promise(unknown("what a callback gives")))
    return value_of(
        Promise(join_all(held for held, _ in results), frozenset.intersection(*(proofs for _, proofs in results)))
    )


def promise_with_resolvers(call: LibraryCall) -> Value | None:
    """`Promise.withResolvers()`."""
    obj = call.interp.new("object", place=call.place)

    def resolve(inner: Interpreter, args: Arguments, at: Place) -> Value:
        held, _ = settled(inner, args.get(0) or V_NONE)
        cell = next(iter(obj.fields["promise"].only(Promise)))
        known = cell.value if cell.value != unknown("what a callback gives") else NOTHING
        obj.fields["promise"] = value_of(Promise(known.join(held)))
        return V_NONE

    obj.fields = {
        "promise": value_of(Promise(unknown("what a callback gives"))),
        "resolve": value_of(NativeFn("resolve", resolve)),
        "reject": value_of(NativeFn("reject", lambda inner, args, at: V_NONE)),
    }
    return value_of(obj)


def promisify(call: LibraryCall) -> Value | None:
    """`util.promisify(fn)`: a function that calls `fn` with a callback and promises what it passes."""
    fn = call.args.get(0)
    if fn is None:
        return None
    if all(isinstance(atom, Lib) for atom in fn.atoms()):
        return fn

    def promising(interp: Interpreter, args: Arguments, place: Place) -> Value:
        def run(resolve: Value, reject: Value) -> None:
            def done(inner: Interpreter, given: Arguments, at: Place) -> Value:
                error_value = given.get(0)
                if (
                    error_value is not None
                    and any(isinstance(a, Const) and a.value is None for a in error_value.atoms())
                ) or len(given.positional) > 1:
                    calls.call(inner, resolve, Arguments(positional=[given.get(1) or V_NONE]), at)
                return V_NONE

            calls.call(interp, fn, Arguments([*args.positional, value_of(NativeFn("done", done))]), place, awaited=True)

        return promised(interp, run, place)

    return value_of(NativeFn("promisified", promising))


# ---------------------------------------------------------------- timers and deferred calls


def later(call: LibraryCall) -> Value | None:
    """`setTimeout(fn, ms, ...args)`, `queueMicrotask(fn)`: runs the function, maybe, on paths of its own."""
    interp = call.interp
    fn = call.args.get(0)
    if fn is None or interp.state is None:
        return None
    if not interp.models.may_run_callbacks(interp):
        from cybrid_audit.models.frameworks import jobs

        for atom in fn.only(Fn):
            interp.program.note_deferred(atom)
            jobs.timer(interp, value_of(atom), call.place, repeats=call.path.rsplit(".", 1)[-1] == "setInterval")
        return unknown("a timer")
    skip = (
        1
        if call.path.rsplit(".", 1)[-1] in ("setImmediate", "queueMicrotask", "nextTick", "requestIdleCallback")
        else 2
    )
    maybe(interp, fn, Arguments(positional=call.args.positional[skip:]), call.place)
    return unknown("a timer")


def maybe(interp: Interpreter, fn: Value, args: Arguments, place: Place) -> Value:
    """Call a function that runs later or not at all: what it proves holds for nobody else."""
    from cybrid_audit.engine.interpreter import Flow

    if interp.state is None:
        return NOTHING
    branch = interp.state.branch
    start = interp.state
    before = interp.flow()
    interp.state = interp.enter_branch(start)
    sink: list = []  # type: ignore[type-arg]
    interp.sinks.append(sink)
    result = calls.call(interp, fn, args, place, awaited=True)
    interp.sinks.pop()
    performed: Proofs = NO_PROOFS
    for state in (interp.state, *(each.state for each in sink)):
        if state is not None:
            performed = performed.union(*(status.performed for status in state.statuses))
    # Who verifies something without waiting for it has verified in vain, but has done so on this path.
    interp.merge([Flow(start.after(performed), before.vars), Flow(interp.state, interp.frame.scope.vars)], branch)
    return result


def sleep(call: LibraryCall) -> Value | None:
    """`setTimeout` of timers/promises: resolves to its second argument."""
    return value_of(Promise(call.args.get(1) or V_NONE))


# ---------------------------------------------------------------- functions that wrap functions


def wrapped(call: LibraryCall) -> Value | None:
    """A call that gives back a function much like its argument: `useCallback(fn)`, `cache(fn)`, `debounce(fn)`, `memoize(fn)`."""
    fn = call.args.get(int(call.settings.get("arg", 0)))
    return fn if fn is not None else None


def partial(call: LibraryCall) -> Value | None:
    """`partial(fn, ...args)`."""
    fn = call.args.get(0)
    if fn is None:
        return None
    bound = call.args.positional[1:]

    def bind(atom: Atom) -> Atom:
        if isinstance(atom, Fn):
            return Fn(atom.function, atom.scope, atom.module, atom.this, atom.home, (*atom.args, *bound), atom.keywords)
        return NativeFn(
            "partial",
            lambda interp, args, place: calls.call(
                interp, value_of(atom), Arguments([*bound, *args.positional], args.keywords, args.rest), place
            ),
        )

    return fn.map(bind)


GLOBALS = frozenset(
    {
        "fetch",
        "crypto",
        "process",
        "Buffer",
        "console",
        "performance",
        "localStorage",
        "sessionStorage",
        "document",
        "navigator",
        "location",
        "history",
        "indexedDB",
        "caches",
        "Headers",
        "Request",
        "Response",
        "FormData",
        "URL",
        "URLSearchParams",
        "Promise",
        "JSON",
        "Math",
        "Object",
        "Array",
        "Map",
        "Set",
        "Date",
        "Error",
        "String",
        "Number",
        "Boolean",
        "Symbol",
        "setTimeout",
        "setInterval",
        "setImmediate",
        "clearTimeout",
        "clearInterval",
        "queueMicrotask",
        "btoa",
        "atob",
        "structuredClone",
        "Deno",
        "Bun",
        "addEventListener",
        "postMessage",
        "WebSocket",
        "EventSource",
        "TextEncoder",
        "TextDecoder",
        "Reflect",
        "Proxy",
        "alert",
        "prompt",
        "confirm",
        "open",
        "opener",
        "parent",
        "chrome",
        "browser",
        "ReactNativeWebView",
        "cookieStore",
    }
)
"""Names that the platform itself keeps on its global object."""


class GlobalObject(Native):
    """`globalThis`, `window`: what the project keeps there, beside what the platform does."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("globalThis", "window", "self", "global"):
            return value_of(obj)
        if name in GLOBALS:
            return interp.models.library_attribute(interp, "", name, frozenset(), place)
        # Only what some code stores there can be read.
        return V_NONE

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return interp.models.call_library(interp, name, frozenset(), args, place)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name.startswith("on"):
            interp.models.handler("frameworks/processes.global_listener")(
                LibraryCall(interp, interp.models, name, frozenset(), Arguments(positional=[new]), place, {})
            )
        return False

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        held = obj.fields.get(text_of(key) or "{?}")
        return held if held is not None else unknown("a global")


def global_object(call: LibraryCall) -> Value | None:
    """`globalThis`, `window`, `global`, `self`."""

    def make() -> Obj:
        obj = Obj("object", None, shared=True)
        obj.native = GlobalObject()
        obj.label = "globalThis"
        return obj

    held: Obj = call.models.memory("global object", make)
    return value_of(held)


class ProxyObject(Native):
    """`new Proxy(target, handler)`: what its traps give, else the target."""

    __slots__ = ("handler", "target")

    def __init__(self, target: Value, handler: Value) -> None:
        self.target = target
        self.handler = handler

    def trap(self, interp: Interpreter, name: str, given: list[Value], place: Place) -> Value | None:
        """Return what a trap of the handler gives, None when it has none."""
        held = field_of(self.handler, name)
        return calls.call(interp, held, Arguments(positional=given), place, awaited=True) if held is not None else None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        frame = interp.frame
        key = value_of(Const(name, place, frame.id, "", frame.function))
        held = self.trap(interp, "get", [self.target, key, value_of(obj)], place)
        return held if held is not None else attributes.get_attribute(interp, self.target, name, place)

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        held = self.trap(interp, "get", [self.target, value_of(key), value_of(obj)], place)
        return held if held is not None else attributes.get_item(interp, self.target, value_of(key), place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if field_of(self.handler, "get") is None:
            return calls.call_method(interp, self.target, name, args, place)
        return calls.call(interp, self.attribute(interp, obj, name, place) or NOTHING, args, place)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        held = self.trap(interp, "set", [self.target, constant(name), new, value_of(obj)], place)
        if held is None:
            attributes.set_attribute(interp, self.target, name, new, place)
        return True

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        given = interp.new("list", place=place)
        given.items = list(args.positional)
        held = self.trap(interp, "apply", [self.target, V_NONE, value_of(given)], place)
        return held if held is not None else calls.call(interp, self.target, args, place)


def proxy(call: LibraryCall) -> Value | None:
    """`new Proxy(target, handler)`."""
    target, handler = call.args.get(0), call.args.get(1)
    if target is None or handler is None or field_of(handler, "get", "set", "apply") is None:
        return target
    return native_object(call.interp, "object", ProxyObject(target, handler), call.place, "proxy")


class AsyncStore(Native):
    """An `AsyncLocalStorage`: what the innermost running `run` was given, else what `enterWith` set."""

    __slots__ = ("entered", "running")

    def __init__(self) -> None:
        self.running: list[Value] = []
        self.entered: Value = NOTHING

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "run" and len(args.positional) >= 2:
            self.running.append(args.positional[0])
            self.entered = self.entered.join(args.positional[0])
            try:
                return calls.call(interp, args.positional[1], Arguments(positional=args.positional[2:]), place)
            finally:
                self.running.pop()
        if name == "getStore":
            if self.running:
                return self.running[-1]
            return self.entered.join(V_NONE) if self.entered.alts else unknown("a store of asynchronous calls")
        if name == "enterWith" and args.positional:
            if self.running:
                self.running[-1] = args.positional[0]
            self.entered = self.entered.join(args.positional[0])
            return V_NONE
        if name in ("exit", "bind", "snapshot") and args.positional:
            return calls.call(interp, args.positional[0], Arguments(), place) if name == "exit" else args.positional[0]
        return None


def async_store(call: LibraryCall) -> Value | None:
    """`new AsyncLocalStorage()`."""
    return native_object(call.interp, "object", AsyncStore(), call.place, "request-local storage")


__all__ = ["MintBody", "Response", "Token"]
