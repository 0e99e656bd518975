"""The inventory as a table for spreadsheets: a row a call, a token, a credential, and a finding."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from cybrid_audit.facts import CredentialUse, Location, TokenMint, ValueSource
from cybrid_audit.reports.calls import CallRow, call_rows
from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.ordering import ordered
from cybrid_audit.reports.redaction import SHOWN
from cybrid_audit.result import AuditResult, Finding

COLUMNS: Final = (
    *("record", "path", "line", "side", "operation", "token", "scopes", "minted_at", "mfa", "role", "source"),
    *("control", "level", "verdict", "confidence", "rule", "message", "fingerprint"),
)
"""A row leaves those empty that say nothing of its kind of record."""

_FORMULA: Final = "=+-@\uff1d\uff0b\uff0d\uff20"
"""A cell that begins with one of these, full-width forms included, is run as a formula by some program."""


def render_csv(result: AuditResult, context: RenderContext) -> str:
    """Return the findings of `result` (cleared of secrets), in order, then its inventory by place."""
    return _table([*_findings(result), *_inventory(result)])


def render_inventory_csv(result: AuditResult, context: RenderContext) -> str:
    """Return the inventory of `result` (cleared of secrets) alone."""
    return _table(_inventory(result))


def _findings(result: AuditResult) -> Iterator[dict[str, object]]:
    for finding in ordered(result.findings):
        yield _finding(finding)


def _inventory(result: AuditResult) -> Iterator[dict[str, object]]:
    yield from map(_call, call_rows(result))
    yield from map(_token, sorted(result.facts.mints, key=lambda mint: (mint.site, mint.id)))
    yield from map(_credential, sorted(result.facts.credentials, key=lambda use: (use.mint, use.role)))


def _table(rows: Iterator[dict[str, object]] | list[dict[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: cell(str(value)) for name, value in row.items()})
    return out.getvalue()


def cell(text: str) -> str:
    """Return `text` on one line; what a spreadsheet would take for a formula gets an apostrophe, which makes it text."""
    shown = harmless(text)
    return f"'{shown}" if shown.lstrip()[:1] in tuple(_FORMULA) else shown


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "record": "finding",
        **_place(finding.location),
        "operation": finding.operation or "",
        "control": finding.control,
        "level": finding.level.value,
        "verdict": finding.verdict.value,
        "confidence": finding.confidence.value,
        "rule": finding.rule,
        "message": finding.message,
        "fingerprint": finding.fingerprint,
    }


def _call(row: CallRow) -> dict[str, object]:
    return {
        "record": "call",
        **_place(row.site),
        "side": row.side.value,
        "operation": row.operation,
        "token": " or ".join(kind.value for kind in row.kinds),
        "scopes": " ".join(row.scopes),
        "minted_at": " ".join(f"{place.path}:{place.start_line}" for place in row.minted_at),
        "mfa": row.mfa.value,
    }


def _token(mint: TokenMint) -> dict[str, object]:
    return {
        "record": "token",
        **_place(mint.site),
        "side": mint.side.value,
        "operation": mint.operation,
        "token": mint.kind.value,
        "scopes": " ".join((*sorted(mint.scopes.names), *(() if mint.scopes.is_complete else ("and unknown ones",)))),
        "message": mint.escape_note if mint.escapes else "",
    }


def _credential(use: CredentialUse) -> dict[str, object]:
    return {
        "record": "credential",
        **_place(use.mint),
        "side": use.side.value,
        "role": use.role,
        "source": "; ".join(map(source_text, use.sources)),
    }


def source_text(source: ValueSource) -> str:
    """Return where a credential comes from, in a clause: what it is, its name, its place, and what may be shown of it."""
    shown = source.masked
    secret = f" {shown.prefix[:SHOWN]}… ({shown.length} characters)" if shown is not None else ""
    name = f" {source.name}" if source.name and source.name != source.kind.value else ""
    return f"{source.kind.value}{name}{secret} at {source.location.path}:{source.location.start_line}"


def _place(location: Location) -> dict[str, object]:
    return {"path": location.path, "line": location.start_line}
