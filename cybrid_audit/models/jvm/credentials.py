"""Where programs on the JVM take credentials from: secrets managers, files, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import (
    V_NONE,
    Arguments,
    Const,
    Env,
    Lib,
    Obj,
    Place,
    Secret,
    Stored,
    Value,
    key_text,
    leaves,
    value_of,
)
from cybrid_audit.models.jvm import spring_configuration as java_config
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

CONTENT: Final = frozenset(
    {
        "secretString",
        "getSecretString",
        "secretBinary",
        "getPayload",
        "getData",
        "toStringUtf8",
        "getValue",
        "value",
        "parameter",
    }
    | {"getParameter", "getRequiredData", "getRequiredSecret", "get"}
)
"""Methods of what a secrets manager gives that lead to the secret itself."""


def secret(call: LibraryCall) -> Value | None:
    """A call that reads a secrets manager."""
    found = [leaf for value in call.args.every() for leaf in leaves(value) if isinstance(leaf, Const)]
    name = next((leaf.value for leaf in found if isinstance(leaf.value, str) and leaf.value), "")
    return value_of(Secret(str(call.settings["manager"]), str(name), call.place))


def manager(call: LibraryCall) -> Value | None:
    """A client of a secrets manager that somebody passes."""
    return value_of(Lib(f"{call.path}()"))


def file(call: LibraryCall) -> Value | None:
    """A call that reads a file."""
    first = call.args.get(0)
    name = key_text(next(first.atoms(), Const(""))) if first is not None else ""
    return value_of(Stored("file", name, call.place))


def properties(call: LibraryCall) -> Value | None:
    """`new Properties()`."""
    return native_object(call.interp, "settings", Settings(), call.place, "settings")


def settings(call: LibraryCall) -> Value | None:
    """`ConfigFactory.load()`."""
    return native_object(call.interp, "settings", Settings(), call.place, "settings")


class Settings(Native):
    """`Properties` and the like: what the program puts there, else what the configuration files of the project say.

    `is_from_file` tells that a file has been loaded into it, `prefix` is the name of the section."""

    __slots__ = ("is_from_file", "prefix")

    def __init__(self, prefix: str = "") -> None:
        self.is_from_file = False
        self.prefix = prefix

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in ("getProperty", "getString", "get", "getOrDefault") and given:
            result: Value | None = None
            for text in given[0].strings():
                held = obj.fields.get(text)
                held = held if held is not None else java_config.found(interp, self.named(text))
                held = held if held is not None else self.outside(text, place)
                result = held if result is None else result.join(held)
            if result is not None and len(given) > 1:
                result = result.join(given[1])
            return result
        if name in ("setProperty", "put") and len(given) > 1:
            for text in given[0].strings():
                obj.fields[text] = given[1]
            return V_NONE
        if name == "getConfig" and given and given[0].strings():
            section = Settings(self.named(given[0].strings()[0]))
            return native_object(interp, "settings", section, place, "settings")
        if name in ("load", "loadFromXML"):
            self.is_from_file |= any(
                isinstance(leaf, Stored) and leaf.store == "file" for value in given for leaf in leaves(value)
            )
        return value_of(obj) if name in ("getConfig", "resolve", "load", "withFallback") else None

    def named(self, key: str) -> str:
        """Return the whole name of a property."""
        return f"{self.prefix}.{key}" if self.prefix else key

    def outside(self, key: str, place: Place) -> Value:
        """Return a property that the program and the configuration do not set: the file's that was loaded, or the environment's."""
        name = self.named(key)
        return value_of(Stored("file", name, place) if self.is_from_file else Env(name, place, "settings"))
