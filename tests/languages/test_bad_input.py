"""Nothing in a file stops its lowering: mistakes cost a statement, bounds cost what lies beyond them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit import ir
from cybrid_audit.languages import SUFFIXES, Unparsed, _tree, language_of, lower
from cybrid_audit.limits import MAX_COMMENT_LINES, MAX_SYNTAX_ERRORS

Show = Callable[[str, str | bytes], str]
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("*") if path.is_file() and language_of(path.name) is not None)


def nodes(root: ir.Node) -> Iterator[ir.Node]:
    """Every node of a tree, without recursion: it may be deep."""
    stack: list[Any] = [root]
    while stack:
        held = stack.pop()
        if isinstance(held, tuple) and not isinstance(held, ir.Span):
            stack.extend(held)
        elif isinstance(held, ir.Node):
            yield held
            stack.extend(getattr(held, each.name) for each in dataclasses.fields(held))


def sound(module: ir.Module, source: bytes) -> None:
    """What every tree keeps: spans inside the file, text that can be written, errors in bounds."""
    lines = source.count(b"\n") + source.count(b"\r") + 1
    for node in nodes(module):
        span = node.span
        assert 0 <= span.start <= span.end <= len(source)
        assert 1 <= span.line <= span.end_line <= lines + 1
        for field in dataclasses.fields(node):
            held = getattr(node, field.name)
            if isinstance(held, str):
                held.encode()
    assert len(module.errors) <= MAX_SYNTAX_ERRORS


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("suffix", "source", "kept"),
    [
        ("py", "a = 1\nb = = 2\nc = 3\n", ("a = 1", "c = 3")),
        ("py", "def f():\n    return 1\nclass A(:\n    pass\nx = 2\n", ("function f() {return 1}", "x = 2")),
        ("py", "x = 1\nprint 'old'\ny = 2\n", ("x = 1", "y = 2")),
        ("ts", "const a = 1;\nconst b = = 2;\nconst c = 3;\n", ("const a = 1", "const c = 3")),
        ("ts", "function f() { return 1 }\nclass A extends { x( }\nconst x = 2;\n", ("function f() {return 1}",)),
        ("js", "const a = 1;\nconst b = {x: };\nconst c = 3;\n", ("const a = 1", "const c = 3")),
        ("swift", "let a = 1\nlet b = = 2\nlet c = 3\n", ("const a = 1", "const c = 3")),
        ("swift", "func f() -> Int { 1 }\nclass A: { x( }\n", ("function f() -> Int {return 1}",)),
        ("dart", "const a = 1;\nconst b = = 2;\nconst c = 3;\n", ("const a = 1", "const c = 3")),
        ("dart", "f() => 1;\nclass A extends { x( }\n", ("function f() {return 1}",)),
        ("java", "class A { int a = 1; int b = = 2; int f() { return 3; } }", ("a = 1", "f() {return 3}")),
        ("java", "class A { void f() { a(1); b(; c(3); } }\nclass B { }", ("a(1)", "class B() {}")),
    ],
)
def test_a_mistake_costs_a_statement(show: Show, suffix: str, source: str, kept: tuple[str, ...]) -> None:
    shown = show(suffix, source)
    for each in kept:
        assert each in shown
    module = lower(f"a.{suffix}", source.encode())
    sound(module, source.encode())


def test_mistakes_are_listed_where_they_are() -> None:
    module = lower("a.ts", b"const a = 1;\nconst b = ;\n")
    assert [span.line for span in module.errors] == [2]
    assert not lower("a.ts", b"const a = 1;\n").errors


@pytest.mark.parametrize("suffix", ["py", "ts"])
def test_the_list_of_mistakes_is_bounded(suffix: str) -> None:
    source = b"x = = 1\n\n" * 500
    assert 0 < len(lower(f"a.{suffix}", source).errors) <= MAX_SYNTAX_ERRORS


# ---------------------------------------------------------------- bytes


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@pytest.mark.parametrize(
    "source", [b"", b"\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"#!/bin/x\n", b"\r\r\n", b"//", b"#"]
)
def test_odd_files_are_modules(suffix: str, source: bytes) -> None:
    module = lower(f"a{suffix}", source)
    sound(module, source)
    assert module.language == SUFFIXES[suffix]
    assert module.has_main is source.startswith(b"#!")


@pytest.mark.parametrize(
    ("suffix", "source"), [("py", b"a = '\xe9\xff'\nb = 1\n"), ("ts", b"const a = '\xe9\xff'; const b = 1\n")]
)
def test_bytes_that_are_no_text_become_marks(show: Show, suffix: str, source: bytes) -> None:
    shown = show(suffix, source)
    assert "'\ufffd\ufffd'" in shown
    assert "b = 1" in shown


def test_python_reads_a_declared_encoding(show: Show) -> None:
    assert show("py", b"# -*- coding: latin-1 -*-\na = '\xe9'\n") == "a = '\u00e9'"
    assert show("py", b"# -*- coding: nonsense -*-\na = 'x'\n") == "a = 'x'"
    assert show("py", b"\xef\xbb\xbfa = '\xc3\xa9'\n") == "a = '\u00e9'"


@pytest.mark.parametrize(
    "escape", [r"\8", r"\9", r"\u{110000}", r"\u{}", r"\x4", r"\u12", "\\", r"\N{NO SUCH}", r"\777", r"\u00b2\²"]
)
def test_escapes_of_no_meaning(escape: str) -> None:
    for suffix in ("py", "js"):
        source = f"a = '{escape}'\nb = 'x'\n".encode()
        with suppress(Unparsed):
            sound(lower(f"a.{suffix}", source), source)


def test_halves_of_a_character(show: Show) -> None:
    assert show("js", r"a = '\ud83d\ude00'") == "a = '\U0001f600'"
    assert show("js", r"a = '\ud83d'") == "a = '\ufffd'"
    assert show("py", "a = '\\ud83d'\n") == "a = '\ufffd'"


@pytest.mark.parametrize("suffix", ["py", "js", "java", "swift", "dart"])
@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000, "1e" + "9" * 400, "1_" * 3000 + "1"])
def test_numbers_without_end_are_opaque(suffix: str, number: str) -> None:
    shapes = {"java": "class A {{ int a = {}; }}", "swift": "let a = {}\n", "dart": "var a = {};\n"}
    source = shapes.get(suffix, "a = {}\n").format(number).encode()
    values = [node.value for node in nodes(lower(f"a.{suffix}", source)) if isinstance(node, ir.Const)]
    assert not values


# ---------------------------------------------------------------- depth and length

DEEP = 5_000
NESTED = {
    "parentheses": ("(" * DEEP + "1" + ")" * DEEP,) * 2,
    "lists": ("[" * DEEP + "]" * DEEP,) * 2,
    "calls": ("f(" * DEEP + ")" * DEEP,) * 2,
    "a chain of calls": ("f" + ".g()" * DEEP,) * 2,
    "a chain of attributes": ("f" + ".g" * DEEP,) * 2,
    "addition": ("+".join(["1"] * DEEP),) * 2,
    "mixed operators": ("1" + " - 1 * 1" * DEEP,) * 2,
    "not": ("not " * DEEP + "1", "!" * DEEP + "1"),
    "conditionals": ("1 if a else " * DEEP + "2", "a ? 1 : " * DEEP + "2"),
    "functions": ("lambda: " * DEEP + "1", "() => " * DEEP + "1"),
    "strings": (" ".join(["'a'"] * DEEP), " + ".join(["'a'"] * DEEP)),
    "objects": ("{'a': " * DEEP + "1" + "}" * DEEP, "x = " + "{a: " * DEEP + "1" + "}" * DEEP),
    "branches": (
        "if a:\n  b\n" + "elif a:\n  b\n" * DEEP,
        "if (a) b\n" + "else if (a) b\n" * DEEP,
    ),
    "blocks": ("\n".join(" " * n + "if a:" for n in range(500)) + "\n" + " " * 500 + "b", "{" * DEEP + "}" * DEEP),
    "templates": ("f'{" * 300 + "1" + "}'" * 300, "`${" * DEEP + "1" + "}`" * DEEP),
    "unclosed": ("(" * DEEP, "{[(" * DEEP),
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("suffix", ["py", "ts", "tsx"])
def test_depth_costs_what_lies_deep(show: Show, name: str, suffix: str) -> None:
    source = NESTED[name][0 if suffix == "py" else 1]
    before, after = ("a1 = 1\n", "\nz1 = 1\n") if name != "unclosed" else ("a1 = 1\n", "")
    module = lower(f"a.{suffix}", (before + source + after).encode())
    sound(module, (before + source + after).encode())
    assert module.body
    shown = [stmt for stmt in module.body if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name)]
    if name != "unclosed":
        assert {stmt.target.id for stmt in shown if isinstance(stmt.target, ir.Name)} >= {"a1"}


JAVA_NESTED = {
    "parentheses": "int x = " + "(" * DEEP + "1" + ")" * DEEP + ";",
    "calls": "int x = " + "f(" * DEEP + ")" * DEEP + ";",
    "a chain of calls": "int x = f" + ".g()" * DEEP + ";",
    "a chain of fields": "int x = f" + ".g" * DEEP + ";",
    "addition": "String x = " + " + ".join(['"a"'] * DEEP) + ";",
    "mixed operators": "int x = 1" + " - 1 * 1" * DEEP + ";",
    "conditions": "boolean x = " + " && ".join(["a"] * DEEP) + ";",
    "not": "boolean x = " + "!" * DEEP + "a;",
    "conditionals": "int x = " + "a ? 1 : " * DEEP + "2;",
    "functions": "Object x = " + "() -> " * DEEP + "1;",
    "types": "A" + "<A" * DEEP + ">" * DEEP + " x;",
    "arrays": "int[] x = " + "{" * DEEP + "}" * DEEP + ";",
    "branches": "void f() { if (a) b();\n" + "else if (a) b();\n" * DEEP + "}",
    "blocks": "void f() " + "{" * DEEP + "}" * DEEP,
    "classes": "class B {" * DEEP + "}" * DEEP,
}


@pytest.mark.parametrize("name", JAVA_NESTED)
def test_depth_in_java_costs_what_lies_deep(name: str) -> None:
    source = ("class A { int a1 = 1;\n" + JAVA_NESTED[name] + "\nint z1 = 1; }").encode()
    module = lower("A.java", source)
    sound(module, source)
    (stmt,) = module.body
    assert isinstance(stmt, ir.ClassDef)
    assert {field.name for field in stmt.definition.fields} >= {"a1", "z1"}


CURLY_NESTED = {
    "parentheses": "(" * DEEP + "1" + ")" * DEEP,
    "lists": "[" * DEEP + "]" * DEEP,
    "calls": "f(" * DEEP + ")" * DEEP,
    "a chain of calls": "f" + ".g()" * DEEP,
    "a chain of fields": "f" + ".g" * DEEP,
    "addition": " + ".join(['"a"'] * DEEP),
    "mixed operators": "1" + " - 1 * 1" * DEEP,
    "conditions": " && ".join(["a"] * DEEP),
    "fallbacks": " ?? ".join(["a"] * DEEP),
    "not": "!" * DEEP + "a",
    "conditionals": "a ? 1 : " * DEEP + "2",
}
SWIFT_NESTED = {
    **{name: f"let x = {source}" for name, source in CURLY_NESTED.items()},
    "closures": "let x = " + "{ " * DEEP + "}" * DEEP,
    "texts": "let x = " + '"\\(' * 500 + "1" + ')"' * 500,
    "types": "let x: " + "A<" * DEEP + "B" + ">" * DEEP,
    "branches": "func f() { if a { }\n" + "else if a { }\n" * DEEP + "}",
    "cases": "func f() -> A { switch a { " + "case .b(let c): d()\n" * DEEP + "} }",
    "patterns": "func f() { switch a { case " + "(" * DEEP + "x" + ")" * DEEP + ": b() } }",
    "blocks": "func f() " + "{ do " * DEEP + "}" * DEEP,
    "types in types": "class B { " * DEEP + "}" * DEEP,
}
DART_NESTED = {
    **{name: f"var x = {source};" for name, source in CURLY_NESTED.items()},
    "functions": "var x = " + "() => " * DEEP + "1;",
    "cascades": "var x = a" + "..b()" * DEEP + ";",
    "maps": "var x = " + "{'a': " * DEEP + "1" + "}" * DEEP + ";",
    "texts": "var x = " + "'${" * 500 + "1" + "}'" * 500 + ";",
    "texts beside each other": "var x = " + " ".join(["'a'"] * DEEP) + ";",
    "types": "A" + "<A" * DEEP + ">" * DEEP + " x;",
    "branches": "f() { if (a) b();\n" + "else if (a) b();\n" * DEEP + "}",
    "cases": "f() { switch (a) { " + "case 1: b(); break;\n" * DEEP + "} }",
    "blocks": "f() " + "{" * DEEP + "}" * DEEP,
}


@pytest.mark.parametrize(
    ("suffix", "source"),
    [
        *(pytest.param("swift", source, id=f"swift-{name}") for name, source in SWIFT_NESTED.items()),
        *(pytest.param("dart", source, id=f"dart-{name}") for name, source in DART_NESTED.items()),
    ],
)
def test_depth_in_swift_and_dart_costs_what_lies_deep(suffix: str, source: str) -> None:
    first, last = ("let a1 = 1\n", "\nlet z1 = 1\n") if suffix == "swift" else ("var a1 = 1;\n", "\nvar z1 = 1;\n")
    whole = (first + source + last).encode()
    module = lower(f"a.{suffix}", whole)
    sound(module, whole)
    bound = {stmt.target.id for stmt in module.body if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name)}
    assert "a1" in bound


def test_markup_nests_as_deep_as_anybody_wants() -> None:
    source = ("x = " + "<a>" * DEEP + "</a>" * DEEP + "\n").encode()
    sound(lower("a.tsx", source), source)


# ---------------------------------------------------------------- soup


@given(st.binary(max_size=200), st.sampled_from(sorted(SUFFIXES)))
def test_any_bytes_are_a_module(source: bytes, suffix: str) -> None:
    sound(lower(f"a{suffix}", source), source)


WORDS = [
    *("class", "def", "async", "await", "lambda", "yield", "import", "export", "default", "from", "enum", "namespace", "match", "case"),
    *("get", "set", "static", "new", "this", "function", "const", "type", "as", "if", "else", "for", "of", "in", "try", "catch", "with"),
    *("(", ")", "[", "]", "{", "}", "<", ">", "/>", "=>", "...", "*", "**", "=", ",", ":", ";", "?", "?.", "@", "#", "`", "${", "'", '"'),
    *("\n", "\n    ", " ", "x", "1", "f'", "\\", "\\8", "\\u", "//", "/*", "*/", '"""', "=="),
]  # fmt: skip


@given(
    st.lists(st.sampled_from(WORDS), max_size=40), st.sampled_from(["py", "ts", "tsx", "js", "java", "swift", "dart"])
)
def test_any_words_are_a_module(words: list[str], suffix: str) -> None:
    source = " ".join(words).encode()
    with suppress(Unparsed):
        sound(lower(f"a.{suffix}", source), source)


@given(st.sampled_from(FILES), st.data())
def test_a_damaged_file_is_a_module(path: Path, data: st.DataObject) -> None:
    source = path.read_bytes()
    start = data.draw(st.integers(0, len(source)), "cut from")
    end = data.draw(st.integers(start, min(len(source), start + 400)), "cut to")
    put = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from(WORDS).map(str.encode)), "put")
    damaged = source[:start] + put + source[end:]
    if data.draw(st.booleans(), "truncated"):
        damaged = damaged[: start + len(put)]
    with suppress(Unparsed):
        sound(lower(path.name, damaged), damaged)


@pytest.mark.parametrize("path", FILES[:: max(1, len(FILES) // 60)], ids=lambda path: str(path.relative_to(FIXTURES)))
def test_a_real_file_has_no_mistake(path: Path) -> None:
    source = path.read_bytes()
    module = lower(path.name, source)
    sound(module, source)
    assert not module.errors


def test_a_file_of_no_language_is_refused() -> None:
    assert language_of("a.txt") is None
    assert language_of("folder.py/a") is None
    assert language_of("A.PY") == "python"
    with pytest.raises(KeyError):
        lower("a.txt", b"")


# ---------------------------------------------------------------- parsers that take too long


def test_a_source_that_a_scanner_reads_again_and_again_is_given_up() -> None:
    broken = "".join(f"fun f{number}(x: Int) {{ return x + ) }}\n" for number in range(6000))
    with pytest.raises(Unparsed):
        lower("a.kt", broken.encode())
    # The parser is good for the next file.
    assert not lower("a.kt", b"val x = 1\n").errors


@pytest.mark.parametrize("name", ["a.tsx", "a.astro"])
def test_a_parser_that_finds_no_way_out_of_an_error_is_stopped(name: str) -> None:
    # The parser takes steps without end here, and reads nothing.
    source = b"({e:{{}}<!--e:{g}} "
    with pytest.raises(Unparsed):
        lower(name, source if name.endswith("tsx") else b"{{ define:vars={{g}}<!-- define:vars={{g}} v-if=a}}")
    assert not lower("a.tsx", b"const x = <p>1</p>;\n").errors


def test_many_one_line_bodies_are_parsed_as_if_they_were_ended() -> None:
    source = "".join(f"class A{number} {{ companion object {{ const val X = {number} }} }}\n" for number in range(4000))
    assert not lower("a.kt", source.encode()).errors


def test_a_large_source_gives_the_same_tree_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    def body(source: bytes) -> object:
        return lower("a.py", source).body

    source = "".join(
        f"def é{number}(x):\n    return [x, 'ü{number}', ({number},\n  2)]\n" for number in range(2000)
    ).encode()
    in_pieces = body(source)
    monkeypatch.setattr(_tree, "_PIECE", len(source))
    assert in_pieces == body(source)


@pytest.mark.parametrize("lines", [MAX_COMMENT_LINES - 1, MAX_COMMENT_LINES, MAX_COMMENT_LINES + 1, 40_000])
def test_long_comments_in_a_block_cost_nothing(show: Show, lines: int) -> None:
    comment = "".join(f"    # line {number} of the table\r\n\n" for number in range(lines // 2))
    source = f"def f():\n    x = 1  # one\n{comment}    return x\n{comment}y = 2\n".encode()
    assert show("a.py", source) == show("a.py", b"def f():\n    x = 1\n    return x\ny = 2\n")
    assert lower("a.py", source).body[-1].span.start == len(source) - len("y = 2\n")
