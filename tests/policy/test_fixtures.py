"""In every language that has fixtures, a comment above a finding accepts it, and leaves the others alone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest

from cybrid_audit.audit import audit
from cybrid_audit.policy import CONTROL
from cybrid_audit.policy.comments import syntax_of
from cybrid_audit.result import Finding

FIXTURES: Final = Path(__file__).parents[1] / "fixtures"
SIGNS: Final = {
    "c": "// {}",
    "hash": "# {}",
    "xml": "<!-- {} -->",
    "php": "// {}",
    "hcl": "# {}",
    "component": "// {}",
    "template": "<!-- {} -->",
    "lines": "# {}",
    "sql": "-- {}",
    "ruby": "# {}",
    "batch": "rem {}",
}


def projects() -> dict[str, Path]:
    """Return a project with defects for each language: the last one of the first rule that has any."""
    found: dict[str, Path] = {}
    for folder in sorted(FIXTURES.glob("*/*/vulnerable")):
        language, rule = folder.parent.name, folder.parent.parent.name
        inside = [path for path in sorted(folder.iterdir()) if path.is_dir()]
        if not rule.startswith(("suppression-", "attestation-")):
            found.setdefault(language, inside[-1] if inside else folder)
    return found


PROJECTS: Final = projects()


def key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.location.path, finding.fingerprint


@pytest.mark.parametrize("language", PROJECTS)
def test_a_comment_above_a_finding_accepts_it(language: str, tmp_path: Path) -> None:
    root = tmp_path / PROJECTS[language].name
    shutil.copytree(PROJECTS[language], root)
    every = [each for each in audit(str(root)).findings if each.control != CONTROL]
    found = next((each for each in every if syntax_of(each.location.path) is not None), None)
    if found is None:
        pytest.skip("its findings are in files without comments")
    path, number = root / found.location.path, found.location.start_line
    lines = path.read_text().split("\n")
    indent = lines[number - 1][: len(lines[number - 1]) - len(lines[number - 1].lstrip())]
    syntax = syntax_of(found.location.path)
    assert syntax is not None
    lines.insert(number - 1, indent + SIGNS[syntax].format(f"cybrid-audit: ignore[{found.rule}] settled"))
    path.write_text("\n".join(lines))

    result = audit(str(root))
    on_line = {
        key(each)
        for each in every
        if (each.rule, each.location.path, each.location.start_line) == (found.rule, found.location.path, number)
    }
    assert {key(each) for each in result.suppressed} == on_line
    assert {key(each) for each in result.findings} == {key(each) for each in every} - on_line
