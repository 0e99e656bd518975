"""Flask and Quart: applications, blueprints, view classes, functions that run before a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Obj,
    Place,
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
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.requests_in import request_object
from cybrid_audit.models.frameworks.router import join_paths
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

VERBS: Final = ("get", "post", "put", "patch", "delete", "head", "options")


class PathArguments(Convention):
    """`view(**path_parameters)`; the request is a global; what a view returns is sent."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(kwrest=value_of(Input("path")))

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return Arguments()


@dataclass(slots=True)
class Blueprint(Native):
    """An application, a blueprint, an API or a namespace."""

    prefix: str = ""
    routes: list[tuple[str, str, Value, Place]] = field(default_factory=list)
    before: list[Step] = field(default_factory=list)
    before_all: list[Step] = field(default_factory=list)
    children: list[tuple[str, Blueprint]] = field(default_factory=list)
    mounted: bool = False
    is_app: bool = False

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("config", "extensions", "state", "jinja_env"):
            held = interp.new("map", place=place)
            held.shared = True
            held.label = f"{name} of the application"
            obj.fields[name] = value_of(held)
            return obj.fields[name]
        if name in ("logger", "cli", "test_client"):
            return None
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("route", "websocket"):
            path = text(args.get(0, "rule"))
            methods = texts(interp, args.get(1, "methods")) or ["GET"]
            return decorator(lambda inner, value, at: self.add(inner, path, methods, value, at))
        if name in VERBS and (args.positional and args.positional[0].strings()):
            path = text(args.get(0))
            return decorator(lambda inner, value, at, verb=name: self.add(inner, path, [verb.upper()], value, at))
        if name == "add_url_rule":
            view = args.get(2, "view_func")
            if view is not None:
                self.add(interp, text(args.get(0, "rule")), texts(interp, args.get(9, "methods")) or ["GET"], view, place)
            return V_NONE
        if name == "add_resource":
            for value in args.positional[1:]:
                self.add(interp, text(value), [], args.positional[0], place)
            return V_NONE
        if name in ("before_request", "before_websocket", "url_value_preprocessor"):
            return self._hook(interp, args, place, self.before)
        if name in ("before_app_request", "before_first_request"):
            return self._hook(interp, args, place, self.before_all)
        if name in ("register_blueprint", "add_namespace", "init_app"):
            for value in args.positional[:1]:
                for child in value.only(Obj):
                    if isinstance(child.native, Blueprint):
                        child.native.mounted = True
                        prefix = args.get(1, "url_prefix") or args.get(1, "path")
                        self.children.append((text(prefix) if prefix is not None and prefix.strings() else child.native.prefix, child.native))
            return V_NONE
        if name in ("errorhandler", "after_request", "teardown_request", "teardown_appcontext", "context_processor", "template_filter", "app_errorhandler", "expect", "marshal_with", "doc", "param", "response", "arguments", "input", "output"):
            return decorator(lambda inner, value, at: value) if not args.positional or not args.positional[0].only(Fn) else args.positional[0]
        if name in ("app_context", "test_request_context", "run", "before_serving"):
            return value_of(obj) if name.endswith("context") else args.get(0) or V_NONE
        return None

    def _hook(self, interp: Interpreter, args: Arguments, place: Place, into: list[Step]) -> Value:
        if args.positional:
            into.append(Step(args.positional[0], "hook", place))
            return args.positional[0]
        return decorator(lambda inner, value, at: (into.append(Step(value, "hook", at)), value)[1])

    def add(self, interp: Interpreter, path: str, methods: list[str], value: Value, place: Place) -> Value:
        """Keep a view for a path."""
        self.routes.append((path, ",".join(methods), value, place))
        return value


def decorator(apply: object) -> Value:
    """Return a decorator as a value: `apply(interp, decorated, place)`."""

    def impl(interp: Interpreter, args: Arguments, place: Place) -> Value:
        if not args.positional:
            return unknown("a decorator without function")
        result: Value = apply(interp, args.positional[0], place)  # type: ignore[operator]
        return result

    return value_of(NativeFn("decorator", impl))


def text(value: Value | None) -> str:
    """Return the first constant string of a value, else empty."""
    return next(iter(value.strings()), "") if value is not None else ""


def texts(interp: Interpreter, value: Value | None) -> list[str]:
    """Return the constant strings in a list."""
    if value is None:
        return []
    return [each for item in operators.known_items(interp, value) or [] for each in item.strings()]


def application(call: LibraryCall) -> Value | None:
    """`Flask(__name__)`, `Blueprint(name, module, url_prefix=…)`, `Api(app)`, `Namespace(…)`."""
    is_app = bool(call.settings.get("app"))
    prefix = call.args.keywords.get("url_prefix") or call.args.keywords.get("path") or call.args.keywords.get("prefix")
    native = Blueprint(prefix=text(prefix), is_app=is_app)
    call.models.memory("blueprints", list).append(native)
    on_collect(call.models, "flask", lambda interp: collect(interp, call.models))
    value = native_object(call.interp, "application", native, call.place, "the application")
    if is_app:
        call.models.memory("flask apps", list).append(value)
    else:
        for given in call.args.positional[:1]:
            for obj in given.only(Obj):
                if isinstance(obj.native, Blueprint):
                    native.mounted = True
                    obj.native.children.append((native.prefix, native))
    return value


def current_app(call: LibraryCall) -> Value | None:
    """`current_app`: the applications of the project."""
    apps: list[Value] = call.models.memory("flask apps", list)
    return join_all(apps) if apps else None


def request(call: LibraryCall) -> Value | None:
    """The request as a global."""
    return request_object(call.interp, call.place)


def session(call: LibraryCall) -> Value | None:
    """The session as a global."""
    return value_of(Stored("session", "", call.place))


def request_locals(call: LibraryCall) -> Value | None:
    """`g`: an object of the running request."""
    held = call.models.memory("request locals", dict)
    if "g" not in held:
        obj = call.interp.new("map", place=call.place)
        obj.shared = False
        obj.label = "g"
        held["g"] = value_of(obj)
    result: Value = held["g"]
    return result


def abort(call: LibraryCall) -> Value | None:
    """A function that ends the request with an error."""
    call.interp.throw(unknown("an HTTP error"))
    return unknown("nothing")


def as_view(call: LibraryCall) -> Value | None:
    """`View.as_view(name)`: the class stands for the view."""
    return value_of(*[atom for atom in call.sources if isinstance(atom, ClassInfo)])


def collect(interp: Interpreter, models: Models) -> None:
    """Register the routes of every application, and of blueprints that nobody registers."""
    everywhere = [step for native in models.memory("blueprints", list) for step in native.before_all]
    for native in models.memory("blueprints", list):
        if not native.mounted:
            walk(interp, models, native, native.prefix, everywhere, 0)


def walk(interp: Interpreter, models: Models, native: Blueprint, prefix: str, inherited: list[Step], depth: int) -> None:
    """Register routes below a prefix."""
    if depth > 8:
        return
    steps = [*inherited, *native.before]
    for path, methods, value, place in native.routes:
        full = join_paths(prefix, path)
        for handler, method, at, extra in views(interp, value, methods, place):
            register(models, Entry(EntryKind.HTTP_ROUTE, f"{method or 'GET'} {full or '/'}", at, handler, PathArguments, [*steps, *extra], full, method))
    for child_prefix, child in native.children:
        walk(interp, models, child, join_paths(prefix, child_prefix), steps, depth + 1)


def views(interp: Interpreter, value: Value, methods: str, place: Place) -> list[tuple[Value, str, Place, list[Step]]]:
    """Return the handlers of a view: a function, or the verb methods of a class with the class's decorators."""
    found: list[tuple[Value, str, Place, list[Step]]] = []
    for atom in value.atoms():
        if isinstance(atom, ClassInfo):
            wraps = attributes.get_one(interp, atom, "decorators", place) if "decorators" in atom.statics.fields else None
            wraps = wraps or (attributes.get_one(interp, atom, "method_decorators", place) if "method_decorators" in atom.statics.fields else None)
            for verb in (*VERBS, "dispatch_request"):
                held = atom.method(verb)
                if held is None:
                    continue
                function, home = held
                at = place_of(home.module.path, function.span)
                handler = bound_view(interp, atom, verb, at)
                for wrap in operators.known_items(interp, wraps) or [] if wraps is not None else []:
                    for each in wrap.atoms():
                        handler = calls.apply_decorator(interp, value_of(each), handler, at)
                found.append((handler, verb.upper() if verb in VERBS else methods, at, []))
        elif isinstance(atom, Fn):
            inner = atom
            found.append((value_of(inner), methods, original_place(inner), []))
        elif isinstance(atom, NativeFn | Obj):
            found.append((value_of(atom), methods, place, []))
    return found


def bound_view(interp: Interpreter, info: ClassInfo, name: str, place: Place) -> Value:
    """Return a method of a fresh view instance."""
    saved = interp.shared_births
    interp.shared_births = 0
    try:
        made = calls.instantiate(interp, info, Arguments(), place)
    finally:
        interp.shared_births = saved
    return attributes.get_attribute(interp, made, name, place)


def original_place(fn: Fn) -> Place:
    """Return where a view is defined, looking through its wrappers."""
    seen = fn
    for _ in range(4):
        inner = [
            atom
            for held in seen.scope.vars.values()
            if seen.scope.function is not None
            for atom in held.atoms()
            if isinstance(atom, Fn) and atom.function is not seen.function and atom.function.decorators
        ]
        if not inner:
            break
        seen = inner[0]
    return place_of(seen.module.path, seen.function.span)
