"""The value domain: a value is a small set of alternatives, each with where it came from.

An alternative is an atom with its *proofs*: the checks that have passed whenever the value is that atom. So the result of
`verify(code)` is `True` under the proof of the comparison, or `False` under none, and a branch on it carries the proof
to the side where it holds. A join keeps every alternative and intersects the proofs of equal ones; `NOTHING` is the
bottom and the neutral element of the join.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from cybrid_audit import ir
from cybrid_audit.limits import MAX_ALTERNATIVES, MAX_REACH
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.program import LoadedModule


class Place(NamedTuple):
    """Where in the audited tree something stands. Lines from 1, columns from 0."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


def place_of(path: str, span: ir.Span) -> Place:
    """Return the place of a node of the file `path`."""
    return Place(path, span.line, span.column, span.end_line, span.end_column)


@dataclass(frozen=True, slots=True)
class Check:
    """A verification at one place: `kind` is mfa, email, signature or password; `name` says what it is."""

    kind: str
    place: Place
    name: str


Proofs: TypeAlias = frozenset[Check]
NO_PROOFS: Proofs = frozenset()


def shared_proofs(alternatives: Iterable[Proofs]) -> Proofs:
    """Return what holds whichever alternative is the case: the checks that all have, and, where all have some check of a kind
    but none in common (`code fits or backup code fits`), one of them to stand for "one of these"."""
    found = list(alternatives)
    if not found:
        return NO_PROOFS
    common = frozenset.intersection(*found)
    if len(found) == 1 or all(each == common for each in found):
        return common
    missing = set.intersection(*({check.kind for check in each} for each in found)) - {check.kind for check in common}
    if not missing:
        return common
    every = frozenset.union(*found)
    order = lambda check: (check.place, check.name)  # noqa: E731 - used once, here only
    return common | {min((check for check in every if check.kind == kind), key=order) for kind in missing}


class Atom:
    """One alternative of a value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Const(Atom):
    """A constant with the literal it came from.

    `stamp` is the frame in which it entered the data flow, which tells the call that supplied it."""

    value: str | bytes | int | float | bool | None
    place: Place | None = None
    stamp: int = 0
    encoding: str = ""
    function: ir.Function | None = field(default=None, compare=False)


NONE = Const(None)
TRUE = Const(True)
FALSE = Const(False)


@dataclass(frozen=True, slots=True)
class Str(Atom):
    """A string built from parts, at least one of which is not constant or from another place."""

    parts: tuple[Atom, ...]


@dataclass(frozen=True, slots=True)
class Env(Atom):
    """An environment variable; `how` names the reader or the manager when it is not the environment itself."""

    name: str
    place: Place | None = None
    how: str = ""


@dataclass(frozen=True, slots=True)
class Secret(Atom):
    """A value out of a secrets manager or an encrypted file."""

    manager: str
    name: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Input(Atom):
    """What the outside sends: `kind` is body, query, path, header, cookie, argument …; `name` the key, if known."""

    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Stored(Atom):
    """What some store gives back: `store` is session, kv, database, file, principal, claims …; `key` has holes as `{?}`."""

    store: str
    key: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Random(Atom):
    """A value that a generator made, such as a one-time code."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Unknown(Atom):
    """A value nobody can tell; `sources` are the atoms it was made from, `hint` the last name it was read by."""

    reason: str
    sources: frozenset[Atom] = frozenset()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Lib(Atom):
    """Something of a library, by its access path (`twilio().verify.v2`); `sources` as in `Unknown`."""

    path: str
    sources: frozenset[Atom] = frozenset()


@dataclass(frozen=True, slots=True)
class Bool(Atom):
    """A truth value that proves checks on one of its sides."""

    if_true: Proofs = NO_PROOFS
    if_false: Proofs = NO_PROOFS
    sources: frozenset[Atom] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome(Atom):
    """What a verification call gave back; how it proves the check is told by `kind` (an outcome of the MFA models).

    `path` are the fields read so far, `field` and `value` what has to be compared."""

    check: Check
    kind: str
    field: str = ""
    value: Any = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Claim(Atom):
    """A claim or flag about the principal that can prove a check. `rule` names the predicate in the data."""

    name: str
    base: str
    rule: str
    place: Place


@dataclass(frozen=True, slots=True)
class Promise(Atom):
    """A promise, coroutine or future: what it resolves to, and the checks proven once it has resolved."""

    value: Value
    proofs: Proofs = NO_PROOFS


ASSUMED: Final = (-1,)
"""The birth of an instance that stands for whatever callers out of sight make: a write to it joins, since any method may have
run before any other."""


class Obj(Atom):
    """A heap object: a dict, object, list, map, instance or class; compared by identity.

    `fields` are the known keys; `rest` joins what dynamic keys hold. `items` is the exact content of a list, or None when only
    `rest` is known. `shared` objects live longer than a request. `native` is the model's own data about the object."""

    __slots__ = (
        "born",
        "cls",
        "epoch",
        "fields",
        "function",
        "grown",
        "items",
        "kind",
        "label",
        "native",
        "place",
        "rest",
        "shared",
    )

    def __init__(
        self, kind: str, place: Place | None = None, *, born: tuple[int, ...] = (), shared: bool = False
    ) -> None:
        self.kind = kind
        self.place = place
        self.fields: dict[str, Value] = {}
        self.items: list[Value] | None = None
        self.rest: Value | None = None
        self.cls: ClassInfo | None = None
        self.shared = shared
        self.native: Any = None
        self.born = born
        self.label = ""
        self.function: ir.Function | None = None
        self.epoch = 0
        """The run of an entry point that made it; 0 where that is not known."""
        self.grown = False
        """Whether something was put into it after it was shared: what it holds now it did not hold from the start."""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.label or sorted(self.fields)}>"


ENDING: Final[Mapping[str, tuple[str, ...]]] = {
    "dispatch": ("View", "ViewSet", "HTTPEndpoint"),
    "dispatch_request": ("View",),
    "initial": ("APIView", "ViewSet"),
    "check_permissions": ("APIView", "ViewSet"),
    "get_permissions": ("APIView", "ViewSet"),
    "prepare": ("RequestHandler",),
}
"""Methods that library classes with such names define without calling on: a mixin to their right never runs."""


class ClassInfo(Atom):
    """A class of the project: its definition, the scope it was defined in, its bases and its static fields."""

    __slots__ = ("bases", "decorators", "definition", "gates", "module", "scope", "singleton", "statics")

    def __init__(self, definition: ir.Class, module: LoadedModule, scope: Scope, bases: tuple[Value, ...]) -> None:
        self.definition = definition
        self.module = module
        self.scope = scope
        self.bases = bases
        self.decorators: tuple[tuple[Value, ir.Expr], ...] = ()
        self.gates: Proofs | None = None
        """Checks that a library's decorator or base class puts before its methods; None until somebody asked."""
        self.statics = Obj("class", place_of(module.path, definition.span), shared=True)
        self.statics.label = definition.name
        self.singleton: Obj | None = None

    @property
    def name(self) -> str:
        """The class's name."""
        return self.definition.name

    def __repr__(self) -> str:
        return f"<class {self.definition.name}>"

    def lookup(self) -> Iterator[ClassInfo | Lib]:
        """Yield the class, its project bases and the library's in the order in which members are looked up, each once: a base
        that several classes share comes after all of them."""
        order: list[ClassInfo | Lib] = []
        active: set[int] = set()

        def visit(info: ClassInfo) -> None:
            if id(info) in active or len(order) > MAX_REACH:
                return
            active.add(id(info))
            order.append(info)
            for base in info.bases:
                for atom in base.atoms():
                    if isinstance(atom, ClassInfo):
                        visit(atom)
                    elif isinstance(atom, Lib):
                        order.append(atom)
            active.discard(id(info))

        visit(self)
        last = {atom: index for index, atom in enumerate(order)}
        yield from (atom for index, atom in enumerate(order) if last[atom] == index)

    def ancestry(self) -> Iterator[ClassInfo]:
        """Yield the class and its project bases in the order in which members are looked up, each once."""
        return (atom for atom in self.lookup() if isinstance(atom, ClassInfo))

    def reached(self, name: str) -> Iterator[ClassInfo | Lib]:
        """Yield the classes whose method of that name can run: those that follow a library class that does not call on cannot."""
        ends = ENDING.get(name, ())
        for atom in self.lookup():
            yield atom
            if ends and isinstance(atom, Lib) and atom.path.endswith(ends):
                return

    def method(self, name: str) -> tuple[ir.Function, ClassInfo] | None:
        """Return the nearest definition of a method and the class that holds it."""
        for info in self.ancestry() if name not in ENDING else self.reached(name):
            if isinstance(info, Lib):
                continue
            for function in info.definition.methods:
                if function.name == name and function.kind not in ("setter", "static getter", "static setter"):
                    return function, info
        return None

    def library_bases(self) -> tuple[str, ...]:
        """Return the access paths of all library classes it descends from, nearest first."""
        return tuple(
            atom.path
            for info in self.ancestry()
            for base in info.bases
            for atom in base.atoms()
            if isinstance(atom, Lib)
        )


class Fn(Atom):
    """A function of the project with the scope it closes over, and what it is bound to.

    `gates` are the checks that stand before it: a library's decorator lets a call through only when they pass. `defaults` are
    what its parameters were given when it was defined, where the language evaluates them then."""

    __slots__ = ("args", "defaults", "function", "gates", "home", "keywords", "module", "scope", "this")

    def __init__(
        self,
        function: ir.Function,
        scope: Scope,
        module: LoadedModule,
        this: Value | None = None,
        home: ClassInfo | None = None,
        args: tuple[Value, ...] = (),
        keywords: dict[str, Value] | None = None,
        gates: Proofs = NO_PROOFS,
        defaults: dict[str, Value] | None = None,
    ) -> None:
        self.gates = gates
        self.defaults = defaults
        self.function = function
        self.scope = scope
        self.module = module
        self.this = this
        self.home = home
        self.args = args
        self.keywords = keywords or {}

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Fn)
            and self.function is other.function
            and self.scope is other.scope
            and self.this == other.this
            and self.args == other.args
            and self.keywords == other.keywords
            and self.gates == other.gates
            and self.defaults == other.defaults
        )

    def __hash__(self) -> int:
        return hash((id(self.function), id(self.scope)))

    def __repr__(self) -> str:
        return f"<function {self.function.name}>"

    def bind(self, this: Value) -> Fn:
        """Return the function bound to an object."""
        return Fn(
            self.function, self.scope, self.module, this, self.home, self.args, self.keywords, self.gates, self.defaults
        )

    def behind(self, gates: Proofs) -> Fn:
        """Return the function behind further checks."""
        bound = (self.function, self.scope, self.module, self.this, self.home, self.args, self.keywords)
        return Fn(*bound, self.gates | gates, self.defaults)


NativeImpl: TypeAlias = "Callable[[Any, Arguments, Place], Value]"


@dataclass(frozen=True, slots=True, eq=False)
class Native(Atom):
    """A function that the engine or a model implements: `impl(interpreter, arguments, place)`."""

    name: str
    impl: NativeImpl


@dataclass(frozen=True, slots=True, eq=False)
class Namespace(Atom):
    """A module of the project as a value."""

    module: LoadedModule


@dataclass(frozen=True, slots=True)
class Token(Atom):
    """An access token of the platform. `mint` is the key of its mint record; `via` the stores it went through."""

    kind: str
    mint: Any


@dataclass(frozen=True, slots=True)
class MintBody(Atom):
    """The answer of a token request."""

    token: Token


@dataclass(frozen=True, slots=True)
class PlatformData(Atom):
    """Something out of the answer to a platform call; `call` is its record, `path` the fields read so far."""

    call: Any
    path: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Response(Atom):
    """The answer of an HTTP call, with what its body is known to be."""

    body: Value
    place: Place


class Value:
    """A set of alternatives; immutable."""

    __slots__ = ("alts",)

    def __init__(self, alts: tuple[tuple[Atom, Proofs], ...] = ()) -> None:
        self.alts = alts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and (self.alts is other.alts or dict(self.alts) == dict(other.alts))

    def __hash__(self) -> int:
        return hash(frozenset(atom for atom, _ in self.alts))

    def __repr__(self) -> str:
        return (
            " | ".join(f"{atom!r}" + (f" if {sorted(c.kind for c in p)}" if p else "") for atom, p in self.alts) or "⊥"
        )

    def __bool__(self) -> bool:
        return bool(self.alts)

    def atoms(self) -> Iterator[Atom]:
        """Yield the atom of each alternative."""
        for atom, _ in self.alts:
            yield atom

    def join(self, other: Value) -> Value:
        """Return the least upper bound: every alternative of both, equal ones with the proofs they share."""
        if self is other or not other.alts:
            return self
        if not self.alts:
            return other
        merged = dict(self.alts)
        grown = False
        for atom, proofs in other.alts:
            held = merged.get(atom)
            if held is None or held != proofs:
                merged[atom] = proofs if held is None else shared_proofs((held, proofs))
                grown = grown or held is None or merged[atom] != held
        if not grown and len(merged) <= MAX_ALTERNATIVES:
            return self
        if len(merged) > MAX_ALTERNATIVES:
            widened = Value(_widen(merged))
            return self if widened == self else widened
        return Value(tuple(merged.items()))

    def leq(self, other: Value) -> bool:
        """Whether `other` covers every alternative of this value with no more proofs."""
        held = dict(other.alts)
        return TOO_MANY in held or all(
            atom in held and {check.kind for check in held[atom]} <= {check.kind for check in proofs}
            for atom, proofs in self.alts
        )

    def with_proofs(self, proofs: Proofs) -> Value:
        """Return the value with further proofs on every alternative."""
        if not proofs:
            return self
        return Value(tuple((atom, held | proofs) for atom, held in self.alts))

    def without_proofs(self) -> Value:
        """Return the value with no proofs left."""
        if all(not proofs for _, proofs in self.alts):
            return self
        return Value(tuple((atom, NO_PROOFS) for atom, _ in self.alts))

    def map(self, change: Callable[[Atom], Atom]) -> Value:
        """Return the value with every atom changed, proofs kept."""
        return join_all(Value(((change(atom), proofs),)) for atom, proofs in self.alts)

    def only(self, kind: type[Any]) -> list[Any]:
        """Return the atoms of one class."""
        return [atom for atom, _ in self.alts if isinstance(atom, kind)]

    def const(self) -> str | bytes | int | float | bool | None:
        """Return the Python value when the only alternative is a constant, else None."""
        return self.alts[0][0].value if len(self.alts) == 1 and isinstance(self.alts[0][0], Const) else None

    def strings(self) -> list[str]:
        """Return the constant strings among the alternatives."""
        return [atom.value for atom, _ in self.alts if isinstance(atom, Const) and isinstance(atom.value, str)]


NOTHING = Value()
TOO_MANY = Unknown("more alternatives than are followed")


_RANK: Final[dict[type[Atom], int]] = {
    Token: 0,
    MintBody: 0,
    Secret: 1,
    Env: 1,
    Fn: 2,
    Obj: 2,
    ClassInfo: 2,
    PlatformData: 3,
    Response: 3,
}
"""Which alternatives are kept first when there are too many."""


def _rank(pair: tuple[Atom, Proofs]) -> int:
    return _RANK.get(type(pair[0]), 5)


def _widen(merged: dict[Atom, Proofs]) -> tuple[tuple[Atom, Proofs], ...]:
    """Keep the atoms that matter most (tokens, functions, objects) and stand `TOO_MANY` for the rest."""
    before = merged.pop(TOO_MANY, None)
    ranked = sorted(merged.items(), key=_rank)
    kept = ranked[: MAX_ALTERNATIVES - 1]
    lost = [proofs for _, proofs in ranked[MAX_ALTERNATIVES - 1 :]]
    if before is not None:
        lost.append(before)
    return (*kept, (TOO_MANY, shared_proofs(lost)))


def value_of(*atoms: Atom) -> Value:
    """Return the value with these alternatives and no proofs."""
    if len(atoms) == 1:
        return Value(((atoms[0], NO_PROOFS),))
    return Value(tuple(dict.fromkeys((atom, NO_PROOFS) for atom in atoms)))


def join_all(values: Iterable[Value]) -> Value:
    """Return the join of all values, as if they were joined one by one.

    Tables have hundreds of them: as long as nothing proves anything, the order in which too many are dropped is the same when
    all are dropped at the end."""
    result, *others = [value for value in values if value.alts] or (NOTHING,)
    if len(others) < 2 or any(proofs for value in (result, *others) for _, proofs in value.alts):
        for value in others:
            result = result.join(value)
        return result
    merged = dict(result.alts)
    for value in others:
        merged.update(value.alts)
    if len(merged) > MAX_ALTERNATIVES:
        widened = Value(_widen(merged))
        return result if widened == result else widened
    return result if len(merged) == len(result.alts) else Value(tuple(merged.items()))


V_NONE = value_of(NONE)
V_TRUE = value_of(TRUE)
V_FALSE = value_of(FALSE)


def constant(value: str | bytes | float | bool | None) -> Value:
    """Return a value with one constant of no particular place."""
    return value_of(Const(value))


def unknown(reason: str, *sources: Atom, hint: str = "") -> Value:
    """Return a value nobody can tell, made from `sources`."""
    return value_of(Unknown(reason, frozenset(sources), hint))


@dataclass(slots=True)
class Arguments:
    """Evaluated arguments: positional, by name, and what spreads of unknown content add."""

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    rest: Value | None = None
    kwrest: Value | None = None
    nodes: tuple[ir.Arg, ...] = ()
    open: Value | None = None
    """What further arguments may be that callers out of sight pass; parameters with a name keep their defaults."""

    def get(self, position: int, name: str = "") -> Value | None:
        """Return the argument at a position or with a name, or None when it is not given."""
        if name and name in self.keywords:
            return self.keywords[name]
        if 0 <= position < len(self.positional):
            return self.positional[position]
        return None

    def every(self) -> Iterator[Value]:
        """Yield every argument."""
        yield from self.positional
        yield from self.keywords.values()
        if self.rest is not None:
            yield self.rest
        if self.kwrest is not None:
            yield self.kwrest


class Scope:
    """The variables of one function activation or module. Blocks share their function's scope."""

    __slots__ = ("function", "module", "outer_names", "parent", "shared", "vars")

    def __init__(self, parent: Scope | None, module: LoadedModule | None = None, *, shared: bool = False) -> None:
        self.vars: dict[str, Value] = {}
        self.parent = parent
        self.module = module
        self.shared = shared
        self.outer_names: dict[str, str] = {}
        self.function: ir.Function | None = None

    def find(self, name: str) -> Scope | None:
        """Return the nearest scope that holds a name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.vars:
                return scope
            scope = scope.parent
        return None


# ---------------------------------------------------------------- questions about values


def truth(atom: Atom) -> bool | None:
    """Return whether an atom is truthy, or None when that cannot be told."""
    match atom:
        case Const(value=value):
            return bool(value)
        case Promise() | Token() | MintBody() | Fn() | ClassInfo() | Native() | Namespace() | Response():
            return True
        case Outcome(kind=kind, path=path) if kind in ("field_eq", "error_field", "claim") and not path:
            return True
        case Outcome(kind="answer", field="http", path="" | "body"):
            return True
        case Obj(kind="database"):
            return None
        case Obj(kind="list", items=items):
            return None if items is None else (True if items else None)
        case Obj():
            return True
        case Str(parts=parts):
            return True if any(isinstance(part, Const) and part.value for part in parts) else None
        case _:
            return None


def proofs_if(atom: Atom, side: bool) -> Proofs:
    """Return the checks proven when the atom is truthy (or falsy)."""
    match atom:
        case Bool(if_true=if_true, if_false=if_false):
            return if_true if side else if_false
        case Outcome(check=check, kind=kind, path=path):
            if kind in ("bool_true", "truthy", "non_null", "row") and not path:
                return frozenset((check,)) if side else NO_PROOFS
            if kind == "answer" and not path and not atom.field:
                return frozenset((check,)) if side else NO_PROOFS
            if path == "=":
                return frozenset((check,)) if side else NO_PROOFS
            if kind == "error_field" and path == "error":
                return NO_PROOFS if side else frozenset((check,))
            return NO_PROOFS
        case _:
            return NO_PROOFS


def leaves(value: Value | Atom, *, depth: int = 4) -> set[Atom]:
    """Return every source atom a value is made from, through strings, unknowns and (to `depth`) objects."""
    found: set[Atom] = set()
    seen: set[int] = set()

    def visit(atom: Atom, left: int) -> None:
        if len(found) > MAX_REACH:
            return
        match atom:
            case Str(parts=parts):
                for part in parts:
                    visit(part, left)
            case Unknown(sources=sources) | Lib(sources=sources) | Bool(sources=sources):
                found.add(atom)
                for source in sources:
                    if source not in found:
                        visit(source, left)
            case Promise(value=inner):
                for each in inner.atoms():
                    visit(each, left)
            case Response(body=body):
                found.add(atom)
                for each in body.atoms():
                    visit(each, left)
            case Obj():
                found.add(atom)
                if left > 0 and id(atom) not in seen:
                    seen.add(id(atom))
                    for content in contents(atom):
                        for each in content.atoms():
                            visit(each, left - 1)
            case _:
                found.add(atom)

    for each in value.atoms() if isinstance(value, Value) else (value,):
        visit(each, depth)
    return found


def contents(obj: Obj) -> list[Value]:
    """Return every value an object holds."""
    held = list(obj.fields.values())
    if obj.items is not None:
        held.extend(obj.items)
    if obj.rest is not None:
        held.append(obj.rest)
    return held


def derived(reason: str, *values: Value | None, hint: str = "") -> Value:
    """Return an unknown value made from others. Constants are dropped: they say nothing about what it is."""
    sources: set[Atom] = set()
    for value in values:
        if value is None:
            continue
        for atom in value.atoms():
            match atom:
                case Const() | Fn() | Native() | ClassInfo() | Namespace():
                    continue
                case Unknown(sources=inner, hint=name):
                    sources |= inner
                    if name:
                        sources.add(Unknown("named", frozenset(), name))
                case Lib(sources=inner):
                    sources |= inner
                case Str(parts=parts):
                    sources |= {part for part in parts if not isinstance(part, Const)}
                case Obj():
                    sources |= {
                        leaf for leaf in leaves(atom, depth=2) if not isinstance(leaf, Const | Obj | Fn | Unknown | Lib)
                    }
                case _:
                    sources.add(atom)
    if len(sources) > MAX_ALTERNATIVES:
        sources = set(sorted(sources, key=_telling)[:MAX_ALTERNATIVES])
    return value_of(Unknown(reason, frozenset(sources), hint))


def _telling(atom: Atom) -> tuple[bool, str, list[str]]:
    """Return what sorts sources by how much they tell, in an order that is the same in every run: that of a set is not."""
    told = [
        str(getattr(atom, name, "")) for name in ("name", "kind", "store", "key", "reason", "hint", "path", "place")
    ]
    return not isinstance(atom, Token | Env | Secret | MintBody), type(atom).__name__, told


def text_of(atom: Atom) -> str | None:
    """Return an atom as text with `{?}` for what is not constant; None for what is no text."""
    match atom:
        case Const(value=str() as text):
            return text
        case Const(value=bytes() as raw):
            return raw.decode("utf-8", "replace")
        case Const(value=bool() as flag):
            return "true" if flag else "false"
        case Const(value=int() | float() as number):
            return str(number)
        case Const(value=None):
            return ""
        case Str(parts=parts):
            return "".join("{?}" if (held := text_of(part)) is None else held for part in parts)
        case _:
            return None


def key_text(atom: Atom) -> str:
    """Return a key as text, holes as `{?}`; a tuple as its items in parentheses, up to `MAX_REACH` of them in all."""
    if isinstance(atom, Obj) and atom.kind == "list":
        return _tuple_text(atom, [MAX_REACH], 8)
    text = text_of(atom)
    return "{?}" if text is None else text


def _tuple_text(atom: Obj, left: list[int], depth: int) -> str:
    """Return a tuple as text. `left[0]` is the number of items that may still be looked at: tuples may hold one another, or themselves."""
    left[0] -= len(atom.items or ())
    if atom.items is None or left[0] < 0 or depth == 0:
        return "({?})"
    firsts = [next(item.atoms(), NONE) for item in atom.items]
    texts = (
        _tuple_text(each, left, depth - 1) if isinstance(each, Obj) and each.kind == "list" else key_text(each)
        for each in firsts
    )
    return f"({','.join(texts)})"


def may_be_same(a: str, b: str) -> bool:
    """Whether two keys with holes could be equal at run time: each hole stands for any text, but a tuple is no string."""
    if a == b:
        return True
    if "{?}" not in a and "{?}" not in b:
        return False
    if a.startswith("(") != b.startswith("("):
        return False
    head_a, head_b = a.split("{?}", 1)[0], b.split("{?}", 1)[0]
    if not (head_a.startswith(head_b) or head_b.startswith(head_a)):
        return False
    tail_a, tail_b = a.rsplit("{?}", 1)[-1], b.rsplit("{?}", 1)[-1]
    return tail_a.endswith(tail_b) or tail_b.endswith(tail_a)


def parts_of(atom: Atom) -> tuple[Atom, ...]:
    """Return the parts a string is made of."""
    return atom.parts if isinstance(atom, Str) else (atom,)


def picked(value: Value, stamp: int, depth: int = 2) -> Value:
    """Return a value as taken out of a table by a key that frame `stamp` supplied: its strings enter the data flow there.

    A record of constants is copied, so that the fields read from it later are supplied by that frame too; anything that
    could be written to stays what it is."""
    return value.map(lambda atom: _picked(atom, stamp, depth))


def _picked(atom: Atom, stamp: int, depth: int) -> Atom:
    match atom:
        case Const(value=str()):
            return replace(atom, stamp=stamp)
        case Str(parts=parts):
            return Str(tuple(_picked(part, stamp, depth) for part in parts))
        case Obj() if depth > 0 and is_record(atom):
            made = Obj(atom.kind, atom.place, born=atom.born, shared=atom.shared)
            made.cls, made.label, made.function = atom.cls, atom.label, atom.function
            made.fields = {name: picked(held, stamp, depth - 1) for name, held in atom.fields.items()}
            made.items = [picked(item, stamp, depth - 1) for item in atom.items] if atom.items is not None else None
            return made
        case _:
            return atom


def is_record(obj: Obj) -> bool:
    """Whether an object is a small row of a constant table: made while modules ran, holding constants and functions only."""
    if (
        not obj.shared
        or obj.native is not None
        or obj.rest is not None
        or obj.kind not in ("object", "list", "instance")
    ):
        return False
    held = [*obj.fields.values(), *(obj.items or ())]
    if not held or len(held) > 12:
        return False
    atoms = [atom for value in held for atom in value.atoms()]
    return any(isinstance(atom, Const) and isinstance(atom.value, str) for atom in atoms) and all(
        not isinstance(atom, Obj | Token | MintBody) or (isinstance(atom, Obj) and is_record(atom)) for atom in atoms
    )


def restamp(atom: Atom, stamp: int, active: set[int]) -> Atom:
    """Return a string atom whose dead stamps are replaced: it enters the data flow here and now."""
    match atom:
        case Const(value=str(), stamp=old) if old not in active:
            return replace(atom, stamp=stamp)
        case Str(parts=parts):
            changed = tuple(restamp(part, stamp, active) for part in parts)
            return atom if changed == parts else Str(changed)
        case _:
            return atom
