"""How git is started on a repository of somebody else: it only reads, and runs nothing that the repository names."""

from __future__ import annotations

import os
from typing import Final

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
