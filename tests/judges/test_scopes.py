"""AT-2 and X-SCOPES: what a mint asks for, and what its token is used for."""

from __future__ import annotations

from types import ModuleType

import pytest

from cybrid_audit.facts import Facts, Ownership, Side, TokenKind
from cybrid_audit.knowledge import load
from cybrid_audit.result import Level, Verdict

CUSTOMER_RULE = "over-scoped-customer-token"
BANK_RULE = "over-scoped-bank-token"
USER_RULE = "user-controlled-scopes"
CUSTOMER, BANK, ORGANIZATION = TokenKind.CUSTOMER, TokenKind.BANK, TokenKind.ORGANIZATION


def test_excess_is_what_no_operation_needs(make: ModuleType) -> None:
    mint = make.mint("c1", CUSTOMER, ["trades:execute", "trades:read", "accounts:read", "transfers:execute"])
    calls = (
        make.call(make.TRADE, [make.use(CUSTOMER, "c1")]),
        make.call(make.LIST_ACCOUNTS, [make.use(CUSTOMER, "c1")], line=2),
    )
    (found,) = make.judged(CUSTOMER_RULE, Facts(calls=calls, mints=(mint,)))
    assert (found.verdict, found.level, found.control) == (Verdict.VIOLATED, Level.RECOMMENDED, "AT-2")
    assert found.data == {
        "requested": ["accounts:read", "trades:execute", "trades:read", "transfers:execute"],
        "needed": ["accounts:read", "trades:execute"],
        "excess": ["trades:read", "transfers:execute"],
    }
    assert found.root_cause == "c1"


def test_exactly_what_is_needed_is_right(make: ModuleType) -> None:
    mint = make.mint("c1", CUSTOMER, ["trades:execute"])
    facts = Facts(calls=(make.call(tokens=[make.use(CUSTOMER, "c1")]),), mints=(mint,))
    assert make.judged(CUSTOMER_RULE, facts) == []


def test_an_optional_scope_of_a_reached_operation_is_no_excess(make: ModuleType) -> None:
    operation = next(each for each in load().operations.all if each.optional_scopes and "customer" in each.token_kinds)
    scopes = operation.required_scopes | operation.optional_scopes
    call = make.call(operation.id, [make.use(CUSTOMER, "c1")])
    assert make.judged(CUSTOMER_RULE, Facts(calls=(call,), mints=(make.mint("c1", CUSTOMER, scopes),))) == []
    unrelated = make.call(make.TRADE, [make.use(CUSTOMER, "c1")])
    (found,) = make.judged(CUSTOMER_RULE, Facts(calls=(unrelated,), mints=(make.mint("c1", CUSTOMER, scopes),)))
    assert set(operation.optional_scopes) <= set(found.data["excess"])


def test_a_scope_that_the_platform_does_not_know_is_excess(make: ModuleType) -> None:
    mint = make.mint("c1", CUSTOMER, ["trades:execute", "trades:everything"])
    facts = Facts(calls=(make.call(tokens=[make.use(CUSTOMER, "c1")]),), mints=(mint,))
    (found,) = make.judged(CUSTOMER_RULE, facts)
    assert found.data["excess"] == ["trades:everything"]


def test_the_literal_is_the_place_when_it_stands_in_the_minting_function(make: ModuleType) -> None:
    literal = make.at("tokens.py", 12)
    mint = make.mint("c1", CUSTOMER, ["trades:execute", "trades:read"], literal=literal)
    facts = Facts(calls=(make.call(tokens=[make.use(CUSTOMER, "c1")]),), mints=(mint,))
    (found,) = make.judged(CUSTOMER_RULE, facts)
    assert found.location == literal
    assert [(step.path, step.line) for step in found.trace] == [("tokens.py", 20), ("app.py", 1), ("tokens.py", 12)]


def test_the_mint_is_the_place_when_the_literal_stands_elsewhere(make: ModuleType) -> None:
    literal = make.at("scopes.py", 3)
    mint = make.mint("c1", CUSTOMER, ["trades:execute", "trades:read"], literal=literal, here=False)
    facts = Facts(calls=(make.call(tokens=[make.use(CUSTOMER, "c1")]),), mints=(mint,))
    (found,) = make.judged(CUSTOMER_RULE, facts)
    assert found.location == mint.site
    assert [(step.path, step.line) for step in found.trace] == [("scopes.py", 3), ("app.py", 1), ("tokens.py", 20)]


@pytest.mark.parametrize(
    "more",
    [
        {"complete": False},
        {"escapes": True},
    ],
)
def test_unknown_scopes_and_unseen_uses_are_not_judged(make: ModuleType, more: dict[str, object]) -> None:
    mint = make.mint("c1", CUSTOMER, ["trades:execute", "trades:read"], **more)
    facts = Facts(calls=(make.call(tokens=[make.use(CUSTOMER, "c1")]),), mints=(mint,))
    assert make.judged(CUSTOMER_RULE, facts) == []


def test_scopes_from_a_request_are_another_rules(make: ModuleType) -> None:
    mint = make.mint("c1", CUSTOMER, ["trades:execute", "trades:read"], user=make.at("tokens.py", 18))
    facts = Facts(calls=(make.call(tokens=[make.use(CUSTOMER, "c1")]),), mints=(mint,))
    assert make.judged(CUSTOMER_RULE, facts) == []
    assert len(make.judged(USER_RULE, facts)) == 1


def test_a_token_without_any_use_is_not_judged(make: ModuleType) -> None:
    assert make.judged(CUSTOMER_RULE, Facts(mints=(make.mint("c1", CUSTOMER, ["trades:execute"]),))) == []


def test_every_scope_there_is_is_too_much_wherever_the_token_goes(make: ModuleType) -> None:
    every = load().scopes.customer
    mint = make.mint("c1", CUSTOMER, every, escapes=True)
    (found,) = make.judged(CUSTOMER_RULE, Facts(mints=(mint,)))
    assert found.data["excess"] == sorted(every)
    assert found.data["needed"] == []
    one_less = make.mint("c1", CUSTOMER, every - {"trades:read"}, escapes=True)
    assert make.judged(CUSTOMER_RULE, Facts(mints=(one_less,))) == []


@pytest.mark.parametrize("side", [Side.TEST, Side.DOCS, Side.VENDORED])
def test_tests_docs_and_vendored_mints_are_not_judged(make: ModuleType, side: Side) -> None:
    mint = make.mint("c1", CUSTOMER, ["trades:execute", "trades:read"], side=side, user=make.at())
    facts = Facts(calls=(make.call(tokens=[make.use(CUSTOMER, "c1")]),), mints=(mint,))
    assert make.judged(CUSTOMER_RULE, facts) == []
    assert make.judged(USER_RULE, facts) == []


def test_what_another_path_to_the_same_literal_needs_is_needed(make: ModuleType) -> None:
    scopes = ["trades:execute", "accounts:read"]
    mints = tuple(make.mint(each, CUSTOMER, scopes) for each in ("c1", "c2"))
    calls = (
        make.call(make.TRADE, [make.use(CUSTOMER, "c1")]),
        make.call(make.LIST_ACCOUNTS, [make.use(CUSTOMER, "c2")], line=2),
    )
    assert make.judged(CUSTOMER_RULE, Facts(calls=calls, mints=mints)) == []


def test_two_sets_at_one_mint_are_judged_apart(make: ModuleType) -> None:
    mints = (
        make.mint("c1", CUSTOMER, ["trades:execute"]),
        make.mint("c2", CUSTOMER, ["accounts:read", "trades:execute"]),
    )
    calls = (
        make.call(make.TRADE, [make.use(CUSTOMER, "c1")]),
        make.call(make.LIST_ACCOUNTS, [make.use(CUSTOMER, "c2")], line=2),
    )
    (found,) = make.judged(CUSTOMER_RULE, Facts(calls=calls, mints=mints))
    assert found.data["excess"] == ["trades:execute"]


def test_minting_customer_tokens_needs_what_the_platform_says(make: ModuleType) -> None:
    mint = make.mint("m1", BANK, ["customers:read", "customers:write", "trades:execute"])
    call = make.call(make.MINT_CUSTOMER_TOKEN, [make.use(BANK, "m1")], ownership=Ownership.NEVER_CUSTOMER)
    (found,) = make.judged(BANK_RULE, Facts(calls=(call,), mints=(mint,)))
    assert found.data["needed"] == ["customers:read", "customers:write"]
    assert found.data["excess"] == ["trades:execute"]
    assert (found.control, found.level) == ("X-SCOPES", Level.EXTRA)


def test_a_use_that_another_rule_objects_to_counts_as_needed(make: ModuleType) -> None:
    mint = make.mint("m1", BANK, ["trades:execute"])
    facts = Facts(calls=(make.call(tokens=[make.use(BANK, "m1")]),), mints=(mint,))
    assert make.judged(BANK_RULE, facts) == []


def test_organization_tokens_are_judged_with_bank_tokens(make: ModuleType) -> None:
    mint = make.mint("m1", ORGANIZATION, ["accounts:read", "trades:execute"])
    facts = Facts(calls=(make.call(make.LIST_ACCOUNTS, [make.use(ORGANIZATION, "m1")]),), mints=(mint,))
    (found,) = make.judged(BANK_RULE, facts)
    assert "organization token" in found.message
    assert make.judged(CUSTOMER_RULE, facts) == []


def test_a_call_of_an_older_release_needs_what_it_needed(make: ModuleType) -> None:
    old = next(each for each in load().operations.removed if each.required_scopes)
    mint = make.mint("m1", BANK, old.required_scopes)
    call = make.call(tokens=[make.use(BANK, "m1")], operation_id=old.id)
    assert make.judged(BANK_RULE, Facts(calls=(call,), mints=(mint,))) == []


# ---------------------------------------------------------------- user-controlled-scopes


def test_scopes_from_a_request_are_found_at_the_mint(make: ModuleType) -> None:
    mints = tuple(make.mint(each, CUSTOMER, user=make.at("tokens.py", 18), complete=False) for each in ("c1", "c2"))
    (found,) = make.judged(USER_RULE, Facts(mints=mints))
    assert found.location == mints[0].site
    assert [step.line for step in found.trace] == [18, 20]
    assert "customer token" in found.message


def test_constant_scopes_are_not_the_users(make: ModuleType) -> None:
    facts = Facts(mints=(make.mint("c1", CUSTOMER, ["trades:read"]), make.mint("c2", CUSTOMER, complete=False)))
    assert make.judged(USER_RULE, facts) == []
