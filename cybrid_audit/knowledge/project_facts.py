"""What is known of how projects are laid out, as the files below `project/` hold it. Plain tables: no start pays for more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Discovery:
    """The content of `project/discovery.yaml`."""

    schema: str
    unwalked_folders: frozenset[str]
    output_folders: frozenset[str]
    ignore_files: tuple[str, ...]
    manifests: tuple[str, ...]
    python_source_roots: tuple[str, ...]
    python_path_folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Convention:
    """Files that a framework loads by their place."""

    framework: str
    globs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relevance:
    """The content of `project/relevance.yaml`. Every text is in lower case; expressions are over lower-cased bytes."""

    schema: str
    markers: tuple[str, ...]
    confirm: Mapping[str, tuple[str, ...]]
    package_markers: tuple[str, ...]
    identity_regex: str
    dispatch_regex: str
    conventions: tuple[Convention, ...]
    bootstrap_regex: str


@dataclass(frozen=True, slots=True)
class SidePath:
    """A side told by a folder anywhere in the path, a folder beside a manifest, or the name of the file (a glob)."""

    side: str
    why: str
    folders: frozenset[str] = frozenset()
    beside_manifest: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SideDirective:
    """A side told by the first lines of a file."""

    side: str
    why: str
    regex: str


@dataclass(frozen=True, slots=True)
class SideConvention:
    """A side told by a place in the package, given that the manifest names one of `needs` (if any) and the content fits."""

    side: str
    why: str
    globs: tuple[str, ...]
    needs: tuple[str, ...] = ()
    content: str = ""
    not_content: str = ""


@dataclass(frozen=True, slots=True)
class SidePackage:
    """A side told by what the manifest names: one of `any_`, one of `requires` (if any), and none of `none`."""

    side: str
    why: str
    any_: tuple[str, ...]
    none: tuple[str, ...]
    requires: tuple[str, ...] = ()
    except_: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sides:
    """The content of `project/sides.yaml`."""

    schema: str
    paths: tuple[SidePath, ...]
    directives: tuple[SideDirective, ...]
    conventions: tuple[SideConvention, ...]
    packages: tuple[SidePackage, ...]
    client_folders: frozenset[str]
    server_folders: frozenset[str]
    server_content: str
    client_content: str
