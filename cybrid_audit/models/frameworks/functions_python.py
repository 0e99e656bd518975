"""Functions of cloud platforms in Python: Lambda Powertools, Chalice, Azure, Google, Firebase, Modal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import V_NONE, Arguments, Fn, Input, Obj, Place, Value, unknown, value_of
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Entry, Step, register
from cybrid_audit.models.frameworks.fastapi import Injected
from cybrid_audit.models.frameworks.python_web import (
    VERBS,
    PathArguments,
    Routes,
    WithRequest,
    decorates,
    decorator,
    hook,
    listed,
    original_place,
    parameter_names,
    routes_object,
    shared_map,
    text,
    texts,
    through,
)
from cybrid_audit.models.frameworks.tasks import add_task
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

SCHEDULES: Final = frozenset({"schedule", "timer_trigger", "cron"})
QUEUES: Final = frozenset(
    {"on_sqs_message", "on_sns_message", "on_s3_event", "on_cw_event", "on_kinesis_record", "on_dynamodb_record", "lambda_function", "queue_trigger",
     "service_bus_queue_trigger", "service_bus_topic_trigger", "event_hub_message_trigger", "event_grid_trigger", "blob_trigger", "cosmos_db_trigger",
     "on_event", "kafka_trigger"}
)  # fmt: skip


@dataclass(slots=True)
class App(Routes):
    """An application of Chalice or Powertools: routes whose request is a field of it."""

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("current_request", "current_event", "request"):
            held = interp.models.memory("request locals", dict).get("request")
            return held if held is not None else native_object(interp, "request", Event(), place, "the request")
        if name in ("context", "state"):
            return shared_map(interp, obj, name, place)
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in VERBS or name == "route":
            path = text(args.get(0, "rule"))
            methods = (
                [name.upper()]
                if name in VERBS
                else texts(interp, args.keywords.get("methods") or args.get(1, "method")) or ["GET"]
            )
            steps = [Step(item, "next", place) for item in listed(interp, args.keywords.get("middlewares"))]
            return decorator(lambda inner, value, at: self.add(path, methods, value, at, steps))
        if name in ("include_router", "register_blueprint"):
            self.mount(args.get(0), text(args.get(1, "prefix") or args.keywords.get("url_prefix")))
            return V_NONE
        if name == "use":
            self.before.extend(Step(item, "next", place) for item in listed(interp, args.get(0, "middlewares")))
            return V_NONE
        if name == "middleware":
            return hook(self.before, Arguments(), place, "next")
        if name in SCHEDULES or name in QUEUES:
            kind = "schedule" if name in SCHEDULES else "queue"
            return decorator(lambda inner, value, at: add_task(inner, inner.models, value, kind, at))
        if name in ("exception_handler", "not_found", "authorizer", "enable_swagger"):
            return through(args)
        if name == "resolve":
            return unknown("an answer")
        return V_NONE if name in ("append_context", "clear_context", "log") else None


class Event(Native):
    """The current request of an application, where no route is running."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(Input("body", name))


class NextFirst(PathArguments):
    """`view(**path_parameters)`; middleware gets the application or event, and what goes on."""

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return Arguments(positional=[self.app if self.app is not None else self.incoming(interp), next_fn])


def application(call: LibraryCall) -> Value | None:
    """`Chalice(app_name=…)`, `APIGatewayRestResolver()`, `Router()`."""
    return routes_object(call.interp, App(convention=NextFirst), call.place)


class Functions(Native):
    """Azure's `FunctionApp()`: decorators that say what starts a function."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in SCHEDULES or name in QUEUES:
            kind = "schedule" if name in SCHEDULES else "queue"
            return decorator(lambda inner, value, at: add_task(inner, inner.models, value, kind, at))
        if name == "route":
            path, methods = text(args.get(0, "route")), texts(interp, args.keywords.get("methods"))
            return decorator(lambda inner, value, at: route(inner, value, at, path, methods))
        if name == "register_functions":
            return V_NONE
        return through(args)


def functions(call: LibraryCall) -> Value | None:
    """`func.FunctionApp()`, `func.Blueprint()`."""
    return native_object(call.interp, "functions", Functions(), call.place, "the function app")


def route(interp: Interpreter, value: Value, place: Place, path: str = "", methods: list[str] | None = None) -> Value:
    """Register functions that get one request and whose answer is sent."""
    for fn in value.only(Fn):
        verb = ",".join(methods or [])
        register(
            interp.models,
            Entry(
                EntryKind.HTTP_ROUTE,
                f"{verb or 'ALL'} /{path or fn.function.name}".replace("//", "/"),
                original_place(fn),
                value_of(fn),
                OneRequest,
                (),
                path,
                verb,
            ),
        )
    return value


class OneRequest(WithRequest):
    """`function(request)`, and a context where there is a second parameter."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        atom = next(iter(fn.only(Fn)), None)
        width = len(parameter_names(atom)) if atom is not None else 1
        return Arguments(positional=[self.incoming(interp), unknown("the context")][: max(1, width)])


def http(call: LibraryCall) -> Value | None:
    """`@functions_framework.http`, `@https_fn.on_request()`."""
    if decorates(call.args):
        return route(call.interp, call.args.positional[0], call.place)
    return decorator(route)


def endpoint(call: LibraryCall) -> Value | None:
    """A function whose parameters are filled from the request, as with FastAPI: Modal's web endpoints."""

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        for fn in value.only(Fn):
            register(
                interp.models, Entry(EntryKind.HTTP_ROUTE, fn.function.name, original_place(fn), value_of(fn), Injected)
            )
        return value

    return apply(call.interp, call.args.positional[0], call.place) if decorates(call.args) else decorator(apply)


def modal_function(call: LibraryCall) -> Value | None:
    """Modal's `@app.function(schedule=…)`: a scheduled job, or a task that other code calls."""
    kind = "schedule" if "schedule" in call.args.keywords else "queue"

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        return (
            add_task(interp, interp.models, value, kind, place)
            if kind == "queue"
            else (add_task(interp, interp.models, value, kind, place), value)[1]
        )

    return apply(call.interp, call.args.positional[0], call.place) if decorates(call.args) else decorator(apply)
