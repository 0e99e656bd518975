"""Infrastructure code keeps a client secret or a token where it is not encrypted."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding

WORDS = {"client_secret": "client secret", "access_token": "access token"}


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a resource, at its value."""
    for each in facts.plain_resources:
        role = WORDS[each.role]
        yield context.finding(
            "violated",
            each.at,
            data={"resource": each.what, "name": each.name, "role": each.role},
            role=role,
            what=each.what,
        )
