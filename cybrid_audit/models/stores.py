"""What outlives a request: module variables, static fields, caches, key-value stores.

A key-value store is one map for the whole project, whichever connection reaches it, since a key written by one module may be
read by another. A key is a text with holes; a read gives what every key that could be the same was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.recorder import location_of
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Const,
    Fn,
    MintBody,
    Obj,
    Place,
    Promise,
    Stored,
    Str,
    Token,
    Value,
    constant,
    key_text,
    may_be_same,
    parts_of,
    shared_proofs,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import SharedStore, Side
from cybrid_audit.models.checks import stored_proofs
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

READS: Final = frozenset(
    {
        "get",
        "getex",
        "getdel",
        "hget",
        "getItem",
        "fetch",
        "read",
        "peek",
        "get_many",
        "mget",
        "getOrThrow",
        "take",
        "lookup",
        "retrieve",
        "json_get",
        "getset",
        "get_cache",
    }
)
WRITES: Final = frozenset(
    {"set", "put", "add", "setItem", "setnx", "write", "store", "insert", "save", "psetex_", "set_cache"}
)
TIMED_WRITES: Final = frozenset({"setex", "psetex", "setEx", "setEX", "pSetEx"})
HASH_WRITES: Final = frozenset({"hset", "hSet", "hsetnx", "hmset"})
GET_OR_CREATE: Final = frozenset(
    {"get_or_set", "getOrSet", "wrap", "remember", "fetch", "get_or_create", "getOrCreate", "get_or_compute"}
)


class KeyValue(Native):
    """A connection to a key-value store. What is read and was never written in the project is `Stored("kv", key)`."""

    __slots__ = ()

    def contents(self, interp: Interpreter) -> Obj:
        """Return the map behind every connection."""
        held: Obj = interp.models.memory("key-value store", lambda: _shared_map("the key-value store"))
        return held

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("json", "redis", "client", "store", "caches", "default", "legacyMode", "v4"):
            return value_of(obj)
        return None

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return self.read(interp, value_of(key), place)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        self.write(interp, value_of(Const(name)), new, place)
        return True

    def read(self, interp: Interpreter, key: Value, place: Place) -> Value:
        """Return what a key may hold."""
        contents = self.contents(interp)
        result = NOTHING
        for atom in key.atoms():
            text = key_text(atom)
            for name, held in contents.fields.items():
                if may_be_same(name, text):
                    result = result.join(held)
        if not result.alts:
            return value_of(
                *[Stored("kv", key_text(atom), place) for atom in key.atoms()] or [Stored("kv", "{?}", place)]
            )
        proofs = shared_proofs(stored_proofs.key_proofs(interp, interp.models, key_text(atom)) for atom in key.atoms())
        return result.with_proofs(proofs).join(V_NONE)

    def write(self, interp: Interpreter, key: Value, value: Value, place: Place) -> None:
        """Keep a value under a key."""
        contents = self.contents(interp)
        for atom in key.atoms():
            text = key_text(atom)
            stored_proofs.note_key(interp, interp.models, text, value, place)
            held = contents.fields.get(text)
            joined, grown = (
                (value.without_proofs(), True) if held is None else attributes.absorb(held, value.without_proofs())
            )
            if joined is not held or grown:
                contents.fields[text] = joined
                interp.store_version += 1
        interp.models.on_store(interp, "the key-value store", key, value, place, contents)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        function = next(
            (
                value
                for value in (*given, *args.keywords.values())
                if any(isinstance(a, Fn | NativeFn) for a in value.atoms())
            ),
            None,
        )
        if name in GET_OR_CREATE and given and function is not None:
            held = self.read(interp, given[0], place)
            made = interp.settle(calls.call(interp, function, Arguments(), place, awaited=True))
            self.write(interp, given[0], made, place)
            known = Value(
                tuple(pair for pair in held.alts if not isinstance(pair[0], Stored) and pair[0] != Const(None))
            )
            return known.join(made)
        if name in READS and given:
            key = given[0] if name != "hget" or len(given) < 2 else hash_key(interp, given[0], given[1])
            held = self.read(interp, key, place)
            return held.join(given[1]) if len(given) > 1 and name == "get" and not given[1].only(Fn) else held
        if name in WRITES and len(given) >= 2:
            self.write(interp, given[0], given[1], place)
            return value_of(Const("OK"))
        if name in WRITES and given and "value" in args.keywords:
            self.write(interp, given[0], args.keywords["value"], place)
            return value_of(Const("OK"))
        if name in TIMED_WRITES and len(given) >= 3:
            self.write(interp, given[0], given[2], place)
            return value_of(Const("OK"))
        if name in HASH_WRITES and given:
            self._hash_write(interp, given, args, place)
            return value_of(Const("OK"))
        if name in ("hgetall", "hGetAll") and given:
            return self._hash_all(interp, given[0], place)
        if name in (
            "pipeline",
            "multi",
            "with_",
            "duplicate",
            "select",
            "connect",
            "on",
            "use",
            "from_url",
            "__aenter__",
            "__enter__",
        ):
            return value_of(obj)
        if name in (
            "delete",
            "del",
            "expire",
            "exists",
            "has",
            "incr",
            "ttl",
            "ping",
            "quit",
            "close",
            "execute",
            "exec",
            "flushdb",
            "clear",
            "aclose",
            "touch",
            "decr",
            "unlink",
            "remove",
        ):
            return unknown(f"the result of {name}")
        return None

    def _hash_write(self, interp: Interpreter, given: list[Value], args: Arguments, place: Place) -> None:
        mapping = args.keywords.get("mapping")
        if mapping is None and len(given) == 2:
            mapping = given[1]
        if mapping is not None:
            for holder in mapping.only(Obj):
                for name, held in holder.fields.items():
                    self.write(interp, hash_key(interp, given[0], value_of(Const(name))), held, place)
        elif len(given) >= 3:
            self.write(interp, hash_key(interp, given[0], given[1]), given[2], place)

    def _hash_all(self, interp: Interpreter, key: Value, place: Place) -> Value:
        made = interp.new("object", place=place)
        contents = self.contents(interp)
        for atom in key.atoms():
            prefix = key_text(atom)
            for name, held in contents.fields.items():
                head, mark, tail = name.rpartition("\x1f")
                if mark and may_be_same(head, prefix):
                    made.fields[tail] = held
        if not made.fields:
            return value_of(*[Stored("kv", key_text(atom), place) for atom in key.atoms()])
        return value_of(made)


def hash_key(interp: Interpreter, key: Value, name: Value) -> Value:
    """Return the key of one field of a hash."""
    from cybrid_audit.engine import operators

    return operators.concat(interp, [key, value_of(Const("\x1f")), name], Place("", 0, 0, 0, 0))


def _shared_map(label: str) -> Obj:
    made = Obj("map", None, shared=True)
    made.label = label
    return made


def key_value(call: LibraryCall) -> Value | None:
    """A client of a key-value store: `redis.Redis(…)`, `createClient(…)`, `caches["default"]`."""
    return native_object(call.interp, "key-value", KeyValue(), call.place, "the key-value store")


def collection(call: LibraryCall) -> Value | None:
    """An in-process cache that behaves like a map: `TTLCache(…)`, `new LRUCache({…})`, `new NodeCache()`."""
    made = call.interp.new("map", place=call.place)
    made.label = call.path.rsplit(".", 1)[-1]
    made.native = InProcess()
    return value_of(made)


class InProcess(Native):
    """A cache object of this process; beyond a map's methods it has get-or-create ones."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        function = next(
            (
                value
                for value in (*given, *args.keywords.values())
                if any(isinstance(a, Fn | NativeFn) for a in value.atoms())
            ),
            None,
        )
        if name in GET_OR_CREATE and given and function is not None:
            held = attributes.get_item(interp, value_of(obj), given[0], place)
            made = interp.settle(calls.call(interp, function, Arguments(), place, awaited=True))
            attributes.set_item(interp, value_of(obj), given[0], made, place)
            known = Value(
                tuple(
                    pair
                    for pair in held.alts
                    if not isinstance(pair[0], Const) and not getattr(pair[0], "reason", "").startswith("no key")
                )
            )
            return known.join(made)
        if name in ("peek", "take"):
            return calls.call_method(interp, value_of(obj), "get", args, place)
        if name in ("ttl", "on", "flushAll", "close", "prune", "purgeStale", "expire"):
            return unknown(f"the result of {name}")
        return None


def memoised(call: LibraryCall) -> Value | None:
    """A decorator that keeps what a function returned, by its arguments: the function itself stands for it.

    A function without arguments that depend on the customer gives every caller the first one's token."""
    value = call.args.positional[0] if call.args.positional else None
    if value is None:
        return None
    for atom in value.atoms():
        if isinstance(atom, Fn):
            call.models.program.memoised[id(atom.function)] = call.place
    return value


def remembered(interp: Interpreter, fn: Fn, args: Arguments, result: Value, place: Place) -> Value:
    """Return what a memoised function gives for these arguments: what it gave the first time, which outlives the request."""
    key = tuple(key_text(next(value.atoms(), NOTHING_ATOM)) for value in args.every())
    held: dict[object, Value] = interp.models.memory("remembered", dict)
    if (id(fn.function), key) in held and not interp.models.recorder.module_level:
        kept = held[(id(fn.function), key)]
        if {type(atom) for atom in kept.atoms()} == {type(atom) for atom in result.atoms()}:
            result = kept
    from cybrid_audit.models.sinks import whole_tokens

    attributes.share(result)
    held[(id(fn.function), key)] = result
    if not any(isinstance(atom, Token | MintBody | Str) and whole_tokens(value_of(atom)) for atom in result.atoms()):
        return result
    given = [value for value in args.every() if not value.only(Obj)]
    interp.models.on_store(interp, f"the results of {fn.function.name}", _joined_key(interp, given), result, place)
    return result


def _joined_key(interp: Interpreter, values: list[Value]) -> Value | None:
    from cybrid_audit.engine import operators

    return operators.concat(interp, values, Place("", 0, 0, 0, 0)) if values else None


NOTHING_ATOM: Final = Const(None)


def memoising(call: LibraryCall) -> Value | None:
    """A decorator with arguments that memoises: `@lru_cache(maxsize=1)`, `@cached(cache)`."""
    first = call.args.get(0)
    if first is not None and first.only(Fn):
        return memoised(call)
    from cybrid_audit.models.frameworks.flask import decorator

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        return (
            memoised(
                LibraryCall(interp, interp.models, call.path, frozenset(), Arguments(positional=[value]), place, {})
            )
            or value
        )

    return decorator(apply)


# ---------------------------------------------------------------- notices


def storage_read(call: LibraryCall) -> Value | None:
    """`chrome.storage.local.get(keys, callback?)`: an object with what each key holds."""
    from cybrid_audit.models.javascript.builtins import maybe

    names: list[str] = []
    for value in call.args.positional[:1]:
        names += value.strings()
        for obj in value.only(Obj):
            names += [text for item in obj.items or () for text in item.strings()] + list(obj.fields)
    made = call.interp.new("object", place=call.place)
    made.fields = {name: KeyValue().read(call.interp, constant(name), call.place) for name in names}
    callback = next((value for value in call.args.positional[1:] if value.only(Fn)), None)
    if callback is not None:
        maybe(call.interp, callback, Arguments(positional=[value_of(made)]), call.place)
    return value_of(Promise(value_of(made)))


def storage_write(call: LibraryCall) -> Value | None:
    """`chrome.storage.local.set(object)`: every field is a key."""
    for obj in call.args.positional[0].only(Obj) if call.args.positional else ():
        for name, held in obj.fields.items():
            KeyValue().write(call.interp, constant(name), held, call.place)
    return value_of(Promise(V_NONE))


def stored(call: LibraryCall) -> None:
    """A value was kept in a variable, field or entry that other requests see."""
    value = call.args.positional[0]
    key = call.args.positional[1] if len(call.args.positional) > 1 else None
    note_shared(call, value, key, call.path)


def note_shared(call: LibraryCall, value: Value, key: Value | None, label: str) -> None:
    """Record a customer token that is kept under no key, or under one that does not depend on the customer."""
    from cybrid_audit.models.sinks import whole_tokens

    if call.models.recorder.side(call.place.path or call.interp.frame.module.path) is Side.CLIENT:
        # What a page or an app keeps is one person's.
        return
    if (call.models.recorder.module_level and call.interp.frame.function is None) or not any(
        token.kind == "customer" for token in whole_tokens(value)
    ):
        return
    if key is not None and depends_on_customer(key):
        return
    recorder = call.models.recorder
    place = call.place if call.place.path else call.interp.no_place(call.interp.frame.module.path)
    if recorder.side(place) is Side.CLIENT:
        # A browser or an app belongs to one customer.
        return
    fact = SharedStore(location_of(place), label, recorder.trace(call.interp, place, "a customer token is kept here"))
    recorder.add(("shared", place), fact)


def depends_on_customer(key: Value) -> bool:
    """Whether a key has a part that is not constant, so that customers do not share it."""
    return all(any(not isinstance(part, Const) for part in parts_of(atom)) for atom in key.atoms())


__all__ = ["Token", "stored"]
