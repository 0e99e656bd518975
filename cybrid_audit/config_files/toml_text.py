"""TOML with the place of every value. The standard library's reader checks it, but tells no places."""

from __future__ import annotations

import re
from typing import Final

from cybrid_audit.config_files.nodes import MAX_DEPTH, MAX_NODES, FormatError, Kind, Node

_SPACE: Final = re.compile(r"[ \t]*")
_GAP: Final = re.compile(r"(?:[\s]+|#[^\n]*)*")
_KEY: Final = re.compile(
    r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')(?:[ \t]*\.[ \t]*(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'))*"""
)
_PART: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_TEXTS: Final = (
    re.compile(r'"""(.*?)"""(?!")', re.DOTALL),
    re.compile(r"'''(.*?)'''(?!')", re.DOTALL),
    re.compile(r'"((?:[^"\\\n]|\\.)*)"'),
    re.compile(r"'([^'\n]*)'"),
)
_PLAIN: Final = re.compile(r"[^\s,\]}#]+")


def parse(text: str) -> list[Node]:
    """Return the document as one map.

    Raises:
        FormatError: it is no TOML."""
    return [_Reader(text.replace("\r\n", "\n")).document()]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.count = 0

    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def fail(self, problem: str) -> FormatError:
        return FormatError(self.line(), problem)

    def node(self, kind: Kind, text: str = "") -> Node:
        self.count += 1
        if self.count > MAX_NODES // 10:
            raise self.fail(f"more than {MAX_NODES // 10:,} values")
        return Node(kind, self.line(), self.at - self.text.rfind("\n", 0, self.at) - 1, text)

    def take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        match = expression.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def document(self) -> Node:
        root = Node(Kind.MAP, 1)
        current = root
        self.take(_GAP)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                is_list = self.text.startswith("[[", self.at)
                self.at += 2 if is_list else 1
                self.take(_SPACE)
                keys = self.keys()
                self.take(_SPACE)
                closing = "]]" if is_list else "]"
                if not self.text.startswith(closing, self.at):
                    raise self.fail("no ']' behind a table's name")
                self.at += len(closing)
                current = self.table(root, keys, is_list=is_list)
            else:
                self.pair(current, 0)
            self.take(_GAP)
        return root

    def keys(self) -> list[Node]:
        node = self.node(Kind.TEXT)
        match = self.take(_KEY)
        if match is None:
            raise self.fail("no key")
        found = []
        for part in _PART.findall(match[0]):
            key = Node(Kind.TEXT, node.line, node.column, part[1:-1] if part[0] in "\"'" else part)
            found.append(key)
        return found

    def table(self, root: Node, keys: list[Node], *, is_list: bool) -> Node:
        node = root
        for index, key in enumerate(keys):
            held = node.get(key.text)
            is_last = index == len(keys) - 1
            if held is None:
                held = Node(Kind.LIST if is_last and is_list else Kind.MAP, key.line)
                node.pairs.append((key, held))
            if held.kind is Kind.LIST:
                if (is_last and is_list) or not held.items:
                    held.items.append(Node(Kind.MAP, key.line))
                held = held.items[-1]
            node = held
        return node

    def pair(self, table: Node, depth: int) -> None:
        keys = self.keys()
        self.take(_SPACE)
        if not self.text.startswith("=", self.at):
            raise self.fail("no '=' behind a key")
        self.at += 1
        self.take(_SPACE)
        value = self.value(depth)
        for key in keys[:-1]:
            inner = table.get(key.text)
            if inner is None:
                inner = Node(Kind.MAP, key.line)
                table.pairs.append((key, inner))
            table = inner
        table.pairs.append((keys[-1], value))

    def value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.fail(f"nested more than {MAX_DEPTH} deep")
        char = self.text[self.at : self.at + 1]
        if char == "[":
            node = self.node(Kind.LIST)
            self.at += 1
            self.take(_GAP)
            while not self.text.startswith("]", self.at):
                node.items.append(self.value(depth + 1))
                self.take(_GAP)
                if self.text.startswith(",", self.at):
                    self.at += 1
                    self.take(_GAP)
                elif not self.text.startswith("]", self.at):
                    raise self.fail("no ',' between two values")
        elif char == "{":
            node = self.node(Kind.MAP)
            self.at += 1
            self.take(_GAP)
            while not self.text.startswith("}", self.at):
                self.pair(node, depth + 1)
                self.take(_GAP)
                if self.text.startswith(",", self.at):
                    self.at += 1
                    self.take(_GAP)
                elif not self.text.startswith("}", self.at):
                    raise self.fail("no ',' between two keys")
        else:
            return self.scalar()
        self.at += 1
        node.end_line = self.line()
        return node

    def scalar(self) -> Node:
        node = self.node(Kind.TEXT)
        for expression in _TEXTS:
            match = self.take(expression)
            if match is not None:
                node.text = match[1]
                node.end_line = self.line()
                return node
        plain = self.take(_PLAIN)
        if plain is None:
            raise self.fail("no value")
        node.kind, node.text = Kind.PLAIN, plain[0]
        return node
