"""The JSON schema of the configuration, for editors: what `config.py` reads, with the rules and controls of this version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from cybrid_audit.facts import Side
from cybrid_audit.languages import FAMILIES, FRONT_ENDS
from cybrid_audit.project.config import CONFIDENCES, HOST, FailOn, GuardKind, Profile
from cybrid_audit.project.own_models import EFFECTS, NUMBER

ID: Final = "https://cybrid-audit.invalid/schemas/config.schema.json"

Schema = dict[str, Any]


def schema() -> Schema:
    """Return the schema (JSON Schema 2020-12)."""
    from cybrid_audit.knowledge import load

    knowledge = load()
    rules, controls = list(knowledge.rule_ids), [each.id for each in knowledge.control_rows]
    day = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    top = {
        "version": {"const": 1, "description": "The form of this file."},
        "profile": _one(
            Profile, "`strict` asks for a second factor before quotes, payout destinations and cancellations too."
        ),
        "fail_on": _one(
            FailOn,
            "What makes a run exit with 1: a violated required control (the default), a recommended one too, every finding, or nothing.",
        ),
        "min_confidence": {
            "enum": list(CONFIDENCES),
            "description": "Violations that are less sure do not count for `fail_on`.",
        },
        "paths": _object(
            "Which files count.",
            {
                "include": _list(_text("A glob; with any, only files that fit one count.")),
                "exclude": _list(_text("A glob of files that do not count.")),
            },
        ),
        "sides": _list(
            _object(
                "Where files run that the audit cannot tell. The last entry that fits decides.",
                {"glob": _text("A glob of files."), "side": _one(Side, "Where they run, or what they are for.")},
                needed=("glob", "side"),
            )
        ),
        "rules": _object(
            "Which rules judge.", {"disable": _list({"enum": rules, "description": "A rule that does not judge."})}
        ),
        "guards": _list(
            _object(
                "A function, method, middleware or decorator of the project that verifies and stops.",
                {
                    "name": _text("Its name, dotted where that tells it from others."),
                    "kind": _one(GuardKind, "What it verifies."),
                    "language": {"enum": list(FRONT_ENDS), "description": "Only in this language."},
                },
                needed=("name", "kind"),
            )
        ),
        "models": _list(
            _object(
                "What functions of the project, or of libraries nobody else has, do.",
                {
                    "at": {
                        "description": "Access paths: `acme.http.Client().post`, or `~.post` for any start.",
                        "anyOf": [
                            {"type": "string", "minLength": 1},
                            _list({"type": "string", "minLength": 1}, at_least=1),
                        ],
                    },
                    "does": {
                        "enum": list(EFFECTS),
                        "description": "; ".join(f"{name}: {each.text}" for name, each in EFFECTS.items()),
                    },
                    "with": {"type": "object", "description": "Settings of what it does."},
                    "language": {"enum": list(FAMILIES), "description": "Only in languages of this one's family."},
                },
                needed=("at", "does"),
            )
            | {"allOf": [_settings(name) for name in EFFECTS]}
        ),
        "semgrep": _object(
            "Whether semgrep, where it is installed, looks for patterns in the files that matter.",
            {
                "enabled": _flag("Whether it does. --semgrep and --no-semgrep on the command line decide over this."),
                "bundled": _flag("Whether it looks for the patterns of this tool too, which it does by default."),
                "rules": _list(
                    _text(
                        "A file or folder of rules of your own, in this project. Each rule names its control in "
                        "`metadata.cybrid-control`."
                    )
                    | {"pattern": r"^(?!/|\.\./|.*/\.\./|\.\.$|.*/\.\.$)"}
                ),
                "disable": _list(_text("The id of a rule whose matches do not count.")),
            },
            needed=("enabled",),
        ),
        "platform": _object(
            "What leads to the platform.",
            {
                "hosts": _list(
                    _text(
                        "A host, such as a proxy, without scheme and path. What it puts before `/api/` is passed over."
                    )
                    | {"pattern": f"^{HOST}$"}
                ),
                "env_base_urls": _list(_text("A variable that holds the address of one.")),
            },
        ),
        "suppressions": _list(
            _object(
                "Findings that the project accepts. They do not count; the controls that they break stay broken.",
                {
                    "rule": {"enum": rules, "description": "The rule of the findings."},
                    "path": _text("A glob of files; one that fits every file does not count."),
                    "fingerprint": _text("One finding, as the JSON report names it."),
                    "reason": _text("Why they are accepted."),
                    "owner": _text("Who answers for it."),
                    "expires": day | {"description": "The last day on which it holds."},
                },
                needed=("rule", "reason"),
            )
            | {"anyOf": [{"required": ["path"]}, {"required": ["fingerprint"]}]}
        ),
        "attestations": _list(
            _object(
                "A signed-off statement for a control that code cannot show. One that has expired counts as none.",
                {
                    "control": {"enum": controls, "description": "The control."},
                    "statement": _text("What was verified."),
                    "owner": _text("Who verified it and answers for it."),
                    "evidence": _text("Where the proof is, a link for example."),
                    "date": day | {"description": "The day on which it was verified."},
                    "expires": day | {"description": "The last day on which it holds."},
                },
                needed=("control", "statement", "owner", "evidence", "date", "expires"),
            )
        ),
    }
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": ID, "title": ".cybrid-audit.yaml"}
    return head | _object("The configuration of cybrid-audit.", top, needed=("version",))


def _settings(name: str) -> Schema:
    known = EFFECTS[name].settings
    number = {"type": "integer", "minimum": 0, "maximum": 99}
    allowed = {
        key: {"anyOf": [*([{"enum": plain}] if plain else []), *([number] if NUMBER in words else [])]}
        if (plain := [each for each in words if each != NUMBER]) or words
        else {"type": ["string", "number", "boolean"]}
        for key, words in known.items()
    }
    inside = {"type": "object", "properties": allowed, "additionalProperties": False}
    return {"if": {"properties": {"does": {"const": name}}}, "then": {"properties": {"with": inside}}}


def _object(description: str, properties: Schema, *, needed: Iterable[str] = ()) -> Schema:
    made: Schema = {
        "type": "object",
        "description": description,
        "properties": properties,
        "additionalProperties": False,
    }
    required = list(needed)
    return made | {"required": required} if required else made


def _list(items: Schema, *, at_least: int = 0) -> Schema:
    made: Schema = {"type": "array", "items": items}
    return made | {"minItems": at_least} if at_least else made


def _text(description: str) -> Schema:
    return {"type": "string", "minLength": 1, "description": description}


def _flag(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def _one(choices: Any, description: str) -> Schema:
    return {"enum": [each.value for each in choices], "description": description}
