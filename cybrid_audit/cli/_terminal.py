"""What the command line knows of the terminal: colour, width, progress, and where a report goes."""

from __future__ import annotations

import os
import sys
from time import monotonic as _now
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from cybrid_audit.errors import AuditError
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from rich.progress import Progress

PIPE_WIDTH: Final = 100
"""Columns of a report that goes to no terminal, so that it is the same everywhere."""

LEAST_WIDTH: Final = 40
"""Columns below which a report is not squeezed."""

PROGRESS_AFTER: Final = 1.0
"""Seconds after which a run counts as long and shows its progress."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a report goes, and what it may look like there. `path` is None for standard output.

    `unicode` is false where the output's encoding has ASCII only."""

    path: str | None
    color: bool
    width: int
    unicode: bool

    @classmethod
    def of(cls, output: str | None, *, no_color: bool) -> Self:
        """Return the destination that `--output` names.

        Raises:
            AuditError: no report can be written there; found out before the audit, so that none is lost."""
        if output is None or output == "-":
            encoding = (sys.stdout.encoding or "utf-8").lower()
            return cls(None, wants_color(no_color=no_color), _width(), encoding.startswith("utf"))
        _check_output(output)
        return cls(output, color=False, width=PIPE_WIDTH, unicode=True)

    def write(self, text: str) -> None:
        """Write a report. A file is UTF-8 and replaced as a whole.

        Raises:
            AuditError: the file cannot be written."""
        if not text.endswith("\n"):
            text += "\n"
        if self.path is None:
            _to_stdout(text)
        else:
            _to_file(self.path, text.encode("utf-8", "surrogateescape"))


def wants_color(*, no_color: bool) -> bool:
    """Return whether standard output is coloured: on a terminal only, unless the user or the environment says otherwise."""
    environment = os.environ
    if no_color or environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and environment.get("TERM") != "dumb"


def _width() -> int:
    """Return the columns of the terminal or of `COLUMNS`, at least `LEAST_WIDTH`, else `PIPE_WIDTH`."""
    if not (sys.stdout.isatty() or "COLUMNS" in os.environ):
        return PIPE_WIDTH
    import shutil

    return max(LEAST_WIDTH, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns)


def _check_output(path: str) -> None:
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        raise AuditError(f"--output {path} is a directory", "name a file")
    if not os.path.isdir(folder):
        raise AuditError(f"--output {path}: no such directory {folder}", "create it first")
    if not os.access(path if os.path.exists(path) else folder, os.W_OK):
        raise AuditError(f"--output {path} cannot be written", "choose a place you may write to")


def _to_file(path: str, data: bytes) -> None:
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as file:  # a pipe or a device
                file.write(data)
            return
        beside = f"{path}.{os.getpid()}.part"
        try:
            with open(beside, "wb") as file:
                file.write(data)
            os.replace(beside, path)
        except OSError:
            if os.path.exists(beside):
                os.remove(beside)
            raise
    except OSError as error:
        raise AuditError(f"cannot write {path}: {error.strerror}", "choose another place with --output") from error


def _to_stdout(text: str) -> None:
    """Print, whatever the terminal's encoding: a character it lacks becomes an escape, not a failure.

    A reader that goes away (`| head`) has had what it wanted: the exit code stays that of the audit."""
    stream = sys.stdout
    encoding = (stream.encoding or "utf-8").lower()
    handler = "surrogateescape" if encoding.startswith("utf") else "backslashreplace"
    try:
        stream.flush()
        stream.buffer.write(text.encode(encoding, handler))
        stream.buffer.flush()
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell(text: str) -> None:
    """Print one line for the user on standard error."""
    sys.stderr.write(text + "\n")


class ProgressBar:
    """Progress on standard error: on a terminal, and only when the run is long. Use it as a context manager; call it."""

    def __init__(self) -> None:
        self._enabled = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._start = _now()
        self._bar: Progress | None = None
        self._tasks: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` steps of a stage are behind us."""
        if not self._enabled or (self._bar is None and _now() - self._start < PROGRESS_AFTER):
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
