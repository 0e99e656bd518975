"""How tokens are minted and what their scopes tell of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cybrid_audit.knowledge.operations import path_of


class Mint:
    """A request that mints a token. `kinds` are the kinds of token it can give; `operation` its id where it has one."""

    __slots__ = ("fields", "host", "id", "kinds", "method", "operation", "path")

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self.id: str = stored["id"]
        self.method: str = stored["method"]
        self.path: str = stored["path"]
        self.host: str = stored["host"]
        self.kinds: tuple[str, ...] = tuple(stored["kinds"])
        self.fields: tuple[str, ...] = tuple(stored["fields"])
        self.operation: str | None = stored["operation"]

    def __repr__(self) -> str:
        return f"<mint {self.id}>"


class Tokens:
    """The minting calls, scope hints, names and prefixes. What else is known is in `token_facts.py`."""

    __slots__ = (
        "_bank_hints",
        "_organization_hints",
        "credential_names",
        "jwt_regex",
        "mints",
        "named_shapes",
        "names_not_secret",
        "public_prefixes",
        "shapes",
        "signature_header",
    )

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self.mints = tuple(Mint(each) for each in stored["mints"])
        """The requests that mint tokens."""
        self._organization_hints: tuple[str, ...] = tuple(stored["organization_hints"])
        self._bank_hints: tuple[str, ...] = tuple(stored["bank_hints"])
        self.credential_names = frozenset(stored["credential_names"])
        """Names that credentials of the platform usually have in code and configuration."""
        self.names_not_secret = frozenset(stored["names_not_secret"])
        """Names beside them that hold no secret."""
        self.public_prefixes: tuple[str, ...] = tuple(stored["public_prefixes"])
        """Prefixes of environment variables that go out with a browser bundle or an app."""
        self.jwt_regex: str = stored["jwt_regex"]
        """What a bearer token looks like."""
        self.shapes: Mapping[str, str] = stored["shapes"]
        """What credentials and guids look like: expressions for the whole value, by what it is."""
        self.named_shapes: Mapping[str, str] = stored["named_shapes"]
        """What else they may look like where a name says that they are the platform's."""
        self.signature_header: str = stored["signature_header"]
        """The header that signs a webhook event."""

    def mint(self, method: str | None, path: str) -> Mint | None:
        """Return the minting call that a request makes; `path` is written as for `Operations.match`.

        A request without a known method counts, since these paths take nothing but POST."""
        bare = path_of(path)
        for each in self.mints:
            if bare == each.path and (method is None or method.upper() == each.method):
                return each
        return None

    def kind_of_scopes(self, scopes: Iterable[str]) -> str | None:
        """Return `organization` or `bank` when one of the scopes only fits that kind of client credential.

        None when none tells, or when they contradict each other."""
        told = set()
        for scope in scopes:
            if _is_hinted(scope, self._organization_hints):
                told.add("organization")
            if _is_hinted(scope, self._bank_hints):
                told.add("bank")
        return told.pop() if len(told) == 1 else None


def _is_hinted(scope: str, hints: tuple[str, ...]) -> bool:
    return any(scope == hint or (hint.endswith(":*") and scope.startswith(hint[:-1])) for hint in hints)
