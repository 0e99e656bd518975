"""Globs over paths with `/`: `*`, `**`, `?`, `[…]` and `{a,b}`. A pattern that fits a folder fits all that lies below it.

Matched name by name with plain string operations: compiling the tables' globs to expressions took longer than a small scan,
and an expression made of a hostile pattern can take forever."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_ANY_FOLDERS: Final = "**"
_MAX_ALTERNATIVES: Final = 64
"""Patterns that the braces of one glob may stand for. Beyond it, the rest stands for itself."""

Names = tuple[str, ...]
"""A pattern, one item for each name of a path; `**` stands for any number of names."""


def matches(pattern: str, path: str) -> bool:
    """Whether a path, or a folder above it, fits a glob. Case counts."""
    names = path.split("/")
    return any(_fits(each, names, whole=False) for each in _alternatives(pattern))


def fits(pattern: Names, path: str) -> bool:
    """Whether a path itself fits a pattern."""
    return _fits(pattern, path.split("/"), whole=True)


@lru_cache(maxsize=4096)
def _alternatives(pattern: str) -> tuple[Names, ...]:
    """Return the patterns without braces that a glob stands for."""
    pending = [pattern.removeprefix("./").strip("/")]
    done: list[str] = []
    while pending:
        each = pending.pop(0)
        end = each.find("}")
        # The innermost pair first.
        start = each.rfind("{", 0, end) if end >= 0 else -1
        if start < 0 or len(pending) + len(done) >= _MAX_ALTERNATIVES:
            done.append(each)
        else:
            pending += [each[:start] + choice + each[end + 1 :] for choice in each[start + 1 : end].split(",")]
    return tuple(names_of(each) for each in dict.fromkeys(done))


def names_of(pattern: str) -> Names:
    """Return a pattern name by name."""
    names: list[str] = []
    for name in pattern.split("/"):
        # `**` twice in a row says no more than once.
        if name and not (name == _ANY_FOLDERS and names[-1:] == [_ANY_FOLDERS]):
            names.append(name)
    return tuple(names)


def _fits(pattern: Names, names: list[str], *, whole: bool) -> bool:
    """Whether all names fit or, unless `whole`, the first ones of them."""
    size = len(pattern)
    # The places in the pattern that the names so far may have reached: quadratic at worst, however many `**` there are.
    places = _opened(pattern, {0})
    for name in names:
        if size in places and not whole:
            return True
        reached: set[int] = set()
        for place in places:
            if place == size:
                continue
            if pattern[place] == _ANY_FOLDERS:
                reached.add(place)
                if place == size - 1:
                    reached.add(size)
            elif _name_fits(pattern[place], name):
                reached.add(place + 1)
        places = _opened(pattern, reached)
        if not places:
            return False
    return size in places


def _opened(pattern: Names, places: set[int]) -> set[int]:
    """Add what lies behind a `**` that stands for no name. One at the end stands for at least one: `a/**` is not `a` itself."""
    for place in tuple(places):
        if place < len(pattern) - 1 and pattern[place] == _ANY_FOLDERS:
            places.add(place + 1)
    return places


def _name_fits(pattern: str, name: str) -> bool:
    if "*" not in pattern and "?" not in pattern and "[" not in pattern:
        return pattern == name
    if pattern == "*":
        return True
    head, _, tail = pattern.partition("*")
    if not any(char in head or char in tail for char in "*?["):
        return len(name) >= len(head) + len(tail) and name.startswith(head) and name.endswith(tail)
    from fnmatch import fnmatchcase

    # The library's expressions do not go back over what a star took.
    return fnmatchcase(name, pattern)
