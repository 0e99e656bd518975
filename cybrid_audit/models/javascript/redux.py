"""Redux Toolkit: slices, thunks, the store, and the endpoints of RTK Query.

Dispatching happens at once: an action runs its reducers when it is made, a thunk when it is called. Slices are cells of `ui_state`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Fn,
    Obj,
    Place,
    Promise,
    Response,
    Value,
    constant,
    join_all,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models import http, platform
from cybrid_audit.models.javascript import ui_state
from cybrid_audit.models.javascript.builtins import settled
from cybrid_audit.models.javascript.urls import new_headers
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

FULFILLED: Final = ("fulfilled", "matchFulfilled", "settled")


# ---------------------------------------------------------------- slices


class Slice(Native):
    """`createSlice(options)`: its state, its reducer and its actions."""

    __slots__ = ("actions", "held")

    def __init__(self, held: Obj, actions: Value) -> None:
        self.held = held
        self.actions = actions

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "reducer":
            return native_object(interp, "reducer", Reducer(self.held), place, "a reducer")
        if name == "actions":
            return self.actions
        if name == "getInitialState":
            return value_of(NativeFn(name, lambda inner, args, at: ui_state.read(self.held)))
        return None


class Reducer(Native):
    """The reducer of a slice, by which a store knows its state."""

    __slots__ = ("held",)

    def __init__(self, held: Obj) -> None:
        self.held = held


def reduce(interp: Interpreter, held: Obj, reducer: Value, payload: Value, place: Place) -> None:
    """Let a reducer change a state with an action: what it returns is the state, else what it wrote into it."""
    action = interp.new("object", place=place)
    action.fields = {"payload": payload, "type": unknown("a type"), "meta": unknown("what came with an action")}
    returned = calls.call(
        interp, reducer, Arguments(positional=[ui_state.read(held), value_of(action)]), place, awaited=True
    )
    given = Value(tuple(pair for pair in returned.alts if isinstance(pair[0], Obj)))
    if given.alts:
        ui_state.keep(interp, held, given)


def create_slice(call: LibraryCall) -> Value | None:
    """`createSlice({name, initialState, reducers, extraReducers})`."""
    interp, options = call.interp, call.args.get(0)
    start = field_of(options, "initialState")
    if ui_state.is_function(start):
        start = calls.call(interp, start or NOTHING, Arguments(), call.place, awaited=True)
    held = ui_state.cell(interp, call.place, start)
    for whole in ui_state.read(held).only(Obj):
        # What reducers write into it stays.
        whole.shared = True
    actions = interp.new("object", place=call.place)
    reducers = field_of(options, "reducers")
    for obj in reducers.only(Obj) if reducers is not None else ():
        for name, value in obj.fields.items():
            inner = field_of(value, "reducer")
            actions.fields[name] = _action(held, inner if inner is not None else value)
    extra = field_of(options, "extraReducers")
    if extra is not None and ui_state.is_function(extra):
        builder = native_object(interp, "builder", Cases(held), call.place, "a builder")
        calls.call(interp, extra, Arguments(positional=[builder]), call.place, awaited=True)
    return native_object(interp, "slice", Slice(held, value_of(actions)), call.place, "a slice")


def _action(held: Obj, reducer: Value) -> Value:
    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        reduce(interp, held, reducer, args.get(0) or V_NONE, place)
        made = interp.new("object", place=place)
        made.fields = {"payload": args.get(0) or V_NONE}
        return value_of(made)

    return value_of(NativeFn("action", run))


class Cases(Native):
    """The builder of `extraReducers`: which reducer runs when a thunk or a request has succeeded."""

    __slots__ = ("held",)

    def __init__(self, held: Obj) -> None:
        self.held = held

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("addCase", "addMatcher") and len(args.positional) > 1:
            for marker in args.positional[0].only(Obj):
                if isinstance(marker.native, Fulfilled):
                    marker.native.job.cases.append((self.held, args.positional[1]))
        return value_of(obj)


# ---------------------------------------------------------------- thunks, the store


class Job:
    """Something asynchronous whose result reducers wait for."""

    __slots__ = ("cases",)

    def __init__(self) -> None:
        self.cases: list[tuple[Obj, Value]] = []

    def done(self, interp: Interpreter, result: Value, place: Place) -> None:
        """Tell the reducers."""
        for held, reducer in self.cases:
            reduce(interp, held, reducer, result, place)


class Fulfilled(Native):
    """`thunk.fulfilled`, `endpoint.matchFulfilled`."""

    __slots__ = ("job",)

    def __init__(self, job: Job) -> None:
        self.job = job


class Thunk(Native):
    """`createAsyncThunk(type, fn)`: runs when it is called."""

    __slots__ = ("fn", "job")

    def __init__(self, fn: Value) -> None:
        self.fn = fn
        self.job = Job()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in FULFILLED:
            return native_object(interp, "marker", Fulfilled(self.job), place, "a marker")
        return unknown("a marker") if name in ("pending", "rejected", "typePrefix") else None

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        tools = interp.new("object", place=place)
        tools.fields = {
            "getState": value_of(NativeFn("getState", lambda inner, given, at: state_of(inner, at))),
            "dispatch": value_of(NativeFn("dispatch", dispatch)),
            "rejectWithValue": value_of(NativeFn("reject", lambda inner, given, at: given.get(0) or V_NONE)),
            "extra": unknown("what the store was made with"),
            "signal": unknown("a signal"),
        }
        given = Arguments(positional=[args.get(0) or V_NONE, value_of(tools)])
        result = settled(interp, calls.call(interp, self.fn, given, place, awaited=True))[0]
        self.job.done(interp, result, place)
        return native_object(interp, "promise", Dispatched(result), place, "what was dispatched")


class Dispatched(Native):
    """What dispatching a thunk or a request gives: a promise of an action, with `unwrap`."""

    __slots__ = ("result",)

    def __init__(self, result: Value) -> None:
        self.result = result

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "unwrap":
            return value_of(Promise(self.result))
        if name in ("then", "finally", "catch"):
            for value in args.positional[:1] if name == "then" else ():
                action = self.attribute(interp, obj, "", place) or V_NONE
                calls.call(interp, value, Arguments(positional=[action]), place, awaited=True)
            return value_of(Promise(value_of(obj)))
        return unknown(f"the result of {name}") if name in ("abort", "unsubscribe", "refetch") else None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("payload", "data"):
            return self.result
        if name:
            return None
        made = interp.new("object", place=place)
        made.fields = {"payload": self.result, "data": self.result}
        return value_of(made)

    def awaited(self, interp: Interpreter, obj: Obj) -> Value | None:
        return self.attribute(interp, obj, "", obj.place or interp.no_place(""))


def create_thunk(call: LibraryCall) -> Value | None:
    """`createAsyncThunk(type, fn)`."""
    fn = call.args.get(1)
    if fn is None or not ui_state.is_function(fn):
        return None
    return native_object(call.interp, "thunk", Thunk(fn), call.place, "a thunk")


def dispatch(interp: Interpreter, args: Arguments, place: Place) -> Value:
    """`dispatch(x)`: plain thunks run; what was made for it has run already."""
    given = args.get(0) or V_NONE
    if given.only(Fn):
        tools = [
            value_of(NativeFn("dispatch", dispatch)),
            value_of(NativeFn("getState", lambda inner, more, at: state_of(inner, at))),
        ]
        return calls.call(interp, given, Arguments(positional=tools), place, awaited=True)
    if any(obj.kind == "object" and obj.native is None for obj in given.only(Obj)):
        plain: list[tuple[Obj, Value]] = interp.models.memory("plain reducers", list)
        for held, reducer in plain:
            returned = calls.call(
                interp, reducer, Arguments(positional=[ui_state.read(held), given]), place, awaited=True
            )
            ui_state.keep(interp, held, Value(tuple(pair for pair in returned.alts if isinstance(pair[0], Obj))))
    return given


class Store(Native):
    """`configureStore({reducer})`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "getState":
            return state_of(interp, place)
        if name == "dispatch":
            return dispatch(interp, args, place)
        return unknown(f"the result of {name}") if name in ("subscribe", "replaceReducer") else None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("getState", "dispatch"):
            return value_of(NativeFn(name, lambda inner, args, at: self.method(inner, obj, name, args, at) or V_NONE))
        return None


def configure(call: LibraryCall) -> Value | None:
    """`configureStore({reducer})`, `createStore(reducer)`, `combineReducers({…})`: what the state of the application is made of."""
    first = call.args.get(0)
    reducers = field_of(first, "reducer") if call.path.endswith("configureStore") else first
    if reducers is None:
        return None
    if ui_state.is_function(reducers):
        _part(call.interp, "", reducers)
    for obj in reducers.only(Obj):
        if isinstance(obj.native, Reducer):
            _part(call.interp, "", value_of(obj))
        for name, value in obj.fields.items():
            _part(call.interp, name, value)
    if call.settings.get("combines"):
        return unknown("a reducer")
    return native_object(call.interp, "store", Store(), call.place, "the store")


def _part(interp: Interpreter, name: str, reducer: Value) -> None:
    """Make a reducer's state a part of the application's: a slice's, or that of a function of the project."""
    parts: dict[str, Obj] = interp.models.memory("redux state", dict)
    for obj in reducer.only(Obj):
        if isinstance(obj.native, Reducer):
            parts[name] = obj.native.held
    plain: list[tuple[Obj, Value]] = interp.models.memory("plain reducers", list)
    for fn in reducer.only(Fn):
        at = place_of(fn.module.path, fn.function.span)
        action = interp.new("object", place=at)
        action.fields = {"type": constant("@@INIT")}
        start = Arguments(positional=[V_NONE, value_of(action)])
        made = calls.call(interp, value_of(fn), start, at, awaited=True)
        parts[name] = ui_state.cell(interp, at, Value(tuple(pair for pair in made.alts if isinstance(pair[0], Obj))))
        plain.append((parts[name], value_of(fn)))


def state_of(interp: Interpreter, place: Place) -> Value:
    """Return the state of the application: that of every slice under its name."""
    parts: dict[str, Obj] = interp.models.memory("redux state", dict)
    if "" in parts:
        return ui_state.read(parts[""])
    state = interp.new("object", place=place)
    state.fields = {name: ui_state.read(held) for name, held in parts.items()}
    return value_of(state) if state.fields else unknown("the state of the application")


class Connected(Native):
    """`connect(mapState, mapDispatch)(Component)`: the component, which gets parts of the state and functions that dispatch."""

    __slots__ = ("actions", "component", "state")

    def __init__(self, component: Value, state: Value | None, actions: Value | None) -> None:
        self.component = component
        self.state = state
        self.actions = actions

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        from cybrid_audit.models.frameworks import pages

        props = interp.new("object", place=place)
        own = args.get(0)
        if own is not None:
            attributes.spread_into(interp, props, own)
        if self.state is not None and ui_state.is_function(self.state):
            given = Arguments(positional=[state_of(interp, place), own or V_NONE])
            attributes.spread_into(interp, props, calls.call(interp, self.state, given, place, awaited=True))
        made = self.actions
        if made is not None and ui_state.is_function(made):
            given = Arguments(positional=[value_of(NativeFn("dispatch", dispatch)), own or V_NONE])
            attributes.spread_into(interp, props, calls.call(interp, made, given, place, awaited=True))
        for creators in made.only(Obj) if made is not None else ():
            for name, creator in creators.fields.items():
                props.fields[name] = _dispatching(creator)
        props.fields.setdefault("dispatch", value_of(NativeFn("dispatch", dispatch)))
        pages.run_components(interp, self.component, value_of(props), place)
        return unknown("markup")


def _dispatching(creator: Value) -> Value:
    """Return a function that dispatches what an action creator makes."""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        made = calls.call(interp, creator, args, place, awaited=True)
        return dispatch(interp, Arguments(positional=[made]), place)

    return value_of(NativeFn("dispatching", run))


def connect(call: LibraryCall) -> Value | None:
    """`connect(mapState, mapDispatch)`: a function that connects a component."""
    state, actions = call.args.get(0), call.args.get(1)

    def wrap(interp: Interpreter, args: Arguments, place: Place) -> Value:
        native = Connected(args.get(0) or NOTHING, state, actions)
        return native_object(interp, "component", native, place, "a connected component")

    return value_of(NativeFn("connect", wrap))


def select(call: LibraryCall) -> Value | None:
    """`useSelector(state => …)`."""
    fn = call.args.get(0)
    if fn is None:
        return None
    given = Arguments(positional=[state_of(call.interp, call.place)])
    return calls.call(call.interp, fn, given, call.place, awaited=True)


def selector(call: LibraryCall) -> Value | None:
    """`createSelector(a, b, (a, b) => …)`."""
    fns = [
        each
        for value in call.args.positional
        for each in (operators.known_items(call.interp, value) or [value] if value.only(Obj) else [value])
        if ui_state.is_function(each)
    ]
    if not fns:
        return None

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        taken = [calls.call(interp, fn, args, place, awaited=True) for fn in fns[:-1]]
        return calls.call(interp, fns[-1], Arguments(positional=taken), place, awaited=True)

    return value_of(NativeFn("selector", run))


def dispatcher(call: LibraryCall) -> Value | None:
    """`useDispatch()`, `useStore()`."""
    if call.settings.get("whole"):
        return native_object(call.interp, "store", Store(), call.place, "the store")
    return value_of(NativeFn("dispatch", dispatch))


# ---------------------------------------------------------------- RTK Query


class BaseQuery(Native):
    """`fetchBaseQuery({baseUrl, prepareHeaders})`: sends what an endpoint asks for."""

    __slots__ = ("options",)

    def __init__(self, options: Value) -> None:
        self.options = options

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        result = interp.new("object", place=place)
        result.fields = {"data": self.sent(interp, args.get(0) or NOTHING, place), "error": unknown("an error")}
        return value_of(Promise(value_of(result)))

    def sent(self, interp: Interpreter, asked: Value, place: Place) -> Value:
        """Send a request that is a URL or an object; return the body of its answer."""
        merged = interp.new("object", place=place)
        headers = field_of(self.options, "headers")
        if headers is not None:
            merged.fields["headers"] = headers
        base = field_of(self.options, "baseUrl")
        if base is not None:
            merged.fields["baseUrl"] = base
        url = asked
        for given in asked.only(Obj):
            attributes.spread_into(interp, merged, value_of(given))
            url = given.fields.get("url", NOTHING)
        args = Arguments(positional=[url, value_of(merged)])
        out = http.assemble(interp, args, place, {"url": 0, "options": 1}, None)
        prepare = field_of(self.options, "prepareHeaders")
        if prepare is not None:
            call = LibraryCall(interp, interp.models, "Headers", frozenset(), Arguments(), place, {})
            held = new_headers(call) or NOTHING
            tools = interp.new("object", place=place)
            tools.fields = {"getState": value_of(NativeFn("getState", lambda inner, more, at: state_of(inner, at)))}
            given_back = calls.call(interp, prepare, Arguments(positional=[held, value_of(tools)]), place, awaited=True)
            http.merge_headers(interp, out, held)
            http.merge_headers(interp, out, Value(tuple(p for p in given_back.alts if isinstance(p[0], Obj))))
        answer = platform.send(interp, out)
        return join_all(atom.body for atom in answer.only(Response))


def base_query(call: LibraryCall) -> Value | None:
    """`fetchBaseQuery(options)`."""
    return native_object(call.interp, "query", BaseQuery(call.args.get(0) or NOTHING), call.place, "a base query")


def retried(call: LibraryCall) -> Value | None:
    """`retry(baseQuery)`: the same."""
    return call.args.get(0)


class Endpoint(Native):
    """An endpoint of an API: `query` says what to ask for, `queryFn` asks itself."""

    __slots__ = ("api", "job", "options")

    def __init__(self, api: Value, options: Value) -> None:
        self.api = api
        self.options = options
        self.job = Job()

    def run(self, interp: Interpreter, given: Value, place: Place) -> Value:
        """Ask, and return what the answer holds. The request is where the endpoint says what it asks for."""
        asked = field_of(self.options, "query")
        own = field_of(self.options, "queryFn")
        if asked is not None:
            at = next(
                (place_of(atom.module.path, atom.function.span) for atom in asked.only(Fn)),
                place,
            )
            request = calls.call(interp, asked, Arguments(positional=[given]), at, awaited=True)
            result = self._sent(interp, request, at)
        elif own is not None:
            send = value_of(NativeFn("baseQuery", self._answer))
            args = Arguments(positional=[given, unknown("an API"), unknown("options"), send])
            held = settled(interp, calls.call(interp, own, args, place, awaited=True))[0]
            data = field_of(held, "data")
            result = data if data is not None else unknown("data of a query")
        else:
            return unknown("data of a query")
        changed = field_of(self.options, "transformResponse")
        if changed is not None:
            result = calls.call(interp, changed, Arguments(positional=[result]), place, awaited=True)
        self.job.done(interp, result, place)
        return result

    def _sent(self, interp: Interpreter, request: Value, place: Place) -> Value:
        result = NOTHING
        for obj in self.api.only(Obj):
            if isinstance(obj.native, BaseQuery):
                result = result.join(obj.native.sent(interp, request, place))
        if self.api.only(Fn):
            # A base query of the project's own.
            args = Arguments(positional=[request, unknown("an API"), unknown("options")])
            held = settled(interp, calls.call(interp, self.api, args, place, awaited=True))[0]
            data = field_of(held, "data")
            result = result.join(data if data is not None else NOTHING)
        return result if result.alts else unknown("data of a query")

    def _answer(self, interp: Interpreter, args: Arguments, place: Place) -> Value:
        made = interp.new("object", place=place)
        made.fields = {"data": self._sent(interp, args.get(0) or NOTHING, place)}
        return value_of(Promise(value_of(made)))

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in FULFILLED:
            return native_object(interp, "marker", Fulfilled(self.job), place, "a marker")
        if name in ("initiate", "useQuery", "useMutation", "useLazyQuery", "useQuerySubscription"):
            return hook(self, name)
        return unknown("a marker") if name in ("matchPending", "matchRejected", "select") else None


def hook(endpoint: Endpoint, name: str) -> Value:
    """Return a hook of an endpoint: one that asks at once, or one that gives a function that asks."""

    def at_once(interp: Interpreter, args: Arguments, place: Place) -> Value:
        result = interp.new("object", place=place)
        data = endpoint.run(interp, args.get(0) or V_NONE, place)
        result.fields = {"data": data, "isLoading": unknown("a state"), "error": unknown("an error")}
        return value_of(result)

    def later(interp: Interpreter, args: Arguments, place: Place) -> Value:
        result = interp.new("object", place=place)
        cell = ui_state.cell(interp, place, None)
        result.fields = {"data": ui_state.read(cell), "isLoading": unknown("a state"), "error": unknown("an error")}

        def trigger(inner: Interpreter, given: Arguments, at: Place) -> Value:
            data = endpoint.run(inner, given.get(0) or V_NONE, at)
            ui_state.keep(inner, cell, data)
            return native_object(inner, "promise", Dispatched(data), at, "what was dispatched")

        return ui_state.pair(interp, place, value_of(NativeFn("trigger", trigger)), value_of(result))

    def started(interp: Interpreter, args: Arguments, place: Place) -> Value:
        data = endpoint.run(interp, args.get(0) or V_NONE, place)
        return native_object(interp, "promise", Dispatched(data), place, "what was dispatched")

    run = started if name == "initiate" else later if "Lazy" in name or name.endswith("Mutation") else at_once
    return value_of(NativeFn(name, run))


class Api(Native):
    """`createApi(options)`: endpoints by name, and a hook for each."""

    __slots__ = ("base", "endpoints")

    def __init__(self, base: Value) -> None:
        self.base = base
        self.endpoints: dict[str, Value] = {}

    def take(self, interp: Interpreter, options: Value | None, place: Place) -> None:
        """Take the endpoints of `endpoints: (build) => ({…})`."""
        maker = field_of(options, "endpoints")
        if maker is None:
            return
        builder = native_object(interp, "builder", Endpoints(self), place, "a builder")
        made = calls.call(interp, maker, Arguments(positional=[builder]), place, awaited=True)
        for obj in made.only(Obj):
            self.endpoints.update(obj.fields)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "endpoints":
            holder = interp.new("object", place=place)
            holder.fields = dict(self.endpoints)
            return value_of(holder)
        if name in ("reducerPath", "reducer", "middleware", "util", "internalActions"):
            return unknown(f"the {name} of an API")
        for known, value in self.endpoints.items():
            for each in value.only(Obj):
                if (
                    isinstance(each.native, Endpoint)
                    and name[:3] == "use"
                    and name[3:].removeprefix("Lazy").startswith(known[:1].upper() + known[1:])
                ):
                    rest = name[3:].removeprefix("Lazy")[len(known) :]
                    if rest.startswith(("Query", "Mutation", "Infinite", "Suspense")):
                        return hook(each.native, name)
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "injectEndpoints":
            self.take(interp, args.get(0), place)
            return value_of(obj)
        if name == "enhanceEndpoints":
            return value_of(obj)
        held = self.attribute(interp, obj, name, place)
        return calls.call(interp, held, args, place) if held is not None else None


class Endpoints(Native):
    """`build.query(options)`, `build.mutation(options)`."""

    __slots__ = ("api",)

    def __init__(self, api: Api) -> None:
        self.api = api

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name not in ("query", "mutation", "infiniteQuery") or not args.positional:
            return None
        endpoint = Endpoint(self.api.base, args.positional[0])
        return native_object(interp, "endpoint", endpoint, place, "an endpoint")


def create_api(call: LibraryCall) -> Value | None:
    """`createApi({baseQuery, endpoints})`."""
    options = call.args.get(0)
    native = Api(field_of(options, "baseQuery") or NOTHING)
    native.take(call.interp, options, call.place)
    return native_object(call.interp, "api", native, call.place, "an API")
