"""Everything the data says about the rules: one `<rule-id>/rule.yaml` a rule. The code that judges is in `judges/`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from cybrid_audit.knowledge._records import no_mapping
from cybrid_audit.records import dataclass, field
from cybrid_audit.result import Level


class Severity(StrEnum):
    """How much harm the defect does where it is real. Neither how sure a finding is nor how binding its control."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Lifecycle(StrEnum):
    """Whether a rule may still change its mind."""

    EXPERIMENTAL = "experimental"
    STABLE = "stable"
    DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True)
class Rule:
    """The texts and the standing of one rule.

    `summary` says in one sentence what is found, `why` what it does harm to, `remediation` what to do. `messages` holds
    the texts of findings by name, with `{slots}` that the judge fills. `also` are further controls that a finding breaks.
    `cwe` are identifiers such as `CWE-863`."""

    id: str
    title: str
    control: str
    level: Level
    severity: Severity
    lifecycle: Lifecycle
    summary: str
    why: str
    remediation: str
    messages: Mapping[str, str]
    references: tuple[str, ...]
    cwe: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=no_mapping)
    """Notes of trace steps that the judge adds, by name, with `{slots}`."""
    names_control: bool = False
    """Whether each finding says which control it breaks. `control` then is where the rule is listed."""
    languages: tuple[str, ...] = ("python", "typescript")
    """In which its page shows it, as fenced blocks name them."""
