"""`cybrid-audit inventory`: the platform calls of a code base, whatever is wrong with them."""

from __future__ import annotations

from typing import Final

import click

from cybrid_audit.cli._outputs import destinations, output_options

FORMATS: Final = ("text", "json", "csv")


@click.command(short_help="List the platform calls: token, scopes, guard.")
@click.argument("path", default=".", type=click.Path(readable=False))
@output_options(FORMATS, "text")
@click.option("--config", "-c", metavar="FILE", type=click.Path(readable=False), help="Use this configuration file.")
@click.option("--no-color", is_flag=True, help="No colours, even on a terminal.")
def inventory(path: str, format_: str | None, outputs: tuple[str, ...], config: str | None, no_color: bool) -> int:
    """List the platform calls in PATH: kinds of token, scopes, guard, side."""
    from cybrid_audit.cli._run import run_audit
    from cybrid_audit.reports import render_inventory

    places = destinations(outputs, format_, FORMATS, no_color=no_color)
    result, _ = run_audit(path, config=config)
    for each, place in places:
        place.write(render_inventory(result, each, color=place.color, width=place.width))
    return 0
