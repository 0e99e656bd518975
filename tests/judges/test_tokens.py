"""AT-1: which token a customer operation runs with, where it is kept and to whom it is handed."""

from __future__ import annotations

from types import ModuleType

import pytest

from cybrid_audit.facts import Exposure, Facts, Ownership, SharedStore, Side, Step, TokenKind
from cybrid_audit.result import Confidence, Level, Verdict

BANK_RULE = "bank-token-on-customer-endpoint"
ORGANIZATION_RULE = "organization-token-on-customer-endpoint"
UNPROVEN_RULE = "unproven-token-on-customer-endpoint"
EXPOSED_RULE = "platform-token-exposed"
SHARED_RULE = "customer-token-shared"
CUSTOMER, BANK, ORGANIZATION, UNKNOWN = (
    TokenKind.CUSTOMER,
    TokenKind.BANK,
    TokenKind.ORGANIZATION,
    TokenKind.UNKNOWN,
)


def test_a_bank_token_is_found_with_its_mint_and_trace(make: ModuleType) -> None:
    trace = (Step("tokens.py", 20, "a bank token is minted here"),)
    call = make.call(tokens=[make.use(BANK, "m1", trace=trace)])
    (found,) = make.judged(BANK_RULE, Facts(calls=(call,), mints=(make.mint("m1"),)))
    assert (found.verdict, found.confidence, found.level) == (Verdict.VIOLATED, Confidence.HIGH, Level.REQUIRED)
    assert found.control == "AT-1"
    assert found.operation == "POST /api/trades"
    assert found.location == call.site
    assert [(step.path, step.line) for step in found.trace] == [("tokens.py", 20), ("app.py", 1)]
    assert found.data["minted_at"] == [{"path": "tokens.py", "line": 20}]
    assert found.root_cause == "m1"
    assert "POST /api/trades" in found.message


def test_one_finding_of_each_kind_of_token(make: ModuleType) -> None:
    tokens = [make.use(BANK, "m1"), make.use(BANK, "m2"), make.use(ORGANIZATION, "m3"), make.use(UNKNOWN)]
    facts = Facts(calls=(make.call(tokens=tokens),))
    assert len(make.judged(BANK_RULE, facts)) == 1
    assert len(make.judged(ORGANIZATION_RULE, facts)) == 1
    assert make.judged(UNPROVEN_RULE, facts) == []


def test_a_bank_token_beside_a_customer_token_is_found(make: ModuleType) -> None:
    facts = Facts(calls=(make.call(tokens=[make.use(CUSTOMER, "c1"), make.use(BANK, "m1")]),))
    (found,) = make.judged(BANK_RULE, facts)
    assert found.data["token_kinds"] == ["bank", "customer"]


def test_the_shortest_way_with_a_known_mint_is_told(make: ModuleType) -> None:
    long = tuple(Step("a.py", line, "on the way") for line in range(5))
    short = (Step("b.py", 1, "minted"),)
    tokens = [make.use(BANK, "m1", trace=long), make.use(BANK, "m2", trace=short), make.use(BANK)]
    (found,) = make.judged(BANK_RULE, Facts(calls=(make.call(tokens=tokens),)))
    assert found.trace[0] == short[0]
    assert found.root_cause == "m2"


def test_where_the_owner_is_assumed_the_finding_is_less_sure(make: ModuleType) -> None:
    call = make.call(tokens=[make.use(BANK, "m1")], ownership=Ownership.UNKNOWN, is_customer_operation=True)
    (found,) = make.judged(BANK_RULE, Facts(calls=(call,)))
    assert found.verdict is Verdict.VIOLATED
    assert found.confidence is Confidence.MEDIUM


def test_where_a_name_decided_the_finding_is_unsure(make: ModuleType) -> None:
    (found,) = make.judged(BANK_RULE, Facts(calls=(make.call(tokens=[make.use(BANK)]),)))
    assert found.confidence is Confidence.LOW


def test_a_bound_lowers_the_confidence(make: ModuleType) -> None:
    call = make.call(tokens=[make.use(BANK, "m1")], approximations=make.STEPS_BOUND)
    (found,) = make.judged(BANK_RULE, Facts(calls=(call,)))
    assert found.confidence is Confidence.MEDIUM


@pytest.mark.parametrize("side", [Side.TEST, Side.DOCS, Side.VENDORED])
def test_tests_docs_and_vendored_code_are_not_judged(make: ModuleType, side: Side) -> None:
    tokens = [make.use(BANK, "m1"), make.use(ORGANIZATION, "m2")]
    facts = Facts(calls=(make.call(tokens=tokens, side=side), make.call(side=side, line=2)))
    for rule in (BANK_RULE, ORGANIZATION_RULE, UNPROVEN_RULE):
        assert make.judged(rule, facts) == []


def test_example_and_client_code_is_judged(make: ModuleType) -> None:
    calls = tuple(
        make.call(tokens=[make.use(BANK, "m1")], side=side, line=line)
        for line, side in enumerate((Side.EXAMPLE, Side.CLIENT, Side.INFRA), 1)
    )
    assert len(make.judged(BANK_RULE, Facts(calls=calls))) == 3


def test_bank_work_with_a_bank_token_is_right(make: ModuleType) -> None:
    calls = (
        make.call(make.CREATE_CUSTOMER, [make.use(BANK, "m1")]),
        make.call(tokens=[make.use(BANK, "m1")], ownership=Ownership.BANK, line=2),
    )
    facts = Facts(calls=calls)
    for rule in (BANK_RULE, ORGANIZATION_RULE, UNPROVEN_RULE):
        assert make.judged(rule, facts) == []


def test_an_unknown_token_is_an_open_question_that_says_its_origin(make: ModuleType) -> None:
    tokens = [make.use(UNKNOWN, origin="the environment variable CYBRID_TOKEN")]
    (found,) = make.judged(UNPROVEN_RULE, Facts(calls=(make.call(tokens=tokens),)))
    assert found.verdict is Verdict.UNPROVEN
    assert "the environment variable CYBRID_TOKEN" in found.message


def test_an_unknown_alternative_beside_a_customer_token_is_an_open_question(make: ModuleType) -> None:
    tokens = [make.use(CUSTOMER, "c1"), make.use(UNKNOWN, origin="a parameter")]
    (found,) = make.judged(UNPROVEN_RULE, Facts(calls=(make.call(tokens=tokens),)))
    assert found.verdict is Verdict.UNPROVEN


def test_a_request_without_a_token_in_sight_is_an_open_question(make: ModuleType) -> None:
    (found,) = make.judged(UNPROVEN_RULE, Facts(calls=(make.call(),)))
    assert "no token is seen" in found.message


def test_a_customer_token_is_right(make: ModuleType) -> None:
    facts = Facts(calls=(make.call(tokens=[make.use(CUSTOMER, "c1")]),))
    for rule in (BANK_RULE, ORGANIZATION_RULE, UNPROVEN_RULE):
        assert make.judged(rule, facts) == []


# ---------------------------------------------------------------- platform-token-exposed


@pytest.mark.parametrize("channel", ["response", "cookie", "render", "socket", "ui-sdk", "client-mint", "client-use"])
def test_every_channel_has_its_words(make: ModuleType, channel: str) -> None:
    facts = Facts(exposures=(Exposure(BANK, channel, make.at(), frozenset({"m1"})),))
    (found,) = make.judged(EXPOSED_RULE, facts)
    assert found.data["channel"] == channel
    assert "bank token" in found.message
    assert f"({channel})" not in found.message
    assert found.location == make.at()


def test_a_channel_without_words_is_named(make: ModuleType) -> None:
    (found,) = make.judged(EXPOSED_RULE, Facts(exposures=(Exposure(BANK, "deep-link", make.at()),)))
    assert "(deep-link)" in found.message


def test_customer_and_unknown_tokens_may_be_handed_over(make: ModuleType) -> None:
    facts = Facts(exposures=(Exposure(CUSTOMER, "response", make.at()), Exposure(UNKNOWN, "response", make.at(line=2))))
    assert make.judged(EXPOSED_RULE, facts) == []


def test_two_kinds_at_one_place_are_one_finding(make: ModuleType) -> None:
    facts = Facts(
        exposures=(
            Exposure(BANK, "response", make.at(), frozenset({"m1"})),
            Exposure(ORGANIZATION, "response", make.at(), frozenset({"m2"})),
        )
    )
    (found,) = make.judged(EXPOSED_RULE, facts)
    assert "bank and organization token" in found.message


def test_what_the_client_does_with_a_handed_token_is_in_that_findings_trace(make: ModuleType) -> None:
    facts = Facts(
        exposures=(
            Exposure(BANK, "response", make.at("server.py"), frozenset({"m1"})),
            Exposure(BANK, "client-use", make.at("page.ts", 9), frozenset({"m1"})),
        )
    )
    (found,) = make.judged(EXPOSED_RULE, facts)
    assert found.location.path == "server.py"
    assert ("page.ts", 9) in [(step.path, step.line) for step in found.trace]
    assert found.data["used_at"] == [{"path": "page.ts", "line": 9}]
    assert (found.trace[-1].path, found.trace[-1].line) == ("server.py", 1)


def test_the_uses_of_a_client_mint_are_in_its_trace(make: ModuleType) -> None:
    facts = Facts(
        exposures=(
            Exposure(BANK, "client-mint", make.at("page.ts", 2), frozenset({"m1"})),
            Exposure(BANK, "client-use", make.at("page.ts", 9), frozenset({"m1"})),
            Exposure(BANK, "client-use", make.at("page.ts", 12), frozenset({"m1"})),
        )
    )
    (found,) = make.judged(EXPOSED_RULE, facts)
    assert found.location.start_line == 2
    assert [step.line for step in found.trace] == [9, 12, 2]


def test_a_client_use_of_a_token_that_nobody_is_seen_to_hand_over_is_found(make: ModuleType) -> None:
    (found,) = make.judged(EXPOSED_RULE, Facts(exposures=(Exposure(BANK, "client-use", make.at("page.ts", 9)),)))
    assert (found.location.start_line, found.confidence) == (9, Confidence.LOW)


# ---------------------------------------------------------------- customer-token-shared


def test_a_shared_store_is_found_once(make: ModuleType) -> None:
    store = "class attribute Gateway._token"
    long = tuple(Step("a.py", line, "on the way") for line in range(3))
    facts = Facts(shared_stores=(SharedStore(make.at(), store, long), SharedStore(make.at(), store)))
    (found,) = make.judged(SHARED_RULE, facts)
    assert store in found.message
    assert [(step.path, step.line) for step in found.trace] == [("app.py", 1)]


def test_no_store_no_finding(make: ModuleType) -> None:
    assert make.judged(SHARED_RULE, Facts()) == []
