"""Values across files: every way in which modules give and take names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Evaluate = Callable[..., set[str]]

PROJECTS: dict[str, tuple[dict[str, str], set[str]]] = {
    # ------------------------------------------------------------ Python
    "from import": ({"main.py": "from lib import a\nout = a", "lib.py": "a = 'x'"}, {"'x'"}),
    "import as": ({"main.py": "import lib as l\nout = l.a", "lib.py": "a = 'x'"}, {"'x'"}),
    "a package": ({"main.py": "import p.m\nout = p.m.a", "p/__init__.py": "", "p/m.py": "a = 'x'"}, {"'x'"}),
    "a package without a file": ({"main.py": "from p import m\nout = m.a", "p/m.py": "a = 'x'"}, {"'x'"}),
    "relative imports": (
        {"main.py": "from p.q.m import out", "p/__init__.py": "", "p/c.py": "a = 'x'", "p/q/__init__.py": "", "p/q/m.py": "from ..c import a\nout = a"},
        {"'x'"},
    ),
    "a package gives on": ({"main.py": "from p import a\nout = a", "p/__init__.py": "from .m import a", "p/m.py": "a = 'x'"}, {"'x'"}),
    "import of everything": ({"main.py": "from lib import *\nout = a", "lib.py": "a = 'x'\n_b = 'y'"}, {"'x'"}),
    "a source folder": ({"main.py": "from app.m import a\nout = a", "pyproject.toml": "", "src/app/__init__.py": "", "src/app/m.py": "a = 'x'"}, {"'x'"}),
    "imports in a circle": (
        {"main.py": "import a\nout = a.f()", "a.py": "import b\nx = 'x'\ndef f():\n    return b.g()", "b.py": "import a\ndef g():\n    return a.x"},
        {"'x'"},
    ),
    "names that go in circles": ({"main.py": "from a import n\nout = n", "a.py": "from b import n", "b.py": "from a import n"}, {"?"}),
    "an import inside a function": ({"main.py": "def f():\n    from lib import a\n    return a\nout = f()", "lib.py": "a = 'x'"}, {"'x'"}),
    "an import that may fail": (
        {"main.py": "try:\n    from lib import a\nexcept ImportError:\n    a = 'other'\nout = a", "lib.py": "a = 'x'"},
        {"'x'", "'other'"},
    ),
    "a module variable written by another module": ({"main.py": "import lib\nlib.a = 'y'\nout = lib.a", "lib.py": "a = 'x'"}, {"'x'", "'y'"}),
    "a module's function called from its importer": (
        {"main.py": "from lib import C\nout = C().m()", "lib.py": "K = 'k'\nclass C:\n    def m(self):\n        return K"},
        {"'k'"},
    ),
    "a base class elsewhere": (
        {"main.py": "from b import B\nclass C(B):\n    name = 'c'\nout = C().m()", "b.py": "class B:\n    name = 'b'\n    def m(self):\n        return self.name"},
        {"'c'"},
    ),
    # ------------------------------------------------------------ ECMAScript modules
    "named import": ({"main.ts": "import {a as b} from './lib'; const out = b;", "lib.ts": "export const a = 'x';"}, {"'x'"}),
    "default import": ({"main.ts": "import a from './lib'; const out = a;", "lib.ts": "export default 'x';"}, {"'x'"}),
    "default function": ({"main.ts": "import f from './lib'; const out = f();", "lib.ts": "export default function () { return 'x' }"}, {"'x'"}),
    "default class": ({"main.ts": "import C from './lib'; const out = new C().m();", "lib.ts": "export default class { m() { return 'x' } }"}, {"'x'"}),
    "namespace import": ({"main.ts": "import * as l from './lib'; const out = l.a;", "lib.ts": "export const a = 'x';"}, {"'x'"}),
    "re-export": ({"main.ts": "import {b} from './i'; const out = b;", "i.ts": "export {a as b} from './lib';", "lib.ts": "export const a = 'x';"}, {"'x'"}),
    "barrel": ({"main.ts": "import {a} from './i'; const out = a;", "i/index.ts": "export * from './lib'; export * from './more';", "i/lib.ts": "export const b = 'y';", "i/more.ts": "export const a = 'x';"}, {"'x'"}),
    "barrel of a namespace": ({"main.ts": "import {n} from './i'; const out = n.a;", "i.ts": "export * as n from './lib';", "lib.ts": "export const a = 'x';"}, {"'x'"}),
    "barrels in a circle": ({"main.ts": "import {a} from './x'; const out = a;", "x.ts": "export * from './y'; export const a = 'x';", "y.ts": "export * from './x';"}, {"'x'"}),
    "nothing but circles": ({"main.ts": "import {a} from './x'; const out = a;", "x.ts": "export * from './y';", "y.ts": "export * from './x';"}, {"?"}),
    "exports in a circle": ({"main.ts": "import {a} from './x'; const out = a;", "x.ts": "export {a} from './y';", "y.ts": "export {a} from './x';"}, {"?"}),
    "modules in a circle": (
        {"main.ts": "import {f} from './a'; const out = f();", "a.ts": "import {g} from './b'; export const x = 'x'; export function f() { return g() }", "b.ts": "import {x} from './a'; export const g = () => x;"},
        {"'x'"},
    ),
    "an export list": ({"main.ts": "import {b} from './lib'; const out = b;", "lib.ts": "const a = 'x'; export {a as b};"}, {"'x'"}),
    "destructured exports": ({"main.ts": "import {a} from './lib'; const out = a;", "lib.ts": "export const {a, ...rest} = {a: 'x', b: 1};"}, {"'x'"}),
    "path aliases": (
        {"main.ts": "import {a} from '@/lib'; const out = a;", "tsconfig.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"]}}}', "src/lib.ts": "export const a = 'x';"},
        {"'x'"},
    ),
    "a suffix that is another's": ({"main.ts": "import {a} from './lib.js'; const out = a;", "lib.ts": "export const a = 'x';"}, {"'x'"}),
    "import on demand": ({"main.ts": "const out = (await import('./lib')).a;", "lib.ts": "export const a = 'x';"}, {"'x'"}),
    "a namespace of TypeScript": ({"main.ts": "import {N} from './lib'; const out = N.Deep.a;", "lib.ts": "export namespace N { export namespace Deep { export const a = 'x'; } }"}, {"'x'"}),
    "a namespace that adds to a class": ({"main.ts": "class C {} namespace C { export const a = 'x'; } const out = C.a;"}, {"'x'"}),
    "an enum elsewhere": ({"main.ts": "import {E} from './lib'; const out = `${E.A}/${E.B}`;", "lib.ts": "export enum E { A = 'a', B = 'b' }"}, {"'a/b'"}),
    # ------------------------------------------------------------ CommonJS
    "require": ({"main.js": "const {a} = require('./lib'); const out = a;", "lib.js": "module.exports = {a: 'x'};"}, {"'x'"}),
    "exports": ({"main.js": "const l = require('./lib'); const out = l.a;", "lib.js": "exports.a = 'x';"}, {"'x'"}),
    "a function as a module": ({"main.js": "const out = require('./lib')('x');", "lib.js": "module.exports = a => a;"}, {"'x'"}),
    "a class as a module": ({"main.js": "const C = require('./lib'); const out = new C().m();", "lib.js": "class C { m() { return 'x' } }\nmodule.exports = C;"}, {"'x'"}),
    "import of CommonJS": ({"main.mjs": "import l from './lib.cjs'; const out = l.a;", "lib.cjs": "module.exports = {a: 'x'};"}, {"'x'"}),
    "require in a circle": (
        {"main.js": "const out = require('./a').f();", "a.js": "const b = require('./b'); exports.x = 'x'; exports.f = () => b.g();", "b.js": "const a = require('./a'); exports.g = () => a.x;"},
        {"'x'"},
    ),
    "transpiled default": ({"main.ts": "import l from './lib'; const out = l.a;", "lib.js": "exports.default = {a: 'x'};"}, {"'x'"}),
}  # fmt: skip


@pytest.mark.parametrize("name", PROJECTS)
def test_project(evaluate: Evaluate, name: str) -> None:
    files, out = PROJECTS[name]
    assert evaluate(files) == out
