"""`cybrid-audit scan`: audit a code base and report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from cybrid_audit.cli._outputs import destinations, output_options
from cybrid_audit.cli._policy import compared, judging, policy_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cybrid_audit.reports import FixText
    from cybrid_audit.result import AuditResult, ExitStatus, Finding

FORMATS: Final = (
    *("text", "json", "sarif", "markdown", "junit", "gitlab-codequality", "gitlab-sast", "github", "csv"),
    *("oscal", "sonar", "html"),
)
SURENESS: Final = ("low", "medium", "high")
"""Confidence in a violation, the least sure first."""

THRESHOLDS: Final = ("required", "recommended", "unproven", "never")

EXIT_CODES: Final = {
    0: "nothing found at or above the threshold (--fail-on)",
    1: "findings at or above it; by default: a required control is violated",
    2: "wrong usage or configuration; nothing was audited",
    3: "nothing found, but a part of the target could not be analysed, and --strict asks for all of it",
    4: "a bug in cybrid-audit",
}
"""The public contract, for the help and the documentation: one text for each `ExitStatus`."""


@click.command(epilog="\b\nExit codes:\n" + "\n".join(f"  {code}  {text}" for code, text in EXIT_CODES.items()))
@click.argument("path", default=".", type=click.Path(readable=False))
@output_options(FORMATS, "text")
@click.option(
    "--fail-on",
    type=click.Choice(THRESHOLDS),
    help="Exit with 1 when a required control is violated (the default); with 'recommended', a recommended one too; "
    "with 'unproven', on every finding.",
)
@click.option(
    "--min-confidence",
    "least",
    type=click.Choice(SURENESS),
    help="Let violations that are less sure not count for --fail-on.",
)
@click.option("--rule", "-r", "rules", metavar="ID", multiple=True, help="Judge by this rule only; repeatable.")
@policy_options
@click.option("--strict", is_flag=True, help="Exit with 3 when a part could not be analysed and nothing else fails.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found. Errors still exit with 2 and 4.")
@click.option("--history", is_flag=True, help="Search the git history for credentials too.")
@click.option(
    "--diff",
    "diff",
    metavar="[REF]",
    is_flag=False,
    flag_value="",
    help="Count only findings that were not there at this branch, tag or commit. Without REF, after --fix: only show.",
)
@click.option("--fix", "fixing", is_flag=True, help="Edit the code where that safely removes a finding.")
@click.option(
    "--unsafe", is_flag=True, help="With --fix: also edits after which a variable must be set to run the code."
)
@click.option("--no-color", is_flag=True, help="No colours, even on a terminal.")
@click.option("--verbose", "-v", is_flag=True, help="Say on standard error what was read, and what was not.")
def scan(
    path: str,
    format_: str | None,
    outputs: tuple[str, ...],
    fail_on: str | None,
    least: str | None,
    rules: tuple[str, ...],
    policy: dict[str, Any],
    strict: bool,
    exit_zero: bool,
    history: bool,
    diff: str | None,
    fixing: bool,
    unsafe: bool,
    no_color: bool,
    verbose: bool,
) -> int:
    """Audit PATH, by default the current directory."""
    _check_together(diff, fixing=fixing, unsafe=unsafe)
    from cybrid_audit.cli import _terminal
    from cybrid_audit.cli._run import run_audit

    places = destinations(outputs, format_, FORMATS, no_color=no_color)
    by = judging(path, **policy)
    if diff and not fixing:
        by = compared(by, path, diff)
    result, settings = run_audit(path, rules=rules, history=history, judging=by)
    fixes: Mapping[str, FixText] = {}
    if not fixing and any(each == "sarif" for each, _ in places):
        from cybrid_audit.cli._fix import known_fixes

        fixes = known_fixes(path, result, by, rules)
    if fixing:
        from cybrid_audit.cli._fix import fix

        shown = _terminal.Destination.of(None, no_color=True) if diff is not None else None
        result = fix(path, result, by, rules, unsafe=unsafe, shown=shown)
        places = [] if shown is not None and not outputs else places
    elif diff is not None:
        from cybrid_audit.changes import since

        judge_by = settings if by.is_given else None
        chosen = frozenset(rules) or None
        result = since(result, path, diff, config=judge_by, rules=chosen, patterns=by.patterns)
    from cybrid_audit.cli._context import render_context
    from cybrid_audit.reports import render

    context = render_context(path, [each for each, _ in places], fixes)
    for each, place in places:
        seen = context.on(unicode=place.unicode)
        place.write(render(result, each, color=place.color, width=place.width, context=seen))
    if verbose:
        from cybrid_audit.reports.escaping import harmless

        for skipped in result.skipped:
            _terminal.tell(f"skipped {harmless(skipped.path)}: {harmless(skipped.reason)}")
        _terminal.tell(f"{result.scanned} files read, {result.relevant} relevant, {len(result.skipped)} skipped")
    threshold = fail_on or (settings.fail_on.value if settings.fail_on is not None else "required")
    least = least or settings.min_confidence
    return exit_status(result, fail_on=threshold, strict=strict, exit_zero=exit_zero, least=least)


def _check_together(diff: str | None, *, fixing: bool, unsafe: bool) -> None:
    from cybrid_audit.errors import AuditError

    if unsafe and not fixing:
        raise AuditError("--unsafe says what --fix may do, and --fix is not given", "add --fix")
    if fixing and diff:
        raise AuditError(f"with --fix, --diff takes no revision ({diff!r})", "put it last: scan PATH --fix --diff")
    if diff == "" and not fixing:
        raise AuditError("--diff needs a revision to compare with", "say --diff main, or any branch, tag or commit")


def exit_status(result: AuditResult, *, fail_on: str, strict: bool, exit_zero: bool, least: str = "low") -> ExitStatus:
    """Return the exit code of a finished audit (policy section 5). `exit_zero` silences findings, never incompleteness."""
    from cybrid_audit.result import ExitStatus

    if not exit_zero and any(counts(finding, fail_on, least) for finding in result.findings):
        return ExitStatus.FINDINGS
    if strict and result.skipped:
        return ExitStatus.INCOMPLETE
    return ExitStatus.CLEAN


def counts(finding: Finding, fail_on: str, least: str = "low") -> bool:
    """Return whether a finding is at or above the threshold, and a violation at least as sure as `least`.

    Extra controls never fail an audit by their level, so they count with `unproven` only, which takes every finding."""
    from cybrid_audit.result import Level, Verdict

    if fail_on == "never":
        return False
    if finding.verdict is Verdict.VIOLATED and SURENESS.index(finding.confidence.value) < SURENESS.index(least):
        return False
    if fail_on == "unproven":
        return True
    levels = (Level.REQUIRED,) if fail_on == "required" else (Level.REQUIRED, Level.RECOMMENDED)
    return finding.verdict is Verdict.VIOLATED and finding.level in levels
