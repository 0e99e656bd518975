"""The value domain keeps the laws that the interpreter relies on."""

from __future__ import annotations

import math

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cybrid_audit.engine.values import (
    NO_PROOFS,
    NOTHING,
    TOO_MANY,
    Atom,
    Bool,
    Check,
    Const,
    Env,
    Input,
    Lib,
    MintBody,
    Obj,
    Place,
    Promise,
    Proofs,
    Random,
    Secret,
    Stored,
    Str,
    Token,
    Unknown,
    Value,
    constant,
    derived,
    join_all,
    key_text,
    leaves,
    may_be_same,
    parts_of,
    picked,
    proofs_if,
    restamp,
    shared_proofs,
    text_of,
    truth,
    value_of,
)
from cybrid_audit.limits import MAX_ALTERNATIVES, MAX_REACH

PLACES = tuple(Place("a.py", line, 0, line, 9) for line in range(1, 4))
CHECKS = tuple(Check(kind, place, name) for kind in ("mfa", "email") for place in PLACES for name in ("one", "two"))
"""Few enough that two random sets often share a check, or only a kind of check."""

proofs: st.SearchStrategy[Proofs] = st.frozensets(st.sampled_from(CHECKS), max_size=4)
places = st.sampled_from((None, *PLACES))
names = st.sampled_from(("a", "b", "c"))

constants = st.builds(
    Const,
    st.one_of(
        st.sampled_from(("", "x", "y")), st.integers(0, 2), st.booleans(), st.none(), st.binary(max_size=1), st.floats()
    ),
    places,
    st.integers(0, 2),
)
simple: st.SearchStrategy[Atom] = st.one_of(
    constants,
    st.builds(Env, names, places),
    st.builds(Secret, names),
    st.builds(Input, st.sampled_from(("body", "query")), names),
    st.builds(Stored, st.sampled_from(("session", "kv")), names),
    st.builds(Random, names),
    st.builds(Token, st.sampled_from(("bank", "customer")), names),
    st.builds(MintBody, st.builds(Token, st.sampled_from(("bank", "customer")), names)),
    st.builds(Bool, proofs, proofs),
    st.builds(Lib, names),
    st.builds(Unknown, names),
)
texts: st.SearchStrategy[Atom] = st.recursive(
    simple, lambda inner: st.builds(Str, st.lists(inner, min_size=1, max_size=3).map(tuple)), max_leaves=6
)
atoms: st.SearchStrategy[Atom] = st.one_of(
    texts,
    st.builds(Unknown, names, st.frozensets(texts, max_size=3)),
    st.builds(Lib, names, st.frozensets(texts, max_size=3)),
)


def values_with(at_most: int) -> st.SearchStrategy[Value]:
    """Values with up to so many alternatives."""
    return st.dictionaries(atoms, proofs, max_size=at_most).map(lambda alts: Value(tuple(alts.items())))


values = values_with(6)
"""Values small enough that joins of three of them lose nothing."""


def kinds(held: Proofs) -> set[str]:
    return {check.kind for check in held}


def same(left: Value, right: Value) -> bool:
    """Whether two values say the same: which check of a kind stands for several is left open."""
    return left.leq(right) and right.leq(left)


# ---------------------------------------------------------------- join


@given(values, values)
def test_join_is_commutative(left: Value, right: Value) -> None:
    assert left.join(right) == right.join(left)


@given(values, values, values)
def test_join_is_associative(a: Value, b: Value, c: Value) -> None:
    assert same(a.join(b).join(c), a.join(b.join(c)))


@settings(max_examples=30)
@given(values_with(60))
def test_join_is_idempotent(value: Value) -> None:
    once = join_all(Value((pair,)) for pair in value.alts)
    assert once.join(once) is once
    assert once.join(Value(tuple(reversed(once.alts)))) == once


@settings(max_examples=30)
@given(values_with(40), values_with(40))
def test_join_is_an_upper_bound(left: Value, right: Value) -> None:
    joined = left.join(right)
    assert left.leq(joined)
    assert right.leq(joined)
    # Joined with nothing, a value stays as it is, however large the test made it.
    assert len(joined.alts) <= max(MAX_ALTERNATIVES, len(left.alts), 0 if left else len(right.alts))


@given(values, values, values)
def test_join_is_the_least_upper_bound(a: Value, b: Value, more: Value) -> None:
    bound = a.join(b).join(more)
    assert a.join(b).leq(bound)


@given(
    st.one_of(
        st.lists(values_with(3), max_size=9),
        st.lists(
            st.dictionaries(simple, st.just(NO_PROOFS), max_size=9).map(lambda held: Value(tuple(held.items()))),
            max_size=14,
        ),
    )
)
def test_many_values_join_as_one_by_one(alternatives: list[Value]) -> None:
    one_by_one = NOTHING
    for each in alternatives:
        one_by_one = one_by_one.join(each)
    assert join_all(alternatives).alts == one_by_one.alts


@given(values)
def test_nothing_is_neutral(value: Value) -> None:
    assert value.join(NOTHING) is value
    assert NOTHING.join(value) == value
    assert NOTHING.leq(value)
    assert value.leq(NOTHING) is (not value.alts)


@given(values, values)
def test_a_join_that_adds_nothing_is_the_value_itself(value: Value, more: Value) -> None:
    # The passes end when joins return what they were given.
    joined = value.join(more)
    assert joined.join(more) is joined


def test_a_join_beyond_the_bound_that_adds_nothing_is_the_value_itself() -> None:
    joined = many(MAX_ALTERNATIVES).join(value_of(Const("one more"), Token("bank", "m")))
    assert TOO_MANY in set(joined.atoms())
    assert joined.join(value_of(Const("one more"))) is joined
    assert joined.join(value_of(Const("another"))) is joined


@given(atoms, proofs, proofs)
def test_equal_alternatives_keep_the_proofs_they_share(atom: Atom, left: Proofs, right: Proofs) -> None:
    ((held, kept),) = Value(((atom, left),)).join(Value(((atom, right),))).alts
    assert held == atom
    assert kept >= left & right
    assert kinds(kept) == kinds(left) & kinds(right)
    assert kept <= left | right


@given(st.lists(proofs, min_size=1, max_size=4))
def test_shared_proofs_do_not_depend_on_the_order(alternatives: list[Proofs]) -> None:
    assert shared_proofs(alternatives) == shared_proofs(reversed(alternatives))
    assert kinds(shared_proofs(alternatives)) == set.intersection(*map(kinds, alternatives))


def test_no_alternative_shares_no_proof() -> None:
    assert shared_proofs([]) == NO_PROOFS


# ---------------------------------------------------------------- widening


def many(count: int, held: Proofs = NO_PROOFS) -> Value:
    return Value(tuple((Const(f"text {number}"), held) for number in range(count)))


@given(
    st.permutations(
        [
            *many(MAX_ALTERNATIVES + 3).atoms(),
            Token("bank", "m"),
            MintBody(Token("customer", "n")),
            Env("KEY"),
            Secret("v"),
        ]
    )
)
def test_widening_keeps_what_matters(order: list[Atom]) -> None:
    joined = join_all(value_of(atom) for atom in order)
    assert len(joined.alts) == MAX_ALTERNATIVES
    assert {Token("bank", "m"), MintBody(Token("customer", "n")), Env("KEY"), Secret("v"), TOO_MANY} <= set(
        joined.atoms()
    )
    assert all(value_of(atom).leq(joined) for atom in order)


def test_at_the_bound_nothing_is_lost() -> None:
    joined = join_all(value_of(atom) for atom in many(MAX_ALTERNATIVES).atoms())
    assert joined == many(MAX_ALTERNATIVES)
    assert TOO_MANY in set(joined.join(value_of(Const("one more"))).atoms())


@given(st.lists(proofs, min_size=1, max_size=MAX_ALTERNATIVES * 2))
@example([frozenset(CHECKS[:1])] * MAX_ALTERNATIVES + [NO_PROOFS] + [frozenset(CHECKS[:1])])
@example([NO_PROOFS] + [frozenset(CHECKS[:1])] * (MAX_ALTERNATIVES + 5))
@example([frozenset(CHECKS[:1])] * (MAX_ALTERNATIVES + 5) + [NO_PROOFS])
def test_what_widening_loses_gains_no_proof(held: list[Proofs]) -> None:
    # The first alternatives are lost last to first, so that the loss happens in several steps.
    alternatives = [(Const(f"text {number}"), each) for number, each in enumerate(held)]
    joined = NOTHING
    for pair in alternatives:
        joined = joined.join(Value((pair,)))
    kept = dict(joined.alts)
    for atom, each in alternatives:
        if atom in kept:
            assert kept[atom] == each
        else:
            assert kinds(kept[TOO_MANY]) <= kinds(each)


# ---------------------------------------------------------------- order


@given(values)
def test_leq_is_reflexive(value: Value) -> None:
    assert value.leq(value)


@given(values, values, values)
def test_leq_is_transitive(a: Value, b: Value, c: Value) -> None:
    ab, abc = a.join(b), a.join(b).join(c)
    assert a.leq(ab)
    assert ab.leq(abc)
    assert a.leq(abc)
    if a.leq(b) and b.leq(c):
        assert a.leq(c)


@given(values, values)
def test_leq_is_antisymmetric_up_to_the_check_that_stands_for_its_kind(a: Value, b: Value) -> None:
    if a.leq(b) and b.leq(a) and TOO_MANY not in set(a.atoms()):
        assert {atom: kinds(held) for atom, held in a.alts} == {atom: kinds(held) for atom, held in b.alts}


@given(values, values, values)
def test_join_is_monotone(a: Value, b: Value, c: Value) -> None:
    assert a.join(c).leq(a.join(b).join(c))


@given(values, proofs)
def test_more_proofs_are_less(value: Value, more: Proofs) -> None:
    assert value.with_proofs(more).leq(value)
    assert value.leq(value.without_proofs())
    assert value.with_proofs(NO_PROOFS) is value
    assert not any(held for _, held in value.without_proofs().alts)


@given(values, values)
def test_equal_values_have_equal_hashes(a: Value, b: Value) -> None:
    turned = Value(tuple(reversed(a.alts)))
    assert turned == a
    assert hash(turned) == hash(a)
    if a == b:
        assert hash(a) == hash(b)
    assert a != "no value"


def test_not_a_number_ends_a_join_too() -> None:
    value = constant(math.nan)
    joined = value.join(constant(math.nan))
    assert len(joined.join(joined).alts) == len(joined.alts)


# ---------------------------------------------------------------- mapping


@given(values)
def test_map_keeps_proofs(value: Value) -> None:
    assert value.map(lambda atom: atom) == value


@given(values)
def test_map_to_one_atom_joins_the_proofs(value: Value) -> None:
    mapped = value.map(lambda _: Env("ONE"))
    assert mapped.alts == (
        ((Env("ONE"), shared_proofs(held for _, held in value.alts)),) if value.alts else ()
    ) or kinds(mapped.alts[0][1]) == set.intersection(*(kinds(held) for _, held in value.alts))


def test_readers_of_a_value() -> None:
    value = value_of(Const("a"), Const(1), Env("X"))
    assert value.strings() == ["a"]
    assert value.only(Env) == [Env("X")]
    assert value.const() is None
    assert constant(3).const() == 3
    assert NOTHING.const() is None
    assert not NOTHING
    assert repr(NOTHING) == "⊥"
    assert value_of(Const("a"), Const("a")) == value_of(Const("a"))


# ---------------------------------------------------------------- keys with holes

keys = st.lists(st.sampled_from(("a", "b", ":", "{?}", "(", ")", ",")), max_size=5).map("".join)


@given(keys, keys)
def test_may_be_same_is_symmetric(a: str, b: str) -> None:
    assert may_be_same(a, b) is may_be_same(b, a)
    assert may_be_same(a, a)


@given(st.lists(st.sampled_from(("a", "b", ":", "{?}")), max_size=5), st.data())
def test_a_key_may_be_the_same_as_any_filling_of_its_holes(parts: list[str], data: st.DataObject) -> None:
    filled = "".join(data.draw(st.text("ab:", max_size=3)) if part == "{?}" else part for part in parts)
    assert may_be_same("".join(parts), filled)


def test_keys_without_holes_are_the_same_when_equal() -> None:
    assert not may_be_same("customer:1", "customer:2")
    assert may_be_same("customer:{?}", "{?}:1")
    assert not may_be_same("customer:{?}", "bank:{?}")
    assert not may_be_same("({?},token)", "{?}")


def test_a_tuple_is_a_key_by_its_items() -> None:
    pair = Obj("list")
    pair.items = [constant("token"), value_of(Env("X")), NOTHING]
    assert key_text(pair) == "(token,{?},)"
    pair.items = None
    assert key_text(pair) == "({?})"


# ---------------------------------------------------------------- strings and stamps


@given(texts, st.integers(3, 9), st.sets(st.integers(0, 3)))
def test_restamp_keeps_the_text(atom: Atom, stamp: int, active: set[int]) -> None:
    made = restamp(atom, stamp, active)
    assert text_of(made) == text_of(atom)
    assert restamp(made, stamp, active | {stamp}) == made


@given(texts, st.integers(3, 9))
def test_restamp_leaves_what_a_running_frame_supplied(atom: Atom, stamp: int) -> None:
    assert restamp(atom, stamp, {0, 1, 2}) is atom


@given(values, st.integers(3, 9))
def test_picked_keeps_the_text(value: Value, stamp: int) -> None:
    made = picked(value, stamp)
    assert {text_of(atom) for atom in made.atoms()} == {text_of(atom) for atom in value.atoms()}
    for atom in made.atoms():
        for part in parts_of(atom):
            assert not (isinstance(part, Const) and isinstance(part.value, str)) or part.stamp == stamp


def record(*, shared: bool = True) -> Obj:
    obj = Obj("object", PLACES[0], shared=shared)
    obj.fields = {"url": value_of(Const("https://x", PLACES[0])), "retries": constant(2)}
    return obj


def test_picked_copies_a_row_of_constants() -> None:
    row = record()
    (made,) = picked(value_of(row), 7).atoms()
    assert isinstance(made, Obj)
    assert made is not row
    assert made.fields["url"] == value_of(Const("https://x", PLACES[0], 7))
    assert row.fields["url"] == value_of(Const("https://x", PLACES[0]))


def test_picked_leaves_what_can_be_written_to() -> None:
    for row in (record(shared=False), record(), record()):
        if row.shared:
            row.fields["token"] = value_of(Token("bank", "m"))
        assert list(picked(value_of(row), 7).atoms()) == [row]


@given(texts)
def test_a_string_has_a_text_with_holes(atom: Atom) -> None:
    text = text_of(atom)
    if isinstance(atom, Str):
        assert text == "".join("{?}" if (each := text_of(part)) is None else each for part in atom.parts)
    assert key_text(atom) == (text if text is not None else "{?}")


@given(constants)
def test_truth_of_a_constant_is_the_languages(atom: Const) -> None:
    assert truth(atom) is bool(atom.value)


@given(texts, st.booleans())
def test_only_a_verification_proves(atom: Atom, side: bool) -> None:
    held = proofs_if(atom, side)
    assert not held or held == (atom.if_true if side else atom.if_false)  # type: ignore[attr-defined]


# ---------------------------------------------------------------- sources


@given(values, names)
def test_what_is_derived_remembers_its_sources(value: Value, reason: str) -> None:
    (made,) = derived(reason, value).atoms()
    assert isinstance(made, Unknown)
    found = leaves(made)
    for atom in value.atoms():
        if isinstance(atom, Token | Env | Secret | MintBody):
            assert atom in found


@given(texts)
def test_leaves_look_through_strings_and_promises(atom: Atom) -> None:
    wrapped = Promise(value_of(Str((Const("Bearer "), atom))))
    assert leaves(atom) <= leaves(wrapped)


def test_leaves_look_through_objects_and_end_in_circles() -> None:
    outer, inner = Obj("object"), Obj("list")
    outer.fields["list"] = value_of(inner)
    inner.items = [value_of(outer), value_of(Env("DEEP"))]
    outer.rest = value_of(Env("REST"))
    assert {Env("DEEP"), Env("REST")} <= leaves(value_of(outer))
    assert Env("DEEP") not in leaves(value_of(outer), depth=1)


def test_leaves_are_bounded() -> None:
    wide = Obj("list")
    wide.items = [value_of(Env(str(number))) for number in range(3 * MAX_REACH)]
    assert len(leaves(wide)) <= MAX_REACH + 1


def test_derived_keeps_tokens_beyond_the_bound() -> None:
    noise = [value_of(Env(str(number))) for number in range(2)]
    inputs = [value_of(Str((Const("x"), Secret("vault", str(number))))) for number in range(3 * MAX_ALTERNATIVES)]
    (made,) = derived("r", *noise, *inputs, value_of(Token("bank", "m"))).atoms()
    assert isinstance(made, Unknown)
    assert len(made.sources) <= MAX_ALTERNATIVES
