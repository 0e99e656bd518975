"""On which side a file runs decides several rules: what told it is said wherever they speak."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

WALLET = """\
export async function pay(quote) {
  const grant = await fetch("https://id.sandbox.cybrid.app/oauth/token", {
    method: "POST",
    body: JSON.stringify({
      grant_type: "client_credentials",
      client_id: process.env.BANK_APPLICATION,
      client_secret: process.env.BANK_APPLICATION_KEY,
      scope: "transfers:execute",
    }),
  });
  const { access_token } = await grant.json();
  await fetch("https://bank.sandbox.cybrid.app/api/transfers", {
    method: "POST",
    headers: { Authorization: `Bearer ${access_token}` },
    body: JSON.stringify({ quote_guid: quote, transfer_type: "book" }),
  });
}
"""
TOLD = "client-side: an app for the desktop (package.json)."
ON_THE_CLIENT = {"credential-in-client-code", "platform-token-exposed", "transaction-without-mfa"}


@pytest.fixture
def wallet(tmp_path: Path) -> Path:
    (tmp_path / "package.json").write_text(json.dumps({"devDependencies": {"electron": "*"}}))
    (tmp_path / "wallet.js").write_text(WALLET)
    return tmp_path


def test_findings_say_what_told_the_side(cli: Any, wallet: Path) -> None:
    found = json.loads(cli("scan", "--format", "json", wallet).stdout)["findings"]
    assert {each["rule"] for each in found if TOLD in each["message"]} == ON_THE_CLIENT
    assert all(TOLD in each["message"] for each in found if each["rule"] in ON_THE_CLIENT)


def test_so_do_the_other_reports(cli: Any, wallet: Path) -> None:
    results = json.loads(cli("scan", "--format", "sarif", wallet).stdout)["runs"][0]["results"]
    assert {each["ruleId"] for each in results if TOLD in each["message"]["text"]} == ON_THE_CLIENT
    shown = " ".join(cli("scan", wallet).stdout.split())
    assert all(each["message"]["text"] in shown for each in results)


def test_the_inventory_says_it_a_file(cli: Any, wallet: Path) -> None:
    (wallet / "report.py").write_text("import httpx\nhttpx.get('https://bank.sandbox.cybrid.app/api/symbols')\n")
    sides = json.loads(cli("inventory", "--format", "json", wallet).stdout)["inventory"]["sides"]
    assert sides == [
        {"path": "report.py", "side": "server", "reason": "Python"},
        {"path": "wallet.js", "side": "client", "reason": "an app for the desktop (package.json)"},
    ]
    lines = cli("inventory", wallet).stdout.splitlines()
    assert "report.py  server: Python" in lines
    assert "wallet.js  client: an app for the desktop (package.json)" in lines


def test_a_file_of_the_server_is_said_to_be_none_of_the_client(cli: Any, wallet: Path) -> None:
    (wallet / "package.json").write_text(json.dumps({"dependencies": {"express": "*"}}))
    answer = json.loads(cli("scan", "--format", "json", wallet).stdout)
    assert answer["inventory"]["sides"] == [
        {"path": "wallet.js", "side": "server", "reason": "a server (package.json)"}
    ]
    assert "client-side" not in json.dumps(answer["findings"])
