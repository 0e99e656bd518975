from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cybrid_audit.project._ignore import IgnoreRules


@pytest.mark.parametrize(
    ("lines", "path", "is_folder", "expected"),
    [
        (["*.log"], "a/b.log", False, True),
        (["/a.log"], "b/a.log", False, None),
        (["build/"], "build", False, None),
        (["build/"], "x/build", True, True),
        (["*.log", "!keep.log"], "keep.log", False, False),
        (["!keep.log", "*.log"], "keep.log", False, True),
        (["a/**/z"], "a/z", False, True),
        (["# no", ""], "# no", False, None),
        (["\\#yes"], "#yes", False, True),
        (["\\!yes"], "!yes", False, True),
        (["a\\*"], "ab", False, None),
        (["a\\*"], "a*", False, True),
        (["a "], "a", False, True),
        (["a\\ "], "a ", False, True),
        (["[^a]x"], "bx", False, True),
        (["[^a]x"], "ax", False, None),
        (["/"], "a", True, None),
        (["x\r"], "x", False, True),
    ],
)
def test_verdict(lines: list[str], path: str, is_folder: bool, expected: bool | None) -> None:
    assert IgnoreRules("", lines).verdict(path, is_folder=is_folder) is expected


def test_rules_of_a_folder_hold_below_it_only() -> None:
    rules = IgnoreRules("sub", ["/a"])
    assert rules.verdict("sub/a", is_folder=False) is True
    assert rules.verdict("a", is_folder=False) is None
    assert rules.verdict("subway/a", is_folder=False) is None


def test_a_hostile_pattern_ends_soon() -> None:
    start = time.process_time()
    rules = IgnoreRules("", ["*a" * 100 + "b", "**/" * 200 + "b", "[" * 200, "x" * 100_000])
    assert rules.verdict("a" * 250, is_folder=False) is None
    assert time.process_time() - start < 2


PIECE = st.sampled_from(["a", "b", "*", "?", "ab", "*b", "a*", "[ab]", "[!a]", "**"])
LINE = st.builds(
    lambda bang, slash, pieces, end: bang + slash + "/".join(pieces) + end,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(PIECE, min_size=1, max_size=3),
    st.sampled_from(["", "/"]),
)
PATH = st.lists(st.sampled_from(["a", "b", "ab", "bb", "c"]), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None)
@given(st.lists(LINE, min_size=1, max_size=4), st.lists(PATH, min_size=1, max_size=8))
def test_agrees_with_git(git: Callable[..., str], lines: list[str], paths: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        git(root, "init", "-q")
        (root / ".gitignore").write_text("\n".join(lines) + "\n")
        asked = ["/".join(each) for each in paths]
        done = subprocess.run(
            ["git", "-c", "core.excludesFile=", "check-ignore", "--no-index", "--stdin"],
            cwd=root,
            input="\n".join(asked),
            capture_output=True,
            text=True,
            check=False,
        )
        said = set(done.stdout.splitlines())
        rules = IgnoreRules("", lines)
        for names, path in zip(paths, asked, strict=True):
            # As the walk does: what lies in an ignored folder is never asked for.
            verdicts = [
                rules.verdict("/".join(names[:size]), is_folder=size < len(names)) for size in range(1, len(names) + 1)
            ]
            ours = True in verdicts[:-1] or verdicts[-1] is True
            assert ours == (path in said), (lines, path)
