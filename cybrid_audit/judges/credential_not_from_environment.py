"""The client id or secret of a mint comes from neither the environment nor a secrets manager."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cybrid_audit.facts import CredentialUse, Facts, Location, SourceKind, ValueSource
from cybrid_audit.judges._common import is_judged, joined, step
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding, Verdict

UNSAFE: Final = {
    SourceKind.FILE: "a file",
    SourceKind.DATABASE: "a database",
    SourceKind.REQUEST: "a request",
    SourceKind.PROMPT: "a prompt",
}
"""Sources that break the rule, and what they are called."""

ROLES: Final = {"client_id": "client id", "client_secret": "client secret"}


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a mint: violated for a source that is known to be another, unproven for an unknown one.

    A literal is CR-1 and no matter of this rule. A value that is unknown on one path only, beside a safe source or a
    literal on another, is not raised: mostly it is a default that is never a credential."""
    mints: dict[Location, list[CredentialUse]] = {}
    for use in facts.credentials:
        if use.role in ROLES and is_judged(use.side):
            mints.setdefault(use.mint, []).append(use)
    for at, uses in sorted(mints.items(), key=lambda item: item[0]):
        unsafe = [(use, source) for use in uses for source in use.sources if source.kind in UNSAFE]
        if unsafe:
            yield _finding(at, unsafe, Verdict.VIOLATED, context)
        elif unknown := list(_unknown(uses)):
            yield _finding(at, unknown, Verdict.UNPROVEN, context)


def _unknown(uses: list[CredentialUse]) -> Iterator[tuple[CredentialUse, ValueSource]]:
    for role in ROLES:
        of_role = [use for use in uses if use.role == role]
        sources = [(use, source) for use in of_role for source in use.sources]
        if sources and all(source.kind is SourceKind.UNKNOWN for _, source in sources):
            yield from sources


def _finding(
    at: Location, found: list[tuple[CredentialUse, ValueSource]], verdict: Verdict, context: JudgeContext
) -> Finding:
    # The secret matters most, so its source leads.
    found.sort(key=lambda row: (row[0].role != "client_secret", row[1].location, row[1].name))
    use, source = found[0]
    role = joined(ROLES[each] for each in sorted({row[0].role for row in found}))
    text = _worded(source)
    return context.finding(
        verdict.value,
        at,
        verdict=verdict,
        trace=(
            step(source.location, context.note("source", role=role, source=text)),
            *use.trace,
            step(at, context.note("mint", role=role)),
        ),
        data={
            "sources": sorted({row[1].kind.value for row in found}),
            "roles": sorted({row[0].role for row in found}),
        },
        role=role,
        source=text,
    )


def _worded(source: ValueSource) -> str:
    kind = UNSAFE.get(source.kind)
    if kind is None:
        return source.name or "its origin is not seen"
    return f"{kind} ({source.name})" if source.name else kind
