"""What a change brings is what an audit now has and one at the revision had not."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cybrid_audit.audit import audit
from cybrid_audit.changes import since
from cybrid_audit.errors import AuditError
from cybrid_audit.result import BaselineState, ControlStatus, SuppressionKind

PIECES = [
    "import os\nimport requests\nfrom flask import Flask, request\napp = Flask(__name__)\n",
    (
        "def token(scope='trades:execute prices:read'):\n"
        "    return requests.post('https://id.sandbox.cybrid.app/oauth/token', json={\n"
        "        'grant_type': 'client_credentials', 'client_id': os.environ['CYBRID_CLIENT_ID'], 'scope': scope,\n"
        "        'client_secret': os.environ['CYBRID_CLIENT_SECRET']}).json()['access_token']\n"
    ),
    (
        "@app.post('/trades')\ndef trade():\n"
        "    return requests.post('https://bank.sandbox.cybrid.app/api/trades', json=request.json,\n"
        "        headers={'Authorization': 'Bearer ' + token()}).json()\n"
    ),
    (
        "@app.get('/prices')\ndef prices():\n"
        "    return requests.get('http://bank.sandbox.cybrid.app/api/prices', verify=False,\n"
        "        headers={'Authorization': 'Bearer ' + token()}).json()\n"
    ),
    "@app.get('/token')\ndef hand():\n    return {'token': token()}\n",
    "print(token())\n",
    "CYBRID_CLIENT_SECRET = 'wJ8rTq2LkXvB9mNzPs4dFgHy7cVeRa1uKo6tEi3bQxM'\n",
    "# a comment\n",
    "def unrelated():\n    return 1\n",
]
"""Parts of a module; any of them in any order is a program that can be read."""

FILES = st.dictionaries(
    st.sampled_from(["web.py", "app/jobs.py", "moved/web.py", ".env"]),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map(lambda parts: PIECES[0] + "\n".join(parts)),
    max_size=3,
)


def git(folder: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@example.invalid" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def lay_out(folder: Path, files: dict[str, str]) -> None:
    for each in [*folder.rglob("*"), folder / ".env"]:
        if each.is_file() and ".git" not in each.parts:
            each.unlink()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


@settings(max_examples=25)
@given(FILES, FILES)
def test_new_is_now_without_then(before: dict[str, str], after: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "shop"
        folder.mkdir()
        git(folder, "init", "-q")
        lay_out(folder, before)
        git(folder, "add", "-A", "-f")
        git(folder, "commit", "-q", "--allow-empty", "-m", "before")
        then = {each.fingerprint for each in audit(str(folder)).findings}
        lay_out(folder, after)
        git(folder, "add", "-A", "-f")
        now = audit(str(folder))
        told = since(now, str(folder), "HEAD")
        assert {each.fingerprint for each in told.findings} == {each.fingerprint for each in now.findings} - then
        kept = {each.fingerprint for each in told.suppressed}
        assert kept == {each.fingerprint for each in now.findings} & then
        assert len(told.findings) + len(told.suppressed) == len(now.findings)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q")
    lay_out(folder, {"web.py": PIECES[0] + PIECES[1] + PIECES[2]})
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "before")
    return folder


def test_what_was_there_is_told_apart(shop: Path) -> None:
    lay_out(shop, {"app/web.py": PIECES[0] + "\n\n" + PIECES[1] + PIECES[2] + PIECES[4]})
    now = audit(str(shop))
    told = since(now, str(shop), "HEAD")
    assert [each.rule for each in told.findings] == ["platform-token-exposed"]
    assert told.findings[0].baseline_state is BaselineState.NEW
    assert told.suppressed
    for each in told.suppressed:
        assert each.suppression is not None
        assert each.suppression.kind is SuppressionKind.REVISION
        assert each.suppression.reason == f"was there at HEAD ({git(shop, 'rev-parse', 'HEAD')[:12]})"
        assert each.baseline_state is BaselineState.UNCHANGED
    # What is broken stays broken, whoever broke it.
    assert {each.id for each in told.controls if each.status is ControlStatus.VIOLATED} >= {"AT-1", "CA-2"}


def test_of_a_folder_that_is_new_all_is_new(shop: Path) -> None:
    (shop / "late").mkdir()
    (shop / "late" / "web.py").write_text((shop / "web.py").read_text())
    now = audit(str(shop / "late"))
    told = since(now, str(shop / "late"), "HEAD")
    assert now.findings
    assert [each.fingerprint for each in told.findings] == [each.fingerprint for each in now.findings]
    assert {each.baseline_state for each in told.findings} == {BaselineState.NEW}
    assert not told.suppressed


def test_a_single_file(shop: Path) -> None:
    place = str(shop / "web.py")
    assert not since(audit(place), place, "HEAD").findings
    (shop / "other.py").write_text((shop / "web.py").read_text())
    assert since(audit(str(shop / "other.py")), str(shop / "other.py"), "HEAD").findings


def test_a_broken_configuration_of_then_is_said(shop: Path) -> None:
    (shop / ".cybrid-audit.yaml").write_text("version: 9\n")
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "broken")
    (shop / ".cybrid-audit.yaml").write_text("version: 1\n")
    with pytest.raises(AuditError, match=r"^HEAD:.*\.cybrid-audit\.yaml:1: version '9' is not known") as raised:
        since(audit(str(shop)), str(shop), "HEAD")
    assert "/tmp" not in raised.value.hint
    assert "cybrid-audit-" not in str(raised.value)


def test_from_the_command_line(shop: Path, cli: object) -> None:
    assert callable(cli)
    assert cli("scan", shop).status == 1
    outcome = cli("scan", shop, "--diff", "HEAD")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert "no findings" in outcome.stdout
    lay_out(shop, {"web.py": (shop / "web.py").read_text() + PIECES[4]})
    outcome = cli("scan", shop, "--diff", "HEAD", "-f", "github")
    assert outcome.status == 1
    assert outcome.stdout.count("\n::") + outcome.stdout.startswith("::") == 1
    outcome = cli("scan", shop, "--diff", "nosuch")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("error: no commit 'nosuch' in this repository; fetch it")
