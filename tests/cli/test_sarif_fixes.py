"""SARIF carries the changes that are proven to remove a finding, at places that an editor can use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SECRET = "wJ8rTq2LkXvB9mNzPs4dFgHy7cVeRa1uKo6tEi3bQxM"
SOURCE = (
    "import os\n"
    "import requests\n"
    "\n"
    "def token():\n"
    "    answer = requests.post('https://id.sandbox.cybrid.app/oauth/token', json={\n"
    "        'grant_type': 'client_credentials', 'client_id': os.environ['CYBRID_CLIENT_ID'],\n"
    f"        'café': 'é', 'client_secret': '{SECRET}', 'scope': 'prices:read'}}, verify=False)\n"
    "    return answer.json()['access_token']\n"
    "\n"
    "print(requests.get('https://bank.sandbox.cybrid.app/api/prices', headers={'Authorization': 'Bearer ' + token()}))\n"
)


def test_the_fixes_of_sarif_make_the_findings_go_away(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    place = tmp_path / "shop" / "main.py"
    place.write_text(SOURCE)
    outcome = cli("scan", tmp_path / "shop", "-f", "sarif")
    assert outcome.status == 1
    assert SECRET[:6] not in outcome.stdout
    assert place.read_text() == SOURCE
    results = json.loads(outcome.stdout)["runs"][0]["results"]
    assert {each["ruleId"] for each in results} == {"hardcoded-client-secret", "insecure-transport"}
    replacements = []
    for each in results:
        (fix,) = each["fixes"]
        needs = "the variable must be set" in fix["description"]["text"]
        assert needs == (each["ruleId"] == "hardcoded-client-secret")
        (change,) = fix["artifactChanges"]
        assert change["artifactLocation"]["uri"] == "main.py"
        replacements += change["replacements"]
    lines = SOURCE.split("\n")
    # From the end on, so that no change moves the place of another.
    for made in sorted(replacements, key=lambda each: each["deletedRegion"]["startColumn"], reverse=True):
        region = made["deletedRegion"]
        assert region["startLine"] == region["endLine"] == 7
        line = lines[6]
        text = made["insertedContent"]["text"]
        lines[6] = line[: region["startColumn"] - 1] + text + line[region["endColumn"] - 1 :]
    expected = SOURCE.replace("verify=False", "verify=True").replace(
        f"'{SECRET}'", 'os.environ["CYBRID_CLIENT_SECRET"]'
    )
    assert "\n".join(lines) == expected


def test_a_finding_without_a_known_change_has_none(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / ".env").write_text(f"CYBRID_CLIENT_SECRET={SECRET}\n")
    results = json.loads(cli("scan", tmp_path / "shop", "-f", "sarif").stdout)["runs"][0]["results"]
    assert results
    assert not any("fixes" in each for each in results)
