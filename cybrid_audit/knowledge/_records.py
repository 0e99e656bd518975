"""Records of data as typed dataclasses: strict reading, plain storage, fast rebuilding.

A table's dataclasses are its schema. `decode` turns parsed YAML into them and fails on anything the types do not allow;
`encode` turns them into plain lists and scalars for the compiled form; `rebuilder` turns those back without checking.

Field types: `str`, `int`, `bool`, `Scalar`, enumerations, other records, `tuple[T, ...]`, `frozenset[str]`,
`Mapping[str, T]`, `Tree` (anything plain, for what is only shown), each also with `| None`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from cybrid_audit.knowledge.errors import KnowledgeError

T = TypeVar("T")

Scalar = str | int | bool | float | None
"""One plain value."""

Tree = Any
"""A plain tree: scalars, tuples and read-only mappings. For what is shown and never computed with."""

_NO_MAPPING: Final[Mapping[str, Any]] = MappingProxyType({})


def no_mapping() -> Mapping[str, Any]:
    """Return the empty mapping: the default factory of a mapping field."""
    return _NO_MAPPING


_SCALARS: Final = (str, int, bool, float, type(None))


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _optional(hint: Any) -> tuple[Any, bool]:
    """Return the type without `None`, and whether `None` was in it."""
    if get_origin(hint) in (Union, types.UnionType):
        rest = [each for each in get_args(hint) if each is not type(None)]
        if len(rest) == 1:
            return rest[0], len(get_args(hint)) > 1
    return hint, False


def decode(cls: type[T], value: Any, file: str, key: str = "") -> T:
    """Return a record read from parsed YAML.

    Raises:
        KnowledgeError: an unknown or missing key, a value of the wrong type, a word that is no member of an enumeration."""
    if not isinstance(value, dict):
        raise KnowledgeError(file, key, f"expected keys and values, found {_kind(value)}")
    hints = _hints(cls)  # type: ignore[arg-type]
    known: dict[str, Any] = {}
    required: set[str] = set()
    for each in fields(cls):  # type: ignore[arg-type]
        known[_key_of(each.name)] = each.name
        if each.default is MISSING and each.default_factory is MISSING:
            required.add(_key_of(each.name))
    for name in value:
        if name not in known:
            raise KnowledgeError(file, _join(key, str(name)), f"unknown key; known are {', '.join(sorted(known))}")
    for name in sorted(required):
        if name not in value:
            raise KnowledgeError(file, key, f"missing key {name!r}")
    given = {known[name]: _decode(hints[known[name]], item, file, _join(key, name)) for name, item in value.items()}
    return cls(**given)


def _key_of(field_name: str) -> str:
    # A key that is a Python keyword (`with`) is a field with an underscore at its end.
    return field_name.removesuffix("_")


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else f"{value!r}"


def _decode(hint: Any, value: Any, file: str, key: str) -> Any:
    if hint is Any:
        return freeze(value)
    inner, may_be_none = _optional(hint)
    if value is None and may_be_none:
        return None
    origin = get_origin(inner)
    if origin is tuple:
        (item,) = [each for each in get_args(inner) if each is not Ellipsis]
        if not isinstance(value, list):
            raise KnowledgeError(file, key, f"expected a list, found {_kind(value)}")
        return tuple(_decode(item, each, file, f"{key}[{index}]") for index, each in enumerate(value))
    if origin is frozenset:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise KnowledgeError(file, key, f"expected a list of words, found {_kind(value)}")
        if len(set(value)) != len(value):
            twice = next(each for each in value if value.count(each) > 1)
            raise KnowledgeError(file, key, f"{twice!r} is listed twice")
        return frozenset(value)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise KnowledgeError(file, key, f"expected keys and values, found {_kind(value)}")
        _, item = get_args(inner)
        for name in value:
            if not isinstance(name, str):
                raise KnowledgeError(file, key, f"the key {name!r} is not a word; quote it")
        return MappingProxyType({name: _decode(item, each, file, _join(key, name)) for name, each in value.items()})
    if origin in (Union, types.UnionType):
        if isinstance(value, bool) or type(value) in get_args(inner):
            return value
        raise KnowledgeError(file, key, f"expected one plain value, found {_kind(value)}")
    if is_dataclass(inner):
        return decode(typing.cast("type", inner), value, file, key)
    if isinstance(inner, type) and issubclass(inner, Enum):
        try:
            return inner(value)
        except ValueError:
            words = ", ".join(str(each.value) for each in inner)
            raise KnowledgeError(file, key, f"{value!r} is none of {words}") from None
    if inner is str and not isinstance(value, str):
        raise KnowledgeError(file, key, f"expected text, found {_kind(value)}")
    if inner is bool and not isinstance(value, bool):
        raise KnowledgeError(file, key, f"expected true or false, found {_kind(value)}")
    if inner is int and (not isinstance(value, int) or isinstance(value, bool)):
        raise KnowledgeError(file, key, f"expected a whole number, found {_kind(value)}")
    return value


def freeze(value: Any) -> Any:
    """Return a plain tree with tuples for lists and read-only mappings for dicts."""
    if isinstance(value, dict):
        return MappingProxyType({str(name): freeze(each) for name, each in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(each) for each in value)
    return value


def encode(value: Any) -> Any:
    """Return a record, or a collection of records, as plain lists, dicts and scalars. Frozen sets come out sorted."""
    if is_dataclass(value) and not isinstance(value, type):
        row = [encode(getattr(value, each.name)) for each in fields(value)]
        defaults = [_default(each) for each in fields(value)]
        # Values at the end that equal their default are left out: most records use few of their fields.
        while row and defaults[len(row) - 1] is not MISSING and row[-1] == encode(defaults[len(row) - 1]):
            row.pop()
        return row
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: encode(each) for name, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [encode(each) for each in value]
    return value


def _default(each: Any) -> Any:
    return each.default_factory() if each.default_factory is not MISSING else each.default


def rebuilder(cls: type[T]) -> Callable[[list[Any]], T]:
    """Return a function that makes a record of what `encode` made of it. It trusts its input."""
    build: Callable[[list[Any]], T] = _rebuilder(cls)  # type: ignore[arg-type]
    return build


@cache
def _rebuilder(cls: type) -> Callable[[list[Any]], Any]:
    hints = _hints(cls)
    converters = [
        (index, converter)
        for index, each in enumerate(fields(cls))
        if (converter := _converter(hints[each.name])) is not None
    ]

    def build(row: list[Any]) -> Any:
        size = len(row)
        for index, converter in converters:
            if index >= size:
                break
            item = row[index]
            if item is not None:
                row[index] = converter(item)
        return cls(*row)

    return build


def _converter(hint: Any) -> Callable[[Any], Any] | None:
    """Return what makes a field's value of its stored form, or None when both are the same."""
    if hint is Any:
        return freeze
    inner, _ = _optional(hint)
    origin = get_origin(inner)
    if origin is tuple:
        (item,) = [each for each in get_args(inner) if each is not Ellipsis]
        return _tuple_of(_converter(item))
    if origin is frozenset:
        return frozenset
    if origin in (Union, types.UnionType):
        return None
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_of(_converter(get_args(inner)[1]))
    if is_dataclass(inner):
        return _rebuilder(typing.cast("type", inner))
    if isinstance(inner, type) and issubclass(inner, Enum):
        return inner
    return None


def _tuple_of(convert: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    return tuple if convert is None else lambda row: tuple(map(convert, row))


def _mapping_of(convert: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    if convert is None:
        return MappingProxyType
    return lambda table: MappingProxyType({name: convert(each) for name, each in table.items()})


def unique(items: typing.Iterable[str], file: str, key: str) -> None:
    """Raise KnowledgeError when a name comes twice."""
    seen: set[str] = set()
    for index, name in enumerate(items):
        if name in seen:
            raise KnowledgeError(file, f"{key}[{index}]", f"{name!r} is defined twice")
        seen.add(name)
