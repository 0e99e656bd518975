"""What counts as a verification before a customer's transaction, and what loses it: one line of code after another, in both languages."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from cybrid_audit.engine.run import analyse
from cybrid_audit.facts import Facts, GuardState
from cybrid_audit.knowledge import load
from cybrid_audit.project import load_config, open_project

PYTHON = """
import os, time, hmac, hashlib, json
import requests
from flask import Flask, abort, g, jsonify, redirect, request, session

app = Flask(__name__)
{prelude}

@app.post("/trades")
def trades():
    code = request.json["code"]
{body}
    requests.post(
        "https://bank.sandbox.cybrid.app/api/trades",
        json={{"quote_guid": request.json["quote"]}},
        headers={{"Authorization": "Bearer " + os.environ["CUSTOMER_TOKEN"]}},
    )
    return "", 201
"""

JAVASCRIPT = """
import express from 'express';
{prelude}
const app = express();
app.use(express.json());

app.post('/trades', async (req, res) => {{
  const code = req.body.code;
  const user = await findUser(req);
{body}
  await fetch('https://bank.sandbox.cybrid.app/api/trades', {{
    method: 'POST',
    headers: {{ Authorization: `Bearer ${{process.env.CUSTOMER_TOKEN}}` }},
    body: JSON.stringify({{ quote_guid: req.body.quote }}),
  }});
  res.sendStatus(201);
}});
app.listen(3000);
"""


def facts_of(folder: Path, **files: str) -> Facts:
    """Return the facts of a project with these files (`a__py` is `a.py`)."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    root = str(folder)
    return analyse(open_project(root, load_config(root)), load(), None)


def state(facts: Facts, kind: str = "mfa") -> str:
    """Return the state of a guard at the one event."""
    calls = [call for call in facts.calls if call.operation == "POST /api/trades"]
    assert len(calls) == 1, [call.operation for call in facts.calls]
    assert calls[0].visits, "no entry point reaches the event"
    found = {getattr(visit, kind).state for visit in calls[0].visits}
    order = (GuardState.ABSENT, GuardState.IGNORED, GuardState.UNPROVEN, GuardState.ENFORCED)
    return str(min(found, key=order.index).value)


def python(folder: Path, body: str, prelude: str = "", kind: str = "mfa") -> str:
    code = PYTHON.format(prelude=textwrap.dedent(prelude), body=textwrap.indent(textwrap.dedent(body).strip(), "    "))
    return state(facts_of(folder, app__py=code), kind)


def javascript(folder: Path, body: str, prelude: str = "", kind: str = "mfa") -> str:
    code = JAVASCRIPT.format(
        prelude=textwrap.dedent(prelude), body=textwrap.indent(textwrap.dedent(body).strip(), "  ")
    )
    (folder / "package.json").write_text('{"name": "shop", "type": "module", "dependencies": {"express": "4"}}')
    return state(facts_of(folder, app__js=code), kind)


PYTHON_OUTCOMES = [
    # (import and set-up, statements before the event, state)
    ("import pyotp", "if not pyotp.TOTP(g.user.secret).verify(code): abort(401)", "enforced"),
    ("import pyotp", "if pyotp.TOTP(g.user.secret).verify(code) is False: abort(401)", "enforced"),
    ("import pyotp", "if pyotp.TOTP(g.user.secret).verify(code) == True:\n    pass\nelse:\n    abort(401)", "enforced"),
    ("import pyotp", "if pyotp.TOTP(g.user.secret).verify(code) is None: abort(401)", "ignored"),
    ("import pyotp", "pyotp.TOTP(g.user.secret).verify(code)", "ignored"),
    ("import pyotp", "assert pyotp.TOTP(g.user.secret).verify(code)", "enforced"),
    ("import pyotp", "ok = pyotp.TOTP(g.user.secret).verify(code)\nif not ok: app.logger.warning('wrong')", "ignored"),
    (
        "import pyotp",
        "if not pyotp.TOTP(g.user.secret).verify(code) and not g.user.backup.verify_code(code): abort(401)",
        "enforced",
    ),
    (
        "import pyotp",
        "ok = pyotp.TOTP(g.user.secret).verify(code) or g.user.otp.verify(code)\nif not ok: abort(401)",
        "enforced",
    ),
    ("import pyotp", "if code:\n    if not pyotp.TOTP(g.user.secret).verify(code): abort(401)", "absent"),
    ("import pyotp", "if g.user.mfa_enabled and not pyotp.TOTP(g.user.secret).verify(code): abort(401)", "absent"),
    (
        "import pyotp",
        "if os.environ.get('ENV') == 'production':\n    if not pyotp.TOTP(g.user.secret).verify(code): abort(401)",
        "absent",
    ),
    ("import pyotp", "if code != '000000' and not pyotp.TOTP(g.user.secret).verify(code): abort(401)", "absent"),
    ("import pyotp", "if not (pyotp.TOTP(g.user.secret).verify(code) or code == '000000'): abort(401)", "absent"),
    (
        "import pyotp",
        "if not (pyotp.TOTP(g.user.secret).verify(code) or code == os.environ['TEST_OTP']): abort(401)",
        "absent",
    ),
    ("import pyotp", "if pyotp.TOTP(g.user.secret).now() != code: abort(401)", "enforced"),
    ("import pyotp", "if not hmac.compare_digest(pyotp.TOTP(g.user.secret).now(), code): abort(401)", "enforced"),
    ("import pyotp", "pyotp.TOTP(g.user.secret).now()", "absent"),
    ("import django_otp", "if django_otp.match_token(g.user, code) is None: abort(401)", "enforced"),
    ("import django_otp", "if not django_otp.match_token(g.user, code): abort(401)", "enforced"),
    ("import django_otp", "if not django_otp.user_has_device(g.user): abort(401)", "absent"),
    ("import webauthn", "webauthn.verify_authentication_response(credential=request.json['c'])", "enforced"),
    (
        "import webauthn",
        "try:\n    webauthn.verify_authentication_response(credential=code)\nexcept Exception:\n    pass",
        "ignored",
    ),
    (
        "import webauthn",
        "try:\n    webauthn.verify_authentication_response(credential=code)\nexcept Exception:\n    abort(401)",
        "enforced",
    ),
    ("import webauthn", "webauthn.verify_registration_response(credential=code)", "absent"),
    ("from passlib.totp import TOTP", "TOTP(key=g.user.key).match(code)", "enforced"),
    (
        "from fido2.server import Fido2Server\nserver = Fido2Server(None)",
        "server.authenticate_complete(session['s'], [], code)",
        "enforced",
    ),
    (
        "from twilio.rest import Client\ntwilio = Client()",
        "r = twilio.verify.v2.services('VA').verification_checks.create(to=g.user.phone, code=code)\nif r.status != 'approved': abort(401)",
        "enforced",
    ),
    (
        "from twilio.rest import Client\ntwilio = Client()",
        "r = twilio.verify.v2.services('VA').verification_checks.create(to=g.user.phone, code=code)\nif r.status == 'pending': abort(401)",
        "ignored",
    ),
    (
        "from twilio.rest import Client\ntwilio = Client()",
        "r = twilio.verify.v2.services('VA').verification_checks.create(to=g.user.phone, code=code)\nif not r.valid: abort(401)",
        "enforced",
    ),
    (
        "from twilio.rest import Client\ntwilio = Client()",
        "r = twilio.verify.v2.services('VA').verification_checks.create(to=g.user.phone, code=code)\nif not r: abort(401)",
        "ignored",
    ),
    (
        "from twilio.rest import Client\ntwilio = Client()",
        "twilio.verify.v2.services('VA').verifications.create(to=g.user.phone, channel='sms')",
        "absent",
    ),
    (
        "from duo_universal.client import Client\nduo = Client('a', 'b', 'c', 'd')",
        "duo.exchange_authorization_code_for_2fa_result(code, g.user.name)",
        "enforced",
    ),
    (
        "import boto3\ncognito = boto3.client('cognito-idp')",
        "r = cognito.respond_to_auth_challenge(ChallengeName='SOFTWARE_TOKEN_MFA', ChallengeResponses={'SOFTWARE_TOKEN_MFA_CODE': code})\nif not r.get('AuthenticationResult'): abort(401)",
        "enforced",
    ),
    (
        "import boto3\ncognito = boto3.client('cognito-idp')",
        "r = cognito.respond_to_auth_challenge(ChallengeName='SOFTWARE_TOKEN_MFA', ChallengeResponses={'SOFTWARE_TOKEN_MFA_CODE': code})",
        "ignored",
    ),
    (
        "import boto3\ncognito = boto3.client('cognito-idp')",
        "r = cognito.respond_to_auth_challenge(ChallengeName='NEW_PASSWORD_REQUIRED', ChallengeResponses={'NEW_PASSWORD': code})\nif not r.get('AuthenticationResult'): abort(401)",
        "absent",
    ),
    ("from stytch import Client\nstytch = Client('p', 's')", "stytch.totps.authenticate(totp_code=code)", "enforced"),
]


@pytest.mark.parametrize(("prelude", "body", "expected"), PYTHON_OUTCOMES)
def test_outcomes_in_python(tmp_path: Path, prelude: str, body: str, expected: str) -> None:
    assert python(tmp_path, body, prelude) == expected


JAVASCRIPT_OUTCOMES = [
    (
        "import speakeasy from 'speakeasy';",
        "if (!speakeasy.totp.verify({ secret: user.secret, token: code })) return res.sendStatus(403);",
        "enforced",
    ),
    ("import speakeasy from 'speakeasy';", "speakeasy.totp.verify({ secret: user.secret, token: code });", "ignored"),
    (
        "import speakeasy from 'speakeasy';",
        "if (!speakeasy.totp.verifyDelta({ secret: user.secret, token: code })) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import speakeasy from 'speakeasy';",
        "if (speakeasy.totp({ secret: user.secret }) !== code) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { authenticator } from 'otplib';",
        "if (!authenticator.check(code, user.secret)) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { authenticator } from 'otplib';",
        "const ok = authenticator.verify({ token: code, secret: user.secret });\nif (ok !== true) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { authenticator } from 'otplib';",
        "if (!authenticator.check(code, user.secret)) res.sendStatus(403);",
        "ignored",
    ),
    (
        "import { authenticator } from 'otplib';",
        "if (process.env.NODE_ENV === 'production' && !authenticator.check(code, user.secret)) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { authenticator } from 'otplib';",
        "if (user.twoFactorEnabled && !authenticator.check(code, user.secret)) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { authenticator } from 'otplib';",
        "if (code !== '123456' && !authenticator.check(code, user.secret)) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { authenticator } from 'otplib';",
        "const ok = code === process.env.MAGIC_CODE || authenticator.check(code, user.secret);\nif (!ok) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { authenticator } from 'otplib';",
        "if (!authenticator.generate(user.secret)) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { verify } from 'otplib';",
        "const { valid } = await verify({ secret: user.secret, token: code });\nif (!valid) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { verify } from 'otplib';",
        "const r = await verify({ secret: user.secret, token: code });\nif (!r) return res.sendStatus(403);",
        "ignored",
    ),
    (
        "import { verify } from 'otplib';",
        "if (!verify({ secret: user.secret, token: code })) return res.sendStatus(403);",
        "ignored",
    ),
    (
        "import { verifySync } from 'otplib';",
        "if (verifySync({ secret: user.secret, token: code }).valid === false) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import * as OTPAuth from 'otpauth';",
        "if (new OTPAuth.TOTP({ secret: user.secret }).validate({ token: code }) === null) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import * as OTPAuth from 'otpauth';",
        "const delta = new OTPAuth.TOTP({ secret: user.secret }).validate({ token: code });\nif (delta === undefined) return res.sendStatus(403);",
        "ignored",
    ),
    (
        "import * as OTPAuth from 'otpauth';",
        "const delta = new OTPAuth.TOTP({ secret: user.secret }).validate({ token: code });\nif (delta == null) return res.sendStatus(403);",
        "enforced",
    ),
    ("import notp from 'notp';", "if (!notp.totp.verify(code, user.secret)) return res.sendStatus(403);", "enforced"),
    (
        "import { verifyTOTP } from '@oslojs/otp';",
        "if (!verifyTOTP(user.key, 30, 6, code)) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { verifyAuthenticationResponse } from '@simplewebauthn/server';",
        "const v = await verifyAuthenticationResponse({ response: code });\nif (!v.verified) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { verifyAuthenticationResponse } from '@simplewebauthn/server';",
        "await verifyAuthenticationResponse({ response: code });",
        "ignored",
    ),
    (
        "import twilio from 'twilio';\nconst client = twilio('a', 'b');",
        "const check = await client.verify.v2.services('VA').verificationChecks.create({ to: user.phone, code });\nif (check.status !== 'approved') return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import twilio from 'twilio';\nconst client = twilio('a', 'b');",
        "const check = await client.verify.v2.services('VA').verificationChecks.create({ to: user.phone, code });\nif (check.status === 'canceled') return res.sendStatus(403);",
        "ignored",
    ),
    (
        "import twilio from 'twilio';\nconst client = twilio('a', 'b');",
        "await client.verify.v2.services('VA').verifications.create({ to: user.phone, channel: 'sms' });",
        "absent",
    ),
    (
        "import { Client } from '@duosecurity/duo_universal';\nconst duo = new Client({});",
        "await duo.exchangeAuthorizationCodeFor2FAResult(code, user.name);",
        "enforced",
    ),
    (
        "import { Client } from '@duosecurity/duo_universal';\nconst duo = new Client({});",
        "duo.exchangeAuthorizationCodeFor2FAResult(code, user.name);",
        "ignored",
    ),
    (
        "import { Client } from '@duosecurity/duo_universal';\nconst duo = new Client({});",
        "await duo.exchangeAuthorizationCodeFor2FAResult(code, user.name).catch(() => null);",
        "ignored",
    ),
    (
        "import { createClient } from '@supabase/supabase-js';\nconst supabase = createClient('u', 'k');",
        "const { error } = await supabase.auth.mfa.verify({ factorId: 'f', code });\nif (error) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { createClient } from '@supabase/supabase-js';\nconst supabase = createClient('u', 'k');",
        "const { data } = await supabase.auth.mfa.verify({ factorId: 'f', code });\nif (!data) console.log('no');",
        "ignored",
    ),
    (
        "import { createClient } from '@supabase/supabase-js';\nconst supabase = createClient('u', 'k');",
        "const { data } = await supabase.auth.mfa.getAuthenticatorAssuranceLevel();\nif (data.currentLevel !== 'aal2') return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { createClient } from '@supabase/supabase-js';\nconst supabase = createClient('u', 'k');",
        "const { data } = await supabase.auth.mfa.getAuthenticatorAssuranceLevel();\nif (data.nextLevel !== 'aal2') return res.sendStatus(403);",
        "ignored",
    ),
    (
        "import { getAuth } from '@clerk/express';",
        "const { has } = getAuth(req);\nif (!has({ reverification: 'strict_mfa' })) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { getAuth } from '@clerk/express';",
        "const { has } = getAuth(req);\nif (!has({ permission: 'org:pay' })) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { CognitoIdentityProviderClient, RespondToAuthChallengeCommand } from '@aws-sdk/client-cognito-identity-provider';\nconst idp = new CognitoIdentityProviderClient({});",
        "const r = await idp.send(new RespondToAuthChallengeCommand({ ChallengeName: 'SOFTWARE_TOKEN_MFA', ChallengeResponses: { SOFTWARE_TOKEN_MFA_CODE: code } }));\nif (!r.AuthenticationResult) return res.sendStatus(403);",
        "enforced",
    ),
]


@pytest.mark.parametrize(("prelude", "body", "expected"), JAVASCRIPT_OUTCOMES)
def test_outcomes_in_javascript(tmp_path: Path, prelude: str, body: str, expected: str) -> None:
    assert javascript(tmp_path, body, prelude) == expected
