"""Text of the audited tree made harmless for a terminal: file names, code and messages may carry escape sequences."""

from __future__ import annotations

import re
from typing import Final

_HARMFUL: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: escape sequences, cursor moves, line ends
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"  # invisible, bidirectional, line ends, no characters
    "\ud800-\udfff"  # what a file name that is not UTF-8 becomes; it cannot be encoded
    "\U000e0000-\U000e007f"  # tags: an invisible copy of ASCII
    "]"
)


def harmless(text: str) -> str:
    r"""Return `text` on one line with every control, invisible or unencodable character spelled out, e.g. `\x1b`."""
    return _HARMFUL.sub(_spell, text)


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
