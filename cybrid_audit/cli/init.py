"""`cybrid-audit init`: writes what a project needs to be audited from now on."""

from __future__ import annotations

import os
from typing import Final

import click

from cybrid_audit.errors import AuditError

SERVICES: Final = ("github", "gitlab", "none")


@click.command(short_help="Write a configuration, a hook and a CI job.")
@click.argument("path", default=".", type=click.Path(readable=False))
@click.option(
    "--ci",
    "ci",
    type=click.Choice(SERVICES),
    help="Write the job of this service; by default of those in use, else of that which the remote repository is on.",
)
@click.option("--dry-run", is_flag=True, help="Show the files and write none.")
def init(path: str, ci: str | None, dry_run: bool) -> int:
    """Write a commented configuration, the pre-commit entry and a CI job for PATH.

    What is there already is not touched: the output says what to add to it.
    """
    from dataclasses import replace

    from cybrid_audit.cli._run import check_target
    from cybrid_audit.cli._terminal import Destination
    from cybrid_audit.project.discovery import list_files
    from cybrid_audit.reports.escaping import harmless
    from cybrid_audit.starter import look_at, plan, services, write

    check_target(path)
    if not os.path.isdir(path):
        raise AuditError(f"{path} is a file", "name the folder of the project")
    paths = list_files(path).paths
    look = look_at(path, paths)
    look = replace(look, branch=harmless(look.branch))
    chosen = services(path, paths) if ci is None else () if ci == "none" else (ci,)
    steps = plan(path, look, chosen)
    if not dry_run:
        write(path, steps)
    lines = []
    for step in steps:
        shown = os.path.normpath(os.path.join(path, step.path))
        if not step.is_there:
            lines.append(f"{'would write' if dry_run else 'wrote'} {shown}")
            lines += (
                [f"  {line}" for line in step.text.rstrip("\n").split("\n")]
                if dry_run and len(step.text) < 10_000
                else []
            )
        else:
            lines.append(f"{shown} is there already and stays as it is")
            lines += [f"  {line}" for line in step.advice.rstrip("\n").split("\n")] if step.advice else []
    lines += [
        "",
        "Next: 'cybrid-audit scan' shows what is found, 'cybrid-audit baseline create' lets only new findings count.",
    ]
    Destination.of(None, no_color=True).write("\n".join(lines))
    return 0
