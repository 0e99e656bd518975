"""The values of a parsed file as the search for credentials sees them: what each is called, and whose it is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from cybrid_audit.config_files.nodes import Kind, Node
from cybrid_audit.records import dataclass
from cybrid_audit.secrets.names import Names, Owner

if TYPE_CHECKING:
    import re

    from cybrid_audit.knowledge.secret_facts import SecretFiles

_PAIR_VALUES: Final = frozenset(
    {
        "value",
        "currentvalue",
        "parametervalue",
        "default",
        "defaultvalue",
        "initialvalue",
        "content",
        "text",
        "string",
        "secretstring",
        "secretvalue",
        "secretdata",
    }
)
_NO_ROLES: Final[frozenset[str]] = frozenset()
_LONGEST_SPAN: Final = 400
"""Lines of one value. In a longer one, credentials further down are named by the text before them only."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value: the keys that lead to it, what it is called, its text, whose the keys say it is."""

    keys: tuple[str, ...]
    name: str
    text: str
    line: int
    end_line: int
    column: int
    owner: Owner
    is_near: bool
    is_sealed: bool
    named_roles: frozenset[str] = frozenset()


class Leaves:
    """The values of one file, by line."""

    def __init__(
        self,
        documents: list[Node],
        names: Names,
        files: SecretFiles,
        platform: re.Pattern[str],
        paths: Mapping[str, tuple[str, ...]],
    ) -> None:
        """Read the values of a file's documents; `paths` are those paths of keys in it that are known to hold credentials."""
        self._names = names
        self._paths = paths
        self._files = files
        self._platform = platform
        self._speaks: dict[int, bool] = {}
        self._object = ""
        found: list[Leaf] = []
        for document in documents:
            found += self._leaves(document)
        self.all = sorted(found, key=lambda each: (each.line, each.column))
        self._lines = [each.line for each in self.all]

    def leaf(self, line: int, value: str) -> Leaf | None:
        """Return the value that stands on a line and holds a text."""
        index = bisect_right(self._lines, line)
        for each in reversed(self.all[:index]):
            if each.line < line - _LONGEST_SPAN:
                return None
            if each.end_line >= line and value in each.text:
                return each
        return None

    def _leaves(self, document: Node) -> Iterator[Leaf]:
        self._listen(document)
        metadata = document.get("metadata") if document.text_of("kind") in ("Secret", "ConfigMap") else None
        # What a key of these is called elsewhere: by the object, and the key below `data`.
        self._object = metadata.text_of("name") if metadata is not None else ""
        pending: list[tuple[Node, tuple[str, ...], bool, bool, frozenset[str]]] = [
            (document, (), False, False, _NO_ROLES)
        ]
        seen: set[int] = set()
        while pending:
            node, keys, is_near, is_sealed, roles = pending.pop()
            if node.kind in (Kind.TEXT, Kind.PLAIN):
                if node.text:
                    yield self._made(node, keys, is_near, is_sealed, roles)
                continue
            if id(node) in seen:
                # An alias: its values stand in one place, and are called by what leads there first.
                continue
            seen.add(id(node))
            if node.kind is Kind.MAP:
                told = self._pair_name(node)
                speaks = self.speaks(node) or (is_near and told != "")
                if not told:
                    roles = self._roles(key.text for key, _ in node.pairs)
                for key, value in reversed(node.pairs):
                    path = (*keys, key.text)
                    if told and key.text.lower().replace("_", "") in _PAIR_VALUES:
                        path = (*keys, told)
                    pending.append((value, path, speaks, is_sealed or key.text in self._files.sealed_keys, roles))
            else:
                speaks = self.speaks(node) if node.kind is Kind.LIST else is_near
                roles = self._roles(filter(None, map(self._pair_name, node.items)))
                pending += [(each, keys, speaks, is_sealed, roles) for each in reversed(node.items)]

    def _roles(self, names: Iterable[str]) -> frozenset[str]:
        """Return the roles that names give to the platform's own values."""
        read = map(self._names.read, names)
        return frozenset(each.role for each in read if each.owner is Owner.PLATFORM and each.is_sure)

    def _made(self, node: Node, keys: tuple[str, ...], is_near: bool, is_sealed: bool, roles: frozenset[str]) -> Leaf:
        name = keys[-1] if keys else ""
        above = keys[:-1]
        path = (self._object, *keys[1:]) if self._object else keys
        # A key may have dots itself: as a whole it is the path that code asks for, never one of a chart's values.
        linked = next((each for each, parts in self._paths.items() if path[-len(parts) :] == parts), "")
        if linked:
            name, above = linked, ()
        while above and self._names.is_wrapper(name) and not self._names.read(name).role:
            name, above = above[-1], above[:-1]
        return Leaf(
            keys,
            name,
            node.text,
            node.line,
            node.end_line,
            node.column,
            self._owner(above),
            is_near,
            is_sealed or "vault" in node.tag or node.text.startswith(self._files.sealed_values),
            roles,
        )

    def _owner(self, above: tuple[str, ...]) -> Owner:
        """Return whose the keys around a value say it is: the platform's if any names it, another's if the nearest does."""
        owners = [self._names.owner(self._names.words(key)) for key in above]
        if Owner.PLATFORM in owners:
            return Owner.PLATFORM
        return owners[-1] if owners else Owner.NOBODY

    def _pair_name(self, node: Node) -> str:
        """Return the name that one key of a map gives to what another holds."""
        keys = {key.text.lower().replace("_", ""): value for key, value in node.pairs}
        if _PAIR_VALUES.isdisjoint(keys):
            return ""
        for key, value in keys.items():
            if value.kind is Kind.TEXT and self._names.is_pair_name(key) and value.text:
                return value.text
            if value.kind is Kind.REFERENCE and self._names.is_pair_name(key) and value.text.count(".") > 1:
                # `aws_secretsmanager_secret.cybrid.id`: the resource's own name.
                return value.text.split(".")[-2]
        return ""

    def speaks(self, node: Node) -> bool:
        """Whether the platform is named in a group: in its keys, its values, or what they hold."""
        return self._speaks.get(id(node), False)

    def _listen(self, document: Node) -> None:
        """Find out for every group of a document whether it names the platform."""
        search, speaks = self._platform.search, self._speaks
        # What is inside comes behind what holds it, so that from the end every part is known before the whole.
        for node in reversed(list(document.walk())):
            speaks[id(node)] = (
                (node.text != "" and search(node.text) is not None)
                or any(search(key.text) is not None or speaks.get(id(value), False) for key, value in node.pairs)
                or any(speaks.get(id(each), False) for each in node.items)
            )
