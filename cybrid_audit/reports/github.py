"""Workflow commands of GitHub Actions: one annotation a finding, shown beside the code of a pull request.

The platform shows the first ten errors, warnings and notices of a step each; the log holds them all."""

from __future__ import annotations

from typing import Final

from cybrid_audit.facts import Location
from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.exchange import counted, first_line, standing, trace_lines
from cybrid_audit.reports.ordering import ordered
from cybrid_audit.reports.sarif import level_of
from cybrid_audit.result import AuditResult, Finding

_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}


def render_github(result: AuditResult, context: RenderContext) -> str:
    """Return one workflow command a finding of `result` (cleared of secrets), the gravest first, then the counts."""
    lines = [_annotation(finding, context) for finding in ordered(result.findings)]
    lines.append(f"{context.tool}: {counted(result)}")
    return "\n".join(lines) + "\n"


def _annotation(finding: Finding, context: RenderContext) -> str:
    properties = {
        "file": harmless(finding.location.path),
        **_region(finding.location),
        "title": f"{finding.rule} ({finding.control}, {finding.verdict.value})",
    }
    said = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[level_of(finding)]} {said}::{_data(_message(finding, context))}"


def _message(finding: Finding, context: RenderContext) -> str:
    rule = context.rules.get(finding.rule)
    parts = [harmless(finding.message)]
    if len(finding.trace) > 1:
        parts += ["", *trace_lines(finding)]
    if rule is not None and rule.fix:
        parts += ["", f"Fix: {rule.fix}"]
    parts += ["", f"{standing(finding)}. More: {context.tool} explain {finding.rule}"]
    return "\n".join(parts)


def _region(location: Location) -> dict[str, int]:
    """Return the lines, from 1, and the columns where the range is within one line: else columns are not allowed."""
    start = first_line(location.start_line)
    region = {"line": start, "endLine": max(start, location.end_line)}
    if region["endLine"] == start and location.end_column > location.start_column:
        region |= {"col": location.start_column + 1, "endColumn": location.end_column + 1}
    return region


def _data(text: str) -> str:
    """Return `text` as the message of a command. Unescaped, a line end would begin another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
