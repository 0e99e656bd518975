"""Client-side code reads or holds the client id or the client secret."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cybrid_audit.facts import CredentialUse, Facts, Side, SourceKind, ValueSource
from cybrid_audit.judges._common import joined, step, told
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding

ROLES: Final = {"client_id": "client id", "client_secret": "client secret"}


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a place where a credential is read or stands, whatever number of mints it goes to, and one for each
    definition of a public variable that nothing reads."""
    places: dict[tuple[str, int], list[tuple[CredentialUse, ValueSource]]] = {}
    for use in facts.credentials:
        if use.side is Side.CLIENT and use.role in ROLES:
            for source in use.sources:
                if not source.is_placeholder:
                    place = (source.location.path, source.location.start_line)
                    places.setdefault(place, []).append((use, source))
    for _, found in sorted(places.items()):
        # A read that yields both halves, or a Basic literal that holds both, is one place.
        use, source = min(found, key=lambda row: (row[0].role != "client_secret", len(row[0].trace), row[1].name))
        roles = sorted({row[0].role for row in found})
        role = joined(ROLES[each] for each in roles)
        literal = source.kind is SourceKind.LITERAL
        yield context.finding(
            "holds" if literal else "reads",
            source.location,
            trace=(
                step(use.mint, context.note("mint", role=role)),
                step(source.location, context.note("holds" if literal else "reads", role=role)),
            ),
            data={"roles": roles, "source": source.kind.value, "name": "" if literal else source.name},
            role=role,
            name=f" ({source.name})" if source.name and not literal else "",
            told=told(facts, source.location.path) or told(facts, use.mint.path),
        )
    yield from _literals(facts, context, frozenset(places))
    yield from _definitions(facts, context)


def _literals(facts: Facts, context: JudgeContext, known: frozenset[tuple[str, int]]) -> Iterable[Finding]:
    for each in facts.literals:
        place = (each.at.path, each.at.start_line)
        if each.side is Side.CLIENT and each.role in ROLES and each.is_tracked and place not in known:
            role = ROLES[each.role]
            yield context.finding(
                "holds",
                each.at,
                trace=(step(each.at, context.note("holds", role=role)),),
                data={"roles": [each.role], "source": SourceKind.LITERAL.value, "name": each.name},
                role=role,
                name="",
                told=told(facts, each.at.path),
            )


def _definitions(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    for each in facts.public_definitions:
        role = ROLES[each.role]
        yield context.finding(
            "reads" if each.is_read else "defines",
            each.at,
            trace=(*each.trace, step(each.at, context.note("reads", role=role))) if each.is_read else (),
            data={"roles": [each.role], "source": "public", "name": each.name, "how": each.how},
            role=role,
            name=f" ({each.name})",
            how=each.how,
            told=told(facts, each.at.path),
        )
