"""A file that takes part in the integration holds another secret: of another service, or the key that signs webhooks."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts
from cybrid_audit.judges._common import step
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.judges._literals import literal_data, told
from cybrid_audit.result import Finding


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a place."""
    for literal in facts.literals:
        if literal.role == "signing_key":
            yield context.finding(
                "signing",
                literal.at,
                control="X-HOOK-KEY",
                trace=(step(literal.at, told(literal)),),
                data=literal_data(literal),
                root_cause=f"secret:{literal.masked.digest}",
                masked=str(literal.masked),
            )
    for other in facts.other_secrets:
        masked = other.masked
        yield context.finding(
            "violated",
            other.at,
            data={"what": other.what, "secret_id": masked.digest, "prefix": masked.prefix, "length": masked.length},
            root_cause=f"secret:{masked.digest}",
            what=other.what,
            masked=str(masked),
        )
