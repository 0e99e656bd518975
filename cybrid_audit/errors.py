"""The base of every error that a user can cause or must hear of. Only the CLI catches it."""

from __future__ import annotations

from collections.abc import Iterable


class AuditError(Exception):
    """An expected failure: nothing was audited, and the user can do something about it.

    `message` says what is wrong and where, `hint` how to put it right; both are one clause without a full stop."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message}; {hint}" if hint else message)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a misspelt one most likely means, None when none is near."""
    import difflib

    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return found[0] if found else None
