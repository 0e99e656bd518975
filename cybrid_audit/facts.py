"""What the engine learned about the audited code: facts without opinion.

The engine writes these, the judges read them, and nothing here knows a rule. Every value is frozen. Locations are
relative to the audited root, with `/`, lines from 1, columns from 0.
"""

from __future__ import annotations

from enum import StrEnum

from cybrid_audit.records import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A range in a file of the audited tree."""

    path: str
    start_line: int
    start_column: int = 0
    end_line: int = 0
    end_column: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trace: where, and what happens there, in a short clause."""

    path: str
    line: int
    note: str


Trace = tuple[Step, ...]


class Side(StrEnum):
    """Where the code of a file runs, or what the file is for (policy section 3)."""

    SERVER = "server"
    CLIENT = "client"
    TEST = "test"
    INFRA = "infra"
    DOCS = "docs"
    EXAMPLE = "example"
    VENDORED = "vendored"


class TokenKind(StrEnum):
    """Whose power a token carries."""

    BANK = "bank"
    ORGANIZATION = "organization"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


class Approximation(StrEnum):
    """A bound that was reached while a fact was made; what it loses is said where the bound is defined."""

    ALTERNATIVES = "alternatives"
    DEPTH = "depth"
    STEPS = "steps"
    RECURSION = "recursion"
    LOOP = "loop"


class SourceKind(StrEnum):
    """Where a credential's value comes from."""

    LITERAL = "literal"
    ENVIRONMENT = "environment"
    SECRETS_MANAGER = "secrets-manager"
    ENCRYPTED_FILE = "encrypted-file"
    FILE = "file"
    DATABASE = "database"
    REQUEST = "request"
    PROMPT = "prompt"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Masked:
    """What may be shown of a secret: its first characters, its length, and what tells equal secrets.

    `digest` is one of the value until `masking.named` has put a name into its place, which is what judges and reports see."""

    prefix: str
    length: int
    digest: str

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.length} characters)"


@dataclass(frozen=True, slots=True)
class ValueSource:
    """One alternative of where a credential's value comes from.

    `name` is the variable, key or call; `location` where it is read or, for a literal, where it stands (its first part)."""

    kind: SourceKind
    name: str
    location: Location
    masked: Masked | None = None
    is_placeholder: bool = False
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class ScopeRequest:
    """The scopes one mint asks for.

    `names` are the constant ones; `is_complete` is false when a part is not constant. `location` is the first line of the
    literal that lists them (None when built or unknown); `in_minting_function` tells whether it stands in the function
    that mints. `user_controlled_at` is set when request input becomes part of the list itself."""

    names: frozenset[str]
    is_complete: bool
    location: Location | None = None
    in_minting_function: bool = True
    user_controlled_at: Location | None = None
    from_enum: bool = False


@dataclass(frozen=True, slots=True)
class TokenMint:
    """A call that requests a token, for one set of scopes. `id` is unique within the run and stable between runs."""

    id: str
    kind: TokenKind
    site: Location
    scopes: ScopeRequest
    side: Side
    operation: str
    trace: Trace = ()
    escapes: bool = False
    """The token leaves the analysed code, so that its uses are not all visible."""
    escape_note: str = ""
    approximations: frozenset[Approximation] = frozenset()


@dataclass(frozen=True, slots=True)
class TokenUse:
    """One alternative of the token a call runs with. `mints` are ids of `TokenMint`; `origin` says why it is unknown.

    `trace` leads from where the token arose towards the call."""

    kind: TokenKind
    mints: frozenset[str] = frozenset()
    origin: str = ""
    trace: Trace = ()


class EntryKind(StrEnum):
    """What starts the code."""

    HTTP_ROUTE = "http-route"
    SERVER_ACTION = "server-action"
    RPC = "rpc"
    QUEUE_CONSUMER = "queue-consumer"
    WEBHOOK = "webhook"
    SCHEDULE = "schedule"
    CLI = "cli"
    SCRIPT = "script"
    LIBRARY = "library"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """Where outside input starts code. A `LIBRARY` entry is a function nobody calls: its callers' guards are unknown."""

    kind: EntryKind
    name: str
    location: Location

    @property
    def is_visible(self) -> bool:
        """Whether it is known who starts it, so that a missing guard is proven missing."""
        return self.kind not in (EntryKind.LIBRARY, EntryKind.CLIENT)


class GuardState(StrEnum):
    """What is known of a guard on the paths from an entry point to a call, the weakest path first."""

    ABSENT = "absent"
    IGNORED = "ignored"
    UNPROVEN = "unproven"
    ENFORCED = "enforced"
    NOT_REQUIRED = "not_required"


@dataclass(frozen=True, slots=True)
class CheckSite:
    """A verification call: what it checks (`mfa`, `email`, `signature`), where, and what it is, e.g. `pyotp.TOTP.verify`."""

    kind: str
    location: Location
    name: str


@dataclass(frozen=True, slots=True)
class GuardView:
    """One guard kind on the paths of one visit.

    `proven` are the checks that are enforced (or, when ignored, none); `ignored` the checks whose outcome is lost."""

    state: GuardState
    proven: tuple[CheckSite, ...] = ()
    ignored: tuple[CheckSite, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """How one entry point reaches a call. `trace` starts at the entry point and ends at the call."""

    entry: EntryPoint
    mfa: GuardView
    email: GuardView
    trace: Trace


class Ownership(StrEnum):
    """Whose resource a call touches (policy section 3, customer operation)."""

    CUSTOMER = "customer"
    BANK = "bank"
    UNKNOWN = "unknown"
    NEVER_CUSTOMER = "never-customer"


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call site of one platform operation, joined over everything that reaches it.

    `operation` is `METHOD /path/{template}`. `is_customer_operation` applies the policy to `ownership`. `event` is
    `customer_creation`, `customer_transaction` or None (None too where it is provably the bank's own)."""

    operation: str
    operation_id: str
    site: Location
    side: Side
    tokens: tuple[TokenUse, ...]
    ownership: Ownership
    is_customer_operation: bool
    event: str | None
    visits: tuple[Visit, ...]
    simulation_fields: tuple[Location, ...] = ()
    approximations: frozenset[Approximation] = frozenset()

    @property
    def kinds(self) -> tuple[TokenKind, ...]:
        """The kinds of token it may run with, each once, in the order of the enumeration."""
        found = {use.kind for use in self.tokens}
        return tuple(kind for kind in TokenKind if kind in found)


@dataclass(frozen=True, slots=True)
class CredentialUse:
    """A client id, client secret or access token that reaches the platform, with every alternative of its source.

    `role` is `client_id`, `client_secret` or `access_token`; `mint` is where it is used."""

    role: str
    sources: tuple[ValueSource, ...]
    mint: Location
    side: Side
    trace: Trace = ()
    is_basic: bool = False


@dataclass(frozen=True, slots=True)
class Exposure:
    """A token handed to a client. `channel` is `response`, `cookie`, `render`, `socket`, `ui-sdk`, `client-mint` or `client-use`."""

    kind: TokenKind
    channel: str
    at: Location
    mints: frozenset[str] = frozenset()
    trace: Trace = ()


@dataclass(frozen=True, slots=True)
class SharedStore:
    """A customer token kept where another customer's request can pick it up. `store` names it, e.g. `class attribute Gateway._token`."""

    at: Location
    store: str
    trace: Trace = ()


@dataclass(frozen=True, slots=True)
class SecretLogged:
    """A secret that reaches a log, print, error message or telemetry call. `what` is `client_secret` or `<kind> token`."""

    at: Location
    what: str
    sink: str
    is_partial: bool = False
    trace: Trace = ()


@dataclass(frozen=True, slots=True)
class TransportWeakness:
    """`http-url`: a platform address without TLS; `verification-off`: certificates are not checked."""

    kind: str
    at: Location
    detail: str
    trace: Trace = ()


class NotOurs(StrEnum):
    """Why a request is not taken for one to the platform."""

    HOST = "host"
    """Its host is somebody else's."""
    UNKNOWN_HOST = "unknown-host"
    """Its path is one of the platform's, and nothing tells whose its host is."""
    NO_OPERATION = "no-operation"
    """Its host is the platform's; its method and path are no operation of it."""
    OWN_ROUTE = "own-route"
    """It goes to a route of the code base itself."""
    UNKNOWN = "unknown"
    """Nothing of its address tells where it goes."""


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """A request that is not taken for one to the platform. `host` is what is known of its host; the rest is not kept."""

    at: Location
    host: str
    why: NotOurs


@dataclass(frozen=True, slots=True)
class WebhookHandler:
    """A handler of platform events, and what is known of its signature check. `fails_open` says what skips it."""

    at: Location
    signature: GuardView
    fails_open: str = ""
    trace: Trace = ()


@dataclass(frozen=True, slots=True)
class LoginIssue:
    """A call that issues a session to somebody who logs in, and what is known of the second factor before it.

    `enforced_elsewhere` names what guards every protected route when login itself does not, else empty."""

    at: Location
    call: str
    mfa: GuardView
    entry: EntryPoint
    enforced_elsewhere: str = ""
    trace: Trace = ()


class Evidence(StrEnum):
    """What tells that a text is a credential of the platform, the surest first."""

    TOKEN = "token"  # noqa: S105 - a word
    """It is a token that names the platform as its issuer."""
    VARIABLE = "variable"
    """The code reads the variable that holds it and mints with it."""
    NAME = "name"
    """The name beside it says so."""
    EQUAL = "equal"
    """It is the same value as a credential elsewhere."""
    CONTEXT = "context"
    """The name says what it is, and what stands around it says whose."""


@dataclass(frozen=True, slots=True)
class SecretLiteral:
    """A credential of the platform in the text of a file, whatever the code does with it.

    `role` is as for `CredentialUse`, or `signing_key`; `name` the key or variable beside it. `detail` says more of a token:
    whose it is, for which environment, until when. In an archive, `at` is the archive, `member` and `member_line` the place
    inside."""

    role: str
    at: Location
    masked: Masked
    side: Side
    name: str
    evidence: Evidence
    encoding: str = ""
    is_basic: bool = False
    is_tracked: bool = True
    detail: str = ""
    member: str = ""
    member_line: int = 0


@dataclass(frozen=True, slots=True)
class PlainResource:
    """Infrastructure code that keeps a credential where it is not encrypted. `what` is the resource, e.g. `a ConfigMap`."""

    role: str
    at: Location
    what: str
    name: str


@dataclass(frozen=True, slots=True)
class BroadAccess:
    """What lets too many read a credential: `fork`, `every-job`, `artifact`, `argument`, `copies`, `everybody`, `every-secret`, `role`, `mode`.

    `name` is the credential's, or what a policy allows; `detail` says more: the trigger, the number of jobs, the mode."""

    message: str
    at: Location
    name: str
    detail: str
    trace: Trace = ()


@dataclass(frozen=True, slots=True)
class PublicDefinition:
    """A variable that goes out with a bundle or an app and holds a credential by its name.

    `how` is what makes it public; `is_read` tells whether client-side code reads it, at `at`, which is else the definition."""

    role: str
    at: Location
    name: str
    how: str
    is_read: bool = False
    trace: Trace = ()


@dataclass(frozen=True, slots=True)
class OtherSecret:
    """A secret of another service in a file that takes part in the integration. `what` is what finds it, e.g. `AWS Access Key`."""

    at: Location
    masked: Masked
    what: str


@dataclass(frozen=True, slots=True)
class HistoricSecret:
    """A credential in the git history that is nowhere in the tree. `at` is its place in the newest commit that held it."""

    role: str
    at: Location
    masked: Masked
    name: str
    evidence: Evidence
    added_in: str
    removed_in: str
    encoding: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PatternMatch:
    """A place that a pattern rule of semgrep matches. `pattern` is the rule's id, `control` what it names as broken.

    `message` is the rule's own text, without anything of the audited code; `same_as` is the rule of this tool that finds the
    same, empty for none; `confidence` is `high`, `medium` or `low`."""

    pattern: str
    control: str
    at: Location
    message: str
    confidence: str = "medium"
    same_as: str = ""
    cwe: tuple[str, ...] = ()


class ExemptionKind(StrEnum):
    """Where the project says that something is accepted or settled."""

    INLINE = "inline"
    CONFIG = "config"
    BASELINE = "baseline"
    ATTESTATION = "attestation"


@dataclass(frozen=True, slots=True)
class Exemption:
    """What a project declares to be accepted (a suppression) or settled by a statement (an attestation).

    `subject` names the rules or the control; `covers` is the number of findings it takes out. `problem` says what is wrong with
    it, empty where nothing is: `unused`, `expired`, `early`, `no-reason`, `no-rule`, `too-wide`, `unknown-rule`, `no-date`,
    `added` (the trusted revision lacks it, and it does not count), `added-allowed`, `changed`,
    `changed-allowed`; `detail` says more."""

    kind: ExemptionKind
    at: Location
    subject: str
    reason: str = ""
    owner: str = ""
    until: str = ""
    covers: int = 0
    problem: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not analysed, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileSide:
    """On which side the code of a file runs, and what tells it: `an Angular app (package.json)`."""

    path: str
    side: Side
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything learned in one run, each tuple sorted by place."""

    calls: tuple[ApiCall, ...] = ()
    mints: tuple[TokenMint, ...] = ()
    credentials: tuple[CredentialUse, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    shared_stores: tuple[SharedStore, ...] = ()
    logged: tuple[SecretLogged, ...] = ()
    transport: tuple[TransportWeakness, ...] = ()
    webhooks: tuple[WebhookHandler, ...] = ()
    logins: tuple[LoginIssue, ...] = ()
    literals: tuple[SecretLiteral, ...] = ()
    """Credentials in text that flow nowhere as far as the engine sees."""
    plain_resources: tuple[PlainResource, ...] = ()
    broad_access: tuple[BroadAccess, ...] = ()
    public_definitions: tuple[PublicDefinition, ...] = ()
    history: tuple[HistoricSecret, ...] = ()
    other_secrets: tuple[OtherSecret, ...] = ()
    matches: tuple[PatternMatch, ...] = ()
    unmatched: tuple[Skipped, ...] = ()
    """Files (`.` for all of them) in which semgrep was to look for patterns and did not, or not everywhere."""
    matched_controls: frozenset[str] = frozenset()
    """The controls that these patterns are about."""
    accepted: frozenset[tuple[str, int]] = frozenset()
    """Places (path, line) of literals that the project has accepted, in a baseline or a comment."""
    exemptions: tuple[Exemption, ...] = ()
    """What the project declares to be accepted; known once the findings are, so that judges of code see none."""
    entries: tuple[EntryPoint, ...] = ()
    elsewhere: tuple[OtherRequest, ...] = ()
    """Requests that no rule looks at; they answer why nothing is said of a call."""
    integrates: bool = False
    """The code base makes at least one platform call, or is visibly meant to."""
    skipped: tuple[Skipped, ...] = field(default=())
    sides: tuple[FileSide, ...] = ()
    """The files that the other facts are about, as far as their side is told."""
