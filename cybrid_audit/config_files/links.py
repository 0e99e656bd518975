"""Names that configuration gives what another name holds: the variable of a container that a chart's value fills, the key of a
property list that a build setting fills, a field of BuildConfig that a Gradle property fills."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cybrid_audit.config_files.nodes import Kind, Node
from cybrid_audit.secrets.names import Names, Owner

_ROLES: Final = frozenset({"client_secret", "client_id"})
_SHORTEST: Final = 6
"""Characters of a name below which any file may hold it by chance."""
_REFERENCE: Final = re.compile(
    r"""(?x)\s*(?:
      \$\{self:(?P<path>[\w.]+)\}                                        # serverless.yml
    | \$\{\{\s*(?:env|vars)\.(?P<github>\w+)\s*\}\}
    | \$\{?(?:var\.|local\.)?(?P<variable>[A-Za-z_]\w*)(?::?[-?][^}]*)?\}?   # shells, compose, Terraform in JSON
    | \$\((?P<setting>[A-Za-z_]\w*)(?::\w+)?\)                           # Xcode, Azure Pipelines, Make
    | \{\{-?\s*(?:(?:quote|required\s+"[^"]*")\s+)*\$?\.Values\.(?P<chart>[\w.]+)[^{}]*\}\}
    | \{\{-?\s*(?P<jinja>[A-Za-z_]\w*)\s*(?:\|[^{}]*)?\}\}
    | (?:var|local)\.(?P<terraform>[\w-]+)
    )\s*"""
)
_IN_CODE: Final = tuple(
    map(
        re.compile,
        (
            r"""(?:[pP]roperty|get)\(\s*["']([\w.-]+)["']|\[\s*["']([\w.-]+)["']\s*\]""",
            r"(?:process|import\.meta)\.env\.(\w+)",
            r"\$\{?([A-Za-z_]\w*)\}?",
        ),
    )
)
"""How build files name what a value is taken from, the surest way first."""
_KEY_REFERENCES: Final = ("secretKeyRef", "configMapKeyRef")


def linked(pairs: Iterable[tuple[str, str]], names: Names) -> dict[str, str]:
    """Return the roles of the names whose value a name of the platform's credentials takes.

    A name that starts with a dot is a path of keys; one with a slash is an object of Kubernetes and a key of it."""
    found: dict[str, str] = {}
    for name, source in pairs:
        role = _role(name, names)
        if role and _tells(source, names):
            found.setdefault(source, role)
    return found


def _role(name: str, names: Names) -> str:
    told = names.read(name)
    return told.role if told.owner is Owner.PLATFORM and told.is_sure and told.role in _ROLES else ""


def _tells(name: str, names: Names) -> bool:
    """Whether a name is long and special enough to mean the same wherever it stands, and not known anyway."""
    if name in names.environment:
        return False
    if name.startswith(".") or "/" in name:
        return names.read(name).owner is not Owner.PLATFORM
    return len(name) >= _SHORTEST and names.read(name).owner is Owner.OTHER


def pairs(document: Node) -> Iterator[tuple[str, str]]:
    """Yield every name of a document that takes the value of another, with that one."""
    for node in document.walk():
        if node.kind is not Kind.MAP:
            continue
        name = node.text_of("name", "key")
        for key, value in node.pairs:
            source = _source(value)
            if source:
                yield name if name and key.text in ("value", "valueFrom") else key.text, source


def _source(value: Node) -> str:
    if value.kind is Kind.MAP:
        for kind in _KEY_REFERENCES:
            held = value.get(kind)
            if held is not None and held.text_of("key"):
                return f"{held.text_of('name')}/{held.text_of('key')}"
        return value.text_of("Ref") if len(value.pairs) == 1 else ""
    if value.tag == "!Ref":
        return value.text
    if value.kind not in (Kind.TEXT, Kind.REFERENCE):
        return ""
    match = _REFERENCE.fullmatch(value.text)
    name = next(filter(None, match.groups()), "") if match is not None else ""
    return f".{name}" if "." in name else name


def pairs_of_code(text: str, names: Names) -> Iterator[tuple[str, str]]:
    """Yield the names of a build file's lines that take the value of another."""
    for line in text.split("\n"):
        words = re.findall(r"[A-Za-z_]\w+", line)
        name = next((each for each in words if _role(each, names)), "")
        if name:
            rest = line[line.index(name) + len(name) :]
            match = next(filter(None, (each.search(rest) for each in _IN_CODE)), None)
            if match is not None:
                yield name, next(filter(None, match.groups()))
