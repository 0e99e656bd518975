"""What a project may say of its own functions, and of libraries nobody else has: a few effects, and the settings of each.

Each effect is a handler of `cybrid_audit/models` that a row of `rules/models` may name too. Only these may be named in a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.knowledge.library_models import LibraryModels


@dataclass(frozen=True, slots=True)
class Effect:
    """What a function does, for people, the handler by family of languages (`any` for all), and what may be set."""

    text: str
    handlers: Mapping[str, str]
    settings: Mapping[str, tuple[str, ...]]
    """Names of settings, each with the words it may be; none: any text. `NUMBER` stands for a position among the arguments."""


NUMBER: Final = "a number"
"""Stands for the position of an argument, from 0."""

EFFECTS: Final[Mapping[str, Effect]] = {
    "verifies": Effect(
        "verifies a second factor, an e-mail address or a signature; the outcome counts once it is enforced",
        {"any": "checks/outcomes.verify"},
        {
            "kind": ("mfa", "email", "signature"),
            "factor": (),
            "outcome": ("bool_true", "bool_async", "truthy", "non_null", "field_eq", "raises", "rejects"),
            "field": (),
            "value": (),
        },
    ),
    "verifies-nothing": Effect(
        "looks like a verification by its name and is none", {"any": "checks/outcomes.nothing"}, {}
    ),
    "requests": Effect(
        "sends an HTTP request; where in its arguments are method (or which), address, body, options",
        {"any": "http.request"},
        {
            "method": ("GET", "POST", "PUT", "PATCH", "DELETE", NUMBER),
            "url": (NUMBER,),
            "body": (NUMBER,),
            "params": (NUMBER,),
            "options": (NUMBER,),
        },
    ),
    "http-client": Effect("makes an HTTP client", {"any": "http.client"}, {}),
    "reads-secret": Effect(
        "reads a secrets manager",
        {"python": "python/sources.secret", "javascript": "javascript/sources.secret", "any": "environment.secret"},
        {"manager": ()},
    ),
    "logs": Effect("writes its arguments to a log", {"any": "sinks.log"}, {}),
}
"""The effects by the name under which `does` may name them."""


@dataclass(frozen=True, slots=True)
class OwnModel:
    """A row of the configuration: the functions `at`, what they do, with which settings; `family` limits it, or is empty."""

    at: tuple[str, ...]
    does: str
    settings: tuple[tuple[str, str | int], ...] = ()
    family: str = ""
    line: int = 0

    def handler(self, family: str) -> str | None:
        """Return the handler for code of a family of languages, None where there is none."""
        if self.family and self.family != family:
            return None
        handlers = EFFECTS[self.does].handlers
        return handlers.get(family) or handlers.get("any")


def library_models(rows: tuple[OwnModel, ...], family: str) -> LibraryModels:
    """Return the rows that hold for one family of languages, to be found by access path."""
    from cybrid_audit.knowledge.library_models import FAMILIES, LibraryModels, compile_models

    documents: list[dict[str, Any]] = [
        {"at": list(row.at), "does": handler, "with": dict(row.settings)}
        for row in rows
        if (handler := row.handler(family)) is not None
    ]
    assert family in FAMILIES, family
    return LibraryModels(compile_models({"configuration": {"models": documents}})[family])
