"""Compiles the YAML under `rules/`: reads it strictly, checks what refers to what, returns plain sections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cybrid_audit.knowledge import _compile_checks, _compile_project, _compile_secrets, _yaml
from cybrid_audit.knowledge._compile_rules import CONTROLS, compile_rules, is_rule
from cybrid_audit.knowledge._records import decode, encode, unique
from cybrid_audit.knowledge.control_facts import ControlsFile
from cybrid_audit.knowledge.errors import KnowledgeError
from cybrid_audit.knowledge.library_models import compile_models
from cybrid_audit.knowledge.operation_facts import OperationFacts, OperationsFile, RemovedOperation
from cybrid_audit.knowledge.operations import HOLE, Api, Mark, Operations, operation_of
from cybrid_audit.knowledge.scope_facts import ScopesFile
from cybrid_audit.knowledge.scopes import Scopes
from cybrid_audit.knowledge.token_facts import TokensFile, shape_problem

OPERATIONS: Final = "api/operations.yaml"
SCOPES: Final = "api/scopes.yaml"
TOKENS: Final = "api/tokens.yaml"

_API_CLASS_ENDING: Final = {Api.BANK: "BankApi", Api.ID: "IdpApi", Api.ORGANIZATION: "OrganizationApi"}


def compile_sections(sources: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the plain sections of all tables, by name.

    Raises:
        KnowledgeError: the first thing that is wrong, with its file and key."""
    documents = {name: _yaml.parse(name, source) for name, source in sources.items()}
    tables = {name: _TABLES[name](name, documents) for name in _TABLES}
    models = {name: documents[name] for name in documents if name.startswith("models/")}
    for name in documents:
        if name not in _TABLES and name not in models and not is_rule(name):
            raise KnowledgeError(name, "", "no table is read from this file")
    hot = _hot_sections(tables[OPERATIONS], tables[SCOPES], tables[TOKENS])
    _check_api(tables[OPERATIONS], tables[SCOPES], tables[TOKENS], hot)
    _compile_project.check_project(tables)
    _compile_checks.check_checks(tables)
    _compile_secrets.check_secrets(tables)
    rules = compile_rules(documents, tables[CONTROLS])
    plain = {section_name(name): encode(table) for name, table in tables.items()}
    return {**hot, **rules, "models": compile_models(models), **plain}


def _hot_sections(operations: OperationsFile, scopes: ScopesFile, tokens: TokensFile) -> dict[str, Any]:
    """Return what every scan needs, in the form that costs least to load."""
    sets = scopes.sets
    return {
        "operations": {
            "rows": [_operation_row(each) for each in operations.operations]
            + [_removed_row(each) for each in operations.removed_operations if each.renamed_class is None],
            "suffixes": list(operations.sdk_method_suffixes),
            "renamed": [[each.renamed_class, each.id] for each in operations.removed_operations if each.renamed_class],
        },
        "scopes": {
            "bank": sorted(sets.bank),
            "organization": sorted(sets.organization),
            "customer": sorted(sets.customer),
            "known": sorted(each.scope for each in scopes.scopes),
            "removed": sorted(each.scope for each in scopes.removed),
            "mint_customer_token": sorted(scopes.mint_customer_token),
            "portal_user_only": sorted(scopes.portal_user_only),
        },
        "tokens": {
            "mints": [
                {
                    "id": each.id,
                    "method": each.method,
                    "path": each.path,
                    "host": each.host,
                    "kinds": list(each.kinds),
                    "fields": [field.name for field in each.fields],
                    "operation": each.operation,
                }
                for each in tokens.mints
            ],
            "organization_hints": list(tokens.scope_hints.organization),
            "bank_hints": list(tokens.scope_hints.bank),
            "credential_names": [*tokens.names.official, *tokens.names.common],
            "names_not_secret": list(tokens.names.not_secret),
            "public_prefixes": list(tokens.names.public_prefixes),
            "jwt_regex": tokens.token_format.jwt_regex,
            "shapes": {each.id: each.regex for each in tokens.credential_shapes},
            "named_shapes": {
                each.id: each.near_name_regex for each in tokens.credential_shapes if each.near_name_regex is not None
            },
            "signature_header": tokens.webhooks.signature_header,
        },
        "hosts": {
            "labels": dict(tokens.hosts.labels),
            "environments": list(tokens.hosts.environments),
            "domain": tokens.hosts.domain,
            "internal_domain": tokens.hosts.internal_domain,
            "internal_hosts": dict(tokens.hosts.internal_hosts),
            "complete_with": sorted(tokens.hosts.complete_with),
        },
    }


def _operation_row(each: OperationFacts) -> list[Any]:
    """Return a row for `operation_of`."""
    guid = each.customer_guid
    names = each.sdk
    return [
        each.id,
        each.api.value,
        each.method,
        each.path,
        sorted(each.scopes.required),
        sorted(each.scopes.optional),
        list(each.token_kinds),
        each.customer_based.value,
        each.when_unknown.value if each.when_unknown is not None else None,
        each.event.value if each.event is not None else None,
        guid.where.value if guid is not None else None,
        guid is not None and guid.need.value == "required",
        each.owner_via,
        list(each.body.guid_fields) if each.body is not None else [],
        list(each.body.simulation_fields) if each.body is not None else [],
        [mark.value for mark in each.marks],
        each.pii_switch,
        [names.generated, names.angular, names.kotlin, names.swift],
        [names.snake, names.camel],
        False,
    ]


def _removed_row(each: RemovedOperation) -> list[Any]:
    """Return a row for `operation_of`. The old clients are known by their generated class only."""
    assert each.sdk is not None
    assert each.customer_based is not None
    return [
        each.id,
        each.api.value,
        each.method,
        each.path,
        sorted(each.scopes),
        [],
        [],
        each.customer_based.value,
        None,
        each.event.value if each.event is not None else None,
        None,
        each.customer_guid.value == "required",
        None,
        [],
        [],
        [],
        None,
        [each.sdk.generated],
        [each.sdk.snake, each.sdk.camel],
        True,
    ]


def section_name(file: str) -> str:
    """Return the name of a file's section: the file without its ending."""
    return file.removesuffix(".yaml")


def _record(cls: type) -> Callable[[str, Mapping[str, Any]], Any]:
    def read(name: str, documents: Mapping[str, Any]) -> Any:
        if name not in documents:
            raise KnowledgeError(name, "", "this file is missing")
        table: Any = decode(cls, documents[name], name)
        expected = f"cybrid-audit/{name.removesuffix('.yaml').rpartition('/')[2]}/1"
        if table.schema != expected:
            raise KnowledgeError(name, "schema", f"{table.schema!r} is not {expected!r}")
        return table

    return read


_TABLES: Final[dict[str, Callable[[str, Mapping[str, Any]], Any]]] = {
    OPERATIONS: _record(OperationsFile),
    SCOPES: _record(ScopesFile),
    TOKENS: _record(TokensFile),
    CONTROLS: _record(ControlsFile),
    **{name: _record(cls) for name, cls in _compile_project.TABLES.items()},
    **{name: _record(cls) for name, cls in _compile_checks.TABLES.items()},
    **{name: _record(cls) for name, cls in _compile_secrets.TABLES.items()},
}


def _check_api(operations: OperationsFile, scopes: ScopesFile, tokens: TokensFile, hot: Mapping[str, Any]) -> None:
    sets = Scopes(hot["scopes"])
    _check_scopes(scopes, sets)
    _check_operations(operations, sets)
    _check_distinct_paths(hot["operations"])
    _check_tokens(operations, sets, tokens)


def _check_operations(table: OperationsFile, scopes: Scopes) -> None:
    unique((each.id for each in table.operations), OPERATIONS, "operations")
    unique((each.name for each in table.operations), OPERATIONS, "operations")
    known = scopes.known
    for index, each in enumerate(table.operations):
        key = f"operations[{index}]"
        for field in ("required", "optional"):
            for scope in sorted(getattr(each.scopes, field)):
                if scope not in known:
                    raise KnowledgeError(OPERATIONS, f"{key}.scopes.{field}", f"unknown scope {scope!r}")
        for scope in each.scopes.typescript_declares or ():
            if scope not in known:
                raise KnowledgeError(OPERATIONS, f"{key}.scopes.typescript_declares", f"unknown scope {scope!r}")
        if each.id != f"{each.api}.{each.sdk.snake}":
            raise KnowledgeError(OPERATIONS, f"{key}.id", f"{each.id!r} is not {each.api}.{each.sdk.snake}")
        if not each.sdk.generated.endswith(_API_CLASS_ENDING[each.api]):
            raise KnowledgeError(OPERATIONS, f"{key}.sdk.generated", f"no class of the {each.api} API")
        _check_operation_sense(each, scopes, key)
    ids = {each.id for each in table.operations}
    unique((f"{each.id} {each.first}" for each in table.removed_operations), OPERATIONS, "removed_operations")
    for index, old in enumerate(table.removed_operations):
        key = f"removed_operations[{index}]"
        if (old.renamed_class is None) == (old.sdk is None):
            raise KnowledgeError(OPERATIONS, key, "needs either `sdk` or `renamed_class`")
        if old.sdk is not None and old.customer_based is None:
            raise KnowledgeError(OPERATIONS, key, "missing key 'customer_based'")
        if old.renamed_class is not None and old.id not in ids:
            raise KnowledgeError(OPERATIONS, f"{key}.id", f"unknown operation {old.id!r}")
        for scope in sorted(old.scopes):
            if scope not in known and scope not in scopes.removed:
                raise KnowledgeError(OPERATIONS, f"{key}.scopes", f"unknown scope {scope!r}")


def _check_operation_sense(each: OperationFacts, scopes: Scopes, key: str) -> None:
    able = tuple(kind for kind in ("bank", "organization", "customer") if each.scopes.required <= scopes.of(kind))
    if Mark.MINTS_CUSTOMER_TOKEN in each.marks:
        # A customer token may hold the scopes, but the documentation wants a bank token for this call.
        able = ("bank",)
    expected = able if each.scopes.required else ("none", *able)
    if each.token_kinds != expected:
        raise KnowledgeError(OPERATIONS, f"{key}.token_kinds", f"the sets of scopes say {', '.join(expected)}")
    if each.owner_via is not None:
        in_path = f"{{{each.owner_via}}}" in each.path
        in_body = each.body is not None and each.owner_via in each.body.guid_fields
        if not in_path and not in_body:
            raise KnowledgeError(
                OPERATIONS, f"{key}.owner_via", f"{each.owner_via!r} is neither in the path nor the body"
            )
    if (each.when_unknown is None) != (each.customer_based.value == "never"):
        raise KnowledgeError(OPERATIONS, f"{key}.when_unknown", "goes with every operation that may be customer-based")
    if each.customer_guid is not None:
        where = each.customer_guid.where.value
        body_has = each.body is not None and "customer_guid" in each.body.guid_fields
        if (where == "path") != ("{customer_guid}" in each.path) or (where == "body" and not body_has):
            raise KnowledgeError(OPERATIONS, f"{key}.customer_guid.where", f"the request has none in its {where}")


def _check_distinct_paths(hot: Mapping[str, Any]) -> None:
    """Every template, with its parameters unknown, must lead back to its own operation."""
    index = Operations([operation_of(row) for row in hot["rows"]], hot["suffixes"], [])
    for number, each in enumerate(index.all):
        path = "/".join(HOLE if part.startswith("{") else part for part in each.path.split("/"))
        if index.match(each.method, path) is not each:
            raise KnowledgeError(OPERATIONS, f"operations[{number}].path", "is not told apart from another path")


def _check_scopes(scopes: ScopesFile, sets: Scopes) -> None:
    import re

    unique((each.scope for each in scopes.scopes), SCOPES, "scopes")
    grammar = re.compile(scopes.grammar.regex)
    for index, each in enumerate(scopes.scopes):
        if not grammar.fullmatch(each.scope):
            raise KnowledgeError(SCOPES, f"scopes[{index}].scope", f"{each.scope!r} is not written like a scope")
        if (each.customer_since is not None) != (each.scope in sets.customer):
            raise KnowledgeError(SCOPES, f"scopes[{index}].customer_since", "goes with the scopes of the customer set")
        if not any(each.scope in sets.of(kind) for kind in ("bank", "organization", "customer")):
            raise KnowledgeError(SCOPES, f"scopes[{index}].scope", f"{each.scope!r} is in no set")
    for kind in ("bank", "organization", "customer"):
        for scope in sorted(sets.of(kind) - sets.known):
            raise KnowledgeError(SCOPES, f"sets.{kind}", f"unknown scope {scope!r}")
    for scope in sorted(scopes.mint_customer_token - sets.bank):
        raise KnowledgeError(SCOPES, "mint_customer_token", f"no bank token can hold {scope!r}")


def _check_tokens(operations: OperationsFile, scopes: Scopes, tokens: TokensFile) -> None:
    by_id = {each.id: each for each in operations.operations}
    unique((each.id for each in tokens.environments), TOKENS, "environments")
    unique((each.id for each in tokens.mints), TOKENS, "mints")
    unique((each.id for each in tokens.credential_shapes), TOKENS, "credential_shapes")
    kinds = {each.id for each in tokens.subject_kinds}
    for index, mint in enumerate(tokens.mints):
        for kind in mint.kinds:
            if kind not in kinds:
                raise KnowledgeError(TOKENS, f"mints[{index}].kinds", f"unknown kind {kind!r}")
        if mint.operation is not None:
            if mint.operation not in by_id:
                raise KnowledgeError(TOKENS, f"mints[{index}].operation", f"unknown operation {mint.operation!r}")
            if (mint.method, mint.path) != (by_id[mint.operation].method, by_id[mint.operation].path):
                raise KnowledgeError(
                    TOKENS, f"mints[{index}].path", f"{mint.operation} is {by_id[mint.operation].name}"
                )
    for name in ("create_bank", "create_organization"):
        operation = getattr(tokens.application_records, name).operation
        if operation not in by_id:
            raise KnowledgeError(TOKENS, f"application_records.{name}.operation", f"unknown operation {operation!r}")
    for index, shape in enumerate(tokens.credential_shapes):
        problem = shape_problem(shape)
        if problem is not None:
            raise KnowledgeError(TOKENS, f"credential_shapes[{index}].regex", problem)
    only = {
        "organization": scopes.organization - scopes.bank,
        "bank": scopes.bank - scopes.organization,
    }
    for kind, allowed in only.items():
        hinted: set[str] = set()
        for hint in getattr(tokens.scope_hints, kind):
            matching = {s for s in scopes.known if s == hint or (hint.endswith(":*") and s.startswith(hint[:-1]))}
            if not matching or not matching <= allowed:
                raise KnowledgeError(TOKENS, f"scope_hints.{kind}", f"{hint!r} is not for {kind} credentials alone")
            hinted |= matching
        for scope in sorted(allowed - hinted):
            raise KnowledgeError(TOKENS, f"scope_hints.{kind}", f"{scope!r} tells the kind too and is missing")
