"""FastAPI: routers, dependencies in parameters, routers and applications, HTTP middleware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Const,
    Fn,
    Input,
    Lib,
    Obj,
    Place,
    Scope,
    Value,
    join_all,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.flask import decorator, original_place, text
from cybrid_audit.models.frameworks.requests_in import reply_object, request_object
from cybrid_audit.models.frameworks.router import join_paths
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

VERBS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


@dataclass(slots=True)
class Dependency(Native):
    """`Depends(fn)`."""

    fn: Value | None


@dataclass(slots=True)
class Parameter(Native):
    """`Query(...)`, `Header(...)`, `Body(...)`: where a parameter's value comes from."""

    kind: str


class Injected(Convention):
    """Parameters are filled by dependencies and from the request; one result per dependency and request."""

    sends_returned = True

    def __init__(self) -> None:
        self.request: Value | None = None
        self.solved: dict[object, Value] = {}

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return self.solve(interp, fn, 0)

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        if step.mode == "next":
            return Arguments(positional=[self.incoming(interp), next_fn])
        return self.solve(interp, step.fn, 0)

    def incoming(self, interp: Interpreter) -> Value:
        """Return the one request of this run."""
        if self.request is None:
            self.request = request_object(interp, interp.no_place(interp.frame.module.path))
        return self.request

    def solve(self, interp: Interpreter, value: Value, depth: int) -> Arguments:
        """Return the arguments of a function, its dependencies run."""
        given = Arguments()
        fn = next((atom for atom in value.atoms() if isinstance(atom, Fn)), None)
        if fn is None:
            for obj in value.only(Obj):
                if obj.cls is not None:
                    method = obj.cls.method("__call__")
                    if method is not None:
                        fn = Fn(method[0], method[1].scope, method[1].module, value_of(obj), method[1])
            for info in value.only(ClassInfo):
                method = info.method("__init__")
                if method is not None:
                    fn = Fn(method[0], method[1].scope, method[1].module, value_of(info), method[1])
        if fn is None or depth > 8:
            return given
        fn = unwrapped(fn)
        params = list(fn.function.params)
        if fn.this is not None and fn.function.kind != "static" and params:
            params = params[1:]
        for param in params:
            if param.kind in ("rest", "kwrest") or not isinstance(param.target, ir.Name):
                continue
            given.keywords[param.target.id] = self.argument(interp, fn, param, depth)
        return given

    def argument(self, interp: Interpreter, fn: Fn, param: ir.Param, depth: int) -> Value:
        """Return one argument."""
        name = param.target.id if isinstance(param.target, ir.Name) else ""
        scope = Scope(fn.scope, fn.module)
        interp.push(scope, fn.module, place_of(fn.module.path, param.span), None)
        try:
            marks: list[ir.Expr] = [param.default] if param.default is not None else []
            annotation = param.annotation
            is_annotated = isinstance(annotation, ir.Index) and _tail(annotation.object) == "Annotated"
            if isinstance(annotation, ir.Name | ir.Attribute):
                # An alias: `CurrentUser = Annotated[User, Depends(current_user)]`.
                alias = interp.eval(annotation)
                for obj in alias.only(Obj):
                    if isinstance(obj.native, Alias):
                        return self.marked(interp, obj.native.mark, name, None, depth, annotation)
            if is_annotated and isinstance(annotation, ir.Index):
                items = annotation.index.items if isinstance(annotation.index, ir.List) else (annotation.index,)
                marks = [*items[1:], *marks]
                annotation = items[0] if items else None
            for node in marks:
                value = interp.eval(node)
                for obj in value.only(Obj):
                    if isinstance(obj.native, Dependency | Parameter):
                        return self.marked(interp, value, name, annotation, depth, annotation)
            tail = _tail(annotation) if annotation is not None else ""
            if tail in ("Request", "HTTPConnection", "WebSocket"):
                return self.incoming(interp)
            if tail == "Response":
                return reply_object(interp, interp.no_place(fn.module.path))
            if tail == "BackgroundTasks":
                return native_object(interp, "tasks", BackgroundTasks(), interp.no_place(fn.module.path), "background tasks")
            if param.default is not None:
                default = interp.eval(param.default)
                return value_of(Input("query", name)).join(default)
            return value_of(Input("body", name))
        finally:
            interp.pop()

    def marked(self, interp: Interpreter, mark: Value, name: str, annotation: ir.Expr | None, depth: int, node: ir.Expr | None) -> Value:
        """Return what a dependency gives, or the input that a parameter mark names."""
        result = NOTHING
        for obj in mark.only(Obj):
            if isinstance(obj.native, Parameter):
                result = result.join(value_of(Input(obj.native.kind, name)))
            elif isinstance(obj.native, Dependency):
                fn = obj.native.fn
                if fn is None and annotation is not None:
                    fn = interp.eval(annotation)
                if fn is not None:
                    result = result.join(self.run(interp, fn, depth))
        return result if result.alts else value_of(Input("body", name))

    def run(self, interp: Interpreter, fn: Value, depth: int) -> Value:
        """Run a dependency once per request, through overrides of tests aside."""
        key: object = frozenset(id(getattr(atom, "function", atom)) for atom in fn.atoms())
        if key in self.solved:
            return self.solved[key]
        place = interp.no_place(interp.frame.module.path)
        atom = next((each for each in fn.atoms() if isinstance(each, Fn)), None)
        if atom is not None:
            place = place_of(atom.module.path, atom.function.span)
        if any(isinstance(each, Lib) for each in fn.atoms()):
            result = value_of(Input("header", "authorization"))
        else:
            args = self.solve(interp, fn, depth + 1)
            result = interp.settle(calls.call(interp, fn, args, place, awaited=True))
            yielded = [obj for obj in result.only(Obj) if obj.kind == "generator"]
            if yielded:
                result = join_all(obj.rest or NOTHING for obj in yielded)
        self.solved[key] = result
        return result


@dataclass(slots=True)
class Alias(Native):
    """`Annotated[T, Depends(f)]` kept in a variable."""

    mark: Value


class BackgroundTasks(Native):
    """Tasks that run after the answer: they inherit what the request has passed."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "add_task" and args.positional:
            calls.call(interp, args.positional[0], Arguments(args.positional[1:], args.keywords, args.rest, args.kwrest), place, awaited=True)
            return V_NONE
        return None


@dataclass(slots=True)
class App(Native):
    """An application or router."""

    prefix: str = ""
    steps: list[Step] = field(default_factory=list)
    middleware: list[Step] = field(default_factory=list)
    routes: list[tuple[str, str, list[Step], Value, Place]] = field(default_factory=list)
    children: list[tuple[str, list[Step], App]] = field(default_factory=list)
    mounted: bool = False

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("state", "dependency_overrides", "extra"):
            held = interp.new("map", place=place)
            held.shared = True
            held.label = f"{name} of the application"
            obj.fields[name] = value_of(held)
            return obj.fields[name]
        if name == "router":
            return value_of(obj)
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in VERBS or name in ("api_route", "route", "websocket"):
            path = text(args.get(0, "path"))
            steps = dependencies(interp, args.keywords.get("dependencies"), place)
            method = name.upper() if name in VERBS else ""
            return decorator(lambda inner, value, at: self.add(path, method, steps, value, at))
        if name in ("add_api_route", "add_route"):
            endpoint = args.get(1, "endpoint")
            if endpoint is not None:
                self.add(text(args.get(0, "path")), "", dependencies(interp, args.keywords.get("dependencies"), place), endpoint, place)
            return V_NONE
        if name == "include_router" and args.positional:
            for child in args.positional[0].only(Obj):
                if isinstance(child.native, App):
                    child.native.mounted = True
                    self.children.append((text(args.keywords.get("prefix")), dependencies(interp, args.keywords.get("dependencies"), place), child.native))
            return V_NONE
        if name == "mount" and len(args.positional) > 1:
            for child in args.positional[1].only(Obj):
                if isinstance(child.native, App):
                    child.native.mounted = True
                    self.children.append((text(args.positional[0]), [], child.native))
            return V_NONE
        if name == "middleware":
            return decorator(lambda inner, value, at: (self.middleware.insert(0, Step(value, "next", at)), value)[1])
        if name == "add_middleware" and args.positional:
            for info in args.positional[0].only(ClassInfo):
                step = class_middleware(interp, info, args, place)
                if step is not None:
                    self.middleware.insert(0, step)
            return V_NONE
        if name in ("on_event", "exception_handler", "event"):
            return decorator(lambda inner, value, at: value)
        return None

    def add(self, path: str, method: str, steps: list[Step], value: Value, place: Place) -> Value:
        """Keep a route."""
        self.routes.append((path, method, steps, value, place))
        return value


def class_middleware(interp: Interpreter, info: ClassInfo, args: Arguments, place: Place) -> Step | None:
    """Return the step of a middleware class that has `dispatch(request, call_next)`."""
    found = info.method("dispatch")
    if found is None:
        return None
    made = calls.instantiate(interp, info, Arguments(positional=[unknown("the application")], keywords=args.keywords), place)
    return Step(attributes.get_attribute(interp, made, "dispatch", place), "next", place_of(info.module.path, found[0].span))


def dependencies(interp: Interpreter, value: Value | None, place: Place) -> list[Step]:
    """Return the steps of a `dependencies=[Depends(f), …]` argument."""
    if value is None:
        return []
    found: list[Step] = []
    for item in operators.known_items(interp, value) or []:
        for obj in item.only(Obj):
            if isinstance(obj.native, Dependency) and obj.native.fn is not None:
                found.append(Step(obj.native.fn, "raise", place))
    return found


def unwrapped(fn: Fn) -> Fn:
    """Return the function whose parameters a framework reads: of a wrapper made with functools.wraps, the wrapped one."""
    if [p for p in fn.function.params if p.kind in ("rest", "kwrest")] and fn.scope.function is not None:
        for held in fn.scope.vars.values():
            for atom in held.atoms():
                if isinstance(atom, Fn) and atom.function is not fn.function and atom.scope.function is None:
                    return unwrapped(atom)
    return fn


def application(call: LibraryCall) -> Value | None:
    """`FastAPI(…)`, `APIRouter(prefix=…, dependencies=[…])`."""
    native = App(prefix=text(call.args.keywords.get("prefix")), steps=dependencies(call.interp, call.args.keywords.get("dependencies"), call.place))
    call.models.memory("fastapi apps", list).append(native)
    on_collect(call.models, "fastapi", lambda interp: collect(interp, call.models))
    return native_object(call.interp, "application", native, call.place, "the application")


def depends(call: LibraryCall) -> Value | None:
    """`Depends(fn)` and `Security(fn, scopes=[…])`."""
    return native_object(call.interp, "dependency", Dependency(call.args.get(0, "dependency")), call.place, "a dependency")


def parameter(call: LibraryCall) -> Value | None:
    """`Query(…)`, `Header(…)` and the like."""
    return native_object(call.interp, "parameter", Parameter(str(call.settings["kind"])), call.place, "a parameter")


def annotated(call: LibraryCall) -> Value | None:
    """`Annotated[T, Depends(f)]` as a value."""
    for item in operators.known_items(call.interp, call.args.positional[0]) or [] if call.args.positional else []:
        for obj in item.only(Obj):
            if isinstance(obj.native, Dependency | Parameter):
                return native_object(call.interp, "alias", Alias(value_of(obj)), call.place, "an annotated type")
    return None


def _tail(node: ir.Expr | None) -> str:
    return node.id if isinstance(node, ir.Name) else node.name if isinstance(node, ir.Attribute) else ""


def collect(interp: Interpreter, models: Models) -> None:
    """Register the routes of applications and of routers that nobody includes."""
    for native in models.memory("fastapi apps", list):
        if not native.mounted:
            walk(interp, models, native, "", [], 0)


def walk(interp: Interpreter, models: Models, native: App, prefix: str, inherited: list[Step], depth: int) -> None:
    """Register routes below a prefix."""
    if depth > 8:
        return
    here = join_paths(prefix, native.prefix)
    before = [*native.middleware, *inherited, *native.steps]
    for path, method, steps, value, place in native.routes:
        full = join_paths(here, path)
        atom = next((each for each in value.atoms() if isinstance(each, Fn)), None)
        at = original_place(atom) if atom is not None else place
        register(models, Entry(EntryKind.HTTP_ROUTE, f"{method or 'ALL'} {full or '/'}", at, value, Injected, [*before, *steps], full, method))
    for child_prefix, steps, child in native.children:
        walk(interp, models, child, join_paths(here, child_prefix), [*before, *steps], depth + 1)


__all__ = ["Const", "NativeFn", "application"]
