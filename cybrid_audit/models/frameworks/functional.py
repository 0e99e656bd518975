"""Servers whose handlers are functions of a request, and whose filters are functions of a handler: http4k, shelf, Dart Frog.

A filter is applied as the library does: it is called with what it wraps, so that what it tests guards what it goes on to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from cybrid_audit.engine import calls
from cybrid_audit.engine.values import Arguments, Atom, Obj, Place, Value
from cybrid_audit.models.entries import Convention, Entry, register
from cybrid_audit.models.frameworks.handlers import route_kind
from cybrid_audit.models.frameworks.router import join_paths
from cybrid_audit.models.native import Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Row:
    """One route: what is bound to what."""

    verb: str
    path: str
    handler: Value
    place: Place


class Bound(Native):
    """`"/path" bind POST`: waits for its handler, which comes behind `to`."""

    __slots__ = ("path", "place", "verb")

    def __init__(self, verb: str, path: str, place: Place) -> None:
        self.verb, self.path, self.place = verb, path, place


class Routes(Native):
    """`routes(…)`: a handler that chooses among rows."""

    __slots__ = ("rows",)

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows


def rows_of(value: Value) -> list[Row]:
    """Return the routes that a value is: a group of routes, a pair of path and handler, a list of such."""
    found: list[Row] = []
    for obj in value.only(Obj):
        if isinstance(obj.native, Routes):
            found += obj.native.rows
        elif obj.kind == "list" and obj.native is None:
            items = obj.items or []
            first = next((each.native for item in items[:1] for each in item.only(Obj)), None)
            if len(items) == 2 and isinstance(first, Bound):
                found.append(Row(first.verb, first.path, items[1], first.place))
            else:
                found += [row for item in items for row in rows_of(item)]
    return found


def group(interp: Interpreter, rows: list[Row], place: Place) -> Value:
    """Return a handler that chooses among rows."""
    return native_object(interp, "routes", Routes(rows), place, "routes")


def below(prefix: str, rows: Sequence[Row]) -> list[Row]:
    """Return routes as they are below a prefix."""
    return [Row(row.verb, join_paths(prefix, row.path), row.handler, row.place) for row in rows]


def applied(interp: Interpreter, filters: Sequence[Value], inner: Value, place: Place) -> Value:
    """Return what filters, the outermost first, make of a handler, or of all routes of a group."""
    rows = rows_of(inner)
    if not rows:
        return _wrapped(interp, filters, inner, place)
    made = [Row(row.verb, row.path, _wrapped(interp, filters, row.handler, place), row.place) for row in rows]
    return group(interp, made, place)


def _wrapped(interp: Interpreter, filters: Sequence[Value], handler: Value, place: Place) -> Value:
    for each in reversed(filters):
        handler = calls.call(interp, each, Arguments(positional=[handler]), place, awaited=True)
    return handler


def serve(interp: Interpreter, rows: Sequence[Row], convention: Callable[[str, str], Convention]) -> None:
    """Register routes; `convention` takes the method and the path of one."""
    for row in rows:
        path = row.path or "/"
        handler = row.handler.map(partial(function_of, interp, row.place))
        name = f"{row.verb or 'ANY'} {path}"
        made = partial(convention, row.verb, path)
        register(interp.models, Entry(route_kind(path), name, row.place, handler, made, (), path, row.verb))


def function_of(interp: Interpreter, place: Place, atom: Atom) -> Atom:
    """Return the function that a handler or a filter is: itself, or the method by which an object is called."""
    if isinstance(atom, Obj) and atom.cls is not None:
        for name in ("invoke", "call"):
            held = calls.bound_method(interp, atom, name, place)
            if held is not None:
                return next(iter(held.atoms()), atom)
    return atom
