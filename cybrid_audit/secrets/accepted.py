"""What the project has looked at and accepted: the baseline of detect-secrets, and its comments in the text.

A baseline is data of the audited tree: only its results are read. It can name plugins to import, which nobody does here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

BASELINE: Final = ".secrets.baseline"

_HERE: Final = re.compile(r"(?:#|//|/\*|'|--|<!--|;)[# \t]*pragma: ?(?:allow|white)list[ -]secret\b")
_NEXT: Final = re.compile(r"^[ \t]*(?:#|//|/\*|'|--|<!--|;)[# \t]*pragma: ?allowlist[ -]nextline[ -]secret\b")


def read_baseline(data: bytes) -> Mapping[str, frozenset[str]]:
    """Return the accepted values of a baseline: by file, their hashes as detect-secrets keeps them.

    An entry that its audit has called a real secret is not accepted. Something else than a baseline accepts nothing."""
    try:
        content: Any = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    results = content.get("results") if isinstance(content, dict) else None
    if not isinstance(results, dict):
        return {}
    found: dict[str, frozenset[str]] = {}
    for path, entries in results.items():
        if isinstance(path, str) and isinstance(entries, list):
            found[path.replace("\\", "/")] = frozenset(
                each["hashed_secret"]
                for each in entries
                if isinstance(each, dict)
                and isinstance(each.get("hashed_secret"), str)
                and each.get("is_secret") is not True
            )
    return found


def is_accepted(value: str, hashes: frozenset[str]) -> bool:
    """Whether a value is one of the accepted ones of its file."""
    return bool(hashes) and hash_of(value) in hashes


def hash_of(value: str) -> str:
    """Return the hash by which a baseline of detect-secrets knows a value: that tool's own, not what we keep of a secret."""
    return hashlib.sha1(value.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def is_allowed(lines: list[str], number: int) -> bool:
    """Whether a comment on a line, or on the one above it, accepts the line (numbers from 1)."""
    if 0 < number <= len(lines) and _HERE.search(lines[number - 1]) is not None:
        return True
    return 1 < number <= len(lines) + 1 and _NEXT.search(lines[number - 2]) is not None
