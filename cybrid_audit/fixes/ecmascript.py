"""TypeScript and JavaScript: ranges of bytes of the syntax tree's nodes, checked by parsing the outcome."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit.fixes.editors import MASK, Edits
from cybrid_audit.fixes.edits import Edit, Span, without_elements
from cybrid_audit.fixes.words import WITHOUT_ENCRYPTION, is_member, is_switch, without_words
from cybrid_audit.languages import Unparsed
from cybrid_audit.languages._tree import parse
from cybrid_audit.languages.ecmascript import parser_of

if TYPE_CHECKING:
    from tree_sitter import Node

_STRINGS: Final = frozenset({"string", "template_string"})
_DEFAULTS: Final = frozenset({"??", "||"})
_WITH_DEFAULT: Final = frozenset({"object_assignment_pattern", "assignment_pattern"})
_VALUES: Final = frozenset(
    {
        *("identifier", "member_expression", "subscript_expression", "call_expression", "await_expression"),
        *("ternary_expression", "shorthand_property_identifier", "non_null_expression", "as_expression"),
    }
)
_SAFER: Final = {'"0"': b'"1"', "'0'": b"'1'", "`0`": b"`1`"}
"""What `NODE_TLS_REJECT_UNAUTHORIZED` is set to, and what it should be."""


def _root(source: bytes, language: str) -> Node | None:
    try:
        return parse(parser_of(language), source)
    except Unparsed:
        return None


class EcmascriptEditor:
    """Implements `Editor`."""

    @classmethod
    def of(cls, source: bytes, language: str) -> EcmascriptEditor | None:
        """Return the editor of a file; None when it is not UTF-8 or has syntax errors."""
        try:
            source.decode()
        except UnicodeDecodeError:
            return None
        root = _root(source, language)
        return None if root is None or root.has_error else cls(source, language, root)

    def __init__(self, source: bytes, language: str, root: Node) -> None:
        self.source = source
        self.language = language
        self.root = root

    # ------------------------------------------------------------ what can be done

    def from_environment(self, literal: Span, variable: str) -> list[Edits]:
        """See `Editor`."""
        node = next((each for each in self._inside(literal) if each.type in _STRINGS), None)
        if node is None or (node.start_byte, node.end_byte) != (literal.start, literal.end):
            return []
        parent = node.parent
        assertion = b"!" if self.language in ("typescript", "tsx") else b""
        if parent is not None and parent.type == "binary_expression":
            operator, left = parent.child_by_field_name("operator"), parent.child_by_field_name("left")
            if left is not None and operator is not None and operator.type in _DEFAULTS and left != node:
                kept = self._text(left)
                needs = assertion if not kept.endswith(b"!") and parent.parent is not None else b""
                if needs and left.type not in _VALUES:
                    kept = b"(" + kept + b")"
                return [(self._replaced(parent, kept + needs),)]
        if parent is not None and parent.type in _WITH_DEFAULT:
            left = parent.child_by_field_name("left")
            if left is not None and left != node and self._reads_environment(parent):
                return [(self._replaced(parent, self._text(left)),)]
        return [(self._replaced(node, b"process.env." + variable.encode() + assertion),)]

    def without_scopes(self, within: Span, excess: Collection[str]) -> list[Edits]:
        """See `Editor`."""
        edits: list[Edit] = []
        within = self._array_around(within)
        emptied: dict[int, tuple[Node, set[Span]]] = {}
        for node in self._inside(within):
            array = node.parent
            text = self._text(node).decode()
            is_enum = node.type == "member_expression" and array is not None and array.type == "array"
            if node.type not in _STRINGS and not (is_enum and is_member(text, excess)):
                continue
            kept = "" if is_enum else without_words(text[1:-1], excess)
            if kept == text[1:-1]:
                continue
            if kept.strip():
                edits.append(self._replaced(node, (text[0] + kept + text[-1]).encode()))
            elif array is not None and array.type == "array":
                emptied.setdefault(array.id, (array, set()))[1].add(Span(node.start_byte, node.end_byte))
            else:
                return []
        for array, removed in emptied.values():
            elements = [each for each in array.named_children if each.type != "comment"]
            gone = without_elements([Span(each.start_byte, each.end_byte) for each in elements], removed)
            if gone is None:
                return []
            edits += gone
        return [tuple(edits)] if edits else []

    def verifying(self, within: Span) -> list[Edits]:
        """See `Editor`."""
        named: list[Edit] = []
        others: list[Edit] = []
        for node in self._inside(self._assignment_of(within)):
            if node.type == "false":
                (named if is_switch(self._key(node)) else others).append(self._replaced(node, b"true"))
            elif node.type in _STRINGS and "NODE_TLS_REJECT_UNAUTHORIZED" in self._key(node):
                safer = _SAFER.get(self._text(node).decode())
                if safer is not None:
                    named.append(self._replaced(node, safer))
        return [*([tuple(named)] if named else []), *((each,) for each in (*named[1:], *others))]

    def encrypted(self, within: Span) -> list[Edits]:
        """See `Editor`."""
        found: list[Edits] = []
        for node in self._inside(within, also_around=True):
            if node.type in _STRINGS:
                found += [
                    (Edit(node.start_byte + match.start(), node.start_byte + match.end(), b"https"),)
                    for match in WITHOUT_ENCRYPTION.finditer(self._text(node))
                ]
        return list(dict.fromkeys(found))

    def masking(self, within: Span) -> list[Edits]:
        """See `Editor`."""
        found: list[Edits] = []
        for node in self._inside(within):
            parent = node.parent
            if node.type == "template_substitution":
                found.append((self._replaced(node, MASK),))
            elif node.type == "shorthand_property_identifier":
                found.append((self._replaced(node, self._text(node) + b': "' + MASK + b'"'),))
            elif node.type in _VALUES and parent is not None:
                is_operand = parent.type == "binary_expression"
                is_value = parent.type == "pair" and parent.child_by_field_name("value") == node
                is_given = parent.type in ("arguments", "array", "spread_element")
                if is_operand or is_value or is_given:
                    found.append((self._replaced(node, b'"' + MASK + b'"'),))
        return found

    def parses(self, source: bytes) -> bool:
        """See `Editor`."""
        root = _root(source, self.language)
        return root is not None and not root.has_error

    # ------------------------------------------------------------ nodes

    def _inside(self, within: Span, *, also_around: bool = False) -> Iterator[Node]:
        """Yield the nodes in a span, outer ones first; with `also_around`, those that hold it too."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if node.end_byte <= within.start or node.start_byte >= within.end:
                continue
            is_around = node.start_byte <= within.start and within.end <= node.end_byte
            if within.holds(node.start_byte, node.end_byte) or (also_around and is_around):
                yield node
            waiting.extend(reversed(node.children))

    def _assignment_of(self, target: Span) -> Span:
        """Return the span of the assignment whose target has this span, else the span itself."""
        for node in self._inside(target):
            parent = node.parent
            if parent is not None and parent.type == "assignment_expression" and node.start_byte == target.start:
                return Span(parent.start_byte, parent.end_byte)
        return target

    def _array_around(self, text: Span) -> Span:
        """Return the span of the array that a text is an element of, else its own."""
        node = next((each for each in self._inside(text) if each.type in _STRINGS), None)
        array = node.parent if node is not None else None
        return Span(array.start_byte, array.end_byte) if array is not None and array.type == "array" else text

    def _text(self, node: Node) -> bytes:
        return self.source[node.start_byte : node.end_byte]

    def _replaced(self, node: Node, text: bytes) -> Edit:
        return Edit(node.start_byte, node.end_byte, text)

    def _key(self, node: Node) -> str:
        """Return what a value is given to: the key, or the target of an assignment."""
        parent = node.parent
        if parent is None:
            return ""
        held = parent.child_by_field_name({"pair": "key", "assignment_expression": "left"}.get(parent.type, "name"))
        return self._text(held).decode() if held is not None and held != node else ""

    def _reads_environment(self, node: Node) -> bool:
        """Whether a pattern takes apart `process.env` or what is like it."""
        above: Node | None = node
        while above is not None and above.type in _WITH_DEFAULT | {"object_pattern", "pair_pattern"}:
            above = above.parent
        value = (
            above.child_by_field_name("value") if above is not None and above.type == "variable_declarator" else None
        )
        return value is not None and self._text(value).endswith(b".env")
