"""Ways in which applications keep and ask for a second factor, as they are written in practice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.models.test_checks import javascript, python


def with_route(verified: str, open_route: str = "") -> str:
    """Return a module that sets a proof behind a verification, and perhaps elsewhere."""
    text = f"""
import speakeasy from 'speakeasy';
import jwt from 'jsonwebtoken';
import {{ PrismaClient }} from '@prisma/client';
import Redis from 'ioredis';
const prisma = new PrismaClient();
const redis = new Redis();
const other = express();
other.post('/mfa', async (req, res) => {{
  if (!speakeasy.totp.verify({{ secret: req.session.secret, token: req.body.code }})) return res.sendStatus(403);
  {verified}
  res.sendStatus(204);
}});
"""
    if open_route:
        text += f"other.post('/open', async (req, res) => {{ {open_route}; res.sendStatus(204); }});\n"
    return text


JAVASCRIPT = [
    # a claim of the project's own token
    (
        with_route("res.json(jwt.sign({ sub: 1, mfa: true }, process.env.KEY));"),
        "const p = jwt.verify(req.get('t'), process.env.KEY);\nif (!p.mfa) return res.sendStatus(403);",
        "enforced",
    ),
    (
        with_route("", "res.json(jwt.sign({ sub: 1, mfa: true }, process.env.KEY))"),
        "const p = jwt.verify(req.get('t'), process.env.KEY);\nif (!p.mfa) return res.sendStatus(403);",
        "absent",
    ),
    (
        with_route("", "res.json(jwt.sign({ sub: 1, mfaVerified: req.user.mfaEnabled }, process.env.KEY))"),
        "const p = jwt.verify(req.get('t'), process.env.KEY);\nif (!p.mfaVerified) return res.sendStatus(403);",
        "absent",
    ),
    (
        with_route("res.json(jwt.sign({ sub: 1, amr: ['pwd', 'otp'] }, process.env.KEY));"),
        "const p = jwt.verify(req.get('t'), process.env.KEY);\nif (!p.amr.includes('otp')) return res.sendStatus(403);",
        "enforced",
    ),
    (
        with_route("", "res.json(jwt.sign({ sub: 1, amr: ['pwd', 'otp'] }, process.env.KEY))"),
        "const p = jwt.verify(req.get('t'), process.env.KEY);\nif (!p.amr.includes('otp')) return res.sendStatus(403);",
        "absent",
    ),
    (
        with_route(
            "res.json(jwt.sign({ sub: 1, amr: ['otp'] }, process.env.KEY));",
            "res.json(jwt.sign({ sub: 1, amr: ['pwd'] }, process.env.KEY))",
        ),
        "const p = jwt.verify(req.get('t'), process.env.KEY);\nif (!p.amr.includes('otp')) return res.sendStatus(403);",
        "enforced",
    ),
    # a token for one purpose
    (
        with_route("res.json(jwt.sign({ sub: 1, purpose: 'step-up' }, process.env.KEY));"),
        "const p = jwt.verify(req.get('x-step-up'), process.env.KEY);\nif (p.purpose !== 'step-up') return res.sendStatus(403);",
        "enforced",
    ),
    (
        with_route("", "res.json(jwt.sign({ sub: 1, purpose: 'step-up' }, process.env.KEY))"),
        "const p = jwt.verify(req.get('x-step-up'), process.env.KEY);\nif (p.purpose !== 'step-up') return res.sendStatus(403);",
        "absent",
    ),
    (
        "import jwt from 'jsonwebtoken';",
        "const p = jwt.verify(req.get('x-step-up'), process.env.KEY);\nif (p.purpose !== 'reset') return res.sendStatus(403);",
        "absent",
    ),
    # a key in a store
    (
        with_route("await redis.set(`stepup:${req.session.id}`, '1', 'EX', 300);"),
        "if (!(await redis.get(`stepup:${req.session.id}`))) return res.sendStatus(403);",
        "enforced",
    ),
    (
        with_route("await redis.set(`stepup:${req.session.id}`, req.session.userId, 'EX', 300);"),
        "if ((await redis.get(`stepup:${req.session.id}`)) !== req.session.userId) return res.sendStatus(403);",
        "enforced",
    ),
    (
        with_route("", "await redis.set(`stepup:${req.session.id}`, '1')"),
        "if (!(await redis.get(`stepup:${req.session.id}`))) return res.sendStatus(403);",
        "absent",
    ),
    # a record of the challenge
    (
        with_route("await prisma.challenge.update({ where: { id: 1 }, data: { verified: true } });"),
        "const challenge = await prisma.challenge.findUnique({ where: { id: req.body.id } });\nif (!challenge?.verified) return res.sendStatus(403);",
        "enforced",
    ),
    (
        with_route("", "await prisma.challenge.update({ where: { id: 1 }, data: { verified: true } })"),
        "const challenge = await prisma.challenge.findUnique({ where: { id: req.body.id } });\nif (!challenge?.verified) return res.sendStatus(403);",
        "absent",
    ),
    (
        with_route("await prisma.challenge.update({ where: { id: 1 }, data: { status: 'approved' } });"),
        "const challenge = await prisma.challenge.findUnique({ where: { id: req.body.id } });\nif (challenge.status !== 'approved') return res.sendStatus(403);",
        "enforced",
    ),
    (
        with_route("await prisma.user.update({ where: { id: 1 }, data: { mfaVerifiedAt: new Date() } });"),
        "if (!user.mfaVerifiedAt || Date.now() - new Date(user.mfaVerifiedAt).getTime() > 300000) return res.sendStatus(403);",
        "enforced",
    ),
    (
        with_route("", "await prisma.user.update({ where: { id: 1 }, data: { mfaVerifiedAt: new Date() } })"),
        "if (!user.mfaVerifiedAt) return res.sendStatus(403);",
        "absent",
    ),
    # a code that was sent and kept
    (
        "import { z } from 'zod';\nimport Redis from 'ioredis';\nconst redis = new Redis();\nconst Body = z.object({ code: z.string() });",
        "const { code: given } = Body.parse(req.body);\nif (given !== (await redis.get(`otp:${user.id}`))) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "const pending = new Map();\nexport const start = (id) => pending.set(id, { code: String(Math.random()).slice(2, 8), expires: Date.now() + 300000 });",
        "const entry = pending.get(user.id);\nif (!entry || entry.expires < Date.now() || entry.code !== code) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();",
        "const row = await prisma.otp.findUnique({ where: { userId: user.id } });\nif (!row || row.code !== code || row.expiresAt < new Date()) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import crypto from 'node:crypto';\nimport { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();",
        "const row = await prisma.otp.findUnique({ where: { userId: user.id } });\nconst hash = crypto.createHash('sha256').update(code).digest('hex');\nif (row.codeHash !== hash) return res.sendStatus(403);",
        "enforced",
    ),
    # what identity providers say
    (
        "import { auth } from '@clerk/nextjs/server';",
        "const { sessionClaims } = await auth();\nif (sessionClaims.fva[1] === -1) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { auth } from '@clerk/nextjs/server';",
        "const { userId } = await auth();\nif (!userId) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import NextAuth from 'next-auth';\nconst { auth } = NextAuth({});",
        "const session = await auth();\nif (!session?.user?.mfaVerified) return res.sendStatus(403);",
        "enforced",
    ),
    ("", "if (!req.oidc.idTokenClaims?.amr?.includes('mfa')) return res.sendStatus(403);", "enforced"),
    ("", "if (!req.auth.payload.amr.includes('mfa')) return res.sendStatus(403);", "enforced"),
    (
        "import { users } from '@acme/users';",
        "const u = await users.load(req);\nif (!u.claims.amr.some((m) => m === 'mfa')) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { users } from '@acme/users';",
        "const u = await users.load(req);\nif (!u.factors.some((f) => f.mfaVerified)) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { users } from '@acme/users';",
        "const u = await users.load(req);\nif (!u.factors.some((f) => f.mfaEnabled)) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { users } from '@acme/users';",
        "const u = await users.load(req);\nconst level = ['aal2', 'aal3'].includes(u.aal);\nif (!level) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { users } from '@acme/users';",
        "const u = await users.load(req);\nswitch (u.aal) { case 'aal2': break; default: return res.sendStatus(403); }",
        "enforced",
    ),
    (
        "import { users } from '@acme/users';",
        "const LEVELS = { aal1: 1, aal2: 2 };\nconst u = await users.load(req);\nif (LEVELS[u.aal] < 2) return res.sendStatus(403);",
        "absent",
    ),
    # functions of the project around it
    (
        "import { authenticator } from 'otplib';\nclass Denied extends Error {}\nfunction need(user, code) { if (!authenticator.check(code, user.secret)) throw new Denied(); return user; }",
        "const u = need(user, code);\nvoid u;",
        "enforced",
    ),
    (
        "import { authenticator } from 'otplib';\nconst check = async (user, code) => ({ ok: authenticator.check(code, user.secret) });",
        "const { ok } = await check(user, code);\nif (!ok) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { authenticator } from 'otplib';\nconst check = async (user, code) => ({ ok: authenticator.check(code, user.secret) });",
        "const r = await check(user, code);\nif (!r) return res.sendStatus(403);",
        "ignored",
    ),
    (
        "import { authenticator } from 'otplib';\nconst checks = { totp: (u, c) => authenticator.check(c, u.secret) };",
        "if (!checks['totp'](user, code)) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { authenticator } from 'otplib';",
        "const results = await Promise.all([Promise.resolve(authenticator.check(code, user.secret))]);\nif (!results[0]) return res.sendStatus(403);",
        "enforced",
    ),
    (
        "import { authenticator } from 'otplib';",
        "if ([authenticator.check(code, user.secret), req.body.force].some(Boolean) === false) return res.sendStatus(403);",
        "ignored",
    ),
    (
        "import { authenticator } from 'otplib';",
        "const ok = req.body.trusted || authenticator.check(code, user.secret);\nif (!ok) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { authenticator } from 'otplib';",
        "let ok = false;\nif (req.body.kind === 'totp') ok = authenticator.check(code, user.secret);\nelse if (req.body.kind === 'none') ok = true;\nif (!ok) return res.sendStatus(403);",
        "absent",
    ),
    (
        "import { authenticator } from 'otplib';",
        "let ok = false;\nif (req.body.kind === 'totp') ok = authenticator.check(code, user.secret);\nif (!ok) return res.sendStatus(403);",
        "enforced",
    ),
]


@pytest.mark.parametrize(("prelude", "body", "expected"), JAVASCRIPT)
def test_javascript(tmp_path: Path, prelude: str, body: str, expected: str) -> None:
    assert javascript(tmp_path, body, prelude) == expected


FLASK_VERIFY = """
import pyotp, jwt
@app.post("/mfa")
def verify_mfa():
    if not pyotp.TOTP(session["secret"]).verify(request.json["code"]): abort(401)
    {line}
    return ""
"""

PYTHON = [
    (
        FLASK_VERIFY.format(line="return jsonify(t=jwt.encode({'sub': 1, 'mfa': True}, 'k'))"),
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif not claims.get('mfa'): abort(401)",
        "enforced",
    ),
    (
        "import jwt\n@app.post('/login2')\ndef login2():\n    return jsonify(t=jwt.encode({'sub': 1, 'mfa': True}, 'k'))\n",
        "claims = jwt.decode(request.headers['t'], 'k', algorithms=['HS256'])\nif not claims.get('mfa'): abort(401)",
        "absent",
    ),
    (
        FLASK_VERIFY.format(line="session['mfa_at'] = time.time()"),
        "from datetime import datetime, timedelta\nif datetime.utcnow() - datetime.fromtimestamp(session.get('mfa_at', 0)) > timedelta(minutes=5): abort(401)",
        "enforced",
    ),
    (
        FLASK_VERIFY.format(line="session['mfa_until'] = time.time() + 300"),
        "if session.get('mfa_until', 0) < time.time(): abort(401)",
        "enforced",
    ),
    (
        FLASK_VERIFY.format(line="session['mfa_ok'] = True"),
        "if not session.pop('mfa_ok', False): abort(401)",
        "enforced",
    ),
    (FLASK_VERIFY.format(line="session.update(mfa_ok=True)"), "if not session.get('mfa_ok'): abort(401)", "enforced"),
    (
        "@app.post('/x')\ndef x():\n    session.update(mfa_ok=True)\n    return ''\n",
        "if not session.get('mfa_ok'): abort(401)",
        "absent",
    ),
    (
        "import pyotp\ndef ok(user, code):\n    for secret in user.secrets:\n        if pyotp.TOTP(secret).verify(code):\n            return True\n    return False\n",
        "if not ok(g.user, code): abort(401)",
        "enforced",
    ),
    (
        "import pyotp\ndef ok(user, code):\n    return any(pyotp.TOTP(s).verify(code) for s in user.secrets)\n",
        "if not ok(g.user, code): abort(401)",
        "enforced",
    ),
    (
        "import pyotp\ndef ok(user, code):\n    if user.totp: return pyotp.TOTP(user.totp).verify(code)\n    return False\n",
        "if not ok(g.user, code): abort(401)",
        "enforced",
    ),
    (
        "import pyotp\ndef ok(user, code):\n    if user.totp: return pyotp.TOTP(user.totp).verify(code)\n    return True\n",
        "if not ok(g.user, code): abort(401)",
        "absent",
    ),
    (
        "import pyotp\ndef ok(user, code):\n    try:\n        return pyotp.TOTP(user.totp).verify(code)\n    except Exception:\n        return True\n",
        "if not ok(g.user, code): abort(401)",
        "absent",
    ),
    (
        "import pyotp\ndef ok(user, code):\n    try:\n        return pyotp.TOTP(user.totp).verify(code)\n    except Exception:\n        return False\n",
        "if not ok(g.user, code): abort(401)",
        "enforced",
    ),
    (
        "import pyotp\nclass Wrong(Exception): pass\ndef need(user, code):\n    if not pyotp.TOTP(user.totp).verify(code): raise Wrong()\n",
        "need(g.user, code)",
        "enforced",
    ),
    (
        "import pyotp\nclass Wrong(Exception): pass\ndef need(user, code):\n    if not pyotp.TOTP(user.totp).verify(code): raise Wrong()\n",
        "try:\n    need(g.user, code)\nexcept Wrong:\n    app.logger.warning('wrong')",
        "ignored",
    ),
    (
        "import pyotp\nfrom contextlib import suppress",
        "with suppress(Exception):\n    if not pyotp.TOTP(g.user.totp).verify(code): raise ValueError()",
        "ignored",
    ),
    (
        "import pyotp\nimport functools\ndef gated(f):\n    @functools.wraps(f)\n    def inner(*a):\n        if not pyotp.TOTP(g.user.totp).verify(request.json['code']): abort(401)\n        return f(*a)\n    return inner\n@gated\ndef allow(): pass\n",
        "allow()",
        "enforced",
    ),
    (
        "import pyotp",
        "match pyotp.TOTP(g.user.totp).verify(code):\n    case True:\n        pass\n    case _:\n        abort(401)",
        "enforced",
    ),
    ("import pyotp", "if (valid := pyotp.TOTP(g.user.totp).verify(code)) is not True: abort(401)", "enforced"),
    (
        "import pyotp",
        "verified = {'totp': pyotp.TOTP(g.user.totp).verify(code)}\nif not verified['totp']: abort(401)",
        "enforced",
    ),
    ("import pyotp", "if not all([code, pyotp.TOTP(g.user.totp).verify(code)]): abort(401)", "enforced"),
]


@pytest.mark.parametrize(("prelude", "body", "expected"), PYTHON)
def test_python(tmp_path: Path, prelude: str, body: str, expected: str) -> None:
    assert python(tmp_path, body, prelude) == expected
