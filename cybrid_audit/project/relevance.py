"""Which files matter, told without parsing: those that name the platform, those that import them, and what guards them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from cybrid_audit.facts import Side, Skipped
from cybrid_audit.knowledge import load
from cybrid_audit.limits import BINARY_PROBE_BYTES, MAX_SOURCE_BYTES
from cybrid_audit.project import _files, modules
from cybrid_audit.project._ignore import glob

if TYPE_CHECKING:
    from cybrid_audit.project import Project

Progress = Callable[[int, int], None]
"""Called now and then with the number of files read and of those to read."""

_PROGRESS_STEP: Final = 256
_NO_SEED: Final = frozenset({Side.TEST, Side.DOCS, Side.VENDORED})


class Index:
    """Seeds, importers and relevant files of one project. Only small facts are kept; no content is."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.scanned = 0
        self.skipped: list[Skipped] = []
        self.unreadable: set[str] = set()
        self.seeds: list[str] = []
        self.relevant: tuple[str, ...] = ()
        self.importers: dict[str, set[str]] = {}
        """Files by what they import, complete for every file that leads to a seed."""

    # ------------------------------------------------------------ reading

    def read_all(self, progress: Progress | None) -> None:
        """Read every candidate once; find the seeds."""
        project = self.project
        table = load().relevance
        extra = tuple(
            each.lower().encode("utf-8", "surrogateescape")
            for each in (*project.config.hosts, *project.config.env_base_urls, *(g.name.rpartition(".")[2] for g in ()))
        )
        markers = tuple(each.encode() for each in table.markers) + extra
        confirm = {name.encode(): tuple(each.encode() for each in texts) for name, texts in table.confirm.items()}
        paths = list(project.sources)
        read, limit, path_side = _files.read, MAX_SOURCE_BYTES, project.path_side
        prefix = os.path.join(project.root, "")
        real = project.real
        is_safe = project.is_safe_folder
        for number, path in enumerate(paths):
            if progress is not None and number % _PROGRESS_STEP == 0:
                progress(number, len(paths))
            told = path_side(path)
            if told is not None and told.side is Side.VENDORED:
                continue
            folder = path.rpartition("/")[0]
            if folder and not is_safe(folder):
                self._skip(path, "below a symlink")
                continue
            try:
                data = read(prefix + real.get(path, path), limit)
            except FileNotFoundError:
                # Deleted, but still in git's index.
                project.forget(path)
                continue
            except OSError as error:
                self._skip_unreadable(path, error)
                continue
            if data is None:
                self._skip(path, _files.TOO_LARGE)
                continue
            self.scanned += 1
            if b"\0" in data[:BINARY_PROBE_BYTES]:
                self._skip(path, "binary")
                continue
            lowered = data.lower()
            for marker in markers:
                if marker in lowered and (
                    marker not in confirm or any(text in lowered for text in confirm[marker])
                ):
                    if told is None or told.side not in _NO_SEED:
                        self.seeds.append(path)
                    break
        if progress is not None:
            progress(len(paths), len(paths))

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(path, reason))
        self.unreadable.add(path)

    def _skip_unreadable(self, path: str, error: OSError) -> None:
        place = os.path.join(self.project.root, self.project.real.get(path, path))
        if os.path.islink(place):
            target = os.path.realpath(place)
            inside = os.path.join(self.project.root, "")
            if target.startswith(inside) and os.path.isfile(target):
                # What it leads to is read under its own name.
                self.unreadable.add(path)
            elif os.path.exists(target):
                self._skip(path, "a symlink out of the tree")
            else:
                self._skip(path, "a symlink that leads nowhere")
            return
        self._skip(path, _files.reason_of(error))

    # ------------------------------------------------------------ importers

    def spread(self) -> None:
        """Find what is relevant, from the seeds."""
        if not self.seeds:
            return
        relevant = set(self.seeds)
        self._add_package_files(relevant)
        self._add_importers(relevant)
        self.relevant = tuple(sorted(path for path in relevant if self._counts(path)))

    def _counts(self, path: str) -> bool:
        told = self.project.path_side(path)
        return told is None or told.side not in _NO_SEED

    def _add_importers(self, relevant: set[str]) -> None:
        """Add every file that leads to a relevant one through imports."""
        project = self.project
        edges: dict[str, set[str]] = {}
        for path in project.sources:
            if path in self.unreadable or not self._counts(path):
                continue
            data = project.peek(path)
            language = project.language_of(path)
            for module in modules.imports_of(language, data):
                target = project.resolve(path, module)
                if target is not None and target != path:
                    edges.setdefault(target, set()).add(path)
        self.importers = edges
        pending = list(relevant)
        while pending:
            for importer in edges.get(pending.pop(), ()):
                if importer not in relevant:
                    relevant.add(importer)
                    pending.append(importer)

    # ------------------------------------------------------------ packages with seeds

    def _add_package_files(self, relevant: set[str]) -> None:
        """Add, in packages that have a seed, what guards or starts the platform's calls."""
        project = self.project
        table = load().relevance
        packages = {project.package_root(path) for path in self.seeds}
        markers = tuple(each.encode() for each in table.package_markers)
        identity = re.compile(_one_line(table.identity_regex))
        dispatch = re.compile(_one_line(table.dispatch_regex))
        bootstrap = re.compile(_one_line(table.bootstrap_regex))
        conventions = re.compile("|".join(glob(each).pattern for row in table.conventions for each in row.globs), re.DOTALL)
        for path in project.sources:
            if path in relevant or path in self.unreadable or not self._counts(path):
                continue
            if project.package_root(path) not in packages:
                continue
            lowered = project.peek(path).lower()
            if (
                any(marker in lowered for marker in markers)
                or identity.search(lowered)
                or dispatch.search(lowered)
                or (conventions.fullmatch(path) and bootstrap.search(lowered))
            ):
                relevant.add(path)


def _one_line(expression: str) -> bytes:
    # A long expression is folded in the data; the spaces at the folds are no part of it.
    return re.sub(r"\s*\|\s+", "|", expression.strip()).encode()
