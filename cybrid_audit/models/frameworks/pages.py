"""Pages whose data a server makes: the components that show it run in the browser with what the data functions returned.

Next.js (`getServerSideProps`, `getInitialProps`), Remix and React Router (`loader`), Gatsby (`getServerData`, `createPage`), Qwik
(`routeLoader$`, `server$`). What a data function returns is handed over where it returns it; its page reads it in a later pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Obj,
    Place,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention, Entry, register
from cybrid_audit.models.frameworks.events import OneEvent
from cybrid_audit.models.frameworks.handlers import place_for
from cybrid_audit.models.frameworks.requests_in import Reply
from cybrid_audit.models.javascript import ui_state
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

COMPONENT_BASES: Final = ("Component", "PureComponent")
LIFECYCLE: Final = ("componentDidMount", "componentDidUpdate", "componentWillUnmount", "componentDidCatch", "render")


# ---------------------------------------------------------------- data of pages


def keep(interp: Interpreter, page: str, name: str, value: Value) -> None:
    """Remember what the data function of a page (a module's path) returned."""
    held: dict[tuple[str, str], Value] = interp.models.memory("data of pages", dict)
    before = held.get((page, name), NOTHING)
    held[page, name], grown = attributes.absorb(before, content(interp, value).without_proofs())
    interp.store_version += grown


def content(interp: Interpreter, value: Value) -> Value:
    """Return what an answer holds; anything else is itself."""
    result = NOTHING
    for atom, proofs in interp.settle(value).alts:
        if isinstance(atom, Obj) and isinstance(atom.native, Reply):
            result = result.join(atom.native.content.with_proofs(proofs))
        else:
            result = result.join(Value(((atom, proofs),)))
    return result


def data_of(models: Models, page: str, name: str) -> Value | None:
    """Return what the data function of a page returned so far."""
    held: dict[tuple[str, str], Value] = models.memory("data of pages", dict)
    return held.get((page, name))


class Data(OneEvent):
    """A function that makes the data of a page; of what it returns `part` is the data (all where it is empty)."""

    def __init__(self, page: str, name: str, part: str = "", verb: str = "", path: str = "") -> None:
        super().__init__(verb, path)
        self.page, self.name, self.part = page, name, part

    def returned(self, interp: Interpreter, value: Value, place: Place) -> None:
        super().returned(interp, value, place)
        held = field_of(interp.settle(value), self.part) if self.part else value
        if held is not None:
            keep(interp, self.page, self.name, held)


def show(
    interp: Interpreter, models: Models, page: str, component: Value, props: Callable[[Interpreter], Value], name: str
) -> None:
    """Register the component of a page; it runs in the browser, with properties that are made when it runs."""
    if not component.only(Fn) and not component.only(ClassInfo):
        return
    place = place_for(component, interp.no_place(page))
    for info in component.only(ClassInfo):
        place = place_of(info.module.path, info.definition.span)

    def run(inner: Interpreter, args: Arguments, at: Place) -> Value:
        run_components(inner, component, props(inner), at)
        return unknown("markup")

    register(models, Entry(EntryKind.CLIENT, name, place, value_of(NativeFn("a page", run)), Convention))


def props_of(page: str, names: dict[str, str], interp: Interpreter) -> Value:
    """Return properties made of a page's data: by name, the data that it is; the one named `*` is spread."""
    props = interp.new("object", place=interp.no_place(page))
    for name, held in names.items():
        value = data_of(interp.models, page, held)
        if value is not None and name == "*":
            attributes.spread_into(interp, props, value)
        elif value is not None:
            props.fields[name] = value
    props.fields.setdefault("params", value_of(Input("path")))
    return value_of(props)


# ---------------------------------------------------------------- components


def run_components(interp: Interpreter, components: Value, props: Value, place: Place) -> None:
    """Run components with properties, maybe: functions, and the lifecycle of classes."""
    functions = Value(tuple(pair for pair in components.alts if not isinstance(pair[0], ClassInfo)))
    sinks.maybe_run(interp, functions, Arguments(positional=[props]), place)
    for info in components.only(ClassInfo):
        instance = _instance(interp, info, props, place)
        for name in LIFECYCLE:
            if info.method(name) is not None:
                for obj in instance.only(Obj):
                    method = calls.bound_method(interp, obj, name, place)
                    if method is not None:
                        sinks.maybe_run(interp, method, Arguments(), place)


def is_component(info: ClassInfo) -> bool:
    """Whether a class is one of React's components."""
    return any(base.rpartition(".")[2] in COMPONENT_BASES for base in info.library_bases())


def _instance(interp: Interpreter, info: ClassInfo, props: Value, place: Place) -> Value:
    """Return the one instance of a component's class; its properties are all that it was ever given."""
    held: dict[int, Value] = interp.models.memory("component instances", dict)
    if id(info) not in held:
        held[id(info)] = calls.instantiate(interp, info, Arguments(positional=[props]), place)
    for obj in held[id(info)].only(Obj):
        whole, grown = attributes.absorb(obj.fields.get("props", NOTHING), props)
        obj.fields["props"] = ui_state.filled(whole)
        interp.store_version += grown
        obj.native = obj.native if obj.native is not None else ClassComponent()
    return held[id(info)]


class ClassComponent(Native):
    """An instance of `React.Component`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name != "setState" or not args.positional:
            return V_NONE if name == "forceUpdate" else None
        change = args.positional[0]
        before = obj.fields.get("state", NOTHING)
        if ui_state.is_function(change):
            change = calls.call(interp, change, Arguments(positional=[before]), place, awaited=True)
        whole = interp.new("object", place=place)
        attributes.spread_into(interp, whole, before)
        attributes.spread_into(interp, whole, change)
        obj.fields["state"], grown = attributes.absorb(before, value_of(whole))
        interp.store_version += grown
        return V_NONE


# ---------------------------------------------------------------- hooks that read data


def loaded(call: LibraryCall) -> Value | None:
    """`useLoaderData()`, `useActionData()`, `useRouteLoaderData(id)`: the data of the module that asks, or of the one it names."""
    name = str(call.settings.get("name", "loader"))
    if call.settings.get("named"):
        for text in call.args.positional[0].strings() if call.args.positional else ():
            held: dict[tuple[str, str], Value] = call.models.memory("data of pages", dict)
            for (page, kind), value in held.items():
                if kind == name and page.rpartition(".")[0].endswith(f"/{text}"):
                    return value
        return None
    return data_of(call.models, call.place.path, name)


class FileRoute(Native):
    """A route of TanStack Router: its hooks give its component what its loader gives."""

    __slots__ = ("loader",)

    def __init__(self, loader: Value | None) -> None:
        self.loader = loader

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "useLoaderData" and self.loader is not None:
            given = interp.new("object", place=place)
            given.fields = {"params": value_of(Input("path")), "deps": value_of(Input("query"))}
            given.rest = unknown("what a loader is given")
            args = Arguments(positional=[value_of(given)])
            return interp.settle(calls.call(interp, self.loader, args, place, awaited=True))
        if name in ("useParams", "useSearch"):
            return value_of(Input("path" if name == "useParams" else "query"))
        return value_of(obj) if name in ("update", "lazy", "addChildren") else None


def file_route(call: LibraryCall) -> Value | None:
    """`createFileRoute(path)(options)`, `createRoute(options)`."""
    options = call.args.get(0)
    component = field_of(options, "component")
    if component is not None:
        props = partial(props_of, call.place.path, {})
        show(call.interp, call.models, call.place.path, component, props, "a page")
    return native_object(call.interp, "route", FileRoute(field_of(options, "loader")), call.place, "a route")


# ---------------------------------------------------------------- Qwik


def route_data(call: LibraryCall) -> Value | None:
    """`routeLoader$(fn)`, `routeAction$(fn)`: runs on the server; a component asks the hook for what it gives, as `value`."""
    fn = call.args.get(0)
    if fn is None or not ui_state.is_function(fn):
        return None
    page, place = call.place.path, place_for(fn, call.place)
    name = f"data at {place.line}"
    is_action = bool(call.settings.get("action"))
    kind = EntryKind.SERVER_ACTION if is_action else EntryKind.HTTP_ROUTE

    make = partial(ActionData if is_action else Data, page, name)
    register(call.models, Entry(kind, f"{'an action' if is_action else 'data'} of a page", place, fn, make))

    def hook(interp: Interpreter, args: Arguments, at: Place) -> Value:
        held = data_of(interp.models, page, name)
        made = interp.new("object", place=at)
        made.fields = {"value": held if held is not None else unknown("data of a page")}
        return value_of(made)

    return value_of(NativeFn("data", hook))


class ActionData(Data):
    """`routeAction$(async (data, event) => …)`."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[value_of(Input("body")), *super().arguments(interp, fn).positional])


class ServerFunction(OneEvent):
    """`server$(async function (a, b) { … this.env … })`: arguments come from the browser, `this` is the event."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        event = self.made(interp)
        for atom in fn.only(Fn):
            if atom.function.kind != "arrow":
                atom.this = event
        return Arguments(rest=value_of(Input("body")))


def server_function(call: LibraryCall) -> Value | None:
    """`server$(fn)`: a function that the browser calls by itself; it may do so at any time."""
    fn = call.args.get(0)
    if fn is None or not ui_state.is_function(fn):
        return None
    register(
        call.models,
        Entry(EntryKind.SERVER_ACTION, "a server function", place_for(fn, call.place), fn, ServerFunction),
    )
    return fn


# ---------------------------------------------------------------- Gatsby


class Build(Convention):
    """`createPages({actions, graphql, reporter})` of gatsby-node: what pages are given is written into files that browsers load."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        given = interp.new("object", place=place)
        given.fields = {"actions": native_object(interp, "object", BuildActions(), place, "actions")}
        given.rest = unknown("what Gatsby passes")
        return Arguments(positional=[value_of(given)])


class BuildActions(Native):
    """`actions` of Gatsby."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(NativeFn(name, lambda inner, args, at: self.method(inner, obj, name, args, at) or V_NONE))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "createPage" and args.positional:
            context = field_of(args.positional[0], "context")
            if context is not None:
                at = next((each.place for each in context.only(Obj) if each.place is not None), place)
                sinks.hand_over(interp, context, at, "render")
                for text in (field_of(args.positional[0], "component") or NOTHING).strings():
                    page = text.rpartition("{?}")[2].removeprefix("./").strip("/")
                    for path in interp.models.project.files:
                        if page and (path == page or path.endswith(f"/{page}")):
                            keep(interp, path, "context", context)
        return V_NONE


__all__ = ["Data", "show"]
