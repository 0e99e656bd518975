"""Reads the configuration of a project for what it does with credentials, beside holding them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from cybrid_audit.config_files import format_of, is_sample
from cybrid_audit.config_files.access import Broad, Watch, images, modes, pipelines, policies, workflows
from cybrid_audit.config_files.public import Definition, Public
from cybrid_audit.config_files.resources import MODULES, ROLES, Reading, plain_resources
from cybrid_audit.facts import BroadAccess, Location, PlainResource, PublicDefinition, SecretLiteral, Side, Step
from cybrid_audit.limits import MAX_CLIENT_FILES
from cybrid_audit.project.sides import names_one

if TYPE_CHECKING:
    from cybrid_audit.config_files.nodes import Node
    from cybrid_audit.facts import Facts
    from cybrid_audit.secrets.collect import Collector

_TELLING: Final = re.compile(r"(?i)client.?(?:id|secret)|secret|cybrid")
"""Names of fields that say enough of what they hold to be looked for in other files."""
_WITH_MARKUP: Final = (".tsx", ".jsx")
_SCRIPTS: Final = (".sh", ".bash", ".mk", "Makefile", "makefile", "justfile", "Jenkinsfile", "Taskfile.yml")
_POLICIES: Final = ("json", "yaml", "hcl")


class Survey:
    """One reading of the configuration of one project."""

    def __init__(self, collector: Collector, literals: Iterable[SecretLiteral], facts: Facts) -> None:
        self._collector = collector
        self._project = collector.project
        self._names = collector.names
        self._files = collector.files
        self._tables = collector.resources
        self._facts = facts
        self._literals: dict[str, list[SecretLiteral]] = {}
        for literal in literals:
            self._literals.setdefault(literal.at.path, []).append(literal)
        self._watch = Watch(self._names, self._tables)
        self._public = Public(self._names, self._tables)
        self.plain: dict[tuple[str, int, str], PlainResource] = {}
        self.broad: dict[tuple[str, int], BroadAccess] = {}
        self.definitions: list[tuple[str, Definition]] = []
        self._arguments: dict[str, list[tuple[str, int]]] = {}
        self._has_image_argument = False

    def run(self) -> None:
        """Read what may matter. The results are in `plain`, `broad` and `public`."""
        for path in self._paths():
            told = self._project.path_side(path)
            if told is not None and told.side in (Side.DOCS, Side.VENDORED):
                continue
            self._read(path)
        if not self._has_image_argument:
            for path, found in self._arguments.items():
                for name, line in self._one(found):
                    self._add_broad(path, Broad("argument", line, name))

    def _paths(self) -> list[str]:
        """Return the files that name the platform, and the modules and policies beside them."""
        named = self._collector.paths
        folders = {
            path.rpartition("/")[0] for path in named if path.endswith((*MODULES, ".tfvars", ".json", ".yml", ".yaml"))
        }
        beside = (
            path
            for path in self._project.texts
            if path.rpartition("/")[0] in folders
            and (path.endswith(MODULES) or format_of(path, self._files) in _POLICIES)
        )
        return list(dict.fromkeys((*named, *beside)))

    def _read(self, path: str) -> None:
        text = self._collector.text(path)
        if text is None:
            return
        format_ = format_of(path, self._files)
        for definition in self._public.of_text(path, text):
            self.definitions.append((path, definition))
        if path.endswith(_SCRIPTS):
            self._fill(path, images.of_script(text, self._watch))
            for found in (*modes.of_script(text, self._watch), *pipelines.of_script(path, text, self._watch)):
                self._add_broad(path, found)
        if not format_ or path in self._project.sources:
            return
        documents = self._collector.documents(path, format_, text)
        if documents is None:
            return
        self._access(path, format_, text, documents)
        self._resources(path, format_, documents)
        leaves = self._collector.leaves(path, format_, text)
        if leaves is not None and not is_sample(path, self._files):
            for definition in self._public.of_leaves(path, leaves.all):
                self.definitions.append((path, definition))

    # ------------------------------------------------------------ access

    def _access(self, path: str, format_: str, text: str, documents: list[Node]) -> None:
        for document in documents:
            if format_ == "dockerfile":
                for found in images.of_dockerfile(document, self._watch, self._files.sample_names):
                    self._has_image_argument |= found.message == "argument"
                    self._add_broad(path, found)
            elif workflows.is_workflow(path):
                for found in workflows.broad_access(document, text, self._watch):
                    self._add_broad(path, found)
                self._fill(path, workflows.build_arguments(document, text, self._watch))
            elif format_ in _POLICIES:
                for found in (
                    *policies.of_statements(document, self._watch),
                    *modes.of_tasks(document, self._watch),
                ):
                    self._add_broad(path, found)
                self._fill(path, images.of_compose(document, self._watch))
            if format_ == "yaml":
                for found in pipelines.broad_access(path, document, text, self._watch, self._yaml):
                    self._add_broad(path, found)
        if format_ in _POLICIES:
            for found in policies.of_kubernetes(documents):
                self._add_broad(path, found)
        if format_ == "yaml":
            self._fill(path, images.of_script(text, self._watch))

    def _fill(self, path: str, filled: Iterable[tuple[str, int]]) -> None:
        self._arguments.setdefault(path, []).extend(filled)

    def _yaml(self, path: str) -> Iterable[Node]:
        text = self._collector.text(path)
        return (self._collector.documents(path, "yaml", text) if text is not None else None) or ()

    def _one(self, found: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
        first = self._watch.first(found)
        if first is not None:
            yield first

    def _add_broad(self, path: str, found: Broad) -> None:
        key = (path, found.line)
        if key not in self.broad:
            at = Location(path, found.line, 0, found.line, 0)
            self.broad[key] = BroadAccess(found.message, at, found.name, found.detail)

    # ------------------------------------------------------------ resources

    def _resources(self, path: str, format_: str, documents: list[Node]) -> None:
        module: list[Node] = []
        if path.endswith(MODULES):
            folder = path.rpartition("/")[0]
            for each in self._project.texts:
                if each.rpartition("/")[0] == folder and each.endswith(MODULES):
                    text = self._collector.text(each)
                    held = format_of(each, self._files)
                    module += (self._collector.documents(each, held, text) or []) if text is not None else []
        reading = Reading(self._names, self._tables, self._collector.owner(path))
        literals = [each for each in self._literals.get(path, ()) if each.role in ROLES]
        for plain in plain_resources(path, documents, reading, module):
            if plain.role:
                self._add_plain(plain.role, Location(path, plain.line, 0, plain.line, 0), plain.what, plain.name)
            for literal in literals:
                if plain.line <= literal.at.start_line <= plain.end_line:
                    self._add_plain(literal.role, literal.at, plain.what, literal.name)

    def _add_plain(self, role: str, at: Location, what: str, name: str) -> None:
        self.plain.setdefault((at.path, at.start_line, role), PlainResource(role, at, what, name))

    # ------------------------------------------------------------ public variables

    def public(self) -> Iterator[PublicDefinition]:
        """Yield where client-side code reads what is public or handed over, or the definition where nothing reads it."""
        for handed in self._facts.public_definitions:
            definition = Definition(
                handed.name, handed.role, handed.at.start_line, handed.how, is_handed=True, trace=handed.trace
            )
            self.definitions.append((handed.at.path, definition))
        flows = {
            (source.location.path, source.location.start_line)
            for use in self._facts.credentials
            if use.side is Side.CLIENT
            for source in use.sources
        }
        flown = {source.name for use in self._facts.credentials if use.side is Side.CLIENT for source in use.sources}
        by_name: dict[str, list[tuple[str, Definition]]] = {}
        for path, definition in self.definitions:
            by_name.setdefault(definition.name, []).append((path, definition))
        for name, found in sorted(by_name.items()):
            first = found[0][1]
            trace = tuple(Step(path, each.line, f"defined here: {each.how}") for path, each in found)
            reads = [place for place in self._reads(first) if place not in {(path, each.line) for path, each in found}]
            for path, line in reads:
                if (path, line) not in flows:
                    yield PublicDefinition(first.role, Location(path, line, 0, line, 0), name, first.how, True, trace)
            if not reads and (name not in flown or first.is_handed):
                for path, each in found:
                    at = Location(path, each.line, 0, each.line, 0)
                    yield PublicDefinition(each.role, at, name, each.how, False, each.trace)
        for path in self._collector.paths:
            if not path.endswith(self._tables.client_suffixes) or not self._may_be_client(path, mixed=True):
                continue
            text = self._collector.text(path) or ""
            if path.endswith((".html", ".htm")):
                for name, role, line in self._public.in_page(text):
                    at = Location(path, line, 0, line, 0)
                    yield PublicDefinition(role, at, name, "the bundler, which puts it into the page", True)
                continue
            prefixed = not self._may_be_client(path) or names_one(
                self._project.packages(path), self._tables.prefix_only_packages
            )
            for name, role, line in self._public.variables(text, prefixed=prefixed):
                if name not in by_name and (path, line) not in flows:
                    how = "the prefix of its name" if prefixed else "the bundler, which puts variables into the code"
                    yield PublicDefinition(role, Location(path, line, 0, line, 0), name, how, True)

    def _reads(self, definition: Definition) -> Iterator[tuple[str, int]]:
        name = definition.name
        if definition.is_handed and not _TELLING.search(name):
            return
        for path in self._client_paths(definition):
            if not path.endswith(self._tables.client_suffixes) or not self._may_be_client(path):
                continue
            text = self._collector.text(path)
            if text is not None:
                lines = self._public.reads(text, name, is_handed=definition.is_handed)
                yield from ((path, line) for line in lines)

    def _client_paths(self, definition: Definition) -> Iterable[str]:
        """Return the files that may read a definition. One that the server hands over is read by files that name nothing else."""
        if not definition.is_handed:
            return self._collector.paths
        name, project = definition.name.encode(), self._project
        beside = islice((path for path in project.sources if project.path_side(path) is None), MAX_CLIENT_FILES)
        return dict.fromkeys((*self._collector.paths, *(path for path in beside if name in project.peek(path))))

    def _may_be_client(self, path: str, *, mixed: bool = False) -> bool:
        """Whether code of a file may run on a client; `mixed` counts files with data functions whose components do as well."""
        source = self._project.files.get(path)
        if source is not None:
            if mixed and source.side is Side.SERVER and path.endswith(_WITH_MARKUP):
                # Of Next.js, components below app/ that do not say otherwise stay on the server.
                return "next" not in self._project.packages(path) or "/pages/" in f"/{path}"
            return source.side is Side.CLIENT
        told = self._project.path_side(path)
        return told is None or told.side is Side.CLIENT
