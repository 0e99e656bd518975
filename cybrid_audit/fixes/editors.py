"""What an editor of a language can do, and which there are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from typing import Final, Protocol

from cybrid_audit.fixes.edits import Edit, Span
from cybrid_audit.languages import language_of

Edits = tuple[Edit, ...]
"""Edits of one file that belong together."""

MASK: Final = b"***"
"""What stands in a log where a secret stood."""


class Editor(Protocol):
    """The source of one file, parsed. Each method returns ways to make a change, the likeliest first; none when it cannot.

    Spans are bytes of the source. What an edit does to the meaning is found out by an audit, not here."""

    def from_environment(self, literal: Span, variable: str) -> list[Edits]:
        """Read a value from the environment in place of a literal; where the literal is only a default, drop it."""

    def without_scopes(self, within: Span, excess: Collection[str]) -> list[Edits]:
        """Leave scopes out of the texts and lists in a span."""

    def verifying(self, within: Span) -> list[Edits]:
        """Switch the verification of certificates on in a span."""

    def encrypted(self, within: Span) -> list[Edits]:
        """Make `https` of `http` in the texts of a span."""

    def masking(self, within: Span) -> list[Edits]:
        """Put a mask in the place of one value that a call in a span is given."""

    def parses(self, source: bytes) -> bool:
        """Whether changed source parses at least as well as this one."""


_EDITORS: Final = {
    "python": ("python", "PythonEditor"),
    "typescript": ("ecmascript", "EcmascriptEditor"),
    "tsx": ("ecmascript", "EcmascriptEditor"),
    "javascript": ("ecmascript", "EcmascriptEditor"),
}
"""Language to the module of this folder that edits it, and its class."""


def editor_of(path: str, source: bytes) -> Editor | None:
    """Return an editor for a file, None when no editor knows its language or the file does not parse."""
    language = language_of(path)
    if language not in _EDITORS:
        return None
    module, name = _EDITORS[language]
    make: Callable[[bytes, str], Editor | None] = getattr(import_module(f"cybrid_audit.fixes.{module}"), name).of
    return make(source, language)
