"""Module systems, one file each: which modules a source imports, and which file of the project a module name means.

A module system is a file with `imports_of(source: bytes) -> set[str]` (a superset of the module names that it imports, found
without parsing) and a class `Resolver(tree)` with `resolve(importer: str, module: str) -> str | None`, where None means that the
name leads out of the project.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from typing import Final, Protocol

SYSTEMS: Final = {"python": "python", "typescript": "ecmascript", "tsx": "ecmascript", "javascript": "ecmascript"}
"""Language to the file in this folder that knows its module system."""


class Tree(Protocol):
    """What a resolver may ask of the project. Paths are relative to the root, with `/`."""

    @property
    def sources(self) -> Collection[str]:
        """The files that a front-end can read."""

    @property
    def tracked(self) -> Collection[str]:
        """All files."""

    def text_file(self, path: str) -> bytes | None:
        """Return the content of any file, or None."""

    def package_root(self, path: str) -> str:
        """Return the folder of the nearest manifest above a file."""

    def packages(self, path: str) -> frozenset[str]:
        """Return the dependencies that the manifests above a file declare."""

    def through_links(self, path: str) -> str | None:
        """Return the path in the tree that a path through symlinks means, or None."""


class Resolver(Protocol):
    """Finds the file that an import means."""

    def resolve(self, importer: str, module: str) -> str | None:
        """Return the project's file, or None for a library."""


def imports_of(language: str, source: bytes) -> set[str]:
    """Return the names of the modules that a source imports, and perhaps more."""
    found: Callable[[bytes], set[str]] = import_module(f"{__name__}.{SYSTEMS[language]}").imports_of
    return found(source)


def resolver_of(system: str, tree: Tree) -> Resolver:
    """Return the resolver of a module system (a value of `SYSTEMS`)."""
    resolver: Resolver = import_module(f"{__name__}.{system}").Resolver(tree)
    return resolver
