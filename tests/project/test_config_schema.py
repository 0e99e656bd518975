"""The schema for editors says what the reader reads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cybrid_audit.project.config import TOP_KEYS, ConfigError, parse_config
from cybrid_audit.project.config_schema import schema

ROOT = Path(__file__).parents[2]
SCHEMA = schema()

GOOD = [
    "version: 1\n",
    "version: 1\nprofile: strict\nfail_on: never\nmin_confidence: high\n",
    "version: 1\npaths: {include: [src], exclude: ['**/x/**']}\nrules: {disable: [login-without-mfa]}\n",
    "version: 1\nsides: [{glob: 'a/**', side: client}]\nplatform: {hosts: [a.example], env_base_urls: [B]}\n",
    "version: 1\nguards: [{name: stepUp, kind: mfa}, {name: verified, kind: email, language: python}]\n",
    "version: 1\nmodels: [{at: a.b, does: logs}, {at: [a.c, a.d], does: requests, with: {method: POST, url: 0, body: 1}}]\n",
    "version: 1\nmodels: [{at: a.b, does: verifies, with: {kind: mfa, outcome: field_eq, field: ok, value: 'yes'}}]\n",
    "version: 1\nsemgrep: {enabled: true}\n",
    "version: 1\nsemgrep: {enabled: false, bundled: false, rules: [security/patterns, a.yaml], disable: [acme-x]}\n",
    "version: 1\nsuppressions: [{rule: insecure-transport, path: a.py, reason: b, owner: c, expires: '2026-01-02'}]\n",
    "version: 1\nsuppressions: [{rule: insecure-transport, fingerprint: '0af', reason: b}]\n",
    "version: 1\nattestations:\n  - {control: CR-4, statement: a, owner: b, evidence: c, date: '2026-01-02', expires: '2026-01-03'}\n",
]
BAD = [
    "{}\n",
    "version: 2\n",
    "version: 1\nprofil: strict\n",
    "version: 1\nprofile: stricter\n",
    "version: 1\nfail_on: always\n",
    "version: 1\nmin_confidence: 0.5\n",
    "version: 1\npaths: [src]\n",
    "version: 1\npaths: {includes: [src]}\n",
    "version: 1\nsides: [{glob: a}]\n",
    "version: 1\nsides: [{glob: a, side: moon}]\n",
    "version: 1\nplatform: {hosts: ['https://a.example']}\n",
    "version: 1\nguards: [{name: a, kind: luck}]\n",
    "version: 1\nguards: [{name: a, kind: mfa, language: cobol}]\n",
    "version: 1\nmodels: [{at: a.b, does: http.request}]\n",
    "version: 1\nmodels: [{at: a.b, does: verifies-nothing, with: {method: GET}}]\n",
    "version: 1\nmodels: [{at: a.b, does: requests, with: {method: TRACE}}]\n",
    "version: 1\nmodels: [{at: a.b, does: requests, with: {url: first}}]\n",
    "version: 1\nmodels: [{at: a.b, does: verifies, with: {outcome: sometimes}}]\n",
    "version: 1\nmodels: [{at: [], does: logs}]\n",
    "version: 1\nmodels: [{does: logs}]\n",
    "version: 1\nsuppressions: [{rule: insecure-transport, path: a.py}]\n",
    "version: 1\nsuppressions: [{rule: insecure-transport, reason: a}]\n",
    "version: 1\nsuppressions: [{rule: insecure-transport, reason: a, path: b, expires: tomorrow}]\n",
    "version: 1\nattestations: [{control: CR-4}]\n",
    "version: 1\nsemgrep: {rules: [a.yaml]}\n",
    "version: 1\nsemgrep: {enabled: perhaps}\n",
    "version: 1\nsemgrep: {enabled: true, command: /bin/sh}\n",
    "version: 1\nsemgrep: {enabled: true, rules: [/etc/a.yaml]}\n",
    "version: 1\nsemgrep: {enabled: true, rules: [../a.yaml]}\n",
    "version: 1\nsemgrep: true\n",
]


def reads(text: str) -> bool:
    try:
        parse_config(text.encode(), "x")
    except ConfigError:
        return False
    return True


def fits(text: str) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(yaml.safe_load(text))


def test_the_schema_is_one_and_the_file_is_current() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads((ROOT / "schemas" / "config.schema.json").read_text()) == SCHEMA, "run 'make docs'"


@pytest.mark.parametrize("text", GOOD)
def test_both_take_what_is_right(text: str) -> None:
    assert (reads(text), fits(text)) == (True, True)


@pytest.mark.parametrize("text", BAD)
def test_both_refuse_what_is_wrong(text: str) -> None:
    assert (reads(text), fits(text)) == (False, False)


def known_keys(text: str) -> set[str]:
    """Return the keys that the reader says it knows where a key is wrong."""
    with pytest.raises(ConfigError) as error:
        parse_config(text.encode(), "x")
    assert error.value.hint.startswith("known keys are "), error.value
    return set(re.split(", ", error.value.hint.removeprefix("known keys are ")))


def test_both_know_the_same_keys() -> None:
    assert set(SCHEMA["properties"]) == set(TOP_KEYS) == known_keys("zzzzzz: 1\n")
    for name, part in SCHEMA["properties"].items():
        inside: dict[str, Any] = part.get("items", part)
        if "properties" not in inside:
            continue
        form = "[{zzzzzz: 1}]" if "items" in part else "{zzzzzz: 1}"
        assert set(inside["properties"]) == known_keys(f"version: 1\n{name}: {form}\n"), name


def test_everything_is_described() -> None:
    def check(node: Any, where: str) -> None:
        if isinstance(node, dict):
            for name, part in node.get("properties", {}).items():
                described = part.get("items", part)
                assert "description" in described or "then" in where, f"{where}.{name}"
                check(part, f"{where}.{name}")
            check(node.get("items"), where)

    check(SCHEMA, "")


def test_the_example_of_the_documentation_is_right() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    found = re.search(r"(?ms)^```yaml\n(.*?)^```", page)
    assert found is not None
    config = parse_config(found[1].encode(), "x")
    shown = json.loads(json.dumps(yaml.safe_load(found[1]), default=str))
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(shown)
    assert set(yaml.safe_load(found[1])) == set(TOP_KEYS)
    assert len(config.models) == 2
