"""The Python language library: conversions, collections, reflection, JSON, encodings, text.

Conversions and encodings keep what they are given: `json.dumps(order)` is the order, `base64.b64encode(pair)` the same parts.
What a value is and where it came from matters to the rules, its spelling does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    FALSE,
    NO_PROOFS,
    NOTHING,
    TRUE,
    V_NONE,
    Arguments,
    Atom,
    Bool,
    ClassInfo,
    Const,
    Env,
    Lib,
    MintBody,
    Namespace,
    Obj,
    Place,
    Random,
    Secret,
    Str,
    Token,
    Unknown,
    Value,
    constant,
    derived,
    join_all,
    key_text,
    may_be_same,
    parts_of,
    text_of,
    truth,
    unknown,
    value_of,
)
from cybrid_audit.limits import MAX_UNROLL
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


# ---------------------------------------------------------------- what passes through


def same(call: LibraryCall) -> Value | None:
    """A call that gives back one of its arguments (`arg`, the first by default): `json.dumps(x)`, `copy.deepcopy(x)`."""
    held = call.args.get(int(call.settings.get("arg", 0)))
    if held is None:
        held = next(iter(call.args.keywords.values()), None)
    return held if held is not None else V_NONE


def nothing(call: LibraryCall) -> Value | None:
    """A call whose result says nothing."""
    return unknown(str(call.settings.get("is", "a result")))


def random(call: LibraryCall) -> Value | None:
    """A value that a random generator makes."""
    return value_of(Random(call.path.removesuffix("()").rsplit(".", 1)[-1]))


def digested(*values: Value) -> Value:
    """Return a digest of values: made from what came from outside, and no part of any secret."""
    held = derived("a digest", *values)
    return held.map(
        lambda atom: (
            Unknown(atom.reason, frozenset(each for each in atom.sources if not isinstance(each, SECRETS)))
            if isinstance(atom, Unknown)
            else atom
        )
    )


SECRETS: Final = (Token, MintBody, Secret, Env)


class Digest(Native):
    """`hashlib.sha256(data)`: more data, then the digest."""

    __slots__ = ("values",)

    def __init__(self, values: list[Value]) -> None:
        self.values = values

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "update":
            self.values.extend(args.positional)
            return V_NONE
        if name in ("hexdigest", "digest"):
            return digested(*self.values)
        return value_of(obj) if name == "copy" else None


def digest(call: LibraryCall) -> Value | None:
    """`hashlib.sha256(data)`, `hashlib.new(name, data)`; `whole` in the settings for a function that gives the digest at once."""
    values = list(call.args.every())
    if call.settings.get("whole"):
        return digested(*values)
    return native_object(call.interp, "object", Digest(values), call.place, "digest")


# ---------------------------------------------------------------- conversions


def text(call: LibraryCall) -> Value | None:
    """`str(x)`, `repr(x)`, `bytes(x)`: text of constants and of objects that have one, else the same value."""
    held = call.args.get(0, "object")
    if held is not None and call.path in ("bytes", "bytearray"):
        held = held.map(_of_codes)
    return to_text(call.interp, held, call.place) if held is not None else constant("")


def _of_codes(atom: Atom) -> Atom:
    if isinstance(atom, Obj) and atom.kind == "list" and atom.items:
        codes = [item.const() for item in atom.items]
        if all(isinstance(code, int) and 0 <= code < 256 for code in codes):
            text = bytes(code for code in codes if isinstance(code, int)).decode("utf-8", "replace")
            return Const(text, atom.place, 0, "bytes", atom.function)
    return atom


def to_text(interp: Interpreter, held: Value, place: Place) -> Value:
    """Return values as text."""
    result = NOTHING
    for atom, proofs in held.alts:
        if isinstance(atom, Obj):
            made = object_text(interp, atom, place)
            result = result.join(made.with_proofs(proofs))
        elif isinstance(atom, Const) and not isinstance(atom.value, str | bytes):
            result = result.join(Value(((Const(str(atom.value), atom.place, atom.stamp), proofs),)))
        else:
            result = result.join(Value(((atom, proofs),)))
    return result


def object_text(interp: Interpreter, obj: Obj, place: Place) -> Value:
    """Return an object as text: by its `__str__`, by what a model says, else as made from what it holds."""
    if obj.cls is not None:
        for name in ("__str__", "__repr__", "__format__"):
            if obj.cls.method(name) is not None:
                given = Arguments(positional=[constant("")]) if name == "__format__" else Arguments()
                return calls.call_method(interp, value_of(obj), name, given, place)
    rendered = interp.models.as_texts(interp, obj)
    return rendered if rendered is not None else derived("an object as text", value_of(obj))


def character(call: LibraryCall) -> Value | None:
    """`chr(code)`: literals put together from codes stand where that is done."""
    held = call.args.get(0)
    if held is None:
        return None
    stamp = call.interp.frame.id

    def one(atom: Atom) -> Atom:
        if isinstance(atom, Const) and isinstance(atom.value, int) and 0 <= atom.value < 0x110000:
            return Const(chr(atom.value), call.place, stamp, "codes", call.interp.frame.function)
        return next(derived("a character", value_of(atom)).atoms())

    return held.map(one)


def number(call: LibraryCall) -> Value | None:
    """`int(x)`, `float(x)`: numbers of constants, else the same value, so that comparisons still know it."""
    held = call.args.get(0)
    if held is None:
        return constant(0)

    def numeric(atom: Atom) -> Atom:
        if isinstance(atom, Const) and isinstance(atom.value, str):
            try:
                return Const(int(atom.value), atom.place, atom.stamp)
            except ValueError:
                return atom
        return atom

    return held.map(numeric)


def boolean(call: LibraryCall) -> Value | None:
    """`bool(x)`: the truth of a value with what it proves."""
    held = call.args.get(0)
    return operators.as_bool(call.interp, held) if held is not None else value_of(FALSE)


def formatted(call: LibraryCall) -> Value | None:
    """`format(value, spec)`."""
    return to_text(call.interp, call.args.get(0) or NOTHING, call.place)


# ---------------------------------------------------------------- collections


def listed(
    interp: Interpreter, items: list[Value] | None, rest: Value | None, like: Value | None = None, label: str = "list"
) -> Value:
    """Return a fresh list; it stands where the list stood that it is made from."""
    sources = [atom for atom in like.atoms() if isinstance(atom, Obj)] if like is not None else []
    made = interp.new("list", place=sources[0].place if len(sources) == 1 else None)
    if len(sources) == 1:
        made.function = sources[0].function
    made.items, made.rest, made.label = items, rest, label
    return value_of(made)


def sequence(call: LibraryCall) -> Value | None:
    """`list(xs)`, `tuple(xs)`, `set(xs)`, `sorted(xs)`, `iter(xs)`, `deque(xs)`: what they hold, in a list of its own."""
    first = call.args.get(0, "iterable")
    label = str(call.settings.get("label", "list"))
    if first is None:
        return listed(call.interp, [], None, None, label)
    result = NOTHING
    for atom, proofs in first.alts:
        if isinstance(atom, Const) and atom.value is None:
            continue
        one = value_of(atom)
        known = operators.known_items(call.interp, one)
        if known is not None and label in ("set", "frozenset"):
            known = list(dict.fromkeys(known))
        made = listed(
            call.interp, known, None if known is not None else operators.element_of(call.interp, one), one, label
        )
        result = result.join(made.with_proofs(proofs))
    return result if result.alts else listed(call.interp, None, unknown("an element"), None, label)


def dictionary(call: LibraryCall) -> Value | None:
    """`dict(mapping, **more)`, `dict(pairs)`, `OrderedDict(…)`."""
    made = call.interp.new("object", place=call.place)
    fill(call.interp, made, call.args.positional, call.args)
    return value_of(made)


def fill(interp: Interpreter, target: Obj, sources: Iterable[Value], args: Arguments) -> None:
    """Put mappings, lists of pairs, and keyword arguments into a dict."""
    for source in sources:
        for atom in source.atoms():
            if isinstance(atom, Obj) and atom.kind in ("list", "generator"):
                put_pairs(interp, target, value_of(atom))
            elif isinstance(atom, Obj) and atom.cls is not None and atom.kind == "instance":
                attributes.spread_into(interp, target, mapping_of(interp, atom))
            else:
                attributes.spread_into(interp, target, value_of(atom))
    target.fields.update(args.keywords)
    if args.kwrest is not None:
        target.rest = (target.rest or NOTHING).join(args.kwrest)


def put_pairs(interp: Interpreter, target: Obj, pairs: Value) -> None:
    """Put (key, value) pairs into a dict."""
    known = operators.known_items(interp, pairs)
    for pair in known if known is not None else [operators.element_of(interp, pairs)]:
        key = operators.element_at(interp, pair, 0)
        held = operators.element_at(interp, pair, 1)
        for atom in key.atoms():
            name = key_text(atom)
            if "{?}" in name or len(key.alts) > 1 or known is None:
                target.rest = (target.rest or NOTHING).join(held)
            else:
                target.fields[name] = held


def mapping_of(interp: Interpreter, obj: Obj) -> Value:
    """Return an instance that a dict is made from: by its `keys` it is a mapping, else its fields are."""
    if isinstance(obj.native, Native):
        pairs = interp.models.iterated(interp, obj)
        if pairs is not None and obj.native.fields(obj):
            holder = interp.new("object", place=obj.place)
            holder.fields = obj.native.fields(obj)
            return value_of(holder)
    return value_of(obj)


def zipped(call: LibraryCall) -> Value | None:
    """`zip(xs, ys)`."""
    interp = call.interp
    rows = [operators.known_items(interp, value) for value in call.args.positional]

    def tuple_of(items: list[Value]) -> Value:
        return listed(interp, items, None, None, "tuple")

    if rows and all(row is not None for row in rows):
        length = min(len(row) for row in rows if row is not None)
        return listed(
            interp, [tuple_of([row[index] for row in rows if row is not None]) for index in range(length)], None
        )
    return listed(interp, None, tuple_of([operators.element_of(interp, value) for value in call.args.positional]))


def enumerated(call: LibraryCall) -> Value | None:
    """`enumerate(xs, start)`."""
    interp = call.interp
    first = call.args.get(0, "iterable")
    if first is None:
        return None
    start = call.args.get(1, "start")
    begin = start.const() if start is not None else 0
    known = operators.known_items(interp, first)
    if known is not None and isinstance(begin, int):
        pairs = [
            listed(interp, [constant(begin + index), item], None, None, "tuple") for index, item in enumerate(known)
        ]
        return listed(interp, pairs, None)
    return listed(
        interp, None, listed(interp, [unknown("an index"), operators.element_of(interp, first)], None, None, "tuple")
    )


def mapped(call: LibraryCall) -> Value | None:
    """`map(fn, xs, …)`, `pool.map(fn, xs)`, `itertools.starmap(fn, rows)`."""
    interp = call.interp
    fn = call.args.get(0)
    if fn is None or len(call.args.positional) < 2:
        return None
    rows = [operators.known_items(interp, value) for value in call.args.positional[1:]]
    star = bool(call.settings.get("star"))

    def once(items: list[Value]) -> Value:
        if star:
            known = operators.known_items(interp, items[0])
            given = (
                Arguments(positional=known)
                if known is not None
                else Arguments(rest=operators.element_of(interp, items[0]))
            )
        else:
            given = Arguments(positional=items)
        held = calls.call(interp, fn, given, call.place)
        return interp.settle(held) if call.settings.get("settled") else held

    if rows and all(row is not None and len(row) <= MAX_UNROLL for row in rows):
        length = min(len(row) for row in rows if row is not None)
        return listed(
            interp,
            [once([row[index] for row in rows if row is not None]) for index in range(length)],
            None,
            call.args.positional[1],
        )
    from cybrid_audit.engine.interpreter import Flow

    if interp.state is None:
        return NOTHING
    # The list may be empty, so what the function proves holds for nobody else.
    before = interp.flow()
    branch = interp.state.branch
    interp.state = interp.enter_branch(interp.state)
    held = once([operators.element_of(interp, value) for value in call.args.positional[1:]])
    interp.merge([before, Flow(interp.state, interp.frame.scope.vars)], branch)
    return listed(interp, None, held)


def filtered(call: LibraryCall) -> Value | None:
    """`filter(fn, xs)`, `filter(None, xs)`."""
    interp = call.interp
    fn, source = call.args.get(0), call.args.get(1)
    if fn is None or source is None:
        return None
    is_none = any(isinstance(atom, Const) for atom in fn.atoms())
    known = operators.known_items(interp, source)
    if known is None or len(known) > MAX_UNROLL:
        element = operators.element_of(interp, source)
        if not is_none:
            calls.call(interp, fn, Arguments(positional=[element]), call.place)
        return listed(interp, None, element, source)
    kept: list[Value] = []
    for item in known:
        verdict = item if is_none else calls.call(interp, fn, Arguments(positional=[item]), call.place)
        if [truth(atom) for atom in verdict.atoms()] != [False]:
            kept.append(item)
    return listed(interp, kept, None, source)


def any_of(call: LibraryCall) -> Value | None:
    """`any(xs)`: true proves what one of the elements proves."""
    interp = call.interp
    first = call.args.get(0)
    if first is None:
        return None
    known = operators.known_items(interp, first)
    items = known if known is not None else [operators.element_of(interp, first)]
    result = value_of(FALSE)
    for item in items:
        verdict = operators.as_bool(interp, item)
        if list(verdict.atoms()) == [TRUE]:
            return value_of(TRUE) if known is not None else unknown("a test of a list").join(result)
        result = result.join(Value(tuple(pair for pair in verdict.alts if pair[0] != FALSE)))
    return result


def all_of(call: LibraryCall) -> Value | None:
    """`all(xs)`: true proves what all elements of a known list prove."""
    interp = call.interp
    first = call.args.get(0)
    if first is None:
        return None
    known = operators.known_items(interp, first)
    if known is None:
        return derived("a test of a list", operators.element_of(interp, first))
    proofs = NO_PROOFS
    for item in known:
        verdict = operators.as_bool(interp, item)
        if list(verdict.atoms()) == [FALSE]:
            return value_of(FALSE)
        sides = [interp.proofs_if(atom, True) for atom in verdict.atoms() if truth(atom) is not False]
        if sides:
            proofs |= frozenset.intersection(*sides)
    if all(list(operators.as_bool(interp, item).atoms()) == [TRUE] for item in known):
        return value_of(TRUE)
    return value_of(Bool(proofs, NO_PROOFS))


def summed(call: LibraryCall) -> Value | None:
    """`sum(xs, start)`: numbers of constants; lists put together."""
    interp = call.interp
    first = call.args.get(0)
    if first is None:
        return None
    known = operators.known_items(interp, first)
    if known is None:
        return derived("a sum", operators.element_of(interp, first))
    total = call.args.get(1, "start") or constant(0)
    for item in known:
        total = operators.binary(interp, "+", total, item, call.place)
    return total


def extreme(call: LibraryCall) -> Value | None:
    """`min(xs)`, `max(a, b)`: one of them."""
    values = list(call.args.positional)
    if len(values) == 1:
        values = [operators.element_of(call.interp, values[0])]
    if "default" in call.args.keywords:
        values.append(call.args.keywords["default"])
    return join_all(values)


def following(call: LibraryCall) -> Value | None:
    """`next(xs, default)`, `anext(xs)`: an element, or the default."""
    interp = call.interp
    first = call.args.get(0)
    if first is None:
        return None
    for obj in first.only(Obj):
        if obj.cls is not None and (method := calls.bound_method(interp, obj, "__next__", call.place)) is not None:
            return calls.call(interp, method, Arguments(), call.place, awaited=True)
    known = operators.known_items(interp, first)
    default = call.args.get(1, "default")
    held = known[0] if known else operators.element_of(interp, first)
    return held.join(default) if default is not None and not (known and default is V_NONE) else held


def ranged(call: LibraryCall) -> Value | None:
    """`range(…)`: known numbers when they are few."""
    bounds = [value.const() for value in call.args.positional]
    if (
        bounds
        and all(isinstance(bound, int) for bound in bounds)
        and len(bounds) <= 3
        and (len(bounds) < 3 or bounds[2])
    ):
        numbers = range(*(int(bound) for bound in bounds))  # type: ignore[arg-type]
        if len(numbers) <= 8:
            return listed(call.interp, [constant(each) for each in numbers], None)
    return listed(call.interp, None, unknown("a number"))


def chained(call: LibraryCall) -> Value | None:
    """`itertools.chain(xs, ys)`, `chain.from_iterable(rows)`; `nested` in the settings for the latter."""
    interp = call.interp
    parts = list(call.args.positional)
    if call.settings.get("nested") and parts:
        inner = operators.known_items(interp, parts[0])
        parts = inner if inner is not None else [operators.element_of(interp, parts[0])]
        if inner is None:
            return listed(interp, None, operators.element_of(interp, parts[0]))
    items: list[Value] | None = []
    for part in parts:
        known = operators.known_items(interp, part)
        if known is None or items is None:
            items = None
            break
        items.extend(known)
    if items is not None:
        return listed(interp, items, None)
    return listed(interp, None, join_all(operators.element_of(interp, part) for part in parts))


def grouped(call: LibraryCall) -> Value | None:
    """`itertools.groupby(xs, key)`, `itertools.product(xs, ys)`, `batched`: rows of the elements."""
    interp = call.interp
    elements = [operators.element_of(interp, value) for value in call.args.positional]
    if call.path.endswith("groupby"):
        inner = listed(interp, None, elements[0] if elements else unknown("an element"))
        return listed(interp, None, listed(interp, [unknown("a key"), inner], None, None, "tuple"))
    if call.path.endswith(("batched", "chunked")):
        return listed(
            interp, None, listed(interp, None, elements[0] if elements else unknown("an element"), None, "tuple")
        )
    known = [operators.known_items(interp, value) for value in call.args.positional]
    if call.path.endswith("product") and known and all(row is not None for row in known):
        rows: list[list[Value]] = [[]]
        for row in known:
            rows = [[*before, item] for before in rows for item in row or []][:MAX_UNROLL]
        return listed(interp, [listed(interp, row, None, None, "tuple") for row in rows], None)
    return listed(interp, None, listed(interp, elements, None, None, "tuple"))


def from_keys(call: LibraryCall) -> Value | None:
    """`dict.fromkeys(names, value)`."""
    interp = call.interp
    first = call.args.get(0)
    held = call.args.get(1) or V_NONE
    made = interp.new("object", place=call.place)
    known = operators.known_items(interp, first) if first is not None else None
    if known is None:
        made.rest = held
        return value_of(made)
    for item in known:
        for atom in item.atoms():
            name = key_text(atom)
            if "{?}" in name:
                made.rest = (made.rest or NOTHING).join(held)
            else:
                made.fields[name] = held
    return value_of(made)


class DefaultDict(Native):
    """`defaultdict(factory)`: a missing key gets what the factory makes."""

    __slots__ = ("factory",)

    def __init__(self, factory: Value) -> None:
        self.factory = factory

    def _make(self, interp: Interpreter, place: Place) -> Value:
        if all(isinstance(atom, Const) for atom in self.factory.atoms()):
            return NOTHING
        return calls.call(interp, self.factory, Arguments(), place)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name.startswith("__") or obj.rest is not None:
            return None
        made = self._make(interp, place)
        if not made.alts:
            return None
        obj.fields[name] = made
        return made

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        text = key_text(key)
        held = join_all(value for name, value in obj.fields.items() if may_be_same(name, text)).join(
            obj.rest or NOTHING
        )
        if not held.alts:
            held = self._make(interp, place)
            if held.alts:
                if text == "{?}":
                    obj.rest = held
                else:
                    obj.fields[text] = held
        return held if held.alts else None


def default_dict(call: LibraryCall) -> Value | None:
    """`defaultdict(factory, mapping)`."""
    made = call.interp.new("map", place=call.place)
    made.native = DefaultDict(call.args.get(0) or V_NONE)
    made.label = "defaultdict"
    fill(call.interp, made, call.args.positional[1:], call.args)
    return value_of(made)


def chain_map(call: LibraryCall) -> Value | None:
    """`ChainMap(first, second)`: the first mapping that has a key counts."""
    made = call.interp.new("object", place=call.place)
    fill(call.interp, made, reversed(call.args.positional), Arguments())
    return value_of(made)


def namespace(call: LibraryCall) -> Value | None:
    """`SimpleNamespace(**fields)`."""
    made = call.interp.new("object", place=call.place)
    fill(call.interp, made, call.args.positional, call.args)
    return value_of(made)


# ---------------------------------------------------------------- reflection


def get_attribute(call: LibraryCall) -> Value | None:
    """`getattr(x, name, default)`."""
    interp = call.interp
    target, name = call.args.get(0), call.args.get(1)
    if target is None or name is None:
        return None
    default = call.args.get(2)
    found = NOTHING
    for atom in name.atoms():
        key = text_of(atom)
        if key is not None and "{?}" not in key:
            found = found.join(attributes.get_attribute(interp, target, key, call.place))
        else:
            found = found.join(any_attribute(interp, target, key or "{?}", call.place))
    if default is None:
        return found if found.alts else unknown("an attribute")
    known = Value(tuple(pair for pair in found.alts if not is_missing(pair[0])))
    if known.alts and not any(isinstance(atom, Unknown | Lib) for atom in known.atoms()):
        return known
    return known.join(default)


MISSING: Final = ("no member ", "no field ", "no key ", "a field ")


def is_missing(atom: Atom) -> bool:
    """Whether an atom stands for something that was not found."""
    return isinstance(atom, Unknown) and atom.reason.startswith(MISSING)


def any_attribute(interp: Interpreter, target: Value, pattern: str, place: Place) -> Value:
    """Return what the attributes may hold whose names fit a pattern with holes."""
    result = NOTHING
    for atom in target.atoms():
        names: dict[str, None] = {}
        if isinstance(atom, Obj):
            names |= dict.fromkeys(atom.fields)
            if atom.cls is not None:
                for info in atom.cls.ancestry():
                    names |= dict.fromkeys(function.name for function in info.definition.methods)
                    names |= dict.fromkeys(info.statics.fields)
        elif isinstance(atom, ClassInfo):
            for info in atom.ancestry():
                names |= dict.fromkeys(function.name for function in info.definition.methods)
                names |= dict.fromkeys(info.statics.fields)
        elif isinstance(atom, Namespace):
            names |= dict.fromkeys(atom.module.scope.vars)
        fits = [name for name in names if may_be_same(name, pattern) and not name.startswith(("__", "%"))]
        for name in fits[:MAX_UNROLL]:
            result = result.join(attributes.get_one(interp, atom, name, place))
        if not fits:
            held = (
                attributes.get_item(interp, value_of(atom), unknown("a name"), place)
                if isinstance(atom, Obj)
                else derived("an attribute", value_of(atom))
            )
            result = result.join(held)
    return result


def set_attribute(call: LibraryCall) -> Value | None:
    """`setattr(x, name, value)`."""
    target, name, new = call.args.get(0), call.args.get(1), call.args.get(2)
    if target is None or name is None or new is None:
        return None
    for atom in name.atoms():
        key = text_of(atom)
        if key is not None and "{?}" not in key:
            attributes.set_attribute(call.interp, target, key, new, call.place)
        else:
            for obj in target.only(Obj):
                obj.rest = (obj.rest or NOTHING).join(new)
    return V_NONE


def has_attribute(call: LibraryCall) -> Value | None:
    """`hasattr(x, name)`."""
    target, name = call.args.get(0), call.args.get(1)
    key = name.const() if name is not None else None
    if target is None or not isinstance(key, str):
        return unknown("a test of an object")
    verdicts: set[bool | None] = set()
    for atom in target.atoms():
        if isinstance(atom, Obj) and (
            (key in atom.fields and not atom.grown and (atom.shared or not call.interp.lasts(atom)))
            or (atom.cls is not None and atom.cls.method(key) is not None)
        ):
            verdicts.add(True)
        else:
            verdicts.add(None)
    return (
        value_of(TRUE)
        if verdicts == {True}
        else derived("a test of an object", attributes.get_attribute(call.interp, target, key, call.place))
    )


def variables(call: LibraryCall) -> Value | None:
    """`vars(x)`: the fields of an object as a dict; `globals()`, `locals()`."""
    interp = call.interp
    first = call.args.get(0)
    made = interp.new("object", place=call.place)
    if first is None:
        scope = interp.module_scope() if call.path == "globals" else interp.frame.scope
        made.fields = {
            name: interp.program.resolve(interp, scope, name, held)
            for name, held in list(scope.vars.items())
            if not name.startswith("%")
        }
        return value_of(made)
    for atom in first.atoms():
        if isinstance(atom, ClassInfo):
            made.fields |= {
                name: interp.program.resolve_held(interp, held) for name, held in atom.statics.fields.items()
            }
        elif isinstance(atom, Namespace):
            made.fields |= dict(atom.module.scope.vars)
        else:
            attributes.spread_into(interp, made, value_of(atom))
    return value_of(made)


def made_class(call: LibraryCall) -> Value:
    """Return the class that `type(name, bases, members)` makes."""
    from cybrid_audit import ir
    from cybrid_audit.engine.values import Scope

    interp = call.interp
    name, bases, members = call.args.positional
    where = call.place
    label = next(iter(name.strings()), "")
    definition = ir.Class(ir.Span(0, 0, where.line, where.column, where.end_line, where.end_column), label)
    module = interp.frame.module
    listed_bases = tuple(operators.known_items(interp, bases) or ())
    info = ClassInfo(definition, module, Scope(interp.frame.scope, module, shared=True), listed_bases)
    for obj in members.only(Obj):
        info.statics.fields |= obj.fields
    return value_of(info)


def length(call: LibraryCall) -> Value | None:
    """`len(x)`: of constant text it is known."""
    first = call.args.get(0)
    held = first.const() if first is not None else None
    return constant(len(held)) if isinstance(held, str | bytes) else unknown("a length")


def type_of(call: LibraryCall) -> Value | None:
    """`type(x)`: its class."""
    first = call.args.get(0)
    if first is None:
        return None
    if len(call.args.positional) == 3:
        return made_class(call)
    result = NOTHING
    for atom in first.atoms():
        if isinstance(atom, Obj) and atom.cls is not None:
            result = result.join(value_of(atom.cls))
        else:
            result = result.join(unknown("a type"))
    return result


_KINDS: Final[dict[str, Callable[[Atom], bool]]] = {
    "str": (lambda atom: isinstance(atom, Str) or (isinstance(atom, Const) and isinstance(atom.value, str))),
    "bytes": (lambda atom: isinstance(atom, Const) and isinstance(atom.value, bytes)),
    "int": (lambda atom: isinstance(atom, Const) and isinstance(atom.value, int)),
    "bool": (lambda atom: isinstance(atom, Const) and isinstance(atom.value, bool)),
    "float": (lambda atom: isinstance(atom, Const) and isinstance(atom.value, float)),
    "dict": (lambda atom: isinstance(atom, Obj) and atom.kind in ("object", "map")),
    "list": (lambda atom: isinstance(atom, Obj) and atom.kind == "list" and atom.label != "tuple"),
    "tuple": (lambda atom: isinstance(atom, Obj) and atom.kind == "list" and atom.label == "tuple"),
    "set": (lambda atom: isinstance(atom, Obj) and atom.kind == "list" and atom.label == "set"),
}


def is_instance(call: LibraryCall) -> Value | None:
    """`isinstance(x, T)`, where the classes are known."""
    target, kinds = call.args.get(0), call.args.get(1)
    if target is None or kinds is None:
        return None
    listed_kinds = (
        [atom for value in operators.known_items(call.interp, kinds) or [kinds] for atom in value.atoms()]
        if kinds.only(Obj)
        else list(kinds.atoms())
    )
    result = NOTHING
    for atom, proofs in target.alts:
        verdicts = {instance_of(atom, kind) for kind in listed_kinds}
        held = TRUE if True in verdicts else FALSE if verdicts == {False} else Unknown("a test of a type")
        result = result.join(value_of(held).with_proofs(proofs))
    return result


def instance_of(atom: Atom, kind: Atom) -> bool | None:
    """Whether a value is an instance of a class, or None when that cannot be told."""
    if isinstance(kind, ClassInfo):
        if isinstance(atom, Obj) and atom.cls is not None:
            return kind in atom.cls.ancestry()
        return False if isinstance(atom, Const | Str) and not _is_text_like(kind) else None
    if isinstance(kind, Lib):
        name = kind.path.rsplit(".", 1)[-1]
        if isinstance(atom, Obj) and atom.kind == "result" and atom.native is not None:
            from cybrid_audit.models import results

            return results.is_side(atom, name)
        if isinstance(atom, Obj) and atom.cls is not None:
            return True if name in {path.rsplit(".", 1)[-1] for path in atom.cls.library_bases()} else None
        test = _KINDS.get(name)
        if (
            test is not None
            and isinstance(atom, Const | Str | Obj)
            and not (isinstance(atom, Obj) and atom.native is not None)
        ):
            return bool(test(atom))
    return None


def _is_text_like(info: ClassInfo) -> bool:
    return bool(info.library_bases())


# ---------------------------------------------------------------- JSON


def json_loads(call: LibraryCall) -> Value | None:
    """`json.loads(text)`, `json.load(file)`, `yaml.safe_load(…)`: objects that were made text come back; project files are read."""
    held = call.args.get(0)
    if held is None:
        held = next(iter(call.args.keywords.values()), None)
    if held is None:
        return None
    from cybrid_audit.models.python import files as python_files

    return python_files.parsed(call, held)


def dumped(call: LibraryCall) -> Value | None:
    """`json.dump(value, file)`, `yaml.dump(value, stream)`: without a file it is the value."""
    held = call.args.get(0)
    target = call.args.get(1)
    if held is not None and target is not None:
        from cybrid_audit.models import sinks

        sinks.escape(call.interp, held, "it is written to a file")
        return V_NONE
    return held


# ---------------------------------------------------------------- encodings


def decoded(call: LibraryCall) -> Value | None:
    """A decoder (`base64.b64decode`, `binascii.unhexlify`, `codecs.decode(x, "base64")`): literals are decoded, the rest passes."""
    held = call.args.get(0)
    if held is None:
        return None
    encoding = str(call.settings.get("encoding", ""))
    if not encoding:
        given = call.args.get(1, "encoding")
        named = given.const() if given is not None else "utf-8"
        encoding = {
            "base64": "base64",
            "hex": "hex",
            "base64_codec": "base64",
            "hex_codec": "hex",
            "rot13": "rot13",
            "rot_13": "rot13",
        }.get(str(named), "")
    return held.map(lambda atom: decode_constant(atom, encoding)) if encoding else held


def decode_constant(atom: Atom, encoding: str) -> Atom:
    """Return a constant decoded; anything else, and what is no such text, as it is."""
    import base64
    import binascii
    import codecs

    if isinstance(atom, Str) and all(isinstance(part, Const) for part in atom.parts):
        first = next(part for part in atom.parts if isinstance(part, Const))
        atom = Const(
            "".join(text_of(part) or "" for part in atom.parts),
            first.place,
            first.stamp,
            first.encoding,
            first.function,
        )
    if not isinstance(atom, Const) or not isinstance(atom.value, str | bytes):
        return atom
    raw = text_of(atom) or ""
    try:
        if encoding == "hex":
            plain = bytes.fromhex(raw.strip()).decode("utf-8")
        elif encoding == "rot13":
            plain = codecs.decode(raw, "rot13")
        elif encoding in ("base32", "base85", "ascii85"):
            decoders: dict[str, Callable[[str], bytes]] = {
                "base32": base64.b32decode,
                "base85": base64.b85decode,
                "ascii85": base64.a85decode,
            }
            plain = decoders[encoding](raw.strip()).decode("utf-8")
        else:
            bare = raw.strip().replace("-", "+").replace("_", "/")
            plain = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return atom
    return Const(plain, atom.place, atom.stamp, encoding, atom.function)


# ---------------------------------------------------------------- text


class Template(Native):
    """`string.Template("$base/api/$path")`."""

    __slots__ = ("source",)

    def __init__(self, source: Value) -> None:
        self.source = source

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self.source if name == "template" else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name not in ("substitute", "safe_substitute", "render"):
            return None
        holder = interp.new("object", place=place)
        fill(interp, holder, args.positional, args)
        result = NOTHING
        for atom, proofs in self.source.alts:
            result = result.join(_substituted(interp, atom, holder, place).with_proofs(proofs))
        return result


def _substituted(interp: Interpreter, atom: Atom, holder: Obj, place: Place) -> Value:
    import re

    pieces: list[Value] = []
    for part in parts_of(atom):
        if not isinstance(part, Const) or not isinstance(part.value, str):
            pieces.append(value_of(part))
            continue
        position = 0
        for match in re.finditer(r"\$(?:\$|(\w+)|\{(\w+)\})", part.value):
            if match.start() > position:
                pieces.append(
                    value_of(Const(part.value[position : match.start()], part.place, part.stamp, "", part.function))
                )
            position = match.end()
            name = match.group(1) or match.group(2)
            if name is None:
                pieces.append(constant("$"))
            else:
                pieces.append(holder.fields.get(name) or holder.rest or unknown(f"the value of {name}", hint=name))
        if position < len(part.value):
            pieces.append(value_of(Const(part.value[position:], part.place, part.stamp, "", part.function)))
    return operators.concat(interp, pieces, place) if pieces else constant("")


def template(call: LibraryCall) -> Value | None:
    """`string.Template(text)`."""
    return native_object(call.interp, "object", Template(call.args.get(0) or constant("")), call.place, "Template")


def joined(call: LibraryCall) -> Value | None:
    """A call that joins its arguments to one text: `os.path.join(a, b)`, `posixpath.join(…)`, `operator.add(a, b)`."""
    separator = str(call.settings.get("separator", ""))
    pieces: list[Value] = []
    for value in call.args.positional:
        if (
            separator
            and pieces
            and any((text_of(atom) or "").startswith(separator) for atom in value.atoms())
            and len(value.alts) == 1
        ):
            pieces = []
        elif separator and pieces and not any((text_of(atom) or "").endswith(separator) for atom in pieces[-1].atoms()):
            pieces.append(constant(separator))
        pieces.append(value)
    return operators.concat(call.interp, pieces, call.place) if pieces else constant("")


def str_join(call: LibraryCall) -> Value | None:
    """`str.join(separator, items)`."""
    first = call.args.get(0)
    return (
        calls.call_method(call.interp, first, "join", Arguments(positional=call.args.positional[1:]), call.place)
        if first is not None
        else None
    )


def str_method(call: LibraryCall) -> Value | None:
    """`str.strip(text)`, as it is given to `map`."""
    first = call.args.get(0)
    if first is None:
        return None
    name = call.path.rsplit(".", 1)[-1]
    return calls.call_method(
        call.interp, first, name, Arguments(call.args.positional[1:], call.args.keywords), call.place
    )


def copied(call: LibraryCall) -> Value | None:
    """`copy.copy(x)`, `copy.deepcopy(x)`: dicts, lists and plain instances get a copy of their own."""
    interp = call.interp
    first = call.args.get(0)
    if first is None:
        return None
    return first.map(lambda atom: copy_of(interp, atom, 6 if call.path.endswith("deepcopy") else 1))


def copy_of(interp: Interpreter, atom: Atom, depth: int) -> Atom:
    """Return a copy of an object, to a depth."""
    if not isinstance(atom, Obj) or depth <= 0 or atom.kind not in ("object", "map", "list", "instance"):
        return atom
    made = interp.new(atom.kind, place=atom.place)
    made.cls, made.label, made.native, made.function = atom.cls, atom.label, atom.native, atom.function

    def inner(value: Value) -> Value:
        return value.map(lambda each: copy_of(interp, each, depth - 1))

    made.fields = {name: inner(held) for name, held in atom.fields.items()}
    made.items = [inner(item) for item in atom.items] if atom.items is not None else None
    made.rest = inner(atom.rest) if atom.rest is not None else None
    return made
