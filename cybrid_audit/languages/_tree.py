"""What the tree-sitter front-ends share: spans, text, bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cybrid_audit import ir
from cybrid_audit.limits import MAX_SYNTAX_DEPTH, MAX_SYNTAX_ERRORS

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_new_tuple = tuple.__new__

TsNode = Any
"""A tree-sitter node; typed loosely because the front-ends touch little else."""


class Lowering:
    """State of lowering one file."""

    def __init__(self, source: bytes, path: str) -> None:
        self.source = source
        self.path = path
        self.depth = 0

    def text(self, node: TsNode) -> str:
        """Return a node's source text."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    @staticmethod
    def span(node: TsNode) -> ir.Span:
        """Return a node's span."""
        line, column = node.start_point
        end_line, end_column = node.end_point
        # Twice as fast as the class's own constructor, and every node of every file passes here.
        return _new_tuple(ir.Span, (node.start_byte, node.end_byte, line + 1, column, end_line + 1, end_column))

    def enter(self) -> bool:
        """Go one level down; False when the bound is reached (call `leave` only after True)."""
        if self.depth >= MAX_SYNTAX_DEPTH:
            return False
        self.depth += 1
        return True

    def leave(self) -> None:
        """Come one level up."""
        self.depth -= 1


def syntax_errors(root: Node) -> tuple[ir.Span, ...]:
    """Return the outermost syntax errors of a tree, bounded in number."""
    if not root.has_error:
        return ()
    found: list[ir.Span] = []
    stack = [root]
    while stack and len(found) < MAX_SYNTAX_ERRORS:
        node = stack.pop()
        if node.is_error or node.is_missing:
            found.append(Lowering.span(node))
        elif node.has_error:
            stack.extend(reversed(node.children))
    return tuple(found)


def parse(parser: Parser, source: bytes) -> Node:
    """Return the root of the parsed source."""
    return parser.parse(source).root_node


def names_in(node: object) -> set[str]:
    """Return the names of all variables below a node of the IR, or a tuple of them."""
    found: set[str] = set()
    pending = [node]
    while pending:
        held = pending.pop()
        if type(held) is ir.Name:
            found.add(held.id)
        elif type(held) is tuple:
            pending.extend(held)
        elif isinstance(held, ir.Node):
            pending.extend(
                getattr(held, name)
                for base in type(held).__mro__
                for name in getattr(base, "__slots__", ())
                if name != "span"
            )
    return found
