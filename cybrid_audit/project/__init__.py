"""The audited project: its files, which of them matter, on which side each runs, and what an import means."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from cybrid_audit.errors import AuditError
from cybrid_audit.facts import Side, Skipped
from cybrid_audit.knowledge import load
from cybrid_audit.languages import SUFFIXES
from cybrid_audit.limits import (
    MAX_ARCHIVE_BYTES,
    MAX_IGNORED_FILES,
    MAX_RESOLVED_LINKS,
    MAX_SEARCHED_TEXT_BYTES,
    MAX_SOURCE_BYTES,
    MAX_TEXT_FILE_BYTES,
)
from cybrid_audit.project import _files
from cybrid_audit.project._glob import matches
from cybrid_audit.project.config import Config, ConfigError, load_config
from cybrid_audit.project.discovery import AskedNames, Listing, TargetError, ignored_by_git, list_files
from cybrid_audit.project.manifests import dependencies, is_manifest
from cybrid_audit.project.modules import SYSTEMS, Gate, Resolver, resolver_of
from cybrid_audit.project.relevance import NOT_FOLLOWED, Index, Progress
from cybrid_audit.project.sides import ImporterSides, PathSides, Told, client_lines, side_of
from cybrid_audit.records import dataclass

__all__ = ["AuditError", "Config", "ConfigError", "Project", "SourceFile", "TargetError", "load_config", "open_project"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a front-end can read. `path` is relative to the root, `side_reason` what tells the side."""

    path: str
    language: str
    side: Side
    side_reason: str


class _Files(Mapping[str, SourceFile]):
    """The sources by path, in order. A side is only worked out for a file that is asked for: most never are."""

    def __init__(self, paths: dict[str, str], make: Callable[[str, str], SourceFile]) -> None:
        self._paths = paths
        self._make = make
        self._made: dict[str, SourceFile] = {}

    def __getitem__(self, path: str) -> SourceFile:
        held = self._made.get(path)
        if held is None:
            held = self._made[path] = self._make(path, self._paths[path])
        return held

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


class Project:
    """The files of one target. Made by `open_project`; every path is relative to `root`, with `/`."""

    def __init__(self, listing: Listing, config: Config) -> None:
        self.root = listing.root
        self.config = config
        self.is_git = listing.is_git
        self._ignored = listing.ignored
        self.real = listing.real
        """Names on disk of the paths that are not UTF-8."""
        self.edited: dict[str, bytes] = {}
        """Contents that stand in for those of files: the tree as a fix would make it. What matters is still told by the files."""
        self.tracked: dict[str, None] = dict.fromkeys(listing.paths)
        """All files listed."""
        self.sources: dict[str, str] = {}
        """The files that a front-end can read, with their language."""
        self.unsupported: dict[str, str] = {}
        """Files in a language that integrations are written in and no front-end reads, with its name."""
        self.texts: list[str] = []
        """The other files that may be text: configuration, documents, data."""
        self.archives: list[str] = []
        """Archives, which may hold any of these."""
        self.named: tuple[str, ...] = ()
        """Files that name the platform, plainly or in base64, in order."""
        known, languages = load().discovery, SUFFIXES
        no_texts, self.json_files = known.no_text_suffixes, list[str]()
        self._manifest_names: dict[str, list[str]] = {}
        for path in listing.paths:
            folder, _, name = path.rpartition("/")
            suffix = name[name.rfind(".") :]
            language = languages.get(suffix) or languages.get(suffix.lower())
            if language is not None:
                self.sources[path] = language
                if name not in ("setup.py", "build.gradle.kts", "Package.swift"):
                    continue
            elif suffix in known.languages:
                self.unsupported[path] = known.languages[suffix]
            elif suffix not in no_texts and name not in known.lock_files:
                self.texts.append(path)
                if suffix in (".json", ".jsonc"):
                    self.json_files.append(path)
            elif suffix in known.archive_suffixes:
                self.archives.append(path)
            if is_manifest(name):
                self._manifest_names.setdefault(folder, []).append(name)
            elif suffix == ".txt" and (folder == "requirements" or folder.endswith("/requirements")):
                # A folder of requirements belongs to what lies beside it.
                above = folder.rpartition("/")[0]
                self._manifest_names.setdefault(above, []).append(f"requirements/{name}")
        self.files: Mapping[str, SourceFile] = _Files(self.sources, self._source_file)
        self.relevant: tuple[str, ...] = ()
        self.listed = len(listing.paths)
        self.scanned = 0
        self.left_out = 0
        """Files that the configuration's globs take out."""
        self.skipped: tuple[Skipped, ...] = tuple(listing.skipped)
        self._package_roots: dict[str, str] = {}
        self._declared: dict[str, frozenset[str]] = {}
        self._packages: dict[str, frozenset[str]] = {}
        self._safe_folders: dict[str, bool] = {"": True}
        self._links: dict[str, str | None] = {}
        self._resolvers: dict[str, Resolver] = {}
        self._importers: Mapping[str, set[str]] = {}
        self._ignored_by_git: AskedNames | None = None
        self._importer_sides = ImporterSides(self, self.importers_of)
        self._client_lines: dict[str, list[tuple[int, int]]] = {}
        self._path_sides = PathSides(self._manifest_names.__contains__, self.tracked.__contains__)
        self.client_entries: dict[str, str] | None = None
        """What browsers start with, with the file that says so; found when a side depends on it."""
        self.is_part = False
        """Whether only some of the files are looked at. What follows from all of them is then not known."""

    def restrict(self, only: Collection[str]) -> None:
        """Look at these files alone. The others are still listed: what they are tells of these ones."""
        self.is_part = True
        self.sources = {path: language for path, language in self.sources.items() if path in only}
        self.unsupported = {path: language for path, language in self.unsupported.items() if path in only}
        self.texts = [path for path in self.texts if path in only]
        self.archives = [path for path in self.archives if path in only]
        self.files = _Files(self.sources, self._source_file)

    # ------------------------------------------------------------ reading

    def source(self, path: str) -> bytes:
        """Return a source's content.

        Raises:
            OSError: it cannot be read, is a symlink, or is larger than the bound."""
        data = self._read(path, MAX_SOURCE_BYTES)
        if data is None:
            raise OSError(f"{path}: {_files.TOO_LARGE}")
        return data

    def peek(self, path: str) -> bytes:
        """Return a source's content, or nothing when it cannot be read."""
        try:
            return self._read(path, MAX_SOURCE_BYTES) or b""
        except OSError:
            return b""

    def text_file(self, path: str) -> bytes | None:
        """Return the content of any listed file; None when there is none, it cannot be read, or it is too large."""
        if path not in self.tracked:
            return None
        try:
            return self._read(path, MAX_TEXT_FILE_BYTES)
        except OSError:
            return None

    def searched_text(self, path: str) -> bytes | None:
        """Return the content of a file that is searched for credentials; None when it cannot be read or is too large."""
        try:
            return self._read(path, MAX_SEARCHED_TEXT_BYTES)
        except OSError:
            return None

    def archive(self, path: str) -> bytes | None:
        """Return the content of an archive, still packed; None when it is too large.

        Raises:
            OSError: it cannot be read, or is a symlink."""
        return self._read(path, MAX_ARCHIVE_BYTES)

    def _read(self, path: str, limit: int) -> bytes | None:
        if path in self.edited:
            return self.edited[path]
        # What git's index or a configuration names need not be a file of the tree.
        if path not in self.tracked or not self.is_safe_folder(path.rpartition("/")[0]):
            raise OSError(f"{path}: not a file of the project")
        return _files.read(os.path.join(self.root, self.real.get(path, path)), limit)

    def is_safe_folder(self, folder: str) -> bool:
        """Whether no part of a folder's path is a symlink. Git's index may hold a name below what is one on disk."""
        held = self._safe_folders.get(folder)
        if held is None:
            held = self.is_safe_folder(folder.rpartition("/")[0]) and not os.path.islink(
                os.path.join(self.root, folder)
            )
            self._safe_folders[folder] = held
        return held

    def untracked(self, paths: list[str]) -> set[str]:
        """Return those of the listed paths that belong to no repository though the target lies in one."""
        if not self.is_git or not paths:
            return set()
        from cybrid_audit.project.discovery import untracked

        spelled = {self.real.get(path, path): path for path in paths}
        return {spelled[path] for path in untracked(self.root, list(spelled))}

    def look_for_ignored(self) -> None:
        """Have git look for ignored files from now on: `ignored_files` asks for them later."""
        if self.is_git and not self.is_part:
            self._ignored_by_git = ignored_by_git(self.root)

    def ignored_files(self, is_wanted: Callable[[str], bool]) -> list[str]:
        """Return the files that ignore files name and whose name is wanted. They are not listed; `ignored_text` reads them."""
        if self.is_part:
            return []
        found = list(self._ignored)
        if self.is_git:
            asked, self._ignored_by_git = self._ignored_by_git or ignored_by_git(self.root), None
            found = list(asked.names())
        result: list[str] = []
        for path in found:
            if path.endswith("/"):
                result += self._wanted_inside(path.rstrip("/"), is_wanted)
            elif is_wanted(path.rpartition("/")[2]):
                result.append(path)
        return sorted(result)[:MAX_IGNORED_FILES]

    def _wanted_inside(self, folder: str, is_wanted: Callable[[str], bool]) -> list[str]:
        """Return the wanted files directly in a folder that is ignored as a whole, unless it is one of dependencies or builds."""
        known = load().discovery
        if folder.rpartition("/")[2] in known.unwalked_folders | known.output_folders:
            return []
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:
                names = [each.name for each in entries if each.is_file(follow_symlinks=False)]
        except OSError:
            return []
        return [f"{folder}/{name}" for name in names if is_wanted(name)]

    def ignored_text(self, path: str) -> bytes | None:
        """Return the content of one of `ignored_files`; None when it cannot be read or is too large."""
        if not self.is_safe_folder(path.rpartition("/")[0]):
            return None
        try:
            return _files.read(os.path.join(self.root, path), MAX_TEXT_FILE_BYTES)
        except OSError:
            return None

    def forget(self, path: str) -> None:
        """Take a path out that is listed but not there."""
        self.sources.pop(path, None)
        self.unsupported.pop(path, None)
        if self.tracked.pop(path, self) is None:
            self.listed -= 1

    # ------------------------------------------------------------ modules

    def resolve(self, importer: str, module: str) -> str | None:
        """Return the project's file that an import means, or None for a library.

        `importer` is a path of `files`; `module` is the specifier as it is written (`./token.js`, `@/lib/db`), for Python
        the dotted name with its leading dots. A Python name is resolved only if the whole of it is a module."""
        return self._resolver(SYSTEMS[self.sources[importer]]).resolve(importer, module)

    def declared(self, importer: str, name: str) -> tuple[tuple[str, str], ...]:
        """Return the files that declare a dotted name, nearest first, each with the name behind its package.

        Empty for languages whose files see nothing but what they import."""
        resolver = self._resolver(SYSTEMS[self.sources[importer]])
        locate: Callable[[str, str], tuple[tuple[str, str], ...]] | None = getattr(resolver, "locate", None)
        return locate(importer, name) if locate is not None else ()

    def declaring(self, importer: str, name: str) -> tuple[str, ...]:
        """Return the files of Swift that declare a name, as `project/modules/swift.py` writes them; those that are nearest."""
        resolver = self._resolver("swift")
        declaring: Callable[[str, str], tuple[str, ...]] | None = getattr(resolver, "declaring", None)
        return declaring(importer, name) if declaring is not None else ()

    def stand_ins(self, path: str) -> tuple[str, ...]:
        """Return the files that a build may put in the place of a file, of the languages whose builds do that."""
        system = SYSTEMS[self.sources.get(path, "component")]
        standing: Callable[[str], tuple[str, ...]] | None = getattr(self._resolver(system), "stand_ins", None)
        return standing(path) if standing is not None else ()

    def _resolver(self, system: str) -> Resolver:
        resolver = self._resolvers.get(system)
        if resolver is None:
            resolver = self._resolvers[system] = resolver_of(system, self)
        return resolver

    def gates(self, packages: Collection[str], targets: Collection[str]) -> set[tuple[str, Gate]]:
        """Return, with its module system, every gate of some packages of which the targets are files."""
        inside: dict[str, list[str]] = {each: [] for each in packages}
        for target in targets:
            package = self.package_root(target)
            if package in inside:
                inside[package].append(target)
        return {
            (system, gate)
            for system in self.systems
            for package, listed in inside.items()
            for gate in self._resolver(system).gates(package, listed)
        }

    def opaque_names(self) -> frozenset[str]:
        """Return module names that do not end in the name of the file they mean."""
        return frozenset(name for system in self.systems for name in self._resolver(system).opaque_names())

    @property
    def systems(self) -> frozenset[str]:
        """The module systems of the project's sources."""
        return frozenset(SYSTEMS[language] for language in set(self.sources.values()))

    def through_links(self, path: str) -> str | None:
        """Return the path in the tree that a path through symlinks means, or None when it is not in the tree."""
        folder = path
        while folder and folder not in self._links:
            folder = folder.rpartition("/")[0]
            if self._safe_folders.get(folder):
                break
        if len(self._links) >= MAX_RESOLVED_LINKS:
            return None
        return self._link_target(path)

    def _link_target(self, path: str) -> str | None:
        parts = path.split("/")
        for size in range(1, len(parts) + 1):
            head = "/".join(parts[:size])
            target = self._links.get(head, "")
            if target == "":
                if not os.path.islink(os.path.join(self.root, head)):
                    if not os.path.isdir(os.path.join(self.root, head)):
                        return None
                    continue
                real = os.path.realpath(os.path.join(self.root, head))
                inside = os.path.join(self.root, "")
                target = real[len(inside) :].replace(os.sep, "/") if real.startswith(inside) else None
                self._links[head] = target
            if target is None:
                return None
            return "/".join([target, *parts[size:]])
        return None

    def code_named(self, package: str, folders: Iterable[str], name: str) -> Iterator[str]:
        """Yield the sources that a descriptor in a package may mean by a name: `src/a.ts`, `src/a`, or `src/a.handler`."""
        stem = name.rpartition(".")[0]
        for folder in folders:
            for each in (name, stem, stem.replace(".", "/")):
                place = os.path.normpath(os.path.join(package, folder, each)).replace(os.sep, "/") if each else ""
                for suffix in ("", *SUFFIXES):
                    if place and place + suffix in self.sources:
                        yield place + suffix

    # ------------------------------------------------------------ packages

    def package_root(self, path: str) -> str:
        """Return the folder of the nearest manifest above a file, '' for the root."""
        return self.package_root_of(path.rpartition("/")[0])

    def package_root_of(self, folder: str) -> str:
        """Return the nearest folder with a manifest, '' for the root."""
        if not folder or folder in self._manifest_names:
            return folder
        held = self._package_roots.get(folder)
        if held is None:
            held = self._package_roots[folder] = self.package_root_of(folder.rpartition("/")[0])
        return held

    def own_packages(self, path: str) -> frozenset[str]:
        """Return the dependencies that the nearest manifest above a file declares, or the next when it declares none."""
        folder = self.package_root(path)
        while True:
            declared = self._declared_in(folder)
            if declared or not folder:
                return declared
            folder = self.package_root_of(folder.rpartition("/")[0])

    def packages(self, path: str) -> frozenset[str]:
        """Return the dependencies that all manifests above a file declare, up to the root.

        npm names are as written; Python names are normalized (lower case, `-`)."""
        return self._packages_of(self.package_root(path))

    def _packages_of(self, folder: str) -> frozenset[str]:
        held = self._packages.get(folder)
        if held is None:
            held = self._declared_in(folder)
            if folder:
                held |= self._packages_of(self.package_root_of(folder.rpartition("/")[0]))
            self._packages[folder] = held
        return held

    def _declared_in(self, folder: str) -> frozenset[str]:
        held = self._declared.get(folder)
        if held is None:
            held = frozenset()
            for name in self._manifest_names.get(folder, ()):
                data = self.text_file(f"{folder}/{name}" if folder else name)
                if data is not None:
                    held |= dependencies(name, data)
            self._declared[folder] = held
        return held

    # ------------------------------------------------------------ sides

    def path_side(self, path: str) -> Told | None:
        """Return the side that the configuration or a path alone tells (vendored, test, docs, example), or None."""
        for override in reversed(self.config.sides):
            if matches(override.glob, path):
                return Told(override.side, f"configuration: {override.glob}")
        return self._path_sides.of(path)

    def folder_side(self, folder: str) -> Told | None:
        """Return the side that a folder's path tells, or None."""
        return self._path_sides.of_folder(folder)

    def side_at(self, path: str, line: int) -> Side:
        """Return the side on which a line of a source runs: a script in a server's component runs in the browser."""
        file = self.files.get(path)
        if file is None:
            return Side.SERVER
        if file.language == "component" and file.side is Side.SERVER:
            lines = self._client_lines.get(path)
            if lines is None:
                lines = self._client_lines[path] = client_lines(self.peek(path))
            if any(first <= line <= last for first, last in lines):
                return Side.CLIENT
        return file.side

    def importers_of(self, path: str) -> frozenset[str]:
        """Return the files that import a file. Complete for files that lead to a relevant one."""
        return frozenset(self._importers.get(path, ()))

    def _source_file(self, path: str, language: str) -> SourceFile:
        side, why = side_of(self, path, language, self._importer_sides)
        return SourceFile(path, language, side, why)

    # ------------------------------------------------------------ opening

    def index(self, progress: Progress | None) -> None:
        """Read the candidates and find the relevant files. Called once, by `open_project`."""
        index = Index(self)
        index.find_seeds(progress)
        self.scanned = index.scanned
        if not self.is_part:
            index.spread()
        self.skipped = tuple(sorted({*self.skipped, *index.skipped}, key=lambda each: (each.path, each.reason)))
        self._importers = index.importers
        self.named = tuple(sorted(path for path in index.named if path in self.tracked))
        self.relevant = tuple(path for path in sorted(index.relevant) if self.files[path].side not in NOT_FOLLOWED)


def open_project(
    target: str,
    config: Config,
    progress: Progress | None = None,
    *,
    only: Collection[str] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Project:
    """Return the project at a folder, or of a single file. With `only`, these files of it alone are looked at.

    `progress(read, total)` is called now and then while files are read; `meanwhile` is done while git lists them.

    Raises:
        TargetError: the target is missing, is neither file nor folder, or cannot be listed."""
    listing = list_files(target, meanwhile)
    found = len(listing.paths)
    _narrow(listing, config)
    project = Project(listing, config)
    project.left_out = found - len(listing.paths)
    if only is not None:
        project.restrict(only)
    project.index(progress)
    return project


def _narrow(listing: Listing, config: Config) -> None:
    """Apply the configuration's globs of paths."""
    if not config.include and not config.exclude:
        return
    listing.paths = [
        path
        for path in listing.paths
        if (not config.include or any(matches(each, path) for each in config.include))
        and not any(matches(each, path) for each in config.exclude)
    ]
