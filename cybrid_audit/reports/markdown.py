"""The comment on a pull request: what is wrong first, short enough for the platform, harmless in everything it quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.exchange import counted, standing, summary_of, ten_and_extra
from cybrid_audit.reports.grouping import Group, grouped
from cybrid_audit.result import AuditResult, ControlReport, ControlStatus, Finding, Level, Verdict

LIMIT: Final = 65_536
"""Characters of a comment on GitHub; counted here in bytes of UTF-8, which are never fewer. What does not fit is left out:
first the traces, then the findings that come last, and the comment says how many."""

MARK: Final = "<!-- cybrid-audit report -->"
"""The first line, by which a workflow finds its comment again to replace it."""

MAX_TEXT: Final = 600
"""Characters of one message or note. A longer one is cut, with a sign where."""

MAX_PLACE: Final = 400
"""Characters of one path. A longer one keeps its end."""

MAX_SKIPPED_SHOWN: Final = 12
"""Files named that were not analysed. Beyond it they are counted."""

_SIGNS: Final = {
    ControlStatus.VIOLATED: "❌",
    ControlStatus.UNPROVEN: "❔",
    ControlStatus.SATISFIED: "✅",
    ControlStatus.NOT_APPLICABLE: "➖",
    ControlStatus.ATTESTED: "☑️",
}
_LEVEL_SIGNS: Final = {Level.REQUIRED: "❌", Level.RECOMMENDED: "⚠️", Level.EXTRA: "ℹ️"}

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()|~$!<>])")
_ACTING: Final = re.compile(r"@|#(?=\w)|:(?=//)|:(?=[\w+-]+:)|(?<=www)\.|(?<=\bGH)-", re.IGNORECASE)
"""Where text would become a mention, a reference, a link or a picture even though it is escaped: these are made from the
rendered text. A character of no width behind stops it."""
_RESERVE: Final = 400
"""Bytes kept for the lines that say what was left out."""


def render_markdown(result: AuditResult, context: RenderContext) -> str:
    """Return the report on `result` (cleared of secrets) in at most `LIMIT` characters."""
    groups = grouped(result)
    head, tail = _head(result, context), _tail(result)
    room = LIMIT - _bytes(head) - _bytes(tail) - _RESERVE
    said: list[str] = []
    blocks, left_out = _findings(groups, context, room, with_traces=True)
    if left_out:
        said = ["", "The traces are left out: with them the comment would be longer than the platform takes."]
        blocks, left_out = _findings(groups, context, room, with_traces=False)
    if left_out:
        said += [
            "",
            (
                f"**{left_out} of {len(result.findings)} findings are not shown**: the comment would be longer than the "
                f"platform takes. `{context.tool} scan` shows them all."
            ),
        ]
    return "\n".join([*head, *blocks, *said, *tail]) + "\n"


def _head(result: AuditResult, context: RenderContext) -> list[str]:
    ten, extra = ten_and_extra(result.controls)
    violated = [control for control in ten if control.status is ControlStatus.VIOLATED]
    required = sum(control.level is Level.REQUIRED for control in violated)
    if required:
        verdict = f"{required} required {_controls(required)} violated"
    elif violated:
        verdict = f"{len(violated)} recommended {_controls(len(violated))} violated"
    elif result.findings:
        verdict = "no control of the ten is violated; findings are open"
    else:
        verdict = "no findings"
    revision = f" at {code(context.revision[:12])}" if context.revision else ""
    lines = [MARK, f"## {context.tool}: {verdict}", "", f"{counted(result)}{revision}."]
    if ten:
        lines += ["", *_table(ten, context)]
    told = [control for control in extra if control.status in (ControlStatus.VIOLATED, ControlStatus.SATISFIED)]
    if told:
        lines += ["", "<details><summary>Extra controls</summary>", "", *_table(told, context), "", "</details>"]
    return lines


def _controls(count: int) -> str:
    return "control" if count == 1 else "controls"


def _table(controls: Sequence[ControlReport], context: RenderContext) -> list[str]:
    rows = []
    for control in controls:
        text = context.controls.get(control.id)
        evidence = control.proofs()
        rows.append(
            f"| {prose(control.id)} | {prose(text.title if text else control.statement)} | {control.level.value} "
            f"| {_SIGNS[control.status]} {control.status.value} | {evidence or ''} |"
        )
    return ["| control | | level | status | evidence |", "|---|---|---|---|--:|", *rows]


def _findings(
    groups: Sequence[Group], context: RenderContext, room: int, *, with_traces: bool
) -> tuple[list[str], int]:
    """Return the blocks of findings that fit into `room` bytes, and how many findings do not."""
    lines = ["", "### Findings"] if groups else []
    room -= _bytes(lines)
    left = sum(len(group.findings) for group in groups)
    explained: set[str] = set()
    for group in groups:
        # A block is closed whatever is left out of it, and none is without a finding.
        opening, closing = _heading(group, context), _closing(group, context, explained)
        room -= _bytes(opening) + _bytes(closing)
        block: list[str] = []
        is_whole = True
        for finding in group.findings:
            entry = _entry(finding, with_trace=with_traces)
            is_whole = _bytes(entry) <= room
            if not is_whole:
                break
            room -= _bytes(entry)
            left -= 1
            block += entry
        if block:
            lines += [*opening, *block, *closing]
        if not is_whole:
            break
    return lines, left


def _bytes(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _heading(group: Group, context: RenderContext) -> list[str]:
    finding = group.first
    sign = _SIGNS[ControlStatus.UNPROVEN] if finding.verdict is Verdict.UNPROVEN else _LEVEL_SIGNS[finding.level]
    count = f" ({len(group.findings)} places)" if len(group.findings) > 1 else ""
    title = _html(clipped(summary_of(finding, context).removesuffix("."), MAX_TEXT))
    is_open = " open" if finding.level is Level.REQUIRED and finding.verdict is Verdict.VIOLATED else ""
    return [
        "",
        (
            f"<details{is_open}><summary>{sign} <b>{title}</b>{count} · <code>{_html(finding.rule)}</code> "
            f"· {_html(standing(finding))}</summary>"
        ),
        "",
        *(
            [
                f"Cause: {code(place(group.cause.path, group.cause.line))} {prose(clipped(group.cause.note, MAX_TEXT))}",
                "",
            ]
            if group.cause is not None
            else []
        ),
    ]


def _entry(finding: Finding, *, with_trace: bool) -> list[str]:
    operation = f" {code(clipped(finding.operation, MAX_PLACE))}" if finding.operation else ""
    at = finding.location
    lines = [f"- {code(place(at.path, at.start_line))}{operation}: {prose(clipped(finding.message, MAX_TEXT))}"]
    if with_trace and len(finding.trace) > 1:
        lines += [
            f"  {number}. {code(place(step.path, step.line))} {prose(clipped(step.note, MAX_TEXT))}"
            for number, step in enumerate(finding.trace, 1)
        ]
    return lines


def _closing(group: Group, context: RenderContext, explained: set[str]) -> list[str]:
    rule = context.rules.get(group.first.rule)
    lines = []
    if rule is not None and rule.id not in explained:
        explained.add(rule.id)
        lines += ["", f"**Why.** {prose(rule.why)}"] if rule.why else []
        lines += ["", f"**Fix.** {prose(rule.fix)}"] if rule.fix else []
    return [*lines, "", "</details>"]


def _tail(result: AuditResult) -> list[str]:
    if not result.skipped:
        return []
    shown = [
        f"- {code(clipped_left(harmless(skipped.path), MAX_PLACE))}: {prose(clipped(skipped.reason, MAX_TEXT))}"
        for skipped in result.skipped[:MAX_SKIPPED_SHOWN]
    ]
    more = len(result.skipped) - len(shown)
    noun = "file was" if len(result.skipped) == 1 else "files were"
    title = f"<details><summary>{len(result.skipped)} {noun} not analysed</summary>"
    return ["", title, "", *shown, *([f"- and {more} more"] if more else []), "", "</details>"]


# ---------------------------------------------------------------- text of others


def code(text: str) -> str:
    """Return `text` as a code span, in which nothing is a mention, a link or markup."""
    shown = harmless(text) or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """Return `text` as running text, in which nothing is a mention, a link or markup."""
    shown = harmless(text).replace("&", "&amp;")
    shown = _SPECIAL.sub(r"\\\1", shown)
    return _ACTING.sub(lambda found: f"{found[0]}&#8203;", shown)


def place(path: str, line: int) -> str:
    """Return `path:line`, harmless, a long path by its end."""
    return f"{clipped_left(harmless(path), MAX_PLACE)}:{line}"


def clipped(text: str, room: int) -> str:
    """Return `text`, or its beginning and a sign in at most `room` characters."""
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"


def clipped_left(text: str, room: int) -> str:
    """Return `text`, or a sign and its end in at most `room` characters."""
    return text if len(text) <= room else "…" + text[len(text) - room + 1 :]


def _html(text: str) -> str:
    """Return `text` for the line of an HTML block, where no other markup is read, but mentions and links are made."""
    shown = harmless(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ACTING.sub(lambda found: f"{found[0]}&#8203;", shown)
