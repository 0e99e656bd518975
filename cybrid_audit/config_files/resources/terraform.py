"""Terraform and OpenTofu: variables and outputs without `sensitive`, plain stores, environments that a secret is put into."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit.config_files.nodes import FormatError, Kind, Node
from cybrid_audit.config_files.resources import Plain, Reading

if TYPE_CHECKING:
    from cybrid_audit.knowledge.secret_facts import TerraformStore

_LABELLED: Final = ("resource", "data", "ephemeral")
_DEEPEST: Final = 12
"""References followed into one another. Beyond it, what a name stands for is unknown."""
_HOLE: Final = re.compile(r"\$\{\s*([\w.\[\]\"-]+)\s*\}")
_ENVIRONMENT: Final = "the environment of a task or a function"


def plain_resources(documents: list[Node], reading: Reading, module: Iterable[Node]) -> Iterator[Plain]:
    """Yield what a file keeps in plain text. `module` are the documents of its folder: a reference may lead to any of them."""
    reader = _Module(module, reading)
    for document in documents:
        for key, block in document.pairs:
            if key.text == "variable":
                yield from reader.variable(block)
            elif key.text == "output":
                yield from reader.output(block)
            elif key.text == "resource":
                for kind, named in block.pairs:
                    for name, body in named.pairs:
                        yield from reader.resource(kind.text, name.text, body)
            elif key.text == "module":
                for _, body in block.pairs:
                    yield from reader.environments(body)


class _Module:
    """The blocks of one module, by the references that lead to them."""

    def __init__(self, documents: Iterable[Node], reading: Reading) -> None:
        self.reading = reading
        self.tables = reading.tables
        self._blocks: dict[str, Node] = {}
        self._locals: dict[str, Node] = {}
        for document in documents:
            for key, block in document.pairs:
                if key.text == "locals":
                    self._locals.update((name.text, value) for name, value in block.pairs)
                elif key.text in _LABELLED:
                    prefix = "" if key.text == "resource" else f"{key.text}."
                    for kind, named in block.pairs:
                        for name, body in named.pairs:
                            self._blocks[f"{prefix}{kind.text}.{name.text}"] = body

    # ------------------------------------------------------------ blocks

    def variable(self, block: Node) -> Iterator[Plain]:
        """Yield the variables of a block that hold a secret and are shown in plans."""
        for name, body in block.pairs:
            role = self.reading.role(name.text)
            if role and not _is_on(body, "sensitive") and not _is_on(body, "ephemeral"):
                default = body.get("default")
                is_literal = default is not None and default.kind is Kind.TEXT and default.text != ""
                line = default.line if default is not None and is_literal else name.line
                yield Plain(line, line, "a variable without `sensitive`", name.text, role)

    def output(self, block: Node) -> Iterator[Plain]:
        """Yield the outputs of a block that hold a secret and are shown."""
        for name, body in block.pairs:
            value = body.get("value")
            if value is None or _is_on(body, "sensitive") or _is_on(body, "ephemeral"):
                continue
            role = self.role(value, name.text)
            if role:
                yield Plain(value.line, value.line, "an output without `sensitive`", name.text, role)

    def resource(self, kind: str, name: str, body: Node) -> Iterator[Plain]:
        """Yield what a resource keeps in plain text."""
        for store in self.tables.terraform_stores:
            if store.type == kind and all(body.text_of(key) in allowed for key, allowed in store.needs.items()):
                yield from self._store(store, name, body)
                return
        yield from self.environments(body)

    def _store(self, store: TerraformStore, label: str, body: Node) -> Iterator[Plain]:
        what = f"{'an' if store.what[0] in 'AEIOS' else 'a'} {store.what}"
        for key in store.values:
            for _, value in body.all(key):
                if value.kind is Kind.MAP:
                    yield from self._entries(value, what)
                    continue
                named = next(
                    (each for each in (label, *_names(body)) if self.reading.role(each)),
                    label,
                )
                yield from self._entry(named, value, what)

    def environments(self, node: Node, depth: int = 0) -> Iterator[Plain]:
        """Yield the entries of every environment below a node that hold a secret."""
        if depth > _DEEPEST:
            return
        for key, value in node.pairs:
            if self.reading.is_safe(key.text):
                continue
            if self.reading.is_environment(key.text):
                yield from self._entries(value, _ENVIRONMENT)
            else:
                yield from self._inside(value, depth)
        for item in node.items:
            yield from self._inside(item, depth)

    def _inside(self, value: Node, depth: int) -> Iterator[Plain]:
        if value.kind is Kind.TEXT and value.tag == "heredoc":
            yield from self._heredoc(value, depth)
        else:
            yield from self.environments(value, depth + 1)

    def _heredoc(self, value: Node, depth: int) -> Iterator[Plain]:
        """Read a text that is JSON, as definitions of containers often are."""
        if "environment" not in value.text.lower():
            return
        from cybrid_audit.config_files import json_text

        try:
            documents = json_text.parse(value.text)
        except FormatError:
            return
        for document in documents:
            for found in self.environments(document, depth + 1):
                yield Plain(found.line + value.line, found.end_line + value.line, found.what, found.name, found.role)

    def _entries(self, node: Node, what: str) -> Iterator[Plain]:
        """Yield the entries of a map, of a list of names and values, or of a block of them."""
        pending = [node]
        while pending:
            each = pending.pop()
            name, value = each.text_of("name", "key", "Name"), each.get("value", "Value")
            if name and value is not None:
                yield from self._entry(name, value, what)
                continue
            for key, held in each.pairs:
                if held.kind is Kind.MAP or (held.kind is Kind.CALL and held.pairs):
                    pending.append(held)
                elif not self.reading.is_safe(key.text):
                    yield from self._entry(key.text, held, what)
            pending += each.items

    def _entry(self, name: str, value: Node, what: str) -> Iterator[Plain]:
        role = self.role(value, name)
        if role:
            yield Plain(value.line, value.line, what, name, role)
        elif value.kind is Kind.TEXT or (value.kind is Kind.CALL and value.text == "template"):
            yield Plain(value.line, max(value.line, value.end_line), what, name)

    # ------------------------------------------------------------ values

    def role(self, value: Node, name: str) -> str:
        """Return what a value is, by what it refers to or, where that gives a value at all, by the name it is put under."""
        by_reference = self._role_of(value, 0)
        if by_reference is None:
            return ""
        return by_reference or self.reading.role(name)

    def _role_of(self, value: Node, depth: int) -> str | None:
        """Return the role of what a value refers to, '' when the references do not tell, None when it gives no value."""
        if depth > _DEEPEST:
            return None
        if value.kind is Kind.REFERENCE:
            return self._referred(value.text, depth)
        if value.kind is Kind.TEXT:
            # In a text that is JSON, references are still text.
            found = [self._referred(each, depth) for each in _HOLE.findall(value.text)]
        elif value.kind in (Kind.CALL, Kind.LIST, Kind.MAP):
            if value.kind is Kind.CALL and value.text in _OPAQUE:
                return None
            parts = [*value.items, *(held for _, held in value.pairs)]
            found = [self._role_of(each, depth + 1) for each in parts]
        else:
            return None
        told = [each for each in found if each is not None]
        return next((each for each in told if each), "") if told else None

    def _referred(self, text: str, depth: int) -> str | None:
        parts = re.sub(r"\[[^\]]*\]", "", text).split(".")
        words = self.reading.names.words(parts[-1])
        if parts[0] in ("var", "local", "module", "each", "self"):
            if parts[0] == "local" and len(parts) > 1 and parts[1] in self._locals:
                inner = self._locals[parts[1]]
                for part in parts[2:]:
                    inner = inner.get(part) or inner
                if inner.kind is not Kind.TEXT:
                    return self._role_of(inner, depth + 1)
            if words and words[-1] in self.tables.reference_words:
                return None
            return self.reading.role(parts[-1]) or self.reading.role(".".join(parts[1:]))
        if parts[0] in ("data", "ephemeral"):
            parts = parts[1:]
        if len(parts) < 3 or parts[2] not in self.tables.value_attributes:
            return None
        key = ".".join(parts[:2])
        body = self._blocks.get(key) or self._blocks.get(f"data.{key}") or self._blocks.get(f"ephemeral.{key}")
        named = [parts[1], *(_names(body) if body is not None else ())]
        return next((role for each in named if (role := self.reading.role(each))), "")


_OPAQUE: Final = frozenset(
    {"length", "sha256", "sha1", "sha512", "md5", "base64sha256", "bcrypt", "filesha256", "nonsensitive_length", "can"}
)
"""Functions whose result does not give away what they are given."""


def _is_on(body: Node, name: str) -> bool:
    node = body.get(name)
    return node is not None and (node.kind is not Kind.PLAIN or node.text.lower() == "true")


def _names(body: Node) -> Iterator[str]:
    """Yield what a resource is called beside its label, as dotted names."""
    for key in ("name", "secret_id", "parameter_name", "key"):
        node = body.get(key)
        if node is not None:
            texts = [each.text for each in node.walk() if each.kind is Kind.TEXT]
            if texts:
                yield "".join(texts).replace("/", ".").strip(".")
