from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.project._glob import fits, matches, names_of


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("src", "src/a.ts", True),
        ("src/", "src/deep/a.ts", True),
        ("src", "lib/src/a.ts", False),
        ("**/src", "lib/src/a.ts", True),
        ("*.ts", "a.ts", True),
        ("*.ts", "src/a.ts", False),
        ("**/*.ts", "a.ts", True),
        ("**/*.{ts,js}", "x/y/a.js", True),
        ("**/*.{ts,js}", "x/y/a.jsx", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**", "a", False),
        ("a/**", "a/b", True),
        ("**", "a", True),
        ("{a,b/{c,d}}/x", "b/d/x", True),
        ("{a,b/{c,d}}/x", "b/x", False),
        ("a?c", "abc", True),
        ("[ab].ts", "b.ts", True),
        ("./src/*.ts", "src/a.ts", True),
        ("SRC/*", "src/a.ts", False),
        ("**/+*.server.ts", "routes/+page.server.ts", True),
        ("a{b", "a{b", True),
    ],
)
def test_matches(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


def test_a_hostile_pattern_ends_soon() -> None:
    start = time.process_time()
    matches("/".join(["**", "*a*"] * 40), "/".join(["aaaa"] * 80))
    matches("*a" * 60 + "b", "a" * 250)
    matches("{a,b}" * 40, "a" * 40)
    assert time.process_time() - start < 2


NAME = st.sampled_from(["a", "b", "ab"])
PATTERN = st.lists(st.sampled_from(["a", "*", "**", "b", "a*"]), min_size=1, max_size=5)


@given(PATTERN, st.lists(NAME, min_size=1, max_size=6))
def test_fits_as_the_expression_says(pattern: list[str], names: list[str]) -> None:
    parts = names_of("/".join(pattern))
    expression = ""
    for index, part in enumerate(parts):
        is_last = index == len(parts) - 1
        if part == "**":
            expression += "(?:[^/]+/)*[^/]+" if is_last else "(?:[^/]+/)*"
        else:
            expression += part.replace("*", "[^/]*") + ("" if is_last else "/")
    path = "/".join(names)
    assert fits(parts, path) == (re.fullmatch(expression, path) is not None)
