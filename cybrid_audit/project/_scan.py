"""The two passes over the bytes of files. Plain values in, plain values out, so that worker processes can run them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Final

from cybrid_audit.limits import BINARY_PROBE_BYTES, MAX_SEARCHED_TEXT_BYTES, MAX_SOURCE_BYTES
from cybrid_audit.project import _files, modules
from cybrid_audit.records import dataclass

_PROGRESS_STEP: Final = 256

PLATFORM: Final = 1
IDENTITY: Final = 2
BOOTSTRAP: Final = 4
"""What the second pass searches a file for; the sum of several."""

Confirm = dict[bytes, tuple[bytes, ...]]
"""Texts of which one must be there too for a marker to count."""

SYMLINK: Final = "a symlink"
"""The reason for which a symlink is not read. Where it leads is for the caller to find out."""

BINARY: Final = "binary"
"""The reason for which a file that was read is not analysed."""

TEXT_TOO_LARGE: Final = f"larger than {MAX_SEARCHED_TEXT_BYTES // 1_000_000} MB"
"""The reason for which a text is not searched for credentials."""

TEXT, LANGUAGE, SOURCE = 0, 1, 2
"""What a file is to the first pass: any text, code that no front-end reads, code that one reads."""

Look = tuple[str, int, bytes]
"""For the first pass: the place on disk, what it is, the bytes that an import out of its package holds."""

First = tuple[list[int], list[int], list[int], list[int], list[tuple[int, str]]]
"""Of the first pass, as places in the sequence: seeds, files that name the platform, files with an import out of their package,
missing ones, failed ones and why."""

Search = tuple[str, str, int, tuple[bytes, ...]]
"""For the second pass: the place on disk, the language, what to search for, and texts of which one must be there, if any."""

Found = tuple[bool, tuple[str, ...]] | None
"""Of the second pass: whether something searched for is there, and the modules that are imported; None when not looked at."""


@dataclass(frozen=True, slots=True)
class FirstPass:
    """Finds seeds, and what names the platform. `name` and `markers` are in lower case; where the name is spelled as `parted`, it
    does not count. A marker in `confirm` needs one of the texts beside it. `encoded` are the name as base64 and hexadecimal digits hold it."""

    name: bytes
    parted: bytes
    encoded: tuple[bytes, ...]
    markers: tuple[bytes, ...]
    confirm: Confirm
    progress: Callable[[int], None] | None = None

    def __call__(self, files: Sequence[Look]) -> First:
        """Return what was found in the files."""
        seeds: list[int] = []
        named: list[int] = []
        escaping: list[int] = []
        missing: list[int] = []
        failed: list[tuple[int, str]] = []
        markers, confirm, name, parted, encoded = self.markers, self.confirm, self.name, self.parted, self.encoded
        read, progress = _files.read, self.progress
        for number, (place, kind, escape) in enumerate(files):
            if progress is not None and number % _PROGRESS_STEP == 0:
                progress(number)
            try:
                data = read(place, MAX_SOURCE_BYTES if kind else MAX_SEARCHED_TEXT_BYTES)
            except (FileNotFoundError, NotADirectoryError):
                missing.append(number)
                continue
            except OSError as error:
                failed.append((number, SYMLINK if os.path.islink(place) else _files.reason_of(error)))
                continue
            if data is None:
                failed.append((number, _files.TOO_LARGE if kind else TEXT_TOO_LARGE))
                continue
            if b"\0" in data[:BINARY_PROBE_BYTES]:
                failed.append((number, BINARY))
                continue
            lowered = data.lower()
            is_named = name in lowered and (parted not in data or lowered.count(name) > data.count(parted))
            if is_named or _holds(data, encoded):
                named.append(number)
            if kind != SOURCE:
                if is_named and kind:
                    seeds.append(number)
                continue
            if is_named or _is_marked(lowered, markers, confirm):
                seeds.append(number)
            if escape and escape in data:
                escaping.append(number)
        return seeds, named, escaping, missing, failed


@dataclass(frozen=True, slots=True)
class SecondPass:
    """Finds imports, and code that guards or starts calls. The texts are in lower case."""

    platform: tuple[bytes, ...]
    confirm: Confirm
    identity: tuple[bytes, ...]
    bootstrap: tuple[bytes, ...]

    def __call__(self, files: Sequence[Search]) -> list[Found]:
        """Return what is found in each file."""
        found: list[Found] = []
        for place, language, search, gates in files:
            try:
                data = _files.read(place, MAX_SOURCE_BYTES)
            except OSError:
                data = None
            if data is None or (gates and not _holds(data, gates)):
                found.append(None)
                continue
            is_hit = False
            if search:
                lowered = data.lower()
                is_hit = (
                    (search & PLATFORM > 0 and _is_marked(lowered, self.platform, self.confirm))
                    or (search & IDENTITY > 0 and _holds(lowered, self.identity))
                    or (search & BOOTSTRAP > 0 and _holds(lowered, self.bootstrap))
                )
            found.append((is_hit, tuple(modules.imports_of(language, data))))
        return found


def _is_marked(data: bytes, markers: tuple[bytes, ...], confirm: Confirm) -> bool:
    for marker in markers:  # noqa: SIM110 - as below
        if marker in data and (marker not in confirm or _holds(data, confirm[marker])):
            return True
    return False


def _holds(data: bytes, texts: tuple[bytes, ...]) -> bool:
    # Not `any`: starting a generator costs as much as a dozen searches of a small file.
    for text in texts:  # noqa: SIM110
        if text in data:
            return True
    return False
