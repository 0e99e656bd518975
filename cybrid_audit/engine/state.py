"""What is known about the paths that lead to a point: which checks they passed, and which they merely ran.

A state is a set of path statuses, one per group of paths that agree: the checks whose outcome is enforced (`proven`), and
those that were called at all (`performed`). A join is the union, so a path that skips a check stays visible beside one
that passes it, and a check that ran but was not enforced is told apart from none at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cybrid_audit.engine.values import NO_PROOFS, Proofs, shared_proofs
from cybrid_audit.limits import MAX_PATH_STATUSES


class PathStatus(NamedTuple):
    """A group of paths."""

    proven: Proofs
    performed: Proofs


CLEAN_PATH = PathStatus(NO_PROOFS, NO_PROOFS)


class State:
    """The paths that reach a point, and the branch they stand in. Immutable.

    `branch` names the branches entered and not yet left: a write to an object that was born in the same branch replaces what
    it held, any other joins it."""

    __slots__ = ("branch", "statuses")

    def __init__(self, statuses: frozenset[PathStatus], branch: tuple[int, ...] = ()) -> None:
        self.statuses = statuses
        self.branch = branch

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self.statuses == other.statuses and self.branch == other.branch

    def __hash__(self) -> int:
        return hash((self.statuses, self.branch))

    def __repr__(self) -> str:
        return (
            f"State({[(sorted(c.kind for c in s.proven), sorted(c.kind for c in s.performed)) for s in self.statuses]})"
        )

    @property
    def proven(self) -> Proofs:
        """The checks proven on every path; where paths prove different ones of a kind, one that stands for them."""
        return shared_proofs(status.proven for status in self.statuses)

    @property
    def any_performed(self) -> Proofs:
        """The checks called on any path."""
        return frozenset().union(*(status.performed for status in self.statuses))

    def prove(self, proofs: Proofs) -> State:
        """Return the state in which these checks have passed."""
        if not proofs:
            return self
        return State(frozenset(PathStatus(s.proven | proofs, s.performed | proofs) for s in self.statuses), self.branch)

    def perform(self, proofs: Proofs) -> State:
        """Return the state in which these checks have been called."""
        if not proofs:
            return self
        return State(frozenset(PathStatus(s.proven, s.performed | proofs) for s in self.statuses), self.branch)

    def after(self, performed: Proofs) -> State:
        """Return the state when something begun here has performed these: what only some paths had performed before stays
        with them."""
        return self.perform(performed - self.any_performed)

    def at(self, branch: tuple[int, ...]) -> State:
        """Return the same paths in another branch."""
        return self if branch == self.branch else State(self.statuses, branch)

    def join(self, other: State) -> State:
        """Return the paths of both."""
        if self.statuses == other.statuses:
            return self
        return State(_bounded(self.statuses | other.statuses), self.branch)


START = State(frozenset((CLEAN_PATH,)))


def join_states(states: Iterable[State | None], branch: tuple[int, ...]) -> State | None:
    """Return the join of the states that can be reached, in the given branch; None when none can."""
    result: State | None = None
    for state in states:
        if state is not None:
            result = state if result is None else result.join(state)
    return None if result is None else result.at(branch)


def _bounded(statuses: frozenset[PathStatus]) -> frozenset[PathStatus]:
    """Merge the statuses that prove the same kinds of check when there are too many: which check it was is lost."""
    if len(statuses) <= MAX_PATH_STATUSES:
        return statuses
    groups: dict[tuple[frozenset[str], frozenset[str]], PathStatus] = {}
    for status in sorted(statuses, key=repr):
        key = (frozenset(c.kind for c in status.proven), frozenset(c.kind for c in status.performed))
        held = groups.get(key)
        groups[key] = status if held is None else PathStatus(held.proven, held.performed | status.performed)
    return frozenset(groups.values())
