"""What a project has accepted is not reported: by detect-secrets' baseline, by its comments. Nothing else of a baseline is used."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from cybrid_audit.audit import audit
from cybrid_audit.secrets.accepted import is_allowed, read_baseline
from tests.secrets.conftest import ID, OTHER, SECRET


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def found(folder: Path) -> list[tuple[str, str, int]]:
    return sorted((each.rule, each.location.path, each.location.start_line) for each in audit(str(folder)).findings)


def test_a_baseline_accepts_a_value_in_its_file_only(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text(f"CYBRID_CLIENT_SECRET={SECRET}\nCYBRID_CLIENT_ID={ID}\n")
    (tmp_path / "b.env").write_text(f"CYBRID_CLIENT_SECRET={SECRET}\n")
    results = {"a.env": [{"type": "Secret Keyword", "hashed_secret": sha1(SECRET), "line_number": 99}]}
    (tmp_path / ".secrets.baseline").write_text(json.dumps({"version": "1.5.0", "results": results}))
    assert found(tmp_path) == [("hardcoded-client-id", "a.env", 2), ("hardcoded-client-secret", "b.env", 1)]


def test_a_value_that_was_audited_as_real_stays_reported(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text(f"CYBRID_CLIENT_SECRET={SECRET}\n")
    results = {"a.env": [{"hashed_secret": sha1(SECRET), "is_secret": True}]}
    (tmp_path / ".secrets.baseline").write_text(json.dumps({"results": results}))
    assert found(tmp_path) == [("hardcoded-client-secret", "a.env", 1)]


def test_a_comment_accepts_its_line_or_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text(
        f"CYBRID_CLIENT_SECRET={SECRET} # pragma: allowlist secret\n"
        "# pragma: allowlist nextline secret\n"
        f"CYBRID_ORG_CLIENT_SECRET={OTHER}\n"
        f"CYBRID_CLIENT_ID={ID}\n"
    )
    assert found(tmp_path) == [("hardcoded-client-id", "a.env", 4)]


def test_a_literal_that_flows_is_accepted_the_same_way(tmp_path: Path) -> None:
    text = f"""import requests

SECRET = "{SECRET}"{{comment}}


def token():
    return requests.post(
        "https://id.sandbox.cybrid.app/oauth/token",
        json={{{{"grant_type": "client_credentials", "client_id": "x", "client_secret": SECRET, "scope": "prices:read"}}}},
    ).json()["access_token"]
"""
    (tmp_path / "app.py").write_text(text.format(comment=""))
    assert ("hardcoded-client-secret", "app.py", 3) in found(tmp_path)
    (tmp_path / "app.py").write_text(text.format(comment="  # pragma: allowlist secret"))
    assert ("hardcoded-client-secret", "app.py", 3) not in found(tmp_path)
    (tmp_path / "app.py").write_text(text.format(comment=""))
    results = {"app.py": [{"hashed_secret": sha1(SECRET)}]}
    (tmp_path / ".secrets.baseline").write_text(json.dumps({"results": results}))
    assert ("hardcoded-client-secret", "app.py", 3) not in found(tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b'{"results": 1}',
        b'{"results": {"a": 1}}',
        b'{"results": {"a": [1, {"hashed_secret": 2}]}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_baseline_accepts_nothing(data: bytes) -> None:
    assert not any(read_baseline(data).values())


def test_a_baseline_cannot_bring_code(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    (tmp_path / "evil.py").write_text(f"open({str(mark)!r}, 'w')\n")
    (tmp_path / "a.env").write_text("# cybrid\nDATABASE=postgres://orders:Fq7-kP2x_9vLw3Tz@db/orders\n")
    plugins = [{"name": "Evil", "path": f"file://{tmp_path / 'evil.py'}"}]
    (tmp_path / ".secrets.baseline").write_text(json.dumps({"plugins_used": plugins, "results": {}}))
    assert found(tmp_path) == [("other-secret-in-integration", "a.env", 2)]
    assert not mark.exists()


@pytest.mark.parametrize(
    ("lines", "number", "is_it"),
    [
        (["x  # pragma: allowlist secret"], 1, True),
        (["x  // pragma: whitelist secret"], 1, True),
        (["<a/> <!-- pragma: allowlist secret -->"], 1, True),
        (["x pragma: allowlist secret"], 1, False),
        (["y", "x"], 2, False),
        (["  # pragma: allowlist nextline secret", "x"], 2, True),
        (["y  # pragma: allowlist nextline secret", "x"], 2, False),
        ([], 1, False),
    ],
)
def test_comments(lines: list[str], number: int, is_it: bool) -> None:
    assert is_allowed(lines, number) is is_it


def test_one_switch_turns_other_secrets_off(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "a.env").write_text("# cybrid\nDATABASE=postgres://orders:Fq7-kP2x_9vLw3Tz@db/orders\n")
    assert found(tmp_path) == [("other-secret-in-integration", "a.env", 2)]
    (tmp_path / ".cybrid-audit.yaml").write_text("version: 1\nrules: {disable: [other-secret-in-integration]}\n")
    assert found(tmp_path) == []


def test_the_plugins_work_in_detect_secrets_itself() -> None:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class as known_plugins
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    from cybrid_audit.secrets import plugins

    # It keeps what it knows for a whole process, of which it is one run.
    known_plugins.cache_clear()

    names = ["CybridClientSecretDetector", "CybridClientIdDetector", "CybridAccessTokenDetector"]
    used = [{"name": each, "path": f"file://{plugins.__file__}"} for each in names]
    with transient_settings({"plugins_used": used}):
        secrets = {each.type: each.secret_value for each in scan_line(f"CYBRID_CLIENT_SECRET={SECRET}")}
    known_plugins.cache_clear()
    assert secrets == {"Cybrid Client Secret": SECRET}
