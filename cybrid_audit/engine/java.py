"""References to methods of a type in Java: `Order::id`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit import ir
from cybrid_audit.engine import calls, jvm
from cybrid_audit.engine.values import NOTHING, Arguments, ClassInfo, Lib, Native, Place, Value, value_of

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


def reference(interp: Interpreter, node: ir.Opaque) -> Value:
    """Return `Type::method` as a function: a static method, else a method of its first argument."""
    kind, name = interp.eval(node.children[0]), node.children[1]
    method = str(name.value) if isinstance(name, ir.Const) else ""

    def run(interp: Interpreter, args: Arguments, place: Place) -> Value:
        result = NOTHING
        for atom in kind.atoms():
            if isinstance(atom, ClassInfo):
                is_static = jvm.has_static(atom, method) or not args.positional
            else:
                path = f"{atom.path}.{method}" if isinstance(atom, Lib) else ""
                is_static = not args.positional or interp.models.row(interp, "call", path) is not None
            if is_static:
                result = result.join(calls.call_method(interp, value_of(atom), method, args, place, awaited=True))
                continue
            rest = Arguments(args.positional[1:], args.keywords, args.rest, args.kwrest)
            result = result.join(calls.call_method(interp, args.positional[0], method, rest, place, awaited=True))
        return result

    return value_of(Native(method, run))
