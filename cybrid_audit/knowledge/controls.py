"""What every scan needs of the controls. What else is known of each is in `control_facts.py`."""

from __future__ import annotations

from collections.abc import Sequence


class ControlRow:
    """One control: its level, what it asks for, which sites it is about, and why code alone leaves it open, if so.

    `rules` are those whose findings break it."""

    __slots__ = ("id", "level", "open", "rules", "sites", "statement")

    def __init__(self, row: Sequence[str], rules: Sequence[str]) -> None:
        self.id, self.level, self.statement, self.sites, self.open = row
        self.rules = frozenset(rules)

    def __repr__(self) -> str:
        return f"<control {self.id}>"
