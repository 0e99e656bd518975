"""Credentials of the platform in text: what never flows through code, or in code that nothing reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cybrid_audit.facts import Facts
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.project import Project

__all__ = ["with_literals"]


def with_literals(
    project: Project, knowledge: Knowledge, facts: Facts, *, history: bool = False, generic: bool = True
) -> Facts:
    """Return the facts with what the text of the project's files holds and, if wanted, the git history and secrets of other
    services (`generic`). Nothing is imported or read when no file names the platform, there is no archive, no code mints
    with a variable, and the history is not wanted.

    Raises:
        AuditError: the history is wanted and there is none."""
    if not (project.named or project.archives or facts.credentials or history):
        return facts
    from cybrid_audit.secrets.collect import Collector

    return Collector(project, knowledge, facts).run(history=history, generic=generic)
