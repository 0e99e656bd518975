"""The module system of Kotlin and Java: packages, whatever the folders say.

A file belongs to the package that it declares, and sees all of that package without an import. A module's name is a dotted path
(`com.shop.api.Client.Companion.create`): the longest package of the project that leads it, then what a file of it declares at its
top level."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit.project.modules import Gate

if TYPE_CHECKING:
    from cybrid_audit.project.modules import Tree

LANGUAGES: Final = ("kotlin", "java")

_PACKAGE: Final = re.compile(rb"^[ \t]*package[ \t]+([\w.`]+)", re.MULTILINE)
_IMPORT: Final = re.compile(rb"(?:^|;)[ \t]*import[ \t]+(?:static[ \t]+)?([\w`]+(?:\.[\w`]+)*(?:\.\*)?)", re.MULTILINE)
_WORD: Final = re.compile(rb"\b(?:[A-Z]\w*|[a-z_]\w*(?=[ \t]*[(<{]))")
_DECLARED: Final = re.compile(
    rb"^(?:@[\w.:]+(?:\([^)\n]*\))?[ \t]+)*"
    rb"(?:(?:public|private|internal|protected|abstract|final|open|sealed|non-sealed|data|enum(?=[ \t]+class)|annotation|value|inline|inner|static|"
    rb"strictfp|expect|actual|suspend|tailrec|operator|infix|external|const|lateinit|fun(?=[ \t]+interface))[ \t]+)*"
    rb"(?:(?:class|interface|object|record|enum|@interface|typealias)[ \t]+|"
    rb"(?:fun|va[lr])[ \t]+(?:<[^>\n]*>[ \t]*)?(?:[\w.<>?*, \t]+?\.)?)`?(\w+)",
    re.MULTILINE,
)
_KEYWORDS: Final = frozenset(
    b"if for while when catch switch fun return super this constructor class object interface init get set try do else".split()
)
IMPLICIT: Final = "#"
"""Before names that are no import: what the file of a name is called tells nothing of it."""


def package_of(source: bytes) -> str:
    """Return the package that a source declares, '' for none."""
    found = _PACKAGE.search(source)
    return found[1].decode("utf-8", "replace").replace("`", "") if found is not None else ""


def imports_of(source: bytes) -> set[str]:
    """Return what a source imports, and what it may use of its own package and of packages that it imports as a whole."""
    packages = [package_of(source)]
    found = set()
    for match in _IMPORT.finditer(source):
        name = match[1].decode("utf-8", "replace").replace("`", "")
        if name.endswith(".*"):
            packages.append(name[:-2])
        else:
            found.add(IMPLICIT + name)
    words = {match[0] for match in _WORD.finditer(source)} - _KEYWORDS
    for package in packages:
        lead = f"{IMPLICIT}{package}." if package else IMPLICIT
        found.update(lead + word.decode("ascii", "replace") for word in words)
    return found


class Resolver:
    """Finds the files that declare a name."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._index: dict[str, dict[str, list[str]]] | None = None
        self._located: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}

    def resolve(self, importer: str, module: str) -> str | None:
        """Return the nearest file that declares what the name leads to, else None."""
        found = self.locate(importer, module.removeprefix(IMPLICIT))
        return next((path for path, _ in found if path != importer), None)

    def locate(self, importer: str, name: str) -> tuple[tuple[str, str], ...]:
        """Return the files that declare a dotted name, the nearest first, each with what of the name is left after the package."""
        key = (importer.rpartition("/")[0], name)
        held = self._located.get(key)
        if held is None:
            held = self._located[key] = tuple(self._locate(importer, name))
        return held

    def gates(self, package: str, targets: Collection[str]) -> Iterator[Gate]:
        """Return the packages of the targets: a source elsewhere names one of them, as its own or in an import."""
        names = {package_of(self._tree.text_file(target) or b"") for target in targets if self._is_own(target)}
        for name in sorted(names - {""}):
            yield Gate("", name.encode())

    def opaque_names(self) -> Iterator[str]:
        """Yield nothing: every name that may be in any file is marked."""
        yield from ()

    def _is_own(self, path: str) -> bool:
        return self._tree.sources.get(path) in LANGUAGES

    def _locate(self, importer: str, name: str) -> Iterator[tuple[str, str]]:
        index = self._declared()
        parts = name.split(".")
        for cut in range(len(parts) - 1, -1, -1):
            declared = index.get(".".join(parts[:cut]))
            if declared is None:
                continue
            paths = declared.get(parts[cut])
            if paths and (cut or self._tree.sources.get(importer) in LANGUAGES):
                rest = ".".join(parts[cut:])
                for path in sorted(paths, key=lambda each: (-_shared(each, importer), each)):
                    yield path, rest
                return

    def _declared(self) -> dict[str, dict[str, list[str]]]:
        """Return the files that declare each name of each package. Made once: it reads every source of these languages."""
        if self._index is None:
            self._index = {}
            for path in self._tree.sources:
                source = self._tree.text_file(path) if self._is_own(path) else None
                if source is None:
                    continue
                names = self._index.setdefault(package_of(source), {})
                for match in _DECLARED.finditer(source):
                    paths = names.setdefault(match[1].decode("utf-8", "replace"), [])
                    if path not in paths:
                        paths.append(path)
        return self._index


def nearest(paths: Collection[str], importer: str) -> tuple[str, ...]:
    """Return those of some paths that share most folders with an importer."""
    best = max((_shared(path, importer) for path in paths), default=0)
    return tuple(sorted(path for path in paths if _shared(path, importer) == best))


def _shared(a: str, b: str) -> int:
    """Return how many leading folders two paths share."""
    count = 0
    for first, second in zip(a.split("/"), b.split("/"), strict=False):
        if first != second:
            break
        count += 1
    return count
