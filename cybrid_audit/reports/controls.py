"""The report of an audit, for the auditor: every control with its status, what it rests on, and what it corresponds to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from cybrid_audit.reports.context import ControlText, RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.exchange import left_out, plural, ten_and_extra
from cybrid_audit.reports.redaction import Redactor
from cybrid_audit.reports.text import MIN_WIDTH, STATUS_STYLES, Page
from cybrid_audit.result import AuditResult, ControlReport, ControlStatus, Evidence

MAX_SHOWN: Final = 12
"""Pieces of evidence of one kind shown for a control. Beyond it they are counted; the JSON report has more."""

_KINDS: Final = {
    "broken": "broken",
    "open": "open",
    "proven": "proven",
    "skipped": "not analysed",
    "attested": "attested",
    "lapsed": "attestation that counts as none",
    "note": "note",
}
_STYLES: Final = {"broken": "bold red", "open": "bold magenta", "proven": "green", "attested": "green"}
_INDENT: Final = " " * 4


def render_controls(result: AuditResult, context: RenderContext, *, color: bool, width: int) -> str:
    """Return every control of `result` (cleared of secrets) for a terminal of `width` columns."""
    page = Page(context, Redactor.of(result), max(MIN_WIDTH, width), color)
    _head(page, result)
    for title, controls in zip(("Controls", "Extra controls"), ten_and_extra(result.controls), strict=True):
        if controls:
            _overview(page, title, controls)
    for control in result.controls:
        _control(page, control, context.controls.get(control.id))
    _foot(page, result)
    return page.finish()


def _head(page: Page, result: AuditResult) -> None:
    context = page.context
    subject = f" of {harmless(context.subject)}" if context.subject else ""
    revision = f" at {context.revision[:12]}" if context.revision else ""
    page.line((f"Audit{subject}{revision}", "bold"), f"   {context.tool} {context.version}")
    page.line()


def _overview(page: Page, title: str, controls: Sequence[ControlReport]) -> None:
    column = max(len(control.id) for control in controls)
    status = max(len(each.value) for each in ControlStatus) + 2
    page.line((title, "bold"))
    for control in controls:
        sign = f"{page.signs.status[control.status]} {control.status.value}"
        count = control.counts()
        said = ", ".join(
            f"{count[kind]} {word}" for kind, word in _KINDS.items() if kind in count and kind not in ("note", "lapsed")
        )
        page.line(
            f"  {harmless(control.id):<{column}}  {control.level.value:<12}  ",
            (f"{sign:<{status}}", STATUS_STYLES[control.status]),
            f"  {said}",
        )
    page.line()


def _control(page: Page, control: ControlReport, text: ControlText | None) -> None:
    sign = f"{page.signs.status[control.status]} {control.status.value}"
    title = f" {harmless(text.title)}" if text is not None else ""
    page.line(
        (f"{harmless(control.id)}{title}", "bold"),
        f" ({control.level.value})  ",
        (sign, STATUS_STYLES[control.status]),
    )
    page.prose("  ", Text(harmless(control.statement), "dim"))
    for kind, word in _KINDS.items():
        items = [item for item in control.evidence if item.kind == kind]
        if items:
            _evidence(page, word, kind, items)
    if not control.evidence:
        page.line("  ", ("nothing in the code is about it", "dim"))
    if text is not None and text.mappings:
        _mappings(page, text)
    page.line()


def _evidence(page: Page, word: str, kind: str, items: Sequence[Evidence]) -> None:
    count = sum(item.count for item in items)
    page.line(
        "  ", (word, _STYLES.get(kind, "bold")), f" ({count})" if kind not in ("note", "attested", "lapsed") else ""
    )
    for item in items[:MAX_SHOWN]:
        place = harmless(item.path) if item.path else ""
        place += f":{item.line}" if place and item.line else ""
        if not place:
            page.prose(_INDENT, item.text)
        elif cell_len(place) + len(_INDENT) + 30 <= page.width:
            page.prose(Text.assemble(_INDENT, (place, "blue"), "  "), item.text, hang=len(_INDENT) + 2)
        else:
            page.line(_INDENT, (place, "blue"))
            page.prose(_INDENT + "  ", item.text)
    if len(items) > MAX_SHOWN:
        page.line(_INDENT, (f"and {count - MAX_SHOWN} more: --format json lists the findings", "dim"))


def _mappings(page: Page, text: ControlText) -> None:
    page.line("  ", ("corresponds to", "bold"), ("  (those in brackets by analogy, or not verified)", "dim"))
    column = min(36, max(len(name) for name in text.mappings))
    for name, (sure, unsure) in text.mappings.items():
        ids = ", ".join([*sure, *(f"({each})" for each in unsure)])
        page.prose(f"{_INDENT}{name[:column]:<{column}}  ", Text(harmless(ids)))


def _foot(page: Page, result: AuditResult) -> None:
    binding, _ = ten_and_extra(result.controls)
    count = Counter(control.status for control in binding)
    said = ", ".join(f"{count[status]} {status.value}" for status in ControlStatus if count[status])
    page.prose("", Text(f"Of the ten controls: {said}", "bold"))
    accepted = f", {len(result.suppressed)} accepted" if result.suppressed else ""
    skipped = f", {len(result.skipped)} not analysed" if result.skipped else ""
    page.prose(
        "",
        f"{plural(len(result.findings), 'finding')}{accepted}; {plural(result.scanned, 'file')} scanned, {result.relevant} relevant{skipped}{left_out(result)}. "
        f"'{page.context.tool} scan' shows the findings, '{page.context.tool} explain CONTROL' what a control asks for.",
    )
