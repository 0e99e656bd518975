"""Plugins for detect-secrets: what this tool knows of the platform's credentials, for those who run that tool by itself.

detect-secrets scan --plugin path/to/cybrid_audit/secrets/plugins.py"""

from __future__ import annotations

from collections.abc import Generator
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from detect_secrets.plugins.base import BasePlugin

if TYPE_CHECKING:
    from cybrid_audit.secrets.search import Search


class _Detector(BasePlugin):
    """Yields the values of one role in a line."""

    role: ClassVar[str] = ""
    secret_type = ""

    def analyze_string(self, string: str, **_: Any) -> Generator[str, None, None]:
        """Yield every value of the role that the line holds."""
        from cybrid_audit.secrets.search import Scope

        for hit in _search().hits(string, Scope()):
            if hit.role == self.role:
                yield string[hit.start : hit.end]


class CybridClientSecretDetector(_Detector):
    """Client secrets of the Cybrid Platform."""

    secret_type = "Cybrid Client Secret"  # noqa: S105 - a name
    role = "client_secret"


class CybridClientIdDetector(_Detector):
    """Client ids of the Cybrid Platform."""

    secret_type = "Cybrid Client Id"  # noqa: S105 - a name
    role = "client_id"


class CybridAccessTokenDetector(_Detector):
    """Bearer tokens that name the Cybrid Platform as their issuer."""

    secret_type = "Cybrid Access Token"  # noqa: S105 - a name
    role = "access_token"


class CybridWebhookSigningKeyDetector(_Detector):
    """Keys that sign the webhooks of the Cybrid Platform."""

    secret_type = "Cybrid Webhook Signing Key"  # noqa: S105 - a name
    role = "signing_key"


@cache
def _search() -> Search:
    from cybrid_audit.knowledge import load
    from cybrid_audit.secrets.names import Names
    from cybrid_audit.secrets.search import Search
    from cybrid_audit.secrets.values import Shapes

    knowledge = load()
    keys = knowledge.secret_keys
    return Search(Names(keys), Shapes(knowledge), keys.platform)
