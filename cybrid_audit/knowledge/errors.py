"""The one error that bad data raises."""

from __future__ import annotations

from cybrid_audit.errors import AuditError


class KnowledgeError(AuditError):
    """Data under `rules/` that does not say what it must.

    `file` is relative to `rules/`, `key` the path of keys within it (`operations[3].scopes.required[0]`), `problem` what
    is wrong there."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        self.file = file
        self.key = key
        self.problem = problem
        super().__init__(f"rules/{file}: {key}: {problem}" if key else f"rules/{file}: {problem}")
