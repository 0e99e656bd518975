"""The whole text reports on three realistic projects, as a user sees it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

import pytest

from cybrid_audit import __version__
from tests.conftest import Cli, Snapshot

PROJECTS: Final = Path(__file__).parents[1] / "fixtures" / "projects"
NAMES: Final = ("fastapi-httpx", "nest-sdk", "next-fetch")

MARKER: Final = re.compile(r"\s*(?:#|//|/\*)\s*(?:expect|call|control|judge)(?:-next|-miss)?:.*$")
"""What the fixtures' own tests read, and a user's code does not have."""


def copied(name: str, folder: Path) -> Path:
    target = folder / name
    shutil.copytree(PROJECTS / name, target)
    for path in target.rglob("*"):
        if path.suffix in (".py", ".ts", ".tsx", ".js"):
            lines = path.read_text(encoding="utf-8").splitlines()
            path.write_text("\n".join(MARKER.sub("", line) for line in lines) + "\n", encoding="utf-8")
    return target


@pytest.mark.parametrize("name", NAMES)
def test_report(name: str, cli: Cli, snapshot: Snapshot, tmp_path: Path) -> None:
    outcome = cli("scan", "--no-color", str(copied(name, tmp_path)), env={"COLUMNS": "100"})
    assert outcome.stderr == ""
    assert outcome.status == 1
    snapshot(f"{name}.txt", outcome.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_audit(name: str, cli: Cli, snapshot: Snapshot, tmp_path: Path) -> None:
    outcome = cli("audit", "--no-color", str(copied(name, tmp_path)), env={"COLUMNS": "100"})
    assert outcome.stderr == ""
    assert outcome.status == 1
    snapshot(f"{name}-audit.txt", outcome.stdout.replace(__version__, "VERSION"))
