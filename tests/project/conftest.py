from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cybrid_audit.project import Config, Project, open_project

Files = Mapping[str, str | bytes]


def _write(root: Path, files: Files) -> None:
    for name, content in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def _git(root: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    options = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *options, *arguments], cwd=root, check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout


@pytest.fixture(scope="session")
def git() -> Callable[..., str]:
    """Return a function that runs git in a folder."""
    return _git


@pytest.fixture(scope="session")
def write() -> Callable[[Path, Files], None]:
    """Return a function that writes files below a folder."""
    return _write


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Project]:
    """Return a function that writes a tree and opens it."""

    def build(files: Files, config: Config | None = None) -> Project:
        _write(tmp_path, files)
        return open_project(str(tmp_path), config or Config())

    return build
