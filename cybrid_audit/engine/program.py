"""The modules of the audited code base: loading on demand, imports and exports, and everything defined in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit import ir
from cybrid_audit.engine import attributes, dart, jvm
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Fn,
    Lib,
    Namespace,
    Obj,
    Place,
    Scope,
    Value,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.languages import FAMILIES, RECEIVERS, Unparsed, lower
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.project import Project

NEW, RUNNING, DONE = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Imported(Atom):
    """A name of another module that is looked up when it is first used, so that import cycles end."""

    module: LoadedModule
    name: str


class LoadedModule:
    """A module of the project: its tree, its variables, and how far it has run.

    `exports` maps what it gives away to local names; `reexports` to a name of another module; `stars` are modules whose
    exports are all given on. `holder` and `initial` are CommonJS's `module` and the first `module.exports`."""

    __slots__ = (
        "exports",
        "family",
        "holder",
        "initial",
        "language",
        "path",
        "reexports",
        "scope",
        "stars",
        "status",
        "tree",
        "wildcards",
    )

    def __init__(self, path: str, language: str, tree: ir.Module) -> None:
        self.path = path
        self.language = language
        self.family = FAMILIES.get(language, "javascript")
        self.tree = tree
        self.scope = Scope(None, self, shared=True)
        self.status = NEW
        self.exports: dict[str, str] = {}
        self.reexports: dict[str, tuple[str, str]] = {}
        self.stars: list[str] = []
        self.wildcards: list[str] = []
        """Packages of Kotlin and Java that it imports as a whole."""
        self.holder: Obj | None = None
        self.initial: Obj | None = None
        if self.family == "javascript":
            self._read_exports(tree.body)
            self.holder = Obj("object", shared=True)
            self.initial = Obj("object", shared=True)
            self.initial.label = "module.exports"
            self.holder.fields["exports"] = value_of(self.initial)
            self.scope.vars["module"] = value_of(self.holder)
            self.scope.vars["exports"] = value_of(self.initial)

    def _read_exports(self, body: tuple[ir.Stmt, ...]) -> None:
        for stmt in body:
            if isinstance(stmt, ir.Export):
                for exported, local in stmt.names:
                    if stmt.module is None:
                        self.exports[exported] = local
                    elif exported == "*":
                        self.stars.append(stmt.module)
                    else:
                        self.reexports[exported] = (stmt.module, local)

    def __repr__(self) -> str:
        return f"<module {self.path}>"

    @property
    def names(self) -> list[str]:
        """What it gives away by its own statements."""
        return [*self.exports, *self.reexports]

    def common_js(self) -> Value | None:
        """Return what CommonJS code assigned to `module.exports`, or None when it assigned nothing."""
        if self.holder is None or self.initial is None:
            return None
        held = self.holder.fields["exports"]
        if any(atom is not self.initial for atom in held.atoms()):
            return Value(tuple(pair for pair in held.alts if pair[0] is not self.initial or self.initial.fields))
        return held if self.initial.fields else None


class Program:
    """All modules that were needed so far, and what they define."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.modules: dict[str, LoadedModule] = {}
        self.unparsed: set[str] = set()
        """Sources that took their parsers too long."""
        self.functions: dict[int, Fn] = {}
        """Every function seen as a value, by the identity of its definition."""
        self.classes: list[ClassInfo] = []
        self.deferred: list[Fn] = []
        """Functions handed to libraries while modules ran; they may run later."""
        self.decorated: dict[int, Value] = {}
        self.defaults: dict[int, dict[str, Value]] = {}
        """What the parameters of Python functions were given when they were defined, by the function's definition."""
        self.memoised: dict[int, Place] = {}
        """Functions, by the identity of their definition, whose results a decorator keeps; and where it says so."""
        self.resolving: set[tuple[str, str]] = set()
        """Imports that are being looked up: meeting one again means that they go in circles."""

    # ------------------------------------------------------------ modules

    def load(self, path: str) -> LoadedModule | None:
        """Return a module of the project by path, or None when there is no readable file of that name."""
        held = self.modules.get(path)
        if held is None:
            file = self.project.files.get(path)
            if file is None or path in self.unparsed:
                return None
            try:
                source = self.project.source(path)
            except OSError:
                return None
            try:
                tree = lower(path, source)
            except Unparsed:
                self.unparsed.add(path)
                return None
            held = self.modules[path] = LoadedModule(path, file.language, tree)
        return held

    def find(self, importer: str, name: str) -> LoadedModule | None:
        """Return the module that an import string refers to, or None for a library."""
        path = self.project.resolve(importer, name)
        return self.load(path) if path is not None else None

    def ensure(self, interp: Interpreter, module: LoadedModule) -> None:
        """Run a module's top level unless it has run, or runs."""
        if module.status == NEW:
            module.status = RUNNING
            interp.run_module(module)
            module.status = DONE

    # ------------------------------------------------------------ imports

    def bind_import(self, interp: Interpreter, stmt: ir.Import) -> None:
        """Bind the names of an import statement in the running scope."""
        importer = interp.frame.module
        if stmt.is_type and importer.family == "javascript":
            # A type names a class or an interface: it is needed to tell what a parameter is, never to run.
            pass
        if importer.family == "dart":
            dart.bind_import(interp, stmt, importer, importer)
        elif importer.family in RECEIVERS:
            jvm.bind_import(interp, stmt, importer)
        elif importer.family == "python":
            self._bind_python(interp, stmt, importer)
        else:
            self._bind_javascript(interp, stmt, importer)

    def _bind_javascript(self, interp: Interpreter, stmt: ir.Import, importer: LoadedModule) -> None:
        module = self.find(importer.path, stmt.module)
        if module is None:
            library = library_name(stmt.module)
            data = interp.models.data_module(interp, importer.path, stmt.module)
            for imported, local in stmt.names:
                if data is not None:
                    whole = imported in ("*", "default")
                    place = interp.place(stmt)
                    interp.set_local(local, data if whole else attributes.get_attribute(interp, data, imported, place))
                    continue
                if imported in ("*", "default"):
                    interp.set_local(local, value_of(Lib(library)))
                    continue
                place = interp.place(stmt)
                interp.set_local(local, interp.models.library_attribute(interp, library, imported, frozenset(), place))
            return
        if not stmt.names:
            self.ensure(interp, module)
        for imported, local in stmt.names:
            interp.set_local(local, value_of(Imported(module, imported)))

    def _bind_python(self, interp: Interpreter, stmt: ir.Import, importer: LoadedModule) -> None:
        name = stmt.module
        if len(stmt.names) == 1 and stmt.names[0][0] == "*":
            local = stmt.names[0][1]
            if stmt.binds_root:
                root = name.split(".", 1)[0]
                held = self.find(importer.path, root)
                whole = self.find(importer.path, name) if held is None or name != root else held
                if whole is not None:
                    self.ensure(interp, whole)
                interp.set_local(local, value_of(Namespace(held) if held is not None else Lib(root)))
                return
            module = self.find(importer.path, name)
            interp.set_local(local, value_of(Namespace(module) if module is not None else Lib(name)))
            return
        module = self.find(importer.path, name)
        for imported, local in stmt.names:
            if imported == "**":
                if module is not None:
                    self.ensure(interp, module)
                    for each in list(module.scope.vars):
                        if not each.startswith(("_", "%")):
                            interp.set_local(each, value_of(Imported(module, each)))
                continue
            if module is not None:
                interp.set_local(local, value_of(Imported(module, imported)))
                continue
            sub = self.find(importer.path, f"{name}{imported}" if name.endswith(".") else f"{name}.{imported}")
            if sub is not None:
                interp.set_local(local, value_of(Namespace(sub)))
            else:
                interp.set_local(local, value_of(Lib(f"{name.lstrip('.')}.{imported}".lstrip("."))))

    def require(self, interp: Interpreter, importer: LoadedModule, name: str) -> Value:
        """Return what `require(name)` gives."""
        module = self.find(importer.path, name)
        if module is None:
            data = interp.models.data_module(interp, importer.path, name)
            return data if data is not None else value_of(Lib(library_name(name)))
        self.ensure(interp, module)
        held = module.common_js()
        if held is not None and not module.names:
            return held
        if module.status == RUNNING and module.initial is not None and not module.names:
            return value_of(module.initial)
        return value_of(Namespace(module))

    def submodule(self, importer: str, dotted: str) -> Value | None:
        """Return a Python module by its whole dotted name, for packages without `__init__.py`; None for a library."""
        module = self.find(importer, dotted)
        return value_of(Namespace(module)) if module is not None else None

    # ------------------------------------------------------------ members

    def resolve(self, interp: Interpreter, scope: Scope, name: str, value: Value) -> Value:
        """Return what a variable holds, with an import looked up; the variable keeps it from then on."""
        for atom, _ in value.alts:
            if type(atom) is Imported:
                found = self.resolve_held(interp, value)
                is_final = found.alts and not any(type(each) is Imported for each in found.atoms())
                if is_final and all(each.module.status == DONE for each in value.only(Imported)):
                    scope.vars[name] = found
                return found if found.alts else unknown("not defined yet")
        return value

    def resolve_held(self, interp: Interpreter, value: Value) -> Value:
        """Return a value with the imports in it looked up."""
        if not any(type(atom) is Imported for atom, _ in value.alts):
            return value
        result = NOTHING
        for atom, proofs in value.alts:
            if isinstance(atom, Imported):
                key = (atom.module.path, atom.name)
                if key in self.resolving:
                    result = result.join(unknown("imports that go in circles"))
                    continue
                self.resolving.add(key)
                try:
                    held = self.member(interp, atom.module, atom.name)
                finally:
                    self.resolving.discard(key)
                result = result.join(held.with_proofs(proofs))
            else:
                result = result.join(Value(((atom, proofs),)))
        return result

    def member(self, interp: Interpreter, module: LoadedModule, name: str, depth: int = 0) -> Value:
        """Return what a module, or a file that a build puts in its place, gives under a name."""
        held = self._member(interp, module, name, depth)
        for path in self.project.stand_ins(module.path) if depth == 0 and name != "*" else ():
            other = self.load(path)
            if other is not None and self.gives(other, name, 0):
                held = held.join(self._member(interp, other, name, depth))
        return held

    def _member(self, interp: Interpreter, module: LoadedModule, name: str, depth: int) -> Value:
        self.ensure(interp, module)
        if depth > 12:
            return unknown("exports that go in circles")
        if module.family == "dart" and name not in module.scope.vars:
            given = dart.member(interp, module, name)
            if given is not None:
                return given
        if module.family in RECEIVERS:
            return jvm.member(interp, module, name)
        if module.family == "python":
            return self._python_member(interp, module, name)
        if name == "*":
            return value_of(Namespace(module))
        local = module.exports.get(name)
        if local is not None:
            held = module.scope.vars.get(local)
            return self.resolve(interp, module.scope, local, held) if held is not None else NOTHING
        other = module.reexports.get(name)
        if other is not None:
            target = self.find(module.path, other[0])
            if target is None:
                library = library_name(other[0])
                return value_of(Lib(library if other[1] in ("*", "default") else f"{library}.{other[1]}"))
            return self.member(interp, target, other[1], depth + 1)
        for star in module.stars:
            target = self.find(module.path, star)
            if target is not None and self.gives(target, name, 0):
                return self.member(interp, target, name, depth + 1)
        common = module.common_js()
        if common is not None:
            if name == "default":
                initial = module.initial
                has_default = initial is not None and initial in common.only(Obj) and "default" in initial.fields
                return initial.fields["default"] if initial is not None and has_default else common
            return attributes.get_attribute(interp, common, name, interp.no_place(module.path))
        for star in module.stars:
            if self.find(module.path, star) is None:
                return value_of(Lib(f"{library_name(star)}.{name}"))
        if name == "default" and module.names:
            return value_of(Namespace(module))
        return NOTHING if module.status == RUNNING else unknown(f"no export {name}", hint=name)

    def gives(self, module: LoadedModule, name: str, depth: int) -> bool:
        """Whether a module exports a name, itself or by re-export."""
        if name in module.exports or name in module.reexports:
            return True
        if depth > 12:
            return False
        targets = (self.find(module.path, star) for star in module.stars)
        return any(target is not None and self.gives(target, name, depth + 1) for target in targets)

    def _python_member(self, interp: Interpreter, module: LoadedModule, name: str) -> Value:
        held = module.scope.vars.get(name)
        if held is not None:
            return self.resolve(interp, module.scope, name, held)
        sub = self.find(module.path, f".{name}") if module.path.endswith("__init__.py") else None
        if sub is not None:
            return value_of(Namespace(sub))
        if module.status == RUNNING:
            return NOTHING
        fallback = module.scope.vars.get("__getattr__")
        if fallback is not None and not name.startswith("__") and interp.state is not None:
            from cybrid_audit.engine import calls

            place = interp.no_place(module.path)
            return calls.call(
                interp, fallback, Arguments(positional=[value_of(Const(name, place))]), place, awaited=True
            )
        return unknown(f"no member {name}", hint=name)

    def any_member(self, interp: Interpreter, module: LoadedModule) -> Value:
        """Return everything a module gives, joined."""
        self.ensure(interp, module)
        if module.family == "python" or module.family in RECEIVERS:
            return join_all(module.scope.vars.values())
        common = module.common_js()
        return join_all([*(self.member(interp, module, name) for name in module.names), common or NOTHING])

    # ------------------------------------------------------------ definitions

    def note_function(self, fn: Fn) -> None:
        """Remember a function of the project."""
        self.functions.setdefault(id(fn.function), fn)

    def note_class(self, info: ClassInfo) -> None:
        """Remember a class of the project."""
        self.classes.append(info)

    def note_deferred(self, fn: Fn) -> None:
        """Remember a function that a library was given and may call later."""
        if all(each.function is not fn.function for each in self.deferred):
            self.deferred.append(fn)


def library_name(module: str) -> str:
    """Return the package behind an import string: `npm:pkg@1`, `https://esm.sh/pkg@1?x` and `node:fs` are `pkg` and `fs`."""
    for prefix in ("npm:", "node:", "jsr:", "https://", "http://"):
        if module.startswith(prefix):
            module = module[len(prefix) :].lstrip("/")
            if prefix.startswith("http"):
                host, _, rest = module.partition("/")
                module = rest.split("?", 1)[0] or host
                if host.endswith("deno.land"):
                    module = module.removeprefix("x/")
            break
    scope, slash, rest = module.partition("/") if module.startswith("@") else ("", "", module)
    name, at, tail = rest.partition("@")
    if at:
        _, cut, sub = tail.partition("/")
        rest = f"{name}/{sub}" if cut and sub not in ("mod.ts", "index.ts") else name
    return f"{scope}{slash}{rest}"


def is_constant_false(value: Value) -> bool:
    """Whether a value is a constant that is falsy."""
    return len(value.alts) == 1 and isinstance(value.alts[0][0], Const) and not value.alts[0][0].value
