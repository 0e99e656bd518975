"""What names around verifications say: the table `checks/names.yaml`, compiled once a run."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import (
    Atom,
    Bool,
    Claim,
    Const,
    Input,
    Lib,
    Obj,
    Promise,
    Random,
    Stored,
    Str,
    Unknown,
    text_of,
)

if TYPE_CHECKING:
    from cybrid_audit.knowledge.check_facts import CheckNames, ClaimRow
    from cybrid_audit.models import Models

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER: Final = re.compile(r"[^a-z0-9]+")
_DONE: Final = re.compile(
    r"_(?:verified|passed|completed?|confirmed|satisfied|succeeded|ok|valid|approved|cleared)(?:_?at)?$"
)


@lru_cache(maxsize=4096)
def words(name: str) -> str:
    """Return a name as lower-case words joined by `_`: `mfaVerifiedAt`, `MFA-verified-at` are `mfa_verified_at`."""
    return _OTHER.sub("_", _HUMP.sub("_", name).lower()).strip("_")


class Names:
    """The expressions of the table, and what they have answered."""

    def __init__(self, table: CheckNames) -> None:
        self.table = table
        self._compiled: dict[str, re.Pattern[str]] = {}
        self._flags: dict[tuple[str, str], str] = {}
        self._functions: dict[str, tuple[str, str]] = {}
        self.claims: dict[str, ClaimRow] = {row.claim: row for row in table.claims}

    def has(self, text: str, expression: str) -> bool:
        """Whether a normalised name fits one of the table's expressions."""
        held = self._compiled.get(expression)
        if held is None:
            held = self._compiled[expression] = re.compile(expression.replace("{factor}", self.table.factor))
        return held.search(text) is not None

    def flag(self, name: str, owner: str = "") -> str:
        """Return what a flag of this name says: `mfa` or `email` (verified), `bare` (mfa, in a session or token only), `enrolment`,
        `pending`, or nothing."""
        key = (name, owner)
        held = self._flags.get(key)
        if held is None:
            held = self._flags[key] = self._flag(words(name), words(owner))
        return held

    def _flag(self, name: str, owner: str) -> str:
        flags = self.table.flags
        if self.has(name, flags.bare_email) and self.has(owner, flags.challenge):
            return "mfa"
        if self.has(name, flags.email) or (self.has(name, flags.bare_email) and self.has(owner, flags.email_owner)):
            return "email"
        if not _DONE.search(name):
            if self.has(name, flags.pending):
                return "pending"
            if self.has(name, flags.enrolment):
                return "enrolment"
        if self.has(name, flags.verified):
            return "mfa"
        return "bare" if self.has(name, flags.bare) else ""

    def may_be_proof(self, name: str) -> bool:
        """Whether a stored value of this name is a proof when all its writers earn it, though the name alone says little."""
        text = words(name)
        flags = self.table.flags
        return (
            self.has(text, flags.plain)
            and not self.has(text, flags.identity)
            and self.flag(name) not in ("enrolment", "pending", "email")
        )

    def function(self, path: str) -> tuple[str, str]:
        """Return what a function or method of this access path does, by its name: its kind (`mfa`, `email` or empty) and whether
        it `stops` by itself or `tells` the outcome."""
        held = self._functions.get(path)
        if held is None:
            held = self._functions[path] = self._function(path)
        return held

    def _function(self, path: str) -> tuple[str, str]:
        segments = [segment for segment in path.replace("()", "").split(".") if segment]
        if not segments:
            return "", ""
        name = words(segments[-1])
        receiver = words(segments[-2]) if len(segments) > 1 else ""
        table = self.table.functions
        if self.has(name, table.email):
            return "email", "stops"
        if self.has(name, table.email_tells):
            return "email", "tells"
        if self.has(name, table.no_proof) or (
            receiver and self.has(receiver, r"(?:^|_)(?:enrol\w*|setup|register|registration)(?:_|$)")
        ):
            return "", ""
        if self.has(name, table.stops):
            return "mfa", "stops"
        if self.has(name, table.tells):
            return "mfa", "tells"
        if receiver and self.has(receiver, table.receiver):
            if self.has(name, table.method_stops):
                return "mfa", "stops"
            if self.has(name, table.method_tells):
                return "mfa", "tells"
        return "", ""

    def is_code(self, *texts: str) -> bool:
        """Whether one of these names says that a value is a one-time code."""
        codes = self.table.codes
        return any(self.has(text, codes.code) and not self.has(text, codes.other) for text in map(words, texts) if text)

    def is_password(self, *texts: str) -> bool:
        """Whether one of these names says that a value is a password."""
        return any(
            self.has(text, self.table.codes.password) for text in map(words, texts) if text and not self.is_code(text)
        )

    def is_email(self, *texts: str) -> bool:
        """Whether one of these names says that a code proves an address."""
        return any(self.has(text, self.table.codes.email) for text in map(words, texts) if text)


def names_of(models: Models) -> Names:
    """Return the run's names."""
    held: Names = models.memory("check names", lambda: Names(models.knowledge.check_names))
    return held


# ---------------------------------------------------------------- names of atoms


def row_of_database(atom: Atom) -> Atom:
    """Return what a query under construction will give, or part of it, as something stored; any other atom as it is."""
    if isinstance(atom, Obj) and atom.kind == "database":
        return Stored("database", str(getattr(atom.native, "label", "")), atom.place)
    return atom


def path_of(atom: Atom) -> tuple[str, ...]:
    """Return the names by which a value was read, the last one last."""
    match atom:
        case Stored(key=key):
            return tuple(key.split(".")) if key else ()
        case Unknown(hint=hint):
            return tuple(hint.split(".")) if hint else ()
        case Lib(path=path):
            return tuple(path.split("."))
        case Claim(name=name):
            return (name,)
        case Input(name=name):
            return (name,) if name else ()
        case _:
            return ()


def last_name(atom: Atom) -> str:
    """Return the last name a value was read by."""
    path = path_of(atom)
    return path[-1] if path else ""


def owner_name(atom: Atom) -> str:
    """Return the name before the last one, or the store it is from."""
    path = path_of(atom)
    if len(path) > 1:
        return path[-2].removesuffix("()")
    if isinstance(atom, Stored):
        return {"principal": "user", "claims": "user"}.get(atom.store, atom.store)
    return ""


def all_names(atom: Atom, depth: int = 3) -> set[str]:
    """Return every name that tells something of a value: keys, fields, the text of keys, names of what it is made from."""
    found: set[str] = set()
    match atom:
        case Input(name=name):
            found.add(name)
        case Stored(store=store, key=key):
            found.update((*key.split("."), store))
        case Random(name=name):
            found.add(name)
        case Str(parts=parts):
            for part in parts:
                found |= {str(part.value)} if isinstance(part, Const) else all_names(part, depth)
        case Const(value=str() as text):
            found.add(text)
        case Unknown(sources=sources, hint=hint):
            found.update(hint.split("."))
            if depth:
                for source in sources:
                    found |= all_names(source, depth - 1)
        case Lib(path=path, sources=sources):
            found.update(path.replace("()", "").split(".")[-2:])
            if depth:
                for source in sources:
                    found |= all_names(source, depth - 1)
        case Promise(value=inner):
            for each in inner.atoms():
                found |= all_names(each, depth)
    return {name for name in found if name}


def client_sent(names: Names, atom: Atom, depth: int = 4) -> bool:
    """Whether a value is what the client sent, perhaps reshaped: no statement of the server's."""
    match atom:
        case Input():
            return True
        case Unknown(reason=reason, sources=sources):
            real = [source for source in sources if not (isinstance(source, Unknown) and source.reason == "named")]
            if not real or depth == 0 or reason.startswith(("the result of", "what a library")):
                return False
            return all(client_sent(names, source, depth - 1) for source in real)
        case Str(parts=parts):
            held = [part for part in parts if not isinstance(part, Const)]
            return bool(held) and all(client_sent(names, part, depth - 1) for part in held)
        case Lib(path=path, sources=sources):
            segments = [words(segment) for segment in path.split(".")]
            if any(names.has(segment, names.table.unverified) for segment in segments):
                return True
            if not any(isinstance(source, Input) for source in sources):
                return False
            return any(names.has(segment, names.table.reshapes) for segment in segments)
        case Bool(sources=sources):
            return bool(sources) and all(client_sent(names, source, depth - 1) for source in sources)
        case _:
            return False


def key_name(atom: Atom) -> str:
    """Return the constant part of a key, for a name: `mfa:{?}` is `mfa`."""
    text = text_of(atom)
    return "" if text is None else _OTHER.sub("_", text.replace("{?}", " ").lower()).strip("_")
