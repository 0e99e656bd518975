"""What outlives a request: module variables, static fields, caches, key-value stores."""

from __future__ import annotations

from cybrid_audit.engine.values import Const, Input, Obj, PlatformData, Place, Str, Token, Value, leaves, parts_of
from cybrid_audit.facts import SharedStore
from cybrid_audit.engine.recorder import location_of
from cybrid_audit.models.native import LibraryCall


def stored(call: LibraryCall) -> None:
    """A value was kept in a variable, field or entry that other requests see."""
    value = call.args.positional[0]
    key = call.args.positional[1] if len(call.args.positional) > 1 else None
    note_shared(call, value, key, call.path)


def note_shared(call: LibraryCall, value: Value, key: Value | None, label: str) -> None:
    """Record a customer token that is kept under no key, or under one that does not depend on the customer."""
    if call.models.recorder.module_level or not any(isinstance(leaf, Token) and leaf.kind == "customer" for leaf in whole(value)):
        return
    if key is not None and depends_on_customer(key):
        return
    recorder = call.models.recorder
    fact = SharedStore(location_of(call.place), label, recorder.trace(call.interp, call.place, "a customer token is kept here"))
    recorder.add(("shared", call.place), fact)


def whole(value: Value) -> list[Token]:
    """Return the tokens that a value holds whole, in strings and objects, but not what is merely made from them."""
    from cybrid_audit.models.sinks import whole_tokens

    return whole_tokens(value)


def depends_on_customer(key: Value) -> bool:
    """Whether a key has a part that is not constant, so that customers do not share it."""
    for atom in key.atoms():
        varying = [part for part in parts_of(atom) if not isinstance(part, Const)]
        if not varying:
            return False
    return True


__all__ = ["Input", "Obj", "Place", "PlatformData", "Str", "stored"]
