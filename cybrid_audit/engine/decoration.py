"""Decorators of methods in TypeScript and JavaScript: those that get a property descriptor, and those of the language's standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit import ir
from cybrid_audit.engine import calls
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    ClassInfo,
    Fn,
    Lib,
    Native,
    Obj,
    Place,
    Value,
    constant,
    value_of,
)

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


def decorated(interp: Interpreter, function: ir.Function, home: ClassInfo) -> Value:
    """Return what the decorators of a method make of it, the innermost first; found once."""
    cached = interp.program.decorated.get(id(function))
    if cached is not None:
        return cached
    plain = value_of(Fn(function, home.scope, home.module, None, home))
    interp.program.decorated[id(function)] = plain
    if interp.state is None:
        return plain
    result = plain
    interp.push(home.scope, home.module, None)
    try:
        for node in reversed(function.decorators):
            decorator = interp.eval(node)
            result = applied(interp, decorator, result, function, home, interp.place(node))
    finally:
        interp.pop()
    interp.program.decorated[id(function)] = result
    return result


def applied(
    interp: Interpreter, decorator: Value, value: Value, function: ir.Function, home: ClassInfo, place: Place
) -> Value:
    """Return what one decorator makes of a method; one that is not understood leaves it as it is."""
    result = NOTHING
    for atom in decorator.atoms():
        if isinstance(atom, Fn):
            result = result.join(by_function(interp, atom, value, function, home, place))
        elif isinstance(atom, Lib):
            result = result.join(interp.models.library_decorator(interp, atom.path, value, place))
        elif isinstance(atom, Native):
            held = atom.impl(interp, Arguments(positional=[value]), place)
            result = result.join(held if callables(held).alts else value)
        else:
            result = result.join(value)
    return result if result.alts else value


def by_function(
    interp: Interpreter, decorator: Fn, value: Value, function: ir.Function, home: ClassInfo, place: Place
) -> Value:
    """Call a decorator of the project: with a descriptor when it takes one, else with the method and its context."""
    name = constant(function.name)
    if len(decorator.function.params) >= 3:
        descriptor = interp.new("object", place=place)
        descriptor.fields = {
            "value": value,
            "writable": constant(True),
            "enumerable": constant(False),
            "configurable": constant(True),
        }
        target = value_of(home.statics)
        returned = calls.call(
            interp, value_of(decorator), Arguments(positional=[target, name, value_of(descriptor)]), place, awaited=True
        )
        changed = descriptor.fields["value"]
        for obj in returned.only(Obj):
            if "value" in obj.fields:
                changed = obj.fields["value"]
            elif "get" in obj.fields:
                changed = value
        held = callables(changed)
        return held if held.alts else value
    context = interp.new("object", place=place)
    context.fields = {
        "kind": constant("method"),
        "name": name,
        "static": constant(function.kind == "static"),
        "private": constant(False),
    }
    held = callables(
        calls.call(interp, value_of(decorator), Arguments(positional=[value, value_of(context)]), place, awaited=True)
    )
    return held if held.alts else value


def callables(value: Value) -> Value:
    """Return the alternatives that can be called."""
    return Value(tuple(pair for pair in value.alts if isinstance(pair[0], Fn | Native)))


__all__ = ["decorated"]
