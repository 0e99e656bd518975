"""Queues, topics and events: who consumes what, and what the project itself sends there.

A consumer runs where the project sends something to its channel, on the paths of the sender, so that it inherits what guards every
sender; one to whose channel nothing in the project sends is an entry point of its own. Rows say the `system` (channels of different
systems never meet), where the channel's name and the data stand, and the `shape` in which a consumer gets the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    Const,
    Fn,
    Input,
    Obj,
    Place,
    Promise,
    Value,
    constant,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, register
from cybrid_audit.models.frameworks.handlers import is_callable, name_of, place_for, unwrapped
from cybrid_audit.models.frameworks.tasks import note_enqueued
from cybrid_audit.models.javascript.builtins import maybe
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

ANY: Final = ""
"""The name of a channel that nobody can tell."""
FROM_OUTSIDE: Final = value_of(Input("message"))


@dataclass(slots=True)
class Consumer:
    """A function that gets what is sent to a channel, and the shape in which it does."""

    system: str
    channel: str
    fn: Value
    place: Place
    shape: str


def consumers(models: Models) -> list[Consumer]:
    """Return the consumers known so far."""
    held: list[Consumer] = models.memory("consumers", list)
    return held


def consume(
    interp: Interpreter, models: Models, consumer: Consumer, kind: EntryKind = EntryKind.QUEUE_CONSUMER, name: str = ""
) -> None:
    """Keep a consumer, which is an entry point unless the project sends to it."""
    held = consumers(models)
    if any(each.place == consumer.place and each.channel == consumer.channel for each in held):
        return
    held.append(consumer)
    interp.store_version += 1
    called = name or consumer.channel or name_of(consumer.fn) or "a consumer"
    entry = Entry(kind, called, place_for(consumer.fn, consumer.place), consumer.fn, lambda: Message(consumer.shape))
    entry.unless_entered = kind is EntryKind.QUEUE_CONSUMER
    register(models, entry)


def deliver(interp: Interpreter, system: str, channel: str, data: Value, place: Place, name: str = "") -> None:
    """Run the consumers of a channel with what is sent there."""
    sending: list[tuple[str, str]] = interp.models.memory("sending", list)
    if (system, channel) in sending or interp.state is None:
        return
    sending.append((system, channel))
    try:
        for each in list(consumers(interp.models)):
            if each.system == system and (
                ANY in (each.channel, channel) or "{?}" in channel or each.channel == channel
            ):
                note_enqueued(interp, each.fn)
                maybe(interp, each.fn, Arguments(positional=shaped(interp, each.shape, data, place, name)), place)
    finally:
        sending.remove((system, channel))


class Message(Convention):
    """`handler(message)` for a message from outside the project."""

    def __init__(self, shape: str) -> None:
        self.shape = shape

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        return Arguments(positional=shaped(interp, self.shape, FROM_OUTSIDE, interp.no_place(interp.frame.module.path)))


# ---------------------------------------------------------------- shapes


def shaped(interp: Interpreter, shape: str, data: Value, place: Place, name: str = "") -> list[Value]:
    """Return the arguments in which a consumer gets data."""

    def holder(**fields: Value) -> Value:
        obj = interp.new("object", place=place)
        obj.fields = dict(fields)
        return value_of(obj)

    def listed(item: Value) -> Value:
        obj = interp.new("list", place=place)
        obj.rest = item
        return value_of(obj)

    called = constant(name) if name else unknown("the name of a job")
    done = value_of(NativeFn("done", lambda *_: V_NONE))
    match shape:
        case "job":
            job = native_object(interp, "job", Job(), place, "a job")
            for obj in job.only(Obj):
                obj.fields |= {"data": data, "name": called, "attrs": holder(data=data)}
            return [job, done]
        case "event":
            step = native_object(interp, "step", Steps(), place, "the steps")
            return [holder(event=holder(data=data, name=called), step=step, events=listed(holder(data=data)))]
        case "kafka":
            message = holder(value=data, key=data, headers=data)
            batch = holder(messages=listed(message), topic=called)
            return [holder(topic=called, message=message, batch=batch, resolveOffset=done, heartbeat=done, pause=done)]
        case "amqp":
            return [holder(content=data, fields=unknown("the fields of a message"), properties=data)]
        case "sqs":
            return [holder(Body=data, body=data, MessageAttributes=data)]
        case "sqs batch":
            return [listed(holder(Body=data, body=data))]
        case "records":
            record = holder(body=data, Sns=holder(Message=data), kinesis=holder(data=data), dynamodb=data, value=data)
            return [holder(Records=listed(record)), unknown("the context of the call"), done]
        case "batch":
            message = native_object(interp, "message", Job(), place, "a message")
            for obj in message.only(Obj):
                obj.fields["body"] = data
            return [
                holder(messages=listed(message), queue=called),
                unknown("bindings"),
                unknown("the execution context"),
            ]
        case "pubsub":
            message = native_object(interp, "message", Job(), place, "a message")
            for obj in message.only(Obj):
                obj.fields |= {"data": data, "json": data, "attributes": data}
            return [message]
        case "cloud event":
            message = holder(data=data, json=data, attributes=data)
            inner = holder(message=message, data=data)
            return [holder(data=inner, params=data), unknown("the context of the call")]
        case "jobs":
            job = native_object(interp, "job", Job(), place, "a job")
            for obj in job.only(Obj):
                obj.fields |= {"data": data, "name": called}
            return [listed(job).join(job)]
        case _:
            return [data, unknown("the context of a job")]


class Job(Native):
    """A job or message: its own methods say how it went."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("toString", "value", "json", "getData"):
            return obj.fields.get("data")
        return unknown(f"the result of {name}")


class Steps(Native):
    """`step` of Inngest and its like: `run` runs its function at once."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        fn = next((value for value in args.positional if is_callable(value)), None)
        if fn is not None:
            return value_of(
                Promise(
                    interp.settle(
                        calls.call(interp, fn, Arguments(positional=args.positional[2:]), place, awaited=True)
                    )
                )
            )
        if name in ("sendEvent", "invoke"):
            send_events(interp, args.positional[1:] if name == "sendEvent" else [], place, "inngest")
        return value_of(Promise(unknown(f"the result of {name}")))


# ---------------------------------------------------------------- objects


class Queue(Native):
    """A queue by name: what it is given to add runs its consumers."""

    __slots__ = ("channel", "system")

    def __init__(self, system: str, channel: str) -> None:
        self.system = system
        self.channel = channel

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("add", "createJob", "enqueue", "push", "produce"):
            named = len(args.positional) > 1 or bool(args.positional and args.positional[0].strings())
            data = (
                args.positional[1]
                if named and len(args.positional) > 1
                else args.positional[0]
                if args.positional
                else V_NONE
            )
            job = next(iter(args.positional[0].strings()), "") if named else ""
            deliver(interp, self.system, self.channel, data, place, job)
            return value_of(Promise(native_object(interp, "job", self, place, "a job")))
        if name == "addBulk" and args.positional:
            for item in operators.known_items(interp, args.positional[0]) or [
                operators.element_of(interp, args.positional[0])
            ]:
                deliver(interp, self.system, self.channel, field_of(item, "data") or unknown("a job's data"), place)
            return value_of(Promise(unknown("jobs")))
        if name in ("upsertJobScheduler", "every", "repeat"):
            return value_of(Promise(unknown("a repeated job")))
        if name in ("process", "consume"):
            fn = next((value for value in reversed(args.positional) if is_callable(unwrapped(value))), None)
            if fn is not None:
                consume(interp, interp.models, Consumer(self.system, self.channel, unwrapped(fn), place, "job"))
            return value_of(Promise(V_NONE))
        if name in ("save", "retries", "timeout", "delayUntil", "on", "setId", "backoff"):
            return value_of(obj)
        return value_of(Promise(unknown(f"the result of {name}")))


class Topic(Native):
    """A client, or something made by one, that sends and consumes by name; `settings` of the row say how."""

    __slots__ = ("channels", "system")

    def __init__(self, system: str, channels: list[str] | None = None) -> None:
        self.system = system
        self.channels = channels if channels is not None else []

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        handler = METHODS.get(self.system, {}).get(name)
        if handler is not None:
            return handler(interp, self, args, place)
        if self.system in MAKES and name in MAKES[self.system]:
            return native_object(
                interp, "channel", Topic(self.system, texts_in(args.positional[:1])), place, "a channel"
            )
        if name in ("then", "catch", "finally"):
            return None
        return value_of(obj)


def texts_in(values: list[Value]) -> list[str]:
    """Return the texts among values, holes as `{?}`."""
    found: list[str] = []
    for value in values:
        for atom in value.atoms():
            text = text_of(atom)
            if text is not None and not (isinstance(atom, Const) and atom.value is None):
                found.append(text)
            elif isinstance(atom, Obj) and atom.items is not None:
                found.extend(texts_in(atom.items))
            elif hasattr(atom, "name") and isinstance(atom.name, str):
                # A queue named by the environment is known by the variable's name.
                found.append(f"${atom.name}")
    return found


def channel_of(value: Value | None) -> str:
    """Return the name of a channel."""
    names = texts_in([value]) if value is not None else []
    return names[0] if names else ANY


def messages_in(interp: Interpreter, value: Value | None, *names: str) -> list[Value]:
    """Return what the messages of a list, or one message, hold under the first of these names."""
    if value is None:
        return []
    items = operators.known_items(interp, value)
    found: list[Value] = []
    for item in (
        items
        if items is not None
        else [operators.element_of(interp, value) if any(o.kind == "list" for o in value.only(Obj)) else value]
    ):
        held = field_of(item, *names)
        found.append(held if held is not None else item)
    return found


def kafka_subscribe(interp: Interpreter, topic: Topic, args: Arguments, place: Place) -> Value:
    """`consumer.subscribe({topic})`."""
    for value in args.positional:
        for name in ("topic", "topics"):
            held = field_of(value, name)
            if held is not None:
                topic.channels.extend(texts_in([held]))
    return value_of(Promise(V_NONE))


def kafka_run(interp: Interpreter, topic: Topic, args: Arguments, place: Place) -> Value:
    """`consumer.run({eachMessage})`."""
    for value in args.positional:
        for name in ("eachMessage", "eachBatch"):
            fn = field_of(value, name)
            if fn is not None and is_callable(unwrapped(fn)):
                for channel in topic.channels or [ANY]:
                    consume(interp, interp.models, Consumer(topic.system, channel, unwrapped(fn), place, "kafka"))
    return value_of(Promise(V_NONE))


def kafka_send(interp: Interpreter, topic: Topic, args: Arguments, place: Place) -> Value:
    """`producer.send({topic, messages: [{value}]})` and `sendBatch({topicMessages})`."""
    for value in args.positional:
        batches = field_of(value, "topicMessages")
        for each in (operators.known_items(interp, batches) or []) if batches is not None else [value]:
            for data in messages_in(interp, field_of(each, "messages"), "value"):
                deliver(interp, topic.system, channel_of(field_of(each, "topic")), data, place)
    return value_of(Promise(unknown("the result of a send")))


def amqp_send(interp: Interpreter, topic: Topic, args: Arguments, place: Place) -> Value:
    """`channel.sendToQueue(queue, content)`."""
    if len(args.positional) > 1:
        deliver(interp, topic.system, channel_of(args.positional[0]), args.positional[1], place)
    return unknown("whether there is room")


def amqp_publish(interp: Interpreter, topic: Topic, args: Arguments, place: Place) -> Value:
    """`channel.publish(exchange, key, content)`: to every queue that is bound to the exchange."""
    if len(args.positional) > 2:
        exchange = channel_of(args.positional[0])
        bound: list[tuple[str, str]] = interp.models.memory("bound queues", list)
        queues = [queue for queue, source in bound if source == exchange or ANY in (source, exchange)]
        for queue in dict.fromkeys(queues or [channel_of(args.positional[1]) if not exchange else ANY]):
            deliver(interp, topic.system, queue, args.positional[2], place)
    return unknown("whether there is room")


def amqp_bind(interp: Interpreter, topic: Topic, args: Arguments, place: Place) -> Value:
    """`channel.bindQueue(queue, exchange, pattern)`."""
    if len(args.positional) > 1:
        interp.models.memory("bound queues", list).append(
            (channel_of(args.positional[0]), channel_of(args.positional[1]))
        )
    return value_of(Promise(V_NONE))


def amqp_assert(interp: Interpreter, topic: Topic, args: Arguments, place: Place) -> Value:
    """`channel.assertQueue(name)`: an object that names it."""
    obj = interp.new("object", place=place)
    obj.fields = {"queue": args.positional[0] if args.positional else unknown("the name of a queue")}
    return value_of(Promise(value_of(obj)))


def consume_as(shape: str, position: int = 0) -> Callable[[Interpreter, Topic, Arguments, Place], Value]:
    """Return a handler of `client.consume(name, fn)`."""

    def run(interp: Interpreter, topic: Topic, args: Arguments, place: Place) -> Value:
        fn = next((unwrapped(value) for value in reversed(args.positional) if is_callable(unwrapped(value))), None)
        named = (
            args.positional[position]
            if len(args.positional) > position and not is_callable(args.positional[position])
            else None
        )
        if fn is not None:
            for channel in texts_in([named] if named is not None else []) or topic.channels or [ANY]:
                consume(interp, interp.models, Consumer(topic.system, channel, fn, place, shape))
        return value_of(Promise(unknown("a subscription")))

    return run


def send_as(*names: str, position: int = 0, data: int = 1) -> Callable[[Interpreter, Topic, Arguments, Place], Value]:
    """Return a handler of `client.send(name, data)`; `names` are fields of an options object that hold the data."""

    def run(interp: Interpreter, topic: Topic, args: Arguments, place: Place) -> Value:
        if position < 0:
            channels, held = topic.channels or [ANY], args.positional[0] if args.positional else V_NONE
        else:
            channels = [channel_of(args.get(position))]
            held = args.get(data) or V_NONE
        found = field_of(held, *names) if names else None
        for channel in channels:
            deliver(interp, topic.system, channel, found if found is not None else held, place)
        return value_of(Promise(unknown("the result of a send")))

    return run


def on_message(interp: Interpreter, topic: Topic, args: Arguments, place: Place) -> Value:
    """`subscription.on("message", fn)`."""
    if (
        len(args.positional) > 1
        and is_callable(unwrapped(args.positional[1]))
        and set(texts_in(args.positional[:1])) & {"message", "messageBuffer", "pmessage"}
    ):
        fn = unwrapped(args.positional[1])
        shape = "pubsub" if topic.system == "pubsub" else "second"
        for channel in topic.channels or [ANY]:
            consume(interp, interp.models, Consumer(topic.system, channel, fn, place, shape))
    return unknown("a subscription")


METHODS: Final[dict[str, dict[str, Callable[[Interpreter, Topic, Arguments, Place], Value]]]] = {
    "kafka": {"subscribe": kafka_subscribe, "run": kafka_run, "send": kafka_send, "sendBatch": kafka_send},
    "amqp": {
        "sendToQueue": amqp_send,
        "publish": amqp_publish,
        "bindQueue": amqp_bind,
        "assertQueue": amqp_assert,
        "consume": consume_as("amqp"),
    },
    "pubsub": {
        "publishMessage": send_as("json", "data", position=-1),
        "publishJSON": send_as(position=-1),
        "publish": send_as(position=-1),
        "on": on_message,
    },
    "boss": {
        "work": consume_as("jobs"),
        "send": send_as(),
        "publish": send_as(),
        "sendAfter": send_as(),
        "sendOnce": send_as(),
        "subscribe": consume_as("jobs"),
        "insert": send_as(),
    },
    "agenda": {"define": consume_as("job"), "now": send_as(), "schedule": send_as(position=1, data=2)},
    "emitter": {
        "on": consume_as("payload"),
        "once": consume_as("payload"),
        "addListener": consume_as("payload"),
        "subscribe": consume_as("payload"),
        "emit": send_as(),
        "emitAsync": send_as(),
        "publish": send_as(),
    },
    "nest": {"emit": send_as(), "send": send_as()},
    "nats": {"publish": send_as(), "request": send_as()},
    "graphile": {"addJob": send_as()},
}
"""What the methods of a system's clients do."""

MAKES: Final[dict[str, frozenset[str]]] = {
    "pubsub": frozenset({"topic", "subscription", "createTopic", "createSubscription"})
}
"""Methods that give a channel by its name."""


# ---------------------------------------------------------------- rows


def queue(call: LibraryCall) -> Value | None:
    """`new Queue(name)`; a handler among the arguments consumes it (`new Queue(name, handler)`)."""
    return queue_named(call.interp, str(call.settings["system"]), channel_of(call.args.get(0)), call.place)


def queue_named(interp: Interpreter, system: str, channel: str, place: Place) -> Value:
    """Return a queue by name."""
    return native_object(interp, "queue", Queue(system, channel), place, f"the queue {channel}")


def client(call: LibraryCall) -> Value | None:
    """A client of a system of named channels."""
    made = native_object(call.interp, "client", Topic(str(call.settings["system"])), call.place, "a client")
    return value_of(Promise(made)) if call.settings.get("async") else made


def worker(call: LibraryCall) -> Value | None:
    """`new Worker(name, handler)`: also with the file of a module that exports the handler."""
    settings = call.settings
    position = int(settings.get("name", 0))
    channels = texts_in(call.args.positional[position : position + 1]) or [ANY]
    fn = handler_among(call)
    if fn is None:
        return None
    for channel in channels:
        consume(
            call.interp,
            call.models,
            Consumer(str(settings["system"]), channel, fn, call.place, str(settings.get("shape", "job"))),
            name=channel,
        )
    return native_object(call.interp, "worker", Job(), call.place, "a worker")


def handler_among(call: LibraryCall) -> Value | None:
    """Return the handler among arguments: a function, one among options, or what a module of the project exports."""
    wanted = call.settings.get("handler")
    for value in reversed(call.args.positional):
        if is_callable(unwrapped(value)):
            return unwrapped(value)
        for name in (
            (wanted, "handler", "handleMessage", "handleMessageBatch", "run", "processor") if value.only(Obj) else ()
        ):
            held = field_of(value, str(name)) if name else None
            if held is not None and is_callable(unwrapped(held)):
                return unwrapped(held)
    for value in call.args.positional[1:]:
        for text in texts_in([value]):
            tail = text.rsplit("{?}", 1)[-1].lstrip("./").rsplit(".", 1)[0]
            for path in call.models.project.relevant if len(tail) > 2 else ():
                if path.rsplit(".", 1)[0].endswith(tail):
                    module = call.models.program.load(path)
                    if module is not None and module.family == "javascript":
                        fn = unwrapped(call.models.program.member(call.interp, module, "default"))
                        return fn if is_callable(fn) else None
    return None


def function_of_events(call: LibraryCall) -> Value | None:
    """`inngest.createFunction({id}, {event} | {cron}, handler)`."""
    fn = handler_among(call)
    if fn is None:
        return None
    triggers = [obj for value in call.args.positional for obj in value.only(Obj)]
    for obj in list(triggers):
        for item in operators.known_items(call.interp, obj.fields.get("triggers") or V_NONE) or []:
            triggers.extend(item.only(Obj))
    events = [text for obj in triggers for text in texts_in([obj.fields["event"]] if "event" in obj.fields else [])]
    scheduled = any("cron" in obj.fields for obj in triggers)
    shape = str(call.settings.get("shape", "event"))
    for channel in events or ([] if scheduled else [ANY]):
        consume(
            call.interp,
            call.models,
            Consumer(str(call.settings["system"]), channel, fn, call.place, shape),
            name=channel,
        )
    if scheduled:
        register(
            call.models,
            Entry(
                EntryKind.SCHEDULE, name_of(fn) or "a schedule", place_for(fn, call.place), fn, lambda: Message(shape)
            ),
        )
    return native_object(call.interp, "function", Job(), call.place, "a function of events")


def send_event(call: LibraryCall) -> Value | None:
    """`inngest.send({name, data})` or a list of them."""
    send_events(call.interp, call.args.positional, call.place, str(call.settings["system"]))
    return value_of(Promise(unknown("the ids of events")))


def send_events(interp: Interpreter, values: list[Value], place: Place, system: str) -> None:
    """Deliver events that name themselves."""
    for value in values:
        items = operators.known_items(interp, value)
        for item in items if items is not None else [value]:
            name = channel_of(field_of(item, "name"))
            deliver(interp, system, name, field_of(item, "data") or unknown("an event's data"), place, name)


def send(call: LibraryCall) -> Value | None:
    """A call that sends: `name` and `data` are positions or fields of an options object."""
    settings = call.settings
    deliver(
        call.interp,
        str(settings["system"]),
        channel_of(part(call, settings.get("name"))),
        part(call, settings.get("data")) or V_NONE,
        call.place,
    )
    return value_of(Promise(unknown("the result of a send")))


def part(call: LibraryCall, where: Any) -> Value | None:
    """Return an argument by position, or a field of the first one by name."""
    if isinstance(where, int):
        return call.args.get(where)
    if where is None:
        return None
    return field_of(call.args.get(0), *str(where).split("|")) if call.args.positional else None


class TaskOfName(Native):
    """A task of trigger.dev: triggered by its object or by its id."""

    __slots__ = ("channel",)

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("trigger", "triggerAndWait", "batchTrigger", "batchTriggerAndWait", "invoke"):
            data = args.positional[0] if args.positional else V_NONE
            for each in messages_in(interp, data, "payload") if name.startswith("batch") else [data]:
                deliver(interp, "trigger", self.channel, each, place)
        return value_of(Promise(unknown("the result of a task")))


def task(call: LibraryCall) -> Value | None:
    """`task({id, run})`; with a schedule an entry point of that kind."""
    fn = handler_among(call)
    if fn is None:
        return None
    channel = channel_of(field_of(call.args.get(0), "id")) if call.args.positional else ANY
    if call.settings.get("schedule"):
        register(
            call.models,
            Entry(
                EntryKind.SCHEDULE, channel or "a schedule", place_for(fn, call.place), fn, lambda: Message("payload")
            ),
        )
    else:
        consume(call.interp, call.models, Consumer("trigger", channel, fn, call.place, "payload"), name=channel)
    return native_object(call.interp, "task", TaskOfName(channel), call.place, "a task")


def task_list(call: LibraryCall) -> Value | None:
    """`run({taskList: {name: fn}})` of graphile-worker, `Worker.create({activities})` of Temporal."""
    system, shape = str(call.settings["system"]), str(call.settings.get("shape", "payload"))
    for value in call.args.positional:
        listed = field_of(value, *str(call.settings["field"]).split("|"))
        if listed is None:
            continue
        for name, fn in members(call.interp, listed):
            consume(
                call.interp,
                call.models,
                Consumer(
                    system, name, fn, call.place._replace(column=call.place.column + len(consumers(call.models))), shape
                ),
                name=name,
            )
    return value_of(Promise(unknown("a worker")))


def members(interp: Interpreter, value: Value) -> list[tuple[str, Value]]:
    """Return the functions that an object, an instance or a module holds, by name."""
    from cybrid_audit.engine.values import Namespace

    found: list[tuple[str, Value]] = []
    for atom in value.atoms():
        if isinstance(atom, Namespace):
            found.extend((name, interp.program.member(interp, atom.module, name)) for name in atom.module.names)
        elif isinstance(atom, Obj):
            found.extend(atom.fields.items())
            if atom.cls is not None:
                found.extend(
                    (
                        function.name,
                        attributes.get_one(interp, atom, function.name, interp.no_place(atom.cls.module.path)),
                    )
                    for function in atom.cls.definition.methods
                    if function.name != "constructor"
                )
    return [(name, unwrapped(fn)) for name, fn in found if is_callable(unwrapped(fn))]


class Activities(Native):
    """`proxyActivities()` of Temporal: calls the activities that workers are given, by name."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(NativeFn(name, lambda inner, args, at: self.method(inner, obj, name, args, at) or V_NONE))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        found = [each.fn for each in consumers(interp.models) if each.system == "temporal" and each.channel == name]
        if not found:
            return value_of(Promise(unknown("the result of an activity")))
        result = V_NONE
        for fn in found:
            note_enqueued(interp, fn)
            result = interp.settle(calls.call(interp, fn, args, place, awaited=True))
        return value_of(Promise(result))


def activities(call: LibraryCall) -> Value | None:
    """`proxyActivities(options)`."""
    return native_object(call.interp, "activities", Activities(), call.place, "activities")


def start_workflow(call: LibraryCall) -> Value | None:
    """`client.workflow.start(workflow, {args})`: runs the workflow of the project."""
    fn = call.args.get(0)
    if fn is None or not is_callable(fn):
        return None
    given = operators.known_items(call.interp, field_of(call.args.get(1), "args") or V_NONE)
    note_enqueued(call.interp, fn)
    maybe(call.interp, fn, Arguments(positional=given or []), call.place)
    return value_of(Promise(unknown("a workflow")))


__all__ = ["Fn", "Queue", "consume", "deliver", "queue_named"]
