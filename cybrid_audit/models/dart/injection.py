"""What containers of Dart hand out for a type: `GetIt`, `provider`, `flutter_bloc`, Riverpod, and the context of Dart Frog.

What is registered is made once, when it is first asked for; a class that nobody registers is made of what its constructor takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls, jvm
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Obj,
    Place,
    Value,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_ASKS: Final = frozenset({"watch", "read", "refresh", "listen", "select"})
_WRAPS: Final = frozenset({"notifier", "future", "stream", "state", "autoDispose", "select", "family"})


def registered(interp: Interpreter) -> dict[int, list[Value]]:
    """Return what has been registered, by the classes that it is an instance of."""
    held: dict[int, list[Value]] = interp.models.memory("dart provided", dict)
    return held


def provide(interp: Interpreter, args: Arguments, place: Place) -> None:
    """Take what makes a value, or the value: `registerSingleton<Api>(Api())`, `provider<Api>((_) => Api())`."""
    given = args.get(0, "create")
    if given is None:
        return
    made = given
    if given.only(Fn):
        interp.shared_births += 1
        try:
            made = calls.call(interp, given, Arguments(positional=[reference(interp, place)]), place, awaited=True)
        finally:
            interp.shared_births -= 1
    kinds = {id(info) for info in args.keywords.get(jvm.TYPE_ARGUMENT, NOTHING).only(ClassInfo)}
    kinds |= {id(info) for obj in made.only(Obj) if obj.cls is not None for info in obj.cls.ancestry()}
    for kind in kinds:
        rows = registered(interp).setdefault(kind, [])
        if made.alts and made not in rows:
            rows.append(made)
            interp.store_version += 1


def instance(interp: Interpreter, kind: Value | None) -> Value | None:
    """Return what a container hands out for a class of the project; None for anything else."""
    from cybrid_audit.models.jvm import injection as jvm_injection
    from cybrid_audit.models.types import singleton

    found: list[Value] = []
    for info in kind.only(ClassInfo) if kind is not None else ():
        rows = registered(interp).get(id(info))
        told = join_all(rows) if rows else jvm_injection.provide(interp, info)
        found.append(told if told is not None else singleton(interp, info))
    return join_all(found) if found else None


def read_or_provide(interp: Interpreter, name: str, args: Arguments, this: Value, place: Place) -> Value | None:
    """`context.read<T>()`, `context.provide<T>(() => x)`."""
    if name == "provide":
        provide(interp, args, place)
        return this
    return instance(interp, args.keywords.get(jvm.TYPE_ARGUMENT))


def register(call: LibraryCall) -> Value | None:
    """`getIt.registerLazySingleton<Api>(() => Api())`, `BlocProvider(create: (_) => Api())`."""
    provide(call.interp, call.args, call.place)
    return unknown("a registration")


def ask(call: LibraryCall) -> Value | None:
    """`getIt<Api>()`, `context.read<Api>()`, `Provider.of<Api>(context)`."""
    return instance(call.interp, call.args.keywords.get(jvm.TYPE_ARGUMENT))


# ---------------------------------------------------------------- Riverpod


class Provider(Native):
    """A provider of Riverpod: its value is made when it is first asked for."""

    __slots__ = ("maker", "value")

    def __init__(self, maker: Value) -> None:
        self.maker = maker
        self.value: Value | None = None

    def read(self, interp: Interpreter, args: Arguments, place: Place) -> Value:
        """Return the value."""
        if self.value is None:
            self.value = unknown("a provider that needs itself")
            interp.shared_births += 1
            try:
                given = Arguments(positional=[reference(interp, place), *args.positional])
                takes = max((len(fn.function.params) for fn in self.maker.only(Fn)), default=0)
                given.positional = given.positional[:takes]
                self.value = calls.call(interp, self.maker, given, place, awaited=True)
            finally:
                interp.shared_births -= 1
        return self.value

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(obj) if name in _WRAPS else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return value_of(obj) if name in _WRAPS or name.startswith("override") else None

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        # A member of a family.
        return value_of(obj)


class Reference(Native):
    """`ref`: asks other providers."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in _ASKS and args.positional:
            found = [
                each.native.read(interp, Arguments(), place)
                for each in args.positional[0].only(Obj)
                if isinstance(each.native, Provider)
            ]
            return join_all(found) if found else None
        if name in ("read", "watch"):
            return instance(interp, args.keywords.get(jvm.TYPE_ARGUMENT))
        return V_NONE if name in ("onDispose", "keepAlive", "invalidate", "listen", "mounted") else None


def reference(interp: Interpreter, place: Place) -> Value:
    """Return what the makers of values are given: `ref`, `context`."""
    return native_object(interp, "reference", Reference(), place, "ref")


def typed_reference(call: LibraryCall) -> Value | None:
    """A parameter that is a `Ref` or a `WidgetRef`; the field `ref` of a state."""
    return reference(call.interp, call.place)


def provider(call: LibraryCall) -> Value | None:
    """`Provider((ref) => x)`, `NotifierProvider<N, S>(N.new)`."""
    maker = next((value for value in call.args.positional if value.alts), None)
    if maker is None:
        return None
    return native_object(call.interp, "provider", Provider(maker), call.place, "provider")
