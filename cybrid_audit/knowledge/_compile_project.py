"""Checks the tables below `project/`: names that lead nowhere, expressions that do not compile."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from cybrid_audit.facts import Side
from cybrid_audit.knowledge._records import unique
from cybrid_audit.knowledge.errors import KnowledgeError
from cybrid_audit.knowledge.project_facts import (
    Discovery,
    Relevance,
    SideConvention,
    SideDirective,
    SidePackage,
    SidePath,
    Sides,
)

DISCOVERY: Final = "project/discovery.yaml"
RELEVANCE: Final = "project/relevance.yaml"
SIDES: Final = "project/sides.yaml"

_MARKER_FIELDS: Final = (
    "markers",
    "platform_markers",
    "identity_markers",
    "identity_paths",
    "dispatch_markers",
    "bootstrap_markers",
)

TABLES: Final[dict[str, type]] = {DISCOVERY: Discovery, RELEVANCE: Relevance, SIDES: Sides}
"""File to the record it holds."""


def check_project(tables: dict[str, Any]) -> None:
    """Raise KnowledgeError when one of the tables says something that cannot be."""
    _check_relevance(tables[RELEVANCE])
    _check_sides(tables[SIDES])


def _check_relevance(table: Relevance) -> None:
    if table.name not in table.markers:
        raise KnowledgeError(RELEVANCE, "name", f"{table.name!r} is no marker")
    if table.parted_name.lower() != table.name or table.parted_name == table.name:
        raise KnowledgeError(RELEVANCE, "parted_name", f"{table.parted_name!r} is no other spelling of the name")
    for name in table.confirm:
        if name not in table.markers and name not in table.platform_markers:
            raise KnowledgeError(RELEVANCE, f"confirm.{name}", "is no marker")
        for text in table.confirm[name]:
            # Otherwise the marker is not what is searched first.
            if name.startswith((":", "/")) and name not in text:
                raise KnowledgeError(RELEVANCE, f"confirm.{name}", f"{text!r} does not hold it")
    for index, descriptor in enumerate(table.descriptors):
        _check_regex(RELEVANCE, f"descriptors[{index}].regex", descriptor.regex)
        _check_regex(RELEVANCE, f"descriptors[{index}].folders_regex", descriptor.folders_regex)
        unique(descriptor.names, RELEVANCE, f"descriptors[{index}].names")
    texts: dict[str, Iterable[str]] = {f"confirm.{name}": listed for name, listed in table.confirm.items()}
    for field in _MARKER_FIELDS:
        texts[field] = getattr(table, field)
    for field, listed in texts.items():
        unique(listed, RELEVANCE, field)
        for text in listed:
            if text != text.lower() or not text:
                raise KnowledgeError(RELEVANCE, field, f"{text!r} is not in lower case")
            inside = next((other for other in listed if other != text and other in text), None)
            if inside is not None:
                raise KnowledgeError(RELEVANCE, field, f"{text!r} is never needed: {inside!r} is part of it")


def _check_sides(table: Sides) -> None:
    known = {each.value for each in Side}
    rows: dict[str, tuple[SidePath | SideDirective | SideConvention | SidePackage, ...]] = {
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
    for suffix, side in table.components.items():
        if side not in known:
            raise KnowledgeError(SIDES, f"components.{suffix}", f"{side!r} is none of {', '.join(sorted(known))}")
    for index, directive in enumerate(table.directives):
        _check_regex(SIDES, f"directives[{index}].regex", directive.regex)
    for index, convention in enumerate(table.conventions):
        _check_regex(SIDES, f"conventions[{index}].content", convention.content)
        _check_regex(SIDES, f"conventions[{index}].not_content", convention.not_content)


def _check_regex(file: str, key: str, text: str) -> None:
    try:
        re.compile(text.encode())
    except re.error as error:
        raise KnowledgeError(file, key, f"is no regular expression: {error}") from None
