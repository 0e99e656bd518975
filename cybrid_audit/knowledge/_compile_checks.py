"""Checks the tables below `checks/`: expressions that do not compile, claims that say nothing."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from typing import Any, Final

from cybrid_audit.knowledge._records import unique
from cybrid_audit.knowledge.check_facts import CheckNames
from cybrid_audit.knowledge.errors import KnowledgeError

NAMES: Final = "checks/names.yaml"

TABLES: Final[dict[str, type]] = {NAMES: CheckNames}
"""File to the record it holds."""

_TESTS: Final = frozenset({"contains", "equals", "one_of", "present", "age"})


def check_checks(tables: dict[str, Any]) -> None:
    """Raise KnowledgeError when one of the tables says something that cannot be."""
    names: CheckNames = tables[NAMES]
    unique((row.claim for row in names.claims), NAMES, "claims")
    for index, row in enumerate(names.claims):
        if row.is_ not in _TESTS:
            raise KnowledgeError(NAMES, f"claims[{index}].is", f"{row.is_!r} is none of {', '.join(sorted(_TESTS))}")
        _compiles(f"claims[{index}].rejects", row.rejects, names.factor)
    for each in fields(names):
        held = getattr(names, each.name)
        if is_dataclass(held):
            for inner in fields(held):
                _compiles(f"{each.name}.{inner.name}", getattr(held, inner.name), names.factor)
        elif isinstance(held, str) and each.name != "schema":
            _compiles(each.name, held, names.factor)


def _compiles(key: str, text: str, factor: str) -> None:
    try:
        re.compile(text.replace("{factor}", factor))
    except re.error as error:
        raise KnowledgeError(NAMES, key, f"is no regular expression: {error}") from None
