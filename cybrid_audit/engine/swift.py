"""What Swift does with names beyond what it shares with Kotlin: members without their type, extensions, labels of arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, jvm
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Lib,
    Native,
    Place,
    Value,
    value_of,
)
from cybrid_audit.limits import MAX_UNROLL

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

EXTENSION: Final = "%extension "
INIT: Final = "%init"


def implicit(interp: Interpreter, name: str, place: Place) -> Value:
    """Return `.name`: nil, or the static members of that name that the project declares, else something of a library."""
    if name == "none":
        return V_NONE
    project = interp.program.project
    path = interp.frame.module.path
    found = NOTHING
    for file in project.declaring(path, f".{name}")[:MAX_UNROLL]:
        module = interp.program.load(file)
        if module is None:
            continue
        interp.program.ensure(interp, module)
        for info in interp.program.classes:
            if info.module is module and jvm.has_static(info, name):
                found = found.join(attributes.get_one(interp, info, name, place))
    return found if found.alts else value_of(Lib(f".{name}"))


def expected(interp: Interpreter, param: ir.Param, nodes: Sequence[ir.Arg], value: Value) -> Value:
    """Return an argument that is written `.name` as the member that the parameter's type has under it, where that is a library's."""
    node = next((each.value for each in nodes if each.name == param.label), None)
    kind = param.annotation.object if isinstance(param.annotation, ir.Index) else param.annotation
    if not isinstance(node, ir.Name) or not node.id.startswith(".") or not isinstance(kind, ir.Name | ir.Attribute):
        return value
    held = interp.eval(kind)
    if not held.only(Lib) or len(held.alts) > 1:
        return value
    return attributes.get_attribute(interp, held, node.id[1:], interp.place(node))


def extended(interp: Interpreter, kind: str, name: str, place: Place) -> Value | None:
    """Return a static member that an extension gives a type, by the type's simple name; None when none does."""
    if not kind or not interp.frames:
        return None
    found: Value | None = None
    for file in interp.program.project.declaring(interp.frame.module.path, f"{EXTENSION}{kind}"):
        module = interp.program.load(file)
        if module is None:
            continue
        interp.program.ensure(interp, module)
        held = module.scope.vars.get(f"{EXTENSION}{kind}")
        for info in held.only(ClassInfo) if held is not None else ():
            if jvm.has_static(info, name):
                each = attributes.get_one(interp, info, name, place)
                found = each if found is None else found.join(each)
    return found


def constructed(interp: Interpreter, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what an initialiser of an extension makes of a call of a type, or None when none of them takes its labels."""
    if not name[:1].isupper() or not args.keywords:
        return None
    for file in interp.program.project.declaring(interp.frame.module.path, f"{EXTENSION}{name}"):
        module = interp.program.load(file)
        if module is None:
            continue
        interp.program.ensure(interp, module)
        held = module.scope.vars.get(f"{EXTENSION}{name}")
        for info in held.only(ClassInfo) if held is not None else ():
            for function in info.definition.methods:
                if function.name == INIT and fits(function, args):
                    fn = Fn(function, info.scope, info.module, None, info)
                    return calls.invoke(interp, fn, args, place, awaited=True)
    return None


def _own(param: ir.Param) -> str:
    return param.target.id if isinstance(param.target, ir.Name) else ""


def placed(function: ir.Function, args: Arguments, keywords: dict[str, Value]) -> Arguments:
    """Return arguments by the parameters' own names: labelled ones by their labels, closures behind the call where one is taken.

    `keywords` is changed in place."""
    params = function.params
    if args.rest is not None or any(param.kind == "implicit" for param in params):
        return args
    named: dict[str, Value] = {}
    for label, value in keywords.items():
        param = next((each for each in params if each.label == label and _own(each) not in named), None)
        named[_own(param) if param is not None else label] = value
    keywords.clear()
    keywords.update(named)
    left: list[Value] = []
    for value in args.positional:
        param = _free(params, keywords, value)
        if param is not None and param.kind != "rest":
            keywords[_own(param)] = value
        elif param is not None:
            left.append(value)
    at = next((index for index, param in enumerate(params) if param.kind == "rest"), -1)
    # What a variadic parameter gathers stands behind a value for each parameter before it.
    before = [keywords.pop(_own(param), V_NONE) for param in params[:at]] if at > 0 and left else []
    return Arguments([*before, *left], args.keywords, args.rest, args.kwrest, args.nodes)


def _free(params: Sequence[ir.Param], taken: dict[str, Value], value: Value) -> ir.Param | None:
    """Return the parameter that takes a value without a label."""
    free = [param for param in params if param.kind == "rest" or _own(param) not in taken]
    if any(isinstance(atom, Fn | Native) for atom in value.atoms()):
        closures = [param for param in free if jvm.type_name(param.annotation) == "function_type"]
        if closures:
            return closures[0]
    plain = [param for param in free if param.label == "_"]
    return plain[0] if plain else free[0] if free else None


def fits(function: ir.Function, args: Arguments) -> bool:
    """Whether arguments may be those of a function: labels, number, and the types that are plain to see."""
    params = function.params
    labels = {param.label for param in params}
    if not set(args.keywords) <= labels:
        return False
    if args.rest is not None:
        return True
    keywords = dict(args.keywords)
    placed(function, args, keywords)
    for param in params:
        own = _own(param)
        if own not in keywords:
            if param.default is None and param.kind == "positional" and not _is_closure(param):
                return False
        elif not jvm.may_be(keywords[own], param.annotation):
            return False
    blocks = sum(any(isinstance(atom, Fn | Native) for atom in value.atoms()) for value in args.positional)
    unlabelled = sum(param.label == "_" or _is_closure(param) for param in params)
    return len(args.positional) <= unlabelled + blocks or any(param.kind == "rest" for param in params)


def _is_closure(param: ir.Param) -> bool:
    return jvm.type_name(param.annotation) == "function_type"
