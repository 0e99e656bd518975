"""Where the reports of one run go: `--output [FORMAT:]FILE`, several times."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

from cybrid_audit.cli._terminal import Destination
from cybrid_audit.errors import AuditError, nearest

_NAMED: Final = re.compile(r"([A-Za-z][A-Za-z-]+):(.*)", re.DOTALL)
"""A word of two letters or more and a colon; a single letter is a drive."""


F = TypeVar("F", bound=Callable[..., Any])


def output_options(formats: Sequence[str], default: str) -> Callable[[F], F]:
    """Return what adds `--format` and `--output` to a command; `default` says what is shown without them."""
    listed = click.option(
        "--format",
        "-f",
        "format_",
        type=click.Choice(formats),
        metavar="FORMAT",
        help=f"How to report: {', '.join(formats)}. By default {default}.",
    )
    written = click.option(
        "--output",
        "-o",
        "outputs",
        metavar="[FORMAT:]FILE",
        multiple=True,
        help="Write the report here, not to the terminal; repeatable, so that one run writes several.",
    )
    return lambda command: listed(written(command))


def destinations(
    outputs: Sequence[str], format_: str | None, formats: Sequence[str], *, no_color: bool
) -> list[tuple[str, Destination]]:
    """Return the reports to write, each a format and a place.

    An output without a format takes `format_`. A format that is asked for and goes nowhere else goes to standard output.

    Raises:
        AuditError: an output cannot be written, or two go to one place; found out before the audit."""
    asked = [_parsed(output, format_ or "text", formats) for output in outputs]
    if not asked or (format_ is not None and all(named for _, _, named in asked)):
        asked.insert(0, (format_ or "text", "-", False))
    taken: set[str] = set()
    for _, path, _ in asked:
        place = "-" if path == "-" else os.path.realpath(path)
        if place in taken:
            shown = "standard output" if path == "-" else path
            raise AuditError(f"--output: two reports go to {shown}", "give each a place of its own")
        taken.add(place)
    return [(name, Destination.of(path, no_color=no_color)) for name, path, _ in asked]


def _parsed(output: str, default: str, formats: Sequence[str]) -> tuple[str, str, bool]:
    """Return format, path, and whether the output names its format."""
    found = _NAMED.fullmatch(output)
    if found is None:
        return default, output, False
    name, path = found[1], found[2]
    if name not in formats:
        near = nearest(name, formats)
        advice = f"did you mean {near!r}?" if near else f"use one of {', '.join(formats)}"
        raise AuditError(f"--output {output}: no format {name!r}", f"{advice}; for a file of that name say ./{output}")
    if not path:
        raise AuditError(f"--output {output} names no file", f"say {name}:FILE, or {name}:- for standard output")
    return name, path, True
