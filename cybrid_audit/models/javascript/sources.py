"""Where JavaScript takes configuration and credentials from: configuration libraries, schemas, secrets managers, files, databases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Const,
    Env,
    Fn,
    Input,
    Obj,
    Place,
    Secret,
    Stored,
    Value,
    constant,
    derived,
    join_all,
    key_text,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.environment import Environment
from cybrid_audit.models.javascript.builtins import maybe
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

FUNCTIONS = (Fn, NativeFn)


def _callback(args: Arguments) -> Value | None:
    """Return the function among the arguments, the last one."""
    return next(
        (value for value in reversed(args.positional) if any(isinstance(atom, FUNCTIONS) for atom in value.atoms())),
        None,
    )


def _deliver(call: LibraryCall, held: Value) -> Value:
    """Return a result, and give it to a callback `(error, result) => …` if there is one."""
    fn = _callback(call.args)
    if fn is not None:
        maybe(call.interp, fn, Arguments(positional=[V_NONE, held]), call.place)
    return held


# ---------------------------------------------------------------- secrets managers


NAME_KEYS: Final = (
    "SecretId",
    "Name",
    "Names",
    "name",
    "secretName",
    "secretId",
    "path",
    "SecretIdList",
    "key",
    "id",
    "Path",
)


def secret(call: LibraryCall) -> Value | None:
    """A call that reads a secrets manager; `manager` in the settings says which."""
    name = ""
    for value in call.args.positional:
        named = field_of(value, *NAME_KEYS)
        for atom in (named if named is not None else value).atoms():
            items = atom.items if isinstance(atom, Obj) and atom.items else None
            text = text_of(next(items[0].atoms(), atom)) if items else text_of(atom)
            if text:
                name = name or text
    return _deliver(call, value_of(Secret(str(call.settings.get("manager", call.path)), name, call.place)))


# ---------------------------------------------------------------- files

MOUNTED: Final = re.compile(
    r"^(?:/var)?/run/secrets/|^/(?:mnt|etc|vault)/secrets?(?:-store)?/|^/secrets/|(?:^|/)kubernetes\.io/"
)
"""Paths under which platforms put secrets."""

ENCRYPTED: Final = re.compile(r"\.(?:enc|sops|gpg|age)(?:\.|$)|\.enc\.", re.IGNORECASE)


def read_file(call: LibraryCall) -> Value | None:
    """`fs.readFileSync(path)`, `fs.promises.readFile(path)`, `fs.readFile(path, callback)`."""
    first = call.args.get(0)
    if first is None:
        return None
    from cybrid_audit.models.javascript.urls import as_texts

    held = join_all(value_of(_file(call.interp, atom, call.place)) for atom in as_texts(call.interp, first).atoms())
    return _deliver(call, held)


def _file(interp: Interpreter, atom: Atom, place: Place) -> Atom:
    text = key_text(atom)
    if isinstance(atom, Env):
        return Secret("mounted file", atom.name, place)
    if MOUNTED.search(text):
        return Secret("mounted file", text, place)
    path = project_file(interp, text)
    if ENCRYPTED.search(path or text):
        return Secret("encrypted file", path or text, place)
    return Stored("file", path or text, place)


def project_file(interp: Interpreter, text: str) -> str | None:
    """Return the project's file that a path names, seen from the running module or from the root; None when there is none."""
    import posixpath

    text = text.removeprefix("file://")
    if "\\" in text or len(text) > 500:
        return None
    absolute = text.startswith("/")
    bare = re.sub(r"^(?:\{\?\}/?)+", "", text).lstrip("/")
    if not bare or "{?}" in bare:
        return None
    module = interp.frame.module.path
    starts = [""] if absolute else [posixpath.dirname(module), interp.models.project.package_root(module), ""]
    for start in starts:
        path = posixpath.normpath(posixpath.join(start, bare))
        if not path.startswith("..") and interp.models.project.text_file(path) is not None:
            return path
    return None


def file_content(interp: Interpreter, path: str) -> Value | None:
    """Return what a JSON or YAML file of the project holds, or None when it is no such file."""
    held: dict[str, Value | None] = interp.models.memory("file contents", dict)
    if path not in held:
        held[path] = _read(interp, path)
    return held[path]


def _read(interp: Interpreter, path: str) -> Value | None:
    suffix = path.rsplit(".", 1)[-1].lower()
    raw = interp.models.project.text_file(path) if suffix in ("json", "json5", "jsonc", "yaml", "yml") else None
    if raw is None:
        return None
    plain = _parse_yaml(raw) if suffix in ("yaml", "yml") else _parse_json(raw)
    if plain is None:
        return None
    lines = raw.decode("utf-8", "replace").splitlines()
    return _plain(interp, plain, path, lines, "", 0)


def _parse_yaml(raw: bytes) -> object:
    """Return the content of a YAML file, or None when it is none."""
    import yaml

    try:
        return yaml.safe_load(raw)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _parse_json(raw: bytes) -> object:
    """Return the content of a JSON file, comments allowed, or None when it is none."""
    from cybrid_audit.project import _jsonc

    try:
        return _jsonc.parse(raw)
    except (ValueError, RecursionError):
        return None


BLANK: Final = re.compile(
    r"(?i)^\s*$|^<.*>$|^\$\{.*\}$|^\{\{.*\}\}$|^%.*%$|change[-_ ]?me|placeholder|^your[-_ ]|replace[-_ ]?me|^x{3,}$|^todo"
)


def _plain(interp: Interpreter, plain: object, path: str, lines: list[str], key: str, depth: int) -> Value:
    """Return plain data as a value; strings stand on their lines, blanks are whatever the file holds once it is filled in."""
    place = Place(path, 1, 0, 1, 0)
    if isinstance(plain, dict) and depth < 12:
        obj = Obj("object", place, shared=True)
        for name, held in list(plain.items())[:500]:
            obj.fields[str(name)] = _plain(interp, held, path, lines, str(name), depth + 1)
        return value_of(obj)
    if isinstance(plain, list) and depth < 12:
        listed = Obj("list", place, shared=True)
        listed.items = [_plain(interp, held, path, lines, key, depth + 1) for held in plain[:256]]
        return value_of(listed)
    if not isinstance(plain, str):
        return constant(plain if isinstance(plain, int | float | bool) else None)
    line = next((number for number, text in enumerate(lines, 1) if plain and plain in text and key in text), 0)
    line = line or next((number for number, text in enumerate(lines, 1) if key and key in text), 1)
    if BLANK.search(plain):
        return value_of(Stored("file", f"{path} {key}".strip(), Place(path, line, 0, line, 0)))
    return value_of(Const(plain, Place(path, line, 0, line, len(lines[line - 1]) if line <= len(lines) else 0)))


def parse_text(call: LibraryCall) -> Value | None:
    """`YAML.parse(text)`, `yaml.load(text)`: the content of a project file, else made from the text."""
    first = call.args.get(0)
    return parsed(call.interp, first) if first is not None else None


def parsed(interp: Interpreter, value: Value) -> Value:
    """Return text with the files among it replaced by what they hold."""
    result = NOTHING
    for atom, proofs in value.alts:
        held = file_content(interp, atom.key) if isinstance(atom, Stored) and atom.store == "file" else None
        result = result.join(held.with_proofs(proofs) if held is not None else Value(((atom, proofs),)))
    return result


def data_module(interp: Interpreter, importer: str, name: str) -> Value | None:
    """Return what importing a data file gives (`import config from "./config.json"`), or None when it is no such file."""
    import posixpath

    if not name.endswith((".json", ".json5", ".yaml", ".yml")) or not name.startswith("."):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(importer), name))
    if path.startswith(".."):
        return None
    held = file_content(interp, path)
    return held if held is not None else value_of(Stored("file", path, Place(importer, 1, 0, 1, 0)))


# ---------------------------------------------------------------- prompts and arguments


def prompt(call: LibraryCall) -> Value | None:
    """A question to the user."""
    held = value_of(Stored("prompt", "", call.place))
    fn = _callback(call.args)
    if fn is not None:
        maybe(call.interp, fn, Arguments(positional=[held]), call.place)
    return held


def arguments(call: LibraryCall) -> Value | None:
    """What the command line says, as an object or list."""
    if call.path == "process.argv":
        listed = call.interp.new("list", place=call.place)
        listed.rest = value_of(Input("argument"))
        return value_of(listed)
    return value_of(Input("argument"))


# ---------------------------------------------------------------- databases

READS: Final = re.compile(
    r"^(?:find|get|fetch|load|select|query|scan|first|last|one|any|many|oneOrNone|manyOrNone|all|raw|execute|exec|aggregate|count|exists|read|"
    r"lookup|single|maybeSingle|pluck|each|run|values|\$query)"
)
WRITES: Final = re.compile(
    r"^(?:create|insert|update|save|upsert|delete|remove|destroy|set|add|put|increment|decrement|transaction|bulk|replace)"
)


class Database(Native):
    """A connection, table, model or query under construction: what is read from it is stored in a database."""

    __slots__ = ("label",)

    def __init__(self, label: str) -> None:
        self.label = label

    def _row(self, place: Place | None) -> Value:
        return value_of(Stored("database", self.label, place))

    def _further(self, interp: Interpreter, name: str, place: Place) -> Value:
        return native_object(interp, "database", Database(name or self.label), place, "database")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self._further(interp, f"{self.label}.{name}" if self.label else name, place)

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return self._further(interp, self.label, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        from cybrid_audit.models import sinks

        for value in args.every():
            sinks.escape(interp, value, "it is kept in a database")
        told = self._told(interp, name, args, place)
        if told is not None:
            return told
        functions = [value for value in args.positional if any(isinstance(atom, FUNCTIONS) for atom in value.atoms())]
        if name in ("then", "catch", "finally"):
            from cybrid_audit.engine import primitives
            from cybrid_audit.engine.values import Promise

            return primitives.promise_method(interp, Promise(self._row(place)), name, args, place)
        if functions and name in (
            "transaction",
            "$transaction",
            "tx",
            "task",
            "withTransaction",
            "begin",
            "runTransaction",
        ):
            return calls.call(interp, functions[0], Arguments(positional=[value_of(obj)]), place)
        if functions:
            maybe(interp, functions[-1], Arguments(positional=[V_NONE, self._row(place)]), place)
        if READS.match(name) or WRITES.match(name):
            named = next(
                (
                    text
                    for value in args.positional[:1]
                    for text in value.strings()
                    if re.fullmatch(r"[\w.\-]{1,60}", text)
                ),
                "",
            )
            if name in (
                "getRepository",
                "getCollection",
                "getTable",
                "getModel",
                "selectFrom",
                "insertInto",
                "updateTable",
            ):
                return self._further(interp, named, place)
            return self._row(place)
        if name in (
            "close",
            "end",
            "release",
            "disconnect",
            "$disconnect",
            "$connect",
            "connect",
            "destroy",
            "on",
            "once",
            "use",
            "extend",
        ):
            return value_of(obj)
        label = next(
            (text for value in args.positional[:1] for text in value.strings() if re.fullmatch(r"[\w.\-]{1,60}", text)),
            "",
        )
        return self._further(
            interp,
            label if name in ("from", "table", "collection", "model", "doc", "into", "ref", "db", "prepare") else "",
            place,
        )

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        told = self._told(interp, "query", args, place)
        if told is not None:
            return told
        label = next(
            (text for value in args.positional[:1] for text in value.strings() if re.fullmatch(r"[\w.\-]{1,60}", text)),
            "",
        )
        return self._further(interp, label, place)

    def _told(self, interp: Interpreter, name: str, args: Arguments, place: Place) -> Value | None:
        """Note flags that are written, and return a row that is found only by the right code."""
        from cybrid_audit.models import checks

        path = f"{self.label}.{name}" if self.label else name
        return checks.database_call(LibraryCall(interp, interp.models, path, frozenset(), args, place, {}))

    def awaited(self, interp: Interpreter, obj: Obj) -> Value | None:
        # A connection that is waited for (`await pool.connect()`) is still one; so is a query, until something of it is read.
        return None


def database(call: LibraryCall) -> Value | None:
    """A connection to a database, a table or model of one."""
    label = next(
        (
            text
            for value in call.args.positional[:1]
            for text in value.strings()
            if re.fullmatch(r"[\w.\-]{1,60}", text)
        ),
        "",
    )
    return native_object(call.interp, "database", Database(label), call.place, "database")


def database_read(call: LibraryCall) -> Value | None:
    """A call that reads a row of a database."""
    name = next(
        (text for value in call.args.positional for text in (field_of(value, "TableName") or value).strings()), ""
    )
    return _deliver(call, value_of(Stored("database", name, call.place)))


# ---------------------------------------------------------------- schemas


class Schema(Native):
    """A schema (zod, joi, yup …): parsing gives the value, its fields by key."""

    __slots__ = ("default", "element", "shape", "transforms")

    def __init__(self) -> None:
        self.shape: dict[str, Value] = {}
        self.element: Value | None = None
        self.default: Value | None = None
        self.transforms: tuple[Value, ...] = ()

    def copy(self) -> Schema:
        """Return a schema that says the same."""
        made = Schema()
        made.shape, made.element, made.default, made.transforms = (
            dict(self.shape),
            self.element,
            self.default,
            self.transforms,
        )
        return made

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "shape":
            holder = interp.new("object", place=place)
            holder.fields = dict(self.shape)
            return value_of(holder)
        if name in ("_type", "_output", "_input", "enum", "options", "Enum", "Values"):
            return unknown("a schema's description")
        return value_of(obj)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        first = args.get(0)
        if (
            name
            in (
                "parse",
                "parseAsync",
                "validateSync",
                "cast",
                "attempt",
                "validateAsync",
                "assert",
                "decode",
                "unsafeParse",
                "create",
                "check",
            )
            and first is not None
        ):
            return self.parsed(interp, first, place)
        if name in ("safeParse", "safeParseAsync", "spa", "validate", "safeDecode") and first is not None:
            held = self.parsed(interp, first, place)
            result = interp.new("object", place=place)
            result.fields = {
                "success": unknown("whether it is valid"),
                "data": held,
                "value": held,
                "output": held,
                "error": unknown("an error"),
            }
            # What is read of the answer itself (yup resolves to the value) is the value's.
            for made in held.only(Obj):
                for key, inner in made.fields.items():
                    result.fields.setdefault(key, inner)
            return value_of(result)
        made_native = self.copy()
        if name in ("default", "catch", "prefault", "fallback") and first is not None:
            made_native.default = (
                interp.settle(calls.call(interp, first, Arguments(), place, awaited=True))
                if any(isinstance(a, FUNCTIONS) for a in first.atoms())
                else first
            )
        elif name == "transform" and first is not None:
            made_native.transforms = (*self.transforms, first)
        elif (
            name in ("extend", "merge", "keys", "shape", "concat", "augment", "safeExtend", "append")
            and first is not None
        ):
            made_native.shape |= shape_of(interp, first)
        elif name in ("pick", "omit") and first is not None:
            named = set(field_names(interp, first))
            made_native.shape = {key: held for key, held in self.shape.items() if (key in named) == (name == "pick")}
        elif name == "array":
            made_native = Schema()
            made_native.element = value_of(obj)
        elif name == "pipe" and first is not None:
            for inner in first.only(Obj):
                if isinstance(inner.native, Schema):
                    made_native.transforms = (*self.transforms, *inner.native.transforms)
        elif name in ("describe", "isAsync", "formatError", "keyof"):
            return unknown("a schema's description")
        return native_object(interp, "schema", made_native, place, "schema")

    def parsed(self, interp: Interpreter, value: Value, place: Place, depth: int = 0) -> Value:
        """Return a value as the schema gives it."""
        result = value
        if self.shape and depth < 8:
            made = interp.new("object", place=place)
            for key, inner in self.shape.items():
                held = attributes.get_attribute(interp, value, key, place)
                made.fields[key] = parse_with(interp, inner, held if held.alts else V_NONE, place, depth + 1)
            result = value_of(made)
        elif self.element is not None and depth < 8:
            listed = interp.new("list", place=place)
            listed.rest = parse_with(interp, self.element, operators.element_of(interp, value), place, depth + 1)
            result = value_of(listed)
        if self.default is not None:
            present = Value(
                tuple(pair for pair in result.alts if not (isinstance(pair[0], Const) and pair[0].value is None))
            )
            result = present.join(self.default)
        for fn in self.transforms:
            result = interp.settle(calls.call(interp, fn, Arguments(positional=[result]), place, awaited=True))
        return result


def parse_with(interp: Interpreter, schema: Value, value: Value, place: Place, depth: int = 0) -> Value:
    """Return a value as schemas give it."""
    found = NOTHING
    for obj in schema.only(Obj):
        if isinstance(obj.native, Schema):
            found = found.join(obj.native.parsed(interp, value, place, depth))
    return found if found.alts else value


def shape_of(interp: Interpreter, value: Value) -> dict[str, Value]:
    """Return the fields that a shape or a schema of an object describes."""
    shape: dict[str, Value] = {}
    for obj in value.only(Obj):
        shape |= obj.native.shape if isinstance(obj.native, Schema) else obj.fields
    return shape


def field_names(interp: Interpreter, value: Value) -> list[str]:
    """Return names given as `{a: true}` or as a list."""
    names = [name for obj in value.only(Obj) for name in obj.fields]
    for item in operators.known_items(interp, value) or []:
        names.extend(item.strings())
    return names


def schema(call: LibraryCall) -> Value | None:
    """A schema of a validation library: `z.object({…})`, `Joi.string()`; `of` in the settings is the position of the shape."""
    kind = call.path.removesuffix("()").rsplit(".", 1)[-1]
    native = Schema()
    first = call.args.get(0)
    if (
        kind in ("object", "strictObject", "looseObject", "interface", "type", "strict", "partial", "exact")
        and first is not None
    ):
        native.shape = shape_of(call.interp, first)
    elif kind in ("array", "set", "tuple") and first is not None and first.only(Obj):
        native.element = first
    elif kind == "preprocess" and len(call.args.positional) > 1:
        return call.args.positional[1]
    elif (
        kind in ("optional", "nullable", "nullish", "pipe", "lazy", "promise", "defaulted", "exactOptional")
        and first is not None
        and any(isinstance(a, Obj) and isinstance(a.native, Schema) for a in first.atoms())
    ):
        inner = next(a.native for a in first.only(Obj) if isinstance(a.native, Schema)).copy()
        default = call.args.get(1)
        if kind in ("optional", "nullish", "defaulted", "nullable") and default is not None:
            inner.default = default
        native = inner
    if (
        kind in ("str", "string", "num", "bool", "port", "url", "host", "email", "json")
        and field_of(first, "default") is not None
    ):
        native.default = field_of(first, "default")
    return native_object(call.interp, "schema", native, call.place, "schema")


def parse_call(call: LibraryCall) -> Value | None:
    """`v.parse(schema, value)`, `create(value, struct)`, `Joi.attempt(value, schema)`; `value` is the position of the value."""
    at = int(call.settings.get("value", 1))
    value, given = call.args.get(at), call.args.get(1 - at)
    if value is None:
        return None
    held = parse_with(call.interp, given, value, call.place) if given is not None else value
    if not call.settings.get("safe"):
        return held
    result = call.interp.new("object", place=call.place)
    result.fields = {
        "success": unknown("whether it is valid"),
        "output": held,
        "data": held,
        "value": held,
        "error": unknown("an error"),
        "issues": unknown("issues"),
    }
    return value_of(result)


# ---------------------------------------------------------------- configuration libraries


def from_environment(call: LibraryCall) -> Value | None:
    """A library that reads the environment by a schema: `cleanEnv(process.env, {…})`, `createEnv({server: {…}})`, `envsafe({…})`."""
    interp = call.interp
    value = native_object(
        interp, "environment", Environment(str(call.settings.get("how", ""))), call.place, "environment"
    )
    made = value.only(Obj)[0]
    given = [
        value
        for value in call.args.positional
        if value.only(Obj) and not any(isinstance(o.native, Environment) for o in value.only(Obj))
    ]
    runtime: dict[str, Value] = {}
    shapes: dict[str, Value] = {}
    for holder in given:
        for obj in holder.only(Obj):
            sections = [obj.fields[name] for name in ("server", "client", "shared", "schema") if name in obj.fields]
            if not sections:
                shapes |= shape_of(interp, value_of(obj))
            for section in sections:
                shapes |= shape_of(interp, section)
            for name in ("runtimeEnv", "runtimeEnvStrict", "experimental__runtimeEnv"):
                for inner in (obj.fields.get(name) or NOTHING).only(Obj):
                    runtime |= inner.fields
    for name, rule in shapes.items():
        held = runtime.get(name, value_of(Env(name, call.place, str(call.settings.get("how", "")))))
        made.fields[name] = parse_with(interp, rule, held, call.place)
    return value


def static_variable(call: LibraryCall) -> Value | None:
    """A variable that is imported by its name: `import { SECRET } from "$env/static/private"`."""
    return value_of(Env(call.path.rsplit(".", 1)[-1], call.place))


def dotenv(call: LibraryCall) -> Value | None:
    """`dotenv.config()`, `dotenv.parse(text)`: the variables, as an object or as its `parsed`."""
    value = native_object(call.interp, "environment", Environment("dotenv"), call.place, "environment")
    if call.path.endswith(("parse", "loadEnv")):
        return value
    holder = call.interp.new("object", place=call.place)
    holder.fields = {"parsed": value, "combinedEnv": value, "error": unknown("an error")}
    return value_of(holder)


class Convict(Native):
    """`convict(schema)`: a tree whose leaves say which variable they read, and their defaults."""

    __slots__ = ("tree",)

    def __init__(self, tree: Value) -> None:
        self.tree = tree

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get", "default"):
            current = self.tree
            for path in args.get(0).strings() if args.get(0) is not None else []:  # type: ignore[union-attr]
                for segment in path.split("."):
                    held = field_of(current, segment)
                    if held is None:
                        return value_of(Env(path, place, "convict"))
                    current = held
            return self.values(interp, current, place)
        if name in ("getProperties", "getAll"):
            return self.values(interp, self.tree, place)
        if name in ("load", "loadFile", "validate", "set"):
            return value_of(obj)
        return None

    def values(self, interp: Interpreter, node: Value, place: Place, depth: int = 0) -> Value:
        """Return the value of a leaf, or an object of those below."""
        name = field_of(node, "env")
        default = field_of(node, "default")
        if name is not None and name.strings():
            found = value_of(Env(name.strings()[0], place, "convict"))
            blank = default is None or default.const() in (None, "")
            return found if blank or default is None else found.join(default)
        if default is not None:
            return default
        made = interp.new("object", place=place)
        for obj in node.only(Obj):
            for key, held in obj.fields.items():
                if depth < 8:
                    made.fields[key] = self.values(interp, held, place, depth + 1)
        return value_of(made)


def convict(call: LibraryCall) -> Value | None:
    """`convict({…})`."""
    first = call.args.get(0)
    return native_object(
        call.interp, "object", Convict(first if first is not None else NOTHING), call.place, "configuration"
    )


class EnvVariable(Native):
    """`env.get("X")` of env-var: asked for further until `asString()` and the like."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "default" and args.positional:
            return native_object(interp, "object", EnvVariable(self.value.join(args.positional[0])), place, "variable")
        return self.value if name.startswith("as") else value_of(obj)


def env_variable(call: LibraryCall) -> Value | None:
    """`env.get("X")`."""
    from cybrid_audit.models.environment import variable

    return native_object(call.interp, "object", EnvVariable(variable(call.args, call.place)), call.place, "variable")


class NodeConfig(Native):
    """The `config` package: files of `config/`, and variables that one of them names."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name != "get" or not args.positional:
            return unknown("a test of the configuration") if name == "has" else value_of(obj)
        return join_all(configured(interp, path, place) for path in args.positional[0].strings()) or value_of(
            Env("{?}", place, "config")
        )

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("util", "default"):
            return value_of(obj)
        return configured(interp, name, place)


def configured(interp: Interpreter, path: str, place: Place) -> Value:
    """Return what the `config` package gives for a path."""
    segments = path.split(".")
    root = interp.models.project.package_root(interp.frame.module.path)
    folders = [f"{root}/config" if root else "config", "config"]
    for folder in dict.fromkeys(folders):
        for suffix in ("json", "yaml", "yml"):
            named = _walk(
                interp, file_content(interp, f"{folder}/custom-environment-variables.{suffix}"), segments, place
            )
            if named is not None and named.strings():
                return value_of(Env(named.strings()[0], place, "config"))
    found = NOTHING
    for folder in dict.fromkeys(folders):
        for stem in ("default", "production", "local"):
            for suffix in ("json", "yaml", "yml", "json5"):
                held = _walk(interp, file_content(interp, f"{folder}/{stem}.{suffix}"), segments, place)
                if held is not None:
                    found = found.join(held)
    return found if found.alts else value_of(Env(path, place, "config"))


def _walk(interp: Interpreter, value: Value | None, segments: list[str], place: Place) -> Value | None:
    for segment in segments:
        value = field_of(value, segment)
        if value is None:
            return None
    return value


def node_config(call: LibraryCall) -> Value | None:
    """`config.get(path)` as a call by access path."""
    if not call.args.positional:
        return None
    return join_all(configured(call.interp, path, call.place) for path in call.args.positional[0].strings()) or None


# ---------------------------------------------------------------- Nest's configuration


class NestConfig(Native):
    """`ConfigService`: what the loaded factories give, else the environment."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name not in ("get", "getOrThrow") or not args.positional:
            return None
        result = NOTHING
        for atom in args.positional[0].atoms():
            path = key_text(atom)
            held = loaded(interp, path, place)
            result = result.join(held if held is not None else value_of(Env(path, place, "ConfigService")))
        default = args.get(1)
        if default is not None and field_of(default, "infer") is None:
            result = result.join(default)
        return result


def loaded(interp: Interpreter, path: str, place: Place) -> Value | None:
    """Return what the factories that configuration modules load give for a path."""
    rows: list[tuple[str, Value]] = interp.models.memory("nest configuration", list)
    for namespace, fn in rows:
        segments = path.split(".")
        if namespace:
            if segments[0] != namespace:
                continue
            segments = segments[1:]
        held: Value | None = interp.settle(calls.call(interp, fn, Arguments(), place, awaited=True))
        for segment in segments:
            held = field_of(held, segment)
        if held is not None:
            return held
    return None


class NestFactory(Native):
    """What `registerAs(namespace, factory)` gives: the factory, with a key to inject it by."""

    __slots__ = ("fn", "namespace")

    def __init__(self, namespace: str, fn: Value) -> None:
        self.namespace = namespace
        self.fn = fn

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return calls.call(interp, self.fn, args, place, awaited=True)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return constant(f"CONFIGURATION({self.namespace})") if name == "KEY" else None


def nest_namespace(call: LibraryCall) -> Value | None:
    """`registerAs(namespace, factory)`."""
    from cybrid_audit.models import injection

    name, fn = call.args.get(0), call.args.get(1)
    if name is None or fn is None or not name.strings():
        return None
    namespace = name.strings()[0]
    rows: list[tuple[str, Value]] = call.models.memory("nest configuration", list)
    if (namespace, fn) not in rows:
        rows.insert(0, (namespace, fn))
    provider = call.interp.new("object", place=call.place)
    provider.fields = {"provide": constant(f"CONFIGURATION({namespace})"), "useFactory": fn}
    injection.providers(call.models).setdefault(f"CONFIGURATION({namespace})", []).append(provider)
    return native_object(call.interp, "object", NestFactory(namespace, fn), call.place, "configuration")


def nest_module(call: LibraryCall) -> Value | None:
    """`ConfigModule.forRoot({load: [factory]})`."""
    listed = field_of(call.args.get(0), "load")
    rows: list[tuple[str, Value]] = call.models.memory("nest configuration", list)
    for fn in (operators.known_items(call.interp, listed) or []) if listed is not None else []:
        if not any(isinstance(obj.native, NestFactory) for obj in fn.only(Obj)) and ("", fn) not in rows:
            rows.append(("", fn))
    return unknown("a module")


def nest_service(call: LibraryCall) -> Value | None:
    """An injected `ConfigService`."""
    return native_object(call.interp, "object", NestConfig(), call.place, "ConfigService")


__all__ = ["derived"]
