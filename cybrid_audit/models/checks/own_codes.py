"""Codes and digests that the project compares itself: one-time codes, passwords, confirmation links, signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import (
    Arguments,
    Atom,
    Bool,
    Check,
    Const,
    Env,
    Input,
    Lib,
    Obj,
    Place,
    Promise,
    Proofs,
    Random,
    Secret,
    Stored,
    Str,
    Unknown,
    Value,
    derived,
    unknown,
    value_of,
)
from cybrid_audit.models.checks.names import all_names, client_sent, last_name, names_of, words
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

TRANSFORM: Final = (
    r"^(?:hash|hashed|digest|hexdigest|sha\d*|sha_?\d+|md5|blake\w*|update|encode|decode|str|string|int|number|bytes|bytearray|buffer|from|trim|strip|lower|upper|"
    r"normalize|normalise|pbkdf2\w*|scrypt\w*|argon2\w*|to_\w+|zfill|pad\w*|concat|join|new|text_encoder|uint8_array|parse_int|hex|b64\w*|hash_sync|hash_pw|force_\w+|copy|values?|text|read|arr_?buffer|array_buffer|base64\w*|create_hash|subtle)$"
)
"""Last names of calls that only change how a value is written: what comes out is still what went in."""

DIGEST: Final = r"(?:^|_)(?:hmac|create_hmac|hmac_\w+|sign|signature|compute_signature|hexdigest|digest)(?:_|$)"
MAC: Final = (
    r"(?:^|_)(?:hmac|hmac_new|create_hmac|hmac_digest|hmac_sha\w*|hmacsha\w*|compute_signature|signature)(?:_|$)"
)


def is_given(models: Models, atom: Atom, depth: int = 5) -> bool:
    """Whether a value is what the client sent, perhaps hashed or written in another way."""
    names = names_of(models)
    match atom:
        case Input():
            return True
        case Lib(path=path, sources=sources):
            if not sources or depth == 0:
                return False
            last = words(path.removesuffix("()").rsplit(".", 1)[-1])
            return names.has(last, TRANSFORM) and all(
                is_given(models, each, depth - 1) for each in sources if not isinstance(each, Env | Secret)
            )
        case Unknown(sources=sources):
            real = [each for each in sources if not (isinstance(each, Unknown) and each.reason == "named")]
            return bool(real) and depth > 0 and all(is_given(models, each, depth - 1) for each in real)
        case Str(parts=parts):
            held = [part for part in parts if not isinstance(part, Const)]
            return bool(held) and depth > 0 and all(is_given(models, part, depth - 1) for part in held)
        case _:
            return client_sent(names, atom)


def may_be_given(models: Models, atom: Atom, kept: Atom) -> bool:
    """Whether a value may be what the client sent, when the other side is certainly a stored code: a default for a missing one, a
    parameter that nobody passes, something of a library that is not known."""
    if not is_kept_code(models, kept):
        return False
    if isinstance(atom, Const):
        return not atom.value
    return isinstance(atom, Unknown | Lib) and not is_kept_code(models, atom)


def is_kept_code(models: Models, atom: Atom) -> bool:
    """Whether a value is certainly a code out of a store or a generator."""
    if isinstance(atom, Random) or (isinstance(atom, Str | Unknown | Lib) and _has_random(atom)):
        return True
    names = names_of(models)
    if isinstance(atom, Stored):
        return atom.store in ("kv", "session", "database", "file") and names.is_code(*atom.key.split("."))
    if isinstance(atom, Unknown | Lib):
        return (
            any(is_kept_code(models, each) for each in atom.sources)
            if isinstance(atom, Unknown)
            else names.is_code(atom.path.rsplit(".", 1)[-1])
        )
    return False


def is_mac(models: Models, atom: Atom, depth: int = 5) -> bool:
    """Whether a value is a keyed digest of something that came in."""
    names = names_of(models)
    if last_name(atom).removesuffix("()") in ("length", "byteLength", "len", "size", "__len__"):
        return False
    if isinstance(atom, Lib):
        segments = [words(part) for part in atom.path.replace("()", "").split(".")]
        if any(names.has(part, MAC) for part in segments[-5:]) or "subtle_sign" in "_".join(segments):
            return any(
                isinstance(each, Input) or (depth and is_given(models, each, depth - 1)) for each in atom.sources
            )
    if isinstance(atom, Lib | Unknown) and depth:
        return any(is_mac(models, each, depth - 1) for each in atom.sources)
    if isinstance(atom, Str) and depth:
        return any(is_mac(models, part, depth - 1) for part in atom.parts)
    return False


def is_kept(atom: Atom) -> bool:
    """Whether a value may come out of a store or a generator of the server's."""
    return isinstance(atom, Stored | Random | Unknown | Lib | Str)


def is_fixed(atom: Atom) -> bool:
    """Whether a value is fixed before the request: a constant or a setting."""
    if isinstance(atom, Const):
        return isinstance(atom.value, str | int) and not isinstance(atom.value, bool) and str(atom.value) != ""
    return isinstance(atom, Env)


def given_names(atom: Atom) -> set[str]:
    """Return the names of the request's own values in an atom."""
    return all_names(atom)


def around(interp: Interpreter) -> list[str]:
    """Return the names of the functions that run."""
    return [frame.function.name for frame in interp.frames[-3:] if frame.function is not None and frame.function.name]


def equal_atoms(
    interp: Interpreter, models: Models, a: Atom, b: Atom, place: Place, how: str = "a comparison"
) -> Atom | None:
    """Return what the equality of two values proves, None when nothing."""
    if any(last_name(each).removesuffix("()") in ("length", "byteLength", "len", "size") for each in (a, b)):
        return None
    for given, kept in ((a, b), (b, a)):
        if (not isinstance(given, Const) or not given.value) and is_mac(models, kept) and not is_mac(models, given):
            # Whatever is compared with a keyed digest of what came in is its signature; an empty default never fits.
            return judged(interp, "signature", place, f"{how} of the signature")
        if not is_given(models, given) and not may_be_given(models, given, kept):
            continue
        if is_fixed(kept):
            names = names_of(models)
            if names.is_code(*given_names(given)) and not _is_code_field_of_event(given):
                # A fixed code that opens the door beside the real one.
                return Bool(frozenset((Check("bypass", place, "a fixed code"),)))
            return None
        if is_given(models, kept) or not is_kept(kept):
            continue
        kinds = kinds_of(interp, models, given, kept)
        if kinds:
            return judged(interp, kinds, place, f"{how} of the code" if "mfa" in kinds else how)
    return None


def _is_code_field_of_event(atom: Atom) -> bool:
    return isinstance(atom, Input) and words(atom.name) in (
        "error_code",
        "status_code",
        "country_code",
        "currency_code",
    )


def kinds_of(interp: Interpreter, models: Models, given: Atom, kept: Atom, default: str = "") -> tuple[str, ...]:
    """Return what the equality of a sent and a kept value proves, by what they are called."""
    names = names_of(models)
    mine, theirs = given_names(given), all_names(kept)
    context = around(interp)
    if names.is_password(*mine):
        return ("password",)
    code = (
        names.is_code(*mine, *theirs)
        or (isinstance(kept, Random) or _has_random(kept))
        or names.is_code(*context)
        or any(names.function(each)[0] == "mfa" for each in context)
    )
    email = names.is_email(*mine, *theirs, *context)
    plainly = names.is_code(*mine, *theirs)
    if email and not any(names.has(words(each), names.table.factor) for each in (*mine, *theirs, *context)):
        return (
            ("email",)
            if plainly
            or _has_random(kept)
            or names.has(" ".join(words(each) for each in (*mine, *theirs)), "token|code|link|key")
            else ()
        )
    if code:
        return ("mfa", "email") if email else ("mfa",)
    if names.is_password(*theirs):
        return ("password",)
    return (default,) if default else ()


def _has_random(atom: Atom, depth: int = 3) -> bool:
    if isinstance(atom, Random):
        return True
    if isinstance(atom, Str):
        return any(_has_random(part, depth) for part in atom.parts)
    if isinstance(atom, Unknown | Lib) and depth:
        return any(_has_random(each, depth - 1) for each in atom.sources)
    return False


def judged(interp: Interpreter, kinds: str | tuple[str, ...], place: Place, name: str) -> Bool:
    """Perform a comparison; its true side proves."""
    checks = frozenset(Check(kind, place, name) for kind in ((kinds,) if isinstance(kinds, str) else kinds))
    for check in checks:
        interp.perform(check)
    return Bool(checks)


def among(interp: Interpreter, models: Models, a: Atom, b: Atom, place: Place) -> Atom | None:
    """Return what finding a sent code among kept ones proves: backup codes."""
    if not is_given(models, a):
        return None
    if isinstance(b, Stored | Lib | Unknown) and not is_given(models, b):
        kinds = kinds_of(interp, models, a, b)
        if "mfa" in kinds and names_of(models).is_code(*given_names(a)):
            return judged(interp, kinds, place, "a code among the stored ones")
    if isinstance(b, Obj) and b.kind == "list":
        items = [each for item in b.items or [] for each in item.atoms()]
        if items and all(is_fixed(each) for each in items) and names_of(models).is_code(*given_names(a)):
            return Bool(frozenset((Check("bypass", place, "a fixed code"),)))
    return None


# ---------------------------------------------------------------- rows


def equal(call: LibraryCall) -> Value | None:
    """A comparison in constant time: `hmac.compare_digest(a, b)`, `timingSafeEqual(a, b)`."""
    return compared(
        call, call.args.get(int(call.settings.get("given", 0))), call.args.get(int(call.settings.get("stored", 1)))
    )


def hashed(call: LibraryCall) -> Value | None:
    """A comparison of a value with its stored hash: `bcrypt.compare(given, hash)`; a password unless names say a code."""
    held = compared(
        call,
        call.args.get(int(call.settings.get("given", 0))),
        call.args.get(int(call.settings.get("stored", 1))),
        default="password",
    )
    raising = call.settings.get("raises")
    if raising and held is not None:
        from cybrid_audit.engine.interpreter import Raised

        proofs = frozenset().union(*(each.if_true for each in held.only(Bool)))
        if call.interp.state is not None and proofs:
            call.interp.sinks[-1].append(Raised(call.interp.state, unknown("a mismatch")))
            call.interp.prove(proofs)
    if call.settings.get("async"):
        from cybrid_audit.models.checks.outcomes import run_with

        callback = run_with(call, held if held is not None else unknown("a comparison"))
        return (
            callback
            if callback is not None
            else value_of(Promise(held if held is not None else unknown("a comparison")))
        )
    return held


def compared(call: LibraryCall, first: Value | None, second: Value | None, default: str = "") -> Value | None:
    """Return what a comparison function gives back, for every pair of alternatives."""
    if first is None or second is None:
        return None
    result: Value = Value()
    rows: list[tuple[Atom, Proofs, bool]] = []
    for a, a_proofs in first.alts:
        for b, b_proofs in second.alts:
            atom: Atom | None
            if default:
                kinds = kinds_of(call.interp, call.models, a, b, default) if not is_fixed(a) else ()
                atom = judged(call.interp, kinds, call.place, call.path.replace("()", "")) if kinds else None
            else:
                atom = equal_atoms(call.interp, call.models, a, b, call.place, call.path.replace("()", ""))
            if atom is None:
                atom = next(derived("a comparison", value_of(a), value_of(b)).atoms())
            missing = any(isinstance(each, Const) and not each.value for each in (a, b))
            rows.append((atom, a_proofs | b_proofs, missing))
    told = next((atom for atom, _, _ in rows if isinstance(atom, Bool) and atom.if_true), None)
    for atom, proofs, missing in rows:
        # A default for what is missing never fits.
        result = result.join(Value(((told if told is not None and missing else atom, proofs),)))
    return result if result.alts else None


def generated(call: LibraryCall) -> Value | None:
    """A call that makes a code: it proves nothing by itself."""
    return value_of(Random(str(call.settings.get("name", "code"))))


class Serializer(Native):
    """What signs and checks links: its salt tells what they are for."""

    __slots__ = ("made",)

    def __init__(self, made: LibraryCall) -> None:
        self.made = made

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        made = self.made
        if name in ("loads", "unsign", "unsign_object", "validate"):
            texts = frozenset(
                atom for value in made.args.every() for atom in value.atoms() if isinstance(atom, Const | Str | Env)
            )
            return token_checked(
                LibraryCall(interp, made.models, f"{made.path}().{name}", texts, args, place, {"outcome": "raises"})
            )
        return None


def serializer(call: LibraryCall) -> Value | None:
    """`URLSafeTimedSerializer(key, salt="confirm-email")`."""
    return native_object(call.interp, "serializer", Serializer(call), call.place, "a signer of links")


def token_checked(call: LibraryCall) -> Value | None:
    """A signed link or token that is checked: it proves the address it was sent to when it is one for that."""
    from cybrid_audit.models.checks.outcomes import check_of, outcome

    names = names_of(call.models)
    texts: set[str] = set(around(call.interp))
    for value in call.args.every():
        for atom in value.atoms():
            texts |= all_names(atom)
    for source in call.sources:
        texts |= all_names(source)
    if not names.is_email(*texts) and not any(
        names.has(words(each), r"(?:^|_)(?:confirm|verify|activate|activation)") for each in texts
    ):
        return unknown("what a signed token holds")
    check = Check("email", call.place, check_of(call).name)
    call.interp.perform(check)
    return outcome(call, check)
