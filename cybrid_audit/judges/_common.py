"""What several judges ask of facts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cybrid_audit.facts import Approximation, EntryKind, EntryPoint, Facts, Location, Side, Step, Trace
from cybrid_audit.result import Confidence

UNJUDGED_SIDES: Final = frozenset({Side.TEST, Side.DOCS, Side.VENDORED})
"""Sides that rules on flows skip (policy section 3); rules on literals look everywhere."""


def is_judged(side: Side) -> bool:
    """Whether rules on flows judge code of this side."""
    return side not in UNJUDGED_SIDES


def ending(trace: Trace, at: Location, note: str) -> Trace:
    """Return the trace so that it ends at a place: a last step that stands there already is kept as it is."""
    if trace and (trace[-1].path, trace[-1].line) == (at.path, at.start_line):
        return trace
    return (*trace, Step(at.path, at.start_line, note))


def step(at: Location, note: str) -> Step:
    """Return a step at a place."""
    return Step(at.path, at.start_line, note)


def sureness(approximations: Iterable[Approximation]) -> Confidence:
    """Return how sure a finding is whose facts a bound may have touched."""
    return Confidence.MEDIUM if any(True for _ in approximations) else Confidence.HIGH


def told(facts: Facts, path: str) -> str:
    """Return a sentence that says why a file counts as client-side, with a space before it; empty where nothing says it."""
    reason = next((each.reason for each in facts.sides if each.path == path and each.side is Side.CLIENT), "")
    return f" The file is client-side: {reason}." if reason else ""


def described(entry: EntryPoint) -> str:
    """Return an entry point in prose, e.g. `the HTTP route POST /orders`."""
    name = entry.name
    if not name or name == "a function":
        name = f"at {entry.location.path}:{entry.location.start_line}"
    return f"the {_WORDS[entry.kind]} {name}"


_WORDS: Final = {
    EntryKind.HTTP_ROUTE: "HTTP route",
    EntryKind.SERVER_ACTION: "server action",
    EntryKind.RPC: "RPC procedure",
    EntryKind.QUEUE_CONSUMER: "queue consumer",
    EntryKind.WEBHOOK: "webhook handler",
    EntryKind.SCHEDULE: "scheduled job",
    EntryKind.CLI: "command",
    EntryKind.SCRIPT: "script",
    EntryKind.LIBRARY: "library function",
    EntryKind.CLIENT: "client code",
}


def capitalised(text: str) -> str:
    """Return the text with its first letter large."""
    return text[:1].upper() + text[1:]


def joined(words: Iterable[str]) -> str:
    """Return words as a list in prose: `a, b and c`."""
    found = list(words)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}" if found else "none"


def place(at: Location) -> dict[str, str | int]:
    """Return a place as plain data."""
    return {"path": at.path, "line": at.start_line}
