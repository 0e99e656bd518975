"""The baseline: findings that were there when it was written, so that only new ones count.

A text file with one line for each finding, in the order of rule and fingerprint: neither lines nor times are in it, and a file that is
renamed or code that moves changes no entry. An empty line follows each entry and stays when the entry goes: git merges changes
of lines that have an unchanged line between them, so that two branches that each correct something never conflict."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from cybrid_audit.errors import AuditError
from cybrid_audit.limits import MAX_BASELINE_BYTES
from cybrid_audit.project.config import BASELINE_NAME
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.result import Finding

FILE_NAME: Final = BASELINE_NAME

HEAD: Final = """\
# Findings that cybrid-audit knows of: they do not count, new ones do. Written by 'cybrid-audit baseline'; do not sort or reflow it.
# rule, fingerprint, file, operation. The empty lines keep changes of two branches apart, so that git can merge them.

"""

_ENTRY: Final = re.compile(
    r"(?P<rule>[a-z][a-z0-9-]*) (?P<fingerprint>[0-9a-f]{32}) (?P<path>[!-~]+)(?: (?P<operation>[A-Z]+ /[!-~]*))?"
)
_CONFLICT: Final = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_PLAIN: Final = "/!$&'()*+,;=:@[]~"
"""What stands for itself in a path, beside letters, digits and `_.-`."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One finding that is known. `path` and `operation` are for readers: the fingerprint alone tells it."""

    rule: str
    fingerprint: str
    path: str
    operation: str = ""

    @classmethod
    def of(cls, finding: Finding) -> Entry:
        """Return the entry of a finding."""
        return cls(finding.rule, finding.fingerprint, finding.location.path, finding.operation or "")

    @property
    def line(self) -> str:
        """The entry as it is written. A path is percent-encoded where it holds more than printable ASCII."""
        path = quote_from_bytes(os.fsencode(self.path), safe=_PLAIN)
        return " ".join(part for part in (self.rule, self.fingerprint, path, self.operation) if part)


class Baseline:
    """What a baseline holds. `path` names it in reports, `text` is the whole of it."""

    def __init__(self, path: str, entries: Iterable[Entry], text: str = "") -> None:
        self.path = path
        self.entries = tuple(sorted(entries))
        self.text = text
        self._known = frozenset(each.fingerprint for each in self.entries)

    def holds(self, finding: Finding) -> bool:
        """Whether a finding is a known one."""
        return finding.fingerprint in self._known

    def gone(self, findings: Iterable[Finding]) -> tuple[Entry, ...]:
        """Return the entries that none of the findings has, in order."""
        found = {each.fingerprint for each in findings}
        return tuple(each for each in self.entries if each.fingerprint not in found)

    def updated(self, findings: Iterable[Finding]) -> str:
        """Return the text of a baseline that holds exactly these findings and differs from this one in nothing else."""
        wanted = {each.fingerprint: Entry.of(each) for each in findings}
        lines: list[str] = []
        for line in self.text.split("\n"):
            found = _ENTRY.fullmatch(line)
            if found is None:
                lines.append(line)
                continue
            entry = wanted.pop(found["fingerprint"], None)
            if entry is not None:
                lines.append(entry.line)
        for entry in sorted(wanted.values()):
            _insert(lines, entry)
        return "\n".join(lines)


def _insert(lines: list[str], entry: Entry) -> None:
    """Put an entry before the first one behind it in the order, with its empty line."""
    for index, line in enumerate(lines):
        found = _ENTRY.fullmatch(line)
        if found is not None and (found["rule"], found["fingerprint"]) > (entry.rule, entry.fingerprint):
            lines[index:index] = [entry.line, ""]
            return
    if lines[-1]:
        lines.append("")
    if len(lines) > 1 and lines[-2]:
        lines.append("")
    lines[-1:] = [entry.line, "", ""]


def written(findings: Iterable[Finding]) -> str:
    """Return the text of a new baseline that holds these findings."""
    entries = sorted({each.fingerprint: Entry.of(each) for each in findings}.values())
    return HEAD + "".join(f"{each.line}\n\n" for each in entries)


def parsed(data: bytes, path: str, *, shown: str = FILE_NAME) -> Baseline:
    """Return the baseline that a text holds. `path` names it in messages, `shown` in reports.

    Raises:
        AuditError: it is no baseline; the message has `path` and the line."""
    try:
        text = data.decode("ascii").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise AuditError(
            f"{path}: not a baseline of cybrid-audit", "write it with 'cybrid-audit baseline create'"
        ) from None
    entries = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _ENTRY.fullmatch(line)
        if found is None:
            if line.startswith(_CONFLICT):
                raise AuditError(f"{path}:{number}: a merge conflict", "keep the lines of both sides, then update it")
            raise AuditError(
                f"{path}:{number}: not an entry of a baseline",
                "take the line out, then run 'cybrid-audit baseline update'",
            )
        place = os.fsdecode(unquote_to_bytes(found["path"]))
        entries.append(Entry(found["rule"], found["fingerprint"], place, found["operation"] or ""))
    return Baseline(shown, entries, text)


def load(root: str, explicit: str | None = None) -> Baseline | None:
    """Return the baseline of a target: `explicit`, else the file in its root (or beside a single file); None without one.

    Raises:
        AuditError: the file named is missing, cannot be read, or is no baseline."""
    path = explicit if explicit is not None else place(root)
    if explicit is None:
        if not os.path.lexists(path):
            return None
        # The file belongs to the audited tree: it must not lead out of it.
        if os.path.islink(path):
            raise AuditError(f"{path}: is a symlink", "put the file itself there, or name it with --baseline")
    try:
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        with open(os.open(path, flags), "rb") as file:
            data = file.read(MAX_BASELINE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise AuditError(f"{path}: {reason}", "name an existing baseline, or leave --baseline out") from None
    if len(data) > MAX_BASELINE_BYTES:
        raise AuditError(f"{path}: larger than {MAX_BASELINE_BYTES:,} bytes", "correct some findings first")
    return parsed(data, path, shown=FILE_NAME if explicit is None else os.path.basename(path))


def place(root: str) -> str:
    """Return where the baseline of a target lies."""
    return os.path.normpath(os.path.join(root if os.path.isdir(root) else os.path.dirname(root), FILE_NAME))
