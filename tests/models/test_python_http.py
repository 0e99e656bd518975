"""Ways in which Python code calls the platform: what call, on which line, with which token.

A mark `#@ GET /api/prices bank` says what its line performs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts

Run = Callable[[Mapping[str, str]], Facts]

PRELUDE = """import os, requests, httpx
HOST = "https://bank.sandbox.cybrid.app"; IDP = "https://id.sandbox.cybrid.app"
def bank_token(): return requests.post(f"{IDP}/oauth/token", json={"grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": "customers:read"}, timeout=9).json()["access_token"]
def customer_token(guid): return requests.post(f"{IDP}/api/customer_tokens", json={"customer_guid": guid, "scopes": ["trades:execute"]}, headers={"Authorization": f"Bearer {bank_token()}"}, timeout=9).json()["access_token"]
def send(method, path, token, **kw): return requests.request(method, HOST + path, headers={"Authorization": f"Bearer {token}"}, timeout=5, **kw).json()
"""

CLIENTS = {
    "session with headers set later": """
session = requests.Session()
session.headers.update({"Authorization": "Bearer " + bank_token(), "Accept": "application/json"})
session.get(HOST + "/api/prices")  #@ GET /api/prices bank
""",
    "session in a with statement": """
with requests.Session() as s:
    s.headers["Authorization"] = f"Bearer {bank_token()}"
    s.request("POST", f"{HOST}/api/trades", json={"quote_guid": "x"})  #@ POST /api/trades bank
""",
    "auth class of requests": """
class Bearer(requests.auth.AuthBase):
    def __init__(self, make): self.make = make
    def __call__(self, request):
        request.headers["Authorization"] = "Bearer " + self.make()
        return request
requests.get(f"{HOST}/api/prices", auth=Bearer(bank_token), timeout=1)  #@ GET /api/prices bank
session = requests.Session()
session.auth = Bearer(lambda: customer_token("g"))
session.get(f"{HOST}/api/accounts")  #@ GET /api/accounts customer
""",
    "session with a base": """
from urllib.parse import urljoin
class Platform(requests.Session):
    def __init__(self, base, token):
        super().__init__()
        self.base = base
        self.headers["Authorization"] = f"Bearer {token}"
    def request(self, method, url, *args, **kwargs):
        kwargs.setdefault("timeout", 10)
        return super().request(method, urljoin(self.base, url), *args, **kwargs)
bank = Platform(HOST, bank_token())
bank.get("/api/prices")  #@ GET /api/prices bank
bank.post("/api/customers", json={"type": "individual"})  #@ POST /api/customers bank
""",
    "session that overrides send": """
class Signed(requests.Session):
    def send(self, request, **kwargs):
        request.headers["Authorization"] = f"Bearer {bank_token()}"
        return super().send(request, **kwargs)
Signed().get(HOST + "/api/prices")  #@ GET /api/prices bank
""",
    "base url session of the toolbelt": """
from requests_toolbelt import sessions
http = sessions.BaseUrlSession(base_url=HOST)
http.headers.update(Authorization=f"Bearer {bank_token()}")
http.get("/api/prices")  #@ GET /api/prices bank
""",
    "prepared request": """
request = requests.Request("GET", f"{HOST}/api/prices", headers={"Authorization": f"Bearer {bank_token()}"})  #@ GET /api/prices bank
requests.Session().send(request.prepare())
""",
    "hook of httpx": """
def sign(request): request.headers["Authorization"] = f"Bearer {bank_token()}"
client = httpx.Client(base_url=HOST, event_hooks={"request": [sign]})
client.get("/api/prices")  #@ GET /api/prices bank
""",
    "auth flow of httpx with a request of its own": """
class Flow(httpx.Auth):
    requires_response_body = True
    def auth_flow(self, request):
        answer = yield httpx.Request("POST", f"{IDP}/oauth/token", json={"grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": "prices:read"})
        request.headers["Authorization"] = "Bearer " + answer.json()["access_token"]
        yield request
with httpx.Client(base_url=HOST, auth=Flow()) as client:
    client.get("/api/prices")  #@ GET /api/prices bank
""",
    "async auth flow": """
import asyncio
class Flow(httpx.Auth):
    async def async_auth_flow(self, request):
        request.headers["Authorization"] = "Bearer " + customer_token("g")
        yield request
async def main():
    async with httpx.AsyncClient(base_url=HOST, auth=Flow(), headers={"Accept": "*/*"}) as client:
        await client.post("/api/quotes", json={"customer_guid": "g"})  #@ POST /api/quotes customer
asyncio.run(main())
""",
    "subclass of an async client": """
import asyncio
class Bank(httpx.AsyncClient):
    def __init__(self): super().__init__(base_url=HOST, timeout=10)
    async def request(self, method, url, **kwargs):
        headers = kwargs.pop("headers", None) or {}
        headers["Authorization"] = f"Bearer {bank_token()}"
        return await super().request(method, url, headers=headers, **kwargs)
async def main():
    async with Bank() as bank:
        await bank.get("/api/prices")  #@ GET /api/prices bank
asyncio.run(main())
""",
    "build and send": """
client = httpx.Client(headers={"Authorization": f"Bearer {bank_token()}"})
request = client.build_request("POST", f"{HOST}/api/customers", json={})  #@ POST /api/customers bank
client.send(request)
""",
    "httpx url objects": """
base = httpx.URL(HOST)
httpx.get(base.join("/api/prices"), headers={"Authorization": f"Bearer {bank_token()}"})  #@ GET /api/prices bank
httpx.get(httpx.URL(HOST, path="/api/symbols"), headers={"Authorization": f"Bearer {bank_token()}"})  #@ GET /api/symbols bank
""",
    "yarl and furl": """
import yarl, furl
u = yarl.URL(HOST)
requests.get(str(u / "api" / "prices"), headers={"Authorization": f"Bearer {bank_token()}"}, timeout=1)  #@ GET /api/prices bank
requests.get((u / "api/symbols").with_query(page=1), headers={"Authorization": f"Bearer {bank_token()}"}, timeout=1)  #@ GET /api/symbols bank
requests.get(furl.furl(HOST).add(path="api/customers").url, headers={"Authorization": f"Bearer {bank_token()}"}, timeout=1)  #@ GET /api/customers bank
""",
    "aiohttp": """
import aiohttp, asyncio
async def main():
    async with aiohttp.ClientSession(HOST, headers={"Authorization": f"Bearer {bank_token()}"}) as session:
        async with session.get("/api/prices") as reply:  #@ GET /api/prices bank
            await reply.json()
        async with session.post("/api/customers", json={"type": "individual"}) as reply:  #@ POST /api/customers bank
            print((await reply.json())["guid"])
asyncio.run(main())
""",
    "aiohttp with its own token request": """
import aiohttp, asyncio
async def token(session):
    auth = aiohttp.BasicAuth(os.environ["A"], os.environ["B"])
    async with session.post(f"{IDP}/oauth/token", auth=auth, data={"grant_type": "client_credentials", "scope": "prices:read"}) as reply:
        reply.raise_for_status()
        return (await reply.json())["access_token"]
async def main():
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": "Bearer %s" % await token(session)}
        reply = await session.get(f"{HOST}/api/prices", headers=headers)  #@ GET /api/prices bank
        print(await reply.text())
asyncio.get_event_loop().run_until_complete(main())
""",
    "urllib": """
import json
from urllib import request as urlreq
req = urlreq.Request(f"{HOST}/api/customers", json.dumps({"type": "individual"}).encode(), {"Authorization": f"Bearer {bank_token()}"})  #@ POST /api/customers bank
with urlreq.urlopen(req, timeout=3) as reply:
    print(json.load(reply)["guid"])
urlreq.urlopen(urlreq.Request(url=f"{HOST}/api/prices", headers={"Authorization": f"Bearer {bank_token()}"}))  #@ GET /api/prices bank
""",
    "urllib3 pools": """
import urllib3, json
pool = urllib3.HTTPSConnectionPool("bank.sandbox.cybrid.app", headers={"Authorization": f"Bearer {bank_token()}"})
pool.request("GET", "/api/prices")  #@ GET /api/prices bank
pool.urlopen("POST", "/api/customers", body=json.dumps({"type": "individual"}))  #@ POST /api/customers bank
urllib3.PoolManager().request("GET", HOST + "/api/symbols", headers={"Authorization": f"Bearer {bank_token()}"})  #@ GET /api/symbols bank
""",
    "http.client": """
import http.client, json
from urllib.parse import urlsplit
conn = http.client.HTTPSConnection(urlsplit(HOST).netloc)
conn.request("POST", "/api/customers", body=json.dumps({}), headers={"Authorization": f"Bearer {bank_token()}"})  #@ POST /api/customers bank
print(json.loads(conn.getresponse().read().decode()))
conn.putrequest("GET", "/api/prices")  #@ GET /api/prices bank
conn.putheader("Authorization", f"Bearer {bank_token()}")
conn.endheaders()
conn.getresponse()
""",
    "OAuth session": """
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session
session = OAuth2Session(client=BackendApplicationClient(client_id=os.environ["A"]))
session.fetch_token(token_url=f"{IDP}/oauth/token", client_id=os.environ["A"], client_secret=os.environ["B"], scope=["prices:read"])
session.get(f"{HOST}/api/prices")  #@ GET /api/prices bank
""",
    "OAuth client of authlib": """
import asyncio
from authlib.integrations.httpx_client import AsyncOAuth2Client
async def main():
    async with AsyncOAuth2Client(os.environ["A"], os.environ["B"], scope="prices:read", token_endpoint=f"{IDP}/oauth/token") as client:
        await client.fetch_token()
        await client.get(f"{HOST}/api/prices")  #@ GET /api/prices bank
asyncio.run(main())
""",
    "curl": """
import pycurl
c = pycurl.Curl()
c.setopt(pycurl.URL, HOST + "/api/prices")  #@ GET /api/prices bank
c.setopt(c.HTTPHEADER, ["Authorization: Bearer " + bank_token()])
c.perform()
""",
    "tornado": """
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
async def prices():
    request = HTTPRequest(HOST + "/api/prices", method="GET", headers={"Authorization": f"Bearer {bank_token()}"})  #@ GET /api/prices bank
    return (await AsyncHTTPClient().fetch(request)).body
""",
    "httplib2": """
import httplib2
response, content = httplib2.Http().request(HOST + "/api/prices", "GET", headers={"Authorization": f"Bearer {bank_token()}"})  #@ GET /api/prices bank
""",
    "functions by verb": """
CALLS = {"get": requests.get, "post": requests.post}
def call(verb, path, **kw): return CALLS[verb](HOST + path, headers={"Authorization": f"Bearer {bank_token()}"}, timeout=5, **kw).json()
call("get", "/api/prices")  #@ GET /api/prices bank
getattr(requests, "post")(f"{HOST}/api/customers", json={}, headers={"Authorization": f"Bearer {bank_token()}"}, timeout=5)  #@ POST /api/customers bank
def by_name(method, path): return getattr(requests, method.lower())(HOST + path, headers={"Authorization": f"Bearer {bank_token()}"}, timeout=5)
by_name("GET", "/api/symbols")  #@ GET /api/symbols bank
""",
    "json=None beside data": """
def send(method, path, json=None, data=None, params=None, headers=None):
    return requests.request(method, HOST + path, json=json, data=data, params=params, headers={"Authorization": f"Bearer {bank_token()}", **(headers or {})}, timeout=5)
send("POST", "/api/transfers", data={"customer_guid": "x"})  #@ POST /api/transfers bank
""",
    "client passed to a constructor by type": """
class Prices:
    def __init__(self, http: httpx.Client): self.http = http
    def all(self): return self.http.get("/api/prices").json()  #@ GET /api/prices bank
Prices(httpx.Client(base_url=HOST, headers={"Authorization": f"Bearer {bank_token()}"})).all()
""",
    "transport that signs": """
class Signing(httpx.BaseTransport):
    def __init__(self, inner): self.inner = inner
    def handle_request(self, request):
        request.headers["Authorization"] = f"Bearer {bank_token()}"
        return self.inner.handle_request(request)
with httpx.Client(base_url=HOST, transport=Signing(httpx.HTTPTransport(retries=2))) as client:
    client.get("/api/prices")  #@ GET /api/prices bank
""",
    "middleware of aiohttp": """
import aiohttp, asyncio
async def sign(request, handler):
    request.headers["Authorization"] = f"Bearer {bank_token()}"
    return await handler(request)
async def main():
    async with aiohttp.ClientSession(base_url=HOST, middlewares=(sign,)) as session:
        await session.get("/api/prices")  #@ GET /api/prices bank
asyncio.run(main())
""",
    "generated client": """
import attrs
@attrs.define
class AuthenticatedClient:
    base_url: str
    token: str
    prefix: str = "Bearer"
    _client: httpx.Client | None = attrs.field(default=None, init=False)
    def get_httpx_client(self):
        if self._client is None:
            self._client = httpx.Client(base_url=self.base_url, headers={"Authorization": f"{self.prefix} {self.token}"})
        return self._client
def _get_kwargs(*, customer_guid, page=0):
    params = {"customer_guid": customer_guid, "page": page}
    params = {k: v for k, v in params.items() if v is not None}
    return {"method": "get", "url": "/api/accounts", "params": params}
def sync(*, client, customer_guid):
    kwargs = _get_kwargs(customer_guid=customer_guid)
    return client.get_httpx_client().request(**kwargs).json()  #@ GET /api/accounts bank
sync(client=AuthenticatedClient(base_url=HOST, token=bank_token()), customer_guid="g")
""",
    "swagger client": """
class Configuration:
    def __init__(self): self.host, self.access_token = HOST, None
    def auth_settings(self): return {"oauth2": {"in": "header", "key": "Authorization", "value": "Bearer " + self.access_token}}
class ApiClient:
    def __init__(self, configuration): self.configuration, self.default_headers = configuration, {}
    def call_api(self, resource_path, method, path_params=None, query_params=None, body=None):
        for key, value in (path_params or {}).items():
            resource_path = resource_path.replace("{%s}" % key, str(value))
        headers = dict(self.default_headers)
        for auth in self.configuration.auth_settings().values():
            headers[auth["key"]] = auth["value"]
        return requests.request(method, self.configuration.host + resource_path, params=query_params, json=body, headers=headers, timeout=3).json()
class TradesApi:
    def __init__(self, api_client): self.api_client = api_client
    def get_trade(self, trade_guid): return self.api_client.call_api("/api/trades/{trade_guid}", "GET", {"trade_guid": trade_guid})  #@ GET /api/trades/{trade_guid} bank
    def create_trade(self, body): return self.api_client.call_api("/api/trades", "POST", body=body)  #@ POST /api/trades bank
configuration = Configuration(); configuration.access_token = bank_token()
api = TradesApi(ApiClient(configuration))
api.get_trade("x"); api.create_trade({"quote_guid": "y"})
""",
    "client in a module of its own": """
import types
api = types.SimpleNamespace()
api.get = lambda path, **kw: send("GET", path, bank_token(), params=kw)
api.get("/api/prices", symbol="BTC-USD")  #@ GET /api/prices bank
""",
    "session factory with retries": """
from requests.adapters import HTTPAdapter, Retry
def session_for(token, retries=Retry(total=3)):
    session = requests.Session()
    for prefix in ("http://", "https://"): session.mount(prefix, HTTPAdapter(max_retries=retries))
    session.headers = {"Authorization": f"Bearer {token}", **session.headers}
    return session
session_for(bank_token()).get(HOST + "/api/prices")  #@ GET /api/prices bank
""",
    "response hook": """
def on_response(reply, *args, **kwargs): reply.raise_for_status()
session = requests.Session()
session.hooks["response"].append(on_response)
session.get(HOST + "/api/prices", headers={"Authorization": f"Bearer {bank_token()}"}, hooks={"response": on_response})  #@ GET /api/prices bank
""",
    "refresh hook": """
class Client(httpx.Client):
    def __init__(self):
        super().__init__(base_url=HOST, event_hooks={"request": [self._sign], "response": [self._check]})
        self._token = None
    def _sign(self, request):
        if self._token is None: self._token = bank_token()
        request.headers["Authorization"] = f"Bearer {self._token}"
    def _check(self, response): response.raise_for_status()
Client().get("/api/prices")  #@ GET /api/prices bank
""",
    "grequests and futures": """
from requests_futures.sessions import FuturesSession
future = FuturesSession().get(HOST + "/api/prices", headers={"Authorization": f"Bearer {bank_token()}"})  #@ GET /api/prices bank
print(future.result().json())
""",
    "method objects": """
class Verb:
    def __init__(self, name): self.name = name
    def __get__(self, obj, owner): return lambda path, **kw: send(self.name, path, obj.token, **kw)
class Api:
    get, post = Verb("GET"), Verb("POST")
    def __init__(self): self.token = bank_token()
Api().get("/api/prices")  #@ GET /api/prices bank
""",
}


def marks(source: str) -> list[tuple[int, str, str]]:
    """The marks of a source: line, operation, kinds of token."""
    return sorted(
        (number, match.group(1), match.group(2))
        for number, line in enumerate(source.splitlines(), 1)
        for match in re.finditer(r"#@ (\w+ /\S+) (\S+)", line)
    )


def performed(facts: Facts, lines: int, path: str = "main.py") -> list[tuple[int, str, str]]:
    """The calls that an analysis found behind the prelude: line, operation, kinds of token."""
    return sorted(
        (call.site.start_line, call.operation, "+".join(sorted({use.kind.value for use in call.tokens})))
        for call in facts.calls
        if call.site.path == path and call.site.start_line > lines
    )


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client(run: Run, name: str) -> None:
    source = PRELUDE + CLIENTS[name]
    facts = run({"main.py": source})
    assert performed(facts, PRELUDE.count("\n")) == marks(source)
