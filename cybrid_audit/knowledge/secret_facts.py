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


@dataclass(frozen=True, slots=True)
class FileFormat:
    """Files that one parser reads, by name: one of `names`, or a start or an end of it."""

    format: str
    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """The content of `secrets/files.yaml`."""

    schema: str
    formats: tuple[FileFormat, ...]
    sample_names: frozenset[str]
    sealed_keys: frozenset[str]
    sealed_values: tuple[str, ...]
    credential_files: tuple[str, ...]
