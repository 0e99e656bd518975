"""What may be kept of a secret. Nothing behind the place where a secret is read ever holds it whole."""

from __future__ import annotations

import hashlib
from typing import Final

from cybrid_audit.facts import Masked

_SHOWN: Final = 4
_SHORTEST_SHOWN: Final = 8
"""Length up to which nothing of a secret is shown: four characters would be too much of it."""


class Masker:
    """Masks the secrets of one project. Equal secrets have equal digests, within the project only."""

    def __init__(self, root: str) -> None:
        # The project's own name is the key, so that equal secrets in two projects do not look equal.
        name = root.rstrip("/").rsplit("/", 1)[-1]
        self._key = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=32).digest()

    def __call__(self, text: str) -> Masked:
        """Return what may be shown of a secret."""
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=10).hexdigest()
        return Masked(text[:_SHOWN] if len(text) > _SHORTEST_SHOWN else "", len(text), digest)
