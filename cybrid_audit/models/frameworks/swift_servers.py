"""Functions of Lambda in Swift: classes that handle events, of which the type of the event tells what starts them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import jvm
from cybrid_audit.engine.values import Arguments, ClassInfo, Fn, Input, Value, place_of, unknown, value_of
from cybrid_audit.facts import EntryKind, Side
from cybrid_audit.models.entries import Convention, Entry, register

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

_HANDLERS: Final = frozenset(
    {"LambdaHandler", "SimpleLambdaHandler", "EventLoopLambdaHandler", "AsyncLambdaHandler", "StreamingLambdaHandler"}
)
_SCHEDULED: Final = ("Cloudwatch", "EventBridge", "Scheduled")
_ROUTES: Final = ("APIGateway", "FunctionURL", "ALB")


def collect(interp: Interpreter, models: Models) -> None:
    """Register the functions of Lambda."""
    for info in list(models.program.classes):
        if info.module.family != "swift" or models.recorder.side(info.module.path) in (Side.TEST, Side.DOCS):
            continue
        if not {base.rpartition(".")[2] for base in info.library_bases()} & _HANDLERS:
            continue
        for function in info.definition.methods:
            if function.name != "handle" or not function.params:
                continue
            event = jvm.type_name(function.params[0].annotation)
            kind = EntryKind.QUEUE_CONSUMER
            if event.startswith(_ROUTES):
                kind = EntryKind.HTTP_ROUTE
            elif event.startswith(_SCHEDULED):
                kind = EntryKind.SCHEDULE
            place = place_of(info.module.path, function.span)
            handler = value_of(Fn(function, info.scope, info.module, None, info))
            convention = partial(Event, info, len(function.params), is_route=kind is EntryKind.HTTP_ROUTE)
            register(models, Entry(kind, info.name, place, handler, convention))


class Event(Convention):
    """A method that gets an event and a context; what it returns to a caller is sent."""

    def __init__(self, info: ClassInfo, count: int, *, is_route: bool) -> None:
        self.info, self.count = info, count
        self.sends_returned = is_route

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        from cybrid_audit.models.types import singleton

        for atom in fn.only(Fn):
            atom.this = singleton(interp, self.info)
        given = [value_of(Input("body")), *(unknown("a context", hint="context") for _ in range(self.count - 1))]
        return Arguments(positional=given)
