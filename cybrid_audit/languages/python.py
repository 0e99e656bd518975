"""Python to IR, on tree-sitter."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import tree_sitter_python
from tree_sitter import Language, Parser

from cybrid_audit import ir
from cybrid_audit.languages._tree import Lowering, TsNode, parse, syntax_errors

_ESCAPE = re.compile(r"\\(N\{[^}]*\}|U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[0-7]{1,3}|\r\n|.)", re.S)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "\n": "", "\r\n": "", "\\": "\\", "'": "'", '"': '"'}
_COMPARE = {"==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not", "<>"}
_METHOD_KINDS = {
    "staticmethod": "static",
    "classmethod": "classmethod",
    "property": "getter",
    "cached_property": "getter",
    "hybrid_property": "getter",
    "computed_field": "method",
}


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_python.language()))


def lower(path: str, source: bytes) -> ir.Module:
    """Return the IR of one Python file. Never raises; see `languages`."""
    root = parse(_parser(), source)
    lowering = _Python(source, path)
    body = lowering.statements(root.named_children)
    return ir.Module(lowering.span(root), path, "python", tuple(body), (), syntax_errors(root), source.startswith(b"#!"))


def _cook(text: str) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in "uU" and len(code) > 1:
            number = int(code[1:], 16)
            return chr(number) if number < 0x110000 else "\ufffd"
        if code[0] == "x" and len(code) == 3:
            return chr(int(code[1:], 16))
        if code in _ESCAPES:
            return _ESCAPES[code]
        if code.isdigit():
            return chr(int(code, 8))
        return match.group(0)

    return _ESCAPE.sub(replace, text)


def _number(text: str) -> int | float:
    text = text.replace("_", "").lower()
    try:
        if text[:2] in ("0x", "0o", "0b"):
            return int(text, 0)
        return int(text) if text.isdigit() else float(text.rstrip("j"))
    except ValueError:
        return 0


class _Python(Lowering):
    """Lowers one file."""

    # ------------------------------------------------------------ statements

    def statements(self, nodes: list[TsNode]) -> list[ir.Stmt]:
        found: list[ir.Stmt] = []
        for node in nodes:
            if node.type != "comment":
                self.statement(node, found)
        return found

    def body(self, node: TsNode | None) -> tuple[ir.Stmt, ...]:
        if node is None:
            return ()
        if node.type == "block":
            return tuple(self.statements(node.named_children))
        found: list[ir.Stmt] = []
        self.statement(node, found)
        return tuple(found)

    def statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        if not self.enter():
            out.append(ir.ExprStmt(self.span(node), ir.Opaque(self.span(node), "too deep")))
            return
        try:
            handler = _STATEMENTS.get(node.type)
            if handler is not None:
                handler(self, node, out)
            elif node.type == "ERROR":
                for child in node.named_children:
                    if child.type in _STATEMENTS:
                        self.statement(child, out)
            elif node.type in _EXPRESSIONS:
                out.append(ir.ExprStmt(self.span(node), self.expr(node)))
        finally:
            self.leave()

    def expression_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        for inner in node.named_children:
            kind = inner.type
            if kind == "comment":
                continue
            if kind == "assignment":
                self.assignment(inner, out)
            elif kind == "augmented_assignment":
                operator = inner.child_by_field_name("operator")
                op = self.text(operator)[:-1] if operator is not None else "+"
                out.append(
                    ir.Assign(
                        self.span(inner),
                        self.pattern(inner.child_by_field_name("left")),
                        self.expr(inner.child_by_field_name("right")),
                        "",
                        op,
                    )
                )
            else:
                out.append(ir.ExprStmt(self.span(inner), self.expr(inner)))

    def assignment(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        targets = [node.child_by_field_name("left")]
        annotation = node.child_by_field_name("type")
        right = node.child_by_field_name("right")
        while right is not None and right.type == "assignment":
            targets.append(right.child_by_field_name("left"))
            right = right.child_by_field_name("right")
        lowered_type = self.type(annotation) if annotation is not None else None
        if right is None:
            out.append(ir.Assign(span, self.pattern(targets[0]), None, "", "", lowered_type))
            return
        value = self.expr(right)
        out.append(ir.Assign(span, self.pattern(targets[0]), value, "", "", lowered_type))
        for target in targets[1:]:
            first = self.expr(targets[0]) if targets[0].type in ("identifier", "attribute") else value
            out.append(ir.Assign(span, self.pattern(target), first))

    def if_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        arms = [(node.child_by_field_name("condition"), node.child_by_field_name("consequence"), node)]
        otherwise: tuple[ir.Stmt, ...] = ()
        for child in node.named_children:
            if child.type == "elif_clause":
                arms.append((child.child_by_field_name("condition"), child.child_by_field_name("consequence"), child))
            elif child.type == "else_clause":
                otherwise = self.body(child.child_by_field_name("body"))
        for condition, consequence, holder in reversed(arms):
            otherwise = (ir.If(self.span(holder), self.expr(condition), self.body(consequence), otherwise),)
        out.extend(otherwise)

    def alternative(self, node: TsNode) -> tuple[ir.Stmt, ...]:
        for child in node.named_children:
            if child.type == "else_clause":
                return self.body(child.child_by_field_name("body"))
        return ()

    def for_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(
            ir.Loop(
                self.span(node),
                "each",
                self.body(node.child_by_field_name("body")),
                target=self.pattern(node.child_by_field_name("left")),
                iterable=self.expr(node.child_by_field_name("right")),
                otherwise=self.alternative(node),
                is_async=any(child.type == "async" for child in node.children),
            )
        )

    def while_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(
            ir.Loop(
                self.span(node),
                "while",
                self.body(node.child_by_field_name("body")),
                test=self.expr(node.child_by_field_name("condition")),
                otherwise=self.alternative(node),
            )
        )

    def try_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        handlers: list[ir.Handler] = []
        otherwise: tuple[ir.Stmt, ...] = ()
        final: tuple[ir.Stmt, ...] = ()
        for child in node.named_children:
            kind = child.type
            if kind in ("except_clause", "except_group_clause"):
                handlers.append(self.handler(child))
            elif kind == "else_clause":
                otherwise = self.body(child.child_by_field_name("body"))
            elif kind == "finally_clause":
                blocks = [each for each in child.named_children if each.type == "block"]
                final = self.body(blocks[0]) if blocks else ()
        out.append(ir.Try(self.span(node), self.body(node.child_by_field_name("body")), tuple(handlers), otherwise, final))

    def handler(self, node: TsNode) -> ir.Handler:
        types: list[ir.Expr] = []
        target: ir.Pattern | None = None
        body: tuple[ir.Stmt, ...] = ()
        for child in node.named_children:
            if child.type == "comment":
                continue
            if child.type == "block":
                body = self.body(child)
                continue
            value = child
            if child.type == "as_pattern":
                alias = child.child_by_field_name("alias")
                target = self.pattern(alias.named_children[0] if alias is not None and alias.named_children else alias)
                value = child.named_children[0]
            if value.type in ("tuple", "parenthesized_expression", "expression_list"):
                types.extend(self.expr(each) for each in value.named_children if each.type != "comment")
            elif not (target is not None and value.type == "as_pattern_target"):
                types.append(self.expr(value))
        return ir.Handler(self.span(node), tuple(types), target, body)

    def with_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        items: list[tuple[ir.Expr, ir.Pattern | None]] = []
        stack = [child for child in node.named_children if child.type == "with_clause"]
        for clause in stack:
            for item in clause.named_children:
                if item.type != "with_item":
                    continue
                value = item.child_by_field_name("value") or item.named_children[0]
                if value.type == "tuple" and len(clause.named_children) == 1:
                    for each in value.named_children:
                        items.append(self.with_item(each))
                else:
                    items.append(self.with_item(value))
        out.append(
            ir.With(
                self.span(node), tuple(items), self.body(node.child_by_field_name("body")), any(child.type == "async" for child in node.children)
            )
        )

    def with_item(self, node: TsNode) -> tuple[ir.Expr, ir.Pattern | None]:
        if node.type == "as_pattern":
            alias = node.child_by_field_name("alias")
            inner = alias.named_children[0] if alias is not None and alias.named_children else alias
            return self.expr(node.named_children[0]), self.pattern(inner)
        return self.expr(node), None

    def match_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        body = node.child_by_field_name("body")
        cases: list[ir.Case] = []
        for arm in body.named_children if body is not None else []:
            if arm.type != "case_clause":
                continue
            patterns = [child for child in arm.named_children if child.type == "case_pattern"]
            guard = arm.child_by_field_name("guard")
            tests: list[ir.Expr] = []
            captures: list[ir.Pattern] = []
            for pattern in patterns:
                self.case_pattern(pattern, tests, captures)
            bound = captures[0] if len(captures) == 1 and not tests else None
            guard_expr = None
            if guard is not None:
                inner = self.first(guard)
                guard_expr = self.expr(inner) if inner is not None else None
            cases.append(ir.Case(self.span(arm), tuple(tests), self.body(arm.child_by_field_name("consequence")), bound, guard_expr))
        subject = node.child_by_field_name("subject")
        out.append(ir.Switch(self.span(node), self.expr(subject), tuple(cases)))

    def case_pattern(self, node: TsNode, tests: list[ir.Expr], captures: list[ir.Pattern]) -> None:
        inner = self.first(node)
        if inner is None:
            if self.text(node).strip() != "_":
                tests.append(ir.Opaque(self.span(node), "pattern"))
            return
        kind = inner.type
        if kind == "union_pattern":
            for child in inner.named_children:
                if child.type == "case_pattern":
                    self.case_pattern(child, tests, captures)
                else:
                    tests.append(self.expr(child) if child.type in _EXPRESSIONS else ir.Opaque(self.span(child), child.type))
        elif kind == "dotted_name" and "." not in self.text(inner):
            if self.text(inner) != "_":
                captures.append(ir.Name(self.span(inner), self.text(inner)))
        elif kind == "dotted_name":
            tests.append(self.dotted(inner))
        elif kind in _EXPRESSIONS:
            tests.append(self.expr(inner))
        else:
            tests.append(ir.Opaque(self.span(inner), kind))

    def return_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.first(node)
        out.append(ir.Return(self.span(node), self.expr(inner) if inner is not None else None))

    def raise_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.first(node)
        out.append(ir.Raise(self.span(node), self.expr(inner) if inner is not None else None))

    def first(self, node: TsNode) -> TsNode | None:
        for child in node.named_children:
            if child.type != "comment":
                return child
        return None

    def assert_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.first(node)
        if inner is not None:
            out.append(ir.Assert(self.span(node), self.expr(inner)))

    def simple(self, node: TsNode, out: list[ir.Stmt]) -> None:
        if node.type == "break_statement":
            out.append(ir.Break(self.span(node)))
        elif node.type == "continue_statement":
            out.append(ir.Continue(self.span(node)))

    def scope(self, node: TsNode, out: list[ir.Stmt]) -> None:
        kind = "global" if node.type == "global_statement" else "nonlocal"
        out.append(ir.Scope(self.span(node), kind, tuple(self.text(child) for child in node.named_children if child.type == "identifier")))

    def delete(self, node: TsNode, out: list[ir.Stmt]) -> None:
        targets: list[ir.Pattern] = []
        for child in node.named_children:
            for each in child.named_children if child.type == "expression_list" else [child]:
                targets.append(self.pattern(each))
        out.append(ir.Delete(self.span(node), tuple(targets)))

    def import_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        for child in node.named_children:
            if child.type == "dotted_name":
                name = self.text(child)
                out.append(ir.Import(span, name, (("*", name.split(".")[0]),), binds_root="." in name))
            elif child.type == "aliased_import":
                name = self.text(child.child_by_field_name("name"))
                out.append(ir.Import(span, name, (("*", self.text(child.child_by_field_name("alias"))),)))

    def import_from(self, node: TsNode, out: list[ir.Stmt]) -> None:
        module_node = node.child_by_field_name("module_name")
        module = self.text(module_node).replace(" ", "") if module_node is not None else ""
        names: list[tuple[str, str]] = []
        for child in node.named_children:
            if module_node is not None and child.start_byte == module_node.start_byte:
                continue
            if child.type == "dotted_name":
                names.append((self.text(child), self.text(child)))
            elif child.type == "aliased_import":
                names.append((self.text(child.child_by_field_name("name")), self.text(child.child_by_field_name("alias"))))
            elif child.type == "wildcard_import":
                names.append(("**", "**"))
        if node.type == "future_import_statement":
            return
        out.append(ir.Import(self.span(node), module, tuple(names)))

    def function_definition(self, node: TsNode, out: list[ir.Stmt], decorators: tuple[ir.Expr, ...] = (), span: ir.Span | None = None) -> None:
        out.append(ir.FunctionDef(span or self.span(node), self.function(node, "function", decorators)))

    def class_definition(self, node: TsNode, out: list[ir.Stmt], decorators: tuple[ir.Expr, ...] = (), span: ir.Span | None = None) -> None:
        out.append(ir.ClassDef(span or self.span(node), self.klass(node, decorators)))

    def decorated(self, node: TsNode, out: list[ir.Stmt]) -> None:
        decorators = tuple(self.decorator(child) for child in node.named_children if child.type == "decorator")
        definition = node.child_by_field_name("definition")
        if definition is None:
            return
        if definition.type == "class_definition":
            self.class_definition(definition, out, decorators)
        else:
            self.function_definition(definition, out, decorators)

    def decorator(self, node: TsNode) -> ir.Expr:
        inner = self.first(node)
        return self.expr(inner) if inner is not None else ir.Opaque(self.span(node), "decorator")

    # ------------------------------------------------------------ definitions

    def function(self, node: TsNode, kind: str, decorators: tuple[ir.Expr, ...] = ()) -> ir.Function:
        name = node.child_by_field_name("name")
        params = node.child_by_field_name("parameters")
        returns = node.child_by_field_name("return_type")
        body_node = node.child_by_field_name("body")
        body = self.body(body_node)
        return ir.Function(
            self.span(node),
            self.text(name) if name is not None else "",
            tuple(self.params(params)) if params is not None else (),
            body,
            kind,
            any(child.type == "async" for child in node.children[:2]),
            _has_yield(body_node),
            decorators,
            self.type(returns) if returns is not None else None,
        )

    def params(self, node: TsNode) -> list[ir.Param]:
        found: list[ir.Param] = []
        keyword_only = False
        for child in node.named_children:
            kind = child.type
            span = self.span(child)
            how = "keyword" if keyword_only else "positional"
            if kind == "identifier":
                found.append(ir.Param(span, ir.Name(span, self.text(child)), None, how))
            elif kind in ("default_parameter", "typed_default_parameter"):
                name = child.child_by_field_name("name")
                annotation = child.child_by_field_name("type")
                found.append(
                    ir.Param(
                        span,
                        self.pattern(name),
                        self.expr(child.child_by_field_name("value")),
                        how,
                        self.type(annotation) if annotation is not None else None,
                    )
                )
            elif kind == "typed_parameter":
                inner = child.named_children[0]
                annotation = child.child_by_field_name("type")
                lowered = self.type(annotation) if annotation is not None else None
                if inner.type == "list_splat_pattern":
                    keyword_only = True
                    found.append(ir.Param(span, self.pattern(inner.named_children[0]), None, "rest", lowered))
                elif inner.type == "dictionary_splat_pattern":
                    found.append(ir.Param(span, self.pattern(inner.named_children[0]), None, "kwrest", lowered))
                else:
                    found.append(ir.Param(span, self.pattern(inner), None, how, lowered))
            elif kind == "list_splat_pattern":
                keyword_only = True
                found.append(ir.Param(span, self.pattern(child.named_children[0]), None, "rest"))
            elif kind == "dictionary_splat_pattern":
                found.append(ir.Param(span, self.pattern(child.named_children[0]), None, "kwrest"))
            elif kind == "keyword_separator":
                keyword_only = True
        return found

    def klass(self, node: TsNode, decorators: tuple[ir.Expr, ...]) -> ir.Class:
        name = node.child_by_field_name("name")
        bases: list[ir.Expr] = []
        keywords: list[ir.Arg] = []
        supers = node.child_by_field_name("superclasses")
        for child in supers.named_children if supers is not None else []:
            if child.type == "keyword_argument":
                keywords.append(self.arg(child))
            elif child.type != "comment":
                bases.append(self.expr(child))
        fields: list[ir.Field] = []
        methods: list[ir.Function] = []
        body: list[ir.Stmt] = []
        holder = node.child_by_field_name("body")
        for stmt in self.statements(holder.named_children if holder is not None else []):
            if isinstance(stmt, ir.FunctionDef):
                methods.append(_method(stmt.function))
            elif isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name) and not stmt.op:
                fields.append(ir.Field(stmt.span, stmt.target.id, stmt.value, True, stmt.annotation))
            elif not (isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Const)):
                body.append(stmt)
        return ir.Class(
            self.span(node),
            self.text(name) if name is not None else "",
            tuple(bases),
            tuple(fields),
            tuple(methods),
            decorators,
            tuple(keywords),
            tuple(body),
        )

    def type(self, node: TsNode) -> ir.Expr | None:
        """Return an annotation as an expression. A string annotation is parsed; `X | None` is `X`."""
        kind = node.type
        if kind == "type":
            inner = self.first(node)
            return self.type(inner) if inner is not None else None
        if kind == "string":
            text = self.text(node).strip("'\"")
            if re.fullmatch(r"[A-Za-z_][\w.]*", text):
                result: ir.Expr = ir.Name(self.span(node), text.split(".")[0])
                for part in text.split(".")[1:]:
                    result = ir.Attribute(self.span(node), result, part)
                return result
            return None
        if kind == "binary_operator":
            left = node.child_by_field_name("left")
            lowered = self.type(left)
            if isinstance(lowered, ir.Const) or lowered is None:
                return self.type(node.child_by_field_name("right"))
            return lowered
        if kind == "generic_type":
            base = self.type(node.named_children[0])
            items = [
                item
                for child in node.named_children[1:]
                for each in child.named_children
                if (item := self.type(each)) is not None
            ]
            if base is None or not items:
                return base
            if isinstance(base, ir.Name) and base.id in ("Optional", "Union"):
                return items[0]
            return ir.Index(self.span(node), base, items[0] if len(items) == 1 else ir.List(self.span(node), tuple(items)))
        if kind == "union_type":
            for child in node.named_children:
                lowered = self.type(child)
                if lowered is not None and not isinstance(lowered, ir.Const):
                    return lowered
            return None
        lowered = self.expr(node)
        if isinstance(lowered, ir.Index) and isinstance(lowered.object, ir.Name | ir.Attribute):
            name = lowered.object.id if isinstance(lowered.object, ir.Name) else lowered.object.name
            if name in ("Optional", "Union"):
                return lowered.index.items[0] if isinstance(lowered.index, ir.List) and lowered.index.items else lowered.index
        return lowered

    # ------------------------------------------------------------ patterns

    def pattern(self, node: TsNode | None) -> ir.Pattern:
        if node is None:
            return ir.Opaque(ir.NO_SPAN, "no pattern")
        span = self.span(node)
        kind = node.type
        if kind in ("identifier", "keyword_identifier"):
            return ir.Name(span, self.text(node))
        if kind in ("pattern_list", "tuple_pattern", "list_pattern", "tuple", "list", "expression_list"):
            items: list[ir.Pattern | None] = []
            rest = -1
            for child in node.named_children:
                if child.type == "comment":
                    continue
                if child.type in ("list_splat_pattern", "list_splat"):
                    rest = len(items)
                    items.append(self.pattern(child.named_children[0]))
                else:
                    items.append(self.pattern(child))
            return ir.ListPattern(span, tuple(items), rest)
        if kind in ("parenthesized_expression", "as_pattern_target"):
            return self.pattern(self.first(node))
        lowered = self.expr(node)
        return lowered if isinstance(lowered, ir.Name | ir.Attribute | ir.Index) else ir.Opaque(span, kind, (lowered,))

    # ------------------------------------------------------------ expressions

    def expr(self, node: TsNode | None) -> ir.Expr:
        if node is None:
            return ir.Opaque(ir.NO_SPAN, "nothing")
        if not self.enter():
            return ir.Opaque(self.span(node), "too deep")
        try:
            handler = _EXPRESSIONS.get(node.type)
            if handler is not None:
                return handler(self, node)
            return ir.Opaque(self.span(node), node.type, tuple(self.expr(child) for child in node.named_children if child.type in _EXPRESSIONS))
        finally:
            self.leave()

    def inner(self, node: TsNode) -> ir.Expr:
        return self.expr(self.first(node))

    def name(self, node: TsNode) -> ir.Expr:
        return ir.Name(self.span(node), self.text(node))

    def dotted(self, node: TsNode) -> ir.Expr:
        parts = self.text(node).split(".")
        result: ir.Expr = ir.Name(self.span(node), parts[0])
        for part in parts[1:]:
            result = ir.Attribute(self.span(node), result, part)
        return result

    def constant(self, node: TsNode) -> ir.Expr:
        value = {"true": True, "false": False, "none": None, "ellipsis": None}[node.type]
        return ir.Const(self.span(node), value)

    def number(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), _number(self.text(node)))

    def string(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        prefix = ""
        parts: list[ir.Expr] = []
        for child in node.children:
            kind = child.type
            if kind == "string_start":
                prefix = self.text(child).rstrip("'\"").lower()
            elif kind == "string_content":
                raw = self.text(child)
                text = raw if "r" in prefix else _cook(raw)
                if "f" in prefix or "t" in prefix:
                    text = text.replace("{{", "{").replace("}}", "}")
                parts.append(ir.Const(self.span(child), text))
            elif kind == "interpolation":
                expression = child.child_by_field_name("expression") or self.first(child)
                if expression is not None:
                    parts.append(self.expr(expression))
        if all(isinstance(part, ir.Const) and isinstance(part.value, str) for part in parts):
            text = "".join(str(part.value) for part in parts if isinstance(part, ir.Const))
            return ir.Const(span, text.encode("utf-8", "surrogatepass") if "b" in prefix else text)
        return ir.Template(span, tuple(parts))

    def concatenated(self, node: TsNode) -> ir.Expr:
        pieces = [self.string(child) for child in node.named_children if child.type == "string"]
        span = self.span(node)
        if all(isinstance(piece, ir.Const) and isinstance(piece.value, str) for piece in pieces):
            return ir.Const(span, "".join(str(piece.value) for piece in pieces if isinstance(piece, ir.Const)))
        if all(isinstance(piece, ir.Const) and isinstance(piece.value, bytes) for piece in pieces):
            return ir.Const(span, b"".join(piece.value for piece in pieces if isinstance(piece, ir.Const) and isinstance(piece.value, bytes)))
        parts: list[ir.Expr] = []
        for piece in pieces:
            parts.extend(piece.parts if isinstance(piece, ir.Template) else [piece])
        return ir.Template(span, tuple(parts))

    def attribute(self, node: TsNode) -> ir.Expr:
        chain: list[TsNode] = []
        current: TsNode | None = node
        while current is not None and current.type == "attribute":
            chain.append(current)
            current = current.child_by_field_name("object")
        result = self.expr(current)
        for each in reversed(chain):
            name = each.child_by_field_name("attribute")
            result = ir.Attribute(self.span(each), result, self.text(name) if name is not None else "")
        return result

    def subscript(self, node: TsNode) -> ir.Expr:
        value = node.child_by_field_name("value")
        items = [child for child in node.named_children if child.type != "comment" and child.start_byte != value.start_byte]
        span = self.span(node)
        lowered = [self.expr(item) for item in items]
        index = lowered[0] if len(lowered) == 1 else ir.List(span, tuple(lowered), "tuple")
        return ir.Index(span, self.expr(value), index)

    def slice(self, node: TsNode) -> ir.Expr:
        bounds: list[ir.Expr | None] = [None]
        for child in node.children:
            if child.type == ":":
                bounds.append(None)
            elif child.is_named and child.type != "comment":
                bounds[-1] = self.expr(child)
        return ir.Slice(self.span(node), bounds[0], bounds[1] if len(bounds) > 1 else None)

    def call(self, node: TsNode) -> ir.Expr:
        arguments = node.child_by_field_name("arguments")
        func = self.expr(node.child_by_field_name("function"))
        if arguments is not None and arguments.type == "generator_expression":
            return ir.Call(self.span(node), func, (ir.Arg(self.span(arguments), self.expr(arguments)),))
        args = tuple(self.arg(child) for child in (arguments.named_children if arguments is not None else []) if child.type != "comment")
        return ir.Call(self.span(node), func, args)

    def arg(self, node: TsNode) -> ir.Arg:
        kind = node.type
        span = self.span(node)
        if kind == "keyword_argument":
            name = node.child_by_field_name("name")
            return ir.Arg(span, self.expr(node.child_by_field_name("value")), self.text(name) if name is not None else None)
        if kind == "list_splat":
            return ir.Arg(span, self.inner(node), None, "*")
        if kind == "dictionary_splat":
            return ir.Arg(span, self.inner(node), None, "**")
        return ir.Arg(span, self.expr(node))

    def items(self, node: TsNode) -> tuple[ir.Expr, ...]:
        return tuple(
            ir.Spread(self.span(child), self.inner(child)) if child.type == "list_splat" else self.expr(child)
            for child in node.named_children
            if child.type != "comment"
        )

    def list(self, node: TsNode) -> ir.Expr:
        kind = {"tuple": "tuple", "set": "set", "expression_list": "tuple", "pattern_list": "tuple"}.get(node.type, "list")
        return ir.List(self.span(node), self.items(node), kind)

    def dictionary(self, node: TsNode) -> ir.Expr:
        entries: list[ir.Entry] = []
        for child in node.named_children:
            if child.type == "pair":
                entries.append(
                    ir.Entry(self.span(child), self.expr(child.child_by_field_name("key")), self.expr(child.child_by_field_name("value")))
                )
            elif child.type == "dictionary_splat":
                entries.append(ir.Entry(self.span(child), None, self.inner(child)))
        return ir.Object(self.span(node), tuple(entries))

    def comprehension(self, node: TsNode) -> ir.Expr:
        body = node.child_by_field_name("body")
        clauses: list[ir.Clause] = []
        conditions: list[list[ir.Expr]] = []
        heads: list[TsNode] = []
        for child in node.named_children:
            if child.type == "for_in_clause":
                heads.append(child)
                conditions.append([])
            elif child.type == "if_clause" and conditions:
                conditions[-1].append(self.inner(child))
        for head, tests in zip(heads, conditions, strict=True):
            clauses.append(
                ir.Clause(
                    self.span(head),
                    self.pattern(head.child_by_field_name("left")),
                    self.expr(head.child_by_field_name("right")),
                    tuple(tests),
                )
            )
        kind = {
            "list_comprehension": "list",
            "set_comprehension": "set",
            "dictionary_comprehension": "dict",
            "generator_expression": "generator",
        }[node.type]
        key: ir.Expr | None = None
        if body is not None and body.type == "pair":
            key = self.expr(body.child_by_field_name("key"))
            body = body.child_by_field_name("value")
        return ir.Comprehension(self.span(node), kind, self.expr(body), key, tuple(clauses))

    def lambda_(self, node: TsNode) -> ir.Expr:
        params = node.child_by_field_name("parameters")
        body = node.child_by_field_name("body")
        span = self.span(node)
        function = ir.Function(
            span, "", tuple(self.params(params)) if params is not None else (), (ir.Return(self.span(body), self.expr(body)),), "function"
        )
        return ir.Lambda(span, function)

    def unary(self, node: TsNode) -> ir.Expr:
        operator = node.child_by_field_name("operator")
        return ir.Unary(self.span(node), self.text(operator) if operator is not None else "-", self.expr(node.child_by_field_name("argument")))

    def not_(self, node: TsNode) -> ir.Expr:
        return ir.Unary(self.span(node), "not", self.expr(node.child_by_field_name("argument")))

    def binary(self, node: TsNode) -> ir.Expr:
        chain: list[TsNode] = []
        current: TsNode | None = node
        while current is not None and current.type in ("binary_operator", "boolean_operator"):
            chain.append(current)
            current = current.child_by_field_name("left")
        result = self.expr(current)
        for each in reversed(chain):
            operator = each.child_by_field_name("operator")
            op = self.text(operator) if operator is not None else "+"
            other = self.expr(each.child_by_field_name("right"))
            if each.type == "boolean_operator":
                result = ir.Logical(self.span(each), op, result, other)
            else:
                result = ir.Binary(self.span(each), op, result, other)
        return result

    def comparison(self, node: TsNode) -> ir.Expr:
        operands: list[TsNode] = []
        operators: list[str] = []
        words: list[str] = []
        for child in node.children:
            if child.is_named and child.type != "comment" and child.type not in _COMPARE:
                if words:
                    operators.append(" ".join(words))
                    words = []
                operands.append(child)
            elif child.type != "comment":
                words.append(self.text(child))
        span = self.span(node)
        lowered = [self.expr(each) for each in operands]
        result: ir.Expr | None = None
        for index, op in enumerate(operators):
            name = {"not in": "not-in", "is not": "is-not", "<>": "!="}.get(op, op)
            if index + 1 >= len(lowered):
                break
            part = ir.Compare(span, name, lowered[index], lowered[index + 1])
            result = part if result is None else ir.Logical(span, "and", result, part)
        return result if result is not None else ir.Opaque(span, "comparison", tuple(lowered))

    def conditional(self, node: TsNode) -> ir.Expr:
        parts = [child for child in node.named_children if child.type != "comment"]
        if len(parts) < 3:
            return ir.Opaque(self.span(node), "conditional", tuple(self.expr(part) for part in parts))
        return ir.Conditional(self.span(node), self.expr(parts[1]), self.expr(parts[0]), self.expr(parts[2]))

    def await_(self, node: TsNode) -> ir.Expr:
        return ir.Await(self.span(node), self.inner(node))

    def yield_(self, node: TsNode) -> ir.Expr:
        inner = self.first(node)
        return ir.Yield(self.span(node), self.expr(inner) if inner is not None else None, any(child.type == "from" for child in node.children))

    def walrus(self, node: TsNode) -> ir.Expr:
        return ir.AssignExpr(self.span(node), self.pattern(node.child_by_field_name("name")), self.expr(node.child_by_field_name("value")))

    def as_pattern(self, node: TsNode) -> ir.Expr:
        return self.expr(node.named_children[0])


def _method(function: ir.Function) -> ir.Function:
    kind = "constructor" if function.name == "__init__" else "method"
    for node in function.decorators:
        inner = node.func if isinstance(node, ir.Call) else node
        name = inner.id if isinstance(inner, ir.Name) else inner.name if isinstance(inner, ir.Attribute) else ""
        if name in ("setter", "deleter"):
            kind = "setter"
        elif name in _METHOD_KINDS:
            kind = _METHOD_KINDS[name]
    return ir.Function(
        function.span, function.name, function.params, function.body, kind, function.is_async, function.is_generator,
        function.decorators, function.returns, function.directives,
    )  # fmt: skip


def _has_yield(node: TsNode | None) -> bool:
    stack = [node] if node is not None else []
    while stack:
        current = stack.pop()
        if current.type == "yield":
            return True
        if current.type not in ("function_definition", "lambda", "class_definition"):
            stack.extend(current.named_children)
    return False


_P = _Python
_STATEMENTS: dict[str, Callable[[Any, TsNode, list[ir.Stmt]], None]] = {
    "expression_statement": _P.expression_statement,
    "if_statement": _P.if_statement,
    "for_statement": _P.for_statement,
    "while_statement": _P.while_statement,
    "try_statement": _P.try_statement,
    "with_statement": _P.with_statement,
    "match_statement": _P.match_statement,
    "return_statement": _P.return_statement,
    "raise_statement": _P.raise_statement,
    "assert_statement": _P.assert_statement,
    "break_statement": _P.simple,
    "continue_statement": _P.simple,
    "pass_statement": _P.simple,
    "type_alias_statement": _P.simple,
    "global_statement": _P.scope,
    "nonlocal_statement": _P.scope,
    "delete_statement": _P.delete,
    "import_statement": _P.import_statement,
    "import_from_statement": _P.import_from,
    "future_import_statement": _P.import_from,
    "function_definition": _P.function_definition,
    "class_definition": _P.class_definition,
    "decorated_definition": _P.decorated,
}
_EXPRESSIONS: dict[str, Callable[[Any, TsNode], ir.Expr]] = {
    "identifier": _P.name,
    "keyword_identifier": _P.name,
    "dotted_name": _P.dotted,
    "true": _P.constant,
    "false": _P.constant,
    "none": _P.constant,
    "ellipsis": _P.constant,
    "integer": _P.number,
    "float": _P.number,
    "string": _P.string,
    "concatenated_string": _P.concatenated,
    "attribute": _P.attribute,
    "subscript": _P.subscript,
    "slice": _P.slice,
    "call": _P.call,
    "list": _P.list,
    "tuple": _P.list,
    "set": _P.list,
    "expression_list": _P.list,
    "dictionary": _P.dictionary,
    "list_comprehension": _P.comprehension,
    "set_comprehension": _P.comprehension,
    "dictionary_comprehension": _P.comprehension,
    "generator_expression": _P.comprehension,
    "lambda": _P.lambda_,
    "unary_operator": _P.unary,
    "not_operator": _P.not_,
    "binary_operator": _P.binary,
    "boolean_operator": _P.binary,
    "comparison_operator": _P.comparison,
    "conditional_expression": _P.conditional,
    "await": _P.await_,
    "yield": _P.yield_,
    "named_expression": _P.walrus,
    "parenthesized_expression": _P.inner,
    "as_pattern": _P.as_pattern,
    "list_splat": lambda self, node: ir.Spread(self.span(node), self.inner(node)),
    "type": _P.inner,
}
