"""On which side the code of a file runs, by evidence: tables of `project/sides.yaml`, tried in a fixed order."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from cybrid_audit.facts import Side
from cybrid_audit.knowledge import load
from cybrid_audit.limits import MAX_CLIENT_ENTRIES
from cybrid_audit.project._glob import matches
from cybrid_audit.project.modules import imports_of, jvm
from cybrid_audit.project.modules._places import normal

if TYPE_CHECKING:
    from cybrid_audit.knowledge.project_facts import SidePath
    from cybrid_audit.project import Project

_HEAD_BYTES: Final = 4096
_COMMENTS: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\s+|//[^\n]*(?:\n|\Z)|/\*.*?\*/|#![^\n]*\n|[\"']use strict[\"'];?)*", re.DOTALL
)

_MINIFIED_BYTES: Final = 4_000
_MINIFIED_LINE: Final = 600


class Told(NamedTuple):
    """A side and what told it."""

    side: Side
    why: str


def is_minified(data: bytes) -> bool:
    """Whether a source is written for machines: long, on very few lines."""
    return len(data) > _MINIFIED_BYTES and len(data) > _MINIFIED_LINE * (data.count(b"\n") + 1)


class PathSides:
    """Sides that the path alone tells: third-party code, tests, docs, examples. Cheap enough for every file.

    `has_manifest(folder)` and `has_file(path)` tell what the tree holds."""

    def __init__(self, has_manifest: Callable[[str], bool], has_file: Callable[[str], bool]) -> None:
        self._has_manifest = has_manifest
        self._has_file = has_file
        self._folders: dict[str, Told | None] = {"": None}
        table = load().sides.paths
        self._by_folder: dict[str, SidePath] = {}
        self._beside: dict[str, SidePath] = {}
        self._by_name: dict[str, Told] = {}
        self._shapes: list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], Told]] = []
        for row in reversed(table):
            told = Told(Side(row.side), row.why)
            self._by_folder.update(dict.fromkeys(row.folders, row))
            self._beside.update(dict.fromkeys(row.beside_manifest, row))
            self._by_name.update(dict.fromkeys(row.names, told))
            if row.prefixes or row.suffixes or row.infixes:
                self._shapes.insert(0, (row.prefixes, row.suffixes, row.infixes, told))

    def of(self, path: str) -> Told | None:
        """Return what the path tells, or None."""
        folder, _, name = path.rpartition("/")
        told = self.of_folder(folder)
        if told is not None and told.side is Side.VENDORED:
            return told
        by_name = self._by_name.get(name)
        if by_name is not None:
            return by_name
        for prefixes, suffixes, infixes, by_shape in self._shapes:
            if name.startswith(prefixes) or name.endswith(suffixes):
                return by_shape
            if name.count(".") > 1 and any(each in name for each in infixes):
                return by_shape
        return told

    def of_folder(self, folder: str) -> Told | None:
        """Return what the path of a folder tells of what lies below it, or None."""
        try:
            return self._folders[folder]
        except KeyError:
            above, _, name = folder.rpartition("/")
            told = self.of_folder(above)
            if told is None or told.side is not Side.VENDORED:
                row = self._by_folder.get(f"{above.rpartition('/')[2]}/{name}") or self._by_folder.get(name)
                if row is None and name in self._beside and self._has_manifest(above):
                    row = self._beside[name]
                # The outermost folder decides, except that third-party code is that wherever it lies.
                if (
                    row is not None
                    and (told is None or row.side == Side.VENDORED.value)
                    and self._counts(row, folder, above)
                ):
                    told = Told(Side(row.side), f"{row.why}: {folder}/")
            self._folders[folder] = told
            return told

    def _counts(self, row: SidePath, folder: str, above: str) -> bool:
        if row.not_below and not row.not_below.isdisjoint(above.split("/")):
            return False
        return not any(self._has_file(f"{folder}/{each}") for each in row.unless_holds)


def side_of(project: Project, path: str, language: str, importers: ImporterSides) -> Told:
    """Return the side of a source."""
    told = project.path_side(path)
    if told is not None:
        return told
    if language == "python":
        return Told(Side.SERVER, "Python")
    if language == "component":
        return _of_component(path)
    data = project.peek(path)
    if is_minified(data):
        return Told(Side.VENDORED, "minified: very long lines")
    told = _by_directive(data) or _by_convention(project, path, data)
    if told is not None:
        return told
    by_package = _by_package(project, path) or _by_entry(project, path)
    if by_package is not None:
        return by_package
    told = importers.of(path) or _by_content(data, language) or _by_folder(project, path)
    if told is None and language in _OF_APPS:
        return Told(Side.CLIENT, f"{_OF_APPS[language]}, and nothing tells of a server")
    return told or Told(Side.SERVER, "nothing tells otherwise")


_OF_APPS: Final = {"swift": "Swift", "dart": "Dart"}
"""Languages that apps are written in, where nothing tells otherwise."""


def _of_component(path: str) -> Told:
    suffix = path[path.rfind(".") :].lower()
    return Told(Side(load().sides.components[suffix]), f"a component ({suffix})")


def client_lines(source: bytes) -> list[tuple[int, int]]:
    """Return the first and last line of each script in a server's component, which runs in the browser."""
    from cybrid_audit.languages.markup import client_scripts

    found: list[tuple[int, int]] = []
    line, at = 1, 0
    for start, end in client_scripts(source):
        first = line + source.count(b"\n", at, start)
        line, at = first + source.count(b"\n", start, end), end
        found.append((first, line))
    return found


def _by_directive(data: bytes) -> Told | None:
    head = data[:_HEAD_BYTES]
    start = _COMMENTS.match(head)
    body = head[start.end() :] if start is not None else head
    for expression, told in _directives():
        if expression.search(body):
            return told
    return None


@cache
def _directives() -> tuple[tuple[re.Pattern[bytes], Told], ...]:
    return tuple((re.compile(row.regex.encode()), Told(Side(row.side), row.why)) for row in load().sides.directives)


def _by_convention(project: Project, path: str, data: bytes) -> Told | None:
    folder = project.package_root(path)
    inner = path[len(folder) + 1 if folder else 0 :]
    for row in load().sides.conventions:
        if row.needs and not names_one(project.own_packages(path), row.needs):
            continue
        # A function of a platform may be a package of its own below the folder that tells.
        if not any(matches(each, inner) or (each.startswith("**/") and matches(each, path)) for each in row.globs):
            continue
        if row.content and not re.search(row.content.encode(), data):
            continue
        if row.not_content and re.search(row.not_content.encode(), data):
            continue
        return Told(Side(row.side), row.why)
    return None


def _by_package(project: Project, path: str) -> Told | None:
    folder = project.package_root(path)
    inner = path[len(folder) + 1 if folder else 0 :]
    declared = project.own_packages(path)
    for row in load().sides.packages:
        if not names_one(declared, row.any_) or names_one(declared, row.none):
            continue
        if row.requires and not names_one(declared, row.requires):
            continue
        if any(matches(each, inner) for each in row.except_):
            return None
        manifest = next((each for each in MANIFESTS if _join(folder, each) in project.tracked), MANIFESTS[0])
        return Told(Side(row.side), f"{row.why} ({_join(folder, manifest)})")
    return None


MANIFESTS: Final = (
    "package.json",
    "build.gradle.kts",
    "build.gradle",
    "pom.xml",
    "Package.swift",
    "Podfile",
    "pubspec.yaml",
)
"""Manifests whose dependencies tell the side of a package; the first is named where none is found."""


class ImporterSides:
    """The sides of what imports a file, directly or through files that tell nothing of their own; each is looked at once.

    `importers` gives the files known to import one."""

    def __init__(self, project: Project, importers: Callable[[str], Collection[str]]) -> None:
        self._project = project
        self._importers = importers
        self._passing: set[str] = set()
        self._own: dict[str, Side | None] = {}
        self._found: dict[str, dict[Side, str]] = {}
        """The first importer of each side, by name, of the files that have been worked out."""

    def of(self, path: str) -> Told | None:
        """Return client when only client code imports the file, server when server code does too."""
        found = self._found.get(path)
        if found is None:
            found = self._spread(path) if self._passes_on(path) else self._search(path)
        if set(found) == {Side.CLIENT}:
            return Told(Side.CLIENT, f"imported only by client code ({found[Side.CLIENT]})")
        if Side.SERVER in found:
            return Told(Side.SERVER, f"imported by server code ({found[Side.SERVER]})")
        return None

    def _search(self, path: str) -> dict[Side, str]:
        """Return what leads to a file that tells its own side: it does not count as its own importer, as it does for others."""
        found: dict[Side, str] = {}
        seen, pending = {path}, [path]
        while pending:
            for each in set(self._importers(pending.pop())) - seen:
                seen.add(each)
                if self._passes_on(each):
                    pending.append(each)
                elif (side := self._own[each]) is not None:
                    found[side] = min(each, found.get(side, each))
        return found

    def _spread(self, path: str) -> dict[Side, str]:
        """Work out a file and all that leads to it; imports may go in circles."""
        leads_to: dict[str, list[str]] = {path: []}
        tellers: list[tuple[str, Side, str]] = []
        pending = [path]
        while pending:
            target = pending.pop()
            for each in self._importers(target):
                if each in leads_to:
                    leads_to[each].append(target)
                elif each in self._found:
                    tellers += [(name, side, target) for side, name in self._found[each].items()]
                elif self._passes_on(each):
                    leads_to[each] = [target]
                    pending.append(each)
                elif (side := self._own[each]) is not None:
                    tellers.append((each, side, target))
        self._found.update((each, {}) for each in leads_to)
        # The first name comes first, so that none is replaced.
        for name, side, target in sorted(tellers):
            reached = [target]
            while reached:
                found = self._found[each := reached.pop()]
                if side not in found:
                    found[side] = name
                    reached += leads_to[each]
        return self._found[path]

    def _passes_on(self, path: str) -> bool:
        """Whether nothing in a file itself tells its side. `_own` has it otherwise, or None for one that does not count."""
        if path in self._own or path in self._passing:
            return path in self._passing
        project = self._project
        if project.path_side(path) is not None:
            # Tests and the like import from both sides.
            self._own[path] = None
            return False
        if project.sources.get(path) == "component":
            self._own[path] = _of_component(path).side
            return False
        data = project.peek(path)
        direct = (
            _by_directive(data)
            or _by_convention(project, path, data)
            or _by_package(project, path)
            or _by_entry(project, path)
            or _by_content(data, project.sources.get(path, "javascript"), only=Side.CLIENT)
        )
        if direct is None:
            self._passing.add(path)
        else:
            self._own[path] = direct.side if direct.side in (Side.CLIENT, Side.SERVER) else None
        return direct is None


_SCRIPT: Final = re.compile(
    rb"""<script\b[^>]{0,300}?\bsrc\s{0,20}=\s{0,20}["']([^"'\s>:]{1,300})["']""", re.IGNORECASE
)
_ENTRY: Final = re.compile(
    rb"""\b(?:entry|entryPoints|input)\s*:[^\n]{0,80}?["'](\./)?((?:src|app|client|web|lib)/[\w./-]{1,200})["']"""
)
_FOR_SERVERS: Final = re.compile(rb"""\btarget\s*:\s*["'](?:node|async-node)|\bplatform\s*:\s*["']node""")
_BUNDLERS: Final = ("webpack.", "rspack.", "rollup.", "esbuild.", "vite.", "rsbuild.", "farm.")
_PAGES: Final = frozenset({"", "public", "src", "static", "www", "app", "renderer", "client", "web"})
"""Folders of a package that hold pages which browsers open; elsewhere HTML is text."""


def _by_entry(project: Project, path: str) -> Told | None:
    """Return client for what a page, the manifest of an extension or the configuration of a bundler starts with."""
    held: dict[str, str] | None = project.client_entries
    if held is None:
        held = project.client_entries = dict(_entries(project))
    return Told(Side.CLIENT, f"loaded by {held[path]}") if path in held else None


def _entries(project: Project) -> Iterable[tuple[str, str]]:
    left = MAX_CLIENT_ENTRIES
    for path in (*project.texts, *project.unsupported, *project.sources):
        folder, _, name = path.rpartition("/")
        if not name.endswith((".html", ".htm", *_JAVASCRIPT)) and name != "manifest.json":
            continue
        if name.endswith(_JAVASCRIPT) and not name.startswith(_BUNDLERS):
            continue
        root = project.package_root(path)
        inner = folder[len(root) + 1 if root else 0 :]
        if name.endswith((".html", ".htm")):
            if inner not in _PAGES or _known(project, path):
                continue
            found = [each.decode("utf-8", "replace") for each in _SCRIPT.findall(project.text_file(path) or b"")]
        elif name == "manifest.json":
            found = _scripts_of_extension(project.text_file(path) or b"")
        elif folder == root:
            data = project.peek(path)
            found = [] if _FOR_SERVERS.search(data) else [each.decode() for _, each in _ENTRY.findall(data)]
        else:
            continue
        left -= 1
        for each in found:
            for base in (root, folder) if each.startswith("/") else (folder, root):
                place = normal(base, each.lstrip("/"))
                if place in project.sources:
                    yield place, path
                    break
        if left <= 0:
            return


_JAVASCRIPT: Final = (".js", ".ts", ".mjs", ".mts", ".cjs", ".cts")


def _known(project: Project, path: str) -> bool:
    told = project.path_side(path)
    return told is not None and told.side in (Side.VENDORED, Side.DOCS, Side.TEST)


def _scripts_of_extension(data: bytes) -> list[str]:
    if b"manifest_version" not in data:
        return []
    return [each.decode("utf-8", "replace") for each in re.findall(rb"""["']([\w./-]{1,300}\.m?js)["']""", data)]


def _by_content(data: bytes, language: str, only: Side | None = None) -> Told | None:
    table = load().sides
    # Of the JVM these are classes, as `android.app.Activity`.
    imported = {name.removeprefix(jvm.IMPLICIT) for name in imports_of(language, data)}
    rows = (
        (Side.SERVER, table.server_imports, table.server_texts),
        (Side.CLIENT, table.client_imports, table.client_texts),
    )
    for side, imports, texts in rows:
        if only is not None and side is not only:
            continue
        found = next((each for each in sorted(imported) if _is_named(each, imports)), None)
        if found is not None:
            # A package that is imported as a whole gives names that may be of another one.
            whole = found.rpartition(".")[0]
            return Told(side, f"imports {whole if f'{whole}.*'.encode() in data else found}")
        text = next((each for each in texts if each.encode() in data), None)
        if text is not None:
            return Told(side, f"uses {text.strip('(.')}")
    return None


def _by_folder(project: Project, path: str) -> Told | None:
    """Return what the name of the package's folder tells, or of the folder at the top of the package."""
    table = load().sides
    folder = project.package_root(path)
    inner = path[len(folder) + 1 if folder else 0 :]
    for name in (*reversed(folder.split("/")), inner.partition("/")[0]):
        if name in table.server_folders:
            return Told(Side.SERVER, f"below {name}/")
        if name in table.client_folders:
            return Told(Side.CLIENT, f"below {name}/")
    return None


def _is_named(name: str, table: Iterable[str]) -> bool:
    return any(name.startswith(each[:-1]) if each.endswith("*") else name == each for each in table)


def names_one(declared: Collection[str], names: Iterable[str]) -> bool:
    """Whether one of the packages that a manifest declares is named, or begins with a name that ends in `*`."""
    for name in names:
        if name.endswith("*"):
            if any(each.startswith(name[:-1]) for each in declared):
                return True
        elif name in declared:
            return True
    return False


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
