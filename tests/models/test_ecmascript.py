"""What the models of the JavaScript language library make of values, seen in the facts of small projects.

A probe puts an expression where a token request takes its scopes or its secret, and reads what the facts say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts

Run = Callable[[Mapping[str, str]], Facts]

PROBE = """
{imports}
import axios from 'axios';
{setup}
export async function grant() {{
  const {{ data }} = await axios.post('https://id.sandbox.cybrid.app/oauth/token', {{
    grant_type: 'client_credentials',
    client_id: process.env.CLIENT_ID,
    client_secret: {secret},
    scope: {scope},
  }});
  return data.access_token;
}}
await grant();
"""


def probe(
    *, imports: str = "", setup: str = "", secret: str = "process.env.CLIENT_SECRET", scope: str = "'prices:read'"
) -> dict[str, str]:
    return {"main.ts": PROBE.format(imports=imports, setup=setup, secret=secret, scope=scope)}


def scopes(facts: Facts) -> set[str]:
    (mint,) = facts.mints
    return set(mint.scopes.names)


def sources(facts: Facts) -> set[tuple[str, str]]:
    (use,) = [use for use in facts.credentials if use.role == "client_secret"]
    return {(source.kind.value, source.name) for source in use.sources}


BOTH = {"prices:read", "trades:read"}


@pytest.mark.parametrize(
    ("setup", "scope"),
    [
        ("const m = new Map([['a', 'prices:read'], ['b', 'trades:read']]);", "m.get('a') + ' ' + m.get('b')"),
        ("const m = new Map(Object.entries({ a: 'prices:read', b: 'trades:read' }));", "[...m.values()].join(' ')"),
        (
            "const m = new Map(); m.set('a', 'prices:read').set('b', 'trades:read'); const o: string[] = []; for (const [, v] of m) o.push(v);",
            "o.join(' ')",
        ),
        ("const s = new Set(['prices:read', 'trades:read', 'prices:read']);", "Array.from(s).join(' ')"),
        ("const s = new Set<string>(); s.add('prices:read'); s.add('trades:read');", "[...s].join(' ')"),
        (
            "class Own extends Map<string, string> { all() { return [...this.values()].join(' '); } } const m = new Own(); m.set('a', 'prices:read'); m.set('b', 'trades:read');",
            "m.all()",
        ),
        ("const o = { a: 'prices:read', b: 'trades:read' };", "Object.values(o).join(' ')"),
        ("const o = { 'prices:read': 1, 'trades:read': 1 };", "Object.keys(o).join(' ')"),
        ("const o = Object.fromEntries([['a', 'prices:read'], ['b', 'trades:read']]);", "`${o.a} ${o.b}`"),
        ("const o = Object.assign({}, { a: 'x' }, { a: 'prices:read', b: 'trades:read' });", "`${o.a} ${o.b}`"),
        ("const o = Object.freeze({ list: ['prices:read', 'trades:read'] });", "o.list.join(' ')"),
        ("const o = JSON.parse(JSON.stringify({ list: ['prices:read', 'trades:read'] }));", "o.list.join(' ')"),
        ('const o = JSON.parse(\'{"list": ["prices:read", "trades:read"]}\');', "o.list.join(' ')"),
        ("const o = structuredClone({ list: ['prices:read', 'trades:read'] });", "o.list.join(' ')"),
        ("const o = new Proxy({ list: ['prices:read', 'trades:read'] }, {});", "Reflect.get(o, 'list').join(' ')"),
        (
            "const p = new URLSearchParams({ a: 'prices:read' }); p.append('b', 'trades:read');",
            "p.get('a') + ' ' + p.get('b')",
        ),
        (
            "const u = new URL('https://x.example/?a=prices:read'); u.searchParams.set('b', 'trades:read');",
            "`${u.searchParams.get('a')} ${u.searchParams.get('b')}`",
        ),
        (
            "const h = new Headers({ 'X-A': 'prices:read' }); h.set('X-B', 'trades:read');",
            "h.get('x-a') + ' ' + h.get('x-b')",
        ),
        (
            "const [a, b] = await Promise.all([Promise.resolve('prices:read'), (async () => 'trades:read')()]);",
            "`${a} ${b}`",
        ),
        ("const r = await Promise.allSettled([Promise.resolve('prices:read trades:read')]);", "r[0].value"),
        (
            "const v = await new Promise<string>((resolve) => setTimeout(() => resolve('prices:read trades:read'), 5));",
            "v",
        ),
        ("const v = await Promise.race([Promise.resolve('prices:read trades:read')]);", "v"),
        (
            "const tag = (texts: TemplateStringsArray, ...values: string[]) => values.join(texts[1]); const [a, b] = ['prices:read', 'trades:read'];",
            "tag`${a} ${b}`",
        ),
        (
            "function* names() { yield 'prices:read'; yield 'trades:read'; } const l: string[] = []; for (const n of names()) l.push(n);",
            "l.join(' ')",
        ),
        (
            "async function* names() { yield 'prices:read'; yield 'trades:read'; } let l = ''; for await (const n of names()) l += n + ' ';",
            "l",
        ),
        (
            "class C { static #all: string[] = []; static { this.#all.push('prices:read', 'trades:read'); } static get text() { return C.#all.join(' '); } }",
            "C.text",
        ),
        ("const o = { get both() { return 'prices:read trades:read'; } };", "o.both"),
        ("globalThis.wanted = 'prices:read trades:read';", "globalThis.wanted"),
    ],
)
def test_values_pass_through_the_language_library(run: Run, setup: str, scope: str) -> None:
    assert scopes(run(probe(setup=setup, scope=scope))) == BOTH


@pytest.mark.parametrize(
    ("imports", "scope"),
    [
        ("import { get } from 'lodash'; const o = { a: { b: 'prices:read trades:read' } };", "get(o, 'a.b')"),
        (
            "import merge from 'lodash/merge'; const o = merge({ a: { x: 'prices:read' } }, { a: { y: 'trades:read' } });",
            "`${o.a.x} ${o.a.y}`",
        ),
        (
            "import _ from 'lodash'; const o = _.pick({ a: 'prices:read', b: 'trades:read', c: 'x' }, ['a', 'b']);",
            "Object.values(o).join(' ')",
        ),
        (
            "import { partial } from 'lodash'; const f = partial((a: string, b: string) => `${a} ${b}`, 'prices:read');",
            "f('trades:read')",
        ),
        ("import { once } from 'lodash'; const f = once(() => 'prices:read trades:read');", "f()"),
        (
            "import { curry } from 'lodash'; const f = curry((a: string, b: string) => `${a} ${b}`);",
            "f('prices:read')('trades:read')",
        ),
        ("import pRetry from 'p-retry'; const v = await pRetry(async () => 'prices:read trades:read');", "v"),
        (
            "import PQueue from 'p-queue'; const q = new PQueue(); const v = await q.add(async () => 'prices:read trades:read');",
            "v",
        ),
        (
            "import CircuitBreaker from 'opossum'; const b = new CircuitBreaker(async (x: string) => x + ' trades:read'); const v = await b.fire('prices:read');",
            "v",
        ),
        (
            "import { of, firstValueFrom } from 'rxjs'; import { map, switchMap } from 'rxjs/operators'; const v = await firstValueFrom(of('prices:read').pipe(map((x) => x + ' '), switchMap(async (x) => x + 'trades:read')));",
            "v",
        ),
        (
            "import { forkJoin, of, lastValueFrom } from 'rxjs'; const v = await lastValueFrom(forkJoin({ a: of('prices:read'), b: of('trades:read') }));",
            "`${v.a} ${v.b}`",
        ),
        (
            "import { promisify } from 'node:util'; const f = promisify((x: string, done: (e: unknown, v: string) => void) => done(null, x + ' trades:read')); const v = await f('prices:read');",
            "v",
        ),
        (
            "import { AsyncLocalStorage } from 'node:async_hooks'; const s = new AsyncLocalStorage<string>(); const v = s.run('prices:read trades:read', () => s.getStore());",
            "v",
        ),
        ("import { cache } from 'react'; const f = cache((x: string) => `${x} trades:read`);", "f('prices:read')"),
        (
            "import qs from 'node:querystring'; import path from 'node:path';",
            "[path.join('prices:read'), 'trades:read'].join(' ')",
        ),
        (
            "import { z } from 'zod'; const o = z.object({ a: z.string().default('prices:read'), b: z.literal('trades:read') }).parse({ b: 'trades:read' });",
            "`${o.a} ${o.b}`",
        ),
    ],
)
def test_values_pass_through_libraries(run: Run, imports: str, scope: str) -> None:
    assert scopes(run(probe(imports=imports, scope=scope))) == BOTH


SECRET = "kZ8mQ2vT6yLr0cN4bX9wHd5sJfPa1uEg"


@pytest.mark.parametrize(
    ("setup", "secret"),
    [
        ("", "atob('a1o4bVEydlQ2eUxyMGNONGJYOXdIZDVzSmZQYTF1RWc=')"),
        ("", "Buffer.from('a1o4bVEydlQ2eUxyMGNONGJYOXdIZDVzSmZQYTF1RWc=', 'base64').toString('utf8')"),
        ("", f"Buffer.from('{SECRET.encode().hex()}', 'hex').toString()"),
        ("", "String.raw`kZ8mQ2vT6yLr0cN4bX9wHd5sJfPa1uEg`"),
        ("", "['kZ8mQ2vT6yLr0cN4', 'bX9wHd5sJfPa1uEg'].join('')"),
        ("", "process.env.CLIENT_SECRET_NOT_SET || 'kZ8mQ2vT6yLr0cN4bX9wHd5sJfPa1uEg'"),
        ("", "decodeURIComponent(encodeURIComponent('kZ8mQ2vT6yLr0cN4bX9wHd5sJfPa1uEg'))"),
        ("", f"Buffer.from([{', '.join(str(byte) for byte in SECRET.encode())}]).toString()"),
        ("import config from './settings.json';", "config.platform.secret"),
    ],
)
def test_literals_are_found_behind_encodings(run: Run, setup: str, secret: str) -> None:
    files = probe(imports=setup, secret=secret) | {
        "settings.json": '{\n  "platform": {"secret": "' + SECRET + '"}\n}\n'
    }
    facts = run(files)
    (use,) = [use for use in facts.credentials if use.role == "client_secret"]
    (literal,) = [source for source in use.sources if source.kind.value == "literal"]
    assert not literal.is_placeholder
    assert literal.masked is not None
    assert (literal.masked.prefix, literal.masked.length) == ("kZ8m", 32)
    expected = (
        ("settings.json", 2)
        if "config" in secret
        else ("main.ts", next(n for n, line in enumerate(files["main.ts"].splitlines(), 1) if "client_secret" in line))
    )
    assert (literal.location.path, literal.location.start_line) == expected


def test_basic_headers_are_understood_when_encoded(run: Run) -> None:
    code = """
    const basic = Buffer.from(`${process.env.CYBRID_ID}:${process.env.CYBRID_SECRET}`).toString('base64');
    await fetch('https://id.sandbox.cybrid.app/oauth/token', {
      method: 'POST',
      headers: { Authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'prices:read' }),
    });
    """
    facts = run({"main.ts": code})
    assert scopes(facts) == {"prices:read"}
    assert {(use.role, source.name) for use in facts.credentials for source in use.sources} == {
        ("client_id", "CYBRID_ID"),
        ("client_secret", "CYBRID_SECRET"),
    }


@pytest.mark.parametrize(
    ("imports", "secret", "expected"),
    [
        ("import { env } from 'node:process';", "env.SECRET_X", {("environment", "SECRET_X")}),
        ("", "Deno.env.get('SECRET_X')", {("environment", "SECRET_X")}),
        (
            "import { z } from 'zod'; const env = z.object({ SECRET_X: z.string() }).parse(process.env);",
            "env.SECRET_X",
            {("environment", "SECRET_X")},
        ),
        (
            "import { z } from 'zod'; const r = z.object({ SECRET_X: z.string().min(1) }).safeParse(process.env);",
            "r.data!.SECRET_X",
            {("environment", "SECRET_X")},
        ),
        (
            "import { cleanEnv, str } from 'envalid'; const env = cleanEnv(process.env, { SECRET_X: str() });",
            "env.SECRET_X",
            {("environment", "SECRET_X")},
        ),
        (
            "import { createEnv } from '@t3-oss/env-core'; import { z } from 'zod'; const env = createEnv({ server: { SECRET_X: z.string() }, runtimeEnv: process.env });",
            "env.SECRET_X",
            {("environment", "SECRET_X")},
        ),
        (
            "import convict from 'convict'; const c = convict({ a: { secret: { env: 'SECRET_X', default: '' } } });",
            "c.get('a.secret')",
            {("environment", "SECRET_X")},
        ),
        ("import env from 'env-var';", "env.get('SECRET_X').required().asString()", {("environment", "SECRET_X")}),
        ("import config from 'config';", "config.get('cybrid.secret')", {("environment", "cybrid.secret")}),
        (
            "import * as dotenv from 'dotenv'; const env = dotenv.config().parsed!;",
            "env.SECRET_X",
            {("environment", "SECRET_X")},
        ),
        (
            "import * as v from 'valibot'; const env = v.parse(v.object({ SECRET_X: v.string() }), process.env);",
            "env.SECRET_X",
            {("environment", "SECRET_X")},
        ),
        (
            "import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'; const c = new SecretsManagerClient({}); const r = await c.send(new GetSecretValueCommand({ SecretId: 'cybrid' }));",
            "JSON.parse(r.SecretString!).secret",
            {("secrets-manager", "cybrid")},
        ),
        (
            "import { SecretClient } from '@azure/keyvault-secrets'; const c = new SecretClient('u', null!);",
            "(await c.getSecret('cybrid')).value",
            {("secrets-manager", "cybrid")},
        ),
        (
            "import { readFileSync } from 'node:fs';",
            "readFileSync('/run/secrets/cybrid', 'utf8').trim()",
            {("secrets-manager", "/run/secrets/cybrid")},
        ),
        (
            "import { readFileSync } from 'node:fs';",
            "JSON.parse(readFileSync('secret.json', 'utf8')).secret",
            {("file", "secret.json.secret")},
        ),
        (
            "import { Pool } from 'pg'; const p = new Pool();",
            "(await p.query('select secret from t')).rows[0].secret",
            {("database", "rows")},
        ),
        (
            "import { PrismaClient } from '@prisma/client'; const p = new PrismaClient();",
            "(await p.bank.findFirst())!.secret",
            {("database", "bank.secret")},
        ),
        (
            "import inquirer from 'inquirer'; const a = await inquirer.prompt([{ name: 'secret' }]);",
            "a.secret",
            {("prompt", "secret")},
        ),
        ("", "process.argv[2]", {("prompt", "argument")}),
    ],
)
def test_sources_of_credentials(run: Run, imports: str, secret: str, expected: set[tuple[str, str]]) -> None:
    facts = run(probe(imports=imports, secret=secret))
    assert {kind for kind, _ in sources(facts)} == {kind for kind, _ in expected}
    assert sources(facts) == expected


@pytest.mark.parametrize(
    ("imports", "secret"),
    [
        (
            "import Joi from 'joi'; const { value } = Joi.object({ SECRET_X: Joi.string() }).validate(process.env);",
            "value.SECRET_X",
        ),
        (
            "import * as yup from 'yup'; const env = yup.object({ SECRET_X: yup.string().required() }).validateSync(process.env);",
            "env.SECRET_X",
        ),
        (
            "import { z } from 'zod'; const env = z.object({ SECRET_X: z.string() }).transform((e) => ({ secret: e.SECRET_X })).parse(process.env);",
            "env.secret",
        ),
        (
            "import { z } from 'zod'; const env = z.object({ SECRET_X: z.string() }).extend({ OTHER: z.string() }).pick({ SECRET_X: true }).parse(process.env);",
            "env.SECRET_X",
        ),
        ("const { SECRET_X, ...others } = process.env;", "SECRET_X"),
        ("const copy = { ...process.env };", "copy.SECRET_X"),
        (
            "const read = (name: string) => { const value = process.env[name]; if (!value) throw new Error(name); return value; };",
            "read('SECRET_X')",
        ),
        (
            "const keys = ['SECRET_X'] as const; const env = Object.fromEntries(keys.map((key) => [key, process.env[key]]));",
            "env.SECRET_X",
        ),
    ],
)
def test_the_environment_by_way_of_schemas_and_copies(run: Run, imports: str, secret: str) -> None:
    assert sources(run(probe(imports=imports, secret=secret))) == {("environment", "SECRET_X")}


@pytest.mark.parametrize(
    ("imports", "secret"),
    [
        (
            "import { z } from 'zod'; const env = z.object({ SECRET_X: z.string().default('LITERAL') }).parse(process.env);",
            "env.SECRET_X",
        ),
        (
            "import convict from 'convict'; const c = convict({ secret: { env: 'SECRET_X', default: 'LITERAL' } });",
            "c.get('secret')",
        ),
        (
            "import { cleanEnv, str } from 'envalid'; const env = cleanEnv(process.env, { SECRET_X: str({ default: 'LITERAL' }) });",
            "env.SECRET_X",
        ),
        ("import env from 'env-var';", "env.get('SECRET_X').default('LITERAL').asString()"),
        ("const { SECRET_X = 'LITERAL' } = process.env;", "SECRET_X"),
        ("const secret = process.env.SECRET_X ? process.env.SECRET_X : 'LITERAL';", "secret"),
    ],
)
def test_literal_defaults_of_variables_are_found(run: Run, imports: str, secret: str) -> None:
    imports, secret = imports.replace("LITERAL", SECRET), secret.replace("LITERAL", SECRET)
    assert sources(run(probe(imports=imports, secret=secret))) == {("environment", "SECRET_X"), ("literal", "literal")}


def test_injected_library_clients_are_known_by_their_type(run: Run) -> None:
    code = """
    import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
    export class Credentials {
      constructor(private readonly ssm: SSMClient) {}
      async secret() {
        const { Parameter } = await this.ssm.send(new GetParameterCommand({ Name: '/cybrid/secret', WithDecryption: true }));
        return Parameter!.Value!;
      }
    }
    """
    grant = PROBE.format(
        imports="import { Credentials } from './credentials'; export async function token(source: Credentials) { const s = await source.secret();",
        setup="",
        secret="s",
        scope="'a'",
    )
    grant = (
        grant.replace("import axios from 'axios';", "")
        .replace("export async function grant()", "const grant = async ()")
        .replace("{{", "{")
        .replace("async () {", "async () => {")
    )
    grant = "import axios from 'axios';\n" + grant.replace("await grant();", "return grant(); }")
    assert sources(run({"credentials.ts": code, "main.ts": grant})) == {("secrets-manager", "/cybrid/secret")}


def test_request_input_through_a_schema_stays_input(run: Run) -> None:
    code = """
    import express from 'express';
    import { z } from 'zod';
    const app = express();
    const Body = z.object({ scopes: z.array(z.string()) });
    app.post('/token', async (req, res) => {
      const body = Body.parse(req.body);
      await fetch('https://id.sandbox.cybrid.app/oauth/token', {
        method: 'POST',
        body: JSON.stringify({ grant_type: 'client_credentials', client_id: process.env.A, client_secret: process.env.B, scope: body.scopes.join(' ') }),
      });
      res.end();
    });
    """
    (mint,) = run({"main.ts": code}).mints
    assert mint.scopes.user_controlled_at is not None
    assert not mint.scopes.is_complete


def test_memoized_by_scope_alone_is_shared_between_customers(run: Run) -> None:
    code = """
    import memoize from 'lodash/memoize';
    import express from 'express';
    import { grant } from './bank';
    const mint = async (scope: string, customer: string) => {
      const res = await fetch('https://id.sandbox.cybrid.app/api/customer_tokens', {
        method: 'POST',
        headers: { authorization: `Bearer ${await grant()}` },
        body: JSON.stringify({ customer_guid: customer, scopes: [scope] }),
      });
      return (await res.json()).access_token;
    };
    const byScope = memoize(mint);
    const byBoth = memoize(mint, (scope, customer) => `${scope}:${customer}`);
    express().get('/:customer', async (req, res) => {
      await byScope('prices:read', req.params.customer);
      await byBoth('prices:read', req.params.customer);
      res.end();
    });
    """
    bank = PROBE.format(imports="", setup="", secret="process.env.S", scope="'customers:write'").replace(
        "await grant();", ""
    )
    facts = run({"main.ts": code, "bank.ts": bank})
    lines = code.splitlines()
    assert [lines[store.at.start_line - 1].strip() for store in facts.shared_stores] == [
        "const byScope = memoize(mint);"
    ]
