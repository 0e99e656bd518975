"""HCL (Terraform, OpenTofu, tfvars) with the place of every value.

A block is a map under its type, each label one map further in: `resource "a" "b" {}` is `resource: {a: {b: {}}}`. Expressions
keep their shape as far as it tells where a value comes from: texts, references, functions, objects, lists; an operator or a
condition is a call that holds its operands."""

from __future__ import annotations

import re
from typing import Final

from cybrid_audit.config_files.nodes import MAX_DEPTH, MAX_NODES, FormatError, Kind, Node

_GAP: Final = re.compile(r"(?:\s+|\#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_BLANK: Final = re.compile(r"(?:[ \t\r]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_][\w-]*")
_PATH: Final = re.compile(r"[A-Za-z_][\w-]*(?:\.(?:[A-Za-z_][\w-]*|\d+|\*)|\[(?:\"[^\"\n]*\"|\d+|\*|[\w.]+)\])*")
_NUMBER: Final = re.compile(r"\d[\w.]*")
_HEREDOC: Final = re.compile(r"<<-?([A-Za-z_]\w*)[ \t]*\n")
_OPERATOR: Final = re.compile(r"==|!=|<=|>=|&&|\|\||=>|[-+*/%<>!?:]|\.\.\.")


def parse(text: str) -> list[Node]:
    """Return the document as one map.

    Raises:
        FormatError: it is no HCL."""
    reader = _Reader(text)
    root = Node(Kind.MAP, 1)
    reader.body(root, "", 0)
    return [root]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.count = 0
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def line(self) -> int:
        from bisect import bisect_right

        return bisect_right(self._starts, self.at)

    def fail(self, problem: str) -> FormatError:
        return FormatError(self.line(), problem if self.at < len(self.text) else "it ends too early")

    def node(self, kind: Kind, text: str = "", tag: str = "") -> Node:
        self.count += 1
        if self.count > MAX_NODES:
            raise self.fail(f"more than {MAX_NODES:,} values")
        line = self.line()
        return Node(kind, line, self.at - self._starts[line - 1], text, tag)

    def gap(self, expression: re.Pattern[str] = _GAP) -> None:
        match = expression.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def take(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def body(self, into: Node, closing: str, depth: int) -> None:
        """Read attributes and blocks up to a closing brace, or the end of the text."""
        if depth > MAX_DEPTH:
            raise self.fail(f"nested more than {MAX_DEPTH} deep")
        self.gap()
        while not (closing and self.take(closing)):
            if self.at >= len(self.text):
                if closing:
                    raise self.fail("a block without end")
                break
            self.statement(into, depth)
            self.gap()
        into.end_line = self.line()

    def statement(self, into: Node, depth: int) -> None:
        key = self.node(Kind.TEXT)
        name = _NAME.match(self.text, self.at)
        if name is not None:
            key.text = name[0]
            self.at = name.end()
        elif self.text[self.at] == '"':
            # tfvars written as JSON-like HCL, and quoted keys.
            key = self.string(depth)
        else:
            raise self.fail("neither an attribute nor a block")
        self.gap(_BLANK)
        if self.text.startswith("=", self.at) and not self.text.startswith("==", self.at):
            self.at += 1
            self.gap(_BLANK)
            into.pairs.append((key, self.expression(depth)))
            return
        self.block(into, key, depth)

    def block(self, into: Node, key: Node, depth: int) -> None:
        labels: list[Node] = []
        while not self.take("{"):
            if self.text.startswith('"', self.at):
                labels.append(self.string(depth))
            else:
                label = self.node(Kind.TEXT)
                name = _NAME.match(self.text, self.at)
                if name is None:
                    raise self.fail("neither '=' nor '{' behind a name")
                label.text = name[0]
                self.at = name.end()
                labels.append(label)
            self.gap(_BLANK)
        inner = Node(Kind.MAP, key.line, key.column, tag=key.text)
        self.body(inner, "}", depth + 1)
        for label in reversed(labels):
            outer = Node(Kind.MAP, key.line, key.column)
            outer.end_line = inner.end_line
            outer.pairs.append((label, inner))
            inner = outer
        into.pairs.append((key, inner))

    # ------------------------------------------------------------ expressions

    def expression(self, depth: int) -> Node:
        """Read operands with whatever operators stand between them."""
        if depth > MAX_DEPTH:
            raise self.fail(f"nested more than {MAX_DEPTH} deep")
        first = self.operand(depth)
        operands = [first]
        while True:
            held = self.at
            self.gap(_BLANK)
            operator = _OPERATOR.match(self.text, self.at)
            if operator is None or operator[0] == "=>":
                self.at = held
                break
            self.at = operator.end()
            self.gap()
            if operator[0] == "...":
                continue
            operands.append(self.operand(depth + 1))
        if len(operands) == 1:
            return first
        node = Node(Kind.CALL, first.line, first.column, "operator")
        node.items = operands
        node.end_line = self.line()
        return node

    def operand(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.fail(f"nested more than {MAX_DEPTH} deep")
        char = self.text[self.at : self.at + 1]
        if char in ("!", "-"):
            self.at += 1
            self.gap()
            return self.operand(depth + 1)
        if char == "(":
            self.at += 1
            self.gap()
            inner = self.expression(depth + 1)
            self.gap()
            if not self.take(")"):
                raise self.fail("no ')'")
            return self.traversed(inner)
        if char == '"':
            return self.traversed(self.string(depth))
        if char == "[":
            return self.traversed(self.list(depth))
        if char == "{":
            return self.traversed(self.object(depth))
        heredoc = _HEREDOC.match(self.text, self.at)
        if heredoc is not None:
            return self.heredoc(heredoc)
        number = _NUMBER.match(self.text, self.at)
        if number is not None:
            node = self.node(Kind.PLAIN, number[0])
            self.at = number.end()
            return node
        path = _PATH.match(self.text, self.at)
        if path is None:
            raise self.fail("no value")
        return self.named(path, depth)

    def named(self, path: re.Match[str], depth: int) -> Node:
        text = path[0]
        is_plain = text in ("true", "false", "null")
        node = self.node(Kind.PLAIN if is_plain else Kind.REFERENCE, text)
        self.at = path.end()
        if self.text.startswith("::", self.at):
            # provider::name::function
            while self.take("::"):
                name = _NAME.match(self.text, self.at)
                self.at = name.end() if name is not None else self.at
        if not self.take("("):
            return node if is_plain else self.traversed(node)
        node.kind = Kind.CALL
        self.gap()
        while not self.take(")"):
            node.items.append(self.expression(depth + 1))
            self.gap()
            if not (self.take(",") or self.take("...") or self.text.startswith(")", self.at)):
                raise self.fail("no ',' between two arguments")
            self.gap()
        node.end_line = self.line()
        return self.traversed(node)

    def traversed(self, node: Node) -> Node:
        """Read what is taken out of a value: it does not change where the value comes from."""
        while True:
            if self.text.startswith("[", self.at):
                end = self.text.find("]", self.at)
                if end < 0 or "\n" in self.text[self.at : end]:
                    return node
                self.at = end + 1
            elif self.text.startswith(".", self.at) and not self.text.startswith("...", self.at):
                match = re.compile(r"\.(?:[A-Za-z_][\w-]*|\d+|\*)").match(self.text, self.at)
                if match is None:
                    return node
                self.at = match.end()
            else:
                return node

    def list(self, depth: int) -> Node:
        node = self.node(Kind.LIST)
        self.at += 1
        self.gap()
        if re.compile(r"for\b").match(self.text, self.at):
            return self.comprehension(node, "]", depth)
        while not self.take("]"):
            node.items.append(self.expression(depth + 1))
            self.gap()
            if not self.take(",") and not self.text.startswith("]", self.at):
                raise self.fail("no ',' between two values")
            self.gap()
        node.end_line = self.line()
        return node

    def object(self, depth: int) -> Node:
        node = self.node(Kind.MAP)
        self.at += 1
        self.gap()
        if re.compile(r"for\b").match(self.text, self.at):
            return self.comprehension(node, "}", depth)
        while not self.take("}"):
            key = self.operand(depth + 1)
            self.gap(_BLANK)
            if not (self.take("=") or self.take(":")):
                raise self.fail("no '=' behind a key")
            self.gap()
            node.pairs.append((key, self.expression(depth + 1)))
            self.gap(_BLANK)
            self.take(",")
            self.gap()
        node.end_line = self.line()
        return node

    def comprehension(self, node: Node, closing: str, depth: int) -> Node:
        """Read a `for`: a call that holds what it is made of."""
        node.kind, node.text = Kind.CALL, "for"
        while not self.take(closing):
            if self.at >= len(self.text):
                raise self.fail("a 'for' without end")
            word = _NAME.match(self.text, self.at)
            if word is not None and word[0] in ("for", "in", "if"):
                self.at = word.end()
            elif not (self.take("=>") or self.take(",") or self.take(":") or self.take("...")):
                node.items.append(self.expression(depth + 1))
            self.gap()
        node.end_line = self.line()
        return node

    def string(self, depth: int) -> Node:
        """Read a quoted text; one with `${…}` in it is a call `template` that holds its parts."""
        start = self.at
        node = self.node(Kind.TEXT)
        self.at += 1
        parts: list[Node] = []
        begin = self.at
        while True:
            char = self.text[self.at : self.at + 1]
            if char in ("", "\n"):
                self.at = start
                raise self.fail("a text without end")
            if char == "\\":
                self.at += 2
            elif char in "$%" and self.text.startswith("{", self.at + 1) and self.text[self.at - 1] != char:
                if self.at > begin:
                    parts.append(Node(Kind.TEXT, node.line, node.column, self.text[begin : self.at]))
                self.at += 2
                self.gap()
                self.take("~")
                self.gap()
                if char == "$":
                    parts.append(self.expression(depth + 1))
                else:
                    # A directive: `if`, `for`; what it tests or runs over is no value of the text.
                    end = self.text.find("}", self.at)
                    self.at = end if end >= 0 else self.at
                self.gap()
                self.take("~")
                if not self.take("}"):
                    raise self.fail("no '}' in a text")
                begin = self.at
            elif char == '"':
                break
            else:
                self.at += 1
        rest = self.text[begin : self.at]
        self.at += 1
        if not parts:
            node.text = rest.replace('\\"', '"').replace("\\n", "\n")
        else:
            if rest:
                parts.append(Node(Kind.TEXT, node.line, node.column, rest))
            node.kind, node.text, node.items = Kind.CALL, "template", parts
        return node

    def heredoc(self, match: re.Match[str]) -> Node:
        node = self.node(Kind.TEXT, tag="heredoc")
        end = re.compile(rf"(?m)^[ \t]*{re.escape(match[1])}[ \t]*\r?$").search(self.text, match.end())
        if end is None:
            raise self.fail("a text without end")
        node.text = self.text[match.end() : end.start()]
        self.at = end.end()
        node.end_line = self.line()
        return node
