"""Which functions could lead to the platform at all, by names alone: the cheap question asked before a function that nobody
calls is followed on its own.

A function leads there when its text holds a platform path, host or credential field, or the name of an SDK operation; or when
it names something that does. Names are not resolved, so the answer is yes too often and never no by mistake, but for a
function that is only reached by a computed name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cybrid_audit import ir

if TYPE_CHECKING:
    from cybrid_audit.engine.program import LoadedModule

MARKS: Final = (
    "cybrid",
    "/api/",
    "api/",
    "oauth",
    "client_secret",
    "client_credentials",
    "customer_token",
    "access_token",
)
"""Text that only code around the platform's API holds, or that it shares with few others."""

UBIQUITOUS: Final = frozenset(
    {
        "get",
        "set",
        "items",
        "append",
        "join",
        "format",
        "self",
        "this",
        "json",
        "push",
        "map",
        "keys",
        "values",
        "add",
        "pop",
        "data",
        "name",
        "value",
        "then",
    }
)
"""Names of methods that every class has: following them would lead everywhere."""


GIVING: Final = frozenset({"Provider", "useReducer", "setState"})
"""Names in components that give others what they keep: a token that one of them was given may be used by another."""

CONSTRUCTORS: Final = frozenset({"constructor", "__init__"})


class _Record:
    """A function, a variable or field of a module's top level, or (without name) the top level itself."""

    __slots__ = ("function", "is_marked", "name", "names", "owner", "sets")

    def __init__(self, function: ir.Function | None, owner: str, name: str = "") -> None:
        self.function = function
        self.owner = owner
        self.name = function.name if function is not None else name
        self.names: set[str] = set()
        self.sets: set[str] = set()
        """Fields that a constructor sets: whoever reads one has what it holds."""
        self.is_marked = False


class Reach(NamedTuple):
    """`leading` are the function definitions, by identity, that may lead to a platform call; `inner` those of them whose name
    another function uses, so that it may be their caller."""

    leading: set[int]
    inner: set[int]


def reach_of(modules: Iterable[LoadedModule], operation_names: frozenset[str]) -> Reach:
    """Return which functions of some modules may lead to the platform."""
    records: list[_Record] = []
    for module in modules:
        top = _Record(None, "")
        records.append(top)
        _walk(module.tree.body, [top], records, "")
        if module.language == "kotlin":
            # `load(guid)` calls the operator `invoke` of what the property `load` holds: only its type names that class.
            for param in _properties(module.tree.body):
                record = _Record(None, "", param.target.id if isinstance(param.target, ir.Name) else "")
                records.append(record)
                _walk((param.annotation, param.default), [record], records, "")
    hot: set[str] = set()
    waiting: list[_Record] = []
    users: dict[str, list[_Record]] = {}
    for record in records:
        if not record.name and record.function is None:
            continue
        for name in record.names:
            users.setdefault(name, []).append(record)
        if record.is_marked or not record.names.isdisjoint(operation_names) or not record.names.isdisjoint(GIVING):
            waiting.append(record)
    seen: set[int] = set()
    while waiting:
        record = waiting.pop()
        if id(record) in seen:
            continue
        seen.add(id(record))
        for name in (record.name, record.owner, *record.sets):
            if name and name not in hot and name not in UBIQUITOUS:
                hot.add(name)
                waiting.extend(users.get(name, ()))
    result = {id(record.function) for record in records if record.function is not None and id(record) in seen}
    inner = {
        id(record.function)
        for record in records
        if record.function is not None and record.function.name not in UBIQUITOUS and _has_caller(record, users)
    }
    return Reach(result, inner)


def _has_caller(record: _Record, users: dict[str, list[_Record]]) -> bool:
    """Whether another function uses a function's name."""
    assert record.function is not None
    if record.function.name == "invoke" and record.owner:
        # The operator is called by the name of what holds an instance: whoever names the class may lead to it.
        return any(user is not record for user in users.get(record.owner, ()))
    return any(user is not record and user.function is not None for user in users.get(record.name, ()))


def _walk(nodes: Any, stack: list[_Record], records: list[_Record], owner: str) -> None:
    """Collect the names and marks of every function below some nodes."""
    pending: list[Any] = [nodes]
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is tuple:
            pending.extend(node)
        elif kind is ir.Name:
            for record in stack:
                record.names.add(node.id)
        elif kind is ir.Attribute:
            for record in stack:
                record.names.add(node.name)
            pending.append(node.object)
        elif kind is ir.Const:
            if type(node.value) is str and _is_marked(node.value):
                for record in stack:
                    record.is_marked = True
        elif len(stack) == 1 and _bound_name(node):
            # A constant of the module or class: whoever names it has what it holds.
            record = _Record(None, "", _bound_name(node))
            records.append(record)
            _walk(node.value, [*stack, record], records, owner)
        elif kind is ir.Function:
            record = _Record(node, owner)
            if node.name in CONSTRUCTORS:
                record.sets = {
                    stmt.target.name
                    for stmt in node.body
                    if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Attribute)
                }
            records.append(record)
            _walk((node.params, node.body, node.decorators), [*stack, record], records, owner)
        elif kind is ir.Class:
            _walk((node.bases, node.fields, node.decorators, node.body), stack, records, node.name)
            _walk(node.methods, stack, records, node.name)
        elif isinstance(node, ir.Node):
            for name in ir.fields_of(kind):
                held = getattr(node, name)
                if held is not None and type(held) not in _PLAIN:
                    pending.append(held)


def _properties(nodes: Any) -> Iterator[ir.Param]:
    """Yield the parameters of constructors that are properties too."""
    pending: list[Any] = [nodes]
    while pending:
        node = pending.pop()
        if type(node) is tuple:
            pending.extend(node)
        elif isinstance(node, ir.ClassDef):
            pending.append(node.definition)
        elif isinstance(node, ir.Class):
            pending.append(node.body)
            for function in node.methods:
                if function.kind == "constructor":
                    yield from (param for param in function.params if param.field)


def _bound_name(node: Any) -> str:
    """Return the name that a statement of a top level or a field of a class binds to a value, else empty."""
    if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and node.value is not None:
        return node.target.id
    return node.name if isinstance(node, ir.Field) and node.value is not None else ""


_PLAIN: Final = (str, int, bool, float, bytes, ir.Span)


def _is_marked(text: str) -> bool:
    low = text.lower()
    return any(mark in low for mark in MARKS)
