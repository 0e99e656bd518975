"""Colour, width, destinations and progress."""

from __future__ import annotations

import io
import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cybrid_audit.cli import _terminal
from cybrid_audit.cli._terminal import Destination, ProgressBar
from cybrid_audit.errors import AuditError
from tests.conftest import TOOL, Cli


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = True) -> None:
        self.written = io.BytesIO()
        self._terminal = terminal
        super().__init__(self.written, encoding=encoding)

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("terminal", "environment", "no_color", "expected"),
    [
        (True, {}, False, True),
        (True, {}, True, False),
        (True, {"NO_COLOR": "1"}, False, False),
        (True, {"TERM": "dumb"}, False, False),
        (False, {}, False, False),
        (False, {"FORCE_COLOR": "1"}, False, True),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        (False, {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_color(
    terminal: bool, environment: dict[str, str], no_color: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", Terminal(terminal=terminal))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert _terminal.wants_color(no_color=no_color) is expected


@pytest.mark.parametrize(("columns", "expected"), [(None, 100), ("200", 200), ("7", 40)])
def test_width_without_a_terminal(columns: str | None, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Terminal(terminal=False))
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    assert Destination.of(None, no_color=True).width == expected


def test_a_character_that_the_output_lacks_becomes_an_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal("ascii", terminal=False)
    monkeypatch.setattr("sys.stdout", stream)
    place = Destination.of(None, no_color=True)
    assert place.unicode is False
    place.write("caf\u00e9")
    assert stream.written.getvalue() == b"caf\\xe9\n"


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("old")
    place = Destination.of(str(target), no_color=False)
    assert (place.color, place.width, place.unicode) == (False, 100, True)
    place.write("n\u00e9w")
    assert target.read_bytes() == "n\u00e9w\n".encode()
    assert os.listdir(tmp_path) == ["report.txt"]


@pytest.mark.parametrize(("threshold", "status"), [("required", 1), ("never", 0)])
def test_a_reader_that_goes_away_changes_no_exit_code(threshold: str, status: int, scrubbed: Mapping[str, str]) -> None:
    project = Path(__file__).parents[2] / "examples" / "token-shop"
    command = [str(TOOL), "scan", "--format", "html", "--fail-on", threshold, str(project)]
    with subprocess.Popen(
        command, env=scrubbed, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == status


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_output_changes_no_exit_code(closed: int, cli: Cli) -> None:
    project = Path(__file__).parents[2] / "examples" / "token-shop"
    outcome = cli("scan", "-v", project, before=lambda: os.close(closed))
    assert outcome.status == 1
    assert "error" not in outcome.stderr


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "pipe"
    os.mkfifo(target)
    reader = os.open(target, os.O_RDONLY | os.O_NONBLOCK)
    Destination.of(str(target), no_color=False).write("text")
    assert os.read(reader, 100) == b"text\n"
    os.close(reader)
    assert stat.S_ISFIFO(os.stat(target).st_mode)


def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Destination.of(str(tmp_path / "report.txt"), no_color=False)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(AuditError, match="No space left on device"):
        place.write("text")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("name", "message"), [("", "is a directory"), ("no/such/file", "no such directory")])
def test_a_wrong_output_is_found_before_the_audit(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(AuditError, match=message):
        Destination.of(str(tmp_path / name), no_color=False)


def test_progress_shows_on_long_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    clock = [0.0, 0.2, 5.0]
    monkeypatch.setattr(_terminal, "_now", lambda: clock.pop(0))
    with ProgressBar() as progress:
        progress("reading", 1, 9)
        assert stream.written.getvalue() == b""
        progress("reading", 2, 9)
    stream.flush()
    assert b"reading" in stream.written.getvalue()


def test_progress_never_shows_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal(terminal=False)
    monkeypatch.setattr("sys.stderr", stream)
    clock = [0.0, 9.0]
    monkeypatch.setattr(_terminal, "_now", lambda: clock.pop(0))
    with ProgressBar() as progress:
        progress("reading", 1, 9)
    stream.flush()
    assert stream.written.getvalue() == b""
