"""Operators, comparisons, and the content of sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit import ir
from cybrid_audit.engine.values import (
    FALSE,
    NO_PROOFS,
    NONE,
    NOTHING,
    TRUE,
    V_NONE,
    Atom,
    Bool,
    Check,
    Claim,
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
    Proofs,
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
    parts_of,
    text_of,
    truth,
    unknown,
    value_of,
)
from cybrid_audit.limits import MAX_KNOWN_ITEMS, MAX_STRING_LENGTH, MAX_STRING_PARTS, MAX_STRING_PRODUCT, MAX_UNROLL

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

STRING_LIKE = (Const, Str, Env, Input, Token, Secret, Stored, PlatformData, Unknown)


def make_str(parts: list[Atom]) -> Atom:
    """Return the string with these parts; a single constant stays one."""
    flat: list[Atom] = []
    length = 0
    for part in parts:
        for piece in parts_of(part):
            if isinstance(piece, Const) and isinstance(piece.value, str):
                if piece.value == "" and len(parts) > 1:
                    continue
                length += len(piece.value)
            flat.append(piece)
        if len(flat) > MAX_STRING_PARTS or length > MAX_STRING_LENGTH:
            return next(derived("a string without end", *map(value_of, parts)).atoms())
    if not flat:
        return Const("")
    if len(flat) == 1 and isinstance(flat[0], Const):
        only = flat[0]
        if isinstance(only.value, str):
            return only
        return Const(text_of(only) or "", only.place, only.stamp)
    return Str(tuple(flat))


def concat(interp: Interpreter, values: list[Value], place: Place) -> Value:
    """Return the strings that the parts make, alternative by alternative."""
    rows: list[tuple[list[Atom], frozenset[object]]] = [([], frozenset())]
    for value in values:
        alternatives = _texts(interp, value) or [(Unknown("nothing"), NO_PROOFS)]
        if len(alternatives) == 1:
            ((atom, held),) = alternatives
            for parts, _ in rows:
                parts.append(atom)
            if held:
                rows = [(parts, proofs | held) for parts, proofs in rows]
            continue
        grown = []
        for parts, proofs in rows:
            for atom, held in alternatives:
                grown.append(([*parts, atom], proofs | held))
                if len(grown) > MAX_STRING_PRODUCT:
                    break
        rows = grown[:MAX_STRING_PRODUCT]
    result = NOTHING
    for parts, proofs in rows:
        whole = _only(parts)
        made = whole if whole is not None else make_str([_as_part(interp, part) for part in parts])
        result = result.join(Value(((made, proofs),)))  # type: ignore[arg-type]
    return result


def _only(parts: list[Atom]) -> Atom | None:
    """Return the answer of a request that is the only part of a text: pieces of it that are put together are the answer."""
    held: Atom | None = None
    for part in parts:
        if isinstance(part, Const) and part.value == "":
            continue
        if not isinstance(part, MintBody | PlatformData | Response) or (held is not None and held != part):
            return None
        held = part
    return held


def _texts(interp: Interpreter, value: Value) -> list[tuple[Atom, frozenset[Check]]]:
    """Return the alternatives of a value, an object that has a text by each text it may have."""
    if not any(isinstance(atom, Obj) and atom.native is not None for atom in value.atoms()):
        return list(value.alts)
    result: list[tuple[Atom, frozenset[Check]]] = []
    for atom, proofs in value.alts:
        held = interp.models.as_texts(interp, atom) if isinstance(atom, Obj) else None
        if held is None:
            result.append((atom, proofs))
        else:
            result.extend((text, proofs | more) for text, more in held.alts)
    return result


def _as_part(interp: Interpreter, atom: Atom) -> Atom:
    if isinstance(atom, Obj):
        rendered = interp.models.as_text(interp, atom)
        if rendered is not None:
            return rendered
        # Not of lists inside lists, among which the list itself may be.
        if (
            atom.kind == "list"
            and atom.items is not None
            and interp.language == "javascript"
            and not any(isinstance(each, Obj) and each.kind == "list" for item in atom.items for each in item.atoms())
        ):
            inner = concat_join(interp, list(atom.items), ",")
            return next(inner.atoms(), Unknown("a list"))
        if interp.language == "javascript" and atom.kind == "object" and atom.native is None:
            # Its JSON: nobody puts "[object Object]" into a text.
            return atom
        return next(derived("an object", value_of(atom)).atoms())
    if isinstance(atom, MintBody | Response):
        return next(derived("an object", value_of(atom)).atoms())
    return atom


def concat_join(interp: Interpreter, items: list[Value], separator: str) -> Value:
    """Return the items as one string with a separator between them."""
    parts: list[Value] = []
    for index, item in enumerate(items):
        if index:
            parts.append(value_of(Const(separator)))
        parts.append(item)
    place = Place("", 0, 0, 0, 0)
    return concat(interp, parts, place) if parts else constant("")


def binary(interp: Interpreter, op: str, left: Value, right: Value, place: Place) -> Value:
    """Return `left op right`."""
    told = _by_operand(interp, op, left, right, place)
    if told is not None:
        return told
    if op == "+":
        told = (
            interp.models.combine(interp, op, left, right, place)
            if any(isinstance(a, Claim | Stored) for a in left.atoms())
            else None
        )
        return told if told is not None else _plus(interp, left, right, place)
    if op == "%" and any(isinstance(text_of(atom), str) and not _is_number(atom) for atom in left.atoms()):
        return percent_format(interp, left, right, place)
    if op in ("&", "-", "|"):
        told = interp.models.combine(interp, op, left, right, place)
        if told is not None:
            return told
    if op in ("|", "-", "&", "^"):
        merged = _merge_objects(interp, op, left, right)
        if merged is not None:
            return merged
    if (
        op in ("&", "|")
        and interp.language == "python"
        and any(isinstance(atom, ClassInfo) for atom in (*left.atoms(), *right.atoms()))
    ):
        return interp.models.composed(interp, op, left, right, place)
    if op == "/":
        joined = interp.models.path_join(interp, left, right, place)
        if joined is not None:
            return joined
    a, b = left.const(), right.const()
    if isinstance(a, int | float) and isinstance(b, int | float):
        result = _number(op, a, b)
        if result is not None:
            return constant(result)
    if op == "*" and isinstance(a, str) and isinstance(b, int) and 0 <= b * len(a) <= 4096:
        return constant(a * b)
    return derived("arithmetic", left, right)


_DUNDER = {
    "+": "add",
    "/": "truediv",
    "|": "or",
    "%": "mod",
    "-": "sub",
    "&": "and",
    "*": "mul",
    "//": "floordiv",
    ">>": "rshift",
    "@": "matmul",
}


def _by_operand(interp: Interpreter, op: str, left: Value, right: Value, place: Place) -> Value | None:
    """Return `left op right` where objects say themselves what it means, None where none does."""
    if interp.language != "python" or not any(
        isinstance(atom, Obj) and (atom.cls is not None or atom.native is not None)
        for atom in (*left.atoms(), *right.atoms())
    ):
        return None
    from cybrid_audit.engine import calls
    from cybrid_audit.engine.values import Arguments

    result = NOTHING
    for operand, other, prefix in ((left, right, "__"), (right, left, "__r")):
        for atom in operand.only(Obj):
            held: Value | None = None
            name = f"{prefix}{_DUNDER.get(op, '')}__"
            if atom.cls is not None and op in _DUNDER and atom.cls.method(name) is not None:
                held = calls.call_method(
                    interp, value_of(atom), name, Arguments(positional=[other]), place, awaited=True
                )
            elif prefix == "__":
                held = interp.models.binary(interp, atom, op, other, place)
            if held is not None:
                result = result.join(held)
        if result.alts:
            return result
    return None


def _number(op: str, a: float, b: float) -> int | float | None:
    try:
        match op:
            case "-":
                return a - b
            case "*":
                return a * b if abs(a) < 1e12 and abs(b) < 1e12 else None
            case "/":
                return a / b
            case "//":
                return a // b
            case "%":
                return a % b
            case "**":
                return float(a) ** b if abs(a) < 1e6 and abs(b) < 10 else None
            case _:
                return None
    except (ArithmeticError, ValueError):
        return None


def _is_number(atom: Atom) -> bool:
    return isinstance(atom, Const) and isinstance(atom.value, int | float)


def _plus(interp: Interpreter, left: Value, right: Value, place: Place) -> Value:
    a, b = left.const(), right.const()
    if isinstance(a, int | float) and isinstance(b, int | float):
        return constant(a + b)
    lists = [atom for atom in (*left.atoms(), *right.atoms()) if isinstance(atom, Obj) and atom.kind == "list"]
    if lists and interp.language == "python":
        result = interp.new("list", place=place)
        first, second = known_items(interp, left), known_items(interp, right)
        result.place = lists[0].place
        result.function = lists[0].function
        if first is not None and second is not None:
            result.items = [*first, *second]
        else:
            result.rest = element_of(interp, left).join(element_of(interp, right))
        return value_of(result)
    return concat(interp, [left, right], place)


def _merge_objects(interp: Interpreter, op: str, left: Value, right: Value) -> Value | None:
    from cybrid_audit.engine import attributes

    objects = [atom for atom in (*left.atoms(), *right.atoms()) if isinstance(atom, Obj)]
    if not objects:
        return None
    if all(atom.kind == "list" for atom in objects):
        result = interp.new("list", place=objects[0].place)
        result.function = objects[0].function
        first, second = known_items(interp, left), known_items(interp, right)
        if first is None or second is None:
            result.rest = element_of(interp, left).join(element_of(interp, right))
        elif op == "|":
            result.items = [*first, *(item for item in second if item not in first)]
        else:
            held = {item.const() for item in second}
            result.items = [item for item in first if (item.const() in held) == (op == "&")]
        return value_of(result)
    if op != "|":
        return None
    result = interp.new("object", place=objects[0].place)
    attributes.spread_into(interp, result, left)
    attributes.spread_into(interp, result, right)
    return value_of(result)


def percent_format(interp: Interpreter, left: Value, right: Value, place: Place) -> Value:
    """Return a Python `%` formatting as a string with holes."""
    known = (
        known_items(interp, right) if any(isinstance(a, Obj) and a.label == "tuple" for a in right.atoms()) else [right]
    )
    template = next((atom for atom in left.atoms() if isinstance(atom, Const) and isinstance(atom.value, str)), None)
    if template is None or known is None:
        return derived("formatting", left, right)
    named: dict[str, Value] = {}
    rest: Value | None = None
    if "%(" in str(template.value):
        from cybrid_audit.engine import attributes

        gathered = interp.new("object", place=place)
        attributes.spread_into(interp, gathered, right)
        named, rest = gathered.fields, gathered.rest
    return fill(interp, template, "%", known, named, place, rest)


def fill(
    interp: Interpreter,
    template: Const,
    style: str,
    positional: list[Value],
    named: dict[str, Value],
    place: Place,
    rest: Value | None = None,
) -> Value:
    """Return a template (`%s`, `{}` or `{name}`) with its holes filled; `rest` is what unknown names hold."""
    import re

    text = str(template.value)
    pattern = (
        r"%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?([sdifgxXrc%])"
        if style == "%"
        else r"\{(\w*)(?:[.\[][^{}]*)?(?:![rsa])?(?::[^{}]*)?\}|\{\{|\}\}"
    )
    parts: list[Value] = []
    position = 0
    taken = 0
    for match in re.finditer(pattern, text):
        if match.start() > position:
            parts.append(
                value_of(Const(text[position : match.start()], template.place, template.stamp, "", template.function))
            )
        position = match.end()
        whole = match.group(0)
        if whole in ("{{", "}}", "%%"):
            parts.append(constant(whole[0]))
            continue
        name = match.group(1) or ""
        index = int(name) if name.isdigit() else taken
        taken += not name
        if name and not name.isdigit():
            held = named.get(name, rest if rest is not None else unknown(f"the value of {name}"))
        else:
            held = positional[index] if index < len(positional) else unknown("a missing argument")
        parts.append(_inner(interp, held, whole, place) if style == "{" else held)
    if position < len(text):
        parts.append(value_of(Const(text[position:], template.place, template.stamp, "", template.function)))
    return concat(interp, parts, place) if parts else constant("")


def _inner(interp: Interpreter, held: Value, hole: str, place: Place) -> Value:
    """Return what a hole of `format` reads of its value: `{0.host}`, `{row[path]}`."""
    import re

    from cybrid_audit.engine import attributes

    for attribute, key in re.findall(r"\.(\w+)|\[(\w+)\]", hole.split("!", 1)[0].split(":", 1)[0]):
        if attribute:
            held = attributes.get_attribute(interp, held, attribute, place)
        else:
            held = attributes.get_item(interp, held, constant(int(key) if key.isdigit() else key), place)
    return held


def negate(interp: Interpreter, value: Value) -> Value:
    """Return `not value`."""
    result = NOTHING
    for atom, proofs in value.alts:
        known = truth(atom)
        if known is not None and not isinstance(atom, Bool):
            held: Atom = FALSE if known else TRUE
        else:
            if_true, if_false = interp.proofs_if(atom, True), interp.proofs_if(atom, False)
            held = Bool(if_false, if_true)
        result = result.join(Value(((held, proofs),)))
    return result


def as_bool(interp: Interpreter, value: Value) -> Value:
    """Return `bool(value)`."""
    return negate(interp, negate(interp, value))


def unary(op: str, value: Value) -> Value:
    """Return `op value` for the other unary operators."""
    held = value.const()
    if op == "-" and isinstance(held, int | float):
        return constant(-held)
    if op == "+":
        return constant(held) if isinstance(held, int | float) else derived("a number", value)
    if op == "void":
        return V_NONE
    if op == "typeof":
        return unknown("a type name")
    return derived("arithmetic", value)


ORDER = frozenset({"<", "<=", ">", ">="})
_MIRRORED = {"!=": "==", "is-not": "is", "not-in": "in"}


def compare(interp: Interpreter, op: str, left: Value, right: Value, place: Place) -> Value:
    """Return a comparison, with what each of its sides proves."""
    result = NOTHING
    negative = op in _MIRRORED
    base = _MIRRORED.get(op, op)
    rows: list[tuple[Atom, Proofs, bool]] = []
    for a, a_proofs in left.alts or ((Unknown("nothing"), NO_PROOFS),):
        for b, b_proofs in right.alts or ((Unknown("nothing"), NO_PROOFS),):
            if len(rows) > 4 * MAX_STRING_PRODUCT:
                break
            rows.append(
                (
                    _compare_atoms(interp, base, a, b, place),
                    a_proofs | b_proofs,
                    _is_missing(a, left) or _is_missing(b, right),
                )
            )
    told = next((atom for atom, _, _ in rows if isinstance(atom, Bool) and (atom.if_true or atom.if_false)), None)
    proven = any(proofs for _, proofs, _ in rows)
    for atom, proofs, missing in rows:
        if missing and isinstance(atom, Unknown):
            # An empty default stands for what is missing: no time is fresh, and nothing equals it.
            held: Atom = told if told is not None else FALSE if base == "==" and proven else atom
        else:
            held = atom
        value = Value(((held, proofs),))
        result = result.join(negate(interp, value) if negative else value)
    return result


def _are_members(a: Obj, b: Obj) -> bool:
    """Whether two objects are members of one enumeration that have different names."""
    if a.cls is None or a.cls is not b.cls or a.cls.definition.kind != "enum class":
        return False
    for field in ("%case", "name"):
        names = [obj.fields[field].const() if field in obj.fields else None for obj in (a, b)]
        if all(isinstance(name, str) for name in names):
            return names[0] != names[1]
    return False


def _is_missing(atom: Atom, value: Value) -> bool:
    return isinstance(atom, Const) and not atom.value and len(value.alts) > 1


def _compare_atoms(interp: Interpreter, op: str, a: Atom, b: Atom, place: Place) -> Atom:
    if op in ("==", "is"):
        if isinstance(a, Const) and isinstance(b, Const):
            return TRUE if a.value == b.value else FALSE
        for one, other in ((a, b), (b, a)):
            if isinstance(other, Const) and other.value is None and (known := nullish(one)) is not None:
                return TRUE if known else FALSE
        special = interp.models.compare_equal(interp, a, b, place)
        if special is not None:
            return special
        if isinstance(a, Fn | ClassInfo | Obj) and isinstance(b, Fn | ClassInfo | Obj):
            if a is b:
                return TRUE
            return (
                FALSE if isinstance(a, Obj) and isinstance(b, Obj) and _are_members(a, b) else Unknown("a comparison")
            )
        return next(derived("a comparison", value_of(a), value_of(b)).atoms())
    if op == "in":
        if isinstance(b, Obj):
            if b.kind == "list" and b.items is not None and isinstance(a, Const):
                held = [item.const() for item in b.items]
                if a.value in held:
                    return TRUE
                if all(item is not None for item in held):
                    return FALSE
            if (
                b.kind != "list"
                and isinstance(a, Const)
                and str(a.value) in b.fields
                and b.rest is None
                and not b.grown
                and (b.shared or not interp.lasts(b))
            ):
                return TRUE
            if (
                is_exact_dict(interp, b)
                and not interp.lasts(b)
                and isinstance(a, Const)
                and str(a.value) not in b.fields
            ):
                return FALSE
        special = interp.models.compare_in(interp, a, b, place)
        if special is not None:
            return special
        return next(derived("a membership test", value_of(a), value_of(b)).atoms())
    if op == "instanceof":
        return _instance_of(a, b)
    if isinstance(a, Const) and isinstance(b, Const) and op in ("<", "<=", ">", ">="):
        x, y = a.value, b.value
        if isinstance(x, int | float) and isinstance(y, int | float):
            held_true = {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[op]
            return TRUE if held_true else FALSE
    special = interp.models.compare_order(interp, op, a, b, place)
    if special is not None:
        return special
    return next(derived("a comparison", value_of(a), value_of(b)).atoms())


def _instance_of(a: Atom, b: Atom) -> Atom:
    """Return `a instanceof b` where the classes are known."""
    if isinstance(a, Const):
        return FALSE
    if isinstance(a, Obj) and a.cls is not None:
        if isinstance(b, ClassInfo):
            return TRUE if b in a.cls.ancestry() else FALSE
        if isinstance(b, Lib) and any(path.removesuffix("()") == b.path for path in a.cls.library_bases()):
            return TRUE
    return next(derived("a test of a class", value_of(a)).atoms())


def is_exact_dict(interp: Interpreter, obj: Obj) -> bool:
    """Whether a Python dict holds what its fields say and nothing else."""
    return (
        interp.language == "python"
        and obj.kind in ("object", "map")
        and obj.native is None
        and obj.rest is None
        and not any("{?}" in name for name in obj.fields)
    )


def nullish(atom: Atom) -> bool | None:
    """Return whether an atom is None or undefined, or None when that cannot be told."""
    match atom:
        case Const(value=value):
            return value is None
        case Outcome(kind=kind) if kind in ("truthy", "non_null", "error_field", "row", "answer"):
            return None
        case Env() | Input() | Unknown() | Stored() | Secret() | PlatformData():
            return None
        case _:
            from cybrid_audit.engine.values import Lib

            return None if isinstance(atom, Claim | Lib | Bool) else False


# ---------------------------------------------------------------- sequences


def known_items(interp: Interpreter, value: Value) -> list[Value] | None:
    """Return the items of a list that is wholly known (the join, position by position, of several), or None."""
    found: list[Value] | None = None
    for atom, proofs in value.alts:
        if isinstance(atom, Const) and atom.value is None and len(value.alts) > 1:
            # Iterating over nothing does not go on.
            continue
        listed = (
            interp.models.iterated(interp, atom)
            if isinstance(atom, Obj) and (atom.native is not None or atom.cls is not None)
            else None
        )
        if listed is not None:
            inner = known_items(interp, listed)
            if inner is None:
                return None
            items = inner
        elif isinstance(atom, Obj) and atom.kind == "list" and atom.items is not None:
            if len(atom.items) > MAX_KNOWN_ITEMS:
                return None
            items = list(atom.items)
        elif (
            isinstance(atom, Obj)
            and atom.kind in ("object", "class")
            and atom.rest is None
            and interp.language == "python"
        ):
            items = [constant(name) for name in atom.fields]
        elif isinstance(atom, ClassInfo) and is_enum(atom):
            items = enum_values(atom)
        elif (
            isinstance(atom, Const)
            and isinstance(atom.value, str)
            and len(atom.value) <= MAX_UNROLL
            and interp.language == "python"
        ):
            items = [value_of(Const(char)) for char in atom.value]
        else:
            return None
        if proofs:
            items = [item.with_proofs(proofs) for item in items]
        if found is None:
            found = items
        elif len(found) == len(items):
            found = [a.join(b) for a, b in zip(found, items, strict=True)]
        else:
            return None
    return found


def is_enum(info: ClassInfo) -> bool:
    """Whether a class is an enumeration, by its own syntax or its base."""
    return info.definition.kind == "enum" or any(
        path.rsplit(".", 1)[-1] in ("Enum", "StrEnum", "IntEnum", "TextChoices") for path in info.library_bases()
    )


def enum_values(info: ClassInfo) -> list[Value]:
    """Return the members of an enum, in order."""
    return [
        info.statics.fields[field.name]
        for field in info.definition.fields
        if field.is_static and field.name in info.statics.fields
    ]


def element_of(interp: Interpreter, value: Value) -> Value:
    """Return what one element of an iterable may be."""
    result = NOTHING
    for atom, proofs in value.alts:
        listed = (
            interp.models.iterated(interp, atom)
            if isinstance(atom, Obj) and (atom.native is not None or atom.cls is not None)
            else None
        )
        if listed is not None:
            result = result.join(element_of(interp, listed))
            continue
        match atom:
            case Obj(kind="list") | Obj(kind="generator"):
                held = join_all([*(atom.items or []), atom.rest or NOTHING])
                result = result.join(held if held.alts else unknown("an element of an empty list"))
            case Obj() if interp.language == "python" and atom.kind in ("object", "map"):
                keys = [constant(name) for name in atom.fields]
                result = result.join(join_all(keys) if keys else unknown("a key"))
            case Obj():
                result = result.join(join_all([*atom.fields.values(), atom.rest or NOTHING]))
            case PlatformData(call=call, path=path):
                result = result.join(value_of(PlatformData(call, f"{path}[]")))
            case Const(value=None):
                continue
            case Input() | Token():
                result = result.join(Value(((atom, proofs),)))
            case _:
                models_element = interp.models.element_of(interp, atom)
                result = result.join(
                    models_element if models_element is not None else derived("an element", value_of(atom))
                )
    return result if result.alts else unknown("an element")


def element_at(interp: Interpreter, value: Value, position: int) -> Value:
    """Return what stands at a position of a sequence."""
    from cybrid_audit.engine import attributes

    return attributes.get_item(interp, value, constant(position), Place("", 0, 0, 0, 0))


def slice_of(interp: Interpreter, value: Value, bounds: ir.Slice, place: Place) -> Value:
    """Return `value[lower:upper]`."""
    lower = interp.eval(bounds.lower).const() if bounds.lower is not None else 0
    upper = interp.eval(bounds.upper).const() if bounds.upper is not None else None
    return cut(interp, value, lower, upper, place)


def cut(interp: Interpreter, value: Value, lower: object, upper: object, place: Place) -> Value:
    """Return a slice of lists and strings; of a secret it stays known that it is a part of it."""
    result = NOTHING
    bounds = slice(lower, upper) if isinstance(lower, int) and (upper is None or isinstance(upper, int)) else None
    for atom, proofs in value.alts:
        if isinstance(atom, Obj) and atom.kind == "list":
            obj = interp.new("list", place=atom.place)
            obj.function = atom.function
            if atom.items is not None and bounds is not None:
                obj.items = atom.items[bounds]
            else:
                obj.rest = element_of(interp, value_of(atom))
            result = result.join(Value(((obj, proofs),)))
        elif isinstance(atom, Const) and isinstance(atom.value, str | bytes) and bounds is not None:
            part = atom.value[bounds]
            result = result.join(Value(((Const(part, atom.place, atom.stamp, atom.encoding, atom.function), proofs),)))
        elif isinstance(atom, Str) and (behind := _behind(atom, lower, upper)) is not None:
            result = result.join(Value(((behind, proofs),)))
        else:
            result = result.join(derived("a part", value_of(atom)))
    return result


def _behind(atom: Str, lower: object, upper: object) -> Atom | None:
    """Return `text[lower:]` where the cut goes through the constant text at the start (`header[len("Bearer "):]`)."""
    first = atom.parts[0]
    if (
        upper is not None
        or not isinstance(lower, int)
        or lower < 0
        or not isinstance(first, Const)
        or not isinstance(first.value, str)
    ):
        return None
    if lower > len(first.value):
        return None
    rest = first.value[lower:]
    kept = ((Const(rest, first.place, first.stamp, first.encoding, first.function),) if rest else ()) + atom.parts[1:]
    return kept[0] if len(kept) == 1 else make_str(list(kept))


def comprehension(interp: Interpreter, node: ir.Comprehension) -> Value:
    """Return a comprehension's collection: exact when what it runs over is."""
    frame = interp.frame
    saved = dict(frame.scope.vars)
    collected: list[Value] = []
    keys: list[Value] = []
    exact = True
    listed = True

    def visit(index: int) -> None:
        nonlocal exact, listed
        if interp.state is None or len(collected) > 4 * MAX_UNROLL:
            return
        if index == len(node.clauses):
            if node.key is not None:
                keys.append(interp.eval(node.key))
            collected.append(interp.eval(node.element))
            return
        clause = node.clauses[index]
        iterable = interp.eval(clause.iterable)
        known = known_items(interp, iterable)
        if known is None or len(known) > MAX_UNROLL:
            exact = listed = False
            known = [element_of(interp, iterable)]
        for item in known:
            interp.assign(clause.target, item, "let")
            certain = True
            for condition in clause.conditions:
                value = interp.eval(condition)
                verdicts = {truth(atom) for atom in value.atoms()}
                if verdicts == {False}:
                    certain = False
                    break
                if verdicts != {True}:
                    exact = False
            if certain:
                visit(index + 1)

    visit(0)
    frame.scope.vars = saved
    if node.kind == "dict":
        obj = interp.new("object", node)
        for key, value in zip(keys, collected, strict=False):
            for atom in key.atoms():
                text = text_of(atom)
                # An entry that a condition may leave out keeps its key.
                if text is None or "{?}" in text or not listed:
                    obj.rest = (obj.rest or NOTHING).join(value)
                else:
                    obj.fields[text] = value
        return value_of(obj)
    obj = interp.new("list", node)
    obj.label = "tuple" if node.kind == "generator" else node.kind
    if exact:
        obj.items = collected
    else:
        obj.rest = join_all(collected)
    return value_of(obj)


NONE_VALUE = value_of(NONE)
