"""What the tree-sitter front-ends share: spans, text, bounds."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cybrid_audit import ir
from cybrid_audit.languages import Unparsed
from cybrid_audit.limits import (
    MAX_PARSER_READS,
    MAX_PARSER_ROUNDS,
    MAX_PARSER_STEPS,
    MAX_PARSER_STEPS_PER_BYTE,
    MAX_SYNTAX_DEPTH,
    MAX_SYNTAX_ERRORS,
)

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser

_new_tuple = tuple.__new__

TsNode = Any
"""A tree-sitter node; typed loosely because the front-ends touch little else."""


class Lowering:
    """State of lowering one file."""

    expressions: ClassVar[Mapping[str, Callable[[Any, TsNode], ir.Expr]]] = {}
    """Type of a node to what lowers it. A front-end sets it once its table stands."""

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

    def expr(self, node: TsNode | None) -> ir.Expr:
        """Return what the handler of a node's type makes of it; without one, its parts that have one are kept."""
        if node is None:
            return ir.Const(ir.NO_SPAN, None)
        if not self.enter():
            return ir.Opaque(self.span(node), "too deep")
        try:
            handler = self.expressions.get(node.type)
            if handler is not None:
                return handler(self, node)
            children = tuple(self.expr(child) for child in node.named_children if child.type in self.expressions)
            return ir.Opaque(self.span(node), node.type, children)
        finally:
            self.leave()


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


def grammar(package: str, name: str = "language") -> Language:
    """Return a grammar of an installed package, by the name of the function that gives it.

    The packages import what finds their queries, which nothing here uses and which takes longer than parsing a file. What is
    compiled in them is imported without."""
    from importlib import import_module
    from importlib.machinery import PathFinder
    from types import ModuleType

    from tree_sitter import Language

    spec = PathFinder.find_spec(package) if package not in sys.modules else None
    if spec is not None and spec.submodule_search_locations:
        # The package is there to import from, and has not run.
        stand_in = sys.modules[package] = ModuleType(package)
        stand_in.__path__ = spec.submodule_search_locations
    try:
        return Language(getattr(import_module(f"{package}._binding"), name)())
    finally:
        if spec is not None:
            sys.modules.pop(package, None)


_PIECE: Final = 4_096
"""Bytes that a parser is given at a time."""

_STEPS: Final = 100
"""Steps between two looks at what a parser has done."""


def parse(parser: Parser, source: bytes | bytearray, length: int | None = None) -> Node:
    """Return the root of the parsed source, of which the parser's ranges include `length` bytes, by default all.

    A scanner of a grammar may look for the end of something from each of a thousand places up to the end of the file, and a parser
    may look for a way out of an error without end. What it reads and does is counted.

    Raises:
        Unparsed: it reads more than `MAX_PARSER_READS` allows, or takes more steps than `MAX_PARSER_STEPS` does."""
    size = len(source) if length is None else length
    pieces = max(MAX_PARSER_READS, MAX_PARSER_ROUNDS * size) // _PIECE
    looks = max(MAX_PARSER_STEPS, MAX_PARSER_STEPS_PER_BYTE * size) // _STEPS

    def read(offset: int, point: object) -> bytes:
        nonlocal pieces
        pieces -= 1
        return bytes(source[offset : offset + _PIECE])

    def is_too_much(offset: int, has_error: bool) -> bool:
        nonlocal looks
        looks -= 1
        return looks < 0 or pieces < 0

    try:
        tree = parser.parse(read, progress_callback=is_too_much)
    except ValueError:
        tree = None
    if tree is None:
        parser.reset()
        raise Unparsed
    return tree.root_node


_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def whole_characters(text: str) -> str:
    """Return a text whose escapes are resolved, with its characters whole.

    Two escapes may make one character; half of one is none, and could not be written to a report."""
    if _SURROGATE.search(text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def names_in(node: object) -> set[str]:
    """Return the names of all variables below a node of the IR, or a tuple of them."""
    return {held.id for held in ir.walk(node) if type(held) is ir.Name}
