"""What Java programs make texts and objects with: arrays of characters, what Lombok writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, jvm, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Lib,
    Obj,
    Place,
    Stored,
    Str,
    Unknown,
    Value,
    constant,
    derived,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_BUILDERS: Final = frozenset({"Builder", "SuperBuilder", "Jacksonized"})


def text(call: LibraryCall) -> Value | None:
    """`new String(chars)`, `String.valueOf(chars)`: the text of an array of characters or bytes, else the argument."""
    held = call.args.get(0)
    if held is None:
        made_of = value_of(*call.sources)
        return made_of if made_of.alts else value_of(Const(""))
    result = NOTHING
    for atom, proofs in held.alts:
        whole = _spelled(atom) if isinstance(atom, Obj) else None
        result = result.join(Value(((whole if whole is not None else atom, proofs),)))
    return result


def _spelled(obj: Obj) -> Const | None:
    """Return the text that a list of characters or their codes spells, as one literal where the list stands."""
    if obj.kind != "list" or not obj.items:
        return None
    letters: list[str] = []
    for item in obj.items:
        held = item.const()
        if isinstance(held, int) and not isinstance(held, bool) and 0 < held < 0xD800:
            letters.append(chr(held))
        elif isinstance(held, str) and len(held) == 1:
            letters.append(held)
        else:
            return None
    first = next(iter(obj.items[0].only(Const)))
    place = obj.place if obj.place is not None else first.place
    return Const("".join(letters), place, first.stamp, "array", first.function or obj.function)


COMPARISONS: Final = frozenset({"equals", "equalsIgnoreCase", "contentEquals", "isEqualTo", "matches"})
"""Methods that compare what they are called on with their argument."""


def compared(interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what `a.equals(b)` and its like give; None where the project says what they do, or for a pattern."""
    if len(args.positional) != 1 or (isinstance(atom, Obj) and atom.cls is not None and atom.cls.method(name)):
        return None
    other = args.positional[0]
    if name == "matches" and not all(
        isinstance(each, Const) and isinstance(each.value, str) and each.value.isalnum() for each in other.atoms()
    ):
        return None
    this = value_of(atom)
    if name == "equalsIgnoreCase":
        this, other = this.map(_lowered), other.map(_lowered)
    return operators.compare(interp, "==", this, other, place)


def _lowered(atom: Atom) -> Atom:
    if isinstance(atom, Const) and isinstance(atom.value, str):
        return Const(atom.value.lower(), atom.place, atom.stamp, atom.encoding, atom.function)
    return atom


ADDRESS_PARTS: Final = frozenset({"encodedPath", "getPath", "getRawPath", "getHost", "host", "path"})
"""Methods that give a part of an address."""


def address_part(interp: Interpreter, atom: Atom, name: str, place: Place) -> Value | None:
    """Return the path or the host of an address; None for a text that is none, or whose parts cannot be told."""
    text_ = text_of(atom)
    if text_ is None or "://" not in text_[:9]:
        return None
    start = text_.index("://") + 3
    cut = text_.find("/", start)
    if "ost" in name:
        host = text_[start:cut] if cut > 0 else text_[start:]
        return None if "{?}" in host else constant(host.partition("?")[0])
    if cut < 0:
        return constant("/")
    path = text_[cut:].partition("?")[0]
    if "{?}" not in path:
        return constant(path)
    first = atom.parts[0] if isinstance(atom, Str) else atom
    inside = isinstance(first, Const) and isinstance(first.value, str) and cut <= len(first.value)
    return operators.cut(interp, value_of(atom), cut, None, place) if inside else None


def joining(call: LibraryCall) -> Value | None:
    """`Collectors.joining(" ")`: remembers its separator for whoever collects."""
    first = call.args.get(0)
    kept = frozenset(atom for atom in first.atoms() if isinstance(atom, Const)) if first is not None else frozenset()
    return value_of(Lib("java.util.stream.Collectors.joining()", kept))


def boolean(call: LibraryCall) -> Value | None:
    """`Boolean.TRUE`."""
    return constant(bool(call.settings["value"]))


def equal(call: LibraryCall) -> Value | None:
    """`Objects.equals(a, b)`, `Arrays.equals(a, b)`."""
    first, second = call.args.get(0), call.args.get(1)
    return operators.compare(call.interp, "==", first, second, call.place) if first and second else None


class Mac(Native):
    """`Mac.getInstance("HmacSHA256")`: what it is given goes into a keyed digest."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = [value for value in args.positional if not isinstance(value.const(), int)]
        if name == "update":
            for value in given:
                held = obj.fields.get("data", NOTHING)
                obj.fields["data"] = held.join(value)
            return V_NONE
        if name == "doFinal":
            sources: set[Atom] = set()
            for atom in derived("data", obj.fields.get("data"), *given).only(Unknown):
                sources |= atom.sources
            # Held by something unknown, so that what is made of it (a text in hexadecimal digits) is still known for it.
            return unknown("a keyed digest", Lib("javax.crypto.Mac.hmac()", frozenset(sources)))
        return V_NONE if name in ("init", "reset") else None


def mac(call: LibraryCall) -> Value | None:
    """`Mac.getInstance(name)`."""
    return native_object(call.interp, "mac", Mac(), call.place, "a keyed digest")


def thrown(call: LibraryCall) -> Value | None:
    """`new IllegalStateException(message, cause)`: its message is shown wherever it ends up."""
    from cybrid_audit.models import sinks

    for value in call.args.positional[:2]:
        sinks.note_logged(call.interp, value, call.place, f"error {call.path}", objects=False)
    return None


_CLAIMS: Final = frozenset(
    {
        "getClaim",
        "getClaimAsString",
        "getClaimAsBoolean",
        "getClaimAsInstant",
        "getClaimAsStringList",
        "getAttribute",
        "claim",
    }
    | {"getClaims", "getAttributes", "getTokenAttributes", "getStringClaim", "getBooleanClaim"}
)
"""Methods that read what is known of somebody who is logged in."""
_WHOLE: Final = frozenset(
    {"getPrincipal", "getDetails", "getToken", "getClaims", "getAttributes", "getTokenAttributes"}
)


def read_outside(interp: Interpreter, atom: Atom, name: str, given: list[Value], place: Place) -> Value | None:
    """Return what a getter reads of something whose class is out of sight; None for any other method."""
    if name in _CLAIMS and given:
        result = NOTHING
        for text_ in given[0].strings():
            result = result.join(attributes.get_one(interp, atom, text_, place))
        return result if result.alts else None
    if given or interp.models.knowledge.models("jvm").find_tail("call", name) is not None:
        return None
    if name in _WHOLE and isinstance(atom, Stored) and atom.store in ("principal", "claims"):
        return value_of(atom)
    for prefix in ("get", "is"):
        plain = name[len(prefix) :]
        if name.startswith(prefix) and plain[:1].isupper() and not name.startswith("isEmpty"):
            if name in ("getClass", "isPresent", "isBlank", "isNull", "getBytes"):
                return None
            return attributes.get_one(interp, atom, plain[:1].lower() + plain[1:], place)
    return None


# ---------------------------------------------------------------- Lombok


def class_method(interp: Interpreter, info: ClassInfo, name: str, args: Arguments, place: Place) -> Value | None:
    """Return a static method that Lombok writes: `builder()`, and `of(…)` where an annotation names it; None for others."""
    marks = {jvm.type_name(_function(node)): node for node in info.definition.decorators}
    if name == "builder" and _BUILDERS & set(marks):
        return native_object(interp, "builder", Builder(info), place, f"{info.name} builder")
    for mark in ("RequiredArgsConstructor", "AllArgsConstructor", "Data", "Value", "NoArgsConstructor"):
        node = marks.get(mark)
        for arg in node.args if isinstance(node, ir.Call) else ():
            if arg.name in ("staticName", "staticConstructor") and isinstance(arg.value, ir.Const):
                return calls.instantiate(interp, info, args, place) if arg.value.value == name else None
    return None


def _function(node: ir.Expr) -> ir.Expr:
    return node.func if isinstance(node, ir.Call) else node


def shows_fields(info: ClassInfo) -> bool:
    """Whether the text of an instance shows its fields: of records, of Kotlin's data classes, where Lombok writes it."""
    return (
        info.definition.kind == "record"
        or "data" in {arg.name for arg in info.definition.keywords}
        or any(jvm.type_name(_function(node)) in ("Data", "Value", "ToString") for node in info.definition.decorators)
    )


class Builder(Native):
    """A builder that Lombok writes: each method takes a field, `build` makes the instance."""

    __slots__ = ("info",)

    def __init__(self, info: ClassInfo) -> None:
        self.info = info

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "build":
            given = {key: value for key, value in obj.fields.items() if not key.startswith("%")}
            made = interp.new("instance", place=place)
            made.cls, made.label = self.info, self.info.name
            for ancestor in reversed(list(self.info.ancestry())):
                calls.init_fields(interp, ancestor, made, place)
            made.fields.update(given)
            return value_of(made)
        if args.positional:
            obj.fields[name] = args.positional[0]
        return value_of(obj)


def accessor(interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what an accessor does that nobody wrote: those of records and of Lombok; None where no field fits."""
    given = args.positional
    assert obj.cls is not None
    if not given:
        for field in _read_by(name):
            if field in obj.fields:
                return attributes.get_one(interp, obj, field, place)
            if _has_field(obj.cls, field):
                return attributes.get_one(interp, obj, field, place)
        if name == "toBuilder":
            made = native_object(interp, "builder", Builder(obj.cls), place, f"{obj.cls.name} builder")
            for each in made.only(Obj):
                each.fields.update(obj.fields)
            return made
        return None
    if len(given) == 1:
        for prefix in ("set", "with", ""):
            plain = name[len(prefix) :]
            field = plain[:1].lower() + plain[1:]
            if name.startswith(prefix) and plain and _has_field(obj.cls, field):
                if prefix == "with":
                    copy = interp.new("instance", place=place)
                    copy.cls, copy.label, copy.native = obj.cls, obj.label, obj.native
                    copy.fields = {**obj.fields, field: given[0]}
                    return value_of(copy)
                attributes.set_attribute(interp, value_of(obj), field, given[0], place)
                return value_of(obj) if not prefix else V_NONE
    return None


def _read_by(name: str) -> tuple[str, ...]:
    """Return the fields that an accessor without arguments may read."""
    found = [name]
    for prefix in ("get", "is"):
        plain = name[len(prefix) :]
        if name.startswith(prefix) and plain[:1].isupper():
            found.append(plain[:1].lower() + plain[1:])
    return tuple(found)


def _has_field(info: ClassInfo, name: str) -> bool:
    return any(
        field.name == name and not field.is_static
        for ancestor in info.ancestry()
        for field in ancestor.definition.fields
    ) or any(
        param.field == name
        for ancestor in info.ancestry()
        for function in ancestor.definition.methods
        if function.kind == "constructor"
        for param in function.params
    )
