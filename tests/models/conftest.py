"""What the tests of library models share: analysing a project given as files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cybrid_audit.engine import analyse
from cybrid_audit.facts import Facts
from cybrid_audit.knowledge import load
from cybrid_audit.project import load_config, open_project

Run = Callable[[Mapping[str, str]], Facts]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Analyse a project given as files."""

    def analysed(files: Mapping[str, str]) -> Facts:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        root = os.fspath(tmp_path)
        return analyse(open_project(root, load_config(root)), load(), None)

    return analysed
