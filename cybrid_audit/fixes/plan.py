"""Finds the fixes that hold: each is tried on a copy in memory, audited, and kept only if it removes its finding and adds none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from cybrid_audit.fixes.editors import editor_of
from cybrid_audit.fixes.edits import Edit, applied
from cybrid_audit.fixes.proposals import Proposal, proposals
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.fixes.editors import Editor, Edits
    from cybrid_audit.result import AuditResult, Finding

Read = Callable[[str], bytes | None]
"""Returns the content of a file by its path in the tree; None when it cannot be read."""

Audit = Callable[[Mapping[str, bytes]], "AuditResult"]
"""Audits the tree as it would be with these contents in the place of its own."""

MAX_AUDITS: Final = 200
"""Audits that a plan may take. Beyond it, the findings that are left get no fix."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that is proven to remove its finding. `edits` are of the file at `path`, on its content before any fix."""

    finding: Finding
    title: str
    path: str
    edits: tuple[Edit, ...]
    is_safe: bool
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Fixes that hold together, and the findings for which a change was tried and none held.

    `before` and `after` are the contents of the files that change, by path."""

    fixes: tuple[Fix, ...]
    failed: tuple[Finding, ...]
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]


def plan(result: AuditResult, read: Read, audit: Audit, *, unsafe: bool, audits: int = MAX_AUDITS) -> Plan:
    """Return the fixes for a result's findings; those that are not safe only with `unsafe`. It takes `audits` at most.

    The whole is tried first, in one audit; what does not hold is then told apart one by one."""
    sources: dict[str, bytes] = {}
    editors: dict[str, Editor | None] = {}

    def opened(path: str) -> tuple[bytes, Editor] | None:
        if path not in editors:
            source = read(path)
            editors[path] = editor_of(path, source) if source is not None else None
            if source is not None:
                sources[path] = source
        editor = editors[path]
        return (sources[path], editor) if editor is not None else None

    asked = [each for each in proposals(result, opened) if unsafe or each.is_safe is not False]
    trial = _Trial(result, sources, editors, audit, audits)
    together = [(each, each.ways[0]) for each in asked]
    if not (together and trial.holds(together)):
        together = []
        for proposal in asked:
            way = next((each for each in proposal.ways if trial.holds([*together, (proposal, each)])), None)
            if way is not None:
                together.append((proposal, way))
    held = {id(each) for each, _ in together}
    fixes = tuple(Fix(each.finding, each.title, each.path, way, each.is_safe, each.variables) for each, way in together)
    after = trial.contents(together) or {}
    return Plan(
        fixes,
        tuple(each.finding for each in asked if id(each) not in held),
        {path: sources[path] for path in after},
        after,
    )


class _Trial:
    """Tries edits on contents in memory."""

    def __init__(
        self,
        result: AuditResult,
        sources: Mapping[str, bytes],
        editors: Mapping[str, Editor | None],
        audit: Audit,
        audits: int,
    ) -> None:
        self.before = _counted(result)
        self.calls = Counter(call.operation for call in result.facts.calls)
        self.sources = sources
        self.editors = editors
        self.audit = audit
        self.left = audits

    def contents(self, chosen: Iterable[tuple[Proposal, Edits]]) -> dict[str, bytes] | None:
        """Return the files as the edits make them; None when edits collide or a file would not parse any more."""
        edits: dict[str, list[Edit]] = {}
        for proposal, way in chosen:
            edits.setdefault(proposal.path, []).extend(way)
        made: dict[str, bytes] = {}
        for path, each in edits.items():
            changed = applied(self.sources[path], each)
            editor = self.editors[path]
            if changed is None or editor is None or not editor.parses(changed):
                return None
            made[path] = changed
        return made

    def holds(self, chosen: Sequence[tuple[Proposal, Edits]]) -> bool:
        """Whether the edits remove exactly their findings, add none, and leave every platform call where it is."""
        made = self.contents(chosen)
        if made is None or self.left <= 0:
            return False
        self.left -= 1
        result = self.audit(made)
        expected = self.before - Counter((each.finding.rule, each.finding.location.path) for each, _ in chosen)
        after = _counted(result)
        # One change may remove more than its own finding (a token that is minted no more …), never add one.
        removed = all(after[key] <= expected[key] for key in after | self.before)
        return removed and Counter(call.operation for call in result.facts.calls) == self.calls


def _counted(result: AuditResult) -> Counter[tuple[str, str]]:
    return Counter((each.rule, each.location.path) for each in result.findings)
