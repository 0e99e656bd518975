"""Where configuration and credentials come from: the environment, settings objects, secrets managers, files, prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine.values import (
    Arguments,
    Atom,
    ClassInfo,
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


class Environment(Native):
    """`os.environ`, `process.env`: every field is a variable."""

    __slots__ = ("how",)

    def __init__(self, how: str = "") -> None:
        self.how = how

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(Env(name, place, self.how))

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return value_of(Env(key_text(key), place, self.how))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get", "pop", "getenv", "require", "str"):
            return variable(args, place, self.how)
        if name in ("copy", "toObject"):
            return value_of(obj)
        if name in ("setdefault", "set", "update"):
            return variable(args, place, self.how)
        return None

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        if name == "NODE_TLS_REJECT_UNAUTHORIZED" and any(isinstance(a, Const) and str(a.value) == "0" for a in new.atoms()):
            interp.models.memory("tls off", list).append(place)
        return True


def variable(args: Arguments, place: Place, how: str = "") -> Value:
    """Return what reading the variable named by the first argument gives: the variable, or the default."""
    first = args.get(0)
    if first is None:
        return value_of(Env("{?}", place, how))
    found = join_all(value_of(Env(key_text(atom), place, how)) for atom in first.atoms())
    default = args.get(1, "default")
    return found if default is None else found.join(Value(tuple(p for p in default.alts if not (isinstance(p[0], Const) and p[0].value is None))))


def environment(call: LibraryCall) -> Value | None:
    """The environment as an object."""
    how = str(call.settings.get("how", ""))
    return native_object(call.interp, "environment", Environment(how), call.place, "environment")


def read(call: LibraryCall) -> Value | None:
    """A function that reads one variable: `os.getenv(name, default)`, `Deno.env.get(name)`, `config("NAME", default=…)`."""
    return variable(call.args, call.place, str(call.settings.get("how", "")))


def secret(call: LibraryCall) -> Value | None:
    """A call that reads a secrets manager."""
    name = key_text(next((a for v in call.args.every() for a in v.atoms() if isinstance(a, Const) and isinstance(a.value, str)), Const("")))
    return value_of(Secret(str(call.settings.get("manager", call.path)), name, call.place))


def stored(call: LibraryCall) -> Value | None:
    """A call that reads a file, a database, or asks the user: `store` in the settings says which."""
    name = key_text(next((a for v in call.args.every() for a in v.atoms() if isinstance(a, Const) and isinstance(a.value, str)), Const("")))
    return value_of(Stored(str(call.settings["store"]), name, call.place))


def settings_field(call: LibraryCall) -> Value | None:
    """A field of a settings class (pydantic-settings and the like) that nobody passes: an environment variable."""
    info = next((atom for atom in call.sources if isinstance(atom, ClassInfo)), None)
    if info is not None and any(base.rsplit(".", 1)[-1] == "BaseSettings" for base in info.library_bases()):
        return value_of(Env(call.path.upper(), call.place, "settings"))
    return None
