"""The platform's scopes: who may hold which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

NO_SCOPES: Final[frozenset[str]] = frozenset()


class Scopes:
    """The sets of scopes. What else is known of each is in `scope_facts.py`."""

    __slots__ = ("bank", "customer", "known", "mint_customer_token", "organization", "portal_user_only", "removed")

    def __init__(self, stored: Mapping[str, Sequence[Any]]) -> None:
        self.bank = frozenset(stored["bank"])
        """What a bank token may hold."""
        self.organization = frozenset(stored["organization"])
        """What an organization token may hold."""
        self.customer = frozenset(stored["customer"])
        """What a customer token may hold."""
        self.known = frozenset(stored["known"])
        """Every scope in use. One that is not among them is excess wherever it is asked for."""
        self.removed = frozenset(stored["removed"])
        """Scopes of older releases."""
        self.mint_customer_token = frozenset(stored["mint_customer_token"])
        """What minting a customer token takes."""
        self.portal_user_only = frozenset(stored["portal_user_only"])
        """Scopes of an interactive login, which no integration token has."""

    def of(self, kind: str) -> frozenset[str]:
        """Return what a `bank`, `organization` or `customer` token may hold; of any other kind, nothing."""
        match kind:
            case "bank":
                return self.bank
            case "organization":
                return self.organization
            case "customer":
                return self.customer
            case _:
                return NO_SCOPES
