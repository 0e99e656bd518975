"""What decides which findings count, as the command line says it: the options, and what they lead to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from cybrid_audit.errors import AuditError
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.patterns import RuleSet
    from cybrid_audit.policy.baseline import Baseline
    from cybrid_audit.policy.trust import Trust
    from cybrid_audit.project.config import Config

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option(
        "--config", "-c", metavar="FILE", type=click.Path(readable=False), help="Use this configuration file."
    ),
    click.option(
        "--config-from",
        metavar="REF",
        help="Take configuration and baseline from this branch, tag or commit; suppressions it lacks are shown and do not count.",
    ),
    click.option(
        "--allow-new-suppressions", "allow_new", is_flag=True, help="With --config-from: let them count, and show them."
    ),
    click.option(
        "--baseline",
        metavar="FILE",
        type=click.Path(readable=False),
        help="Findings in this baseline do not count; by default the one in PATH, .cybrid-audit-baseline.",
    ),
    click.option("--no-baseline", is_flag=True, help="Count the findings of the baseline too."),
    click.option(
        "--semgrep/--no-semgrep",
        "semgrep",
        default=None,
        help="Let semgrep look for patterns in the files that matter; by default what the configuration says.",
    ),
    click.option(
        "--semgrep-rules",
        metavar="PATH",
        multiple=True,
        type=click.Path(readable=False),
        help="Look for the patterns of this file or folder too; implies --semgrep; repeatable.",
    ),
    click.option(
        "--semgrep-command",
        metavar="FILE",
        type=click.Path(readable=False),
        help="Run this semgrep; by default the one beside cybrid-audit, then the one on the PATH.",
    ),
)
_NAMES: Final = (
    *("config", "config_from", "allow_new", "baseline", "no_baseline"),
    *("semgrep", "semgrep_rules", "semgrep_command"),
)


@dataclass(frozen=True, slots=True)
class Judging:
    """What an audit judges by. `is_given` tells whether the user names the configuration; `patterns` are what semgrep looks for,
    None for nothing."""

    config: Config
    baseline: Baseline | None = None
    trust: Trust | None = None
    is_given: bool = False
    patterns: RuleSet | None = None


def policy_options(command: F) -> F:
    """Add the options to a command; its function gets their values as `policy`, for `judging`."""
    from functools import wraps

    @wraps(command)
    def called(*arguments: Any, **options: Any) -> Any:
        policy = {name: options.pop(name) for name in _NAMES}
        return command(*arguments, policy=policy, **options)

    for option in reversed(_OPTIONS):
        called = option(called)
    return called  # type: ignore[return-value]


def judging(
    path: str,
    *,
    config: str | None = None,
    config_from: str | None = None,
    allow_new: bool = False,
    baseline: str | None = None,
    no_baseline: bool = False,
    semgrep: bool | None = None,
    semgrep_rules: Sequence[str] = (),
    semgrep_command: str | None = None,
) -> Judging:
    """Return what the options say.

    Raises:
        AuditError: two options exclude each other, or a file or revision cannot be used; nothing was audited."""
    from cybrid_audit.cli._run import check_target
    from cybrid_audit.project.config import BASELINE_NAME, FILE_NAME, load_config

    if config_from is not None and config is not None:
        raise AuditError("--config and --config-from exclude each other", "leave one of them out")
    if allow_new and config_from is None:
        raise AuditError("--allow-new-suppressions needs --config-from", "add it, or leave the option out")
    if baseline is not None and no_baseline:
        raise AuditError("--baseline and --no-baseline exclude each other", "leave one of them out")
    if semgrep is False and semgrep_rules:
        raise AuditError("--no-semgrep and --semgrep-rules exclude each other", "leave one of them out")
    check_target(path)
    known: Baseline | None = None
    if config_from is None:
        settings = load_config(path, config)
        if not no_baseline and (baseline is not None or _has_baseline(path)):
            from cybrid_audit.policy import baseline as baselines

            known = baselines.load(path, baseline)
        if config is None and not settings.path:
            _tell_of_one_above(path, FILE_NAME, "--config")
        if known is None and not no_baseline:
            _tell_of_one_above(path, BASELINE_NAME, "--baseline")
        by = Judging(settings, known, is_given=config is not None)
        return _with_patterns(by, path, semgrep, semgrep_rules, semgrep_command)
    from cybrid_audit.policy import baseline as baselines
    from cybrid_audit.policy.trust import trusted

    trust = trusted(path, config_from, allows_new=allow_new)
    if not no_baseline:
        from_tree = baseline is not None or allow_new
        known = baselines.load(path, baseline) if from_tree else trust.baseline
    by = Judging(trust.settings, known, trust, is_given=True)
    return _with_patterns(by, path, semgrep, semgrep_rules, semgrep_command)


def _with_patterns(by: Judging, path: str, wanted: bool | None, beside: Sequence[str], command: str | None) -> Judging:
    """Return the same with what semgrep looks for: as the command line says, else as the configuration does."""
    if wanted is None:
        wanted = bool(beside) or by.config.semgrep.enabled
    if wanted is by.config.semgrep.enabled is False:
        return by
    from dataclasses import replace

    config = replace(by.config, semgrep=replace(by.config.semgrep, enabled=wanted))
    if not wanted:
        return replace(by, config=config)
    from cybrid_audit.knowledge import load
    from cybrid_audit.patterns import rule_set

    rules = rule_set(path, config, load(), by.trust, beside=beside, command=command)
    return replace(by, config=config, patterns=rules)


def compared(by: Judging, path: str, ref: str) -> Judging:
    """Return the same, so that what the tree accepts and a revision does not is told; it counts all the same.

    Raises:
        AuditError: there is no such revision, or what lies there cannot be used."""
    if by.trust is not None:
        return by
    from dataclasses import replace

    from cybrid_audit.policy.trust import trusted

    return replace(by, trust=trusted(path, ref, only_tells=True))


def _tell_of_one_above(path: str, name: str, option: str) -> None:
    """Say that a file which decides what counts lies above the target in its repository, where it is not used."""
    from cybrid_audit.cli._terminal import tell
    from cybrid_audit.project.discovery import repository_above
    from cybrid_audit.reports.escaping import harmless

    target = os.path.realpath(path)
    folder = target if os.path.isdir(target) else os.path.dirname(target)
    top = repository_above(folder)
    while top is not None and folder != top:
        folder = os.path.dirname(folder)
        if os.path.lexists(os.path.join(folder, name)):
            found = harmless(os.path.relpath(os.path.join(folder, name)))
            tell(
                f"note: {found} lies above {harmless(path)} and is not used; audit its folder, or say {option} {found}"
            )
            return


def _has_baseline(path: str) -> bool:
    """Whether the target has one. Most scans have none, and need not import what reads it."""
    from cybrid_audit.project.config import BASELINE_NAME

    return os.path.lexists(os.path.join(path if os.path.isdir(path) else os.path.dirname(path), BASELINE_NAME))
