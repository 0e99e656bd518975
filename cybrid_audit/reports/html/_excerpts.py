"""Lines of the audited code as a page may show them: masked, harmless, and no more of them than a browser bears."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from cybrid_audit.facts import Location
from cybrid_audit.records import dataclass
from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.redaction import Redactor
from cybrid_audit.result import Finding

AROUND: Final = 2
"""Lines of code shown before and after the one that is meant."""

MAX_LINE: Final = 180
"""Characters shown of one line. The rest is left out, with a sign where."""

MAX_RAW_LINE: Final = 4_000
"""Characters of a line that is shown in part. A longer one, generated most likely, is not shown at all."""

MAX_EFFORT: Final = 2_000_000
"""What masking may cost in one page, in characters; a long line counts more than its length. Beyond it, `is_full` holds and
the page shows no more code. It keeps a tree that was made to cost from costing more than seconds."""

KEPT_FILES: Final = 64
"""Files whose lines are kept at a time: paths go back and forth between files."""

TAB: Final = 4
"""Columns of a tabulator."""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of an excerpt; `is_marked` where it is the line that is meant."""

    number: int
    text: str
    is_marked: bool


Excerpt = tuple[CodeLine, ...]


class Excerpts:
    """Reads and masks excerpts, each once."""

    def __init__(self, context: RenderContext, redactor: Redactor, findings: Iterable[Finding]) -> None:
        self._lines_of = lru_cache(maxsize=KEPT_FILES)(context.lines)
        self._redactor = redactor
        self._effort = 0
        # A credential is masked the stricter way of its own rule in the excerpts of all others too.
        self._rules_at: dict[tuple[str, int], set[str]] = {}
        for finding in findings:
            for path, line in _places(finding):
                self._rules_at.setdefault((path, line), set()).add(finding.rule)
        self._known: dict[tuple[str, int, str, bool], Excerpt] = {}

    @property
    def is_full(self) -> bool:
        """Whether there is no more room for code."""
        return self._effort > MAX_EFFORT

    def of(self, path: str, line: int, finding: Finding) -> Excerpt:
        """Return the lines around a place as `finding` may show them; empty where there are none."""
        key = (path, line, finding.rule, path == finding.location.path)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._read(*key)
        return found

    def _read(self, path: str, line: int, rule: str, is_its_file: bool) -> Excerpt:
        lines = self._lines_of(path)
        if not 0 < line <= len(lines) or len(lines[line - 1]) > MAX_RAW_LINE:
            return ()
        numbers = range(max(1, line - AROUND), min(len(lines), line + AROUND) + 1)
        # In the file of a credential, the lines around it may hold more of it; elsewhere only the places themselves.
        texts = {
            number: self._shown(path, number, lines[number - 1], rule if is_its_file or number == line else "")
            for number in numbers
        }
        # Empty lines at both ends say nothing.
        kept = [number for number in numbers if texts[number] or number == line]
        texts = {number: texts[number] for number in range(kept[0], kept[-1] + 1)}
        margin = min((len(text) - len(text.lstrip()) for text in texts.values() if text), default=0)
        return tuple(CodeLine(number, _cut(text[margin:]), number == line) for number, text in texts.items())

    def _shown(self, path: str, number: int, text: str, rule: str) -> str:
        if len(text) > MAX_RAW_LINE:
            return "…"
        text = text.expandtabs(TAB).rstrip()
        rules = sorted({rule} | self._rules_at.get((path, number), set()))
        self._effort += len(rules) * len(text) * (1 + len(text) // 400)
        for each in rules:
            text = self._redactor.line(text, path=path, rule=each)
        return harmless(text)


def _places(finding: Finding) -> Iterable[tuple[str, int]]:
    at: Location = finding.location
    yield at.path, at.start_line
    for step in finding.trace:
        yield step.path, step.line


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 1].rstrip() + "…"
