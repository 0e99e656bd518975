"""hapi: routes as objects, steps before the handler (`pre`), extension points, authentication strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    V_TRUE,
    Arguments,
    Const,
    Fn,
    Namespace,
    Obj,
    Place,
    Promise,
    Stored,
    Value,
    constant,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.handlers import functions, is_callable, route_kind, texts, unwrapped
from cybrid_audit.models.frameworks.requests_in import SENDING, Reply, Request, request_object
from cybrid_audit.models.frameworks.router import join_paths
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

POINTS: Final = ("onRequest", "onPreAuth", "onCredentials", "onPostAuth", "onPreHandler")
"""Extension points that run before a handler, in their order; authentication stands after the second."""


class Toolkit(Reply):
    """`h`: makes answers; `takeover()` ends the request where it is returned."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("continue", "abandon", "close"):
            return V_NONE
        return super().attribute(interp, obj, name, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("response", *SENDING):
            super().method(interp, obj, "send" if name == "response" else name, args, place)
            return native_object(interp, "answer", Toolkit(), place, "an answer")
        if name == "takeover":
            obj.fields["%takeover"] = V_TRUE
        if name == "state":
            super().method(interp, obj, "cookie", args, place)
        if name == "authenticated" and args.positional:
            return args.positional[0]
        return value_of(obj)


class RequestToolkit(Convention):
    """`handler(request, h)`; what it returns is sent."""

    sends_returned = True

    def __init__(self, verb: str, path: str, server: Value | None) -> None:
        self.verb, self.path, self.server = verb, path, server
        self.pair: list[Value] = []

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if not self.pair:
            place = interp.no_place(interp.frame.module.path)
            request = request_object(
                interp, place, self.verb, self.path.replace("{", ":").replace("}", ""), self.server
            )
            for obj in request.only(Obj):
                pre, auth = interp.new("map", place=place), interp.new("object", place=place)
                auth.fields = {
                    "credentials": value_of(Stored("claims")),
                    "isAuthenticated": unknown("whether somebody is signed in"),
                }
                obj.fields |= {"pre": value_of(pre), "auth": value_of(auth)}
                if isinstance(obj.native, Request):
                    obj.native.app = self.server
            self.pair = [request, native_object(interp, "reply", Toolkit(), place, "the toolkit")]
        return Arguments(positional=list(self.pair))

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return self.arguments(interp, step.fn)


@dataclass(slots=True)
class Route:
    """A route's options with the prefix of the plugin that registered it."""

    options: Obj
    prefix: str
    place: Place


class Server(Native):
    """The server, or a plugin's view of it below a prefix."""

    __slots__ = ("default", "extensions", "prefix", "root", "routes", "schemes", "strategies", "value")

    def __init__(self, root: Server | None = None, prefix: str = "") -> None:
        self.root = root or self
        self.prefix = prefix
        self.routes: list[Route] = []
        self.extensions: list[tuple[str, Value, Place]] = []
        self.strategies: dict[str, tuple[str, Value]] = {}
        self.schemes: dict[str, Value] = {}
        self.default: Value | None = None
        self.value: Value | None = None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "auth":
            return native_object(interp, "auth", Auth(self.root), place, "authentication")
        if name in ("app", "methods", "plugins", "settings"):
            held = interp.new("map", place=place)
            held.shared = obj.shared
            held.label = f"{name} of the server"
            obj.fields[name] = value_of(held)
            return obj.fields[name]
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        root = self.root
        first = args.get(0)
        if name == "route" and first is not None:
            items = operators.known_items(interp, first)
            for item in items if items is not None else [first]:
                at = place
                for options in item.only(Obj):
                    if items is not None and options.place is not None:
                        at = options.place
                    root.routes.append(Route(options, self.prefix, at))
            return V_NONE
        if name == "ext" and first is not None:
            items = operators.known_items(interp, first)
            if first.strings() and len(args.positional) > 1:
                root.extensions.extend(
                    (text, fn, place) for text in first.strings() for fn in functions(interp, [args.positional[1]])
                )
            for item in items if items is not None else [first]:
                for options in item.only(Obj):
                    kinds, inner = texts(interp, options.fields.get("type")), options.fields.get("method")
                    root.extensions.extend(
                        (text, fn, place)
                        for text in kinds
                        for fn in functions(interp, [inner] if inner is not None else [])
                    )
            return V_NONE
        if name == "register" and first is not None:
            items = operators.known_items(interp, first)
            options = args.get(1)
            for item in items if items is not None else [first]:
                self.plugin(interp, item, options, place)
            return value_of(Promise(V_NONE))
        if name == "decorate" and len(args.positional) >= 3:
            for key in args.positional[1].strings():
                attributes.write(interp, obj, key, args.positional[2], place)
            return V_NONE
        if name == "method" and len(args.positional) >= 2:
            for methods in attributes.get_one(interp, obj, "methods", place).only(Obj):
                for key in args.positional[0].strings():
                    methods.fields[key] = args.positional[1]
            return V_NONE
        if name in (
            "start",
            "initialize",
            "stop",
            "bind",
            "path",
            "validator",
            "log",
            "state",
            "events",
            "views",
            "inject",
            "expose",
            "cache",
            "control",
        ):
            return value_of(Promise(unknown(f"the result of {name}")))
        return None

    def plugin(self, interp: Interpreter, value: Value, options: Value | None, place: Place) -> None:
        """Run a plugin's `register(server, options)`, or what `{plugin, options, routes: {prefix}}` says."""
        prefix = ""
        for source in (value, options):
            for obj in source.only(Obj) if source is not None else []:
                for routes in (obj.fields.get("routes") or NOTHING).only(Obj):
                    prefix = _text(routes.fields.get("prefix")) or prefix
        for atom in value.atoms():
            if isinstance(atom, Namespace):
                member = interp.program.member
                names = [name for name in ("plugin", "default", "register") if name in atom.module.names]
                inner = member(interp, atom.module, names[0]) if names else NOTHING
                self.plugin(interp, inner, options, place) if names and names[0] != "register" else self.start(
                    interp, inner, options, prefix, place
                )
            elif isinstance(atom, Obj):
                inner = atom.fields.get("plugin") or NOTHING
                if inner.alts:
                    held = atom.fields.get("options")
                    merged = interp.new("object", place=place)
                    if prefix:
                        routes = interp.new("object", place=place)
                        routes.fields["prefix"] = constant(prefix)
                        merged.fields["routes"] = value_of(routes)
                    self.plugin(interp, inner, value_of(merged) if prefix else held, place)
                elif "register" in atom.fields:
                    self.start(interp, atom.fields["register"], options, prefix, place)
            elif isinstance(atom, Fn):
                self.start(interp, value_of(atom), options, prefix, place)

    def start(self, interp: Interpreter, fn: Value, options: Value | None, prefix: str, place: Place) -> None:
        """Call a plugin's function with its view of the server."""
        if not is_callable(fn):
            return
        view = Server(self.root, join_paths(self.prefix, prefix))
        inner = native_object(interp, "server", view, place, "the server")
        given = Arguments(
            positional=[inner, options if options is not None else value_of(interp.new("object", place=place))]
        )
        interp.settle(calls.call(interp, fn, given, place, awaited=True))


class Auth(Native):
    """`server.auth`."""

    __slots__ = ("server",)

    def __init__(self, server: Server) -> None:
        self.server = server

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "default" and args.positional:
            self.server.default = args.positional[0]
        elif name == "strategy" and len(args.positional) >= 2:
            for text in args.positional[0].strings():
                scheme = next(iter(args.positional[1].strings()), "")
                self.server.strategies[text] = (scheme, args.positional[-1])
        elif name == "scheme" and len(args.positional) >= 2:
            for text in args.positional[0].strings():
                self.server.schemes[text] = args.positional[1]
        return V_NONE


def _text(value: Value | None) -> str:
    for atom in value.atoms() if value is not None else ():
        text = text_of(atom)
        if text is not None:
            return text
    return ""


def server(call: LibraryCall) -> Value | None:
    """`Hapi.server(options)`."""
    native = Server()
    call.models.memory("hapi", list).append(native)
    on_collect(call.models, "hapi", lambda interp: collect(interp, call.models))
    native.value = native_object(call.interp, "server", native, call.place, "the server")
    return native.value


def collect(interp: Interpreter, models: Models) -> None:
    """Register every route behind extension points, authentication and its own steps."""
    for native in models.memory("hapi", list):
        for route in native.routes:
            add(interp, models, native, route)


def add(interp: Interpreter, models: Models, native: Server, route: Route) -> None:
    """Register one route."""
    fields = dict(route.options.fields)
    nested = fields.get("options") or fields.get("config")
    for obj in nested.only(Obj) if nested is not None else []:
        fields |= {name: held for name, held in obj.fields.items() if name not in ("method", "path")}
    handler = fields.get("handler")
    if handler is None:
        return
    steps: list[Step] = []
    points = {
        point: [Step(fn, "takeover", place) for kind, fn, place in native.extensions if kind == point]
        for point in POINTS
    }
    steps += points["onRequest"] + points["onPreAuth"]
    steps += authentication(interp, native, fields.get("auth"), route.place)
    for point in POINTS[2:]:
        steps += points[point]
    before = fields.get("pre")
    if before is not None:
        steps += prerequisites(interp, before, route.place)
    path = join_paths(route.prefix, _text(fields.get("path")))
    for method in texts(interp, fields.get("method")) or [""]:
        verb = "" if method in ("*", "any") else method.upper()
        make = lambda verb=verb, path=path: RequestToolkit(verb, path, native.value)  # noqa: E731 - one use, bound here
        register(
            models,
            Entry(
                route_kind(path),
                f"{verb or 'ALL'} {path or '/'}",
                route.place,
                unwrapped(handler),
                make,
                steps,
                path,
                verb,
            ),
        )


def prerequisites(interp: Interpreter, before: Value, place: Place) -> list[Step]:
    """Return the steps of `pre`: functions or `{method, assign, failAction}`, lists of them run side by side."""
    found: list[Step] = []
    items = operators.known_items(interp, before)
    for item in items if items is not None else [before]:
        for atom in item.atoms():
            if isinstance(atom, Obj) and atom.kind == "list":
                found += prerequisites(interp, value_of(atom), place)
            elif isinstance(atom, Obj):
                method = atom.fields.get("method")
                if method is None:
                    continue
                swallows = set(texts(interp, atom.fields.get("failAction"))) & {"log", "ignore"}
                name = _text(atom.fields.get("assign"))
                found.append(Step(assigning(unwrapped(method), name, swallows=bool(swallows)), "takeover", place))
            elif isinstance(atom, Fn | NativeFn):
                found.append(Step(value_of(atom), "takeover", place))
    return found


def assigning(method: Value, name: str, *, swallows: bool) -> Value:
    """Return a step that keeps what a prerequisite gives under a name; one that fails may be let pass."""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        before = interp.state
        sink: list = []  # type: ignore[type-arg]
        if swallows:
            interp.sinks.append(sink)
        held = interp.settle(calls.call(interp, method, args, place, awaited=True))
        if swallows:
            interp.sinks.pop()
            for raised in sink:
                interp.state = raised.state if interp.state is None else interp.state.join(raised.state)
            if interp.state is None:
                interp.state = before
        for request in args.positional[0].only(Obj) if name else []:
            for pre in request.fields["pre"].only(Obj):
                pre.fields[name] = held
        return held

    return value_of(NativeFn("prerequisite", run))


def authentication(interp: Interpreter, native: Server, auth: Value | None, place: Place) -> list[Step]:
    """Return the step that a route's authentication is: nothing where it is switched off, tried or optional."""
    chosen = auth if auth is not None else native.default
    if chosen is None:
        return []
    names: list[str] = []
    for atom in chosen.atoms():
        if isinstance(atom, Const) and isinstance(atom.value, str):
            names.append(atom.value)
        elif isinstance(atom, Const) and atom.value is False:
            return []
        elif isinstance(atom, Obj):
            if set(texts(interp, atom.fields.get("mode"))) & {"try", "optional"}:
                return []
            inner = atom.fields.get("strategy") or atom.fields.get("strategies") or native.default
            names += texts(interp, inner)
    steps: list[Step] = []
    for name in names[:1]:
        scheme, options = native.strategies.get(name, ("", NOTHING))
        for obj in options.only(Obj):
            validate = obj.fields.get("validate") or obj.fields.get("validateFunc")
            if validate is not None:
                steps.append(Step(validating(unwrapped(validate), scheme), "truthy", place))
        made = native.schemes.get(scheme)
        if made is not None:
            steps.append(Step(by_scheme(made, options), "takeover", place))
    return steps


def validating(validate: Value, scheme: str) -> Value:
    """Return a step that asks a strategy's `validate`: it must say `isValid`."""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        request, toolkit = args.positional[:2]
        claims = value_of(Stored("claims"))
        if "jwt" in scheme:
            holder, decoded = interp.new("object", place=place), interp.new("object", place=place)
            decoded.fields = {"payload": claims}
            holder.fields = {"decoded": value_of(decoded)}
            holder.rest = claims
            given = [value_of(holder), request, toolkit]
        else:
            given = [request, claims, claims, toolkit]
        answer = interp.settle(calls.call(interp, validate, Arguments(positional=given), place, awaited=True))
        credentials = attributes.get_attribute(interp, answer, "credentials", place)
        for each in request.only(Obj):
            for auth in each.fields["auth"].only(Obj):
                if any(not isinstance(a, Const) for a in credentials.atoms()):
                    auth.fields["credentials"] = credentials
        return attributes.get_attribute(interp, answer, "isValid", place)

    return value_of(NativeFn("validate", run))


def by_scheme(made: Value, options: Value) -> Value:
    """Return a step that runs the `authenticate` of a project's own scheme."""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        scheme = calls.call(interp, made, Arguments(positional=[unknown("the server"), options]), place, awaited=True)
        return interp.settle(calls.call_method(interp, scheme, "authenticate", args, place, awaited=True))

    return value_of(NativeFn("authenticate", run))


__all__ = ["Server", "collect", "server"]
