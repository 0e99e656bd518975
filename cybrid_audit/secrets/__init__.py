"""Credentials of the platform in text: what never flows through code, or in code that nothing reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cybrid_audit.facts import Facts
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.project import Project

__all__ = ["with_literals"]


def with_literals(project: Project, knowledge: Knowledge, facts: Facts) -> Facts:
    """Return the facts with what the text of the project's files holds. Nothing is imported or read when no file names the
    platform and no code mints with a variable."""
    if not project.named and not facts.credentials:
        return facts
    from cybrid_audit.secrets.collect import Collector

    return Collector(project, knowledge, facts).run()
