"""The intermediate representation: one small structured tree for every language.

A front-end (`languages/<name>.py`) turns source text into a `Module` and does nothing else: it resolves no name,
folds no constant and knows no library. Anything it does not understand becomes `Opaque` with its children lowered,
so that a syntax error costs a statement, not the file.

Conventions every front-end keeps:

- lines are counted from 1, columns from 0, bytes from 0; ends are exclusive for bytes and columns;
- parentheses, casts, non-null assertions and type arguments of expressions disappear;
- `this` is `Name("this")`, `super` is `Name("super")`; Python's `self` is an ordinary parameter;
- a JavaScript `undefined` and `null`, a Python `None` are `Const(None)`;
- a template or f-string is a `Template`; adjacent string literals are one `Const`;
- a type annotation is lowered as an expression (`Name`, `Attribute`, `Index` for generics), or left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cybrid_audit.records import dataclass


class Span(NamedTuple):
    """Where a node stands in its file."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


NO_SPAN = Span(0, 0, 1, 0, 1, 0)


@dataclass(frozen=True, slots=True)
class Node:
    """Base of everything in the tree."""

    span: Span


class Expr(Node):
    """An expression."""

    __slots__ = ()


class Stmt(Node):
    """A statement."""

    __slots__ = ()


# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Const(Expr):
    """A literal: str, bytes, int, float, bool or None."""

    value: str | bytes | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Regex(Expr):
    """A regular-expression literal."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Template(Expr):
    """A string with holes: `Const` parts and the expressions between them, in order.

    `tag` is the function of a JavaScript tagged template."""

    parts: tuple[Expr, ...]
    tag: Expr | None = None


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A variable."""

    id: str


@dataclass(frozen=True, slots=True)
class Attribute(Expr):
    """`object.name`, or `object?.name` when optional. JavaScript private names keep their `#`."""

    object: Expr
    name: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """`object[index]`, also of type arguments in annotations (several arguments are a `List`)."""

    object: Expr
    index: Expr
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Slice(Expr):
    """`lower:upper` inside an `Index`."""

    lower: Expr | None
    upper: Expr | None


@dataclass(frozen=True, slots=True)
class Arg(Node):
    """An argument. `spread` is `*` for a sequence, `**` for a mapping, else empty."""

    value: Expr
    name: str | None = None
    spread: str = ""


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """`func(args)`; `is_new` for a construction with `new`."""

    func: Expr
    args: tuple[Arg, ...]
    optional: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """One entry of an object. A spread has no key; a plain or shorthand key is a `Const`; a method is a `Lambda` value.

    `kind` is `get` or `set` for accessors, else empty."""

    key: Expr | None
    value: Expr
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Object(Expr):
    """A dict or object literal."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Spread(Expr):
    """`...value` or `*value` inside a list."""

    value: Expr


@dataclass(frozen=True, slots=True)
class List(Expr):
    """A list, tuple or set literal; `kind` says which."""

    items: tuple[Expr, ...]
    kind: str = "list"


@dataclass(frozen=True, slots=True)
class Comprehension(Expr):
    """A comprehension. `kind` is list, set, dict or generator; a dict has `key`. Nested clauses are outermost first."""

    kind: str
    element: Expr
    key: Expr | None
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Clause(Node):
    """`for target in iterable if conditions`."""

    target: Pattern
    iterable: Expr
    conditions: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Lambda(Expr):
    """A function as a value: lambda, arrow function, function expression, object method."""

    function: Function


@dataclass(frozen=True, slots=True)
class ClassExpr(Expr):
    """A class as a value."""

    definition: Class


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """`op operand`; op is one of `not`, `-`, `+`, `~`, `typeof`, `void`, `delete`."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """Arithmetic and string operators: `+ - * / % ** // | & ^ << >> @`. Python's `|` stays here."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Logical(Expr):
    """Short-circuit: op is `and`, `or` or `??`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Compare(Expr):
    """A comparison: `== != < <= > >= in not-in is is-not instanceof`.

    `===` is `==`; JavaScript `in` is `in`. A Python chain `a < b < c` is a `Logical` of two comparisons."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Conditional(Expr):
    """`test ? then : otherwise`."""

    test: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class BlockExpr(Expr):
    """Statements, then a value: branches with blocks, `try` and jumps where the language has them as expressions.

    There is no value where the statements leave."""

    body: tuple[Stmt, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class Await(Expr):
    """`await value`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Yield(Expr):
    """`yield value`; `delegate` for `yield*` and `yield from`."""

    value: Expr | None
    delegate: bool = False


@dataclass(frozen=True, slots=True)
class AssignExpr(Expr):
    """An assignment used as an expression. `op` is empty or the operator of `+=`, `or` `??` `and` of `||=` …"""

    target: Pattern
    value: Expr
    op: str = ""


@dataclass(frozen=True, slots=True)
class Element(Expr):
    """A markup element (JSX): its tag, its attributes (key None for a spread), its children.

    `stays` for a component that runs where its markup does, so that what it is given goes to no client by itself (Astro)."""

    tag: Expr
    attributes: tuple[Entry, ...]
    children: tuple[Expr, ...]
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Opaque(Expr):
    """Something the front-end has no node for; its children, in source order."""

    kind: str
    children: tuple[Expr, ...] = ()


# ---------------------------------------------------------------- patterns (targets of assignments)


@dataclass(frozen=True, slots=True)
class ListPattern(Node):
    """`[a, b = 1, *rest]`; an item is None for a hole; `rest` is the index of the starred item, or -1."""

    items: tuple[Pattern | None, ...]
    rest: int = -1


@dataclass(frozen=True, slots=True)
class ObjectPattern(Node):
    """`{a, b: c, ...rest}`: pairs of key expression and target, and the target of the rest."""

    entries: tuple[tuple[Expr, Pattern], ...]
    rest: Pattern | None = None


@dataclass(frozen=True, slots=True)
class DefaultPattern(Node):
    """`target = default` inside a pattern."""

    target: Pattern
    default: Expr


Pattern = Name | Attribute | Index | ListPattern | ObjectPattern | DefaultPattern | Opaque

# ---------------------------------------------------------------- definitions


@dataclass(frozen=True, slots=True)
class Param(Node):
    """A parameter. `kind` is `positional`, `keyword` (keyword-only), `rest` (`*args`, `...args`) or `kwrest` (`**kwargs`).

    Further kinds: `implicit`, the one that a lambda has unless it declares others, and `type`, a type parameter that is used as a
    value (Kotlin).

    `field` is the instance field that a TypeScript parameter property also declares. `label` is the name under which calls pass it
    in Swift, `_` for none; None where it is the parameter's own."""

    target: Pattern
    default: Expr | None = None
    kind: str = "positional"
    annotation: Expr | None = None
    decorators: tuple[Expr, ...] = ()
    field: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Function(Node):
    """A function. An arrow with an expression body has one `Return`. Decorators stand in source order (outermost first).

    `kind`: `function`, `arrow` (no own `this`), `method`, `static`, `classmethod`, `getter`, `setter`, `static getter`,
    `static setter`, `constructor`, `extension` (called on its first parameter, which is named `this`), `extension getter`.
    Python methods keep their first parameter; JavaScript methods have none for `this`."""

    name: str
    params: tuple[Param, ...]
    body: tuple[Stmt, ...]
    kind: str = "function"
    is_async: bool = False
    is_generator: bool = False
    decorators: tuple[Expr, ...] = ()
    returns: Expr | None = None
    directives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A class-level variable. In Python every plain assignment in a class body is static."""

    name: str
    value: Expr | None
    is_static: bool = False
    annotation: Expr | None = None
    decorators: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Class(Node):
    """A class (or TypeScript enum, whose members are static fields and whose kind is `enum`).

    `keywords` are Python's `metaclass=…` and the like; `body` holds static blocks and nested classes."""

    name: str
    bases: tuple[Expr, ...] = ()
    fields: tuple[Field, ...] = ()
    methods: tuple[Function, ...] = ()
    decorators: tuple[Expr, ...] = ()
    keywords: tuple[Arg, ...] = ()
    body: tuple[Stmt, ...] = ()
    kind: str = "class"


# ---------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class ExprStmt(Stmt):
    """An expression for its effect."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Assign(Stmt):
    """`target = value`. `declared` is `const`, `let`, `var` or empty; `op` as in `AssignExpr`.

    A declaration without a value has `Const(None)`; a bare annotation `x: int` has value None."""

    target: Pattern
    value: Expr | None
    declared: str = ""
    op: str = ""
    annotation: Expr | None = None


@dataclass(frozen=True, slots=True)
class If(Stmt):
    """`if`; an `elif` is an `If` inside `otherwise`."""

    test: Expr
    body: tuple[Stmt, ...]
    otherwise: tuple[Stmt, ...] = ()


@dataclass(frozen=True, slots=True)
class Case(Node):
    """One arm of a `Switch`: the values it matches (empty for default). `pattern` binds names; `guard` is its `if`."""

    tests: tuple[Expr, ...]
    body: tuple[Stmt, ...]
    pattern: Pattern | None = None
    guard: Expr | None = None


@dataclass(frozen=True, slots=True)
class Switch(Stmt):
    """`switch` and `match`. With `falls_through` an arm without `break` runs into the next."""

    subject: Expr
    cases: tuple[Case, ...]
    falls_through: bool = False


@dataclass(frozen=True, slots=True)
class Loop(Stmt):
    """Every loop. A `for each` has target and iterable; a counting loop puts its first part before the loop.

    `update` runs after the body. `otherwise` is Python's `else`. `kind` is `each`, `while` or `do`."""

    kind: str
    body: tuple[Stmt, ...]
    target: Pattern | None = None
    iterable: Expr | None = None
    test: Expr | None = None
    update: tuple[Stmt, ...] = ()
    otherwise: tuple[Stmt, ...] = ()
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Handler(Node):
    """A `catch` or `except`: the types it takes (empty: all), the name it binds."""

    types: tuple[Expr, ...]
    target: Pattern | None
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Try(Stmt):
    """`try`."""

    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...] = ()
    otherwise: tuple[Stmt, ...] = ()
    final: tuple[Stmt, ...] = ()


@dataclass(frozen=True, slots=True)
class Return(Stmt):
    """`return`. `levels` are the functions around the innermost one that it leaves too: a `return` inside a Kotlin lambda
    or a Ruby block leaves the function in whose text it stands."""

    value: Expr | None
    levels: int = 0


@dataclass(frozen=True, slots=True)
class Raise(Stmt):
    """`throw` or `raise`."""

    value: Expr | None


@dataclass(frozen=True, slots=True)
class Break(Stmt):
    """`break`."""

    label: str | None = None


@dataclass(frozen=True, slots=True)
class Continue(Stmt):
    """`continue`."""

    label: str | None = None


@dataclass(frozen=True, slots=True)
class With(Stmt):
    """`with` and `using`: pairs of context expression and target."""

    items: tuple[tuple[Expr, Pattern | None], ...]
    body: tuple[Stmt, ...]
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Assert(Stmt):
    """Python's `assert`."""

    test: Expr


@dataclass(frozen=True, slots=True)
class Scope(Stmt):
    """`global` or `nonlocal`."""

    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delete(Stmt):
    """Python's `del`."""

    targets: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class FunctionDef(Stmt):
    """A function declaration."""

    function: Function


@dataclass(frozen=True, slots=True)
class ClassDef(Stmt):
    """A class declaration."""

    definition: Class


@dataclass(frozen=True, slots=True)
class Import(Stmt):
    """Names from another module.

    `module` is as written (`../lib/x`, `.models`, `requests.auth`). Each name is (imported, local): imported is `*` for
    the module itself (`import a.b as c`, `import * as c`), `default` for a default import, `**` for Python's `from m import *`.
    `import a.b` without alias binds the root: ("*", "a") with `binds_root`. `is_type` for type-only imports."""

    module: str
    names: tuple[tuple[str, str], ...]
    binds_root: bool = False
    is_type: bool = False


@dataclass(frozen=True, slots=True)
class Export(Stmt):
    """Names this module gives away: pairs of (exported, local). With `module` they come from there, unbound here.

    `export * from m` is ("*", "*"); `export * as n from m` is ("n", "*"). `export default <expr>` is preceded by an
    `Assign` to the name `default`, and exports ("default", "default"). Declarations stand before their `Export`."""

    names: tuple[tuple[str, str], ...]
    module: str | None = None


@dataclass(frozen=True, slots=True)
class Block(Stmt):
    """A bare block, a label, a namespace."""

    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Module(Node):
    """One file. `directives` are leading string statements such as `use server`. `errors` are the syntax errors met."""

    path: str
    language: str
    body: tuple[Stmt, ...]
    directives: tuple[str, ...] = ()
    errors: tuple[Span, ...] = ()
    has_main: bool = False
    """The file starts with `#!`, so it is meant to be run."""
    package: str = ""
    """The package that the file declares, for languages that have them."""


# ---------------------------------------------------------------- walking

_FIELDS: Final[dict[type, tuple[str, ...]]] = {}


def fields_of(kind: type) -> tuple[str, ...]:
    """Return the names of what a kind of node holds, but its span."""
    held = _FIELDS.get(kind)
    if held is None:
        names = [name for base in reversed(kind.__mro__) for name in getattr(base, "__slots__", ()) if name != "span"]
        held = _FIELDS[kind] = tuple(names)
    return held


def walk(root: object) -> Iterator[Node]:
    """Yield a node, or those of a tuple, and everything below; those of nested functions too, in no particular order."""
    pending = [root]
    while pending:
        held = pending.pop()
        if type(held) is tuple:
            pending.extend(held)
        elif isinstance(held, Node):
            yield held
            pending.extend([getattr(held, name) for name in fields_of(type(held))])
