"""Everything the data says about the platform's operations, as `api/operations.yaml` holds it.

What the engine needs of it is in `operations.py`; this is for texts, and read only when one is shown."""

from __future__ import annotations

from enum import StrEnum

from cybrid_audit.knowledge.operations import Api, CustomerBased, Event, GuidPlace, Mark, WhenUnknown
from cybrid_audit.records import dataclass


class Need(StrEnum):
    """Whether a request needs a field."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class SdkNames:
    """Names of an operation in the generated clients. `generated` is the class in TypeScript, Python, Ruby and Java."""

    generated: str
    angular: str
    kotlin: str
    swift: str
    snake: str
    camel: str
    absent_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OperationScopes:
    """Scopes of an operation. `typescript_declares` is what the TypeScript client says where it says something else."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    typescript_declares: tuple[str, ...] | None = None
    only_typescript_says_so: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """Model of a request's body: its name in Python, its required fields, those that hold guids, those for simulation."""

    model: str
    required: tuple[str, ...]
    guid_fields: tuple[str, ...]
    simulation_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerGuid:
    """Where a request carries the customer's guid, and whether it needs to."""

    where: GuidPlace
    need: Need
    note: str = ""


@dataclass(frozen=True, slots=True)
class Since:
    """The first SDK release with something."""

    version: str
    date: str


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """One published operation. `path` is a template with `{parameters}`; `token_kinds` may hold `none`, `bank`,
    `organization` and `customer`."""

    id: str
    api: Api
    method: str
    path: str
    resource: str
    action: str
    sdk: SdkNames
    scopes: OperationScopes
    token_kinds: tuple[str, ...]
    customer_based: CustomerBased
    since: Since
    body: Body | None = None
    customer_guid: CustomerGuid | None = None
    owner_via: str | None = None
    when_unknown: WhenUnknown | None = None
    event: Event | None = None
    marks: tuple[Mark, ...] = ()
    pii_switch: str | None = None
    debatable: bool = False
    why: str = ""

    @property
    def name(self) -> str:
        """The name in reports, e.g. `POST /api/trades`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class RemovedSdkNames:
    """Names of a removed operation in the clients of its time."""

    generated: str
    snake: str
    camel: str


@dataclass(frozen=True, slots=True)
class RemovedOperation:
    """An operation of older SDK releases. With `renamed_class` set, only its class was called differently."""

    id: str
    api: Api
    method: str
    path: str
    first: str
    gone_in: str
    renamed_class: str | None = None
    sdk: RemovedSdkNames | None = None
    scopes: frozenset[str] = frozenset()
    customer_based: CustomerBased | None = None
    event: Event | None = None
    customer_guid: Need = Need.NONE
    debatable: bool = False
    why: str = ""

    @property
    def name(self) -> str:
        """The name in reports, e.g. `POST /api/rewards`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class InternalPaths:
    """Paths that were published by mistake."""

    prefix: str
    note: str


@dataclass(frozen=True, slots=True)
class Source:
    """What the data was read from."""

    api_version: str
    date: str


@dataclass(frozen=True, slots=True)
class OperationsFile:
    """The content of `api/operations.yaml`."""

    schema: str
    source: Source
    sdk_method_suffixes: tuple[str, ...]
    internal_paths: InternalPaths
    operations: tuple[OperationFacts, ...]
    removed_operations: tuple[RemovedOperation, ...]
