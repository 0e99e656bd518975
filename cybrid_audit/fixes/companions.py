"""What else a repository needs once a value comes from the environment: a list of variables, and no secrets by accident."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

EXAMPLE: Final = ".env.example"
"""Lists the variables that the code reads, without values."""

IGNORES: Final = ".gitignore"

_ENV_PATTERNS: Final = re.compile(rb"(?m)^[ \t]*(?:/|\*\*/)?(?:\.env|\.env\*|\*\.env|\.env\.\*|\.env\[.*)[ \t]*\r?$")
"""A line of an ignore file that names `.env`."""


def companions(variables: Iterable[str], read: Callable[[str], bytes | None]) -> dict[str, bytes]:
    """Return the files at the root that change when these variables are read, by path; each is created or added to."""
    names = sorted(set(variables))
    if not names:
        return {}
    changed: dict[str, bytes] = {}
    listed = read(EXAMPLE) or b""
    missing = [
        name for name in names if not re.search(rb"(?m)^[ \t]*(?:export[ \t]+)?%s[ \t]*=" % name.encode(), listed)
    ]
    if missing:
        changed[EXAMPLE] = _added(listed, [f"{name}=" for name in missing])
    ignored = read(IGNORES) or b""
    if not _ENV_PATTERNS.search(ignored):
        changed[IGNORES] = _added(ignored, [".env"])
    return changed


def _added(data: bytes, lines: list[str]) -> bytes:
    end = b"\r\n" if b"\r\n" in data else b"\n"
    if data and not data.endswith(b"\n"):
        data += end
    return data + b"".join(line.encode() + end for line in lines)
