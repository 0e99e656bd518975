"""Running an audit for a command: checks what the user asked for, then calls the library."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from cybrid_audit.errors import AuditError

if TYPE_CHECKING:
    from cybrid_audit.cli._policy import Judging
    from cybrid_audit.project.config import Config
    from cybrid_audit.result import AuditResult


def run_audit(
    path: str,
    *,
    config: str | None = None,
    rules: Iterable[str] = (),
    history: bool = False,
    judging: Judging | None = None,
    only: Collection[str] | None = None,
) -> tuple[AuditResult, Config]:
    """Audit `path` with progress on the terminal, and return the result and the configuration it was audited with.

    `judging` is what it judges by, in place of the configuration alone; `only` are files that are searched for credentials,
    and nothing else is done.

    Raises:
        AuditError: the path, the configuration or a rule's name is wrong; nothing was audited."""
    check_target(path)
    from cybrid_audit.audit import PATTERNS, audit
    from cybrid_audit.cli._policy import Judging
    from cybrid_audit.cli._terminal import ProgressBar, tell
    from cybrid_audit.project.config import load_config

    settings = judging.config if judging is not None else load_config(path, config)
    by = judging if judging is not None else Judging(settings)
    if by.patterns is not None and rules and PATTERNS not in rules:
        raise AuditError("--semgrep finds nothing without its rule", f"add --rule {PATTERNS}")
    with ProgressBar() as progress:
        chosen = frozenset(rules) or None
        result = audit(
            path,
            config=settings,
            rules=chosen,
            progress=progress,
            history=history,
            baseline=by.baseline,
            trust=by.trust,
            only=only,
            patterns=by.patterns,
        )
    for each in result.facts.unmatched:
        if each.path == ".":
            # Not every format has a place for it.
            tell(f"not analysed: {each.reason}")
    return result, settings


def check_target(path: str) -> None:
    """Raise AuditError when `path` is nothing that can be audited."""
    if not os.path.lexists(path):
        raise AuditError(f"no such file or directory: {path}", "name the code base to audit")
    if not os.path.exists(path):
        raise AuditError(f"{path} is a link to nothing", "name the code base to audit")
    if not (os.path.isdir(path) or os.path.isfile(path)):
        raise AuditError(f"{path} is neither a directory nor a file", "name the code base to audit")
    if not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):
        raise AuditError(f"{path} cannot be read", "run as a user who may read it")
