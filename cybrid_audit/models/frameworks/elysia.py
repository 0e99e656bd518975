"""Elysia: hooks before a handler, what they add to its context, plugins whose hooks reach further, macros that routes switch on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls
from cybrid_audit.engine.values import (
    NOTHING,
    V_NONE,
    Arguments,
    Const,
    Fn,
    Obj,
    Place,
    Value,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.frameworks.handlers import functions, is_callable, is_options, texts
from cybrid_audit.models.frameworks.requests_in import reply_object, request_object
from cybrid_audit.models.frameworks.router import METHODS, Context, Item, OneContext, Router, enlist, mounted_router
from cybrid_audit.models.native import LibraryCall, native_object
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from cybrid_audit.engine.interpreter import Interpreter

BEFORE: Final = ("onRequest", "onTransform", "transform", "onBeforeHandle", "beforeHandle")
"""Hooks that run before a handler and stop the request by returning something."""
ADDING: Final = ("derive", "resolve")
"""Hooks whose returned fields the handler finds in its context."""
REACHES: Final = {"local": 0, "scoped": 1, "plugin": 1, "global": 99}
"""How many instances above its own a hook is run for."""
INERT: Final = (
    "onError",
    "onAfterHandle",
    "onAfterResponse",
    "onParse",
    "onStart",
    "onStop",
    "mapResponse",
    "model",
    "trace",
    "compile",
    "listen",
    "stop",
    "headers",
    "error",
)


class HandlerContext(Context):
    """The context of a handler: parts of the request, what hooks added, and functions that answer."""

    __slots__ = ()

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("error", "status", "redirect"):
            return value_of(NativeFn(name, lambda inner, args, at: self.method(inner, obj, name, args, at) or V_NONE))
        if name == "set":
            obj.fields[name] = value_of(interp.new("map", place=place))
            return obj.fields[name]
        added = interp.models.memory("elysia context", dict).get(name)
        if added is not None:
            return added  # type: ignore[no-any-return]
        return attributes.get_attribute(interp, self.request, name, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("error", "status", "redirect"):
            return calls.call_method(interp, self.reply, "send", args, place)
        return super().method(interp, obj, name, args, place)


class Handling(OneContext):
    """`handler(context)`; what it returns is sent."""

    sends_returned = True

    def arguments(self, interp: Interpreter, fn: Value) -> Arguments:
        if self.context is None:
            place = interp.no_place(interp.frame.module.path)
            native = HandlerContext(
                request_object(interp, place, self.verb, self.path, self.app), reply_object(interp, place)
            )
            self.context = native_object(interp, "context", native, place, "the context")
        return Arguments(positional=[self.context])


@dataclass(slots=True)
class Macro:
    """What a route's option of that name stands for; older macros hang hooks on a manager instead of returning them."""

    definition: Value
    hung: list[Value]


class Elysia(Router):
    """An instance: application, plugin or group."""

    __slots__ = ("reach",)

    def __init__(self, base: str = "", *, is_application: bool = False) -> None:
        super().__init__("returned", base, is_application=is_application)
        self.reach: dict[int, int] = {}
        """How far the hooks among the items reach, by the identity of the item."""

    make_convention = Handling

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        given = list(args.positional)
        if name in ("group", "guard") and given and is_callable(given[-1]):
            self.group(interp, name, given, place)
        elif name in (*BEFORE, *ADDING, "guard"):
            self.hook(interp, name, given, place)
        elif name == "use":
            for value in given:
                self.plugin(interp, value, place)
        elif name in ("state", "decorate"):
            added: dict[str, Value] = interp.models.memory("elysia context", dict)
            keys = given[0].strings() if len(given) > 1 else []
            added.update(dict.fromkeys(keys, given[-1]))
            for table in given[:1]:
                added.update(next((each.fields for each in table.only(Obj)), {}) if not keys else {})
        elif name == "macro" and given:
            self.macros(interp, given[-1], next(iter(texts(interp, given[0])), ""), place)
        elif name == "as" and given:
            level = max((REACHES.get(text, 0) for text in given[0].strings()), default=0)
            self.reach = {id(item): level for item in self.items if item.kind == "use"}
        elif name in METHODS:
            self.add_route(interp, METHODS[name], args, place)
        elif name not in INERT:
            return super().method(interp, obj, name, args, place)
        return value_of(obj)

    def before(self, fn: Value, place: Place, reach: int = 0) -> None:
        """Keep a hook that runs before the handlers that follow."""
        item = Item("use", "*", "", [fn], place, is_used=True)
        self.items.append(item)
        self.reach[id(item)] = reach

    def hook(self, interp: Interpreter, name: str, given: list[Value], place: Place) -> None:
        """`onBeforeHandle({as: "scoped"}, fn)`, `derive(fn)`, `guard({beforeHandle: [...]})`."""
        reach = 0
        for value in given:
            for options in value.only(Obj):
                level = options.fields.get("as")
                reach = max([reach, *(REACHES.get(text, 0) for text in texts(interp, level))])
                for fn in self.described(interp, options, place):
                    self.before(fn, place, reach)
            if is_callable(value) or any(obj.kind == "list" for obj in value.only(Obj)):
                for fn in functions(interp, [value]):
                    self.before(merging(fn) if name in ADDING else fn, place, reach)

    def described(self, interp: Interpreter, options: Obj, place: Place) -> list[Value]:
        """Return the hooks that the options of a route or guard name, those of the macros they switch on first."""
        found: list[Value] = []
        for name, macro in interp.models.memory("elysia macros", dict).items():
            wanted = options.fields.get(name)
            if wanted is None or any(isinstance(atom, Const) and atom.value is False for atom in wanted.atoms()):
                continue
            macro.hung.clear()
            made = macro.definition
            if is_callable(made):
                made = calls.call(interp, made, Arguments(positional=[wanted]), place, awaited=True)
            found += functions(interp, macro.hung)
            for inner in made.only(Obj):
                found += self.described(interp, inner, place)
        for name in (*ADDING, *BEFORE):
            held = options.fields.get(name)
            if held is not None:
                found += [merging(fn) if name in ADDING else fn for fn in functions(interp, [held])]
        return found

    def group(self, interp: Interpreter, name: str, given: list[Value], place: Place) -> None:
        """`group(path, options, build)`, `guard(options, build)`: hooks that stand before what is built inside only."""
        child = Elysia(next(iter(texts(interp, given[0])), ""))
        child.mounted = True
        child.value = native_object(interp, "router", child, place, "a group")
        child.hook(interp, name, given[:-1], place)
        calls.call(interp, given[-1], Arguments(positional=[child.value]), place, awaited=True)
        self.add("mount", "", "", [child.value], place)

    def plugin(self, interp: Interpreter, value: Value, place: Place) -> None:
        """Take in a plugin: another instance, or a function that is given this one."""
        held = interp.settle(value)
        child = mounted_router(held)
        if child is not None:
            child.mounted = True
            if isinstance(child, Elysia):
                for item in child.items:
                    if child.reach.get(id(item)):
                        self.before(item.fns[0], item.place, child.reach[id(item)] - 1)
            self.add("mount", "", "", [held], place)
        elif any(isinstance(atom, Fn) for atom in held.atoms()) and self.value is not None:
            calls.call(interp, held, Arguments(positional=[self.value]), place, awaited=True)

    def macros(self, interp: Interpreter, value: Value, name: str, place: Place) -> None:
        """`macro({mfa: {beforeHandle}})`, `macro("mfa", {...})`, `macro(({onBeforeHandle}) => ({mfa: (on) => ...}))`."""
        table: dict[str, Macro] = interp.models.memory("elysia macros", dict)
        hung: list[Value] = []
        if is_callable(value) and not name:
            manager = interp.new("object", place=place)
            for hook in (*BEFORE, *ADDING):
                add = NativeFn(hook, hanging(hung))
                manager.fields[hook] = value_of(add)
            value = calls.call(interp, value, Arguments(positional=[value_of(manager)]), place, awaited=True)
        if name:
            table[name] = Macro(value, hung)
            return
        for obj in value.only(Obj):
            table.update({key: Macro(held, hung) for key, held in obj.fields.items()})

    def add_route(self, interp: Interpreter, method: str, args: Arguments, place: Place) -> None:
        before: list[Value] = []
        rest = list(args.positional)
        for options in rest[-1].only(Obj) if len(rest) > 1 else []:
            if is_options(options):
                before = self.described(interp, options, place)
        paths = texts(interp, rest[0]) if rest else []
        handlers = rest[1:2] if len(rest) > 1 else []
        for path in paths or [""]:
            self.add("route", path, method, [*before, *(functions(interp, handlers) or handlers)], place)


def hanging(hung: list[Value]) -> Callable[[Interpreter, Arguments, Place], Value]:
    """Return a function that hangs its arguments up."""

    def hang(interp: Interpreter, args: Arguments, place: Place) -> Value:
        hung.extend(args.positional)
        return V_NONE

    return hang


def merging(fn: Value) -> Value:
    """Return a hook that puts what a function returns into the context; an answer still stops the request."""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        result = NOTHING
        for atom, proofs in interp.settle(calls.call(interp, fn, args, place, awaited=True)).alts:
            if isinstance(atom, Obj) and is_options(atom):
                for context in args.positional[0].only(Obj):
                    context.fields |= atom.fields
                result = result.join(V_NONE.with_proofs(proofs))
            else:
                result = result.join(Value(((atom, proofs),)))
        return result

    return value_of(NativeFn("derive", run))


def application(call: LibraryCall) -> Value | None:
    """`new Elysia({prefix})`."""
    base = ""
    for options in call.args.positional[0].only(Obj) if call.args.positional else []:
        base = next(iter(texts(call.interp, options.fields.get("prefix"))), "")
    return enlist(call.interp, call.models, Elysia(base, is_application=True), call.place)


__all__ = ["Elysia", "application"]
