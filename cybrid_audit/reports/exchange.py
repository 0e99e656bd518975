"""What the formats for other tools have in common: severity, ids, and text that every tool can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cybrid_audit.records import dataclass
from cybrid_audit.reports.context import RenderContext, RuleText
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.ordering import ordered
from cybrid_audit.result import AuditResult, ControlReport, Finding, Level, Verdict

NAMESPACE: Final = "5f1a4c52-8f0e-5c8b-9a55-0c9d0c6f6a3e"
"""Of the UUIDs that reports make: version 5, so that equal content has equal ids."""

UNKNOWN: Final = "unknown"
"""The severity of what is not proven: it may be as bad as its rule says, or nothing."""

_SEVERITIES: Final = {Level.REQUIRED: "high", Level.RECOMMENDED: "medium", Level.EXTRA: "low"}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CWE: Final = re.compile(r"CWE-(\d+)")


@dataclass(frozen=True, slots=True)
class Identified:
    """A finding with an id that is unique in its report and the same in every report on the same code."""

    finding: Finding
    id: str


def identified(result: AuditResult) -> tuple[Identified, ...]:
    """Return the findings in order, each with an id (a UUID) made of its fingerprint, or of its place where it has none.

    Equal ones are told apart by their order."""
    from uuid import UUID, uuid5

    seen: dict[str, int] = {}
    found = []
    for finding in ordered(result.findings):
        at = finding.location
        known_by = finding.fingerprint or f"{portable(at.path)}:{at.start_line}:{at.start_column}"
        key = f"{finding.rule}\n{known_by}"
        number = seen[key] = seen.get(key, 0) + 1
        found.append(Identified(finding, str(uuid5(UUID(NAMESPACE), f"{key}\n{number}"))))
    return tuple(found)


def severity_of(finding: Finding, context: RenderContext) -> str:
    """Return `critical`, `high`, `medium` or `low` as the rule has it, or `unknown` where nothing is proven."""
    if finding.verdict is Verdict.UNPROVEN:
        return UNKNOWN
    rule = context.rules.get(finding.rule)
    return (rule.severity if rule is not None else "") or _SEVERITIES[finding.level]


def summary_of(finding: Finding, context: RenderContext) -> str:
    """Return the one sentence that says what the rule of a finding finds."""
    rule = context.rules.get(finding.rule)
    return (rule.summary if rule is not None else "") or finding.rule.replace("-", " ")


def weaknesses(finding: Finding, rule: RuleText | None) -> tuple[str, ...]:
    """Return the numbers of the weaknesses that a finding or its rule names, e.g. `863` of `CWE-863`."""
    named = (*finding.data.get("cwe", ()), *(rule.tags if rule is not None else ()))
    return tuple(found[1] for each in named if (found := _CWE.fullmatch(each)))


def standing(finding: Finding) -> str:
    """Return control, level, verdict and, of a proven finding, confidence, in one clause."""
    sure = f", confidence {finding.confidence.value}" if finding.verdict is Verdict.VIOLATED else ""
    return f"{finding.control} ({finding.level.value}) {finding.verdict.value}{sure}"


def trace_lines(finding: Finding) -> Iterator[str]:
    """Yield the steps of a trace, each on a line of its own, harmless for a terminal."""
    for step in finding.trace:
        yield f"{harmless(step.path)}:{step.line}  {harmless(step.note)}"


def portable(path: str) -> str:
    """Return `path` with bytes that are not UTF-8 spelled out: most readers of JSON refuse them."""
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", path)


def first_line(line: int) -> int:
    """Return `line`, or 1 where a finding is on a whole file: other tools have no line 0."""
    return max(1, line)


def ten_and_extra(controls: Iterable[ControlReport]) -> tuple[tuple[ControlReport, ...], tuple[ControlReport, ...]]:
    """Return the binding controls and the extra ones."""
    every = tuple(controls)
    return (
        tuple(each for each in every if each.level is not Level.EXTRA),
        tuple(each for each in every if each.level is Level.EXTRA),
    )


def timestamp(seconds: int) -> str:
    """Return a time (seconds since 1970, UTC) as `YYYY-MM-DDTHH:MM:SS`."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def plural(count: int, noun: str) -> str:
    """Return a number of things in words: `no files`, `1 file`, `2 files`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def left_out(result: AuditResult) -> str:
    """Return how many files the configuration takes out, to follow other counts; empty where it takes out none."""
    return f", {result.left_out} left out by the configuration" if result.left_out else ""


def counted(result: AuditResult) -> str:
    """Return how many findings there are by verdict, and how many files were and were not analysed, in one line."""
    violated = sum(finding.verdict is Verdict.VIOLATED for finding in result.findings)
    unproven = len(result.findings) - violated
    counts = f" ({violated} violated, {unproven} unproven)" if result.findings else ""
    counts += f", {len(result.suppressed)} more not counted" if result.suppressed else ""
    return (
        f"{plural(len(result.findings), 'finding')}{counts}; "
        f"{plural(result.scanned, 'file')} scanned, {result.relevant} relevant, {len(result.skipped)} not analysed{left_out(result)}"
    )
