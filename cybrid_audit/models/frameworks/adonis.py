"""AdonisJS: routes and groups, middleware and controllers that are loaded when a request needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    ClassInfo,
    Fn,
    Lib,
    Namespace,
    Obj,
    Place,
    Stored,
    Value,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.entries import Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.handlers import functions, route_kind, texts
from cybrid_audit.models.frameworks.requests_in import Reply
from cybrid_audit.models.frameworks.router import Context, OneContext, join_paths
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.models.types import singleton

if TYPE_CHECKING:
    from collections.abc import Callable

    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

VERBS: Final = {
    "get": "GET",
    "post": "POST",
    "put": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "any": "",
    "route": "",
}
RESOURCE: Final = (
    ("index", "GET", ""),
    ("create", "GET", "create"),
    ("store", "POST", ""),
    ("show", "GET", ":id"),
    ("edit", "GET", ":id/edit"),
    ("update", "PATCH", ":id"),
    ("destroy", "DELETE", ":id"),
)
"""The methods of a resourceful controller with their verbs and paths."""


class HttpContext(Context):
    """`{request, response, auth, session, params}`."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "auth":
            return native_object(interp, "auth", Authenticator(), place, "authentication")
        return super().attribute(interp, obj, name, place)


class Authenticator(Native):
    """`ctx.auth`: the user that it found, or a refusal."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(Stored("principal", "", place)) if name == "user" else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("getUserOrFail", "authenticate", "authenticateUsing"):
            return value_of(Stored("principal", "", place))
        return value_of(obj) if name == "use" else None


class Answer(Reply):
    """`ctx.response`: a method for every status."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        known = super().attribute(interp, obj, name, place)
        return known if known is not None else super().method(interp, obj, "send", args, place)


class Handling(OneContext):
    """`controller.method(ctx)`; what it returns is sent."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        given = super().arguments(interp, fn)
        if self.context is not None:
            for obj in self.context.only(Obj):
                held = obj.native
                if not isinstance(held, HttpContext):
                    reply = native_object(interp, "reply", Answer(), interp.no_place(""), "the answer")
                    obj.native = HttpContext(held.request, reply)
        return given


class Group(Native):
    """What `group(build)` returns: its prefix and middleware count for the routes made inside."""

    __slots__ = ("above", "before", "prefix")

    def __init__(self, above: Group | None) -> None:
        self.above = above
        self.prefix = ""
        self.before: list[tuple[Value, Place]] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "prefix":
            self.prefix = join_paths(next(iter(texts(interp, args.get(0))), ""), self.prefix)
        elif name in ("use", "middleware"):
            self.before += [(fn, place) for fn in functions(interp, args.positional)]
        return value_of(obj)

    def path(self, own: str) -> str:
        """Return a path below this group and those around it."""
        full = join_paths(self.prefix, own)
        return self.above.path(full) if self.above is not None else full

    def steps(self) -> list[tuple[Value, Place]]:
        """Return the middleware of this group and those around it, the outermost first."""
        return [*(self.above.steps() if self.above is not None else []), *self.before]


class Route(Group):
    """One route, or those of a resource: `actions` are verb, path and name of the controller's method."""

    __slots__ = ("actions", "handler", "place")

    def __init__(self, above: Group, handler: Value, actions: list[tuple[str, str, str]], place: Place) -> None:
        super().__init__(above)
        self.handler = handler
        self.actions = actions
        self.place = place

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("only", "except", "apiOnly"):
            named = texts(interp, args.get(0)) if name != "apiOnly" else ["create", "edit"]
            self.actions = [row for row in self.actions if (row[2] in named) == (name == "only")]
            return value_of(obj)
        if name in ("use", "middleware") and len(args.positional) == 2 and len(self.actions) > 1:
            # Of a resource: for some of its actions.
            named = texts(interp, args.positional[0])
            for fn in functions(interp, args.positional[1:]) if "*" in named else []:
                self.before.append((fn, place))
            return value_of(obj)
        return super().method(interp, obj, name, args, place)


class AdonisRouter(Native):
    """The router service."""

    __slots__ = ("group", "routes")

    def __init__(self) -> None:
        self.group = Group(None)
        self.routes: list[Route] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in VERBS and len(given) >= 2:
            verbs = [text.upper() for text in texts(interp, given[1])] if name == "route" else [VERBS[name]]
            own = next(iter(texts(interp, given[0])), "")
            return self.add(interp, given[-1], [(verb, own, "handle") for verb in verbs], place)
        if name == "resource" and len(given) == 2:
            own = next(iter(texts(interp, given[0])), "")
            rows = [(verb, join_paths(own, tail), action) for action, verb, tail in RESOURCE]
            return self.add(interp, given[1], rows, place)
        if name == "group" and given:
            inner, above = Group(self.group), self.group
            self.group = inner
            calls.call(interp, given[0], Arguments(), place, awaited=True)
            self.group = above
            return native_object(interp, "group", inner, place, "a group")
        if name == "use" and given:
            self.group.before += [(fn, place) for fn in functions(interp, given)]
            return value_of(obj)
        if name == "named" and given:
            table = interp.new("object", place=place)
            for named in given[0].only(Obj):
                table.fields = {key: value_of(NativeFn(key, _returning(held))) for key, held in named.fields.items()}
            return value_of(table)
        return None

    def add(self, interp: Interpreter, handler: Value, actions: list[tuple[str, str, str]], place: Place) -> Value:
        """Keep a route."""
        route = Route(self.group, handler, actions, place)
        self.routes.append(route)
        return native_object(interp, "route", route, place, "a route")


def _returning(held: Value) -> Callable[[Interpreter, Arguments, Place], Value]:
    return lambda interp, args, place: held


def router(call: LibraryCall) -> Value | None:
    """A method of the router service, of which a project has one."""
    on_collect(call.models, "adonis", lambda interp: collect(interp, call.models))
    native: AdonisRouter = call.models.memory("adonis router", AdonisRouter)
    held = native_object(call.interp, "router", native, call.place, "the router")
    return native.method(call.interp, held.only(Obj)[0], call.path.rsplit(".", 1)[-1], call.args, call.place)


def collect(interp: Interpreter, models: Models) -> None:
    """Register every route behind the middleware of the router, its groups and its own."""
    native: AdonisRouter = models.memory("adonis router", AdonisRouter)
    for route in native.routes:
        steps = [Step(loaded(interp, fn, "handle", place), "next", place) for fn, place in route.steps()]
        pair = next(
            (operators.known_items(interp, value_of(o)) for o in route.handler.only(Obj) if o.kind == "list"), None
        )
        for verb, own, action in route.actions:
            target, named = route.handler, action
            if pair:
                target, named = pair[0], next(iter(pair[1].strings()), action) if len(pair) > 1 else action
            handler = loaded(interp, target, named, route.place)
            path = route.above.path(own) if route.above is not None else own
            make = lambda verb=verb, path=path: Handling(verb, path)  # noqa: E731 - one use, bound here
            entry = Entry(
                route_kind(path), f"{verb or 'ALL'} {path or '/'}", route.place, handler, make, steps, path, verb
            )
            register(models, entry)


def loaded(interp: Interpreter, value: Value, method: str, place: Place) -> Value:
    """Return the function that a lazily imported module, a class or a function is for the router: of a class, its method."""
    result = NOTHING
    for atom in value.atoms():
        if isinstance(atom, Fn) and not atom.function.params:
            held = interp.settle(calls.call(interp, value_of(atom), Arguments(), place, awaited=True))
            if any(isinstance(each, Namespace | ClassInfo | Lib) for each in held.atoms()):
                result = result.join(loaded(interp, held, method, place))
                continue
        if isinstance(atom, Namespace):
            result = result.join(loaded(interp, interp.program.member(interp, atom.module, "default"), method, place))
        elif isinstance(atom, ClassInfo):
            result = result.join(attributes.get_attribute(interp, singleton(interp, atom), method, place))
        else:
            result = result.join(value_of(atom))
    return result if result.alts else unknown("what a module exports")


__all__ = ["AdonisRouter", "router"]
