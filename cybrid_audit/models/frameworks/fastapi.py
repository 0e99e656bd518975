"""FastAPI and what works like it: routers, dependencies in parameters, middleware. Starlette's and Litestar's applications too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
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
    Scope,
    Stored,
    Value,
    join_all,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.limits import MAX_DEPENDENCY_DEPTH
from cybrid_audit.models.entries import Step
from cybrid_audit.models.frameworks.python_web import (
    VERBS,
    Routes,
    WithRequest,
    decorates,
    decorator,
    fresh_instance,
    hook,
    in_module,
    listed,
    parameter_names,
    routes_object,
    shared_map,
    tail,
    text,
    texts,
    through,
    unwrapped,
)
from cybrid_audit.models.frameworks.sockets_python import socket_object
from cybrid_audit.models.frameworks.tasks import run_apart
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

REQUESTS: Final = frozenset({"Request", "HTTPConnection", "ASGIConnection", "ConnectionRequest"})
SOCKETS: Final = frozenset({"WebSocket"})
REPLIES: Final = frozenset({"Response"})


@dataclass(slots=True)
class Dependency(Native):
    """`Depends(fn)`, and `Security(fn, scopes=[…])` with the scopes that it asks for."""

    fn: Value | None
    scopes: tuple[Value, ...] = ()


@dataclass(slots=True)
class Parameter(Native):
    """`Query(...)`, `Header(...)`, `Body(...)`: where a parameter's value comes from."""

    kind: str
    default: Value | None = None


@dataclass(slots=True)
class Alias(Native):
    """`Annotated[T, Depends(f)]` kept in a variable."""

    mark: Value
    annotated: Value


class Injected(WithRequest):
    """Parameters are filled by dependencies and from the request; one result per dependency and request."""

    def __init__(self) -> None:
        super().__init__()
        self.solved: dict[object, Value] = {}
        self.named: dict[str, Value] = {}
        """Dependencies that routes name rather than parameters (Litestar)."""
        self.connection: Value | None = None
        self.scopes: tuple[Value, ...] = ()
        """What the dependencies that are being solved ask for, the outermost first."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        self.tell(interp, fn)
        for atom in fn.only(Fn):
            for obj in atom.this.only(Obj) if atom.this is not None else ():
                self.construct(interp, obj)
        return self.solve(interp, fn, 0)

    def construct(self, interp: Interpreter, obj: Obj) -> None:
        """Solve what a class of views declares for all of them: fields that are dependencies, and its constructor's."""
        if obj.cls is None or obj.shared:
            return
        for info in reversed(list(obj.cls.ancestry())):
            for name, held in info.statics.fields.items():
                if any(isinstance(each.native, Dependency) for each in held.only(Obj)):
                    obj.fields[name] = self.marked(interp, held, name, None, 0)
        found = obj.cls.method("__init__")
        if found is not None:
            fn = value_of(Fn(found[0], found[1].scope, found[1].module, value_of(obj), found[1]))
            calls.call(interp, fn, self.solve(interp, fn, 1), interp.no_place(found[1].module.path), awaited=True)

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        if step.mode in ("next", "response"):
            return Arguments(positional=[self.incoming(interp), next_fn])
        if step.mode == "hook":
            return Arguments(positional=[self.incoming(interp), unknown("the route")][: step_width(step)])
        return self.solve(interp, step.fn, 0)

    def socket(self, interp: Interpreter) -> Value:
        """Return the one connection of this run."""
        if self.connection is None:
            self.connection = socket_object(interp, interp.no_place(interp.frame.module.path))
        return self.connection

    def solve(self, interp: Interpreter, value: Value, depth: int) -> Arguments:
        """Return the arguments of a function, its dependencies run."""
        given = Arguments()
        fn = called(interp, value)
        if fn is None or depth > MAX_DEPENDENCY_DEPTH:
            return given
        fn = unwrapped(fn)
        names = set(parameter_names(fn))
        for param in fn.function.params:
            if isinstance(param.target, ir.Name) and param.target.id in names:
                given.keywords[param.target.id] = self.argument(interp, fn, param, depth)
                if interp.state is None:
                    break
        return given

    def argument(self, interp: Interpreter, fn: Fn, param: ir.Param, depth: int) -> Value:
        """Return one argument."""
        name = param.target.id if isinstance(param.target, ir.Name) else ""
        interp.push(Scope(fn.scope, fn.module), fn.module, place_of(fn.module.path, param.span), None)
        try:
            annotation = param.annotation
            if isinstance(annotation, ir.Name | ir.Attribute):
                for obj in interp.eval(annotation).only(Obj):
                    # An alias: `CurrentUser = Annotated[User, Depends(current_user)]`.
                    if isinstance(obj.native, Alias):
                        return self.marked(interp, obj.native.mark, name, obj.native.annotated, depth)
            marks: list[ir.Expr] = [param.default] if param.default is not None else []
            if isinstance(annotation, ir.Index) and tail(annotation.object) == "Annotated":
                items = annotation.index.items if isinstance(annotation.index, ir.List) else (annotation.index,)
                marks = [*items[1:], *marks]
                annotation = items[0] if items else None
            for node in marks:
                value = interp.eval(node)
                if any(isinstance(obj.native, Dependency | Parameter) for obj in value.only(Obj)):
                    return self.marked(
                        interp, value, name, interp.eval(annotation) if annotation is not None else None, depth
                    )
            special = self.by_type(interp, tail(annotation), name, fn)
            if special is not None:
                return special
            if name in self.named:
                return self.run(interp, self.named[name], depth)
            if param.default is not None:
                return value_of(Input("query", name)).join(interp.eval(param.default))
            return value_of(Input("body", name))
        finally:
            interp.pop()

    def by_type(self, interp: Interpreter, kind: str, name: str, fn: Fn) -> Value | None:
        """Return what a framework passes for a parameter's type alone."""
        if kind in REQUESTS or (not kind and name == "request"):
            return self.incoming(interp)
        if kind in SOCKETS or (not kind and name in ("websocket", "socket", "ws")):
            return self.socket(interp)
        if kind in REPLIES:
            return self.outgoing(interp)
        if kind == "SecurityScopes":
            asked = interp.new("object", place=interp.no_place(fn.module.path))
            listed_scopes = interp.new("list", place=asked.place)
            listed_scopes.items = list(self.scopes)
            asked.fields = {"scopes": value_of(listed_scopes), "scope_str": unknown("the scopes that are asked for")}
            return value_of(asked)
        if kind == "BackgroundTasks":
            return native_object(
                interp, "tasks", BackgroundTasks(), interp.no_place(fn.module.path), "background tasks"
            )
        return None

    def marked(self, interp: Interpreter, mark: Value, name: str, annotated: Value | None, depth: int) -> Value:
        """Return what a dependency gives, or the input that a parameter mark names."""
        result = NOTHING
        for obj in mark.only(Obj):
            if isinstance(obj.native, Parameter):
                result = result.join(value_of(Input(obj.native.kind, name)))
                if obj.native.default is not None:
                    result = result.join(obj.native.default)
            elif isinstance(obj.native, Dependency):
                fn = obj.native.fn if obj.native.fn is not None else annotated
                if fn is not None:
                    before = self.scopes
                    self.scopes = (*before, *obj.native.scopes)
                    result = result.join(self.run(interp, fn, depth))
                    self.scopes = before
        return result if result.alts else value_of(Input("body", name))

    def run(self, interp: Interpreter, fn: Value, depth: int) -> Value:
        """Run a dependency once per request."""
        overridden: dict[object, Value] = interp.models.memory("dependency overrides", dict)
        key: object = frozenset(
            (id(atom.function), id(atom.scope), atom.this) if isinstance(atom, Fn) else id(atom) for atom in fn.atoms()
        )
        fn = overridden.get(key, fn)
        if self.scopes:
            key = (key, tuple(text for scope in self.scopes for text in scope.strings()))
        if key in self.solved:
            return self.solved[key]
        place = interp.no_place(interp.frame.module.path)
        atom = next((each for each in fn.atoms() if isinstance(each, Fn)), None)
        if atom is not None:
            place = place_of(atom.module.path, atom.function.span)
        if any(isinstance(each, Lib) for each in fn.atoms()):
            result = value_of(Input("header", "authorization"))
        elif all(
            isinstance(each, Obj) and each.cls is not None and each.cls.method("__call__") is None
            for each in fn.atoms()
        ):
            # What a container already handed out: `Depends(Provide[Container.service])`.
            result = fn
        else:
            saved = interp.shared_births
            interp.shared_births = 0
            args = self.solve(interp, fn, depth + 1)
            result = (
                interp.settle(calls.call(interp, fn, args, place, awaited=True))
                if interp.state is not None
                else NOTHING
            )
            interp.shared_births = saved
            yielded = [obj for obj in result.only(Obj) if obj.kind == "generator"]
            if yielded:
                result = join_all(obj.rest or NOTHING for obj in yielded)
        self.solved[key] = result
        return result


def step_width(step: Step) -> int:
    """Return how many arguments a hook takes."""
    fn = next(iter(step.fn.only(Fn)), None)
    return (
        max(1, len(parameter_names(fn)))
        if fn is not None and not any(p.kind == "rest" for p in fn.function.params)
        else 2
    )


def called(interp: Interpreter, value: Value) -> Fn | None:
    """Return the function that calling a value runs: itself, a callable's `__call__`, a class's constructor."""
    fn = next((atom for atom in value.atoms() if isinstance(atom, Fn)), None)
    if fn is not None:
        return fn
    for obj in value.only(Obj):
        method = obj.cls.method("__call__") if obj.cls is not None else None
        if method is not None:
            return Fn(method[0], method[1].scope, method[1].module, value_of(obj), method[1])
    for info in value.only(ClassInfo):
        method = info.method("__init__")
        if method is not None:
            return Fn(method[0], method[1].scope, method[1].module, value_of(info), method[1])
    return None


class BackgroundTasks(Native):
    """Tasks that run after the answer: they inherit what the request has passed."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "add_task" and args.positional:
            run_apart(
                interp, args.positional[0], Arguments(args.positional[1:], args.keywords, args.rest, args.kwrest), place
            )
            return V_NONE
        return None


# ---------------------------------------------------------------- applications and routers


@dataclass(slots=True)
class App(Routes):
    """An application or router. Middleware that is added last runs first."""

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("state", "extra", "ctx"):
            return shared_map(interp, obj, name, place)
        if name == "dependency_overrides":
            return native_object(interp, "map", Overrides(), place, "overrides of dependencies")
        if name == "router":
            return value_of(obj)
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in VERBS or name in ("api_route", "route", "websocket", "websocket_route", "api_websocket_route"):
            path = text(args.get(0, "path"))
            steps = dependencies(interp, args.keywords.get("dependencies"), place)
            methods = [name.upper()] if name in VERBS else texts(interp, args.keywords.get("methods"))
            return decorator(lambda inner, value, at: self.add(path, methods, value, at, steps))
        if name in ("add_api_route", "add_route", "add_websocket_route", "add_api_websocket_route"):
            endpoint = args.get(1, "endpoint") or args.get(1, "route")
            if endpoint is not None:
                self.add(
                    text(args.get(0, "path")),
                    texts(interp, args.get(2, "methods")),
                    endpoint,
                    place,
                    dependencies(interp, args.keywords.get("dependencies"), place),
                )
            return V_NONE
        if name == "include_router":
            self.mount(
                args.get(0, "router"),
                text(args.keywords.get("prefix")),
                dependencies(interp, args.keywords.get("dependencies"), place),
            )
            return V_NONE
        if name in ("mount", "host", "mount_gradio_app"):
            self.mount(args.get(1, "app"), text(args.get(0, "path")))
            return V_NONE
        if name == "middleware":
            return hook(self.before, Arguments(), place, "next", first=True)
        if name == "add_middleware":
            self.before[:0] = middleware_steps(interp, args.get(0, "middleware_class"), args.keywords, place)
            return V_NONE
        if name in ("on_event", "add_event_handler"):
            if name == "add_event_handler":
                value = args.get(1, "func")
                return start(interp, value, obj, place) if value is not None else V_NONE
            if text(args.get(0)) == "startup":
                return decorator(lambda inner, value, at: start(inner, value, obj, at))
            return through(Arguments())
        if name in ("exception_handler", "event", "add_exception_handler", "register_exception_handler"):
            return through(args) if name != "add_exception_handler" else V_NONE
        return None


class Overrides(Native):
    """`app.dependency_overrides[f] = g` outside tests: `g` runs in place of `f`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return V_NONE if name in ("clear", "pop", "update") else None


def start(interp: Interpreter, value: Value, app: Obj, place: Place) -> Value:
    """Run what an application runs once when it starts; what it keeps is shared by all requests."""
    fn = next(iter(value.only(Fn)), None)
    names = parameter_names(fn) if fn is not None else []
    result = interp.settle(
        calls.call(interp, value, Arguments(positional=[value_of(app)] if names else []), place, awaited=True)
    )
    for obj in result.only(Obj):
        if obj.kind == "generator" and obj.rest is not None:
            # What a lifespan yields becomes the state of requests.
            for given in obj.rest.only(Obj):
                held = attributes.get_attribute(interp, value_of(app), "state", place)
                for state in held.only(Obj):
                    attributes.spread_into(interp, state, value_of(given))
    return value


def middleware_steps(interp: Interpreter, value: Value | None, keywords: dict[str, Value], place: Place) -> list[Step]:
    """Return the steps of a middleware class: with `dispatch(request, call_next)`, or of the ASGI kind."""
    found: list[Step] = []
    for atom in value.atoms() if value is not None else ():
        options = {name: held for name, held in keywords.items() if name not in ("middleware_class", "dispatch")}
        if isinstance(atom, ClassInfo):
            found.append(class_middleware(interp, atom, options, place))
        elif isinstance(atom, Lib) and "dispatch" in keywords:
            found.append(Step(keywords["dispatch"], "next", place))
        elif isinstance(atom, Fn):
            found.append(asgi_step(value_of(atom), options, place))
    return found


def class_middleware(interp: Interpreter, info: ClassInfo, options: dict[str, Value], place: Place) -> Step:
    """Return the step of a middleware class."""
    found = info.method("dispatch")
    if found is None:
        return asgi_step(value_of(info), options, place_of(info.module.path, info.definition.span))
    made = fresh_instance(interp, info, place, Arguments(positional=[unknown("the application")], keywords=options))
    fn = in_module(interp, info, lambda: attributes.get_attribute(interp, made, "dispatch", place))
    return Step(fn, "next", place_of(info.module.path, found[0].span))


def asgi_step(value: Value, options: dict[str, Value], place: Place) -> Step:
    """Return the step of a middleware that wraps the application: `App(inner)(scope, receive, send)`."""

    def run(interp: Interpreter, args: Arguments, at: Place) -> Value:
        request, next_fn = args.positional[0], args.positional[1]

        def inner(deep: Interpreter, given: Arguments, where: Place) -> Value:
            return calls.call(deep, next_fn, Arguments(), where)

        made = calls.call(
            interp, value, Arguments(positional=[value_of(NativeFn("app", inner))], keywords=options), at, awaited=True
        )
        send = value_of(NativeFn("send", lambda deep, given, where: V_NONE))
        return calls.call(
            interp,
            made,
            Arguments(positional=[scope_of(interp, request, at), value_of(Input("body")), send]),
            at,
            awaited=True,
        )

    return Step(value_of(NativeFn("middleware", run)), "next", place)


def scope_of(interp: Interpreter, request: Value, place: Place) -> Value:
    """Return the ASGI scope of a request: its path, its type, its headers."""
    from cybrid_audit.engine.values import constant

    scope = interp.new("object", place=place)
    scope.fields["type"] = constant("http")
    scope.fields["path"] = attributes.get_attribute(interp, request, "path", place)
    scope.fields["method"] = attributes.get_attribute(interp, request, "method", place)
    scope.fields["headers"] = value_of(Input("header"))
    scope.fields["session"] = value_of(Stored("session", "", place))
    scope.fields["user"] = value_of(Stored("principal", "", place))
    scope.fields["state"] = attributes.get_attribute(interp, request, "state", place)
    scope.fields["query_string"] = value_of(Input("query"))
    return value_of(scope)


def dependencies(interp: Interpreter, value: Value | None, place: Place) -> list[Step]:
    """Return the steps of a `dependencies=[Depends(f), …]` argument."""
    return [
        Step(obj.native.fn, "raise", place)
        for item in listed(interp, value)
        for obj in item.only(Obj)
        if isinstance(obj.native, Dependency) and obj.native.fn is not None
    ]


def application(call: LibraryCall) -> Value | None:
    """`FastAPI(…)`, `APIRouter(prefix=…, dependencies=[…])`, `Starlette(routes=[…], middleware=[…])`."""
    interp = call.interp
    keywords = call.args.keywords
    native = App(prefix=text(keywords.get("prefix")), convention=Injected)
    value = routes_object(interp, native, call.place)
    fill(interp, native, value, call.args, call.place)
    return value


def subclassed(call: LibraryCall) -> None:
    """An instance of a project class that derives from an application or router."""
    for obj in call.sources:
        if isinstance(obj, Obj):
            native = obj.native if isinstance(obj.native, App) else App(convention=Injected)
            if obj.native is None:
                obj.native = native
                call.models.memory("python routers", list).append(native)
            obj.shared = True
            if text(call.args.keywords.get("prefix")):
                native.prefix = text(call.args.keywords["prefix"])
            fill(call.interp, native, value_of(obj), call.args, call.place)


def fill(interp: Interpreter, native: App, value: Value, args: Arguments, place: Place) -> None:
    """Take what an application's or router's constructor is given."""
    from cybrid_audit.models.frameworks import starlette

    native.inner.extend(dependencies(interp, args.keywords.get("dependencies"), place))
    native.before.extend(starlette.listed_middleware(interp, args.keywords.get("middleware"), place))
    for item in listed(interp, args.keywords.get("routes")):
        starlette.take(interp, native, item)
    for name in ("lifespan", "on_startup"):
        for each in listed(interp, args.keywords.get(name)):
            for obj in value.only(Obj):
                if each.only(Fn) or each.only(NativeFn):
                    start(interp, each, obj, place)


def depends(call: LibraryCall) -> Value | None:
    """`Depends(fn)` and `Security(fn, scopes=[…])`."""
    scopes = tuple(listed(call.interp, call.args.keywords.get("scopes")))
    native = Dependency(call.args.get(0, "dependency"), scopes)
    return native_object(call.interp, "dependency", native, call.place, "a dependency")


def parameter(call: LibraryCall) -> Value | None:
    """`Query(…)`, `Header(…)` and the like."""
    default = call.args.get(0, "default")
    if default is not None and any(getattr(atom, "value", 0) is Ellipsis for atom in default.atoms()):
        default = None
    return native_object(
        call.interp, "parameter", Parameter(str(call.settings["kind"]), default), call.place, "a parameter"
    )


def annotated(call: LibraryCall) -> Value | None:
    """`Annotated[T, Depends(f)]` as a value."""
    items = operators.known_items(call.interp, call.args.positional[0]) or [] if call.args.positional else []
    for item in items:
        for obj in item.only(Obj):
            if isinstance(obj.native, Dependency | Parameter):
                return native_object(
                    call.interp, "alias", Alias(value_of(obj), items[0]), call.place, "an annotated type"
                )
    return None


def class_based(call: LibraryCall) -> Value | None:
    """`@cbv(router)`: methods of the class that the router already knows as routes become methods of an instance."""
    router = call.args.get(0)

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        for info in value.only(ClassInfo):
            own = {id(function): function for function in info.definition.methods}
            for function in own.values():
                calls.decorated_method(interp, function, info, None)
            for obj in router.only(Obj) if router is not None else ():
                if isinstance(obj.native, Routes):
                    for index, route in enumerate(obj.native.routes):
                        if any(id(fn.function) in own for fn in route.view.only(Fn)):
                            obj.native.routes[index] = route._replace(view=method_of(info, route.view))
        return value

    return decorator(apply)


def method_of(info: ClassInfo, view: Value) -> Value:
    """Return a view that makes an instance of the class, its fields' dependencies solved, and runs one of its methods."""
    return view.map(
        lambda atom: (
            Fn(atom.function, atom.scope, atom.module, value_of(instance_of(info)), info)
            if isinstance(atom, Fn)
            else atom
        )
    )


def instance_of(info: ClassInfo) -> Obj:
    """Return an instance that stands for the one made for each request."""
    obj = Obj("instance")
    obj.cls = info
    obj.label = info.name
    return obj


__all__ = ["App", "Injected", "application", "decorates"]
