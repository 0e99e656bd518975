"""The target as it was at a git revision, written to a temporary folder to be audited like any other.

Nothing that the repository names is run, no filter either: files come out as git stores them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cybrid_audit.errors import AuditError
from cybrid_audit.limits import MAX_FILES, MAX_NESTED_REPOSITORIES, MAX_SEARCHED_TEXT_BYTES, MAX_SUBMODULES
from cybrid_audit.project import git

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFETCH: Final = "fetch what a partial clone lacks ('git fetch --refetch')"
_LINK: Final = b"120000"
_SUBMODULE: Final = b"160000"


def resolve(root: str, ref: str) -> str:
    """Return the commit that `ref` names in the repository of `root`, in full.

    Raises:
        AuditError: there is no git, no repository, or no such commit."""
    folder = root if os.path.isdir(root) else os.path.dirname(os.path.abspath(root))
    _git(folder, "rev-parse", "--git-dir", problem=f"{root}: not in a git repository", hint="name a folder in one")
    if ref.startswith("-") or not ref.strip():
        raise AuditError(f"{ref!r} names no revision", "name a branch, a tag or a commit")
    found = _git(
        folder,
        *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"),
        problem=f"no commit {ref!r} in this repository",
        hint="fetch it (a shallow clone may lack it), or name another branch, tag or commit",
    )
    return os.fsdecode(found).strip()


def blob(root: str, commit: str, path: str, limit: int) -> bytes | None:
    """Return the content that a file of `root` had at a commit; None where there was no such file, or it was a link.

    Raises:
        AuditError: it is larger than `limit` bytes, git fails, or the object is missing."""
    top = os.path.realpath(root)
    folder = top if os.path.isdir(top) else os.path.dirname(top)
    listed = _git(folder, "--literal-pathspecs", "ls-tree", "-l", "-z", commit, "--", path)
    fields = listed.partition(b"\t")[0].split()
    if len(fields) != 4 or fields[0] == _LINK or fields[1] != b"blob":
        return None
    if fields[3].isdigit() and int(fields[3]) > limit:
        raise AuditError(f"{path} of {commit[:12]} is larger than {limit:,} bytes", "name another revision")
    missing = f"{path} of {commit[:12]} is missing in this repository"
    return _git(folder, "cat-file", "blob", os.fsdecode(fields[2]), problem=missing, hint=_REFETCH)


def below(root: str, commit: str, path: str) -> list[str]:
    """Return the files that lay below a folder of `root` at a commit, as paths relative to `root`; a file's path is its own.

    Raises:
        AuditError: git fails."""
    top = os.path.realpath(root)
    folder = top if os.path.isdir(top) else os.path.dirname(top)
    listed = _git(folder, "--literal-pathspecs", "ls-tree", "-r", "-z", "--name-only", commit, "--", path)
    return sorted(os.fsdecode(each) for each in listed.split(b"\0") if each)


@contextmanager
def checked_out(root: str, commit: str) -> Iterator[str]:
    """Yield a folder, or a file, that holds what `root` held at a commit. It is gone afterwards.

    The folder is a git repository of its own that tracks the same files, and so are its submodules, as far as their commits
    are here. Files larger than any that is read are left out.

    Raises:
        AuditError: git fails, objects are missing, or the temporary folder cannot be written."""
    import tempfile

    top = os.path.realpath(root)
    folder, name = (top, "") if os.path.isdir(top) else os.path.split(top)
    try:
        place = tempfile.TemporaryDirectory(prefix="cybrid-audit-", ignore_cleanup_errors=True)
    except OSError as error:
        raise AuditError(f"no temporary folder can be made ({error.strerror})", "set TMPDIR to one") from None
    with place as scratch:
        # Of the same name, by which imports may begin.
        made = os.path.join(scratch, os.path.basename(folder) or "root")
        inside = _write(folder, commit, made)
        for _ in range(MAX_NESTED_REPOSITORIES):
            inside = [below for each in inside[:MAX_SUBMODULES] for below in _write(*each)]
        yield os.path.join(made, name) if name else made


def _write(folder: str, commit: str, made: str) -> list[tuple[str, str, str]]:
    """Write what a folder held at a commit, and return the submodules in it that are to be written too, as the same."""
    prefix = os.fsdecode(_git(folder, "rev-parse", "--show-prefix")).rstrip("\n")
    objects = os.path.join(folder, os.fsdecode(_git(folder, "rev-parse", "--git-path", "objects")).rstrip("\n"))
    _git(os.path.dirname(made), "init", "--quiet", "--template=", made, settings=_ISOLATED)
    tree = _tree(folder, commit, prefix)
    if tree is None:
        return []
    with open(os.path.join(made, ".git", "objects", "info", "alternates"), "wb") as file:
        file.write(os.fsencode(os.path.realpath(objects)) + b"\n")
    _git(made, "read-tree", tree, settings=_ISOLATED)
    _git(
        made,
        *("checkout-index", "--force", "--quiet", "-z", "--stdin"),
        problem=f"the files of {commit[:12]} cannot all be written",
        hint=f"{_REFETCH}, and see that the temporary folder has room",
        given=b"".join(path + b"\0" for path in _readable(folder, tree)),
        settings=_ISOLATED,
    )
    return list(_submodules(folder, tree, made))


def _submodules(folder: str, tree: str, made: str) -> Iterator[tuple[str, str, str]]:
    """Yield the submodules of a tree whose commit is here: the folder, the commit, and where its files go."""
    listed = _git(folder, "ls-tree", "-r", "-z", "--full-tree", tree)
    for entry in listed.split(b"\0"):
        about, _, name = entry.partition(b"\t")
        fields = about.split()
        if len(fields) != 3 or fields[0] != _SUBMODULE:
            continue
        path, commit = os.fsdecode(name), os.fsdecode(fields[2])
        inner = os.path.join(folder, path)
        # A link would lead out of the tree, and one that was not fetched has no repository of its own.
        if os.path.realpath(inner) == inner and os.path.lexists(os.path.join(inner, ".git")):
            there = _answer(inner, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
            if there is not None:
                yield inner, commit, os.path.join(made, path)


def _tree(folder: str, commit: str, prefix: str) -> str | None:
    """Return the id of what a folder held at a commit, None when there was no such folder."""
    name = f"{commit}:{prefix}" if prefix else f"{commit}^{{tree}}"
    found = _answer(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
    return os.fsdecode(found).strip() if found is not None else None


def _readable(folder: str, tree: str) -> Iterator[bytes]:
    listed = _git(folder, "ls-tree", "-r", "-l", "-z", "--full-tree", tree)
    for number, entry in enumerate(listed.split(b"\0")):
        about, _, path = entry.partition(b"\t")
        fields = about.split()
        if len(fields) != 4 or number > MAX_FILES:
            continue
        mode, _, _, size = fields
        if size == b"BAD":
            raise AuditError(f"{os.fsdecode(path)!r} of {tree[:12]} is missing in this repository", _REFETCH)
        if mode == _LINK or (mode != _SUBMODULE and size.isdigit() and int(size) <= MAX_SEARCHED_TEXT_BYTES):
            yield path


_ISOLATED: Final = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
"""For the new repository: the user's own settings would let attributes start filters."""


def _git(
    folder: str,
    *arguments: str,
    problem: str = "",
    hint: str = "see whether the repository is whole",
    given: bytes = b"",
    settings: Mapping[str, str] | None = None,
) -> bytes:
    """Return what a git command prints. Raises AuditError with `problem` when it fails."""
    answer = _answer(folder, *arguments, given=given, settings=settings)
    if answer is None:
        raise AuditError(problem or f"git {arguments[0]} failed", hint)
    return answer


def _answer(
    folder: str, *arguments: str, given: bytes = b"", settings: Mapping[str, str] | None = None
) -> bytes | None:
    """Return what a git command prints, None when it fails. Raises AuditError when git cannot be run or does not answer."""
    import subprocess

    try:
        return git.run(folder, *arguments, given=given, settings=settings)
    except FileNotFoundError:
        raise AuditError("git is not installed, or not on the PATH", "install it") from None
    except (OSError, subprocess.SubprocessError):
        raise AuditError(f"git {arguments[0]} does not run to its end", "see whether the repository is whole") from None
