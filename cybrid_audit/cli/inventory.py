"""`cybrid-audit inventory`: the platform calls of a code base, whatever is wrong with them."""

from __future__ import annotations

import click


@click.command(short_help="List the platform calls: token, scopes, guard.")
@click.argument("path", default=".", type=click.Path(readable=False))
@click.option(
    "--format", "-f", "format_", type=click.Choice(("text", "json", "csv")), default="text", help="How to report."
)
@click.option(
    "--output", "-o", metavar="FILE", type=click.Path(readable=False), help="Write the table here, not to the terminal."
)
@click.option("--config", "-c", metavar="FILE", type=click.Path(readable=False), help="Use this configuration file.")
@click.option("--no-color", is_flag=True, help="No colours, even on a terminal.")
def inventory(path: str, format_: str, output: str | None, config: str | None, no_color: bool) -> int:
    """List the platform calls in PATH: kinds of token, scopes, guard, side."""
    from cybrid_audit.cli import _terminal
    from cybrid_audit.cli._run import run_audit
    from cybrid_audit.reports import render_inventory

    place = _terminal.Destination.of(output, no_color=no_color)
    result, _ = run_audit(path, config=config)
    place.write(render_inventory(result, format_, color=place.color, width=place.width))
    return 0
