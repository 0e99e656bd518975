"""JSON, also with comments and trailing commas, with the place of every value."""

from __future__ import annotations

import re
from typing import Final

from cybrid_audit.config_files.nodes import MAX_DEPTH, MAX_NODES, FormatError, Kind, Node

_SKIPPED: Final = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/|\#[^\n]*)*", re.DOTALL)
_STRING: Final = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_PLAIN: Final = re.compile(r"[-+\w.]+")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def parse(text: str) -> list[Node]:
    """Return the document's value, as a list of one; of several when each line is a document of its own.

    Raises:
        FormatError: it is no JSON."""
    reader = _Reader(text)
    found = [reader.value(0)]
    while not reader.is_at_end():
        found.append(reader.value(0))
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.line_start = 0
        self.count = 0
        self.skip()

    def fail(self, problem: str) -> FormatError:
        return FormatError(self.line, problem)

    def is_at_end(self) -> bool:
        return self.at >= len(self.text)

    def move(self, end: int) -> None:
        breaks = self.text.count("\n", self.at, end)
        if breaks:
            self.line += breaks
            self.line_start = self.text.rindex("\n", self.at, end) + 1
        self.at = end

    def skip(self) -> None:
        match = _SKIPPED.match(self.text, self.at)
        if match is not None:
            self.move(match.end())

    def node(self, kind: Kind, text: str = "") -> Node:
        self.count += 1
        if self.count > MAX_NODES:
            raise self.fail(f"more than {MAX_NODES:,} values")
        return Node(kind, self.line, self.at - self.line_start, text)

    def value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.fail(f"nested more than {MAX_DEPTH} deep")
        char = self.text[self.at : self.at + 1]
        if char == "{":
            return self.map(depth)
        if char == "[":
            return self.list(depth)
        if char == '"':
            return self.string()
        match = _PLAIN.match(self.text, self.at)
        if match is None:
            raise self.fail("no value" if char else "it ends too early")
        node = self.node(Kind.PLAIN, match[0])
        self.at = match.end()
        self.skip()
        return node

    def string(self) -> Node:
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise self.fail("a text without end")
        body = match[1]
        node = self.node(Kind.TEXT, _ESCAPE.sub(_plain, body) if "\\" in body else body)
        self.at = match.end()
        self.skip()
        return node

    def map(self, depth: int) -> Node:
        node = self.node(Kind.MAP)
        self.at += 1
        self.skip()
        while not self.take("}"):
            if self.text[self.at : self.at + 1] != '"':
                raise self.fail("no key" if not self.is_at_end() else "it ends too early")
            key = self.string()
            if not self.take(":"):
                raise self.fail("no ':' behind a key")
            node.pairs.append((key, self.value(depth + 1)))
            if not self.take(",") and self.text[self.at : self.at + 1] != "}":
                raise self.fail("no ',' between two keys" if not self.is_at_end() else "it ends too early")
        node.end_line = self.line
        return node

    def list(self, depth: int) -> Node:
        node = self.node(Kind.LIST)
        self.at += 1
        self.skip()
        while not self.take("]"):
            node.items.append(self.value(depth + 1))
            if not self.take(",") and self.text[self.at : self.at + 1] != "]":
                raise self.fail("no ',' between two values" if not self.is_at_end() else "it ends too early")
        node.end_line = self.line
        return node

    def take(self, char: str) -> bool:
        if self.text[self.at : self.at + 1] != char:
            return False
        self.at += 1
        self.skip()
        return True


def _plain(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return _ESCAPED.get(match[2], match[2])
