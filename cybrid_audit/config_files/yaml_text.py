"""YAML of any number of documents, with the place of every value; also templates of YAML (Helm, Jinja, ERB)."""

from __future__ import annotations

import re
from typing import Any, Final

from cybrid_audit.config_files.nodes import MAX_DEPTH, MAX_NODES, FormatError, Kind, Node

_NO_BREAKS: Final = dict.fromkeys(map(ord, "\t\r\x85\u2028\u2029"), " ")
"""What YAML takes for the end of a line and nobody else does, and tabs, which it takes for a mistake."""
_TEMPLATE: Final = re.compile(r"\{\{.*?\}\}|<%.*?%>", re.DOTALL)
_VALUE: Final = re.compile(r"(?m)(?::|^[ \t]*-)[ \t]+\{\{")
"""A placeholder as a value, without quotes: YAML takes it for a map."""
_STAND_IN: Final = re.compile(r"\$_{3,}")
_ONLY_TEMPLATE: Final = re.compile(r"(?m)^[ \t]*(?:(?:\{\{|\{%|<%).*?(?:\}\}|%\}|%>)[ \t]*)+$")
_PLAIN: Final = re.compile(r"(?i)(?:true|false|yes|no|on|off|null|~|[-+]?[0-9][0-9_]*(?:\.[0-9]*)?|)")


def parse(text: str) -> list[Node]:
    """Return the documents. A template is read with its placeholders as references.

    Raises:
        FormatError: it is no YAML, with placeholders or without."""
    if _VALUE.search(text) is None:
        try:
            return _documents(text)
        except FormatError:
            if _TEMPLATE.search(text) is None:
                raise
    return _template(text)


def _template(text: str) -> list[Node]:
    blank = _ONLY_TEMPLATE.sub(lambda match: " " * len(match[0]), text)
    documents = _documents(_TEMPLATE.sub(_stand_in, blank))
    lines = text.split("\n")
    for document in documents:
        for node in document.walk():
            if _STAND_IN.fullmatch(node.text) is not None:
                start = node.column + lines[node.line - 1].startswith(("'", '"'), node.column)
                node.kind, node.text = Kind.REFERENCE, lines[node.line - 1][start : start + len(node.text)]
    return documents


def _stand_in(match: re.Match[str]) -> str:
    """Return a reference as long as a placeholder, so that columns stay; it may stand in quotes or not."""
    return "".join(char if char == "\n" else "_" for char in match[0]).replace("_", "$", 1)


def _documents(text: str) -> list[Node]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder()
    try:
        # Events, not nodes: an alias stays one reference however often it is used, and nothing recurses.
        for event in yaml.parse(text.replace("\r\n", "\n").translate(_NO_BREAKS), Loader=loader):
            builder.take(type(event).__name__, event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise FormatError(mark.line + 1 if mark is not None else 1, str(problem)) from None
    except (ValueError, RecursionError):
        raise FormatError(1, "not valid YAML") from None
    return builder.documents


class _Builder:
    def __init__(self) -> None:
        self.documents: list[Node] = []
        self._open: list[Node] = []
        self._keys: list[Node | None] = []
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def take(self, kind: str, event: Any) -> None:
        match kind:
            case "ScalarEvent":
                is_plain = event.style is None and _PLAIN.fullmatch(event.value) is not None
                node = self._node(Kind.PLAIN if is_plain else Kind.TEXT, event)
                node.text = event.value
                node.end_line = event.end_mark.line + (1 if event.end_mark.column or not event.style else 0)
                node.end_line = max(node.end_line, node.line)
                self._add(node)
            case "AliasEvent":
                self._add(self._anchors.get(event.anchor) or self._node(Kind.REFERENCE, event))
            case "MappingStartEvent" | "SequenceStartEvent":
                node = self._node(Kind.MAP if kind[0] == "M" else Kind.LIST, event)
                self._add(node)
                if len(self._open) >= MAX_DEPTH:
                    raise FormatError(node.line, f"nested more than {MAX_DEPTH} deep")
                self._open.append(node)
                self._keys.append(None)
            case "MappingEndEvent" | "SequenceEndEvent":
                node = self._open.pop()
                self._keys.pop()
                node.end_line = max(node.line, event.end_mark.line + (1 if event.end_mark.column else 0))
            case _:
                pass

    def _node(self, kind: Kind, event: Any) -> Node:
        self._count += 1
        line = event.start_mark.line + 1
        if self._count > MAX_NODES:
            raise FormatError(line, f"more than {MAX_NODES:,} values")
        node = Node(kind, line, event.start_mark.column, tag=getattr(event, "tag", None) or "")
        anchor = getattr(event, "anchor", None)
        if anchor and kind is not Kind.REFERENCE:
            self._anchors[anchor] = node
        return node

    def _add(self, node: Node) -> None:
        if not self._open:
            self.documents.append(node)
            return
        parent = self._open[-1]
        if parent.kind is Kind.LIST:
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = node
            return
        self._keys[-1] = None
        if key.text == "<<":
            # A merge: what the map itself says later counts more.
            for source in [node, *node.items]:
                parent.pairs[:0] = source.pairs
        else:
            parent.pairs.append((key, node))
