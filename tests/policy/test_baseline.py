"""The text of a baseline: stable, strictly read, and merged by git."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cybrid_audit.errors import AuditError
from cybrid_audit.facts import Location
from cybrid_audit.policy.baseline import Baseline, Entry, load, parsed, written
from cybrid_audit.result import Confidence, Finding, Level, Verdict


def finding(number: int, path: str = "src/app.py", rule: str = "", line: int = 1) -> Finding:
    return Finding(
        rule=rule or ("insecure-transport", "transaction-without-mfa")[number % 2],
        control="CA-2",
        level=Level.REQUIRED,
        verdict=Verdict.VIOLATED,
        confidence=Confidence.HIGH,
        message="",
        location=Location(path, line),
        operation="POST /api/trades" if number % 2 else None,
        fingerprint=f"{number * 2654435761 % 2**32:08x}" * 4,
    )


def some(numbers: Collection[int]) -> list[Finding]:
    return [finding(number) for number in numbers]


def held(text: str) -> Baseline:
    return parsed(text.encode(), "baseline")


def test_it_holds_what_was_written_and_nothing_else() -> None:
    kept = held(written(some(range(5))))
    assert all(kept.holds(each) for each in some(range(5)))
    assert not kept.holds(finding(5))
    assert kept.gone(some([0, 1, 2])) == tuple(sorted(Entry.of(each) for each in some([3, 4])))


def test_neither_order_nor_lines_count() -> None:
    moved = [replace(each, location=Location("src/app.py", 99)) for each in reversed(some(range(5)))]
    assert written(moved) == written(some(range(5)))


@pytest.mark.parametrize("path", ["a b.py", "ü.py", "a\nb.py", "\udcff.py", "[id]/x.ts", "#a.py", "%41.py", "C:\\a.py"])
def test_any_name_of_a_file_is_carried(path: str) -> None:
    text = written([finding(1, path)])
    assert text.isascii()
    (entry,) = held(text).entries
    assert entry == Entry.of(finding(1, path))


numbers = st.sets(st.integers(0, 40), max_size=20)


@given(numbers, numbers)
def test_an_update_holds_the_new_findings_and_is_sorted(before: set[int], after: set[int]) -> None:
    text = held(written(some(before))).updated(some(after))
    assert {each.fingerprint for each in held(text).entries} == {each.fingerprint for each in some(after)}
    entries = [line for line in text.split("\n") if line and not line.startswith("#")]
    assert [line.split()[:2] for line in entries] == sorted(line.split()[:2] for line in entries)
    assert held(text).updated(some(after)) == text


def test_an_update_without_change_changes_nothing() -> None:
    text = written(some(range(7)))
    assert held(text).updated(some(range(7))) == text


def test_a_file_that_was_renamed_is_named_anew_in_its_place() -> None:
    text = written(some(range(4)))
    renamed = [replace(each, location=Location("lib/app.py", 1)) for each in some(range(4))]
    assert held(text).updated(renamed) == text.replace("src/app.py", "lib/app.py")


def test_a_user_may_take_lines_out() -> None:
    text = written(some([1]))
    assert held(text.replace("\n", "\r\n")).holds(finding(1))
    assert held("").entries == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<<<<<<< ours\n", "baseline:1: a merge conflict"),
        ("# x\n\nsome words\n", "baseline:3: not an entry of a baseline"),
        ("insecure-transport abc a.py\n", "baseline:1: not an entry"),
        ("ü\n", "baseline: not a baseline"),
    ],
)
def test_anything_else_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(AuditError) as error:
        held(text)
    assert error.value.message.startswith(said)
    assert error.value.hint


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(written(some([1])))
    root = tmp_path / "root"
    root.mkdir()
    (root / ".cybrid-audit-baseline").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AuditError, match="is a symlink"):
        load(str(root))
    assert load(str(root), str(tmp_path / "elsewhere")) is not None


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert load(str(tmp_path)) is None
    with pytest.raises(AuditError, match="no such file"):
        load(str(tmp_path), str(tmp_path / "missing"))


# ---------------------------------------------------------------- merging

ENOUGH: Final = 24


def merged(folder: Path, base: str, ours: str, theirs: str) -> str | None:
    """Return what git makes of two changes of a file, None where they conflict."""
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(text)
    done = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_two_branches_that_each_correct_something_merge(data: st.DataObject, tmp_path: Path) -> None:
    every = set(range(ENOUGH))
    earlier = data.draw(st.sets(st.sampled_from(sorted(every)), max_size=6))
    base = held(written(some(every))).updated(some(every - earlier))
    left = sorted(every - earlier)
    ours = data.draw(st.sets(st.sampled_from(left)))
    theirs = data.draw(st.sets(st.sampled_from(left)))
    remaining = set(left)
    result = merged(
        tmp_path,
        base,
        held(base).updated(some(remaining - ours)),
        held(base).updated(some(remaining - theirs)),
    )
    assert result is not None, "a conflict"
    assert {each.fingerprint for each in held(result).entries} == {
        each.fingerprint for each in some(remaining - ours - theirs)
    }


def test_branches_in_a_real_repository_merge(tmp_path: Path) -> None:
    """Two neighbours are corrected in two branches, and git merges them as it merges code."""

    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    file = tmp_path / ".cybrid-audit-baseline"
    order = [each.fingerprint for each in held(written(some(range(4)))).entries]
    by = {each.fingerprint: each for each in some(range(4))}
    git("init", "-q", "-b", "main")
    file.write_text(written(by.values()))
    git("add", "-A")
    git("commit", "-q", "-m", "base")
    for branch, gone in (("one", {order[1]}), ("two", {order[2], order[3]})):
        git("checkout", "-q", "-b", branch, "main")
        file.write_text(held(file.read_text()).updated([each for key, each in by.items() if key not in gone]))
        git("commit", "-q", "-a", "-m", branch)
    git("merge", "-q", "-m", "merge", "one")
    assert [each.fingerprint for each in held(file.read_text()).entries] == order[:1]
