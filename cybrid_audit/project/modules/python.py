"""Python's module system."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit.knowledge import load
from cybrid_audit.project.manifests import normalized
from cybrid_audit.project.modules import Gate

if TYPE_CHECKING:
    from cybrid_audit.project.modules import Tree

_STATEMENT: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))")
_NAME: Final = re.compile(rb"\w+")


def imports_of(source: bytes) -> set[str]:
    """Return module names: `a.b` and `a.b.c` for `from a.b import c`, `.c` for `from . import c`."""
    found: set[str] = set()
    at = source.find(b"import")
    # Searching for the word and looking at its line is several times faster than an expression over the whole text.
    while at >= 0:
        start = source.rfind(b"\n", 0, at) + 1
        end = source.find(b"\n", at)
        end = len(source) if end < 0 else end
        statement = _STATEMENT.match(source, start, end)
        if statement is not None:
            whole, plain = statement.groups()
            if plain is not None:
                for each in plain.split(b","):
                    name = each.split()
                    if name:
                        found.add(name[0].decode("utf-8", "replace"))
            else:
                module = whole.decode("utf-8", "replace")
                found.add(module)
                tail = source[statement.end() : end]
                if b"(" in tail:
                    close = source.find(b")", statement.end())
                    end = len(source) if close < 0 else close
                    tail = source[statement.end() : end]
                joint = "" if module.endswith(".") else "."
                for line in tail.split(b"\n"):
                    for name_match in _NAME.finditer(line.partition(b"#")[0]):
                        found.add(f"{module}{joint}{name_match[0].decode('utf-8', 'replace')}")
        at = source.find(b"import", max(end, at + 6))
    return found


class Resolver:
    """Finds the file of a module."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._found: dict[tuple[str, str], str | None] = {}
        known = load().discovery
        self._roots = known.python_source_roots
        self._layers = self._path_folders(known.python_path_folders)
        self._elsewhere: dict[str, list[str]] | None = None

    def _path_folders(self, ends: tuple[str, ...]) -> tuple[str, ...]:
        """Return the folders that end in one of these; `*` stands for any part of one name."""
        found = set()
        shape = re.compile("/(?:" + "|".join(re.escape(end).replace(r"\*", "[^/]*") for end in ends) + ")/")
        for path in self._tree.sources:
            match = shape.search(f"/{path}") if path.endswith(".py") else None
            if match is not None:
                found.add(path[: match.end() - 2])
        return tuple(sorted(found))

    def resolve(self, importer: str, module: str) -> str | None:
        """Return the file of a module whose whole dotted name exists, else None."""
        folder = importer.rpartition("/")[0]
        key = (folder, module)
        try:
            return self._found[key]
        except KeyError:
            result = self._found[key] = self._resolve(folder, importer, module)
            return result

    def gates(self, package: str, targets: Collection[str]) -> Iterator[Gate]:
        """Return the names at the top of the targets' modules: whatever the path of search, one of them is in the import."""
        tops = set()
        for target in targets:
            if self._tree.sources.get(target) != "python":
                continue
            inner = target[len(package) + 1 if package else 0 :]
            for root in self._roots:
                if root and inner.startswith(f"{root}/"):
                    tops.add(_top_of(inner[len(root) + 1 :]))
            tops.add(_top_of(inner))
        if "__init__" in tops:
            # The package's own folder is what is imported.
            tops.add(package.rpartition("/")[2])
        for top in sorted(tops - {"__init__", ""}):
            yield Gate("", top.encode())

    def opaque_names(self) -> Iterator[str]:
        """Yield nothing: a module's name ends in that of its file or folder."""
        yield from ()

    def _resolve(self, folder: str, importer: str, module: str) -> str | None:
        if module.startswith("."):
            name = module.lstrip(".")
            up = len(module) - len(name) - 1
            parts = folder.split("/") if folder else []
            if up > len(parts):
                return None
            base = "/".join(parts[: len(parts) - up])
            return self._module(base, name.split(".") if name else [])
        names = module.split(".")
        top = names[0]
        if not all(names):
            return None
        for base in self._bases(folder, importer, top):
            found = self._module(base, names)
            if found is not None:
                return found
        return None

    def _bases(self, folder: str, importer: str, top: str) -> list[str]:
        """Return the folders in which an absolute import may start, the likeliest first."""
        if top in sys.stdlib_module_names:
            # A script's own folder comes before the library; a package's does not.
            return [] if self._has(folder, "__init__.py") else [folder]
        package = self._tree.package_root(importer)
        near = [_join(package, each) for each in self._roots]
        far = list(self._roots)
        if normalized(top) in self._tree.packages(importer):
            # A folder of a dependency's name deep in the tree is not the dependency; a package of this repository may be.
            return list(dict.fromkeys([package, _join(package, "src"), "", "src", *self._roots_with(top)]))
        above = [folder]
        while above[-1]:
            above.append(above[-1].rpartition("/")[0])
        return list(dict.fromkeys([*near[:2], *above, *near[2:], *far, *self._layers, *self._roots_with(top)]))

    def _roots_with(self, top: str) -> list[str]:
        """Return the packages elsewhere in the tree (a workspace's) that hold a top-level module of this name."""
        if self._elsewhere is None:
            self._elsewhere = {}
            manifests = {path.rpartition("/")[0] for path in self._tree.tracked if path.endswith(_PYTHON_MANIFESTS)}
            for path in self._tree.sources:
                if not path.endswith(".py"):
                    continue
                head = path.rpartition("/")[0]
                name = path[len(head) + 1 if head else 0 : -3]
                if name == "__init__":
                    head, _, name = head.rpartition("/")
                for base in (head, head.removesuffix("/src") if head.endswith("/src") else None):
                    if base is not None and base in manifests:
                        self._elsewhere.setdefault(name, []).append(head)
        return self._elsewhere.get(top, [])

    def _module(self, base: str, names: list[str]) -> str | None:
        place = _join(base, "/".join(names)) if names else base
        if names:
            for candidate in (f"{place}/__init__.py", f"{place}.py", f"{place}.pyi", f"{place}/__init__.pyi"):
                if candidate in self._tree.sources:
                    return candidate
            return None
        return self._has(place, "__init__.py")

    def _has(self, folder: str, name: str) -> str | None:
        path = _join(folder, name)
        return path if path in self._tree.sources else None


def _top_of(path: str) -> str:
    return path.partition("/")[0].removesuffix(".pyi").removesuffix(".py")


_PYTHON_MANIFESTS: Final = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile")


def _join(base: str, rest: str) -> str:
    if not base or not rest:
        return base or rest
    return f"{base}/{rest}"
