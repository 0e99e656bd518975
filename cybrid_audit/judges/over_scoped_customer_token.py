"""A customer token asks for scopes that none of its operations needs."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts, TokenKind
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.judges._scopes import judge_scopes
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a place and set of scopes, with `requested`, `needed` and `excess` in its data."""
    return judge_scopes(facts, context, (TokenKind.CUSTOMER,))
