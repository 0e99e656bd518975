"""Everything the data says about tokens and credentials, as `api/tokens.yaml` holds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from cybrid_audit.knowledge._records import no_mapping
from cybrid_audit.knowledge.operation_facts import Since, Source
from cybrid_audit.records import dataclass, field


class EnvironmentStatus(StrEnum):
    """Whether an environment of the platform is in use."""

    CURRENT = "current"
    INTERNAL = "internal"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Environment:
    """The base URLs of one environment."""

    id: str
    status: EnvironmentStatus
    bank: str
    id_host: str
    organization: str | None = None
    money: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What hosts of the platform look like; `cybrid_audit.knowledge.hosts` reads it."""

    labels: Mapping[str, str]
    environments: tuple[str, ...]
    domain: str
    internal_domain: str
    internal_hosts: Mapping[str, str]
    strict: str
    templated: str
    loose: str
    note: str
    likely_wrong: tuple[str, ...]
    other: Mapping[str, str]
    openapi_document: str
    sdk_default: str
    complete_with: frozenset[str]


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """Whose power a token carries, and how far it reaches."""

    id: str
    credential: str
    reach: str
    sub_type_sure: bool


@dataclass(frozen=True, slots=True)
class MintField:
    """One field of a request that mints a token. `unless` says what replaces it."""

    name: str
    required: bool
    value: str | None = None
    unless: str | None = None
    form: str | None = None


@dataclass(frozen=True, slots=True)
class MintCall:
    """A request that mints a token. `kinds` are the kinds of token it can give."""

    id: str
    method: str
    path: str
    host: str
    kinds: tuple[str, ...]
    note: str
    fields: tuple[MintField, ...]
    content_types: tuple[str, ...]
    response: Mapping[str, str]
    operation: str | None = None
    basic_authentication: str | None = None
    response_unsure: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=no_mapping)
    introduced: Since | None = None
    sdk_calls: Mapping[str, str] = field(default_factory=no_mapping)
    over_scoping: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScopeHints:
    """Scopes that only one kind of client credential may hold; `users:*` stands for every action on users."""

    organization: tuple[str, ...]
    bank: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UseOfToken:
    """How a token goes into a request."""

    header: str
    value: str
    pitfall: str


@dataclass(frozen=True, slots=True)
class ObservedLifetime:
    """A lifetime that was seen."""

    kind: str
    seconds: int
    when: str


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens live."""

    observed: tuple[ObservedLifetime, ...]
    caching: str
    advice: str
    expiry_symptom: str


@dataclass(frozen=True, slots=True)
class TokenFormat:
    """What a token looks like. `kind_claim` is the claim that tells its kind."""

    form: str
    header: Mapping[str, str]
    claims: Mapping[str, str]
    kind_claim: str
    web_ui_sdk: str
    jwt_regex: str
    usual_length: Mapping[str, str]
    leak_test: str


@dataclass(frozen=True, slots=True)
class CredentialShape:
    """What a credential looks like, with strings that the expression must and must not match."""

    id: str
    regex: str
    is_secret: bool
    sure: str
    basis: str
    form: str
    matches: tuple[str, ...]
    rejects: tuple[str, ...]
    near_name_regex: str | None = None


@dataclass(frozen=True, slots=True)
class CredentialNames:
    """What credentials are called in code and configuration."""

    official: tuple[str, ...]
    common: tuple[str, ...]
    not_secret: tuple[str, ...]
    public_prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationRecord:
    """A call that creates a client credential."""

    operation: str
    body: str
    answer: str


@dataclass(frozen=True, slots=True)
class ApplicationRecords:
    """How client credentials come to be."""

    create_bank: ApplicationRecord
    create_organization: ApplicationRecord
    secret_field: str
    ip_allowlist: str


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How the platform sends events and signs them."""

    managed_by: str
    event_fields: tuple[str, ...]
    signature_header: str
    algorithm: str
    key: str
    timestamp_header: str
    replay: str
    retry: str
    limit: str
    customer_data: str


@dataclass(frozen=True, slots=True)
class TokensFile:
    """The content of `api/tokens.yaml`."""

    schema: str
    source: Source
    environments: tuple[Environment, ...]
    hosts: HostFacts
    subject_kinds: tuple[SubjectKind, ...]
    mints: tuple[MintCall, ...]
    scope_hints: ScopeHints
    use_of_token: UseOfToken
    lifetimes: Lifetimes
    token_format: TokenFormat
    credential_shapes: tuple[CredentialShape, ...]
    third_party_tokens: Mapping[str, str]
    names: CredentialNames
    application_records: ApplicationRecords
    webhooks: Webhooks
    legitimate_bank_token_uses: tuple[str, ...]


def shape_problem(shape: CredentialShape) -> str | None:
    """Return what is wrong with a shape's own samples, or None."""
    expression = re.compile(shape.regex)
    for text in shape.matches:
        if not expression.search(text):
            return f"does not match {text!r}, which it must"
    for text in shape.rejects:
        if expression.search(text):
            return f"matches {text!r}, which it must not"
    return None if shape.matches and shape.rejects else "needs strings that it matches and strings that it rejects"
