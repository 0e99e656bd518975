"""Functions that make or run functions in Python: functools, operator, contextlib, asyncio, threads, retries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NO_PROOFS,
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Fn,
    Lib,
    Obj,
    Place,
    Promise,
    Proofs,
    Value,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.models.python.builtins import listed

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


# ---------------------------------------------------------------- functools, operator


def partial(call: LibraryCall) -> Value | None:
    """`functools.partial(fn, *args, **keywords)`."""
    fn = call.args.get(0)
    if fn is None:
        return None
    return value_of(*(bound(atom, call.args.positional[1:], call.args.keywords) for atom in fn.atoms()))


def bound(atom: Atom, positional: list[Value], keywords: dict[str, Value]) -> Atom:
    """Return a callable with its first arguments, and some by name, given."""
    if isinstance(atom, Fn):
        return Fn(
            atom.function,
            atom.scope,
            atom.module,
            atom.this,
            atom.home,
            (*atom.args, *positional),
            {**atom.keywords, **keywords},
            atom.gates,
        )

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        given = Arguments(
            [*positional, *args.positional], {**keywords, **args.keywords}, args.rest, args.kwrest, args.nodes
        )
        return calls.call(interp, value_of(atom), given, place)

    return NativeFn("partial", run)


class PartialMethod(Native):
    """`functools.partialmethod(method, *args)`: bound to the instance when it is read."""

    __slots__ = ("fn", "keywords", "positional")

    def __init__(self, fn: Value, positional: list[Value], keywords: dict[str, Value]) -> None:
        self.fn = fn
        self.positional = positional
        self.keywords = keywords

    def bound_to(self, interp: Interpreter, obj: Obj, instance: Obj, place: Place) -> Value | None:
        return value_of(*(self._bind(interp, atom, instance) for atom in self.fn.atoms()))

    def _bind(self, interp: Interpreter, atom: Atom, instance: Obj) -> Atom:
        if isinstance(atom, Fn):
            name = atom.function.name
            held = instance.cls.method(name) if instance.cls is not None else None
            if held is not None and held[0] is atom.function:
                # Through the instance, so that an override is found and decorators apply.
                def run(inner: Interpreter, args: Arguments, place: Place) -> Value:
                    return calls.call_method(inner, value_of(instance), name, self._given(args), place)

                return NativeFn(name, run)
            return bound(atom.bind(value_of(instance)), self.positional, self.keywords)
        return bound(atom, [value_of(instance), *self.positional], self.keywords)

    def _given(self, args: Arguments) -> Arguments:
        return Arguments(
            [*self.positional, *args.positional], {**self.keywords, **args.keywords}, args.rest, args.kwrest, args.nodes
        )


def partial_method(call: LibraryCall) -> Value | None:
    """`functools.partialmethod(method, *args, **keywords)`."""
    fn = call.args.get(0)
    if fn is None:
        return None
    return native_object(
        call.interp,
        "object",
        PartialMethod(fn, call.args.positional[1:], call.args.keywords),
        call.place,
        "partialmethod",
    )


class Lazy(Native):
    """`LocalProxy(fn)`, `SimpleLazyObject(fn)`: stands for what its function gives."""

    __slots__ = ("fn",)

    def __init__(self, fn: Value) -> None:
        self.fn = fn

    def target(self, interp: Interpreter, place: Place) -> Value:
        """Return what it stands for."""
        return interp.settle(calls.call(interp, self.fn, Arguments(), place, awaited=True))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "_get_current_object":
            return self.target(interp, place)
        return calls.call_method(interp, self.target(interp, place), name, args, place)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return attributes.get_attribute(interp, self.target(interp, place), name, place)

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return attributes.get_item(interp, self.target(interp, place), value_of(key), place)

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return calls.call(interp, self.target(interp, place), args, place)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        attributes.set_attribute(interp, self.target(interp, place), name, new, place)
        return True

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        return self.target(interp, obj.place or interp.no_place(""))

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        return self.target(interp, obj.place or interp.no_place(""))


def lazy(call: LibraryCall) -> Value | None:
    """`LocalProxy(fn)`, `SimpleLazyObject(fn)`."""
    fn = call.args.get(0)
    if fn is None or not any(isinstance(atom, Fn | NativeFn | Lib | Obj | ClassInfo) for atom in fn.atoms()):
        return None
    return native_object(call.interp, "lazy", Lazy(fn), call.place, "proxy")


def decorator(call: LibraryCall) -> Value | None:
    """A call that gives a decorator which leaves the function as it is: `functools.wraps(fn)`, `retry(…)`."""
    return value_of(
        NativeFn("decorator", lambda interp, args, place: args.positional[0] if args.positional else V_NONE)
    )


def runs(call: LibraryCall) -> Value | None:
    """A call that runs a function among its arguments (`arg`) with the following ones: `asyncio.to_thread(fn, *args)`, `anyio.run(…)`.

    `task` in the settings: the result comes later, as a promise."""
    at = int(call.settings.get("arg", 0))
    fn = call.args.get(at, str(call.settings.get("name", "func")))
    if fn is None:
        return None
    given = Arguments(
        call.args.positional[at + 1 :],
        {} if call.settings.get("bare") else dict(call.args.keywords),
        call.args.rest,
        call.args.kwrest,
    )
    given.keywords.pop(str(call.settings.get("name", "func")), None)
    if all(not isinstance(atom, Fn | NativeFn | Lib | Obj | ClassInfo) for atom in fn.atoms()):
        return call.interp.settle(fn)
    if call.settings.get("task"):
        return task(call.interp, fn, given, call.place)
    return call.interp.settle(calls.call(call.interp, fn, given, call.place, awaited=True))


def task(interp: Interpreter, fn: Value, args: Arguments, place: Place) -> Value:
    """Return the promise of a function that runs elsewhere: what it proves holds only once it is waited for."""
    before = interp.state
    if before is None:
        return NOTHING
    sink: list = []  # type: ignore[type-arg]
    interp.sinks.append(sink)
    result = interp.settle(calls.call(interp, fn, args, place, awaited=True))
    interp.sinks.pop()
    done = interp.state
    proofs = done.proven - before.proven if done is not None else NO_PROOFS
    performed: Proofs = NO_PROOFS
    for state in (done, *(each.state for each in sink)):
        if state is not None:
            performed = performed.union(*(status.performed for status in state.statuses))
    interp.state = before.after(performed)
    return value_of(Promise(result, proofs))


def reduce(call: LibraryCall) -> Value | None:
    """`functools.reduce(fn, xs, initial)`."""
    interp = call.interp
    fn, source = call.args.get(0), call.args.get(1)
    if fn is None or source is None:
        return None
    known = operators.known_items(interp, source)
    held = call.args.get(2)
    if known is None or len(known) > 32:
        element = operators.element_of(interp, source)
        start = held if held is not None else element
        return start.join(calls.call(interp, fn, Arguments(positional=[start, element]), call.place))
    rest = list(known)
    if held is None:
        if not rest:
            return V_NONE
        held = rest.pop(0)
    for item in rest:
        held = calls.call(interp, fn, Arguments(positional=[held, item]), call.place)
    return held


class Property(Native):
    """`property(fget, fset)` as a class attribute."""

    __slots__ = ("getter",)

    def __init__(self, getter: Value) -> None:
        self.getter = getter

    def bound_to(self, interp: Interpreter, obj: Obj, instance: Obj, place: Place) -> Value | None:
        return calls.call(interp, self.getter, Arguments(positional=[value_of(instance)]), place, awaited=True)


def property_object(call: LibraryCall) -> Value | None:
    """`property(fget, fset)`, called rather than used as a decorator."""
    getter = call.args.get(0, "fget")
    return (
        native_object(call.interp, "object", Property(getter), call.place, "property") if getter is not None else None
    )


class Static(Native):
    """`staticmethod(fn)`, `classmethod(fn)` as a class attribute."""

    __slots__ = ("fn", "of_class")

    def __init__(self, fn: Value, *, of_class: bool) -> None:
        self.fn = fn
        self.of_class = of_class

    def bound_to(self, interp: Interpreter, obj: Obj, instance: Obj, place: Place) -> Value | None:
        if not self.of_class:
            return self.fn
        return self.fn.map(
            lambda atom: (
                atom.bind(value_of(instance.cls)) if isinstance(atom, Fn) and instance.cls is not None else atom
            )
        )

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return calls.call(interp, self.fn, args, place)


def static_method(call: LibraryCall) -> Value | None:
    """`staticmethod(fn)`, `classmethod(fn)`, called rather than used as a decorator."""
    fn = call.args.get(0)
    if fn is None:
        return None
    return native_object(
        call.interp, "object", Static(fn, of_class=call.path.endswith("classmethod")), call.place, "method"
    )


def new_object(call: LibraryCall) -> Value | None:
    """`object.__new__(cls)`: a bare instance."""
    result = NOTHING
    for info in (call.args.get(0) or NOTHING).only(ClassInfo):
        obj = call.interp.new("instance", place=call.place)
        obj.cls, obj.label = info, info.name
        result = result.join(value_of(obj))
    return result if result.alts else None


def single_dispatch(call: LibraryCall) -> Value | None:
    """`@singledispatch`, `@singledispatchmethod`: the implementation by the class of the first argument."""
    fn = call.args.get(0)
    if fn is None or not fn.only(Fn):
        return None
    plain: Fn = fn.only(Fn)[0]
    native = Dispatch(plain, method=plain.home is not None)
    if plain.home is not None:
        native.collect(call.interp, plain.home)
    return native_object(call.interp, "object", native, call.place, plain.function.name)


class Dispatch(Native):
    """A function with an implementation for each class of its first argument (behind `self` for a method)."""

    __slots__ = ("fallback", "is_method", "rows")

    def __init__(self, fallback: Fn, *, method: bool) -> None:
        self.fallback = fallback
        self.is_method = method
        self.rows: list[tuple[Value, Value]] = []

    def collect(self, interp: Interpreter, home: ClassInfo) -> None:
        """Take the methods that `@<name>.register` decorates in the class."""
        for function in home.definition.methods:
            for node in function.decorators:
                inner = node.func if isinstance(node, ir.Call) else node
                if (
                    isinstance(inner, ir.Attribute)
                    and inner.name == "register"
                    and isinstance(inner.object, ir.Name)
                    and inner.object.id == self.fallback.function.name
                ):
                    kind = (
                        interp.eval(node.args[0].value)
                        if isinstance(node, ir.Call) and node.args
                        else self._annotated(interp, function, home)
                    )
                    self.rows.append((kind, value_of(Fn(function, home.scope, home.module, None, home))))

    def _annotated(self, interp: Interpreter, function: ir.Function, home: ClassInfo | None) -> Value:
        params = function.params[1:] if self.is_method else function.params
        annotation = params[0].annotation if params else None
        return interp.eval(annotation) if annotation is not None else NOTHING

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name != "register" or not args.positional:
            return None
        first = args.positional[0]
        functions = first.only(Fn)
        if functions:
            self.rows.append((self._annotated(interp, functions[0].function, None), first))
            return first
        kind = first
        if len(args.positional) > 1:
            self.rows.append((kind, args.positional[1]))
            return args.positional[1]

        def register(inner: Interpreter, given: Arguments, where: Place) -> Value:
            self.rows.append((kind, given.positional[0]))
            return given.positional[0]

        return value_of(NativeFn("register", register))

    def bound_to(self, interp: Interpreter, obj: Obj, instance: Obj, place: Place) -> Value | None:
        return value_of(
            NativeFn(
                self.fallback.function.name,
                lambda inner, args, where: self._run(inner, [value_of(instance)], args, where),
            )
        )

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        if self.is_method and args.positional:
            rest = Arguments(args.positional[1:], args.keywords, args.rest, args.kwrest, args.nodes)
            return self._run(interp, [args.positional[0]], rest, place)
        return self._run(interp, [], args, place)

    def _run(self, interp: Interpreter, this: list[Value], args: Arguments, place: Place) -> Value:
        from cybrid_audit.models.python.builtins import instance_of

        first = args.positional[0] if args.positional else NOTHING
        chosen: list[Value] = []
        for atom in first.atoms():
            surely = [fn for kind, fn in self.rows if any(instance_of(atom, each) is True for each in kind.atoms())]
            if surely:
                chosen.append(surely[-1])
                continue
            chosen.extend(fn for kind, fn in self.rows if any(instance_of(atom, each) is None for each in kind.atoms()))
            chosen.append(value_of(self.fallback))
        given = Arguments([*this, *args.positional], args.keywords, args.rest, args.kwrest, args.nodes)
        return calls.call(interp, join_all(chosen) if chosen else value_of(self.fallback), given, place, awaited=True)


def item_getter(call: LibraryCall) -> Value | None:
    """`operator.itemgetter("a", "b")`."""
    keys = list(call.args.positional)

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        source = args.positional[0] if args.positional else NOTHING
        found = [attributes.get_item(interp, source, key, place) for key in keys]
        return found[0] if len(found) == 1 else listed(interp, found, None, None, "tuple")

    return value_of(NativeFn("itemgetter", run))


def attribute_getter(call: LibraryCall) -> Value | None:
    """`operator.attrgetter("a.b")`."""
    names = [name for value in call.args.positional for name in value.strings()[:1]]

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        source = args.positional[0] if args.positional else NOTHING
        found = []
        for name in names:
            held = source
            for part in name.split("."):
                held = attributes.get_attribute(interp, held, part, place)
            found.append(held)
        return found[0] if len(found) == 1 else listed(interp, found, None, None, "tuple")

    return value_of(NativeFn("attrgetter", run))


def method_caller(call: LibraryCall) -> Value | None:
    """`operator.methodcaller("name", *args)`."""
    name = next(iter(call.args.positional[0].strings()), "") if call.args.positional else ""
    given = Arguments(call.args.positional[1:], call.args.keywords)

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        return calls.call_method(interp, args.positional[0] if args.positional else NOTHING, name, given, place)

    return value_of(NativeFn("methodcaller", run)) if name else None


def operation(call: LibraryCall) -> Value | None:
    """`operator.add(a, b)`, `operator.eq(a, b)`, `operator.getitem(a, b)`: `op` in the settings."""
    if len(call.args.positional) < 2:
        return None
    left, right = call.args.positional[:2]
    op = str(call.settings["op"])
    if op == "[]":
        return attributes.get_item(call.interp, left, right, call.place)
    if op in ("==", "!=", "in", "is"):
        return operators.compare(call.interp, op, *((right, left) if op == "in" else (left, right)), call.place)
    return operators.binary(call.interp, op, left, right, call.place)


# ---------------------------------------------------------------- dependency injection


class Provider(Native):
    """A provider of a container: `Singleton(Class, …)`, `Factory(Class, …)`, `Callable(fn, …)`, `Object(value)`."""

    __slots__ = ("args", "fn", "kept", "kind")

    def __init__(self, kind: str, fn: Value, args: Arguments) -> None:
        self.kind = kind
        self.fn = fn
        self.args = args
        self.kept: Value | None = None

    def make(self, interp: Interpreter, given: Arguments, place: Place) -> Value:
        """Return what the provider provides."""
        if self.kind in ("Object", "Dependency", "DependenciesContainer"):
            return self.fn
        if self.kept is not None:
            return self.kept
        args = Arguments(
            [*(provided(interp, value, place) for value in self.args.positional), *given.positional],
            {**{name: provided(interp, value, place) for name, value in self.args.keywords.items()}, **given.keywords},
        )
        single = self.kind in ("Singleton", "ThreadSafeSingleton", "Resource", "ContextLocalSingleton")
        saved = interp.shared_births
        interp.shared_births += single
        try:
            made = interp.settle(calls.call(interp, self.fn, args, place, awaited=True))
        finally:
            interp.shared_births = saved
        made = join_all(
            obj.rest or NOTHING if isinstance(obj, Obj) and obj.kind == "generator" else value_of(obj)
            for obj in made.atoms()
        )
        if single:
            self.kept = made
        return made

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return self.make(interp, args, place)

    def bound_to(self, interp: Interpreter, obj: Obj, instance: Obj, place: Place) -> Value | None:
        return value_of(obj)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "provider":
            return value_of(obj)
        if name == "provided":
            return self.make(interp, Arguments(), place)
        if self.kind == "Configuration":
            return native_object(
                interp,
                "provider",
                Provider("Object", unknown("a configured value", hint=name), Arguments()),
                place,
                "provider",
            )
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "override" and args.positional:
            self.fn, self.kind = args.positional[0], "Object"
            return value_of(obj)
        if name in ("from_env", "from_value") and args.positional:
            from cybrid_audit.models.environment import variable

            self.kind, self.fn = "Object", variable(args, place) if name == "from_env" else args.positional[0]
            return V_NONE
        return None


def provided(interp: Interpreter, value: Value, place: Place) -> Value:
    """Return a value with the providers in it replaced by what they provide."""
    result = NOTHING
    for atom, proofs in value.alts:
        if isinstance(atom, Obj) and isinstance(atom.native, Provider):
            result = result.join(atom.native.make(interp, Arguments(), place).with_proofs(proofs))
        else:
            result = result.join(Value(((atom, proofs),)))
    return result


def provider(call: LibraryCall) -> Value | None:
    """`providers.Singleton(Class, **dependencies)` of dependency_injector."""
    kind = call.path.rsplit(".", 1)[-1]
    fn = call.args.get(0) or unknown("a configured value")
    native = Provider(kind, fn, Arguments(call.args.positional[1:], dict(call.args.keywords)))
    return native_object(call.interp, "provider", native, call.place, "provider")


def wired(call: LibraryCall) -> Value | None:
    """`Provide[Container.bank]`: what the provider provides."""
    first = call.args.get(0)
    return provided(call.interp, first, call.place) if first is not None else None


def resolved(call: LibraryCall) -> Value | None:
    """`injector.get(Class)`, `container.resolve(Class)`: the one instance of a class that a container hands out."""
    from cybrid_audit.models import types

    first = call.args.get(0)
    return (
        join_all(types.singleton(call.interp, info) for info in first.only(ClassInfo)) or None
        if first is not None
        else None
    )


# ---------------------------------------------------------------- contextlib


def entered(call: LibraryCall) -> Value | None:
    """`stack.enter_context(manager)`, `stack.enter_async_context(manager)`: what `with` would bind."""
    first = call.args.get(0)
    return calls.enter_context(call.interp, first, call.place) if first is not None else None


# ---------------------------------------------------------------- asyncio


def settled(interp: Interpreter, value: Value) -> tuple[Value, Proofs]:
    """Return what a value resolves to and the checks its resolution proves, on no path yet."""
    result: Value = NOTHING
    proven: list[Proofs] = []
    for atom, proofs in interp.acted(value).alts:
        if isinstance(atom, Promise):
            proven.append(atom.proofs | proofs)
            result = result.join(interp.acted(atom.value).with_proofs(proofs))
        else:
            proven.append(proofs)
            result = result.join(Value(((atom, proofs),)))
    return result, frozenset.intersection(*proven) if proven else NO_PROOFS


def waited(call: LibraryCall) -> Value | None:
    """`asyncio.run(main())`, `loop.run_until_complete(task)`: waits for its argument."""
    first = call.args.get(0) or next(iter(call.args.keywords.values()), None)
    return call.interp.settle(first) if first is not None else None


def gathered(call: LibraryCall) -> Value | None:
    """`asyncio.gather(*tasks)`: waits for each, so everything they prove has passed, unless exceptions are returned."""
    interp = call.interp
    lenient = call.args.keywords.get("return_exceptions")
    rows = [settled(interp, item) for item in call.args.positional]
    proofs = NO_PROOFS.union(*(row[1] for row in rows)) if rows else NO_PROOFS
    if lenient is not None and lenient.const() is not False:
        proofs = NO_PROOFS
        rows = [(row[0].without_proofs(), row[1]) for row in rows]
    items: list[Value] | None = [row[0] for row in rows]
    rest: Value | None = None
    if call.args.rest is not None:
        rest = join_all([*(items or []), settled(interp, call.args.rest)[0].without_proofs()])
        items = None
    return value_of(Promise(listed(interp, items, rest), proofs))


def completed(call: LibraryCall) -> Value | None:
    """`asyncio.as_completed(tasks)`, `futures.as_completed(tasks)`: the same tasks, in another order."""
    interp = call.interp
    first = call.args.get(0)
    if first is None:
        return None
    element = operators.element_of(interp, first)
    if call.path.endswith("wait"):
        return value_of(
            Promise(listed(interp, [listed(interp, None, element), listed(interp, None, element)], None, None, "tuple"))
        )
    return listed(interp, None, element)


def started(call: LibraryCall) -> Value | None:
    """`asyncio.create_task(coroutine)`: the coroutine, which nobody may ever wait for."""
    return call.args.get(0, "coro")


def wrapper(call: LibraryCall) -> Value | None:
    """A call that gives a function much like its argument, awaited: `async_to_sync(fn)`, `sync_to_async(fn)`."""
    fn = call.args.get(0, "func")
    if fn is None:
        return decorator(call)
    return value_of(*(_waiting(atom) for atom in fn.atoms()))


def _waiting(atom: Atom) -> Atom:
    return NativeFn(
        "waiting",
        lambda interp, args, place: interp.settle(calls.call(interp, value_of(atom), args, place, awaited=True)),
    )


class Future(Native):
    """`loop.create_future()`: what is set is what waiting for it gives."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Value = NOTHING

    def _held(self) -> Value:
        return self.value if self.value.alts else unknown("a future that nobody completes")

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "set_result" and args.positional:
            joined = self.value.join(args.positional[0].without_proofs())
            if joined is not self.value:
                self.value = joined
                interp.store_version += 1
            return V_NONE
        if name == "result":
            return self._held()
        return unknown(f"the result of {name}")

    def awaited(self, interp: Interpreter, obj: Obj) -> Value | None:
        return self._held()


def future(call: LibraryCall) -> Value | None:
    """`asyncio.Future()`, `loop.create_future()`, `concurrent.futures.Future()`."""
    return native_object(call.interp, "future", Future(), call.place, "future")


# ---------------------------------------------------------------- threads


class Thread(Native):
    """`threading.Thread(target=fn, args=(…))`: runs its function once it is started, or maybe never."""

    __slots__ = ("args", "fn")

    def __init__(self, fn: Value, args: Arguments) -> None:
        self.fn = fn
        self.args = args

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("start", "run"):
            if not interp.models.may_run_callbacks(interp):
                # While a module sets itself up, too: a thread that it starts runs from then on.
                pass
            from cybrid_audit.models.javascript.builtins import maybe

            maybe(interp, self.fn, self.args, place)
            return V_NONE
        return unknown(f"the result of {name}")


def thread(call: LibraryCall) -> Value | None:
    """`threading.Thread(target=fn, args=(…), kwargs={…})`, `threading.Timer(seconds, fn, args)`."""
    interp = call.interp
    timer = call.path.endswith("Timer")
    fn = call.args.get(1, "function") if timer else call.args.get(1, "target")
    if fn is None:
        return None
    given = Arguments()
    args = call.args.get(2 if timer else 3, "args")
    if args is not None:
        known = operators.known_items(interp, args)
        if known is not None:
            given.positional = known
        else:
            given.rest = operators.element_of(interp, args)
    keywords = call.args.get(3 if timer else 4, "kwargs")
    if keywords is not None:
        holder = interp.new("object", place=call.place)
        attributes.spread_into(interp, holder, keywords)
        given.keywords, given.kwrest = holder.fields, holder.rest
    return native_object(interp, "object", Thread(fn, given), call.place, "thread")


def thread_base(call: LibraryCall) -> Value | None:
    """An instance of a project class that derives from `Thread`: starting it runs its `run`."""
    for obj in call.sources:
        if isinstance(obj, Obj):
            obj.native = OwnThread()
    return None


class OwnThread(Native):
    """A thread of the project's own class."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "start" and obj.cls is not None and obj.cls.method("run") is not None:
            from cybrid_audit.models.javascript.builtins import maybe

            run = calls.bound_method(interp, obj, "run", place)
            assert run is not None
            maybe(interp, run, Arguments(), place)
            return V_NONE
        return (
            unknown(f"the result of {name}") if name in ("join", "is_alive", "setDaemon", "cancel", "start") else None
        )


# ---------------------------------------------------------------- values between functions


class Holder(Native):
    """`ContextVar("name")`: what is set is got, in the same request only."""

    __slots__ = ("default", "value")

    def __init__(self, default: Value | None) -> None:
        self.default = default
        self.value: Value = NOTHING

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "set" and args.positional:
            joined = self.value.join(args.positional[0].without_proofs())
            if joined is not self.value:
                self.value = joined
                interp.store_version += 1
            return unknown("a token of a context variable")
        if name == "get":
            default = args.get(0) or self.default
            if self.value.alts:
                return self.value if default is None else self.value.join(default)
            return default if default is not None else unknown("a context variable that nobody sets")
        return V_NONE if name == "reset" else None


def context_variable(call: LibraryCall) -> Value | None:
    """`ContextVar("name", default=…)`."""
    return native_object(
        call.interp, "context variable", Holder(call.args.keywords.get("default")), call.place, "ContextVar"
    )


class Local(Native):
    """`threading.local()`: fields that no other thread sees, so that keeping a token there shares it with nobody."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held: dict[str, Value] = {}

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        held = self.held.get(name)
        return held if held is not None else unknown(f"no field {name}", hint=name)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        before = self.held.get(name)
        joined = new.without_proofs() if before is None else before.join(new.without_proofs())
        if joined is not before:
            self.held[name] = joined
            interp.store_version += 1
        return True


def local(call: LibraryCall) -> Value | None:
    """`threading.local()`, `werkzeug.local.Local()`."""
    return native_object(call.interp, "local", Local(), call.place, "local")


class Queue(Native):
    """`queue.Queue()`: what one function puts, another gets; who gets runs where something is put, behind the same guards."""

    __slots__ = ("consumers", "delivered", "value")

    def __init__(self) -> None:
        self.value: Value = NOTHING
        self.consumers: dict[int, Fn] = {}
        self.delivered: Value | None = None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("put", "put_nowait", "send", "send_nowait") and args.positional:
            self.put(interp, args.positional[0], place)
            return V_NONE
        if name in ("get", "get_nowait", "receive"):
            if self.delivered is not None:
                return self.delivered
            fn = interp.frame.fn
            if fn is not None:
                self.consumers[id(fn.function)] = fn
            return self.value if self.value.alts else unknown("an element of an empty queue")
        return unknown(f"the result of {name}")

    def put(self, interp: Interpreter, value: Value, place: Place) -> None:
        """Keep a value, and let who waits for one have it."""
        joined = self.value.join(value.without_proofs())
        if joined is not self.value:
            self.value = joined
            interp.store_version += 1
        if self.delivered is not None:
            return
        from cybrid_audit.models.javascript.builtins import maybe

        running = {id(frame.function) for frame in interp.frames}
        self.delivered = value
        try:
            for key, fn in list(self.consumers.items()):
                if key not in running:
                    maybe(interp, value_of(fn), Arguments(), place)
        finally:
            self.delivered = None

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        return listed(interp, None, self.value if self.value.alts else unknown("an element of an empty queue"))


def queue(call: LibraryCall) -> Value | None:
    """`queue.Queue()`, `asyncio.Queue()`."""
    return native_object(call.interp, "queue", Queue(), call.place, "queue")


def bound_function(call: LibraryCall) -> Value | None:
    """`types.MethodType(fn, instance)`."""
    fn, this = call.args.get(0), call.args.get(1)
    if fn is None or this is None:
        return None
    return value_of(*(atom.bind(this) if isinstance(atom, Fn) else bound(atom, [this], {}) for atom in fn.atoms()))


# ---------------------------------------------------------------- modules


def loaded_module(call: LibraryCall) -> Value | None:
    """`sys.modules[__name__]`, `sys.modules["package.module"]`."""
    from cybrid_audit.engine.values import Namespace

    interp = call.interp
    key = call.args.get(0)
    name = call.path.removeprefix("sys.modules.") if key is None else next(iter(key.strings()), "")
    if key is not None and any(isinstance(atom, Lib) and atom.path == "__name__" for atom in key.atoms()):
        return value_of(Namespace(interp.frame.module))
    module = interp.program.find(interp.frame.module.path, name) if name and name != "*" else None
    return value_of(Namespace(module)) if module is not None else None


def import_module(call: LibraryCall) -> Value | None:
    """`importlib.import_module(name, package)`, `__import__(name)`, `import_string("a.b.c")`: of names with constant text."""
    interp = call.interp
    first = call.args.get(0)
    if first is None:
        return None
    importer = interp.frame.module.path
    result = NOTHING
    for given in first.strings():
        name = given
        if call.settings.get("member") and "." in name:
            head, _, tail = name.replace(":", ".").rpartition(".")
            module = interp.program.find(importer, head)
            result = result.join(
                interp.program.member(interp, module, tail) if module is not None else value_of(Lib(f"{head}.{tail}"))
            )
            continue
        package = call.args.get(1, "package")
        if name.startswith(".") and package is not None and package.strings():
            name = package.strings()[0] + name
        module = interp.program.find(importer, name)
        if module is not None:
            from cybrid_audit.engine.values import Namespace

            interp.program.ensure(interp, module)
            result = result.join(value_of(Namespace(module)))
        else:
            result = result.join(value_of(Lib(name.lstrip("."))))
    return result if result.alts else None
