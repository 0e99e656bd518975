"""Checks of the customer's e-mail address that libraries offer."""

from __future__ import annotations

from cybrid_audit.engine.values import Check, Outcome, Promise, Value, truth, unknown, value_of
from cybrid_audit.models.checks import outcomes
from cybrid_audit.models.native import LibraryCall


def address_rows(call: LibraryCall) -> Value | None:
    """Rows of confirmed addresses: `EmailAddress.objects.filter(user=user, verified=True)`."""
    last = call.path.rsplit(".", 1)[-1]
    wanted = call.args.keywords.get("verified")
    if last in ("filter", "get") and (wanted is None or any(truth(atom) is not True for atom in wanted.atoms())):
        return None
    check = Check("email", call.place, "EmailAddress with verified=True")
    call.interp.perform(check)
    if last == "get":
        outcomes.passes_or_raises(call, frozenset((check,)))
        return unknown("a confirmed address")
    return value_of(Outcome(check, "row" if last == "filter" else "bool_true"))


def supabase_otp(call: LibraryCall) -> Value | None:
    """`auth.verifyOtp({type})`: a code or link by e-mail; one by text message proves no address."""
    texts = outcomes.argument_texts(call.args)
    if "sms" in texts or "phone_change" in texts:
        return value_of(Promise(unknown("a session")))
    return outcomes.verify(call)
