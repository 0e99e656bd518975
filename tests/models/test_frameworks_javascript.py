"""What starts code in JavaScript and TypeScript, and what guards it: every framework's way of attaching a check, and the ways round it.

A case is a file of modules, each below a line `// file: <path>`, beside `core.ts`. A line that ends in `// mfa: <state>` calls the
platform for a transaction; the state is the weakest of the paths to it, and `by <kind>` names the kinds of what starts them. A line
that ends in `// exposed` hands a bank token to a client."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cybrid_audit.facts import EntryKind, Facts

Run = Callable[[Mapping[str, str]], Facts]

CORE = """
import { authenticator } from 'otplib';

async function grant(body: object, path: string, bearer?: string): Promise<string> {
  const res = await fetch('https://id.sandbox.cybrid.app' + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}) },
    body: JSON.stringify(body),
  });
  return (await res.json()).access_token;
}

export const bankToken = () =>
  grant({
    grant_type: 'client_credentials',
    client_id: process.env.CYBRID_CLIENT_ID,
    client_secret: process.env.CYBRID_CLIENT_SECRET,
    scope: 'customers:read customers:write',
  }, '/oauth/token');

export async function post(guid: string, path: string, body: object = {}): Promise<any> {
  const token = await grant({ customer_guid: guid, scopes: ['transfers:execute'] }, '/api/customer_tokens', await bankToken());
  const res = await fetch('https://bank.sandbox.cybrid.app' + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return res.json();
}

export const userOf = async (key: unknown): Promise<any> => (await fetch('https://users.internal/' + key)).json();

export const fits = (user: any, code: unknown): boolean => authenticator.check(String(code), user.secret);

export function ensure(user: any, code: unknown): void {
  if (!fits(user, code)) throw new Error('wrong code');
}
"""

ORDER = ("absent", "ignored", "unproven", "enforced")
CASES = Path(__file__).parent.parent / "fixtures" / "features" / "frameworks-javascript"
MARKER = re.compile(r"\s*// (?:mfa: (?P<state>\w+)(?: by (?P<kinds>[\w, -]+))?|(?P<exposed>exposed))$")


def cases() -> list[str]:
    return sorted(path.stem for path in CASES.glob("*.*"))


def read(name: str) -> tuple[dict[str, str], dict[tuple[str, int], tuple[str, set[str]]], set[tuple[str, int]]]:
    """The files of a case without its markers, the states and kinds of its calls, and the lines that expose a token."""
    files: dict[str, list[str]] = {}
    states: dict[tuple[str, int], tuple[str, set[str]]] = {}
    exposed: set[tuple[str, int]] = set()
    path = ""
    for line in next(CASES.glob(f"{name}.*")).read_text().splitlines():
        if line.startswith("// file: "):
            path = line.removeprefix("// file: ").strip()
            files[path] = []
            continue
        if not path:
            continue
        marker = MARKER.search(line)
        files[path].append(MARKER.sub("", line))
        at = (path, len(files[path]))
        if marker is not None and marker["exposed"]:
            exposed.add(at)
        elif marker is not None:
            states[at] = (marker["state"], set(re.split(r",\s*", marker["kinds"])) if marker["kinds"] else set())
    return {path: "\n".join(lines) + "\n" for path, lines in files.items()}, states, exposed


def analysed(run: Run, files: Mapping[str, str]) -> Facts:
    base = {"core.ts": CORE, "package.json": '{"imports": {"#core": "./core.ts"}, "dependencies": {"otplib": "*"}}'}
    return run({**base, **files})


def weakest(facts: Facts) -> dict[tuple[str, int], tuple[str, set[str]]]:
    """The weakest state of the paths to each transaction and the kinds of what starts them, by file and line."""
    found: dict[tuple[str, int], tuple[str, set[str]]] = {}
    for call in facts.calls:
        if call.event:
            states = [visit.mfa.state.value for visit in call.visits]
            kinds = {visit.entry.kind.value for visit in call.visits}
            found[(call.site.path, call.site.start_line)] = (min(states, key=ORDER.index), kinds)
    return found


@pytest.mark.parametrize("name", cases())
def test_case(name: str, run: Run) -> None:
    files, states, exposed = read(name)
    facts = analysed(run, files)
    found = weakest(facts)
    assert {
        at: (state, kinds if states.get(at, ("", set()))[1] else set()) for at, (state, kinds) in found.items()
    } == states
    assert {(fact.at.path, fact.at.start_line) for fact in facts.exposures} == exposed


def entries(facts: Facts) -> set[tuple[str, str]]:
    return {(entry.kind.value, entry.name) for entry in facts.entries if entry.kind is not EntryKind.LIBRARY}
