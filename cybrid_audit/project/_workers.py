"""Worker processes for work on many files, where the system can fork and it pays."""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

_MIN_ITEMS: Final = 1500
"""Items per process below which another process costs more than it saves."""

_MAX_PROCESSES: Final = 4

Job = Callable[[Sequence[Any]], Any]
"""What runs on a part of the items. Its result goes through `marshal`: plain containers, strings, bytes and numbers."""


def plan(count: int) -> list[tuple[int, int]]:
    """Return the ranges of items that `run` gives to one process each; one range when workers do not pay."""
    processes = _processes(count)
    size = max(1, -(-count // processes))
    return [(start, min(start + size, count)) for start in range(0, count, size)]


def run(job: Job, items: Sequence[Any], ranges: Sequence[tuple[int, int]]) -> list[Any]:
    """Return the job's result on each of the ranges, in order.

    The first range runs in this process. One whose worker fails runs here too: the outcome never depends on workers."""
    workers = [_Worker(job, items[start:end]) for start, end in ranges[1:]]
    try:
        results = [job(items[start:end]) for start, end in ranges[:1]]
        for worker, (start, end) in zip(workers, ranges[1:], strict=True):
            found = worker.result()
            results.append(job(items[start:end]) if found is None else found[0])
        return results
    finally:
        for worker in workers:
            worker.stop()


def _processes(items: int) -> int:
    if sys.platform != "linux" or items < 2 * _MIN_ITEMS:
        return 1
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        # A lock that another thread holds at the fork would never be released in the worker.
        return 1
    return max(1, min(_MAX_PROCESSES, items // _MIN_ITEMS, len(os.sched_getaffinity(0))))


class _Worker:
    """One forked process that runs a job and sends its result through a pipe."""

    def __init__(self, job: Job, part: Sequence[Any]) -> None:
        self._pid = 0
        self._pipe = -1
        try:
            self._pipe, writing = os.pipe()
            self._pid = os.fork()
        except OSError:
            return
        if self._pid == 0:
            status = 1
            try:
                os.close(self._pipe)
                with os.fdopen(writing, "wb") as pipe:
                    pipe.write(marshal.dumps([job(part)]))
                status = 0
            finally:
                # Not sys.exit: what the parent has buffered or registered is not this process's to flush or run.
                os._exit(status)
        os.close(writing)

    def result(self) -> list[Any] | None:
        """Return the result in a list, or None when the worker failed."""
        if self._pid == 0:
            return None
        with os.fdopen(self._pipe, "rb") as pipe:
            data = pipe.read()
        self._pipe = -1
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        if status != 0:
            return None
        found: list[Any] = marshal.loads(data)  # noqa: S302 - written by our own process, not by the audited tree
        return found

    def stop(self) -> None:
        """End the worker when it is still there."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        if self._pid:
            import signal

            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0
