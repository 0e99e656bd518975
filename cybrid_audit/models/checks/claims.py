"""Claims that tell how somebody signed in: `amr`, `acr`, `aal` and their like, on tokens whose signature was checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import operators
from cybrid_audit.engine.values import (
    NO_PROOFS,
    Arguments,
    Atom,
    Bool,
    Check,
    Claim,
    Const,
    Fn,
    Lib,
    Obj,
    Place,
    Proofs,
    Stored,
    Unknown,
    Value,
    shared_proofs,
    text_of,
    truth,
    unknown,
    value_of,
)
from cybrid_audit.models.checks import stored_proofs
from cybrid_audit.models.checks.names import client_sent, last_name, names_of, path_of, words
from cybrid_audit.models.native import LibraryCall, field_of

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.knowledge.check_facts import ClaimRow
    from cybrid_audit.models import Models


def row_of(models: Models, atom: Atom) -> ClaimRow | None:
    """Return the row of the claim that a value is, None when it is none or the client itself sent it."""
    if not isinstance(atom, Stored | Unknown | Lib | Claim):
        return None
    names = names_of(models)
    row = names.claims.get(words(last_name(atom)))
    return None if row is None or client_sent(names, atom) else row


def is_age(models: Models, atom: Atom) -> bool:
    """Whether a value is an element of a claim that lists ages of factors."""
    if isinstance(atom, Unknown) and atom.reason == "an item":
        return any((row := row_of(models, inner)) is not None and row.is_ == "age" for inner in atom.sources)
    path = path_of(atom)
    if len(path) > 1 and path[-1].isdigit():
        row = names_of(models).claims.get(words(path[-2]))
        return row is not None and row.is_ == "age" and not client_sent(names_of(models), atom)
    return False


def inner_claims(models: Models, atom: Atom, depth: int = 3) -> list[tuple[Atom, ClaimRow]]:
    """Return the claims that a value is or is made of, such as `set(token["amr"])`."""
    row = row_of(models, atom)
    if row is not None:
        return [(atom, row)]
    if depth and isinstance(atom, Unknown | Lib) and not client_sent(names_of(models), atom):
        return [pair for source in atom.sources for pair in inner_claims(models, source, depth - 1)]
    if depth and isinstance(atom, Obj) and atom.rest is not None:
        return [pair for source in atom.rest.atoms() for pair in inner_claims(models, source, depth - 1)]
    return []


def proven(models: Models, row: ClaimRow, place: Place) -> Proofs:
    """Return the proof that a claim gives: none when the project itself issues it to somebody who verified nothing."""
    worth = stored_proofs.writers_of(models).worth(row.claim)
    if worth is not None and "mfa" not in worth:
        return NO_PROOFS
    models.memory("stored proofs", set).add(f"claim {row.claim}")
    return frozenset((Check("mfa", place, f"claim {row.claim}"),))


def accepts(models: Models, row: ClaimRow, value: Atom) -> bool:
    """Whether a claim of this value tells of a second factor."""
    text = text_of(value)
    if isinstance(value, Const) and (value.value is None or isinstance(value.value, bool)):
        return False
    if row.is_ in ("contains", "one_of"):
        if not row.accepts or text is None or "{?}" in text:
            # A value that is not constant is taken to be chosen well, unless the client chooses it.
            return not client_sent(names_of(models), value)
        return text.lower() in row.accepts
    if row.is_ == "equals":
        return not (text is not None and row.rejects and names_of(models).has(text.lower(), row.rejects))
    return False


def equals(interp: Interpreter, models: Models, atom: Atom, other: Const, place: Place) -> Atom | None:
    """Return what comparing a claim or a flag with a constant proves."""
    row = row_of(models, atom)
    if row is not None:
        if other.value is None:
            return Bool(NO_PROOFS, proven(models, row, place)) if row.is_ == "present" else None
        if row.is_ == "age" or isinstance(other.value, bool):
            return None
        return Bool(proven(models, row, place)) if accepts(models, row, other) else Bool()
    if other.value == -1 and is_age(models, atom):
        return Bool(NO_PROOFS, proven(models, names_of(models).claims["fva"], place))
    if isinstance(atom, Stored | Unknown | Lib | Claim):
        proofs = interp.proofs_if(atom, True)
        if proofs:
            if other.value is None or other.value is False or other.value == "":
                return Bool(NO_PROOFS, proofs)
            return Bool(proofs)
        if isinstance(other.value, str):
            return stored_proofs.status(models, atom, other.value, place)
    return None


def contains(interp: Interpreter, models: Models, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what `a in b` proves: an accepted value in a claim's list, or a claim among accepted levels."""
    found = [pair for pair in inner_claims(models, b) if pair[1].is_ == "contains"]
    if found:
        row = found[0][1]
        return Bool(proven(models, row, place)) if accepts(models, row, a) else Bool()
    level = row_of(models, a)
    if level is not None and isinstance(b, Obj) and b.kind == "list":
        items = b.items if b.items is not None else [b.rest] if b.rest is not None else []
        members = [each for item in items for each in item.atoms()]
        return (
            Bool(proven(models, level, place))
            if members and all(accepts(models, level, each) for each in members)
            else Bool()
        )
    if isinstance(a, Const) and isinstance(a.value, str) and isinstance(b, Stored):
        # `"mfa_ok" in session`
        flag = Stored(b.store, f"{b.key}.{a.value}" if b.key else a.value, b.place)
        proofs = interp.proofs_if(flag, True)
        return Bool(proofs) if proofs else None
    return None


def intersect(interp: Interpreter, models: Models, left: Value, right: Value, place: Place) -> Value | None:
    """Return what `wanted & claims` is: truthy only when the claim holds a wanted value."""
    for one, other in ((left, right), (right, left)):
        found = [pair for atom in one.atoms() for pair in inner_claims(models, atom) if pair[1].is_ == "contains"]
        if not found:
            continue
        items = operators.known_items(interp, other)
        members = [
            each
            for item in (items if items is not None else [operators.element_of(interp, other)])
            for each in item.atoms()
        ]
        row = found[0][1]
        right_ones = bool(members) and all(accepts(models, row, each) for each in members)
        return value_of(Bool(proven(models, row, place) if right_ones else NO_PROOFS))
    return None


def order(interp: Interpreter, models: Models, op: str, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what an order comparison of a level or an age proves: `acr >= 2`, `fva[1] >= 0`."""
    for atom, other, sign in ((a, b, op), (b, a, {"<": ">", ">": "<", "<=": ">=", ">=": "<="}[op])):
        found = inner_claims(models, atom, 2)
        if not found and not is_age(models, atom):
            continue
        row = found[0][1] if found else names_of(models).claims["fva"]
        limit = other.value if isinstance(other, Const) and isinstance(other.value, int | float) else None
        if row.is_ in ("equals", "one_of"):
            if sign in (">=", ">") and (limit is None or limit >= 2 or (sign == ">" and limit >= 1)):
                return Bool(proven(models, row, place))
            if sign in ("<", "<=") and (limit is None or limit >= 2 or (sign == "<=" and limit >= 1)):
                return Bool(NO_PROOFS, proven(models, row, place))
        if row.is_ == "age" and limit is not None:
            if limit <= 0:
                return (
                    Bool(proven(models, row, place))
                    if sign in (">=", ">")
                    else Bool(NO_PROOFS, proven(models, row, place))
                )
            return None
    return None


def method(call: LibraryCall, atom: Atom) -> Value | None:
    """A method of a claim: `amr.includes("mfa")`, `amr.some(m => …)`, `set(amr).isdisjoint(wanted)`."""
    if call.path not in (
        "includes",
        "has",
        "contains",
        "some",
        "find",
        "indexOf",
        "intersection",
        "isdisjoint",
        "issuperset",
        "issubset",
        "__contains__",
        "every",
    ):
        return None
    found = [pair for pair in inner_claims(call.models, atom) if pair[1].is_ == "contains"]
    if not found or not call.args.positional:
        return None
    row = found[0][1]
    first = call.args.positional[0]
    interp = call.interp
    if call.path in ("some", "find", "every"):
        from cybrid_audit.engine import calls

        if any(isinstance(each, Fn) for each in first.atoms()):
            element = Claim(row.claim, "element", "element", call.place)
            verdict = calls.call(interp, first, Arguments(positional=[value_of(element)]), call.place, awaited=True)
            proofs = (
                frozenset().union(*(interp.proofs_if(each, True) for each in verdict.atoms()))
                if verdict.alts
                else NO_PROOFS
            )
            return value_of(Bool(proofs))
        return None
    if call.path == "isdisjoint":
        held = intersect(interp, call.models, first, value_of(atom), call.place)
        return operators.negate(interp, held) if held is not None else None
    if call.path == "intersection":
        return intersect(interp, call.models, first, value_of(atom), call.place)
    if call.path == "issuperset":
        items = operators.known_items(interp, first) or []
        good = any(accepts(call.models, row, each) for item in items for each in item.atoms())
        return value_of(Bool(proven(call.models, row, call.place) if good else NO_PROOFS))
    good = all(accepts(call.models, row, each) for each in first.atoms())
    return value_of(Bool(proven(call.models, row, call.place) if good else NO_PROOFS))


def issues(models: Models, key: str, value: Value) -> bool:
    """Whether a field of a token that the project signs claims a second factor: `amr: ["pwd", "otp"]`."""
    row = names_of(models).claims.get(words(key))
    if row is None or row.is_ not in ("contains", "one_of", "equals"):
        return False
    for atom in value.atoms():
        if row.is_ == "contains":
            items = atom.items or [] if isinstance(atom, Obj) else []
            if any(isinstance(each, Const) and accepts(models, row, each) for item in items for each in item.atoms()):
                return True
        elif isinstance(atom, Const) and accepts(models, row, atom):
            return True
    return False


QUANTIFIERS: Final = frozenset({"some", "any", "find", "findLast", "includes", "has", "contains"})
"""Methods that ask whether one element fits."""


def quantified(call: LibraryCall, atom: Atom) -> Value | None:
    """A test of the elements of something that is no claim: `factors.some(f => f.verified)`; None when it proves nothing."""
    from cybrid_audit.engine import calls

    first = call.args.positional[0] if call.args.positional else None
    if call.path not in ("some", "any", "find", "findLast") or first is None or not isinstance(atom, Lib | Unknown):
        return None
    if not any(isinstance(each, Fn) for each in first.atoms()):
        return None
    element = (
        Lib(f"{atom.path}.0", atom.sources)
        if isinstance(atom, Lib)
        else Unknown("an element", frozenset((atom,)), atom.hint)
    )
    verdict = calls.call(call.interp, first, Arguments(positional=[value_of(element)]), call.place, awaited=True)
    fits = [proofs | call.interp.proofs_if(each, True) for each, proofs in verdict.alts if truth(each) is not False]
    earned = shared_proofs(fits) if fits else NO_PROOFS
    return value_of(Bool(earned, sources=frozenset((atom,)))) if earned else None


# ---------------------------------------------------------------- rows: tokens


def verified(call: LibraryCall) -> Value | None:
    """A call that decodes a token after checking its signature: the claims are the server's word, unless an option says no.

    `in` is the field of the answer that holds the claims; `unless` an option (keyword or field) that switches the check off."""
    interp = call.interp
    for name in call.settings.get("unless") or ():
        value = call.args.keywords.get(name) or next(
            (h for v in call.args.positional if (h := field_of(v, name)) is not None), None
        )
        if value is None:
            options = call.args.keywords.get("options") or (
                call.args.positional[3] if len(call.args.positional) > 3 else None
            )
            value = field_of(options, name)
        if value is not None and any(truth(each) is not True for each in value.atoms()):
            return unverified(call)
    claims: Value = value_of(Stored("claims", "", call.place))
    field = call.settings.get("in")
    if field:
        obj = interp.new("object", place=call.place)
        obj.fields[str(field)] = claims
        if call.settings.get("error"):
            obj.fields["error"] = unknown("an error")
        inner = value_of(obj)
        if call.settings.get("data"):
            outer = interp.new("object", place=call.place)
            outer.fields["data"] = inner.join(value_of(Const(None)))
            outer.fields["error"] = unknown("an error")
            inner = value_of(outer)
        claims = inner
    callback = call.args.positional[-1] if call.settings.get("callback") and call.args.positional else None
    if callback is not None and any(isinstance(each, Fn) for each in callback.atoms()):
        return _with_callback(call, callback, claims)
    if call.settings.get("async"):
        from cybrid_audit.engine.values import Promise

        return value_of(Promise(claims))
    return claims


def _with_callback(call: LibraryCall, callback: Value, claims: Value) -> Value:
    from cybrid_audit.engine import calls
    from cybrid_audit.engine.interpreter import Flow

    interp = call.interp
    if interp.state is None:
        return claims
    branch = interp.state.branch
    before = interp.flow()
    interp.state = interp.enter_branch(interp.state)
    calls.call(interp, callback, Arguments(positional=[unknown("an error"), claims]), call.place, awaited=True)
    interp.merge([before, Flow(interp.state, interp.frame.scope.vars)], branch)
    return unknown("nothing")


def unverified(call: LibraryCall) -> Value | None:
    """A call that decodes a token without a check: what comes out is what the client sent."""
    from cybrid_audit.engine.values import Input

    return value_of(Input("token"))


def session(call: LibraryCall) -> Value | None:
    """The session or principal that a library keeps on the server: `auth()`, `getServerSession(options)`, `get_jwt()`."""
    from cybrid_audit.engine.values import Promise

    held = value_of(Stored(str(call.settings.get("store", "session")), "", call.place))
    if call.settings.get("saves"):
        call.models.memory("sessions that are saved", set).add(call.place)
    if call.settings.get("optional"):
        held = held.join(value_of(Const(None)))
    return value_of(Promise(held)) if call.settings.get("async") else held
