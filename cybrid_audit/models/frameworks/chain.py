"""Handlers built by a chain of calls: tRPC procedures, next-safe-action, zsa, server functions of TanStack Start, oRPC.

A chain collects middleware (`use`, `middleware`); its last call is given the handler (`mutation`, `action`, `handler`) and makes an
entry point. Middleware gets one object with the context and a function that goes on, to which it may pass more context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Obj,
    Place,
    Stored,
    Value,
    constant,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register, run_step
from cybrid_audit.models.frameworks.handlers import functions, is_callable, unwrapped
from cybrid_audit.models.frameworks.requests_in import STORED_FIELDS, reply_object, request_object
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

LAST: Final = {
    "query": "rpc",
    "mutation": "rpc",
    "subscription": "rpc",
    "handler": "",
    "action": "action",
    "stateAction": "action",
    "formAction": "action",
    "callable": "",
    "actionable": "action",
    "serverHandler": "",
}
"""Calls that end a chain, and what they make (empty: what the chain says)."""
_ADDING: Final = frozenset({"use", "middleware", "unstable_pipe", "unstable_concat", "concat", "useMiddleware"})
_CONTEXT_NAMES: Final = ("createTRPCContext", "createContext", "createInnerTRPCContext", "createTrpcContext")
_INPUTS: Final = ("input", "parsedInput", "data", "rawInput", "clientInput", "bindArgsParsedInputs", "payload", "args")


class ServerContext(Native):
    """A context that the project makes in a way that is not seen."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("req", "request"):
            held = request_object(interp, place)
            obj.fields["req"] = obj.fields["request"] = held
            return held
        if name in ("res", "reply", "resHeaders"):
            obj.fields[name] = reply_object(interp, place)
            return obj.fields[name]
        if name == "headers":
            return value_of(Input("header"))
        return value_of(Stored(STORED_FIELDS.get(name, "request state"), "" if name in STORED_FIELDS else name, place))


class ChainConvention(Convention):
    """`handler({ctx, input})`; `middleware({ctx, input, next})`."""

    sends_returned = True

    def __init__(self, system: str, given: Value | None = None) -> None:
        self.system = system
        self.context = given

    def held(self, interp: Interpreter) -> Value:
        """Return the context as the middleware before has left it."""
        if self.context is None:
            self.context = made_context(interp, self.system)
        return self.context

    def options(self, interp: Interpreter) -> Obj:
        """Return the one object that everything gets."""
        obj = interp.new("object", place=interp.no_place(interp.frame.module.path))
        context = self.held(interp)
        obj.fields = {
            "ctx": context,
            "context": context,
            "type": constant("mutation"),
            "path": unknown("the path"),
            "getRawInput": value_of(NativeFn("getRawInput", lambda *_: value_of(Input("body")))),
        }
        obj.fields |= {name: value_of(Input("body")) for name in _INPUTS}
        obj.fields["request"] = request_object(interp, interp.no_place(interp.frame.module.path))
        obj.fields["errors"] = obj.fields["signal"] = unknown("something of the call")
        return obj

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        options = value_of(self.options(interp))
        # zsa and next-safe-action hand the context over a second time.
        return Arguments(positional=[options, options])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        options = self.options(interp)
        options.fields["next"] = next_fn
        return Arguments(positional=[value_of(options), next_fn])

    def going_on(self, interp: Interpreter, args: Arguments) -> None:
        for value in args.positional[:1]:
            for given in value.only(Obj):
                more = given.fields.get("ctx") or given.fields.get("context")
                if more is None:
                    continue
                merged = interp.new("object", place=interp.no_place(interp.frame.module.path))
                attributes.spread_into(interp, merged, self.held(interp))
                attributes.spread_into(interp, merged, more)
                self.context = value_of(merged)

    def answer(self, interp: Interpreter, place: Place) -> Value:
        obj = interp.new("object", place=place)
        obj.fields = {"ok": unknown("whether the call succeeded"), "data": unknown("what the handler gave")}
        obj.rest = unknown("an answer")
        return value_of(obj)


def made_context(interp: Interpreter, system: str) -> Value:
    """Return what the project's own function for contexts makes, else a context of which nothing is known."""
    models = interp.models
    place = interp.no_place(interp.frame.module.path)
    if system == "trpc":
        makers: list[Value] = models.memory("trpc contexts", list)
        if not makers:
            for module in list(models.program.modules.values()):
                for name in _CONTEXT_NAMES if module.family == "javascript" else ():
                    if name in module.exports and "react" not in module.path:
                        held = models.program.member(interp, module, name)
                        if is_callable(held) and held not in makers:
                            makers.append(held)
        if makers:
            options = interp.new("object", place=place)
            request = request_object(interp, place)
            options.fields = {
                "req": request,
                "request": request,
                "res": reply_object(interp, place),
                "headers": value_of(Input("header")),
                "info": unknown("the call"),
                "event": request,
            }
            held = interp.settle(
                calls.call(interp, makers[0], Arguments(positional=[value_of(options)]), place, awaited=True)
            )
            if held.only(Obj):
                return held
    return native_object(interp, "context", ServerContext(), place, "the context")


class Chain(Native):
    """A chain under construction: what `use` was given so far."""

    __slots__ = ("kind", "steps", "system")

    def __init__(self, system: str, kind: str, steps: list[Step]) -> None:
        self.system = system
        self.kind = kind
        self.steps = steps

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in _ADDING:
            steps = [step for value in args.positional for step in steps_of(interp, value, place)]
            return self.longer(interp, obj, steps, place)
        if name in LAST and args.positional and is_callable(unwrapped(args.positional[0])):
            made = Handler(self.system, LAST[name] or self.kind, list(self.steps), unwrapped(args.positional[0]), place)
            interp.models.memory("chain handlers", list).append(made)
            on_collect(interp.models, "chains", lambda inner: collect(inner, inner.models))
            return native_object(interp, "handler", made, place, "a procedure")
        if name == "server" and args.positional and is_callable(args.positional[0]):
            # A middleware of TanStack Start.
            return self.longer(
                interp, obj, [Step(fn, "next", place) for fn in functions(interp, args.positional[:1])], place
            )
        return value_of(obj)

    def longer(self, interp: Interpreter, obj: Obj, steps: list[Step], place: Place) -> Value:
        """Return the chain with more steps."""
        return native_object(interp, obj.kind, Chain(self.system, self.kind, [*self.steps, *steps]), place, obj.label)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name.startswith("_"):
            return unknown("the inside of a chain")
        return value_of(
            NativeFn(name, lambda inner, args, at: self.method(inner, obj, name, args, at) or value_of(obj))
        )


def steps_of(interp: Interpreter, value: Value, place: Place) -> list[Step]:
    """Return the middleware that a value is: functions, lists, or chains that only collect."""
    found: list[Step] = []
    for fn in functions(interp, [value]):
        chains = [obj.native for obj in fn.only(Obj) if isinstance(obj.native, Chain)]
        if chains:
            for chain in chains:
                found.extend(chain.steps)
        else:
            found.append(Step(fn, "next", place))
    return found


class Handler(Native):
    """What the last call of a chain makes: an entry point, and a function that the project itself may call."""

    __slots__ = ("fn", "kind", "name", "place", "steps", "system")

    def __init__(self, system: str, kind: str, steps: list[Step], fn: Value, place: Place) -> None:
        self.system = system
        self.kind = kind
        self.steps = steps
        self.fn = fn
        self.place = place
        self.name = ""

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return self.run(interp, ChainConvention(self.system), args, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("bind", "execute", "call"):
            return value_of(obj) if name == "bind" else self.call(interp, obj, args, place)
        return value_of(obj)

    def run(self, interp: Interpreter, convention: ChainConvention, args: Arguments, place: Place) -> Value:
        """Run the handler behind its steps, with what the caller passes as input."""
        for step in self.steps:
            if interp.state is None:
                return V_NONE
            run_step(interp, convention, step)
        if interp.state is None:
            return V_NONE
        options = convention.options(interp)
        if args.positional:
            options.fields |= dict.fromkeys(_INPUTS, args.positional[0])
        return interp.settle(
            calls.call(
                interp, self.fn, Arguments(positional=[value_of(options), value_of(options)]), place, awaited=True
            )
        )


class Routes(Native):
    """A router of procedures; `createCaller` calls them from the server."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "createCaller":
            return native_object(interp, "caller", Caller(value_of(obj), args.get(0)), place, "a caller")
        return None


class Caller(Native):
    """Calls procedures with a context of the caller's choice."""

    __slots__ = ("context", "routes")

    def __init__(self, routes: Value, context: Value | None) -> None:
        self.routes = routes
        self.context = context

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        inner = attributes.get_attribute(interp, self.routes, name, place)
        return (
            native_object(interp, "caller", Caller(inner, self.context), place, "a caller") if inner.only(Obj) else None
        )

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        held = self.attribute(interp, obj, name, place)
        return calls.call(interp, held, args, place, awaited=True) if held is not None else None

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        context = self.context
        if context is not None and is_callable(context):
            context = interp.settle(calls.call(interp, context, Arguments(), place, awaited=True))
        for each in self.routes.only(Obj):
            if isinstance(each.native, Handler):
                return each.native.run(interp, ChainConvention(each.native.system, context), args, place)
        return None


# ---------------------------------------------------------------- rows


def chain(call: LibraryCall) -> Value | None:
    """A call that starts a chain; `system` and `kind` (`rpc`, `action`) in the settings."""
    return start(call.interp, call.settings, call.place)


def start(interp: Interpreter, settings: Mapping[str, Any], place: Place) -> Value:
    """Return an empty chain."""
    return native_object(
        interp, "chain", Chain(str(settings.get("system", "")), str(settings.get("kind", "rpc")), []), place, "a chain"
    )


def trpc(call: LibraryCall) -> Value | None:
    """`initTRPC.create()`: the parts that a project builds its procedures from."""
    interp, place = call.interp, call.place
    parts = interp.new("object", place=place)
    parts.fields = {
        "procedure": start(interp, {"system": "trpc", "kind": "rpc"}, place),
        "router": value_of(NativeFn("router", routes)),
        "mergeRouters": value_of(NativeFn("mergeRouters", merged)),
        "middleware": value_of(NativeFn("middleware", middleware)),
        "createCallerFactory": value_of(NativeFn("createCallerFactory", caller_factory)),
    }
    return value_of(parts)


def routes(interp: Interpreter, args: Arguments, place: Place) -> Value:
    """`t.router({name: procedure, inner: router})`."""
    made = interp.new("object", place=place)
    for value in args.positional[:1]:
        attributes.spread_into(interp, made, value)
    made.native = Routes()
    return value_of(made)


def merged(interp: Interpreter, args: Arguments, place: Place) -> Value:
    """`t.mergeRouters(a, b)`."""
    made = interp.new("object", place=place)
    for value in args.positional:
        attributes.spread_into(interp, made, value)
    made.native = Routes()
    return value_of(made)


def middleware(interp: Interpreter, args: Arguments, place: Place) -> Value:
    """`t.middleware(fn)`."""
    steps = [Step(fn, "next", place) for fn in functions(interp, args.positional[:1])]
    return native_object(interp, "chain", Chain("trpc", "rpc", steps), place, "a middleware")


def caller_factory(interp: Interpreter, args: Arguments, place: Place) -> Value:
    """`t.createCallerFactory(router)`, called with a context."""
    router = args.get(0) or V_NONE

    def make(inner: Interpreter, given: Arguments, at: Place) -> Value:
        return native_object(inner, "caller", Caller(router, given.get(0)), at, "a caller")

    return value_of(NativeFn("createCaller", make))


def standalone(call: LibraryCall) -> Value | None:
    """`experimental_standaloneMiddleware().create(fn)`."""
    return middleware(call.interp, call.args, call.place)


def note_context(call: LibraryCall) -> Value | None:
    """An adapter's options, which say how contexts are made."""
    makers: list[Value] = call.models.memory("trpc contexts", list)
    for value in call.args.positional:
        for obj in value.only(Obj):
            for holder in (obj, *(obj.fields.get("trpcOptions") or V_NONE).only(Obj)):
                held = holder.fields.get("createContext")
                if held is not None and is_callable(held) and held not in makers:
                    makers.append(held)
    return unknown("a server")


def collect(interp: Interpreter, models: Models) -> None:
    """Register what every chain ended in, by the names that routers and modules give it."""
    names: dict[int, str] = {}
    for module in list(models.program.modules.values()):
        if module.family != "javascript":
            continue
        for local, held in list(module.scope.vars.items()):
            name_all(held, "" if any(isinstance(obj.native, Routes) for obj in held.only(Obj)) else local, names, 0)
    for made in models.memory("chain handlers", list):
        kind = EntryKind.SERVER_ACTION if made.kind == "action" else EntryKind.RPC
        name = names.get(id(made)) or "a procedure"
        make = lambda system=made.system: ChainConvention(system)  # noqa: E731 - one use, bound here
        register(models, Entry(kind, name, made.place, made.fn, make, made.steps))


def name_all(value: Value, name: str, names: dict[int, str], depth: int) -> None:
    """Note the names of the handlers in a value; the longest path wins."""
    for atom in value.atoms():
        if not isinstance(atom, Obj) or depth > 6:
            continue
        if isinstance(atom.native, Handler):
            if len(name) > len(names.get(id(atom.native), "")):
                names[id(atom.native)] = name
        elif isinstance(atom.native, Routes) or (atom.kind == "object" and atom.native is None and depth > 0):
            for key, held in atom.fields.items():
                name_all(held, f"{name}.{key}" if name else key, names, depth + 1)


__all__ = ["ClassInfo", "Fn", "chain", "trpc"]
