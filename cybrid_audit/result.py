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


class SuppressionKind(StrEnum):
    """Where a finding was accepted; `revision`: it is older than the change that is looked at."""

    INLINE = "inline"
    CONFIG = "config"
    BASELINE = "baseline"
    REVISION = "revision"


class BaselineState(StrEnum):
    """Whether a finding is in the baseline. It is None on a finding where there is no baseline."""

    NEW = "new"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Why a finding does not count. `until` is a day (`2027-03-31`), the last on which it holds, or empty.

    `path` and `line` are where it is declared; a baseline has no line."""

    kind: SuppressionKind
    reason: str
    owner: str = ""
    until: str = ""
    path: str = ""
    line: int = 0


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
    suppression: Suppression | None = None
    """Set on the findings of `AuditResult.suppressed`, and on no other."""
    baseline_state: BaselineState | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that supports a control's status: a proven site, a broken one, an open one, or a file not analysed.

    `count` is more than one where it stands for those that are not listed."""

    kind: str
    text: str
    path: str | None = None
    line: int | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class ControlReport:
    """The status of one control. `satisfied` always has evidence."""

    id: str
    level: Level
    status: ControlStatus
    statement: str
    evidence: tuple[Evidence, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return how many pieces of evidence there are of each kind, those that are not listed included."""
        found: dict[str, int] = {}
        for each in self.evidence:
            found[each.kind] = found.get(each.kind, 0) + each.count
        return found

    def proofs(self) -> int:
        """Return how many pieces speak for or against a site; notes and files that were not analysed do neither."""
        return sum(count for kind, count in self.counts().items() if kind not in ("note", "skipped", "lapsed"))


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What one run of the audit found.

    `findings` are those that count. `suppressed` are those that the project has accepted, in a comment, in the
    configuration or in a baseline: they decide no exit code, and the controls they break stay broken. `left_out` is the
    number of files that the configuration takes out of the audit."""

    root: str
    findings: tuple[Finding, ...]
    facts: Facts
    controls: tuple[ControlReport, ...]
    scanned: int
    relevant: int
    skipped: tuple[Skipped, ...]
    suppressed: tuple[Finding, ...] = ()
    left_out: int = 0
