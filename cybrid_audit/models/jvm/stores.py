"""What programs on the JVM keep values in between requests: cells, caches in memory, Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Const,
    Fn,
    Obj,
    Place,
    Stored,
    Unknown,
    Value,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.models import stores
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_CELL_READS: Final = frozenset({"get", "getPlain", "getAcquire", "getOpaque", "orElse"})
_CELL_WRITES: Final = frozenset({"set", "lazySet", "setRelease", "setPlain", "getAndSet", "postValue"})
_FIELD: Final = "held"


class Cell(Native):
    """`AtomicReference`, `ThreadLocal`: one value."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        held = obj.fields.get(_FIELD, V_NONE)
        given = args.positional
        if name in _CELL_READS:
            return held
        if name in _CELL_WRITES and given:
            attributes.write(interp, obj, _FIELD, given[0], place)
            return held
        if name in ("compareAndSet", "weakCompareAndSet", "compareAndExchange") and len(given) > 1:
            attributes.write(interp, obj, _FIELD, given[1], place, certain=False)
            return unknown("whether a cell held what was expected")
        if name in ("updateAndGet", "getAndUpdate", "accumulateAndGet", "getAndAccumulate") and given:
            rest = given[:-1]
            made = calls.call(interp, given[-1], Arguments(positional=[held, *rest]), place, awaited=True)
            attributes.write(interp, obj, _FIELD, made, place, certain=False)
            return made if name.endswith("AndGet") else held
        if name == "remove":
            return V_NONE
        return None


def cell(call: LibraryCall) -> Value | None:
    """`new AtomicReference<>(initial)`."""
    made = native_object(call.interp, "cell", Cell(), call.place, "an atomic reference")
    first = call.args.get(0)
    for obj in made.only(Obj):
        obj.fields[_FIELD] = first if first is not None else V_NONE
    return made


class CacheBuilder(Native):
    """`Caffeine.newBuilder()`, `CacheBuilder.newBuilder()`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("build", "buildAsync"):
            native = Cache(args.positional[0] if args.positional else None)
            return native_object(interp, "map", native, place, "a cache")
        return value_of(obj)


def cache_builder(call: LibraryCall) -> Value | None:
    """A builder of caches."""
    return native_object(call.interp, "builder", CacheBuilder(), call.place, "a builder of caches")


class Cache(library.Record):
    """A cache in memory; `loader` makes what it does not hold."""

    __slots__ = ("loader",)

    def __init__(self, loader: Value | None) -> None:
        self.loader = loader

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("get", "getUnchecked", "getIfPresent", "computeIfAbsent") and given:
            held = attributes.get_item(interp, value_of(obj), given[0], place)
            block = given[1] if len(given) > 1 else self.loader if name != "getIfPresent" else None
            kept = Value(tuple(pair for pair in held.alts if not isinstance(pair[0], Unknown)))
            if block is None:
                return kept if kept.alts else V_NONE
            made = self.made(interp, block, given[0], place)
            library.put(interp, obj, given[0], made, place)
            kept = Value(
                tuple(pair for pair in kept.alts if not (isinstance(pair[0], Const) and pair[0].value is None))
            )
            return kept.join(made)
        if name in ("asMap", "synchronous", "stats"):
            return value_of(obj)
        if name.startswith(("invalidate", "cleanUp", "refresh")):
            return V_NONE
        return super().method(interp, obj, name, args, place)

    def made(self, interp: Interpreter, block: Value, key: Value, place: Place) -> Value:
        """Return what a function or a loader makes for a key."""
        functions = Value(tuple(pair for pair in block.alts if isinstance(pair[0], Fn | NativeFn)))
        result = NOTHING
        if functions.alts:
            result = calls.call(interp, functions, Arguments(positional=[key]), place, awaited=True)
        for obj in block.only(Obj):
            for name in ("load", "call", "apply"):
                if obj.cls is not None and obj.cls.method(name) is not None:
                    given = Arguments(positional=[key] if name != "call" else [])
                    result = result.join(calls.call_method(interp, value_of(obj), name, given, place, awaited=True))
                    break
        return result if result.alts else unknown("what a cache makes")


class Redis(stores.KeyValue):
    """Spring's templates for Redis, Jedis, Lettuce, Redisson, Spring's own caches: all one store."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in _VIEWS:
            prefix = given[0] if given and name.startswith(("bound", "getBucket", "getCache")) else None
            if prefix is not None and name != "getCache":
                return native_object(interp, "store", Bucket(prefix), place, "a bucket")
            return value_of(obj)
        if name in ("set", "setIfAbsent", "put", "setex", "psetex", "putIfAbsent") and len(given) > 1:
            value = given[2] if name in ("setex", "psetex") and len(given) > 2 else given[1]
            self.write(interp, given[0], value, place)
            return value_of(Const("OK"))
        if name in ("get", "getAndExpire", "getEx") and given:
            held = self.read(interp, given[0], place)
            if len(given) > 1 and any(isinstance(atom, Fn | NativeFn) for atom in given[1].atoms()):
                made = calls.call(interp, given[1], Arguments(), place, awaited=True)
                self.write(interp, given[0], made, place)
                kept = [pair for pair in held.alts if not isinstance(pair[0], Stored | Const)]
                return Value(tuple(kept)).join(made)
            return held
        if name == "hasKey":
            return unknown("whether a key is there")
        return super().method(interp, obj, name, args, place)


_VIEWS: Final = frozenset(
    {
        "opsForValue",
        "opsForHash",
        "boundValueOps",
        "getBucket",
        "getCache",
        "getNativeCache",
        "sync",
        "async",
        "connect",
    }
    | {"getResource", "reactive", "getMapCache", "getMap", "connection"}
)


class Bucket(Redis):
    """One key of a store."""

    __slots__ = ("under",)

    def __init__(self, key: Value) -> None:
        self.under = key

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("set", "trySet", "setIfAbsent") and args.positional:
            self.write(interp, self.under, args.positional[0], place)
            return V_NONE
        return self.read(interp, self.under, place) if name == "get" else unknown(f"the result of {name}")


def redis(call: LibraryCall) -> Value | None:
    """A connection to a store of keys and values."""
    return native_object(call.interp, "store", Redis(), call.place, "store")


__all__ = ["cache_builder", "cell", "redis"]
