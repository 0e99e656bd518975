"""Cookies that the server signs: what they hold, the server wrote, as in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.values import V_NONE, Arguments, Obj, Place, Stored, Value, truth, value_of
from cybrid_audit.models.checks import stored_proofs
from cybrid_audit.models.native import LibraryCall, field_of

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


def is_signed(args: Arguments, *names: str) -> bool:
    """Whether the options of a call say that the cookie is signed: `{signed: true}`, `secret=key`."""
    held = [field_of(value, name) for value in args.positional[1:] for name in names]
    held += [args.keywords.get(name) for name in names]
    return any(truth(atom) is not False for value in held if value is not None for atom in value.atoms())


def read(args: Arguments, place: Place, at: int = 0) -> Value:
    """Return what a signed cookie holds, or its default."""
    key = next((text for value in args.positional[at : at + 1] for text in value.strings()), "")
    held = value_of(Stored("session", key, place))
    default = args.keywords.get("default")
    return held if default is None else held.join(default)


def wrote(interp: Interpreter, args: Arguments, place: Place, at: int = 0) -> None:
    """Remember what is put into a signed cookie."""
    given = [*args.positional[at:], *(args.keywords[name] for name in ("value",) if name in args.keywords)]
    for name in given[0].strings() if len(given) > 1 else ():
        stored_proofs.note(interp, interp.models, name, given[1], place)


def get(call: LibraryCall) -> Value | None:
    """`getSignedCookie(c, secret, name)`; without a name, all of them."""
    at = int(call.settings.get("name", 0))
    return (
        read(call.args, call.place, at)
        if len(call.args.positional) > at
        else value_of(Stored("session", "", call.place))
    )


def put(call: LibraryCall) -> Value | None:
    """`setSignedCookie(c, name, value, secret)`."""
    wrote(call.interp, call.args, call.place, int(call.settings.get("name", 0)))
    return call.models.handler("checks/login.cookie")(call) or V_NONE


def unsigned(interp: Interpreter, args: Arguments, place: Place) -> Value:
    """Return what `request.unsignCookie(request.cookies.x)` gives: `{valid, value}`."""
    made: Obj = interp.new("object", place=place)
    keys = [getattr(atom, "name", "") for value in args.positional[:1] for atom in value.atoms()]
    made.fields["value"] = value_of(Stored("session", keys[0] if keys else "", place))
    made.fields["valid"] = made.fields["value"]
    return value_of(made)


__all__ = ["get", "is_signed", "put", "read", "unsigned", "wrote"]
