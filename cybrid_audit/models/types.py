"""What a type annotation tells of a value that nothing else tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit import ir
from cybrid_audit.engine import calls, operators
from cybrid_audit.engine.values import (
    ASSUMED,
    NOTHING,
    Arguments,
    ClassInfo,
    Lib,
    Obj,
    Unknown,
    Value,
    unknown,
    value_of,
)
from cybrid_audit.languages import RECEIVERS
from cybrid_audit.models.native import LibraryCall

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_WRAPPERS = frozenset(
    {
        "Optional",
        "Annotated",
        "Final",
        "ClassVar",
        "Union",
        "Promise",
        "Awaitable",
        "Readonly",
        "Partial",
        "NonNullable",
        "Type",
        "type",
    }
)


def of_annotation(call: LibraryCall) -> Value | None:
    """Return the value with its unknown alternatives replaced by what the annotation tells, or None when it tells nothing."""
    node: ir.Expr = call.settings["node"]
    value = call.args.positional[0]
    told = value_for(call.interp, node)
    if told is None:
        return None
    kept = Value(tuple(pair for pair in value.alts if not isinstance(pair[0], Unknown)))
    return kept.join(told)


def value_for(interp: Interpreter, node: ir.Expr, depth: int = 0) -> Value | None:
    """Return an instance of the annotated type, or None when the type tells nothing."""
    if depth > 3:
        return None
    if isinstance(node, ir.Index):
        name = (
            node.object.id
            if isinstance(node.object, ir.Name)
            else node.object.name
            if isinstance(node.object, ir.Attribute)
            else ""
        )
        if name in _WRAPPERS:
            inner = node.index.items if isinstance(node.index, ir.List) else (node.index,)
            return value_for(interp, inner[0], depth + 1) if inner else None
        return value_for(interp, node.object, depth + 1)
    if isinstance(node, ir.Binary) and node.op == "|":
        for side in (node.left, node.right):
            held = value_for(interp, side, depth + 1)
            if held is not None:
                return held
        return None
    if not isinstance(node, ir.Name | ir.Attribute):
        return None
    result = NOTHING
    for atom in interp.eval(node).atoms():
        if isinstance(atom, ClassInfo) and not operators.is_enum(atom) and not is_record(atom):
            from cybrid_audit.models import injection

            provided = injection.provide(interp, value_of(atom))
            if provided is None and atom.module.family in RECEIVERS:
                provided = interp.models.jvm_provided(interp, atom)
            result = result.join(provided if provided is not None else singleton(interp, atom))
        elif isinstance(atom, Lib):
            from cybrid_audit.models import injection

            provided = injection.provide(interp, value_of(atom))
            if provided is None and interp.language == "jvm":
                provided = interp.models.jvm_provided(interp, atom)
            if provided is not None:
                result = result.join(provided)
                continue
            row = interp.models.row(interp, "type", atom.path)
            if row is not None:
                held = interp.models.apply(row, interp, atom.path, frozenset(), Arguments(), interp.place(node))
                if held is not None:
                    result = result.join(held)
            elif any(rows.has_instances(atom.path) for rows in interp.models.rows(interp)):
                result = result.join(value_of(Lib(f"{atom.path}()", atom.sources)))
    return result if result.alts else None


def is_record(info: ClassInfo) -> bool:
    """Whether a class only describes data that comes from outside (a request model, a typed dict)."""
    tails = {base.rsplit(".", 1)[-1] for base in info.library_bases()}
    return bool(tails & {"BaseModel", "TypedDict", "NamedTuple", "Schema", "Protocol", "Struct", "SQLModel", "Model"})


def singleton(interp: Interpreter, info: ClassInfo) -> Value:
    """Return the one instance of a class that dependency injection, or an unseen caller, hands out.

    It outlives the request only where a container keeps it, which the class's decorators tell."""
    if info.singleton is None:
        # Known before its constructor has run: two services may need each other.
        info.singleton = Obj("instance", interp.no_place(info.module.path), shared=bool(info.definition.decorators))
        info.singleton.cls = info
        info.singleton.label = info.name
        # A container on the JVM makes it when the program starts, whoever asks for it first here.
        starts = info.module.family == "jvm" and bool(info.definition.decorators)
        if starts:
            interp.models.recorder.enter_module(info.module)
        try:
            made = injected(interp, info, shared=bool(info.definition.decorators))
        finally:
            if starts:
                interp.models.recorder.leave_module(info.module)
        for obj in made.only(Obj):
            info.singleton.fields = obj.fields
            info.singleton.native = obj.native
            info.singleton.rest = obj.rest
    return value_of(info.singleton)


def assumed(interp: Interpreter, info: ClassInfo) -> Value:
    """Return the instance on which callers out of sight call a class's methods; one per run, so that what one method keeps
    another reads."""
    held: dict[int, Value] = interp.models.memory("assumed instances", dict)
    if id(info) not in held:
        held[id(info)] = unknown("an instance that needs itself")
        made = injected(interp, info)
        for obj in made.only(Obj):
            obj.born = ASSUMED
        held[id(info)] = made
    return held[id(info)]


def injected(interp: Interpreter, info: ClassInfo, *, shared: bool = False) -> Value:
    """Return a fresh instance whose constructor gets what its parameters' types tell."""
    from cybrid_audit.models import injection

    found = next(
        (
            (f, each)
            for each in info.ancestry()
            for f in each.definition.methods
            if f.name in ("__init__", "constructor")
        ),
        None,
    )
    saved = interp.shared_births
    interp.shared_births = 1 if shared else 0
    try:
        args = Arguments()
        if found is not None and info.module.family != "python":
            # Python's parameters keep their defaults where nobody passes anything.
            function, home = found
            for param in function.params:
                held = injection.parameter(interp, home, param)
                if held is None and param.default is not None and info.module.family in RECEIVERS:
                    # What nobody passes has its default.
                    continue
                passed = held if held is not None else unknown("a parameter that nobody passes")
                if info.module.family in RECEIVERS and isinstance(param.target, ir.Name):
                    args.keywords[param.target.id] = passed
                else:
                    args.positional.append(passed)
        return calls.instantiate(interp, info, args, interp.no_place(info.module.path))
    finally:
        interp.shared_births = saved
