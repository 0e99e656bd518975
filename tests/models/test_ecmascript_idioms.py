"""Idioms of JavaScript clients: what call, on which line, with which token.

A mark `//@ GET /api/prices bank` says what its line performs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts

Run = Callable[[Mapping[str, str]], Facts]

PRELUDE = """import axios from 'axios'; import express from 'express'; const app = express();
const HOST = 'https://bank.sandbox.cybrid.app'; const IDP = 'https://id.sandbox.cybrid.app';
async function bankToken(): Promise<string> { const r = await fetch(`${IDP}/oauth/token`, { method: 'POST', body: JSON.stringify({ grant_type: 'client_credentials', client_id: process.env.A, client_secret: process.env.B, scope: 'customers:read' }) }); return (await r.json()).access_token; }
async function customerToken(guid: string): Promise<string> { const r = await fetch(`${IDP}/api/customer_tokens`, { method: 'POST', headers: { Authorization: `Bearer ${await bankToken()}` }, body: JSON.stringify({ customer_guid: guid, scopes: ['trades:execute'] }) }); return (await r.json()).access_token; }
"""

IDIOMS = {
    "spread answer": r"""
import { ofetch } from 'ofetch';
app.get('/', async (q, s) => { const granted = await ofetch(`${IDP}/oauth/token`, { method: 'POST', body: { grant_type: 'client_credentials', client_id: process.env.A, client_secret: process.env.B, scope: 'prices:read' } });
  const session = { at: Date.now(), ...granted };
  s.json(await ofetch(`${HOST}/api/prices`, { headers: { authorization: `Bearer ${session.access_token}` } })); }); //@ GET /api/prices bank
""",
    "bound namespace": r"""
export default { async fetch(request: Request, env: any) {
  let token = await env.TOKENS.get('bank');
  if (!token) { token = await bankToken(); await env.TOKENS.put('bank', token, { expirationTtl: 1800 }); }
  return fetch(`${HOST}/api/prices`, { headers: { authorization: `Bearer ${token}` } }); } }; //@ GET /api/prices bank
""",
    "inflight": r"""
class Tokens { private inflight: Promise<string> | null = null; private value?: { token: string; until: number };
  async get() { if (this.value && this.value.until > Date.now()) return this.value.token;
    this.inflight ??= this.load().finally(() => { this.inflight = null; }); return this.inflight; }
  private async load() { const token = await bankToken(); this.value = { token, until: Date.now() + 1000 }; return token; } }
const tokens = new Tokens();
app.get('/', async (q, s) => { s.json(await (await fetch(`${HOST}/api/prices`, { headers: { authorization: `Bearer ${await tokens.get()}` } })).json()); }); //@ GET /api/prices bank
""",
    "401 retry": r"""
async function call(path: string, init: RequestInit = {}, retry = true): Promise<any> {
  const headers = new Headers(init.headers); headers.set('Authorization', `Bearer ${await bankToken()}`);
  const res = await fetch(HOST + path, { ...init, headers });
  if (res.status === 401 && retry) return call(path, init, false);
  return res.json(); }
app.get('/', async (q, s) => { s.json(await call('/api/prices')); }); //@ GET /api/prices bank
app.post('/', async (q, s) => { s.json(await call('/api/trades', { method: 'POST', body: JSON.stringify(q.body) })); }); //@ POST /api/trades bank
""",
    "route table": r"""
const routes = { listPrices: ['GET', '/api/prices'], createTrade: ['POST', '/api/trades'], getTrade: ['GET', '/api/trades/:guid'] } as const;
async function invoke(name: keyof typeof routes, params: Record<string, string> = {}, body?: unknown) {
  const [method, template] = routes[name];
  const path = template.replace(/:(\w+)/g, (_, k) => params[k]);
  return (await axios.request({ baseURL: HOST, method, url: path, data: body, headers: { Authorization: `Bearer ${await bankToken()}` } })).data; }
app.get('/', async (q, s) => { s.json(await invoke('listPrices')); }); //@ GET /api/prices bank
app.post('/', async (q, s) => { s.json(await invoke('createTrade', {}, q.body)); }); //@ POST /api/trades bank
app.get('/:g', async (q, s) => { s.json(await invoke('getTrade', { guid: q.params.g })); }); //@ GET /api/trades/{trade_guid} bank
""",
    "path functions": r"""
const paths = { trade: (g: string) => `/api/trades/${g}`, trades: () => '/api/trades' };
const api = axios.create({ baseURL: HOST });
api.interceptors.request.use(async (c) => { c.headers.Authorization = `Bearer ${await bankToken()}`; return c; });
app.get('/:g', async (q, s) => { s.json((await api.get(paths.trade(q.params.g))).data); }); //@ GET /api/trades/{trade_guid} bank
app.post('/', async (q, s) => { s.json((await api.post(paths.trades(), q.body)).data); }); //@ POST /api/trades bank
""",
    "proxy api": r"""
const api: any = new Proxy({}, { get: (_t, name: string) => async (path: string, body?: unknown) => (await fetch(HOST + path, { method: name.toUpperCase(), headers: { Authorization: `Bearer ${await bankToken()}` }, body: JSON.stringify(body) })).json() });
app.post('/', async (q, s) => { s.json(await api.post('/api/trades', q.body)); }); //@ POST /api/trades bank
""",
    "hof": r"""
const withToken = (mint: (g: string) => Promise<string>) => (fn: (t: string, g: string) => Promise<any>) => async (guid: string) => fn(await mint(guid), guid);
const list = withToken(customerToken)(async (t, g) => (await fetch(`${HOST}/api/trades?customer_guid=${g}`, { headers: { Authorization: `Bearer ${t}` } })).json()); //@ GET /api/trades customer
app.get('/:g', async (q, s) => { s.json(await list(q.params.g)); });
""",
    "switch": r"""
async function act(kind: string, guid: string) { let path: string; let method = 'GET';
  switch (kind) { case 'trade': path = '/api/trades'; method = 'POST'; break; case 'transfer': path = '/api/transfers'; method = 'POST'; break; default: path = '/api/prices'; }
  return fetch(`${HOST}${path}`, { method, headers: { Authorization: `Bearer ${await bankToken()}` } }); } //@ GET /api/prices bank, POST /api/trades bank, POST /api/transfers bank
app.post('/:k', async (q, s) => { await act(q.params.k, q.body.g); s.end(); });
""",
    "pagination": r"""
async function* pages(path: string) { let page = 0; while (true) { const r = await fetch(`${HOST}${path}?page=${page++}`, { headers: { Authorization: `Bearer ${await bankToken()}` } }); const b = await r.json(); yield* b.objects; if (!b.objects.length) return; } }
app.get('/', async (q, s) => { const all = []; for await (const c of pages('/api/customers')) all.push(c.guid); s.json(all); }); //@ GET /api/customers bank
""",
    "bind": r"""
class Client { constructor(private token: string) {} call(method: string, path: string, body?: any) { return axios({ method, url: HOST + path, data: body, headers: { Authorization: 'Bearer ' + this.token } }); } }
app.post('/', async (q, s) => { const c = new Client(await customerToken(q.body.g)); const post = c.call.bind(c, 'POST'); s.json((await post('/api/trades', q.body)).data); }); //@ POST /api/trades customer
""",
    "mixin": r"""
type Ctor<T> = new (...a: any[]) => T;
class Base { async send(method: string, path: string) { return fetch(HOST + path, { method, headers: { Authorization: `Bearer ${await bankToken()}` } }); } }
function Tradable<T extends Ctor<Base>>(B: T) { return class extends B { trade() { return this.send('POST', '/api/trades'); } }; } //@ POST /api/trades bank
const c = new (Tradable(Base))();
app.post('/', async (q, s) => { await c.trade(); s.end(); });
""",
    "callback style": r"""
function send(path: string, cb: (e: Error | null, b?: any) => void) { bankToken().then((t) => fetch(HOST + path, { headers: { Authorization: 'Bearer ' + t } })).then((r) => r.json()).then((b) => cb(null, b), cb); }
app.get('/', (q, s, next) => send('/api/prices', (e, b) => (e ? next(e) : s.json(b)))); //@ GET /api/prices bank
""",
    "map of clients": r"""
const clients = new Map<string, ReturnType<typeof axios.create>>();
async function clientFor(guid: string) { let c = clients.get(guid); if (!c) { c = axios.create({ baseURL: HOST, headers: { Authorization: `Bearer ${await customerToken(guid)}` } }); clients.set(guid, c); } return c; }
app.post('/:g', async (q, s) => { const c = await clientFor(q.params.g); s.json((await c.post('/api/trades', q.body)).data); }); //@ POST /api/trades customer
""",
    "als": r"""
import { AsyncLocalStorage } from 'node:async_hooks';
const store = new AsyncLocalStorage<{ token: string }>();
app.use((q, s, next) => { customerToken(q.get('x-guid')!).then((token) => store.run({ token }, () => next())); });
app.post('/', async (q, s) => { s.json((await axios.post(`${HOST}/api/trades`, q.body, { headers: { Authorization: `Bearer ${store.getStore()!.token}` } })).data); }); //@ POST /api/trades customer
""",
    "req property": r"""
app.use(async (q: any, s, next) => { q.cybrid = axios.create({ baseURL: HOST, headers: { Authorization: `Bearer ${await customerToken(q.user.guid)}` } }); next(); });
app.post('/', async (q: any, s) => { s.json((await q.cybrid.post('/api/trades', q.body)).data); }); //@ POST /api/trades customer
""",
    "conditional token": r"""
async function tokenFor(guid?: string) { return guid ? customerToken(guid) : bankToken(); }
app.get('/', async (q, s) => { s.json(await (await fetch(`${HOST}/api/prices`, { headers: { authorization: `Bearer ${await tokenFor()}` } })).json()); }); //@ GET /api/prices bank
app.get('/:g', async (q, s) => { s.json(await (await fetch(`${HOST}/api/trades?customer_guid=${q.params.g}`, { headers: { authorization: `Bearer ${await tokenFor(q.params.g)}` } })).json()); }); //@ GET /api/trades customer+bank
""",
    "object spread headers": r"""
const auth = async (guid: string) => ({ Authorization: `Bearer ${await customerToken(guid)}` });
const http = { post: async (path: string, body: unknown, extra: Record<string, string>) => fetch(new URL(path, HOST), { method: 'POST', headers: { 'content-type': 'application/json', ...extra }, body: JSON.stringify(body) }) };
app.post('/:g', async (q, s) => { const r = await http.post('/api/trades', q.body, await auth(q.params.g)); s.json(await r.json()); }); //@ POST /api/trades customer
""",
    "reduce headers": r"""
const make = (pairs: [string, string][]) => pairs.reduce((h, [k, v]) => { h[k] = v; return h; }, {} as Record<string, string>);
app.post('/:g', async (q, s) => { const r = await fetch(`${HOST}/api/trades`, { method: 'POST', headers: make([['Authorization', `Bearer ${await customerToken(q.params.g)}`]]) }); s.json(await r.json()); }); //@ POST /api/trades customer
""",
    "class getter": r"""
class Sess { #t?: string; get headers() { return { Authorization: `Bearer ${this.#t}` }; } async open(g: string) { this.#t = await customerToken(g); return this; } }
app.post('/:g', async (q, s) => { const sess = await new Sess().open(q.params.g); s.json((await axios.post(`${HOST}/api/trades`, {}, { headers: sess.headers })).data); }); //@ POST /api/trades customer
""",
    "try finally": r"""
app.post('/:g', async (q, s) => { let token: string | undefined; try { token = await customerToken(q.params.g); } catch (e) { return s.status(502).end(); } finally { console.log('x'); }
  s.json((await axios.post(`${HOST}/api/trades`, {}, { headers: { Authorization: `Bearer ${token}` } })).data); }); //@ POST /api/trades customer
""",
    "promise chain": r"""
app.post('/:g', (q, s, n) => { customerToken(q.params.g).then((t) => axios.post(`${HOST}/api/trades`, {}, { headers: { Authorization: `Bearer ${t}` } })).then(({ data }) => s.json(data)).catch(n); }); //@ POST /api/trades customer
""",
    "enum endpoint": r"""
enum Ep { Trades = '/api/trades', Prices = '/api/prices' }
const call = async (e: Ep, method = 'GET') => fetch(`${HOST}${e}`, { method, headers: { Authorization: `Bearer ${await bankToken()}` } });
app.get('/', async (q, s) => { await call(Ep.Prices); s.end(); }); //@ GET /api/prices bank
app.post('/', async (q, s) => { await call(Ep.Trades, 'POST'); s.end(); }); //@ POST /api/trades bank
""",
    "setters": r"""
class Api { private t = ''; set token(v: string) { this.t = v; } post(p: string) { return axios.post(HOST + p, {}, { headers: { Authorization: `Bearer ${this.t}` } }); } }
app.post('/:g', async (q, s) => { const a = new Api(); a.token = await customerToken(q.params.g); s.json((await a.post('/api/trades')).data); }); //@ POST /api/trades customer
""",
    "dynamic import": r"""
app.get('/', async (q, s) => { const { default: http } = await import('axios'); s.json((await http.get(`${HOST}/api/prices`, { headers: { Authorization: `Bearer ${await bankToken()}` } })).data); }); //@ GET /api/prices bank
""",
    "iife singleton": r"""
const getClient = (() => { let c: any; return async () => { if (!c) c = axios.create({ baseURL: HOST, headers: { Authorization: `Bearer ${await bankToken()}` } }); return c; }; })();
app.get('/', async (q, s) => { s.json((await (await getClient()).get('/api/prices')).data); }); //@ GET /api/prices bank
""",
    "method shorthand table": r"""
const handlers: Record<string, (t: string) => Promise<any>> = { async prices(t) { return axios.get(`${HOST}/api/prices`, { headers: { Authorization: `Bearer ${t}` } }); } }; //@ GET /api/prices bank
app.get('/:n', async (q, s) => { s.json((await handlers[q.params.n](await bankToken())).data); });
""",
    "array join url": r"""
app.get('/:g', async (q, s) => { const url = [HOST, 'api', 'trades', q.params.g].join('/'); s.json((await axios.get(url, { headers: { Authorization: `Bearer ${await bankToken()}` } })).data); }); //@ GET /api/trades/{trade_guid} bank
""",
    "env url with slash": r"""
const base = (process.env.CYBRID_API_URL ?? HOST).replace(/\/+$/, '');
app.get('/', async (q, s) => { s.json((await axios.get(`${base}/api/prices`, { headers: { Authorization: `Bearer ${await bankToken()}` } })).data); }); //@ GET /api/prices bank
""",
}

MARK = re.compile(r" //@ (.*)")


@pytest.mark.parametrize("name", IDIOMS)
def test_idioms(run: Run, name: str) -> None:
    source = PRELUDE + IDIOMS[name]
    expected = {}
    for number, line in enumerate(source.splitlines(), 1):
        mark = MARK.search(line)
        for part in mark.group(1).split(", ") if mark else ():
            operation, _, kinds = part.rpartition(" ")
            expected[number, operation] = set(kinds.split("+"))
    facts = run({"main.ts": MARK.sub("", source)})
    found = {
        (call.site.start_line, call.operation): {use.kind.value for use in call.tokens}
        for call in facts.calls
        if call.operation != "POST /api/customer_tokens"
    }
    assert expected
    assert found == expected
