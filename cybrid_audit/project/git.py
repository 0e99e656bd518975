"""How git is started on a repository of somebody else: it only reads, and runs nothing that the repository names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from cybrid_audit.limits import GIT_TIMEOUT_SECONDS

# The repository's own configuration must not make git run anything, and a repository of another user is still only read.
_GIT: Final = (
    *("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false"),
    *(
        "-c",
        "protocol.allow=never",
        "-c",
        "safe.directory=*",
        "-c",
        "core.quotePath=false",
        "-c",
        "log.showSignature=false",
    ),
    *("-c", "log.showRoot=true", "--no-pager"),
)


def command(*arguments: str) -> list[str]:
    """Return the command line for a git command."""
    return [*_GIT, *arguments]


def environment() -> dict[str, str]:
    """Return the environment in which git runs: without what a hook sets, which means another repository or index."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
    }


class Started:
    """A git command that runs in a folder while something else is done.

    Raises:
        OSError: git, or the folder, is not there."""

    def __init__(self, folder: str, *arguments: str) -> None:
        from subprocess import DEVNULL, PIPE, Popen

        self._process = Popen(  # noqa: S603 - as in `run`
            command(*arguments), cwd=folder, env=environment(), stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
        )

    def __del__(self) -> None:
        # Nobody asked for the answer.
        process = getattr(self, "_process", None)
        if process is not None and process.returncode is None:
            process.kill()
            process.communicate()

    def answer(self, seconds: float = GIT_TIMEOUT_SECONDS) -> bytes | None:
        """Return what it prints, None when it fails or takes too long. Called once."""
        from subprocess import TimeoutExpired

        try:
            found: bytes = self._process.communicate(timeout=seconds)[0]
        except TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return None
        return found if self._process.returncode == 0 else None


def run(
    folder: str,
    *arguments: str,
    given: bytes = b"",
    seconds: float = GIT_TIMEOUT_SECONDS,
    settings: Mapping[str, str] | None = None,
) -> bytes | None:
    """Return what a git command prints in a folder, None when it fails. `settings` are added to its environment.

    Raises:
        OSError: git, or the folder, is not there.
        subprocess.TimeoutExpired: it does not answer in time."""
    import subprocess

    done = subprocess.run(  # noqa: S603 - commands of our own; the target is only the folder
        command(*arguments),
        cwd=folder,
        env=environment() | dict(settings or {}),
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=seconds,
        check=False,
    )
    return done.stdout if done.returncode == 0 else None
