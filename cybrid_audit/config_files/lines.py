"""Formats of lines: `.env` files, INI, Java properties, xcconfig, Dockerfiles."""

from __future__ import annotations

import re
from typing import Final

from cybrid_audit.config_files.nodes import FormatError, Kind, Node

_DOTENV: Final = re.compile(
    r"\s*(?:export\s+|set\s+|setx\s+|\$env:)?(?P<key>[A-Za-z_][\w.-]*)\s*(?:=|:\s)\s*(?P<value>.*)$"
)
_PROPERTY: Final = re.compile(r"\s*(?P<key>(?:[^\s=:#!\[\\]|\\.)(?:[^\s=:\\]|\\.)*)\s*(?:[=:]|\s)\s*(?P<value>.*)$")
_SECTION: Final = re.compile(r"\s*\[(?P<name>[^\]]+)\]\s*(?:[#;].*)?$")
_OPEN_SECTION: Final = re.compile(r"\[[\w .:@/-]+$")
_INSTRUCTION: Final = re.compile(r"\s*(?P<name>[A-Za-z]+)(?:\s+(?P<rest>.*))?$", re.DOTALL)
_ASSIGNMENT: Final = re.compile(
    r"""(?P<key>[A-Za-z_]\w*)=(?P<value>(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'])*)""", re.DOTALL
)
_HEREDOC: Final = re.compile(r"<<-?[\"']?(\w+)[\"']?")


def parse_dotenv(text: str) -> list[Node]:
    """Return the variables of a `.env` file as one map. Lines that are none are left out: the format has no grammar."""
    root = Node(Kind.MAP, 1)
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        match = _DOTENV.match(line)
        if match is None:
            continue
        value, start = match["value"].rstrip(), number
        quote = value[:1]
        if quote in ('"', "'") and value.count(quote) == 1:
            # A quoted value may go on over lines.
            while number < len(lines) and number - start < 200 and quote not in lines[number]:
                value += "\n" + lines[number]
                number += 1
            if number < len(lines):
                value += "\n" + lines[number]
                number += 1
        node = _add(root, match, start, _unquoted(value))
        node.end_line = number
    return [root]


def parse_properties(text: str) -> list[Node]:
    """Return the properties of a Java or Gradle file as one map."""
    root = Node(Kind.MAP, 1)
    _read_pairs(text, root, sections=False)
    return [root]


def parse_ini(text: str) -> list[Node]:
    """Return the sections of an INI file as maps in one map; what stands before the first is in the outer one.

    Raises:
        FormatError: the name of a section does not end. Other lines that are no pairs are left out, as programs do."""
    root = Node(Kind.MAP, 1)
    _read_pairs(text, root, sections=True)
    return [root]


def _read_pairs(text: str, root: Node, *, sections: bool) -> None:
    current = root
    held = ""
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if not held and (not bare or bare.startswith(("#", "!", ";", "//"))):
            continue
        if not held and sections and (section := _SECTION.match(line)) is not None:
            key = Node(Kind.TEXT, number, 0, section["name"].strip())
            current = Node(Kind.MAP, number)
            root.pairs.append((key, current))
            continue
        if not held and sections and _OPEN_SECTION.match(bare):
            raise FormatError(number, "no ']' behind a section's name")
        start = start or number
        if line.endswith("\\") and not line.endswith("\\\\") and number - start < 200:
            held += line[:-1]
            continue
        match = _PROPERTY.match(held + line)
        if match is not None:
            _add(current, match, start, _unquoted(match["value"].strip())).end_line = number
        held, start = "", 0


def _add(parent: Node, match: re.Match[str], line: int, value: str) -> Node:
    key = Node(Kind.TEXT, line, match.start("key"), match["key"])
    node = Node(Kind.TEXT, line, match.start("value"), value)
    parent.pairs.append((key, node))
    return node


def _unquoted(value: str) -> str:
    quote = value[:1]
    if quote in ('"', "'", "`"):
        end = value.find(quote, 1)
        return value[1:end] if end > 0 else value[1:]
    return re.sub(r"\s+#.*$", "", value)


def parse_dockerfile(text: str) -> list[Node]:
    """Return the instructions of a Dockerfile as a list of maps: `instruction`, `text`, and for ENV and ARG the `values`."""
    root = Node(Kind.LIST, 1)
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        start = number
        parts = [line]
        while parts[-1].rstrip().endswith("\\") and number < len(lines):
            parts.append(lines[number])
            number += 1
        for mark in _HEREDOC.findall(line):
            while number < len(lines):
                parts.append(lines[number])
                number += 1
                if parts[-1].strip() == mark:
                    break
        match = _INSTRUCTION.match("\n".join(parts))
        if match is not None:
            root.items.append(_instruction(match, start, number))
    return [root]


def _instruction(match: re.Match[str], start: int, end: int) -> Node:
    name, rest = match["name"].upper(), match["rest"] or ""
    node = Node(Kind.MAP, start, tag=name)
    node.end_line = end
    node.pairs.append((Node(Kind.TEXT, start, 0, "instruction"), Node(Kind.TEXT, start, 0, name)))
    body = Node(Kind.TEXT, start, 0, rest)
    body.end_line = end
    node.pairs.append((Node(Kind.TEXT, start, 0, "text"), body))
    if name in ("ENV", "ARG"):
        values = Node(Kind.MAP, start)
        node.pairs.append((Node(Kind.TEXT, start, 0, name.lower()), values))
        cleaned = re.sub(r"(?m)^\s*#.*$", "", rest)
        found = list(_ASSIGNMENT.finditer(cleaned))
        for each in found:
            line = start + cleaned.count("\n", 0, each.start())
            key = Node(Kind.TEXT, line, 0, each["key"])
            values.pairs.append((key, Node(Kind.TEXT, line, 0, _unquoted(each["value"]))))
        if not found:
            words = cleaned.split(None, 1)
            if words:
                key = Node(Kind.TEXT, start, 0, words[0])
                kind = Kind.TEXT if len(words) > 1 else Kind.PLAIN
                values.pairs.append((key, Node(kind, start, 0, words[1].strip() if len(words) > 1 else "")))
    return node
