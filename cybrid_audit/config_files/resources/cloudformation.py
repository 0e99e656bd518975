"""CloudFormation and SAM templates: parameters without NoEcho, SSM parameters of type String, environments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cybrid_audit.config_files.nodes import Kind, Node
from cybrid_audit.config_files.resources import Plain, Reading

_HOLE: Final = re.compile(r"\$\{([\w.:]+)\}")
_ENVIRONMENT: Final = "the environment of a task or a function"


def plain_resources(document: Node, reading: Reading) -> Iterator[Plain]:
    """Yield what a template keeps in plain text: by name where it refers to a secret, else by its lines."""
    parameters = document.get("Parameters")
    secret: dict[str, str] = {}
    for key, parameter in parameters.pairs if parameters is not None else ():
        role = reading.role(key.text)
        if not role or parameter.kind is not Kind.MAP or "AWS::S" in parameter.text_of("Type"):
            continue
        secret[key.text] = role
        if parameter.text_of("NoEcho").lower() not in ("true", "yes", "1"):
            default = parameter.get("Default")
            line = default.line if default is not None else key.line
            yield Plain(line, line, "a template parameter without NoEcho", key.text, role)
    for section in ("Globals", "Resources"):
        held = document.get(section)
        for key, resource in held.pairs if held is not None else ():
            if resource.text_of("Type") == "AWS::SSM::Parameter":
                yield from _parameter(key, resource, secret, reading)
            else:
                yield from _environments(resource, secret, reading)


def _parameter(key: Node, resource: Node, secret: dict[str, str], reading: Reading) -> Iterator[Plain]:
    properties = resource.get("Properties")
    if properties is None or properties.text_of("Type") not in ("String", "StringList"):
        return
    value = properties.get("Value")
    if value is None:
        return
    what = "an SSM parameter of type String"
    role = (
        _referred(value, secret) or reading.role(properties.text_of("Name").replace("/", ".")) or reading.role(key.text)
    )
    is_reference = value.kind is Kind.MAP or value.tag.startswith("!")
    if role and is_reference:
        yield Plain(value.line, value.line, what, key.text, role)
    else:
        yield Plain(value.line, max(value.line, value.end_line), what)


def _environments(node: Node, secret: dict[str, str], reading: Reading) -> Iterator[Plain]:
    for each in node.walk():
        for key, value in each.pairs:
            if not reading.is_environment(key.text):
                continue
            if value.kind in (Kind.MAP, Kind.LIST):
                yield Plain(value.line, max(value.line, value.end_line), _ENVIRONMENT)
            for name, held in value.pairs:
                role = _referred(held, secret)
                if role:
                    yield Plain(held.line, held.line, _ENVIRONMENT, name.text, role)
            for item in value.items:
                inner = item.get("Value") if item.kind is Kind.MAP else None
                role = _referred(inner, secret) if inner is not None else ""
                if inner is not None and role:
                    yield Plain(inner.line, inner.line, _ENVIRONMENT, item.text_of("Name"), role)


def _referred(value: Node, secret: dict[str, str]) -> str:
    """Return the role of a parameter that a value refers to, or ''."""
    if value.kind is Kind.MAP:
        return secret.get(value.text_of("Ref"), "") or next(
            (secret[name] for name in _HOLE.findall(value.text_of("Fn::Sub")) if name in secret), ""
        )
    if value.tag.endswith("Ref"):
        return secret.get(value.text, "")
    if value.tag.endswith("Sub"):
        return next((secret[name] for name in _HOLE.findall(value.text) if name in secret), "")
    return ""
