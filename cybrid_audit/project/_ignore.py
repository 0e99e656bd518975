"""Patterns of `.gitignore` files.

Own code, because the library for it costs 50 ms to import, which is what a whole scan of one file may cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cybrid_audit.limits import MAX_IGNORE_PATTERN
from cybrid_audit.project import _glob


class _Rule(NamedTuple):
    ignores: bool
    folders_only: bool
    pattern: _glob.Names


class IgnoreRules:
    """The patterns of one ignore file. `base` is the folder it lies in, relative to the root, '' for the root itself."""

    __slots__ = ("_prefix", "_rules")

    def __init__(self, base: str, lines: Iterable[str]) -> None:
        self._prefix = f"{base}/" if base else ""
        self._rules = [rule for line in lines if (rule := _parse(line)) is not None]
        # The last pattern that fits decides.
        self._rules.reverse()

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Return whether the patterns ignore a path (True) or take it back (False); None when none fits."""
        if not path.startswith(self._prefix):
            return None
        inner = path[len(self._prefix) :]
        for rule in self._rules:
            if (is_folder or not rule.folders_only) and _glob.fits(rule.pattern, inner):
                return rule.ignores
        return None


def _parse(line: str) -> _Rule | None:
    line = line.rstrip("\r\n")
    stripped = line.rstrip(" ")
    # A space at the end counts when it is escaped.
    line = stripped + " " if stripped.endswith("\\") and len(stripped) < len(line) else stripped
    if not line or line.startswith("#") or len(line) > MAX_IGNORE_PATTERN:
        return None
    ignores = not line.startswith("!")
    line = line if ignores else line[1:]
    folders_only = line.endswith("/")
    line = line.removesuffix("/")
    if not line:
        return None
    names = tuple(_unescaped(each) for each in _glob.names_of(line))
    # A pattern without a slash before its end fits at any depth.
    return _Rule(ignores, folders_only, names if "/" in line else ("**", *names))


def _unescaped(name: str) -> str:
    """Return a name in the spelling of the library's globs, which know no backslash and no `[^`."""
    if "\\" not in name:
        return name.replace("[^", "[!")
    out = []
    index = 0
    while index < len(name):
        char = name[index]
        if char == "\\" and index + 1 < len(name):
            index += 1
            out.append(f"[{name[index]}]" if name[index] in "*?[" else name[index])
        else:
            out.append(char)
        index += 1
    return "".join(out)
