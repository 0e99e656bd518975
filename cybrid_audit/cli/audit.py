"""`cybrid-audit audit`: every control with its status and evidence, for whoever has to sign it."""

from __future__ import annotations

from typing import Any

import click

from cybrid_audit.cli._outputs import destinations, output_options
from cybrid_audit.cli._policy import judging, policy_options
from cybrid_audit.cli.scan import FORMATS, SURENESS, THRESHOLDS


@click.command(short_help="Show the controls, with evidence and mappings.")
@click.argument("path", default=".", type=click.Path(readable=False))
@output_options(FORMATS, "text: the controls, not the findings")
@click.option("--fail-on", type=click.Choice(THRESHOLDS), help="Exit with 1 as 'scan' does; by default on 'required'.")
@click.option(
    "--min-confidence",
    "least",
    type=click.Choice(SURENESS),
    help="Let violations that are less sure not count for --fail-on.",
)
@policy_options
@click.option("--strict", is_flag=True, help="Exit with 3 when a part could not be analysed and nothing else fails.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found. Errors still exit with 2 and 4.")
@click.option("--history", is_flag=True, help="Search the git history for credentials too.")
@click.option("--no-color", is_flag=True, help="No colours, even on a terminal.")
def audit(
    path: str,
    format_: str | None,
    outputs: tuple[str, ...],
    fail_on: str | None,
    least: str | None,
    policy: dict[str, Any],
    strict: bool,
    exit_zero: bool,
    history: bool,
    no_color: bool,
) -> int:
    """Show the status of every control in PATH, what it rests on, and the requirements it corresponds to."""
    from dataclasses import replace

    from cybrid_audit.cli._run import run_audit
    from cybrid_audit.cli.scan import exit_status

    places = destinations(outputs, format_, FORMATS, no_color=no_color)
    result, settings = run_audit(path, history=history, judging=judging(path, **policy))
    from cybrid_audit.cli._context import control_texts, render_context, revision_and_time
    from cybrid_audit.reports import render, render_audit

    context = render_context(path, [each for each, _ in places])
    for each, place in places:
        shown = context.on(unicode=place.unicode)
        if each == "text":
            revision, _, _ = revision_and_time(path)
            shown = replace(shown, controls=control_texts(), revision=revision)
            place.write(render_audit(result, color=place.color, width=place.width, context=shown))
        else:
            place.write(render(result, each, color=place.color, width=place.width, context=shown))
    threshold = fail_on or (settings.fail_on.value if settings.fail_on is not None else "required")
    least = least or settings.min_confidence
    return exit_status(result, fail_on=threshold, strict=strict, exit_zero=exit_zero, least=least)
