"""Verifications whose code is not in the tree: services called over HTTP, rows looked up by a code, functions known by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import (
    NO_PROOFS,
    Arguments,
    Atom,
    Bool,
    Check,
    Const,
    Fn,
    Input,
    Lib,
    Obj,
    Outcome,
    Place,
    Stored,
    Str,
    Unknown,
    Value,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.checks import outcomes, own_codes
from cybrid_audit.models.checks.names import all_names, names_of, words
from cybrid_audit.models.native import LibraryCall

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

# ---------------------------------------------------------------- functions known by name


def library_call(call: LibraryCall) -> Value | None:
    """A library function that no row explains: a row looked up by a code, else a verification by its name."""
    held = lookup(call)
    return held if held is not None else by_name(call, call.path)


def unknown_call(call: LibraryCall) -> Value | None:
    """Something unknown is called by name."""
    return by_name(call, call.path)


def unknown_method(call: LibraryCall, atom: Unknown | Stored) -> Value | None:
    """A method of something unknown: `self.otp.verify(code)`."""
    chain = atom.hint if isinstance(atom, Unknown) else (atom.key or atom.store)
    held = lookup(call)
    return held if held is not None else by_name(call, f"{chain}.{call.path}" if chain else call.path)


def declared_kind(models: Models, path: str, language: str = "") -> str:
    """Return the kind of a guard that the project's configuration declares under this name, else empty."""
    plain = path.replace("()", "")
    for guard in models.project.config.guards:
        fits = plain == guard.name or plain.endswith(f".{guard.name}")
        if fits and (not guard.language or not language or guard.language == language):
            return guard.kind.value
    return ""


def by_name(call: LibraryCall, path: str) -> Value | None:
    """Return what a function gives back whose name says that it verifies, None for any other."""
    declared = declared_kind(call.models, path)
    kind, how = (declared, "stops") if declared else names_of(call.models).function(path)
    if not kind:
        return None
    name = path.replace("()", "").rsplit(".", 2)
    check = Check(kind, call.place, ".".join(name[-2:]))
    interp = call.interp
    following = [
        value
        for value in call.args.positional
        if any(isinstance(each, NativeFn) and each.name == "next" for each in value.atoms())
    ]
    if following:
        return outcomes.go_on_behind(interp, call.args, call.place, check)
    wrapped = [value for value in call.args.positional if any(isinstance(each, Fn) for each in value.atoms())]
    if wrapped and how == "stops":
        return outcomes.behind(wrapped[-1], check)
    if how == "stops" and not interp.models.may_run_callbacks(interp):
        # `requireMfa({ level: 2 })` while routes are set up makes the guard.
        return outcomes.gate_middleware(
            LibraryCall(
                interp, call.models, path, call.sources, Arguments(), call.place, {"kind": kind, "name": check.name}
            )
        )
    interp.perform(check)
    by_framework = len(interp.frames) == 1 and interp.frame.function is None
    if how == "stops" or by_framework or call.place == interp.statement:
        proofs = frozenset((check,))
        from cybrid_audit.engine.interpreter import Raised

        if interp.state is not None:
            interp.sinks[-1].append(Raised(interp.state, unknown("a refused request")))
            interp.prove(proofs)
        return value_of(Lib(f"{path}()"))
    return value_of(Outcome(check, "answer"))


def decorator(call: LibraryCall) -> Value | None:
    """A library decorator that no row explains: a guard by its name."""
    path = call.path.removesuffix("()")
    declared = declared_kind(call.models, path)
    kind, _how = (declared, "stops") if declared else names_of(call.models).function(path)
    if not kind or not call.args.positional:
        return None
    return outcomes.behind(call.args.positional[0], Check(kind, call.place, path.rsplit(".", 1)[-1]))


# ---------------------------------------------------------------- rows looked up by a code

GRANT: Final = "grant-type/mfa-"
"""Part of the grant types by which an identity provider's token endpoint takes a code (Auth0)."""
LOOKS: Final = r"(?:^|_)(?:find\w*|filter\w*|get\w*|first|exists|query\w*|execute\w*|fetch\w*|select\w*|where|delete\w*|update\w*|count|scalar\w*|one\w*|lookup|take|consume|run|all|prepare|raw|text)(?:_|$)"
RAISES: Final = r"(?:or_throw|or_404|or_fail|or_raise)$|^get_object_or_404$"
SQL: Final = r"(?is)\b(?:select|delete|update|with)\b.*\bwhere\b.*?\b(?P<column>\w*(?:otp|totp|code|pin|passcode|challenge|one_time\w*|token_hash|token)\w*)\"?\s*=\s*(?:\?|\$\d+|%s|%\(\w+\)s|:\w+|\{\?\}|@\w+|$)"


def lookup(call: LibraryCall) -> Value | None:
    """A row that is looked up by the code that was sent: found only when the code is right."""
    names = names_of(call.models)
    last = words(call.path.replace("()", "").rsplit(".", 1)[-1])
    if not call.args.positional and not call.args.keywords:
        return None
    found = _by_key(call, call.args) if names.has(last, LOOKS) or names.has(last, RAISES) else None
    if found is None:
        found = _by_sql(call)
    if found is None:
        return None
    column, given = found
    texts = {column, *all_names(given), *own_codes.around(call.interp), *call.path.replace("()", "").split(".")[-3:-1]}
    email = names.is_email(*texts)
    if not names.is_code(column, *all_names(given)) and not (email and names.has(words(column), "token|key|link")):
        return None
    strong = any(names.has(words(each), names.table.factor) for each in texts)
    kind = "email" if email and not strong else "mfa"
    check = Check(kind, call.place, f"a row found by {column}")
    call.interp.perform(check)
    if names.has(last, RAISES) or (last == "get" and call.interp.language == "python" and call.args.keywords):
        outcomes.passes_or_raises(call, frozenset((check,)))
        return value_of(Lib(f"{call.path}()", frozenset(call.sources)))
    return value_of(Outcome(check, "row"))


def _by_key(call: LibraryCall, args: Arguments) -> tuple[str, Atom] | None:
    names = names_of(call.models)

    def pick(key: str, value: Value) -> tuple[str, Atom] | None:
        plain = key.split("__", maxsplit=1)[0]
        for atom in value.atoms():
            if own_codes.is_given(call.models, atom) and (
                names.is_code(plain)
                or (
                    names.has(words(plain), r"token|key|link") and names.is_email(plain, *own_codes.around(call.interp))
                )
            ):
                return plain, atom
        return None

    for key, value in args.keywords.items():
        held = pick(key, value)
        if held is not None:
            return held

    def visit(value: Value, depth: int) -> tuple[str, Atom] | None:
        for obj in value.only(Obj):
            for key, inner in obj.fields.items():
                if key in ("data", "update", "create", "set", "$set", "select", "include"):
                    continue
                held = pick(key, inner) or (visit(inner, depth - 1) if depth else None)
                if held is not None:
                    return held
        return None

    for value in args.positional:
        held = visit(value, 3)
        if held is not None:
            return held
    return None


def _by_sql(call: LibraryCall) -> tuple[str, Atom] | None:
    import re

    text = ""
    inputs: list[Atom] = []
    for value in call.args.every():
        for atom in value.atoms():
            if isinstance(atom, Const) and isinstance(atom.value, str):
                text += str(atom.value)
            elif isinstance(atom, Str):
                text += text_of(atom) or ""
                inputs.extend(part for part in atom.parts if own_codes.is_given(call.models, part))
            elif isinstance(atom, Obj):
                for item in (*(atom.items or ()), *atom.fields.values()):
                    inputs.extend(each for each in item.atoms() if own_codes.is_given(call.models, each))
            else:
                text += "{?}"
                if own_codes.is_given(call.models, atom):
                    inputs.append(atom)
    if "where" not in text.lower() or not inputs:
        return None
    match = re.search(SQL, text)
    if match is None:
        return None
    names = names_of(call.models)
    coded = [atom for atom in inputs if names.is_code(*all_names(atom)) or names.is_email(*all_names(atom))]
    column = match.group("column")
    if words(column) == "token" and not coded:
        return None
    return (column, coded[0]) if coded else (column, inputs[0]) if names.is_code(column) else None


def outcome_method(call: LibraryCall, atom: Outcome) -> Value | None:
    """A method of what a verification gave back: `result.get("status")`, `query.first()`."""
    name = call.path
    if atom.kind in ("row", "answer"):
        if name in ("get", "__getitem__", "item") and call.args.positional:
            key = next(iter(call.args.positional[0].strings()), "")
            return answer_field(call, atom, words(key)) if key else value_of(atom)
        if name == "raise_for_status":
            call.interp.prove(frozenset((atom.check,)))
            return value_of(atom)
        return value_of(atom)
    if name in ("get", "getItem") and call.args.positional:
        key = next(iter(call.args.positional[0].strings()), "")
        if key:
            return outcomes.field(LibraryCall(call.interp, call.models, key, call.sources, Arguments(), call.place, {}))
    return outcomes.field(call)


# ---------------------------------------------------------------- answers


def answer_field(call: LibraryCall, atom: Outcome, name: str) -> Value:
    """Return a field of a looked-up row, or of the answer of a service or unknown function."""
    names = names_of(call.models)
    services = names.table.services
    if atom.kind == "row":
        return value_of(atom)
    if names.has(name, services.fields):
        return value_of(Outcome(atom.check, atom.kind, atom.field, atom.value, "="))
    if name == "access_token":
        return value_of(Outcome(atom.check, atom.kind, atom.field, atom.value, "="))
    if names.has(name, services.status) or name == "status_code":
        return value_of(Outcome(atom.check, atom.kind, atom.field, atom.value, "status"))
    if name in ("error", "errors", "reason") and atom.field != "http":
        return value_of(Outcome(atom.check, "error_field", "", None, "error"))
    if name in outcomes.WRAPPERS:
        return value_of(
            Outcome(atom.check, atom.kind, atom.field, atom.value, "body" if atom.field == "http" else atom.path)
        )
    return value_of(Outcome(atom.check, atom.kind, atom.field, atom.value, "other"))


def answer_equal(models: Models, atom: Outcome, other: Atom) -> Atom:
    """Return what comparing a field of such an answer proves."""
    names = names_of(models)
    proofs = frozenset((atom.check,))
    if atom.kind == "row":
        value = other.value if isinstance(other, Const) else None
        if isinstance(value, int):
            return Bool(NO_PROOFS, proofs) if value == 0 else Bool(proofs)
        return Bool()
    text = text_of(other)
    if atom.path == "status" and text is not None:
        return Bool(
            proofs
            if names.has(text.lower(), names.table.services.status_values) or text in ("200", "201", "204")
            else NO_PROOFS
        )
    if atom.path == "" and text is not None and names.has(text.lower(), names.table.services.status_values):
        return Bool(proofs)
    return Bool()


def answer_order(op: str, a: Atom, b: Atom) -> Atom | None:
    """Return what `rowcount > 0` proves."""
    for atom, other, sign in ((a, b, op), (b, a, {"<": ">", ">": "<", "<=": ">=", ">=": "<="}[op])):
        if isinstance(atom, Outcome) and isinstance(other, Const) and isinstance(other.value, int | float):
            proofs = frozenset((atom.check,))
            if atom.kind == "row":
                if (sign == ">" and other.value == 0) or (sign == ">=" and other.value == 1):
                    return Bool(proofs)
                if (sign == "<" and other.value == 1) or (sign == "<=" and other.value == 0):
                    return Bool(NO_PROOFS, proofs)
            if (
                atom.kind == "answer"
                and atom.path == "status"
                and sign in (">=", ">")
                and other.value in (400, 300, 399, 299)
            ):
                return Bool(NO_PROOFS, proofs)
            return Bool()
    return None


def http_answer(interp: Interpreter, models: Models, url: Value, body: Value | None, place: Place) -> Outcome | None:
    """Return the outcome of a request to a service that checks codes, by its address and what is sent; None for any other."""
    names = names_of(models)
    services = names.table.services
    sent_texts = outcomes.argument_texts(Arguments(positional=[body])) if body is not None else []
    if any(GRANT in text for text in sent_texts):
        return Outcome(Check("mfa", place, "a grant of a second factor"), "answer", "http")
    texts = [text for atom in url.atoms() if (text := text_of(atom))]
    origins = {words(name) for atom in url.atoms() for name in all_names(atom)}
    for text in texts:
        path = text.replace("{?}", "").split("://", 1)[-1].split("?", 1)[0]
        address = words(path.replace("/", "_"))
        if names.has(address, services.not_about) or not names.has(address, services.path):
            continue
        about = names.has(address, services.about) or any(names.has(origin, names.table.factor) for origin in origins)
        sent = _sent_names(body)
        coded = names.is_code(*sent)
        if (about and (coded or names.has(address, names.table.factor))) or (
            coded
            and names.has(address, r"verif|check|valid")
            and any(names.has(o, r"otp|mfa|2fa|verify|sms|auth") for o in origins)
        ):
            kind = "email" if names.has(address, "e_?mail") and not names.has(address, names.table.factor) else "mfa"
            return Outcome(Check(kind, place, f"a request to {path[-60:]}"), "answer", "http")
    return None


def _sent_names(body: Value | None) -> set[str]:
    found: set[str] = set()
    if body is not None:
        for obj in body.only(Obj):
            found |= set(obj.fields)
            for held in obj.fields.values():
                for atom in held.atoms():
                    if isinstance(atom, Input):
                        found.add(atom.name)
        for atom in body.atoms():
            if isinstance(atom, Input | Str):
                found |= all_names(atom)
    return {name for name in found if name}
