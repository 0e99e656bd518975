"""What starts without a request: schedules, timers, commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls, operators
from cybrid_audit.engine.values import (
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Obj,
    Place,
    Promise,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.models.entries import Convention, Entry, Step, register
from cybrid_audit.models.frameworks.handlers import is_callable, name_of, parameters, place_for, unwrapped
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

_HANDLERS: Final = ("onTick", "execute", "task", "job", "handler", "run", "onRun", "fn", "callback", "action")
"""Names of options that hold a function to run."""


class Started(Convention):
    """A function that gets what a command line or a scheduler passes."""

    def __init__(self, kind: str = "") -> None:
        self.kind = kind

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        function = next((atom for atom in fn.atoms() if isinstance(atom, Fn)), None)
        names = parameters(function) if function is not None else ["", ""]
        if not self.kind:
            return Arguments(positional=[unknown("the context of a job", hint=name) for name in names])
        return Arguments(positional=[value_of(Input(self.kind, name)) for name in names])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return self.arguments(interp, step.fn)


def add(
    interp: Interpreter,
    models: Models,
    fn: Value,
    kind: EntryKind,
    place: Place,
    name: str = "",
    steps: list[Step] | None = None,
) -> None:
    """Register a function that something starts."""
    if models.recorder.side(place) in (Side.TEST, Side.DOCS, Side.VENDORED):
        return
    if models.recorder.side(place) is Side.CLIENT:
        kind = EntryKind.CLIENT
    taken = "argument" if kind is EntryKind.CLI else ""
    called = name or name_of(fn) or "a function"
    register(models, Entry(kind, called, place_for(fn, place), fn, lambda: Started(taken), steps or []))


def schedule(call: LibraryCall) -> Value | None:
    """A call that runs a function at given times: `cron.schedule(expression, fn)`, `new CronJob({cronTime, onTick})`."""
    found = False
    for fn in functions_in(call):
        if (
            call.models.may_run_callbacks(call.interp)
            and call.models.recorder.module_level == 0
            and call.settings.get("now")
        ):
            continue
        add(call.interp, call.models, fn, EntryKind.SCHEDULE, call.place)
        found = True
    return native_object(call.interp, "schedule", Handle(), call.place, "a schedule") if found else None


def functions_in(call: LibraryCall) -> list[Value]:
    """Return the functions among arguments and the options that hold one."""
    found: list[Value] = []
    for value in call.args.positional:
        fn = unwrapped(value)
        if is_callable(fn):
            found.append(fn)
            continue
        for obj in value.only(Obj):
            for name in _HANDLERS:
                held = obj.fields.get(name)
                if held is not None and is_callable(unwrapped(held)):
                    found.append(unwrapped(held))
            if obj.cls is not None and obj.cls.method("execute") is not None:
                from cybrid_audit.engine import attributes

                found.append(attributes.get_one(call.interp, obj, "execute", call.place))
    return found


def task_of(call: LibraryCall) -> Value | None:
    """`new AsyncTask(id, fn)` of a scheduler: the function is scheduled."""
    return schedule(call)


class Handle(Native):
    """What a scheduler gives back."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return value_of(obj)


def timer(interp: Interpreter, fn: Value, place: Place, *, repeats: bool) -> None:
    """A timer that a module starts: it runs by itself."""
    add(interp, interp.models, fn, EntryKind.SCHEDULE if repeats else EntryKind.SCRIPT, place)


# ---------------------------------------------------------------- commands


class Command(Native):
    """A command of commander, yargs, cac or sade: its action gets what the command line says."""

    __slots__ = ("hooks", "name")

    def __init__(self, name: str = "", hooks: list[Step] | None = None) -> None:
        self.name = name
        self.hooks = hooks if hooks is not None else []

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("argv", "args", "options", "parsed", "rawArgs", "input", "flags"):
            return value_of(Input("argument"))
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        handlers = [unwrapped(value) for value in args.positional if is_callable(unwrapped(value))]
        if name in ("action", "handler") and handlers:
            add(interp, interp.models, handlers[0], EntryKind.CLI, place, self.name, list(self.hooks))
            return value_of(obj)
        if name == "command":
            self.subcommand(interp, args, handlers, place)
            text = next(iter(args.positional[0].strings()), "").split(" ")[0] if args.positional else ""
            return (
                value_of(obj)
                if handlers or self.is_options(args)
                else native_object(interp, "command", Command(text, self.hooks), place, "a command")
            )
        if name in ("hook", "middleware", "check") and handlers:
            self.hooks.append(Step(handlers[-1], "raise", place))
            return value_of(obj)
        if name in ("opts", "optsWithGlobals", "getOptionValue", "parseSync", "parsed"):
            return value_of(Input("argument"))
        if name in ("parse", "parseAsync", "help"):
            held = native_object(interp, "command", self, place, "a command")
            return value_of(Promise(held)) if name == "parseAsync" else held
        return value_of(obj)

    @staticmethod
    def is_options(args: Arguments) -> bool:
        """Whether a command is described by an object."""
        return any("handler" in obj.fields for value in args.positional for obj in value.only(Obj))

    def subcommand(self, interp: Interpreter, args: Arguments, handlers: list[Value], place: Place) -> None:
        """`yargs.command(name, description, builder, handler)` and `yargs.command({command, handler})`."""
        name = next(iter(args.positional[0].strings()), "").split(" ")[0] if args.positional else ""
        if handlers and len(args.positional) >= 3:
            add(interp, interp.models, handlers[-1], EntryKind.CLI, place, name)
        for value in args.positional:
            items = operators.known_items(interp, value)
            for item in items if items is not None else [value]:
                for obj in item.only(Obj):
                    held = obj.fields.get("handler")
                    if held is not None and is_callable(unwrapped(held)):
                        called = next(iter((obj.fields.get("command") or unknown("")).strings()), name).split(" ")[0]
                        add(interp, interp.models, unwrapped(held), EntryKind.CLI, place, called)


def command(call: LibraryCall) -> Value | None:
    """A program or command under construction."""
    name = next((text for value in call.args.positional[:1] for text in value.strings()), "")
    return native_object(call.interp, "command", Command(name), call.place, "a command")


def command_started(call: LibraryCall) -> Value | None:
    """`yargs.command(...)`: the first call on a program that the library itself is."""
    program = native_object(call.interp, "command", Command(), call.place, "a command")
    return calls.call_method(call.interp, program, call.path.rsplit(".", 1)[-1], call.args, call.place)


def command_options(call: LibraryCall) -> Value | None:
    """`defineCommand({run})`, `define({handler})`: one object describes the command."""
    for fn in functions_in(call):
        add(call.interp, call.models, fn, EntryKind.CLI, call.place)
    return native_object(call.interp, "command", Command(), call.place, "a command")


def command_class(call: LibraryCall) -> None:
    """A class whose `run` (or `execute`) a program of commands calls."""
    from cybrid_audit.models.types import singleton

    for info in call.sources:
        if not isinstance(info, ClassInfo):
            continue
        for name in (str(call.settings.get("method", "run")), "execute"):
            found = info.method(name)
            if found is not None:
                kind = EntryKind(str(call.settings.get("kind", "cli")))
                fn = value_of(Fn(found[0], found[1].scope, found[1].module, singleton(call.interp, info), found[1]))
                add(
                    call.interp,
                    call.models,
                    fn,
                    kind,
                    place_of(found[1].module.path, found[0].span),
                    f"{info.name}.{name}",
                )
                break


def parsed_arguments(call: LibraryCall) -> Value | None:
    """`parseArgs()`, `minimist(argv)`, `meow(help)`: what the command line says."""
    obj = call.interp.new("object", place=call.place)
    obj.rest = value_of(Input("argument"))
    return value_of(obj)


__all__ = ["NativeFn", "calls", "command", "schedule", "timer"]
