"""What the web frameworks of Python share: routers with prefixes and steps, views as functions or classes, calling conventions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Fn,
    Input,
    Lib,
    Obj,
    Place,
    Scope,
    Stored,
    Str,
    Value,
    constant,
    join_all,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.limits import MAX_MOUNT_DEPTH, MAX_MOUNTS, MAX_STEPS_PER_MODULE
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks import signed_cookies
from cybrid_audit.models.frameworks.requests_in import Reply, Request
from cybrid_audit.models.frameworks.router import join_paths
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

VERBS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
Setup = Callable[["Interpreter", Convention], None]


# ---------------------------------------------------------------- small readers


def text(value: Value | None) -> str:
    """Return the first constant string of a value, else empty."""
    return next(iter(value.strings()), "") if value is not None else ""


def texts(interp: Interpreter, value: Value | None) -> list[str]:
    """Return the constant strings in a list, or the one that a value is."""
    if value is None:
        return []
    if value.strings():
        return value.strings()
    return [each for item in operators.known_items(interp, value) or [] for each in item.strings()]


def listed(interp: Interpreter, value: Value | None) -> list[Value]:
    """Return the items of a list, or the value itself when it is none."""
    if value is None:
        return []
    items = operators.known_items(interp, value) if any(obj.kind == "list" for obj in value.only(Obj)) else None
    return items if items is not None else [value]


def decorator(apply: Callable[[Any, Value, Place], Value]) -> Value:
    """Return a decorator as a value: `apply(interp, decorated, place)`."""

    def impl(interp: Interpreter, args: Arguments, place: Place) -> Value:
        if not args.positional:
            return unknown("a decorator without function")
        return apply(interp, args.positional[0], place)

    return value_of(NativeFn("decorator", impl))


def decorates(args: Arguments) -> bool:
    """Whether a call is a decorator's own: its first argument is the function or class."""
    return bool(args.positional) and any(
        isinstance(atom, Fn | ClassInfo | NativeFn) for atom in args.positional[0].atoms()
    )


def opened(value: Value) -> Value:
    """Return a value with what a library made of a function (`login_required(view)`) by the function."""
    if not value.only(Lib):
        return value
    result = Value()
    for atom, proofs in value.alts:
        made_of = [source for source in atom.sources if isinstance(source, Fn)] if isinstance(atom, Lib) else []
        result = result.join(value_of(*made_of).with_proofs(proofs) if made_of else Value(((atom, proofs),)))
    return result


def original_place(fn: Fn) -> Place:
    """Return where a view is defined, looking through its wrappers."""
    seen = fn
    for _ in range(4):
        inner = [
            atom
            for held in seen.scope.vars.values()
            if seen.scope.function is not None
            for atom in held.atoms()
            if isinstance(atom, Fn) and atom.function is not seen.function and atom.function.decorators
        ]
        if not inner:
            break
        seen = inner[0]
    return place_of(seen.module.path, seen.function.span)


def unwrapped(fn: Fn) -> Fn:
    """Return the function whose parameters a framework reads: of a wrapper made with functools.wraps, the wrapped one."""
    if [p for p in fn.function.params if p.kind in ("rest", "kwrest")] and fn.scope.function is not None:
        for held in fn.scope.vars.values():
            for atom in held.atoms():
                if isinstance(atom, Fn) and atom.function is not fn.function and atom.scope.function is None:
                    return unwrapped(atom)
    return fn


def wrappers(fn: Fn) -> list[Fn]:
    """Return a function and those it wraps, the outermost first."""
    found = [fn]
    for _ in range(4):
        last = found[-1]
        if last.scope.function is None:
            break
        inner = [
            atom
            for held in last.scope.vars.values()
            for atom in held.atoms()
            if isinstance(atom, Fn) and all(atom.function is not seen.function for seen in found)
        ]
        if not inner:
            break
        found.append(inner[0])
    return found


def parameter_names(fn: Fn) -> list[str]:
    """Return the names of the parameters that a caller fills one by one."""
    params = list(fn.function.params)
    if fn.this is not None and fn.function.kind != "static" and fn.module.family == "python":
        params = params[1:]
    return [
        param.target.id
        for param in params
        if isinstance(param.target, ir.Name) and param.kind not in ("rest", "kwrest")
    ]


def tail(node: ir.Expr | None) -> str:
    """Return the last name of an annotation or decorator: `Request` of `fastapi.Request | None`."""
    if isinstance(node, ir.Call):
        node = node.func
    if isinstance(node, ir.Binary) and node.op == "|":
        node = node.left
    if isinstance(node, ir.Index):
        inner = node.index.items[0] if isinstance(node.index, ir.List) and node.index.items else node.index
        return tail(inner) if tail(node.object) in ("Optional", "Annotated", "Union") else tail(node.object)
    return node.id if isinstance(node, ir.Name) else node.name if isinstance(node, ir.Attribute) else ""


# ---------------------------------------------------------------- requests and answers


_PARAMETER: Final = re.compile(r"\{[^}]*\}|<[^>]*>|\(\?P<[^)]*\)|:[A-Za-z_]\w*|\([^)]*\)|\*")
"""A parameter in a route, however the framework writes it."""


def path_value(path: str) -> Value:
    """Return the path of a request to a route: constant but for its parameters."""
    parts: list[Atom] = []
    end = 0
    for match in _PARAMETER.finditer(path):
        if match.start() > end:
            parts.append(Const(path[end : match.start()]))
        parts.append(Input("path"))
        end = match.end()
    if end < len(path) or not parts:
        parts.append(Const(path[end:]))
    return value_of(parts[0] if len(parts) == 1 else Str(tuple(parts)))


class RouteName(Native):
    """What a project calls the running route: Flask's endpoint and blueprint, Django's `resolver_match`."""

    __slots__ = ("blueprint", "endpoint", "path", "view")

    def __init__(self, endpoint: str, blueprint: str, path: str, view: Value) -> None:
        self.endpoint = endpoint
        self.blueprint = blueprint
        self.path = path
        self.view = view

    def named(self, name: str) -> Value:
        """Return a name; one that the project does not give is not known."""
        held = self.blueprint if name == "blueprint" else self.endpoint
        if name == "blueprint" and not held and self.endpoint:
            return V_NONE
        return constant(held) if held else unknown(f"the {name} of a route", hint=name)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("url_name", "view_name", "endpoint"):
            return self.named("endpoint")
        if name in ("func", "view"):
            return self.view
        return path_value(self.path) if name in ("route", "rule") else None


class WebRequest(Request):
    """A request to a route of a Python framework: its path and method are known, and what the project calls the route."""

    __slots__ = ("route",)

    def __init__(
        self, verb: str = "", path: str = "", app: Value | None = None, route: RouteName | None = None
    ) -> None:
        super().__init__(verb, path, app)
        self.route = route

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if self.route is not None and name in ("endpoint", "blueprint", "resolver_match", "url_rule"):
            if name in ("endpoint", "blueprint"):
                return self.route.named(name)
            return native_object(interp, "route", self.route, place, "the route")
        if self.path and name in ("path", "path_info", "full_path", "script_root"):
            return path_value(self.path)
        if self.path and name in ("url", "rel_url"):
            return native_object(interp, "url", WebAddress(self.path), place, "the address")
        if name in ("method", "path", "url") and not (name == "method" and self.verb.isalpha()):
            return value_of(Input("method" if name == "method" else "url"))
        if name in ("_request", "wsgi_request"):
            return value_of(obj)
        if name in ("META", "environ", "scope"):
            return value_of(Input("header"))
        if name in ("state", "ctx", "context"):
            obj.fields[name] = locals_object(interp, place, "request state")
            return obj.fields[name]
        return super().attribute(interp, obj, name, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        kind = MORE_INPUT.get(name)
        if name == "get_cookie" and signed_cookies.is_signed(args, "secret"):
            return signed_cookies.read(args, place)
        if kind is not None:
            held = value_of(Input(kind, text(args.get(0))))
            return held.join(args.positional[1]) if len(args.positional) > 1 else held
        if name in ("get_full_path", "build_absolute_uri", "url_for", "get_host"):
            return value_of(Input("url"))
        if name == "get_signed_cookie":
            return signed_cookies.read(args, place)
        return super().method(interp, obj, name, args, place)


class RequestLocals(Native):
    """What a request keeps for its own duration: `request.state`, `g`. What nobody in the project sets, somebody else's code does.

    A value that is set after checks have passed tells of them, and one that is set on some paths only may be missing."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("user", "current_user", "account", "principal"):
            return value_of(Stored("principal", "", place))
        return value_of(
            Stored("session" if name == "session" else "request state", "" if name == "session" else name, place)
        )

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        state = interp.state
        if state is None:
            return True
        value = new.with_proofs(state.proven)
        if obj.born[: len(state.branch)] != state.branch:
            value = (obj.fields.get(name) or V_NONE).join(value)
        obj.fields[name] = value
        return True

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get", "pop", "setdefault") and args.positional:
            found = [
                obj.fields.get(key) or self.attribute(interp, obj, key, place) or V_NONE
                for key in args.positional[0].strings()
            ]
            return join_all([*found, *args.positional[1:]]) if found else None
        return None


def locals_object(interp: Interpreter, place: Place, label: str) -> Value:
    """Return a fresh object for what a request keeps."""
    obj = interp.new("map", place=place)
    obj.shared = False
    obj.born = ()
    obj.label = label
    obj.native = RequestLocals()
    return value_of(obj)


MORE_INPUT: Final = {
    "get_media": "body", "get_param": "query", "get_header": "header", "get_cookie_values": "cookie", "get_cookie": "cookie", "get_argument": "body",
    "get_arguments": "body", "get_body_argument": "body", "get_query_argument": "query", "get_json": "body", "get_body": "body", "multipart": "body",
    "get_form": "body", "get_data": "body", "get_json_async": "body",
}  # fmt: skip
"""Methods of requests that read input, beside those that requests of every language have."""


class WebAddress(Native):
    """The address of a request to a known route."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("path", "pathname", "raw_path"):
            return path_value(self.path)
        return value_of(Input("url", name))

    def text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        return Input("url")

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return value_of(Input("url"))


class Headers(Native):
    """Headers or cookies of an answer: what is set there is sent."""

    __slots__ = ("channel",)

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("set", "add", "append", "update", "extend", "setdefault", "add_cookie", "set_cookie", "setlist"):
            for value in args.every():
                sinks.hand_over(interp, value, place, self.channel)
            return V_NONE
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        sinks.hand_over(interp, new, place, self.channel)
        return True


SENT_FIELDS: Final = frozenset(
    {
        "media",
        "text",
        "body",
        "data",
        "content",
        "html",
        "json",
        "json_body",
        "stream",
        "response",
        "context_data",
        "app_iter",
    }
)
SENT_BY: Final = {
    "set_cookie": "cookie", "set_signed_cookie": "cookie", "set_secure_cookie": "cookie", "set_header": "response", "append_header": "response", "add_header": "response",
    "set_headers": "response", "write": "response", "writelines": "response", "send": "response", "set_data": "response", "write_eof": "response", "add_cookie": "cookie",
    "delete_cookie": "", "unset_cookie": "", "headers": "response", "raw_headers": "response", "write_chunk": "response", "send_file": "",
}  # fmt: skip


class WebReply(Reply):
    """An answer of a Python framework, under construction or as a value."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("headers", "cookies"):
            held = interp.new("map", place=place)
            held.native = Headers("cookie" if name == "cookies" else "response")
            obj.fields[name] = value_of(held)
            return obj.fields[name]
        if name in ("status_code", "status", "context", "background"):
            return unknown("the state of the answer")
        return super().attribute(interp, obj, name, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        channel = SENT_BY.get(name, "")
        if channel:
            for value in args.every():
                sinks.hand_over(interp, value, place, channel)
        if name in ("set_signed_cookie", "set_secure_cookie") or (
            channel == "cookie" and signed_cookies.is_signed(args, "secret")
        ):
            signed_cookies.wrote(interp, args, place)
        return value_of(obj)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in SENT_FIELDS or "-" in name:
            # Django's answers take headers as items.
            sinks.hand_over(interp, new, place, "response")
            return True
        return False

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return unknown("a header of the answer")


def answer_object(interp: Interpreter, place: Place) -> Value:
    """Return a fresh answer."""
    return native_object(interp, "reply", WebReply(), place, "the answer")


def respond(call: LibraryCall) -> Value | None:
    """A function or class that makes an answer of what it is given: `jsonify(token=…)`, `JSONResponse(content, headers=…)`."""
    channel = str(call.settings.get("channel", "response"))
    for value in call.args.every():
        sinks.hand_over(call.interp, value, call.place, channel)
    if call.settings.get("raises"):
        call.interp.throw(unknown("an HTTP error"))
    made = native_object(call.interp, "answer", WebReply(), call.place, "an answer")
    for obj in made.only(Obj):
        obj.fields["%answer"] = constant(True)
    return made


def passed_through(call: LibraryCall) -> Value | None:
    """A decorator that says nothing about further factors, called as a function: `login_required(view)`, `cache_page(60)(view)`."""
    if decorates(call.args):
        return call.args.positional[0]
    return decorator(lambda interp, value, place: value) if call.args.positional or call.args.keywords else None


def stop(call: LibraryCall) -> Value | None:
    """A function that ends the request with an error."""
    call.interp.throw(unknown("an HTTP error"))
    return unknown("nothing")


# ---------------------------------------------------------------- conventions


class WithRequest(Convention):
    """`view(request, **path_parameters)`; what it returns is sent."""

    sends_returned = True

    def __init__(self) -> None:
        self.request: Value | None = None
        self.reply: Value | None = None
        self.verb = ""
        self.path = ""
        self.app: Value | None = None
        self.route: RouteName | None = None

    def incoming(self, interp: Interpreter) -> Value:
        """Return the one request of this run."""
        if self.request is None:
            self.request = native_object(
                interp,
                "request",
                WebRequest(self.verb, self.path, self.app, self.route),
                interp.no_place(interp.frame.module.path),
                "the request",
            )
            interp.models.memory("request locals", dict)["request"] = self.request
        return self.request

    def outgoing(self, interp: Interpreter) -> Value:
        """Return the one answer of this run."""
        if self.reply is None:
            self.reply = answer_object(interp, interp.no_place(interp.frame.module.path))
            interp.models.memory("request locals", dict)["reply"] = self.reply
        return self.reply

    def answer(self, interp: Interpreter, place: Place) -> Value:
        return self.outgoing(interp)

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        self.tell(interp, fn)
        return Arguments(positional=[self.incoming(interp)], kwrest=value_of(Input("path")))

    def tell(self, interp: Interpreter, fn: Value) -> None:
        """Give the instance of a view class the request."""
        for atom in fn.only(Fn):
            for obj in atom.this.only(Obj) if atom.this is not None else []:
                if not obj.shared:
                    obj.fields["request"] = self.incoming(interp)
                    obj.fields.setdefault("kwargs", value_of(Input("path")))

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        if step.mode in ("next", "response"):
            return Arguments(positional=[self.incoming(interp), next_fn])
        return Arguments(positional=[self.incoming(interp)])


class PathArguments(WithRequest):
    """`view(**path_parameters)`; the request is a global; what a view returns is sent."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(kwrest=value_of(Input("path")))

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return Arguments()


class WithReply(WithRequest):
    """`on_post(req, resp, **path_parameters)`: what is set on the answer is sent."""

    sends_returned = False

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[self.incoming(interp), self.outgoing(interp)], kwrest=value_of(Input("path")))

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        given = [self.incoming(interp), self.outgoing(interp), unknown("the resource"), value_of(Input("path"))]
        fn = next(iter(step.fn.only(Fn)), None)
        if fn is not None and not any(param.kind == "rest" for param in fn.function.params):
            given = given[: len(parameter_names(fn))]
        return Arguments(positional=given)


# ---------------------------------------------------------------- routers


class Route(NamedTuple):
    """A view at a path; `steps` run before it, inside those of its router."""

    path: str
    methods: str
    steps: list[Step]
    view: Value
    place: Place
    kind: EntryKind = EntryKind.HTTP_ROUTE
    endpoint: str = ""


@dataclass(slots=True)
class Routes(Native):
    """An application, router, blueprint or table of routes.

    `before` runs before every route of it and of what is mounted in it; `inner` only before its own routes; `everywhere` before
    every route of the application it is mounted in. `decorators` go around the methods of its view classes."""

    prefix: str = ""
    before: list[Step] = field(default_factory=list)
    inner: list[Step] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    children: list[tuple[str, list[Step], Routes]] = field(default_factory=list)
    mounted: bool = False
    convention: Callable[[], Convention] = WithRequest
    name: str = ""
    names_views: bool = False
    """Whether the framework names a view by its function, as Flask does."""
    verb_prefix: str = ""
    verb_suffix: str = ""
    everywhere: list[Step] = field(default_factory=list)
    decorators: Value | None = None
    value: Value | None = None
    """The router as the project's code sees it."""
    dispatchers: tuple[str, ...] = ()
    """Methods through which a view class reaches its verbs' methods, where the project writes them."""

    def add(
        self,
        path: str,
        methods: list[str] | str,
        value: Value,
        place: Place,
        steps: list[Step] | None = None,
        endpoint: str = "",
    ) -> Value:
        """Keep a view for a path; return it, as a decorator does."""
        verbs = methods if isinstance(methods, str) else ",".join(methods)
        self.routes.append(Route(path, verbs, steps or [], value, place, endpoint=endpoint))
        return value

    def mount(
        self, value: Value | None, prefix: str = "", steps: list[Step] | None = None, *, replaces: bool = False
    ) -> None:
        """Mount routers below a prefix, which `replaces` their own or comes before it."""
        for obj in value.only(Obj) if value is not None else []:
            if isinstance(obj.native, Routes):
                obj.native.mounted = True
                path = prefix if replaces and prefix else join_paths(prefix, obj.native.prefix)
                if all(child is not obj.native or held != path for held, _, child in self.children):
                    self.children.append((path, steps or [], obj.native))


def shared_map(interp: Interpreter, obj: Obj, name: str, place: Place) -> Value:
    """Return a mapping that an application keeps for as long as it runs, under one of its fields."""
    held = interp.new("map", place=place)
    held.shared = True
    held.label = f"{name} of the application"
    obj.fields[name] = value_of(held)
    return obj.fields[name]


def routes_object(interp: Interpreter, native: Routes, place: Place, label: str = "the application") -> Value:
    """Return a router as a value, known to the collector."""
    models = interp.models
    models.memory("python routers", list).append(native)
    on_collect(models, "python web", lambda inner: collect(inner, models))
    value = native_object(interp, "application", native, place, label)
    for obj in value.only(Obj):
        obj.shared = True
    native.value = value
    return value


def collect(interp: Interpreter, models: Models) -> None:
    """Register the routes of every application, and of routers that nobody mounts."""
    for native in list(models.memory("python routers", list)):
        if not native.mounted:
            walk(interp, models, native, native.prefix, everywhere(native, {}), 0, native.value)


def note_step(models: Models, value: Value, step: Step) -> None:
    """Have a step run before a view, or the methods of a view class, as a decorator of the framework says."""
    held: dict[int, list[Step]] = models.memory("view steps", dict)
    for atom in value.atoms():
        key = id(atom.function) if isinstance(atom, Fn) else id(atom) if isinstance(atom, ClassInfo) else 0
        if key:
            held.setdefault(key, []).insert(0, step)


def noted_steps(models: Models, handler: Value) -> list[Step]:
    """Return the steps that decorators put before a view: its class's first."""
    held: dict[int, list[Step]] = models.memory("view steps", dict)
    found: list[Step] = []
    for fn in handler.only(Fn) if held else ():
        for obj in fn.this.only(Obj) if fn.this is not None else ():
            for info in obj.cls.ancestry() if obj.cls is not None else ():
                found.extend(held.get(id(info), ()))
        for each in wrappers(fn):
            found.extend(held.get(id(each.function), ()))
    return found


def beginning(
    method: str, path: str, setup: Setup | None = None, app: Value | None = None, route: RouteName | None = None
) -> Setup:
    """Return what is done before a route runs: the request learns its method and path."""

    def begin(interp: Interpreter, convention: Convention) -> None:
        if isinstance(convention, WithRequest):
            convention.verb, convention.path, convention.app, convention.route = method, path, app, route
            convention.incoming(interp)
        if setup is not None:
            setup(interp, convention)

    return begin


def everywhere(native: Routes, seen: dict[int, Routes]) -> list[Step]:
    """Return what a router and those mounted in it have run before every request of the application."""
    if id(native) in seen:
        return []
    seen[id(native)] = native
    return [*native.everywhere, *(step for _, _, child in native.children for step in everywhere(child, seen))]


def mounted_again(interp: Interpreter, native: Routes) -> bool:
    """Whether a router was met as often as routers are followed: they may mount each other."""
    held: dict[int, int] = interp.models.memory("mounts", dict)
    held[id(native)] = held.get(id(native), 0) + 1
    return held[id(native)] > MAX_MOUNTS


def walk(
    interp: Interpreter,
    models: Models,
    native: Routes,
    prefix: str,
    inherited: list[Step],
    depth: int,
    app: Value | None,
    chain: str = "",
) -> None:
    """Register routes below a prefix; `chain` are the names of the routers that lead there."""
    if depth > MAX_MOUNT_DEPTH or mounted_again(interp, native):
        return
    before = [*inherited, *native.before]
    chain = f"{chain}.{native.name}".strip(".")
    for route in native.routes:
        full = join_paths(prefix, route.path)
        for handler, method, at, setup in views(interp, route.view, route.methods, route.place, native):
            name = f"{method or 'ALL'} {full or '/'}"
            called = route.endpoint or name_of_view(route.view)
            named = RouteName(
                f"{chain}.{called}".strip(".") if native.names_views and called else "", chain, full, route.view
            )
            begun = beginning(method, full, setup, app, named)
            steps = [*before, *native.inner, *route.steps, *noted_steps(models, handler)]
            register(models, Entry(route.kind, name, at, handler, native.convention, steps, full, method, begun))
    for child_prefix, steps, child in native.children:
        walk(interp, models, child, join_paths(prefix, child_prefix), [*before, *steps], depth + 1, app, chain)


def name_of_view(value: Value) -> str:
    """Return the name of a view's function, of the one it wraps where it keeps that name."""
    fn = next(iter(opened(value).only(Fn)), None)
    return unwrapped(fn).function.name if fn is not None else ""


Handlers = list[tuple[Value, str, Place, "Setup | None"]]
"""Handlers with method, place, and what is to be done before each runs."""


def views(interp: Interpreter, value: Value, methods: str, place: Place, native: Routes) -> Handlers:
    """Return the handlers of a view: a function, or the verb methods of a class with the class's decorators."""
    found: Handlers = []
    for atom in opened(value).atoms():
        if isinstance(atom, ClassInfo):
            found.extend(class_views(interp, atom, atom, methods, native))
        elif isinstance(atom, Obj) and atom.cls is not None:
            found.extend(class_views(interp, atom, atom.cls, methods, native))
        elif isinstance(atom, Fn):
            found.append((value_of(atom), methods, original_place(atom), None))
        elif isinstance(atom, NativeFn | Obj):
            found.append((value_of(atom), methods, place, None))
    return found


def class_views(interp: Interpreter, atom: ClassInfo | Obj, info: ClassInfo, methods: str, native: Routes) -> Handlers:
    """Return the verb methods of a view class or of an instance of one, each reached through the class's own dispatcher."""
    found: Handlers = []
    wraps = next(
        (
            each.statics.fields[name]
            for each in info.ancestry()
            for name in ("decorators", "method_decorators")
            if name in each.statics.fields
        ),
        None,
    )
    dispatcher = next((info.method(name) for name in native.dispatchers if info.method(name) is not None), None)
    for verb in VERBS:
        held = info.method(f"{native.verb_prefix}{verb}{native.verb_suffix}")
        if held is None:
            continue
        function, home = held
        at = place_of(home.module.path, function.span)
        through_dispatcher = dispatcher is not None and not wraps
        name = dispatcher[0].name if dispatcher is not None and through_dispatcher else function.name
        handler = (
            bound_view(interp, info, name, at)
            if isinstance(atom, ClassInfo)
            else own_method(interp, atom, info, name, at)
        )
        for wrap in (*class_decorators(interp, wraps, verb), *listed(interp, native.decorators)):
            for each in wrap.atoms():
                handler = in_module(interp, info, partial(calls.apply_decorator, interp, value_of(each), handler, at))
        found.append((handler, verb.upper(), at, dispatching(function) if through_dispatcher else None))
    for name in (*native.dispatchers, "__call__") if not found else ():
        held = info.method(name)
        if held is not None:
            at = place_of(held[1].module.path, held[0].span)
            handler = (
                bound_view(interp, info, name, at)
                if isinstance(atom, ClassInfo)
                else own_method(interp, atom, info, name, at)
            )
            found.append((handler, methods, at, None))
            break
    return found


def own_method(interp: Interpreter, obj: Obj, info: ClassInfo, name: str, place: Place) -> Value:
    """Return a method of an instance that the application keeps."""
    return in_module(interp, info, lambda: attributes.get_attribute(interp, value_of(obj), name, place))


def dispatching(function: ir.Function) -> Setup:
    """Return what tells `super().dispatch_request()` which method to run, and that its answer is sent."""

    def setup(interp: Interpreter, convention: Convention) -> None:
        interp.models.memory("running verb", dict)["verb"] = function.name
        interp.watched.add(id(function))

    return setup


def class_decorators(interp: Interpreter, wraps: Value | None, verb: str) -> list[Value]:
    """Return what `decorators = [a, b]` or `method_decorators = {"post": [a]}` puts around a verb's method, the innermost first."""
    if wraps is None:
        return []
    table = [obj for obj in wraps.only(Obj) if obj.kind in ("object", "map")]
    if table:
        return [item for obj in table for item in listed(interp, obj.fields.get(verb))]
    return operators.known_items(interp, wraps) or []


def in_module(interp: Interpreter, info: ClassInfo, make: Callable[[], Value]) -> Value:
    """Return what `make` gives while the class's module is the running one."""
    interp.push(Scope(None, info.module), info.module, None)
    try:
        return make()
    finally:
        interp.pop()


def member(interp: Interpreter, info: ClassInfo, value: Value, name: str, place: Place) -> Value:
    """Return an attribute of an instance while its class's module is the running one."""
    return in_module(interp, info, partial(attributes.get_attribute, interp, value, name, place))


def run_method(interp: Interpreter, info: ClassInfo, value: Value, name: str, args: Arguments, place: Place) -> Value:
    """Return what a method gives, waited for, while its class's module is the running one."""
    run = partial(calls.call_method, interp, value, name, args, place, awaited=True)
    return interp.settle(in_module(interp, info, run))


def fresh_instance(interp: Interpreter, info: ClassInfo, place: Place, args: Arguments | None = None) -> Value:
    """Return an instance that belongs to one request."""
    saved = interp.shared_births
    interp.shared_births = 0
    try:
        return in_module(interp, info, lambda: calls.instantiate(interp, info, args or Arguments(), place))
    finally:
        interp.shared_births = saved


def bound_view(interp: Interpreter, info: ClassInfo, name: str, place: Place) -> Value:
    """Return a method of a fresh view instance."""
    made = fresh_instance(interp, info, place)
    return in_module(interp, info, lambda: attributes.get_attribute(interp, made, name, place))


def hook(into: list[Step], args: Arguments, place: Place, mode: str = "hook", *, first: bool = False) -> Value:
    """Keep a function that runs before requests, given at once or by decoration; return what stands for the call."""

    def keep(interp: Interpreter, value: Value, at: Place) -> Value:
        into.insert(0 if first else len(into), Step(value, mode, at))
        return value

    if decorates(args):
        into.insert(0 if first else len(into), Step(args.positional[0], mode, place))
        return args.positional[0]
    return decorator(keep)


def through(args: Arguments) -> Value:
    """Return what a decorator that changes nothing gives: the function, or a decorator that leaves it as it is."""
    return args.positional[0] if decorates(args) else decorator(lambda interp, value, place: value)


# ---------------------------------------------------------------- factories


def run_factories(interp: Interpreter, models: Models) -> None:
    """Run the functions that make an application and that only a server's command line names: `create_app()`."""
    from cybrid_audit.engine.interpreter import Exhausted

    plain = False
    for fn in list(models.program.functions.values()):
        plain = plain or (fn.module.family == "python" and is_plain_server(fn))
        if fn.module.family != "python" or id(fn.function) in interp.entered or fn.scope is not fn.module.scope:
            continue
        if models.recorder.side(fn.module.path) in (Side.TEST, Side.DOCS, Side.VENDORED) or not makes_application(
            interp, models, fn
        ):
            continue
        interp.start(MAX_STEPS_PER_MODULE)
        models.enter_module(interp, fn.module)
        interp.shared_births += 1
        interp.push(Scope(None, fn.module), fn.module, None)
        try:
            calls.call(interp, value_of(fn), Arguments(), place_of(fn.module.path, fn.function.span), awaited=True)
        except Exhausted:
            models.recorder.skip(fn.module.path, f"{fn.function.name} was not followed to its end")
        finally:
            interp.shared_births -= 1
            models.leave_module(interp, fn.module)
    if plain:
        from cybrid_audit.models.frameworks import plain_servers

        plain_servers.collect(interp, models)
    from cybrid_audit.models.frameworks import commands

    commands.scripts(interp, models)


PLAIN: Final = (("environ", "start_response"), ("scope", "receive", "send"), ("ctx", "data"), ("request",))
"""Parameters that tell what calls a function: WSGI, ASGI, Oracle's functions, Google's."""


def is_plain_server(fn: Fn) -> bool:
    """Whether a function may be a server by its parameters alone: WSGI, ASGI, an Azure function."""
    names = [param.target.id for param in fn.function.params if isinstance(param.target, ir.Name)]
    return tuple(names) in PLAIN or (fn.function.name in ("main", "on_fetch", "on_scheduled") and bool(names))


def makes_application(interp: Interpreter, models: Models, fn: Fn) -> bool:
    """Whether a function itself constructs a framework's application."""
    local = {
        name: f"{stmt.module}.{imported}"
        for stmt in nodes(fn.function.body, ir.Import)
        for imported, name in stmt.names
    }
    for node in nodes(fn.function.body, ir.Call):
        path = dotted(node.func)
        if not path:
            continue
        root, _, rest = path.partition(".")
        held = fn.module.scope.vars.get(root)
        found = [atom.path for atom in held.only(Lib)] if held is not None else [local[root]] if root in local else []
        for base in found:
            row = models.knowledge.models("python").find("call", f"{base}.{rest}" if rest else base)
            if row is not None and row[1].get("app"):
                return True
    return False


def dotted(node: ir.Expr) -> str:
    """Return `a.b.c` for a name or a chain of attributes, else empty."""
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attribute):
        owner = dotted(node.object)
        return f"{owner}.{node.name}" if owner else ""
    return ""


N = TypeVar("N", bound=ir.Node)


def nodes(body: Iterable[object], kind: type[N]) -> Iterator[N]:
    """Yield every node of a kind below these, functions inside left out."""
    pending: list[object] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, tuple):
            pending.extend(node)
        elif isinstance(node, ir.Node) and not isinstance(node, ir.Function):
            if isinstance(node, kind):
                yield node
            names: tuple[str, ...] = type(node).__match_args__
            pending.extend(getattr(node, name) for name in names if name != "span")
