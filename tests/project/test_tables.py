"""Each entry of the tables below `rules/project/` does what it is there for."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import yaml

from cybrid_audit.facts import Side
from cybrid_audit.knowledge import KnowledgeError, _compile_project, load
from cybrid_audit.knowledge._records import decode
from cybrid_audit.knowledge._source import rules_root
from cybrid_audit.knowledge.project_facts import Relevance, SidePackage, Sides
from cybrid_audit.project import Project

Make = Callable[..., Project]
SEED = "cybrid"


def test_every_marker_makes_a_seed(make: Make) -> None:
    table = load().relevance
    texts = {f"m{number}.ts": marker for number, marker in enumerate(table.markers) if marker not in table.confirm}
    for marker in table.markers:
        for number, text in enumerate(table.confirm.get(marker, ())):
            texts[f"{abs(hash(marker))}-{number}.ts"] = f"{marker} {text}".upper()
    assert set(make(texts).relevant) == set(texts)


def test_every_text_counts_in_a_package_with_a_seed(make: Make) -> None:
    table = load().relevance
    texts: dict[str, str] = {}
    for marker in table.platform_markers:
        for number, text in enumerate(table.confirm.get(marker, (marker,))):
            texts[f"p/{len(texts)}-{number}.ts"] = text
    for marker in (*table.identity_markers, *table.dispatch_markers):
        texts[f"i/{len(texts)}.ts"] = f"x {marker} y".upper()
    for marker in table.bootstrap_markers:
        texts[f"b/{len(texts)}/main.ts"] = f"x {marker} y"
    for name in table.convention_names:
        texts[f"c/{len(texts)}/{name}.ts"] = "express()"
    for ending in table.convention_endings:
        texts[f"e/x{ending}.ts"] = "express()"
    for part in table.convention_paths:
        texts[f"{part.strip('/')}/x.ts"] = "express()"
    project = make({"seed.ts": SEED, "plain.ts": "x", **texts})
    assert set(project.relevant) == {"seed.ts", *texts}


def test_every_descriptor_names_code(make: Make) -> None:
    for row in load().relevance.descriptors:
        assert row.names
        for name in row.names:
            text = {"package.json": '{"main": "src/run.ts"}', "wrangler.toml": 'main = "src/run.ts"'}.get(
                name, "Handler: src/run.main"
            )
            assert "src/run.ts" in make({name: text, "seed.ts": SEED, "src/run.ts": ""}).relevant, name


def test_every_folder_and_name_tells_its_side(make: Make) -> None:
    project = make({"package.json": "{}"})
    table = load().sides.paths
    assert any(row.side == "vendored" for row in table)
    for row in table:
        paths = [f"{folder}/a.ts" for folder in (*row.folders, *row.beside_manifest)]
        paths += list(row.names)
        paths += [f"{prefix}x.py" for prefix in row.prefixes]
        paths += [f"x{suffix}" for suffix in row.suffixes]
        paths += [f"x{infix}ts" for infix in row.infixes]
        assert paths
        for path in paths:
            told = project.path_side(path)
            assert told is not None, path
            assert told.side is Side(row.side), path
        for folder in row.folders:
            for above in row.not_below:
                told = project.path_side(f"{above}/{folder}/a.ts")
                assert told is None or told.side is not Side(row.side), (above, folder)


@pytest.mark.parametrize("row", load().sides.packages, ids=lambda row: row.why)
def test_every_package_tells_its_side(make: Make, row: object) -> None:
    assert isinstance(row, SidePackage)
    needed = [row.requires[0].replace("*", "x")] if row.requires else []
    for name in row.any_:
        names = {name.replace("*", "x"), *needed}
        if any(each in row.none for each in names):
            continue
        project = make({"package.json": json.dumps({"dependencies": dict.fromkeys(names, "1")}), "lib/a.ts": ""})
        told = project.files["lib/a.ts"]
        # Rows above may say the same of a name; the side is what counts.
        assert told.side is Side(row.side), (name, told.side_reason)


def test_every_text_of_one_side_tells_it(make: Make) -> None:
    table = load().sides
    files: dict[str, str] = {"package.json": "{}"}
    sides: dict[str, Side] = {}
    for side, imports, texts in (
        (Side.SERVER, table.server_imports, table.server_texts),
        (Side.CLIENT, table.client_imports, table.client_texts),
    ):
        for text in (*(f"import x from '{each.replace('*', 'x')}'" for each in imports), *texts):
            path = f"f{len(files)}.ts"
            files[path] = text
            sides[path] = side
    project = make(files)
    assert {path: project.files[path].side for path in sides} == sides


def test_every_folder_of_one_side_tells_it(make: Make) -> None:
    table = load().sides
    sides = {f"{name}/a.ts": Side.CLIENT for name in table.client_folders}
    sides |= {f"{name}/a.ts": Side.SERVER for name in table.server_folders}
    project = make({"package.json": "{}"} | dict.fromkeys(sides, ""))
    told = {path: project.files[path].side for path in sides}
    assert told == sides


def test_every_folder_that_is_not_walked(make: Make) -> None:
    table = load().discovery
    files = {f"{name}/a.ts": SEED for name in (*table.unwalked_folders, *table.output_folders)}
    assert list(make({"package.json": "{}", "a.ts": "", **files}).files) == ["a.ts"]


def test_every_language_is_named_when_it_is_not_read(make: Make) -> None:
    table = load().discovery
    project = make({f"a{suffix}": SEED for suffix in table.languages})
    named = {each.path for each in project.skipped}
    assert named | set(project.files) == {f"a{suffix}" for suffix in table.languages}


@pytest.mark.parametrize(
    ("table", "change", "problem"),
    [
        (Relevance, {"bootstrap_markers": ["Express("]}, "lower case"),
        (Relevance, {"markers": ["x"]}, "is no marker"),
        (Relevance, {"confirm": {"nothing": ["a"]}}, "is no marker"),
        (Relevance, {"confirm": {"/api/": ["/x/"]}}, "does not hold it"),
        (Relevance, {"identity_markers": ["otp", "totp"]}, "never needed"),
        (Relevance, {"identity_markers": ["otp", "otp"]}, "defined twice"),
        (Relevance, {"descriptors": [{"names": ["a"], "regex": "("}]}, "no regular expression"),
        (Relevance, {"other": []}, "unknown key"),
        (Sides, {"paths": [{"side": "moon", "why": "x"}]}, "is none of"),
        (Sides, {"directives": [{"side": "client", "why": "x", "regex": "["}]}, "no regular expression"),
        (
            Sides,
            {"conventions": [{"side": "client", "why": "x", "globs": ["a"], "content": "("}]},
            "no regular expression",
        ),
        (Sides, {"components": {".vue": "moon"}}, "is none of"),
    ],
)
def test_a_mistake_in_a_table_is_told(table: type, change: dict[str, object], problem: str) -> None:
    with pytest.raises(KnowledgeError, match=problem):
        check(table, change)


def check(table: type, change: dict[str, object]) -> None:
    tables: dict[str, object] = {}
    for name, cls in _compile_project.TABLES.items():
        content = yaml.safe_load(rules_root().joinpath(name).read_bytes())
        if cls is table:
            content |= change
        tables[name] = decode(cls, content, name)
    _compile_project.check_project(tables)
