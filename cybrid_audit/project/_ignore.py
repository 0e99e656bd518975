"""Patterns of `.gitignore` files and of the configuration, as regular expressions.

Own code, because the library for it costs 50 ms to import, which is what a whole scan of one file may cost."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from cybrid_audit.limits import MAX_IGNORE_PATTERN

_BRACE: Final = re.compile(r"\{([^{}]*)\}")


class IgnoreRules:
    """The patterns of one ignore file. `base` is the folder it lies in, relative to the root, '' for the root itself."""

    __slots__ = ("_prefix", "_rules")

    def __init__(self, base: str, lines: Iterable[str]) -> None:
        self._prefix = f"{base}/" if base else ""
        self._rules = [rule for line in lines if (rule := _parse(line)) is not None]

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """Return whether the last pattern that fits ignores the path (True) or takes it back (False); None when none fits."""
        if not path.startswith(self._prefix):
            return None
        inner = path[len(self._prefix) :]
        for is_ignored, folders_only, expression in reversed(self._rules):
            if (is_folder or not folders_only) and expression.fullmatch(inner):
                return is_ignored
        return None


def _parse(line: str) -> tuple[bool, bool, re.Pattern[str]] | None:
    line = line.rstrip("\r\n")
    stripped = line.rstrip(" ")
    # A space at the end counts when it is escaped.
    line = stripped + " " if stripped.endswith("\\") and len(stripped) < len(line) else stripped
    if not line or line.startswith("#") or len(line) > MAX_IGNORE_PATTERN:
        return None
    is_ignored = not line.startswith("!")
    if not is_ignored:
        line = line[1:]
    folders_only = line.endswith("/")
    line = line.rstrip("/") if folders_only else line
    if not line:
        return None
    is_anchored = "/" in line
    line = line.removeprefix("/")
    try:
        expression = re.compile(("" if is_anchored else "(?:.*/)?") + _translate(line), re.DOTALL)
    except re.error:
        return None
    return is_ignored, folders_only, expression


def _translate(pattern: str) -> str:
    """Return the regular expression of a pattern whose `*` stays within a name and whose `**` does not."""
    out = []
    index, size = 0, len(pattern)
    while index < size:
        char = pattern[index]
        if char == "*":
            end = index
            while end < size and pattern[end] == "*":
                end += 1
            stars = end - index
            starts_name = index == 0 or pattern[index - 1] == "/"
            if stars == 2 and starts_name and end < size and pattern[end] == "/":
                out.append("(?:.*/)?")
                index = end + 1
                continue
            out.append(".*" if stars == 2 and starts_name and end == size else "[^/]*")
            index = end
        elif char == "?":
            out.append("[^/]")
            index += 1
        elif char == "[":
            end = pattern.find("]", index + 2 if pattern[index + 1 : index + 2] not in ("!", "^") else index + 3)
            if end < 0:
                # Git takes an open bracket for a pattern that fits nothing.
                return "(?!)"
            body = pattern[index + 1 : end]
            negated = body[:1] in ("!", "^")
            body = (
                (body[1:] if negated else body)
                .replace("[", "\\[")
                .replace("&", "\\&")
                .replace("~", "\\~")
                .replace("|", "\\|")
            )
            out.append(f"(?!/)[{'^' if negated else ''}{body}]")
            index = end + 1
        elif char == "\\" and index + 1 < size:
            out.append(re.escape(pattern[index + 1]))
            index += 2
        else:
            out.append(re.escape(char))
            index += 1
    return "".join(out)


@lru_cache(maxsize=1024)
def glob(pattern: str) -> re.Pattern[str]:
    """Return the expression (for `fullmatch`) of a glob with `*`, `**`, `?`, `[…]` and `{a,b}` over a path with `/`.

    A pattern that names a folder, or ends in `/`, fits all that lies below it."""
    pattern = pattern.removeprefix("./").removeprefix("/")
    if pattern.endswith("/"):
        pattern += "**"
    alternatives = "|".join(_translate(each) for each in _expand(pattern))
    return re.compile(f"(?:{alternatives})(?:/.*)?", re.DOTALL)


def _expand(pattern: str) -> list[str]:
    found = _BRACE.search(pattern)
    if found is None:
        return [pattern]
    head, tail = pattern[: found.start()], pattern[found.end() :]
    return [each for choice in found[1].split(",") for each in _expand(head + choice + tail)]
