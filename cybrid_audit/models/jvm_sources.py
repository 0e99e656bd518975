"""Where servers on the JVM take configuration from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.values import Arguments, Atom, Env, Obj, Place, Value, key_text, value_of
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


def configuration(call: LibraryCall) -> Value | None:
    """A configuration object that reads properties by dotted names."""
    return native_object(call.interp, "configuration", Configuration(""), call.place, "configuration")


class Configuration(Native):
    """A configuration, or a section of one; `prefix` is the name of the section."""

    __slots__ = ("prefix",)

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("config", "getConfig", "atPath", "subset") and args.positional:
            return native_object(interp, "configuration", Configuration(self.named(args.positional[0])), place)
        if name in (
            "property",
            "propertyOrNull",
            "getString",
            "getProperty",
            "tryGetString",
            "getRequiredProperty",
            "get",
        ) and (args.positional):
            return value_of(Env(self.named(args.positional[0]), place, "configuration"))
        return None

    def named(self, key: Value) -> str:
        """Return the whole name of a property."""
        text = key_text(next(key.atoms()))
        return f"{self.prefix}.{text}" if self.prefix else text

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return self.method(interp, obj, "property", Arguments(positional=[value_of(key)]), place)
