"""`cybrid-audit why`: everything the audit knows of one line, also why it says nothing about it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from cybrid_audit.errors import AuditError

if TYPE_CHECKING:
    from cybrid_audit.cli._terminal import Destination
    from cybrid_audit.project.config import Config
    from cybrid_audit.result import AuditResult


@click.command(short_help="Say what is known of the code at PATH:LINE.")
@click.argument("place", metavar="PATH:LINE")
@click.option(
    "--in",
    "root",
    metavar="DIR",
    type=click.Path(readable=False),
    help="The code base to audit; by default the current directory, or the repository of PATH when that lies elsewhere.",
)
@click.option("--format", "-f", "format_", type=click.Choice(("text", "json")), default="text", help="How to answer.")
@click.option("--config", "-c", metavar="FILE", type=click.Path(readable=False), help="Use this configuration file.")
@click.option("--no-color", is_flag=True, help="No colours, even on a terminal.")
def why(place: str, root: str | None, format_: str, config: str | None, no_color: bool) -> int:
    """Say what is known of the code at PATH:LINE: tokens, guards, owners, and what each rule decided."""
    from cybrid_audit.cli import _terminal
    from cybrid_audit.cli._policy import judging
    from cybrid_audit.cli._run import check_target, run_audit

    path, line = parsed(place)
    top = root if root is not None else root_of(path)
    check_target(top)
    inside = within(top, path)
    result, settings = run_audit(top, judging=judging(top, config=config))

    out = _terminal.Destination.of(None, no_color=no_color)
    out.write(answer(result, settings, top, (inside, line), format_, out))
    return 0


def answer(
    result: AuditResult, settings: Config, root: str, place: tuple[str, int], format_: str, out: Destination
) -> str:
    """Return what `result` and the project at `root` tell of a place, a path relative to the root and a line."""
    from cybrid_audit.audit import judged_rules
    from cybrid_audit.cli._context import render_context
    from cybrid_audit.inspection import Subject, inspect
    from cybrid_audit.knowledge import load
    from cybrid_audit.project import open_project
    from cybrid_audit.reports.redaction import redacted
    from cybrid_audit.reports.why import render_why, why_json

    knowledge = load()
    shown = redacted(result)
    judged = judged_rules(None, settings, knowledge.rule_ids)
    subject = Subject(*place, shown, open_project(root, settings), knowledge, judged)
    sections = inspect(subject)
    if format_ == "json":
        return why_json(shown, place, sections)
    context = render_context(root, ["text"]).on(unicode=out.unicode)
    return render_why(shown, place, sections, context, color=out.color, width=out.width)


def parsed(place: str) -> tuple[str, int]:
    """Return path and line of `PATH:LINE`; a column after the line, as editors give it, is left out.

    Raises:
        AuditError: it has no line, or there is no such file, or the file has no such line."""
    parts = place.split(":")
    while len(parts) > 2 and parts[-1].isdecimal() and parts[-2].isdecimal():
        parts.pop()
    path, number = ":".join(parts[:-1]), parts[-1]
    if not path or not (number.isascii() and number.isdecimal()):
        raise AuditError(f"{place!r} is no place", "write PATH:LINE, for example src/pay.ts:42")
    if not os.path.isfile(path):
        raise AuditError(f"no such file: {path}", "name a file of the code base")
    line = int(number) if len(number) < 10 else 0
    if not 1 <= line <= _lines(path):
        raise AuditError(f"{path} has no line {number}", f"its lines are 1 to {_lines(path)}")
    return path, line


def _lines(path: str) -> int:
    count, last = 0, b"\n"
    try:
        with open(path, "rb") as file:
            while part := file.read(1 << 20):
                count += part.count(b"\n")
                last = part[-1:]
    except OSError as error:
        raise AuditError(f"{path} cannot be read ({error.strerror})", "make it readable for you") from None
    return count + (last != b"\n")


def root_of(path: str) -> str:
    """Return the code base that a file belongs to: the current directory, else the repository, else its folder."""
    real = os.path.realpath(path)
    here = os.path.realpath(os.curdir)
    if real.startswith(os.path.join(here, "")):
        return os.curdir
    from cybrid_audit.project.discovery import repository_above

    folder = os.path.dirname(real)
    return repository_above(folder) or folder


def within(root: str, path: str) -> str:
    """Return a file's path relative to the root, with `/`.

    Raises:
        AuditError: it lies outside."""
    top, real = os.path.realpath(root), os.path.realpath(path)
    if os.path.isfile(top):
        top = os.path.dirname(top)
    if not real.startswith(os.path.join(top, "")):
        raise AuditError(f"{path} is not in {root}", "name the code base with --in")
    return os.path.relpath(real, top).replace(os.sep, "/")
