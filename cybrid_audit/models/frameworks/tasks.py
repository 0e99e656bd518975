"""Tasks that run outside a request: queue consumers and schedules.

A task runs where it is enqueued, so that it inherits the guards of every place that enqueues it; one that nobody in the
project enqueues is an entry point of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Obj,
    Place,
    Value,
    join_all,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, on_collect, register
from cybrid_audit.models.frameworks.python_web import (
    decorator,
    opened,
    original_place,
    parameter_names,
    text,
    unwrapped,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.state import State
    from cybrid_audit.models import Models

KINDS: Final = {
    "queue": EntryKind.QUEUE_CONSUMER,
    "schedule": EntryKind.SCHEDULE,
    "step": EntryKind.SCHEDULE,
    "cli": EntryKind.CLI,
    "rpc": EntryKind.RPC,
    "route": EntryKind.HTTP_ROUTE,
    "script": EntryKind.SCRIPT,
}
ENQUEUED: Final = ("queue", "step")
"""What the project itself starts, if anything does."""
ENQUEUE: Final = frozenset(
    {"delay", "apply_async", "s", "si", "signature", "subtask", "send", "send_with_options", "message", "enqueue", "apply", "kiq", "kicker",
     "defer", "schedule", "submit", "queue", "defer_async", "now", "delay_on_commit", "apply_async_on_commit", "map", "starmap", "chunks",
     "spawn", "remote", "starmap_async", "send_async", "enqueue_in", "enqueue_at", "cast", "push", "expand"}
)  # fmt: skip
"""Methods of a task that enqueue it."""

LISTED: Final = frozenset(
    {"apply_async", "send_with_options", "apply", "apply_async_on_commit", "schedule", "signature", "subtask"}
)
"""Those that take the task's arguments as a list and a mapping."""

SIGNATURES: Final = frozenset({"s", "signature", "subtask", "message"})
"""Those that only say what will be run, which a chain gives a first argument."""

LATE: Final = frozenset({"enqueue_in", "enqueue_at"})
"""Those whose first argument says when."""

CONTEXT_NAMES: Final = frozenset({"self", "ctx", "context", "bot", "c", "task", "job"})
JOB_OPTIONS: Final = frozenset(
    {"queue", "timeout", "result_ttl", "ttl", "depends_on", "at_front", "retry", "on_success", "on_failure", "meta", "description", "_queue_name",
     "start_to_close_timeout", "schedule_to_close_timeout", "schedule_to_start_timeout", "heartbeat_timeout", "retry_policy", "task_queue", "id",
     "execution_timeout", "activity_id", "_job_id", "_defer_by", "_defer_until", "_expires", "_job_try", "countdown", "eta", "priority", "hook", "group", "q_options", "schedule", "cluster"}
)  # fmt: skip


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
        atom = unwrapped(atom)
        for name in parameter_names(atom):
            if name in CONTEXT_NAMES and not given.keywords:
                given.keywords[name] = unknown("the task's context")
                continue
            given.keywords[name] = value_of(Input(self.kind, name))
        if any(param.kind == "rest" for param in atom.function.params) and not given.keywords:
            given.rest = value_of(Input(self.kind))
        if any(param.kind == "kwrest" for param in atom.function.params):
            given.kwrest = value_of(Input(self.kind))
        return given


class SendsReturned(FromOutside):
    """The same, where what the function returns goes back to a client."""

    sends_returned = True


def outside(kind: str, *, sends: bool = False) -> Callable[[], Convention]:
    """Return the convention of functions that something of this kind starts."""
    source = {"cli": "argument", "route": "body"}.get(kind, "message")
    return lambda: SendsReturned(source) if sends else FromOutside(source)


def run_apart(interp: Interpreter, fn: Value, args: Arguments, place: Place) -> Value:
    """Run a function as something else than the running path will: what it raises or proves stays there."""
    before = interp.state
    if before is None:
        return V_NONE
    interp.sinks.append([])
    try:
        result = interp.settle(calls.call(interp, fn, args, place, awaited=True))
    finally:
        interp.sinks.pop()
    interp.state = before
    return result.without_proofs()


class Task(Native):
    """A registered task: called it runs, and its enqueueing methods run it where they stand."""

    __slots__ = ("fn", "kind", "with_context")

    def __init__(self, fn: Value, kind: str, *, with_context: bool = False) -> None:
        self.fn = fn
        self.kind = kind
        self.with_context = with_context

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return calls.call(interp, self.fn, self.given(args, value_of(obj)), place, awaited=True)

    def given(self, args: Arguments, this: Value) -> Arguments:
        """Return the arguments behind the task itself, where the function wants it; of tasks among them, what they give."""
        args = Arguments(
            [resolved(each) for each in args.positional],
            {name: resolved(held) for name, held in args.keywords.items()},
            args.rest,
            args.kwrest,
            args.nodes,
        )
        return (
            Arguments([this, *args.positional], args.keywords, args.rest, args.kwrest, args.nodes)
            if self.with_context
            else args
        )

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("fn", "run", "func", "original_func", "__wrapped__", "call_local", "original_function", "actor"):
            return self.fn
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ENQUEUE:
            given = enqueued_arguments(interp, name, args)
            if name in SIGNATURES and misses_one(self, given):
                return waiting(interp, self, given, place)
            result = enqueue_task(interp, self, given, place)
            for link in (args.keywords.get(each) for each in ("link", "chord")):
                if link is not None:
                    pipe(interp, [queued(interp, result, place), link], place)
            return queued(interp, result, place)
        if name in ("run", "fn", "func", "call_local", "local", "original_func", "__wrapped__", "inner", "run_local"):
            return calls.call(interp, self.fn, self.given(args, value_of(obj)), place, awaited=True)
        if name in ("retry", "reject"):
            interp.throw(unknown("a retry"))
            return unknown("nothing")
        if name in ("options", "set", "using", "with_options", "configure", "clone", "with_labels", "on"):
            return value_of(obj)
        return None


def resolved(value: Value) -> Value:
    """Return a value with tasks on their way by what they give."""
    if not any(isinstance(obj.native, Queued) and obj.native.result is not None for obj in value.only(Obj)):
        return value
    return join_all(
        atom.native.result.with_proofs(proofs)
        if isinstance(atom, Obj) and isinstance(atom.native, Queued) and atom.native.result is not None
        else Value(((atom, proofs),))
        for atom, proofs in value.alts
    )


class Queued(Native):
    """A task on its way, what it gives back, and the members of a group; `rest` of a chain waits for what comes before it."""

    __slots__ = ("members", "rest", "result")

    def __init__(self, result: Value | None = None, rest: Waiting | None = None, members: Sequence[Value] = ()) -> None:
        self.result = result
        self.rest = rest
        self.members = members

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get", "wait", "result", "collect", "join", "get_result", "wait_result"):
            return self.result if self.result is not None else unknown("the result of a task")
        if name in ("status", "ready", "successful", "failed"):
            return unknown("the state of a task")
        if name == "then" and args.positional:
            # Huey's pipelines; the further arguments are the next task's.
            nexts = [each.native for each in args.positional[0].only(Obj) if isinstance(each.native, Task)]
            given = Arguments(
                [*([self.result] if self.result is not None else []), *args.positional[1:]], args.keywords
            )
            for each in nexts:
                self.result = enqueue_task(interp, each, given, place)
        return value_of(obj)

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        """`chord(header)(callback)`, `chain(...)()`."""
        return pipe(interp, [value_of(obj), *args.positional], place)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "result" and self.result is not None:
            return self.result
        return unknown(f"the {name} of a queued task")


@dataclass(slots=True)
class Waiting:
    """A signature that lacks its first argument, with the paths on which it was made."""

    task: Task
    given: Arguments
    place: Place
    state: State | None
    is_done: bool = False

    def run(self, interp: Interpreter, before: Value) -> Value:
        """Run it with what came before it."""
        self.is_done = True
        return enqueue_task(
            interp, self.task, Arguments([before, *self.given.positional], self.given.keywords), self.place
        )


def queued(interp: Interpreter, result: Value | None, place: Place) -> Value:
    """Return a task on its way."""
    return native_object(interp, "task", Queued(result), place, "a queued task")


def waiting(interp: Interpreter, task: Task, given: Arguments, place: Place) -> Value:
    """Return a signature that waits for its first argument. One that nothing completes runs with an unknown one in the end."""
    rest = Waiting(task, given, place, interp.state)
    interp.models.memory("waiting tasks", list).append(rest)
    return native_object(interp, "task", Queued(rest=rest), place, "a signature")


def finish_waiting(interp: Interpreter) -> None:
    """Run the signatures that nothing in view has completed."""
    held: list[Waiting] = interp.models.memory("waiting tasks", list)
    left = [each for each in held if not each.is_done]
    held.clear()
    after = interp.state
    for each in left:
        interp.state = each.state
        each.run(interp, unknown("the result of the task before"))
    interp.state = after


def pipe(interp: Interpreter, stages: list[Value], place: Place) -> Value:
    """Run tasks one after the other, each with the result of the one before."""
    before: Value | None = None
    for stage in stages:
        before = completed(interp, stage, before if before is not None else unknown("the result of the task before"))
    return queued(interp, before, place)


def completed(interp: Interpreter, stage: Value, before: Value) -> Value:
    """Return what a task, or the members of a group, give; those that wait are run with what came before."""
    results = []
    for obj in stage.only(Obj):
        native = obj.native
        if isinstance(native, Task):
            results.append(enqueue_task(interp, native, Arguments([before]), obj.place or interp.no_place("")))
        if not isinstance(native, Queued):
            continue
        if native.members:
            listed = interp.new("list")
            listed.items = [completed(interp, member, before) for member in native.members]
            results.append(value_of(listed))
        elif native.rest is not None:
            native.result = native.rest.run(interp, before)
        if native.result is not None:
            results.append(native.result)
    return join_all(results) if results else unknown("the result of a task")


def chain(call: LibraryCall) -> Value | None:
    """`chain(a.s(), b.s())`, `pipeline([a.message(), b.message()])`; `group` runs all, `chord` has one get what they give."""
    interp = call.interp
    first = call.args.get(0)
    listed = operators.known_items(interp, first) if first is not None and len(call.args.positional) == 1 else None
    stages = listed if listed is not None else list(call.args.positional)
    if call.settings.get("members"):
        held = operators.known_items(interp, first) if first is not None else None
        group = Queued(members=held if held is not None else stages[:1])
        made = native_object(interp, "task", group, call.place, "a group of tasks")
        callbacks = [
            *call.args.positional[1:],
            *(call.args.keywords.get(name) or NOTHING for name in ("callback", "body")),
        ]
        given = [each for each in callbacks if each.alts]
        return pipe(interp, [made, given[0]], call.place) if call.settings["members"] == "chord" and given else made
    return pipe(interp, stages, call.place)


def misses_one(task: Task, given: Arguments) -> bool:
    """Whether exactly one argument is missing: what came before a task in a chain is its first."""
    if given.rest is not None or given.kwrest is not None:
        return False
    for fn in task.fn.only(Fn):
        bound = len(fn.function.params) - len(parameter_names(fn)) if fn.this is not None else 0
        required = [param for param in fn.function.params if param.kind == "positional" and param.default is None]
        return len(required) - bound - task.with_context - len(given.positional) - len(given.keywords) == 1
    return False


def enqueue_task(interp: Interpreter, task: Task, args: Arguments, place: Place) -> Value:
    """Run a task where it is enqueued, and return what it gives back."""
    note_enqueued(interp, task.fn)
    unbound = [fn for fn in task.fn.only(Fn) if fn.home is not None and fn.this is None]
    if unbound and unbound[0].function.kind not in ("static", "classmethod"):
        from cybrid_audit.models.types import injected

        fn = unbound[0]
        task = Task(value_of(fn.bind(injected(interp, fn.home))), task.kind, with_context=task.with_context)
    if misses_one(task, args):
        args = Arguments([unknown("the result of the task before"), *args.positional], args.keywords)
    return run_apart(interp, task.fn, task.given(args, unknown("the task")), place)


def enqueued_arguments(interp: Interpreter, name: str, args: Arguments) -> Arguments:
    """Return what a task gets: `apply_async(args=[…], kwargs={…})` unpacked."""
    if name in LATE:
        return Arguments(args.positional[1:], args.keywords, args.rest, args.kwrest)
    if name not in LISTED:
        return args
    if (
        name in ("signature", "subtask", "schedule")
        and not ({"args", "kwargs"} & set(args.keywords))
        and not args.positional
    ):
        return args
    listed = args.get(0, "args")
    items = operators.known_items(interp, listed) if listed is not None and listed.only(Obj) else []
    named: dict[str, Value] = {}
    rest: Value | None = None
    for obj in (args.get(1, "kwargs") or V_NONE).only(Obj):
        named.update(obj.fields)
        rest = obj.rest
    return Arguments(
        items if items is not None else [], named, None if items is not None else unknown("arguments of a task"), rest
    )


def note_enqueued(interp: Interpreter, fn: Value) -> None:
    """Remember that something in the project enqueues a task."""
    held: set[int] = interp.models.memory("enqueued", set)
    for atom in fn.atoms():
        if isinstance(atom, Fn) and id(atom.function) not in held:
            held.add(id(atom.function))
            interp.store_version += 1


def add_task(
    interp: Interpreter,
    models: Models,
    value: Value,
    kind: str,
    place: Place,
    name: str = "",
    *,
    with_context: bool = False,
    sends: bool = False,
) -> Value:
    """Register functions as tasks and return what stands for them."""
    value = opened(value)
    result = value
    for atom in value.atoms():
        if isinstance(atom, Obj) and isinstance(atom.native, Task):
            add_task(interp, models, atom.native.fn, kind, place, name, with_context=atom.native.with_context)
        elif isinstance(atom, Fn):
            at = original_place(atom)
            entry = Entry(KINDS[kind], name or atom.function.name, at, value_of(atom), outside(kind, sends=sends))
            entry.unless_entered = kind in ENQUEUED
            if atom.home is not None and atom.this is None and atom.function.kind not in ("static", "classmethod"):
                entry.setup = bound_to_own(entry, atom.home, atom)
            register(models, entry)
            if kind in ENQUEUED:
                task = Task(value_of(atom), kind, with_context=with_context)
                result = native_object(interp, "task", task, place, atom.function.name)
                for obj in result.only(Obj):
                    obj.shared = True
                    for known in {
                        name,
                        f"{atom.module.path.removesuffix('.py').replace('/', '.')}.{atom.function.name}",
                    } - {""}:
                        models.memory("tasks by name", dict)[known] = obj
    return result


def bound_to_own(entry: Entry, info: ClassInfo, fn: Fn) -> Callable[[Interpreter, Convention], None]:
    """Return what gives a method that was registered inside its class an instance."""

    def bind(interp: Interpreter, convention: Convention) -> None:
        from cybrid_audit.models.types import injected

        entry.handler = value_of(fn.bind(injected(interp, info)))

    return bind


def named_task(interp: Interpreter, name: str) -> Value | None:
    """Return the task of a name: its own, or the dotted path of its function; None when there is none."""
    held: dict[str, Obj] = interp.models.memory("tasks by name", dict)
    if name in held:
        return value_of(held[name])
    for known, obj in held.items():
        if known.endswith(f".{name}"):
            return value_of(obj)
    owner, _, member = name.rpartition(".")
    module = interp.models.program.find(interp.frame.module.path, owner) if owner else None
    if module is None:
        return None
    found = interp.models.program.member(interp, module, member)
    return found if any(isinstance(atom, Fn | Obj) for atom in found.atoms()) else None


def task(call: LibraryCall) -> Value | None:
    """A decorator, with or without arguments, that registers a function: `@shared_task`, `@app.task(bind=True)`."""
    kind = str(call.settings["kind"])
    first = call.args.get(0)
    name = text(call.args.keywords.get("name"))
    bound = (
        call.args.keywords.get("bind") or call.args.keywords.get("context") or call.args.keywords.get("pass_context")
    )
    with_context = bound is not None and any(getattr(atom, "value", None) is True for atom in bound.atoms())
    sends = bool(call.settings.get("sends"))
    if first is not None and first.only(Fn):
        return add_task(call.interp, call.models, first, kind, call.place, name, with_context=with_context, sends=sends)
    return decorator(
        lambda interp, value, place: add_task(
            interp, interp.models, value, kind, place, name, with_context=with_context, sends=sends
        )
    )


def decorated(call: LibraryCall) -> Value | None:
    """The same, where the decorator is not called: the decorated function is the argument."""
    return add_task(
        call.interp,
        call.models,
        call.args.positional[0],
        str(call.settings["kind"]),
        call.place,
        sends=bool(call.settings.get("sends")),
    )


def registered(call: LibraryCall) -> Value | None:
    """A call that is given a function to run later: `scheduler.add_job(fn)`, `schedule.every().do(fn)`, `CommandHandler("pay", fn)`."""
    kind = str(call.settings["kind"])
    for value in (*call.args.positional, *call.args.keywords.values()):
        add_task(call.interp, call.models, value, kind, call.place, sends=bool(call.settings.get("sends")))
        for name in value.strings() if call.settings.get("named") else ():
            found = named_task(call.interp, name.replace(":", "."))
            if found is not None:
                add_task(call.interp, call.models, found, kind, call.place)
    return unknown("a job")


def enqueue(call: LibraryCall) -> Value | None:
    """A call that enqueues a function, or a task by name: `queue.enqueue(fn, *args)`, `send_task("name", args)`."""
    skip = int(call.settings.get("skip", 0))
    first = call.args.get(skip, str(call.settings.get("named", "func")))
    if first is None:
        return None
    found = [
        value_of(atom)
        for atom in first.atoms()
        if isinstance(atom, Fn) or (isinstance(atom, Obj) and isinstance(atom.native, Task))
    ]
    for name in first.strings() if not found else ():
        held = named_task(call.interp, name)
        if held is not None:
            found.append(held)
    rest = Arguments(
        call.args.positional[skip + 1 :],
        {
            k: v
            for k, v in call.args.keywords.items()
            if k not in JOB_OPTIONS and not k.startswith("job_") and k != "func"
        },
        call.args.rest,
        call.args.kwrest,
    )
    if call.settings.get("listed") or (set(rest.keywords) & {"args", "kwargs"} and not rest.positional):
        rest = enqueued_arguments(call.interp, "apply_async", rest)
    results = []
    for value in found:
        for atom in value.atoms():
            task = (
                atom.native
                if isinstance(atom, Obj) and isinstance(atom.native, Task)
                else Task(value_of(atom), "queue")
            )
            results.append(enqueue_task(call.interp, task, rest, call.place))
    if call.settings.get("gives") == "result" and found:
        return join_all(results)
    return queued(call.interp, join_all(results), call.place) if found else None


def enqueue_own(call: LibraryCall) -> Value | None:
    """An enqueueing method of an instance whose class derives from a library's task: it runs the method that `method` names."""
    name = call.path.rsplit(".", 1)[-1]
    results = []
    for obj in call.sources:
        if isinstance(obj, Obj) and obj.cls is not None and obj.cls.method(str(call.settings["method"])) is not None:
            fn = attributes.get_attribute(call.interp, value_of(obj), str(call.settings["method"]), call.place)
            results.append(
                enqueue_task(
                    call.interp, Task(fn, "queue"), enqueued_arguments(call.interp, name, call.args), call.place
                )
            )
    return queued(call.interp, join_all(results), call.place)


def class_handler(call: LibraryCall) -> None:
    """A class whose method a queue or server calls; `method` in the settings names it, `methods` several."""
    kind = str(call.settings["kind"])
    names = call.settings.get("methods") or [call.settings["method"]]
    for info in call.sources:
        if isinstance(info, ClassInfo):
            for name in names:
                register_method(call.models, info, str(name), kind)


def register_method(
    models: Models, info: ClassInfo, name: str, kind: str, *, sends: bool = False, label: str = ""
) -> None:
    """Register a method of a class as an entry point; each run gets an instance of its own."""
    found = info.method(name)
    if found is None:
        return
    function, home = found
    place = place_of(home.module.path, function.span)
    plain = value_of(Fn(function, home.scope, home.module, None, home))
    entry = Entry(KINDS[kind], label or f"{info.name}.{name}", place, plain, outside(kind, sends=sends))

    def bind(interp: Interpreter, convention: Convention) -> None:
        from cybrid_audit.models.types import injected

        entry.handler = attributes.get_attribute(interp, injected(interp, info), name, place)

    entry.setup = bind
    entry.unless_entered = kind == "queue"
    register(models, entry)


def arq_settings(call: LibraryCall) -> Value | None:
    """Connection settings of arq: its workers are classes that list their functions."""
    on_collect(call.models, "arq", lambda interp: arq_workers(interp, call.models))
    return None


def arq_workers(interp: Interpreter, models: Models) -> None:
    """Register the functions that worker classes list."""
    for info in list(models.program.classes):
        listed = info.statics.fields.get("functions")
        if listed is None or info.module.family != "python":
            continue
        for item in operators.known_items(interp, listed) or []:
            for atom in item.atoms():
                add_task(interp, models, value_of(atom), "queue", interp.no_place(info.module.path), with_context=True)
            for name in item.strings():
                owner, _, member = name.rpartition(".")
                module = models.program.find(info.module.path, owner) if owner else None
                if module is not None:
                    add_task(
                        interp,
                        models,
                        models.program.member(interp, module, member),
                        "queue",
                        interp.no_place(info.module.path),
                        with_context=True,
                    )


class CeleryApp(Native):
    """A Celery application: its tasks, what it sends by name, its beat schedule."""

    __slots__ = ("schedule",)

    def __init__(self, schedule: Value) -> None:
        self.schedule = schedule

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "conf":
            return self.schedule
        if name in ("on_after_configure", "on_after_finalize", "on_configure"):
            return native_object(interp, "signal", Signal(value_of(obj)), place, "a signal")
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        call = LibraryCall(
            interp,
            interp.models,
            f"celery.Celery().{name}",
            frozenset(),
            args,
            place,
            {"kind": "queue", "listed": True, "named": "name"},
        )
        if name in ("task", "periodic_task"):
            return task(call)
        if name in ("send_task", "signature"):
            return enqueue(call)
        if name == "register_task":
            return args.get(0)
        if name == "add_periodic_task":
            return V_NONE
        if name in ("config_from_object", "autodiscover_tasks", "worker_main", "start", "set_default", "finalize"):
            return V_NONE
        return None


class Signal(Native):
    """A signal: `connect` has a function run when it is sent."""

    __slots__ = ("sender",)

    def __init__(self, sender: Value) -> None:
        self.sender = sender

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name != "connect":
            return None

        def connected(inner: Interpreter, value: Value, at: Place) -> Value:
            for fn in value.only(Fn):
                entry = Entry(
                    EntryKind.SCHEDULE,
                    fn.function.name,
                    original_place(fn),
                    value_of(fn),
                    lambda: WithSender(self.sender),
                )
                register(inner.models, entry)
            return value

        if args.positional and args.positional[0].only(Fn):
            return connected(interp, args.positional[0], place)
        return decorator(connected)


class WithSender(Convention):
    """`receiver(sender, **kwargs)`."""

    def __init__(self, sender: Value) -> None:
        self.sender = sender

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[self.sender], kwrest=unknown("what a signal carries"))


def celery(call: LibraryCall) -> Value | None:
    """`Celery("name")`."""
    conf = call.interp.new("map", place=call.place)
    conf.label = "configuration of the queue"
    conf.native = Settings()
    return native_object(call.interp, "celery", CeleryApp(value_of(conf)), call.place, "the task queue")


class Settings(Native):
    """`app.conf`: what is set on it is kept; asking for more gives nothing known."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return unknown("a setting of the task queue")

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "update":
            for key, value in args.keywords.items():
                if key == "beat_schedule":
                    beat(interp, value, place)
            return V_NONE
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in ("beat_schedule", "CELERYBEAT_SCHEDULE", "CELERY_BEAT_SCHEDULE"):
            beat(interp, new, place)
        return False


def beat(interp: Interpreter, table: Value, place: Place) -> None:
    """Have the tasks of a beat schedule run on their own, whoever else enqueues them."""
    rows: list[tuple[Value, Place]] = interp.models.memory("beat", list)
    rows.append((table, place))
    on_collect(interp.models, "beat", lambda inner: beat_tasks(inner, rows))


def beat_tasks(interp: Interpreter, rows: list[tuple[Value, Place]]) -> None:
    """Register the tasks that beat schedules name."""
    for table, place in rows:
        for obj in table.only(Obj):
            for row in obj.fields.values():
                for inner in row.only(Obj):
                    for name in texts_of(inner.fields.get("task")):
                        found = named_task_of(interp, name)
                        for atom in found.only(Obj) if found is not None else ():
                            if isinstance(atom.native, Task):
                                add_task(interp, interp.models, atom.native.fn, "schedule", place, name)


def named_task_of(interp: Interpreter, name: str) -> Value | None:
    """Return a task by name, outside any activation."""
    held: dict[str, Obj] = interp.models.memory("tasks by name", dict)
    return next(
        (
            value_of(obj)
            for known, obj in held.items()
            if known == name or known.endswith(f".{name}") or name.endswith(f".{known}")
        ),
        None,
    )


def texts_of(value: Value | None) -> list[str]:
    """Return the constant strings among a value's alternatives."""
    return list(value.strings()) if value is not None else []
