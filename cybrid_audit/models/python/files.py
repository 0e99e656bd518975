"""Files that Python code reads: text, JSON, YAML, TOML, INI, .env; what tracked files hold is read, the rest is known by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cybrid_audit.engine import operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Const,
    Obj,
    Place,
    Response,
    Stored,
    Str,
    Value,
    constant,
    derived,
    join_all,
    key_text,
    unknown,
    value_of,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


# ---------------------------------------------------------------- opening and reading


def named(interp: Interpreter, value: Value, place: Place) -> Value:
    """Return the files that a value names, as atoms: stored, or secret where platforms mount secrets."""
    from cybrid_audit.models.javascript.sources import _file

    result = NOTHING
    for atom in value.atoms():
        texts = (interp.models.as_texts(interp, atom) if isinstance(atom, Obj) else None) or value_of(atom)
        for text in texts.atoms():
            result = result.join(value_of(_file(interp, text, place)))
    return result if result.alts else value_of(Stored("file", "", place))


class File(Native):
    """An open file: reading gives what is stored in it."""

    __slots__ = ("content",)

    def __init__(self, content: Value) -> None:
        self.content = content

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("read", "readline", "read1", "getvalue", "readall"):
            return self.content
        if name == "readlines":
            made = interp.new("list", place=place)
            made.rest = self.content
            return value_of(made)
        if name in ("write", "writelines"):
            from cybrid_audit.models import sinks

            for value in args.every():
                sinks.escape(interp, value, "it is written to a file")
                self.content = (
                    self.content.join(value)
                    if any(isinstance(atom, Stored) and not atom.key for atom in self.content.atoms())
                    else self.content
                )
            return unknown("a number")
        if name in ("__enter__", "__aenter__"):
            return value_of(obj)
        return unknown(f"the result of {name}")

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        made = interp.new("list", place=obj.place)
        made.rest = self.content
        return value_of(made)


def open_file(call: LibraryCall) -> Value | None:
    """`open(path)`, `io.open(path)`, `aiofiles.open(path)`."""
    first = call.args.get(0, "file")
    if first is None:
        return None
    mode = call.args.get(1, "mode")
    if mode is not None and str(mode.const() or "r").startswith(("w", "a", "x")):
        return native_object(call.interp, "file", File(value_of(Stored("file", "", call.place))), call.place, "file")
    return opened(call.interp, first, call.place)


def opened(interp: Interpreter, path: Value, place: Place) -> Value:
    """Return an open file."""
    return native_object(interp, "file", File(named(interp, path, place)), place, "file")


def content(interp: Interpreter, path: Value, place: Place) -> Value:
    """Return the text of files."""
    return named(interp, path, place)


def text_stream(call: LibraryCall) -> Value | None:
    """`io.StringIO(text)`, `io.BytesIO(data)`: a file of what it is given."""
    return native_object(call.interp, "file", File(call.args.get(0) or constant("")), call.place, "file")


def read_text(call: LibraryCall) -> Value | None:
    """`importlib.resources.read_text(package, name)`, `pkgutil.get_data(package, name)`."""
    name = call.args.get(1)
    return named(call.interp, name, call.place) if name is not None else None


# ---------------------------------------------------------------- parsing


def parsed(call: LibraryCall, held: Value) -> Value:
    """Return parsed text: objects that were made text come back, literals and files of the project are read."""
    from cybrid_audit.models.javascript.sources import parsed as files_read

    interp = call.interp
    result = NOTHING
    for atom, proofs in held.alts:
        if isinstance(atom, Obj) and isinstance(atom.native, File):
            one = parsed(call, atom.native.content)
        elif isinstance(atom, Obj) and atom.kind == "path":
            one = parsed(call, content(interp, value_of(atom), call.place))
        elif isinstance(atom, Response):
            one = atom.body
        elif isinstance(atom, Const) and isinstance(atom.value, str | bytes) and not call.settings.get("path"):
            one = literal(call, atom)
        elif isinstance(atom, Const) and isinstance(atom.value, str):
            one = files_read(interp, named(interp, value_of(atom), call.place))
        elif isinstance(atom, Stored) and atom.store == "file":
            one = files_read(interp, value_of(atom))
            if all(each is atom for each in one.atoms()):
                one = toml_content(interp, atom)
        elif isinstance(atom, Str):
            one = derived("parsed text", value_of(atom))
            fields = _object_text(interp, atom, call.place)
            one = fields if fields is not None else one
        else:
            one = value_of(atom)
        result = result.join(one.with_proofs(proofs))
    return result


def _object_text(interp: Interpreter, atom: Str, place: Place) -> Value | None:
    """Return the object that JSON text with holes makes, when it looks like one."""
    from cybrid_audit.models.platform import text_fields

    found = text_fields(atom)
    if not found:
        return None
    made = interp.new("object", place=place)
    made.fields = dict(found)
    return value_of(made)


def literal(call: LibraryCall, atom: Const) -> Value:
    """Return what literal JSON or YAML text holds."""
    from cybrid_audit.models.javascript.builtins import from_json

    raw = (
        atom.value
        if isinstance(atom.value, str)
        else bytes(atom.value).decode("utf-8", "replace")
        if isinstance(atom.value, bytes)
        else ""
    )
    if len(raw) > 200_000:
        return value_of(atom)
    try:
        if "yaml" in call.path:
            import yaml

            plain: Any = yaml.safe_load(raw)
        elif "toml" in call.path:
            import tomllib

            plain = tomllib.loads(raw)
        else:
            import json

            plain = json.loads(raw)
    except Exception:  # noqa: BLE001 - text of the audited project: whatever is wrong with it, it is just text then
        return value_of(atom)
    return from_json(call.interp, plain, Const(raw, atom.place, atom.stamp, atom.encoding, atom.function))


def toml_content(interp: Interpreter, atom: Stored) -> Value:
    """Return what a TOML file of the project holds, else the atom."""
    if not atom.key.endswith(".toml"):
        return value_of(atom)
    held: dict[str, Value] = interp.models.memory("toml contents", dict)
    if atom.key not in held:
        raw = interp.models.project.text_file(atom.key)
        plain: Any = None
        if raw is not None:
            import tomllib

            try:
                plain = tomllib.loads(raw.decode("utf-8", "replace"))
            except (tomllib.TOMLDecodeError, RecursionError):
                plain = None
        if plain is None or raw is None:
            held[atom.key] = value_of(atom)
        else:
            from cybrid_audit.models.javascript.sources import _plain

            held[atom.key] = _plain(interp, plain, atom.key, raw.decode("utf-8", "replace").splitlines(), "", 0)
    return held[atom.key]


def from_text(call: LibraryCall) -> Value | None:
    """A parser of text or an open file: `yaml.safe_load(f)`, `tomllib.load(f)`, `toml.load(path)` (`path` in the settings)."""
    first = call.args.get(0) or next(iter(call.args.keywords.values()), None)
    return parsed(call, first) if first is not None else None


# ---------------------------------------------------------------- INI


class Ini(Native):
    """`configparser.ConfigParser()`: sections of files it has read."""

    __slots__ = ("files", "section")

    def __init__(self, files: list[Value], section: str = "") -> None:
        self.files = files
        self.section = section

    def _held(self, interp: Interpreter, section: str, name: str, place: Place) -> Value:
        found = NOTHING
        for value in self.files:
            for atom in value.atoms():
                if not isinstance(atom, Stored):
                    found = found.join(value_of(atom))
                    continue
                read = _ini_value(interp, atom.key, section, name)
                found = found.join(
                    read
                    if read is not None
                    else value_of(Stored("file", f"{atom.key} {section}.{name}".strip(), place))
                )
        return found if found.alts else value_of(Stored("file", f"{section}.{name}", place))

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if self.section:
            return self._held(interp, self.section, name, place)
        return native_object(interp, "object", Ini(self.files, name), place, "section")

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return self.attribute(interp, obj, key_text(key), place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        first, second = args.get(0), args.get(1)
        if name in ("read", "read_file", "read_string", "readfp") and first is not None:
            known = (
                operators.known_items(interp, first)
                if first.only(Obj) and not any(isinstance(o.native, File) for o in first.only(Obj))
                else None
            )
            for each in known if known is not None else [first]:
                files = [o.native.content for o in each.only(Obj) if isinstance(o.native, File)]
                self.files.extend(files or [named(interp, each, place)])
            return V_NONE
        if name in ("get", "getint", "getboolean", "getfloat"):
            if self.section or second is None or (name == "get" and len(args.positional) == 1):
                held = join_all(
                    self._held(interp, self.section, key_text(atom), place) for atom in (first or NOTHING).atoms()
                )
                default = second
            else:
                held = join_all(
                    self._held(interp, key_text(a), key_text(b), place)
                    for a in (first or NOTHING).atoms()
                    for b in second.atoms()
                )
                default = args.keywords.get("fallback")
            fallback = args.keywords.get("fallback") or (default if self.section else None)
            return held.join(fallback) if fallback is not None else held
        if name in ("sections", "options", "keys"):
            made = interp.new("list", place=place)
            made.rest = unknown("a name")
            return value_of(made)
        if name in ("items", "values"):
            made = interp.new("object", place=place)
            made.rest = self._held(
                interp, self.section or key_text(next(iter((first or NOTHING).atoms()), Const(""))), "{?}", place
            )
            return value_of(made)
        return unknown(f"the result of {name}")


def _ini_value(interp: Interpreter, path: str, section: str, name: str) -> Value | None:
    raw = interp.models.project.text_file(path) if path else None
    if raw is None:
        return None
    current = ""
    for number, line in enumerate(raw.decode("utf-8", "replace").splitlines(), 1):
        bare = line.strip()
        if bare.startswith("[") and bare.endswith("]"):
            current = bare[1:-1].strip()
            continue
        key, mark, value = bare.partition("=") if "=" in bare else bare.partition(":")
        if mark and current == section and key.strip().lower() == name.lower():
            text = value.strip()
            from cybrid_audit.models.javascript.sources import BLANK

            place = Place(path, number, 0, number, len(line))
            if not text or BLANK.search(text) or text.startswith(("%(", "${")):
                return value_of(Stored("file", f"{path} {section}.{name}", place))
            return value_of(Const(text, place))
    return None


def ini(call: LibraryCall) -> Value | None:
    """`configparser.ConfigParser()`."""
    return native_object(call.interp, "object", Ini([]), call.place, "configuration")


def csv_rows(call: LibraryCall) -> Value | None:
    """`csv.DictReader(f)`, `csv.reader(f)`: rows of what is stored in the file."""
    first = call.args.get(0)
    held = (
        join_all(obj.native.content for obj in first.only(Obj) if isinstance(obj.native, File))
        if first is not None
        else NOTHING
    )
    made = call.interp.new("list", place=call.place)
    made.rest = held if held.alts else derived("a row", *call.args.every())
    return value_of(made)
