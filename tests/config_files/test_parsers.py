"""Parsers of configuration: every value with its keys and its line, a clear complaint about what is broken, no harm from hostile text."""

from __future__ import annotations

import json
import string
import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.config_files import FormatError, Kind, Node, format_of, is_sample, parse
from cybrid_audit.knowledge import load

FORMATS = ("json", "yaml", "toml", "hcl", "xml", "dotenv", "properties", "ini", "dockerfile")


def values(documents: list[Node]) -> dict[str, tuple[str, int]]:
    """Every text by its path, with its line."""
    found: dict[str, tuple[str, int]] = {}

    def visit(node: Node, path: str) -> None:
        if node.kind in (Kind.MAP, Kind.LIST, Kind.CALL):
            for key, value in node.pairs:
                visit(value, f"{path}.{key.text}" if path else key.text)
            for number, item in enumerate(node.items):
                visit(item, f"{path}[{number}]")
        else:
            found[path] = (node.text, node.line)

    for document in documents:
        visit(document, "")
    return found


ROWS: dict[str, tuple[str, str, dict[str, tuple[str, int]]]] = {
    "JSON": (
        "json",
        '{\n "a": {"b": "x\\n\\u0041"},\n "c": [1, "y"]}',
        {"a.b": ("x\nA", 2), "c[0]": ("1", 3), "c[1]": ("y", 3)},
    ),
    "JSON with comments": ("json", '// one\n{ /* two\n */ "a": "x", # three\n}', {"a": ("x", 3)}),
    "lines of JSON": ("json", '{"a": "1"}\n{"b": "2"}\n', {"a": ("1", 1), "b": ("2", 2)}),
    "YAML": (
        "yaml",
        "a:\n  b: x\n  c:\n  - y\n  - z: 1\n",
        {"a.b": ("x", 2), "a.c[0]": ("y", 4), "a.c[1].z": ("1", 5)},
    ),
    "documents": ("yaml", "a: 1\n---\nb: 2\n", {"a": ("1", 1), "b": ("2", 3)}),
    "anchors": ("yaml", "x: &x\n  a: 1\ny:\n  <<: *x\n  b: 2\n", {"x.a": ("1", 2), "y.a": ("1", 2), "y.b": ("2", 5)}),
    "tags": ("yaml", "a: !Ref B\nc: !vault |\n  d\n", {"a": ("B", 1), "c": ("d\n", 2)}),
    "Helm": (
        "yaml",
        '{{- if .x }}\na: {{ .Values.a }}\nb: plain\nc: "{{ d }}"\ne: |\n  x{{ f }}\ng: h\n{{- end }}\n',
        {"a": ("{{ .Values.a }}", 2), "b": ("plain", 3), "c": ("{{ d }}", 4), "e": ("x$______\n", 5), "g": ("h", 7)},
    ),
    "TOML": (
        "toml",
        'a = "x"\n[b.c]\nd = { e = "y", f = [\n  "z", # note\n] }\n[[g]]\nh = 1\n[[g]]\nh = 2\n',
        {"a": ("x", 1), "b.c.d.e": ("y", 3), "b.c.d.f[0]": ("z", 4), "g[0].h": ("1", 7), "g[1].h": ("2", 9)},
    ),
    "HCL": (
        "hcl",
        'a = "x"\nb "c" "d" {\n  e = var.f\n  g = jsonencode({ h = "y" })\n}\n',
        {"a": ("x", 1), "b.c.d.e": ("var.f", 3), "b.c.d.g[0].h": ("y", 4)},
    ),
    "HCL expressions": (
        "hcl",
        'a = b ? "x" : "y"\nc = "p-${var.q}-r"\nd = [for e in f : e.g]\nh = <<-X\n  text\nX\n',
        {
            "a[0]": ("b", 1),
            "a[1]": ("x", 1),
            "a[2]": ("y", 1),
            "c[0]": ("p-", 2),
            "c[1]": ("var.q", 2),
            "c[2]": ("-r", 2),
        }
        | {"d[0]": ("e", 3), "d[1][0]": ("f", 3), "d[1][1]": ("e.g", 3), "h": ("  text\n", 4)},
    ),
    "XML": ("xml", '<a b="x">\n <c>y</c>\n <d name="e">z</d>\n</a>', {"b": ("x", 1), "c": ("y", 2), "e": ("z", 3)}),
    "property list": (
        "xml",
        "<plist><dict>\n<key>a</key>\n<string>x</string><key>b</key><dict><key>c</key><array><string>y</string></array></dict></dict></plist>",
        {"a": ("x", 3), "b.c[0]": ("y", 3)},
    ),
    "dotenv": (
        "dotenv",
        "# note\nexport A='x y'\nB=\"two\nlines\"\nC=z # note\nD=\n",
        {"A": ("x y", 2), "B": ("two\nlines", 3), "C": ("z", 5), "D": ("", 6)},
    ),
    "properties": ("properties", "# a\nb.c = x\\\n  y\nd: z\n", {"b.c": ("x  y", 2), "d": ("z", 4)}),
    "INI": ("ini", "a = 1\n[b c]\nd = x ; y\n", {"a": ("1", 1), "b c.d": ("x ; y", 3)}),
}


@pytest.mark.parametrize(("format_", "text", "expected"), ROWS.values(), ids=ROWS.keys())
def test_values_have_their_keys_and_lines(format_: str, text: str, expected: dict[str, tuple[str, int]]) -> None:
    assert values(parse(format_, text)) == expected


def test_a_dockerfile_is_its_instructions() -> None:
    text = "FROM x\n# note\nENV A=1 \\\n    B='two words'\nENV C three words\nARG D\nRUN <<E\n  echo\nE\nCMD [\"y\"]\n"
    found = values(parse("dockerfile", text))
    assert {path.rpartition("]")[2]: value for path, value in found.items() if ".env." in path or ".arg." in path} == {
        ".env.A": ("1", 3),
        ".env.B": ("two words", 4),
        ".env.C": ("three words", 5),
        ".arg.D": ("", 6),
    }
    assert [each.tag for each in parse("dockerfile", text)[0].items] == ["FROM", "ENV", "ENV", "ARG", "RUN", "CMD"]


BROKEN = [
    ("json", '{\n"a": \n}', 3),
    ("json", '{"a": 1', 1),
    ("json", "[1,\n2\n3]", 3),
    ("json", '"a\n"', 1),
    ("yaml", "a: 1\nb: [2\n", 3),
    ("yaml", "a: 1\n\n b: 2\n", 3),
    ("toml", "a = 1\nb\n", 2),
    ("toml", "a = [1,\n", 2),
    ("hcl", 'a = "x\n', 1),
    ("hcl", "a {\n", 2),
    ("hcl", "= 1", 1),
    ("ini", "[a]\nb = 1\n[c\nd = 2\n", 3),
    ("xml", "<a>\n<b></a>", 2),
    ("xml", "", 1),
]


@pytest.mark.parametrize(("format_", "text", "line"), BROKEN)
def test_what_is_broken_is_named_with_its_line(format_: str, text: str, line: int) -> None:
    with pytest.raises(FormatError) as raised:
        parse(format_, text)
    assert raised.value.line == line
    assert raised.value.message.startswith(f"line {line}: ")


HOSTILE = {
    "nested JSON": ("json", "[" * 100_000),
    "nested objects": ("json", '{"a":' * 100_000),
    "nested YAML": ("yaml", "[" * 5_000),
    "aliases": (
        "yaml",
        "a: &a [x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)),
    ),
    "nested HCL": ("hcl", "a = " + "[" * 100_000),
    "nested blocks": ("hcl", "a {\n" * 10_000),
    "parentheses": ("hcl", "a = " + "(" * 10_000),
    "signs": ("hcl", "a = " + "!" * 10_000 + "b"),
    "nested TOML": ("toml", "a = " + "[" * 100_000),
    "nested XML": ("xml", "<a>" * 100_000),
    "entities": ("xml", '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>'),
    "external entity": ("xml", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "open quote": ("dotenv", 'A="' + "x\n" * 10_000),
    "continued": ("properties", "a=\\\n" * 10_000),
    "heredocs": ("dockerfile", "RUN <<A <<B <<C\n" * 2_000),
}


@pytest.mark.parametrize(("format_", "text"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_ends_soon(format_: str, text: str) -> None:
    try:
        documents = parse(format_, text)
    except FormatError:
        return
    assert sum(1 for document in documents for _ in document.walk()) < 300_000


def refusal(format_: str, text: str) -> FormatError | None:
    """What a parser says against a text, or None."""
    try:
        parse(format_, text)
    except FormatError as error:
        return error
    return None


@pytest.mark.parametrize("format_", FORMATS)
@given(text=st.text(string.printable + "äé\0\u2028", max_size=200))
def test_any_text_is_read_or_refused(format_: str, text: str) -> None:
    complaint = refusal(format_, text)
    assert complaint is None or 1 <= complaint.line <= text.count("\n") + text.count("\r") + 2


@pytest.mark.parametrize("format_", FORMATS)
@given(
    parts=st.lists(
        st.sampled_from(
            [
                "a",
                '"',
                "'",
                "{",
                "}",
                "[",
                "]",
                "=",
                ":",
                "\n",
                " ",
                "${",
                "<a>",
                "</a>",
                "#",
                "\\",
                ",",
                "<<E\n",
                "E\n",
                "-",
                "&a",
                "*a",
                "ENV ",
                "(",
            ]
        ),
        max_size=40,
    )
)
def test_any_mixture_of_signs_is_read_or_refused(format_: str, parts: list[str]) -> None:
    complaint = refusal(format_, "".join(parts))
    assert complaint is None or complaint.message


def plain(node: Node) -> Any:
    if node.kind is Kind.MAP:
        return {key.text: plain(value) for key, value in node.pairs}
    return [plain(each) for each in node.items] if node.kind is Kind.LIST else node.text


WORDS = st.text(string.ascii_letters + string.digits + " _-äé\"'\\/{}$#:", max_size=12)
KEYS = st.text(string.ascii_letters, min_size=1, max_size=6)
TREES = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_json_means_what_the_standard_library_reads(tree: Any) -> None:
    for text in (json.dumps(tree), json.dumps(tree, indent=2, ensure_ascii=False)):
        assert plain(parse("json", text)[0]) == tree


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_yaml_means_what_the_library_reads(tree: Any) -> None:
    assert plain(parse("yaml", yaml.safe_dump(tree, allow_unicode=True))[0]) == tree


@given(st.dictionaries(KEYS, st.text(string.ascii_letters + string.digits + " _-#:{}", max_size=12), max_size=5))
def test_toml_means_what_the_standard_library_reads(table: dict[str, str]) -> None:
    text = "[x]\n" + "".join(f"{key} = '{value}'\n" for key, value in table.items())
    assert plain(parse("toml", text)[0])["x"] == tomllib.loads(text)["x"]


@pytest.mark.parametrize(
    ("path", "format_"),
    [
        ("a/.env", "dotenv"),
        (".env.staging", "dotenv"),
        ("deploy/api.env", "dotenv"),
        ("Dockerfile", "dockerfile"),
        ("docker/Dockerfile.web", "dockerfile"),
        ("a.json", "json"),
        ("terraform.tfstate", "json"),
        ("chart/values.yaml", "yaml"),
        ("x.tfvars", "hcl"),
        ("Info.plist", "xml"),
        ("gradle.properties", "properties"),
        ("a.py", ""),
        ("README.md", ""),
    ],
)
def test_a_name_tells_the_format(path: str, format_: str) -> None:
    assert format_of(path, load().secret_files) == format_


def test_a_sample_is_told_by_its_name() -> None:
    files = load().secret_files
    assert all(
        is_sample(path, files) for path in (".env.example", "env.sample", "config/local-sample.json", "a.template.yaml")
    )
    assert not any(is_sample(path, files) for path in (".env", ".env.production", "examples/config.json"))
