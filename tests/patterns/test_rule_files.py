"""Files of pattern rules are read as data: each rule has a control that exists, and none does more than match."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cybrid_audit.errors import AuditError
from cybrid_audit.knowledge import load
from cybrid_audit.patterns import RuleSet, rule_set
from cybrid_audit.policy.trust import trusted
from cybrid_audit.project.config import load_config, parse_config
from tests.patterns.conftest import commit

ROOT = Path(__file__).parents[2]
BUNDLED = sorted((ROOT / "rules" / "semgrep").iterdir())
EXAMPLES = ROOT / "tests" / "fixtures" / "semgrep"
MARK = re.compile(r"(?:#|//)\s*(ruleid|ok):\s*(\S+)")

RULE = """\
rules:
  - id: acme-client
    languages: [go]
    severity: ERROR
    message: The client of acme is unsafe.
    metadata: {cybrid-control: X-TLS, cybrid-rule: insecure-transport, cwe: ["CWE-295: bad", CWE-297], confidence: HIGH}
    pattern: acme.New(...)
"""


def own(text: str, tmp_path: Path) -> RuleSet:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    config = parse_config(b"version: 1\nsemgrep: {enabled: true, bundled: false}\n", "c")
    return rule_set(str(tmp_path), config, load(), beside=[str(path)])


def refusal(text: str, tmp_path: Path) -> str:
    with pytest.raises(AuditError) as caught:
        own(text, tmp_path)
    return str(caught.value).replace(str(tmp_path) + "/", "")


# ---------------------------------------------------------------- those of this tool


def bundled() -> RuleSet:
    return rule_set(str(ROOT), parse_config(b"version: 1\nsemgrep: {enabled: true}\n", "c"), load())


def test_the_bundled_rules_are_right_and_each_has_examples() -> None:
    rules = bundled().patterns
    shown = {path.stem: path.read_text() for path in BUNDLED}
    assert {each.shown.removeprefix("rules/semgrep/") for each in rules.values()} == {path.name for path in BUNDLED}
    marked: dict[str, set[str]] = {}
    for path in EXAMPLES.iterdir():
        assert path.stem in shown, f"{path.name} belongs to no file of rules"
        for kind, rule in MARK.findall(path.read_text()):
            assert rule in rules, f"{path.name}: {rule}"
            assert f"id: {rule}\n" in shown[path.stem], f"{rule} is in another file than {path.name}"
            marked.setdefault(rule, set()).add(kind)
    assert marked == {rule: {"ruleid", "ok"} for rule in rules}
    assert all(each.cwe and rule.startswith("cybrid-") for rule, each in rules.items())


def test_the_bundled_rules_reach_the_languages_without_a_front_end() -> None:
    text = "".join(path.read_text() for path in BUNDLED)
    for language in ("go", "csharp", "ruby", "php", "rust"):
        assert len(re.findall(rf"languages: \[{language}\]", text)) >= 3, language


# ---------------------------------------------------------------- the user's


def test_a_rule_is_read(tmp_path: Path) -> None:
    found = own(RULE, tmp_path).patterns["acme-client"]
    assert (found.control, found.same_as, found.confidence) == ("X-TLS", "insecure-transport", "high")
    assert (found.cwe, found.message, found.is_bundled) == (
        ("CWE-295", "CWE-297"),
        "The client of acme is unsafe.",
        False,
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("X-TLS", "X-TSL", "own.yaml:6: unknown control 'X-TSL'; did you mean 'X-TLS'?"),
        ("insecure-transport", "insecure-transports", "own.yaml:6: unknown rule 'insecure-transports'; did you mean"),
        ("cybrid-control: X-TLS, ", "", "own.yaml:2: the rule 'acme-client' names no control; write 'metadata:"),
        ("HIGH", "SURE", "own.yaml:6: the confidence is not known; write HIGH, MEDIUM or LOW"),
        ("    metadata", "    metadata-", "own.yaml:2: the rule has no 'metadata'; write"),
        ("acme-client", "acme client", "own.yaml:2: the rule's id is none"),
        ("rules:", "patterns:", "own.yaml:1: no rules of semgrep"),
        ("pattern: acme.New(...)", "validators: []", "a rule with 'validators' is refused: it makes requests"),
        (
            "pattern: acme.New(...)",
            "patterns: [{pattern-where-python: x}]",
            "'pattern-where-python' is refused: it runs code",
        ),
        (
            "pattern: acme.New(...)",
            "join: {refs: [{rule: p/ci}]}",
            "a rule with 'join' is refused: it reads further rules",
        ),
        ("[go]", "&a [go]\n    x: *a", "own.yaml:4: aliases are not allowed"),
        ("acme.New(...)", "[", "own.yaml:8: not valid YAML"),
    ],
)
def test_a_wrong_rule_is_one_line_with_its_place(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert said in refusal(RULE.replace(old, new), tmp_path)


def test_one_id_is_one_rule(tmp_path: Path) -> None:
    assert "own.yaml:8: the rule 'acme-client' is in own.yaml already" in refusal(
        RULE + RULE.partition("\n")[2], tmp_path
    )


@pytest.mark.parametrize("path", ["p/ci", "r/go.lang", "s/somebody:rules", "auto", "https://semgrep.example/p/ci"])
def test_nothing_is_fetched(path: str, tmp_path: Path) -> None:
    config = parse_config(b"version: 1\n", "c")
    with pytest.raises(AuditError, match=f"^{path}: rules are not fetched"):
        rule_set(str(tmp_path), config, load(), beside=[path])


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    config = parse_config(b"version: 1\n", "c")
    for name, said in (("none.yaml", "no such file"), ("empty", "no file of pattern rules there")):
        with pytest.raises(AuditError, match=said):
            rule_set(str(tmp_path), config, load(), beside=[str(tmp_path / name)])
    with pytest.raises(AuditError, match="no program to run"):
        rule_set(str(tmp_path), config, load(), command=str(tmp_path / "empty"))


# ---------------------------------------------------------------- in the project


def project(folder: Path, *, config: str = "enabled: true, bundled: false, rules: [patterns]") -> None:
    (folder / "patterns").mkdir()
    (folder / "patterns" / "a.yaml").write_text(RULE)
    (folder / "patterns" / "a.test.yaml").write_text("a test of semgrep's, and no rule\n")
    (folder / ".cybrid-audit.yaml").write_text(f"version: 1\nsemgrep: {{{config}}}\n")


def test_the_configuration_names_files_of_the_project(tmp_path: Path) -> None:
    project(tmp_path)
    found = rule_set(str(tmp_path), load_config(str(tmp_path)), load())
    assert [each.shown for each in found.patterns.values()] == ["patterns/a.yaml"]


def test_a_rule_is_switched_off_by_its_id(tmp_path: Path) -> None:
    project(tmp_path, config="enabled: true, rules: [patterns/a.yaml], disable: [acme-client]")
    found = rule_set(str(tmp_path), load_config(str(tmp_path)), load())
    assert "acme-client" not in found.patterns
    assert "cybrid-token-in-url" in found.patterns
    (tmp_path / ".cybrid-audit.yaml").write_text(
        "version: 1\nsemgrep: {enabled: true, disable: [cybrid-token-in-uri]}\n"
    )
    with pytest.raises(AuditError, match="did you mean 'cybrid-token-in-url'"):
        rule_set(str(tmp_path), load_config(str(tmp_path)), load())


def test_no_link_leads_out_of_the_project(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    project(inside)
    (tmp_path / "outside.yaml").write_text(RULE)
    (inside / "patterns" / "a.yaml").unlink()
    (inside / "patterns" / "a.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(AuditError, match="no file of pattern rules"):
        rule_set(str(inside), load_config(str(inside)), load())
    (inside / ".cybrid-audit.yaml").write_text("version: 1\nsemgrep: {enabled: true, rules: [patterns/a.yaml]}\n")
    with pytest.raises(AuditError, match="is a symlink, or leads out of the tree"):
        rule_set(str(inside), load_config(str(inside)), load())


def test_the_trusted_revision_decides_over_the_rules_too(tmp_path: Path) -> None:
    project(tmp_path)
    commit(tmp_path)
    (tmp_path / "patterns" / "a.yaml").write_text(RULE.replace("acme.New(...)", "acme.Harmless(...)"))
    trust = trusted(str(tmp_path), "main")
    found = rule_set(str(tmp_path), trust.settings, load(), trust)
    assert found.files == (RULE.encode(),)
    assert [each.shown for each in found.patterns.values()] == ["main:patterns/a.yaml"]
