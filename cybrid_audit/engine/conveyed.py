"""Where the outcome of a verification is lost, when a function of the project passes it on rightly.

A wrapper that returns what a verification gave, or throws when it failed, is as good as the verification: if its caller drops the
outcome, it is the call of the wrapper that loses it. So what such a function performed counts, from its return on, as performed
at the place of its call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.state import PathStatus, State
from cybrid_audit.engine.values import Atom, Bool, Check, Obj, Outcome, Place, Promise, Proofs, Value, contents, truth

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Raised

Row = tuple[Value, State]
"""What an activation returns on some paths."""


def gained(before: State, states: list[State]) -> dict[str, set[Check]]:
    """Return the checks that were performed between two points, by kind, where the kind was not yet proven."""
    found: dict[str, set[Check]] = {}
    old: Proofs | None = None
    for state in states:
        for status in state.statuses:
            if not status.performed:
                continue
            if old is None:
                old = frozenset().union(*(each.performed for each in before.statuses))
            for check in status.performed - old:
                found.setdefault(check.kind, set()).add(check)
    for kind in [kind for kind in found if any(check.kind == kind for check in before.proven)]:
        del found[kind]
    return found


def relocate(name: str, place: Place, before: State, rows: list[Row], raised: list[Raised], start: int) -> list[Row]:
    """Return the rows of an activation, what it conveys performed at its call. `raised[start:]` are its exceptions, changed in place."""
    states = [state for _, state in rows]
    found = gained(before, [*states, *(each.state for each in raised[start:])])
    for kind, checks in found.items():
        new = Check(kind, place, name or next(iter(checks)).name)
        passes = [all(any(c.kind == kind for c in status.proven) for status in state.statuses) for _, state in rows]
        held = [carries(value, kind) for value, _ in rows]
        if any(held) or (any(passes) and not all(passes)):
            positive = {
                truth(atom) for (value, _), good in zip(rows, passes, strict=True) if good for atom in value.atoms()
            }
            rows = [
                (value, moved(state, checks, new, everywhere=not good and refuses(value, positive)))
                for (value, state), good in zip(rows, passes, strict=True)
            ]
        elif not (rows and all(passes)):
            continue
        for index in range(start, len(raised)):
            raised[index] = raised[index]._replace(state=moved(raised[index].state, checks, new))
    return rows


def moved(state: State, checks: set[Check], new: Check, *, everywhere: bool = False) -> State:
    """Return the state with one check performed in place of others, on the paths that performed them (or everywhere)."""
    statuses = frozenset(
        PathStatus(status.proven, (status.performed - checks) | {new})
        if everywhere or status.performed & checks
        else status
        for status in state.statuses
    )
    return State(statuses, state.branch)


def carries(value: Value, kind: str, depth: int = 3) -> bool:
    """Whether a value tells how a check of this kind ended."""
    return any(
        any(check.kind == kind for check in proofs) or _atom_carries(atom, kind, depth) for atom, proofs in value.alts
    )


def _atom_carries(atom: Atom, kind: str, depth: int) -> bool:
    match atom:
        case Bool(if_true=if_true, if_false=if_false):
            return any(check.kind == kind for check in if_true | if_false)
        case Outcome(check=check):
            return check.kind == kind
        case Promise(value=inner, proofs=proofs):
            return any(check.kind == kind for check in proofs) or carries(inner, kind, depth)
        case Obj() if depth > 0:
            return any(carries(held, kind, depth - 1) for held in contents(atom))
        case _:
            return False


def refuses(value: Value, positive: set[bool | None]) -> bool:
    """Whether a returned value says no: its truth is the opposite of what is returned on success, or it holds a False."""
    return all(_says_no(atom, positive) for atom in value.atoms())


def _says_no(atom: Atom, positive: set[bool | None]) -> bool:
    if isinstance(atom, Obj):
        parts = atom.items[:1] if atom.kind == "list" and atom.items else list(atom.fields.values())
        if any(truth(each) is False for part in parts for each in part.atoms()):
            return True
    known = truth(atom)
    return (known is not None and positive == {not known}) or (known is False and not positive)


def unsettled(before: State, value: Value, proofs: Proofs, performed: Proofs, name: str, place: Place) -> Proofs:
    """Return what an activation nobody waits for performed, moved to its call where its promise conveys it."""
    old: Proofs = frozenset().union(*(status.performed for status in before.statuses))
    result = set(performed)
    for kind in {check.kind for check in performed - old}:
        if any(check.kind == kind for check in proofs) or carries(value, kind):
            result -= {check for check in performed - old if check.kind == kind}
            result.add(Check(kind, place, name or kind))
    return frozenset(result)
