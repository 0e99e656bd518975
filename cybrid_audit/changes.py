"""What a change brings: the findings of now that an audit of the target at a revision did not have; and what it touches."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from cybrid_audit.errors import AuditError
from cybrid_audit.result import AuditResult, BaselineState, Finding, Suppression, SuppressionKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from cybrid_audit.patterns import RuleSet
    from cybrid_audit.project.config import Config


def since(
    result: AuditResult,
    root: str,
    revision: str,
    *,
    config: Config | None = None,
    rules: frozenset[str] | None = None,
    patterns: RuleSet | None = None,
) -> AuditResult:
    """Return the result with the findings that were there at `revision` among the suppressed ones.

    `config` is the one to judge the revision by; by default the revision's own. `patterns` are those that semgrep looked for
    now: a rule that is new brings nothing either. A finding is the same when its fingerprint
    is, so that code which only moved brings nothing.

    Raises:
        AuditError: there is no such revision, git fails, or the revision's own configuration is broken."""
    from cybrid_audit.audit import audit
    from cybrid_audit.project.snapshot import checked_out, resolve

    commit = resolve(root, revision)
    with checked_out(root, commit) as place:
        known: frozenset[str] = frozenset()
        if os.path.exists(place):
            try:
                earlier = audit(place, config=config, rules=rules, patterns=patterns)
            except AuditError as error:
                said = error.message.replace(place, f"{revision}:{root}")
                raise AuditError(said, f"at {revision}; name a configuration with --config") from None
            known = frozenset(each.fingerprint for each in earlier.findings)
    why = Suppression(kind=SuppressionKind.REVISION, reason=f"was there at {revision} ({commit[:12]})")
    old = tuple(
        replace(each, suppression=why, baseline_state=BaselineState.UNCHANGED)
        for each in result.findings
        if each.fingerprint in known
    )
    new = tuple(
        replace(each, baseline_state=BaselineState.NEW) for each in result.findings if each.fingerprint not in known
    )
    kept = sorted((*result.suppressed, *old), key=lambda each: (each.location, each.rule, each.fingerprint))
    return replace(result, findings=new, suppressed=tuple(kept))


def touching(result: AuditResult, paths: Collection[str]) -> AuditResult:
    """Return the result with what stands in some files, or has a trace that leads through one, and with no controls.

    `paths` are relative to the root, as those of findings are."""

    def touches(finding: Finding) -> bool:
        return finding.location.path in paths or any(step.path in paths for step in finding.trace)

    return replace(
        result,
        findings=tuple(filter(touches, result.findings)),
        suppressed=tuple(filter(touches, result.suppressed)),
        skipped=tuple(each for each in result.skipped if each.path in paths),
        controls=(),
    )
