"""Each fix on a small integration: what it changes, what it leaves, and that an audit agrees."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from cybrid_audit.audit import audit
from cybrid_audit.fixes.plan import Plan, plan
from cybrid_audit.fixes.preview import preview
from cybrid_audit.result import AuditResult

SECRET = "wJ8rTq2LkXvB9mNzPs4dFgHy7cVeRa1uKo6tEi3bQxM"
IDENTIFIER = "Jq7sPkc2LBVn3ZqY0aWxD5mTgR8hUeKfN1oXvBtCi4w"

PYTHON = """\
{head}import requests

def token():
    answer = requests.post("https://id.sandbox.cybrid.app/oauth/token", json={{
        "grant_type": "client_credentials",
        "client_id": {client_id},
        "client_secret": {secret},  # kept
        "scope": {scope}}}{options})
    found = answer.json()["access_token"]
    {log}
    return found

def prices():
    return requests.get(
        "{scheme}://bank.sandbox.cybrid.app/api/prices", headers={{"Authorization": "Bearer " + token()}})

prices()
"""

SCRIPT = """\
{head}import axios from "axios";

export async function token() {{
  const answer = await axios.post("https://id.sandbox.cybrid.app/oauth/token", {{
    grant_type: "client_credentials",
    client_id: {client_id},
    client_secret: {secret}, // kept
    scope: {scope},
  }}{options});
  const found = answer.data.access_token;
  {log}
  return found;
}}

export async function prices() {{
  return axios.get(
    "{scheme}://bank.sandbox.cybrid.app/api/prices", {{ headers: {{ Authorization: "Bearer " + (await token()) }} }});
}}

prices();
"""

SOUND = {
    ".py": {
        "head": "import os\n",
        "client_id": 'os.environ["CYBRID_CLIENT_ID"]',
        "secret": 'os.environ["CYBRID_CLIENT_SECRET"]',
        "scope": '"prices:read"',
        "options": "",
        "log": "pass",
        "scheme": "https",
    },
    ".ts": {
        "head": "",
        "client_id": "process.env.CYBRID_CLIENT_ID",
        "secret": "process.env.CYBRID_CLIENT_SECRET",
        "scope": '"prices:read"',
        "options": "",
        "log": "",
        "scheme": "https",
    },
}
SOUND[".js"] = SOUND[".ts"]


def code(suffix: str, parts: Mapping[str, str]) -> str:
    return (PYTHON if suffix == ".py" else SCRIPT).format(**{**SOUND[suffix], **parts})


SAFE_CASES = {
    "https": (".py", {"scheme": "http"}, {"scheme": "https"}),
    "https in a script": (".ts", {"scheme": "http"}, {"scheme": "https"}),
    "verify": (".py", {"options": ", verify = False"}, {"options": ", verify = True"}),
    "verify beside another": (".py", {"options": ", allow_redirects=False, verify=False"}, {"options": ", allow_redirects=False, verify=True"}),
    "an agent": (
        ".ts",
        {"head": 'import https from "https";\n', "options": ", { httpsAgent: new https.Agent({ keepAlive: false, rejectUnauthorized: false }) }"},
        {"head": 'import https from "https";\n', "options": ", { httpsAgent: new https.Agent({ keepAlive: false, rejectUnauthorized: true }) }"},
    ),
    "the process": (
        ".js",
        {"head": "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';\n"},
        {"head": "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '1';\n"},
    ),
    "a scope in a text": (".py", {"scope": "'prices:read   banks:write'"}, {"scope": "'prices:read'"}),
    "scopes in a list": (
        ".py",
        {"scope": '" ".join([\n            "banks:write",  # why\n            "prices:read",\n            "customers:read",\n        ])'},
        {"scope": '" ".join([\n            "prices:read",\n        ])'},
    ),
    "scopes in an array": (
        ".ts",
        {"scope": '[\n      "banks:write",\n      "prices:read",\n      "customers:read",\n    ].join(" ")'},
        {"scope": '[\n      "prices:read",\n    ].join(" ")'},
    ),
    "scopes of a constant": (
        ".ts",
        {"head": 'const SCOPES = ["prices:read", "customers:write"];\n', "scope": 'SCOPES.join(" ")'},
        {"head": 'const SCOPES = ["prices:read"];\n', "scope": 'SCOPES.join(" ")'},
    ),
    "a log": (".py", {"log": 'print("token", found, end="")'}, {"log": 'print("token", "***", end="")'}),
    "a formatted log": (".py", {"log": 'print(f"token {found!r} {1:>3}")'}, {"log": 'print(f"token *** {1:>3}")'}),
    "a logger": (
        ".py",
        {"head": "import os\nimport logging\n", "log": 'logging.getLogger("a").warning("%s: %s", "token", found)'},
        {"head": "import os\nimport logging\n", "log": 'logging.getLogger("a").warning("%s: %s", "token", "***")'},
    ),
    "a sum": (".ts", {"log": 'console.log("token " + found + "!");'}, {"log": 'console.log("token " + "***" + "!");'}),
    "a template": (".ts", {"log": "console.log(`token ${found}!`);"}, {"log": "console.log(`token ***!`);"}),
    "a log that names it twice": (
        ".py",
        {"log": 'print(f"token {found}", found)'},
        {"log": 'print(f"token ***", "***")'},
    ),
    "a template and an object": (
        ".ts",
        {"log": "console.log(`token ${found}!`, { found });"},
        {"log": 'console.log(`token ***!`, { found: "***" });'},
    ),
    "both checks of a context": (
        ".py",
        {
            "head": "import os\nimport ssl\nbare = ssl.create_default_context()\nbare.check_hostname = False\nbare.verify_mode = ssl.CERT_NONE\n"
            "other = ssl.create_default_context()\nother.minimum_version = ssl.TLSVersion.TLSv1_2\n",
            "options": ", verify=bare",
        },
        {
            "head": "import os\nimport ssl\nbare = ssl.create_default_context()\nbare.check_hostname = True\nbare.verify_mode = ssl.CERT_REQUIRED\n"
            "other = ssl.create_default_context()\nother.minimum_version = ssl.TLSVersion.TLSv1_2\n",
            "options": ", verify=bare",
        },
    ),
    "a switch of the whole process, by its name in quotes": (
        ".js",
        {"head": "process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';\n"},
        {"head": "process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '1';\n"},
    ),
    "an object": (".js", {"log": "console.log({ at: 1, found });"}, {"log": 'console.log({ at: 1, found: "***" });'}),
}  # fmt: skip

UNSAFE_CASES = {
    "a literal": (".py", {"head": "", "client_id": f'"{IDENTIFIER}"', "secret": f"'{SECRET}'"},
                  {"head": "import os\n", "client_id": 'os.environ["CYBRID_CLIENT_ID"]'}),
    "a docstring and a future": (
        ".py",
        {"head": '"""Prices."""\nfrom __future__ import annotations\n\n', "secret": f'"{SECRET}"', "client_id": '"<your client id>"'},
        {"head": '"""Prices."""\nfrom __future__ import annotations\n\nimport os\n', "client_id": '"<your client id>"'},
    ),
    "a default": (".py", {"secret": f'os.environ.get("PARTNER_SECRET", "{SECRET}")'}, {"secret": 'os.environ.get("PARTNER_SECRET")'}),
    "an alternative": (".py", {"secret": f'os.getenv("PARTNER_SECRET") or "{SECRET}"'}, {"secret": 'os.getenv("PARTNER_SECRET")'}),
    "a literal in a script": (".js", {"secret": f'"{SECRET}"'}, {}),
    "a literal in TypeScript": (".ts", {"secret": f'"{SECRET}"'}, {"secret": "process.env.CYBRID_CLIENT_SECRET!"}),
    "a default in a script": (".js", {"secret": f'process.env.CYBRID_CLIENT_SECRET || "{SECRET}"'}, {}),
    "a default in TypeScript": (
        ".ts", {"secret": f'process.env.CYBRID_CLIENT_SECRET ?? "{SECRET}"'}, {"secret": "process.env.CYBRID_CLIENT_SECRET!"},
    ),
    "a default of a pattern": (
        ".js",
        {"head": f'const {{ PARTNER_SECRET = "{SECRET}" }} = process.env;\n', "secret": "PARTNER_SECRET"},
        {"head": "const { PARTNER_SECRET } = process.env;\n", "secret": "PARTNER_SECRET"},
    ),
    "the variable that is read beside it": (
        ".ts",
        {"head": f'const secret = process.env.ACME_SECRET ? process.env.ACME_SECRET : "{SECRET}";\n', "secret": "secret"},
        {"head": "const secret = process.env.ACME_SECRET ? process.env.ACME_SECRET : process.env.ACME_SECRET!;\n", "secret": "secret"},
    ),
}  # fmt: skip


def planned(folder: Path, *, unsafe: bool) -> tuple[AuditResult, Plan]:
    def read(path: str) -> bytes | None:
        place = folder / path
        return place.read_bytes() if place.is_file() else None

    result = audit(str(folder))
    return result, plan(result, read, lambda edited: audit(str(folder), edited=edited), unsafe=unsafe)


@pytest.mark.parametrize("name", SAFE_CASES)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_safe_fix(tmp_path: Path, name: str, end: str) -> None:
    check(tmp_path, SAFE_CASES[name], end, unsafe=False)


@pytest.mark.parametrize("name", UNSAFE_CASES)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_fix_that_asks_for_more(tmp_path: Path, name: str, end: str) -> None:
    suffix, before, _ = UNSAFE_CASES[name]
    (tmp_path / f"main{suffix}").write_bytes(code(suffix, before).replace("\n", end).encode())
    assert not planned(tmp_path, unsafe=False)[1].fixes
    check(tmp_path, UNSAFE_CASES[name], end, unsafe=True)


def check(folder: Path, case: tuple[str, dict[str, str], dict[str, str]], end: str, *, unsafe: bool) -> None:
    suffix, before, after = case
    place = folder / f"main{suffix}"
    place.write_bytes(code(suffix, before).replace("\n", end).encode())
    result, made = planned(folder, unsafe=unsafe)
    assert not made.failed
    assert len(made.fixes) == len(result.findings) > 0
    expected = {key: value for key, value in before.items() if key == "head"} if suffix != ".py" else {}
    wanted = code(suffix, {**expected, **after}).replace("\n", end).encode()
    assert made.after == {place.name: wanted}
    shown = preview(result, made.before, made.after)
    for secret in (SECRET, IDENTIFIER):
        assert secret not in shown
        assert secret[:8] not in shown
    place.write_bytes(wanted)
    again, nothing = planned(folder, unsafe=unsafe)
    assert not again.findings
    assert not nothing.fixes
    assert not nothing.after


def test_a_change_that_does_not_hold_is_not_made(tmp_path: Path) -> None:
    """The helper that logs is given the token from elsewhere: no edit at the call removes it without adding another."""
    (tmp_path / "main.py").write_text(
        code(".py", {"scope": "SCOPES", "head": "import os\nfrom scopes import SCOPES\n"})
    )
    (tmp_path / "scopes.py").write_text("A = 'prices:read '\nB = 'banks:write'\nSCOPES = A + B\n")
    result, made = planned(tmp_path, unsafe=False)
    assert [each.rule for each in result.findings] == ["over-scoped-bank-token"]
    assert not made.fixes
    assert not made.after


def test_a_literal_that_two_mints_share_is_left_alone(tmp_path: Path) -> None:
    first = code(".py", {"scope": "SCOPES", "head": 'import os\nSCOPES = "prices:read banks:read"\n'})
    other = first.replace("def token", "def other").replace("def prices", "def banks").replace("token()", "other()")
    other = other.replace("api/prices", "api/banks").replace("prices()\n", "banks()\n").partition("def other")[2]
    (tmp_path / "main.py").write_text(first + "\ndef other" + other)
    result, made = planned(tmp_path, unsafe=True)
    assert not made.fixes
    assert {each.rule for each in result.findings} <= {"over-scoped-bank-token"}


def test_an_encoded_literal_is_left_alone(tmp_path: Path) -> None:
    import base64

    encoded = base64.b64encode(SECRET.encode()).decode()
    (tmp_path / "main.py").write_text(
        code(".py", {"head": "import os\nimport base64\n", "secret": f'base64.b64decode("{encoded}").decode()'})
    )
    result, made = planned(tmp_path, unsafe=True)
    assert [each.rule for each in result.findings] == ["hardcoded-client-secret"]
    assert not made.fixes


@pytest.mark.parametrize("source", [b"\xff\xfe", b"def f(:\n", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n"])
def test_a_file_that_cannot_be_edited_is_left_alone(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "main.py").write_bytes(code(".py", {"scheme": "http"}).encode() + source)
    _, made = planned(tmp_path, unsafe=True)
    assert not made.fixes
    assert sorted(os.listdir(tmp_path)) == ["main.py"]


def test_members_of_an_enumeration_of_the_sdk_go_like_texts(tmp_path: Path) -> None:
    fixture = Path(__file__).parents[1] / "fixtures/over-scoped-customer-token/typescript/vulnerable/sdk-scope-enum"
    folder = tmp_path / "project"
    shutil.copytree(fixture, folder)
    result, made = planned(folder, unsafe=False)
    (fixed,) = (each for each in made.fixes if each.finding.rule == "over-scoped-customer-token")
    assert "[Scope.Tradesread];" in made.after[fixed.path].decode()
    assert "Scope.Tradesexecute" not in made.after[fixed.path].decode()
    assert len(result.findings) > len(audit(str(folder), edited=made.after).findings)
