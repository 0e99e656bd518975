"""What fixes change, as a unified diff without secrets: for people to read, not for `patch`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.redaction import Redactor

if TYPE_CHECKING:
    from cybrid_audit.result import AuditResult

_STRICT: Final = "hardcoded-client-secret"
"""A rule at whose places every literal is masked: lines that change may hold a secret, or have held one."""


def preview(result: AuditResult, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """Return the differences between two sets of contents by path, in which a file may be new; empty when there are none."""
    mask = Redactor.of(result)
    return "".join(f"{line}\n" for path in sorted(after) for line in _one(path, before, after[path], mask))


def _one(path: str, before: Mapping[str, bytes], after: bytes, mask: Redactor) -> Iterator[str]:
    name = harmless(path)
    old = before.get(path)
    head = (f"a/{name}" if old is not None else "/dev/null", f"b/{name}")
    lines = difflib.unified_diff(_lines(old or b""), _lines(after), *head, lineterm="")
    for number, line in enumerate(lines):
        if number < 2 or line.startswith("@@"):
            yield line
        else:
            yield line[0] + harmless(mask.line(line[1:].replace("\t", "    "), path=path, rule=_strict(line)))


def _strict(line: str) -> str:
    return _STRICT if line[0] == "-" else ""


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines()
