"""The extra controls: transport, webhooks, simulation fields."""

from __future__ import annotations

from types import ModuleType

import pytest

from cybrid_audit.facts import Facts, GuardState, GuardView, Side, TransportWeakness, WebhookHandler
from cybrid_audit.result import Level, Verdict

TLS = "insecure-transport"
HOOK = "webhook-signature-not-verified"
SIMULATION = "simulation-field-in-production"


@pytest.mark.parametrize(
    ("kind", "words"), [("http-url", "without TLS"), ("verification-off", "Certificates are not checked")]
)
def test_a_weak_transport_is_found_once(make: ModuleType, kind: str, words: str) -> None:
    weakness = TransportWeakness(kind, make.at(), "verify=False")
    (found,) = make.judged(TLS, Facts(transport=(weakness, weakness)))
    assert (found.verdict, found.level, found.control) == (Verdict.VIOLATED, Level.EXTRA, "X-TLS")
    assert words in found.message
    assert "verify=False" in found.message


def handler(make: ModuleType, state: GuardState, fails_open: str = "") -> WebhookHandler:
    lost = (make.check("hmac.compare_digest", kind="signature"),) if state is GuardState.IGNORED else ()
    return WebhookHandler(make.at(), GuardView(state, (), lost), fails_open)


@pytest.mark.parametrize(
    ("state", "verdict", "words"),
    [
        (GuardState.ABSENT, Verdict.VIOLATED, "without an enforced check"),
        (GuardState.IGNORED, Verdict.VIOLATED, "hmac.compare_digest"),
        (GuardState.UNPROVEN, Verdict.UNPROVEN, "cannot be shown"),
    ],
)
def test_a_handler_without_an_enforced_check_is_found(
    make: ModuleType, state: GuardState, verdict: Verdict, words: str
) -> None:
    (found,) = make.judged(HOOK, Facts(webhooks=(handler(make, state),)))
    assert (found.verdict, found.control) == (verdict, "X-HOOK")
    assert words in found.message


def test_a_check_that_fails_open_is_found(make: ModuleType) -> None:
    facts = Facts(webhooks=(handler(make, GuardState.ENFORCED, fails_open="it is skipped without the key"),))
    (found,) = make.judged(HOOK, facts)
    assert (found.verdict, found.data) == (Verdict.VIOLATED, {"fails_open": "it is skipped without the key"})
    assert "it is skipped without the key" in found.message


def test_an_enforced_check_is_right(make: ModuleType) -> None:
    assert make.judged(HOOK, Facts(webhooks=(handler(make, GuardState.ENFORCED),))) == []


def test_a_simulation_field_is_found_at_the_field(make: ModuleType) -> None:
    fields = (make.at(line=4), make.at(line=6))
    call = make.call(simulation_fields=fields)
    found = make.judged(SIMULATION, Facts(calls=(call,)))
    assert [each.location for each in found] == list(fields)
    assert found[0].operation == "POST /api/trades"
    assert found[0].level is Level.EXTRA


def test_no_simulation_field_no_finding(make: ModuleType) -> None:
    calls = (make.call(), make.call(simulation_fields=(make.at(line=4),), side=Side.TEST, line=2))
    assert make.judged(SIMULATION, Facts(calls=calls)) == []
