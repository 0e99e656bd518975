"""The inventory on its own: which platform calls the code makes, with what token, behind which guard, on which side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.facts import GuardState, TokenKind
from cybrid_audit.reports.calls import CallRow, call_rows
from cybrid_audit.reports.context import RenderContext
from cybrid_audit.result import AuditResult

if TYPE_CHECKING:
    from rich.text import Text

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
    """Return one row a call, ordered by place; a place is never broken, scopes take the room that is left."""
    from rich.text import Text

    from cybrid_audit.reports.escaping import harmless
    from cybrid_audit.reports.redaction import Redactor
    from cybrid_audit.reports.text import MIN_WIDTH, Page, fill

    page = Page(context, Redactor.of(result), max(MIN_WIDTH, width), color)
    rows = call_rows(result)
    if not rows:
        page.line("No call to the platform found.")
        return page.finish()

    cells = [_cells(row) for row in rows]
    titles = ("operation", "place", "token", "guard", "side")
    limits = (44, width * 2 // 5, 24, 12, 8)
    widths = [
        max([len(title), *(line[column].cell_len for line in cells if line[column].cell_len <= limits[column])])
        for column, title in enumerate(titles)
    ]
    used = sum(widths) + 2 * len(widths)
    inline = width - used >= 24
    heading = "  ".join(f"{title:{size}}" for title, size in zip(titles, widths, strict=True))
    page.line((heading + ("  scopes" if inline else ""), "bold"))
    for line, row in zip(cells, rows, strict=True):
        lead = Text("  ").join(fill(cell, size) for cell, size in zip(line, widths, strict=True))
        scopes = " ".join(map(harmless, row.scopes))
        if not scopes:
            page.line(lead)
        elif inline and lead.cell_len <= used:
            page.prose(lead + Text("  "), Text(scopes, "dim"), limit=page.width)
        else:
            page.line(lead)
            page.prose("    scopes  ", Text(scopes, "dim"), limit=page.width)
    page.line()
    page.line(_closing(rows))
    return page.finish()


def _cells(row: CallRow) -> tuple[Text, ...]:
    from rich.text import Text

    from cybrid_audit.reports.escaping import harmless

    kinds = Text(" or ").join(Text(kind.value, _KIND_STYLES.get(kind, "")) for kind in row.kinds)
    return (
        Text(harmless(row.operation)),
        Text(f"{harmless(row.site.path)}:{row.site.start_line}", "blue"),
        kinds,
        Text(row.mfa.value.replace("_", " "), _GUARD_STYLES[row.mfa]),
        Text(row.side.value),
    )


def _closing(rows: tuple[CallRow, ...]) -> str:
    events = [row for row in rows if row.is_event]
    guarded = sum(row.mfa is GuardState.ENFORCED for row in events)
    calls = f"{len(rows)} call{'' if len(rows) == 1 else 's'}"
    return f"{calls}, {len(events)} of them customer events, {guarded} of these behind an enforced second factor"
