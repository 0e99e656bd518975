"""`cybrid-audit hook`: the whole repository is read, and what touches the files named counts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from cybrid_audit.audit import audit
from cybrid_audit.result import ExitStatus
from tests.conftest import Cli

FIXTURES: Final = Path(__file__).parents[1] / "fixtures"

TOKENS: Final = """\
import os

import requests


def bank_token():
    body = {
        "grant_type": "client_credentials",
        "client_id": os.environ["CYBRID_CLIENT_ID"],
        "client_secret": os.environ["CYBRID_CLIENT_SECRET"],
        "scope": "trades:execute",
    }
    return requests.post("https://id.sandbox.cybrid.app/oauth/token", json=body, timeout=10).json()["access_token"]
"""
TRADES: Final = """\
import requests
from flask import Flask, request

from tokens import bank_token

app = Flask(__name__)


@app.post("/trades")
def trade():
    headers = {"Authorization": f"Bearer {bank_token()}"}
    url = "https://bank.sandbox.cybrid.app/api/trades"
    return requests.post(url, json=request.json, headers=headers, timeout=10).json()
"""
PRICES: Final = """\
import requests

from tokens import bank_token


def prices():
    headers = {"Authorization": f"Bearer {bank_token()}"}
    return requests.get("https://bank.sandbox.cybrid.app/api/prices", headers=headers, verify=False, timeout=10).json()
"""
SECRET: Final = "wJ8rTq2LkXvB9mNzPs4dFgHy7cVeRa1uKo6tEi3bQxM"
ENV: Final = f"CYBRID_CLIENT_SECRET={SECRET}\n"


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, check=True)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with a finding in `trades.py` that comes from `tokens.py`, and another one in `prices.py`."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in {"tokens.py": TOKENS, "trades.py": TRADES, "prices.py": PRICES, "README.md": "A shop.\n"}.items():
        (folder / name).write_text(text)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    return folder


# ---------------------------------------------------------------- what counts


def test_what_stands_in_a_file_counts_and_the_rest_is_one_line(cli: Cli, shop: Path) -> None:
    outcome = cli("hook", "--fail-on", "unproven", "prices.py", cwd=shop)
    assert outcome.status == ExitStatus.FINDINGS
    assert "prices.py:8" in outcome.stdout
    assert "trades.py" not in outcome.stdout
    assert "Controls" not in outcome.stdout
    (line,) = outcome.stderr.splitlines()
    assert line.endswith("elsewhere, not counted here: 'cybrid-audit scan' shows what there is")


def test_what_leads_through_a_file_counts(cli: Cli, shop: Path) -> None:
    outcome = cli("hook", "tokens.py", cwd=shop)
    assert outcome.status == ExitStatus.FINDINGS
    assert "bank-token-on-customer-endpoint" in outcome.stdout
    assert "trades.py:13" in outcome.stdout
    assert "insecure-transport" not in outcome.stdout


def test_a_file_that_nothing_touches_passes_without_a_report(cli: Cli, shop: Path) -> None:
    outcome = cli("hook", "README.md", cwd=shop)
    assert (outcome.status, outcome.stdout) == (ExitStatus.CLEAN, "")
    assert len(outcome.stderr.splitlines()) == 1
    total = len(audit(str(shop)).findings)
    assert outcome.stderr.startswith(f"{total} findings elsewhere")


def test_files_are_named_from_the_current_folder_and_audited_from_the_root(cli: Cli, shop: Path) -> None:
    inner = shop / "docs"
    inner.mkdir()
    outcome = cli("hook", "../trades.py", cwd=inner)
    assert (outcome.status, "trades.py:13" in outcome.stdout) == (ExitStatus.FINDINGS, True)


def test_a_name_is_no_pattern(cli: Cli, shop: Path) -> None:
    (shop / "*.py").write_text("one = 1\n")
    (shop / "prices[.]py").write_text("one = 1\n")
    outcome = cli("hook", "*.py", "prices[.]py", cwd=shop)
    assert (outcome.status, outcome.stdout) == (ExitStatus.CLEAN, "")
    os.rename(shop / "trades.py", shop / "tr[a]des.py")
    outcome = cli("hook", "tr[a]des.py", cwd=shop)
    assert (outcome.status, "tr[a]des.py:13" in outcome.stdout) == (ExitStatus.FINDINGS, True)


@pytest.mark.parametrize("options", [(), ("--secrets-only",)])
def test_a_name_need_not_be_utf_8(options: tuple[str, ...], cli: Cli, shop: Path) -> None:
    name = os.fsdecode(b"caf\xe9.env")
    (shop / name).write_text(ENV)
    git(shop, "add", "-A")
    outcome = cli("hook", *options, name, cwd=shop)
    assert (outcome.status, r"caf\xe9.env:1" in outcome.stdout) == (ExitStatus.FINDINGS, True)


@pytest.mark.parametrize("options", [(), ("--secrets-only",)])
def test_what_is_gone_or_no_file_counts_for_nothing(options: tuple[str, ...], cli: Cli, shop: Path) -> None:
    (shop / "link.py").symlink_to("prices.py")
    (shop / "folder").mkdir()
    os.remove(shop / "README.md")
    outcome = cli("hook", *options, "README.md", "gone/away.py", "link.py", "folder", cwd=shop)
    assert (outcome.status, outcome.stdout) == (ExitStatus.CLEAN, "")


@pytest.mark.parametrize("options", [(), ("--secrets-only",)])
def test_a_file_outside_is_a_mistake(options: tuple[str, ...], cli: Cli, shop: Path) -> None:
    (shop.parent / "other.py").write_text("one = 1\n")
    (shop / "out").symlink_to(shop.parent)
    for name in ("../other.py", "out/other.py", str(shop.parent / "other.py")):
        outcome = cli("hook", *options, name, cwd=shop)
        assert (outcome.status, outcome.stdout) == (ExitStatus.USAGE, "")
        assert outcome.stderr.startswith(f"error: {name} is not in {shop}")
        assert len(outcome.stderr.splitlines()) == 1


def test_without_a_repository_the_current_folder_is_audited(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tokens.py").write_text(TOKENS)
    (tmp_path / "trades.py").write_text(TRADES)
    assert cli("hook", "trades.py").status == ExitStatus.FINDINGS
    assert cli("hook").status == ExitStatus.USAGE


# ---------------------------------------------------------------- options


def test_the_threshold_the_configuration_and_the_baseline_hold(cli: Cli, shop: Path) -> None:
    assert cli("hook", "--fail-on", "never", "trades.py", cwd=shop).status == ExitStatus.CLEAN
    (shop / ".cybrid-audit.yaml").write_text("version: 1\nfail_on: never\n")
    assert cli("hook", "trades.py", cwd=shop).status == ExitStatus.CLEAN
    (shop / "other.yaml").write_text("version: 1\nfail_on: unproven\n")
    assert cli("hook", "--config", "other.yaml", "prices.py", cwd=shop).status == ExitStatus.FINDINGS
    os.remove(shop / ".cybrid-audit.yaml")
    assert cli("baseline", "create", shop).status == 0
    outcome = cli("hook", "prices.py", "trades.py", cwd=shop)
    assert (outcome.status, outcome.stdout, outcome.stderr) == (ExitStatus.CLEAN, "", "")
    assert cli("hook", "--no-baseline", "trades.py", cwd=shop).status == ExitStatus.FINDINGS


def test_a_file_that_could_not_be_analysed_is_named(cli: Cli, shop: Path) -> None:
    (shop / "pay.php").write_text("<?php $host = 'https://bank.sandbox.cybrid.app';\n")
    outcome = cli("hook", "pay.php", cwd=shop)
    assert outcome.status == ExitStatus.CLEAN
    assert "names the platform, but PHP is not read yet" in outcome.stdout
    assert "pay.php" not in cli("hook", "README.md", cwd=shop).stdout


# ---------------------------------------------------------------- credentials only


def test_secrets_are_found_in_the_files_named_alone(cli: Cli, shop: Path) -> None:
    (shop / "settings.env").write_text(ENV)
    (shop / "other.env").write_text(ENV)
    git(shop, "add", "-A")
    outcome = cli("hook", "--secrets-only", "settings.env", "trades.py", cwd=shop)
    assert outcome.status == ExitStatus.FINDINGS
    assert "settings.env:1" in outcome.stdout
    assert "other.env" not in outcome.stdout
    assert "trades.py" not in outcome.stdout
    assert outcome.stderr == ""
    assert SECRET[:12] not in outcome.stdout
    assert cli("hook", "--secrets-only", "trades.py", cwd=shop).status == ExitStatus.CLEAN


def test_secrets_are_found_in_an_archive(cli: Cli, shop: Path) -> None:
    import zipfile

    with zipfile.ZipFile(shop / "deploy.zip", "w") as archive:
        archive.writestr("app.env", ENV)
    git(shop, "add", "-A")
    outcome = cli("hook", "--secrets-only", "deploy.zip", cwd=shop)
    assert (outcome.status, "deploy.zip" in outcome.stdout) == (ExitStatus.FINDINGS, True)


def test_what_is_accepted_stays_accepted(cli: Cli, shop: Path) -> None:
    (shop / "settings.env").write_text(ENV)
    git(shop, "add", "-A")
    assert cli("hook", "--secrets-only", "settings.env", cwd=shop).status == ExitStatus.FINDINGS
    assert cli("baseline", "create", shop).status == 0
    assert cli("hook", "--secrets-only", "settings.env", cwd=shop).status == ExitStatus.CLEAN
    os.remove(shop / ".cybrid-audit-baseline")
    assert cli("baseline", "create", "--detect-secrets", shop).status == 0
    os.remove(shop / ".cybrid-audit-baseline")
    assert cli("hook", "--secrets-only", "settings.env", cwd=shop).status == ExitStatus.CLEAN


def test_an_exception_for_a_flow_is_not_called_unused_where_no_flow_is_looked_for(cli: Cli, shop: Path) -> None:
    comment = "# cybrid-audit: ignore[bank-token-on-customer-endpoint, transaction-without-mfa] agreed with the bank\n"
    (shop / "trades.py").write_text(TRADES.replace("    return", f"    {comment}    return"))
    assert cli("hook", "--fail-on", "unproven", "trades.py", cwd=shop).status == ExitStatus.CLEAN
    outcome = cli("hook", "--secrets-only", "--fail-on", "unproven", "trades.py", cwd=shop)
    assert (outcome.status, outcome.stdout) == (ExitStatus.CLEAN, "")


def test_no_code_is_followed(shop: Path) -> None:
    """The engine and the parsers take longer to import than the search takes."""
    (shop / "settings.env").write_text(ENV)
    git(shop, "add", "-A")
    program = (
        "import sys; from cybrid_audit.cli import main\n"
        "status = main(['hook', '--secrets-only', 'settings.env', 'trades.py'])\n"
        "heavy = ('tree_sitter', 'cybrid_audit.engine', 'cybrid_audit.models')\n"
        "sys.exit(repr([name for name in sys.modules if name.startswith(heavy)]) if status == 1 else 'no finding')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=shop, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"


SEARCHED: Final = (
    *("hardcoded-client-secret", "hardcoded-client-id", "hardcoded-access-token", "plaintext-credential-file"),
    *("other-secret-in-integration", "unencrypted-secret-resource", "credential-broadly-readable"),
)


@pytest.mark.parametrize("rule", SEARCHED)
def test_safe_code_holds_no_secret(rule: str) -> None:
    """A commit must not be stopped by what an audit of the whole project would not report."""
    cases = [case for case in (FIXTURES / rule).glob("*/safe/*") if case.is_dir()]
    assert cases
    for case in cases:
        paths = {path.relative_to(case).as_posix() for path in case.rglob("*") if path.is_file()}
        known = {(each.rule, each.location, each.fingerprint) for each in audit(str(case)).findings}
        found = {(each.rule, each.location, each.fingerprint) for each in audit(str(case), only=paths).findings}
        assert found <= known, case
