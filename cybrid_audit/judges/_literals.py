"""Literals that are, or become, a credential of the platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cybrid_audit.facts import CredentialUse, Evidence, Facts, SecretLiteral, SourceKind, ValueSource
from cybrid_audit.judges._common import step
from cybrid_audit.result import Confidence

if TYPE_CHECKING:
    from cybrid_audit.judges._context import JudgeContext
    from cybrid_audit.result import Finding

Line = tuple[str, int]


def judge_literals(facts: Facts, context: JudgeContext, role: str) -> Iterator[Finding]:
    """Yield one finding for each place of a literal of this role, wherever the code runs."""
    basic = _basic_secrets(facts) if role == "client_id" else frozenset()
    found: dict[tuple[Line, str], tuple[ValueSource, CredentialUse]] = {}
    for use, source in _literals(facts, role):
        line = (source.location.path, source.location.start_line)
        if use.is_basic and line in basic:
            continue
        # A line of generated or minified text can hold several values.
        key = (line, source.masked.digest if source.masked is not None else "")
        held = found.get(key)
        if held is None or len(use.trace) < len(held[1].trace):
            found[key] = (source, use)
    for _, (source, use) in sorted(found.items(), key=lambda item: item[0]):
        yield _finding(source, use, context)
    for literal in facts.literals:
        if literal.role == role and literal.is_tracked:
            yield _text_finding(literal, context)


def _literals(facts: Facts, role: str) -> Iterator[tuple[CredentialUse, ValueSource]]:
    for use in facts.credentials:
        if use.role == role:
            for source in use.sources:
                place = (source.location.path, source.location.start_line)
                if source.kind is SourceKind.LITERAL and not source.is_placeholder and place not in facts.accepted:
                    yield use, source


def _basic_secrets(facts: Facts) -> frozenset[Line]:
    """Return the lines of secrets in a literal `base64(id:secret)`: the id in it is no second finding."""
    return frozenset(
        (source.location.path, source.location.start_line)
        for use, source in _literals(facts, "client_secret")
        if use.is_basic
    )


def _text_finding(literal: SecretLiteral, context: JudgeContext) -> Finding:
    return context.finding(
        "archived" if literal.member else "encoded" if literal.encoding else "violated",
        literal.at,
        confidence=Confidence.MEDIUM if literal.evidence is Evidence.CONTEXT else Confidence.HIGH,
        trace=(step(literal.at, told(literal)),),
        data=literal_data(literal),
        root_cause=f"secret:{literal.masked.digest}",
        masked=str(literal.masked),
        encoding=literal.encoding,
        member=literal.member,
        line=str(literal.member_line),
    )


def literal_data(literal: SecretLiteral) -> dict[str, Any]:
    """Return what a finding tells of a literal as plain data."""
    masked = literal.masked
    data: dict[str, Any] = {"secret_id": masked.digest, "prefix": masked.prefix, "length": masked.length}
    data["evidence"] = literal.evidence.value
    if literal.encoding:
        data["encoding"] = literal.encoding
    if literal.detail:
        data["token"] = literal.detail
    if literal.member:
        data["member"], data["member_line"] = literal.member, literal.member_line
    return data


def told(literal: SecretLiteral) -> str:
    """Return in prose what tells that a text is a credential, and where in an archive it is."""
    inside = f"in {literal.member}, line {literal.member_line}: " if literal.member else ""
    return f"{inside}{_told(literal)}"


def _told(literal: SecretLiteral) -> str:
    name = f" {literal.name}" if literal.name else ""
    match literal.evidence:
        case Evidence.TOKEN:
            return f"it says so itself: {literal.detail}"
        case Evidence.VARIABLE:
            return f"the code mints with the variable{name}"
        case Evidence.NAME:
            return f"the name beside it says so:{name}"
        case Evidence.EQUAL:
            return "the same value is a credential elsewhere"
        case Evidence.CONTEXT:
            return (
                f"it has the form of one, and stands under{name} beside the platform"
                if name
                else ("it has the form of one and stands beside the platform")
            )


def _finding(source: ValueSource, use: CredentialUse, context: JudgeContext) -> Finding:
    data: dict[str, Any] = {}
    masked = source.masked
    if masked is not None:
        data = {"secret_id": masked.digest, "prefix": masked.prefix, "length": masked.length}
    if source.encoding:
        data["encoding"] = source.encoding
    shown = str(masked) if masked is not None else source.name or "here"
    return context.finding(
        "encoded" if source.encoding else "violated",
        source.location,
        trace=(
            step(source.location, context.note("literal")),
            *use.trace,
            step(use.mint, context.note("mint")),
        ),
        data=data,
        root_cause=f"secret:{masked.digest}" if masked is not None else "",
        masked=shown,
        encoding=source.encoding,
    )
