"""What reports need beside the result, made from the shipped rules and the audited tree."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cybrid_audit.knowledge.rule_facts import Rule
    from cybrid_audit.reports import RenderContext, RuleText

MAX_SNIPPET_FILE: Final = 1 << 21
"""Bytes of a file that snippets are taken from. Beyond it, findings in it are shown without their line of code."""

KEPT_FILES: Final = 8
"""Files whose lines are kept at a time. Findings come ordered by place, so more would only cost memory."""


def render_context(root: str, format_: str, *, unicode: bool) -> RenderContext:
    """Return the context for a report on `root`. The rules' pages are read for SARIF only, which embeds them."""
    from cybrid_audit.knowledge import load
    from cybrid_audit.reports import RenderContext

    with_pages = format_ == "sarif"
    rules = {name: rule_text(rule, with_page=with_pages) for name, rule in load().rules.items()}
    return RenderContext(rules=rules, lines=line_reader(root), unicode=unicode)


def rule_text(rule: Rule, *, with_page: bool) -> RuleText:
    """Return the texts of a rule as reports want them."""
    from cybrid_audit.reports import RuleText

    return RuleText(
        id=rule.id,
        control=rule.control,
        level=rule.level.value,
        summary=rule.summary,
        why=rule.why,
        fix=rule.remediation,
        markdown=page_of(rule.id) if with_page else "",
        tags=("security", *rule.cwe),
        references=rule.references,
    )


def page_of(rule: str) -> str:
    """Return the text of a rule's `doc.md`, or an empty text when it has none. `rule` is the id of a known rule."""
    from cybrid_audit.knowledge._source import rules_root

    page = rules_root().joinpath(rule, "doc.md")
    try:
        return page.read_text(encoding="utf-8")
    except OSError:
        return ""


def line_reader(root: str) -> Callable[[str], Sequence[str]]:
    """Return a function from a path below `root` to the file's lines, empty for what cannot or must not be read."""
    base = os.path.realpath(root)
    folder = base if os.path.isdir(base) else os.path.dirname(base)
    kept: dict[str, Sequence[str]] = {}

    def lines(path: str) -> Sequence[str]:
        held = kept.get(path)
        if held is None:
            if len(kept) >= KEPT_FILES:
                del kept[next(iter(kept))]
            held = kept[path] = _lines(folder, path)
        return held

    return lines


def _lines(folder: str, path: str) -> Sequence[str]:
    full = os.path.realpath(os.path.join(folder, path))
    if os.path.commonpath((folder, full)) != folder:
        return ()
    try:
        with open(full, "rb") as file:
            data = file.read(MAX_SNIPPET_FILE + 1)
    except (OSError, ValueError):
        return ()
    if len(data) > MAX_SNIPPET_FILE:
        return ()
    # The front-ends count lines by `\n`; splitlines() would also break at form feeds and Unicode separators.
    return data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")


def rules_by_control(rules: Mapping[str, Rule]) -> dict[str, list[Rule]]:
    """Return the rules that audit each control, its own before those that touch it too."""
    result: dict[str, list[Rule]] = {}
    for rule in rules.values():
        result.setdefault(rule.control, []).append(rule)
    for rule in rules.values():
        for control in rule.also:
            result.setdefault(control, []).append(rule)
    return result
