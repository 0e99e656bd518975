"""Single-file components of Vue, Svelte and Astro to IR: scripts as TypeScript, and of the markup what it does with values.

A component becomes a function of its properties, `%props`, which the module exports as its default: the script of an instance, then
the markup. It is called where another component's markup names it. What frameworks put into a script without an import has a name
of the engine:

- `%props`: the properties; `%unref(x)`: what a reference or a store holds, and any other value itself;
- `%emitter(props)`: the function that calls the listeners among the properties; `%model(props, name)`: a property that is written too;
- `%this`: the instance of a component of options; `%instance(options, props)` makes it;
- `%astro(props)`: what Astro calls `Astro`.

Listeners are attributes named as in JSX (`onClick`). Elements of HTML do not nest: what they hold stands beside them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

from tree_sitter import Parser, Point, Range

from cybrid_audit import ir
from cybrid_audit.languages import ecmascript
from cybrid_audit.languages._tree import TsNode, parse, syntax_errors
from cybrid_audit.languages.ecmascript import EXPRESSIONS, Ecmascript, bound_names, declared_names
from cybrid_audit.languages.markup import (
    ASTRO,
    CLOSE,
    CODE,
    OPEN,
    RAW,
    SVELTE,
    VUE,
    Attribute,
    Piece,
    fence,
    flavour_of,
)
from cybrid_audit.languages.markup import pieces as pieces_of
from cybrid_audit.limits import MAX_MARKUP_DEPTH, MAX_SYNTAX_ERRORS

PROPS: Final = "%props"
_THIS: Final = "%this"
_OPTIONS: Final = "%options"
_EVENT: Final = "$event"

_VOID: Final = re.compile(r"(?i)area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr")
_SCRIPT_TYPE: Final = re.compile(r"(?i)\s*(?:module|(?:text|application)/(?:javascript|typescript|babel))?\s*")
_TSX: Final = frozenset({"tsx", "jsx"})
_MACROS: Final[dict[str, tuple[str, str]]] = {
    "defineProps": ("", ""),
    "$props": ("", ""),
    "defineEmits": ("%emitter", ""),
    "createEventDispatcher": ("%emitter", "detail"),
    "defineModel": ("%model", "modelValue"),
}
"""Calls that a compiler replaces: the function of the engine in their place (none: the properties), and a last argument."""

_STORE: Final = re.compile(r"\$(?!(?:state|derived|effect|props|bindable|inspect|host|event)$)[A-Za-z_]\w*")
"""A name of Svelte that means what a store holds."""

_GLOBAL: Final = re.compile(
    r"undefined|NaN|Infinity|Math|JSON|Date|Number|String|Boolean|Array|Object|Map|Set|Promise|Intl|RegExp|Symbol|BigInt|Error"
    r"|console|parse(?:Int|Float)|is(?:NaN|Finite)|(?:en|de)codeURI(?:Component)?|window|document"
)
"""What a name means in the markup of a component of options before it means a field of the instance."""

_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$]*")
_LOCAL: Final = re.compile(r"\b(?:const|let|var|function|class)\s+(\{[^}]*\}|\[[^\]]*\]|[\w$]+)")
_IN: Final = re.compile(rb"\s(?:in|of)\s")
_THEN: Final = re.compile(rb"\s(?:then|catch)\b")
_BLOCK: Final = re.compile(rb"\s*([#:/@])\s*([a-z]+)(\s+if\b)?\s*")
_Close = Callable[[list[ir.Expr]], list[ir.Expr]]
_PLAIN: Final = frozenset(
    {"identifier", "member_expression", "subscript_expression", "arrow_function", "function_expression"}
)


def lower(path: str, source: bytes) -> ir.Module:
    """Return the IR of one component file. Never raises; see `languages`."""
    return _Component(path, source).module()


class _Parts(Ecmascript):
    """Lowers parts of one file, each by itself, with the places that they have in the file.

    `meaning` says what a name is that no part of the markup declares; `locals` are those that one does."""

    def __init__(self, source: bytes, path: str, flavour: str) -> None:
        super().__init__(source, path)
        self.bytes = bytearray(source)
        """What is parsed. Code is put into parentheses where it stands: what the language has around it gives way."""
        self.flavour = flavour
        self.lines = [0, *(found.end() for found in re.finditer(b"\n", source))]
        self.parsers: dict[str, Parser] = {}
        self.locals: list[set[str]] = []
        self.meaning: Callable[[ir.Span, str], ir.Expr] | None = None
        self.reactive: list[ir.Stmt] = []
        """Svelte's statements that run whenever what they read changes."""
        self.is_instance = False
        """What is lowered is the script of an instance, in which Svelte's `export` and `$:` have a meaning of their own."""

    # ------------------------------------------------------------ parts

    def point(self, at: int) -> Point:
        row = bisect_right(self.lines, at) - 1
        return Point(row, at - self.lines[row])

    def at(self, start: int, end: int) -> ir.Span:
        """Return the span of some bytes."""
        first, last = self.point(start), self.point(end)
        return ir.Span(start, end, first.row + 1, first.column, last.row + 1, last.column)

    def root(self, start: int, end: int, grammar: str = "typescript") -> TsNode:
        """Return the tree of some bytes alone."""
        parser = self.parsers.get(grammar)
        if parser is None:
            parser = self.parsers[grammar] = Parser(ecmascript.parser_of(grammar).language)
        parser.included_ranges = [Range(self.point(start), self.point(end), start, end)]
        return parse(parser, self.bytes, end - start)

    def inside(self, start: int, end: int) -> TsNode | None:
        """Return the expression in some bytes, None where there is none."""
        if not self.source[start:end].strip():
            return None
        # What stands around them is a sign or a space that has been read.
        start, end = max(0, start - 1), min(len(self.bytes), end + 1)
        self.bytes[start : start + 1], self.bytes[end - 1 : end] = b"(", b")"
        statement = self.first(self.root(start, end, "tsx" if self.flavour == ASTRO else "typescript"))
        return self.first(statement) if statement is not None else None

    def code(self, start: int, end: int) -> ir.Expr:
        """Return the expression in some bytes."""
        node = self.inside(start, end)
        return self.expr(node) if node is not None else ir.Const(self.at(start, end), None)

    def target(self, start: int, end: int) -> ir.Pattern:
        """Return the pattern in some bytes: the first of several, as in `(item, index)`."""
        node = self.inside(start, end)
        while node is not None and node.type in ("parenthesized_expression", "sequence_expression"):
            node = self.first(node)
        return self.pattern(node)

    def listener(self, start: int, end: int) -> ir.Expr:
        """Return the function that an attribute of Vue names, or whose body it holds."""
        nodes = [node for node in self.root(start, end).named_children if node.type != "comment"]
        if len(nodes) == 1 and nodes[0].type == "expression_statement":
            inner = self.first(nodes[0])
            if inner is not None and inner.type in _PLAIN:
                return self.expr(inner)
        self.locals.append({_EVENT, *self.declared_in(self.text_of(start, end))})
        body = tuple(self.statements(nodes))
        self.locals.pop()
        span = self.at(start, end)
        event = ir.Param(span, ir.Name(span, _EVENT))
        return ir.Lambda(span, ir.Function(span, "", (event,), body, "arrow"))

    def text_of(self, start: int, end: int) -> str:
        return self.source[start:end].decode("utf-8", "replace")

    @staticmethod
    def declared_in(text: str) -> Iterable[str]:
        """Return the names that declarations in a text may bind."""
        return (name for found in _LOCAL.findall(text) for name in _IDENTIFIER.findall(found))

    # ------------------------------------------------------------ names

    def name(self, node: TsNode) -> ir.Expr:
        return self.named(self.span(node), self.text(node))

    def named(self, span: ir.Span, name: str) -> ir.Expr:
        """Return what a name means."""
        if any(name in held for held in self.locals):
            return ir.Name(span, name)
        if self.is_store(name):
            return called(span, "%unref", ir.Name(span, name[1:]))
        return self.meaning(span, name) if self.meaning is not None else ir.Name(span, name)

    def is_store(self, name: str) -> bool:
        """Whether a name of Svelte means what a store holds."""
        return self.flavour == SVELTE and _STORE.fullmatch(name) is not None

    def pattern(self, node: TsNode | None) -> ir.Pattern:
        held = super().pattern(node)
        if not isinstance(held, ir.Name) or any(held.id in names for names in self.locals):
            return held
        # An assignment writes what a reading gives.
        meant = self.named(held.span, held.id)
        if isinstance(meant, ir.Call):
            return ir.Attribute(held.span, meant.args[0].value, "value")
        return meant if isinstance(meant, ir.Attribute) else held

    def function(self, node: TsNode, kind: str, decorators: tuple[ir.Expr, ...] = ()) -> ir.Function:
        if self.meaning is None:
            return super().function(node, kind, decorators)
        held = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        names = set(_IDENTIFIER.findall(self.text(held))) if held is not None else set()
        self.locals.append(names.union(self.declared_in(self.text(node))))
        try:
            return super().function(node, kind, decorators)
        finally:
            self.locals.pop()

    # ------------------------------------------------------------ scripts

    def call(self, node: TsNode) -> ir.Expr:
        function = node.child_by_field_name("function")
        if function is not None and function.type == "identifier":
            name = self.text(function)
            macro = _MACROS.get(name)
            if macro is not None:
                return self.macro(node, *macro)
            if name == "withDefaults":
                held = super().call(node)
                if isinstance(held, ir.Call) and len(held.args) == 2:
                    entries = (ir.Entry(each.span, None, each.value) for each in reversed(held.args))
                    return ir.Object(held.span, tuple(entries))
        return super().call(node)

    def macro(self, node: TsNode, function: str, last: str) -> ir.Expr:
        span = self.span(node)
        props = ir.Name(span, PROPS)
        if not function:
            return props
        if function == "%model":
            held = super().call(node)
            given = [each.value for each in held.args] if isinstance(held, ir.Call) else []
            return called(span, function, props, *(given[:1] or [ir.Const(span, last)]))
        return called(span, function, props, ir.Const(span, last))

    def statement(self, node: TsNode, out: list[ir.Stmt]) -> None:
        if self.is_instance and self.depth == 0 and self.flavour == SVELTE:
            if node.type == "labeled_statement":
                label = node.child_by_field_name("label")
                if label is not None and self.text(label) == "$":
                    found: list[ir.Stmt] = []
                    super().statement(node, found)
                    self.reactive += found
                    out += found
                    return
            elif node.type == "export_statement":
                self.exported(node, out)
                return
        super().statement(node, out)

    def exported(self, node: TsNode, out: list[ir.Stmt]) -> None:
        """Lower `export let name = default`: a property."""
        found: list[ir.Stmt] = []
        super().statement(node, found)
        for stmt in found:
            if isinstance(stmt, ir.Assign) and stmt.declared in ("let", "var") and isinstance(stmt.target, ir.Name):
                target: ir.Pattern = stmt.target
                if stmt.value is not None and not (isinstance(stmt.value, ir.Const) and stmt.value.value is None):
                    target = ir.DefaultPattern(stmt.span, stmt.target, stmt.value)
                out.append(self.property(stmt.span, stmt.target.id, target, stmt.annotation))
            elif isinstance(stmt, ir.Export):
                renamed = (pair for pair in stmt.names if pair[0] != pair[1])
                out += (self.property(stmt.span, given, ir.Name(stmt.span, local)) for given, local in renamed)
            else:
                out.append(stmt)

    @staticmethod
    def property(span: ir.Span, name: str, target: ir.Pattern, annotation: ir.Expr | None = None) -> ir.Stmt:
        """Return the declaration of a variable that holds a property."""
        pattern = ir.ObjectPattern(span, ((ir.Const(span, name), target),))
        return ir.Assign(span, pattern, ir.Name(span, PROPS), "let", "", annotation)

    # ------------------------------------------------------------ markup inside of code (Astro)

    def jsx(self, node: TsNode) -> ir.Expr:
        held = super().jsx(node)
        return staying(held) if self.flavour == ASTRO and isinstance(held, ir.Element) else held


_Parts.expressions = {
    **EXPRESSIONS,
    **dict.fromkeys(("identifier", "shorthand_property_identifier"), _Parts.name),
    **dict.fromkeys(("call_expression", "new_expression"), _Parts.call),
    **dict.fromkeys(("jsx_element", "jsx_self_closing_element"), _Parts.jsx),
}


def called(span: ir.Span, function: str, *values: ir.Expr) -> ir.Call:
    """Return a call of a function of the engine."""
    return ir.Call(span, ir.Name(span, function), tuple(ir.Arg(value.span, value) for value in values))


def staying(element: ir.Element) -> ir.Element:
    """Return an element of Astro: a component runs on the server, unless a directive brings it to the browser."""
    names = [str(each.key.value) for each in element.attributes if isinstance(each.key, ir.Const)]
    if isinstance(element.tag, ir.Const) or any(name.startswith(("client:", "server:")) for name in names):
        return element
    return ir.Element(element.span, element.tag, element.attributes, element.children, stays=True)


class _Frame:
    """An open element or block, and what it holds so far. `close` makes of that what the frame around gets."""

    __slots__ = ("children", "close", "locals", "name")

    def __init__(self, name: str, close: _Close | None = None, names: Iterable[str] = ()) -> None:
        self.name = name
        self.close = close
        self.children: list[ir.Expr] = []
        self.locals = set(names)


class _Markup:
    """Lowers the markup of one file."""

    def __init__(self, parts: _Parts, tags: Callable[[ir.Span, str], ir.Expr | None]) -> None:
        self.parts = parts
        self.tags = tags
        """Returns the component that a tag means, None for an element of HTML."""
        self.frames = [_Frame("")]
        self.open: Counter[str] = Counter()
        self.depth = 0
        self.promise: ir.Expr | None = None
        """What the last `{#await}` waits for."""
        self.first: list[ir.Stmt] = []
        """What is declared for all of the markup."""

    # ------------------------------------------------------------ frames

    @property
    def children(self) -> list[ir.Expr]:
        return self.frames[-1].children

    def push(self, frame: _Frame) -> None:
        if frame.close is not None:
            if self.depth >= MAX_MARKUP_DEPTH:
                self.children.extend(frame.close([]))
                frame.close = None
            else:
                self.depth += 1
                # Elements of HTML hold nothing by themselves: theirs goes to the frame around.
        self.open[frame.name] += 1
        self.frames.append(frame)
        self.parts.locals.append(frame.locals)

    def pop(self) -> None:
        frame = self.frames.pop()
        self.open[frame.name] -= 1
        self.parts.locals.pop()
        if frame.close is None:
            self.children.extend(frame.children)
        else:
            self.depth -= 1
            self.children.extend(frame.close(frame.children))

    def close(self, name: str) -> None:
        """Close the innermost frame of a name, and what is open inside it."""
        if self.open[name] > 0:
            while self.frames[-1].name != name:
                self.pop()
            self.pop()

    def finish(self) -> list[ir.Stmt]:
        """Return all of it as statements."""
        while len(self.frames) > 1:
            self.pop()
        children = self.frames[0].children
        if not children:
            return self.first
        return [*self.first, shown(children[0].span, children)]

    # ------------------------------------------------------------ pieces

    def add(self, piece: Piece) -> None:
        """Take the next piece."""
        parts = self.parts
        if piece.kind == CLOSE:
            self.close(piece.name)
        elif piece.kind == OPEN:
            self.element(piece)
        elif piece.kind == CODE:
            block = _BLOCK.match(parts.source, piece.start, piece.end) if parts.flavour == SVELTE else None
            if block is not None:
                self.block(piece, block)
            elif parts.source[piece.start : piece.end].strip():
                self.children.append(parts.code(piece.start, piece.end))

    def element(self, piece: Piece) -> None:
        """Lower an opening tag."""
        parts = self.parts
        span = parts.at(piece.start, piece.end)
        structure = _Structure()
        if parts.flavour == VUE:
            # The variables of a loop and of a slot are seen by the other attributes.
            for each in piece.attributes:
                self.structural(each, structure)
        parts.locals.append(structure.names)
        tag = self.tags(span, piece.name)
        entries: list[ir.Entry] = []
        lower = {VUE: self.vue, SVELTE: self.svelte, ASTRO: self.astro}[parts.flavour]
        for each in piece.attributes:
            lower(each, entries, tag is not None)
        parts.locals.pop()
        for entry in list(entries):
            if tag is not None and isinstance(entry.key, ir.Const) and entry.key.value in ("is", "this"):
                tag = entry.value
                entries.remove(entry)
        stays_open = not (piece.is_closed or _VOID.fullmatch(piece.name))
        close: _Close | None = None
        if tag is not None or structure.is_any:
            close = partial(self.made, structure, span, piece.name, tag, entries)
        else:
            self.children.extend(plain(span, piece.name, entries, []))
        if stays_open:
            self.push(_Frame(piece.name, close, structure.names))
        elif close is not None:
            self.children.extend(close([]))

    def made(
        self,
        structure: _Structure,
        span: ir.Span,
        name: str,
        tag: ir.Expr | None,
        entries: list[ir.Entry],
        children: list[ir.Expr],
    ) -> list[ir.Expr]:
        """Return an element with what it holds."""
        if tag is None:
            return structure.around(plain(span, name, entries, children), span)
        held = ir.Element(span, tag, tuple(entries), tuple(children))
        return structure.around([staying(held) if self.parts.flavour == ASTRO else held], span)

    # ------------------------------------------------------------ attributes

    def entry(self, each: Attribute, key: str, value: ir.Expr) -> ir.Entry:
        span = self.parts.at(each.at, max(each.end, each.at + len(each.name)))
        return ir.Entry(span, ir.Const(span, key), value)

    def text(self, each: Attribute) -> ir.Expr:
        """Return a value that is text; Svelte's may hold code in braces."""
        parts = self.parts
        span = parts.at(each.start, each.end)
        if parts.flavour == SVELTE and b"{" in parts.source[each.start : each.end]:
            inside = pieces_of(parts.source[each.start : each.end], SVELTE)
            codes = (piece for piece in inside if piece.kind == CODE)
            found = tuple(parts.code(each.start + piece.start, each.start + piece.end) for piece in codes)
            if found:
                return ir.Template(span, found)
        return ir.Const(span, parts.text_of(each.start, each.end))

    def writes(self, each: Attribute, key: str, target: ir.Pattern | None, entries: list[ir.Entry]) -> None:
        """Add what a two-way binding does besides: it writes what comes from the page."""
        if isinstance(target, ir.Name | ir.Attribute | ir.Index):
            span = self.parts.at(each.at, each.end)
            body = (ir.Assign(span, target, ir.Name(span, _EVENT)),)
            event = ir.Param(span, ir.Name(span, _EVENT))
            made = ir.Lambda(span, ir.Function(span, "", (event,), body, "arrow"))
            entries.append(self.entry(each, f"onUpdate:{key}", made))

    def structural(self, each: Attribute, structure: _Structure) -> None:
        """Read an attribute of Vue that says when or how often an element is there, or what a slot hands to it."""
        parts = self.parts
        name, start, end = each.name, each.start, each.end
        if name == "v-for":
            found = _IN.search(parts.source, start, end)
            if found is not None:
                structure.iterable = parts.code(found.end(), end)
                structure.names.update(_IDENTIFIER.findall(parts.text_of(start, found.start())))
                parts.locals.append(structure.names)
                structure.target = parts.target(start, found.start())
                parts.locals.pop()
        elif name in ("v-if", "v-else-if", "v-show"):
            structure.condition = parts.code(start, end)
        elif name.startswith(("v-slot", "#")):
            structure.names.update(_IDENTIFIER.findall(parts.text_of(start, end)))

    def vue(self, each: Attribute, entries: list[ir.Entry], is_component: bool) -> None:
        parts, name = self.parts, each.name
        name = f"v-on:{name[1:]}" if name.startswith("@") else f"v-bind:{name[1:]}" if name.startswith(":") else name
        kind, _, argument = name.partition(":")
        argument = argument.split(".", 1)[0]
        if kind == "v-bind" and argument not in ("key", "ref"):
            if each.kind:
                value = parts.code(each.start, each.end)
            else:
                value = parts.named(parts.at(each.at, each.end), camel(argument))
            entries.append(self.entry(each, camel(argument), value) if argument else spread(value))
        elif kind == "v-on" and each.kind:
            if argument:
                entries.append(self.entry(each, listening(argument), parts.listener(each.start, each.end)))
            else:
                entries.append(spread(parts.code(each.start, each.end)))
        elif kind.split(".", 1)[0] == "v-model" and each.kind:
            key = camel(argument) or "modelValue"
            entries.append(self.entry(each, key, parts.code(each.start, each.end)))
            self.writes(each, key, parts.target(each.start, each.end), entries)
        elif kind in ("v-html", "v-text"):
            entries.append(self.entry(each, "innerHTML", parts.code(each.start, each.end)))
        elif kind == "is" or (is_component and not kind.startswith(("v-", "#")) and each.kind):
            entries.append(self.entry(each, camel(name), self.text(each)))

    def svelte(self, each: Attribute, entries: list[ir.Entry], is_component: bool) -> None:
        parts = self.parts
        if each.kind == "spread":
            self.braces(each, entries)
            return
        kind, colon, argument = each.name.partition(":")
        argument = argument.split("|", 1)[0]
        span = parts.at(each.at, max(each.end, each.at + 1))
        if not colon:
            key = each.name
            if not is_component and key.startswith("on"):
                key = listening(key[2:])
            if each.kind == "code":
                entries.append(self.entry(each, key, parts.code(each.start, each.end)))
            elif each.kind and (is_component or b"{" in parts.source[each.start : each.end]):
                entries.append(self.entry(each, key, self.text(each)))
        elif kind == "on" and each.kind:
            entries.append(self.entry(each, listening(argument), parts.code(each.start, each.end)))
        elif kind == "bind" and argument == "this":
            pass
        elif kind == "bind":
            value = parts.code(each.start, each.end) if each.kind else parts.named(span, argument)
            entries.append(self.entry(each, argument, value))
            target = parts.target(each.start, each.end) if each.kind else ir.Name(span, argument)
            self.writes(each, argument, target, entries)
        elif kind == "let":
            parts.locals[-1].add(argument)
        elif kind == "use":
            given = [parts.code(each.start, each.end)] if each.kind else []
            action = parts.named(span, argument.split(".", 1)[0])
            element = ir.Opaque(span, "element")
            args = tuple(ir.Arg(value.span, value) for value in (element, *given))
            entries.append(self.entry(each, "use", ir.Call(span, action, args)))
        elif each.kind == "code":
            entries.append(self.entry(each, each.name, parts.code(each.start, each.end)))

    def astro(self, each: Attribute, entries: list[ir.Entry], is_component: bool) -> None:
        parts = self.parts
        if each.kind == "spread":
            self.braces(each, entries)
        elif each.kind == "code":
            entries.append(self.entry(each, each.name, parts.code(each.start, each.end)))
        elif each.kind == "template":
            node = self.first_expression(each.start - 1, each.end + 1)
            entries.append(self.entry(each, each.name, parts.expr(node)))
        elif is_component:
            value = self.text(each) if each.kind else ir.Const(parts.at(each.at, each.end), True)
            entries.append(self.entry(each, each.name, value))

    def first_expression(self, start: int, end: int) -> TsNode | None:
        statement = self.parts.first(self.parts.root(start, end))
        return self.parts.first(statement) if statement is not None else None

    def braces(self, each: Attribute, entries: list[ir.Entry]) -> None:
        """Lower `{...values}` and `{name}`."""
        parts = self.parts
        held = parts.source[each.start : each.end]
        dots = held.find(b"...")
        if dots >= 0 and not held[:dots].strip():
            entries.append(spread(parts.code(each.start + dots + 3, each.end)))
        elif _IDENTIFIER.fullmatch(name := held.decode("utf-8", "replace").strip()):
            entries.append(self.entry(each, name, parts.code(each.start, each.end)))
        elif (attach := _BLOCK.match(held)) is not None:
            entries.append(self.entry(each, "use", parts.code(each.start + attach.end(), each.end)))

    # ------------------------------------------------------------ blocks of Svelte

    def block(self, piece: Piece, found: re.Match[bytes]) -> None:
        """Lower `{#…}`, `{:…}`, `{/…}` or `{@…}`."""
        parts = self.parts
        sign, word = found.group(1), found.group(2).decode()
        start, end = found.end(), piece.end
        span = parts.at(piece.start, piece.end)
        if sign == b"/":
            self.close(f"#{word}")
        elif sign == b"#":
            self.opening(word, start, end, span)
        elif sign == b":":
            self.going_on(word, start, end, span, is_if=found.group(3) is not None)
        elif word == "const":
            stmts = parts.statements(parts.root(start, end).named_children)
            parts.locals[-1].update(name for each in stmts for name in declared_names(each))
            body = tuple(
                ir.Assign(each.span, each.target, each.value, "let") if isinstance(each, ir.Assign) else each
                for each in stmts
            )
            self.children.append(ir.BlockExpr(span, body, ir.Const(span, None)))
        elif word in ("html", "render", "attach"):
            self.children.append(parts.code(start, end))

    def opening(self, word: str, start: int, end: int, span: ir.Span) -> None:
        parts = self.parts
        if word == "if":
            self.branch(parts.code(start, end), span)
        elif word == "each":
            held = parts.source[start:end]
            listed, _, rest = held.partition(b" as ")
            iterable = parts.code(start, start + len(listed))
            pattern = _pattern_of(rest)
            first = start + len(listed) + 4
            names = _IDENTIFIER.findall(rest.decode("utf-8", "replace")) if rest else []
            parts.locals.append(set(names))
            target = parts.target(first, first + len(pattern)) if pattern.strip() else ir.Name(span, "%each")
            parts.locals.pop()
            self.push(_Frame("#each", lambda children: [looped(span, target, iterable, children)], names))
        elif word == "await":
            found = _THEN.search(parts.source, start, end)
            names = _IDENTIFIER.findall(parts.text_of(found.end(), end)) if found is not None else []
            promise = parts.code(start, found.start() if found is not None else end)
            self.promise = promise
            self.push(_Frame("#await", self.settled(promise, span, names), names))
        elif word == "snippet":
            text = parts.text_of(start, end)
            name, *given = _IDENTIFIER.findall(text) or [""]
            params = tuple(ir.Param(span, ir.Name(span, each)) for each in given)

            def close(children: list[ir.Expr]) -> list[ir.Expr]:
                body = (ir.Return(span, fragment(span, children)),)
                made = ir.Lambda(span, ir.Function(span, name, params, body, "arrow"))
                self.first.append(ir.Assign(span, ir.Name(span, name), made, "const"))
                return []

            self.push(_Frame("#snippet", close, given))
        else:
            if word == "key":
                self.children.append(parts.code(start, end))
            self.push(_Frame(f"#{word}"))

    def going_on(self, word: str, start: int, end: int, span: ir.Span, *, is_if: bool) -> None:
        """Lower `{:else}`, `{:then value}` and the like: what follows is another branch of the open block."""
        if word == "else" and self.open["#if"] > 0:
            while self.frames[-1].name != "#if":
                if self.frames[-1].name == "#each":
                    return
                self.pop()
            self.pop()
            test = self.parts.code(start, end) if is_if else ir.Opaque(span, "otherwise")
            self.branch(test, span)
        elif word in ("then", "catch") and self.open["#await"] > 0 and self.promise is not None:
            names = _IDENTIFIER.findall(self.parts.text_of(start, end))
            while self.frames[-1].name != "#await":
                self.pop()
            self.pop()
            self.push(_Frame("#await", self.settled(self.promise, span, names if word == "then" else []), names))

    def branch(self, test: ir.Expr, span: ir.Span) -> None:
        self.push(_Frame("#if", lambda children: [conditional(span, test, children)]))

    @staticmethod
    def settled(promise: ir.Expr, span: ir.Span, names: Sequence[str]) -> _Close:
        def close(children: list[ir.Expr]) -> list[ir.Expr]:
            value = ir.Await(span, promise)
            body: tuple[ir.Stmt, ...] = (ir.ExprStmt(span, value),)
            if names:
                body = (ir.Assign(span, ir.Name(span, names[0]), value, "let"),)
            return [ir.BlockExpr(span, (*body, shown(span, children)), ir.Const(span, None))]

        return close


class _Structure:
    """When and how often an element of Vue is there. `names` are the variables that its loop and slot declare."""

    def __init__(self) -> None:
        self.condition: ir.Expr | None = None
        self.iterable: ir.Expr | None = None
        self.target: ir.Pattern | None = None
        self.names: set[str] = set()

    @property
    def is_any(self) -> bool:
        return self.condition is not None or self.iterable is not None or bool(self.names)

    def around(self, children: list[ir.Expr], span: ir.Span) -> list[ir.Expr]:
        """Return what is shown under these conditions."""
        if self.condition is not None:
            children = [conditional(span, self.condition, children)]
        if self.iterable is not None and self.target is not None:
            children = [looped(span, self.target, self.iterable, children)]
        return children


def fragment(span: ir.Span, children: Sequence[ir.Expr]) -> ir.Element:
    """Return an element without a tag."""
    return ir.Element(span, ir.Const(span, ""), (), tuple(children))


def shown(span: ir.Span, children: Sequence[ir.Expr]) -> ir.Stmt:
    """Return the statement that shows some markup."""
    return ir.ExprStmt(span, fragment(span, children))


def conditional(span: ir.Span, test: ir.Expr, children: Sequence[ir.Expr]) -> ir.Expr:
    """Return markup that is there when a test holds."""
    return ir.BlockExpr(span, (ir.If(span, test, (shown(span, children),)),), ir.Const(span, None))


def looped(span: ir.Span, target: ir.Pattern, iterable: ir.Expr, children: Sequence[ir.Expr]) -> ir.Expr:
    """Return markup that is there for each element of a list."""
    loop = ir.Loop(span, "each", (shown(span, children),), target=target, iterable=iterable)
    return ir.BlockExpr(span, (loop,), ir.Const(span, None))


def plain(span: ir.Span, name: str, entries: list[ir.Entry], children: list[ir.Expr]) -> list[ir.Expr]:
    """Return an element of HTML, if it does anything, and beside it what it holds."""
    return [ir.Element(span, ir.Const(span, name), tuple(entries), ()), *children] if entries else children


def spread(value: ir.Expr) -> ir.Entry:
    """Return the attributes that an object holds."""
    return ir.Entry(value.span, None, value)


def camel(name: str) -> str:
    """Return `customer-guid` as `customerGuid`."""
    return re.sub(r"-(\w)", lambda found: found.group(1).upper(), name)


def listening(event: str) -> str:
    """Return the name of the property that listens to an event: `onCustomerPaid` for `customer-paid`."""
    name = camel(event)
    return f"on{name[:1].upper()}{name[1:]}"


def _pattern_of(rest: bytes) -> bytes:
    """Return the pattern at the head of what follows `as`: without the name of the index, and the key."""
    depth = 0
    for at, sign in enumerate(rest):
        if sign in b"[{":
            depth += 1
        elif sign in b"]}":
            depth -= 1
        elif depth <= 0 and sign in b",(":
            return rest[:at]
    return rest


class _Component:
    """Lowers one file."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self.source = source
        self.flavour = flavour_of(path)
        self.parts = _Parts(source, path, self.flavour)
        self.top: list[ir.Stmt] = []
        self.inner: list[ir.Stmt] = []
        self.errors: list[ir.Span] = []
        self.has_options = False
        self.has_setup = False

    def module(self) -> ir.Module:
        """Return the module."""
        parts, source = self.parts, self.source
        start, end, markup = fence(source) if self.flavour == ASTRO else (0, 0, 0)
        if end > start:
            self.script(start, end, "typescript", is_instance=True)
        found = list(pieces_of(source, self.flavour, markup))
        scripts = [
            (held, piece)
            for held, piece in pairwise(found)
            if piece.kind == RAW and held.kind == OPEN and held.name == "script"
        ]
        for held, piece in scripts if self.flavour != ASTRO else ():
            self.own_script(held, piece)
        for held in found if self.flavour == VUE else ():
            if held.kind == OPEN and held.name == "script" and held.is_closed:
                self.linked(held)
        inner = [stmt for stmt in self.inner if not isinstance(stmt, ir.Export)]
        span = parts.at(0, len(source))
        if self.flavour == ASTRO:
            inner.insert(
                0, ir.Assign(span, ir.Name(span, "Astro"), called(span, "%astro", ir.Name(span, PROPS)), "const")
            )
        elif self.has_options and not self.has_setup:
            made = called(span, "%instance", ir.Name(span, _OPTIONS), ir.Name(span, PROPS))
            inner.append(ir.Assign(span, ir.Name(span, _THIS), made, "const"))
        elif self.flavour == SVELTE:
            inner = self.with_reactive(inner)
        declared = {name for stmt in (*self.top, *inner) for name in names_of(stmt)}
        parts.meaning = self.meaning(inner)
        walker = _Markup(parts, lambda at, name: self.tag(at, name, declared))
        parts.locals.append(set())
        for piece in found:
            walker.add(piece)
        body = [*inner, *walker.finish(), *parts.reactive]
        parts.meaning = None
        parts.locals.clear()
        for held, piece in scripts if self.flavour == ASTRO else ():
            self.client_script(held, piece, body)
        name = self.function_name(declared)
        param = ir.Param(span, ir.Name(span, PROPS))
        self.top.append(ir.FunctionDef(span, ir.Function(span, name, (param,), tuple(body))))
        self.top.append(ir.Export(span, (("default", name),)))
        errors = tuple(self.errors[:MAX_SYNTAX_ERRORS])
        return ir.Module(span, self.path, "component", tuple(self.top), (), errors, source.startswith(b"#!"))

    def function_name(self, declared: set[str]) -> str:
        """Return a name for the component: that of its file, or of the folder of a file named like all of its kind."""
        folders, _, file = self.path.rpartition("/")
        stem = file.split(".", 1)[0]
        words = [stem] if stem[:1].isalpha() and stem != "index" else [stem, *folders.split("/")[-1:]]
        name = "".join(each for word in words for each in re.findall(r"\w+", word)) or "component"
        name = f"_{name}" if name[0].isdigit() else name
        while name in declared:
            name = f"{name}_"
        return name

    # ------------------------------------------------------------ scripts

    def attributes(self, tag: Piece) -> dict[str, str]:
        return {each.name: self.parts.text_of(each.start, each.end) for each in tag.attributes}

    def grammar(self, tag: Piece) -> str | None:
        """Return the grammar of a script, None for one that holds no code."""
        held = self.attributes(tag)
        if not _SCRIPT_TYPE.fullmatch(held.get("type", "")):
            return None
        return "tsx" if held.get("lang", "") in _TSX else "typescript"

    def own_script(self, tag: Piece, piece: Piece) -> None:
        """Lower a script of Vue or Svelte."""
        grammar = self.grammar(tag)
        if grammar is None:
            return
        held = self.attributes(tag)
        if self.flavour == SVELTE:
            is_instance = "module" not in held and held.get("context") != "module"
        else:
            is_instance = "setup" in held
            self.has_setup = self.has_setup or is_instance
        self.script(piece.start, piece.end, grammar, is_instance=is_instance)
        if "src" in held:
            self.linked(tag)

    def linked(self, tag: Piece) -> None:
        """Lower `<script src="./options.ts">`."""
        source = self.attributes(tag).get("src", "")
        if source:
            self.has_options = True
            span = self.parts.at(tag.start, tag.end)
            self.top.append(ir.Import(span, source, (("default", _OPTIONS),)))

    def script(self, start: int, end: int, grammar: str, *, is_instance: bool) -> None:
        parts = self.parts
        root = parts.root(start, end, grammar)
        self.errors += syntax_errors(root)
        parts.is_instance = is_instance
        stmts = parts.statements(root.named_children)
        parts.is_instance = False
        if not is_instance:
            self.top += self.with_options(stmts) if self.flavour == VUE else stmts
            return
        # What Astro exports belongs to the module, like what is imported.
        given = {local for stmt in stmts if isinstance(stmt, ir.Export) for _, local in stmt.names}
        for stmt in stmts:
            is_outer = isinstance(stmt, ir.Import) or (
                self.flavour == ASTRO and (isinstance(stmt, ir.Export) or not given.isdisjoint(declared_names(stmt)))
            )
            (self.top if is_outer else self.inner).append(stmt)

    def with_options(self, stmts: list[ir.Stmt]) -> list[ir.Stmt]:
        """Return the statements of a script of Vue with what it exports as its default under a name of the engine."""
        found: list[ir.Stmt] = []
        for stmt in stmts:
            if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name) and stmt.target.id == "default":
                self.has_options = True
                found.append(ir.Assign(stmt.span, ir.Name(stmt.target.span, _OPTIONS), stmt.value, "const"))
            elif isinstance(stmt, ir.Export) and stmt.module is None:
                for given, local in stmt.names:
                    if given != "default":
                        found.append(ir.Export(stmt.span, ((given, local),)))
                    elif local != "default":
                        self.has_options = True
                        found.append(
                            ir.Assign(stmt.span, ir.Name(stmt.span, _OPTIONS), ir.Name(stmt.span, local), "const")
                        )
            else:
                found.append(stmt)
        return found

    def with_reactive(self, inner: list[ir.Stmt]) -> list[ir.Stmt]:
        """Return the statements of a script of Svelte with the variables declared that only `$:` sets."""
        reactive = {id(stmt) for stmt in self.parts.reactive}
        known = {name for stmt in inner if id(stmt) not in reactive for name in names_of(stmt)}
        made: dict[str, ir.Span] = {}
        for stmt in self.parts.reactive:
            for each in stmt.body if isinstance(stmt, ir.Block) else ():
                if isinstance(each, ir.Assign) and not each.op:
                    made.update((name, each.span) for name in bound_names(each.target) if name not in known)
        declared = (ir.Assign(span, ir.Name(span, name), ir.Const(span, None), "let") for name, span in made.items())
        return [*declared, *inner]

    def client_script(self, tag: Piece, piece: Piece, body: list[ir.Stmt]) -> None:
        """Lower a script of Astro, which runs in the browser: by itself, or with the values that the page writes into it."""
        grammar = self.grammar(tag)
        if grammar is None:
            return
        parts = self.parts
        root = parts.root(piece.start, piece.end, grammar)
        self.errors += syntax_errors(root)
        stmts = [stmt for stmt in parts.statements(root.named_children) if not isinstance(stmt, ir.Export)]
        span = parts.at(piece.start, piece.end)
        params: tuple[ir.Param, ...] = ()
        args: tuple[ir.Arg, ...] = ()
        given = next((each for each in tag.attributes if each.name == "define:vars" and each.kind == "code"), None)
        if given is not None:
            values = parts.code(given.start, given.end)
            held = values.entries if isinstance(values, ir.Object) else ()
            known = [(str(each.key.value), each.value) for each in held if isinstance(each.key, ir.Const)]
            params = tuple(ir.Param(span, ir.Name(span, name)) for name, _ in known)
            args = tuple(ir.Arg(value.span, value) for _, value in known)
        made = ir.Lambda(span, ir.Function(span, "a script of the page", params, tuple(stmts), "arrow"))
        (body if given is not None else self.top).append(ir.ExprStmt(span, ir.Call(span, made, args)))

    # ------------------------------------------------------------ names in the markup

    def meaning(self, inner: list[ir.Stmt]) -> Callable[[ir.Span, str], ir.Expr] | None:
        """Return what a name of the markup means that the markup does not declare."""
        if self.flavour != VUE:
            return ir.Name
        functions = {
            name for stmt in (*self.top, *inner) if isinstance(stmt, ir.FunctionDef) for name in names_of(stmt)
        }
        known = {name for stmt in (*self.top, *inner) for name in names_of(stmt)}
        is_instance = self.has_options and not self.has_setup

        def mean(span: ir.Span, name: str) -> ir.Expr:
            if name == "$emit":
                return called(span, "%emitter", ir.Name(span, PROPS), ir.Const(span, ""))
            if name == "$props":
                return ir.Name(span, PROPS)
            if _GLOBAL.fullmatch(name):
                return ir.Name(span, name)
            if is_instance:
                return ir.Attribute(span, ir.Name(span, _THIS), name)
            if name in known:
                return ir.Name(span, name) if name in functions else called(span, "%unref", ir.Name(span, name))
            # A property, or what a plugin adds to every component.
            return ir.Name(span, name) if name.startswith("$") else ir.Attribute(span, ir.Name(span, PROPS), name)

        return mean

    def tag(self, span: ir.Span, name: str, declared: set[str]) -> ir.Expr | None:
        """Return the component that a tag means, None for an element of HTML."""
        if self.flavour == VUE:
            if name == "component":
                return ir.Opaque(span, "component")
            pascal = "".join(word[:1].upper() + word[1:] for word in name.split("-"))
            for each in (name, pascal, camel(name)):
                if each in declared:
                    return ir.Name(span, each)
            return ir.Name(span, pascal) if "-" in name or name[:1].isupper() else None
        if name in ("svelte:component", "svelte:self"):
            return ir.Opaque(span, "component")
        head, *rest = name.split(".")
        if not (head[:1].isupper() or rest):
            return None
        held: ir.Expr = ir.Name(span, head)
        for each in rest:
            held = ir.Attribute(span, held, each)
        return held


def names_of(stmt: ir.Stmt) -> list[str]:
    """Return the names that a statement of a top level declares or imports."""
    if isinstance(stmt, ir.Import):
        return [local for _, local in stmt.names]
    return declared_names(stmt)
