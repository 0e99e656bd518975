"""Koin: modules of definitions, and what asks them for an instance by its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls, jvm
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Atom,
    ClassInfo,
    Fn,
    Lib,
    Obj,
    Place,
    Value,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_DEFINES: Final = frozenset(
    {"single", "factory", "scoped", "viewModel", "worker", "singleOf", "factoryOf", "scopedOf", "viewModelOf"}
)


@dataclass(slots=True)
class Definition:
    """How an instance is made: a block, or the class whose constructor is asked for; `kind` is the type that it says."""

    block: Value
    kind: Value | None
    place: Place


def definitions(interp: Interpreter) -> list[Definition]:
    """Return the definitions of all modules so far."""
    held: list[Definition] = interp.models.memory("koin definitions", list)
    return held


class Module(Native):
    """The receiver of a module's block, and of the blocks of its definitions."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in _DEFINES and args.positional:
            kind = args.keywords.get(jvm.TYPE_ARGUMENT)
            row = Definition(args.positional[-1], kind, place)
            if all(each.place != place for each in definitions(interp)):
                definitions(interp).append(row)
            return value_of(obj)
        if name in ("get", "inject", "getOrNull"):
            return instance(interp, args.keywords.get(jvm.TYPE_ARGUMENT))
        block = library.block_of(args)
        if name == "scope" and block is not None:
            calls.call(interp, jvm.bound(block, value_of(obj)), Arguments(positional=[]), place, awaited=True)
            return value_of(obj)
        return (
            value_of(obj)
            if name in ("androidContext", "androidApplication", "bind", "binds", "includes", "named")
            else None
        )


def module(call: LibraryCall) -> Value | None:
    """`module { single { … } }`."""
    made = native_object(call.interp, "module", Module(), call.place, "a module")
    block = library.block_of(call.args)
    if block is not None:
        calls.call(call.interp, jvm.bound(block, made), Arguments(positional=[]), call.place, awaited=True)
    return made


def ask(call: LibraryCall) -> Value | None:
    """`inject<T>()`, `get<T>()`, `koinInject<T>()`; without a type, what it is given to tells it."""
    kinds = [value for value in call.args.positional if value.only(ClassInfo)]
    return instance(call.interp, call.args.keywords.get(jvm.TYPE_ARGUMENT) or (kinds[0] if kinds else None))


def instance(interp: Interpreter, kind: Value | None) -> Value:
    """Return what the modules give for a type."""
    if kind is None:
        return unknown("something injected")
    from cybrid_audit.models.types import singleton

    result = NOTHING
    for atom in kind.atoms():
        held = interp.models.jvm_provided(interp, atom)
        if held is None and isinstance(atom, ClassInfo):
            held = singleton(interp, atom)
        result = result.join(held if held is not None else unknown("something injected"))
    return result


def defined(interp: Interpreter, atom: Atom) -> Value | None:
    """Return what definitions give for a class of the project or of a library, None when there is none."""
    found = [
        held
        for row in definitions(interp)
        if row.kind is None or any(_is(each, atom) for each in row.kind.atoms())
        if (held := _made(interp, row)) is not None
        and (row.kind is not None or any(_is(each, atom) for each in held.atoms()))
    ]
    return join_all(found) if found else None


def _is(held: Atom, wanted: Atom) -> bool:
    """Whether a value, or a class, is of a type."""
    info = held.cls if isinstance(held, Obj) else held
    if isinstance(info, ClassInfo):
        bases = set(info.library_bases())
        return any(each is wanted for each in info.ancestry()) or (isinstance(wanted, Lib) and wanted.path in bases)
    if isinstance(held, Obj) and isinstance(wanted, Lib):
        # What a model made stands for the library's own class.
        return held.native is not None and held.kind in ("client", "retrofit") and "lient" in wanted.path
    return isinstance(held, Lib) and isinstance(wanted, Lib) and held.path.removesuffix("()") == wanted.path


def _made(interp: Interpreter, row: Definition) -> Value | None:
    """Return the instance of a definition, made once."""
    made: dict[Place, Value | None] = interp.models.memory("koin instances", dict)
    if row.place in made:
        return made[row.place]
    made[row.place] = None
    saved, interp.shared_births = interp.shared_births, 1
    try:
        infos = row.block.only(ClassInfo)
        if infos:
            from cybrid_audit.models.types import singleton

            made[row.place] = join_all(singleton(interp, info) for info in infos)
        elif row.block.only(Fn):
            receiver = native_object(interp, "module", Module(), row.place, "a module")
            made[row.place] = calls.call(
                interp, jvm.bound(row.block, receiver), Arguments(positional=[]), row.place, awaited=True
            )
    finally:
        interp.shared_births = saved
    return made[row.place]
