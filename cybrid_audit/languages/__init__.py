"""Front-ends: source text to IR, one file a language, imported only when a file of that language is read.

A front-end is a module with one function, `lower(path: str, source: bytes) -> cybrid_audit.ir.Module`. What it cannot parse
becomes `Opaque`, and the syntax errors are listed in `Module.errors`. It raises nothing but `Unparsed`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from cybrid_audit.ir import Module

SUFFIXES: Final = {
    ".py": "python",
    ".pyi": "python",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".kt": "kotlin",
    ".kts": "kotlin",
    ".java": "java",
    ".swift": "swift",
    ".dart": "dart",
    ".vue": "component",
    ".svelte": "component",
    ".astro": "component",
}
"""File suffix to language."""

FRONT_ENDS: Final = {
    "python": "python",
    "typescript": "ecmascript",
    "tsx": "ecmascript",
    "javascript": "ecmascript",
    "kotlin": "kotlin",
    "java": "java",
    "swift": "swift",
    "dart": "dart",
    "component": "component",
}
"""Language to the module in this folder that lowers it."""

FAMILIES: Final = {
    "python": "python",
    "typescript": "javascript",
    "tsx": "javascript",
    "javascript": "javascript",
    "kotlin": "jvm",
    "java": "jvm",
    "swift": "swift",
    "dart": "dart",
    "component": "javascript",
}
"""Language to the family whose rules of names, scopes and calls the engine applies, and whose rows of `rules/models` count."""


RECEIVERS: Final = frozenset({"jvm", "swift", "dart"})
"""Families in which a plain name may be a member of what the code runs on, or of its package: `engine/jvm.py` finds their names."""


def language_of(path: str) -> str | None:
    """Return the language of a path by its suffix, or None when no front-end reads it."""
    dot = path.rfind(".")
    return SUFFIXES.get(path[dot:].lower()) if dot > path.rfind("/") else None


class Unparsed(Exception):  # noqa: N818 - a bound, not an error
    """A parser goes through a source again and again, beyond `MAX_PARSER_READS`."""


def lower(path: str, source: bytes) -> Module:
    """Return the IR of one file.

    Raises:
        KeyError: `language_of(path)` is None.
        Unparsed: parsing takes too long."""
    language = SUFFIXES[path[path.rfind(".") :].lower()]
    module = import_module(f"{__name__}.{FRONT_ENDS[language]}")
    result: Module = module.lower(path, source)
    return result
