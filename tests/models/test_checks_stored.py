"""Codes that a project compares itself, flags that it keeps, claims, services and functions known by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.models.test_checks import facts_of, javascript, python, state

REDIS = "import redis\nstore = redis.Redis()"

PYTHON_CODES = [
    (REDIS, "if store.get(f'otp:{g.user.id}') != code: abort(401)", "enforced"),
    (
        REDIS,
        "stored = store.get(f'otp:{g.user.id}')\nif stored is None or not hmac.compare_digest(stored, code): abort(401)",
        "enforced",
    ),
    (
        REDIS,
        "stored = store.get(f'otp:{g.user.id}')\nif stored and not hmac.compare_digest(stored, code): abort(401)",
        "absent",
    ),
    (REDIS, "hmac.compare_digest(store.get(f'otp:{g.user.id}'), code)", "ignored"),
    ("", "if session.get('otp') != code: abort(401)", "enforced"),
    ("", "if session['otp'] != request.form.get('code', ''): abort(401)", "enforced"),
    ("", "if session['otp_hash'] != hashlib.sha256(code.encode()).hexdigest(): abort(401)", "enforced"),
    ("", "if request.json['expected_code'] != code: abort(401)", "absent"),
    ("", "if not request.json.get('mfa_verified'): abort(401)", "absent"),
    ("", "if request.headers.get('X-MFA-Verified') != 'true': abort(401)", "absent"),
    ("", "if request.cookies.get('mfa_verified') != '1': abort(401)", "absent"),
    ("", "if session.get('csrf') != request.form['csrf']: abort(401)", "absent"),
    (
        "import secrets",
        "sent = f'{secrets.randbelow(10**6):06d}'\nnotify(g.user.phone, sent)\nif sent != code: abort(401)",
        "enforced",
    ),
    ("import bcrypt", "if not bcrypt.checkpw(code.encode(), session['otp_hash']): abort(401)", "enforced"),
    (
        "from werkzeug.security import check_password_hash",
        "if not check_password_hash(g.user.password, request.json['password']): abort(401)",
        "absent",
    ),
    (
        "from models import Otp",
        "if not Otp.query.filter_by(user=g.user.id, code=code, used=False).first(): abort(401)",
        "enforced",
    ),
    ("from models import Otp", "Otp.query.filter_by(user=g.user.id, code=code).first()", "ignored"),
    (
        "import psycopg\ndb = psycopg.connect()",
        "row = db.execute('select 1 from otp_codes where user_id = %s and code = %s', (g.user.id, code)).fetchone()\nif row is None: abort(401)",
        "enforced",
    ),
    (
        "import psycopg\ndb = psycopg.connect()",
        "done = db.execute('delete from challenges where code = %s', (code,))\nif done.rowcount != 1: abort(401)",
        "enforced",
    ),
    (
        "import psycopg\ndb = psycopg.connect()",
        "row = db.execute('select * from users where id = %s', (g.user.id,)).fetchone()\nif row is None: abort(401)",
        "absent",
    ),
]


@pytest.mark.parametrize(("prelude", "body", "expected"), PYTHON_CODES)
def test_own_codes_in_python(tmp_path: Path, prelude: str, body: str, expected: str) -> None:
    assert python(tmp_path, body, prelude) == expected


IOREDIS = "import Redis from 'ioredis';\nconst redis = new Redis();"

JAVASCRIPT_CODES = [
    (IOREDIS, "if ((await redis.get(`otp:${user.id}`)) !== code) return res.sendStatus(403);", "enforced"),
    (
        IOREDIS,
        "const stored = await redis.get(`otp:${user.id}`);\nif (stored && stored !== code) return res.sendStatus(403);",
        "absent",
    ),
    (
        IOREDIS + "\nimport crypto from 'node:crypto';",
        "const stored = await redis.get(`otp:${user.id}`);\nif (!stored || !crypto.timingSafeEqual(Buffer.from(stored), Buffer.from(code))) return res.sendStatus(403);",
        "enforced",
    ),
    (
        IOREDIS + "\nimport bcrypt from 'bcrypt';",
        "if (!(await bcrypt.compare(code, await redis.get(`otp:${user.id}`)))) return res.sendStatus(403);",
        "enforced",
    ),
    (
        IOREDIS + "\nimport bcrypt from 'bcrypt';",
        "if (!bcrypt.compare(code, await redis.get(`otp:${user.id}`))) return res.sendStatus(403);",
        "ignored",
    ),
    (
        "import bcrypt from 'bcrypt';",
        "if (!(await bcrypt.compare(req.body.password, user.passwordHash))) return res.sendStatus(403);",
        "absent",
    ),
    (
        "const codes = new Map();\nexport function send(id) { codes.set(id, String(Math.floor(100000 + Math.random() * 900000))); }",
        "if (codes.get(user.id) !== code) return res.sendStatus(403);",
        "enforced",
    ),
    ("", "if (req.session.otp !== code) return res.sendStatus(403);", "enforced"),
    ("", "if (req.body.expected !== code) return res.sendStatus(403);", "absent"),
    ("", "if (req.headers['x-mfa'] !== 'true') return res.sendStatus(403);", "absent"),
    (
        "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();",
        "const row = await prisma.otpCode.findFirst({ where: { userId: user.id, code } });\nif (!row) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();",
        "const { count } = await prisma.otpCode.deleteMany({ where: { userId: user.id, code } });\nif (count === 0) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();",
        "await prisma.otpCode.findFirst({ where: { userId: user.id, code } });",
        "ignored",
    ),
    (
        "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();",
        "const row = await prisma.user.findFirst({ where: { id: user.id } });\nif (!row) return res.sendStatus(403);",
        "absent",
    ),
]


@pytest.mark.parametrize(("prelude", "body", "expected"), JAVASCRIPT_CODES)
def test_own_codes_in_javascript(tmp_path: Path, prelude: str, body: str, expected: str) -> None:
    assert javascript(tmp_path, body, prelude) == expected


VERIFY = """
import pyotp

@app.post("/mfa")
def verify_mfa():
    if not pyotp.TOTP(g.user.secret).verify(request.json["code"]):
        abort(401)
    session["{key}"] = {value}
    return "", 204
"""
OPEN = """
@app.post("/later")
def later():
    session["{key}"] = {value}
    return "", 204
"""

PYTHON_FLAGS = [
    (VERIFY.format(key="mfa_verified", value="True"), "if not session.get('mfa_verified'): abort(401)", "enforced"),
    (
        VERIFY.format(key="mfa_verified", value="True"),
        "if session.get('mfa_verified') is not True: abort(401)",
        "enforced",
    ),
    (VERIFY.format(key="mfa_verified", value="True"), "if 'mfa_verified' not in session: abort(401)", "enforced"),
    (VERIFY.format(key="mfa_verified", value="True"), "if not session.get('mfa_verified', True): abort(401)", "absent"),
    (
        VERIFY.format(key="mfa_verified", value="True"),
        "if session.get('mfa_enabled') and not session.get('mfa_verified'): abort(401)",
        "absent",
    ),
    (
        VERIFY.format(key="mfa_verified", value="True") + OPEN.format(key="mfa_verified", value="True"),
        "if not session.get('mfa_verified'): abort(401)",
        "absent",
    ),
    (
        VERIFY.format(key="mfa_verified", value="True") + OPEN.format(key="mfa_verified", value="False"),
        "if not session.get('mfa_verified'): abort(401)",
        "enforced",
    ),
    (
        VERIFY.format(key="mfa_verified", value="True") + OPEN.format(key="mfa_verified", value="request.json['ok']"),
        "if not session.get('mfa_verified'): abort(401)",
        "absent",
    ),
    (
        VERIFY.format(key="mfa_at", value="time.time()"),
        "if time.time() - session.get('mfa_at', 0) > 300: abort(401)",
        "enforced",
    ),
    (
        VERIFY.format(key="mfa_at", value="time.time()"),
        "if session.get('mfa_at', 0) < time.time() - 300: abort(401)",
        "enforced",
    ),
    (
        VERIFY.format(key="mfa_at", value="time.time()"),
        "if time.time() - session.get('mfa_at', 0) < 300: abort(401)",
        "absent",
    ),
    (
        VERIFY.format(key="mfa_at", value="time.time()"),
        "if time.time() - session.get('mfa_at', time.time()) > 300: abort(401)",
        "absent",
    ),
    (VERIFY.format(key="sudo", value="True"), "if not session.get('sudo'): abort(401)", "enforced"),
    (OPEN.format(key="sudo", value="True"), "if not session.get('sudo'): abort(401)", "absent"),
    ("", "if not session.get('sudo'): abort(401)", "absent"),
    ("", "if not session.get('mfa_verified'): abort(401)", "enforced"),
    ("", "if not session.get('mfa_pending'): abort(401)", "absent"),
    ("", "if not session.get('mfa_required'): abort(401)", "absent"),
    (VERIFY.format(key="user_id", value="g.user.id"), "if not session.get('user_id'): abort(401)", "absent"),
    (
        REDIS + VERIFY.replace('session["{key}"] = {value}', 'store.set("step-up:" + g.user.id, "1", ex=300)'),
        "if not store.get('step-up:' + g.user.id): abort(401)",
        "enforced",
    ),
    (
        REDIS + OPEN.replace('session["{key}"] = {value}', 'store.set("step-up:" + g.user.id, "1", ex=300)'),
        "if not store.get('step-up:' + g.user.id): abort(401)",
        "absent",
    ),
]


@pytest.mark.parametrize(("prelude", "body", "expected"), PYTHON_FLAGS)
def test_flags_in_python(tmp_path: Path, prelude: str, body: str, expected: str) -> None:
    assert python(tmp_path, body, prelude) == expected


PYTHON_CLAIMS = [
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif 'mfa' not in claims.get('amr', []): abort(401)",
        "enforced",
    ),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], options={'verify_signature': False})\nif 'mfa' not in claims.get('amr', []): abort(401)",
        "absent",
    ),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif 'pwd' not in claims.get('amr', []): abort(401)",
        "absent",
    ),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif not claims.get('amr'): abort(401)",
        "absent",
    ),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif claims.get('acr') != 'urn:okta:loa:2fa:any': abort(401)",
        "enforced",
    ),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif claims.get('acr') != 'urn:okta:loa:1fa:any': abort(401)",
        "absent",
    ),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif claims['aal'] != 'aal2': abort(401)",
        "enforced",
    ),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif claims['aal'] == 'aal1': abort(401)",
        "absent",
    ),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif not claims.get('mfa'): abort(401)",
        "enforced",
    ),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif not claims.get('mfa', True): abort(401)",
        "absent",
    ),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif not {'mfa', 'otp'} & set(claims['amr']): abort(401)",
        "enforced",
    ),
    (
        "from firebase_admin import auth",
        "claims = auth.verify_id_token(request.headers['t'])\nif not claims['firebase'].get('sign_in_second_factor'): abort(401)",
        "enforced",
    ),
    ("from firebase_admin import auth", "claims = auth.verify_id_token(request.headers['t'])", "absent"),
    (
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif time.time() - claims['auth_time'] > 300: abort(401)",
        "absent",
    ),
]


@pytest.mark.parametrize(("prelude", "body", "expected"), PYTHON_CLAIMS)
def test_claims_in_python(tmp_path: Path, prelude: str, body: str, expected: str) -> None:
    assert python(tmp_path, body, prelude) == expected


JAVASCRIPT_CLAIMS = [
    (
        "import jwt from 'jsonwebtoken';",
        "const claims = jwt.verify(req.get('t'), 'k');\nif (!claims.amr?.includes('mfa')) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import jwt from 'jsonwebtoken';",
        "const claims = jwt.decode(req.get('t'));\nif (!claims.amr?.includes('mfa')) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import jwt from 'jsonwebtoken';",
        "const claims = jwt.verify(req.get('t'), 'k');\nif (!claims.amr.some((m) => m === 'otp')) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import jwt from 'jsonwebtoken';",
        "const claims = jwt.verify(req.get('t'), 'k');\nif (!claims.amr.some((m) => ['mfa', 'otp'].includes(m))) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import jwt from 'jsonwebtoken';",
        "const claims = jwt.verify(req.get('t'), 'k');\nif (claims.amr.length === 0) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { jwtVerify } from 'jose';",
        "const { payload } = await jwtVerify(req.get('t'), key);\nif (payload.acr !== 'loa2') return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { decodeJwt } from 'jose';",
        "const payload = decodeJwt(req.get('t'));\nif (payload.acr !== 'loa2') return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { jwtVerify } from 'jose';",
        "const { payload } = await jwtVerify(req.get('t'), key);\nif (Number(payload.acr) < 2) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { jwtVerify } from 'jose';",
        "const { payload } = await jwtVerify(req.get('t'), key);\nif (payload.fva[1] === -1) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { jwtVerify } from 'jose';",
        "const { payload } = await jwtVerify(req.get('t'), key);\nif (payload.mfaVerified !== true) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { jwtVerify } from 'jose';",
        "const { payload } = await jwtVerify(req.get('t'), key);\nif (payload.mfaEnabled !== true) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { getServerSession } from 'next-auth';",
        "const session = await getServerSession({});\nif (!session?.user?.mfaVerified) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "",
        "const at = req.session.mfaVerifiedAt;\nif (!at || Date.now() - at > 300000) return res.sendStatus(403);",
        "enforced",
    ),
    ("", "if (!(Date.now() - req.session.mfaVerifiedAt < 300000)) return res.sendStatus(403);", "enforced"),
    ("", "if (!req.session.twoFactorVerified && user.twoFactorEnabled) return res.sendStatus(403);", "absent"),
    ("", "if (!req.body.twoFactorVerified) return res.sendStatus(403);", "absent"),
    (
        "import { z } from 'zod';\nconst Body = z.object({ mfaVerified: z.boolean() });",
        "const body = Body.parse(req.body);\nif (!body.mfaVerified) return res.sendStatus(403);",
        "absent",
    ),
    ("", "if (!user.mfaVerifiedAt) return res.sendStatus(403);", "enforced"),
]


@pytest.mark.parametrize(("prelude", "body", "expected"), JAVASCRIPT_CLAIMS)
def test_claims_in_javascript(tmp_path: Path, prelude: str, body: str, expected: str) -> None:
    assert javascript(tmp_path, body, prelude) == expected


BY_NAME = [
    # (language, import and set-up, statements, state)
    ("python", "from acme.auth import require_mfa", "require_mfa(request)", "enforced"),
    ("python", "from acme.auth import verify_otp", "if not verify_otp(g.user, code): abort(401)", "enforced"),
    ("python", "from acme.auth import verify_otp", "ok = verify_otp(g.user, code)\napp.logger.info(ok)", "ignored"),
    ("python", "from acme.auth import send_otp", "if not send_otp(g.user): abort(401)", "absent"),
    ("python", "from acme.auth import is_mfa_enabled", "if not is_mfa_enabled(g.user): abort(401)", "absent"),
    (
        "python",
        "from acme.auth import check_password",
        "if not check_password(g.user, request.json['password']): abort(401)",
        "absent",
    ),
    (
        "python",
        "OTP = os.environ['OTP_SERVICE']",
        "r = requests.post(OTP + '/otp/verify', json={'user': g.user.id, 'code': code})\nif not r.json()['valid']: abort(401)",
        "enforced",
    ),
    (
        "python",
        "OTP = os.environ['OTP_SERVICE']",
        "r = requests.post(OTP + '/otp/verify', json={'user': g.user.id, 'code': code})\nif not r.json(): abort(401)",
        "ignored",
    ),
    (
        "python",
        "OTP = os.environ['OTP_SERVICE']",
        "r = requests.post(OTP + '/otp/verify', json={'user': g.user.id, 'code': code})\nr.raise_for_status()",
        "enforced",
    ),
    (
        "python",
        "OTP = os.environ['OTP_SERVICE']",
        "requests.post(OTP + '/otp/send', json={'user': g.user.id})",
        "absent",
    ),
    (
        "python",
        "",
        "r = requests.post('https://shop.eu.auth0.com/oauth/token', json={'grant_type': 'http://auth0.com/oauth/grant-type/mfa-otp', 'mfa_token': session['t'], 'otp': code})\nif r.status_code != 200: abort(401)",
        "enforced",
    ),
    (
        "python",
        "",
        "r = requests.post('https://shop.eu.auth0.com/oauth/token', json={'grant_type': 'http://auth0.com/oauth/grant-type/mfa-otp', 'mfa_token': session['t'], 'otp': code})",
        "ignored",
    ),
    (
        "python",
        "",
        "r = requests.post('https://shop.eu.auth0.com/oauth/token', json={'grant_type': 'password', 'username': g.user.name})\nif r.status_code != 200: abort(401)",
        "absent",
    ),
    ("javascript", "import { requireStepUp } from '@acme/auth';", "await requireStepUp(req);", "enforced"),
    (
        "javascript",
        "import { otpService } from '@acme/auth';",
        "if (!(await otpService.verify(user.id, code))) return res.sendStatus(403);",
        "enforced",
    ),
    ("javascript", "import { otpService } from '@acme/auth';", "await otpService.send(user.id);", "absent"),
    (
        "javascript",
        "",
        "const r = await fetch(`${process.env.MFA_URL}/mfa/check`, { method: 'POST', body: JSON.stringify({ code }) });\nconst answer = await r.json();\nif (answer.status !== 'approved') return res.sendStatus(403);",
        "enforced",
    ),
    (
        "javascript",
        "",
        "const r = await fetch(`${process.env.MFA_URL}/mfa/check`, { method: 'POST', body: JSON.stringify({ code }) });\nif (!r.ok) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "javascript",
        "",
        "await fetch(`${process.env.MFA_URL}/mfa/check`, { method: 'POST', body: JSON.stringify({ code }) });",
        "ignored",
    ),
]


@pytest.mark.parametrize(("language", "prelude", "body", "expected"), BY_NAME)
def test_what_is_known_by_name(tmp_path: Path, language: str, prelude: str, body: str, expected: str) -> None:
    assert (python if language == "python" else javascript)(tmp_path, body, prelude) == expected


EMAIL = [
    ("python", "", "if not g.user.email_verified: abort(403)", "enforced"),
    ("python", "from flask_login import current_user", "if current_user.confirmed_at is None: abort(403)", "enforced"),
    (
        "python",
        "import jwt",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif not claims['email_verified']: abort(403)",
        "enforced",
    ),
    ("python", "", "if not request.json['email_verified']: abort(403)", "absent"),
    (
        "python",
        "from allauth.account.models import EmailAddress",
        "if not EmailAddress.objects.filter(user=g.user, verified=True).exists(): abort(403)",
        "enforced",
    ),
    (
        "python",
        "from allauth.account.models import EmailAddress",
        "if not EmailAddress.objects.filter(user=g.user).exists(): abort(403)",
        "absent",
    ),
    (
        "python",
        "from itsdangerous import URLSafeTimedSerializer\nlinks = URLSafeTimedSerializer('k', salt='confirm-email')",
        "links.loads(request.json['token'], max_age=86400)",
        "enforced",
    ),
    ("javascript", "", "if (!user.emailVerified) return res.sendStatus(403);", "enforced"),
    ("javascript", "", "if (user.emailVerifiedAt === null) return res.sendStatus(403);", "enforced"),
    (
        "javascript",
        "",
        "if (user.primaryEmailAddress?.verification?.status !== 'verified') return res.sendStatus(403);",
        "enforced",
    ),
    ("javascript", "", "if (!req.body.emailVerified) return res.sendStatus(403);", "absent"),
    ("javascript", "", "if (!user.phoneVerified) return res.sendStatus(403);", "absent"),
    (
        "javascript",
        "import { sendVerificationEmail } from './mail.js';",
        "await sendVerificationEmail(user);",
        "absent",
    ),
]


@pytest.mark.parametrize(("language", "prelude", "body", "expected"), EMAIL)
def test_email_checks(tmp_path: Path, language: str, prelude: str, body: str, expected: str) -> None:
    assert (python if language == "python" else javascript)(tmp_path, body, prelude, kind="email") == expected


__all__ = ["facts_of", "state"]

DECLARED = "version: 1\nguards:\n- {name: second_look, kind: mfa}\n"


@pytest.mark.parametrize(
    ("prelude", "body", "expected"),
    [
        ("def second_look(user):\n    if user.tier != 'gold': abort(401)\n", "second_look(g.user)", "enforced"),
        (
            "def second_look(user):\n    if user.tier != 'gold': abort(401)\n",
            "if g.user.vip: second_look(g.user)",
            "absent",
        ),
        ("from acme import second_look", "second_look(g.user)", "enforced"),
        ("def other_look(user):\n    if user.tier != 'gold': abort(401)\n", "other_look(g.user)", "absent"),
    ],
)
def test_guards_that_the_project_declares(tmp_path: Path, prelude: str, body: str, expected: str) -> None:
    (tmp_path / ".cybrid-audit.yaml").write_text(DECLARED)
    assert python(tmp_path, body, prelude) == expected


def test_a_declared_decorator_guards_what_it_wraps(tmp_path: Path) -> None:
    (tmp_path / ".cybrid-audit.yaml").write_text(DECLARED)
    code = """
import os
import requests
from flask import Flask, request

app = Flask(__name__)


def second_look(view):
    def inner(*args, **kwargs):
        return view(*args, **kwargs)
    return inner


@app.post("/trades")
@second_look
def trades():
    requests.post(
        "https://bank.sandbox.cybrid.app/api/trades",
        json={"quote_guid": request.json["quote"]},
        headers={"Authorization": "Bearer " + os.environ["CUSTOMER_TOKEN"]},
    )
    return ""
"""
    assert state(facts_of(tmp_path, app__py=code)) == "enforced"
