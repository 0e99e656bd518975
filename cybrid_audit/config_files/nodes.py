"""What every parser of configuration makes of a file: a tree of values with their places, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from cybrid_audit.errors import AuditError

MAX_DEPTH: Final = 100
"""Nesting of a configuration file that is parsed. Beyond it, the file is skipped and listed as such."""

MAX_NODES: Final = 200_000
"""Values of a configuration file. Beyond it, the file is skipped and listed as such."""


class FormatError(AuditError):
    """A file is not what its name says. `line` is where a parser gave up."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line


class Kind(StrEnum):
    """What a node is."""

    MAP = "map"
    LIST = "list"
    TEXT = "text"
    PLAIN = "plain"
    """A number, a boolean, nothing: no text."""
    REFERENCE = "reference"
    """A name that another place gives a value: `var.client_secret`."""
    CALL = "call"
    """A function with its arguments as items: `jsonencode({...})`, a text put together from parts (`template`), an operator."""


class Node:
    """One value. `text` is what it says (a reference's name, a function's name); lines count from 1, columns from 0.

    `pairs` are the keys and values of a map, in order, keys repeated where the file repeats them; `items` what a list or a
    call holds; `tag` what the format adds: a YAML tag, an HCL block's type."""

    __slots__ = ("column", "end_line", "items", "kind", "line", "pairs", "tag", "text")

    def __init__(self, kind: Kind, line: int, column: int = 0, text: str = "", tag: str = "") -> None:
        self.kind = kind
        self.line = line
        self.column = column
        self.end_line = line
        self.text = text
        self.tag = tag
        self.pairs: list[tuple[Node, Node]] = []
        self.items: list[Node] = []

    def get(self, *names: str) -> Node | None:
        """Return the last value of a map under the first of the names that it has, or None."""
        for name in names:
            for key, value in reversed(self.pairs):
                if key.text == name:
                    return value
        return None

    def all(self, name: str) -> Iterator[tuple[Node, Node]]:
        """Yield every pair of a map with this key."""
        for key, value in self.pairs:
            if key.text == name:
                yield key, value

    def text_of(self, *names: str) -> str:
        """Return the text under the first of the names that a map has, '' when there is none."""
        node = self.get(*names)
        return node.text if node is not None and node.kind in (Kind.TEXT, Kind.PLAIN, Kind.REFERENCE) else ""

    def walk(self) -> Iterator[Node]:
        """Yield the node and everything in it, keys left out. A node that is shared comes once."""
        seen: set[int] = set()
        pending = [self]
        while pending:
            node = pending.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            pending += reversed(node.items)
            pending += [value for _, value in reversed(node.pairs)]

    def texts(self) -> list[str]:
        """Return the texts of a list, or of a single value."""
        found = self.items if self.kind is Kind.LIST else [self]
        return [each.text for each in found if each.kind in (Kind.TEXT, Kind.PLAIN)]

    def __repr__(self) -> str:
        return f"<{self.kind.value} at line {self.line}>"
