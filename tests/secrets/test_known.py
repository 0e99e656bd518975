"""The baseline that we write is one of detect-secrets: it reads it, its labels stay, and the next scan heeds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cybrid_audit.audit import audit
from cybrid_audit.errors import AuditError
from cybrid_audit.secrets.known import write_baseline
from tests.secrets.conftest import ID, OTHER, SECRET
from tests.secrets.test_accepted import sha1

CODE = f"""import requests

SECRET = "{OTHER}"


def token():
    return requests.post(
        "https://id.sandbox.cybrid.app/oauth/token",
        json={{"grant_type": "client_credentials", "client_id": "x", "client_secret": SECRET, "scope": "prices:read"}},
    ).json()["access_token"]
"""


def secret_rules(folder: Path) -> list[str]:
    rules = ("hardcoded", "other-secret")
    return sorted(each.rule for each in audit(str(folder)).findings if each.rule.startswith(rules))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "a.env").write_text(
        f"CYBRID_CLIENT_SECRET={SECRET}\nCYBRID_CLIENT_ID={ID}\nDATABASE=postgres://orders:Fq7-kP2x_9vLw3Tz@db/orders\n"
    )
    (tmp_path / "app.py").write_text(CODE)
    return tmp_path


def test_what_is_written_is_accepted_by_the_next_scan(tree: Path) -> None:
    before = secret_rules(tree)
    assert before == [
        "hardcoded-client-id",
        "hardcoded-client-secret",
        "hardcoded-client-secret",
        "other-secret-in-integration",
    ]
    written = write_baseline(str(tree))
    assert (written.values, written.files, written.added, written.removed) == (4, 2, 4, 0)
    assert secret_rules(tree) == []
    text = (tree / ".secrets.baseline").read_text()
    assert sha1(SECRET) in text
    assert not any(each in text for each in (SECRET[:6], ID[:6], OTHER[:6], "Fq7-kP2x"))


def test_detect_secrets_reads_it(tree: Path) -> None:
    write_baseline(str(tree))
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    subprocess.run(["git", "add", ".secrets.baseline"], cwd=tree, check=True)
    (tree / "b.env").write_text(f"CYBRID_CLIENT_SECRET={OTHER}\n")
    hook = [sys.executable, "-m", "detect_secrets.pre_commit_hook", "--baseline", ".secrets.baseline"]
    accepted = subprocess.run([*hook, "a.env"], cwd=tree, capture_output=True, text=True, check=False)
    assert (accepted.returncode, accepted.stdout) == (0, "")
    fresh = subprocess.run([*hook, "b.env"], cwd=tree, capture_output=True, text=True, check=False)
    assert fresh.returncode == 1
    assert "Cybrid Client Secret" in fresh.stdout


def test_a_second_run_keeps_labels_and_what_others_found(tree: Path) -> None:
    write_baseline(str(tree))
    path = tree / ".secrets.baseline"
    content = json.loads(path.read_text())
    for entry in content["results"]["a.env"]:
        if entry["type"] == "Cybrid Client Secret":
            entry["is_secret"] = True
    content["results"]["a.env"].append({"type": "Secret Keyword", "hashed_secret": "0" * 40, "line_number": 9})
    content["plugins_used"].append({"name": "KeywordDetector", "keyword_exclude": ""})
    path.write_text(json.dumps(content))
    (tree / "a.env").write_text(f"\n\nCYBRID_CLIENT_SECRET={SECRET}\n")
    written = write_baseline(str(tree))
    assert (written.added, written.removed) == (0, 1)
    after = json.loads(path.read_text())
    kept = {(each["type"], each["line_number"], each.get("is_secret")) for each in after["results"]["a.env"]}
    assert ("Cybrid Client Secret", 3, True) in kept
    assert ("Secret Keyword", 9, None) in kept
    assert {"name": "KeywordDetector", "keyword_exclude": ""} in after["plugins_used"]
    # What its audit called real stays reported.
    assert secret_rules(tree) == ["hardcoded-client-secret"]


def test_what_a_comment_accepts_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text(f"CYBRID_CLIENT_SECRET={SECRET} # pragma: allowlist secret\n")
    assert write_baseline(str(tmp_path)).values == 0


def test_secrets_of_other_services_are_accepted_by_comments(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text(
        "# cybrid\n# pragma: allowlist nextline secret\nDATABASE=postgres://orders:Fq7-kP2x_9vLw3Tz@db/orders\n"
        "CACHE=redis://orders:Zq7-kP2x_9vLw3Tz@db/0 # pragma: allowlist secret\n"
    )
    assert secret_rules(tmp_path) == []
    assert write_baseline(str(tmp_path)).values == 0


def test_the_file_may_lie_elsewhere(tree: Path) -> None:
    target = tree.parent / f"{tree.name}.json"
    assert write_baseline(str(tree), str(target)).path == str(target)
    assert list(json.loads(target.read_text())["results"]) == ["a.env", "app.py"]
    assert not [each for each in os.listdir(tree.parent) if each.startswith(f"{target.name}.")]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 1}', '{"version": "x"}'])
def test_another_file_is_not_written_over(text: str, tree: Path) -> None:
    path = tree / ".secrets.baseline"
    path.write_text(text)
    with pytest.raises(AuditError, match=r"\.secrets\.baseline"):
        write_baseline(str(tree))
    assert path.read_text() == text


def test_a_folder_that_is_not_there_is_a_mistake(tree: Path) -> None:
    with pytest.raises(AuditError, match="cannot be written"):
        write_baseline(str(tree), str(tree / "no" / "b.json"))
