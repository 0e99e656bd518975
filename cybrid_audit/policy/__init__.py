"""What a project has accepted: suppressions in comments and in the configuration, a baseline, attestations.

A stage between the judges and the controls. It takes findings out of those that count and never changes what a control is: an
accepted violation is still one. What is wrong with a declaration is told as facts, which rules judge like all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cybrid_audit.facts import Exemption, ExemptionKind, Location
from cybrid_audit.policy.inline import Declared, inline
from cybrid_audit.project._glob import matches
from cybrid_audit.records import dataclass, field
from cybrid_audit.result import BaselineState, Finding, Suppression, SuppressionKind

if TYPE_CHECKING:
    import datetime as dt

    from cybrid_audit.policy.baseline import Baseline
    from cybrid_audit.policy.trust import Trust
    from cybrid_audit.project import Project
    from cybrid_audit.project.config import Attestation, Config

__all__ = ["Applied", "Declared", "Policy", "apply"]

CONTROL: Final = "X-POLICY"
"""The control whose rules judge the declarations themselves. None of their findings can be accepted."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What decides which findings count. `ran` are the rules that looked, `known` all there are.

    `trust` is set when another revision than the audited tree says what may be accepted."""

    config: Config
    known: Collection[str]
    ran: Collection[str]
    today: dt.date | None = None
    baseline: Baseline | None = None
    trust: Trust | None = None
    told: tuple[Exemption, ...] = ()
    """What was found out about the tree before it was searched."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The findings that count, those that are accepted, and every declaration with what is wrong with it."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    exemptions: tuple[Exemption, ...] = field(default=())


def apply(findings: Iterable[Finding], project: Project, policy: Policy) -> Applied:
    """Return the findings with what the project has accepted taken out.

    Raises:
        AuditError: the trusted revision cannot be read."""
    found = tuple(findings)
    paths = {*project.named, *(each.location.path for each in found)}
    declared = [
        *inline(project, paths, policy.known),
        *(_bounded(each, project) for each in from_config(policy.config)),
    ]
    judged = [_told(each, policy) for each in declared]
    if policy.trust is not None:
        judged = policy.trust.judged(judged, project)
    covers: Counter[int] = Counter()
    used: dict[int, set[str]] = {}
    counted: list[Finding] = []
    accepted: list[Finding] = []
    for finding in found:
        fitting = [number for number, each in enumerate(judged) if fits(each, finding)]
        for number in fitting:
            covers[number] += 1
            used.setdefault(number, set()).add(finding.rule)
        counting = next((judged[number] for number in fitting if judged[number].problem in _COUNTING), None)
        state = None
        if policy.baseline is not None:
            held = policy.baseline.holds(finding)
            state = BaselineState.UNCHANGED if held else BaselineState.NEW
        if counting is not None:
            accepted.append(replace(finding, suppression=_suppression(counting), baseline_state=state))
        elif state is BaselineState.UNCHANGED and policy.baseline is not None:
            told = Suppression(kind=SuppressionKind.BASELINE, reason=IN_BASELINE, path=policy.baseline.path)
            accepted.append(replace(finding, suppression=told, baseline_state=state))
        else:
            counted.append(replace(finding, baseline_state=state) if state is not None else finding)
    exemptions = [
        _exemption(each, covers[number], used.get(number, set()), policy) for number, each in enumerate(judged)
    ]
    exemptions += [_attestation(each, policy) for each in policy.config.attestations]
    if policy.trust is not None:
        exemptions += [*policy.trust.changes(project), *policy.told]
    ordered = sorted(exemptions, key=lambda each: (each.at, each.kind, each.subject))
    return Applied(tuple(counted), tuple(accepted), tuple(ordered))


FEW: Final = 3
"""Source files below which a glob that fits them all may be meant for them."""


def _bounded(declared: Declared, project: Project) -> Declared:
    """Return a suppression of the configuration, with what is wrong where its glob fits every source file of the project."""
    if declared.problem or declared.fingerprint or not {"*", "?"} & set(declared.glob) or len(project.sources) < FEW:
        return declared
    is_wide = all(matches(declared.glob, path) for path in project.sources)
    return replace(declared, problem="too-wide") if is_wide else declared


_COUNTING: Final = ("", "added-allowed")
IN_BASELINE: Final = "It was there when the baseline was written."


def fits(declared: Declared, finding: Finding) -> bool:
    """Whether a declaration is about a finding, be it valid or not."""
    if finding.rule not in declared.rules:
        return False
    at = finding.location
    if declared.line and (at.path, at.start_line) != (declared.path, declared.line):
        return False
    if declared.glob and not matches(declared.glob, at.path):
        return False
    return not declared.fingerprint or finding.fingerprint == declared.fingerprint


def _told(declared: Declared, policy: Policy) -> Declared:
    """Return the declaration, expired where its day has passed."""
    if declared.problem or declared.until is None or policy.today is None or policy.today <= declared.until:
        return declared
    return replace(declared, problem="expired")


def _suppression(declared: Declared) -> Suppression:
    return Suppression(
        kind=SuppressionKind(declared.kind.value),
        reason=declared.reason,
        owner=declared.owner,
        until="" if declared.until is None else declared.until.isoformat(),
        path=declared.at.path,
        line=declared.at.start_line,
    )


def _exemption(declared: Declared, covers: int, used: set[str], policy: Policy) -> Exemption:
    subject = ", ".join(declared.rules) or "every rule"
    problem, detail = declared.problem, declared.detail
    idle = [rule for rule in declared.rules if rule in policy.ran and rule not in used]
    if not problem and idle:
        problem, subject = "unused", ", ".join(idle)
    return Exemption(
        kind=declared.kind,
        at=declared.at,
        subject=subject,
        reason=declared.reason,
        owner=declared.owner,
        until="" if declared.until is None else declared.until.isoformat(),
        covers=covers if problem in _COUNTING else 0,
        problem=problem,
        detail=detail,
    )


def from_config(config: Config) -> list[Declared]:
    """Return the suppressions of the configuration."""
    return [
        Declared(
            ExemptionKind.CONFIG,
            Location(config.shown, each.line),
            (each.rule,),
            each.reason,
            owner=each.owner,
            until=each.expires,
            glob=each.path,
            fingerprint=each.fingerprint,
            problem="too-wide" if each.is_too_wide else "",
            key=(each.rule, each.path, each.fingerprint, each.reason, each.owner, str(each.expires)),
        )
        for each in config.suppressions
    ]


def _attestation(attestation: Attestation, policy: Policy) -> Exemption:
    return Exemption(
        kind=ExemptionKind.ATTESTATION,
        at=Location(policy.config.shown, attestation.line),
        subject=attestation.control,
        reason=attestation.statement,
        owner=attestation.owner,
        until=attestation.expires.isoformat(),
        problem=attestation.problem(policy.today),
        detail=attestation.date.isoformat(),
    )


def by_key(declared: Iterable[Declared]) -> Mapping[tuple[str, ...], int]:
    """Return how many declarations there are of each kind of content."""
    return Counter((each.kind.value, *each.key) for each in declared)
