"""Classes that describe data in Python: dataclasses, attrs, pydantic models and settings, named tuples, enums."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Env,
    Lib,
    Obj,
    Place,
    Str,
    Unknown,
    Value,
    constant,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.models.python.builtins import listed

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


# ---------------------------------------------------------------- fields of records


class FieldSpec(Native):
    """`field(default_factory=…)`, `Field(default, alias=…)`: what a record's field says about itself."""

    __slots__ = ("default", "factory", "names")

    def __init__(self, default: Value | None, factory: Value | None, names: tuple[str, ...]) -> None:
        self.default = default
        self.factory = factory
        self.names = names

    def value(self, interp: Interpreter, place: Place) -> Value | None:
        """Return what the field holds when nobody gives it; None when somebody has to."""
        if self.factory is not None:
            return calls.call(interp, self.factory, Arguments(), place)
        return self.default


def field_spec(call: LibraryCall) -> Value | None:
    """`dataclasses.field(…)`, `pydantic.Field(…)`, `attrs.field(…)`, `sqlmodel.Field(…)`."""
    keywords = call.args.keywords
    default = call.args.get(0, "default")
    if default is not None and all(
        isinstance(atom, Lib | Unknown) or (isinstance(atom, Const) and str(atom.value) == "Ellipsis")
        for atom in default.atoms()
    ):
        default = None
    names: list[str] = []
    for key in ("validation_alias", "alias", "env", "serialization_alias"):
        held = keywords.get(key)
        if held is not None and key != "serialization_alias":
            names.extend(held.strings())
            for obj in held.only(Obj):
                names.extend(name for item in (obj.items or []) for name in item.strings())
    factory = keywords.get("default_factory") or keywords.get("factory")
    return native_object(
        call.interp, "object", FieldSpec(default, factory, tuple(dict.fromkeys(names))), call.place, "field"
    )


def alias_choices(call: LibraryCall) -> Value | None:
    """`AliasChoices("A", "B")`, `AliasPath("a", 0)`."""
    return listed(call.interp, list(call.args.positional), None)


def spec_of(value: Value | None) -> FieldSpec | None:
    """Return what a field says about itself, if it does."""
    for obj in value.only(Obj) if value is not None else ():
        if isinstance(obj.native, FieldSpec):
            return obj.native
    return None


def record_field(
    interp: Interpreter, info: ClassInfo, field: ir.Field, held: Value | None, place: Place
) -> Value | None:
    """Return a record's field that the constructor was not given: its default, or what a settings class reads. `held` is the class's."""
    spec = spec_of(held)
    default = spec.value(interp, place) if spec is not None else held
    annotated = annotated_spec(interp, info, field)
    if annotated is not None and default is None:
        default = annotated.value(interp, place)
    if not is_settings(info):
        return masked_by_type(interp, field, default, place) if default is not None else None
    names = [*(spec.names if spec is not None else ()), *(annotated.names if annotated is not None else ())]
    prefix, delimiter = settings_prefix(interp, info)
    nested = nested_settings(interp, info, field, f"{prefix}{field.name}".upper() + (delimiter or "__"), place)
    if nested is not None and default is None:
        return nested
    where = Place(info.module.path, field.span.line, field.span.column, field.span.end_line, field.span.end_column)
    read = [value_of(Env(name.upper() if name.lower() == name else name, where, "settings")) for name in names] or [
        value_of(Env(f"{prefix}{field.name}".upper(), where, "settings"))
    ]
    found = read[0]
    if default is not None:
        present = Value(
            tuple(
                pair
                for pair in unmasked(default).alts
                if not (isinstance(pair[0], Const) and pair[0].value in (None, ""))
            )
        )
        found = found.join(present)
    return masked_by_type(interp, field, found, place)


def is_settings(info: ClassInfo) -> bool:
    """Whether a class reads its fields from the environment."""
    return any(base.rsplit(".", 1)[-1] in ("BaseSettings", "Settings_") for base in info.library_bases())


def settings_prefix(interp: Interpreter, info: ClassInfo) -> tuple[str, str]:
    """Return the prefix of a settings class's variables and the delimiter of nested ones."""
    prefix = delimiter = ""
    for ancestor in reversed(list(info.ancestry())):
        found: list[Value] = []
        config = ancestor.statics.fields.get("model_config")
        if config is not None:
            found.append(interp.program.resolve_held(interp, config))
        inner = ancestor.statics.fields.get("Config")
        if inner is not None:
            found.extend(value_of(each.statics) for each in inner.only(ClassInfo))
        for holder in found:
            for obj in holder.only(Obj):
                prefix = next(iter((obj.fields.get("env_prefix") or NOTHING).strings()), prefix)
                delimiter = next(iter((obj.fields.get("env_nested_delimiter") or NOTHING).strings()), delimiter)
        for keyword in ancestor.definition.keywords:
            if keyword.name in ("env_prefix", "env_nested_delimiter") and isinstance(keyword.value, ir.Const):
                if keyword.name == "env_prefix":
                    prefix = str(keyword.value.value)
                else:
                    delimiter = str(keyword.value.value)
    return prefix, delimiter


def nested_settings(interp: Interpreter, info: ClassInfo, field: ir.Field, prefix: str, place: Place) -> Value | None:
    """Return an instance of a model that is a field of a settings class: its fields are read under a longer prefix."""
    node = field.annotation
    if not isinstance(node, ir.Name | ir.Attribute):
        return None
    kind = in_class(interp, info, node)
    for inner in kind.only(ClassInfo):
        if any(base.rsplit(".", 1)[-1] in ("BaseModel", "BaseSettings") for base in inner.library_bases()):
            made = interp.new("instance", place=place)
            made.cls, made.label = inner, inner.name
            for ancestor in reversed(list(inner.ancestry())):
                for each in ancestor.definition.fields:
                    if each.annotation is None:
                        continue
                    where = Place(
                        inner.module.path, each.span.line, each.span.column, each.span.end_line, each.span.end_column
                    )
                    held = ancestor.statics.fields.get(each.name)
                    spec = spec_of(held)
                    default = spec.value(interp, place) if spec is not None else held
                    value = value_of(Env(f"{prefix}{each.name}".upper(), where, "settings"))
                    made.fields[each.name] = masked_by_type(
                        interp, each, value if default is None else value.join(default), place
                    )
            return value_of(made)
    return None


def in_class(interp: Interpreter, info: ClassInfo, node: ir.Expr) -> Value:
    """Return what an expression of a class's body means, such as an annotation."""
    if interp.state is None:
        return NOTHING
    interp.push(info.scope, info.module, None)
    try:
        return interp.eval(node)
    finally:
        interp.pop()


def annotated_spec(interp: Interpreter, info: ClassInfo, field: ir.Field) -> FieldSpec | None:
    """Return what `Annotated[T, Field(…)]` says about a field."""
    node = field.annotation
    if not isinstance(node, ir.Index) or not isinstance(node.index, ir.List):
        return None
    name = (
        node.object.id
        if isinstance(node.object, ir.Name)
        else node.object.name
        if isinstance(node.object, ir.Attribute)
        else ""
    )
    if name != "Annotated":
        return None
    for item in node.index.items[1:]:
        if isinstance(item, ir.Call):
            spec = spec_of(in_class(interp, info, item))
            if spec is not None:
                return spec
    return None


# ---------------------------------------------------------------- values that mask themselves


class Masked(Native):
    """`SecretStr`: printed it shows stars; `get_secret_value()` gives the text."""

    __slots__ = ("reveals", "value")

    def __init__(self, value: Value, *, reveals: bool = False) -> None:
        self.value = value
        self.reveals = reveals
        """Whether `str()` gives the text, as Starlette's does."""

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get_secret_value", "reveal", "get", "decrypt"):
            return self.value
        return unknown("a masked secret")

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return unknown("a masked secret")

    def text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        return next(iter(self.value.atoms()), None) if self.reveals else Const("**********")

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        return self.value if self.reveals else value_of(Const("**********"))


def masked(call: LibraryCall) -> Value | None:
    """`SecretStr(text)`; `reveals` in the settings where `str()` shows it."""
    held = call.args.get(0) or constant("")
    if call.settings.get("reveals"):
        return native_object(call.interp, "object", Masked(held, reveals=True), call.place, "Secret")
    return mask(call.interp, held, call.place)


def mask(interp: Interpreter, value: Value, place: Place) -> Value:
    """Return a value in a type that masks it."""
    if any(isinstance(atom, Obj) and isinstance(atom.native, Masked) for atom in value.atoms()):
        return value
    return native_object(interp, "object", Masked(value), place, "SecretStr")


def unmasked(value: Value) -> Value:
    """Return a value without the type that masks it."""
    result = NOTHING
    for atom, proofs in value.alts:
        result = result.join(
            atom.native.value if isinstance(atom, Obj) and isinstance(atom.native, Masked) else Value(((atom, proofs),))
        )
    return result


_MASKING: Final = re.compile(r"^(?:SecretStr|SecretBytes|Secret)$")


def masked_by_type(interp: Interpreter, field: ir.Field, value: Value, place: Place) -> Value:
    """Return a field's value, masked where its type says so."""
    return mask(interp, value, place) if any(_MASKING.match(name) for name in type_words(field.annotation)) else value


def type_words(node: ir.Expr | None, depth: int = 0) -> list[str]:
    """Return the names that a type is made of: `Optional[SecretStr]` is `Optional`, `SecretStr`."""
    if depth > 4:
        return []
    match node:
        case ir.Name(id=name):
            return [name]
        case ir.Attribute(name=name):
            return [name]
        case ir.Index(object=outer, index=inner):
            return [*type_words(outer, depth + 1), *type_words(inner, depth + 1)]
        case ir.Binary(left=left, right=right):
            return [*type_words(left, depth + 1), *type_words(right, depth + 1)]
        case ir.List(items=items):
            return [name for item in items for name in type_words(item, depth + 1)]
        case _:
            return []


# ---------------------------------------------------------------- what can be done with records


def as_dict(call: LibraryCall) -> Value | None:
    """`dataclasses.asdict(x)`, `attrs.asdict(x)`, `model.model_dump(exclude_none=True)`: the fields as a dict."""
    targets = value_of(*call.sources) if call.sources and not call.settings.get("arg") else call.args.get(0)
    if targets is None:
        return None
    aliased = call.args.keywords.get("by_alias")
    return join_all(
        dict_of(call.interp, atom, call.place, aliased=aliased is not None and aliased.const() is True)
        for atom in targets.atoms()
    )


def dict_of(interp: Interpreter, atom: Atom, place: Place, depth: int = 0, *, aliased: bool = False) -> Value:
    """Return a record's fields as a dict, records among them too; anything else as it is."""
    if not isinstance(atom, Obj) or depth > 5:
        return value_of(atom)
    if atom.kind == "list":
        if atom.items is None:
            return value_of(atom)
        return listed(
            interp,
            [join_all(dict_of(interp, each, place, depth + 1) for each in item.atoms()) for item in atom.items],
            None,
            value_of(atom),
        )
    if atom.cls is None and atom.kind != "instance":
        return value_of(atom)
    made = interp.new("object", place=atom.place)
    names = aliases(interp, atom.cls) if aliased and atom.cls is not None else {}
    for name, held in atom.fields.items():
        if not name.startswith("%"):
            made.fields[names.get(name, name)] = join_all(
                dict_of(interp, each, place, depth + 1, aliased=aliased) for each in held.atoms()
            )
    if atom.rest is not None:
        made.rest = atom.rest
    return value_of(made)


def aliases(interp: Interpreter, info: ClassInfo) -> dict[str, str]:
    """Return the names that a model's fields have outside."""
    found: dict[str, str] = {}
    for ancestor in info.ancestry():
        for name, held in ancestor.statics.fields.items():
            spec = spec_of(held)
            if spec is not None and spec.names:
                found.setdefault(name, spec.names[0])
    return found


def replaced(call: LibraryCall) -> Value | None:
    """`dataclasses.replace(x, **changes)`, `attrs.evolve(x, …)`, `model.model_copy(update={…})`, `tuple._replace(…)`."""
    interp = call.interp
    targets = value_of(*call.sources) if call.sources and not call.settings.get("arg") else call.args.get(0)
    if targets is None:
        return None
    changes = dict(call.args.keywords)
    update = changes.pop("update", None)
    changes.pop("deep", None)
    for obj in update.only(Obj) if update is not None else ():
        changes |= obj.fields

    def changed(atom: Atom) -> Atom:
        if not isinstance(atom, Obj):
            return atom
        made = interp.new(atom.kind, place=atom.place)
        made.cls, made.label, made.native, made.function, made.rest = (
            atom.cls,
            atom.label,
            atom.native,
            atom.function,
            atom.rest,
        )
        made.fields = {**atom.fields, **changes}
        return made

    return targets.map(changed)


# ---------------------------------------------------------------- named tuples


class TupleRecord(Native):
    """A named tuple: its fields in order are its items, too."""

    __slots__ = ("names",)
    plain: Final = True
    """The class's annotated fields still make its instances."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        return listed(interp, [obj.fields.get(name) or NOTHING for name in self.names], None, None, "tuple")

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return join_all(obj.fields.get(name) or NOTHING for name in self.names)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name.lstrip("-").isdigit() and -len(self.names) <= int(name) < len(self.names):
            return obj.fields.get(self.names[int(name)])
        if name == "_fields":
            return listed(interp, [constant(each) for each in self.names], None, None, "tuple")
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "_asdict":
            return dict_of(interp, obj, place)
        if name == "_replace":
            return replaced(LibraryCall(interp, interp.models, name, frozenset((obj,)), args, place, {}))
        return None

    def fields(self, obj: Obj) -> dict[str, Value]:
        return {}


class TupleClass(Native):
    """What `namedtuple("Name", "a b")` gives: a class of named tuples."""

    __slots__ = ("defaults", "label", "names")

    def __init__(self, label: str, names: tuple[str, ...], defaults: list[Value]) -> None:
        self.label = label
        self.names = names
        self.defaults = defaults

    def make(self, interp: Interpreter, obj: Obj, args: Arguments) -> None:
        """Fill an instance."""
        obj.native = TupleRecord(self.names)
        defaults = dict(zip(reversed(self.names), reversed(self.defaults), strict=False))
        for position, name in enumerate(self.names):
            held = args.get(position, name)
            if held is None:
                held = args.rest if args.rest is not None else args.kwrest
            if held is None:
                held = defaults.get(name) or unknown("a field that nobody passes", hint=name)
            obj.fields[name] = held

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        made = interp.new("instance", place=place)
        made.label = self.label
        self.make(interp, made, args)
        return value_of(made)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "_make" and args.positional:
            known = operators.known_items(interp, args.positional[0])
            given = (
                Arguments(positional=known)
                if known is not None
                else Arguments(rest=operators.element_of(interp, args.positional[0]))
            )
            return self.call(interp, obj, given, place)
        return None


def named_tuple(call: LibraryCall) -> Value | None:
    """`namedtuple("Name", "a b", defaults=(…))`, `NamedTuple("Name", [("a", str)])`."""
    label = next(iter((call.args.get(0, "typename") or NOTHING).strings()), "tuple")
    fields = call.args.get(1, "field_names")
    names: list[str] = []
    if fields is not None:
        for text in fields.strings():
            names.extend(text.replace(",", " ").split())
        for item in operators.known_items(call.interp, fields) or [] if fields.only(Obj) else []:
            names.extend(item.strings() or operators.element_at(call.interp, item, 0).strings())
    defaults = (
        operators.known_items(call.interp, call.args.keywords["defaults"]) or []
        if "defaults" in call.args.keywords
        else []
    )
    return native_object(call.interp, "object", TupleClass(label, tuple(names), defaults), call.place, label)


def named_tuple_base(call: LibraryCall) -> Value | None:
    """An instance of a project class that derives from `typing.NamedTuple`."""
    info = next((atom for atom in call.sources if isinstance(atom, ClassInfo)), None)
    names = (
        tuple(
            dict.fromkeys(
                field.name
                for ancestor in reversed(list(info.ancestry()))
                for field in ancestor.definition.fields
                if field.annotation is not None
            )
        )
        if info
        else ()
    )
    for obj in call.sources:
        if isinstance(obj, Obj):
            obj.native = TupleRecord(names)
    return None


def made_by_base(interp: Interpreter, info: ClassInfo, obj: Obj, args: Arguments) -> bool:
    """Fill an instance whose class derives from `namedtuple(…)`; return whether it does."""
    for ancestor in info.ancestry():
        for base in ancestor.bases:
            for atom in base.only(Obj):
                if isinstance(atom.native, TupleClass):
                    atom.native.make(interp, obj, args)
                    return True
    return False


# ---------------------------------------------------------------- classes that derive from collections


class OwnDict(Native):
    """An instance of a project class that derives from `dict`: `__missing__` makes what is not there."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if obj.cls is None or obj.cls.method("__missing__") is None or name.startswith("__"):
            return None
        return calls.call_method(
            interp, value_of(obj), "__missing__", Arguments(positional=[constant(name)]), place, awaited=True
        )

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        held = join_all([*obj.fields.values(), obj.rest or NOTHING])
        if obj.cls is not None and obj.cls.method("__missing__") is not None:
            made = calls.call_method(
                interp, value_of(obj), "__missing__", Arguments(positional=[value_of(key)]), place, awaited=True
            )
            held = held.join(made)
        return held if held.alts else None


def dict_base(call: LibraryCall) -> Value | None:
    """An instance of a project class that derives from `dict`, `UserDict` and the like."""
    from cybrid_audit.models.python.builtins import fill

    for obj in call.sources:
        if isinstance(obj, Obj):
            obj.kind = "map"
            obj.native = obj.native or OwnDict()
            positional = call.args.positional[1:] if "defaultdict" in call.path else call.args.positional
            fill(call.interp, obj, positional, call.args)
    return None


def list_base(call: LibraryCall) -> Value | None:
    """An instance of a project class that derives from `list`, `tuple`, `set` and the like."""
    for obj in call.sources:
        if isinstance(obj, Obj) and obj.items is None:
            obj.kind = "list"
            first = call.args.get(0)
            known = operators.known_items(call.interp, first) if first is not None else []
            obj.items = known
            obj.rest = operators.element_of(call.interp, first) if known is None and first is not None else None
    return None


# ---------------------------------------------------------------- enums


class Auto(Native):
    """`enum.auto()`: numbered or named once the class is known."""

    __slots__ = ()


def auto(call: LibraryCall) -> Value | None:
    """`enum.auto()`."""
    return native_object(call.interp, "object", Auto(), call.place, "auto")


class Member(Native):
    """A member of an enum whose class says more about it than its value: methods, properties, a constructor."""

    __slots__ = ("is_text", "name", "value")

    def __init__(self, name: str, value: Value, *, is_text: bool) -> None:
        self.name = name
        self.value = value
        self.is_text = is_text

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("value", "_value_"):
            return obj.fields.get("_value_", self.value)
        if name in ("name", "_name_"):
            return constant(self.name)
        return None

    def text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        held = next(iter(obj.fields.get("_value_", self.value).atoms()), None)
        if isinstance(held, Const | Str):
            return held if self.is_text else Const(f"{obj.label}.{self.name}")
        return None

    def texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        held = self.text(interp, obj)
        return value_of(held) if held is not None else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if self.is_text and obj.cls is not None and obj.cls.method(name) is None:
            return calls.call_method(interp, self.value, name, args, place)
        return None


ENUMS: Final = frozenset(
    {"Enum", "StrEnum", "IntEnum", "TextChoices", "IntegerChoices", "Flag", "IntFlag", "Choices", "ReprEnum"}
)


def class_defined(interp: Interpreter, info: ClassInfo) -> None:
    """A class of the project has been defined: members of enums get their numbers, names, and what their class adds."""
    if info.module.family != "python":
        return
    _tell_members(interp, info)
    _tell_bases(interp, info)
    bases = {path.rsplit(".", 1)[-1] for path in info.library_bases()}
    if not bases & ENUMS:
        return
    is_text = bool(bases & {"StrEnum", "str", "TextChoices"})
    own = [
        function
        for ancestor in info.ancestry()
        for function in ancestor.definition.methods
        if function.name not in ("__str__", "_generate_next_value_", "_missing_", "__repr__", "__format__")
    ]
    count = 0
    generate = info.method("_generate_next_value_")
    for field in info.definition.fields:
        held = info.statics.fields.get(field.name)
        if held is None or not field.is_static or field.name.startswith("_"):
            continue
        count += 1
        if any(isinstance(obj.native, Auto) for obj in held.only(Obj)):
            place = Place(
                info.module.path, field.span.line, field.span.column, field.span.end_line, field.span.end_column
            )
            held = (
                value_of(Const(field.name.lower() if is_text else field.name, place))
                if is_text or generate is not None
                else constant(count)
            )
        elif bases & {"TextChoices", "IntegerChoices"}:
            # Django's choices: the label stands beside the value.
            known = operators.known_items(interp, held) if held.only(Obj) else None
            held = known[0] if known else held
        plain = all(isinstance(atom, Const | Str) for atom in held.atoms())
        if own or not plain:
            held = member(interp, info, field.name, held, is_text=is_text)
        info.statics.fields[field.name] = held
        info.scope.vars[field.name] = held


def _tell_members(interp: Interpreter, info: ClassInfo) -> None:
    """Run `__set_name__` of the descriptors among a class's attributes."""
    place = interp.no_place(info.module.path)
    for name, held in list(info.statics.fields.items()):
        for obj in held.only(Obj):
            if obj.cls is not None and obj.cls.method("__set_name__") is not None and interp.state is not None:
                args = Arguments(positional=[value_of(info), constant(name)])
                calls.call_method(interp, value_of(obj), "__set_name__", args, place, awaited=True)


def _tell_bases(interp: Interpreter, info: ClassInfo) -> None:
    """Run the `__init_subclass__` of the nearest base that has one, with the class's keywords."""
    from cybrid_audit.engine.values import Fn

    for base in info.bases:
        for parent in base.only(ClassInfo):
            found = parent.method("__init_subclass__")
            if found is None or interp.state is None:
                continue
            function, home = found
            keywords = {
                keyword.name: in_class(interp, info, keyword.value)
                for keyword in info.definition.keywords
                if keyword.name and keyword.name != "metaclass"
            }
            calls.invoke(
                interp,
                Fn(function, home.scope, home.module, value_of(info), home),
                Arguments(keywords=keywords),
                info.statics.place,
                awaited=True,
            )
            return


def member(interp: Interpreter, info: ClassInfo, name: str, held: Value, *, is_text: bool) -> Value:
    """Return a member of an enum as an instance of its class."""
    obj = Obj("instance", info.statics.place, shared=True)
    obj.cls, obj.label = info, info.name
    obj.native = Member(name, held, is_text=is_text)
    this = value_of(obj)
    known = (
        operators.known_items(interp, held)
        if any(isinstance(atom, Obj) and atom.kind == "list" for atom in held.atoms())
        else None
    )
    for maker in ("__new__", "__init__"):
        found = info.method(maker)
        if found is None or interp.state is None:
            continue
        function, home = found
        from cybrid_audit.engine.values import Fn

        if maker == "__new__":
            continue
        calls.invoke(
            interp,
            Fn(function, home.scope, home.module, this, home),
            Arguments(positional=known if known is not None else [held]),
            info.statics.place,
            awaited=True,
        )
    return this
