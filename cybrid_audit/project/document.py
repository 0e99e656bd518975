"""One YAML document of the user's, read node by node so that every complaint has a line: the configuration, pattern rules."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from cybrid_audit.errors import AuditError, nearest

if TYPE_CHECKING:
    import datetime as dt

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class DocumentError(AuditError):
    """A document cannot be used; the message has file and line. Nothing was audited."""


class Document:
    """A parsed document: `root` is its node, None when it is empty. Aliases and tags are refused.

    Raises:
        DocumentError: from every method, when the document says something wrong."""

    error: type[AuditError] = DocumentError

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.root = self._parse(data)

    def _parse(self, data: bytes) -> Any:
        import yaml

        base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            # An alias may stand for a list of aliases, which a few lines can blow up to gigabytes.
            for event in yaml.parse(data, Loader=base):
                if isinstance(event, yaml.AliasEvent):
                    self.fail(line_of(event), "aliases are not allowed", "write the value out")
                if getattr(event, "tag", None) is not None:
                    self.fail(line_of(event), "tags are not allowed", "leave out what starts with '!'")
            return yaml.compose(data, Loader=base)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
            self.fail(mark.line + 1 if mark is not None else 1, f"not valid YAML: {problem}", "correct the syntax")
        except (RecursionError, UnicodeDecodeError, ValueError):
            self.fail(1, "not valid YAML", "correct the syntax")

    def fail(self, line: int, problem: str, hint: str) -> NoReturn:
        """Raise the error for something wrong on a line."""
        raise self.error(f"{self.path}:{line}: {problem}", hint)

    def keys(self, node: Any, where: str, *known: str, needed: tuple[str, ...] = ()) -> dict[str, Any]:
        """Return a mapping's values by key. Fails on a key that is unknown, doubled or missing."""
        found = self.mapping(node, where, hint=f"known keys are {', '.join(known)}")
        for name, (key, _) in found.items():
            if name not in known:
                near = nearest(name, known)
                hint = f"did you mean {near!r}?" if near else f"known keys are {', '.join(known)}"
                self.fail(line_of(key), f"unknown key {name[:80]!r}{f' in {where}' if where else ''}", hint)
        for name in needed:
            if name not in found:
                self.fail(line_of(node), f"{name!r} is missing in {where}", f"add '{name}: …'")
        return {name: value for name, (_, value) in found.items()}

    def mapping(self, node: Any, where: str, *, hint: str = "write keys and values") -> dict[str, tuple[Any, Any]]:
        """Return the nodes of a mapping's keys and values, by key. Fails on a key that is doubled."""
        if node is None or node.id != "mapping":
            self.fail(line_of(node), f"{where or 'the file'} must hold keys and values", hint)
        found: dict[str, tuple[Any, Any]] = {}
        for key, value in node.value:
            name = key.value if isinstance(key.value, str) else "?"
            if name in found:
                self.fail(line_of(key), f"{name!r} is given twice", "keep one of them")
            found[name] = key, value
        return found

    def items(self, node: Any, where: str) -> list[Any]:
        """Return the nodes of a list."""
        if node.id != "sequence":
            self.fail(line_of(node), f"'{where}' must be a list", f"write '{where}: [ … ]'")
        items: list[Any] = node.value
        return items

    def text(self, node: Any, where: str) -> str:
        """Return a text, which is not empty."""
        if node.id != "scalar" or not node.value.strip() or node.tag.endswith(":null"):
            self.fail(line_of(node), f"'{where}' must be a text", "put one there")
        value: str = node.value
        return value

    def texts(self, keys: dict[str, Any], name: str) -> tuple[str, ...]:
        """Return the texts that are listed under a key, none without it."""
        return tuple(self.text(each, name) for each in self.items(keys[name], name)) if name in keys else ()

    def records(self, keys: dict[str, Any], name: str, read: Callable[[Any], T]) -> tuple[T, ...]:
        """Return what is listed under a key, each read by `read`; nothing without the key."""
        return tuple(read(each) for each in self.items(keys[name], name)) if name in keys else ()

    def one_of(self, node: Any, where: str, words: tuple[str, ...]) -> str:
        """Return a text that is one of the words."""
        text = self.text(node, where)
        if text not in words:
            self.fail(line_of(node), f"{where} {text[:80]!r} is not known", f"write one of {', '.join(words)}")
        return text

    def choice(self, node: Any, where: str, choices: type[E]) -> E:
        """Return the member of an enumeration that a text names."""
        text = self.text(node, where)
        try:
            return choices(text)
        except ValueError:
            words = ", ".join(each.value for each in choices)
            self.fail(line_of(node), f"{where} {text[:80]!r} is not known", f"write one of {words}")

    def flag(self, keys: dict[str, Any], name: str, *, default: bool) -> bool:
        """Return the truth value under a key, the default without it."""
        return self.one_of(keys[name], name, ("true", "false")) == "true" if name in keys else default

    def day(self, node: Any, where: str) -> dt.date:
        """Return a day, written as 2026-01-31."""
        try:
            import datetime as dt

            return dt.date.fromisoformat(self.text(node, where))
        except ValueError:
            self.fail(line_of(node), f"'{where}' is no date", "write it as 2026-01-31")


def line_of(node: Any) -> int:
    """Return the line of a node or an event, from 1; 1 for none."""
    if node is None:
        return 1
    line: int = node.start_mark.line + 1
    return line
