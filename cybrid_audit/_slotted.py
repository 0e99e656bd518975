"""Makes slotted dataclasses. Use `records.py`, which shows this with the types of the original.

The standard library's decorator compiles up to nine methods a class while a module is imported: some 0.4 ms a class, which
for the IR, the facts and the engine's values comes to more than everything else that a scan imports. A scan starts for every
commit. This one has the same meaning for what we use (`frozen`, `slots`, `eq`, `order`, `kw_only`, `repr`; inheritance,
defaults, factories, `compare`). It compiles each method once for each number of fields and only renames the copies, which
then run as fast as the original's. `fields`, `replace`, `is_dataclass` and pattern matching work on the result; a property
test compares the two."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError
from reprlib import recursive_repr
from types import CodeType, FunctionType, MemberDescriptorType
from typing import Any, Final

_FIELD: Final[Any] = dataclasses._FIELD  # type: ignore[attr-defined]  # noqa: SLF001 - `fields()` shows what is marked so
_BY_FACTORY: Final = object()
"""The default of an argument whose field has a factory."""

_BUILTINS: Final = {"__builtins__": __builtins__}
_codes: Final[dict[Any, CodeType]] = {}
"""Compiled methods by their source or shape."""

_ORDER: Final = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}

# `_compiled` and `_renamed` compile text that is made of numbers and signs only.


def dataclass(
    *,
    slots: bool,
    frozen: bool = False,
    eq: bool = True,
    order: bool = False,
    kw_only: bool = False,
    repr: bool = True,  # noqa: A002 - the original's name
) -> Callable[[type[Any]], type[Any]]:
    """Return a decorator that makes a class a slotted dataclass.

    Raises:
        TypeError: `slots` is false, or, from the decorator, a field without a default follows one that has one.
        ValueError: from the decorator: a field with `init=False` or a mutable default."""
    if not slots:
        raise TypeError("only for slotted classes; take dataclasses.dataclass")
    return lambda cls: _build(cls, frozen, eq, order, kw_only, repr)


def _build(cls: type[Any], frozen: bool, eq: bool, order: bool, kw_only: bool, with_repr: bool) -> type[Any]:
    fields: dict[str, Field[Any]] = {}
    inherited: set[str] = set()
    for base in cls.__mro__[-1:0:-1]:
        fields.update(base.__dict__.get("__dataclass_fields__", ()))
        slots = base.__dict__.get("__slots__", ())
        inherited.update((slots,) if isinstance(slots, str) else slots)
    own = [
        _field(cls, name, annotation, kw_only)
        for name, annotation in cls.__annotations__.items()
        if not annotation.startswith(("ClassVar", "typing.ClassVar"))
    ]
    fields.update((each.name, each) for each in own)
    ordered = tuple(fields.values())

    namespace = dict(cls.__dict__)
    for name in (*fields, "__dict__", "__weakref__"):
        namespace.pop(name, None)
    namespace["__slots__"] = tuple(each.name for each in own if each.name not in inherited)
    namespace["__dataclass_fields__"] = fields
    namespace.setdefault("__match_args__", tuple(each.name for each in ordered if not each.kw_only))
    _add_methods(namespace, ordered, frozen, eq, order, with_repr)
    metaclass: Any = type(cls)
    made = metaclass(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    if "__init__" not in namespace:
        made.__init__ = _init(made, ordered)  # only now are there slots to write to
    return made  # type: ignore[no-any-return]


def _field(cls: type[Any], name: str, annotation: str, kw_only: bool) -> Field[Any]:
    default = cls.__dict__.get(name, MISSING)
    made: Any = default
    if not isinstance(default, Field):
        made = dataclasses.field(default=MISSING if isinstance(default, MemberDescriptorType) else default)
    if not made.init or made.default.__class__.__hash__ is None:
        raise ValueError(f"{cls.__qualname__}.{name}: no field of this kind here")
    made.name, made.type, made._field_type = name, annotation, _FIELD  # noqa: SLF001 - as above
    if made.kw_only is MISSING:
        made.kw_only = kw_only
    return made  # type: ignore[no-any-return]


# ---------------------------------------------------------------- __init__


def _init(cls: type[Any], fields: Iterable[Field[Any]]) -> FunctionType:
    """Return an `__init__` whose code is that of all classes with as many fields; only the names differ."""
    positional = [each for each in fields if not each.kw_only]
    keyword = [each for each in fields if each.kw_only]
    ordered = (*positional, *keyword)
    factories = tuple(index for index, each in enumerate(ordered) if each.default_factory is not MISSING)
    shape = (len(positional), len(keyword), factories, hasattr(cls, "__post_init__"))
    code = _codes.get(shape)
    if code is None:
        code = _codes[shape] = _compiled(*shape)
    scope: dict[str, Any] = {f"s{i}": getattr(cls, each.name).__set__ for i, each in enumerate(ordered)}
    scope.update((f"f{i}", ordered[i].default_factory) for i in factories)
    scope["missing"] = _BY_FACTORY
    made = FunctionType(
        code.replace(
            co_varnames=("self", *(each.name for each in ordered)), co_qualname=f"{cls.__qualname__}.__init__"
        ),
        scope,
        "__init__",
        tuple(_default(each) for each in positional if _default(each) is not MISSING),
    )
    made.__kwdefaults__ = {each.name: _default(each) for each in keyword if _default(each) is not MISSING}
    made.__module__ = cls.__module__
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    optional = False
    for each in positional:
        if optional and _default(each) is MISSING:
            raise TypeError(f"{cls.__qualname__}: field {each.name!r} without a default follows one that has one")
        optional = _default(each) is not MISSING
    return made


def _default(field: Field[Any]) -> Any:
    return _BY_FACTORY if field.default_factory is not MISSING else field.default


def _compiled(positional: int, keyword: int, factories: Sequence[int], has_post_init: bool) -> CodeType:
    """Return the code of an `__init__` that hands each argument `a<n>` to the slot's setter `s<n>`."""
    arguments = ["self", *(f"a{i}" for i in range(positional))]
    if keyword:
        arguments += ["*", *(f"a{i}" for i in range(positional, positional + keyword))]
    body = [
        f"s{i}(self, f{i}() if a{i} is missing else a{i})" if i in factories else f"s{i}(self, a{i})"
        for i in range(positional + keyword)
    ]
    if has_post_init:
        body.append("self.__post_init__()")
    scope: dict[str, Any] = {}
    exec(f"def method({', '.join(arguments)}):\n {'; '.join(body) or 'pass'}", scope)  # noqa: S102 - see the top
    code: CodeType = scope["method"].__code__
    return code.replace(co_name="__init__")


# ---------------------------------------------------------------- the other methods


def _add_methods(
    namespace: dict[str, Any],
    fields: Sequence[Field[Any]],
    frozen: bool,
    eq: bool,
    order: bool,
    with_repr: bool,
) -> None:
    """Add what the class does not define itself."""
    # A class that defines __eq__ gets `__hash__ = None` from the language, which is not its own wish.
    has_hash = namespace.get("__hash__") is not None or ("__hash__" in namespace and "__eq__" not in namespace)
    if with_repr:
        namespace.setdefault("__repr__", _repr_of([each.name for each in fields if each.repr]))
    if eq:
        compared = [each.name for each in fields if each.compare]
        if "__eq__" not in namespace:
            namespace["__eq__"] = _comparison("==", compared)
        if not has_hash:
            hashed = [each.name for each in fields if (each.compare if each.hash is None else each.hash)]
            namespace["__hash__"] = _hash_of(hashed) if frozen else None
        if order:
            namespace.update((name, _comparison(sign, compared)) for name, sign in _ORDER.items())
    if frozen:
        names = [each.name for each in fields]
        namespace["__setattr__"] = _refuse_to_set
        namespace["__delattr__"] = _refuse_to_delete
        # Copying and pickling would use what is refused.
        namespace.setdefault("__getstate__", lambda self: [getattr(self, name) for name in names])
        namespace.setdefault("__setstate__", _setstate_of(names))


def _renamed(source: str, names: Sequence[str]) -> FunctionType:
    """Return a method from a source that speaks of fields `a0`, `a1` …, speaking of the fields `names`."""
    code = _codes.get(source)
    if code is None:
        scope: dict[str, Any] = {}
        exec(source, scope)  # noqa: S102 - see the top
        code = _codes[source] = scope["method"].__code__
    own = {f"a{index}": name for index, name in enumerate(names)}
    return FunctionType(code.replace(co_names=tuple(own.get(each, each) for each in code.co_names)), _BUILTINS)


def _tuple_of(owner: str, count: int) -> str:
    return f"({''.join(f'{owner}.a{i}, ' for i in range(count))})"


def _comparison(sign: str, names: Sequence[str]) -> FunctionType:
    left, right = _tuple_of("self", len(names)), _tuple_of("other", len(names))
    return _renamed(
        f"def method(self, other):\n"
        f" if other.__class__ is self.__class__: return {left} {sign} {right}\n"
        f" return NotImplemented",
        names,
    )


def _hash_of(names: Sequence[str]) -> FunctionType:
    return _renamed(f"def method(self): return hash({_tuple_of('self', len(names))})", names)


def _repr_of(names: Sequence[str]) -> Callable[[Any], str]:
    @recursive_repr()
    def __repr__(self: Any) -> str:  # noqa: N807 - becomes the method of this name
        shown = ", ".join([f"{name}={getattr(self, name)!r}" for name in names])
        return f"{self.__class__.__qualname__}({shown})"

    return __repr__


def _setstate_of(names: Sequence[str]) -> Callable[[Any, Sequence[Any]], None]:
    def __setstate__(self: Any, state: Sequence[Any]) -> None:  # noqa: N807 - becomes the method of this name
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    return __setstate__


def _refuse_to_set(self: Any, name: str, value: Any) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
