"""Proofs that a verification left behind: session flags, columns, claims of the project's own tokens.

A flag is worth what its writers are worth: it proves a check only if every place in the project that sets it has the check behind
it. Writers are remembered for the whole run. Where nobody in the project sets a flag, something else does (an identity provider,
another service): then a name that says `verified` is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import (
    NO_PROOFS,
    Atom,
    Bool,
    Check,
    Claim,
    Const,
    Input,
    Lib,
    Obj,
    Place,
    Proofs,
    Stored,
    Unknown,
    Value,
    constant,
    text_of,
    truth,
    value_of,
)
from cybrid_audit.models.checks import login
from cybrid_audit.models.checks.names import (
    Names,
    client_sent,
    last_name,
    names_of,
    owner_name,
    path_of,
    row_of_database,
    words,
)
from cybrid_audit.models.native import LibraryCall

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

PURPOSES: Final = frozenset(
    {
        "purpose",
        "typ",
        "type",
        "scope",
        "use",
        "token_use",
        "kind",
        "action",
        "aud",
        "audience",
        "level",
        "assurance",
        "auth_level",
    }
)
"""Claims that say what a token is for."""
READS: Final = frozenset({"get", "pop", "getItem", "get_item", "read", "peek", "value"})
WRITES: Final = frozenset(
    {"set", "put", "setItem", "setdefault", "save", "add", "store", "write", "setex", "hset", "hmset"}
)
UPDATES: Final = frozenset(
    {
        "update",
        "set",
        "save",
        "create",
        "upsert",
        "insert",
        "put",
        "patch",
        "assign",
        "merge",
        "sign",
        "encode",
        "updateOne",
        "update_one",
        "bulk_create",
        "updateMany",
        "findOneAndUpdate",
        "findByIdAndUpdate",
        "findUniqueAndUpdate",
        "commit",
        "seal",
        "hset",
        "modify",
        "write",
        "store",
        "sign_async",
        "signAsync",
        "values",
        "update_or_create",
        "updateUser",
        "update_user",
        "create_access_token",
        "sealData",
        "update_metadata",
        "setCustomUserClaims",
        "set_custom_user_claims",
    }
)
"""Last words of calls that store or issue what their arguments say."""


class Writers:
    """Which places set a flag, by its name, and whether each has its check behind it: in this pass and in the last."""

    def __init__(self) -> None:
        self.pass_number = 0
        self.current: dict[tuple[str, Place], Proofs] = {}
        self.previous: dict[tuple[str, Place], Proofs] = {}
        self.names: dict[str, set[Place]] = {}
        self.plain: dict[str, bool] = {}

    def turn(self, number: int) -> None:
        """Begin another pass."""
        if number != self.pass_number:
            self.pass_number = number
            self.previous = self.current
            self.current = {}
            self.names = {}
            for name, place in self.previous:
                self.names.setdefault(name, set()).add(place)

    def worth(self, name: str) -> frozenset[str] | None:
        """Return the kinds of check that every writer has behind it; None when there is no writer."""
        places = self.names.get(name)
        if not places:
            return None
        worth: frozenset[str] | None = None
        for place in places:
            now, before = self.current.get((name, place)), self.previous.get((name, place))
            kinds = frozenset(check.kind for check in (now if now is not None else before or ()))
            worth = kinds if worth is None else worth & kinds
        return worth


def writers_of(models: Models) -> Writers:
    """Return the run's writers, in the current pass."""
    held: Writers = models.memory("flag writers", Writers)
    held.turn(models.recorder.passes)
    return held


def end_pass(interp: Interpreter, models: Models) -> None:
    """A pass over the entry points is over: where a writer's worth has changed, another pass is needed."""
    held = writers_of(models)
    if held.current != held.previous:
        interp.store_version += 1


# ---------------------------------------------------------------- reading


def flag_proofs(interp: Interpreter, models: Models, atom: Atom) -> Proofs:
    """Return the checks that a flag proves when it is set."""
    atom = row_of_database(atom)
    if isinstance(atom, Claim):
        return NO_PROOFS
    name = last_name(atom)
    if not name or name.endswith("()"):
        return NO_PROOFS
    names = names_of(models)
    kind = names.flag(name, owner_name(atom))
    row = names.claims.get(words(name))
    if kind == "bare":
        kind = "mfa" if isinstance(atom, Stored) and atom.store in ("session", "claims") else ""
    if kind == "" and row is None:
        if not isinstance(atom, Stored) or not names.may_be_proof(name):
            return NO_PROOFS
        kept_as = full_name(names, name, owner_name(atom))
        worth = writers_of(models).worth(kept_as)
        kinds = worth if worth is not None and writers_of(models).plain.get(kept_as, False) else frozenset[str]()
        models.memory("stored proofs", set).add(name)
        return frozenset(Check(each, tested(interp), name) for each in kinds)
    if kind in ("enrolment", "pending") or client_sent(names, atom):
        return NO_PROOFS
    if row is not None:
        return frozenset((Check("mfa", tested(interp), f"claim {row.claim}"),)) if row.is_ == "present" else NO_PROOFS
    if kind == "email":
        return frozenset((Check("email", tested(interp), name),))
    worth = writers_of(models).worth(full_name(names, name, owner_name(atom)))
    if worth is None or "mfa" in worth:
        models.memory("stored proofs", set).add(name)
        return frozenset((Check("mfa", tested(interp), name),))
    return NO_PROOFS


def tested(interp: Interpreter) -> Place:
    """Return the place of the test that is being made."""
    if interp.tested is not None:
        return interp.tested
    return interp.no_place(interp.frame.module.path)


def method(call: LibraryCall, atom: Atom) -> Value | None:
    """A method of something stored: `session.get(key)`, `session.set(key, value)`, `session.has(key)`."""
    if not isinstance(atom, Stored):
        return None
    if call.path == "save" and atom.store == "session" and not atom.key:
        login.session_saved(call, atom)
    first = call.args.positional[0] if call.args.positional else None
    key = (
        next((text for each in first.atoms() if (text := text_of(each)) is not None), None)
        if first is not None
        else None
    )
    asked = _asked(call, atom)
    if asked is not None:
        return asked
    if call.path in READS and key is not None:
        held = value_of(Stored(atom.store, f"{atom.key}.{key}" if atom.key else key, atom.place))
        default = call.args.get(1, "default")
        return held if default is None else held.join(default)
    if call.path in ("has", "__contains__", "includes") and key is not None:
        flag = Stored(atom.store, f"{atom.key}.{key}" if atom.key else key, atom.place)
        return value_of(Bool(call.interp.proofs_if(flag, True), sources=frozenset((atom,))))
    if call.path in WRITES and key is not None and len(call.args.positional) > 1:
        if atom.store == "session" and not atom.key:
            login.session_set(call.interp, call.models, atom, key, call.args.positional[1], call.place)
        note(call.interp, call.models, key, call.args.positional[1], call.place)
        return value_of(atom)
    if call.path == "update":
        note_arguments(call)
        return value_of(atom)
    return None


def _asked(call: LibraryCall, atom: Stored) -> Value | None:
    """A method without arguments that tells whether somebody is verified: `request.user.is_verified()`."""
    if call.args.positional or call.args.keywords:
        return None
    kind = names_of(call.models).flag(call.path, owner_name(atom) if not atom.key else atom.key.rsplit(".", 1)[-1])
    if atom.store == "principal" and call.path == "is_verified" and call.interp.language == "python":
        # django_otp's middleware puts it on the user; an address is told by an attribute of that name, not by a method.
        kind = "mfa"
    if kind not in ("mfa", "email"):
        return None
    check = Check(kind, call.place, f"{atom.key or 'user'}.{call.path}")
    return value_of(Bool(frozenset((check,))))


def status(models: Models, atom: Atom, value: str, place: Place) -> Atom | None:
    """Return what `address.verification.status == "verified"` proves."""
    names = names_of(models)
    path = [words(part.removesuffix("()")) for part in path_of(atom)]
    if not path or client_sent(names, atom):
        return None
    if isinstance(atom, Stored) and atom.store == "claims" and (name := marked(names, path[-1], value)):
        worth = writers_of(models).worth(name)
        return Bool(
            frozenset((Check("mfa", place, f"claim {path[-1]}"),)) if worth is None or "mfa" in worth else NO_PROOFS
        )
    if len(path) < 2 or not names.has(path[-1], names.table.services.status):
        return None
    if not names.has(value.lower(), names.table.services.status_values):
        return None
    if any("email" in part for part in path[-5:-1]):
        return Bool(frozenset((Check("email", place, ".".join(path[-3:])),)))
    if names.has(path[-2], names.table.flags.challenge):
        worth = writers_of(models).worth(f"{path[-2]} {path[-1]}")
        return Bool(
            frozenset((Check("mfa", place, ".".join(path[-2:])),)) if worth is None or "mfa" in worth else NO_PROOFS
        )
    return None


def marked(names: Names, key: str, value: str) -> str:
    """Return the name of the proof that a token for one purpose is: `purpose: "step-up"`; empty for any other field."""
    text = words(value)
    if (
        words(key) not in PURPOSES
        or not names.has(text, r"(?:^|_)(?:{factor}|elevated|sudo|strong)(?:_|$)")
        or names.has(text, names.table.flags.pending)
    ):
        return ""
    return f"{words(key)} {text}"


# ---------------------------------------------------------------- writing


def assigned(call: LibraryCall) -> None:
    """A field of something stored or unknown is set."""
    atom = next(iter(call.sources))
    if isinstance(atom, Stored) and atom.store == "session" and not atom.key:
        login.session_set(call.interp, call.models, atom, call.path, call.args.positional[0], call.place)
    owner = last_name(atom).removesuffix("()") or owner_name(atom)
    note(call.interp, call.models, call.path, call.args.positional[0], call.place, owner)
    names = names_of(call.models)
    if names.has(words(call.path), names.table.services.status) and names.has(
        words(owner), names.table.flags.challenge
    ):
        for text in call.args.positional[0].strings():
            if names.has(text.lower(), names.table.services.status_values):
                keep(call.interp, call.models, f"{words(owner)} {words(call.path)}", constant(True), call.place)


def note_arguments(call: LibraryCall) -> None:
    """A call that stores or issues what its arguments say: flags among them are written here."""
    if call.path.rsplit(".", 1)[-1] not in UPDATES:
        return
    from cybrid_audit.models.checks import claims

    names = names_of(call.models)
    owner = next((words(part) for part in reversed(call.path.replace("()", "").split(".")[:-1]) if part), "")

    def visit(value: Value, depth: int) -> None:
        for obj in value.only(Obj):
            for key, held in obj.fields.items():
                if key in ("where", "filter", "query", "select", "include"):
                    continue
                if claims.issues(call.models, key, held):
                    keep(call.interp, call.models, words(key), constant(True), call.place)
                    continue
                flag = names.flag(key, owner)
                if flag in ("mfa", "bare"):
                    note(call.interp, call.models, key, held, call.place, owner)
                    continue
                for text in held.strings():
                    name = marked(names, key, text)
                    if (
                        not name
                        and names.has(words(key), names.table.services.status)
                        and names.has(owner, names.table.flags.challenge)
                    ):
                        name = (
                            f"{owner} {words(key)}"
                            if names.has(text.lower(), names.table.services.status_values)
                            else ""
                        )
                    if name:
                        keep(call.interp, call.models, name, constant(True), call.place)
                if depth:
                    visit(held, depth - 1)

    named = Obj("object")
    named.fields = call.args.keywords
    for value in (*call.args.positional, value_of(named), *call.args.keywords.values()):
        visit(value, 3)


def note(interp: Interpreter, models: Models, name: str, value: Value, place: Place, owner: str = "") -> None:
    """Remember that a flag is set here, and which checks are behind it whenever it is set to something truthy."""
    names = names_of(models)
    kind = names.flag(name, owner)
    if kind in ("mfa", "bare") or (kind == "" and names.may_be_proof(name)):
        keep(interp, models, full_name(names, name, owner), value, place)


def full_name(names: Names, name: str, owner: str) -> str:
    """Return the name under which a flag is kept: with its owner's where it says nothing alone (`challenge.verified`)."""
    text = words(name)
    # The session itself, reached by whatever name, owns what is kept at its top.
    whose = words(owner) or "session"
    return f"{whose}_{text}" if names.has(text, names.table.flags.bare_email) else text


def keep(interp: Interpreter, models: Models, text: str, value: Value, place: Place) -> None:
    """Remember a writer of the flag of this name."""
    if interp.state is None or not models.recorder.entry or models.module_depth:
        return
    earned: Proofs | None = None
    plain = True
    for atom, proofs in value.alts:
        if truth(atom) is False or copies(atom, text.rsplit(" ", 1)[-1]):
            continue
        here = proofs | interp.proofs_if(atom, True) | interp.state.proven
        earned = here if earned is None else frozenset(c for c in earned if any(c.kind == d.kind for d in here))
        if isinstance(atom, Input | Obj) or (
            isinstance(atom, Const)
            and isinstance(atom.value, str)
            and atom.value.lower() not in ("1", "true", "yes", "ok", "verified", "passed")
        ):
            plain = False
    if earned is None:
        return
    held = writers_of(models)
    key = (text, place)
    before = held.current.get(key)
    earned = frozenset(check for check in earned if check.kind in ("mfa", "email"))
    if before is not None:
        earned = frozenset(check for check in before if any(check.kind == each.kind for each in earned))
    held.current[key] = earned
    held.names.setdefault(text, set()).add(place)
    held.plain[text] = held.plain.get(text, True) and plain


def note_key(interp: Interpreter, models: Models, key: str, value: Value, place: Place) -> None:
    """Remember that a key of a store shared by all requests is set here."""
    note(interp, models, key_words(key), value, place)


def key_proofs(interp: Interpreter, models: Models, key: str) -> Proofs:
    """Return what it proves that a key of a store shared by all requests holds something."""
    name = key_words(key)
    names = names_of(models)
    if not name or (names.flag(name) != "mfa" and not names.may_be_proof(name)):
        return NO_PROOFS
    held = writers_of(models)
    worth = held.worth(words(name))
    if not worth or not (held.plain.get(words(name), False) or names.flag(name) == "mfa"):
        return NO_PROOFS
    return frozenset(Check(kind, tested(interp), name) for kind in worth)


def key_words(key: str) -> str:
    """Return the constant part of a key as a name: `mfa-passed:{?}` is `mfa_passed`."""
    return words(key.replace("{?}", " "))


def copies(atom: Atom, name: str) -> bool:
    """Whether a value is the flag of the same name, handed on."""
    return isinstance(atom, Stored | Unknown | Lib) and words(last_name(atom)) == name


# ---------------------------------------------------------------- freshness


def flags_in(models: Models, interp: Interpreter, atom: Atom, depth: int = 3) -> Proofs:
    """Return what the flags prove that a value is, or is made of."""
    if isinstance(atom, Claim):
        return NO_PROOFS
    proofs = interp.proofs_if(atom, True) if isinstance(atom, Stored | Unknown | Lib) else NO_PROOFS
    if proofs or not depth or client_sent(names_of(models), atom):
        return proofs
    sources = atom.sources if isinstance(atom, Unknown | Lib) else ()
    for source in sources:
        proofs = flags_in(models, interp, source, depth - 1)
        if proofs:
            return proofs
    return NO_PROOFS


class Age:
    """Rules of the claim that stands for a time: how old a proof is, or when it was given (perhaps with a term)."""

    OLD: Final = "age"
    WHEN: Final = "time"


def shifted(interp: Interpreter, models: Models, op: str, left: Value, right: Value, place: Place) -> Value | None:
    """Return what `now - verified_at` or `verified_at + term` is."""
    for value, is_right in ((right, True), (left, False)):
        if len(value.alts) > 1 and any(_passes_for_fresh(interp, models, atom) for atom in value.atoms()):
            continue
        for atom in value.atoms():
            rule = None
            if isinstance(atom, Claim) and atom.base == "time":
                rule, proofs = atom.rule, _kept(models, atom)
            else:
                proofs = flags_in(models, interp, atom)
            if not proofs:
                continue
            aged = op == "-" and is_right
            held = Age.OLD if aged or rule == Age.OLD else Age.WHEN
            claim = Claim(next(iter(proofs)).name, "time", held, place)
            models.memory("times", dict)[claim] = proofs
            return value_of(claim)
    return None


def _passes_for_fresh(interp: Interpreter, models: Models, atom: Atom) -> bool:
    """Whether a default makes whoever has no proof look fresh: `session.get("mfa_at", now())`."""
    if truth(atom) is True:
        return True
    if isinstance(atom, Unknown):
        return atom.reason == "a time"
    return isinstance(atom, Lib) and atom.path.endswith("()") and not flags_in(models, interp, atom)


def _kept(models: Models, atom: Claim) -> Proofs:
    held: Proofs = models.memory("times", dict).get(atom, NO_PROOFS)
    return held


def fresh(interp: Interpreter, models: Models, op: str, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what a comparison of a proof's time or age proves."""
    for atom, sign in ((a, op), (b, {"<": ">", ">": "<", "<=": ">=", ">=": "<="}[op])):
        if isinstance(atom, Claim):
            if atom.base != "time":
                continue
            proofs, rule = _kept(models, atom), atom.rule
        else:
            proofs = flags_in(models, interp, atom)
            name = words(atom.path) if isinstance(atom, Lib) else words(atom.hint) if isinstance(atom, Unknown) else ""
            rule = (
                Age.OLD
                if any(
                    part in name for part in ("diff", "since", "elapsed", "age", "total_seconds", "seconds", "delta")
                )
                else Age.WHEN
            )
        if not proofs:
            continue
        small = sign in ("<", "<=")
        return Bool(proofs) if small == (rule == Age.OLD) else Bool(NO_PROOFS, proofs)
    return None
