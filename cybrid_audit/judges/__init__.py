"""The rules: one file a rule, named as the rule, found through the folders under `rules/`. Judges read facts and nothing else.

A judge is a function `judge(facts, context)` that yields findings. Its texts are in `rules/<rule-id>/rule.yaml`, its page in
`doc.md` beside it; adding a rule is adding these three files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cybrid_audit.judges._context import JudgeContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cybrid_audit.facts import Facts
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.knowledge.rule_facts import Rule
    from cybrid_audit.result import Finding

    Judge = Callable[[Facts, JudgeContext], Iterable[Finding]]

__all__ = ["JudgeContext", "catalog", "judge_facts", "judge_of", "page"]


def catalog() -> Mapping[str, Rule]:
    """Return every rule's texts by rule id, in the order of the ids."""
    from cybrid_audit.knowledge import load

    return load().rules


def page(rule_id: str) -> str:
    """Return a rule's page in Markdown. Raises KeyError when there is no such rule."""
    from cybrid_audit.knowledge._source import rule_page

    return rule_page(catalog()[rule_id].id)


def judge_of(rule_id: str) -> Judge:
    """Return the judge of a rule. `rule_id` must be one of the catalogue: it names the module that is imported."""
    module = import_module(f"cybrid_audit.judges.{rule_id.replace('-', '_')}")
    judge: Judge = module.judge
    return judge


def judge_facts(facts: Facts, knowledge: Knowledge, rules: Iterable[str] | None = None) -> tuple[Finding, ...]:
    """Return the findings of the named rules, by default of all, sorted by place and rule, without fingerprints.

    Raises:
        KeyError: a name is no rule's."""
    from cybrid_audit.facts import Facts

    if facts == Facts(
        entries=facts.entries, elsewhere=facts.elsewhere, integrates=facts.integrates, skipped=facts.skipped
    ):
        # Nothing to judge. Most files a pre-commit run scans are like this, and the judges need not be imported.
        rules = ()
    found: list[Finding] = []
    for rule_id in knowledge.rule_ids if rules is None else sorted(set(rules)):
        if rule_id not in knowledge.rule_ids:
            raise KeyError(rule_id)
        found.extend(judge_of(rule_id)(facts, JudgeContext(knowledge, rule_id)))
    return tuple(sorted(found, key=lambda each: (each.location, each.rule, each.operation or "", each.message)))
