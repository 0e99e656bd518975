"""Findings that one fix settles, put together: the same rule and verdict from the same root cause."""

from __future__ import annotations

from cybrid_audit.facts import TokenMint
from cybrid_audit.records import dataclass
from cybrid_audit.reports.ordering import ordered, sort_key
from cybrid_audit.result import AuditResult, Finding


@dataclass(frozen=True, slots=True)
class Cause:
    """Where the findings of a group come from."""

    path: str
    line: int
    note: str


@dataclass(frozen=True, slots=True)
class Group:
    """One block of the report: at least one finding, in order; `cause` only where several share one."""

    findings: tuple[Finding, ...]
    cause: Cause | None = None

    @property
    def first(self) -> Finding:
        """The finding that speaks for all of them: rule, control, level and verdict are the same."""
        return self.findings[0]


def grouped(result: AuditResult) -> tuple[Group, ...]:
    """Return every finding of `result` in exactly one group, the groups in the order of their first findings."""
    members: dict[tuple[str, ...], list[Finding]] = {}
    for index, finding in enumerate(ordered(result.findings)):
        shared = finding.root_cause or f"\0{index}"
        members.setdefault((finding.rule, finding.control, finding.level, finding.verdict, shared), []).append(finding)
    mints = {mint.id: mint for mint in result.facts.mints}
    groups = (Group(tuple(found), _cause(found, mints)) for found in members.values())
    return tuple(sorted(groups, key=lambda group: sort_key(group.first)))


def _cause(findings: list[Finding], mints: dict[str, TokenMint]) -> Cause | None:
    if len(findings) == 1:
        return None
    mint = mints.get(findings[0].root_cause)
    if mint is not None:
        scopes = " ".join(sorted(mint.scopes.names))
        held = f", with {scopes}" if scopes else ""
        return Cause(mint.site.path, mint.site.start_line, f"{mint.kind.value} token requested here{held}")
    starts = {finding.trace[0] for finding in findings if finding.trace}
    if len(starts) == 1 and all(finding.trace for finding in findings):
        (start,) = starts
        return Cause(start.path, start.line, start.note)
    return None
