"""Facts made by hand, with what a test does not care about filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cybrid_audit.facts import (
    ApiCall,
    Approximation,
    CheckSite,
    CredentialUse,
    EntryKind,
    EntryPoint,
    Facts,
    GuardState,
    GuardView,
    Location,
    LoginIssue,
    Masked,
    Ownership,
    ScopeRequest,
    Side,
    SourceKind,
    Step,
    TokenKind,
    TokenMint,
    TokenUse,
    ValueSource,
    Visit,
)
from cybrid_audit.judges import JudgeContext, judge_of
from cybrid_audit.knowledge import load
from cybrid_audit.knowledge.operations import CustomerBased
from cybrid_audit.result import Finding

TRADE = "bank.create_trade"
CREATE_CUSTOMER = "bank.create_customer"
LIST_ACCOUNTS = "bank.list_accounts"
MINT_CUSTOMER_TOKEN = "id.create_customer_token"


def at(path: str = "app.py", line: int = 1, column: int = 0) -> Location:
    return Location(path, line, column, line, column + 10)


def judged(rule: str, facts: Facts) -> list[Finding]:
    """Return what one rule says about facts."""
    knowledge = load()
    return list(judge_of(rule)(facts, JudgeContext(knowledge, rule)))


def entry(kind: EntryKind = EntryKind.HTTP_ROUTE, name: str = "POST /orders", line: int = 5) -> EntryPoint:
    return EntryPoint(kind, name, at("routes.py", line))


def check(name: str = "pyotp.TOTP.verify", line: int = 7, kind: str = "mfa") -> CheckSite:
    return CheckSite(kind, at("routes.py", line), name)


def view(state: GuardState, *checks: CheckSite) -> GuardView:
    if state is GuardState.IGNORED:
        return GuardView(state, (), checks)
    return GuardView(state, checks)


def visit(
    state: GuardState = GuardState.ABSENT,
    *checks: CheckSite,
    email: GuardState = GuardState.ABSENT,
    by: EntryPoint | None = None,
) -> Visit:
    by = by or entry()
    trace = (Step("routes.py", by.location.start_line, f"{by.name} starts here"), Step("app.py", 1, "calls"))
    return Visit(by, view(state, *checks), GuardView(email), trace)


def use(kind: TokenKind, *mints: str, origin: str = "", trace: tuple[Step, ...] = ()) -> TokenUse:
    return TokenUse(kind, frozenset(mints), origin, trace)


def call(
    operation: str = TRADE,
    tokens: Iterable[TokenUse] = (),
    visits: Iterable[Visit] = (),
    *,
    line: int = 1,
    side: Side = Side.SERVER,
    ownership: Ownership = Ownership.CUSTOMER,
    is_customer_operation: bool | None = None,
    **more: Any,
) -> ApiCall:
    """Return a call. What the operation says about ownership and events applies."""
    facts = load().operations.by_id(operation)
    never = facts.customer_based is CustomerBased.NEVER
    event = facts.event.value if facts.event is not None and ownership is not Ownership.BANK else None
    made = ApiCall(
        operation=facts.name,
        operation_id=operation,
        site=at("app.py", line),
        side=side,
        tokens=tuple(tokens),
        ownership=Ownership.NEVER_CUSTOMER if never else ownership,
        is_customer_operation=not never and ownership is not Ownership.BANK,
        event=event,
        visits=tuple(visits),
    )
    if is_customer_operation is not None:
        made = replace(made, is_customer_operation=is_customer_operation)
    return replace(made, **more)


def mint(
    mint_id: str = "m1",
    kind: TokenKind = TokenKind.BANK,
    scopes: Iterable[str] = (),
    *,
    line: int = 20,
    complete: bool = True,
    literal: Location | None = None,
    here: bool = True,
    side: Side = Side.SERVER,
    user: Location | None = None,
    **more: Any,
) -> TokenMint:
    customer = kind is TokenKind.CUSTOMER
    made = TokenMint(
        id=mint_id,
        kind=kind,
        site=at("tokens.py", line),
        scopes=ScopeRequest(frozenset(scopes), complete, literal, here, user),
        side=side,
        operation="POST /api/customer_tokens" if customer else "POST /oauth/token",
    )
    return replace(made, **more)


def source(kind: SourceKind, name: str = "SECRET", line: int = 3, **more: Any) -> ValueSource:
    masked = Masked("k9Qz", 43, "0f" * 10) if kind is SourceKind.LITERAL else None
    return replace(ValueSource(kind, name, at("settings.py", line), masked), **more)


def credential(
    role: str, *sources: ValueSource, line: int = 20, side: Side = Side.SERVER, **more: Any
) -> CredentialUse:
    return replace(CredentialUse(role, sources, at("tokens.py", line), side), **more)


def login(state: GuardState, *checks: CheckSite, by: EntryPoint | None = None, **more: Any) -> LoginIssue:
    made = LoginIssue(at("auth.py", 30), "login_user", view(state, *checks), by or entry(name="POST /login"))
    return replace(made, **more)


STEPS_BOUND = frozenset({Approximation.STEPS})
