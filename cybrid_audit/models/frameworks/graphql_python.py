"""GraphQL in Python: Strawberry, Graphene, Ariadne. Every resolver is an entry point: one route carries all operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.state import State, join_states
from cybrid_audit.engine.values import (
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Obj,
    Place,
    Stored,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, Step, register
from cybrid_audit.models.frameworks.python_web import (
    Routes,
    WithRequest,
    decorates,
    decorator,
    fresh_instance,
    in_module,
    listed,
    member,
    note_step,
    noted_steps,
    original_place,
    parameter_names,
    routes_object,
    tail,
    unwrapped,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


class Info(Native):
    """What a resolver is told of its request: `info.context["request"]`, `info.context.user`."""

    __slots__ = ("request",)

    def __init__(self, request: Value) -> None:
        self.request = request

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "context":
            return native_object(interp, "context", Context(self.request), place, "the context")
        return (
            value_of(Input("body", name))
            if name in ("variable_values", "selected_fields")
            else unknown(f"{name} of a query", hint=name)
        )


class Context(Native):
    """The context of a query: the request, and what the server's code put beside it."""

    __slots__ = ("request",)

    def __init__(self, request: Value) -> None:
        self.request = request

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("request", "req"):
            return self.request
        if name in ("user", "current_user"):
            return value_of(Stored("principal", "", place))
        return attributes.get_attribute(interp, self.request, name, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "get" and args.positional and args.positional[0].strings():
            return self.attribute(interp, obj, args.positional[0].strings()[0], place)
        return None


class Resolver(WithRequest):
    """`resolver(root, info, **arguments)`; what it returns is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.held: Value | None = None

    def info(self, interp: Interpreter) -> Value:
        """Return the query's information."""
        if self.held is None:
            self.held = native_object(
                interp,
                "information",
                Info(self.incoming(interp)),
                interp.no_place(interp.frame.module.path),
                "the query",
            )
        return self.held

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        atom = next(iter(fn.only(Fn)), None)
        if atom is None:
            return Arguments(kwrest=value_of(Input("body")))
        inner = unwrapped(atom)
        names = parameter_names(inner)
        given = Arguments(
            kwrest=value_of(Input("body")) if any(p.kind == "kwrest" for p in inner.function.params) else None
        )
        types = {p.target.id: tail(p.annotation) for p in inner.function.params if isinstance(p.target, ir.Name)}
        for index, name in enumerate(names):
            if name in ("info", "_info") or types[name] in ("Info", "ResolveInfo", "GraphQLResolveInfo"):
                value = self.info(interp)
            elif index == 0 and name in (
                "self",
                "root",
                "_",
                "parent",
                "obj",
                "source",
                "_root",
                "_obj",
                "_parent",
                "cls",
                "instance",
            ):
                value = unknown("the object above")
            else:
                value = value_of(Input("body", name))
            if name in ("root", "self", "_", "info") or (
                (given.positional or index == 0) and len(given.positional) == index
            ):
                given.positional.append(value)
            else:
                given.keywords[name] = value
        return given

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return Arguments(positional=[unknown("the object above"), self.info(interp)], kwrest=value_of(Input("body")))


def permission_steps(interp: Interpreter, value: Value | None, place: Place) -> list[Step]:
    """Return the steps of `permission_classes=[P]` and of `extensions=[PermissionExtension([P()])]`."""
    found: list[Step] = []
    for item in listed(interp, value):
        for atom in item.atoms():
            info = atom if isinstance(atom, ClassInfo) else atom.cls if isinstance(atom, Obj) else None
            if isinstance(atom, Obj) and isinstance(atom.native, Permissions):
                found.extend(permission_steps(interp, atom.native.classes, place))
            if info is None:
                continue
            method = info.method("has_permission")
            if method is not None:
                made = value_of(atom) if isinstance(atom, Obj) else fresh_instance(interp, info, place)
                fn = member(interp, info, made, "has_permission", place)
                found.append(Step(fn, "truthy", place_of(method[1].module.path, method[0].span)))
            extension = info.method("resolve") or info.method("resolve_async")
            if method is None and extension is not None and isinstance(atom, ClassInfo | Obj):
                found.append(extension_step(interp, atom, info, extension[0].name, place))
    return found


def extension_step(interp: Interpreter, atom: ClassInfo | Obj, info: ClassInfo, name: str, place: Place) -> Step:
    """Return the step of a field extension: `resolve(next_, source, info, **arguments)`."""
    made = value_of(atom) if isinstance(atom, Obj) else fresh_instance(interp, info, place)
    fn = in_module(interp, info, lambda: attributes.get_attribute(interp, made, name, place))

    def run(inner: Interpreter, args: Arguments, at: Place) -> Value:
        passed: list[State | None] = []

        def go_on(deep: Interpreter, given: Arguments, where: Place) -> Value:
            passed.append(deep.state)
            return unknown("what the resolver gives")

        branch = inner.state.branch if inner.state is not None else ()
        calls.call(
            inner,
            fn,
            Arguments([value_of(NativeFn("next", go_on)), *args.positional], {}, None, args.kwrest),
            at,
            awaited=True,
        )
        inner.state = join_states(passed, branch)
        return value_of(Input("body"))

    return Step(value_of(NativeFn("extension", run)), "raise", place)


class Permissions(Native):
    """`PermissionExtension(permissions=[P()])`."""

    __slots__ = ("classes",)

    def __init__(self, classes: Value | None) -> None:
        self.classes = classes


def permissions(call: LibraryCall) -> Value | None:
    """`PermissionExtension(permissions=[…])`."""
    return native_object(
        call.interp, "extension", Permissions(call.args.get(0, "permissions")), call.place, "permissions"
    )


def resolver(call: LibraryCall) -> Value | None:
    """`@strawberry.mutation`, `@strawberry.field(permission_classes=[P])`, `field(resolver=fn)`; of Ariadne `@mutation.field("name")`."""
    interp, args = call.interp, call.args
    steps = permission_steps(interp, args.keywords.get("permission_classes"), call.place) + permission_steps(
        interp, args.keywords.get("extensions"), call.place
    )

    def apply(inner: Interpreter, value: Value, place: Place) -> Value:
        for step in reversed(steps):
            note_step(inner.models, value, step)
        enter(inner, value)
        return value

    given = args.keywords.get("resolver")
    if given is not None:
        return apply(interp, given, call.place)
    return apply(interp, args.positional[0], call.place) if decorates(args) else decorator(apply)


def decorated(call: LibraryCall) -> Value | None:
    """The same, where the decorator is not called."""
    enter(call.interp, call.args.positional[0])
    return call.args.positional[0]


def set_field(call: LibraryCall) -> Value | None:
    """`mutation.set_field("name", fn)`."""
    if len(call.args.positional) > 1:
        enter(call.interp, call.args.positional[1])
    return unknown("nothing")


def enter(interp: Interpreter, value: Value) -> None:
    """Register resolvers."""
    for fn in value.only(Fn):
        entry = Entry(
            EntryKind.RPC,
            fn.function.name,
            original_place(fn),
            value_of(fn),
            Resolver,
            noted_steps(interp.models, value_of(fn)),
        )
        register(interp.models, entry)


def object_type(call: LibraryCall) -> None:
    """A Graphene class: its `mutate` and `resolve_…` are resolvers."""
    for info in call.sources:
        if not isinstance(info, ClassInfo):
            continue
        for each in info.ancestry():
            for function in each.definition.methods:
                if function.name in (
                    "mutate",
                    "mutate_and_get_payload",
                    "perform_mutation",
                    "subscribe",
                ) or function.name.startswith("resolve_"):
                    method(call.interp, info, function, each)


def method(interp: Interpreter, info: ClassInfo, function: ir.Function, home: ClassInfo) -> None:
    """Register a method as a resolver; Graphene calls it with the object above in place of an instance."""
    place = place_of(home.module.path, function.span)
    plain = value_of(Fn(function, home.scope, home.module, None, home))
    entry = Entry(EntryKind.RPC, f"{info.name}.{function.name}", place, plain, Resolver)

    def bind(inner: Interpreter, convention: Convention) -> None:
        entry.handler = in_module(
            inner,
            info,
            lambda: calls.decorated_method(
                inner, function, home, value_of(info) if function.kind == "classmethod" else None
            ),
        )

    entry.setup = bind
    register(interp.models, entry)


def router(call: LibraryCall) -> Value | None:
    """`GraphQLRouter(schema)`, mounted like any other router; its resolvers are entry points of their own."""
    return routes_object(call.interp, Routes(mounted=True), call.place, "a GraphQL endpoint")
