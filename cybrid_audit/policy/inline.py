"""Suppressions in comments: `cybrid-audit: ignore[rule-id, other-rule] reason (until 2027-03-31)`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit.errors import nearest
from cybrid_audit.facts import ExemptionKind, Location
from cybrid_audit.policy.comments import MARK, Comment, comments
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from cybrid_audit.project import Project

_DIRECTIVE: Final = re.compile(r"cybrid-audit:\s*ignore\b\s*(?P<list>\[(?P<rules>[^\]]*)\])?\s*:?\s*(?P<rest>.*)")
_UNTIL: Final = re.compile(r"\(\s*until:?\s+(?P<day>[^()\s]+)\s*\)\s*$", re.IGNORECASE)
_LETTER: Final = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Declared:
    """One suppression as the project declares it, wherever. It fits findings of `rules` that match the other conditions.

    `line` limits it to one line of the file `path`, `glob` to files, `fingerprint` to one finding. `problem` says why it
    cannot count whatever is found; `until` is its last day. `key` tells equal declarations in two trees."""

    kind: ExemptionKind
    at: Location
    rules: tuple[str, ...]
    reason: str
    owner: str = ""
    until: dt.date | None = None
    path: str = ""
    line: int = 0
    glob: str = ""
    fingerprint: str = ""
    problem: str = ""
    detail: str = ""
    key: tuple[str, ...] = ()


def inline(project: Project, paths: Iterable[str], known: Collection[str]) -> Iterator[Declared]:
    """Yield the suppressions in comments of these files, by place. `known` are the ids of all rules."""
    for path in sorted(set(paths)):
        data = text_of(project, path)
        if data is not None and MARK in data:
            yield from read(path, data, project.sources.get(path), known)


def text_of(project: Project, path: str) -> bytes | None:
    """Return the content of a file of the project, of one that an ignore file names too; None where it cannot be read."""
    return project.searched_text(path) if path in project.tracked else project.ignored_text(path)


def read(path: str, data: bytes, language: str | None, known: Collection[str]) -> Iterator[Declared]:
    """Yield the suppressions in the comments of one file."""
    for comment in comments(path, data, language):
        found = _DIRECTIVE.match(comment.text)
        if found is not None:
            yield _declared(comment, found, known)


def _declared(comment: Comment, found: re.Match[str], known: Collection[str]) -> Declared:
    import datetime as dt

    rules = tuple(dict.fromkeys(each for each in re.split(r"[\s,]+", found["rules"] or "") if each))
    reason = found["rest"].strip()
    until, problem, detail = None, "", ""
    day = _UNTIL.search(reason)
    if day is not None:
        reason = reason[: day.start()].strip()
        try:
            until = dt.date.fromisoformat(day["day"])
        except ValueError:
            problem, detail = "no-date", day["day"][:40]
    unknown = [each for each in rules if each not in known]
    if not rules or "*" in rules or "all" in rules:
        problem = "no-rule"
    elif unknown:
        problem, detail = "unknown-rule", _suggestion(unknown[0], known)
    elif not _LETTER.search(reason):
        problem = "no-reason"
    return Declared(
        ExemptionKind.INLINE,
        comment.at,
        rules,
        reason,
        until=until,
        path=comment.at.path,
        line=comment.target,
        problem=problem,
        detail=detail,
        # The code belongs to it: a comment that is moved to other code is another one.
        key=(comment.at.path, ",".join(sorted(rules)), reason, str(until), comment.code),
    )


def _suggestion(name: str, known: Collection[str]) -> str:
    near = nearest(name, sorted(known))
    shown = repr(name[:60])
    return f"{shown} (perhaps {near})" if near else shown
