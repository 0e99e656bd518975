"""What names a secret in a report: the same in every checkout, equal for equal values, and nothing to try guesses on."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

from cybrid_audit.audit import audit
from cybrid_audit.reports import render

APP = """\
import os
import requests

ID = "{id}"
SECRET = "{secret}"
{more}

def token():
    body = {{"grant_type": "client_credentials", "client_id": ID, "client_secret": SECRET, "scope": "prices:read"}}
    return requests.post("https://id.sandbox.cybrid.app/oauth/token", json=body).json()["access_token"]
"""


def value(prefix: str = "") -> str:
    return prefix + secrets.token_urlsafe(32)[len(prefix) :]


def project(at: Path, *, id_: str, secret: str, more: str = "", env: str = "") -> Path:
    at.mkdir(parents=True)
    (at / "app.py").write_text(APP.format(id=id_, secret=secret, more=more))
    if env:
        (at / ".env.production").write_text(env)
    return at


def ids(root: Path) -> dict[tuple[str, str, int], str]:
    return {
        (each.rule, each.location.path, each.location.start_line): each.data["secret_id"]
        for each in audit(str(root)).findings
        if "secret_id" in each.data
    }


def document(root: Path) -> Any:
    return json.loads(render(audit(str(root)), "json"))


def test_the_same_project_in_another_folder_has_the_same_names(tmp_path: Path) -> None:
    first = project(tmp_path / "shop", id_=value(), secret=value())
    second = tmp_path / "elsewhere" / "checkout-2"
    shutil.copytree(first, second)
    assert ids(first)
    assert document(first) == document(second)


def test_the_names_say_nothing_of_the_values(tmp_path: Path) -> None:
    """Who has a report and a guess cannot tell whether the guess is right: other values of this look have the same names."""
    first = project(tmp_path / "a" / "shop", id_=value("AbCd"), secret=value("Ef_h"))
    second = project(tmp_path / "b" / "shop", id_=value("AbCd"), secret=value("Ef_h"))
    assert ids(first)
    assert document(first) == document(second)


def test_equal_secrets_share_a_name_and_others_do_not(tmp_path: Path) -> None:
    """Even those that look alike, in one file, and whether code or text holds them."""
    secret, other = value("AbCd"), value("AbCd")
    root = project(
        tmp_path / "shop",
        id_=value("AbCd"),
        secret=secret,
        more=f'CYBRID_OLD_CLIENT_SECRET = "{other}"',
        env=f"CYBRID_CLIENT_SECRET={secret}\nCYBRID_PREVIOUS_CLIENT_SECRET={other}\n",
    )
    found = ids(root)
    at = {(path, line): name for (rule, path, line), name in found.items() if rule == "hardcoded-client-secret"}
    assert at["app.py", 5] == at[".env.production", 1]
    assert at["app.py", 6] == at[".env.production", 2]
    assert at["app.py", 5] != at["app.py", 6]
    assert len(set(found.values())) == 3


def test_lines_above_change_no_name(tmp_path: Path) -> None:
    root = project(tmp_path / "shop", id_=value(), secret=value())
    before = set(ids(root).values())
    (root / "app.py").write_text("# moved\n\n" + (root / "app.py").read_text())
    assert set(ids(root).values()) == before


def test_a_search_of_the_history_renames_nothing(tmp_path: Path) -> None:
    root = project(tmp_path / "shop", id_=value(), secret=value())
    git = ["git", "-C", str(root), "-c", "user.name=T", "-c", "user.email=t@example.com"]
    (root / "a.env").write_text(f"CYBRID_CLIENT_SECRET={value()}\n")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    (root / "a.env").unlink()
    subprocess.run([*git, "commit", "-qam", "two"], check=True)
    plain = ids(root)
    searched = {
        (each.rule, each.location.path, each.location.start_line): each.data["secret_id"]
        for each in audit(str(root), history=True).findings
        if "secret_id" in each.data
    }
    assert plain.items() <= searched.items()
    assert len(searched) == len(plain) + 1
