"""`scan --fix`: shows what fixes change, writes them, and audits what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cybrid_audit.cli._policy import Judging
    from cybrid_audit.cli._terminal import Destination
    from cybrid_audit.fixes.plan import Plan
    from cybrid_audit.reports import FixText
    from cybrid_audit.result import AuditResult


def fix(
    path: str, result: AuditResult, by: Judging, rules: Iterable[str], *, unsafe: bool, shown: Destination | None
) -> AuditResult:
    """Fix what can be fixed of a result, and return that of an audit afterwards.

    With `shown`, the differences go there and nothing is written; the result is returned as it is. Else they go to
    standard error, before anything is written.

    Raises:
        AuditError: a file has changed meanwhile, or cannot be written; nothing, or what the message says, was changed."""
    from cybrid_audit.cli._terminal import tell
    from cybrid_audit.fixes.companions import companions
    from cybrid_audit.fixes.plan import plan
    from cybrid_audit.fixes.preview import preview
    from cybrid_audit.fixes.write import write

    root = result.root
    again = _auditing(path, by, rules)
    made = plan(result, lambda each: _read(root, each), again, unsafe=unsafe)
    beside = companions(
        ((each.path, name) for each in made.fixes for name in each.variables), lambda each: _read(root, each)
    )
    before = {**made.before, **{each: held for each in beside if (held := _read(root, each)) is not None}}
    after = {**made.after, **beside}
    differences = preview(result, before, after)
    if shown is not None:
        shown.write(differences) if differences else None
        tell(_summary(made, result, unsafe=unsafe, would="would be "))
        return result
    if after:
        tell(differences.rstrip("\n"))
        write(root, before, after)
    tell(_summary(made, result, unsafe=unsafe, would=""))
    for each in sorted({name for fixed in made.fixes for name in fixed.variables}):
        tell(f"set {each} where the code runs")
    if any(fixed.variables for fixed in made.fixes):
        tell("revoke the credentials that stood in the code: the history keeps them")
    return again({}) if after else result


def known_fixes(path: str, result: AuditResult, by: Judging, rules: Iterable[str]) -> dict[str, FixText]:
    """Return, by fingerprint, the changes that one more audit proves to remove their findings together."""
    from cybrid_audit.fixes.plan import plan
    from cybrid_audit.reports import FixText, Replacement

    made = plan(result, lambda each: _read(result.root, each), _auditing(path, by, rules), unsafe=True, audits=1)
    return {
        fixed.finding.fingerprint: FixText(
            fixed.title,
            tuple(
                Replacement(
                    fixed.path,
                    _place(made.before[fixed.path], edit.start),
                    _place(made.before[fixed.path], edit.end),
                    edit.text.decode(),
                )
                for edit in fixed.edits
            ),
            fixed.is_safe,
        )
        for fixed in made.fixes
    }


def _auditing(path: str, by: Judging, rules: Iterable[str]) -> Callable[[Mapping[str, bytes]], AuditResult]:
    """Return what audits the code base with other contents in the place of some files'."""
    from cybrid_audit.audit import audit

    chosen = frozenset(rules) or None
    return lambda edited: audit(
        path,
        config=by.config,
        rules=chosen,
        edited=edited,
        baseline=by.baseline,
        trust=by.trust,
        patterns=by.patterns,
    )


def _place(source: bytes, at: int) -> tuple[int, int]:
    """Return line and column, both from 1 and the column in code points, of a byte."""
    start = source.rfind(b"\n", 0, at) + 1
    return source.count(b"\n", 0, at) + 1, len(source[start:at].decode("utf-8", "replace")) + 1


def _summary(made: Plan, result: AuditResult, *, unsafe: bool, would: str) -> str:
    parts = [f"{len(made.fixes)} of {len(result.findings)} findings {would}fixed"]
    if made.failed:
        parts.append(f"for {len(made.failed)} a change was tried and does not hold")
    if not unsafe:
        parts.append("--unsafe also reads literal credentials from the environment")
    return "; ".join(parts)


def _read(root: str, path: str) -> bytes | None:
    from cybrid_audit.limits import MAX_SOURCE_BYTES
    from cybrid_audit.project import _files

    folder = os.path.join(root, *path.split("/")[:-1])
    if os.path.realpath(folder) != os.path.normpath(folder):
        return None
    try:
        return _files.read(os.path.join(root, *path.split("/")), MAX_SOURCE_BYTES)
    except OSError:
        return None
