"""Django and Django REST framework: URL patterns, views, middleware of the settings, permissions, routers, commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Fn,
    Input,
    Namespace,
    Native as NativeFn,
    Obj,
    Place,
    Scope,
    Stored,
    Value,
    place_of,
    unknown,
    value_of,
)
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.models.entries import Convention, Entry, Step, on_collect, register
from cybrid_audit.models.frameworks.flask import decorator, original_place, text, texts
from cybrid_audit.models.frameworks.requests_in import Request, request_object
from cybrid_audit.models.frameworks.router import join_paths
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

VERBS: Final = ("get", "post", "put", "patch", "delete")
VIEWSET_ACTIONS: Final = {"list": "GET", "create": "POST", "retrieve": "GET", "update": "PUT", "partial_update": "PATCH", "destroy": "DELETE"}
INNER_HOOKS: Final = ("form_valid", "perform_create", "perform_update", "perform_destroy", "get_context_data", "done")
"""Methods that the base class of a generic view calls."""

PERMISSIVE: Final = frozenset({"AllowAny", "IsAuthenticated", "IsAdminUser", "IsAuthenticatedOrReadOnly", "DjangoModelPermissions"})


class View(Convention):
    """`view(request, **path_parameters)`; what it returns is sent."""

    sends_returned = False

    def __init__(self) -> None:
        self.request: Value | None = None

    def incoming(self, interp: Interpreter) -> Value:
        """Return the one request of this run."""
        if self.request is None:
            self.request = request_object(interp, interp.no_place(interp.frame.module.path))
        return self.request

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[self.incoming(interp)], kwrest=value_of(Input("path")))

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return Arguments(positional=[self.incoming(interp)])


class Middleware(View):
    """As a view; middleware classes are called with the request, and call on through `get_response`."""


@dataclass(slots=True)
class Pattern(Native):
    """One entry of `urlpatterns`."""

    path: str
    target: Value
    place: Place
    actions: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Included(Native):
    """`include(…)`: a module's patterns, or a list of them."""

    target: Value


@dataclass(slots=True)
class AsView(Native):
    """`View.as_view(…)`."""

    info: ClassInfo
    initial: dict[str, Value]
    actions: dict[str, str]


@dataclass(slots=True)
class Router(Native):
    """REST framework's router."""

    rows: list[tuple[str, ClassInfo, Place]] = field(default_factory=list)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "register":
            for info in (args.get(1, "viewset") or NOTHING).only(ClassInfo):
                self.rows.append((text(args.get(0, "prefix")), info, place))
            return V_NONE
        return None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(obj) if name in ("urls", "get_urls") else None


# ---------------------------------------------------------------- handlers


def pattern(call: LibraryCall) -> Value | None:
    """`path(route, view)`, `re_path`, `url`."""
    on_collect(call.models, "django", lambda interp: collect(interp, call.models))
    view = call.args.get(1, "view")
    native = Pattern(text(call.args.get(0, "route")).lstrip("^").rstrip("$"), view if view is not None else NOTHING, call.place)
    return native_object(call.interp, "pattern", native, call.place, "a URL pattern")


def include(call: LibraryCall) -> Value | None:
    """`include("app.urls")`, `include(router.urls)`, `include((patterns, name))`."""
    interp = call.interp
    first = call.args.get(0) or NOTHING
    target = NOTHING
    for name in first.strings():
        module = call.models.program.find(interp.frame.module.path, name)
        if module is not None:
            call.models.program.ensure(interp, module)
            call.models.memory("django included", set).add(module.path)
            target = target.join(value_of(Namespace(module)))
    return native_object(interp, "include", Included(target if target.alts else first), call.place, "included patterns")


def as_view(call: LibraryCall) -> Value | None:
    """`View.as_view(…)`, also of viewsets with `{"get": "list"}`."""
    result = NOTHING
    actions: dict[str, str] = {}
    for obj in (call.args.get(0, "actions") or NOTHING).only(Obj):
        actions = {verb: text(held) for verb, held in obj.fields.items()}
    for atom in call.sources:
        if isinstance(atom, ClassInfo):
            result = result.join(native_object(call.interp, "view", AsView(atom, dict(call.args.keywords), actions), call.place, atom.name))
    return result if result.alts else None


def router(call: LibraryCall) -> Value | None:
    """`DefaultRouter()`."""
    on_collect(call.models, "django", lambda interp: collect(interp, call.models))
    return native_object(call.interp, "router", Router(), call.place, "a router")


def mark(call: LibraryCall) -> Value | None:
    """A decorator that is remembered on what it decorates: `@action`, `@api_view`, `@permission_classes`."""
    kind = str(call.settings["kind"])
    given = call.args

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        marks: dict[int, dict[str, Arguments]] = interp.models.memory("django marks", dict)
        for atom in value.atoms():
            if isinstance(atom, Fn):
                marks.setdefault(id(atom.function), {})[kind] = given
        return value

    return decorator(apply)


def method_decorator(call: LibraryCall) -> Value | None:
    """`method_decorator(d, name="dispatch")` on a class or a method."""
    given = call.args.get(0)
    name = text(call.args.get(1, "name"))

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        infos = value.only(ClassInfo)
        if not infos:
            result = value
            for item in listed(interp, given):
                for atom in item.atoms():
                    result = calls.apply_decorator(interp, value_of(atom), result, place)
            return result
        rows: dict[int, list[tuple[str, Value, Place]]] = interp.models.memory("django class decorators", dict)
        for info in infos:
            for item in listed(interp, given):
                rows.setdefault(id(info), []).append((name, item, place))
        return value

    return decorator(apply)


def listed(interp: Interpreter, value: Value | None) -> list[Value]:
    """Return the items of a list, or the value itself."""
    if value is None:
        return []
    items = operators.known_items(interp, value) if value.only(Obj) else None
    return items if items is not None else [value]


# ---------------------------------------------------------------- collecting


def collect(interp: Interpreter, models: Models) -> None:
    """Register every view that URL patterns lead to, behind the settings' middleware."""
    interp.start(10**6)
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
    for info in list(models.program.classes):
        tails = {base.rsplit(".", 1)[-1] for base in info.library_bases()}
        if tails & {"BaseCommand", "NoArgsCommand", "LabelCommand"}:
            found = info.method("handle")
            if found is not None:
                interp.push(Scope(None, info.module), info.module, None)
                handler = bound(interp, info, "handle", {})
                interp.pop()
                name = info.module.path.rsplit("/", 1)[-1].removesuffix(".py")
                register(models, Entry(EntryKind.CLI, name, place_of(info.module.path, found[0].span), handler, CommandLine))


class CommandLine(Convention):
    """`handle(*args, **options)`."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(rest=value_of(Input("argument")), kwrest=value_of(Input("argument")))


def middleware(interp: Interpreter, models: Models) -> list[Step]:
    """Return the project's own middleware, in the order of the settings."""
    steps: list[Step] = []
    for module in list(models.program.modules.values()):
        held = module.scope.vars.get("MIDDLEWARE")
        if module.family != "python" or held is None:
            continue
        interp.push(Scope(None, module), module, None)
        for dotted in texts(interp, models.program.resolve_held(interp, held)):
            owner, _, name = dotted.rpartition(".")
            target = models.program.find(module.path, owner)
            if target is None:
                continue
            for atom in models.program.member(interp, target, name).atoms():
                step = middleware_step(interp, atom, interp.no_place(target.path))
                if step is not None:
                    steps.append(step)
        interp.pop()
    return steps


def middleware_step(interp: Interpreter, atom: Any, place: Place) -> Step | None:
    """Return the step of a middleware class or factory: what it does before it calls on."""

    def fn(inner: Interpreter, args: Arguments, at: Place) -> Value:
        passed: list[Any] = []

        def go_on(deep: Interpreter, given: Arguments, where: Place) -> Value:
            if deep.state is not None:
                passed.append(deep.state)
            return native_object(deep, "answer", Request(), where, "the answer")

        made = calls.call(inner, value_of(atom), Arguments(positional=[value_of(NativeFn("get_response", go_on))]), at, awaited=True)
        outcome = calls.call(inner, made, Arguments(positional=args.positional[:1]), at, awaited=True)
        hooks = [obj for obj in made.only(Obj) if obj.cls is not None]
        if not passed and inner.state is not None and any(obj.cls.method("__call__") is None for obj in hooks if obj.cls):
            for name in ("process_request", "process_view"):
                if any(obj.cls is not None and obj.cls.method(name) is not None for obj in hooks):
                    held = calls.call_method(inner, made, name, Arguments(positional=[*args.positional[:1], *[unknown("the view")] * 3]), at, awaited=True)
                    from cybrid_audit.models.entries import keep_if

                    keep_if(inner, held, lambda verdict: verdict is not True)
            return V_NONE
        from cybrid_audit.engine.state import join_states

        inner.state = join_states(passed, inner.state.branch if inner.state is not None else ())
        del outcome
        return V_NONE

    if isinstance(atom, ClassInfo | Fn):
        return Step(value_of(NativeFn("middleware", fn)), "raise", place)
    return None


def walk(interp: Interpreter, models: Models, value: Value, prefix: str, steps: list[Step], depth: int) -> None:
    """Register the views of a list of patterns below a prefix."""
    if depth > 10:
        return
    items = operators.known_items(interp, value)
    for item in items if items is not None else [operators.element_of(interp, value)] if value.only(Obj) else []:
        for obj in item.only(Obj):
            native = obj.native
            if isinstance(native, Pattern):
                enter(interp, models, native, prefix, steps, depth)
            elif isinstance(native, Router | Included):
                target(interp, models, value_of(obj), prefix, steps, depth, obj.place or interp.no_place(""))
            elif obj.kind == "list":
                walk(interp, models, value_of(obj), prefix, steps, depth + 1)
    for obj in value.only(Obj):
        if isinstance(obj.native, Router | Included):
            target(interp, models, value_of(obj), prefix, steps, depth, obj.place or interp.no_place(""))


def enter(interp: Interpreter, models: Models, native: Pattern, prefix: str, steps: list[Step], depth: int) -> None:
    """Register what one pattern leads to."""
    target(interp, models, native.target, join_paths(prefix, native.path), steps, depth + 1, native.place)


def target(interp: Interpreter, models: Models, value: Value, path: str, steps: list[Step], depth: int, place: Place) -> None:
    """Register a view, the patterns of an include, or a router's viewsets."""
    for atom in value.atoms():
        if isinstance(atom, Fn | NativeFn):
            at = original_place(atom) if isinstance(atom, Fn) else place
            extra = function_permissions(interp, models, atom) if isinstance(atom, Fn) else []
            register(models, Entry(EntryKind.HTTP_ROUTE, path or "/", at, value_of(atom), View, [*steps, *extra], path, ""))
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
                for row_prefix, info, row_place in native.rows:
                    viewset(interp, models, info, join_paths(path, row_prefix), steps, row_place)
            elif isinstance(native, AsView):
                class_view(interp, models, native, path, steps)
            elif atom.kind == "list":
                walk(interp, models, value_of(atom), path, steps, depth + 1)
        elif isinstance(atom, ClassInfo):
            class_view(interp, models, AsView(atom, {}, {}), path, steps)


def bound(interp: Interpreter, info: ClassInfo, name: str, initial: dict[str, Value]) -> Value:
    """Return a method of a fresh instance of a view."""
    saved = interp.shared_births
    interp.shared_births = 0
    try:
        made = calls.instantiate(interp, info, Arguments(), interp.no_place(info.module.path))
        for obj in made.only(Obj):
            obj.fields.update(initial)
    finally:
        interp.shared_births = saved
    return attributes.get_attribute(interp, made, name, interp.no_place(info.module.path))


def class_view(interp: Interpreter, models: Models, native: AsView, path: str, steps: list[Step]) -> None:
    """Register the verb methods of a class-based view."""
    info = native.info
    if native.actions:
        for verb, name in native.actions.items():
            add(interp, models, info, name, verb.upper(), path, steps, native.initial)
        return
    found = False
    for verb in VERBS:
        if info.method(verb) is not None:
            found = True
            add(interp, models, info, verb, verb.upper(), path, steps, native.initial)
    for name in INNER_HOOKS:
        if info.method(name) is not None:
            found = True
            add(interp, models, info, name, "POST" if name != "get_context_data" else "GET", path, steps, native.initial)
    if not found and info.method("dispatch") is not None:
        add(interp, models, info, "dispatch", "", path, steps, native.initial)


def viewset(interp: Interpreter, models: Models, info: ClassInfo, path: str, steps: list[Step], place: Place) -> None:
    """Register the actions of a viewset, the standard ones and its own."""
    for name, method in VIEWSET_ACTIONS.items():
        if info.method(name) is not None:
            add(interp, models, info, name, method, path, steps, {})
    for name in INNER_HOOKS:
        if info.method(name) is not None:
            add(interp, models, info, name, "POST", path, steps, {})
    for ancestor in info.ancestry():
        for function in ancestor.definition.methods:
            if any(decorator_tail(node) in ("action", "detail_route", "list_route") for node in function.decorators):
                add(interp, models, info, function.name, "POST", join_paths(path, function.name), steps, {})


def decorator_tail(node: ir.Expr) -> str:
    """Return the last name of a decorator."""
    if isinstance(node, ir.Call):
        node = node.func
    return node.id if isinstance(node, ir.Name) else node.name if isinstance(node, ir.Attribute) else ""


class MethodView(View):
    """`method(self, request, **path_parameters)`, on an instance that knows the request."""

    def __init__(self, info: ClassInfo, name: str, function: ir.Function) -> None:
        super().__init__()
        self.info = info
        self.name = name
        self.function = function

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        request = self.incoming(interp)
        for atom in fn.atoms():
            for obj in (atom.this.only(Obj) if isinstance(atom, Fn) and atom.this is not None else []):
                obj.fields.setdefault("request", request)
                obj.fields.setdefault("kwargs", value_of(Input("path")))
                obj.fields.setdefault("args", value_of(Input("path")))
        if self.name == "form_valid" or self.name.startswith("perform_") or self.name == "done":
            return Arguments(positional=[form(interp)], kwrest=value_of(Input("body")))
        if self.name == "get_context_data":
            return Arguments(kwrest=value_of(Input("path")))
        return Arguments(positional=[request], kwrest=value_of(Input("path")))

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        if step.mode == "truthy":
            return Arguments(positional=[self.incoming(interp), unknown("the view")])
        return Arguments(positional=[self.incoming(interp)], kwrest=value_of(Input("path")))


def form(interp: Interpreter) -> Value:
    """Return a validated form or serializer."""
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
            return unknown("whether the input is well-formed")
        if name == "save":
            return value_of(Stored("database", "saved", place))
        if name == "get_user":
            return value_of(Stored("principal", "", place))
        return None


def form_object(call: LibraryCall) -> None:
    """An instance of a project class that derives from a form or serializer."""
    for atom in call.sources:
        if isinstance(atom, Obj):
            atom.native = Form()


def add(
    interp: Interpreter, models: Models, info: ClassInfo, name: str, method: str, path: str, steps: list[Step], initial: dict[str, Value]
) -> None:
    """Register one method of a view class behind its permissions, mixins and decorators."""
    found = info.method(name)
    if found is None:
        return
    function, home = found
    interp.push(Scope(None, info.module), info.module, None)
    try:
        handler = bound(interp, info, name, initial)
        place = place_of(home.module.path, function.span)
        extra = permissions(interp, models, info, function)
        extra += gates(interp, info, path)
        extra += inherited_dispatch(interp, info)
        for target_name, wrap, at in models.memory("django class decorators", dict).get(id(info), []):
            if target_name in ("dispatch", name, ""):
                for each in wrap.atoms():
                    handler = calls.apply_decorator(interp, value_of(each), handler, at)
    finally:
        interp.pop()
    kind = EntryKind.HTTP_ROUTE
    register(models, Entry(kind, f"{method} {path or '/'} {name}".strip(), place, handler, lambda: MethodView(info, name, function), [*steps, *extra], path, method))


def inherited_dispatch(interp: Interpreter, info: ClassInfo) -> list[Step]:
    """Return the `dispatch` or `initial` methods that the project wrote: they run before the verb's method."""
    found: list[Step] = []
    for name in ("dispatch", "initial"):
        own = info.method(name)
        if own is None:
            continue
        function, home = own

        def fn(inner: Interpreter, args: Arguments, place: Place, name: str = name) -> Value:
            made = calls.instantiate(inner, info, Arguments(), place)
            for obj in made.only(Obj):
                obj.fields.setdefault("request", args.positional[0] if args.positional else V_NONE)
            passed: list[Any] = []
            inner.models.memory("django go on", list).append(passed)
            calls.call_method(inner, made, name, args, place, awaited=True)
            inner.models.memory("django go on", list).pop()
            if name == "dispatch":
                from cybrid_audit.engine.state import join_states

                inner.state = join_states(passed, inner.state.branch if inner.state is not None else ())
            return V_NONE

        found.append(Step(value_of(NativeFn(name, fn)), "raise", place_of(home.module.path, function.span)))
    return found


def go_on(call: LibraryCall) -> Value | None:
    """`super().dispatch(request)`: here the view's own method would run."""
    waiting: list[list[Any]] = call.models.memory("django go on", list)
    if waiting and call.interp.state is not None:
        waiting[-1].append(call.interp.state)
    return native_object(call.interp, "answer", Request(), call.place, "the answer")


def gates(interp: Interpreter, info: ClassInfo, path: str) -> list[Step]:
    """Return the steps of library mixins among the bases that stop a request by themselves, and of `test_func`."""
    found: list[Step] = []
    for base in info.library_bases():
        row = interp.models.row(interp, "base", base)
        if row is not None and row[0].startswith("checks"):
            at = interp.no_place(info.module.path)

            def fn(inner: Interpreter, args: Arguments, place: Place, row: Any = row, base: str = base) -> Value:
                return inner.models.apply(row, inner, base, frozenset(), Arguments(), place) or V_NONE

            found.append(Step(value_of(NativeFn(base, fn)), "raise", place_of(info.module.path, info.definition.span)))
            del at
    test = info.method("test_func")
    if test is not None:

        def run_test(inner: Interpreter, args: Arguments, place: Place) -> Value:
            made = calls.instantiate(inner, info, Arguments(), place)
            for obj in made.only(Obj):
                obj.fields.setdefault("request", args.positional[0] if args.positional else V_NONE)
            return calls.call_method(inner, made, "test_func", Arguments(), place, awaited=True)

        found.append(Step(value_of(NativeFn("test_func", run_test)), "truthy", place_of(test[1].module.path, test[0].span)))
    return found


def permissions(interp: Interpreter, models: Models, info: ClassInfo, function: ir.Function) -> list[Step]:
    """Return the permission classes of a REST view, the method's own before the class's, else those of the settings."""
    held: Value | None = None
    for node in function.decorators:
        if isinstance(node, ir.Call) and decorator_tail(node) == "action":
            given = next((arg.value for arg in node.args if arg.name == "permission_classes"), None)
            if given is not None:
                interp.push(Scope(info.scope, info.module), info.module, None)
                held = interp.eval(given)
                interp.pop()
        if isinstance(node, ir.Call) and decorator_tail(node) == "permission_classes" and node.args:
            interp.push(Scope(info.scope, info.module), info.module, None)
            held = interp.eval(node.args[0].value)
            interp.pop()
    if held is None:
        for ancestor in info.ancestry():
            if "permission_classes" in ancestor.statics.fields:
                held = models.program.resolve_held(interp, ancestor.statics.fields["permission_classes"])
                break
    steps: list[Step] = []
    if info.method("get_permissions") is not None:
        made = calls.instantiate(interp, info, Arguments(), interp.no_place(info.module.path))
        for obj in made.only(Obj):
            obj.fields["action"] = value_of(*[_const(function.name)])
            obj.fields["request"] = request_object(interp, interp.no_place(info.module.path))
        held = calls.call_method(interp, made, "get_permissions", Arguments(), interp.no_place(info.module.path), awaited=True)
    if held is None and is_rest(info):
        held = default_permissions(interp, models)
    if held is not None:
        for item in operators.known_items(interp, held) or []:
            step = permission_step(interp, item, info)
            if step is not None:
                steps.append(step)
    return steps


def _const(name: str) -> Any:
    from cybrid_audit.engine.values import Const

    return Const(name)


def is_rest(info: ClassInfo) -> bool:
    """Whether a view is one of the REST framework."""
    return any(base.startswith("rest_framework.") for base in info.library_bases())


def default_permissions(interp: Interpreter, models: Models) -> Value | None:
    """Return `REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"]` of the settings as classes."""
    for module in list(models.program.modules.values()):
        held = module.scope.vars.get("REST_FRAMEWORK")
        if module.family != "python" or held is None:
            continue
        for obj in held.only(Obj):
            listed_names = texts(interp, obj.fields.get("DEFAULT_PERMISSION_CLASSES"))
            found = []
            for dotted in listed_names:
                owner, _, name = dotted.rpartition(".")
                target_module = models.program.find(module.path, owner)
                if target_module is not None:
                    found.append(models.program.member(interp, target_module, name))
            made = interp.new("list", place=interp.no_place(module.path))
            made.items = found
            return value_of(made)
    return None


def permission_step(interp: Interpreter, value: Value, info: ClassInfo) -> Step | None:
    """Return the step of a permission: `has_permission(request, view)`."""
    for atom in value.atoms():
        cls = atom if isinstance(atom, ClassInfo) else atom.cls if isinstance(atom, Obj) else None
        if cls is None:
            continue
        found = cls.method("has_permission")
        if found is None:
            continue
        made = calls.instantiate(interp, cls, Arguments(), interp.no_place(cls.module.path)) if isinstance(atom, ClassInfo) else value_of(atom)
        fn = attributes.get_attribute(interp, made, "has_permission", interp.no_place(cls.module.path))
        return Step(fn, "truthy", place_of(found[1].module.path, found[0].span))
    return None


def function_permissions(interp: Interpreter, models: Models, fn: Fn) -> list[Step]:
    """Return the permissions of a function view decorated with `@permission_classes([...])`."""
    marks: dict[str, Arguments] = models.memory("django marks", dict).get(id(fn.function), {})
    given = marks.get("permissions")
    if given is None:
        return []
    found: list[Step] = []
    for item in operators.known_items(interp, given.positional[0]) or [] if given.positional else []:
        step = permission_step(interp, item, None)  # type: ignore[arg-type]
        if step is not None:
            found.append(step)
    return found
