"""Which change each rule asks for, in which file, and whether it can be made without anything else having to change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Final

from cybrid_audit.facts import SourceKind
from cybrid_audit.fixes.edits import span_of
from cybrid_audit.judges._common import joined
from cybrid_audit.records import dataclass, field

if TYPE_CHECKING:
    from cybrid_audit.facts import Facts, Location, TokenMint
    from cybrid_audit.fixes.editors import Editor, Edits
    from cybrid_audit.result import AuditResult, Finding

EditorOf = Callable[[str], "tuple[bytes, Editor] | None"]
"""Returns the source of a file and its editor; None when it cannot be edited."""

MAX_WAYS: Final = 12
"""Ways to make one change that are tried. Beyond it, the finding gets no fix."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that may make a finding go away. `ways` are tried in order; each is edits of the file at `path`.

    A change that is not safe needs something outside the code, such as a variable that must be set where it runs;
    `variables` names those."""

    finding: Finding
    title: str
    path: str
    ways: tuple[Edits, ...]
    is_safe: bool
    variables: tuple[str, ...] = field(default=())


def proposals(result: AuditResult, editor_of: EditorOf) -> Iterator[Proposal]:
    """Yield a proposal for each finding that an editor knows a change for."""
    for finding in result.findings:
        propose = _PROPOSERS.get(finding.rule)
        if propose is not None:
            proposal = propose(finding, result.facts, editor_of)
            if proposal is not None and proposal.ways:
                yield proposal


# ---------------------------------------------------------------- literals

_ROLES: Final = {
    "hardcoded-client-id": ("client_id", "CYBRID_CLIENT_ID"),
    "hardcoded-client-secret": ("client_secret", "CYBRID_CLIENT_SECRET"),
    "hardcoded-access-token": ("access_token", "CYBRID_ACCESS_TOKEN"),
}
_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")


def _literal(finding: Finding, facts: Facts, editor_of: EditorOf) -> Proposal | None:
    if finding.data.get("encoding"):
        # The variable would have to hold the encoded form; nobody would expect that.
        return None
    opened = editor_of(finding.location.path)
    span = span_of(opened[0], finding.location) if opened is not None else None
    if opened is None or span is None:
        return None
    length = finding.data.get("length")
    if not isinstance(length, int) or not 0 < span.end - span.start - length <= 8:
        # It is put together from parts, or is part of something longer.
        return None
    name = _variable(finding, facts)
    ways = opened[1].from_environment(span, name)
    return Proposal(
        finding,
        f"read the {_ROLES[finding.rule][0].replace('_', ' ')} from the environment",
        finding.location.path,
        tuple(ways[:MAX_WAYS]),
        is_safe=False,
        variables=(name,),
    )


def _variable(finding: Finding, facts: Facts) -> str:
    """Return the variable that the code reads beside this literal, else anywhere for this role, else the usual name."""
    role, usual = _ROLES[finding.rule]
    uses = [use for use in facts.credentials if use.role == role]
    beside = [use for use in uses if any(source.location == finding.location for source in use.sources)]
    for use in (*beside, *uses):
        for source in use.sources:
            if source.kind is SourceKind.ENVIRONMENT and _VARIABLE.fullmatch(source.name):
                return source.name
    return usual


# ---------------------------------------------------------------- scopes


def _scopes(finding: Finding, facts: Facts, editor_of: EditorOf) -> Proposal | None:
    excess = frozenset(finding.data.get("excess", ()))
    if not finding.data.get("needed") or not excess:
        return None
    literals = {mint.scopes.location for mint in _mints(finding, facts)}
    at = literals.pop() if len(literals) == 1 else None
    if at is None:
        return None
    # Another mint may use the same literal, and need what this one does not.
    sharing = [mint for mint in facts.mints if mint.scopes.location == at]
    if any(mint not in _mints(finding, facts) for mint in sharing):
        return None
    opened = editor_of(at.path)
    span = span_of(opened[0], at) if opened is not None else None
    if opened is None or span is None:
        return None
    ways = opened[1].without_scopes(span, excess)
    title = f"ask for no {joined(sorted(excess))}"
    return Proposal(finding, title, at.path, tuple(ways[:MAX_WAYS]), is_safe=True)


def _mints(finding: Finding, facts: Facts) -> list[TokenMint]:
    at: Location = finding.location
    requested = frozenset(finding.data.get("requested", ()))
    return [mint for mint in facts.mints if at in (mint.site, mint.scopes.location) and mint.scopes.names == requested]


# ---------------------------------------------------------------- transport and logs


def _transport(finding: Finding, facts: Facts, editor_of: EditorOf) -> Proposal | None:
    opened = editor_of(finding.location.path)
    span = span_of(opened[0], finding.location) if opened is not None else None
    if opened is None or span is None:
        return None
    if finding.data.get("kind") == "http-url":
        ways, title = opened[1].encrypted(span), "use https"
    else:
        ways, title = opened[1].verifying(span), "verify the server's certificate"
    return Proposal(finding, title, finding.location.path, tuple(ways[:MAX_WAYS]), is_safe=True)


def _log(finding: Finding, facts: Facts, editor_of: EditorOf) -> Proposal | None:
    opened = editor_of(finding.location.path)
    span = span_of(opened[0], finding.location) if opened is not None else None
    if opened is None or span is None:
        return None
    what = joined(str(each).replace("_", " ") for each in finding.data.get("what", ())) or "secret"
    ways = opened[1].masking(span)
    # A call may name the secret twice.
    ways += [first + second for first, second in combinations(ways, 2) if _are_apart(first, second)]
    return Proposal(finding, f"keep the {what} out of the log", finding.location.path, tuple(ways[:MAX_WAYS]), True)


def _are_apart(first: Edits, second: Edits) -> bool:
    return all(one.end <= other.start or other.end <= one.start for one in first for other in second)


_PROPOSERS: Final[Mapping[str, Callable[[Finding, Facts, EditorOf], Proposal | None]]] = {
    **dict.fromkeys(_ROLES, _literal),
    "over-scoped-customer-token": _scopes,
    "over-scoped-bank-token": _scopes,
    "insecure-transport": _transport,
    "credential-logged": _log,
}
