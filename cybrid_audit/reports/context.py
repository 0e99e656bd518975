"""What a report needs beside the result: handed in by the caller, so that a report reads no file and no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cybrid_audit import __version__
from cybrid_audit.records import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """The fixed texts of one rule. `level` is `required`, `recommended` or `extra`.

    `summary`, `why` and `fix` are plain text, one short paragraph each; `markdown` is the rule's page or empty;
    `references` are addresses of the documentation the rule rests on."""

    id: str
    control: str
    level: str
    summary: str
    why: str = ""
    fix: str = ""
    markdown: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


def no_lines(path: str) -> Sequence[str]:
    """Return no line of any file: the reader of a report without snippets."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderContext:
    """`lines` returns the lines of a file of the audited tree (path as in the findings), without their ends.

    It must not raise; it returns an empty sequence for what cannot be read. `rules` holds the texts by rule id; a rule
    that is not in it is shown without them. `unicode` is false where the output cannot carry more than ASCII; it only
    chooses the signs the text report draws with."""

    tool: str = "cybrid-audit"
    version: str = __version__
    rules: Mapping[str, RuleText] = field(default_factory=dict)
    lines: Callable[[str], Sequence[str]] = no_lines
    unicode: bool = True
