"""What a judge knows beside the facts, and how it words a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cybrid_audit.limits import MAX_TRACE_STEPS
from cybrid_audit.records import dataclass
from cybrid_audit.result import Confidence, Finding, Level, Verdict

if TYPE_CHECKING:
    from cybrid_audit.facts import Location, Step
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.knowledge.rule_facts import Rule


@dataclass(frozen=True, slots=True)
class JudgeContext:
    """The tables, and the rule that judges. Its texts are read when something is found."""

    knowledge: Knowledge
    rule_id: str

    @property
    def rule(self) -> Rule:
        """The rule's texts and standing."""
        return self.knowledge.rules[self.rule_id]

    def finding(
        self,
        message: str,
        location: Location,
        *,
        verdict: Verdict = Verdict.VIOLATED,
        confidence: Confidence = Confidence.HIGH,
        operation: str | None = None,
        trace: Iterable[Step] = (),
        data: Mapping[str, Any] | None = None,
        root_cause: str = "",
        control: str | None = None,
        **slots: str,
    ) -> Finding:
        """Return a finding of the rule with the message of this name, its slots filled.

        `control` is one of the rule's further controls when the finding breaks that one instead, or any where the rule leaves
        that to its findings.

        Raises:
            KeyError: the rule has no such message, or a slot of it is not given."""
        rule = self.rule
        broken = control or rule.control
        level = rule.level
        if broken != rule.control:
            level = next(Level(row.level) for row in self.knowledge.control_rows if row.id == broken)
        return Finding(
            rule=rule.id,
            control=broken,
            level=level,
            verdict=verdict,
            # How sure a violation is; an open question is neither sure nor unsure.
            confidence=confidence if verdict is Verdict.VIOLATED else Confidence.MEDIUM,
            message=rule.messages[message].format_map({"operation": operation, **slots}),
            location=location,
            operation=operation,
            trace=bounded(trace),
            data=dict(data or {}),
            root_cause=root_cause,
        )

    def note(self, name: str, **slots: str) -> str:
        """Return the note of a trace step. Raises KeyError as `finding` does."""
        return self.rule.notes[name].format_map(slots)


def bounded(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return a trace without immediate repetitions, its middle dropped when it is too long."""
    kept: list[Step] = []
    for step in steps:
        if not kept or kept[-1] != step:
            kept.append(step)
    if len(kept) > MAX_TRACE_STEPS:
        half = MAX_TRACE_STEPS // 2
        kept = [*kept[:half], *kept[-half:]]
    return tuple(kept)
