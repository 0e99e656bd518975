"""The project's own files agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([A-Za-z0-9_.+!-]+)$")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = {}
    for line in lines:
        if line and not line.startswith("#"):
            match = PIN.match(line)
            assert match is not None, f"constraints.txt: {line!r} is no pin"
            found[normal(match[1])] = match[2]
    return found


def test_every_requirement_is_pinned() -> None:
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    names = {normal(re.split(r"[<>=!~\[; ]", each, maxsplit=1)[0]) for each in wanted}
    assert names <= set(pins())


def test_the_pins_name_no_index() -> None:
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", text, re.MULTILINE)


def test_grammars_are_pinned_within_their_range() -> None:
    """A grammar's next release may rename nodes, and a front-end would then miss code without a word."""
    for requirement in PROJECT["dependencies"]:
        if requirement.startswith("tree-sitter"):
            assert "<" in requirement
