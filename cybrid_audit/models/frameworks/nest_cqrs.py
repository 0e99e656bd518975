"""Buses of NestJS: a command, query or event is handled by the class whose decorator names its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls, operators
from cybrid_audit.engine.values import NOTHING, Arguments, ClassInfo, Obj, Place, Promise, Value, unknown, value_of
from cybrid_audit.models.frameworks.nest import class_decorators
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.models.types import singleton

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

METHODS: Final = {"execute": "execute", "publish": "handle", "publishAll": "handle"}
"""What a bus is asked, and the method that it calls for it."""


class Bus(Native):
    """A command, query or event bus."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name not in METHODS or not args.positional:
            return None
        result = NOTHING
        listed = operators.known_items(interp, args.positional[0]) if name == "publishAll" else None
        for message in listed if listed is not None else args.positional[:1]:
            for each in message.only(Obj):
                for info in handlers(interp, each.cls) if each.cls is not None else []:
                    given = Arguments(positional=[message])
                    answer = calls.call_method(
                        interp, singleton(interp, info), METHODS[name], given, place, awaited=True
                    )
                    result = result.join(interp.settle(answer))
        return value_of(Promise(result if result.alts else unknown("what a handler gives back")))


def handlers(interp: Interpreter, message: ClassInfo) -> list[ClassInfo]:
    """Return the classes that handle messages of a class, of those known by now."""
    classes = interp.models.program.classes
    held: dict[int, list[tuple[ClassInfo, Value]]] = interp.models.memory("bus handlers", dict)
    if len(classes) not in held:
        held.clear()
        held[len(classes)] = [
            (info, named)
            for info in classes
            if info.module.family == "javascript"
            for mark in class_decorators(interp, info)
            if mark.kind == "handles"
            for named in mark.args.every()
        ]
    return [info for info, named in held[len(classes)] if message in named.only(ClassInfo)]


def bus(call: LibraryCall) -> Value | None:
    """A bus that is injected."""
    return native_object(call.interp, "bus", Bus(), call.place, "a bus")


__all__ = ["Bus", "bus"]
