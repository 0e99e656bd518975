"""What the engine knows about the platform, its SDKs and the libraries around it: the data under `rules/`, typed and read-only.

YAML is the source. It is read strictly, and everything that refers to something is checked, when it is compiled: while the
wheel is built, or, in a source tree, the first time after a change. A start only reads the compiled form, table by table as
they are used."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from cybrid_audit.knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cybrid_audit.knowledge._form import Form
    from cybrid_audit.knowledge.check_facts import CheckNames
    from cybrid_audit.knowledge.control_facts import ControlsFile
    from cybrid_audit.knowledge.controls import ControlRow
    from cybrid_audit.knowledge.hosts import Hosts
    from cybrid_audit.knowledge.library_models import LibraryModels
    from cybrid_audit.knowledge.operation_facts import OperationsFile
    from cybrid_audit.knowledge.operations import Operations
    from cybrid_audit.knowledge.project_facts import Discovery, Relevance, Sides
    from cybrid_audit.knowledge.rule_facts import Rule
    from cybrid_audit.knowledge.scope_facts import ScopesFile
    from cybrid_audit.knowledge.scopes import Scopes
    from cybrid_audit.knowledge.secret_facts import SecretFiles, SecretKeys, SecretResources
    from cybrid_audit.knowledge.token_facts import TokensFile
    from cybrid_audit.knowledge.tokens import Tokens

__all__ = ["Knowledge", "KnowledgeError", "compiled_form", "load"]


class Knowledge:
    """All tables, each built when it is first used. The tables themselves are frozen."""

    __slots__ = ("_built", "_form")

    def __init__(self, form: Form) -> None:
        self._form = form
        self._built: dict[str, Any] = {}

    @property
    def form_key(self) -> str:
        """What names the data that the tables are made of, within one version of the tool."""
        return self._form.key

    def _record(self, section: str, cls: type) -> Any:
        held = self._built.get(section)
        if held is None:
            from cybrid_audit.knowledge._records import rebuilder

            held = self._built[section] = rebuilder(cls)(self._form.section(section))
        return held

    @property
    def operations(self) -> Operations:
        """The operations of the platform's APIs."""
        held: Operations | None = self._built.get("operations")
        if held is None:
            from cybrid_audit.knowledge.operations import Operations, operation_of

            stored = self._form.section("operations")
            rows = [operation_of(row) for row in stored["rows"]]
            held = self._built["operations"] = Operations(rows, stored["suffixes"], stored["renamed"])
        return held

    @property
    def scopes(self) -> Scopes:
        """The platform's scopes."""
        held: Scopes | None = self._built.get("scopes")
        if held is None:
            from cybrid_audit.knowledge.scopes import Scopes

            held = self._built["scopes"] = Scopes(self._form.section("scopes"))
        return held

    @property
    def tokens(self) -> Tokens:
        """Minting calls, scope hints and names of credentials."""
        held: Tokens | None = self._built.get("tokens")
        if held is None:
            from cybrid_audit.knowledge.tokens import Tokens

            held = self._built["tokens"] = Tokens(self._form.section("tokens"))
        return held

    def models(self, language: str) -> LibraryModels:
        """What library calls mean, for `python` or `javascript`."""
        held: LibraryModels | None = self._built.get(f"models {language}")
        if held is None:
            from cybrid_audit.knowledge.library_models import LibraryModels

            stored = self._built.get("models")
            if stored is None:
                stored = self._built["models"] = self._form.section("models")
            held = self._built[f"models {language}"] = LibraryModels(stored[language])
        return held

    @property
    def hosts(self) -> Hosts:
        """Telling the platform's hosts from others."""
        held: Hosts | None = self._built.get("hosts")
        if held is None:
            from cybrid_audit.knowledge.hosts import Hosts

            held = self._built["hosts"] = Hosts(self._form.section("hosts"))
        return held

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rules by id, in the order of the ids."""
        held: Mapping[str, Rule] | None = self._built.get("rules")
        if held is None:
            from types import MappingProxyType

            from cybrid_audit.knowledge._records import rebuilder
            from cybrid_audit.knowledge.rule_facts import Rule

            build = rebuilder(Rule)
            rows = self._form.section("rules")
            held = self._built["rules"] = MappingProxyType({name: build(row) for name, row in rows.items()})
        return held

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The ids of the rules, in order."""
        held: tuple[str, ...] | None = self._built.get("rule_ids")
        if held is None:
            held = self._built["rule_ids"] = tuple(self._form.section("rule_ids"))
        return held

    @property
    def control_rows(self) -> tuple[ControlRow, ...]:
        """The documented controls, what a scan needs of them."""
        held: tuple[ControlRow, ...] | None = self._built.get("control_rows")
        if held is None:
            from cybrid_audit.knowledge.controls import ControlRow

            rows = self._form.section("control_rows")
            held = self._built["control_rows"] = tuple(ControlRow(row, rules) for row, rules in rows)
        return held

    @property
    def controls(self) -> ControlsFile:
        """The documented controls, texts and mappings included."""
        from cybrid_audit.knowledge.control_facts import ControlsFile

        table: ControlsFile = self._record("controls", ControlsFile)
        return table

    @property
    def discovery(self) -> Discovery:
        """Which files of a target are looked at, and where Python modules may start."""
        from cybrid_audit.knowledge.project_facts import Discovery

        table: Discovery = self._record("project/discovery", Discovery)
        return table

    @property
    def relevance(self) -> Relevance:
        """What makes a file worth parsing."""
        from cybrid_audit.knowledge.project_facts import Relevance

        table: Relevance = self._record("project/relevance", Relevance)
        return table

    @property
    def sides(self) -> Sides:
        """What tells on which side a file runs."""
        from cybrid_audit.knowledge.project_facts import Sides

        table: Sides = self._record("project/sides", Sides)
        return table

    @property
    def check_names(self) -> CheckNames:
        """Names around verifications that no library explains."""
        from cybrid_audit.knowledge.check_facts import CheckNames

        table: CheckNames = self._record("checks/names", CheckNames)
        return table

    @property
    def secret_keys(self) -> SecretKeys:
        """What the name beside a value says of it."""
        from cybrid_audit.knowledge.secret_facts import SecretKeys

        table: SecretKeys = self._record("secrets/keys", SecretKeys)
        return table

    @property
    def secret_files(self) -> SecretFiles:
        """How files of configuration are read, and which untracked ones hold credentials."""
        from cybrid_audit.knowledge.secret_facts import SecretFiles

        table: SecretFiles = self._record("secrets/files", SecretFiles)
        return table

    @property
    def secret_resources(self) -> SecretResources:
        """Resources of infrastructure code that keep a value, and what makes it readable to too many."""
        from cybrid_audit.knowledge.secret_facts import SecretResources

        table: SecretResources = self._record("secrets/resources", SecretResources)
        return table

    @property
    def operation_facts(self) -> OperationsFile:
        """Everything about the operations, texts included."""
        from cybrid_audit.knowledge.operation_facts import OperationsFile

        table: OperationsFile = self._record("api/operations", OperationsFile)
        return table

    @property
    def scope_facts(self) -> ScopesFile:
        """Everything about the scopes, texts included."""
        from cybrid_audit.knowledge.scope_facts import ScopesFile

        table: ScopesFile = self._record("api/scopes", ScopesFile)
        return table

    @property
    def token_facts(self) -> TokensFile:
        """Everything about tokens and credentials, texts included."""
        from cybrid_audit.knowledge.token_facts import TokensFile

        table: TokensFile = self._record("api/tokens", TokensFile)
        return table


@cache
def load() -> Knowledge:
    """Return the knowledge this tool ships. Built once per process; the first use of a table reads that table.

    Raises:
        KnowledgeError: the data is wrong; in an installed wheel it has been checked when the wheel was built."""
    return Knowledge(compiled_form())


def compiled_form(cache_folder: str | None = None) -> Form:
    """Return the compiled form: the wheel's own, the one kept for this source tree, or a fresh one that is then kept.

    `cache_folder` is where a source tree's form is kept, by default the user's cache directory. When it cannot be written,
    the form is compiled in memory."""
    from cybrid_audit.knowledge import _form, _source

    shipped = _source.shipped_form()
    if shipped is not None:
        form = _form.read(shipped, key=None)
        if form is not None:
            return form
    from cybrid_audit.knowledge import _cache

    folder = _source.source_folder()
    kept_in = cache_folder if cache_folder is not None else _cache.cache_folder()
    key = ""
    if folder is not None:
        key = _cache.key_of([*_source.stat_files(folder), *_source.stat_code()])
        kept = _cache.read(kept_in, key)
        if kept is not None:
            return kept
    from cybrid_audit.knowledge._compile import compile_sections

    data = _form.dump(compile_sections(_source.read_sources(_source.rules_root())), key)
    if folder is not None:
        _cache.write(kept_in, key, data)
    fresh = _form.read(data, key)
    assert fresh is not None
    return fresh
