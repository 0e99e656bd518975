from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cybrid_audit.project import Config, Project, _workers, open_project

Make = Callable[..., Project]
SEED = "const base = 'https://bank.sandbox.cybrid.app';\nexport const x = 1;\n"
PY_SEED = "BASE = 'https://bank.sandbox.cybrid.app'\n"


def manifest(name: str, *dependencies: str) -> str:
    return json.dumps({"name": name, "dependencies": dict.fromkeys(dependencies, "*")})


def test_nothing_is_relevant_without_a_seed(make: Make) -> None:
    project = make({"a.ts": "login(mfa)", "src/app/api/route.ts": "export async function POST() {}"})
    assert project.relevant == ()
    assert project.scanned == 2


@pytest.mark.parametrize(
    "text",
    [
        "CYBRID_SECRET",
        "CybridApiBank",
        "const cybridGet = new LegacyBridge(); FancyBridge",
        "scopes: ['trades:execute']",
        "fetch(`${base}/api/customer_tokens`, {body: {customer_guid}})",
    ],
)
def test_what_makes_a_seed(make: Make, text: str) -> None:
    assert make({"a.ts": text}).relevant == ("a.ts",)


@pytest.mark.parametrize(
    "text", ["hybrid", "jobs:execute", "customer_token = shop.token", "cy brid", "class LegacyBridge {}"]
)
def test_what_does_not(make: Make, text: str) -> None:
    assert make({"a.ts": text}).relevant == ()


def test_own_hosts_and_variables_make_seeds(make: Make) -> None:
    files = {"a.ts": "fetch('https://Gateway.Example.com/x')", "b.py": "os.environ['PARTNER_URL']", "c.py": ""}
    config = Config(hosts=("gateway.example.com",), env_base_urls=("PARTNER_URL",))
    assert make(files, config).relevant == ("a.ts", "b.py")


def test_importers_are_relevant_however_far(make: Make) -> None:
    project = make(
        {
            "src/client.ts": SEED,
            "src/service.ts": "export * from './client';",
            "src/screens/index.ts": "import { s } from '../service.js';",
            "src/top.ts": "const s = require('./screens');",
            "src/unrelated.ts": "import './other';",
            "src/other.ts": "export const y = 2;",
        }
    )
    assert project.relevant == ("src/client.ts", "src/screens/index.ts", "src/service.ts", "src/top.ts")
    assert project.importers_of("src/client.ts") == {"src/service.ts"}


def test_importers_in_python(make: Make) -> None:
    project = make(
        {
            "app/__init__.py": "",
            "app/platform/__init__.py": "from .client import get",
            "app/platform/client.py": PY_SEED,
            "app/trades.py": "from app import platform",
            "app/jobs.py": "from .trades import (\n    buy,\n)",
            "run.py": "import app.jobs as jobs",
            "app/other.py": "import json",
        }
    )
    assert project.relevant == (
        "app/jobs.py",
        "app/platform/__init__.py",
        "app/platform/client.py",
        "app/trades.py",
        "run.py",
    )


def test_tests_docs_and_third_party_code_are_neither_seeds_nor_importers(make: Make) -> None:
    project = make(
        {
            "src/client.ts": SEED,
            "src/client.test.ts": "import './client';" + SEED,
            "tests/helper.ts": "import '../src/client';",
            "docs/example.ts": "import '../src/client';",
            "vendor/lib/x.js": SEED,
            "public/app.min.js": SEED,
        }
    )
    assert project.relevant == ("src/client.ts",)
    assert set(project.files) >= {"src/client.test.ts", "vendor/lib/x.js", "public/app.min.js"}


def test_a_minified_file_is_not_relevant(make: Make) -> None:
    assert make({"public/app.js": "a.b=c;" * 2000 + SEED}).relevant == ()


def test_code_of_identity_counts_in_a_package_with_a_seed_only(make: Make) -> None:
    project = make(
        {
            "services/pay/package.json": manifest("pay"),
            "services/pay/src/client.ts": SEED,
            "services/pay/src/login.ts": "export function login() {}",
            "services/pay/src/format.ts": "export const money = 1;",
            "services/pay/src/wrapper.ts": "send('/api/trades')",
            "services/shop/package.json": manifest("shop"),
            "services/shop/src/login.ts": "export function login() {}",
        }
    )
    assert project.relevant == (
        "services/pay/src/client.ts",
        "services/pay/src/login.ts",
        "services/pay/src/wrapper.ts",
    )


def test_a_package_that_leads_to_a_seed_counts_as_one(make: Make) -> None:
    project = make(
        {
            "package.json": json.dumps({"name": "root", "private": True}),
            "packages/cybrid-client/package.json": manifest("@acme/bank-client"),
            "packages/cybrid-client/src/index.ts": SEED,
            "apps/api/package.json": manifest("api", "@acme/bank-client", "express"),
            "apps/api/src/routes.ts": "import { trade } from '@acme/bank-client';",
            "apps/api/src/server.ts": "import './routes';",
            "apps/api/src/mfa.ts": "export function verifyOtp() {}",
            "apps/blog/package.json": manifest("blog"),
            "apps/blog/src/session.ts": "session()",
        }
    )
    assert project.relevant == (
        "apps/api/src/mfa.ts",
        "apps/api/src/routes.ts",
        "apps/api/src/server.ts",
        "packages/cybrid-client/src/index.ts",
    )


def test_importers_across_packages_by_every_way(make: Make) -> None:
    project = make(
        {
            "package.json": json.dumps({"name": "root"}),
            "tsconfig.json": json.dumps(
                {"compilerOptions": {"paths": {"@libs/*": ["libs/*/src"], "@bank": ["libs/bank/src/client.ts"]}}}
            ),
            "libs/bank/package.json": manifest("bank"),
            "libs/bank/src/index.ts": "export * from './client';",
            "libs/bank/src/client.ts": SEED,
            "apps/alias/package.json": manifest("alias"),
            "apps/alias/a.ts": "import { x } from '@libs/bank';",
            "apps/file/package.json": manifest("file"),
            "apps/file/a.ts": "import { x } from '@bank';",
            "apps/relative/package.json": manifest("relative"),
            "apps/relative/src/a.ts": "import { x } from '../../../libs/bank/src/client';",
            "scripts/a.ts": "import { x } from '../libs/bank/src';",
            "apps/none/package.json": manifest("none"),
            "apps/none/a.ts": "import { x } from './bank';\nimport '../libs';",
            "apps/none/bank.ts": "export const x = 1;",
        }
    )
    assert project.relevant == (
        "apps/alias/a.ts",
        "apps/file/a.ts",
        "apps/relative/src/a.ts",
        "libs/bank/src/client.ts",
        "libs/bank/src/index.ts",
        "scripts/a.ts",
    )


def test_importers_from_a_common_base(make: Make) -> None:
    project = make(
        {
            "tsconfig.json": json.dumps({"compilerOptions": {"baseUrl": "./packages"}}),
            "packages/bank/package.json": manifest("x"),
            "packages/bank/src/client.ts": SEED,
            "packages/web/package.json": manifest("y"),
            "packages/web/a.ts": "import { x } from 'bank/src/client';",
        }
    )
    assert project.relevant == ("packages/bank/src/client.ts", "packages/web/a.ts")


def test_importers_across_packages_in_python(make: Make) -> None:
    project = make(
        {
            "libs/bank/pyproject.toml": "[project]\nname = 'bank'\n",
            "libs/bank/src/bank/__init__.py": "",
            "libs/bank/src/bank/client.py": PY_SEED,
            "services/web/pyproject.toml": "[project]\nname = 'web'\ndependencies = ['bank']\n",
            "services/web/web/main.py": "from bank.client import trade",
            "services/other/pyproject.toml": "[project]\nname = 'other'\n",
            "services/other/main.py": "import json",
        }
    )
    assert project.relevant == ("libs/bank/src/bank/client.py", "services/web/web/main.py")


def test_files_that_a_framework_loads_count_in_the_package(make: Make) -> None:
    project = make(
        {
            "package.json": manifest("web", "next"),
            "src/lib/client.ts": SEED,
            "src/middleware.ts": "export function middleware() {}",
            "src/app/api/health/route.ts": "export async function GET() {}",
            "src/app/page.tsx": "export default function Page() {}",
            "src/format.ts": "export function format() {}",
        }
    )
    assert project.relevant == ("src/app/api/health/route.ts", "src/lib/client.ts", "src/middleware.ts")


def test_what_a_platform_is_told_to_run_counts(make: Make) -> None:
    project = make(
        {
            "package.json": json.dumps({"main": "./src/start.js"}),
            "serverless.yml": "functions:\n  a:\n    handler: src/one.main\n  b:\n    handler: 'src/missing.main'\n  c: {}\n",
            "template.yaml": "Resources:\n  F:\n    Properties:\n      CodeUri: functions/two/\n      Handler: app.run\n  G:\n    CodeUri: ../..\n",
            "src/client.ts": SEED,
            "src/one.ts": "",
            "src/other.ts": "",
            "src/start.ts": "",
            "src/start.js": "",
            "functions/two/app.py": "",
            "functions/three/app.py": "",
        }
    )
    # What is named may be what a compiler makes of the source.
    started = ("src/start.js", "src/start.ts")
    assert project.relevant == ("functions/two/app.py", "src/client.ts", "src/one.ts", *started)


def test_in_a_very_large_package_only_paths_that_name_identity_are_searched(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cybrid_audit.project import relevance

    monkeypatch.setattr(relevance, "MAX_SEARCHED_PACKAGE", 3)
    project = make(
        {
            "a.ts": SEED,
            "auth/check.ts": "verifyOtp()",
            "things/x.ts": "verifyOtp()",
            "things/y.ts": "import '../a';",
            "things/z.ts": "post('/api/trades')",
        }
    )
    assert project.relevant == ("a.ts", "auth/check.ts", "things/y.ts", "things/z.ts")


def test_the_configurations_side_takes_a_file_out(make: Make) -> None:
    from cybrid_audit.facts import Side
    from cybrid_audit.project.config import SideOverride

    files = {"a.ts": SEED, "legacy/b.ts": SEED}
    assert make(files, Config(sides=(SideOverride("legacy", Side.VENDORED),))).relevant == ("a.ts",)


def test_the_configurations_side_brings_a_file_in(make: Make) -> None:
    from cybrid_audit.facts import Side
    from cybrid_audit.project.config import SideOverride

    files = {"tests/a.ts": SEED, "vendor/ours/b.ts": SEED, "vendor/theirs/c.ts": SEED}
    sides = (SideOverride("tests", Side.SERVER), SideOverride("vendor/ours/**", Side.SERVER))
    assert make(files, Config(sides=sides)).relevant == ("tests/a.ts", "vendor/ours/b.ts")


@pytest.mark.parametrize(
    "source", ["import './b'", "import './a'", "import '.'", "import '..'", "import ''", "from . import a"]
)
def test_circles_end(make: Make, source: str) -> None:
    project = make({"a.ts": SEED + source, "b.ts": "import './a'", "a.py": PY_SEED + source})
    assert "a.ts" in project.relevant


def test_workers_change_nothing(tmp_path: Path, write: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"src/m{number}/f{number}.ts": f"import '../m{number + 1}/f{number + 1}';" for number in range(40)}
    files["src/m40/f40.ts"] = SEED
    files["src/bad.ts"] = "\0"
    files |= {f"py/p{number}.py": f"from .p{number + 1} import x" for number in range(20)}
    write(tmp_path, files)
    alone = open_project(str(tmp_path), Config())
    monkeypatch.setattr(_workers, "_processes", lambda items: min(3, max(1, items)))
    together = open_project(str(tmp_path), Config())
    assert together.relevant == alone.relevant
    assert len(alone.relevant) == 41
    assert together.skipped == alone.skipped
    assert together.scanned == alone.scanned == 62
