"""How far the calls of module top levels are followed.

What a top level says itself is as long as its file. What it calls may be of any length, and a library has hundreds of modules
whose last line runs a program. So each module has a few steps of its own, and the rest comes from one pool, of which a module
takes half of what is left at most: one with a large table never uses up what all others share."""

from __future__ import annotations

from cybrid_audit.limits import (
    MAX_CALLED_STEPS_FOR_MODULES,
    MAX_CALLED_STEPS_PER_MODULE,
    MAX_STEPS_PER_LATE_CALL,
)


class Pool:
    """The steps that the calls of all top levels of a run share."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_CALLED_STEPS_FOR_MODULES


class Allowance:
    """The steps for what one top level calls. `is_spent` tells that some call was not followed to its end."""

    __slots__ = ("_charged", "_own", "_pool", "_share", "is_spent")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._own = MAX_CALLED_STEPS_PER_MODULE
        self._share = pool.left // 2
        self._charged = 0
        self.is_spent = False

    def begin(self, steps: int) -> int:
        """Return the step up to which calls are followed, for a call that starts or goes on at `steps`."""
        self._charged = steps
        return steps + max(self._own + min(self._share, self._pool.left), MAX_STEPS_PER_LATE_CALL)

    def charge(self, steps: int) -> None:
        """Take what has been used since `begin`."""
        used = steps - self._charged
        self._charged = steps
        shared = min(max(used - self._own, 0), self._share, self._pool.left)
        self._own = max(self._own - used, 0)
        self._share -= shared
        self._pool.left -= shared
