"""What tells credentials in text, as the files below `secrets/` hold it. Plain tables, read when there is a candidate."""

from __future__ import annotations

from collections.abc import Mapping

from cybrid_audit.knowledge._records import no_mapping
from cybrid_audit.records import dataclass, field


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
    no_samples: frozenset[str]
    path_roots: frozenset[str]
    sealed_keys: frozenset[str]
    sealed_values: tuple[str, ...]
    credential_files: tuple[str, ...]
    generic_plugins: tuple[str, ...]
    generic_filters: tuple[str, ...]
    generic_markers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TerraformStore:
    """A Terraform resource that keeps what is under `values` in plain text, where its attributes have one of the values in `needs`."""

    type: str
    what: str
    values: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=no_mapping)


@dataclass(frozen=True, slots=True)
class PublicBuild:
    """Files that make values public: below `keys`, or where an expression finds their names."""

    what: str
    names: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()
    expressions: tuple[str, ...] = ()

    def fits(self, path: str) -> bool:
        """Whether a file is one of these, by its path."""
        name = path.rpartition("/")[2]
        if self.folders and not any(each in f"/{path}" for each in self.folders):
            return False
        return name in self.names or (bool(self.suffixes) and name.endswith(self.suffixes))


@dataclass(frozen=True, slots=True)
class SecretResources:
    """The content of `secrets/resources.yaml`."""

    schema: str
    environment_keys: frozenset[str]
    safe_keys: frozenset[str]
    terraform_stores: tuple[TerraformStore, ...]
    value_attributes: frozenset[str]
    reference_words: frozenset[str]
    read_actions: tuple[str, ...]
    read_policies: tuple[str, ...]
    read_templates: Mapping[str, str]
    read_roles: frozenset[str]
    too_many: frozenset[str]
    fork_triggers: frozenset[str]
    fork_heads: tuple[str, ...]
    hiding_commands: tuple[str, ...]
    public_prefixes: tuple[str, ...]
    prefix_only_packages: tuple[str, ...]
    public_builds: tuple[PublicBuild, ...]
    public_resources: tuple[PublicBuild, ...]
    public_reads: tuple[str, ...]
    client_suffixes: tuple[str, ...]

    def is_build(self, path: str) -> bool:
        """Whether a file is one that copies variables into a bundle or an app."""
        return any(each.fits(path) for each in self.public_builds)
