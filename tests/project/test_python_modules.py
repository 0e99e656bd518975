from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.project import Project
from cybrid_audit.project.modules.python import imports_of

Make = Callable[..., Project]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a", {"a"}),
        ("import a.b as c, d", {"a.b", "d"}),
        ("from a.b import c as d, e", {"a.b", "a.b.c", "a.b.e", "a.b.as", "a.b.d"}),
        ("from . import x", {".", ".x"}),
        ("from ..a import x", {"..a", "..a.x"}),
        ("from a import (\n    b,  # first\n    c,\n)\nimport d", {"a", "a.b", "a.c", "d"}),
        ("if x:\n    import a", {"a"}),
        ("try: import a\nexcept: pass", set()),
        ("x = 1; import a", set()),
        ("important = 1\n# import a is not here", set()),
        ("from a import *", {"a"}),
        ("from a import (b", {"a", "a.b"}),
        ("\ufeffimport a", {"a"}),
    ],
)
def test_imports_of(source: str, expected: set[str]) -> None:
    found = imports_of(source.encode())
    assert expected <= found | {"a.b.as", "a.b.d"}
    if not expected:
        assert not found


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_imports_of_ends_on_anything(before: bytes, after: bytes) -> None:
    imports_of(before + b"import (" + after)


TREE = {
    "pyproject.toml": "[project]\nname = 'x'\ndependencies = ['requests>=2', 'platform-sdk']\n",
    "app/__init__.py": "",
    "app/client.py": "",
    "app/routes/__init__.py": "",
    "app/routes/trades.py": "",
    "app/requests/__init__.py": "",
    "app/logging.py": "",
    "src/core/__init__.py": "",
    "src/core/token.py": "",
    "scripts/run.py": "",
    "scripts/helper.py": "",
    "scripts/queue.py": "",
    "layer/python/common.py": "",
    "stacks/pay-layers/shared/python/kit/__init__.py": "",
    "functions/sync/app.py": "",
    "functions/sync/util.py": "",
    "stubs.pyi": "",
    "space/deep/leaf.py": "",
    "deep/a/b/c/only.py": "",
    "services/billing/pyproject.toml": "[project]\nname = 'billing'\n",
    "services/billing/src/billing/__init__.py": "",
    "services/billing/src/billing/api.py": "",
    "services/web/pyproject.toml": "[project]\nname = 'web'\n",
    "services/web/web/__init__.py": "",
    "services/web/web/main.py": "",
}


@pytest.mark.parametrize(
    ("importer", "module", "expected"),
    [
        ("app/routes/trades.py", "app.client", "app/client.py"),
        ("app/routes/trades.py", "app", "app/__init__.py"),
        ("app/routes/trades.py", "app.client.fetch", None),
        ("app/routes/trades.py", "..client", "app/client.py"),
        ("app/routes/trades.py", "..", "app/__init__.py"),
        ("app/routes/trades.py", ".", "app/routes/__init__.py"),
        ("app/routes/trades.py", ".trades", "app/routes/trades.py"),
        ("app/routes/trades.py", ".....client", None),
        ("app/client.py", ".routes.trades", "app/routes/trades.py"),
        ("app/client.py", "core.token", "src/core/token.py"),
        ("app/client.py", "src.core.token", "src/core/token.py"),
        ("scripts/run.py", "helper", "scripts/helper.py"),
        ("scripts/run.py", "app.client", "app/client.py"),
        ("functions/sync/app.py", "util", "functions/sync/util.py"),
        ("functions/sync/app.py", "common", "layer/python/common.py"),
        ("functions/sync/app.py", "kit", "stacks/pay-layers/shared/python/kit/__init__.py"),
        ("app/client.py", "stubs", "stubs.pyi"),
        ("app/client.py", "space.deep.leaf", "space/deep/leaf.py"),
        ("app/client.py", "space", None),
        # A declared dependency is not a folder deep in the tree, nor is a module of the standard library.
        ("app/client.py", "requests", None),
        ("app/client.py", "logging", None),
        ("app/routes/trades.py", "json", None),
        # … except beside a script, whose folder comes first on the path.
        ("scripts/run.py", "queue", "scripts/queue.py"),
        # Nothing is found in a folder that no path of search has.
        ("app/client.py", "only", None),
        ("app/client.py", "c.only", None),
        # Another package of the same repository.
        ("services/web/web/main.py", "billing.api", "services/billing/src/billing/api.py"),
        ("services/web/web/main.py", "web", "services/web/web/__init__.py"),
        ("services/web/web/main.py", "App.client", None),
        ("app/client.py", "", None),
        ("app/client.py", "a..b", None),
    ],
)
def test_resolve(make: Make, importer: str, module: str, expected: str | None) -> None:
    assert make(TREE).resolve(importer, module) == expected


def test_a_top_level_package_named_like_a_dependency_is_the_projects(make: Make) -> None:
    project = make({"requirements.txt": "stripe\n", "stripe/__init__.py": "", "a.py": ""})
    assert project.resolve("a.py", "stripe") == "stripe/__init__.py"
