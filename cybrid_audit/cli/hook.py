"""`cybrid-audit hook`: what a commit is stopped for. The whole repository is audited; only the files named count."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from cybrid_audit.cli._policy import judging, policy_options
from cybrid_audit.cli.scan import EXIT_CODES, SURENESS, THRESHOLDS
from cybrid_audit.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cybrid_audit.result import ExitStatus


@click.command(
    short_help="Audit for a commit: count what touches the files of it.",
    epilog="\b\nExit codes:\n" + "\n".join(f"  {code}  {text}" for code, text in EXIT_CODES.items() if code != 3),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(readable=False))
@click.option("--secrets-only", is_flag=True, help="Only search the text of FILES for credentials; follow no code.")
@click.option(
    "--fail-on",
    type=click.Choice(THRESHOLDS),
    help="Exit with 1 as 'scan' does; by default on 'required'.",
)
@click.option(
    "--min-confidence",
    "least",
    type=click.Choice(SURENESS),
    help="Let violations that are less sure not count for --fail-on.",
)
@policy_options
@click.option("--no-color", is_flag=True, help="No colours, even on a terminal.")
def hook(
    files: tuple[str, ...],
    secrets_only: bool,
    fail_on: str | None,
    least: str | None,
    policy: dict[str, Any],
    no_color: bool,
) -> ExitStatus:
    """Audit the repository of the current directory; show and count what stands in FILES or leads through one of them.

    Made for pre-commit. What is found elsewhere is counted in one line.
    """
    from cybrid_audit.changes import touching
    from cybrid_audit.cli._run import run_audit
    from cybrid_audit.cli._terminal import Destination, tell
    from cybrid_audit.cli.scan import exit_status
    from cybrid_audit.project.discovery import repository_above

    root = repository_above(os.getcwd()) or os.getcwd()
    paths = paths_in(root, files)
    out = Destination.of(None, no_color=no_color)
    by = judging(root, **policy)
    result, settings = run_audit(root, judging=by, only=paths if secrets_only else None)
    shown = touching(result, paths)
    if shown.findings or shown.skipped:
        from cybrid_audit.cli._context import render_context
        from cybrid_audit.reports import render

        context = render_context(root, ["text"]).on(unicode=out.unicode)
        out.write(render(shown, "text", color=out.color, width=out.width, context=context))
    others = len(result.findings) - len(shown.findings)
    if others:
        plural = "s" if others > 1 else ""
        tell(f"{others} finding{plural} elsewhere, not counted here: 'cybrid-audit scan' shows what there is")
    threshold = fail_on or (settings.fail_on.value if settings.fail_on is not None else "required")
    return exit_status(shown, fail_on=threshold, strict=False, exit_zero=False, least=least or settings.min_confidence)


def paths_in(root: str, files: Iterable[str]) -> frozenset[str]:
    """Return the paths of files relative to the root, as reports spell them. A file need not be there; a link is itself.

    Raises:
        AuditError: one lies outside the root."""
    from cybrid_audit.project.discovery import shown

    top = os.path.join(os.path.realpath(root), "")
    found = set()
    for file in files:
        folder, name = os.path.split(os.path.abspath(file))
        path = os.path.join(os.path.realpath(folder), name)
        if not path.startswith(top):
            raise AuditError(f"{file} is not in {root}", "run the hook in the repository that the files belong to")
        found.add(shown(path[len(top) :].replace(os.sep, "/")))
    return frozenset(found)
