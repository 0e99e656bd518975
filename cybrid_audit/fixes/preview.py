"""What fixes change, as a unified diff without secrets: for people to read, not for `patch`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.redaction import Redactor

if TYPE_CHECKING:
    from cybrid_audit.result import AuditResult

_HUNK: Final = re.compile(r"@@ -(\d+)")


def preview(result: AuditResult, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """Return the differences between two sets of contents by path, in which a file may be new; empty when there are none."""
    mask = Redactor.of(result)
    return "".join(f"{line}\n" for path in sorted(after) for line in _one(path, before, after[path], mask))


def _one(path: str, before: Mapping[str, bytes], after: bytes, mask: Redactor) -> Iterator[str]:
    name = harmless(path)
    old = before.get(path)
    head = (f"a/{name}" if old is not None else "/dev/null", f"b/{name}")
    lines = difflib.unified_diff(_lines(old or b""), _lines(after), *head, lineterm="")
    number = 0
    for index, line in enumerate(lines):
        hunk = _HUNK.match(line)
        if index < 2 or hunk is not None:
            number = int(hunk[1]) if hunk is not None else 0
            yield line
            continue
        # A line that is new is masked as the one in whose place it stands.
        yield line[0] + harmless(mask.line(line[1:].replace("\t", "    "), path=path, number=number))
        number += line[0] != "+"


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines()
