"""Compiles the rules and the controls, and checks that every reference between them holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, Final

from cybrid_audit.knowledge._records import decode, encode, unique
from cybrid_audit.knowledge._source import RULE_FILE
from cybrid_audit.knowledge.control_facts import Control, ControlsFile
from cybrid_audit.knowledge.errors import KnowledgeError
from cybrid_audit.knowledge.rule_facts import Rule

CONTROLS: Final = "controls.yaml"

_RULE_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_CWE: Final = re.compile(r"CWE-[1-9][0-9]*")


def is_rule(name: str) -> bool:
    """Whether a source file declares a rule."""
    return name.endswith(f"/{RULE_FILE}")


def compile_rules(documents: Mapping[str, Any], controls: ControlsFile) -> dict[str, Any]:
    """Return the sections of the rules, in the order of their ids, and what a scan without findings needs of all this.

    Raises:
        KnowledgeError: an id that is not the folder's name, an unknown control, a level that is not the control's, a message
            that cannot be filled, a control that no rule audits and that does not say why."""
    _check_controls(controls)
    by_id = {each.id: each for each in controls.controls}
    rules = [_rule(name, documents[name], by_id) for name in sorted(documents) if is_rule(name)]
    audited = {control for rule in rules for control in (rule.control, *rule.also)}
    for index, control in enumerate(controls.controls):
        if control.id not in audited and not control.open:
            raise KnowledgeError(CONTROLS, f"controls[{index}]", f"no rule audits {control.id}; say why under `open`")
    return {
        "rules": {rule.id: encode(rule) for rule in rules},
        "rule_ids": [rule.id for rule in rules],
        "control_rows": [
            [
                [each.id, each.level.value, each.statement, each.sites.value, each.open],
                [rule.id for rule in rules if not rule.names_control and each.id in (rule.control, *rule.also)],
            ]
            for each in controls.controls
        ],
    }


def _rule(name: str, document: Any, controls: Mapping[str, Control]) -> Rule:
    rule = decode(Rule, document, name)
    folder = name.rpartition("/")[0]
    if rule.id != folder:
        raise KnowledgeError(name, "id", f"{rule.id!r} is not the folder's name {folder!r}; rename one of them")
    if not _RULE_ID.fullmatch(rule.id):
        raise KnowledgeError(name, "id", f"{rule.id!r} is not written in small letters with hyphens")
    for key, control in (("control", rule.control), *((f"also[{n}]", each) for n, each in enumerate(rule.also))):
        if control not in controls:
            raise KnowledgeError(name, key, f"unknown control {control!r}")
    if rule.control in rule.also:
        raise KnowledgeError(name, "also", f"{rule.control} is its control already")
    if rule.level is not controls[rule.control].level:
        raise KnowledgeError(name, "level", f"{rule.control} is {controls[rule.control].level.value}")
    if not rule.messages:
        raise KnowledgeError(name, "messages", "a rule needs at least one message")
    for field in ("messages", "notes"):
        for key, text in getattr(rule, field).items():
            _check_template(name, f"{field}.{key}", text)
    for index, cwe in enumerate(rule.cwe):
        if not _CWE.fullmatch(cwe):
            raise KnowledgeError(name, f"cwe[{index}]", f"{cwe!r} is not written like CWE-863")
    return rule


def _check_template(file: str, key: str, text: str) -> None:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise KnowledgeError(file, key, f"cannot be filled: {error}") from None
    for _, slot, form, conversion in parts:
        if slot is not None and (not slot.isidentifier() or form or conversion):
            raise KnowledgeError(file, key, f"{{{slot}}} is no plain slot")


def _check_controls(table: ControlsFile) -> None:
    unique((each.id for each in table.controls), CONTROLS, "controls")
    used: set[str] = set()
    for index, control in enumerate(table.controls):
        for framework in control.mappings:
            if framework not in table.frameworks:
                raise KnowledgeError(CONTROLS, f"controls[{index}].mappings", f"unknown framework {framework!r}")
            used.add(framework)
    for framework in table.frameworks:
        if framework not in used:
            raise KnowledgeError(CONTROLS, f"frameworks.{framework}", "no control maps to it")
