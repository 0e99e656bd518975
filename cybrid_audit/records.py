"""`dataclass` and `field` as in the standard library, for slotted classes, without the start-up cost: see `_slotted.py`.

Type checkers see the original."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass", "field"]

if TYPE_CHECKING:
    from dataclasses import dataclass, field
else:
    from dataclasses import field

    from cybrid_audit._slotted import dataclass
