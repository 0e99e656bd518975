"""What stands on the page: the result sorted into the sections that the template draws, with its bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from cybrid_audit.facts import GuardState, Location, TokenKind
from cybrid_audit.records import dataclass
from cybrid_audit.reports.calls import CallRow, call_rows
from cybrid_audit.reports.context import ControlText, RenderContext
from cybrid_audit.reports.csv_report import source_text
from cybrid_audit.reports.exchange import counted, severity_of, summary_of, ten_and_extra, timestamp
from cybrid_audit.reports.grouping import Cause, Group, grouped
from cybrid_audit.reports.html._excerpts import Excerpt, Excerpts
from cybrid_audit.reports.html._token_map import TokenMap, token_map
from cybrid_audit.reports.ordering import ordered
from cybrid_audit.reports.redaction import Redactor
from cybrid_audit.result import (
    AuditResult,
    BaselineState,
    ControlReport,
    ControlStatus,
    Evidence,
    Finding,
    Level,
    Suppression,
    SuppressionKind,
    Verdict,
)

MAX_CODE_LINES: Final = 12_000
"""Lines of code in the page. Beyond it, findings are shown without their paths, in one line each, and the page says so.

The findings that bind come first, so that they keep their paths."""

MAX_MESSAGE: Final = 2_000
"""Characters of a message or note. The rest is left out, with a sign where."""

MAX_SCOPES: Final = 60
"""Scopes in one cell of a table. Beyond it they are counted."""

MAX_CREDENTIALS: Final = 500
"""Rows in the table of credentials. Beyond it they are counted."""

MAX_CALLS: Final = 10_000
"""Rows in the inventory. Beyond it they are counted; the CSV has them all."""

MAX_SUPPRESSED: Final = 2_000
"""Findings shown that are suppressed. Beyond it they are counted."""

MAX_SKIPPED: Final = 2_000
"""Files named that were not analysed. Beyond it they are counted."""

FRAMEWORKS: Final = {
    "cwe": "CWE",
    "asvs-5.0": "OWASP ASVS 5.0",
    "asvs-4.0.3": "OWASP ASVS 4.0.3",
    "owasp-api-2023": "OWASP API Top 10 (2023)",
    "nist-800-53r5": "NIST SP 800-53 r5",
    "nist-800-63b": "NIST SP 800-63B",
    "pci-dss-4.0.1": "PCI DSS 4.0.1",
    "soc2": "SOC 2",
}
"""How people call the frameworks that controls are mapped to. One that is not here goes by its own name."""

_EVIDENCE: Final = {
    "broken": ("violated", "broken"),
    "open": ("unproven", "open"),
    "proven": ("satisfied", "proven"),
    "attested": ("attested", "attested"),
    "lapsed": ("unproven", "attestation that counts as none"),
    "skipped": ("unproven", "not analysed"),
    "note": ("not-applicable", "note"),
}
"""The look and the word of each kind of evidence."""

_GUARDS: Final = {
    GuardState.ABSENT: "violated",
    GuardState.IGNORED: "violated",
    GuardState.UNPROVEN: "unproven",
    GuardState.ENFORCED: "satisfied",
    GuardState.NOT_REQUIRED: "not-applicable",
}
_ANCHOR: Final = re.compile(r"[^A-Za-z0-9-]+")


# ---------------------------------------------------------------- shapes


@dataclass(frozen=True, slots=True)
class Mapping:
    """The requirements of one framework: those that surely correspond, and those that do by analogy."""

    framework: str
    sure: tuple[str, ...]
    analogous: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of evidence: its look, its word, what it says, and where (empty for none)."""

    look: str
    word: str
    text: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control: as a tile, and in full. `counts` are the kinds of evidence it has, e.g. `7 broken`."""

    id: str
    anchor: str
    level: str
    title: str
    statement: str
    status: str
    look: str
    counts: str
    evidence: tuple[Item, ...]
    mappings: tuple[Mapping, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a path; `is_here` where the finding is. One at the place of the step before (`is_same`) needs no code."""

    number: int
    path: str
    line: int
    note: str
    is_here: bool
    is_same: bool
    code: Excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One finding. `steps` is None where its path is left out to bound the page.

    `facts` are lists that it compares. `state` says how it stands to the baseline. `accepted` says, in pairs of title and
    text, who accepted it and why; it is empty for a finding that counts."""

    anchor: str
    rule: str
    look: str
    verdict: str
    confidence: str
    place: str
    operation: str
    message: str
    steps: tuple[Step, ...] | None
    facts: tuple[tuple[str, tuple[str, ...]], ...]
    fingerprint: str
    state: str
    accepted: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Together:
    """Findings that one fix settles; `cause` only where several share one."""

    entries: tuple[Entry, ...]
    cause: Cause | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The findings of one rule, with what is said of all of them."""

    id: str
    anchor: str
    control: str
    control_anchor: str
    level: str
    severity: str
    look: str
    title: str
    why: str
    fix: str
    weaknesses: tuple[str, ...]
    mappings: tuple[Mapping, ...]
    references: tuple[str, ...]
    groups: tuple[Together, ...]
    violated: int
    unproven: int

    @property
    def count(self) -> int:
        """How many findings there are."""
        return self.violated + self.unproven


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One row of the inventory, as text."""

    path: str
    line: int
    operation: str
    side: str
    kinds: tuple[str, ...]
    scopes: tuple[str, ...]
    scopes_left_out: int
    minted_at: tuple[str, ...]
    mfa: str
    look: str


@dataclass(frozen=True, slots=True)
class Credential:
    """One row of the table of credentials, as text."""

    role: str
    place: str
    side: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything the template needs. Text in it is cleared of secrets, and still to be escaped."""

    tool: str
    version: str
    subject: str
    revision: str
    time: str
    time_is: str
    look: str
    verdict: str
    advice: str
    counted: str
    facts: tuple[tuple[str, str], ...]
    ten: tuple[Control, ...]
    extra: tuple[Control, ...]
    extra_counts: tuple[tuple[str, str, int], ...]
    rules: tuple[Rule, ...]
    findings: int
    without_path: int
    suppressed: tuple[Entry, ...]
    suppressed_left_out: int
    tokens: TokenMap
    calls: tuple[Call, ...]
    calls_left_out: int
    operations: tuple[str, ...]
    kinds: tuple[str, ...]
    guards: tuple[str, ...]
    sides: tuple[str, ...]
    credentials: tuple[Credential, ...]
    credentials_left_out: int
    attestations: tuple[tuple[Control, Item], ...]
    skipped: tuple[tuple[str, str], ...]
    skipped_left_out: int


def page_of(result: AuditResult, context: RenderContext) -> Page:
    """Return the page on `result`, which is cleared of secrets."""
    ten, extra = ten_and_extra(result.controls)
    shown_ten = tuple(_control(control, context) for control in ten)
    shown_extra = tuple(_control(control, context) for control in extra)
    entries = _Entries(result, context)
    rules = entries.rules()
    without_path = entries.without_path
    suppressed = entries.suppressed()
    rows = call_rows(result)
    calls = tuple(_call(row) for row in rows[:MAX_CALLS])
    credentials = sorted(result.facts.credentials, key=lambda use: (use.mint, use.role))
    look, verdict, advice = _verdict(result, ten)
    return Page(
        tool=context.tool,
        version=context.version,
        subject=context.subject or "the code base",
        revision=context.revision,
        time=timestamp(context.time).replace("T", " ") + " UTC" if context.time else "",
        time_is=context.time_is,
        look=look,
        verdict=verdict,
        advice=advice,
        counted=counted(result),
        facts=_facts(result, rows),
        ten=shown_ten,
        extra=shown_extra,
        extra_counts=tuple(
            (_look(status), status.value, count)
            for status in ControlStatus
            if (count := sum(control.status is status for control in extra))
        ),
        rules=rules,
        findings=len(result.findings),
        without_path=without_path,
        suppressed=suppressed,
        suppressed_left_out=len(result.suppressed) - len(suppressed),
        tokens=token_map(result, context),
        calls=calls,
        calls_left_out=len(rows) - len(calls),
        operations=tuple(sorted({call.operation for call in calls})),
        kinds=tuple(kind.value for kind in TokenKind if any(kind.value in call.kinds for call in calls)),
        guards=tuple(state for state in map(_guard, GuardState) if any(call.mfa == state for call in calls)),
        sides=tuple(sorted({call.side for call in calls})),
        credentials=tuple(
            Credential(
                use.role.replace("_", " "), _place(use.mint), use.side.value, tuple(map(source_text, use.sources))
            )
            for use in credentials[:MAX_CREDENTIALS]
        ),
        credentials_left_out=max(0, len(credentials) - MAX_CREDENTIALS),
        attestations=tuple(
            (control, item)
            for control in (*shown_ten, *shown_extra)
            for item in control.evidence
            if item.word in (_EVIDENCE["attested"][1], _EVIDENCE["lapsed"][1])
        ),
        skipped=tuple((skipped.path, _clipped(skipped.reason)) for skipped in result.skipped[:MAX_SKIPPED]),
        skipped_left_out=max(0, len(result.skipped) - MAX_SKIPPED),
    )


# ---------------------------------------------------------------- summary and controls


def _verdict(result: AuditResult, ten: Sequence[ControlReport]) -> tuple[str, str, str]:
    """Return the look of the outcome, the outcome in a sentence, and what follows from it in another one."""
    status = {level: [each.status for each in ten if each.level is level] for level in Level}
    required = status[Level.REQUIRED].count(ControlStatus.VIOLATED)
    recommended = status[Level.RECOMMENDED].count(ControlStatus.VIOLATED)
    unproven = sum(each.status is ControlStatus.UNPROVEN for each in ten)
    if required:
        counts = f"{required} required" + (f" and {recommended} recommended" if recommended else "")
        return (
            "violated",
            f"{counts} {_are(required + recommended)} violated",
            "The evidence is listed with each control.",
        )
    if recommended:
        return "violated", f"{recommended} recommended {_are(recommended)} violated", "No required control is violated."
    if unproven:
        text = f"No control of the ten is violated; {unproven} {'is' if unproven == 1 else 'are'} unproven"
        return "unproven", text, "What is unproven is neither a pass nor a failure: the evidence says what is missing."
    if not ten or all(each.status is ControlStatus.NOT_APPLICABLE for each in ten):
        text = "No control applies" if not result.findings else "No control of the ten applies; findings are open"
        return "not-applicable", text, "Nothing that integrates with the platform was found."
    return "satisfied", "No control of the ten is violated or unproven", "The evidence is listed with each control."


def _are(count: int) -> str:
    return "control is" if count == 1 else "controls are"


def _facts(result: AuditResult, rows: Sequence[CallRow]) -> tuple[tuple[str, str], ...]:
    violated = sum(finding.verdict is Verdict.VIOLATED for finding in result.findings)
    return (
        ("violations", f"{violated:,}"),
        ("open questions", f"{len(result.findings) - violated:,}"),
        ("platform calls", f"{len(rows):,}"),
        ("files scanned", f"{result.scanned:,}"),
        ("not analysed", f"{len(result.skipped):,}"),
        *([("left out by the configuration", f"{result.left_out:,}")] if result.left_out else []),
    )


def _control(control: ControlReport, context: RenderContext) -> Control:
    text = context.controls.get(control.id)
    return Control(
        id=control.id,
        anchor=_anchor("control", control.id),
        level=control.level.value,
        title=text.title if text is not None else "",
        statement=control.statement,
        status=control.status.value,
        look=_look(control.status),
        counts=_counts(control),
        evidence=tuple(_item(item) for item in control.evidence),
        mappings=_mappings(text),
    )


def _counts(control: ControlReport) -> str:
    counts = control.counts()
    return ", ".join(
        f"{counts[kind]} {word}"
        for kind, (_, word) in _EVIDENCE.items()
        if kind in counts and kind not in ("note", "lapsed")
    )


def _item(item: Evidence) -> Item:
    look, word = _EVIDENCE.get(item.kind, ("not-applicable", item.kind))
    line = f":{item.line}" if item.line else ""
    return Item(look, word, _clipped(item.text), f"{item.path}{line}" if item.path else "")


def _mappings(text: ControlText | None) -> tuple[Mapping, ...]:
    if text is None:
        return ()
    return tuple(
        Mapping(FRAMEWORKS.get(name, name), sure, analogous)
        for name, (sure, analogous) in text.mappings.items()
        if sure or analogous
    )


def _look(status: ControlStatus) -> str:
    return status.value.replace(" ", "-")


def _anchor(*parts: str) -> str:
    return "-".join(_ANCHOR.sub("-", part) for part in parts)


# ---------------------------------------------------------------- findings


class _Entries:
    """Makes the entries of the findings in order, as long as the bound on code lines lasts."""

    def __init__(self, result: AuditResult, context: RenderContext) -> None:
        self._result = result
        self._context = context
        self._excerpts = Excerpts(context, Redactor.of(result))
        self._room = MAX_CODE_LINES
        self._number = 0
        self.without_path = 0

    def rules(self) -> tuple[Rule, ...]:
        """Return the findings by rule, the rules in the order of their first findings."""
        by_rule: dict[tuple[str, str, Level], list[Group]] = {}
        for group in grouped(self._result):
            first = group.first
            by_rule.setdefault((first.rule, first.control, first.level), []).append(group)
        return tuple(self._rule(groups) for groups in by_rule.values())

    def suppressed(self) -> tuple[Entry, ...]:
        """Return the findings that do not count, in order."""
        return tuple(self._entry(finding) for finding in ordered(self._result.suppressed)[:MAX_SUPPRESSED])

    def _rule(self, groups: Sequence[Group]) -> Rule:
        first = groups[0].first
        text = self._context.rules.get(first.rule)
        findings = [finding for group in groups for finding in group.findings]
        violated = [finding for finding in findings if finding.verdict is Verdict.VIOLATED]
        return Rule(
            id=first.rule,
            anchor=_anchor("rule", first.rule, first.control, first.level.value),
            control=first.control,
            control_anchor=_anchor("control", first.control),
            level=first.level.value,
            severity=severity_of((violated or findings)[0], self._context),
            look="violated" if violated else "unproven",
            title=summary_of(first, self._context).removesuffix("."),
            why=text.why if text is not None else "",
            fix=text.fix if text is not None else "",
            weaknesses=tuple(tag for tag in (text.tags if text is not None else ()) if tag.startswith("CWE-")),
            mappings=tuple(
                each for each in _mappings(self._context.controls.get(first.control)) if each.framework != "CWE"
            ),
            references=tuple(
                each for each in (text.references if text is not None else ()) if each.startswith("https://")
            ),
            groups=tuple(
                Together(tuple(self._entry(finding) for finding in group.findings), group.cause) for group in groups
            ),
            violated=len(violated),
            unproven=len(findings) - len(violated),
        )

    def _entry(self, finding: Finding) -> Entry:
        self._number += 1
        is_violated = finding.verdict is Verdict.VIOLATED
        return Entry(
            anchor=f"finding-{self._number}",
            rule=finding.rule,
            look="violated" if is_violated else "unproven",
            verdict=finding.verdict.value,
            confidence=f"{finding.confidence.value} confidence" if is_violated else "",
            place=_place(finding.location),
            operation=finding.operation or "",
            message=_clipped(finding.message),
            steps=self._steps(finding),
            facts=tuple(_lists(finding.data)),
            fingerprint=finding.fingerprint,
            state=_STATES.get(finding.baseline_state, ""),
            accepted=tuple(_accepted(finding.suppression)) if finding.suppression is not None else (),
        )

    def _steps(self, finding: Finding) -> tuple[Step, ...] | None:
        if self._room <= 0 or self._excerpts.is_full:
            self.without_path += 1
            return None
        here = (finding.location.path, finding.location.start_line)
        places = [(step.path, step.line, _clipped(step.note)) for step in finding.trace]
        at = [number for number, (path, line, _) in enumerate(places, 1) if (path, line) == here]
        if not at:
            places.append((*here, "the finding is here"))
            at = [len(places)]
        steps = tuple(
            Step(
                number=number,
                path=path,
                line=line,
                note=note,
                is_here=number == at[-1],
                is_same=(is_same := number > 1 and places[number - 2][:2] == (path, line)),
                code=() if is_same else self._excerpts.of(path, line),
            )
            for number, (path, line, note) in enumerate(places, 1)
        )
        # A step without code takes room as well.
        self._room -= sum(1 + len(step.code) for step in steps)
        return steps


_STATES: Final[dict[BaselineState | None, str]] = {
    BaselineState.NEW: "new since the baseline",
    BaselineState.UNCHANGED: "in the baseline",
}
_ACCEPTED_IN: Final = {
    SuppressionKind.INLINE: "a comment",
    SuppressionKind.CONFIG: "the configuration",
    SuppressionKind.BASELINE: "the baseline",
}


def _accepted(told: Suppression) -> Iterator[tuple[str, str]]:
    line = f":{told.line}" if told.line else ""
    where = f" ({told.path}{line})" if told.path else ""
    said = {
        "Reason": _clipped(told.reason),
        "Accepted in": _ACCEPTED_IN[told.kind] + where,
        "Owner": told.owner,
        "Until": told.until,
    }
    yield from ((title, text) for title, text in said.items() if text)


_LISTS: Final = {"requested": "Scopes asked for", "needed": "Scopes needed", "excess": "Not needed"}


def _lists(data: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a finding on scopes compares."""
    for key, title in _LISTS.items():
        value = data.get(key)
        if isinstance(value, list | tuple) and value:
            shown = [str(each) for each in value[:MAX_SCOPES]]
            more = len(value) - len(shown)
            yield title, (*shown, *([f"and {more} more"] if more else []))


# ---------------------------------------------------------------- inventory


def _call(row: CallRow) -> Call:
    return Call(
        path=row.site.path,
        line=row.site.start_line,
        operation=row.operation,
        side=row.side.value,
        kinds=tuple(kind.value for kind in row.kinds),
        scopes=row.scopes[:MAX_SCOPES],
        scopes_left_out=max(0, len(row.scopes) - MAX_SCOPES),
        minted_at=_few([_place(place) for place in row.minted_at], 8),
        mfa=_guard(row.mfa),
        look=_GUARDS[row.mfa],
    )


def _few(texts: Sequence[str], room: int) -> tuple[str, ...]:
    more = len(texts) - room
    return tuple(texts) if more <= 0 else (*texts[:room], f"and {more} more")


def _guard(state: GuardState) -> str:
    return state.value.replace("_", " ")


def _place(location: Location) -> str:
    return f"{location.path}:{location.start_line}"


def _clipped(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1].rstrip() + "…"
