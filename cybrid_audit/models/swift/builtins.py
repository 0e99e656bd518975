"""What programs in Swift are written in terms of: texts and data, JSON, publishers and results, closures, the configuration of an app.

Conversions keep what they are given: a URL is its text, `Data` of a text the text, a `Result` or a publisher what it succeeds with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, jvm, operators
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
    derived,
    join_all,
    key_text,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import Native as NativeFn
from cybrid_audit.models import sinks
from cybrid_audit.models.http import join_url
from cybrid_audit.models.jvm import builtins as library
from cybrid_audit.models.jvm import credentials as java_sources
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

SAME: Final = frozenset(
    [
        "absoluteString",
        "absoluteURL",
        "utf8",
        "description",
        "debugDescription",
        "data",
        "base64EncodedString",
        "base64EncodedData",
        "addingPercentEncoding",
        "removingPercentEncoding",
        "trimmingCharacters",
        "asURL",
        "asURLRequest",
        "unicodeScalars",
        "standardized",
        "wrappedValue",
        "rawValue",
        "stringValue",
        "string",
        "value",
        "url",
        "bridged",
        "nilIfEmpty",
        "eraseToAnyPublisher",
        "eraseToAnyAsyncSequence",
        "receive",
        "subscribe",
        "retry",
        "share",
        "setFailureType",
        "validate",
        "asObservable",
        "asSingle",
        "observeOn",
        "observe",
        "timeout",
        "delay",
        "first",
        "prefix",
        "toBlocking",
        "get",
        "unsafelyUnwrapped",
        "filterSuccessfulStatusCodes",
        "mapJSON",
        "mapString",
    ]
)
"""Methods and fields of what is one value to us that give it back."""

_OUTSIDE: Final = (Response, MintBody, PlatformData, Unknown, Stored, Input)
_TEXTS: Final = (Const, Str, Env, Secret, Token, Random)
_MAPS: Final = frozenset({"map", "tryMap", "flatMap", "compactMap", "tryCompactMap", "then", "flatMapLatest", "get"})
_SEES: Final = frozenset(
    {"sink", "handleEvents", "subscribe", "done", "assign", "onSuccess", "forEach", "do", "bind", "onNext"}
)


# ---------------------------------------------------------------- methods and fields that everything has


def method(call: LibraryCall) -> Value | None:
    """A method call; `path` is the name, the source what it is called on."""
    atom = next(iter(call.sources))
    interp, name, args, place = call.interp, call.path, call.args, call.place
    given = args.positional
    if isinstance(atom, Lib | Fn | ClassInfo):
        return None
    if isinstance(atom, Obj):
        if atom.native is not None and type(atom.native).__module__.startswith("cybrid_audit.models.swift.builtins"):
            return None
        if atom.cls is None:
            return collection(interp, atom, name, args, place)
    if name in ("appendingPathComponent", "appendingPathExtension", "appending", "appendPathComponent"):
        held = given[0] if given else next(iter(args.keywords.values()), None)
        if held is not None and isinstance(atom, (*_TEXTS, Unknown)):
            if "queryItems" in args.keywords:
                return with_query(interp, value_of(atom), held, place)
            return extended_path(interp, value_of(atom), held, place)
    if name == "decode" and ("type" in args.keywords or "from" in args.keywords or given):
        return decoded(interp, value_of(atom), args, False)
    if name == "map" and any(value.only(ClassInfo) for value in given):
        return decoded(interp, value_of(atom), args, False)
    if name in ("responseDecodable", "serializingDecodable", "publishDecodable", "responseValue"):
        return answered(interp, atom, args, place, chains=not name.startswith("serializing"))
    if name.startswith(("response", "serializing", "publish")) and isinstance(atom, Response):
        return answered(interp, atom, args, place, chains=not name.startswith("serializing"))
    block = library.block_of(args)
    if block is not None and name in _SEES:
        seen = (
            args.keywords.get("receiveValue") or args.keywords.get("onSuccess") or args.keywords.get("onNext") or block
        )
        sinks.maybe_run(interp, functions_of(seen), Arguments(positional=[value_of(atom)]), place)
        return value_of(atom)
    if block is not None and name in _MAPS and not (isinstance(atom, Obj) and atom.kind in ("list", "set", "map")):
        return calls.call(interp, block, Arguments(positional=[value_of(atom)]), place, awaited=True)
    if block is not None and name in ("catch", "mapError", "tryCatch", "replaceError", "recover"):
        sinks.maybe_run(interp, functions_of(block), Arguments(positional=[unknown("an error")]), place)
        return value_of(atom)
    if isinstance(atom, _TEXTS):
        return text_method(interp, atom, name, args, place)
    if isinstance(atom, _OUTSIDE):
        if name in SAME or name in ("resume", "authenticate", "cacheResponse", "redirect", "replaceNil"):
            return value_of(atom)
        if name in ("cancel", "suspend"):
            return unknown("nothing")
    if isinstance(atom, Obj) and name in SAME and not given:
        return value_of(atom)
    return None


def attribute(call: LibraryCall) -> Value | None:
    """A field; `path` is its name, the source what it is read from."""
    atom = next(iter(call.sources))
    name = call.path
    if name.startswith("%") and name[1:2].isdigit():
        # What a case carries; a result of a library is what it succeeds with.
        if isinstance(atom, Obj) and name in atom.fields:
            return None
        return value_of(atom) if isinstance(atom, (Obj, *_TEXTS, *_OUTSIDE)) else unknown("what a case carries")
    if name == "%error":
        return unknown("an error")
    if name == "%case":
        return None if isinstance(atom, Obj) and name in atom.fields else unknown("a case")
    if isinstance(atom, Response):
        if name in ("statusCode", "response", "error", "httpResponse", "allHeaderFields", "debugDescription"):
            return unknown(f"the {name} of an answer")
        if name in ("data", "value", "result", "success", "body", "content", "wrappedValue"):
            return atom.body
        return value_of(atom) if name in SAME else None
    if isinstance(atom, Obj) and atom.cls is not None and atom.kind == "instance":
        is_own = name in atom.fields or jvm.declares(atom.cls, name)
        return value_of(atom) if not is_own and name in ("value", "result", "wrappedValue", "success") else None
    if isinstance(atom, Obj) and atom.cls is None and atom.kind == "list":
        return collection_field(call.interp, atom, name, call.place)
    if isinstance(atom, Secret) and name in java_sources.CONTENT:
        return value_of(atom)
    if isinstance(atom, _TEXTS) and name in ("isEmpty", "count"):
        text = atom.value if isinstance(atom, Const) else None
        if isinstance(text, str):
            return constant(not text if name == "isEmpty" else len(text))
        return unknown("a test of text")
    if isinstance(atom, _TEXTS) and (name in SAME or name in ("path", "host", "lowercased", "first")):
        return value_of(atom)
    if isinstance(atom, MintBody | PlatformData | Unknown) and name in ("data", "result", "wrappedValue", "success"):
        return value_of(atom) if not isinstance(atom, Unknown) else None
    return None


def text_method(interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what a method of a text, an address or data gives."""
    given = args.positional
    if name in SAME:
        return value_of(atom)
    if name in ("lowercased", "uppercased") and isinstance(atom, Const) and isinstance(atom.value, str):
        text = atom.value.lower() if name == "lowercased" else atom.value.upper()
        return value_of(Const(text, atom.place, atom.stamp, atom.encoding, atom.function))
    if name in ("lowercased", "uppercased", "capitalized"):
        return value_of(atom)
    if name == "replacingOccurrences" and isinstance(atom, Const) and isinstance(atom.value, str):
        old, new = args.get(0, "of"), args.get(1, "with")
        before, after = old.const() if old is not None else None, new.const() if new is not None else None
        if isinstance(before, str) and isinstance(after, str) and before:
            return value_of(
                Const(atom.value.replace(before, after), atom.place, atom.stamp, atom.encoding, atom.function)
            )
        return derived(name, value_of(atom), *args.every())
    if name == "appending" and given:
        return operators.concat(interp, [value_of(atom), given[0]], place)
    if name in ("hasPrefix", "hasSuffix", "contains", "elementsEqual"):
        return unknown("a test of text")
    return None


def collection(interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what a method of an array, a set or a dictionary gives, where its name is Swift's own."""
    given = args.positional
    if name == "joined":
        separator = args.get(0, "separator")
        text = separator.const() if separator is not None else ""
        return library.join_items(interp, value_of(obj), text if isinstance(text, str) else "")
    if name == "append" and obj.kind == "list":
        from cybrid_audit.engine import primitives

        for value in [*given, *args.keywords.values()]:
            primitives.collection_method(interp, obj, "push", Arguments(positional=[value]), place)
        return V_NONE
    if name in ("merge", "merging") and given:
        target = obj
        if name == "merging":
            target = interp.new("object", place=place)
            attributes.spread_into(interp, target, value_of(obj))
        attributes.spread_into(interp, target, given[0])
        return value_of(target)
    if name in ("updateValue", "add", "update", "setValue") and args.keywords and obj.kind != "list":
        put_named(interp, obj, args, place)
        return V_NONE
    if name in ("add", "update") and given and obj.kind != "list":
        library.put_pairs(interp, obj, given[0], place)
        return V_NONE
    if name in ("compactMap", "flatMap", "compactMapValues", "mapValues", "sorted", "reversed", "shuffled", "filter"):
        if obj.kind == "list" and name in ("compactMap", "flatMap"):
            from cybrid_audit.engine import primitives

            return primitives.collection_method(interp, obj, "map", args, place)
        if name == "mapValues" and given:
            made = interp.new("object", place=place)
            for key, value in obj.fields.items():
                made.fields[key] = calls.call(interp, given[0], Arguments(positional=[value]), place, awaited=True)
            return value_of(made)
        return value_of(obj) if name != "filter" else None
    if name == "map" and obj.kind != "list" and given:
        from cybrid_audit.engine import primitives

        listed = primitives.listing(interp, obj, "items")
        made_list: list[Value] = []
        for row in operators.known_items(interp, listed) or [operators.element_of(interp, listed)]:
            pair = operators.known_items(interp, row) or [unknown("a key"), unknown("a value")]
            fits = max((len(fn.function.params) for fn in given[0].only(Fn)), default=1)
            passed = list(pair) if fits > 1 else [row]
            made_list.append(calls.call(interp, given[0], Arguments(positional=passed), place, awaited=True))
        return library.list_of(interp, made_list, place)
    if name in SAME and not given:
        return value_of(obj)
    return None


def collection_field(interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
    """Return what a field of an array or a tuple gives."""
    items = obj.items
    if name in ("first", "last") and items:
        return items[0] if name == "first" else items[-1]
    if name in ("first", "last"):
        return operators.element_of(interp, value_of(obj))
    if name in ("key", "value") and items is not None and len(items) == 2:
        return items[0] if name == "key" else items[1]
    if name == "data" and items:
        # `(data: Data, response: URLResponse)`.
        return items[0]
    if name == "response" and items is not None and len(items) == 2:
        return items[1]
    if name == "count":
        return constant(len(items)) if items is not None else unknown("a number")
    if name == "isEmpty":
        return constant(not items) if items is not None else unknown("a test of a list")
    return value_of(obj) if name in SAME else None


def put_named(interp: Interpreter, target: Obj, args: Arguments, place: Place) -> None:
    """`headers.add(name: "A", value: "b")`, `dictionary.updateValue("b", forKey: "A")`, `request.setValue("b", forHTTPHeaderField: "A")`."""
    key = args.keywords.get("name") or args.keywords.get("forKey") or args.keywords.get("forHTTPHeaderField")
    value = args.keywords.get("value") or args.get(0)
    if key is not None and value is not None:
        library.put(interp, target, key, value, place)


def functions_of(value: Value) -> Value:
    """Return the functions among the alternatives."""
    return Value(tuple(pair for pair in value.alts if isinstance(pair[0], Fn | NativeFn)))


def extended_path(interp: Interpreter, base: Value, part: Value, place: Place) -> Value:
    """Return an address with one more part of its path."""
    head = next((text for text in base.strings()), "")
    tail = next((text for text in part.strings()), "")
    if head.endswith("/") and tail.startswith("/"):
        part = part.map(
            lambda atom: (
                Const(atom.value.lstrip("/"), atom.place, atom.stamp, atom.encoding, atom.function)
                if isinstance(atom, Const) and isinstance(atom.value, str)
                else atom
            )
        )
    if tail.startswith("/"):
        return operators.concat(interp, [base, part], place)
    return join_url(interp, base, part, place)


def with_query(interp: Interpreter, base: Value, items: Value, place: Place) -> Value:
    """Return an address with a query."""
    parts = [base]
    mark = "?"
    for item in operators.known_items(interp, items) or []:
        pair = operators.known_items(interp, item)
        if pair is not None and len(pair) == 2:
            parts += [constant(mark), pair[0], constant("="), pair[1]]
            mark = "&"
    return operators.concat(interp, parts, place) if len(parts) > 1 else base


# ---------------------------------------------------------------- answers


def decoded(interp: Interpreter, held: Value, args: Arguments, snake: bool) -> Value:
    """Return data as an instance of the type that is asked for."""
    kinds = [value for value in args.every() if value.only(ClassInfo)]
    body = join_all(atom.body if isinstance(atom, Response) else value_of(atom) for atom in held.atoms())
    body = library.parsed(interp, body if body.alts else held, interp.no_place(interp.frame.module.path))
    return library.decode(interp, body, kinds[0], snake=snake) if kinds else body


def answered(interp: Interpreter, atom: Atom, args: Arguments, place: Place, *, chains: bool) -> Value:
    """Return an answer as it is decoded; closures among the arguments see it."""
    held = decoded(interp, value_of(atom), args, True)
    if isinstance(atom, Response):
        held = value_of(Response(held, atom.place))
    functions = [functions_of(value) for value in args.every()]
    for each in functions:
        if each.alts:
            sinks.maybe_run(interp, each, Arguments(positional=[held]), place)
    return value_of(atom) if chains and any(each.alts for each in functions) else held


# ---------------------------------------------------------------- JSON


def coder(call: LibraryCall) -> Value | None:
    """`JSONEncoder()`, `JSONDecoder()`."""
    return native_object(call.interp, "coder", Coder(), call.place, "coder")


class Coder(Native):
    """An encoder or decoder: what it is told about keys counts."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        snake = any(
            isinstance(atom, Lib) and "SnakeCase" in atom.path
            for field in ("keyDecodingStrategy", "keyEncodingStrategy")
            for atom in obj.fields.get(field, NOTHING).atoms()
        )
        if name == "encode" and args.positional:
            return library.wired(interp, args.positional[0], snake=snake)
        if name == "decode":
            held = args.keywords.get("from") or (args.positional[-1] if args.positional else None)
            return decoded(interp, held, args, snake) if held is not None else None
        return None


def json_object(call: LibraryCall) -> Value | None:
    """`JSONSerialization.jsonObject(with: data)`."""
    held = call.args.get(0, "with")
    if held is None:
        return None
    body = join_all(atom.body if isinstance(atom, Response) else value_of(atom) for atom in held.atoms())
    return library.parsed(call.interp, body, call.place)


# ---------------------------------------------------------------- texts and data


def same(call: LibraryCall) -> Value | None:
    """A conversion that keeps its argument: the first one, under whatever label."""
    for name in ("string", "data", "decoding", "utf8String", "withJSONObject", "url", "dictionary"):
        if name in call.args.keywords:
            return call.args.keywords[name]
    held = call.args.get(0)
    if held is not None:
        return held
    return next(iter(call.args.keywords.values()), None)


def data(call: LibraryCall) -> Value | None:
    """`Data(text.utf8)`, `Data(base64Encoded: text)`."""
    encoded = call.args.keywords.get("base64Encoded")
    if encoded is not None:
        from cybrid_audit.models.javascript.builtins import decode_constant

        return encoded.map(lambda atom: decode_constant(atom, "base64"))
    if "contentsOf" in call.args.keywords:
        return contents(call, call.args.keywords["contentsOf"])
    held = call.args.get(0)
    return held if held is not None else V_NONE


def text(call: LibraryCall) -> Value | None:
    """`String(format: "%@:%@", a, b)`, `String(data: d, encoding: .utf8)`, `String(x)`, `String(bytes: [0x61], encoding: .utf8)`."""
    template = call.args.keywords.get("format")
    if template is not None:
        filled = template.map(
            lambda atom: (
                Const(atom.value.replace("%@", "%s"), atom.place, atom.stamp, atom.encoding, atom.function)
                if isinstance(atom, Const) and isinstance(atom.value, str)
                else atom
            )
        )
        return library.fill(call.interp, filled, call.args.positional, call.place)
    held = same(call)
    for name in ("bytes", "decoding"):
        spelled = of_bytes(call.args.keywords[name]) if name in call.args.keywords else None
        if spelled is not None:
            return spelled
    if held is not None and "bytes" in call.args.keywords:
        held = call.args.keywords["bytes"]
    if held is None:
        return constant("")
    return join_all(atom.body if isinstance(atom, Response) else Value(((atom, proofs),)) for atom, proofs in held.alts)


def of_bytes(value: Value) -> Value | None:
    """Return the text that a list of numbers spells, or None."""
    for obj in value.only(Obj):
        codes = [item.const() for item in obj.items or ()]
        if codes and all(isinstance(code, int) and 0 < code < 256 for code in codes):
            spelled = bytes(code for code in codes if isinstance(code, int)).decode("utf-8", "replace")
            return value_of(Const(spelled, obj.place))
    return None


def address(call: LibraryCall) -> Value | None:
    """`URL(string: text)`, `URL(string: path, relativeTo: base)`."""
    base = call.args.keywords.get("relativeTo")
    held = same(call)
    if held is None:
        return None
    return (
        held
        if base is None or (base.const() is None and not base.only(Str))
        else join_url(call.interp, base, held, call.place)
    )


def pair(call: LibraryCall) -> Value | None:
    """`URLQueryItem(name: "a", value: "b")`, `HTTPHeader(name: "a", value: "b")`."""
    name, value = call.args.get(0, "name"), call.args.get(1, "value")
    if name is None:
        return None
    return library.list_of(call.interp, [name, value if value is not None else V_NONE], call.place)


def made(call: LibraryCall) -> Value | None:
    """`.init(name: "a", value: "b")`: a pair, `.init(token: t)`: the token, whatever the type; None for what other arguments make."""
    if {"token"} == set(call.args.keywords):
        return call.args.keywords["token"]
    return pair(call) if {"name", "value"} == set(call.args.keywords) else None


def header(call: LibraryCall) -> Value | None:
    """`.authorization(bearerToken: t)`, `.authorization(username: a, password: b)`, `.contentType("…")`."""
    interp, place = call.interp, call.place
    name = call.path.rpartition(".")[2]
    if name != "authorization":
        words = {"contentType": "Content-Type", "accept": "Accept", "userAgent": "User-Agent"}
        held = call.args.get(0)
        return library.list_of(interp, [constant(words.get(name, name)), held or V_NONE], place)
    token = call.args.keywords.get("bearerToken")
    user, password = call.args.keywords.get("username"), call.args.keywords.get("password")
    if token is not None:
        value = library.bearer(interp, token, place)
    elif user is not None and password is not None:
        value = operators.concat(interp, [constant("Basic "), user, constant(":"), password], place)
    else:
        value = call.args.get(0) or V_NONE
    return library.list_of(interp, [constant("Authorization"), value], place)


def record(call: LibraryCall) -> Value | None:
    """`HTTPHeaders([...])`, `NSMutableDictionary()`, `[String: Any](...)`."""
    made = library.record(call.interp, call.place)
    for target in made.only(Obj):
        for value in call.args.every():
            library.put_pairs(call.interp, target, value, call.place)
    return made


# ---------------------------------------------------------------- closures


def continuation(call: LibraryCall) -> Value | None:
    """`withCheckedThrowingContinuation { c in … c.resume(returning: x) }`: what it is resumed with."""
    block = library.block_of(call.args)
    if block is None:
        return None
    held = Continuation()
    made = native_object(call.interp, "continuation", held, call.place, "continuation")
    calls.call(call.interp, block, Arguments(positional=[made]), call.place, awaited=True)
    return held.result if held.result.alts else unknown("what a continuation is resumed with")


class Continuation(Native):
    """What is to be resumed; also the `promise` of a `Future`, which is called."""

    __slots__ = ("result",)

    def __init__(self) -> None:
        self.result = NOTHING

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "resume":
            for label, value in args.keywords.items():
                if label in ("returning", "with"):
                    self.result = self.result.join(value)
        return V_NONE

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        for value in args.positional[:1]:
            self.result = self.result.join(value)
        return V_NONE


def succeeded(call: LibraryCall) -> Value | None:
    """`.success(x)`, `.some(x)`, `Just(x)`: x."""
    held = call.args.get(0)
    return held if held is not None else V_NONE


def failed(call: LibraryCall) -> Value | None:
    """`.failure(error)`: an error, and nothing that the other side is after."""
    return unknown("an error")


def task(call: LibraryCall) -> Value | None:
    """`Task { … }`, `DispatchQueue.main.async { … }`: runs, now or later."""
    block = library.block_of(call.args)
    if block is None:
        return None
    return calls.call(call.interp, block, Arguments(positional=[]), call.place, awaited=True)


# ---------------------------------------------------------------- what an app is configured with and keeps


def info(call: LibraryCall) -> Value | None:
    """`Bundle.main.object(forInfoDictionaryKey: "key")`."""
    key = call.args.get(0, "forInfoDictionaryKey")
    return of_keys(call.interp, key, call.place) if key is not None else None


def info_dictionary(call: LibraryCall) -> Value | None:
    """`Bundle.main.infoDictionary`."""
    return native_object(call.interp, "environment", InfoDictionary(), call.place, "Info.plist")


def contents(call: LibraryCall, place_of: Value) -> Value:
    """Return what a file holds: of one in the app's bundle, variables that go out with it."""
    is_bundled = any("Bundle" in atom.path for atom in place_of.only(Lib))
    if is_bundled:
        return native_object(call.interp, "environment", InfoDictionary(), call.place, "a file of the app")
    return unknown("what an address holds", *place_of.atoms())


def dictionary(call: LibraryCall) -> Value | None:
    """`NSDictionary(contentsOfFile: path)`, `NSDictionary(dictionary: d)`."""
    for name in ("contentsOfFile", "contentsOf"):
        if name in call.args.keywords:
            return contents(call, call.args.keywords[name])
    return same(call)


class InfoDictionary(Native):
    """The values of `Info.plist`, or of another file that the app carries."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        key = args.keywords.get("forKey") or args.keywords.get("forInfoDictionaryKey")
        if name in ("object", "value", "string") and key is not None:
            return of_keys(interp, key, place)
        return None

    def keyed(self, interp: Interpreter, obj: Obj, key: Value, place: Place) -> Value | None:
        return of_keys(interp, key, place)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return of_key(interp, name, place)


def of_keys(interp: Interpreter, keys: Value, place: Place) -> Value:
    """Return the values of the app's property list under some keys. What reads one is the code that names it."""
    return join_all(
        of_key(interp, key_text(atom), atom.place if isinstance(atom, Const) and atom.place is not None else place)
        for atom in keys.atoms()
    )


def of_key(interp: Interpreter, name: str, place: Place) -> Value:
    """Return a value of the app's property list: what the tree says it is, unless it is a credential."""
    from cybrid_audit.models.swift.build import value_named

    known = value_named(interp, name)
    return known if known is not None else value_of(Env(name, place, "Info.plist"))


def store(call: LibraryCall) -> Value | None:
    """`UserDefaults.standard`, `Keychain(service: "…")`: what is kept on the device of one person."""
    return native_object(call.interp, "preferences", Store(), call.place, "preferences")


def stored_property(call: LibraryCall) -> Value | None:
    """`@AppStorage("key") var x = ""`: what is kept, or the value it starts with."""
    key = call.args.get(0)
    held = (
        join_all(value_of(Stored("preferences", key_text(atom), call.place)) for atom in key.atoms()) if key else None
    )
    first = call.args.keywords.get("wrappedValue")
    if held is None:
        return first
    return held.join(first) if first is not None and first.const() not in (None, "") else held


class Store(Native):
    """User defaults, or a keychain."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        kept: dict[str, Value] = interp.models.memory("preferences", dict)
        key = args.keywords.get("forKey") or args.keywords.get("key") or args.keywords.get("for")
        given = args.positional
        if name in ("set", "setValue", "setObject", "save", "add", "store") and given:
            key = key if key is not None else given[1] if len(given) > 1 else None
            for atom in key.atoms() if key is not None else ():
                before = kept.get(key_text(atom))
                joined = given[0] if before is None else before.join(given[0])
                if joined is not before:
                    kept[key_text(atom)] = joined
                    interp.store_version += 1
            return unknown("nothing")
        if name in ("removeObject", "synchronize", "register", "delete", "remove", "removeAll", "clear"):
            return unknown("nothing")
        key = key if key is not None else given[0] if given else None
        return self.read(interp, key, place) if key is not None else None

    def read(self, interp: Interpreter, key: Value, place: Place) -> Value:
        """Return what is kept under a key."""
        kept: dict[str, Value] = interp.models.memory("preferences", dict)
        return join_all(
            kept.get(key_text(atom), value_of(Stored("preferences", key_text(atom), place))) for atom in key.atoms()
        )

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return self.read(interp, value_of(key), place)


# ---------------------------------------------------------------- logs


def log(call: LibraryCall) -> Value | None:
    """A call that writes to a log. `os_log("%{private}@", x)` keeps x out of it."""
    values = list(call.args.every())
    for value in values:
        for text_value in value.strings():
            if "%{private" in text_value or "%{sensitive" in text_value:
                return unknown("nothing")
    for value in values:
        is_block = any(isinstance(atom, Fn) for atom in value.atoms())
        held = calls.call(call.interp, value, Arguments(positional=[]), call.place, awaited=True) if is_block else value
        sinks.note_logged(call.interp, held, call.place, call.path)
    return unknown("nothing")


def ui_kit(call: LibraryCall) -> Value | None:
    """The platform's UI kit is set up with a token: a customer's is rightly there, any other is exposed."""
    for value in call.args.every():
        sinks.hand_over(call.interp, value, call.place, "client-use")
    library.maybe_block(call)
    return unknown("nothing")
