"""Telling the platform's hosts from others, also when parts of them are not constant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cybrid_audit.knowledge.operations import HOLE

_SCHEME: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*|(?:\{\?\})+):?//", re.IGNORECASE)
_HOST_END: Final = re.compile(r"[/\\#]|(?<!\{)\?")


class Hosts:
    """Reads hosts. A text may be a URL or a host, and may hold `{?}` for what is not constant."""

    __slots__ = ("_complete_with", "_domain", "_environments", "_internal_domain", "_internal_hosts", "_labels")

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._labels: Mapping[str, str] = stored["labels"]
        self._environments: tuple[str, ...] = tuple(stored["environments"])
        self._domain: str = stored["domain"]
        self._internal_domain: str = stored["internal_domain"]
        self._internal_hosts: Mapping[str, str] = stored["internal_hosts"]
        self._complete_with = frozenset(stored["complete_with"])

    def is_platform_host(self, text: str) -> bool | None:
        """Whether a host belongs to the platform's APIs; None when the constant part does not tell.

        `https://bank.{?}.cybrid.app` does, `https://api.other.com` does not, `{?}` and `https://{?}/api/trades` do not
        tell. `https://id.{?}` does: the official demos put their hosts together like that."""
        host = host_of(text)
        if host == "":
            return None
        if HOLE not in host:
            return self._is_ours(host)
        head, _, rest = host.partition(HOLE)
        tail = rest.rpartition(HOLE)[2] if HOLE in rest else rest
        if self._ends_in_domain(tail):
            return True
        if tail == "" and rest == "":
            # The hole may be the rest of the host, or a path behind it.
            if self._is_ours(head.rstrip(".")):
                return True
            if head.endswith(":"):
                return self._is_ours(head[:-1])
            if head.endswith(".") and head[:-1] in self._labels:
                return True
            if "." in head and head.rpartition(".")[2] in self._complete_with and not self._may_go_on(head):
                return False
            return None
        if "." in tail and not tail.startswith(":"):
            # A constant end that is another domain: `{?}.example.com`. An end without a dot could be part of anything.
            return None if self._domain.endswith(tail.lstrip(".")) and not tail.startswith(".") else False
        return None

    def api_of_host(self, text: str) -> str | None:
        """Return `bank`, `id` or `organization` when the host's first label tells, and the host may be the platform's."""
        host = host_of(text)
        internal = self._internal_hosts.get(_without_port(host))
        if internal is not None:
            return internal
        label, dot, _ = host.partition(".")
        api = self._labels.get(label) if dot else None
        return api if api is not None and self.is_platform_host(text) is not False else None

    def environment_of_host(self, text: str) -> str | None:
        """Return `sandbox`, `production`, `staging` or `demo` when the host of the platform names it."""
        if not self.is_platform_host(text):
            return None
        for label in host_of(text).split("."):
            if label in self._environments:
                return label
        return None

    def _is_ours(self, host: str) -> bool:
        host = _without_port(host)
        return host == self._domain or any(
            host.endswith(f".{domain}") for domain in (self._domain, self._internal_domain)
        )

    def _ends_in_domain(self, tail: str) -> bool:
        tail = _without_port(tail)
        # The hole before `.cybrid.app` may be anything; directly before `cybrid.app` it ends in a dot, or the host is odd.
        return tail.lstrip(".") == self._domain or tail.endswith(f".{self._domain}")

    def _may_go_on(self, head: str) -> bool:
        return head.partition(".")[0] in self._labels


def host_of(text: str) -> str:
    """Return the host of a URL, or of a host by itself, in lower case, with its port and holes; empty when there is none."""
    text = text.strip()
    scheme = _SCHEME.match(text)
    if scheme is not None:
        text = text[scheme.end() :]
    elif text.startswith("/"):
        return ""
    end = _HOST_END.search(text)
    if end is not None:
        text = text[: end.start()]
    return text.rpartition("@")[2].lower()


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and (port.isdigit() or port == "") else host
