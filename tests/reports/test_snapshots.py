"""Whole reports, as users see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cybrid_audit.reports import RenderContext, render, render_inventory
from cybrid_audit.result import AuditResult

Snapshot = Callable[[str, str], None]


@pytest.mark.parametrize("width", [80, 120])
def test_text(result: AuditResult, context: RenderContext, snapshot: Snapshot, width: int) -> None:
    snapshot(f"text-{width}.txt", render(result, "text", width=width, context=context))


def test_text_in_colour(result: AuditResult, context: RenderContext, snapshot: Snapshot) -> None:
    snapshot("text-80-color.txt", render(result, "text", color=True, width=80, context=context))


def test_text_without_rule_texts_or_sources(result: AuditResult, snapshot: Snapshot) -> None:
    snapshot("text-bare.txt", render(result, "text", context=RenderContext(version="0.0.0")))


def test_text_of_nothing(nothing: AuditResult, context: RenderContext, snapshot: Snapshot) -> None:
    snapshot("text-nothing.txt", render(nothing, "text", context=context))


def test_json(result: AuditResult, context: RenderContext, snapshot: Snapshot) -> None:
    snapshot("report.json", render(result, "json", context=context))


def test_sarif(result: AuditResult, context: RenderContext, snapshot: Snapshot) -> None:
    snapshot("report.sarif", render(result, "sarif", context=context))


@pytest.mark.parametrize("width", [80, 120])
def test_inventory(result: AuditResult, context: RenderContext, snapshot: Snapshot, width: int) -> None:
    snapshot(f"inventory-{width}.txt", render_inventory(result, width=width, context=context))


def test_inventory_json_is_that_of_the_report(result: AuditResult, context: RenderContext) -> None:
    import json

    alone = json.loads(render_inventory(result, "json", context=context))
    whole = json.loads(render(result, "json", context=context))
    assert alone["inventory"] == whole["inventory"]
    assert alone["schema_version"] == whole["schema_version"]


def test_equal_results_give_equal_bytes(result: AuditResult, context: RenderContext) -> None:
    shuffled = replace(result, findings=tuple(reversed(result.findings)))
    for format_ in ("text", "json", "sarif"):
        assert render(result, format_, context=context) == render(shuffled, format_, context=context)


def test_the_environment_does_not_matter(
    result: AuditResult, context: RenderContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = render(result, "text", width=80, context=context), render(result, "text", color=True, context=context)
    for name, value in {"COLUMNS": "33", "NO_COLOR": "1", "FORCE_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    after = render(result, "text", width=80, context=context), render(result, "text", color=True, context=context)
    assert before == after


def test_an_unknown_format_is_refused(result: AuditResult) -> None:
    with pytest.raises(ValueError, match="unknown report format 'xml'"):
        render(result, "xml")
    with pytest.raises(ValueError, match="use one of text, json, csv"):
        render_inventory(result, "sarif")
