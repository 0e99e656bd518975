"""What else a package needs once a value comes from the environment: a list of variables, and no secrets by accident."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from cybrid_audit.knowledge import load

EXAMPLE: Final = ".env.example"
"""Lists the variables that the code reads, without values."""

_EXAMPLES: Final = (EXAMPLE, ".env.sample", ".env.template", ".env.dist", "env.example", "example.env")
"""Names that such a list goes by; one that is there already is added to."""

IGNORES: Final = ".gitignore"

_PATTERN: Final = rb"(?m)^[ \t]*%s(?:\.env|\.env\*|\*\.env|\.env\.\*|\.env\[.*)[ \t]*\r?$"
_HERE: Final = re.compile(_PATTERN % rb"(?:/|\*\*/)?")
_BELOW: Final = re.compile(_PATTERN % rb"(?:\*\*/)?")
"""A line of an ignore file that names `.env` beside it, and one that also does so in folders below."""


def companions(variables: Iterable[tuple[str, str]], read: Callable[[str], bytes | None]) -> dict[str, bytes]:
    """Return the files that change when variables are read, by path; each is created or added to.

    A variable comes with the path of the file that reads it, and goes to the package of that file: the nearest folder with a
    manifest or a list of variables, else the root. `read` returns the content of a file of the tree, or None."""
    packages: dict[str, set[str]] = {}
    for path, name in variables:
        packages.setdefault(_package(path, read), set()).add(name)
    changed: dict[str, bytes] = {}

    def now(path: str) -> bytes | None:
        return changed[path] if path in changed else read(path)

    for package, names in sorted(packages.items()):
        example = next((each for each in _EXAMPLES if read(_in(package, each)) is not None), EXAMPLE)
        listed = read(_in(package, example)) or b""
        missing = [
            name
            for name in sorted(names)
            if not re.search(rb"(?m)^[ \t]*(?:export[ \t]+)?%s[ \t]*=" % name.encode(), listed)
        ]
        if missing:
            changed[_in(package, example)] = _added(listed, [f"{name}=" for name in missing])
        ignores = [(folder, held) for folder in _above(package) if (held := now(_in(folder, IGNORES))) is not None]
        if not any((_HERE if folder == package else _BELOW).search(held) for folder, held in ignores):
            folder, held = ignores[0] if ignores else (package, b"")
            changed[_in(folder, IGNORES)] = _added(held, [".env"])
    return changed


def _package(path: str, read: Callable[[str], bytes | None]) -> str:
    marks = (*load().discovery.manifests, *_EXAMPLES)
    return next(
        (each for each in _above(path.rpartition("/")[0]) if any(read(_in(each, mark)) is not None for mark in marks)),
        "",
    )


def _above(folder: str) -> Iterator[str]:
    """Yield a folder and those around it, up to the root, which is the empty name."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _in(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _added(data: bytes, lines: list[str]) -> bytes:
    end = b"\r\n" if b"\r\n" in data else b"\n"
    if data and not data.endswith(b"\n"):
        data += end
    return data + b"".join(line.encode() + end for line in lines)
