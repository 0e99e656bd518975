"""What a report needs beside the result: handed in by the caller, so that a report reads no file and no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cybrid_audit import __version__
from cybrid_audit.records import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """The fixed texts of one rule. `level` is `required`, `recommended` or `extra`.

    `summary`, `why` and `fix` are plain text, one short paragraph each; `markdown` is the rule's page or empty;
    `references` are addresses of the documentation the rule rests on; `severity` is `critical`, `high`, `medium`,
    `low`, or empty where it is not known. `control` is empty where each finding names its own."""

    id: str
    control: str
    level: str
    summary: str
    why: str = ""
    fix: str = ""
    markdown: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    severity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlText:
    """The fixed texts of one control. `mappings` holds, by the name of a framework, the requirements that surely
    correspond and those that do by analogy or were not verified."""

    id: str
    title: str
    mappings: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Needed:
    """The scopes one operation needs, and those that it can make use of besides."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Replacement:
    """Text to put in the place of a range; lines and columns from 1, columns in code points, the end exclusive."""

    path: str
    start: tuple[int, int]
    end: tuple[int, int]
    text: str


@dataclass(frozen=True, slots=True)
class FixText:
    """A change that removes a finding, proven by an audit. One that is not `is_safe` needs something outside the code."""

    title: str
    replacements: tuple[Replacement, ...]
    is_safe: bool


def no_lines(path: str) -> Sequence[str]:
    """Return no line of any file: the reader of a report without snippets."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderContext:
    """`lines` returns the lines of a file of the audited tree (path as in the findings), without their ends.

    It must not raise; it returns an empty sequence for what cannot be read. `rules` holds the texts by rule id; a rule
    that is not in it is shown without them. `unicode` is false where the output cannot carry more than ASCII; it only
    chooses the signs the text report draws with.

    `controls` holds the texts of controls by id, and `needs` the scopes by operation (`METHOD /path`); without them a
    report says less. `fixes` holds the changes that are known by fingerprint. `subject` names what was audited, and `revision` is its commit, or empty. `time` (seconds since
    1970, UTC) is what formats say that demand a time; `time_is` says in a clause of what it is the time."""

    tool: str = "cybrid-audit"
    version: str = __version__
    rules: Mapping[str, RuleText] = field(default_factory=dict)
    lines: Callable[[str], Sequence[str]] = no_lines
    unicode: bool = True
    controls: Mapping[str, ControlText] = field(default_factory=dict)
    needs: Mapping[str, Needed] = field(default_factory=dict)
    fixes: Mapping[str, FixText] = field(default_factory=dict)
    subject: str = ""
    revision: str = ""
    time: int = 0
    time_is: str = "no time was given"

    def on(self, *, unicode: bool) -> RenderContext:
        """Return this context for an output that carries Unicode or does not."""
        from dataclasses import replace

        return replace(self, unicode=unicode)
