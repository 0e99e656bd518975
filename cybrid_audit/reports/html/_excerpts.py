"""Lines of the audited code as a page may show them: masked, harmless, and no more of them than a browser bears."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cybrid_audit.records import dataclass
from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.redaction import Redactor

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

    def __init__(self, context: RenderContext, redactor: Redactor) -> None:
        self._lines_of = lru_cache(maxsize=KEPT_FILES)(context.lines)
        self._redactor = redactor
        self._effort = 0
        self._known: dict[tuple[str, int], Excerpt] = {}

    @property
    def is_full(self) -> bool:
        """Whether there is no more room for code."""
        return self._effort > MAX_EFFORT

    def of(self, path: str, line: int) -> Excerpt:
        """Return the lines around a place; empty where there are none."""
        found = self._known.get((path, line))
        if found is None:
            found = self._known[path, line] = self._read(path, line)
        return found

    def _read(self, path: str, line: int) -> Excerpt:
        lines = self._lines_of(path)
        if not 0 < line <= len(lines) or len(lines[line - 1]) > MAX_RAW_LINE:
            return ()
        numbers = range(max(1, line - AROUND), min(len(lines), line + AROUND) + 1)
        texts = {number: self._shown(path, number, lines[number - 1]) for number in numbers}
        # Empty lines at both ends say nothing.
        kept = [number for number in numbers if texts[number] or number == line]
        texts = {number: texts[number] for number in range(kept[0], kept[-1] + 1)}
        margin = min((len(text) - len(text.lstrip()) for text in texts.values() if text), default=0)
        return tuple(CodeLine(number, _cut(text[margin:]), number == line) for number, text in texts.items())

    def _shown(self, path: str, number: int, text: str) -> str:
        if len(text) > MAX_RAW_LINE:
            return "…"
        text = text.expandtabs(TAB).rstrip()
        self._effort += len(text) * (1 + len(text) // 400)
        return harmless(self._redactor.line(text, path=path, number=number))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 1].rstrip() + "…"
