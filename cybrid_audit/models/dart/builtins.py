"""What programs in Dart are written in terms of: texts, collections, JSON, futures, the configuration of an app.

Conversions keep what they are given: an address is its text, a future or a stream what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators, primitives
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Env,
    Fn,
    Input,
    Lib,
    MintBody,
    Obj,
    Place,
    PlatformData,
    Random,
    Response,
    Secret,
    Stored,
    Str,
    Token,
    Unknown,
    Value,
    constant,
    join_all,
    key_text,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.models import environment, sinks
from cybrid_audit.models.http import join_url
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

SAME: Final = frozenset(
    [
        "toString",
        "toList",
        "toSet",
        "trim",
        "codeUnits",
        "bytes",
        "runes",
        "value",
        "asStream",
        "asBroadcastStream",
        "first",
        "last",
        "single",
        "cast",
        "toJson",
        "toUtf8",
        "normalizePath",
        "replace",
        "timeout",
        "ignore",
        "sink",
        "stream",
        "future",
        "reversed",
        "values",
        "requireValue",
        "valueOrNull",
        "toMap",
        "unlock",
        "text",
        "data",
    ]
)
_OUTSIDE: Final = (Response, MintBody, PlatformData, Unknown, Stored, Input)
_TEXTS: Final = (Const, Str, Env, Secret, Token, Random)
_THEN: Final = frozenset({"then", "map", "asyncMap", "transform", "expand", "flatMap", "fold", "andThen", "match"})
_SEES: Final = frozenset({"listen", "forEach", "whenComplete", "tap", "doOnData", "when", "onValue"})


def functions_of(value: Value) -> Value:
    """Return the functions among the alternatives."""
    return Value(tuple(pair for pair in value.alts if isinstance(pair[0], Fn | NativeFn)))


# ---------------------------------------------------------------- methods and fields that everything has


def method(call: LibraryCall) -> Value | None:
    """A method call; `path` is the name, the source what it is called on."""
    atom = next(iter(call.sources))
    interp, name, args, place = call.interp, call.path, call.args, call.place
    if isinstance(atom, Fn) and name == "use" and args.positional:
        from cybrid_audit.models.frameworks import dart_servers

        return dart_servers.used(interp, value_of(atom), args.positional[0], place)
    if isinstance(atom, Lib | Fn | ClassInfo):
        return None
    is_list = isinstance(atom, Obj) and atom.cls is None and atom.kind in ("list", "set", "generator")
    is_map = isinstance(atom, Obj) and atom.cls is None and atom.kind in ("map", "object")
    if isinstance(atom, Obj) and atom.native is not None:
        return None
    block = library.block_of(args)
    if block is not None and not is_list and not is_map:
        if name in _THEN:
            return calls.call(interp, block, Arguments(positional=[value_of(atom)]), place, awaited=True)
        if name in _SEES:
            for value in args.every():
                sinks.maybe_run(interp, functions_of(value), Arguments(positional=[value_of(atom)]), place)
            return value_of(atom)
        if name in ("catchError", "onError", "handleError"):
            sinks.maybe_run(interp, functions_of(block), Arguments(positional=[unknown("an error")]), place)
            return value_of(atom)
    if is_list and isinstance(atom, Obj):
        return list_method(interp, atom, name, args, place)
    if is_map and isinstance(atom, Obj):
        return map_method(interp, atom, name, args, place)
    if isinstance(atom, _TEXTS):
        return text_method(interp, atom, name, args, place)
    if isinstance(atom, _OUTSIDE) and not isinstance(atom, Unknown):
        if name in SAME or name in ("bytesToString", "toBytes", "join"):
            return body_of(atom)
        if name in ("cast", "transform"):
            return value_of(atom)
    return None


def body_of(atom: Atom) -> Value:
    """Return what an answer holds."""
    return atom.body if isinstance(atom, Response) else value_of(atom)


def attribute(call: LibraryCall) -> Value | None:
    """A field; `path` is its name, the source what it is read from."""
    atom = next(iter(call.sources))
    name = call.path
    if isinstance(atom, Response):
        if name in ("statusCode", "headers", "reasonPhrase", "statusMessage", "isRedirect", "contentLength", "request"):
            return unknown(f"the {name} of an answer")
        if name in ("body", "data", "bodyBytes", "bodyString", "stream"):
            return atom.body
        return value_of(atom) if name in SAME else None
    if isinstance(atom, MintBody | PlatformData) and name in ("body", "bodyBytes", "stream", "statusCode"):
        return value_of(atom) if name != "statusCode" else unknown("a status")
    if isinstance(atom, Obj) and atom.cls is None and atom.kind == "list" and atom.native is None:
        if name in ("first", "last", "single", "firstOrNull", "lastOrNull"):
            if atom.items:
                return atom.items[-1 if name.startswith("last") else 0]
            return operators.element_of(call.interp, value_of(atom))
        if name.startswith("$") and name[1:].isdigit() and atom.items is not None:
            index = int(name[1:5]) - 1
            return atom.items[index] if 0 <= index < len(atom.items) else None
        if name in ("key", "value") and atom.items is not None and len(atom.items) == 2:
            return atom.items[0 if name == "key" else 1]
        if name in ("isEmpty", "isNotEmpty", "length"):
            if atom.items is None:
                return unknown("a test of a list")
            return constant(len(atom.items) if name == "length" else bool(atom.items) == (name == "isNotEmpty"))
        return value_of(atom) if name in SAME else None
    if isinstance(atom, Obj) and atom.cls is None and atom.kind in ("map", "object") and atom.native is None:
        if name in ("entries", "keys", "values"):
            return primitives.listing(call.interp, atom, "items" if name == "entries" else name)
        return None
    if isinstance(atom, _TEXTS):
        if name in ("isEmpty", "isNotEmpty", "length"):
            text = atom.value if isinstance(atom, Const) else None
            if isinstance(text, str):
                return constant(len(text) if name == "length" else bool(text) == (name == "isNotEmpty"))
            return unknown("a test of text")
        return value_of(atom) if name in SAME or name in ("host", "path", "origin", "authority") else None
    return None


def text_method(interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what a method of a text or an address gives."""
    given = args.positional
    if name in ("resolve", "resolveUri") and given:
        return join_url(interp, value_of(atom), given[0], place)
    if name == "replace" and args.keywords:
        return with_parts(interp, value_of(atom), args, place)
    if name in ("toLowerCase", "toUpperCase") and isinstance(atom, Const) and isinstance(atom.value, str):
        text = atom.value.lower() if name == "toLowerCase" else atom.value.upper()
        return value_of(Const(text, atom.place, atom.stamp, atom.encoding, atom.function))
    if name in ("contains", "startsWith", "endsWith"):
        return unknown("a test of text")
    if name in SAME and not (given and name == "replace"):
        return value_of(atom)
    return None


def with_parts(interp: Interpreter, base: Value, args: Arguments, place: Place) -> Value:
    """`uri.replace(path: "/x", queryParameters: {…})`."""
    held = base
    if "path" in args.keywords:
        held = join_url(interp, held, args.keywords["path"], place)
    if "queryParameters" in args.keywords:
        held = with_query(interp, held, args.keywords["queryParameters"], place)
    return held


def with_query(interp: Interpreter, base: Value, query: Value, place: Place) -> Value:
    """Return an address with a query."""
    parts = [base]
    mark = "?"
    for obj in query.only(Obj):
        for key, value in obj.fields.items():
            parts += [constant(f"{mark}{key}="), value]
            mark = "&"
        break
    return operators.concat(interp, parts, place) if len(parts) > 1 else base


def list_method(interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what a method of a list gives, where its name is Dart's own."""
    given = args.positional
    if name == "join":
        text = given[0].const() if given else ""
        return library.join_items(interp, value_of(obj), text if isinstance(text, str) else "")
    if name in ("add", "addAll", "insert") and given:
        items = operators.known_items(interp, given[-1]) if name == "addAll" else [given[-1]]
        for item in items if items is not None else [operators.element_of(interp, given[-1])]:
            primitives.collection_method(interp, obj, "push", Arguments(positional=[item]), place)
        return V_NONE
    if name in ("firstWhere", "singleWhere", "lastWhere", "firstWhereOrNull", "elementAt"):
        return operators.element_of(interp, value_of(obj))
    if name in ("where", "whereType", "take", "skip", "followedBy", "sublist", "toList", "toSet", "cast", "sort"):
        return value_of(obj)
    if name == "expand":
        return primitives.collection_method(interp, obj, "map", args, place)
    return value_of(obj) if name in SAME and not given else None


def map_method(interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what a method of a map gives, where its name is Dart's own."""
    given = args.positional
    if name == "addAll" and given:
        attributes.spread_into(interp, obj, given[0])
        return V_NONE
    if name in ("putIfAbsent", "update") and given:
        held = attributes.get_item(interp, value_of(obj), given[0], place)
        block = library.block_of(args)
        if block is not None:
            made = calls.call(interp, block, Arguments(positional=[held]), place, awaited=True)
            attributes.set_item(interp, value_of(obj), given[0], made, place)
            return held.join(made)
    if name == "forEach" and given:
        listed = primitives.listing(interp, obj, "items")
        for row in operators.known_items(interp, listed) or [operators.element_of(interp, listed)]:
            pair = operators.known_items(interp, row) or [unknown("a key"), unknown("a value")]
            calls.call(interp, given[0], Arguments(positional=list(pair)), place, awaited=True)
        return V_NONE
    if name in ("cast", "toString"):
        return value_of(obj)
    return V_NONE if name in ("remove", "clear", "removeWhere") else None


# ---------------------------------------------------------------- JSON, encodings, addresses


def same(call: LibraryCall) -> Value | None:
    """A conversion that keeps its first argument; what an answer holds is its body."""
    held = call.args.get(0)
    if held is None:
        held = next(iter(call.args.keywords.values()), None)
    if held is None:
        return None
    return join_all(body_of(atom).with_proofs(proofs) for atom, proofs in held.alts)


def to_json(call: LibraryCall) -> Value | None:
    """`jsonEncode(x)`: what its `toJson` says, else its fields."""
    held = call.args.get(0)
    return encodable(call.interp, held, call.place) if held is not None else None


def encodable(interp: Interpreter, value: Value, place: Place, depth: int = 3) -> Value:
    """Return a value as it goes out."""
    result = NOTHING
    for atom, proofs in value.alts:
        held = value_of(atom)
        if isinstance(atom, Obj) and atom.cls is not None and depth > 0:
            if atom.cls.method("toJson") is not None:
                held = calls.call_method(interp, value_of(atom), "toJson", Arguments(), place, awaited=True)
            elif atom.cls.method("toMap") is not None:
                held = calls.call_method(interp, value_of(atom), "toMap", Arguments(), place, awaited=True)
            else:
                held = library.wired(interp, value_of(atom))
        result = result.join(held.with_proofs(proofs))
    return result


def from_json(call: LibraryCall) -> Value | None:
    """`jsonDecode(text)`."""
    held = same(call)
    return library.parsed(call.interp, held, call.place) if held is not None else None


def decoded(call: LibraryCall) -> Value | None:
    """`base64Decode(text)`."""
    from cybrid_audit.models.javascript.builtins import decode_constant

    held = call.args.get(0)
    return held.map(lambda atom: decode_constant(atom, "base64")) if held is not None else None


def parse(call: LibraryCall) -> Value | None:
    """`Uri.parse(text)`."""
    return call.args.get(0)


def built(call: LibraryCall) -> Value | None:
    """`Uri.https("host", "/path", {…})`, `Uri.http(…)`."""
    scheme = call.path.rpartition(".")[2]
    host, path, query = call.args.get(0), call.args.get(1, "unencodedPath"), call.args.get(2, "queryParameters")
    if host is None:
        return None
    pieces = [constant(f"{scheme}://"), host]
    if path is not None:
        text = next(iter(path.strings()), "")
        if text and not text.startswith("/"):
            pieces.append(constant("/"))
        pieces.append(path)
    held = operators.concat(call.interp, pieces, call.place)
    return with_query(call.interp, held, query, call.place) if query is not None else held


def uri(call: LibraryCall) -> Value | None:
    """`Uri(scheme: "https", host: "host", path: "/path")`."""
    named = call.args.keywords
    pieces = [named.get("scheme", constant("https")), constant("://"), named.get("host", unknown("a host"))]
    path = named.get("path")
    if path is not None:
        text = next(iter(path.strings()), "")
        pieces += [constant("/")] * (bool(text) and not text.startswith("/")) + [path]
    held = operators.concat(call.interp, pieces, call.place)
    query = named.get("queryParameters")
    return with_query(call.interp, held, query, call.place) if query is not None else held


def form(call: LibraryCall) -> Value | None:
    """`FormData.fromMap({…})`, `Map.from(x)`, `{...}` in a constructor: the map."""
    return call.args.get(0)


def entry(call: LibraryCall) -> Value | None:
    """`MapEntry(k, v)`."""
    return library.list_of(call.interp, list(call.args.positional), call.place)


# ---------------------------------------------------------------- futures


def run_now(call: LibraryCall) -> Value | None:
    """`Future(() => x)`, `compute(f, x)`, `Isolate.run(f)`, `unawaited(f())`: what the function gives."""
    block = library.block_of(call.args)
    if block is None:
        return call.args.get(0)
    rest = [value for value in call.args.positional if value is not block]
    return calls.call(call.interp, block, Arguments(positional=rest), call.place, awaited=True)


def wait(call: LibraryCall) -> Value | None:
    """`Future.wait([a, b])`: the list."""
    return call.args.get(0)


# ---------------------------------------------------------------- configuration and stores


def defined(call: LibraryCall) -> Value | None:
    """`String.fromEnvironment("X", defaultValue: "y")`: a variable of the build."""
    return variable(call, "dart-define")


def dotenv(call: LibraryCall) -> Value | None:
    """`dotenv.get("X", fallback: "y")`: a variable of a file that the app carries."""
    return variable(call, "dotenv")


def variable(call: LibraryCall, how: str) -> Value:
    """Return a variable that goes out with the app, or what stands for it."""
    args = call.args
    default = args.keywords.get("defaultValue") or args.keywords.get("fallback")
    name = args.get(0)
    if name is None:
        return unknown("a variable without a name")
    given = [name, *([default] if default is not None else [])]
    return environment.variable(Arguments(positional=given), named_at(name, call.place), how)


def named_at(name: Value, place: Place) -> Place:
    """Return where a variable is named, which tells more than where a helper reads it."""
    return next((atom.place for atom in name.atoms() if isinstance(atom, Const) and atom.place is not None), place)


def dotenv_map(call: LibraryCall) -> Value | None:
    """`dotenv.env`."""
    return native_object(call.interp, "environment", Dotenv("dotenv"), call.place, "environment")


class Dotenv(environment.Environment):
    """The variables of a file that the app carries."""

    __slots__ = ()

    def keyed(self, interp: Interpreter, obj: Obj, key: Value, place: Place) -> Value | None:
        return environment.variable(Arguments(positional=[key]), named_at(key, place), "dotenv")


def store(call: LibraryCall) -> Value | None:
    """`FlutterSecureStorage()`, `SharedPreferences.getInstance()`: what is kept on the device of one person."""
    return native_object(call.interp, "preferences", Store(), call.place, "preferences")


class Store(Native):
    """Shared preferences, a secure storage, a box of Hive."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        kept: dict[str, Value] = interp.models.memory("preferences", dict)
        key = args.get(0, "key")
        if name.startswith(("set", "write", "put")) and key is not None:
            value = args.get(1, "value")
            for atom in key.atoms() if value is not None else ():
                assert value is not None
                before = kept.get(key_text(atom))
                joined = value if before is None else before.join(value)
                if joined is not before:
                    kept[key_text(atom)] = joined
                    interp.store_version += 1
            return unknown("nothing")
        if name.startswith(("get", "read")) and key is not None:
            return join_all(
                kept.get(key_text(atom), value_of(Stored("preferences", key_text(atom), place))) for atom in key.atoms()
            )
        return unknown(f"the result of {name}")

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return self.method(interp, obj, "get", Arguments(positional=[value_of(key)]), place)


# ---------------------------------------------------------------- logs


def log(call: LibraryCall) -> Value | None:
    """A call that writes to a log."""
    for value in list(call.args.every()):
        is_block = any(isinstance(atom, Fn) for atom in value.atoms())
        held = calls.call(call.interp, value, Arguments(), call.place, awaited=True) if is_block else value
        sinks.note_logged(call.interp, held, call.place, call.path)
    return unknown("nothing")
