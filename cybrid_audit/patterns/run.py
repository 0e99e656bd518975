"""One run of semgrep: the files it gets, and what its answer says.

It sees copies in a folder of its own, of the files that matter and no others: no configuration, ignore file or repository of the
audited tree, no link, and the same contents as the engine."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.errors import AuditError
from cybrid_audit.facts import Facts, Location, PatternMatch, Skipped
from cybrid_audit.judges._common import is_judged
from cybrid_audit.limits import (
    MAX_PATTERN_ANSWER_BYTES,
    MAX_PATTERN_MATCHES,
    MAX_PATTERN_SECONDS,
    MAX_PATTERN_TARGET_BYTES,
    MAX_PATTERN_TARGETS,
)
from cybrid_audit.patterns.command import arguments, environment

if TYPE_CHECKING:
    from cybrid_audit.patterns.rule_files import RuleSet
    from cybrid_audit.project import Project

WHOLE: Final = "."
"""The path of what was not looked at when that is everything."""

_IGNORE: Final = ".semgrepignore"
_LACKING: Final = (
    "semgrep was asked for and is not installed (pip install cybrid-audit[semgrep]), so that no pattern was looked for"
)
_PARSING: Final = "semgrep could not parse all of it, so that patterns may be missing"
_REASONS: Final = {
    "Timeout": "a pattern rule did not end in time, so that its matches are missing",
    "Timeout error": "a pattern rule did not end in time, so that its matches are missing",
    "FixpointTimeout": "a pattern rule did not end in time, so that its matches are missing",
    "Out of memory": "a pattern rule needed too much memory, so that its matches are missing",
    "OutOfMemory": "a pattern rule needed too much memory, so that its matches are missing",
    "PartialParsing": _PARSING,
    "Syntax error": _PARSING,
    "ParseError": _PARSING,
    "Lexical error": _PARSING,
    "LexicalError": _PARSING,
    "Other syntax error": _PARSING,
}
_OTHER: Final = "semgrep could not look through it"


@contextmanager
def matching(project: Project, rules: RuleSet) -> Iterator[Callable[[Facts], Facts]]:
    """Start semgrep on the files that matter, and yield what adds its matches to facts: it waits for the answer.

    Whatever goes wrong with semgrep itself is told as what was not looked at. The process ends with the context.

    Raises:
        AuditError: no temporary folder can be made; from what is yielded, when semgrep refuses one of the user's rules."""
    if not rules.patterns:
        yield lambda facts: facts
        return
    if not rules.command:
        yield lambda facts: _told(facts, rules, unmatched=(Skipped(WHOLE, _LACKING),))
        return
    try:
        place = tempfile.TemporaryDirectory(prefix="cybrid-audit-", ignore_cleanup_errors=True)
    except OSError as error:
        raise AuditError(f"no temporary folder can be made ({error.strerror})", "set TMPDIR to one") from None
    with place as scratch:
        staged = _staged(project, os.path.join(scratch, "tree"))
        if not staged.paths:
            yield lambda facts: _told(facts, rules, unmatched=staged.left)
            return
        run = _Run(scratch, rules, staged)
        try:
            yield run.added
        finally:
            run.end()


def targets(project: Project) -> list[str]:
    """Return the files that semgrep looks at, in order: those the engine follows, and others that name the platform, in whatever
    language. Tests, documents and other people's code are left out."""
    unread = {each.path for each in project.skipped if each.path in project.unsupported}
    found = []
    for path in sorted({*project.relevant, *project.named, *unread}):
        told = project.files[path] if path in project.sources else project.path_side(path)
        if told is None or is_judged(told.side):
            found.append(path)
    return found


class _Staged:
    """The copies: their `paths`, and the files that were `left` out."""

    def __init__(self) -> None:
        self.paths: dict[str, None] = {}
        self.left: tuple[Skipped, ...] = ()


def _staged(project: Project, folder: str) -> _Staged:
    staged = _Staged()
    os.mkdir(folder)
    size = 0
    for path in targets(project):
        name = path.rpartition("/")[2]
        data = project.searched_text(path)
        if data is None or name in (_IGNORE, ".gitignore") or ".." in path.split("/") or os.path.isabs(path):
            continue
        size += len(data)
        if len(staged.paths) >= MAX_PATTERN_TARGETS or size > MAX_PATTERN_TARGET_BYTES:
            staged.left = (Skipped(WHOLE, f"semgrep looked at the first {len(staged.paths):,} files that matter only"),)
            break
        full = os.path.join(folder, *path.split("/"))
        try:
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "xb") as file:
                file.write(data)
        except (OSError, ValueError):
            # Names that this file system does not hold, or not side by side.
            staged.left = (*staged.left, Skipped(path, _OTHER))
            continue
        staged.paths[path] = None
    # Its own list of what to leave out holds unless there is another one.
    with open(os.path.join(folder, _IGNORE), "wb"):
        pass
    return staged


class _Run:
    """A semgrep that was started."""

    def __init__(self, scratch: str, rules: RuleSet, staged: _Staged) -> None:
        self._rules = rules
        self._staged = staged
        self._answer = os.path.join(scratch, "answer.json")
        self._ends = monotonic() + MAX_PATTERN_SECONDS
        folder, home = os.path.join(scratch, "rules"), os.path.join(scratch, "home")
        os.mkdir(folder)
        os.mkdir(home)
        for number, data in enumerate(rules.files):
            with open(os.path.join(folder, f"{number:04}.yaml"), "wb") as file:
                file.write(data)
        self._process: subprocess.Popen[bytes] | None = None
        with open(self._answer, "wb") as answer:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - a command line of our own
                    arguments(rules.command, folder),
                    cwd=os.path.join(scratch, "tree"),
                    env=environment(home),
                    stdin=subprocess.DEVNULL,
                    stdout=answer,
                    stderr=subprocess.DEVNULL,
                    # Of a group of its own, so that it ends with what it starts.
                    start_new_session=True,
                )
            except OSError:
                return

    def added(self, facts: Facts) -> Facts:
        """Return the facts with the matches and what was not looked at.

        Raises:
            AuditError: semgrep refuses a rule that is the user's."""
        try:
            matches, unmatched = self._read()
        except _FailedError as error:
            return _told(facts, self._rules, unmatched=(Skipped(WHOLE, str(error)),))
        return _told(facts, self._rules, matches, (*self._staged.left, *unmatched))

    def end(self) -> None:
        """End the process and all it started."""
        import signal

        process = self._process
        if process is None or process.poll() is not None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (AttributeError, OSError):
            process.kill()
        process.wait()

    def _read(self) -> tuple[tuple[PatternMatch, ...], list[Skipped]]:
        if self._process is None:
            raise _FailedError("semgrep cannot be started, so that no pattern was looked for")
        try:
            status = self._process.wait(max(0.0, self._ends - monotonic()))
        except subprocess.TimeoutExpired:
            self.end()
            raise _FailedError(
                f"semgrep did not end in {MAX_PATTERN_SECONDS} seconds, and no match of it counts"
            ) from None
        try:
            with open(self._answer, "rb") as file:
                data = file.read(MAX_PATTERN_ANSWER_BYTES + 1)
            answer = json.loads(data)
            errors, results = answer["errors"], answer["results"]
            if len(data) <= MAX_PATTERN_ANSWER_BYTES:
                return self._understood(errors, results, status)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        raise _FailedError(f"semgrep ended with code {status} and no answer, so that no pattern was looked for")

    def _understood(
        self, errors: list[dict[str, Any]], results: list[dict[str, Any]], status: int
    ) -> tuple[tuple[PatternMatch, ...], list[Skipped]]:
        """Return the matches, and what was not looked at.

        Raises:
            AuditError: a rule of the user's is refused.
            _FailedError: another rule is, or the run failed as a whole."""
        unmatched: dict[str, Skipped] = {}
        for error in errors:
            kind = error["type"] if isinstance(error["type"], str) else error["type"][0]
            path = error.get("path")
            if isinstance(path, str) and _plain(path) in self._staged.paths:
                unmatched[_plain(path)] = Skipped(_plain(path), _REASONS.get(kind, _OTHER))
            elif error.get("level") == "error":
                self._refused(error, status)
        if status not in (0, 1):
            raise _FailedError(f"semgrep ended with code {status}, and no match of it counts")
        matches = {self._match(each) for each in results}
        found = sorted((each for each in matches if each is not None), key=lambda each: (each.at, each.pattern))
        left = list(unmatched.values())
        if len(found) > MAX_PATTERN_MATCHES:
            left.append(Skipped(WHOLE, f"only the first {MAX_PATTERN_MATCHES:,} matches of semgrep are reported"))
        return tuple(found[:MAX_PATTERN_MATCHES]), left

    def _refused(self, error: Mapping[str, Any], status: int) -> None:
        """Raise for an error that is about a rule, or a file of rules; one about nothing in particular shows in the status."""
        stem = os.path.basename(str((error.get("spans") or [{}])[0].get("file", ""))).partition(".")[0]
        for each in self._rules.patterns.values():
            if each.id == error.get("rule_id") or f"{each.number:04}" == stem:
                break
        else:
            return
        if each.is_bundled:
            raise _FailedError(f"this semgrep cannot read {each.shown} (code {status}), and no match of it counts")
        what = f"the rule {each.id!r}" if each.id == error.get("rule_id") else "one of its rules"
        raise AuditError(
            f"{each.shown}: semgrep cannot read {what}", f"'semgrep scan --config {each.shown} .' says why"
        )

    def _match(self, result: Mapping[str, Any]) -> PatternMatch | None:
        """Return a match; None for that of a rule that does not count, or in something that is not a file of ours."""
        pattern = self._rules.patterns.get(result["check_id"])
        path = _plain(result["path"])
        if pattern is None or path not in self._staged.paths:
            return None
        start, end = result["start"], result["end"]
        at = Location(path, int(start["line"]), int(start["col"]) - 1, int(end["line"]), int(end["col"]) - 1)
        return PatternMatch(
            pattern.id, pattern.control, at, pattern.message, pattern.confidence, pattern.same_as, pattern.cwe
        )


class _FailedError(Exception):
    """Semgrep gave no answer that can be used."""


def _plain(path: str) -> str:
    return path.replace(os.sep, "/").removeprefix("./")


def _told(
    facts: Facts,
    rules: RuleSet,
    matches: tuple[PatternMatch, ...] = (),
    unmatched: Collection[Skipped] = (),
) -> Facts:
    left = tuple(sorted(unmatched, key=lambda each: (each.path, each.reason)))
    return replace(facts, matches=matches, unmatched=left, matched_controls=rules.controls)
