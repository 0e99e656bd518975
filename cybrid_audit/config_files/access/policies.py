"""Policies and roles that let far too many read secrets: IAM statements in any format, Kubernetes roles, public bindings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from cybrid_audit.config_files.access import Broad, Watch
from cybrid_audit.config_files.nodes import FormatError, Kind, Node

_EVERY_SECRET: Final = re.compile(
    r"\*|arn:aws[\w-]*:(?:\*|secretsmanager|ssm):[^:]*:[^:]*:(?:\*|secret:\*|secret/\*|parameter/\*|parameter\*)"
)
_READING_VERBS: Final = frozenset({"get", "list", "watch", "*"})


def of_statements(document: Node, watch: Watch) -> Iterator[Broad]:
    """Yield the statements of IAM policies, written in JSON, YAML or HCL, that let anybody read secrets, or somebody all."""
    for node in document.walk():
        if node.kind is Kind.MAP:
            yield from _statement(node, watch)
            yield from _binding(node, watch)
        elif node.kind is Kind.TEXT and node.tag == "heredoc" and "Statement" in node.text:
            from cybrid_audit.config_files import json_text

            try:
                inner = json_text.parse(node.text)
            except FormatError:
                continue
            for each in inner:
                for found in of_statements(each, watch):
                    yield Broad(found.message, found.line + node.line, found.name, found.detail)


def _statement(node: Node, watch: Watch) -> Iterator[Broad]:
    actions = node.get("Action", "actions", "Actions")
    if actions is None or node.text_of("Effect", "effect").lower() == "deny":
        return
    given = [each.lower() for each in actions.texts()]
    if not any(fnmatchcase(wanted, each) for wanted in watch.tables.read_actions for each in given):
        return
    shown = next(
        each for each in actions.texts() if any(fnmatchcase(w, each.lower()) for w in watch.tables.read_actions)
    )
    if node.get("Condition", "condition") is None:
        principal = node.get("Principal", "principals", "Principals")
        everybody = _star(principal) if principal is not None else None
        if everybody is not None:
            yield Broad("everybody", everybody.line, shown)
            return
    resources = node.get("Resource", "resources", "Resources")
    if resources is None:
        return
    for each in resources.items if resources.kind is Kind.LIST else [resources]:
        if each.kind is Kind.TEXT and _EVERY_SECRET.fullmatch(each.text) is not None:
            yield Broad("every-secret", each.line, shown)
            return


def _star(principal: Node) -> Node | None:
    if principal.kind is Kind.TEXT:
        return principal if principal.text == "*" else None
    if principal.text_of("type") == "Service":
        return None
    for node in principal.walk():
        if node.kind is Kind.TEXT and node.text == "*" and node is not principal.get("type"):
            return node
    return None


def _binding(node: Node, watch: Watch) -> Iterator[Broad]:
    """Yield a binding that gives a role over secrets to everybody."""
    role = node.text_of("role", "role_definition_name")
    if role.lower() not in watch.tables.read_roles:
        return
    members = node.get("member", "members")
    for each in (members.items if members.kind is Kind.LIST else [members]) if members is not None else ():
        if each.kind is Kind.TEXT and each.text.lower() in watch.tables.too_many:
            yield Broad("everybody", each.line, role)


def of_kubernetes(document: Node, watch: Watch) -> Iterator[Broad]:
    """Yield the rules of Kubernetes roles that read secrets without naming them."""
    kind = document.text_of("kind")
    if kind not in ("Role", "ClusterRole"):
        return
    rules = document.get("rules")
    for rule in rules.items if rules is not None else ():
        resources, verbs, names = rule.get("resources"), rule.get("verbs"), rule.get("resourceNames")
        if resources is None or verbs is None or (names is not None and names.items):
            continue
        if {"secrets", "*"}.isdisjoint(resources.texts()) or _READING_VERBS.isdisjoint(verbs.texts()):
            continue
        groups = rule.get("apiGroups")
        if groups is not None and {"", "*"}.isdisjoint(groups.texts()):
            continue
        metadata = document.get("metadata")
        yield Broad("role", resources.line, metadata.text_of("name") if metadata is not None else "", kind)
