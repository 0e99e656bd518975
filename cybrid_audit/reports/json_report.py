"""The JSON report: the public contract of policy section 5. `schemas/report-1.schema.json` describes it.

It is ASCII, so that it carries every file name there is and nothing in it acts on a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from cybrid_audit.facts import CredentialUse, Location, TokenMint, ValueSource
from cybrid_audit.reports.calls import CallRow, call_rows
from cybrid_audit.reports.context import ControlText, RenderContext
from cybrid_audit.reports.ordering import ordered
from cybrid_audit.reports.redaction import SHOWN
from cybrid_audit.result import AuditResult, ControlReport, Evidence, Finding

SCHEMA_VERSION: Final = "1.0"
"""`MAJOR.MINOR`: a minor step only adds keys, a major one may do anything."""


def render_json(result: AuditResult, context: RenderContext) -> str:
    """Return the whole result as one JSON document."""
    return dump(
        {
            **head(context),
            "findings": [_finding(finding) for finding in ordered(result.findings)],
            "suppressed": [_suppressed(finding) for finding in ordered(result.suppressed)],
            "controls": [_control(control, context.controls.get(control.id)) for control in result.controls],
            "inventory": inventory(result),
            "files": {
                "scanned": result.scanned,
                "relevant": result.relevant,
                "left_out": result.left_out,
                "skipped": [{"path": skipped.path, "reason": skipped.reason} for skipped in result.skipped],
            },
        }
    )


def head(context: RenderContext) -> dict[str, Any]:
    """Return the keys every JSON document of the tool begins with."""
    return {"schema_version": SCHEMA_VERSION, "tool": {"name": context.tool, "version": context.version}}


def inventory(result: AuditResult) -> dict[str, Any]:
    """Return the platform calls, the requests for tokens and the credentials of `result`, each by place."""
    return {
        "calls": [_call(row) for row in call_rows(result)],
        "tokens": [_token(mint) for mint in sorted(result.facts.mints, key=lambda mint: (mint.site, mint.id))],
        "credentials": [
            _credential(use) for use in sorted(result.facts.credentials, key=lambda use: (use.mint, use.role))
        ],
        "sides": [{"path": each.path, "side": each.side.value, "reason": each.reason} for each in result.facts.sides],
    }


def dump(document: Mapping[str, Any]) -> str:
    """Return `document` as indented ASCII, ending in a newline."""
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "control": finding.control,
        "level": finding.level.value,
        "verdict": finding.verdict.value,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "location": _location(finding.location),
        "operation": finding.operation,
        "trace": [{"path": step.path, "line": step.line, "note": step.note} for step in finding.trace],
        "data": dict(finding.data),
        "root_cause": finding.root_cause or None,
        "fingerprint": finding.fingerprint,
        "baseline_state": None if finding.baseline_state is None else finding.baseline_state.value,
    }


def _suppressed(finding: Finding) -> dict[str, Any]:
    told = finding.suppression
    assert told is not None, "a finding that is suppressed says why"
    return {
        **_finding(finding),
        "suppression": {
            "kind": told.kind.value,
            "reason": told.reason,
            "owner": told.owner or None,
            "until": told.until or None,
            "path": told.path or None,
            "line": told.line or None,
        },
    }


def _location(location: Location) -> dict[str, Any]:
    return {
        "path": location.path,
        "start_line": location.start_line,
        "start_column": location.start_column,
        "end_line": location.end_line or location.start_line,
        "end_column": location.end_column,
    }


def _place(location: Location) -> dict[str, Any]:
    return {"path": location.path, "line": location.start_line}


def _control(control: ControlReport, text: ControlText | None) -> dict[str, Any]:
    mappings = {
        name: {"certain": list(certain), "by_analogy": list(by_analogy)}
        for name, (certain, by_analogy) in (text.mappings.items() if text is not None else ())
    }
    return {
        "id": control.id,
        "level": control.level.value,
        "status": control.status.value,
        "statement": control.statement,
        "evidence": [_evidence(item) for item in control.evidence],
        **({"mappings": mappings} if mappings else {}),
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {"kind": item.kind, "text": item.text, "path": item.path, "line": item.line}


def _call(row: CallRow) -> dict[str, Any]:
    return {
        "operation": row.operation,
        **_place(row.site),
        "token": {
            "kinds": [kind.value for kind in row.kinds],
            "scopes": list(row.scopes),
            "minted_at": [_place(place) for place in row.minted_at],
        },
        "mfa": row.mfa.value,
        "side": row.side.value,
    }


def _token(mint: TokenMint) -> dict[str, Any]:
    return {
        "operation": mint.operation,
        **_place(mint.site),
        "kind": mint.kind.value,
        "scopes": sorted(mint.scopes.names),
        "scopes_complete": mint.scopes.is_complete,
        "escapes": mint.escapes,
        "side": mint.side.value,
    }


def _credential(use: CredentialUse) -> dict[str, Any]:
    return {
        "role": use.role,
        **_place(use.mint),
        "side": use.side.value,
        "sources": [_source(source) for source in use.sources],
    }


def _source(source: ValueSource) -> dict[str, Any]:
    shown = source.masked
    return {
        "kind": source.kind.value,
        "name": source.name,
        **_place(source.location),
        "placeholder": source.is_placeholder,
        "encoding": source.encoding or None,
        "secret": None
        if shown is None
        else {"prefix": shown.prefix[:SHOWN], "length": shown.length, "id": shown.digest},
    }
