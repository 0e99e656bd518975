"""Handlers of the platform's events: whether the signature is checked before they act.

An HTTP entry is such a handler when it reads the fields or the signature header of a platform event. It acts when it hands event data
to something that has an effect: a call of the platform, a database, a store, a queue, a library; what only reads, hashes, parses or
logs is no act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cybrid_audit import ir
from cybrid_audit.engine.recorder import location_of
from cybrid_audit.engine.values import Atom, Fn, Input, Place, Value, leaves, place_of
from cybrid_audit.facts import EntryKind, GuardState, GuardView, Side, Trace, WebhookHandler
from cybrid_audit.models.checks.names import names_of, words

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models import Models
    from cybrid_audit.models.entries import Entry

EVENT_FIELDS: Final = frozenset({"event_type", "object_guid"})
"""Fields of a platform event that no other provider's event has together."""

HINT: Final = r"(?:^|_)(?:web_?hooks?|hooks?|events?|callbacks?|ipn|notifications?|receiver|listener)(?:_|$)"
PURE: Final = (
    r"(?:^|_)(?:parse|loads?|dumps|stringify|decode|encode|digest|hexdigest|hash|hmac|compare|timing_safe_equal|verify|validate|schema|log|logger|console|print|info|warn|warning|"
    r"error|debug|exception|json|text|buffer|bytes|str|len|from|new|import_key|sign|create_hmac|capture_exception|capture_message|model_validate|safe_parse|get|match|test|split|strip|"
    r"lower|startswith|is_array|isinstance|format|child|set_context|set_tag|trace|span|raw|read|headers|response|respond|status|send_status|jsonify|make_response|next|abort|"
    r"http_exception|http_response|json_response|http_response_forbidden|text_decoder|text_encoder|uint8_array|array_from|unhexlify|b64decode|fromhex|create_hash|importkey|range|int|float|bool|list|dict|tuple|set|sorted|any|all|enumerate|wraps|partial)$"
)
"""Last names of calls that have no effect on the event's account."""

PURE_PARTS: Final = (
    r"(?:^|_)(?:hmac|crypto|hashlib|subtle|logger|log|logging|console|sentry|winston|pino|zod|ajv|joi|hash)(?:_|$)"
)
EVENT_INPUT: Final = frozenset({"body", "request", "argument", "event", "message", "payload", "data", "token", ""})


ROUTES: Final = frozenset(
    {
        "post",
        "put",
        "patch",
        "get",
        "all",
        "route",
        "api_route",
        "api_view",
        "action",
        "websocket",
        "add_route",
        "view",
        "view_config",
        "httppost",
    }
)
"""Last names of decorators that register a route."""


class Watch:
    """What is seen of one HTTP entry while it runs."""

    __slots__ = ("acts", "entry", "performed", "reads")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.reads: set[str] = set()
        self.acts: list[tuple[GuardView, bool, Trace]] = []
        self.performed = False


def begin(models: Models, entry: Entry) -> Watch | None:
    """An entry point starts: return what watches it, None for what no event comes in by."""
    if entry.kind not in (EntryKind.HTTP_ROUTE, EntryKind.WEBHOOK, EntryKind.LIBRARY):
        return None
    if models.recorder.side(entry.place) in (Side.TEST, Side.DOCS, Side.VENDORED, Side.CLIENT):
        return None
    return Watch(entry)


def read(watch: Watch, name: str) -> None:
    """A part of the request is read by name."""
    if name:
        watch.reads.add(words(name))


def acted(interp: Interpreter, models: Models, watch: Watch, path: str, values: list[Value], place: Place) -> None:
    """Something is called with these values: an act when event data is among them."""
    names = names_of(models)
    segments = [words(part) for part in path.replace("()", "").split(".") if part]
    if segments and (names.has(segments[-1], PURE) or any(names.has(part, PURE_PARTS) for part in segments)):
        return
    found = False
    for value in values:
        for atom in leaves(value, depth=3):
            if isinstance(atom, Input) and atom.kind in EVENT_INPUT:
                found = True
                read(watch, atom.name)
    if found and interp.state is not None:
        note(interp, models, watch, place)


def note(interp: Interpreter, models: Models, watch: Watch, place: Place) -> None:
    """The handler acts here."""
    if len(watch.acts) > 40 or interp.state is None:
        return
    view = models.recorder.guard(interp.state, "signature")
    proven = [any(c.kind == "signature" for c in status.proven) for status in interp.state.statuses]
    performed = [any(c.kind == "signature" for c in status.performed) for status in interp.state.statuses]
    opens = view.state is not GuardState.ENFORCED and any(proven) and not all(proven) and not all(performed)
    watch.acts.append((view, opens, models.recorder.trace(interp, place, "the handler acts on the event here")))


def end(interp: Interpreter, models: Models, watch: Watch) -> None:
    """The entry point has run: record it when it handled a platform event."""
    if not is_platform_event(models, watch):
        return
    if not watch.acts:
        if interp.state is None or not watch.reads & EVENT_FIELDS:
            return
        models.recorder.entry = watch.entry.point
        note(interp, models, watch, watch.entry.place)
        models.recorder.entry = None
        if not watch.acts or watch.acts[0][0].state is not GuardState.ABSENT:
            return
    order = (GuardState.ABSENT, GuardState.IGNORED, GuardState.UNPROVEN, GuardState.ENFORCED)
    view, _, trace = min(watch.acts, key=lambda act: order.index(act[0].state))
    opens = any(act[1] for act in watch.acts)
    if watch.entry.kind is EntryKind.LIBRARY and view.state is not GuardState.ENFORCED:
        return
    fails_open = "a path on which the key or the header is missing skips the check" if opens else ""
    at = handler_place(models, watch.entry)
    models.recorder.add(("webhook", at), WebhookHandler(location_of(at), view, fails_open, trace))


def is_platform_event(models: Models, watch: Watch) -> bool:
    """Whether what came in is an event of the platform."""
    entry = watch.entry
    names = names_of(models)
    header = words(models.knowledge.tokens.signature_header)
    fields = watch.reads & EVENT_FIELDS
    path = entry.place.path
    source = _source(models, path)
    by_header = header in watch.reads or models.knowledge.tokens.signature_header.lower() in source or header in source
    hinted = any(names.has(words(text), HINT) for text in (entry.path, entry.name, path))
    ours = models.mentions(path) or "cybrid" in f"{entry.path} {entry.name} {path}".lower()
    if fields == EVENT_FIELDS:
        return hinted or ours or by_header
    return (by_header and bool(watch.acts) and (bool(fields) or hinted or header in watch.reads)) or (
        bool(fields) and hinted and ours
    )


def _source(models: Models, path: str) -> str:
    try:
        return models.project.source(path).decode("utf-8", "replace").lower()
    except OSError:
        return ""


def handler_place(models: Models, entry: Entry) -> Place:
    """Return the handler's place: its first decorator, the call that registers it, or its first line."""
    for fn in (*entry.handler.only(Fn), *models.program.functions.values()):
        if fn.module.path != entry.place.path:
            continue
        function = fn.function
        here = function.span
        if function.decorators and (
            here.line == entry.place.line or any(each.span.line == entry.place.line for each in function.decorators)
        ):
            ordered = sorted(function.decorators, key=lambda each: each.span.line)
            route = next((each for each in ordered if decorator_name(each) in ROUTES), ordered[0])
            return place_of(fn.module.path, route.span)
    return entry.place


def decorator_name(node: ir.Expr) -> str:
    """Return the last name of a decorator, in lower case."""
    if isinstance(node, ir.Call):
        node = node.func
    return (node.name if isinstance(node, ir.Attribute) else node.id if isinstance(node, ir.Name) else "").lower()


def event_atoms(value: Value) -> list[Atom]:
    """Return the parts of the request in a value."""
    return [atom for atom in leaves(value, depth=3) if isinstance(atom, Input)]
