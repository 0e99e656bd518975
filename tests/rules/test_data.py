"""The data of the rules: complete, consistent, and strictly read."""

from __future__ import annotations

import ast
import copy
import re
from pathlib import Path
from typing import Any

import pytest

import cybrid_audit.judges
from cybrid_audit.judges import catalog, judge_of, page
from cybrid_audit.knowledge import KnowledgeError, _source, _yaml, load
from cybrid_audit.knowledge._compile_rules import CONTROLS, compile_rules, is_rule
from cybrid_audit.knowledge._records import decode
from cybrid_audit.knowledge.control_facts import ControlsFile

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
FIXTURES = ROOT / "tests" / "fixtures"
JUDGES = Path(cybrid_audit.judges.__file__).parent
LANGUAGES = ("python", "typescript")
HOMES = {
    "unencrypted-secret-resource": ["terraform", "kubernetes", "cloudformation"],
    "credential-broadly-readable": ["workflows", "pipelines", "docker", "policies"],
    "plaintext-credential-file": ["dotenv"],
    "credential-in-history": [],
    "attestation-expired": ["config"],
    "suppression-added": [],
    "pattern-match": [],
}
"""Where the rules of configuration have their fixtures. Histories are made by the tests, and so is what semgrep
matches."""
SECTIONS = ["Why it matters", "Vulnerable", "Safe", "Limits", "References"]
FACT_WORDS = {
    "response",
    "cookie",
    "render",
    "page-state",
    "socket",
    "ui-sdk",
    "client-mint",
    "client-use",
    "http-url",
    "verification-off",
    "fork",
    "every-job",
    "artifact",
    "argument",
    "copies",
    "everybody",
    "every-secret",
    "role",
    "mode",
    "no-reason",
    "no-rule",
    "too-wide",
    "unknown-rule",
    "no-date",
    "added",
    "added-allowed",
    "changed",
    "changed-allowed",
}
"""Names of messages that are words of the facts themselves: channels of exposures, kinds of weak transport and access, what is wrong with a suppression."""

every_rule = pytest.mark.parametrize("rule", catalog())


def test_every_folder_with_texts_is_a_rule() -> None:
    assert sorted(catalog()) == sorted(path.parent.name for path in RULES.glob("*/rule.yaml"))


def test_every_judge_is_a_rules() -> None:
    files = {path.stem.replace("_", "-") for path in JUDGES.glob("[a-z]*.py")}
    assert files == set(catalog())


@every_rule
def test_a_rule_has_a_judge(rule: str) -> None:
    assert callable(judge_of(rule))


@every_rule
def test_a_rules_page_is_complete(rule: str) -> None:
    text = page(rule)
    assert text.startswith(f"# {catalog()[rule].title}\n")
    assert re.findall(r"(?m)^## (.*)$", text) == SECTIONS
    assert re.findall(r"(?m)^- <(.*)>$", text) == list(catalog()[rule].references)


def test_a_page_of_no_rule_is_refused() -> None:
    with pytest.raises(KeyError):
        page("../api")


@every_rule
@pytest.mark.parametrize("kind", ["vulnerable", "safe"])
def test_a_rule_has_fixtures(rule: str, kind: str) -> None:
    # A rule of code shows itself in both; one of configuration wherever it is at home.
    wanted = LANGUAGES if set(LANGUAGES) <= set(catalog()[rule].languages) else tuple(HOMES[rule])
    for language in wanted:
        folder = FIXTURES / rule / language / kind
        assert any(path.is_file() for path in folder.rglob("*")), f"no file below {folder.relative_to(ROOT)}"


def test_every_message_is_some_judges() -> None:
    words = set(FACT_WORDS)
    for path in JUDGES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
    words |= {"violated", "unproven"}
    for rule in catalog().values():
        assert set(rule.messages) | set(rule.notes) <= words, rule.id


@every_rule
def test_texts_are_sentences(rule: str) -> None:
    texts = catalog()[rule]
    for text in (texts.summary, texts.why, texts.remediation, *texts.messages.values()):
        assert text.endswith("."), text
        assert "\n" not in text
    for note in texts.notes.values():
        assert not note.endswith("."), note


def test_the_ten_controls_come_first_and_in_order() -> None:
    ids = [control.id for control in load().controls.controls]
    assert ids[:10] == ["AT-1", "AT-2", "CR-1", "CR-2", "CR-3", "CR-4", "CA-1", "CA-2", "CA-3", "CA-4"]
    assert all(each.startswith("X-") for each in ids[10:])


# ---------------------------------------------------------------- strict reading

GOOD = "bank-token-on-customer-endpoint/rule.yaml"


@pytest.fixture(scope="module")
def sources() -> dict[str, Any]:
    read = _source.read_sources(_source.rules_root())
    return {name: _yaml.parse(name, data) for name, data in read.items() if is_rule(name) or name == CONTROLS}


def compiled(sources: dict[str, Any]) -> dict[str, Any]:
    return compile_rules(sources, decode(ControlsFile, sources[CONTROLS], CONTROLS))


def changed(sources: dict[str, Any], **keys: Any) -> dict[str, Any]:
    result = copy.deepcopy(sources)
    for key, value in keys.items():
        if value is None:
            del result[GOOD][key]
        else:
            result[GOOD][key] = value
    return result


def test_the_data_compiles(sources: dict[str, Any]) -> None:
    assert list(compiled(sources)["rules"]) == sorted(catalog())


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"id": "bank-token"}, "is not the folder's name"),
        ({"control": "AT-9"}, "unknown control 'AT-9'"),
        ({"also": ["X-NONE"]}, "unknown control 'X-NONE'"),
        ({"also": ["AT-1"]}, "its control already"),
        ({"level": "recommended"}, "AT-1 is required"),
        ({"level": "optional"}, "is none of"),
        ({"severity": "awful"}, "is none of"),
        ({"colour": "red"}, "unknown key"),
        ({"why": None}, "missing key 'why'"),
        ({"messages": {}}, "needs at least one message"),
        ({"messages": {"violated": "{operation"}}, "cannot be filled"),
        ({"messages": {"violated": "{operation.name}"}}, "is no plain slot"),
        ({"messages": {"violated": "{operation!r}"}}, "is no plain slot"),
        ({"notes": {"call": "{}"}}, "is no plain slot"),
        ({"cwe": ["863"]}, "is not written like CWE-863"),
    ],
)
def test_a_mistake_is_named(sources: dict[str, Any], keys: dict[str, Any], complaint: str) -> None:
    with pytest.raises(KnowledgeError, match=re.escape(complaint)) as raised:
        compiled(changed(sources, **keys))
    assert raised.value.file == GOOD


def test_a_control_without_a_rule_says_why(sources: dict[str, Any]) -> None:
    silent = copy.deepcopy(sources)
    audited = {control for rule in catalog().values() for control in (rule.control, *rule.also)}
    control = next(each for each in silent[CONTROLS]["controls"] if each["id"] not in audited)
    del control["open"]
    with pytest.raises(KnowledgeError, match=f"no rule audits {control['id']}"):
        compiled(silent)


def test_a_framework_is_declared_and_used(sources: dict[str, Any]) -> None:
    unused = copy.deepcopy(sources)
    unused[CONTROLS]["frameworks"]["iso-27001"] = "ISO 27001"
    with pytest.raises(KnowledgeError, match="no control maps to it"):
        compiled(unused)
    undeclared = copy.deepcopy(sources)
    undeclared[CONTROLS]["controls"][0]["mappings"]["iso-27001"] = {"sure": ["5.15"]}
    with pytest.raises(KnowledgeError, match="unknown framework 'iso-27001'"):
        compiled(undeclared)
