"""Dart to IR, on tree-sitter.

What differs from the form that other front-ends give:

- waiting is the same as having: `async` functions are lowered as plain ones, `await` stays;
- a constructor, with its initialisers and those of the fields, is the method `constructor`; a named one is another `constructor`, which
  a static function of its name calls with the keyword argument `%named`; a factory is a static function, the one without a name
  `%factory`;
- `a..b()..c = d` keeps `a` in a variable;
- an extension is a function of kind `extension` whose first parameter is `this`, its static members a class of its name;
- `import 'a' as b show c hide d` has the names ("*", b), (c, c), ("-", d), or ("**", "**") for all; a part has ("%part", "%part");
- the top level and static parts are put in an order in which what is needed comes first: the language runs them on first use."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

from tree_sitter import Parser

from cybrid_audit import ir
from cybrid_audit.languages._tree import Lowering, TsNode, grammar, parse, syntax_errors, whole_characters
from cybrid_audit.languages.kotlin import TYPE_ARGUMENT, in_order
from cybrid_audit.limits import MAX_INTEGER_DIGITS

NAMED: Final = "%named"
FACTORY: Final = "%factory"

_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{1,8}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_COMMENTS = frozenset({"comment", "documentation_comment", "block_comment"})
_TYPE_NODES = frozenset(
    {"type_identifier", "type_arguments", "nullable_type", "function_type", "void_type", "record_type", "inferred_type"}
)
_SELECTORS = frozenset(
    {
        "selector",
        "unconditional_assignable_selector",
        "conditional_assignable_selector",
        "argument_part",
        "cascade_section",
    }
)
_OPERATORS = frozenset(
    {
        "equality_operator",
        "relational_operator",
        "additive_operator",
        "multiplicative_operator",
        "logical_and_operator",
        "logical_or_operator",
        "shift_operator",
        "bitwise_operator",
    }
)
_COMPARE = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LOGICAL = {"&&": "and", "||": "or", "??": "??"}


@cache
def _parser() -> Parser:
    return Parser(grammar("tree_sitter_dart"))


def lower(path: str, source: bytes) -> ir.Module:
    """Return the IR of one Dart file. Never raises; see `languages`."""
    root = parse(_parser(), source)
    lowering = _Dart(source, path)
    body = lowering.top(root.children)
    return ir.Module(
        lowering.span(root), path, "dart", tuple(in_order(body)), (), syntax_errors(root), source.startswith(b"#!")
    )


def _cook(text: str) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in "ux" and len(code) > 1:
            number = int(code[1:].strip("{}"), 16)
            return chr(number) if number < 0x110000 else "\ufffd"
        return _ESCAPES.get(code, code)

    return whole_characters(_ESCAPE.sub(replace, text))


def _number(text: str) -> int | float | None:
    text = text.replace("_", "").lower()
    if len(text) > MAX_INTEGER_DIGITS:
        return None
    try:
        return int(text, 0) if text[:2] == "0x" else int(text) if text.isdigit() else float(text)
    except ValueError:
        return None


class _Members:
    """What a class declares, sorted by what becomes of it."""

    def __init__(self) -> None:
        self.static: list[ir.Stmt] = []
        self.methods: list[ir.Function] = []
        self.setup: list[ir.Stmt] = []
        self.fields: list[ir.Field] = []
        self.constructors: list[ir.Function] = []


class _Dart(Lowering):
    """Lowers one file. `functions` counts the functions around, `owner` is the class around."""

    def __init__(self, source: bytes, path: str) -> None:
        super().__init__(source, path)
        self.functions = 0
        self.owner = ""

    # ------------------------------------------------------------ the top level

    def top(self, nodes: Sequence[TsNode]) -> list[ir.Stmt]:
        out: list[ir.Stmt] = []
        pending: list[TsNode] = []
        for index, node in enumerate(nodes):
            kind = node.type
            if kind in _COMMENTS:
                continue
            if kind == "ERROR":
                pending = []
                out += self.top(node.children)
            elif kind in _TOP:
                self.guarded(_TOP[kind], node, out)
                pending = []
            elif kind in ("function_signature", "getter_signature", "setter_signature"):
                body = self.next_body(nodes, index)
                function = self.signature(node, body, "arrow" if self.functions else "function", pending)
                if kind == "getter_signature" and body is not None:
                    value = self.called(function)
                    out.append(ir.Assign(self.span(node), ir.Name(self.span(node), function.name), value, "const"))
                elif kind == "function_signature":
                    out.append(ir.FunctionDef(function.span, function))
                pending = []
            elif kind in ("static_final_declaration_list", "initialized_identifier_list"):
                out += self.variables(node, pending)
                pending = []
            elif kind == ";":
                pending = []
            elif kind != "function_body":
                pending.append(node)
        return out

    def guarded(self, handler: Callable[[Any, TsNode, list[ir.Stmt]], None], node: TsNode, out: list[ir.Stmt]) -> None:
        if not self.enter():
            out.append(ir.ExprStmt(self.span(node), ir.Opaque(self.span(node), "too deep")))
            return
        try:
            handler(self, node, out)
        finally:
            self.leave()

    def next_body(self, nodes: Sequence[TsNode], index: int) -> TsNode | None:
        following = next((node for node in nodes[index + 1 :] if node.type not in _COMMENTS), None)
        return following if following is not None and following.type == "function_body" else None

    def variables(self, node: TsNode, before: Sequence[TsNode]) -> list[ir.Stmt]:
        annotation = self.type_of(before)
        is_const = any(each.type in ("const_builtin", "final_builtin") for each in before)
        found: list[ir.Stmt] = []
        for child in node.named_children:
            if child.type not in ("static_final_declaration", "initialized_identifier"):
                continue
            name, value = self.initialized(child)
            target = ir.Name(self.span(child), name)
            held = value if value is not None or annotation is not None else ir.Const(self.span(child), None)
            found.append(ir.Assign(self.span(child), target, held, "const" if is_const else "let", "", annotation))
        return found

    def initialized(self, node: TsNode) -> tuple[str, ir.Expr | None]:
        """Return name and first value of a variable."""
        children = [child for child in node.children if child.type not in _COMMENTS]
        name = next((self.text(child) for child in children if child.type == "identifier"), "_")
        at = next((index for index, child in enumerate(children) if child.type == "="), None)
        return name, self.chain(children[at + 1 :]) if at is not None else None

    def import_(self, node: TsNode, out: list[ir.Stmt]) -> None:
        for child in node.named_children:
            inner = next((each for each in child.named_children if each.type == "import_specification"), child)
            uri = self.uri(inner)
            if not uri:
                continue
            span = self.span(child)
            names: list[tuple[str, str]] = []
            for each in inner.named_children:
                if each.type == "combinator":
                    words = [self.text(word) for word in each.named_children if word.type == "identifier"]
                    shows = self.text(each).startswith("show")
                    names += [(word, word) if shows else ("-", word) for word in words]
            prefix = next((self.text(each) for each in inner.named_children if each.type == "identifier"), None)
            if child.type == "library_export":
                shown = tuple(pair for pair in names if pair[0] != "-") or (("*", "*"),)
                out.append(ir.Export(span, shown, uri))
                continue
            if prefix is not None:
                names.append(("*", prefix))
            elif all(pair[0] == "-" for pair in names):
                names.append(("**", "**"))
            out.append(ir.Import(span, uri, tuple(names)))

    def uri(self, node: TsNode) -> str:
        """Return the address of an import, of its first choice where it has several."""
        for child in node.named_children:
            if child.type == "configurable_uri":
                return self.uri(child)
            if child.type == "uri":
                return self.text(child).strip().strip("'\"")
        return ""

    def part(self, node: TsNode, out: list[ir.Stmt]) -> None:
        uri = self.uri(node)
        if uri:
            out.append(ir.Import(self.span(node), uri, (("%part", "%part"),)))

    def nothing(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """Take no notice."""

    def type_alias(self, node: TsNode, out: list[ir.Stmt]) -> None:
        names = [child for child in node.named_children if child.type == "type_identifier"]
        if len(names) == 2 and any(child.type == "=" for child in node.children):
            out.append(
                ir.Assign(
                    self.span(node),
                    ir.Name(self.span(names[0]), self.text(names[0])),
                    ir.Name(self.span(names[1]), self.text(names[1])),
                    "const",
                )
            )

    # ------------------------------------------------------------ types and annotations

    def type_of(self, nodes: Sequence[TsNode]) -> ir.Expr | None:
        """Return the type among the nodes before a name."""
        held: ir.Expr | None = None
        for node in nodes:
            span = self.span(node)
            if node.type == "type_identifier":
                name = self.text(node)
                held = ir.Name(span, name) if held is None else ir.Attribute(span, held, name)
            elif node.type == "type_arguments" and held is not None:
                inner = self.type_list(node)
                held = ir.Index(span, held, inner[0] if len(inner) == 1 else ir.List(span, tuple(inner)))
            elif node.type in ("function_type", "record_type"):
                return ir.Opaque(span, node.type)
        return held

    def type_list(self, node: TsNode) -> list[ir.Expr]:
        if not self.enter():
            return []
        try:
            groups: list[list[TsNode]] = [[]]
            for child in node.children:
                if child.type == ",":
                    groups.append([])
                elif child.is_named:
                    groups[-1].append(child)
            found = [self.type_of(group) for group in groups]
            return [each for each in found if each is not None]
        finally:
            self.leave()

    def annotations(self, nodes: Sequence[TsNode]) -> tuple[ir.Expr, ...]:
        found: list[ir.Expr] = []
        for node in nodes:
            if node.type != "annotation":
                continue
            name = node.child_by_field_name("name")
            span = self.span(node)
            func: ir.Expr = ir.Name(span, self.text(name).rpartition(".")[2] if name is not None else "")
            args = next(
                (child for child in node.named_children if child.type in ("arguments", "annotation_arguments")), None
            )
            found.append(ir.Call(span, func, self.args(args) if args is not None else ()))
        return tuple(found)

    # ------------------------------------------------------------ functions

    def signature(self, node: TsNode, body: TsNode | None, kind: str, before: Sequence[TsNode] = ()) -> ir.Function:
        """Return a function, getter or setter from its signature and its body."""
        named = node.child_by_field_name("name")
        name = self.text(named) if named is not None else ""
        listed = next((child for child in node.named_children if child.type == "formal_parameter_list"), None)
        params = self.params(listed)
        types: list[TsNode] = []
        for child in node.children:
            if named is not None and child.start_byte == named.start_byte:
                break
            types.append(child)
        stmts = self.body_of(body)
        directives = ("abstract",) if body is None else ()
        return ir.Function(
            self.span(node) if body is None else self.between(node, body),
            name,
            tuple(params),
            stmts,
            kind,
            False,
            False,
            self.annotations(before),
            self.type_of(types),
            directives,
        )

    def between(self, first: TsNode, last: TsNode) -> ir.Span:
        start, end = self.span(first), self.span(last)
        return ir.Span(start.start, end.end, start.line, start.column, end.end_line, end.end_column)

    def body_of(self, node: TsNode | None) -> tuple[ir.Stmt, ...]:
        """Return the statements of a function's body."""
        if node is None:
            return ()
        self.functions += 1
        try:
            block = next((child for child in node.named_children if child.type == "block"), None)
            if block is not None:
                return tuple(self.statements(block.children))
            children = [child for child in node.children if child.type not in _COMMENTS]
            at = next((index for index, child in enumerate(children) if child.type == "=>"), None)
            if at is None:
                return ()
            value = self.chain(children[at + 1 :])
            return (ir.Return(value.span, value),)
        finally:
            self.functions -= 1

    def params(self, node: TsNode | None) -> list[ir.Param]:
        found: list[ir.Param] = []
        if node is None:
            return found
        for child in node.named_children:
            if child.type == "formal_parameter":
                found.append(self.param(child, "positional"))
            elif child.type == "optional_formal_parameters":
                kind = "keyword" if any(each.type == "{" for each in child.children) else "positional"
                children = [each for each in child.children if each.type not in _COMMENTS]
                for index, each in enumerate(children):
                    if each.type != "formal_parameter":
                        continue
                    param = self.param(each, kind)
                    default: ir.Expr | None = ir.Const(param.span, None)
                    if index + 1 < len(children) and children[index + 1].type in ("=", ":"):
                        stop = next(
                            (at for at in range(index + 2, len(children)) if children[at].type in (",", "}", "]")),
                            len(children),
                        )
                        default = self.chain(children[index + 2 : stop])
                    elif index and children[index - 1].type == "required":
                        default = None
                    found.append(
                        ir.Param(
                            param.span, param.target, default, kind, param.annotation, param.decorators, param.field
                        )
                    )
        return found

    def param(self, node: TsNode, kind: str) -> ir.Param:
        span = self.span(node)
        inner = next(
            (child for child in node.named_children if child.type in ("constructor_param", "super_formal_parameter")),
            None,
        )
        if inner is not None:
            name = next((self.text(child) for child in inner.named_children if child.type == "identifier"), "_")
            field = name
            return ir.Param(span, ir.Name(span, name), None, kind, None, self.annotations(node.named_children), field)
        names = [child for child in node.named_children if child.type == "identifier"]
        target = names[-1] if names else None
        annotation = self.type_of([child for child in node.named_children if child != target])
        return ir.Param(
            span,
            ir.Name(span, self.text(target) if target is not None else "_"),
            None,
            kind,
            annotation,
            self.annotations(node.named_children),
        )

    def called(self, function: ir.Function) -> ir.Expr:
        if len(function.body) == 1 and isinstance(function.body[0], ir.Return) and function.body[0].value is not None:
            return function.body[0].value
        return ir.Call(function.span, ir.Lambda(function.span, function), ())

    # ------------------------------------------------------------ classes

    def class_declaration(self, node: TsNode, out: list[ir.Stmt]) -> None:
        named = node.child_by_field_name("name") or next(
            (child for child in node.named_children if child.type == "identifier"), None
        )
        name = self.text(named) if named is not None else ""
        span = self.span(node)
        bases = [
            base.object if isinstance(base, ir.Index) else base
            for holder in node.named_children
            if holder.type in ("superclass", "interfaces", "mixins")
            for part in [holder, *(each for each in holder.named_children if each.type == "mixins")]
            for base in self.type_list(part)
        ]
        body = node.child_by_field_name("body") or next(
            (child for child in node.named_children if child.type in ("class_body", "enum_body", "extension_body")),
            None,
        )
        held, self.owner = self.owner, name
        try:
            members = self.members(body)
            if node.type == "enum_declaration":
                self.constants(body, name, members)
        finally:
            self.owner = held
        methods = self.constructors(members, span, is_enum=node.type == "enum_declaration") + members.methods
        kind = "enum class" if node.type == "enum_declaration" else "class"
        words = {child.type for child in node.children}
        if (
            "abstract" in words
            and not members.setup
            and all("abstract" in each.directives for each in members.methods if not each.kind.startswith("static"))
        ):
            kind = "interface"
        decorators = self.annotations(node.named_children)
        definition = ir.Class(
            span, name, tuple(bases), tuple(members.fields), tuple(methods), decorators, (),
            tuple(in_order(members.static)), kind,
        )  # fmt: skip
        out.append(ir.ClassDef(span, definition))

    def constructors(self, members: _Members, span: ir.Span, *, is_enum: bool) -> list[ir.Function]:
        """Return the constructors, each with what the fields start with."""
        found: list[ir.Function] = []
        types = {field.name: field.annotation for field in members.fields}
        for each in members.constructors:
            redirects = bool(each.body) and _redirects(each.body[0])
            given = {param.field for param in each.params if param.field is not None}
            setup = () if redirects else tuple(stmt for stmt in members.setup if _field_of(stmt) not in given)
            params = tuple(_annotated(param, types) for param in each.params)
            found.append(
                ir.Function(each.span, each.name, params, (*setup, *each.body), each.kind, decorators=each.decorators)
            )
        if not any(_is_plain(each) for each in found) and (members.setup or (is_enum and not found)):
            found.insert(0, ir.Function(span, "constructor", (), tuple(members.setup), "constructor"))
        return sorted(found, key=lambda each: not _is_plain(each))

    def constants(self, body: TsNode | None, name: str, members: _Members) -> None:
        """Add the values of an enumeration to its static part."""
        made: list[ir.Stmt] = []
        for node in body.named_children if body is not None else ():
            if node.type != "enum_constant":
                continue
            named = node.child_by_field_name("name")
            word = self.text(named) if named is not None else "_"
            span = self.span(node)
            given = next((child for child in node.named_children if child.type == "argument_part"), None)
            args = self.arguments(given) if given is not None else ()
            target = ir.Name(span, word)
            made.append(ir.Assign(span, target, ir.Call(span, ir.Name(span, name), args, is_new=True), "const"))
            made.append(ir.Assign(span, ir.Attribute(span, target, "name"), ir.Const(span, word)))
        members.static[:0] = made

    def members(self, body: TsNode | None) -> _Members:
        members = _Members()
        nodes: list[TsNode] = []
        for child in body.children if body is not None else ():
            if child.type == "ERROR":
                nodes += child.children
            elif child.type not in _COMMENTS:
                nodes.append(child)
        pending: list[TsNode] = []
        for index, node in enumerate(nodes):
            if node.type == "annotation":
                pending.append(node)
            elif node.type == "method_signature":
                if self.enter():
                    try:
                        self.method(node, self.next_body(nodes, index), members, pending)
                    finally:
                        self.leave()
                pending = []
            elif node.type == "declaration":
                if self.enter():
                    try:
                        self.declaration(node, members, pending)
                    finally:
                        self.leave()
                pending = []
            elif node.type == "function_body":
                pending = []
        return members

    def method(self, node: TsNode, body: TsNode | None, members: _Members, before: Sequence[TsNode]) -> None:
        is_static = any(child.type == "static" for child in node.children)
        for child in node.named_children:
            kind = child.type
            if kind == "function_signature":
                members.methods.append(self.signature(child, body, "static" if is_static else "method", before))
            elif kind in ("getter_signature", "setter_signature"):
                word = kind.partition("_")[0]
                members.methods.append(self.signature(child, body, f"static {word}" if is_static else word, before))
            elif kind in ("constructor_signature", "constant_constructor_signature"):
                self.constructor(child, node, body, members)
            elif kind in ("factory_constructor_signature", "redirecting_factory_constructor_signature"):
                self.factory(child, body, members)

    def declaration(self, node: TsNode, members: _Members, before: Sequence[TsNode]) -> None:
        children = [child for child in node.children if child.type not in _COMMENTS]
        is_static = any(child.type == "static" for child in children)
        for index, child in enumerate(children):
            kind = child.type
            if kind in ("function_signature", "getter_signature", "setter_signature"):
                word = {"function_signature": "method"}.get(kind, kind.partition("_")[0])
                members.methods.append(self.signature(child, None, "static" if is_static else word, before))
            elif kind in ("constructor_signature", "constant_constructor_signature"):
                self.constructor(child, node, None, members)
            elif kind in ("factory_constructor_signature", "redirecting_factory_constructor_signature"):
                self.factory(child, None, members)
            elif kind in ("static_final_declaration_list", "initialized_identifier_list"):
                listed = self.variables(child, children[:index])
                if is_static:
                    members.static += listed
                else:
                    is_late = any(each.type == "late" for each in children[:index])
                    self.fields(listed, members, self.annotations([*before, *children[:index]]), starts=not is_late)

    def fields(
        self, listed: Sequence[ir.Stmt], members: _Members, decorators: tuple[ir.Expr, ...], *, starts: bool
    ) -> None:
        """Add fields; one that is no constant `starts` as null."""
        for stmt in listed:
            if not isinstance(stmt, ir.Assign) or not isinstance(stmt.target, ir.Name):
                continue
            name = stmt.target.id
            members.fields.append(ir.Field(stmt.span, name, None, False, stmt.annotation, decorators))
            value = stmt.value
            if value is None or (isinstance(value, ir.Const) and value.value is None):
                if not starts or stmt.declared == "const":
                    continue
                value = ir.Const(stmt.span, None)
            holder = ir.Attribute(stmt.span, ir.Name(stmt.span, "this"), name)
            declared = "let" if stmt.annotation is not None and stmt.value is not None else ""
            members.setup.append(ir.Assign(stmt.span, holder, value, declared, "", stmt.annotation))

    def constructor(self, node: TsNode, holder: TsNode, body: TsNode | None, members: _Members) -> None:
        span = self.span(node) if body is None else self.between(node, body)
        words = [self.text(child) for child in node.children if child.type == "identifier"]
        name = words[1] if len(words) > 1 else ""
        listed = next((child for child in node.named_children if child.type == "formal_parameter_list"), None)
        params = self.params(listed)
        inherited = {
            self.text(each)
            for each in _below(listed, "super_formal_parameter")
            for each in each.named_children
            if each.type == "identifier"
        }
        stmts: list[ir.Stmt] = []
        for child in [*node.named_children, *holder.named_children]:
            if child.type == "initializers":
                for entry in child.named_children:
                    stmts += self.initializer(entry)
            elif child.type == "redirection":
                stmts.insert(0, self.delegation(child, "this"))
        if inherited and not any(_is_super(stmt) for stmt in stmts):
            given = tuple(
                ir.Arg(param.span, param.target, param.target.id if param.kind == "keyword" else None)
                for param in params
                if isinstance(param.target, ir.Name) and param.target.id in inherited and param.target.id != "key"
            )
            if given:
                stmts.insert(0, ir.ExprStmt(span, ir.Call(span, ir.Name(span, "super"), given)))
        stmts += self.body_of(body)
        if not name:
            members.constructors.append(ir.Function(span, "constructor", tuple(params), tuple(stmts), "constructor"))
            return
        mark = ir.Param(span, ir.Name(span, f"{NAMED} {name}"), None, "keyword")
        members.constructors.append(ir.Function(span, "constructor", (*params, mark), tuple(stmts), "constructor"))
        forwarded = tuple(
            ir.Arg(param.span, param.target, param.target.id if param.kind == "keyword" else None)
            for param in params
            if isinstance(param.target, ir.Name)
        )
        call = ir.Call(
            span,
            ir.Name(span, self.owner),
            (*forwarded, ir.Arg(span, ir.Const(span, True), f"{NAMED} {name}")),
            is_new=True,
        )
        plain = tuple(
            ir.Param(param.span, param.target, param.default, param.kind, param.annotation, param.decorators)
            for param in params
        )
        members.methods.append(ir.Function(span, name, plain, (ir.Return(span, call),), "static"))

    def initializer(self, node: TsNode) -> list[ir.Stmt]:
        found: list[ir.Stmt] = []
        children = [child for child in node.children if child.type not in _COMMENTS]
        if children and children[0].type in ("super", "this"):
            return [self.delegation(node, children[0].type)]
        for child in children:
            if child.type == "field_initializer":
                inner = [each for each in child.children if each.type not in _COMMENTS]
                at = next((index for index, each in enumerate(inner) if each.type == "="), None)
                names = [each for each in inner[:at] if each.type == "identifier"]
                if at is not None and names:
                    span = self.span(child)
                    target = ir.Attribute(span, ir.Name(span, "this"), self.text(names[-1]))
                    found.append(ir.Assign(span, target, self.chain(inner[at + 1 :])))
        return found

    def delegation(self, node: TsNode, word: str) -> ir.Stmt:
        """`super(a)`, `super.name(a)`, `this(a)`, `this.name(a)` before the body of a constructor."""
        span = self.span(node)
        given = next((child for child in node.named_children if child.type == "arguments"), None)
        args = self.args(given) if given is not None else ()
        names = [self.text(child) for child in node.named_children if child.type == "identifier"]
        if word == "super":
            return ir.ExprStmt(span, ir.Call(span, ir.Name(span, "super"), args))
        if names:
            args = (*args, ir.Arg(span, ir.Const(span, True), f"{NAMED} {names[-1]}"))
        return ir.ExprStmt(span, ir.Call(span, ir.Attribute(span, ir.Name(span, "this"), "constructor"), args))

    def factory(self, node: TsNode, body: TsNode | None, members: _Members) -> None:
        span = self.span(node) if body is None else self.between(node, body)
        words = [self.text(child) for child in node.children if child.type == "identifier"]
        name = words[1] if len(words) > 1 else FACTORY
        listed = next((child for child in node.named_children if child.type == "formal_parameter_list"), None)
        params = self.params(listed)
        stmts = self.body_of(body)
        if body is None:
            # `factory A.b(x) = C;` makes a C.
            kind = self.type_of([child for child in node.named_children if child.type in _TYPE_NODES])
            if kind is None:
                return
            given = tuple(
                ir.Arg(param.span, param.target, param.target.id if param.kind == "keyword" else None)
                for param in params
                if isinstance(param.target, ir.Name)
            )
            stmts = (ir.Return(span, ir.Call(span, kind, given)),)
        members.methods.append(ir.Function(span, name, tuple(params), stmts, "static"))

    def extension(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        named = node.child_by_field_name("name")
        name = self.text(named) if named is not None else ""
        kind = self.type_of(node.children_by_field_name("class"))
        members = self.members(node.child_by_field_name("body"))
        statics: list[ir.Function] = []
        for each in members.methods:
            if each.kind in ("method", "getter"):
                first = ir.Param(span, ir.Name(span, "this"), annotation=kind)
                word = "extension" if each.kind == "method" else "extension getter"
                function = ir.Function(
                    each.span, each.name, (first, *each.params), each.body, word, False, False, each.decorators,
                    each.returns,
                )  # fmt: skip
                out.append(ir.FunctionDef(each.span, function))
            elif each.kind.startswith("static"):
                statics.append(each)
        if name and (members.static or statics):
            body = tuple(in_order(members.static))
            out.append(ir.ClassDef(span, ir.Class(span, name, (), (), tuple(statics), (), (), body, "extension")))

    # ------------------------------------------------------------ statements

    def statements(self, nodes: Sequence[TsNode]) -> list[ir.Stmt]:
        found: list[ir.Stmt] = []
        for node in nodes:
            if node.is_named and node.type not in _COMMENTS:
                self.statement(node, found)
        return found

    def statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        handler = _STATEMENTS.get(node.type)
        if handler is not None:
            self.guarded(handler, node, out)
        elif node.type == "ERROR":
            for child in node.named_children:
                if child.type in _STATEMENTS:
                    self.guarded(_STATEMENTS[child.type], child, out)
        elif node.type in _EXPRESSIONS:
            out.append(ir.ExprStmt(self.span(node), self.chain([node])))

    def body(self, nodes: Sequence[TsNode]) -> tuple[ir.Stmt, ...]:
        found: list[ir.Stmt] = []
        for node in nodes:
            if node.type == "block":
                found += self.statements(node.children)
            elif node.is_named and node.type not in _COMMENTS:
                self.statement(node, found)
        return tuple(found)

    def block(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.Block(self.span(node), tuple(self.statements(node.children))))

    def expression_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        nodes = [child for child in node.children if child.type not in _COMMENTS and child.type != ";"]
        if not nodes:
            return
        if len(nodes) == 1 and nodes[0].type in ("throw_expression", "rethrow_expression"):
            out.append(self.jump(nodes[0]))
            return
        value = self.chain(nodes)
        if isinstance(value, ir.AssignExpr):
            out.append(ir.Assign(value.span, value.target, value.value, "", value.op))
        elif isinstance(value, ir.BlockExpr):
            out.extend(value.body)
            if not isinstance(value.value, ir.Name | ir.Const):
                out.append(ir.ExprStmt(value.span, value.value))
        else:
            out.append(ir.ExprStmt(self.span(node), value))

    def local_variables(self, node: TsNode, out: list[ir.Stmt]) -> None:
        for child in node.named_children:
            if child.type == "initialized_variable_definition":
                self.local_variable(child, out)
            elif child.type == "pattern_variable_declaration":
                children = [each for each in child.children if each.type not in _COMMENTS]
                at = next((index for index, each in enumerate(children) if each.type == "="), None)
                pattern = next((each for each in children if each.type.endswith("_pattern")), None)
                if at is not None and pattern is not None:
                    span = self.span(child)
                    out.append(ir.Assign(span, self.pattern(pattern), self.chain(children[at + 1 :]), "const"))

    def local_variable(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        named = node.child_by_field_name("name")
        name = self.text(named) if named is not None else "_"
        before = [child for child in node.children if named is None or child.start_byte < named.start_byte]
        annotation = self.type_of(before)
        values = node.children_by_field_name("value")
        words = {child.type for child in before}
        declared = "const" if words & {"final_builtin", "const_builtin"} else "let"
        value = self.chain(values) if values else None
        if value is None and annotation is None:
            value = ir.Const(span, None)
        out.append(ir.Assign(span, ir.Name(span, name), value, declared, "", annotation))
        for child in node.named_children:
            # `var a = 1, b = 2;`
            if child.type == "initialized_identifier":
                more, held = self.initialized(child)
                out.append(
                    ir.Assign(self.span(child), ir.Name(self.span(child), more), held or ir.Const(span, None), declared)
                )

    def local_function(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = next((child for child in node.named_children if child.type == "lambda_expression"), None)
        if inner is None:
            return
        signature = next((child for child in inner.named_children if child.type == "function_signature"), None)
        body = next((child for child in inner.named_children if child.type == "function_body"), None)
        if signature is not None:
            function = self.signature(signature, body, "arrow")
            out.append(ir.FunctionDef(function.span, function))

    def condition(self, node: TsNode) -> ir.Expr:
        """Return what stands between the first brackets of a statement."""
        inner = node.child_by_field_name("condition")
        if inner is not None:
            return self.chain(inner.children[1:-1] if inner.type == "parenthesized_expression" else [inner])
        found: list[TsNode] = []
        is_open = False
        for child in node.children:
            if child.type == "(" and not is_open:
                is_open = True
            elif child.type == ")" and is_open:
                break
            elif is_open and child.type not in _COMMENTS:
                found.append(child)
        at = next((index for index, child in enumerate(found) if child.type == "case"), None)
        if at is not None:
            return self.case_condition(found[:at], found[at + 1 :], node)
        return self.chain(found)

    def case_condition(self, subject: Sequence[TsNode], rest: Sequence[TsNode], node: TsNode) -> ir.Expr:
        """`x case pattern when test`."""
        span = self.span(node)
        target = ir.Name(span, f"%subject{node.start_byte}")
        stmts: list[ir.Stmt] = [ir.Assign(span, target, self.chain(subject), "const")]
        bindings: list[ir.Stmt] = []
        test: ir.Expr = self.pattern_test(rest[0], target, bindings) if rest else ir.Const(span, True)
        at = next((index for index, child in enumerate(rest) if child.type == "when"), None)
        test = _bound(span, test, bindings, self.chain(rest[at + 1 :]) if at is not None else None)
        return ir.BlockExpr(span, tuple(stmts), test)

    def if_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        test = self.condition(node)
        then = self.body(node.children_by_field_name("consequence"))
        otherwise = self.body(node.children_by_field_name("alternative"))
        out.append(ir.If(self.span(node), test, then, otherwise))

    def for_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        body = self.body(node.children_by_field_name("body"))
        parts = next((child for child in node.named_children if child.type == "for_loop_parts"), None)
        if parts is None:
            out.append(ir.Loop(span, "while", body))
            return
        loop = self.each_of(parts)
        if loop is not None:
            out.append(ir.Loop(span, "each", body, loop[0], loop[1]))
            return
        for child in parts.children_by_field_name("init"):
            if child.is_named:
                self.statement(child, out)
        condition = parts.children_by_field_name("condition")
        updates: list[ir.Stmt] = []
        for child in parts.children_by_field_name("update"):
            if child.is_named:
                value = self.chain([child])
                if isinstance(value, ir.AssignExpr):
                    updates.append(ir.Assign(value.span, value.target, value.value, "", value.op))
                else:
                    updates.append(ir.ExprStmt(value.span, value))
        test = self.chain(condition) if condition else None
        out.append(ir.Loop(span, "while", body, test=test, update=tuple(updates)))

    def each_of(self, parts: TsNode) -> tuple[ir.Pattern, ir.Expr] | None:
        """Return what a `for … in` binds and what it goes through, or None for another loop."""
        if not any(child.type == "in" for child in parts.children):
            return None
        named = parts.child_by_field_name("name")
        pattern = next((child for child in parts.named_children if child.type.endswith("_pattern")), None)
        target: ir.Pattern = (
            self.pattern(pattern)
            if pattern is not None
            else ir.Name(self.span(parts), self.text(named) if named is not None else "_")
        )
        values = parts.children_by_field_name("value")
        if not values:
            at = next(index for index, child in enumerate(parts.children) if child.type == "in")
            values = [child for child in parts.children[at + 1 :] if child.type != ")"]
        return target, self.chain(values)

    def while_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        kind = "do" if node.type == "do_statement" else "while"
        body = self.body(node.children_by_field_name("body"))
        out.append(ir.Loop(self.span(node), kind, body, test=self.condition(node)))

    def try_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        body: tuple[ir.Stmt, ...] = ()
        final: tuple[ir.Stmt, ...] = ()
        handlers: list[ir.Handler] = []
        kinds: tuple[ir.Expr, ...] = ()
        target: ir.Pattern | None = None
        is_handler = False
        for child in node.children:
            if child.type == "on":
                is_handler, target = True, None
            elif child.type == "type_identifier":
                kinds = (ir.Name(self.span(child), self.text(child)),)
            elif child.type == "catch_clause":
                is_handler = True
                names = [
                    each for inner in child.named_children for each in inner.named_children if each.type == "identifier"
                ]
                target = ir.Name(self.span(child), self.text(names[0])) if names else None
            elif child.type == "block":
                stmts = tuple(self.statements(child.children))
                if is_handler:
                    handlers.append(ir.Handler(self.span(child), kinds, target, stmts))
                    kinds, target, is_handler = (), None, False
                else:
                    body = stmts
            elif child.type == "finally_clause":
                final = self.body(child.named_children)
        out.append(ir.Try(self.span(node), body, tuple(handlers), (), final))

    def switch_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        target = ir.Name(span, f"%subject{node.start_byte}")
        out.append(ir.Assign(span, target, self.condition(node), "const"))
        rows: list[tuple[ir.Expr | None, tuple[ir.Stmt, ...], TsNode]] = []
        waiting: ir.Expr | None = None
        for body in node.children_by_field_name("body"):
            for entry in body.named_children:
                if entry.type == "switch_statement_default":
                    stmts = self.arm(entry)
                    rows.append((None, stmts, entry))
                    continue
                if entry.type != "switch_statement_case":
                    continue
                test = self.case_test(entry, target)
                if waiting is not None:
                    test = ir.Logical(self.span(entry), "or", waiting, test)
                stmts = self.arm(entry)
                if not stmts and not self.text(entry).rstrip().endswith("}"):
                    waiting = test
                    continue
                waiting = None
                rows.append((test, stmts, entry))
        otherwise: tuple[ir.Stmt, ...] = ()
        for row_test, stmts, entry in reversed(rows):
            otherwise = stmts if row_test is None else (ir.If(self.span(entry), row_test, stmts, otherwise),)
        out.extend(otherwise)

    def arm(self, node: TsNode) -> tuple[ir.Stmt, ...]:
        """Return the statements of a case; the `break` that ends it is left out."""
        at = next((index for index, child in enumerate(node.children) if child.type == ":"), len(node.children))
        found = self.statements(node.children[at + 1 :])
        if found and isinstance(found[-1], ir.Break) and found[-1].label is None:
            found.pop()
        return tuple(found)

    def case_test(self, node: TsNode, subject: ir.Expr) -> ir.Expr:
        """Return the test of a case, in which its names are bound."""
        children = [child for child in node.children if child.type not in _COMMENTS]
        pattern = next((child for child in children if child.type.endswith("_pattern")), None)
        span = self.span(node)
        bindings: list[ir.Stmt] = []
        test: ir.Expr = ir.Const(span, True)
        if pattern is not None:
            test = self.pattern_test(pattern, subject, bindings)
        at = next((index for index, child in enumerate(children) if child.type == "when"), None)
        if at is None:
            return _bound(span, test, bindings, None)
        stop = next((index for index, child in enumerate(children) if child.type in (":", "=>")), len(children))
        return _bound(span, test, bindings, self.chain(children[at + 1 : stop]))

    def pattern_test(self, node: TsNode, subject: ir.Expr, bindings: list[ir.Stmt]) -> ir.Expr:
        """Return the test that a pattern makes, and add what it binds."""
        span = self.span(node)
        if not self.enter():
            return ir.Opaque(span, "too deep")
        try:
            kind = node.type
            children = [child for child in node.children if child.type not in _COMMENTS]
            if kind == "constant_pattern":
                if self.text(node) == "_":
                    return ir.Const(span, True)
                return ir.Compare(span, "==", subject, self.chain(children))
            if kind == "variable_pattern":
                names = [child for child in children if child.type == "identifier"]
                if names:
                    bindings.append(ir.Assign(span, ir.Name(span, self.text(names[-1])), subject, "const"))
                annotation = self.type_of(children)
                return ir.Compare(span, "instanceof", subject, annotation) if annotation else ir.Const(span, True)
            if kind == "object_pattern":
                annotation = self.type_of(children)
                label = ""
                for child in children:
                    if child.type == "identifier":
                        label = self.text(child)
                    elif child.type.endswith("_pattern"):
                        name = label or next((self.text(each) for each in reversed(child.named_children)), "")
                        self.pattern_test(child, ir.Attribute(span, subject, name), bindings)
                        label = ""
                return ir.Compare(span, "instanceof", subject, annotation or ir.Opaque(span, "type"))
            inner = [child for child in children if child.type.endswith("_pattern")]
            for index, child in enumerate(inner):
                part = subject if len(inner) == 1 else ir.Index(span, subject, ir.Const(span, index))
                self.pattern_test(child, part, bindings)
            return ir.Opaque(span, kind, (subject,))
        finally:
            self.leave()

    def pattern(self, node: TsNode) -> ir.Pattern:
        """Return what a declaration with a pattern binds."""
        span = self.span(node)
        if not self.enter():
            return ir.Opaque(span, "too deep")
        try:
            children = [child for child in node.children if child.type not in _COMMENTS]
            if node.type in ("record_pattern", "list_pattern"):
                return ir.ListPattern(
                    span, tuple(self.pattern(child) for child in children if child.type.endswith("_pattern"))
                )
            if node.type == "map_pattern":
                keys: list[TsNode] = []
                entries: list[tuple[ir.Expr, ir.Pattern]] = []
                for child in children:
                    if child.type.endswith("_pattern"):
                        if keys:
                            entries.append((self.chain(keys), self.pattern(child)))
                        keys = []
                    elif child.is_named:
                        keys.append(child)
                return ir.ObjectPattern(span, tuple(entries))
            names = [child for child in children if child.type == "identifier"]
            return ir.Name(span, self.text(names[-1]) if names else "_")
        finally:
            self.leave()

    def jump(self, node: TsNode) -> ir.Stmt:
        span = self.span(node)
        nodes = [
            child
            for child in node.children
            if child.type not in _COMMENTS and child.type not in (";", "return", "throw")
        ]
        nodes = [child for child in nodes if not child.type.endswith("_builtin")]
        match node.type:
            case "return_statement":
                return ir.Return(span, self.chain(nodes) if nodes else None)
            case "throw_expression":
                return ir.Raise(span, self.chain(nodes) if nodes else None)
            case "rethrow_expression":
                return ir.Raise(span, None)
            case "break_statement":
                label = next((self.text(child) for child in nodes if child.type == "identifier"), None)
                return ir.Break(span, label)
            case _:
                label = next((self.text(child) for child in nodes if child.type == "identifier"), None)
                return ir.Continue(span, label)

    def jump_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(self.jump(node))

    def yield_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        nodes = [child for child in node.children if child.is_named and child.type not in _COMMENTS]
        out.append(ir.ExprStmt(self.span(node), self.chain(nodes)))

    def labeled(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.extend(self.statements([child for child in node.named_children if child.type in _STATEMENTS]))

    # ------------------------------------------------------------ expressions

    def chain(self, nodes: Sequence[TsNode]) -> ir.Expr:
        """Return the expression that siblings make: an operand and what is done with it, one thing after the other."""
        nodes = [node for node in nodes if node.type not in _COMMENTS and node.type != ";"]
        if not nodes:
            return ir.Const(ir.NO_SPAN, None)
        first = nodes[0]
        if first.type in ("const_builtin", "new_builtin") and len(nodes) > 1:
            return self.chain(nodes[1:])
        held = self.expr(first)
        before: list[ir.Stmt] = []
        for node in nodes[1:]:
            span = self.between(first, node)
            if node.type == "cascade_section":
                if not before and not isinstance(held, ir.Name):
                    target = ir.Name(held.span, f"%cascade{node.start_byte}")
                    before.append(ir.Assign(held.span, target, held, "const"))
                    held = target
                elif not before:
                    before.append(ir.ExprStmt(held.span, held))
                self.cascade(node, held, before)
            elif node.type in _SELECTORS or node.type == "arguments":
                held = self.select(held, node, span)
        return ir.BlockExpr(self.between(first, nodes[-1]), tuple(before), held) if before else held

    def select(self, held: ir.Expr, node: TsNode, span: ir.Span) -> ir.Expr:
        """Return what a selector makes of a value."""
        if not self.enter():
            return ir.Opaque(span, "too deep", (held,))
        try:
            kind = node.type
            if kind == "selector":
                for child in node.children:
                    if child.type == "!":
                        return held
                    if child.is_named:
                        return self.select(held, child, span)
                return held
            if kind == "argument_part":
                args = self.arguments(node)
                optional = isinstance(held, ir.Attribute) and held.optional
                return ir.Call(span, held, args, optional)
            if kind == "arguments":
                return ir.Call(span, held, self.args(node))
            if kind in ("unconditional_assignable_selector", "conditional_assignable_selector"):
                optional = kind.startswith("conditional")
                for child in node.named_children:
                    if child.type == "identifier":
                        return ir.Attribute(span, held, self.text(child), optional)
                    if child.type == "index_selector":
                        inner = [each for each in child.children if each.type not in ("[", "]")]
                        return ir.Index(span, held, self.chain(inner), optional)
            return held
        finally:
            self.leave()

    def cascade(self, node: TsNode, held: ir.Expr, out: list[ir.Stmt]) -> None:
        """`..a.b(c)`, `..a = b`."""
        span = self.span(node)
        value = held
        children = [child for child in node.children if child.type not in _COMMENTS]
        for index, child in enumerate(children):
            if child.type == "cascade_selector":
                for each in child.named_children:
                    if each.type == "identifier":
                        value = ir.Attribute(span, value, self.text(each))
                    elif each.type == "index_selector":
                        inner = [part for part in each.children if part.type not in ("[", "]")]
                        value = ir.Index(span, value, self.chain(inner))
            elif child.type in ("=", "assignment_operator") or (not child.is_named and child.type.endswith("=")):
                op = self.text(child)[:-1]
                target = value if isinstance(value, ir.Attribute | ir.Index) else ir.Opaque(span, "target", (value,))
                out.append(ir.Assign(span, target, self.chain(children[index + 1 :]), "", _LOGICAL.get(op, op)))
                return
            elif child.type in _SELECTORS:
                value = self.select(value, child, span)
        out.append(ir.ExprStmt(span, value))

    def arguments(self, node: TsNode) -> tuple[ir.Arg, ...]:
        inner = next((child for child in node.named_children if child.type == "arguments"), None)
        kinds = [
            each for child in node.named_children if child.type == "type_arguments" for each in child.named_children
        ]
        args = self.args(inner) if inner is not None else ()
        if not args and len(kinds) == 1 and kinds[0].type == "type_identifier":
            # `context.read<Api>()`: the type is all that the call is told.
            return (ir.Arg(self.span(kinds[0]), ir.Name(self.span(kinds[0]), self.text(kinds[0])), TYPE_ARGUMENT),)
        return args

    def args(self, node: TsNode) -> tuple[ir.Arg, ...]:
        found: list[ir.Arg] = []
        for child in node.named_children:
            if child.type == "argument":
                found.append(ir.Arg(self.span(child), self.chain(child.children)))
            elif child.type == "named_argument":
                label = next((each for each in child.named_children if each.type == "label"), None)
                name = self.text(label).rstrip(":").strip() if label is not None else None
                rest = [each for each in child.children if label is None or each.start_byte != label.start_byte]
                found.append(ir.Arg(self.span(child), self.chain(rest), name))
        return tuple(found)

    def name(self, node: TsNode) -> ir.Expr:
        return ir.Name(self.span(node), self.text(node))

    def null(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), None)

    def boolean(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), self.text(node) == "true")

    def number(self, node: TsNode) -> ir.Expr:
        value = _number(self.text(node))
        return ir.Const(self.span(node), value) if value is not None else ir.Opaque(self.span(node), node.type)

    def string(self, node: TsNode) -> ir.Expr:
        """Return a text: literals beside each other are one."""
        span = self.span(node)
        parts: list[ir.Expr] = []
        at = -1
        quote = ""
        for child in node.children:
            if child.type == "template_substitution":
                if at >= 0:
                    self.literal(at, child.start_byte, quote, parts, span)
                parts.append(self.substitution(child))
                at = child.end_byte
            elif not child.is_named and child.type.lstrip("r") in _QUOTES:
                if at < 0:
                    quote, at = child.type, child.end_byte
                elif child.type == quote.lstrip("r"):
                    self.literal(at, child.start_byte, quote, parts, span)
                    at = -1
        if not parts:
            return ir.Const(span, "")
        if all(isinstance(each, ir.Const) for each in parts):
            return ir.Const(span, "".join(str(each.value) for each in parts if isinstance(each, ir.Const)))
        return ir.Template(span, tuple(parts))

    def literal(self, start: int, end: int, quote: str, parts: list[ir.Expr], span: ir.Span) -> None:
        text = self.source[start:end].decode("utf-8", "replace")
        if len(quote) >= 3 and not parts and text.startswith("\n"):
            text = text[1:]
        if text:
            parts.append(ir.Const(span, text if quote.startswith("r") else _cook(text)))

    def substitution(self, node: TsNode) -> ir.Expr:
        inner = [child for child in node.children if child.type not in ("$", "{", "}", "${")]
        return self.chain(inner)

    def parenthesized(self, node: TsNode) -> ir.Expr:
        return self.chain(node.children[1:-1])

    def spread_out(self, node: TsNode) -> ir.Expr:
        """An operator over operands that lie open: `a.b() == c`."""
        groups: list[list[TsNode]] = [[]]
        operators: list[str] = []
        for child in node.children:
            if child.type in _COMMENTS:
                continue
            if child.type in _OPERATORS or (not child.is_named and child.type in _SYMBOLS):
                operators.append(self.text(child))
                groups.append([])
            else:
                groups[-1].append(child)
        generic = self.generic_call(node, operators, groups)
        if generic is not None:
            return generic
        result = self.chain(groups[0])
        for op, group in zip(operators, groups[1:], strict=True):
            other = self.chain(group)
            span = self.span(node)
            if op in _COMPARE:
                result = ir.Compare(span, _COMPARE[op], result, other)
            elif op in _LOGICAL:
                result = ir.Logical(span, _LOGICAL[op], result, other)
            else:
                result = ir.Binary(span, "//" if op == "~/" else op, result, other)
        return result

    def generic_call(self, node: TsNode, operators: list[str], groups: list[list[TsNode]]) -> ir.Expr | None:
        """Return the call that the grammar takes for two comparisons, `f<T>(x)`; None for anything else."""
        inner = groups[0][0] if groups[0] else None
        last = groups[-1]
        if (
            operators != [">"]
            or len(groups[0]) != 1
            or inner is None
            or inner.type != "relational_expression"
            or not last
        ):
            return None
        children = [child for child in inner.children if child.type not in _COMMENTS]
        at = next((index for index, child in enumerate(children) if child.type == "relational_operator"), 0)
        kind = children[at + 1 :]
        if (
            self.text(children[at]) != "<"
            or not kind
            or any(child.type != "selector" or not self.text(child).startswith("<") for child in kind[1:])
            or not self.text(kind[0])[:1].isupper()
            or last[0].type != "parenthesized_expression"
        ):
            return None
        span = self.span(node)
        func = self.chain(children[:at])
        is_awaited = isinstance(func, ir.Await)
        if isinstance(func, ir.Await):
            func = func.value
        args = [ir.Arg(self.span(last[0]), self.expr(last[0]))]
        if isinstance(args[0].value, ir.Lambda) and len(kind) == 1:
            # `provider<Api>((_) => Api())`: what makes an instance of the type.
            args.append(ir.Arg(self.span(kind[0]), self.expr(kind[0]), TYPE_ARGUMENT))
        held: ir.Expr = ir.Call(span, func, tuple(args))
        for each in last[1:]:
            held = self.select(held, each, span)
        return ir.Await(span, held) if is_awaited else held

    def if_null(self, node: TsNode) -> ir.Expr:
        first, second = node.children_by_field_name("first"), node.children_by_field_name("second")
        return ir.Logical(self.span(node), "??", self.chain(first), self.chain(second))

    def conditional(self, node: TsNode) -> ir.Expr:
        children = [child for child in node.children if child.type not in _COMMENTS]
        at = next((index for index, child in enumerate(children) if child.type == "?"), len(children))
        return ir.Conditional(
            self.span(node),
            self.chain(children[:at]),
            self.chain(node.children_by_field_name("consequence")),
            self.chain(node.children_by_field_name("alternative")),
        )

    def unary(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        children = [child for child in node.children if child.type not in _COMMENTS]
        first = children[0]
        if first.type == "await_expression":
            return self.awaited(first)
        word = self.text(first)
        if word in ("++", "--"):
            return self.step(node, self.chain(children[1:]), word)
        value = self.chain(children[1:]) if len(children) > 1 else self.chain(children)
        if word == "-" and isinstance(value, ir.Const) and isinstance(value.value, int | float):
            return ir.Const(span, -value.value)
        return ir.Unary(span, "not" if word == "!" else word, value) if word in ("!", "-", "~") else value

    def step(self, node: TsNode, target: ir.Expr, word: str) -> ir.Expr:
        span = self.span(node)
        held = target if isinstance(target, ir.Name | ir.Attribute | ir.Index) else ir.Opaque(span, "target", (target,))
        return ir.AssignExpr(span, held, ir.Const(span, 1), word[0])

    def postfix(self, node: TsNode) -> ir.Expr:
        children = [child for child in node.children if child.type not in _COMMENTS]
        word = self.text(children[-1])
        value = self.chain(children[:-1])
        return self.step(node, value, word) if word in ("++", "--") else value

    def awaited(self, node: TsNode) -> ir.Expr:
        children = [child for child in node.children if child.type not in _COMMENTS and child.type != "await"]
        return ir.Await(self.span(node), self.chain(children))

    def assignable(self, node: TsNode) -> ir.Expr:
        return self.chain(node.children)

    def assignment(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        operator = node.child_by_field_name("operator")
        op = self.text(operator)[:-1] if operator is not None else ""
        target = self.chain(node.children_by_field_name("left"))
        held = target if isinstance(target, ir.Name | ir.Attribute | ir.Index) else ir.Opaque(span, "target", (target,))
        return ir.AssignExpr(span, held, self.chain(node.children_by_field_name("right")), _LOGICAL.get(op, op))

    def cast(self, node: TsNode) -> ir.Expr:
        return self.chain([child for child in node.children if child.type != "type_cast"])

    def type_test(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        test = next((child for child in node.named_children if child.type == "type_test"), None)
        value = self.chain([child for child in node.children if child.type != "type_test"])
        kind = self.type_of(test.named_children) if test is not None else None
        held = ir.Compare(span, "instanceof", value, kind or ir.Opaque(span, "type"))
        is_negative = test is not None and any("!" in self.text(child) for child in test.named_children[:1])
        return ir.Unary(span, "not", held) if is_negative else held

    def function_expr(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        params = self.params(node.child_by_field_name("parameters"))
        body = self.body_of(node.child_by_field_name("body"))
        return ir.Lambda(span, ir.Function(span, "", tuple(params), body, "arrow"))

    def construction(self, node: TsNode) -> ir.Expr:
        """`new A.b(c)`, `const A(c)`."""
        span = self.span(node)
        held: ir.Expr | None = None
        args: tuple[ir.Arg, ...] = ()
        for child in node.named_children:
            if child.type in ("type_identifier", "identifier"):
                name = self.text(child)
                held = ir.Name(self.span(child), name) if held is None else ir.Attribute(span, held, name)
            elif child.type == "arguments":
                args = self.args(child)
        return ir.Call(span, held if held is not None else ir.Opaque(span, node.type), args)

    def list_of(self, node: TsNode) -> ir.Expr:
        return ir.List(self.span(node), tuple(self.elements(node)))

    def elements(self, node: TsNode) -> list[ir.Expr]:
        found: list[ir.Expr] = []
        group: list[TsNode] = []
        for child in [*node.children, None]:
            if child is not None and child.type in _COMMENTS:
                continue
            if child is None or child.type in (",", "[", "]", "{", "}"):
                if group:
                    found.append(self.element(group))
                group = []
            elif child.type not in ("type_arguments", "const_builtin"):
                group.append(child)
        return found

    def element(self, nodes: list[TsNode]) -> ir.Expr:
        first = nodes[0]
        span = self.span(first)
        if first.type == "spread_element":
            inner = [child for child in first.children if child.type not in ("...", "...?", "?")]
            return ir.Spread(span, self.chain(inner))
        if first.type == "if_element":
            then = first.children_by_field_name("consequence")
            other = first.children_by_field_name("alternative")
            then_list: tuple[ir.Expr, ...] = (self.element(list(then)),) if then else ()
            other_list: tuple[ir.Expr, ...] = (self.element(list(other)),) if other else ()
            return ir.Spread(
                span,
                ir.Conditional(span, self.condition(first), ir.List(span, then_list), ir.List(span, other_list)),
            )
        if first.type == "for_element":
            parts = next((child for child in first.named_children if child.type == "for_loop_parts"), None)
            loop = self.each_of(parts) if parts is not None else None
            body = first.children_by_field_name("body")
            if loop is None or not body:
                return ir.Spread(span, ir.Opaque(span, "for"))
            clause = ir.Clause(span, loop[0], loop[1], ())
            return ir.Spread(span, ir.Comprehension(span, "list", self.element(list(body)), None, (clause,)))
        return self.chain(nodes)

    def set_or_map(self, node: TsNode) -> ir.Expr:
        kinds = {child.type for child in node.named_children}
        types = next((child for child in node.named_children if child.type == "type_arguments"), None)
        is_map = "pair" in kinds or any(_has_pair(child) for child in node.named_children)
        if not is_map and types is not None:
            is_map = any(child.type == "," for child in types.children)
        if not is_map and kinds & {"spread_element"} and len(kinds - {"spread_element", "type_arguments"}) == 0:
            is_map = True
        if not is_map and not kinds - {"type_arguments", "const_builtin"} and types is None:
            is_map = True
        if not is_map:
            return ir.List(self.span(node), tuple(self.elements(node)), "set")
        entries: list[ir.Entry] = []
        for child in node.named_children:
            entries += self.entry(child)
        return ir.Object(self.span(node), tuple(entries))

    def entry(self, node: TsNode) -> list[ir.Entry]:
        span = self.span(node)
        if node.type == "pair":
            key = self.chain(node.children_by_field_name("key"))
            return [ir.Entry(span, key, self.chain(node.children_by_field_name("value")))]
        if node.type == "spread_element":
            inner = [child for child in node.children if child.type not in ("...", "...?", "?")]
            return [ir.Entry(span, None, self.chain(inner))]
        if node.type == "if_element":
            sides: list[ir.Expr] = []
            for field in ("consequence", "alternative"):
                entries = [each for child in node.children_by_field_name(field) for each in self.entry(child)]
                sides.append(ir.Object(span, tuple(entries)))
            return [ir.Entry(span, None, ir.Conditional(span, self.condition(node), sides[0], sides[1]))]
        if node.type == "for_element":
            parts = next((child for child in node.named_children if child.type == "for_loop_parts"), None)
            loop = self.each_of(parts) if parts is not None else None
            pair = next((child for child in node.children_by_field_name("body") if child.type == "pair"), None)
            if loop is None or pair is None:
                return []
            clause = ir.Clause(span, loop[0], loop[1], ())
            inner_entry = self.entry(pair)[0]
            made = ir.Comprehension(span, "dict", inner_entry.value, inner_entry.key, (clause,))
            return [ir.Entry(span, None, made)]
        return []

    def record(self, node: TsNode) -> ir.Expr:
        items = [
            self.chain([each for each in child.children if each.type != "label"])
            for child in node.named_children
            if child.type == "record_field"
        ]
        if len(items) == 1 and not any(child.type == "," for child in node.children):
            return items[0]
        return ir.List(self.span(node), tuple(items), "tuple")

    def switch_expr(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        target = ir.Name(span, f"%subject{node.start_byte}")
        stmts: list[ir.Stmt] = [ir.Assign(span, target, self.condition(node), "const")]
        rows: list[tuple[ir.Expr, ir.Expr]] = []
        for case in node.children_by_field_name("body"):
            if case.type != "switch_expression_case":
                continue
            test = self.case_test(case, target)
            at = next((index for index, child in enumerate(case.children) if child.type == "=>"), None)
            value = self.chain(case.children[at + 1 :]) if at is not None else ir.Const(span, None)
            rows.append((test, value))
        result: ir.Expr | None = None
        for test, value in reversed(rows):
            result = value if result is None else ir.Conditional(span, test, value, result)
        return ir.BlockExpr(span, tuple(stmts), result if result is not None else ir.Const(span, None))

    def thrown(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        return ir.BlockExpr(span, (self.jump(node),), ir.Const(span, None))


_QUOTES: Final = frozenset({"'", '"', "'''", '"""'})
_SYMBOLS: Final = frozenset(
    {"==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "~/", "&&", "||", "&", "|", "^", "<<", ">>", ">>>"}
)


def _below(node: TsNode | None, kind: str) -> list[TsNode]:
    """Return the nodes of a kind below a node."""
    found: list[TsNode] = []
    pending = [node] if node is not None else []
    while pending:
        held = pending.pop()
        if held.type == kind:
            found.append(held)
        else:
            pending.extend(reversed(held.named_children))
    return found


def _has_pair(node: TsNode) -> bool:
    return node.type in ("if_element", "for_element") and bool(_below(node, "pair"))


def _is_plain(function: ir.Function) -> bool:
    """Whether a constructor is the one without a name."""
    last = function.params[-1].target if function.params else None
    return not (isinstance(last, ir.Name) and last.id.startswith(NAMED))


def _is_super(stmt: ir.Stmt) -> bool:
    return (
        isinstance(stmt, ir.ExprStmt)
        and isinstance(stmt.value, ir.Call)
        and isinstance(stmt.value.func, ir.Name)
        and stmt.value.func.id == "super"
    )


def _field_of(stmt: ir.Stmt) -> str:
    return stmt.target.name if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Attribute) else ""


def _bound(span: ir.Span, test: ir.Expr, bindings: list[ir.Stmt], guard: ir.Expr | None) -> ir.Expr:
    """Return a test after which names are bound, and then a guard."""
    if not bindings:
        return test if guard is None else ir.Logical(span, "and", test, guard)
    held = ir.BlockExpr(span, tuple(bindings), guard if guard is not None else ir.Const(span, True))
    return held if isinstance(test, ir.Const) else ir.Logical(span, "and", test, held)


def _redirects(stmt: ir.Stmt) -> bool:
    return (
        isinstance(stmt, ir.ExprStmt)
        and isinstance(stmt.value, ir.Call)
        and isinstance(stmt.value.func, ir.Attribute)
        and stmt.value.func.name == "constructor"
    )


def _annotated(param: ir.Param, types: dict[str, ir.Expr | None]) -> ir.Param:
    """Return a parameter that sets a field with the field's type."""
    annotation = types.get(param.field or "") if param.annotation is None else param.annotation
    return ir.Param(
        param.span, param.target, param.default, param.kind, annotation, param.decorators, param.field, param.label
    )


_D = _Dart
_TOP: dict[str, Callable[[Any, TsNode, list[ir.Stmt]], None]] = {
    "import_or_export": _D.import_,
    "part_directive": _D.part,
    "part_of_directive": _D.part,
    "library_name": _D.nothing,
    "class_definition": _D.class_declaration,
    "mixin_declaration": _D.class_declaration,
    "enum_declaration": _D.class_declaration,
    "extension_declaration": _D.extension,
    "extension_type_declaration": _D.class_declaration,
    "type_alias": _D.type_alias,
}
_STATEMENTS: dict[str, Callable[[Any, TsNode, list[ir.Stmt]], None]] = {
    "block": _D.block,
    "expression_statement": _D.expression_statement,
    "local_variable_declaration": _D.local_variables,
    "local_function_declaration": _D.local_function,
    "if_statement": _D.if_statement,
    "for_statement": _D.for_statement,
    "while_statement": _D.while_statement,
    "do_statement": _D.while_statement,
    "try_statement": _D.try_statement,
    "switch_statement": _D.switch_statement,
    "return_statement": _D.jump_statement,
    "break_statement": _D.jump_statement,
    "continue_statement": _D.jump_statement,
    "yield_statement": _D.yield_statement,
    "yield_each_statement": _D.yield_statement,
    "labeled_statement": _D.labeled,
    "assert_statement": _D.nothing,
    "empty_statement": _D.nothing,
}
_EXPRESSIONS: dict[str, Callable[[Any, TsNode], ir.Expr]] = {
    "identifier": _D.name,
    "identifier_dollar_escaped": _D.name,
    "type_identifier": _D.name,
    "this": _D.name,
    "super": _D.name,
    "null_literal": _D.null,
    "true": _D.boolean,
    "false": _D.boolean,
    "decimal_integer_literal": _D.number,
    "hex_integer_literal": _D.number,
    "decimal_floating_point_literal": _D.number,
    "string_literal": _D.string,
    "parenthesized_expression": _D.parenthesized,
    "equality_expression": _D.spread_out,
    "relational_expression": _D.spread_out,
    "additive_expression": _D.spread_out,
    "multiplicative_expression": _D.spread_out,
    "logical_and_expression": _D.spread_out,
    "logical_or_expression": _D.spread_out,
    "shift_expression": _D.spread_out,
    "bitwise_and_expression": _D.spread_out,
    "bitwise_or_expression": _D.spread_out,
    "bitwise_xor_expression": _D.spread_out,
    "if_null_expression": _D.if_null,
    "conditional_expression": _D.conditional,
    "unary_expression": _D.unary,
    "postfix_expression": _D.postfix,
    "await_expression": _D.awaited,
    "assignable_expression": _D.assignable,
    "assignment_expression": _D.assignment,
    "type_cast_expression": _D.cast,
    "type_test_expression": _D.type_test,
    "function_expression": _D.function_expr,
    "new_expression": _D.construction,
    "const_object_expression": _D.construction,
    "list_literal": _D.list_of,
    "set_or_map_literal": _D.set_or_map,
    "record_literal": _D.record,
    "switch_expression": _D.switch_expr,
    "throw_expression": _D.thrown,
    "rethrow_expression": _D.thrown,
    "symbol_literal": lambda self, node: ir.Opaque(self.span(node), node.type),
}
_Dart.expressions = _EXPRESSIONS
