"""The SAST report of GitLab (security report schemas, version 15), for its vulnerability pages."""

from __future__ import annotations

from typing import Any, Final

from cybrid_audit.facts import Step
from cybrid_audit.reports.context import RenderContext, RuleText
from cybrid_audit.reports.exchange import (
    Identified,
    first_line,
    identified,
    portable,
    severity_of,
    standing,
    summary_of,
    timestamp,
    weaknesses,
)
from cybrid_audit.reports.json_report import dump
from cybrid_audit.result import AuditResult, Finding

VERSION: Final = "15.0.7"
MAX_NAME: Final = 255
"""Characters of a vulnerability's name."""


def render_sast(result: AuditResult, context: RenderContext) -> str:
    """Return the findings of `result` (cleared of secrets) as one report. Times are those of the context."""
    tool = {
        "id": context.tool,
        "name": context.tool,
        "version": context.version,
        "vendor": {"name": context.tool},
    }
    when = timestamp(context.time)
    return dump(
        {
            "version": VERSION,
            "scan": {
                "analyzer": tool,
                "scanner": tool,
                "type": "sast",
                "start_time": when,
                "end_time": when,
                "status": "success",
                "messages": [
                    {"level": "warn", "value": f"not analysed: {portable(skipped.path)}: {portable(skipped.reason)}"}
                    for skipped in result.skipped
                ],
            },
            "vulnerabilities": [_vulnerability(each, context) for each in identified(result)],
        }
    )


def _vulnerability(each: Identified, context: RenderContext) -> dict[str, Any]:
    finding = each.finding
    rule = context.rules.get(finding.rule)
    at = finding.location
    start = first_line(at.start_line)
    end = max(start, at.end_line)
    vulnerability: dict[str, Any] = {
        "id": each.id,
        "name": summary_of(finding, context).removesuffix(".")[:MAX_NAME],
        "description": "\n\n".join(
            part for part in (portable(finding.message), rule.why if rule else "", standing(finding)) if part
        ),
        "severity": severity_of(finding, context).capitalize(),
        "identifiers": _identifiers(finding, rule, context),
        "location": {"file": portable(at.path), "start_line": start, "end_line": end},
        "details": _details(finding.verdict.value, finding.operation, finding.trace),
    }
    if rule is not None and rule.fix:
        vulnerability["solution"] = rule.fix
    if rule is not None and rule.references:
        vulnerability["links"] = [{"url": reference} for reference in rule.references]
    if finding.fingerprint:
        vulnerability["tracking"] = {
            "type": "source",
            "items": [
                {
                    "file": portable(at.path),
                    "start_line": start,
                    "end_line": end,
                    "signatures": [{"algorithm": "scope_offset", "value": finding.fingerprint}],
                }
            ],
        }
    return vulnerability


def _identifiers(finding: Finding, rule: RuleText | None, context: RenderContext) -> list[dict[str, str]]:
    """Return the rule itself first, as the reader takes the first for the primary one, then its weaknesses."""
    own = {
        "type": f"{context.tool.replace('-', '_')}_rule_id",
        "name": f"{context.tool} {finding.rule}",
        "value": finding.rule,
    }
    return [
        own,
        *(
            {
                "type": "cwe",
                "name": f"CWE-{number}",
                "value": number,
                "url": f"https://cwe.mitre.org/data/definitions/{number}.html",
            }
            for number in weaknesses(finding, rule)
        ),
    ]


def _details(verdict: str, operation: str | None, trace: tuple[Step, ...]) -> dict[str, Any]:
    details: dict[str, Any] = {"verdict": {"name": "Verdict", "type": "text", "value": verdict}}
    if operation:
        details["operation"] = {"name": "Operation", "type": "code", "value": portable(operation)}
    for number, step in enumerate(trace, 1):
        details[f"step_{number:03}"] = {
            "name": f"Step {number}: {portable(step.note)}",
            "type": "file-location",
            "file_name": portable(step.path),
            "line_start": first_line(step.line),
        }
    return details
