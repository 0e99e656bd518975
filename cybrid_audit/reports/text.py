"""The report people read: one block a cause, then the controls, what was left out, and the counts.

Rich gives the styles, the width of characters and the wrapping; the layout is our own, because a place (`path:line`)
is never broken: terminals and editors make it a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import StringIO
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.grouping import Group, grouped
from cybrid_audit.reports.redaction import Redactor
from cybrid_audit.result import AuditResult, ControlReport, ControlStatus, Finding, Level, Verdict

MIN_WIDTH: Final = 60
"""Columns below which the layout no longer narrows; the terminal then wraps."""

MAX_PROSE: Final = 110
"""Columns that running text fills at most, however wide the terminal is: longer lines are hard to read."""

MAX_SKIPPED_SHOWN: Final = 12
"""Skipped files named. Beyond it they are counted; the JSON report names all."""

_LABEL_WIDTH: Final = 12
"""Columns of the margin that holds `trace`, `why`, `fix`."""

_TAB: Final = "    "


@dataclass(frozen=True, slots=True)
class Signs:
    """What the report draws with."""

    bar: str
    corner: str
    dot: str
    more: str
    times: str
    status: dict[ControlStatus, str] = field(default_factory=dict)


_UNICODE: Final = Signs(
    "│", "╰", "·", "…", "×",
    {
        ControlStatus.VIOLATED: "✗",
        ControlStatus.UNPROVEN: "?",
        ControlStatus.SATISFIED: "✓",
        ControlStatus.NOT_APPLICABLE: "–",
        ControlStatus.ATTESTED: "§",
    },
)  # fmt: skip
_ASCII: Final = Signs(
    "|", "`", "-", "...", "x",
    {
        ControlStatus.VIOLATED: "x",
        ControlStatus.UNPROVEN: "?",
        ControlStatus.SATISFIED: "+",
        ControlStatus.NOT_APPLICABLE: "-",
        ControlStatus.ATTESTED: "=",
    },
)  # fmt: skip

_LEVEL_WORDS: Final = {Level.REQUIRED: "error", Level.RECOMMENDED: "warning", Level.EXTRA: "note"}
_LEVEL_STYLES: Final = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan", "open": "bold magenta"}
_STATUS_STYLES: Final = {
    ControlStatus.VIOLATED: "bold red",
    ControlStatus.UNPROVEN: "bold magenta",
    ControlStatus.SATISFIED: "green",
    ControlStatus.NOT_APPLICABLE: "dim",
    ControlStatus.ATTESTED: "green",
}


def render_text(result: AuditResult, context: RenderContext, *, color: bool, width: int) -> str:
    """Return the report on `result` (cleared of secrets) for a terminal of `width` columns."""
    page = Page(context, Redactor.of(result), max(MIN_WIDTH, width), color)
    groups = grouped(result)
    for group in groups:
        _block(page, group)
    _controls(page, result.controls)
    _skipped(page, result)
    _closing(page, result)
    return page.finish()


class Page:
    """Styled lines being put together; `finish` makes text of them."""

    def __init__(self, context: RenderContext, redactor: Redactor, width: int, color: bool) -> None:
        self.context = context
        self.redactor = redactor
        self.width = width
        self.signs = _UNICODE if context.unicode else _ASCII
        self._out = StringIO()
        # Nothing of the process decides how a report looks: no environment, no terminal.
        self._console = Console(
            file=self._out,
            width=width,
            color_system="standard" if color else None,
            force_terminal=color,
            no_color=not color,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
            _environ={},
        )
        self._lines_of = lru_cache(maxsize=256)(context.lines)

    def line(self, *parts: str | Text | tuple[str, str]) -> None:
        """Add one line as it is: a place that is wider than the terminal stays whole."""
        text = Text.assemble(*parts)
        text.rstrip()
        self._console.print(text, soft_wrap=True)

    def prose(self, margin: str | Text, body: str | Text, style: str = "", *, limit: int = MAX_PROSE) -> None:
        """Add `body`, wrapped, with `margin` before its first line and as much space before the others."""
        head = margin if isinstance(margin, Text) else Text(margin)
        body = body if isinstance(body, Text) else Text(harmless(body), style)
        room = max(24, min(self.width, limit) - head.cell_len)
        for number, part in enumerate(body.wrap(self._console, room) or [Text()]):
            lead = head if number == 0 else Text(" " * head.cell_len)
            part.rstrip()
            self._console.print(lead + part, soft_wrap=True)

    def cut(self, text: str, room: int) -> str:
        """Return `text` in at most `room` columns, with a sign where it was cut."""
        if cell_len(text) <= room:
            return text
        return set_cell_size(text, max(0, room - cell_len(self.signs.more))).rstrip() + self.signs.more

    def code(self, path: str, line: int, rule: str) -> str:
        """Return the line of code at a place as it may be shown, without its indentation; empty where there is none."""
        lines = self._lines_of(path)
        if not 0 < line <= len(lines):
            return ""
        # Masked before it is spelled out: an invisible character must not split a secret in two.
        return harmless(self.redactor.line(lines[line - 1][:2000].replace("\t", _TAB), path=path, rule=rule).strip())

    def finish(self) -> str:
        """Return everything added."""
        return self._out.getvalue()


# ---------------------------------------------------------------- findings


def _block(page: Page, group: Group) -> None:
    finding = group.first
    rule = page.context.rules.get(finding.rule)
    word, style = _word(finding)
    title = rule.summary if rule and rule.summary else finding.message
    head = Text.assemble((f"{word}[{harmless(finding.rule)}]", style), (": ", "bold"), (harmless(title), "bold"))
    page.prose("", head)
    if len(group.findings) == 1:
        _single(page, finding, shows_message=title is not finding.message)
    else:
        _several(page, group)
    if rule and rule.why:
        page.prose(_label("why"), rule.why)
    if rule and rule.fix:
        page.prose(_label("fix"), rule.fix)
    _foot(page, group)
    page.line()


def _word(finding: Finding) -> tuple[str, str]:
    if finding.verdict is Verdict.UNPROVEN:
        return "unproven", _LEVEL_STYLES["open"]
    word = _LEVEL_WORDS[finding.level]
    return word, _LEVEL_STYLES[word]


def _single(page: Page, finding: Finding, *, shows_message: bool) -> None:
    at = finding.location
    operation = f"   {harmless(finding.operation)}" if finding.operation else ""
    page.line("  ", (_place(at.path, at.start_line), "bold blue"), operation)
    number = str(at.start_line)
    code = page.code(at.path, at.start_line, finding.rule)
    gutter = "  " + " " * max(2, 6 - len(number))
    if code:
        page.line(
            gutter, (f"{number} {page.signs.bar} ", "blue"), page.cut(code, page.width - len(gutter) - len(number) - 3)
        )
    if shows_message:
        sign = page.signs.corner if code else page.signs.bar
        margin = Text.assemble(gutter, " " * len(number), (f" {sign} ", "blue")) if code else Text("    ")
        page.prose(margin, finding.message)
    _trace(page, finding, "trace")


def _several(page: Page, group: Group) -> None:
    cause = group.cause
    if cause is not None:
        page.prose(
            _label("cause"), Text.assemble((_place(cause.path, cause.line), "bold blue"), "  ", harmless(cause.note))
        )
        code = page.code(cause.path, cause.line, group.first.rule)
        if code:
            page.line(
                " " * _LABEL_WIDTH,
                (f"{cause.line} {page.signs.bar} ", "blue"),
                page.cut(code, page.width - _LABEL_WIDTH - 8),
            )
    messages = {finding.message for finding in group.findings}
    if len(messages) == 1:
        page.prose(_label("what"), next(iter(messages)))
    page.line(_label(f"{len(group.findings)} places"))
    places = [_place(finding.location.path, finding.location.start_line) for finding in group.findings]
    operations = [harmless(finding.operation or "") for finding in group.findings]
    column = _column(places, page.width // 2)
    second = _column(operations, 44)
    for finding, place, operation in zip(group.findings, places, operations, strict=True):
        tail = page.code(finding.location.path, finding.location.start_line, finding.rule)
        if len(messages) > 1 and not operation:
            tail = harmless(finding.message)
        lead = f"{_fill(place, column)}  {_fill(operation, second)}"
        room = page.width - 6 - cell_len(lead)
        page.line(
            "    ",
            (_fill(place, column), "bold blue"),
            f"  {_fill(operation, second)}" if second else "",
            (f"  {page.cut(tail, room)}", "dim") if room >= 16 else "",
        )
    _trace(page, group.first, "trace of the first")


def _trace(page: Page, finding: Finding, title: str) -> None:
    if not finding.trace:
        return
    only = finding.trace[0]
    if len(finding.trace) == 1 and (only.path, only.line) == (finding.location.path, finding.location.start_line):
        return
    page.line(_label(title))
    places = [_place(step.path, step.line) for step in finding.trace]
    column = _column(places, page.width * 2 // 5)
    for step, place in zip(finding.trace, places, strict=True):
        margin = Text.assemble("    ", (_fill(place, column), "blue"), "  ")
        if cell_len(place) <= column:
            page.prose(margin, step.note)
        else:
            page.line("    ", (place, "blue"))
            page.prose(" " * (6 + column), step.note)


def _foot(page: Page, group: Group) -> None:
    finding = group.first
    sure = "" if finding.verdict is Verdict.UNPROVEN else f" {page.signs.dot} confidence: {_confidence(group)}"
    page.prose(
        "  ",
        f"{finding.control} ({finding.level.value}) {finding.verdict.value}{sure}"
        f" {page.signs.dot} more: {page.context.tool} explain {finding.rule}",
        "dim",
    )


def _confidence(group: Group) -> str:
    found = {finding.confidence.value: None for finding in group.findings}
    return " or ".join(found)


# ---------------------------------------------------------------- the rest


def _controls(page: Page, controls: Sequence[ControlReport]) -> None:
    for title, shown in (
        ("Controls", [control for control in controls if control.level is not Level.EXTRA]),
        ("Extra controls", [control for control in controls if control.level is Level.EXTRA]),
    ):
        if not shown:
            continue
        page.line((title, "bold"))
        ids = _column((control.id for control in shown), 20)
        levels = _column((control.level.value for control in shown), 20) if title == "Controls" else 0
        for control in shown:
            sign = page.signs.status[control.status]
            count = len(control.evidence)
            lead = f"  {_fill(control.id, ids)}  " + (f"{_fill(control.level.value, levels)}  " if levels else "")
            status = f"{sign} {control.status.value:<14}"
            evidence = f"{count or '':>4}  "
            room = min(page.width, MAX_PROSE + 10) - cell_len(lead + status + evidence)
            page.line(
                lead,
                (status, _STATUS_STYLES[control.status]),
                evidence,
                (page.cut(harmless(control.statement), room), "dim"),
            )
        page.line()


def _skipped(page: Page, result: AuditResult) -> None:
    if not result.skipped:
        return
    page.line(("Not analysed", "bold"))
    shown = result.skipped[:MAX_SKIPPED_SHOWN]
    column = _column((harmless(skipped.path) for skipped in shown), page.width // 2)
    for skipped in shown:
        page.prose(Text.assemble("  ", (_fill(harmless(skipped.path), column), "blue"), "  "), skipped.reason)
    if len(result.skipped) > len(shown):
        page.line(f"  and {len(result.skipped) - len(shown)} more: --format json names them all")
    page.line()


def _closing(page: Page, result: AuditResult) -> None:
    counts = []
    for level in Level:
        violated = _count(result, level, Verdict.VIOLATED)
        unproven = _count(result, level, Verdict.UNPROVEN)
        said = [f"{violated} violated"] * bool(violated) + [f"{unproven} unproven"] * bool(unproven)
        if said:
            counts.append(f"{level.value} {', '.join(said)}")
    total = len(result.findings)
    findings = f"{total or 'no'} finding{'' if total == 1 else 's'}"
    files = f"{result.scanned} file{'' if result.scanned == 1 else 's'} scanned"
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    style = "bold red" if _count(result, Level.REQUIRED, Verdict.VIOLATED) else "bold"
    page.prose(
        "",
        Text.assemble(
            (findings, style), (": " + "; ".join(counts)) if counts else "", f" {page.signs.dot} {files}{skipped}"
        ),
    )


def _count(result: AuditResult, level: Level, verdict: Verdict) -> int:
    return sum(finding.level is level and finding.verdict is verdict for finding in result.findings)


def _place(path: str, line: int) -> str:
    return f"{harmless(path)}:{line}"


def _label(word: str) -> Text:
    return Text.assemble("  ", (word.ljust(_LABEL_WIDTH - 2), "bold"))


def _column(cells: Iterable[str], limit: int) -> int:
    """Return the width of a column: of its widest cell that is no wider than `limit`."""
    return max((cell_len(cell) for cell in cells if cell_len(cell) <= limit), default=0)


def _fill(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))


def fill(cell: Text, width: int) -> Text:
    """Return `cell` followed by spaces up to `width` columns; a wider one as it is."""
    return cell + Text(" " * max(0, width - cell.cell_len))
