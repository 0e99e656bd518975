"""What starts code in Python, and what guards it: every framework's way of attaching a check, and the ways round it.

A case is one module beside `core.py`. A line that ends in `# mfa: <state>` calls the platform for a transaction, and the state is
the weakest of the visible paths to it; `# exposed` marks lines that hand a bank token to a client."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cybrid_audit.facts import EntryKind, Facts

Run = Callable[[Mapping[str, str]], Facts]

CORE = """
import os
import pyotp
import requests


def bank_token():
    body = {
        "grant_type": "client_credentials",
        "client_id": os.environ["CYBRID_CLIENT_ID"],
        "client_secret": os.environ["CYBRID_CLIENT_SECRET"],
        "scope": "customers:read customers:write",
    }
    return requests.post("https://id.sandbox.cybrid.app/oauth/token", json=body, timeout=9).json()["access_token"]


def post(guid, path, **body):
    minted = requests.post(
        "https://id.sandbox.cybrid.app/api/customer_tokens",
        json={"customer_guid": guid, "scopes": ["transfers:execute"]},
        headers={"Authorization": f"Bearer {bank_token()}"},
        timeout=9,
    ).json()["access_token"]
    return requests.post(
        "https://bank.sandbox.cybrid.app" + path, json=body, headers={"Authorization": f"Bearer {minted}"}, timeout=9
    ).json()


def fits(user, code):
    return pyotp.TOTP(user.secret).verify(code or "")


def ensure(user, code):
    if not fits(user, code):
        raise PermissionError("wrong code")
"""

ORDER = ("absent", "ignored", "unproven", "enforced")
CASES = Path(__file__).parent.parent / "fixtures" / "features" / "frameworks-python"


def cases() -> list[str]:
    return sorted(path.stem for path in CASES.glob("*.py"))


def weakest(facts: Facts, path: str) -> dict[int, str]:
    """The weakest state of the paths to each transaction of a file, by line."""
    found: dict[int, str] = {}
    for call in facts.calls:
        if call.event and call.site.path == path:
            visible = [visit for visit in call.visits if visit.entry.kind is not EntryKind.LIBRARY]
            states = [visit.mfa.state.value for visit in visible] or ["library"]
            found[call.site.start_line] = min(states, key=(*ORDER, "library").index)
    return found


@pytest.mark.parametrize("name", cases())
def test_case(name: str, run: Run) -> None:
    text = (CASES / f"{name}.py").read_text()
    lines = list(enumerate(text.splitlines(), 1))
    states = {number: match.group(1) for number, line in lines if (match := re.search(r"# mfa: (\w+)", line))}
    exposed = {number for number, line in lines if line.endswith("# exposed")}
    cleaned = re.sub(r"  # (mfa: \w+|exposed)$", "", text, flags=re.MULTILINE)
    facts = run({"core.py": CORE, "main.py": cleaned})
    assert weakest(facts, "main.py") == states
    assert {fact.at.start_line for fact in facts.exposures if fact.at.path == "main.py"} == exposed
