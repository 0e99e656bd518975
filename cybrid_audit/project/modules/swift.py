"""The module system of Swift: the files of a target see each other without imports, whatever the folders say.

A name leads to the files that declare it at their top level, or in an extension there. `.name` are the files that declare a static
member or a case of that name, `%extension T` those that extend a type."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit.project.modules import Gate
from cybrid_audit.project.modules.jvm import IMPLICIT, nearest

if TYPE_CHECKING:
    from cybrid_audit.project.modules import Tree

_MODIFIERS: Final = (
    rb"(?:(?:@\w+(?:\([^)\n]*\))?|public|private|internal|fileprivate|open|package|final|static|class(?=[ \t]+(?:func|var|let))|override|"
    rb"indirect|lazy|weak|nonisolated|mutating|required|convenience|dynamic|async)(?:\(set\))?[ \t]+)*"
)
_TOP: Final = re.compile(
    rb"^" + _MODIFIERS + rb"(class|struct|enum|actor|protocol|func|let|var|typealias|extension)[ \t]+`?([\w.]+)",
    re.MULTILINE,
)
_MEMBER: Final = re.compile(rb"^[ \t]+" + _MODIFIERS + rb"(?:func|var|let)[ \t]+`?(\w+)", re.MULTILINE)
_STATIC: Final = re.compile(
    rb"(?:^[ \t]+|[{;][ \t]*)(?:"
    + _MODIFIERS
    + rb"static[ \t]+"
    + _MODIFIERS
    + rb"(?:let|var|func)[ \t]+`?(\w+)|(?:indirect[ \t]+)?case[ \t]+([^\n}]+))",
    re.MULTILINE,
)
_CASE: Final = re.compile(rb"(?:^|,)[ \t]*`?([a-z_]\w*)")
_WORD: Final = re.compile(rb"\b(?:[A-Z]\w*|[a-z_]\w*(?=[ \t]*[({]))|(?<=\.)[a-z_]\w*")
_IMPORT: Final = re.compile(rb"^[ \t]*(?:@\w+[ \t]+)?import[ \t]+(?:\w+[ \t]+)?([\w.]+)", re.MULTILINE)
_KEYWORDS: Final = frozenset(
    b"if for while switch catch func return super self init get set didSet willSet do else guard defer String Int Bool Data Any Self "
    b"URL Void Error Double Date Array Dictionary Optional Result Task Set Never Float".split()
)


def imports_of(source: bytes) -> set[str]:
    """Return what a source imports, and every name that another file of its target may declare."""
    found = {match[1].decode("ascii", "replace") for match in _IMPORT.finditer(source)}
    words = {match[0] for match in _WORD.finditer(source)} - _KEYWORDS
    found.update(IMPLICIT + word.decode("ascii", "replace") for word in words)
    return found


class Resolver:
    """Finds the files that declare a name."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._index: dict[str, list[str]] | None = None
        self._located: dict[tuple[str, str], tuple[str, ...]] = {}

    def resolve(self, importer: str, module: str) -> str | None:
        """Return the nearest file that declares what the name leads to, else None."""
        if not module.startswith(IMPLICIT):
            return None
        found = self.declaring(importer, module.removeprefix(IMPLICIT))
        return next((path for path in found if path != importer), None)

    def locate(self, importer: str, name: str) -> tuple[tuple[str, str], ...]:
        """Return the files that declare a dotted name, the nearest first, each with the name; it may start with a target."""
        first, _, rest = name.partition(".")
        found = self.declaring(importer, first)
        if not found and rest and self._is_target(first):
            name = rest
            found = self.declaring(importer, rest.partition(".")[0])
        return tuple((path, name) for path in found)

    def declaring(self, importer: str, name: str) -> tuple[str, ...]:
        """Return the files that declare a plain name, those that are nearest."""
        key = (importer.rpartition("/")[0], name)
        held = self._located.get(key)
        if held is None:
            held = self._located[key] = nearest(self._declared().get(name, ()), importer)
        return held

    def gates(self, package: str, targets: Collection[str]) -> Iterator[Gate]:
        """Return the names at the top of the targets: a source of another package names one of them."""
        wanted = {target for target in targets if self._tree.sources.get(target) == "swift"}
        if not wanted:
            return
        for name, paths in self._declared().items():
            if name[:1].isupper() and wanted.intersection(paths):
                yield Gate("", name.encode())

    def opaque_names(self) -> Iterator[str]:
        """Yield nothing: every name that may be in any file is marked."""
        yield from ()

    def _is_target(self, name: str) -> bool:
        return any(f"/{name}/" in f"/{path}" for path in self._tree.sources)

    def _declared(self) -> dict[str, list[str]]:
        """Return the files that declare each name. Made once: it reads every source of the language."""
        if self._index is None:
            self._index = {}
            for path, language in self._tree.sources.items():
                source = self._tree.text_file(path) if language == "swift" else None
                for name in _names(source) if source is not None else ():
                    self._index.setdefault(name.decode("utf-8", "replace"), []).append(path)
        return self._index


def _names(source: bytes) -> set[bytes]:
    """Return what a source declares."""
    found: set[bytes] = set()
    for match in _TOP.finditer(source):
        kind, name = match[1], match[2]
        if kind != b"extension":
            found.add(name.partition(b".")[0])
            continue
        found.add(b"%extension " + name.rpartition(b".")[2])
        end = source.find(b"\n}", match.end())
        body = source[match.end() : end if end >= 0 else len(source)]
        found.update(inner[1] for inner in _MEMBER.finditer(body))
    for match in _STATIC.finditer(source):
        if match[1] is not None:
            found.add(b"." + match[1])
        else:
            found.update(b"." + name for name in _CASE.findall(match[2].partition(b":")[0]))
    return found
