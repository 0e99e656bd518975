"""Which files matter, told without parsing: those that name the platform, those that lead to them, and what guards them.

One pass reads every candidate and finds the seeds. A second reads only what can import them: their own packages, and files
elsewhere that hold a text without which no import could lead there. Small facts are kept, never content."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit.facts import Side, Skipped
from cybrid_audit.knowledge import load
from cybrid_audit.limits import MAX_SEARCHED_PACKAGE
from cybrid_audit.project import _scan, _workers, modules

if TYPE_CHECKING:
    from cybrid_audit.knowledge.project_facts import Relevance
    from cybrid_audit.project import Project

Progress = Callable[[int, int], None]
"""Called now and then with the number of files read and of those to read."""

NOT_FOLLOWED: Final = frozenset({Side.TEST, Side.DOCS, Side.VENDORED})
"""Sides that flow rules skip (policy section 3)."""

_ANY: Final = ""
"""In place of the last part of a module's name that tells nothing of the file: `.`, `..`, an alias, a package."""

_FOLDER_FILES: Final = ("index.", "__init__.", "main.", "mod.")


class Index:
    """Seeds, importers and relevant files of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.scanned = 0
        self.skipped: list[Skipped] = []
        self.named: list[str] = []
        """Files that name the platform, plainly or in base64."""
        self.relevant: set[str] = set()
        self.importers: dict[str, set[str]] = {}
        """Files by what they import, complete for every file that leads to a relevant one."""
        self._escaping: set[str] = set()
        self._imports: dict[str, list[tuple[str, str]]] = {}
        """Imports not yet looked up, `(importer, module)`, by the last part of the module's name."""
        self._read: set[str] = set()
        self._folders: dict[str, _Folder] = {}

    # ------------------------------------------------------------ first pass

    def find_seeds(self, progress: Progress | None) -> None:
        """Read every candidate once. What cannot be read leaves the project's sources."""
        project = self.project
        table = load().relevance
        extra = (each.lower() for each in (*project.config.hosts, *project.config.env_base_urls))
        markers = tuple(each.encode() for each in dict.fromkeys((*table.markers, *extra)))
        confirm = {name.encode(): _encoded(texts) for name, texts in table.confirm.items()}
        # What the markers hold besides the name is searched for only where the name is not.
        markers = tuple(each for each in markers if each != table.name.encode())
        root, real = os.path.join(project.root, ""), project.real
        self._fill_folders()
        paths: list[str] = []
        looks: list[_scan.Look] = []
        sources = project.sources
        for folder in self._folders.values():
            if folder.is_read:
                paths += folder.files
                looks += [
                    (root + real.get(path, path), _scan.SOURCE if path in sources else _scan.LANGUAGE, folder.escape)
                    for path in folder.files
                ]
        texts = self._texts()
        paths += texts
        looks += [(root + real.get(path, path), _scan.TEXT, b"") for path in texts]
        ranges = _workers.plan(len(looks))
        tell = None
        if progress is not None:
            # This process hears of its own range only; the others are as long.
            tell = partial(_tell, progress, len(ranges), len(looks))
        name = table.name.encode()
        job = _scan.FirstPass(name, table.parted_name.encode(), in_base64(name), markers, confirm, tell)
        for result, (start, end) in zip(_workers.run(job, looks, ranges), ranges, strict=True):
            self._take_first(result, paths[start:end])
        if progress is not None:
            progress(len(looks), len(looks))

    def _fill_folders(self) -> None:
        """Group the candidates by folder: what holds for one file mostly holds for those beside it."""
        project, folders = self.project, self._folders
        unsafe: list[str] = []
        for path in (*project.sources, *project.unsupported):
            head = path.rpartition("/")[0]
            folder = folders.get(head)
            if folder is None:
                folder = folders[head] = _Folder(project, head)
            if folder.is_safe:
                folder.files.append(path)
            else:
                unsafe.append(path)
        for path in unsafe:
            # Git's index lists it below what is a symlink on disk: it is not what git means.
            project.forget(path)

    def _texts(self) -> list[str]:
        """Return the files that are no sources and may hold a credential. Third-party ones are nobody's here."""
        project = self.project
        is_read: dict[str, bool] = {}
        found: list[str] = []
        for path in project.texts:
            folder = path.rpartition("/")[0]
            held = is_read.get(folder)
            if held is None:
                told = project.folder_side(folder)
                held = is_read[folder] = project.is_safe_folder(folder) and (
                    told is None or told.side is not Side.VENDORED or bool(project.config.sides)
                )
            if held:
                found.append(path)
        return found

    def _take_first(self, result: _scan.First, paths: list[str]) -> None:
        project = self.project
        seeds, named, escaping, missing, failed = result
        for number in missing:
            project.forget(paths[number])
        for number, reason in failed:
            self._skip(paths[number], reason)
        self.scanned += len(paths) - len(missing) - sum(reason != _scan.BINARY for _, reason in failed)
        self._escaping.update(paths[number] for number in escaping)
        self.named += [paths[number] for number in named]
        for number in seeds:
            path = paths[number]
            if not self._is_followed(path):
                continue
            language = project.unsupported.get(path)
            if language is None:
                self.relevant.add(path)
            else:
                self.skipped.append(Skipped(path, f"names the platform, but {language} is not read yet"))

    def _skip(self, path: str, reason: str) -> None:
        project = self.project
        is_source = project.sources.pop(path, None) is not None
        if reason == _scan.SYMLINK:
            target = os.path.realpath(os.path.join(project.root, project.real.get(path, path)))
            if target.startswith(os.path.join(project.root, "")) and os.path.isfile(target):
                # What it leads to is read under its own name.
                return
            reason = "a symlink out of the tree" if os.path.exists(target) else "a symlink that leads nowhere"
        if is_source or reason == _scan.TEXT_TOO_LARGE:
            self.skipped.append(Skipped(path, reason))

    def _is_followed(self, path: str) -> bool:
        told = self.project.path_side(path)
        return told is None or told.side not in NOT_FOLLOWED

    # ------------------------------------------------------------ second pass

    def spread(self) -> None:
        """Find what leads to the seeds, and what guards them, until nothing is added."""
        project = self.project
        packages: set[str] = set()
        known: set[tuple[str, modules.Gate]] = set()
        while True:
            fresh = {project.package_root(path) for path in self.relevant} - packages
            packages |= fresh
            gates = project.gates(packages, self.relevant) - known
            if not fresh and not gates:
                return
            known |= gates
            self.relevant |= self._search(fresh, packages, _Gates(gates)) | self._described(fresh)
            self._lead_to(set(self.relevant))

    def _search(self, fresh: set[str], packages: set[str], gates: _Gates) -> set[str]:
        """Read what belongs to the fresh packages, or passes one of the gates; return the files that hold a marker."""
        project, table = self.project, load().relevance
        own: dict[str, list[_Folder]] = {each: [] for each in fresh}
        paths: list[str] = []
        searches: list[_scan.Search] = []
        root, real = os.path.join(project.root, ""), project.real

        def add(path: str, search: int, needed: tuple[bytes, ...]) -> None:
            paths.append(path)
            searches.append((root + real.get(path, path), project.sources[path], search, needed))

        systems = project.systems
        for folder in self._folders.values():
            if folder.package in own:
                own[folder.package].append(folder)
            elif folder.package not in packages:
                for system in systems:
                    if needed := gates.of(system, folder.name, folder.package):
                        for path in self._unread(folder.of_system(system)):
                            add(path, 0, needed)
        for path in self._unread(self._escaping):
            if project.package_root(path) not in packages:
                add(path, 0, ())
        for folders in own.values():
            is_small = sum(len(folder.files) for folder in folders) <= MAX_SEARCHED_PACKAGE
            for folder in folders:
                names_identity = is_small or _holds(folder.name.lower(), table.identity_paths)
                is_convention = _holds(f"/{folder.name}/", table.convention_paths)
                for path in self._unread(folder.files):
                    search = 0
                    if path not in self.relevant:
                        name = path.rpartition("/")[2]
                        search = _scan.PLATFORM
                        if names_identity or _holds(name.lower(), table.identity_paths):
                            search |= _scan.IDENTITY
                        if is_convention or _is_convention(name, table):
                            search |= _scan.BOOTSTRAP
                    add(path, search, ())
        job = _scan.SecondPass(
            _encoded(table.platform_markers),
            {name.encode(): _encoded(texts) for name, texts in table.confirm.items()},
            _encoded((*table.identity_markers, *table.dispatch_markers)),
            _encoded(table.bootstrap_markers),
        )
        ranges = _workers.plan(len(searches))
        results = [found for part in _workers.run(job, searches, ranges) for found in part]
        hits: set[str] = set()
        opaque = project.opaque_names()
        last_parts: dict[str, str] = {}
        for path, found in zip(paths, results, strict=True):
            if found is None:
                continue
            self._read.add(path)
            if found[0]:
                hits.add(path)
            for module in found[1]:
                part = last_parts.get(module)
                if part is None:
                    part = last_parts[module] = _last_part(module, opaque)
                self._imports.setdefault(part, []).append((path, module))
        return hits

    def _described(self, packages: set[str]) -> set[str]:
        """Return the sources that deployment descriptors in some packages name as what a platform runs."""
        project = self.project
        found: set[str] = set()
        for row in load().relevance.descriptors:
            for package in packages:
                for name in row.names:
                    path = f"{package}/{name}" if package else name
                    data = project.text_file(path)
                    if data is None:
                        continue
                    text = data.decode("utf-8", "replace")
                    folders = ["", *re.findall(row.folders_regex, text)] if row.folders_regex else [""]
                    for code in re.findall(row.regex, text):
                        found.update(project.code_named(package, folders, code))
        return {path for path in found if self._is_followed(path)}

    def _unread(self, paths: Iterable[str]) -> list[str]:
        """Return those of the paths that a pass for imports has still to read."""
        project = self.project
        return [
            path for path in paths if path not in self._read and path in project.sources and self._is_followed(path)
        ]

    def _lead_to(self, pending: set[str]) -> None:
        """Add every file known to lead to the pending ones through imports."""
        project = self.project
        while pending:
            path = pending.pop()
            for part in _parts_of(path):
                for importer, module in self._imports.pop(part, ()):
                    target = project.resolve(importer, module)
                    if target is not None and target != importer:
                        self.importers.setdefault(target, set()).add(importer)
            for importer in self.importers.get(path, ()):
                if importer not in self.relevant:
                    self.relevant.add(importer)
                    pending.add(importer)


class _Gates:
    """Texts of which a source must hold one to import from some packages that it does not belong to."""

    def __init__(self, gates: Iterable[tuple[str, modules.Gate]]) -> None:
        self._by_folder: dict[str, set[bytes]] = {}
        self._by_package: dict[str, set[bytes]] = {}
        self._held: dict[str, frozenset[bytes]] = {}
        for system, gate in gates:
            table = self._by_package if gate.is_package else self._by_folder
            table.setdefault(f"{system}:{gate.folder}", set()).add(gate.text)

    def of(self, system: str, folder: str, package: str) -> tuple[bytes, ...]:
        """Return the texts for the sources in a folder; empty when none of them could import from the packages."""
        texts = self._by_package.get(f"{system}:{package}", set()) | self._of_folder(system, folder)
        return tuple(sorted(texts)) if texts else ()

    def _of_folder(self, system: str, folder: str) -> frozenset[bytes]:
        key = f"{system}:{folder}"
        held = self._held.get(key)
        if held is None:
            held = frozenset(self._by_folder.get(key, ()))
            if folder:
                held |= self._of_folder(system, folder.rpartition("/")[0])
            self._held[key] = held
        return held


class _Folder:
    """The candidates of one folder.

    `escape` are the bytes that an import out of its package must hold. Below a symlink a folder is not safe to read."""

    __slots__ = ("_languages", "escape", "files", "is_read", "is_safe", "name", "package")

    def __init__(self, project: Project, name: str) -> None:
        self._languages = project.sources
        self.name = name
        self.files: list[str] = []
        self.is_safe = project.is_safe_folder(name)
        self.package = project.package_root_of(name)
        # The last of them may be all there is: `..` is the folder above.
        self.escape = b"../" * name[len(self.package) :].count("/") + b".." if self.package else b""
        told = project.folder_side(name)
        # Third-party code is not worth the reading, unless the configuration may call some of it the project's own.
        self.is_read = told is None or told.side is not Side.VENDORED or bool(project.config.sides)

    def of_system(self, system: str) -> list[str]:
        """Return the files of one module system."""
        languages = self._languages
        return [path for path in self.files if path in languages and modules.SYSTEMS[languages[path]] == system]


def _tell(progress: Progress, scale: int, total: int, number: int) -> None:
    progress(min(total, number * scale), total)


def _is_convention(name: str, table: Relevance) -> bool:
    """Whether the name is one of a file that a framework loads by its place, or that starts an application."""
    stem = name.rpartition(".")[0]
    return stem in table.convention_names or stem.endswith(table.convention_endings)


def _holds(text: str, parts: tuple[str, ...]) -> bool:
    # Not `any`: starting a generator costs as much as a dozen searches of a path.
    for part in parts:  # noqa: SIM110
        if part in text:
            return True
    return False


def _last_part(module: str, opaque: frozenset[str]) -> str:
    """Return what of a module's name must be in the path of its file, up to the first dot; `_ANY` when nothing must."""
    if module.startswith("#") or module in opaque or not module.strip("./"):
        return _ANY
    names = module.rstrip("/").split("/")
    if len(names) == 1:
        # A Python module, or a package.
        return module.rpartition(".")[2]
    if names[0] in opaque or f"{names[0]}/{names[1]}" in opaque:
        # A package of a workspace may export any file under any name.
        return _ANY
    return names[-1].partition(".")[0].partition("?")[0]


def _parts_of(path: str) -> set[str]:
    """Return the last parts of the module names that may mean a file."""
    names = path.split("/")
    parts = {names[-1].partition(".")[0], _ANY}
    if names[-1].startswith(_FOLDER_FILES):
        # An alias may end some folders above: `@scope/name` for `libs/name/src/index.ts`.
        parts.update(each.partition(".")[0] for each in names[-4:-1])
    return parts


def in_base64(name: bytes) -> tuple[bytes, ...]:
    """Return what a text in base64 holds when it encodes one with the name: one part for each place in a group of three."""
    from binascii import b2a_base64

    found = []
    for before in range(3):
        digits = b2a_base64(b"\0" * before + name, newline=False)
        # The first digits of a part depend on what stands before the name, the last on what follows.
        first = (before * 8 + 5) // 6
        found.append(digits[first : (before + len(name)) * 8 // 6])
    return tuple(found)


def _encoded(texts: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(each.encode() for each in texts)
