"""What lets too many read a credential: workflows, images, policies, roles, modes of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cybrid_audit.records import dataclass
from cybrid_audit.secrets.names import Names, Owner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cybrid_audit.knowledge.secret_facts import SecretResources

CREDENTIALS = frozenset({"client_secret", "client_id", "access_token"})


@dataclass(frozen=True, slots=True)
class Broad:
    """A line that hands a credential to too many; the fields are those of `BroadAccess`."""

    message: str
    line: int
    name: str
    detail: str = ""


class Watch:
    """What the readers of this folder know: names of credentials, and the tables."""

    def __init__(self, names: Names, tables: SecretResources) -> None:
        self.names = names
        self.tables = tables

    def role(self, name: str) -> str:
        """Return which credential of the platform a name is for; '' when it is none."""
        told = self.names.read(name)
        is_ours = told.owner is Owner.PLATFORM and told.role in CREDENTIALS
        return told.role if is_ours and (told.is_sure or told.role == "client_secret") else ""

    def may_hold(self, name: str) -> bool:
        """Whether a name is the platform's and says nothing beside that it is a credential, an application, an environment."""
        told = self.names.read(name)
        return told.owner is Owner.PLATFORM and told.role != "signing_key" and self.names.is_plain(name)

    def first(self, found: Iterable[tuple[str, int]]) -> tuple[str, int] | None:
        """Return the name and line that stand for a group: the secret's before a token's before an id's, then the first."""
        rows = [(self.role(name), line, name) for name, line in found]
        rows = [row for row in rows if row[0]]
        if not rows:
            return None
        order = ("client_secret", "access_token", "client_id")
        best = min(rows, key=lambda row: (order.index(row[0]), row[1]))
        return best[2], best[1]
