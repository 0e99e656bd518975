"""Every outgoing request of every client: telling the platform's from others, and what each does there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import arms
from cybrid_audit.engine.recorder import location_of
from cybrid_audit.engine.values import (
    NOTHING,
    Arguments,
    Atom,
    Const,
    Place,
    Response,
    Token,
    Value,
    derived,
    leaves,
    parts_of,
    text_of,
    value_of,
)
from cybrid_audit.facts import NotOurs, OtherRequest
from cybrid_audit.knowledge.hosts import host_of
from cybrid_audit.models.platform.minting import mint_token
from cybrid_audit.models.platform.operations import perform_operation
from cybrid_audit.models.platform.parts import authorization, body_fields, name_of, request_names
from cybrid_audit.models.platform.sites import call_site
from cybrid_audit.models.platform.transport import note_plain_http, note_verify_off

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.knowledge.tokens import Mint
    from cybrid_audit.models.http import HttpRequest

OURS: Final = re.compile(
    r"cybrid|(?:^|[_.])(?:bank|idp?|identity|org(?:anization)?)_?(?:api|base|host|url)", re.IGNORECASE
)
"""Names of variables whose value is a base URL of the platform."""

OTHERS: Final = re.compile(
    r"auth0|okta|keycloak|cognito|stripe|plaid|twilio|clerk|supabase|firebase|google|github|gitlab|slack|paypal|persona|sumsub|"
    r"salesforce|hubspot|sendgrid|mailgun|datadog|sentry|azure|entra|microsoft|facebook|apple|onfido|ory|workos|stytch|descope",
    re.IGNORECASE,
)
"""Names of variables whose value leads to somebody else."""


def send(interp: Interpreter, out: HttpRequest) -> Value:
    """Perform a request and return its answer, for each URL and method it may have."""
    if interp.state is None:
        return NOTHING
    models = interp.models
    operations, tokens = models.knowledge.operations, models.knowledge.tokens
    models.acted(
        interp,
        "request",
        Arguments(positional=[each for each in (out.url, out.body, out.params) if each is not None]),
        out.place,
    )
    body: Value = NOTHING
    ours = False
    refused: dict[str, NotOurs] = {}
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
            refused[""] = NotOurs.UNKNOWN
            continue
        path = _behind_proxy(interp, text)
        mint = tokens.mint(method, path)
        operation = None if mint is not None and mint.operation is None else operations.match(method, path)
        if operation is None and mint is None:
            operation = operations.match_removed(method, path)
        if mint is None and operation is None:
            refused[host_of(text)] = _NO_OPERATION[is_platform_host(interp, text)]
            continue
        if not is_ours(interp, url_atom, text, out, mint):
            known = is_platform_host(interp, text)
            refused[host_of(text)] = NotOurs.HOST if known is False else NotOurs.UNKNOWN_HOST
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

    held = own(
        LibraryCall(
            interp, models, "", frozenset(), Arguments(positional=[out.url, out.method]), out.place, {"request": out}
        )
    )
    if held is not None:
        refused = dict.fromkeys(refused or ("",), NotOurs.OWN_ROUTE)
    note_elsewhere(interp, out.place, refused)
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


_NO_OPERATION: Final = {True: NotOurs.NO_OPERATION, False: NotOurs.HOST, None: NotOurs.UNKNOWN}
"""Why a request that fits no operation is none to the platform, by whether its host is the platform's."""


def note_elsewhere(interp: Interpreter, place: Place, refused: Mapping[str, NotOurs]) -> None:
    """Record why a request is none to the platform, by its host."""
    if place.path:
        for host, why in refused.items():
            shown = host.replace("{?}", "…")
            interp.models.recorder.add(
                ("elsewhere", place, host, why), OtherRequest(location_of(place), shown if shown != "…" else "", why)
            )


def _behind_proxy(interp: Interpreter, text: str) -> str:
    """Return a URL without what a declared proxy puts before the platform's own path: `https://proxy/bank/api/trades`."""
    if not _is_declared(interp, text):
        return text
    own = _OWN_PATH.search(text)
    return text[own.start() :] if own is not None else text


_OWN_PATH: Final = re.compile(r"/(?:api|oauth)/")


def _is_declared(interp: Interpreter, text: str) -> bool:
    declared = interp.program.project.config.hosts
    host = host_of(text) if declared else ""
    return host in declared or host.partition(":")[0] in declared


def is_platform_host(interp: Interpreter, text: str) -> bool | None:
    """Return what the host of a URL tells, also by the hosts that the project declares; None when it does not tell."""
    if _is_declared(interp, text):
        return True
    return interp.models.knowledge.hosts.is_platform_host(text)


def is_ours(interp: Interpreter, url: Atom, text: str, out: HttpRequest, mint: Mint | None) -> bool:
    """Whether a request whose path is one of the platform's goes to the platform."""
    known = is_platform_host(interp, text)
    if known is not None:
        return known
    if text.startswith("/"):
        # A relative path goes to whoever serves the page, unless a client with a base of unknown value sends it.
        return False
    before = _names_before_path(url)
    if any(name in interp.program.project.config.env_base_urls for name in before):
        return True
    names = " ".join(before)
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
            asked = {
                name
                for leaf in leaves(scopes)
                if isinstance(leaf, Const) and isinstance(leaf.value, str)
                for name in leaf.value.split()
            }
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
