"""Logins that issue a session, and handlers of the platform's events."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from cybrid_audit.facts import Facts
from tests.models.test_checks import facts_of

FLASK = """
import os, hmac, hashlib, json, time
import jwt, pyotp, requests
from flask import Flask, abort, g, jsonify, request, session
from werkzeug.security import check_password_hash
from members import find

app = Flask(__name__)
{prelude}

@app.post("{path}")
def {name}():
    user = find(request.json["email"])
{body}
    return jsonify(ok=True)


@app.get("/accounts")
def accounts():
{protected}
    return requests.get("https://bank.sandbox.cybrid.app/api/accounts", headers={{"Authorization": os.environ["CT"]}}).json()
"""
PASSWORD = "if not check_password_hash(user.password, request.json['password']): abort(401)\n"
CODE = "if not pyotp.TOTP(user.secret).verify(request.json['code']): abort(401)\n"
TOKEN = "token = jwt.encode({'sub': user.id}, os.environ['KEY'])\n"


def flask(folder: Path, body: str, path: str = "/login", protected: str = "pass", prelude: str = "") -> Facts:
    name = path.strip("/").replace("/", "_") or "index"
    return facts_of(
        folder,
        app__py=FLASK.format(
            path=path,
            name=name,
            prelude=prelude,
            body=textwrap.indent(body.strip(), "    "),
            protected=textwrap.indent(protected, "    "),
        ),
    )


def logins(facts: Facts) -> list[tuple[str, str]]:
    """Return the issued sessions as (call, state of the second factor), those enforced elsewhere marked."""
    return [(each.call, "elsewhere" if each.enforced_elsewhere else each.mfa.state.value) for each in facts.logins]


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        (PASSWORD + TOKEN, "/login", [("jwt.encode", "absent")]),
        (PASSWORD + CODE + TOKEN, "/login", [("jwt.encode", "enforced")]),
        (CODE + PASSWORD + TOKEN, "/login", [("jwt.encode", "enforced")]),
        (
            PASSWORD + "if user.mfa_enabled:\n    " + CODE.replace("\n", "\n    ") + "\n" + TOKEN,
            "/login",
            [("jwt.encode", "absent")],
        ),
        (PASSWORD + "token = jwt.encode({'sub': user.id, 'mfa_pending': True}, os.environ['KEY'])", "/login", []),
        (PASSWORD + "token = jwt.encode({'sub': user.id, 'scope': 'mfa'}, os.environ['KEY'])", "/login", []),
        (PASSWORD + "session['pending_user'] = user.id", "/login", []),
        (PASSWORD + "session['user_id'] = user.id", "/login", [("session['user_id']", "absent")]),
        (PASSWORD + "session['theme'] = user.theme", "/login", []),
        (
            PASSWORD + "answer = jsonify(ok=True)\nanswer.set_cookie('session_id', begin(user))\nreturn answer",
            "/login",
            [("cookie 'session_id'", "absent")],
        ),
        (
            PASSWORD + CODE + "answer = jsonify(ok=True)\nanswer.set_cookie('session_id', begin(user))\nreturn answer",
            "/login",
            [("cookie 'session_id'", "enforced")],
        ),
        ("token = jwt.encode({'email': request.json['email']}, os.environ['KEY'])", "/register", []),
        (TOKEN, "/token/refresh", []),
        (
            PASSWORD + TOKEN + "refresh = jwt.encode({'sub': user.id, 'typ': 'refresh'}, os.environ['KEY'])",
            "/login",
            [("jwt.encode", "absent")],
        ),
    ],
)
def test_logins(tmp_path: Path, body: str, path: str, expected: list[tuple[str, str]]) -> None:
    assert logins(flask(tmp_path, body, path)) == expected


@pytest.mark.parametrize(
    ("protected", "expected"),
    [
        ("if not session.get('mfa_verified'): abort(403)", "elsewhere"),
        ("if not session.get('user_id'): abort(403)", "absent"),
        ("if not pyotp.TOTP(g.secret).verify(request.args['code']): abort(403)", "absent"),
        ("pass", "absent"),
    ],
)
def test_a_factor_on_every_protected_route(tmp_path: Path, protected: str, expected: str) -> None:
    assert [state for _, state in logins(flask(tmp_path, PASSWORD + TOKEN, "/login", protected))] == [expected]


EXPRESS = """
import express from 'express';
import bcrypt from 'bcrypt';
import jwt from 'jsonwebtoken';
import { authenticator } from 'otplib';
import { find } from './users.js';
const app = express();
app.post('/login', async (req, res) => {
  const user = await find(req.body.email);
  if (!user || !(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401);
%s
});
app.get('/accounts', async (req, res) => {
  const r = await fetch('https://bank.sandbox.cybrid.app/api/accounts', { headers: { Authorization: process.env.CT } });
  res.json(await r.json());
});
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "  return res.json({ token: jwt.sign({ sub: user.id }, process.env.KEY) });",
            [("jsonwebtoken.sign", "absent")],
        ),
        (
            "  if (!authenticator.check(req.body.code, user.secret)) return res.sendStatus(401);\n  return res.json({ token: jwt.sign({ sub: user.id }, process.env.KEY) });",
            [("jsonwebtoken.sign", "enforced")],
        ),
        (
            "  return res.json({ next: jwt.sign({ sub: user.id, stage: 'otp' }, process.env.KEY, { expiresIn: '5m' }) });",
            [],
        ),
        ("  req.session.userId = user.id;\n  res.sendStatus(204);", [("session['userId']", "absent")]),
        ("  req.session.pendingUserId = user.id;\n  res.sendStatus(204);", []),
        (
            "  if (user.twoFactorEnabled) return res.json({ mfa: true, token: jwt.sign({ sub: user.id, mfaPending: true }, process.env.KEY) });\n  return res.json({ token: jwt.sign({ sub: user.id }, process.env.KEY) });",
            [("jsonwebtoken.sign", "absent")],
        ),
        (
            "  res.cookie('sid', await startSession(user), { httpOnly: true });\n  res.sendStatus(204);",
            [("cookie 'sid'", "absent")],
        ),
        ("  res.cookie('theme', user.theme);\n  res.sendStatus(204);", []),
        ("  res.cookie('mfa_token', await startSession(user));\n  res.sendStatus(204);", []),
        (
            "  res.cookie('session', jwt.sign({ sub: user.id }, process.env.KEY));\n  res.sendStatus(204);",
            [("jsonwebtoken.sign", "absent")],
        ),
        ("  req.logIn(user, () => res.redirect('/'));", [("req.logIn", "absent")]),
    ],
)
def test_logins_in_express(tmp_path: Path, body: str, expected: list[tuple[str, str]]) -> None:
    (tmp_path / "package.json").write_text('{"name": "shop", "type": "module", "dependencies": {"express": "4"}}')
    assert logins(facts_of(tmp_path, app__js=EXPRESS % body)) == expected


HOOK = """
import os, hmac, hashlib, json, logging
from flask import Flask, abort, request
from ledger import book

app = Flask(__name__)
KEY = os.environ.get("CYBRID_SIGNING_KEY")


def fits(raw, given):
    return hmac.compare_digest(hmac.new(KEY.encode(), raw, hashlib.sha256).hexdigest(), given)


@app.post("/hooks/cybrid")
def cybrid():
    raw = request.get_data()
    given = request.headers.get("X-Cybrid-Signature", "")
%s
    event = request.get_json()
    if event["event_type"] == "transfer.completed":
        book(event["object_guid"])
    return "", 204
"""


@pytest.mark.parametrize(
    ("body", "state", "opens"),
    [
        ("if not fits(raw, given): abort(401)", "enforced", False),
        ("fits(raw, given)", "ignored", False),
        ("if not fits(raw, given): logging.warning('no')", "ignored", False),
        ("pass", "absent", False),
        ("if given and not fits(raw, given): abort(401)", "absent", True),
        ("if KEY:\n    if not fits(raw, given): abort(401)", "absent", True),
        ("if given != hmac.new(KEY.encode(), raw, 'sha256').hexdigest(): abort(401)", "enforced", False),
        ("if given != KEY: abort(401)", "absent", False),
        ("if len(given) != 64: abort(401)", "absent", False),
    ],
)
def test_signatures_of_events(tmp_path: Path, body: str, state: str, opens: bool) -> None:
    facts = facts_of(tmp_path, app__py=HOOK % textwrap.indent(body, "    "))
    assert [(each.signature.state.value, bool(each.fails_open)) for each in facts.webhooks] == [(state, opens)]
    assert facts.webhooks[0].at.start_line == 14


def test_events_of_others_are_no_platform_events(tmp_path: Path) -> None:
    code = HOOK.replace("/hooks/cybrid", "/hooks/plaid").replace("def cybrid()", "def plaid()") % "    pass"
    code = (
        code.replace("event_type", "webhook_type")
        .replace("object_guid", "item_id")
        .replace("X-Cybrid-Signature", "Plaid-Verification")
    )
    assert not facts_of(tmp_path, app__py=code.replace("CYBRID_", "PLAID_")).webhooks


AUTHORIZE = """
import bcrypt from 'bcrypt';
import NextAuth from 'next-auth';
import CredentialsProvider from 'next-auth/providers/credentials';
import { authenticator } from 'otplib';
import { find } from './users.js';
export default NextAuth({
  providers: [
    CredentialsProvider({
      async authorize(credentials) {
        const user = await find(credentials.email);
        if (!user || !(await bcrypt.compare(credentials.password, user.hash))) return null;
%s
        return { id: user.id };
      },
    }),
  ],
});
const r = await fetch('https://bank.sandbox.cybrid.app/api/banks', { headers: { Authorization: process.env.CT } });
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "absent"),
        ("        if (!authenticator.check(credentials.code, user.secret)) return null;", "enforced"),
        (
            "        if (user.twoFactorEnabled && !authenticator.check(credentials.code, user.secret)) return null;",
            "absent",
        ),
    ],
)
def test_authorize_signs_in(tmp_path: Path, body: str, expected: str) -> None:
    (tmp_path / "package.json").write_text('{"name": "shop", "type": "module", "dependencies": {"next-auth": "4"}}')
    facts = facts_of(tmp_path, auth__js=AUTHORIZE % body)
    assert [(each.call, each.mfa.state.value, each.at.start_line) for each in facts.logins] == [
        ("authorize", expected, 14)
    ]


def test_a_helper_that_issues_is_found_where_it_is_called(tmp_path: Path) -> None:
    prelude = "def issue(user):\n    return jwt.encode({'sub': user.id}, os.environ['KEY'])\n"
    facts = flask(tmp_path, PASSWORD + "token = issue(user)", prelude=prelude)
    (login,) = facts.logins
    lines = (tmp_path / "app.py").read_text().splitlines()
    assert lines[login.at.start_line - 1].strip() == "token = issue(user)"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("  session.userId = user.id;\n  await session.save();", 9),
        ("  session.pendingUserId = user.id;\n  await session.save();", 0),
        ("  session.visits = 1;\n  await session.save();", 0),
    ],
)
def test_a_sealed_session_is_issued_when_it_is_saved(tmp_path: Path, body: str, line: int) -> None:
    code = (
        "import bcrypt from 'bcrypt';\nimport { getIronSession } from 'iron-session';\nimport { cookies } from 'next/headers';\n"
        "export async function POST(request) {\n  const { password } = await request.json();\n  const user = await find();\n"
        "  if (!(await bcrypt.compare(password, user.hash))) return new Response(null, { status: 401 }); const session = await getIronSession(await cookies(), {});\n"
        f"{body}\n  return Response.json({{}});\n}}\n"
        "export async function GET() { return fetch('https://bank.sandbox.cybrid.app/api/banks', { headers: { Authorization: process.env.CT } }); }\n"
    )
    (tmp_path / "package.json").write_text('{"name": "shop", "dependencies": {"next": "15"}}')
    folder = tmp_path / "app" / "api" / "login"
    folder.mkdir(parents=True)
    facts = facts_of_route(tmp_path, folder, code)
    assert [each.at.start_line for each in facts.logins] == ([line] if line else [])


def facts_of_route(root: Path, folder: Path, code: str) -> Facts:
    (folder / "route.ts").write_text(code)
    return facts_of(root)
