"""Code that grows without end is followed up to a bound, and the bound shows; no code at all makes the engine fail."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cybrid_audit.engine import analyse, run
from cybrid_audit.engine.allowance import Allowance, Pool
from cybrid_audit.facts import Approximation, Facts
from cybrid_audit.knowledge import load
from cybrid_audit.languages import language_of
from cybrid_audit.limits import (
    MAX_CALL_DEPTH,
    MAX_CALLED_STEPS_FOR_MODULES,
    MAX_CALLED_STEPS_PER_MODULE,
    MAX_KNOWN_ITEMS,
    MAX_STEPS_PER_LATE_CALL,
    MAX_STRING_PARTS,
    MAX_UNROLL,
)
from cybrid_audit.project import load_config, open_project

Evaluate = Callable[..., set[str]]
Analyse = Callable[[Mapping[str, str | bytes]], Facts]
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("*") if path.is_file() and language_of(path.name) is not None)
TIMES = 60
"""How often code doubles what it has: far more than fits into any memory."""

PY = "import os, json, copy, requests\nURL = 'https://bank.sandbox.cybrid.app/api/trades'\n"
TS = "const URL = 'https://bank.sandbox.cybrid.app/api/trades';\n"
CALLS_PY = "requests.post(URL, json=d, headers=d)\nprint(d, l)\nx = f'{d}{l}' + str(l) + repr(d) + json.dumps(d)\ny = copy.deepcopy(d) == l\nw = [*l, *d]\nv = {**d}\n"
CALLS_TS = (
    "fetch(URL, {method: 'POST', body: JSON.stringify(d), headers: d}); console.log(d, l);"
    "const x = `${d}${l}` + l.join(',') + String(l) + l.flat(Infinity); const y = structuredClone(d);"
    "const z = new URLSearchParams(d).toString(); Object.assign(d, d); const w = [...l], v = {...d}; export default d;"
)


def faults(facts: Facts) -> list[str]:
    return [f"{each.path}: {each.reason}" for each in facts.skipped if "fault" in each.reason]


GROWTH = {
    "a sum of strings": ("s = 'ab'\n" + "s = s + s\n" * TIMES, "let s = 'ab';\n" + "s = s + s;\n" * TIMES),
    "a template": ("s = 'ab'\n" + "s = f'{s}{s}'\n" * TIMES, "let s = 'ab';\n" + "s = `${s}${s}`;\n" * TIMES),
    "a string nobody knows": ("s = os.environ['A']\n" + "s += s\n" * TIMES, "let s = process.env.A;\n" + "s += s;\n" * TIMES),
    "joined strings": ("s = 'ab'\n" + "s = ''.join([s, s])\n" * TIMES, "let s = 'ab';\n" + "s = [s, s].join('');\n" * TIMES),
    "replaced strings": ("s = 'aa'\n" + "s = s.replace('a', 'aa')\n" * TIMES, "let s = 'aa';\n" + "s = s.replaceAll('a', 'aa');\n" * TIMES),
    "repeated strings": ("s = 'ab' * 10 ** 9\nt = [1] * 10 ** 9\nu = 'x'.ljust(10 ** 9)\n", "const s = 'ab'.repeat(1e9), t = new Array(1e9).fill(0), u = 'x'.padStart(1e9);\n"),
    "formats": ("s = '{:>1000000000}'.format('x')\nt = '%1000000000s' % 'x'\nu = f'{1:>1000000000}'\n", "const s = Array.from({length: 1e9}, (_, i) => i).join('');\n"),
    "a sum of lists": ("s = [1, 2]\n" + "s = s + s\n" * TIMES, "let s = [1, 2];\n" + "s = s.concat(s);\n" * TIMES),
    "a spread of lists": ("s = [1, 2]\n" + "s = [*s, *s]\n" * TIMES, "let s = [1, 2];\n" + "s = [...s, ...s];\n" * TIMES),
    "an extended list": ("s = [1, 2]\n" + "s.extend(s)\n" * TIMES, "let s = [1, 2];\n" + "s.push(...s);\n" * TIMES),
    "shared objects": ("d = l = {}\n" + "d = {'a': d, 'b': d}\n" * TIMES + "l = [d, d]\n" + CALLS_PY, "let d: any = {};\n" + "d = {a: d, b: d};\n" * TIMES + "const l = [d, d];\n" + CALLS_TS),
    "objects in a circle": ("d = {}\nl = [d]\nl.append(l)\nd['d'], d['l'] = d, l\n" + CALLS_PY, "const d: any = {}; const l: any[] = [d]; l.push(l); d.d = d; d.l = l;\n" + CALLS_TS),
    "numbers": ("x = 9" + "9" * 298 + "\ny = x + 1.5\nw = x ** 9\nu = (-8) ** 0.5\nt = 1 / 0\ns = 1 % 0\nr = 1e308 * 10\nq = r - r\np = q < 1\nm = 10 ** 10 ** 10\nn = 1 << 10 ** 9\n" + "x = x + x\n" * TIMES + "o = f'{x}{y}' + str(x)\n", "const x = 9" + "9" * 298 + "; const y = x + 1.5, w = x ** 9, v = 1 / 0, u = 0 / 0, t = 1e308 * 10, s = `${t - t}${u}`, r = 1 << 1e9, q = (-8) ** 0.5;\n"),
    "a range": ("for i in range(10 ** 9):\n    s = list(range(i))\n", "for (let i = 0; i < 1e9; i++) { var s = Array(i); }\n"),
    "classes in a circle": ("class A(B):\n    pass\nclass B(A):\n    pass\nclass A(B):\n    def m(self):\n        return super().m()\nA().m()\n", "class A extends B { m() { return super.m() } } class B extends A { m() { return super.m() } }\nnew A().m(); new B().x;\n"),
    "functions in a circle": ("def f(*a):\n    return f(*a, f)\nf(f)\ndef d(g):\n    return d(g)\n@d\ndef h(): pass\n", "const f = (...a) => f(...a, f); f(f); const y = g => g(g); y(y);\nPromise.resolve().then(function t() { return Promise.resolve().then(t) });\n"),
    "exceptions in a circle": ("def f(n):\n    try:\n        return f(n)\n    except Exception as e:\n        raise f(e)\n    finally:\n        f(n)\nf(1)\n", "function f(n) { try { return f(n) } catch (e) { throw f(e) } finally { f(n) } }\nf(1);\n"),
    "generators in a circle": ("def g():\n    while True:\n        yield from g()\nfor x in g(): print(x)\n", "function* g() { while (true) { yield* g() } }\nfor (const x of g()) console.log(x);\n"),
    "an instance in its own field": ("from dataclasses import dataclass, field\n@dataclass\nclass A:\n    a: 'A' = field(default_factory=lambda: A())\nA().a.a\n", "class A { a = new A(); b = new B(this.a) } class B { a = new A() }\nnew A().a.a;\n"),
    "a method that calls itself": ("import flask\napp = flask.Flask(__name__)\napp.get = app.get\napp.get('/')\n", "import Fastify from 'fastify';\nconst app = Fastify();\napp.get(); app.get('/'); app.decorate('a', app.get); app.a('/'); app.decorate('route', app.route); app.route();\n"),
    "an object that is all its fields": ("class A:\n    def __getattr__(self, n):\n        return self\n    def __call__(self, *a):\n        return self\nA().b.c()()().d()\n", "const p: any = new Proxy({}, {get: (t, n) => p}); p.a.b.c().d();\n"),
    "keys of keys": ("t = (1,)\n" + "t = (t, t)\n" * TIMES + "l = [1]\nl.append(l)\nd = {t: t, tuple(l): l}\nd[t], d[tuple(l)]\n" + CALLS_PY + "m = [1, 2]\n" + "m = list(zip(m, m))\n" * TIMES + "dict(m)\n", "let t: any = [1];\n" + "t = [t, t];\n" * TIMES + "const l: any[] = [t]; l.push(l); const d: any = {[t]: t}; d[l] = l; new Map([[t, l], [l, t]]).get(l);\n" + CALLS_TS),
}  # fmt: skip


@pytest.mark.parametrize("name", GROWTH)
def test_growth_in_python(facts: Analyse, name: str) -> None:
    assert not faults(facts({"main.py": PY + GROWTH[name][0]}))


@pytest.mark.parametrize("name", GROWTH)
def test_growth_in_typescript(facts: Analyse, name: str) -> None:
    assert not faults(facts({"main.ts": TS + GROWTH[name][1]}))


# ---------------------------------------------------------------- each bound shows


def test_a_string_beyond_the_bound_is_unknown(evaluate: Evaluate) -> None:
    assert evaluate({"main.py": "out = ''.join([" + "'a'," * MAX_STRING_PARTS + "])\n"}) == {
        repr("a" * MAX_STRING_PARTS)
    }
    assert evaluate({"main.py": "out = ''.join([" + "'a'," * (MAX_STRING_PARTS + 1) + "])\n"}) == {"?"}


def test_a_list_beyond_the_bound_is_any_of_its_items(evaluate: Evaluate) -> None:
    source = "x = [{items}]\nout = [*x][0]\n"
    assert evaluate({"main.py": source.format(items="'a'," + "'b'," * 8)}) == {"'a'"}
    assert evaluate({"main.py": source.format(items="'a'," + "'b'," * MAX_KNOWN_ITEMS)}) >= {"'a'", "'b'"}


def test_a_loop_beyond_the_bound_stands_for_all_rounds(evaluate: Evaluate) -> None:
    source = "const l = [{items}]; let out = ''; for (const x of l) {{ out = x }}\n"
    items = [f"'{number}'" for number in range(MAX_UNROLL + 1)]
    assert evaluate({"main.ts": source.format(items=",".join(items[:-1]))}) == {items[-2]}
    assert evaluate({"main.ts": source.format(items=",".join(items))}) >= {"''", "?"}


def test_a_chain_of_calls_beyond_the_bound_is_unknown(evaluate: Evaluate) -> None:
    def chain(length: int) -> str:
        functions = "".join(f"def f{n}():\n    return f{n - 1}()\n" for n in range(1, length))
        return f"def f0():\n    return 'x'\n{functions}out = f{length - 1}()\n"

    assert evaluate({"main.py": chain(MAX_CALL_DEPTH - 1)}) == {"'x'"}
    assert evaluate({"main.py": chain(MAX_CALL_DEPTH + 1)}) == {"?"}


def test_what_lies_beyond_the_depth_of_calls_marks_its_facts(facts: Analyse) -> None:
    call = "    return requests.post(URL, headers={'Authorization': token()})\n"
    deep = "".join(f"def t{n}():\n    return t{n - 1}()\n" for n in range(1, MAX_CALL_DEPTH + 5))
    source = f"{PY}def t0():\n    return 'x'\n{deep}def token():\n    return t{MAX_CALL_DEPTH + 4}()\ndef main():\n{call}main()\n"
    (made,) = facts({"main.py": source}).calls
    assert Approximation.DEPTH in made.approximations


DOUBLING = "def f0():\n    return requests.get(URL)\n" + "".join(
    f"def f{n}():\n    return [f{n - 1}(), f{n - 1}()]\n" for n in range(1, 25)
)


def test_a_module_that_runs_on_is_named(facts: Analyse) -> None:
    found = facts({"main.py": f"{PY}{DOUBLING}f24()\n"})
    assert [each.path for each in found.skipped if "not to its end" in each.reason]
    assert [call.operation for call in found.calls] == ["GET /api/trades"]


def test_modules_that_run_on_leave_something_for_the_others(facts: Analyse) -> None:
    grows = "".join(f"f{number}()\n" for number in range(24, 18, -1))
    files = {f"a{number}.py": f"{PY}{DOUBLING}{grows}" for number in range(9)}
    found = facts({**files, "z.py": f"{PY}def send():\n    requests.post(URL)\nsend()\n"})
    assert {each.path for each in found.skipped if "what its top level calls" in each.reason} == {*files}
    assert {call.site.path for call in found.calls} == {*files, "z.py"}


def test_the_shared_steps_of_top_levels_have_an_end() -> None:
    pool = Pool()
    for _ in range(1000):
        allowance = Allowance(pool)
        steps = 0
        for _ in range(3):
            limit = allowance.begin(steps)
            assert limit - steps >= MAX_STEPS_PER_LATE_CALL
            # While a module runs, others that it imports run too.
            inner = Allowance(pool)
            inner.charge(inner.begin(0) + 50)
            steps = limit
            allowance.charge(steps)
        assert pool.left >= 0
    assert pool.left < MAX_CALLED_STEPS_FOR_MODULES // 100
    assert Allowance(pool).begin(0) >= MAX_CALLED_STEPS_PER_MODULE


def test_what_comes_after_a_call_that_runs_on_is_followed(facts: Analyse) -> None:
    late = "def late():\n    return later()\ndef later():\n    requests.post(URL)\n"
    found = facts({"main.py": f"{PY}{DOUBLING}f24()\nf23()\n{late}late()\n"})
    assert {call.operation for call in found.calls} == {"GET /api/trades", "POST /api/trades"}


def test_functions_that_run_on_are_named(facts: Analyse) -> None:
    found = facts({"main.py": f"{PY}{DOUBLING}"})
    assert any("not to its end" in each.reason for each in found.skipped)
    assert [call.operation for call in found.calls] == ["GET /api/trades"]


def test_many_functions_that_nothing_calls_are_counted_by_file(facts: Analyse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MAX_STEPS_FOR_LIBRARY", 60)
    many = "".join(f"def g{number}():\n    requests.get(URL)\n" for number in range(30))
    found = facts({"a.py": f"{PY}{many}", "b.py": f"{PY}def one():\n    requests.get(URL)\n"})
    reasons = {each.path: each.reason for each in found.skipped}
    assert "functions that nothing calls were not followed" in reasons["a.py"]
    assert "1 function that nothing calls was not followed" in reasons["b.py"]


def test_a_mistake_in_a_file_is_named_and_the_rest_is_found(facts: Analyse) -> None:
    found = facts({"main.py": f"{PY}x = = 1\nrequests.get(URL)\n"})
    assert [(each.path, "syntax error on line 3" in each.reason) for each in found.skipped] == [("main.py", True)]
    assert [call.operation for call in found.calls] == ["GET /api/trades"]


def test_a_file_that_takes_its_parser_too_long_is_named(facts: Analyse) -> None:
    broken = "// api.cybrid.app\n" + "".join(f"fun f{number}(x: Int) {{ return x + ) }}\n" for number in range(4000))
    found = facts({"a.kt": broken, "main.py": f"{PY}requests.get(URL)\n"})
    assert [each.path for each in found.skipped if "could not be parsed" in each.reason] == ["a.kt"]
    assert [call.operation for call in found.calls] == ["GET /api/trades"]


@pytest.mark.parametrize("depth", [50, 400, 3000])
def test_nesting_of_every_depth_is_followed_or_given_up(facts: Analyse, depth: int) -> None:
    assert not faults(
        facts(
            {
                "a.py": f"{PY}x = {'[' * depth}1{']' * depth}\ny = {'(' * depth}1{')' * depth}\nz = a{'.b' * depth}\nw = f{'(1)' * depth}\n",
                "b.ts": f"{TS}const x = {'[' * depth}1{']' * depth}; const y = {'f(' * depth}{')' * depth}; const z = {'() => ' * depth}1; z{'()' * depth};\n"
                + "if (a) {" * depth
                + "}" * depth,
                "c.tsx": f"{TS}const x = {'<a>' * depth}{'</a>' * depth};\n",
            }
        )
    )


# ---------------------------------------------------------------- soup

SMALL = [path for path in FILES if path.stat().st_size < 6_000]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(SMALL), min_size=1, max_size=3), st.data())
def test_damaged_files_never_make_the_engine_fail(paths: list[Path], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            source = path.read_bytes()
            start = data.draw(st.integers(0, len(source)))
            end = data.draw(st.integers(start, min(len(source), start + 60)))
            put = data.draw(
                st.one_of(st.binary(max_size=6), st.sampled_from([b"(", b")", b"{", b"}", b"\n", b"*", b"...", b"'"]))
            )
            stem = path.name if path.name not in {each.name for each in paths[:number]} else f"{number}{path.name}"
            damaged = source[:start] + put + (b"" if data.draw(st.booleans()) else source[end:])
            (Path(folder) / stem).write_bytes(damaged)
        assert not faults(analyse(open_project(folder, load_config(folder)), load(), None))


STATEMENTS = {
    "py": [
        "x = y",
        "x = x(y, *x, **y)",
        "x.a = y[x]",
        "y = x.get('a', y)",
        "y[x] = {**x, 'a': y}",
        "x = [y for y in x if y]",
        "def x(y, *x, **k):\n    return y(x)",
        "class x(y):\n    y = x",
        "x = lambda y: x(y)",
        "for x in y:\n    y = x",
        "while x:\n    x = y",
        "try:\n    x()\nexcept y as x:\n    raise y",
        "with x as y:\n    y()",
        "x = f'{x}{y!r}' % y + x.format(y)",
        "x, *y = y",
        "del x",
        "import requests\nx = requests.post('https://bank.sandbox.cybrid.app/api/trades', json=y, headers=x)",
        "x = y and x or not y",
        "match x:\n    case {'a': y}:\n        x = y\n    case [x, *y] if x: pass",
        "async def y():\n    return await x",
        "@x\ndef y(): yield x",
        "x = y == x and y in x and y is None",
        "x += y",
        "import os\ny = os.environ['A'] or x",
    ],
    "ts": [
        "x = y",
        "x = x(y, ...x)",
        "x.a = y[x]",
        "y = x?.get?.('a', y) ?? x",
        "y[x] = {...x, a: y, [y]: x}",
        "x = y.map(x => x(y)).filter(y)",
        "function x(y = x, ...z) { return y(z) }",
        "class x extends y { static y = x; constructor() { super(); this.x = y } get z() { return this } }",
        "x = y => x(y)",
        "for (const z of y) { x = z }",
        "while (x) { x = y; break }",
        "try { x() } catch (e) { throw y(e) } finally { y = x }",
        "x = `${x}${y}` + y.concat(x)",
        "({x, ...y} = y); [x, ...y] = x",
        "delete x.a; x = new y(x)",
        "x = fetch('https://bank.sandbox.cybrid.app/api/trades', {method: 'POST', body: JSON.stringify(y), headers: x})",
        "x = y && x || !y",
        "switch (x) { case y: x = 1; case 2: y = x; break; default: y() }",
        "y = async () => await x; x = Promise.all([x, y()])",
        "x = function* () { yield* y }",
        "x = x === y ? x : y; y = x instanceof y",
        "x += y; y ??= x",
        "x.then(y).catch(x)",
        "y = process.env.A || x; module.exports = {x, y}",
    ],
}


@settings(max_examples=80)
@given(st.sampled_from(["py", "ts"]), st.data())
def test_any_statements_in_any_order_are_followed(suffix: str, data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(STATEMENTS[suffix]), min_size=1, max_size=12))
    start = "x = y = {}\n# cybrid\n" if suffix == "py" else "let x: any = {}, y: any = x; // cybrid\n"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"main.{suffix}").write_text(start + "\n".join(lines) + "\n")
        project = open_project(folder, load_config(folder))
        assert project.relevant
        assert not faults(analyse(project, load(), None))


@pytest.mark.parametrize("text", ["{{" * 90_000, "(" * 190_000, "@if " * 45_000, '[a]="' * 38_000, "@if (" * 38_000])
def test_a_template_is_read_in_linear_time(text: str) -> None:
    from time import process_time

    from cybrid_audit.engine.values import Place
    from cybrid_audit.models.frameworks import angular

    start = process_time()
    assert all(place.path == "page.html" for _, place in angular._found(text, Place("page.html", 1, 1, 1, 1)))
    assert process_time() - start < 5
