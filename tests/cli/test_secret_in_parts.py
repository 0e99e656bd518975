"""A credential that is put together from short parts: no part of it shows, whatever the line is shown for."""

from __future__ import annotations

from pathlib import Path

import pytest

from cybrid_audit.cli.scan import FORMATS
from tests.conftest import Cli

PARTS = ("Wv7kQ2pLx9R", "tB4nZc8MfH3", "sD6jYgK5aEu")
SOURCE = f"""\
import requests

SECRET = (
    "{PARTS[0]}"
    "{PARTS[1]}"
    "{PARTS[2]}"
)
def token():
    body = {{"grant_type": "client_credentials", "client_id": "q8Zr3TnW5xKc7PvL2mBd9HsJ4fGyA6uE", "client_secret": SECRET}}
    answer = requests.post("http://id.sandbox.cybrid.app/oauth/token", json=body, verify=False)
    print("the token", answer.json()["access_token"])
    return answer.json()["access_token"]


print(requests.get("https://bank.sandbox.cybrid.app/api/prices", headers={{"Authorization": "Bearer " + token()}}))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(SOURCE)
    return folder


def check(text: str) -> None:
    for part in PARTS:
        assert part[4:] not in text


@pytest.mark.parametrize("format_", FORMATS)
def test_no_report_shows_a_part(cli: Cli, project: Path, format_: str) -> None:
    outcome = cli("scan", project, "--format", format_)
    assert outcome.status == 1
    check(outcome.stdout)


def test_no_preview_of_a_fix_shows_a_part(cli: Cli, project: Path) -> None:
    outcome = cli("scan", project, "--fix", "--unsafe", "--diff")
    assert "+    answer = requests.post(" in outcome.stdout
    check(outcome.stdout)


@pytest.mark.parametrize("line", range(3, 11))
def test_no_answer_about_a_line_shows_a_part(cli: Cli, project: Path, line: int) -> None:
    outcome = cli("why", project / f"app.py:{line}", "--in", project)
    assert outcome.status == 0
    check(outcome.stdout)
