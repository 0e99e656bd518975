"""The search for importers reads as little as it can. Here it is compared with reading everything."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cybrid_audit.project import Config, Project, modules, open_project

PACKAGES = ["", "libs/bank", "libs/ui", "apps/web", "apps/web/inner"]
STEMS = ["client", "index", "bank", "src/token", "src/index", "src/deep/x.service", "main"]
PYTHON_STEMS = ["client", "__init__", "src/bank/__init__", "src/bank/token", "web/views", "web/__init__"]

MANIFEST = {
    "": {"name": "root", "imports": {"#token": "./src/token.ts"}},
    "libs/bank": {
        "name": "@acme/bank",
        "main": "dist/src/token.js",
        "exports": {".": "./src/index.ts", "./t": "./src/token.ts"},
    },
    "libs/ui": {"name": "ui", "dependencies": {"@acme/bank": "*"}},
    "apps/web": {"name": "web", "dependencies": {"ui": "*"}},
    "apps/web/inner": {"name": "inner"},
}
FIXED = {
    "tsconfig.json": json.dumps(
        {
            "compilerOptions": {
                "baseUrl": "libs",
                "paths": {"@lib/*": ["libs/*/src"], "@exact": ["libs/bank/src/token.ts"], "@deep/*": ["libs/*"]},
            }
        }
    ),
    "apps/web/import_map.json": json.dumps({"imports": {"shared/": "./src/", "one": "./client.ts"}}),
    "pyproject.toml": "[project]\nname='root'\n",
    "libs/bank/pyproject.toml": "[project]\nname='bank'\n",
    "apps/web/pyproject.toml": "[project]\nname='web'\ndependencies=['bank']\n",
}
SCRIPT_PATHS = [f"{package}/{stem}.ts".lstrip("/") for package in PACKAGES for stem in STEMS]
PYTHON_PATHS = [f"{package}/{stem}.py".lstrip("/") for package in PACKAGES[:4] for stem in PYTHON_STEMS]
BARE = [
    *(
        "@acme/bank",
        "@acme/bank/t",
        "@acme/bank/src/token",
        "ui",
        "ui/src/token",
        "@lib/bank",
        "@exact",
        "@deep/bank/src/token",
        "bank/client",
    ),
    *(
        "shared/token",
        "shared/token.ts",
        "one",
        "#token",
        "@/token",
        "~/client",
        "react",
        "./nothing",
        "..",
        ".",
        "../..",
        "@src/token",
    ),
]
PYTHON_MODULES = [
    "bank.token",
    "bank",
    "web.views",
    "web",
    "client",
    "libs.bank.client",
    ".token",
    ".",
    "..",
    "..client",
    "src.bank.token",
    "json",
]


def relative(importer: str, target: str, cut: bool) -> str:
    place = os.path.relpath(target, os.path.dirname(importer) or ".")
    place = place.removesuffix(".ts") if cut else place
    return place if place.startswith("..") else f"./{place}"


@st.composite
def trees(draw: Callable[..., object]) -> dict[str, str]:
    files: dict[str, str] = dict(FIXED)
    for package, content in MANIFEST.items():
        files[f"{package}/package.json".lstrip("/")] = json.dumps(content)
    scripts = draw(st.lists(st.sampled_from(SCRIPT_PATHS), min_size=1, max_size=10, unique=True))
    pythons = draw(st.lists(st.sampled_from(PYTHON_PATHS), max_size=6, unique=True))
    assert isinstance(scripts, list)
    assert isinstance(pythons, list)
    for path in scripts:
        target = st.builds(relative, st.just(path), st.sampled_from(scripts), st.booleans())
        names = draw(st.lists(st.sampled_from(BARE) | target, max_size=3))
        assert isinstance(names, list)
        files[path] = "\n".join(f"import x from '{name}';" for name in names)
    for path in pythons:
        names = draw(st.lists(st.sampled_from(PYTHON_MODULES), max_size=3))
        assert isinstance(names, list)
        files[path] = "\n".join(f"from {name} import token" for name in names)
    for path in draw(st.lists(st.sampled_from([*scripts, *pythons]), min_size=1, max_size=2)):  # type: ignore[attr-defined]
        files[path] += "\n# cybrid"
    return files


def everything_that_leads_to(project: Project, seeds: set[str]) -> set[str]:
    importers: dict[str, set[str]] = {}
    for path, language in project.sources.items():
        for module in modules.imports_of(language, project.source(path)):
            target = project.resolve(path, module)
            if target is not None:
                importers.setdefault(target, set()).add(path)
    found, pending = set(seeds), list(seeds)
    while pending:
        for path in importers.get(pending.pop(), ()):
            if path not in found:
                found.add(path)
                pending.append(path)
    return found


@settings(max_examples=60, deadline=None)
@given(files=trees())
def test_finds_every_importer_and_nothing_else(write: Callable[..., None], files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files)
        project = open_project(folder, Config())
        seeds = {path for path in project.sources if b"cybrid" in project.source(path)}
        # Files that a descriptor names are relevant besides.
        described = {path for path in project.sources if path.endswith("libs/bank/src/token.ts")}
        expected = everything_that_leads_to(project, seeds)
        missing = expected - set(project.relevant)
        assert not missing
        beyond = set(project.relevant) - expected - everything_that_leads_to(project, described)
        assert not beyond
