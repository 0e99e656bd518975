"""What a name says of the value beside it: which kind of credential it is, and whose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from cybrid_audit.knowledge.secret_facts import SecretKeys

_WORD: Final = re.compile(r"(?:[A-Z]+(?![a-z])|[A-Z]?[a-z]+)\d*|\d+")
_LONGEST: Final = 200
"""Characters of a name that are looked at, from its end."""


class Owner(StrEnum):
    """Whose a name says that the value is."""

    PLATFORM = "platform"
    NOBODY = "nobody"
    """It names nobody: what stands around it decides."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Name:
    """What a name says. `role` is empty when it is no credential's; `is_sure` when no other word would be needed."""

    text: str
    role: str
    is_sure: bool
    owner: Owner


class Names:
    """Reads names. `environment` gives the role of variables that the code is known to mint with."""

    def __init__(self, keys: SecretKeys, environment: Mapping[str, str] | None = None) -> None:
        self.environment = environment or {}
        self.paths = {
            each: tuple(each.split("/", 1) if "/" in each else each.lstrip(".").split("."))
            for each in self.environment
            if "." in each or "/" in each
        }
        """The keys of those names of it that are paths of keys, or an object and a key of it."""
        self._keys = keys
        self._seen: dict[str, Name] = {}
        self._endings: dict[tuple[str, ...], tuple[str, bool]] = {}
        for role, row in keys.roles.items():
            self._endings.update({tuple(each.split()): (role, False) for each in row.weak})
            self._endings.update({tuple(each.split()): (role, True) for each in row.sure})
        self._longest = max(map(len, self._endings))

    @property
    def platform(self) -> frozenset[str]:
        """The platform's own name, in lower case."""
        return self._keys.platform

    def words(self, text: str) -> list[str]:
        """Return the words of a name, in lower case."""
        found: list[str] = []
        for match in _WORD.finditer(text[-_LONGEST:]):
            word = match[0].lower()
            for platform in self._keys.platform:
                if word.startswith(platform) and word != platform:
                    found.append(platform)
                    word = word[len(platform) :]
            if word not in self._keys.behind and word not in self._keys.compounds:
                bare = word.rstrip("0123456789")
                if bare and bare != word:
                    found += self._keys.compounds.get(bare, bare).split()
                    word = word[len(bare) :]
            found += self._keys.compounds.get(word, word).split()
        return found

    def read(self, text: str) -> Name:
        """Return what a name says."""
        held = self._seen.get(text)
        if held is None:
            held = self._seen[text] = self._read(text)
        return held

    def _read(self, text: str) -> Name:
        role = self.environment.get(text)
        if role is not None:
            return Name(text, role, True, Owner.PLATFORM)
        words = self.words(text)
        end = len(words)
        while end:
            for size in range(min(self._longest, end), 0, -1):
                ending = self._endings.get(tuple(words[end - size : end]))
                if ending is not None:
                    before = words[: end - size]
                    return Name(text, ending[0], ending[1], self.owner(words[end:] + before))
            if words[end - 1] not in self._keys.behind:
                break
            end -= 1
        return Name(text, "", False, self.owner(words))

    def owner(self, words: Iterable[str]) -> Owner:
        """Return whose words are."""
        found = Owner.NOBODY
        for word in words:
            if word in self._keys.platform:
                return Owner.PLATFORM
            if word not in self._keys.neutral and word not in self._keys.behind and not word.isdigit():
                found = Owner.OTHER
        return found

    def is_plain(self, text: str) -> bool:
        """Whether a name has no words beside the platform's own and those that name nobody else."""
        return all(
            word in self._keys.platform or word in self._keys.neutral or word in self._keys.behind or word.isdigit()
            for word in self.words(text)
        )

    def is_wrapper(self, text: str) -> bool:
        """Whether a key only wraps a value that the key around it names."""
        return _plain(text) in self._keys.wrappers

    def is_pair_name(self, text: str) -> bool:
        """Whether a key of a pair holds the name of what the other holds."""
        return _plain(text) in self._keys.pair_names

    def is_between(self, text: str) -> bool:
        """Whether a word may stand between a name and its value: a function, a type, an operator."""
        return _plain(text.rpartition(".")[2]) in self._keys.between or text.lower() in self._keys.between


def _plain(text: str) -> str:
    return text.lower().replace("_", "").replace("-", "")
