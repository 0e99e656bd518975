"""Where the data is: beside the package in a source tree, inside it in an installed wheel, zipped or not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

PACKAGE: Final = "cybrid_audit"
_PACKAGE_FOLDER: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

TABLE_FOLDERS: Final = ("", "api", "checks", "models", "project", "secrets")
"""Folders below `rules/` whose `*.yaml` files are compiled. The folders of the rules are found by their `rule.yaml`."""

RULE_FILE: Final = "rule.yaml"
"""The file that makes a folder below `rules/` the folder of a rule."""


class SourceFile(NamedTuple):
    """One file of data: its name relative to `rules/`, its path, and what tells that it changed."""

    name: str
    path: str
    size: int
    mtime_ns: int


def source_folder() -> str | None:
    """Return the `rules` folder beside the package, or None when the package is not in a source tree."""
    folder = os.path.join(os.path.dirname(_PACKAGE_FOLDER), "rules")
    return folder if os.path.isfile(os.path.join(folder, "api", "operations.yaml")) else None


def rules_root() -> Traversable:
    """Return the `rules` folder, in a source tree or inside an installed, possibly zipped, package."""
    from importlib.resources import files
    from pathlib import Path

    folder = source_folder()
    return Path(folder) if folder is not None else files(PACKAGE).joinpath("rules")


def stat_files(folder: str) -> Iterator[SourceFile]:
    """Yield the compiled files of a `rules` folder on disk, in order of their names."""
    for sub in TABLE_FOLDERS:
        try:
            with os.scandir(os.path.join(folder, sub)) as entries:
                found = sorted((entry.name, entry) for entry in entries if entry.name.endswith(".yaml"))
        except FileNotFoundError:
            continue
        for name, entry in found:
            if entry.is_file():
                stat = entry.stat()
                yield SourceFile(f"{sub}/{name}" if sub else name, entry.path, stat.st_size, stat.st_mtime_ns)
    with os.scandir(folder) as entries:
        folders = sorted(entry.name for entry in entries if entry.is_dir())
    for sub in folders:
        path = os.path.join(folder, sub, RULE_FILE)
        try:
            stat = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        yield SourceFile(f"{sub}/{RULE_FILE}", path, stat.st_size, stat.st_mtime_ns)


def stat_code() -> Iterator[SourceFile]:
    """Yield the files of the code that compiles: data of the same age compiled by other code is other data."""
    folder = os.path.dirname(os.path.abspath(__file__))
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.name.endswith(".py"):
                stat = entry.stat()
                yield SourceFile(entry.name, entry.path, stat.st_size, stat.st_mtime_ns)


def read_sources(root: Traversable) -> dict[str, bytes]:
    """Return the content of every file to compile, by its name relative to `rules/`."""
    result: dict[str, bytes] = {}
    for sub in TABLE_FOLDERS:
        folder = root.joinpath(sub) if sub else root
        if not folder.is_dir():
            continue
        for entry in sorted(folder.iterdir(), key=lambda each: each.name):
            if entry.name.endswith(".yaml") and entry.is_file():
                result[f"{sub}/{entry.name}" if sub else entry.name] = entry.read_bytes()
    for entry in sorted(root.iterdir(), key=lambda each: each.name):
        if entry.is_dir() and entry.joinpath(RULE_FILE).is_file():
            result[f"{entry.name}/{RULE_FILE}"] = entry.joinpath(RULE_FILE).read_bytes()
    return result


def rule_page(rule_id: str) -> str:
    """Return a rule's `doc.md`. Raises FileNotFoundError when the rule has none; `rule_id` must be one of the rules."""
    return rules_root().joinpath(rule_id, "doc.md").read_text(encoding="utf-8")


def shipped_form() -> bytes | None:
    """Return the compiled form that the wheel carries, or None when this is no installed wheel."""
    if source_folder() is not None:
        return None
    spec = __spec__
    loader: object = getattr(spec, "loader", None)
    path = os.path.join(_PACKAGE_FOLDER, "_compiled", "knowledge.json")
    try:
        if loader is not None and hasattr(loader, "get_data"):
            return bytes(loader.get_data(path))
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
