"""Helpers of JavaScript libraries: lodash and its like, caches of functions, retries, queues of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import attributes, calls, operators, primitives
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Const,
    Fn,
    Obj,
    Place,
    Promise,
    Value,
    constant,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.javascript.builtins import settled
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

FUNCTIONS = (Fn, NativeFn)


# ---------------------------------------------------------------- objects and lists


def get(call: LibraryCall) -> Value | None:
    """`get(object, "a.b[0].c", default)`."""
    target, path = call.args.get(0), call.args.get(1)
    if target is None or path is None:
        return None
    names = [
        segment
        for text in path.strings()[:1]
        for segment in text.replace("[", ".").replace("]", "").split(".")
        if segment
    ]
    for item in operators.known_items(call.interp, path) or []:
        names.extend(item.strings())
    held = target
    for name in names:
        key = constant(int(name)) if name.isdigit() else constant(name)
        held = attributes.get_item(call.interp, held, key, call.place)
    default = call.args.get(2)
    if default is not None:
        present = Value(tuple(pair for pair in held.alts if not (isinstance(pair[0], Const) and pair[0].value is None)))
        held = present if len(present.alts) == len(held.alts) and present.alts else present.join(default)
    return held


def set_path(call: LibraryCall) -> Value | None:
    """`set(object, "a.b", value)`."""
    target, path, value = call.args.get(0), call.args.get(1), call.args.get(2)
    if target is None or path is None or value is None:
        return None
    for text in path.strings():
        *before, last = text.split(".")
        holder = target
        for name in before:
            holder = attributes.get_item(call.interp, holder, constant(name), call.place)
        attributes.set_item(call.interp, holder, constant(last), value, call.place)
    return target


def chosen(call: LibraryCall) -> Value | None:
    """`pick(object, names)`, `omit(object, names)`."""
    target = call.args.get(0)
    if target is None:
        return None
    names: set[str] = set()
    for value in call.args.positional[1:]:
        names.update(value.strings())
        for item in operators.known_items(call.interp, value) or []:
            names.update(item.strings())
    keep = call.path.rsplit("/", 1)[-1].rsplit(".", 1)[-1].startswith("pick")
    made = call.interp.new("object", place=call.place)
    attributes.spread_into(call.interp, made, target)
    if keep and made.rest is not None and not made.fields:
        made.fields = {name: attributes.get_attribute(call.interp, target, name, call.place) for name in names}
        made.rest = None
    else:
        made.fields = {name: held for name, held in made.fields.items() if (name in names) == keep}
    return value_of(made)


def merged(call: LibraryCall) -> Value | None:
    """`merge(a, b)`, `defaults(a, b)`, `deepmerge(a, b)`: an object with the fields of all; `order: first` keeps those of the first."""
    made = call.interp.new("object", place=call.place)
    sources = list(call.args.positional)
    if call.settings.get("order") == "first":
        sources.reverse()
    for source in sources:
        _merge(call.interp, made, source, 0)
    return value_of(made)


def _merge(interp: Interpreter, target: Obj, source: Value, depth: int) -> None:
    for obj in source.only(Obj):
        for name, held in obj.fields.items():
            before = target.fields.get(name)
            if depth < 4 and before is not None and _plain(before) and _plain(held):
                inner = interp.new("object", place=obj.place)
                _merge(interp, inner, before, depth + 1)
                _merge(interp, inner, held, depth + 1)
                target.fields[name] = value_of(inner)
            else:
                target.fields[name] = held
        if obj.rest is not None:
            target.rest = obj.rest if target.rest is None else target.rest.join(obj.rest)
    others = Value(tuple(pair for pair in source.alts if not isinstance(pair[0], Obj | Const)))
    if others.alts:
        attributes.spread_into(interp, target, others)


def _plain(value: Value) -> bool:
    return bool(value.alts) and all(
        isinstance(atom, Obj) and atom.kind == "object" and atom.native is None for atom in value.atoms()
    )


def mapped_values(call: LibraryCall) -> Value | None:
    """`mapValues(object, fn)`, `omitBy(object, fn)`, `pickBy(object, fn)`."""
    target, fn = call.args.get(0), call.args.get(1)
    if target is None:
        return None
    made = call.interp.new("object", place=call.place)
    attributes.spread_into(call.interp, made, target)
    if fn is not None and any(isinstance(atom, FUNCTIONS) for atom in fn.atoms()):
        keeps = not call.path.endswith("mapValues")
        for name, held in list(made.fields.items()):
            result = calls.call(call.interp, fn, Arguments(positional=[held, constant(name)]), call.place)
            made.fields[name] = held if keeps else result
    return value_of(made)


def list_call(call: LibraryCall) -> Value | None:
    """`map(list, fn)`, `filter(list, fn)`, `find(list, fn)` …: the method of that name on the first argument."""
    target = call.args.get(0)
    name = str(call.settings.get("method") or call.path.rsplit("/", 1)[-1].rsplit(".", 1)[-1])
    if target is None:
        return None
    result = NOTHING
    for atom, proofs in target.alts:
        if isinstance(atom, Obj) and atom.kind == "list":
            held = primitives.collection_method(
                call.interp, atom, name, Arguments(positional=call.args.positional[1:]), call.place
            )
            result = result.join((held if held is not None else unknown("a list")).with_proofs(proofs))
        else:
            result = result.join(
                calls.call_method(
                    call.interp, value_of(atom), name, Arguments(positional=call.args.positional[1:]), call.place
                )
            )
    return result


def emptiness(call: LibraryCall) -> Value | None:
    """`isEmpty(x)`, `isNil(x)`: the negated truth of a value with what it proves."""
    held = call.args.get(0)
    return operators.negate(call.interp, held) if held is not None else None


# ---------------------------------------------------------------- functions


def cached(call: LibraryCall) -> Value | None:
    """A cache around a function. `key` says what tells its entries apart: `first` argument, `all` arguments, or `none`;
    `resolver` is the position of a function or list that makes the key."""
    fn = call.args.get(0)
    if fn is None:
        return None
    mode = str(call.settings.get("key", "all"))
    resolver = call.args.get(int(call.settings.get("resolver", -1)))
    if resolver is not None:
        inner = field_of(resolver, "cacheKey", "resolver", "normalizer")
        resolver = inner if inner is not None else resolver

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        value = calls.call(interp, fn, args, place)
        parts = [] if mode == "none" else args.positional[:1] if mode == "first" else list(args.positional)
        if resolver is not None:
            if any(isinstance(atom, FUNCTIONS) for atom in resolver.atoms()):
                parts = [calls.call(interp, resolver, args, place)]
            elif resolver.only(Obj) and any(atom.kind == "list" for atom in resolver.only(Obj)):
                parts = [*parts, *(operators.known_items(interp, resolver) or [operators.element_of(interp, resolver)])]
        key = operators.concat_join(interp, parts, ":") if parts else constant("")
        held, _ = settled(interp, value)
        interp.models.on_store(interp, "a cache of a function's results", key, held, call.place)
        return value

    return value_of(NativeFn("cached", run))


def curried(call: LibraryCall) -> Value | None:
    """`curry(fn)`: a function that may be given its arguments one by one."""
    fn = call.args.get(0)
    if fn is None:
        return None
    wanted = max((len(atom.function.params) for atom in fn.only(Fn)), default=1)

    def take(interp: Interpreter, args: Arguments, place: Place, held: tuple[Value, ...] = ()) -> Value:
        given = (*held, *args.positional)
        if len(given) >= wanted or args.rest is not None:
            return calls.call(interp, fn, Arguments(list(given), args.keywords, args.rest), place)
        return value_of(NativeFn("curried", lambda inner, more, at: take(inner, more, at, given)))

    return value_of(NativeFn("curried", take))


def flow(call: LibraryCall) -> Value | None:
    """`flow(f, g)`, `pipe(f, g)`: a function that runs one after the other; `compose` runs the last first."""
    stages: list[Value] = []
    for value in call.args.positional:
        known = operators.known_items(call.interp, value)
        stages.extend(known if known is not None else [value])
    if call.settings.get("reverse"):
        stages.reverse()
    if call.settings.get("value") and stages:
        return _chain(call.interp, stages[1:], stages[0], call.place)

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        if not stages:
            return args.get(0) or V_NONE
        return _chain(interp, stages[1:], calls.call(interp, stages[0], args, place), place)

    return value_of(NativeFn("flow", run))


def _chain(interp: Interpreter, stages: list[Value], value: Value, place: Place) -> Value:
    for stage in stages:
        value = calls.call(interp, stage, Arguments(positional=[value]), place)
    return value


class Runner(Native):
    """Something that runs functions it is given: a queue, a limiter, a circuit breaker, a retry policy. `fn` is one it was made for."""

    __slots__ = ("fn",)

    def __init__(self, fn: Value | None) -> None:
        self.fn = fn

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        first = args.get(0)
        if self.fn is not None and name in ("fire", "exec", "execute", "run", "call"):
            return calls.call(interp, self.fn, args, place)
        if first is not None and any(isinstance(atom, FUNCTIONS) for atom in first.atoms()):
            if name == "wrap":
                return first
            if name == "fallback":
                return value_of(obj)
            if name in ("on", "once", "onIdle"):
                return value_of(obj)
            given = args.positional[1:] if name in ("schedule", "call") else [unknown("what a queue passes")]
            return calls.call(interp, first, Arguments(positional=given), place)
        if name == "addAll" and first is not None:
            made = interp.new("list", place=place)
            fns = operators.known_items(interp, first) or [operators.element_of(interp, first)]
            made.items = [settled(interp, calls.call(interp, fn, Arguments(), place))[0] for fn in fns]
            return value_of(Promise(value_of(made)))
        return value_of(obj)

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        first = args.get(0)
        if first is None:
            return None
        return calls.call(interp, first, Arguments(positional=args.positional[1:]), place)


def runner(call: LibraryCall) -> Value | None:
    """`new PQueue()`, `pLimit(3)`, `new CircuitBreaker(fn)`, `new Bottleneck()`."""
    first = call.args.get(0)
    fn = first if first is not None and any(isinstance(atom, FUNCTIONS) for atom in first.atoms()) else None
    return native_object(call.interp, "object", Runner(fn), call.place, "runner")


def retried(call: LibraryCall) -> Value | None:
    """`pRetry(fn, options)`: what the function gives, at the first attempt or a later one."""
    fn = next(
        (value for value in call.args.positional if any(isinstance(atom, FUNCTIONS) for atom in value.atoms())), None
    )
    if fn is None:
        return None
    passed = unknown("what a retry passes")
    return calls.call(call.interp, fn, Arguments(positional=[passed, passed]), call.place)


def mapped(call: LibraryCall) -> Value | None:
    """`pMap(list, fn)`: what the function gives for each."""
    items, fn = call.args.get(0), call.args.get(1)
    if items is None or fn is None:
        return None
    made = call.interp.new("list", place=call.place)
    known = operators.known_items(call.interp, items)
    if known is not None:
        made.items = [
            settled(call.interp, calls.call(call.interp, fn, Arguments(positional=[item]), call.place))[0]
            for item in known
        ]
    else:
        made.rest = settled(
            call.interp,
            calls.call(call.interp, fn, Arguments(positional=[operators.element_of(call.interp, items)]), call.place),
        )[0]
    return value_of(Promise(value_of(made)))


def tried(call: LibraryCall) -> Value | None:
    """`to(promise)`, `safeTry(promise)`: a pair of error and result, so that failure stops nothing."""
    first = call.args.get(0)
    if first is None:
        return None
    held, _ = settled(call.interp, first)
    pair = call.interp.new("list", place=call.place)
    pair.items = [V_NONE.join(unknown("an error")), held.without_proofs().join(V_NONE)]
    return value_of(Promise(value_of(pair)))


def produced(call: LibraryCall) -> Value | None:
    """`produce(state, draft => …)`: the state after the function has changed it."""
    state, recipe = call.args.get(0), call.args.get(1)
    if state is None or recipe is None:
        return None
    made = call.interp.new("object", place=call.place)
    attributes.spread_into(call.interp, made, state)
    result = calls.call(call.interp, recipe, Arguments(positional=[value_of(made)]), call.place)
    changed = Value(tuple(pair for pair in result.alts if not (isinstance(pair[0], Const) and pair[0].value is None)))
    return changed if changed.alts else value_of(made)


# ---------------------------------------------------------------- queries of user interfaces


def query(call: LibraryCall) -> Value | None:
    """`useQuery({queryKey, queryFn})`, `useSWR(key, fetcher)`, `useAsyncData(key, fn)`: runs the function for its data."""
    interp, first = call.interp, call.args.get(0)
    if first is None:
        return None
    fn = field_of(first, "queryFn", "fetcher", "loader")
    given: list[Value] = []
    if fn is None:
        candidates = [value for value in call.args.positional if _is_function(value)]
        fn = candidates[-1] if candidates else None
        if call.settings.get("key") and fn is not first:
            key = first
            if _is_function(key):
                key = calls.call(interp, key, Arguments(), call.place, awaited=True)
            given = [key]
    else:
        context = interp.new("object", place=call.place)
        context.fields = {"queryKey": field_of(first, "queryKey") or unknown("a key"), "signal": unknown("a signal")}
        given = [value_of(context)]
    result = interp.new("object", place=call.place)
    data = unknown("data of a query")
    if fn is not None and _is_function(fn):
        data, _ = settled(interp, calls.call(interp, fn, Arguments(positional=given), call.place, awaited=True))
    again = NativeFn("refetch", lambda inner, args, at: value_of(result))
    result.fields = {
        "data": data,
        "error": unknown("an error"),
        "isLoading": unknown("a state"),
        "refetch": value_of(again),
        "mutate": value_of(again),
    }
    return value_of(result)


def mutation(call: LibraryCall) -> Value | None:
    """`useMutation({mutationFn})`, `useSWRMutation(key, fn)`: gives a function that runs it."""
    interp, first = call.interp, call.args.get(0)
    if first is None:
        return None
    fn = field_of(first, "mutationFn")
    keyed = fn is None and bool(call.settings.get("key"))
    if fn is None:
        fn = next((value for value in call.args.positional if _is_function(value)), None)
    if fn is None:
        return None
    held = fn

    def run(inner: Interpreter, args: Arguments, place: Place) -> Value:
        if not keyed:
            return calls.call(inner, held, args, place)
        options = inner.new("object", place=place)
        options.fields["arg"] = args.get(0) or V_NONE
        return calls.call(inner, held, Arguments(positional=[first, value_of(options)]), place)

    result = interp.new("object", place=call.place)
    trigger = value_of(NativeFn("mutate", run))
    result.fields = {
        "mutate": trigger,
        "mutateAsync": trigger,
        "trigger": trigger,
        "data": unknown("data of a mutation"),
        "isPending": unknown("a state"),
    }
    return value_of(result)


def _is_function(value: Value) -> bool:
    return any(isinstance(atom, FUNCTIONS) for atom in value.atoms())


__all__ = ["join_all"]
