"""Kubernetes manifests, kustomize and the like: Secrets with values, ConfigMaps, environments of pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cybrid_audit.config_files.nodes import Kind, Node
from cybrid_audit.config_files.resources import Plain, Reading

_DATA: Final = {"Secret": ("data", "stringData"), "ConfigMap": ("data", "binaryData")}
_WHAT: Final = {"Secret": "an unsealed Secret manifest", "ConfigMap": "a ConfigMap"}
_POD: Final = "the environment of a pod"
_GENERATORS: Final = {"configMapGenerator": "a ConfigMap", "secretGenerator": "an unsealed Secret manifest"}


def plain_resources(document: Node, reading: Reading) -> Iterator[Plain]:
    """Yield what a manifest keeps in plain text: by its lines, and by name where a template puts a secret in."""
    kind = document.text_of("kind")
    if kind == "List" and (items := document.get("items")) is not None:
        for item in items.items:
            yield from plain_resources(item, reading)
        return
    for name in _DATA.get(kind, ()):
        for _, node in document.all(name):
            yield Plain(node.line, max(node.line, node.end_line), _WHAT[kind])
            if kind == "ConfigMap":
                yield from _templated(((key.text, value) for key, value in node.pairs), _WHAT[kind], reading)
    yield from generated(document)
    for node in document.walk():
        for key, value in node.pairs:
            if key.text == "env" and value.kind is Kind.LIST:
                yield Plain(value.line, max(value.line, value.end_line), _POD)
                entries = ((item.text_of("name"), item.get("value")) for item in value.items)
                yield from _templated(entries, _POD, reading)


def generated(document: Node) -> Iterator[Plain]:
    """Yield what kustomize makes ConfigMaps and Secrets of, by its lines."""
    for name, what in _GENERATORS.items():
        for _, node in document.all(name):
            for generator in node.items:
                literals = generator.get("literals")
                if literals is not None:
                    yield Plain(literals.line, max(literals.line, literals.end_line), what)


def _templated(entries: Iterable[tuple[str, Node | None]], what: str, reading: Reading) -> Iterator[Plain]:
    for name, value in entries:
        role = reading.role_of_template(name, value.text) if value is not None else ""
        if value is not None and role:
            yield Plain(value.line, value.line, what, name, role)
