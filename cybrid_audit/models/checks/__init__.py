"""Verifications: second factors, verified email addresses, signatures of events; their outcomes, claims and stored proofs.

This room answers the facade's questions and hands each to the part that knows: `outcomes` (what a library's verification gives
back), `own_codes` (comparisons of codes and digests), `claims` (how somebody signed in), `stored_proofs` (flags that a
verification left behind), `services` (verifications whose code is not in the tree)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cybrid_audit.engine.values import (
    Atom,
    Bool,
    Const,
    Input,
    Lib,
    Obj,
    Outcome,
    Place,
    Proofs,
    Stored,
    Unknown,
    Value,
    unknown,
)
from cybrid_audit.models.checks import claims, login, outcomes, own_codes, services, stored_proofs
from cybrid_audit.models.checks.names import row_of_database
from cybrid_audit.models.native import LibraryCall

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models


def attribute(call: LibraryCall) -> Value | None:
    """An attribute of something stored or unknown."""
    return None


def method(call: LibraryCall) -> Value | None:
    """A method of something stored, unknown, or given back by a verification."""
    atom = next(iter(call.sources))
    if isinstance(atom, Outcome):
        return services.outcome_method(call, atom)
    held = claims.method(call, atom)
    if held is None:
        held = claims.quantified(call, atom)
    if held is None:
        held = stored_proofs.method(call, atom)
    if held is None and isinstance(atom, Unknown | Stored):
        call.models.acted(call.interp, call.path, call.args, call.place)
        held = services.unknown_method(call, atom)
    return held


def library_call(call: LibraryCall) -> Value | None:
    """A call of a library that no row explains."""
    stored_proofs.note_arguments(call)
    call.models.acted(call.interp, call.path, call.args, call.place)
    receiver, _, name = call.path.rpartition(".")
    if name in claims.QUANTIFIERS:
        atom = Lib(receiver, call.sources)
        told = claims.method(replace(call, path=name), atom)
        if told is None:
            told = claims.quantified(replace(call, path=name), atom)
        if told is not None:
            return told
    if call.path.startswith("jose.SignJWT()") and call.path.endswith(".sign"):
        return login.token(
            LibraryCall(
                call.interp, call.models, "jose.SignJWT.sign", call.sources, call.args, call.place, {"gives": "promise"}
            )
        )
    return services.library_call(call)


def database_call(call: LibraryCall) -> Value | None:
    """A read or write of a database."""
    stored_proofs.note_arguments(call)
    call.models.acted(call.interp, call.path, call.args, call.place)
    return services.lookup(call)


def unknown_call(call: LibraryCall) -> Value | None:
    """A call of something unknown by its name."""
    stored_proofs.note_arguments(call)
    call.models.acted(call.interp, call.path, call.args, call.place)
    atom = next(iter(call.sources), None)
    if isinstance(atom, Stored) and atom.store == "request state" and atom.key in ("logIn", "login"):
        login.method(call, f"req.{atom.key}")
        from cybrid_audit.models.checks.outcomes import run_with

        return run_with(call, unknown("nothing"))
    return services.unknown_call(call)


def decorator(call: LibraryCall) -> Value | None:
    """A library decorator that no row explains."""
    return services.decorator(call)


def assigned(call: LibraryCall) -> None:
    """A field of something stored or unknown is set."""
    stored_proofs.assigned(call)


def outcome_field(call: LibraryCall) -> Value | None:
    """A field of what a verification gave back."""
    return outcomes.field(call)


def flag_proofs(interp: Interpreter, models: Models, atom: Atom) -> Proofs:
    """Return the checks that a flag proves when it is set."""
    return stored_proofs.flag_proofs(interp, models, atom)


def compare_equal(interp: Interpreter, models: Models, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what `a == b` proves."""
    for each in (a, b):
        if isinstance(each, Input):
            models.input_read(each.name)
    a, b = row_of_database(a), row_of_database(b)
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Outcome):
            return outcomes.compare(interp, models, one, other)
        if (
            isinstance(one, Bool)
            and isinstance(other, Const)
            and (other.value is None or isinstance(other.value, bool))
        ):
            if other.value is None:
                return Bool()
            return one if other.value else Bool(one.if_false, one.if_true, one.sources)
    for one, other in ((a, b), (b, a)):
        if isinstance(other, Const):
            held = claims.equals(interp, models, one, other, place)
            if held is not None:
                return held
    return own_codes.equal_atoms(interp, models, a, b, place)


def compare_in(interp: Interpreter, models: Models, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what `a in b` proves."""
    a, b = row_of_database(a), row_of_database(b)
    if isinstance(a, Outcome) and isinstance(b, Obj):
        return outcomes.one_of(a, b)
    held = claims.contains(interp, models, a, b, place)
    return held if held is not None else own_codes.among(interp, models, a, b, place)


def compare_order(interp: Interpreter, models: Models, op: str, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what an order comparison proves."""
    a, b = row_of_database(a), row_of_database(b)
    held = services.answer_order(op, a, b)
    if held is None:
        held = claims.order(interp, models, op, a, b, place)
    return held if held is not None else stored_proofs.fresh(interp, models, op, a, b, place)


def combine(interp: Interpreter, models: Models, op: str, left: Value, right: Value, place: Place) -> Value | None:
    """Return what an operator makes of values that tell of a check or are tasks: `wanted & set(amr)`, `now - verified_at`, `a.s() | b.s()`."""
    if op == "&":
        return claims.intersect(interp, models, left, right, place)
    if op in ("-", "+"):
        return stored_proofs.shifted(interp, models, op, left, right, place)
    if op == "|" and any(isinstance(atom, Obj) and atom.kind == "task" for atom in left.atoms()):
        from cybrid_audit.models.frameworks import tasks

        return tasks.pipe(interp, [left, right], place)
    return None
