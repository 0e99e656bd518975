"""Fastify: plugins with their own contexts, hooks that cover a context and everything registered inside it, options of routes.

A context (`Instance`) knows its parent; what a plugin adds to its context reaches its children only, unless `fastify-plugin` lifts
the plugin into the context that registers it. Hooks cover routes whatever the order."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    Fn,
    Lib,
    Namespace,
    Obj,
    Place,
    Promise,
    Value,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.engine.values import (
    Unknown as UnknownAtom,
)
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.handlers import functions, is_callable, parameters, route_kind, texts, unwrapped
from cybrid_audit.models.frameworks.requests_in import Request, reply_object, request_object
from cybrid_audit.models.frameworks.router import METHODS, covers, join_paths
from cybrid_audit.models.frameworks.sockets import Socket
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

EARLY_HOOKS: Final = ("onRequest", "preParsing", "preValidation", "preHandler")
"""Hooks that run before a handler, in the order in which they run."""
_OWN: Final = frozenset(("route", "register", "addHook", "decorate", "use"))
"""Methods that this model gives a meaning, beside those of HTTP."""

_CHAINED: Final = frozenset(
    {
        "after",
        "ready",
        "addSchema",
        "setErrorHandler",
        "setNotFoundHandler",
        "setValidatorCompiler",
        "setSerializerCompiler",
        "addContentTypeParser",
        "withTypeProvider",
        "setReplySerializer",
        "setSchemaErrorFormatter",
        "swagger",
    }
)


class HookConvention(Convention):
    """`handler(request, reply)`; hooks take a `done` where they are not asynchronous. What a handler returns is sent."""

    sends_returned = True
    takes_errors = True

    def __init__(self, verb: str, path: str, context: Value | None) -> None:
        self.verb, self.path, self.context = verb, path, context
        self.pair: tuple[Value, Value] | None = None

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.pair is None:
            place = interp.no_place(interp.frame.module.path)
            request = request_object(interp, place, self.verb, self.path, self.context)
            self.pair = (request, reply_object(interp, place))
            for obj in request.only(Obj):
                if isinstance(obj.native, Request):
                    obj.native.reply = self.pair[1]
            for obj in self.pair[1].only(Obj):
                obj.fields["request"] = request
        return Arguments(positional=list(self.pair))

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        given = self.arguments(interp, step.fn)
        # `preParsing` gets the payload as well.
        return Arguments(positional=[*given.positional, *([unknown("the payload")] if step.parameter else []), next_fn])


class SocketConvention(HookConvention):
    """`handler(socket, request)` of a route with `websocket: true`, behind the same hooks."""

    sends_returned = False

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        socket = native_object(interp, "socket", Socket([]), place, "a socket")
        return Arguments(positional=[socket, super().arguments(interp, fn).positional[0]])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return Arguments(positional=[*super().arguments(interp, step.fn).positional, next_fn])


@dataclass(slots=True)
class Route:
    """A route of a context, with the hooks among its options."""

    path: str
    method: str
    hooks: list[tuple[str, Value, Place]]
    handler: Value
    place: Place
    is_socket: bool = False


class Instance(Native):
    """A context: the application or the inside of a plugin."""

    __slots__ = ("children", "decorations", "hooks", "is_detached", "parent", "prefix", "routes", "value")

    def __init__(self, parent: Instance | None = None, prefix: str = "") -> None:
        self.parent = parent
        self.prefix = prefix
        self.hooks: list[tuple[str, Value, Place, str]] = []
        self.routes: list[Route] = []
        self.children: list[Instance] = []
        self.decorations: dict[str, Value] = {}
        self.is_detached = False
        """It was made for a plugin that is loaded in a way nobody can follow."""
        self.value: Value | None = None
        if parent is not None:
            parent.children.append(self)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        context: Instance | None = self
        while context is not None:
            if name in context.decorations:
                return context.decorations[name]
            context = context.parent
        if name == "log":
            return value_of(Lib("fastify.log"))
        if name == "server":
            return unknown("the server")
        if name in METHODS or name in _OWN:
            return value_of(
                NativeFn(name, lambda inner, args, at: self.method(inner, obj, name, args, at) or value_of(obj))
            )
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in METHODS and len(args.positional) >= 2:
            self.shorthand(interp, METHODS[name], args, place)
            return value_of(obj)
        if name == "route":
            self.route(interp, args, place)
            return value_of(obj)
        if name == "register":
            self.plugin(interp, args, place)
            return value_of(Promise(value_of(obj)))
        if name == "addHook" and len(args.positional) >= 2:
            for hook in texts(interp, args.positional[0]):
                self.hook(interp, hook, args.positional[1], place)
            return value_of(obj)
        if name in ("decorate", "decorateRequest", "decorateReply") and len(args.positional) >= 2:
            if name == "decorate":
                for text in texts(interp, args.positional[0]):
                    self.decorations[text] = args.positional[1]
            return value_of(obj)
        if name == "use":
            given = list(args.positional)
            prefix = next(iter(given[0].strings()), "") if given else ""
            for fn in functions(interp, given[1:] if prefix else given):
                self.hooks.append(("middleware", fn, place, join_paths(self.whole_prefix(), prefix)))
            return value_of(obj)
        if name == "auth":
            return self.strategies(interp, args, place)
        if name in ("ready", "listen", "close", "inject", "after"):
            if name == "after" and args.positional and is_callable(args.positional[0]):
                calls.call(interp, args.positional[0], Arguments(), place, awaited=True)
            return value_of(Promise(unknown(f"the result of {name}")))
        if name in _CHAINED or name in METHODS or name in _OWN:
            return value_of(obj)
        held = self.attribute(interp, obj, name, place)
        return calls.call(interp, held, args, place) if held is not None else None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        return False

    def whole_prefix(self) -> str:
        """Return the prefix with those of the contexts around it."""
        return join_paths(self.parent.whole_prefix() if self.parent is not None else "", self.prefix)

    def shorthand(self, interp: Interpreter, method: str, args: Arguments, place: Place) -> None:
        """`fastify.post(path, options?, handler)`; the handler may be among the options."""
        given = args.positional
        options = [obj for value in given[1:] for obj in value.only(Obj) if obj.kind == "object"]
        handlers = [value for value in given[1:] if not value.only(Obj) or is_callable(value)]
        handler = (
            handlers[-1] if handlers else next((o.fields["handler"] for o in options if "handler" in o.fields), None)
        )
        for path in texts(interp, given[0]) or [_text(given[0])]:
            if handler is not None:
                hooks = option_hooks(interp, options, place)
                self.routes.append(Route(path, method, hooks, unwrapped(handler), place, is_socket(options)))

    def route(self, interp: Interpreter, args: Arguments, place: Place) -> None:
        """`fastify.route({method, url, preHandler, handler})`."""
        for value in args.positional[:1]:
            for options in value.only(Obj):
                handler = options.fields.get("handler")
                path = options.fields.get("url") or options.fields.get("path")
                if handler is None:
                    continue
                for method in texts(interp, options.fields.get("method")) or [""]:
                    self.routes.append(
                        Route(
                            _text(path),
                            method.upper(),
                            option_hooks(interp, [options], place),
                            unwrapped(handler),
                            place,
                            is_socket([options]),
                        )
                    )

    def hook(self, interp: Interpreter, name: str, fn: Value, place: Place) -> None:
        """`addHook(name, fn)`; `onRoute` hooks see the options of every route that follows, which is not followed."""
        if name in EARLY_HOOKS:
            self.hooks.extend((name, each, place, self.whole_prefix()) for each in functions(interp, [fn]))

    def plugin(self, interp: Interpreter, args: Arguments, place: Place) -> None:
        """`register(plugin, options)`: runs it in a context of its own, or in this one when it is lifted."""
        if not args.positional:
            return
        options = args.positional[1] if len(args.positional) > 1 else value_of(interp.new("object", place=place))
        prefix = ""
        for obj in options.only(Obj):
            held = obj.fields.get("prefix")
            prefix = _text(held) if held is not None else prefix
        for atom in interp.settle(args.positional[0]).atoms():
            if isinstance(atom, UnknownAtom) or (isinstance(atom, Obj) and atom.native is None and not atom.fields):
                interp.models.memory("fastify opened", list).append(self)
                continue
            if isinstance(atom, Lib) and "autoload" in atom.path:
                self.load_folder(interp, options, prefix, place)
                continue
            row = interp.models.row(interp, "call", atom.path) if isinstance(atom, Lib) else None
            if isinstance(atom, Lib) and row is not None and row[1].get("plugin"):
                # A library's plugin that takes what another library would be called with.
                interp.models.apply(row, interp, atom.path, atom.sources, Arguments(positional=[options]), place)
                continue
            plugin = (
                interp.program.member(interp, atom.module, "default") if isinstance(atom, Namespace) else value_of(atom)
            )
            if isinstance(atom, Obj) and atom.native is None and "default" in atom.fields:
                plugin = atom.fields["default"]
            self.run_plugin(interp, plugin, options, prefix, place)

    def run_plugin(self, interp: Interpreter, plugin: Value, options: Value, prefix: str, place: Place) -> None:
        """Run a plugin's function with its context."""
        for atom in plugin.atoms():
            held = atom.native if isinstance(atom, Obj) and isinstance(atom.native, Lifted) else None
            lifted = held is not None
            inner = held.fn if held is not None else unwrapped(value_of(atom))
            if not is_callable(inner):
                continue
            context = self if lifted and not prefix else Instance(self, prefix)
            value = (
                self.value
                if context is self and self.value is not None
                else native_object(interp, "application", context, place, "a plugin's context")
            )
            context.value = value
            done = value_of(NativeFn("done", lambda *_: V_NONE))
            given = [value, options]
            if any(isinstance(each, Fn) and len(parameters(each)) > 2 for each in inner.atoms()):
                given.append(done)
            interp.settle(calls.call(interp, inner, Arguments(positional=given), place, awaited=True))

    def load_folder(self, interp: Interpreter, options: Value, prefix: str, place: Place) -> None:
        """`register(autoload, {dir})`: registers every module below a folder, its sub-folder as prefix."""
        text = ""
        for obj in options.only(Obj):
            text = _text(obj.fields.get("dir"))
            inner = obj.fields.get("options")
            if inner is not None:
                for held in inner.only(Obj):
                    prefix = _text(held.fields.get("prefix")) or prefix
        folder = text.rsplit("{?}", 1)[-1].strip("/.")
        if not folder:
            return
        here = place.path.rpartition("/")[0]
        for path in sorted(interp.program.project.relevant):
            head = f"/{path}".rfind(f"/{folder}/")
            if head < 0 or (here and not path.startswith(here.split("/")[0])):
                continue
            module = interp.program.load(path)
            if module is None or module.family != "javascript":
                continue
            below = path[head + len(folder) + 1 :].rpartition("/")[0]
            plugin = interp.program.member(interp, module, "default")
            given = interp.program.member(interp, module, "autoPrefix") if "autoPrefix" in module.exports else None
            own = (
                _text(given)
                if given is not None
                else "/".join(p.replace("_", ":", 1) if p.startswith("_") else p for p in below.split("/"))
            )
            self.run_plugin(interp, plugin, options, join_paths(prefix, own), place)

    def strategies(self, interp: Interpreter, args: Arguments, place: Place) -> Value:
        """`fastify.auth([a, b], {relation})`: any of the functions must let the request pass, or all of them."""
        given = functions(interp, args.positional[:1])
        options = args.positional[1].only(Obj) if len(args.positional) > 1 else []
        if any("and" in texts(interp, obj.fields.get("relation")) for obj in options):
            listed = interp.new("list", place=place)
            listed.items = given
            return value_of(listed)
        result = given[0] if given else unknown("no strategy")
        for each in given[1:]:
            result = result.join(each)
        return result


class Lifted(Native):
    """What `fastify-plugin` makes of a plugin."""

    __slots__ = ("fn",)

    def __init__(self, fn: Value) -> None:
        self.fn = fn

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return calls.call(interp, self.fn, args, place, awaited=True)


def option_hooks(interp: Interpreter, options: list[Obj], place: Place) -> list[tuple[str, Value, Place]]:
    """Return the hooks among a route's options."""
    found: list[tuple[str, Value, Place]] = []
    for name in EARLY_HOOKS:
        for obj in options:
            held = obj.fields.get(name)
            if held is not None:
                found.extend((name, fn, place) for fn in functions(interp, [held]))
    return found


def is_socket(options: list[Obj]) -> bool:
    """Whether options say that a route takes WebSockets."""
    return any("websocket" in obj.fields and obj.fields["websocket"].const() is True for obj in options)


def _text(value: Value | None) -> str:
    for atom in value.atoms() if value is not None else ():
        text = text_of(atom)
        if text is not None:
            return text
    return ""


# ---------------------------------------------------------------- rows


def application(call: LibraryCall) -> Value | None:
    """`Fastify(options)`."""
    native = Instance()
    call.models.memory("fastify", list).append(native)
    on_collect(call.models, "fastify", lambda interp: collect(interp, call.models))
    native.value = native_object(call.interp, "application", native, call.place, "the application")
    return native.value


def typed_instance(call: LibraryCall) -> Value | None:
    """A parameter annotated as an application that nobody passes: a plugin that is loaded in a way nobody can follow."""
    return instance(call.interp, call.models, call.place)


def instance(interp: Interpreter, models: Models, place: Place) -> Value:
    """Return a context for a plugin that is loaded in a way nobody can follow."""
    native = Instance()
    native.is_detached = True
    models.memory("fastify", list).append(native)
    on_collect(models, "fastify", lambda inner: collect(inner, models))
    native.value = native_object(interp, "application", native, place, "a plugin's context")
    return native.value


def lifted(call: LibraryCall) -> Value | None:
    """`fp(plugin)`."""
    fn = call.args.get(0)
    if fn is None or not is_callable(fn):
        return None
    return native_object(call.interp, "plugin", Lifted(fn), call.place, "a plugin")


def collect(interp: Interpreter, models: Models) -> None:
    """Register the routes of every context behind the hooks that cover it."""
    opened: list[Instance] = models.memory("fastify opened", list)
    for native in models.memory("fastify", list):
        inherited: list[tuple[str, Value, Place, str]] = []
        if native.is_detached and opened and native.parent is None:
            around: Instance | None = opened[0]
            native.prefix = join_paths(opened[0].whole_prefix(), native.prefix)
            while around is not None:
                inherited = [*around.hooks, *inherited]
                around = around.parent
        follow(models, native, inherited, 0)


def follow(models: Models, native: Instance, inherited: list[tuple[str, Value, Place, str]], depth: int) -> None:
    """Register a context's routes and those of the contexts inside it."""
    if depth > 12:
        return
    prefix = native.whole_prefix()
    hooks = [*inherited, *native.hooks]
    for route in native.routes:
        full = join_paths(prefix, route.path)
        every = [
            *((name, fn, place, "") for name, fn, place, base in hooks if name != "middleware" or covers(base, full))
        ]
        every += [(name, fn, place, "") for name, fn, place in route.hooks]
        order = ("middleware", *EARLY_HOOKS)
        steps = [step_of(name, fn, place) for name, fn, place, _ in sorted(every, key=lambda row: order.index(row[0]))]
        make = partial(SocketConvention if route.is_socket else HookConvention, route.method, full, native.value)
        name = f"{route.method or 'ALL'} {full or '/'}"
        register(models, Entry(route_kind(full), name, route.place, route.handler, make, steps, full, route.method))
    for child in native.children:
        follow(models, child, hooks, depth + 1)


def step_of(name: str, fn: Value, place: Place) -> Step:
    """Return a hook as a step: with a callback it goes on by calling it, else by returning without having sent anything."""
    wanted = 4 if name == "preParsing" else 3
    takes_done = any(
        isinstance(atom, Fn) and len(parameters(atom)) >= wanted and not atom.function.is_async for atom in fn.atoms()
    )
    mode = "next" if takes_done or name == "middleware" else "hook"
    return Step(fn, mode, place, parameter=name == "preParsing")


__all__ = ["application", "instance", "lifted"]
