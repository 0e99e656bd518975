"""Checks the tables below `secrets/`: words that can never match, roles that no rule knows."""

from __future__ import annotations

import re
from typing import Any, Final

from cybrid_audit.knowledge._records import unique
from cybrid_audit.knowledge.errors import KnowledgeError
from cybrid_audit.knowledge.secret_facts import SecretFiles, SecretKeys, SecretResources

KEYS: Final = "secrets/keys.yaml"

FILES: Final = "secrets/files.yaml"

RESOURCES: Final = "secrets/resources.yaml"

TABLES: Final[dict[str, type]] = {KEYS: SecretKeys, FILES: SecretFiles, RESOURCES: SecretResources}
"""File to the record it holds."""

FORMATS: Final = ("dockerfile", "dotenv", "json", "yaml", "toml", "hcl", "xml", "properties", "ini")
"""What `config_files/` can parse."""

ROLES: Final = ("client_secret", "client_id", "access_token", "signing_key")


def check_secrets(tables: dict[str, Any]) -> None:
    """Raise KnowledgeError when one of the tables says something that cannot be."""
    _check_keys(tables[KEYS])
    files: SecretFiles = tables[FILES]
    for index, row in enumerate(files.formats):
        if row.format not in FORMATS:
            raise KnowledgeError(FILES, f"formats[{index}].format", f"{row.format!r} is none of {', '.join(FORMATS)}")
    for field in ("names", "prefixes", "suffixes"):
        unique((name for row in files.formats for name in sorted(getattr(row, field))), FILES, f"formats: {field}")

    for index, expression in enumerate(files.generic_markers):
        _compiles(FILES, f"generic_markers[{index}]", expression)
    resources: SecretResources = tables[RESOURCES]
    unique((row.type for row in resources.terraform_stores), RESOURCES, "terraform_stores")
    for field in ("environment_keys", "safe_keys"):
        for word in getattr(resources, field):
            if not word.isalnum() or word != word.lower():
                raise KnowledgeError(RESOURCES, field, f"{word!r} is not in lower case without separators")

    for index, build in enumerate(resources.public_builds):
        for number, expression in enumerate(build.expressions):
            _compiles(RESOURCES, f"public_builds[{index}].expressions[{number}]", expression)
    for index, expression in enumerate(resources.public_reads):
        if "{name}" not in expression:
            raise KnowledgeError(RESOURCES, f"public_reads[{index}]", "does not say where the name stands")
        _compiles(RESOURCES, f"public_reads[{index}]", expression.replace("{name}", "NAME"))


def _compiles(file: str, key: str, text: str) -> None:
    try:
        re.compile(text)
    except re.error as error:
        raise KnowledgeError(file, key, f"is no regular expression: {error}") from None


def _check_keys(keys: SecretKeys) -> None:
    for role in keys.roles:
        if role not in ROLES:
            raise KnowledgeError(KEYS, f"roles.{role}", f"is none of {', '.join(ROLES)}")
    for role in ROLES:
        if role not in keys.roles:
            raise KnowledgeError(KEYS, "roles", f"missing key {role!r}")
    unique((name for row in keys.roles.values() for name in (*row.sure, *row.weak)), KEYS, "roles")
    words: dict[str, Any] = {field: getattr(keys, field) for field in _WORDS}
    words |= {f"roles.{role}": (*row.sure, *row.weak) for role, row in keys.roles.items()}
    for field, listed in words.items():
        for word in listed:
            if word != word.lower():
                raise KnowledgeError(KEYS, field, f"{word!r} is not in lower case")


_WORDS: Final = ("platform", "compounds", "behind", "wrappers", "pair_names", "neutral", "between")
