"""The compiled form: one line of JSON that lists the sections, then the sections, each read only when it is used."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

FORMAT: Final = 1
"""Raised when the layout of the form changes."""


def dump(sections: Mapping[str, Any], key: str) -> bytes:
    """Return the compiled form of plain sections. `key` names what it was made of."""
    bodies = {
        name: json.dumps(section, ensure_ascii=False, separators=(",", ":")).encode()
        for name, section in sections.items()
    }
    joined = b"".join(bodies.values())
    header = {
        "format": FORMAT,
        "key": key,
        "sum": zlib.crc32(joined),
        "sections": [[name, len(body)] for name, body in bodies.items()],
    }
    return json.dumps(header, separators=(",", ":")).encode() + b"\n" + joined


class Form:
    """A compiled form whose sections are parsed when they are asked for."""

    __slots__ = ("_data", "_places", "key")

    def __init__(self, data: bytes, places: dict[str, tuple[int, int]], key: str) -> None:
        self._data = data
        self._places = places
        self.key = key

    @property
    def names(self) -> tuple[str, ...]:
        """The sections, in the order in which they were written."""
        return tuple(self._places)

    def section(self, name: str) -> Any:
        """Return a section's plain content. Raises KeyError when there is none of this name."""
        start, end = self._places[name]
        return json.loads(self._data[start:end])


def read(data: bytes, key: str | None) -> Form | None:
    """Return the form, or None when the bytes are no intact form, or one for another key."""
    head, newline, body = data.partition(b"\n")
    if not newline:
        return None
    try:
        header = json.loads(head)
        if (
            header["format"] != FORMAT
            or (key is not None and header["key"] != key)
            or zlib.crc32(body) != header["sum"]
        ):
            return None
        places: dict[str, tuple[int, int]] = {}
        start = len(head) + 1
        for name, length in header["sections"]:
            places[name] = (start, start + length)
            start += length
        return Form(data, places, header["key"]) if start == len(data) else None
    except (ValueError, KeyError, TypeError):
        return None
