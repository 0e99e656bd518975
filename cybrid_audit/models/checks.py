"""Verifications: second factors, verified email addresses, signatures of events; their outcomes, claims and stored proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.values import NO_PROOFS, Atom, Claim, Outcome, Place, Proofs, Stored, Value
from cybrid_audit.models.native import LibraryCall

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models


def attribute(call: LibraryCall) -> Value | None:
    """An attribute of something stored or unknown."""
    return None


def method(call: LibraryCall) -> Value | None:
    """A method of something stored or unknown."""
    return None


def assigned(call: LibraryCall) -> None:
    """A field of something stored or unknown is set."""


def outcome_field(call: LibraryCall) -> Value | None:
    """A field of what a verification gave back."""
    return None


def flag_proofs(interp: Interpreter, models: Models, atom: Claim | Stored) -> Proofs:
    """Return the checks that a flag proves when it is set."""
    return NO_PROOFS


def compare_equal(interp: Interpreter, models: Models, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what `a == b` proves."""
    return None


def compare_in(interp: Interpreter, models: Models, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what `a in b` proves."""
    return None


def compare_order(interp: Interpreter, models: Models, op: str, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what an order comparison proves."""
    return None


__all__ = ["Outcome", "attribute"]
