"""Configuration and infrastructure, read with parsers: keys and values with their places, and what resources they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cybrid_audit.config_files.nodes import FormatError, Kind, Node

if TYPE_CHECKING:
    from cybrid_audit.knowledge.secret_facts import SecretFiles

__all__ = ["FormatError", "Kind", "Node", "format_of", "is_sample", "parse"]


def format_of(path: str, files: SecretFiles) -> str:
    """Return how a file is read, told by its name; '' when no parser reads it."""
    name = path.rpartition("/")[2]
    for row in files.formats:
        if name in row.names or name.endswith(row.suffixes or "\0") or name.startswith(row.prefixes or "\0"):
            return row.format
    return ""


def is_sample(path: str, files: SecretFiles) -> bool:
    """Whether a file's name says that it shows what another looks like."""
    name = path.rpartition("/")[2].lower()
    parts = name.replace("-", ".").replace("_", ".").split(".")
    return name not in files.no_samples and not files.sample_names.isdisjoint(parts)


def parse(format_: str, text: str) -> list[Node]:
    """Return the documents of a text in one of the formats of `format_of`.

    Raises:
        FormatError: it is not in that format."""
    return _parser(format_)(text)


def _parser(format_: str) -> Callable[[str], list[Node]]:
    # One parser is imported, not all: most runs need one or two.
    match format_:
        case "json":
            from cybrid_audit.config_files import json_text

            return json_text.parse
        case "yaml":
            from cybrid_audit.config_files import yaml_text

            return yaml_text.parse
        case "toml":
            from cybrid_audit.config_files import toml_text

            return toml_text.parse
        case "hcl":
            from cybrid_audit.config_files import hcl_text

            return hcl_text.parse
        case "xml":
            from cybrid_audit.config_files import xml_text

            return xml_text.parse
        case _:
            from cybrid_audit.config_files import lines

            return {
                "dotenv": lines.parse_dotenv,
                "properties": lines.parse_properties,
                "ini": lines.parse_ini,
                "dockerfile": lines.parse_dockerfile,
            }[format_]
