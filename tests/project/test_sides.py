from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from cybrid_audit.facts import Side
from cybrid_audit.project import Config, Project
from cybrid_audit.project.config import SideOverride

Make = Callable[..., Project]
CALL = "fetch('https://bank.sandbox.cybrid.app/api/prices')\n"


def manifest(*dependencies: str) -> str:
    return json.dumps({"name": "x", "dependencies": dict.fromkeys(dependencies, "*")})


@pytest.mark.parametrize(
    ("path", "side"),
    [
        ("a.py", Side.SERVER),
        ("run.js", Side.SERVER),
        ("tests/test_a.py", Side.TEST),
        ("app/tests.py", Side.TEST),
        ("app/conftest.py", Side.TEST),
        ("app/test_trades.py", Side.TEST),
        ("app/trades_test.py", Side.TEST),
        ("app/latest.py", Side.SERVER),
        ("app/contest.py", Side.SERVER),
        ("src/__tests__/a.ts", Side.TEST),
        ("src/a.test.ts", Side.TEST),
        ("src/a.spec.tsx", Side.TEST),
        ("src/a.stories.tsx", Side.TEST),
        ("src/test.helper.ts", Side.SERVER),
        ("e2e/a.ts", Side.TEST),
        ("src/test/a.ts", Side.TEST),
        # A route may be called like a folder of tests or documents.
        ("src/app/api/test/route.ts", Side.SERVER),
        ("src/app/docs/page.ts", Side.SERVER),
        ("api/samples/views.py", Side.SERVER),
        ("docs/snippets/a.py", Side.DOCS),
        ("docs/conf.py", Side.DOCS),
        ("examples/a.py", Side.EXAMPLE),
        ("examples/tests/a.py", Side.EXAMPLE),
        ("node_modules/x/index.js", Side.VENDORED),
        ("tests/node_modules/x/index.js", Side.VENDORED),
        ("vendor/jquery.js", Side.VENDORED),
        ("third_party/x/a.py", Side.VENDORED),
        ("src/modules/vendor/service.ts", Side.SERVER),
        ("public/x.min.js", Side.VENDORED),
        ("lib/site-packages/a.py", Side.VENDORED),
    ],
)
def test_what_the_path_tells(make: Make, path: str, side: Side) -> None:
    project = make({path: CALL if path.endswith(".py") else "export const a = 1\n"})
    # A walk does not even enter some of these folders; git lists them when they are tracked.
    told = project.path_side(path)
    found = project.files[path].side if path in project.files else (told.side if told else None)
    assert found is side


def test_a_folder_of_a_django_app_is_no_third_party_code(make: Make) -> None:
    project = make(
        {"vendor/models.py": CALL, "vendor/views.py": CALL, "coverage/urls.py": CALL, "requirements.txt": ""}
    )
    assert {each.side for each in project.files.values()} == {Side.SERVER}


EXPRESS = manifest("express")
NEXT = manifest("next", "react", "react-dom")
VITE = manifest("vite", "react", "react-dom")
KIT = manifest("@sveltejs/kit", "svelte", "vite")


@pytest.mark.parametrize(
    ("dependencies", "path", "content", "side"),
    [
        (EXPRESS, "src/a.ts", "", Side.SERVER),
        (NEXT, "app/page.tsx", "", Side.SERVER),
        (NEXT, "app/page.tsx", "// c\n'use client';\n", Side.CLIENT),
        (NEXT, "app/page.tsx", '/* c */ "use client"\n', Side.CLIENT),
        (NEXT, "app/page.tsx", "const x = 'use client'\n", Side.SERVER),
        (NEXT, "app/actions.ts", "'use server'\n", Side.SERVER),
        (NEXT, "app/error.tsx", "", Side.CLIENT),
        (NEXT, "app/api/x/route.ts", "", Side.SERVER),
        (NEXT, "src/app/api/x/route.ts", "", Side.SERVER),
        (NEXT, "pages/api/x.ts", "", Side.SERVER),
        (NEXT, "pages/x.tsx", "", Side.CLIENT),
        (NEXT, "pages/x.tsx", "export async function getServerSideProps() {}", Side.SERVER),
        (NEXT, "middleware.ts", "", Side.SERVER),
        (NEXT, "lib/a.ts", "import 'server-only'\n", Side.SERVER),
        (NEXT, "lib/a.ts", "import x from 'y'\nimport 'client-only'\n", Side.CLIENT),
        (NEXT, "components/a.tsx", "const [a, b] = useState(1)", Side.CLIENT),
        (NEXT, "lib/db.ts", "import { headers } from 'next/headers'", Side.SERVER),
        (NEXT, "next.config.js", "", Side.SERVER),
        (VITE, "src/a.ts", "", Side.CLIENT),
        (VITE, "vite.config.ts", "", Side.SERVER),
        (VITE, "server/index.ts", "", Side.SERVER),
        (VITE, "api/trades.ts", "", Side.SERVER),
        (VITE, "supabase/functions/x/index.ts", "", Side.SERVER),
        (manifest("react-scripts", "react"), "src/a.js", "", Side.CLIENT),
        (manifest("@angular/core"), "src/app/a.service.ts", "", Side.CLIENT),
        (manifest("@angular/core"), "server.ts", "", Side.SERVER),
        (manifest("react-native"), "src/a.js", "", Side.CLIENT),
        (manifest("expo", "react-native"), "app/token+api.ts", "", Side.SERVER),
        (manifest("expo", "react-native"), "app/index.tsx", "", Side.CLIENT),
        (manifest("electron"), "main.js", "", Side.CLIENT),
        (manifest("vue"), "src/a.js", "", Side.CLIENT),
        (KIT, "src/routes/+page.server.ts", "", Side.SERVER),
        (KIT, "src/routes/+server.ts", "", Side.SERVER),
        (KIT, "src/routes/+page.ts", "", Side.CLIENT),
        (KIT, "src/hooks.server.ts", "", Side.SERVER),
        (KIT, "src/lib/server/a.ts", "", Side.SERVER),
        (KIT, "src/lib/a.ts", "import { X } from '$env/static/private'", Side.SERVER),
        (manifest("nuxt"), "server/api/a.ts", "", Side.SERVER),
        (manifest("nuxt"), "composables/a.ts", "", Side.CLIENT),
        (manifest("astro"), "src/pages/a.ts", "", Side.SERVER),
        (manifest("@remix-run/node", "react"), "app/routes/a.tsx", "export async function loader() {}", Side.SERVER),
        (manifest("@remix-run/node", "react"), "app/db.server.ts", "", Side.SERVER),
        (manifest("@remix-run/node", "react"), "app/x.client.ts", "", Side.CLIENT),
        (manifest("gatsby", "react"), "src/api/a.ts", "", Side.SERVER),
        (manifest("gatsby", "react"), "src/pages/a.tsx", "", Side.CLIENT),
        (manifest("express", "react", "react-dom"), "client/a.js", "", Side.CLIENT),
        (manifest("express", "react", "react-dom"), "server/a.js", "", Side.SERVER),
        (manifest("express", "react", "react-dom"), "src/a.js", "window.x = 1", Side.CLIENT),
        (manifest("express", "react", "react-dom"), "src/a.js", "const e = require('express')", Side.SERVER),
        (EXPRESS, "public/app.js", "document.title", Side.CLIENT),
        ("{}", "static/js/app.js", "fetch('/x')", Side.CLIENT),
        ("{}", "static/build.js", "module.exports = 1", Side.SERVER),
        ("{}", "frontend/a.js", "", Side.CLIENT),
        ("{}", "web/a.js", "import fs from 'node:fs'", Side.SERVER),
        ("{}", "a.js", "", Side.SERVER),
        ("{}", "a.js", "Deno.serve()", Side.SERVER),
        ("{}", "a.js", "x" * 20_000, Side.VENDORED),
    ],
)
def test_what_a_framework_tells(make: Make, dependencies: str, path: str, content: str, side: Side) -> None:
    found = make({"package.json": dependencies, path: content}).files[path]
    assert found.side is side, found.side_reason
    assert found.side_reason


def test_a_package_that_is_imported_as_a_whole_is_named_by_itself(make: Make) -> None:
    project = make({"src/App.kt": "import io.ktor.server.application.*\nfun f(http: HttpClient) = cybrid(http)\n"})
    file = project.files["src/App.kt"]
    assert (file.side, file.side_reason) == (Side.SERVER, "imports io.ktor.server.application")


def test_a_shared_module_is_on_the_side_of_its_importers(make: Make) -> None:
    project = make(
        {
            "package.json": NEXT,
            "app/page.tsx": "import { a } from '../lib/both';",
            "components/a.tsx": "'use client'\nimport { a } from '../lib/both';\nimport { b } from '../lib/middle';",
            "lib/both.ts": CALL,
            "lib/middle.ts": "export * from './only-client';",
            "lib/only-client.ts": CALL,
            "lib/only-client.test.ts": "import './only-client';",
        }
    )
    assert project.files["lib/both.ts"].side is Side.SERVER
    assert project.files["lib/only-client.ts"].side is Side.CLIENT
    assert "components/a.tsx" in project.files["lib/only-client.ts"].side_reason


def test_a_component_file_imports_from_its_side(make: Make) -> None:
    project = make(
        {
            "package.json": KIT,
            "src/lib/a.ts": CALL,
            "src/lib/b.ts": CALL,
            "src/routes/+page.svelte": "<script>import { a } from '$lib/a';</script>",
            "src/routes/+page.server.ts": "import { b } from '$lib/b';",
        }
    )
    assert project.files["src/lib/a.ts"].side is Side.CLIENT
    assert project.files["src/lib/b.ts"].side is Side.SERVER


def test_a_workspace_is_judged_by_its_own_manifest(make: Make) -> None:
    project = make(
        {
            "package.json": manifest("vite", "react", "react-dom"),
            "apps/api/package.json": EXPRESS,
            "apps/api/src/a.ts": CALL,
            "apps/web/package.json": VITE,
            "apps/web/src/a.ts": CALL,
            "packages/shared/package.json": manifest(),
            "packages/shared/a.ts": CALL,
        }
    )
    assert project.files["apps/api/src/a.ts"].side is Side.SERVER
    assert project.files["apps/web/src/a.ts"].side is Side.CLIENT


def test_the_configuration_decides_before_anything_else(make: Make) -> None:
    config = Config(sides=(SideOverride("tests/**", Side.SERVER), SideOverride("tests/kiosk", Side.CLIENT)))
    project = make({"tests/a.py": CALL, "tests/kiosk/b.py": CALL}, config)
    assert project.files["tests/a.py"].side is Side.SERVER
    assert project.files["tests/kiosk/b.py"].side is Side.CLIENT
    assert project.files["tests/kiosk/b.py"].side_reason == "configuration: tests/kiosk"


def test_files_is_a_mapping_in_order(make: Make) -> None:
    project = make({"b.ts": "", "a.py": "", "c/d.tsx": "", "e.txt": ""})
    assert list(project.files) == ["a.py", "b.ts", "c/d.tsx"]
    assert [each.language for each in project.files.values()] == ["python", "typescript", "tsx"]
    assert len(project.files) == 3
    assert "e.txt" not in project.files
    with pytest.raises(KeyError):
        project.files["e.txt"]


@pytest.mark.parametrize(
    ("names", "content", "reason"),
    [
        ("index.html", '<script type="module" src="/src/start.js"></script>', "loaded by index.html"),
        ("public/page.html", "<script defer src='../src/start.js'></script>", "loaded by public/page.html"),
        ("manifest.json", '{"manifest_version": 3, "background": {"service_worker": "src/start.js"}}', "manifest.json"),
        ("webpack.config.js", 'module.exports = { entry: { main: "./src/start.js" } };', "loaded by webpack.config.js"),
        ("rollup.config.mjs", "export default { input: 'src/start.js' };", "loaded by rollup.config.mjs"),
    ],
)
def test_what_a_browser_starts_with_is_the_clients_and_what_it_alone_imports(
    make: Make, names: str, content: str, reason: str
) -> None:
    project = make({"package.json": "{}", names: content, "src/start.js": "import './more.js'", "src/more.js": CALL})
    started, more = project.files["src/start.js"], project.files["src/more.js"]
    assert (started.side, more.side) == (Side.CLIENT, Side.CLIENT)
    assert started.side_reason.endswith(reason)
    assert more.side_reason == "imported only by client code (src/start.js)"


@pytest.mark.parametrize(
    ("names", "content"),
    [
        ("webpack.config.js", 'module.exports = { target: "node", entry: "./src/start.js" };'),
        ("docs/a.html", '<script src="../src/start.js"></script>'),
        ("manifest.json", '{"name": "x", "main": "src/start.js"}'),
        ("index.html", '<script src="https://cdn.test/src/start.js"></script>'),
    ],
)
def test_what_starts_elsewhere_is_not(make: Make, names: str, content: str) -> None:
    assert make({"package.json": "{}", names: content, "src/start.js": CALL}).files["src/start.js"].side is Side.SERVER


def test_a_file_that_only_a_page_by_its_content_imports_is_the_clients(make: Make) -> None:
    project = make({"package.json": "{}", "a.js": "import './b.js'; document.title = 1", "b.js": CALL})
    assert project.files["b.js"].side is Side.CLIENT


def test_a_bundle_for_browsers_is_told_by_the_plugins_of_its_bundler(make: Make) -> None:
    project = make({"package.json": manifest("webpack", "html-webpack-plugin"), "src/a.js": CALL, "server/b.js": CALL})
    assert project.files["src/a.js"].side is Side.CLIENT
    assert project.files["server/b.js"].side is Side.SERVER
