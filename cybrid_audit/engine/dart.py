"""How Dart binds the names of imports, and what it constructs: libraries with parts, re-exports, factories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import calls
from cybrid_audit.engine.values import (
    Arguments,
    ClassInfo,
    Fn,
    Lib,
    Namespace,
    Place,
    Value,
    unknown,
    value_of,
)

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.engine.program import LoadedModule

FACTORY: Final = "%factory"
NAMED: Final = "%named"
_DEPTH: Final = 12


def library(address: str) -> str:
    """Return the name of a library: `dio` of `package:dio/dio.dart`, `dart.convert` of `dart:convert`."""
    if address.startswith("package:"):
        return address.removeprefix("package:").partition("/")[0]
    return (
        address.replace(":", ".") if address.startswith("dart:") else address.rpartition("/")[2].removesuffix(".dart")
    )


def declared(module: LoadedModule) -> dict[str, bool]:
    """Return what a file declares at its top level; the value tells whether other libraries see it."""
    found: dict[str, bool] = {}
    for stmt in module.tree.body:
        name = ""
        if isinstance(stmt, ir.ClassDef):
            name = stmt.definition.name
        elif isinstance(stmt, ir.FunctionDef):
            name = stmt.function.name
        elif isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name):
            name = stmt.target.id
        if name:
            found[name] = not name.startswith("_")
    return found


def exported(interp: Interpreter, module: LoadedModule, depth: int = 0) -> dict[str, LoadedModule]:
    """Return what a library gives to those that import it, with the file that declares it."""
    found = {name: module for name, is_public in declared(module).items() if is_public}
    if depth > _DEPTH:
        return found
    for stmt in module.tree.body:
        if isinstance(stmt, ir.Export) and stmt.module is not None:
            target = interp.program.find(module.path, stmt.module)
            if target is None:
                continue
            given = exported(interp, target, depth + 1)
            shown = {local for _, local in stmt.names}
            found.update({name: held for name, held in given.items() if "*" in shown or name in shown})
        elif isinstance(stmt, ir.Import) and stmt.names == (("%part", "%part"),):
            part = interp.program.find(module.path, stmt.module)
            if part is not None:
                found.update({name: part for name, is_public in declared(part).items() if is_public})
    return found


def bind_import(
    interp: Interpreter, stmt: ir.Import, importer: LoadedModule, base: LoadedModule, depth: int = 0
) -> None:
    """Bind the names of an import that stands in `base`, in the file that runs."""
    from cybrid_audit.engine.program import Imported

    target = interp.program.find(base.path, stmt.module)
    hidden = {local for name, local in stmt.names if name == "-"}
    if stmt.names == (("%part", "%part"),):
        if target is None or target is importer:
            return
        for name in declared(target):
            if name not in importer.scope.vars:
                interp.set_local(name, value_of(Imported(target, name)))
        if depth == 0:
            # What a library imports is there for its parts, and so are its other parts.
            for each in target.tree.body:
                if isinstance(each, ir.Import):
                    bind_import(interp, each, importer, target, depth + 1)
        return
    prefix = next((local for name, local in stmt.names if name == "*"), None)
    shown = [name for name, _ in stmt.names if name not in ("*", "**", "-")]
    if target is None:
        name = library(stmt.module)
        if prefix is not None:
            interp.set_local(prefix, value_of(Lib(name)))
        elif name not in importer.wildcards:
            importer.wildcards.append(name)
        return
    if prefix is not None:
        interp.set_local(prefix, value_of(Namespace(target)))
        return
    for name, holder in exported(interp, target).items():
        if (not shown or name in shown) and name not in hidden and name not in importer.scope.vars:
            interp.set_local(name, value_of(Imported(holder, name)))


def member(interp: Interpreter, module: LoadedModule, name: str) -> Value | None:
    """Return what a library gives under a name that it re-exports, or None."""
    holder = exported(interp, module).get(name)
    return interp.program.member(interp, holder, name) if holder is not None and holder is not module else None


def made(interp: Interpreter, info: ClassInfo, args: Arguments, place: Place | None) -> Value | None:
    """Return what the factory without a name gives, or None where a constructor is called."""
    if any(name.startswith(NAMED) for name in args.keywords):
        return None
    function = next((each for each in info.definition.methods if each.name == FACTORY), None)
    if function is None:
        return None
    from cybrid_audit.models.dart import http as dart_http

    service = dart_http.service(interp, info, args, place or interp.no_place(info.module.path))
    if service is not None:
        return service
    return calls.invoke(interp, Fn(function, info.scope, info.module, value_of(info), info), args, place, awaited=True)


def generated(interp: Interpreter, name: str, args: Arguments, place: Place) -> Value | None:
    """Return what code that a generator would write gives: `_$TokenFromJson(json)`, `_$TokenToJson(token)`, `_$ApiRouter(this)`,
    `_$Api(client)`; None for others."""
    from cybrid_audit.engine import jvm
    from cybrid_audit.models.jvm import builtins as records

    if not name.startswith("_$") or not args.positional:
        return None
    if name.endswith("ToJson"):
        return records.wired(interp, args.positional[0])
    if name.endswith("Router"):
        from cybrid_audit.models.frameworks import dart_servers

        return dart_servers.generated_router(interp, args.positional[0], place)
    of = name[2:].removesuffix("FromJson")
    kind = jvm.lookup(interp, of, ir.Name(ir.NO_SPAN, of))
    if not name.endswith("FromJson"):
        from cybrid_audit.models.dart import http as dart_http

        made = [dart_http.service(interp, info, args, place) for info in kind.only(ClassInfo)]
        return next((value for value in made if value is not None), None)
    return records.decode(interp, args.positional[0], kind) if kind.only(ClassInfo) else unknown("generated code")
