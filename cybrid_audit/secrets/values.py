"""What a value looks like: a credential of the platform, something that holds one encoded, or neither."""

from __future__ import annotations

import binascii
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from cybrid_audit.records import dataclass
from cybrid_audit.secrets.placeholders import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cybrid_audit.knowledge import Knowledge

_OPEN: Final = re.compile(r"[A-Za-z0-9_\-+/=.~!@#%^&*]{16,128}")
"""What a credential of another form may be made of, where a name leaves no doubt."""
_LEAST_BITS: Final = 3.2
"""Bits a character of such a value: words and counted names have less."""
_LEAST_MIXED_BITS: Final = 3.8
"""Bits a character of a value of 40 characters or more: random ones of this length have 4.3 at least."""
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}|[A-Za-z0-9_-]+={0,2}")
_PRINTABLE: Final = re.compile(r"[\x20-\x7e\s]+")
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LEAST_CHANGES: Final = 0.34
_LONGEST_DECODED: Final = 20_000
"""Characters of an encoded text. Beyond it, the text is not decoded, and a credential in it is missed."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a bearer token of the platform says of itself."""

    subject: str
    environment: str
    expires: int
    scopes: tuple[str, ...]


class Shapes:
    """Tells values by their form."""

    def __init__(self, knowledge: Knowledge) -> None:
        tokens, self._hosts = knowledge.tokens, knowledge.hosts
        self._exact = re.compile(tokens.shapes["client_secret"])
        self._named = re.compile(tokens.named_shapes["client_secret"])
        self._signing = re.compile(tokens.shapes["webhook_signing_key"])
        self._guid = re.compile(tokens.shapes["guid"])
        self.jwt = re.compile(rf"(?<![A-Za-z0-9_.-]){tokens.jwt_regex}")

    def is_exact(self, text: str) -> bool:
        """Whether a text has the form of a client id or secret, and is none of a name's making."""
        return self._exact.fullmatch(text) is not None and _is_mixed(text) and not is_placeholder(text)

    def fits(self, role: str, text: str, *, is_sure: bool) -> bool:
        """Whether a text may be the credential that a name of the platform says it is."""
        if is_placeholder(text):
            return False
        if role == "signing_key":
            return self._signing.fullmatch(text) is not None
        if role == "access_token":
            return self.jwt.fullmatch(text) is not None and decoded_token(text) is not None
        if self._named.fullmatch(text) is not None and _is_mixed(text):
            return True
        return is_sure and self._is_open(role, text)

    def _is_open(self, role: str, text: str) -> bool:
        if _OPEN.fullmatch(text) is None or _UUID.search(text) is not None or self._guid.fullmatch(text) is not None:
            # A client secret of another make may be such a thing; an id is then some other record's.
            return role == "client_secret" and (_UUID.fullmatch(text) or self._guid.fullmatch(text)) is not None
        if (
            not any(map(str.isdigit, text))
            or text.isdigit()
            or "://" in text
            or text.startswith(("/", ".", "arn:", "@"))
        ):
            return False
        if re.fullmatch(r"[\w-]+(?:[./][\w-]+)+", text) and max(map(len, re.split(r"[./]", text))) < 16:
            # A path, a host or a version.
            return False
        return bits(text) >= _LEAST_BITS and _changes(text) >= _LEAST_CHANGES

    def token(self, text: str) -> Token | None:
        """Return what a token says of itself, or None when it is not one of the platform's."""
        claims = decoded_token(text)
        if claims is None:
            return None
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or not self._hosts.is_platform_host(issuer):
            return None
        scope = claims.get("scope")
        listed = scope if isinstance(scope, list) else scope.split() if isinstance(scope, str) else []
        expires = claims.get("exp")
        return Token(
            subject=str(claims.get("sub_type") or ""),
            environment=self._hosts.environment_of_host(issuer) or "",
            expires=expires if isinstance(expires, int) else 0,
            scopes=tuple(each for each in listed if isinstance(each, str)),
        )


def decoded_token(text: str) -> Mapping[str, Any] | None:
    """Return the claims of a JSON Web Token, or None when it is none. Nothing is verified."""
    import json

    parts = text.split(".")
    if len(parts) != 3 or len(text) > _LONGEST_DECODED:
        return None
    found: list[Any] = []
    for part in parts[:2]:
        try:
            found.append(
                json.loads(binascii.a2b_base64(part.replace("-", "+").replace("_", "/") + "=" * (-len(part) % 4)))
            )
        except (ValueError, RecursionError):
            return None
    head, claims = found
    return claims if isinstance(head, dict) and "alg" in head and isinstance(claims, dict) else None


def has_secret_form(text: str) -> bool:
    """Whether a text has the form of a client id or secret."""
    from cybrid_audit.knowledge import load

    return Shapes(load()).is_exact(text)


def decoded(text: str) -> tuple[str, str] | None:
    """Return the readable text that another encodes, and how; None when it encodes none."""
    if not 40 <= len(text) <= _LONGEST_DECODED:
        return None
    if _HEX.fullmatch(text) is not None:
        plain = _readable(binascii.unhexlify(text))
        if plain is not None:
            return plain, "hex"
    elif _BASE64.fullmatch(text) is not None and len(text.rstrip("=")) % 4 != 1:
        bare = text.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            plain = _readable(binascii.a2b_base64(bare + "=" * (-len(bare) % 4)))
        except ValueError:
            return None
        if plain is not None:
            return plain, "base64"
    return None


def unescaped(text: str) -> str | None:
    """Return a text with its URL encoding undone, or None when it has none."""
    plain = unquote(text)
    return plain if plain != text else None


def _readable(data: bytes) -> str | None:
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return None
    return text if _PRINTABLE.fullmatch(text) is not None else None


def bits(text: str) -> float:
    """Return the entropy of a text's characters, in bits a character."""
    from math import log2

    total = len(text)
    return -sum(count / total * log2(count / total) for count in map(text.count, set(text))) if total else 0.0


def _is_mixed(text: str) -> bool:
    """Whether small letters, capitals and digits are all in a text, and many of them: names and digests lack one."""
    has_all = any(map(str.isdigit, text)) and any(map(str.islower, text)) and any(map(str.isupper, text))
    return has_all and bits(text) >= _LEAST_MIXED_BITS and _changes(text) >= _LEAST_CHANGES


def _changes(text: str) -> float:
    """Return how often a letter or digit of a text is of another kind than the one before: small, capital, digit.

    Two random base64 characters differ in 63 of 100 cases, two neighbours in a name of several words in some 30."""
    kinds = ["digit" if each.isdigit() else "capital" if each.isupper() else "small" for each in text if each.isalnum()]
    return sum(first != second for first, second in pairwise(kinds)) / max(1, len(kinds) - 1)
