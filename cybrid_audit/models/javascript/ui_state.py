"""State of user interfaces: signals, hooks, contexts, stores. What one part of a page keeps there another part reads.

A cell is one for the place that makes it, however often that runs: components come and go, and what any of them kept is read by
a later pass. Nothing here outlives one person's page, so that keeping a token in a cell shares it with nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.values import (
    NO_PROOFS,
    NOTHING,
    V_NONE,
    Arguments,
    Const,
    Fn,
    Obj,
    Place,
    Unknown,
    Value,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.javascript.builtins import settled
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

FUNCTIONS = (Fn, NativeFn)


def is_function(value: Value | None) -> bool:
    """Whether a value may be a function that can be followed."""
    return value is not None and any(isinstance(atom, FUNCTIONS) for atom in value.atoms())


class Cell(Native):
    """Something that holds a value: called for it (a signal), or asked for one of `names` (`ref.current`, `signal.value`)."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self.names = names

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in self.names:
            return read(obj)
        if name in ("set", "update", "asReadonly", "mutate"):
            return value_of(NativeFn(name, lambda inner, args, at: self.method(inner, obj, name, args, at) or V_NONE))
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name in self.names:
            keep(interp, obj, new)
        return name in self.names

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return read(obj)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("set", "update", "mutate") and args.positional:
            put(interp, obj, args.positional[0], place)
            return V_NONE
        return value_of(obj) if name == "asReadonly" else None


def cell(interp: Interpreter, place: Place, start: Value | None, names: tuple[str, ...] = ()) -> Obj:
    """Return the cell that a place makes, holding `start` besides what it was given before."""
    made: dict[Place, Obj] = interp.models.memory("cells", dict)
    held = made.get(place)
    if held is None:
        held = made[place] = native_object(interp, "cell", Cell(names), place, "state").only(Obj)[0]
    if start is not None:
        keep(interp, held, _opened(start))
    return held


NOT_YET: Final = "state that nothing is kept in yet"
STATE_DEPTH: Final = 3
"""Objects in each other that count as parts of one state."""


def _opened(value: Value, depth: int = STATE_DEPTH) -> Value:
    """Return a first state in which what is empty is not known yet: something out of sight may fill it."""
    for obj in value.only(Obj) if depth else ():
        if _is_plain(obj):
            obj.fields = {name: _opened(held, depth - 1) for name, held in obj.fields.items()}
    return value.map(lambda atom: Unknown(NOT_YET) if isinstance(atom, Const) and atom.value in (None, "") else atom)


def filled(value: Value, depth: int = STATE_DEPTH) -> Value:
    """Return a state in which nothing counts as empty that has been filled."""
    for obj in value.only(Obj) if depth else ():
        if _is_plain(obj):
            obj.fields = {name: filled(held, depth - 1) for name, held in obj.fields.items()}
    kept = tuple(pair for pair in value.alts if not (isinstance(pair[0], Unknown) and pair[0].reason == NOT_YET))
    return Value(kept) if kept and len(kept) < len(value.alts) else value


def read(obj: Obj) -> Value:
    """Return what a cell holds."""
    if obj.rest is None or not obj.rest.alts:
        return unknown(NOT_YET)
    obj.rest = filled(obj.rest)
    return obj.rest


def keep(interp: Interpreter, obj: Obj, new: Value) -> None:
    """Add a value to what a cell holds. Objects are one: a state is replaced by one of its kind."""
    held, rows = obj.rest if obj.rest is not None else NOTHING, []
    whole = next((each for each in held.only(Obj) if _is_plain(each)), None)
    for atom, _ in new.alts:
        if whole is not None and isinstance(atom, Obj) and atom is not whole and _is_plain(atom):
            _take(interp, whole, atom)
        else:
            rows.append((atom, NO_PROOFS))
    obj.rest, grown = attributes.absorb(held, Value(tuple(rows)))
    interp.store_version += grown


def _is_plain(obj: Obj) -> bool:
    return obj.kind == "object" and obj.native is None and obj.cls is None


def _take(interp: Interpreter, whole: Obj, change: Obj) -> None:
    """Add the fields of a change to those of a state."""
    for name, new in change.fields.items():
        whole.fields[name], grown = attributes.absorb(whole.fields.get(name, NOTHING), new.without_proofs())
        interp.store_version += grown


def put(interp: Interpreter, obj: Obj, new: Value, place: Place) -> None:
    """Give a cell a value, or what a function makes of the value before."""
    if is_function(new):
        new = calls.call(interp, new, Arguments(positional=[read(obj)]), place, awaited=True)
    keep(interp, obj, settled(interp, new)[0])


def setter(obj: Obj) -> Value:
    """Return the function that gives a cell its value."""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        if args.positional:
            put(interp, obj, args.positional[0], place)
        return V_NONE

    return value_of(NativeFn("set", run))


def pair(interp: Interpreter, place: Place, *items: Value) -> Value:
    """Return a list of what a hook gives."""
    listed = interp.new("list", place=place)
    listed.items = list(items)
    return value_of(listed)


# ---------------------------------------------------------------- cells and hooks


def box(call: LibraryCall) -> Value | None:
    """`signal(x)`, `useRef(x)`, `useSignal(x)`: a cell; `names` are the fields by which it is read."""
    names = tuple(str(call.settings.get("names", "")).split())
    return value_of(cell(call.interp, call.place, call.args.get(0), names))


def state(call: LibraryCall) -> Value | None:
    """`useState(start)`, `createSignal(start)`: a value (or, with `getter`, a function that gives it) and its setter."""
    start = call.args.get(0)
    if is_function(start) and not call.settings.get("getter"):
        start = calls.call(call.interp, start or NOTHING, Arguments(), call.place, awaited=True)
    held = cell(call.interp, call.place, start)
    shown = value_of(held) if call.settings.get("getter") else read(held)
    return pair(call.interp, call.place, shown, setter(held))


def reducer(call: LibraryCall) -> Value | None:
    """`useReducer(reducer, start)`: the state, and a function that gives the reducer an action."""
    fn, start = call.args.get(0), call.args.get(1)
    if fn is None:
        return None
    held, reduce = cell(call.interp, call.place, start), fn

    def dispatch(interp: Interpreter, args: Arguments, place: Place) -> Value:
        action = args.get(0) or unknown("an action")
        keep(interp, held, calls.call(interp, reduce, Arguments(positional=[read(held), action]), place, awaited=True))
        return V_NONE

    return pair(call.interp, call.place, read(held), value_of(NativeFn("dispatch", dispatch)))


def action_state(call: LibraryCall) -> Value | None:
    """`useActionState(action, start)`: what the action of a form gave last, and the function that sends the form."""
    action, start = call.args.get(0), call.args.get(1)
    if action is None:
        return None
    held, send = cell(call.interp, call.place, start), action

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        given = Arguments(positional=[read(held), *args.positional[:1]])
        keep(interp, held, settled(interp, calls.call(interp, send, given, place, awaited=True))[0])
        return V_NONE

    sent = value_of(NativeFn("action", run))
    return pair(call.interp, call.place, read(held), sent, unknown("whether it runs"))


def computed(call: LibraryCall) -> Value | None:
    """`computed(fn)`, `createMemo(fn)`: a function that gives what the function gives."""
    fn = call.args.get(0)
    if fn is None:
        return None
    inner = field_of(fn, "computation")
    held = inner if inner is not None else fn

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        return calls.call(interp, held, Arguments(), place, awaited=True)

    return value_of(NativeFn("computed", run))


def resource(call: LibraryCall) -> Value | None:
    """`createResource(source, fetcher)`, `createAsync(fn)`: a function that gives what was fetched; with `pair`, and its tools."""
    interp, given = call.interp, [value for value in call.args.positional if is_function(value) or value.only(Obj)]
    fetchers = [value for value in given if is_function(value)]
    if not fetchers:
        return None
    fetcher, args = fetchers[-1], Arguments()
    source = call.args.positional[0]
    if fetcher is not source:
        if is_function(source) or any(isinstance(obj.native, Cell) for obj in source.only(Obj)):
            source = calls.call(interp, source, Arguments(), call.place, awaited=True)
        args = Arguments(positional=[settled(interp, source)[0]])
    held = cell(interp, call.place, None)
    keep(interp, held, settled(interp, calls.call(interp, fetcher, args, call.place, awaited=True))[0])
    if not call.settings.get("pair"):
        return value_of(held)
    tools = interp.new("object", place=call.place)
    tools.fields = {"mutate": setter(held), "refetch": unknown("a function")}
    return pair(interp, call.place, value_of(held), value_of(tools))


def value(call: LibraryCall) -> Value | None:
    """`toValue(x)`, `useAtomValue(x)`: what a cell holds."""
    first = call.args.get(0)
    cells = [obj for obj in first.only(Obj) if isinstance(obj.native, Cell)] if first is not None else []
    if not cells:
        return None
    result = NOTHING
    for obj in cells:
        result = result.join(read(obj))
    return result


def use_atom(call: LibraryCall) -> Value | None:
    """`useAtom(atom)`: what the atom holds, and its setter; with `part: set` the setter alone."""
    first = call.args.get(0)
    held = next((obj for obj in first.only(Obj) if isinstance(obj.native, Cell)), None) if first is not None else None
    if held is None:
        return None
    return (
        setter(held) if call.settings.get("part") == "set" else pair(call.interp, call.place, read(held), setter(held))
    )


# ---------------------------------------------------------------- contexts


class Context(Native):
    """`createContext(start)`: its provider is an element that gives all below it a value."""

    __slots__ = ("held",)

    def __init__(self, held: Obj) -> None:
        self.held = held

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "Provider":
            return value_of(obj)
        if name == "displayName":
            return unknown("a name")
        return None

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        given = field_of(args.get(0), "value")
        if given is not None:
            keep(interp, self.held, given)
        return unknown("markup")


def context(call: LibraryCall) -> Value | None:
    """`createContext(start)`."""
    held = cell(call.interp, call.place, call.args.get(0))
    return native_object(call.interp, "context", Context(held), call.place, "a context")


def use_context(call: LibraryCall) -> Value | None:
    """`useContext(context)`, `use(context or promise)`."""
    first = call.args.get(0)
    if first is None:
        return None
    result, others = NOTHING, []
    for atom, proofs in first.alts:
        if isinstance(atom, Obj) and isinstance(atom.native, Context):
            result = result.join(read(atom.native.held).with_proofs(proofs))
        else:
            others.append((atom, proofs))
    return result.join(settled(call.interp, Value(tuple(others)))[0]) if others else result


# ---------------------------------------------------------------- stores


class Store(Native):
    """A store: called with a selector, or asked for its state. `held` is its state, an object."""

    __slots__ = ("held",)

    def __init__(self, held: Obj) -> None:
        self.held = held

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        first = args.get(0)
        whole = read(self.held)
        return calls.call(interp, first, Arguments(positional=[whole]), place) if first is not None else whole

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("getState", "getInitialState"):
            return read(self.held)
        if name == "setState" and args.positional:
            merge(interp, self.held, args.positional[0], place)
            return V_NONE
        return unknown("a function") if name == "subscribe" else None


def merge(interp: Interpreter, held: Obj, change: Value, place: Place) -> None:
    """Take the fields of a change, or of what a function makes of the state, into a state."""
    if is_function(change):
        change = calls.call(interp, change, Arguments(positional=[read(held)]), place, awaited=True)
    for given in settled(interp, change)[0].only(Obj):
        keep(interp, held, value_of(given))


def store(call: LibraryCall) -> Value | None:
    """`create((set, get) => state)`, `create()(…)`, also through middleware that takes such a function."""
    first = call.args.get(0)
    if first is None:
        return value_of(NativeFn("create", lambda interp, args, at: _store(interp, args.get(0), at)))
    return _store(call.interp, first, call.place)


def _store(interp: Interpreter, made_by: Value | None, place: Place) -> Value:
    held = cell(interp, place, None)

    def change(inner: Interpreter, args: Arguments, at: Place) -> Value:
        if args.positional:
            merge(inner, held, args.positional[0], at)
        return V_NONE

    tools = [
        value_of(NativeFn("set", change)),
        value_of(NativeFn("get", lambda inner, args, at: read(held))),
        unknown("a store"),
    ]
    if made_by is not None and is_function(made_by):
        made_by = calls.call(interp, made_by, Arguments(positional=tools), place, awaited=True)
    if made_by is not None:
        keep(interp, held, _opened(made_by))
    return native_object(interp, "store", Store(held), place, "a store")


def proxy(call: LibraryCall) -> Value | None:
    """`proxy(object)`, `createStore(object)`: the object, which remembers over passes what is written into it."""
    first = call.args.get(0)
    if first is None:
        return None
    held = read(cell(call.interp, call.place, first))
    if not call.settings.get("pair"):
        return held

    def change(interp: Interpreter, args: Arguments, place: Place) -> Value:
        names = [text for given in args.positional[:-1] for text in given.strings()]
        if not args.positional:
            return V_NONE
        if not names:
            merge(interp, cell(interp, call.place, None), args.positional[-1], place)
            return V_NONE
        target = held
        for name in names[:-1]:
            target = attributes.get_attribute(interp, target, name, place)
        attributes.set_attribute(interp, target, names[-1], args.positional[-1], place)
        return V_NONE

    return pair(call.interp, call.place, held, value_of(NativeFn("set", change)))


def run_now(call: LibraryCall) -> Value | None:
    """`useEffect(fn)`, `effect(fn)`, `useVisibleTask$(fn)`: runs the function, maybe; what it gives cleans up later."""
    from cybrid_audit.models import sinks

    for fn in call.args.positional[:1]:
        tools = call.interp.new("object", place=call.place)
        tools.fields = {"cleanup": unknown("a function"), "track": value_of(NativeFn("track", _tracked))}
        sinks.maybe_run(call.interp, fn, Arguments(positional=[value_of(tools)]), call.place)
    return unknown("nothing")


def _tracked(interp: Interpreter, args: Arguments, place: Place) -> Value:
    first = args.get(0) or NOTHING
    if is_function(first) or any(isinstance(obj.native, Cell) for obj in first.only(Obj)):
        return calls.call(interp, first, Arguments(), place, awaited=True)
    return first
