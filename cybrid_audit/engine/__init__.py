"""The engine: abstract interpretation of a project from its entry points."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cybrid_audit.facts import Facts
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.project import Project

Progress = Callable[[int, int], None]

_ROOM: Final = 70_000
"""Slots of a frame that is larger than half a megabyte: Python gets it a piece of memory of twice its size."""


def analyse(project: Project, knowledge: Knowledge, progress: Progress | None = None) -> Facts:
    """Return what the code of a project does with the platform. Never raises on any input.

    `progress` is told how much is done, and how much there is."""
    import sys

    from cybrid_audit.engine.run import analyse as run
    from cybrid_audit.limits import MAX_STACK_FRAMES

    def held(project: Project, knowledge: Knowledge, progress: Progress | None) -> Facts:
        return run(project, knowledge, progress)

    # Python keeps the frames of calls in pieces of 16 KB, and asks the system for one each time that a call crosses the end of
    # the last. Evaluation goes up and down hundreds of calls all the time, so that this took a fifth of it. Behind a frame as
    # large as this one there is room for all others.
    held.__code__ = held.__code__.replace(co_stacksize=_ROOM)
    before = sys.getrecursionlimit()
    # What the bounds of depth allow may take more of the interpreter's own stack than it gives unasked.
    sys.setrecursionlimit(max(before, MAX_STACK_FRAMES))
    try:
        return held(project, knowledge, progress)
    finally:
        sys.setrecursionlimit(before)
