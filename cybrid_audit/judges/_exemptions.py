"""What the judges of suppressions and attestations share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from cybrid_audit.facts import Exemption, ExemptionKind

if TYPE_CHECKING:
    from cybrid_audit.facts import Facts
    from cybrid_audit.judges import JudgeContext
    from cybrid_audit.result import Finding


def findings(
    facts: Facts,
    context: JudgeContext,
    problems: Collection[str],
    *,
    kinds: Collection[ExemptionKind] = tuple(ExemptionKind),
    message: Callable[[Exemption], str] = lambda exemption: "violated",
) -> Iterator[Finding]:
    """Yield a finding for each declaration of these kinds that has one of the problems."""
    for each in facts.exemptions:
        if each.problem in problems and each.kind in kinds:
            yield context.finding(
                message(each),
                each.at,
                data={"kind": each.kind.value, "subject": each.subject},
                subject=each.subject,
                reason=each.reason or "no reason is given",
                until=each.until,
                detail=each.detail,
            )
