"""`scan --fix` as a user runs it: shown first, written as a whole, and never half."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

SECRET = "wJ8rTq2LkXvB9mNzPs4dFgHy7cVeRa1uKo6tEi3bQxM"
SOURCE = (
    "import os\n"
    "import requests\n"
    "\n"
    "def token():\n"
    "    answer = requests.post('https://id.sandbox.cybrid.app/oauth/token', json={\n"
    "        'grant_type': 'client_credentials', 'client_id': os.environ['CYBRID_CLIENT_ID'],\n"
    f"        'client_secret': os.environ.get('PARTNER_SECRET', '{SECRET}'), 'scope': 'prices:read'}}, verify=False)\n"
    "    return answer.json()['access_token']\n"
    "\n"
    "print(requests.get('https://bank.sandbox.cybrid.app/api/prices', headers={'Authorization': 'Bearer ' + token()}))\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.py").write_text(SOURCE)
    (folder / "main.py").chmod(0o640)
    return folder


def test_a_preview_changes_nothing(cli: Any, project: Path) -> None:
    outcome = cli("scan", project, "--fix", "--diff")
    assert outcome.status == 1
    assert outcome.stdout.startswith("--- a/main.py\n+++ b/main.py\n@@ ")
    assert "+        'client_secret'" in outcome.stdout
    assert "verify=True" in outcome.stdout
    assert SECRET[:6] not in outcome.stdout
    assert outcome.stderr == (
        "1 of 2 findings would be fixed; --unsafe also reads literal credentials from the environment\n"
    )
    assert (project / "main.py").read_text() == SOURCE
    assert os.listdir(project) == ["main.py"]


def test_safe_fixes_are_written_and_the_report_is_on_what_is_left(cli: Any, project: Path) -> None:
    outcome = cli("scan", project, "--fix", "-f", "github")
    assert outcome.status == 1
    assert (project / "main.py").read_text() == SOURCE.replace("verify=False", "verify=True")
    assert (project / "main.py").stat().st_mode & 0o777 == 0o640
    assert os.listdir(project) == ["main.py"]
    assert "hardcoded-client-secret" in outcome.stdout
    assert "insecure-transport" not in outcome.stdout
    assert outcome.stderr.startswith("--- a/main.py\n")
    assert "1 of 2 findings fixed" in outcome.stderr


def test_unsafe_fixes_say_what_must_be_set(cli: Any, project: Path) -> None:
    outcome = cli("scan", project, "--fix", "--unsafe")
    assert outcome.status == 0
    expected = SOURCE.replace("verify=False", "verify=True").replace(f", '{SECRET}'", "")
    assert (project / "main.py").read_text() == expected
    assert (project / ".env.example").read_text() == "PARTNER_SECRET=\n"
    assert (project / ".gitignore").read_text() == ".env\n"
    assert "2 of 2 findings fixed\nset PARTNER_SECRET where the code runs\nrevoke" in outcome.stderr
    assert SECRET[:6] not in outcome.stderr + outcome.stdout
    again = cli("scan", project, "--fix", "--unsafe")
    assert again.status == 0
    assert again.stderr == "0 of 0 findings fixed\n"
    assert (project / "main.py").read_text() == expected


def test_lists_of_variables_and_of_what_is_ignored_are_added_to(cli: Any, project: Path) -> None:
    (project / ".env.example").write_bytes(b"# theirs\r\nOTHER=1")
    (project / ".gitignore").write_text("/dist\n/.env\n")
    cli("scan", project, "--fix", "--unsafe")
    assert (project / ".env.example").read_bytes() == b"# theirs\r\nOTHER=1\r\nPARTNER_SECRET=\r\n"
    assert (project / ".gitignore").read_text() == "/dist\n/.env\n"


def test_each_package_of_a_monorepo_gets_its_own_list(cli: Any, project: Path) -> None:
    """Where its manifest is; the ignore file is the nearest there is, in the package or above."""
    for package, manifest in (("services/pay", "pyproject.toml"), ("services/kyc", "requirements.txt")):
        (project / package / "app").mkdir(parents=True)
        (project / package / manifest).touch()
        (project / package / "app" / "main.py").write_text(
            SOURCE.replace("PARTNER_SECRET", f"{package[9:].upper()}_SECRET")
        )
    (project / "services/kyc/.env.sample").write_text("OTHER=\n")
    (project / "services/kyc/.gitignore").write_text("/dist\n")
    (project / ".gitignore").write_text("/.env\n")
    assert cli("scan", project, "--fix", "--unsafe").status == 0
    assert (project / ".env.example").read_text() == "PARTNER_SECRET=\n"
    assert (project / "services/pay/.env.example").read_text() == "PAY_SECRET=\n"
    assert (project / "services/kyc/.env.sample").read_text() == "OTHER=\nKYC_SECRET=\n"
    assert not (project / "services/kyc/.env.example").exists()
    assert (project / ".gitignore").read_text() == "/.env\n.env\n"
    assert (project / "services/kyc/.gitignore").read_text() == "/dist\n.env\n"
    assert not (project / "services/pay/.gitignore").exists()
    subprocess.run(["git", "init", "-q", project], check=True)
    for folder in ("", "services/pay", "services/kyc"):
        assert (
            subprocess.run(
                ["git", "check-ignore", "-q", f"{folder}/.env".lstrip("/")], cwd=project, check=False
            ).returncode
            == 0
        )


def test_a_single_file_is_fixed(cli: Any, project: Path) -> None:
    assert cli("scan", project / "main.py", "--fix").status == 1
    assert (project / "main.py").read_text() == SOURCE.replace("verify=False", "verify=True")


def test_a_file_that_cannot_be_replaced_loses_nothing(cli: Any, project: Path) -> None:
    if os.geteuid() == 0:
        # Root may write everywhere but where the file system forbids it.
        done = subprocess.run(["chattr", "+i", project / "main.py"], check=False, capture_output=True)
        if done.returncode:
            pytest.skip("root, and a file system without immutable files")
    else:
        project.chmod(0o500)
    try:
        outcome = cli("scan", project, "--fix")
        assert (outcome.status, outcome.stdout) == (2, "")
        assert "a fix cannot be written (" in outcome.stderr
        assert "and nothing was changed; see that the files can be written" in outcome.stderr
    finally:
        project.chmod(0o700)
        subprocess.run(["chattr", "-i", project / "main.py"], check=False, capture_output=True)
    assert (project / "main.py").read_text() == SOURCE
    assert os.listdir(project) == ["main.py"]


def test_nothing_is_written_through_a_symlink(cli: Any, project: Path, tmp_path: Path) -> None:
    (project / ".env.example").symlink_to(tmp_path / "outside")
    outcome = cli("scan", project, "--fix", "--unsafe")
    assert outcome.status == 2
    assert ".env.example is, or lies behind, a symlink; nothing was changed" in outcome.stderr
    assert (project / "main.py").read_text() == SOURCE
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--unsafe",), "error: --unsafe says what --fix may do, and --fix is not given; add --fix\n"),
        (("--fix", "--diff", "main"), "error: with --fix, --diff takes no revision ('main'); put it last"),
        (("--diff",), "error: --diff needs a revision to compare with; say --diff main"),
    ],
)
def test_options_that_do_not_go_together_are_said(
    cli: Any, project: Path, arguments: tuple[str, ...], said: str
) -> None:
    outcome = cli("scan", project, *arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(said)
    assert (project / "main.py").read_text() == SOURCE
