"""A second factor is verified on the path to an event, but the outcome does not stop the path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cybrid_audit.facts import ApiCall, CheckSite, Facts, Location, Visit
from cybrid_audit.judges._common import is_judged, step, sureness
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.judges._events import is_client, loses_outcome
from cybrid_audit.result import Finding, Verdict

Loss = tuple[CheckSite, ApiCall, Visit]


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a verification call, at that call; the events that it fails to guard are in the data."""
    lost: dict[Location, list[Loss]] = {}
    for check, call, visit in _losses(facts):
        lost.setdefault(check.location, []).append((check, call, visit))
    for at, group in sorted(lost.items()):
        # A visible entry point proves it; a caller that is not analysed might still stop the path.
        group.sort(key=lambda loss: (not loss[2].entry.is_visible, len(loss[2].trace), loss[1].operation))
        check, call, visit = group[0]
        verdict = Verdict.VIOLATED if visit.entry.is_visible else Verdict.UNPROVEN
        operations = sorted({each.operation for _, each, _ in group})
        events = sorted({each.event for _, each, _ in group if each.event is not None})
        yield context.finding(
            verdict.value,
            at,
            verdict=verdict,
            confidence=sureness(call.approximations),
            operation=call.operation,
            trace=(
                *visit.trace[:1],
                step(call.site, context.note("event", operation=call.operation)),
                step(at, context.note("check", check=check.name)),
            ),
            data={"check": check.name, "operations": operations, "events": events},
            control=context.rule.control if "customer_transaction" in events else "CA-1",
            check=check.name,
        )


def _losses(facts: Facts) -> Iterator[Loss]:
    for call in facts.calls:
        if call.event is None or not is_judged(call.side):
            continue
        for visit in call.visits:
            if loses_outcome(visit) and not is_client(call, visit):
                for check in visit.mfa.ignored:
                    yield check, call, visit
