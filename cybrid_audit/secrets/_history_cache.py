"""What an earlier search of the same history found, so that the next one only reads what came since.

Kept in the user's cache directory, safe to delete at any time and under concurrent runs: a file is written beside and moved
into place, and one that is damaged or made by something else is ignored. Secrets are masked in it, as everywhere."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any, Final

from cybrid_audit import __version__
from cybrid_audit.facts import Evidence, Masked
from cybrid_audit.knowledge import load
from cybrid_audit.knowledge._cache import cache_folder
from cybrid_audit.records import dataclass
from cybrid_audit.secrets.search import Hit
from cybrid_audit.secrets.values import Token

_FORMAT: Final = 1
_KEPT: Final = 32
"""Histories remembered side by side. Beyond it, the oldest is forgotten and searched anew when needed."""
_PREFIX: Final = "history-"


@dataclass(frozen=True, slots=True)
class Found:
    """A credential in one version of a file."""

    hit: Hit
    blob: str
    path: str
    line: int
    column: int


def key_of(repository: str, root: str, variables: Mapping[str, str]) -> str:
    """Return what names a search: the repository, the audited folder, what is looked for, and by which code."""
    folder = os.path.dirname(os.path.abspath(__file__))
    stamps = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            stat = os.stat(os.path.join(folder, name))
            stamps.append([name, stat.st_size, stat.st_mtime_ns])
    what = [_FORMAT, __version__, load().form_key, repository, root, sorted(variables.items()), stamps]
    return hashlib.blake2b(json.dumps(what).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def read(key: str) -> tuple[list[str], list[Found]]:
    """Return the tips that were searched and what was found; nothing when there is no intact file for the key."""
    try:
        with open(_path(key), "rb") as file:
            content: Any = json.loads(file.read())
        if content["key"] != key:
            return [], []
        return [str(each) for each in content["tips"]], [_found(row) for row in content["found"]]
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return [], []


def write(key: str, tips: list[str], found: list[Found]) -> None:
    """Keep what a search found. Where it cannot be written, the next search starts anew."""
    path = _path(key)
    beside = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    content = {"key": key, "tips": tips, "found": [_row(each) for each in found]}
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(json.dumps(content, ensure_ascii=True).encode())
        os.replace(beside, path)
        _prune(path)
    except OSError:
        return


def _row(each: Found) -> list[Any]:
    hit = each.hit
    token = hit.token
    return [
        each.blob,
        each.path,
        each.line,
        each.column,
        [hit.role, hit.start, hit.end, hit.name, hit.evidence.value, hit.encoding, hit.is_basic],
        [hit.masked.prefix, hit.masked.length, hit.masked.digest],
        [token.subject, token.environment, token.expires, list(token.scopes)] if token is not None else None,
    ]


def _found(row: list[Any]) -> Found:
    blob, path, line, column, (role, start, end, name, evidence, encoding, is_basic), masked, token = row
    return Found(
        Hit(
            role,
            start,
            end,
            Masked(*masked),
            name,
            Evidence(evidence),
            encoding,
            is_basic,
            Token(token[0], token[1], token[2], tuple(token[3])) if token is not None else None,
        ),
        blob,
        path,
        line,
        column,
    )


def _path(key: str) -> str:
    return os.path.join(cache_folder(), f"{_PREFIX}{key}.json")


def _prune(keep: str) -> None:
    with os.scandir(os.path.dirname(keep)) as entries:
        found = [
            (entry.stat().st_mtime_ns, entry.path)
            for entry in entries
            if entry.name.startswith(_PREFIX) and entry.path != keep
        ]
    for _, path in sorted(found, reverse=True)[_KEPT - 1 :]:
        os.remove(path)
