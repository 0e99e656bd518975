"""A login issues a session with no second factor on the path."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts, GuardState, Location, LoginIssue
from cybrid_audit.judges._common import capitalised, described, ending
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding, Verdict


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a call that issues a session, unless every protected route enforces a factor."""
    if not facts.integrates:
        return
    worst: dict[Location, LoginIssue] = {}
    for login in facts.logins:
        if not login.enforced_elsewhere and login.mfa.state not in (GuardState.ENFORCED, GuardState.NOT_REQUIRED):
            held = worst.get(login.at)
            if held is None or _badness(login) < _badness(held):
                worst[login.at] = login
    for at, login in sorted(worst.items(), key=lambda item: item[0]):
        verdict = _verdict(login)
        yield context.finding(
            verdict.value,
            at,
            verdict=verdict,
            trace=ending(login.trace, at, context.note("at", call=login.call)),
            data={"call": login.call},
            call=login.call,
            entry=capitalised(described(login.entry)),
        )


def _verdict(login: LoginIssue) -> Verdict:
    open_question = login.mfa.state is GuardState.UNPROVEN or not login.entry.is_visible
    return Verdict.UNPROVEN if open_question else Verdict.VIOLATED


def _badness(login: LoginIssue) -> tuple[bool, int, Location]:
    return (_verdict(login) is Verdict.UNPROVEN, len(login.trace), login.entry.location)
