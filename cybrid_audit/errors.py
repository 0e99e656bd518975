"""The base of every error that a user can cause or must hear of. Only the CLI catches it."""

from __future__ import annotations


class AuditError(Exception):
    """An expected failure: nothing was audited, and the user can do something about it.

    `message` says what is wrong and where, `hint` how to put it right; both are one clause without a full stop."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message}; {hint}" if hint else message)
