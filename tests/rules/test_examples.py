"""The examples of every rule's page, audited: what a page shows as vulnerable is found on the marked line, and nothing else.

A fenced block is one file of a project, named after the language (`python app.py`); the blocks of one language in one
section are one project, with the configuration that follows them. Where no other language comes first, YAML stands for itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from cybrid_audit.audit import audit
from cybrid_audit.judges import catalog, page

CODE = ("python", "typescript")
FENCE = re.compile(r"(?ms)^```(?P<language>\w+)(?: (?P<name>\S+))?\n(?P<text>.*?)^```$")
MARKER = re.compile(r"[ \t]*(?:#|//) expect: (?P<rule>[a-z-]+)(?:@(?P<verdict>[a-z]+))?$")
SECTION = re.compile(r"(?ms)^## (?P<name>Vulnerable|Safe)\n(?P<text>.*?)(?=^## )")


class Example(NamedTuple):
    """One project of a page: file contents by name, markers included."""

    rule: str
    section: str
    language: str
    files: dict[str, str]


def examples() -> list[Example]:
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for rule in catalog():
        for section in SECTION.finditer(page(rule)):
            language = ""
            for block in FENCE.finditer(section["text"]):
                assert block["name"], f"{rule}: a block of {block['language']} without a file name"
                if block["language"] != "yaml" or not language:
                    language = block["language"]
                files = found.setdefault((rule, section["name"], language), {})
                assert block["name"] not in files
                files[block["name"]] = block["text"]
    return [Example(*key, files) for key, files in found.items()]


def written(example: Example, folder: Path) -> list[tuple[str, int, str]]:
    """Write the files without their markers; return path, line and verdict of what they expect."""
    expected = []
    for name, text in example.files.items():
        lines = text.splitlines()
        for index, line in enumerate(lines):
            marker = MARKER.search(line)
            if marker is not None:
                assert marker["rule"] == example.rule, f"{name}:{index + 1} marks another rule"
                expected.append((name, index + 1, marker["verdict"] or "violated"))
                lines[index] = line[: marker.start()]
        assert "expect:" not in "\n".join(lines)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("\n".join(lines) + "\n")
    return expected


@pytest.mark.parametrize("rule", catalog())
@pytest.mark.parametrize("section", ["Vulnerable", "Safe"])
def test_a_page_has_examples_in_its_languages(rule: str, section: str) -> None:
    languages = {each.language for each in examples() if (each.rule, each.section) == (rule, section)}
    assert set(catalog()[rule].languages) <= languages


@pytest.mark.parametrize("example", examples(), ids=lambda each: f"{each.rule}-{each.section}-{each.language}".lower())
def test_an_example_is_judged_as_its_page_says(example: Example, tmp_path: Path) -> None:
    expected = written(example, tmp_path)
    assert bool(expected) == (example.section == "Vulnerable")
    result = audit(str(tmp_path), rules=frozenset({example.rule}))
    found = [(each.location.path, each.location.start_line, each.verdict.value) for each in result.findings]
    assert sorted(found) == sorted(expected)
    if example.language in CODE:
        assert result.facts.integrates
