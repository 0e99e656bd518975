"""Where the reports of one run go: `--output [FORMAT:]FILE`, several times."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Final

from cybrid_audit.cli._terminal import Destination
from cybrid_audit.errors import AuditError

_NAMED: Final = re.compile(r"([A-Za-z][A-Za-z-]+):(.*)", re.DOTALL)
"""A word of two letters or more and a colon; a single letter is a drive."""


def destinations(
    outputs: Sequence[str], format_: str | None, formats: Sequence[str], *, no_color: bool
) -> list[tuple[str, Destination]]:
    """Return the reports to write, each a format and a place.

    An output without a format takes `format_`. A format that is asked for and goes nowhere else goes to standard output.

    Raises:
        AuditError: an output cannot be written, or two go to one place; found out before the audit."""
    asked = [_parsed(output, format_ or "text", formats) for output in outputs]
    if not asked or (format_ is not None and all(named for _, _, named in asked)):
        asked.insert(0, (format_ or "text", "-", False))
    taken: set[str] = set()
    for _, path, _ in asked:
        place = "-" if path == "-" else os.path.realpath(path)
        if place in taken:
            shown = "standard output" if path == "-" else path
            raise AuditError(f"--output: two reports go to {shown}", "give each a place of its own")
        taken.add(place)
    return [(name, Destination.of(path, no_color=no_color)) for name, path, _ in asked]


def _parsed(output: str, default: str, formats: Sequence[str]) -> tuple[str, str, bool]:
    """Return format, path, and whether the output names its format."""
    found = _NAMED.fullmatch(output)
    if found is None:
        return default, output, False
    name, path = found[1], found[2]
    if name not in formats:
        from cybrid_audit.cli._run import nearest

        advice = nearest(name, formats)
        advice = advice if advice.startswith("did") else f"use one of {', '.join(formats)}"
        raise AuditError(f"--output {output}: no format {name!r}", f"{advice}; for a file of that name say ./{output}")
    if not path:
        raise AuditError(f"--output {output} names no file", f"say {name}:FILE, or {name}:- for standard output")
    return name, path, True
