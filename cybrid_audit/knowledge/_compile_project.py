"""Checks the tables below `project/`: names that lead nowhere, expressions that do not compile."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from cybrid_audit.facts import Side
from cybrid_audit.knowledge.errors import KnowledgeError
from cybrid_audit.knowledge.project_facts import Discovery, Relevance, Sides

DISCOVERY: Final = "project/discovery.yaml"
RELEVANCE: Final = "project/relevance.yaml"
SIDES: Final = "project/sides.yaml"

TABLES: Final[dict[str, type]] = {DISCOVERY: Discovery, RELEVANCE: Relevance, SIDES: Sides}
"""File to the record it holds."""


def check_project(tables: dict[str, Any]) -> None:
    """Raise KnowledgeError when one of the tables says something that cannot be."""
    _check_relevance(tables[RELEVANCE])
    _check_sides(tables[SIDES])


def _check_relevance(table: Relevance) -> None:
    for name in table.confirm:
        if name not in table.markers:
            raise KnowledgeError(RELEVANCE, f"confirm.{name}", "is no marker")
    for field in ("markers", "package_markers"):
        _check_lower(field, getattr(table, field))
    for name, texts in table.confirm.items():
        _check_lower(f"confirm.{name}", texts)
    for field in ("identity_regex", "dispatch_regex", "bootstrap_regex"):
        text = getattr(table, field)
        _check_regex(RELEVANCE, field, text)
        if re.search(r"(?<!\\)[A-Z]", text):
            raise KnowledgeError(RELEVANCE, field, "has capital letters; the text it is matched with has none")


def _check_lower(field: str, texts: Iterable[str]) -> None:
    for text in texts:
        if text != text.lower() or not text:
            raise KnowledgeError(RELEVANCE, field, f"{text!r} is not in lower case")


def _check_sides(table: Sides) -> None:
    known = {each.value for each in Side}
    rows = {
        "paths": table.paths,
        "directives": table.directives,
        "conventions": table.conventions,
        "packages": table.packages,
    }
    for field, each_rows in rows.items():
        for index, row in enumerate(each_rows):
            if row.side not in known:
                raise KnowledgeError(
                    SIDES, f"{field}[{index}].side", f"{row.side!r} is none of {', '.join(sorted(known))}"
                )
    for index, directive in enumerate(table.directives):
        _check_regex(SIDES, f"directives[{index}].regex", directive.regex)
    for index, convention in enumerate(table.conventions):
        _check_regex(SIDES, f"conventions[{index}].content", convention.content)
        _check_regex(SIDES, f"conventions[{index}].not_content", convention.not_content)
    for field in ("server_content", "client_content"):
        _check_regex(SIDES, field, getattr(table, field))


def _check_regex(file: str, key: str, text: str) -> None:
    try:
        re.compile(text.encode())
    except re.error as error:
        raise KnowledgeError(file, key, f"is no regular expression: {error}") from None
