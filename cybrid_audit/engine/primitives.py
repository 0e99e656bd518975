"""Methods of strings, lists, dicts, maps, sets and promises, in both spellings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NO_PROOFS,
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Const,
    Env,
    Obj,
    Place,
    Promise,
    Secret,
    Str,
    Token,
    Value,
    constant,
    derived,
    join_all,
    key_text,
    parts_of,
    text_of,
    truth,
    unknown,
    value_of,
)
from cybrid_audit.limits import MAX_UNROLL

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter, Raised
    from cybrid_audit.engine.state import State

_SAME_TEXT = frozenset(
    {
        "strip",
        "trim",
        "trimEnd",
        "trimStart",
        "lstrip",
        "rstrip",
        "toString",
        "valueOf",
        "normalize",
        "encode",
        "decode",
        "toWellFormed",
    }
)
_CASED = {
    "lower": str.lower,
    "upper": str.upper,
    "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "casefold": str.lower,
    "title": str.title,
    "capitalize": str.capitalize,
}


def text_method(interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place) -> Value | None:
    """Return a string method's result, or None when the receiver is no string or the method is not known."""
    if name in ("slice", "substring", "substr") and not isinstance(atom, Obj):
        lower = args.positional[0].const() if args.positional else 0
        upper = args.positional[1].const() if len(args.positional) > 1 else None
        return operators.cut(interp, value_of(atom), lower, upper, place)
    if not isinstance(atom, Const | Str):
        if name in _SAME_TEXT:
            return value_of(atom)
        if name == "join" and args.positional:
            return derived("joined text", value_of(atom), *args.positional)
        return None
    text = text_of(atom)
    const = isinstance(atom, Const)
    if name in _SAME_TEXT:
        if const and isinstance(text, str) and name in ("strip", "trim") and not args.positional:
            return _same(atom, text.strip())
        if (
            const
            and name == "rstrip"
            and args.positional
            and isinstance(args.positional[0].const(), str)
            and text is not None
        ):
            return _same(atom, text.rstrip(str(args.positional[0].const())))
        if (
            const
            and name == "lstrip"
            and args.positional
            and isinstance(args.positional[0].const(), str)
            and text is not None
        ):
            return _same(atom, text.lstrip(str(args.positional[0].const())))
        return value_of(atom)
    if name in _CASED:
        if const and text is not None:
            return _same(atom, _CASED[name](text))
        return value_of(
            Str(
                tuple(
                    Const(_CASED[name](part.value), part.place, part.stamp)
                    if isinstance(part, Const) and isinstance(part.value, str)
                    else part
                    for part in parts_of(atom)
                )
            )
        )
    if name == "join" and const and args.positional and text is not None:
        return join_all(_joined(interp, Value((pair,)), text).with_proofs(pair[1]) for pair in args.positional[0].alts)
    if name == "concat":
        return operators.concat(interp, [value_of(atom), *args.positional], place)
    if name in ("format", "format_map") and isinstance(atom, Const):
        named, rest = dict(args.keywords), args.kwrest
        for holder in args.positional[:1] if name == "format_map" else ():
            gathered = interp.new("object", place=place)
            attributes.spread_into(interp, gathered, holder)
            named |= gathered.fields
            rest = gathered.rest
        return operators.fill(interp, atom, "{", args.positional, named, place, rest)
    if name in ("replace", "replaceAll") and len(args.positional) >= 2:
        return _replace(interp, atom, args, place)
    if name == "split":
        return _split(interp, atom, args, place)
    if name in ("startswith", "startsWith", "endswith", "endsWith", "includes") and args.positional:
        needle = args.positional[0].const()
        if const and isinstance(needle, str) and text is not None:
            if name == "includes":
                return constant(needle in text)
            return constant(text.startswith(needle) if name.startswith("start") else text.endswith(needle))
        if isinstance(needle, str) and name.startswith("start") and text is not None:
            head = text.split("{?}", 1)[0]
            if head.startswith(needle):
                return constant(True)
            if not needle.startswith(head):
                return constant(False)
        return unknown("a test of text")
    if name in ("removeprefix", "removesuffix") and text is not None and args.positional:
        affix = args.positional[0].const()
        if isinstance(affix, str) and const:
            return _same(atom, getattr(text, name)(affix))
        if isinstance(affix, str) and name == "removeprefix":
            return (
                operators.cut(interp, value_of(atom), len(affix), None, place)
                if text.startswith(affix)
                else value_of(atom)
            )
    if name in ("partition", "rpartition") and args.positional and isinstance(args.positional[0].const(), str):
        return _partition(interp, atom, str(args.positional[0].const()), name, place)
    if name == "splitlines" and const and text is not None:
        return _split(interp, atom, Arguments(positional=[constant("\n")]), place)
    if (
        name == "rsplit"
        and args.positional
        and args.positional[0].strings()
        and isinstance(atom, Const)
        and text is not None
    ):
        limit = args.positional[1].const() if len(args.positional) > 1 else -1
        made = interp.new("list", place=atom.place)
        made.items = [
            _same(atom, chunk)
            for chunk in text.rsplit(str(args.positional[0].const()), limit if isinstance(limit, int) else -1)
        ]
        return value_of(made)
    if name in ("padStart", "padEnd", "zfill", "ljust", "rjust", "repeat"):
        return derived("padded text", value_of(atom))
    if name in ("indexOf", "find", "index", "count", "search", "localeCompare", "charCodeAt", "isdigit", "isalpha"):
        return unknown("a number")
    return None


def _joined(interp: Interpreter, source: Value, separator: str) -> Value:
    """Return `separator.join(source)`. Of a list of unknown length a set of words keeps each word that may be in it."""
    items = operators.known_items(interp, source)
    if items is not None:
        return operators.concat_join(interp, items, separator)
    element = operators.element_of(interp, source)
    words = [value_of(atom) for atom in element.atoms() if isinstance(atom, Const) and isinstance(atom.value, str)]
    if separator.strip(" ,+") == "" and words and len(words) == len(element.alts):
        return operators.concat_join(interp, words, separator)
    return derived("joined text", element)


def _same(atom: Atom, text: str) -> Value:
    assert isinstance(atom, Const)
    return value_of(Const(text, atom.place, atom.stamp, atom.encoding, atom.function))


def _partition(interp: Interpreter, atom: Atom, mark: str, name: str, place: Place) -> Value:
    """Return `text.partition(mark)`: the parts before and after a mark that stands in constant text."""
    made = interp.new("list", place=place)
    made.label = "tuple"
    parts = list(parts_of(atom))
    indexes = [
        index
        for index, part in enumerate(parts)
        if isinstance(part, Const) and isinstance(part.value, str) and mark in part.value
    ]
    if not indexes or not mark:
        whole = derived("a part of text", value_of(atom)) if not isinstance(atom, Const) else value_of(atom)
        made.items = [whole, constant(""), constant("")] if isinstance(atom, Const) else [whole, whole, whole]
        return value_of(made)
    index = indexes[0] if name == "partition" else indexes[-1]
    hit = parts[index]
    assert isinstance(hit, Const)
    head, _, tail = getattr(str(hit.value), name)(mark)

    def text_of_parts(*pieces: Atom) -> Value:
        return value_of(
            operators.make_str([piece for piece in pieces if not (isinstance(piece, Const) and piece.value == "")])
        )

    def piece(text: str) -> Const:
        return Const(text, hit.place, hit.stamp, hit.encoding, hit.function)

    made.items = [
        text_of_parts(*parts[:index], piece(head)),
        value_of(piece(mark)),
        text_of_parts(piece(tail), *parts[index + 1 :]),
    ]
    return value_of(made)


def _replace(interp: Interpreter, atom: Atom, args: Arguments, place: Place) -> Value:
    needle, new = args.positional[0].const(), args.positional[1]
    if not isinstance(needle, str) or needle == "":
        return derived("replaced text", value_of(atom), new) if not isinstance(atom, Const) else value_of(atom)
    pieces: list[Value] = []
    for part in parts_of(atom):
        if isinstance(part, Const) and isinstance(part.value, str) and needle in part.value:
            chunks = part.value.split(needle)
            for index, chunk in enumerate(chunks):
                if index:
                    pieces.append(new if not isinstance(new.const(), str) else constant(new.const()))
                if chunk:
                    pieces.append(value_of(Const(chunk, part.place, part.stamp, part.encoding, part.function)))
        else:
            pieces.append(value_of(part))
    return operators.concat(interp, pieces, place) if pieces else constant("")


def _split(interp: Interpreter, atom: Atom, args: Arguments, place: Place) -> Value:
    text = text_of(atom)
    separator = args.positional[0].const() if args.positional else None
    obj = interp.new("list", place=atom.place if isinstance(atom, Const) and atom.place else place)
    if (
        isinstance(atom, Const)
        and text is not None
        and (separator is None or (isinstance(separator, str) and separator))
    ):
        chunks = text.split() if separator is None else text.split(str(separator), _limit(interp, args))
        if len(chunks) <= 4 * MAX_UNROLL:
            obj.items = [value_of(Const(chunk, atom.place, atom.stamp, "", atom.function)) for chunk in chunks]
            obj.function = atom.function
            return value_of(obj)
    if isinstance(atom, Str) and isinstance(separator, str) and separator and _limit(interp, args) == 1:
        first = atom.parts[0]
        if isinstance(first, Const) and isinstance(first.value, str) and separator in first.value:
            halves = operators.known_items(interp, _partition(interp, atom, separator, "partition", place)) or []
            obj.items = [halves[0], halves[2]]
            return value_of(obj)
    if isinstance(atom, Str) and (separator is None or (isinstance(separator, str) and separator)):
        pieces = _split_parts(atom, separator if isinstance(separator, str) else " ")
        if pieces is not None:
            obj.items = pieces
            return value_of(obj)
    obj.rest = derived("a part of text", value_of(atom))
    return value_of(obj)


def _limit(interp: Interpreter, args: Arguments) -> int:
    """Return how often Python's `split` cuts at most; JavaScript's limit counts pieces and drops the rest, so it is left aside."""
    given = args.get(1, "maxsplit") if interp.language == "python" else None
    held = given.const() if given is not None else None
    return held if isinstance(held, int) else -1


def _split_parts(atom: Str, separator: str) -> list[Value] | None:
    """Return the pieces of a text with holes between separators in its constant parts, or None where a hole may hold one.

    A token or a credential holds none of the usual separators; anything else might."""
    if any(not isinstance(part, Const | Token | Env | Secret) for part in atom.parts) or separator not in (
        " ",
        ",",
        ":",
        ";",
        "|",
    ):
        return None
    pieces: list[list[Atom]] = [[]]
    for part in atom.parts:
        if not isinstance(part, Const) or not isinstance(part.value, str):
            pieces[-1].append(part)
            continue
        for index, chunk in enumerate(part.value.split(separator)):
            if index:
                pieces.append([])
            if chunk:
                pieces[-1].append(Const(chunk, part.place, part.stamp, "", part.function))
    return [value_of(piece[0] if len(piece) == 1 else operators.make_str(piece)) for piece in pieces if piece]


# ---------------------------------------------------------------- lists, dicts, maps, sets


def collection_method(interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
    """Return a collection method's result, or None when it is not known."""
    held = (
        _list_method(interp, obj, name, args, place)
        if obj.kind in ("list", "generator")
        else _map_method(interp, obj, name, args, place)
    )
    if held is None and name in ("encode", "decode") and obj.native is None:
        # Text made of an object (`json.dumps(order).encode()`) is still the object.
        return value_of(obj)
    return held


def _callback(interp: Interpreter, fn: Value, values: list[Value], place: Place) -> Value:
    return calls.call(interp, fn, Arguments(positional=values), place)


def _fresh_list(interp: Interpreter, like: Obj, items: list[Value] | None, rest: Value | None = None) -> Value:
    made = interp.new("list", place=like.place)
    made.function = like.function
    made.items = items
    made.rest = rest
    return value_of(made)


def _list_method(interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
    first = args.positional[0] if args.positional else None
    items = obj.items

    def element() -> Value:
        return operators.element_of(interp, value_of(obj))

    match name:
        case "push" | "append" | "add" | "unshift" | "appendleft" | "insert":
            added = args.positional[1:] if name == "insert" else args.positional
            here = interp.state.branch if interp.state else ()
            at = first.const() if name == "insert" and first is not None else None
            alone = (obj.born[: len(here)] == here and not obj.shared) or bool(obj.shared and interp.shared_births)
            if items is not None and alone and isinstance(at, int):
                obj.items = [*items[:at], *added, *items[at:]]
            elif items is not None and obj.born[: len(here)] == here and name != "insert" and not obj.shared:
                obj.items = [*added, *items] if name in ("unshift", "appendleft") else [*items, *added]
            elif items is not None and obj.shared and interp.shared_births:
                obj.items = [*items, *added]
            else:
                obj.rest = join_all([*(items or []), obj.rest or NOTHING, *added])
                obj.items = None
                if obj.shared:
                    interp.store_version += 1
            return V_NONE
        case "remove" | "discard" if interp.language == "python":
            gone = first.const() if first is not None else None
            if items is not None and gone is not None and (not obj.shared or interp.shared_births):
                obj.items = [item for item in items if item.const() != gone]
            return V_NONE
        case "extend" | "concat":
            extra: list[Value] | None = []
            for value in args.positional:
                known = operators.known_items(interp, value)
                is_list = any(isinstance(atom, Obj) and atom.kind == "list" for atom in value.atoms())
                if known is None and is_list:
                    extra = None
                    break
                assert extra is not None
                extra.extend(known if known is not None and is_list else [value])
            if items is not None and extra is not None:
                joined, rest = [*items, *extra], None
            else:
                joined, rest = (
                    None,
                    join_all([element(), *(operators.element_of(interp, value) for value in args.positional)]),
                )
            if name == "extend":
                obj.items, obj.rest = joined, rest
                return V_NONE
            return _fresh_list(interp, obj, joined, rest)
        case "map" | "flatMap":
            if first is None:
                return None
            if items is not None and len(items) <= MAX_UNROLL:
                made = [_callback(interp, first, [item, constant(index)], place) for index, item in enumerate(items)]
                if name == "flatMap":
                    flat: list[Value] = []
                    for value in made:
                        flat.extend(operators.known_items(interp, value) or [operators.element_of(interp, value)])
                    made = flat
                return _fresh_list(interp, obj, made)
            held = _callback(interp, first, [element(), unknown("an index")], place)
            return _fresh_list(interp, obj, None, operators.element_of(interp, held) if name == "flatMap" else held)
        case "forEach":
            if first is not None:
                for item in items if items is not None and len(items) <= MAX_UNROLL else [element()]:
                    _callback(interp, first, [item, unknown("an index")], place)
            return V_NONE
        case "filter":
            if first is None:
                return None
            if items is not None and len(items) <= MAX_UNROLL:
                kept: list[Value] = []
                for item in items:
                    verdict = [truth(atom) for atom in _callback(interp, first, [item], place).atoms()]
                    if verdict != [False]:
                        kept.append(item)
                return _fresh_list(interp, obj, kept)
            _callback(interp, first, [element()], place)
            return _fresh_list(interp, obj, None, element())
        case "find" | "at" | "pop" | "shift" | "popleft" | "findLast":
            if name in ("find", "findLast") and first is not None:
                _callback(interp, first, [element()], place)
                return element().join(V_NONE)
            if name == "at" and first is not None:
                return attributes.get_item(interp, value_of(obj), first, place)
            if items:
                return items[-1] if name == "pop" and not args.positional else items[0]
            return element()
        case "some" | "every" | "includes" | "count" | "index" | "indexOf" | "findIndex":
            if name == "includes" and first is not None:
                return operators.compare(interp, "in", first, value_of(obj), place)
            if name in ("some", "every") and first is not None:
                return _quantified(interp, obj, name, first, place)
            return unknown("a test of a list")
        case "join":
            separator = first.const() if first is not None else ","
            if items is not None and isinstance(separator, str):
                return operators.concat_join(interp, items, separator)
            return derived("joined text", element())
        case "reduce" | "reduceRight":
            return _reduce(interp, obj, args, place)
        case "slice":
            lower = first.const() if first is not None else 0
            upper = args.positional[1].const() if len(args.positional) > 1 else None
            return operators.cut(interp, value_of(obj), lower, upper, place)
        case "sort" | "reverse" | "toSorted" | "copy" | "flat" | "fill" | "splice" | "values" | "toReversed" | "keys":
            if name == "flat" and items is not None:
                flat_items: list[Value] = []
                for item in items:
                    inner = operators.known_items(interp, item)
                    flat_items.extend(inner if inner is not None else [item])
                return _fresh_list(interp, obj, flat_items)
            return value_of(obj)
        case "has":
            return unknown("a test of a set")
        case "union" | "difference" | "intersection" | "update":
            sign = {"union": "|", "update": "|", "difference": "-", "intersection": "&"}[name]
            merged = operators.binary(interp, sign, value_of(obj), first or NOTHING, place)
            if name == "update":
                known = operators.known_items(interp, merged)
                obj.items, obj.rest = known, None if known is not None else operators.element_of(interp, merged)
            return merged
        case "entries":
            return _fresh_list(interp, obj, None, unknown("an entry"))
        case "pipe" | "toPromise" | "toArray":
            return value_of(obj)
        case _:
            return None


def _quantified(interp: Interpreter, obj: Obj, name: str, test: Value, place: Place) -> Value:
    items = (
        obj.items
        if obj.items is not None and len(obj.items) <= MAX_UNROLL
        else [operators.element_of(interp, value_of(obj))]
    )
    results = [_callback(interp, test, [item], place) for item in items]
    if name == "every" and len(results) == 1:
        return results[0]
    return derived("a test of a list", *results) if len(results) != 1 else results[0]


def _reduce(interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
    if not args.positional:
        return None
    fn = args.positional[0]
    items = obj.items
    if items is None or len(items) > MAX_UNROLL:
        held = args.positional[1] if len(args.positional) > 1 else NOTHING
        element = operators.element_of(interp, value_of(obj))
        return held.join(_callback(interp, fn, [held if held.alts else element, element], place))
    rest = list(items)
    held = args.positional[1] if len(args.positional) > 1 else (rest.pop(0) if rest else V_NONE)
    for item in rest:
        held = _callback(interp, fn, [held, item], place)
    return held


def _map_method(interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
    first = args.positional[0] if args.positional else None
    if obj.kind == "instance":
        return None
    match name:
        case "get" | "pop" | "setdefault" | "getItem":
            if first is None:
                return None
            found = attributes.get_item(interp, value_of(obj), first, place)
            missing = not obj.fields.get(key_text(next(first.atoms(), Const("")))) or len(first.alts) > 1
            if len(args.positional) > 1 or "default" in args.keywords:
                default = args.get(1, "default") or V_NONE
                if name == "setdefault":
                    attributes.set_item(interp, value_of(obj), first, default, place)
                present = Value(tuple((a, p) for a, p in found.alts if not (isinstance(a, Const) and a.value is None)))
                certain = not missing and not interp.lasts(obj)
                return found if certain else present.join(default)
            if missing and interp.language == "python":
                if not obj.fields and obj.rest is None and obj.native is None:
                    # What nobody puts there is not there; once somebody does, the next pass sees it.
                    return V_NONE
                found = (
                    Value(tuple((a, p) for a, p in found.alts if not _is_absent(a)))
                    if obj.fields or obj.rest
                    else found
                )
                return found.join(V_NONE)
            return found.join(V_NONE) if interp.lasts(obj) else found
        case "set" | "setItem" | "put" | "append" | "setHeader" | "__setitem__" | "add":
            if len(args.positional) < 2:
                return None if name != "add" else V_NONE
            attributes.set_item(interp, value_of(obj), args.positional[0], args.positional[1], place)
            return value_of(obj)
        case "update" | "assign" | "merge":
            if first is not None:
                holder = interp.new("object", place=place)
                attributes.spread_into(interp, holder, first)
                for key, value in {**holder.fields, **args.keywords}.items():
                    attributes.set_item(interp, value_of(obj), constant(key), value, place)
                if holder.rest is not None:
                    obj.rest = (obj.rest or NOTHING).join(holder.rest)
            for key, value in args.keywords.items():
                attributes.set_item(interp, value_of(obj), constant(key), value, place)
            return V_NONE
        case "copy" | "clone":
            made = interp.new(obj.kind, place=obj.place)
            attributes.spread_into(interp, made, value_of(obj))
            made.native = obj.native
            return value_of(made)
        case "keys" | "values" | "items" | "entries":
            return listing(interp, obj, name)
        case "has" | "hasOwnProperty" | "__contains__" | "hasOwn":
            return unknown("a test for a key")
        case "delete" | "clear" | "removeItem":
            return V_NONE
        case "forEach":
            if first is not None:
                for key, value in obj.fields.items():
                    _callback(interp, first, [value, constant(key)], place)
                if obj.rest is not None:
                    _callback(interp, first, [obj.rest, unknown("a key")], place)
            return V_NONE
        case "toString":
            return unknown("an object as text")
        case _:
            return None


def _is_absent(atom: Atom) -> bool:
    from cybrid_audit.engine.values import Unknown

    return isinstance(atom, Unknown) and atom.reason.startswith("no key")


def listing(interp: Interpreter, obj: Obj, what: str) -> Value:
    """Return the keys, values or pairs of an object as a list."""
    made = interp.new("list", place=obj.place)
    made.function = obj.function
    if obj.cls is not None and obj.kind == "class":
        made.label = "enum"
    rows: list[Value] = []
    for key, value in obj.fields.items():
        if what == "keys":
            rows.append(constant(key))
        elif what == "values":
            rows.append(value)
        else:
            pair = interp.new("list", place=obj.place)
            pair.label = "tuple"
            pair.items = [constant(key), value]
            rows.append(value_of(pair))
    if obj.rest is None:
        made.items = rows
    else:
        extra = obj.rest
        if what == "keys":
            extra = unknown("a key")
        elif what in ("items", "entries"):
            pair = interp.new("list", place=obj.place)
            pair.label = "tuple"
            pair.items = [unknown("a key"), obj.rest]
            extra = value_of(pair)
        made.rest = join_all([*rows, extra])
    return value_of(made)


# ---------------------------------------------------------------- promises


def promise_method(interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place) -> Value:
    """Return `promise.then(…)`, `.catch(…)`, `.finally(…)`. Anything may be a promise of itself."""
    inner, proofs = (atom.value, atom.proofs) if isinstance(atom, Promise) else (value_of(atom), NO_PROOFS)
    on_done = args.positional[0] if args.positional and name == "then" else None
    on_fail = (
        args.positional[0]
        if args.positional and name == "catch"
        else (args.positional[1] if len(args.positional) > 1 else None)
    )
    before = interp.state
    if before is None:
        return NOTHING
    if name == "finally":
        if args.positional:
            calls.call(interp, args.positional[0], Arguments(), place, awaited=True)
        return value_of(Promise(inner, proofs))
    result, passed = inner, proofs
    if on_done is not None:
        base = before.proven
        sink: list[Raised] = []
        interp.sinks.append(sink)
        interp.state = before.prove(proofs)
        result = interp.settle(calls.call(interp, on_done, Arguments(positional=[inner]), place, awaited=True))
        interp.sinks.pop()
        done: State | None = interp.state
        passed = (done.proven - base) if done is not None else proofs
        performed = done.any_performed if done is not None else NO_PROOFS
        for each in sink:
            performed |= each.state.any_performed
        interp.state = before.after(performed)
        if done is None:
            result = NOTHING
    if on_fail is not None and interp.state is not None:
        sink = []
        interp.sinks.append(sink)
        start = interp.state
        handled = interp.settle(
            calls.call(interp, on_fail, Arguments(positional=[unknown("an error")]), place, awaited=True)
        )
        interp.sinks.pop()
        swallows = interp.state is not None
        interp.state = start
        if swallows:
            passed = NO_PROOFS
            result = result.without_proofs().join(handled)
    return value_of(Promise(result, passed))
