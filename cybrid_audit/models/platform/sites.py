"""Where an operation becomes concrete: the call in whose expression method and path are both constant (policy section 3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cybrid_audit import ir
from cybrid_audit.engine.values import (
    NOTHING,
    Atom,
    Const,
    Obj,
    Place,
    leaves,
    parts_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cybrid_audit.engine.interpreter import Frame, Interpreter


def call_site(interp: Interpreter, url: Atom, text: str, method: Atom, place: Place) -> tuple[Place, int]:
    """Return the call expression in which method and path are both constant, and the frame that it stands in.

    A literal is stamped with the frame in which it entered the data flow; the frame above the lowest such stamp was called
    with the literal, so its call is the site."""
    index = {frame.id: number for number, frame in enumerate(interp.frames)}
    top = len(interp.frames) - 1
    lowest = top
    start = _path_start(text)
    position = 0
    for part in parts_of(url):
        length = len(text_of(part) or "{?}")
        if isinstance(part, Const) and position + length > start and isinstance(part.value, str):
            piece = part.value[max(0, start - position) :]
            before_query = piece.split("?", 1)[0]
            if before_query.strip("/"):
                lowest = min(lowest, index.get(part.stamp, top))
            if "?" in piece:
                break
        position += length
    if isinstance(method, Const):
        lowest = min(lowest, index.get(method.stamp, top))
    literals = {part.place for part in (*parts_of(url), method) if isinstance(part, Const) and part.place is not None}
    while lowest < top and _captures(interp.frames[lowest + 1], interp.frames[lowest], literals):
        lowest += 1
    if lowest < top:
        called = interp.frames[lowest + 1].call_place
        if called is not None and called.path:
            return _where_built(interp.frames[lowest + 1], url, method, called) or called, lowest
    return place, top


def _captures(inner: Frame, outer: Frame, literals: set[Place]) -> bool:
    """Whether an activation sees the literals of the one that called it because it was defined there, not by its arguments."""
    scope = inner.scope.parent
    while scope is not None and scope is not outer.scope:
        if any(
            isinstance(leaf, Const) and leaf.place in literals
            for held in scope.vars.values()
            for leaf in leaves(held, depth=1)
        ):
            # A closure keeps them from an activation that is over.
            return False
        scope = scope.parent
    if scope is None or inner.function is None:
        return False
    for name in parameter_names(inner.function):
        for leaf in leaves(inner.scope.vars.get(name, NOTHING)):
            if isinstance(leaf, Const) and leaf.place in literals:
                return False
    return True


def parameter_names(function: ir.Function) -> Iterator[str]:
    """Yield the names that the parameters of a function bind."""
    waiting: list[object] = [param.target for param in function.params]
    while waiting:
        match waiting.pop():
            case ir.Name(id=name):
                yield name
            case ir.DefaultPattern(target=target):
                waiting.append(target)
            case ir.ListPattern(items=items):
                waiting.extend(items)
            case ir.ObjectPattern(entries=entries, rest=rest):
                waiting.extend([*(target for _, target in entries), rest])
            case _:
                pass


def _where_built(frame: Frame, url: Atom, method: Atom, called: Place) -> Place | None:
    """Return where a request builder was given method and path, when it was not in the call that sends the request."""
    this = frame.fn.this if frame.fn is not None else None
    literal = next(
        (
            part.place
            for part in parts_of(url)
            if isinstance(part, Const) and part.place is not None and part.place.path == called.path
        ),
        None,
    )
    if this is None or literal is None or not isinstance(method, Const) or method.place is None:
        return None
    if called.line <= literal.line <= called.end_line:
        return None
    kept = {
        part.place
        for obj in this.only(Obj)
        for held in obj.fields.values()
        for atom in held.atoms()
        for part in parts_of(atom)
        if isinstance(part, Const)
    }
    return literal if {literal, method.place} <= kept else None


def _path_start(text: str) -> int:
    found = re.search(r"/?(?:api|oauth)/", text)
    return found.start() if found else 0
