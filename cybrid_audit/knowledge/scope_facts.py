"""Everything the data says about scopes, as `api/scopes.yaml` holds it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from cybrid_audit.knowledge.operation_facts import Source
from cybrid_audit.records import dataclass


class Risk(StrEnum):
    """What a scope lets its holder do that is worth naming."""

    PII = "pii"
    MOVES_VALUE = "moves_value"
    PREPARES_TRANSACTION = "prepares_transaction"
    ADDS_PAYOUT_DESTINATION = "adds_payout_destination"
    MANAGES_CREDENTIALS = "manages_credentials"


@dataclass(frozen=True, slots=True)
class Grammar:
    """How a scope is written, and how a list of them travels."""

    regex: str
    actions: Mapping[str, str]
    in_oauth_request: str
    in_customer_token_request: str
    in_token: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where a source says something wrong, and what holds."""

    where: str
    says: str
    fact: str


@dataclass(frozen=True, slots=True)
class ScopeFact:
    """One scope in use. `customer_since` is the first release whose customer tokens may hold it."""

    scope: str
    customer_since: str | None = None
    risk: tuple[Risk, ...] = ()
    sdk_table_says: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RemovedScope:
    """A scope that is gone; `customer` tells whether customer tokens could hold it."""

    scope: str
    customer: bool
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class ScopeSets:
    """Which scopes each kind of token may hold."""

    bank: frozenset[str]
    organization: frozenset[str]
    customer: frozenset[str]


@dataclass(frozen=True, slots=True)
class ScopesFile:
    """The content of `api/scopes.yaml`."""

    schema: str
    source: Source
    grammar: Grammar
    notes: tuple[str, ...]
    portal_user_only: frozenset[str]
    mint_customer_token: frozenset[str]
    sets: ScopeSets
    conflicts: tuple[Conflict, ...]
    scopes: tuple[ScopeFact, ...]
    removed: tuple[RemovedScope, ...]
