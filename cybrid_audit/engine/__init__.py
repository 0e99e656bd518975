"""The engine: abstract interpretation of a project from its entry points."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cybrid_audit.facts import Facts
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.project import Project

Progress = Callable[[int, int], None]


def analyse(project: Project, knowledge: Knowledge, progress: Progress | None = None) -> Facts:
    """Return what the code of a project does with the platform. Never raises on any input.

    `progress` is told how much is done, and how much there is."""
    from cybrid_audit.engine.run import analyse as run

    return run(project, knowledge, progress)
