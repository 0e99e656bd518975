"""Code that matches a pattern which semgrep looked for. The pattern names the control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.result import Confidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cybrid_audit.facts import Facts
    from cybrid_audit.judges import JudgeContext
    from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterator[Finding]:
    """Yield a finding for each match."""
    for each in facts.matches:
        yield context.finding(
            "matched",
            each.at,
            confidence=Confidence(each.confidence),
            control=each.control,
            data={"pattern": each.pattern, "cwe": list(each.cwe), "same_as": each.same_as},
            root_cause=f"pattern {each.pattern}",
            said=each.message.rstrip("."),
            pattern=each.pattern,
        )
