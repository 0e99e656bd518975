"""Running the judges together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cybrid_audit.facts import Facts, TokenKind
from cybrid_audit.judges import judge_facts
from cybrid_audit.knowledge import load


def test_findings_are_sorted_by_place_and_rule(make: ModuleType) -> None:
    calls = [make.call(tokens=[make.use(TokenKind.BANK, "m1")], visits=[make.visit()], line=line) for line in (9, 2)]
    found = judge_facts(Facts(calls=tuple(calls)), load())
    assert [(each.location.start_line, each.rule) for each in found] == [
        (2, "bank-token-on-customer-endpoint"),
        (2, "transaction-without-mfa"),
        (9, "bank-token-on-customer-endpoint"),
        (9, "transaction-without-mfa"),
    ]


def test_only_the_named_rules_judge(make: ModuleType) -> None:
    facts = Facts(calls=(make.call(tokens=[make.use(TokenKind.BANK, "m1")], visits=[make.visit()]),))
    found = judge_facts(facts, load(), ["transaction-without-mfa"])
    assert [each.rule for each in found] == ["transaction-without-mfa"]
    assert judge_facts(facts, load(), []) == ()


def test_a_name_of_no_rule_is_refused(make: ModuleType) -> None:
    with pytest.raises(KeyError):
        judge_facts(Facts(calls=(make.call(),)), load(), ["../../etc"])


def test_without_facts_no_judge_and_no_text_is_loaded(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from cybrid_audit.facts import Facts\n"
        "from cybrid_audit.judges import judge_facts\n"
        "from cybrid_audit.knowledge import load\n"
        "assert judge_facts(Facts(integrates=True), load()) == ()\n"
        "loaded = [name for name in sys.modules if name.startswith('cybrid_audit.judges.') and '._' not in name]\n"
        "assert loaded == [], loaded\n"
        "assert 'cybrid_audit.knowledge.rule_facts' not in sys.modules\n"
        "assert 'yaml' not in sys.modules\n"
    )
    # In a cache of its own: the first run keeps the compiled form there, so that the second finds it.
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    for each in ("from cybrid_audit.knowledge import load\nload()", program):
        done = subprocess.run(
            [sys.executable, "-c", each], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")
