"""Events that an entry point reaches on a path without an enforced guard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cybrid_audit.facts import ApiCall, EntryKind, EntryPoint, Facts, GuardState, GuardView, Side, Trace, Visit
from cybrid_audit.judges._common import capitalised, described, is_judged, place, sureness, told
from cybrid_audit.records import dataclass
from cybrid_audit.result import Verdict

if TYPE_CHECKING:
    from cybrid_audit.judges._context import JudgeContext
    from cybrid_audit.result import Finding

View = Callable[[Visit], GuardView]
"""Which guard of a visit is judged."""


def mfa(visit: Visit) -> GuardView:
    """Return what is known of the second factor."""
    return visit.mfa


def email(visit: Visit) -> GuardView:
    """Return what is known of the e-mail check."""
    return visit.email


def events(facts: Facts, event: str) -> Iterator[ApiCall]:
    """Yield the calls that are such an event."""
    return (call for call in facts.calls if call.event == event and is_judged(call.side))


def is_client(call: ApiCall, visit: Visit) -> bool:
    """Whether client-side code makes the call, so that what the server checks cannot be seen."""
    return call.side is Side.CLIENT or visit.entry.kind is EntryKind.CLIENT


def loses_outcome(visit: Visit) -> bool:
    """Whether a verification happens whose outcome is lost at a known place: `mfa-result-ignored` speaks of it."""
    return visit.mfa.state is GuardState.IGNORED and bool(visit.mfa.ignored)


@dataclass(frozen=True, slots=True)
class Gap:
    """One entry point that reaches an event without a proven guard. `message` names the text that says so."""

    message: str
    verdict: Verdict
    entry: EntryPoint | None
    trace: Trace

    @property
    def badness(self) -> tuple[bool, bool, int, str]:
        """Sort key: broken before open, what is known before what is not seen, then the shortest way."""
        name = repr(self.entry.location) + self.entry.name if self.entry is not None else ""
        return (self.verdict is not Verdict.VIOLATED, self.message == "unreached", len(self.trace), name)


def gaps(call: ApiCall, view: View) -> list[Gap]:
    """Return every entry point's gap in one guard, the worst first."""
    if not call.visits:
        return [Gap("unreached", Verdict.UNPROVEN, None, ())]
    found = [gap for visit in call.visits if (gap := _gap(call, visit, view(visit).state)) is not None]
    return sorted(found, key=lambda gap: gap.badness)


def _gap(call: ApiCall, visit: Visit, state: GuardState) -> Gap | None:
    if is_client(call, visit):
        # Even a guard that the client enforces is none.
        return Gap("client", Verdict.UNPROVEN, visit.entry, visit.trace)
    if state in (GuardState.ENFORCED, GuardState.NOT_REQUIRED):
        return None
    if not visit.entry.is_visible:
        return Gap("library", Verdict.UNPROVEN, visit.entry, visit.trace)
    if state is GuardState.UNPROVEN:
        return Gap("guard", Verdict.UNPROVEN, visit.entry, visit.trace)
    return Gap("violated", Verdict.VIOLATED, visit.entry, visit.trace)


def judge_event(
    facts: Facts, context: JudgeContext, event: str, view: View, *, but: Callable[[Visit], bool] | None = None
) -> Iterator[Finding]:
    """Yield one finding for each event that is not proven guarded: the worst entry point's, the others in its data.

    Entry points for which `but` holds are another rule's."""
    for call in events(facts, event):
        judged = call
        if but is not None and call.visits:
            rest = tuple(visit for visit in call.visits if not but(visit))
            if not rest:
                continue
            judged = _with_visits(call, rest)
        found = gaps(judged, view)
        if not found:
            continue
        worst = found[0]
        same = [gap.entry for gap in found if gap.verdict is worst.verdict and gap.entry is not None]
        yield context.finding(
            worst.message,
            call.site,
            verdict=worst.verdict,
            confidence=sureness(call.approximations),
            operation=call.operation,
            trace=worst.trace,
            data={"entries": [{"kind": each.kind.value, "name": each.name, **place(each.location)} for each in same]},
            entry=_worded(worst),
            told=_told(facts, call, worst),
        )


def _worded(gap: Gap) -> str:
    if gap.entry is None:
        return ""
    text = described(gap.entry)
    return text if gap.message == "library" else capitalised(text)


def _told(facts: Facts, call: ApiCall, gap: Gap) -> str:
    """Return what tells that client-side code makes a call: the side of its file, else the page that leads to it."""
    if gap.message != "client" or call.side is Side.CLIENT:
        return told(facts, call.site.path)
    return f" It is reached from {described(gap.entry)}." if gap.entry is not None else ""


def _with_visits(call: ApiCall, visits: tuple[Visit, ...]) -> ApiCall:
    from dataclasses import replace

    return replace(call, visits=visits)
