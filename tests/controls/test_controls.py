"""The status of controls, and its evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import ModuleType
from typing import Any

import pytest

from cybrid_audit.controls import MAX_EVIDENCE, ControlContext, control_reports
from cybrid_audit.facts import (
    Exposure,
    Facts,
    GuardState,
    GuardView,
    Skipped,
    SourceKind,
    TokenKind,
    TransportWeakness,
    WebhookHandler,
)
from cybrid_audit.judges import judge_facts
from cybrid_audit.knowledge import load
from cybrid_audit.knowledge.control_facts import Sites
from cybrid_audit.project.config import Attestation
from cybrid_audit.result import ControlReport, ControlStatus

VIOLATED, UNPROVEN, SATISFIED, NOT_APPLICABLE, ATTESTED = (
    ControlStatus.VIOLATED,
    ControlStatus.UNPROVEN,
    ControlStatus.SATISFIED,
    ControlStatus.NOT_APPLICABLE,
    ControlStatus.ATTESTED,
)
TODAY = date(2026, 3, 1)
TEN = ("AT-1", "AT-2", "CR-1", "CR-2", "CR-3", "CR-4", "CA-1", "CA-2", "CA-3", "CA-4")


def reports(facts: Facts, **more: Any) -> dict[str, ControlReport]:
    knowledge = load()
    judged = more.pop("judged", frozenset(knowledge.rules))
    context = ControlContext(knowledge, judged, today=TODAY, **more)
    return {each.id: each for each in control_reports(facts, judge_facts(facts, knowledge, judged), context)}


def attestation(control: str, expires: date) -> Attestation:
    return Attestation(control, "Reviewed.", "J. Doe", "ticket 12", date(2026, 1, 1), expires)


def customer_call(make: ModuleType, **more: Any) -> Any:
    return make.call(tokens=[make.use(TokenKind.CUSTOMER, "c1")], **more)


def test_an_empty_code_base_makes_every_control_not_applicable() -> None:
    found = reports(Facts())
    assert tuple(found)[:10] == TEN
    assert {each.status for each in found.values()} == {NOT_APPLICABLE}
    assert all(not each.evidence for each in found.values())
    assert all(each.statement for each in found.values())


def test_a_customer_token_everywhere_satisfies_with_the_calls_as_evidence(make: ModuleType) -> None:
    report = reports(Facts(calls=(customer_call(make), customer_call(make, line=2))))["AT-1"]
    assert report.status is SATISFIED
    assert [(each.kind, each.path, each.line) for each in report.evidence] == [
        ("proven", "app.py", 1),
        ("proven", "app.py", 2),
    ]


def test_one_violation_breaks_whatever_else_is_proven(make: ModuleType) -> None:
    broken = make.call(tokens=[make.use(TokenKind.BANK, "m1")], line=2)
    report = reports(Facts(calls=(customer_call(make), broken), mints=(make.mint("m1"),)))["AT-1"]
    assert report.status is VIOLATED
    assert [each.kind for each in report.evidence] == ["broken", "proven"]


def test_one_open_question_leaves_open(make: ModuleType) -> None:
    unknown = make.call(tokens=[make.use(TokenKind.UNKNOWN)], line=2)
    assert reports(Facts(calls=(customer_call(make), unknown)))["AT-1"].status is UNPROVEN


def test_a_platform_token_that_reaches_no_customer_and_no_client_is_evidence(make: ModuleType) -> None:
    facts = Facts(mints=(make.mint("m1"),))
    assert reports(facts)["AT-1"].status is SATISFIED
    exposed = replace(facts, exposures=(Exposure(TokenKind.BANK, "response", make.at(), frozenset({"m1"})),))
    assert reports(exposed)["AT-1"].status is VIOLATED
    assert reports(exposed)["X-UI-TOKEN"].status is VIOLATED


def test_a_bound_that_may_hide_something_prevents_a_pass(make: ModuleType) -> None:
    cut = customer_call(make, approximations=make.STEPS_BOUND)
    assert reports(Facts(calls=(cut,)))["AT-1"].status is UNPROVEN


@pytest.mark.parametrize("sites", [True, False])
def test_a_file_not_analysed_prevents_a_pass(make: ModuleType, sites: bool) -> None:
    facts = Facts(calls=(customer_call(make),)) if sites else Facts()
    report = reports(facts, skipped=(Skipped("pay.py", "too large"),))["AT-1"]
    assert report.status is UNPROVEN
    assert ("skipped", "pay.py") in [(each.kind, each.path) for each in report.evidence]


def test_a_rule_that_did_not_run_prevents_a_pass(make: ModuleType) -> None:
    judged = frozenset(load().rules) - {"customer-token-shared"}
    report = reports(Facts(calls=(customer_call(make),)), judged=judged)["AT-1"]
    assert report.status is UNPROVEN
    assert "customer-token-shared did not run" in [each.text for each in report.evidence]


# ---------------------------------------------------------------- attestations


def test_an_attestation_settles_what_code_cannot_show_until_its_day(make: ModuleType) -> None:
    facts = Facts(credentials=(make.credential("client_secret", make.source(SourceKind.ENVIRONMENT)),))
    assert reports(facts)["CR-4"].status is UNPROVEN
    held = reports(facts, attestations=(attestation("CR-4", TODAY),))["CR-4"]
    assert held.status is ATTESTED
    assert any(each.kind == "attested" and "J. Doe" in each.text for each in held.evidence)
    expired = reports(facts, attestations=(attestation("CR-4", date(2026, 2, 28)),))["CR-4"]
    assert expired.status is UNPROVEN
    assert any("expired on 2026-02-28" in each.text for each in expired.evidence)


def test_an_attestation_never_hides_a_violation(make: ModuleType) -> None:
    broken = Facts(calls=(make.call(tokens=[make.use(TokenKind.BANK, "m1")]),))
    assert reports(broken, attestations=(attestation("AT-1", TODAY),))["AT-1"].status is VIOLATED


def test_an_attestation_adds_nothing_to_what_is_proven(make: ModuleType) -> None:
    facts = Facts(calls=(customer_call(make),))
    assert reports(facts, attestations=(attestation("AT-1", TODAY),))["AT-1"].status is SATISFIED


# ---------------------------------------------------------------- guards


def test_the_checks_before_an_event_are_the_evidence(make: ModuleType) -> None:
    visits = [make.visit(GuardState.ENFORCED, make.check(), email=GuardState.ENFORCED)]
    facts = Facts(
        calls=(
            customer_call(make, visits=visits),
            make.call(make.CREATE_CUSTOMER, [make.use(TokenKind.BANK, "m1")], visits, line=2),
        )
    )
    found = reports(facts)
    assert [found[each].status for each in ("CA-1", "CA-2", "CA-3")] == [SATISFIED] * 3
    assert "pyotp.TOTP.verify (routes.py:7)" in found["CA-2"].evidence[0].text


def test_each_event_has_its_own_control(make: ModuleType) -> None:
    facts = Facts(calls=(make.call(make.CREATE_CUSTOMER, visits=[make.visit()]),))
    found = reports(facts)
    assert [found[each].status for each in ("CA-1", "CA-2", "CA-3")] == [VIOLATED, NOT_APPLICABLE, VIOLATED]


def test_a_lost_outcome_breaks_the_controls_of_the_events_behind_it(make: ModuleType) -> None:
    lost = [make.visit(GuardState.IGNORED, make.check(), email=GuardState.ENFORCED)]
    creation = make.call(make.CREATE_CUSTOMER, visits=lost)
    trade = customer_call(make, visits=lost, line=2)
    only_creation = reports(Facts(calls=(creation,)))
    assert [only_creation[each].status for each in ("CA-1", "CA-2")] == [VIOLATED, NOT_APPLICABLE]
    both = reports(Facts(calls=(creation, trade)))
    assert [both[each].status for each in ("CA-1", "CA-2", "CA-3")] == [VIOLATED, VIOLATED, SATISFIED]


def test_logins(make: ModuleType) -> None:
    def status(*logins: Any) -> ControlStatus:
        return reports(Facts(logins=logins, integrates=True))["CA-4"].status

    assert status(make.login(GuardState.ENFORCED, make.check())) is SATISFIED
    assert status(make.login(GuardState.ABSENT, enforced_elsewhere="require_mfa")) is SATISFIED
    assert status(make.login(GuardState.ABSENT)) is VIOLATED
    assert status(make.login(GuardState.UNPROVEN)) is UNPROVEN
    assert reports(Facts(logins=(make.login(GuardState.ABSENT),)))["CA-4"].status is NOT_APPLICABLE


# ---------------------------------------------------------------- scopes


def test_least_privilege_is_proven_by_the_uses(make: ModuleType) -> None:
    def status(*scopes: str, **more: Any) -> ControlStatus:
        mint = make.mint("c1", TokenKind.CUSTOMER, scopes, **more)
        return reports(Facts(calls=(customer_call(make),), mints=(mint,)))["AT-2"].status

    assert status("trades:execute") is SATISFIED
    assert status("trades:execute", "trades:read") is VIOLATED
    assert status("trades:execute", escapes=True) is UNPROVEN
    assert status("trades:execute", complete=False) is UNPROVEN
    assert status("trades:execute", user=make.at()) is VIOLATED


def test_a_token_without_a_use_in_sight_leaves_open(make: ModuleType) -> None:
    facts = Facts(mints=(make.mint("c1", TokenKind.CUSTOMER, ["trades:execute"]), make.mint("m1")))
    found = reports(facts)
    assert (found["AT-2"].status, found["X-SCOPES"].status) == (UNPROVEN, UNPROVEN)


# ---------------------------------------------------------------- credentials


def test_the_source_of_credentials(make: ModuleType) -> None:
    def statuses(*kinds: SourceKind) -> list[ControlStatus]:
        sources = [make.source(kind) for kind in kinds]
        found = reports(Facts(credentials=(make.credential("client_secret", *sources),)))
        return [found[each].status for each in ("CR-1", "CR-2")]

    assert statuses(SourceKind.ENVIRONMENT)[1] is SATISFIED
    assert statuses(SourceKind.SECRETS_MANAGER, SourceKind.ENVIRONMENT)[1] is SATISFIED
    assert statuses(SourceKind.DATABASE)[1] is VIOLATED
    assert statuses(SourceKind.UNKNOWN)[1] is UNPROVEN
    assert statuses(SourceKind.ENVIRONMENT, SourceKind.LITERAL) == [VIOLATED, UNPROVEN]


def test_what_code_alone_cannot_show_is_never_satisfied(make: ModuleType) -> None:
    facts = Facts(credentials=(make.credential("client_secret", make.source(SourceKind.SECRETS_MANAGER)),))
    found = reports(facts)
    for control in load().controls.controls:
        if control.open:
            assert found[control.id].status in (UNPROVEN, NOT_APPLICABLE), control.id
    assert found["CR-3"].status is UNPROVEN
    assert found["CR-4"].evidence[-1].text == next(each.open for each in load().controls.controls if each.id == "CR-4")


# ---------------------------------------------------------------- extra controls


def test_extra_controls_do_not_touch_the_ten(make: ModuleType) -> None:
    facts = Facts(
        calls=(customer_call(make),),
        transport=(TransportWeakness("verification-off", make.at(), "verify=False"),),
        webhooks=(WebhookHandler(make.at(line=9), GuardView(GuardState.ABSENT)),),
    )
    found = reports(facts)
    assert (found["X-TLS"].status, found["X-HOOK"].status) == (VIOLATED, VIOLATED)
    assert VIOLATED not in {found[each].status for each in TEN if each != "CA-2"}


def test_a_checked_webhook_satisfies_and_one_that_fails_open_does_not(make: ModuleType) -> None:
    checked = WebhookHandler(make.at(), GuardView(GuardState.ENFORCED, (make.check("hmac", kind="signature"),)))
    assert reports(Facts(webhooks=(checked,)))["X-HOOK"].status is SATISFIED
    assert reports(Facts(webhooks=(replace(checked, fails_open="no key"),)))["X-HOOK"].status is VIOLATED


def test_a_customer_token_may_be_handed_over_and_an_unknown_one_leaves_open(make: ModuleType) -> None:
    def status(kind: TokenKind) -> ControlStatus:
        return reports(Facts(exposures=(Exposure(kind, "ui-sdk", make.at()),)))["X-UI-TOKEN"].status

    assert status(TokenKind.CUSTOMER) is SATISFIED
    assert status(TokenKind.UNKNOWN) is UNPROVEN
    assert status(TokenKind.BANK) is VIOLATED


def test_simulation_fields(make: ModuleType) -> None:
    assert reports(Facts(calls=(customer_call(make),)))["X-SIM"].status is SATISFIED
    carrying = customer_call(make, simulation_fields=(make.at(line=3),))
    assert reports(Facts(calls=(carrying,)))["X-SIM"].status is VIOLATED


# ---------------------------------------------------------------- all of them


def test_satisfied_always_has_evidence_and_evidence_is_bounded(make: ModuleType) -> None:
    calls = tuple(customer_call(make, line=line) for line in range(1, MAX_EVIDENCE + 50))
    held = reports(Facts(calls=calls))
    for report in held.values():
        if report.status is SATISFIED:
            assert report.evidence
        assert len(report.evidence) <= MAX_EVIDENCE + 5
    assert held["AT-1"].counts() == {"proven": MAX_EVIDENCE + 49}
    assert held["AT-1"].evidence[-1].text == "49 more"


def test_a_place_is_evidence_once(make: ModuleType) -> None:
    """Mints that differ in their scopes alone stand at one place, and say the same."""
    mints = tuple(make.mint(id=str(number)) for number in range(3))
    assert reports(Facts(mints=mints))["AT-1"].counts() == {"proven": 1}


def test_every_kind_of_site_is_some_controls() -> None:
    assert {each.sites for each in load().controls.controls} == set(Sites)
