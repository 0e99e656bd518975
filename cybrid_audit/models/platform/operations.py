"""Operations that the code performs: with which token, for whom, on which paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cybrid_audit.engine.recorder import CallRecord, location_of
from cybrid_audit.engine.values import (
    NO_PROOFS,
    NONE,
    Atom,
    Bool,
    Check,
    Claim,
    Const,
    Env,
    Input,
    MintBody,
    Obj,
    Place,
    PlatformData,
    Secret,
    Stored,
    Token,
    Unknown,
    Value,
    leaves,
    parts_of,
    value_of,
)
from cybrid_audit.facts import (
    CredentialUse,
    Ownership,
    Step,
    TokenKind,
    TokenUse,
)
from cybrid_audit.models.platform.credentials import source_of
from cybrid_audit.models.platform.parts import body_fields

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.knowledge.operations import Operation


def perform_operation(
    interp: Interpreter,
    operation: Operation,
    bearer: Value,
    named: dict[str, Value],
    body: Value | None,
    site: Place,
    *,
    in_sandbox: bool = False,
) -> Value:
    """Record one operation that the code performs here, and return its answer. `in_sandbox` says that it never goes elsewhere."""
    recorder = interp.models.recorder
    record = recorder.call(operation, site)
    uses = token_uses(interp, bearer, site)
    for use in uses:
        record.tokens[(use.kind, use.mints, use.origin)] = use
    record.ownerships.add(ownership_of(interp, operation, uses, named, body))
    record.approximations |= interp.approximations
    if recorder.entry is not None:
        trace = recorder.trace(interp, site, f"{operation.name} is called here")
        mfa, email = recorder.guard(interp.state, "mfa"), recorder.guard(interp.state, "email")
        row = (mfa, email, trace)
        rows = record.visits.setdefault(recorder.entry, [])
        if all(held[:2] != row[:2] for held in rows):
            rows.append(row)
        recorder.entries[recorder.entry] = None
    if not in_sandbox:
        note_simulation(interp, record, operation, body)
    return value_of(PlatformData(record))


def note_simulation(interp: Interpreter, record: CallRecord, operation: Operation, body: Value | None) -> None:
    """Note fields that steer what the sandbox simulates, where the path to them is not limited to the sandbox."""
    if interp.state is None or any(check.kind == "sandbox" for check in interp.state.proven):
        return
    fields = body_fields(interp, body)
    for name in operation.simulation_fields:
        held = fields.get(name)
        for atom, proofs in held.alts if held is not None else ():
            if isinstance(atom, Const | Obj) and atom != NONE and not any(check.kind == "sandbox" for check in proofs):
                record.simulation.add(atom.place if atom.place is not None else record.site)


def environment_test(op: str, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what a comparison with the name of an environment tells: whether the paths behind it are the sandbox's alone."""
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Const) and isinstance(one.value, str) and not isinstance(other, Const):
            check = frozenset((Check("sandbox", place, "the environment"),))
            words = set(re.split(r"[^a-z]+", one.value.lower()))
            if words & {"sandbox", "staging", "development", "test", "demo"}:
                return Bool(check, NO_PROOFS)
            if words & {"production", "prod", "live"} and op == "==":
                return Bool(NO_PROOFS, check)
    return None


def token_uses(interp: Interpreter, bearer: Value, site: Place) -> list[TokenUse]:
    """Return the tokens that a value of an Authorization header may hold."""
    recorder = interp.models.recorder
    uses: list[TokenUse] = []
    unknown_origins: list[str] = []
    found = False
    for atom, _ in bearer.alts:
        tokens = [leaf for leaf in leaves(atom) if isinstance(leaf, Token)]
        tokens += [leaf.token for leaf in leaves(atom) if isinstance(leaf, MintBody)]
        for token in tokens:
            found = True
            mint = recorder.mints.get(token.mint)
            trace = (
                (Step(mint.site.path, mint.site.line, f"a {token.kind} token is requested here"),)
                if mint is not None
                else ()
            )
            uses.append(TokenUse(TokenKind(token.kind), frozenset((token.mint,)), "", trace))
        if tokens:
            continue
        if is_empty(atom):
            # A token that is not there yet: the store behind it is filled before a request can succeed.
            continue
        literal = bearer_literal(interp, atom)
        if literal is None and all(isinstance(part, Const) for part in parts_of(atom)):
            # `Bearer ` before a token that is not there.
            continue
        if literal is not None:
            note_access_token(interp, literal, site)
        unknown_origins.append(origin_of(atom))
    uses.extend(TokenUse(TokenKind.UNKNOWN, frozenset(), origin) for origin in dict.fromkeys(unknown_origins))
    if not uses and not found:
        uses.append(TokenUse(TokenKind.UNKNOWN, frozenset(), "no Authorization header is visible"))
    return uses


def is_empty(atom: Atom) -> bool:
    """Whether an Authorization value holds no token: nothing, or a scheme with nothing behind it."""
    return all(
        isinstance(part, Const) and (not part.value or str(part.value).strip().lower() in ("bearer", "token"))
        for part in parts_of(atom)
    )


def origin_of(atom: Atom) -> str:
    """Return, in a few words, where an unknown token comes from."""
    for leaf in sorted(leaves(atom), key=repr):
        match leaf:
            case Env(name=name):
                return f"the environment variable {name}"
            case Secret(manager=manager, name=name):
                return f"{manager} {name}".strip()
            case Input(kind=kind, name=name):
                return f"request input {kind} {name}".strip()
            case Stored(store=store, key=key):
                return f"{store} {key}".strip()
            case _:
                continue
    for leaf in sorted(leaves(atom), key=repr):
        if isinstance(leaf, Unknown):
            return leaf.reason
    return "a value that could not be followed"


def bearer_literal(interp: Interpreter, atom: Atom) -> Const | None:
    """Return the literal token in an Authorization value, or None."""
    parts = [
        part
        for part in parts_of(atom)
        if isinstance(part, Const)
        and isinstance(part.value, str)
        and part.value.strip().lower() not in ("bearer", "basic", "")
    ]
    if len(parts) == 1 and len([p for p in parts_of(atom) if not isinstance(p, Const)]) == 0:
        const = parts[0]
        text = str(const.value).strip()
        bare = re.sub(r"(?i)^bearer\s+", "", text)
        return Const(bare, const.place, const.stamp, const.encoding, const.function) if bare else None
    return None


def note_access_token(interp: Interpreter, literal: Const, site: Place) -> None:
    """Record a literal access token."""
    source = source_of(interp, literal, site)
    fact = CredentialUse("access_token", (source,), location_of(site), interp.models.recorder.side(site), ())
    interp.models.recorder.add(("credential", "access_token", source, site), fact)


def ownership_of(
    interp: Interpreter, operation: Operation, uses: list[TokenUse], named: dict[str, Value], body: Value | None
) -> Ownership:
    """Return whose resource a call touches (policy section 3)."""
    if operation.customer_based.value == "never":
        return Ownership.NEVER_CUSTOMER
    if operation.customer_based.value == "always":
        return Ownership.CUSTOMER
    owner = named.get("customer_guid")
    if owner is not None and any(not (isinstance(atom, Const) and atom.value in (None, "")) for atom in owner.atoms()):
        return Ownership.CUSTOMER
    kinds = {use.kind for use in uses}
    if kinds == {TokenKind.CUSTOMER}:
        return Ownership.CUSTOMER
    guids = {name: value for name, value in named.items() if name.endswith(("_guid", "_guids"))}
    guids.pop("bank_guid", None)
    guids.pop("customer_guid", None)
    if guids:
        origins = [guid_origin(value) for value in guids.values()]
        if all(origin is Ownership.BANK for origin in origins):
            return Ownership.BANK
        if any(origin is Ownership.CUSTOMER for origin in origins):
            return Ownership.CUSTOMER
        return Ownership.UNKNOWN
    if operation.when_unknown is not None and operation.when_unknown.value == "assume_bank":
        return Ownership.BANK
    visible = body is None or all(isinstance(atom, Obj) and atom.rest is None for atom in body.atoms())
    if visible and "{" not in operation.path and kinds and kinds <= {TokenKind.BANK, TokenKind.ORGANIZATION}:
        return Ownership.BANK
    return Ownership.UNKNOWN


def guid_origin(value: Value) -> Ownership:
    """Return whose thing a guid names, by the calls it came from."""
    found = [
        leaf.call for leaf in leaves(value) if isinstance(leaf, PlatformData) and isinstance(leaf.call, CallRecord)
    ]
    others = [
        leaf
        for leaf in leaves(value)
        if isinstance(leaf, Env | Input | Stored | Secret | Claim) or (isinstance(leaf, Unknown) and not leaf.sources)
    ]
    if not found or others:
        return Ownership.UNKNOWN
    if all(call.is_bank_level for call in found):
        return Ownership.BANK
    if any(Ownership.CUSTOMER in call.ownerships for call in found):
        return Ownership.CUSTOMER
    return Ownership.UNKNOWN
