"""The command line. Thin: it reads arguments and the environment, calls the library, prints, and chooses the exit code.

`main` is the only place that catches `AuditError`. Nothing here is imported for `--version` and `--help` but click."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from cybrid_audit.errors import AuditError

__all__ = ["main"]

PROGRAM: Final = "cybrid-audit"

DEBUG_FRAMES: Final = 30
"""Frames of a traceback that `--debug` shows: the innermost. A recursion without end would fill the screen."""

COLLECT_AFTER: Final = (300_000, 20, 20)
"""When the garbage collector runs. Trees and values are kept to the end of a run: looking through them at Python's usual pace takes a
third of a large scan, and frees nothing; a small scan ends before its first look."""

_INTERRUPTED: Final = 130
"""128 + SIGINT, as shells have it."""

_USAGE: Final = 2
_INTERNAL: Final = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code, a value of `cybrid_audit.result.ExitStatus`.

    `arguments` are those of the process by default. Every failure is one line on standard error; a traceback is shown only
    with `--debug`, or when `CYBRID_AUDIT_DEBUG` is set, and never with local variables, which may hold secrets."""
    gc.set_threshold(*COLLECT_AFTER)
    from cybrid_audit.cli._app import app

    _open_streams()
    try:
        status = app.main(args=None if arguments is None else list(arguments), prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except AuditError as error:
        return _fail(error.message, error.hint)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return _USAGE
    except click.UsageError as error:
        return _fail(*_usage_text(error))
    except click.ClickException as error:
        return _fail(error.format_message(), "")
    except (click.Abort, KeyboardInterrupt):
        click.echo("error: interrupted; nothing was reported", err=True)
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: one line instead of a traceback
        return _bug(error)
    return int(status or 0)


def _open_streams() -> None:
    """Give a process that was started with a closed output one that leads nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - for the life of the process


def _fail(message: str, hint: str) -> int:
    text = message.rstrip(".").replace("\n", " ")
    click.echo(f"error: {text}; {hint}" if hint else f"error: {text}", err=True)
    return _USAGE


def _usage_text(error: click.UsageError) -> tuple[str, str]:
    message = error.format_message()
    command = error.ctx.command_path if error.ctx is not None else PROGRAM
    return message[:1].lower() + message[1:], f"run '{command} --help'"


def _bug(error: Exception) -> int:
    """Report a defect of the tool itself. The error's own text stays out: it may quote the audited code."""
    if os.environ.get("CYBRID_AUDIT_DEBUG"):
        import traceback

        traceback.print_exception(error, limit=-DEBUG_FRAMES)
    from cybrid_audit import __version__

    place = _innermost(error)
    click.echo(
        f"error: bug in {PROGRAM} {__version__}: {type(error).__name__} at {place}; "
        "report it to the maintainers, with what --debug adds",
        err=True,
    )
    return _INTERNAL


def _innermost(error: Exception) -> str:
    trace = error.__traceback__
    if trace is None:
        return "an unknown place"
    while trace.tb_next is not None:
        trace = trace.tb_next
    path = trace.tb_frame.f_code.co_filename
    return f"{os.path.basename(os.path.dirname(path))}/{os.path.basename(path)}:{trace.tb_lineno}"
