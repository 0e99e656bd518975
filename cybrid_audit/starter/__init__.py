"""What a project needs to be audited from now on: looks at it, and writes what is missing. Nothing that is there is written over."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Final

from cybrid_audit.errors import AuditError
from cybrid_audit.limits import MAX_CONFIG_BYTES
from cybrid_audit.project import _files
from cybrid_audit.records import dataclass
from cybrid_audit.starter import texts
from cybrid_audit.starter.texts import Look

CONFIG: Final = ".cybrid-audit.yaml"
HOOKS: Final = ".pre-commit-config.yaml"
WORKFLOW: Final = ".github/workflows/cybrid-audit.yml"
JOB: Final = ".gitlab/cybrid-audit.yml"
GITLAB_CI: Final = ".gitlab-ci.yml"
_CLIENT: Final = ("android", "ios", "mobile", "app/src/main", "apps/mobile")
_HOOK: Final = b"id: cybrid-audit"
_GIT_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Step:
    """One file of the plan. `text` is to be written, unless the file is there: then `advice` says what to add to it, if anything."""

    path: str
    text: str
    advice: str = ""
    is_there: bool = False


def look_at(root: str, paths: Sequence[str]) -> Look:
    """Return what is seen of a project by the paths of its files and its repository."""
    from cybrid_audit.languages import language_of

    count = Counter(language for path in paths if (language := language_of(path)) is not None)
    languages = tuple(name for name, _ in sorted(count.items(), key=lambda each: (-each[1], each[0])))
    folders = tuple(
        each for each in _CLIENT if any(path.startswith(f"{each}/") and language_of(path) is not None for path in paths)
    )
    package, repository = installed_from()
    return Look(languages, folders, _branch(root), package, repository)


def plan(root: str, look: Look, ci: Sequence[str]) -> list[Step]:
    """Return the files to write. `ci` names the services: `github`, `gitlab`."""
    steps = [
        _step(root, CONFIG, texts.configuration(look)),
        _step(root, texts.SCHEMA_FILE, texts.schema()),
        _step(root, HOOKS, texts.pre_commit(look), f"add this to 'repos' in it:\n{texts.hook(look)}", _HOOK),
    ]
    if "github" in ci:
        steps.append(_step(root, WORKFLOW, texts.github(look)))
    if "gitlab" in ci:
        include = f"include:\n  - local: {JOB}\n"
        steps.append(_step(root, JOB, texts.gitlab(look)))
        steps.append(_step(root, GITLAB_CI, include, f"add this to it:\n{include}", JOB.encode()))
    return steps


def services(root: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the CI services in use; where none is, that of the remote repository, else `github`."""
    found = [
        name
        for name, sign in (("github", ".github/"), ("gitlab", GITLAB_CI))
        if any(path.startswith(sign) for path in paths)
    ]
    if found:
        return tuple(found)
    return ("gitlab",) if "gitlab" in _git(root, "config", "--get", "remote.origin.url").lower() else ("github",)


def write(root: str, steps: Sequence[Step]) -> None:
    """Write the files of a plan that are not there: all, or none.

    Raises:
        AuditError: one cannot be written, lies behind a link, or has come into being meanwhile."""
    done: list[str] = []
    folders: list[str] = []
    try:
        for step in steps:
            if not step.is_there:
                _make(root, step, done, folders)
    except (OSError, AuditError) as error:
        for path in reversed(done):
            os.remove(path)
        for folder in reversed(folders):
            os.rmdir(folder)
        if isinstance(error, AuditError):
            raise
        raise AuditError(
            f"cannot write {error.filename}: {error.strerror}", "nothing was written; correct it first"
        ) from None


def _make(root: str, step: Step, done: list[str], folders: list[str]) -> None:
    target = os.path.join(root, step.path)
    folder = root
    for name in step.path.split("/")[:-1]:
        folder = os.path.join(folder, name)
        if os.path.islink(folder):
            raise AuditError(f"{folder} is a link", "nothing was written; put the folder itself there")
        if not os.path.isdir(folder):
            os.mkdir(folder)
            folders.append(folder)
    beside = f"{target}.{os.getpid()}.part"
    with open(beside, "x", encoding="utf-8", newline="\n") as file:
        file.write(step.text)
    try:
        # Unlike a rename, a link never takes the place of a file that has come into being meanwhile.
        os.link(beside, target)
    except FileExistsError:
        raise AuditError(f"{target} has come into being meanwhile", "nothing was written; run it again") from None
    finally:
        os.remove(beside)
    done.append(target)


def _step(root: str, path: str, text: str, advice: str = "", sign: bytes = b"") -> Step:
    """Return the step for a file. In one that is there, `sign` tells that it has what the advice is about."""
    target = os.path.join(root, path)
    if not os.path.lexists(target):
        return Step(path, text, advice)
    try:
        held = _files.read(target, MAX_CONFIG_BYTES) or b""
    except OSError:
        held = b""
    return Step(path, text, "" if sign and sign in held else advice, is_there=True)


def installed_from() -> tuple[str, tuple[str, str]]:
    """Return what pip installs this tool from, and the git address and commit if it is from one."""
    import json
    from importlib import metadata

    from cybrid_audit import __version__

    plain = f"cybrid-audit=={__version__}"
    try:
        told = json.loads(metadata.distribution("cybrid-audit").read_text("direct_url.json") or "{}")
        vcs, address = told.get("vcs_info") or {}, told.get("url", "")
        commit = vcs.get("commit_id", "")
        if vcs.get("vcs") == "git" and address and commit and "@" not in address:
            return f"cybrid-audit @ git+{address}@{commit}", (address, commit)
    except (metadata.PackageNotFoundError, ValueError, AttributeError):
        pass
    return plain, ("", "")


def _branch(root: str) -> str:
    """Return the main branch: that of the remote repository, else the one that is checked out."""
    remote = _git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").partition("/")[2]
    return remote or _git(root, "symbolic-ref", "--quiet", "--short", "HEAD") or "main"


def _git(root: str, *arguments: str) -> str:
    import subprocess

    from cybrid_audit.project import git

    try:
        found = git.run(root, *arguments, seconds=_GIT_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return ""
    return os.fsdecode(found or b"").strip()
