"""Swift to IR, on tree-sitter.

What differs from the form that other front-ends give:

- waiting is the same as having: `async` functions are lowered as plain ones, `await` stays;
- `self` is `this`, an `init` is the method `constructor`; a struct without one gets the one that the language makes for it;
- a parameter has its label, under which calls pass it (`ir.Param.label`);
- a case of an enumeration is a static member: an instance with `rawValue` and `%case`, or a function that makes one with what the
  case carries in `%0`, `%1` …; a pattern reads these;
- `.name` without a type is the name `.name`;
- an extension of a type of the same file is part of it; of any other, its methods are functions of kind `extension`, and its static
  members a class of kind `extension`;
- what `#if` chooses is an `If` on something unknown;
- the top level and static parts are put in an order in which what is needed comes first: the language runs them on first use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

from tree_sitter import Parser

from cybrid_audit import ir
from cybrid_audit.languages._tree import Lowering, TsNode, grammar, parse, syntax_errors
from cybrid_audit.languages.kotlin import in_order
from cybrid_audit.limits import MAX_INTEGER_DIGITS, MAX_SYNTAX_DEPTH

CASE: Final = "%case"
"""Field that holds the name of an enumeration's case; `%0`, `%1` … hold what it carries."""
EXTENSION: Final = "%extension "
"""Before the name of a type: the class that holds the static members of its extensions in one file."""

INIT: Final = "%init"
"""Name of the initialisers that extensions add."""

_ESCAPE = re.compile(r"\\(#*)(u\{[0-9a-fA-F]{1,8}\}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\n": ""}
_CALLS: Final = frozenset({"call_expression", "try_expression", "await_expression"})
_COMMENTS = frozenset({"comment", "multiline_comment"})
_TYPES = frozenset(
    {
        "user_type",
        "optional_type",
        "array_type",
        "dictionary_type",
        "function_type",
        "tuple_type",
        "opaque_type",
        "existential_type",
        "protocol_composition_type",
        "metatype",
        "implicitly_unwrapped_type",
        "suppressed_constraint",
        "type_pack_expansion",
    }
)
_COMPARE = {"==": "==", "!=": "!=", "===": "==", "!==": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "~=": "=="}
_INFIX = {**_COMPARE, "&&": "and", "||": "or", "??": "??"}
_HIDDEN = ("private", "sensitive")


@cache
def _parser() -> Parser:
    return Parser(grammar("tree_sitter_swift"))


def lower(path: str, source: bytes) -> ir.Module:
    """Return the IR of one Swift file. Never raises; see `languages`."""
    root = parse(_parser(), source)
    lowering = _Swift(source, path)
    body = lowering.top(root)
    is_main = path.rpartition("/")[2] == "main.swift" or source.startswith(b"#!")
    return ir.Module(lowering.span(root), path, "swift", tuple(in_order(body)), (), syntax_errors(root), is_main)


def _cook(text: str, hashes: int = 0) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match.group(2)
        if len(match.group(1)) != hashes:
            return match.group(0)
        if code[0] == "u" and len(code) > 1:
            number = int(code[2:-1], 16)
            return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
        return _ESCAPES.get(code, code)

    return _ESCAPE.sub(replace, text)


def _number(text: str) -> int | float | None:
    text = text.replace("_", "").lower()
    if len(text) > MAX_INTEGER_DIGITS:
        return None
    try:
        return int(text, 0) if text[:2] in ("0x", "0o", "0b") else int(text) if text.isdigit() else float(text)
    except ValueError:
        return None


class _Members:
    """What a type declares, sorted by what becomes of it."""

    def __init__(self) -> None:
        self.static: list[ir.Stmt] = []
        self.methods: list[ir.Function] = []
        self.setup: list[ir.Stmt] = []
        self.fields: list[ir.Field] = []
        self.params: list[ir.Param] = []
        self.constructors: list[TsNode] = []
        self.cases: list[TsNode] = []
        self.keys: dict[str, str] = {}


class _Swift(Lowering):
    """Lowers one file.

    `types` are the types around the current node, `hidden` the names of their members that a binding of the same name must not
    stand for outside its block, `renamed` what such bindings are called, `functions` counts the functions around, `expected` is what
    the innermost one returns."""

    def __init__(self, source: bytes, path: str) -> None:
        super().__init__(source, path)
        self.types: list[str] = []
        self.hidden: set[str] = set()
        self.renamed: dict[str, str] = {}
        self.functions = 0
        self.expected: ir.Expr | None = None
        self.extensions: dict[str, list[TsNode]] = {}

    # ------------------------------------------------------------ blocks

    def top(self, root: TsNode) -> list[ir.Stmt]:
        """Return the statements of the file."""
        self.note_extensions(root)
        return self.statements(root.named_children)

    def note_extensions(self, root: TsNode) -> None:
        """Gather the extensions of types that the file itself declares."""
        declared = {
            self.text(named)
            for node in root.named_children
            if node.type in ("class_declaration", "protocol_declaration") and self.kind_of(node) != "extension"
            for named in [node.child_by_field_name("name")]
            if named is not None
        }
        for node in root.named_children:
            if node.type == "class_declaration" and self.kind_of(node) == "extension":
                named = node.child_by_field_name("name")
                name = self.text(named) if named is not None else ""
                if name in declared:
                    self.extensions.setdefault(name, []).append(node)

    def kind_of(self, node: TsNode) -> str:
        word = node.child_by_field_name("declaration_kind")
        return self.text(word) if word is not None else ""

    def statements(self, nodes: Sequence[TsNode]) -> list[ir.Stmt]:
        """Return statements, with what `#if` chooses as branches."""
        return self.chosen([node for node in nodes if node.type not in _COMMENTS], self.statement)

    def chosen(self, nodes: Sequence[TsNode], handle: Callable[[TsNode, list[ir.Stmt]], None]) -> list[ir.Stmt]:
        """Return what the nodes become, with an `If` for each `#if`."""
        out: list[ir.Stmt] = []
        current = out
        # For each open `#if`: where it stands, what comes before it, its arms, whether the last one is an `#else`.
        stack: list[tuple[TsNode, list[ir.Stmt], list[list[ir.Stmt]], list[bool]]] = []
        for node in nodes:
            word = self.text(node).split(None, 1)[0] if node.type == "directive" else ""
            if word == "#if":
                stack.append((node, current, [[]], []))
                current = stack[-1][2][-1]
            elif word in ("#elseif", "#else") and stack:
                stack[-1][2].append([])
                stack[-1][3].extend([True] * (word == "#else"))
                current = stack[-1][2][-1]
            elif word == "#endif" and stack:
                current = self.close(stack.pop())
            elif not word:
                handle(node, current)
        while stack:
            current = self.close(stack.pop())
        return out

    def close(self, row: tuple[TsNode, list[ir.Stmt], list[list[ir.Stmt]], list[bool]]) -> list[ir.Stmt]:
        """Add the branches of a finished `#if` to what comes before it, and return that."""
        node, before, arms, ended = row
        span = self.span(node)
        result = arms.pop() if ended else []
        for each in reversed(arms):
            if each or result:
                result = [ir.If(span, ir.Opaque(span, "what the build chooses"), tuple(each), tuple(result))]
        before += result
        return before

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
                    if child.type in _STATEMENTS or child.type in ("call_expression", "try_expression"):
                        self.statement(child, out)
            elif node.type in _EXPRESSIONS:
                out.append(ir.ExprStmt(self.span(node), self.expr(node)))
        finally:
            self.leave()

    def block(self, nodes: Sequence[TsNode]) -> tuple[ir.Stmt, ...]:
        """Return the statements between brackets; what they bind is not seen outside."""
        held = dict(self.renamed)
        try:
            return tuple(self.statements(nodes))
        finally:
            self.renamed = held

    def blocks(self, node: TsNode) -> list[list[TsNode]]:
        """Return what stands in each pair of brackets directly below a node."""
        found: list[list[TsNode]] = []
        is_open = False
        for child in node.children:
            if child.type == "{":
                found.append([])
                is_open = True
            elif child.type == "}":
                is_open = False
            elif child.type == "statements" and is_open:
                found[-1] += child.named_children
        return found

    def valued(self, nodes: Sequence[TsNode]) -> tuple[ir.Stmt, ...]:
        """Return the body of a function or closure; a single expression is what it returns."""
        nodes = [node for node in nodes if node.type not in _COMMENTS]
        held = dict(self.renamed)
        try:
            if len(nodes) != 1:
                return tuple(self.statements(nodes))
            if nodes[0].type in ("if_statement", "switch_statement"):
                return tuple(_returning(self.statements(nodes)))
            if nodes[0].type in _EXPRESSIONS and nodes[0].type != "assignment" and not self.is_defer(nodes[0]):
                return (ir.Return(self.span(nodes[0]), _typed(self.expr(nodes[0]), self.expected)),)
            return tuple(self.statements(nodes))
        finally:
            self.renamed = held

    def name(self, node: TsNode) -> str:
        return self.text(node).strip("`")

    def nothing(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """Take no notice."""

    # ------------------------------------------------------------ declarations

    def import_(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = next((child for child in node.named_children if child.type == "identifier"), None)
        if inner is not None:
            out.append(ir.Import(self.span(node), self.text(inner), (("**", "**"),)))

    def words(self, node: TsNode) -> set[str]:
        """Return the modifiers of a declaration."""
        holder = next((child for child in node.named_children if child.type == "modifiers"), None)
        if holder is None:
            return set()
        return {self.text(child).split("(")[0] for child in holder.named_children if child.type != "attribute"}

    def decorators(self, node: TsNode) -> tuple[ir.Expr, ...]:
        holder = next((child for child in node.named_children if child.type == "modifiers"), None)
        found: list[ir.Expr] = []
        for child in holder.named_children if holder is not None else ():
            if child.type != "attribute":
                continue
            kind = next((each for each in child.named_children if each.type in _TYPES), None)
            if kind is None:
                continue
            args = tuple(
                ir.Arg(self.span(each), self.expr(each)) for each in child.named_children if each.type in _EXPRESSIONS
            )
            found.append(ir.Call(self.span(child), self.type(kind), args))
        return tuple(found)

    def declared(self, node: TsNode) -> list[dict[str, TsNode]]:
        """Return the variables of a declaration: for each its `name`, `value`, `type`, `computed` and `observers`, as far as it has them."""
        found: list[dict[str, TsNode]] = []
        for index, child in enumerate(node.children):
            field = node.field_name_for_child(index)
            if field == "name":
                found.append({"name": child})
            elif not found:
                continue
            elif field == "value":
                found[-1]["value"] = child
            elif field == "computed_value":
                found[-1]["computed"] = child
            elif child.type == "type_annotation":
                found[-1]["type"] = child
            elif child.type == "willset_didset_block":
                found[-1]["observers"] = child
        return found

    def annotation(self, node: TsNode | None) -> ir.Expr | None:
        if node is None:
            return None
        inner = next((child for child in node.named_children if child.type in _TYPES), None)
        return self.type(inner) if inner is not None else None

    def property(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """A variable of a function or of the top level."""
        span = self.span(node)
        is_const = any(self.text(child) == "let" for child in node.children if child.type == "value_binding_pattern")
        for row in self.declared(node):
            target = self.pattern(row["name"])
            annotation = self.annotation(row.get("type"))
            value: ir.Expr | None = None
            if "computed" in row:
                getter = self.accessors(row["computed"], "", annotation)[0]
                value = self.called(getter) if getter is not None else None
            elif "value" in row:
                value = _typed(self.expr(row["value"]), annotation)
            if value is None:
                out.append(ir.Assign(span, target, None, "let", "", annotation))
                continue
            wrapped = self.wrapped(node, value)
            out.append(ir.Assign(span, target, wrapped, "const" if is_const else "let", "", annotation))

    def wrapped(self, node: TsNode, value: ir.Expr | None) -> ir.Expr:
        """Return a property's first value through the wrappers that keep it elsewhere: `@AppStorage("key") var x = ""`."""
        held: ir.Expr = value if value is not None else ir.Const(self.span(node), None)
        for each in self.decorators(node):
            if isinstance(each, ir.Call) and isinstance(each.func, ir.Name) and each.func.id in _STORES and each.args:
                held = ir.Call(each.span, each.func, (*each.args, ir.Arg(held.span, held, "wrappedValue")))
        return held

    def called(self, function: ir.Function) -> ir.Expr:
        if len(function.body) == 1 and isinstance(function.body[0], ir.Return) and function.body[0].value is not None:
            return function.body[0].value
        return ir.Call(function.span, ir.Lambda(function.span, function), ())

    def accessors(
        self, node: TsNode, name: str, kind_of_value: ir.Expr | None = None
    ) -> tuple[ir.Function | None, ir.Function | None]:
        """Return the getter and the setter of a computed property."""
        before, self.expected = self.expected, kind_of_value
        try:
            return self._accessors(node, name)
        finally:
            self.expected = before

    def _accessors(self, node: TsNode, name: str) -> tuple[ir.Function | None, ir.Function | None]:
        span = self.span(node)
        getter: ir.Function | None = None
        setter: ir.Function | None = None
        self.functions += 1
        try:
            kind = "getter" if name else "arrow"
            for child in node.named_children:
                if child.type in ("computed_getter", "computed_modify"):
                    inner = self.blocks(child)
                    getter = ir.Function(
                        self.span(child), name, (), self.valued(inner[0] if inner else []), kind, directives=()
                    )
                elif child.type == "computed_setter":
                    inner = self.blocks(child)
                    given = next((each for each in child.named_children if each.type == "simple_identifier"), None)
                    param = self.name(given) if given is not None else "newValue"
                    target = ir.Param(self.span(child), ir.Name(self.span(child), param))
                    setter = ir.Function(
                        self.span(child), name, (target,), self.block(inner[0] if inner else []), "setter"
                    )
            if getter is None and setter is None:
                inner = self.blocks(node)
                getter = ir.Function(span, name, (), self.valued(inner[0] if inner else []), kind)
        finally:
            self.functions -= 1
        return getter, setter

    def function_declaration(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.append(ir.FunctionDef(self.span(node), self.function(node, "arrow" if self.functions else "function")))

    def function(self, node: TsNode, kind: str) -> ir.Function:
        """Return a function, method or initialiser."""
        span = self.span(node)
        named = node.child_by_field_name("name")
        name = "constructor" if kind == "constructor" else self.name(named) if named is not None else ""
        params = self.params(node)
        body = node.child_by_field_name("body")
        returns: ir.Expr | None = None
        after = False
        for child in node.children:
            if child.type == "->":
                after = True
            elif after and child.type in _TYPES:
                returns = self.type(child)
                after = False
        self.functions += 1
        held, self.renamed = self.renamed, dict(self.renamed)
        before, self.expected = self.expected, returns
        try:
            for param in params:
                if isinstance(param.target, ir.Name):
                    self.renamed.pop(param.target.id, None)
            inner = self.blocks(body) if body is not None else []
            nodes = inner[0] if inner else []
            stmts = self.block(nodes) if kind == "constructor" else self.valued(nodes)
        finally:
            self.renamed = held
            self.expected = before
            self.functions -= 1
        directives = ("abstract",) if body is None else ()
        return ir.Function(
            span, name, tuple(params), stmts, kind, False, False, self.decorators(node), returns, directives
        )

    def params(self, node: TsNode) -> list[ir.Param]:
        found: list[ir.Param] = []
        for index, child in enumerate(node.children):
            if child.type == "parameter":
                found.append(self.param(child, "..." in {each.type for each in node.children[index + 1 : index + 2]}))
            elif node.field_name_for_child(index) == "default_value" and found:
                last = found[-1]
                found[-1] = ir.Param(
                    last.span,
                    last.target,
                    _typed(self.expr(child), last.annotation),
                    last.kind,
                    last.annotation,
                    (),
                    None,
                    last.label,
                )
        return found

    def param(self, node: TsNode, is_rest: bool) -> ir.Param:
        outer = node.child_by_field_name("external_name")
        named = node.child_by_field_name("name")
        own = self.name(named) if named is not None else "_"
        kind = next((child for child in node.named_children if child.type in _TYPES), None)
        label = self.name(outer) if outer is not None else own
        is_rest = is_rest or any(child.type == "..." for child in node.children)
        return ir.Param(
            self.span(node),
            ir.Name(self.span(node), own),
            None,
            "rest" if is_rest else "positional",
            self.type(kind) if kind is not None else None,
            (),
            None,
            label,
        )

    # ------------------------------------------------------------ types

    def type(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        if not self.enter():
            return ir.Opaque(span, "too deep")
        try:
            if node.type == "user_type":
                held: ir.Expr | None = None
                for child in node.named_children:
                    if child.type == "type_identifier":
                        name = self.own_type(self.name(child))
                        held = ir.Name(self.span(child), name) if held is None else ir.Attribute(span, held, name)
                    elif child.type == "type_arguments" and held is not None:
                        inner = [self.type(each) for each in child.named_children if each.type in _TYPES]
                        index = inner[0] if len(inner) == 1 else ir.List(span, tuple(inner))
                        held = ir.Index(span, held, index)
                return held if held is not None else ir.Opaque(span, node.type)
            inner = [self.type(child) for child in node.named_children if child.type in _TYPES]
            if node.type == "array_type":
                return ir.Index(span, ir.Name(span, "Array"), inner[0] if inner else ir.Opaque(span, "type"))
            if node.type == "dictionary_type":
                return ir.Index(span, ir.Name(span, "Dictionary"), ir.List(span, tuple(inner)))
            if node.type == "function_type":
                return ir.Opaque(span, "function_type")
            if node.type == "tuple_type":
                items = [child for child in node.named_children if child.type == "tuple_type_item"]
                if len(items) == 1:
                    # Only brackets around a type, mostly of a function.
                    inner = [self.type(child) for child in items[0].named_children if child.type in _TYPES]
                else:
                    return ir.Opaque(span, node.type)
            return inner[0] if inner else ir.Opaque(span, node.type)
        finally:
            self.leave()

    def own_type(self, name: str) -> str:
        return self.types[-1] if name == "Self" and self.types else name

    def type_alias(self, node: TsNode, out: list[ir.Stmt]) -> None:
        named = node.child_by_field_name("name")
        held = next((child for child in node.named_children if child.type in _TYPES), None)
        if named is not None and held is not None and held.type == "user_type":
            target = ir.Name(self.span(named), self.name(named))
            out.append(ir.Assign(self.span(node), target, self.type(held), "const"))

    def class_declaration(self, node: TsNode, out: list[ir.Stmt]) -> None:
        if self.kind_of(node) == "extension":
            self.extension(node, out)
        else:
            out.append(ir.ClassDef(self.span(node), self.klass(node)))

    def bases(self, nodes: Iterable[TsNode]) -> tuple[ir.Expr, ...]:
        found: list[ir.Expr] = []
        for node in nodes:
            for child in node.named_children:
                inner = child.child_by_field_name("inherits_from") if child.type == "inheritance_specifier" else None
                if inner is not None and inner.type in _TYPES:
                    kind = self.type(inner)
                    found.append(kind.object if isinstance(kind, ir.Index) else kind)
        return tuple(found)

    def members(self, nodes: Sequence[TsNode]) -> _Members:
        """Return what the bodies of a type and of its extensions declare."""
        members = _Members()
        for node in nodes:
            body = node.child_by_field_name("body")
            if body is None:
                continue
            inner: list[TsNode] = []
            for child in body.named_children:
                if child.type == "ERROR":
                    inner += child.named_children
                elif child.type not in _COMMENTS:
                    inner.append(child)
            # Both parts go through the branches of `#if`; what is neither is taken with the first.
            members.static += self.chosen(inner, self.into(members, "static"))
            members.setup += self.chosen(inner, self.into(members, "setup"))
        return members

    def into(self, members: _Members, part: str) -> Callable[[TsNode, list[ir.Stmt]], None]:
        """Return what puts a member where it belongs: into the part that is being gathered, or beside it."""

        def handle(node: TsNode, out: list[ir.Stmt]) -> None:
            if not self.enter():
                return
            try:
                kind = node.type
                if kind in ("property_declaration", "protocol_property_declaration"):
                    self.field(node, members, part, out)
                elif part == "setup":
                    return
                elif kind in ("function_declaration", "protocol_function_declaration"):
                    is_static = bool(self.words(node) & {"static", "class"})
                    members.methods.append(self.function(node, "static" if is_static else "method"))
                elif kind in ("class_declaration", "protocol_declaration", "typealias_declaration"):
                    self.statement(node, out)
                elif kind == "init_declaration":
                    members.constructors.append(node)
                elif kind == "enum_entry":
                    members.cases.append(node)
                elif kind == "subscript_declaration":
                    self.subscript(node, members)
            finally:
                self.leave()

        return handle

    def subscript(self, node: TsNode, members: _Members) -> None:
        holder = next((child for child in node.named_children if child.type == "computed_property"), None)
        if holder is None:
            return
        getter, _ = self.accessors(holder, "subscript")
        if getter is not None:
            members.methods.append(
                ir.Function(getter.span, "subscript", tuple(self.params(node)), getter.body, "method")
            )

    def klass(self, node: TsNode) -> ir.Class:
        span = self.span(node)
        kind = self.kind_of(node)
        named = node.child_by_field_name("name")
        name = self.name(named) if named is not None else ""
        parts = [node, *(self.extensions.get(name, ()) if not self.types else ())]
        self.types.append(name)
        held_hidden, self.hidden = self.hidden, self.hidden | self.stored_names(parts)
        held_renamed, self.renamed = self.renamed, {}
        try:
            bases = self.bases(parts)
            members = self.members(parts)
            if kind == "enum":
                self.cases(members, name, bases)
            keys = _coding_keys(members.static)
            methods = self.constructors(members, kind, span, keys)
            if kind == "struct" and methods and all(each.span.start > span.end for each in methods):
                # Initialisers of extensions come beside the one that the language makes.
                own, members.constructors = members.constructors, []
                methods = [*self.constructors(members, kind, span, keys), *methods]
                members.constructors = own
            methods += members.methods
        finally:
            self.types.pop()
            self.hidden, self.renamed = held_hidden, held_renamed
        fields = tuple(_keyed_field(field, keys) for field in members.fields)
        word = "interface" if node.type == "protocol_declaration" else "enum class" if kind == "enum" else "class"
        return ir.Class(
            span,
            name,
            bases,
            fields,
            tuple(methods),
            self.decorators(node),
            (),
            tuple(in_order(members.static)),
            word,
        )

    def stored_names(self, nodes: Sequence[TsNode]) -> set[str]:
        """Return the names of the properties of a type."""
        found: set[str] = set()
        for node in nodes:
            body = node.child_by_field_name("body")
            for child in body.named_children if body is not None else ():
                if child.type == "property_declaration":
                    found |= {self.text(row["name"]).strip("`") for row in self.declared(child)}
        return found

    def constructors(self, members: _Members, kind: str, span: ir.Span, keys: dict[str, str]) -> list[ir.Function]:
        """Return the initialisers of a type: its own, else the one that the language makes."""
        setup = members.setup
        if members.constructors:
            made: list[ir.Function] = []
            for node in members.constructors:
                function = self.function(node, "constructor")
                made.append(
                    ir.Function(
                        function.span,
                        "constructor",
                        function.params,
                        (*setup, *function.body),
                        "constructor",
                        decorators=function.decorators,
                    )
                )
            return made
        if kind == "enum":
            raw = ir.Param(span, ir.Name(span, "rawValue"), ir.Const(span, None), field="rawValue", label="rawValue")
            return [ir.Function(span, "constructor", (raw,), (), "constructor")]
        params = tuple(_keyed_param(param, keys) for param in members.params) if kind == "struct" else ()
        known = {param.field for param in params}
        rest = [stmt for stmt in setup if not (isinstance(stmt, ir.Assign) and _field_of(stmt) in known)]
        if not params and not rest:
            return []
        return [ir.Function(span, "constructor", params, tuple(rest), "constructor")]

    def field(self, node: TsNode, members: _Members, part: str, out: list[ir.Stmt]) -> None:
        """A property of a type."""
        span = self.span(node)
        words = self.words(node)
        is_static = bool(words & {"static", "class"})
        is_let = any(self.text(child) == "let" for child in node.children if child.type == "value_binding_pattern")
        for row in self.declared(node):
            name = self.text(row["name"]).strip("`").removeprefix("var ").removeprefix("let ")
            annotation = self.annotation(row.get("type"))
            if "computed" in row:
                if part == "static":
                    getter, setter = self.accessors(row["computed"], name, annotation)
                    for function, kind in ((getter, "getter"), (setter, "setter")):
                        if function is not None:
                            members.methods.append(
                                _of_kind(function, f"static {kind}" if is_static else kind, annotation)
                            )
                continue
            if "observers" in row and part == "static":
                self.observers(row["observers"], name, members)
            if is_static:
                if part == "static":
                    value = _typed(self.expr(row["value"]), annotation) if "value" in row else None
                    out.append(ir.Assign(span, ir.Name(span, name), self.wrapped(node, value), "const", "", annotation))
                continue
            if node.type != "property_declaration":
                continue
            if part == "static":
                members.fields.append(ir.Field(span, name, None, False, annotation))
                continue
            wrappers = self.decorators(node)
            value = _typed(self.expr(row["value"]), annotation) if "value" in row else None
            if not (is_let and value is not None) and "lazy" not in words:
                default = value
                if (
                    default is None
                    and annotation is not None
                    and row["type"].named_children[-1].type == "optional_type"
                ):
                    default = ir.Const(span, None)
                if not wrappers or not {_label(each) for each in wrappers} & _STORES:
                    members.params.append(
                        ir.Param(span, ir.Name(span, name), default, "positional", annotation, (), name, name)
                    )
            is_stored = bool({_label(each) for each in wrappers} & _STORES)
            if value is None and not is_stored:
                if is_let or annotation is None or row["type"].named_children[-1].type != "optional_type":
                    continue
                # A variable that may be nil starts as that.
                value = ir.Const(span, None)
                annotation = None
            target = ir.Attribute(span, ir.Name(span, "this"), name)
            held = self.wrapped(node, value)
            out.append(ir.Assign(span, target, held, "let" if annotation is not None else "", "", annotation))

    def observers(self, node: TsNode, name: str, members: _Members) -> None:
        """What runs when a property is set is a method of its own."""
        for child in node.named_children:
            inner = self.blocks(child)
            if not inner or not inner[0]:
                continue
            given = next((each for each in child.named_children if each.type == "simple_identifier"), None)
            word = "oldValue" if child.type == "didset_clause" else "newValue"
            param = ir.Param(self.span(child), ir.Name(self.span(child), self.name(given) if given else word))
            self.functions += 1
            body = self.block(inner[0])
            self.functions -= 1
            members.methods.append(
                ir.Function(self.span(child), f"{child.type[:3]}Set {name}", (param,), body, "method")
            )

    def cases(self, members: _Members, name: str, bases: tuple[ir.Expr, ...]) -> None:
        """Add the cases of an enumeration to its static part."""
        is_text = any(isinstance(base, ir.Name) and base.id == "String" for base in bases)
        made: list[ir.Stmt] = []
        for node in members.cases:
            span = self.span(node)
            rows: list[tuple[str, TsNode | None, TsNode | None]] = []
            for index, child in enumerate(node.children):
                field = node.field_name_for_child(index)
                if field == "name":
                    rows.append((self.name(child), None, None))
                elif field == "raw_value" and rows:
                    rows[-1] = (rows[-1][0], child, None)
                elif field == "data_contents" and rows:
                    rows[-1] = (rows[-1][0], None, child)
            for word, raw, contents in rows:
                if contents is not None:
                    members.methods.append(self.case_function(span, name, word, contents))
                    continue
                value = self.expr(raw) if raw is not None else ir.Const(span, word if is_text else None)
                target = ir.Name(span, word)
                call = ir.Call(span, ir.Name(span, name), (ir.Arg(span, value, "rawValue"),), is_new=True)
                made.append(ir.Assign(span, target, call, "const"))
                made.append(ir.Assign(span, ir.Attribute(span, target, CASE), ir.Const(span, word)))
        members.static[:0] = made

    def case_function(self, span: ir.Span, name: str, word: str, contents: TsNode) -> ir.Function:
        params: list[ir.Param] = []
        label = ""
        for child in contents.named_children:
            if child.type == "simple_identifier":
                label = self.name(child)
            elif child.type in _TYPES:
                own = f"%{len(params)}"
                params.append(
                    ir.Param(
                        self.span(child),
                        ir.Name(self.span(child), own),
                        None,
                        "positional",
                        self.type(child),
                        (),
                        None,
                        label or "_",
                    )
                )
                label = ""
        made = ir.Name(span, "%made")
        body: list[ir.Stmt] = [
            ir.Assign(span, made, ir.Call(span, ir.Name(span, name), (), is_new=True), "const"),
            ir.Assign(span, ir.Attribute(span, made, CASE), ir.Const(span, word)),
        ]
        for param in params:
            assert isinstance(param.target, ir.Name)
            body.append(ir.Assign(span, ir.Attribute(span, made, param.target.id), param.target))
        body.append(ir.Return(span, made))
        return ir.Function(span, word, tuple(params), tuple(body), "static")

    def extension(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """An extension of a type that another file, or a library, declares."""
        named = node.child_by_field_name("name")
        if named is None or self.text(named) in self.extensions:
            return
        kind = self.type(named)
        kind = kind.object if isinstance(kind, ir.Index) else kind
        name = kind.name if isinstance(kind, ir.Attribute) else kind.id if isinstance(kind, ir.Name) else ""
        span = self.span(node)
        self.types.append(name)
        try:
            members = self.members([node])
        finally:
            self.types.pop()
        statics = [self.extension_constructor(each, kind) for each in members.constructors]
        for each in members.methods:
            if each.kind in ("method", "getter"):
                first = ir.Param(span, ir.Name(span, "this"), annotation=kind, label="_")
                word = "extension" if each.kind == "method" else "extension getter"
                out.append(
                    ir.FunctionDef(
                        each.span,
                        ir.Function(
                            each.span,
                            each.name,
                            (first, *each.params),
                            each.body,
                            word,
                            each.is_async,
                            False,
                            each.decorators,
                            each.returns,
                        ),
                    )
                )
            else:
                statics.append(each)
        if members.static or statics:
            body = tuple(in_order(members.static))
            out.append(
                ir.ClassDef(span, ir.Class(span, EXTENSION + name, (), (), tuple(statics), (), (), body, "extension"))
            )

    def extension_constructor(self, node: TsNode, kind: ir.Expr) -> ir.Function:
        """Return an initialiser that an extension adds: a function that makes what another initialiser makes, and goes on with it."""
        function = self.function(node, "constructor")
        span = function.span
        this = ir.Name(span, "this")
        body: list[ir.Stmt] = []
        delegates = False
        for stmt in function.body:
            match stmt:
                case ir.ExprStmt(
                    value=ir.Call(func=ir.Attribute(object=ir.Name(id="this"), name="constructor"), args=args)
                ):
                    body.append(ir.Assign(stmt.span, this, ir.Call(stmt.value.span, kind, args), "const"))
                    delegates = True
                case _:
                    body.append(stmt)
        if not delegates:
            body.insert(0, ir.Assign(span, this, ir.Call(span, kind, (), is_new=True), "const"))
        body.append(ir.Return(span, this))
        return ir.Function(span, INIT, function.params, tuple(body), "static")

    # ------------------------------------------------------------ control flow

    def conditions(self, node: TsNode) -> ir.Expr:
        """Return the test of an `if`, `guard` or `while`; what it binds is bound in it."""
        groups: list[list[tuple[str | None, TsNode]]] = [[]]
        for index, child in enumerate(node.children):
            if child.type in ("{", "else"):
                break
            field = node.field_name_for_child(index)
            if child.type in ("if", "guard", "while", "repeat") and field is None:
                continue
            if child.type == "," and field is None:
                groups.append([])
                continue
            if child.type not in _COMMENTS:
                groups[-1].append((field, child))
        test: ir.Expr | None = None
        for group in groups:
            if not group:
                continue
            held = self.condition(group)
            test = held if test is None else ir.Logical(self.span(node), "and", test, held)
        return test if test is not None else ir.Const(self.span(node), True)

    def condition(self, group: list[tuple[str | None, TsNode]]) -> ir.Expr:
        first = group[0][1]
        span = self.span(first)
        if first.type == "case":
            return self.case_condition([child for _, child in group[1:]])
        if first.type != "value_binding_pattern":
            return self.expr(group[-1][1])
        bound = next((child for field, child in group if field == "bound_identifier" or child.type == "pattern"), None)
        at = next((index for index, (_, child) in enumerate(group) if child.type == "="), None)
        if bound is None:
            return ir.Opaque(
                span, "binding", tuple(self.expr(child) for _, child in group if child.type in _EXPRESSIONS)
            )
        name = self.name(bound)
        if at is not None and at + 1 < len(group):
            value = self.expr(group[at + 1][1])
        else:
            value = ir.Name(span, "this") if name == "self" else self.variable(name, self.span(bound))
        if name == "self":
            return ir.Compare(span, "is-not", value, ir.Const(span, None))
        if name == "_":
            return ir.Compare(span, "is-not", value, ir.Const(span, None))
        target = ir.Name(self.span(bound), self.bind(name))
        annotation = next((self.annotation(child) for _, child in group if child.type == "type_annotation"), None)
        return ir.BlockExpr(
            span,
            (ir.Assign(span, target, value, "const", "", annotation),),
            ir.Compare(span, "is-not", target, ir.Const(span, None)),
        )

    def bind(self, name: str) -> str:
        """Return what a name that is bound in a block is called there: another name where a member has it."""
        if name in self.hidden:
            self.renamed[name] = f"{name}%"
            return self.renamed[name]
        self.renamed.pop(name, None)
        return name

    def variable(self, name: str, span: ir.Span) -> ir.Name:
        return ir.Name(span, self.renamed.get(name, name))

    def case_condition(self, nodes: list[TsNode]) -> ir.Expr:
        """`case .name(let a, let b) = value`: the pattern's parts lie open."""
        at = next((index for index, child in enumerate(nodes) if child.type == "="), None)
        if at is None or at + 1 >= len(nodes):
            return ir.Opaque(self.span(nodes[0]) if nodes else ir.NO_SPAN, "case")
        subject = self.expr(nodes[at + 1])
        span = self.span(nodes[0])
        before, held = self.kept(subject, nodes[at + 1])
        bindings: list[ir.Stmt] = []
        test = self.pattern_test(nodes[:at], held, bindings, span)
        stmts = (*before, *bindings)
        return ir.BlockExpr(span, stmts, test) if stmts else test

    def kept(self, subject: ir.Expr, node: TsNode) -> tuple[list[ir.Stmt], ir.Expr]:
        """Return a value as something that can be looked at several times."""
        if isinstance(subject, ir.Name):
            return [], subject
        span = self.span(node)
        target = ir.Name(span, f"%subject{node.start_byte}")
        return [ir.Assign(span, target, subject, "const")], target

    def pattern_test(
        self, nodes: Sequence[TsNode], subject: ir.Expr, bindings: list[ir.Stmt], span: ir.Span
    ) -> ir.Expr:
        """Return the test that a pattern makes, and add what it binds."""
        if not self.enter():
            return ir.Opaque(span, "too deep")
        try:
            return self._pattern_test(nodes, subject, bindings, span)
        finally:
            self.leave()

    def _pattern_test(
        self, nodes: Sequence[TsNode], subject: ir.Expr, bindings: list[ir.Stmt], span: ir.Span
    ) -> ir.Expr:
        nodes = [child for child in nodes if child.type not in _COMMENTS]
        binds = any(child.type == "value_binding_pattern" for child in nodes)
        nodes = [child for child in nodes if child.type not in ("value_binding_pattern", "case", "?")]
        if not nodes:
            return ir.Const(span, True)
        if len(nodes) == 1 and nodes[0].type in ("pattern", "switch_pattern"):
            inner = list(nodes[0].children)
            if binds and inner and not any(child.type == "value_binding_pattern" for child in inner):
                return self._pattern_test([*_binders(nodes), *inner], subject, bindings, span)
            return self.pattern_test(inner, subject, bindings, span)
        kinds = [child.type for child in nodes]
        if "as" in kinds or "is" in kinds:
            kind = next((self.type(child) for child in nodes if child.type in _TYPES), ir.Opaque(span, "type"))
            inner_nodes = [child for child in nodes if child.type == "pattern"]
            for each in inner_nodes:
                self.pattern_test([*each.children], subject, bindings, span)
            return ir.Compare(span, "instanceof", subject, kind)
        if kinds == ["wildcard_pattern"]:
            return ir.Const(span, True)
        if kinds == ["simple_identifier"]:
            word = self.name(nodes[0])
            if word == "_":
                return ir.Const(span, True)
            # Below a `let` every plain name is bound; elsewhere it is a value.
            target = ir.Name(self.span(nodes[0]), self.bind(word))
            bindings.append(ir.Assign(span, target, subject, "const"))
            return ir.Const(span, True)
        if "." in kinds:
            return self.case_test(nodes, subject, bindings, span)
        if kinds[0] == "(":
            test: ir.Expr | None = None
            items = [child for child in nodes if child.type == "pattern"]
            for index, each in enumerate(items):
                part = ir.Index(span, subject, ir.Const(span, index)) if len(items) > 1 else subject
                held = self.pattern_test([each], part, bindings, span)
                test = held if test is None else ir.Logical(span, "and", test, held)
            return test if test is not None else ir.Const(span, True)
        value = self.expr(nodes[-1])
        if nodes[-1].type == "range_expression":
            return ir.Opaque(span, "range", (subject,))
        return ir.Compare(span, "==", subject, value)

    def case_test(self, nodes: Sequence[TsNode], subject: ir.Expr, bindings: list[ir.Stmt], span: ir.Span) -> ir.Expr:
        at = max(index for index, child in enumerate(nodes) if child.type == ".")
        word = self.name(nodes[at + 1]) if at + 1 < len(nodes) else ""
        if word == "none":
            return ir.Compare(span, "is", subject, ir.Const(span, None))
        count = 0
        for child in nodes[at + 2 :]:
            if child.type == "pattern":
                part: ir.Expr = subject if word == "some" else ir.Attribute(span, subject, _payload(word, count))
                self.pattern_test([child], part, bindings, span)
                count += 1
        if word == "some":
            return ir.Compare(span, "is-not", subject, ir.Const(span, None))
        return ir.Compare(span, "==", ir.Attribute(span, subject, CASE), ir.Const(span, word))

    def if_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        held = dict(self.renamed)
        test = self.conditions(node)
        inner = self.blocks(node)
        body = self.block(inner[0]) if inner else ()
        self.renamed = held
        otherwise: tuple[ir.Stmt, ...] = ()
        nested = next((child for child in node.named_children if child.type == "if_statement"), None)
        if nested is not None:
            stmts: list[ir.Stmt] = []
            self.statement(nested, stmts)
            otherwise = tuple(stmts)
        elif len(inner) > 1:
            otherwise = self.block(inner[1])
        out.append(ir.If(self.span(node), test, body, otherwise))

    def guard_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        held = dict(self.renamed)
        test = self.conditions(node)
        bound, self.renamed = self.renamed, held
        inner = self.blocks(node)
        body = self.block(inner[0]) if inner else ()
        self.renamed = bound
        out.append(ir.If(self.span(node), test, (), body))

    def while_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        held = dict(self.renamed)
        span = self.span(node)
        inner = self.blocks(node)
        if node.type == "repeat_while_statement":
            condition = node.child_by_field_name("condition")
            out.append(ir.Loop(span, "do", self.block(inner[0]) if inner else (), test=self.expr(condition)))
            return
        test = self.conditions(node)
        out.append(ir.Loop(span, "while", self.block(inner[0]) if inner else (), test=test))
        self.renamed = held

    def for_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        held = dict(self.renamed)
        item = node.child_by_field_name("item")
        iterable = self.expr(node.child_by_field_name("collection"))
        target: ir.Pattern = ir.Name(span, "_")
        before: list[ir.Stmt] = []
        if item is not None and any(child.type == "case" for child in item.children):
            target = ir.Name(span, f"%item{node.start_byte}")
            test = self.pattern_test(list(item.children), target, before, span)
            before.append(ir.If(span, test, (), (ir.Continue(span),)))
        elif item is not None:
            target = self.pattern(item, binds=True)
        where = next((child for child in node.named_children if child.type == "where_clause"), None)
        if where is not None:
            inner = [child for child in where.named_children if child.type in _EXPRESSIONS]
            if inner:
                before.append(ir.If(span, self.expr(inner[-1]), (), (ir.Continue(span),)))
        inner_blocks = self.blocks(node)
        body = self.block(inner_blocks[0]) if inner_blocks else ()
        self.renamed = held
        is_async = any(child.type in ("await", "try_operator") for child in node.children)
        out.append(ir.Loop(span, "each", (*before, *body), target, iterable, is_async=is_async))

    def switch_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        out.extend(self.switch(node, self.block))

    def switch(self, node: TsNode, lowered: Callable[[Sequence[TsNode]], tuple[ir.Stmt, ...]]) -> list[ir.Stmt]:
        """Return a `switch` as a chain of `if`. What ends an arm by `break` ends it anyway."""
        subject_node = node.child_by_field_name("expr")
        subject = self.expr(subject_node)
        before, held = self.kept(subject, subject_node if subject_node is not None else node)
        rows: list[tuple[ir.Expr | None, list[ir.Stmt], tuple[ir.Stmt, ...], TsNode, bool]] = []
        for entry in node.named_children:
            if entry.type != "switch_entry":
                continue
            renamed = dict(self.renamed)
            span = self.span(entry)
            bindings: list[ir.Stmt] = []
            test: ir.Expr | None = None
            guard: ir.Expr | None = None
            is_guard = False
            nodes: list[TsNode] = []
            falls = False
            for child in entry.children:
                if child.type == "switch_pattern":
                    each = self.pattern_test([child], held, bindings, span)
                    test = each if test is None else ir.Logical(span, "or", test, each)
                elif child.type == "where_keyword":
                    is_guard = True
                elif child.type == "statements":
                    nodes = child.named_children
                elif child.type == "fallthrough":
                    falls = True
                elif is_guard and child.type in _EXPRESSIONS:
                    guard = self.expr(child)
                    is_guard = False
            if guard is not None:
                test = ir.Logical(span, "and", test, guard) if test is not None else guard
            body = lowered([each for each in nodes if self.text(each) not in ("break", "fallthrough")])
            falls = falls or any(self.text(each) == "fallthrough" for each in nodes)
            self.renamed = renamed
            rows.append((test, bindings, body, entry, falls))
        otherwise: tuple[ir.Stmt, ...] = ()
        following: tuple[ir.Stmt, ...] = ()
        for test, bindings, body, entry, falls in reversed(rows):
            stmts = (*body, *following) if falls else body
            following = stmts
            if test is None:
                otherwise = stmts
            else:
                span = self.span(entry)
                otherwise = (*bindings, ir.If(span, test, stmts, otherwise))
        return [*before, *otherwise]

    def do_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        inner = self.blocks(node)
        handlers: list[ir.Handler] = []
        for child in node.named_children:
            if child.type != "catch_block":
                continue
            span = self.span(child)
            target = ir.Name(span, "error")
            kinds: tuple[ir.Expr, ...] = ()
            pattern = child.child_by_field_name("error")
            stmts: list[ir.Stmt] = []
            held = dict(self.renamed)
            if pattern is not None:
                bindings: list[ir.Stmt] = []
                test = self.pattern_test([pattern], target, bindings, span)
                stmts += bindings
                kinds = (test,) if not isinstance(test, ir.Const) else ()
            blocks = self.blocks(child)
            stmts += self.block(blocks[0]) if blocks else ()
            self.renamed = held
            handlers.append(ir.Handler(span, (ir.Opaque(span, "pattern"),) if kinds else (), target, tuple(stmts)))
        body = self.block(inner[0]) if inner else ()
        out.append(ir.Try(self.span(node), body, tuple(handlers)) if handlers else ir.Block(self.span(node), body))

    def transfer(self, node: TsNode, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        word = self.text(node.children[0]) if node.children else ""
        value = node.child_by_field_name("result")
        if value is None:
            value = next((child for child in node.named_children if child.type in _EXPRESSIONS), None)
        if word.startswith("return"):
            held = _typed(self.expr(value), self.expected) if value is not None else None
            out.append(ir.Return(span, held))
        elif word.startswith("throw"):
            out.append(ir.Raise(span, self.expr(value) if value is not None else None))
        elif word.startswith("continue"):
            out.append(ir.Continue(span, self.name(value) if value is not None else None))
        elif word.startswith("break"):
            out.append(ir.Break(span, self.name(value) if value is not None else None))

    def assignment(self, node: TsNode, out: list[ir.Stmt]) -> None:
        operator = node.child_by_field_name("operator")
        op = self.text(operator)[:-1] if operator is not None else ""
        target = node.child_by_field_name("target")
        value = self.expr(node.child_by_field_name("result"))
        out.append(ir.Assign(self.span(node), self.target(target), value, "", op))

    def target(self, node: TsNode | None) -> ir.Pattern:
        inner = self.first(node) if node is not None and node.type == "directly_assignable_expression" else node
        if inner is not None and inner.type == "tuple_expression":
            items = tuple(self.target(child) for child in inner.children_by_field_name("value"))
            return ir.ListPattern(self.span(inner), items)
        held = self.expr(inner)
        if isinstance(held, ir.Logical) and held.op == "??":
            # `counts[key, default: 0] += 1`
            held = held.left
        if isinstance(held, ir.Name | ir.Attribute | ir.Index | ir.Opaque):
            return held
        return ir.Opaque(held.span, "target", (held,))

    def pattern(self, node: TsNode, *, binds: bool = False) -> ir.Pattern:
        """Return what a declaration binds. With `binds` it is seen in a block only."""
        if not self.enter():
            return ir.Opaque(self.span(node), "too deep")
        try:
            span = self.span(node)
            items = [child for child in node.named_children if child.type == "pattern"]
            if any(child.type == "(" for child in node.children):
                return ir.ListPattern(span, tuple(self.pattern(child, binds=binds) for child in items))
            if len(items) == 1:
                return self.pattern(items[0], binds=binds)
            inner = next((child for child in node.named_children if child.type == "simple_identifier"), None)
            name = self.name(inner) if inner is not None else "_"
            if binds:
                name = self.bind(name)
            else:
                self.renamed.pop(name, None)
            return ir.Name(span, name)
        finally:
            self.leave()

    def defer(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """`defer { … }` runs at the end; here it runs where it stands, which is the same to us."""
        inner = next((each for each in _descend(node, "lambda_literal")), None)
        for child in inner.named_children if inner is not None else ():
            if child.type == "statements":
                out.extend(self.block(child.named_children))

    def is_defer(self, node: TsNode) -> bool:
        first = node.named_children[0] if node.named_children else None
        return node.type == "call_expression" and first is not None and self.text(first) == "defer"

    def call_statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        if self.is_defer(node):
            self.defer(node, out)
        else:
            out.append(ir.ExprStmt(self.span(node), self.expr(node)))

    # ------------------------------------------------------------ expressions

    def first(self, node: TsNode) -> TsNode | None:
        return next((child for child in node.named_children if child.type not in _COMMENTS), None)

    def identifier(self, node: TsNode) -> ir.Expr:
        name = self.name(node)
        if name == "Self" and self.types:
            return ir.Name(self.span(node), self.types[-1])
        return self.variable(name, self.span(node))

    def this(self, node: TsNode) -> ir.Expr:
        return ir.Name(self.span(node), "this")

    def super(self, node: TsNode) -> ir.Expr:
        return ir.Name(self.span(node), "super")

    def nil(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), None)

    def boolean(self, node: TsNode) -> ir.Expr:
        return ir.Const(self.span(node), self.text(node) == "true")

    def number(self, node: TsNode) -> ir.Expr:
        value = _number(self.text(node))
        return ir.Const(self.span(node), value) if value is not None else ir.Opaque(self.span(node), node.type)

    def special(self, node: TsNode) -> ir.Expr:
        return ir.Opaque(self.span(node), node.type)

    def string(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        raw = self.source[node.start_byte : node.end_byte]
        hashes = len(raw) - len(raw.lstrip(b"#"))
        is_block = raw[hashes : hashes + 3] == b'"""' and len(raw) >= 2 * hashes + 6
        size = hashes + (3 if is_block else 1)
        at, end = node.start_byte + size, max(node.end_byte - size, node.start_byte + size)
        marks = list(self.interpolations(node))
        indent = self.indentation(end) if is_block else ""
        parts: list[ir.Expr] = []

        def literal(stop: int, is_first: bool, is_last: bool) -> None:
            text = self.source[at:stop].decode("utf-8", "replace")
            if is_block:
                if is_first:
                    text = text.partition("\n")[2] if text.split("\n", 1)[0].strip() == "" else text
                    text = text.removeprefix(indent)
                text = text.replace("\n" + indent, "\n")
                if is_last:
                    text = text.rpartition("\n")[0] if "\n" in text else "" if not text.strip() else text
            if text:
                parts.append(ir.Const(span, _cook(text, hashes)))

        for index, (start, stop, values) in enumerate(marks):
            literal(start, index == 0, False)
            parts.append(self.interpolated(values, span))
            at = stop
        literal(end, not marks, True)
        if not parts:
            return ir.Const(span, "")
        if len(parts) == 1 and isinstance(parts[0], ir.Const):
            return parts[0]
        return ir.Template(span, tuple(parts))

    def indentation(self, end: int) -> str:
        """Return the blanks before the end of a text of several lines."""
        start = self.source.rfind(b"\n", 0, end) + 1
        blanks = self.source[start:end]
        return blanks.decode("utf-8", "replace") if not blanks.strip() else ""

    def interpolations(self, node: TsNode) -> Iterable[tuple[int, int, list[TsNode]]]:
        """Yield start, end and values of each interpolation of a text."""
        if node.type == "raw_string_literal":
            for child in node.named_children:
                if child.type == "raw_str_interpolation":
                    values = [each for each in child.named_children if each.type == "interpolated_expression"]
                    yield child.start_byte, child.end_byte, values
            return
        start = -1
        held: list[TsNode] = []
        for child in node.children:
            if child.type == "\\(":
                start, held = child.start_byte, []
            elif child.type == "interpolated_expression":
                held.append(child)
            elif child.type == ")" and start >= 0:
                yield start, child.end_byte, held
                start = -1

    def interpolated(self, nodes: list[TsNode], span: ir.Span) -> ir.Expr:
        """Return what stands in one hole. What the log keeps private is never written out."""
        for each in nodes[1:]:
            label = each.child_by_field_name("name")
            if label is not None and self.text(label) == "privacy" and any(word in self.text(each) for word in _HIDDEN):
                return ir.Const(span, "<private>")
        value = nodes[0].child_by_field_name("value") if nodes else None
        return self.expr(value if value is not None else self.first(nodes[0]) if nodes else None)

    def regex(self, node: TsNode) -> ir.Expr:
        return ir.Regex(self.span(node), self.text(node).strip("#/"))

    def navigation(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        target = node.child_by_field_name("target")
        suffix = next((child for child in node.named_children if child.type == "navigation_suffix"), None)
        named = suffix.child_by_field_name("suffix") if suffix is not None else None
        name = self.name(named) if named is not None else ""
        if target is not None and target.type == "key_path_expression":
            return self.key_path(node, [name])
        held = self.expr(target)
        if isinstance(held, ir.Lambda) and held.function.name == "%path":
            return self.key_path(node, [*held.function.directives, name])
        if name == "self":
            return held
        if not name:
            return ir.Opaque(span, node.type, (held,))
        if named is not None and named.type == "integer_literal":
            return ir.Index(
                span, held, ir.Const(self.span(named), int(name) if name.isdigit() and len(name) < 4 else 0)
            )
        optional = any(child.type == "?" for child in node.children)
        return ir.Attribute(span, held, name, optional)

    def key_path(self, node: TsNode, names: list[str]) -> ir.Expr:
        r"""`\.a.b` is a function that reads them."""
        span = self.span(node)
        held: ir.Expr = ir.Name(span, "$0")
        for name in names:
            held = held if name in ("self", "") else ir.Attribute(span, held, name)
        param = ir.Param(span, ir.Name(span, "$0"), label="_")
        function = ir.Function(span, "%path", (param,), (ir.Return(span, held),), "arrow", directives=tuple(names))
        return ir.Lambda(span, function)

    def call(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        nodes = [child for child in node.named_children if child.type not in _COMMENTS]
        callee = nodes[0] if nodes else None
        suffix = next((child for child in nodes[1:] if child.type == "call_suffix"), None)
        if callee is None or suffix is None:
            return ir.Opaque(span, node.type, tuple(self.expr(child) for child in nodes if child.type in _EXPRESSIONS))
        given = next((child for child in suffix.named_children if child.type == "value_arguments"), None)
        optional = any(child.type == "?" for child in node.children)
        if given is not None and given.children and given.children[0].type == "[":
            return self.subscripted(node, callee, given, optional)
        if callee.type in ("array_literal", "dictionary_literal") and given is not None and not _descend_any(given):
            # `[Foo]()`, `[String: Any]()`: an empty collection.
            return ir.List(span, ()) if callee.type == "array_literal" else ir.Object(span, ())
        func = self.expr(callee)
        args = self.arguments(suffix)
        held = func.value if isinstance(func, ir.Await) else func
        if given is None and isinstance(held, ir.Call) and callee.type in _CALLS:
            # The grammar takes the closure of `let a = try await f(x) { … }` for an argument of what `f` returns.
            whole = ir.Call(span, held.func, (*held.args, *args), held.optional)
            return ir.Await(span, whole) if held is not func else whole
        if isinstance(func, ir.Attribute) and func.name == "init":
            if isinstance(func.object, ir.Name) and func.object.id == "super":
                return ir.Call(span, func.object, args)
            if isinstance(func.object, ir.Name) and func.object.id == "this":
                return ir.Call(span, ir.Attribute(func.span, func.object, "constructor"), args)
            return ir.Call(span, func.object, args)
        if isinstance(func, ir.Name) and func.id == "type" and len(args) == 1 and args[0].name == "of" and self.types:
            return ir.Name(span, self.types[-1])
        return ir.Call(span, func, args, optional or (isinstance(func, ir.Attribute) and func.optional))

    def subscripted(self, node: TsNode, callee: TsNode, given: TsNode, optional: bool) -> ir.Expr:
        span = self.span(node)
        args = self.args(given)
        plain = [arg.value for arg in args if arg.name is None]
        held = ir.Index(
            span,
            self.expr(callee),
            plain[0] if plain else args[0].value if args else ir.Const(span, 0),
            optional,
        )
        default = next((arg.value for arg in args if arg.name == "default"), None)
        return ir.Logical(span, "??", held, default) if default is not None and plain else held

    def arguments(self, suffix: TsNode) -> tuple[ir.Arg, ...]:
        """Return the arguments of a call, with the closures behind it."""
        found: list[ir.Arg] = []
        label: str | None = None
        for child in suffix.children:
            if child.type == "value_arguments":
                found += self.args(child)
            elif child.type == "simple_identifier":
                label = self.name(child)
            elif child.type == "lambda_literal":
                found.append(ir.Arg(self.span(child), self.closure(child), label))
                label = None
        return tuple(found)

    def args(self, node: TsNode) -> tuple[ir.Arg, ...]:
        found: list[ir.Arg] = []
        for child in node.named_children:
            if child.type != "value_argument":
                continue
            label = child.child_by_field_name("name")
            value = child.child_by_field_name("value")
            if value is None:
                value = next((each for each in child.named_children if each.type in _EXPRESSIONS), None)
            if value is None:
                continue
            name = self.name(label) if label is not None else None
            found.append(ir.Arg(self.span(child), self.expr(value), name))
        return tuple(found)

    def constructor(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        kind = node.child_by_field_name("constructed_type")
        held = self.type(kind) if kind is not None else ir.Opaque(span, node.type)
        suffix = next((child for child in node.named_children if child.type == "constructor_suffix"), None)
        args = self.arguments(suffix) if suffix is not None else ()
        if isinstance(held, ir.Index):
            if isinstance(held.object, ir.Name) and held.object.id in ("Array", "Set") and not args:
                return ir.List(span, ())
            if isinstance(held.object, ir.Name) and held.object.id == "Dictionary" and not args:
                return ir.Object(span, ())
            held = held.object
        return ir.Call(span, held, args)

    def closure(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        params: list[ir.Param] = []
        kind = next((child for child in node.named_children if child.type == "lambda_function_type"), None)
        held, self.renamed = self.renamed, dict(self.renamed)
        for child in _descend(kind, "lambda_parameter") if kind is not None else ():
            named = child.child_by_field_name("name")
            own = self.name(named) if named is not None else self.text(child)
            annotation = next((self.type(each) for each in child.named_children if each.type in _TYPES), None)
            self.renamed.pop(own, None)
            params.append(ir.Param(self.span(child), ir.Name(self.span(child), own), annotation=annotation, label="_"))
        nodes = [each for child in node.named_children if child.type == "statements" for each in child.named_children]
        if kind is None:
            text = self.source[node.start_byte : node.end_byte]
            count = max((int(word) + 1 for word in _SHORT.findall(text)), default=0)
            params = [
                ir.Param(
                    span,
                    ir.Name(span, f"${index}"),
                    kind="implicit" if count == 1 and index == 0 else "positional",
                    label="_",
                )
                for index in range(count)
            ]
        self.functions += 1
        before, self.expected = self.expected, None
        try:
            body = self.valued(nodes)
        finally:
            self.functions -= 1
            self.expected = before
            self.renamed = held
        return ir.Lambda(span, ir.Function(span, "", tuple(params), body, "arrow"))

    def array(self, node: TsNode) -> ir.Expr:
        return ir.List(self.span(node), tuple(self.expr(child) for child in node.children_by_field_name("element")))

    def dictionary(self, node: TsNode) -> ir.Expr:
        keys, values = node.children_by_field_name("key"), node.children_by_field_name("value")
        return ir.Object(
            self.span(node),
            tuple(
                ir.Entry(self.span(key), self.expr(key), self.expr(value))
                for key, value in zip(keys, values, strict=False)
            ),
        )

    def tuple(self, node: TsNode) -> ir.Expr:
        values = node.children_by_field_name("value")
        if len(values) == 1:
            return self.expr(values[0])
        return ir.List(self.span(node), tuple(self.expr(child) for child in values), "tuple")

    def prefix(self, node: TsNode) -> ir.Expr:
        span = self.span(node)
        operation = node.child_by_field_name("operation")
        word = self.text(operation) if operation is not None else ""
        target = node.child_by_field_name("target")
        if word == "." and target is not None:
            return ir.Name(span, f".{self.name(target)}")
        value = self.expr(target)
        if word == "!":
            return ir.Unary(span, "not", value)
        if word == "-" and isinstance(value, ir.Const) and isinstance(value.value, int | float):
            return ir.Const(span, -value.value)
        return ir.Unary(span, word, value) if word in ("-", "+", "~") else value

    def postfix(self, node: TsNode) -> ir.Expr:
        return self.expr(node.child_by_field_name("target"))

    def inner(self, node: TsNode) -> ir.Expr:
        value = node.child_by_field_name("expr")
        if value is None:
            value = next((child for child in node.named_children if child.type in _EXPRESSIONS), None)
        return self.expr(value)

    def awaited(self, node: TsNode) -> ir.Expr:
        return ir.Await(self.span(node), self.inner(node))

    def binary(self, node: TsNode) -> ir.Expr:
        chain: list[tuple[str, TsNode, TsNode]] = []
        current: TsNode | None = node
        while current is not None and current.type in _BINARY:
            op = current.child_by_field_name("op")
            chain.append((self.text(op) if op is not None else "+", current.child_by_field_name("rhs"), current))
            current = current.child_by_field_name("lhs")
        result = self.expr(current)
        for op, right, whole in reversed(chain):
            span = self.span(whole)
            other = self.expr(right)
            if op == "<" and _is_generic_type(other):
                # The grammar takes `A<B>.self` for two comparisons.
                continue
            if op in _COMPARE:
                result = ir.Compare(span, _COMPARE[op], result, other)
            elif op in _INFIX:
                result = ir.Logical(span, _INFIX[op], result, other)
            else:
                result = ir.Binary(span, op.lstrip("&") or "&", result, other)
        return result

    def coalesced(self, node: TsNode) -> ir.Expr:
        left, right = node.child_by_field_name("value"), node.child_by_field_name("if_nil")
        return ir.Logical(self.span(node), "??", self.expr(left), self.expr(right))

    def ternary(self, node: TsNode) -> ir.Expr:
        return ir.Conditional(
            self.span(node),
            self.expr(node.child_by_field_name("condition")),
            self.expr(node.child_by_field_name("if_true")),
            self.expr(node.child_by_field_name("if_false")),
        )

    def check(self, node: TsNode) -> ir.Expr:
        kind = next((self.type(child) for child in node.named_children if child.type in _TYPES), None)
        target = self.expr(node.child_by_field_name("target"))
        return ir.Compare(self.span(node), "instanceof", target, kind or ir.Opaque(self.span(node), "type"))

    def range(self, node: TsNode) -> ir.Expr:
        children = [child for child in node.named_children if child.type in _EXPRESSIONS]
        return ir.Opaque(self.span(node), "range", tuple(self.expr(child) for child in children))

    def branches(self, node: TsNode) -> ir.Expr:
        """`if` and `switch` as a value."""
        span = self.span(node)
        stmts: list[ir.Stmt] = []
        if node.type == "if_statement":
            self.if_statement(node, stmts)
        else:
            stmts = self.switch(node, self.block)
        target = ir.Name(span, f"%value{node.start_byte}")
        return ir.BlockExpr(span, tuple(_assigning(stmts, target)), target)

    def availability(self, node: TsNode) -> ir.Expr:
        return ir.Opaque(self.span(node), node.type)

    def selector(self, node: TsNode) -> ir.Expr:
        inner = next((child for child in node.named_children if child.type in _EXPRESSIONS), None)
        return self.expr(inner) if inner is not None else ir.Opaque(self.span(node), node.type)

    def assign_expr(self, node: TsNode) -> ir.Expr:
        out: list[ir.Stmt] = []
        self.assignment(node, out)
        stmt = out[0]
        assert isinstance(stmt, ir.Assign)
        return ir.AssignExpr(stmt.span, stmt.target, stmt.value or ir.Const(stmt.span, None), stmt.op)


_SHORT: Final = re.compile(rb"\$([0-9])\b")
_STORES: Final = frozenset({"AppStorage", "SceneStorage", "Default", "UserDefault", "Keychain"})
_BINARY: Final = frozenset(
    {
        "additive_expression",
        "multiplicative_expression",
        "comparison_expression",
        "equality_expression",
        "conjunction_expression",
        "disjunction_expression",
        "infix_expression",
        "bitwise_operation",
    }
)


def _typed(value: ir.Expr, kind: ir.Expr | None) -> ir.Expr:
    """Return a value of a known type with the type put before `.name` and `.init(…)`."""
    if isinstance(kind, ir.Index) and isinstance(kind.object, ir.Name) and kind.object.id in ("Array", "Set"):
        if isinstance(value, ir.List):
            return ir.List(value.span, tuple(_typed(item, kind.index) for item in value.items), value.kind)
        return value
    if isinstance(kind, ir.Index):
        kind = kind.object
    if not isinstance(kind, ir.Name | ir.Attribute):
        return value
    if isinstance(value, ir.Conditional):
        return ir.Conditional(value.span, value.test, _typed(value.then, kind), _typed(value.otherwise, kind))
    if isinstance(value, ir.Name) and value.id.startswith(".") and value.id != ".none":
        return ir.Attribute(value.span, kind, value.id[1:])
    if isinstance(value, ir.Call) and isinstance(value.func, ir.Name) and value.func.id.startswith("."):
        func = kind if value.func.id == ".init" else ir.Attribute(value.func.span, kind, value.func.id[1:])
        return ir.Call(value.span, func, value.args, value.optional)
    return value


def _is_generic_type(node: ir.Expr) -> bool:
    return (
        isinstance(node, ir.Compare) and node.op == ">" and isinstance(node.right, ir.Name) and node.right.id == ".self"
    )


def _payload(word: str, count: int) -> str:
    """Return the field that a pattern reads what a case carries from; of an error nothing else is told."""
    return "%error" if word in ("failure", "error") and not count else f"%{count}"


def _binders(nodes: Sequence[TsNode]) -> list[TsNode]:
    return [child for child in nodes if child.type == "value_binding_pattern"]


def _descend(node: TsNode, kind: str) -> Iterable[TsNode]:
    """Yield the nodes of a kind below a node, outermost first, in order."""
    pending = list(reversed(node.named_children))
    while pending:
        each = pending.pop()
        if each.type == kind:
            yield each
        else:
            pending.extend(reversed(each.named_children))


def _descend_any(node: TsNode) -> bool:
    return any(child.type == "value_argument" for child in node.named_children)


def _label(decorator: ir.Expr) -> str:
    if isinstance(decorator, ir.Call):
        decorator = decorator.func
    return decorator.id if isinstance(decorator, ir.Name) else ""


def _returning(stmts: Sequence[ir.Stmt]) -> list[ir.Stmt]:
    """Return branches whose single expressions are what the function returns."""
    return _ending(stmts, ir.Return)


def _assigning(stmts: Sequence[ir.Stmt], target: ir.Name) -> list[ir.Stmt]:
    return _ending(stmts, lambda span, value: ir.Assign(span, target, value, "const"))


def _ending(stmts: Sequence[ir.Stmt], make: Callable[[ir.Span, ir.Expr], ir.Stmt], depth: int = 0) -> list[ir.Stmt]:
    if not stmts or depth > MAX_SYNTAX_DEPTH:
        return list(stmts)
    last = stmts[-1]
    if isinstance(last, ir.ExprStmt):
        last = make(last.span, last.value)
    elif isinstance(last, ir.If):
        last = ir.If(
            last.span,
            last.test,
            tuple(_ending(last.body, make, depth + 1)),
            tuple(_ending(last.otherwise, make, depth + 1)),
        )
    return [*stmts[:-1], last]


def _coding_keys(static: Sequence[ir.Stmt]) -> dict[str, str]:
    """Return under which name each property goes out, as the enumeration `CodingKeys` says."""
    found: dict[str, str] = {}
    for stmt in static:
        if not (isinstance(stmt, ir.ClassDef) and stmt.definition.name == "CodingKeys"):
            continue
        for each in stmt.definition.body:
            match each:
                case ir.Assign(
                    target=ir.Name(id=name), value=ir.Call(args=(ir.Arg(value=ir.Const(value=str() as raw)),))
                ):
                    found[name] = raw
                case _:
                    pass
    return found


def _wire(span: ir.Span, keys: dict[str, str], name: str) -> tuple[ir.Expr, ...]:
    if name not in keys:
        return ()
    return (ir.Call(span, ir.Name(span, "SerialName"), (ir.Arg(span, ir.Const(span, keys[name])),)),)


def _keyed_field(field: ir.Field, keys: dict[str, str]) -> ir.Field:
    return ir.Field(
        field.span, field.name, field.value, field.is_static, field.annotation, _wire(field.span, keys, field.name)
    )


def _keyed_param(param: ir.Param, keys: dict[str, str]) -> ir.Param:
    return ir.Param(
        param.span, param.target, param.default, param.kind, param.annotation,
        _wire(param.span, keys, param.field or ""), param.field, param.label,
    )  # fmt: skip


def _field_of(stmt: ir.Assign) -> str:
    return stmt.target.name if isinstance(stmt.target, ir.Attribute) else ""


def _of_kind(function: ir.Function, kind: str, returns: ir.Expr | None) -> ir.Function:
    return ir.Function(
        function.span, function.name, function.params, function.body, kind, function.is_async, False, (), returns
    )


_S = _Swift
_STATEMENTS: dict[str, Callable[[Any, TsNode, list[ir.Stmt]], None]] = {
    "import_declaration": _S.import_,
    "property_declaration": _S.property,
    "function_declaration": _S.function_declaration,
    "class_declaration": _S.class_declaration,
    "protocol_declaration": _S.class_declaration,
    "typealias_declaration": _S.type_alias,
    "if_statement": _S.if_statement,
    "guard_statement": _S.guard_statement,
    "while_statement": _S.while_statement,
    "repeat_while_statement": _S.while_statement,
    "for_statement": _S.for_statement,
    "switch_statement": _S.switch_statement,
    "do_statement": _S.do_statement,
    "control_transfer_statement": _S.transfer,
    "assignment": _S.assignment,
    "call_expression": _S.call_statement,
    "statement_label": _S.nothing,
    "operator_declaration": _S.nothing,
    "precedence_group_declaration": _S.nothing,
    "associatedtype_declaration": _S.nothing,
    "macro_declaration": _S.nothing,
    "directive": _S.nothing,
}
_EXPRESSIONS: dict[str, Callable[[Any, TsNode], ir.Expr]] = {
    "simple_identifier": _S.identifier,
    "self_expression": _S.this,
    "super_expression": _S.super,
    "nil_literal": _S.nil,
    "nil": _S.nil,
    "boolean_literal": _S.boolean,
    "integer_literal": _S.number,
    "hex_literal": _S.number,
    "oct_literal": _S.number,
    "bin_literal": _S.number,
    "real_literal": _S.number,
    "special_literal": _S.special,
    "line_string_literal": _S.string,
    "multi_line_string_literal": _S.string,
    "raw_string_literal": _S.string,
    "regex_literal": _S.regex,
    "navigation_expression": _S.navigation,
    "call_expression": _S.call,
    "constructor_expression": _S.constructor,
    "lambda_literal": _S.closure,
    "array_literal": _S.array,
    "dictionary_literal": _S.dictionary,
    "tuple_expression": _S.tuple,
    "prefix_expression": _S.prefix,
    "postfix_expression": _S.postfix,
    "try_expression": _S.inner,
    "await_expression": _S.awaited,
    "as_expression": _S.inner,
    "additive_expression": _S.binary,
    "multiplicative_expression": _S.binary,
    "comparison_expression": _S.binary,
    "equality_expression": _S.binary,
    "conjunction_expression": _S.binary,
    "disjunction_expression": _S.binary,
    "infix_expression": _S.binary,
    "bitwise_operation": _S.binary,
    "nil_coalescing_expression": _S.coalesced,
    "ternary_expression": _S.ternary,
    "check_expression": _S.check,
    "range_expression": _S.range,
    "open_start_range_expression": _S.range,
    "open_end_range_expression": _S.range,
    "if_statement": _S.branches,
    "switch_statement": _S.branches,
    "availability_condition": _S.availability,
    "selector_expression": _S.selector,
    "assignment": _S.assign_expr,
}
_Swift.expressions = _EXPRESSIONS
