"""The paths of a point: a join forgets no path, and no bound makes a path prove more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.engine.state import START, PathStatus, State, join_states
from cybrid_audit.engine.values import NO_PROOFS, Check, Place, Proofs
from cybrid_audit.limits import MAX_PATH_STATUSES

CHECKS = tuple(
    Check(kind, Place("a.py", line, 0, line, 9), "verify") for kind in ("mfa", "email") for line in range(1, 7)
)
proofs: st.SearchStrategy[Proofs] = st.frozensets(st.sampled_from(CHECKS), max_size=4)
statuses = st.builds(lambda proven, more: PathStatus(proven, proven | more), proofs, proofs)
states = st.frozensets(statuses, min_size=1, max_size=4).map(State)


def kinds(held: Proofs) -> set[str]:
    return {check.kind for check in held}


@given(states, states, states)
def test_join_is_a_union(a: State, b: State, c: State) -> None:
    assert a.join(b) == b.join(a)
    assert a.join(b).join(c) == a.join(b.join(c))
    assert a.join(a) is a
    assert a.join(b).statuses == a.statuses | b.statuses


@given(states, states)
def test_a_join_proves_what_both_prove(a: State, b: State) -> None:
    assert kinds(a.join(b).proven) == kinds(a.proven) & kinds(b.proven)


@given(states, proofs)
def test_what_is_proven_was_performed(state: State, more: Proofs) -> None:
    for status in state.prove(more).statuses:
        assert status.proven >= more
        assert status.proven <= status.performed
    assert state.prove(NO_PROOFS) is state


@given(states, proofs)
def test_performing_proves_nothing(state: State, more: Proofs) -> None:
    after = state.perform(more)
    assert {status.proven for status in after.statuses} == {status.proven for status in state.statuses}
    assert all(status.performed >= more for status in after.statuses)
    assert state.perform(NO_PROOFS) is state


@given(states, states, proofs)
def test_proving_goes_through_a_join(a: State, b: State, more: Proofs) -> None:
    assert a.join(b).prove(more) == a.prove(more).join(b.prove(more))
    assert a.join(b).perform(more) == a.perform(more).join(b.perform(more))


@given(st.lists(states, max_size=4), st.lists(st.integers(1, 5), max_size=3).map(tuple))
def test_a_join_of_many_stands_in_the_given_branch(alternatives: list[State], branch: tuple[int, ...]) -> None:
    joined = join_states([None, *alternatives, None], branch)
    if not alternatives:
        assert joined is None
    else:
        assert joined is not None
        assert joined.branch == branch
        assert joined.statuses == frozenset().union(*(each.statuses for each in alternatives))


def test_a_start_has_proven_nothing() -> None:
    assert START.proven == NO_PROOFS
    assert START.branch == ()


@given(st.frozensets(statuses, min_size=MAX_PATH_STATUSES + 1, max_size=2 * MAX_PATH_STATUSES))
def test_merging_paths_keeps_the_kinds_that_each_proves(many: frozenset[PathStatus]) -> None:
    ordered = sorted(many, key=repr)
    joined = State(frozenset(ordered[:1])).join(State(frozenset(ordered[1:])))
    assert len(joined.statuses) <= MAX_PATH_STATUSES
    shapes = {(frozenset(kinds(each.proven)), frozenset(kinds(each.performed))) for each in many}
    assert {(frozenset(kinds(each.proven)), frozenset(kinds(each.performed))) for each in joined.statuses} == shapes
    assert kinds(joined.proven) == set.intersection(*(kinds(each.proven) for each in many))
