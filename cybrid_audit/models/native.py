"""What models attach to heap objects and pass to handlers: the object-oriented side of the library models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cybrid_audit.engine.values import Arguments, Atom, Obj, Place, Value, value_of
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models


@dataclass(frozen=True, slots=True)
class LibraryCall:
    """One use of a library that a row of `rules/models` explains: what is called, with what, where, and the row's settings."""

    interp: Interpreter
    models: Models
    path: str
    sources: frozenset[Atom]
    args: Arguments
    place: Place
    settings: Mapping[str, Any]


class Native:
    """Behaviour of an object that a model made; every answer `None` means: as if it were an ordinary object.

    Subclasses override what their object understands."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        """Return `obj.name(args)`."""
        return None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        """Return `obj.name`."""
        return None

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        """Return `obj[key]` for a key that is not constant."""
        return None

    def keyed(self, interp: Interpreter, obj: Obj, key: Value, place: Place) -> Value | None:
        """Return `obj[key]`, where it counts where the key was written."""
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        """Perform `obj.name = new`; return whether that is all."""
        return False

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        """Return `obj(args)`."""
        return None

    def bound_to(self, interp: Interpreter, obj: Obj, instance: Obj, place: Place) -> Value | None:
        """Return what reading the object off a class through an instance gives (a descriptor's `__get__`)."""
        return None

    def extended(
        self, interp: Interpreter, obj: Obj, receiver: Value, name: str, args: Arguments, place: Place
    ) -> Value | None:
        """Return `receiver.name(args)` inside a block on the object, which adds members to others: `"/money".nest { … }`."""
        return None

    def binary(self, interp: Interpreter, obj: Obj, op: str, other: Value, place: Place) -> Value | None:
        """Return `obj op other`."""
        return None

    def fields(self, obj: Obj) -> dict[str, Value]:
        """Return the fields that a spread of the object copies, beside its own."""
        return {}

    def text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        """Return the object as a string."""
        return None

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        """Return the object as a string, with every alternative it has."""
        atom = self.text(interp, obj)
        return value_of(atom) if atom is not None else None

    def awaited(self, interp: Interpreter, obj: Obj) -> Value | None:
        """Return what waiting for the object gives, for objects that act once they are waited for."""
        return None

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        """Return the list that the object iterates over."""
        return None


def native_object(interp: Interpreter, kind: str, native: Native, place: Place | None, label: str = "") -> Value:
    """Return a fresh object with this behaviour."""
    obj = interp.new(kind, place=place)
    obj.native = native
    obj.label = label or kind
    return value_of(obj)


def option(args: Arguments, position: int, name: str) -> Value | None:
    """Return an option given by keyword, or by name inside an object argument at a position."""
    if name in args.keywords:
        return args.keywords[name]
    holder = args.get(position)
    return field_of(holder, name) if holder is not None else None


def field_of(value: Value | None, *names: str) -> Value | None:
    """Return the first of these fields that the objects among the alternatives hold, joined; None when none does."""
    if value is None:
        return None
    for name in names:
        found: Value | None = None
        for obj in value.only(Obj):
            held = obj.fields.get(name)
            if held is None and obj.native is not None and isinstance(obj.native, Native):
                held = obj.native.fields(obj).get(name)
            if held is not None:
                found = held if found is None else found.join(held)
        if found is not None:
            return found
    return None
