"""Kotlin to IR, on tree-sitter.

What differs from the form that other front-ends give:

- a primary constructor, the initialisers and the `init` blocks are one method `constructor`; `by lazy` comes last in it;
- members of companion objects are static; an `object` is a class with static members only, or, when it calls a constructor of its
  base, a variable that holds its one instance;
- an extension is a function of kind `extension` whose first parameter is `this`;
- type arguments of a call are the keyword argument `%T`, for `call.receive<Order>()` is told by nothing else;
- the top level, and the static part of a class, is put in an order in which what is needed comes first: the language runs it on
  first use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any, Final

from tree_sitter import Parser

from cybrid_audit import ir
from cybrid_audit.languages import Unparsed
from cybrid_audit.languages._tree import Lowering, TsNode, grammar, names_in, parse, syntax_errors, whole_characters
from cybrid_audit.limits import MAX_INTEGER_DIGITS

TYPE_ARGUMENT: Final = "%T"
"""Keyword under which a call carries its type arguments."""

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SIMPLE = re.compile(rb"\\.|\$([A-Za-z_]\w*|`[^`\n]+`)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b"}
_COMMENTS = frozenset({"line_comment", "block_comment"})
_TYPES = frozenset(
    {"user_type", "nullable_type", "non_nullable_type", "function_type", "parenthesized_type", "type_projection"}
)
_COMPARE = {"==": "==", "!=": "!=", "===": "==", "!==": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LOGICAL = {"&&": "and", "||": "or", "?:": "??"}
_WORDS = {"and": "and", "or": "or"}
_CONSTANTS = {"true": True, "false": False, "null": None}
_ONE_LINE = re.compile(
    rb'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*(?:.|\n)*?\*/|\'(?:\\.|[^\'\\\n])*\'|(?<=[^\s{;]) (?=\})'
)
"""Texts and comments, and the blank before the end of a body that does not stand on a line of its own."""


@cache
def _parser() -> Parser:
    return Parser(grammar("tree_sitter_kotlin"))


def lower(path: str, source: bytes) -> ir.Module:
    """Return the IR of one Kotlin file or script. Never raises; see `languages`."""
    root = _parsed(source)
    lowering = _Kotlin(source, path)
    body = lowering.statements(root.named_children)
    package = next((lowering.package(node) for node in root.named_children if node.type == "package_header"), "")
    return ir.Module(
        lowering.span(root),
        path,
        "kotlin",
        tuple(in_order(body)),
        (),
        syntax_errors(root),
        source.startswith(b"#!") or path.endswith(".main.kts"),
        package,
    )


def _parsed(source: bytes) -> TsNode:
    """Return the tree of a source, or that of the same with its one-line bodies ended as the grammar wants them, when it has
    fewer errors.

    The grammar takes `companion object { const val X = 1 }` only with a `;` before the bracket. Thousands of them take it too long."""
    patched = partial(_ONE_LINE.sub, lambda match: b";" if match[0] == b" " else match[0], source)
    try:
        root = parse(_parser(), source)
    except Unparsed:
        return parse(_parser(), patched())
    if not root.has_error or (mended := patched()) == source:
        return root
    other = parse(_parser(), mended)
    return other if len(syntax_errors(other)) < len(syntax_errors(root)) else root


def in_order(body: list[ir.Stmt]) -> list[ir.Stmt]:
    """Return the statements of a top level or a static part with each after what its initialiser needs; else as they stand."""
    declared: dict[str, ir.Stmt] = {}
    for stmt in body:
        for name in _declared(stmt):
            declared.setdefault(name, stmt)
    if not declared:
        return body
    uses = {id(stmt): names_in(stmt) for stmt in body}
    done: set[int] = set()
    result: list[ir.Stmt] = []

    def reach(names: set[str]) -> Iterable[ir.Stmt]:
        """Yield the declarations that running code with these names may need."""
        seen: set[str] = set()
        pending = sorted(names)
        while pending:
            name = pending.pop()
            if name in seen or name not in declared:
                continue
            seen.add(name)
            yield declared[name]
            if not isinstance(declared[name], ir.Assign):
                # What a variable needs is found when it is its turn.
                pending.extend(uses[id(declared[name])])

    def visit(stmt: ir.Stmt, depth: int) -> None:
        if id(stmt) in done:
            return
        done.add(id(stmt))
        if depth < _MAX_NEEDS:
            for needed in sorted(reach(_needed_at_once(stmt)), key=lambda each: each.span.start):
                visit(needed, depth + 1)
        result.append(stmt)

    for stmt in body:
        visit(stmt, 0)
    return result


_MAX_NEEDS: Final = 40


def _declared(stmt: ir.Stmt) -> list[str]:
    match stmt:
        case ir.ClassDef(definition=definition):
            return [definition.name]
        case ir.FunctionDef(function=function):
            return [function.name]
        case ir.Assign(target=ir.Name(id=name), declared=declared) if declared:
            return [name]
        case _:
            return []


def _needed_at_once(stmt: ir.Stmt) -> set[str]:
    """Return the names that are read when a declaration is executed."""
    if isinstance(stmt, ir.FunctionDef):
        return set()
    if isinstance(stmt, ir.ClassDef):
        definition = stmt.definition
        return names_in((definition.bases, definition.body, definition.decorators))
    return names_in(stmt)


def _cook(text: str) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)

    return whole_characters(_ESCAPE.sub(replace, text))


def _number(text: str) -> int | float | None:
    text = text.replace("_", "").rstrip("uUlL").lower()
    if len(text) > MAX_INTEGER_DIGITS:
        return None
    try:
        if text[:2] in ("0x", "0b"):
            return int(text, 0)
        return int(text) if text.isdigit() else float(text.rstrip("f"))
    except ValueError:
        return None


class _Members:
    """What a class body declares, sorted by what becomes of it."""

    def __init__(self) -> None:
        self.static: list[ir.Stmt] = []
        self.methods: list[ir.Function] = []
        self.setup: list[ir.Stmt] = []
        self.late: list[ir.Stmt] = []
        self.fields: list[ir.Field] = []
        self.constructors: list[TsNode] = []


class _Kotlin(Lowering):
    """Lowers one file. `around` are the functions and lambdas around the current node, the innermost last, by their labels."""

    def __init__(self, source: bytes, path: str) -> None:
        super().__init__(source, path)
        self.around: list[tuple[bool, frozenset[str]]] = []
        self.accessor = ""

    def package(self, node: TsNode) -> str:
        """Return the name in a package header."""
        inner = next((child for child in node.named_children if child.type == "qualified_identifier"), None)
        return self.dotted(inner) if inner is not None else ""

    def dotted(self, node: TsNode) -> str:
        return ".".join(self.word(child) for child in node.named_children if child.type == "identifier")

    def word(self, node: TsNode) -> str:
        return self.text(node).strip("`")

    # ------------------------------------------------------------ statements

    def statements(self, nodes: Sequence[TsNode]) -> list[ir.Stmt]:
        found: list[ir.Stmt] = []
        for node in nodes:
            if node.type not in _COMMENTS:
                self.statement(node, found)
        return found

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
                    if child.type in _STATEMENTS or child.type in ("call_expression", "assignment"):
                        self.statement(child, out)
            elif node.type in _EXPRESSIONS:
                value = self.expr(node)
                if isinstance(value, ir.BlockExpr) and isinstance(value.value, ir.Const):
                    out.extend(value.body)
                elif isinstance(value, ir.AssignExpr):
                    out.append(ir.Assign(value.span, value.target, value.value, "", value.op))
                else:
                    out.append(ir.ExprStmt(self.span(node), value))
        finally:
            self.leave()

    def body(self, node: TsNode | None) -> tuple[ir.Stmt, ...]:
        """Return the statements of a block, or of the single statement in its place."""
        if node is None:
            return ()
        if node.type == "block":
            return tuple(self.statements(node.named_children))
        return tuple(self.statements([node]))

    def valued(self, nodes: Sequence[TsNode]) -> tuple[list[ir.Stmt], ir.Expr | None]:
        """Return statements and the value of the last one, None when it has none."""
        nodes = [node for node in nodes if node.type not in _COMMENTS]
        if not nodes or nodes[-1].type not in _EXPRESSIONS:
            return self.statements(nodes), None
        before = self.statements(nodes[:-1])
        return before, self.expr(nodes[-1])

    def branch(self, node: TsNode | None, around: TsNode) -> ir.Expr:
        """Return a block or expression as a value."""
        span = self.span(node if node is not None else around)
        if node is None:
            return ir.Const(span, None)
        before, value = self.valued(node.named_children if node.type == "block" else [node])
        value = value if value is not None else ir.Const(span, None)
        return ir.BlockExpr(span, tuple(before), value) if before else value

    def nothing(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """Take no notice."""

    def import_(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = next((child for child in node.named_children if child.type == "qualified_identifier"), None)
        if inner is None:
            return
        name = self.dotted(inner)
        if any(child.type == "*" for child in node.children):
            out.append(ir.Import(self.span(node), name, (("**", "**"),)))
            return
        module, _, imported = name.rpartition(".")
        alias = next((child for child in node.named_children if child.type == "identifier"), None)
        local = self.word(alias) if alias is not None else imported
        out.append(ir.Import(self.span(node), module, ((imported, local),)))

    def property(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """A variable of a function or of the top level."""
        span = self.span(node)
        receiver = self.receiver(node)
        target, annotation = self.variable(node)
        getter = next((child for child in node.named_children if child.type == "getter"), None)
        if receiver is not None and isinstance(target, ir.Name):
            function = self.accessor_of(getter, target.id, "extension getter") if getter is not None else None
            if function is not None:
                first = ir.Param(span, ir.Name(span, "this"), annotation=receiver)
                out.append(ir.FunctionDef(span, _with(function, params=(first,))))
            elif self.is_lazy(node) and (held := self.initial(node)) is not None:
                first = ir.Param(span, ir.Name(span, "this"), annotation=receiver)
                body = (ir.Return(span, held),)
                out.append(ir.FunctionDef(span, ir.Function(span, target.id, (first,), body, "extension getter")))
            return
        value = self.initial(node)
        if value is None and getter is not None:
            value = self.called(self.accessor_of(getter, "", "arrow"))
        if value is None:
            if annotation is None or not isinstance(target, ir.Name):
                value = ir.Const(span, None)
            else:
                out.append(ir.Assign(span, target, None, "let", "", annotation))
                return
        out.append(ir.Assign(span, target, value, self.mutability(node), "", annotation))

    def mutability(self, node: TsNode) -> str:
        return "let" if any(child.type == "var" for child in node.children) else "const"

    def variable(self, node: TsNode) -> tuple[ir.Pattern, ir.Expr | None]:
        """Return the target of a declaration and its type."""
        for child in node.named_children:
            if child.type == "variable_declaration":
                return self.single(child)
            if child.type == "multi_variable_declaration":
                names = [self.single(each)[0] for each in child.named_children if each.type == "variable_declaration"]
                return ir.ListPattern(self.span(child), tuple(names)), None
        return ir.Name(self.span(node), "_"), None

    def single(self, node: TsNode) -> tuple[ir.Pattern, ir.Expr | None]:
        name, annotation = "_", None
        for child in node.named_children:
            if child.type == "identifier":
                name = self.word(child)
            elif child.type in _TYPES:
                annotation = self.type(child)
        return ir.Name(self.span(node), name), annotation

    def initial(self, node: TsNode) -> ir.Expr | None:
        """Return what a property starts with, through its delegate too."""
        children = node.children
        for index, child in enumerate(children):
            if child.type == "=":
                rest = [each for each in children[index + 1 :] if each.is_named and each.type not in _COMMENTS]
                return self.expr(rest[0]) if rest else None
            if child.type == "property_delegate":
                inner = next((each for each in child.named_children if each.type not in _COMMENTS), None)
                return self.delegate(inner) if inner is not None else None
        return None

    def delegate(self, node: TsNode) -> ir.Expr:
        value = self.expr(node)
        if isinstance(value, ir.Call) and isinstance(value.func, ir.Name) and value.func.id == "lazy" and value.args:
            return ir.Call(value.span, value.args[-1].value, ())
        return ir.Call(value.span, ir.Attribute(value.span, value, "getValue"), ())

    def is_lazy(self, node: TsNode) -> bool:
        return any(child.type == "property_delegate" for child in node.named_children)

    def called(self, function: ir.Function) -> ir.Expr:
        """Return a function as the value that calling it gives."""
        if len(function.body) == 1 and isinstance(function.body[0], ir.Return) and function.body[0].value is not None:
            return function.body[0].value
        return ir.Call(function.span, ir.Lambda(function.span, function), ())

    def accessor_of(self, node: TsNode, name: str, kind: str) -> ir.Function:
        """Return a getter or setter."""
        params: list[ir.Param] = []
        body: TsNode | None = None
        for child in node.named_children:
            if child.type == "identifier":
                params.append(ir.Param(self.span(child), ir.Name(self.span(child), self.word(child))))
            elif child.type == "parameter":
                params.append(self.param(child, None, ()))
            elif child.type == "function_body":
                body = child
        held, self.accessor = self.accessor, name
        self.around.append((False, frozenset((name,))))
        try:
            stmts = self.function_body(body)
        finally:
            self.around.pop()
            self.accessor = held
        return ir.Function(self.span(node), name, tuple(params), stmts, kind)

    def function_body(self, node: TsNode | None) -> tuple[ir.Stmt, ...]:
        if node is None:
            return ()
        inner = next((child for child in node.named_children if child.type not in _COMMENTS), None)
        if inner is None:
            return ()
        if inner.type == "block":
            return self.body(inner)
        if inner.type not in _EXPRESSIONS:
            return tuple(self.statements([inner]))
        return (ir.Return(self.span(inner), self.expr(inner)),)

    def function_declaration(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.FunctionDef(self.span(node), self.function(node, "arrow" if self.around else "function")))

    def function(self, node: TsNode, kind: str) -> ir.Function:
        span = self.span(node)
        named = node.child_by_field_name("name")
        name = self.word(named) if named is not None else ""
        receiver = self.receiver(node)
        params: list[ir.Param] = []
        body: TsNode | None = None
        returns: ir.Expr | None = None
        after = False
        for child in node.named_children:
            if child.type == "function_value_parameters":
                params += self.params(child)
                after = True
            elif child.type == "function_body":
                body = child
            elif after and child.type in _TYPES:
                returns = self.type(child)
        if receiver is not None:
            params.insert(0, ir.Param(span, ir.Name(span, "this"), annotation=receiver))
            kind = "extension"
        params += self.reified(node)
        self.around.append((False, frozenset((name,))))
        held, self.accessor = self.accessor, ""
        try:
            stmts = self.function_body(body)
        finally:
            self.around.pop()
            self.accessor = held
        directives = ("abstract",) if body is None else ()
        return ir.Function(
            span, name, tuple(params), stmts, kind, False, False, self.annotations(node), returns, directives
        )

    def reified(self, node: TsNode) -> list[ir.Param]:
        """Return the type parameters that a function can use as values, as parameters of kind `type`."""
        holder = next((child for child in node.named_children if child.type == "type_parameters"), None)
        found: list[ir.Param] = []
        for child in holder.named_children if holder is not None else ():
            name = next((each for each in child.named_children if each.type == "identifier"), None)
            if name is not None and "reified" in self.text(child).split():
                found.append(ir.Param(self.span(child), ir.Name(self.span(name), self.word(name)), kind="type"))
        return found

    def receiver(self, node: TsNode) -> ir.Expr | None:
        """Return the type that an extension extends."""
        for index, child in enumerate(node.children):
            if child.type == "." and index:
                before = node.children[index - 1]
                return self.type(before) if before.type in _TYPES else None
            if child.type in ("function_value_parameters", "=", "variable_declaration", "function_body"):
                break
        return None

    def params(self, node: TsNode) -> list[ir.Param]:
        found: list[ir.Param] = []
        modifiers: TsNode | None = None
        for index, child in enumerate(node.children):
            if child.type == "parameter_modifiers":
                modifiers = child
            elif child.type == "parameter":
                default = None
                if index + 2 < len(node.children) and node.children[index + 1].type == "=":
                    default = self.expr(node.children[index + 2])
                found.append(self.param(child, default, self.annotations_in(modifiers), modifiers))
                modifiers = None
        return found

    def param(
        self, node: TsNode, default: ir.Expr | None, decorators: tuple[ir.Expr, ...], modifiers: TsNode | None = None
    ) -> ir.Param:
        target, annotation = self.single(node)
        is_rest = modifiers is not None and "vararg" in self.text(modifiers).split()
        return ir.Param(
            self.span(node), target, default, "rest" if is_rest else "positional", annotation, decorators, None
        )

    # ------------------------------------------------------------ annotations and types

    def annotations(self, node: TsNode) -> tuple[ir.Expr, ...]:
        return self.annotations_in(next((child for child in node.named_children if child.type == "modifiers"), None))

    def annotations_in(self, node: TsNode | None) -> tuple[ir.Expr, ...]:
        if node is None:
            return ()
        found: list[ir.Expr] = []
        for child in node.named_children:
            if child.type != "annotation":
                continue
            for inner in child.named_children:
                if inner.type == "constructor_invocation":
                    found.append(self.invocation(inner))
                elif inner.type in _TYPES:
                    found.append(self.type(inner))
        return tuple(found)

    def invocation(self, node: TsNode) -> ir.Call:
        """A type with arguments: an annotation, or the constructor of a base."""
        kind: ir.Expr = ir.Name(self.span(node), "Any")
        args: tuple[ir.Arg, ...] = ()
        for child in node.named_children:
            if child.type in _TYPES:
                kind = self.type(child)
            elif child.type == "value_arguments":
                args = self.args(child)
        if isinstance(kind, ir.Index):
            kind = kind.object
        return ir.Call(self.span(node), kind, args)

    def type(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        if not self.enter():
            return ir.Opaque(span, "too deep")
        try:
            if node.type == "user_type":
                return self.user_type(node)
            if node.type == "function_type":
                has_receiver = any(child.type in _TYPES for child in node.named_children[:1])
                return ir.Opaque(span, "receiver_function_type" if has_receiver else "function_type")
            for child in node.named_children:
                if child.type in _TYPES:
                    return self.type(child)
            return ir.Opaque(span, node.type)
        finally:
            self.leave()

    def user_type(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        held: ir.Expr | None = None
        for child in node.named_children:
            if child.type == "identifier":
                name = self.word(child)
                held = ir.Name(self.span(child), name) if held is None else ir.Attribute(span, held, name)
            elif child.type == "type_arguments" and held is not None:
                held = ir.Index(span, held, self.type_arguments(child))
        return held if held is not None else ir.Opaque(span, "user_type")

    def type_arguments(self, node: TsNode) -> ir.Expr:
        inner = [self.type(child) for child in node.named_children if child.type in _TYPES]
        return inner[0] if len(inner) == 1 else ir.List(self.span(node), tuple(inner))

    def type_alias(self, node: TsNode, out: list[ir.Stmt]) -> None:
        name = node.child_by_field_name("type")
        held = next((child for child in node.named_children if child.type in _TYPES), None)
        if name is not None and held is not None and held.type == "user_type":
            target = ir.Name(self.span(name), self.word(name))
            out.append(ir.Assign(self.span(node), target, self.type(held), "const"))

    # ------------------------------------------------------------ classes

    def class_declaration(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.ClassDef(self.span(node), self.klass(node)))

    def object_declaration(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        named = node.child_by_field_name("name")
        name = self.word(named) if named is not None else ""
        bases, parent = self.bases(node)
        members = self.members(node)
        if parent is not None and parent.args:
            definition = self.whole_characters(node, name, bases, parent, members, None)
            made = ir.Call(span, ir.ClassExpr(span, definition), (), is_new=True)
            out.append(ir.Assign(span, ir.Name(span, name), made, "const"))
            return
        out.append(ir.ClassDef(span, self.static_class(node, name, bases, members)))

    def static_class(self, node: TsNode, name: str, bases: tuple[ir.Expr, ...], members: _Members) -> ir.Class:
        """Return an object as a class of which nothing but the class itself is used."""
        body = [*members.static, *map(_of_object, members.setup), *map(_of_object, members.late)]
        methods = tuple(
            _with(each, kind="static getter" if each.kind == "getter" else "static")
            if each.kind in ("method", "getter")
            else each
            for each in members.methods
        )
        return ir.Class(
            self.span(node), name, bases, (), methods, self.annotations(node), (), tuple(in_order(body)), "object"
        )

    def klass(self, node: TsNode) -> ir.Class:
        named = node.child_by_field_name("name")
        name = self.word(named) if named is not None else ""
        bases, parent = self.bases(node)
        members = self.members(node)
        primary = next((child for child in node.named_children if child.type == "primary_constructor"), None)
        return self.whole_characters(node, name, bases, parent, members, primary)

    def whole_characters(
        self,
        node: TsNode,
        name: str,
        bases: tuple[ir.Expr, ...],
        parent: ir.Call | None,
        members: _Members,
        primary: TsNode | None,
    ) -> ir.Class:
        span = self.span(node)
        params = tuple(self.class_params(primary)) if primary is not None else ()
        setup: list[ir.Stmt] = []
        if parent is not None:
            setup.append(ir.ExprStmt(parent.span, ir.Call(parent.span, ir.Name(parent.span, "super"), parent.args)))
        setup += [*members.setup, *members.late]
        methods = list(members.methods)
        decorators = self.annotations(primary) if primary is not None else ()
        if primary is not None or not members.constructors:
            if params or setup:
                at = self.span(primary) if primary is not None else span
                methods.insert(
                    0, ir.Function(at, "constructor", params, tuple(setup), "constructor", decorators=decorators)
                )
            setup = []
        methods += [self.secondary(each, setup) for each in members.constructors]
        word = next((child.type for child in node.children if child.type in ("interface", "class")), "class")
        is_enum = any(child.type == "enum_class_body" for child in node.named_children)
        kind = "interface" if word == "interface" else "enum class" if is_enum else "class"
        return ir.Class(
            span,
            name,
            bases,
            tuple(members.fields),
            tuple(methods),
            self.annotations(node),
            (),
            tuple(in_order(members.static)),
            kind,
        )

    def class_params(self, node: TsNode) -> list[ir.Param]:
        found: list[ir.Param] = []
        holder = next((child for child in node.named_children if child.type == "class_parameters"), None)
        for child in holder.named_children if holder is not None else ():
            if child.type != "class_parameter":
                continue
            target, annotation = self.single(child)
            words = {each.type for each in child.children}
            modifiers = next((each for each in child.named_children if each.type == "modifiers"), None)
            is_rest = modifiers is not None and "vararg" in self.text(modifiers).split()
            name = target.id if isinstance(target, ir.Name) else ""
            found.append(
                ir.Param(
                    self.span(child),
                    target,
                    self.initial(child),
                    "rest" if is_rest else "positional",
                    annotation,
                    self.annotations_in(modifiers),
                    name if words & {"val", "var"} else None,
                )
            )
        return found

    def secondary(self, node: TsNode, setup: list[ir.Stmt]) -> ir.Function:
        span = self.span(node)
        params: list[ir.Param] = []
        body: list[ir.Stmt] = list(setup)
        self.around.append((False, frozenset(("constructor",))))
        try:
            for child in node.named_children:
                if child.type == "function_value_parameters":
                    params += self.params(child)
                elif child.type == "constructor_delegation_call":
                    given = next((each for each in child.named_children if each.type == "value_arguments"), None)
                    args = self.args(given) if given is not None else ()
                    at = self.span(child)
                    func: ir.Expr = ir.Name(at, "super")
                    if any(each.type == "this" for each in child.children):
                        func = ir.Attribute(at, ir.Name(at, "this"), "constructor")
                    body.insert(0, ir.ExprStmt(at, ir.Call(at, func, args)))
                elif child.type == "block":
                    body += self.body(child)
        finally:
            self.around.pop()
        return ir.Function(span, "constructor", tuple(params), tuple(body), "constructor")

    def bases(self, node: TsNode) -> tuple[tuple[ir.Expr, ...], ir.Call | None]:
        """Return the bases of a class, and the constructor call among them."""
        found: list[ir.Expr] = []
        parent: ir.Call | None = None
        holder = next((child for child in node.named_children if child.type == "delegation_specifiers"), None)
        for specifier in holder.named_children if holder is not None else ():
            for child in specifier.named_children if specifier.type == "delegation_specifier" else ():
                if child.type == "constructor_invocation":
                    parent = self.invocation(child)
                    found.append(parent.func)
                elif child.type in _TYPES:
                    kind = self.type(child)
                    found.append(kind.object if isinstance(kind, ir.Index) else kind)
                elif child.type == "explicit_delegation" and child.named_children:
                    kind = self.type(child.named_children[0])
                    found.append(kind.object if isinstance(kind, ir.Index) else kind)
        return tuple(found), parent

    def members(self, node: TsNode) -> _Members:
        members = _Members()
        holder = next((child for child in node.named_children if child.type in ("class_body", "enum_class_body")), None)
        if holder is None:
            return members
        named = node.child_by_field_name("name")
        name = self.word(named) if named is not None else ""
        for child in holder.named_children:
            if child.type == "enum_entry":
                self.enum_entry(child, name, members)
            elif child.type != "ERROR":
                self.member(child, members)
            else:
                for inner in child.named_children:
                    self.member(inner, members)
        return members

    def enum_entry(self, node: TsNode, name: str, members: _Members) -> None:
        span = self.span(node)
        word = next((self.word(child) for child in node.named_children if child.type == "identifier"), "")
        given = next((child for child in node.named_children if child.type == "value_arguments"), None)
        args = self.args(given) if given is not None else ()
        target = ir.Name(span, word)
        members.static.append(ir.Assign(span, target, ir.Call(span, ir.Name(span, name), args, is_new=True), "const"))
        members.static.append(ir.Assign(span, ir.Attribute(span, target, "name"), ir.Const(span, word)))

    def member(self, node: TsNode, members: _Members) -> None:
        if not self.enter():
            return
        try:
            kind = node.type
            if kind == "function_declaration":
                members.methods.append(self.function(node, "method"))
            elif kind == "property_declaration":
                self.field(node, members)
            elif kind == "anonymous_initializer":
                self.around.append((False, frozenset(("init",))))
                members.setup += [stmt for child in node.named_children for stmt in self.body(child)]
                self.around.pop()
            elif kind == "companion_object":
                self.companion(node, members)
            elif kind in ("class_declaration", "object_declaration", "type_alias"):
                self.statement(node, members.static)
            elif kind == "secondary_constructor":
                members.constructors.append(node)
        finally:
            self.leave()

    def companion(self, node: TsNode, members: _Members) -> None:
        inner = self.members(node)
        members.static += [*inner.static, *map(_of_object, inner.setup), *map(_of_object, inner.late)]
        members.methods += [
            _with(each, kind="static getter" if each.kind == "getter" else "static")
            if each.kind in ("method", "getter")
            else each
            for each in inner.methods
        ]

    def field(self, node: TsNode, members: _Members) -> None:
        span = self.span(node)
        target, annotation = self.variable(node)
        if not isinstance(target, ir.Name):
            return
        name = target.id
        getter = next((child for child in node.named_children if child.type == "getter"), None)
        setter = next((child for child in node.named_children if child.type == "setter"), None)
        receiver = self.receiver(node)
        has_body = [
            each
            for each in (getter, setter)
            if each is not None and any(child.type == "function_body" for child in each.named_children)
        ]
        if getter in has_body and getter is not None:
            function = self.accessor_of(getter, name, "getter" if receiver is None else "extension getter")
            if receiver is not None:
                function = _with(function, params=(ir.Param(span, ir.Name(span, "this"), annotation=receiver),))
            members.methods.append(function)
        if setter in has_body and setter is not None and receiver is None:
            members.methods.append(self.accessor_of(setter, name, "setter"))
        self.around.append((False, frozenset((name,))))
        value = self.initial(node)
        self.around.pop()
        stored = f"{name}{_BACKING}" if has_body else name
        holder = ir.Attribute(span, ir.Name(span, "this"), stored)
        if has_body and getter not in has_body:
            # The other accessor is the plain one.
            members.methods.append(ir.Function(span, name, (), (ir.Return(span, holder),), "getter"))
        elif has_body and setter not in has_body and self.mutability(node) == "let" and receiver is None:
            given = ir.Param(span, ir.Name(span, "value"))
            store = ir.Assign(span, holder, ir.Name(span, "value"))
            members.methods.append(ir.Function(span, name, (given,), (store,), "setter"))
        if value is None:
            if not has_body:
                members.fields.append(ir.Field(span, name, None, False, annotation, self.annotations(node)))
            return
        stmt = ir.Assign(span, holder, value, "let" if annotation is not None else "", "", annotation)
        (members.late if self.is_lazy(node) else members.setup).append(stmt)

    # ------------------------------------------------------------ control flow

    def if_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        test, then, otherwise = self.arms(node)
        out.append(ir.If(self.span(node), test, self.body(then), self.body(otherwise)))

    def arms(self, node: TsNode) -> tuple[ir.Expr, TsNode | None, TsNode | None]:
        """Return the test of an `if` and what stands on its sides."""
        condition = node.child_by_field_name("condition")
        sides: list[TsNode | None] = [None, None]
        side = -1
        for child in node.children:
            if child.type == ")" and side < 0:
                side = 0
            elif child.type == "else":
                side = 1
            elif side >= 0 and child.is_named and child.type not in _COMMENTS and sides[side] is None:
                sides[side] = child
        return self.expr(condition), sides[0], sides[1]

    def if_expression(self, node: TsNode) -> ir.Expr:
        test, then, otherwise = self.arms(node)
        return ir.Conditional(self.span(node), test, self.branch(then, node), self.branch(otherwise, node))

    def subject(self, node: TsNode, out: list[ir.Stmt]) -> ir.Expr | None:
        """Return what a `when` looks at, kept in a variable unless it is one."""
        holder = next((child for child in node.named_children if child.type == "when_subject"), None)
        if holder is None:
            return None
        declared = next((child for child in holder.named_children if child.type == "variable_declaration"), None)
        inner = [each for each in holder.named_children if each.type not in _COMMENTS and each is not declared]
        if not inner:
            return None
        value = self.expr(inner[-1])
        if declared is None and isinstance(value, ir.Name):
            return value
        span = self.span(holder)
        target = self.single(declared)[0] if declared is not None else ir.Name(span, f"%when{node.start_byte}")
        out.append(ir.Assign(span, target, value, "const"))
        return target if isinstance(target, ir.Name) else None

    def entries(self, node: TsNode, subject: ir.Expr | None) -> list[tuple[ir.Expr | None, TsNode | None, TsNode]]:
        """Return the arms of a `when`: test (None for `else`), body, node."""
        found: list[tuple[ir.Expr | None, TsNode | None, TsNode]] = []
        for entry in node.named_children:
            if entry.type != "when_entry":
                continue
            tests = [self.arm_test(child, subject) for child in entry.children_by_field_name("condition")]
            body: TsNode | None = None
            after = False
            for child in entry.children:
                if child.type == "->":
                    after = True
                elif after and child.is_named and child.type not in _COMMENTS:
                    body = child
                    break
            test: ir.Expr | None = None
            for each in tests:
                test = each if test is None else ir.Logical(self.span(entry), "or", test, each)
            found.append((test, body, entry))
        return found

    def arm_test(self, node: TsNode, subject: ir.Expr | None) -> ir.Expr:
        span = self.span(node)
        inner = [child for child in node.named_children if child.type not in _COMMENTS]
        is_negative = any(child.type in ("!is", "!in") for child in node.children)
        if node.type == "type_test" and subject is not None and inner:
            test: ir.Expr = ir.Compare(span, "instanceof", subject, self.type(inner[0]))
            return ir.Unary(span, "not", test) if is_negative else test
        if node.type == "range_test" and subject is not None and inner:
            return ir.Compare(span, "not-in" if is_negative else "in", subject, self.expr(inner[0]))
        value = self.expr(node)
        return value if subject is None else ir.Compare(span, "==", subject, value)

    def when_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        subject = self.subject(node, out)
        otherwise: tuple[ir.Stmt, ...] = ()
        for test, body, entry in reversed(self.entries(node, subject)):
            stmts = self.body(body)
            otherwise = stmts if test is None else (ir.If(self.span(entry), test, stmts, otherwise),)
        out.extend(otherwise)

    def when_expression(self, node: TsNode) -> ir.Expr:
        before: list[ir.Stmt] = []
        subject = self.subject(node, before)
        value: ir.Expr | None = None
        for test, body, entry in reversed(self.entries(node, subject)):
            held = self.branch(body, entry)
            # The last arm of a `when` without `else` is what is left.
            is_last = test is None or value is None
            value = held if is_last else ir.Conditional(self.span(entry), test, held, value)  # type: ignore[arg-type]
        value = value if value is not None else ir.Const(self.span(node), None)
        return ir.BlockExpr(self.span(node), tuple(before), value) if before else value

    def try_parts(self, node: TsNode, lowered: Callable[[TsNode], tuple[ir.Stmt, ...]]) -> ir.Try:
        body: tuple[ir.Stmt, ...] = ()
        final: tuple[ir.Stmt, ...] = ()
        handlers: list[ir.Handler] = []
        for child in node.named_children:
            if child.type == "block":
                body = lowered(child)
            elif child.type == "catch_block":
                name: ir.Pattern | None = None
                kind: tuple[ir.Expr, ...] = ()
                stmts: tuple[ir.Stmt, ...] = ()
                for inner in child.named_children:
                    if inner.type == "identifier":
                        name = ir.Name(self.span(inner), self.word(inner))
                    elif inner.type in _TYPES:
                        kind = (self.type(inner),)
                    elif inner.type == "block":
                        stmts = lowered(inner)
                handlers.append(ir.Handler(self.span(child), kind, name, stmts))
            elif child.type == "finally_block":
                final = tuple(stmt for inner in child.named_children for stmt in self.body(inner))
        return ir.Try(self.span(node), body, tuple(handlers), (), final)

    def try_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(self.try_parts(node, self.body))

    def try_expression(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        target = ir.Name(span, f"%try{node.start_byte}")

        def lowered(block: TsNode) -> tuple[ir.Stmt, ...]:
            value = self.branch(block, node)
            return (ir.Assign(value.span, target, value, "const"),)

        return ir.BlockExpr(span, (self.try_parts(node, lowered),), target)

    def for_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        target: ir.Pattern | None = None
        iterable: ir.Expr | None = None
        body: TsNode | None = None
        stage = 0
        for child in node.children:
            if child.type == "in":
                stage = 1
            elif child.type == ")" and stage == 1:
                stage = 2
            elif not child.is_named or child.type in _COMMENTS:
                continue
            elif child.type in ("variable_declaration", "multi_variable_declaration") and stage == 0:
                target = (
                    self.single(child)[0]
                    if child.type == "variable_declaration"
                    else ir.ListPattern(
                        self.span(child),
                        tuple(
                            self.single(each)[0] for each in child.named_children if each.type == "variable_declaration"
                        ),
                    )
                )
            elif stage == 1:
                iterable = self.expr(child)
            elif stage == 2:
                body = child
        out.append(ir.Loop(self.span(node), "each", self.body(body), target, iterable))

    def while_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        condition = node.child_by_field_name("condition")
        inner = [
            child
            for child in node.named_children
            if child.type not in _COMMENTS
            and child.type != "label"
            and (condition is None or child.start_byte != condition.start_byte)
        ]
        kind = "do" if node.type == "do_while_statement" else "while"
        out.append(ir.Loop(self.span(node), kind, self.body(inner[-1] if inner else None), test=self.expr(condition)))

    def jump(self, node: TsNode) -> ir.Stmt | None:
        """Return the statement of a `return`, `throw`, `break` or `continue`."""
        span = self.span(node)
        if node.type == "return_expression":
            label = node.child_by_field_name("label")
            values = [
                child
                for child in node.named_children
                if child.type not in _COMMENTS and (label is None or child.start_byte != label.start_byte)
            ]
            value = self.expr(values[0]) if values else None
            return ir.Return(span, value, self.levels(self.word(label) if label is not None else None))
        if node.type == "throw_expression":
            return ir.Raise(span, self.expr(self.first(node)))
        if node.type == "labeled_expression":
            word = self.text(node).partition("@")[0]
            label_text = self.word(node.named_children[-1])
            if word == "break":
                return ir.Break(span, label_text)
            return ir.Continue(span, label_text) if word == "continue" else None
        word = self.text(node)
        return ir.Break(span) if word == "break" else ir.Continue(span) if word == "continue" else None

    def levels(self, label: str | None) -> int:
        """Return how many functions around the innermost one a `return` leaves too."""
        for count, (is_lambda, labels) in enumerate(reversed(self.around)):
            if (label is None and not is_lambda) or (label is not None and label in labels):
                return count
        return 0

    def jump_expr(self, node: TsNode) -> ir.Expr:
        stmt = self.jump(node)
        span = self.span(node)
        if stmt is None:
            return self.expr(node.named_children[-1]) if node.named_children else ir.Const(span, None)
        return ir.BlockExpr(span, (stmt,), ir.Const(span, None))

    def labeled(self, node: TsNode) -> ir.Expr:
        return self.jump_expr(node)

    # ------------------------------------------------------------ expressions

    def first(self, node: TsNode) -> TsNode | None:
        return next((child for child in node.named_children if child.type not in _COMMENTS), None)

    def identifier(self, node: TsNode) -> ir.Expr:
        span, word = self.span(node), self.text(node)
        if word in _CONSTANTS:
            return ir.Const(span, _CONSTANTS[word])
        if word in ("break", "continue"):
            return self.jump_expr(node)
        if word == "field" and self.accessor:
            return ir.Attribute(span, ir.Name(span, "this"), f"{self.accessor}{_BACKING}")
        return ir.Name(span, word.strip("`"))

    def this(self, node: TsNode) -> ir.Expr:
        return ir.Name(self.span(node), self.text(node))

    def super(self, node: TsNode) -> ir.Expr:
        return ir.Name(self.span(node), "super")

    def number(self, node: TsNode) -> ir.Expr:
        value = _number(self.text(node))
        return ir.Const(self.span(node), value) if value is not None else ir.Opaque(self.span(node), node.type)

    def character(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), _cook(self.text(node)[1:-1]))

    def string(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        is_raw = node.type == "multiline_string_literal"
        size = 3 if is_raw else 1
        parts: list[ir.Expr] = []
        at, end = node.start_byte + size, max(node.end_byte - size, node.start_byte + size)

        def text_to(stop: int) -> None:
            start = at
            # The grammar leaves `$name` in the text.
            for match in _SIMPLE.finditer(self.source, at, stop):
                if match[1] is None:
                    continue
                literal(start, match.start())
                name = match[1].decode("ascii").strip("`")
                column = span.column + match.start() - span.start
                where = ir.Span(match.start(), match.end(), span.line, column, span.line, column + len(match[0]))
                parts.append(ir.Name(where if "\n" not in self.text(node) else span, name))
                start = match.end()
            literal(start, stop)

        def literal(start: int, stop: int) -> None:
            text = self.source[start:stop].decode("utf-8", "replace")
            if text:
                parts.append(ir.Const(span, text if is_raw else _cook(text)))

        for child in node.named_children:
            if child.type == "interpolation":
                text_to(child.start_byte)
                parts.append(self.expr(self.first(child)))
                at = child.end_byte
        text_to(end)
        if not parts:
            return ir.Const(span, "")
        if len(parts) == 1 and isinstance(parts[0], ir.Const):
            return parts[0]
        return ir.Template(span, tuple(parts))

    def navigation(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        inner = [child for child in node.children if child.type not in _COMMENTS]
        held = self.expr(inner[0])
        name = self.word(inner[-1]) if inner[-1].type == "identifier" else ""
        op = next((child.type for child in inner if child.type in (".", "?.", "::")), ".")
        if op == "::" and name == "class":
            return held
        if isinstance(held, ir.Unary) and inner[0].type != "parenthesized_expression":
            # The grammar binds `!a.b` as `(!a).b`.
            return ir.Unary(span, held.op, ir.Attribute(span, held.operand, name, op == "?."))
        if (
            name in ("java", "javaObjectType", "kotlin")
            and inner[0].type == "navigation_expression"
            and self.text(inner[0]).endswith("::class")
        ):
            return held
        return ir.Attribute(span, held, name, op == "?.") if name else ir.Opaque(span, node.type, (held,))

    def reference(self, node: TsNode) -> ir.Expr:
        inner = [child for child in node.named_children if child.type == "identifier"]
        return self.expr(inner[-1]) if inner else ir.Opaque(self.span(node), node.type)

    def call(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        nodes = [child for child in node.named_children if child.type not in _COMMENTS]
        callee, rest = nodes[0], nodes[1:]
        given: list[TsNode] = []
        lambdas: list[TsNode] = []
        types: TsNode | None = None
        for child in rest:
            if child.type == "value_arguments":
                given.append(child)
            elif child.type == "annotated_lambda":
                lambdas.append(child)
            elif child.type == "type_arguments":
                types = child
        if (
            lambdas
            and not given
            and callee.type == "call_expression"
            and callee.named_children[-1].type == "value_arguments"
        ):
            # `f(a) { … }`: one call, whose last argument stands behind the brackets.
            made = self.expr(callee)
            if isinstance(made, ir.Unary) and isinstance(made.operand, ir.Call):
                inner = made.operand
                more = tuple(ir.Arg(self.span(each), self.trailing(each, _label(inner.func))) for each in lambdas)
                whole = ir.Call(span, inner.func, _before_types(inner.args, more), inner.optional)
                return ir.Unary(span, made.op, whole)
            if isinstance(made, ir.Call):
                label = _label(made.func)
                more = tuple(ir.Arg(self.span(each), self.trailing(each, label)) for each in lambdas)
                return ir.Call(span, made.func, _before_types(made.args, more), made.optional)
        func = self.expr(callee)
        prefix = func.op if isinstance(func, ir.Unary) and callee.type != "parenthesized_expression" else ""
        if isinstance(func, ir.Unary) and prefix:
            func = func.operand
        label = _label(func)
        args = [arg for each in given for arg in self.args(each, label)]
        args += [ir.Arg(self.span(each), self.trailing(each, label)) for each in lambdas]
        if types is not None:
            args.append(ir.Arg(self.span(types), self.type_arguments(types), TYPE_ARGUMENT))
        optional = isinstance(func, ir.Attribute) and func.optional
        made = ir.Call(span, func, tuple(args), optional)
        return ir.Unary(span, prefix, made) if prefix else made

    def trailing(self, node: TsNode, label: str) -> ir.Expr:
        """Return the lambda behind a call."""
        labels = {label} | {self.text(child).rstrip("@") for child in node.named_children if child.type == "label"}
        inner = next((child for child in node.named_children if child.type == "lambda_literal"), None)
        return self.lambda_of(inner, frozenset(labels)) if inner is not None else ir.Opaque(self.span(node), node.type)

    def args(self, node: TsNode, label: str = "") -> tuple[ir.Arg, ...]:
        found: list[ir.Arg] = []
        for child in node.named_children:
            if child.type != "value_argument":
                continue
            inner = [each for each in child.children if each.type not in _COMMENTS]
            name: str | None = None
            if len(inner) > 2 and inner[0].type == "identifier" and inner[1].type == "=":
                name, inner = self.word(inner[0]), inner[2:]
            named = [each for each in inner if each.is_named and each.type != "annotation"]
            if not named:
                continue
            spread = ""
            value = named[-1]
            if value.type == "spread_expression" or (value.type != "ERROR" and inner[0].type == "*"):
                spread = "*"
                value = self.first(value) or value if value.type == "spread_expression" else value
            if value.type == "lambda_literal":
                lowered: ir.Expr = self.lambda_of(value, frozenset((label,)))
            else:
                lowered = self.expr(value)
            found.append(ir.Arg(self.span(child), lowered, name, spread))
        return tuple(found)

    def lambda_expr(self, node: TsNode) -> ir.Expr:
        return self.lambda_of(node, frozenset())

    def lambda_of(self, node: TsNode, labels: frozenset[str]) -> ir.Expr:
        span = self.span(node)
        params: list[ir.Param] = []
        nodes = node.named_children
        declared = next((child for child in nodes if child.type == "lambda_parameters"), None)
        if declared is not None:
            for child in declared.named_children:
                if child.type == "variable_declaration":
                    target, annotation = self.single(child)
                    params.append(ir.Param(self.span(child), target, annotation=annotation))
                elif child.type == "multi_variable_declaration":
                    names = [
                        self.single(each)[0] for each in child.named_children if each.type == "variable_declaration"
                    ]
                    params.append(ir.Param(self.span(child), ir.ListPattern(self.span(child), tuple(names))))
        else:
            params.append(ir.Param(span, ir.Name(span, "it"), kind="implicit"))
        self.around.append((True, labels))
        try:
            before, value = self.valued([child for child in nodes if child != declared])
        finally:
            self.around.pop()
        body = [*before, ir.Return(value.span, value)] if value is not None else before
        return ir.Lambda(span, ir.Function(span, "", tuple(params), tuple(body), "arrow"))

    def anonymous_function(self, node: TsNode) -> ir.Expr:
        return ir.Lambda(self.span(node), self.function(node, "arrow"))

    def object_literal(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        bases, parent = self.bases(node)
        definition = self.whole_characters(node, "object", bases, parent, self.members(node), None)
        return ir.Call(span, ir.ClassExpr(span, definition), (), is_new=True)

    def unary(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        op = next((child.type for child in node.children if not child.is_named), "")
        argument = node.child_by_field_name("argument")
        if op in ("++", "--"):
            return ir.AssignExpr(span, self.pattern(argument), ir.Const(span, 1), op[0])
        value = self.expr(argument)
        if op == "!!":
            return value
        if op == "-" and isinstance(value, ir.Const) and isinstance(value.value, int | float):
            return ir.Const(span, -value.value)
        return ir.Unary(span, "not" if op == "!" else op if op in ("-", "+") else "void", value)

    def binary(self, node: TsNode) -> ir.Expr:
        chain: list[tuple[str, TsNode, TsNode]] = []
        current: TsNode | None = node
        repaired: ir.Expr | None = None
        while current is not None and current.type == "binary_expression":
            repaired = self.generic_call(current)
            if repaired is not None:
                break
            op = next((child.type for child in current.children if not child.is_named), "+")
            chain.append((op, current.child_by_field_name("right"), current))
            current = current.child_by_field_name("left")
        result = repaired if repaired is not None else self.expr(current)
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

    def generic_call(self, node: TsNode) -> ir.Expr | None:
        """Return the call that the grammar takes for two comparisons: `f<T>(x)`, `f<T> { … }`; None for anything else."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if (
            left is None
            or right is None
            or right.type not in ("parenthesized_expression", "lambda_literal", "call_expression")
            or left.type != "binary_expression"
            or not any(child.type == ">" for child in node.children)
            or not any(child.type == "<" for child in left.children)
        ):
            return None
        callee, kind = left.child_by_field_name("left"), left.child_by_field_name("right")
        if (
            callee is None
            or kind is None
            or callee.type not in ("identifier", "navigation_expression")
            or not self.text(kind)[:1].isupper()
        ):
            return None
        span = self.span(node)
        func = self.expr(callee)
        types = ir.Arg(self.span(kind), self.expr(kind), TYPE_ARGUMENT)
        args: list[ir.Arg] = []
        if right.type == "lambda_literal":
            args.append(ir.Arg(self.span(right), self.lambda_of(right, frozenset((_label(func),)))))
        elif right.type == "parenthesized_expression":
            args.append(ir.Arg(self.span(right), self.expr(right)))
        else:
            inner = right.named_children[0]
            if inner.type != "parenthesized_expression":
                return None
            args.append(ir.Arg(self.span(inner), self.expr(inner)))
            args += [
                ir.Arg(self.span(each), self.trailing(each, _label(func)))
                for each in right.named_children[1:]
                if each.type == "annotated_lambda"
            ]
        return ir.Call(span, func, (*args, types))

    def infix(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        nodes = [child for child in node.named_children if child.type not in _COMMENTS]
        if len(nodes) < 3:
            return ir.Opaque(span, node.type, tuple(self.expr(child) for child in nodes if child.type in _EXPRESSIONS))
        left, word, right = self.expr(nodes[0]), self.word(nodes[1]), self.expr(nodes[2])
        if word == "to":
            return ir.List(span, (left, right), "tuple")
        if word in _WORDS:
            return ir.Logical(span, _WORDS[word], left, right)
        return ir.Call(span, ir.Attribute(span, left, word), (ir.Arg(right.span, right),))

    def membership(self, node: TsNode) -> ir.Expr:
        is_negative = any(child.type == "!in" for child in node.children)
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return ir.Compare(self.span(node), "not-in" if is_negative else "in", self.expr(left), self.expr(right))

    def type_check(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        right = node.child_by_field_name("right")
        kind = self.type(right) if right is not None else ir.Opaque(span, "type")
        test = ir.Compare(span, "instanceof", self.expr(node.child_by_field_name("left")), kind)
        return ir.Unary(span, "not", test) if any(child.type == "!is" for child in node.children) else test

    def cast(self, node: TsNode) -> ir.Expr:
        return self.expr(node.child_by_field_name("left"))

    def index(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        nodes = [child for child in node.named_children if child.type not in _COMMENTS]
        keys = [self.expr(child) for child in nodes[1:]]
        key = keys[0] if len(keys) == 1 else ir.List(span, tuple(keys), "tuple")
        held = self.expr(nodes[0])
        if isinstance(held, ir.Unary) and nodes[0].type != "parenthesized_expression":
            return ir.Unary(span, held.op, ir.Index(span, held.operand, key))
        return ir.Index(span, held, key)

    def assignment(self, node: TsNode) -> ir.Expr:
        op = next((child.type for child in node.children if not child.is_named), "=")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return ir.AssignExpr(self.span(node), self.pattern(left), self.expr(right), op[:-1])

    def pattern(self, node: TsNode | None) -> ir.Pattern:
        held = self.expr(node)
        if isinstance(held, ir.Name | ir.Attribute | ir.Index | ir.Opaque):
            return held
        return ir.Opaque(held.span, "target", (held,))

    def collection(self, node: TsNode) -> ir.Expr:
        items = [self.expr(child) for child in node.named_children if child.type in _EXPRESSIONS]
        return ir.List(self.span(node), tuple(items))

    def range(self, node: TsNode) -> ir.Expr:
        return ir.Opaque(self.span(node), "range", tuple(self.expr(child) for child in node.named_children))

    def inner(self, node: TsNode) -> ir.Expr:
        return self.expr(self.first(node))

    def annotated(self, node: TsNode) -> ir.Expr:
        nodes = [child for child in node.named_children if child.type in _EXPRESSIONS]
        return self.expr(nodes[-1]) if nodes else ir.Opaque(self.span(node), node.type)


_BACKING: Final = "%field"
"""Behind the name of a property with an accessor of its own: where its value is kept."""


def _label(func: ir.Expr) -> str:
    """Return the label that a lambda given to a function has."""
    return func.id if isinstance(func, ir.Name) else func.name if isinstance(func, ir.Attribute) else ""


def _before_types(args: tuple[ir.Arg, ...], more: tuple[ir.Arg, ...]) -> tuple[ir.Arg, ...]:
    types = tuple(arg for arg in args if arg.name == TYPE_ARGUMENT)
    return (*(arg for arg in args if arg.name != TYPE_ARGUMENT), *more, *types)


def _of_object(stmt: ir.Stmt) -> ir.Stmt:
    """Return a statement that sets a field of `this` as one of an object's static part."""
    if (
        isinstance(stmt, ir.Assign)
        and isinstance(stmt.target, ir.Attribute)
        and isinstance(stmt.target.object, ir.Name)
        and stmt.target.object.id == "this"
    ):
        target = ir.Name(stmt.target.span, stmt.target.name)
        return ir.Assign(stmt.span, target, stmt.value, "const", stmt.op, stmt.annotation)
    return stmt


def _with(function: ir.Function, *, params: tuple[ir.Param, ...] | None = None, kind: str = "") -> ir.Function:
    return ir.Function(
        function.span, function.name, function.params if params is None else params, function.body, kind or function.kind,
        function.is_async, function.is_generator, function.decorators, function.returns, function.directives,
    )  # fmt: skip


_K = _Kotlin
_STATEMENTS: dict[str, Callable[[Any, TsNode, list[ir.Stmt]], None]] = {
    "package_header": _K.nothing,
    "file_annotation": _K.nothing,
    "shebang": _K.nothing,
    "import": _K.import_,
    "property_declaration": _K.property,
    "function_declaration": _K.function_declaration,
    "class_declaration": _K.class_declaration,
    "object_declaration": _K.object_declaration,
    "type_alias": _K.type_alias,
    "if_expression": _K.if_statement,
    "when_expression": _K.when_statement,
    "try_expression": _K.try_statement,
    "for_statement": _K.for_statement,
    "while_statement": _K.while_statement,
    "do_while_statement": _K.while_statement,
}
_EXPRESSIONS: dict[str, Callable[[Any, TsNode], ir.Expr]] = {
    "identifier": _K.identifier,
    "this_expression": _K.this,
    "super_expression": _K.super,
    "number_literal": _K.number,
    "float_literal": _K.number,
    "character_literal": _K.character,
    "string_literal": _K.string,
    "multiline_string_literal": _K.string,
    "navigation_expression": _K.navigation,
    "callable_reference": _K.reference,
    "call_expression": _K.call,
    "lambda_literal": _K.lambda_expr,
    "anonymous_function": _K.anonymous_function,
    "object_literal": _K.object_literal,
    "unary_expression": _K.unary,
    "binary_expression": _K.binary,
    "infix_expression": _K.infix,
    "in_expression": _K.membership,
    "is_expression": _K.type_check,
    "as_expression": _K.cast,
    "index_expression": _K.index,
    "assignment": _K.assignment,
    "if_expression": _K.if_expression,
    "when_expression": _K.when_expression,
    "try_expression": _K.try_expression,
    "return_expression": _K.jump_expr,
    "throw_expression": _K.jump_expr,
    "labeled_expression": _K.labeled,
    "parenthesized_expression": _K.inner,
    "spread_expression": _K.inner,
    "annotated_expression": _K.annotated,
    "collection_literal": _K.collection,
    "range_expression": _K.range,
}
_Kotlin.expressions = _EXPRESSIONS
