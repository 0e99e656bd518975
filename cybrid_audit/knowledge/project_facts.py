"""What is known of how projects are laid out, as the files below `project/` hold it. Plain tables: no start pays for more."""

from __future__ import annotations

from collections.abc import Mapping

from cybrid_audit.records import dataclass


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
    languages: Mapping[str, str]
    no_text_suffixes: frozenset[str]
    archive_suffixes: frozenset[str]
    lock_files: frozenset[str]


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Files that name the code a platform runs, and the expressions that find those names in them."""

    names: frozenset[str]
    regex: str
    folders_regex: str = ""


@dataclass(frozen=True, slots=True)
class Relevance:
    """The content of `project/relevance.yaml`. Every text but `parted_name` is in lower case, like the bytes in which it is looked
    for."""

    schema: str
    name: str
    parted_name: str
    markers: tuple[str, ...]
    confirm: Mapping[str, tuple[str, ...]]
    platform_markers: tuple[str, ...]
    identity_markers: tuple[str, ...]
    identity_paths: tuple[str, ...]
    dispatch_markers: tuple[str, ...]
    convention_names: frozenset[str]
    convention_endings: tuple[str, ...]
    convention_paths: tuple[str, ...]
    bootstrap_markers: tuple[str, ...]
    descriptors: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True)
class SidePath:
    """A side told by a folder anywhere in the path, a folder beside a manifest, or the name of the file.

    A folder does not count below one of `not_below`, nor when it holds a file of `unless_holds`."""

    side: str
    why: str
    folders: frozenset[str] = frozenset()
    beside_manifest: frozenset[str] = frozenset()
    not_below: frozenset[str] = frozenset()
    unless_holds: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    infixes: tuple[str, ...] = ()


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
    components: Mapping[str, str]
    directives: tuple[SideDirective, ...]
    conventions: tuple[SideConvention, ...]
    packages: tuple[SidePackage, ...]
    client_folders: frozenset[str]
    server_folders: frozenset[str]
    server_imports: tuple[str, ...]
    server_texts: tuple[str, ...]
    client_imports: tuple[str, ...]
    client_texts: tuple[str, ...]
