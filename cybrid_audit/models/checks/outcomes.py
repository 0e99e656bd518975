"""Verifications of libraries: what a call gives back, and which part of it proves that the factor was right.

A row's `with` says `outcome` (a kind of `mfa.yaml`'s vocabulary), and where it needs them `field` and `value` (what has to be
compared), `also` (further pairs that prove as well), `async` (a promise), `kind` (mfa unless said), `factor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.engine.values import (
    NO_PROOFS,
    Arguments,
    Atom,
    Bool,
    Check,
    ClassInfo,
    Const,
    Fn,
    Lib,
    Obj,
    Outcome,
    Place,
    Promise,
    Proofs,
    Value,
    derived,
    text_of,
    truth,
    unknown,
    value_of,
)
from cybrid_audit.engine.values import (
    Native as NativeFn,
)
from cybrid_audit.models.checks.names import all_names, names_of, words
from cybrid_audit.models.native import LibraryCall, Native, field_of, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models

NO_FACTOR: Final = frozenset({"password-reauth", "device-local", "magic-link", "captcha", "csrf", "api-key"})
"""Factors that do not count as a second one."""

WRAPPERS: Final = frozenset(
    {"data", "body", "result", "value", "json", "response", "current", "to_dict", "dict", "model_dump", "then"}
)
"""Fields and methods of an answer that stand for the answer itself."""


def check_of(call: LibraryCall, name: str = "") -> Check:
    """Return the check that a row speaks of, at its call."""
    kind = call.settings.get("kind") or ("password" if call.settings.get("factor") in NO_FACTOR else "mfa")
    return Check(str(kind), call.place, name or str(call.settings.get("name") or call.path.replace("()", "")))


def verify(call: LibraryCall) -> Value | None:
    """A call that verifies: performed here, proven as its outcome says."""
    if not applies(call):
        return None
    check = check_of(call)
    call.interp.perform(check)
    return outcome(call, check)


def verify_by_form(call: LibraryCall) -> Value | None:
    """A verification whose outcome depends on the release of its library: one takes an object, the other (`text`) a code."""
    first = call.args.get(0)
    if first is not None and not any(isinstance(atom, Obj) for atom in first.atoms()):
        settings = call.settings["text"]
        call = LibraryCall(call.interp, call.models, call.path, call.sources, call.args, call.place, settings)
    return verify(call)


def applies(call: LibraryCall) -> bool:
    """Whether the row's conditions on arguments hold: `needs` names an argument or option, `needs_text` a part of one."""
    settings = call.settings
    needs = settings.get("needs")
    if needs is not None:
        names = needs if isinstance(needs, list) else [needs]
        if not any(
            call.args.keywords.get(name) or any(field_of(v, name) for v in call.args.positional) for name in names
        ):
            return False
    wanted = settings.get("needs_text")
    if wanted is not None:
        texts = wanted if isinstance(wanted, list) else [wanted]
        return any(text in found for found in argument_texts(call.args) for text in texts)
    return True


def argument_texts(args: Arguments, depth: int = 3) -> list[str]:
    """Return every constant text among arguments, in objects and lists too."""
    found: list[str] = []

    def visit(value: Value, left: int) -> None:
        for atom in value.atoms():
            if isinstance(atom, Obj) and left:
                for held in (*atom.fields.values(), *(atom.items or ())):
                    visit(held, left - 1)
            else:
                text = text_of(atom)
                if text:
                    found.append(text)

    for value in args.every():
        visit(value, depth)
    return found


def outcome(call: LibraryCall, check: Check) -> Value:
    """Return what a verification gives back."""
    settings = call.settings
    kind = str(settings.get("outcome", "bool_true"))
    proofs = frozenset((check,))
    waits = bool(settings.get("async"))
    if kind == "raises":
        return passes_or_raises(call, proofs) if not waits else value_of(Promise(unknown("a verified answer"), proofs))
    if kind == "rejects":
        given = run_callback(call, check)
        return given if given is not None else value_of(Promise(unknown("a verified answer"), proofs))
    if kind == "callback":
        return run_callback(call, check) or value_of(Promise(unknown("a verified answer"), proofs))
    if kind == "bool_async":
        kind, waits = "bool_true", True
    if kind == "truthy_field":
        # Something in the field means that the step is done.
        held = value_of(Outcome(check, "field_eq", "", ((normal(str(settings["field"])), True),)))
    elif kind in ("field_eq", "claim"):
        pairs = [(normal(str(settings["field"])), settings.get("value", True))]
        pairs += [(normal(str(name)), value) for name, value in (settings.get("also") or {}).items()]
        held = value_of(Outcome(check, "field_eq", "", tuple(pairs)))
    elif kind == "value_eq":
        held = value_of(Outcome(check, "value_eq", "", settings.get("value")))
    else:
        held = value_of(Outcome(check, kind))
    callback = run_callback(call, check, held) if settings.get("callback") else None
    if callback is not None:
        return callback
    return value_of(Promise(held)) if waits else held


def passes_or_raises(call: LibraryCall, proofs: Proofs) -> Value:
    """The call returns only when the check passed."""
    from cybrid_audit.engine.interpreter import Raised

    interp = call.interp
    if interp.state is not None:
        error = call.settings.get("raises")
        thrown = value_of(Lib(f"{error}()")) if error else unknown("a failed verification")
        interp.sinks[-1].append(Raised(interp.state, thrown))
        interp.prove(proofs)
    return unknown("a verified answer")


def run_callback(call: LibraryCall, check: Check, answer: Value | None = None) -> Value | None:
    """Run the callback among the arguments: its first argument is an error, empty when the check passed. None without a callback."""
    from cybrid_audit.engine import calls
    from cybrid_audit.engine.interpreter import Flow

    interp = call.interp
    callbacks = [value for value in call.args.positional if any(isinstance(atom, Fn) for atom in value.atoms())]
    if not callbacks or interp.state is None:
        return None
    error = value_of(Outcome(check, "error_field", "error", None, "error"))
    second = answer if answer is not None else unknown("an answer")
    branch = interp.state.branch
    before = interp.flow()
    interp.state = interp.enter_branch(interp.state)
    calls.call(interp, callbacks[-1], Arguments(positional=[error, second]), call.place, awaited=True)
    interp.merge([before, Flow(interp.state, interp.frame.scope.vars)], branch)
    return unknown("nothing")


class Command(Native):
    """A request object that is sent later: what its answer proves is the row's, at the place of sending."""

    __slots__ = ("made",)

    def __init__(self, made: LibraryCall) -> None:
        self.made = made


def command(call: LibraryCall) -> Value | None:
    """`new VerifyCommand(input)`."""
    if not applies(call):
        return None
    return native_object(call.interp, "command", Command(call), call.place, str(call.settings.get("name", "a command")))


def send_command(call: LibraryCall) -> Value | None:
    """`client.send(command)`."""
    for value in call.args.positional[:1]:
        for obj in value.only(Obj):
            if isinstance(obj.native, Command):
                made = obj.native.made
                return verify(
                    LibraryCall(
                        call.interp,
                        call.models,
                        made.path,
                        made.sources,
                        Arguments(),
                        call.place,
                        {**made.settings, "needs_text": None},
                    )
                )
    return None


def typed(call: LibraryCall) -> Value | None:
    """A parameter annotated with a library's class: an instance of it."""
    return value_of(Lib(str(call.settings["path"])))


def device_token(call: LibraryCall) -> Value | None:
    """`device.verify_token(code)`, for whatever device: by what it is given."""
    names = names_of(call.models)
    given = [atom for value in call.args.every() for atom in value.atoms()]
    if not any(names.is_code(*all_names(atom)) for atom in given):
        return None
    return verify(call)


def devices(call: LibraryCall) -> Value | None:
    """A user's devices: what one of them says to a code counts."""
    made = call.interp.new("list", place=call.place)
    made.rest = value_of(Lib(f"{call.path}()"))
    return value_of(made)


def run_with(call: LibraryCall, answer: Value) -> Value | None:
    """Run the callback among the arguments with an error and an answer. None without a callback."""
    from cybrid_audit.engine import calls
    from cybrid_audit.engine.interpreter import Flow

    interp = call.interp
    callbacks = [value for value in call.args.positional if any(isinstance(atom, Fn) for atom in value.atoms())]
    if not callbacks or interp.state is None:
        return None
    branch = interp.state.branch
    before = interp.flow()
    interp.state = interp.enter_branch(interp.state)
    calls.call(interp, callbacks[-1], Arguments(positional=[unknown("an error"), answer]), call.place, awaited=True)
    interp.merge([before, Flow(interp.state, interp.frame.scope.vars)], branch)
    return unknown("nothing")


def nothing(call: LibraryCall) -> Value | None:
    """A call that sends, creates or asks: it proves nothing."""
    return derived("an answer that proves nothing", *call.args.every())


# ---------------------------------------------------------------- reading an outcome


def normal(field: str) -> str:
    """Return a dotted field in one spelling."""
    return ".".join(words(part.removesuffix("()")) for part in field.split("."))


def field(call: LibraryCall) -> Value | None:
    """A field (or a method without arguments) of what a verification gave back."""
    atom = next(iter(call.sources))
    assert isinstance(atom, Outcome)
    name = words(call.path)
    match atom.kind:
        case "field_eq":
            return _compared_field(atom, name)
        case "error_field":
            if name in ("error", "err", "errors") or atom.path == "error":
                return value_of(Outcome(atom.check, atom.kind, atom.field, atom.value, "error"))
            return unknown(f"the {name} of an answer", hint=name)
        case "row" | "answer":
            from cybrid_audit.models.checks import services

            return services.answer_field(call, atom, name)
        case "value_eq" if name in WRAPPERS:
            return value_of(atom)
        case _:
            return unknown(f"the {name} of an outcome", hint=name)


def _compared_field(atom: Outcome, name: str) -> Value:
    path = f"{atom.path}.{name}" if atom.path else name
    for wanted, value in atom.value or ():
        if path == wanted or (path == name and wanted.endswith(f".{name}") and atom.path == ""):
            done = "=" if value is True else wanted
            return value_of(Outcome(atom.check, atom.kind, atom.field, atom.value, done))
        if wanted.startswith(f"{path}."):
            return value_of(Outcome(atom.check, atom.kind, atom.field, atom.value, path))
    if name in WRAPPERS:
        return value_of(atom)
    return unknown(f"the {name} of an answer", hint=name)


def compare(interp: Interpreter, models: Models, atom: Outcome, other: Atom) -> Atom | None:
    """Return what `outcome == other` proves."""
    proofs = frozenset((atom.check,))
    value = other.value if isinstance(other, Const) else None
    if isinstance(value, bool):
        truthy, falsy = interp.proofs_if(atom, True), interp.proofs_if(atom, False)
        if truth(atom) is True:
            return Const(False)
        if value:
            return Bool(truthy, falsy)
        # Only what is a boolean (or False for failure) is known to be right when it is not False.
        exact = atom.kind in ("bool_true", "truthy", "answer") or atom.path == "="
        return Bool(falsy, truthy if exact else NO_PROOFS)
    if isinstance(other, Const) and value is None:
        if atom.kind in ("truthy", "non_null", "row") and not atom.path:
            return Bool(NO_PROOFS, proofs)
        if atom.kind == "error_field" and atom.path == "error":
            return Bool(proofs, NO_PROOFS)
        return Bool()
    if atom.kind == "value_eq":
        return Bool(proofs if fits(other, atom.value) else NO_PROOFS)
    if atom.kind == "field_eq":
        return Bool(
            proofs
            if any(atom.path == wanted and fits(other, value) for wanted, value in atom.value or ())
            else NO_PROOFS
        )
    if atom.kind in ("row", "answer"):
        from cybrid_audit.models.checks import services

        return services.answer_equal(models, atom, other)
    return Bool()


def fits(atom: Atom, wanted: Any) -> bool:
    """Whether a compared value is the one that proves: the same text whatever its case, or an enum member of that name."""
    if isinstance(atom, Const):
        if isinstance(atom.value, bool) or isinstance(wanted, bool):
            return atom.value is wanted
        return str(atom.value).lower() == str(wanted).lower()
    if isinstance(atom, Lib):
        return words(atom.path.rsplit(".", 1)[-1]) == words(str(wanted))
    return False


def one_of(atom: Outcome, other: Obj) -> Atom:
    """Return what `outcome in (…)` proves: every member has to be right."""
    items = other.items or []
    members = [each for item in items for each in item.atoms()]
    pairs = atom.value if atom.kind == "field_eq" else ((atom.path, atom.value),)
    right = bool(members) and all(
        any(atom.path == wanted and fits(each, value) for wanted, value in pairs or ()) for each in members
    )
    return Bool(frozenset((atom.check,)) if right else NO_PROOFS)


# ---------------------------------------------------------------- gates


def gate(call: LibraryCall) -> Value | None:
    """A decorator of a library that lets a function run only when a check passes; `weakened_by` are options that undo it."""
    value = call.args.positional[0] if call.args.positional else None
    if value is None:
        return None
    return behind(value, check_of(call))


def gate_call(call: LibraryCall) -> Value | None:
    """`gate(view)`, or `gate(options)` that makes the decorator."""
    if weakened(call.args, call.settings):
        return value_of(
            NativeFn(
                "no gate", lambda interp, args, place: args.positional[0] if args.positional else unknown("nothing")
            )
        )
    check = check_of(call)
    first = call.args.positional[0] if call.args.positional else None
    if first is not None and any(isinstance(atom, Fn | ClassInfo | NativeFn) for atom in first.atoms()):
        return behind(first, check)
    return value_of(
        NativeFn(
            "gate",
            lambda interp, args, place: behind(args.positional[0], check) if args.positional else unknown("nothing"),
        )
    )


def weakened(args: Arguments, settings: Any) -> bool:
    """Whether an option that lets callers without a factor pass is (or may be) on."""
    for name in settings.get("weakened_by") or ():
        value = args.keywords.get(name) or next(
            (held for v in args.positional if (held := field_of(v, name)) is not None), None
        )
        if value is not None and any(truth(atom) is not False for atom in value.atoms()):
            return True
    return False


def behind(value: Value, check: Check) -> Value:
    """Return the functions among the alternatives behind a check."""
    proofs = frozenset((check,))

    def change(atom: Atom) -> Atom:
        if isinstance(atom, Fn):
            return atom.behind(proofs)
        if isinstance(atom, NativeFn):
            inner = atom

            def impl(interp: Interpreter, args: Arguments, place: Place) -> Value:
                interp.pass_gates(proofs)
                return inner.impl(interp, args, place)

            return NativeFn(inner.name, impl)
        if isinstance(atom, ClassInfo):
            atom.gates = (atom.gates or NO_PROOFS) | proofs
        return atom

    return value.map(change)


def gate_middleware(call: LibraryCall) -> Value | None:
    """A function that makes a middleware, or is one: `claimIncludes('amr', 'mfa')`."""
    if not applies(call):
        return None
    check = check_of(call)
    return value_of(NativeFn(check.name, lambda interp, args, place: go_on_behind(interp, args, place, check)))


def go_on_behind(interp: Interpreter, args: Arguments, place: Place, check: Check) -> Value:
    """Pass the gate, then call what comes next."""
    from cybrid_audit.engine import calls

    interp.pass_gates(frozenset((check,)))
    following = [
        value for value in args.positional[1:] if any(isinstance(atom, NativeFn | Fn) for atom in value.atoms())
    ]
    if following and interp.state is not None:
        return calls.call(interp, following[-1], Arguments(), place, awaited=True)
    return unknown("nothing")


def gated_base(call: LibraryCall) -> Value | None:
    """A base class that guards the methods of its subclasses (see `Models.class_gates`)."""
    return None
