"""`cybrid-audit baseline`: what is known of already, so that only new findings count."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import click

from cybrid_audit.errors import AuditError

if TYPE_CHECKING:
    from cybrid_audit.policy.baseline import Baseline
    from cybrid_audit.result import Finding

_PATH: Final = click.argument("path", default=".", type=click.Path(readable=False))
_CONFIG: Final = click.option(
    "--config", "-c", metavar="FILE", type=click.Path(readable=False), help="Use this configuration file."
)
_FILE: Final = click.option(
    "--file",
    "-o",
    "file",
    metavar="FILE",
    type=click.Path(readable=False),
    help="The baseline; by default .cybrid-audit-baseline in PATH, which 'scan' reads by itself.",
)
_SECRETS: Final = click.option(
    "--detect-secrets",
    "secrets",
    is_flag=True,
    help="Also write the credentials found into .secrets.baseline of PATH, the baseline of detect-secrets.",
)


@click.group(short_help="Keep what is known of: only new findings count.")
def baseline() -> None:
    """Keep the findings that are known of, so that only new ones count.

    The baseline is a text file to be committed. It names findings by what they are, not by lines, and git merges the changes of two
    branches.
    """


@baseline.command()
@_PATH
@_CONFIG
@_FILE
@_SECRETS
def create(path: str, config: str | None, file: str | None, secrets: bool) -> int:
    """Write a baseline of what is found in PATH now."""
    from cybrid_audit.cli._terminal import tell
    from cybrid_audit.policy import baseline as baselines

    target = file if file is not None else baselines.place(path)
    if os.path.lexists(target):
        raise AuditError(f"{target} is there already", "run 'cybrid-audit baseline update', or remove it first")
    if secrets:
        _write_secrets(path, config)
    found = _findings(path, config)
    _write(target, baselines.written(found))
    tell(f"wrote {target}: {_counted(len(found))}")
    return 0


@baseline.command()
@_PATH
@_CONFIG
@_FILE
@_SECRETS
def update(path: str, config: str | None, file: str | None, secrets: bool) -> int:
    """Bring the baseline up to date: what is corrected goes, what is new comes in."""
    from cybrid_audit.cli._terminal import tell

    held, target = _held(path, file)
    if secrets:
        _write_secrets(path, config)
    found = _findings(path, config)
    added = [each for each in found if not held.holds(each)]
    gone = held.gone(found)
    text = held.updated(found)
    if text != held.text:
        _write(target, text)
    tell(f"{target}: {_counted(len(found))}, {len(added)} added, {len(gone)} removed")
    return 0


@baseline.command()
@_PATH
@_CONFIG
@_FILE
def diff(path: str, config: str | None, file: str | None) -> int:
    """Show what is new in PATH and what of the baseline is gone. Exits with 1 when something is new."""
    from cybrid_audit.cli._terminal import Destination
    from cybrid_audit.reports.escaping import harmless

    held, _ = _held(path, file)
    found = _findings(path, config)
    new = sorted((each for each in found if not held.holds(each)), key=lambda each: (each.location, each.rule))
    gone = held.gone(found)
    lines = [
        f"+ {each.rule} {harmless(each.location.path)}:{each.location.start_line} {each.operation or ''}".rstrip()
        for each in new
    ]
    lines += [f"- {each.line}" for each in gone]
    lines.append(f"{len(new)} new, {len(gone)} gone, {len(found) - len(new)} known")
    Destination.of(None, no_color=True).write("\n".join(lines))
    return 1 if new else 0


def _findings(path: str, config: str | None) -> list[Finding]:
    """Return the findings that a baseline may hold: what nothing else accepts, and nothing on the exceptions themselves."""
    from cybrid_audit.cli._run import run_audit
    from cybrid_audit.knowledge import load
    from cybrid_audit.policy import CONTROL

    result, _ = run_audit(path, config=config)
    own = next(row.rules for row in load().control_rows if row.id == CONTROL)
    return [each for each in result.findings if each.rule not in own]


def _held(path: str, file: str | None) -> tuple[Baseline, str]:
    from cybrid_audit.cli._run import check_target
    from cybrid_audit.policy import baseline as baselines

    check_target(path)
    target = file if file is not None else baselines.place(path)
    held = baselines.load(path, file)
    if held is None:
        raise AuditError(f"no baseline {target}", "write one with 'cybrid-audit baseline create'")
    return held, target


def _write(target: str, text: str) -> None:
    from cybrid_audit.cli._terminal import Destination

    Destination.of(target, no_color=True).write(text)


def _write_secrets(path: str, config: str | None) -> None:
    from cybrid_audit.cli._terminal import tell
    from cybrid_audit.project.config import load_config
    from cybrid_audit.secrets.known import write_baseline

    done = write_baseline(path, config=load_config(path, config))
    tell(f"wrote {done.path}: {done.values} values in {done.files} files, {done.added} added, {done.removed} removed")


def _counted(count: int) -> str:
    return f"{count or 'no'} finding{'' if count == 1 else 's'}"
