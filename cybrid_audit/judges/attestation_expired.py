"""An attestation whose last day has passed, or whose first is still to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.facts import ExemptionKind
from cybrid_audit.judges import _exemptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cybrid_audit.facts import Facts
    from cybrid_audit.judges import JudgeContext
    from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterator[Finding]:
    """Yield a finding for each attestation that does not hold today."""
    yield from _exemptions.findings(
        facts, context, {"expired", "early"}, kinds={ExemptionKind.ATTESTATION}, message=lambda each: each.problem
    )
