"""A customer's transaction is made on a path with no enforced second factor."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.judges._events import judge_event, loses_outcome, mfa
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a call site. Where a verification's outcome is lost, `mfa-result-ignored` says it instead."""
    return judge_event(facts, context, "customer_transaction", mfa, but=loses_outcome)
