"""Dependency injection without a framework: tsyringe, TypeDI, InversifyJS, Awilix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Obj,
    Place,
    Promise,
    Value,
    join_all,
    key_text,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models import injection
from cybrid_audit.models.frameworks.handlers import functions
from cybrid_audit.models.frameworks.router import METHODS, Router, enlist
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

TARGETS: Final = {
    "to": "useClass",
    "toSelf": "useClass",
    "toService": "useExisting",
    "toConstantValue": "useValue",
    "toDynamicValue": "useFactory",
    "toFactory": "useFactory",
}
"""What InversifyJS calls the kinds of a provider."""


def bind(interp: Interpreter, token: Value, kind: str, given: Value, place: Place) -> None:
    """Declare a provider: `kind` is `useClass`, `useValue`, `useFactory` or `useExisting`."""
    row = interp.new("object", place=place)
    row.fields = {"provide": token, kind: given}
    injection.declare(interp, interp.models, value_of(row))


def resolve(call: LibraryCall) -> Value | None:
    """`container.resolve(Class)`, `Container.get(TOKEN)`."""
    return injection.resolve(call.interp, call.args.positional[0]) if call.args.positional else None


def register(call: LibraryCall) -> Value | None:
    """`container.register(TOKEN, {useClass})`, `registerSingleton(TOKEN, Class)`, `registerInstance(TOKEN, value)`."""
    given = call.args.positional
    kind = str(call.settings.get("kind", ""))
    if len(given) == 2 and kind:
        bind(call.interp, given[0], kind, given[1], call.place)
    for options in given[1].only(Obj) if len(given) > 1 and not kind else []:
        for name, held in options.fields.items():
            bind(call.interp, given[0], name, held, call.place)
    return V_NONE


# ---------------------------------------------------------------- InversifyJS


class Inversify(Native):
    """`new Container()`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("bind", "rebind") and args.positional:
            return native_object(interp, "binding", Binding(args.positional[0]), place, "a binding")
        if name in ("get", "resolve", "getAsync") and args.positional:
            held = injection.resolve(interp, args.positional[0])
            return value_of(Promise(held)) if name == "getAsync" else held
        if name == "load":
            for module in args.positional:
                for each in module.only(Obj):
                    each.native = Inversify()
        return value_of(obj)


class Binding(Native):
    """`container.bind(TOKEN)`; what follows only says when it is made."""

    __slots__ = ("token",)

    def __init__(self, token: Value) -> None:
        self.token = token

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in TARGETS:
            bind(interp, self.token, TARGETS[name], args.positional[0] if args.positional else self.token, place)
        return value_of(obj)


def container(call: LibraryCall) -> Value | None:
    """`new Container()` of InversifyJS."""
    return native_object(call.interp, "container", Inversify(), call.place, "the container")


def container_module(call: LibraryCall) -> Value | None:
    """`new ContainerModule((bind) => …)`: its function is run where it stands."""
    made = native_object(call.interp, "container", Inversify(), call.place, "a module")

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        return native_object(interp, "binding", Binding(args.positional[0]), place, "a binding")

    binder = NativeFn("bind", run)
    options = call.interp.new("object", place=call.place)
    options.fields["bind"] = value_of(binder)
    for fn in call.args.positional[:1]:
        destructured = any(
            not isinstance(param.target, ir.Name) or param.target.id == "options"
            for each in fn.only(Fn)
            for param in each.function.params[:1]
        )
        given = value_of(options) if destructured else value_of(binder)
        calls.call(call.interp, fn, Arguments(positional=[given]), call.place, awaited=True)
    return made


# ---------------------------------------------------------------- Awilix


class Registration(Native):
    """`asClass(X)`, `asFunction(f)`, `asValue(v)`; what follows only says how long it lives."""

    __slots__ = ("held", "kind", "made")

    def __init__(self, kind: str, held: Value) -> None:
        self.kind = kind
        self.held = held
        self.made: Value | None = None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return value_of(obj)

    def build(self, interp: Interpreter, cradle: Value, place: Place) -> Value:
        """Return what it stands for, made once."""
        if self.kind == "value":
            return self.held
        if self.made is None:
            self.made = unknown("a registration that needs itself")
            saved = interp.shared_births
            interp.shared_births = 1
            try:
                result = NOTHING
                for atom in self.held.atoms():
                    if isinstance(atom, ClassInfo):
                        maker = atom.method("constructor")
                        wanted = maker[0] if isinstance(maker, tuple) else maker
                        args = passed(interp, wanted, cradle)
                        result = result.join(calls.instantiate(interp, atom, args, place))
                    elif isinstance(atom, Fn):
                        args = passed(interp, atom, cradle)
                        result = result.join(calls.call(interp, value_of(atom), args, place, awaited=True))
                self.made = result if result.alts else unknown("what a container makes")
            finally:
                interp.shared_births = saved
        return self.made


def passed(interp: Interpreter, maker: Fn | ir.Function | None, cradle: Value) -> Arguments:
    """Return what a constructor or factory is given: the cradle, or one registration for every parameter's name."""
    function = maker.function if isinstance(maker, Fn) else maker
    if function is None or not function.params:
        return Arguments()
    first = function.params[0].target
    if len(function.params) == 1 and (not isinstance(first, ir.Name) or not registered(interp, first.id)):
        return Arguments(positional=[cradle])
    names = [param.target.id if isinstance(param.target, ir.Name) else "" for param in function.params]
    return Arguments(positional=[named(interp, name, cradle) for name in names])


def registered(interp: Interpreter, name: str) -> Registration | None:
    """Return the registration of a name in any container of the project."""
    held: dict[str, Registration] = interp.models.memory("awilix", dict)
    return held.get(name)


def named(interp: Interpreter, name: str, cradle: Value) -> Value:
    """Return what a name stands for."""
    row = registered(interp, name)
    return (
        row.build(interp, cradle, interp.no_place("")) if row is not None else unknown("something injected", hint=name)
    )


class Cradle(Native):
    """`container.cradle`: every registration by its name."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return named(interp, name, value_of(obj))


class Awilix(Native):
    """`createContainer()`, and the scopes made of it."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return native_object(interp, "cradle", Cradle(), place, "the cradle") if name == "cradle" else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "register" and args.positional:
            table: dict[str, Registration] = interp.models.memory("awilix", dict)
            if len(args.positional) > 1:
                pairs = [(key, args.positional[1]) for key in args.positional[0].strings()]
            else:
                pairs = [pair for each in args.positional[0].only(Obj) for pair in each.fields.items()]
            for key, held in pairs:
                for row in held.only(Obj):
                    if isinstance(row.native, Registration):
                        table[key] = row.native
        elif name == "resolve" and args.positional:
            cradle = native_object(interp, "cradle", Cradle(), place, "the cradle")
            result = NOTHING
            for atom in args.positional[0].atoms():
                result = result.join(named(interp, key_text(atom), cradle))
            return result
        elif name == "build" and args.positional:
            cradle = native_object(interp, "cradle", Cradle(), place, "the cradle")
            return Registration("class", args.positional[0]).build(interp, cradle, place)
        return value_of(obj)


def awilix(call: LibraryCall) -> Value | None:
    """`createContainer()`."""
    return native_object(call.interp, "container", Awilix(), call.place, "the container")


def registration(call: LibraryCall) -> Value | None:
    """`asClass(X)`, `asFunction(f)`, `asValue(v)`."""
    given = call.args.get(0)
    if given is None:
        return None
    row = Registration(str(call.settings["kind"]), given)
    return native_object(call.interp, "registration", row, call.place, "a registration")


class Controller(Router):
    """`createController(Class).prefix(path).post(path, method, {before})` of awilix-koa and awilix-express: a router."""

    __slots__ = ("made_of",)

    def __init__(self, convention: str, made_of: Value) -> None:
        super().__init__(convention)
        self.made_of = made_of

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in METHODS and len(args.positional) > 1:
            for action in args.positional[1].strings():
                before = field_of(args.get(2), "before")
                listed = functions(interp, [before]) if before is not None else []
                for path in args.positional[0].strings() or [""]:
                    self.add("route", path, METHODS[name], [*listed, self.invoker(action)], place)
        elif name == "before" and args.positional:
            for fn in functions(interp, args.positional):
                self.add("use", "*", "", [fn], place)
        elif name == "prefix":
            return super().method(interp, obj, name, args, place)
        return value_of(obj)

    def invoker(self, action: str) -> Value:
        """Return the handler that calls a method of what the container makes."""

        def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
            cradle = native_object(interp, "cradle", Cradle(), place, "the cradle")
            instance = Registration("class", self.made_of).build(interp, cradle, place)
            return calls.call_method(interp, instance, action, args, place, awaited=True)

        return value_of(NativeFn(action, run))


def controller(call: LibraryCall) -> Value | None:
    """`createController(Class)`; `makeInvoker(Class)` gives a function from a method's name to its handler."""
    given = call.args.get(0)
    if given is None:
        return None
    native = Controller(str(call.settings["convention"]), given)
    if call.settings.get("invokes"):

        def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
            return join_all(native.invoker(name) for name in args.positional[0].strings())

        return value_of(NativeFn("invoker", run))
    return enlist(call.interp, call.models, native, call.place)


__all__ = ["Awilix", "Inversify", "resolve"]
