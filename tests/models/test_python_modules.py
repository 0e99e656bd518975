"""How Python modules find one another: a token made in one, used in another."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts

Run = Callable[[Mapping[str, str]], Facts]

CORE = """import os, requests
HOST = "https://bank.sandbox.cybrid.app"
def bank_token():
    return requests.post("https://id.sandbox.cybrid.app/oauth/token", json={"grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": "x"}, timeout=9).json()["access_token"]
def get(path, token): return requests.get(HOST + path, headers={"Authorization": f"Bearer {token}"}, timeout=9).json()
_private = 1
"""
USE = "get('/api/prices', bank_token())\n"

LAYOUTS = {
    "beside": {"core.py": CORE, "main.py": "from core import get, bank_token\n" + USE},
    "package": {"app/__init__.py": "", "app/core.py": CORE, "app/main.py": "from .core import get, bank_token\n" + USE},
    "absolute": {
        "app/__init__.py": "",
        "app/core.py": CORE,
        "app/main.py": "from app.core import get, bank_token\n" + USE,
    },
    "module alias": {
        "app/__init__.py": "",
        "app/core.py": CORE,
        "app/main.py": "import app.core as c\nc.get('/api/prices', c.bank_token())\n",
    },
    "dotted": {
        "app/__init__.py": "",
        "app/core.py": CORE,
        "app/main.py": "import app.core\napp.core.get('/api/prices', app.core.bank_token())\n",
    },
    "from package import module": {
        "app/__init__.py": "",
        "app/core.py": CORE,
        "app/main.py": "from app import core\ncore.get('/api/prices', core.bank_token())\n",
    },
    "parent": {
        "app/__init__.py": "",
        "app/core.py": CORE,
        "app/web/__init__.py": "",
        "app/web/main.py": "from ..core import get, bank_token\n" + USE,
    },
    "src layout": {
        "pyproject.toml": "[project]\nname = 'app'\n",
        "src/app/__init__.py": "",
        "src/app/core.py": CORE,
        "src/app/main.py": "from app.core import get, bank_token\n" + USE,
    },
    "re-export": {
        "app/__init__.py": "from .core import get, bank_token as token\n",
        "app/core.py": CORE,
        "main.py": "from app import get, token\nget('/api/prices', token())\n",
    },
    "star": {"app/__init__.py": "from .core import *\n", "app/core.py": CORE, "main.py": "from app import *\n" + USE},
    "star with names": {
        "app/__init__.py": "from .core import *\n",
        "app/core.py": CORE + "__all__ = ['get', 'bank_token', '_private']\n",
        "main.py": "from app import get, bank_token, _private\n" + USE,
    },
    "namespace package": {"app/core.py": CORE, "app/main.py": "from app.core import get, bank_token\n" + USE},
    "inside a function": {
        "core.py": CORE,
        "main.py": "def main():\n    from core import get, bank_token\n    get('/api/prices', bank_token())\nmain()\n",
    },
    "fallback": {
        "core.py": CORE,
        "main.py": "try:\n    from missing_module import get, bank_token\nexcept ImportError:\n    from core import get, bank_token\n"
        + USE,
    },
    "circle": {
        "a.py": "import b\nfrom core import bank_token\ndef token(): return bank_token()\n",
        "b.py": "import a\nfrom core import get\ndef run(): return get('/api/prices', a.token())\n",
        "core.py": CORE,
        "main.py": "import b\nb.run()\n",
    },
    "importlib": {
        "core.py": CORE,
        "main.py": "import importlib\nc = importlib.import_module('core')\nc.get('/api/prices', c.bank_token())\n",
    },
    "importlib relative": {
        "app/__init__.py": "",
        "app/core.py": CORE,
        "app/main.py": "from importlib import import_module\nc = import_module('.core', 'app')\nc.get('/api/prices', c.bank_token())\n",
    },
    "lazy module": {
        "app/__init__.py": "import importlib\ndef __getattr__(name):\n    return getattr(importlib.import_module('app.core'), name)\n",
        "app/core.py": CORE,
        "main.py": "from app import get, bank_token\n" + USE,
    },
    "import string": {
        "core.py": CORE,
        "main.py": "from django.utils.module_loading import import_string\nimport_string('core.get')('/api/prices', import_string('core.bank_token')())\n",
    },
    "two services": {
        "a/core.py": CORE,
        "a/main.py": "from core import get, bank_token\n" + USE,
        "b/core.py": "def get(path, token): ...\ndef bank_token(): ...\n",
        "b/main.py": "from core import get, bank_token\n" + USE,
    },
    "type checking": {
        "core.py": CORE,
        "main.py": "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from other import Thing\nfrom core import get, bank_token\ndef go(t: Thing = None):\n    get('/api/prices', bank_token())\ngo()\n",
    },
    "entry module": {
        "app/__init__.py": "",
        "app/core.py": CORE,
        "app/__main__.py": "from app.core import get, bank_token\nif __name__ == '__main__':\n    get('/api/prices', bank_token())\n",
    },
    "attribute of a module set elsewhere": {
        "state.py": "token = None\n",
        "core.py": CORE,
        "main.py": "import state\nfrom core import get, bank_token\ndef login(): state.token = bank_token()\nlogin()\nget('/api/prices', state.token)\n",
    },
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout(run: Run, name: str) -> None:
    facts = run(LAYOUTS[name])
    found = [(call.operation, {use.kind.value for use in call.tokens}) for call in facts.calls]
    assert found == [("GET /api/prices", {"bank"})]
