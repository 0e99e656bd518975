"""Loading modules by calls: `require`, `import()`, `importlib.import_module`."""

from __future__ import annotations

from cybrid_audit.engine.values import NOTHING, Lib, Namespace, Value, value_of
from cybrid_audit.models.native import LibraryCall


def require(call: LibraryCall) -> Value | None:
    """What CommonJS's `require(name)` gives; of a constant name only."""
    first = call.args.get(0)
    if first is None:
        return None
    result = NOTHING
    for name in first.strings():
        result = result.join(call.models.program.require(call.interp, call.interp.frame.module, name))
    return result if result.alts else None


def import_call(call: LibraryCall) -> Value | None:
    """What `import(name)` resolves to: the module's namespace."""
    first = call.args.get(0)
    if first is None:
        return None
    result = NOTHING
    for name in first.strings():
        module = call.models.program.find(call.interp.frame.module.path, name)
        if module is not None:
            call.models.program.ensure(call.interp, module)
            result = result.join(value_of(Namespace(module)))
        else:
            from cybrid_audit.engine.program import library_name

            result = result.join(value_of(Lib(library_name(name))))
    return result if result.alts else None
