"""What is known of names around verifications, as the files below `checks/` hold it."""

from __future__ import annotations

from cybrid_audit.records import dataclass


@dataclass(frozen=True, slots=True)
class FlagNames:
    """Names of stored flags, as regular expressions over normalised names."""

    verified: str
    bare: str
    challenge: str
    plain: str
    identity: str
    enrolment: str
    pending: str
    email: str
    bare_email: str
    email_owner: str


@dataclass(frozen=True, slots=True)
class FunctionNames:
    """Names of functions and methods that the audited tree holds no body of."""

    stops: str
    tells: str
    method_tells: str
    method_stops: str
    receiver: str
    no_proof: str
    email: str
    email_tells: str


@dataclass(frozen=True, slots=True)
class CodeNames:
    """Names of codes that people type."""

    code: str
    other: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim that tells how somebody signed in. `is_` is contains, equals, one_of, present or age."""

    claim: str
    is_: str
    accepts: tuple[str, ...] = ()
    rejects: str = ""


@dataclass(frozen=True, slots=True)
class ServiceNames:
    """How a service that checks codes is called, and what its answer says."""

    path: str
    about: str
    not_about: str
    fields: str
    status: str
    status_values: str


@dataclass(frozen=True, slots=True)
class CheckNames:
    """The content of `checks/names.yaml`. `{factor}` in an expression stands for `factor`."""

    schema: str
    factor: str
    flags: FlagNames
    functions: FunctionNames
    codes: CodeNames
    claims: tuple[ClaimRow, ...]
    unverified: str
    reshapes: str
    services: ServiceNames
