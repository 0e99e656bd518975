"""NestJS: controllers, resolvers and processors found by their decorators; guards of application, class and route in order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

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
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.models import injection
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks import graphql
from cybrid_audit.models.frameworks.flask import text
from cybrid_audit.models.frameworks.handlers import route_kind, texts
from cybrid_audit.models.frameworks.queues import FROM_OUTSIDE, channel_of, shaped
from cybrid_audit.models.frameworks.queues import Consumer as Queued
from cybrid_audit.models.frameworks.requests_in import reply_object, request_object
from cybrid_audit.models.frameworks.router import covers, join_paths
from cybrid_audit.models.frameworks.sockets import Socket
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

KINDS: Final = {
    "route": EntryKind.HTTP_ROUTE,
    "rpc": EntryKind.RPC,
    "field": EntryKind.RPC,
    "message": EntryKind.RPC,
    "event": EntryKind.QUEUE_CONSUMER,
    "queue": EntryKind.QUEUE_CONSUMER,
    "internal": EntryKind.QUEUE_CONSUMER,
    "schedule": EntryKind.SCHEDULE,
    "socket": EntryKind.RPC,
}
GUARDED: Final = frozenset({"route", "rpc", "message", "event", "socket"})
"""What guards run before. Those of the application that `useGlobalGuards` sets reach what comes over HTTP only."""
OVER_HTTP: Final = frozenset({"route", "rpc"})
SYSTEMS: Final = {
    "queue": ("bull", "job"),
    "internal": ("emitter", "payload"),
    "event": ("nest", "payload"),
    "message": ("nest", "payload"),
}
"""The system of channels that a handler consumes from, and the shape in which it gets data."""


@dataclass(slots=True)
class Decorator(Native):
    """A decorator with its arguments; `kind` is of the data (`controller`, `route`, `guards`, `meta`, `param`, `module`, `all`)."""

    kind: str
    args: Arguments
    method: str = ""  # type: ignore[assignment]
    place: Place | None = None

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return args.positional[0] if args.positional else V_NONE


def decorator(call: LibraryCall) -> Value | None:
    """A call that makes a decorator."""
    on_collect(call.models, "nest", lambda interp: collect(interp, call.models))
    native = Decorator(str(call.settings["kind"]), call.args, str(call.settings.get("method", "")), call.place)
    return native_object(call.interp, "decorator", native, call.place, "a decorator")


def param_decorator(call: LibraryCall) -> Value | None:
    """`createParamDecorator(fn)`: a factory of parameter decorators."""
    fn = call.args.get(0)

    def impl(interp: Interpreter, args: Arguments, place: Place) -> Value:
        made = Arguments(positional=[fn if fn is not None else V_NONE, *args.positional[:1]])
        return native_object(interp, "decorator", Decorator("custom param", made, "", place), place, "a decorator")

    return value_of(NativeFn("param decorator", impl))


def metadata_decorator(call: LibraryCall) -> Value | None:
    """`Reflector.createDecorator()`: makes decorators that keep what they are given under themselves."""
    key: list[Value] = []

    def impl(interp: Interpreter, args: Arguments, place: Place) -> Value:
        made = Arguments(positional=[key[0], *args.positional[:1]])
        return native_object(interp, "decorator", Decorator("meta", made, "", place), place, "a decorator")

    key.append(value_of(NativeFn("metadata decorator", impl)))
    return key[0]


@dataclass(slots=True)
class NestApp(Native):
    """The application: global guards, prefix."""

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "useGlobalGuards":
            interp.models.memory("nest global guards", list).extend(
                Step(value, "truthy", place) for value in args.positional
            )
            return value_of(obj)
        if name == "use":
            interp.models.memory("nest middleware", list).extend(
                (Step(value, "next", place), None, []) for value in args.positional
            )
            return value_of(obj)
        if name == "setGlobalPrefix":
            interp.models.memory("nest prefix", list).append(text(args.get(0)))
            return value_of(obj)
        if name in ("get", "resolve", "select"):
            return injection.resolve(interp, args.positional[0]) if args.positional else None
        return value_of(obj)


def application(call: LibraryCall) -> Value | None:
    """`NestFactory.create(Module)`."""
    return native_object(call.interp, "application", NestApp(), call.place, "the application")


class Consumer(Native):
    """`consumer.apply(mw).exclude(…).forRoutes(…)` in a module's `configure`."""

    __slots__ = ("excluded", "steps")

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.excluded: list[str] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "apply":
            self.steps = [Step(value, "next", place) for value in args.positional]
            self.excluded = []
        elif name == "exclude":
            self.excluded = [path for value in args.positional for path in _route_paths(interp, value)]
        elif name == "forRoutes":
            paths: list[str] = []
            for value in args.positional:
                for info in value.only(ClassInfo):
                    paths.extend(_controller_paths(interp, info))
                paths.extend(_route_paths(interp, value))
            interp.models.memory("nest middleware", list).extend(
                (step, paths, list(self.excluded)) for step in self.steps
            )
        return value_of(obj)


def _route_paths(interp: Interpreter, value: Value) -> list[str]:
    found = [*value.strings()]
    for obj in value.only(Obj):
        held = obj.fields.get("path")
        if held is not None:
            found.extend(held.strings())
    return found


def _controller_paths(interp: Interpreter, info: ClassInfo) -> list[str]:
    return [text(each.args.get(0)) for each in class_decorators(interp, info) if each.kind == "controller"]


class Context(Native):
    """`ExecutionContext`: the request, and which handler is about to run."""

    __slots__ = ("convention",)

    def __init__(self, convention: Injected) -> None:
        self.convention = convention

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("switchToHttp", "switchToRpc", "switchToWs", "getContext", "create"):
            return value_of(obj)
        if name in ("getRequest", "getData", "getClient"):
            return self.convention.incoming(interp)
        if name == "getResponse":
            return self.convention.outgoing(interp)
        if name in ("getHandler", "getClass"):
            return native_object(interp, "target", Target(self.convention, is_class=name == "getClass"), place, name)
        if name == "getNext":
            return value_of(NativeFn("next", lambda *_: V_NONE))
        if name == "getType":
            return value_of(Const("http"))
        if name in ("getArgs", "getArgByIndex"):
            return unknown("an argument of the handler")
        return None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("req", "request"):
            return self.convention.incoming(interp)
        return None


class Target(Native):
    """The handler or class that a guard asks about."""

    __slots__ = ("convention", "is_class")

    def __init__(self, convention: Injected, *, is_class: bool) -> None:
        self.convention = convention
        self.is_class = is_class

    def marks(self) -> list[Decorator]:
        """Return what is written on the handler, or on its class."""
        return self.convention.marks if self.is_class else self.convention.own


class Reflector(Native):
    """`Reflector`: reads what decorators wrote."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if not name.startswith("get") or len(args.positional) < 2:
            return None
        targets = [
            target.native for target in _targets(interp, args.positional[1]) if isinstance(target.native, Target)
        ]
        if not targets:
            return unknown("metadata")
        keys = {metadata_key(atom) for atom in args.positional[0].atoms()}
        found: list[Value] = []
        for target in targets:
            for holder in target.marks():
                if holder.kind == "meta" and any(
                    metadata_key(atom) in keys for atom in (holder.args.get(0) or V_NONE).atoms()
                ):
                    found.append(holder.args.get(1) or value_of(Const(True)))
                    break
        if name in ("getAllAndMerge", "getAll"):
            merged = interp.new("list", place=place)
            merged.items = [item for held in found for item in (operators.known_items(interp, held) or [held])]
            return value_of(merged)
        return found[0] if found else V_NONE


def metadata_key(atom: Atom) -> object:
    """Return what identifies metadata: a text, a symbol, or the decorator that wrote it."""
    return id(atom) if isinstance(atom, NativeFn | Fn) else injection.token_key(atom)


def _targets(interp: Interpreter, value: Value) -> list[Obj]:
    items = operators.known_items(interp, value)
    return [obj for item in (items if items is not None else [value]) for obj in item.only(Obj)]


def reflector(call: LibraryCall) -> Value | None:
    """An injected `Reflector`."""
    return native_object(call.interp, "reflector", Reflector(), call.place, "the reflector")


def graphql_context(call: LibraryCall) -> Value | None:
    """`GqlExecutionContext.create(context)`: the same context."""
    return call.args.get(0)


class Injected(Convention):
    """Handler parameters are filled by their decorators; what a handler returns is sent."""

    sends_returned = True
    takes_errors = True

    def __init__(
        self,
        info: ClassInfo | None = None,
        function: ir.Function | None = None,
        own: list[Decorator] | None = None,
        marks: list[Decorator] | None = None,
        kind: str = "route",
        verb: str = "",
        path: str = "",
    ) -> None:
        self.info = info
        self.function = function
        self.own = own or []
        self.marks = marks or []
        self.kind, self.verb, self.path = kind, verb, path
        self.request: Value | None = None
        self.reply: Value | None = None

    def incoming(self, interp: Interpreter) -> Value:
        """Return the one request of this run."""
        if self.request is None:
            self.request = request_object(interp, interp.no_place(interp.frame.module.path), self.verb, self.path)
        return self.request

    def outgoing(self, interp: Interpreter) -> Value:
        """Return the one answer of this run."""
        if self.reply is None:
            self.reply = reply_object(interp, interp.no_place(interp.frame.module.path))
        return self.reply

    def context(self, interp: Interpreter) -> Value:
        """Return the execution context."""
        return native_object(interp, "context", Context(self), interp.no_place(interp.frame.module.path), "the context")

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        if step.mode == "next" and step.parameter:
            return Arguments(positional=[self.data(interp), next_fn])
        if step.mode == "next":
            return Arguments(positional=[self.incoming(interp), self.outgoing(interp), next_fn])
        return Arguments(positional=[self.context(interp)])

    def data(self, interp: Interpreter) -> Value:
        """Return the one object that middleware and checkers of type-graphql get."""
        obj = interp.new("object", place=interp.no_place(interp.frame.module.path))
        obj.fields = {
            "context": graphql.made_context(interp),
            "args": value_of(Input("body")),
            "root": unknown("the parent"),
            "info": unknown("the field's information"),
        }
        return value_of(obj)

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.function is None or self.info is None:
            return Arguments()
        return Arguments(
            positional=[
                self.argument(interp, self.info, param, index) for index, param in enumerate(self.function.params)
            ]
        )

    def argument(self, interp: Interpreter, info: ClassInfo, param: ir.Param, index: int) -> Value:
        """Return one argument by the parameter's decorator."""
        name = param.target.id if isinstance(param.target, ir.Name) else ""
        for each in evaluated(interp, info, param.decorators):
            if each.kind == "custom param":
                data = each.args.get(1) or V_NONE
                return interp.settle(
                    calls.call(
                        interp,
                        each.args.positional[0],
                        Arguments(positional=[data, self.context(interp)]),
                        each.place or interp.no_place(""),
                        awaited=True,
                    )
                )
            if each.kind == "param":
                if each.method == "request":
                    return self.incoming(interp)
                if each.method == "response":
                    return self.outgoing(interp)
                if each.method == "session":
                    return value_of(Stored("session", text(each.args.get(0))))
                if each.method == "context":
                    return self.context(interp)
                if each.method == "graphql context":
                    return graphql.made_context(interp)
                if each.method == "socket":
                    return native_object(interp, "socket", Socket([]), interp.no_place(info.module.path), "a socket")
                return value_of(Input(each.method, text(each.args.get(0)) or name))
        if self.kind == "socket" and index == 0:
            return native_object(interp, "socket", Socket([]), interp.no_place(info.module.path), "a socket")
        if self.kind in SYSTEMS:
            return shaped(interp, SYSTEMS[self.kind][1], FROM_OUTSIDE, interp.no_place(info.module.path))[min(index, 1)]
        return value_of(Input("body", name))


def evaluated(interp: Interpreter, info: ClassInfo, nodes: tuple[ir.Expr, ...]) -> list[Decorator]:
    """Return the decorators that expressions make, composed ones taken apart."""
    if not nodes:
        return []
    found: list[Decorator] = []
    interp.push(Scope(info.scope, info.module), info.module, None)
    try:
        for node in nodes:
            found.extend(flattened(interp, interp.eval(node)))
    finally:
        interp.pop()
    return found


def flattened(interp: Interpreter, value: Value) -> list[Decorator]:
    """Return the decorators in a value."""
    found: list[Decorator] = []
    for obj in value.only(Obj):
        if isinstance(obj.native, Decorator):
            if obj.native.kind == "all":
                for part in obj.native.args.every():
                    found.extend(flattened(interp, part))
            else:
                found.append(obj.native)
        elif obj.kind == "list":
            for item in operators.known_items(interp, value_of(obj)) or []:
                found.extend(flattened(interp, item))
    return found


def class_decorators(interp: Interpreter, info: ClassInfo) -> list[Decorator]:
    """Return the decorators of a class, outermost first, composed ones taken apart."""
    return [each for value, _ in info.decorators for each in flattened(interp, value)]


def collect(interp: Interpreter, models: Models) -> None:
    """Register handlers of every decorated class, behind the guards of application, class and route."""
    interp.start(10**6)
    classes = [info for info in models.program.classes if info.module.family == "javascript"]
    if not classes:
        return
    marks = {id(info): class_decorators(interp, info) for info in classes}
    modules = [(info, each) for info in classes for each in marks[id(info)] if each.kind == "module"]
    for info, each in modules:
        interp.push(Scope(None, info.module), info.module, None)
        for options in (each.args.get(0) or V_NONE).only(Obj):
            declare_module(interp, models, options, 0)
        interp.pop()
    for info, _ in modules:
        if info.method("configure") is not None:
            interp.push(Scope(None, info.module), info.module, None)
            place = interp.no_place(info.module.path)
            consumer = native_object(interp, "consumer", Consumer(), place, "the consumer")
            made = calls.instantiate(interp, info, Arguments(), place)
            calls.call_method(interp, made, "configure", Arguments(positional=[consumer]), place, awaited=True)
            interp.pop()
    application = list(models.memory("nest global guards", list))
    declared: list[Step] = []
    for row in injection.providers(models).get("@nestjs/core.APP_GUARD", []):
        interp.push(Scope(None, classes[0].module), classes[0].module, None)
        declared.append(Step(injection.made_by(interp, row), "truthy", row.place or interp.no_place("")))
        interp.pop()
    prefix = next(iter(models.memory("nest prefix", list)), "")
    for info in classes:
        if models.recorder.side(info.module.path) in (Side.TEST, Side.DOCS, Side.VENDORED):
            continue
        own_marks = marks[id(info)]
        base = next((each for each in own_marks if each.kind == "controller"), None)
        for ancestor in info.ancestry():
            if ancestor is not info and any(
                each.kind in ("controller", "resolver", "processor", "gateway") for each in marks.get(id(ancestor), ())
            ):
                # Registered as a class of its own; inherited handlers are reached through both.
                pass
            for function in ancestor.definition.methods:
                own = evaluated(interp, ancestor, function.decorators)
                starts = [each for each in own if each.kind in KINDS]
                if (
                    not starts
                    and any(each.kind == "processor" for each in own_marks)
                    and function.name in ("process", "handle")
                ):
                    starts = [Decorator("queue", Arguments())]
                if not starts or not (own_marks or base):
                    continue
                for start in starts:
                    guards = [*application, *declared] if start.kind in OVER_HTTP else declared
                    add(interp, models, info, ancestor, function, own_marks, own, start, base, guards, prefix)


def declare_module(interp: Interpreter, models: Models, options: Obj, depth: int) -> None:
    """Take the providers of a module's options and of the dynamic modules that it imports (`Module.register({...})`)."""
    if depth > 6:
        return
    injection.declare(interp, models, options.fields.get("providers"))
    imported = options.fields.get("imports")
    for item in operators.known_items(interp, imported) or [] if imported is not None else []:
        for obj in interp.settle(item).only(Obj):
            if obj.native is None and ("providers" in obj.fields or "imports" in obj.fields or "module" in obj.fields):
                declare_module(interp, models, obj, depth + 1)


def configured_module(call: LibraryCall) -> Value | None:
    """`Module.register(options)` of a class that `ConfigurableModuleBuilder` made the base of."""
    interp, place = call.interp, call.place
    base = call.path.rsplit(".ConfigurableModuleClass", 1)[0]
    row = interp.new("object", place=place)
    given = call.args.get(0) or V_NONE
    row.fields = {"provide": value_of(Lib(f"{base}.MODULE_OPTIONS_TOKEN")), "useValue": given}
    for obj in given.only(Obj):
        if "useFactory" in obj.fields and "Async" in call.path.rsplit(".", 1)[-1]:
            row.fields = {
                "provide": row.fields["provide"],
                "useFactory": obj.fields["useFactory"],
                "inject": obj.fields.get("inject", V_NONE),
            }
    listed, made = interp.new("list", place=place), interp.new("object", place=place)
    listed.items = [value_of(row)]
    made.fields = {"module": value_of(*call.sources) if call.sources else V_NONE, "providers": value_of(listed)}
    return value_of(made)


def add(
    interp: Interpreter,
    models: Models,
    info: ClassInfo,
    home: ClassInfo,
    function: ir.Function,
    marks: list[Decorator],
    own: list[Decorator],
    start: Decorator,
    base: Decorator | None,
    everywhere: list[Step],
    prefix: str,
) -> None:
    """Register one handler."""
    place = (
        start.place
        if start.place is not None and start.place.path == home.module.path
        else place_of(home.module.path, function.span)
    )
    handler = bound_handler(interp, info, home, function)
    kind = start.kind
    if kind in SYSTEMS:
        system, shape = SYSTEMS[kind]
        channel = channel_of(start.args.get(0)) or next(
            (channel_name(each) for each in marks if each.kind == "processor"), ""
        )
        if kind == "queue" and start.method:
            # A named job of a queue.
            channel = next((channel_name(each) for each in marks if each.kind == "processor"), channel)
        if kind != "message":
            models.memory("consumers", list).append(queue_consumer(system, channel, handler, place, shape))
    paths = (
        [
            join_paths(prefix, one, two)
            for one in controller_paths(base)
            for two in texts_or_empty(start.args.get(0), interp)
        ]
        if kind == "route"
        else [""]
    )
    for path in paths:
        steps: list[Step] = []
        if kind == "route":
            for step, covered, excluded in models.memory("nest middleware", list):
                bare = path.removeprefix(join_paths(prefix))
                reaches = covered is None or any(
                    p in ("*", "(.*)", "{*path}", "/") or covers(join_paths(p.rstrip("*")), bare) for p in covered
                )
                if reaches and not any(covers(join_paths(p.rstrip("*").removesuffix("(.)")), bare) for p in excluded):
                    steps.append(instance_step(interp, models, info, step, "use"))
        if kind in GUARDED:
            guards = [*everywhere]
            for each in (*marks, *own):
                if each.kind == "guards":
                    guards.extend(
                        Step(value, "truthy", each.place or place) for value in flat(interp, each.args.positional)
                    )
                elif each.kind == "around":
                    guards.extend(
                        Step(value, "next", each.place or place, parameter=True)
                        for value in flat(interp, each.args.positional)
                    )
                elif each.kind == "controller" or each is start:
                    # InversifyJS's decorators take middleware behind the path.
                    guards.extend(
                        Step(value, "next", each.place or place, parameter=True) for value in each.args.positional[1:]
                    )
                elif each.kind == "authorized":
                    guards.extend(
                        Step(checked(checker, each), "truthy", each.place or place)
                        for checker in models.memory("graphql checkers", list)
                    )
            steps.extend(
                instance_step(interp, models, info, step, "use" if step.parameter else "canActivate") for step in guards
            )
        name = f"{start.method or 'ALL'} {path or '/'}" if kind == "route" else f"{info.name}.{function.name}"
        entry_kind = route_kind(path) if kind == "route" else KINDS[kind]
        method = start.method if kind == "route" else ""
        make = partial(Injected, home, function, own, marks, kind, method, path)
        entry = Entry(entry_kind, name, place, handler, make, steps, path, method)
        entry.unless_entered = kind in ("queue", "internal", "event")
        register(models, entry)


def flat(interp: Interpreter, values: list[Value]) -> list[Value]:
    """Return guards, lists taken apart."""
    found: list[Value] = []
    for value in values:
        items = operators.known_items(interp, value) if any(obj.kind == "list" for obj in value.only(Obj)) else None
        found.extend(items if items is not None else [value])
    return found


def checked(checker: Value, mark: Decorator) -> Value:
    """Return a function that asks type-graphql's `authChecker` about the roles that a decorator names."""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        data = Injected().data(interp)
        roles = interp.new("list", place=place)
        roles.items = flat(interp, mark.args.positional)
        return interp.settle(
            calls.call(interp, checker, Arguments(positional=[data, value_of(roles)]), place, awaited=True)
        )

    return value_of(NativeFn("authChecker", run))


def queue_consumer(system: str, channel: str, fn: Value, place: Place, shape: str) -> Queued:
    """Return what tells the queues of a consumer."""
    return Queued(system, channel, fn, place, shape)


def channel_name(mark: Decorator) -> str:
    """Return the name of the queue that a processor consumes."""
    first = mark.args.get(0)
    held = field_of(first, "name", "queueName") if first is not None else None
    return channel_of(held if held is not None else first)


def texts_or_empty(value: Value | None, interp: Interpreter) -> list[str]:
    """Return the paths that a decorator names, one empty when it names none."""
    return texts(interp, value) or [text(value)]


def controller_paths(base: Decorator | None) -> list[str]:
    """Return a controller's prefixes."""
    first = base.args.get(0) if base is not None else None
    if first is None:
        return [""]
    found = first.strings()
    for obj in first.only(Obj):
        held = obj.fields.get("path") if obj.kind != "list" else value_of(obj)
        for each in held.only(Obj) if held is not None else ():
            found += [one for item in each.items or () for one in item.strings()]
        found += held.strings() if held is not None else []
    return found or [""]


def bound_handler(interp: Interpreter, info: ClassInfo, home: ClassInfo, function: ir.Function) -> Value:
    """Return a handler through its decorators, as a method of the one instance that the container keeps."""
    from cybrid_audit.models.types import singleton

    interp.push(Scope(None, info.module), info.module, None)
    try:
        return calls.decorated_method(interp, function, home, singleton(interp, info))
    finally:
        interp.pop()


def instance_step(interp: Interpreter, models: Models, info: ClassInfo, step: Step, method: str) -> Step:
    """Return a step whose class stands for the container's instance of it."""
    from cybrid_audit.engine.values import NOTHING
    from cybrid_audit.models.types import singleton

    interp.push(Scope(None, info.module), info.module, None)
    try:
        result = NOTHING
        for atom, proofs in step.fn.alts:
            if isinstance(atom, ClassInfo):
                found = atom.method(method)
                if found is not None:
                    this = injection.provide(interp, value_of(atom)) or singleton(interp, atom)
                    result = result.join(value_of(Fn(found[0], found[1].scope, found[1].module, this, found[1])))
                    continue
            if isinstance(atom, Obj) and atom.cls is not None and atom.cls.method(method) is not None:
                result = result.join(attributes.get_one(interp, atom, method, step.place))
                continue
            result = result.join(Value(((atom, proofs),)))
        return Step(result, step.mode, step.place)
    finally:
        interp.pop()


__all__ = ["collect", "decorator"]
