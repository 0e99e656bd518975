"""The platform itself: telling its requests from others, the tokens they mint, the operations they perform.

Every outgoing request of every client ends in `send`, every call of a generated SDK in `perform_operation`; both end in the same
records, so that a rule does not depend on how a team calls the platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine import arms, operators
from cybrid_audit.engine.recorder import CallRecord, MintRecord, location_of
from cybrid_audit.engine.values import (
    NO_PROOFS,
    NONE,
    NOTHING,
    Arguments,
    Atom,
    Bool,
    Check,
    Claim,
    Const,
    Env,
    Fn,
    Input,
    Lib,
    MintBody,
    Obj,
    Place,
    PlatformData,
    Random,
    Response,
    Secret,
    Str,
    Stored,
    Token,
    Unknown,
    Value,
    constant,
    derived,
    leaves,
    parts_of,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.facts import (
    CredentialUse,
    Location,
    Ownership,
    ScopeRequest,
    Side,
    SourceKind,
    Step,
    TokenKind,
    TokenUse,
    TransportWeakness,
    ValueSource,
    Visit,
)
from cybrid_audit.models.http import HttpRequest
from cybrid_audit.models.native import field_of
from cybrid_audit.secrets.placeholders import is_placeholder

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Frame, Interpreter
    from cybrid_audit.knowledge.operations import Operation
    from cybrid_audit.knowledge.tokens import Mint

OURS: Final = re.compile(r"cybrid|(?:^|[_.])(?:bank|idp?|identity|org(?:anization)?)_?(?:api|base|host|url)", re.IGNORECASE)
"""Names of variables whose value is a base URL of the platform."""

OTHERS: Final = re.compile(
    r"auth0|okta|keycloak|cognito|stripe|plaid|twilio|clerk|supabase|firebase|google|github|gitlab|slack|paypal|persona|sumsub|"
    r"salesforce|hubspot|sendgrid|mailgun|datadog|sentry|azure|entra|microsoft|facebook|apple|onfido|ory|workos|stytch|descope",
    re.IGNORECASE,
)
"""Names of variables whose value leads to somebody else."""

ORGANIZATION_NAME: Final = re.compile(r"(?:^|[_.\W])org(?:ani[sz]ation)?s?(?:$|[_.\W])|organi[sz]ation(?=[A-Z_]|$)|(?<![a-zA-Z])org(?=[A-Z_])", re.IGNORECASE)


# ---------------------------------------------------------------- requests


def send(interp: Interpreter, out: HttpRequest) -> Value:
    """Perform a request and return its answer, for each URL and method it may have."""
    if interp.state is None:
        return NOTHING
    models = interp.models
    operations, tokens = models.knowledge.operations, models.knowledge.tokens
    models.acted(interp, "request", Arguments(positional=[each for each in (out.url, out.body, out.params) if each is not None]), out.place)
    body: Value = NOTHING
    ours = False
    texts = [text_of(atom) for atom in out.url.atoms()]
    pairs = [(url_atom, method_atom) for url_atom in out.url.atoms() for method_atom in out.method.atoms()]
    if len(out.url.alts) > 1 and len(out.method.alts) > 1:
        pairs = arms.together(pairs, models.memory("arms", dict))
    for url_atom, method_atom in pairs:
        text = text_of(url_atom)
        if text is None:
            text = "{?}"
        if text.endswith("/") and any(other is not None and other.startswith(f"{text}{{?}}") for other in texts):
            # The default of a path parameter: `args.guid ?? ""`.
            continue
        method = text_of(method_atom)
        method = method.upper() if isinstance(method, str) and method and "{?}" not in method else None
        if "{?}" in text and text.replace("{?}", "").strip("/") == "":
            continue
        mint = tokens.mint(method, text)
        operation = None if mint is not None and mint.operation is None else operations.match(method, text)
        if operation is None and mint is None:
            operation = operations.match_removed(method, text)
        if mint is None and operation is None:
            continue
        if not is_ours(interp, url_atom, text, out, mint):
            continue
        ours = True
        site, frames = call_site(interp, url_atom, text, method_atom, out.place)
        note_plain_http(interp, url_atom, text)
        note_verify_off(interp, out)
        if mint is not None:
            body = body.join(mint_token(interp, out, mint, operation, site, frames, url_atom))
        elif operation is not None:
            named = request_names(interp, operation, url_atom, out)
            in_sandbox = models.knowledge.hosts.environment_of_host(text) == "sandbox"
            bearer = authorization(interp, out)
            body = body.join(perform_operation(interp, operation, bearer, named, out.body, site, in_sandbox=in_sandbox))
    if ours:
        return value_of(Response(body, out.place))
    own = interp.models.handler("entries.own_route")
    from cybrid_audit.models.native import LibraryCall

    held = own(LibraryCall(interp, models, "", frozenset(), Arguments(positional=[out.url, out.method]), out.place, {"request": out}))
    if held is not None:
        return value_of(Response(held, out.place))
    interp.models.handler("sinks.request_elsewhere")(
        LibraryCall(interp, models, "", frozenset(), Arguments(positional=[out.url]), out.place, {"request": out})
    )
    from cybrid_audit.models.checks import services

    verdict = services.http_answer(interp, models, out.url, out.body, out.place)
    if verdict is not None:
        interp.perform(verdict.check)
        return value_of(verdict)
    sources = derived("the answer of a request", out.url)
    return value_of(Response(sources, out.place))


def is_ours(interp: Interpreter, url: Atom, text: str, out: HttpRequest, mint: Mint | None) -> bool:
    """Whether a request whose path is one of the platform's goes to the platform."""
    known = interp.models.knowledge.hosts.is_platform_host(text)
    if known is not None:
        return known
    if text.startswith("/"):
        # A relative path goes to whoever serves the page, unless a client with a base of unknown value sends it.
        return False
    names = " ".join(_names_before_path(url))
    if OURS.search(names):
        return True
    if OTHERS.search(names):
        return False
    bearer = authorization(interp, out)
    if any(isinstance(leaf, Token) for leaf in leaves(bearer)):
        return True
    if mint is not None:
        fields = body_fields(interp, out.body)
        scopes = fields.get("scope") or fields.get("scopes")
        if scopes is not None:
            asked = {name for leaf in leaves(scopes) if isinstance(leaf, Const) and isinstance(leaf.value, str) for name in leaf.value.split()}
            if asked:
                return bool(asked & interp.models.knowledge.scopes.known)
    return any(interp.models.mentions(frame.module.path) for frame in interp.frames)


def _names_before_path(url: Atom) -> list[str]:
    names: list[str] = []
    for part in parts_of(url):
        if isinstance(part, Const):
            if isinstance(part.value, str) and re.search(r"/(?:api|oauth)/", part.value):
                break
            continue
        names.extend(name_of(leaf) for leaf in leaves(part))
    return names


def name_of(atom: Atom) -> str:
    """Return the name that a value was read by, for hints."""
    match atom:
        case Env(name=name) | Secret(name=name) | Input(name=name):
            return name
        case Stored(key=key):
            return key
        case Unknown(hint=hint):
            return hint
        case Lib(path=path):
            return path
        case _:
            return ""


def call_site(interp: Interpreter, url: Atom, text: str, method: Atom, place: Place) -> tuple[Place, int]:
    """Return the call expression in which method and path are both constant, and the frame that it stands in.

    A literal is stamped with the frame in which it entered the data flow; the frame above the lowest such stamp was called
    with the literal, so its call is the site."""
    index = {frame.id: number for number, frame in enumerate(interp.frames)}
    top = len(interp.frames) - 1
    lowest = top
    start = _path_start(text)
    position = 0
    for part in parts_of(url):
        length = len(text_of(part) or "{?}")
        if isinstance(part, Const) and position + length > start and isinstance(part.value, str):
            piece = part.value[max(0, start - position) :]
            before_query = piece.split("?", 1)[0]
            if before_query.strip("/"):
                lowest = min(lowest, index.get(part.stamp, top))
            if "?" in piece:
                break
        position += length
    if isinstance(method, Const):
        lowest = min(lowest, index.get(method.stamp, top))
    literals = {part.place for part in (*parts_of(url), method) if isinstance(part, Const) and part.place is not None}
    while lowest < top and _captures(interp.frames[lowest + 1], interp.frames[lowest], literals):
        lowest += 1
    if lowest < top:
        called = interp.frames[lowest + 1].call_place
        if called is not None and called.path:
            return _where_built(interp.frames[lowest + 1], url, method, called) or called, lowest
    return place, top


def _captures(inner: Frame, outer: Frame, literals: set[Place]) -> bool:
    """Whether an activation sees the literals of the one that called it because it was defined there, not by its arguments."""
    scope = inner.scope.parent
    while scope is not None and scope is not outer.scope:
        if any(isinstance(leaf, Const) and leaf.place in literals for held in scope.vars.values() for leaf in leaves(held, depth=1)):
            # A closure keeps them from an activation that is over.
            return False
        scope = scope.parent
    if scope is None or inner.function is None:
        return False
    for name in parameter_names(inner.function):
        for leaf in leaves(inner.scope.vars.get(name, NOTHING)):
            if isinstance(leaf, Const) and leaf.place in literals:
                return False
    return True


def parameter_names(function: ir.Function) -> Iterator[str]:
    """Yield the names that the parameters of a function bind."""
    waiting: list[object] = [param.target for param in function.params]
    while waiting:
        match waiting.pop():
            case ir.Name(id=name):
                yield name
            case ir.DefaultPattern(target=target):
                waiting.append(target)
            case ir.ListPattern(items=items):
                waiting.extend(items)
            case ir.ObjectPattern(entries=entries, rest=rest):
                waiting.extend([*(target for _, target in entries), rest])
            case _:
                pass


def _where_built(frame: Frame, url: Atom, method: Atom, called: Place) -> Place | None:
    """Return where a request builder was given method and path, when it was not in the call that sends the request."""
    this = frame.fn.this if frame.fn is not None else None
    literal = next((part.place for part in parts_of(url) if isinstance(part, Const) and part.place is not None and part.place.path == called.path), None)
    if this is None or literal is None or not isinstance(method, Const) or method.place is None:
        return None
    if called.line <= literal.line <= called.end_line:
        return None
    kept = {part.place for obj in this.only(Obj) for held in obj.fields.values() for atom in held.atoms() for part in parts_of(atom) if isinstance(part, Const)}
    return literal if {literal, method.place} <= kept else None


def _path_start(text: str) -> int:
    found = re.search(r"/?(?:api|oauth)/", text)
    return found.start() if found else 0


# ---------------------------------------------------------------- what a request carries


def authorization(interp: Interpreter, out: HttpRequest) -> Value:
    """Return what the request authenticates with: the Authorization header, else the client's authentication."""
    held = out.headers.get("authorization")
    if held is None and out.auth is not None:
        held = auth_header(interp, out)
    if held is None and out.rest_headers is not None:
        found = [leaf for leaf in leaves(out.rest_headers) if isinstance(leaf, Token | Env | Secret | Stored | Unknown | Input)]
        held = value_of(*found) if found else None
    return held if held is not None else NOTHING


def auth_header(interp: Interpreter, out: HttpRequest) -> Value | None:
    """Return the header that an authentication object or pair makes."""
    from cybrid_audit.engine import calls
    from cybrid_audit.models.http import merge_headers

    result: Value = NOTHING
    for atom, proofs in (out.auth or NOTHING).alts:
        if isinstance(atom, Obj) and atom.cls is not None:
            for name in ("__call__", "auth_flow", "sync_auth_flow", "async_auth_flow"):
                method = calls.bound_method(interp, atom, name, out.place)
                if method is None:
                    continue
                prepared = interp.new("object", place=out.place)
                headers = interp.new("map", place=out.place)
                prepared.fields = {"headers": value_of(headers), "url": out.url, "method": out.method}
                calls.call(interp, method, Arguments(positional=[value_of(prepared)]), out.place, awaited=True)
                fresh = HttpRequest(out.method, out.url, out.place)
                merge_headers(interp, fresh, prepared.fields["headers"])
                if "authorization" in fresh.headers:
                    result = result.join(fresh.headers["authorization"])
                break
        elif isinstance(atom, Fn):
            prepared = interp.new("object", place=out.place)
            headers = interp.new("map", place=out.place)
            prepared.fields = {"headers": value_of(headers), "url": out.url, "method": out.method}
            calls.call(interp, value_of(atom), Arguments(positional=[value_of(prepared)]), out.place, awaited=True)
            fresh = HttpRequest(out.method, out.url, out.place)
            merge_headers(interp, fresh, prepared.fields["headers"])
            result = result.join(fresh.headers.get("authorization", NOTHING))
        elif isinstance(atom, Obj) and (pair := _pair(interp, atom)) is not None:
            result = result.join(operators.concat(interp, [constant("Basic "), pair[0], constant(":"), pair[1]], out.place))
        elif not isinstance(atom, Const):
            result = result.join(Value(((atom, proofs),)))
    return result if result.alts else None


def _pair(interp: Interpreter, obj: Obj) -> tuple[Value, Value] | None:
    if obj.kind == "list" and obj.items is not None and len(obj.items) == 2:
        return obj.items[0], obj.items[1]
    user = field_of(value_of(obj), "username", "user", "login")
    password = field_of(value_of(obj), "password", "pass")
    return (user, password) if user is not None and password is not None else None


def body_fields(interp: Interpreter, body: Value | None) -> dict[str, Value]:
    """Return the fields of a request body: of objects, forms, and text that is put together by hand."""
    result: dict[str, Value] = {}
    if body is None:
        return result
    for atom in body.atoms():
        found: dict[str, Value] = {}
        if isinstance(atom, Obj) and atom.kind == "list":
            for item in operators.known_items(interp, value_of(atom)) or []:
                pair = operators.known_items(interp, item)
                if pair is not None and len(pair) == 2:
                    found.update({name: pair[1] for name in pair[0].strings()})
        elif isinstance(atom, Obj):
            for name, held in atom.fields.items():
                found[snake(name)] = interp.models.read_accessor(interp, held, interp.no_place(""))
        elif isinstance(atom, Str | Const):
            found = text_fields(atom)
        elif isinstance(atom, Input):
            # A body that is passed on as it came: whoever sends it chooses what is in it.
            found = {name: value_of(Input(atom.kind, name)) for name in ("scope", "scopes")}
        for name, held in found.items():
            result[name] = held if name not in result else result[name].join(held)
    return result


_FIELD = re.compile(r"""["']?([A-Za-z_][\w\-]*)["']?\s*[:=]\s*["']?([^&"',}\n]*)""")
_MARK = re.compile("\x00(\\d+)\x00")


def text_fields(atom: Atom) -> dict[str, Value]:
    """Return `key=value` and `"key": value` pairs of a string with holes."""
    parts = parts_of(atom)
    text = ""
    origin: Const | None = None
    for number, part in enumerate(parts):
        if isinstance(part, Const):
            text += text_of(part) or ""
            origin = origin or part
        else:
            text += f"\x00{number}\x00"
    if len(text) > 20_000:
        return {}
    result: dict[str, Value] = {}
    for found in _FIELD.finditer(text):
        pieces: list[Atom] = []
        position = 0
        value = found.group(2)
        for mark in _MARK.finditer(value):
            if mark.start() > position:
                pieces.append(_piece(value[position : mark.start()], origin))
            pieces.append(parts[int(mark.group(1))])
            position = mark.end()
        if position < len(value):
            pieces.append(_piece(value[position:], origin))
        if pieces:
            result[snake(found.group(1))] = value_of(operators.make_str(pieces))
    return result


def _piece(text: str, origin: Const | None) -> Const:
    return Const(text, origin.place, origin.stamp, "", origin.function) if origin is not None else Const(text)


def snake(name: str) -> str:
    """Return a field name in the platform's spelling: `customerGuid` is `customer_guid`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def request_names(interp: Interpreter, operation: Operation, url: Atom, out: HttpRequest) -> dict[str, Value]:
    """Return what the request names: fields of the body, of the query, and the parameters of the path."""
    named = body_fields(interp, out.body)
    named.update(body_fields(interp, out.params))
    text = text_of(url) or ""
    query = _before_query(url)
    if query[1]:
        named.update(text_fields(operators.make_str(list(query[1]))))
    del text
    segments = split_segments(query[0])
    wanted = operation.path.strip("/").split("/")
    if len(segments) >= len(wanted):
        for template, given in zip(wanted, segments[len(segments) - len(wanted) :], strict=True):
            if template.startswith("{") and given:
                named[template.strip("{}")] = value_of(operators.make_str(given))
    return named


def _before_query(url: Atom) -> tuple[list[Atom], list[Atom]]:
    """Return the parts of a URL before and after its question mark."""
    before: list[Atom] = []
    after: list[Atom] = []
    target = before
    for part in parts_of(url):
        if target is before and isinstance(part, Const) and isinstance(part.value, str) and "?" in part.value:
            head, _, tail = part.value.partition("?")
            before.append(Const(head, part.place, part.stamp))
            target = after
            if tail:
                after.append(Const(tail, part.place, part.stamp))
        else:
            target.append(part)
    return before, after


def split_segments(parts: list[Atom]) -> list[list[Atom]]:
    """Return path segments, each as the atoms it is made of."""
    segments: list[list[Atom]] = [[]]
    for part in parts:
        if isinstance(part, Const) and isinstance(part.value, str):
            for index, chunk in enumerate(part.value.split("/")):
                if index:
                    segments.append([])
                if chunk:
                    segments[-1].append(Const(chunk, part.place, part.stamp))
        else:
            segments[-1].append(part)
    return [segment for segment in segments if segment]


# ---------------------------------------------------------------- operations


def perform_operation(
    interp: Interpreter, operation: Operation, bearer: Value, named: dict[str, Value], body: Value | None, site: Place,
    *, in_sandbox: bool = False,
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
            trace = (Step(mint.site.path, mint.site.line, f"a {token.kind} token is requested here"),) if mint is not None else ()
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
    for origin in dict.fromkeys(unknown_origins):
        uses.append(TokenUse(TokenKind.UNKNOWN, frozenset(), origin))
    if not uses and not found:
        uses.append(TokenUse(TokenKind.UNKNOWN, frozenset(), "no Authorization header is visible"))
    return uses


def is_empty(atom: Atom) -> bool:
    """Whether an Authorization value holds no token: nothing, or a scheme with nothing behind it."""
    return all(isinstance(part, Const) and (not part.value or str(part.value).strip().lower() in ("bearer", "token")) for part in parts_of(atom))


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
    parts = [part for part in parts_of(atom) if isinstance(part, Const) and isinstance(part.value, str) and part.value.strip().lower() not in ("bearer", "basic", "")]
    if len(parts) == 1 and len([p for p in parts_of(atom) if not isinstance(p, Const)]) == 0:
        const = parts[0]
        text = str(const.value).strip()
        bare = re.sub(r"(?i)^bearer\s+", "", text)
        return Const(bare, const.place, const.stamp, const.encoding, const.function) if bare else None
    return None


def note_access_token(interp: Interpreter, literal: Const, site: Place) -> None:
    """Record a literal access token."""
    source = source_of(interp, literal, site)
    fact = CredentialUse("access_token", (source,), location_of(site), interp.models.recorder.side(site.path), ())
    interp.models.recorder.add(("credential", "access_token", source, site), fact)


def ownership_of(interp: Interpreter, operation: Operation, uses: list[TokenUse], named: dict[str, Value], body: Value | None) -> Ownership:
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
    guids = {name: value for name, value in named.items() if name.endswith("_guid") or name.endswith("_guids")}
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
    found = [leaf.call for leaf in leaves(value) if isinstance(leaf, PlatformData) and isinstance(leaf.call, CallRecord)]
    others = [
        leaf for leaf in leaves(value) if isinstance(leaf, Env | Input | Stored | Secret | Claim) or (isinstance(leaf, Unknown) and not leaf.sources)
    ]
    if not found or others:
        return Ownership.UNKNOWN
    if all(call.is_bank_level for call in found):
        return Ownership.BANK
    if any(Ownership.CUSTOMER in call.ownerships for call in found):
        return Ownership.CUSTOMER
    return Ownership.UNKNOWN


# ---------------------------------------------------------------- minting


def mint_token(
    interp: Interpreter, out: HttpRequest, mint: Mint, operation: Operation | None, site: Place, frame: int, url: Atom
) -> Value:
    """Record a token request and return its answer."""
    recorder = interp.models.recorder
    fields = body_fields(interp, out.body)
    fields_in_query = body_fields(interp, out.params)
    for name, held in fields_in_query.items():
        fields.setdefault(name, held)
    scopes_value = fields.get("scopes") or fields.get("scope")
    is_customer = mint.kinds == ("customer",)
    grant = fields.get("grant_type")
    if not is_customer and grant is not None and grant.strings() and not any("client_credentials" in text for text in grant.strings()):
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

        recorder.add(("exposure", site, "client-mint"), Exposure(kind, "client-mint", location_of(site), frozenset((key,)), trace))
    return value_of(MintBody(Token(kind.value, key)))


def client_kind(interp: Interpreter, scopes: ScopeRequest, pairs: list[tuple[str, Value, bool]], url: Atom) -> TokenKind:
    """Return whether client credentials are a bank's or an organization's."""
    told = interp.models.knowledge.tokens.kind_of_scopes(scopes.names)
    if told is not None:
        return TokenKind(told)
    names = [name_of(leaf) for _, value, _ in pairs for leaf in leaves(value)]
    if any(name and ORGANIZATION_NAME.search(name) for name in names):
        return TokenKind.ORGANIZATION
    return TokenKind.BANK


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
                found = [name for name in re.split(r"[\s+]+|%20", text) if name]
                names.update(found)
                if found and atom.place is not None:
                    places.append(atom.place)
                    functions.add(id(atom.function) if atom.function is not None else 0)
            case Const(value=None):
                complete = complete and depth > 0
            case Str(parts=parts):
                # Names are put together of parts: only what stands between spaces is one.
                text = "".join((text_of(part) or "") if isinstance(part, Const) else "\0" for part in parts)
                found = [name for name in re.split(r"[\s+]+|%20", text) if name]
                names.update(name for name in found if "\0" not in name)
                first = next((part for part in parts if isinstance(part, Const) and part.place is not None), None)
                if first is not None and isinstance(first, Const) and first.place is not None:
                    places.append(first.place)
                    functions.add(id(first.function) if first.function is not None else 0)
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
                user = location_of(interp.place_of_input(atom)) if hasattr(interp, "place_of_input") else Location("", 0)
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


# ---------------------------------------------------------------- credentials


def credential_pair(interp: Interpreter, out: HttpRequest, fields: dict[str, Value], bearer: Value) -> list[tuple[str, Value, bool]]:
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
    return Const(user, const.place, const.stamp, "base64", const.function), Const(password, const.place, const.stamp, "base64", const.function)


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
    recorder.replace(key, CredentialUse(role, ordered, location_of(site), recorder.side(site.path), trace, is_basic))
    interp.models.memory("secret atoms", dict).setdefault(role, set()).update(
        leaf for leaf in leaves(value) if isinstance(leaf, Env | Secret | Stored | Const) and not (isinstance(leaf, Const) and not leaf.value)
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
    rows = [source_of(interp, leaf, site) for leaf in leaves(atom) if isinstance(leaf, Env | Secret | Stored | Input | Random)]
    if rows:
        return rows
    literals = [leaf for leaf in leaves(atom) if isinstance(leaf, Const) and isinstance(leaf.value, str | bytes) and leaf.place is not None and len(leaf.value) >= 8]
    if literals:
        return [source_of(interp, literals[0], site)]
    return [source_of(interp, atom, site)]


def source_of(interp: Interpreter, atom: Atom, site: Place) -> ValueSource:
    """Return the source of a credential that an atom is."""
    here = location_of(site)
    match atom:
        case Const(value=value, place=place):
            text = value if isinstance(value, str) else value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            return ValueSource(
                SourceKind.LITERAL, "literal", location_of(place) if place is not None else here, interp.models.recorder.mask(text),
                is_placeholder(text), atom.encoding,
            )
        case Env(name=name, place=place, how=how):
            return ValueSource(SourceKind.ENVIRONMENT, name, location_of(place) if place is not None else here, encoding=how)
        case Secret(manager=manager, name=name, place=place):
            kind = SourceKind.ENCRYPTED_FILE if manager == "encrypted file" else SourceKind.SECRETS_MANAGER
            return ValueSource(kind, name or manager, location_of(place) if place is not None else here)
        case Stored(store=store, key=key, place=place):
            kind = {"file": SourceKind.FILE, "database": SourceKind.DATABASE, "prompt": SourceKind.PROMPT}.get(store, SourceKind.UNKNOWN)
            return ValueSource(kind, key or store, location_of(place) if place is not None else here)
        case Input(kind=kind_name, name=name):
            if kind_name in ("argument", "prompt"):
                return ValueSource(SourceKind.PROMPT, name or kind_name, here)
            return ValueSource(SourceKind.REQUEST, name or kind_name, here)
        case _:
            return ValueSource(SourceKind.UNKNOWN, name_of(atom) or "a value that could not be followed", here)


# ---------------------------------------------------------------- transport


def note_plain_http(interp: Interpreter, url: Atom, text: str) -> None:
    """Record a platform address without TLS."""
    if not text.lower().startswith("http://"):
        return
    host = text[7:].split("/", 1)[0].lower()
    if host.startswith(("localhost", "127.", "[::1]", "0.0.0.0", "host.docker.internal", "{?}")) or "." not in host:
        return
    literal = next((part for part in parts_of(url) if isinstance(part, Const) and part.place is not None), None)
    if literal is None or literal.place is None:
        return
    recorder = interp.models.recorder
    fact = TransportWeakness("http-url", location_of(literal.place), host, recorder.trace(interp, literal.place, "an address without TLS"))
    recorder.add(("transport", literal.place), fact)


def note_verify_off(interp: Interpreter, out: HttpRequest) -> None:
    """Record that certificate checks are off for a request to the platform."""
    for value, place, name in out.verify:
        at = verification_off(interp, value, place, name)
        if at is not None and at.path:
            recorder = interp.models.recorder
            fact = TransportWeakness("verification-off", location_of(at), name, recorder.trace(interp, at, "certificate checks are switched off"))
            recorder.add(("transport", at), fact)
            break
    for at in interp.models.memory("tls off", list):
        recorder = interp.models.recorder
        fact = TransportWeakness("verification-off", location_of(at), "process-wide", recorder.trace(interp, at, "certificate checks are switched off"))
        recorder.add(("transport", at), fact)


def verification_off(interp: Interpreter, value: Value, place: Place, name: str) -> Place | None:
    """Return where an option's value switches certificate checks off, or None."""
    for atom in value.atoms():
        if isinstance(atom, Const) and atom.value is False and name not in ("trust_env",):
            return place
        if isinstance(atom, Const) and atom.value in (0, "CERT_NONE") and name == "cert_reqs":
            return place
        if isinstance(atom, Lib) and atom.path.endswith(("CERT_NONE", "_create_unverified_context()")):
            return place
        if isinstance(atom, Obj):
            weak = atom.fields.get("%verification off")
            if weak is not None:
                return next((each.place for each in weak.atoms() if isinstance(each, Const)), None) or atom.place or place
            for key in ("rejectUnauthorized", "verify", "verify_ssl", "strictSSL", "check_hostname"):
                held = atom.fields.get(key)
                if held is not None and any(isinstance(each, Const) and each.value is False for each in held.atoms()):
                    return atom.place if atom.kind == "agent" and atom.place is not None else _switch(atom.place, place)
            for key in ("connect", "tls", "https", "agentOptions", "httpsAgent", "requestTls"):
                held = atom.fields.get(key)
                if held is not None:
                    inner = atom.place if atom.kind == "agent" and atom.place is not None else _switch(atom.place, place)
                    found = verification_off(interp, held, inner, key)
                    if found is not None:
                        return found
    return None


def _switch(options: Place | None, call: Place) -> Place:
    """Return where a switch stands: at its options, or at the call whose own arguments they are."""
    if options is None or (options.path == call.path and call.line <= options.line and options.end_line <= call.end_line):
        return call
    return options


__all__ = ["MintRecord", "Visit", "perform_operation", "send"]
