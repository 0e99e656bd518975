"""Functions that set an application up and that nothing in the project calls: `createApp()`, plugins loaded from a folder by name.

They run when all modules have run, so that the routes they register are known before any entry point runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls
from cybrid_audit.engine.values import Arguments, Fn, Lib, Obj, Scope, Value, place_of, unknown, value_of
from cybrid_audit.facts import Side
from cybrid_audit.limits import MAX_STEPS_PER_MODULE
from cybrid_audit.models.frameworks.python_web import dotted, nodes
from cybrid_audit.models.frameworks.router import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.values import ClassInfo
    from cybrid_audit.models import Models

SETS_UP: Final = frozenset(
    {
        "frameworks/router.router", "frameworks/fastify.application", "frameworks/hapi.server", "frameworks/sockets.server",
        "frameworks/queues.worker", "frameworks/serverless.node_server", "frameworks/serverless.serve", "frameworks/graphql.schema",
    }
)  # fmt: skip
"""Handlers of rows whose call sets something up that takes requests."""
APPLICATIONS: Final = frozenset({"frameworks/fastify.application", "frameworks/hapi.server"})
KITS: Final = (
    ("fastify", "fastify"),
    ("hono", "hono"),
    ("koa", "context"),
    ("@koa/router", "context"),
    ("express", "pair"),
    ("polka", "pair"),
    ("restify", "pair"),
)
"""Packages, and what they hand to a function that registers routes on what it is given."""
TAKEN: Final = frozenset(
    {"app", "application", "fastify", "server", "router", "instance", "api", "f", "r", "koa", "hono", "group"}
)
"""Names of parameters that stand for an application."""


def run(interp: Interpreter, models: Models) -> None:
    """Run every function and class that sets up an application and that nothing has entered."""
    waiting: list[tuple[int, Fn, Arguments]] = []
    for fn in list(models.program.functions.values()):
        if not concerns(interp, models, fn):
            continue
        given = taken(interp, models, fn)
        if given is not None:
            waiting.append((2, fn, given))
        else:
            made = made_by(models, fn.module.scope, fn.function.body)
            if made:
                waiting.append((0 if made & {"application"} else 1, fn, unpassed(fn)))
    for _, fn, given in sorted(waiting, key=lambda row: (row[0], row[1].module.path, row[1].function.span.start)):
        if id(fn.function) not in interp.entered:
            set_up(interp, models, fn.module, lambda fn=fn, given=given: call(interp, fn, given))  # type: ignore[misc]
    for info in list(models.program.classes):
        if (
            info.module.family == "javascript"
            and models.recorder.side(info.module.path) is Side.SERVER
            and not info.definition.decorators
        ):
            of_class(interp, models, info)


def concerns(interp: Interpreter, models: Models, fn: Fn) -> bool:
    """Whether a function is at the top of a server's module and nothing has entered it."""
    return (
        fn.module.family == "javascript"
        and fn.home is None
        and fn.scope is fn.module.scope
        and id(fn.function) not in interp.entered
        and models.recorder.side(fn.module.path) is Side.SERVER
    )


def set_up(interp: Interpreter, models: Models, module: object, run: Callable[[], object]) -> None:
    """Run something as the top level of a module is run."""
    from cybrid_audit.engine.interpreter import Exhausted
    from cybrid_audit.engine.program import LoadedModule

    assert isinstance(module, LoadedModule)
    interp.start(MAX_STEPS_PER_MODULE)
    models.enter_module(interp, module)
    interp.shared_births += 1
    interp.push(Scope(None, module), module, None)
    try:
        run()
    except Exhausted:
        models.recorder.skip(module.path, "what sets up an application was not followed to its end")
    finally:
        interp.shared_births -= 1
        models.leave_module(interp, module)


def call(interp: Interpreter, fn: Fn, given: Arguments) -> Value:
    """Call a function."""
    return interp.settle(
        calls.call(interp, value_of(fn), given, place_of(fn.module.path, fn.function.span), awaited=True)
    )


def unpassed(fn: Fn) -> Arguments:
    """Return arguments of which nothing is known."""
    names = [
        param.target.id if isinstance(param.target, ir.Name) else ""
        for param in fn.function.params
        if param.kind == "positional"
    ]
    return Arguments(positional=[unknown("a parameter that nobody passes", hint=name) for name in names])


def made_by(models: Models, scope: Scope, body: Iterable[object]) -> set[str]:
    """Return what a body constructs that takes requests: `application` among it when one is."""
    found: set[str] = set()
    for node in nodes(body, ir.Call):
        path = dotted(node.func)
        root, _, rest = path.partition(".")
        held = scope.vars.get(root) if path else None
        for atom in held.only(Lib) if held is not None else ():
            row = models.knowledge.models("javascript").find("call", f"{atom.path}.{rest}" if rest else atom.path)
            if row is not None and row[0] in SETS_UP:
                found.add("application" if row[0] in APPLICATIONS or row[1].get("application") else row[0])
    return found


def taken(interp: Interpreter, models: Models, fn: Fn) -> Arguments | None:
    """Return arguments for a function that registers routes on its first parameter, None for any other."""
    if not fn.function.params or not isinstance(fn.function.params[0].target, ir.Name):
        return None
    name = fn.function.params[0].target.id
    if name not in TAKEN or not registers(fn.function.body, name):
        return None
    packages = models.project.packages(fn.module.path)
    kit = next((kit for package, kit in KITS if package in packages), "")
    if not kit or fn.function.params[0].annotation is not None:
        # What the type tells is found where the function is called.
        return unpassed(fn) if kit else None
    interp.start(MAX_STEPS_PER_MODULE)
    interp.push(Scope(None, fn.module), fn.module, None)
    interp.shared_births += 1
    try:
        place = place_of(fn.module.path, fn.function.span)
        if kit == "fastify":
            from cybrid_audit.models.frameworks.fastify import instance

            made = instance(interp, models, place)
        else:
            from cybrid_audit.models.frameworks.router import make_router

            made = make_router(interp, models, kit, "", place, is_application=False)
    finally:
        interp.shared_births -= 1
        interp.pop()
    return Arguments(positional=[made, *unpassed(fn).positional[1:]])


def registers(body: Iterable[object], name: str) -> bool:
    """Whether a body calls `name.post("/path", …)` or `name.route({…})`."""
    for node in nodes(body, ir.Call):
        if (
            not isinstance(node.func, ir.Attribute)
            or not isinstance(node.func.object, ir.Name)
            or node.func.object.id != name
        ):
            continue
        first = node.args[0].value if node.args else None
        if node.func.name in METHODS and isinstance(first, ir.Const | ir.Template) and len(node.args) > 1:
            return True
        if node.func.name in ("route", "register", "addHook", "use") and first is not None:
            return True
    return False


def of_class(interp: Interpreter, models: Models, info: ClassInfo) -> None:
    """Run the constructor of a class that makes an application, and the methods that register routes on it."""
    definition = info.definition
    bodies: list[object] = [field.value for field in definition.fields if field.value is not None]
    bodies += [statement for function in definition.methods for statement in function.body]
    if not made_by(models, info.module.scope, bodies):
        return
    from cybrid_audit.models.types import assumed

    constructor = next((function for function in definition.methods if function.name == "constructor"), None)
    if constructor is not None and id(constructor) not in interp.entered:
        set_up(interp, models, info.module, lambda: assumed(interp, info))
    for function in definition.methods:
        if id(function) in interp.entered or function.kind not in {"method", "function"}:
            continue
        if function is constructor or not (
            made_by(models, info.module.scope, function.body) or registers_on_this(function.body)
        ):
            continue

        def run_method(function: ir.Function = function) -> Value:
            this = assumed(interp, info)
            fn = Fn(function, info.scope, info.module, this, info)
            return call(interp, fn, unpassed(fn)) if this.only(Obj) else this

        set_up(interp, models, info.module, run_method)


def registers_on_this(body: Iterable[object]) -> bool:
    """Whether a body calls `this.app.post("/path", …)`."""
    for node in nodes(body, ir.Call):
        if isinstance(node.func, ir.Attribute) and node.func.name in METHODS and len(node.args) > 1:
            owner = node.func.object
            if isinstance(owner, ir.Attribute) and isinstance(owner.object, ir.Name) and owner.object.id == "this":
                return True
    return False


__all__ = ["run"]
