"""How Kotlin and Java find what a name means: implicit receivers, packages, extensions, overloads.

A name is looked for from the inside out: the variables of each function, the members of its `this`, the static members of the class
around it, the file, the package, whole packages that are imported, then the libraries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, dart, operators, swift
from cybrid_audit.engine.values import (
    NONE,
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Fn,
    Lib,
    Native,
    Obj,
    Place,
    Proofs,
    Scope,
    Str,
    Unknown,
    Value,
    derived,
    join_all,
    truth,
    unknown,
    value_of,
)

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule

TYPE_ARGUMENT: Final = "%T"
SCOPE_FUNCTIONS: Final = frozenset({"let", "run", "also", "apply", "use", "useLines", "takeIf", "takeUnless"})
_TEXTS: Final = frozenset({"String", "CharSequence", "Any", "Object", "Comparable", "Serializable"})
_NUMBERS: Final = frozenset(
    {"Int", "Long", "Short", "Byte", "Double", "Float", "Number", "Any", "Object", "Comparable", "int", "long", "short"}
    | {"byte", "double", "float", "Integer", "BigDecimal"}
)
_PLAIN: Final = _TEXTS | _NUMBERS | {"Boolean", "boolean", "Char", "char", "ByteArray", "Unit", "Void"}


# ---------------------------------------------------------------- names


def scopes(interp: Interpreter) -> Iterator[Scope]:
    """Yield the scopes around the running code, the innermost first."""
    scope: Scope | None = interp.frame.scope
    while scope is not None:
        yield scope
        scope = scope.parent


def local_scope(interp: Interpreter, name: str) -> Scope | None:
    """Return the nearest function around the running code that has a variable of its own: it comes before all receivers."""
    if name == "this" or name[:1] == "%":
        return None
    return next((each for each in scopes(interp) if each.function is not None and name in each.vars), None)


def receivers(interp: Interpreter) -> Iterator[Value]:
    """Yield what `this` is, from the inside out."""
    for scope in scopes(interp):
        held = scope.vars.get("this")
        if held is not None:
            yield held


def lookup(interp: Interpreter, name: str, node: ir.Node) -> Value:
    """Return what a name holds."""
    if name.startswith("this@"):
        return labelled(interp, name[5:])
    place = interp.place(node)
    if name.startswith("."):
        return swift.implicit(interp, name[1:], place)
    local = local_scope(interp, name)
    if local is not None:
        return interp.program.resolve(interp, local, name, local.vars[name])
    for scope in scopes(interp):
        value = scope.vars.get(name)
        if value is not None:
            return interp.program.resolve(interp, scope, name, value)
        if name.startswith("%") or name == "this":
            continue
        held = scope.vars.get("this")
        if held is not None:
            member = of_receiver(interp, held, name, place)
            if member is not None:
                return interp.of_receiver(member)
        held = scope.vars.get("%class")
        for info in held.only(ClassInfo) if held is not None else ():
            if has_static(info, name):
                return attributes.get_one(interp, info, name, place)
            members = of_enum(interp, info, name)
            if members is not None:
                return members
            outer = around(interp, info, name)
            if outer is not None:
                return attributes.get_attribute(interp, outer, name, place)
    found = of_package(interp, interp.frame.module, name)
    if found is not None:
        return found
    for receiver in receivers(interp):
        for base in library_bases(receiver):
            if interp.models.row(interp, "read", f"{base}().{name}") is not None:
                return interp.models.library_attribute(interp, f"{base}()", name, frozenset(), place)
    return interp.models.global_name(interp, name, node)


def type_named(interp: Interpreter, node: ir.Name) -> Value:
    """Return the class that a name means where only a class can stand: a variable may have the same name."""
    name = node.id
    for scope in scopes(interp):
        held = scope.vars.get(name)
        value = interp.program.resolve(interp, scope, name, held) if held is not None else NOTHING
        if any(isinstance(atom, ClassInfo | Lib) for atom in value.atoms()):
            return value
        for info in scope.vars["%class"].only(ClassInfo) if "%class" in scope.vars else ():
            for ancestor in info.ancestry():
                inner: Value = ancestor.statics.fields.get(name, NOTHING)
                if inner.only(ClassInfo):
                    return inner
    found = of_package(interp, interp.frame.module, name)
    return found if found is not None else interp.models.global_name(interp, name, node)


def around(interp: Interpreter, info: ClassInfo, name: str) -> Value | None:
    """Return the instance of a class around the running code that has a member, or None when it has none of that name.

    An inner class is made by a method of it, so that its instance is found among the running activations; else nobody knows which
    one it is, and the one that callers out of sight would use stands for it."""
    if not declares(info, name):
        return None
    for frame in reversed(interp.frames):
        scope = frame.scope.find("this")
        for obj in scope.vars["this"].only(Obj) if scope is not None else ():
            if obj.cls is not None and info in obj.cls.ancestry():
                return value_of(obj)
    if interp.state is None or interp.frame.fn is None:
        return None
    from cybrid_audit.models.types import assumed

    return assumed(interp, info)


def labelled(interp: Interpreter, label: str) -> Value:
    """Return `this@label`: the receiver of that class or function, else the outermost one."""
    found = NOTHING
    for scope in scopes(interp):
        held = scope.vars.get("this")
        if held is None:
            continue
        names = {each.name for obj in held.only(Obj) if obj.cls is not None for each in obj.cls.ancestry()}
        if label in names or (scope.function is not None and scope.function.name == label):
            return held
        found = held
    for frame in reversed(interp.frames):
        scope_of_this = frame.scope.find("this")
        for obj in scope_of_this.vars["this"].only(Obj) if scope_of_this is not None else ():
            if obj.cls is not None and label in (each.name for each in obj.cls.ancestry()):
                return value_of(obj)
    return found if found.alts else unknown("this", hint=label)


def of_receiver(interp: Interpreter, receiver: Value, name: str, place: Place) -> Value | None:
    """Return a member of an implicit receiver, or None when it has none of that name."""
    result = NOTHING
    for atom, proofs in receiver.alts:
        held: Value | None = None
        if isinstance(atom, Obj):
            if name in atom.fields or (atom.cls is not None and declares(atom.cls, name)):
                held = attributes.get_one(interp, atom, name, place)
            elif atom.cls is not None and has_static(atom.cls, name):
                held = attributes.get_one(interp, atom.cls, name, place)
            elif atom.native is not None:
                held = interp.models.object_attribute(interp, atom, name, place)
        elif isinstance(atom, ClassInfo):
            held = attributes.get_one(interp, atom, name, place) if has_static(atom, name) else None
        elif isinstance(atom, Lib) and interp.models.row(interp, "read", f"{atom.path}.{name}") is not None:
            held = attributes.get_one(interp, atom, name, place)
        elif not isinstance(atom, Lib | Unknown):
            held = interp.models.family_attribute(interp, atom, name, place)
        if held is not None:
            result = result.join(held.with_proofs(proofs))
    return result if result.alts else None


def declares(info: ClassInfo, name: str) -> bool:
    """Whether instances of a class have a member."""
    if info.method(name) is not None:
        return True
    for ancestor in info.ancestry():
        definition = ancestor.definition
        if any(field.name == name and not field.is_static for field in definition.fields):
            return True
        for function in definition.methods:
            if function.name == name:
                return True
            if function.kind == "constructor" and any(param.field == name for param in function.params):
                return True
    return False


def has_field(info: ClassInfo, name: str) -> bool:
    """Whether instances of a class have a field: a method may have the same name, and a property an accessor."""
    return any(
        any(field.name == name and not field.is_static for field in ancestor.definition.fields)
        and not any(function.name == name and function.kind == "getter" for function in ancestor.definition.methods)
        for ancestor in info.ancestry()
    )


def has_static(info: ClassInfo, name: str) -> bool:
    """Whether a class has a static member."""
    return any(
        name in ancestor.statics.fields
        or any(
            function.name == name and function.kind in ("static", "static getter")
            for function in ancestor.definition.methods
        )
        for ancestor in info.ancestry()
    )


def library_bases(receiver: Value) -> Iterator[str]:
    """Yield the library classes that a receiver's class descends from."""
    for obj in receiver.only(Obj):
        if obj.cls is not None:
            yield from obj.cls.library_bases()


def of_package(interp: Interpreter, module: LoadedModule, name: str) -> Value | None:
    """Return what the package of a file, or a package that it imports as a whole, has under a name."""
    if not name or not (name[0].isalpha() or name[0] == "_"):
        return None
    # Swift imports modules alone, never what lies in a type: a module may have the name of one of its types.
    packages = [module.tree.package, *(module.wildcards if module.family != "swift" else ())]
    for package in packages:
        whole = f"{package}.{name}" if package else name
        found = declared(interp, module, whole)
        if found is not None:
            return found
    known = interp.models.rows(interp)
    for package in module.wildcards:
        if any(rows.leads(f"{package}.{name}") for rows in known):
            return value_of(Lib(f"{package}.{name}"))
    return None


def declared(interp: Interpreter, module: LoadedModule, whole: str) -> Value | None:
    """Return what the project declares under a dotted name, or None."""
    lazy = imported(interp, module, whole)
    if lazy is None:
        return None
    found = interp.program.resolve_held(interp, lazy)
    return found if found.alts else None


def imported(interp: Interpreter, module: LoadedModule, whole: str) -> Value | None:
    """Return a dotted name of the project, to be looked up when it is first used; None for a library's."""
    from cybrid_audit.engine.program import Imported

    result = NOTHING
    for path, rest in interp.program.project.declared(module.path, whole):
        if path == module.path:
            first, _, more = rest.partition(".")
            if first in module.scope.vars and not more:
                result = result.join(module.scope.vars[first])
            continue
        target = interp.program.load(path)
        if target is not None:
            result = result.join(value_of(Imported(target, rest)))
    return result if result.alts else None


def bind_import(interp: Interpreter, stmt: ir.Import, importer: LoadedModule) -> None:
    """Bind the names of an import."""
    for name, local in stmt.names:
        if name == "**":
            if stmt.module not in importer.wildcards:
                importer.wildcards.append(stmt.module)
            continue
        whole = f"{stmt.module}.{name}" if stmt.module else name
        held = imported(interp, importer, whole)
        interp.set_local(local, held if held is not None else value_of(Lib(whole)))


def member(interp: Interpreter, module: LoadedModule, name: str) -> Value:
    """Return what a file declares under a name, which may go into its classes."""
    first, *more = name.split(".")
    held = module.scope.vars.get(first)
    from cybrid_audit.engine.program import RUNNING

    if held is None:
        return NOTHING if module.status == RUNNING else unknown(f"no member {first}", hint=first)
    value = interp.program.resolve(interp, module.scope, first, held)
    for each in more:
        value = attributes.get_attribute(interp, value, each, interp.no_place(module.path))
    return value


def assign(interp: Interpreter, name: str, value: Value, node: ir.Node) -> None:
    """Assign to a name that is no variable of the running function."""
    place = interp.place(node)
    fallback: Value | None = None
    for scope in scopes(interp):
        if name in scope.vars:
            interp.store_outer(scope, name, value, node)
            return
        held = scope.vars.get("this")
        if held is not None:
            for atom in held.atoms():
                if isinstance(atom, Obj):
                    is_own = name in atom.fields or (atom.cls is not None and declares(atom.cls, name))
                    if is_own or (
                        atom.native is not None and interp.models.set_native(interp, atom, name, value, place)
                    ):
                        if is_own:
                            attributes.set_attribute(interp, held, name, value, place)
                        return
                    if atom.cls is not None and fallback is None:
                        fallback = held
                elif isinstance(atom, ClassInfo) and has_static(atom, name):
                    attributes.set_attribute(interp, held, name, value, place)
                    return
        held = scope.vars.get("%class")
        for info in held.only(ClassInfo) if held is not None else ():
            for ancestor in info.ancestry():
                if name in ancestor.statics.fields:
                    attributes.set_attribute(interp, value_of(ancestor), name, value, place)
                    return
            outer = around(interp, info, name)
            if outer is not None:
                attributes.set_attribute(interp, outer, name, value, place)
                return
    if fallback is not None:
        attributes.set_attribute(interp, fallback, name, value, place)
    else:
        interp.store_outer(interp.module_scope(), name, value, node)


# ---------------------------------------------------------------- calls


def call_name(interp: Interpreter, node: ir.Name, args: Arguments, place: Place, *, awaited: bool) -> Value:
    """Return `name(args)`."""
    name = node.id
    if name.startswith("."):
        return calls.call(interp, swift.implicit(interp, name[1:], place), args, place, awaited=awaited)
    if interp.language == "swift":
        made = swift.constructed(interp, name, args, place)
        if made is not None:
            return made
    local = local_scope(interp, name)
    if local is not None:
        target = interp.program.resolve(interp, local, name, local.vars[name])
        if not _is_data(target):
            return call_value(interp, target, args, place, local, name, awaited=awaited)
    for scope in scopes(interp):
        value = scope.vars.get(name)
        if value is not None:
            target = interp.program.resolve(interp, scope, name, value)
            if not _is_data(target):
                return call_value(interp, target, args, place, scope, name, awaited=awaited)
        held = scope.vars.get("this")
        if held is not None:
            found = call_implicit(interp, held, name, args, place, awaited=awaited)
            if found is not None:
                return found
        held = scope.vars.get("%class")
        for info in held.only(ClassInfo) if held is not None else ():
            members = of_enum(interp, info, name)
            if members is not None:
                return members
            if has_static(info, name):
                return calls.call_method(interp, value_of(info), name, args, place, awaited=awaited)
            if any(interp.models.row(interp, "call", f"{base}.{name}") is not None for base in info.library_bases()):
                return calls.call_method(interp, value_of(info), name, args, place, awaited=awaited)
            outer = around(interp, info, name)
            if outer is not None:
                return calls.call_method(interp, outer, name, args, place, awaited=awaited)
    target_or_none = of_package(interp, interp.frame.module, name)
    if target_or_none is not None:
        return call_value(interp, target_or_none, args, place, None, name, awaited=awaited)
    if interp.language == "dart":
        generated = dart.generated(interp, name, args, place)
        if generated is not None:
            return generated
    if interp.models.row(interp, "call", name) is None:
        for receiver in receivers(interp):
            for base in library_bases(receiver):
                sources = frozenset(receiver.only(Obj))
                return interp.models.call_library(interp, f"{base}().{name}", sources, args, place)
    return calls.call(interp, interp.models.global_name(interp, name, node), args, place, awaited=awaited)


def _is_data(value: Value) -> bool:
    """Whether a variable surely holds nothing that can be called."""
    return bool(value.alts) and all(isinstance(atom, Const | Str) for atom in value.atoms())


def call_value(
    interp: Interpreter,
    target: Value,
    args: Arguments,
    place: Place,
    scope: Scope | None,
    name: str,
    *,
    awaited: bool,
) -> Value:
    """Call what a simple name holds; an extension takes the implicit receiver that fits."""
    if any(isinstance(atom, Fn) and atom.function.kind == "extension" for atom in target.atoms()):
        given = [atom for value in receivers(interp) for atom in [value] if value.alts]
        fns = [atom for atom in target.only(Fn) if atom.function.kind == "extension"]
        this = next((value for value in given if any(_takes(fn, value) for fn in fns)), None)
        passed = Arguments(
            [this if this is not None else unknown("a receiver"), *args.positional],
            args.keywords, args.rest, args.kwrest, args.nodes,
        )  # fmt: skip
        return calls.call(interp, value_of(*fns), passed, place, awaited=awaited)
    if scope is not None and scope.function is not None and args.positional and _has_receiver(scope.function, name):
        rest = Arguments(args.positional[1:], args.keywords, args.rest, args.kwrest)
        return calls.call(interp, bound(target, args.positional[0]), rest, place, awaited=awaited)
    for obj in target.only(Obj):
        if obj.cls is not None and obj.cls.method("invoke") is not None and len(target.alts) == 1:
            return calls.call_method(interp, target, "invoke", args, place, awaited=awaited)
    return calls.call(interp, target, args, place, awaited=awaited)


def _has_receiver(function: ir.Function, name: str) -> bool:
    return any(
        isinstance(param.target, ir.Name)
        and param.target.id == name
        and isinstance(param.annotation, ir.Opaque)
        and param.annotation.kind == "receiver_function_type"
        for param in function.params
    )


def call_implicit(
    interp: Interpreter, receiver: Value, name: str, args: Arguments, place: Place, *, awaited: bool
) -> Value | None:
    """Return `this.name(args)` for an implicit receiver that has such a member, else None."""
    fits = []
    for atom in receiver.atoms():
        if isinstance(atom, Obj):
            if (atom.cls is not None and declares(atom.cls, name)) or _is_callable(atom.fields.get(name)):
                fits.append(atom)
            elif atom.cls is not None and has_static(atom.cls, name):
                return calls.call_method(interp, value_of(atom.cls), name, args, place, awaited=awaited)
            else:
                held = interp.models.object_method(interp, atom, name, args, place)
                if held is not None:
                    return held
        elif isinstance(atom, ClassInfo) and has_static(atom, name):
            return calls.call_method(interp, receiver, name, args, place, awaited=awaited)
        elif isinstance(atom, Lib) and interp.models.row(interp, "call", f"{atom.path}.{name}") is not None:
            return interp.models.call_library(interp, f"{atom.path}.{name}", atom.sources, args, place)
        elif not isinstance(atom, ClassInfo | Lib | Unknown):
            # An answer, a text: inside an extension of it.
            told = interp.models.family_method(interp, atom, name, args, place)
            if told is not None:
                return told
    return calls.call_method(interp, value_of(*fits), name, args, place, awaited=awaited) if fits else None


def _is_callable(value: Value | None) -> bool:
    return value is not None and any(isinstance(atom, Fn | Native | ClassInfo) for atom in value.atoms())


def call_optional(
    interp: Interpreter, receiver: Value, name: str, args: Arguments, place: Place, *, awaited: bool
) -> Value:
    """Return `receiver?.name(args)`: where the receiver may be null, what follows goes on without the call too."""
    if all(atom == NONE for atom in receiver.atoms()):
        return V_NONE
    before = interp.flow()
    if before.state is None or all(operators.nullish(atom) is False for atom in receiver.atoms()):
        return calls.call_method(interp, receiver, name, args, place, awaited=awaited)
    interp.state = interp.enter_branch(before.state)
    held = calls.call_method(interp, receiver, name, args, place, awaited=awaited)
    interp.merge([before, interp.flow()], before.state.branch)
    return held.join(V_NONE)


def bound(target: Value, this: Value) -> Value:
    """Return functions with their receiver."""
    return target.map(lambda atom: atom.bind(this) if isinstance(atom, Fn) else atom)


def before_method(
    interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place, *, awaited: bool
) -> Value | None:
    """Return a method call where the language, not the receiver's class, says what it does; None to go on."""
    if name in SCOPE_FUNCTIONS and args.positional and interp.language == "jvm":
        block = args.positional[-1]
        is_own = isinstance(atom, Obj) and atom.cls is not None and declares(atom.cls, name)
        if not is_own and any(isinstance(each, Fn | Native) for each in block.atoms()):
            return scope_function(interp, atom, name, block, place)
    if isinstance(atom, Obj) and atom.cls is not None:
        chosen = overload(interp, atom.cls, name, args)
        if chosen is not None:
            function, home = chosen
            this = value_of(atom) if function.kind != "static" else None
            fn = Fn(function, home.scope, home.module, this, home)
            return calls.invoke(interp, fn, args, place, awaited=True)
        if atom.cls.method(name) is not None:
            return None
    if isinstance(atom, ClassInfo):
        chosen = overload(interp, atom, name, args)
        if chosen is not None:
            function, home = chosen
            return calls.invoke(
                interp, Fn(function, home.scope, home.module, value_of(home), home), args, place, awaited=True
            )
        if name not in ("valueOf", "values") and has_static(atom, name):
            return None
        members = of_enum(interp, atom, name)
        return members if members is not None else interp.models.family_method(interp, atom, name, args, place)
    if interp.language == "dart" and isinstance(atom, Fn):
        return (
            calls.call(interp, value_of(atom), args, place, awaited=awaited)
            if name == "call"
            else (interp.models.family_method(interp, atom, name, args, place))
        )
    if isinstance(atom, Fn) and (name == "invoke" or (atom.function.kind == "arrow" and not atom.function.name)):
        # A lambda in place of an interface with one method: whatever it is called, it is that method.
        return calls.call(interp, value_of(atom), args, place, awaited=awaited)
    if isinstance(atom, Obj) and _is_callable(atom.fields.get(name)):
        return None
    target = in_sight(interp, name)
    if target is not None:
        own = extension(interp, atom, target, args, place, awaited=awaited)
        if own is not None:
            return own
    told: Value | None = None
    if isinstance(atom, Obj):
        told = interp.models.object_method(interp, atom, name, args, place)
    if isinstance(atom, Lib) and interp.models.row(interp, "call", f"{atom.path}.{name}") is not None:
        return None
    if told is None:
        told = interp.models.family_method(interp, atom, name, args, place)
    return told if told is not None or target is None else library_extension(interp, atom, target, args, place)


def of_enum(interp: Interpreter, info: ClassInfo, name: str) -> Value | None:
    """Return what an enum gives of all its members, or None for any other name."""
    if name not in ("valueOf", "values", "entries") or info.definition.kind not in ("enum class", "enum"):
        return None
    # While the class is being defined its members are still variables.
    held_so_far = {**{key: held for key, held in info.scope.vars.items() if key[0] != "%"}, **info.statics.fields}
    members = [
        held
        for held in held_so_far.values()
        if any(obj.cls is not None and info in obj.cls.ancestry() for obj in held.only(Obj))
    ]
    if name == "valueOf":
        return join_all(members) if members else None
    listed = interp.new("list")
    listed.items = members
    return value_of(listed)


def in_sight(interp: Interpreter, name: str) -> Value | None:
    """Return what a name means that may be an extension: a variable, an import, something of the package."""
    for scope in scopes(interp):
        held = scope.vars.get(name)
        if held is not None:
            return interp.program.resolve(interp, scope, name, held)
        for obj in scope.vars["this"].only(Obj) if "this" in scope.vars else ():
            found = obj.cls.method(name) if obj.cls is not None else None
            if found is not None and found[0].kind in ("extension", "extension getter"):
                # A member that extends another class sees its own instance around the one that it extends.
                inner = Scope(found[1].scope, found[1].module)
                inner.vars["this"] = value_of(obj)
                return value_of(Fn(found[0], inner, found[1].module, None, found[1]))
        info = next(iter(scope.vars["%class"].only(ClassInfo)), None) if "%class" in scope.vars else None
        found = info.method(name) if info is not None else None
        if found is not None and found[0].kind in ("extension", "extension getter"):
            return value_of(Fn(found[0], found[1].scope, found[1].module, None, found[1]))
    return of_package(interp, interp.frame.module, name)


def extension(
    interp: Interpreter, atom: Atom, target: Value, args: Arguments, place: Place, *, awaited: bool
) -> Value | None:
    """Return what an extension of the project, or a function with a receiver, makes of a method call; None when it is none."""
    receiver = value_of(atom)
    fns = [each for each in target.only(Fn) if each.function.kind == "extension" and _takes(each, receiver)]
    if fns:
        passed = Arguments([receiver, *args.positional], args.keywords, args.rest, args.kwrest, args.nodes)
        return calls.call(interp, value_of(*fns), passed, place, awaited=awaited)
    blocks = [each for each in target.only(Fn) if each.function.kind == "arrow" and not each.function.name]
    if not blocks:
        return None
    return join_all(calls.call(interp, value_of(each.bind(receiver)), args, place, awaited=True) for each in blocks)


def library_extension(interp: Interpreter, atom: Atom, target: Value, args: Arguments, place: Place) -> Value | None:
    """Return what an imported extension of a library makes of a method call: its row gets the receiver first."""
    result: Value | None = None
    for each in target.only(Lib):
        if interp.models.row(interp, "call", each.path) is not None:
            passed = Arguments([value_of(atom), *args.positional], args.keywords, args.rest, args.kwrest, args.nodes)
            held = interp.models.call_library(interp, each.path, each.sources, passed, place)
            result = held if result is None else result.join(held)
    return result


def extension_property(interp: Interpreter, atom: Atom, name: str, place: Place) -> Value | None:
    """Return what an extension property of the project gives, or None."""
    target = in_sight(interp, name)
    if target is None:
        return None
    receiver = value_of(atom)
    fns = [each for each in target.only(Fn) if each.function.kind == "extension getter" and _takes(each, receiver)]
    if not fns:
        return None
    return calls.call(interp, value_of(*fns), Arguments(positional=[receiver]), place, awaited=True)


def scope_function(interp: Interpreter, atom: Atom, name: str, block: Value, place: Place) -> Value:
    """Return what `let`, `run`, `also`, `apply`, `use` and `takeIf` make of a value and a block."""
    receiver = value_of(atom)
    if name in ("run", "apply"):
        held = calls.call(interp, bound(block, receiver), Arguments(positional=[]), place, awaited=True)
        return held if name == "run" else receiver
    held = calls.call(interp, block, Arguments(positional=[receiver]), place, awaited=True)
    if name == "also":
        return receiver
    if name not in ("takeIf", "takeUnless"):
        return held
    wanted = name == "takeIf"
    result = NOTHING
    for verdict, proofs in held.alts:
        if truth(verdict) is not (not wanted):
            result = result.join(receiver.with_proofs(proofs | interp.proofs_if(verdict, wanted)))
        if truth(verdict) is not wanted:
            result = result.join(V_NONE)
    return result if result.alts else derived(name, receiver)


# ---------------------------------------------------------------- arguments


def placed(function: ir.Function, args: Arguments, keywords: dict[str, Value]) -> Arguments:
    """Return arguments in the order of the parameters: named ones anywhere, a lambda behind the call for the last parameter.

    Takes from `keywords` what becomes positional."""
    keywords.pop(TYPE_ARGUMENT, None)
    params = [param for param in function.params if param.kind != "type"]
    if any(param.label is not None for param in params):
        return swift.placed(function, args, keywords)
    if args.rest is not None or not args.positional or not params:
        return args
    positional = list(args.positional)
    last = params[-1]
    name = last.target.id if isinstance(last.target, ir.Name) else ""
    block: Value | None = None
    if (
        len(params) > 1
        and last.kind == "positional"
        and name not in keywords
        and any(isinstance(atom, Fn | Native) for atom in positional[-1].atoms())
        and (len(positional) < len(params) or any(param.kind == "rest" for param in params))
        and (type_name(last.annotation).endswith("function_type") or last.default is None)
        and not _is_taken(params, positional, keywords)
    ):
        block = positional.pop()
    if block is None and not keywords:
        return args
    ordered: list[Value] = []
    taken = 0
    for param in params:
        own = param.target.id if isinstance(param.target, ir.Name) else ""
        if own in keywords or not positional:
            break
        taken += 1
        if param.kind == "rest":
            ordered += positional
            positional = []
        else:
            ordered.append(positional.pop(0))
    if block is not None:
        keywords[name] = block
    for param in params[taken:]:
        # Positional arguments behind a named one: each for the next parameter that has none yet.
        own = param.target.id if isinstance(param.target, ir.Name) else ""
        if positional and own and own not in keywords:
            keywords[own] = positional.pop(0)
    return Arguments(ordered, args.keywords, args.rest, args.kwrest, args.nodes)


def _is_taken(params: Sequence[ir.Param], positional: Sequence[Value], keywords: dict[str, Value]) -> bool:
    """Whether the last argument is for the parameter in whose place it stands."""
    index = len(positional) - 1
    if index >= len(params):
        return False
    at = params[index]
    return at is params[-1] or (
        at.kind != "rest" and type_name(at.annotation).endswith("function_type") and not keywords
    )


# ---------------------------------------------------------------- overloads


def overload(interp: Interpreter, info: ClassInfo, name: str, args: Arguments) -> tuple[ir.Function, ClassInfo] | None:
    """Return the method that the arguments choose among several of one name, or None when there are not several."""
    found = [
        (function, each)
        for each in info.ancestry()
        for function in each.definition.methods
        if function.name == name and function.kind in ("method", "static", "constructor")
    ]
    if name == "constructor":
        found = [row for row in found if row[1] is info]
    if len(found) < 2:
        return None
    # What a subclass overrides is no choice.
    kept: list[tuple[ir.Function, ClassInfo]] = []
    for row in found:
        if not any(_same_shape(row[0], other[0]) and row[1] is not other[1] for other in kept):
            kept.append(row)
    if len(kept) < 2:
        return None
    fits = [row for row in kept if fits_arguments(row[0], args)]
    return (fits or kept)[0]


def _same_shape(a: ir.Function, b: ir.Function) -> bool:
    return len(a.params) == len(b.params) and all(
        type_name(x.annotation) == type_name(y.annotation) for x, y in zip(a.params, b.params, strict=True)
    )


def fitting(alternatives: Sequence[tuple[Atom, Proofs]], args: Arguments) -> list[tuple[Atom, Proofs]]:
    """Return the alternatives of a call that its arguments may mean, where they are overloads of one function."""
    names = {atom.function.name for atom, _ in alternatives if isinstance(atom, Fn)}
    if len(names) != 1 or "" in names or not all(isinstance(atom, Fn) for atom, _ in alternatives):
        return list(alternatives)
    fits: list[tuple[Atom, Proofs]] = [
        (atom, proofs) for atom, proofs in alternatives if isinstance(atom, Fn) and fits_arguments(atom.function, args)
    ]
    return fits or list(alternatives)


def fits_arguments(function: ir.Function, args: Arguments) -> bool:
    """Whether arguments may be those of a function: by number, names and the types that are plain to see."""
    params = [param for param in function.params if param.kind != "type"]
    if any(param.label is not None for param in params):
        return swift.fits(function, args)
    names = {param.target.id for param in params if isinstance(param.target, ir.Name)}
    keywords = set(args.keywords) - {TYPE_ARGUMENT}
    if not keywords <= names:
        return False
    is_open = any(param.kind == "rest" for param in params)
    if args.rest is None and len(args.positional) + len(keywords) > len(params) and not is_open:
        return False
    if args.rest is None:
        needed = [
            param
            for index, param in enumerate(params)
            if param.default is None
            and param.kind == "positional"
            and index >= len(args.positional)
            and not (isinstance(param.target, ir.Name) and param.target.id in keywords)
        ]
        if needed:
            return False
    return all(
        may_be(value, param.annotation)
        for param, value in zip(params, args.positional, strict=False)
        if param.kind == "positional"
    )


def _takes(fn: Fn, receiver: Value) -> bool:
    """Whether an extension may be called on a value."""
    first = fn.function.params[0] if fn.function.params else None
    return first is not None and may_be(receiver, first.annotation)


def type_name(annotation: ir.Expr | None) -> str:
    """Return the simple name of a type, '' when there is none."""
    while isinstance(annotation, ir.Index):
        annotation = annotation.object
    if isinstance(annotation, ir.Attribute):
        return annotation.name
    if isinstance(annotation, ir.Name):
        return annotation.id
    return annotation.kind if isinstance(annotation, ir.Opaque) else ""


def may_be(value: Value, annotation: ir.Expr | None) -> bool:
    """Whether a value may be of a type, as far as names tell."""
    name = type_name(annotation)
    if not name or len(name) <= 2:
        return True
    return any(_may_be(atom, name) for atom in value.atoms()) if value.alts else True


def _may_be(atom: Atom, name: str) -> bool:
    is_function = name.endswith("function_type")
    match atom:
        case Const(value=None) | Unknown():
            return True
        case Const(value=bool()):
            return name in ("Boolean", "boolean", "Any", "Object")
        case Const(value=int() | float()):
            return name in _NUMBERS
        case Const() | Str():
            return name in _TEXTS or name in ("Char", "char")
        case Fn():
            return is_function or name not in _PLAIN
        case Obj(cls=ClassInfo() as info):
            names = {each.name for each in info.ancestry()}
            names |= {path.rsplit(".", 1)[-1] for path in info.library_bases()}
            return (
                name in names
                or name in ("Any", "Object")
                or (not names & {name} and bool(info.library_bases()) and name not in _PLAIN)
            )
        case Obj() if name in _PLAIN:
            return name in ("Any", "Object")
        case Obj(kind="list"):
            return not is_function and (name not in _PLAIN or name in ("Any", "Object"))
        case Lib(path=path):
            return path.rsplit(".", 1)[-1] != "String()" or name in _TEXTS
        case _:
            return not is_function
    return True


__all__ = ["NONE", "lookup"]
