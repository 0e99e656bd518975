"""One audit from end to end: the library's front door. It prints nothing and reads no environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cybrid_audit.errors import AuditError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from contextlib import AbstractContextManager
    from datetime import date

    from cybrid_audit.facts import Exemption, Facts, Skipped
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.patterns import RuleSet
    from cybrid_audit.policy.baseline import Baseline
    from cybrid_audit.policy.trust import Trust
    from cybrid_audit.project import Project
    from cybrid_audit.project.config import Config
    from cybrid_audit.result import AuditResult, Finding

    Progress = Callable[[str, int, int], None]
    """Is told the stage (`index`, `analyse`), how much of it is done, and how much there is."""


def audit(
    root: str,
    *,
    config: Config | None = None,
    rules: frozenset[str] | None = None,
    progress: Progress | None = None,
    today: date | None = None,
    history: bool = False,
    edited: Mapping[str, bytes] | None = None,
    baseline: Baseline | None = None,
    trust: Trust | None = None,
    only: Collection[str] | None = None,
    patterns: RuleSet | None = None,
) -> AuditResult:
    """Return what an audit of the code base at `root` finds, with `history` in its git history too.

    `rules` limits the judging to these; the facts are the same. `config` defaults to the one in `root`, `today` to the
    day of the run: it decides which attestations and suppressions still hold. `edited` are contents that stand in for those
    of files, by their paths in the tree. `baseline` holds findings that do not count; `trust` is the revision that decides
    what may be accepted, when it is not the tree itself. `patterns` are the rules that semgrep looks for, by default those that
    the configuration asks for.

    With `only`, the text of these files of the tree is searched for credentials, and nothing else is done: no code is
    followed, and no control has a status.

    Raises:
        AuditError: the path, the configuration, or a rule's name is wrong; nothing was audited."""
    from cybrid_audit.knowledge import load
    from cybrid_audit.project import load_config, open_project

    knowledge = load()
    settings = config if config is not None else load_config(root)
    judged = judged_rules(rules, settings, knowledge.rule_ids)
    _check_attestations(settings, [control.id for control in knowledge.control_rows])
    _check_suppressions(settings, knowledge.rule_ids)

    sought = _sought(root, settings, knowledge, trust, patterns) if only is None and PATTERNS in judged else None
    if history:
        from cybrid_audit.secrets.history import repository

        # A mistake is said before the tree is read.
        repository(root)
    project = open_project(
        root, settings, _stage(progress, "index"), only=only, meanwhile=_import_stages if only is None else None
    )
    project.edited.update(edited or {})
    told = tuple(trust.restrain(project)) if trust is not None else ()
    if only is not None:
        # What is accepted may be about a flow, which is not looked for.
        judged -= {UNUSED}
    with _matching(project, sought) as with_matches:
        facts = _analysed(project, knowledge, progress)
        from cybrid_audit.masking import named
        from cybrid_audit.secrets import with_literals

        facts = with_literals(
            project, knowledge, facts, history=history, generic="other-secret-in-integration" in judged
        )
        facts = with_matches(with_sides(project, named(facts)))
    return _judge(project, facts, judged, settings, today, baseline, trust, told)


def with_sides(project: Project, facts: Facts) -> Facts:
    """Return the facts with the side of each file that they are about, and what tells it."""
    from cybrid_audit.facts import FileSide

    sites = [
        *(call.site for call in facts.calls),
        *(mint.site for mint in facts.mints),
        *(use.mint for use in facts.credentials),
        *(source.location for use in facts.credentials for source in use.sources),
        *(exposure.at for exposure in facts.exposures),
        *(literal.at for literal in facts.literals),
        *(definition.at for definition in facts.public_definitions),
    ]
    found: list[FileSide] = []
    for path in sorted({site.path for site in sites}):
        source = project.files.get(path)
        if source is not None:
            found.append(FileSide(path, source.side, source.side_reason))
        elif (told := project.path_side(path)) is not None:
            found.append(FileSide(path, told.side, told.why))
    return replace(facts, sides=tuple(found)) if found else facts


def _import_stages() -> None:
    """Import what every audit goes on with: it takes about as long as git needs to list a large repository."""
    import cybrid_audit.controls
    import cybrid_audit.engine.run
    import cybrid_audit.judges
    import cybrid_audit.secrets.collect  # noqa: F401


def _analysed(project: Project, knowledge: Knowledge, progress: Progress | None) -> Facts:
    if project.is_part:
        from cybrid_audit.facts import Facts

        return Facts()
    from cybrid_audit.engine import analyse

    # Another process does it meanwhile.
    project.look_for_ignored()
    return analyse(project, knowledge, _stage(progress, "analyse"))


def _sought(
    root: str, config: Config, knowledge: Knowledge, trust: Trust | None, given: RuleSet | None
) -> RuleSet | None:
    if given is not None or not config.semgrep.enabled:
        return given
    from cybrid_audit.patterns import rule_set

    return rule_set(root, config, knowledge, trust)


def _matching(project: Project, patterns: RuleSet | None) -> AbstractContextManager[Callable[[Facts], Facts]]:
    """Return the context in which semgrep looks for patterns, and that yields what adds its matches to facts."""
    if patterns is None:
        from contextlib import nullcontext

        return nullcontext(lambda facts: facts)
    from cybrid_audit.patterns import matching

    return matching(project, patterns)


def _judge(
    project: Project,
    facts: Facts,
    judged: frozenset[str],
    config: Config,
    today: date | None,
    baseline: Baseline | None,
    trust: Trust | None,
    told: tuple[Exemption, ...],
) -> AuditResult:
    from cybrid_audit.controls import ControlContext, control_reports
    from cybrid_audit.knowledge import load
    from cybrid_audit.result import AuditResult

    knowledge = load()
    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...] = ()
    # Most files that a scan of one file reads name nothing of the platform, so that nothing in them can be accepted.
    if project.named or config.suppressions or config.attestations or baseline is not None or trust is not None:
        from cybrid_audit import policy

        if today is None:
            from datetime import date

            today = date.today()  # noqa: DTZ011 - the day where the audit runs is what a day in its configuration means
        # Whether a suppression is of use only shows when its rule has run.
        ran = frozenset(knowledge.rule_ids) - frozenset(config.disabled_rules) if UNUSED in judged else judged
        declared = policy.Policy(config, knowledge.rule_ids, ran, today, baseline, trust, told)
        applied = policy.apply(_found(project, facts, knowledge, ran), project, declared)
        facts = replace(facts, exemptions=applied.exemptions)
        findings = tuple(each for each in applied.findings if each.rule in judged)
        suppressed = tuple(each for each in applied.suppressed if each.rule in judged)
        findings = tuple(sorted((*findings, *_on_exemptions(project, facts, knowledge, judged)), key=_place))
    else:
        findings = _found(project, facts, knowledge, judged)
    context = ControlContext(
        knowledge=knowledge,
        judged=judged,
        skipped=tuple(_mattering(project, facts)),
        unmatched=facts.unmatched,
        matched=facts.matched_controls,
        attestations=config.attestations,
        today=today,
    )
    skipped = {(each.path, each.reason): each for each in (*project.skipped, *facts.skipped, *facts.unmatched)}
    return AuditResult(
        root=project.root,
        findings=findings,
        facts=facts,
        controls=control_reports(facts, (*findings, *suppressed), context) if not project.is_part else (),
        scanned=project.scanned,
        left_out=project.left_out,
        relevant=len(project.relevant),
        skipped=tuple(sorted(skipped.values(), key=lambda each: (each.path, each.reason))),
        suppressed=suppressed,
    )


PATTERNS: Final = "pattern-match"
"""The rule whose facts come from semgrep."""

UNUSED: Final = "suppression-unused"
"""The rule that needs to know what every other rule finds."""


def _found(project: Project, facts: Facts, knowledge: Knowledge, rules: frozenset[str]) -> tuple[Finding, ...]:
    """Return what the rules find, with fingerprints."""
    from cybrid_audit.judges import judge_facts

    findings = judge_facts(facts, knowledge, rules)
    if facts.matches:
        from cybrid_audit.patterns import without_known

        findings = without_known(findings, knowledge)
    if findings:
        from cybrid_audit.fingerprints import with_fingerprints

        findings = with_fingerprints(findings, lambda path: _lines(project, path))
    return findings


def _on_exemptions(project: Project, facts: Facts, knowledge: Knowledge, judged: frozenset[str]) -> tuple[Finding, ...]:
    """Return what is wrong with what the project has accepted."""
    from cybrid_audit.facts import Facts
    from cybrid_audit.policy import CONTROL

    if not any(each.problem for each in facts.exemptions):
        return ()
    own = next(row.rules for row in knowledge.control_rows if row.id == CONTROL)
    return _found(project, Facts(exemptions=facts.exemptions), knowledge, judged & own)


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.location, finding.rule, finding.operation or "", finding.message


def _mattering(project: Project, facts: Facts) -> Iterable[Skipped]:
    """Yield the files that were not analysed and could hold what a control is about.

    Those the engine gave up on are relevant by themselves. Of the others, a file counts when its name says that it is
    source code, and its path does not say that it is a test, a document or somebody else's; a folder always counts."""
    from cybrid_audit.judges._common import is_judged
    from cybrid_audit.languages import language_of

    given_up = {each.path for each in facts.skipped}
    yield from facts.skipped
    for each in project.skipped:
        is_folder = "." not in each.path.rpartition("/")[2].lstrip(".")
        if each.path not in given_up and (
            is_folder or language_of(each.path) is not None or each.path in project.unsupported
        ):
            told = project.path_side(each.path)
            if told is None or is_judged(told.side):
                yield each


def _lines(project: Project, path: str) -> list[bytes]:
    data = project.peek(path) or project.text_file(path) or b""
    return data.splitlines()


def judged_rules(wanted: frozenset[str] | None, config: Config, known: Collection[str]) -> frozenset[str]:
    """Return the rules to judge by. Raises AuditError for a name that no rule has."""
    for rule in sorted(wanted or ()):
        if rule not in known:
            raise AuditError(f"unknown rule {rule!r}", _nearest(rule, known))
    lines = dict(zip(config.disabled_rules, config.disabled_lines, strict=False))
    for rule in config.disabled_rules:
        if rule not in known:
            where = f"{config.path}:{lines[rule]}" if rule in lines else config.path
            raise AuditError(f"{where}: rules: unknown rule {rule!r}", _nearest(rule, known))
    chosen = frozenset(known) if wanted is None else wanted
    return chosen - frozenset(config.disabled_rules)


def _check_attestations(config: Config, known: Collection[str]) -> None:
    for each in config.attestations:
        if each.control not in known:
            where = f"{config.path}:{each.line}"
            raise AuditError(f"{where}: attestations: unknown control {each.control!r}", _nearest(each.control, known))


def _check_suppressions(config: Config, known: Collection[str]) -> None:
    for each in config.suppressions:
        if each.rule not in known:
            where = f"{config.path}:{each.line}"
            raise AuditError(f"{where}: suppressions: unknown rule {each.rule!r}", _nearest(each.rule, known))


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    found = nearest(name, names)
    return f"did you mean {found!r}?" if found else f"known are {', '.join(names)}"


def _stage(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    report = progress
    return lambda done, total: report(name, done, total)
