"""Observables (RxJS): taken to give their value at once, since every observable of a request gives one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NO_PROOFS,
    NOTHING,
    V_NONE,
    Arguments,
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
from cybrid_audit.models.javascript.builtins import maybe, settled
from cybrid_audit.models.native import LibraryCall, Native, field_of

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

CATCHES = "catchError"
"""Name of the operator behind which failures of the ones before it go on."""


class Observable(Native):
    """An observable; what it gives is the object's `rest`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        held = obj.rest if obj.rest is not None else NOTHING
        if name == "pipe":
            return piped(interp, obj, args, place)
        if name in ("subscribe", "forEach"):
            watch(interp, held, args, place)
            return unknown("a subscription") if name == "subscribe" else value_of(Promise(V_NONE))
        if name in ("toPromise", "getValue"):
            return value_of(Promise(held)) if name == "toPromise" else held
        if name in ("asObservable", "lift"):
            return value_of(obj)
        if name == "next" and args.positional:
            if obj.shared and interp.shared_births == 0:
                interp.models.on_store(interp, "subject", None, args.positional[0], place, obj)
                interp.store_version += obj.rest is None or not args.positional[0].leq(obj.rest)
            obj.rest = held.join(args.positional[0])
            return V_NONE
        if name in ("complete", "error", "unsubscribe"):
            return V_NONE
        return None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return obj.rest if name == "value" else unknown(f"{name} of an observable")


def observable(interp: Interpreter, value: Value, place: Place) -> Value:
    """Return an observable of a value."""
    obj = interp.new("observable", place=place)
    obj.native = Observable()
    obj.rest = value
    return value_of(obj)


def given_by(interp: Interpreter, value: Value) -> Value:
    """Return what observables, promises and lists of one give; anything else gives itself."""
    result = NOTHING
    for atom, proofs in settled(interp, value)[0].alts:
        if isinstance(atom, Obj) and isinstance(atom.native, Observable):
            result = result.join((atom.rest or NOTHING).with_proofs(proofs))
        else:
            result = result.join(Value(((atom, proofs),)))
    return result


def watch(interp: Interpreter, held: Value, args: Arguments, place: Place) -> None:
    """Call an observer: a function, or an object with `next`, `error` and `complete`."""
    for index, names in enumerate((("next",), ("error",), ("complete",))):
        fn = args.get(index)
        if index == 0 and fn is not None and field_of(fn, "next", "error", "complete") is not None:
            holder = fn
            for name in ("next", "error", "complete"):
                inner = field_of(holder, name)
                if inner is not None:
                    _observe(interp, inner, name, held, place)
            return
        if fn is not None:
            _observe(interp, fn, names[0], held, place)


def _observe(interp: Interpreter, fn: Value, name: str, held: Value, place: Place) -> None:
    given = {"next": [held], "error": [unknown("an error")], "complete": []}[name]
    maybe(interp, fn, Arguments(positional=given), place)


def piped(interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value:
    """Return `observable.pipe(...operators)`."""
    from cybrid_audit.engine.interpreter import Flow

    current = value_of(obj)
    stages = list(args.positional)
    catching = [
        index
        for index, stage in enumerate(stages)
        if any(isinstance(a, NativeFn) and a.name == CATCHES for a in stage.atoms())
    ]
    start = 0
    for end in [*catching, len(stages)]:
        before = interp.flow()
        if before.state is None:
            return NOTHING
        sink: list = []  # type: ignore[type-arg]
        if end < len(stages):
            interp.sinks.append(sink)
        for stage in stages[start:end]:
            if interp.state is None:
                break
            current = calls.call(interp, stage, Arguments(positional=[current]), place, awaited=True)
        if end < len(stages):
            interp.sinks.pop()
            passed = Flow(interp.state, interp.frame.scope.vars)
            interp.resume(Flow(interp.enter_branch(before.state), dict(before.vars)))
            handled = calls.call(
                interp, stages[end], Arguments(positional=[observable(interp, NOTHING, place)]), place, awaited=True
            )
            failed = Flow(interp.state, interp.frame.scope.vars)
            value = (given_by(interp, current) if passed.state is not None else NOTHING).join(
                given_by(interp, handled) if failed.state is not None else NOTHING
            )
            interp.merge([passed, failed], before.state.branch)
            current = observable(interp, value, place)
        start = end + 1
    return current


def piped_from_outside(call: LibraryCall) -> Value | None:
    """`something.pipe(...operators)` of a library, or of what nobody has seen: an observable of which nothing is known."""
    if not call.args.positional or not all(
        any(isinstance(atom, NativeFn) for atom in stage.atoms()) for stage in call.args.positional
    ):
        return None
    start = observable(call.interp, unknown("an event", *call.sources), call.place)
    return piped(call.interp, start.only(Obj)[0], call.args, call.place)


def operator(call: LibraryCall) -> Value | None:
    """An operator; `kind` is map (its function's result is given on), flat (what that gives is), tap (the value is), catch, same."""
    kind = str(call.settings["kind"])
    fn = call.args.get(0)

    def stage(interp: Interpreter, args: Arguments, place: Place) -> Value:
        source = args.get(0) or NOTHING
        held = given_by(interp, source)
        passed = common_proofs(held)
        if kind == "same" or fn is None:
            return source if kind == "same" else observable(interp, held, place)
        if kind == "const":
            return observable(interp, fn, place)
        if kind == "tap":
            if field_of(fn, "next", "error") is not None:
                watch(interp, held, Arguments(positional=[fn]), place)
            else:
                calls.call(interp, fn, Arguments(positional=[held]), place, awaited=True)
            return observable(interp, held, place)
        if kind == "catch":
            result = calls.call(interp, fn, Arguments(positional=[unknown("an error"), source]), place, awaited=True)
            return observable(interp, given_by(interp, result), place)
        result = calls.call(interp, fn, Arguments(positional=[held, unknown("an index")]), place, awaited=True)
        if kind == "flat":
            inner, proofs = settled(interp, result)
            result, passed = given_by(interp, inner), passed | proofs
        return observable(interp, result.with_proofs(passed), place)

    name = CATCHES if kind == "catch" else call.path.rsplit(".", 1)[-1]
    return value_of(NativeFn(name, stage))


def made(call: LibraryCall) -> Value | None:
    """A function that makes an observable: `of(x)`, `from(promise)`, `defer(() => x)`."""
    kind = str(call.settings["kind"])
    first = call.args.get(0)
    if first is None:
        return observable(call.interp, unknown("an event"), call.place)
    if kind == "of":
        return observable(call.interp, join_all(call.args.positional), call.place)
    if kind == "defer":
        return observable(
            call.interp,
            given_by(call.interp, calls.call(call.interp, first, Arguments(), call.place, awaited=True)),
            call.place,
        )
    if kind == "subject":
        return observable(call.interp, first, call.place)
    inner, proofs = settled(call.interp, first)
    held = given_by(call.interp, inner).with_proofs(proofs)
    if any(isinstance(atom, Obj) and atom.kind == "list" for atom in held.atoms()):
        held = operators.element_of(call.interp, held)
    return observable(call.interp, held, call.place)


def subject(call: LibraryCall) -> Value | None:
    """`new Subject()`, `new BehaviorSubject(x)`."""
    return observable(call.interp, call.args.get(0) or NOTHING, call.place)


def constructed(call: LibraryCall) -> Value | None:
    """`new Observable(subscriber => …)`."""
    fn = call.args.get(0)
    result = observable(call.interp, NOTHING, call.place)
    if fn is not None:
        calls.call(call.interp, fn, Arguments(positional=[result]), call.place, awaited=True)
    return result


def thrown(call: LibraryCall) -> Value | None:
    """`throwError(() => error)`: whoever waits for it goes no further."""
    call.interp.throw(unknown("an error of an observable"))
    return NOTHING


def first_value(call: LibraryCall) -> Value | None:
    """`firstValueFrom(observable)`, `lastValueFrom(observable)`."""
    first = call.args.get(0)
    if first is None:
        return None
    held = given_by(call.interp, first)
    return value_of(Promise(held, common_proofs(held)))


def common_proofs(value: Value) -> Proofs:
    """Return what has passed whichever alternative of a value it is."""
    return frozenset.intersection(*(proofs for _, proofs in value.alts)) if value.alts else NO_PROOFS


def combined(call: LibraryCall) -> Value | None:
    """`forkJoin([a, b])`, `forkJoin({a, b})`, `combineLatest`, `zip`: a list or object of what each gives."""
    interp = call.interp
    first = call.args.get(0)
    if first is None:
        return None
    if len(call.args.positional) > 1 and all(
        isinstance(a, Obj) and isinstance(a.native, Observable) for v in call.args.positional for a in v.atoms()
    ):
        rows: list[Value] | None = list(call.args.positional)
    else:
        rows = operators.known_items(interp, first)
    if rows is not None:
        listed = interp.new("list", place=call.place)
        listed.items = [given_by(interp, row) for row in rows]
        return observable(interp, value_of(listed), call.place)
    obj = interp.new("object", place=call.place)
    attributes.spread_into(interp, obj, first)
    obj.fields = {name: given_by(interp, held) for name, held in obj.fields.items()}
    return observable(interp, value_of(obj), call.place)


def merged(call: LibraryCall) -> Value | None:
    """`merge(a, b)`, `concat(a, b)`, `race(a, b)`: what any of them gives."""
    return observable(call.interp, join_all(given_by(call.interp, value) for value in call.args.positional), call.place)


def silent(call: LibraryCall) -> Value | None:
    """`timer(…)`, `interval(…)`: events that say nothing."""
    return observable(call.interp, unknown("an event"), call.place)
