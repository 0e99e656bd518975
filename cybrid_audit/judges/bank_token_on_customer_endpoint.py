"""A customer operation may run with a bank token."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts, TokenKind
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.judges._tokens import judge_kind
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a call site, whatever other kinds of token it may run with besides."""
    return judge_kind(facts, context, TokenKind.BANK)
