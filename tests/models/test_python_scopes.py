"""How Python puts scopes together: what a token is asked for, whatever the spelling."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts

Run = Callable[[Mapping[str, str]], Facts]

MINT = """import os, sys, requests
def mint(scope):
    return requests.post("https://id.sandbox.cybrid.app/oauth/token", json={"grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": scope}, timeout=9).json()
"""

SCOPES = {
    "text": ("mint('customers:read accounts:read')", "accounts:read customers:read"),
    "implicit joining": ("mint('customers:read '\n     'accounts:read')", "accounts:read customers:read"),
    "block of text": (
        'S = """\n  customers:read\n  accounts:read\n"""\nmint(" ".join(S.split()))',
        "accounts:read customers:read",
    ),
    "dedent": (
        "import textwrap\nmint(textwrap.dedent('''customers:read\n accounts:read''').replace('\\n', ' ').strip())",
        "accounts:read customers:read",
    ),
    "list joined": ("mint(' '.join(['customers:read', 'accounts:read']))", "accounts:read customers:read"),
    "tuple joined": ("S = ('customers:read', 'accounts:read')\nmint(' '.join(S))", "accounts:read customers:read"),
    "set joined": (
        "S = {'customers:read', 'accounts:read'}\nmint(' '.join(sorted(S)))",
        "accounts:read customers:read",
    ),
    "sum of lists": ("A = ['customers:read']\nmint(' '.join(A + ['accounts:read']))", "accounts:read customers:read"),
    "star": ("A = ['customers:read']\nmint(' '.join([*A, 'accounts:read']))", "accounts:read customers:read"),
    "append": (
        "s = []\ns.append('customers:read')\ns.extend(('accounts:read',))\ns += ['trades:read']\nmint(' '.join(s))",
        "accounts:read customers:read trades:read",
    ),
    "append on a branch": (
        "s = ['customers:read']\nif len(sys.argv) > 1:\n    s.append('accounts:read')\nmint(' '.join(s))",
        "accounts:read customers:read",
    ),
    "insert and remove": (
        "s = ['customers:read', 'banks:read']\ns.insert(0, 'accounts:read')\ns.remove('banks:read')\nmint(' '.join(s))",
        "accounts:read customers:read",
    ),
    "union of sets": (
        "A = {'customers:read'}\nB = frozenset(['accounts:read'])\nmint(' '.join(A | B))",
        "accounts:read customers:read",
    ),
    "set methods": (
        "A = {'customers:read', 'banks:read'}\nmint(' '.join(A.union({'accounts:read'}).difference({'banks:read'})))",
        "accounts:read customers:read",
    ),
    "set add": (
        "A = set()\nA.add('customers:read')\nA.update(['accounts:read'])\nmint(' '.join(A))",
        "accounts:read customers:read",
    ),
    "comprehension": ("mint(' '.join(f'{r}:read' for r in ('customers', 'accounts')))", "accounts:read customers:read"),
    "nested comprehension": (
        "R = {'customers': ['read', 'write'], 'accounts': ['read']}\nmint(' '.join(f'{n}:{v}' for n, vs in R.items() for v in vs))",
        "accounts:read customers:read customers:write",
    ),
    "product": (
        "import itertools\nmint(' '.join(':'.join(p) for p in itertools.product(['customers', 'accounts'], ['read'])))",
        "accounts:read customers:read",
    ),
    "map": ("mint(' '.join(map('{}:read'.format, ['customers', 'accounts'])))", "accounts:read customers:read"),
    "map of a lambda": (
        "mint(' '.join(map(lambda r: r + ':read', ['customers', 'accounts'])))",
        "accounts:read customers:read",
    ),
    "filter": (
        "mint(' '.join(filter(None, ['customers:read', None, 'accounts:read'])))",
        "accounts:read customers:read",
    ),
    "filter by suffix": (
        "ALL = ['customers:read', 'customers:write', 'accounts:read']\nmint(' '.join(s for s in ALL if s.endswith(':read')))",
        "accounts:read customers:read",
    ),
    "filter by function": (
        "ALL = ['customers:read', 'customers:write']\nmint(' '.join(filter(lambda s: s.endswith('read'), ALL)))",
        "customers:read",
    ),
    "reduce": (
        "from functools import reduce\nmint(reduce(lambda a, b: a + ' ' + b, ['customers:read', 'accounts:read']))",
        "accounts:read customers:read",
    ),
    "sum of groups": (
        "G = {'a': ['customers:read'], 'b': ['accounts:read']}\nmint(' '.join(sum(G.values(), [])))",
        "accounts:read customers:read",
    ),
    "chain of groups": (
        "from itertools import chain\nG = {'a': ['customers:read'], 'b': ['accounts:read']}\nmint(' '.join(chain.from_iterable(G.values())))",
        "accounts:read customers:read",
    ),
    "profile by name": (
        "P = {'a': ['customers:read'], 'b': ['accounts:read']}\nmint(' '.join(P['b']))",
        "accounts:read",
    ),
    "profile chosen outside": (
        "P = {'a': ['customers:read'], 'b': ['accounts:read']}\nmint(' '.join(P[sys.argv[1]]))",
        "accounts:read customers:read",
    ),
    "get with a default": ("P = {'a': 'customers:read'}\nmint(P.get('zz', 'accounts:read'))", "accounts:read"),
    "enum values": (
        "from enum import Enum\nclass S(Enum):\n    A = 'customers:read'\n    B = 'accounts:read'\nmint(' '.join(s.value for s in S))",
        "accounts:read customers:read",
    ),
    "enum members": (
        "from enum import StrEnum\nclass S(StrEnum):\n    A = 'customers:read'\n    B = 'accounts:read'\nmint(' '.join([S.A, S.B]))",
        "accounts:read customers:read",
    ),
    "enum group": (
        "from enum import Enum\nclass G(Enum):\n    BANK = ('customers:read', 'accounts:read')\n    def text(self): return ' '.join(self.value)\nmint(G.BANK.text())",
        "accounts:read customers:read",
    ),
    "enum __members__": (
        "from enum import Enum\nclass S(str, Enum):\n    A = 'customers:read'\n    B = 'accounts:read'\nmint(' '.join(m.value for m in S.__members__.values()))",
        "accounts:read customers:read",
    ),
    "constants of a class": (
        "class S:\n    A = 'customers:read'\n    B = 'accounts:read'\n    ALL = (A, B)\nmint(' '.join(S.ALL))",
        "accounts:read customers:read",
    ),
    "vars of a class": (
        "class S:\n    A = 'customers:read'\n    B = 'accounts:read'\nmint(' '.join(v for k, v in vars(S).items() if not k.startswith('_')))",
        "accounts:read customers:read",
    ),
    "flags": (
        "from enum import Flag, auto\nclass P(Flag):\n    READ = auto()\n    WRITE = auto()\nT = {P.READ: 'customers:read', P.WRITE: 'customers:write'}\nmint(T[P.READ])",
        "customers:read",
    ),
    "conditional": ("mint('customers:read' if sys.argv else 'accounts:read')", "accounts:read customers:read"),
    "conditional text": (
        "s = 'customers:read'\nif sys.argv[1:]:\n    s += ' accounts:read'\nmint(s)",
        "accounts:read customers:read",
    ),
    "percent": ("mint('%s:read %s:read' % ('customers', 'accounts'))", "accounts:read customers:read"),
    "replace": (
        "mint('customers.read,accounts.read'.replace('.', ':').replace(',', ' '))",
        "accounts:read customers:read",
    ),
    "split and join": ("mint(' '.join('customers:read,accounts:read'.split(',')))", "accounts:read customers:read"),
    "json": (
        "import json\nmint(' '.join(json.loads('[\"customers:read\", \"accounts:read\"]')))",
        "accounts:read customers:read",
    ),
    "default argument": (
        "def go(scopes=('customers:read', 'accounts:read')):\n    mint(' '.join(scopes))\ngo()",
        "accounts:read customers:read",
    ),
    "star arguments": (
        "def go(*scopes):\n    mint(' '.join(scopes))\ngo('customers:read', 'accounts:read')",
        "accounts:read customers:read",
    ),
    "slice": (
        "A = ['banks:read', 'customers:read', 'accounts:read']\nmint(' '.join(A[1:]))",
        "accounts:read customers:read",
    ),
    "unpacking": (
        "first, *rest = ['banks:read', 'customers:read', 'accounts:read']\nmint(' '.join(rest))",
        "accounts:read customers:read",
    ),
    "dict of flags": (
        "W = {'customers:read': True, 'accounts:read': True, 'banks:read': False}\nmint(' '.join(k for k, on in W.items() if on))",
        "accounts:read customers:read",
    ),
    "keys": ("W = {'customers:read': 1, 'accounts:read': 2}\nmint(' '.join(W))", "accounts:read customers:read"),
    "generator function": (
        "def scopes():\n    yield 'customers:read'\n    yield 'accounts:read'\nmint(' '.join(scopes()))",
        "accounts:read customers:read",
    ),
    "deque": (
        "from collections import deque\nq = deque(['customers:read'])\nq.append('accounts:read')\nmint(' '.join(q))",
        "accounts:read customers:read",
    ),
    "zip": (
        "mint(' '.join(f'{a}:{b}' for a, b in zip(['customers', 'accounts'], ['read', 'read'])))",
        "accounts:read customers:read",
    ),
    "environment with a default": (
        "mint(os.getenv('SCOPES', 'customers:read accounts:read'))",
        "accounts:read customers:read",
    ),
    "dataclass field": (
        "from dataclasses import dataclass, field\n@dataclass\nclass C:\n    scopes: list = field(default_factory=lambda: ['customers:read', 'accounts:read'])\nmint(' '.join(C().scopes))",
        "accounts:read customers:read",
    ),
    "walrus": ("if (s := 'customers:read'):\n    mint(s)", "customers:read"),
    "match": (
        "def scope(kind):\n    match kind:\n        case 'a' | 'b':\n            return 'customers:read'\n        case ['x', *_]:\n            return 'banks:read'\n        case _:\n            return 'accounts:read'\nmint(scope('a'))",
        "customers:read",
    ),
    "try": (
        "P = {'a': 'customers:read'}\ntry:\n    s = P['a']\nexcept KeyError:\n    s = 'accounts:read'\nmint(s)",
        "accounts:read customers:read",
    ),
    "itertools.accumulate of nothing": (
        "from operator import add\nfrom functools import reduce\nmint(reduce(add, ['customers:read', ' ', 'accounts:read']))",
        "accounts:read customers:read",
    ),
}


@pytest.mark.parametrize("name", SCOPES)
def test_the_scopes(run: Run, name: str) -> None:
    code, expected = SCOPES[name]
    facts = run({"main.py": MINT + code + "\n"})
    assert {scope for mint in facts.mints for scope in mint.scopes.names} == set(expected.split())
