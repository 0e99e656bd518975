"""Dependency injection: what a container gives for a token, by the providers that modules declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Fn,
    Lib,
    Obj,
    Place,
    Value,
    place_of,
    unknown,
    value_of,
)

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

Providers = dict[object, list[Obj]]


def token_key(atom: Atom) -> object:
    """Return what identifies an injection token: a string, a symbol by its place, a class."""
    match atom:
        case Const(value=value):
            return value
        case Lib(path=path):
            return path
        case ClassInfo():
            return id(atom)
        case Obj():
            return id(atom)
        case _:
            return None


def providers(models: Models) -> Providers:
    """Return the providers declared so far, by token."""
    held: Providers = models.memory("providers", dict)
    return held


def declare(interp: Interpreter, models: Models, listed: Value | None) -> None:
    """Take the providers of a list: `{provide, useClass | useFactory | useValue | useExisting}`."""
    if listed is None:
        return
    items = operators.known_items(interp, listed)
    for item in items if items is not None else [listed]:
        for obj in item.only(Obj):
            if obj.kind == "list":
                declare(interp, models, value_of(obj))
                continue
            held = obj.fields.get("provide") or obj.fields.get("token")
            if held is None:
                continue
            for atom in held.atoms():
                key = token_key(atom)
                if key is not None:
                    rows = providers(models).setdefault(key, [])
                    if obj not in rows:
                        rows.append(obj)


def provide(interp: Interpreter, token: Value) -> Value | None:
    """Return what the container gives for a token, or None when nobody provides it."""
    result = NOTHING
    if interp.language == "jvm":
        from cybrid_audit.models.jvm import spring as java_spring

        for atom in token.atoms():
            held = java_spring.provided(interp, atom)
            result = result.join(held) if held is not None else result
        return result if result.alts else None
    for atom in token.atoms():
        for row in providers(interp.models).get(token_key(atom), []):
            result = result.join(made_by(interp, row))
    return result if result.alts else None


def made_by(interp: Interpreter, row: Obj) -> Value:
    """Return what a provider makes, once per run."""
    made: dict[int, Value] = interp.models.memory("provided", dict)
    if id(row) in made:
        return made[id(row)]
    made[id(row)] = unknown("a provider that needs itself")
    place = row.place or Place("", 1, 0, 1, 0)
    result = NOTHING
    if "useValue" in row.fields:
        result = row.fields["useValue"]
    elif "useClass" in row.fields:
        from cybrid_audit.models.types import singleton

        for info in row.fields["useClass"].only(ClassInfo):
            result = result.join(singleton(interp, info))
    elif "useExisting" in row.fields:
        held = provide(interp, row.fields["useExisting"])
        if held is not None:
            result = held
        else:
            from cybrid_audit.models.types import singleton

            for info in row.fields["useExisting"].only(ClassInfo):
                result = result.join(singleton(interp, info))
    elif "useFactory" in row.fields:
        wanted = row.fields.get("inject") or row.fields.get("deps")
        listed = operators.known_items(interp, wanted) if wanted is not None else []
        args = Arguments(positional=[resolve(interp, item) for item in listed or []])
        saved = interp.shared_births
        interp.shared_births = 1
        try:
            result = interp.settle(calls.call(interp, row.fields["useFactory"], args, place, awaited=True))
        finally:
            interp.shared_births = saved
    made[id(row)] = result if result.alts else unknown("what a provider makes")
    return made[id(row)]


def resolve(interp: Interpreter, token: Value) -> Value:
    """Return what a container gives for a token: by a provider, else an instance of the class that it is."""
    from cybrid_audit.models.types import singleton

    held = provide(interp, token)
    if held is not None:
        return held
    result = NOTHING
    for atom in token.atoms():
        if isinstance(atom, ClassInfo):
            result = result.join(singleton(interp, atom))
        elif isinstance(atom, Lib):
            row = interp.models.row(interp, "type", atom.path)
            if row is not None:
                typed = interp.models.apply(row, interp, atom.path, frozenset(), Arguments(), interp.no_place(""))
                result = result.join(typed if typed is not None else NOTHING)
            else:
                result = result.join(value_of(Lib(f"{atom.path}()")))
    return result if result.alts else unknown("something injected")


MARKS: Final = frozenset(
    {"inject", "optional", "injectrepository", "injectmodel", "injectqueue", "inject_", "lazyinject", "autowired"}
)
"""Names of decorators that mark what a container fills."""


def parameter(interp: Interpreter, info: ClassInfo, param: ir.Param) -> Value | None:
    """Return what `@Inject(TOKEN)` on a constructor parameter gives, or None without such a mark."""
    if info.module.family == "jvm":
        from cybrid_audit.models.jvm import spring as java_spring

        return java_spring.parameter(interp, info, param)
    return marked(interp, info, param.decorators, None, param.span)


def marked(
    interp: Interpreter, info: ClassInfo, decorators: tuple[ir.Expr, ...], annotation: ir.Expr | None, span: ir.Span
) -> Value | None:
    """Return what a container gives for a parameter or field by its marks, else by its type; None without a mark."""
    from cybrid_audit.engine.values import Scope

    for node in decorators:
        func = node.func if isinstance(node, ir.Call) else node
        name = func.id if isinstance(func, ir.Name) else func.name if isinstance(func, ir.Attribute) else ""
        if name.lower() not in MARKS:
            continue
        interp.push(Scope(info.scope, info.module), info.module, place_of(info.module.path, span))
        try:
            if isinstance(node, ir.Call) and node.args:
                token = interp.eval(node.args[0].value)
                if name.lower() == "injectqueue":
                    from cybrid_audit.models.frameworks import queues

                    return queues.queue_named(
                        interp, "bull", queues.channel_of(token), place_of(info.module.path, span)
                    )
                for fn in token.only(Fn):
                    # `@Inject(() => Service)`, `forwardRef(() => Service)`
                    token = token.join(
                        calls.call(interp, value_of(fn), Arguments(), interp.no_place(info.module.path), awaited=True)
                    )
                held = provide(interp, token)
                if held is not None:
                    return held
                if any(isinstance(atom, ClassInfo) for atom in token.atoms()):
                    return resolve(interp, token)
            if annotation is not None:
                from cybrid_audit.models.types import value_for

                return value_for(interp, annotation)
        finally:
            interp.pop()
    return None


__all__ = ["declare", "marked", "parameter", "provide", "resolve"]
