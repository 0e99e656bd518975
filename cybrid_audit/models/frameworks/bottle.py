"""Bottle: routes of an application or of the default one, plugins, hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import calls
from cybrid_audit.engine.values import V_NONE, Arguments, ClassInfo, Fn, Obj, Place, Value, value_of
from cybrid_audit.models.entries import Step
from cybrid_audit.models.frameworks.python_web import (
    VERBS,
    PathArguments,
    Routes,
    answer_object,
    decorates,
    decorator,
    listed,
    routes_object,
    text,
    texts,
    through,
)
from cybrid_audit.models.native import LibraryCall
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


@dataclass(slots=True)
class App(Routes):
    """`Bottle()`."""

    plugins: list[Value] = field(default_factory=list)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in VERBS or name in ("route", "add_route"):
            return self.route(interp, name, args, place)
        if name == "hook":
            if text(args.get(0)) == "before_request":
                return decorator(lambda inner, value, at: self.hooked(value, at))
            return through(Arguments())
        if name == "add_hook":
            if text(args.get(0)) == "before_request" and len(args.positional) > 1:
                self.hooked(args.positional[1], place)
            return V_NONE
        if name in ("mount", "merge"):
            self.mount(args.get(1 if name == "mount" else 0, "app"), text(args.get(0)) if name == "mount" else "")
            return V_NONE
        if name == "install":
            self.plugins.extend(args.positional[:1])
            return args.get(0)
        if name in ("error", "run", "reset", "close"):
            return through(args)
        return None

    def hooked(self, value: Value, place: Place) -> Value:
        """Keep a hook; what it returns is of no matter."""
        self.before.append(Step(value, "raise", place))
        return value

    def route(self, interp: Interpreter, name: str, args: Arguments, place: Place) -> Value:
        """Keep a route, in the plugins that are installed or applied."""
        path = text(args.get(0, "path"))
        methods = [name.upper()] if name in VERBS else texts(interp, args.get(1, "method")) or ["GET"]
        applied = [*listed(interp, args.keywords.get("apply")), *self.plugins]

        def keep(inner: Interpreter, value: Value, at: Place) -> Value:
            wrapped = value
            for plugin in applied:
                wrapped = plugged(inner, plugin, wrapped, at)
            self.add(path, methods, wrapped, at)
            return value

        given = args.get(2, "callback")
        if given is not None:
            return keep(interp, given, place)
        if decorates(args):
            return keep(interp, args.positional[0], place)
        return decorator(keep)


def plugged(interp: Interpreter, plugin: Value, view: Value, place: Place) -> Value:
    """Return a view in a plugin: `plugin(view)` or `plugin.apply(view, route)`."""
    for atom in plugin.atoms():
        if isinstance(atom, Obj) and atom.cls is not None and atom.cls.method("apply") is not None:
            return calls.call_method(interp, plugin, "apply", Arguments(positional=[view, V_NONE]), place, awaited=True)
    made = calls.apply_decorator(interp, plugin, view, place)
    return made if any(isinstance(atom, Fn | ClassInfo) for atom in made.atoms()) else view


def application(call: LibraryCall) -> Value | None:
    """`Bottle()`."""
    return routes_object(call.interp, App(convention=PathArguments), call.place)


def default_app(interp: Interpreter, place: Place) -> Value:
    """Return the application that the module's own functions add to."""
    held: dict[str, Value] = interp.models.memory("bottle", dict)
    if "default" not in held:
        held["default"] = routes_object(interp, App(convention=PathArguments), place)
    return held["default"]


def default(call: LibraryCall) -> Value | None:
    """`bottle.default_app()`."""
    return default_app(call.interp, call.place)


def own(call: LibraryCall) -> Value | None:
    """`bottle.post(path)`: the same of the default application."""
    name = call.path.rsplit(".", 1)[-1]
    return next(
        (
            obj.native.method(call.interp, obj, name, call.args, call.place)
            for obj in default_app(call.interp, call.place).only(Obj)
        ),
        None,
    )


def response(call: LibraryCall) -> Value | None:
    """`bottle.response` as a global."""
    held = call.models.memory("request locals", dict)
    if "reply" not in held:
        held["reply"] = answer_object(call.interp, call.place)
    result: Value = held["reply"]
    return result


__all__ = ["application", "value_of"]
