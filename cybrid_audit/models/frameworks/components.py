"""Components of Vue, Svelte and Astro: references and stores, instances, what frameworks hand to pages, and what pages hand on.

What is kept under a name for a whole application (Pinia, `useState`, `provide`) is gathered while it is written; a later round
reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Lib,
    Obj,
    Place,
    Response,
    Value,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.models.entries import Convention
from cybrid_audit.models.frameworks.events import CURRENT, Event, OneEvent
from cybrid_audit.models.frameworks.handlers import is_callable
from cybrid_audit.models.javascript.builtins import maybe, settled
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cybrid_audit.engine.interpreter import Interpreter

_HOOKS: Final = (
    "beforeCreate",
    "created",
    "beforeMount",
    "mounted",
    "activated",
    "updated",
    "serverPrefetch",
    "asyncData",
    "fetch",
)
"""Methods of a component of options that the framework calls."""


# ---------------------------------------------------------------- what is kept for the application


def kept(interp: Interpreter, key: str) -> Value:
    """Return what has been kept under a key."""
    table: dict[str, Value] = interp.models.memory("kept by components", dict)
    return table.get(key, NOTHING)


def keep(interp: Interpreter, key: str, value: Value) -> None:
    """Keep a value under a key, beside what is there."""
    table: dict[str, Value] = interp.models.memory("kept by components", dict)
    table[key], grown = attributes.absorb(table.get(key, NOTHING), value.without_proofs())
    interp.store_version += grown


# ---------------------------------------------------------------- references and stores


class Reference(Native):
    """`ref(value)` of Vue, `writable(value)` of Svelte: what it holds is its field `value`. With a key it is kept."""

    __slots__ = ("key",)

    def __init__(self, key: str = "") -> None:
        self.key = key

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return attributes.get_attribute(interp, held_by(interp, obj, place), name, place)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if self.key and name == "value":
            keep(interp, self.key, new)
        return False

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        first = args.get(0)
        if name in ("set", "update") and first is not None:
            held = held_by(interp, obj, place)
            new = (
                first if name == "set" else calls.call(interp, first, Arguments(positional=[held]), place, awaited=True)
            )
            attributes.set_attribute(interp, value_of(obj), "value", new, place)
            return V_NONE
        if name == "subscribe" and first is not None:
            maybe(interp, first, Arguments(positional=[held_by(interp, obj, place)]), place)
            return unknown("a subscription")
        return None


class Computed(Reference):
    """`computed(fn)`, `derived(store, fn)`: what the function gives whenever it is asked."""

    __slots__ = ("args", "fn")

    def __init__(self, fn: Value, args: Iterable[Value] = ()) -> None:
        super().__init__()
        self.fn = fn
        self.args = list(args)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name != "value":
            return super().attribute(interp, obj, name, place)
        given = [unreferenced(interp, each, place) for each in self.args]
        return settled(interp, calls.call(interp, self.fn, Arguments(positional=given), place, awaited=True))[0]


class Model(Reference):
    """`defineModel()`: writing it calls the listener of whoever uses the component."""

    __slots__ = ("name", "props")

    def __init__(self, props: Value, name: str) -> None:
        super().__init__()
        self.props = props
        self.name = name

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        emit(interp, self.props, f"update:{self.name}", [new], place)
        return False


def reference(interp: Interpreter, value: Value, place: Place, key: str = "") -> Value:
    """Return a reference that holds a value, and what is kept under its key."""
    made = native_object(interp, "object", Reference(key), place, "a reference")
    for obj in made.only(Obj):
        obj.fields["value"] = value.join(kept(interp, key)) if key else value
    return made


def held_by(interp: Interpreter, obj: Obj, place: Place) -> Value:
    """Return what a reference holds."""
    held = obj.fields.get("value")
    if held is None and isinstance(obj.native, Computed):
        held = obj.native.attribute(interp, obj, "value", place)
    return held if held is not None else V_NONE


def unreferenced(interp: Interpreter, value: Value, place: Place) -> Value:
    """Return a value with what references hold in their place."""
    if not any(isinstance(atom, Obj) and isinstance(atom.native, Reference) for atom in value.atoms()):
        return value
    result = NOTHING
    for atom, proofs in value.alts:
        is_reference = isinstance(atom, Obj) and isinstance(atom.native, Reference)
        held = held_by(interp, atom, place) if isinstance(atom, Obj) and is_reference else value_of(atom)
        result = result.join(held.with_proofs(proofs))
    return result


def ref(call: LibraryCall) -> Value | None:
    """`ref(value)`, `shallowRef(value)`, `writable(value)`."""
    given = call.args.get(0)
    if given is not None and any(
        isinstance(atom, Obj) and isinstance(atom.native, Reference) for atom in given.atoms()
    ):
        return given
    return reference(call.interp, given if given is not None else V_NONE, call.place)


def unref(call: LibraryCall) -> Value | None:
    """`unref(value)`, `get(store)`, and a name in markup: what a reference holds, anything else itself."""
    return unreferenced(call.interp, call.args.get(0) or V_NONE, call.place)


def to_ref(call: LibraryCall) -> Value | None:
    """`toRef(object, 'name')`, `toRef(() => value)`."""
    first, name = call.args.get(0), next(iter((call.args.get(1) or NOTHING).strings()), "")
    if first is None:
        return None
    if is_callable(first):
        return native_object(call.interp, "object", Computed(first), call.place, "a reference")
    held = attributes.get_attribute(call.interp, first, name, call.place) if name else first
    return reference(call.interp, unreferenced(call.interp, held, call.place), call.place)


def to_refs(call: LibraryCall) -> Value | None:
    """`toRefs(object)`, `storeToRefs(store)`: an object whose fields are references."""
    made = call.interp.new("object", place=call.place)
    for obj in (call.args.get(0) or NOTHING).only(Obj):
        held = obj.native.inner if isinstance(obj.native, Instance) else obj.fields
        for name, value in held.items():
            if isinstance(obj.native, Instance) and is_callable(value):
                continue
            is_held = any(isinstance(atom, Obj) and isinstance(atom.native, Reference) for atom in value.atoms())
            made.fields[name] = value if is_held else reference(call.interp, value, call.place)
    return value_of(made)


def computed(call: LibraryCall) -> Value | None:
    """`computed(fn)`, `computed({get, set})`; `derived(stores, fn)` of Svelte, whose settings say `stores`."""
    if call.settings.get("stores"):
        first, fn = call.args.get(0), call.args.get(1)
        if first is None or fn is None:
            return None
        items = operators.known_items(call.interp, first)
        if items is not None:
            listed = call.interp.new("list", place=call.place)
            listed.items = [unreferenced(call.interp, each, call.place) for each in items]
            first = value_of(listed)
        return native_object(call.interp, "object", Computed(fn, [first]), call.place, "a reference")
    getter = call.args.get(0)
    getter = field_of(getter, "get") or getter
    if getter is None:
        return None
    return native_object(call.interp, "object", Computed(getter), call.place, "a reference")


def watch(call: LibraryCall) -> Value | None:
    """`watch(source, fn)`: the function sees what the source holds."""
    source, fn = call.args.get(0), call.args.get(1)
    if source is None or fn is None:
        return None
    items = operators.known_items(call.interp, source)
    if items is not None:
        listed = call.interp.new("list", place=call.place)
        listed.items = [watched(call, each) for each in items]
        held = value_of(listed)
    else:
        held = watched(call, source)
    maybe(call.interp, fn, Arguments(positional=[held, unknown("what it was before")]), call.place)
    return unknown("a function that ends it")


def watched(call: LibraryCall, source: Value) -> Value:
    """Return what one source of `watch` holds."""
    if is_callable(source):
        return calls.call(call.interp, source, Arguments(), call.place, awaited=True)
    return unreferenced(call.interp, source, call.place)


def provide(call: LibraryCall) -> Value | None:
    """`provide(key, value)`, `setContext(key, value)`."""
    value = call.args.get(1)
    if value is not None:
        keep(call.interp, f"context {key_of(call)}", value)
        return value
    return None


def inject(call: LibraryCall) -> Value | None:
    """`inject(key, otherwise)`, `getContext(key)`."""
    held = kept(call.interp, f"context {key_of(call)}").join(call.args.get(1) or NOTHING)
    return held if held.alts else unknown("what a component around provides")


def key_of(call: LibraryCall) -> str:
    """Return the constant key that a call names first, empty for any other: one for all that are not known."""
    return next(iter((call.args.get(0) or NOTHING).strings()), "")


# ---------------------------------------------------------------- instances and stores of an application


class Instance(Native):
    """`this` of a component of options, a store of Pinia: state as references, functions bound to it. `inner` is all of it."""

    __slots__ = ("inner", "key")

    def __init__(self, key: str = "") -> None:
        self.inner: dict[str, Value] = {}
        self.key = key

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        held = self.inner.get(name)
        if held is not None:
            return unreferenced(interp, held, place)
        if name in ("$state", "$data"):
            return value_of(obj)
        if name.startswith("$"):
            return value_of(Lib(name))
        return V_NONE

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        held = self.inner.get(name, NOTHING)
        references = [atom for atom in held.only(Obj) if isinstance(atom.native, Reference)]
        for each in references:
            attributes.set_attribute(interp, value_of(each), "value", new, place)
        if not references:
            self.add_state(interp, name, new, place)
        return True

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "$patch":
            for value in args.positional[:1]:
                if is_callable(value):
                    calls.call(interp, value, Arguments(positional=[value_of(obj)]), place, awaited=True)
                for given in value.only(Obj):
                    for field, held in given.fields.items():
                        self.set(interp, obj, field, held, place)
            return V_NONE
        held = self.inner.get(name)
        return calls.call(interp, held, args, place) if held is not None and is_callable(held) else None

    def fields(self, obj: Obj) -> dict[str, Value]:
        return self.inner

    def add_state(self, interp: Interpreter, name: str, value: Value, place: Place) -> None:
        """Add a variable."""
        self.inner[name] = reference(interp, value, place, f"{self.key} {name}" if self.key else "")

    def add_computed(self, this: Value, fn: Value, name: str, place: Place, interp: Interpreter) -> None:
        """Add what a function computes, which is called on the instance and gets it."""
        getter = field_of(fn, "get") or fn
        self.inner[name] = native_object(interp, "object", Computed(bound(getter, this), [this]), place, "a reference")

    def add_functions(self, this: Value, holder: Value | None) -> None:
        """Add the functions that an object holds."""
        for obj in (holder or NOTHING).only(Obj):
            self.inner.update({name: bound(value, this) for name, value in obj.fields.items()})


def bound(value: Value, this: Value) -> Value:
    """Return functions with the object that they are called on."""
    return value.map(lambda atom: atom.bind(this) if isinstance(atom, Fn) and atom.function.kind != "arrow" else atom)


def instance(call: LibraryCall) -> Value | None:
    """The instance of a component of options: `data`, `computed`, `methods`, `setup`, and the hooks that run by themselves."""
    interp, place = call.interp, call.place
    options, props = call.args.get(0) or NOTHING, call.args.get(1) or NOTHING
    native = Instance()
    this = native_object(interp, "object", native, place, "a component")
    for obj in props.only(Obj):
        native.inner.update(obj.fields)
    native.inner["$props"] = props
    native.inner["$emit"] = emitter_of(props)
    for info in options.only(ClassInfo):
        # A class with decorators: its fields are the state.
        for made in calls.call(interp, value_of(info), Arguments(), place, awaited=True).only(Obj):
            native.inner.update(made.fields)
    for obj in options.only(Obj):
        setup = obj.fields.get("setup")
        if setup is not None:
            context = interp.new("object", place=place)
            context.fields = {"emit": emitter_of(props), "attrs": unknown("attributes"), "expose": unknown("expose")}
            given = Arguments(positional=[props, value_of(context)])
            for made in settled(interp, calls.call(interp, setup, given, place, awaited=True))[0].only(Obj):
                native.inner.update(made.fields)
        native.add_functions(this, obj.fields.get("methods"))
        data = obj.fields.get("data")
        if data is not None:
            held = (
                calls.call(interp, bound(data, this), Arguments(positional=[this]), place, awaited=True)
                if is_callable(data)
                else data
            )
            for made in held.only(Obj):
                for name, value in made.fields.items():
                    native.add_state(interp, name, value, place)
        for holder in (obj.fields.get("computed") or NOTHING).only(Obj):
            for name, fn in holder.fields.items():
                native.add_computed(this, fn, name, place, interp)
        for name in _HOOKS:
            hook = obj.fields.get(name)
            if hook is not None and is_callable(hook):
                maybe(interp, bound(hook, this), Arguments(), place)
    return this


def define_store(call: LibraryCall) -> Value | None:
    """`defineStore('id', {state, getters, actions})`, `defineStore('id', () => {...})`: gives a function that gives the store."""
    id_ = key_of(call) or next(iter((field_of(call.args.get(0), "id") or NOTHING).strings()), "")
    definition = call.args.get(1) or call.args.get(0)
    if definition is None:
        return None
    held = definition

    def use(interp: Interpreter, args: Arguments, place: Place) -> Value:
        made: dict[str, Value] = interp.models.memory(CURRENT, dict)
        key = f"store {id_ or call.place}"
        if key not in made:
            native = Instance(key)
            made[key] = native_object(interp, "object", native, place, "a store")
            fill_store(interp, native, made[key], held, call.place)
        return made[key]

    return value_of(NativeFn("useStore", use))


def fill_store(interp: Interpreter, native: Instance, this: Value, definition: Value, place: Place) -> None:
    """Put into a store what its definition says."""
    if is_callable(definition):
        for obj in calls.call(interp, definition, Arguments(), place, awaited=True).only(Obj):
            native.inner.update(obj.fields)
            for name, value in obj.fields.items():
                for each in value.only(Obj):
                    if type(each.native) is Reference:
                        each.native.key = f"{native.key} {name}"
                        each.fields["value"] = held_by(interp, each, place).join(kept(interp, each.native.key))
    for options in definition.only(Obj):
        state = options.fields.get("state")
        if state is not None:
            for made in calls.call(interp, state, Arguments(), place, awaited=True).only(Obj):
                for name, value in made.fields.items():
                    native.add_state(interp, name, value, place)
        for holder in (options.fields.get("getters") or NOTHING).only(Obj):
            for name, fn in holder.fields.items():
                native.add_computed(this, fn, name, place, interp)
        native.add_functions(this, options.fields.get("actions"))


# ---------------------------------------------------------------- events of components


def listening(event: str) -> str:
    """Return the name of the property that listens to an event."""
    name = re.sub(r"-(\w)", lambda found: found.group(1).upper(), event)
    return f"on{name[:1].upper()}{name[1:]}"


def emit(interp: Interpreter, props: Value, event: str, given: list[Value], place: Place) -> None:
    """Call the listeners to an event among the properties of a component."""
    emitted: set[int] = interp.models.memory("emitted", set)
    for obj in props.only(Obj):
        listener = obj.fields.get(listening(event))
        if listener is not None and is_callable(listener):
            emitted.update(id(atom.function) for atom in listener.only(Fn))
            maybe(interp, listener, Arguments(positional=given), place)


def emitter_of(props: Value, *, details: bool = False) -> Value:
    """Return the function with which a component tells of an event; `details` when listeners get an object with what it tells."""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        given = args.positional[1:]
        if details:
            event = interp.new("object", place=place)
            event.fields["detail"] = given[0] if given else V_NONE
            given = [value_of(event)]
        for name in (args.get(0) or NOTHING).strings():
            emit(interp, props, name, given, place)
        return V_NONE

    return value_of(NativeFn("emit", run))


def emitter(call: LibraryCall) -> Value | None:
    """`defineEmits()`, `createEventDispatcher()`, `$emit`."""
    return emitter_of(call.args.get(0) or NOTHING, details="detail" in (call.args.get(1) or NOTHING).strings())


def model(call: LibraryCall) -> Value | None:
    """`defineModel('name')`."""
    props = call.args.get(0) or NOTHING
    name = next(iter((call.args.get(1) or NOTHING).strings()), "modelValue")
    made = native_object(call.interp, "object", Model(props, name), call.place, "a reference")
    for obj in made.only(Obj):
        obj.fields["value"] = attributes.get_attribute(call.interp, props, name, call.place)
    return made


# ---------------------------------------------------------------- requests and the state of a page


def fetched(call: LibraryCall) -> Value | None:
    """`useFetch(url, options)`: a request whose answer is a reference."""
    answer = call.models.handler("http.request")(call)
    if answer is None:
        return None
    body = join_all(
        (atom.body if isinstance(atom, Response) else value_of(atom)).with_proofs(proofs)
        for atom, proofs in settled(call.interp, answer)[0].alts
    )
    made = call.interp.new("object", place=call.place)
    made.fields["data"] = body
    return referenced(call, value_of(made))


def query(call: LibraryCall) -> Value | None:
    """`useQuery({queryFn})`, `useAsyncData(key, fn)`: the data is a reference; with `channel` it goes into the page as well."""
    made = call.models.handler("javascript/libraries.query")(call)
    return referenced(call, made) if made is not None else None


def referenced(call: LibraryCall, made: Value) -> Value:
    """Return the state of a request with its data as a reference."""
    for obj in made.only(Obj):
        data = obj.fields.get("data", V_NONE)
        if call.settings.get("channel"):
            serialised(call, data)
        obj.fields["data"] = reference(call.interp, data, call.place)
        for name in ("error", "status", "pending"):
            obj.fields[name] = reference(call.interp, unknown("a state"), call.place)
        again = NativeFn("refresh", lambda interp, args, place: made)
        obj.fields.update(dict.fromkeys(("refresh", "execute", "refetch", "mutate"), value_of(again)))
    return made


def serialised(call: LibraryCall, value: Value) -> None:
    """A value is written into the page, so that the browser goes on with it."""
    from cybrid_audit.models import sinks

    sinks.hand_over(call.interp, value, call.place, str(call.settings.get("channel", "page-state")))


def page_state(call: LibraryCall) -> Value | None:
    """`useState('key', () => value)` of Nuxt: what the server puts there is written into the page."""
    maker = next((value for value in call.args.positional if is_callable(value)), None)
    value = calls.call(call.interp, maker, Arguments(), call.place, awaited=True) if maker is not None else V_NONE
    value = settled(call.interp, value)[0]
    serialised(call, value)
    return reference(call.interp, value, call.place, f"state {key_of(call)}")


# ---------------------------------------------------------------- Astro, SvelteKit


class AstroGlobal(Native):
    """`Astro` in a component: its properties, and the request of the page."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        event = interp.models.memory(CURRENT, dict).get("event")
        if isinstance(event, Value):
            return attributes.get_attribute(interp, event, name, place)
        return unknown(f"{name} of the request")


def astro(call: LibraryCall) -> Value | None:
    """What a component of Astro calls `Astro`: the event of a page, else an object with its properties."""
    given = call.args.get(0) or NOTHING
    if any(isinstance(obj.native, Event) for obj in given.only(Obj)):
        return given
    made = native_object(call.interp, "object", AstroGlobal(), call.place, "Astro")
    for obj in made.only(Obj):
        obj.fields["props"] = given
    return made


class PageOfAstro(OneEvent):
    """A page of Astro, which answers by what it renders."""

    sends_returned = False


class Data:
    """What `load` gives to the pages of SvelteKit, by the folder of the route, the kind of file, and what it is (`data`, `form`)."""

    @staticmethod
    def key(path: str, what: str) -> str:
        """Return under which key a route's file keeps something."""
        folder, _, name = path.rpartition("/")
        return f"{what} {folder} {'layout' if name.startswith('+layout') else 'page'}"

    @staticmethod
    def around(interp: Interpreter, path: str, *, own: bool = True) -> Value:
        """Return the data that a file sees: that of the layouts around it, and of its page or layout itself with `own`."""
        folder, _, name = path.rpartition("/")
        parts = folder.split("/")
        made = interp.new("object", place=interp.no_place(path))
        for size in range(1, len(parts) + 1):
            above = "/".join(parts[:size])
            if own or size < len(parts) or not name.startswith("+layout"):
                attributes.spread_into(interp, made, kept(interp, f"data {above} layout"))
        if own and not name.startswith("+layout"):
            attributes.spread_into(interp, made, kept(interp, f"data {folder} page"))
        return value_of(made)


class PageOfSvelte(Convention):
    """A page or layout of SvelteKit: its properties are what `load` and the actions of its route gave."""

    def __init__(self, path: str) -> None:
        self.path = path

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        props = interp.new("object", place=interp.no_place(self.path))
        data = Data.around(interp, self.path)
        props.fields = {
            "data": data,
            "form": kept(interp, Data.key(self.path, "form")).join(V_NONE),
            "params": value_of(Input("path")),
        }
        interp.models.memory(CURRENT, dict)["page data"] = data
        return Arguments(positional=[value_of(props)])


def page(call: LibraryCall) -> Value | None:
    """`page` of `$app/state` and `$app/stores`: what the running page has."""
    made = call.interp.new("object", place=call.place)
    data = call.models.memory(CURRENT, dict).get("page data")
    made.fields = {
        "data": data if isinstance(data, Value) else unknown("the data of a page"),
        "params": value_of(Input("path")),
        "url": value_of(Input("url")),
        "form": unknown("what an action gave"),
    }
    return value_of(made)
