"""Event handlers of h3 and Nitro, and the names that Nuxt and Nitro import by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import calls
from cybrid_audit.engine.values import Arguments, Obj, Place, Value, value_of
from cybrid_audit.models.entries import Step
from cybrid_audit.models.frameworks.handlers import functions, is_callable, unwrapped
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models


class EventHandler(Native):
    """A handler with what runs before it: `defineEventHandler({onRequest: [a], handler})`."""

    __slots__ = ("fn", "steps")

    def __init__(self, fn: Value, steps: list[Step]) -> None:
        self.fn = fn
        self.steps = steps

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        for step in self.steps:
            calls.call(interp, step.fn, args, place, awaited=True)
        return calls.call(interp, self.fn, args, place, awaited=True)


def handler(call: LibraryCall) -> Value | None:
    """`defineEventHandler(fn)` gives the function, with options the function behind its steps."""
    for value in call.args.positional:
        if is_callable(value):
            return value
        inner = unwrapped(value)
        if is_callable(inner):
            return inner
        for obj in value.only(Obj):
            fn = obj.fields.get("handler")
            if fn is None:
                continue
            steps = [
                Step(each, "hook", call.place)
                for name in ("onRequest", "middleware")
                for each in (functions(call.interp, [obj.fields[name]]) if name in obj.fields else [])
            ]
            if not steps:
                return unwrapped(fn)
            return native_object(call.interp, "handler", EventHandler(unwrapped(fn), steps), call.place, "a handler")
    return None


_IMPORTED: Final = ("server/utils/", "shared/utils/", "utils/", "composables/", "stores/")
"""Folders whose files' exports need no import; `stores/` where Pinia's module is used. Since Nuxt 4 they may be in `app/`."""


def auto_import(interp: Interpreter, models: Models, name: str) -> Value | None:
    """Return what Nuxt and Nitro import under a name without being told: what files in some folders export; None for any other."""
    path = interp.frame.module.path
    packages = models.project.packages(path)
    if not packages & {"nuxt", "nuxt3", "nitropack", "nitro"}:
        return None
    root = models.project.package_root(path)
    table: dict[str, dict[str, str]] = models.memory("nitro imports", dict)
    if root not in table:
        names: dict[str, str] = {}
        prefix = f"{root}/" if root else ""
        for each in sorted(models.project.files):
            inner = each[len(prefix) :].removeprefix("src/").removeprefix("app/")
            if each.startswith(prefix) and inner.startswith(_IMPORTED):
                module = models.program.load(each)
                for exported in module.names if module is not None else ():
                    names.setdefault(
                        exported if exported != "default" else each.rsplit("/", 1)[-1].partition(".")[0], each
                    )
        table[root] = names
    found = table[root].get(name)
    module = models.program.load(found) if found is not None else None
    if module is None:
        return None
    return models.program.member(interp, module, name if name in module.names else "default")


__all__ = ["EventHandler", "auto_import", "handler", "value_of"]
