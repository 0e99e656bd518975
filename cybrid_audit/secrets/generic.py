"""Secrets of other services beside the platform's, found by detect-secrets.

Its plugins take seconds for a megabyte, so that they only get the lines on which one of their markers stands; and loading them
takes longer than a whole scan, so that they are only loaded when there is such a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from cybrid_audit.facts import Location, OtherSecret
from cybrid_audit.knowledge import load
from cybrid_audit.limits import MAX_GENERIC_LINES
from cybrid_audit.masking import mask
from cybrid_audit.secrets.placeholders import is_placeholder

_LONGEST_LINE: Final = 2_000
"""Characters of a line that plugins get. A longer one is generated, and is left out."""

_PRIVATE_KEY: Final = "Private Key"
"""What the head of a private key is found as. The head itself is words."""

_HEAD: Final = re.compile(r"BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----")
_BODY: Final = re.compile(
    r"""(?x)
    (?: \\[rn] | [\s"'`+,|>\\#*;&] | (?:Proc-Type|DEK-Info|Version|Comment|Charset):[^\n\\]{0,100} ){0,200}
    [A-Za-z0-9+/]{16}
    """
)
"""What follows the head of a private key when it is one: breaks of lines, words that tell how it is encrypted, and its body."""

_IN_URL: Final = "Basic Auth Credentials"
"""What the password of a URL is found as."""

_MADE_UP: Final = re.compile(r"[A-Za-z]{4}\S{0,7}@[A-Za-z0-9_-]+(?![\w.-])")
"""A short password that starts with a word, at a host of one name: `tiger7_x@db`. Guides and developers' own machines have such
ones; a machine makes longer ones, and what others can reach has a domain."""

Line = tuple[str, int, str]
"""Path, number and text of a line."""


def marked_lines(path: str, text: str) -> Iterator[Line]:
    """Yield the lines of a text on which a plugin could find something."""
    if _markers().search(text) is None:
        return
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) <= _LONGEST_LINE and _markers().search(line) is not None and not _is_bare_head(text, start, line):
            yield path, number, line
        start += len(line) + 1


def _is_bare_head(text: str, start: int, line: str) -> bool:
    """Whether a line of a text holds the head of a private key and no key follows: code that looks for one has such a line."""
    heads = [start + match.end() for match in _HEAD.finditer(line)]
    return bool(heads) and not any(_BODY.match(text, head) for head in heads)


@cache
def _markers() -> re.Pattern[str]:
    return re.compile("|".join(load().secret_files.generic_markers))


def _is_word(value: str) -> bool:
    """Whether a password is a word, as those of databases on a developer's own machine are."""
    return not any(map(str.isdigit, value)) or value.isdigit()


def _stands_for_one(line: str, at: int, value: str, what: str) -> bool:
    """Whether what a plugin has found at a place of a line stands for a secret, or is a part of something else."""
    if what == _IN_URL:
        from urllib.parse import unquote

        if _MADE_UP.match(line, at) is not None:
            return True
        value = unquote(value)
    return (at > 0 and line[at - 1].isalnum()) or is_placeholder(value) or _is_word(value)


def other_secrets(lines: Iterable[Line]) -> list[OtherSecret]:
    """Return what the plugins of detect-secrets find on some lines."""
    wanted = list(lines)[:MAX_GENERIC_LINES]
    if not wanted:
        return []
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    tables = load().secret_files
    found: dict[tuple[str, int, str], OtherSecret] = {}
    settings = {
        "plugins_used": [{"name": each} for each in tables.generic_plugins],
        # Nothing is verified: no rule opens a connection.
        "filters_used": [{"path": each} for each in tables.generic_filters],
    }
    with transient_settings(settings):
        for path, number, line in wanted:
            for secret in scan_line(line):
                value = secret.secret_value or ""
                at = line.find(value)
                if (
                    not value
                    or at < 0
                    or (secret.type != _PRIVATE_KEY and _stands_for_one(line, at, value, secret.type))
                ):
                    continue
                masked = mask(value)
                key = (path, number, masked.digest)
                location = Location(path, number, at, number, at + len(value))
                found.setdefault(key, OtherSecret(location, masked, secret.type))
    return sorted(found.values(), key=lambda each: (each.at, each.what))
