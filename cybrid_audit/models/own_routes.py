"""Requests of a project to its own routes: what a route hands out is what the request gets.

A request is taken for one to a route of the project when its path fits the route's, and its host may be the project's: it has none,
it comes from a variable, or it is a local name. What routes hand out is gathered while they run; a later pass reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes
from cybrid_audit.engine.values import NOTHING, Obj, Value, text_of, unknown
from cybrid_audit.facts import Side
from cybrid_audit.models.native import Native

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter
    from cybrid_audit.models.entries import Entry
    from cybrid_audit.models.native import LibraryCall

CHANNELS: Final = frozenset({"response", "json", "body"})
HOLE: Final = "{?}"
SERVED: Final = ("public", "src", "static", "www", "")
"""Folders of a package whose files are served under their own names."""
LEAST_ALIKE: Final = 2
"""Words of a path that a route has to share with a request to another host."""
_PARAMETER: Final = re.compile(r"^(?::.*|\*.*|\[.*\]|<.*>|\{.*\}|\$.*)$")
_RELATIVE: Final = re.compile(r"(?:\./)?[\w-][\w./-]{0,200}\.json$")
_LOCAL: Final = re.compile(
    r"^(?:localhost|127\.[\d.]+|0\.0\.0\.0|\[::1\]|host\.docker\.internal|[a-z0-9_-]+)(?::\d+)?$", re.IGNORECASE
)


def note(interp: Interpreter, value: Value, channel: str) -> None:
    """Remember what the running route hands out."""
    entry = interp.models.running
    if entry is None or not entry.path or channel not in CHANNELS:
        return
    # What a framework makes of an answer holds it as well; what it was made from is handed over by itself.
    plain = Value(
        tuple(
            pair
            for pair in value.without_proofs().alts
            if not (isinstance(pair[0], Obj) and isinstance(pair[0].native, Native))
        )
    )
    answers: dict[tuple[str, str], Value] = interp.models.memory("answers of routes", dict)
    key = (entry.method, entry.path)
    held = answers.get(key, NOTHING)
    answers[key], grown = attributes.absorb(held, plain)
    interp.store_version += grown


def answer(call: LibraryCall) -> Value | None:
    """Return what the routes of the project that a request may reach hand out, None when it reaches none."""
    from cybrid_audit.models import entries

    url, method = call.args.positional
    methods = {text.upper() for text in method.strings()}
    answers: dict[tuple[str, str], Value] = call.models.memory("answers of routes", dict)
    result = NOTHING
    found = False
    for atom in url.atoms():
        segments, least = target(call, text_of(atom) or HOLE)
        if segments is None:
            continue
        served = static_file(call, segments) if least < LEAST_ALIKE else None
        if served is not None:
            found, result = True, result.join(served)
        for entry in best(entries.registered(call.models), segments, methods, least) if least else ():
            found = True
            result = result.join(answers.get((entry.method, entry.path), NOTHING))
    if not found:
        return None
    return result if result.alts else unknown("the answer of a route of the project")


def target(call: LibraryCall, text: str) -> tuple[list[str] | None, int]:
    """Return the path segments of a URL that may lead to the project, and how many words a route must share with it; none is a
    file beside the page, which is no route."""
    own = own_path(text)
    if own is not None:
        return own, 1
    if _RELATIVE.match(text):
        return [each for each in text.split("/") if each != "."], 0
    if call.models.recorder.side(call.place.path) is Side.CLIENT:
        # A front end knows its server by its public name: where more than one word of the path fits, it is that.
        return elsewhere(text), LEAST_ALIKE
    return None, 0


def own_path(text: str) -> list[str] | None:
    """Return the path segments of a URL that may lead to the project itself, else None."""
    bare = text.split("?", 1)[0] if not text.startswith(HOLE) else HOLE + text[len(HOLE) :].split("?", 1)[0]
    bare = bare.split("#", 1)[0]
    scheme, found, rest = bare.partition("://")
    if found:
        host, _, path = rest.partition("/")
        if HOLE not in host and not _LOCAL.match(host):
            return None
    elif bare.startswith("/"):
        path = bare[1:]
    elif bare.startswith(HOLE):
        _, slash, path = bare.partition("/")
        if not slash:
            return None
    else:
        return None
    del scheme
    return [segment for segment in path.split("/") if segment]


def static_file(call: LibraryCall, segments: list[str]) -> Value | None:
    """Return the content of a JSON file that a front end's server serves as it is, None when there is none."""
    if not segments or not segments[-1].endswith(".json") or HOLE in segments[-1]:
        return None
    from cybrid_audit.models.javascript.sources import file_content

    project, tail = call.models.project, "/".join(segments)
    root = project.package_root(call.place.path)
    for folder in SERVED:
        path = "/".join(part for part in (root, folder, tail) if part)
        if path in project.tracked:
            return file_content(call.interp, path)
    return None


def elsewhere(text: str) -> list[str] | None:
    """Return the path segments of a URL with a host of its own."""
    scheme, found, rest = text.split("?", 1)[0].split("#", 1)[0].partition("://")
    if not found or scheme not in ("http", "https"):
        return None
    return [segment for segment in rest.partition("/")[2].split("/") if segment]


def best(routes: list[Entry], segments: list[str], methods: set[str], least: int = 1) -> list[Entry]:
    """Return the routes that fit a path with the most literal segments, and with so many at least."""
    most = least - 1
    found: list[Entry] = []
    for entry in routes:
        if not entry.path or (
            methods and entry.method and entry.method not in methods and entry.method not in ("ALL", "ANY", "*")
        ):
            continue
        literal = fit(entry.path, segments)
        if literal > most:
            most, found = literal, [entry]
        elif literal >= least and literal == most:
            found.append(entry)
    return found


def fit(pattern: str, segments: list[str]) -> int:
    """Return how many literal segments of a route's path fit a request's path, 0 when it does not fit."""
    wanted = [segment for segment in pattern.split("/") if segment]
    if len(wanted) != len(segments):
        return 0
    literal = 0
    for want, given in zip(wanted, segments, strict=True):
        if _PARAMETER.match(want):
            continue
        if want != given:
            return 0
        literal += 1
    return literal


__all__ = ["answer", "note"]
