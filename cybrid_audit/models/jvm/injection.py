"""What a container of Kotlin or Java hands out for a type: Hilt, Dagger, Spring, Guice, Koin, or whoever calls a constructor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
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
    Scope,
    Value,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.models.jvm import retrofit as jvm_retrofit
from cybrid_audit.models.native import Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule

PROVIDERS: Final = frozenset({"Provides", "Bean", "Produces", "Singleton", "Factory", "Single"})
"""Annotations of functions whose result a container hands out."""


def provide(interp: Interpreter, atom: Atom, marks: frozenset[str] = frozenset()) -> Value | None:
    """Return what a container gives for a class of the project or of a library; None when nobody says.

    `marks` are the qualifiers of who asks: `@Named("bank")`, `@BankClient`."""
    key = (id(atom) if isinstance(atom, ClassInfo) else getattr(atom, "path", ""), marks)
    made: dict[object, Value] = interp.models.memory("jvm provided", dict)
    active: set[object] = interp.models.memory("jvm providing", set)
    if key in made or key in active:
        return made.get(key)
    active.add(key)
    try:
        held = _provided(interp, atom, marks)
    finally:
        active.discard(key)
    if held is not None:
        made[key] = held
    return held


def qualifiers(decorators: tuple[ir.Expr, ...]) -> frozenset[str]:
    """Return the marks by which a provider and who asks for it may find each other."""
    found = set()
    for node in decorators:
        name = jvm.type_name(node.func if isinstance(node, ir.Call) else node)
        texts = (
            [arg.value.value for arg in node.args if isinstance(arg.value, ir.Const)]
            if isinstance(node, ir.Call)
            else []
        )
        found.add(f"{name}:{texts[0]!s}" if name in ("Named", "Qualifier") and texts else name)
    return frozenset(found)


WRAPPERS: Final = frozenset({"Lazy", "Provider"})
"""Types that hand out what they wrap when they are asked."""


class Held(Native):
    """`Lazy<T>`, `Provider<T>`: gives what it wraps."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return self.value if name in ("get", "getValue", "invoke", "getObject", "getIfAvailable") else None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self.value if name == "value" else None

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return self.value


def parameter(interp: Interpreter, module: LoadedModule, scope: Scope, param: ir.Param) -> Value | None:
    """Return what a container passes for a parameter whose qualifiers or wrapper say more than its type; None for any other."""
    node, marks = param.annotation, qualifiers(param.decorators)
    wraps = isinstance(node, ir.Index) and jvm.type_name(node.object) in WRAPPERS
    if node is None or (not marks and not wraps) or interp.state is None:
        return None
    kind = node.index if isinstance(node, ir.Index) and wraps else node
    if isinstance(kind, ir.Index):
        kind = kind.object
    if not isinstance(kind, ir.Name | ir.Attribute):
        return None
    from cybrid_audit.models.types import singleton

    interp.push(Scope(scope, module), module, None)
    try:
        result = NOTHING
        for atom in interp.eval(kind).atoms():
            name = (
                atom.name
                if isinstance(atom, ClassInfo)
                else atom.path.rpartition(".")[2]
                if isinstance(atom, Lib)
                else ""
            )
            is_told = any(marks & qualifiers(fn.function.decorators) - PROVIDERS for fn in _providers(interp, name))
            if not is_told and not wraps:
                continue
            held = provide(interp, atom, marks)
            if held is None and isinstance(atom, ClassInfo):
                held = singleton(interp, atom)
            result = result.join(held if held is not None else NOTHING)
    finally:
        interp.pop()
    if not result.alts:
        return None
    return native_object(interp, "instance", Held(result), interp.no_place(module.path)) if wraps else result


def _provided(interp: Interpreter, atom: Atom, marks: frozenset[str]) -> Value | None:
    name = atom.name if isinstance(atom, ClassInfo) else atom.path.rpartition(".")[2] if isinstance(atom, Lib) else ""
    rows = [fn for fn in _providers(interp, name) if _gives(interp, fn, atom)]
    told = [fn for fn in rows if marks & qualifiers(fn.function.decorators)]
    rows = told or rows
    if rows:
        saved, interp.shared_births = interp.shared_births, 1
        try:
            return join_all(
                calls.call(interp, value_of(fn), _arguments(interp, fn), interp.no_place(fn.module.path), awaited=True)
                for fn in rows
            )
        finally:
            interp.shared_births = saved
    if interp.models.state.get("koin definitions"):
        from cybrid_audit.models.jvm import koin as kotlin_koin

        held = kotlin_koin.defined(interp, atom)
        if held is not None:
            return held
    if not isinstance(atom, ClassInfo):
        return None
    if jvm_retrofit.is_service(atom):
        return jvm_retrofit.instance(interp, atom, interp.no_place(atom.module.path))
    if not is_abstract(atom):
        return None
    from cybrid_audit.models.types import singleton

    own = [
        info
        for info in interp.program.classes
        if info is not atom and not is_abstract(info) and info.name and any(each is atom for each in info.ancestry())
    ]
    return join_all(singleton(interp, info) for info in own) if own else None


def is_abstract(info: ClassInfo) -> bool:
    """Whether a class has no instances of its own."""
    return info.definition.kind == "interface" or any(
        "abstract" in function.directives for function in info.definition.methods
    )


def _arguments(interp: Interpreter, fn: Fn) -> Arguments:
    """Return arguments of which qualifiers tell what they are, or else the types of the parameters."""
    found = []
    for param in fn.function.params:
        if param.kind == "positional":
            held = parameter(interp, fn.module, fn.scope, param)
            name = param.target.id if isinstance(param.target, ir.Name) else ""
            found.append(held if held is not None else unknown("something injected", hint=name))
    return Arguments(positional=found)


def _providers(interp: Interpreter, name: str) -> list[Fn]:
    """Return the functions that containers take a type of this name from."""
    classes = interp.program.classes
    held: dict[int, dict[str, list[Fn]]] = interp.models.memory("jvm providers", dict)
    if len(classes) not in held:
        found: dict[str, list[Fn]] = {}
        for info in classes:
            if info.module.family != "jvm":
                continue
            for function in info.definition.methods:
                marks = {
                    jvm.type_name(node.func if isinstance(node, ir.Call) else node) for node in function.decorators
                }
                if not marks & PROVIDERS or "abstract" in function.directives or not function.body:
                    continue
                this = value_of(info) if function.kind == "static" else None
                if this is None:
                    from cybrid_audit.models.types import singleton

                    this = singleton(interp, info)
                fn = Fn(function, info.scope, info.module, this, info)
                found.setdefault(jvm.type_name(function.returns), []).append(fn)
        held.clear()
        held[len(classes)] = found
    return held[len(classes)].get(name, [])


def _gives(interp: Interpreter, fn: Fn, atom: Atom) -> bool:
    """Whether a provider's declared type is this class."""
    node = fn.function.returns
    if node is None or fn.home is None or interp.state is None:
        return False
    interp.push(Scope(fn.home.scope, fn.module), fn.module, None)
    try:
        held = interp.eval(node.object if isinstance(node, ir.Index) else node)
    finally:
        interp.pop()
    if isinstance(atom, Lib):
        return any(isinstance(each, Lib) and each.path == atom.path for each in held.atoms())
    return any(each is atom for each in held.atoms())
