"""A handler of platform events acts without an enforced check of the signature."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts, GuardState, Location, WebhookHandler
from cybrid_audit.judges._common import joined
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding, Verdict


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a handler."""
    handlers: dict[Location, list[tuple[int, str, WebhookHandler]]] = {}
    for handler in facts.webhooks:
        message = _message(handler)
        if message:
            rank = 1 if message == "unproven" else 0
            handlers.setdefault(handler.at, []).append((rank, message, handler))
    for at, group in sorted(handlers.items()):
        _, message, handler = min(group, key=lambda row: (row[0], row[1], len(row[2].trace)))
        checks = [check.name for check in handler.signature.ignored]
        yield context.finding(
            message,
            at,
            verdict=Verdict.UNPROVEN if message == "unproven" else Verdict.VIOLATED,
            trace=handler.trace,
            data={"fails_open": handler.fails_open} if handler.fails_open else {},
            check=joined(checks),
            detail=handler.fails_open,
        )


def _message(handler: WebhookHandler) -> str:
    if handler.fails_open:
        return "open"
    match handler.signature.state:
        case GuardState.ENFORCED | GuardState.NOT_REQUIRED:
            return ""
        case GuardState.UNPROVEN:
            return "unproven"
        case GuardState.IGNORED if handler.signature.ignored:
            return "ignored"
        case _:
            return "violated"
