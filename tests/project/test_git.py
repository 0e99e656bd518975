"""How git is started: what is asked for, and what nobody asks for after all."""

from __future__ import annotations

import gc
import os
import subprocess
import warnings
from pathlib import Path

from cybrid_audit.project.git import Started


def test_an_answer_that_nobody_asks_for_leaves_no_process(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        started = Started(str(tmp_path), "ls-files", "-z")
        number = started._process.pid
        del started
        gc.collect()
    assert not os.path.exists(f"/proc/{number}")


def test_an_answer_is_given(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "a").touch()
    assert Started(str(tmp_path), "ls-files", "-z", "--others").answer() == b"a\0"
    assert Started(str(tmp_path), "no-such-command").answer() is None
