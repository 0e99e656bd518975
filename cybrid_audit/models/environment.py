"""Where configuration and credentials come from: the environment, settings objects, secrets managers, files, prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Const,
    Env,
    Obj,
    Place,
    Secret,
    Stored,
    Value,
    join_all,
    key_text,
    value_of,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


TLS_SWITCHES: Final = {
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "PYTHONHTTPSVERIFY": "0",
    "CURL_CA_BUNDLE": "",
    "REQUESTS_CA_BUNDLE": "",
    "SSL_NO_VERIFY": "1",
}
"""Variables, and the value that switches certificate checks off for the whole process."""


def keep(interp: Interpreter, name: str, new: Value) -> None:
    """Keep a literal that the code itself puts into a variable: whoever reads the variable may get it."""
    literals = Value(
        tuple(
            pair for pair in new.alts if isinstance(pair[0], Const) and isinstance(pair[0].value, str) and pair[0].value
        )
    )
    if literals.alts:
        written: dict[str, Value] = interp.models.memory("environment writes", dict)
        held = written.get(name)
        joined = literals if held is None else held.join(literals)
        if joined is not held:
            written[name] = joined
            interp.store_version += 1


def written(interp: Interpreter, name: str) -> Value:
    """Return the literals that the code itself puts into a variable."""
    found: dict[str, Value] = interp.models.memory("environment writes", dict)
    return found.get(name, NOTHING)


class Environment(Native):
    """`os.environ`, `process.env`: every field is a variable."""

    __slots__ = ("how",)

    def __init__(self, how: str = "") -> None:
        self.how = how

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(Env(name, place, self.how)).join(written(interp, name))

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return value_of(Env(key_text(key), place, self.how))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get", "pop", "getenv", "require", "str"):
            held = variable(args, place, self.how)
            for atom in (args.get(0) or NOTHING).atoms():
                held = held.join(written(interp, key_text(atom)))
            return held
        if name in ("copy", "toObject"):
            return value_of(obj)
        if name in ("setdefault", "set", "update"):
            for holder in args.positional[:1]:
                for given in holder.only(Obj):
                    for key, held in given.fields.items():
                        keep(interp, key, held)
            for key, held in args.keywords.items():
                keep(interp, key, held)
            if len(args.positional) > 1:
                for atom in args.positional[0].atoms():
                    keep(interp, key_text(atom), args.positional[1])
            return variable(args, place, self.how)
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        off = TLS_SWITCHES.get(name)
        if off is not None and any(isinstance(a, Const) and str(a.value) == off for a in new.atoms()):
            interp.models.memory("tls off", list).append(place)
        keep(interp, name, new)
        return True


def variable(args: Arguments, place: Place, how: str = "") -> Value:
    """Return what reading the variable named by the first argument gives: the variable, or the default."""
    first = args.get(0)
    if first is None:
        return value_of(Env("{?}", place, how))
    found = join_all(value_of(Env(key_text(atom), place, how)) for atom in first.atoms())
    default = args.get(1, "default")
    return (
        found
        if default is None
        else found.join(Value(tuple(p for p in default.alts if not (isinstance(p[0], Const) and p[0].value is None))))
    )


def environment(call: LibraryCall) -> Value | None:
    """The environment as an object."""
    how = str(call.settings.get("how", ""))
    return native_object(call.interp, "environment", Environment(how), call.place, "environment")


def read(call: LibraryCall) -> Value | None:
    """A function that reads one variable: `os.getenv(name, default)`, `Deno.env.get(name)`, `config("NAME", default=…)`."""
    return variable(call.args, call.place, str(call.settings.get("how", "")))


def put(call: LibraryCall) -> Value | None:
    """`os.putenv(name, value)`."""
    if len(call.args.positional) > 1:
        for atom in call.args.positional[0].atoms():
            keep(call.interp, key_text(atom), call.args.positional[1])
    return V_NONE


def secret(call: LibraryCall) -> Value | None:
    """A call that reads a secrets manager."""
    name = key_text(
        next(
            (a for v in call.args.every() for a in v.atoms() if isinstance(a, Const) and isinstance(a.value, str)),
            Const(""),
        )
    )
    return value_of(Secret(str(call.settings.get("manager", call.path)), name, call.place))


def stored(call: LibraryCall) -> Value | None:
    """A call that reads a file, a database, or asks the user: `store` in the settings says which."""
    name = key_text(
        next(
            (a for v in call.args.every() for a in v.atoms() if isinstance(a, Const) and isinstance(a.value, str)),
            Const(""),
        )
    )
    return value_of(Stored(str(call.settings["store"]), name, call.place))
