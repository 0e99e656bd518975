"""The libraries of the JVM that programs are written in terms of: texts, collections, JSON, encodings, coroutines.

Conversions and encodings keep what they are given: `gson.toJson(order)` is the order, `Base64.encodeToString(pair)` the same parts.
An object of JSON and a map are one thing here, a `Record`: what code puts under which key is what counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, jvm, operators, primitives
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
    Outcome,
    Place,
    PlatformData,
    Random,
    Response,
    Scope,
    Secret,
    Stored,
    Str,
    Token,
    Unknown,
    Value,
    constant,
    derived,
    join_all,
    text_of,
    truth,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.limits import MAX_UNROLL
from cybrid_audit.models.jvm import credentials as java_sources
from cybrid_audit.models.jvm import java
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

SAME: Final = frozenset(
    [
        "toString",
        "toByteArray",
        "encodeToByteArray",
        "decodeToString",
        "getBytes",
        "trim",
        "trimIndent",
        "trimMargin",
        "trimStart",
        "trimEnd",
        "orEmpty",
        "strip",
        "toCharArray",
        "toRequestBody",
        "toResponseBody",
        "asRequestBody",
        "asString",
        "asText",
        "textValue",
        "stringValue",
        "getAsString",
        "jsonPrimitive",
        "jsonObject",
        "jsonArray",
        "content",
        "contentOrNull",
        "asJsonObject",
        "asJsonArray",
        "asJsonPrimitive",
        "getAsJsonObject",
        "getAsJsonArray",
        "getAsJsonPrimitive",
        "string",
        "bytes",
        "charStream",
        "bodyAsText",
        "readText",
        "text",
        "readBytes",
        "bodyAsBytes",
        "readUtf8",
        "utf8",
        "toURI",
        "toURL",
        "toUri",
        "toHttpUrl",
        "toHttpUrlOrNull",
        "toUrl",
        "toExternalForm",
        "toASCIIString",
        "intern",
        "await",
        "awaitSingle",
        "awaitSingleOrNull",
        "awaitBody",
        "block",
        "toList",
        "toMutableList",
        "toSet",
        "toMutableSet",
        "toTypedArray",
        "toSortedSet",
        "asList",
        "asSequence",
        "asIterable",
        "toMap",
        "toMutableMap",
        "stream",
        "parallelStream",
        "distinct",
        "sorted",
        "reversed",
        "requireNoNulls",
        "toJsonString",
        "toPrettyString",
        "jsonValue",
        "encodeBase64",
        "toHex",
        "blockingGet",
        "get",
        "orElseThrow",
        "getOrThrow",
        "getOrNull",
        "component1",
        "filterNotNull",
        "asReversed",
        "bodyAsJsonObject",
        "bodyAsJsonArray",
        "bodyAsString",
        "bodyString",
        "shuffled",
        "asFlow",
        "asLiveData",
        "asStateFlow",
        "asSharedFlow",
        "peekBody",
        "body",
        "unwrap",
        "single",
        "first",
        "firstOrNull",
        "toFuture",
        "join",
        "getNow",
        "getCompleted",
        "asDeferred",
        "asMono",
        "toFlux",
        "byteStream",
        "source",
        "buffer",
        "inputStream",
        "getInputStream",
        "bufferedReader",
        "reader",
        "build",
    ]
)
"""Methods without arguments that give back what they are called on, as far as the rules care."""

READS: Final = frozenset(
    [
        "get",
        "getString",
        "optString",
        "getJSONObject",
        "optJSONObject",
        "getJSONArray",
        "optJSONArray",
        "getValue",
        "getAsString",
        "path",
        "at",
        "findValue",
        "opt",
        "getOrDefault",
        "getInt",
        "getLong",
        "getAsJsonObject",
        "getAsJsonArray",
        "getAsJsonPrimitive",
        "getBoolean",
        "optBoolean",
        "optInt",
        "optLong",
        "getDouble",
        "getFirst",
        "getAny",
        "field",
        "required",
    ]
)
"""Methods that read what stands under a key."""

PUTS: Final = frozenset(
    [
        "put",
        "set",
        "add",
        "append",
        "addProperty",
        "accumulate",
        "putOpt",
        "putIfAbsent",
        "addEncoded",
        "addQueryParameter",
        "addFormDataPart",
        "param",
        "with",
        "appendAll",
        "setProperty",
    ]
)
"""Methods that put something under a key, and return what they are called on."""

TESTS: Final = frozenset(
    [
        "isEmpty",
        "isNotEmpty",
        "isBlank",
        "isNotBlank",
        "isNullOrEmpty",
        "isNullOrBlank",
        "contains",
        "containsKey",
        "containsValue",
        "startsWith",
        "endsWith",
        "any",
        "all",
        "none",
        "equals",
        "equalsIgnoreCase",
        "matches",
        "has",
        "hasNext",
        "isNull",
        "isJsonNull",
        "isSuccessful",
        "isSuccess",
        "isFailure",
        "isPresent",
        "isRedirect",
    ]
)

PASSING: Final = frozenset(
    [
        "subscribeOn",
        "observeOn",
        "publishOn",
        "retry",
        "timeout",
        "delay",
        "cache",
        "toObservable",
        "toSingle",
        "toFlowable",
        "share",
        "flowOn",
        "cancellable",
        "conflate",
        "distinctUntilChanged",
        "onErrorReturnItem",
        "defaultIfEmpty",
        "switchIfEmpty",
        "onErrorComplete",
        "onTerminateDetach",
        "asLiveData",
    ]
)
"""Operators that say how a value is waited for, not what it is."""

RESULT_METHODS: Final = frozenset(
    [
        "onSuccess",
        "onFailure",
        "getOrElse",
        "getOrDefault",
        "mapCatching",
        "recover",
        "recoverCatching",
        "fold",
        "doOnNext",
        "doOnSuccess",
        "doOnError",
        "thenApply",
        "thenCompose",
        "thenAccept",
        "whenComplete",
        "handle",
        "exceptionally",
        "onErrorResume",
        "subscribe",
        "ifPresent",
        "ifPresentOrElse",
        "orElseGet",
        "collect",
        "onEach",
    ]
)
"""Methods with a block that a result, a promise or a stream of one value has; the value stands for all of these."""

_MAPS: Final = frozenset({"map", "flatMap", "compose", "chain", "transform", "transformToUni", "thenComposeAsync"})
"""Methods of a future of one value that go on with what their block makes of it."""

SAFE_LISTENERS: Final = frozenset(
    {"map", "flatMap", "mapNotNull", "forEach", "onEach", "filter", "mapValues", "associateWith", "associateBy"}
)
OUTSIDE: Final = (Response, MintBody, PlatformData, Unknown, Stored, Input, Lib)


# ---------------------------------------------------------------- what passes through


def same(call: LibraryCall) -> Value | None:
    """A call that gives back one of its arguments (`arg`, the first by default), or what it is called on."""
    held = call.args.get(int(call.settings.get("arg", 0)))
    if held is not None:
        return held
    made_of = value_of(*call.sources)
    return made_of if made_of.alts else V_NONE


def nothing(call: LibraryCall) -> Value | None:
    """A call whose result says nothing."""
    return unknown(str(call.settings.get("is", "a result")))


def random(call: LibraryCall) -> Value | None:
    """A value that a random generator makes."""
    return value_of(Random(call.path.removesuffix("()").rsplit(".", 1)[-1]))


def decoded(call: LibraryCall) -> Value | None:
    """A decoder of base64 or hex (`encoding`): literals are decoded, the rest stays what it is."""
    from cybrid_audit.models.javascript.builtins import decode_constant

    held = call.args.get(0)
    encoding = str(call.settings.get("encoding", "base64"))
    return held.map(lambda atom: decode_constant(atom, encoding)) if held is not None else None


def basic(call: LibraryCall) -> Value | None:
    """`Credentials.basic(id, secret)`: the value of a Basic header."""
    user, password = call.args.get(0, "username"), call.args.get(1, "password")
    if user is None or password is None:
        return None
    return operators.concat(call.interp, [constant("Basic "), user, constant(":"), password], call.place)


def digest(call: LibraryCall) -> Value | None:
    """A digest: made from what it was given, and no part of any secret."""
    from cybrid_audit.models.python.builtins import digested

    return digested(*call.args.every(), value_of(*call.sources))


def formatted(call: LibraryCall) -> Value | None:
    """`String.format("%s:%s", a, b)`."""
    first = call.args.get(0)
    return fill(call.interp, first, call.args.positional[1:], call.place) if first is not None else None


def fill(interp: Interpreter, template: Value, values: list[Value], place: Place) -> Value:
    """Return a `printf` template with its holes filled."""
    result = NOTHING
    for atom, proofs in template.alts:
        if isinstance(atom, Const) and isinstance(atom.value, str):
            held = operators.fill(interp, atom, "%", values, {}, place)
        else:
            held = derived("formatting", value_of(atom), *values)
        result = result.join(held.with_proofs(proofs))
    return result


def joined(call: LibraryCall) -> Value | None:
    """`String.join(" ", list)`, also with the pieces as arguments."""
    separator = call.args.get(0)
    text = separator.const() if separator is not None else None
    pieces = call.args.positional[1:]
    if len(pieces) == 1:
        return join_items(call.interp, pieces[0], text if isinstance(text, str) else ", ")
    return operators.concat_join(call.interp, pieces, text if isinstance(text, str) else ", ")


def join_items(interp: Interpreter, listed: Value, separator: str) -> Value:
    """Return the items of a list as one text. Of a list of unknown length, each word that may be in it."""
    items = operators.known_items(interp, listed)
    if items is not None:
        return operators.concat_join(interp, items, separator)
    element = operators.element_of(interp, listed)
    words = [value_of(atom) for atom in element.atoms() if isinstance(atom, Const) and isinstance(atom.value, str)]
    if words and len(words) == len(element.alts) and not separator.strip(" ,+"):
        return operators.concat_join(interp, words, separator)
    return derived("joined text", element)


# ---------------------------------------------------------------- blocks


def block_of(args: Arguments) -> Value | None:
    """Return the last argument that is a function."""
    for value in reversed([*args.positional, *args.keywords.values()]):
        if any(isinstance(atom, Fn | NativeFn) for atom in value.atoms()):
            return value
    return None


def run_block(call: LibraryCall) -> Value | None:
    """A call that runs its block and gives back what it gives: `withContext(IO) { … }`, `runBlocking { … }`, `run { … }`."""
    block = block_of(call.args)
    if block is None:
        return None
    return calls.call(call.interp, block, Arguments(positional=[]), call.place, awaited=True)


def maybe_block(call: LibraryCall) -> Value | None:
    """A call whose block may run, now or later: `launch { … }`, `thread { … }`; a chain goes on from its receiver."""
    from cybrid_audit.models.sinks import maybe_run

    for value in call.args.every():
        functions = Value(tuple(pair for pair in value.alts if isinstance(pair[0], Fn | NativeFn)))
        maybe_run(call.interp, functions, Arguments(positional=[]), call.place)
        for obj in value.only(Obj):
            run_object(call.interp, obj, call.place)
    return unknown("a job")


def is_converted(call: LibraryCall) -> Value | None:
    """Tell whether a call of Kotlin makes a lambda an object of a library's interface: one with parameters of its own, or by the name;
    what takes a block that sets it up (`Json { … }`) is none."""
    name = call.path.rpartition(".")[2]
    if len(call.args.positional) != 1 or call.args.keywords or not name[:1].isupper() or "(" in name:
        return None
    if call.interp.frame.module.language != "kotlin":
        return None
    given = call.args.positional[0]
    takes = any(param.kind != "implicit" for fn in given.only(Fn) for param in fn.function.params)
    return given if given.only(Fn) and (takes or name.endswith(tuple(_ONE_METHOD))) else None


_ONE_METHOD: Final = [
    "Listener",
    "Runnable",
    "Callable",
    "Interceptor",
    "Authenticator",
    "Callback",
    "Verifier",
    "Observer",
    "Provider",
    "Consumer",
    "Supplier",
    "Predicate",
    "Comparator",
]


def run_object(interp: Interpreter, obj: Obj, place: Place) -> None:
    """Run what an object that implements a functional interface of the library does, maybe."""
    from cybrid_audit.models.sinks import maybe_run

    for name in ("run", "call", "accept", "invoke", "get"):
        method = calls.bound_method(interp, obj, name, place) if obj.cls is not None else None
        if method is not None:
            maybe_run(interp, method, Arguments(positional=[unknown("what a library passes")]), place)
            return


def caught(call: LibraryCall) -> Value | None:
    """`runCatching { … }`: what the block gives, or a failure."""
    block = block_of(call.args)
    if block is None or call.interp.state is None:
        return None
    interp = call.interp
    branch, before = interp.state.branch, interp.flow()  # type: ignore[union-attr]
    sink: list = []  # type: ignore[type-arg]
    interp.sinks.append(sink)
    held = calls.call(interp, block, Arguments(positional=[]), call.place, awaited=True)
    interp.sinks.pop()
    interp.merge([before, interp.flow()], branch)
    return held


def with_receiver(call: LibraryCall) -> Value | None:
    """`with(x) { … }`: the block on the first argument."""
    if len(call.args.positional) < 2:
        return None
    this, block = call.args.positional[0], call.args.positional[-1]
    return calls.call(call.interp, jvm.bound(block, this), Arguments(positional=[]), call.place, awaited=True)


def build_text(call: LibraryCall) -> Value | None:
    """`buildString { append(…) }`."""
    made = native_object(call.interp, "text", Text(), call.place, "text")
    block = block_of(call.args)
    if block is not None:
        calls.call(call.interp, jvm.bound(block, made), Arguments(positional=[]), call.place, awaited=True)
    return made


def new_text(call: LibraryCall) -> Value | None:
    """`StringBuilder()`, also with what it starts with."""
    made = native_object(call.interp, "text", Text(), call.place, "text")
    if call.args.positional and call.args.positional[0].strings():
        for obj in made.only(Obj):
            obj.fields["text"] = call.args.positional[0]
    return made


def pair(call: LibraryCall) -> Value | None:
    """`Pair(a, b)`, `Map.entry(k, v)`."""
    made = list_of(call.interp, list(call.args.positional), call.place)
    for obj in made.only(Obj):
        obj.label = "tuple"
    return made


def build_list(call: LibraryCall) -> Value | None:
    """`buildList { add(…) }`, `buildJsonArray { … }`."""
    made = list_of(call.interp, [], call.place)
    for obj in made.only(Obj):
        obj.native = Listing()
    block = block_of(call.args)
    if block is not None:
        calls.call(call.interp, jvm.bound(block, made), Arguments(positional=[]), call.place, awaited=True)
    return made


def build_record(call: LibraryCall) -> Value | None:
    """`buildJsonObject { put(…) }`, `buildMap { … }`, `Parameters.build { … }`."""
    made = record(call.interp, call.place)
    block = block_of(call.args)
    if block is not None:
        calls.call(call.interp, jvm.bound(block, made), Arguments(positional=[]), call.place, awaited=True)
    return made


# ---------------------------------------------------------------- collections


def list_of(interp: Interpreter, items: list[Value], place: Place) -> Value:
    """Return a list."""
    obj = interp.new("list", place=place)
    obj.items = items
    return value_of(obj)


def new_list(call: LibraryCall) -> Value | None:
    """`listOf(a, b)`, `List.of(…)`, `Arrays.asList(…)`, `new ArrayList<>(other)`."""
    obj = call.interp.new("list", place=call.place)
    obj.native = Listing()
    if call.settings.get("copies") and call.args.positional:
        known = operators.known_items(call.interp, call.args.positional[0])
        obj.items = list(known) if known is not None else None
        if known is None and call.args.positional[0].only(Obj):
            obj.rest = operators.element_of(call.interp, call.args.positional[0])
        elif known is None:
            obj.items = []
        return value_of(obj)
    if call.args.rest is not None:
        obj.rest = join_all([*call.args.positional, call.args.rest])
    else:
        obj.items = list(call.args.positional)
    return value_of(obj)


def new_record(call: LibraryCall) -> Value | None:
    """A map or an object of JSON: `mapOf(a to b)`, `Map.of(k, v)`, `JSONObject(map)`, `JSONObject(text)`."""
    first = call.args.get(0)
    if call.settings.get("parses") and first is not None:
        passed = Value(tuple(pair for pair in first.alts if not isinstance(pair[0], Obj) or pair[0].native is not None))
        if passed.alts and not any(isinstance(atom, Const) and atom.value is None for atom in passed.atoms()):
            return parsed(call.interp, first, call.place)
    made = record(call.interp, call.place)
    target = made.only(Obj)[0]
    values = call.args.positional
    if call.settings.get("flat"):
        for key, value in zip(values[::2], values[1::2], strict=False):
            put(call.interp, target, key, value, call.place)
        return made
    for value in values:
        put_pairs(call.interp, target, value, call.place)
    if call.args.rest is not None:
        target.rest = derived("entries", call.args.rest)
    for name, value in call.args.keywords.items():
        if not name.startswith("%"):
            target.fields[name] = value
    return made


def put_pairs(interp: Interpreter, target: Obj, value: Value, place: Place) -> None:
    """Put pairs, lists of pairs and other maps into a record."""
    for obj in value.only(Obj):
        if obj.kind != "list":
            attributes.spread_into(interp, target, value_of(obj))
            continue
        items = operators.known_items(interp, value_of(obj))
        if obj.label == "tuple" and items is not None and len(items) == 2:
            put(interp, target, items[0], items[1], place)
            continue
        for item in items if items is not None else [operators.element_of(interp, value_of(obj))]:
            for pair in item.only(Obj):
                held = operators.known_items(interp, value_of(pair))
                if held is not None and len(held) == 2:
                    put(interp, target, held[0], held[1], place)


def put(interp: Interpreter, target: Obj, key: Value, value: Value, place: Place) -> None:
    """Put a value under a key."""
    attributes.set_item(interp, value_of(target), key, value, place)


def record(interp: Interpreter, place: Place) -> Value:
    """Return a new, empty record."""
    return native_object(interp, "map", Record(), place, "record")


class Record(Native):
    """A map, an object of JSON, a form, a bundle, headers."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = args.positional
        if name in PUTS and len(given) >= 2:
            put(interp, obj, given[0], given[1], place)
            return value_of(obj)
        if name in PUTS and len(given) == 1 and given[0].only(Obj):
            put_pairs(interp, obj, given[0], place)
            return value_of(obj)
        if name in ("putAll", "plus", "plusAssign", "addAll", "putMap"):
            target = obj
            if name == "plus":
                target = record(interp, place).only(Obj)[0]
                attributes.spread_into(interp, target, value_of(obj))
            for value in given:
                put_pairs(interp, target, value, place)
            return value_of(target)
        if name in ("putJsonArray", "putJsonObject", "putArray", "putObject", "withArray", "withObject") and given:
            made = record(interp, place) if name.endswith("Object") else list_of(interp, [], place)
            for each in made.only(Obj):
                each.native = each.native or Listing()
            block = block_of(args)
            if block is not None:
                calls.call(interp, jvm.bound(block, made), Arguments(positional=[]), place, awaited=True)
            put(interp, obj, given[0], made, place)
            return made
        if name in READS and given:
            held = attributes.get_item(interp, value_of(obj), given[0], place)
            return held.join(given[1]) if len(given) > 1 else held
        if name in ("setBearerAuth", "bearerAuth") and given:
            put(interp, obj, constant("Authorization"), bearer(interp, given[0], place), place)
            return V_NONE
        if name in ("setBasicAuth", "basicAuth") and len(given) > 1:
            header = operators.concat(interp, [constant("Basic "), given[0], constant(":"), given[1]], place)
            put(interp, obj, constant("Authorization"), header, place)
            return V_NONE
        if name in ("setContentType", "setAccept", "contentType", "accept", "type", "setType"):
            return value_of(obj)
        if not given and name in SAME and name not in ("first", "single", "firstOrNull"):
            return value_of(obj)
        if name in ("entrySet", "asIterable", "toList"):
            return primitives.listing(interp, obj, "items")
        if name == "keySet":
            return primitives.listing(interp, obj, "keys")
        return None

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in SAME:
            return value_of(obj)
        if name in ("entries", "keys", "values"):
            return primitives.listing(interp, obj, "items" if name == "entries" else name)
        return None

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        return primitives.listing(interp, obj, "items")


def bearer(interp: Interpreter, token: Value, place: Place) -> Value:
    """Return the value of a bearer's header."""
    return operators.concat(interp, [constant("Bearer "), token], place)


class Listing(Native):
    """A list that a library function made: an array of JSON, a list under construction."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in (
            "put",
            "add",
            "addJsonObject",
            "addJsonArray",
            "plusAssign",
            "unaryPlus",
            "append",
            "emit",
            "send",
            "trySend",
            "yield",
        ) and (args.positional):
            value = args.positional[-1]
            if any(isinstance(atom, Fn) for atom in value.atoms()):
                made = record(interp, place)
                calls.call(interp, jvm.bound(value, made), Arguments(positional=[]), place, awaited=True)
                value = made
            primitives.collection_method(interp, obj, "push", Arguments(positional=[value]), place)
            return value_of(obj)
        if name == "addAll" and args.positional:
            items = operators.known_items(interp, args.positional[-1])
            for item in items if items is not None else [operators.element_of(interp, args.positional[-1])]:
                primitives.collection_method(interp, obj, "push", Arguments(positional=[item]), place)
            return value_of(obj)
        return None


class Text(Native):
    """A text under construction: `StringBuilder`, `buildString`. What it is so far is in the field `text`."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("append", "appendLine", "appendln", "plus") and args.positional:
            held = obj.fields.get("text")
            value = args.positional[0]
            obj.fields["text"] = value if held is None else operators.concat(interp, [held, value], place)
            return value_of(obj)
        if name == "toString":
            return obj.fields.get("text", constant(""))
        return value_of(obj) if name in ("trim", "insert", "setLength", "trimEnd") else None

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        return obj.fields.get("text", constant(""))

    def text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        return next(obj.fields.get("text", constant("")).atoms(), None)


# ---------------------------------------------------------------- methods and fields that the language gives everything


def method(call: LibraryCall) -> Value | None:
    """A method call on a text, a collection, or something from outside; `path` is the name, the source what it is called on."""
    atom = next(iter(call.sources))
    interp, name, args, place = call.interp, call.path, call.args, call.place
    if isinstance(atom, Secret) and name in java_sources.CONTENT:
        return value_of(atom)
    if isinstance(atom, Obj) and name in ("getBytes", "toByteArray", "encodeToByteArray") and atom.cls is None:
        # The bytes of JSON that was made of it.
        return value_of(atom)
    if name in java.COMPARISONS:
        told = java.compared(interp, atom, name, args, place)
        if told is not None:
            return told
    if name in java.ADDRESS_PARTS and isinstance(atom, Const | Str) and not args.positional:
        told = java.address_part(interp, atom, name, place)
        if told is not None:
            return told
    is_plain = isinstance(atom, Const | Str | Env | Secret | Token | Obj) and not (
        isinstance(atom, Obj) and atom.kind in ("list", "generator", "set", "map")
    )
    if name in ("getKey", "getValue") and isinstance(atom, Obj) and atom.cls is None and len(atom.items or ()) == 2:
        # An entry of a map.
        return (atom.items or [])[name == "getValue"]
    if name == "getValue" and not args.positional and not isinstance(atom, Lib):
        # What stands behind a delegated property.
        return value_of(atom)
    if name in PASSING and block_of(args) is None and not isinstance(atom, Unknown | Lib):
        return value_of(atom)
    is_one = isinstance(atom, Token) or (isinstance(atom, Obj) and atom.cls is not None)
    if block_of(args) is not None and ((is_plain and name in RESULT_METHODS) or (is_one and name in _MAPS)):
        return chained(interp, value_of(atom), name, args, place)
    if isinstance(atom, Const | Str) and block_of(args) is not None:
        for around in jvm.receivers(interp):
            for obj in around.only(Obj):
                held = (
                    obj.native.extended(interp, obj, value_of(atom), name, args, place)
                    if isinstance(obj.native, Native)
                    else None
                )
                if held is not None:
                    return held
    match atom:
        case Const(value=str() | bytes()) | Str() | Env() | Secret() | Token() | Random():
            return text_method(interp, atom, name, args, place)
        case Obj() if atom.kind in ("list", "generator", "set") and atom.cls is None:
            return list_method(interp, atom, name, args, place)
        case Obj() if atom.kind in ("map", "object") and atom.cls is None:
            return map_method(interp, atom, name, args, place)
        case Obj() if atom.cls is not None:
            return record_method(interp, atom, name, args, place)
        case Outcome():
            return java.read_outside(interp, atom, name, args.positional, place)
        case ClassInfo():
            return java.class_method(interp, atom, name, args, place)
        case Response() | MintBody() | PlatformData() | Unknown() | Stored() | Input():
            return outside_method(interp, atom, name, args, place)
        case _:
            return None


def attribute(call: LibraryCall) -> Value | None:
    """A field of a text, a collection, or something from outside."""
    atom = next(iter(call.sources))
    name = call.path
    match atom:
        case Const(value=str() | bytes()) | Str() | Env() | Secret() | Token():
            return value_of(atom) if name in SAME else None
        case Obj(kind="list", items=items) if atom.cls is None:
            if name in ("first", "key") and items:
                return items[0]
            if name in ("second", "value") and items is not None and len(items) == 2:
                return items[1]
            if name in ("size", "length", "lastIndex", "indices"):
                return constant(len(items)) if items is not None and name != "lastIndex" else unknown("a number")
            return value_of(atom) if name in SAME else None
        case Response(body=body):
            if name in ("code", "status", "statusCode", "isSuccessful", "headers", "message", "statusLine"):
                return unknown(f"the {name} of an answer")
            return body if name in SAME or name in ("responseData", "result") else None
        case MintBody() | PlatformData():
            return value_of(atom) if name in SAME and name not in ("string", "text", "content", "source") else None
        case _:
            return None


def text_method(interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what a method of texts gives."""
    given = args.positional
    if name in SAME and (
        not given or not isinstance(atom, Const) or name in ("toByteArray", "getBytes", "toRequestBody")
    ):
        if isinstance(atom, Const) and isinstance(atom.value, str) and name.startswith("trim"):
            return value_of(Const(atom.value.strip(), atom.place, atom.stamp, atom.encoding, atom.function))
        return value_of(atom)
    if name in ("format", "formatted"):
        return fill(interp, value_of(atom), given, place)
    if name == "plus" and given:
        return operators.concat(interp, [value_of(atom), given[0]], place)
    if name in ("ifEmpty", "ifBlank", "ifNull"):
        block = block_of(args)
        held = (
            calls.call(interp, block, Arguments(positional=[]), place, awaited=True) if block is not None else NOTHING
        )
        return held if isinstance(atom, Const) and not atom.value else value_of(atom).join(held)
    if name in _RENAMED and isinstance(atom, Const | Str):
        return primitives.text_method(interp, atom, _RENAMED[name], args, place)
    if name in ("matches", "isEmpty", "isNotEmpty", "isBlank", "isNotBlank", "isNullOrBlank", "isNullOrEmpty"):
        text = text_of(atom)
        if isinstance(atom, Const) and isinstance(text, str) and name != "matches":
            return constant((not text.strip()) != name.startswith("isNot"))
        return unknown("a test of text")
    return None


_RENAMED: Final = {
    "lowercase": "lower",
    "toLowerCase": "lower",
    "uppercase": "upper",
    "toUpperCase": "upper",
    "removePrefix": "removeprefix",
    "removeSuffix": "removesuffix",
    "substringAfter": "partition",
}


def list_method(interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what a method of lists and sequences gives."""
    given = args.positional
    items = obj.items

    def element() -> Value:
        return operators.element_of(interp, value_of(obj))

    match name:
        case "joinToString" | "join":
            separator = args.get(0, "separator")
            text = separator.const() if separator is not None else ", "
            block = block_of(args)
            listed = value_of(obj)
            if block is not None:
                listed = (
                    primitives.collection_method(interp, obj, "map", Arguments(positional=[block]), place) or listed
                )
            return join_items(interp, listed, text if isinstance(text, str) else ", ")
        case "collect" if given:
            for atom in given[0].atoms():
                if isinstance(atom, Lib) and "joining" in atom.path:
                    texts = [each for each in atom.sources if isinstance(each, Const)]
                    text = str(texts[0].value) if texts else ""
                    return join_items(interp, value_of(obj), text)
            if block_of(args) is not None:
                return primitives.collection_method(interp, obj, "forEach", args, place)
            return value_of(obj)
        case (
            "first"
            | "firstOrNull"
            | "find"
            | "last"
            | "lastOrNull"
            | "single"
            | "singleOrNull"
            | "elementAt"
            | "findFirst"
        ):
            block = block_of(args)
            if block is not None:
                calls.call(interp, block, Arguments(positional=[element()]), place, awaited=True)
                return element().join(V_NONE) if name.endswith("OrNull") or name == "find" else element()
            if items:
                return items[-1] if name.startswith("last") else items[0]
            return element()
        case "get" | "getOrNull" | "getJSONObject" | "getString" | "component1" | "component2" | "component3" if (
            given or name.startswith("component")
        ):
            index = given[0] if given else constant(int(name[-1]) - 1)
            return attributes.get_item(interp, value_of(obj), index, place)
        case "any" | "all" | "none" if block_of(args) is not None:
            primitive = {"any": "some", "all": "every", "none": "some"}[name]
            held = primitives.collection_method(interp, obj, primitive, args, place)
            return operators.negate(interp, held) if name == "none" and held is not None else held
        case "contains" if given:
            return operators.compare(interp, "in", given[0], value_of(obj), place)
        case "plus" | "plusElement" if given:
            extra = operators.known_items(interp, given[0])
            is_list = bool(given[0].only(Obj))
            if items is not None and (extra is not None or not is_list):
                return list_of(
                    interp, [*items, *(extra if is_list and extra is not None else given)], obj.place or place
                )
            made = interp.new("list", place=obj.place)
            made.rest = element().join(operators.element_of(interp, given[0]) if is_list else given[0])
            return value_of(made)
        case "associate" | "associateWith" | "associateBy" | "toMap" | "groupBy":
            target = record(interp, place).only(Obj)[0]
            block = block_of(args)
            for item in items if items is not None and len(items) <= MAX_UNROLL else [element()]:
                held = (
                    calls.call(interp, block, Arguments(positional=[item]), place, awaited=True)
                    if block is not None
                    else item
                )
                if name == "associateWith":
                    put(interp, target, item, held, place)
                elif name in ("associateBy", "groupBy"):
                    put(interp, target, held, item, place)
                else:
                    put_pairs(interp, target, held, place)
            return value_of(target)
        case "onEach" | "forEachIndexed" | "mapNotNull" | "mapIndexed" | "flatMap" | "filterNot" | "filterNotNull":
            if not given:
                return value_of(obj)
            primitive = {
                "onEach": "forEach",
                "forEachIndexed": "forEach",
                "mapNotNull": "map",
                "mapIndexed": "map",
            }.get(name, name)
            if name in ("forEachIndexed", "mapIndexed"):
                for item in items if items is not None and len(items) <= MAX_UNROLL else [element()]:
                    calls.call(
                        interp, given[-1], Arguments(positional=[unknown("an index"), item]), place, awaited=True
                    )
                return value_of(obj)
            if name == "filterNot":
                return primitives.collection_method(interp, obj, "filter", args, place) and value_of(obj)
            held = primitives.collection_method(interp, obj, primitive, args, place)
            return value_of(obj) if name == "onEach" else held
        case "size" | "isEmpty" | "isNotEmpty":
            if items is None:
                return unknown("a test of a list")
            return constant(len(items)) if name == "size" else constant(bool(items) == (name == "isNotEmpty"))
        case _ if name in SAME and not given:
            return value_of(obj)
        case (
            "take"
            | "drop"
            | "sortedBy"
            | "sortedByDescending"
            | "sortedWith"
            | "distinctBy"
            | "minus"
            | "toArray"
            | "limit"
        ):
            return value_of(obj)
        case _:
            return None


def map_method(interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what a method of maps gives, where its name is Kotlin's or Java's own."""
    if name in ("forEach", "map", "mapNotNull", "filter", "flatMap", "any", "all") and args.positional:
        listed = primitives.listing(interp, obj, "items")
        two = any(isinstance(atom, Fn) and len(atom.function.params) > 1 for atom in args.positional[0].atoms())
        if name == "forEach" and two:
            for row in operators.known_items(interp, listed) or [operators.element_of(interp, listed)]:
                pair = operators.known_items(interp, row) or [unknown("a key"), unknown("a value")]
                calls.call(interp, args.positional[0], Arguments(positional=list(pair)), place, awaited=True)
            return V_NONE
        for each in listed.only(Obj):
            return list_method(interp, each, name, args, place) or primitives.collection_method(
                interp, each, name, args, place
            )
    if name in ("getOrPut", "computeIfAbsent", "getOrElse") and len(args.positional) > 1:
        held = attributes.get_item(interp, value_of(obj), args.positional[0], place)
        block = block_of(args)
        made = (
            calls.call(interp, block, Arguments(positional=[args.positional[0]]), place, awaited=True)
            if block
            else NOTHING
        )
        if name != "getOrElse":
            put(interp, obj, args.positional[0], made, place)
        return Value(tuple(pair for pair in held.alts if not isinstance(pair[0], Unknown))).join(made)
    if obj.native is None and (name in PUTS or name in READS or name in SAME or name in ("putAll", "plus")):
        return Record().method(interp, obj, name, args, place)
    return None


def record_method(interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what the language gives every data class."""
    if name == "copy" and obj.cls is not None:
        made = interp.new("instance", place=place)
        made.cls, made.label, made.native = obj.cls, obj.label, obj.native
        made.fields = {**obj.fields, **{key: value for key, value in args.keywords.items() if not key.startswith("%")}}
        return value_of(made)
    if name.startswith("component") and name[9:].isdigit() and obj.cls is not None:
        names = [param.field for param in constructor_params(obj.cls) if param.field]
        index = int(name[9:]) - 1
        return obj.fields.get(names[index] or "") if 0 <= index < len(names) else None
    if obj.cls is not None and obj.cls.module.language == "kotlin" and not name.startswith(("get", "set", "is")):
        # A property of Kotlin has no accessor of its own name: what is called is what it holds.
        return None
    return java.accessor(interp, obj, name, args, place)


def outside_method(interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what a method gives of an answer, or of something unknown that may be one."""
    given = args.positional
    kind = args.keywords.get(jvm.TYPE_ARGUMENT)
    if isinstance(atom, Response):
        if name in (
            "code",
            "status",
            "statusCode",
            "isSuccessful",
            "getStatusCode",
            "headers",
            "header",
            "getResponseCode",
        ):
            return unknown(f"the {name} of an answer")
        if name in ("close", "execute", "clone", "newBuilder", "build", "also"):
            return value_of(atom)
        if name in ("enqueue", "subscribe", "observe", "responseString", "response") and given:
            return answered(interp, atom, args, place)
        classes = [value for value in [*given, *([kind] if kind is not None else [])] if value.only(ClassInfo)]
        if classes:
            return decode(interp, atom.body, classes[0])
        if name in SAME or name in (
            "bodyToMono",
            "bodyToFlux",
            "readEntity",
            "getBody",
            "toEntity",
            "entity",
            "getEntity",
        ):
            return atom.body
        if block_of(args) is not None:
            return chained(interp, atom.body, name, args, place)
        return outside_body(interp, atom.body, name, args, place)
    if isinstance(atom, Input) and name in READS and given and given[0].strings():
        found = []
        for text in given[0].strings():
            interp.models.input_read(text)
            found.append(value_of(Input(atom.kind, text)))
        return join_all(found)
    if kind is not None and kind.only(ClassInfo) and name in ("body", "receive", "bodyToMono", "awaitBody", "convert"):
        return decode(interp, value_of(atom), kind)
    if isinstance(atom, MintBody | PlatformData):
        if name in READS and given:
            found = [attributes.get_one(interp, atom, text, place) for text in given[0].strings()]
            return join_all(found) if found else None
        if not given and (name in SAME or name.startswith("to")):
            return value_of(atom)
        if name.startswith("get") and not given and len(name) > 3:
            from cybrid_audit.models.platform import snake

            return attributes.get_one(interp, atom, snake(name[3:4].lower() + name[4:]), place)
        if block_of(args) is not None:
            return chained(interp, value_of(atom), name, args, place)
        return None
    if isinstance(atom, Stored) and atom.store == "database" and name in _ROWS:
        return value_of(atom)
    if isinstance(atom, Stored | Input | Unknown):
        told = java.read_outside(interp, atom, name, given, place)
        if told is not None:
            return told
    if (
        isinstance(atom, Unknown)
        and block_of(args) is not None
        and name in ("map", "flatMap", "doOnNext", "doOnSuccess", "flatMapMany")
    ):
        return None
    return None


_ROWS: Final = frozenset(
    {"firstResult", "singleResult", "getSingleResult", "getResultList", "firstResultOptional", "singleResultOptional"}
    | {"list", "listAll", "getResultStream", "page", "filter", "uniqueResult", "fetchOne", "fetchInto", "orElse"}
)
"""Methods of a query, or of what it gives, that lead to its rows."""


def outside_body(interp: Interpreter, body: Value, name: str, args: Arguments, place: Place) -> Value | None:
    """Return a method call on the body of an answer; None when the body is unknown."""
    if any(isinstance(atom, MintBody | PlatformData | Obj) for atom in body.atoms()):
        return calls.call_method(interp, body, name, args, place, awaited=True)
    return None


def chained(interp: Interpreter, value: Value, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what an operator on a promise, `Mono`, `Result` or `Flow` of one value makes of it."""
    block = block_of(args)
    if name in ("subscribe", "whenComplete", "handle"):
        # The first function takes the value, the second what went wrong.
        block = next((each for each in args.positional if each.only(Fn)), block)
    if block is None:
        return None
    if name in _KEEPS or name.startswith(("doOn", "on")):
        from cybrid_audit.models.sinks import maybe_run

        functions = Value(tuple(pair for pair in block.alts if isinstance(pair[0], Fn)))
        passed = unknown("an exception") if name.endswith(("Failure", "Error")) else value
        maybe_run(interp, functions, Arguments(positional=[passed]), place)
        return value
    if name in (
        "recover",
        "getOrElse",
        "orElseGet",
        "onErrorReturn",
        "onErrorResume",
        "exceptionally",
        "catch",
        "recoverCatching",
    ):
        return value
    if name == "fold":
        return join_all(
            calls.call(
                interp,
                each,
                Arguments(positional=[value if index == 0 else unknown("an exception")]),
                place,
                awaited=True,
            )
            for index, each in enumerate([*args.positional, *args.keywords.values()])
        )
    return calls.call(interp, block, Arguments(positional=[value]), place, awaited=True)


_KEEPS: Final = frozenset(
    {"onSuccess", "onFailure", "filter", "onEach", "whenComplete", "addOnSuccessListener", "collect", "subscribe"}
)


def answered(interp: Interpreter, atom: Response, args: Arguments, place: Place) -> Value:
    """Run the callbacks that take an answer: functions, and objects with `onResponse`, `onSuccess` or `onFailure`."""
    from cybrid_audit.models.sinks import maybe_run

    for value in args.every():
        functions = Value(tuple(pair for pair in value.alts if isinstance(pair[0], Fn)))
        arity = max((len(fn.function.params) for fn in functions.only(Fn)), default=1)
        given = (
            [value_of(atom)] if arity < 2 else [unknown("a request"), value_of(atom), value_of(atom)][: max(arity, 2)]
        )
        maybe_run(interp, functions, Arguments(positional=given), place)
        for obj in value.only(Obj):
            for name in ("onResponse", "onSuccess"):
                method = calls.bound_method(interp, obj, name, place) if obj.cls is not None else None
                if method is not None:
                    passed = [unknown("a call"), value_of(atom)] if name == "onResponse" else [value_of(atom)]
                    count = max((len(fn.function.params) for fn in method.only(Fn)), default=2)
                    maybe_run(interp, method, Arguments(positional=passed[-count:]), place)
    return unknown("nothing")


# ---------------------------------------------------------------- JSON and data classes

_NAMED: Final = frozenset(
    {"SerialName", "JsonKey", "Json", "SerializedName", "JsonProperty", "Field", "JsonAlias", "Param"}
)


def constructor_params(info: ClassInfo) -> tuple[ir.Param, ...]:
    """Return the parameters of a class's own constructor."""
    for function in info.definition.methods:
        if function.kind == "constructor":
            return function.params
    return ()


def wire_names(info: ClassInfo) -> dict[str, str]:
    """Return under which name each field of a data class goes out, as its annotations say."""
    rows: list[tuple[str, tuple[ir.Expr, ...]]] = []
    for ancestor in info.ancestry():
        rows += [(param.field, param.decorators) for param in constructor_params(ancestor) if param.field]
        rows += [(field.name, field.decorators) for field in ancestor.definition.fields]
    found: dict[str, str] = {}
    for name, decorators in rows:
        found.setdefault(name, name)
        for node in decorators:
            if not isinstance(node, ir.Call) or jvm.type_name(node.func) not in _NAMED:
                continue
            texts = [
                arg.value.value
                for arg in node.args
                if isinstance(arg.value, ir.Const) and arg.name in (None, "name", "value")
            ]
            if texts and isinstance(texts[0], str):
                found[name] = texts[0]
    return found


def wired(interp: Interpreter, value: Value, depth: int = 4, *, snake: bool = False) -> Value:
    """Return a value as it goes out: data classes under the names of their annotations, with what their JSON writers skip left in.

    With `snake`, names without an annotation go out in snake case."""
    if depth <= 0 or not any(isinstance(atom, Obj) for atom in value.atoms()):
        return value
    result = NOTHING
    for atom, proofs in value.alts:
        held: Atom = atom
        if isinstance(atom, Obj) and atom.cls is not None and atom.native is None:
            made = interp.new("object", place=atom.place)
            made.function, made.rest = atom.function, atom.rest
            names = wire_names(atom.cls)
            for name, inner in atom.fields.items():
                wire = names.get(name, name)
                made.fields[snaked(wire) if snake and wire == name else wire] = wired(
                    interp, inner, depth - 1, snake=snake
                )
            held = made
        result = result.join(Value(((held, proofs),)))
    return result


def to_json(call: LibraryCall) -> Value | None:
    """A call that writes its argument as JSON: `gson.toJson(x)`, `Json.encodeToString(x)`, `mapper.writeValueAsString(x)`."""
    values = [value for value in call.args.positional if not value.only(ClassInfo)]
    values = [value for value in values if not all(isinstance(atom, Lib) for atom in value.atoms())] or values
    return wired(call.interp, values[-1]) if values else None


def from_json(call: LibraryCall) -> Value | None:
    """A call that reads JSON into a class: `gson.fromJson(text, T::class.java)`, `Json.decodeFromString<T>(text)`."""
    given = call.args.positional
    kind = call.args.keywords.get(jvm.TYPE_ARGUMENT)
    kinds = [value for value in given if value.only(ClassInfo)]
    values = [value for value in given if not value.only(ClassInfo)]
    # A serializer or type token beside the text tells no class.
    values = [
        value for value in values if not all(isinstance(atom, Lib) and "(" not in atom.path for atom in value.atoms())
    ] or values
    if not values:
        return None
    text = values[-1] if call.settings.get("last") else values[0]
    for value in values:
        if any(isinstance(atom, MintBody | PlatformData | Response) for atom in value.atoms()):
            text = value
    held = kind if kind is not None and kind.only(ClassInfo) else kinds[0] if kinds else None
    text = parsed(call.interp, text, call.place)
    return decode(call.interp, text, held) if held is not None else text


def parsed(interp: Interpreter, text: Value, place: Place) -> Value:
    """Return what JSON text holds: literals as records, the rest as it is."""
    import json

    from cybrid_audit.models.javascript import builtins as ecmascript

    result = NOTHING
    for atom, proofs in text.alts:
        held = Value(((atom, proofs),))
        if isinstance(atom, Const) and isinstance(atom.value, str) and atom.value.lstrip()[:1] in ("{", "["):
            try:
                held = ecmascript.from_json(interp, json.loads(atom.value), atom).with_proofs(proofs)
            except (ValueError, RecursionError):
                held = Value(((atom, proofs),))
        elif isinstance(atom, Response):
            held = atom.body.with_proofs(proofs)
        result = result.join(held)
    return result


def decode(interp: Interpreter, body: Value, kind: Value, depth: int = 3, *, snake: bool = False) -> Value:
    """Return an instance of a project's class that is read from an answer; `snake` as for `wired`."""
    infos = kind.only(ClassInfo)
    if not infos or depth <= 0:
        return body
    result = NOTHING
    for atom, proofs in body.alts:
        if not isinstance(atom, Response | MintBody | PlatformData | Unknown | Stored | Input | Secret | Obj):
            result = result.join(Value(((atom, proofs),)))
            continue
        if isinstance(atom, Obj) and atom.cls is not None:
            result = result.join(Value(((atom, proofs),)))
            continue
        for info in infos:
            result = result.join(_instance(interp, atom, info, depth, snake=snake).with_proofs(proofs))
    return result


def snaked(name: str) -> str:
    """Return a name in snake case."""
    from cybrid_audit.models.platform import snake

    return snake(name)


def _instance(interp: Interpreter, atom: Atom, info: ClassInfo, depth: int, *, snake: bool = False) -> Value:
    place = interp.no_place(info.module.path)
    made = interp.new("instance", place=place)
    made.cls, made.label = info, info.name
    names = wire_names(info)
    types = {param.field: param.annotation for param in constructor_params(info) if param.field}
    for name, wire in names.items():
        key = snaked(wire) if snake and wire == name else wire
        if isinstance(atom, Secret):
            # A secrets manager keeps a record as one text.
            held = value_of(Secret(atom.manager, f"{atom.name}.{key}".strip("."), atom.place))
        else:
            held = attributes.get_one(interp, atom, key, place)
        if isinstance(atom, MintBody) and not any(isinstance(each, Token) for each in held.atoms()):
            held = attributes.get_one(interp, atom, name, place)
        inner = type_of(interp, info, types.get(name))
        made.fields[name] = decode(interp, held, inner, depth - 1, snake=snake) if inner is not None else held
    return value_of(made) if names else value_of(atom)


_WRAPPERS: Final = frozenset(
    [
        "Call",
        "Response",
        "Single",
        "Maybe",
        "Observable",
        "Flowable",
        "Deferred",
        "Result",
        "Flow",
        "Mono",
        "Flux",
        "CompletableFuture",
        "ResponseEntity",
        "ListenableFuture",
        "Optional",
        "HttpResponse",
        "Task",
        "ApiResponse",
        "NetworkResponse",
        "LiveData",
        "Provider",
        "Lazy",
    ]
)


def type_of(interp: Interpreter, info: ClassInfo, annotation: ir.Expr | None) -> Value | None:
    """Return the project's class that an annotation means, behind the wrappers of answers; None for any other."""
    while isinstance(annotation, ir.Index) and jvm.type_name(annotation.object) in _WRAPPERS:
        annotation = annotation.index
    if not isinstance(annotation, ir.Name | ir.Attribute) or interp.state is None:
        return None
    interp.push(Scope(info.scope, info.module), info.module, None)
    try:
        held = interp.eval(annotation)
    finally:
        interp.pop()
    return held if held.only(ClassInfo) else None


def wrapper_of(annotation: ir.Expr | None) -> str:
    """Return the name of the wrapper that a function's answer comes in, '' for none."""
    name = jvm.type_name(annotation.object) if isinstance(annotation, ir.Index) else ""
    return name if name in _WRAPPERS else ""


# ---------------------------------------------------------------- logs


def log(call: LibraryCall) -> Value | None:
    """A call that writes to a log; a message in a block is asked for."""
    from cybrid_audit.models import sinks

    values: list[Value] = []
    for value in call.args.every():
        is_block = any(isinstance(atom, Fn) for atom in value.atoms())
        values.append(
            calls.call(call.interp, value, Arguments(positional=[]), call.place, awaited=True) if is_block else value
        )
    for value in values:
        sinks.note_logged(call.interp, value, call.place, call.path)
    return unknown("nothing")


def checked(call: LibraryCall) -> Value | None:
    """`requireNotNull(x)`, `checkNotNull(x)`, `Objects.requireNonNull(x)`: the argument, not null."""
    held = call.args.get(0)
    if held is None:
        return None
    kept = Value(tuple(pair for pair in held.alts if not (isinstance(pair[0], Const) and pair[0].value is None)))
    return kept if kept.alts else held


def required(call: LibraryCall) -> Value | None:
    """`require(test) { … }`, `check(test)`: goes on where the test holds."""
    test = call.args.get(0)
    interp = call.interp
    if test is None or interp.state is None:
        return None
    when_true, when_false = interp.split(test, None)
    interp.resume(when_false)
    if interp.state is not None:
        interp.throw(unknown("a failed requirement"))
    interp.resume(when_true)
    return V_NONE


def failed(call: LibraryCall) -> Value | None:
    """`error("…")`, `TODO()`, `fail()`: never returns."""
    from cybrid_audit.models import sinks

    for value in call.args.positional[:1]:
        sinks.note_logged(call.interp, value, call.place, f"error {call.path}", objects=False)
    call.interp.throw(unknown("an error"))
    return NOTHING


__all__ = ["Iterable", "truth"]
