"""Where values leave the program: answers to clients, cookies, markup, logs, errors, other services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.recorder import location_of
from cybrid_audit.engine.values import (
    Atom,
    MintBody,
    Obj,
    Place,
    Promise,
    Response,
    Str,
    Token,
    Value,
    contents,
    unknown,
)
from cybrid_audit.facts import Exposure, TokenKind
from cybrid_audit.models.native import LibraryCall

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


def whole_tokens(value: Value) -> list[Token]:
    """Return the tokens that a value holds whole: in strings, objects, lists and promises, not what is made from them."""
    found: dict[Token, None] = {}
    seen: set[int] = set()

    def visit(atom: Atom, depth: int) -> None:
        match atom:
            case Token():
                found[atom] = None
            case MintBody(token=token):
                found[token] = None
            case Str(parts=parts):
                for part in parts:
                    visit(part, depth)
            case Promise(value=inner) | Response(body=inner):
                for each in inner.atoms():
                    visit(each, depth)
            case Obj() if depth > 0 and id(atom) not in seen:
                seen.add(id(atom))
                for held in contents(atom):
                    for each in held.atoms():
                        visit(each, depth - 1)
            case _:
                pass

    for each in value.atoms():
        visit(each, 5)
    return list(found)


def hand_over(interp: Interpreter, value: Value, place: Place, channel: str) -> None:
    """Record that a value goes to a client here: platform tokens in it are exposed, customer tokens escape rightly."""
    recorder = interp.models.recorder
    tokens = whole_tokens(value)
    for token in tokens:
        mint = recorder.mints.get(token.mint)
        if mint is not None:
            mint.escapes = True
            mint.escape_note = mint.escape_note or f"it is handed to a client ({channel})"
    for kind in ("bank", "organization"):
        mints = frozenset(token.mint for token in tokens if token.kind == kind)
        if mints:
            trace = recorder.trace(interp, place, f"the {kind} token is handed over here")
            recorder.add(("exposure", place, channel, kind), Exposure(TokenKind(kind), channel, location_of(place), mints, trace))


def escape(interp: Interpreter, value: Value, note: str) -> None:
    """Note that tokens in a value leave the analysed code, so that not all their uses are visible."""
    for token in whole_tokens(value):
        mint = interp.models.recorder.mints.get(token.mint)
        if mint is not None and not mint.escapes:
            mint.escapes = True
            mint.escape_note = note


def library_call(call: LibraryCall) -> None:
    """A library call that no row explains: tokens among its arguments leave the analysed code."""
    for value in call.args.every():
        escape(call.interp, value, f"it is passed to {call.path}")


def unknown_call(call: LibraryCall) -> None:
    """A call of something unknown."""
    for value in call.args.every():
        escape(call.interp, value, "it is passed to code that is not known")


def raised(call: LibraryCall) -> None:
    """Something is thrown."""


def request_elsewhere(call: LibraryCall) -> None:
    """A request that does not go to the platform: tokens in it leave the analysed code."""
    out = call.settings["request"]
    for value in (*out.headers.values(), out.body, out.params):
        if value is not None:
            escape(call.interp, value, "it is sent to another service")


def markup(call: LibraryCall) -> Value | None:
    """A markup element is rendered."""
    node = call.settings["node"]
    for entry in node.attributes:
        hand_over(call.interp, call.interp.eval(entry.value), call.interp.place(entry), "render")
    for child in node.children:
        hand_over(call.interp, call.interp.eval(child), call.interp.place(child), "render")
    return unknown("markup")
