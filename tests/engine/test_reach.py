"""Which uncalled functions are worth following: also those whose mark stands outside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cybrid_audit.audit import audit

SOURCES = {
    "constant of the module": (
        "lib.py",
        (
            "import requests\nURL = 'https://bank.sandbox.cybrid.app/api/trades'\ndef f(token):\n"
            "    return requests.post(URL, headers={'Authorization': token})\n"
        ),
    ),
    "constant of the class": (
        "lib.ts",
        (
            "export class Trades {\n  static path = 'https://bank.sandbox.cybrid.app/api/trades';\n"
            "  go(token: string) { return fetch(Trades.path, { method: 'POST', headers: { Authorization: token } }); }\n}\n"
        ),
    ),
    "constant of a constant": (
        "lib.py",
        (
            "import requests\nBASE = 'https://bank.sandbox.cybrid.app'\nURL = BASE + '/api/trades'\ndef f(token):\n"
            "    return requests.post(URL, headers={'Authorization': token})\n"
        ),
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_mark_outside_a_function_leads_there_too(name: str, tmp_path: Path) -> None:
    path, source = SOURCES[name]
    (tmp_path / path).write_text(source, encoding="utf-8")
    assert [call.operation for call in audit(str(tmp_path)).facts.calls] == ["POST /api/trades"]
