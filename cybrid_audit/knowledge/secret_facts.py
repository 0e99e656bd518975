"""What tells credentials in text, as the files below `secrets/` hold it. Plain tables, read when there is a candidate."""

from __future__ import annotations

from collections.abc import Mapping

from cybrid_audit.records import dataclass


@dataclass(frozen=True, slots=True)
class RoleNames:
    """The last words of names of one kind of value: `sure` ones say it by themselves, `weak` ones need the right shape."""

    sure: tuple[str, ...]
    weak: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """The content of `secrets/keys.yaml`. Every word is in lower case."""

    schema: str
    platform: frozenset[str]
    compounds: Mapping[str, str]
    roles: Mapping[str, RoleNames]
    behind: frozenset[str]
    wrappers: frozenset[str]
    pair_names: frozenset[str]
    neutral: frozenset[str]
    between: frozenset[str]
