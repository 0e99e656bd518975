"""A suppression that takes out no finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.facts import ExemptionKind
from cybrid_audit.judges import _exemptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cybrid_audit.facts import Exemption, Facts
    from cybrid_audit.judges import JudgeContext
    from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterator[Finding]:
    """Yield a finding for each suppression of something that is not found."""
    yield from _exemptions.findings(facts, context, {"unused"}, message=_message)


def _message(exemption: Exemption) -> str:
    return "comment" if exemption.kind is ExemptionKind.INLINE else "config"
