"""Every format tells the same findings."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cybrid_audit.reports import RenderContext, render
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.result import AuditResult, Confidence, Level, Verdict

Told = Counter[tuple[str, str, str, int]]

RULES = ("bank-token-on-customer-endpoint", "transaction-without-mfa", "insecure-transport", "rule-without-texts")
# Any name a POSIX file can have, with what is odd on purpose.
names = st.one_of(
    st.sampled_from(
        ["src/a.ts", "src/b.py", "a b/[id]/%41.ts", "c:d.ts", "x" * 130 + ".py", "ü/\x1b[2J.js", "\udcff.py"]
    ),
    # A leading space would only be lost to the reader below, which tells a place by its indentation.
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=12).filter(
        lambda name: not name.startswith(" ")
    ),
)


def told_by_json(result: AuditResult, context: RenderContext) -> Told:
    report = json.loads(render(result, "json", context=context))
    return Counter(
        (f["rule"], f["verdict"], f["location"]["path"], f["location"]["start_line"]) for f in report["findings"]
    )


def told_by_sarif(result: AuditResult, context: RenderContext) -> Told:
    (run,) = json.loads(render(result, "sarif", context=context))["runs"]
    told: Told = Counter()
    for item in run["results"]:
        physical = item["locations"][0]["physicalLocation"]
        path = os.fsdecode(unquote_to_bytes(physical["artifactLocation"]["uri"]))
        told[item["ruleId"], item["properties"]["verdict"], path, physical["region"]["startLine"]] += 1
    return told


def told_by_text(result: AuditResult, context: RenderContext, width: int) -> Counter[tuple[str, str, str]]:
    """Read the blocks back: places as they are spelled, since spelling out what is harmful loses the original."""
    told: Counter[tuple[str, str, str]] = Counter()
    places = {f"{harmless(f.location.path)}:{f.location.start_line}" for f in result.findings}
    rule, verdict, several, open_ = "", "", False, False
    for line in render(result, "text", width=width, context=context).split("\n"):
        if head := re.match(r"(error|warning|note|unproven)\[([a-z-]+)\]: ", line):
            rule, verdict = head[2], "unproven" if head[1] == "unproven" else "violated"
            several, open_ = False, True
        elif re.match(r"  \d+ places$", line):
            several = True
        elif not line or (several and re.match(r"  \S", line)):
            open_ = False
        indent = "    " if several else "  "
        if open_ and line.startswith(indent) and line[len(indent) : len(indent) + 1] not in {"", " "}:
            found = [place for place in places if re.match(re.escape(place) + r"(?!\d)(  |$)", line[len(indent) :])]
            if found:
                told[rule, verdict, max(found, key=len)] += 1
                open_ = several
    return told


def test_the_sample_is_told_alike(result: AuditResult, context: RenderContext) -> None:
    assert_alike(result, context)


def assert_alike(result: AuditResult, context: RenderContext) -> None:
    want: Told = Counter((f.rule, f.verdict.value, f.location.path, f.location.start_line) for f in result.findings)
    assert told_by_json(result, context) == want
    assert told_by_sarif(result, context) == want
    shown: Counter[tuple[str, str, str]] = Counter()
    for (rule, verdict, path, line), count in want.items():
        shown[rule, verdict, f"{harmless(path)}:{line}"] += count
    for width in (80, 120):
        assert told_by_text(result, context, width) == shown


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_findings_are_told_alike(
    data: st.DataObject, nothing: AuditResult, context: RenderContext, make: Callable[..., Any]
) -> None:
    findings = tuple(
        make(
            data.draw(st.sampled_from(RULES)),
            data.draw(names),
            data.draw(st.integers(1, 2000)),
            verdict=data.draw(st.sampled_from(Verdict)),
            level=data.draw(st.sampled_from(Level)),
            confidence=data.draw(st.sampled_from(Confidence)),
            message=data.draw(st.text(min_size=1, max_size=80).filter(str.strip)),
            operation=data.draw(st.sampled_from([None, "POST /api/trades", "GET /api/accounts/{account_guid}"])),
            root_cause=data.draw(st.sampled_from(["", "one", "two"])),
        )
        for _ in range(data.draw(st.integers(0, 8)))
    )
    assert_alike(replace(nothing, findings=findings), context)
