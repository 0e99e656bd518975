"""Variables that go out with a bundle or an app, and where client-side code reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from cybrid_audit.facts import Trace
from cybrid_audit.records import dataclass
from cybrid_audit.secrets.names import Names, Owner

if TYPE_CHECKING:
    from cybrid_audit.config_files.structure import Leaf
    from cybrid_audit.knowledge.secret_facts import SecretResources

ROLES: Final = frozenset({"client_secret", "client_id"})
_KEY: Final = re.compile(
    r"(?m)(?:^|[{,(\s])[\"'`]?(?P<key>[A-Za-z_$][\w$.-]*)[\"'`]?\s*:|(?:^|[{,\s])(?P<short>[A-Za-z_$][\w$]*)\s*,?\s*(?=\n|\})"
)
"""A key of an object, or a variable that is key and value at once."""
_READS: Final = re.compile(
    r"[\"'`]?\]?[ \t]*:[^\n]{0,80}?(?:process\.env|import\.meta\.env|\benv)\s*\??\.\s*([A-Za-z_]\w*)"
)
_READ: Final = re.compile(r"(?:process\.env|import\.meta\.env|\bConfig|\benv)\s*\??\.\s*([A-Z]\w{3,120})")
_IN_PAGE: Final = re.compile(r"%([A-Z]\w{3,120})%")
_FIELD: Final = r"(?:\??\.\s*|\[\s*[\"'`]){name}\b(?!\s*\()"
_OPENS: Final = re.compile(r"([A-Za-z_$][\w$.-]*)[\"'`]?\]?\s*(?::\s*|=\s*|\(\s*)(?:\(\s*)?$")


@dataclass(frozen=True, slots=True)
class Definition:
    """A name that a file makes public, on a line; `how` says what by. `is_set` tells whether a value stands there."""

    name: str
    role: str
    line: int
    how: str
    is_set: bool = True
    is_handed: bool = False
    """The server hands it over in an object, of which client-side code reads the field of that name."""
    trace: Trace = ()


class Public:
    """Finds definitions in files, and reads of them in code."""

    def __init__(self, names: Names, tables: SecretResources) -> None:
        self._names = names
        self._tables = tables

    def role(self, name: str) -> str:
        """Return the role of a name of the platform's credentials, '' for another."""
        told = self._names.read(name)
        return told.role if told.owner is Owner.PLATFORM and told.role in ROLES and told.is_sure else ""

    def of_leaves(self, path: str, leaves: Iterable[Leaf]) -> Iterator[Definition]:
        """Yield what the values of a parsed file define."""
        build = next((row for row in self._tables.public_builds if row.keys and row.fits(path)), None)
        resource = next((row for row in self._tables.public_resources if row.fits(path)), None)
        for leaf in leaves:
            how = ""
            if leaf.name.startswith(self._tables.public_prefixes):
                how = "the prefix of its name"
            elif build is not None and not build.keys.isdisjoint(leaf.keys[:-1]):
                how = build.what
            elif resource is not None:
                how = resource.what
            if how and (role := self.role(leaf.name)):
                yield Definition(leaf.name, role, leaf.line, how)

    def of_text(self, path: str, text: str) -> Iterator[Definition]:
        """Yield what the text of a build file defines."""
        for row in self._tables.public_builds:
            if not row.fits(path):
                continue
            for expression in row.expressions:
                for match in _compiled(expression).finditer(text):
                    if role := self.role(match[1]):
                        yield Definition(match[1], role, text.count("\n", 0, match.start(1)) + 1, row.what)
            if row.keys and not path.endswith(".json"):
                for match in _KEY.finditer(text):
                    group = "key" if match["key"] else "short"
                    name, start = match[group], match.start(group)
                    role = self.role(name) or self._role_of_value(text, match.end(group))
                    if role and not row.keys.isdisjoint(_enclosing(text, start)):
                        yield Definition(name.rpartition(".")[2], role, text.count("\n", 0, start) + 1, row.what)

    def _role_of_value(self, text: str, start: int) -> str:
        """Return the role of the variable that the value of a key reads, on the same line."""
        found = _READS.match(text, start)
        return self.role(found[1]) if found is not None else ""

    def in_page(self, text: str) -> Iterator[tuple[str, str, int]]:
        """Yield the variables that a bundler puts into a page, with role and line."""
        for match in _IN_PAGE.finditer(text):
            if role := self.role(match[1]):
                yield match[1], role, text.count("\n", 0, match.start(1)) + 1

    def variables(self, text: str, *, prefixed: bool) -> Iterator[tuple[str, str, int]]:
        """Yield the variables that client-side code reads, those with a public prefix or all, with role and line."""
        for match in _READ.finditer(text):
            name = match[1]
            if (not prefixed or name.startswith(self._tables.public_prefixes)) and (role := self.role(name)):
                yield name, role, text.count("\n", 0, match.start(1)) + 1

    def reads(self, text: str, name: str, *, is_handed: bool = False) -> Iterator[int]:
        """Yield the lines on which client-side code reads a variable or a resource, or the field of an object."""
        if name not in text:
            return
        seen: set[int] = set()
        for expression in (_FIELD,) if is_handed else self._tables.public_reads:
            for match in re.finditer(expression.replace("{name}", re.escape(name)), text):
                line = text.count("\n", 0, match.start() + match[0].rfind(name)) + 1
                if line not in seen:
                    seen.add(line)
                    yield line


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _enclosing(text: str, at: int) -> set[str]:
    """Return the names before the brackets that are open at an offset."""
    found: set[str] = set()
    depth = 0
    for index in range(at - 1, max(-1, at - 20_000), -1):
        char = text[index]
        if char in "}])":
            depth += 1
        elif char in "{[(":
            if depth:
                depth -= 1
                continue
            match = _OPENS.search(text, max(0, index - 120), index + (char == "("))
            if match is not None:
                found.update((match[1], match[1].rpartition(".")[2]))
    return found
