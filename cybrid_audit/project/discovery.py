"""The files of a target: git's list where there is one, else a walk that honours ignore files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from cybrid_audit.errors import AuditError
from cybrid_audit.facts import Skipped
from cybrid_audit.knowledge import load
from cybrid_audit.limits import (
    MAX_FILES,
    MAX_IGNORE_FILE_BYTES,
    MAX_IGNORED_FILES,
    MAX_NESTED_REPOSITORIES,
    MAX_WALK_DEPTH,
)
from cybrid_audit.project import _files, git
from cybrid_audit.project._ignore import IgnoreRules
from cybrid_audit.records import dataclass, field


class TargetError(AuditError):
    """The target cannot be audited at all."""


@dataclass(slots=True)
class Listing:
    """What lies below `root`. `real` holds the name on disk of paths that are not UTF-8; their own spelling is escaped."""

    root: str
    paths: list[str] = field(default_factory=list)
    real: dict[str, str] = field(default_factory=dict)
    is_git: bool = False
    ignored: list[str] = field(default_factory=list)
    """Files that the walk left out because an ignore file names them. With git, `ignored_by_git` gives them."""
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, path: str) -> None:
        """Add a path as the system spells it."""
        try:
            path.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(path).decode("utf-8", "backslashreplace")
            self.real[shown] = path
            path = shown
        self.paths.append(path)


def list_files(target: str, meanwhile: Callable[[], None] | None = None) -> Listing:
    """Return the files of a folder, or of a single file, sorted. `meanwhile` is done while git looks for them, if it is asked.

    Raises:
        TargetError: it does not exist, is neither, or cannot be listed."""
    root = os.path.realpath(target)
    if os.path.isfile(root):
        listing = Listing(os.path.dirname(root))
        listing.add(os.path.basename(root))
        return listing
    if not os.path.lexists(target):
        raise TargetError(f"{target}: no such file or folder", "check the path")
    if not os.path.isdir(root):
        raise TargetError(f"{target}: neither a file nor a folder", "name a folder or a source file")
    try:
        with os.scandir(root):
            pass
    except OSError as error:
        raise TargetError(f"{target}: cannot be listed ({error.strerror})", "make it readable for you") from None
    listing = Listing(root)
    if repository_above(root) is not None:
        _add_git(listing, "", MAX_NESTED_REPOSITORIES, meanwhile)
    listing.is_git = bool(listing.paths)
    if not listing.paths:
        _Walk(listing).run("")
    if len(listing.paths) > MAX_FILES:
        listing.skipped.append(Skipped(".", f"more than {MAX_FILES:,} files; the rest was not read"))
        del listing.paths[MAX_FILES:]
    listing.paths.sort()
    return listing


# ---------------------------------------------------------------- git


def repository_above(folder: str) -> str | None:
    """Return the repository that an absolute folder lies in, or None. Git is not asked: most targets have none, or are one."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _add_git(listing: Listing, folder: str, nested: int, meanwhile: Callable[[], None] | None = None) -> None:
    """Add what git lists below a folder of the target, and what lies in repositories inside it."""
    place = os.path.join(listing.root, folder)
    prefix = f"{folder}/" if folder else ""
    inner: list[str] = []
    asked = AskedNames(place, "--cached", "--others", "--exclude-standard")
    if meanwhile is not None:
        meanwhile()
    for name in asked.names():
        # A repository that is not tracked comes as its folder, a submodule as a name that is a folder on disk.
        if name.endswith("/"):
            inner.append(prefix + name[:-1])
        elif "." not in name.rpartition("/")[2] and os.path.lexists(os.path.join(place, name, ".git")):
            inner.append(prefix + name)
        else:
            listing.add(prefix + name)
    for path in inner:
        if nested <= 0:
            listing.skipped.append(
                Skipped(shown(path), f"more than {MAX_NESTED_REPOSITORIES} repositories inside one another")
            )
        elif os.path.realpath(os.path.join(listing.root, path)) == os.path.join(listing.root, path):
            before = len(listing.paths)
            _add_git(listing, path, nested - 1)
            if len(listing.paths) == before:
                _Walk(listing).run(path)


def ignored_by_git(root: str) -> AskedNames:
    """Have git look for the files below a folder that it ignores one by one, and the folders it ignores as a whole, those with a
    `/`."""
    return AskedNames(root, "--others", "--ignored", "--exclude-standard", "--directory")


def untracked(root: str, paths: list[str]) -> set[str]:
    """Return those of the paths that git does not track, in whichever repository each lies."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append(name)
    found: set[str] = set()
    for folder, names in folders.items():
        asked = AskedNames(os.path.join(root, folder), "--cached", "--", *(f":(literal){name}" for name in names))
        tracked = set(asked.names())
        found.update(f"{folder}/{name}" if folder else name for name in names if name not in tracked)
    return found


class AskedNames:
    """A question to git for names below a folder, which it looks for from now on."""

    def __init__(self, folder: str, *arguments: str) -> None:
        try:
            self._started: git.Started | None = git.Started(folder, "ls-files", "-z", *arguments)
        except OSError:
            self._started = None

    def names(self) -> Iterator[str]:
        """Yield what git lists: nothing when git is missing or refuses. Called once."""
        found = self._started.answer() if self._started is not None else None
        if found is None:
            return
        names = os.fsdecode(found).split("\0")
        # A hostile index may hold names that git itself refuses to check out.
        if b"../" in found or b"/.." in found or b"\0/" in found or found[:1] == b"/":
            names = [name for name in names if not name.startswith("/") and ".." not in name.split("/")]
        # An entry in conflict is listed once per stage; the empty name is what follows the last separator.
        yield from filter(None, dict.fromkeys(names))


# ---------------------------------------------------------------- walk


class _Walk:
    """A walk of one folder."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        known = load().discovery
        self.unwalked = known.unwalked_folders
        self.output = known.output_folders
        self.manifests = frozenset(known.manifests)
        self.ignore_files = known.ignore_files

    def run(self, start: str) -> None:
        """Fill the listing with what lies below a folder."""
        # Depth first with a list: a folder may nest deeper than the interpreter's stack.
        pending: list[tuple[str, tuple[IgnoreRules, ...]]] = [(start, ())]
        paths = self.listing.paths
        while pending and len(paths) <= MAX_FILES:
            folder, rules = pending.pop()
            place = os.path.join(self.listing.root, folder)
            try:
                with os.scandir(place) as found:
                    entries = list(found)
            except OSError as error:
                self.listing.skipped.append(Skipped(shown(folder) or ".", _files.reason_of(error)))
                continue
            names = {entry.name for entry in entries}
            rules = (*rules, *self._rules_of(folder, place, names))
            is_package = not self.manifests.isdisjoint(names)
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                try:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    is_file = not is_folder and entry.is_file(follow_symlinks=False)
                    is_link = not is_folder and not is_file and entry.is_symlink()
                except OSError:
                    continue
                if is_folder:
                    if entry.name in self.unwalked or (is_package and entry.name in self.output):
                        continue
                    if _is_ignored(rules, path, is_folder=True):
                        continue
                    if path.count("/") >= MAX_WALK_DEPTH:
                        self.listing.skipped.append(Skipped(shown(path), f"more than {MAX_WALK_DEPTH} folders deep"))
                        continue
                    pending.append((path, rules))
                elif not (is_file or is_link):
                    continue
                elif not _is_ignored(rules, path, is_folder=False):
                    self.listing.add(path)
                elif is_file and len(self.listing.ignored) < MAX_IGNORED_FILES:
                    self.listing.ignored.append(path)

    def _rules_of(self, folder: str, place: str, names: set[str]) -> Iterator[IgnoreRules]:
        for name in self.ignore_files:
            if name in names:
                try:
                    data = _files.read(os.path.join(place, name), MAX_IGNORE_FILE_BYTES)
                except OSError:
                    continue
                if data is not None:
                    yield IgnoreRules(folder, os.fsdecode(data).split("\n"))


def _is_ignored(rules: tuple[IgnoreRules, ...], path: str, *, is_folder: bool) -> bool:
    for each in reversed(rules):
        verdict = each.verdict(path, is_folder=is_folder)
        if verdict is not None:
            return verdict
    return False


def shown(path: str) -> str:
    """Return a path as the system spells it in the spelling of a listing: what is not UTF-8 is escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
