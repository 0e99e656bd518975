"""Commands of click, Typer and their kin: groups, contexts, options; and what turns functions into a command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    ClassInfo,
    Env,
    Fn,
    Input,
    Namespace,
    Obj,
    Place,
    Scope,
    Stored,
    Value,
    join_all,
    truth,
    unknown,
    value_of,
)
from cybrid_audit.facts import EntryKind
from cybrid_audit.models.entries import Convention, Entry, Step, register, run_step
from cybrid_audit.models.frameworks.python_web import (
    decorates,
    decorator,
    listed,
    original_place,
    parameter_names,
    tail,
    unwrapped,
    wrappers,
)
from cybrid_audit.models.frameworks.tasks import add_task, register_method
from cybrid_audit.models.native import LibraryCall, Native, native_object
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

CONTEXTS: Final = frozenset({"Context", "CallbackContext"})
"""Types of parameters that get the running command's context."""


@dataclass(slots=True)
class Option(Native):
    """What a command line gives for a parameter."""

    value: Value


@dataclass(slots=True)
class Group(Native):
    """A click group or a Typer application. `plain` decorators leave the function as it is."""

    plain: bool = False
    callback: Value | None = None
    parents: list[Group] = field(default_factory=list)

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return V_NONE

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("command", "default", "meta"):
            if decorates(args):
                return add_command(interp, args.positional[0], self, place)
            return decorator(lambda inner, value, at: add_command(inner, value, self, at))
        if name in ("group", "subcommand"):
            return decorator(lambda inner, value, at: make_group(inner, value, self, at))
        if name in ("callback", "result_callback"):
            if decorates(args):
                self.callback = args.positional[0]
                return args.positional[0]
            return decorator(lambda inner, value, at: self._called_back(inner, value, args, at))
        if name in ("add_command", "add_typer", "add_group"):
            for value in args.positional[:1]:
                for child in value.only(Obj):
                    if isinstance(child.native, Group | Command) and self not in child.native.parents:
                        child.native.parents.append(self)
                if value.only(Fn):
                    add_command(interp, value, self, place)
            return V_NONE
        if name in ("main", "run", "__call__"):
            return V_NONE
        return None

    def _called_back(self, interp: Interpreter, value: Value, args: Arguments, place: Place) -> Value:
        self.callback = value
        if "invoke_without_command" in args.keywords:
            add_command(interp, value, None, place)
        return value

    def outer(self) -> list[Value]:
        """Return the callbacks that run before a command of this group, the outermost first."""
        found: list[Value] = [self.callback] if self.callback is not None else []
        seen = {id(self)}
        group: Group | None = self
        while group is not None:
            group = next((parent for parent in group.parents if id(parent) not in seen), None)
            if group is not None:
                seen.add(id(group))
                if group.callback is not None:
                    found.insert(0, group.callback)
        return found


@dataclass(slots=True)
class Command(Native):
    """A click command: calling it reads the command line, which its entry point stands for."""

    fn: Value
    parents: list[Group] = field(default_factory=list)

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return V_NONE

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self.fn if name == "callback" else None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "callback":
            return calls.call(interp, self.fn, args, place, awaited=True)
        return V_NONE if name in ("main", "invoke", "make_context") else None


class Context(Native):
    """The context of the running command."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("parent", "find_root"):
            return value_of(obj)
        if name in ("params", "args", "meta"):
            return value_of(Input("argument"))
        return None

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("ensure_object", "find_object", "obj"):
            held = obj.fields.get("obj")
            if held is None:
                made = (
                    calls.call(interp, args.positional[0], Arguments(), place)
                    if args.positional and args.positional[0].only(ClassInfo)
                    else value_of(interp.new("object", place=place))
                )
                held = obj.fields["obj"] = made
            return held
        if name in ("invoke", "forward") and args.positional:
            target = join_all(
                value_of(atom) if not (isinstance(atom, Obj) and isinstance(atom.native, Command)) else atom.native.fn
                for atom in args.positional[0].atoms()
            )
            return calls.call(
                interp,
                target,
                Arguments(args.positional[1:], args.keywords, args.rest, args.kwrest),
                place,
                awaited=True,
            )
        if name in ("fail", "exit", "abort"):
            interp.throw(unknown("a command that stops"))
            return unknown("nothing")
        if name in ("call_on_close", "with_resource"):
            return (
                calls.enter_context(interp, args.positional[0], place)
                if name == "with_resource" and args.positional
                else V_NONE
            )
        if name in ("find_root", "get_current_context", "scope"):
            return value_of(obj)
        return None


class Invocation(Convention):
    """One run of a command: its groups' callbacks and itself see the same context."""

    def __init__(self) -> None:
        self.held: Value | None = None

    def context(self, interp: Interpreter) -> Value:
        """Return the context of this run."""
        if self.held is None:
            self.held = native_object(
                interp, "context", Context(), interp.no_place(interp.frame.module.path), "the context"
            )
            interp.models.memory("request locals", dict)["command context"] = self.held
        return self.held

    def step_arguments(self, interp: Interpreter, step: Step, next_fn: Value) -> Arguments:
        return self.arguments(interp, step.fn)

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        given = Arguments()
        context = self.context(interp)
        atom = next(iter(fn.only(Fn)), None)
        if atom is None:
            return given
        options: dict[str, Value] = {}
        for each in wrappers(atom):
            row = interp.models.memory("command marks", dict).get(id(each.function), ([], {}))
            for kind in row[0]:
                given.positional.append(
                    context
                    if kind == "context"
                    else attributes.get_attribute(interp, context, "obj", interp.no_place(atom.module.path))
                )
            options.update({name: value for name, value in row[1].items() if name not in options})
        inner = unwrapped(atom)
        names = parameter_names(inner)
        params = {param.target.id: param for param in inner.function.params if isinstance(param.target, ir.Name)}
        for name in names[len(given.positional) :]:
            given.keywords[name] = (options.pop(name) if name in options else None) or self.parameter(
                interp, inner, params[name], context
            )
        if any(param.kind == "kwrest" for param in inner.function.params):
            given.keywords.update({name: value for name, value in options.items() if name not in names})
            given.kwrest = value_of(Input("argument"))
        return given

    def parameter(self, interp: Interpreter, fn: Fn, param: ir.Param, context: Value) -> Value:
        """Return what a parameter that no decorator describes gets: by its type, its mark, or from the command line."""
        name = param.target.id if isinstance(param.target, ir.Name) else ""
        if tail(param.annotation) in CONTEXTS:
            return context
        interp.push(Scope(fn.scope, fn.module), fn.module, None, None)
        try:
            marks: list[ir.Expr] = [param.default] if param.default is not None else []
            if isinstance(param.annotation, ir.Index) and tail(param.annotation.object) == "Annotated":
                index = param.annotation.index
                marks.extend(index.items[1:] if isinstance(index, ir.List) else ())
            default = NOTHING
            for node in marks:
                value = interp.eval(node)
                for obj in value.only(Obj):
                    if isinstance(obj.native, Option):
                        given = obj.native.value if obj.native.value.alts else value_of(Input("argument", name))
                        kept = [pair for pair in default.alts if getattr(pair[0], "value", 0) not in (None, Ellipsis)]
                        return given.join(Value(tuple(kept)))
                if node is param.default:
                    default = value
            return value_of(Input("argument", name)).join(default)
        finally:
            interp.pop()


def add_command(interp: Interpreter, value: Value, group: Group | None, place: Place) -> Value:
    """Register functions as commands of a group; return what stands for them."""
    result = NOTHING
    for atom in value.atoms():
        if not isinstance(atom, Fn):
            result = result.join(value_of(atom))
            continue
        native = Command(value_of(atom), [group] if group is not None else [])

        def setup(inner: Interpreter, convention: Convention, native: Command = native, at: Place = place) -> None:
            for parent in native.parents[:1]:
                for callback in parent.outer():
                    if inner.state is not None:
                        run_step(inner, convention, Step(callback, "raise", at))

        register(
            interp.models,
            Entry(EntryKind.CLI, atom.function.name, original_place(atom), value_of(atom), Invocation, setup=setup),
        )
        made = (
            value_of(atom)
            if group is not None and group.plain
            else native_object(interp, "command", native, place, atom.function.name)
        )
        for obj in made.only(Obj):
            obj.shared = True
        result = result.join(made)
    return result


def make_group(interp: Interpreter, value: Value, parent: Group | None, place: Place) -> Value:
    """Return a group whose callback is the decorated function."""
    native = Group(callback=value if value.only(Fn) else None, parents=[parent] if parent is not None else [])
    made = native_object(interp, "group", native, place, "a group of commands")
    for obj in made.only(Obj):
        obj.shared = True
    return made


def command(call: LibraryCall) -> Value | None:
    """`@click.command()`, also without parentheses."""
    if decorates(call.args):
        return add_command(call.interp, call.args.positional[0], None, call.place)
    return decorator(lambda interp, value, place: add_command(interp, value, None, place))


def group(call: LibraryCall) -> Value | None:
    """`@click.group()`; `AppGroup("name")` and `click.Group(…)` make one at once."""
    if decorates(call.args):
        return make_group(call.interp, call.args.positional[0], None, call.place)
    if call.settings.get("made"):
        return make_group(call.interp, NOTHING, None, call.place)
    alone = "invoke_without_command" in call.args.keywords

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        if alone:
            add_command(interp, value, None, place)
        return make_group(interp, value, None, place)

    return decorator(apply)


def application(call: LibraryCall) -> Value | None:
    """`typer.Typer()`, `cyclopts.App()`: commands stay ordinary functions."""
    made = native_object(
        call.interp,
        "group",
        Group(plain=True, callback=call.args.keywords.get("callback")),
        call.place,
        "a command line",
    )
    for obj in made.only(Obj):
        obj.shared = True
    return made


def passing(call: LibraryCall) -> Value | None:
    """`@click.pass_context`, `@click.pass_obj`, and what `make_pass_decorator` gives: one more argument in front."""
    kind = str(call.settings["kind"])

    def apply(interp: Interpreter, value: Value, place: Place) -> Value:
        for atom in value.only(Fn):
            marks_of(interp, atom)[0].append(kind)
        return value

    if call.settings.get("made"):
        return decorator(apply)
    return apply(call.interp, call.args.positional[0], call.place) if call.args.positional else None


def marks_of(interp: Interpreter, fn: Fn) -> tuple[list[str], dict[str, Value]]:
    """Return what decorators said about a command's function: the arguments in front, and its options."""
    held: dict[int, tuple[list[str], dict[str, Value]]] = interp.models.memory("command marks", dict)
    return held.setdefault(id(fn.function), ([], {}))


def option(call: LibraryCall) -> Value | None:
    """`@click.option("--name", envvar=…, default=…)` and `@click.argument("name")`."""
    declared = [each for value in call.args.positional for each in value.strings()]
    plain = next((each for each in declared if each.isidentifier()), "")
    dashed = sorted((each.lstrip("-") for each in declared if each.startswith("-")), key=len)
    name = (plain or (dashed[-1] if dashed else "")).split("/")[0].strip().replace("-", "_").lower()
    value = given_value(call, name)

    def apply(interp: Interpreter, target: Value, place: Place) -> Value:
        for atom in target.only(Fn):
            marks_of(interp, atom)[1][name] = value
        return target

    return decorator(apply)


def typer_option(call: LibraryCall) -> Value | None:
    """`typer.Option(default, envvar=…)` as a parameter's default or inside `Annotated`."""
    return native_object(
        call.interp, "option", Option(given_value(call, "", call.args.get(0, "default"))), call.place, "an option"
    )


def given_value(call: LibraryCall, name: str, default: Value | None = None) -> Value:
    """Return what the command line gives for an option: its environment variable where it has one, else an argument."""
    envvar = call.args.keywords.get("envvar")
    default = default if default is not None else call.args.keywords.get("default")
    found = NOTHING
    for item in listed(call.interp, envvar):
        found = found.join(join_all(value_of(Env(each, call.place)) for each in item.strings()))
    if not found.alts:
        found = value_of(Input("argument", name)) if name or default is None else NOTHING
    asks = call.args.keywords.get("prompt")
    if asks is not None and any(truth(atom) is not False for atom in asks.atoms()):
        # What the environment does not hold is asked for.
        found = found.join(value_of(Stored("prompt", name, call.place)))
    if default is not None:
        kept = [pair for pair in default.alts if getattr(pair[0], "value", 0) not in (None, Ellipsis)]
        found = found.join(Value(tuple(kept)))
    return found


def current_context(call: LibraryCall) -> Value | None:
    """`click.get_current_context()`."""
    held = call.models.memory("request locals", dict).get("command context")
    return held if held is not None else native_object(call.interp, "context", Context(), call.place, "the context")


def exposed(call: LibraryCall) -> Value | None:
    """`fire.Fire(thing)`, `typer.run(fn)`: functions, methods of classes and objects, entries of dicts become commands."""
    interp = call.interp
    values = list(call.args.positional[:1]) + list(call.args.keywords.values())
    if not values and interp.frames:
        module = interp.frame.module
        values = [
            held
            for held in module.scope.vars.values()
            if any(isinstance(a, Fn) and a.module is module for a in held.atoms())
        ]
    for value in values:
        expose(interp, value, call.place, 0)
    return unknown("what a command gives back")


def expose(interp: Interpreter, value: Value, place: Place, depth: int) -> None:
    """Register what a value offers as commands."""
    for atom in value.atoms():
        if isinstance(atom, Fn):
            add_task(interp, interp.models, value_of(atom), "cli", place)
        elif isinstance(atom, ClassInfo) or (isinstance(atom, Obj) and atom.cls is not None):
            info = atom if isinstance(atom, ClassInfo) else atom.cls
            assert info is not None
            for each in info.ancestry():
                for function in each.definition.methods:
                    if not function.name.startswith("_") and function.kind not in ("getter", "setter", "constructor"):
                        register_method(interp.models, info, function.name, "cli")
        elif isinstance(atom, Obj) and depth < 3:
            for held in (
                atom.fields.values()
                if atom.kind in ("object", "map")
                else operators.known_items(interp, value_of(atom)) or []
            ):
                expose(interp, held, place, depth + 1)
        elif isinstance(atom, Namespace):
            for held in atom.module.scope.vars.values():
                if any(isinstance(a, Fn) and a.module is atom.module for a in held.atoms()):
                    expose(interp, held, place, depth + 1)


# ---------------------------------------------------------------- what packaging files name

PACKAGING: Final = ("pyproject.toml", "setup.cfg", "setup.py")
_NAMED: Final = re.compile(r"""=\s*["']?\s*([A-Za-z_][\w.]*):([A-Za-z_]\w*)""")


def scripts(interp: Interpreter, models: Models) -> None:
    """Register the functions that packaging files make commands: `pay = "package.module:main"`."""
    importers: dict[str, str] = {}
    for module in models.program.modules.values():
        parts = module.path.split("/")[:-1]
        for depth in range(len(parts) + 1 if module.family == "python" else 0):
            importers.setdefault("/".join(parts[:depth]), module.path)
    for folder, importer in sorted(importers.items()):
        for name in PACKAGING:
            data = models.project.text_file(f"{folder}/{name}" if folder else name)
            for match in _NAMED.finditer(data.decode("utf-8", "replace")) if data is not None else ():
                holder = models.program.find(importer, match.group(1))
                if holder is None:
                    continue
                for fn in models.program.member(interp, holder, match.group(2)).only(Fn):
                    if id(fn.function) not in interp.entered:
                        add_task(interp, models, value_of(fn), "cli", interp.no_place(holder.path))
