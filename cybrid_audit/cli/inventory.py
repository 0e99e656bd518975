"""`cybrid-audit inventory`: the platform calls of a code base, whatever is wrong with them."""

from __future__ import annotations

import click


@click.command()
@click.argument("path", default=".", type=click.Path())
@click.option("--format", "-f", "format_", type=click.Choice(("text", "json")), default="text", help="How to report.")
def inventory(path: str, format_: str) -> int:
    """List the platform calls in PATH: token, scopes, guard, side."""
    raise NotImplementedError(path, format_)
