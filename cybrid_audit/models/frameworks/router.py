"""Routers with middleware in order: Express, Koa, Hono and their kin.

A router keeps what it is given in order. When all modules have run, the collector walks the routers that nobody mounts: middleware
covers what is registered after it on the same router, below its prefix; a mounted router inherits what stands before the mount."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.engine import operators
from cybrid_audit.engine.values import (
    Arguments,
    Const,
    Fn,
    Native as NativeFn,
    Obj,
    Place,
    Value,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.requests_in import reply_object, request_object
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

METHODS: Final = {
    "get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE", "del": "DELETE", "all": "", "options": "OPTIONS", "head": "HEAD",
}


class RequestReply(Convention):
    """`handler(req, res, next)`."""

    def __init__(self) -> None:
        self.pair: tuple[Value, Value] | None = None

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.pair is None:
            place = interp.no_place(interp.frame.module.path)
            self.pair = (request_object(interp, place), reply_object(interp, place))
        return Arguments(positional=[*self.pair, value_of(NativeFn("next", lambda *_: unknown("nothing")))])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        given = self.arguments(interp, step.fn)
        return Arguments(positional=[*given.positional[:2], next_fn])


class Context(Native):
    """One object that is request and answer: Koa's and Hono's `ctx`."""

    __slots__ = ("reply", "request")

    def __init__(self, request: Value, reply: Value) -> None:
        self.request = request
        self.reply = reply

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        from cybrid_audit.engine import attributes
        from cybrid_audit.models.environment import Environment

        if name in ("req", "request"):
            return self.request
        if name in ("res", "response"):
            return self.reply
        if name == "env":
            return native_object(interp, "environment", Environment("bindings"), place, "environment")
        if name in ("var", "state"):
            held = interp.new("map", place=place)
            obj.fields["var"] = obj.fields["state"] = value_of(held)
            return obj.fields[name]
        if name in ("body", "status", "type", "json", "text", "html", "cookies"):
            return attributes.get_attribute(interp, self.reply, name, place) if name == "cookies" else unknown(f"the {name} of the answer")
        return attributes.get_attribute(interp, self.request, name, place)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        from cybrid_audit.engine import attributes

        if name in ("body",):
            attributes.set_attribute(interp, self.reply, "body", new, place)
            return True
        return name in ("status", "type", "message")

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        from cybrid_audit.engine import attributes, calls

        if name == "throw":
            interp.throw(unknown("an HTTP error"))
            return unknown("nothing")
        if name == "assert" and args.positional:
            when_true, when_false = interp.split(args.positional[0], None)
            del when_false
            interp.resume(when_true)
            return unknown("nothing")
        if name in ("set", "get") and args.positional:
            key = next(iter(args.positional[0].strings()), None)
            if name == "set" and len(args.positional) > 1 and key is not None:
                var = attributes.get_one(interp, obj, "var", place)
                attributes.set_item(interp, var, args.positional[0], args.positional[1], place)
                return calls.call_method(interp, self.reply, "set", args, place)
            if name == "get" and key is not None:
                for var in attributes.get_one(interp, obj, "var", place).only(Obj):
                    if key in var.fields:
                        return var.fields[key]
                if any("var" in atom.fields for atom in (obj,)) and key.islower() is False:
                    return unknown(f"{key} of the context", hint=key)
            return calls.call_method(interp, self.request, name, args, place)
        if name in ("json", "text", "html", "body", "redirect", "render", "newResponse", "cookie", "header", "setCookie", "send", "attachment"):
            return calls.call_method(interp, self.reply, name, args, place)
        if name == "status":
            return value_of(obj)
        return calls.call_method(interp, self.request, name, args, place)


class OneContext(Convention):
    """`handler(ctx, next)`."""

    def __init__(self) -> None:
        self.context: Value | None = None

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.context is None:
            place = interp.no_place(interp.frame.module.path)
            native = Context(request_object(interp, place), reply_object(interp, place))
            self.context = native_object(interp, "context", native, place, "the context")
        return Arguments(positional=[self.context, value_of(NativeFn("next", lambda *_: unknown("nothing")))])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        given = self.arguments(interp, step.fn)
        return Arguments(positional=[given.positional[0], next_fn])


CONVENTIONS: Final[Mapping[str, Callable[[], Convention]]] = {"pair": RequestReply, "context": OneContext}


class Router(Native):
    """A router or application. `items` are, in order: (kind, prefix, method, functions, place)."""

    __slots__ = ("base", "convention", "items", "mounted")

    def __init__(self, convention: str, base: str = "") -> None:
        self.convention = convention
        self.items: list[tuple[str, str, str, list[Value], Place]] = []
        self.mounted = False
        self.base = base

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in METHODS and len(args.positional) >= 2:
            self.add_route(interp, METHODS[name], args, place)
            return value_of(obj)
        if name in METHODS and len(args.positional) == 1 and self.convention == "context" and args.positional[0].only(Fn):
            self.items.append(("route", "", METHODS[name], functions(interp, args.positional), place))
            return value_of(obj)
        if name == "on" and len(args.positional) >= 3:
            self.items.append(("route", _path(args.positional[1]), _path(args.positional[0]).upper(), functions(interp, args.positional[2:]), place))
            return value_of(obj)
        if name == "use":
            given = list(args.positional)
            prefix = ""
            if given and (given[0].strings() or _is_path_list(interp, given[0])):
                prefix = _path(given.pop(0))
            for fn in functions(interp, given):
                child = mounted_router(fn)
                if child is not None:
                    child.mounted = True
                    self.items.append(("mount", prefix, "", [fn], place))
                else:
                    self.items.append(("use", prefix, "", [fn], place))
            return value_of(obj)
        if name == "route":
            if len(args.positional) >= 2:
                child = mounted_router(args.positional[1])
                if child is not None:
                    child.mounted = True
                    self.items.append(("mount", _path(args.positional[0]), "", [args.positional[1]], place))
                return value_of(obj)
            path = _path(args.positional[0]) if args.positional else ""
            return native_object(interp, "route", RouteBuilder(self, path), place, "a route")
        if name in ("routes", "middleware", "callback", "allowedMethods"):
            return value_of(obj) if name != "allowedMethods" else unknown("nothing")
        if name in ("prefix", "basePath"):
            text = _path(args.positional[0]) if args.positional else ""
            if name == "prefix":
                self.base = text
                return value_of(obj)
            child_value = native_object(interp, "router", Router(self.convention), place, "a router")
            child = mounted_router(child_value)
            assert child is not None
            child.mounted = True
            self.items.append(("mount", text, "", [child_value], place))
            return child_value
        if name in ("listen", "set", "enable", "disable", "param", "engine", "fetch", "onError", "notFound", "request", "on"):
            return unknown(f"the result of {name}")
        return None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("locals", "context"):
            held = interp.new("map", place=place)
            obj.fields[name] = value_of(held)
            return obj.fields[name]
        if name == "fetch":
            return unknown("the application's entry")
        return None

    def add_route(self, interp: Interpreter, method: str, args: Arguments, place: Place) -> None:
        """Keep a route: its first argument is the path, the rest are functions."""
        given = list(args.positional)
        paths = [given[0]] if given[0].strings() or not functions(interp, [given[0]]) else []
        rest = given[1:] if paths else given
        if paths and self.convention == "context" and rest and rest[0].strings() and not functions(interp, rest[:1]):
            paths, rest = [rest[0]], rest[1:]
        self.items.append(("route", _path(paths[0]) if paths else "", method, functions(interp, rest), place))


class RouteBuilder(Native):
    """`router.route(path)`: verbs on one path."""

    __slots__ = ("path", "router", "steps")

    def __init__(self, router: Router, path: str) -> None:
        self.router = router
        self.path = path

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in METHODS:
            self.router.items.append(("route", self.path, METHODS[name], functions(interp, args.positional), place))
            return value_of(obj)
        return None


def _path(value: Value) -> str:
    for atom in value.atoms():
        text = text_of(atom)
        if text is not None and not (isinstance(atom, Const) and atom.value is None):
            return text
        if isinstance(atom, Obj) and atom.items:
            return _path(atom.items[0])
    return ""


def _is_path_list(interp: Interpreter, value: Value) -> bool:
    items = operators.known_items(interp, value)
    return bool(items) and all(item.strings() for item in items or [])


def functions(interp: Interpreter, values: list[Value]) -> list[Value]:
    """Return handlers and middleware, lists flattened."""
    found: list[Value] = []
    for value in values:
        lists = [atom for atom in value.only(Obj) if atom.kind == "list"]
        if lists:
            found.extend(functions(interp, operators.known_items(interp, value) or []))
        elif any(not (isinstance(atom, Const)) for atom in value.atoms()) and not (value.only(Obj) and all(_is_options(o) for o in value.only(Obj))):
            found.append(value)
    return found


def _is_options(obj: Obj) -> bool:
    return obj.kind == "object" and obj.native is None and obj.cls is None


def mounted_router(value: Value) -> Router | None:
    """Return the router that a value is, or None."""
    for obj in value.only(Obj):
        if isinstance(obj.native, Router):
            return obj.native
    return None


def router(call: LibraryCall) -> Value | None:
    """A constructor of applications and routers."""
    convention = str(call.settings.get("convention", "pair"))
    base = ""
    for obj in (call.args.positional[0].only(Obj) if call.args.positional else []):
        held = obj.fields.get("prefix")
        base = _path(held) if held is not None else ""
    native = Router(convention, base)
    routers: list[Router] = call.models.memory("routers", list)
    routers.append(native)
    on_collect(call.models, "routers", lambda interp: collect(interp, call.models))
    return native_object(call.interp, "router", native, call.place, "a router")


def collect(interp: Interpreter, models: Models) -> None:
    """Register the routes of every router that nobody mounts."""
    for native in models.memory("routers", list):
        if not native.mounted:
            walk(interp, models, native, "", [], 0)


def walk(interp: Interpreter, models: Models, native: Router, prefix: str, inherited: list[tuple[str, Step]], depth: int) -> None:
    """Register a router's routes below a prefix, behind the middleware that stands before the mount."""
    if depth > 12:
        return
    here = join_paths(prefix, native.base)
    steps = list(inherited)
    for kind, path, method, fns, place in native.items:
        full = join_paths(here, path)
        if kind == "use":
            for fn in fns:
                if not takes_errors(fn):
                    steps.append((full, Step(fn, "next", place)))
        elif kind == "mount":
            child = mounted_router(fns[0])
            if child is not None:
                walk(interp, models, child, full, [row for row in steps if covers(row[0], full, whole=False)], depth + 1)
        elif fns:
            before = [step for covered, step in steps if covers(covered, full)]
            before += [Step(fn, "next", place) for fn in fns[:-1]]
            name = f"{method or 'ALL'} {full or '/'}"
            register(models, Entry(EntryKind.HTTP_ROUTE, name, place, fns[-1], CONVENTIONS[native.convention], before, full, method))


def takes_errors(fn: Value) -> bool:
    """Whether a function is an error handler: four parameters."""
    return any(isinstance(atom, Fn) and len(atom.function.params) == 4 for atom in fn.atoms())


def join_paths(*parts: str) -> str:
    """Return a path of parts, slashes normalised."""
    bare = [part.strip("/") for part in parts if part.strip("/")]
    return "/" + "/".join(bare) if bare else ""


def covers(pattern: str, path: str, *, whole: bool = True) -> bool:
    """Whether middleware at a prefix runs for a path. `whole` is false for a mount, below which anything may be."""
    wanted = pattern.rstrip("*").rstrip("/").split("/")
    given = path.rstrip("/").split("/")
    if wanted == [""]:
        return True
    if len(wanted) > len(given):
        return not whole and all(_segment(a, b) for a, b in zip(wanted, given, strict=False))
    return all(_segment(a, b) for a, b in zip(wanted, given, strict=False))


def _segment(a: str, b: str) -> bool:
    return a == b or a == "*" or a.startswith((":", "{")) or b.startswith((":", "{"))


__all__ = ["Any", "Router", "router"]
