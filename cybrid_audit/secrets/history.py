"""Searches the git history: every version of every file once, streaming, whatever refs lead to it.

Git lists the blobs and hands their content over; only one of them is held at a time. A blob that does not name the platform
costs a search for its name. The commits are looked at for the few values that are found."""

from __future__ import annotations

import os
import subprocess
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

from cybrid_audit.errors import AuditError
from cybrid_audit.facts import HistoricSecret, Location, Skipped
from cybrid_audit.limits import BINARY_PROBE_BYTES, MAX_HISTORIC_SECRETS, MAX_SEARCHED_TEXT_BYTES
from cybrid_audit.project import git
from cybrid_audit.records import dataclass
from cybrid_audit.secrets import _history_cache
from cybrid_audit.secrets._history_cache import Found

if TYPE_CHECKING:
    from cybrid_audit.secrets.search import Hit

Searcher = Callable[[str, str], list["Hit"]]
"""Returns the credentials in the text of a file, by its path and text."""

_ADVICE: Final = "leave --history out, or name a folder in a git repository"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, and which part of it is audited: `prefix` is a folder with `/` at its end, or ''."""

    top: str
    prefix: str
    is_shallow: bool


def repository(root: str) -> Repository:
    """Return the repository that a folder lies in.

    Raises:
        AuditError: it lies in none, or git cannot be run."""
    lines = _output(root, "rev-parse", "--show-toplevel", "--show-prefix", "--is-shallow-repository").split("\n")
    if len(lines) < 3 or not lines[0]:
        raise AuditError(f"{root}: not in a git repository, so that it has no history", _ADVICE)
    return Repository(lines[0], lines[1], lines[2] == "true")


def key_of(repo: Repository, root: str, variables: Mapping[str, str]) -> str:
    """Return the key under which a search of the repository is remembered. `variables` are looked for too."""
    return _history_cache.key_of(f"{repo.top} {repo.prefix}", root, variables)


def search_history(
    repo: Repository, texts: tuple[bytes, ...], search: Searcher, is_text: Callable[[str], bool], key: str
) -> tuple[list[Found], list[Skipped]]:
    """Return the credentials in all blobs of the history, and what could not be searched.

    The first of `texts` (in lower case), or one of the others as it is, must be in a blob for it to be searched; `is_text`
    tells by a path whether it is read at all. Under `key`, what an earlier search saw is not read again."""
    skipped: list[Skipped] = []
    searched, found = _history_cache.read(key)
    tips = _output(repo.top, "for-each-ref", "--format=%(objectname)").split()
    tips += _output(repo.top, "rev-parse", "--verify", "-q", "HEAD").split()
    name, *encoded = texts
    if repo.is_shallow:
        skipped.append(Skipped(".git", "the clone is shallow: the history before it was cut off is not searched"))
    skipped += (
        Skipped(path, "a submodule: it has a history of its own, which is only searched by an audit of its folder")
        for path in _submodules(repo)
    )
    missing = 0
    failed: list[str] = []
    for blob, path, data in _blobs(repo, searched, is_text, failed):
        if data is None:
            missing += 1
            continue
        if b"\0" in data[:BINARY_PROBE_BYTES]:
            continue
        if name not in data.lower() and not any(each in data for each in encoded):
            continue
        text = data.decode("utf-8", "replace")
        hits = search(path[len(repo.prefix) :], text)
        if hits:
            starts = _line_starts(text)
            for hit in hits:
                line = bisect_right(starts, hit.start)
                found.append(Found(hit, blob, path, line, hit.start - starts[line - 1]))
        if len(found) > MAX_HISTORIC_SECRETS:
            skipped.append(
                Skipped(
                    ".git", f"more than {MAX_HISTORIC_SECRETS:,} credentials in the history; the rest is not searched"
                )
            )
            break
    if missing:
        objects = "1 object of the history is" if missing == 1 else f"{missing:,} objects of the history are"
        skipped.append(Skipped(".git", f"{objects} missing or damaged, and not searched"))
    if failed:
        reason = f"the repository is damaged (git {failed[0]} failed): its history is not searched to its end"
        skipped.append(Skipped(".git", reason))
    if not missing and not failed and len(found) <= MAX_HISTORIC_SECRETS:
        once = {(each.blob, each.hit.start, each.hit.role): each for each in found}
        _history_cache.write(key, sorted(set(tips)), list(once.values()))
    return found, skipped


def placed(repo: Repository, found: Iterable[Found], known: frozenset[str]) -> Iterator[HistoricSecret]:
    """Yield each value of the history once, with its commits. `known` are the digests of what stands in the tree."""
    by_value: dict[str, list[Found]] = {}
    for each in found:
        if each.hit.masked.digest not in known:
            by_value.setdefault(each.hit.masked.digest, []).append(each)
    if not by_value:
        return
    commits = list(_commits(repo, {each.blob for group in by_value.values() for each in group}))
    for group in by_value.values():
        secret = _placed(repo, group, commits)
        if secret is not None:
            yield secret


def _placed(repo: Repository, group: list[Found], commits: list[_Commit]) -> HistoricSecret | None:
    """Return a value with its commits, or None when no commit holds it any more."""
    blobs = {each.blob: each for each in group}
    added = removed = ""
    last: Found | None = None
    path = ""
    is_newest = True
    for commit in commits:
        gained = [(new, where) for old, new, where in commit.changes if new in blobs and old not in blobs]
        lost = [(old, where) for old, new, where in commit.changes if old in blobs and new not in blobs]
        kept = [(new, where) for old, new, where in commit.changes if new in blobs]
        if not gained and not lost and not kept:
            continue
        if is_newest:
            blob, path = (kept or lost)[0]
            last = blobs[blob]
            # Moved or copied in one commit, it is still there.
            removed = "" if kept else commit.sha
            is_newest = False
        if gained and not lost:
            added = commit.sha
    if last is None:
        return None
    hit = last.hit
    at = Location(path[len(repo.prefix) :], last.line, last.column, last.line, last.column + hit.end - hit.start)
    return HistoricSecret(hit.role, at, hit.masked, hit.name, hit.evidence, added, removed, hit.encoding)


# ---------------------------------------------------------------- git


@contextmanager
def _reading(
    root: str, *arguments: str, stdin: IO[bytes] | int = subprocess.DEVNULL, failed: list[str] | None = None
) -> Iterator[IO[bytes]]:
    """Give the output of a git command, and end it when no more is wanted. A command that fails by itself is put into `failed`."""
    try:
        process = subprocess.Popen(  # noqa: S603 - a fixed command; the target is only its folder
            git.command(*arguments),
            cwd=root,
            env=git.environment(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=1 << 20,
        )
    except OSError as error:
        raise AuditError(f"git cannot be run ({(error.strerror or 'unknown').lower()})", "install git") from None
    assert process.stdout is not None
    try:
        yield process.stdout
        if failed is not None and not process.stdout.read(1) and process.wait() != 0:
            failed.append(arguments[0])
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def _output(root: str, *arguments: str) -> str:
    folder = root if os.path.isdir(root) else os.path.dirname(root)
    try:
        found = git.run(folder, *arguments)
    except OSError as error:
        raise AuditError(f"git cannot be run ({(error.strerror or 'unknown').lower()})", "install git") from None
    except subprocess.SubprocessError:
        raise AuditError("git does not answer", _ADVICE) from None
    return os.fsdecode(found or b"")


def _submodules(repo: Repository) -> Iterator[str]:
    """Yield the folders, below what is audited, in which git keeps a commit of another repository."""
    scope = ["--", repo.prefix] if repo.prefix else []
    for row in _output(repo.top, "ls-files", "--stage", "-z", *scope).split("\0"):
        if row.startswith("160000 "):
            yield row.partition("\t")[2][len(repo.prefix) :]


def _blobs(
    repo: Repository, searched: list[str], is_text: Callable[[str], bool], failed: list[str]
) -> Iterator[tuple[str, str, bytes | None]]:
    """Yield every blob of the history once: its name, a path that it had, its content (None when it is missing).

    What the tips in `searched` lead to is left out, as far as they still exist."""
    with tempfile.TemporaryFile() as wanted:
        for line in _objects(repo, searched, failed):
            name, _, path = line.partition(" ")
            if name.startswith("?"):
                yield name[1:], "", None
            elif path and is_text(path):
                wanted.write(os.fsencode(f"{name} {path}\n"))
        wanted.seek(0)
        yield from _contents(repo, wanted, failed)


def _objects(repo: Repository, searched: list[str], failed: list[str]) -> Iterator[str]:
    """Yield the objects that refs lead to, each with a path."""
    scope = ["--", repo.prefix] if repo.prefix else []
    listing = ["rev-list", "--objects", "--missing=print", "--all"]
    if _output(repo.top, "rev-parse", "--verify", "-q", "HEAD"):
        listing.append("HEAD")
    if searched:
        listing += ["--ignore-missing", "--not", *searched]
    # Trees and what is too large are left out by git itself, where it is new enough to know how.
    filters = ["--filter=object:type=blob", f"--filter=blob:limit={MAX_SEARCHED_TEXT_BYTES}"]
    problems: list[str] = []
    for arguments in ([*listing, *filters, *scope], [*listing, *scope]):
        is_empty = True
        problems = []
        with _reading(repo.top, *arguments, failed=problems) as lines:
            for line in lines:
                is_empty = False
                yield os.fsdecode(line.rstrip(b"\n"))
        if not is_empty or not problems:
            break
    failed += problems


def _contents(repo: Repository, wanted: IO[bytes], failed: list[str]) -> Iterator[tuple[str, str, bytes | None]]:
    form = "--batch=%(objectname) %(objecttype) %(objectsize) %(rest)"
    with _reading(repo.top, "cat-file", form, "--buffer", stdin=wanted, failed=failed) as stream:
        while head := stream.readline():
            parts = os.fsdecode(head.rstrip(b"\n")).split(" ", 3)
            if len(parts) < 3 or not parts[2].isdigit():
                yield parts[0], "", None
                continue
            size = int(parts[2])
            data = stream.read(size)
            stream.read(1)
            if len(data) < size:
                yield parts[0], "", None
                return
            if parts[1] == "blob" and size <= MAX_SEARCHED_TEXT_BYTES:
                yield parts[0], parts[3] if len(parts) > 3 else "", data


@dataclass(frozen=True, slots=True)
class _Commit:
    """A commit and what it changes: the blob before, the blob after, and the path."""

    sha: str
    changes: list[tuple[str, str, str]]


def _commits(repo: Repository, blobs: set[str]) -> Iterator[_Commit]:
    """Yield the commits that bring some blobs or take them away, the newest first."""
    arguments = ["log", "--all", "--raw", "--no-abbrev", "--no-renames", "--diff-merges=combined", "--no-ext-diff"]
    if _output(repo.top, "rev-parse", "--verify", "-q", "HEAD"):
        arguments.append("HEAD")
    arguments += ["--no-textconv", "--topo-order", "--combined-all-paths", "--format=%x01%H"]
    sha = ""
    changes: list[tuple[str, str, str]] = []
    with _reading(repo.top, *arguments) as lines:
        for line in lines:
            if line.startswith(b"\x01"):
                if changes:
                    yield _Commit(sha, changes)
                sha, changes = line[1:].strip().decode(), []
            elif line.startswith(b":"):
                changes += (each for each in _changes(line) if each[0] in blobs or each[1] in blobs)
    if changes:
        yield _Commit(sha, changes)


def _changes(line: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield the blob before, the blob after and the path of one line of `--raw`, once for each parent."""
    head, *paths = os.fsdecode(line.rstrip(b"\n")).split("\t")
    words = head.split(" ")
    parents = len(head) - len(head.lstrip(":"))
    new, path = words[2 * parents + 1], paths[-1]
    if path.startswith('"'):
        import ast

        # Git quotes what would break a line the way C does, which is the way Python does.
        path = os.fsdecode(ast.literal_eval(f"b{path}"))
    for old in words[parents + 1 : 2 * parents + 1]:
        yield old, new, path


def _line_starts(text: str) -> list[int]:
    import re

    return [0, *(match.end() for match in re.finditer("\n", text))]
