"""What holds one value that changes and is watched: state flows, live data, the state of a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.values import V_NONE, Arguments, Obj, Place, Value, value_of
from cybrid_audit.models.jvm.builtins import block_of
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_SETS: Final = frozenset({"setValue", "postValue", "emit", "tryEmit", "onNext", "accept"})
_UPDATES: Final = frozenset({"update", "updateAndGet", "getAndUpdate"})
_READS: Final = frozenset({"getValue", "first", "firstOrNull", "blockingFirst", "component1"})
_WATCHES: Final = frozenset(
    {"collect", "collectLatest", "observe", "onEach", "subscribe", "map", "mapNotNull", "filterNotNull", "mapLatest"}
)


class State(Native):
    """The value is the field `value`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        held = obj.fields.get("value", V_NONE)
        block = block_of(args)
        if name in _SETS and args.positional:
            attributes.write(interp, obj, "value", args.positional[0], place)
            return V_NONE
        if name in _UPDATES and block is not None:
            made = calls.call(interp, block, Arguments(positional=[held]), place, awaited=True)
            attributes.write(interp, obj, "value", made, place)
            return made
        if name in _READS:
            return held
        if name in _WATCHES and block is not None:
            made = calls.call(interp, block, Arguments(positional=[held]), place, awaited=True)
            return made if name.startswith("map") else value_of(obj)
        return value_of(obj) if block is None else None


def state(call: LibraryCall) -> Value | None:
    """`MutableStateFlow(initial)`, `MutableLiveData()`, `mutableStateOf(initial)`."""
    made = native_object(call.interp, "state", State(), call.place, "a state")
    first = call.args.get(0)
    made.only(Obj)[0].fields["value"] = first if first is not None else V_NONE
    return made
