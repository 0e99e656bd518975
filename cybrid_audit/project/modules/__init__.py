"""Module systems, one file each: which modules a source imports, and which file of the project a module name means.

A module system is a file with `imports_of(source: bytes) -> set[str]` (a superset of the module names that it imports, found
without parsing) and a class `Resolver(tree)`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Final, Protocol

from cybrid_audit.records import dataclass

SYSTEMS: Final = {
    "python": "python",
    "typescript": "ecmascript",
    "tsx": "ecmascript",
    "javascript": "ecmascript",
    "kotlin": "jvm",
    "java": "jvm",
    "swift": "swift",
    "dart": "dart",
    "component": "ecmascript",
}
"""Language to the file in this folder that knows its module system."""


class Tree(Protocol):
    """What a resolver may ask of the project. Paths are relative to the root, with `/`."""

    @property
    def sources(self) -> Mapping[str, str]:
        """The files that a front-end can read, with their language."""

    @property
    def tracked(self) -> Collection[str]:
        """All files."""

    @property
    def json_files(self) -> Sequence[str]:
        """Those that end in `.json` or `.jsonc`."""

    def text_file(self, path: str) -> bytes | None:
        """Return the content of any file, or None."""

    def package_root(self, path: str) -> str:
        """Return the folder of the nearest manifest above a file."""

    def packages(self, path: str) -> frozenset[str]:
        """Return the dependencies that the manifests above a file declare."""

    def through_links(self, path: str) -> str | None:
        """Return the path in the tree that a path through symlinks means, or None."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A text that a source outside a package must hold to import from it.

    `folder` limits it to sources below that folder, or, with `is_package`, to those whose package that folder is."""

    folder: str
    text: bytes
    is_package: bool = False


class Resolver(Protocol):
    """Finds the file that an import means."""

    def resolve(self, importer: str, module: str) -> str | None:
        """Return the project's file, or None for a library."""

    def gates(self, package: str, targets: Collection[str]) -> Iterable[Gate]:
        """Return the gates of a package of which the targets, some of its files, may be imported.

        Relative imports that leave the importer's package are none of its concern."""

    def opaque_names(self) -> Iterable[str]:
        """Return module names that do not end in the name of the file they mean."""


def imports_of(language: str, source: bytes) -> set[str]:
    """Return the names of the modules that a source imports, and perhaps more."""
    return _finder(SYSTEMS[language])(source)


@cache
def _finder(system: str) -> Callable[[bytes], set[str]]:
    found: Callable[[bytes], set[str]] = import_module(f"{__name__}.{system}").imports_of
    return found


def resolver_of(system: str, tree: Tree) -> Resolver:
    """Return the resolver of a module system (a value of `SYSTEMS`)."""
    resolver: Resolver = import_module(f"{__name__}.{system}").Resolver(tree)
    return resolver
