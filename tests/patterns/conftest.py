"""What tests of patterns share: the real semgrep where there is one, and others that answer as it might."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cybrid_audit.patterns.command import find

GO = """\
package cybrid

import "crypto/tls"

// It talks to bank.sandbox.cybrid.app.
var config = &tls.Config{InsecureSkipVerify: true} // nosemgrep
"""


@pytest.fixture(scope="session")
def semgrep() -> str:
    """The real semgrep: `SEMGREP` names it, else it is beside this Python or on the PATH."""
    command = find(os.environ.get("SEMGREP"))
    if not command:
        pytest.skip("semgrep is not installed, and SEMGREP names none")
    return command


@pytest.fixture
def go_project(tmp_path: Path) -> Path:
    """A project whose one file is in a language that no front-end reads."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "client.go").write_text(GO)
    return root


@pytest.fixture
def acting(tmp_path: Path) -> Callable[[str], str]:
    """Make a program that stands in for semgrep: it runs some Python, with the names `json`, `sys`, `os` and `time`."""

    def made(code: str) -> str:
        path = tmp_path / "acting" / "semgrep"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{code}\n")
        path.chmod(0o755)
        return str(path)

    return made


def commit(folder: Path, message: str = "x") -> None:
    """Commit everything below a folder, making it a repository first where it is none."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", message)


def git(folder: Path, *arguments: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@example.invalid" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True)
