"""Values that are a success or a failure: neverthrow, fp-ts, Effect, ts-results; Python's `returns` and `result`.

Each alternative of such a value is an object of one side, with the checks that were proven when it was made, so that going on
with its success proves them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls, conveyed
from cybrid_audit.engine.values import (
    NOTHING,
    V_FALSE,
    V_NONE,
    V_TRUE,
    Arguments,
    Obj,
    Place,
    Promise,
    Value,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.frameworks.handlers import name_of
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

SUCCESSES: Final = frozenset({"value", "val", "ok_value", "right", "success"})
FAILURES: Final = frozenset({"error", "err_value", "left", "failure", "cause"})
TESTS: Final = {
    "isOk": True, "is_ok": True, "isRight": True, "isSuccess": True, "isSome": True, "is_successful": True,
    "isErr": False, "is_err": False, "isLeft": False, "isFailure": False, "isNone": False,
}  # fmt: skip
SIDES: Final = {
    "Ok": True, "Success": True, "IOSuccess": True, "FutureSuccess": True, "Right": True, "Some": True,
    "Err": False, "Failure": False, "IOFailure": False, "FutureFailure": False, "Left": False,
}  # fmt: skip
"""The classes of the two sides, by name."""
CHAINS: Final = frozenset(
    {
        "andThen", "asyncAndThen", "flatMap", "chain", "asyncChain", "flatMapW", "chainW", "chainTaskEitherK", "bind",
        "bind_async", "bind_result", "bind_awaitable", "and_then", "and_then_async", "zipRight", "flatMapTaskEither",
    }
)  # fmt: skip
MAPS: Final = frozenset({"map", "map_", "asyncMap", "map_async", "as", "bimap"})
PASSES: Final = frozenset({"andTee", "tee", "tap", "inspect", "chainFirst", "chainFirstW"})
"""Run for the success, which goes on as it was."""
STOPS: Final = frozenset({"andThrough", "asyncAndThrough", "tapEither", "tapTaskEither"})
"""As these; a failure of theirs stops."""
FAILURE_MAPS: Final = frozenset({"mapErr", "map_err", "mapLeft", "mapError", "alt", "orTee", "inspect_err", "tapError"})
RECOVERIES: Final = frozenset({"orElse", "or_else", "lash", "catchAll", "orElseW", "alt_w"})
MATCHES: Final = frozenset({"match", "fold", "matchW", "foldW", "matchE", "matchEW", "matchEffect"})
UNWRAPS: Final = frozenset({"unwrap", "expect", "_unsafeUnwrap", "safeUnwrap", "getOrThrow", "unwrap_or_raise"})
DEFAULTS: Final = frozenset({"unwrapOr", "unwrap_or", "value_or", "getOrElse", "getOrElseW", "unwrap_or_else"})
ERRORS: Final = frozenset({"unwrapErr", "_unsafeUnwrapErr", "unwrap_err", "expect_err", "failure"})
HANDLERS: Final = (
    {"ok", "Ok", "onSuccess", "right", "onRight", "some"},
    {"err", "Err", "onFailure", "left", "onLeft", "none"},
)


class Side(Native):
    """One side of a result with what it holds."""

    __slots__ = ("held", "is_success")

    def __init__(self, held: Value, *, is_success: bool) -> None:
        self.held = held
        self.is_success = is_success

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in SUCCESSES or name in FAILURES:
            return self.held if (name in SUCCESSES) is self.is_success else V_NONE
        if name in ("ok", "err"):
            return V_TRUE if (name == "ok") is self.is_success else V_FALSE
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        own = value_of(obj)
        if name in TESTS:
            return V_TRUE if TESTS[name] is self.is_success else V_FALSE
        if name in MATCHES:
            return self.matched(interp, args, place)
        if name == "then" and given:
            return value_of(Promise(interp.settle(calls.call(interp, given[0], Arguments([own]), place, awaited=True))))
        if name in ("ok", "err"):
            return self.held if (name == "ok") is self.is_success else V_NONE
        if name in UNWRAPS or name in ERRORS:
            if (name in UNWRAPS) is self.is_success:
                return self.held
            interp.throw(self.held)
            return NOTHING
        if name in DEFAULTS and given:
            return self.held if self.is_success else self.applied(interp, given[0], place)
        if given and name in FAILURE_MAPS:
            return (
                own if self.is_success else made(interp, self.applied(interp, given[0], place), place, is_success=False)
            )
        if given and name in RECOVERIES:
            return own if self.is_success else self.applied(interp, given[0], place)
        if given and name in (CHAINS | MAPS | PASSES | STOPS):
            if not self.is_success:
                return own
            answer = self.applied(interp, given[0], place)
            if name in MAPS:
                return made(interp, answer, place, is_success=True)
            if name in PASSES:
                return own
            if name in STOPS:
                return join_all(
                    Value(((atom, proofs),)) if failed(atom) else own.with_proofs(proofs)
                    for atom, proofs in answer.alts
                )
            return answer
        return own

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        """Run a result that comes later: fp-ts's tasks."""
        return value_of(obj)

    def applied(self, interp: Interpreter, fn: Value, place: Place) -> Value:
        """Return what a function gives for what this side holds."""
        return interp.settle(calls.call(interp, fn, Arguments([self.held]), place, awaited=True))

    def matched(self, interp: Interpreter, args: Arguments, place: Place) -> Value:
        """`match(onOk, onErr)`, `match({ok, err})`; fp-ts names the failure first."""
        named = [
            held
            for names, taken in zip(HANDLERS, (True, False), strict=True)
            if taken is self.is_success and args.positional
            for name in names
            if (held := field_of(args.positional[0], name)) is not None
        ]
        chosen = named[0] if named else args.get(0 if self.is_success else 1)
        return self.applied(interp, chosen, place) if chosen is not None else unknown("what a result matches")


def is_side(obj: Obj, name: str) -> bool | None:
    """Whether a result is an instance of a class of that name, or None for a class that is none of its sides."""
    if not isinstance(obj.native, Side) or name not in SIDES:
        return None
    return SIDES[name] is obj.native.is_success


def failed(atom: object) -> bool:
    """Whether this is the failing side of a result."""
    return isinstance(atom, Obj) and isinstance(atom.native, Side) and not atom.native.is_success


def made(interp: Interpreter, held: Value, place: Place, *, is_success: bool) -> Value:
    """Return one side of a result."""
    return native_object(interp, "result", Side(held, is_success=is_success), place, "a result")


def either(interp: Interpreter, held: Value, place: Place) -> Value:
    """Return both sides: success with a value, and a failure of which nothing is known."""
    success = made(interp, held, place, is_success=True)
    return success.join(made(interp, unknown("an error"), place, is_success=False))


# ---------------------------------------------------------------- rows


def side(call: LibraryCall) -> Value | None:
    """`ok(value)`, `Success(value)`, `err(error)`, `E.left(error)`."""
    return made(call.interp, call.args.get(0) or V_NONE, call.place, is_success=bool(call.settings["success"]))


def of_promise(call: LibraryCall) -> Value | None:
    """`fromPromise(promise, onError)`: its rejection is a failure. A function is called first."""
    given = call.args.get(0)
    if given is None:
        return None
    return caught(call.interp, given, Arguments(), call.place, is_called=bool(call.settings.get("called")))


def caught(interp: Interpreter, given: Value, args: Arguments, place: Place, *, is_called: bool) -> Value:
    """Return the result of a promise or function whose exceptions are failures."""
    sink: list = []  # type: ignore[type-arg]
    before, name = interp.state, name_of(given)
    interp.sinks.append(sink)
    try:
        options = field_of(given, "try", "tryPromise")
        if is_called:
            given = calls.call(interp, options if options is not None else given, args, place, awaited=True)
        success = made(interp, interp.settle(given), place, is_success=True)
    finally:
        interp.sinks.pop()
    failure = made(interp, unknown("an error"), place, is_success=False)
    if before is None:
        return success.join(failure)
    # What was proven on the way holds for the success only.
    proofs = interp.state.proven - before.proven if interp.state is not None else frozenset()
    performed = frozenset().union(*(each.state.any_performed for each in sink)) if sink else frozenset()
    done = interp.state.any_performed if interp.state is not None else frozenset()
    ended = interp.state is None
    settled = conveyed.unsettled(before, success, proofs, performed | done, name, place)
    interp.state = before.after(settled)
    return failure if ended else success.with_proofs(proofs).join(failure)


def wrapped(call: LibraryCall) -> Value | None:
    """`fromThrowable(fn)`, `@safe`: a function whose exceptions are failures."""
    fn = call.args.get(0)
    if fn is None:
        return None
    return value_of(NativeFn("result", lambda interp, args, place: caught(interp, fn, args, place, is_called=True)))


def stage(call: LibraryCall) -> Value | None:
    """A function of a pipe: `E.chain(f)` is `value => value.chain(f)`; the failure's handler comes first in a match."""
    name = call.path.rsplit(".", 1)[-1]
    given = call.args
    if name in MATCHES and len(given.positional) > 1:
        given = Arguments([given.positional[1], given.positional[0]])
    if call.settings.get("direct") and len(given.positional) > 1:
        # `Effect.flatMap(value, f)` as well.
        held = call.interp.settle(call.args.positional[0])
        return calls.call_method(call.interp, held, name, Arguments(call.args.positional[1:]), call.place)
    return value_of(
        NativeFn(
            name,
            lambda interp, args, place: calls.call_method(
                interp, interp.settle(args.positional[0]), name, given, place
            ),
        )
    )


def run(call: LibraryCall) -> Value | None:
    """`Effect.runPromise(effect)`: what a success holds; a failure is thrown."""
    held = call.interp.settle(call.args.get(0) or NOTHING)
    return value_of(Promise(calls.call_method(call.interp, held, "unwrap", Arguments(), call.place)))


def tested(call: LibraryCall) -> Value | None:
    """`E.isRight(value)`, `is_successful(result)`, `isOk(result)`."""
    name = call.path.rsplit(".", 1)[-1]
    return calls.call_method(call.interp, call.args.positional[0], name, Arguments(), call.place)


def generated(call: LibraryCall) -> Value | None:
    """`Effect.gen(function* () { yield* effect })`, `safeTry(...)`: a failure that is yielded ends it."""
    interp = call.interp
    fn = call.args.positional[-1] if call.args.positional else NOTHING
    adapter = value_of(NativeFn("adapter", lambda _, args, at: args.get(0) or V_NONE))

    def run(inner: Interpreter, args: Arguments, place: Place) -> Value:
        made_by = calls.call(inner, fn, args, place, awaited=True)
        return join_all(obj.fields.get("%returned", V_NONE) for obj in made_by.only(Obj))

    body = value_of(NativeFn("generator", run))
    held = caught(interp, body, Arguments([adapter]), call.place, is_called=True)
    return flat(held)


def flat(value: Value) -> Value:
    """Return a result of results as one."""
    result = NOTHING
    for atom, proofs in value.alts:
        inner = atom.native.held if isinstance(atom, Obj) and isinstance(atom.native, Side) else NOTHING
        if (
            not failed(atom)
            and inner.alts
            and all(isinstance(o, Obj) and isinstance(o.native, Side) for o in inner.atoms())
        ):
            result = result.join(inner.with_proofs(proofs))
        else:
            result = result.join(Value(((atom, proofs),)))
    return result


def yielded(interp: Interpreter, value: Value, place: Place) -> Value | None:
    """Return what `yield*` gives for a result: what a success holds. A failure ends the generator."""
    held = interp.settle(value)
    if not any(isinstance(obj.native, Side) for obj in held.only(Obj)):
        return None
    return calls.call_method(interp, held, "unwrap", Arguments(), place)


def combined(call: LibraryCall) -> Value | None:
    """`Result.combine([a, b])`: a success when each is."""
    from cybrid_audit.engine import operators

    interp = call.interp
    failures, successes = NOTHING, []
    proofs: frozenset = frozenset()  # type: ignore[type-arg]
    for item in operators.known_items(interp, call.args.get(0) or NOTHING) or []:
        held = interp.settle(item)
        failures = join_all([failures, *(Value((pair,)) for pair in held.alts if failed(pair[0]))])
        good = [(atom, each) for atom, each in held.alts if not failed(atom)]
        proofs |= frozenset.intersection(*(each for _, each in good)) if good else proofs
        successes.append(
            join_all(atom.native.held for atom, _ in good if isinstance(atom, Obj) and isinstance(atom.native, Side))
        )
    listed = interp.new("list", place=call.place)
    listed.items = successes
    return made(interp, value_of(listed), call.place, is_success=True).with_proofs(proofs).join(failures)


__all__ = ["Side", "made", "side"]
