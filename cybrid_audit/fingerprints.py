"""Names for findings that stay the same while the code around them moves.

A fingerprint is made of the rule, the operation, the names of what encloses the place, and the text found there without
its layout: neither line numbers nor paths are in it, so that moving code within a file, or a file within the tree, changes
nothing. Findings that look the same in all this are told apart by their order.

No secret is in it. Strings count by nothing but their being strings, and a literal credential by the few characters and the
length that every report shows: a digest of the value could be guessed at from any report, however it is salted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from cybrid_audit.facts import Location
from cybrid_audit.result import Finding

MAX_SNIPPET_LINES: Final = 40
"""Lines of a place that count. Beyond it, two places that only differ further down are told apart by their order."""

MAX_ENCLOSING_LINES: Final = 2_000
"""Lines looked back for what encloses a place. Beyond it, the names further out are left out."""

MAX_HEAD: Final = 500
"""Bytes of a line that may name what encloses a place. Beyond it, the name is left out."""

DIGITS: Final = 32
"""Hexadecimal digits of a fingerprint."""

Lines = Callable[[str], list[bytes]]
"""Returns the lines of a file of the audited tree; none when it cannot be read. It does not raise."""

_STRING: Final = re.compile(rb"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`", re.DOTALL)
_PUBLIC: Final = re.compile(rb"[A-Za-z_.:-]{1,24}|[^\s]*/[a-z_]+(?:/[^\s]*)?")
"""What of a string may count: a short word, or something with a path in it."""
_LAYOUT: Final = re.compile(rb"\s+|;|,(?=\s*[)\]}])")
_MODIFIERS: Final = (
    rb"^\s*(?:(?:export|default|public|private|protected|internal|static|async|abstract|final|override|open|suspend|"
    rb"readonly|get|set|func|fun)\s+)*"
)
_ARROW: Final = rb"\s*(?::[^=]+)?=\s*(?:async\b\s*)?(?:<[^>]*>\s*)?"
_DEFINITION: Final = re.compile(
    _MODIFIERS
    + rb"(?:(?:def|class|function\*?|func|fun|fn|interface|module|namespace|object|trait|impl|struct)\s+(\w+)"
    # A name counts that a function or class is given, not one that a value is: a call's layout decides whether it encloses.
    rb"|(?:const|let|var|val)\s+(\w+)" + _ARROW + rb"(?:function\b|class\b|\([^()]*\)\s*(?::[^=]*)?=>|\w+\s*=>)"
    rb"|(\w+)\s*(?:<[^>]*>)?\s*\([^)]*\)\s*(?::[^{]*)?\{\s*$)"
)
_OPENING: Final = re.compile(
    _MODIFIERS + rb"(?:(?:const|let|var|val)\s+(\w+)" + _ARROW + rb"\(\s*$|(\w+)\s*(?:<[^>]*>)?\(\s*$)"
)
"""The first line of a definition whose parameters are on lines of their own."""
_CLOSING: Final = re.compile(rb"\s*\).*[{:]\s*$")
"""The last line of these: what it belongs to begins on a line above that is indented alike."""
_NO_NAMES: Final = frozenset({b"if", b"for", b"while", b"switch", b"catch", b"with", b"return", b"else"})


def with_fingerprints(findings: Iterable[Finding], lines: Lines) -> tuple[Finding, ...]:
    """Return the findings, in their order, each with its fingerprint. `lines` gives the text of the audited files."""
    seen: dict[str, int] = {}
    kept: dict[str, list[bytes]] = {}
    result = []
    for finding in findings:
        path = finding.location.path
        if path not in kept:
            kept[path] = lines(path)
        parts = [finding.rule, finding.operation or "", *_names(kept[path], finding.location)]
        if "pattern" in finding.data:
            parts.append(str(finding.data["pattern"]))
        parts += _text(kept[path], finding.location, finding)
        base = "\0".join(parts)
        number = seen[base] = seen.get(base, -1) + 1
        digest = hashlib.blake2b(f"{base}\0{number}".encode("utf-8", "surrogateescape"), digest_size=DIGITS // 2)
        result.append(replace(finding, fingerprint=digest.hexdigest()))
    return tuple(result)


def _text(lines: list[bytes], at: Location, finding: Finding) -> list[str]:
    """Return the text of a place without layout and without what could be secret."""
    if "secret_id" in finding.data:
        return [str(finding.data.get("prefix", "")), str(finding.data.get("length", ""))]
    first = at.start_line - 1
    last = max(first, at.end_line - 1)
    found = lines[first : min(last + 1, first + MAX_SNIPPET_LINES)]
    if at.end_line and found:
        if last - first < MAX_SNIPPET_LINES and last < len(lines):
            found[-1] = found[-1][: at.end_column]
        found[0] = found[0][at.start_column :]
    # What a pattern of the user's matches may be a secret whatever it looks like.
    text = _STRING.sub(b'""' if "pattern" in finding.data else _public, b"\n".join(found))
    return [_LAYOUT.sub(b"", text).decode("utf-8", "surrogateescape")]


def _public(match: re.Match[bytes]) -> bytes:
    inner = match.group()[1:-1]
    return b'"' + (inner if _PUBLIC.fullmatch(inner) else b"") + b'"'


def _names(lines: list[bytes], at: Location) -> list[str]:
    """Return the names of the definitions around a place, the innermost first, as the indentation tells them."""
    index = at.start_line - 1
    if not 0 <= index < len(lines):
        return []
    names: list[str] = []
    depth = _indent(lines[index])
    closed = False
    for line in reversed(lines[max(0, index - MAX_ENCLOSING_LINES) : index]):
        if not depth and not closed:
            break
        if not line.strip():
            continue
        indent = _indent(line)
        if indent > depth or (indent == depth and not closed):
            continue
        depth = indent
        line = line[:MAX_HEAD]  # noqa: PLW2901 - the rest says nothing, and could be endless
        match = _DEFINITION.match(line) or (_OPENING.match(line) if closed else None)
        closed = _CLOSING.match(line) is not None
        name = next((each for each in match.groups() if each is not None), None) if match is not None else None
        if name is not None and name not in _NO_NAMES:
            names.append(name.decode("utf-8", "surrogateescape"))
    return names


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())
