"""A literal is, or becomes, a client id of the platform."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.judges._literals import judge_literals
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a place; the same value in several places shares its `secret_id`."""
    return judge_literals(facts, context, "client_id")
