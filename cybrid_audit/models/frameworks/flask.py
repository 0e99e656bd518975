"""Flask and Quart with their extensions: applications, blueprints, view classes, functions that run before a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import calls
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Fn,
    Obj,
    Place,
    Stored,
    Value,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention
from cybrid_audit.models.frameworks.python_web import (
    VERBS,
    PathArguments,
    Route,
    Routes,
    WebRequest,
    decorates,
    decorator,
    hook,
    listed,
    locals_object,
    original_place,
    routes_object,
    shared_map,
    text,
    texts,
    through,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

HARMLESS = frozenset(
    {"errorhandler", "app_errorhandler", "teardown_request", "teardown_appcontext", "template_filter", "app_template_filter", "template_global",
     "url_defaults", "expect", "marshal_with", "marshal_list_with", "doc", "param", "response", "arguments", "input", "output", "alt_response", "paginate",
     "etag", "produces", "hide", "deprecated", "vendor", "record", "record_once", "shell_context_processor", "after_serving", "auth_required",
     "before_first_request", "memoize", "cached", "limit", "exempt", "user_loader", "header_loader", "as_view"}
)  # fmt: skip
"""Decorators that leave a view as it is."""


BODIES = frozenset({"arguments", "input", "expect"})
"""Decorators that are given the class of a schema, which is not what they decorate."""


@dataclass(slots=True)
class Blueprint(Routes):
    """An application, a blueprint, an API or a namespace; `app` is what an extension was made for."""

    app: Value | None = None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "config":
            from cybrid_audit.models.python.sources import flask_config

            obj.fields[name] = flask_config(interp, place)
            return obj.fields[name]
        if name in ("extensions", "state", "jinja_env"):
            return shared_map(interp, obj, name, place)
        if name == "cli":
            from cybrid_audit.models.frameworks.commands import Group

            made = native_object(interp, "group", Group(), place, "commands of the application")
            obj.fields[name] = made
            return made
        if name == "view_functions":
            return native_object(interp, "views", Views(), place, "the views")
        if name in ("app", "blueprint") and self.app is not None:
            return self.app
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        endpoint = text(args.keywords.get("endpoint"))
        if name in ("route", "websocket"):
            if not args.positional and not args.keywords.get("rule"):
                return decorator(lambda inner, value, at: self.view(inner, "/", ["GET"], value, at))
            methods = texts(interp, args.get(1, "methods")) or ["GET"]
            paths = [path for value in args.positional for path in value.strings()] or [text(args.get(0, "rule"))]
            return decorator(lambda inner, value, at: self.view_at(inner, paths, methods, value, at, endpoint))
        if name in VERBS and (args.positional and args.positional[0].strings()):
            path = text(args.get(0))
            return decorator(lambda inner, value, at: self.view(inner, path, [name.upper()], value, at, endpoint))
        if name == "add_url_rule":
            view = args.get(2, "view_func")
            if view is not None:
                verbs = texts(interp, args.get(9, "methods")) or ["GET"]
                self.view(interp, text(args.get(0, "rule")), verbs, view, place, text(args.get(1, "endpoint")))
            return V_NONE
        if name == "add_resource" and args.positional:
            for value in args.positional[1:]:
                self.view(interp, text(value), [], args.positional[0], place)
            return V_NONE
        if name in ("before_request", "before_websocket", "url_value_preprocessor"):
            return hook(self.before, args, place)
        if name in ("before_app_request", "before_app_websocket", "app_url_value_preprocessor"):
            return hook(self.everywhere, args, place)
        if name in ("after_request", "after_app_request", "after_websocket"):
            return self.also(args, place, name, AfterRequest)
        if name in ("context_processor", "app_context_processor"):
            return self.also(args, place, name, PathArguments)
        if name in ("before_serving", "while_serving", "before_first_request", "on_startup"):
            return start_up(interp, args, place)
        if name in ("register_blueprint", "add_namespace", "register_api"):
            prefix = args.get(1, "url_prefix") or args.get(1, "path")
            self.mount(args.get(0), text(prefix), replaces=True)
            return V_NONE
        if name == "init_app":
            for app in (args.get(0, "app") or V_NONE).only(Obj):
                if isinstance(app.native, Routes):
                    app.native.mount(value_of(obj))
            return V_NONE
        if name in BODIES and args.positional and not args.positional[0].only(Fn):
            return decorator(lambda inner, value, at: value)
        if name in HARMLESS:
            return through(args)
        if name in ("app_context", "test_request_context", "run", "request_context"):
            return value_of(obj) if name.endswith("context") else V_NONE
        if name in ("ensure_sync", "async_to_sync", "make_response"):
            return args.get(0)
        return None

    def view(
        self, interp: Interpreter, path: str, methods: list[str], value: Value, place: Place, endpoint: str = ""
    ) -> Value:
        """Keep a view, inside the decorators that the extension puts around all of them; return the view as it was."""
        kept = value
        for wrap in listed(interp, self.decorators) if value.only(Fn) else ():
            for atom in wrap.atoms():
                kept = calls.apply_decorator(interp, value_of(atom), kept, place)
        self.add(path, methods, kept, place, endpoint=endpoint)
        return value

    def view_at(
        self, interp: Interpreter, paths: list[str], methods: list[str], value: Value, place: Place, endpoint: str
    ) -> Value:
        """Keep a view for several paths."""
        for path in paths:
            self.view(interp, path, methods, value, place, endpoint)
        return value

    def also(self, args: Arguments, place: Place, name: str, convention: type[Convention]) -> Value:
        """Keep a function that runs around every request, behind what runs before them."""
        side = Blueprint(prefix=name, convention=convention, mounted=True)
        self.children.append((name, [], side))
        if decorates(args):
            side.routes.append(Route("", "", [], args.positional[0], place, EntryKind.HTTP_ROUTE))
            return args.positional[0]

        def keep(interp: Interpreter, value: Value, at: Place) -> Value:
            side.routes.append(Route("", "", [], value, at, EntryKind.HTTP_ROUTE))
            return value

        return decorator(keep)


class Views(Native):
    """`app.view_functions`, which is asked for the running view."""

    __slots__ = ()

    def running(self, interp: Interpreter) -> Value:
        """Return the running view."""
        for obj in interp.models.memory("request locals", dict).get("request", V_NONE).only(Obj):
            if isinstance(obj.native, WebRequest) and obj.native.route is not None:
                return obj.native.route.view
        return unknown("a view")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self.running(interp)

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return self.running(interp)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        return self.running(interp) if name == "get" else None


class AfterRequest(PathArguments):
    """`after_request(response)`: what it sets on the answer is sent."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[self.outgoing(interp)])


def start_up(interp: Interpreter, args: Arguments, place: Place) -> Value:
    """Run a function that an application runs once when it starts, here and now."""

    def run(inner: Interpreter, value: Value, at: Place) -> Value:
        calls.call(inner, value, Arguments(), at, awaited=True)
        return value

    return run(interp, args.positional[0], place) if decorates(args) else decorator(run)


def application(call: LibraryCall) -> Value | None:
    """`Flask(__name__)`, `Blueprint(name, module, url_prefix=…)`, `Api(app)`, `Namespace(…)`."""
    prefix = call.args.keywords.get("url_prefix") or call.args.keywords.get("path") or call.args.keywords.get("prefix")
    native = Blueprint(
        prefix=text(prefix),
        convention=PathArguments,
        decorators=call.args.keywords.get("decorators"),
        dispatchers=("dispatch_request",),
        name="" if call.settings.get("app") else text(call.args.get(0, "name")),
        names_views=True,
    )
    value = routes_object(call.interp, native, call.place)
    if call.settings.get("app"):
        call.models.memory("flask apps", list).append(value)
        return value
    for given in (*call.args.positional[:1], *([call.args.keywords["app"]] if "app" in call.args.keywords else [])):
        for obj in given.only(Obj):
            if isinstance(obj.native, Blueprint):
                native.app = given
                obj.native.mount(value, replaces=False)
    return value


def current_app(call: LibraryCall) -> Value | None:
    """`current_app`: the applications of the project."""
    apps: list[Value] = call.models.memory("flask apps", list)
    return join_all(apps) if apps else None


def request(call: LibraryCall) -> Value | None:
    """The request as a global."""
    held = call.models.memory("request locals", dict)
    if "request" not in held:
        held["request"] = native_object(call.interp, "request", WebRequest(), call.place, "the request")
    result: Value = held["request"]
    return result


def session(call: LibraryCall) -> Value | None:
    """The session as a global."""
    return value_of(Stored("session", "", call.place))


def request_locals(call: LibraryCall) -> Value | None:
    """`g`: an object of the running request."""
    held = call.models.memory("request locals", dict)
    if "g" not in held:
        held["g"] = locals_object(call.interp, call.place, "g")
    result: Value = held["g"]
    return result


def abort(call: LibraryCall) -> Value | None:
    """A function that ends the request with an error."""
    call.interp.throw(unknown("an HTTP error"))
    return unknown("nothing")


def as_view(call: LibraryCall) -> Value | None:
    """`View.as_view(name)`: the class stands for the view."""
    return value_of(*[atom for atom in call.sources if isinstance(atom, ClassInfo)])


def own_dispatch(call: LibraryCall) -> Value | None:
    """`super().dispatch_request(…)` of a project's view class: the verb's method runs here."""
    verb = call.models.memory("running verb", dict).get("verb", "")
    for obj in call.sources:
        if isinstance(obj, Obj) and obj.cls is not None and obj.cls.method(verb) is not None:
            return calls.call_method(call.interp, value_of(obj), verb, call.args, call.place, awaited=True)
    return None


__all__ = ["Blueprint", "application", "decorator", "join_all", "original_place", "sinks", "text", "texts"]
