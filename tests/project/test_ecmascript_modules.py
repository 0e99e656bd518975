from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.project import Project, _jsonc
from cybrid_audit.project.modules.ecmascript import imports_of

Make = Callable[..., Project]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a from './a';", {"./a"}),
        ('import "b"', {"b"}),
        ("import{a}from'./a'", {"./a"}),
        ("export * from \"./a\";\nexport { b } from './b';", {"./a", "./b"}),
        ("const a = require('./a.js');", {"./a.js"}),
        ("const a = await import('./a')", {"./a"}),
        ("const a = await import(\n  './a'\n)", {"./a"}),
        ("import a = require('a')", {"a"}),
        ("import type { A } from '../a'", {"../a"}),
        ("import {\n  a,\n  b,\n} from '@x/y';", {"@x/y"}),
        ("await import(`./a`)", {"./a"}),
        ("no strings", set()),
    ],
)
def test_imports_of(source: str, expected: set[str]) -> None:
    assert imports_of(source.encode()) == expected


@given(st.binary(max_size=300))
def test_imports_of_ends_on_anything(source: bytes) -> None:
    imports_of(source)


TREE: dict[str, str] = {
    "package.json": json.dumps(
        {"name": "root", "workspaces": ["packages/*"], "imports": {"#db": "./src/db.ts", "#lib/*": "./src/lib/*.js"}}
    ),
    "tsconfig.json": """{
  // comments and commas are allowed
  "extends": "./config/base.json",
  "compilerOptions": {
    "baseUrl": ".",
    "paths": {
      "@app/*": ["src/*",],
      "@app/special": ["src/lib/special.ts"],
      "@one": ["src/lib/one"], /* a file */
    },
  },
}""",
    "config/base.json": json.dumps({"compilerOptions": {"paths": {"base/*": ["../src/lib/*"]}}}),
    "src/index.ts": "",
    "src/db.ts": "",
    "src/esm.mts": "",
    "src/view.tsx": "",
    "src/old.js": "",
    "src/both.ts": "",
    "src/both/index.ts": "",
    "src/types.d.ts": "",
    "src/lib/index.ts": "",
    "src/lib/one.ts": "",
    "src/lib/special.ts": "",
    "src/lib/dotted.service.ts": "",
    "src/Case.ts": "",
    "packages/client/package.json": json.dumps(
        {
            "name": "@acme/client",
            "main": "dist/index.js",
            "exports": {
                ".": {"types": "./dist/index.d.ts", "import": "./dist/index.js"},
                "./token": "./dist/token.js",
                "./deep/*": "./dist/deep/*.js",
            },
        }
    ),
    "packages/client/src/index.ts": "",
    "packages/client/src/token.ts": "",
    "packages/client/src/deep/a.ts": "",
    "packages/client/src/hidden.ts": "",
    "packages/plain/package.json": json.dumps({"name": "plain", "module": "lib/entry.mjs"}),
    "packages/plain/lib/entry.mjs": "",
    "packages/web/package.json": json.dumps({"name": "web"}),
    "packages/web/tsconfig.json": json.dumps({"compilerOptions": {"paths": {"@/*": ["./app/*"]}}}),
    "packages/web/app/page.tsx": "",
    "packages/web/app/lib/session.ts": "",
    "packages/bare/package.json": json.dumps({"name": "bare"}),
    "packages/bare/src/lib/x.ts": "",
    "packages/bare/root.ts": "",
    "supabase/functions/import_map.json": json.dumps(
        {"imports": {"shared/": "./_shared/", "std": "https://deno.land/std/mod.ts", "one": "./_shared/one.ts"}}
    ),
    "supabase/functions/_shared/one.ts": "",
    "supabase/functions/hook/index.ts": "",
    "mobile/package.json": json.dumps({"name": "mobile", "dependencies": {"react-native": "1"}}),
    "mobile/src/store.native.ts": "",
    "mobile/src/app.ts": "",
}


@pytest.mark.parametrize(
    ("importer", "module", "expected"),
    [
        ("src/index.ts", "./db", "src/db.ts"),
        ("src/index.ts", "./db.js", "src/db.ts"),
        ("src/index.ts", "./db.ts", "src/db.ts"),
        ("src/index.ts", "./esm.mjs", "src/esm.mts"),
        ("src/index.ts", "./view.jsx", "src/view.tsx"),
        ("src/index.ts", "./view.js", "src/view.tsx"),
        ("src/index.ts", "./old", "src/old.js"),
        ("src/index.ts", "./both", "src/both.ts"),
        ("src/index.ts", "./both/", "src/both.ts"),
        ("src/index.ts", "./lib", "src/lib/index.ts"),
        ("src/lib/one.ts", ".", "src/lib/index.ts"),
        ("src/lib/one.ts", "..", "src/index.ts"),
        ("src/lib/one.ts", "../db", "src/db.ts"),
        ("src/index.ts", "./lib/dotted.service", "src/lib/dotted.service.ts"),
        ("src/index.ts", "./types", "src/types.d.ts"),
        ("src/index.ts", "./db?raw", "src/db.ts"),
        ("src/index.ts", "./case", None),
        ("src/index.ts", "./missing", None),
        ("src/index.ts", "../../../etc/passwd", None),
        ("src/index.ts", "@app/db", "src/db.ts"),
        ("src/index.ts", "@app/special", "src/lib/special.ts"),
        ("src/index.ts", "@one", "src/lib/one.ts"),
        ("src/index.ts", "base/one", "src/lib/one.ts"),
        ("src/index.ts", "src/lib/one", "src/lib/one.ts"),
        ("src/index.ts", "#db", "src/db.ts"),
        ("src/index.ts", "#lib/one", "src/lib/one.ts"),
        ("src/index.ts", "#nothing", None),
        ("src/index.ts", "@acme/client", "packages/client/src/index.ts"),
        ("src/index.ts", "@acme/client/token", "packages/client/src/token.ts"),
        ("src/index.ts", "@acme/client/deep/a", "packages/client/src/deep/a.ts"),
        ("src/index.ts", "@acme/client/src/hidden", "packages/client/src/hidden.ts"),
        ("src/index.ts", "plain", "packages/plain/lib/entry.mjs"),
        ("src/index.ts", "react", None),
        ("src/index.ts", "node:fs", None),
        ("src/index.ts", "https://deno.land/x.ts", None),
        ("src/index.ts", "", None),
        ("src/index.ts", "./\x00", None),
        ("packages/web/app/page.tsx", "@/lib/session", "packages/web/app/lib/session.ts"),
        ("packages/web/app/page.tsx", "@app/db", "src/db.ts"),
        ("packages/bare/src/lib/x.ts", "@/lib/x", "packages/bare/src/lib/x.ts"),
        ("packages/bare/src/lib/x.ts", "~/root", "packages/bare/root.ts"),
        ("packages/bare/src/lib/x.ts", "/src/lib/x", "packages/bare/src/lib/x.ts"),
        ("supabase/functions/hook/index.ts", "shared/one.ts", "supabase/functions/_shared/one.ts"),
        ("supabase/functions/hook/index.ts", "one", "supabase/functions/_shared/one.ts"),
        ("supabase/functions/hook/index.ts", "std", None),
        ("mobile/src/app.ts", "./store", "mobile/src/store.native.ts"),
    ],
)
def test_resolve(make: Make, importer: str, module: str, expected: str | None) -> None:
    assert make(TREE).resolve(importer, module) == expected


def test_aliases_of_a_bundler_are_called_like_folders(make: Make) -> None:
    project = make(
        {
            "package.json": json.dumps({"dependencies": {"@acme/ui": "1"}}),
            "src/lib/a.ts": "",
            "src/acme/ui.ts": "",
            "b.ts": "",
        }
    )
    assert project.resolve("b.ts", "@lib/a") == "src/lib/a.ts"
    assert project.resolve("b.ts", "$lib/a") == "src/lib/a.ts"
    assert project.resolve("b.ts", "@acme/ui") is None


def test_configurations_that_extend_each_other_end(make: Make) -> None:
    project = make(
        {
            "tsconfig.json": json.dumps({"extends": ["./a.json"]}),
            "a.json": json.dumps({"extends": "./b"}),
            "b.json": json.dumps({"extends": "./a.json", "compilerOptions": {"paths": {"x/*": ["./src/*"]}}}),
            "src/y.ts": "",
            "z.ts": "",
        }
    )
    assert project.resolve("z.ts", "x/y") == "src/y.ts"


def test_a_configuration_leads_not_out_of_the_tree(make: Make) -> None:
    project = make(
        {
            "tsconfig.json": json.dumps(
                {
                    "extends": "../../etc/x.json",
                    "compilerOptions": {"baseUrl": "../..", "paths": {"x": ["../../../y"], "z": [7], "q": "w"}},
                }
            ),
            "a.ts": "",
        }
    )
    assert project.resolve("a.ts", "x") is None


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{",
        "null",
        "7",
        '{"compilerOptions": []}',
        '{"compilerOptions": {"paths": []}}',
        "[" * 100_000,
        "\ufeff{}",
    ],
)
def test_broken_configurations_do_no_harm(make: Make, content: str) -> None:
    project = make({"tsconfig.json": content, "package.json": content, "deno.json": content, "a.ts": "", "b.ts": ""})
    assert project.resolve("a.ts", "./b") == "b.ts"
    assert project.resolve("a.ts", "@x/y") is None
    assert project.packages("a.ts") == frozenset()


def test_a_reference_holds_the_aliases(make: Make) -> None:
    project = make(
        {
            "tsconfig.json": json.dumps({"files": [], "references": [{"path": "./tsconfig.app.json"}, {"path": 3}, 4]}),
            "tsconfig.app.json": json.dumps({"compilerOptions": {"paths": {"@web/*": ["./client/*"]}}}),
            "client/a.ts": "",
            "b.ts": "",
        }
    )
    assert project.resolve("b.ts", "@web/a") == "client/a.ts"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )
)
def test_jsonc_reads_json(value: object) -> None:
    assert _jsonc.parse(json.dumps(value).encode()) == (value if isinstance(value, dict) else {})


def test_jsonc_leaves_strings_alone() -> None:
    assert _jsonc.parse(b'{"a": "// no /* comment */ ,]", /* c */ "b": [1, 2, // d\n], }') == {
        "a": "// no /* comment */ ,]",
        "b": [1, 2],
    }
