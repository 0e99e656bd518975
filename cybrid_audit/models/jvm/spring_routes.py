"""Spring's functional routes: `RouterFunctions.route()…build()`, `router { … }` and `coRouter { … }` of Kotlin.

A group has its routes, and the filters that run before all of them; groups stand within groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls, jvm
from cybrid_audit.engine.values import Arguments, Fn, Obj, Place, Scope, Value, value_of
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.languages._tree import names_in
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Entry, Step, register
from cybrid_audit.models.frameworks.handlers import route_kind, texts
from cybrid_audit.models.frameworks.router import join_paths
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import http as jvm_http
from cybrid_audit.models.jvm.servers import Small
from cybrid_audit.models.jvm.spring import Bean, Chain, ServletRequest, beans, made_of
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

MAKERS: Final = frozenset({"coRouter", "router", "RouterFunctions", "route", "nest"})
_VERBS: Final = frozenset(jvm_http.VERBS.values())
_FUNCTIONS: Final = (Fn, NativeFn)


@dataclass(frozen=True, slots=True)
class Row:
    """One route, with the filters of the groups around it, the outermost first."""

    verb: str
    path: str
    handler: Value
    place: Place
    steps: tuple[Step, ...] = ()


class Group(Native):
    """Routes and filters, as a builder or as the receiver of a block."""

    __slots__ = ("filters", "rows")

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.rows = list(rows)
        self.filters: list[Step] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        block = next(
            (value for value in reversed([*args.every()]) if any(value.only(kind) for kind in _FUNCTIONS)), None
        )
        words = [text for value in given for text in texts(interp, value)]
        if name in _VERBS and block is None:
            return native_object(interp, "predicate", Predicate(name, words[0] if words else ""), place, "predicate")
        if name in _VERBS and block is not None:
            self.rows.append(Row(name, words[0] if words else "", block, place))
        elif name in ("route", "andRoute") and block is not None:
            self.rows += [Row(each.verb, each.path, block, place) for each in predicates(interp, given)]
        elif name in ("nest", "path", "andNest") and (block is not None or len(given) > 1):
            prefix = next((each.path for each in predicates(interp, given)), words[0] if words else "")
            self.nested(interp, prefix, block if block is not None else given[-1], place)
        elif name == "filter" and block is not None:
            self.filters.append(Step(block, "next", place, parameter=True))
        elif name == "before" and block is not None:
            self.filters.append(Step(block, "raise", place))
        elif name in ("add", "and"):
            for value in given:
                self.rows += rows_of(value)
        elif name in ("path", "accept", "contentType", "method", "headers", "queryParam", "pathExtension"):
            prefix = words[0] if name == "path" and words else ""
            return native_object(interp, "predicate", Predicate("", prefix), place, "predicate")
        return value_of(obj)

    def nested(self, interp: Interpreter, prefix: str, inner: Value, place: Place) -> None:
        """Take the routes that a block makes, or that another group has, below a prefix."""
        rows = rows_of(inner)
        if not rows:
            group = native_object(interp, "routes", Group(), place, "routes")
            held = calls.call(interp, jvm.bound(inner, group), Arguments(positional=[group]), place, awaited=True)
            rows = rows_of(group) or rows_of(held)
        self.rows += [Row(row.verb, join_paths(prefix, row.path), row.handler, row.place, row.steps) for row in rows]

    def extended(
        self, interp: Interpreter, obj: Obj, receiver: Value, name: str, args: Arguments, place: Place
    ) -> Value | None:
        block = library.block_of(args)
        if name != "nest" or block is None:
            return None
        self.nested(interp, next(iter(texts(interp, receiver)), ""), block, place)
        return value_of(obj)

    def whole(self) -> Iterator[Row]:
        """Yield the routes with the filters of this group."""
        for row in self.rows:
            yield Row(row.verb, row.path, row.handler, row.place, (*self.filters, *row.steps))


class Predicate(Native):
    """`POST("/path")`, `path("/money")`: what requests a route is for."""

    __slots__ = ("path", "verb")

    def __init__(self, verb: str, path: str) -> None:
        self.verb, self.path = verb, path

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        block = library.block_of(args)
        if name == "nest" and block is not None:
            for receiver in jvm.receivers(interp):
                for around in receiver.only(Obj):
                    if isinstance(around.native, Group):
                        around.native.nested(interp, self.path, block, place)
                        return receiver
        if name in ("and", "or") and args.positional:
            for other in predicates(interp, args.positional):
                made = Predicate(self.verb or other.verb, self.path or other.path)
                return native_object(interp, "predicate", made, place, "predicate")
        return value_of(obj)


def predicates(interp: Interpreter, given: Sequence[Value]) -> list[Predicate]:
    """Return the predicates among arguments."""
    return [obj.native for value in given for obj in value.only(Obj) if isinstance(obj.native, Predicate)]


def rows_of(value: Value) -> list[Row]:
    """Return the routes of groups."""
    return [row for obj in value.only(Obj) if isinstance(obj.native, Group) for row in obj.native.whole()]


# ---------------------------------------------------------------- rows of models


def group(call: LibraryCall) -> Value | None:
    """`RouterFunctions.route()`, `RouterFunctions.route(POST("/x"), handler)`, `nest(path("/x"), routes)`, `coRouter { … }`."""
    made = Group()
    held = native_object(call.interp, "routes", made, call.place, "routes")
    name = call.path.rpartition(".")[2]
    if name in ("route", "nest"):
        return made.method(call.interp, held.only(Obj)[0], name, call.args, call.place)
    block = library.block_of(call.args)
    if block is not None:
        calls.call(call.interp, jvm.bound(block, held), Arguments(positional=[held]), call.place, awaited=True)
    return held


def predicate(call: LibraryCall) -> Value | None:
    """`RequestPredicates.POST("/x")`."""
    name = call.path.rpartition(".")[2]
    path = next(iter(texts(call.interp, call.args.get(0))), "")
    made = Predicate(name if name in _VERBS else "", path)
    return native_object(call.interp, "predicate", made, call.place, "predicate")


def answer(call: LibraryCall) -> Value | None:
    """`ServerResponse.ok()`."""
    return native_object(call.interp, "answer", Answer(), call.place, "answer")


class Answer(Native):
    """An answer that is put together; what its body is goes to the client."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name.startswith(("body", "json", "render", "cookie")):
            for value in args.positional:
                sinks.hand_over(interp, value, place, "cookie" if name == "cookie" else "response")
        return value_of(obj)


# ---------------------------------------------------------------- registering


def declare(interp: Interpreter) -> None:
    """Register the routes of the beans that are such routes."""
    for bean in beans(interp):
        if bean.function is None or not _is_router(bean) or interp.state is None:
            continue
        interp.push(Scope(None, bean.info.module), bean.info.module, None)
        try:
            rows = rows_of(made_of(interp, bean))
        finally:
            interp.pop()
        for row in rows:
            path = row.path or "/"
            convention = partial(Handling, row.verb, path)
            name = f"{row.verb or 'ANY'} {path}"
            entry = Entry(route_kind(path), name, row.place, row.handler, convention, list(row.steps), path, row.verb)
            register(interp.models, entry)


def _is_router(bean: Bean) -> bool:
    assert bean.function is not None
    if bean.function.returns is not None:
        return jvm.type_name(bean.function.returns) == "RouterFunction"
    return bool(names_in(bean.function.body) & MAKERS)


class Handling(Small):
    """A handler gets the request; filters get what they go on with too."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.request is None:
            place = interp.no_place(interp.frame.module.path)
            self.request = native_object(interp, "request", ServletRequest(self.verb, self.path), place, "request")
        return Arguments(positional=[self.request])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        given = self.arguments(interp, step.fn)
        if step.mode != "next":
            return given
        chain = native_object(interp, "chain", Chain(next_fn), step.place, "chain")
        return Arguments(positional=[*given.positional, chain])
