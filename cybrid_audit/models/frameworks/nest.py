"""NestJS: controllers, resolvers and processors found by their decorators; guards of application, class and route in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    ClassInfo,
    Const,
    Fn,
    Input,
    Native as NativeFn,
    Obj,
    Place,
    Scope,
    Stored,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.models import injection
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.flask import text
from cybrid_audit.models.frameworks.requests_in import reply_object, request_object
from cybrid_audit.models.frameworks.router import covers, join_paths
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

KINDS: Final = {
    "route": EntryKind.HTTP_ROUTE, "rpc": EntryKind.RPC, "queue": EntryKind.QUEUE_CONSUMER, "schedule": EntryKind.SCHEDULE, "socket": EntryKind.RPC,
}


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


@dataclass(slots=True)
class NestApp(Native):
    """The application: global guards, prefix."""

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "useGlobalGuards":
            interp.models.memory("nest global guards", list).extend(Step(value, "truthy", place) for value in args.positional)
            return value_of(obj)
        if name == "use":
            interp.models.memory("nest middleware", list).extend((Step(value, "next", place), None, []) for value in args.positional)
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
            interp.models.memory("nest middleware", list).extend((step, paths, list(self.excluded)) for step in self.steps)
        return value_of(obj)


def _route_paths(interp: Interpreter, value: Value) -> list[str]:
    found = [*value.strings()]
    for obj in value.only(Obj):
        held = obj.fields.get("path")
        if held is not None:
            found.extend(held.strings())
    return found


def _controller_paths(interp: Interpreter, info: ClassInfo) -> list[str]:
    return [text(each.args.get(0)) for each in class_decorators(info) if each.kind == "controller"]


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
            return native_object(interp, "target", Target(self.convention), place, name)
        if name == "getNext":
            return value_of(NativeFn("next", lambda *_: V_NONE))
        if name in ("getType",):
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

    __slots__ = ("convention",)

    def __init__(self, convention: Injected) -> None:
        self.convention = convention


class Reflector(Native):
    """`Reflector`: reads what decorators wrote."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if not name.startswith("get") or len(args.positional) < 2:
            return None
        convention = next(
            (
                target.native.convention
                for target in _targets(interp, args.positional[1])
                if isinstance(target.native, Target)
            ),
            None,
        )
        if convention is None:
            return unknown("metadata")
        key = injection.token_key(next(args.positional[0].atoms(), Const(None)))
        for holder in convention.metadata:
            if holder.kind == "meta" and injection.token_key(next((holder.args.get(0) or V_NONE).atoms(), Const(None))) == key:
                return holder.args.get(1) or value_of(Const(True))
        return V_NONE


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

    def __init__(self, info: ClassInfo | None = None, function: ir.Function | None = None, metadata: list[Decorator] | None = None) -> None:
        self.info = info
        self.function = function
        self.metadata = metadata or []
        self.request: Value | None = None
        self.reply: Value | None = None

    def incoming(self, interp: Interpreter) -> Value:
        """Return the one request of this run."""
        if self.request is None:
            self.request = request_object(interp, interp.no_place(interp.frame.module.path))
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
        if step.mode == "next":
            return Arguments(positional=[self.incoming(interp), self.outgoing(interp), next_fn])
        return Arguments(positional=[self.context(interp)])

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.function is None or self.info is None:
            return Arguments()
        return Arguments(positional=[self.argument(interp, self.info, param) for param in self.function.params])

    def argument(self, interp: Interpreter, info: ClassInfo, param: ir.Param) -> Value:
        """Return one argument by the parameter's decorator."""
        name = param.target.id if isinstance(param.target, ir.Name) else ""
        for each in evaluated(interp, info, param.decorators):
            if each.kind == "custom param":
                data = each.args.get(1) or V_NONE
                return interp.settle(calls.call(interp, each.args.positional[0], Arguments(positional=[data, self.context(interp)]), each.place or interp.no_place(""), awaited=True))
            if each.kind == "param":
                if each.method == "request":
                    return self.incoming(interp)
                if each.method == "response":
                    return self.outgoing(interp)
                if each.method == "session":
                    return value_of(Stored("session", text(each.args.get(0))))
                if each.method == "context":
                    return self.context(interp)
                return value_of(Input(each.method, text(each.args.get(0)) or name))
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


def class_decorators(info: ClassInfo) -> list[Decorator]:
    """Return the decorators of a class, outermost first."""
    found: list[Decorator] = []
    for value, _ in info.decorators:
        for obj in value.only(Obj):
            if isinstance(obj.native, Decorator):
                found.append(obj.native)
                if obj.native.kind == "all":
                    for part in obj.native.args.every():
                        found.extend(o.native for o in part.only(Obj) if isinstance(o.native, Decorator))
    return found


def collect(interp: Interpreter, models: Models) -> None:
    """Register handlers of every decorated class, behind the guards of application, class and route."""
    interp.start(10**6)
    classes = [info for info in models.program.classes if info.module.family == "javascript"]
    modules = [(info, each) for info in classes for each in class_decorators(info) if each.kind == "module"]
    for _, each in modules:
        for options in (each.args.get(0) or V_NONE).only(Obj):
            injection.declare(interp, models, options.fields.get("providers"))
    for info, _ in modules:
        if info.method("configure") is not None:
            interp.push(Scope(None, info.module), info.module, None)
            place = interp.no_place(info.module.path)
            consumer = native_object(interp, "consumer", Consumer(), place, "the consumer")
            made = calls.instantiate(interp, info, Arguments(), place)
            calls.call_method(interp, made, "configure", Arguments(positional=[consumer]), place, awaited=True)
            interp.pop()
    everywhere = list(models.memory("nest global guards", list))
    for row in injection.providers(models).get("@nestjs/core.APP_GUARD", []):
        interp.push(Scope(None, classes[0].module), classes[0].module, None)
        everywhere.append(Step(injection.made_by(interp, row), "truthy", row.place or interp.no_place("")))
        interp.pop()
    prefix = next(iter(models.memory("nest prefix", list)), "")
    for info in classes:
        if models.recorder.side(info.module.path) in (Side.TEST, Side.DOCS, Side.VENDORED):
            continue
        marks = class_decorators(info)
        base = next((each for each in marks if each.kind == "controller"), None)
        handles = base is not None or any(each.kind in ("resolver", "processor", "gateway", "injectable") for each in marks)
        if not handles:
            continue
        for ancestor in info.ancestry():
            for function in ancestor.definition.methods:
                own = evaluated(interp, ancestor, function.decorators)
                is_process = any(each.kind == "processor" for each in marks) and function.name in ("process", "handle")
                starts = [each for each in own if each.kind in KINDS]
                if not starts and not is_process:
                    continue
                start = starts[0] if starts else Decorator("queue", Arguments())
                add(interp, models, info, ancestor, function, marks, own, start, base, everywhere, prefix)


def add(
    interp: Interpreter, models: Models, info: ClassInfo, home: ClassInfo, function: ir.Function, marks: list[Decorator], own: list[Decorator],
    start: Decorator, base: Decorator | None, everywhere: list[Step], prefix: str,
) -> None:
    """Register one handler."""
    path = join_paths(prefix, controller_path(base), text(start.args.get(0))) if start.kind == "route" else ""
    place = place_of(home.module.path, function.span)
    steps: list[Step] = []
    if start.kind == "route":
        for step, paths, excluded in models.memory("nest middleware", list):
            bare = path.removeprefix(join_paths(prefix))
            reaches = paths is None or any(p in ("*", "(.*)", "{*path}", "/") or covers(join_paths(p.rstrip("*")), bare) for p in paths)
            if reaches and not any(covers(join_paths(p.rstrip("*").removesuffix("(.)")), bare) for p in excluded):
                steps.append(instance_step(interp, models, info, step, "use"))
    if start.kind != "schedule":
        guards = [*everywhere]
        for each in (*marks, *own):
            if each.kind == "guards":
                guards.extend(Step(value, "truthy", each.place or place) for value in each.args.positional)
        steps.extend(instance_step(interp, models, info, step, "canActivate") for step in guards)
    metadata = [*own, *marks]
    name = f"{start.method or 'ALL'} {path or '/'}" if start.kind == "route" else f"{info.name}.{function.name}"
    handler = value_of(BoundHandler.of(interp, info, home, function))
    register(
        models,
        Entry(KINDS[start.kind], name, place, handler, lambda: Injected(home, function, metadata), steps, path, start.method),
    )


class BoundHandler:
    """Makes a handler as a method of the one instance that the container keeps."""

    @staticmethod
    def of(interp: Interpreter, info: ClassInfo, home: ClassInfo, function: ir.Function) -> Fn:
        """Return the method bound to the container's instance."""
        from cybrid_audit.models.types import singleton

        interp.push(Scope(None, info.module), info.module, None)
        try:
            this = singleton(interp, info)
        finally:
            interp.pop()
        return Fn(function, home.scope, home.module, this, home)


def controller_path(base: Decorator | None) -> str:
    """Return a controller's prefix."""
    if base is None:
        return ""
    first = base.args.get(0)
    if first is None:
        return ""
    if first.strings():
        return first.strings()[0]
    return next((text(obj.fields.get("path")) for obj in first.only(Obj)), "")


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


__all__ = ["Any", "collect", "decorator", "field"]
