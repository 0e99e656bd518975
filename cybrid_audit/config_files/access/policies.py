"""Policies and roles that let far too many read secrets: IAM statements in any format, Kubernetes roles, public bindings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final

from cybrid_audit.config_files.access import Broad, Watch
from cybrid_audit.config_files.nodes import FormatError, Kind, Node

_EVERY_SECRET: Final = re.compile(
    r"\*|arn:aws[\w-]*:(?:\*|secretsmanager|ssm):[^:]*:[^:]*:(?:\*|secret:\*|secret/\*|parameter/\*|parameter\*)"
)
_EVERYBODY: Final = frozenset(
    {"system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:anonymous"}
)
_READING_ROLES: Final = ("cluster-admin", "admin", "edit")
"""Roles of every cluster that read secrets."""
_READING_VERBS: Final = frozenset({"get", "list", "watch", "*"})


def of_statements(document: Node, watch: Watch) -> Iterator[Broad]:
    """Yield the statements of IAM policies, written in JSON, YAML or HCL, that let anybody read secrets, or somebody all."""
    for node in document.walk():
        if node.kind is Kind.MAP:
            yield from _statement(node, watch)
            yield from _binding(node, watch)
            yield from _attached(node, watch)
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


def _attached(node: Node, watch: Watch) -> Iterator[Broad]:
    """Yield a policy of the cloud itself that is attached to a role, and a template of SAM that is given every secret."""
    for key in ("policy_arn", "managed_policy_arns", "ManagedPolicyArns", "Policies", "managedPolicies"):
        attached = node.get(key)
        for each in (attached.items or [attached]) if attached is not None else ():
            name = (each.text_of("Fn::Sub", "Fn::Join") if each.kind is Kind.MAP else each.text).rpartition("/")[2]
            if name in watch.tables.read_policies:
                yield Broad("every-secret", each.line, name)
    for name, argument in watch.tables.read_templates.items():
        template = node.get(name)
        secret = template.get(argument) if template is not None else None
        if secret is not None and secret.kind is Kind.TEXT and _EVERY_SECRET.fullmatch(secret.text) is not None:
            yield Broad("every-secret", secret.line, name)


def _binding(node: Node, watch: Watch) -> Iterator[Broad]:
    """Yield a binding that gives a role over secrets to everybody."""
    role = node.text_of("role", "role_definition_name")
    if role.lower() not in watch.tables.read_roles:
        return
    members = node.get("member", "members")
    for each in (members.items if members.kind is Kind.LIST else [members]) if members is not None else ():
        if each.kind is Kind.TEXT and each.text.lower() in watch.tables.too_many:
            yield Broad("everybody", each.line, role)


def of_kubernetes(documents: Iterable[Node]) -> Iterator[Broad]:
    """Yield the rules of Kubernetes roles that read secrets without naming them, and bindings of such a role to everybody."""
    reading: set[str] = set(_READING_ROLES)
    bindings: list[Node] = []
    for document in documents:
        kind, metadata = document.text_of("kind"), document.get("metadata")
        name = metadata.text_of("name") if metadata is not None else ""
        if kind in ("Role", "ClusterRole"):
            for rule in _secret_rules(document):
                reading.add(name)
                resources, names = rule.get("resources"), rule.get("resourceNames")
                if resources is not None and (names is None or not names.items):
                    yield Broad("role", resources.line, name, kind)
        elif kind in ("RoleBinding", "ClusterRoleBinding"):
            bindings.append(document)
    for binding in bindings:
        role, subjects = binding.get("roleRef"), binding.get("subjects")
        if role is None or subjects is None or role.text_of("name") not in reading:
            continue
        for subject in subjects.items:
            group = subject.get("name")
            if group is not None and group.text in _EVERYBODY:
                yield Broad("everybody", group.line, f"the role {role.text_of('name')}")


def _secret_rules(document: Node) -> Iterator[Node]:
    """Yield the rules of a role that let it read secrets."""
    rules = document.get("rules")
    for rule in rules.items if rules is not None else ():
        resources, verbs, groups = rule.get("resources"), rule.get("verbs"), rule.get("apiGroups")
        if (
            resources is not None
            and verbs is not None
            and not {"secrets", "*"}.isdisjoint(resources.texts())
            and not _READING_VERBS.isdisjoint(verbs.texts())
            and (groups is None or not {"", "*"}.isdisjoint(groups.texts()))
        ):
            yield rule
