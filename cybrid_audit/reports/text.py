"""The report people read: one block a cause, then the controls, what was left out, and the counts.

Rich gives the styles, the width of characters and the wrapping; the layout is our own, because a place (`path:line`)
is never broken: terminals and editors make it a link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from io import StringIO
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from cybrid_audit.records import dataclass, field
from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.exchange import left_out, plural
from cybrid_audit.reports.grouping import Group, grouped
from cybrid_audit.reports.redaction import Redactor
from cybrid_audit.result import AuditResult, ControlReport, ControlStatus, Finding, Level, SuppressionKind, Verdict

MIN_WIDTH: Final = 60
"""Columns below which the layout no longer narrows; the terminal then wraps."""

MAX_PROSE: Final = 110
"""Columns that running text fills at most, however wide the terminal is: longer lines are hard to read."""

MAX_SKIPPED_SHOWN: Final = 12
"""Skipped files named. Beyond it they are counted; the JSON report names all."""

_MAX_MATRIX: Final = 140
"""Columns that the table of controls fills at most."""

_LABEL_WIDTH: Final = 12
"""Columns of the margin that holds `trace`, `why`, `fix`."""

_TAB: Final = "    "

_LEAST_CODE: Final = 16
"""Columns below which a piece of code or a statement says too little to be shown."""


_LEAST_PROSE: Final = 24
"""Columns that wrapped text keeps, however far it is indented."""

_MAX_CODE_LINE: Final = 4000
"""Characters of a line that is shown in part. A longer one, generated most likely, is not shown at all."""

_OPERATION: Final = "\0"


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
STATUS_STYLES: Final = {
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
    _controls(page, result)
    _skipped(page, result)
    _closing(page, result)
    return page.finish()


class Page:
    """Styled lines being put together; `finish` makes text of them."""

    def __init__(self, context: RenderContext, redactor: Redactor, width: int, color: bool) -> None:
        self.context = context
        self.redactor = redactor
        self.width = width
        self.explained: set[str] = set()
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

    def prose(self, margin: str | Text, body: str | Text, *, hang: int | None = None, limit: int = MAX_PROSE) -> None:
        """Add `body`, wrapped, after `margin`; its other lines begin at column `hang`, or below its first."""
        head = margin if isinstance(margin, Text) else Text(margin)
        body = body if isinstance(body, Text) else Text(harmless(body))
        width = min(self.width, limit)
        if hang is not None and width - head.cell_len < _LEAST_PROSE:
            self.line(head)
            head = Text(" " * hang)
        hang = head.cell_len if hang is None else hang
        lines = _wrap(body, max(_LEAST_PROSE, width - head.cell_len), self._console)
        if hang != head.cell_len and len(lines) > 1:
            rest = body[len(lines[0]) :]
            rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
            lines = [lines[0], *_wrap(rest, max(_LEAST_PROSE, width - hang), self._console)]
        for number, part in enumerate(lines):
            self.line(Text(" " * hang) if number else head, part)

    def cut(self, text: str, room: int) -> str:
        """Return `text` in at most `room` columns, cut at a word if one ends near, with a sign where it was cut."""
        if cell_len(text) <= room:
            return text
        kept = set_cell_size(text, max(0, room - cell_len(self.signs.more)))
        at_word = kept.rpartition(" ")[0]
        return (at_word if len(at_word) > len(kept) * 3 // 4 else kept).rstrip(" ,") + self.signs.more

    def code(self, path: str, line: int, rule: str, room: int, column: int = 0) -> str:
        """Return the line of code at a place in at most `room` columns, around `column` where it is longer.

        Empty where there is none. What may be a secret is masked in the whole line, before anything is cut."""
        lines = self._lines_of(path)
        if not 0 < line <= len(lines) or len(lines[line - 1]) > _MAX_CODE_LINE:
            return ""
        text = lines[line - 1]
        shown = harmless(self._masked(text, path, rule, line))
        if cell_len(shown) <= room:
            return shown
        # Masking moves columns, so where the place is now is an estimate: good enough to choose a part.
        start = len(harmless(self._masked(text[:column], path, rule, line)))
        if start < room * 2 // 3:
            return self.cut(shown, room)
        return self.cut(self.signs.more + shown[min(start, len(shown) - 1) :].lstrip(), room)

    def _masked(self, text: str, path: str, rule: str, number: int) -> str:
        return self.redactor.line(text.replace("\t", _TAB), path=path, rule=rule, number=number).strip()

    def finish(self) -> str:
        """Return everything added."""
        return self._out.getvalue()


def _wrap(body: Text, room: int, console: Console) -> list[Text]:
    lines = list(body.wrap(console, room)) or [Text()]
    for line in lines:
        line.rstrip()
    return lines


# ---------------------------------------------------------------- findings


def _block(page: Page, group: Group) -> None:
    finding = group.first
    rule = page.context.rules.get(finding.rule)
    word, style = _word(finding)
    title = rule.summary if rule and rule.summary else finding.message
    head = Text.assemble((f"{word}[{harmless(finding.rule)}]", style), (": ", "bold"))
    page.prose(head, Text(harmless(title).removesuffix("."), "bold"), hang=2)
    if len(group.findings) == 1:
        _single(page, finding, shows_message=title is not finding.message)
    else:
        _several(page, group)
    # Said once a report: twenty blocks of one rule would say it twenty times.
    if rule and rule.id not in page.explained:
        page.explained.add(rule.id)
        if rule.why:
            page.prose(_label("why"), rule.why)
        if rule.fix:
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
    gutter = " " * max(4, 8 - len(str(at.start_line)))
    has_code = _code(page, gutter, finding.rule, at.path, at.start_line, at.start_column)
    if shows_message:
        sign = Text.assemble(gutter, " " * len(str(at.start_line)), (f" {page.signs.corner} ", "blue"))
        page.prose(sign if has_code else Text(" " * 4), finding.message)
    _trace(page, finding, "trace")


def _several(page: Page, group: Group) -> None:
    cause = group.cause
    if cause is not None:
        start = (_place(cause.path, cause.line), "bold blue")
        page.prose(_label("cause"), Text.assemble(start, "  ", harmless(cause.note)))
        _code(page, " " * _LABEL_WIDTH, group.first.rule, cause.path, cause.line)
    said = _said(group)
    usual, times = Counter(said).most_common(1)[0]
    # What all say is said once; an operation in it stands in the rows already, and the title has the rest.
    if times == len(said) and _OPERATION not in usual:
        page.prose(_label("what"), usual)
    page.line(_label(f"{len(group.findings)} places"))
    places = [_place(finding.location.path, finding.location.start_line) for finding in group.findings]
    operations = [harmless(finding.operation or "") for finding in group.findings]
    second = _column(operations, 44)
    first = _column(places, page.width - second - 6)
    for finding, place, operation, message in zip(group.findings, places, operations, said, strict=True):
        lead = _fill(place, first)
        tail = f"  {_fill(operation, second)}" if second else ""
        at = finding.location
        room = page.width - 6 - cell_len(lead + tail)
        code = page.code(at.path, at.start_line, finding.rule, room, at.start_column) if room >= _LEAST_CODE else ""
        page.line("    ", (lead, "bold blue"), tail, (f"  {code}", "dim"))
        if times == 1 or message != usual:
            page.prose(" " * 6, finding.message)
    _trace(page, group.first, "trace of the first")


def _said(group: Group) -> list[str]:
    """Return the message of each finding, with a blank for its operation: equal ones say the same."""
    return [
        finding.message.replace(finding.operation, _OPERATION) if finding.operation else finding.message
        for finding in group.findings
    ]


def _code(page: Page, gutter: str, rule: str, path: str, line: int, column: int = 0) -> bool:
    """Add the line of code at a place and return whether there is one."""
    room = page.width - len(gutter) - len(str(line)) - 3
    code = page.code(path, line, rule, room, column)
    if code:
        page.line(gutter, (f"{line} {page.signs.bar} ", "blue"), code)
    return bool(code)


def _trace(page: Page, finding: Finding, title: str) -> None:
    steps = finding.trace
    here = (finding.location.path, finding.location.start_line)
    if not steps or (len(steps) == 1 and (steps[0].path, steps[0].line) == here):
        return
    page.line(_label(title))
    places = [_place(step.path, step.line) for step in steps]
    column = _column(places, page.width * 2 // 5)
    for step, place in zip(steps, places, strict=True):
        if cell_len(place) <= column:
            page.prose(Text.assemble("    ", (_fill(place, column), "blue"), "  "), step.note)
        else:
            page.line("    ", (place, "blue"))
            page.prose(" " * (column + 6), step.note)


def _foot(page: Page, group: Group) -> None:
    finding = group.first
    dot = f" {page.signs.dot} "
    what = f"{finding.control} ({finding.level.value}) {finding.verdict.value}"
    if finding.verdict is Verdict.VIOLATED:
        what += f"{dot}confidence: {' or '.join({found.confidence.value: None for found in group.findings})}"
    more = f"more: {page.context.tool} explain {harmless(finding.rule)}"
    if cell_len(what + dot + more) + 2 <= page.width:
        page.line("  ", (what + dot + more, "dim"))
    else:
        page.line("  ", (what, "dim"))
        page.line("  ", (more, "dim"))


# ---------------------------------------------------------------- the rest


def _controls(page: Page, result: AuditResult) -> None:
    if not result.controls:
        return
    if not result.findings and all(control.status is ControlStatus.NOT_APPLICABLE for control in result.controls):
        page.prose("", "No code that integrates with the platform was found, so that no control applies.")
        page.line()
        return
    binding = [control for control in result.controls if control.level is not Level.EXTRA]
    extra = [control for control in result.controls if control.level is Level.EXTRA]
    # An extra control of which the code says nothing is named in one line: a page of them would hide those that matter.
    told = [control for control in extra if control.status not in _SILENT or not _only_notes(control)]
    silent = [control for control in extra if control not in told and control.status is ControlStatus.UNPROVEN]
    ids = _column((control.id for control in (*binding, *told)), 20)
    for title, shown in (("Controls", binding), ("Extra controls", told)):
        if shown:
            _matrix(page, title, shown, ids=ids)
    if silent:
        names = ", ".join(harmless(control.id) for control in silent)
        page.prose("", Text(f"Not shown by code, to be attested: {names}", "dim"))
        page.line()


_SILENT: Final = (ControlStatus.UNPROVEN, ControlStatus.NOT_APPLICABLE)


def _only_notes(control: ControlReport) -> bool:
    """Whether what keeps a control open is its nature rather than a place in the code."""
    return "note" in control.counts() or not control.proofs()


def _matrix(page: Page, title: str, controls: Sequence[ControlReport], *, ids: int) -> None:
    levels = max(len(level) for level in Level)
    status = max(len(each.value) for each in ControlStatus) + 2
    before = ids + levels + status + 8
    page.line((title.ljust(before), "bold"), ("evidence", "dim"))
    for control in controls:
        sign = f"{page.signs.status[control.status]} {control.status.value}"
        room = min(page.width, _MAX_MATRIX) - before - 10
        statement = harmless(control.statement).removesuffix(".")
        page.line(
            f"  {_fill(harmless(control.id), ids)}  {_fill(control.level.value, levels)}  ",
            (_fill(sign, status), STATUS_STYLES[control.status]),
            f"  {control.proofs() or '':>8}  ",
            (page.cut(statement, room) if room >= _LEAST_CODE else "", "dim"),
        )
        question = _open_question(control) if control.status is ControlStatus.UNPROVEN else ""
        if question:
            page.prose(" " * (ids + 4), Text(harmless(question), "magenta"))
    page.line()


def _open_question(control: ControlReport) -> str:
    """Return why a control is unproven, in the words of its evidence: how to settle it, else what is open first."""
    said = {item.kind: item for item in reversed(control.evidence)}
    first = said.get("note") or said.get("open") or said.get("skipped")
    if first is None:
        return ""
    place = f"{first.path}:{first.line} " if first.path and first.line else f"{first.path} " if first.path else ""
    return first.text if first.kind == "note" else place + first.text


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
    count = Counter((finding.level, finding.verdict) for finding in result.findings)
    counts = []
    for level in Level:
        said = [f"{count[level, verdict]} {verdict.value}" for verdict in Verdict if count[level, verdict]]
        if said:
            counts.append(f"{level.value} {', '.join(said)}")
    style = "bold red" if count[Level.REQUIRED, Verdict.VIOLATED] else "bold"
    findings = plural(len(result.findings), "finding")
    page.prose("", Text.assemble((findings, style), ": " if counts else "", "; ".join(counts)))
    if result.suppressed:
        by = Counter(finding.suppression.kind for finding in result.suppressed if finding.suppression is not None)
        kinds = ", ".join(f"{by[kind]} {_ACCEPTED_BY[kind]}" for kind in SuppressionKind if by[kind])
        page.prose("", Text(f"{plural(len(result.suppressed), 'further finding')} not counted: {kinds}", "dim"))
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    page.prose("", f"{plural(result.scanned, 'file')} scanned, {result.relevant} relevant{skipped}{left_out(result)}")


_ACCEPTED_BY: Final = {
    SuppressionKind.INLINE: "accepted in a comment",
    SuppressionKind.CONFIG: "accepted in the configuration",
    SuppressionKind.BASELINE: "in the baseline",
    SuppressionKind.REVISION: "there before",
}


def _place(path: str, line: int) -> str:
    return f"{harmless(path)}:{line}"


def _label(word: str) -> Text:
    return Text.assemble("  ", (word.ljust(_LABEL_WIDTH - 2), "bold"))


def _column(cells: Iterable[str], limit: int) -> int:
    """Return the width of a column: of its widest cell that is no wider than `limit`."""
    return max((cell_len(cell) for cell in cells if cell_len(cell) <= limit), default=0)


def _fill(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))
