"""Client ids and secrets, and where each comes from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cybrid_audit.engine import operators
from cybrid_audit.engine.recorder import location_of
from cybrid_audit.engine.values import (
    Atom,
    Const,
    Env,
    Input,
    Place,
    Random,
    Secret,
    Stored,
    Str,
    Value,
    leaves,
    parts_of,
    text_of,
    value_of,
)
from cybrid_audit.facts import (
    CredentialUse,
    SourceKind,
    ValueSource,
)
from cybrid_audit.knowledge import load
from cybrid_audit.masking import mask
from cybrid_audit.models.platform.parts import name_of
from cybrid_audit.secrets.placeholders import is_placeholder

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models.http import HttpRequest


def credential_pair(
    interp: Interpreter, out: HttpRequest, fields: dict[str, Value], bearer: Value
) -> list[tuple[str, Value, bool]]:
    """Return the client id and secret of a token request, from the body or the Basic header, with whether it is the latter."""
    pairs: list[tuple[str, Value, bool]] = []
    for role in ("client_id", "client_secret"):
        held = fields.get(role)
        if held is not None:
            pairs.append((role, held, False))
    if len(pairs) < 2:
        for atom, _ in bearer.alts:
            for user, password in basic_parts(atom):
                pairs.append(("client_id", value_of(user), True))
                pairs.append(("client_secret", value_of(password), True))
    return pairs


def basic_parts(atom: Atom) -> list[tuple[Atom, Atom]]:
    """Return id and secret of a Basic header's value."""
    parts = list(parts_of(atom))
    if not parts or not isinstance(parts[0], Const) or not isinstance(parts[0].value, str):
        return []
    if not parts[0].value.lower().startswith("basic"):
        return []
    head = parts[0]
    rest = re.sub(r"(?i)^basic\s*", "", str(head.value))
    parts = ([Const(rest, head.place, head.stamp, head.encoding, head.function)] if rest else []) + parts[1:]
    before: list[Atom] = []
    after: list[Atom] = []
    target = before
    for part in parts:
        if target is before and isinstance(part, Const) and isinstance(part.value, str) and ":" in part.value:
            left, _, right = part.value.partition(":")
            if left:
                before.append(Const(left, part.place, part.stamp, part.encoding, part.function))
            target = after
            if right:
                after.append(Const(right, part.place, part.stamp, part.encoding, part.function))
        else:
            target.append(part)
    if target is before:
        decoded = decode_basic(parts)
        if decoded is not None:
            return [decoded]
        return [(operators.make_str(list(parts)), operators.make_str(list(parts)))] if parts else []
    return [(operators.make_str(before), operators.make_str(after))]


def decode_basic(parts: list[Atom]) -> tuple[Atom, Atom] | None:
    """Return id and secret of a literal that is already base64."""
    import base64
    import binascii

    if len(parts) != 1 or not isinstance(parts[0], Const) or not isinstance(parts[0].value, str):
        return None
    const = parts[0]
    try:
        text = base64.b64decode(str(const.value), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    if not colon:
        return None
    return Const(user, const.place, const.stamp, "base64", const.function), Const(
        password, const.place, const.stamp, "base64", const.function
    )


def note_credential(interp: Interpreter, role: str, value: Value, site: Place, *, is_basic: bool = False) -> None:
    """Record where a client id or secret that reaches a mint comes from."""
    recorder = interp.models.recorder
    sources: dict[ValueSource, None] = {}
    for atom, _ in value.alts:
        for source in credential_sources(interp, atom, site):
            sources[source] = None
    if not sources:
        return
    key = ("credential", role, site)
    held = recorder.get(key)
    if held is not None:
        for source in held.sources:
            sources.setdefault(source, None)
    ordered = tuple(sorted(sources, key=lambda s: (s.location, s.kind.value, s.name)))
    trace = recorder.trace(interp, site, f"the {role.replace('_', ' ')} is used here") if held is None else held.trace
    recorder.replace(key, CredentialUse(role, ordered, location_of(site), recorder.side(site), trace, is_basic))
    interp.models.memory("secret atoms", dict).setdefault(role, set()).update(
        leaf
        for leaf in leaves(value)
        if isinstance(leaf, Env | Secret | Stored | Const) and not (isinstance(leaf, Const) and not leaf.value)
    )


def credential_sources(interp: Interpreter, atom: Atom, site: Place) -> list[ValueSource]:
    """Return where one alternative of a credential comes from."""
    if isinstance(atom, Str) and all(isinstance(part, Const) for part in atom.parts):
        whole = "".join(text_of(part) or "" for part in atom.parts)
        first = next((part for part in atom.parts if isinstance(part, Const) and part.place is not None), None)
        if first is not None and isinstance(first, Const):
            return [source_of(interp, Const(whole, first.place, first.stamp, first.encoding, first.function), site)]
    if isinstance(atom, Const):
        if atom.value in (None, "", b"") or atom.place is None:
            return []
        return [source_of(interp, atom, site)]
    rows = [
        source_of(interp, leaf, site)
        for leaf in leaves(atom)
        if isinstance(leaf, Env | Secret | Stored | Input | Random)
    ]
    if rows:
        return rows
    literals = [
        leaf
        for leaf in leaves(atom)
        if isinstance(leaf, Const)
        and isinstance(leaf.value, str | bytes)
        and leaf.place is not None
        and len(leaf.value) >= 8
    ]
    if literals:
        return [source_of(interp, literals[0], site)]
    return [source_of(interp, atom, site)]


def source_of(interp: Interpreter, atom: Atom, site: Place) -> ValueSource:
    """Return the source of a credential that an atom is."""
    here = location_of(site)
    match atom:
        case Const(value=value, place=place):
            text = (
                value
                if isinstance(value, str)
                else value.decode("utf-8", "replace")
                if isinstance(value, bytes)
                else str(value)
            )
            at = location_of(place) if place is not None else here
            if text.startswith(load().secret_files.sealed_values):
                # What is told apart by its start can only be read with a key that is kept elsewhere.
                return ValueSource(SourceKind.ENCRYPTED_FILE, "an encrypted value", at)
            return ValueSource(
                SourceKind.LITERAL,
                "literal",
                at,
                mask(text),
                is_placeholder(text),
                atom.encoding,
            )
        case Env(name=name, place=place, how=how):
            return ValueSource(
                SourceKind.ENVIRONMENT, name, location_of(place) if place is not None else here, encoding=how
            )
        case Secret(manager=manager, name=name, place=place):
            kind = SourceKind.ENCRYPTED_FILE if manager == "encrypted file" else SourceKind.SECRETS_MANAGER
            return ValueSource(kind, name or manager, location_of(place) if place is not None else here)
        case Stored(store=store, key=key, place=place):
            kind = {"file": SourceKind.FILE, "database": SourceKind.DATABASE, "prompt": SourceKind.PROMPT}.get(
                store, SourceKind.UNKNOWN
            )
            return ValueSource(kind, key or store, location_of(place) if place is not None else here)
        case Input(kind=kind_name, name=name):
            if kind_name in ("argument", "prompt"):
                return ValueSource(SourceKind.PROMPT, name or kind_name, here)
            return ValueSource(SourceKind.REQUEST, name or kind_name, here)
        case _:
            return ValueSource(SourceKind.UNKNOWN, name_of(atom) or "a value that could not be followed", here)
