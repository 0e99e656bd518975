"""JSON as tools of the JavaScript world write it: comments, commas at the end, a byte order mark."""

from __future__ import annotations

import re
from typing import Any, Final

_TOKENS: Final = re.compile(
    r"""
    (?P<string>"(?:[^"\\\n]|\\.)*")
    | //[^\n]*
    | /\*.*?\*/
    | ,(?=(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*[}\]])
    """,
    re.VERBOSE | re.DOTALL,
)


def parse(data: bytes) -> dict[str, Any]:
    """Return the object that a document holds, or an empty one when it holds something else or is broken."""
    import json

    text = data.decode("utf-8-sig", "replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        try:
            content = json.loads(_TOKENS.sub(lambda found: found["string"] or "", text))
        except (ValueError, RecursionError):
            return {}
    return content if isinstance(content, dict) else {}
