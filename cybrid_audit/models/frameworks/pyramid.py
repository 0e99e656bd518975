"""Pyramid and Cornice: views by decorator or configuration, tweens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    NativeImpl,
    Obj,
    Place,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.python_web import (
    WithRequest,
    beginning,
    decorates,
    decorator,
    fresh_instance,
    in_module,
    original_place,
    parameter_names,
    text,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


@dataclass(slots=True)
class Config(Native):
    """`Configurator()`."""

    paths: dict[str, str] = field(default_factory=dict)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "add_route":
            paths(interp)[text(args.get(0, "name"))] = text(args.get(1, "pattern"))
            return V_NONE
        if name == "add_view":
            view = args.get(0, "view")
            if view is not None:
                note(interp, view, args, place)
            return V_NONE
        if name == "add_tween":
            for dotted in (args.get(0) or V_NONE).strings():
                owner, _, member = dotted.rpartition(".")
                module = interp.models.program.find(interp.frame.module.path, owner)
                if module is not None:
                    tweens(interp).insert(0, interp.models.program.member(interp, module, member))
            return V_NONE
        if name == "include":
            for fn in (args.get(0) or V_NONE).only(Fn):
                calls.call(interp, value_of(fn), Arguments(positional=[value_of(obj)]), place, awaited=True)
            return V_NONE
        if name in (
            "scan",
            "commit",
            "set_request_factory",
            "set_session_factory",
            "set_authorization_policy",
            "set_authentication_policy",
            "set_security_policy",
            "add_request_method",
        ):
            return V_NONE
        return unknown("an application") if name == "make_wsgi_app" else None


def paths(interp: Interpreter) -> dict[str, str]:
    """Return the patterns of routes by name."""
    held: dict[str, str] = interp.models.memory("pyramid paths", dict)
    return held


def tweens(interp: Interpreter) -> list[Value]:
    """Return the tween factories, the outermost first."""
    held: list[Value] = interp.models.memory("pyramid tweens", list)
    return held


class ViewArguments(WithRequest):
    """`view(request)` or `view(context, request)`."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        self.tell(interp, fn)
        request = self.incoming(interp)
        atom = next(iter(fn.only(Fn)), None)
        names = parameter_names(atom) if atom is not None else []
        return Arguments(
            positional=[unknown("the context"), request]
            if len(names) > 1
            else [request]
            if names or atom is None
            else [],
            rest=request,
        )


def config(call: LibraryCall) -> Value | None:
    """`Configurator(settings=…)`."""
    return native_object(call.interp, "configuration", Config(), call.place, "the configuration")


def view(call: LibraryCall) -> Value | None:
    """`@view_config(route_name=…, request_method=…)` on functions, classes and methods."""

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        note(interp, value, call.args, place)
        return value

    return decorator(apply)


def note(interp: Interpreter, value: Value, args: Arguments, place: Place) -> None:
    """Remember a view; which class a method belongs to, and where its route leads, is known once all modules have run."""
    models = interp.models
    models.memory("pyramid views", list).append((value, args, place))
    on_collect(models, "pyramid", collect)


def collect(interp: Interpreter) -> None:
    """Register every view."""
    models = interp.models
    owners = {id(function): info for info in models.program.classes for function in info.definition.methods}
    for value, args, place in models.memory("pyramid views", list):
        name = text(args.keywords.get("route_name"))
        path = paths(interp).get(name, name)
        verb = text(args.keywords.get("request_method"))
        for atom in value.atoms():
            if isinstance(atom, ClassInfo):
                attr = text(args.keywords.get("attr")) or "__call__"
                enter(interp, atom, attr, path, verb, place)
            elif isinstance(atom, Fn) and id(atom.function) in owners:
                enter(interp, owners[id(atom.function)], atom.function.name, path, verb, place)
            elif isinstance(atom, Fn):
                wrapped = value_of(atom)
                for wrap in args.keywords["decorator"].atoms() if "decorator" in args.keywords else ():
                    interp.push(atom.scope, atom.module, None)
                    wrapped = calls.apply_decorator(interp, value_of(wrap), wrapped, place)
                    interp.pop()
                add(interp, wrapped, path, verb, original_place(atom), None)


def enter(interp: Interpreter, info: ClassInfo, name: str, path: str, verb: str, place: Place) -> None:
    """Register a method of a view class, which is made with the request."""
    found = info.method(name)
    if found is None:
        return
    at = place_of(found[1].module.path, found[0].span)
    plain = value_of(Fn(found[0], found[1].scope, found[1].module, None, found[1]))
    add(interp, plain, path, verb, at, info)


def add(interp: Interpreter, handler: Value, path: str, verb: str, place: Place, info: ClassInfo | None) -> None:
    """Register a view behind the tweens."""
    entry = Entry(EntryKind.HTTP_ROUTE, f"{verb or 'ALL'} {path or '/'}", place, handler, ViewArguments, [], path, verb)
    entry.steps = [Step(value_of(NativeFn("tween", tween(factory))), "next", place) for factory in tweens(interp)]

    def bind(inner: Interpreter, convention: Convention) -> None:
        if info is not None and isinstance(convention, WithRequest):
            made = fresh_instance(inner, info, place, Arguments(positional=[convention.incoming(inner)]))
            name = next(iter(handler.only(Fn))).function.name
            entry.handler = in_module(inner, info, lambda: attributes.get_attribute(inner, made, name, place))

    entry.setup = beginning(verb, path, bind)
    register(interp.models, entry)


def tween(factory: Value) -> NativeImpl:
    """Return what a tween does: `factory(handler, registry)(request)`."""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        made = calls.call(
            interp, factory, Arguments(positional=[args.positional[1], unknown("the registry")]), place, awaited=True
        )
        return calls.call(interp, made, Arguments(positional=args.positional[:1]), place, awaited=True)

    return run


class Service(Native):
    """Cornice's `Service(name, path)`."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get", "post", "put", "patch", "delete"):

            def keep(inner: Interpreter, value: Value, at: Place) -> Value:
                for fn in value.only(Fn):
                    add(inner, value_of(fn), self.path, name.upper(), original_place(fn), None)
                return value

            return keep(interp, args.positional[0], place) if decorates(args) else decorator(keep)
        return None


def service(call: LibraryCall) -> Value | None:
    """`Service(name=…, path=…)`."""
    return native_object(call.interp, "service", Service(text(call.args.get(1, "path"))), call.place, "a service")
