"""A credential stood in the git history and is nowhere in the tree."""

from __future__ import annotations

from collections.abc import Iterable

from cybrid_audit.facts import Facts
from cybrid_audit.judges._context import JudgeContext
from cybrid_audit.result import Finding

WORDS = {"client_id": "client id", "client_secret": "client secret", "access_token": "access token"}


def judge(facts: Facts, context: JudgeContext) -> Iterable[Finding]:
    """Yield one finding a value, at its place in the newest commit that held it."""
    for each in facts.history:
        if each.role not in WORDS:
            continue
        data = {
            "role": each.role,
            "secret_id": each.masked.digest,
            "prefix": each.masked.prefix,
            "length": each.masked.length,
            "added_in": each.added_in,
            "removed_in": each.removed_in,
        }
        if each.detail:
            data["token"] = each.detail
        yield context.finding(
            "removed" if each.removed_in else "held",
            each.at,
            data=data,
            root_cause=f"secret:{each.masked.digest}",
            role=WORDS[each.role],
            masked=str(each.masked),
            added=each.added_in[:12],
            removed=each.removed_in[:12],
        )
