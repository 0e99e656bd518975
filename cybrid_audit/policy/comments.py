"""Comments that speak to this tool, in the syntax of each language.

Where there is a grammar it tells comments from strings; elsewhere a table of comments and strings does. A file is looked at only
when it holds the words at all."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.facts import Location
from cybrid_audit.limits import MAX_POLICY_COMMENTS
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MARK: Final = b"cybrid-audit:"
"""What every such comment holds."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: its text from the mark on, where that is, the line it speaks of, and the code there.

    The line is its own where code stands on it, else the next one that is not all comment."""

    text: str
    at: Location
    target: int
    code: str


@dataclass(frozen=True, slots=True)
class _Syntax:
    """Regular expressions: of comments, and of strings, in which nothing is a comment."""

    comments: tuple[str, ...]
    strings: tuple[str, ...] = ()


# What is not closed goes on to the end: looked for again at each further sign, it would take forever.
_TRIPLE: Final = (r'"""(?:[^\\]|\\.)*?(?:"""|\Z)', r"'''(?:[^\\]|\\.)*?(?:'''|\Z)")
_QUOTED: Final = (r'"(?:[^"\\\n]|\\.)*"', r"'(?:[^'\\\n]|\\.)*'")
_BACKTICK: Final = r"`(?:[^`\\]|\\.)*(?:`|\Z)"
_HASH: Final = r"(?<![^\s{}();,\[\]])\#[^\n]*"
_SLASHES: Final = r"(?<!:)//[^\n]*"
_BLOCK: Final = r"/\*.*?(?:\*/|\Z)"
_MARKUP: Final = r"<!--.*?(?:-->|\Z)"

_C: Final = _Syntax((_SLASHES, _BLOCK), (*_TRIPLE, *_QUOTED, _BACKTICK))
_SCRIPT: Final = _Syntax((_HASH,), (*_TRIPLE, *_QUOTED))
_XML: Final = _Syntax((_MARKUP,))
_SYNTAXES: Final = {
    "c": _C,
    "hash": _SCRIPT,
    "xml": _XML,
    "php": _Syntax((_SLASHES, _BLOCK, _HASH, _MARKUP), _QUOTED),
    "hcl": _Syntax((_HASH, _SLASHES, _BLOCK), _QUOTED[:1]),
    "component": _Syntax((_MARKUP, _BLOCK, r"(?m:^[ \t]*|(?<=[;{},)]) *)//[^\n]*"), ()),
    "template": _Syntax((_MARKUP, r"\{\#.*?(?:\#\}|\Z)", r"<%\#.*?(?:%>|\Z)", r"\{\{!.*?(?:\}\}|\Z)")),
    # A value may hold anything: only what starts a line is a comment.
    "lines": _Syntax((r"(?m:^)[ \t]*[\#!;][^\n]*",)),
    "sql": _Syntax((r"--[^\n]*", _BLOCK), _QUOTED),
    "ruby": _Syntax((_HASH, r"(?m:^)=begin\b.*?(?:(?m:^)=end\b|\Z)"), _QUOTED),
    "batch": _Syntax((r"(?mi:^)[ \t]*(?:rem\b|::)[^\n]*",)),
}
_SUFFIXES: Final = {
    suffix: syntax
    for syntax, suffixes in {
        "c": ".js .mjs .cjs .jsx .ts .mts .cts .tsx .java .kt .kts .swift .dart .go .rs .scala .cs .c .h .cc .cpp .m .groovy .gradle"
        " .jsonc .json5 .proto .css .scss .less .fs .bicep .graphql .prisma .xcconfig",
        "hash": ".py .pyi .sh .bash .zsh .toml .yaml .yml .ex .exs .pl .r .ps1 .psm1 .mk .nix .jl .cr .graphqls .http .bats",
        "xml": ".xml .html .htm .xhtml .plist .csproj .fsproj .props .targets .config .svg .md .markdown .storyboard .xaml",
        "php": ".php",
        "hcl": ".tf .tfvars .hcl .nomad",
        "component": ".vue .svelte .astro",
        "template": ".ejs .erb .hbs .jinja .j2 .twig .njk .liquid .mustache .jinja2",
        "lines": ".properties .ini .cfg .conf .env .dockerfile .editorconfig .reg",
        "sql": ".sql .lua .hs .elm",
        "ruby": ".rb .rake .gemspec .ru",
        "batch": ".bat .cmd",
    }.items()
    for suffix in suffixes.split()
}
_NAMES: Final = {
    "dockerfile": "lines",
    "containerfile": "lines",
    "makefile": "hash",
    "gemfile": "ruby",
    "rakefile": "ruby",
    "podfile": "ruby",
    "fastfile": "ruby",
    "jenkinsfile": "c",
    "procfile": "lines",
    "gunicorn_config": "hash",
}
"""Names of files without a telling suffix: all of it, or what comes before a dot (`Dockerfile.prod`, `.env.local`)."""

_CLOSING: Final = ("*/", "-->", "#}", "%>", "--}}", "}}")

_MAX_TEXT: Final = 1_000
"""Characters of a comment that are read."""


def comments(path: str, data: bytes, language: str | None = None) -> Iterator[Comment]:
    """Yield the comments of a file that hold `cybrid-audit:`, in order; none where no syntax of comments is known.

    `language` is one that a front-end reads, None for any other file. Never raises, whatever the content."""
    if MARK not in data:
        return
    spans = _by_grammar(language, data) if language is not None else None
    if spans is None:
        syntax = syntax_of(path)
        if syntax is None:
            return
        spans = _by_table(syntax, path, data)
    starts = [0]
    starts += [found.end() for found in re.finditer(rb"\n", data)]
    told = [span for span in sorted(set(spans)) if MARK in data[span[0] : span[1]]]
    targets: dict[int, int] = {}
    every = (each for span in told[:MAX_POLICY_COMMENTS] for each in _of(path, data, starts, targets, span))
    yield from islice(every, MAX_POLICY_COMMENTS)


def syntax_of(path: str) -> str | None:
    """Return how the comments of a file look by its name, None where that is not known."""
    name = path.rpartition("/")[2].lower()
    if name.startswith(".env"):
        return "lines"
    dot = name.rfind(".")
    return (_SUFFIXES.get(name[dot:]) if dot >= 0 else None) or _NAMES.get(name.split(".", 1)[0])


def _of(path: str, data: bytes, starts: list[int], targets: dict[int, int], span: tuple[int, int]) -> Iterator[Comment]:
    """Yield each mark inside one comment with what follows it on its line. `targets` keeps what is behind a row of comments."""
    start, end = span
    last = bisect_right(starts, max(start, end - 1))
    # A line may be endless, and hold a comment at every other word.
    before = data[max(starts[bisect_right(starts, start) - 1], start - _MAX_TEXT) : start]
    after = data[end : end + _MAX_TEXT].partition(b"\n")[0]
    alone = not before.strip(b" \t\r{") and not after.strip(b" \t\r}")
    target = last + 1 if alone else bisect_right(starts, start)
    # Comments may stand one above the other.
    passed = []
    while alone and target < len(starts) and target not in targets:
        if not _is_mark_line(data[starts[target - 1] : starts[target]]):
            break
        passed.append(target)
        target += 1
    target = targets.get(target, target) if alone else target
    targets.update(dict.fromkeys(passed, target))
    code = before
    if alone:
        code = (
            data[
                starts[target - 1] : min(
                    starts[target] if target < len(starts) else len(data), starts[target - 1] + _MAX_TEXT
                )
            ]
            if target <= len(starts)
            else b""
        )
    shown = " ".join(code[:_MAX_TEXT].decode("utf-8", "replace").split())
    for mark in re.finditer(re.escape(MARK), data[start:end]):
        at = start + mark.start()
        if at and data[at - 1 : at] in (b"`", b'"', b"'"):
            # Prose that quotes it.
            continue
        text = data[at : min(end, at + _MAX_TEXT)].partition(b"\n")[0].decode("utf-8", "replace").strip()
        for sign in _CLOSING:
            text = text.removesuffix(sign).rstrip()
        line = bisect_right(starts, at)
        place = Location(path, line, at - starts[line - 1], line, at - starts[line - 1] + len(text.encode()))
        yield Comment(text, place, target, shown)


def _is_mark_line(line: bytes) -> bool:
    return MARK in line and line.strip(b" \t\r\n{").startswith((b"#", b"//", b"/*", b"<!--", b"--", b";", b"!"))


# ---------------------------------------------------------------- with a grammar


def _by_grammar(language: str, data: bytes) -> list[tuple[int, int]] | None:
    """Return the comments around each mark, None where the language has no grammar here."""
    parser = _parser(language)
    if parser is None:
        return None
    from cybrid_audit.languages import Unparsed
    from cybrid_audit.languages._tree import parse

    try:
        root = parse(parser, data)
    except Unparsed:
        return None
    found: list[tuple[int, int]] = []
    for number, mark in enumerate(re.finditer(re.escape(MARK), data)):
        if number >= MAX_POLICY_COMMENTS:
            break
        node: Node | None = root.descendant_for_byte_range(mark.start(), mark.end())
        while node is not None and "comment" not in node.type:
            node = node.parent
        if node is not None:
            found.append((node.start_byte, node.end_byte))
    return found


@cache
def _parser(language: str) -> Parser | None:
    """Return the parser of a language's front-end."""
    from importlib import import_module
    from inspect import signature

    from cybrid_audit.languages import FRONT_ENDS

    name = FRONT_ENDS.get(language)
    if name is None:
        return None
    module = import_module(f"cybrid_audit.languages.{name}")
    make: Callable[..., Any] | None = getattr(module, "parser_of", None) or getattr(module, "_parser", None)
    if make is None:
        return None
    parser: Parser = make(*[language] * len(signature(make).parameters))
    return parser


# ---------------------------------------------------------------- with the table


def _by_table(syntax: str, path: str, data: bytes) -> list[tuple[int, int]]:
    if path.endswith((".yaml", ".yml")):
        known = _yaml_values(data)
        if known is not None:
            return [span for span in _found(_YAML, data) if not any(start < span[0] < end for start, end in known)]
    return _found(syntax, data)


def _found(syntax: str, data: bytes) -> list[tuple[int, int]]:
    return [found.span() for found in _expression(syntax).finditer(data) if found.lastgroup == "comment"]


_YAML: Final = "yaml"
_SYNTAXES[_YAML] = _Syntax((r"(?<!\S)\#[^\n]*",))


@cache
def _expression(syntax: str) -> re.Pattern[bytes]:
    known = _SYNTAXES[syntax]
    parts = [f"(?P<comment>{'|'.join(known.comments)})", *(f"(?:{each})" for each in known.strings)]
    return re.compile("|".join(parts).encode(), re.DOTALL)


def _yaml_values(data: bytes) -> list[tuple[int, int]] | None:
    """Return the places of quoted texts and blocks that may hold the mark; None when YAML cannot read the file."""
    from cybrid_audit.limits import MAX_CONFIG_BYTES

    if len(data) > MAX_CONFIG_BYTES:
        return None
    import yaml

    try:
        text = data.decode("utf-8")
        if not text.isascii():
            return None
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        spans = [
            (token.start_mark.index, token.end_mark.index)
            for token in yaml.scan(text, Loader=loader)
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"', "|", ">")
        ]
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        return None
    return spans
