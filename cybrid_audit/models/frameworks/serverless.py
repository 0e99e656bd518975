"""Functions that a platform calls: AWS Lambda, Cloudflare and Bun modules, Deno, Firebase, Azure, Google, servers of node:http.

Found by deployment files, by names and parameters, by the shape of a default export, or by the call that registers them."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit import ir
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
from cybrid_audit.models import sinks
from cybrid_audit.models.entries import Convention, Entry, Step, register
from cybrid_audit.models.frameworks.handlers import (
    functions,
    is_callable,
    name_of,
    parameters,
    place_for,
    route_kind,
    texts,
    unwrapped,
)
from cybrid_audit.models.frameworks.queues import Consumer, consume, shaped
from cybrid_audit.models.frameworks.requests_in import reply_object, request_object
from cybrid_audit.models.frameworks.router import RequestReply, WebRequest, join_paths, mounted_router
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule
    from cybrid_audit.models import Models

DEPLOYMENT_FILES: Final = (
    "serverless.yml",
    "serverless.yaml",
    "serverless.ts",
    "serverless.js",
    "template.yaml",
    "template.yml",
    "sam.yaml",
    "sam.yml",
    "samconfig.toml",
    "cdk.json",
    "sst.config.ts",
)
HANDLER_NAMES: Final = frozenset({"handler", "lambda_handler", "lambdaHandler", "main"})
_INFRASTRUCTURE: Final = re.compile(
    r"(?:^|/)(?:[\w.-]*stack[\w.-]*|sst\.config|(?:infra|stacks|cdk|infrastructure)/[\w./-]+)\.(?:[jt]s|py)$",
    re.IGNORECASE,
)
_REFERENCE: Final = re.compile(r"""(?:handler|Handler|function)["']?\s*[:=]\s*["']?([\w./-]+)\.(\w+)""")
_PYTHON_ENTRY: Final = re.compile(r"""PythonFunction\([^)]*?entry\s*=\s*[^,\n]*?["']([\w./-]+)["']""")
_ENTRY: Final = re.compile(r"""entry\s*:\s*[^,\n]*?["']([\w./-]+?)(?:\.[cm]?[jt]s)?["']""")
_QUEUE: Final = re.compile(r"SQS|SNS|Kinesis|DynamoDB|Queue|EventBridge|S3Event|MSK|Kafka", re.IGNORECASE)
_SCHEDULE: Final = re.compile(r"Scheduled|CloudWatch|Cron|Timer|schedule|rate\(", re.IGNORECASE)
_TRIGGER: Final = re.compile(r"Trigger|UserPool|PostConfirmation|PreSignUp", re.IGNORECASE)
MAX_INFRASTRUCTURE_FILES: Final = 40


# ---------------------------------------------------------------- AWS Lambda


class LambdaEvent(Native):
    """The event of a function: a request through API Gateway unless its type says otherwise."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        kinds = {
            "headers": "header",
            "multiValueHeaders": "header",
            "queryStringParameters": "query",
            "rawQueryString": "query",
            "pathParameters": "path",
            "cookies": "cookie",
            "path": "url",
            "rawPath": "url",
            "httpMethod": "method",
        }
        if name == "requestContext":
            claims = value_of(Stored("claims"))
            context, authorizer, jwt = (interp.new("object", place=place) for _ in range(3))
            jwt.fields = {"claims": claims}
            authorizer.fields = {
                "claims": claims,
                "jwt": value_of(jwt),
                "lambda": claims,
                "principalId": value_of(Stored("principal")),
            }
            context.fields = {
                "authorizer": value_of(authorizer),
                "identity": value_of(Input("header")),
                "http": value_of(Input("url")),
                "httpMethod": value_of(Input("method")),
            }
            obj.fields[name] = value_of(context)
            return obj.fields[name]
        return value_of(Input(kinds[name]) if name in kinds else Input("body", "" if name == "body" else name))

    def item(self, interp: Interpreter, obj: Obj, key: Any, place: Place) -> Value | None:
        return value_of(Input("body"))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get", "pop"):
            key = next((text for value in args.positional[:1] for text in value.strings()), "")
            held = obj.fields.get(key) or self.attribute(interp, obj, key, place)
            return held.join(args.positional[1]) if held is not None and len(args.positional) > 1 else held
        return None


class EventAndContext(Convention):
    """`handler(event, context, callback)`; what it returns, or passes to the callback, is the answer."""

    sends_returned = True

    def __init__(self, kind: EntryKind = EntryKind.HTTP_ROUTE) -> None:
        self.kind = kind
        self.given: list[Value] = []

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if not self.given:
            place = interp.no_place(interp.frame.module.path)
            if self.kind is EntryKind.QUEUE_CONSUMER and interp.language == "javascript":
                event = shaped(interp, "records", value_of(Input("message")), place)[0]
                for obj in event.only(Obj):
                    obj.native = LambdaEvent()
            elif self.kind is EntryKind.QUEUE_CONSUMER:
                event = value_of(Input("message"))
            else:
                event = native_object(interp, "event", LambdaEvent(), place, "the event")
            context = native_object(interp, "context", CallContext(), place, "the context of the call")
            self.given = [event, context, value_of(NativeFn("callback", answered))]
        return Arguments(positional=self.given if interp.language == "javascript" else self.given[:2])

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        given = self.arguments(interp, step.fn)
        holder = interp.new("object", place=interp.no_place(interp.frame.module.path))
        holder.fields = {
            "event": given.positional[0],
            "context": given.positional[1],
            "internal": unknown("what middleware keeps"),
        }
        return Arguments(positional=[value_of(holder)])


def answered(interp: Interpreter, args: Arguments, place: Place) -> Value:
    """`callback(error, answer)`."""
    for value in args.positional[1:]:
        sinks.hand_over(interp, value, place, "response")
    return V_NONE


class CallContext(Native):
    """The context of a call: how long it may run, and the old ways to answer."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("succeed", "done"):
            answered(interp, Arguments(positional=[V_NONE, *args.positional]), place)
            return V_NONE
        return unknown(f"the result of {name}")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return unknown(f"{name} of the call", hint=name)


class Middy(Native):
    """`middy(handler).use(middleware)`: `before` of each runs first; one that returns a value answers."""

    __slots__ = ("fn", "steps")

    def __init__(self, fn: Value) -> None:
        self.fn = fn
        self.steps: list[Step] = []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "use":
            for value in args.positional:
                self.add(interp, value, place)
        elif name == "before":
            self.steps.extend(Step(fn, "hook", place) for fn in functions(interp, args.positional))
        elif name == "handler" and args.positional:
            self.fn = unwrapped(args.positional[0])
        return value_of(obj)

    def add(self, interp: Interpreter, value: Value, place: Place) -> None:
        """Take one middleware, or a list of them."""
        for obj in value.only(Obj):
            if obj.kind == "list":
                for item in obj.items or ():
                    self.add(interp, item, place)
            elif "before" in obj.fields:
                self.steps.extend(Step(fn, "hook", place) for fn in functions(interp, [obj.fields["before"]]))
            elif obj.cls is not None and obj.cls.method("before") is not None:
                self.steps.append(Step(attributes.get_one(interp, obj, "before", place), "hook", place))

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return calls.call(interp, self.fn, args, place, awaited=True)


def middy(call: LibraryCall) -> Value | None:
    """`middy(handler?)`."""
    first = call.args.get(0)
    fn = unwrapped(first) if first is not None else NOTHING
    return native_object(call.interp, "handler", Middy(fn if is_callable(fn) else NOTHING), call.place, "a handler")


# ---------------------------------------------------------------- collecting


def collect(interp: Interpreter, models: Models) -> None:
    """Register the handlers that deployment files name, those that look like one, and default exports of workers."""
    named = deployed(models)
    for module in list(models.program.modules.values()):
        if models.recorder.side(module.path) in (Side.TEST, Side.DOCS, Side.VENDORED, Side.CLIENT):
            continue
        stem = module.path.rsplit(".", 1)[0]
        for name, value in exported(interp, models, module):
            wanted = next(
                (
                    kind
                    for (path, function), kind in named.items()
                    if function == name and (stem == path or stem.endswith(f"/{path}"))
                ),
                None,
            )
            handler, steps = opened(value)
            fn = next((atom for atom in handler.atoms() if isinstance(atom, Fn)), None)
            if fn is None or (wanted is None and not looks_like_handler(name, fn, wrapped=handler is not value)):
                continue
            kind = kind_of(fn, wanted or "")
            place = (
                place_of(module.path, fn.function.span)
                if fn.module is module
                else place_for(handler, definition(module, name))
            )
            if kind is EntryKind.QUEUE_CONSUMER and module.family == "javascript":
                consume(interp, models, Consumer("sqs", "", handler, place, "records"), name=name)
                continue
            register(models, Entry(kind, name, place, handler, lambda kind=kind: EventAndContext(kind), steps))  # type: ignore[misc]
        if module.family == "javascript":
            worker(interp, models, module)


def opened(value: Value) -> tuple[Value, list[Step]]:
    """Return the function that a handler is, and what runs before it."""
    for obj in value.only(Obj):
        if isinstance(obj.native, Middy):
            return obj.native.fn, list(obj.native.steps)
    inner = unwrapped(value)
    return (inner, []) if inner is not value else (value, [])


def deployed(models: Models) -> dict[tuple[str, str], str]:
    """Return every handler that a deployment file names, (path without suffix, function), with what is written around it."""
    found: dict[tuple[str, str], str] = {}
    folders = {""} | {models.project.package_root(path) for path in models.project.relevant}
    for path in models.project.relevant:
        parts = path.split("/")[:-1]
        folders.update("/".join(parts[:depth]) for depth in range(len(parts) + 1))
    names = [f"{folder}/{name}" if folder else name for folder in sorted(folders) for name in DEPLOYMENT_FILES]
    names += [path for path in sorted(models.project.files) if _INFRASTRUCTURE.search(path)][:MAX_INFRASTRUCTURE_FILES]
    for name in names:
        data = models.project.text_file(name)
        if data is None:
            continue
        text = data.decode("utf-8", "replace")
        matches = list(_REFERENCE.finditer(text))
        for index, match in enumerate(matches):
            end = matches[index + 1].start() if index + 1 < len(matches) else len(text)
            around = text[match.start() : min(end, match.end() + 1500)]
            path = match.group(1).lstrip("./")
            found[(path, match.group(2))] = around
            if "." in path:
                # Python's handlers may be written as dotted modules.
                found[(path.replace(".", "/"), match.group(2))] = around
        for match in _PYTHON_ENTRY.finditer(text):
            around = text[match.start() : match.end() + 600]
            index_file, function = (
                re.search(r"index\s*=\s*[\"']([\w./-]+?)\.py[\"']", around),
                re.search(r"handler\s*=\s*[\"'](\w+)[\"']", around),
            )
            path = f"{match.group(1).strip('./')}/{index_file.group(1) if index_file else 'index'}"
            found[(path, function.group(1) if function else "handler")] = around
        for match in _ENTRY.finditer(text):
            around = text[match.start() : match.end() + 800]
            handler = re.search(r"handler\s*:\s*[\"'](\w+)[\"']", around)
            found[(match.group(1).lstrip("./"), handler.group(1) if handler else "handler")] = ""
    return found


def exported(interp: Interpreter, models: Models, module: LoadedModule) -> list[tuple[str, Value]]:
    """Return what a module gives away that may be called, by name."""
    if module.family == "python":
        names = [stmt.function.name for stmt in module.tree.body if isinstance(stmt, ir.FunctionDef)]
    else:
        common = module.initial.fields if module.initial is not None else {}
        whole = module.common_js()
        names = [
            *module.names,
            *common,
            *(key for obj in (whole.only(Obj) if whole is not None else []) for key in obj.fields),
        ]
    found: list[tuple[str, Value]] = []
    for name in dict.fromkeys(names):
        value = models.program.member(interp, module, name)
        if is_callable(unwrapped(value)) or any(isinstance(obj.native, Middy) for obj in value.only(Obj)):
            found.append((name, value))
    return found


def definition(module: LoadedModule, name: str) -> Place:
    """Return where a module defines what it exports under a name, else its first line."""
    local = module.exports.get(name, name)
    for stmt in module.tree.body:
        if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name) and stmt.target.id == local:
            return place_of(module.path, stmt.span)
    return Place(module.path, 1, 0, 1, 0)


def looks_like_handler(name: str, fn: Fn, *, wrapped: bool = False) -> bool:
    """Whether name and parameters are those of a Lambda handler."""
    params = parameters(fn)
    if fn.module.family == "python":
        return (
            len(params) == 2
            and params[0] in ("event", "_event", "evt")
            and params[1].lstrip("_") in ("context", "ctx", "")
        )
    if name not in HANDLER_NAMES:
        return False
    if wrapped or not params:
        return name != "main"
    return params[0].lstrip("_") in ("event", "evt", "e", "records", "") or annotation_text(fn).endswith("Event")


def annotation_text(fn: Fn) -> str:
    """Return the name of the first parameter's type."""
    if not fn.function.params:
        return ""
    node = fn.function.params[0].annotation
    while isinstance(node, ir.Index):
        node = node.object
    return node.id if isinstance(node, ir.Name) else node.name if isinstance(node, ir.Attribute) else ""


def kind_of(fn: Fn, around: str) -> EntryKind:
    """Return what starts a handler, by the type of its event, by what it reads of it, or by what its deployment says."""
    text = annotation_text(fn)
    if _TRIGGER.search(text) and not _QUEUE.search(text):
        return EntryKind.RPC
    if _QUEUE.search(text):
        return EntryKind.QUEUE_CONSUMER
    if _SCHEDULE.search(text):
        return EntryKind.SCHEDULE
    if not text and reads_records(fn.function):
        return EntryKind.QUEUE_CONSUMER
    events = set(
        re.findall(
            r"(?m)^\s*-?\s*[\"']?(httpApi|http|websocket|alb|sqs|sns|stream|eventBridge|kafka|msk|rabbitmq|activemq|s3|schedule|cognitoUserPool)[\"']?\s*:",
            around,
        )
    )
    events |= {
        each.lower()
        for each in re.findall(
            r"Type\s*:\s*[\"']?(Api|HttpApi|SQS|SNS|Kinesis|DynamoDB|EventBridgeRule|S3|ScheduleV2|Schedule|Cognito)\b",
            around,
        )
    }
    if events & {"http", "httpapi", "httpApi", "api", "websocket", "alb"}:
        return EntryKind.HTTP_ROUTE
    if events & {"schedule", "schedulev2"}:
        return EntryKind.SCHEDULE
    if events & {
        "sqs",
        "sns",
        "stream",
        "kinesis",
        "dynamodb",
        "eventbridge",
        "eventbridgerule",
        "eventBridge",
        "kafka",
        "msk",
        "rabbitmq",
        "activemq",
        "s3",
    }:
        return EntryKind.QUEUE_CONSUMER
    return EntryKind.RPC if events else EntryKind.HTTP_ROUTE


def reads_records(function: ir.Function) -> bool:
    """Whether a function reads `Records` of its first parameter, by destructuring or as a field."""
    first = function.params[0].target if function.params else None
    if isinstance(first, ir.ObjectPattern):
        return any(isinstance(key, ir.Const) and key.value == "Records" for key, _ in first.entries)
    if not isinstance(first, ir.Name):
        return False
    pending: list[Any] = list(function.body)
    steps = 0
    while pending and steps < 2000:
        node = pending.pop()
        steps += 1
        if (
            isinstance(node, ir.Attribute)
            and node.name == "Records"
            and isinstance(node.object, ir.Name)
            and node.object.id == first.id
        ):
            return True
        if isinstance(node, ir.Node):
            for name in node.__slots__:
                held = getattr(node, name, None)
                if isinstance(held, ir.Node):
                    pending.append(held)
                elif isinstance(held, tuple):
                    pending.extend(each for each in held if isinstance(each, ir.Node))
    return False


# ---------------------------------------------------------------- modules of workers


class WorkerEvent(WebRequest):
    """`scheduled(event, env, ctx)`, `email(message, env, ctx)`."""

    sends_returned = False

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        given = super().arguments(interp, fn).positional
        return Arguments(positional=[unknown("the event"), *given[1:]])


class QueueBatch(WebRequest):
    """`queue(batch, env, ctx)`."""

    sends_returned = False

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        given = super().arguments(interp, fn).positional
        batch = shaped(interp, "batch", value_of(Input("message")), interp.no_place(interp.frame.module.path))[0]
        return Arguments(positional=[batch, *given[1:]])


def worker(interp: Interpreter, models: Models, module: LoadedModule) -> None:
    """Register the handlers of a default export `{fetch, scheduled, queue}` or of classes that a platform instantiates."""
    if "default" not in module.exports and "default" not in module.reexports:
        return
    for atom in models.program.member(interp, module, "default").atoms():
        if isinstance(atom, Obj) and mounted_router(value_of(atom)) is None and atom.native is None:
            found: dict[str, Value] = {
                name: unwrapped(atom.fields[name])
                for name in ("fetch", "scheduled", "queue", "email", "tail")
                if name in atom.fields
            }
            handlers(models, module, found)
        elif isinstance(atom, ClassInfo) and any(
            base.endswith(("WorkerEntrypoint", "DurableObject")) for base in atom.library_bases()
        ):
            from cybrid_audit.models.types import singleton

            this = singleton(interp, atom)
            found = {
                f.name: value_of(Fn(f, atom.scope, atom.module, this, atom))
                for f in atom.definition.methods
                if f.name in ("fetch", "scheduled", "queue", "alarm")
            }
            handlers(models, module, found)


def handlers(models: Models, module: LoadedModule, found: dict[str, Value]) -> None:
    """Register what a worker's module gives."""
    for name, fn in found.items():
        if not is_callable(fn):
            continue
        place = place_for(fn, Place(module.path, 1, 0, 1, 0))
        if name == "fetch":
            register(models, Entry(EntryKind.HTTP_ROUTE, "fetch", place, fn, WebRequest))
        elif name == "queue":
            entry = Entry(EntryKind.QUEUE_CONSUMER, "queue", place, fn, QueueBatch)
            register(models, entry)
        else:
            register(
                models,
                Entry(
                    EntryKind.SCHEDULE if name in ("scheduled", "alarm") else EntryKind.WEBHOOK,
                    name,
                    place,
                    fn,
                    WorkerEvent,
                ),
            )


# ---------------------------------------------------------------- rows


def serve(call: LibraryCall) -> Value | None:
    """`Deno.serve(handler)`, `Bun.serve({fetch, routes})`, `serve(handler)`: handlers of web-standard requests."""
    place = call.place
    for value in call.args.positional:
        fn = unwrapped(value)
        if is_callable(fn):
            register(call.models, Entry(route_kind(place.path), "a function", place_for(fn, place), fn, WebRequest))
            continue
        for obj in value.only(Obj):
            for name in ("handler", "fetch"):
                held = obj.fields.get(name)
                if held is not None and is_callable(unwrapped(held)):
                    register(
                        call.models,
                        Entry(
                            route_kind(place.path), name, place_for(unwrapped(held), place), unwrapped(held), WebRequest
                        ),
                    )
            for table in (obj.fields.get("routes") or NOTHING).only(Obj):
                for path, held in table.fields.items():
                    route(call, path, held)
            for socket in (obj.fields.get("websocket") or NOTHING).only(Obj):
                for name in ("message", "open"):
                    inner = socket.fields.get(name)
                    if inner is not None and is_callable(inner):
                        from cybrid_audit.models.frameworks.sockets import Connection

                        register(
                            call.models,
                            Entry(EntryKind.RPC, f"socket {name}", place_for(inner, place), inner, Connection),
                        )
    return unknown("a server")


def route(call: LibraryCall, path: str, held: Value) -> None:
    """A route of `Bun.serve`: a function, or an object of verbs."""
    fn = unwrapped(held)
    if is_callable(fn):
        make = lambda: WebRequest("", path)  # noqa: E731 - one use
        register(call.models, Entry(route_kind(path), f"ALL {path}", place_for(fn, call.place), fn, make, [], path, ""))
        return
    for verbs in held.only(Obj):
        for verb, value in verbs.fields.items():
            inner = unwrapped(value)
            if is_callable(inner):
                make = partial(WebRequest, verb, path)
                register(
                    call.models,
                    Entry(
                        route_kind(path), f"{verb} {path}", place_for(inner, call.place), inner, make, [], path, verb
                    ),
                )


def node_server(call: LibraryCall) -> Value | None:
    """`http.createServer((req, res) => …)`: a handler of every request."""
    for value in call.args.positional:
        fn = unwrapped(value)
        if is_callable(fn) and mounted_router(value) is None:
            register(
                call.models, Entry(EntryKind.HTTP_ROUTE, "a function", place_for(fn, call.place), fn, RequestReply)
            )
    return native_object(call.interp, "server", NodeServer(), call.place, "a server")


class NodeServer(Native):
    """A server of node:http: `on("request", fn)`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("on", "addListener") and len(args.positional) > 1 and "request" in args.positional[0].strings():
            fn = unwrapped(args.positional[1])
            if is_callable(fn):
                register(
                    interp.models, Entry(EntryKind.HTTP_ROUTE, "a function", place_for(fn, place), fn, RequestReply)
                )
        return value_of(obj)


def fetch_listener(call: LibraryCall) -> Value | None:
    """`addEventListener("fetch", event => event.respondWith(…))` of a worker."""
    if call.args.positional and "message" in call.args.positional[0].strings():
        from cybrid_audit.models.frameworks import processes

        return processes.worker_global(call)
    names = set(call.args.positional[0].strings()) if call.args.positional else set()
    side = call.models.recorder.side(call.place)
    if side is Side.CLIENT or len(call.args.positional) < 2 or not names & {"fetch", "scheduled"}:
        return None
    fn = unwrapped(call.args.positional[1])
    if is_callable(fn):
        kind = EntryKind.SCHEDULE if "scheduled" in names else EntryKind.HTTP_ROUTE
        register(call.models, Entry(kind, "a function", place_for(fn, call.place), fn, FetchEvent))
    return V_NONE


class FetchEvent(Convention):
    """`handler(event)` with `event.request` and `event.respondWith(answer)`."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        event = interp.new("object", place=place)

        def respond(inner: Interpreter, args: Arguments, at: Place) -> Value:
            for value in args.positional:
                sinks.hand_over(inner, inner.settle(value), at, "response")
            return V_NONE

        event.fields = {
            "request": request_object(interp, place),
            "respondWith": value_of(NativeFn("respondWith", respond)),
            "waitUntil": value_of(NativeFn("waitUntil", lambda *_: V_NONE)),
        }
        return Arguments(positional=[value_of(event)])


class Callable(Convention):
    """`onCall(request => …)`, in the first version `(data, context)`; what it returns is sent."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        place = interp.no_place(interp.frame.module.path)
        auth, request = interp.new("object", place=place), interp.new("object", place=place)
        auth.fields = {"token": value_of(Stored("claims")), "uid": value_of(Stored("principal"))}
        request.fields = {
            "data": value_of(Input("body")),
            "auth": value_of(auth).join(V_NONE),
            "rawRequest": request_object(interp, place),
            "app": unknown("the application's token"),
            "instanceIdToken": unknown("a token"),
        }
        if any(isinstance(atom, Fn) and len(atom.function.params) > 1 for atom in fn.atoms()):
            return Arguments(positional=[value_of(Input("body")), value_of(request)])
        return Arguments(positional=[value_of(request)])


class OutsideEvent(Convention):
    """`handler(event, context)` of a trigger."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(
            positional=shaped(
                interp, "cloud event", value_of(Input("message")), interp.no_place(interp.frame.module.path)
            )
        )


def function(call: LibraryCall) -> Value | None:
    """A call that registers a function of a cloud: `kind` is route, call, queue, schedule or trigger."""
    kind = str(call.settings["kind"])
    fn = next((unwrapped(value) for value in reversed(call.args.positional) if is_callable(unwrapped(value))), None)
    options = [obj for value in call.args.positional for obj in value.only(Obj)]
    if fn is None:
        fn = next(
            (
                unwrapped(obj.fields["handler"])
                for obj in options
                if "handler" in obj.fields and is_callable(unwrapped(obj.fields["handler"]))
            ),
            None,
        )
    if fn is None:
        return None
    named = next((text for value in call.args.positional for text in value.strings()), "") or name_of(fn)
    place = place_for(fn, call.place)
    models = call.models
    if kind == "route":
        router = mounted_router(fn)
        if router is None:
            register(models, Entry(route_kind(named), named or "a function", place, fn, RequestReply))
    elif kind == "azure":
        path = next((text for obj in options for text in texts(call.interp, obj.fields.get("route"))), named)
        full = join_paths("api", path)
        for method in {text.upper() for obj in options for text in texts(call.interp, obj.fields.get("methods"))} or {
            ""
        }:
            make = lambda method=method: AzureRequest(method, full)  # noqa: E731 - one use, bound here
            register(models, Entry(route_kind(full), f"{method or 'ALL'} {full}", place, fn, make, [], full, method))
    elif kind == "call":
        steps = [
            Step(each, "truthy", call.place)
            for obj in options
            for each in functions(call.interp, [obj.fields["authPolicy"]] if "authPolicy" in obj.fields else [])
        ]
        register(models, Entry(EntryKind.RPC, named or "a function", place, fn, Callable, steps))
    elif kind == "queue":
        channel = next((text for value in call.args.positional for text in texts(call.interp, value)), "")
        shape = str(call.settings.get("shape", "cloud event"))
        consume(
            call.interp,
            models,
            Consumer(str(call.settings.get("system", "cloud")), channel, fn, call.place, shape),
            name=named,
        )
    elif kind == "schedule":
        register(models, Entry(EntryKind.SCHEDULE, named or "a function", place, fn, OutsideEvent))
    else:
        register(models, Entry(EntryKind.RPC, named or "a function", place, fn, OutsideEvent))
    return unknown("a function of a cloud")


class AzureRequest(WebRequest):
    """`handler(request, context)`; what it returns is sent."""

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=[self.request(interp)[0], unknown("the context of the call")])


__all__ = ["Any", "collect", "constant", "reply_object"]
