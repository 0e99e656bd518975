"""`cybrid-audit explain`: what a rule or a control means, offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import click

DIGITS: Final = 32
"""Hexadecimal digits of a fingerprint. A test holds it to that of `cybrid_audit.fingerprints`, which is not imported here."""

if TYPE_CHECKING:
    from cybrid_audit.knowledge.control_facts import Control
    from cybrid_audit.knowledge.rule_facts import Rule


@click.command(short_help="Explain a rule, a control or a finding.")
@click.argument("name", metavar="[RULE|CONTROL|FINGERPRINT]", required=False)
@click.option(
    "--in",
    "root",
    metavar="DIR",
    default=".",
    type=click.Path(readable=False),
    help="For a finding, which its fingerprint names: the code base in which it was found, by default this folder.",
)
@click.option("--config", "-c", metavar="FILE", type=click.Path(readable=False), help="Use this configuration file.")
@click.option("--no-color", is_flag=True, help="No colours, even on a terminal.")
def explain(name: str | None, root: str, config: str | None, no_color: bool) -> int:
    """Explain a rule or a control, with a bad and a good example, or a finding, with all that is known of its place.

    Without a name, list all rules and controls."""
    from cybrid_audit.cli import _terminal
    from cybrid_audit.knowledge import load

    knowledge = load()
    if name is not None and is_fingerprint(name):
        return _finding(name.lower(), root, config, no_color=no_color)
    rules = knowledge.rules
    controls = {control.id: control for control in knowledge.controls.controls}
    text = _overview(rules, controls) if name is None else text_of(name, rules, controls)
    if name is not None and _terminal.wants_color(no_color=no_color):
        _print_formatted(text)
    else:
        _terminal.Destination.of(None, no_color=no_color).write(text)
    return 0


def is_fingerprint(name: str) -> bool:
    """Whether a name can only be a fingerprint, or the first eight digits of one or more."""
    return 8 <= len(name) <= DIGITS and all(sign in "0123456789abcdef" for sign in name.lower())


def _finding(fingerprint: str, root: str, config: str | None, *, no_color: bool) -> int:
    from cybrid_audit.cli import _terminal
    from cybrid_audit.cli._policy import judging
    from cybrid_audit.cli._run import check_target, run_audit
    from cybrid_audit.cli.why import answer
    from cybrid_audit.errors import AuditError
    from cybrid_audit.knowledge import load

    check_target(root)
    result, settings = run_audit(root, judging=judging(root, config=config))
    found = [each for each in (*result.findings, *result.suppressed) if each.fingerprint.startswith(fingerprint)]
    if not found:
        raise AuditError(f"no finding in {root} has the fingerprint {fingerprint}", "name the code base with --in")
    if len(found) > 1:
        raise AuditError(f"{len(found)} findings begin with {fingerprint}", "write more of the fingerprint")
    at = found[0].location
    out = _terminal.Destination.of(None, no_color=no_color)
    page = _rule_page(load().rules[found[0].rule])
    out.write(answer(result, settings, root, (at.path, at.start_line), "text", out) + "\n" + page)
    return 0


def text_of(name: str, rules: Mapping[str, Rule], controls: Mapping[str, Control]) -> str:
    """Return the page of a rule or a control, in Markdown. The case of `name` does not matter.

    Raises:
        AuditError: nothing has this name; the nearest one that exists is in the hint."""
    rule = rules.get(name.lower())
    if rule is not None:
        return _rule_page(rule)
    control = controls.get(name.upper())
    if control is not None:
        from cybrid_audit.cli._context import rules_by_control

        return _control_page(control, rules_by_control(rules).get(control.id, ()))
    from cybrid_audit.errors import AuditError, nearest

    near = nearest(name.lower(), rules) or nearest(name.upper(), controls)
    advice = f"did you mean {near!r}?" if near else "'cybrid-audit explain' lists them all"
    raise AuditError(f"no rule and no control is called {name!r}", advice)


def _rule_page(rule: Rule) -> str:
    from cybrid_audit.cli._context import page_of

    also = f", also {', '.join(rule.also)}" if rule.also else ""
    control = "named by the pattern" if rule.names_control else rule.control
    head = [
        f"# {rule.id}",
        f"{rule.title} (control {control}{also}, {rule.level.value}; {rule.severity.value}; {rule.lifecycle.value})",
        rule.summary,
    ]
    page, _, references = _without_title(page_of(rule.id)).partition("\n## References\n")
    parts = [page.strip() or f"## Why it matters\n\n{rule.why}"]
    if "## Fix" not in page:
        parts.append(f"## Fix\n\n{rule.remediation}")
    parts.append(f"## References\n\n{references.strip() or chr(10).join(_items(rule.references))}")
    if rule.cwe:
        parts.append(f"Weakness: {', '.join(rule.cwe)}")
    return "\n\n".join([*head, *parts]) + "\n"


def _without_title(page: str) -> str:
    """Return a page without its first heading, which repeats the rule's id."""
    if page.startswith("# "):
        page = page.partition("\n")[2]
    return page.strip()


def _control_page(control: Control, rules: Iterable[Rule]) -> str:
    parts = [
        f"# {control.id}: {control.title}",
        "",
        f"{control.section}; {control.level.value}" + (f" ({control.documented})" if control.documented else ""),
        "",
        control.statement,
    ]
    audited = [f"- {rule.id}: {rule.title}" for rule in rules]
    parts += _section("Audited by", audited or ["- no rule: code alone does not show it"])
    evidence = control.evidence
    parts += _section("What proves it", _items(evidence.proves))
    parts += _section("What breaks it", _items(evidence.violates))
    parts += _section("What only hints at it", _items(evidence.supports))
    parts += _section("What code cannot show", _items(evidence.cannot_see))
    if control.open:
        parts += _section("When it stays open", [control.open])
    if control.note:
        parts += _section("Note", [control.note])
    mapped = [
        f"- {framework}: {', '.join(ids.sure)}" + (f" (by analogy: {', '.join(ids.unsure)})" if ids.unsure else "")
        for framework, ids in control.mappings.items()
    ]
    parts += _section("Corresponds to", mapped)
    parts += _section("References", _items(control.sources))
    return "\n".join(parts) + "\n"


def _items(texts: Iterable[str]) -> list[str]:
    return [f"- {text}" for text in texts]


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"## {title}", "", *lines] if lines else []


def _overview(rules: Mapping[str, Rule], controls: Mapping[str, Control]) -> str:
    from cybrid_audit.cli._context import rules_by_control

    by_control = rules_by_control(rules)
    lines: list[str] = []
    for control in controls.values():
        lines.append(f"{control.id:<13} {control.level.value:<12} {control.title}")
        lines += [f"    {rule.id:<44} {rule.title}" for rule in by_control.get(control.id, ())]
    lines += ["", "'cybrid-audit explain NAME' explains a rule or a control."]
    return "\n".join(lines) + "\n"


def _print_formatted(text: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text, hyperlinks=False))
