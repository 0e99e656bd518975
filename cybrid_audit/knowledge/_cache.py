"""The compiled form of a source tree, kept in the user's cache directory.

Safe to delete at any time and safe under concurrent runs: a file is written beside and moved into place, and one that is
damaged or for other data is ignored and replaced."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterable
from contextlib import suppress

from cybrid_audit import __version__
from cybrid_audit.knowledge import _form
from cybrid_audit.knowledge._source import SourceFile


def cache_folder() -> str:
    """Return the tool's folder in the user's cache directory, by the custom of the system."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(os.path.expanduser("~"), "AppData", "Local")
    elif sys.platform == "darwin":
        base = os.path.join(os.path.expanduser("~"), "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "cybrid-audit")


def key_of(files: Iterable[SourceFile]) -> str:
    """Return what names the content of these files for this version of the tool, without reading them.

    Two checksums of everything that changes when a file does: no defence against intent, which a user's own cache needs
    not, and far cheaper to load than a hash."""
    stamp = f"{__version__} {_form.FORMAT}"
    for each in files:
        stamp += f"\0{each.name}\0{each.size}\0{each.mtime_ns}"
    data = stamp.encode("utf-8", "surrogateescape")
    return f"{zlib.crc32(data):08x}{zlib.adler32(data):08x}{len(data):x}"


def read(folder: str, key: str) -> _form.Form | None:
    """Return the kept form for a key, or None when there is none that is intact."""
    try:
        with open(_path(folder, key), "rb") as file:
            return _form.read(file.read(), key)
    except OSError:
        return None


def write(folder: str, key: str, data: bytes) -> bool:
    """Keep a form; return whether it could be written. Older forms of other data are removed."""
    path = _path(folder, key)
    beside = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        try:
            with open(beside, "xb") as file:
                file.write(data)
            os.replace(beside, path)
        except OSError:
            _remove(beside)
            return False
    except OSError:
        return False
    _prune(folder, keep=path)
    return True


KEPT_FORMS = 4
"""Forms kept side by side (several checkouts, several versions). Beyond it, the oldest goes and is compiled anew when needed."""


def _prune(folder: str, keep: str) -> None:
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry.stat().st_mtime_ns, entry.path)
                for entry in entries
                if entry.name.startswith("knowledge-") and entry.path != keep
            ]
    except OSError:
        return
    for _, path in sorted(found, reverse=True)[KEPT_FORMS - 1 :]:
        _remove(path)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.remove(path)


def _path(folder: str, key: str) -> str:
    return os.path.join(folder, f"knowledge-{key}.json")
