"""Where Python takes configuration and credentials from: configuration libraries, project settings, secrets managers, databases,
prompts, the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from cybrid_audit.engine import attributes, calls, operators
from cybrid_audit.engine.values import (
    NO_PROOFS,
    NOTHING,
    V_NONE,
    Arguments,
    Atom,
    ClassInfo,
    Const,
    Env,
    Fn,
    Input,
    Lib,
    Namespace,
    Obj,
    Place,
    Secret,
    Stored,
    Value,
    constant,
    derived,
    join_all,
    key_text,
    text_of,
    unknown,
    value_of,
)
from cybrid_audit.models.environment import Environment, variable
from cybrid_audit.models.native import LibraryCall, Native, native_object

if TYPE_CHECKING:
    from cybrid_audit.engine.interpreter import Interpreter


def without_none(value: Value) -> Value:
    """Return a value without None among its alternatives."""
    return Value(tuple(pair for pair in value.alts if not (isinstance(pair[0], Const) and pair[0].value is None)))


# ---------------------------------------------------------------- readers of the environment


class Reader(Native):
    """An object that reads variables: called (`env("X")`), by type (`env.str("X")`), by attribute or item."""

    __slots__ = ("how", "outer", "prefix")

    def __init__(self, how: str, prefix: str = "") -> None:
        self.how = how
        self.prefix = prefix
        self.outer: list[str] = []
        """The prefixes that hold again once a `with env.prefixed(…)` ends."""

    def _read(self, interp: Interpreter, args: Arguments, place: Place) -> Value:
        given = args
        if self.prefix and args.positional:
            given = Arguments(
                [operators.concat(interp, [constant(self.prefix), args.positional[0]], place), *args.positional[1:]],
                args.keywords,
            )
        if "fallback" in given.keywords:
            given = Arguments(given.positional, {**given.keywords, "default": given.keywords["fallback"]})
        if (
            "default" not in given.keywords
            and len(given.positional) > 1
            and any(isinstance(atom, Lib | ClassInfo | Fn) for atom in given.positional[1].atoms())
        ):
            # `env("X", int)`: the second argument is the cast.
            given = Arguments([given.positional[0], *given.positional[2:]], given.keywords)
        cast = given.keywords.get("cast")
        held = variable(given, place, self.how)
        if cast is not None and any(
            isinstance(atom, Fn | ClassInfo | Obj) or (isinstance(atom, Lib) and "." in atom.path)
            for atom in cast.atoms()
        ):
            return calls.call(interp, cast, Arguments(positional=[held]), place, awaited=True)
        return held

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return self._read(interp, args, place)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in TYPES:
            return value_of(obj)
        return value_of(Env(f"{self.prefix}{name}", place, self.how))

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return value_of(Env(f"{self.prefix}{key_text(key)}", place, self.how))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in (
            "read_env",
            "read_envfile",
            "seal",
            "load_dotenv",
            "reload",
            "configure",
            "validators_register",
            "load_file",
            "setenv",
            "__enter__",
        ):
            return value_of(obj)
        if name == "prefixed":
            self.outer.append(self.prefix)
            self.prefix += next(iter(args.positional[0].strings()), "") if args.positional else ""
            return value_of(obj)
        if name == "__exit__":
            self.prefix = self.outer.pop() if self.outer else ""
            return V_NONE
        if name == "set" and len(args.positional) > 1:
            attributes.write(
                interp, obj, key_text(next(iter(args.positional[0].atoms()), Const(""))), args.positional[1], place
            )
            return V_NONE
        if args.positional and (name in TYPES or name in ("get", "__call__", "as_str", "get_fresh")):
            return self._read(interp, args, place)
        return None


TYPES: Final = frozenset(
    {
        "str",
        "bool",
        "int",
        "float",
        "json",
        "list",
        "tuple",
        "dict",
        "url",
        "path",
        "secret",
        "bytes",
        "log_level",
        "decimal",
        "db",
        "db_url",
        "cache",
        "enum",
        "uuid",
        "date",
        "string",
        "number",
        "yaml",
        "timedelta",
        "datetime",
        "dj_db_url",
    }
)


def reader(call: LibraryCall) -> Value | None:
    """`environs.Env()`, `environ.Env()`, `starlette.config.Config(".env")`, `decouple.Config(…)`, `dynaconf.Dynaconf(…)`."""
    prefix = ""
    for name in ("env_prefix", "prefix", "envvar_prefix"):
        held = call.args.keywords.get(name)
        if held is not None:
            prefix = next(iter(held.strings()), "")
    if call.settings.get("how") == "dynaconf":
        return native_object(call.interp, "environment", Dynaconf(prefix), call.place, "settings")
    return native_object(
        call.interp, "environment", Reader(str(call.settings.get("how", "")), prefix), call.place, "environment"
    )


def variables(call: LibraryCall) -> Value | None:
    """`dotenv.dotenv_values(path)`: all variables as a dict."""
    return native_object(
        call.interp, "environment", Environment(str(call.settings.get("how", "dotenv"))), call.place, "environment"
    )


def dotenv_key(call: LibraryCall) -> Value | None:
    """`dotenv.get_key(path, name)`."""
    name = call.args.get(1, "key_to_get")
    return variable(Arguments(positional=[name]), call.place, "dotenv") if name is not None else None


class Dynaconf(Reader):
    """`Dynaconf(settings_files=[…])`: variables, over what tracked settings files hold."""

    __slots__ = ()

    def __init__(self, prefix: str = "") -> None:
        super().__init__("dynaconf", prefix)

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        return self.setting(interp, name, place)

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return self.setting(interp, key_text(key), place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get", "as_str", "as_int", "as_bool", "get_fresh") and args.positional:
            held = join_all(self.setting(interp, key_text(atom), place) for atom in args.positional[0].atoms())
            default = args.get(1, "default")
            return held if default is None else held.join(without_none(default))
        return super().method(interp, obj, name, args, place)

    def setting(self, interp: Interpreter, name: str, place: Place) -> Value:
        """Return what a dotted name of the settings gives."""
        segments = name.replace("__", ".").split(".")
        from cybrid_audit.models.javascript.sources import file_content
        from cybrid_audit.models.native import field_of
        from cybrid_audit.models.python.files import toml_content

        prefix = self.prefix or "DYNACONF"
        for path in _settings_files(interp):
            held: Value | None = file_content(interp, path)
            if held is None:
                held = toml_content(interp, Stored("file", path, place))
            for section in ("", "default", "production", "development"):
                current = held if not section else field_of(held, section)
                for segment in segments:
                    current = (
                        field_of(current, segment, segment.lower(), segment.upper()) if current is not None else None
                    )
                if current is not None:
                    return current.join(value_of(Env(f"{prefix}_{'__'.join(segments)}".upper(), place, "dynaconf")))
        return value_of(Env(f"{prefix}_{'__'.join(segments)}".upper(), place, "dynaconf"))


def _settings_files(interp: Interpreter) -> list[str]:
    root = interp.models.project.package_root(interp.frame.module.path)
    folders = dict.fromkeys([root, f"{root}/config" if root else "config", "", "config"])
    found = []
    for folder in folders:
        for name in (
            "settings.toml",
            "settings.yaml",
            "settings.yml",
            "settings.json",
            ".secrets.toml",
            "settings.local.toml",
            ".secrets.yaml",
        ):
            path = f"{folder}/{name}" if folder else name
            if interp.models.project.text_file(path) is not None:
                found.append(path)
    return found


# ---------------------------------------------------------------- project settings


def django_setting(call: LibraryCall) -> Value | None:
    """`django.conf.settings.NAME`: what the project's settings module says."""
    interp = call.interp
    name = call.path.rsplit(".", 1)[-1]
    if name.startswith("_") or name in ("configure", "configured", "is_overridden"):
        return None
    result = NOTHING
    for path in settings_modules(interp):
        module = interp.program.load(path)
        if module is None:
            continue
        interp.program.ensure(interp, module)
        held = module.scope.vars.get(name)
        if held is not None:
            result = result.join(interp.program.resolve(interp, module.scope, name, held))
    if result.alts:
        return result
    return unknown(f"a setting {name}", hint=name)


def settings_modules(interp: Interpreter) -> list[str]:
    """Return the project's Django settings modules: those that its entry scripts name, else those of the usual names."""
    held: list[str] | None = interp.models.memory("django settings", dict).get("found")
    if held is not None:
        return held
    files = interp.models.project.files
    named: list[str] = []
    usual: list[str] = []
    for path in files:
        if not path.endswith(".py"):
            continue
        base = path.rsplit("/", 1)[-1]
        if base in ("manage.py", "wsgi.py", "asgi.py", "celery.py", "settings.py", "conftest.py"):
            try:
                text = interp.models.project.source(path).decode("utf-8", "replace")
            except OSError:
                continue
            for match in re.finditer(r"DJANGO_SETTINGS_MODULE[\"']\s*,\s*[\"']([\w.]+)[\"']", text):
                found = interp.models.project.resolve(path, match.group(1))
                if found is not None and found not in named:
                    named.append(found)
        folder = path.rsplit("/", 2)[-2] if path.count("/") else ""
        if base == "settings.py" or (
            folder == "settings" and base in ("__init__.py", "base.py", "common.py", "production.py", "prod.py")
        ):
            usual.append(path)
    result = named or usual
    interp.models.memory("django settings", dict)["found"] = result
    return result


class FlaskConfig(Native):
    """`app.config`: what was loaded into it; anything else is a setting nobody shows."""

    __slots__ = ("how",)

    def __init__(self) -> None:
        self.how = ""

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name == "%":
            return None
        if self.how:
            return value_of(Env(f"{self.how}_{name}", place, "app.config"))
        return value_of(Stored("configuration", name, place)) if obj.rest is None else None

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        held = join_all([*obj.fields.values(), obj.rest or NOTHING])
        return held if held.alts else value_of(Stored("configuration", key_text(key), place))

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        first = args.get(0)
        if name == "from_object" and first is not None:
            for atom in first.atoms():
                self.load_object(interp, obj, atom, place)
            return V_NONE
        if name in ("from_mapping", "update"):
            for value in args.positional:
                attributes.spread_into(interp, obj, value)
            obj.fields.update(args.keywords)
            return V_NONE
        if name == "from_prefixed_env":
            self.how = next(iter(first.strings()), "FLASK") if first is not None else "FLASK"
            return V_NONE
        if name in ("from_pyfile", "from_json", "from_file") and first is not None:
            from cybrid_audit.models.javascript.sources import project_file

            for text in first.strings():
                path = project_file(interp, text)
                module = interp.program.load(path) if path is not None and path.endswith(".py") else None
                if module is not None:
                    self.load_object(interp, obj, Namespace(module), place)
                elif path is not None:
                    from cybrid_audit.models.python.files import parsed

                    held = parsed(
                        LibraryCall(interp, interp.models, "json", frozenset(), args, place, {"path": True}),
                        value_of(Const(path)),
                    )
                    attributes.spread_into(interp, obj, held)
            return V_NONE
        if name == "from_envvar":
            return V_NONE
        if name in ("get", "pop", "setdefault") and first is not None:
            result = NOTHING
            for atom in first.atoms():
                key = key_text(atom)
                kept = obj.fields.get(key)
                if kept is None:
                    kept = value_of(Env(f"{self.how}_{key}", place, "app.config")) if self.how else NOTHING
                result = result.join(kept)
            default = args.get(1)
            if default is not None:
                if name == "setdefault" and not result.alts:
                    attributes.set_item(interp, value_of(obj), first, default, place)
                result = result.join(without_none(default))
            return (
                result
                if result.alts
                else join_all(value_of(Stored("configuration", key_text(atom), place)) for atom in first.atoms())
            )
        if name == "get_namespace" and first is not None:
            made = interp.new("object", place=place)
            for prefix in first.strings():
                for key, held in obj.fields.items():
                    if key.startswith(prefix):
                        made.fields[key[len(prefix) :].lower()] = held
            return value_of(made)
        return None

    def load_object(self, interp: Interpreter, obj: Obj, atom: Atom, place: Place) -> None:
        """Take the upper-case names of a class, instance or module."""
        if isinstance(atom, Const) and isinstance(atom.value, str):
            head, _, tail = atom.value.replace(":", ".").rpartition(".")
            importer = interp.frame.module.path
            module = interp.program.find(importer, atom.value)
            if module is not None:
                self.load_object(interp, obj, Namespace(module), place)
                return
            module = interp.program.find(importer, head) if head else None
            if module is not None:
                for each in interp.program.member(interp, module, tail).atoms():
                    self.load_object(interp, obj, each, place)
            return
        found: dict[str, Value] = {}
        if isinstance(atom, ClassInfo):
            for info in reversed(list(atom.ancestry())):
                found |= {name: interp.program.resolve_held(interp, held) for name, held in info.statics.fields.items()}
                for function in info.definition.methods:
                    if function.kind == "getter" and function.name.isupper():
                        found[function.name] = attributes.get_one(interp, atom, function.name, place)
        elif isinstance(atom, Namespace):
            interp.program.ensure(interp, atom.module)
            found = {
                name: interp.program.resolve(interp, atom.module.scope, name, held)
                for name, held in list(atom.module.scope.vars.items())
            }
        elif isinstance(atom, Obj):
            if atom.cls is not None:
                self.load_object(interp, obj, atom.cls, place)
            found = dict(atom.fields)
        for name, held in found.items():
            if name.upper() == name and not name.startswith("_"):
                before = obj.fields.get(name)
                obj.fields[name] = held if before is None else before.join(held)
                interp.store_version += before is None


def flask_config(interp: Interpreter, place: Place) -> Value:
    """Return a fresh `app.config`."""
    made = native_object(interp, "map", FlaskConfig(), place, "app.config")
    for obj in made.only(Obj):
        obj.shared = True
    return made


# ---------------------------------------------------------------- secrets managers


class Manager(Native):
    """A client of a secrets manager: whatever is read through it, however deep, is a secret."""

    __slots__ = ("manager",)

    def __init__(self, manager: str) -> None:
        self.manager = manager

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("exceptions", "meta", "auth", "sys"):
            return unknown(f"the {name} of a client")
        return value_of(obj)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if re.match(
            r"^(?:get|read|fetch|access|batch_get|list|resolve|retrieve|reveal|decrypt|export|download|lookup|secret|load)",
            name,
        ):
            return found_secret(interp, self.manager, args, place)
        if name in ("get_paginator", "paginate", "secrets", "authenticate", "with_options", "__enter__", "__aenter__"):
            return value_of(obj)
        return unknown(f"the result of {name}")

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        return value_of(obj)

    def awaited(self, interp: Interpreter, obj: Obj) -> Value | None:
        return None


def found_secret(interp: Interpreter, manager: str, args: Arguments, place: Place) -> Value:
    """Return the secret that the arguments name."""
    named = ""
    plain = False
    values = [
        *(
            args.keywords.get(key) or NOTHING
            for key in ("SecretId", "Name", "Names", "name", "secret_name", "path", "request", "secret_id")
        ),
        *args.positional,
    ]
    for value in values:
        for atom in value.atoms():
            inner = atom
            if isinstance(atom, Obj):
                held = atom.fields.get("name") or (atom.items[0] if atom.items else None)
                inner = next(iter(held.atoms()), atom) if held is not None else atom
            named = named or text_of(inner) or ""
    del plain
    return value_of(Secret(manager, named, place))


def boto(call: LibraryCall) -> Value | None:
    """`boto3.client("secretsmanager")`, `session.client("ssm")`, `boto3.resource("dynamodb")`: by the service's name."""
    first = call.args.get(0, "service_name")
    service = next(iter(first.strings()), "") if first is not None else ""
    managers = {"secretsmanager": "AWS Secrets Manager", "ssm": "AWS Parameter Store", "kms": "encrypted value"}
    if service in managers:
        return native_object(call.interp, "client", Manager(managers[service]), call.place, service)
    if service in ("dynamodb", "rds-data", "timestream-query"):
        return database_object(call.interp, "", call.place)
    if service == "s3":
        return native_object(call.interp, "client", Bucket(), call.place, "s3")
    return None


class Bucket(Native):
    """A client of an object store: what is read is a file."""

    __slots__ = ()

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name in ("get_object", "download_file", "download_as_text", "get"):
            key = args.keywords.get("Key") or args.get(1) or NOTHING
            return value_of(Stored("file", next(iter(key.strings()), ""), place))
        return None


def manager(call: LibraryCall) -> Value | None:
    """A client of a secrets manager (`manager` in the settings)."""
    return native_object(
        call.interp, "client", Manager(str(call.settings.get("manager", "a secrets manager"))), call.place, "secrets"
    )


def secret(call: LibraryCall) -> Value | None:
    """A function that reads a secrets manager."""
    return found_secret(call.interp, str(call.settings.get("manager", "a secrets manager")), call.args, call.place)


MANAGER_COMMANDS: Final = {
    "op": "1Password",
    "vault": "Vault",
    "sops": "encrypted file",
    "doppler": "Doppler",
    "infisical": "Infisical",
    "aws": "AWS Secrets Manager",
    "gcloud": "Google Secret Manager",
    "az": "Azure Key Vault",
    "bws": "Bitwarden",
    "pass": "pass",
    "gpg": "encrypted file",
    "age": "encrypted file",
    "security": "keychain",
    "secret-tool": "keyring",
    "chamber": "AWS Parameter Store",
    "berglas": "Google Secret Manager",
    "akeyless": "Akeyless",
    "ansible-vault": "encrypted file",
    "kubectl": "Kubernetes",
}
"""Commands that read a secrets manager or an encrypted file."""


class Process(Native):
    """A command that has run or runs: what it prints."""

    __slots__ = ("output",)

    def __init__(self, output: Value) -> None:
        self.output = output

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("stdout", "output"):
            from cybrid_audit.models.python.files import File

            # Text of a finished process, a file of a running one.
            return (
                native_object(interp, "file", File(self.output), place, "file") if obj.label == "Popen" else self.output
            )
        return unknown(f"the {name} of a process")

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "communicate":
            from cybrid_audit.models.python.builtins import listed

            return listed(interp, [self.output, unknown("errors of a process")], None, None, "tuple")
        if name in ("read", "readline"):
            return self.output
        return unknown(f"the result of {name}")


def command(call: LibraryCall) -> Value | None:
    """`subprocess.check_output(["op", "read", "op://…"])`, `subprocess.run(…)`, `os.popen(text)`: `gives` in the settings."""
    interp = call.interp
    first = call.args.get(0, "args")
    words: list[str] = []
    known = operators.known_items(interp, first) if first is not None and first.only(Obj) else None
    for value in known if known is not None else [first or NOTHING]:
        for atom in value.atoms():
            words.extend((text_of(atom) or "{?}").split() if known is None else [text_of(atom) or "{?}"])
    program = words[0].rsplit("/", 1)[-1] if words else ""
    manager = MANAGER_COMMANDS.get(program)
    named = next((word for word in words[1:] if "/" in word or ":" in word), words[-1] if len(words) > 1 else "")
    output = (
        value_of(Secret(manager, named, call.place))
        if manager is not None
        else derived("the output of a command", *call.args.positional[:1])
    )
    if call.settings.get("gives") == "text":
        return output
    return native_object(interp, "process", Process(output), call.place, call.path.rsplit(".", 1)[-1])


# ---------------------------------------------------------------- databases


def database_object(interp: Interpreter, label: str, place: Place) -> Value:
    """Return a connection, table or query."""
    return native_object(interp, "database", Database(label), place, "database")


READS: Final = re.compile(
    r"^(?:fetch|first|last|one|scalar|scalars|all|get|find|earliest|latest|in_bulk|values_list|values|mappings|aggregate|read|scan|query_item|to_list|"
    r"select_one|val|row|rows|hget|distinct|aget|afirst|count|exists|next|tuples|dicts|iterator|peek|batch_get|get_item|query$|stream|to_dict)"
)
CARRIES: Final = frozenset(
    {
        "execute",
        "executemany",
        "query",
        "filter",
        "exclude",
        "filter_by",
        "where",
        "order_by",
        "select",
        "join",
        "options",
        "limit",
        "using",
        "select_related",
        "prefetch_related",
        "only",
        "defer",
        "with_for_update",
        "cursor",
        "session",
        "connect",
        "begin",
        "table",
        "Table",
        "collection",
        "__enter__",
        "__aenter__",
        "objects",
        "unique",
        "execution_options",
        "outerjoin",
        "select_from",
        "annotate",
        "db",
        "acquire",
        "transaction",
        "raw",
        "yield_per",
        "with_entities",
        "all_objects",
        "document",
        "get_database",
        "get_collection",
        "reverse",
        "group_by",
        "having",
        "populate_existing",
        "select_for_update",
        "get_queryset",
        "all",
    }
)


NAMING: Final = frozenset(
    {
        "execute",
        "executemany",
        "table",
        "Table",
        "collection",
        "get_collection",
        "raw",
        "query",
        "document",
        "fetch",
        "fetchrow",
        "fetchval",
        "fetch_one",
        "fetch_all",
        "select_from",
        "kind",
        "get_database",
    }
)
"""Methods whose text names a table, or is a query that does."""


class Database(Native):
    """A connection, session, table or query under construction: what is read from it is stored in a database."""

    __slots__ = ("label",)

    def __init__(self, label: str) -> None:
        self.label = label

    def _row(self, place: Place | None) -> Value:
        return value_of(Stored("database", self.label, place))

    def attribute(self, interp: Interpreter, obj: Obj, name: str, place: Place) -> Value | None:
        if name in ("lastrowid", "rowcount", "description"):
            return unknown(name)
        return database_object(
            interp, self.label if name in CARRIES else f"{self.label}.{name}" if self.label else name, place
        )

    def item(self, interp: Interpreter, obj: Obj, key: Atom, place: Place) -> Value | None:
        return database_object(interp, self.label, place)

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        from cybrid_audit.models import checks, sinks

        for value in args.every():
            sinks.escape(interp, value, "it is kept in a database")
        self.note_writes(interp, name, args)
        if name in ("create", "acreate", "get_or_create", "update_or_create", "bulk_create") and interp.models.memory(
            "django receivers", list
        ):
            interp.models.handler("frameworks/django.saved")(
                LibraryCall(interp, interp.models, self.label, frozenset(), args, place, {})
            )
        path = f"{self.label}.{name}" if self.label else name
        told = checks.database_call(LibraryCall(interp, interp.models, path, frozenset(), args, place, {}))
        if told is not None:
            return told
        named = (
            name_of(atom)
            for value in args.positional
            for atom in value.atoms()
            if not isinstance(atom, Const) or name in NAMING
        )
        label = self.label or next((text for text in named if text), "")
        if name in ("get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"):
            from cybrid_audit.models.python.builtins import listed

            row = value_of(Stored("database", label, place))
            return listed(interp, [row, unknown("whether a row is new")], None, None, "tuple")
        if name in CARRIES:
            return database_object(interp, label, place)
        if READS.match(name):
            kept = column(interp, label, "") if name in SCALARS else None
            return kept if kept is not None else value_of(Stored("database", label, place))
        if name in (
            "commit",
            "rollback",
            "close",
            "flush",
            "refresh",
            "expire",
            "add",
            "add_all",
            "delete",
            "save",
            "merge",
            "bulk_create",
            "update",
            "insert_one",
            "insert",
            "put_item",
            "create",
            "update_one",
            "aclose",
        ):
            return (
                value_of(Stored("database", label, place))
                if name in ("create", "merge")
                else unknown(f"the result of {name}")
            )
        return database_object(interp, label, place)

    def note_writes(self, interp: Interpreter, name: str, args: Arguments) -> None:
        """Keep what goes into columns: of instances, by keyword, by a dict of defaults, or as parameters of a statement."""
        for value in args.positional:
            for obj in value.only(Obj):
                if obj.cls is not None:
                    note_columns(interp, obj.cls.name, obj.fields)
                elif name in ("insert_one", "insert", "put_item", "update_one", "values", "bulk_create"):
                    note_columns(interp, self.label, obj.fields)
        table = self.label or next(
            (name_of(atom) for value in args.positional[:1] for atom in value.atoms() if name_of(atom)), ""
        )
        note_columns(interp, table, args.keywords)
        for holder in (args.keywords.get("defaults"), args.keywords.get("Item")):
            for obj in holder.only(Obj) if holder is not None else ():
                note_columns(interp, self.label, obj.fields)
        if name in ("execute", "executemany", "fetch", "fetchrow", "fetchval"):
            for value in args.positional[1:]:
                held = [value, *(operators.known_items(interp, value) or [])]
                note_columns(interp, table, {"": join_all(held)})

    def call(self, interp: Interpreter, obj: Obj, args: Arguments, place: Place) -> Value | None:
        # `sessionmaker()()`, `get_session()`.
        return database_object(interp, self.label, place)

    def iterated(self, interp: Interpreter, obj: Obj) -> Value | None:
        made = interp.new("list", place=obj.place)
        made.rest = self._row(obj.place)
        return value_of(made)


SCALARS: Final = frozenset({"fetchval", "scalar", "scalar_one", "scalar_one_or_none", "val", "scalars"})
"""Reads that give one value rather than a row."""


def note_columns(interp: Interpreter, table: str, fields: Mapping[str, Value]) -> None:
    """Keep tokens that the project itself puts into a table, by column; an empty name stands for any column."""
    from cybrid_audit.models.sinks import whole_tokens

    if not table:
        return
    for name, value in fields.items():
        kept = Value(
            tuple(
                (atom, NO_PROOFS)
                for atom in value.atoms()
                if not isinstance(atom, Obj) and whole_tokens(value_of(atom))
            )
        )
        if not kept.alts:
            continue
        columns: dict[tuple[str, str], Value] = interp.models.memory("database columns", dict)
        held = columns.get((table, name))
        joined = kept if held is None else held.join(kept)
        if joined is not held:
            columns[table, name] = joined
            interp.store_version += 1


def column(interp: Interpreter, key: str, name: str) -> Value | None:
    """Return the tokens that the project keeps in a column of a table, None for anything else."""
    columns: dict[tuple[str, str], Value] = interp.models.memory("database columns", dict)
    if not columns:
        return None
    table = key.split(".", 1)[0]
    held = columns.get((table, name))
    return held if held is not None else columns.get((table, ""))


def saved(call: LibraryCall) -> Value | None:
    """`instance.save()` of a model."""
    for obj in call.sources:
        if isinstance(obj, Obj) and obj.cls is not None:
            note_columns(call.interp, obj.cls.name, obj.fields)
    return None


def name_of(atom: Atom) -> str:
    """Return what names a table: a model class, or a short text."""
    if isinstance(atom, ClassInfo):
        return atom.name
    if isinstance(atom, Obj) and isinstance(atom.native, Database):
        return atom.native.label
    if isinstance(atom, Const) and isinstance(atom.value, str):
        found = re.search(r"(?i)\b(?:from|into|update)\s+[\"'`]?([\w.]+)", atom.value)
        return found.group(1) if found else atom.value if re.fullmatch(r"[\w.\-]{1,60}", atom.value) else ""
    return ""


def database(call: LibraryCall) -> Value | None:
    """A connection to a database, a session, a query."""
    label = next(
        (
            name_of(atom)
            for value in call.args.positional
            for atom in value.atoms()
            if isinstance(atom, ClassInfo | Obj)
        ),
        "",
    )
    return database_object(call.interp, label, call.place)


def model_call(call: LibraryCall) -> Value | None:
    """A class method that reads rows of a model: `Model.objects.get(…)`, `Model.get(…)`, `Model.query.filter_by(…)`."""
    from cybrid_audit.models import checks

    info = next((atom for atom in call.sources if isinstance(atom, ClassInfo)), None)
    if info is not None:
        note_columns(call.interp, info.name, call.args.keywords)
    told = checks.database_call(call)
    if told is not None:
        return told
    return value_of(Stored("database", info.name if info is not None else call.path.rsplit(".", 1)[-1], call.place))


def model_manager(call: LibraryCall) -> Value | None:
    """A class attribute through which rows of a model are read: `Model.objects`, `Model.query`."""
    info = next((atom for atom in call.sources if isinstance(atom, ClassInfo)), None)
    return database_object(call.interp, info.name if info is not None else "", call.place)


# ---------------------------------------------------------------- prompts and the command line


def prompt(call: LibraryCall) -> Value | None:
    """A question to the user."""
    default = call.args.keywords.get("default")
    name = next(iter((call.args.get(0) or NOTHING).strings()), "")
    held = value_of(Stored("prompt", name.strip(" :?")[:60], call.place))
    return held.join(without_none(default)) if default is not None else held


class Parser(Native):
    """`argparse.ArgumentParser()`: an argument comes from outside, or is its default."""

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, Value]) -> None:
        self.fields: dict[str, Value] = fields  # type: ignore[assignment]

    def method(self, interp: Interpreter, obj: Obj, name: str, args: Arguments, place: Place) -> Value | None:
        if name == "add_argument":
            self.add(interp, args, place)
            return unknown("an argument")
        if name in ("add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser", "__enter__"):
            dest = args.keywords.get("dest")
            if dest is not None:
                for text in dest.strings():
                    self.fields[text] = value_of(Input("argument", text))
            return value_of(obj)
        if name == "set_defaults":
            for key, held in args.keywords.items():
                self.fields[key] = self.fields.get(key, NOTHING).join(held)
            return V_NONE
        if name in ("parse_args", "parse_known_args", "parse_intermixed_args"):
            made = interp.new("object", place=place)
            made.fields = dict(self.fields)
            made.label = "arguments"
            if name == "parse_known_args":
                from cybrid_audit.models.python.builtins import listed

                return listed(
                    interp, [value_of(made), listed(interp, None, value_of(Input("argument")))], None, None, "tuple"
                )
            return value_of(made)
        if name in ("error", "exit"):
            interp.throw(unknown("SystemExit"))
            return NOTHING
        return unknown(f"the result of {name}")

    def add(self, interp: Interpreter, args: Arguments, place: Place) -> None:
        """Take one argument."""
        names = [text for value in args.positional for text in value.strings()]
        if not names:
            return
        dest = next(iter((args.keywords.get("dest") or NOTHING).strings()), "")
        long = next((name for name in names if name.startswith("--")), names[0])
        key = dest or long.lstrip("-").replace("-", "_")
        action = (args.keywords.get("action") or NOTHING).strings()
        if action and action[0] in ("store_true", "store_false", "count", "version", "help"):
            self.fields[key] = unknown("a switch of the command line", hint=key)
            return
        held = value_of(Input("argument", key))
        repeats = any(text in ("*", "+") for text in (args.keywords.get("nargs") or NOTHING).strings())
        if repeats or action[:1] in (["append"], ["extend"]):
            many = interp.new("list", place=place)
            many.rest = held
            held = value_of(many)
        default = args.keywords.get("default")
        if default is not None:
            held = held.join(without_none(default))
        self.fields[key] = held


def parser(call: LibraryCall) -> Value | None:
    """`argparse.ArgumentParser(…)`."""
    return native_object(call.interp, "object", Parser({}), call.place, "parser")


def arguments(call: LibraryCall) -> Value | None:
    """`sys.argv`."""
    made = call.interp.new("list", place=call.place)
    made.rest = value_of(Input("argument"))
    return value_of(made)
