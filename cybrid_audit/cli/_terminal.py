"""What the command line knows of the terminal: colour, width, progress, and where a report goes."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from cybrid_audit.errors import AuditError

if TYPE_CHECKING:
    from rich.progress import Progress

PIPE_WIDTH: Final = 100
"""Columns of a report that goes to no terminal, so that it is the same everywhere."""

PROGRESS_AFTER: Final = 1.0
"""Seconds after which a run counts as long and shows its progress."""


def wants_color(*, no_color: bool, to_file: bool) -> bool:
    """Return whether a report is coloured: on a terminal only, unless the user or the environment says otherwise."""
    environment = os.environ
    if no_color or to_file or environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and environment.get("TERM") != "dumb"


def width(*, to_file: bool) -> int:
    """Return the columns a report may take: those of the terminal or of `COLUMNS`, at least 40, else `PIPE_WIDTH`."""
    if to_file or not (sys.stdout.isatty() or "COLUMNS" in os.environ):
        return PIPE_WIDTH
    import shutil

    return max(40, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns)


def check_output(path: str) -> None:
    """Make sure, before the audit, that a report can be written to `path`. Raises AuditError naming what is in the way."""
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        raise AuditError(f"--output {path} is a directory", "name a file")
    if not os.path.isdir(folder):
        raise AuditError(f"--output {path}: no such directory {folder}", "create it first")
    if not os.access(path if os.path.exists(path) else folder, os.W_OK):
        raise AuditError(f"--output {path} cannot be written", "choose a place you may write to")


def write_report(text: str, output: str | None) -> None:
    """Write a report to a file, or to standard output when `output` is None. Files are UTF-8 and replaced as a whole.

    Raises:
        AuditError: the file cannot be written."""
    if not text.endswith("\n"):
        text += "\n"
    if output is None:
        _to_stdout(text)
        return
    try:
        if os.path.exists(output) and not os.path.isfile(output):
            with open(output, "wb") as file:  # a pipe or a device
                file.write(text.encode("utf-8", "surrogateescape"))
            return
        beside = f"{output}.{os.getpid()}.part"
        with open(beside, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        os.replace(beside, output)
    except OSError as error:
        raise AuditError(f"cannot write {output}: {error.strerror}", "choose another place with --output") from error


def _to_stdout(text: str) -> None:
    """Print, whatever the terminal's encoding: a character it lacks becomes an escape, not a failure."""
    stream = sys.stdout
    encoding = stream.encoding or "utf-8"
    buffer = getattr(stream, "buffer", None)
    if buffer is None:
        stream.write(text)
        return
    stream.flush()
    handler = "surrogateescape" if encoding.lower().replace("-", "") == "utf8" else "backslashreplace"
    buffer.write(text.encode(encoding, handler))
    buffer.flush()


def tell(text: str) -> None:
    """Print one line for the user on standard error."""
    sys.stderr.write(text + "\n")


class ProgressBar:
    """Progress on standard error: on a terminal, and only when the run is long. Use it as a context manager; call it."""

    def __init__(self) -> None:
        self._enabled = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._start = time.monotonic()
        self._bar: Progress | None = None
        self._tasks: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` steps of a stage are behind us."""
        if not self._enabled or (self._bar is None and time.monotonic() - self._start < PROGRESS_AFTER):
            return
        if self._bar is None:
            self._bar = _progress()
            self._bar.start()
        task = self._tasks.get(stage)
        if task is None:
            task = self._tasks[stage] = self._bar.add_task(stage, total=total)
        self._bar.update(task, completed=done, total=total)  # type: ignore[arg-type]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    )
