"""JavaScript, TypeScript and TSX to IR, on tree-sitter."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from tree_sitter import Parser

from cybrid_audit import ir
from cybrid_audit.languages._tree import Lowering, TsNode, grammar, parse, syntax_errors, whole_characters
from cybrid_audit.limits import MAX_INTEGER_DIGITS

_TYPE_ONLY = frozenset(
    {
        "interface_declaration",
        "type_alias_declaration",
        "ambient_declaration",
        "empty_statement",
        "comment",
        "html_comment",
        "function_signature",
        "import_alias",
        "debugger_statement",
        "hash_bang_line",
    }
)
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
_COMPARE = {
    "===": "==",
    "!==": "!=",
    "==": "==",
    "!=": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "in": "in",
    "instanceof": "instanceof",
}
_LOGICAL = {"&&": "and", "||": "or", "??": "??"}
_LOOSELY_BOUND = frozenset(
    {
        "await_expression",
        "unary_expression",
        "binary_expression",
        "call_expression",
        "member_expression",
        "subscript_expression",
    }
)
_TRANSPARENT = frozenset(
    {
        "parenthesized_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "type_assertion",
        "instantiation_expression",
    }
)


@cache
def parser_of(language: str) -> Parser:
    """Return the parser of `javascript`, `typescript` or `tsx`."""
    if language == "javascript":
        return Parser(grammar("tree_sitter_javascript"))
    return Parser(grammar("tree_sitter_typescript", f"language_{language}"))


def lower(path: str, source: bytes) -> ir.Module:
    """Return the IR of one JavaScript or TypeScript file. Never raises; see `languages`."""
    suffix = path[path.rfind(".") :].lower()
    language = {".tsx": "tsx", ".ts": "typescript", ".mts": "typescript", ".cts": "typescript"}.get(
        suffix, "javascript"
    )
    root = parse(parser_of(language), source)
    lowering = Ecmascript(source, path)
    body = lowering.statements(root.named_children)
    return ir.Module(
        lowering.span(root),
        path,
        language,
        tuple(body),
        tuple(_directives(body)),
        syntax_errors(root),
        source.startswith(b"#!"),
    )


def _directives(body: list[ir.Stmt]) -> list[str]:
    found: list[str] = []
    for stmt in body:
        if isinstance(stmt, ir.ExprStmt) and isinstance(stmt.value, ir.Const) and isinstance(stmt.value.value, str):
            found.append(stmt.value.value)
        else:
            break
    return found


def _cook(text: str) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] == "u" and len(code) > 1:
            number = int(code.strip("u{}"), 16)
            return chr(number) if number < 0x110000 else "\ufffd"
        if code[0] == "x" and len(code) == 3:
            return chr(int(code[1:], 16))
        if code in _ESCAPES:
            return _ESCAPES[code]
        return chr(int(code, 8)) if code[0] in "01234567" else code

    return whole_characters(_ESCAPE.sub(replace, text))


def _number(text: str) -> int | float | None:
    """Return the value of a numeric literal; None when it has too many digits."""
    text = text.replace("_", "").rstrip("n").lower()
    if len(text) > MAX_INTEGER_DIGITS:
        return None
    try:
        if text[:2] in ("0x", "0o", "0b"):
            return int(text, 0)
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return None


class Ecmascript(Lowering):
    """Lowers one file."""

    # ------------------------------------------------------------ statements

    def statements(self, nodes: list[TsNode]) -> list[ir.Stmt]:
        found: list[ir.Stmt] = []
        for node in nodes:
            if node.type not in _TYPE_ONLY and node.type != "decorator":
                self.statement(node, found)
        return found

    def body(self, node: TsNode | None) -> tuple[ir.Stmt, ...]:
        if node is None:
            return ()
        if node.type in ("statement_block", "class_static_block"):
            return tuple(self.statements(node.named_children))
        found: list[ir.Stmt] = []
        if node.type not in _TYPE_ONLY:
            self.statement(node, found)
        return tuple(found)

    def statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        if not self.enter():
            out.append(ir.ExprStmt(self.span(node), ir.Opaque(self.span(node), "too deep")))
            return
        try:
            handler = STATEMENTS.get(node.type)
            if handler is not None:
                handler(self, node, out)
            elif node.type == "ERROR":
                inner: list[ir.Stmt] = []
                for child in node.named_children:
                    if child.type in STATEMENTS and child.type not in _TYPE_ONLY:
                        self.statement(child, inner)
                out.extend(inner)
            elif node.type in EXPRESSIONS:
                out.append(ir.ExprStmt(self.span(node), self.expr(node)))
            else:
                children = tuple(self.expr(child) for child in node.named_children if child.type in EXPRESSIONS)
                if children:
                    out.append(ir.ExprStmt(self.span(node), ir.Opaque(self.span(node), node.type, children)))
        finally:
            self.leave()

    def expression_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = node.named_children[0] if node.named_children else None
        while inner is not None and inner.type == "comment":
            inner = inner.next_named_sibling
        if inner is None:
            return
        if inner.type == "internal_module":
            self.namespace(inner, out)
            return
        if inner.type in ("assignment_expression", "augmented_assignment_expression"):
            self.assignment(inner, out)
        elif inner.type == "sequence_expression":
            out.extend(ir.ExprStmt(self.span(child), self.expr(child)) for child in inner.named_children)
        elif inner.type == "update_expression":
            out.append(self.update(inner))
        else:
            out.append(ir.ExprStmt(self.span(node), self.expr(inner)))

    def assignment(self, node: TsNode, out: list[ir.Stmt]) -> None:
        left = node.child_by_field_name("left")
        right = node.child_by_field_name("right")
        op = _assign_op(node, self)
        chain = []
        while right is not None and right.type == "assignment_expression" and not op:
            chain.append(right.child_by_field_name("left"))
            right = right.child_by_field_name("right")
        value = self.expr(right)
        span = self.span(node)
        if chain:
            for target in reversed(chain):
                out.append(ir.Assign(span, self.pattern(target), value))
                value = self.expr(target)
        out.append(ir.Assign(span, self.pattern(left), value, "", op))

    def update(self, node: TsNode) -> ir.Stmt:
        argument = node.child_by_field_name("argument")
        span = self.span(node)
        return ir.Assign(span, self.pattern(argument), ir.Const(span, 1), "", "+" if "++" in self.text(node) else "-")

    def declaration(self, node: TsNode, out: list[ir.Stmt]) -> None:
        word = self.text(node.children[0]) if node.children else "let"
        declared = word if word in ("const", "let", "var") else "const"
        for child in node.named_children:
            if child.type != "variable_declarator":
                continue
            value = child.child_by_field_name("value")
            annotation = child.child_by_field_name("type")
            target = self.pattern(child.child_by_field_name("name"))
            lowered: ir.Expr = self.expr(value) if value is not None else ir.Const(self.span(child), None)
            if isinstance(lowered, ir.Lambda) and not lowered.function.name and isinstance(target, ir.Name):
                lowered = ir.Lambda(lowered.span, _named(lowered.function, target.id))
            out.append(
                ir.Assign(
                    self.span(child),
                    target,
                    lowered,
                    declared,
                    "",
                    self.type(annotation) if annotation is not None else None,
                )
            )

    def if_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        alternative = node.child_by_field_name("alternative")
        otherwise: tuple[ir.Stmt, ...] = ()
        if alternative is not None:
            inner = [child for child in alternative.named_children if child.type != "comment"]
            otherwise = self.body(inner[0]) if inner else ()
        out.append(
            ir.If(
                self.span(node),
                self.expr(node.child_by_field_name("condition")),
                self.body(node.child_by_field_name("consequence")),
                otherwise,
            )
        )

    def for_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        initial = node.child_by_field_name("initializer")
        if initial is not None and initial.type != "empty_statement":
            self.statement(initial, out)
        condition = node.child_by_field_name("condition")
        test: ir.Expr | None = None
        if condition is not None and condition.type != "empty_statement":
            test = self.expr(
                condition.named_children[0]
                if condition.type == "expression_statement" and condition.named_children
                else condition
            )
        increment = node.child_by_field_name("increment")
        update: list[ir.Stmt] = []
        if increment is not None:
            if increment.type == "update_expression":
                update.append(self.update(increment))
            elif increment.type in ("assignment_expression", "augmented_assignment_expression"):
                self.assignment(increment, update)
            else:
                update.append(ir.ExprStmt(self.span(increment), self.expr(increment)))
        out.append(
            ir.Loop(
                self.span(node), "while", self.body(node.child_by_field_name("body")), test=test, update=tuple(update)
            )
        )

    def for_in(self, node: TsNode, out: list[ir.Stmt]) -> None:
        left = node.child_by_field_name("left")
        iterable = self.expr(node.child_by_field_name("right"))
        operator = node.child_by_field_name("operator")
        if operator is not None and self.text(operator) == "in":
            span = iterable.span
            iterable = ir.Call(span, ir.Attribute(span, ir.Name(span, "Object"), "keys"), (ir.Arg(span, iterable),))
        is_async = any(child.type == "await" for child in node.children)
        out.append(
            ir.Loop(
                self.span(node),
                "each",
                self.body(node.child_by_field_name("body")),
                target=self.pattern(left),
                iterable=iterable,
                is_async=is_async,
            )
        )

    def while_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        kind = "do" if node.type == "do_statement" else "while"
        out.append(
            ir.Loop(
                self.span(node),
                kind,
                self.body(node.child_by_field_name("body")),
                test=self.expr(node.child_by_field_name("condition")),
            )
        )

    def try_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        handlers: tuple[ir.Handler, ...] = ()
        caught = node.child_by_field_name("handler")
        if caught is not None:
            name = caught.child_by_field_name("parameter")
            handlers = (
                ir.Handler(
                    self.span(caught),
                    (),
                    self.pattern(name) if name is not None else None,
                    self.body(caught.child_by_field_name("body")),
                ),
            )
        final = node.child_by_field_name("finalizer")
        out.append(
            ir.Try(
                self.span(node),
                self.body(node.child_by_field_name("body")),
                handlers,
                (),
                self.body(final.child_by_field_name("body")) if final is not None else (),
            )
        )

    def switch_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        cases: list[ir.Case] = []
        body = node.child_by_field_name("body")
        for arm in body.named_children if body is not None else []:
            if arm.type not in ("switch_case", "switch_default"):
                continue
            value = arm.child_by_field_name("value")
            stmts = [child for child in arm.named_children if value is None or child.start_byte != value.start_byte]
            cases.append(
                ir.Case(self.span(arm), (self.expr(value),) if value is not None else (), tuple(self.statements(stmts)))
            )
        out.append(
            ir.Switch(self.span(node), self.expr(node.child_by_field_name("value")), tuple(cases), falls_through=True)
        )

    def return_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.first(node)
        out.append(ir.Return(self.span(node), self.expr(inner) if inner is not None else None))

    def throw_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.first(node)
        out.append(ir.Raise(self.span(node), self.expr(inner) if inner is not None else None))

    def first(self, node: TsNode) -> TsNode | None:
        for child in node.named_children:
            if child.type != "comment":
                return child
        return None

    def break_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        label = node.child_by_field_name("label")
        out.append(ir.Break(self.span(node), self.text(label) if label is not None else None))

    def continue_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        label = node.child_by_field_name("label")
        out.append(ir.Continue(self.span(node), self.text(label) if label is not None else None))

    def block(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.Block(self.span(node), tuple(self.statements(node.named_children))))

    def labeled(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.Block(self.span(node), self.body(node.child_by_field_name("body"))))

    def namespace(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """Lower a namespace to its statements and an object of what it exports; its variables share the scope around it."""
        span = self.span(node)
        body = self.body(node.child_by_field_name("body"))
        out.append(ir.Block(span, tuple(stmt for stmt in body if not isinstance(stmt, ir.Export))))
        given = [pair for stmt in body if isinstance(stmt, ir.Export) and stmt.module is None for pair in stmt.names]
        name = node.child_by_field_name("name")
        if name is None or name.type == "string" or not given:
            return
        first, *path = (part.strip() for part in self.text(name).split("."))
        if any(first in declared_names(stmt) for stmt in out):
            # It adds to a class or function of the same name.
            holder: ir.Expr = ir.Name(span, first)
            for part in path:
                holder = ir.Attribute(span, holder, part)
            out.extend(ir.Assign(span, ir.Attribute(span, holder, each), ir.Name(span, local)) for each, local in given)
            return
        made = ir.Object(
            span, tuple(ir.Entry(span, ir.Const(span, each), ir.Name(span, local)) for each, local in given)
        )
        for part in reversed(path):
            made = ir.Object(span, (ir.Entry(span, ir.Const(span, part), made),))
        out.append(ir.Assign(span, ir.Name(span, first), made, "const"))

    def function_declaration(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.FunctionDef(self.span(node), self.function(node, "function")))

    def class_declaration(self, node: TsNode, out: list[ir.Stmt], extra: tuple[ir.Expr, ...] = ()) -> None:
        out.append(ir.ClassDef(self.span(node), self.klass(node, extra)))

    def enum_declaration(self, node: TsNode, out: list[ir.Stmt]) -> None:
        fields: list[ir.Field] = []
        counter = 0
        body = node.child_by_field_name("body")
        for member in body.named_children if body is not None else []:
            if member.type == "comment":
                continue
            name_node = member.child_by_field_name("name") or member
            value_node = member.child_by_field_name("value")
            value: ir.Expr
            if value_node is not None:
                value = self.expr(value_node)
                if isinstance(value, ir.Const) and isinstance(value.value, int):
                    counter = int(value.value) + 1
            else:
                value = ir.Const(self.span(member), counter)
                counter += 1
            fields.append(ir.Field(self.span(member), self.property_name(name_node), value, True))
        name = node.child_by_field_name("name")
        out.append(
            ir.ClassDef(
                self.span(node),
                ir.Class(self.span(node), self.text(name) if name is not None else "", (), tuple(fields), kind="enum"),
            )
        )

    def import_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        source = node.child_by_field_name("source")
        span = self.span(node)
        is_type = any(child.type == "type" for child in node.children)
        names: list[tuple[str, str]] = []
        for clause in node.named_children:
            if clause.type == "import_require_clause":
                target = clause.named_children[0]
                inner = clause.child_by_field_name("source")
                if inner is not None:
                    call = ir.Call(span, ir.Name(span, "require"), (ir.Arg(span, self.expr(inner)),))
                    out.append(ir.Assign(span, ir.Name(span, self.text(target)), call, "const"))
                return
            if clause.type != "import_clause":
                continue
            for child in clause.named_children:
                if child.type == "identifier":
                    names.append(("default", self.text(child)))
                elif child.type == "namespace_import":
                    names.append(("*", self.text(child.named_children[-1])))
                elif child.type == "named_imports":
                    for item in child.named_children:
                        if item.type != "import_specifier":
                            continue
                        name = item.child_by_field_name("name")
                        alias = item.child_by_field_name("alias")
                        imported = self.property_name(name) if name is not None else ""
                        names.append((imported, self.text(alias) if alias is not None else imported))
        if source is not None:
            out.append(ir.Import(span, self.string(source), tuple(names), False, is_type))

    def export_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        source = node.child_by_field_name("source")
        module = self.string(source) if source is not None else None
        decorators = tuple(self.decorator(child) for child in node.named_children if child.type == "decorator")
        words = {child.type for child in node.children}
        declaration = node.child_by_field_name("declaration")
        value = node.child_by_field_name("value")
        if "default" in words:
            target = ir.Name(span, "default")
            if declaration is not None:
                before = len(out)
                if declaration.type in ("class_declaration", "abstract_class_declaration"):
                    self.class_declaration(declaration, out, decorators)
                else:
                    self.statement(declaration, out)
                name = declaration.child_by_field_name("name")
                if name is not None and len(out) > before:
                    out.append(ir.Export(span, (("default", self.text(name)),)))
                    return
                if len(out) > before:
                    last = out.pop()
                    made: ir.Expr = ir.Const(span, None)
                    if isinstance(last, ir.FunctionDef):
                        made = ir.Lambda(last.span, last.function)
                    elif isinstance(last, ir.ClassDef):
                        made = ir.ClassExpr(last.span, last.definition)
                    out.append(ir.Assign(span, target, made, "const"))
            elif value is not None:
                if value.type in ("class", "class_declaration"):
                    out.append(
                        ir.Assign(span, target, ir.ClassExpr(self.span(value), self.klass(value, decorators)), "const")
                    )
                else:
                    out.append(ir.Assign(span, target, self.expr(value), "const"))
            out.append(ir.Export(span, (("default", "default"),)))
            return
        if "=" in words:
            inner = self.first(node)
            if inner is not None:
                target_expr = ir.Attribute(span, ir.Name(span, "module"), "exports")
                out.append(ir.Assign(span, target_expr, self.expr(inner)))
            return
        if declaration is not None:
            before = len(out)
            if declaration.type in ("class_declaration", "abstract_class_declaration"):
                self.class_declaration(declaration, out, decorators)
            elif declaration.type not in _TYPE_ONLY:
                self.statement(declaration, out)
            names = tuple((name, name) for stmt in out[before:] for name in declared_names(stmt))
            if names:
                out.append(ir.Export(span, names))
            return
        pairs: list[tuple[str, str]] = []
        for child in node.named_children:
            if child.type == "namespace_export":
                pairs.append((self.text(child.named_children[-1]), "*"))
            elif child.type == "export_clause":
                for item in child.named_children:
                    if item.type != "export_specifier":
                        continue
                    name = item.child_by_field_name("name")
                    alias = item.child_by_field_name("alias")
                    local = self.property_name(name) if name is not None else ""
                    pairs.append((self.property_name(alias) if alias is not None else local, local))
        if not pairs and module is not None and "*" in words:
            pairs.append(("*", "*"))
        if pairs:
            out.append(ir.Export(span, tuple(pairs), module))

    # ------------------------------------------------------------ definitions

    def decorator(self, node: TsNode) -> ir.Expr:
        inner = self.first(node)
        return self.expr(inner) if inner is not None else ir.Opaque(self.span(node), "decorator")

    def function(self, node: TsNode, kind: str, decorators: tuple[ir.Expr, ...] = ()) -> ir.Function:
        name = node.child_by_field_name("name")
        words = {child.type for child in node.children[:6]}
        params = node.child_by_field_name("parameters")
        single = node.child_by_field_name("parameter")
        lowered = tuple(self.params(params)) if params is not None else ()
        if single is not None:
            lowered = (ir.Param(self.span(single), self.pattern(single)),)
        body_node = node.child_by_field_name("body")
        body: tuple[ir.Stmt, ...]
        if body_node is None:
            body = ()
        elif body_node.type == "statement_block":
            body = tuple(self.statements(body_node.named_children))
        else:
            body = (ir.Return(self.span(body_node), self.expr(body_node)),)
        returns = node.child_by_field_name("return_type")
        is_generator = "*" in words or node.type.startswith("generator")
        return ir.Function(
            self.span(node),
            self.property_name(name) if name is not None else "",
            lowered,
            body,
            kind,
            "async" in words,
            is_generator,
            decorators,
            self.type(returns) if returns is not None else None,
            tuple(_directives(list(body))),
        )

    def params(self, node: TsNode) -> list[ir.Param]:
        found: list[ir.Param] = []
        for child in node.named_children:
            kind = child.type
            if kind == "comment":
                continue
            span = self.span(child)
            if kind in ("required_parameter", "optional_parameter"):
                pattern = child.child_by_field_name("pattern")
                value = child.child_by_field_name("value")
                annotation = child.child_by_field_name("type")
                if pattern is None or pattern.type == "this":
                    continue
                decorators = tuple(self.decorator(each) for each in child.named_children if each.type == "decorator")
                is_field = any(
                    each.type in ("accessibility_modifier", "readonly", "override_modifier") for each in child.children
                )
                target_node, param_kind = pattern, "positional"
                if pattern.type == "rest_pattern":
                    target_node, param_kind = pattern.named_children[0], "rest"
                target = self.pattern(target_node)
                found.append(
                    ir.Param(
                        span,
                        target,
                        self.expr(value) if value is not None else None,
                        param_kind,
                        self.type(annotation) if annotation is not None else None,
                        decorators,
                        target.id if is_field and isinstance(target, ir.Name) else None,
                    )
                )
            elif kind == "rest_pattern":
                found.append(ir.Param(span, self.pattern(child.named_children[0]), None, "rest"))
            elif kind == "assignment_pattern":
                left = self.pattern(child.child_by_field_name("left"))
                found.append(ir.Param(span, left, self.expr(child.child_by_field_name("right"))))
            elif kind != "decorator":
                found.append(ir.Param(span, self.pattern(child)))
        return found

    def klass(self, node: TsNode, extra: tuple[ir.Expr, ...] = ()) -> ir.Class:
        name = node.child_by_field_name("name")
        bases: list[ir.Expr] = []
        decorators = [*extra, *(self.decorator(child) for child in node.named_children if child.type == "decorator")]
        for child in node.named_children:
            if child.type != "class_heritage":
                continue
            clauses = [each for each in child.named_children if each.type == "extends_clause"] or [child]
            for clause in clauses:
                if clause.type == "extends_clause":
                    value = clause.child_by_field_name("value")
                    if value is not None:
                        bases.append(self.expr(value))
                else:
                    bases.extend(
                        self.expr(each)
                        for each in clause.named_children
                        if each.type not in ("implements_clause", "comment")
                    )
            for clause in child.named_children:
                if clause.type == "implements_clause":
                    bases.extend(
                        base
                        for each in clause.named_children
                        if isinstance(base := self.type(each), ir.Name | ir.Attribute)
                    )
        fields: list[ir.Field] = []
        methods: list[ir.Function] = []
        body: list[ir.Stmt] = []
        pending: list[ir.Expr] = []
        holder = node.child_by_field_name("body")
        for member in holder.named_children if holder is not None else []:
            kind = member.type
            if kind == "decorator":
                pending.append(self.decorator(member))
                continue
            own = tuple(self.decorator(child) for child in member.named_children if child.type == "decorator")
            marks = (*pending, *own)
            if kind == "method_definition":
                pending = []
                words = [
                    child.type
                    for child in member.children
                    if not child.is_named or child.type in ("accessibility_modifier", "override_modifier")
                ]
                method_kind = "getter" if "get" in words else "setter" if "set" in words else "method"
                if "static" in words:
                    method_kind = "static" if method_kind == "method" else f"static {method_kind}"
                function = self.function(member, method_kind, marks)
                if function.name == "constructor":
                    function = _with_kind(function, "constructor")
                methods.append(function)
            elif kind in ("public_field_definition", "field_definition"):
                pending = []
                name_node = member.child_by_field_name("name") or member.child_by_field_name("property")
                value = member.child_by_field_name("value")
                annotation = member.child_by_field_name("type")
                if name_node is None:
                    continue
                field_name = self.property_name(name_node)
                lowered = self.expr(value) if value is not None else None
                if isinstance(lowered, ir.Lambda) and not lowered.function.name:
                    lowered = ir.Lambda(lowered.span, _named(lowered.function, field_name))
                fields.append(
                    ir.Field(
                        self.span(member),
                        field_name,
                        lowered,
                        any(child.type == "static" for child in member.children),
                        self.type(annotation) if annotation is not None else None,
                        marks,
                    )
                )
            elif kind == "class_static_block":
                body.append(ir.Block(self.span(member), self.body(member.child_by_field_name("body") or member)))
            elif kind in ("abstract_method_signature", "method_signature"):
                pending = []
        return ir.Class(
            self.span(node),
            self.text(name) if name is not None else "",
            tuple(bases),
            tuple(fields),
            tuple(methods),
            tuple(decorators),
            (),
            tuple(body),
        )

    def property_name(self, node: TsNode) -> str:
        if node.type == "string":
            return self.string(node)
        if node.type == "computed_property_name":
            inner = node.named_children[0] if node.named_children else None
            return self.string(inner) if inner is not None and inner.type == "string" else self.text(node)
        return self.text(node)

    def type(self, node: TsNode) -> ir.Expr | None:
        """Return a type annotation as an expression; None for what names nothing."""
        kind = node.type
        if kind in ("type_annotation", "parenthesized_type", "readonly_type", "asserts_annotation"):
            inner = self.first(node)
            return self.type(inner) if inner is not None else None
        span = self.span(node)
        if kind in ("type_identifier", "predefined_type", "identifier", "this_type"):
            return ir.Name(span, self.text(node))
        if kind in ("nested_type_identifier", "nested_identifier", "member_expression"):
            parts = self.text(node).split(".")
            result: ir.Expr = ir.Name(span, parts[0].strip())
            for part in parts[1:]:
                result = ir.Attribute(span, result, part.strip())
            return result
        if kind == "generic_type":
            name = node.child_by_field_name("name") or node.named_children[0]
            arguments = node.child_by_field_name("type_arguments")
            base = self.type(name)
            items = [
                item
                for child in (arguments.named_children if arguments is not None else [])
                if (item := self.type(child)) is not None
            ]
            if base is None:
                return None
            return ir.Index(span, base, items[0] if len(items) == 1 else ir.List(span, tuple(items)))
        if kind == "union_type":
            for child in node.named_children:
                lowered = self.type(child)
                if lowered is not None and not (isinstance(lowered, ir.Name) and lowered.id in ("null", "undefined")):
                    return lowered
        if kind == "array_type":
            inner = self.type(node.named_children[0]) if node.named_children else None
            return ir.Index(span, ir.Name(span, "Array"), inner) if inner is not None else None
        return None

    # ------------------------------------------------------------ patterns

    def pattern(self, node: TsNode | None) -> ir.Pattern:
        if node is None:
            return ir.Opaque(ir.NO_SPAN, "no pattern")
        span = self.span(node)
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier_pattern", "undefined", "property_identifier"):
            return ir.Name(span, self.text(node))
        if kind in ("parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression"):
            return self.pattern(self.first(node))
        if kind == "array_pattern":
            return self.array_pattern(node)
        if kind == "object_pattern":
            return self.object_pattern(node)
        if kind in ("assignment_pattern", "object_assignment_pattern", "assignment_expression"):
            left = node.child_by_field_name("left")
            right = node.child_by_field_name("right")
            return ir.DefaultPattern(span, self.pattern(left), self.expr(right))
        if kind == "array":
            return self.array_pattern(node)
        if kind == "object":
            return self.object_pattern(node)
        if kind in ("lexical_declaration", "variable_declaration"):
            return self.pattern(node.named_children[0].child_by_field_name("name"))
        lowered = self.expr(node)
        return lowered if isinstance(lowered, ir.Name | ir.Attribute | ir.Index) else ir.Opaque(span, kind, (lowered,))

    def array_pattern(self, node: TsNode) -> ir.Pattern:
        items: list[ir.Pattern | None] = []
        rest = -1
        expecting = True
        for child in node.children:
            if child.type == ",":
                if expecting:
                    items.append(None)
                expecting = True
            elif child.is_named and child.type != "comment":
                expecting = False
                if child.type in ("rest_pattern", "spread_element"):
                    rest = len(items)
                    items.append(self.pattern(child.named_children[0]))
                else:
                    items.append(self.pattern(child))
        return ir.ListPattern(self.span(node), tuple(items), rest)

    def object_pattern(self, node: TsNode) -> ir.Pattern:
        entries: list[tuple[ir.Expr, ir.Pattern]] = []
        rest: ir.Pattern | None = None
        for child in node.named_children:
            span = self.span(child)
            kind = child.type
            if kind in ("shorthand_property_identifier_pattern", "shorthand_property_identifier"):
                name = self.text(child)
                entries.append((ir.Const(span, name), ir.Name(span, name)))
            elif kind in ("pair_pattern", "pair"):
                key = child.child_by_field_name("key")
                entries.append((self.key(key), self.pattern(child.child_by_field_name("value"))))
            elif kind == "object_assignment_pattern":
                left = child.child_by_field_name("left")
                default = self.expr(child.child_by_field_name("right"))
                name = self.text(left)
                entries.append((ir.Const(span, name), ir.DefaultPattern(span, ir.Name(self.span(left), name), default)))
            elif kind in ("rest_pattern", "spread_element"):
                rest = self.pattern(child.named_children[0])
        return ir.ObjectPattern(self.span(node), tuple(entries), rest)

    def key(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        if node.type == "computed_property_name":
            return self.expr(node.named_children[0]) if node.named_children else ir.Opaque(span, "key")
        if node.type == "string":
            return ir.Const(span, self.string(node))
        if node.type == "number" and (number := _number(self.text(node))) is not None:
            return ir.Const(span, str(number))
        return ir.Const(span, self.text(node))

    # ------------------------------------------------------------ expressions

    def expr(self, node: TsNode | None) -> ir.Expr:
        while node is not None and node.type in _TRANSPARENT:
            node = node.named_children[-1] if node.type == "type_assertion" else self.first(node)
        if node is None:
            return ir.Opaque(ir.NO_SPAN, "nothing")
        if not self.enter():
            return ir.Opaque(self.span(node), "too deep")
        try:
            handler = self.expressions.get(node.type)
            if handler is not None:
                return handler(self, node)
            return ir.Opaque(
                self.span(node),
                node.type,
                tuple(self.expr(child) for child in node.named_children if child.type in EXPRESSIONS),
            )
        finally:
            self.leave()

    def name(self, node: TsNode) -> ir.Expr:
        return ir.Name(self.span(node), self.text(node))

    def undefined(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), None)

    def true(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), True)

    def false(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), False)

    def number(self, node: TsNode) -> ir.Expr:
        value = _number(self.text(node))
        return ir.Const(self.span(node), value) if value is not None else ir.Opaque(self.span(node), node.type)

    def string(self, node: TsNode) -> str:
        return _cook(self.text(node)[1:-1])

    def string_expr(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), self.string(node))

    def regex(self, node: TsNode) -> ir.Expr:
        pattern = node.child_by_field_name("pattern")
        return ir.Regex(self.span(node), self.text(pattern) if pattern is not None else "")

    def template(self, node: TsNode, tag: ir.Expr | None = None) -> ir.Expr:
        parts: list[ir.Expr] = []
        position = node.start_byte + 1
        row_span = self.span(node)

        def literal(start: int, end: int, after: TsNode | None) -> None:
            if end <= start:
                return
            raw = self.source[start:end]
            text = _cook(raw.decode("utf-8", "replace"))
            before = self.source.count(b"\n", node.start_byte, start)
            line = row_span.line + before
            newline = self.source.rfind(b"\n", 0, start)
            lines = raw.count(b"\n")
            column = start - newline - 1
            end_column = column + len(raw) if not lines else len(raw) - raw.rfind(b"\n") - 1
            parts.append(ir.Const(ir.Span(start, end, line, column, line + lines, end_column), text))

        for child in node.named_children:
            if child.type == "template_substitution":
                literal(position, child.start_byte, child)
                inner = self.first(child)
                if inner is not None:
                    parts.append(self.expr(inner))
                position = child.end_byte
        literal(position, node.end_byte - 1, None)
        if tag is None and not parts:
            return ir.Const(row_span, "")
        if tag is None and len(parts) == 1 and isinstance(parts[0], ir.Const):
            return ir.Const(row_span, parts[0].value)
        return ir.Template(row_span, tuple(parts), tag)

    def member(self, node: TsNode) -> ir.Expr:
        prop = node.child_by_field_name("property")
        optional = any(child.type == "optional_chain" for child in node.children)
        name = self.text(prop) if prop is not None else ""
        return self.postfix(
            node.child_by_field_name("object"),
            lambda start, held: ir.Attribute(self.span_from(start, node), held, name, optional),
        )

    def subscript(self, node: TsNode) -> ir.Expr:
        optional = any(child.type == "optional_chain" for child in node.children)
        index = self.expr(node.child_by_field_name("index"))
        return self.postfix(
            node.child_by_field_name("object"),
            lambda start, held: ir.Index(self.span_from(start, node), held, index, optional),
        )

    def postfix(self, operand: TsNode | None, make: Callable[[ir.Span, ir.Expr], ir.Expr]) -> ir.Expr:
        """Return a call or member access on an operand.

        The grammar binds `await f<T>(x)` and `a + f<T>(x)` as `(await f)<T>(x)` and `(a + f)<T>(x)`; what stands before the
        operand without parentheses is put around the whole again."""
        held = self.expr(operand)
        outer: list[ir.Await | ir.Unary | ir.Binary] = []
        bare = operand
        while bare is not None and bare.type == "non_null_expression":
            bare = self.first(bare)
        if bare is not None and bare.type in _LOOSELY_BOUND:
            while isinstance(held, ir.Await | ir.Unary | ir.Binary):
                outer.append(held)
                held = (
                    held.value
                    if isinstance(held, ir.Await)
                    else held.operand
                    if isinstance(held, ir.Unary)
                    else held.right
                )
        span = held.span if outer or operand is None else self.span(operand)
        result = make(span, held)
        for each in reversed(outer):
            whole = ir.Span(
                each.span.start,
                result.span.end,
                each.span.line,
                each.span.column,
                result.span.end_line,
                result.span.end_column,
            )
            if isinstance(each, ir.Await):
                result = ir.Await(whole, result)
            elif isinstance(each, ir.Unary):
                result = ir.Unary(whole, each.op, result)
            else:
                result = ir.Binary(whole, each.op, each.left, result)
        return result

    def span_from(self, start: ir.Span, node: TsNode) -> ir.Span:
        """Return the span from a start to the end of a node."""
        end = self.span(node)
        return ir.Span(start.start, end.end, start.line, start.column, end.end_line, end.end_column)

    def call(self, node: TsNode) -> ir.Expr:
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        arguments = node.child_by_field_name("arguments")
        if arguments is not None and arguments.type == "template_string":
            return self.template(arguments, self.expr(function))
        optional = any(child.type == "optional_chain" for child in node.children)
        args = tuple(
            self.arg(child)
            for child in (arguments.named_children if arguments is not None else [])
            if child.type != "comment"
        )
        if function is not None and function.type == "import":
            return ir.Call(self.span(node), ir.Name(self.span(function), "import"), args, optional)
        if node.type == "new_expression":
            return ir.Call(self.span(node), self.expr(function), args, optional, True)
        return self.postfix(function, lambda start, held: ir.Call(self.span_from(start, node), held, args, optional))

    def arg(self, node: TsNode) -> ir.Arg:
        if node.type == "spread_element":
            return ir.Arg(self.span(node), self.expr(self.first(node)), None, "*")
        return ir.Arg(self.span(node), self.expr(node))

    def object(self, node: TsNode) -> ir.Expr:
        entries: list[ir.Entry] = []
        for child in node.named_children:
            span = self.span(child)
            kind = child.type
            if kind == "pair":
                key = self.key(child.child_by_field_name("key"))
                value = self.expr(child.child_by_field_name("value"))
                if isinstance(value, ir.Lambda) and not value.function.name and isinstance(key, ir.Const):
                    value = ir.Lambda(value.span, _named(value.function, str(key.value)))
                entries.append(ir.Entry(span, key, value))
            elif kind in ("shorthand_property_identifier", "identifier"):
                name = self.text(child)
                entries.append(ir.Entry(span, ir.Const(span, name), self.name(child)))
            elif kind == "spread_element":
                entries.append(ir.Entry(span, None, self.expr(self.first(child))))
            elif kind == "method_definition":
                name_node = child.child_by_field_name("name")
                words = [each.type for each in child.children if not each.is_named]
                accessor = "get" if "get" in words else "set" if "set" in words else ""
                entries.append(
                    ir.Entry(span, self.key(name_node), ir.Lambda(span, self.function(child, "method")), accessor)
                )
        return ir.Object(self.span(node), tuple(entries))

    def array(self, node: TsNode) -> ir.Expr:
        items = tuple(
            ir.Spread(self.span(child), self.expr(self.first(child)))
            if child.type == "spread_element"
            else self.expr(child)
            for child in node.named_children
            if child.type != "comment"
        )
        return ir.List(self.span(node), items)

    def arrow(self, node: TsNode) -> ir.Expr:
        return ir.Lambda(self.span(node), self.function(node, "arrow"))

    def function_expr(self, node: TsNode) -> ir.Expr:
        return ir.Lambda(self.span(node), self.function(node, "function"))

    def class_expr(self, node: TsNode) -> ir.Expr:
        return ir.ClassExpr(self.span(node), self.klass(node))

    def unary(self, node: TsNode) -> ir.Expr:
        operator = node.child_by_field_name("operator")
        op = self.text(operator) if operator is not None else "-"
        operand = self.expr(node.child_by_field_name("argument"))
        if op == "void" and isinstance(operand, ir.Const):
            return ir.Const(self.span(node), None)
        return ir.Unary(self.span(node), "not" if op == "!" else op, operand)

    def binary(self, node: TsNode) -> ir.Expr:
        chain: list[tuple[str, TsNode, TsNode]] = []
        current: TsNode | None = node
        while current is not None and current.type == "binary_expression":
            operator = current.child_by_field_name("operator")
            op = self.text(operator) if operator is not None else "+"
            chain.append((op, current.child_by_field_name("right"), current))
            current = current.child_by_field_name("left")
        result = self.expr(current)
        for op, right, whole in reversed(chain):
            span = self.span(whole)
            other = self.expr(right)
            if op in _LOGICAL:
                result = ir.Logical(span, _LOGICAL[op], result, other)
            elif op in _COMPARE:
                result = ir.Compare(span, _COMPARE[op], result, other)
            else:
                result = ir.Binary(span, op, result, other)
        return result

    def ternary(self, node: TsNode) -> ir.Expr:
        return ir.Conditional(
            self.span(node),
            self.expr(node.child_by_field_name("condition")),
            self.expr(node.child_by_field_name("consequence")),
            self.expr(node.child_by_field_name("alternative")),
        )

    def await_expr(self, node: TsNode) -> ir.Expr:
        return ir.Await(self.span(node), self.expr(self.first(node)))

    def yield_expr(self, node: TsNode) -> ir.Expr:
        inner = self.first(node)
        return ir.Yield(
            self.span(node),
            self.expr(inner) if inner is not None else None,
            any(child.type == "*" for child in node.children),
        )

    def assign_expr(self, node: TsNode) -> ir.Expr:
        return ir.AssignExpr(
            self.span(node),
            self.pattern(node.child_by_field_name("left")),
            self.expr(node.child_by_field_name("right")),
            _assign_op(node, self),
        )

    def update_expr(self, node: TsNode) -> ir.Expr:
        argument = node.child_by_field_name("argument")
        span = self.span(node)
        return ir.AssignExpr(
            span,
            self.pattern(argument),
            ir.Const(span, 1),
            "+" if "++" in self.text(node)[-2:] + self.text(node)[:2] else "-",
        )

    def sequence(self, node: TsNode) -> ir.Expr:
        items = [self.expr(child) for child in node.named_children]
        return ir.Index(
            self.span(node), ir.List(self.span(node), tuple(items)), ir.Const(self.span(node), len(items) - 1)
        )

    def jsx(self, node: TsNode) -> ir.Expr:
        opening = node.child_by_field_name("open_tag") or node
        name = opening.child_by_field_name("name")
        attributes: list[ir.Entry] = []
        for child in opening.named_children:
            span = self.span(child)
            if child.type == "jsx_attribute":
                parts = child.named_children
                key = ir.Const(self.span(parts[0]), self.text(parts[0]))
                value: ir.Expr = ir.Const(span, True)
                if len(parts) > 1:
                    value = self.jsx_value(parts[1])
                attributes.append(ir.Entry(span, key, value))
            elif child.type == "jsx_expression":
                inner = self.first(child)
                if inner is not None:
                    spread = self.first(inner) if inner.type == "spread_element" else inner
                    attributes.append(ir.Entry(span, None, self.expr(spread)))
        children: list[ir.Expr] = []
        if opening is not node:
            kinds = ("jsx_element", "jsx_self_closing_element", "jsx_expression")
            children.extend(self.jsx_value(child) for child in node.named_children if child.type in kinds)
        tag: ir.Expr
        if name is None:
            tag = ir.Const(self.span(opening), "")
        elif name.type == "identifier" and self.text(name)[:1].islower():
            tag = ir.Const(self.span(name), self.text(name))
        elif name.type in ("identifier", "member_expression", "nested_identifier"):
            tag = self.expr(name) if name.type in EXPRESSIONS else ir.Name(self.span(name), self.text(name))
        else:
            tag = ir.Const(self.span(name), self.text(name))
        return ir.Element(self.span(node), tag, tuple(attributes), tuple(children))

    def jsx_value(self, node: TsNode) -> ir.Expr:
        if node.type == "jsx_expression":
            inner = self.first(node)
            return self.expr(inner) if inner is not None else ir.Const(self.span(node), None)
        return self.expr(node)

    def meta(self, node: TsNode) -> ir.Expr:
        parts = self.text(node).split(".")
        return ir.Attribute(self.span(node), ir.Name(self.span(node), parts[0]), parts[-1])


def _assign_op(node: TsNode, lowering: Lowering) -> str:
    if node.type != "augmented_assignment_expression":
        return ""
    operator = node.child_by_field_name("operator")
    text = lowering.text(operator)[:-1] if operator is not None else "+"
    return _LOGICAL.get(text, text)


def _named(function: ir.Function, name: str) -> ir.Function:
    return ir.Function(
        function.span, name, function.params, function.body, function.kind, function.is_async, function.is_generator,
        function.decorators, function.returns, function.directives,
    )  # fmt: skip


def _with_kind(function: ir.Function, kind: str) -> ir.Function:
    return ir.Function(
        function.span, function.name, function.params, function.body, kind, function.is_async, function.is_generator,
        function.decorators, function.returns, function.directives,
    )  # fmt: skip


def declared_names(stmt: ir.Stmt) -> list[str]:
    """Return the names that a statement declares or assigns."""
    if isinstance(stmt, ir.FunctionDef):
        return [stmt.function.name]
    if isinstance(stmt, ir.ClassDef):
        return [stmt.definition.name]
    return bound_names(stmt.target) if isinstance(stmt, ir.Assign) else []


def bound_names(pattern: ir.Pattern | None) -> list[str]:
    """Return the names that a pattern binds."""
    match pattern:
        case ir.Name(id=name):
            return [name]
        case ir.DefaultPattern(target=target):
            return bound_names(target)
        case ir.ListPattern(items=items):
            return [name for item in items for name in bound_names(item)]
        case ir.ObjectPattern(entries=entries, rest=rest):
            return [name for _, item in entries for name in bound_names(item)] + bound_names(rest)
        case _:
            return []


_S = Ecmascript
STATEMENTS: dict[str, Callable[[Any, TsNode, list[ir.Stmt]], None]] = {
    "expression_statement": _S.expression_statement,
    "lexical_declaration": _S.declaration,
    "variable_declaration": _S.declaration,
    "using_declaration": _S.declaration,
    "if_statement": _S.if_statement,
    "for_statement": _S.for_statement,
    "for_in_statement": _S.for_in,
    "while_statement": _S.while_statement,
    "do_statement": _S.while_statement,
    "try_statement": _S.try_statement,
    "switch_statement": _S.switch_statement,
    "return_statement": _S.return_statement,
    "throw_statement": _S.throw_statement,
    "break_statement": _S.break_statement,
    "continue_statement": _S.continue_statement,
    "statement_block": _S.block,
    "labeled_statement": _S.labeled,
    "internal_module": _S.namespace,
    "module": _S.namespace,
    "function_declaration": _S.function_declaration,
    "generator_function_declaration": _S.function_declaration,
    "class_declaration": _S.class_declaration,
    "abstract_class_declaration": _S.class_declaration,
    "enum_declaration": _S.enum_declaration,
    "import_statement": _S.import_statement,
    "export_statement": _S.export_statement,
}
EXPRESSIONS: dict[str, Callable[[Any, TsNode], ir.Expr]] = {
    "identifier": _S.name,
    "property_identifier": _S.name,
    "private_property_identifier": _S.name,
    "shorthand_property_identifier": _S.name,
    "this": _S.name,
    "super": _S.name,
    "undefined": _S.undefined,
    "null": _S.undefined,
    "true": _S.true,
    "false": _S.false,
    "number": _S.number,
    "string": _S.string_expr,
    "regex": _S.regex,
    "template_string": _S.template,
    "member_expression": _S.member,
    "subscript_expression": _S.subscript,
    "call_expression": _S.call,
    "new_expression": _S.call,
    "object": _S.object,
    "array": _S.array,
    "arrow_function": _S.arrow,
    "function_expression": _S.function_expr,
    "function": _S.function_expr,
    "generator_function": _S.function_expr,
    "class": _S.class_expr,
    "unary_expression": _S.unary,
    "binary_expression": _S.binary,
    "ternary_expression": _S.ternary,
    "await_expression": _S.await_expr,
    "yield_expression": _S.yield_expr,
    "assignment_expression": _S.assign_expr,
    "augmented_assignment_expression": _S.assign_expr,
    "update_expression": _S.update_expr,
    "sequence_expression": _S.sequence,
    "jsx_element": _S.jsx,
    "jsx_self_closing_element": _S.jsx,
    "jsx_expression": _S.jsx_value,
    "meta_property": _S.meta,
    "parenthesized_expression": lambda self, node: self.expr(self.first(node)),
    "as_expression": lambda self, node: self.expr(self.first(node)),
    "satisfies_expression": lambda self, node: self.expr(self.first(node)),
    "non_null_expression": lambda self, node: self.expr(self.first(node)),
}
Ecmascript.expressions = EXPRESSIONS
