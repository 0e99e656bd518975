"""The text report: what a reader needs, and nothing that acts on the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.facts import Facts, Location, Skipped, Step
from cybrid_audit.reports import RenderContext, render, render_inventory
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.result import AuditResult, Confidence, ControlReport, ControlStatus, Evidence, Finding, Level, Verdict

Make = Callable[..., Any]


def text_of(result: AuditResult, context: RenderContext, **options: Any) -> str:
    return render(result, "text", context=context, **options)


# ---------------------------------------------------------------- blocks


def test_one_token_used_at_thirty_places_is_one_block(result: AuditResult, context: RenderContext, make: Make) -> None:
    (mint, *_) = result.facts.mints
    rule = "bank-token-on-customer-endpoint"
    findings = tuple(
        make(rule, f"src/routes/r{n}.ts", n, operation="POST /api/trades", root_cause=mint.id) for n in range(1, 31)
    )
    text = text_of(replace(result, findings=findings), context)
    assert text.count(f"[{rule}]") == 1
    assert "30 places" in text
    assert re.search(r"cause +src/lib/cybrid/token\.ts:10  bank token requested here, with banks:read", text)
    assert len(re.findall(r"^    src/routes/r\d+\.ts:\d+ +POST /api/trades$", text, re.MULTILINE)) == 30
    assert "30 findings: required 30 violated" in text


def test_findings_without_a_shared_cause_stay_apart(nothing: AuditResult, context: RenderContext, make: Make) -> None:
    findings = (make("transaction-without-mfa", "a.py", 1), make("transaction-without-mfa", "b.py", 1))
    assert text_of(replace(nothing, findings=findings), context).count("error[transaction-without-mfa]") == 2


def test_the_shared_first_step_is_the_cause_where_no_mint_is(
    nothing: AuditResult, context: RenderContext, make: Make
) -> None:
    start = Step("start.py", 1, "the request starts here")
    findings = tuple(
        make("transaction-without-mfa", f"{name}.py", 2, trace=(start,), root_cause="route") for name in "ab"
    )
    assert "cause     start.py:1  the request starts here" in text_of(replace(nothing, findings=findings), context)


def test_a_message_of_its_own_stands_below_its_row(nothing: AuditResult, context: RenderContext, make: Make) -> None:
    def found(name: str, message: str) -> Any:
        return make(
            "transaction-without-mfa", f"{name}.py", 2, message=message, operation="POST /api/trades", root_cause="x"
        )

    usual = "POST /api/trades is not guarded."
    findings = (found("a", usual), found("b", usual), found("c", "POST /api/trades is guarded on one of two ways."))
    text = text_of(replace(nothing, findings=findings), context)
    assert usual not in text  # the title says it
    assert re.search(r"c\.py:2 .*\n      POST /api/trades is guarded on one of two ways\.\n", text)


def test_an_empty_trace_shows_none(nothing: AuditResult, context: RenderContext, make: Make) -> None:
    text = text_of(replace(nothing, findings=(make("transaction-without-mfa", "a.py", 7, trace=()),)), context)
    assert "trace" not in text
    assert "  a.py:7\n" in text


def test_a_trace_of_the_place_alone_shows_none(nothing: AuditResult, context: RenderContext, make: Make) -> None:
    found = make("transaction-without-mfa", "a.py", 7, trace=(Step("a.py", 7, "here"),))
    assert "trace" not in text_of(replace(nothing, findings=(found,)), context)


def test_unproven_findings_say_so_and_claim_no_confidence(
    nothing: AuditResult, context: RenderContext, make: Make
) -> None:
    found = make("transaction-without-mfa", "a.py", 7, verdict=Verdict.UNPROVEN)
    text = text_of(replace(nothing, findings=(found,)), context)
    assert text.startswith("unproven[transaction-without-mfa]: ")
    assert "CA-2 (required) unproven" in text
    assert "confidence" not in text
    assert "1 finding: required 1 unproven" in text


def test_confidence_of_a_group_names_each(nothing: AuditResult, context: RenderContext, make: Make) -> None:
    findings = tuple(
        make("transaction-without-mfa", "a.py", line, confidence=sure, root_cause="x")
        for line, sure in enumerate((Confidence.HIGH, Confidence.LOW, Confidence.HIGH), 1)
    )
    assert "confidence: high or low" in text_of(replace(nothing, findings=findings), context)


def test_the_required_come_first_then_the_path(result: AuditResult, context: RenderContext) -> None:
    heads = re.findall(r"^(error|unproven|warning|note)\[", text_of(result, context), re.MULTILINE)
    assert heads == sorted(heads, key=["error", "unproven", "warning", "note"].index)


def test_a_place_deep_in_a_long_line_is_shown(nothing: AuditResult, make: Make) -> None:
    line = "const a = 1; " * 20 + "cybrid.createTrade(order);" + " const b = 2;" * 20
    context = RenderContext(lines=lambda path: [line])
    found = make("some-rule", "a.js", 1, location=Location("a.js", 1, 260))
    text = text_of(replace(nothing, findings=(found,)), context, width=80)
    assert "│ …cybrid.createTrade(order);" in text


def test_generated_lines_are_not_shown(nothing: AuditResult, make: Make) -> None:
    context = RenderContext(lines=lambda path: ["x" * 5000])
    assert "xxx" not in text_of(replace(nothing, findings=(make("some-rule", "a.js", 1),)), context)


def test_lines_that_do_not_exist_are_not_shown(nothing: AuditResult, make: Make) -> None:
    context = RenderContext(lines=lambda path: ["only one"])
    for line in (0, 2):
        assert "only one" not in text_of(replace(nothing, findings=(make("some-rule", "a.js", line),)), context)


def test_why_and_fix_are_said_once_a_rule(nothing: AuditResult, context: RenderContext, make: Make) -> None:
    findings = tuple(make("transaction-without-mfa", f"{name}.py", 1) for name in "abc")
    text = text_of(replace(nothing, findings=findings), context)
    assert text.count("error[transaction-without-mfa]") == 3
    assert text.count("  why  ") == text.count("  fix  ") == 1


# ---------------------------------------------------------------- the rest


def test_silence_is_no_pass(nothing: AuditResult, context: RenderContext) -> None:
    assert text_of(nothing, context) == (
        "No code that integrates with the platform was found, so that no control applies.\n"
        "\n"
        "no findings\n"
        "1 file scanned, 0 relevant\n"
    )


def test_controls_show_status_and_evidence(result: AuditResult, context: RenderContext) -> None:
    text = text_of(result, context)
    assert re.search(r"^  AT-1 +required +✗ violated +7  A request made", text, re.MULTILINE)
    assert re.search(r"^  CA-1 +required +– not applicable +Creating", text, re.MULTILINE)
    assert text.index("CA-4 ") < text.index("Extra controls") < text.index("X-TLS  ")


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ((Evidence("open", "the caller is unknown", "a.py", 3), Evidence("note", "Attest it.")), "Attest it."),
        ((Evidence("open", "the caller is unknown", "a.py", 3),), "a.py:3 the caller is unknown"),
        ((Evidence("skipped", "not analysed: too large", "b.js"),), "b.js not analysed: too large"),
    ],
)
def test_an_unproven_control_says_what_is_open(nothing: AuditResult, evidence: tuple[Evidence, ...], said: str) -> None:
    control = ControlReport("CA-2", Level.REQUIRED, ControlStatus.UNPROVEN, "Statement.", evidence)
    text = text_of(replace(nothing, controls=(control,)), RenderContext())
    assert re.search(rf"^  CA-2 .*Statement\n +{re.escape(said)}$", text, re.MULTILINE)


def test_many_skipped_files_are_counted(nothing: AuditResult, context: RenderContext) -> None:
    skipped = tuple(Skipped(f"f{n}.js", "too large") for n in range(40))
    text = text_of(replace(nothing, skipped=skipped), context)
    assert text.count("too large") == 12
    assert "and 28 more" in text
    assert "40 skipped" in text


# ---------------------------------------------------------------- the page


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_only_places_and_commands_may_be_wider_than_the_page(
    result: AuditResult, context: RenderContext, width: int
) -> None:
    texts = [text_of(result, context, width=width)]
    if width >= 80:  # a table has a least width
        texts.append(render_inventory(result, width=width, context=context))
    for text in texts:
        for line in text.splitlines():
            assert len(line) <= width or re.search(r"\.(tsx?|py):\d+|more: |^ +\d+  [A-Z]+ /", line), line


def test_no_line_ends_in_blanks(result: AuditResult, context: RenderContext) -> None:
    for text in (text_of(result, context), render_inventory(result, context=context)):
        assert not re.search(r"[ \t]+$", text, re.MULTILINE)


def test_without_colour_nothing_is_an_escape_sequence(result: AuditResult, context: RenderContext) -> None:
    assert "\x1b" not in text_of(result, context)
    assert "\x1b" not in render_inventory(result, context=context)


def test_colour_adds_styles_and_nothing_else(result: AuditResult, context: RenderContext) -> None:
    def bare(text: str) -> str:
        return re.sub(r"[ \t]+$", "", re.sub(r"\x1b\[[0-9;]*m", "", text), flags=re.MULTILINE)

    coloured = text_of(result, context, color=True)
    assert "\x1b[1;31m" in coloured
    assert bare(coloured) == text_of(result, context)
    table = render_inventory(result, color=True, context=context)
    assert bare(table) == render_inventory(result, context=context)


def test_ascii_only_draws_with_ascii(nothing: AuditResult, make: Make) -> None:
    context = RenderContext(lines=lambda path: ["call(" + "a, " * 100 + ")"], unicode=False)
    assert text_of(replace(nothing, findings=(make("some-rule", "a.js", 1),)), context).isascii()


# ---------------------------------------------------------------- hostile text

hostile = st.text(
    st.sampled_from("a \x1b[2J\x07\r\n\t\x9b\u202e\u2066\u200b\u2028\ufeff\udcff\x00ü%&]8;;"), max_size=30
)


@given(hostile)
def test_harmless_text_is_one_printable_line(text: str) -> None:
    shown = harmless(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    shown.encode()


@given(name=hostile.filter(bool), message=hostile, code=hostile)
def test_hostile_text_reaches_no_terminal(name: str, message: str, code: str) -> None:
    found = Finding(
        rule="some-rule",
        control="AT-1",
        level=Level.REQUIRED,
        verdict=Verdict.VIOLATED,
        confidence=Confidence.HIGH,
        message=message,
        location=Location(name, 1),
        operation=f"GET /{name}",
        trace=(Step(name, 1, message), Step(name, 2, message)),
        root_cause="x",
    )
    control = ControlReport(
        "AT-1", Level.REQUIRED, ControlStatus.VIOLATED, message, (Evidence("site", message, name, 1),)
    )
    context = RenderContext(lines=lambda path: [code])
    for findings in ((found,), (found, found)):
        result = AuditResult(name, findings, Facts(), (control,), 1, 1, (Skipped(name, message),))
        text = text_of(result, context)
        assert all(character.isprintable() or character == "\n" for character in text)
        text.encode()
