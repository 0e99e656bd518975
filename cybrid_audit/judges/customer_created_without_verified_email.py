"""A customer account is created on a path that enforces no verified e-mail address."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.judges._events import email, judge_event
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a call site. A check whose outcome is lost is no check: no other rule speaks of it."""
    return judge_event(facts, context, "customer_creation", email)
