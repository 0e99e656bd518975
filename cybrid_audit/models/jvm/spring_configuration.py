"""What Spring's configuration files say: `application.yml`, `application-staging.properties`, and placeholders anywhere.

A property has the values that any of the files gives it; what none of them gives comes from the environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import operators
from cybrid_audit.engine.values import NOTHING, Const, Env, Place, Secret, Value, value_of
from cybrid_audit.limits import MAX_PROPERTY_FILES, MAX_PROPERTY_NESTING

if TYPE_CHECKING:
    from cybrid_audit.config_files import Node
    from cybrid_audit.engine.interpreter import Interpreter

_FILE: Final = re.compile(r"(?:^|/)(?:application|bootstrap)(?:-[\w.-]+)?\.(ya?ml|properties)$")
_APART: Final = re.compile(r"(?:^|/)(?:test|tests|testFixtures|integrationTest|target|build|out)/")


_KEPT: Final = re.compile(
    r"(?P<jasypt>ENC\(.*\)\s*$)|(?P<cipher>\{cipher\})|(?P<vault>vault:)|(?P<google>sm(?:@|://))|(?P<aws>\{\{aws)",
    re.DOTALL,
)
_KEEPERS: Final = {
    "jasypt": "Jasypt",
    "cipher": "encrypted configuration",
    "vault": "Vault",
    "google": "Google Secret Manager",
    "aws": "AWS Secrets Manager",
    "": "",
}
"""Forms of values that are not there in plain text, and who knows what they are."""


def canonical(name: str) -> str:
    """Return a property's name as all its spellings have it: `clientId`, `client-id`, `CLIENT_ID`."""
    return re.sub(r"[-_]", "", name).lower()


def read(interp: Interpreter, name: str, place: Place, depth: int = 0) -> Value:
    """Return what a property holds: what the files say, else the environment's variable of that name."""
    held = found(interp, name, depth)
    return held if held is not None else value_of(Env(name, place, "configuration"))


def found(interp: Interpreter, name: str, depth: int = 0) -> Value | None:
    """Return what the configuration files say of a property, None when they do not name it."""
    rows = _table(interp).get(canonical(name))
    if not rows or depth > MAX_PROPERTY_NESTING:
        return None
    result = NOTHING
    for text, place in rows:
        result = result.join(filled(interp, text, place, depth + 1))
    return result


def filled(interp: Interpreter, text: str, place: Place, depth: int = 0) -> Value:
    """Return a text with its placeholders `${name:default}` filled."""
    if (kept := _KEPT.match(text)) is not None:
        return value_of(Secret(_KEEPERS[kept.lastgroup or ""], "", place))
    start = text.find("${")
    if start < 0 or depth > MAX_PROPERTY_NESTING:
        return value_of(Const(text, place))
    parts: list[Value] = []
    at = 0
    while start >= 0:
        end = _closing(text, start + 2)
        if end < 0:
            break
        if start > at:
            parts.append(value_of(Const(text[at:start], place)))
        name, colon, default = text[start + 2 : end].partition(":")
        held = found(interp, name.strip(), depth)
        if held is None:
            held = value_of(Env(name.strip(), place, "configuration"))
            if colon:
                held = held.join(filled(interp, default, place, depth + 1))
        parts.append(held)
        at = end + 1
        start = text.find("${", at)
    if at < len(text):
        parts.append(value_of(Const(text[at:], place)))
    return parts[0] if len(parts) == 1 else operators.concat(interp, parts, place)


def _closing(text: str, start: int) -> int:
    depth = 1
    for index in range(start, len(text)):
        if text.startswith("${", index):
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return -1


def _table(interp: Interpreter) -> dict[str, list[tuple[str, Place]]]:
    """Return all properties of the project's configuration files with where they stand."""

    def read_all() -> dict[str, list[tuple[str, Place]]]:
        from cybrid_audit.config_files import FormatError, parse

        project = interp.models.project
        table: dict[str, list[tuple[str, Place]]] = {}
        paths = sorted(path for path in project.tracked if _FILE.search(path) and not _APART.search(path))
        for path in paths[:MAX_PROPERTY_FILES]:
            data = project.text_file(path)
            if data is None:
                continue
            kind = "properties" if path.endswith(".properties") else "yaml"
            try:
                documents = parse(kind, data.decode("utf-8", "replace"))
            except FormatError:
                continue
            for document in documents:
                _gather(document, "", path, table)
        return table

    held: dict[str, list[tuple[str, Place]]] = interp.models.memory("spring properties", read_all)
    return held


def _gather(node: Node, name: str, path: str, table: dict[str, list[tuple[str, Place]]], depth: int = 0) -> None:
    if depth > 30:
        return
    for key, value in node.pairs:
        _gather(value, f"{name}.{key.text}" if name else key.text, path, table, depth + 1)
    if node.items and not node.pairs:
        texts = [item.text for item in node.items if not item.pairs and not item.items]
        if len(texts) == len(node.items):
            _add(table, name, ",".join(texts), node, path)
    elif not node.pairs and name:
        _add(table, name, node.text, node, path)


def _add(table: dict[str, list[tuple[str, Place]]], name: str, text: str, node: Node, path: str) -> None:
    place = Place(path, node.line, node.column, node.end_line, node.column + len(text))
    table.setdefault(canonical(name), []).append((text, place))
