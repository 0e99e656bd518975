"""The inventory on its own: which platform calls the code makes, with what token, behind which guard, on which side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.facts import GuardState, TokenKind
from cybrid_audit.reports.calls import CallRow, call_rows
from cybrid_audit.reports.context import RenderContext
from cybrid_audit.result import AuditResult

if TYPE_CHECKING:
    from rich.text import Text

    from cybrid_audit.reports.text import Page

_LINE_WIDTH: Final = 6
_GAP: Final = 2
_LEAST_SCOPES: Final = 32
"""Columns below which scopes get a line of their own."""

_COLUMNS: Final = (("  line", _LINE_WIDTH), ("operation", 48), ("token", 24), ("guard", 12), ("side", 8))
"""Title and greatest width; a wider cell pushes its row to the right."""

_GUARD_STYLES: Final = {
    GuardState.ABSENT: "bold red",
    GuardState.IGNORED: "bold red",
    GuardState.UNPROVEN: "magenta",
    GuardState.ENFORCED: "green",
    GuardState.NOT_REQUIRED: "dim",
}
_KIND_STYLES: Final = {TokenKind.CUSTOMER: "green", TokenKind.UNKNOWN: "magenta"}


def render_json(result: AuditResult, context: RenderContext) -> str:
    """Return the `inventory` of the JSON report as a document of its own."""
    from cybrid_audit.reports import json_report

    return json_report.dump({**json_report.head(context), "inventory": json_report.inventory(result)})


def render_table(result: AuditResult, context: RenderContext, *, color: bool, width: int) -> str:
    """Return one row a call, by file and line. Scopes take the room that is left, or a line of their own."""
    from rich.text import Text

    from cybrid_audit.reports.escaping import harmless
    from cybrid_audit.reports.redaction import Redactor
    from cybrid_audit.reports.text import MIN_WIDTH, Page

    page = Page(context, Redactor.of(result), max(MIN_WIDTH, width), color)
    rows = call_rows(result)
    if not rows:
        page.line("No call to the platform was found.")
        return page.finish()

    cells = [_cells(row) for row in rows]
    widths = [
        max(len(title), *(line[column].cell_len for line in cells if line[column].cell_len <= limit))
        for column, (title, limit) in enumerate(_COLUMNS)
    ]
    margin = sum(widths) + _GAP * len(widths)
    fits = page.width - margin >= _LEAST_SCOPES
    titles = "".join(f"{title:{size + _GAP}}" for size, (title, _) in zip(widths, _COLUMNS, strict=True))
    page.line((titles + ("scopes" if fits else ""), "bold"))
    path = ""
    reasons = {each.path: f"{each.side.value}: {each.reason}" for each in result.facts.sides}
    for line, row in zip(cells, rows, strict=True):
        if row.site.path != path:
            path = row.site.path
            _head(page, path, reasons.get(path, ""))
        lead = Text().join(_filled(cell, size + _GAP) for cell, size in zip(line, widths, strict=True))
        scopes = Text(" ".join(map(harmless, row.scopes)), "dim")
        if fits and lead.cell_len <= margin:
            page.prose(lead, scopes, limit=page.width)
        else:
            page.line(lead)
            if scopes:
                page.prose(" " * (widths[0] + _GAP) + "scopes: ", scopes, limit=page.width)
    page.line()
    page.line(_closing(rows))
    return page.finish()


def _head(page: Page, path: str, reason: str) -> None:
    """Add a file's name, and what told its side: behind it, or below where there is no room."""
    from rich.text import Text

    from cybrid_audit.reports.escaping import harmless

    name, told = Text(harmless(path), "bold blue"), Text(harmless(reason), "dim")
    if name.cell_len + _GAP + told.cell_len <= page.width:
        page.line(name, " " * _GAP, told)
    else:
        page.line(name)
        page.prose(" " * (_LINE_WIDTH + _GAP), told, limit=page.width)


def _cells(row: CallRow) -> tuple[Text, ...]:
    from rich.text import Text

    from cybrid_audit.reports.escaping import harmless

    kinds = Text(" or ").join(Text(kind.value, _KIND_STYLES.get(kind, "")) for kind in row.kinds)
    return (
        Text(str(row.site.start_line).rjust(_LINE_WIDTH), "blue"),
        Text(harmless(row.operation)),
        kinds,
        Text(row.mfa.value.replace("_", " "), _GUARD_STYLES[row.mfa]),
        Text(row.side.value),
    )


def _filled(cell: Text, width: int) -> Text:
    from rich.text import Text

    return cell + Text(" " * max(2, width - cell.cell_len))


def _closing(rows: tuple[CallRow, ...]) -> str:
    events = [row for row in rows if row.is_event]
    guarded = sum(row.mfa is GuardState.ENFORCED for row in events)
    calls = f"{len(rows)} call{'' if len(rows) == 1 else 's'}"
    return f"{calls}, {len(events)} of them customer events, {guarded} of these behind an enforced second factor"
