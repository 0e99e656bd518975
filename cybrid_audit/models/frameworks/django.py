"""Django and Django REST framework: URL patterns, views, middleware of the settings, authentication, permissions, routers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.state import State, join_states
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Fn,
    Input,
    Lib,
    Namespace,
    Obj,
    Place,
    Scope,
    Stored,
    Value,
    constant,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.limits import MAX_MOUNT_DEPTH
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention, Entry, Step, keep_if, on_collect, register, run_step
from cybrid_audit.models.frameworks.python_web import (
    RouteName,
    Routes,
    WithRequest,
    answer_object,
    beginning,
    decorator,
    fresh_instance,
    in_module,
    listed,
    mounted_again,
    note_step,
    noted_steps,
    opened,
    original_place,
    run_method,
    tail,
    text,
    texts,
)
from cybrid_audit.models.frameworks.router import join_paths
from cybrid_audit.models.frameworks.tasks import KINDS, run_apart
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.models.python import sources as python_sources
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

CHAINS: Final = {
    "GET": ("get", "list", "retrieve", "get_context_data"),
    "POST": ("post", "create", "perform_create", "form_valid", "done"),
    "PUT": ("put", "update", "perform_update"),
    "PATCH": ("patch", "partial_update", "update", "perform_update"),
    "DELETE": ("delete", "destroy", "perform_destroy"),
}
"""Methods by which a class-based view answers, the outermost first: a library's method calls the next one that the project writes."""

ACTIONS: Final = {
    "list": "GET",
    "create": "POST",
    "retrieve": "GET",
    "update": "PUT",
    "partial_update": "PATCH",
    "destroy": "DELETE",
}
INNER: Final = {"perform_create": "POST", "perform_update": "PUT", "perform_destroy": "DELETE"}
AFTER: Final = {
    "get": ("list", "retrieve", "get_context_data"), "post": ("create", "perform_create", "form_valid", "done"), "put": ("update", "perform_update"),
    "patch": ("partial_update", "update", "perform_update"), "delete": ("destroy", "perform_destroy"), "create": ("perform_create",),
    "update": ("perform_update",), "partial_update": ("update", "perform_update"), "destroy": ("perform_destroy",), "form_valid": (),
}  # fmt: skip
"""What a library's method of that name calls next."""

WITH_FORM: Final = frozenset({"perform_create", "perform_update", "perform_destroy", "form_valid", "done"})
DISPATCHED: Final = frozenset({"dispatch", "setup", "initial"})


# ---------------------------------------------------------------- what modules declare


@dataclass(slots=True)
class Pattern(Native):
    """One entry of `urlpatterns`."""

    path: str
    target: Value
    place: Place
    name: str = ""


@dataclass(slots=True)
class Included(Native):
    """`include(…)`: a module's patterns, or a list of them."""

    target: Value


@dataclass(slots=True)
class AsView:
    """`View.as_view(…)`, which is a function: decorators go around it."""

    info: ClassInfo
    initial: dict[str, Value]
    actions: dict[str, str]

    def impl(self, interp: Interpreter, args: Arguments, place: Place) -> Value:
        """Answer the running request."""
        run = interp.models.memory("request locals", dict).get("django run")
        if not isinstance(run, Run) or run.info is not self.info:
            return answer_object(interp, place)
        handler = in_module(interp, self.info, lambda: run.start(interp, self.initial))
        return calls.call(interp, handler, args, place, awaited=True)


@dataclass(slots=True)
class Router(Native):
    """REST framework's router."""

    rows: list[tuple[str, ClassInfo, Place]] = field(default_factory=list)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "register":
            for info in (args.get(1, "viewset") or NOTHING).only(ClassInfo):
                self.rows.append((text(args.get(0, "prefix")), info, place))
            return V_NONE
        return value_of(obj) if name == "get_urls" else None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "registry":
            return native_object(interp, "registry", Registry(self), place, "a router's views")
        return value_of(obj) if name == "urls" else None


@dataclass(slots=True)
class Registry(Native):
    """`router.registry`, which routers extend by another's."""

    router: Router

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "extend":
            for value in args.positional:
                for other in value.only(Obj):
                    if isinstance(other.native, Registry):
                        self.router.rows.extend(other.native.router.rows)
            return V_NONE
        return None


def known(call: LibraryCall) -> None:
    """Have the URL patterns collected."""
    models = call.models
    on_collect(models, "django", lambda interp: collect(interp, models))


def pattern(call: LibraryCall) -> Value | None:
    """`path(route, view)`, `re_path`, `url`."""
    known(call)
    view = call.args.get(1, "view")
    path = text(call.args.get(0, "route")).lstrip("^").rstrip("$")
    return native_object(
        call.interp,
        "pattern",
        Pattern(path, view if view is not None else NOTHING, call.place, text(call.args.keywords.get("name"))),
        call.place,
        "a URL pattern",
    )


def include(call: LibraryCall) -> Value | None:
    """`include("app.urls")`, `include(router.urls)`, `include((patterns, name))`."""
    interp = call.interp
    first = call.args.get(0) or NOTHING
    target = NOTHING
    names = first.strings() or [
        each for item in (operators.known_items(interp, first) or [])[:1] for each in item.strings()
    ]
    for name in names:
        module = call.models.program.find(interp.frame.module.path, name)
        if module is not None:
            call.models.program.ensure(interp, module)
            call.models.memory("django included", set).add(module.path)
            target = target.join(value_of(Namespace(module)))
    for each in first.only(Namespace):
        call.models.memory("django included", set).add(each.module.path)
    return native_object(interp, "include", Included(target if target.alts else first), call.place, "included patterns")


def as_view(call: LibraryCall) -> Value | None:
    """`View.as_view(…)`, also of viewsets with `{"get": "list"}`."""
    result = NOTHING
    actions: dict[str, str] = {}
    for obj in (call.args.get(0, "actions") or NOTHING).only(Obj):
        actions = {verb: text(held) for verb, held in obj.fields.items()}
    for atom in call.sources:
        if isinstance(atom, ClassInfo):
            known(call)
            views: dict[str, AsView] = call.models.memory("django views", dict)
            native = AsView(atom, dict(call.args.keywords), actions)
            name = f"{atom.name}.as_view {len(views)}"
            views[name] = native
            result = result.join(value_of(NativeFn(name, native.impl)))
    return result if result.alts else None


def view_in(models: Models, atom: Atom, depth: int = 0) -> AsView | None:
    """Return the class-based view that a function is, or that it wraps."""
    views: dict[str, AsView] = models.memory("django views", dict)
    if isinstance(atom, NativeFn):
        return views.get(atom.name)
    if not isinstance(atom, Fn) or atom.scope.function is None or depth > 4 or not views:
        return None
    for held in atom.scope.vars.values():
        for inner in held.atoms():
            if isinstance(inner, NativeFn | Fn) and inner is not atom:
                found = view_in(models, inner, depth + 1)
                if found is not None:
                    return found
    return None


def router(call: LibraryCall) -> Value | None:
    """`DefaultRouter()`."""
    known(call)
    return native_object(call.interp, "router", Router(), call.place, "a router")


def mark(call: LibraryCall) -> Value | None:
    """A decorator that is remembered on what it decorates: `@action`, `@api_view`, `@permission_classes`."""
    kind = str(call.settings["kind"])
    given = call.args

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        marks: dict[int, dict[str, Arguments]] = interp.models.memory("django marks", dict)
        for atom in value.only(Fn):
            marks.setdefault(id(atom.function), {})[kind] = given
        return value

    return decorator(apply)


def marks_of(models: Models, function: ir.Function) -> dict[str, Arguments]:
    """Return what such decorators say of a function."""
    held: dict[str, Arguments] = models.memory("django marks", dict).get(id(function), {})
    return held


def passes_test(call: LibraryCall) -> Value | None:
    """`@user_passes_test(test)`: the test is called with the user."""
    test = call.args.get(0, "test_func")

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        if test is not None:

            def run(inner: Interpreter, args: Arguments, at: Place) -> Value:
                user = (
                    attributes.get_attribute(inner, args.positional[0], "user", at)
                    if args.positional
                    else value_of(Stored("principal", "", at))
                )
                return calls.call(inner, test, Arguments(positional=[user]), at, awaited=True)

            note_step(interp.models, value, Step(value_of(NativeFn("user_passes_test", run)), "truthy", place))
        return value

    return decorator(apply)


def method_decorator(call: LibraryCall) -> Value | None:
    """`method_decorator(d, name="dispatch")` on a class or a method: `d` sees the method bound to its instance."""
    wraps = listed(call.interp, call.args.get(0))
    name = text(call.args.get(1, "name"))

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        infos = value.only(ClassInfo)
        rows: dict[int, list[tuple[str, Value, Place]]] = interp.models.memory("django class decorators", dict)
        for info in infos:
            for item in wraps:
                rows.setdefault(id(info), []).append((name, item, place))
        return value if infos else value.map(lambda atom: adapted(wraps, atom) if isinstance(atom, Fn) else atom)

    return decorator(apply)


def adapted(wraps: list[Value], method: Fn) -> Atom:
    """Return a method in decorators that were made for functions."""

    def impl(interp: Interpreter, args: Arguments, place: Place) -> Value:
        bound = value_of(method.bind(args.positional[0])) if args.positional else value_of(method)
        for item in reversed(wraps):
            for wrap in item.atoms():
                bound = calls.apply_decorator(interp, value_of(wrap), bound, place)
        return calls.call(
            interp, bound, Arguments(args.positional[1:], args.keywords, args.rest, args.kwrest), place, awaited=True
        )

    return NativeFn(method.function.name, impl)


# ---------------------------------------------------------------- collecting


def collect(interp: Interpreter, models: Models) -> None:
    """Register every view that URL patterns lead to, behind the settings' middleware."""
    included: set[str] = models.memory("django included", set)
    steps = middleware(interp, models)
    for module in list(models.program.modules.values()):
        if module.family != "python" or models.recorder.side(module.path) is Side.TEST:
            continue
        held = module.scope.vars.get("urlpatterns")
        if held is not None and module.path not in included:
            interp.push(Scope(None, module), module, None)
            walk(interp, models, models.program.resolve_held(interp, held), "", steps, 0)
            interp.pop()


def middleware(interp: Interpreter, models: Models) -> list[Step]:
    """Return the project's own middleware, in the order of the settings."""
    steps: list[Step] = []
    seen: set[str] = set()
    for module in list(models.program.modules.values()):
        held = module.scope.vars.get("MIDDLEWARE")
        if module.family != "python" or held is None:
            continue
        interp.push(Scope(None, module), module, None)
        for dotted in texts(interp, models.program.resolve_held(interp, held)):
            owner, _, name = dotted.rpartition(".")
            found = models.program.find(module.path, owner)
            if found is None or dotted in seen:
                continue
            seen.add(dotted)
            for atom in models.program.member(interp, found, name).atoms():
                step = middleware_step(atom, interp.no_place(found.path))
                if step is not None:
                    steps.append(step)
        interp.pop()
    return steps


def middleware_step(atom: Atom, place: Place) -> Step | None:
    """Return the step of a middleware class or factory: what it does before it calls on."""
    if not isinstance(atom, ClassInfo | Fn):
        return None

    def run(interp: Interpreter, args: Arguments, at: Place) -> Value:
        passed: list[State | None] = []
        branch = interp.state.branch if interp.state is not None else ()

        def go_on(deep: Interpreter, given: Arguments, where: Place) -> Value:
            passed.append(deep.state)
            return answer_object(deep, where)

        made = calls.call(
            interp, value_of(atom), Arguments(positional=[value_of(NativeFn("get_response", go_on))]), at, awaited=True
        )
        classes = [obj.cls for obj in made.only(Obj) if obj.cls is not None]
        own_call = not classes or any(info.method("__call__") is not None for info in classes)
        request = args.positional[:1]
        if any(info.method("process_request") is not None for info in classes):
            keep_if(
                interp,
                calls.call_method(interp, made, "process_request", Arguments(positional=request), at, awaited=True),
                lambda verdict: verdict is not True,
            )
        if own_call and interp.state is not None:
            interp.settle(calls.call(interp, made, Arguments(positional=request), at, awaited=True))
            interp.state = join_states(passed, branch)
        if any(info.method("process_view") is not None for info in classes) and interp.state is not None:
            view = interp.models.memory("request locals", dict).get("view", unknown("the view"))
            given = Arguments(positional=[*request, view, unknown("the arguments"), value_of(Input("path"))])
            keep_if(
                interp,
                calls.call_method(interp, made, "process_view", given, at, awaited=True),
                lambda verdict: verdict is not True,
            )
        return V_NONE

    return Step(value_of(NativeFn("middleware", run)), "raise", place)


def walk(interp: Interpreter, models: Models, value: Value, prefix: str, steps: list[Step], depth: int) -> None:
    """Register the views of a list of patterns below a prefix."""
    if depth > MAX_MOUNT_DEPTH + 2:
        return
    items = operators.known_items(interp, value)
    for item in items if items is not None else [operators.element_of(interp, value)] if value.only(Obj) else []:
        for obj in item.only(Obj):
            native = obj.native
            if isinstance(native, Pattern):
                full = join_paths(prefix, native.path)
                models.memory("django names", dict)[full] = native.name
                target(interp, models, native.target, full, steps, depth + 1, native.place)
            elif isinstance(native, Router | Included):
                target(interp, models, value_of(obj), prefix, steps, depth, obj.place or interp.no_place(""))
            elif obj.kind == "list":
                walk(interp, models, value_of(obj), prefix, steps, depth + 1)
    for obj in value.only(Obj):
        if isinstance(obj.native, Router | Included):
            target(interp, models, value_of(obj), prefix, steps, depth, obj.place or interp.no_place(""))


def target(
    interp: Interpreter, models: Models, value: Value, path: str, steps: list[Step], depth: int, place: Place
) -> None:
    """Register a view, the patterns of an include, or a router's viewsets."""
    interp.tick()
    for atom in opened(value).atoms():
        view = view_in(models, atom)
        if view is not None:
            class_view(interp, models, view, path, steps, value_of(atom))
        elif isinstance(atom, Fn | NativeFn):
            function_view(interp, models, atom, path, steps, original_place(atom) if isinstance(atom, Fn) else place)
        elif isinstance(atom, Namespace):
            held = atom.module.scope.vars.get("urlpatterns")
            if held is not None:
                walk(interp, models, models.program.resolve_held(interp, held), path, steps, depth + 1)
        elif isinstance(atom, Obj):
            native = atom.native
            if isinstance(native, Included):
                inner = native.target
                items = operators.known_items(interp, inner)
                if items is not None and len(items) == 2 and items[1].strings():
                    inner = items[0]
                if inner.only(Namespace):
                    target(interp, models, inner, path, steps, depth + 1, place)
                else:
                    walk(interp, models, inner, path, steps, depth + 1)
            elif isinstance(native, Router):
                for row_prefix, info, _ in native.rows:
                    viewset(interp, models, info, join_paths(path, row_prefix), steps)
            elif atom.kind == "list":
                walk(interp, models, value_of(atom), path, steps, depth + 1)
        elif isinstance(atom, ClassInfo):
            class_view(interp, models, AsView(atom, {}, {}), path, steps, NOTHING)


# ---------------------------------------------------------------- function views


def named(models: Models, path: str, view: Value) -> RouteName:
    """Return what `request.resolver_match` tells of a route."""
    name: str = models.memory("django names", dict).get(path, "")
    return RouteName(name, "", path, view)


def resolved(call: LibraryCall) -> Value | None:
    """`resolve(request.path_info)`: the running route."""
    for obj in call.models.memory("request locals", dict).get("request", V_NONE).only(Obj):
        return attributes.get_attribute(call.interp, value_of(obj), "resolver_match", call.place)
    return None


class View(WithRequest):
    """`view(request, **path_parameters)`; answers are made by calls, which hand over what they are given."""

    sends_returned = False


def function_view(
    interp: Interpreter, models: Models, atom: Fn | NativeFn, path: str, steps: list[Step], place: Place
) -> None:
    """Register a function view behind its authentication and permissions."""
    extra = noted_steps(models, value_of(atom))
    if isinstance(atom, Fn):
        marks = marks_of(models, atom.function)
        if "api_view" in marks:
            extra = [*rest_steps(interp, models, marks), *extra]
    verbs = (
        texts(interp, marks_of(models, atom.function)["api_view"].get(0))
        if isinstance(atom, Fn) and "api_view" in marks_of(models, atom.function)
        else []
    )
    verb = verbs[0].upper() if len(verbs) == 1 else ""

    def setup(inner: Interpreter, convention: Convention) -> None:
        inner.models.memory("request locals", dict)["view"] = value_of(atom)

    register(
        models,
        Entry(
            EntryKind.HTTP_ROUTE,
            path or "/",
            place,
            value_of(atom),
            View,
            [*steps, *extra],
            path,
            verb,
            beginning(verb, path, setup, route=named(models, path, value_of(atom))),
        ),
    )


def rest_steps(interp: Interpreter, models: Models, marks: dict[str, Arguments]) -> list[Step]:
    """Return the authentication and permissions of a view made with `@api_view`: its own, else those of the settings."""
    found: list[Step] = []
    for kind, setting in (
        ("authentication", "DEFAULT_AUTHENTICATION_CLASSES"),
        ("permissions", "DEFAULT_PERMISSION_CLASSES"),
    ):
        given = marks[kind].get(0) if kind in marks else default_classes(interp, models, setting)
        if given is None:
            continue
        items = listed(interp, given)
        if kind == "authentication":
            found.append(authentication_step(items, interp.no_place(interp.frame.module.path)))
        else:
            found.extend(step for item in items if (step := permission_step(interp, item)) is not None)
    return found


# ---------------------------------------------------------------- class-based views


def class_view(interp: Interpreter, models: Models, native: AsView, path: str, steps: list[Step], outer: Value) -> None:
    """Register the verbs of a class-based view; `outer` is the function that urlpatterns hold."""
    info = native.info
    if not outer.alts:
        outer = value_of(NativeFn(info.name, native.impl))
    if native.actions:
        for verb, name in native.actions.items():
            enter(models, native, (name, *AFTER.get(name, ())), verb.upper(), path, steps, outer, name)
        return
    found = False
    for verb, chain in CHAINS.items():
        if any(info.method(name) is not None for name in chain):
            found = True
            enter(models, native, chain, verb, path, steps, outer)
    if not found:
        enter(models, native, ("dispatch", "__call__"), "", path, steps, outer)


def viewset(interp: Interpreter, models: Models, info: ClassInfo, path: str, steps: list[Step]) -> None:
    """Register the actions of a viewset, the standard ones and its own."""
    native = AsView(info, {}, {})
    outer = value_of(NativeFn(info.name, native.impl))
    for name, verb in ACTIONS.items():
        chain = (name, *AFTER.get(name, ()))
        if any(info.method(each) is not None for each in chain):
            enter(models, native, chain, verb, path, steps, outer, name)
    for ancestor in info.ancestry():
        for function in ancestor.definition.methods:
            if any(tail(node) in ("action", "detail_route", "list_route") for node in function.decorators):
                marks = marks_of(models, function).get("action")
                verbs = texts(interp, marks.get(0, "methods")) if marks is not None else []
                own = text(marks.keywords.get("url_path")) if marks is not None else ""
                enter(
                    models,
                    native,
                    (function.name,),
                    verbs[0].upper() if len(verbs) == 1 else "POST" if not verbs else "",
                    join_paths(path, own or function.name),
                    steps,
                    outer,
                    function.name,
                )


def enter(
    models: Models,
    native: AsView,
    chain: tuple[str, ...],
    verb: str,
    path: str,
    steps: list[Step],
    outer: Value,
    action: str = "",
) -> None:
    """Register a view class's answer to a verb: the first method of the chain that the project writes, reached as Django does."""
    info = native.info
    found = next(((name, held) for name in chain if (held := info.method(name)) is not None), None)
    if found is None:
        return
    name, (function, home) = found
    place = place_of(home.module.path, function.span)

    def setup(interp: Interpreter, convention: Convention) -> None:
        assert isinstance(convention, ClassView)
        convention.name = name
        held = interp.models.memory("request locals", dict)
        held["django run"] = Run(info, name, action or name, convention.incoming(interp), place)
        held["view"] = outer
        interp.watched.add(id(function))

    extra = noted_steps(models, outer)
    register(
        models,
        Entry(
            EntryKind.HTTP_ROUTE,
            f"{verb} {path or '/'} {name}".strip(),
            place,
            outer,
            ClassView,
            [*steps, *extra],
            path,
            verb,
            beginning(verb, path, setup, route=named(models, path, outer)),
        ),
    )


class ClassView(View):
    """The dispatcher of a class-based view. What `get_context_data` returns goes into a page."""

    sends_returned = True
    name = ""

    def returned(self, interp: Interpreter, value: Value, place: Place) -> None:
        if self.name == "get_context_data":
            sinks.hand_over(interp, value, place, "render")


@dataclass(slots=True)
class Run(Native):
    """One request to a class-based view: its instance, and the method that answers."""

    info: ClassInfo
    name: str
    action: str
    request: Value
    place: Place
    instance: Value = NOTHING

    def start(self, interp: Interpreter, initial: dict[str, Value]) -> Value:
        """Return what runs the view: the project's `dispatch`, else what Django's does."""
        self.instance = fresh_instance(interp, self.info, self.place)
        for obj in self.instance.only(Obj):
            obj.fields.update(initial)
            obj.fields["request"] = self.request
            obj.fields["kwargs"] = obj.fields["args"] = value_of(Input("path"))
            obj.fields["action"] = constant(self.action)
        if self.info.method("dispatch") is not None and self.name != "dispatch":
            handler = attributes.get_attribute(interp, self.instance, "dispatch", self.place)
        elif self.name == "dispatch":
            handler = attributes.get_attribute(interp, self.instance, self.name, self.place)
        else:
            handler = value_of(NativeFn("dispatch", lambda inner, args, at: self.dispatch(inner, at)))
        for name, wrap, at in self.wraps(interp):
            if name == "dispatch":
                for each in wrap.atoms():
                    handler = calls.apply_decorator(interp, value_of(each), handler, at)
        if self.info.method("setup") is not None:

            def with_setup(inner: Interpreter, args: Arguments, at: Place, handler: Value = handler) -> Value:
                calls.call_method(inner, self.instance, "setup", args, at, awaited=True)
                return calls.call(inner, handler, args, at, awaited=True) if inner.state is not None else V_NONE

            handler = value_of(NativeFn("setup", with_setup))
        return handler

    def wraps(self, interp: Interpreter) -> list[tuple[str, Value, Place]]:
        """Return the decorators that `method_decorator` put on the class or its bases."""
        rows: dict[int, list[tuple[str, Value, Place]]] = interp.models.memory("django class decorators", dict)
        return [row for each in self.info.ancestry() for row in rows.get(id(each), ())]

    def dispatch(self, interp: Interpreter, place: Place) -> Value:
        """Do what Django's own `dispatch` does: the tests of mixins, of REST views what stands before them, the method."""
        return in_module(interp, self.info, lambda: self.dispatch_here(interp, place))

    def dispatch_here(self, interp: Interpreter, place: Place) -> Value:
        """Do so while the view's module is the running one."""
        if self.info.method("test_func") is not None and self.is_tested():
            verdict = calls.call_method(interp, self.instance, "test_func", Arguments(), place, awaited=True)
            if interp.state is not None:
                interp.resume(interp.split(verdict, None)[0])
        if interp.state is None:
            return NOTHING
        if is_rest(self.info):
            if self.info.method("initial") is not None:
                calls.call_method(
                    interp,
                    self.instance,
                    "initial",
                    Arguments(positional=[self.request], kwrest=value_of(Input("path"))),
                    place,
                    awaited=True,
                )
            else:
                self.initial(interp, place)
        return self.answer(interp, self.name, place)

    def is_tested(self) -> bool:
        """Whether the mixin that asks `test_func` runs: it must stand to the left of the view."""
        mixins = {path for path in self.info.library_bases() if path.endswith("UserPassesTestMixin")}
        reached = {atom.path for atom in self.info.reached("dispatch") if isinstance(atom, Lib)}
        return not mixins or bool(mixins & reached)

    def initial(self, interp: Interpreter, place: Place) -> Value:
        """Authenticate, and check the permissions, as REST views do first."""
        models = interp.models
        marks = self.marks(interp)
        given = (
            marks.get("authentication")
            or self.declared(interp, "authentication_classes")
            or default_classes(interp, models, "DEFAULT_AUTHENTICATION_CLASSES")
        )
        convention = Checked(self.request, self.instance)
        steps = [authentication_step(listed(interp, given), place)] if given is not None else []
        if self.info.method("check_permissions") is not None:
            calls.call_method(
                interp, self.instance, "check_permissions", Arguments(positional=[self.request]), place, awaited=True
            )
        else:
            steps += [
                step for item in self.permissions(interp, place) if (step := permission_step(interp, item)) is not None
            ]
        for step in steps:
            if interp.state is not None:
                run_step(interp, convention, step)
        return V_NONE

    def marks(self, interp: Interpreter) -> dict[str, Value]:
        """Return the classes that decorators of the method name."""
        found: dict[str, Value] = {}
        held = self.info.method(self.name)
        for kind, given in marks_of(interp.models, held[0]).items() if held is not None else ():
            if kind == "action":
                for option, what in (
                    ("permission_classes", "permissions"),
                    ("authentication_classes", "authentication"),
                ):
                    if option in given.keywords:
                        found[what] = given.keywords[option]
            elif given.positional:
                found[kind] = given.positional[0]
        return found

    def declared(self, interp: Interpreter, name: str) -> Value | None:
        """Return a list that the class, or a call of `as_view`, declares."""
        for obj in self.instance.only(Obj):
            held: Value | None = obj.fields.get(name)
            if held is not None:
                return held
        for each in self.info.ancestry():
            if name in each.statics.fields:
                return interp.models.program.resolve_held(interp, each.statics.fields[name])
        return None

    def permissions(self, interp: Interpreter, place: Place) -> list[Value]:
        """Return the permissions that count: the method's own, what `get_permissions` gives, the class's, the settings'."""
        if self.info.method("get_permissions") is not None:
            held: Value | None = calls.call_method(
                interp, self.instance, "get_permissions", Arguments(), place, awaited=True
            )
        else:
            held = self.standard_permissions(interp)
        if held is None:
            return []
        known_items = operators.known_items(interp, held)
        if known_items is not None:
            return known_items
        # One list of several: what all of them have in common cannot be told apart, so each is one alternative.
        lists = [items for atom in held.atoms() if (items := operators.known_items(interp, value_of(atom))) is not None]
        return [native_alternatives(interp, lists, place)] if lists else []

    def standard_permissions(self, interp: Interpreter) -> Value | None:
        """Return what REST framework's own `get_permissions` gives."""
        own = self.marks(interp).get("permissions")
        if own is not None:
            return own
        declared = self.declared(interp, "permission_classes")
        return (
            declared if declared is not None else default_classes(interp, interp.models, "DEFAULT_PERMISSION_CLASSES")
        )

    def answer(self, interp: Interpreter, name: str, place: Place) -> Value:
        """Call a method of the view, in what `method_decorator` puts around it."""
        if self.info.method(name) is None or interp.state is None:
            return NOTHING
        handler = attributes.get_attribute(interp, self.instance, name, place)
        for target_name, wrap, at in self.wraps(interp):
            if target_name == name:
                for each in wrap.atoms():
                    handler = calls.apply_decorator(interp, value_of(each), handler, at)
        for step in noted_steps(interp.models, handler):
            if interp.state is not None:
                run_step(interp, Checked(self.request, self.instance), step)
        if interp.state is None:
            return NOTHING
        return interp.settle(calls.call(interp, handler, self.arguments(interp, name), place, awaited=True))

    def arguments(self, interp: Interpreter, name: str) -> Arguments:
        """Return the arguments of a view's method."""
        if name in WITH_FORM:
            return Arguments(positional=[form(interp, self.info, name)], kwrest=value_of(Input("body")))
        if name == "get_context_data":
            return Arguments(kwrest=value_of(Input("path")))
        return Arguments(positional=[self.request], kwrest=value_of(Input("path")))


class Checked(Convention):
    """Steps inside a view: permissions get the request and the view."""

    def __init__(self, request: Value, view: Value) -> None:
        self.request = request
        self.view = view

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return Arguments(positional=[self.request, self.view] if step.mode == "truthy" else [self.request])


def native_alternatives(interp: Interpreter, lists: list[list[Value]], place: Place) -> Value:
    """Return one permission that stands for "all of one of these lists"."""
    sides = []
    for items in lists:
        held: Value | None = None
        for item in items:
            held = (
                item
                if held is None
                else native_object(interp, "permission", Composed("&", held, item), place, "a permission")
            )
        sides.append(
            held
            if held is not None
            else native_object(interp, "permission", Composed("", NOTHING, NOTHING), place, "no permission")
        )
    result = sides[0]
    for side in sides[1:]:
        result = native_object(interp, "permission", Composed("|", result, side), place, "a permission")
    return result


def next_own(call: LibraryCall) -> Value | None:
    """`super().dispatch(…)`, `super().create(…)`: a method of the library calls the next one that the project writes."""
    run = call.models.memory("request locals", dict).get("django run")
    name = call.path.rsplit(".", 1)[-1]
    if not isinstance(run, Run):
        return None
    if not any(isinstance(obj, Obj) and obj in run.instance.only(Obj) for obj in call.sources):
        return None
    if name == "dispatch":
        return run.dispatch(call.interp, call.place)
    if name == "initial":
        return run.initial(call.interp, call.place)
    if name == "get_permissions":
        return run.standard_permissions(call.interp)
    if name == "check_permissions":
        convention = Checked(run.request, run.instance)
        held = run.standard_permissions(call.interp)
        for item in listed(call.interp, held):
            step = permission_step(call.interp, item)
            if step is not None and call.interp.state is not None:
                run_step(call.interp, convention, step)
        return V_NONE
    if name in ("setup", "get_context_data"):
        made = call.interp.new("object", place=call.place)
        made.fields.update(call.args.keywords)
        return value_of(made) if name == "get_context_data" else V_NONE
    if name in ("get_object", "check_object_permissions"):
        thing = (
            value_of(Stored("database", "object", call.place))
            if name == "get_object"
            else call.args.get(1) or unknown("an object")
        )
        for item in run.permissions(call.interp, call.place):
            object_permission(call.interp, item, run, thing, call.place)
        return thing if name == "get_object" else V_NONE
    for following in AFTER.get(name, ()):
        if run.info.method(following) is not None:
            return run.answer(call.interp, following, call.place)
    return answer_object(call.interp, call.place)


def object_permission(interp: Interpreter, item: Value, run: Run, thing: Value, place: Place) -> None:
    """Go on only where a permission allows the object."""
    for atom in item.atoms():
        info = atom if isinstance(atom, ClassInfo) else atom.cls if isinstance(atom, Obj) else None
        if info is None or info.method("has_object_permission") is None or interp.state is None:
            continue
        made = fresh_instance(interp, info, place) if isinstance(atom, ClassInfo) else value_of(atom)
        verdict = calls.call_method(
            interp,
            made,
            "has_object_permission",
            Arguments(positional=[run.request, run.instance, thing]),
            place,
            awaited=True,
        )
        if interp.state is not None:
            interp.resume(interp.split(verdict, None)[0])


# ---------------------------------------------------------------- authentication and permissions


def is_rest(info: ClassInfo) -> bool:
    """Whether a view is one of the REST framework."""
    return any(
        base.startswith("rest_framework")
        or base.rsplit(".", 1)[-1] in ("APIView", "ViewSet", "ModelViewSet", "GenericAPIView")
        for base in info.library_bases()
    )


def default_classes(interp: Interpreter, models: Models, setting: str) -> Value | None:
    """Return a list of classes that `REST_FRAMEWORK` of the settings names."""
    for module in list(models.program.modules.values()):
        held = module.scope.vars.get("REST_FRAMEWORK")
        if module.family != "python" or held is None:
            continue
        for obj in models.program.resolve_held(interp, held).only(Obj):
            if setting not in obj.fields:
                continue
            found = []
            for dotted in texts(interp, obj.fields[setting]):
                owner, _, name = dotted.rpartition(".")
                holder = models.program.find(module.path, owner)
                if holder is not None:
                    found.append(models.program.member(interp, holder, name))
            made = interp.new("list", place=interp.no_place(module.path))
            made.items = found
            return value_of(made)
    return None


def authentication_step(items: list[Value], place: Place) -> Step:
    """Return the step of authentication classes: each may raise, and one that gives nobody leaves it to the next."""

    def run(interp: Interpreter, args: Arguments, at: Place) -> Value:
        done: list[State | None] = []
        branch = interp.state.branch if interp.state is not None else ()
        for item in items:
            for atom in item.atoms():
                info = atom if isinstance(atom, ClassInfo) else atom.cls if isinstance(atom, Obj) else None
                if info is None or info.method("authenticate") is None or interp.state is None:
                    continue
                made = fresh_instance(interp, info, at) if isinstance(atom, ClassInfo) else value_of(atom)
                value = calls.call_method(
                    interp, made, "authenticate", Arguments(positional=args.positional[:1]), at, awaited=True
                )
                if interp.state is not None:
                    somebody, nobody = interp.split(value, None)
                    done.append(somebody.state)
                    interp.resume(nobody)
        interp.state = join_states([*done, interp.state], branch)
        return V_NONE

    return Step(value_of(NativeFn("authentication", run)), "raise", place)


@dataclass(slots=True)
class Composed(Native):
    """Permissions put together: `A & B`, `A | B`, `~A`."""

    op: str
    left: Value
    right: Value

    def binary(self, interp: Interpreter, obj: Obj, op: str, other: Value, place: Place) -> Value | None:
        if op in ("&", "|"):
            return native_object(interp, "permission", Composed(op, value_of(obj), other), place, "a permission")
        return None

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return value_of(obj)

    def check(self, interp: Interpreter, args: Arguments, place: Place) -> None:
        """Go on where the permission allows the request."""
        if interp.state is None:
            return
        if self.op == "&":
            check(interp, self.left, args, place)
            check(interp, self.right, args, place)
        elif self.op == "|":
            before = interp.state
            check(interp, self.left, args, place)
            first = interp.state
            # The right side is asked only where the left one refuses; what a refusal proves is left out.
            interp.state = before
            check(interp, self.right, args, place)
            interp.state = join_states([first, interp.state], before.branch)


def check(interp: Interpreter, value: Value, args: Arguments, place: Place) -> None:
    """Go on where one permission allows the request; a library's own proves nothing and lets everybody pass."""
    for atom in value.atoms():
        if interp.state is None:
            return
        if isinstance(atom, Obj) and isinstance(atom.native, Composed):
            atom.native.check(interp, args, place)
            continue
        info = atom if isinstance(atom, ClassInfo) else atom.cls if isinstance(atom, Obj) else None
        if info is None or info.method("has_permission") is None:
            continue
        made = fresh_instance(interp, info, place) if isinstance(atom, ClassInfo) else value_of(atom)
        verdict = run_method(interp, info, made, "has_permission", args, place)
        if interp.state is not None:
            interp.resume(interp.split(verdict, None)[0])


def compose(call: LibraryCall) -> Value | None:
    """`A & B` of classes."""
    return native_object(
        call.interp,
        "permission",
        Composed(call.path, call.args.positional[0], call.args.positional[1]),
        call.place,
        "a permission",
    )


def permission_step(interp: Interpreter, value: Value) -> Step | None:
    """Return the step of a permission: `has_permission(request, view)`."""
    place = interp.no_place(interp.frame.module.path)
    for atom in value.atoms():
        if isinstance(atom, Obj) and isinstance(atom.native, Composed):
            break
        info = atom if isinstance(atom, ClassInfo) else atom.cls if isinstance(atom, Obj) else None
        if info is not None and (held := info.method("has_permission")) is not None:
            place = place_of(held[1].module.path, held[0].span)
            break
    else:
        return None

    def run(inner: Interpreter, args: Arguments, at: Place) -> Value:
        check(
            inner,
            value,
            Arguments([args.positional[0], args.positional[1] if len(args.positional) > 1 else unknown("the view")]),
            at,
        )
        return constant(True)

    return Step(value_of(NativeFn("permission", run)), "truthy", place)


# ---------------------------------------------------------------- forms


def form(interp: Interpreter, info: ClassInfo, name: str) -> Value:
    """Return the validated form or serializer that a view's hook gets."""
    wanted = "form_class" if name in ("form_valid", "done") else "serializer_class"
    for each in info.ancestry():
        held = each.statics.fields.get(wanted)
        if held is not None:
            for cls in interp.models.program.resolve_held(interp, held).only(ClassInfo):
                made = fresh_instance(interp, cls, interp.no_place(info.module.path))
                for obj in made.only(Obj):
                    obj.native = obj.native if obj.native is not None else Form()
                return made
    return native_object(interp, "form", Form(), interp.no_place(""), "a form")


class Form(Native):
    """A form or serializer: its data is input."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("cleaned_data", "validated_data", "data", "initial_data", "instance"):
            return value_of(Input("body"))
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "is_valid":
            for hook in ("clean", "validate"):
                if obj.cls is not None and obj.cls.method(hook) is not None:
                    given = Arguments(positional=[value_of(Input("body"))] if hook == "validate" else [])
                    run_apart(interp, attributes.get_attribute(interp, value_of(obj), hook, place), given, place)
            return unknown("whether the input is well-formed")
        if name in ("save", "create", "update"):
            for hook in ("update", "create") if name == "save" else ():
                if obj.cls is not None and obj.cls.method(hook) is not None:
                    given = Arguments(
                        positional=[
                            *([value_of(Stored("database", "instance", place))] if hook == "update" else []),
                            value_of(Input("body")),
                        ]
                    )
                    calls.call_method(interp, value_of(obj), hook, given, place, awaited=True)
            return value_of(Stored("database", "saved", place))
        if name == "get_user":
            return value_of(Stored("principal", "", place))
        if name == "clean":
            return value_of(Input("body"))
        if name == "__init__":
            return V_NONE
        return None


def form_object(call: LibraryCall) -> None:
    """An instance of a project class that derives from a form or serializer."""
    for atom in call.sources:
        if isinstance(atom, Obj):
            atom.native = Form()


# ---------------------------------------------------------------- signals and the administration site


def receiver(call: LibraryCall) -> Value | None:
    """`@receiver(post_save, sender=Model)`, `post_save.connect(fn)`: runs where the signal's sender is saved, else on its own."""

    def keep(interp: Interpreter, value: Value, place: Place) -> Value:
        for fn in value.only(Fn):
            entry = Entry(KINDS["queue"], fn.function.name, original_place(fn), value_of(fn), Receiver)
            entry.unless_entered = True
            register(interp.models, entry)
            rows: list[tuple[Value, Fn]] = interp.models.memory("django receivers", list)
            rows.append((call.args.keywords.get("sender") or NOTHING, fn))
        return value

    if call.args.positional and call.args.positional[0].only(Fn):
        return keep(call.interp, call.args.positional[0], call.place)
    return decorator(keep)


def saved(call: LibraryCall) -> Value | None:
    """A row is saved, by a manager of the model that the path names or by an instance's own `save`: receivers run here."""
    python_sources.saved(call)
    names = {call.path} | {
        info.name for obj in call.sources if isinstance(obj, Obj) and obj.cls is not None for info in obj.cls.ancestry()
    }
    instance = next(
        (value_of(obj) for obj in call.sources if isinstance(obj, Obj)),
        value_of(Stored("database", call.path, call.place)),
    )
    rows: list[tuple[Value, Fn]] = call.models.memory("django receivers", list)
    for sender, fn in rows:
        if any(info.name in names for info in sender.only(ClassInfo)):
            given = Arguments(
                keywords={"sender": sender, "instance": instance, "created": unknown("whether it is new")},
                kwrest=unknown("what a signal carries"),
            )
            run_apart(call.interp, value_of(fn), given, call.place)
    return None


class Receiver(Convention):
    """`receiver(sender, instance, created, **kwargs)`."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        instance = value_of(Stored("database", "instance", place))
        return Arguments(
            keywords={
                "sender": unknown("the sender"),
                "instance": instance,
                "created": unknown("whether it is new"),
                "request": value_of(Input("body")),
                "user": value_of(Stored("principal", "", place)),
            },
            kwrest=unknown("what a signal carries"),
        )


def administration(call: LibraryCall) -> None:
    """A `ModelAdmin` of the project: its actions and the methods that save are started from the administration site."""
    for info in call.sources:
        if not isinstance(info, ClassInfo):
            continue
        names = {"save_model", "delete_model", "response_change", "save_formset"}
        names |= set(texts(call.interp, info.statics.fields.get("actions")))
        for each in info.ancestry():
            names |= {f.name for f in each.definition.methods if any(tail(node) == "action" for node in f.decorators)}
        for name in sorted(names):
            add_admin(call.models, info, name)


def add_admin(models: Models, info: ClassInfo, name: str) -> None:
    """Register a method of a `ModelAdmin`."""
    held = info.method(name)
    if held is None:
        return
    function, home = held
    place = place_of(home.module.path, function.span)
    entry = Entry(
        EntryKind.HTTP_ROUTE,
        f"admin {info.name}.{name}",
        place,
        value_of(Fn(function, home.scope, home.module, None, home)),
        AdminAction,
    )

    def setup(interp: Interpreter, convention: Convention) -> None:
        made = fresh_instance(interp, info, place)
        entry.handler = in_module(interp, info, lambda: attributes.get_attribute(interp, made, name, place))

    entry.setup = setup
    register(models, entry)


class AdminAction(WithRequest):
    """`action(request, queryset)`, `save_model(request, obj, form, change)`."""

    sends_returned = False

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        return Arguments(
            positional=[self.incoming(interp), value_of(Stored("database", "queryset", place))],
            rest=value_of(Input("body")),
        )


# ---------------------------------------------------------------- Django Ninja


@dataclass(slots=True)
class Ninja(Routes):
    """`NinjaAPI(auth=…)`, `Router(auth=…)`. An operation's own `auth` replaces the router's, which replaces the API's."""

    auth: Value | None = None
    rows: list[tuple[str, str, Value | None, Value, Place]] = field(default_factory=list)
    below: list[tuple[str, Value | None, Ninja]] = field(default_factory=list)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(obj) if name == "urls" else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get", "post", "put", "patch", "delete", "api_operation"):
            path = text(args.get(1 if name == "api_operation" else 0, "path"))
            verb = "" if name == "api_operation" else name.upper()
            auth = args.keywords.get("auth")

            def keep(inner: Interpreter, value: Value, at: Place) -> Value:
                self.rows.append((path, verb, auth, value, at))
                return value

            return decorator(keep)
        if name == "add_router":
            held = args.get(1, "router") or NOTHING
            for dotted in held.strings():
                owner, _, member = dotted.rpartition(".")
                module = interp.models.program.find(interp.frame.module.path, owner)
                held = interp.models.program.member(interp, module, member) if module is not None else held
            for child in held.only(Obj):
                if isinstance(child.native, Ninja):
                    child.native.mounted = True
                    self.below.append((text(args.get(0, "prefix")), args.keywords.get("auth"), child.native))
            return V_NONE
        if name in ("exception_handler", "register_controllers", "add_exception_handler"):
            return V_NONE if name == "register_controllers" else decorator(lambda inner, value, at: value)
        return None


def ninja(call: LibraryCall) -> Value | None:
    """`NinjaAPI()`, `Router()`."""
    native = Ninja(auth=call.args.keywords.get("auth"))
    models = call.models
    models.memory("ninja", list).append(native)
    on_collect(models, "ninja", lambda interp: collect_ninja(interp, models))
    return native_object(call.interp, "application", native, call.place, "the API")


def collect_ninja(interp: Interpreter, models: Models) -> None:
    """Register the operations of every API, behind the settings' middleware."""
    steps = middleware(interp, models)
    for native in models.memory("ninja", list):
        if not native.mounted:
            walk_ninja(interp, models, native, "", native.auth, steps, 0)


def walk_ninja(
    interp: Interpreter, models: Models, native: Ninja, prefix: str, auth: Value | None, steps: list[Step], depth: int
) -> None:
    """Register the operations below a prefix."""
    if mounted_again(interp, native):
        return
    for path, verb, own, value, place in native.rows:
        chosen = own if own is not None else auth
        full = join_paths(prefix, path)
        for fn in value.only(Fn):
            guard = [ninja_auth(interp, chosen, place)] if chosen is not None else []
            entry = Entry(
                EntryKind.HTTP_ROUTE,
                f"{verb or 'ALL'} {full or '/'}",
                original_place(fn),
                value_of(fn),
                NinjaView,
                [*steps, *guard],
                full,
                verb,
            )
            entry.setup = beginning(verb, full)
            register(models, entry)
    for child_prefix, own, child in native.below if depth < MAX_MOUNT_DEPTH else ():
        chosen = own if own is not None else child.auth if child.auth is not None else auth
        walk_ninja(interp, models, child, join_paths(prefix, child_prefix), chosen, steps, depth + 1)


class NinjaView(WithRequest):
    """`operation(request, parameters)`; what it returns is sent."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[self.incoming(interp)], kwrest=value_of(Input("body")))


def ninja_auth(interp: Interpreter, auth: Value, place: Place) -> Step:
    """Return the step of `auth=`: any one of the list lets the request pass by giving something truthy."""
    items = listed(interp, auth)

    def run(inner: Interpreter, args: Arguments, at: Place) -> Value:
        passed: list[State | None] = []
        branch = inner.state.branch if inner.state is not None else ()
        for item in items:
            for atom in item.atoms():
                if inner.state is None:
                    break
                value = authenticator(inner, atom, args.positional[0], at)
                if value is None:
                    passed.append(inner.state)
                elif inner.state is not None:
                    attributes.set_attribute(inner, args.positional[0], "auth", truthy(value), at)
                    yes, no = inner.split(inner.settle(value), None)
                    passed.append(yes.state)
                    inner.resume(no)
        inner.state = join_states(passed, branch)
        return constant(True)

    if all(getattr(atom, "value", 0) is None for item in items for atom in item.atoms()):
        return Step(value_of(NativeFn("auth", lambda inner, args, at: constant(True))), "truthy", place)
    return Step(value_of(NativeFn("auth", run)), "truthy", place)


def truthy(value: Value) -> Value:
    """Return the alternatives that are not surely falsy."""
    from cybrid_audit.engine.values import truth

    return Value(tuple(pair for pair in value.alts if truth(pair[0]) is not False))


def authenticator(interp: Interpreter, atom: Atom, request: Value, place: Place) -> Value | None:
    """Return what one authenticator gives, None for a library's own."""
    info = atom.cls if isinstance(atom, Obj) else atom if isinstance(atom, ClassInfo) else None
    if isinstance(atom, Fn):
        return calls.call(interp, value_of(atom), Arguments(positional=[request]), place, awaited=True)
    if info is None or (info.method("authenticate") is None and info.method("__call__") is None):
        return None
    made = value_of(atom) if isinstance(atom, Obj) else fresh_instance(interp, info, place)
    if info.method("authenticate") is None:
        return calls.call(interp, made, Arguments(positional=[request]), place, awaited=True)
    return calls.call_method(
        interp,
        made,
        "authenticate",
        Arguments(positional=[request, value_of(Input("header", "authorization"))], rest=value_of(Input("header"))),
        place,
        awaited=True,
    )
