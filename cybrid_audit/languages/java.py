"""Java 8 to 21 to IR, on tree-sitter. What Lombok would write is written here.

What differs from the form that other front-ends give, as in `kotlin.py`:

- the static part of a class (fields, initialisers, nested types, the constants of an enum) is its body, in an order in which what is
  needed comes first, for the language runs it on first use;
- initialisers of instances are the first statements of each constructor; the components of a record are its constructor;
- `Outer.this` is the name `this@Outer`; `this(…)` is a call of the method `constructor` of `this`;
- `Type::method` is an `Opaque` of the kind `method_reference` with the type and the name; `value::method` is an `Attribute`;
- a `switch` with a value is a `BlockExpr`; a pattern of `instanceof` is an assignment inside the comparison."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

from tree_sitter import Parser

from cybrid_audit import ir
from cybrid_audit.languages._tree import Lowering, TsNode, grammar, parse, syntax_errors, whole_characters
from cybrid_audit.languages.kotlin import in_order
from cybrid_audit.limits import MAX_ELIF_CHAIN, MAX_INTEGER_DIGITS, MAX_OPERATOR_CHAIN

METHOD_REFERENCE: Final = "method_reference"
"""Kind of the `Opaque` that is a method of a type as a function."""

_ESCAPE: Final = re.compile(r"\\(u+[0-9a-fA-F]{4}|[0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "s": " ", "0": "\0", "\n": "", "\r\n": ""}
_COMMENTS: Final = frozenset({"line_comment", "block_comment"})
_TYPES: Final = frozenset(
    {"type_identifier", "scoped_type_identifier", "generic_type", "array_type", "integral_type", "floating_point_type"}
    | {"boolean_type", "void_type", "annotated_type"}
)
_PRIMITIVE: Final = frozenset({"integral_type", "floating_point_type", "boolean_type", "void_type"})
_COMPARE: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_LOGICAL: Final = {"&&": "and", "||": "or"}
_CONSTRUCTORS: Final = {
    "RequiredArgsConstructor": "required",
    "AllArgsConstructor": "all",
    "Data": "required",
    "Value": "all",
    "Builder": "all",
    "SuperBuilder": "all",
}
"""Annotations of Lombok that write a constructor, and for which fields."""
_LOGGERS: Final = {
    "Slf4j": ("org.slf4j.LoggerFactory", "getLogger"),
    "Log4j2": ("org.apache.logging.log4j.LogManager", "getLogger"),
    "Log4j": ("org.apache.log4j.Logger", "getLogger"),
    "CommonsLog": ("org.apache.commons.logging.LogFactory", "getLog"),
    "Log": ("java.util.logging.Logger", "getLogger"),
    "XSlf4j": ("org.slf4j.ext.XLoggerFactory", "getXLogger"),
    "Flogger": ("com.google.common.flogger.FluentLogger", "forEnclosingClass"),
    "JBossLog": ("org.jboss.logging.Logger", "getLogger"),
}
"""Annotations of Lombok that write a field `log`, and what makes it."""


@cache
def _parser() -> Parser:
    return Parser(grammar("tree_sitter_java"))


def lower(path: str, source: bytes) -> ir.Module:
    """Return the IR of one Java file. Never raises; see `languages`."""
    root = parse(_parser(), source)
    lowering = _Java(source, path)
    body = lowering.statements(root.named_children)
    package = next((lowering.package(node) for node in root.named_children if node.type == "package_declaration"), "")
    return ir.Module(
        lowering.span(root),
        path,
        "java",
        tuple(in_order(body)),
        (),
        syntax_errors(root),
        source.startswith(b"#!"),
        package,
    )


def _cook(text: str) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] == "u" and len(code) > 1:
            return chr(int(code.lstrip("u"), 16))
        if code in _ESCAPES:
            return _ESCAPES[code]
        return chr(int(code, 8)) if code[0] in "01234567" else code

    return whole_characters(_ESCAPE.sub(replace, text))


def _text_block(text: str) -> str:
    """Return what a text block holds: the lines behind the first break, without the margin that all of them share."""
    first, _, rest = text.partition("\n")
    if first.strip():
        return _cook(text)
    lines = rest.split("\n")
    told = [line for line in lines[:-1] if line.strip()] + lines[-1:]
    margin = min((len(line) - len(line.lstrip()) for line in told), default=0)
    return _cook("\n".join([line[margin:].rstrip() for line in lines[:-1]] + [line[margin:] for line in lines[-1:]]))


def _number(text: str) -> int | float | None:
    """Return the value of a numeric literal; None when it has too many digits."""
    text = text.replace("_", "").lower()
    if len(text) > MAX_INTEGER_DIGITS:
        return None
    try:
        if text[:2] in ("0x", "0b"):
            return int(text.rstrip("l"), 0)
        text = text.rstrip("l")
        if text.isdigit():
            return int(text, 8) if text[0] == "0" and len(text) > 1 else int(text)
        return float(text.rstrip("fd"))
    except ValueError:
        return None


class _Members:
    """What a class body declares, sorted by what becomes of it."""

    def __init__(self) -> None:
        self.static: list[ir.Stmt] = []
        self.fields: list[ir.Field] = []
        self.methods: list[ir.Function] = []
        self.constructors: list[ir.Function] = []
        self.setup: list[ir.Stmt] = []
        self.final: set[str] = set()
        """The fields that a constructor has to set."""


class _Java(Lowering):
    """Lowers one file. `switches` are the variables that the switch expressions around the current node give their value through."""

    def __init__(self, source: bytes, path: str) -> None:
        super().__init__(source, path)
        self.switches: list[ir.Name] = []

    def package(self, node: TsNode) -> str:
        """Return the name in a package declaration."""
        inner = next((child for child in node.named_children if child.type in _DOTTED), None)
        return self.dotted(inner) if inner is not None else ""

    def dotted(self, node: TsNode) -> str:
        return re.sub(r"\s+|/\*.*?\*/|//[^\n]*", "", self.text(node), flags=re.DOTALL)

    def named(self, node: TsNode) -> list[TsNode]:
        return [child for child in node.named_children if child.type not in _COMMENTS]

    def first(self, node: TsNode) -> TsNode | None:
        return next((child for child in node.named_children if child.type not in _COMMENTS), None)

    # ------------------------------------------------------------ statements

    def statements(self, nodes: Iterable[TsNode]) -> list[ir.Stmt]:
        found: list[ir.Stmt] = []
        for node in nodes:
            if node.type not in _COMMENTS:
                self.statement(node, found)
        return found

    def body(self, node: TsNode | None) -> tuple[ir.Stmt, ...]:
        """Return the statements of a block, or of the single statement in its place."""
        if node is None:
            return ()
        return tuple(self.statements(node.named_children if node.type in _BLOCKS else [node]))

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
                self.effect(node, out)
        finally:
            self.leave()

    def nothing(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """Take no notice."""

    def import_(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = next((child for child in node.named_children if child.type in _DOTTED), None)
        if inner is None:
            return
        name = self.dotted(inner)
        if any(child.type == "asterisk" for child in node.named_children):
            out.append(ir.Import(self.span(node), name, (("**", "**"),)))
            return
        module, _, imported = name.rpartition(".")
        out.append(ir.Import(self.span(node), module, ((imported, imported),)))

    def expression_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.first(node)
        if inner is not None:
            self.effect(inner, out)

    def effect(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """Evaluate an expression for what it does."""
        if node.type == "switch_expression":
            self.switch(node, out)
            return
        value = self.expr(node)
        while isinstance(value, ir.AssignExpr) and isinstance(value.value, ir.AssignExpr) and not value.op:
            # `a = b = c`: the inner assignment first.
            inner = value.value
            out.append(ir.Assign(inner.span, inner.target, inner.value, "", inner.op))
            held = inner.target if isinstance(inner.target, ir.Expr) else ir.Const(inner.span, None)
            value = ir.AssignExpr(value.span, value.target, held)
        if isinstance(value, ir.AssignExpr):
            out.append(ir.Assign(value.span, value.target, value.value, "", value.op))
        else:
            out.append(ir.ExprStmt(self.span(node), value))

    def local_variable(self, node: TsNode, out: list[ir.Stmt]) -> None:
        annotation = self.annotation(node.child_by_field_name("type"))
        for child in node.named_children:
            if child.type == "variable_declarator":
                target, value = self.declarator(child)
                out.append(ir.Assign(self.span(child), target, value, "let", "", annotation))

    def declarator(self, node: TsNode) -> tuple[ir.Name, ir.Expr]:
        named, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        span = self.span(named if named is not None else node)
        target = ir.Name(span, self.text(named) if named is not None else "_")
        return target, self.expr(value) if value is not None else ir.Const(self.span(node), None)

    def if_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        arms: list[tuple[TsNode, ir.Expr, tuple[ir.Stmt, ...]]] = []
        current: TsNode | None = node
        while current is not None and current.type == "if_statement":
            test = self.expr(current.child_by_field_name("condition"))
            arms.append((current, test, self.body(current.child_by_field_name("consequence"))))
            current = current.child_by_field_name("alternative")
        otherwise = self.body(current)
        if len(arms) > MAX_ELIF_CHAIN:
            cases = [ir.Case(self.span(arm), (), body, None, test) for arm, test, body in arms]
            if otherwise:
                cases.append(ir.Case(self.span(node), (), otherwise))
            out.append(ir.Switch(self.span(node), ir.Const(self.span(node), True), tuple(cases)))
            return
        for arm, test, body in reversed(arms):
            otherwise = (ir.If(self.span(arm), test, body, otherwise),)
        out.extend(otherwise)

    def for_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        for child in node.children_by_field_name("init"):
            self.statement(child, out)
        update: list[ir.Stmt] = []
        for child in node.children_by_field_name("update"):
            self.effect(child, update)
        condition = node.child_by_field_name("condition")
        test = self.expr(condition) if condition is not None else None
        body = self.body(node.child_by_field_name("body"))
        out.append(ir.Loop(self.span(node), "while", body, test=test, update=tuple(update)))

    def for_each(self, node: TsNode, out: list[ir.Stmt]) -> None:
        named = node.child_by_field_name("name")
        target = ir.Name(self.span(named), self.text(named)) if named is not None else None
        iterable = self.expr(node.child_by_field_name("value"))
        out.append(ir.Loop(self.span(node), "each", self.body(node.child_by_field_name("body")), target, iterable))

    def while_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        kind = "do" if node.type == "do_statement" else "while"
        test = self.expr(node.child_by_field_name("condition"))
        out.append(ir.Loop(self.span(node), kind, self.body(node.child_by_field_name("body")), test=test))

    def block(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.Block(self.span(node), self.body(node)))

    def synchronized(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.Block(self.span(node), self.body(node.child_by_field_name("body"))))

    def labeled(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.Block(self.span(node), tuple(self.statements(self.named(node)[1:]))))

    def try_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        body: list[ir.Stmt] = []
        resources = node.child_by_field_name("resources")
        for child in resources.named_children if resources is not None else ():
            if child.type != "resource":
                continue
            named = child.child_by_field_name("name")
            if named is None:
                body += [ir.ExprStmt(self.span(each), self.expr(each)) for each in self.named(child)[:1]]
                continue
            value = self.expr(child.child_by_field_name("value"))
            annotation = self.annotation(child.child_by_field_name("type"))
            target = ir.Name(self.span(named), self.text(named))
            body.append(ir.Assign(self.span(child), target, value, "let", "", annotation))
        body += self.body(node.child_by_field_name("body"))
        handlers: list[ir.Handler] = []
        final: tuple[ir.Stmt, ...] = ()
        for child in node.named_children:
            if child.type == "catch_clause":
                handlers.append(self.handler(child))
            elif child.type == "finally_clause":
                final = tuple(stmt for each in self.named(child) for stmt in self.body(each))
        if handlers or final:
            out.append(ir.Try(self.span(node), tuple(body), tuple(handlers), (), final))
        else:
            out.append(ir.Block(self.span(node), tuple(body)))

    def handler(self, node: TsNode) -> ir.Handler:
        types: tuple[ir.Expr, ...] = ()
        target: ir.Pattern | None = None
        for child in node.named_children:
            if child.type != "catch_formal_parameter":
                continue
            for inner in child.named_children:
                if inner.type == "catch_type":
                    types = tuple(self.type(each) for each in inner.named_children if each.type in _TYPES)
            named = child.child_by_field_name("name")
            target = ir.Name(self.span(named), self.text(named)) if named is not None else None
        return ir.Handler(self.span(node), types, target, self.body(node.child_by_field_name("body")))

    def return_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.first(node)
        out.append(ir.Return(self.span(node), self.expr(inner) if inner is not None else None))

    def throw_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.first(node)
        out.append(ir.Raise(self.span(node), self.expr(inner) if inner is not None else None))

    def jump(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.first(node)
        label = self.text(inner) if inner is not None else None
        kind = ir.Break if node.type == "break_statement" else ir.Continue
        out.append(kind(self.span(node), label))

    def yield_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.first(node)
        value = self.expr(inner) if inner is not None else ir.Const(self.span(node), None)
        if not self.switches:
            out.append(ir.ExprStmt(self.span(node), value))
            return
        out.append(ir.Assign(self.span(node), self.switches[-1], value, "const"))
        out.append(ir.Break(self.span(node)))

    def assert_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        # Off unless somebody turns assertions on: it guards nothing.
        inner = self.first(node)
        if inner is not None:
            out.append(ir.ExprStmt(self.span(node), self.expr(inner)))

    # ------------------------------------------------------------ switch

    def switch(self, node: TsNode, out: list[ir.Stmt], target: ir.Name | None = None) -> None:
        """Lower a switch; with a target each arm leaves its value there."""
        subject = self.expr(node.child_by_field_name("condition"))
        holder = node.child_by_field_name("body")
        arms = [each for each in self.named(holder) if each.type in _ARMS] if holder is not None else []
        falls = any(arm.type == "switch_block_statement_group" for arm in arms)
        if target is not None:
            self.switches.append(target)
        try:
            cases = tuple(self.arm(arm, target) for arm in arms)
        finally:
            if target is not None:
                self.switches.pop()
        out.append(ir.Switch(self.span(node), subject, cases, falls))

    def arm(self, node: TsNode, target: ir.Name | None) -> ir.Case:
        tests: list[ir.Expr] = []
        pattern: ir.Pattern | None = None
        guard: ir.Expr | None = None
        is_default = False
        rest: list[TsNode] = []
        for child in self.named(node):
            if child.type != "switch_label":
                rest.append(child)
                continue
            inner = self.named(child)
            is_default = is_default or not inner
            for each in inner:
                if each.type == "guard":
                    guard = self.expr(self.first(each))
                elif each.type == "pattern":
                    test, pattern = self.pattern_of(self.first(each))
                    tests.append(test)
                elif each.type == "identifier" and self.text(each) == "default":
                    is_default = True
                else:
                    tests.append(self.expr(each))
        if is_default:
            tests, pattern = [], None
        if node.type == "switch_rule" and len(rest) == 1 and target is not None:
            alone = self.first(rest[0]) if rest[0].type == "expression_statement" else None
            if alone is not None:
                value = self.expr(alone)
                body: tuple[ir.Stmt, ...] = (ir.Assign(value.span, target, value, "const"),)
                return ir.Case(self.span(node), tuple(tests), body, pattern, guard)
        body = self.body(rest[0]) if node.type == "switch_rule" and len(rest) == 1 else tuple(self.statements(rest))
        return ir.Case(self.span(node), tuple(tests), body, pattern, guard)

    def pattern_of(self, node: TsNode | None) -> tuple[ir.Expr, ir.Pattern | None]:
        """Return a pattern as a test and what it binds."""
        if node is None:
            return ir.Const(ir.NO_SPAN, None), None
        span = self.span(node)
        kind = next((child for child in node.named_children if child.type in _TYPES), None)
        if node.type == "type_pattern":
            named = next((child for child in node.named_children if child.type == "identifier"), None)
            test = ir.Opaque(span, "class_pattern", (self.type(kind),) if kind is not None else ())
            return test, ir.Name(self.span(named), self.text(named)) if named is not None else None
        head = next((child for child in node.named_children if child.type in ("identifier", *_TYPES)), None)
        test = ir.Opaque(span, "class_pattern", (self.expr(head),) if head is not None else ())
        return test, self.record_pattern(node)

    def record_pattern(self, node: TsNode) -> ir.Pattern:
        items: list[ir.Pattern | None] = []
        holder = next((child for child in node.named_children if child.type == "record_pattern_body"), None)
        for child in holder.named_children if holder is not None else ():
            if child.type == "record_pattern":
                items.append(self.record_pattern(child))
            elif child.type == "record_pattern_component":
                named = [each for each in child.named_children if each.type == "identifier"]
                items.append(ir.Name(self.span(named[-1]), self.text(named[-1])) if named else None)
        return ir.ListPattern(self.span(node), tuple(items))

    def switch_expr(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        target = ir.Name(span, f"%switch{node.start_byte}")
        out: list[ir.Stmt] = []
        self.switch(node, out, target)
        return ir.BlockExpr(span, tuple(out), target)

    # ------------------------------------------------------------ classes

    def class_declaration(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.ClassDef(self.span(node), self.klass(node)))

    def klass(self, node: TsNode) -> ir.Class:
        named = node.child_by_field_name("name")
        name = self.text(named) if named is not None else ""
        bases: list[ir.Expr] = []
        for child in node.named_children:
            if child.type in ("superclass", "super_interfaces", "extends_interfaces"):
                listed = [each for each in child.named_children if each.type == "type_list"]
                held = listed[0].named_children if listed else child.named_children
                bases += [self.base(each) for each in held if each.type in _TYPES]
        holder = node.child_by_field_name("body")
        kind = _CLASSES.get(node.type, "class")
        members = _Members()
        decorators = self.annotations(node)
        components = self.params(node.child_by_field_name("parameters")) if kind == "record" else []
        if holder is not None:
            self.members(holder, members, name, kind, components)
        return self.whole_characters(node, name, tuple(bases), members, decorators, components, kind)

    def anonymous(self, node: TsNode, base: ir.Expr) -> ir.Class:
        """Return the class that a class body behind `new Base(…)` makes."""
        members = _Members()
        self.members(node, members, "", "class", [])
        return self.whole_characters(node, "", (base,), members, (), [], "class")

    def base(self, node: TsNode) -> ir.Expr:
        held = self.type(node)
        return held.object if isinstance(held, ir.Index) else held

    def whole_characters(
        self,
        node: TsNode,
        name: str,
        bases: tuple[ir.Expr, ...],
        members: _Members,
        decorators: tuple[ir.Expr, ...],
        components: list[ir.Param],
        kind: str,
    ) -> ir.Class:
        span = self.span(node)
        marks = [_simple(each) for each in decorators]
        constructors = list(members.constructors)
        if kind == "record" and not any(len(each.params) == len(components) for each in constructors):
            constructors.insert(0, self.of_record(node, components, ()))
        if not constructors:
            wanted = [how for mark in marks if (how := _CONSTRUCTORS.get(mark)) is not None]
            if wanted:
                constructors.append(_lombok_constructor(span, members, wanted))
        if members.setup and not constructors:
            # What it is given goes to the class's base.
            args = ir.Param(span, ir.Name(span, "%args"), kind="rest")
            given = ir.Arg(span, ir.Name(span, "%args"), None, "*")
            call = ir.ExprStmt(span, ir.Call(span, ir.Name(span, "super"), (given,)))
            constructors.append(ir.Function(span, "constructor", (args,), (call,), "constructor"))
        if members.setup:
            constructors = [_after_super(each, members.setup) for each in constructors]
        static = list(members.static)
        for mark in marks:
            maker = _LOGGERS.get(mark)
            if maker is not None:
                made = ir.Call(span, ir.Attribute(span, _dotted(span, maker[0]), maker[1]), ())
                static.insert(0, ir.Assign(span, ir.Name(span, "log"), made, "const"))
        return ir.Class(
            span,
            name,
            bases,
            tuple(members.fields),
            (*constructors, *members.methods),
            decorators,
            (),
            tuple(in_order(static)),
            "enum class" if kind == "enum" else kind,
        )

    def of_record(self, node: TsNode, components: list[ir.Param], before: tuple[ir.Stmt, ...]) -> ir.Function:
        """Return the constructor of a record: it sets its components once a compact constructor has looked at them."""
        span = self.span(node)
        sets: list[ir.Stmt] = []
        for param in components:
            if isinstance(param.target, ir.Name):
                holder = ir.Attribute(param.span, ir.Name(param.span, "this"), param.target.id)
                sets.append(ir.Assign(param.span, holder, param.target))
        params = tuple(
            ir.Param(each.span, each.target, None, each.kind, each.annotation, each.decorators, each.target.id)
            if isinstance(each.target, ir.Name)
            else each
            for each in components
        )
        return ir.Function(span, "constructor", params, (*before, *sets), "constructor")

    def members(self, node: TsNode, members: _Members, name: str, kind: str, components: list[ir.Param]) -> None:
        for child in node.named_children:
            if child.type in ("enum_body_declarations", "ERROR"):
                self.members(child, members, name, kind, components)
                continue
            if not self.enter():
                return
            try:
                self.member(child, members, name, kind, components)
            finally:
                self.leave()

    def member(self, node: TsNode, members: _Members, name: str, kind: str, components: list[ir.Param]) -> None:
        match node.type:
            case "field_declaration" | "constant_declaration":
                self.field(node, members, is_static=kind in ("interface", "annotation"))
            case "method_declaration" | "annotation_type_element_declaration":
                members.methods.append(self.method(node, kind))
            case "constructor_declaration":
                members.constructors.append(self.constructor(node))
            case "compact_constructor_declaration":
                before = self.body(node.child_by_field_name("body"))
                members.constructors.append(self.of_record(node, components, before))
            case "static_initializer":
                members.static += [stmt for child in self.named(node) for stmt in self.body(child)]
            case "block":
                members.setup += self.body(node)
            case "enum_constant":
                self.enum_constant(node, name, members)
            case _ if node.type in _CLASSES:
                self.statement(node, members.static)

    def field(self, node: TsNode, members: _Members, *, is_static: bool) -> None:
        words = self.modifiers(node)
        is_static = is_static or "static" in words
        annotation = self.annotation(node.child_by_field_name("type"))
        decorators = self.annotations(node)
        for child in node.named_children:
            if child.type != "variable_declarator":
                continue
            span = self.span(child)
            target, value = self.declarator(child)
            if is_static:
                members.static.append(ir.Assign(span, target, value, "const", "", annotation))
                continue
            is_set = child.child_by_field_name("value") is not None
            members.fields.append(ir.Field(span, target.id, value if is_set else None, False, annotation, decorators))
            if not is_set and ("final" in words or any(_simple(each) == "NonNull" for each in decorators)):
                members.final.add(target.id)

    def method(self, node: TsNode, kind: str) -> ir.Function:
        span = self.span(node)
        named = node.child_by_field_name("name")
        name = self.text(named) if named is not None else ""
        body = node.child_by_field_name("body")
        returns = self.annotation(node.child_by_field_name("type"))
        params = self.params(node.child_by_field_name("parameters"))
        how = "static" if "static" in self.modifiers(node) else "method"
        held, self.switches = self.switches, []
        try:
            stmts = self.body(body)
        finally:
            self.switches = held
        directives = ("abstract",) if body is None else ()
        return ir.Function(
            span, name, tuple(params), stmts, how, False, False, self.annotations(node), returns, directives
        )

    def constructor(self, node: TsNode) -> ir.Function:
        params = self.params(node.child_by_field_name("parameters"))
        stmts = self.body(node.child_by_field_name("body"))
        decorators = self.annotations(node)
        return ir.Function(self.span(node), "constructor", tuple(params), stmts, "constructor", decorators=decorators)

    def explicit_constructor(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        callee = node.child_by_field_name("constructor")
        func: ir.Expr = ir.Name(span, "super")
        if callee is not None and callee.type == "this":
            func = ir.Attribute(span, ir.Name(span, "this"), "constructor")
        out.append(ir.ExprStmt(span, ir.Call(span, func, self.args(node.child_by_field_name("arguments")))))

    def enum_constant(self, node: TsNode, name: str, members: _Members) -> None:
        span = self.span(node)
        named = node.child_by_field_name("name")
        word = self.text(named) if named is not None else ""
        target = ir.Name(span, word)
        args = self.args(node.child_by_field_name("arguments"))
        body = node.child_by_field_name("body")
        kind: ir.Expr = ir.Name(span, name)
        if body is not None:
            kind = ir.ClassExpr(span, self.anonymous(body, kind))
        members.static.append(ir.Assign(span, target, ir.Call(span, kind, args, is_new=True), "const"))
        members.static.append(ir.Assign(span, ir.Attribute(span, target, "name"), ir.Const(span, word)))

    def modifiers(self, node: TsNode) -> set[str]:
        holder = next((child for child in node.named_children if child.type == "modifiers"), None)
        return {child.type for child in holder.children} if holder is not None else set()

    def params(self, node: TsNode | None) -> list[ir.Param]:
        found: list[ir.Param] = []
        for child in node.named_children if node is not None else ():
            if child.type not in ("formal_parameter", "spread_parameter"):
                continue
            named = child.child_by_field_name("name")
            kind = child.child_by_field_name("type")
            is_rest = child.type == "spread_parameter"
            if is_rest:
                holder = next((each for each in child.named_children if each.type == "variable_declarator"), None)
                named = holder.child_by_field_name("name") if holder is not None else None
                kind = next((each for each in child.named_children if each.type in _TYPES), None)
            if named is None or self.text(named) == "this":
                continue
            target = ir.Name(self.span(named), self.text(named))
            annotation = self.annotation(kind, keeps=True)
            how = "rest" if is_rest else "positional"
            decorators = self.annotations(child)
            found.append(ir.Param(self.span(child), target, None, how, None if is_rest else annotation, decorators))
        return found

    # ------------------------------------------------------------ annotations and types

    def annotations(self, node: TsNode) -> tuple[ir.Expr, ...]:
        holder = next((child for child in node.named_children if child.type == "modifiers"), None)
        if holder is None:
            return ()
        return tuple(self.mark(child) for child in holder.named_children if child.type in _MARKS)

    def mark(self, node: TsNode) -> ir.Expr:
        """Return an annotation: a name, or a call with its elements as named arguments."""
        span = self.span(node)
        named = node.child_by_field_name("name")
        name: ir.Expr = self.expr(named) if named is not None else ir.Name(span, "_")
        given = node.child_by_field_name("arguments")
        if given is None:
            return name
        args: list[ir.Arg] = []
        for child in self.named(given):
            if child.type == "element_value_pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                word = self.text(key) if key is not None else None
                args.append(ir.Arg(self.span(child), self.element(value), None if word == "value" else word))
            else:
                args.append(ir.Arg(self.span(child), self.element(child)))
        return ir.Call(span, name, tuple(args))

    def element(self, node: TsNode | None) -> ir.Expr:
        return self.mark(node) if node is not None and node.type in _MARKS else self.expr(node)

    def annotation(self, node: TsNode | None, *, keeps: bool = False) -> ir.Expr | None:
        """Return a declared type; None for `var`, and for a primitive one unless it is to be kept."""
        if node is None or (node.type in _PRIMITIVE and not keeps):
            return None
        return None if self.text(node) == "var" else self.type(node)

    def type(self, node: TsNode | None) -> ir.Expr:
        if node is None:
            return ir.Opaque(ir.NO_SPAN, "type")
        span = self.span(node)
        if not self.enter():
            return ir.Opaque(span, "too deep")
        try:
            match node.type:
                case "generic_type":
                    inner = self.named(node)
                    held = self.type(inner[0])
                    given = next((each for each in inner[1:] if each.type == "type_arguments"), None)
                    args = [self.type(each) for each in given.named_children] if given is not None else []
                    if not args:
                        return held
                    return ir.Index(span, held, args[0] if len(args) == 1 else ir.List(span, tuple(args)))
                case "scoped_type_identifier":
                    parts = [each for each in self.named(node) if each.type in _TYPES]
                    name = self.text(parts[-1]) if parts else self.text(node)
                    return ir.Attribute(span, self.type(parts[0]), name) if len(parts) > 1 else ir.Name(span, name)
                case "annotated_type" | "wildcard":
                    parts = [each for each in self.named(node) if each.type in _TYPES]
                    return self.type(parts[-1]) if parts else ir.Name(span, "Object")
                case "array_type":
                    return ir.Opaque(span, node.type)
                case _ if node.type in _TYPES:
                    return ir.Name(span, self.text(node))
                case _:
                    return ir.Opaque(span, node.type)
        finally:
            self.leave()

    # ------------------------------------------------------------ expressions

    def name(self, node: TsNode) -> ir.Expr:
        return ir.Name(self.span(node), self.text(node))

    def scoped(self, node: TsNode) -> ir.Expr:
        return _dotted(self.span(node), self.dotted(node))

    def null(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), None)

    def true(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), True)

    def false(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), False)

    def number(self, node: TsNode) -> ir.Expr:
        value = _number(self.text(node))
        return ir.Const(self.span(node), value) if value is not None else ir.Opaque(self.span(node), node.type)

    def character(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), _cook(self.text(node)[1:-1]))

    def string(self, node: TsNode) -> ir.Expr:
        text = self.text(node)
        if text.startswith('"""'):
            return ir.Const(self.span(node), _text_block(text[3:-3] if len(text) > 5 else ""))
        return ir.Const(self.span(node), _cook(text[1:-1]))

    def field_access(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        named = node.child_by_field_name("field")
        held = node.child_by_field_name("object")
        if named is not None and named.type == "this":
            label = self.text(held).rpartition(".")[2] if held is not None else ""
            return ir.Name(span, f"this@{label}")
        name = self.text(named) if named is not None else ""
        return ir.Attribute(span, self.expr(held), name)

    def array_access(self, node: TsNode) -> ir.Expr:
        held, index = node.child_by_field_name("array"), node.child_by_field_name("index")
        return ir.Index(self.span(node), self.expr(held), self.expr(index))

    def args(self, node: TsNode | None) -> tuple[ir.Arg, ...]:
        if node is None:
            return ()
        return tuple(ir.Arg(self.span(child), self.expr(child)) for child in self.named(node))

    def call(self, node: TsNode) -> ir.Expr:
        """A method call. A chain of calls is lowered without recursion on its length."""
        chain: list[TsNode] = []
        current: TsNode | None = node
        while current is not None and current.type == "method_invocation":
            chain.append(current)
            current = current.child_by_field_name("object")
        held = self.expr(current) if current is not None else None
        for each in reversed(chain):
            span = self.span(each)
            named = each.child_by_field_name("name")
            name = self.text(named) if named is not None else ""
            at = self.span(named) if named is not None else span
            if any(child.type == "super" for child in each.children[1:]):
                # `Interface.super.method()`.
                held = ir.Name(span, "super")
            func: ir.Expr = ir.Name(at, name) if held is None else ir.Attribute(self.between(held.span, at), held, name)
            held = ir.Call(span, func, self.args(each.child_by_field_name("arguments")))
        return held if held is not None else ir.Const(self.span(node), None)

    @staticmethod
    def between(first: ir.Span, last: ir.Span) -> ir.Span:
        return ir.Span(first.start, last.end, first.line, first.column, last.end_line, last.end_column)

    def creation(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        kind = self.type(node.child_by_field_name("type"))
        if isinstance(kind, ir.Index):
            kind = kind.object
        args = self.args(node.child_by_field_name("arguments"))
        body = next((child for child in node.named_children if child.type == "class_body"), None)
        if body is None:
            return ir.Call(span, kind, args, is_new=True)
        fills = self.named(body)
        if fills and all(child.type == "block" for child in fills):
            return self.filled(node, ir.Call(span, kind, args, is_new=True), fills)
        return ir.Call(span, ir.ClassExpr(span, self.anonymous(body, kind)), args, is_new=True)

    def filled(self, node: TsNode, made: ir.Call, blocks: list[TsNode]) -> ir.Expr:
        """`new HashMap<>() {{ put("a", b); }}`: the object, with the calls of the initialiser made on it."""
        target = ir.Name(made.span, f"%new{node.start_byte}")
        stmts: list[ir.Stmt] = [ir.Assign(made.span, target, made, "const")]
        for stmt in (each for block in blocks for each in self.body(block)):
            value = stmt.value if isinstance(stmt, ir.ExprStmt) else None
            if isinstance(value, ir.Call) and isinstance(value.func, ir.Name):
                func = ir.Attribute(value.func.span, target, value.func.id)
                stmts.append(ir.ExprStmt(stmt.span, ir.Call(value.span, func, value.args)))
            else:
                stmts.append(stmt)
        return ir.BlockExpr(made.span, tuple(stmts), target)

    def array(self, node: TsNode) -> ir.Expr:
        value = node.child_by_field_name("value")
        if value is not None:
            return ir.List(self.span(node), self.array_items(value))
        return ir.List(self.span(node), ())

    def array_initializer(self, node: TsNode) -> ir.Expr:
        return ir.List(self.span(node), self.array_items(node))

    def array_items(self, node: TsNode) -> tuple[ir.Expr, ...]:
        return tuple(self.element(child) for child in self.named(node))

    def cast(self, node: TsNode) -> ir.Expr:
        kind = node.child_by_field_name("type")
        value = self.expr(node.child_by_field_name("value"))
        if kind is not None and self.text(kind) == "char" and isinstance(value, ir.Const):
            code = value.value
            if isinstance(code, int) and not isinstance(code, bool) and 0 < code < 0xD800:
                return ir.Const(value.span, chr(code))
        return value

    def lambda_expr(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        holder = node.child_by_field_name("parameters")
        params: list[ir.Param] = []
        if holder is not None and holder.type == "identifier":
            params.append(ir.Param(self.span(holder), ir.Name(self.span(holder), self.text(holder))))
        elif holder is not None and holder.type == "inferred_parameters":
            named = [child for child in holder.named_children if child.type == "identifier"]
            params += [ir.Param(self.span(each), ir.Name(self.span(each), self.text(each))) for each in named]
        else:
            params += self.params(holder)
        body = node.child_by_field_name("body")
        held, self.switches = self.switches, []
        try:
            if body is not None and body.type != "block":
                value = self.expr(body)
                stmts: tuple[ir.Stmt, ...] = (ir.Return(value.span, value),)
            else:
                stmts = self.body(body)
        finally:
            self.switches = held
        return ir.Lambda(span, ir.Function(span, "", tuple(params), stmts, "arrow"))

    def reference(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        inner = self.named(node)
        if not inner:
            return ir.Opaque(span, node.type)
        head = inner[0]
        held = self.type(head) if head.type in _TYPES else self.expr(head)
        if isinstance(held, ir.Index):
            held = held.object
        if len(inner) < 2 or node.children[-1].type == "new":
            return held
        name = self.text(inner[-1])
        word = held.name if isinstance(held, ir.Attribute) else held.id if isinstance(held, ir.Name) else ""
        if head.type in _TYPES or word[:1].isupper():
            return ir.Opaque(span, METHOD_REFERENCE, (held, ir.Const(span, name)))
        return ir.Attribute(span, held, name)

    def unary(self, node: TsNode) -> ir.Expr:
        operator = node.child_by_field_name("operator")
        op = self.text(operator) if operator is not None else "-"
        value = self.expr(node.child_by_field_name("operand"))
        if op == "-" and isinstance(value, ir.Const) and isinstance(value.value, int | float):
            return ir.Const(self.span(node), -value.value)
        return ir.Unary(self.span(node), "not" if op == "!" else op, value)

    def update(self, node: TsNode) -> ir.Expr:
        target = self.target(self.first(node))
        op = "+" if any(child.type == "++" for child in node.children) else "-"
        return ir.AssignExpr(self.span(node), target, ir.Const(self.span(node), 1), op)

    def binary(self, node: TsNode) -> ir.Expr:
        chain: list[tuple[str, TsNode, TsNode]] = []
        current: TsNode | None = node
        while current is not None and current.type == "binary_expression":
            operator = current.child_by_field_name("operator")
            op = self.text(operator) if operator is not None else "+"
            chain.append((op, current.child_by_field_name("right"), current))
            current = current.child_by_field_name("left")
        chain.reverse()
        first = self.expr(current)
        operators = {op for op, _, _ in chain}
        others = [self.expr(right) for _, right, _ in chain]
        if len(chain) > MAX_OPERATOR_CHAIN:
            if operators == {"+"}:
                return ir.Template(self.span(node), (first, *others))
            if operators not in ({"&&"}, {"||"}):
                return ir.Opaque(self.span(node), node.type, (first, *others))
            return self.balanced([first, *others], _LOGICAL[operators.pop()])
        result = first
        for (op, _, whole), other in zip(chain, others, strict=True):
            span = self.span(whole)
            if op in _LOGICAL:
                result = ir.Logical(span, _LOGICAL[op], result, other)
            elif op in _COMPARE:
                result = ir.Compare(span, op, result, other)
            else:
                result = ir.Binary(span, ">>" if op == ">>>" else op, result, other)
        return result

    def balanced(self, items: list[ir.Expr], op: str) -> ir.Expr:
        """Return items joined by a logical operator as a tree of logarithmic depth."""
        while len(items) > 1:
            pairs = zip(items[::2], items[1::2], strict=False)
            joined: list[ir.Expr] = [ir.Logical(self.between(a.span, b.span), op, a, b) for a, b in pairs]
            items = joined + items[len(items) - 1 :] if len(items) % 2 else joined
        return items[0]

    def instance_of(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        value = self.expr(node.child_by_field_name("left"))
        kind = node.child_by_field_name("right")
        named = node.child_by_field_name("name")
        pattern = node.child_by_field_name("pattern")
        if pattern is not None:
            test, target = self.pattern_of(pattern)
            told = test.children[0] if isinstance(test, ir.Opaque) and test.children else ir.Opaque(span, "type")
            held = value if target is None else ir.AssignExpr(self.span(pattern), target, value)
            return ir.Compare(span, "instanceof", held, told)
        if named is not None:
            value = ir.AssignExpr(self.span(named), ir.Name(self.span(named), self.text(named)), value)
        return ir.Compare(span, "instanceof", value, self.type(kind))

    def ternary(self, node: TsNode) -> ir.Expr:
        test, then, other = (node.child_by_field_name(each) for each in ("condition", "consequence", "alternative"))
        return ir.Conditional(self.span(node), self.expr(test), self.expr(then), self.expr(other))

    def assignment(self, node: TsNode) -> ir.Expr:
        operator = node.child_by_field_name("operator")
        op = self.text(operator)[:-1] if operator is not None else ""
        target = self.target(node.child_by_field_name("left"))
        return ir.AssignExpr(self.span(node), target, self.expr(node.child_by_field_name("right")), op)

    def target(self, node: TsNode | None) -> ir.Pattern:
        held = self.expr(node)
        if isinstance(held, ir.Name | ir.Attribute | ir.Index | ir.Opaque):
            return held
        return ir.Opaque(held.span, "target", (held,))

    def class_literal(self, node: TsNode) -> ir.Expr:
        held = self.type(self.first(node))
        return held.object if isinstance(held, ir.Index) else held

    def inner(self, node: TsNode) -> ir.Expr:
        return self.expr(self.first(node))


def _dotted(span: ir.Span, name: str) -> ir.Expr:
    first, *more = name.split(".")
    held: ir.Expr = ir.Name(span, first)
    for part in more:
        held = ir.Attribute(span, held, part)
    return held


def _simple(node: ir.Expr) -> str:
    """Return the simple name of an annotation."""
    if isinstance(node, ir.Call):
        node = node.func
    return node.name if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else ""


def _lombok_constructor(span: ir.Span, members: _Members, wanted: Sequence[str]) -> ir.Function:
    """Return the constructor that Lombok writes: for all fields, or for those that have to be set."""
    fields = [field for field in members.fields if field.value is None]
    if "all" not in wanted:
        fields = [field for field in fields if field.name in members.final]
    params = tuple(
        ir.Param(
            field.span,
            ir.Name(field.span, field.name),
            annotation=field.annotation,
            decorators=field.decorators,
            field=field.name,
        )
        for field in fields
    )
    return ir.Function(span, "constructor", params, (), "constructor")


def _after_super(function: ir.Function, setup: Sequence[ir.Stmt]) -> ir.Function:
    """Return a constructor with the initialisers of the instance behind its call of `super`; one that calls another has none."""
    first = function.body[0] if function.body else None
    func = first.value.func if isinstance(first, ir.ExprStmt) and isinstance(first.value, ir.Call) else None
    if isinstance(func, ir.Attribute) and func.name == "constructor":
        return function
    at = 1 if isinstance(func, ir.Name) and func.id == "super" else 0
    body = (*function.body[:at], *setup, *function.body[at:])
    return ir.Function(
        function.span, "constructor", function.params, body, "constructor", decorators=function.decorators
    )


_DOTTED: Final = frozenset({"identifier", "scoped_identifier"})
_BLOCKS: Final = frozenset({"block", "constructor_body"})
_MARKS: Final = frozenset({"annotation", "marker_annotation"})
_ARMS: Final = frozenset({"switch_rule", "switch_block_statement_group"})
_CLASSES: Final = {
    "class_declaration": "class",
    "interface_declaration": "interface",
    "enum_declaration": "enum",
    "record_declaration": "record",
    "annotation_type_declaration": "annotation",
}
_J = _Java
_STATEMENTS: Final[dict[str, Callable[[Any, TsNode, list[ir.Stmt]], None]]] = {
    "package_declaration": _J.nothing,
    "module_declaration": _J.nothing,
    "import_declaration": _J.import_,
    **dict.fromkeys(_CLASSES, _J.class_declaration),
    "expression_statement": _J.expression_statement,
    "local_variable_declaration": _J.local_variable,
    "if_statement": _J.if_statement,
    "for_statement": _J.for_statement,
    "enhanced_for_statement": _J.for_each,
    "while_statement": _J.while_statement,
    "do_statement": _J.while_statement,
    "block": _J.block,
    "constructor_body": _J.block,
    "synchronized_statement": _J.synchronized,
    "labeled_statement": _J.labeled,
    "try_statement": _J.try_statement,
    "try_with_resources_statement": _J.try_statement,
    "return_statement": _J.return_statement,
    "throw_statement": _J.throw_statement,
    "break_statement": _J.jump,
    "continue_statement": _J.jump,
    "yield_statement": _J.yield_statement,
    "assert_statement": _J.assert_statement,
    "explicit_constructor_invocation": _J.explicit_constructor,
}
_EXPRESSIONS: Final[dict[str, Callable[[Any, TsNode], ir.Expr]]] = {
    "identifier": _J.name,
    "this": _J.name,
    "super": _J.name,
    "scoped_identifier": _J.scoped,
    "null_literal": _J.null,
    "true": _J.true,
    "false": _J.false,
    "decimal_integer_literal": _J.number,
    "hex_integer_literal": _J.number,
    "octal_integer_literal": _J.number,
    "binary_integer_literal": _J.number,
    "decimal_floating_point_literal": _J.number,
    "hex_floating_point_literal": _J.number,
    "character_literal": _J.character,
    "string_literal": _J.string,
    "field_access": _J.field_access,
    "array_access": _J.array_access,
    "method_invocation": _J.call,
    "object_creation_expression": _J.creation,
    "array_creation_expression": _J.array,
    "array_initializer": _J.array_initializer,
    "element_value_array_initializer": _J.array_initializer,
    "cast_expression": _J.cast,
    "lambda_expression": _J.lambda_expr,
    "method_reference": _J.reference,
    "unary_expression": _J.unary,
    "update_expression": _J.update,
    "binary_expression": _J.binary,
    "instanceof_expression": _J.instance_of,
    "ternary_expression": _J.ternary,
    "assignment_expression": _J.assignment,
    "switch_expression": _J.switch_expr,
    "class_literal": _J.class_literal,
    "parenthesized_expression": _J.inner,
}
_Java.expressions = _EXPRESSIONS
