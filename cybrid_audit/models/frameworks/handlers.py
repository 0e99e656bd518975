"""What all frameworks share about the functions they are given: taking them out of lists and library wrappers, telling their place and kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import operators
from cybrid_audit.engine.values import (
    NOTHING,
    Atom,
    ClassInfo,
    Const,
    Fn,
    Lib,
    Obj,
    Place,
    Value,
    place_of,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_WEBHOOK: Final = re.compile(r"(?i)web-?_?hooks?|(?:^|/)(?:hooks?|ipn)(?:/|$)")
_HANDLER_PARAMETERS: Final = frozenset(
    {
        "req",
        "request",
        "_req",
        "_request",
        "res",
        "reply",
        "ctx",
        "context",
        "c",
        "event",
        "evt",
        "next",
        "h",
        "socket",
        "job",
        "message",
        "msg",
    }
)
"""Names by which the parameters of handlers are known."""


def unwrapped(value: Value) -> Value:
    """Return a value with what libraries made of functions (`asyncHandler(fn)`) by the functions themselves."""
    if not any(isinstance(atom, Lib) and wrapped_functions(atom) for atom in value.atoms()):
        return value
    result = NOTHING
    for atom, proofs in value.alts:
        inner = wrapped_functions(atom)
        result = result.join(value_of(*inner).with_proofs(proofs) if inner else Value(((atom, proofs),)))
    return result


def wrapped_functions(atom: Atom) -> list[Fn]:
    """Return the functions that a library made something of."""
    if not isinstance(atom, Lib) or not atom.path.endswith("()"):
        return []
    return sorted((each for each in atom.sources if isinstance(each, Fn)), key=lambda fn: fn.function.span.start)


def functions(interp: Interpreter, values: list[Value]) -> list[Value]:
    """Return handlers and middleware in their order, lists flattened, wrappers of libraries taken off; options and texts dropped."""
    found: list[Value] = []
    for value in values:
        lists = [atom for atom in value.only(Obj) if atom.kind == "list"]
        if lists:
            found.extend(functions(interp, operators.known_items(interp, value) or []))
        elif any(not isinstance(atom, Const) for atom in value.atoms()) and not (
            value.only(Obj) and all(is_options(o) for o in value.only(Obj))
        ):
            found.append(unwrapped(value))
    return found


def is_options(obj: Obj) -> bool:
    """Whether an object is a plain one: options rather than something that handles requests."""
    return obj.kind == "object" and obj.native is None and obj.cls is None


def is_callable(value: Value) -> bool:
    """Whether an alternative is a function of the project or of the engine."""
    return any(isinstance(atom, Fn | NativeFn) for atom in value.atoms())


def place_for(value: Value, otherwise: Place) -> Place:
    """Return where the first function among the alternatives stands: what a wrapper of the project wraps rather than the wrapper."""
    for atom in value.atoms():
        if isinstance(atom, Fn):
            inner = innermost(atom)
            return place_of(inner.module.path, inner.function.span)
    return otherwise


def innermost(fn: Fn, depth: int = 4) -> Fn:
    """Return the function that was passed to the function that made this one, as far as that goes."""
    maker = fn.scope.function
    if maker is None or depth == 0:
        return fn
    for param in maker.params:
        held = fn.scope.vars.get(param.target.id) if isinstance(param.target, ir.Name) else None
        for atom in held.atoms() if held is not None else ():
            if isinstance(atom, Fn) and atom.home is None:
                return innermost(atom, depth - 1)
    return fn


def parameters(fn: Fn) -> list[str]:
    """Return the names of a function's parameters, empty for patterns."""
    return [param.target.id if isinstance(param.target, ir.Name) else "" for param in fn.function.params]


def looks_like_handler(fn: Fn) -> bool:
    """Whether a function's parameters are those of something a framework calls."""
    names = parameters(fn)
    if not names:
        return False
    first = fn.function.params[0].target
    if isinstance(first, ir.ObjectPattern):
        # `({ req, res }) => …`
        keys = {key.value for key, _ in first.entries if isinstance(key, ir.Const)}
        return bool(keys & {"req", "request", "res"})
    return names[0].lstrip("_") in _HANDLER_PARAMETERS and (
        len(names) > 1 or names[0] not in ("ctx", "context", "c", "event", "message")
    )


def route_kind(path: str) -> EntryKind:
    """Return what starts an HTTP route: a webhook is told by its path."""
    return EntryKind.WEBHOOK if _WEBHOOK.search(path) else EntryKind.HTTP_ROUTE


def texts(interp: Interpreter, value: Value | None) -> list[str]:
    """Return the constant texts that a value is or lists."""
    if value is None:
        return []
    found = value.strings()
    for obj in value.only(Obj):
        if obj.kind == "list":
            for item in operators.known_items(interp, value_of(obj)) or []:
                found.extend(item.strings())
    return found


def name_of(value: Value) -> str:
    """Return the name of the first function or class among the alternatives."""
    for atom in value.atoms():
        if isinstance(atom, Fn) and atom.function.name:
            return atom.function.name
        if isinstance(atom, ClassInfo):
            return atom.name
    return ""
