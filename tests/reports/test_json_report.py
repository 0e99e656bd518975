"""The JSON report keeps its contract: the schema, and policy section 5."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cybrid_audit.facts import Facts, GuardState, TokenKind
from cybrid_audit.reports import RenderContext, render, render_inventory
from cybrid_audit.reports.json_report import SCHEMA_VERSION
from cybrid_audit.result import AuditResult, BaselineState, Suppression, SuppressionKind, Verdict
from tests.reports.conftest import finding

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "report-1.schema.json").read_text())


def strict(schema: Any) -> Any:
    """Return `schema` without the room for later keys: what we write today is all described."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if "properties" in closed:
        closed["additionalProperties"] = False
    return closed


def load(result: AuditResult, context: RenderContext) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(result, "json", context=context))
    return document


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(strict(SCHEMA))


def test_reports_are_valid(result: AuditResult, nothing: AuditResult, context: RenderContext) -> None:
    for each in (result, nothing):
        jsonschema.validate(load(each, context), strict(SCHEMA), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "breakage",
    [
        lambda report: report.pop("schema_version"),
        lambda report: report.update(schema_version="2.0"),
        lambda report: report["findings"][0].update(verdict="maybe"),
        lambda report: report["findings"][0]["location"].pop("start_line"),
        lambda report: report["inventory"]["calls"][0].update(mfa="no"),
        lambda report: report["controls"][0].update(status="not_applicable"),
        lambda report: report["files"].pop("skipped"),
        lambda report: report["inventory"]["credentials"][0]["sources"][1]["secret"].update(prefix="q7RzN0"),
    ],
)
def test_the_schema_can_fail(
    result: AuditResult, context: RenderContext, breakage: Callable[[dict[str, Any]], object]
) -> None:
    report = deepcopy(load(result, context))
    breakage(report)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, SCHEMA, cls=jsonschema.Draft202012Validator)


def test_later_keys_do_not_break_readers(result: AuditResult, context: RenderContext) -> None:
    report = load(result, context)
    report["later"] = report["findings"][0]["later"] = 1
    jsonschema.validate(report, SCHEMA, cls=jsonschema.Draft202012Validator)


def test_the_version_is_that_of_the_schema() -> None:
    assert SCHEMA_VERSION.startswith("1.")


def test_a_finding_as_the_contract_has_it(
    nothing: AuditResult, context: RenderContext, make: Callable[..., Any]
) -> None:
    report = load(replace(nothing, findings=(make("transaction-without-mfa", "a.py", 3),)), context)
    assert report["findings"] == [
        {
            "rule": "transaction-without-mfa",
            "control": "CA-2",
            "level": "required",
            "verdict": "violated",
            "confidence": "high",
            "message": "transaction-without-mfa at a.py",
            "location": {"path": "a.py", "start_line": 3, "start_column": 0, "end_line": 3, "end_column": 0},
            "operation": None,
            "trace": [],
            "data": {},
            "root_cause": None,
            "fingerprint": "tran0003",
            "baseline_state": None,
        }
    ]


def test_calls_say_the_weakest_guard(result: AuditResult, context: RenderContext) -> None:
    calls = {(c["path"], c["line"]): c["mfa"] for c in load(result, context)["inventory"]["calls"]}
    assert calls["src/app/api/trades/route.ts", 6] == "absent"  # enforced on another way
    assert calls["src/app/api/trades/route.ts", 5] == "not_required"  # no event
    assert calls["services/payouts/worker.py", 6] == "ignored"
    assert calls["packages/cybrid-kit/src/transfers.ts", 5] == "unproven"


def test_an_event_that_nothing_is_known_to_reach_is_unproven(result: AuditResult, context: RenderContext) -> None:
    unreached = tuple(replace(call, visits=()) for call in result.facts.calls)
    report = load(replace(result, facts=replace(result.facts, calls=unreached)), context)
    assert {call["mfa"] for call in report["inventory"]["calls"]} == {"unproven", "not_required"}


@pytest.mark.parametrize(
    ("states", "weakest"),
    [
        ((GuardState.ENFORCED, GuardState.ENFORCED), "enforced"),
        ((GuardState.ENFORCED, GuardState.UNPROVEN), "unproven"),
        ((GuardState.UNPROVEN, GuardState.IGNORED), "ignored"),
        ((GuardState.IGNORED, GuardState.ABSENT, GuardState.ENFORCED), "absent"),
    ],
)
def test_guards_rank_as_the_policy_ranks_them(
    result: AuditResult, context: RenderContext, states: tuple[GuardState, ...], weakest: str
) -> None:
    call = next(call for call in result.facts.calls if call.event)
    visits = tuple(replace(call.visits[0], mfa=replace(call.visits[0].mfa, state=state)) for state in states)
    report = load(replace(result, facts=Facts(calls=(replace(call, visits=visits),))), context)
    assert [row["mfa"] for row in report["inventory"]["calls"]] == [weakest]


def test_tokens_are_no_calls_but_customer_tokens_are_both(result: AuditResult, context: RenderContext) -> None:
    inventory = load(result, context)["inventory"]
    operations = [call["operation"] for call in inventory["calls"]]
    assert "POST /oauth/token" not in operations
    assert operations.count("POST /api/customer_tokens") == 1
    assert [token["operation"] for token in inventory["tokens"]] == ["POST /api/customer_tokens", "POST /oauth/token"]


def test_a_customer_token_that_is_a_call_already_is_one_row(result: AuditResult, context: RenderContext) -> None:
    mint = next(mint for mint in result.facts.mints if mint.kind is TokenKind.CUSTOMER)
    template = result.facts.calls[0]
    call = replace(template, operation=mint.operation, site=mint.site)
    other_scopes = replace(mint, id="other")
    facts = replace(result.facts, calls=(*result.facts.calls, call), mints=(*result.facts.mints, other_scopes))
    rows = load(replace(result, facts=facts), context)["inventory"]["calls"]
    (row,) = [row for row in rows if row["operation"] == mint.operation]
    assert row["token"]["kinds"] == ["bank"]


def test_the_token_of_a_call(result: AuditResult, context: RenderContext) -> None:
    rows = {row["operation"]: row["token"] for row in load(result, context)["inventory"]["calls"]}
    assert rows["POST /api/trades"] == {
        "kinds": ["bank"],
        "scopes": ["banks:read", "customers:read", "customers:write", "transfers:execute"],
        "minted_at": [{"path": "src/lib/cybrid/token.ts", "line": 10}],
    }
    assert rows["GET /api/accounts"]["kinds"] == ["customer", "unknown"]


def test_the_document_is_ascii(result: AuditResult, context: RenderContext) -> None:
    assert render(result, "json", context=context).isascii()
    assert render_inventory(result, "json", context=context).isascii()


def test_odd_names_survive(nothing: AuditResult, context: RenderContext, make: Callable[..., Any]) -> None:
    path = "caf\udce9/\x1b[2J \u202e.ts"
    report = load(replace(nothing, findings=(make("insecure-transport", path, 1),)), context)
    assert report["findings"][0]["location"]["path"] == path


def test_the_worst_comes_first(result: AuditResult, context: RenderContext) -> None:
    order = [(f["level"], f["verdict"]) for f in load(result, context)["findings"]]
    ranks = {"required": 0, "recommended": 1, "extra": 2}
    assert order == sorted(order, key=lambda pair: (ranks[pair[0]], pair[1] == Verdict.UNPROVEN.value))


def accepted(**more: Any) -> AuditResult:
    """A result whose one finding is accepted."""
    told = Suppression(
        kind=SuppressionKind.INLINE, reason="settled on paper", owner="Ada", until="2027-03-31", path="a.py", line=2
    )
    found = replace(finding("transaction-without-mfa", "a.py", 3, control="CA-2"), suppression=told, **more)
    return AuditResult("x", (), Facts(), (), 1, 1, (), suppressed=(found,))


def test_what_is_suppressed_is_listed_apart_and_says_why() -> None:
    report = json.loads(render(accepted(baseline_state=BaselineState.UNCHANGED), "json"))
    jsonschema.validate(report, strict(SCHEMA), cls=jsonschema.Draft202012Validator)
    assert report["findings"] == []
    (shown,) = report["suppressed"]
    assert (shown["rule"], shown["baseline_state"]) == ("transaction-without-mfa", "unchanged")
    assert shown["suppression"] == {
        "kind": "inline",
        "reason": "settled on paper",
        "owner": "Ada",
        "until": "2027-03-31",
        "path": "a.py",
        "line": 2,
    }


def test_the_reason_of_a_suppression_shows_no_secret() -> None:
    secret = "Zk3vQ0pW7sLq9TtXyB2nM4rE6uI8oA1cD5fG7hJ0kL2"
    told = Suppression(kind=SuppressionKind.CONFIG, reason=f"the old one, {secret}, is revoked", owner=secret)
    (found,) = accepted().suppressed
    result = replace(accepted(), suppressed=(replace(found, suppression=told),))
    for format_ in ("json", "sarif"):
        assert secret not in render(result, format_)
