"""What editors of all languages look for in texts and names."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

WITHOUT_ENCRYPTION: Final = re.compile(rb"(?i)http(?=://)")
"""The scheme of an address without TLS."""

_SWITCH: Final = re.compile(r"(?i)verify|ssl|tls|cert|rejectunauthorized|check_?hostname|strict|secure")


def is_switch(name: str) -> bool:
    """Whether a key or variable names the verification of certificates."""
    return _SWITCH.search(name) is not None


def is_member(code: str, words: Collection[str]) -> bool:
    """Whether code names a member of an enumeration that stands for one of some scopes: `Scope.TradesExecute`."""
    head, dot, name = code.rpartition(".")
    plain = re.sub(r"[^a-z]", "", name.lower())
    return bool(head and dot) and any(re.sub(r"[^a-z]", "", each.lower()) == plain for each in words)


def without_words(text: str, words: Collection[str]) -> str:
    """Return a text without some of its words, which blanks or commas set apart; the blanks around the others stay."""
    kept: list[str] = []
    for part in re.findall(r"[\s,]*[^\s,]+", text):
        if part.lstrip(" \t\r\n,") not in words:
            kept.append(part if kept else part.lstrip(" \t\r\n,") if not text.startswith(part) else part)
    end = re.search(r"[\s,]*\Z", text)
    return "".join(kept) + (end.group() if end is not None and kept else "")
