"""What a variable holds after a few lines of code, in both languages: one scenario, one expectation."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

Evaluate = Callable[..., set[str]]


class Scenario(NamedTuple):
    """The same in Python and in TypeScript, and what `out` may hold in the end."""

    python: str
    typescript: str
    out: set[str]


X = "import os\nX = os.environ['X']\n"
TX = "const X = process.env.X;\n"

SCENARIOS = {
    "constant": Scenario("out = 'a'", "const out = 'a'", {"'a'"}),
    "addition": Scenario("out = 'a' + 'b' + 'c'", "const out = 'a' + 'b' + 'c'", {"'abc'"}),
    "numbers": Scenario("out = 2 * 3 - 1", "const out = 2 * 3 - 1", {"5"}),
    "template": Scenario(X + "out = f'https://{X}/api'", TX + "const out = `https://${X}/api`", {"'https://{?}/api'"}),
    "template of constants": Scenario("a = 'x'\nout = f'{a}-{1}'", "const a = 'x'; const out = `${a}-${1}`", {"'x-1'"}),
    "join": Scenario("out = ' '.join(['a', 'b'])", "const out = ['a', 'b'].join(' ')", {"'a b'"}),
    "default of the environment": Scenario(
        "import os\nout = os.environ.get('X') or 'd'", "const out = process.env.X || 'd'", {"$X", "'d'"}
    ),
    # ------------------------------------------------------------ branches
    "branch on something unknown": Scenario(
        X + "if X == '1':\n    out = 'a'\nelse:\n    out = 'b'",
        TX + "let out; if (X === '1') { out = 'a' } else { out = 'b' }",
        {"'a'", "'b'"},
    ),
    "branch without else": Scenario(
        X + "out = 'a'\nif X:\n    out = 'b'", TX + "let out = 'a'; if (X) { out = 'b' }", {"'a'", "'b'"}
    ),
    "branch on a constant": Scenario(
        "f = False\nif f:\n    out = 'a'\nelse:\n    out = 'b'",
        "const f = false; let out; if (f) { out = 'a' } else { out = 'b' }",
        {"'b'"},
    ),
    "conditional": Scenario(X + "out = 'a' if X else 'b'", TX + "const out = X ? 'a' : 'b'", {"'a'", "'b'"}),
    "conditional on a constant": Scenario("out = 'a' if 1 == 1 else 'b'", "const out = 1 === 1 ? 'a' : 'b'", {"'a'"}),
    "and, or": Scenario("out = ('' or 'a') and 'b'", "const out = ('' || 'a') && 'b'", {"'b'"}),
    "negation": Scenario("out = 'a' if not '' else 'b'", "const out = !'' ? 'a' : 'b'", {"'a'"}),
    "chained branches": Scenario(
        "k = 'y'\nif k == 'x':\n    out = 1\nelif k == 'y':\n    out = 2\nelse:\n    out = 3",
        "const k = 'y'; let out; if (k === 'x') { out = 1 } else if (k === 'y') { out = 2 } else { out = 3 }",
        {"2"},
    ),
    "a branch that returns": Scenario(
        X + "def f():\n    if X:\n        return 'a'\n    return 'b'\nout = f()",
        TX + "function f() { if (X) { return 'a' } return 'b' }\nconst out = f()",
        {"'a'", "'b'"},
    ),
    "nothing after a return": Scenario(
        "def f():\n    return 'a'\n    return 'b'\nout = f()",
        "function f() { return 'a'; return 'b' }\nconst out = f()",
        {"'a'"},
    ),
    "nothing after a throw": Scenario(
        "def f(x):\n    if x != 'a':\n        raise ValueError(x)\n    return x\nout = f('a')",
        "function f(x) { if (x !== 'a') { throw new Error(x) } return x }\nconst out = f('a')",
        {"'a'"},
    ),
    "switch": Scenario(
        "def f(x):\n    match x:\n        case 'a':\n            return 1\n        case 'b' | 'c':\n            return 2\n        case _:\n            return 3\nout = [f('a'), f('c'), f('d')]",
        "function f(x) { switch (x) { case 'a': return 1; case 'b': case 'c': return 2; default: return 3 } }\nconst out = [f('a'), f('c'), f('d')]",
        {"[1, 2, 3]"},
    ),
    # ------------------------------------------------------------ narrowing
    "narrowing by absence": Scenario(
        X + "a = None if X else 'a'\nif a is None:\n    out = 'none'\nelse:\n    out = a",
        TX + "const a = X ? null : 'a'; let out; if (a === null) { out = 'none' } else { out = a }",
        {"'none'", "'a'"},
    ),
    "narrowing by truth": Scenario(
        X + "def f(x):\n    if not x:\n        return 'absent'\n    return x\nout = f('a' if X else None)",
        TX + "function f(x) { if (!x) { return 'absent' } return x }\nconst out = f(X ? 'a' : null)",
        {"'absent'", "'a'"},
    ),
    "narrowing by a constant": Scenario(
        X + "k = 'a' if X else 'b'\nout = 'z'\nif k == 'a':\n    out = k",
        TX + "const k = X ? 'a' : 'b'; let out = 'z'; if (k === 'a') { out = k }",
        {"'a'", "'z'"},
    ),
    # ------------------------------------------------------------ loops
    "loop over a known list": Scenario(
        "out = ''\nfor x in ['a', 'b', 'c']:\n    out += x",
        "let out = ''; for (const x of ['a', 'b', 'c']) { out += x }",
        {"'abc'"},
    ),
    "continue": Scenario(
        "out = ''\nfor x in ['a', 'b', 'c']:\n    if x == 'b':\n        continue\n    out += x",
        "let out = ''; for (const x of ['a', 'b', 'c']) { if (x === 'b') { continue } out += x }",
        {"'ac'"},
    ),
    "break": Scenario(
        "out = ''\nfor x in ['a', 'b', 'c']:\n    if x == 'b':\n        break\n    out += x",
        "let out = ''; for (const x of ['a', 'b', 'c']) { if (x === 'b') { break } out += x }",
        {"'a'"},
    ),
    "loop of unknown length": Scenario(
        X + "out = 'a'\nwhile X:\n    out = 'b'", TX + "let out = 'a'; while (X) { out = 'b' }", {"'a'", "'b'"}
    ),
    "loop without end": Scenario(
        X + "out = 'a'\nwhile True:\n    if X:\n        out = 'b'\n        break",
        TX + "let out = 'a'; while (true) { if (X) { out = 'b'; break } }",
        {"'b'"},
    ),
    # ------------------------------------------------------------ exceptions
    "catch": Scenario(
        "def f():\n    raise ValueError('x')\ntry:\n    out = f()\nexcept ValueError:\n    out = 'caught'",
        "function f() { throw new Error('x') }\nlet out; try { out = f() } catch (e) { out = 'caught' }",
        {"'caught'"},
    ),
    "a catch that may not be needed": Scenario(
        X
        + "def f():\n    if X:\n        raise ValueError('x')\n    return 'a'\ntry:\n    out = f()\nexcept ValueError:\n    out = 'caught'",
        TX
        + "function f() { if (X) { throw new Error('x') } return 'a' }\nlet out; try { out = f() } catch { out = 'caught' }",
        {"'a'", "'caught'"},
    ),
    "what was thrown": Scenario(
        "class E(Exception):\n    def __init__(self, why):\n        self.why = why\ntry:\n    raise E('w')\nexcept E as e:\n    out = e.why",
        "class E extends Error { constructor(why) { super(); this.why = why } }\nlet out; try { throw new E('w') } catch (e) { out = e.why }",
        {"'w'"},
    ),
    "finally": Scenario(
        "out = 'a'\ntry:\n    pass\nfinally:\n    out = 'f'", "let out = 'a'; try { } finally { out = 'f' }", {"'f'"}
    ),
    "finally after a return": Scenario(
        "log = []\ndef f():\n    try:\n        return 'a'\n    finally:\n        log.append('f')\nout = [f(), log]",
        "const log = [];\nfunction f() { try { return 'a' } finally { log.push('f') } }\nconst out = [f(), log]",
        {"['a', ['f']]"},
    ),
    # ------------------------------------------------------------ functions
    "default parameters": Scenario(
        "def f(a, b='d'):\n    return a + b\nout = [f('x'), f('x', 'y')]",
        "function f(a, b = 'd') { return a + b }\nconst out = [f('x'), f('x', 'y')]",
        {"['xd', 'xy']"},
    ),
    "rest parameters and spread": Scenario(
        "def f(*parts):\n    return '/'.join(parts)\nout = f(*['a', 'b'], 'c')",
        "function f(...parts) { return parts.join('/') }\nconst out = f(...['a', 'b'], 'c')",
        {"'a/b/c'"},
    ),
    "a closure": Scenario(
        "def outer(a):\n    def inner(b):\n        return a + b\n    return inner\nout = outer('x')('y')",
        "function outer(a) { return (b) => a + b }\nconst out = outer('x')('y')",
        {"'xy'"},
    ),
    "a closure that counts": Scenario(
        "def outer():\n    kept = 'a'\n    def set_it():\n        nonlocal kept\n        kept = 'b'\n    set_it()\n    return kept\nout = outer()",
        "function outer() { let kept = 'a'; const set = () => { kept = 'b' }; set(); return kept }\nconst out = outer()",
        {"'a'", "'b'"},
    ),
    "two calls do not mix": Scenario(
        "def f(x):\n    return {'x': x}\na = f('a')\nb = f('b')\nout = a['x'] + b['x']",
        "function f(x) { return {x: x} }\nconst a = f('a'), b = f('b'); const out = a.x + b.x",
        {"'ab'"},
    ),
    "a callback": Scenario(
        "def f(cb):\n    return cb('a')\nout = f(lambda x: x + 'b')",
        "function f(cb) { return cb('a') }\nconst out = f(x => x + 'b')",
        {"'ab'"},
    ),
    "a function chosen by a branch": Scenario(
        X + "def a():\n    return 1\ndef b():\n    return 2\nout = (a if X else b)()",
        TX + "function a() { return 1 } function b() { return 2 }\nconst out = (X ? a : b)()",
        {"1", "2"},
    ),
    "a table of functions": Scenario(
        "t = {'a': lambda: 1, 'b': lambda: 2}\nout = t['b']()",
        "const t = {a: () => 1, b: () => 2}; const out = t['b']()",
        {"2"},
    ),
    "recursion ends": Scenario(
        "def f(n):\n    return f(n - 1) if n > 0 else 'end'\nout = f(1)",
        "function f(n) { return n > 0 ? f(n - 1) : 'end' }\nconst out = f(1)",
        {"'end'"},
    ),
    "recursion without bound": Scenario(
        "def f(n):\n    return f(n + 1)\nout = f(1)", "function f(n) { return f(n + 1) }\nconst out = f(1)", {"?"}
    ),
    # ------------------------------------------------------------ collections
    "list destructuring": Scenario(
        "a, *b = ['x', 'y', 'z']\nout = [a, b]",
        "const [a, ...b] = ['x', 'y', 'z']; const out = [a, b]",
        {"['x', ['y', 'z']]"},
    ),
    "a computed key": Scenario(
        "k = 'a'\nd = {k: 1, 'b': 2}\nout = d['a']", "const k = 'a'; const d = {[k]: 1, b: 2}; const out = d.a", {"1"}
    ),
    "object spread": Scenario(
        "a = {'x': 1, 'y': 2}\nout = {**a, 'y': 3}",
        "const a = {x: 1, y: 2}; const out = {...a, y: 3}",
        {"{x: 1, y: 3}"},
    ),
    "list spread": Scenario("a = [1]\nout = [*a, 2]", "const a = [1]; const out = [...a, 2]", {"[1, 2]"}),
    "a key nobody knows": Scenario(
        X + "d = {'a': 1, 'b': 2}\nout = d.get(X)", TX + "const d = {a: 1, b: 2}; const out = d[X]", {"1", "2", "None"}
    ),
    "a write to an item": Scenario(
        "d = {}\nd['a'] = 1\nout = d['a']", "const d = {}; d['a'] = 1; const out = d.a", {"1"}
    ),
    "a write under a condition": Scenario(
        X + "d = {'a': 1}\nif X:\n    d['a'] = 2\nout = d['a']",
        TX + "const d = {a: 1}; if (X) { d.a = 2 } const out = d.a",
        {"1", "2"},
    ),
    "map": Scenario(
        "out = list(map(lambda x: x + '!', ['a', 'b']))", "const out = ['a', 'b'].map(x => x + '!')", {"['a!', 'b!']"}
    ),
    "an index from the end": Scenario("out = ['a', 'b'][-1]", "const out = ['a', 'b'].at(-1)", {"'b'"}),
    # ------------------------------------------------------------ classes
    "a method": Scenario(
        "class C:\n    def __init__(self, a):\n        self.a = a\n    def m(self):\n        return self.a + '!'\nout = C('x').m()",
        "class C { constructor(a) { this.a = a } m() { return this.a + '!' } }\nconst out = new C('x').m()",
        {"'x!'"},
    ),
    "inheritance": Scenario(
        "class A:\n    def n(self):\n        return 'a'\n    def m(self):\n        return self.n()\nclass B(A):\n    def n(self):\n        return 'b' + super().n()\nout = [A().m(), B().m()]",
        "class A { n() { return 'a' } m() { return this.n() } }\nclass B extends A { n() { return 'b' + super.n() } }\nconst out = [new A().m(), new B().m()]",
        {"['a', 'ba']"},
    ),
    "a constructor that is inherited": Scenario(
        "class A:\n    def __init__(self, x):\n        self.x = x\nclass B(A):\n    pass\nout = B('v').x",
        "class A { constructor(x) { this.x = x } }\nclass B extends A {}\nconst out = new B('v').x",
        {"'v'"},
    ),
    "super": Scenario(
        "class A:\n    def __init__(self, x):\n        self.x = x\nclass B(A):\n    def __init__(self):\n        super().__init__('s')\nout = B().x",
        "class A { constructor(x) { this.x = x } }\nclass B extends A { constructor() { super('s') } }\nconst out = new B().x",
        {"'s'"},
    ),
    "a static field": Scenario(
        "class C:\n    URL = 'u'\nout = [C.URL, C().URL]",
        "class C { static URL = 'u'; get url() { return C.URL } }\nconst out = [C.URL, new C().url]",
        {"['u', 'u']"},
    ),
    "a getter": Scenario(
        "class C:\n    @property\n    def p(self):\n        return 'g'\nout = C().p",
        "class C { get p() { return 'g' } }\nconst out = new C().p",
        {"'g'"},
    ),
    "a static method": Scenario(
        "class C:\n    @staticmethod\n    def f(x):\n        return x\n    @classmethod\n    def g(cls):\n        return cls.f('s')\nout = C.g()",
        "class C { static f(x) { return x } static g() { return this.f('s') } }\nconst out = C.g()",
        {"'s'"},
    ),
    "a bound method": Scenario(
        "class C:\n    def __init__(self):\n        self.x = 'b'\n    def m(self):\n        return self.x\nf = C().m\nout = f()",
        "class C { constructor() { this.x = 'b'; this.f = this.m.bind(this) } m() { return this.x } }\nconst f = new C().f; const out = f()",
        {"'b'"},
    ),
    "an enum": Scenario(
        "from enum import Enum\nclass E(Enum):\n    A = 'a'\n    B = 'b'\nout = E.A.value",
        "enum E { A = 'a', B = 'b' }\nconst out = E.A",
        {"'a'"},
    ),
    # ------------------------------------------------------------ generators and promises
    "a generator": Scenario(
        "def g():\n    yield 'a'\n    yield 'b'\nout = [x for x in g()][0]",
        "function* g() { yield 'a'; yield 'b' }\nconst out = [...g()][0]",
        {"'a'", "'b'"},
    ),
    "delegation": Scenario(
        "def g():\n    yield from ['a']\nout = [*g()][0]",
        "function* g() { yield* ['a'] }\nconst out = [...g()][0]",
        {"'a'"},
    ),
    "waiting": Scenario(
        "async def f():\n    return 'a'\nasync def g():\n    return await f()\nimport asyncio\nout = asyncio.run(g())",
        "async function f() { return 'a' }\nasync function g() { return await f() }\nconst out = await g()",
        {"'a'"},
    ),
    "waiting for several": Scenario(
        "import asyncio\nasync def f(x):\n    return x\nasync def g():\n    return await asyncio.gather(f('a'), f('b'))\nout = asyncio.run(g())",
        "async function f(x) { return x }\nconst out = await Promise.all([f('a'), f('b')])",
        {"['a', 'b']"},
    ),
    "partial application": Scenario(
        "from functools import partial\ndef f(a, b):\n    return a + b\nout = partial(f, 'x')('y')",
        "function f(a, b) { return a + b }\nconst out = f.bind(null, 'x')('y')",
        {"'xy'"},
    ),
    "a decorator": Scenario(
        "def deco(f):\n    def inner(x):\n        return f(x) + '!'\n    return inner\n@deco\ndef g(x):\n    return x\nout = g('a')",
        "const deco = f => x => f(x) + '!';\nconst g = deco(x => x);\nconst out = g('a')",
        {"'a!'"},
    ),
    "a decorator with arguments": Scenario(
        "def deco(mark):\n    def outer(f):\n        def inner(*args, **kwargs):\n            return f(*args, **kwargs) + mark\n        return inner\n    return outer\n@deco('?')\ndef g(x, *, y):\n    return x + y\nout = g('a', y='b')",
        "const deco = mark => f => (...args) => f(...args) + mark;\nconst g = deco('?')((x, y) => x + y);\nconst out = g('a', 'b')",
        {"'ab?'"},
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_python(evaluate: Evaluate, name: str) -> None:
    scenario = SCENARIOS[name]
    assert evaluate({"main.py": scenario.python + "\n"}) == scenario.out


@pytest.mark.parametrize("name", SCENARIOS)
def test_typescript(evaluate: Evaluate, name: str) -> None:
    scenario = SCENARIOS[name]
    assert evaluate({"main.ts": scenario.typescript + "\nexport {}\n"}) == scenario.out
