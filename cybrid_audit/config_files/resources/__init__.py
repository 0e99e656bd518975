"""Which resources of infrastructure code keep a credential in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit.config_files.nodes import Kind, Node
from cybrid_audit.records import dataclass
from cybrid_audit.secrets.names import Names, Owner

if TYPE_CHECKING:
    from cybrid_audit.knowledge.secret_facts import SecretResources

ROLES: Final = frozenset({"client_secret", "access_token"})
"""What must be kept encrypted; a client id alone is not meant (policy, CR-3)."""

_HOLE: Final = re.compile(
    r"""(?x)
    \{\{-?\s*(?:(?:quote|toString|required\s+"[^"]*"|tpl)\s+)*
    (?: \$?\.Values\.(?P<helm>[\w.]+) | (?P<name>[A-Za-z_]\w*) )
    (?:\s*\|\s*(?:quote|squote|toString|trim|b64dec|b64enc|b64encode|default\s+\S+|required\s+"[^"]*"))*\s*-?\}\}
    """
)
"""A template that gives a value as it is, or encoded: of a chart, of Jinja."""
MODULES: Final = (".tf", ".tofu", ".tf.json", ".tofu.json")
"""Files of Terraform modules: HCL, or the same in JSON."""
_WEAK: Final = frozenset({"secret", "secret key", "api secret", "api key", "password", "token"})


@dataclass(frozen=True, slots=True)
class Plain:
    """A value that is kept in plain text: its lines, what keeps it, under which name.

    `role` is known where a name and a reference tell it; else the text that stands there does."""

    line: int
    end_line: int
    what: str
    name: str = ""
    role: str = ""


class Reading:
    """What the readers of resources know: names, tables, and whose the file's own path says it is."""

    def __init__(self, names: Names, tables: SecretResources, owner: Owner) -> None:
        self.names = names
        self.tables = tables
        self.owner = owner

    def role(self, name: str) -> str:
        """Return what a name says that its value is, where it is the platform's and must be kept encrypted; else ''."""
        told = self.names.read(name)
        if told.role not in ROLES or told.owner is Owner.OTHER:
            return ""
        if told.owner is not Owner.PLATFORM and self.owner is not Owner.PLATFORM:
            return ""
        if not told.is_sure and not any(" ".join(self.names.words(name)).endswith(each) for each in _WEAK):
            return ""
        return told.role

    def role_of_template(self, name: str, text: str) -> str:
        """Return the role of what a template puts under a name: told by the value that it names, or else by the name."""
        match = _HOLE.fullmatch(text.strip())
        if match is None:
            return ""
        held = match["helm"] or match["name"]
        if self.names.words(held)[-1:] and self.names.words(held)[-1] in self.tables.reference_words:
            return ""
        return self.role(held) or self.role(name)

    def is_environment(self, key: str) -> bool:
        """Whether a key holds the environment of a task, a function or a pod."""
        return key.lower().replace("_", "").replace("-", "") in self.tables.environment_keys

    def is_safe(self, key: str) -> bool:
        """Whether a key holds references, or values that are encrypted."""
        return key.lower().replace("_", "").replace("-", "") in self.tables.safe_keys


def plain_resources(path: str, documents: list[Node], reading: Reading, module: Iterable[Node] = ()) -> Iterator[Plain]:
    """Yield what a file's resources keep in plain text. `module` are the documents of a Terraform module as a whole."""
    if path.endswith((*MODULES, ".hcl")):
        from cybrid_audit.config_files.resources import terraform

        yield from terraform.plain_resources(documents, reading, list(module) or documents)
        return
    for document in documents:
        if document.kind is not Kind.MAP:
            continue
        if document.get("kind") is not None and document.get("apiVersion") is not None:
            from cybrid_audit.config_files.resources import kubernetes

            yield from kubernetes.plain_resources(document, reading)
        elif path.rpartition("/")[2].startswith("kustomization."):
            from cybrid_audit.config_files.resources import kubernetes

            yield from kubernetes.generated(document)
        elif document.get("Resources") is not None or document.get("AWSTemplateFormatVersion") is not None:
            from cybrid_audit.config_files.resources import cloudformation

            yield from cloudformation.plain_resources(document, reading)
        elif path.rpartition("/")[2].startswith("serverless."):
            yield from environments(document, reading, "the environment of a function")
        elif document.get("containerDefinitions") is not None:
            yield from environments(document, reading, "the environment of a task")


def environments(node: Node, reading: Reading, what: str) -> Iterator[Plain]:
    """Yield every entry of an environment below a node, by its lines: the text that stands there tells what it is."""
    for each in node.walk():
        for key, value in each.pairs:
            if reading.is_environment(key.text) and value.kind in (Kind.MAP, Kind.LIST):
                yield Plain(value.line, max(value.end_line, value.line), what)
