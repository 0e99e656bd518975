"""The Code Quality report of GitLab: one entry a finding, shown in merge requests."""

from __future__ import annotations

import json
from typing import Any, Final

from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.exchange import UNKNOWN, Identified, first_line, identified, portable, severity_of
from cybrid_audit.result import AuditResult

SEVERITIES: Final = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor", UNKNOWN: "info"}


def render_codequality(result: AuditResult, context: RenderContext) -> str:
    """Return the findings of `result` (cleared of secrets) as a JSON array, empty where there is none."""
    entries = [_entry(each, context) for each in identified(result)]
    return json.dumps(entries, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _entry(each: Identified, context: RenderContext) -> dict[str, Any]:
    finding = each.finding
    return {
        "description": f"{finding.verdict.value}: {portable(finding.message)} ({finding.control})",
        "check_name": finding.rule,
        # Two entries with one fingerprint are shown as one: the id tells equal findings apart.
        "fingerprint": each.id.replace("-", ""),
        "severity": SEVERITIES[severity_of(finding, context)],
        "location": {
            "path": portable(finding.location.path),
            "lines": {"begin": first_line(finding.location.start_line)},
        },
    }
