"""Kubernetes manifests, kustomize and the like: Secrets with values, ConfigMaps, environments of pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cybrid_audit.config_files.nodes import Kind, Node
from cybrid_audit.config_files.resources import Plain

_DATA: Final = {"Secret": ("data", "stringData"), "ConfigMap": ("data", "binaryData")}
_WHAT: Final = {"Secret": "an unsealed Secret manifest", "ConfigMap": "a ConfigMap"}
_GENERATORS: Final = {"configMapGenerator": "a ConfigMap", "secretGenerator": "an unsealed Secret manifest"}


def plain_resources(document: Node) -> Iterator[Plain]:
    """Yield what a manifest keeps in plain text, by its lines."""
    kind = document.text_of("kind")
    if kind == "List" and (items := document.get("items")) is not None:
        for item in items.items:
            yield from plain_resources(item)
        return
    for name in _DATA.get(kind, ()):
        for _, node in document.all(name):
            yield Plain(node.line, max(node.line, node.end_line), _WHAT[kind])
    for name, what in _GENERATORS.items():
        for _, node in document.all(name):
            for generator in node.items:
                literals = generator.get("literals")
                if literals is not None:
                    yield Plain(literals.line, max(literals.line, literals.end_line), what)
    for node in document.walk():
        for key, value in node.pairs:
            if key.text == "env" and value.kind is Kind.LIST:
                yield Plain(value.line, max(value.line, value.end_line), "the environment of a pod")
