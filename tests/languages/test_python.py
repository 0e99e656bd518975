"""Each form of Python, lowered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Show = Callable[[str, str], str]

FORMS = {
    "a = b = 1": "a = 1; b = 1",
    "a, b = b, a": "[a, b] = tuple[b, a]",
    "a: int = 1": "a: int = 1",
    "a: int": "a: int",
    "a += 1": "a += 1",
    "a.b[0] = c": "a.b[0] = c",
    "x = 'a' 'b'": "x = 'ab'",
    "x = f'a{b!r:>{w}}c'": "x = `a{b}c`",
    "x = rb'\\d'": "x = b'\\\\d'",
    "x = 'caf\\u00e9\\N{BULLET}'": "x = 'café•'",
    "x = (y := 1)": "x = (y := 1)",
    "x = a if b else c": "x = (b ? a : c)",
    "x = a < b < c": "x = ((a < b) and (b < c))",
    "x = not a and b or c": "x = (((not a) and b) or c)",
    "x = a is not None": "x = (a is-not None)",
    "x = a not in b": "x = (a not-in b)",
    "x = a[1:2]": "x = a[1:2]",
    "x = a[:, 1]": "x = a[tuple[:, 1]]",
    "x = {**a, 'b': 1}": "x = {*a, 'b': 1}",
    "x = {1, *b}": "x = set[1, *b]",
    "x = [*a.b, *c()]": "x = [*a.b, *c()]",
    "x = (1,)": "x = tuple[1]",
    "x = [i for i in a if i for j in i]": "x = list[i for i in a if i for j in i]",
    "x = {k: v for k, v in a}": "x = dict[k: v for [k, v] in a]",
    "x = (i async for i in a)": "x = generator[i for i in a]",
    "f(*a, b=1, **c)": "f(*a, b=1, **c)",
    "f(i for i in a)": "f(generator[i for i in a])",
    "print >>f, 'x'": "print(file=f, 'x')",
    "lambda a, *b, c=1, **d: a": "(function (a, *b, =c ~ 1, **d) {return a})",
    "def f(a, /, b=1, *c, d, e=2, **g) -> str: pass": "function f(a, b ~ 1, *c, =d, =e ~ 2, **g) -> str {}",
    "async def f():\n    async with a as b, c:\n        await d\n    async for x in y:\n        yield x": "async function* f() {async with a as b, c {await d}; async each x in y {(yield x)}}",
    "def f():\n    x = yield\n    yield from g()": "function* f() {x = (yield); (yield* g())}",
    "@a.b\n@c(1)\ndef f(): pass": "@a.b @c(1) function f() {}",
    "class A(B, metaclass=M):\n    x: int = 1\n    y = 2\n    def __init__(self): pass\n    @property\n    def p(self): return 1\n    @staticmethod\n    def s(): pass\n    @classmethod\n    def c(cls): pass\n    class N: pass": "class A(B, metaclass=M) {static x: int = 1; static y = 2; constructor __init__(self) {}; @property getter p(self) {return 1}; @staticmethod static s() {}; @classmethod classmethod c(cls) {}; class N() {}}",
    "if a:\n    b\nelif c:\n    d\nelse:\n    e": "if a {b} else {if c {d} else {e}}",
    "for a, b in c:\n    continue\nelse:\n    d": "each [a, b] in c {continue} else {d}",
    "while a:\n    break": "while a {break}",
    "try:\n    a\nexcept (B, C) as e:\n    b\nexcept:\n    c\nelse:\n    d\nfinally:\n    e": "try {a} catch B C as e {b} catch {c} else {d} finally {e}",
    "try:\n    a\nexcept* B:\n    b": "try {a} catch B {b}",
    "with a as (b, c), d: pass": "with a as [b, c], d {}",
    "raise A from b": "raise A",
    "raise": "raise",
    "assert a, 'b'": "assert a",
    "del a, b[0]": "delete a, b[0]",
    "global a, b": "global a, b",
    "return": "return",
    "import a.b, c as d": "import root a.b(*>a); import c(*>d)",
    "from . import a": "import .(a)",
    "from ..b.c import d as e, f": "import ..b.c(d>e, f)",
    "from a import *": "import a(**)",
    "from __future__ import annotations": "import __future__(annotations)",
    "match a:\n    case 'x' | 'y': b\n    case {'k': v, **r}: c\n    case [p, *q] if p: d\n    case A(x=1) as n: e\n    case B.C: f\n    case _: g": "switch a {'x' | 'y': {b}; ?dict_pattern('k') as {'k': v, *r}: {c}; ?list_pattern() as [p, *q] if p: {d}; ?class_pattern(A, 1) as n: {e}; B.C: {f}; _: {g}}",
    "type X = int": "",
    "def f[T](x: T) -> list[T]: pass": "function f(x: T) -> list[T] {}",
    "x = a @ b ** -c": "x = (a @ (b ** (- c)))",
    "x = a // b % c": "x = ((a // b) % c)",
    "x = ...": "x = None",
    "x = 0x1F + 1_000 + 1e3 + 2j": "x = (((31 + 1000) + 1000.0) + 2.0)",
    "x = await a": "x = await a",
    "x = a.b.c(d).e": "x = a.b.c(d).e",
    "x: 'Foo.Bar'": "x: Foo.Bar",
    "x: Optional[A] = b": "x: A = b",
    "x: A | None = b": "x: A = b",
    "x: Annotated[A, D()] = b": "x: Annotated[[A, D()]] = b",
    "pass": "",
    "async def f(): return [await x for x in y]": "async function f() {return list[await x for x in y]}",
    "x = a; y = b": "x = a; y = b",
    "exec 'x'": "exec('x')",
    "if 1: x": "if 1 {x}",
    "nonlocal a": "nonlocal a",
}


@pytest.mark.parametrize("source", FORMS)
def test_form(show: Show, source: str) -> None:
    assert show("py", source + "\n") == FORMS[source]
