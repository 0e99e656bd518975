"""A suppression that the audited tree has and the trusted revision lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.judges import _exemptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cybrid_audit.facts import Facts
    from cybrid_audit.judges import JudgeContext
    from cybrid_audit.result import Finding

PROBLEMS: Final = frozenset({"added", "added-allowed", "changed", "changed-allowed"})
"""Whether it counts, or the whole configuration differs; each is the name of a message."""


def judge(facts: Facts, context: JudgeContext) -> Iterator[Finding]:
    """Yield a finding for each suppression that the change adds."""
    yield from _exemptions.findings(facts, context, PROBLEMS, message=lambda exemption: exemption.problem)
