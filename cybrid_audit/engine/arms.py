"""Which literals never meet: those in different arms of one branch, although a join has forgotten it.

`switch (kind) { case "a": path = "/x"; method = "POST"; break; default: path = "/y"; method = "GET"; }` leaves two paths and two
methods, but not four requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cybrid_audit import ir
from cybrid_audit.engine.values import Atom, Const, parts_of

Position = tuple[int, int]
Arm = tuple[int, int, Position, Position]
"""The branch, the arm of it, where the arm starts and ends."""


def together(pairs: Sequence[tuple[Atom, Atom]], known: dict[int, tuple[Arm, ...]]) -> list[tuple[Atom, Atom]]:
    """Return the pairs whose literals can meet. `known` keeps the arms of functions between calls."""
    arms = {id(atom): arms_of(atom, known) for pair in pairs for atom in pair}
    kept = []
    for first, second in pairs:
        a, b = arms[id(first)], arms[id(second)]
        if any(group in b and b[group] != arm for group, arm in a.items()):
            continue
        # What is set outside of a branch gives way to what an arm sets.
        if any(
            group not in b and any(arms[id(other)].get(group) == arm for _, other in pairs) for group, arm in a.items()
        ):
            continue
        if any(
            group not in a and any(arms[id(other)].get(group) == arm for other, _ in pairs) for group, arm in b.items()
        ):
            continue
        kept.append((first, second))
    return kept or list(pairs)


def arms_of(atom: Atom, known: dict[int, tuple[Arm, ...]]) -> dict[int, int]:
    """Return the arm in which the literals of a text stand, by branch."""
    found: dict[int, int] = {}
    for part in parts_of(atom):
        if not isinstance(part, Const) or part.place is None or part.function is None:
            continue
        function = part.function
        if id(function) not in known:
            known[id(function)] = tuple(_arms(function))
        at = (part.place.line, part.place.column)
        found.update({group: arm for group, arm, start, end in known[id(function)] if start <= at < end})
    return found


def _arms(function: ir.Function) -> Iterator[Arm]:
    """Yield the arms of the branches of a function, those of nested functions too."""
    group = 0
    for node in ir.walk(function):
        bodies: list[Sequence[ir.Node]] = []
        if isinstance(node, ir.If):
            bodies = [node.body, node.otherwise]
        elif isinstance(node, ir.Switch) and not node.falls_through:
            bodies = [case.body for case in node.cases]
        elif isinstance(node, ir.Switch):
            bodies = (
                [case.body for case in node.cases]
                if all(_leaves(case) for case in node.cases[:-1] if case.body)
                else []
            )
        elif isinstance(node, ir.Conditional):
            bodies = [(node.then,), (node.otherwise,)]
        if bodies:
            group += 1
            for number, body in enumerate(bodies):
                if body:
                    first, last = body[0].span, body[-1].span
                    yield group, number, (first.line, first.column), (last.end_line, last.end_column)


def _leaves(case: ir.Case) -> bool:
    """Whether an arm ends before the next one starts."""
    last = case.body[-1]
    while isinstance(last, ir.Block) and last.body:
        last = last.body[-1]
    return isinstance(last, ir.Break | ir.Return | ir.Raise | ir.Continue)
