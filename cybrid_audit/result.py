"""The finished result of an audit: what every reporter renders and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Any

from cybrid_audit.facts import Facts, Location, Skipped, Trace
from cybrid_audit.records import dataclass, field


class Level(StrEnum):
    """How binding a control is."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    EXTRA = "extra"


class Verdict(StrEnum):
    """Policy section 2."""

    VIOLATED = "violated"
    UNPROVEN = "unproven"


class Confidence(StrEnum):
    """How sure a verdict of `violated` is; low where a name decided."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ControlStatus(StrEnum):
    """Policy section 1. `not applicable` has a space in every output."""

    VIOLATED = "violated"
    UNPROVEN = "unproven"
    SATISFIED = "satisfied"
    NOT_APPLICABLE = "not applicable"
    ATTESTED = "attested"


class ExitStatus(IntEnum):
    """The process exit codes: a public contract (policy section 5)."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERNAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One defect, or one open question, at one place. `trace` runs from where the value or the request arose to `location`."""

    rule: str
    control: str
    level: Level
    verdict: Verdict
    confidence: Confidence
    message: str
    location: Location
    operation: str | None = None
    trace: Trace = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    root_cause: str = ""
    """Findings with the same non-empty value share one cause (for example one mint) and are shown together."""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that supports a control's status: a proven site, a broken one, an open one, or a file not analysed."""

    kind: str
    text: str
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ControlReport:
    """The status of one control. `satisfied` always has evidence."""

    id: str
    level: Level
    status: ControlStatus
    statement: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What one run of the audit found."""

    root: str
    findings: tuple[Finding, ...]
    facts: Facts
    controls: tuple[ControlReport, ...]
    scanned: int
    relevant: int
    skipped: tuple[Skipped, ...]
