"""XML with the place of every value: property lists, Android resources and manifests, Maven settings, .NET configuration."""

from __future__ import annotations

from typing import Any, Final

from cybrid_audit.config_files.nodes import MAX_DEPTH, MAX_NODES, FormatError, Kind, Node

_NAMES: Final = ("name", "key", "id", "android:name")
"""Attributes that name what an element holds."""


def parse(text: str) -> list[Node]:
    """Return the root element as a map: attributes and elements by name, `text` for what stands in it.

    A property list becomes the map it means; an element that an attribute names comes under that name. A document type is
    not read: it could make a few lines gigabytes.

    Raises:
        FormatError: it is no XML."""
    from xml.parsers import expat

    builder = _Builder()
    parser: Any = expat.ParserCreate()
    builder.parser = parser
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = builder.entity
    parser.buffer_text = True
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise FormatError(error.lineno, expat.ErrorString(error.code) or "not valid XML") from None
    if builder.root is None:
        raise FormatError(1, "no element")
    return [_value(builder.root)]


class _Element:
    __slots__ = ("attributes", "children", "column", "end_line", "line", "name", "text", "text_line")

    def __init__(self, name: str, attributes: dict[str, str], line: int, column: int) -> None:
        self.name = name
        self.attributes = attributes
        self.line = self.end_line = line
        self.column = column
        self.children: list[_Element] = []
        self.text = ""
        self.text_line = 0


class _Builder:
    def __init__(self) -> None:
        self.parser: Any = None
        self.root: _Element | None = None
        self._open: list[_Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self._count += 1 + len(attributes)
        if self._count > MAX_NODES:
            raise FormatError(line, f"more than {MAX_NODES:,} values")
        if len(self._open) >= MAX_DEPTH:
            raise FormatError(line, f"nested more than {MAX_DEPTH} deep")
        element = _Element(name, attributes, line, self.parser.CurrentColumnNumber)
        if self._open:
            self._open[-1].children.append(element)
        elif self.root is None:
            self.root = element
        self._open.append(element)

    def end(self, name: str) -> None:
        self._open.pop().end_line = self.parser.CurrentLineNumber

    def data(self, text: str) -> None:
        element = self._open[-1]
        if text.strip() and not element.text_line:
            element.text_line = self.parser.CurrentLineNumber + text[: len(text) - len(text.lstrip())].count("\n")
        element.text += text

    def entity(self, *_: Any) -> None:
        raise FormatError(self.parser.CurrentLineNumber, "entities are not read")


def _value(element: _Element) -> Node:
    if element.name == "plist" and element.children:
        return _property(element.children[0])
    text = element.text.strip()
    if not element.children and not element.attributes:
        return _text(element, text)
    node = Node(Kind.MAP, element.line, element.column, tag=element.name)
    node.end_line = element.end_line
    for name, value in element.attributes.items():
        held = Node(Kind.TEXT, element.line, element.column, value)
        held.end_line = element.end_line if not element.children else element.line
        node.pairs.append((Node(Kind.TEXT, element.line, element.column, name.rpartition(":")[2]), held))
    for child in element.children:
        name = next((child.attributes[each] for each in _NAMES if each in child.attributes), "")
        is_named = bool(name) and not child.children and bool(child.text.strip())
        key = Node(Kind.TEXT, child.line, child.column, name if is_named else child.name)
        node.pairs.append((key, _text(child, child.text.strip()) if is_named else _value(child)))
    if text:
        node.pairs.append((Node(Kind.TEXT, element.line, element.column, "text"), _text(element, text)))
    return node


def _text(element: _Element, text: str) -> Node:
    node = Node(Kind.TEXT, element.text_line or element.line, element.column, text)
    node.end_line = element.end_line
    return node


def _property(element: _Element) -> Node:
    """Return what an element of a property list means."""
    if element.name == "dict":
        node = Node(Kind.MAP, element.line, element.column)
        node.end_line = element.end_line
        for key, value in zip(element.children[::2], element.children[1::2], strict=False):
            node.pairs.append((Node(Kind.TEXT, key.line, key.column, key.text.strip()), _property(value)))
        return node
    if element.name == "array":
        node = Node(Kind.LIST, element.line, element.column)
        node.end_line = element.end_line
        node.items = [_property(each) for each in element.children]
        return node
    if element.name in ("true", "false", "integer", "real", "date"):
        return Node(Kind.PLAIN, element.line, element.column, element.text.strip() or element.name)
    return _text(element, element.text.strip())
