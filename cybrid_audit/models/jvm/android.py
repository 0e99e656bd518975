"""Android: what is built into an app, what it keeps, and the platform's kit for its screens.

Fields of `BuildConfig` and resources are variables of the build: what they hold is in every copy of the app. Their values are looked
for in the build files, so that an address made of one is known; a credential stays the variable that the code reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Atom,
    Const,
    Env,
    Lib,
    Obj,
    Place,
    Stored,
    Value,
    key_text,
    unknown,
    value_of,
)
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.secrets.values import has_secret_form

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_FIELD: Final = re.compile(
    r"""(?:buildConfigField|resValue)\s*\(?\s*(?:type\s*[:=]\s*)?["']\w+["']\s*,\s*(?:name\s*[:=]\s*)?["'](?P<name>\w+)["']\s*,\s*"""
    r"""(?:value\s*[:=]\s*)?(?P<value>.*)"""
)
_LITERAL: Final = re.compile(r"""^["'](?:\\?["'])?(?P<text>[^"'$\\]+)(?:\\?["'])?["']\s*\)?""")
_RESOURCE: Final = re.compile(r"""<string\s+name="(?P<name>\w+)"[^>]*>(?P<text>[^<]*)</string>""")
_CREDENTIAL: Final = re.compile(r"(?i)secret|client_?id|token|password|key")


def build_config(call: LibraryCall) -> Value | None:
    """`BuildConfig.API_URL`."""
    name = call.path.rpartition(".")[2]
    if name in ("DEBUG", "VERSION_NAME", "VERSION_CODE", "APPLICATION_ID", "BUILD_TYPE", "FLAVOR"):
        return unknown(f"{name} of the build")
    if not name or not name[0].isalpha():
        return None
    return variable(call, name, "BuildConfig")


def resource(call: LibraryCall) -> Value | None:
    """`getString(R.string.name)`."""
    for value in call.args.positional[:2]:
        for atom in value.atoms():
            if isinstance(atom, Lib) and re.search(r"(?:^|\.)R\.(?:string|raw|array)\.\w+$", atom.path):
                return variable(call, atom.path.rpartition(".")[2], "resource")
    return None


def metadata(call: LibraryCall) -> Value | None:
    """What is read by name from the manifest, or from a configuration that a service hands to every copy of the app."""
    first = call.args.get(0)
    if first is None or not first.strings():
        return None
    return value_of(Env(first.strings()[0], call.place, str(call.settings.get("how", "manifest"))))


def asset(call: LibraryCall) -> Value | None:
    """`context.assets.open("config.json")`: a file that goes out with the app."""
    from cybrid_audit.models.javascript import sources as ecmascript_sources

    first = call.args.get(0)
    name = first.strings()[0] if first is not None and first.strings() else ""
    for path in sorted(call.models.project.tracked):
        if name and path.endswith(f"/assets/{name}"):
            held = ecmascript_sources.file_content(call.interp, path) if name.endswith(".json") else None
            return held if held is not None else value_of(Stored("file", path, call.place))
    return value_of(Stored("file", name, call.place))


def variable(call: LibraryCall, name: str, how: str) -> Value:
    """Return a variable of the build: what the build files say it holds, unless it is a credential."""
    held = value_of(Env(name, call.place, how))
    if _CREDENTIAL.search(name):
        return held
    known = values_of(call, how).get(name)
    return held if known is None or any(map(has_secret_form, known.strings())) else known


def values_of(call: LibraryCall, how: str) -> dict[str, Value]:
    """Return what the build files of the whole tree give the fields of `BuildConfig`, or the resources, as literals."""

    def make() -> dict[str, Value]:
        project = call.models.project
        found: dict[str, Value] = {}
        for path in sorted(project.tracked):
            name = path.rpartition("/")[2]
            is_build = name.endswith((".gradle", ".gradle.kts"))
            is_resource = name.endswith(".xml") and "/res/values" in f"/{path}"
            if not is_build and not (is_resource and how == "resource"):
                continue
            data = project.text_file(path)
            if data is None:
                continue
            text = data.decode("utf-8", "replace")
            for match in (_FIELD if is_build else _RESOURCE).finditer(text):
                literal = match["text"] if not is_build else _literal(match["value"])
                if literal is None:
                    continue
                line = text.count("\n", 0, match.start("name")) + 1
                value = value_of(Const(literal, Place(path, line, 0, line, 0)))
                held = found.get(match["name"])
                found[match["name"]] = value if held is None else held.join(value)
        return found

    held: dict[str, Value] = call.models.memory(f"build variables {how}", make)
    return held


def _literal(text: str) -> str | None:
    match = _LITERAL.match(text.strip())
    return match["text"] if match is not None else None


# ---------------------------------------------------------------- stores


def preferences(call: LibraryCall) -> Value | None:
    """`context.getSharedPreferences(…)`, also encrypted ones."""
    return native_object(call.interp, "preferences", Preferences(), call.place, "preferences")


class Preferences(Native):
    """Shared preferences and their editor: what is kept on the device of one person."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        kept: dict[str, Value] = interp.models.memory("preferences", dict)
        if name == "edit":
            block = library.block_of(args)
            if block is not None:
                from cybrid_audit.engine import calls, jvm

                calls.call(interp, jvm.bound(block, value_of(obj)), Arguments(positional=[]), place, awaited=True)
            return value_of(obj)
        if name.startswith("put") and len(args.positional) > 1:
            for atom in args.positional[0].atoms():
                key = key_text(atom)
                before = kept.get(key)
                joined = args.positional[1] if before is None else before.join(args.positional[1])
                if joined is not before:
                    kept[key] = joined
                    interp.store_version += 1
            return value_of(obj)
        if name.startswith("get") and args.positional:
            found = NOTHING
            for atom in args.positional[0].atoms():
                key = key_text(atom)
                held = kept.get(key)
                found = found.join(held if held is not None else value_of(Stored("preferences", key, place)))
            return found.join(args.positional[1]) if len(args.positional) > 1 else found
        if name in ("apply", "commit", "remove", "clear"):
            return value_of(obj)
        return unknown(f"the result of {name}")

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return self.method(interp, obj, "getString", Arguments(positional=[value_of(key)]), place)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        kept: dict[str, Value] = interp.models.memory("preferences", dict)
        return kept.get(name)

    def set(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        self.method(interp, obj, "put", Arguments(positional=[value_of(Const(name)), new]), place)
        return True


def data_store(call: LibraryCall) -> Value | None:
    """`preferencesDataStore("settings")`."""
    return native_object(call.interp, "preferences", DataStore(), call.place, "a data store")


class DataStore(Native):
    """A store of preferences that is changed in blocks and read as a flow."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        from cybrid_audit.engine import calls, jvm

        held = native_object(interp, "preferences", Preferences(), place, "preferences")
        block = library.block_of(args)
        if block is not None:
            # `edit { it[KEY] = value }`, `data.map { it[KEY] }`.
            made = calls.call(interp, jvm.bound(block, held), Arguments(positional=[held]), place, awaited=True)
            return made if name in ("map", "mapNotNull", "collect") else value_of(obj)
        return held if name in ("first", "firstOrNull", "toPreferences") else value_of(obj)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return value_of(obj) if name == "data" else None


# ---------------------------------------------------------------- the platform's own kit


def ui_kit(call: LibraryCall) -> Value | None:
    """The platform's UI kit is set up with a token: a customer's is rightly there, any other is exposed."""
    from cybrid_audit.models import sinks

    for value in call.args.every():
        sinks.hand_over(call.interp, value, call.place, "client-use")
    library.maybe_block(call)
    return unknown("nothing")
