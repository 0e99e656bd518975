from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from cybrid_audit.project import Project
from cybrid_audit.project.manifests import dependencies, is_manifest

Make = Callable[..., Project]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "package.json",
            json.dumps({"dependencies": {"a": "1"}, "devDependencies": {"@b/c": "1"}, "peerDependencies": [1]}),
            {"a", "@b/c"},
        ),
        (
            "deno.json",
            '{"imports": {"x": "npm:express@4", "y": "jsr:@std/http@1/file", "z": "./z.ts"}, /* c */}',
            {"express", "@std/http"},
        ),
        (
            "requirements.txt",
            "# c\nRequests>=2 ; python_version > '3'\nflask_login[x]==1\n-r other.txt\n-e .\n\n",
            {"requests", "flask-login"},
        ),
        ("requirements-dev.txt", "pytest\n", {"pytest"}),
        (
            "pyproject.toml",
            (
                "[project]\ndependencies=['a>1']\n[project.optional-dependencies]\nx=['b']\n[dependency-groups]\ndev=['c', {include-group='x'}]\n"
                "[tool.poetry.dependencies]\npython='^3'\nd='*'\n[tool.poetry.group.t.dependencies]\ne='*'\n"
            ),
            {"a", "b", "c", "d", "e"},
        ),
        ("Pipfile", "[packages]\nDjango = '*'\n[dev-packages]\nx = '*'\n", {"django", "x"}),
        (
            "setup.cfg",
            "[options]\ninstall_requires =\n    a>=1\n    b\n[options.extras_require]\nt = c; d\n",
            {"a", "b", "c", "d"},
        ),
        (
            "setup.py",
            "setup(name='n', install_requires=['a>=1', \"b\"], extras_require={'x': ['c']})\n",
            {"a", "b", "c", "x"},
        ),
        ("setup.py", "raise SystemExit(__import__('os').system('true'))", set()),
        ("other.json", "{}", set()),
        ("pyproject.toml", "= broken", set()),
        ("pyproject.toml", "project = 7", set()),
        ("setup.cfg", "broken", set()),
        ("Pipfile", "packages = 1", set()),
        ("package.json", "[" * 100_000, set()),
    ],
)
def test_dependencies(name: str, content: str, expected: set[str]) -> None:
    assert dependencies(name, content.encode()) == expected


def test_what_is_a_manifest() -> None:
    assert is_manifest("requirements/base.txt".rpartition("/")[2]) is False
    assert is_manifest("requirements-prod.txt")
    assert not is_manifest("requirements.md")


def test_packages_and_their_roots(make: Make) -> None:
    project = make(
        {
            "package.json": json.dumps({"dependencies": {"root-dep": "1"}}),
            "apps/web/package.json": json.dumps({"dependencies": {"next": "1"}}),
            "apps/web/src/deep/a.ts": "",
            "lib/b.ts": "",
            "tools/requirements.txt": "Flask\n",
            "service/requirements/base.txt": "Django\n",
            "service/app/d.py": "",
            "tools/c.py": "",
        }
    )
    assert project.package_root("apps/web/src/deep/a.ts") == "apps/web"
    assert project.package_root("lib/b.ts") == ""
    assert project.packages("apps/web/src/deep/a.ts") == {"next", "root-dep"}
    assert project.own_packages("apps/web/src/deep/a.ts") == {"next"}
    assert project.packages("tools/c.py") == {"flask", "root-dep"}
    assert project.packages("lib/b.ts") == {"root-dep"}
    assert project.package_root("service/app/d.py") == "service"
    assert project.packages("service/app/d.py") == {"django", "root-dep"}
    assert project.text_file("apps/web/package.json") is not None
    assert project.text_file("apps/web/other.json") is None
