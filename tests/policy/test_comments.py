"""Comments that speak to the tool, in each language's own syntax, and only there."""

from __future__ import annotations

import time
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.languages import FRONT_ENDS, language_of
from cybrid_audit.policy.comments import comments, syntax_of
from cybrid_audit.policy.inline import read

TEXT: Final = "cybrid-audit: ignore[insecure-transport] why (until 2999-12-31)"
RULES: Final = ("insecure-transport", "transaction-without-mfa", "credential-logged")

AT_THE_LINE: Final = [
    ("a.py", f'url = "x"  # {TEXT}'),
    ("a.js", f'const url = "x"; // {TEXT}'),
    ("a.ts", f'const url = "x"; /* {TEXT} */'),
    ("a.tsx", f"const a = <p>{{/* {TEXT} */}}</p>;"),
    ("a.kt", f'val url = "x" // {TEXT}'),
    ("A.java", f'class A {{ String url = "x"; /* {TEXT} */ }}'),
    ("a.swift", f'let url = "x" // {TEXT}'),
    ("a.dart", f"final url = 'x'; // {TEXT}"),
    ("a.go", f'var url = "x" // {TEXT}'),
    ("a.cs", f'var url = "x"; // {TEXT}'),
    ("a.rs", f'let url = "x"; // {TEXT}'),
    ("a.php", f"$url = 'x'; # {TEXT}"),
    ("a.rb", f"url = 'x' # {TEXT}"),
    ("a.yaml", f"url: x  # {TEXT}"),
    ("a.toml", f'url = "x" # {TEXT}'),
    ("a.tf", f'url = "x" // {TEXT}'),
    ("main.hcl", f'url = "x" # {TEXT}'),
    ("a.sh", f'curl "x" # {TEXT}'),
    ("a.sql", f"select 1; -- {TEXT}"),
    ("a.html", f"<p>x</p> <!-- {TEXT} -->"),
    ("a.xml", f"<p>x</p> <!-- {TEXT} -->"),
    ("a.vue", f"const url = 'x'; // {TEXT}"),
    ("a.gradle", f"url = 'x' // {TEXT}"),
]
ABOVE: Final = [
    ("a.py", f"# {TEXT}\nurl = 1"),
    ("a.ts", f"/* {TEXT} */\nconst url = 1;"),
    ("a.tsx", f"const a = <p>\n{{/* {TEXT} */}}\n<b /></p>;"),
    ("a.ts", f"/**\n * {TEXT}\n */\nconst url = 1;"),
    ("Dockerfile", f"# {TEXT}\nARG A=b"),
    ("Dockerfile.prod", f"# {TEXT}\nARG A=b"),
    (".env", f"# {TEXT}\nA=b"),
    (".env.local", f"# {TEXT}\nA=b"),
    ("a.properties", f"! {TEXT}\na=b"),
    ("a.ini", f"; {TEXT}\na=b"),
    ("a.md", f"<!-- {TEXT} -->\na=b"),
    ("a.html", f"<!-- {TEXT} -->\n<p>"),
    ("a.jinja", f"{{# {TEXT} #}}\n<p>"),
    ("a.yml", f"# {TEXT}\na: b"),
    ("a.swift", f"/* {TEXT} */\nlet a = 1"),
    ("a.lua", f"-- {TEXT}\na = 1"),
]
NONE: Final = [
    ("a.py", f'url = "# {TEXT}"'),
    ("a.py", f'url = """\n# {TEXT}\n"""'),
    ("a.py", f'# write "{TEXT}" beside it\nurl = 1'),
    ("a.ts", f"const url = `\n// {TEXT}\n`;"),
    ("a.ts", f"const url = `${{f(`// {TEXT}`)}}`;"),
    ("a.ts", f'const url = "// {TEXT}";'),
    ("a.tsx", f"const a = <p>// {TEXT}</p>;"),
    ("a.kt", f'val a = """\n// {TEXT}\n"""'),
    ("a.swift", f'let a = """\n// {TEXT}\n"""'),
    ("a.dart", f"final a = '''\n// {TEXT}\n''';"),
    ("a.go", f"var a = `\n// {TEXT}\n`"),
    ("a.yaml", f"a: |\n  # {TEXT}\nb: 1"),
    ("a.yaml", f'a: "x # {TEXT}"'),
    ("a.toml", f'a = """\n# {TEXT}\n"""'),
    ("a.sh", f"echo '# {TEXT}'"),
    ("a.sh", f"echo $#{TEXT}"),
    ("Dockerfile", f"ARG A=b # {TEXT}"),
    (".env", f"A=b # {TEXT}"),
    ("a.json", f'{{"a": "// {TEXT}"}}'),
    ("a.html", f"<p>// {TEXT}</p>"),
    ("a.md", f"```python\na = 1  # {TEXT}\n```"),
]


def found(path: str, text: str) -> list[tuple[int, str]]:
    read_ = read(path, text.encode(), language_of(path), RULES)
    return [(each.line, each.problem) for each in read_]


@pytest.mark.parametrize(("path", "text"), AT_THE_LINE)
def test_a_comment_behind_code_speaks_of_its_line(path: str, text: str) -> None:
    assert found(path, f"\n\n{text}\n") == [(3, "")]


@pytest.mark.parametrize(("path", "text"), ABOVE)
def test_a_comment_alone_speaks_of_the_next_line(path: str, text: str) -> None:
    line = next(number for number, each in enumerate(text.split("\n"), 1) if "ignore" in each)
    assert found(path, f"{text}\n") == [(text.count("\n", 0, text.index(TEXT)) + 2 + (text.startswith("/**")), "")], (
        line
    )


@pytest.mark.parametrize(("path", "text"), NONE)
def test_a_text_that_looks_like_one_is_none(path: str, text: str) -> None:
    assert found(path, f"{text}\n") == []


def test_comments_may_stand_one_above_the_other() -> None:
    text = f"# {TEXT}\n# cybrid-audit: ignore[credential-logged] why\n\nurl = 1\n# {TEXT}\n# {TEXT}\nurl = 2\n"
    assert [line for line, _ in found("a.py", text)] == [3, 3, 7, 7]


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ("ignore[insecure-transport] why", ""),
        ("ignore[insecure-transport, credential-logged]: why", ""),
        ("ignore[insecure-transport]", "no-reason"),
        ("ignore[insecure-transport] (until 2999-01-01)", "no-reason"),
        ("ignore[insecure-transport] --", "no-reason"),
        ("ignore[insecure-transport] why (until tomorrow)", "no-date"),
        ("ignore[insecure-transport] why (until 2026-02-30)", "no-date"),
        ("ignore[insecure-transprt] why", "unknown-rule"),
        ("ignore[] why", "no-rule"),
        ("ignore why", "no-rule"),
        ("ignore[*] why", "no-rule"),
        ("ignore", "no-rule"),
    ],
)
def test_what_makes_it_count(comment: str, problem: str) -> None:
    assert found("a.py", f"a = 1  # cybrid-audit: {comment}\n") == [(1, problem)]


def test_other_words_to_the_tool_are_not_ours() -> None:
    assert found("a.py", "a = 1  # cybrid-audit: see the docs\n# cybrid-audit: ignored\n") == []


def test_rules_reason_and_day_are_read() -> None:
    text = "a = 1  # noqa  # cybrid-audit: ignore[credential-logged,insecure-transport] a stub (see #12) (until 2999-02-03)\n"
    (each,) = read("a.py", text.encode(), "python", RULES)
    assert each.rules == ("credential-logged", "insecure-transport")
    assert (each.reason, str(each.until)) == ("a stub (see #12)", "2999-02-03")


@pytest.mark.parametrize("language", FRONT_ENDS)
def test_every_language_that_is_read_has_comments(language: str) -> None:
    from cybrid_audit.languages import SUFFIXES
    from cybrid_audit.policy.comments import _parser

    # A component is of several languages: a table tells its comments.
    assert (_parser(language) is None) is (language == "component"), "its front-end offers no parser"
    for suffix, name in SUFFIXES.items():
        if name == language:
            assert syntax_of(f"a{suffix}") is not None, suffix


@given(
    st.sampled_from(
        ["a.py", "a.ts", "a.kt", "a.swift", "a.yaml", "a.toml", "a.sh", "a.html", "a.vue", "a.php", "a.rb", ".env"]
    ),
    st.lists(
        st.sampled_from(
            ['"', "'", "`", "#", "//", "/*", "*/", "<!--", "-->", "\n", " ", TEXT, "a", "\\", "é", "=begin"]
        )
    ),
)
def test_nothing_makes_it_fail(path: str, parts: list[str]) -> None:
    data = "".join(parts).encode()
    lines = data.count(b"\n") + 1
    for each in comments(path, data, language_of(path)):
        assert 1 <= each.at.start_line <= lines
        assert 1 <= each.target <= lines + 1


@pytest.mark.parametrize("opener", ["/* ", "<!-- ", '"""', "`", "'", '"', "{# ", "=begin\n", "# ", "// ", " ", "\\"])
@pytest.mark.parametrize("path", ["a.swift", "a.vue", "a.toml", "a.html", "a.rb", "a.jinja", "a.php", "a.go"])
def test_what_is_never_closed_takes_no_time(opener: str, path: str) -> None:
    data = (opener * (400_000 // len(opener)) + TEXT).encode()
    start = time.process_time()
    list(comments(path, data))
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "text",
    [
        f"# {TEXT}\n" * 5_000,
        f"/* {TEXT} */ a; " * 20_000,
        f"/* {TEXT}\n" * 20_000,
        f"/* {TEXT} */\n" * 5_000,
        f"# {TEXT} " * 5_000,
    ],
    ids=["rows", "one line", "one comment", "blocks", "one row"],
)
@pytest.mark.parametrize("path", ["a.swift", "a.toml", "a.go", "a.php"])
def test_many_of_them_take_no_time(text: str, path: str) -> None:
    start = time.process_time()
    found = list(comments(path, text.encode()))
    assert time.process_time() - start < 2
    assert len(found) <= 2_000
