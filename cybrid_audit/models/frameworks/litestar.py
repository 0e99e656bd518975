"""Litestar: handlers made by decorators, controllers, guards, dependencies by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cybrid_audit.engine import attributes
from cybrid_audit.engine.values import Arguments, ClassInfo, Fn, Obj, Place, Value, unknown, value_of
from cybrid_audit.models import Models
from cybrid_audit.models.entries import Convention, Step
from cybrid_audit.models.frameworks.fastapi import Injected, start
from cybrid_audit.models.frameworks.python_web import (
    Routes,
    bound_view,
    decorator,
    listed,
    mounted_again,
    original_place,
    routes_object,
    shared_map,
    text,
    texts,
)
from cybrid_audit.models.frameworks.starlette import listed_middleware
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


class Layer(NamedTuple):
    """What an application, router, controller or handler adds: steps that run before, and dependencies by name."""

    steps: list[Step]
    named: dict[str, Value]


class Handler(NamedTuple):
    """A function that a decorator made a handler."""

    paths: list[str]
    methods: list[str]
    layer: Layer


@dataclass(slots=True)
class Provide(Native):
    """`Provide(fn)`."""

    fn: Value


@dataclass(slots=True)
class App(Routes):
    """An application or router."""

    layer: Layer = field(default_factory=lambda: Layer([], {}))
    handlers: list[Value] = field(default_factory=list)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return shared_map(interp, obj, name, place) if name == "state" else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "register":
            for value in args.positional:
                enter(interp, self, value, [], place)
            return unknown("a route")
        return None


class ByGuard(Injected):
    """As with FastAPI, and a guard is called with the connection and the handler."""

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        if step.mode == "raise":
            return Arguments(positional=[self.incoming(interp), unknown("the route's handler")])
        return super().step_arguments(interp, step, next_fn)


def layer_of(interp: Interpreter, keywords: dict[str, Value], place: Place) -> Layer:
    """Return what options add: `guards=`, `dependencies=`, `middleware=`, `before_request=`."""
    steps = listed_middleware(interp, keywords.get("middleware"), place)
    steps += [Step(item, "raise", place) for item in listed(interp, keywords.get("guards"))]
    steps += [Step(item, "hook", place) for item in listed(interp, keywords.get("before_request"))]
    named: dict[str, Value] = {}
    for obj in keywords["dependencies"].only(Obj) if "dependencies" in keywords else ():
        for name, value in obj.fields.items():
            provided = [each.native.fn for each in value.only(Obj) if isinstance(each.native, Provide)]
            named[name] = provided[0] if provided else value
    return Layer(steps, named)


def handler(call: LibraryCall) -> Value | None:
    """`@post(path, guards=[…])`: a function becomes a handler."""
    name = call.path.rsplit(".", 1)[-1].lower()
    paths = texts(call.interp, call.args.get(0, "path")) or [""]
    methods = (
        texts(call.interp, call.args.keywords.get("http_method"))
        if name == "route"
        else [name.upper()]
        if name in ("get", "post", "put", "patch", "delete", "head")
        else []
    )
    made = Handler(paths, methods, layer_of(call.interp, call.args.keywords, call.place))

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        for fn in value.only(Fn):
            interp.models.memory("litestar handlers", dict)[id(fn.function)] = made
        return value

    return decorator(apply)


def provide(call: LibraryCall) -> Value | None:
    """`Provide(fn)`."""
    return native_object(
        call.interp,
        "provider",
        Provide(call.args.get(0, "dependency") or unknown("a dependency")),
        call.place,
        "a provider",
    )


def application(call: LibraryCall) -> Value | None:
    """`Litestar(route_handlers=[…])`, `Router(path, route_handlers=[…])`."""
    interp, args = call.interp, call.args
    is_router = call.path.rsplit(".", 1)[-1] == "Router"
    native = App(
        prefix=text(args.get(0, "path")) if is_router else text(args.keywords.get("path")),
        convention=ByGuard,
        layer=layer_of(interp, args.keywords, call.place),
    )
    value = routes_object(interp, native, call.place)
    given = args.keywords.get("route_handlers") or args.get(1 if is_router else 0)
    for item in listed(interp, given):
        native.handlers.append(item)
    if not is_router:
        for item in native.handlers:
            enter(interp, native, item, [native.layer], call.place)
    for name in ("on_startup", "lifespan"):
        for each in listed(interp, args.keywords.get(name)):
            for obj in value.only(Obj):
                start(interp, each, obj, call.place)
    return value


def enter(interp: Interpreter, native: App, item: Value, layers: list[Layer], place: Place, prefix: str = "") -> None:
    """Add a handler, controller or router to an application, below the layers it stands in."""
    known: dict[int, Handler] = interp.models.memory("litestar handlers", dict)
    for atom in item.atoms():
        if isinstance(atom, Obj) and isinstance(atom.native, App) and not mounted_again(interp, atom.native):
            atom.native.mounted = True
            for each in atom.native.handlers:
                enter(interp, native, each, [*layers, atom.native.layer], place, f"{prefix}/{atom.native.prefix}")
        elif isinstance(atom, Fn) and id(atom.function) in known:
            add(native, known[id(atom.function)], value_of(atom), layers, original_place(atom), prefix)
        elif isinstance(atom, ClassInfo):
            keywords = {
                name: held for info in reversed(list(atom.ancestry())) for name, held in info.statics.fields.items()
            }
            own = [*layers, layer_of(interp, keywords, place)]
            for info in atom.ancestry():
                for function in info.definition.methods:
                    if function.decorators:
                        view = bound_view(interp, atom, function.name, place)
                        if id(function) in known:
                            add(native, known[id(function)], view, own, place, f"{prefix}/{text(keywords.get('path'))}")


def add(native: App, made: Handler, view: Value, layers: list[Layer], place: Place, prefix: str) -> None:
    """Add a handler behind all its layers."""
    named = {name: held for layer in (*layers, made.layer) for name, held in layer.named.items()}
    steps = [step for layer in (*layers, made.layer) for step in layer.steps]
    side = App(convention=lambda: with_names(named), mounted=True)
    for path in made.paths:
        side.add(f"{prefix}/{path}".replace("//", "/"), made.methods, view, place, steps)
    native.children.append(("", [], side))


def with_names(named: dict[str, Value]) -> Convention:
    """Return the convention of a handler that gets these dependencies by name."""
    convention = ByGuard()
    convention.named = named
    return convention


__all__ = ["Models", "application", "attributes", "handler"]
