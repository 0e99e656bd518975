"""Where servers on the JVM take configuration from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.values import Arguments, Atom, Env, Input, Obj, Place, Value, key_text, value_of
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


def option(call: LibraryCall) -> Value | None:
    """An option or argument of a command, which may come from a variable: `option("--secret", envvar = "SECRET")`."""
    name = next((text for value in call.args.positional for text in value.strings()), "option")
    variable = call.args.keywords.get("envvar")
    names = variable.strings() if variable is not None else []
    return value_of(Env(names[0], call.place)) if names else value_of(Input("argument", name.strip("-")))
