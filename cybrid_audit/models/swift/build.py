"""What the build of an Apple app writes into its property list: `Info.plist`, and the `.xcconfig` files that fill it in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine.values import Const, Place, Value, value_of
from cybrid_audit.secrets.values import has_secret_form

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter

_ENTRY: Final = re.compile(r"<key>\s*([^<]+?)\s*</key>\s*<string>([^<]*)</string>")
_SETTING: Final = re.compile(r"^[ \t]*(\w+)(?:\[[^\]\n]*\])*[ \t]*=[ \t]*([^\n]*?)[ \t]*$", re.MULTILINE)
_REFERENCE: Final = re.compile(r"\$[({](\w+)(?::\w+)?[)}]")
_CREDENTIAL: Final = re.compile(r"(?i)secret|client_?id|token|password|(?:api|private|signing)_?key")
_DEPTH: Final = 4


def value_named(interp: Interpreter, name: str) -> Value | None:
    """Return what a key of the property list holds, as far as the tree says; None for what it does not, and for credentials."""
    if _CREDENTIAL.search(name):
        return None
    known: dict[str, Value] = interp.models.memory("values of Info.plist", lambda: _values(interp))
    held = known.get(name)
    return None if held is None or any(map(has_secret_form, held.strings())) else held


def _values(interp: Interpreter) -> dict[str, Value]:
    project = interp.models.project
    settings: dict[str, list[str]] = {}
    entries: list[tuple[str, str, Place]] = []
    for path in sorted(project.tracked):
        if not path.endswith((".plist", ".xcconfig")):
            continue
        data = project.text_file(path)
        if data is None:
            continue
        text = data.decode("utf-8", "replace")
        if path.endswith(".xcconfig"):
            for match in _SETTING.finditer(text):
                # `//` would be a comment: addresses are written `https:/$()/host`.
                value = match[2].replace("$()", "")
                if value not in settings.setdefault(match[1], []):
                    settings[match[1]].append(value)
            continue
        for match in _ENTRY.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            entries.append((match[1], match[2], Place(path, line, 0, line, 0)))
    found: dict[str, Value] = {}
    for key, text, place in entries:
        for each in _filled(text, settings, _DEPTH):
            value = value_of(Const(each, place))
            found[key] = value if key not in found else found[key].join(value)
    return found


def _filled(text: str, settings: dict[str, list[str]], depth: int) -> list[str]:
    """Return what a text may be once its references are filled in; nothing where one is unknown or a credential."""
    match = _REFERENCE.search(text)
    if match is None:
        return [text]
    if depth <= 0 or _CREDENTIAL.search(match[1]):
        return []
    return [
        each
        for value in settings.get(match[1], [])
        for each in _filled(text[: match.start()] + value + text[match.end() :], settings, depth - 1)
    ]
