"""`cybrid-audit explain`: what a rule or a control means, offline."""

from __future__ import annotations

import click


@click.command()
@click.argument("name", metavar="[RULE|CONTROL]", required=False)
def explain(name: str | None) -> int:
    """Explain a rule or a control, with an example of each kind. Without a name, list them all."""
    raise NotImplementedError(name)
