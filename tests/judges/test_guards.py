"""CA-1 to CA-4: what guards the events and the logins."""

from __future__ import annotations

from types import ModuleType

import pytest

from cybrid_audit.facts import EntryKind, Facts, GuardState, Ownership, Side
from cybrid_audit.result import Verdict

CREATION = "customer-created-without-mfa"
TRANSACTION = "transaction-without-mfa"
IGNORED = "mfa-result-ignored"
EMAIL = "customer-created-without-verified-email"
LOGIN = "login-without-mfa"
GUARD_RULES = (CREATION, TRANSACTION, IGNORED, EMAIL)

ABSENT, LOST, OPEN, ENFORCED = (
    GuardState.ABSENT,
    GuardState.IGNORED,
    GuardState.UNPROVEN,
    GuardState.ENFORCED,
)

EVENT_RULES = pytest.mark.parametrize(
    ("rule", "operation", "control"),
    [(TRANSACTION, "TRADE", "CA-2"), (CREATION, "CREATE_CUSTOMER", "CA-1"), (EMAIL, "CREATE_CUSTOMER", "CA-3")],
)


def both(make: ModuleType, state: GuardState, **more: object) -> object:
    """A visit whose second factor and e-mail check are in one state."""
    return make.visit(state, email=state, **more)


@EVENT_RULES
def test_a_visible_entry_point_without_a_guard_is_a_violation(
    make: ModuleType, rule: str, operation: str, control: str
) -> None:
    call = make.call(getattr(make, operation), visits=[both(make, ABSENT)])
    (found,) = make.judged(rule, Facts(calls=(call,)))
    assert (found.verdict, found.control, found.location) == (Verdict.VIOLATED, control, call.site)
    assert found.trace == call.visits[0].trace
    assert found.message.startswith("The HTTP route POST /orders reaches ")
    assert found.data["entries"] == [{"kind": "http-route", "name": "POST /orders", "path": "routes.py", "line": 5}]


@EVENT_RULES
def test_an_enforced_guard_is_right(make: ModuleType, rule: str, operation: str, control: str) -> None:
    call = make.call(getattr(make, operation), visits=[both(make, ENFORCED)])
    assert make.judged(rule, Facts(calls=(call,))) == []


@EVENT_RULES
def test_a_library_entry_is_an_open_question(make: ModuleType, rule: str, operation: str, control: str) -> None:
    library = make.entry(EntryKind.LIBRARY, "place_order")
    call = make.call(getattr(make, operation), visits=[both(make, ABSENT, by=library)])
    (found,) = make.judged(rule, Facts(calls=(call,)))
    assert found.verdict is Verdict.UNPROVEN
    assert "the library function place_order" in found.message


def test_an_entry_point_without_a_name_is_named_by_its_place(make: ModuleType) -> None:
    call = make.call(visits=[make.visit(ABSENT, by=make.entry(EntryKind.LIBRARY, "a function"))])
    (found,) = make.judged(TRANSACTION, Facts(calls=(call,)))
    assert "the library function at routes.py:5" in found.message


@EVENT_RULES
@pytest.mark.parametrize("state", [ABSENT, ENFORCED])
def test_client_code_is_an_open_question_whatever_it_checks(
    make: ModuleType, rule: str, operation: str, control: str, state: GuardState
) -> None:
    client = make.entry(EntryKind.CLIENT, "onSubmit")
    for call in (
        make.call(getattr(make, operation), visits=[both(make, state)], side=Side.CLIENT),
        make.call(getattr(make, operation), visits=[both(make, state, by=client)]),
    ):
        (found,) = make.judged(rule, Facts(calls=(call,)))
        assert found.verdict is Verdict.UNPROVEN
        assert found.message.startswith("Client-side code makes ")


@EVENT_RULES
def test_a_guard_that_cannot_be_judged_is_an_open_question(
    make: ModuleType, rule: str, operation: str, control: str
) -> None:
    call = make.call(getattr(make, operation), visits=[both(make, OPEN)])
    (found,) = make.judged(rule, Facts(calls=(call,)))
    assert found.verdict is Verdict.UNPROVEN
    assert "cannot be shown" in found.message


@EVENT_RULES
def test_an_event_that_nothing_reaches_is_an_open_question(
    make: ModuleType, rule: str, operation: str, control: str
) -> None:
    (found,) = make.judged(rule, Facts(calls=(make.call(getattr(make, operation)),)))
    assert found.verdict is Verdict.UNPROVEN
    assert "no entry point" in found.message


@EVENT_RULES
@pytest.mark.parametrize("side", [Side.TEST, Side.DOCS, Side.VENDORED])
def test_tests_docs_and_vendored_code_are_not_judged(
    make: ModuleType, rule: str, operation: str, control: str, side: Side
) -> None:
    call = make.call(getattr(make, operation), visits=[both(make, ABSENT)], side=side)
    assert make.judged(rule, Facts(calls=(call,))) == []


def test_the_worst_entry_point_speaks_for_the_call_site(make: ModuleType) -> None:
    entries = [
        make.visit(ENFORCED, make.check(), by=make.entry(name="POST /safe", line=1)),
        make.visit(OPEN, by=make.entry(name="POST /open", line=2)),
        make.visit(ABSENT, by=make.entry(name="POST /bare", line=3)),
        make.visit(ABSENT, by=make.entry(EntryKind.SCHEDULE, "nightly", line=4)),
        make.visit(ABSENT, by=make.entry(EntryKind.LIBRARY, "helper", line=5)),
    ]
    (found,) = make.judged(TRANSACTION, Facts(calls=(make.call(visits=entries),)))
    assert found.verdict is Verdict.VIOLATED
    assert [each["name"] for each in found.data["entries"]] == ["POST /bare", "nightly"]


def test_each_rule_has_its_event(make: ModuleType) -> None:
    trade = make.call(make.TRADE, visits=[both(make, ABSENT)])
    creation = make.call(make.CREATE_CUSTOMER, visits=[both(make, ABSENT)], line=2)
    facts = Facts(calls=(trade, creation))
    assert [found.location for found in make.judged(TRANSACTION, facts)] == [trade.site]
    assert [found.location for found in make.judged(CREATION, facts)] == [creation.site]
    assert [found.location for found in make.judged(EMAIL, facts)] == [creation.site]


def test_the_banks_own_transaction_is_no_event(make: ModuleType) -> None:
    call = make.call(visits=[make.visit(LOST, make.check())], ownership=Ownership.BANK)
    for rule in GUARD_RULES:
        assert make.judged(rule, Facts(calls=(call,))) == []


# ---------------------------------------------------------------- mfa-result-ignored


def test_a_lost_outcome_is_found_at_the_verification_and_nowhere_else(make: ModuleType) -> None:
    check = make.check()
    call = make.call(visits=[make.visit(LOST, check)])
    facts = Facts(calls=(call,))
    (found,) = make.judged(IGNORED, facts)
    assert found.verdict is Verdict.VIOLATED
    assert found.location == check.location
    assert (found.control, found.operation) == ("CA-2", "POST /api/trades")
    assert "pyotp.TOTP.verify" in found.message
    assert (found.trace[0].line, found.trace[-1].line) == (5, 7)
    assert make.judged(TRANSACTION, facts) == []


def test_a_lost_outcome_before_a_creation_breaks_the_control_of_creations(make: ModuleType) -> None:
    facts = Facts(calls=(make.call(make.CREATE_CUSTOMER, visits=[make.visit(LOST, make.check())]),))
    (found,) = make.judged(IGNORED, facts)
    assert found.control == "CA-1"
    assert make.judged(CREATION, facts) == []
    assert len(make.judged(EMAIL, facts)) == 1


def test_one_verification_before_two_events_is_one_finding(make: ModuleType) -> None:
    check = make.check()
    facts = Facts(
        calls=(
            make.call(make.CREATE_CUSTOMER, visits=[make.visit(LOST, check)]),
            make.call(make.TRADE, visits=[make.visit(LOST, check)], line=2),
        )
    )
    (found,) = make.judged(IGNORED, facts)
    assert found.data["operations"] == ["POST /api/customers", "POST /api/trades"]
    assert found.data["events"] == ["customer_creation", "customer_transaction"]
    assert found.control == "CA-2"


def test_another_entry_point_without_any_check_is_still_found(make: ModuleType) -> None:
    visits = [make.visit(LOST, make.check()), make.visit(ABSENT, by=make.entry(name="POST /bare", line=9))]
    facts = Facts(calls=(make.call(visits=visits),))
    assert len(make.judged(IGNORED, facts)) == 1
    (found,) = make.judged(TRANSACTION, facts)
    assert [each["name"] for each in found.data["entries"]] == ["POST /bare"]


def test_a_lost_outcome_at_an_unknown_place_is_a_missing_guard(make: ModuleType) -> None:
    facts = Facts(calls=(make.call(visits=[make.visit(LOST)]),))
    assert make.judged(IGNORED, facts) == []
    (found,) = make.judged(TRANSACTION, facts)
    assert found.verdict is Verdict.VIOLATED


def test_a_lost_outcome_in_a_library_is_an_open_question(make: ModuleType) -> None:
    library = make.entry(EntryKind.LIBRARY, "pay")
    facts = Facts(calls=(make.call(visits=[make.visit(LOST, make.check(), by=library)]),))
    (found,) = make.judged(IGNORED, facts)
    assert found.verdict is Verdict.UNPROVEN
    assert make.judged(TRANSACTION, facts) == []


def test_a_lost_outcome_in_client_code_is_no_outcome(make: ModuleType) -> None:
    facts = Facts(calls=(make.call(visits=[make.visit(LOST, make.check())], side=Side.CLIENT),))
    assert make.judged(IGNORED, facts) == []


@pytest.mark.parametrize("state", [ABSENT, OPEN, ENFORCED])
def test_no_other_state_is_a_lost_outcome(make: ModuleType, state: GuardState) -> None:
    assert make.judged(IGNORED, Facts(calls=(make.call(visits=[make.visit(state, make.check())]),))) == []


def test_a_lost_email_check_is_no_check(make: ModuleType) -> None:
    call = make.call(make.CREATE_CUSTOMER, visits=[make.visit(ENFORCED, make.check(), email=LOST)])
    (found,) = make.judged(EMAIL, Facts(calls=(call,)))
    assert found.verdict is Verdict.VIOLATED


# ---------------------------------------------------------------- login-without-mfa


@pytest.mark.parametrize("state", [ABSENT, LOST])
def test_a_login_without_an_enforced_factor_is_a_violation(make: ModuleType, state: GuardState) -> None:
    login = make.login(state)
    (found,) = make.judged(LOGIN, Facts(logins=(login,), integrates=True))
    assert (found.verdict, found.location, found.control) == (Verdict.VIOLATED, login.at, "CA-4")
    assert "login_user" in found.message


def test_a_login_in_a_project_without_the_platform_is_not_judged(make: ModuleType) -> None:
    assert make.judged(LOGIN, Facts(logins=(make.login(ABSENT),))) == []


def test_a_factor_at_login_or_on_every_protected_route_is_right(make: ModuleType) -> None:
    logins = (make.login(ENFORCED, make.check()), make.login(ABSENT, enforced_elsewhere="require_mfa"))
    assert make.judged(LOGIN, Facts(logins=logins, integrates=True)) == []


@pytest.mark.parametrize(("state", "kind"), [(OPEN, EntryKind.HTTP_ROUTE), (ABSENT, EntryKind.LIBRARY)])
def test_a_login_that_cannot_be_judged_is_an_open_question(
    make: ModuleType, state: GuardState, kind: EntryKind
) -> None:
    login = make.login(state, by=make.entry(kind))
    (found,) = make.judged(LOGIN, Facts(logins=(login,), integrates=True))
    assert found.verdict is Verdict.UNPROVEN


def test_one_session_call_is_one_finding_and_the_worst_counts(make: ModuleType) -> None:
    logins = (make.login(OPEN), make.login(ABSENT, by=make.entry(name="POST /legacy", line=9)))
    (found,) = make.judged(LOGIN, Facts(logins=logins, integrates=True))
    assert found.verdict is Verdict.VIOLATED
    assert "POST /legacy" in found.message
