"""Where semgrep is, and how it is started: by its path, without a shell, with nothing of the user's settings, and offline."""

from __future__ import annotations

import os
import sys
from typing import Final

from cybrid_audit.errors import AuditError
from cybrid_audit.limits import MAX_PATTERN_MEGABYTES, MAX_PATTERN_RULE_SECONDS

NAME: Final = "semgrep"

_KEPT: Final = ("PATH", "SYSTEMROOT", "SystemRoot", "COMSPEC", "PATHEXT")
"""What of the environment it gets. Its own variables would add rules, a login or another server."""


def find(explicit: str | None = None) -> str:
    """Return the path of semgrep: `explicit`, else the one beside the running Python, else the one on the PATH; empty for none.

    A relative entry of the PATH is left out: the audited tree may be the current directory.

    Raises:
        AuditError: `explicit` is no program."""
    import shutil

    if explicit is not None:
        full = os.path.abspath(explicit)
        if not (os.path.isfile(full) and os.access(full, os.X_OK)):
            raise AuditError(f"{explicit}: no program to run", "name the semgrep that is installed")
        return full
    places = [os.path.dirname(os.path.abspath(sys.executable))]
    places += [each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(each)]
    return shutil.which(NAME, path=os.pathsep.join(places)) or ""


def arguments(command: str, rules: str) -> list[str]:
    """Return the command line that looks for the rules in a folder, in all files below the current directory."""
    # Comments and ignore files of the audited tree decide nothing: what is accepted is said in one way only.
    return [
        *(command, "scan", "--json", "--quiet", "--config", rules, "--no-rewrite-rule-ids", "--oss-only"),
        *("--metrics=off", "--disable-version-check", "--disable-nosem", "--no-git-ignore", "--max-target-bytes=0"),
        *(f"--timeout={MAX_PATTERN_RULE_SECONDS}", "--timeout-threshold=3", f"--max-memory={MAX_PATTERN_MEGABYTES}"),
        # One processor is left to our own engine, which runs meanwhile.
        *(f"--jobs={max(1, min(8, (os.cpu_count() or 2) - 1))}", "."),
    ]


def environment(home: str) -> dict[str, str]:
    """Return the environment to start it in. What it writes goes below `home`."""
    kept = {name: value for name in _KEPT if (value := os.environ.get(name)) is not None}
    return kept | {
        "HOME": home,
        "USERPROFILE": home,
        "XDG_CONFIG_HOME": home,
        "XDG_CACHE_HOME": home,
        "TMPDIR": home,
        "TEMP": home,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "SEMGREP_SEND_METRICS": "off",
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
    }
