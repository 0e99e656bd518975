"""Requests that mint tokens: the kind, the scopes, the credentials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from cybrid_audit.engine.recorder import location_of
from cybrid_audit.engine.values import (
    Atom,
    Const,
    Input,
    MintBody,
    Obj,
    Place,
    Str,
    Token,
    Value,
    leaves,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.facts import (
    Location,
    ScopeRequest,
    Side,
    TokenKind,
)
from cybrid_audit.models.platform.credentials import credential_pair, note_credential
from cybrid_audit.models.platform.operations import perform_operation
from cybrid_audit.models.platform.parts import authorization, body_fields, name_of

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.knowledge.operations import Operation
    from cybrid_audit.knowledge.tokens import Mint
    from cybrid_audit.models.http import HttpRequest

ORGANIZATION_NAME: Final = re.compile(
    r"(?:^|[_.\W])org(?:ani[sz]ation)?s?(?:$|[_.\W])|organi[sz]ation(?=[A-Z_]|$)|(?<![a-zA-Z])org(?=[A-Z_])",
    re.IGNORECASE,
)


def mint_token(
    interp: Interpreter, out: HttpRequest, mint: Mint, operation: Operation | None, site: Place, frame: int, url: Atom
) -> Value:
    """Record a token request and return its answer."""
    fields = body_fields(interp, out.body)
    fields_in_query = body_fields(interp, out.params)
    for name, held in fields_in_query.items():
        fields.setdefault(name, held)
    scopes_value = fields.get("scopes") or fields.get("scope")
    is_customer = mint.kinds == ("customer",)
    grant = fields.get("grant_type")
    if (
        not is_customer
        and grant is not None
        and grant.strings()
        and not any("client_credentials" in text for text in grant.strings())
    ):
        return unknown("a token of another grant", hint="access_token")
    scopes = scope_request(interp, scopes_value, frame)
    bearer = authorization(interp, out)
    if is_customer:
        if operation is not None:
            perform_operation(interp, operation, bearer, fields, out.body, site)
        return record_mint(interp, TokenKind.CUSTOMER, scopes, site, "POST /api/customer_tokens")
    pairs = credential_pair(interp, out, fields, bearer)
    kind = client_kind(interp, scopes, pairs, url)
    held = record_mint(interp, kind, scopes, site, "POST /oauth/token")
    for role, value, is_basic in pairs:
        note_credential(interp, role, value, site, is_basic=is_basic)
    return held


def record_mint(interp: Interpreter, kind: TokenKind, scopes: ScopeRequest, site: Place, operation: str) -> Value:
    """Record a token request and return the answer's body."""
    recorder = interp.models.recorder
    asked = ",".join(sorted(scopes.names)) + ("" if scopes.is_complete else ",…")
    key = f"{site.path}:{site.line}:{site.column}:{kind.value}:{asked}:{scopes.location.start_line if scopes.location else 0}"
    trace = recorder.trace(interp, site, f"a {kind.value} token is requested here")
    record = recorder.mint(key, kind, site, scopes, operation, trace)
    record.approximations |= frozenset(interp.approximations)
    if record.side is Side.CLIENT and kind in (TokenKind.BANK, TokenKind.ORGANIZATION):
        from cybrid_audit.facts import Exposure

        recorder.add(
            ("exposure", site, "client-mint"),
            Exposure(kind, "client-mint", location_of(site), frozenset((key,)), trace),
        )
    return value_of(MintBody(Token(kind.value, key)))


def client_kind(
    interp: Interpreter, scopes: ScopeRequest, pairs: list[tuple[str, Value, bool]], url: Atom
) -> TokenKind:
    """Return whether client credentials are a bank's or an organization's."""
    told = interp.models.knowledge.tokens.kind_of_scopes(scopes.names)
    if told is not None:
        return TokenKind(told)
    names = [name_of(leaf) for _, value, _ in pairs for leaf in leaves(value)]
    if any(name and ORGANIZATION_NAME.search(name) for name in names):
        return TokenKind.ORGANIZATION
    return TokenKind.BANK


def names_of(text: str) -> list[str]:
    """Return the scopes that a text names; the text may be encoded for a form: `a%3Aread+b%3Aread`."""
    return [name for name in re.split(r"[\s+]+", unquote(text)) if name]


def scope_request(interp: Interpreter, value: Value | None, frame_index: int) -> ScopeRequest:
    """Return the scopes that a value asks for."""
    if value is None:
        return ScopeRequest(frozenset(), False)
    names: set[str] = set()
    complete = True
    places: list[Place] = []
    functions: set[int] = set()
    user: Location | None = None
    function = interp.frames[frame_index].function if interp.frames else None

    def visit(atom: Atom, depth: int) -> None:
        nonlocal complete, user
        match atom:
            case Const(value=str() as text):
                found = names_of(text)
                names.update(found)
                if found and atom.place is not None:
                    places.append(atom.place)
                    functions.add(id(atom.function) if atom.function is not None else 0)
            case Const(value=None):
                complete = complete and depth > 0
            case Str(parts=parts):
                # Names are put together of parts: only what stands between spaces is one.
                text = "".join((text_of(part) or "") if isinstance(part, Const) else "\0" for part in parts)
                found = names_of(text)
                names.update(name for name in found if "\0" not in name)
                for part in parts:
                    if isinstance(part, Const) and part.place is not None:
                        places.append(part.place)
                        functions.add(id(part.function) if part.function is not None else 0)
                        break
                for part in parts:
                    if not isinstance(part, Const):
                        visit(part, depth + 1)
            case Obj(kind="list"):
                if atom.place is not None:
                    places.append(atom.place)
                    functions.add(id(atom.function) if atom.function is not None else 0)
                for item in atom.items or []:
                    for each in item.atoms():
                        visit(each, depth + 1)
                if atom.rest is not None:
                    for each in atom.rest.atoms():
                        if not isinstance(each, Const):
                            complete = False
                        visit(each, depth + 1)
            case Obj() if depth < 4:
                for held in atom.fields.values():
                    for each in held.atoms():
                        visit(each, depth + 1)
                if not atom.fields:
                    complete = False
            case Input():
                complete = False
                user = (
                    location_of(interp.place_of_input(atom)) if hasattr(interp, "place_of_input") else Location("", 0)
                )
            case _:
                complete = False
                inner = leaves(atom)
                if any(isinstance(leaf, Input) for leaf in inner):
                    user = Location("", 0)
                for leaf in inner:
                    if isinstance(leaf, Const) and isinstance(leaf.value, str):
                        visit(leaf, depth + 1)

    for each, _ in value.alts:
        visit(each, 0)
    # The literal of the list stands before the literals in it.
    place = min(places, key=lambda p: (p.path, p.line, p.column)) if places else None
    same_file = place is not None and all(p.path == place.path for p in places)
    inside = function is not None and functions == {id(function)}
    if function is None:
        inside = functions == {0}
    return ScopeRequest(
        frozenset(names),
        complete,
        location_of(place) if place is not None and same_file else None,
        inside and same_file,
        user,
    )
