"""Routers with middleware in order: Express, Koa, Hono and their kin.

A router keeps what it is given in order. When all modules have run, the collector walks the routers that nobody mounts: middleware
covers what is registered after it on the same router, below its prefix; a mounted router inherits what stands before the mount."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    Arguments,
    Atom,
    Const,
    Fn,
    Input,
    Lib,
    Obj,
    Place,
    Unknown,
    Value,
    constant,
    join_all,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.handlers import (
    functions,
    is_callable,
    name_of,
    parameters,
    place_for,
    route_kind,
    texts,
)
from cybrid_audit.models.frameworks.requests_in import Request, reply_object, request_object
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

METHODS: Final = {
    "get": "GET",
    "post": "POST",
    "put": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "del": "DELETE",
    "all": "",
    "options": "OPTIONS",
    "head": "HEAD",
    "any": "",
}
MAX_MOUNTS: Final = 12
_IGNORED: Final = frozenset(
    {
        "listen",
        "enable",
        "disable",
        "engine",
        "fetch",
        "onError",
        "notFound",
        "onNotFound",
        "setErrorHandler",
        "request",
        "on",
        "pre",
        "emit",
        "close",
        "address",
        "once",
        "timeout",
        "server",
        "fire",
    }
)
_REGISTERING: Final = frozenset({*METHODS, "use", "route", "param", "openapi"})


# ---------------------------------------------------------------- conventions


class RequestReply(Convention):
    """`handler(req, res, next)`."""

    takes_errors = True

    def __init__(self, verb: str = "", path: str = "", app: Value | None = None) -> None:
        self.pair: tuple[Value, Value] | None = None
        self.verb, self.path, self.app = verb, path, app

    def request(self, interp: Interpreter) -> tuple[Value, Value]:
        """Return the request and the answer of this run."""
        if self.pair is None:
            place = interp.no_place(interp.frame.module.path)
            self.pair = (request_object(interp, place, self.verb, self.path, self.app), reply_object(interp, place))
            for obj in self.pair[0].only(Obj):
                obj.native.reply = self.pair[1]
            for obj in self.pair[1].only(Obj):
                obj.fields["req"] = self.pair[0]
                if self.app is not None:
                    obj.fields["app"] = self.app
        return self.pair

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[*self.request(interp), value_of(NativeFn("next", lambda *_: unknown("nothing")))])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        based(self.request(interp)[0], step.base)
        return Arguments(
            positional=[*self.request(interp), next_fn, *([value_of(Input("path"))] if step.parameter else [])]
        )


def based(request: Value, base: str) -> None:
    """Have a request tell its path as a router at this prefix sees it."""
    for obj in request.only(Obj):
        if isinstance(obj.native, Request):
            obj.native.base = base


class Context(Native):
    """One object that is request and answer: Koa's and Hono's `ctx`."""

    __slots__ = ("reply", "request")

    def __init__(self, request: Value, reply: Value) -> None:
        self.request = request
        self.reply = reply

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        from cybrid_audit.models.environment import Environment

        if name in ("req", "request"):
            return self.request
        if name in ("res", "response"):
            return self.reply
        if name == "env":
            return native_object(interp, "environment", Environment("bindings"), place, "environment")
        if name in ("var", "state", "locals"):
            held = interp.new("map", place=place)
            obj.fields["var"] = obj.fields["state"] = obj.fields["locals"] = value_of(held)
            return obj.fields[name]
        if name in ("body", "status", "type", "json", "text", "html", "cookies"):
            return (
                attributes.get_attribute(interp, self.reply, name, place)
                if name == "cookies"
                else unknown(f"the {name} of the answer")
            )
        if name in ("next", "executionCtx"):
            return (
                value_of(NativeFn("next", lambda *_: unknown("nothing")))
                if name == "next"
                else unknown("the execution context")
            )
        return attributes.get_attribute(interp, self.request, name, place)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "body":
            attributes.set_attribute(interp, self.reply, "body", new, place)
            return True
        return name in ("status", "type", "message")

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "throw":
            interp.throw(unknown("an HTTP error"))
            return unknown("nothing")
        if name == "assert" and args.positional:
            when_true, when_false = interp.split(args.positional[0], None)
            if when_false.state is not None:
                interp.resume(when_false)
                interp.throw(unknown("an HTTP error"))
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
                    kept: Value | None = var.fields.get(key)
                    if kept is not None:
                        return kept
                if any("var" in atom.fields for atom in (obj,)) and key.islower() is False:
                    return unknown(f"{key} of the context", hint=key)
            return calls.call_method(interp, self.request, name, args, place)
        if name in (
            "json",
            "text",
            "html",
            "body",
            "redirect",
            "render",
            "newResponse",
            "cookie",
            "header",
            "setCookie",
            "send",
            "attachment",
            "status",
        ):
            held = calls.call_method(interp, self.reply, name, args, place)
            return value_of(obj) if name == "status" else held
        return calls.call_method(interp, self.request, name, args, place)


class OneContext(Convention):
    """`handler(ctx, next)`."""

    def __init__(self, verb: str = "", path: str = "", app: Value | None = None) -> None:
        self.context: Value | None = None
        self.verb, self.path, self.app = verb, path, app

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.context is None:
            place = interp.no_place(interp.frame.module.path)
            native = Context(request_object(interp, place, self.verb, self.path, self.app), reply_object(interp, place))
            self.context = native_object(interp, "context", native, place, "the context")
            for obj in self.context.only(Obj):
                if self.app is not None:
                    obj.fields["app"] = self.app
        return Arguments(positional=[self.context, value_of(NativeFn("next", lambda *_: unknown("nothing")))])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        given = self.arguments(interp, step.fn)
        for obj in given.positional[0].only(Obj):
            based(obj.native.request, step.base)
        return Arguments(positional=[given.positional[0], next_fn])


class WebRequest(RequestReply):
    """`handler(request, env, ctx)` of a web-standard server; what it returns is sent."""

    sends_returned = True
    takes_errors = False

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        from cybrid_audit.models.environment import Environment

        place = interp.no_place(interp.frame.module.path)
        environment = native_object(interp, "environment", Environment("bindings"), place, "environment")
        return Arguments(positional=[self.request(interp)[0], environment, unknown("the execution context")])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return self.arguments(interp, step.fn)


CONVENTIONS: Final[Mapping[str, Callable[..., Convention]]] = {
    "pair": RequestReply,
    "context": OneContext,
    "hono": OneContext,
    "web": WebRequest,
}
_STEP_MODES: Final = {"web": "response", "returned": "response"}
"""How middleware lets a request go on, where that is not by calling its `next`."""


# ---------------------------------------------------------------- routers


@dataclass(slots=True)
class Item:
    """What a router was given at one place: `kind` is route, use, mount, param, or open (something mounted that nobody can tell).

    `excluded` are paths that middleware leaves alone; `is_used` whether it stands before some route."""

    kind: str
    path: str
    method: str
    fns: list[Value]
    place: Place
    excluded: tuple[str, ...] = ()
    is_used: bool = False


class Router(Native):
    """A router or application."""

    __slots__ = ("base", "convention", "is_application", "items", "mounted", "owner", "value")

    def __init__(self, convention: str, base: str = "", *, is_application: bool = False) -> None:
        self.convention = convention
        self.items: list[Item] = []
        self.mounted = False
        self.base = base
        self.is_application = is_application
        self.value: Value | None = None
        self.owner: Router | None = None
        """Whose items these are, for a view below a path (Hono's `basePath`)."""

    def make_convention(self, verb: str, path: str, app: Value | None) -> Convention:
        """Return how this router calls its handlers, for one run of a route."""
        return CONVENTIONS[self.convention](verb, path, app)

    def add(
        self, kind: str, path: str, method: str, fns: list[Value], place: Place, excluded: tuple[str, ...] = ()
    ) -> None:
        """Keep something, in order."""
        if self.owner is not None:
            self.owner.add(
                kind, join_paths(self.base, path or ("*" if kind == "use" else "")), method, fns, place, excluded
            )
            return
        if self.convention == "hono" and kind == "use" and not path:
            path = "*"
        self.items.append(Item(kind, path, method, fns, place, excluded))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "get" and len(args.positional) == 1 and args.positional[0].strings() and self.convention == "pair":
            return join_all(
                obj.fields.get(f"setting {key}", unknown(f"the setting {key}", hint=key))
                for key in args.positional[0].strings()
            )
        if name == "set" and len(args.positional) == 2:
            for key in args.positional[0].strings():
                attributes.write(interp, obj, f"setting {key}", args.positional[1], place)
            return value_of(obj)
        if name in METHODS:
            self.add_route(interp, METHODS[name], args, place)
            return value_of(obj)
        if name in ("on", "register", "add") and len(args.positional) >= 3 and not is_callable(args.positional[1]):
            methods = [text.upper() for text in texts(interp, args.positional[0])] or [""]
            for method in methods:
                self.add_route(
                    interp, METHODS.get(method.lower(), method), Arguments(positional=args.positional[1:]), place
                )
            return value_of(obj)
        if name == "use":
            self.use(interp, args, place)
            return value_of(obj)
        if name == "param" and len(args.positional) >= 2:
            for text in texts(interp, args.positional[0]):
                self.add("param", text, "", functions(interp, args.positional[1:]), place)
            return value_of(obj)
        if name in ("route", "mount", "group"):
            return self.route(interp, obj, args, place)
        if name == "openapi" and len(args.positional) >= 2:
            self.openapi(interp, args, place)
            return value_of(obj)
        if name in ("routes", "middleware", "callback", "allowedMethods"):
            return value_of(obj) if name != "allowedMethods" else unknown("nothing")
        if name in ("prefix", "basePath"):
            text = _path(args.positional[0]) if args.positional else ""
            if name == "prefix":
                self.base = text
                return value_of(obj)
            view = Router(self.convention, join_paths(self.base if self.owner is not None else "", text))
            view.owner = self.owner or self
            view.mounted = True
            return native_object(interp, "router", view, place, "a router")
        if name in _IGNORED:
            return unknown(f"the result of {name}")
        return None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("locals", "context"):
            held = interp.new("map", place=place)
            held.label = f"{name} of the application"
            held.shared = obj.shared
            obj.fields[name] = value_of(held)
            return obj.fields[name]
        if name == "fetch":
            return unknown("the application's entry")
        if name in _REGISTERING:
            return value_of(
                NativeFn(name, lambda inner, args, at: self.method(inner, obj, name, args, at) or unknown("a router"))
            )
        return None

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        """`app[method](path, handler)` for a method that varies."""

        def add(inner: Interpreter, args: Arguments, at: Place) -> Value:
            self.add_route(inner, "", args, at)
            return value_of(obj)

        return value_of(NativeFn("route", add))

    def add_route(self, interp: Interpreter, method: str, args: Arguments, place: Place) -> None:
        """Keep a route: its first arguments are the name and path, the rest are functions."""
        given = list(args.positional)
        paths = [""]
        if given and (_is_path(interp, given[0]) or not functions(interp, [given[0]])):
            paths = _paths(interp, given.pop(0))
            if given and given[0].strings() and not is_callable(given[0]):
                paths = _paths(interp, given.pop(0))
        handlers = functions(interp, given)
        if args.rest is not None:
            handlers.append(args.rest)
        for path in paths:
            self.add("route", path, method, handlers, place)

    def use(self, interp: Interpreter, args: Arguments, place: Place) -> None:
        """Keep middleware and mounted routers."""
        given = list(args.positional)
        prefixes = [""]
        if given and _is_path(interp, given[0]):
            prefixes = _paths(interp, given.pop(0))
        for prefix in prefixes:
            for fn in functions(interp, given):
                self.use_one(prefix, fn, place)
            if args.rest is not None:
                self.use_one(prefix, args.rest, place)

    def use_one(self, prefix: str, fn: Value, place: Place) -> None:
        """Keep one middleware or router below a prefix."""
        child = mounted_router(fn)
        if child is not None:
            child.mounted = True
            self.add("mount", prefix, "", [fn], place)
            return
        for obj in fn.only(Obj):
            if isinstance(obj.native, Mounted):
                self.use_one(join_paths(prefix, obj.native.path), obj.native.inner, place)
                return
            if isinstance(obj.native, Except):
                for inner in obj.native.fns:
                    self.add("use", prefix, "", [inner], place, obj.native.paths)
                return
        if all(isinstance(atom, Unknown) for atom in fn.atoms()) and not is_callable(fn):
            self.add("open", prefix, "", [fn], place)
            return
        self.add("use", prefix, "", [fn], place)

    def route(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value:
        """`app.route(path)` builds, `app.route(path, child)` mounts, `app.group(path, build)` builds inside."""
        path = _path(args.positional[0]) if args.positional else ""
        if len(args.positional) >= 2:
            child = mounted_router(args.positional[1])
            if child is not None:
                child.mounted = True
                self.add("mount", path, "", [args.positional[1]], place)
            elif is_callable(args.positional[1]):
                view = Router(self.convention, join_paths(self.base if self.owner is not None else "", path))
                view.owner, view.mounted = self.owner or self, True
                inner = native_object(interp, "router", view, place, "a router")
                calls.call(interp, args.positional[-1], Arguments(positional=[inner]), place, awaited=True)
            return value_of(obj)
        return native_object(interp, "route", RouteBuilder(self, path), place, "a route")

    def openapi(self, interp: Interpreter, args: Arguments, place: Place) -> None:
        """`app.openapi(createRoute({method, path, middleware}), handler)`."""
        for definition in args.positional[0].only(Obj):
            method = next(iter((definition.fields.get("method") or unknown("")).strings()), "").upper()
            before = definition.fields.get("middleware")
            handlers = functions(interp, [*([before] if before is not None else []), args.positional[1]])
            self.add("route", _path(definition.fields.get("path") or constant("")), method, handlers, place)


class RouteBuilder(Native):
    """`router.route(path)`: verbs on one path."""

    __slots__ = ("path", "router")

    def __init__(self, router: Router, path: str) -> None:
        self.router = router
        self.path = path

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in METHODS:
            # What `all` is given stands before the verbs that follow.
            kind = "use" if name == "all" else "route"
            handlers = functions(interp, args.positional)
            if kind == "use":
                for fn in handlers:
                    self.router.add("use", self.path, "", [fn], place)
            else:
                self.router.add("route", self.path, METHODS[name], handlers, place)
            return value_of(obj)
        return None


class Mounted(Native):
    """`mount(path, app)` of koa-mount."""

    __slots__ = ("inner", "path")

    def __init__(self, path: str, inner: Value) -> None:
        self.path = path
        self.inner = inner


class Except(Native):
    """`except(path, ...middleware)`: middleware that leaves some paths alone."""

    __slots__ = ("fns", "paths")

    def __init__(self, paths: tuple[str, ...], fns: list[Value]) -> None:
        self.paths = paths
        self.fns = fns


def _is_path(interp: Interpreter, value: Value) -> bool:
    """Whether an argument is a path, a list of paths, or an expression for paths."""
    for atom in value.atoms():
        if text_of(atom) is not None and not (isinstance(atom, Const) and atom.value is None):
            return True
        if isinstance(atom, Lib) and atom.path == "RegExp()":
            return True
    items = operators.known_items(interp, value)
    return bool(items) and all(_is_path(interp, item) for item in items or [])


def _paths(interp: Interpreter, value: Value) -> list[str]:
    """Return the paths that an argument gives."""
    items = operators.known_items(interp, value)
    if items:
        return [path for item in items for path in _paths(interp, item)]
    found: list[str] = []
    for atom in value.atoms():
        text = text_of(atom)
        if text is not None and not (isinstance(atom, Const) and atom.value is None):
            found.append(text)
        elif isinstance(atom, Lib) and atom.path == "RegExp()":
            found.append("*")
    return list(dict.fromkeys(found)) or [""]


def _path(value: Value) -> str:
    for atom in value.atoms():
        text = text_of(atom)
        if text is not None and not (isinstance(atom, Const) and atom.value is None):
            return text
        if isinstance(atom, Obj) and atom.items:
            return _path(atom.items[0])
    return ""


def mounted_router(value: Value) -> Router | None:
    """Return the router that a value is, or None."""
    for obj in value.only(Obj):
        if isinstance(obj.native, Router):
            return obj.native
    return None


# ---------------------------------------------------------------- rows


def make_router(
    interp: Interpreter, models: Models, convention: str, base: str, place: Place, *, is_application: bool
) -> Value:
    """Return a fresh router whose routes are collected when all modules have run."""
    return enlist(interp, models, Router(convention, base, is_application=is_application), place)


def enlist(interp: Interpreter, models: Models, native: Router, place: Place) -> Value:
    """Return the object of a router, whose routes are collected when all modules have run."""
    routers: list[Router] = models.memory("routers", list)
    routers.append(native)
    on_collect(models, "routers", lambda inner: collect(inner, models))
    label = "the application" if native.is_application else "a router"
    native.value = native_object(interp, "router", native, place, label)
    return native.value


def router(call: LibraryCall) -> Value | None:
    """A constructor of applications and routers."""
    base = ""
    for obj in call.args.positional[0].only(Obj) if call.args.positional else []:
        held = obj.fields.get("prefix") or obj.fields.get("base")
        base = _path(held) if held is not None else base
    return make_router(
        call.interp,
        call.models,
        str(call.settings.get("convention", "pair")),
        base,
        call.place,
        is_application=bool(call.settings.get("application")),
    )


def typed_router(call: LibraryCall) -> Value | None:
    """A parameter that is annotated as an application or router and that nobody passes."""
    if call.interp.state is None:
        return None
    return router(call)


def compose(call: LibraryCall) -> Value | None:
    """`compose([a, b])`, `every(a, b)`, `createHandlers(a, b)`: functions one after another."""
    listed = call.interp.new("list", place=call.place)
    listed.items = functions(call.interp, call.args.positional)
    return value_of(listed)


def either(call: LibraryCall) -> Value | None:
    """`some(a, b)`: passed as soon as one of them lets the request pass."""
    given = functions(call.interp, call.args.positional)
    return join_all(given) if given else None


def unless(call: LibraryCall) -> Value | None:
    """`except(path, ...middleware)`: not run where the path fits; a condition that is code may hold anywhere."""
    if not call.args.positional:
        return None
    paths = tuple(texts(call.interp, call.args.positional[0]))
    return native_object(
        call.interp, "middleware", Except(paths or ("*",), functions(call.interp, call.args.positional[1:])), call.place
    )


def mount(call: LibraryCall) -> Value | None:
    """`mount(path, app)` of koa-mount."""
    given = call.args.positional
    if not given:
        return None
    path = _path(given[0]) if len(given) > 1 else ""
    return native_object(call.interp, "middleware", Mounted(path, given[-1]), call.place)


def same(call: LibraryCall) -> Value | None:
    """`createMiddleware(fn)`: the function itself."""
    return call.args.get(0)


# ---------------------------------------------------------------- collecting


@dataclass(slots=True)
class Walk:
    """The walk through the routers of one run; `opened` are the places where something unknown is mounted."""

    interp: Interpreter
    models: Models
    opened: list[tuple[str, list[tuple[str, Step, Item]], str]] = field(default_factory=list)


def collect(interp: Interpreter, models: Models) -> None:
    """Register the routes of every router that nobody mounts."""
    walk = Walk(interp, models)
    roots = [native for native in models.memory("routers", list) if not native.mounted]
    for native in sorted(roots, key=lambda each: not each.is_application):
        inherited: list[tuple[str, Step, Item]] = []
        prefix = ""
        if not native.is_application and walk.opened:
            # Routers that the application loads in a way that nobody can follow stand where it mounts something.
            prefix, inherited, _ = walk.opened[0]
            prefix = "" if "{?}" in prefix else prefix
        follow(walk, native, prefix, inherited, native.value, 0)


def follow(
    walk: Walk, native: Router, prefix: str, inherited: list[tuple[str, Step, Item]], app: Value | None, depth: int
) -> None:
    """Register a router's routes below a prefix, behind the middleware that stands before the mount."""
    if depth > MAX_MOUNTS:
        return
    here = join_paths(prefix, native.base)
    steps = list(inherited)
    mode = _STEP_MODES.get(native.convention, "next")
    exact = native.convention == "hono"
    params = {item.path: item for item in native.items if item.kind == "param"}
    for item in native.items:
        full = join_paths(here, item.path)
        if item.kind == "use":
            steps.extend((full, Step(fn, mode, item.place, here), item) for fn in item.fns if not takes_errors(fn))
        elif item.kind == "mount":
            child = mounted_router(item.fns[0])
            if child is not None:
                follow(walk, child, full, [row for row in steps if covers(row[0], full, whole=False)], app, depth + 1)
        elif item.kind == "open":
            walk.opened.append((full, [row for row in steps if covers(row[0], full, whole=False)], native.convention))
        elif item.kind == "route" and item.fns:
            before = [row for row in steps if reaches(row, full, exact=exact)]
            for row in before:
                row[2].is_used = True
            chain = [row[1] for row in before]
            for name, param in params.items():
                if f":{name}" in full.split("/"):
                    chain += [Step(fn, mode, param.place, here, parameter=True) for fn in param.fns]
            chain += [Step(fn, mode, item.place, here) for fn in item.fns[:-1]]
            handler = item.fns[-1]
            called = f"{item.method or 'ALL'} {full or '/'}"
            make = lambda verb=item.method, path=full: native.make_convention(verb, path, app)  # noqa: E731 - one use, bound here
            register(walk.models, Entry(route_kind(full), called, item.place, handler, make, chain, full, item.method))
            if goes_on(handler, native.convention):
                steps.append((full, Step(handler, mode, item.place, here), item))
    leftovers(walk, native, steps, app)


def leftovers(walk: Walk, native: Router, steps: list[tuple[str, Step, Item]], app: Value | None) -> None:
    """Register middleware that stands before no route: it answers itself. `steps` are all that the router was given, in order."""
    for index in range(len(steps) - 1, -1, -1):
        pattern, step, item = steps[index]
        if (
            item.kind != "use"
            or item.is_used
            or not is_callable(step.fn)
            or all(item is not each for each in native.items)
        ):
            continue
        item.is_used = True
        before = [row for row in steps[:index] if reaches(row, pattern, exact=native.convention == "hono")]
        for row in before:
            row[2].is_used = True
        make = lambda path=pattern: native.make_convention("", f"{path}/*", app)  # noqa: E731 - one use, bound here
        called = f"USE {pattern or '/'} {name_of(step.fn)}".rstrip()
        register(
            walk.models,
            Entry(route_kind(pattern), called, item.place, step.fn, make, [row[1] for row in before], pattern, ""),
        )


def reaches(row: tuple[str, Step, Item], full: str, *, exact: bool) -> bool:
    """Whether middleware runs for a route."""
    pattern, _, item = row
    if item.excluded and any(
        covers(path.rstrip("*").rstrip("/") if path != "*" else "", full) for path in item.excluded
    ):
        return False
    if item.kind == "route":
        # A handler that calls on stands before later routes of the same path and method.
        return same_path(pattern, full)
    return same_path(pattern, full) if exact and not pattern.endswith("*") else covers(pattern, full)


def goes_on(handler: Value, convention: str) -> bool:
    """Whether a route's last function can call on to the next route."""
    position = 2 if convention == "pair" else 1
    return convention in ("pair", "context", "hono") and any(
        isinstance(a, Fn) and len(parameters(a)) > position for a in handler.atoms()
    )


def takes_errors(fn: Value) -> bool:
    """Whether a function is an error handler: four parameters."""
    return any(isinstance(atom, Fn) and len(atom.function.params) == 4 for atom in fn.atoms())


def join_paths(*parts: str) -> str:
    """Return a path of parts, slashes normalised."""
    bare = [part.strip("/") for part in parts if part.strip("/")]
    return "/" + "/".join(bare) if bare else ""


def same_path(pattern: str, path: str) -> bool:
    """Whether a pattern fits a whole path."""
    if "*" in pattern:
        return covers(pattern, path)
    wanted, given = pattern.strip("/").split("/"), path.strip("/").split("/")
    return len(wanted) == len(given) and all(_segment(a, b) for a, b in zip(wanted, given, strict=True))


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
    return a in (b, "*") or a.startswith((":", "{")) or b.startswith((":", "{"))


__all__ = ["Router", "functions", "place_for", "router"]
