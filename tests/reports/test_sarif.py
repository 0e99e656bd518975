"""The SARIF report: valid, and what code-scanning platforms need of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cybrid_audit.facts import Location, Step
from cybrid_audit.reports import RenderContext, render
from cybrid_audit.result import AuditResult, Level, Verdict

STANDARD = Path(__file__).parents[3] / "shared" / "schemas" / "sarif-2.1.0.schema.json"


def run_of(result: AuditResult, context: RenderContext) -> dict[str, Any]:
    log = json.loads(render(result, "sarif", context=context))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


@pytest.mark.skipif(not STANDARD.is_file(), reason="the schema of the standard is not at hand")
def test_the_standard_accepts_it(result: AuditResult, nothing: AuditResult, context: RenderContext) -> None:
    import jsonschema

    schema = json.loads(STANDARD.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    for each in (result, nothing):
        errors = list(validator.iter_errors(json.loads(render(each, "sarif", context=context))))
        assert not errors, errors[0]
        assert not list(validator.iter_errors(json.loads(render(each, "sarif"))))


@pytest.mark.parametrize(
    ("level", "verdict", "want"),
    [
        (Level.REQUIRED, Verdict.VIOLATED, "error"),
        (Level.RECOMMENDED, Verdict.VIOLATED, "warning"),
        (Level.EXTRA, Verdict.VIOLATED, "note"),
        (Level.REQUIRED, Verdict.UNPROVEN, "warning"),
        (Level.RECOMMENDED, Verdict.UNPROVEN, "note"),
        (Level.EXTRA, Verdict.UNPROVEN, "note"),
    ],
)
def test_levels(
    nothing: AuditResult, context: RenderContext, make: Callable[..., Any], level: Level, verdict: Verdict, want: str
) -> None:
    found = make("some-rule", "a.py", 1, level=level, verdict=verdict)
    (item,) = run_of(replace(nothing, findings=(found,)), context)["results"]
    assert item["level"] == want
    assert item["properties"]["verdict"] == verdict.value


def test_results_point_to_their_rules(result: AuditResult, context: RenderContext) -> None:
    run = run_of(result, context)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({*context.rules, *(f.rule for f in result.findings)})
    assert all(rules[item["ruleIndex"]]["id"] == item["ruleId"] for item in run["results"])


def test_rules_carry_their_texts(result: AuditResult, context: RenderContext) -> None:
    rules = {rule["id"]: rule for rule in run_of(result, context)["tool"]["driver"]["rules"]}
    rule = rules["bank-token-on-customer-endpoint"]
    assert rule["help"]["markdown"].startswith("# Bank token on a customer operation")
    assert "Fix: Mint a customer token" in rule["help"]["text"]
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["properties"]["tags"] == ["security", "AT-1", "external/cwe/cwe-863"]
    assert rule["properties"]["control"] == "AT-1"
    assert "cybrid-audit explain transaction-without-mfa" in rules["transaction-without-mfa"]["help"]["markdown"]
    assert rules["platform-token-exposed"]["shortDescription"]["text"] == "platform token exposed"  # no texts known


def test_the_trace_is_a_code_flow(result: AuditResult, context: RenderContext) -> None:
    item = next(item for item in run_of(result, context)["results"] if item["ruleId"] == "mfa-result-ignored")
    (flow,) = item["codeFlows"]
    (thread,) = flow["threadFlows"]
    steps = [
        (step["location"]["physicalLocation"]["region"]["startLine"], step["location"]["message"]["text"])
        for step in thread["locations"]
    ]
    assert steps == [
        (2, "the queue consumer payouts.settle starts here"),
        (4, "the second factor is verified"),
        (6, "POST /api/transfers runs on the failing branch too"),
    ]
    assert [related["message"]["text"] for related in item["relatedLocations"]] == [steps[0][1]]


def test_without_a_trace_there_is_no_code_flow(
    nothing: AuditResult, context: RenderContext, make: Callable[..., Any]
) -> None:
    (item,) = run_of(replace(nothing, findings=(make("some-rule", "a.py", 1),)), context)["results"]
    assert "codeFlows" not in item
    assert "relatedLocations" not in item


def test_the_mint_is_related_to_what_it_causes(
    result: AuditResult, context: RenderContext, make: Callable[..., Any]
) -> None:
    (mint, *_) = result.facts.mints
    found = make("some-rule", "a.py", 1, root_cause=mint.id, trace=(Step("b.py", 2, "starts"), Step("a.py", 1, "ends")))
    (item,) = run_of(replace(result, findings=(found,)), context)["results"]
    places = [
        (each["id"], each["physicalLocation"]["artifactLocation"]["uri"], each["message"]["text"])
        for each in item["relatedLocations"]
    ]
    assert places == [(1, "b.py", "starts"), (2, "src/lib/cybrid/token.ts", "the token is requested here")]


def test_fingerprints(nothing: AuditResult, context: RenderContext, make: Callable[..., Any]) -> None:
    found = (make("some-rule", "a.py", 1, fingerprint="f00"), make("some-rule", "a.py", 2, fingerprint=""))
    with_one, without = run_of(replace(nothing, findings=found), context)["results"]
    assert with_one["partialFingerprints"] == {"cybridAuditFingerprint/v1": "f00"}
    assert "partialFingerprints" not in without


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("src/a.ts", "src/a.ts"),
        ("a b/[id]/x#y?.ts", "a%20b/%5Bid%5D/x%23y%3F.ts"),
        ("c:d.ts", "c%3Ad.ts"),
        ("100%.py", "100%25.py"),
        ("bröken\u202e\x1b.tsx", "br%C3%B6ken%E2%80%AE%1B.tsx"),
        ("caf\udce9.py", "caf%E9.py"),
        ("back\\slash.py", "back%5Cslash.py"),
    ],
)
def test_addresses(nothing: AuditResult, context: RenderContext, make: Callable[..., Any], path: str, uri: str) -> None:
    (item,) = run_of(replace(nothing, findings=(make("some-rule", path, 1),)), context)["results"]
    assert item["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_every_address_has_its_base(result: AuditResult, context: RenderContext) -> None:
    run = run_of(result, context)
    used = {each["uriBaseId"] for each in walk(run) if "uri" in each}
    assert used == set(run["originalUriBaseIds"])
    assert "/somewhere" not in json.dumps(run)


@pytest.mark.parametrize(
    ("location", "region"),
    [
        (Location("a", 3, 4, 3, 9), {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 10}),
        (Location("a", 3, 4, 5, 0), {"startLine": 3, "startColumn": 5, "endLine": 5, "endColumn": 1}),
        (Location("a", 3), {"startLine": 3, "startColumn": 1}),
        (Location("a", 3, 4, 3, 0), {"startLine": 3, "startColumn": 5}),
        (Location("a", 0), {"startLine": 1, "startColumn": 1}),
    ],
)
def test_regions_count_from_one(
    nothing: AuditResult, context: RenderContext, make: Callable[..., Any], location: Location, region: dict[str, int]
) -> None:
    (item,) = run_of(replace(nothing, findings=(make("some-rule", "a", 1, location=location),)), context)["results"]
    assert item["locations"][0]["physicalLocation"]["region"] == region


def test_skipped_files_are_notifications(result: AuditResult, context: RenderContext) -> None:
    run = run_of(result, context)
    assert run["columnKind"] == "unicodeCodePoints"
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    notes = invocation["toolExecutionNotifications"]
    assert [note["message"]["text"] for note in notes] == [
        "not analysed: larger than 2 MB",
        "not analysed: syntax error in line 12: 3 of 9 statements were left out",
    ]
    names = run["tool"]["driver"]["notifications"]
    assert all(names[note["descriptor"]["index"]]["id"] == note["descriptor"]["id"] for note in notes)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("GET /api/accounts/{account_guid} in app/[id]/page.ts", None),
        ("takes {0} and {12}", "takes {{0}} and {{12}}"),
        ("see [here](https://evil.example)", "see \\[here\\](https://evil.example)"),
        ("see [a\\](1)", "see \\[a\\\\\\](1)"),
    ],
)
def test_no_text_is_taken_for_a_placeholder_or_a_link(
    nothing: AuditResult, context: RenderContext, make: Callable[..., Any], message: str, text: str | None
) -> None:
    trace = (Step("b.py", 2, message), Step("a.py", 1, "ends"))
    (item,) = run_of(replace(nothing, findings=(make("r", "a.py", 1, message=message, trace=trace),)), context)[
        "results"
    ]
    want = message if text is None else text
    assert item["message"]["text"] == want
    assert item["codeFlows"][0]["threadFlows"][0]["locations"][0]["location"]["message"]["text"] == want


def test_a_long_trace_keeps_both_ends(nothing: AuditResult, context: RenderContext, make: Callable[..., Any]) -> None:
    def flow(steps: int) -> dict[str, Any]:
        trace = tuple(Step("a.py", line, "step") for line in range(1, steps + 1))
        (item,) = run_of(replace(nothing, findings=(make("r", "a.py", 1, trace=trace),)), context)["results"]
        (thread,) = item["codeFlows"][0]["threadFlows"]
        assert isinstance(thread, dict)
        return thread

    assert len(flow(1_000)["locations"]) == 1_000
    assert "message" not in flow(1_000)
    cut = flow(1_203)
    assert len(cut["locations"]) == 1_000
    assert (cut["locations"][0]["executionOrder"], cut["locations"][-1]["executionOrder"]) == (1, 1_203)
    assert cut["message"]["text"] == "203 steps in the middle are left out."


def test_the_gravest_come_first(nothing: AuditResult, context: RenderContext, make: Callable[..., Any]) -> None:
    """A platform that shows only the first results must not lose the gravest ones."""
    findings = tuple(
        make("r", "a.py", line, level=level, verdict=verdict)
        for line, (level, verdict) in enumerate(((one, two) for one in reversed(Level) for two in Verdict), 1)
    )
    levels = [item["level"] for item in run_of(replace(nothing, findings=findings), context)["results"]]
    assert levels == ["error", "warning", "warning", "note", "note", "note"]
