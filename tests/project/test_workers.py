from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.project import _workers


@given(st.integers(0, 50_000))
def test_ranges_cover_everything_once(count: int) -> None:
    ranges = _workers.plan(count)
    assert [number for start, end in ranges for number in range(start, end)] == list(range(count))


def test_results_come_in_order() -> None:
    assert _workers.run(list, list(range(10)), [(0, 4), (4, 7), (7, 10)]) == [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_no_items() -> None:
    assert _workers.run(list, [], _workers.plan(0)) == []


def test_a_worker_that_dies_is_replaced() -> None:
    parent = os.getpid()

    def job(part: Sequence[Any]) -> list[Any]:
        if os.getpid() != parent:
            os._exit(3)
        return list(part)

    assert _workers.run(job, [1, 2, 3], [(0, 1), (1, 3)]) == [[1], [2, 3]]


def test_a_failure_here_leaves_no_worker_behind() -> None:
    def job(part: Sequence[Any]) -> list[Any]:
        if part[0] == 0:
            raise ValueError("here")
        return list(part)

    with pytest.raises(ValueError, match="here"):
        _workers.run(job, [0, 1], [(0, 1), (1, 2)])
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_large_results_do_not_block() -> None:
    assert [
        len(each[0]) for each in _workers.run(lambda part: ["x" * 1_000_000 for _ in part], [1, 2], [(0, 1), (1, 2)])
    ] == [1_000_000] * 2


def test_nothing_is_forked_beside_other_threads() -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert len(_workers.plan(1_000_000)) == 1
    finally:
        release.set()
        thread.join()
