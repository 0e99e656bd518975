"""A file that is not tracked holds real credentials in plain text."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts
from cybrid_audit.judges._common import step
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.judges._literals import literal_data, told
from cybrid_audit.result import Finding

WORDS = {"client_id": "client id", "client_secret": "client secret", "access_token": "access token"}


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a value."""
    for each in facts.literals:
        if not each.is_tracked and each.role in WORDS:
            yield context.finding(
                "violated",
                each.at,
                trace=(step(each.at, told(each)),),
                data={"role": each.role, **literal_data(each)},
                root_cause=f"secret:{each.masked.digest}",
                role=WORDS[each.role],
                masked=str(each.masked),
            )
