"""Every HTTP client of JavaScript ends in the same call record: operation, line, token."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts

Run = Callable[[Mapping[str, str]], Facts]

HOST = "https://bank.sandbox.cybrid.app"

GRANT = """
export async function grant(): Promise<string> {
  const res = await fetch('https://id.sandbox.cybrid.app/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: process.env.A!, client_secret: process.env.B!, scope: 'trades:execute' }),
  });
  return (await res.json()).access_token;
}
"""

CLIENTS = {
    "fetch with URL": "await fetch(new URL('/api/trades', HOST), { method: 'POST', headers: new Headers({ Authorization: bearer }), body: JSON.stringify(body) });",
    "fetch with list of headers": "await fetch(`${HOST}/api/trades`, { method: 'post', headers: [['authorization', bearer]], body: JSON.stringify(body) });",
    "fetch of a Request": "const r = new Request(`${HOST}/api/trades`, { method: 'POST', body: JSON.stringify(body) }); r.headers.set('authorization', bearer); await fetch(r);",
    "axios.post": "await axios.post(`${HOST}/api/trades`, body, { headers: { Authorization: bearer } });",
    "axios config": "await axios({ method: 'post', url: '/api/trades', baseURL: HOST, data: body, headers: { Authorization: bearer } });",
    "axios instance": "const c = axios.create({ baseURL: HOST, headers: { Authorization: bearer } }); await c.post('/api/trades', body);",
    "axios instance called": "const c = axios.create({ baseURL: HOST }); c.defaults.headers.common['Authorization'] = bearer; await c({ url: '/api/trades', method: 'POST', data: body });",
    "axios interceptor": "const c = axios.create({ baseURL: HOST }); c.interceptors.request.use((config) => { config.headers.Authorization = bearer; return config; }); await c.request({ url: 'api/trades', method: 'POST', data: body });",
    "axios interceptor with set": "const c = axios.create({ baseURL: HOST }); c.interceptors.request.use(async (config) => { config.headers.set('Authorization', bearer); return config; }); await c.post('/api/trades', body);",
    "got": "await got.post(`${HOST}/api/trades`, { json: body, headers: { Authorization: bearer } }).json();",
    "got with hooks": "const c = got.extend({ prefixUrl: HOST, hooks: { beforeRequest: [(o) => { o.headers.authorization = bearer; }] } }); await c.post('api/trades', { json: body });",
    "ky": "await ky.post('api/trades', { prefixUrl: HOST, json: body, headers: { Authorization: bearer } }).json();",
    "undici": "await request(`${HOST}/api/trades`, { method: 'POST', headers: { authorization: bearer }, body: JSON.stringify(body) });",
    "undici pool": "await new Pool(HOST).request({ path: '/api/trades', method: 'POST', headers: { authorization: bearer }, body: JSON.stringify(body) });",
    "superagent": "await superagent.post(`${HOST}/api/trades`).set('Authorization', bearer).send(body);",
    "superagent bearer": "await superagent('POST', `${HOST}/api/trades`).auth(token, { type: 'bearer' }).send(body);",
    "superagent then": "superagent.post(`${HOST}/api/trades`).set({ Authorization: bearer }).send(body).then((r) => r.body);",
    "superagent end": "superagent.post(`${HOST}/api/trades`).set({ Authorization: bearer }).send(body).end((e, r) => r);",
    "wretch": "await wretch(HOST).auth(bearer).url('/api/trades').post(body).json();",
    "wretch json": "await wretch(`${HOST}/api/trades`).headers({ Authorization: bearer }).json(body).post().res();",
    "needle": "await needle('post', `${HOST}/api/trades`, body, { json: true, headers: { Authorization: bearer } });",
    "needle callback": "needle.post(`${HOST}/api/trades`, body, { headers: { Authorization: bearer } }, (e, r, b) => b);",
    "request": "oldRequest.post({ url: `${HOST}/api/trades`, json: body, headers: { Authorization: bearer } }, (e, r, b) => b);",
    "request-promise": "await rp({ method: 'POST', uri: `${HOST}/api/trades`, body, json: true, auth: { bearer: token }, headers: { Authorization: bearer } });",
    "node https": "const r = https.request({ hostname: 'bank.sandbox.cybrid.app', path: '/api/trades', method: 'POST', headers: { Authorization: bearer } }, (m) => m.on('data', (d) => d)); r.write(JSON.stringify(body)); r.end();",
    "node https with URL": "const r = https.request(`${HOST}/api/trades`, { method: 'POST' }, (m) => m.resume()); r.setHeader('Authorization', bearer); r.end(JSON.stringify(body));",
    "ofetch": "await ofetch('/api/trades', { baseURL: HOST, method: 'POST', body, headers: { Authorization: bearer } });",
    "ofetch create": "await ofetch.create({ baseURL: HOST, headers: { Authorization: bearer } })('/api/trades', { method: 'POST', body });",
    "gaxios": "await gaxios({ url: `${HOST}/api/trades`, method: 'POST', data: body, headers: { Authorization: bearer } });",
    "rate limit": "const c = rateLimit(axios.create({ baseURL: HOST, headers: { Authorization: bearer } }), { maxRequests: 2 }); await c.post('/api/trades', body);",
    "fetch-retry": "const f = fetchRetry(fetch, { retries: 2 }); await f(`${HOST}/api/trades`, { method: 'POST', headers: { Authorization: bearer }, body: JSON.stringify(body) });",
    "query": "useQuery({ queryKey: ['x'], queryFn: () => axios.post(`${HOST}/api/trades`, body, { headers: { Authorization: bearer } }) });",
    "mutation": "const m = useMutation({ mutationFn: (b: unknown) => axios.post(`${HOST}/api/trades`, b, { headers: { Authorization: bearer } }) }); m.mutate(body);",
    "swr": "useSWR('/api/trades', (path: string) => axios.post(HOST + path, body, { headers: { Authorization: bearer } }));",
    "openapi-fetch": "const c = createClient<any>({ baseUrl: HOST, headers: { Authorization: bearer } }); await c.POST('/api/trades', { body });",
    "openapi-fetch middleware": "const c = createClient<any>({ baseUrl: HOST }); c.use({ onRequest({ request }) { request.headers.set('Authorization', bearer); return request; } }); await c.POST('/api/trades', { body });",
}

IMPORTS = """
import axios from 'axios'; import got from 'got'; import ky from 'ky'; import { request, Pool } from 'undici'; import superagent from 'superagent';
import wretch from 'wretch'; import needle from 'needle'; import oldRequest from 'request'; import rp from 'request-promise'; import https from 'node:https';
import { ofetch } from 'ofetch'; import { request as gaxios } from 'gaxios'; import createClient from 'openapi-fetch'; import rateLimit from 'axios-rate-limit'; import fetchRetry from 'fetch-retry'; import { useQuery, useMutation } from '@tanstack/react-query'; import useSWR from 'swr'; import { grant } from './grant';
const HOST = 'https://bank.sandbox.cybrid.app';
const token = await grant(); const bearer = `Bearer ${token}`; const body = { quote_guid: process.argv[2], customer_guid: process.argv[3] };
"""


@pytest.mark.parametrize("name", CLIENTS)
def test_clients_end_in_the_same_record(run: Run, name: str) -> None:
    facts = run({"main.ts": IMPORTS + CLIENTS[name], "grant.ts": GRANT})
    (call,) = facts.calls
    assert (call.operation, call.site.path, call.site.start_line) == ("POST /api/trades", "main.ts", 7)
    assert {use.kind.value for use in call.tokens} == {"bank"}
    assert call.ownership.value == "customer"
    (mint,) = facts.mints
    assert set(mint.scopes.names) == {"trades:execute"}


def test_answers_read_piece_by_piece_are_the_answer(run: Run) -> None:
    code = """
    import https from 'node:https';
    function grant(): Promise<string> {
      return new Promise((resolve, reject) => {
        const req = https.request('https://id.sandbox.cybrid.app/oauth/token', { method: 'POST' }, (res) => {
          let text = '';
          res.on('data', (chunk) => { text += chunk; });
          res.on('end', () => resolve(JSON.parse(text).access_token));
        });
        req.on('error', reject);
        req.end(JSON.stringify({ grant_type: 'client_credentials', client_id: process.env.A, client_secret: process.env.B, scope: 'prices:read' }));
      });
    }
    await fetch('https://bank.sandbox.cybrid.app/api/prices', { headers: { authorization: `Bearer ${await grant()}` } });
    """
    (call,) = run({"main.ts": code}).calls
    assert {use.kind.value for use in call.tokens} == {"bank"}


def test_nest_http_service_has_what_its_module_registers(run: Run) -> None:
    code = """
    import { Injectable, Module, Controller, Get } from '@nestjs/common';
    import { HttpModule, HttpService } from '@nestjs/axios';
    import { firstValueFrom, map } from 'rxjs';
    import { grant } from './grant';
    @Injectable()
    export class Prices {
      constructor(private readonly http: HttpService) {}
      async all() {
        const headers = { Authorization: `Bearer ${await grant()}` };
        return firstValueFrom(this.http.get('/api/prices', { headers }).pipe(map((answer) => answer.data)));
      }
    }
    @Controller('prices')
    export class PricesController {
      constructor(private readonly prices: Prices) {}
      @Get() list() { return this.prices.all(); }
    }
    @Module({ imports: [HttpModule.register({ baseURL: 'https://bank.sandbox.cybrid.app' })], providers: [Prices], controllers: [PricesController] })
    export class AppModule {}
    """
    (call,) = run({"app.ts": code, "grant.ts": GRANT}).calls
    assert (call.operation, call.site.start_line) == ("GET /api/prices", 11)
    assert {use.kind.value for use in call.tokens} == {"bank"}


TLS = {
    "agent": (
        "const agent = new https.Agent({ rejectUnauthorized: false });\nawait axios.get(PRICES, { httpsAgent: agent });",
        1,
    ),
    "agent in the options": (
        "await axios.get(PRICES, {\n  httpsAgent: new https.Agent({ rejectUnauthorized: false }) });",
        2,
    ),
    "default agent": (
        "axios.defaults.httpsAgent = new https.Agent({ rejectUnauthorized: false });\nawait axios.get(PRICES);",
        1,
    ),
    "instance": (
        "const c = axios.create({ httpsAgent: new https.Agent({ rejectUnauthorized: false }) });\nawait c.get(PRICES);",
        1,
    ),
    "own arguments": ("await got(PRICES, {\n  https: { rejectUnauthorized: false } });", 1),
    "strictSSL": ("await request({\n  url: PRICES, strictSSL: false });", 1),
    "dispatcher": (
        "const d = new Agent({ connect: { rejectUnauthorized: false } });\nawait fetch(PRICES, { dispatcher: d });",
        1,
    ),
    "global dispatcher": (
        "setGlobalDispatcher(new Agent({ connect: { rejectUnauthorized: false } }));\nawait fetch(PRICES);",
        1,
    ),
    "process": ("process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';\nawait fetch(PRICES);", 1),
    "node": ("https.get(PRICES, { rejectUnauthorized: false }, (r) => r);", 1),
    "superagent": ("await superagent.get(PRICES).disableTLSCerts();", 1),
}


@pytest.mark.parametrize("name", TLS)
def test_switched_off_certificate_checks_are_placed(run: Run, name: str) -> None:
    code, line = TLS[name]
    imports = (
        "import axios from 'axios'; import https from 'node:https'; import got from 'got'; import request from 'request-promise'; "
        "import { Agent, setGlobalDispatcher } from 'undici'; import superagent from 'superagent'; const PRICES = 'https://bank.sandbox.cybrid.app/api/prices';\n"
    )
    facts = run({"main.ts": imports + code})
    assert [(row.kind, row.at.start_line) for row in facts.transport] == [("verification-off", line + 1)]


def test_checks_that_stay_on_and_other_hosts_are_no_weakness(run: Run) -> None:
    code = """
    import https from 'node:https';
    import axios from 'axios';
    const pinned = new https.Agent({ ca: process.env.CA, rejectUnauthorized: true });
    const local = new https.Agent({ rejectUnauthorized: false });
    await axios.get('https://bank.sandbox.cybrid.app/api/prices', { httpsAgent: pinned });
    await axios.get('https://mail.internal.example/api/prices', { httpsAgent: local });
    await axios.get('http://localhost:4000/api/prices');
    """
    assert run({"main.ts": code}).transport == ()
