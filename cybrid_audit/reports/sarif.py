"""The SARIF 2.1.0 report, for code-scanning platforms and editors. Clauses named here are of the OASIS standard."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote_from_bytes

from cybrid_audit.facts import Location
from cybrid_audit.reports.context import FixText, RenderContext, RuleText
from cybrid_audit.reports.json_report import dump
from cybrid_audit.reports.ordering import ordered
from cybrid_audit.result import AuditResult, ControlReport, Finding, Level, SuppressionKind, Verdict

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT: Final = "%SRCROOT%"
"""Name of the base of all addresses: the audited folder. Where it lies is left to the reader (3.14.14)."""

FINGERPRINT: Final = "cybridAuditFingerprint/v1"
NOT_ANALYSED: Final = "file-not-analysed"

_LADDER: Final = ("error", "warning", "note")
_STEP: Final = {Level.REQUIRED: 0, Level.RECOMMENDED: 1, Level.EXTRA: 2}
_SEVERITY: Final = {"error": "8.0", "warning": "5.0", "note": "3.0"}
"""`security-severity`, by which code-scanning platforms sort: high, medium, low."""

MAX_FLOW: Final = 1_000
"""Steps of one trace that code-scanning platforms show."""

_PLACEHOLDER: Final = re.compile(r"\{(\d+)\}")
_LINK_PART: Final = re.compile(r"[\\\[\]]")


def render_sarif(result: AuditResult, context: RenderContext) -> str:
    """Return the findings of `result` (cleared of secrets) as one SARIF log with one run."""
    findings = (*ordered(result.findings), *ordered(result.suppressed))
    rules = _rules(findings, context)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    causes = {mint.id: mint.site for mint in result.facts.mints}
    run = {
        "tool": {
            "driver": {
                "name": context.tool,
                "version": context.version,
                "semanticVersion": context.version,
                "rules": rules,
                "notifications": [
                    {
                        "id": NOT_ANALYSED,
                        "shortDescription": {"text": "A file of the audited tree was not analysed."},
                        "defaultConfiguration": {"level": "warning"},
                    }
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The audited folder."}}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "descriptor": {"id": NOT_ANALYSED, "index": 0},
                        "message": {"text": plain(f"not analysed: {skipped.reason}")},
                        "locations": [_location(skipped.path)],
                    }
                    for skipped in result.skipped
                ],
            }
        ],
        "results": [
            # Either all results say whether they are suppressed, or none does (3.27.23).
            _result(finding, index[finding.rule], causes, context.fixes.get(finding.fingerprint))
            | (_suppressions(finding) if result.suppressed else {})
            for finding in findings
        ],
        "properties": {
            "filesScanned": result.scanned,
            **({"filesLeftOut": result.left_out} if result.left_out else {}),
            "controls": [_control(control) for control in result.controls],
        },
    }
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def level_of(finding: Finding) -> str:
    """Return the SARIF level: by how binding the control is, one step lower where nothing is proven."""
    step = _STEP[finding.level] + (finding.verdict is Verdict.UNPROVEN)
    return _LADDER[min(step, len(_LADDER) - 1)]


# ---------------------------------------------------------------- rules


def _rules(findings: Iterable[Finding], context: RenderContext) -> list[dict[str, Any]]:
    texts = dict(context.rules)
    for finding in findings:
        if finding.rule not in texts:
            texts[finding.rule] = RuleText(
                id=finding.rule, control=finding.control, level=finding.level.value, summary=""
            )
    return [_rule(texts[rule], context) for rule in sorted(texts)]


def _rule(text: RuleText, context: RenderContext) -> dict[str, Any]:
    summary = text.summary or text.id.replace("-", " ")
    told = "\n\n".join(part for part in (text.why, f"Fix: {text.fix}" if text.fix else "") if part) or summary
    level = _LADDER[_STEP[Level(text.level)]]
    rule: dict[str, Any] = {
        "id": text.id,
        "name": "".join(part.capitalize() for part in text.id.split("-")),
        "shortDescription": {"text": summary},
        "fullDescription": {"text": text.why or summary},
        "help": {"text": told, "markdown": text.markdown or _markdown(text, summary, context)},
        "defaultConfiguration": {"level": level},
        "properties": {
            **({"control": text.control} if text.control else {}),
            "level": text.level,
            "tags": list(dict.fromkeys(filter(None, ("security", text.control, *map(_tag, text.tags))))),
            "precision": "high",
            "security-severity": _SEVERITY[level],
        },
    }
    if text.references:
        rule["helpUri"] = text.references[0]
    return rule


def _tag(tag: str) -> str:
    """Return `tag`; a weakness number in the spelling by which code-scanning platforms know it."""
    return f"external/cwe/{tag.lower()}" if tag.upper().startswith("CWE-") else tag


def _markdown(text: RuleText, summary: str, context: RenderContext) -> str:
    parts = [
        f"**{summary}**",
        text.why,
        f"**Fix.** {text.fix}" if text.fix else "",
        f"Control {text.control} ({text.level}). More: `{context.tool} explain {text.id}`",
        "\n".join(f"- <{reference}>" for reference in text.references),
    ]
    return "\n\n".join(part for part in parts if part)


# ---------------------------------------------------------------- results


def _result(
    finding: Finding, rule_index: int, causes: dict[str, Location], fix: FixText | None = None
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": level_of(finding),
        "message": {"text": plain(finding.message)},
        "locations": [_place(finding.location)],
    }
    if finding.fingerprint:
        result["partialFingerprints"] = {FINGERPRINT: finding.fingerprint}
    if finding.baseline_state is not None:
        result["baselineState"] = finding.baseline_state.value
    if finding.trace:
        result["codeFlows"] = [{"threadFlows": [_flow(finding)]}]
    related = _related(finding, causes)
    if related:
        result["relatedLocations"] = related
    if fix is not None:
        result["fixes"] = [_fix(fix)]
    properties: dict[str, Any] = {
        "control": finding.control,
        "level": finding.level.value,
        "verdict": finding.verdict.value,
        "confidence": finding.confidence.value,
    }
    if finding.operation:
        properties["operation"] = finding.operation
    if finding.data:
        properties["data"] = dict(finding.data)
    if finding.root_cause:
        properties["rootCause"] = finding.root_cause
    result["properties"] = properties
    return result


def _fix(fix: FixText) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for each in fix.replacements:
        region = dict(zip(("startLine", "startColumn", "endLine", "endColumn"), (*each.start, *each.end), strict=True))
        changes.setdefault(each.path, []).append({"deletedRegion": region, "insertedContent": {"text": each.text}})
    needs = "" if fix.is_safe else "; the variable must be set where the code runs"
    return {
        "description": {"text": fix.title + needs},
        "artifactChanges": [
            {"artifactLocation": _location(path)["physicalLocation"]["artifactLocation"], "replacements": made}
            for path, made in sorted(changes.items())
        ],
    }


def _suppressions(finding: Finding) -> dict[str, Any]:
    told = finding.suppression
    if told is None:
        return {"suppressions": []}
    said = {
        "kind": "inSource" if told.kind is SuppressionKind.INLINE else "external",
        "status": "accepted",
        "justification": told.reason,
        "properties": {"by": told.kind.value, "owner": told.owner, "until": told.until},
    }
    if told.path:
        said["location"] = _location(told.path, {"startLine": told.line} if told.line else None)
    return {"suppressions": [said]}


def _flow(finding: Finding) -> dict[str, Any]:
    """Return the trace; of one longer than `MAX_FLOW` both ends, with the numbers the steps have in the whole."""
    steps = list(enumerate(finding.trace, 1))
    last = len(steps)
    left_out = max(0, last - MAX_FLOW)
    if left_out:
        half = MAX_FLOW // 2
        steps = [*steps[:half], *steps[last - half :]]
    flow: dict[str, Any] = {
        "locations": [
            {
                "location": _location(step.path, {"startLine": max(1, step.line)}, step.note),
                "importance": "essential" if number in (1, last) else "important",
                "executionOrder": number,
            }
            for number, step in steps
        ]
    }
    if left_out:
        flow["message"] = {"text": f"{left_out} steps in the middle are left out."}
    return flow


def _related(finding: Finding, causes: dict[str, Location]) -> list[dict[str, Any]]:
    """Return the places a reader has to see besides the result's own: its cause, and where its trace starts."""
    here = (finding.location.path, finding.location.start_line)
    places: dict[tuple[str, int], str] = {}
    cause = causes.get(finding.root_cause)
    if finding.trace:
        start = finding.trace[0]
        places[start.path, start.line] = start.note
    if cause is not None:
        places.setdefault((cause.path, cause.start_line), "the token is requested here")
    places.pop(here, None)
    return [
        {"id": number, **_location(path, {"startLine": max(1, line)}, note)}
        for number, ((path, line), note) in enumerate(places.items(), 1)
    ]


def _place(location: Location) -> dict[str, Any]:
    region = {"startLine": max(1, location.start_line), "startColumn": location.start_column + 1}
    end_line = location.end_line or location.start_line
    # An end that is not known, or not behind the start, leaves the region one line (3.30.7).
    if (end_line, location.end_column) > (location.start_line, location.start_column):
        region["endLine"] = end_line
        region["endColumn"] = location.end_column + 1
    return _location(location.path, region)


def _location(path: str, region: dict[str, int] | None = None, message: str = "") -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": relative_address(path), "uriBaseId": ROOT}}
    if region:
        physical["region"] = region
    location: dict[str, Any] = {"physicalLocation": physical}
    if message:
        location["message"] = {"text": plain(message)}
    return location


def plain(text: str) -> str:
    """Return `text` as a plain-text message: nothing in it is a placeholder (3.11.5) or an embedded link (3.11.6).

    Braces and brackets that mean neither stay as they are: most readers would show the escapes."""
    shown = _PLACEHOLDER.sub(r"{{\1}}", text)
    return _LINK_PART.sub(r"\\\g<0>", shown) if "](" in shown else shown


def relative_address(path: str) -> str:
    """Return the relative reference of `path`: percent-encoded bytes, so that a name in any encoding is carried.

    A first segment with a colon would read as a scheme; the colon is encoded as well."""
    return quote_from_bytes(os.fsencode(path), safe="/")


def _control(control: ControlReport) -> dict[str, Any]:
    return {
        "id": control.id,
        "level": control.level.value,
        "status": control.status.value,
        "evidence": sum(control.counts().values()),
    }
