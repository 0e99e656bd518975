"""A token that a route of the same project hands out keeps its kind; one from elsewhere is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts
from cybrid_audit.models.own_routes import fit, own_path

Run = Callable[[Mapping[str, str]], Facts]

SERVER = """
import express from 'express';
const app = express();
app.post('/internal/tokens/:customer', async (req, res) => {
  const minted = await fetch('https://id.sandbox.cybrid.app/api/customer_tokens', {
    method: 'POST',
    headers: { Authorization: `Bearer ${process.env.BANK_TOKEN}` },
    body: JSON.stringify({ customer_guid: req.params.customer, scopes: ['accounts:read'] }),
  });
  res.json({ token: (await minted.json()).access_token });
});
"""

CLIENT = """
import express from 'express';
const app = express();
app.get('/accounts/:customer', async (req, res) => {
  const answer = await fetch(URL, { method: 'POST' });
  const { token } = await answer.json();
  const found = await fetch(`https://bank.sandbox.cybrid.app/api/accounts?customer_guid=${req.params.customer}`, { headers: { Authorization: `Bearer ${token}` } });
  res.json(await found.json());
});
"""


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("`${process.env.TOKENS_URL}/internal/tokens/${req.params.customer}`", "customer"),
        ("`http://tokens:3000/internal/tokens/${req.params.customer}`", "customer"),
        ("`http://localhost:3000/internal/tokens/${req.params.customer}?fresh=1`", "customer"),
        ("'/internal/tokens/7'", "customer"),
        ("`https://tokens.partner.example/internal/tokens/${req.params.customer}`", "unknown"),
        ("`${process.env.TOKENS_URL}/internal/other/${req.params.customer}`", "unknown"),
    ],
)
def test_tokens_of_own_routes_keep_their_kind(run: Run, url: str, kind: str) -> None:
    facts = run({"server.ts": SERVER, "client.ts": CLIENT.replace("URL", url)})
    (call,) = [call for call in facts.calls if call.operation == "GET /api/accounts"]
    assert {use.kind.value for use in call.tokens} == {kind}


@pytest.mark.parametrize(
    ("pattern", "path", "literal"),
    [
        ("/a/:id", "/a/{?}", 1),
        ("/a/[id]", "/a/7", 1),
        ("/a/<int:id>/b", "/a/7/b", 2),
        ("/a/{id}", "/b/7", 0),
        ("/a", "/a/b", 0),
        ("/:x", "/b", 0),
        ("/a/b", "/a/{?}", 0),
    ],
)
def test_paths_fit_by_their_literal_segments(pattern: str, path: str, literal: int) -> None:
    segments = own_path(path)
    assert segments is not None
    assert fit(pattern, segments) == literal


@pytest.mark.parametrize("url", ["https://api.example.com/a", "{?}", "relative/path"])
def test_other_hosts_are_not_the_project(url: str) -> None:
    assert own_path(url) is None
