"""Requests to the platform without TLS, or without certificate checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.recorder import location_of
from cybrid_audit.engine.values import (
    Atom,
    Const,
    Lib,
    Obj,
    Place,
    Value,
    parts_of,
)
from cybrid_audit.facts import (
    TransportWeakness,
)

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models.http import HttpRequest


LOCAL_HOSTS: Final = ("localhost", "127.", "[::1]", "0.0.0.0", "host.docker.internal", "{?}")  # noqa: S104 - names, not a bind
"""How hosts begin that never leave the machine, or are not known."""


def note_plain_http(interp: Interpreter, url: Atom, text: str) -> None:
    """Record a platform address without TLS."""
    if not text.lower().startswith("http://"):
        return
    host = text[7:].split("/", 1)[0].lower()
    if host.startswith(LOCAL_HOSTS) or "." not in host:
        return
    literal = next((part for part in parts_of(url) if isinstance(part, Const) and part.place is not None), None)
    if literal is None or literal.place is None:
        return
    recorder = interp.models.recorder
    fact = TransportWeakness(
        "http-url", location_of(literal.place), host, recorder.trace(interp, literal.place, "an address without TLS")
    )
    recorder.add(("transport", literal.place), fact)


def note_verify_off(interp: Interpreter, out: HttpRequest) -> None:
    """Record that certificate checks are off for a request to the platform."""
    for value, place, name in out.verify:
        at = verification_off(interp, value, place, name)
        if at is not None and at.path:
            recorder = interp.models.recorder
            fact = TransportWeakness(
                "verification-off",
                location_of(at),
                name,
                recorder.trace(interp, at, "certificate checks are switched off"),
            )
            recorder.add(("transport", at), fact)
            break
    for at in interp.models.memory("tls off", list):
        recorder = interp.models.recorder
        fact = TransportWeakness(
            "verification-off",
            location_of(at),
            "process-wide",
            recorder.trace(interp, at, "certificate checks are switched off"),
        )
        recorder.add(("transport", at), fact)


def verification_off(interp: Interpreter, value: Value, place: Place, name: str) -> Place | None:
    """Return where an option's value switches certificate checks off, or None."""
    for atom in value.atoms():
        if isinstance(atom, Const) and atom.value is False and name != "trust_env":
            return place
        if isinstance(atom, Const) and atom.value in (0, "CERT_NONE") and name == "cert_reqs":
            return place
        if isinstance(atom, Lib) and atom.path.endswith(("CERT_NONE", "_create_unverified_context()")):
            return place
        if isinstance(atom, Obj):
            weak = atom.fields.get("%verification off")
            if weak is not None:
                return (
                    next((each.place for each in weak.atoms() if isinstance(each, Const)), None) or atom.place or place
                )
            for key in ("rejectUnauthorized", "verify", "verify_ssl", "strictSSL", "check_hostname"):
                held = atom.fields.get(key)
                if held is not None and any(isinstance(each, Const) and each.value is False for each in held.atoms()):
                    return atom.place if atom.kind == "agent" and atom.place is not None else _switch(atom.place, place)
            for key in ("connect", "tls", "https", "agentOptions", "httpsAgent", "requestTls"):
                held = atom.fields.get(key)
                if held is not None:
                    inner = (
                        atom.place if atom.kind == "agent" and atom.place is not None else _switch(atom.place, place)
                    )
                    found = verification_off(interp, held, inner, key)
                    if found is not None:
                        return found
    return None


def _switch(options: Place | None, call: Place) -> Place:
    """Return where a switch stands: at its options, or at the call whose own arguments they are."""
    if options is None or (
        options.path == call.path and call.line <= options.line and options.end_line <= call.end_line
    ):
        return call
    return options
