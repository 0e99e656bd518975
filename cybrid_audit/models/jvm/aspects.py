"""What runs around methods on the JVM because an annotation or a pattern says so: aspects, and Spring Security's method rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls, jvm
from cybrid_audit.engine.values import (
    Arguments,
    Check,
    ClassInfo,
    Fn,
    Native,
    Obj,
    Place,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.models.checks import services
from cybrid_audit.models.native import LibraryCall, native_object
from cybrid_audit.models.native import Native as NativeObject
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

ADVICE: Final = frozenset({"Around", "Before", "AroundInvoke"})
RULES: Final = frozenset({"PreAuthorize", "Secured", "RolesAllowed"})
FACTOR: Final = re.compile(
    r"(?i)mfa|2fa|totp|\botp\b|_otp|otp_|second[-_ ]?factor|two[-_ ]?factor|step[-_ ]?up|FACTOR_(?:OTT|WEBAUTHN|X509)"
)
"""Authorities and roles that only somebody has who has given a further factor, by their names."""
_ANNOTATION: Final = re.compile(r"@(annotation|within)\(\s*([\w.]+)\s*\)")
_EXECUTION: Final = re.compile(r"execution\([^()]*?([\w*.]+)\.([\w*]+)\(")
_REFERENCE: Final = re.compile(r"(?<![@\w.])(\w+)\(\)")


@dataclass(frozen=True, slots=True)
class Advice:
    """A method of an aspect: the annotations and the patterns of methods that it is for."""

    info: ClassInfo
    function: ir.Function
    annotations: frozenset[str]
    patterns: tuple[tuple[str, str], ...]
    is_around: bool


def aspect(call: LibraryCall) -> Value | None:
    """`@Aspect` on a class."""
    for info in call.args.positional[0].only(ClassInfo):
        known: list[Advice] = call.models.memory("aspects", list)
        for function in info.definition.methods:
            for node in function.decorators:
                mark = jvm.type_name(node.func if isinstance(node, ir.Call) else node)
                text = _text(node)
                if mark in ADVICE and text and all(each.function is not function for each in known):
                    known.append(_advice(info, function, text, is_around=mark != "Before"))
    from cybrid_audit.models.jvm import spring as java_spring

    return java_spring.component(call)


def _text(node: ir.Expr) -> str:
    for arg in node.args if isinstance(node, ir.Call) else ():
        if isinstance(arg.value, ir.Const) and arg.name in (None, "pointcut"):
            return str(arg.value.value)
    return ""


def _advice(info: ClassInfo, function: ir.Function, text: str, *, is_around: bool) -> Advice:
    for name in _REFERENCE.findall(text):
        found = info.method(name)
        for node in found[0].decorators if found is not None else ():
            text += " " + _text(node)
    types = {
        param.target.id: jvm.type_name(param.annotation)
        for param in function.params
        if isinstance(param.target, ir.Name)
    }
    names = {types.get(name, name.rpartition(".")[2]) for _, name in _ANNOTATION.findall(text)}
    patterns = tuple((path.rpartition(".")[2], method) for path, method in _EXECUTION.findall(text))
    return Advice(info, function, frozenset(names), patterns, is_around)


def advised(interp: Interpreter, models: Models, fn: Fn, args: Arguments, place: Place | None) -> Value | None:
    """Return what a method gives with what runs around it; None when nothing does."""
    function, home = fn.function, fn.home
    running: set[int] = models.memory("advised", set)
    if home is None or id(function) in running or function.kind == "constructor" or interp.state is None:
        return None
    own = {jvm.type_name(node.func if isinstance(node, ir.Call) else node): node for node in home.definition.decorators}
    own |= {jvm.type_name(node.func if isinstance(node, ir.Call) else node): node for node in function.decorators}
    for name in RULES & set(own):
        text = _whole_text(own[name])
        if FACTOR.search(text):
            where = place_of(home.module.path, own[name].span)
            interp.pass_gates(frozenset((Check("mfa", where, f"@{name}"),)))
    for name, node in own.items() if models.declares else ():
        kind = services.declared_kind(models, name, fn.module.language)
        if kind:
            interp.pass_gates(frozenset((Check(kind, place_of(home.module.path, node.span), f"@{name}"),)))
    known: list[Advice] = models.memory("aspects", list)
    fits = [
        each
        for each in known
        if each.annotations & set(own)
        or any(_fits(kind, home.name) and _fits(method, function.name) for kind, method in each.patterns)
    ]
    fits = [each for each in fits if each.info is not home]
    if not fits:
        return None
    running.add(id(function))
    try:
        return _around(interp, fits, fn, args, place if place is not None else interp.no_place(home.module.path))
    finally:
        running.discard(id(function))


def _fits(pattern: str, name: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name) is not None if pattern != "" else True


def _whole_text(node: ir.Expr) -> str:
    values = [arg.value for arg in node.args] if isinstance(node, ir.Call) else []
    items = [item for value in values for item in (value.items if isinstance(value, ir.List) else (value,))]
    return " ".join(str(each.value) if isinstance(each, ir.Const) else jvm.type_name(each) for each in items)


def _around(interp: Interpreter, fits: list[Advice], fn: Fn, args: Arguments, place: Place) -> Value:
    if not fits or interp.state is None:
        return calls.invoke(interp, fn, args, place, awaited=True)
    from cybrid_audit.models.types import singleton

    advice, rest = fits[0], fits[1:]

    def proceed(inner: Interpreter, given: Arguments, at: Place) -> Value:
        return _around(inner, rest, fn, args, place)

    point = native_object(
        interp, "join point", JoinPoint(value_of(Native("proceed", proceed)), args), place, "join point"
    )
    annotated = unknown("an annotation")
    passed = [
        point if jvm.type_name(param.annotation).endswith(("JoinPoint", "InvocationContext")) else annotated
        for param in advice.function.params
    ]
    this = singleton(interp, advice.info) if advice.function.kind != "static" else None
    target = Fn(advice.function, advice.info.scope, advice.info.module, this, advice.info)
    held = calls.invoke(interp, target, Arguments(positional=passed), place, awaited=True)
    return held if advice.is_around else _around(interp, rest, fn, args, place)


class JoinPoint(NativeObject):
    """The call that an aspect runs around."""

    __slots__ = ("args", "going")

    def __init__(self, going: Value, args: Arguments) -> None:
        self.going = going
        self.args = args

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "proceed":
            return calls.call(interp, self.going, Arguments(), place, awaited=True)
        if name in ("getArgs", "getParameters"):
            made = interp.new("list", place=place)
            made.items = list(self.args.positional)
            return value_of(made)
        return unknown(f"the {name} of a call")
