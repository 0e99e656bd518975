"""Reading and writing fields, items and methods of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls, jvm, swift
from cybrid_audit.engine.values import (
    ASSUMED,
    NO_PROOFS,
    NONE,
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
    Namespace,
    Native,
    Obj,
    Outcome,
    Place,
    PlatformData,
    Promise,
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
    may_be_same,
    picked,
    unknown,
    value_of,
)
from cybrid_audit.languages import RECEIVERS

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


def get_attribute(interp: Interpreter, value: Value, name: str, place: Place) -> Value:
    """Return `value.name`."""
    result = NOTHING
    several = len(value.alts) > 1
    for atom, proofs in value.alts:
        if several and isinstance(atom, Const) and atom.value is None:
            # Reading a field of nothing does not go on.
            continue
        held = get_one(interp, atom, name, place)
        result = result.join(held.with_proofs(proofs))
    return result


def get_one(interp: Interpreter, atom: Atom, name: str, place: Place) -> Value:
    """Return `atom.name`."""
    if interp.language in RECEIVERS:
        extended = jvm.extension_property(interp, atom, name, place)
        if extended is None:
            extended = interp.models.family_attribute(interp, atom, name, place)
        if extended is not None:
            return extended
    match atom:
        case Obj():
            return _object_field(interp, atom, name, place)
        case ClassInfo():
            return _static(interp, atom, name, place)
        case Namespace(module=module):
            return interp.program.member(interp, module, name)
        case Lib(path=path, sources=sources):
            return interp.models.library_attribute(interp, path, name, sources, place)
        case Const(value=None):
            return NOTHING if interp.language == "javascript" else unknown("an attribute of None")
        case MintBody(token=token):
            if name in ("access_token", "accessToken"):
                return value_of(token)
            if name in ("data", "body", "value", "payload"):
                return value_of(atom)
            return unknown(f"{name} of a token answer", hint=name)
        case PlatformData(call=call, path=path):
            if name in ("data", "body") or (name == "payload" and not path):
                return value_of(PlatformData(call, path))
            return value_of(PlatformData(call, f"{path}.{name}"))
        case Response(body=body):
            return interp.models.response_attribute(interp, atom, body, name)
        case Promise(value=inner, proofs=held):
            # A field of the promise itself is none of what it resolves to; outcomes of checks must not be taken for it.
            untold = held or any(isinstance(each, Outcome) for each in inner.atoms())
            return derived(name, inner, hint=name) if untold else get_attribute(interp, inner, name, place)
        case Outcome(path=path):
            return interp.models.outcome_attribute(interp, atom, name, place)
        case Input(kind=kind):
            interp.models.input_read(name)
            return value_of(Input(kind, name))
        case Stored() | Unknown():
            return interp.models.opaque_attribute(interp, atom, name, place)
        case Fn():
            if name in ("name", "__name__", "length"):
                return constant(atom.function.name)
            return interp.models.function_attribute(interp, atom, name, place)
        case Const() | Str() if name == "value":
            return value_of(atom)
        case Const(value=str() | bytes()) | Str() if interp.language == "python" and name in BOUND:
            return _method_value(atom, name)
        case Const(value=str() | bytes()) | Str() if name in ("length", "__len__"):
            return unknown("a length")
        case _:
            return derived(name, value_of(atom), hint=name)


def out_of_spread(interp: Interpreter, rest: Value, name: str, place: Place) -> Value:
    """Return a named field of what unknown keys hold: of a spread row or request, the field that it has itself."""
    result = NOTHING
    for atom, proofs in rest.alts:
        held = value_of(atom)
        told = atom.sources if isinstance(atom, Unknown) and atom.reason == SPREAD else ()
        if told and all(isinstance(source, Stored | Input) for source in told):
            held = join_all(get_one(interp, source, name, place) for source in told)
        result = result.join(held.with_proofs(proofs))
    return result


def _object_field(interp: Interpreter, obj: Obj, name: str, place: Place) -> Value:
    held = obj.fields.get(name)
    if held is not None:
        if obj.rest is not None:
            held = held.join(obj.rest)
        return interp.models.read_accessor(interp, held, place)
    if obj.shared and obj.cls is None and obj.kind in ("map", "object"):
        similar = [value for key, value in obj.fields.items() if "{?}" in key and may_be_same(key, name)]
        if similar:
            return join_all([*similar, obj.rest or NOTHING]).join(V_NONE)
    if obj.cls is not None and not (obj.cls.module.family == "jvm" and jvm.has_field(obj.cls, name)):
        method = calls.bound_method(interp, obj, name, place)
        if method is not None:
            return method
        if interp.language == "python":
            for info in obj.cls.ancestry():
                static = info.statics.fields.get(name)
                if static is not None:
                    return _through_instance(interp, obj, interp.program.resolve_held(interp, static), place)
            if name == "__class__":
                return value_of(obj.cls)
            if name == "__dict__":
                made = interp.new("object", place=place)
                made.fields, made.rest = obj.fields, obj.rest
                return value_of(made)
    native = interp.models.object_attribute(interp, obj, name, place)
    if native is not None:
        return native
    if obj.cls is not None and interp.language == "python" and not name.startswith("__"):
        fallback = calls.bound_method(interp, obj, "__getattr__", place)
        if fallback is not None:
            stamp = interp.frame.id if interp.frames else 0
            return calls.call(
                interp, fallback, Arguments(positional=[value_of(Const(name, place, stamp))]), place, awaited=True
            )
    if obj.rest is not None:
        rest = out_of_spread(interp, obj.rest, name, place)
        return rest if obj.kind in ("map", "object") else rest.join(V_NONE)
    if (
        interp.language == "python"
        and obj.cls is None
        and obj.kind in ("list", "generator", "map", "set", "object")
        and name in BOUND
    ):
        return _method_value(obj, name)
    if obj.kind in ("list", "generator", "map", "set"):
        return unknown(f"{name} of a collection")
    if obj.kind == "object" and obj.native is None and obj.cls is None:
        return V_NONE if interp.language == "javascript" else unknown(f"no field {name}", hint=name)
    return interp.models.missing_field(interp, obj, name, place)


SPREAD: Final = "a spread"
"""Why the content of an object is unknown that something opaque was spread into."""

BOUND = frozenset(
    {"append", "extend", "add", "update", "get", "pop", "setdefault", "keys", "values", "items", "copy", "index", "count", "join", "format", "strip",
     "lower", "upper", "replace", "split", "startswith", "endswith", "encode", "decode", "lstrip", "rstrip", "title", "removeprefix", "removesuffix",
     "union", "difference", "intersection", "discard", "remove", "clear", "insert", "format_map", "partition", "rpartition", "isdigit", "zfill",
     "capitalize", "casefold", "__getitem__", "__contains__", "fromkeys", "popleft", "appendleft"}
)  # fmt: skip
"""Methods of texts and collections that Python code hands on as values: `map("{}:read".format, names)`, `sorted(xs, key=order.get)`."""


def _method_value(target: Atom, name: str) -> Value:
    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        from cybrid_audit.engine import primitives

        if isinstance(target, Obj):
            held = interp.models.object_method(interp, target, name, args, place)
            held = held if held is not None else primitives.collection_method(interp, target, name, args, place)
        else:
            held = primitives.text_method(interp, target, name, args, place)
        return held if held is not None else derived(f"the result of {name}", value_of(target), *args.every())

    return value_of(Native(name, run))


def _through_instance(interp: Interpreter, obj: Obj, held: Value, place: Place) -> Value:
    """Return what an attribute of a class gives that is read off an instance: descriptors are asked, functions bound."""
    result = NOTHING
    for atom, proofs in held.alts:
        if (
            isinstance(atom, Fn)
            and atom.this is None
            and atom.module.family == "python"
            and not atom.args
            and not atom.keywords
            and atom.function.kind != "static"
        ):
            one = value_of(atom.bind(value_of(obj)))
        elif isinstance(atom, Obj) and atom.cls is not None and atom.cls.method("__get__") is not None:
            one = calls.call_method(
                interp,
                value_of(atom),
                "__get__",
                Arguments(positional=[value_of(obj), value_of(obj.cls) if obj.cls else V_NONE]),
                place,
                awaited=True,
            )
        elif isinstance(atom, Obj) and (bound := interp.models.bound_to(interp, atom, obj, place)) is not None:
            one = bound
        else:
            one = value_of(atom)
        result = result.join(one.with_proofs(proofs))
    return result


def _static(interp: Interpreter, info: ClassInfo, name: str, place: Place) -> Value:
    for ancestor in info.ancestry():
        held = ancestor.statics.fields.get(name)
        if held is not None:
            return interp.program.resolve_held(interp, held)
        for function in ancestor.definition.methods:
            if function.name == name and function.kind == "static getter":
                getter = Fn(function, ancestor.scope, ancestor.module, value_of(info), ancestor)
                return calls.invoke(interp, getter, Arguments(), place, awaited=True)
            if function.name == name and function.kind in ("static", "classmethod"):
                this = value_of(info)
                return calls.decorated_method(
                    interp,
                    function,
                    ancestor,
                    this if function.kind == "classmethod" or interp.language != "python" else None,
                )
    for ancestor in info.ancestry():
        for function in ancestor.definition.methods:
            if function.name == name:
                return calls.decorated_method(interp, function, ancestor, None)
    for kind in calls.metaclasses(interp, info):
        if kind.method(name) is not None or any(name in each.statics.fields for each in kind.ancestry()):
            held = _static(interp, kind, name, place)
            return held.map(
                lambda atom: atom.bind(value_of(info)) if isinstance(atom, Fn) and atom.this is None else atom
            )
    if info.module.family == "jvm":
        if name in ("Companion", "INSTANCE"):
            return value_of(info)
        members = jvm.of_enum(interp, info, name)
        if members is not None:
            return members
    if info.module.family == "swift":
        extended = swift.extended(interp, info.name, name, place)
        if extended is not None:
            return extended
    if name in ("name", "__name__", "__qualname__"):
        return constant(info.name)
    if name == "prototype":
        return value_of(info.statics)
    if name == "__members__":
        return value_of(info.statics)
    return interp.models.class_attribute(interp, info, name, place)


def set_attribute(interp: Interpreter, value: Value, name: str, new: Value, place: Place) -> None:
    """Perform `value.name = new`."""
    certain = len(value.alts) == 1
    for atom in value.atoms():
        match atom:
            case Obj():
                if interp.models.set_native(interp, atom, name, new, place):
                    continue
                if atom.cls is not None and _set_through_class(interp, atom, name, new, place):
                    continue
                write(interp, atom, name, new, place, certain=certain)
            case ClassInfo():
                write(interp, atom.statics, name, new, place, certain=False)
            case Fn():
                write(interp, interp.models.function_object(atom), name, new, place, certain=False)
            case Namespace(module=module):
                interp.program.ensure(interp, module)
                interp.store_outer(module.scope, name, new, _NoNode(place))  # type: ignore[arg-type]
            case Lib() | Stored() | Unknown() | Input():
                interp.models.set_opaque(interp, atom, name, new, place)
            case _:
                continue


def _set_through_class(interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
    """Run a property's setter, or a descriptor's `__set__`; return whether the class has one for the name."""
    assert obj.cls is not None
    for info in obj.cls.ancestry():
        for function in info.definition.methods:
            if function.name == name and function.kind == "setter":
                setter = Fn(function, info.scope, info.module, value_of(obj), info)
                calls.invoke(interp, setter, Arguments(positional=[new]), place, awaited=True)
                return True
        for atom in (info.statics.fields.get(name) or NOTHING).only(Obj):
            if atom.cls is not None and atom.cls.method("__set__") is not None:
                calls.call_method(
                    interp, value_of(atom), "__set__", Arguments(positional=[value_of(obj), new]), place, awaited=True
                )
                return True
    return False


class _NoNode:
    """Stands for a node where only a place is known."""

    def __init__(self, place: Place) -> None:
        from cybrid_audit import ir

        self.span = ir.Span(0, 0, place.line, place.column, place.end_line, place.end_column)


def write(
    interp: Interpreter,
    obj: Obj,
    name: str,
    new: Value,
    place: Place,
    *,
    certain: bool = True,
    key: Value | None = None,
) -> None:
    """Store into a field: replaces when the object was born on this very path, else joins."""
    state = interp.state
    here = state.branch if state else ()
    held = obj.fields.get(name)
    # While modules run, what they make is theirs alone, although it will be shared.
    fresh = (
        certain
        and (not obj.shared or interp.shared_births > 0)
        and obj.born[: len(here)] == here
        and obj.born != ASSUMED
        and (obj.shared or not interp.lasts(obj))
    )
    if state is not None and not obj.shared and (limits := frozenset(c for c in state.proven if c.kind == "sandbox")):
        # What a branch for one environment writes is only there in that environment.
        new = new.with_proofs(limits)
    value = new if obj.shared and interp.shared_births else (new.without_proofs() if obj.shared else new)
    if held is None and obj.shared and interp.shared_births == 0 and interp.language != "python" and obj.rest is None:
        # The first request finds nothing there yet.
        value = value.join(V_NONE)
    if held is None or fresh:
        obj.fields[name] = value
        if obj.shared:
            interp.store_version += 1
    else:
        joined, grown = absorb(held, value) if obj.shared else (held.join(value), False)
        if joined is not held or grown:
            obj.fields[name] = joined
            if obj.shared or obj.born == ASSUMED:
                interp.store_version += 1
    if is_kept(interp, obj):
        obj.grown = True
        interp.models.on_store(interp, f"{obj.label or obj.kind} field {name}", key, new, place, obj)
        share(value)


def absorb(held: Value, new: Value, depth: int = 3) -> tuple[Value, bool]:
    """Return what a place that outlives requests holds once it is given something more, and whether it has grown.

    Objects that one expression makes again and again are kept as one there, whose fields hold what any of them held."""
    result, grown = held, False
    for atom, proofs in new.alts:
        twin = (
            next(
                (
                    each
                    for each in held.atoms()
                    if isinstance(each, Obj) and isinstance(atom, Obj) and _alike(each, atom)
                ),
                None,
            )
            if depth
            else None
        )
        if twin is None or not isinstance(atom, Obj):
            joined = result.join(Value(((atom, proofs),)))
            grown, result = grown or joined is not result, joined
        elif twin is not atom:
            grown = _take_over(twin, atom, depth) or grown
    return result, grown


def _alike(a: Obj, b: Obj) -> bool:
    return a is b or (
        a.place is not None
        and a.place == b.place
        and a.kind == b.kind
        and a.cls is b.cls
        and a.native is None
        and b.native is None
    )


def _take_over(twin: Obj, obj: Obj, depth: int) -> bool:
    """Join what an object holds into its twin; return whether the twin has grown."""
    grown = False
    for name, value in obj.fields.items():
        held = twin.fields.get(name)
        twin.fields[name], more = (value, True) if held is None else absorb(held, value, depth - 1)
        grown = grown or more
    if twin.items is not None and obj.items is not None and len(twin.items) == len(obj.items):
        for index, value in enumerate(obj.items):
            twin.items[index], more = absorb(twin.items[index], value, depth - 1)
            grown = grown or more
        return grown
    extra = [*(obj.items or []), *([obj.rest] if obj.rest is not None else [])]
    if twin.items is not None and (obj.items is not None or obj.rest is not None):
        extra.extend(twin.items)
        twin.items = None
    for value in extra:
        twin.rest, more = (value, True) if twin.rest is None else absorb(twin.rest, value, depth - 1)
        grown = grown or more
    return grown


def is_kept(interp: Interpreter, obj: Obj) -> bool:
    """Whether a write makes something outlive the request: into what is shared, and not while it is only being set up."""
    if not obj.shared:
        return False
    if interp.shared_births == 0:
        return True
    # A script's own functions write into what its top level made, as requests do.
    function = interp.frames[-1].function if interp.frames else None
    return (
        function is not None and obj.function is None and function.name != "__init__" and function.kind != "constructor"
    )


def share(value: Value, depth: int = 4) -> None:
    """Mark everything reachable from a value as outliving the request."""
    for atom in value.atoms():
        if isinstance(atom, Obj) and not atom.shared and depth > 0:
            atom.shared = True
            for held in (*atom.fields.values(), *(atom.items or ()), *((atom.rest,) if atom.rest is not None else ())):
                share(held, depth - 1)


def get_item(interp: Interpreter, value: Value, key: Value, place: Place, *, picks: bool = True) -> Value:
    """Return `value[key]`; a literal out of a table enters the data flow with the key that `picks` it."""
    result = NOTHING
    several = len(value.alts) > 1
    missing = False
    for atom, proofs in value.alts:
        if several and isinstance(atom, Const) and atom.value is None:
            continue
        held = _item(interp, atom, key, place, picks=picks)
        missing = missing or held is MISSING_KEY
        result = result.join(held.with_proofs(proofs))
    if missing and not result.alts:
        # No alternative has the key: nothing goes on from here.
        interp.state = None
    return result


MISSING_KEY = Value()
"""What a dict gives that surely lacks the key, where somebody is ready for that."""


def _item(interp: Interpreter, atom: Atom, key: Value, place: Place, *, picks: bool = True) -> Value:
    if isinstance(atom, Obj) and atom.native is not None:
        read = interp.models.object_key(interp, atom, key, place)
        if read is not None:
            return read
    if isinstance(atom, Obj) and atom.kind in ("list", "generator"):
        index = key.const()
        if atom.items is not None and isinstance(index, int) and not isinstance(index, bool):
            if -len(atom.items) <= index < len(atom.items):
                return atom.items[index]
            return atom.rest or V_NONE
        from cybrid_audit.engine import operators

        if isinstance(index, str):
            return get_one(interp, atom, index, place)
        return operators.element_of(interp, value_of(atom))
    if (
        isinstance(atom, ClassInfo)
        and interp.language == "python"
        and not any(isinstance(each, Const | Str) for each in key.atoms())
    ):
        # A generic class with its type arguments is still the class.
        return value_of(atom)
    if isinstance(atom, Obj) and atom.cls is not None and interp.language == "python":
        method = calls.bound_method(interp, atom, "__getitem__", place)
        if method is not None:
            return calls.call(interp, method, Arguments(positional=[key]), place, awaited=True)
    result = NOTHING
    missing = False
    for key_atom in key.atoms():
        text = key_text(key_atom)
        if isinstance(key_atom, Const) and isinstance(key_atom.value, int) and not isinstance(key_atom.value, bool):
            if isinstance(atom, PlatformData):
                result = result.join(value_of(PlatformData(atom.call, f"{atom.path}[]")))
                continue
            if not isinstance(atom, Obj | Namespace | ClassInfo | Lib):
                kept = interp.models.kept_column(interp, atom, "") if isinstance(atom, Stored) else None
                result = result.join(kept if kept is not None else derived("an item", value_of(atom)))
                continue
        if "{?}" in text:
            held = _dynamic_item(interp, atom, key_atom, text, place)
            missing = missing or held is MISSING_KEY
            result = result.join(held)
        elif (
            isinstance(atom, Obj)
            and atom.kind in ("object", "map")
            and text not in atom.fields
            and not any("{?}" in key for key in atom.fields)
        ):
            native = interp.models.object_attribute(interp, atom, text, place)
            if native is not None:
                result = result.join(native)
            elif interp.key_guards and atom.rest is None and interp.language == "python":
                # Whoever reads it is ready for a missing key.
                interp.raises(value_of(Lib("KeyError()")))
                missing = True
            elif atom.rest is not None:
                result = result.join(out_of_spread(interp, atom.rest, text, place))
            else:
                result = result.join(
                    V_NONE if interp.language == "javascript" else unknown(f"no key {text}", hint=text)
                )
        else:
            held = get_one(interp, atom, text, place)
            if (
                picks
                and isinstance(key_atom, Const)
                and key_atom.stamp in interp.active
                and isinstance(atom, Obj | ClassInfo | Namespace)
            ):
                held = picked(held, key_atom.stamp)
            result = result.join(held)
    return MISSING_KEY if missing and not result.alts else result


def _dynamic_item(interp: Interpreter, atom: Atom, key: Atom, text: str, place: Place) -> Value:
    if isinstance(atom, Obj):
        if text in atom.fields:
            return atom.fields[text].join(atom.rest or NOTHING)
        similar = [value for key_name, value in atom.fields.items() if may_be_same(key_name, text)]
        if text != "{?}" and atom.native is None and not similar and atom.rest is None and atom.fields:
            if interp.key_guards and interp.language == "python":
                interp.raises(value_of(Lib("KeyError()")))
                return MISSING_KEY
            return V_NONE if interp.language == "javascript" else unknown(f"no key {text}", hint=text)
        if text != "{?}" and similar and atom.native is None:
            found = join_all([*similar, atom.rest or NOTHING])
            # A missing key raises in Python.
            return found if interp.language == "python" else found.join(V_NONE)
        native = interp.models.object_item(interp, atom, key, place)
        if native is not None:
            return native
        held = join_all([*atom.fields.values(), atom.rest or NOTHING])
        if not held.alts and interp.language == "jvm" and atom.kind == "map":
            return V_NONE
        if not held.alts:
            if interp.key_guards and interp.language == "python":
                interp.raises(value_of(Lib("KeyError()")))
                return MISSING_KEY
            # A map of Kotlin or Swift gives nothing for a key that nobody has put there yet.
            return V_NONE if interp.language in RECEIVERS else unknown("an empty collection")
        # A missing key raises in Python.
        return held if interp.language == "python" else held.join(V_NONE)
    if isinstance(atom, ClassInfo):
        return join_all(atom.statics.fields.values()) if atom.statics.fields else unknown("a class member")
    if isinstance(atom, Namespace):
        return interp.program.any_member(interp, atom.module)
    if isinstance(atom, Lib):
        return interp.models.library_item(interp, atom, key, place)
    if isinstance(atom, Input):
        return value_of(atom)
    return derived("an item", value_of(atom))


def set_item(interp: Interpreter, value: Value, key: Value, new: Value, place: Place) -> None:
    """Perform `value[key] = new`."""
    for atom in value.atoms():
        if not isinstance(atom, Obj):
            name = key.const()
            set_attribute(interp, value_of(atom), str(name) if name is not None else "{?}", new, place)
            continue
        if atom.cls is not None and interp.language == "python":
            method = calls.bound_method(interp, atom, "__setitem__", place)
            if method is not None:
                calls.call(interp, method, Arguments(positional=[key, new]), place, awaited=True)
                continue
        for key_atom in key.atoms():
            text = key_text(key_atom)
            index = key_atom.value if isinstance(key_atom, Const) else None
            if atom.kind == "list":
                if atom.items is not None and isinstance(index, int) and 0 <= index < len(atom.items):
                    atom.items[index] = atom.items[index].join(new)
                else:
                    atom.rest = (atom.rest or NOTHING).join(new)
                continue
            if interp.models.set_native(interp, atom, text, new, place):
                continue
            if "{?}" in text:
                put_dynamic(interp, atom, text, key, new, place)
            else:
                write(interp, atom, text, new, place, certain=len(value.alts) == 1 and len(key.alts) == 1, key=key)


def put_dynamic(interp: Interpreter, obj: Obj, text: str, key: Value, new: Value, place: Place) -> None:
    """Store under a key that is not constant. A key with some constant text keeps its own slot."""
    kept = new.without_proofs() if obj.shared else new
    if text != "{?}":
        held = obj.fields.get(text)
        joined, grown = (kept, True) if held is None else absorb(held, kept) if obj.shared else (held.join(kept), False)
        if held is None or joined is not held or grown:
            obj.fields[text] = joined
            interp.store_version += obj.shared
    else:
        held = obj.rest
        joined, grown = (kept, True) if held is None else absorb(held, kept) if obj.shared else (held.join(kept), False)
        if held is None or joined is not held or grown:
            obj.rest = joined
            interp.store_version += obj.shared
    if is_kept(interp, obj):
        obj.grown = True
        interp.models.on_store(interp, f"{obj.label or obj.kind} entry", key, new, place, obj)
        share(kept)


def spread_into(interp: Interpreter, target: Obj, value: Value) -> None:
    """Perform `{...value}`: the fields of every alternative, over what is there."""
    if any(isinstance(atom, Response) for atom in value.atoms()):
        # Clients that give the body itself: what it was parsed from is spread as it.
        value = join_all(atom.body if isinstance(atom, Response) else value_of(atom) for atom in value.atoms())
    objects = [atom for atom in value.atoms() if isinstance(atom, Obj)]
    others = [atom for atom in value.atoms() if not isinstance(atom, Obj | Const)]
    absent = len(objects) < len(value.alts)
    for obj in objects:
        source = dict(obj.fields)
        if obj.kind == "instance" and obj.native is not None:
            source |= interp.models.native_fields(obj)
        for name, held in source.items():
            before = target.fields.get(name)
            if absent or len(objects) > 1:
                target.fields[name] = held if before is None else before.join(held)
            else:
                target.fields[name] = held
        if obj.rest is not None:
            target.rest = (target.rest or NOTHING).join(obj.rest)
        if obj.native is not None and target.native is None and obj.kind != "instance":
            target.native = obj.native
    for atom in others:
        if isinstance(atom, MintBody):
            target.fields["access_token"] = value_of(atom.token)
            continue
        if isinstance(atom, Bool_TYPES):
            continue
        target.rest = (target.rest or NOTHING).join(derived(SPREAD, value_of(atom)))


def without(interp: Interpreter, value: Value, names: list[str], place: Place) -> Value:
    """Return the rest of a destructured object."""
    obj = interp.new("object", place=place)
    spread_into(interp, obj, value)
    for name in names:
        obj.fields.pop(name, None)
    return value_of(obj)


def _bool_types() -> tuple[type, ...]:
    from cybrid_audit.engine.values import Bool

    return (Bool,)


Bool_TYPES = _bool_types()

__all__ = [
    "NONE",
    "NO_PROOFS",
    "Arguments",
    "Env",
    "Native",
    "Secret",
    "Token",
    "get_attribute",
    "get_item",
    "get_one",
    "put_dynamic",
    "set_attribute",
    "set_item",
    "share",
    "spread_into",
    "without",
    "write",
]
