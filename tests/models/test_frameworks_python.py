"""What starts code in Python, and what guards it: every framework's way of attaching a check, and the ways round it.

A case is one module beside `core.py`. A line that ends in `# mfa: <state>` calls the platform for a transaction, and the state is
the weakest of the visible paths to it; `# exposed` marks lines that hand a bank token to a client."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cybrid_audit.facts import EntryKind, Facts

Run = Callable[[Mapping[str, str]], Facts]

CORE = """
import os
import pyotp
import requests


def bank_token():
    body = {
        "grant_type": "client_credentials",
        "client_id": os.environ["CYBRID_CLIENT_ID"],
        "client_secret": os.environ["CYBRID_CLIENT_SECRET"],
        "scope": "customers:read customers:write",
    }
    return requests.post("https://id.sandbox.cybrid.app/oauth/token", json=body, timeout=9).json()["access_token"]


def post(guid, path, **body):
    minted = requests.post(
        "https://id.sandbox.cybrid.app/api/customer_tokens",
        json={"customer_guid": guid, "scopes": ["transfers:execute"]},
        headers={"Authorization": f"Bearer {bank_token()}"},
        timeout=9,
    ).json()["access_token"]
    return requests.post(
        "https://bank.sandbox.cybrid.app" + path, json=body, headers={"Authorization": f"Bearer {minted}"}, timeout=9
    ).json()


def fits(user, code):
    return pyotp.TOTP(user.secret).verify(code or "")


def ensure(user, code):
    if not fits(user, code):
        raise PermissionError("wrong code")
"""

ORDER = ("absent", "ignored", "unproven", "enforced")
CASES = Path(__file__).parent.parent / "fixtures" / "features" / "frameworks-python"


def cases() -> list[str]:
    return sorted(path.stem for path in CASES.glob("*.py"))


def weakest(facts: Facts, path: str) -> dict[int, str]:
    """The weakest state of the paths to each transaction of a file, by line."""
    found: dict[int, str] = {}
    for call in facts.calls:
        if call.event and call.site.path == path:
            visible = [visit for visit in call.visits if visit.entry.kind is not EntryKind.LIBRARY]
            states = [visit.mfa.state.value for visit in visible] or ["library"]
            found[call.site.start_line] = min(states, key=(*ORDER, "library").index)
    return found


@pytest.mark.parametrize("name", cases())
def test_case(name: str, run: Run) -> None:
    text = (CASES / f"{name}.py").read_text()
    lines = list(enumerate(text.splitlines(), 1))
    states = {number: match.group(1) for number, line in lines if (match := re.search(r"# mfa: (\w+)", line))}
    exposed = {number for number, line in lines if line.endswith("# exposed")}
    cleaned = re.sub(r"  # (mfa: \w+|exposed)$", "", text, flags=re.MULTILINE)
    facts = run({"core.py": CORE, "main.py": cleaned})
    assert weakest(facts, "main.py") == states
    assert {fact.at.start_line for fact in facts.exposures if fact.at.path == "main.py"} == exposed


def entries(facts: Facts) -> set[tuple[str, str]]:
    return {(entry.kind.value, entry.name) for entry in facts.entries}


def test_commands_that_packaging_files_name(run: Run) -> None:
    files = {
        "pyproject.toml": '[project.scripts]\npay = "tool.cli:main"\n',
        "src/tool/__init__.py": "",
        "src/tool/core.py": CORE,
        "src/tool/cli.py": 'from .core import post\n\n\ndef main():\n    post("g", "/api/transfers")\n',
    }
    facts = run(files)
    assert ("cli", "main") in entries(facts)
    assert weakest(facts, "src/tool/cli.py") == {5: "absent"}


def test_google_deploys_functions_of_main(run: Run) -> None:
    text = 'from core import post\n\n\ndef pay(request):\n    return post(request.json["guid"], "/api/transfers")\n'
    files = {"core.py": CORE, "main.py": text, "requirements.txt": "functions-framework==3.5\nrequests\n"}
    assert weakest(run(files), "main.py") == {5: "absent"}


def test_operations_of_an_openapi_file(run: Run) -> None:
    files = {
        "core.py": CORE,
        "openapi.yaml": "paths:\n  /pay:\n    post:\n      operationId: views.pay\n",
        "app.py": 'import connexion\n\napp = connexion.FlaskApp(__name__)\napp.add_api("openapi.yaml")\n',
        "views.py": 'from core import post\n\n\ndef pay(body):\n    return post(body["guid"], "/api/transfers")\n',
    }
    assert weakest(run(files), "views.py") == {5: "absent"}


def test_views_and_middleware_in_other_modules(run: Run) -> None:
    files = {
        "core.py": CORE,
        "shop/__init__.py": "",
        "shop/settings/__init__.py": "",
        "shop/settings/base.py": 'MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]\nMIDDLEWARE += ["shop.middleware.Code"]\n',
        "shop/settings/production.py": "from .base import *\n\nDEBUG = False\n",
        "shop/middleware.py": (
            "from django.http import HttpResponse\n\nfrom core import fits\n\n\nclass Code:\n    def __init__(self, get_response):\n"
            "        self.get_response = get_response\n\n    def __call__(self, request):\n        if not fits(request.user, request.META.get('HTTP_X')):\n"
            "            return HttpResponse(status=403)\n        return self.get_response(request)\n"
        ),
        "shop/urls.py": 'from django.urls import include, path\n\nurlpatterns = [path("api/", include("pay.urls"))]\n',
        "pay/__init__.py": "",
        "pay/urls.py": 'from django.urls import path\n\nfrom . import views\n\napp_name = "pay"\nurlpatterns = [path("go", views.go)]\n',
        "pay/views.py": 'from core import post\n\n\ndef go(request):\n    return post(request.user.guid, "/api/transfers")\n',
    }
    facts = run(files)
    assert weakest(facts, "pay/views.py") == {5: "enforced"}
    assert ("http-route", "/api/go") in entries(facts)


@pytest.mark.parametrize(
    ("make", "mount"),
    [
        (
            "from fastapi import APIRouter, FastAPI\nr = [APIRouter(), APIRouter(), APIRouter(), APIRouter(), APIRouter(), APIRouter(), APIRouter(), APIRouter(), APIRouter()]\napp = FastAPI()\napp.include_router(r[0])",
            "include_router",
        ),
        (
            "from flask import Blueprint, Flask\nr = [Blueprint('b', __name__), Blueprint('b', __name__), Blueprint('b', __name__), Blueprint('b', __name__), Blueprint('b', __name__), Blueprint('b', __name__), Blueprint('b', __name__), Blueprint('b', __name__), Blueprint('b', __name__)]\napp = Flask(__name__)\napp.register_blueprint(r[0])",
            "register_blueprint",
        ),
        (
            "from ninja import NinjaAPI, Router\nr = [Router(), Router(), Router(), Router(), Router(), Router(), Router(), Router(), Router()]\napp = NinjaAPI()\napp.add_router('', r[0])",
            "add_router",
        ),
    ],
)
def test_routers_that_mount_each_other_do_not_stop_a_run(make: str, mount: str, run: Run) -> None:
    given = "'', " if mount == "add_router" else ""
    text = f"{make}\nfrom core import post\nfor a in r:\n    for b in r:\n        a.{mount}({given}b)\n\n\n@app.get('/x')\ndef view():\n    return post('g', '/api/transfers')\n"
    facts = run({"core.py": CORE, "main.py": text})
    assert any(entry.kind is EntryKind.HTTP_ROUTE for entry in facts.entries)
