"""What libraries mean to the engine. The engine asks one `Models` object; knowledge is in `rules/models/*.yaml`.

`Models` answers the engine's questions about anything that is not project code: library calls and attributes go by access path
to a row of the data and its handler (`http.request` is `request` in `models/http.py`, imported when first needed); objects that
a model made answer for themselves (`native.Native`); what remains is derived from its inputs."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit import ir
from cybrid_audit.engine.values import (
    NO_PROOFS,
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    Check,
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
    Stored,
    Token,
    Unknown,
    Value,
    derived,
    join_all,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.languages import RECEIVERS
from cybrid_audit.models.native import LibraryCall, Native

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule, Program
    from cybrid_audit.engine.recorder import Recorder
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.knowledge.library_models import LibraryModels, Row
    from cybrid_audit.models.checks.webhooks import Watch
    from cybrid_audit.models.entries import Entry
    from cybrid_audit.project import Project

Handler = Callable[[LibraryCall], "Value | None"]


class Accessor(Native):
    """A getter in an object literal: reading it calls it."""

    __slots__ = ("getter",)

    def __init__(self, getter: Value) -> None:
        self.getter = getter


class Models:
    """Answers what is not project code. One instance serves a run."""

    fails_loudly = False
    """Whether a fault of ours ends the run, as the tests of this project have it, or costs what it happened in."""

    def __init__(self, project: Project, program: Program, knowledge: Knowledge, recorder: Recorder) -> None:
        self.project = project
        self.program = program
        self.knowledge = knowledge
        self.recorder = recorder
        self._handlers: dict[str, Handler] = {}
        self.running: Entry | None = None
        """The entry point that runs."""
        self.module_depth = 0
        self.watch: Watch | None = None
        """Who watches what the running entry point reads and does."""
        self.state: dict[str, Any] = {}
        """Run-wide memory of the model modules, by their own names (routes, stores, proofs …)."""

    def memory(self, name: str, make: Callable[[], Any]) -> Any:
        """Return a model module's run-wide memory, made on first use."""
        held = self.state.get(name)
        if held is None:
            held = self.state[name] = make()
        return held

    def mentions(self, path: str) -> bool:
        """Whether a file names the platform."""
        held: dict[str, bool] = self.memory("mentions", dict)
        if path not in held:
            try:
                held[path] = b"cybrid" in self.project.source(path).lower()
            except OSError:
                held[path] = False
        return held[path]

    # ------------------------------------------------------------ modules

    def enter_module(self, interp: Interpreter, module: LoadedModule) -> None:
        """A module's top level starts to run."""
        self.module_depth += 1
        self.recorder.enter_module(module)

    def leave_module(self, interp: Interpreter, module: LoadedModule) -> None:
        """A module's top level has run."""
        self.module_depth -= 1
        self.recorder.leave_module(module)

    def may_run_callbacks(self, interp: Interpreter) -> bool:
        """Whether a function given to an unknown library call runs at once: not while a module only sets things up."""
        return not (len(interp.frames) == 1 and interp.frames[0].function is None)

    def keeps_callbacks(self, interp: Interpreter, args: Arguments) -> bool:
        """Whether a library that is given functions keeps them for later: while modules set things up, what looks like a handler."""
        if not self.may_run_callbacks(interp):
            return True
        if self.module_depth == 0:
            return False
        from cybrid_audit.models.frameworks.handlers import looks_like_handler

        given = [atom for value in args.every() for atom in value.atoms() if isinstance(atom, Fn)]
        return bool(given) and all(looks_like_handler(fn) for fn in given)

    # ------------------------------------------------------------ libraries

    def handler(self, name: str) -> Handler:
        """Return a handler by its name `module.function`. Raises AttributeError or ImportError for a wrong name."""
        held = self._handlers.get(name)
        if held is None:
            module, _, function = name.partition(".")
            held = self._handlers[name] = getattr(import_module(f"{__name__}.{module.replace('/', '.')}"), function)
        return held

    def row(self, interp: Interpreter, use: str, path: str) -> Row | None:
        """Return the row that explains a use of a library: one of the project's configuration, else one of ours."""
        for rows in self.rows(interp):
            found = rows.find(use, path)
            if found is not None:
                return found
        return None

    def rows(self, interp: Interpreter) -> tuple[LibraryModels, ...]:
        """Return the rows for the language that runs: those of the project's configuration, then ours."""
        known = self.knowledge.models(interp.language)
        return (self.own_models(interp.language), known) if self.project.config.models else (known,)

    def own_models(self, language: str) -> LibraryModels:
        """Return what the project's configuration says of functions, for a family of languages."""
        from cybrid_audit.project.own_models import library_models

        held: LibraryModels = self.memory(
            f"own models {language}", lambda: library_models(self.project.config.models, language)
        )
        return held

    def own_call(self, interp: Interpreter, fn: Fn, args: Arguments, place: Place | None) -> Value | None:
        """Return what a call of a function of the project gives by its configuration, None where that says nothing of it."""
        if not self.project.config.models or place is None or not fn.function.name:
            return None
        module = fn.module.path.rpartition(".")[0].replace("/", ".")
        name = f"{fn.home.name}.{fn.function.name}" if fn.home is not None else fn.function.name
        rows = self.own_models(fn.module.family)
        parts = f"{module}.{name}".split(".")
        for start in range(len(parts)):
            row = rows.find("call", ".".join(parts[start:]))
            if row is not None:
                return self.apply(row, interp, name, NO_ATOMS, args, place)
        return None

    def explains(self, interp: Interpreter, path: str) -> bool:
        """Whether a row explains a call, a reading or a derivation of something of a library."""
        return any(self.row(interp, use, path) is not None for use in ("call", "read", "base"))

    def apply(
        self, row: Row, interp: Interpreter, path: str, sources: frozenset[Atom], args: Arguments, place: Place
    ) -> Value | None:
        """Return what a row's handler makes of a use, or None when it has nothing to say."""
        if self.watch is not None and not row[0].startswith(PURE_ROWS):
            self.acted(interp, path, args, place)
        return self.handler(row[0])(LibraryCall(interp, self, path, sources, args, place, row[1]))

    # ------------------------------------------------------------ entry points

    def begin_entry(self, entry: Entry) -> None:
        """An entry point starts to run."""
        from cybrid_audit.models.checks import webhooks

        self.running = entry
        self.watch = webhooks.begin(self, entry)

    def end_entry(self, interp: Interpreter) -> None:
        """The entry point has run."""
        watch, self.watch = self.watch, None
        self.running = None
        if watch is not None:
            from cybrid_audit.models.checks import webhooks

            webhooks.end(interp, self, watch)

    def acted(self, interp: Interpreter, path: str, args: Arguments, place: Place) -> None:
        """Something that may have an effect is called."""
        if self.watch is not None:
            from cybrid_audit.models.checks import webhooks

            webhooks.acted(interp, self, self.watch, path, list(args.every()), place)

    def input_read(self, name: str) -> None:
        """A part of the request is read by name."""
        if self.watch is not None:
            from cybrid_audit.models.checks import webhooks

            webhooks.read(self.watch, name)

    def finish(self, interp: Interpreter) -> None:
        """All passes are over: record what only the whole run tells."""
        from cybrid_audit.models.checks import login

        login.finish(interp, self)

    def call_library(
        self, interp: Interpreter, path: str, sources: frozenset[Atom], args: Arguments, place: Place
    ) -> Value:
        """Return the result of calling something of a library."""
        row = self.row(interp, "call", path)
        if row is not None:
            held = self.apply(row, interp, path, sources, args, place)
            if held is not None:
                return held
        from cybrid_audit.engine import calls
        from cybrid_audit.models import checks

        if interp.language == "jvm" and self.handler("jvm/builtins.is_converted")(
            LibraryCall(interp, self, path, sources, args, place, {})
        ):
            # A lambda in place of an object of a library's interface: `Interceptor { chain -> … }`.
            return args.positional[0]
        if path.endswith("()"):
            # Calling what a library made of a function (`cache(fn)`, `asyncHandler(fn)`) calls the function.
            made_of = [atom for atom in sources if isinstance(atom, Fn)]
            if made_of:
                return calls.call(interp, value_of(*made_of), args, place)
        self.handler("sinks.library_call")(LibraryCall(interp, self, path, sources, args, place, {}))
        told = checks.library_call(LibraryCall(interp, self, path, sources, args, place, {}))
        if told is not None:
            return told
        gathered: set[Atom] = set(sources)
        calls.fill_out_parameters(args, Lib(path, sources))
        passed = derived("what a library passes", value_of(Lib(path, sources)))
        if self.keeps_callbacks(interp, args):
            gathered |= {atom for value in args.every() for atom in value.atoms() if isinstance(atom, Fn)}
            for atom in gathered:
                if isinstance(atom, Fn):
                    self.program.note_deferred(atom)
            returned = NOTHING
        else:
            returned = calls.run_callbacks(interp, args, place, passed)
        for atom in derived("arguments", *args.every()).only(Unknown):
            gathered |= atom.sources
        result = value_of(Lib(f"{path}()", frozenset(gathered)))
        useful = Value(
            tuple(p for p in returned.alts if isinstance(p[0], Token | MintBody | Obj | PlatformData | Response))
        )
        return result.join(useful) if useful.alts else result

    def library_attribute(
        self, interp: Interpreter, path: str, name: str, sources: frozenset[Atom], place: Place
    ) -> Value:
        """Return `library.name`."""
        whole = f"{path}.{name}" if path else name
        if self.watch is not None and sources:
            self.input_read(name)
        row = self.row(interp, "read", whole)
        if row is not None:
            held = self.apply(row, interp, whole, sources, Arguments(), place)
            if held is not None:
                return held
        if interp.language == "python" and "()" not in path:
            member = self.program.submodule(interp.frame.module.path, whole) if interp.frames else None
            if member is not None:
                return member
        if interp.language in RECEIVERS and "()" not in path and "." in whole and interp.frames:
            from cybrid_audit.engine import jvm, swift

            own = jvm.declared(interp, interp.frame.module, whole)
            if own is None and interp.language == "swift":
                own = swift.extended(interp, path.rpartition(".")[2], name, place)
            if own is not None:
                return own
        if name == "default" and interp.language == "javascript":
            return value_of(Lib(path, sources))
        return value_of(Lib(whole, sources))

    def read_name(self, interp: Interpreter, value: Value, place: Place) -> Value:
        """Return what an imported name or a global of a library gives when it is read."""
        atom = value.alts[0][0]
        assert isinstance(atom, Lib)
        row = self.row(interp, "read", atom.path)
        if row is None:
            return value
        held = self.apply(row, interp, atom.path, atom.sources, Arguments(), place)
        return held if held is not None else value

    def data_module(self, interp: Interpreter, importer: str, name: str) -> Value | None:
        """Return what importing a data file gives, or None for anything else."""
        if not name.endswith((".json", ".json5", ".yaml", ".yml")):
            return None
        from cybrid_audit.models.javascript import sources as ecmascript_sources

        return ecmascript_sources.data_module(interp, importer, name)

    def global_name(self, interp: Interpreter, name: str, node: ir.Node) -> Value:
        """Return a global of the language."""
        row = self.row(interp, "read", name)
        if row is not None:
            held = self.apply(row, interp, name, NO_ATOMS, Arguments(), interp.place(node))
            if held is not None:
                return held
        if interp.language == "javascript":
            from cybrid_audit.models.frameworks import nitro

            held = nitro.auto_import(interp, self, name)
            if held is not None:
                return held
            if BUNDLE_CONSTANT.match(name):
                # A bundler puts the value of a variable there when it builds.
                return value_of(Env(name, interp.place(node)))
        return value_of(Lib(name))

    def library_item(self, interp: Interpreter, atom: Lib, key: Atom, place: Place) -> Value:
        """Return `library[key]` for a key that is not constant."""
        row = self.row(interp, "read", f"{atom.path}.*")
        if row is not None:
            held = self.apply(row, interp, f"{atom.path}.*", atom.sources, Arguments(positional=[value_of(key)]), place)
            if held is not None:
                return held
        if isinstance(key, ClassInfo | Lib) and interp.language == "python":
            # A generic class of a library with its type arguments.
            return value_of(atom)
        return derived("an item of a library", value_of(atom), value_of(key))

    def library_decorator(self, interp: Interpreter, path: str, value: Value, place: Place) -> Value:
        """Return what a library decorator makes of a function or class: what a row says, else the same."""
        for use, key in (("decorator", path), ("decorator", path.removesuffix("()"))):
            row = self.row(interp, use, key)
            if row is not None:
                held = self.apply(row, interp, path, NO_ATOMS, Arguments(positional=[value]), place)
                return held if held is not None else value
        call = LibraryCall(interp, self, path, NO_ATOMS, Arguments(positional=[value]), place, {})
        self.handler("entries.unknown_decorator")(call)
        guarded: Value | None = self.handler("checks.decorator")(call)
        return guarded if guarded is not None else value

    def family_method(self, interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place) -> Value | None:
        """Return a method call that the own library of the language's family explains, whatever it is called on; None for others."""
        return self.handler(f"{interp.language}/builtins.method")(
            LibraryCall(interp, self, name, frozenset((atom,)), args, place, {})
        )

    def family_attribute(self, interp: Interpreter, atom: Atom, name: str, place: Place) -> Value | None:
        """Return a field that the own library of the language's family explains; None for others."""
        return self.handler(f"{interp.language}/builtins.attribute")(
            LibraryCall(interp, self, name, frozenset((atom,)), Arguments(), place, {})
        )

    def jvm_provided(self, interp: Interpreter, atom: Atom) -> Value | None:
        """Return what a container of Kotlin or Java hands out for a class; None when nobody says."""
        from cybrid_audit.models.jvm import injection as jvm_injection

        return jvm_injection.provide(interp, atom)

    # ------------------------------------------------------------ objects of models

    def object_key(self, interp: Interpreter, obj: Obj, key: Value, place: Place) -> Value | None:
        """Return `obj[key]` of an object that looks at where keys were written; None for any other."""
        return obj.native.keyed(interp, obj, key, place) if isinstance(obj.native, Native) else None

    def object_method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        """Return a method call on an object that a model made, or on an instance whose class derives from a library's."""
        if isinstance(obj.native, Native):
            held = obj.native.method(interp, obj, name, args, place)
            if held is not None:
                return held
        for base in obj.cls.library_bases() if obj.cls is not None else ():
            row = self.row(interp, "call", f"{base}().{name}")
            if row is not None:
                held = self.apply(row, interp, f"{base}().{name}", frozenset((obj,)), args, place)
                if held is not None:
                    return held
        return None

    def object_attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        """Return an attribute of an object that a model made."""
        return obj.native.attribute(interp, obj, name, place) if isinstance(obj.native, Native) else None

    def object_item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        """Return an item under a key that is not constant."""
        return obj.native.item(interp, obj, key, place) if isinstance(obj.native, Native) else None

    def bound_to(self, interp: Interpreter, obj: Obj, instance: Obj, place: Place) -> Value | None:
        """Return what a model's object gives that is an attribute of a class and read off an instance."""
        return obj.native.bound_to(interp, obj, instance, place) if isinstance(obj.native, Native) else None

    def binary(self, interp: Interpreter, obj: Obj, op: str, other: Value, place: Place) -> Value | None:
        """Return `obj op other` for an object of a model."""
        return obj.native.binary(interp, obj, op, other, place) if isinstance(obj.native, Native) else None

    def composed(self, interp: Interpreter, op: str, left: Value, right: Value, place: Place) -> Value:
        """Return `A & B` or `A | B` of classes: permissions put together (or a type nobody asks about)."""
        held = self.handler("frameworks/django.compose")(
            LibraryCall(interp, self, op, NO_ATOMS, Arguments(positional=[left, right]), place, {})
        )
        return held if held is not None else unknown("classes put together")

    def yielded(self, interp: Interpreter, value: Value, place: Place) -> Value | None:
        """Return what a generator gets back for a value that somebody acts upon: requests are sent (authentication flows)."""
        from cybrid_audit.models import results

        unwrapped = results.yielded(interp, value, place)
        if unwrapped is not None:
            return unwrapped
        ready = [obj for obj in value.only(Obj) if obj.kind == "request" and obj.native is not None]
        if not ready:
            return None
        from cybrid_audit.models import http

        return join_all(http.perform_prepared(interp, obj, place, None) for obj in ready)

    def set_native(self, interp: Interpreter, obj: Obj, name: str, new: Value, place: Place) -> bool:
        """Let an object that a model made take an assignment."""
        return isinstance(obj.native, Native) and obj.native.set(interp, obj, name, new, place)

    def call_object(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        """Return the result of calling an object that a model made."""
        return obj.native.call(interp, obj, args, place) if isinstance(obj.native, Native) else None

    def native_fields(self, obj: Obj) -> dict[str, Value]:
        """Return what a spread of an object that a model made copies."""
        return obj.native.fields(obj) if isinstance(obj.native, Native) else {}

    def as_text(self, interp: Interpreter, obj: Obj) -> Atom | None:
        """Return an object as a string."""
        if isinstance(obj.native, Native):
            return obj.native.text(interp, obj)
        return None

    def as_texts(self, interp: Interpreter, obj: Obj) -> Value | None:
        """Return an object as a string, with every alternative it has."""
        return obj.native.texts(interp, obj) if isinstance(obj.native, Native) else None

    def awaited(self, interp: Interpreter, obj: Obj) -> Value | None:
        """Return what waiting for an object of a model gives, or None when it is no promise."""
        return obj.native.awaited(interp, obj) if isinstance(obj.native, Native) else None

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        """Return the list that an object of a model iterates over."""
        held = obj.native.iterated(interp, obj) if isinstance(obj.native, Native) else None
        if held is not None or obj.cls is None or obj.cls.module.family != "python":
            return held
        from cybrid_audit.engine import calls

        for name in ("__iter__", "__aiter__"):
            method = calls.bound_method(interp, obj, name, interp.no_place(obj.cls.module.path))
            if method is None:
                continue
            made = interp.settle(
                calls.call(interp, method, Arguments(), interp.no_place(obj.cls.module.path), awaited=True)
            )
            if all(each is not obj for each in made.atoms()):
                return made
            for step in ("__next__", "__anext__"):
                if obj.cls.method(step) is not None:
                    listed = interp.new("list")
                    listed.rest = interp.settle(
                        calls.call_method(
                            interp, value_of(obj), step, Arguments(), interp.no_place(obj.cls.module.path), awaited=True
                        )
                    )
                    return value_of(listed)
        return None

    def accessor(self, value: Value) -> Value:
        """Return what stands in an object literal for a getter."""
        obj = Obj("accessor")
        obj.native = Accessor(value)
        return value_of(obj)

    def read_accessor(self, interp: Interpreter, held: Value, place: Place) -> Value:
        """Return a field's value, getters called."""
        if not any(isinstance(atom, Obj) and isinstance(atom.native, Accessor) for atom in held.atoms()):
            return held
        from cybrid_audit.engine import calls

        result = NOTHING
        for atom, proofs in held.alts:
            if isinstance(atom, Obj) and isinstance(atom.native, Accessor):
                result = result.join(calls.call(interp, atom.native.getter, Arguments(), place, awaited=True))
            else:
                result = result.join(Value(((atom, proofs),)))
        return result

    # ------------------------------------------------------------ functions and classes

    def function_method(self, interp: Interpreter, fn: Fn, name: str, args: Arguments, place: Place) -> Value | None:
        """Return a method call on a function: tasks are enqueued, cached functions are cleared."""
        held: Value | None = self.handler("entries.function_method")(
            LibraryCall(interp, self, name, frozenset((fn,)), args, place, {})
        )
        return held

    def function_attribute(self, interp: Interpreter, fn: Fn, name: str, place: Place) -> Value:
        """Return an attribute of a function, e.g. what was stored on it."""
        held = self.function_object(fn).fields.get(name)
        if held is None and name == "prototype" and interp.language == "javascript":
            made = Obj("object", shared=True)
            made.label = f"{fn.function.name}.prototype"
            held = self.function_object(fn).fields[name] = value_of(made)
        if held is None and interp.language == "python" and not name.startswith("__"):
            # `functools.wraps` copies what is stored on the wrapped function.
            from cybrid_audit.models.frameworks.python_web import wrappers

            for inner in wrappers(fn)[1:]:
                held = held if held is not None else self.function_object(inner).fields.get(name)
            if held is None:
                return unknown(f"no field {name} of a function", hint=name)
        return held if held is not None else unknown(f"{name} of a function", hint=name)

    def function_object(self, fn: Fn) -> Obj:
        """Return the object that holds what is stored on a function."""

        def make() -> Obj:
            obj = Obj("object", shared=True)
            obj.label = fn.function.name or "a function"
            return obj

        held: Obj = self.memory(f"function object {id(fn.function)}", make)
        return held

    def on_class(self, interp: Interpreter, info: ClassInfo) -> None:
        """A class of the project has been defined."""
        if info.module.family == "python":
            from cybrid_audit.models.python import records as python_records

            python_records.class_defined(interp, info)
        self.handler("entries.class_defined")(
            LibraryCall(interp, self, info.name, frozenset((info,)), Arguments(), interp.no_place(info.module.path), {})
        )

    def on_instantiate(
        self, interp: Interpreter, obj: Obj, info: ClassInfo, args: Arguments, place: Place | None
    ) -> None:
        """An instance is made: one whose class derives from a library's may get that library's behaviour."""
        for base in info.library_bases():
            row = self.row(interp, "base", base)
            if row is not None:
                where = place if place is not None else interp.no_place(info.module.path)
                call = LibraryCall(interp, self, base, frozenset((obj, info)), args, where, row[1])
                self.handler(row[0])(call)
                return

    def super_method(
        self, interp: Interpreter, instance: Obj, home: ClassInfo, name: str, args: Arguments, place: Place
    ) -> Value | None:
        """Return `super().name(args)` where the base is a library's class."""
        for base in home.library_bases():
            if name in ("constructor", "__init__"):
                row = self.row(interp, "base", base)
                if row is not None:
                    self.handler(row[0])(
                        LibraryCall(interp, self, base, frozenset((instance, home)), args, place, row[1])
                    )
                    return V_NONE
            row = self.row(interp, "call", f"{base}().{name}")
            if row is not None:
                return self.apply(row, interp, f"{base}().{name}", frozenset((instance,)), args, place)
        if isinstance(instance.native, Native):
            held = instance.native.method(interp, instance, name, args, place)
            if held is None and instance.kind in ("map", "list"):
                from cybrid_audit.engine import primitives

                held = primitives.collection_method(interp, instance, name, args, place)
            return held
        return None

    def class_method(
        self, interp: Interpreter, info: ClassInfo, name: str, args: Arguments, place: Place
    ) -> Value | None:
        """Return a call of a static method that a class inherits from a library's class."""
        for base in info.library_bases():
            row = self.row(interp, "call", f"{base}.{name}")
            if row is not None:
                held = self.apply(row, interp, f"{base}.{name}", frozenset((info,)), args, place)
                if held is not None:
                    return held
        if name in ("model_validate", "parse_obj", "from_dict", "model_construct", "parse", "fromJSON"):
            from cybrid_audit.engine import calls

            made = interp.new("object", place=place)
            for value in args.every():
                from cybrid_audit.engine import attributes

                attributes.spread_into(interp, made, value)
            return calls.instantiate(interp, info, Arguments(keywords=made.fields, kwrest=made.rest), place)
        return None

    def class_attribute(self, interp: Interpreter, info: ClassInfo, name: str, place: Place) -> Value:
        """Return a class attribute that the project does not define."""
        for base in info.library_bases():
            row = self.row(interp, "read", f"{base}.{name}")
            held = (
                self.apply(row, interp, f"{base}.{name}", frozenset((info,)), Arguments(), place)
                if row is not None
                else None
            )
            return held if held is not None else self.library_attribute(interp, base, name, NO_ATOMS, place)
        if interp.language == "javascript":
            return V_NONE
        return unknown(f"no member {name}", hint=name)

    def is_instance(self, interp: Interpreter, atom: Atom, kind: Value, place: Place) -> bool | None:
        """Whether a value is an instance of a class, or None when that cannot be told."""
        from cybrid_audit.models.python.builtins import instance_of

        verdicts = {instance_of(atom, each) for each in kind.atoms()}
        return next(iter(verdicts)) if len(verdicts) == 1 else None

    def positional(self, interp: Interpreter, atom: Atom) -> Value:
        """Return what the positional patterns of a class are matched with, as a list; other values as they are."""
        from cybrid_audit.models import results

        if not isinstance(atom, Obj) or (atom.cls is None and not isinstance(atom.native, results.Side)):
            return value_of(atom)
        listed = interp.new("list")
        held = atom.native.held if isinstance(atom.native, results.Side) else None
        listed.items = (
            [held]
            if held is not None
            else [each for name, each in atom.fields.items() if not name.startswith(("%", "_"))]
        )
        return value_of(listed)

    def is_called_from_outside(self, interp: Interpreter) -> bool:
        """Whether the running activation is a function whose callers are out of sight."""
        from cybrid_audit.facts import EntryKind

        entry = self.recorder.entry
        return (
            entry is not None
            and entry.kind is EntryKind.LIBRARY
            and len(interp.frames) == 2
            and interp.frames[0].function is None
        )

    def missing_argument(self, interp: Interpreter, fn: Fn, param: ir.Param) -> Value:
        """Return what a parameter without argument and default holds."""
        name = param.target.id if isinstance(param.target, ir.Name) else ""
        return unknown("a parameter that nobody passes", hint=name)

    def missing_field(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value:
        """Return a field of an instance that nobody set."""
        for base in obj.cls.library_bases() if obj.cls is not None else ():
            return self.library_attribute(interp, f"{base}()", name, NO_ATOMS, place)
        if interp.language == "javascript" and obj.cls is not None:
            return V_NONE
        return unknown(f"a field {name} that nobody sets", hint=name)

    def made_by_base(self, interp: Interpreter, info: ClassInfo, obj: Obj, args: Arguments) -> bool:
        """Fill an instance whose class derives from what a model made (`namedtuple(…)`); return whether it does."""
        if not any(isinstance(atom, Obj) for each in info.ancestry() for base in each.bases for atom in base.atoms()):
            return False
        from cybrid_audit.models.python import records as python_records

        return python_records.made_by_base(interp, info, obj, args)

    def field_alias(self, interp: Interpreter, info: ClassInfo, name: str) -> str | None:
        """Return the name under which a record's constructor takes a field, where it is another."""
        held = info.statics.fields.get(name)
        if held is None or not any(isinstance(atom, Obj) and atom.label == "field" for atom in held.atoms()):
            return None
        from cybrid_audit.models.python import records as python_records

        spec = python_records.spec_of(held)
        return spec.names[0] if spec is not None and spec.names else None

    def field_default(self, interp: Interpreter, info: ClassInfo, held: Value, field: ir.Field) -> Value:
        """Return the default of a record's field."""
        from cybrid_audit.models.python import records as python_records

        place = interp.no_place(interp.frame.module.path)
        told = python_records.record_field(interp, info, field, held, place)
        return told if told is not None else unknown(f"a field {field.name} that nobody sets", hint=field.name)

    def given_field(self, value: Value, field: ir.Field) -> Value:
        """Return the first value of a field that whoever shows a component may set: an empty one says nothing."""
        for node in field.decorators:
            func = node.func if isinstance(node, ir.Call) else node
            name = func.id if isinstance(func, ir.Name) else func.name if isinstance(func, ir.Attribute) else ""
            if name in GIVEN_FIELDS:
                return value.map(
                    lambda atom: (
                        Unknown("what a component is given", frozenset(), field.name)
                        if isinstance(atom, Const) and atom.value in (None, "")
                        else atom
                    )
                )
        return value

    def injected_field(self, interp: Interpreter, info: ClassInfo, field: ir.Field) -> Value | None:
        """Return what a container puts into a field that is marked for it, or None."""
        if info.module.family == "jvm":
            from cybrid_audit.models.jvm import spring as java_spring

            return java_spring.injected_field(interp, info, field)
        from cybrid_audit.models import injection

        return injection.marked(interp, info, field.decorators, field.annotation, field.span)

    def missing_record_field(self, interp: Interpreter, info: ClassInfo, obj: Obj, field: ir.Field) -> Value:
        """Return a record's field that the constructor was not given."""
        from cybrid_audit.models.python import records as python_records

        held = python_records.record_field(interp, info, field, None, interp.no_place(info.module.path))
        return held if held is not None else unknown(f"a field {field.name} that nobody sets", hint=field.name)

    def typed(self, interp: Interpreter, value: Value, annotation: ir.Expr) -> Value:
        """Return a value with what its type tells, where nothing else does."""
        if value.alts and not any(isinstance(atom, Unknown) for atom in value.atoms()):
            return value
        held: Value | None = self.handler("types.of_annotation")(
            LibraryCall(
                interp,
                self,
                "",
                frozenset(),
                Arguments(positional=[value]),
                interp.place(annotation),
                {"node": annotation},
            )
        )
        return value if held is None else held

    # ------------------------------------------------------------ values without type

    def opaque_attribute(self, interp: Interpreter, atom: Atom, name: str, place: Place) -> Value:
        """Return an attribute of something stored or unknown."""
        self.input_read(name)
        held: Value | None = self.handler("checks.attribute")(
            LibraryCall(interp, self, name, frozenset((atom,)), Arguments(), place, {})
        )
        if held is not None:
            return held
        if isinstance(atom, Stored):
            kept = self.kept_column(interp, atom, name)
            if kept is not None:
                return kept
            return value_of(Stored(atom.store, f"{atom.key}.{name}" if atom.key else name, atom.place))
        if isinstance(atom, Unknown):
            hint = f"{atom.hint}.{name}" if atom.hint else name
            return value_of(Unknown(atom.reason, atom.sources, ".".join(hint.split(".")[-5:])))
        return derived(name, value_of(atom), hint=name)

    def kept_column(self, interp: Interpreter, atom: Stored, name: str) -> Value | None:
        """Return the tokens that the project itself keeps in a column of a database, None for anything else."""
        if atom.store != "database" or not self.state.get("database columns"):
            return None
        from cybrid_audit.models.python import sources as python_sources

        return python_sources.column(interp, atom.key, name)

    def opaque_method(self, interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place) -> Value | None:
        """Return a method call on something that is no project object: requests, answers, stored things, unknown things."""
        if isinstance(atom, Response):
            return self.response_attribute(interp, atom, atom.body, name)
        if isinstance(atom, MintBody | PlatformData) and name in (
            "json",
            "text",
            "toPromise",
            "toJSON",
            "to_dict",
            "dict",
            "model_dump",
        ):
            return value_of(atom)
        if isinstance(atom, MintBody | PlatformData) and name == "get" and args.positional:
            from cybrid_audit.engine import attributes

            return join_all(attributes.get_one(interp, atom, text, place) for text in args.positional[0].strings())
        if isinstance(atom, Env) and interp.language == "javascript" and name in BOUND_METHODS:
            return self.binding_method(interp, atom, name, args, place)
        if (
            name in LIST_METHODS
            and isinstance(atom, Input | Stored | Unknown | PlatformData)
            and args.positional
            and interp.language == "javascript"
        ):
            walked = self.walked(interp, atom, name, args, place)
            if walked is not None:
                return walked
        if isinstance(atom, Input):
            for value in args.positional[:1]:
                for text in value.strings():
                    self.input_read(text)
            return self.input_method(interp, atom, name, args)
        if isinstance(atom, Unknown | Stored):
            chain = (
                atom.hint if isinstance(atom, Unknown) else ".".join(part for part in (atom.store, atom.key) if part)
            )
            whole = f"{chain}.{name}" if chain else name
            row = next((row for rows in self.rows(interp) if (row := rows.find_tail("call", whole)) is not None), None)
            if row is not None:
                sources = atom.sources if isinstance(atom, Unknown) else frozenset((atom,))
                held = self.apply(row, interp, whole, sources, args, place)
                if held is not None:
                    return held
        return self.handler("checks.method")(LibraryCall(interp, self, name, frozenset((atom,)), args, place, {}))

    def binding_method(self, interp: Interpreter, atom: Env, name: str, args: Arguments, place: Place) -> Value | None:
        """Return a method call on what a platform binds to a variable: a key-value namespace or a database."""
        from cybrid_audit.models import stores
        from cybrid_audit.models.javascript import sources as ecmascript_sources

        obj = interp.new("object", place=place)
        if name == "prepare":
            return ecmascript_sources.Database(atom.name).method(interp, obj, name, args, place)
        return stores.KeyValue().method(interp, obj, name, args, place)

    def walked(self, interp: Interpreter, atom: Atom, name: str, args: Arguments, place: Place) -> Value | None:
        """Return what a list method makes of something from outside that is taken for a list: its function sees an element."""
        if not any(isinstance(each, Fn | NativeFn) for each in args.positional[0].atoms()):
            return None
        from cybrid_audit.engine import operators, primitives

        listed = interp.new("list", place=place)
        listed.rest = operators.element_of(interp, value_of(atom))
        return primitives.collection_method(interp, listed, name, args, place)

    def input_method(self, interp: Interpreter, atom: Input, name: str, args: Arguments) -> Value | None:
        """Return a method call on request input: still input."""
        if name in ("get", "getlist", "getAll", "pop", "param", "header", "query", "getHeader", "item"):
            key = args.positional[0].const() if args.positional else None
            held = value_of(Input(atom.kind, key if isinstance(key, str) else atom.name))
            return held.join(args.positional[1]) if len(args.positional) > 1 else held
        if name in ("then", "catch", "finally"):
            return None
        return value_of(atom)

    def set_opaque(self, interp: Interpreter, atom: Atom, name: str, new: Value, place: Place) -> None:
        """Note an assignment to a field of something stored or unknown, or to a name of a library."""
        if isinstance(atom, Lib) and atom.path == "ssl" and name == "_create_default_https_context":
            self.memory("tls off", list).append(place)
        if isinstance(atom, Stored) and atom.store == "database":
            from cybrid_audit.models.python import sources as python_sources

            python_sources.note_columns(interp, atom.key.split(".", 1)[0], {name: new})
        self.handler("checks.assigned")(
            LibraryCall(interp, self, name, frozenset((atom,)), Arguments(positional=[new]), place, {})
        )

    def element_of(self, interp: Interpreter, atom: Atom) -> Value | None:
        """Return one element of something that is no project collection."""
        if isinstance(atom, Stored):
            return value_of(atom)
        return None

    def response_attribute(self, interp: Interpreter, response: Response, body: Value, name: str) -> Value:
        """Return a field of an HTTP answer, or a call of its method of that name."""
        if name in (
            "json",
            "data",
            "body",
            "text",
            "content",
            "blob",
            "toPromise",
            "read",
            "_body",
            "parsed",
            "value",
            "result",
            "payload",
        ):
            return body
        if name in (
            "status",
            "statusCode",
            "status_code",
            "ok",
            "is_success",
            "is_error",
            "headers",
            "statusText",
            "reason",
        ):
            return unknown(f"the {name} of an answer")
        if name in ("raise_for_status", "close", "aclose", "release", "unref"):
            return value_of(response)
        from cybrid_audit.engine import attributes

        return attributes.get_attribute(interp, body, name, response.place)

    # ------------------------------------------------------------ proofs

    def outcome_attribute(self, interp: Interpreter, atom: Outcome, name: str, place: Place) -> Value:
        """Return a field of what a verification gave back."""
        held: Value | None = self.handler("checks.outcome_field")(
            LibraryCall(interp, self, name, frozenset((atom,)), Arguments(), place, {})
        )
        return held if held is not None else derived(name, hint=name)

    def combine(self, interp: Interpreter, op: str, left: Value, right: Value, place: Place) -> Value | None:
        """Return what an operator makes of values that tell of a check, None for all others."""
        from cybrid_audit.models import checks

        return checks.combine(interp, self, op, left, right, place)

    def unknown_function(self, interp: Interpreter, atom: Atom, args: Arguments, place: Place) -> Value | None:
        """Return what a function gives back of which only the name is known, None when the name tells nothing."""
        if not isinstance(atom, Unknown | Stored):
            return None
        name = atom.hint if isinstance(atom, Unknown) else atom.key
        if not name:
            return None
        held: Value | None = self.handler("checks.unknown_call")(
            LibraryCall(interp, self, name, frozenset((atom,)), args, place, {})
        )
        return held

    @property
    def declares(self) -> bool:
        """Whether the project's configuration declares guards of its own."""
        return bool(self.project.config.guards)

    def declared(self, fn: Fn, place: Place | None) -> Proofs:
        """Return the check that the configuration says a function of the project makes and enforces."""
        from cybrid_audit.models.checks import services

        name = f"{fn.home.name}.{fn.function.name}" if fn.home is not None else fn.function.name
        kind = services.declared_kind(self, name, fn.module.language) if name else ""
        if not kind or place is None:
            return NO_PROOFS
        return frozenset((Check(kind, place, name),))

    def advised(self, interp: Interpreter, fn: Fn, args: Arguments, place: Place | None) -> Value | None:
        """Return what a method on the JVM gives with what runs around it: aspects, rules of access. None when nothing does."""
        from cybrid_audit.models.jvm import aspects as java_aspects

        return java_aspects.advised(interp, self, fn, args, place)

    def class_gates(self, interp: Interpreter, info: ClassInfo) -> Proofs:
        """Return the checks that a class's decorators and library bases put before its methods."""
        known: dict[int, Proofs] = self.memory("class gates", dict)
        held = known.get(id(info))
        if held is None:
            held = NO_PROOFS
            for base in info.reached("dispatch"):
                row = self.row(interp, "base", base.path) if isinstance(base, Lib) else None
                if row is not None and row[0] == "checks/outcomes.gated_base" and isinstance(base, Lib):
                    held |= {Check(str(row[1].get("kind", "mfa")), interp.no_place(info.module.path), base.path)}
            known[id(info)] = held
        return held | (info.gates or NO_PROOFS)

    def end_pass(self, interp: Interpreter) -> None:
        """A pass over the entry points is over."""
        from cybrid_audit.models.checks import stored_proofs

        stored_proofs.end_pass(interp, self)

    def flag_proofs(self, interp: Interpreter, atom: Atom) -> Proofs:
        """Return the checks that a flag or claim about the principal proves when it is set."""
        from cybrid_audit.models import checks

        return checks.flag_proofs(interp, self, atom)

    def compare_equal(self, interp: Interpreter, a: Atom, b: Atom, place: Place) -> Atom | None:
        """Return what `a == b` proves, or None when nothing."""
        from cybrid_audit.models import checks

        held = checks.compare_equal(interp, self, a, b, place)
        if held is None:
            from cybrid_audit.models import platform

            held = platform.environment_test("==", a, b, place)
        return held

    def compare_in(self, interp: Interpreter, a: Atom, b: Atom, place: Place) -> Atom | None:
        """Return what `a in b` proves, or None when nothing."""
        from cybrid_audit.models import checks

        held = checks.compare_in(interp, self, a, b, place)
        if held is None:
            from cybrid_audit.models import platform

            held = platform.environment_test("in", a, b, place)
        return held

    def compare_order(self, interp: Interpreter, op: str, a: Atom, b: Atom, place: Place) -> Atom | None:
        """Return what an order comparison proves, or None when nothing."""
        from cybrid_audit.models import checks

        return checks.compare_order(interp, self, op, a, b, place)

    # ------------------------------------------------------------ notices

    def on_store(
        self, interp: Interpreter, label: str, key: Value | None, value: Value, place: Place, obj: Obj | None = None
    ) -> None:
        """Something was kept where it outlives the request."""
        if self.watch is not None:
            self.acted(interp, label, Arguments(positional=[value, *([key] if key is not None else [])]), place)
        self.handler("stores.stored")(
            LibraryCall(
                interp,
                self,
                label,
                frozenset((obj,)) if obj is not None else frozenset(),
                Arguments(positional=[value, *([key] if key is not None else [])]),
                place,
                {},
            )
        )

    def on_raise(self, interp: Interpreter, value: Value, place: Place) -> None:
        """Something is thrown."""
        self.handler("sinks.raised")(
            LibraryCall(interp, self, "", frozenset(), Arguments(positional=[value]), place, {})
        )

    def on_unknown_call(self, interp: Interpreter, atom: Atom, args: Arguments, place: Place, name: str = "") -> None:
        """Something unknown is called."""
        self.handler("sinks.unknown_call")(LibraryCall(interp, self, name, frozenset((atom,)), args, place, {}))

    def path_join(self, interp: Interpreter, left: Value, right: Value, place: Place) -> Value | None:
        """Return `left / right` where it joins paths or URLs rather than divides."""
        from cybrid_audit.engine import operators

        strings = [
            atom for atom in (*left.atoms(), *right.atoms()) if isinstance(atom, Const) and isinstance(atom.value, str)
        ]
        if not strings:
            return None
        return operators.concat(interp, [left, value_of(Const("/")), right], place)

    def element(self, interp: Interpreter, node: ir.Element) -> Value:
        """Return a markup element: its attributes and children are handed to the client."""
        return self.handler("sinks.markup")(
            LibraryCall(interp, self, "", frozenset(), Arguments(), interp.place(node), {"node": node})
        ) or unknown("markup")


NO_ATOMS: frozenset[Atom] = frozenset()
BUNDLE_CONSTANT: Final = re.compile(r"__[A-Z][A-Z0-9_]*__$|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$")
"""Names of globals that only a bundler's configuration gives a value."""
GIVEN_FIELDS: Final = frozenset({"Input", "property", "Prop", "api", "attr", "attribute", "bindable"})
"""Decorators of fields that are set from outside: of Angular, Lit, Stencil, Lightning, FAST, Aurelia."""
BOUND_METHODS = frozenset({"get", "put", "getWithMetadata", "delete", "prepare"})
LIST_METHODS = frozenset({"map", "flatMap", "filter", "find", "findLast", "forEach", "some", "every", "reduce"})
PURE_ROWS: Final = (
    "javascript/builtins.",
    "javascript/urls.",
    "javascript/libraries.",
    "checks/",
    "environment.",
    "python/builtins.",
    "python/functional.",
    "python/records.",
    "python/files.",
    "python/urls.",
    "jvm/builtins.",
    "jvm/java.",
    "logs.",
    "modules.",
    "types.",
    "injection.",
    "frameworks/requests_in.",
    "frameworks/router.",
    "frameworks/flask.",
    "frameworks/fastapi.",
    "frameworks/next_js.",
    "frameworks/nest.",
    "frameworks/django.",
    "frameworks/python_web.",
    "frameworks/starlette.",
    "frameworks/events.",
    "frameworks/fastify.",
    "frameworks/hapi.",
    "frameworks/chain.",
)
"""Handlers of calls that only compute or answer."""

__all__ = ["NO_PROOFS", "Check", "Models"]
