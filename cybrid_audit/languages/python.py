"""Python to IR, on tree-sitter: everything Python 3.8 to 3.14 can say, and the statements of Python 2 that still parse.

What the IR has no place for is written in terms of what it has:

- `a = b = value` evaluates the value once: the first plain name takes it, the other targets read that name;
- a chain of one associative operator is lowered as a balanced tree, so that a thousand operands nest ten deep;
- an `elif` chain longer than `MAX_ELIF_CHAIN` is a `Switch` whose cases have guards only;
- a `match` pattern is a test (`Opaque` where it is no plain value) plus the pattern of what it captures, in which a
  mapping's or class's parts are an `ObjectPattern`; captures inside an `as` pattern are unpacked first thing in the arm;
- an annotation is one type: `X | None`, `Optional[X]` and `Union[X, Y]` are `X`, and a quoted type is parsed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any, Final

from tree_sitter import Language, Parser, Range

from cybrid_audit import ir
from cybrid_audit.languages._tree import Lowering, TsNode, grammar, parse, syntax_errors
from cybrid_audit.limits import (
    MAX_COMMENT_LINES,
    MAX_ELIF_CHAIN,
    MAX_INTEGER_DIGITS,
    MAX_OPERATOR_CHAIN,
    MAX_QUOTED_TYPE,
    MAX_SYNTAX_DEPTH,
)

_ESCAPE: Final = re.compile(
    r"\\(N\{[^}]{1,100}\}|U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[0-7]{1,3}|\r\n|.)", re.DOTALL
)
_SIMPLE_ESCAPES: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "a": "\a",
    "\n": "",
    "\r\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
}
_STRING_START: Final = re.compile(r"([A-Za-z]*)(\"\"\"|'''|\"|')")
_SPACES: Final = re.compile(r"#[^\n]*|[\s\\]+")
_DOTTED: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")

_CODING: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_ONE_BYTE_CODEC: Final = re.compile(r"latin-?1|l1|iso-?8859-?\d{1,2}|(?:cp|windows-?)125\d|koi8-[rut]|iso-latin-1")
"""Codecs whose first half is ASCII and whose characters are one byte. Only these are honoured: the parser still finds
its way, and no name in a file picks an arbitrary codec of the runtime."""

_EXTRAS: Final = frozenset({"comment", "line_continuation"})
_MATCHED_WHOLE: Final = frozenset(
    {"bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
)
"""Classes whose one positional pattern takes the subject itself."""
_NOT_OPERANDS: Final = frozenset({"comment", "line_continuation", "ERROR"})
_ASSOCIATIVE: Final = frozenset({"+", "|", "&", "and", "or"})
_COMPARE: Final = {"not in": "not-in", "is not": "is-not", "<>": "!="}
_METHOD_KINDS: Final = {
    "staticmethod": "static",
    "abstractstaticmethod": "static",
    "classmethod": "classmethod",
    "abstractclassmethod": "classmethod",
    "property": "getter",
    "abstractproperty": "getter",
    "cached_property": "getter",
    "hybrid_property": "getter",
}
_NAMED_METHOD_KINDS: Final = {
    "__init__": "constructor",
    "__new__": "static",
    "__init_subclass__": "classmethod",
    "__class_getitem__": "classmethod",
}
_ONE_OF: Final = frozenset({"Optional", "Union"})
_CONSTANTS: Final = {"true": True, "false": False, "none": None, "ellipsis": None}
_SPREADS: Final = frozenset({"list_splat", "list_splat_pattern", "parenthesized_list_splat"})
_FIRST_OPERAND: Final = {
    ir.Call: "func",
    ir.Attribute: "object",
    ir.Index: "object",
    ir.Binary: "left",
    ir.Logical: "left",
    ir.Compare: "left",
    ir.Conditional: "then",
}
"""Where the operand is that an expression begins with."""
_LIST_KINDS: Final = {
    "list": "list",
    "list_pattern": "list",
    "tuple": "tuple",
    "tuple_pattern": "tuple",
    "expression_list": "tuple",
    "pattern_list": "tuple",
    "set": "set",
}
_COMPREHENSION_KINDS: Final = {
    "list_comprehension": "list",
    "set_comprehension": "set",
    "dictionary_comprehension": "dict",
    "generator_expression": "generator",
}
_CHAINED_VALUE: Final = "<value>"
"""The variable that holds the value of a chained assignment without a plain name among its targets."""

_new_tuple = tuple.__new__
_span = Lowering.span


@cache
def _language() -> Language:
    return grammar("tree_sitter_python")


@cache
def _parser() -> Parser:
    return Parser(_language())


def without_long_comments(source: bytes) -> bytes:
    """Return a source with blanks in place of each comment that is longer than `MAX_COMMENT_LINES`.

    The grammar's scanner looks from each line of a comment inside a block for the end of the whole comment."""
    if source.count(b"#") <= MAX_COMMENT_LINES:
        return source
    lines = source.splitlines(keepends=True)
    start = 0
    for number, line in enumerate([*lines, b"end"]):
        bare = line.lstrip()
        if bare and not bare.startswith(b"#"):
            if number - start > MAX_COMMENT_LINES:
                lines[start:number] = [re.sub(rb"[^\r\n]", b" ", each) for each in lines[start:number]]
            start = number + 1
    return b"".join(lines)


def lower(path: str, source: bytes) -> ir.Module:
    """Return the IR of one Python file. Never raises; see `languages`.

    Source in a one-byte encoding that a PEP 263 comment names is decoded with it, anything else as UTF-8 with
    replacement characters. Spans count bytes of the source as given."""
    root = parse(_parser(), without_long_comments(source))
    lowering = _Python(source, path, _encoding(source))
    body: list[ir.Stmt] = []
    for node in root.named_children:
        if node.type in _EXTRAS:
            continue
        try:
            lowering.statement(node, body)
        except RecursionError:
            # The caller's own stack left less room than MAX_SYNTAX_DEPTH needs.
            lowering.depth = 0
            span = _span(node)
            body.append(ir.ExprStmt(span, ir.Opaque(span, "too deep")))
    return ir.Module(_span(root), path, "python", tuple(body), (), syntax_errors(root), source.startswith(b"#!"))


def _encoding(source: bytes) -> str:
    head = source[:400]
    if b"coding" not in head:
        return "utf-8"
    for line in head.split(b"\n")[:2]:
        match = _CODING.match(line)
        if match is not None:
            name = match.group(1).decode("ascii", "replace").lower().replace("_", "-")
            if _ONE_BYTE_CODEC.fullmatch(name):
                try:
                    "".encode(name)
                except LookupError:
                    break
                return name
            break
    return "utf-8"


def _replace_escape(match: re.Match[str]) -> str:
    code = match.group(1)
    simple = _SIMPLE_ESCAPES.get(code)
    if simple is not None:
        return simple
    first = code[0]
    if len(code) > 1 and first in "xuU":
        number = int(code[1:], 16)
        # A lone surrogate would make every later encoding of the value fail.
        return chr(number) if number < 0xD800 or 0xE000 <= number < 0x110000 else "\ufffd"
    if first in "01234567":
        return chr(int(code, 8))
    if first == "N" and len(code) > 1:
        try:
            return unicodedata.lookup(code[2:-1])
        except KeyError:
            return "\ufffd"
    return match.group(0)


def _replace_bytes_escape(match: re.Match[str]) -> str:
    code = match.group(1)
    return match.group(0) if code[0] in "uUN" else _replace_escape(match)


def _cook(text: str, prefix: str) -> str:
    """Return the text between the quotes as the value it denotes; one character a byte for bytes."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in text and "r" not in prefix:
        return _ESCAPE.sub(_replace_bytes_escape if "b" in prefix else _replace_escape, text)
    return text


def _number(text: str) -> int | float | None:
    """Return the value of a numeric literal (of an imaginary one its size); None when it has too many digits."""
    text = text.replace("_", "").lower()
    if len(text) > MAX_INTEGER_DIGITS:
        return None
    try:
        if text[:2] in ("0x", "0o", "0b"):
            return int(text.rstrip("l"), 0)
        return int(text.rstrip("l")) if text.rstrip("l").isdigit() else float(text.rstrip("j"))
    except ValueError:
        return None


def _balanced(items: list[ir.Expr], build: Callable[[ir.Span, ir.Expr, ir.Expr], ir.Expr]) -> ir.Expr:
    """Return items joined by an associative operator, as a tree of logarithmic depth that keeps their order."""
    while len(items) > 1:
        paired = [build(_between(a, b), a, b) for a, b in zip(items[::2], items[1::2], strict=False)]
        items = paired + items[len(items) - 1 :] if len(items) % 2 else paired
    return items[0]


def _without_spread(value: ir.Expr) -> ir.Expr:
    """Return an expression whose first operand is a `Spread` with what that spreads in its place."""
    outer: list[tuple[ir.Expr, str]] = []
    while (field := _FIRST_OPERAND.get(type(value))) is not None:
        outer.append((value, field))
        value = getattr(value, field)
    if not isinstance(value, ir.Spread):
        return outer[0][0] if outer else value
    value = value.value
    for node, field in reversed(outer):
        changed: dict[str, Any] = {field: value}
        value = replace(node, **changed)
    return value


def _between(first: ir.Expr, last: ir.Expr) -> ir.Span:
    start, end = first.span, last.span
    return ir.Span(start.start, end.end, start.line, start.column, end.end_line, end.end_column)


def _operands(node: TsNode, count: int) -> list[TsNode]:
    """Return the named children that are operands; the caller checks that there are `count` of them."""
    children: list[TsNode] = node.named_children
    if len(children) == count:
        return children
    return [child for child in children if child.type not in _NOT_OPERANDS]


def _first(node: TsNode) -> TsNode | None:
    for child in node.named_children:
        if child.type not in _NOT_OPERANDS:
            return child
    return None


class _Python(Lowering):
    """Lowers one file."""

    def __init__(self, source: bytes, path: str, encoding: str) -> None:
        super().__init__(source, path)
        self.encoding = encoding
        self.names: dict[bytes, str] = {}
        self.yields = False
        """Whether the body of the function being lowered has a `yield` of its own."""

    def text(self, node: TsNode) -> str:
        """Return a node's source text."""
        return self.source[node.start_byte : node.end_byte].decode(self.encoding, "replace")

    # ------------------------------------------------------------ statements

    def statements(self, nodes: Iterable[TsNode]) -> tuple[ir.Stmt, ...]:
        found: list[ir.Stmt] = []
        for node in nodes:
            self.statement(node, found)
        return tuple(found)

    def block(self, node: TsNode | None) -> tuple[ir.Stmt, ...]:
        if node is None:
            return ()
        return self.statements(node.named_children if node.type == "block" else (node,))

    def statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        kind = node.type
        handler = _STATEMENTS.get(kind)
        if handler is None:
            if kind in _EXTRAS:
                return
            handler = _Python.stray
        if self.depth >= MAX_SYNTAX_DEPTH:
            span = _span(node)
            out.append(ir.ExprStmt(span, ir.Opaque(span, "too deep")))
            return
        self.depth += 1
        handler(self, node, out)
        self.depth -= 1

    def stray(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """Lower what stands where a statement should: statements inside a syntax error stay, the rest is opaque."""
        if node.type in _EXPRESSIONS or node.type in _LEAVES:
            value = self.expr(node)
            out.append(ir.ExprStmt(value.span, value))
            return
        rest: list[ir.Expr] = []
        for child in node.named_children:
            kind = child.type
            if kind in _STATEMENTS or kind in ("block", "ERROR"):
                self.statement(child, out)
            elif kind in _EXPRESSIONS or kind in _LEAVES:
                rest.append(self.expr(child))
        if rest:
            span = _span(node)
            out.append(ir.ExprStmt(span, ir.Opaque(span, node.type, tuple(rest))))

    def expression_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        for inner in node.named_children:
            kind = inner.type
            if kind == "assignment":
                self.assignment(inner, out)
            elif kind == "augmented_assignment":
                operator = inner.child_by_field_name("operator")
                target = self.pattern(inner.child_by_field_name("left"))
                value = self.expr_or_opaque(inner.child_by_field_name("right"), inner)
                out.append(
                    ir.Assign(_span(inner), target, value, "", operator.type[:-1] if operator is not None else "")
                )
            elif kind not in _EXTRAS:
                value = self.expr(inner)
                out.append(ir.ExprStmt(value.span, value))

    def assignment(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = _span(node)
        targets: list[TsNode] = []
        annotation: ir.Expr | None = None
        annotated = False
        current: TsNode | None = node
        value: ir.Expr | None = None
        while current is not None:
            parts = [child for child in current.named_children if child.type not in _NOT_OPERANDS]
            if not parts:
                return
            targets.append(parts[0])
            last = parts[-1] if len(parts) > 1 else None
            if last is not None and parts[1].type == "type":
                annotated = True
                annotation = self.type(parts[1])
                last = parts[2] if len(parts) > 2 else None
            if last is None:
                # Only a bare annotation has no value; after a syntax error the value is missing.
                value = None if annotated and len(targets) == 1 else ir.Opaque(span, "missing")
                break
            if last.type != "assignment":
                value = self.expr(last)
                break
            current = last
        if len(targets) == 1:
            out.append(ir.Assign(span, self.pattern(targets[0]), value, "", "", annotation))
            return
        assert value is not None
        patterns = [self.pattern(target) for target in targets]
        if not isinstance(value, ir.Const | ir.Name):
            # A plain name takes the value first and the other targets read it, unless they use its old value.
            names = [target for target in patterns if isinstance(target, ir.Name)]
            free = (name for name in names[:8] if name is patterns[0] or not self.mentions(name, targets))
            holder = next(free, None) or ir.Name(value.span, _CHAINED_VALUE)
            out.append(ir.Assign(span, holder, value))
            patterns = [target for target in patterns if target is not holder]
            value = ir.Name(holder.span, holder.id)
        out.extend(ir.Assign(span, target, value) for target in patterns)

    def mentions(self, name: ir.Name, targets: list[TsNode]) -> bool:
        """Tell whether a target other than the name itself could read or set the name."""
        word = re.compile(rf"\b{re.escape(name.id)}\b")
        return any(target.start_byte != name.span.start and word.search(self.text(target)) for target in targets)

    def if_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        arms: list[tuple[ir.Span, ir.Expr, tuple[ir.Stmt, ...]]] = []
        otherwise: tuple[ir.Stmt, ...] = ()
        arms.append((_span(node), *self.arm(node)))
        for child in node.named_children:
            kind = child.type
            if kind == "elif_clause":
                arms.append((_span(child), *self.arm(child)))
            elif kind == "else_clause":
                otherwise = self.clause_body(child)
        if len(arms) > MAX_ELIF_CHAIN:
            cases = [ir.Case(span, (), body, None, test) for span, test, body in arms]
            if otherwise:
                cases.append(ir.Case(otherwise[0].span, (), otherwise))
            span = arms[0][0]
            out.append(ir.Switch(span, ir.Const(span, True), tuple(cases)))
            return
        for span, test, body in reversed(arms):
            otherwise = (ir.If(span, test, body, otherwise),)
        out.extend(otherwise)

    def arm(self, node: TsNode) -> tuple[ir.Expr, tuple[ir.Stmt, ...]]:
        """Return the test and the body of an `if`, `elif` or `while`."""
        test: ir.Expr | None = None
        body: tuple[ir.Stmt, ...] = ()
        for child in node.named_children:
            kind = child.type
            if kind == "block":
                body = self.block(child)
                break
            if test is None and kind not in _NOT_OPERANDS:
                test = self.expr(child)
        return test if test is not None else ir.Opaque(_span(node), "missing"), body

    def clause_body(self, node: TsNode) -> tuple[ir.Stmt, ...]:
        """Return the body of an `else` or `finally`."""
        for child in node.named_children:
            if child.type == "block":
                return self.block(child)
        return ()

    def otherwise(self, node: TsNode) -> tuple[ir.Stmt, ...]:
        for child in reversed(node.named_children):
            if child.type == "else_clause":
                return self.clause_body(child)
        return ()

    def for_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(
            ir.Loop(
                _span(node),
                "each",
                self.block(node.child_by_field_name("body")),
                self.pattern(node.child_by_field_name("left")),
                self.expr_or_opaque(node.child_by_field_name("right"), node),
                otherwise=self.otherwise(node),
                is_async=node.children[0].type == "async",
            )
        )

    def while_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        test, body = self.arm(node)
        out.append(ir.Loop(_span(node), "while", body, test=test, otherwise=self.otherwise(node)))

    def try_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        body: tuple[ir.Stmt, ...] = ()
        handlers: list[ir.Handler] = []
        otherwise: tuple[ir.Stmt, ...] = ()
        final: tuple[ir.Stmt, ...] = ()
        for child in node.named_children:
            kind = child.type
            if kind == "block":
                body = self.block(child)
            elif kind == "except_clause":
                handlers.append(self.handler(child))
            elif kind == "else_clause":
                otherwise = self.clause_body(child)
            elif kind == "finally_clause":
                final = self.clause_body(child)
        out.append(ir.Try(_span(node), body, tuple(handlers), otherwise, final))

    def handler(self, node: TsNode) -> ir.Handler:
        types: list[ir.Expr] = []
        target: ir.Pattern | None = None
        body: tuple[ir.Stmt, ...] = ()
        for child in node.named_children:
            kind = child.type
            if kind in _NOT_OPERANDS:
                continue
            if kind == "block":
                body = self.block(child)
                continue
            if kind == "as_pattern":
                value, target = self.with_item(child)
            else:
                value = self.expr(child)
            if isinstance(value, ir.List):
                types.extend(value.items)
            else:
                types.append(value)
        return ir.Handler(_span(node), tuple(types), target, body)

    def with_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        items: list[tuple[ir.Expr, ir.Pattern | None]] = []
        body: tuple[ir.Stmt, ...] = ()
        for child in node.named_children:
            kind = child.type
            if kind == "block":
                body = self.block(child)
            elif kind == "with_clause":
                for item in child.named_children:
                    value = _first(item) if item.type == "with_item" else None
                    if value is not None:
                        items.append(self.with_item(value))
        out.append(ir.With(_span(node), tuple(items), body, node.children[0].type == "async"))

    def with_item(self, node: TsNode) -> tuple[ir.Expr, ir.Pattern | None]:
        """Return the two sides of `value as target`, in parentheses or not."""
        while node.type == "parenthesized_expression":
            inner = _first(node)
            if inner is None or inner.type not in ("as_pattern", "parenthesized_expression"):
                break
            node = inner
        if node.type != "as_pattern":
            return self.expr(node), None
        parts = _operands(node, 2)
        if len(parts) != 2:
            return self.opaque(node), None
        return self.expr(parts[0]), self.pattern(parts[1])

    def return_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = _first(node)
        out.append(ir.Return(_span(node), self.expr(inner) if inner is not None else None))

    def raise_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = _first(node)
        value = self.expr(inner) if inner is not None else None
        if inner is not None and inner.type == "expression_list" and isinstance(value, ir.List) and value.items:
            value = value.items[0]  # Python 2: raise Type, argument
        if inner is not None and inner == node.child_by_field_name("cause"):
            value = None
        out.append(ir.Raise(_span(node), value))

    def assert_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = _first(node)
        if inner is not None:
            out.append(ir.Assert(_span(node), self.expr(inner)))

    def break_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.Break(_span(node)))

    def continue_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.Continue(_span(node)))

    def nothing(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """Lower `pass` and type aliases."""

    def call_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """Lower Python 2's `print` and `exec`, which are calls without parentheses."""
        span = _span(node)
        word = node.children[0]
        args: list[ir.Arg] = []
        for child in node.named_children:
            if child.type in _NOT_OPERANDS:
                continue
            if child.type == "chevron":
                value = self.inner(child)
                args.append(ir.Arg(value.span, value, "file"))
            else:
                value = self.expr(child)
                args.append(ir.Arg(value.span, value))
        func = ir.Name(_span(word), word.type)
        out.append(ir.ExprStmt(span, ir.Call(span, func, tuple(args))))

    def scope(self, node: TsNode, out: list[ir.Stmt]) -> None:
        kind = "global" if node.type == "global_statement" else "nonlocal"
        names = tuple(self.text(child) for child in node.named_children if child.type == "identifier")
        out.append(ir.Scope(_span(node), kind, names))

    def delete(self, node: TsNode, out: list[ir.Stmt]) -> None:
        targets: list[ir.Pattern] = []
        pending: list[ir.Pattern | None] = [
            self.pattern(child) for child in node.named_children if child.type not in _NOT_OPERANDS
        ]
        while pending:
            target = pending.pop(0)
            if isinstance(target, ir.ListPattern):
                pending[:0] = target.items
            elif target is not None:
                targets.append(target)
        out.append(ir.Delete(_span(node), tuple(targets)))

    def import_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = _span(node)
        for child in node.named_children:
            kind = child.type
            if kind == "dotted_name":
                module = self.dotted_text(child)
                out.append(ir.Import(span, module, (("*", module.partition(".")[0]),), binds_root="." in module))
            elif kind == "aliased_import":
                module, local = self.alias(child)
                out.append(ir.Import(span, module, (("*", local),)))

    def import_from(self, node: TsNode, out: list[ir.Stmt]) -> None:
        module = "__future__" if node.type == "future_import_statement" else ""
        names: list[tuple[str, str]] = []
        for child in node.named_children:
            kind = child.type
            if kind in ("dotted_name", "relative_import") and not module:
                module = self.dotted_text(child)
            elif kind == "dotted_name":
                name = self.dotted_text(child)
                names.append((name, name))
            elif kind == "aliased_import":
                names.append(self.alias(child))
            elif kind == "wildcard_import":
                names.append(("**", "**"))
        out.append(ir.Import(_span(node), module, tuple(names)))

    def alias(self, node: TsNode) -> tuple[str, str]:
        parts = _operands(node, 2)
        name = self.dotted_text(parts[0]) if parts else ""
        return name, self.text(parts[1]) if len(parts) > 1 else name

    def dotted_text(self, node: TsNode) -> str:
        text = self.text(node)
        return text if text.isidentifier() else _SPACES.sub("", text)

    # ------------------------------------------------------------ match

    def match_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        subjects: list[ir.Expr] = []
        cases: list[ir.Case] = []
        for child in node.named_children:
            kind = child.type
            if kind == "block":
                cases.extend(self.case(arm) for arm in child.named_children if arm.type == "case_clause")
            elif kind == "case_clause":
                cases.append(self.case(child))
            elif kind not in _NOT_OPERANDS:
                subjects.append(self.expr(child))
        span = _span(node)
        subject = subjects[0] if len(subjects) == 1 else ir.List(span, tuple(subjects), "tuple")
        out.append(ir.Switch(span, subject, tuple(cases)))

    def case(self, node: TsNode) -> ir.Case:
        span = _span(node)
        patterns: list[TsNode] = []
        guard: ir.Expr | None = None
        body: tuple[ir.Stmt, ...] = ()
        for child in node.named_children:
            kind = child.type
            if kind == "case_pattern":
                patterns.append(child)
            elif kind == "if_clause":
                guard = self.inner(child)
            elif kind == "block":
                body = self.block(child)
        several = len(patterns) > 1 or any(child.type == "," for child in node.children)
        arm = _Arm(self)
        if several:
            tests, pattern = arm.sequence(node, patterns, "tuple_pattern")
        elif patterns:
            tests, pattern = arm.of(patterns[0])
        else:
            tests, pattern = (ir.Opaque(span, "missing"),), None
        return ir.Case(span, tests or (), (*arm.unpacking, *body), pattern, guard)

    # ------------------------------------------------------------ definitions

    def function_definition(self, node: TsNode, out: list[ir.Stmt]) -> None:
        function = self.function(node, ())
        out.append(ir.FunctionDef(function.span, function))

    def class_definition(self, node: TsNode, out: list[ir.Stmt]) -> None:
        definition = self.class_(node, ())
        out.append(ir.ClassDef(definition.span, definition))

    def decorated(self, node: TsNode, out: list[ir.Stmt]) -> None:
        decorators: list[ir.Expr] = []
        for child in node.named_children:
            kind = child.type
            if kind == "decorator":
                decorators.append(self.inner(child))
            elif kind == "class_definition":
                definition = self.class_(child, tuple(decorators))
                out.append(ir.ClassDef(definition.span, definition))
            elif kind == "function_definition":
                function = self.function(child, tuple(decorators))
                out.append(ir.FunctionDef(function.span, function))

    def function(self, node: TsNode, decorators: tuple[ir.Expr, ...]) -> ir.Function:
        name = ""
        params: tuple[ir.Param, ...] = ()
        returns: ir.Expr | None = None
        body: tuple[ir.Stmt, ...] = ()
        outer_yields = self.yields
        self.yields = False
        for child in node.named_children:
            kind = child.type
            if kind == "identifier":
                name = self.text(child)
            elif kind == "parameters":
                params = self.params(child)
            elif kind == "type":
                returns = self.type(child)
            elif kind == "block":
                body = self.block(child)
        is_generator = self.yields
        self.yields = outer_yields
        is_async = node.children[0].type == "async"
        return ir.Function(_span(node), name, params, body, "function", is_async, is_generator, decorators, returns)

    def params(self, node: TsNode) -> tuple[ir.Param, ...]:
        found: list[ir.Param] = []
        how = "positional"
        for child in node.named_children:
            kind = child.type
            if kind == "identifier":
                name = self.name(child)
                found.append(ir.Param(name.span, name, None, how))
            elif kind in _EXTRAS or kind in ("positional_separator", "ERROR"):
                continue
            elif kind == "keyword_separator":
                how = "keyword"
            else:
                param = self.param(child, kind, how)
                found.append(param)
                if param.kind == "rest":
                    how = "keyword"
        return tuple(found)

    def param(self, node: TsNode, kind: str, how: str) -> ir.Param:
        """Return a parameter that is more than a name."""
        span = _span(node)
        if kind in ("list_splat_pattern", "dictionary_splat_pattern"):
            return ir.Param(span, self.pattern(_first(node)), None, "rest" if kind[0] == "l" else "kwrest")
        if kind == "tuple_pattern":
            return ir.Param(span, self.pattern(node), None, how)
        parts = _operands(node, 3)
        target = self.pattern(parts[0] if parts else None)
        if parts and parts[0].type in ("list_splat_pattern", "dictionary_splat_pattern"):
            target = self.pattern(_first(parts[0]))
            how = "rest" if parts[0].type[0] == "l" else "kwrest"
        annotation: ir.Expr | None = None
        default: ir.Expr | None = None
        for part in parts[1:]:
            if part.type == "type":
                annotation = self.type(part)
            else:
                default = self.expr(part)
        return ir.Param(span, target, default, how, annotation)

    def class_(self, node: TsNode, decorators: tuple[ir.Expr, ...]) -> ir.Class:
        name = ""
        bases: list[ir.Expr] = []
        keywords: list[ir.Arg] = []
        fields: list[ir.Field] = []
        methods: list[ir.Function] = []
        body: list[ir.Stmt] = []
        for child in node.named_children:
            kind = child.type
            if kind == "identifier":
                name = self.text(child)
            elif kind == "argument_list":
                for arg in self.args(child):
                    if arg.name is not None or arg.spread == "**":
                        keywords.append(arg)
                    else:
                        bases.append(ir.Spread(arg.span, arg.value) if arg.spread else arg.value)
            elif kind == "block":
                for stmt in self.block(child):
                    if isinstance(stmt, ir.FunctionDef):
                        methods.append(_method(stmt.function))
                    elif isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name) and not stmt.op:
                        fields.append(ir.Field(stmt.span, stmt.target.id, stmt.value, True, stmt.annotation))
                    else:
                        body.append(stmt)
        return ir.Class(
            _span(node), name, tuple(bases), tuple(fields), tuple(methods), decorators, tuple(keywords), tuple(body)
        )

    # ------------------------------------------------------------ annotations

    def type(self, node: TsNode) -> ir.Expr | None:
        """Return an annotation as an expression, or None when it says nothing."""
        kind = node.type
        if kind in ("identifier", "attribute"):
            return self.expr(node)
        if self.depth >= MAX_SYNTAX_DEPTH:
            return None
        self.depth += 1
        found: ir.Expr | None
        if kind in ("type", "parenthesized_expression"):
            inner = _first(node)
            found = self.type(inner) if inner is not None else None
        elif kind == "string":
            found = self.quoted_type(node)
        elif kind in ("generic_type", "subscript"):
            found = self.generic_type(node)
        elif kind in ("binary_operator", "union_type"):
            found = None
            for side in _operands(node, 2):
                lowered = self.type(side)
                if lowered is not None and not isinstance(lowered, ir.Const):
                    found = lowered
                    break
        elif kind == "member_type":
            parts = _operands(node, 2)
            owner = self.type(parts[0]) if parts else None
            member = self.text(parts[1]) if len(parts) > 1 else ""
            found = ir.Attribute(_span(node), owner, member) if owner is not None else None
        elif kind in ("splat_type", "constrained_type"):
            inner = _first(node)
            found = self.type(inner) if inner is not None else None
        else:
            found = self.expr(node)
        self.depth -= 1
        return found

    def generic_type(self, node: TsNode) -> ir.Expr | None:
        base: ir.Expr | None = None
        arguments: list[TsNode] = []
        for child in node.named_children:
            kind = child.type
            if kind in _NOT_OPERANDS:
                continue
            if base is None:
                base = self.type(child)
                if base is None:
                    return None
            elif kind == "type_parameter":
                arguments.extend(each for each in child.named_children if each.type not in _NOT_OPERANDS)
            else:
                arguments.append(child)
        if base is None:
            return None
        name = base.id if isinstance(base, ir.Name) else base.name if isinstance(base, ir.Attribute) else ""
        items: list[ir.Expr] = []
        for position, argument in enumerate(arguments):
            # What follows the type in Annotated, and the values of a Literal, are no types.
            if name == "Literal" or (name == "Annotated" and position):
                inner = _first(argument) if argument.type == "type" else argument
                items.append(self.expr(inner) if inner is not None else self.opaque(argument))
            else:
                item = self.type(argument)
                if item is not None:
                    items.append(item)
        if not items:
            return base
        if name in _ONE_OF:
            return next((item for item in items if not isinstance(item, ir.Const)), items[0])
        span = _span(node)
        return ir.Index(span, base, items[0] if len(items) == 1 else ir.List(span, tuple(items)))

    def quoted_type(self, node: TsNode) -> ir.Expr | None:
        """Return the type that a string annotation names."""
        content = [child for child in node.named_children if child.type == "string_content"]
        if len(content) != 1 or content[0].end_byte - content[0].start_byte > MAX_QUOTED_TYPE or content[0].has_error:
            return None
        inner = content[0]
        text = self.text(inner)
        if _DOTTED.fullmatch(text):
            return self.dotted(inner)
        if "\\" in text or '"' in text or "'" in text:
            return None
        where = Range(inner.start_point, inner.end_point, inner.start_byte, inner.end_byte)
        root = parse(Parser(_language(), included_ranges=[where]), self.source)
        statement = _first(root)
        if root.has_error or statement is None or statement.type != "expression_statement":
            return None
        expression = _first(statement)
        return self.type(expression) if expression is not None and expression.type in _TYPE_LIKE else None

    # ------------------------------------------------------------ patterns

    def pattern(self, node: TsNode | None) -> ir.Pattern:
        """Return the target of an assignment."""
        if node is None:
            return ir.Opaque(ir.NO_SPAN, "missing")
        kind = node.type
        if kind == "identifier":
            return self.name(node)
        if kind in ("attribute", "subscript"):
            lowered = self.expr(node)
            return (
                lowered if isinstance(lowered, ir.Attribute | ir.Index) else ir.Opaque(lowered.span, kind, (lowered,))
            )
        if self.depth >= MAX_SYNTAX_DEPTH:
            return ir.Opaque(_span(node), "too deep")
        self.depth += 1
        found: ir.Pattern
        if kind in ("parenthesized_expression", "as_pattern_target"):
            found = self.pattern(_first(node))
        elif kind in _LIST_KINDS:
            items: list[ir.Pattern | None] = []
            rest = -1
            for child in node.named_children:
                child_kind = child.type
                if child_kind in _NOT_OPERANDS:
                    continue
                if child_kind in ("list_splat_pattern", "list_splat"):
                    rest = len(items)
                    items.append(self.pattern(_first(child)))
                else:
                    items.append(self.pattern(child))
            if len(items) == 1 and kind == "tuple_pattern" and not any(child.type == "," for child in node.children):
                found = items[0] or ir.Opaque(_span(node), kind)  # only parentheses
            else:
                found = ir.ListPattern(_span(node), tuple(items), rest)
        else:
            lowered = self.expr(node)
            if isinstance(lowered, ir.Name | ir.Attribute | ir.Index | ir.Opaque):
                found = lowered
            else:
                found = ir.Opaque(lowered.span, kind, (lowered,))
        self.depth -= 1
        return found

    # ------------------------------------------------------------ expressions

    def expr(self, node: TsNode) -> ir.Expr:
        """Return an expression."""
        kind = node.type
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf(self, node)
        if self.depth >= MAX_SYNTAX_DEPTH:
            return ir.Opaque(_span(node), "too deep")
        self.depth += 1
        found = _EXPRESSIONS.get(kind, _Python.opaque)(self, node)
        self.depth -= 1
        return found

    def expr_or_opaque(self, node: TsNode | None, holder: TsNode) -> ir.Expr:
        return self.expr(node) if node is not None else ir.Opaque(_span(holder), "missing")

    def inner(self, node: TsNode) -> ir.Expr:
        """Return the one expression inside a node that adds nothing to it."""
        inner = _first(node)
        return self.expr(inner) if inner is not None else ir.Opaque(_span(node), "missing")

    def opaque(self, node: TsNode) -> ir.Opaque:
        children = tuple(
            self.expr(child) for child in node.named_children if child.type in _EXPRESSIONS or child.type in _LEAVES
        )
        return ir.Opaque(_span(node), node.type, children)

    def name(self, node: TsNode) -> ir.Name:
        start = node.start_byte
        end = node.end_byte
        line, column = node.start_point
        raw = self.source[start:end]
        text = self.names.get(raw)
        if text is None:
            text = self.names[raw] = raw.decode(self.encoding, "replace")
        return ir.Name(_new_tuple(ir.Span, (start, end, line + 1, column, line + 1, column + end - start)), text)

    def dotted(self, node: TsNode) -> ir.Expr:
        span = _span(node)
        first, *rest = self.dotted_text(node).split(".")
        result: ir.Expr = ir.Name(span, first)
        for part in rest[:MAX_SYNTAX_DEPTH]:
            result = ir.Attribute(span, result, part)
        return result

    def constant(self, node: TsNode) -> ir.Expr:
        return ir.Const(_span(node), _CONSTANTS[node.type])

    def number(self, node: TsNode) -> ir.Expr:
        value = _number(self.text(node))
        return ir.Const(_span(node), value) if value is not None else ir.Opaque(_span(node), node.type)

    def string(self, node: TsNode) -> ir.Expr:
        text = self.text(node)
        start = _STRING_START.match(text)
        if start is None:
            return ir.Opaque(_span(node), "string")
        prefix, quote = start[1].lower(), start[2]
        if "f" in prefix or "t" in prefix:
            return self.format_string(node, prefix)
        end = len(text) - len(quote) if text.endswith(quote) and len(text) >= start.end() + len(quote) else len(text)
        value = _cook(text[start.end() : end], prefix)
        return ir.Const(_span(node), value.encode("latin-1", "replace") if "b" in prefix else value)

    def format_string(self, node: TsNode, prefix: str) -> ir.Expr:
        parts: list[ir.Expr] = []
        holes = False
        for child in node.named_children:
            kind = child.type
            if kind == "string_content":
                raw = self.text(child)
                if "{{" in raw or "}}" in raw:
                    raw = raw.replace("{{", "{").replace("}}", "}")
                parts.append(ir.Const(_span(child), _cook(raw, prefix)))
            elif kind == "interpolation":
                holes = True
                self.interpolation(child, parts)
        if holes:
            return ir.Template(_span(node), tuple(parts))
        return ir.Const(_span(node), "".join(str(part.value) for part in parts if isinstance(part, ir.Const)))

    def interpolation(self, node: TsNode, parts: list[ir.Expr]) -> None:
        """Add the expression of one hole, after its own text for the `{x=}` form."""
        expression = _first(node)
        if expression is None or expression.type in ("type_conversion", "format_specifier"):
            parts.append(self.opaque(node))
            return
        for child in node.children:
            if child.type == "=":
                span = _span(child)
                text = self.source[node.start_byte + 1 : child.end_byte].decode(self.encoding, "replace")
                parts.append(ir.Const(span, text))
        parts.append(self.expr(expression))

    def concatenated(self, node: TsNode) -> ir.Expr:
        pieces = [self.string(child) for child in node.named_children if child.type == "string"]
        span = _span(node)
        values = [piece.value for piece in pieces if isinstance(piece, ir.Const)]
        if len(values) == len(pieces):
            strings = [value for value in values if isinstance(value, str)]
            if len(strings) == len(values):
                return ir.Const(span, "".join(strings))
            octets = [value for value in values if isinstance(value, bytes)]
            if len(octets) == len(values):
                return ir.Const(span, b"".join(octets))
        parts: list[ir.Expr] = []
        for piece in pieces:
            parts.extend(piece.parts if isinstance(piece, ir.Template) else (piece,))
        return ir.Template(span, tuple(parts))

    def attribute(self, node: TsNode) -> ir.Expr:
        parts = _operands(node, 2)
        if len(parts) != 2:
            return self.opaque(node)
        raw = self.source[parts[1].start_byte : parts[1].end_byte]
        name = self.names.get(raw)
        if name is None:
            name = self.names[raw] = raw.decode(self.encoding, "replace")
        return ir.Attribute(_span(node), self.expr(parts[0]), name)

    def subscript(self, node: TsNode) -> ir.Expr:
        parts = _operands(node, 2)
        if len(parts) < 2:
            return self.opaque(node)
        span = _span(node)
        value = self.expr(parts[0])
        if len(parts) == 2 and parts[1].type != "list_splat":
            # x[a,] has one index and a comma; rare enough to look at the text.
            index = self.expr(parts[1])
            if not self.source[parts[1].end_byte : span.end].lstrip().startswith(b","):
                return ir.Index(span, value, index)
            return ir.Index(span, value, ir.List(index.span, (index,), "tuple"))
        return ir.Index(span, value, ir.List(span, tuple(self.expr(part) for part in parts[1:]), "tuple"))

    def slice(self, node: TsNode) -> ir.Expr:
        bounds: list[ir.Expr | None] = [None]
        for child in node.children:
            kind = child.type
            if kind == ":":
                bounds.append(None)
            elif kind not in _NOT_OPERANDS:
                bounds[-1] = self.expr(child)
        return ir.Slice(_span(node), bounds[0], bounds[1] if len(bounds) > 1 else None)

    def call(self, node: TsNode) -> ir.Expr:
        parts = _operands(node, 2)
        if len(parts) != 2:
            return self.opaque(node)
        func = self.expr(parts[0])
        arguments = parts[1]
        if arguments.type == "argument_list":
            return ir.Call(_span(node), func, self.args(arguments))
        value = self.expr(arguments)
        return ir.Call(_span(node), func, (ir.Arg(value.span, value),))

    def args(self, node: TsNode) -> tuple[ir.Arg, ...]:
        found: list[ir.Arg] = []
        for child in node.named_children:
            kind = child.type
            if kind == "keyword_argument":
                parts = _operands(child, 2)
                if len(parts) == 2:
                    found.append(ir.Arg(_span(child), self.expr(parts[1]), self.text(parts[0])))
            elif kind == "list_splat":
                found.append(ir.Arg(_span(child), self.inner(child), None, "*"))
            elif kind == "dictionary_splat":
                found.append(ir.Arg(_span(child), self.inner(child), None, "**"))
            elif kind == "parenthesized_list_splat":
                found.append(ir.Arg(_span(child), self.splat(child), None, "*"))
            elif kind not in _NOT_OPERANDS:
                value = self.expr(child)
                found.append(ir.Arg(value.span, value))
        return tuple(found)

    def splat(self, node: TsNode) -> ir.Expr:
        """Return what `(*value)` spreads."""
        inner = _first(node)
        while inner is not None and inner.type in ("list_splat", "parenthesized_list_splat"):
            node, inner = inner, _first(inner)
        return self.expr_or_opaque(inner, node)

    def spread(self, node: TsNode) -> ir.Expr:
        return ir.Spread(_span(node), self.splat(node))

    def list_(self, node: TsNode) -> ir.Expr:
        items = [self.item(child) for child in node.named_children if child.type not in _NOT_OPERANDS]
        return ir.List(_span(node), tuple(items), _LIST_KINDS[node.type])

    def item(self, node: TsNode) -> ir.Expr:
        """Return an item of a list. The grammar takes `*a.b` for a field of `*a`, but it is the field that is spread."""
        value = self.expr(node)
        if node.type not in _SPREADS and self.source[node.start_byte : node.start_byte + 1] == b"*":
            return ir.Spread(value.span, _without_spread(value))
        return value

    def dictionary(self, node: TsNode) -> ir.Expr:
        entries: list[ir.Entry] = []
        for child in node.named_children:
            kind = child.type
            if kind == "pair":
                parts = _operands(child, 2)
                if len(parts) == 2:
                    entries.append(ir.Entry(_span(child), self.expr(parts[0]), self.expr(parts[1])))
            elif kind == "dictionary_splat":
                entries.append(ir.Entry(_span(child), None, self.inner(child)))
        return ir.Object(_span(node), tuple(entries))

    def comprehension(self, node: TsNode) -> ir.Expr:
        element: ir.Expr | None = None
        key: ir.Expr | None = None
        clauses: list[ir.Clause] = []
        conditions: list[ir.Expr] = []
        head: TsNode | None = None
        for child in node.named_children:
            kind = child.type
            if kind == "for_in_clause":
                if head is not None:
                    clauses.append(self.clause(head, conditions))
                    conditions = []
                head = child
            elif kind == "if_clause":
                conditions.append(self.inner(child))
            elif kind == "pair":
                parts = _operands(child, 2)
                if len(parts) == 2:
                    key, element = self.expr(parts[0]), self.expr(parts[1])
            elif kind not in _NOT_OPERANDS:
                element = self.expr(child)
        if head is None or element is None:
            return self.opaque(node)
        clauses.append(self.clause(head, conditions))
        return ir.Comprehension(_span(node), _COMPREHENSION_KINDS[node.type], element, key, tuple(clauses))

    def clause(self, node: TsNode, conditions: list[ir.Expr]) -> ir.Clause:
        parts = _operands(node, 2)
        target = self.pattern(parts[0] if parts else None)
        if len(parts) == 2:
            iterable = self.expr(parts[1])
        else:
            # A Python 2 list: [x for x in 1, 2]
            iterable = ir.List(_span(node), tuple(self.expr(part) for part in parts[1:]), "tuple")
        return ir.Clause(_span(node), target, iterable, tuple(conditions))

    def lambda_(self, node: TsNode) -> ir.Expr:
        params: tuple[ir.Param, ...] = ()
        value: ir.Expr = ir.Opaque(_span(node), "missing")
        outer_yields = self.yields
        self.yields = False
        for child in node.named_children:
            kind = child.type
            if kind == "lambda_parameters":
                params = self.params(child)
            elif kind not in _NOT_OPERANDS:
                value = self.expr(child)
        is_generator = self.yields
        self.yields = outer_yields
        span = _span(node)
        body = (ir.Return(value.span, value),)
        return ir.Lambda(span, ir.Function(span, "", params, body, "function", is_generator=is_generator))

    def unary(self, node: TsNode) -> ir.Expr:
        return ir.Unary(_span(node), node.children[0].type, self.inner(node))

    def binary(self, node: TsNode) -> ir.Expr:
        """Lower a left-deep chain of arithmetic or logical operators without recursion on its length."""
        operators: list[tuple[str, ir.Span]] = []
        operands: list[ir.Expr] = []
        kind = node.type
        current = node
        while True:
            parts = current.children
            if len(parts) != 3:
                parts = [child for child in parts if child.type not in _NOT_OPERANDS]
                if len(parts) != 3:
                    operands.append(self.opaque(current))
                    break
            operators.append((parts[1].type, _span(current)))
            operands.append(self.expr(parts[2]))
            current = parts[0]
            if current.type != kind:
                operands.append(self.expr(current))
                break
        operands.reverse()
        operators.reverse()
        build = ir.Logical if kind == "boolean_operator" else ir.Binary
        first = operators[0][0] if operators else ""
        if len(operators) > MAX_OPERATOR_CHAIN:
            if first not in _ASSOCIATIVE or any(op != first for op, _ in operators):
                return ir.Opaque(_span(node), kind, tuple(operands))
            return _balanced(operands, lambda span, left, right: build(span, first, left, right))
        result = operands[0]
        for (op, span), operand in zip(operators, operands[1:], strict=True):
            result = build(span, op, result, operand)
        return result

    def comparison(self, node: TsNode) -> ir.Expr:
        parts = node.children
        if len(parts) != 3:
            parts = [child for child in parts if child.type not in _NOT_OPERANDS]
        span = _span(node)
        operands = [self.expr(part) for part in parts[::2]]
        operators = [part.type for part in parts[1::2]]
        if not operators or len(operands) != len(operators) + 1:
            return ir.Opaque(span, "comparison_operator", tuple(operands))
        links: list[ir.Expr] = [
            ir.Compare(
                span if len(operators) == 1 else _between(operands[index], operands[index + 1]),
                _COMPARE.get(op, op),
                operands[index],
                operands[index + 1],
            )
            for index, op in enumerate(operators)
        ]
        return _balanced(links, lambda between, left, right: ir.Logical(between, "and", left, right))

    def conditional(self, node: TsNode) -> ir.Expr:
        parts = _operands(node, 3)
        if len(parts) != 3:
            return self.opaque(node)
        then, test, otherwise = (self.expr(part) for part in parts)
        return ir.Conditional(_span(node), test, then, otherwise)

    def await_(self, node: TsNode) -> ir.Expr:
        return ir.Await(_span(node), self.inner(node))

    def yield_(self, node: TsNode) -> ir.Expr:
        self.yields = True
        inner = _first(node)
        delegate = any(child.type == "from" for child in node.children)
        return ir.Yield(_span(node), self.expr(inner) if inner is not None else None, delegate)

    def walrus(self, node: TsNode) -> ir.Expr:
        parts = _operands(node, 2)
        if len(parts) != 2:
            return self.opaque(node)
        return ir.AssignExpr(_span(node), self.pattern(parts[0]), self.expr(parts[1]))


class _Arm:
    """Lowers the pattern of one `case`."""

    def __init__(self, lowering: _Python) -> None:
        self.lowering = lowering
        self.unpacking: list[ir.Stmt] = []
        """Assignments to run first in the arm: the captures inside a pattern that is itself bound by `as`."""

    def of(self, node: TsNode) -> tuple[tuple[ir.Expr, ...] | None, ir.Pattern | None]:
        """Return the tests of a pattern (none when it matches anything) and the pattern of its captures."""
        lowering = self.lowering
        kind = node.type
        span = _span(node)
        if lowering.depth >= MAX_SYNTAX_DEPTH:
            return (ir.Opaque(span, "too deep"),), None
        lowering.depth += 1
        try:
            if kind in ("case_pattern", "union_pattern"):
                return self.alternatives(node)
            if kind == "dotted_name":
                name = lowering.dotted_text(node)
                return (None, ir.Name(span, name)) if "." not in name else ((lowering.dotted(node),), None)
            if kind == "as_pattern":
                return self.bound(node)
            if kind == "splat_pattern":
                inner = _first(node)
                return None, lowering.name(inner) if inner is not None and inner.type == "identifier" else None
            if kind in ("list_pattern", "tuple_pattern"):
                items = [child for child in node.named_children if child.type not in _NOT_OPERANDS]
                if kind == "tuple_pattern" and len(items) == 1 and not any(c.type == "," for c in node.children):
                    return self.of(items[0])  # only parentheses
                return self.sequence(node, items, kind)
            if kind == "dict_pattern":
                return self.mapping(node)
            if kind == "class_pattern":
                return self.instance(node)
            return (lowering.expr(node),), None
        finally:
            lowering.depth -= 1

    def alternatives(self, node: TsNode) -> tuple[tuple[ir.Expr, ...] | None, ir.Pattern | None]:
        tests: list[ir.Expr] = []
        captured: ir.Pattern | None = None
        anything = False
        negative: TsNode | None = None
        for child in node.children:
            kind = child.type
            if kind == "-":
                negative = child
            elif kind == "_":
                anything = True
            elif child.is_named and kind not in _NOT_OPERANDS:
                found, pattern = self.of(child)
                if found is None:
                    anything = True
                elif negative is not None:
                    tests.extend(ir.Unary(_span(child), "-", test) for test in found)
                else:
                    tests.extend(found)
                captured = captured or pattern
                negative = None
        return None if anything else tuple(tests) or (self.lowering.opaque(node),), captured

    def bound(self, node: TsNode) -> tuple[tuple[ir.Expr, ...] | None, ir.Pattern | None]:
        parts = _operands(node, 2)
        if len(parts) != 2:
            return (self.lowering.opaque(node),), None
        tests, inner = self.of(parts[0])
        name = self.lowering.pattern(parts[1])
        if inner is not None and isinstance(name, ir.Name):
            self.unpacking.append(ir.Assign(name.span, inner, ir.Name(name.span, name.id)))
        return tests, name

    def sequence(
        self, node: TsNode, items: list[TsNode], kind: str
    ) -> tuple[tuple[ir.Expr, ...] | None, ir.Pattern | None]:
        span = _span(node)
        tests: list[ir.Expr] = []
        targets: list[ir.Pattern | None] = []
        rest = -1
        for position, item in enumerate(items):
            inner = _first(item) if item.type == "case_pattern" else item
            if inner is not None and inner.type == "splat_pattern":
                rest = position
            found, pattern = self.of(item)
            tests.extend(found or ())
            targets.append(pattern)
        captured = ir.ListPattern(span, tuple(targets), rest) if any(targets) else None
        return (ir.Opaque(span, kind, tuple(tests)),), captured

    def mapping(self, node: TsNode) -> tuple[tuple[ir.Expr, ...] | None, ir.Pattern | None]:
        lowering = self.lowering
        span = _span(node)
        children: list[ir.Expr] = []
        entries: list[tuple[ir.Expr, ir.Pattern]] = []
        rest: ir.Pattern | None = None
        key: ir.Expr | None = None
        for child in node.named_children:
            kind = child.type
            if kind in _NOT_OPERANDS:
                continue
            if kind == "splat_pattern":
                _, rest = self.of(child)
            elif key is None:
                key = lowering.expr(child)
            else:
                found, pattern = self.of(child)
                children.append(key)
                children.extend(found or ())
                if pattern is not None:
                    entries.append((key, pattern))
                key = None
        captured = ir.ObjectPattern(span, tuple(entries), rest) if entries or rest is not None else None
        return (ir.Opaque(span, "dict_pattern", tuple(children)),), captured

    def instance(self, node: TsNode) -> tuple[tuple[ir.Expr, ...] | None, ir.Pattern | None]:
        lowering = self.lowering
        span = _span(node)
        children: list[ir.Expr] = []
        entries: list[tuple[ir.Expr, ir.Pattern]] = []
        positional: list[ir.Pattern | None] = []
        for child in node.named_children:
            inner = _first(child) if child.type == "case_pattern" else child
            if inner is None or inner.type in _NOT_OPERANDS:
                continue
            if inner.type == "dotted_name" and not children:
                children.append(lowering.dotted(inner))
            elif inner.type == "keyword_pattern":
                parts = _operands(inner, 2)
                if len(parts) == 2:
                    found, pattern = self.of(parts[1])
                    children.extend(found or ())
                    if pattern is not None:
                        entries.append((ir.Const(_span(parts[0]), lowering.text(parts[0])), pattern))
            else:
                found, pattern = self.of(child)
                children.extend(found or ())
                positional.append(pattern)
        test = ir.Opaque(span, "class_pattern", tuple(children))
        if entries:
            return (test,), ir.ObjectPattern(span, tuple(entries))
        kind = children[0].id if children and isinstance(children[0], ir.Name) else ""
        if len(positional) == 1 and positional[0] is not None and kind in _MATCHED_WHOLE:
            return (test,), positional[0]  # str(x), int(x): the subject itself
        return (test,), ir.ListPattern(span, tuple(positional)) if any(positional) else None


def _method(function: ir.Function) -> ir.Function:
    """Return a function of a class body with the kind that its name and decorators give it."""
    kind = _NAMED_METHOD_KINDS.get(function.name, "method")
    for node in function.decorators:
        inner = node.func if isinstance(node, ir.Call) else node
        if isinstance(inner, ir.Attribute):
            if inner.name in ("setter", "deleter"):
                kind = "setter"
            elif inner.name == "getter":
                kind = "getter"
            else:
                kind = _METHOD_KINDS.get(inner.name, kind)
        elif isinstance(inner, ir.Name):
            kind = _METHOD_KINDS.get(inner.id, kind)
    return ir.Function(
        function.span,
        function.name,
        function.params,
        function.body,
        kind,
        function.is_async,
        function.is_generator,
        function.decorators,
        function.returns,
    )


_TYPE_LIKE: Final = frozenset({"identifier", "attribute", "subscript", "binary_operator", "parenthesized_expression"})
_STATEMENTS: Final[dict[str, Callable[[Any, TsNode, list[ir.Stmt]], None]]] = {
    "expression_statement": _Python.expression_statement,
    "if_statement": _Python.if_statement,
    "for_statement": _Python.for_statement,
    "while_statement": _Python.while_statement,
    "try_statement": _Python.try_statement,
    "with_statement": _Python.with_statement,
    "match_statement": _Python.match_statement,
    "return_statement": _Python.return_statement,
    "raise_statement": _Python.raise_statement,
    "assert_statement": _Python.assert_statement,
    "break_statement": _Python.break_statement,
    "continue_statement": _Python.continue_statement,
    "pass_statement": _Python.nothing,
    "type_alias_statement": _Python.nothing,
    "print_statement": _Python.call_statement,
    "exec_statement": _Python.call_statement,
    "global_statement": _Python.scope,
    "nonlocal_statement": _Python.scope,
    "delete_statement": _Python.delete,
    "import_statement": _Python.import_statement,
    "import_from_statement": _Python.import_from,
    "future_import_statement": _Python.import_from,
    "function_definition": _Python.function_definition,
    "class_definition": _Python.class_definition,
    "decorated_definition": _Python.decorated,
}
_LEAVES: Final[dict[str, Callable[[Any, TsNode], ir.Expr]]] = {
    "identifier": _Python.name,
    "keyword_identifier": _Python.name,
    "dotted_name": _Python.dotted,
    "true": _Python.constant,
    "false": _Python.constant,
    "none": _Python.constant,
    "ellipsis": _Python.constant,
    "integer": _Python.number,
    "float": _Python.number,
}
"""Expressions without expressions inside, which need no depth check."""

_EXPRESSIONS: Final[dict[str, Callable[[Any, TsNode], ir.Expr]]] = {
    "string": _Python.string,
    "concatenated_string": _Python.concatenated,
    "attribute": _Python.attribute,
    "subscript": _Python.subscript,
    "slice": _Python.slice,
    "call": _Python.call,
    "list": _Python.list_,
    "tuple": _Python.list_,
    "set": _Python.list_,
    "expression_list": _Python.list_,
    "pattern_list": _Python.list_,
    "list_pattern": _Python.list_,
    "tuple_pattern": _Python.list_,
    "dictionary": _Python.dictionary,
    "list_comprehension": _Python.comprehension,
    "set_comprehension": _Python.comprehension,
    "dictionary_comprehension": _Python.comprehension,
    "generator_expression": _Python.comprehension,
    "lambda": _Python.lambda_,
    "unary_operator": _Python.unary,
    "not_operator": _Python.unary,
    "binary_operator": _Python.binary,
    "boolean_operator": _Python.binary,
    "comparison_operator": _Python.comparison,
    "conditional_expression": _Python.conditional,
    "await": _Python.await_,
    "yield": _Python.yield_,
    "named_expression": _Python.walrus,
    "parenthesized_expression": _Python.inner,
    "type": _Python.inner,
    "list_splat": _Python.spread,
    "list_splat_pattern": _Python.spread,
    "parenthesized_list_splat": _Python.spread,
}
