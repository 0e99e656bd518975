"""Tasks that run outside a request: queue consumers, schedules, commands.

A task runs where it is enqueued, so that it inherits the guards of every place that enqueues it; one that nobody in the
project enqueues is an entry point of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls, operators
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Native as NativeFn,
    Obj,
    Place,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, register
from cybrid_audit.models.frameworks.flask import decorator, original_place
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

KINDS: Final = {"queue": EntryKind.QUEUE_CONSUMER, "schedule": EntryKind.SCHEDULE, "cli": EntryKind.CLI, "rpc": EntryKind.RPC, "route": EntryKind.HTTP_ROUTE}
ENQUEUE: Final = frozenset(
    {"delay", "apply_async", "s", "si", "signature", "send", "send_with_options", "enqueue", "apply", "kiq", "defer", "schedule", "submit", "queue", "defer_async", "now"}
)
"""Methods of a task that enqueue it."""


class FromOutside(Convention):
    """Every argument comes from outside; `kind` says how."""

    def __init__(self, kind: str = "argument", this: Value | None = None) -> None:
        self.kind = kind
        self.this = this

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        atom = next((each for each in fn.atoms() if isinstance(each, Fn)), None)
        if atom is None:
            return Arguments(rest=value_of(Input(self.kind)), kwrest=value_of(Input(self.kind)))
        given = Arguments()
        params = list(atom.function.params)
        if atom.this is not None and atom.function.kind != "static" and atom.module.family == "python":
            params = params[1:]
        for param in params:
            if not isinstance(param.target, ir.Name) or param.kind in ("rest", "kwrest"):
                continue
            name = param.target.id
            if name in ("self", "ctx", "context", "bot") and not given.positional:
                given.keywords[name] = unknown("the task's context")
                continue
            given.keywords[name] = value_of(Input(self.kind, name))
        return given


class Task(Native):
    """A registered task: called it runs, and its enqueueing methods run it where they stand."""

    __slots__ = ("fn", "kind")

    def __init__(self, fn: Value, kind: str) -> None:
        self.fn = fn
        self.kind = kind

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return calls.call(interp, self.fn, args, place, awaited=True)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ENQUEUE:
            note_enqueued(interp, self.fn)
            calls.call(interp, self.fn, enqueued_arguments(interp, name, args), place, awaited=True)
            return native_object(interp, "task", self, place, "a queued task")
        if name in ("get", "wait", "result", "collect", "apply_async"):
            return unknown("the result of a task")
        if name in ("command", "group", "callback"):
            # A click group: its commands register themselves.
            return None
        return None


def enqueued_arguments(interp: Interpreter, name: str, args: Arguments) -> Arguments:
    """Return what a task gets: `apply_async(args=[…], kwargs={…})` unpacked."""
    if name not in ("apply_async", "send_with_options", "apply"):
        return args
    listed = args.get(0, "args")
    items = operators.known_items(interp, listed) if listed is not None else []
    named: dict[str, Value] = {}
    for obj in (args.get(1, "kwargs") or V_NONE).only(Obj):
        named.update(obj.fields)
    return Arguments(items if items is not None else [], named, None if items is not None else unknown("arguments of a task"))


def note_enqueued(interp: Interpreter, fn: Value) -> None:
    """Remember that something in the project enqueues a task."""
    held: set[int] = interp.models.memory("enqueued", set)
    for atom in fn.atoms():
        if isinstance(atom, Fn) and id(atom.function) not in held:
            held.add(id(atom.function))
            interp.store_version += 1


def add_task(interp: Interpreter, models: Models, value: Value, kind: str, place: Place, name: str = "") -> Value:
    """Register functions as tasks and return what stands for them."""
    result = value
    for atom in value.atoms():
        if isinstance(atom, Fn):
            at = original_place(atom)
            entry = Entry(KINDS[kind], name or atom.function.name, at, value_of(atom), lambda: FromOutside("argument" if kind == "cli" else "message"))
            entry.unless_entered = kind == "queue"
            register(models, entry)
            if kind == "queue":
                result = native_object(interp, "task", Task(value_of(atom), kind), place, atom.function.name)
                for obj in result.only(Obj):
                    obj.shared = True
    return result


def task(call: LibraryCall) -> Value | None:
    """A decorator, with or without arguments, that registers a function: `@shared_task`, `@app.task(bind=True)`, `@click.command()`."""
    kind = str(call.settings["kind"])
    first = call.args.get(0)
    if first is not None and first.only(Fn):
        return add_task(call.interp, call.models, first, kind, call.place)
    return decorator(lambda interp, value, place: add_task(interp, interp.models, value, kind, place))


def decorated(call: LibraryCall) -> Value | None:
    """The same, where the decorator is not called: the decorated function is the argument."""
    return add_task(call.interp, call.models, call.args.positional[0], str(call.settings["kind"]), call.place)


def registered(call: LibraryCall) -> Value | None:
    """A call that is given a function to run later: `scheduler.add_job(fn)`, `schedule.every().do(fn)`."""
    kind = str(call.settings["kind"])
    for value in (*call.args.positional, *call.args.keywords.values()):
        for atom in value.atoms():
            if isinstance(atom, Fn):
                add_task(call.interp, call.models, value_of(atom), kind, call.place)
            elif isinstance(atom, Obj) and isinstance(atom.native, Task):
                add_task(call.interp, call.models, atom.native.fn, kind, call.place)
    return unknown("a job")


def enqueue(call: LibraryCall) -> Value | None:
    """A call that enqueues a function with its arguments: `queue.enqueue(fn, *args)`."""
    first = call.args.get(0)
    if first is None:
        return None
    found = [atom for atom in first.atoms() if isinstance(atom, Fn) or (isinstance(atom, Obj) and isinstance(atom.native, Task))]
    if not found:
        for name in first.strings():
            owner, _, member = name.rpartition(".")
            module = call.models.program.find(call.interp.frame.module.path, owner) if owner else None
            if module is not None:
                found.extend(atom for atom in call.models.program.member(call.interp, module, member).atoms() if isinstance(atom, Fn))
    for atom in found:
        fn = atom.native.fn if isinstance(atom, Obj) and isinstance(atom.native, Task) else value_of(atom)
        note_enqueued(call.interp, fn)
        given = Arguments(call.args.positional[1:], {k: v for k, v in call.args.keywords.items() if not k.startswith("job_")}, call.args.rest, call.args.kwrest)
        calls.call(call.interp, fn, given, call.place, awaited=True)
    return unknown("a job")


def class_handler(call: LibraryCall) -> None:
    """A class whose method a queue or server calls; `method` in the settings names it."""
    for info in call.sources:
        if isinstance(info, ClassInfo):
            name = str(call.settings["method"])
            found = info.method(name)
            if found is not None:
                from cybrid_audit.models.types import singleton

                this = singleton(call.interp, info)
                fn = Fn(found[0], found[1].scope, found[1].module, this, found[1])
                place = place_of(found[1].module.path, found[0].span)
                register(call.models, Entry(KINDS[str(call.settings["kind"])], f"{info.name}.{name}", place, value_of(fn), lambda: FromOutside("message")))


__all__ = ["NativeFn", "Task", "task"]
