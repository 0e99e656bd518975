"""Everything the data says about the controls, as `controls.yaml` holds it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from cybrid_audit.records import dataclass
from cybrid_audit.result import Level


class Sites(StrEnum):
    """Which places of a code base a control is about; `controls.py` collects them."""

    CUSTOMER_OPERATIONS = "customer-operations"
    CUSTOMER_MINTS = "customer-mints"
    PLATFORM_MINTS = "platform-mints"
    CREDENTIALS = "credentials"
    CUSTOMER_CREATION = "customer-creation"
    CUSTOMER_TRANSACTION = "customer-transaction"
    VERIFIED_EMAIL = "verified-email"
    LOGINS = "logins"
    TRANSPORT = "transport"
    WEBHOOKS = "webhooks"
    SIMULATION = "simulation"
    HANDED_TOKENS = "handed-tokens"
    PLATFORM_CALLS = "platform-calls"
    EXEMPTIONS = "exemptions"


@dataclass(frozen=True, slots=True)
class ControlEvidence:
    """What code can tell about a control."""

    proves: tuple[str, ...] = ()
    violates: tuple[str, ...] = ()
    supports: tuple[str, ...] = ()
    cannot_see: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MappedIds:
    """Requirements of one framework: those that surely correspond, and those that do by analogy or were not verified."""

    sure: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Control:
    """One documented control.

    `documented` says how the platform's pages put its level, where that is finer than ours. `open` says why code alone
    does not show it and how to settle it: the evidence of a control that no rule audits, or whose rules see a part only."""

    id: str
    title: str
    level: Level
    section: str
    statement: str
    sites: Sites
    sources: tuple[str, ...]
    evidence: ControlEvidence
    mappings: Mapping[str, MappedIds]
    documented: str = ""
    open: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ControlsFile:
    """The content of `controls.yaml`. `frameworks` names every framework of the mappings and its edition."""

    schema: str
    frameworks: Mapping[str, str]
    controls: tuple[Control, ...]
    documented_absences: tuple[str, ...] = ()
