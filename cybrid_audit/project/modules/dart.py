"""The module system of Dart: `package:` addresses, relative ones, and the parts of a library."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit.project.modules import Gate
from cybrid_audit.project.modules._places import normal

if TYPE_CHECKING:
    from cybrid_audit.project.modules import Tree

_ADDRESS: Final = re.compile(
    rb"""^[ \t]*(?:import|export|part(?:[ \t]+of)?)[ \t\n]+r?["']([^"'\n]{1,400})["']""", re.MULTILINE
)
_NAME: Final = re.compile(rb"^name[ \t]*:[ \t]*[\"']?([\w-]+)", re.MULTILINE)


def imports_of(source: bytes) -> set[str]:
    """Return addresses, those of files beside the source with `./` in front."""
    found = {each.decode("utf-8", "replace") for each in _ADDRESS.findall(source)}
    return {each if "/" in each or ":" in each else f"./{each}" for each in found}


class Resolver:
    """Finds the file of an address."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._folders: dict[str, list[str]] | None = None

    def resolve(self, importer: str, module: str) -> str | None:
        """Return the file of an address, or None for a library."""
        if module.startswith("dart:") or "\0" in module:
            return None
        if module.startswith("package:"):
            name, _, rest = module.removeprefix("package:").partition("/")
            for folder in self._packages().get(name, ()):
                place = normal(f"{folder}/lib" if folder else "lib", rest)
                if place is not None and place in self._tree.sources:
                    return place
            return None
        place = normal(importer.rpartition("/")[0], module.removeprefix("file:"))
        return place if place is not None and place in self._tree.sources else None

    def gates(self, package: str, targets: Collection[str]) -> Iterator[Gate]:
        """Return the address of the package: a source elsewhere names it."""
        if any(self._tree.sources.get(target) == "dart" for target in targets):
            for name, folders in self._packages().items():
                if package in folders:
                    yield Gate("", f"package:{name}/".encode())

    def opaque_names(self) -> Iterator[str]:
        """Yield nothing: an address ends in the file's name."""
        yield from ()

    def _packages(self) -> dict[str, list[str]]:
        """Return the folders of the project's own packages by name."""
        if self._folders is None:
            self._folders = {}
            for path in self._tree.tracked:
                folder, _, file = path.rpartition("/")
                if file == "pubspec.yaml":
                    found = _NAME.search(self._tree.text_file(path) or b"")
                    if found is not None:
                        self._folders.setdefault(found[1].decode("ascii", "replace"), []).append(folder)
        return self._folders
