"""Entry points: what starts code, what runs before it, and running it.

A framework's model registers routes while modules run; when all have run, its collector says which entry points there are. An
entry point names the steps that run before its handler (middleware, guards, hooks) in their order, and the convention by which
they are called; `run` walks them on fresh paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.engine import calls
from cybrid_audit.engine.recorder import location_of
from cybrid_audit.engine.state import State, join_states
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Bool,
    ClassInfo,
    Const,
    Fn,
    Input,
    Obj,
    Outcome,
    Place,
    Scope,
    Value,
    place_of,
    shared_proofs,
    truth,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind, EntryPoint
from cybrid_audit.limits import MAX_STEPS_PER_MODULE
from cybrid_audit.models.native import LibraryCall
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule
    from cybrid_audit.engine.reach import Reach
    from cybrid_audit.models import Models


BY_CONVENTION: Final = ("next_js", "file_routes", "serverless")
"""Frameworks that find handlers by the names of files and exports; each has `collect(interp, models)`."""
BY_FAMILY: Final = {"dart": "dart_servers", "swift": "swift_servers"}
"""The same for a family of languages alone."""


@dataclass(slots=True)
class Step:
    """Something that runs before a handler. `mode` tells how it lets a request go on:

    `next` by calling its next function; `hook` by returning nothing; `raise` by returning at all; `truthy` by returning a truthy
    value; `response` by returning nothing or calling on; `takeover` by returning anything but an answer that takes over."""

    fn: Value
    mode: str
    place: Place
    base: str = ""
    """The prefix that the router of a middleware is mounted at."""
    parameter: bool = False
    """It gets a parameter of the path as well."""


class Convention:
    """How a framework calls its handlers: the arguments, and what it does with what they return. One instance per run of an
    entry point, so that middleware and handler see the same request."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        """Return the arguments of a handler."""
        return Arguments(rest=value_of(Input("request")))

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        """Return the arguments of a step."""
        given = self.arguments(interp, step.fn)
        return Arguments([*given.positional, next_fn], given.keywords, given.rest)

    def going_on(self, interp: Interpreter, args: Arguments) -> None:
        """A step calls on with these arguments."""

    def answer(self, interp: Interpreter, place: Place) -> Value:
        """Return what a step gets for calling on."""
        return V_NONE

    takes_errors = False
    """Whether calling on with an argument means that something went wrong."""
    sends_returned = False
    """Whether the framework sends what a handler returns to the client."""

    def returned(self, interp: Interpreter, value: Value, place: Place) -> None:
        """The handler returns a value at this place; frameworks that send it hand it over."""
        from cybrid_audit.models import sinks

        sinks.hand_over(interp, value, place, "response")


@dataclass(slots=True)
class Entry:
    """An entry point with everything needed to run it. `path` is the route with all prefixes, `method` upper case or empty."""

    kind: EntryKind
    name: str
    place: Place
    handler: Value
    convention: Callable[[], Convention] = Convention
    steps: Sequence[Step] = ()
    path: str = ""
    method: str = ""
    setup: Callable[[Interpreter, Convention], None] | None = field(default=None)
    is_outermost: bool = True
    """Nothing in the project so much as names it."""
    unless_entered: bool = False
    """A queue consumer: where the project itself enqueues it, it ran there, with the guards held there."""

    @property
    def point(self) -> EntryPoint:
        """The entry point as a fact."""
        return EntryPoint(self.kind, self.name, location_of(self.place))


def register(models: Models, entry: Entry) -> None:
    """Add an entry point, once per place and name."""
    held: dict[Any, Entry] = models.memory("entries", dict)
    held.setdefault((entry.kind, entry.place, entry.name, entry.path, entry.method), entry)


def registered(models: Models) -> list[Entry]:
    """Return the entry points known so far, in order of their places."""
    held: dict[Any, Entry] = models.memory("entries", dict)
    return sorted(held.values(), key=lambda e: (e.place, e.name, e.method))


def on_collect(models: Models, name: str, collect: Callable[[Interpreter], None]) -> None:
    """Have a framework's collector called when all modules have run; once per name."""
    models.memory("collectors", dict).setdefault(name, collect)


FACTORIES: Final = (
    ("python", "python_web", "run_factories"),
    ("javascript", "factories", "run"),
    ("jvm", "ktor", "run"),
)
"""Family, framework and function that runs what sets applications up and nothing calls. It may tell of further collectors."""


def collect(interp: Interpreter, models: Models) -> None:
    """Let every framework register the entry points it knows. A fault of ours costs that framework's, and the report says so."""

    def of_framework(name: str, function: str) -> Callable[[Interpreter], None]:
        return lambda inner: getattr(import_module(f"cybrid_audit.models.frameworks.{name}"), function)(inner, models)

    families = {module.family for module in models.program.modules.values()}
    for family, name, function in FACTORIES:
        if family in families:
            _collect(interp, models, name, of_framework(name, function))
    names = [*BY_CONVENTION, *(name for family, name in BY_FAMILY.items() if family in families)]
    by_convention = {name: of_framework(name, "collect") for name in names}
    for name, collector in [*models.memory("collectors", dict).items(), *by_convention.items()]:
        _collect(interp, models, name, collector)


def _collect(interp: Interpreter, models: Models, name: str, collector: Callable[[Interpreter], None]) -> None:
    from cybrid_audit.engine.interpreter import Exhausted

    interp.start(MAX_STEPS_PER_MODULE)
    try:
        collector(interp)
    except Exhausted:
        models.recorder.skip(next(iter(models.program.modules), ""), "not all of its project's routes were found")
    except Exception as error:
        if models.fails_loudly:
            raise
        from cybrid_audit.engine.run import describe

        models.recorder.skip(
            next(iter(models.program.modules), ""), f"routes ({name}) were not found: {describe(error)}"
        )


# ---------------------------------------------------------------- running


def run(interp: Interpreter, models: Models, entry: Entry, step_limit: int) -> None:
    """Run an entry point on fresh paths: its steps, then its handler."""
    from cybrid_audit.engine.interpreter import Exhausted

    module = (
        module_of(interp, entry.handler)
        or models.program.load(entry.place.path)
        or next(iter(models.program.modules.values()), None)
    )
    if module is None:
        return
    interp.start(step_limit)
    models.recorder.entry = entry.point
    models.recorder.entries[entry.point] = None
    models.memory("request locals", dict).clear()
    interp.push(Scope(None, module), module, None)
    convention = entry.convention()
    try:
        if entry.setup is not None:
            entry.setup(interp, convention)
        for step in entry.steps:
            if interp.state is None:
                break
            run_step(interp, convention, step)
        if interp.state is not None:
            if convention.sends_returned:
                watch(interp, convention, entry.handler)
            args = convention.arguments(interp, entry.handler)
            result = interp.settle(calls.call(interp, entry.handler, args, entry.place, awaited=True))
            if entry.kind is EntryKind.LIBRARY:
                follow_returned(interp, result, entry)
        if models.memory("waiting tasks", list):
            import_module("cybrid_audit.models.frameworks.tasks").finish_waiting(interp)
    except Exhausted:
        models.recorder.skip(entry.place.path, f"{entry.name} was followed in part, not to its end")
    finally:
        interp.watched, interp.on_return = set(), None
        models.recorder.entry = None


def follow_returned(interp: Interpreter, result: Value, entry: Entry) -> None:
    """Run the functions that a function whose callers nobody sees gives back: `(id) => async (dispatch) => …`."""
    for fn in result.only(Fn):
        if id(fn.function) not in interp.entered and interp.state is not None and fn.scope.function is not None:
            args = Unpassed().arguments(interp, value_of(fn))
            interp.settle(calls.call(interp, value_of(fn), args, entry.place, awaited=True))


def watch(interp: Interpreter, convention: Convention, handler: Value) -> None:
    """Have the convention told what the handler returns: the wrapped function's own return rather than its wrapper's."""
    from cybrid_audit.models import sinks

    pending = [atom for atom in handler.atoms() if isinstance(atom, Fn)]
    for _ in range(4):
        inner = [
            atom
            for fn in pending
            for name in wrapped_names(fn)
            for atom in fn.scope.vars[name].atoms()
            if isinstance(atom, Fn)
        ]
        interp.watched.update(id(fn.function) for fn in pending)
        pending = inner
    seen: set[Any] = set()

    def on_return(value: Value, place: Place, passes_on: bool) -> None:
        tokens = frozenset(sinks.whole_tokens(value))
        if passes_on and tokens and tokens <= seen:
            return
        seen.update(tokens)
        convention.returned(interp, value, place)

    interp.on_return = on_return


def wrapped_names(fn: Fn) -> list[str]:
    """Return the variables through which a wrapper holds what it wraps: the parameters of the function that made it."""
    from cybrid_audit import ir

    maker = fn.scope.function
    if maker is None:
        return []
    names = [param.target.id for param in maker.params if isinstance(param.target, ir.Name)]
    return [name for name in names if name in fn.scope.vars]


def module_of(interp: Interpreter, value: Value) -> LoadedModule | None:
    """Return the module of the first project function among a value's alternatives."""
    for atom in value.atoms():
        if isinstance(atom, Fn | ClassInfo):
            return atom.module
        if isinstance(atom, Obj) and atom.cls is not None:
            return atom.cls.module
    return None


def run_step(interp: Interpreter, convention: Convention, step: Step) -> None:
    """Run a step; what goes on are the paths on which it lets the request pass."""
    before = interp.state
    if before is None:
        return
    passed: list[State] = []

    def go_on(inner: Interpreter, args: Arguments, place: Place) -> Value:
        going = inner.state
        if args.positional and convention.takes_errors:
            going = unless_error(inner, args.positional[0])
        if going is not None:
            passed.append(going)
            convention.going_on(inner, args)
        return convention.answer(inner, place)

    next_fn = value_of(NativeFn("next", go_on))
    value = interp.settle(
        calls.call(interp, step.fn, convention.step_arguments(interp, step, next_fn), step.place, awaited=True)
    )
    after = interp.state
    known = any(
        isinstance(atom, Fn | NativeFn | ClassInfo)
        or (isinstance(atom, Obj) and (atom.cls is not None or atom.native is not None))
        for atom in step.fn.atoms()
    )
    if step.mode == "next":
        if not known:
            # Middleware of a library: it is taken to call on.
            interp.state = after
            return
        interp.state = join_states(passed, before.branch)
    elif step.mode == "hook":
        interp.state = after
        if after is not None:
            keep_if(interp, value, lambda verdict: verdict is not True)
    elif step.mode == "truthy":
        interp.state = after
        if after is not None:
            when_true, _ = interp.split(value, None)
            interp.resume(when_true)
    elif step.mode == "takeover":
        interp.state = after
        if (
            after is not None
            and value.alts
            and all(isinstance(atom, Obj) and "%takeover" in atom.fields for atom in value.atoms())
        ):
            interp.state = None
        elif interp.state is not None:
            fits = [proofs for atom, proofs in value.alts if not (isinstance(atom, Obj) and "%takeover" in atom.fields)]
            interp.state = interp.state.prove(frozenset.intersection(*fits)) if fits else interp.state
    elif step.mode == "response":
        states = list(passed)
        interp.state = after
        if after is not None:
            keep_if(interp, value, lambda verdict: verdict is not True)
            if interp.state is not None:
                states.append(interp.state)
        interp.state = join_states(states, before.branch)
    else:
        interp.state = after


def unless_error(interp: Interpreter, error: Value) -> State | None:
    """Return the paths on which an error that is passed on is none: a constant, or the outcome of a check."""
    fits = [
        (atom, proofs)
        for atom, proofs in error.alts
        if isinstance(atom, Const | Bool | Outcome) and truth(atom) is not True
    ]
    if not fits or interp.state is None:
        return None
    return interp.state.prove(shared_proofs([proofs | interp.proofs_if(atom, False) for atom, proofs in fits]))


def keep_if(interp: Interpreter, value: Value, wanted: Callable[[bool | None], bool]) -> None:
    """Keep only the paths on which a step returned nothing (or what may be nothing)."""
    fits = [(atom, proofs) for atom, proofs in value.alts if wanted(truth(atom))]
    if not fits and value.alts:
        interp.state = None
        return
    if interp.state is not None and fits:
        proven = [proofs for _, proofs in fits]
        interp.state = interp.state.prove(frozenset.intersection(*proven))


def has_run(interp: Interpreter, entry: Entry) -> bool:
    """Whether something has already run a function of the entry point in this pass."""
    return any(isinstance(atom, Fn) and id(atom.function) in interp.entered for atom in entry.handler.atoms())


# ---------------------------------------------------------------- what nobody calls


def library_entries(interp: Interpreter, models: Models) -> list[Entry]:
    """Return functions and methods of the project that nothing has entered: their callers are unknown."""
    from cybrid_audit.facts import Side

    found: list[Entry] = []
    leading, inner = _reach(models)
    for fn in list(models.program.functions.values()):
        if id(fn.function) not in leading:
            continue
        if id(fn.function) in interp.entered or fn.home is not None or fn.scope.function is not None:
            continue
        if fn.scope.module is None or fn.module.scope is not fn.scope:
            continue
        if models.recorder.side(fn.module.path) in (Side.TEST, Side.DOCS, Side.VENDORED):
            continue
        place = place_of(fn.module.path, fn.function.span)
        found.append(
            Entry(
                EntryKind.LIBRARY,
                fn.function.name or "a function",
                place,
                value_of(fn),
                Unpassed,
                is_outermost=id(fn.function) not in inner,
            )
        )
    for info in list(models.program.classes):
        if models.recorder.side(info.module.path) in (Side.TEST, Side.DOCS, Side.VENDORED):
            continue
        for function in info.definition.methods:
            if (
                id(function) not in leading
                or id(function) in interp.entered
                or function.kind in ("constructor", "getter", "setter", "extension getter")
                or "abstract" in function.directives
                or function.name == "__init__"
                or function.name.startswith("%")
            ):
                continue
            place = place_of(info.module.path, function.span)
            handler = value_of(Fn(function, info.scope, info.module, None, info))
            convention = partial(UnpassedMethod, info)
            found.append(
                Entry(
                    EntryKind.LIBRARY,
                    f"{info.name}.{function.name}",
                    place,
                    handler,
                    convention,
                    # An object of a class without name is made where it stands: that code says what its methods get.
                    is_outermost=id(function) not in inner and bool(info.name),
                )
            )
    return sorted(found, key=lambda e: (e.place, e.name))


def _reach(models: Models) -> Reach:
    """Return which functions may lead to the platform; made anew when more modules have been loaded."""
    from cybrid_audit.engine.reach import reach_of

    modules = models.program.modules
    held: dict[int, Reach] = models.memory("reach", dict)
    if len(modules) not in held:
        operations = models.knowledge.operations
        names = frozenset(name for operation in (*operations.all, *operations.removed) for name in operation.methods)
        held.clear()
        held[len(modules)] = reach_of(modules.values(), names)
    return held[len(modules)]


class Unpassed(Convention):
    """A function called from outside the project: nothing is known of its arguments."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        function = next((atom.function for atom in fn.atoms() if isinstance(atom, Fn)), None)
        if function is None:
            return Arguments()
        family = interp.frame.module.family
        if family == "python":
            return Arguments()
        from cybrid_audit import ir

        return Arguments(
            positional=[
                unknown(
                    "a parameter that nobody passes", hint=param.target.id if isinstance(param.target, ir.Name) else ""
                )
                for param in function.params
                if param.kind == "positional"
            ]
        )

    def answered(self, interp: Interpreter, entry: Entry, value: Value, place: Place) -> None:
        """What is returned to code that nobody has seen may be used for anything."""
        from cybrid_audit.models import sinks

        sinks.escape(interp, value, "it is returned to code that is not part of the analysis")


class UnpassedMethod(Unpassed):
    """A method called from outside the project, on an instance that is assumed and belongs to nobody else."""

    def __init__(self, info: ClassInfo) -> None:
        self.info = info

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        from cybrid_audit.models.types import assumed, singleton

        given = super().arguments(interp, fn)
        atom = next((each for each in fn.atoms() if isinstance(each, Fn)), None)
        if atom is not None and atom.function.kind != "static":
            atom.this = (
                value_of(self.info)
                if atom.function.kind == "classmethod"
                else (
                    singleton
                    if self.info.definition.decorators and self.info.module.family == "javascript"
                    else assumed
                )(interp, self.info)
            )
        return given


# ---------------------------------------------------------------- hooks of the facade


def unknown_decorator(call: LibraryCall) -> None:
    """A library decorator that no row explains."""


def function_method(call: LibraryCall) -> Value | None:
    """A method call on a project function, e.g. a task that is enqueued."""
    return None


def class_defined(call: LibraryCall) -> None:
    """A class of the project has been defined: frameworks that find handlers by class look here."""
    for info in call.sources:
        if isinstance(info, ClassInfo):
            if info.module.language == "java" and any(each.name == "main" for each in info.definition.methods):
                import_module("cybrid_audit.models.jvm.servers").script(call.models, info)
            if info.module.family == "python":
                for function in info.definition.methods:
                    if function.decorators:
                        calls.decorated_method(call.interp, function, info, None)
            for base in info.library_bases():
                # gRPC generates a base class a service, under any name.
                path = "grpc.Servicer" if base.endswith("Servicer") else base
                row = call.models.row(call.interp, "subclass", path)
                if row is not None:
                    call.models.apply(row, call.interp, base, call.sources, Arguments(), call.place)
                    return


def own_route(call: LibraryCall) -> Value | None:
    """A request to a route of the same project gives what that route hands out; None when there is no such route."""
    from cybrid_audit.models import own_routes

    return own_routes.answer(call)


__all__ = ["NOTHING", "Convention", "Entry", "Step", "register", "run"]
