"""The generated parts of the documentation are current, and its links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_parts_are_current(generate: ModuleType) -> None:
    assert generate.outdated(write=False) == [], "'make docs' writes them anew"


def test_pages_of_rules_and_the_schema_are_current(generate: ModuleType) -> None:
    assert generate.outdated_files(write=False) == [], "'make docs' writes them anew"


def test_old_pages_are_seen_and_set_right(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs" / "rules").mkdir(parents=True)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "docs" / "rules" / "no-such-rule.md").write_text("outworn")
    (tmp_path / "docs" / "rules" / "credential-logged.md").write_text("outworn")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    seen = generate.outdated_files(write=True)
    assert {"docs/rules/no-such-rule.md", "docs/rules/credential-logged.md"} <= set(seen)
    assert generate.outdated_files(write=False) == []
    assert not (tmp_path / "docs" / "rules" / "no-such-rule.md").exists()


def test_the_check_sees_an_old_part(generate: ModuleType) -> None:
    old = "<!-- generated: exit-codes -->\noutworn\n<!-- end -->\n"
    assert "outworn" not in generate.current(old)
    assert generate.current(generate.current(old)) == generate.current(old)


def test_every_generated_page_is_known(generate: ModuleType) -> None:
    marked = {page.relative_to(ROOT).as_posix() for page in PAGES if "<!-- generated:" in page.read_text()}
    assert marked == set(generate.FILES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target
