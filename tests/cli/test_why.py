"""`why PATH:LINE`: what the audit knows of a line, and why it may know nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cybrid_audit.cli.why import parsed
from cybrid_audit.errors import AuditError
from cybrid_audit.judges import catalog

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "token-shop"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a copy of a small integration in Python with a guarded and a bare trade."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "platform_client.py").write_text(
        "import os\n"
        "import requests\n"
        "\n"
        "HOST = 'https://bank.sandbox.cybrid.app'\n"
        "\n"
        "def token(scope):\n"
        "    answer = requests.post('https://id.sandbox.cybrid.app/oauth/token', json={\n"
        "        'grant_type': 'client_credentials', 'scope': scope,\n"
        "        'client_id': os.environ['CYBRID_CLIENT_ID'], 'client_secret': os.environ['CYBRID_CLIENT_SECRET']})\n"
        "    return answer.json()['access_token']\n"
        "\n"
        "def trade(quote):\n"
        "    headers = {'Authorization': 'Bearer ' + token('trades:execute')}\n"
        "    return requests.post(HOST + '/api/trades', json={'quote_guid': quote}, headers=headers)\n"
    )
    (folder / "web.py").write_text(
        "import pyotp\n"
        "from flask import Flask, abort, request\n"
        "from platform_client import trade\n"
        "\n"
        "app = Flask(__name__)\n"
        "\n"
        "@app.post('/trades')\n"
        "def guarded():\n"
        "    if not pyotp.TOTP(load_seed()).verify(request.json['code']):\n"
        "        abort(403)\n"
        "    return trade(request.json['quote']).json()\n"
        "\n"
        "@app.post('/quick-trades')\n"
        "def bare():\n"
        "    return trade(request.json['quote']).json()\n"
    )
    (folder / "notes.md").write_text("# Notes\n\nNothing here.\n")
    (folder / "alone.py").write_text("print('hello')\n")
    return folder


def test_a_call_shows_tokens_guards_and_decisions(cli: Any, shop: Path) -> None:
    outcome = cli("why", f"{shop}/platform_client.py:14", "--in", str(shop))
    assert (outcome.status, outcome.stderr) == (0, "")
    text = " ".join(outcome.stdout.split())
    assert text.startswith("platform_client.py:14 return requests.post(HOST + '/api/trades'")
    for said in (
        "The call POST /api/trades",
        "which is a customer transaction",
        "It needs trades:execute",
        "bank token minted with trades:execute platform_client.py:7",
        "Entry points that reach it: 2.",
        "the HTTP route POST /trades web.py:8",
        "second factor: enforced on every path enforced by pyotp.TOTP.verify web.py:9",
        "the HTTP route POST /quick-trades web.py:14",
        "second factor: a path has none",
        "Findings here bank-token-on-customer-endpoint (violated)",
        "What the rules decided violated: bank-token-on-customer-endpoint, transaction-without-mfa",
        "nothing to report (POST /api/trades shows no address without TLS): insecure-transport",
        "python, server side",
        "imported by web.py",
    ):
        assert said in text, said


def test_a_mint_shows_its_uses_and_credentials(cli: Any, shop: Path) -> None:
    text = " ".join(cli("why", f"{shop}/platform_client.py:7", "--in", str(shop)).stdout.split())
    assert "The mint of a bank token POST /oauth/token" in text
    assert "POST /api/trades needs trades:execute platform_client.py:14" in text
    assert "environment CYBRID_CLIENT_SECRET platform_client.py:9" in text


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            "web.py:5",
            "nothing on this line has to do with the platform, and no way to one of its calls leads through it",
        ),
        ("web.py:5", "the HTTP route POST /trades web.py:8"),
        ("alone.py:1", "neither names the platform nor is tied by imports to one that does"),
        ("notes.md:1", "Nothing in its text looks like a credential"),
        ("vendor.py:1", "not among those read: an ignore file or the configuration leaves it out"),
        ("tests/test_pay.py:1", "Rules on flows skip its side: test. Its text is searched for credentials."),
    ],
)
def test_where_nothing_is_known_it_says_why(cli: Any, shop: Path, place: str, said: str) -> None:
    (shop / "vendor.py").write_text("import requests\n")
    (shop / ".gitignore").write_text("vendor.py\n")
    (shop / "tests").mkdir()
    (shop / "tests" / "test_pay.py").write_text("import pytest\n")
    outcome = cli("why", f"{shop}/{place}", "--in", str(shop))
    assert outcome.status == 0
    assert said in " ".join(outcome.stdout.split())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            9,
            (
                "What is verified here pyotp.TOTP.verify, whose outcome is enforced before POST /api/trades, from the HTTP route "
                "POST /trades platform_client.py:14 The entry point around it the HTTP route POST /trades web.py:8"
            ),
        ),
        (
            11,
            (
                "What leads through here the way from the HTTP route POST /trades to POST /api/trades; second factor: enforced on "
                "every path platform_client.py:14"
            ),
        ),
        (
            15,
            (
                "the way from the HTTP route POST /quick-trades to POST /api/trades; second factor: a path has none "
                "platform_client.py:14 Findings whose path leads through here transaction-without-mfa (violated)"
            ),
        ),
    ],
)
def test_a_line_on_the_way_says_where_it_leads(cli: Any, shop: Path, line: int, said: str) -> None:
    assert said in " ".join(cli("why", f"{shop}/web.py:{line}", "--in", str(shop)).stdout.split())


CLIENTS = {
    "python/client.py": """\
import requests


def accounts(customer, token):
    requests.get("https://status.example.com/ping")
    requests.post("https://bank.sandbox.cybrid.app/api/no_such_thing")
    return requests.get("https://bank.sandbox.cybrid.app/api/prices", headers={"Authorization": "Bearer " + token})
""",
    "javascript/client.js": """\
import axios from "axios";


export async function accounts(customer, token) {
  await axios.get("https://status.example.com/ping");
  await axios.post("https://bank.sandbox.cybrid.app/api/no_such_thing");
  return axios.get("https://bank.sandbox.cybrid.app/api/prices", { headers: { Authorization: `Bearer ${token}` } });
}
""",
    "typescript/client.ts": """\
// Prices.


export async function accounts(customer: string, token: string): Promise<Response> {
  await fetch("https://status.example.com/ping");
  await fetch("https://bank.sandbox.cybrid.app/api/no_such_thing", { method: "POST" });
  return fetch("https://bank.sandbox.cybrid.app/api/prices", { headers: { Authorization: `Bearer ${token}` } });
}
""",
    "java/src/main/java/shop/Client.java": """\
package shop; import java.net.URI; import java.net.http.*;

class Client {
  HttpResponse<String> accounts(String customer, String token) throws Exception { HttpClient http = HttpClient.newHttpClient();
    http.send(HttpRequest.newBuilder(URI.create("https://status.example.com/ping")).GET().build(), HttpResponse.BodyHandlers.ofString());
    http.send(HttpRequest.newBuilder(URI.create("https://bank.sandbox.cybrid.app/api/no_such_thing")).DELETE().build(), HttpResponse.BodyHandlers.ofString());
    return http.send(HttpRequest.newBuilder(URI.create("https://bank.sandbox.cybrid.app/api/prices")).GET().build(), HttpResponse.BodyHandlers.ofString());
  }
}
""",
    "kotlin/src/main/kotlin/Client.kt": """\
import io.ktor.client.HttpClient
import io.ktor.client.request.*
class Client(private val http: HttpClient) {
    suspend fun accounts(customer: String, token: String): Any {
        http.get("https://status.example.com/ping")
        http.post("https://bank.sandbox.cybrid.app/api/no_such_thing")
        return http.get("https://bank.sandbox.cybrid.app/api/prices") { bearerAuth(token) }
    }
}
""",
    "swift/Sources/Client.swift": """\
import Alamofire


func accounts(customer: String, token: String) {
    AF.request("https://status.example.com/ping").responseData { _ in }
    AF.request("https://bank.sandbox.cybrid.app/api/no_such_thing", method: .post).responseData { _ in }
    AF.request("https://bank.sandbox.cybrid.app/api/prices", headers: [.authorization(bearerToken: token)]).responseData { _ in }
}
""",
    "component/src/Client.vue": """\
<script lang="ts">
// Prices.

export async function accounts(customer: string, token: string): Promise<Response> {
  await fetch("https://status.example.com/ping");
  await fetch("https://bank.sandbox.cybrid.app/api/no_such_thing", { method: "POST" });
  return fetch("https://bank.sandbox.cybrid.app/api/prices", { headers: { Authorization: `Bearer ${token}` } });
}
</script>
""",
    "dart/lib/client.dart": """\
import 'package:http/http.dart' as http;


Future<http.Response> accounts(String customer, String token) async {
  await http.get(Uri.parse('https://status.example.com/ping'));
  await http.post(Uri.parse('https://bank.sandbox.cybrid.app/api/no_such_thing'));
  return http.get(Uri.parse('https://bank.sandbox.cybrid.app/api/prices'), headers: {'Authorization': 'Bearer $token'});
}
""",
}


@pytest.mark.parametrize("name", CLIENTS)
def test_why_nothing_is_reported_in_every_language(cli: Any, tmp_path: Path, name: str) -> None:
    """A request elsewhere, one that is no operation, a call that no rule objects to, and a line that is nothing."""
    folder, _, inside = name.partition("/")
    path = tmp_path / folder / inside
    path.parent.mkdir(parents=True)
    path.write_text(CLIENTS[name])

    def answer(line: int) -> str:
        outcome = cli("why", f"{path}:{line}", "--in", str(tmp_path / folder))
        assert (outcome.status, outcome.stderr) == (0, "")
        return " ".join(outcome.stdout.split())

    assert (
        "The request to status.example.com is not taken for one to the platform: the host is somebody else's"
        in answer(5)
    )
    assert (
        "The request to bank.sandbox.cybrid.app is not taken for one to the platform: the host is the platform's, but no"
        in answer(6)
    )
    assert "The call GET /api/prices" in answer(7)
    assert "It is bank work: a bank token is right here." in answer(7)
    assert "nothing to report" in answer(7)
    assert "nothing on this line has to do with the platform" in answer(1)
    assert f"The file {folder}, " in answer(1)


def test_every_language_is_asked() -> None:
    from cybrid_audit.languages import FAMILIES

    assert {name.partition("/")[0] for name in CLIENTS} == set(FAMILIES) - {"tsx"}


def test_what_is_accepted_is_told(cli: Any, shop: Path) -> None:
    """In the baseline; `explain` knows it by its fingerprint too."""
    assert cli("baseline", "create", str(shop)).status == 0
    text = " ".join(cli("why", f"{shop}/platform_client.py:14", "--in", str(shop)).stdout.split())
    assert "Findings here that are accepted and do not count bank-token-on-customer-endpoint (violated)" in text
    assert "violated, and accepted: bank-token-on-customer-endpoint, transaction-without-mfa" in text
    fingerprint = text.partition("fingerprint ")[2].split()[0]
    outcome = cli("explain", fingerprint[:12], "--in", str(shop))
    assert outcome.status == 0
    assert "# bank-token-on-customer-endpoint" in outcome.stdout


def test_a_broken_file_says_so(cli: Any, shop: Path) -> None:
    (shop / "broken.py").write_text("import platform_client\ndef f(:\n    x = = 2\n")
    assert "not analysed, or not as a whole" in cli("why", f"{shop}/broken.py:1", "--in", str(shop)).stdout


def test_a_disabled_rule_did_not_run(cli: Any, shop: Path) -> None:
    (shop / ".cybrid-audit.yaml").write_text("version: 1\nrules:\n  disable: [transaction-without-mfa]\n")
    text = " ".join(cli("why", f"{shop}/platform_client.py:14", "--in", str(shop)).stdout.split())
    assert "did not run: transaction-without-mfa" in text


def test_no_secret_is_shown(cli: Any) -> None:
    for line in (8, 7):
        for format_ in ("text", "json"):
            outcome = cli("why", f"{EXAMPLE}/src/config.ts:{line}", "--in", str(EXAMPLE), "-f", format_)
            assert outcome.status == 0
            secret = (EXAMPLE / "src" / "config.ts").read_text().split('CLIENT_SECRET ?? "')[1].split('"')[0]
            assert secret not in outcome.stdout
            assert secret[:6] not in outcome.stdout


def test_the_answer_as_json(cli: Any, shop: Path) -> None:
    document = json.loads(cli("why", f"{shop}/platform_client.py:14", "--in", str(shop), "-f", "json").stdout)
    assert (document["path"], document["line"]) == ("platform_client.py", 14)
    titles = [each["title"] for each in document["sections"]]
    assert titles == ["The call POST /api/trades", "Findings here", "What the rules decided", "The file"]
    marks = [line["mark"] for section in document["sections"] for line in section["lines"] if "mark" in line]
    assert marks
    assert all(len(mark) == 32 for mark in marks)
    assert set(document["sections"][1]["lines"][0]) == {"depth", "text", "path", "line"}
    rules = " ".join(line["text"] for line in document["sections"][2]["lines"])
    assert any(rule in rules for rule in catalog())


def test_the_code_base_is_found_without_being_named(cli: Any, shop: Path) -> None:
    (shop / ".git").mkdir()
    (shop.parent / "elsewhere").mkdir()
    for folder, place, start in (
        (shop, "platform_client.py:14", "platform_client.py:14\n"),
        (shop.parent, "shop/platform_client.py:14", "shop/platform_client.py:14\n"),
        (shop.parent / "elsewhere", f"{shop}/platform_client.py:14", "platform_client.py:14\n"),
    ):
        assert cli("why", place, cwd=folder).stdout.startswith(start)


@pytest.mark.parametrize("place", ["a.py:1", "a.py:1:7", "a:b.py:1", "a:3.py:1"])
def test_a_place_is_read(tmp_path: Path, place: str) -> None:
    name = place.rpartition(".py")[0] + ".py"
    (tmp_path / name).write_text("x\n")
    assert parsed(f"{tmp_path}/{place}") == (f"{tmp_path}/{name}", 1)


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("a.py", "is no place; write PATH:LINE"),
        ("a.py:x", "is no place; write PATH:LINE"),
        (":3", "is no place; write PATH:LINE"),
        ("missing.py:1", "no such file"),
        ("a.py:0", "has no line 0; its lines are 1 to 2"),
        ("a.py:3", "has no line 3; its lines are 1 to 2"),
        ("a.py:99999999999", "has no line 99999999999; its lines are 1 to 2"),
    ],
)
def test_a_wrong_place_is_said(tmp_path: Path, place: str, problem: str) -> None:
    (tmp_path / "a.py").write_text("x\ny")
    path = f"{tmp_path}/{place}" if not place.startswith(":") else place
    with pytest.raises(AuditError, match=problem):
        parsed(path)


def test_a_file_outside_is_said(cli: Any, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("x\n")
    outcome = cli("why", f"{tmp_path}/other.py:1", "--in", str(shop))
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr == f"error: {tmp_path}/other.py is not in {shop}; name the code base with --in\n"
