"""The generic format of SonarQube for issues of other tools (since 10.3): rules, then issues with their secondary places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.exchange import first_line, portable, summary_of
from cybrid_audit.reports.json_report import dump
from cybrid_audit.reports.ordering import ordered
from cybrid_audit.result import AuditResult, Finding, Level

SEVERITIES: Final = {"critical": "HIGH", "high": "HIGH", "medium": "MEDIUM", "low": "LOW"}
_LEVELS: Final = {Level.REQUIRED: "high", Level.RECOMMENDED: "medium", Level.EXTRA: "low"}


def render_sonar(result: AuditResult, context: RenderContext) -> str:
    """Return the findings of `result` (cleared of secrets) as one document. An issue has no verdict: its message says it."""
    findings = ordered(result.findings)
    return dump(
        {"rules": _rules(findings, context), "issues": [_issue(finding) for finding in findings]},
    )


def _rules(findings: Iterable[Finding], context: RenderContext) -> list[dict[str, Any]]:
    used = {finding.rule: finding for finding in reversed(tuple(findings))}
    return [_rule(used[rule], context) for rule in sorted(used)]


def _rule(finding: Finding, context: RenderContext) -> dict[str, Any]:
    text = context.rules.get(finding.rule)
    summary = summary_of(finding, context)
    severity = (text.severity if text is not None else "") or _LEVELS[finding.level]
    described = (summary, text.why if text else "", f"Fix: {text.fix}" if text and text.fix else "")
    return {
        "id": finding.rule,
        "name": summary.removesuffix("."),
        "description": "\n\n".join(part for part in described if part),
        "engineId": context.tool,
        "cleanCodeAttribute": "TRUSTWORTHY",
        "impacts": [{"softwareQuality": "SECURITY", "severity": SEVERITIES[severity]}],
    }


def _issue(finding: Finding) -> dict[str, Any]:
    at = finding.location
    message = f"{finding.verdict.value}: {finding.message} ({finding.control})"
    issue: dict[str, Any] = {"ruleId": finding.rule, "primaryLocation": _place(message, at.path, at.start_line)}
    if finding.trace:
        issue["secondaryLocations"] = [_place(step.note, step.path, step.line) for step in finding.trace]
    return issue


def _place(message: str, path: str, line: int) -> dict[str, Any]:
    # Lines only: a column behind the end of its line makes the server refuse the whole file.
    return {
        "message": portable(message),
        "filePath": portable(path),
        "textRange": {"startLine": first_line(line)},
    }
