"""Idioms of Python between a token and a call: what call, on which line, with which token.

A mark `#@ GET /api/prices bank` says what its line performs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts
from tests.models.test_python_http import PRELUDE, marks, performed

Run = Callable[[Mapping[str, str]], Facts]

IDIOMS = {
    "context manager": """
from contextlib import contextmanager
@contextmanager
def client(token):
    with httpx.Client(base_url=HOST, headers={"Authorization": f"Bearer {token}"}) as http:
        yield http
with client(bank_token()) as http:
    http.get("/api/prices")  #@ GET /api/prices bank
""",
    "class context manager": """
class Api:
    def __enter__(self):
        self.http = httpx.Client(base_url=HOST, headers={"Authorization": f"Bearer {bank_token()}"})
        return self
    def __exit__(self, *exc): self.http.close()
    def __getattr__(self, name): return getattr(self.http, name)
with Api() as api:
    api.get("/api/prices")  #@ GET /api/prices bank
""",
    "decorator that injects a token": """
import functools
def with_token(fn):
    @functools.wraps(fn)
    def inner(*args, **kwargs):
        return fn(*args, token=bank_token(), **kwargs)
    return inner
@with_token
def prices(*, token): return send("GET", "/api/prices", token)  #@ GET /api/prices bank
prices()
""",
    "decorator with arguments": """
import functools
def endpoint(method, path):
    def decorate(fn):
        @functools.wraps(fn)
        def inner(self, *args, **kwargs):
            return send(method, path.format(*args), self.token, json=fn(self, *args, **kwargs))
        return inner
    return decorate
class Api:
    def __init__(self, token): self.token = token
    @endpoint("POST", "/api/customers")
    def create(self, kind): return {"type": kind}
    @endpoint("GET", "/api/trades/{}")
    def trade(self, guid): return None
api = Api(bank_token())
api.create("individual")  #@ POST /api/customers bank
api.trade("x")  #@ GET /api/trades/{trade_guid} bank
""",
    "class decorator": """
class authorised:
    def __init__(self, fn): self.fn = fn
    def __call__(self, *args): return self.fn(bank_token(), *args)
@authorised
def prices(token): return send("GET", "/api/prices", token)  #@ GET /api/prices bank
prices()
""",
    "partial": """
from functools import partial
get = partial(send, "GET", token=bank_token())
get("/api/prices")  #@ GET /api/prices bank
fetch = partial(partial(send, "POST"), "/api/customers")
fetch(bank_token(), json={})  #@ POST /api/customers bank
""",
    "partial method": """
from functools import partialmethod
class Api:
    def __init__(self, token): self.token = token
    def request(self, method, path, **kw): return send(method, path, self.token, **kw)
    get = partialmethod(request, "GET")
    post = partialmethod(request, "POST")
Api(bank_token()).get("/api/prices")  #@ GET /api/prices bank
Api(bank_token()).post("/api/customers", json={})  #@ POST /api/customers bank
""",
    "descriptor": """
class Token:
    def __set_name__(self, owner, name): self.name = name
    def __get__(self, instance, owner):
        return bank_token()
class Api:
    token = Token()
    def prices(self): return send("GET", "/api/prices", self.token)  #@ GET /api/prices bank
Api().prices()
""",
    "property with setter": """
class Api:
    def __init__(self): self._token = None
    @property
    def token(self):
        if self._token is None: self.token = bank_token()
        return self._token
    @token.setter
    def token(self, value): self._token = value
    def prices(self): return send("GET", "/api/prices", self.token)  #@ GET /api/prices bank
Api().prices()
""",
    "cached property": """
from functools import cached_property
class Api:
    @cached_property
    def token(self): return bank_token()
    @cached_property
    def http(self): return httpx.Client(base_url=HOST, headers={"Authorization": f"Bearer {self.token}"})
Api().http.get("/api/prices")  #@ GET /api/prices bank
""",
    "dynamic resources": """
class Resource:
    def __init__(self, api, name): self.api, self.name = api, name
    def list(self, **params): return send("GET", f"/api/{self.name}", self.api.token, params=params)
    def create(self, **body): return send("POST", f"/api/{self.name}", self.api.token, json=body)
    def __getitem__(self, guid): return send("GET", f"/api/{self.name}/{guid}", self.api.token)
class Api:
    def __init__(self, token): self.token = token
    def __getattr__(self, name): return Resource(self, name)
api = Api(bank_token())
api.prices.list()  #@ GET /api/prices bank
api.customers.create(type="individual")  #@ POST /api/customers bank
api.trades["x"]  #@ GET /api/trades/{trade_guid} bank
""",
    "path operators": """
class Path:
    def __init__(self, token, path=""): self.token, self.path = token, path
    def __truediv__(self, part): return Path(self.token, f"{self.path}/{part}")
    def get(self): return send("GET", self.path, self.token)
root = Path(bank_token())
(root / "api" / "prices").get()  #@ GET /api/prices bank
""",
    "metaclass singleton": """
class Singleton(type):
    _instances = {}
    def __call__(cls, *args, **kwargs):
        if cls not in cls._instances:
            cls._instances[cls] = super().__call__(*args, **kwargs)
        return cls._instances[cls]
class Api(metaclass=Singleton):
    def __init__(self): self.token = bank_token()
    def prices(self): return send("GET", "/api/prices", self.token)  #@ GET /api/prices bank
Api().prices()
""",
    "new singleton": """
class Api:
    _instance = None
    def __new__(cls, *args):
        if not cls._instance:
            cls._instance = object.__new__(cls)
            cls._instance.token = bank_token()
        return cls._instance
    def prices(self): return send("GET", "/api/prices", self.token)  #@ GET /api/prices bank
Api().prices()
""",
    "cooperative mixins": """
class Base:
    def headers(self): return {"Accept": "application/json"}
    def get(self, path): return requests.get(HOST + path, headers=self.headers(), timeout=3)
class Authorised:
    def headers(self): return {**super().headers(), "Authorization": f"Bearer {self.token()}"}
class Bank(Authorised, Base):
    def token(self): return bank_token()
Bank().get("/api/prices")  #@ GET /api/prices bank
""",
    "abstract token": """
import abc
class Client(abc.ABC):
    @abc.abstractmethod
    def token(self) -> str: ...
    def get(self, path, **kw): return send("GET", path, self.token(), **kw)
class Bank(Client):
    def token(self): return bank_token()
class Customer(Client):
    def __init__(self, guid): self.guid = guid
    def token(self): return customer_token(self.guid)
Bank().get("/api/prices")  #@ GET /api/prices bank
Customer("g").get("/api/accounts")  #@ GET /api/accounts customer
""",
    "registry by decorator": """
HANDLERS = {}
def register(name):
    def decorate(fn):
        HANDLERS[name] = fn
        return fn
    return decorate
@register("prices")
def prices(token): return send("GET", "/api/prices", token)  #@ GET /api/prices bank
HANDLERS["prices"](bank_token())
""",
    "registry by subclass": """
class Job:
    registry = {}
    def __init_subclass__(cls, name, **kw):
        super().__init_subclass__(**kw)
        Job.registry[name] = cls
class Prices(Job, name="prices"):
    def run(self): return send("GET", "/api/prices", bank_token())  #@ GET /api/prices bank
Job.registry["prices"]().run()
""",
    "dispatch by getattr": """
class Jobs:
    def do_prices(self): return send("GET", "/api/prices", bank_token())  #@ GET /api/prices bank
    def do_customers(self): return send("GET", "/api/customers", bank_token())  #@ GET /api/customers bank
import sys
getattr(Jobs(), f"do_{sys.argv[1]}")()
""",
    "match statement": """
def token_for(kind, guid):
    match kind:
        case "bank": return bank_token()
        case "customer": return customer_token(guid)
        case _: raise ValueError(kind)
send("GET", "/api/prices", token_for("bank", None))  #@ GET /api/prices bank
send("GET", "/api/accounts", token_for("customer", "g"))  #@ GET /api/accounts customer
""",
    "walrus and a cache": """
_cache = {}
def token():
    if (held := _cache.get("bank")) is None:
        held = _cache["bank"] = bank_token()
    return held
send("GET", "/api/prices", token())  #@ GET /api/prices bank
""",
    "global variable": """
_token = None
def token():
    global _token
    if not _token: _token = bank_token()
    return _token
send("GET", "/api/prices", token())  #@ GET /api/prices bank
""",
    "nonlocal closure": """
def make():
    held = None
    def token():
        nonlocal held
        if held is None: held = bank_token()
        return held
    return token
token = make()
send("GET", "/api/prices", token())  #@ GET /api/prices bank
""",
    "generator of pages": """
def pages(path, token):
    page = 0
    while True:
        rows = send("GET", path, token, params={"page": page})["objects"]
        yield from rows
        if not rows: return
        page += 1
for trade in pages("/api/trades", bank_token()):  #@ GET /api/trades bank
    send("GET", f"/api/trades/{trade['guid']}", bank_token())  #@ GET /api/trades/{trade_guid} bank
""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
import threading
def prices(token): return send("GET", "/api/prices", token)  #@ GET /api/prices bank
def symbols(): return send("GET", "/api/symbols", bank_token())  #@ GET /api/symbols bank
with ThreadPoolExecutor(2) as pool:
    future = pool.submit(prices, bank_token())
    print(future.result())
threading.Thread(target=symbols, daemon=True).start()
""",
    "asyncio helpers": """
import asyncio
async def get(path): return send("GET", path, await asyncio.to_thread(bank_token))
async def main():
    a, b = await asyncio.gather(get("/api/prices"), get("/api/symbols"))  #@ GET /api/prices bank #@ GET /api/symbols bank
    c = await asyncio.wait_for(asyncio.create_task(get("/api/customers")), 5)  #@ GET /api/customers bank
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, send, "GET", "/api/banks", bank_token())  #@ GET /api/banks bank
asyncio.run(main())
""",
    "retries": """
from tenacity import retry, stop_after_attempt, Retrying
import backoff
@retry(stop=stop_after_attempt(3), reraise=True)
def prices(): return send("GET", "/api/prices", bank_token())  #@ GET /api/prices bank
@backoff.on_exception(backoff.expo, Exception, max_tries=3)
def symbols(): return send("GET", "/api/symbols", bank_token())  #@ GET /api/symbols bank
prices(); symbols()
for attempt in Retrying(stop=stop_after_attempt(2)):
    with attempt:
        send("GET", "/api/customers", bank_token())  #@ GET /api/customers bank
""",
    "single dispatch": """
from functools import singledispatch
class Bank: ...
class Customer:
    def __init__(self, guid): self.guid = guid
@singledispatch
def token(who): raise TypeError
@token.register
def _(who: Bank): return bank_token()
@token.register(Customer)
def _(who): return customer_token(who.guid)
send("GET", "/api/prices", token(Bank()))  #@ GET /api/prices bank
send("GET", "/api/accounts", token(Customer("g")))  #@ GET /api/accounts customer
""",
    "isinstance": """
class Bank: ...
class Customer:
    def __init__(self, guid): self.guid = guid
def token(who):
    if isinstance(who, Customer): return customer_token(who.guid)
    return bank_token()
send("GET", "/api/prices", token(Bank()))  #@ GET /api/prices bank
send("GET", "/api/accounts", token(Customer("g")))  #@ GET /api/accounts customer
""",
    "enum of endpoints": """
from enum import Enum
class Endpoint(Enum):
    PRICES = ("GET", "/api/prices")
    CUSTOMERS = ("POST", "/api/customers")
    def __init__(self, method, path):
        self.method, self.path = method, path
def call(endpoint, **kw): return send(endpoint.method, endpoint.path, bank_token(), **kw)
call(Endpoint.PRICES)  #@ GET /api/prices bank
call(Endpoint.CUSTOMERS, json={})  #@ POST /api/customers bank
""",
    "enum with a property": """
from enum import StrEnum, auto
class Resource(StrEnum):
    PRICES = auto()
    SYMBOLS = auto()
    @property
    def path(self): return f"/api/{self}"
send("GET", Resource.PRICES.path, bank_token())  #@ GET /api/prices bank
send("GET", Resource["SYMBOLS"].path, bank_token())  #@ GET /api/symbols bank
""",
    "enum by value": """
from enum import Enum
class Env(str, Enum):
    SANDBOX = "sandbox"
    PRODUCTION = "production"
def host(env: Env): return f"https://bank.{env.value}.cybrid.app"
requests.get(host(Env(os.environ.get("STAGE", "sandbox"))) + "/api/prices", headers={"Authorization": f"Bearer {bank_token()}"}, timeout=3)  #@ GET /api/prices bank
""",
    "dataclasses": """
from dataclasses import dataclass, field, replace
@dataclass
class Settings:
    host: str = HOST
    paths: dict = field(default_factory=lambda: {"prices": "/api/prices"})
@dataclass
class Api:
    settings: Settings
    token: str = field(init=False)
    def __post_init__(self): self.token = bank_token()
    def get(self, name): return requests.get(self.settings.host + self.settings.paths[name], headers={"Authorization": f"Bearer {self.token}"}, timeout=4)
Api(Settings()).get("prices")  #@ GET /api/prices bank
Api(replace(Settings(), host="https://bank.production.cybrid.app")).get("prices")  #@ GET /api/prices bank
""",
    "named tuples": """
from collections import namedtuple
from typing import NamedTuple
Call = namedtuple("Call", ["method", "path"])
class Grant(NamedTuple):
    token: str
    kind: str = "bank"
def grant() -> Grant: return Grant(bank_token())
token, kind = grant()
method, path = Call("GET", "/api/prices")
send(method, path, token)  #@ GET /api/prices bank
send(*Call(path="/api/symbols", method="GET"), grant()[0])  #@ GET /api/symbols bank
""",
    "pydantic models": """
from pydantic import BaseModel, Field
class Quote(BaseModel):
    customer_guid: str = Field(alias="customerGuid")
    side: str = "buy"
class Config(BaseModel):
    host: str = HOST
    prefix: str = Field(default="/api")
config = Config()
requests.post(f"{config.host}{config.prefix}/quotes", json=Quote(customerGuid="g").model_dump(), headers={"Authorization": f"Bearer {bank_token()}"}, timeout=4)  #@ POST /api/quotes bank
""",
    "attrs": """
import attrs
@attrs.define
class Api:
    token: str
    host: str = attrs.field(default=HOST)
    paths: list = attrs.field(factory=lambda: ["/api/prices"])
    def run(self):
        for path in self.paths:
            requests.get(self.host + path, headers={"Authorization": f"Bearer {self.token}"}, timeout=4)  #@ GET /api/prices bank
Api(bank_token()).run()
""",
    "tables of calls": """
JOBS = [("GET", "/api/prices", None), ("POST", "/api/customers", {"type": "individual"})]
for method, path, body in JOBS:
    send(method, path, bank_token(), json=body)  #@ GET /api/prices bank #@ POST /api/customers bank
list(map(lambda path: send("GET", path, bank_token()), ["/api/symbols"]))  #@ GET /api/symbols bank
""",
    "default dict and chain map": """
from collections import ChainMap, defaultdict
from types import SimpleNamespace, MappingProxyType
tokens = defaultdict(bank_token)
send("GET", "/api/prices", tokens["any"])  #@ GET /api/prices bank
options = ChainMap({"path": "/api/symbols"}, {"path": "/api/prices", "method": "GET"})
send(options["method"], options["path"], bank_token())  #@ GET /api/symbols bank
ns = SimpleNamespace(path="/api/customers", **{"method": "GET"})
send(ns.method, ns.path, bank_token())  #@ GET /api/customers bank
send("GET", MappingProxyType({"a": "/api/banks"})["a"], bank_token())  #@ GET /api/banks bank
""",
    "itertools and operator": """
import itertools, operator
for path in itertools.chain(["/api/prices"], ("/api/symbols",)):
    send("GET", path, bank_token())  #@ GET /api/prices bank #@ GET /api/symbols bank
get = operator.itemgetter("access_token")
answer = requests.post(f"{IDP}/oauth/token", json={"grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": "x"}, timeout=3).json()
send("GET", "/api/customers", get(answer))  #@ GET /api/customers bank
""",
    "text": """
from string import Template
from urllib.parse import quote, urlencode
import os.path, posixpath
H = {"Authorization": "Bearer {}".format(bank_token())}
requests.get("%s/api/%s" % (HOST, "prices"), headers=H, timeout=1)  #@ GET /api/prices bank
requests.get("%(host)s/api/trades" % {"host": HOST}, headers=H, timeout=1)  #@ GET /api/trades bank
requests.get("{host}/api/{0}".format("symbols", host=HOST), headers=H, timeout=1)  #@ GET /api/symbols bank
requests.get(Template("$host/api/customers/${guid}").substitute(host=HOST, guid=os.environ["G"]), headers=H, timeout=1)  #@ GET /api/customers/{customer_guid} bank
requests.get("/".join((HOST, "api", "banks", quote(os.environ["G"], safe=""))), headers=H, timeout=1)  #@ GET /api/banks/{bank_guid} bank
requests.get(HOST + "/api/accounts?" + urlencode({"customer_guid": os.environ["G"]}), headers=H, timeout=1)  #@ GET /api/accounts bank
requests.get(posixpath.join(HOST, "api", "quotes", "x"), headers=H, timeout=1)  #@ GET /api/quotes/{quote_guid} bank
requests.get(HOST.rstrip("/") + "/" + "/api/prices".lstrip("/"), headers=H, timeout=1)  #@ GET /api/prices bank
requests.get(f"{HOST}/api/{'price'!s}s", headers=H, timeout=1)  #@ GET /api/prices bank
requests.get("{0}/api/{1[0]}".format(HOST, ["prices"]), headers=H, timeout=1)  #@ GET /api/prices bank
""",
    "late import": """
def main():
    import importlib
    lib = importlib.import_module("requests")
    lib.get(HOST + "/api/prices", headers={"Authorization": f"Bearer {bank_token()}"}, timeout=1)  #@ GET /api/prices bank
main()
""",
    "instance attribute set elsewhere": """
class Api:
    def __init__(self): self.token = None
    def login(self): self.token = bank_token()
    def prices(self): return send("GET", "/api/prices", self.token)  #@ GET /api/prices bank
api = Api(); api.login(); api.prices()
""",
    "library class": """
class Api:
    def __init__(self, client_id, client_secret):
        self._auth = (client_id, client_secret)
        self._token = None
    def login(self):
        self._token = requests.post(f"{IDP}/oauth/token", auth=self._auth, data={"grant_type": "client_credentials", "scope": "prices:read"}, timeout=3).json()["access_token"]
    def prices(self): return send("GET", "/api/prices", self._token)  #@ GET /api/prices bank
""",
    "response helpers": """
def checked(response):
    response.raise_for_status()
    return response.json()
token = checked(requests.post(f"{IDP}/oauth/token", json={"grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": "x"}, timeout=3)).get("access_token", "")
send("GET", "/api/prices", token)  #@ GET /api/prices bank
import json
body = json.loads(requests.post(f"{IDP}/oauth/token", json={"grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": "x"}, timeout=3).text)
send("GET", "/api/symbols", body["access_token"])  #@ GET /api/symbols bank
""",
    "exceptions": """
class Expired(Exception): ...
def attempt(path, token):
    reply = requests.get(HOST + path, headers={"Authorization": f"Bearer {token}"}, timeout=3)
    if reply.status_code == 401: raise Expired
    return reply.json()
def get(path):
    try:
        return attempt(path, bank_token())
    except Expired:
        return attempt(path, bank_token())
get("/api/prices")  #@ GET /api/prices bank
""",
    "star arguments": """
class Api:
    def __init__(self, **options): self.__dict__.update(options)
    def prices(self): return send(*("GET", "/api/prices"), **{"token": self.token})  #@ GET /api/prices bank
Api(token=bank_token()).prices()
""",
    "slots and vars": """
class Api:
    __slots__ = ("token",)
    def __init__(self): setattr(self, "token", bank_token())
    def prices(self): return send("GET", "/api/prices", vars(self)["token"] if hasattr(self, "__dict__") else self.token)  #@ GET /api/prices bank
Api().prices()
""",
    "operator of dicts": """
base = {"timeout": 3}
auth = {"headers": {"Authorization": f"Bearer {bank_token()}"}}
requests.get(HOST + "/api/prices", **(base | auth))  #@ GET /api/prices bank
options = dict(base, **auth)
requests.get(HOST + "/api/symbols", **options)  #@ GET /api/symbols bank
options2 = {}
options2.update(auth); options2.setdefault("timeout", 3)
requests.get(HOST + "/api/customers", **options2)  #@ GET /api/customers bank
""",
    "async context manager and generator": """
import asyncio
from contextlib import asynccontextmanager
@asynccontextmanager
async def bank():
    async with httpx.AsyncClient(base_url=HOST) as http:
        http.headers["Authorization"] = f"Bearer {bank_token()}"
        yield http
async def rows(http, path):
    yield (await http.get(path)).json()
async def main():
    async with bank() as http:
        async for row in rows(http, "/api/prices"):  #@ GET /api/prices bank
            print(row)
asyncio.run(main())
""",
    "lambda table": """
TOKENS = {"bank": lambda **_: bank_token(), "customer": lambda guid: customer_token(guid)}
send("GET", "/api/prices", TOKENS["bank"]())  #@ GET /api/prices bank
send("GET", "/api/accounts", TOKENS["customer"](guid="g"))  #@ GET /api/accounts customer
""",
    "function attributes": """
def token():
    if not hasattr(token, "held"): token.held = bank_token()
    return token.held
send("GET", "/api/prices", token())  #@ GET /api/prices bank
""",
    "classmethod factories": """
class Api:
    def __init__(self, token): self.token = token
    @classmethod
    def for_bank(cls): return cls(bank_token())
    @classmethod
    def for_customer(cls, guid): return cls(customer_token(guid))
    @staticmethod
    def path(name): return f"/api/{name}"
    def get(self, name): return send("GET", self.path(name), self.token)
Api.for_bank().get("prices")  #@ GET /api/prices bank
Api.for_customer("g").get("accounts")  #@ GET /api/accounts customer
""",
    "conditional imports": """
try:
    import ujson as json
except ImportError:
    import json
token = json.loads(requests.post(f"{IDP}/oauth/token", data=json.dumps({"grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": "x"}), timeout=3).content)["access_token"]
send("GET", "/api/prices", token)  #@ GET /api/prices bank
""",
    "context variable": """
from contextvars import ContextVar
current: ContextVar[str] = ContextVar("current")
def handle(guid):
    reset = current.set(customer_token(guid))
    try:
        return accounts()
    finally:
        current.reset(reset)
def accounts(): return send("GET", "/api/accounts", current.get())  #@ GET /api/accounts customer
handle("g")
""",
    "thread local": """
import threading
local = threading.local()
def token():
    if not hasattr(local, "token"): local.token = bank_token()
    return local.token
send("GET", "/api/prices", token())  #@ GET /api/prices bank
""",
    "queue between threads": """
import queue, threading
jobs = queue.Queue()
def worker():
    while True:
        path, token = jobs.get()
        send("GET", path, token)  #@ GET /api/prices bank
        jobs.task_done()
threading.Thread(target=worker, daemon=True).start()
jobs.put(("/api/prices", bank_token()))
""",
    "header taken apart": """
header = f"Bearer {bank_token()}"
send("GET", "/api/prices", header[len("Bearer "):])  #@ GET /api/prices bank
scheme, _, token = header.partition(" ")
send("GET", "/api/symbols", token)  #@ GET /api/symbols bank
send("GET", "/api/customers", header.removeprefix("Bearer "))  #@ GET /api/customers bank
send("GET", "/api/banks", header.split(" ", 1)[1])  #@ GET /api/banks bank
send("GET", "/api/assets", header.replace("Bearer ", ""))  #@ GET /api/assets bank
""",
    "semaphores and locks": """
import asyncio, threading
lock, gate = threading.RLock(), asyncio.Semaphore(3)
async def get(path):
    async with gate:
        with lock:
            return send("GET", path, bank_token())
async def main():
    async with asyncio.timeout(5):
        await get("/api/prices")  #@ GET /api/prices bank
asyncio.run(main())
""",
    "callbacks": """
def with_bank(callback, *args): return callback(bank_token(), *args)
with_bank(lambda token: send("GET", "/api/prices", token))  #@ GET /api/prices bank
with_bank(send_for := (lambda token, path: send("GET", path, token)), "/api/symbols")  #@ GET /api/symbols bank
""",
    "either token by flag": """
def token(as_customer=False, guid=None): return customer_token(guid) if as_customer else bank_token()
send("GET", "/api/accounts", token(as_customer=True, guid="g"))  #@ GET /api/accounts customer
send("GET", "/api/prices", token())  #@ GET /api/prices bank
""",
    "error handling of a mint": """
class Failed(Exception): ...
def safe_token():
    try:
        answer = requests.post(f"{IDP}/oauth/token", json={"grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": "x"}, timeout=3)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise Failed from error
    else:
        return answer.json()["access_token"]
    finally:
        print("asked")
send("GET", "/api/prices", safe_token())  #@ GET /api/prices bank
""",
    "fallback when minting fails": """
def token(guid):
    try:
        return customer_token(guid)
    except Exception:
        return bank_token()
send("GET", "/api/accounts", token("g"))  #@ GET /api/accounts bank+customer
""",
    "token in a tuple": """
import time
def fetch(): return bank_token(), time.time() + 100
held, until = fetch()
if time.time() > until: held, until = fetch()
send("GET", "/api/prices", held)  #@ GET /api/prices bank
""",
    "cache by expiry": """
import time
class Cache:
    def __init__(self): self.store = {}
    def get(self, key, make, ttl=100):
        entry = self.store.get(key)
        if entry and entry["until"] > time.time(): return entry["value"]
        value = make()
        self.store[key] = {"value": value, "until": time.time() + ttl}
        return value
cache = Cache()
send("GET", "/api/prices", cache.get("bank", bank_token))  #@ GET /api/prices bank
send("GET", "/api/accounts", cache.get(("customer", os.environ["G"]), lambda: customer_token(os.environ["G"])))  #@ GET /api/accounts customer
""",
    "weak dictionary of the class": """
class Tokens(dict):
    def __missing__(self, kind):
        self[kind] = bank_token() if kind == "bank" else customer_token(kind)
        return self[kind]
tokens = Tokens()
send("GET", "/api/prices", tokens["bank"])  #@ GET /api/prices bank
""",
    "user dictionary": """
from collections import UserDict
class Headers(UserDict):
    def __init__(self, token): super().__init__({"Authorization": f"Bearer {token}"})
requests.get(HOST + "/api/prices", headers=Headers(bank_token()), timeout=2)  #@ GET /api/prices bank
""",
    "headers as pairs": """
pairs = [("Accept", "application/json"), ("Authorization", f"Bearer {bank_token()}")]
requests.get(HOST + "/api/prices", headers=dict(pairs), timeout=2)  #@ GET /api/prices bank
httpx.get(HOST + "/api/symbols", headers=pairs)  #@ GET /api/symbols bank
httpx.get(HOST + "/api/customers", headers=httpx.Headers({"Authorization": f"Bearer {bank_token()}"}))  #@ GET /api/customers bank
""",
    "types module": """
from types import MethodType
class Api: ...
api = Api()
api.get = MethodType(lambda self, path: send("GET", path, bank_token()), api)
api.get("/api/prices")  #@ GET /api/prices bank
""",
    "dynamic class": """
Api = type("Api", (), {"path": "/api/prices", "run": lambda self: send("GET", self.path, bank_token())})
Api().run()  #@ GET /api/prices bank
""",
    "class as a namespace of functions": """
class Api:
    @staticmethod
    def prices(): return send("GET", "/api/prices", bank_token())  #@ GET /api/prices bank
    class Customers:
        @classmethod
        def all(cls): return send("GET", "/api/customers", bank_token())  #@ GET /api/customers bank
Api.prices(); Api.Customers.all()
""",
    "methods added by a loop": """
class Api: ...
for name in ("prices", "symbols"):
    setattr(Api, name, lambda self, name=name: send("GET", f"/api/{name}", bank_token()))
Api().prices()  #@ GET /api/prices bank
""",
    "overloaded and typed": """
from typing import overload, Literal
@overload
def token(kind: Literal["bank"]) -> str: ...
@overload
def token(kind: Literal["customer"], guid: str) -> str: ...
def token(kind, guid=None):
    return {"bank": bank_token, "customer": lambda: customer_token(guid)}[kind]()
send("GET", "/api/prices", token("bank"))  #@ GET /api/prices bank
send("GET", "/api/accounts", token("customer", "g"))  #@ GET /api/accounts customer
""",
    "assert and chained comparison": """
import sys
assert 0 < len(sys.argv) < 9
send("GET", "/api/prices", bank_token())  #@ GET /api/prices bank
""",
    "while with else": """
tries = 0
while tries < 3:
    token = bank_token()
    if token: break
    tries += 1
else:
    raise SystemExit("no token")
send("GET", "/api/prices", token)  #@ GET /api/prices bank
""",
    "generators that send": """
def coroutine():
    token = bank_token()
    while True:
        path = yield
        send("GET", path, token)
""",
    "urllib opener": """
import urllib.request
opener = urllib.request.build_opener()
opener.addheaders += [("Authorization", f"Bearer {bank_token()}")]
urllib.request.install_opener(opener)
opener.open(HOST + "/api/prices")  #@ GET /api/prices bank
""",
    "anyio and trio": """
import anyio
async def main():
    async with anyio.create_task_group() as group:
        group.start_soon(get, "/api/prices")  #@ GET /api/prices bank
async def get(path): return send("GET", path, bank_token())
anyio.run(main)
""",
    "async to sync": """
from asgiref.sync import async_to_sync, sync_to_async
async def get(path):
    token = await sync_to_async(bank_token)()
    return send("GET", path, token)
async_to_sync(get)("/api/prices")  #@ GET /api/prices bank
""",
    "module attribute": """
import sys
module = sys.modules[__name__]
getattr(module, "send")("GET", "/api/prices", bank_token())  #@ GET /api/prices bank
globals()["send"]("GET", "/api/symbols", bank_token())  #@ GET /api/symbols bank
""",
    "f-string with a format": """
version, guid = 1, os.environ["G"]
requests.get(f"{HOST}/api/trades/{guid:s}", headers={"Authorization": f"{'Bearer'} {bank_token()!s}"}, timeout=2)  #@ GET /api/trades/{trade_guid} bank
""",
    "bytes": """
requests.get(b"https://bank.sandbox.cybrid.app/api/prices".decode(), headers={b"Authorization": b"Bearer " + bank_token().encode()}, timeout=2)  #@ GET /api/prices bank
""",
    "retry with a fresh token": """
def call(path):
    token = bank_token()
    for _ in range(2):
        reply = requests.get(HOST + path, headers={"Authorization": f"Bearer {token}"}, timeout=3)
        if reply.status_code != 401: return reply.json()
        token = bank_token()
    raise RuntimeError
call("/api/prices")  #@ GET /api/prices bank
""",
    "protocol and duck typing": """
from typing import Protocol
class Source(Protocol):
    def token(self) -> str: ...
class Bank:
    def token(self): return bank_token()
class Client:
    def __init__(self, source: Source): self.source = source
    def get(self, path): return send("GET", path, self.source.token())
Client(Bank()).get("/api/prices")  #@ GET /api/prices bank
""",
    "builder": """
class Request:
    def __init__(self): self.options = {"headers": {}}
    def method(self, verb): self.options["method"] = verb; return self
    def path(self, path): self.options["url"] = HOST + path; return self
    def bearer(self, token): self.options["headers"]["Authorization"] = f"Bearer {token}"; return self
    def send(self): return requests.request(**self.options, timeout=3).json()
Request().method("GET").path("/api/prices").bearer(bank_token()).send()  #@ GET /api/prices bank
""",
    "middleware chain": """
def authorise(next_handler):
    def handler(request):
        request["headers"]["Authorization"] = f"Bearer {bank_token()}"
        return next_handler(request)
    return handler
def log(next_handler):
    def handler(request):
        print(request["url"])
        return next_handler(request)
    return handler
def transport(request): return requests.request(request["method"], request["url"], headers=request["headers"], timeout=3)
pipeline = transport
for layer in (log, authorise): pipeline = layer(pipeline)
pipeline({"method": "GET", "url": HOST + "/api/prices", "headers": {}})  #@ GET /api/prices bank
""",
    "single flight of futures": """
import asyncio
class Flight:
    def __init__(self): self.calls = {}
    async def do(self, key, make):
        if (held := self.calls.get(key)) is not None: return await asyncio.shield(held)
        held = self.calls[key] = asyncio.get_running_loop().create_future()
        value = await make()
        held.set_result(value)
        self.calls.pop(key, None)
        return value
flight = Flight()
async def mint(): return bank_token()
async def main(): send("GET", "/api/prices", await flight.do("bank", mint))  #@ GET /api/prices bank
asyncio.run(main())
""",
    "cache that catches": """
class Cache:
    def __init__(self): self.data = {}
    def get(self, key):
        try: value, until = self.data[key]
        except KeyError: return None
        return value
    def put(self, key, value): self.data[key] = (value, 1)
cache = Cache()
def token():
    if held := cache.get("bank"): return held
    held = bank_token()
    cache.put("bank", held)
    return held
send("GET", "/api/prices", token())  #@ GET /api/prices bank
""",
    "state machine": """
import enum
class State(enum.Enum):
    ONE = enum.auto()
    TWO = enum.auto()
    THREE = enum.auto()
    DONE = enum.auto()
class Step:
    registry = {}
    def __init_subclass__(cls): Step.registry[cls.on] = cls
class One(Step):
    on = State.ONE
    def run(self, token):
        send("GET", "/api/prices", token)  #@ GET /api/prices bank
        return State.TWO
class Two(Step):
    on = State.TWO
    def run(self, token):
        send("GET", "/api/symbols", token)  #@ GET /api/symbols bank
        return State.THREE
class Three(Step):
    on = State.THREE
    def run(self, token):
        send("GET", "/api/customers", token)  #@ GET /api/customers bank
        return State.DONE
state, token = State.ONE, bank_token()
while state is not State.DONE:
    state = Step.registry[state]().run(token)
""",
    "grant in a mapping format": """
grant = requests.post(f"{IDP}/oauth/token", json={"grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": "x"}, timeout=3).json()
requests.get(HOST + "/api/prices", headers={"Authorization": "{token_type} {access_token}".format_map(grant)}, timeout=3)  #@ GET /api/prices bank
requests.get(HOST + "/api/symbols", headers={"Authorization": "%(token_type)s %(access_token)s" % grant}, timeout=3)  #@ GET /api/symbols bank
""",
    "results and errors as values": """
from dataclasses import dataclass
@dataclass
class Ok:
    value: object
    def then(self, fn): return fn(self.value)
@dataclass
class Err:
    error: str
    def then(self, fn): return self
def catching(fn):
    def inner(*args):
        try: return Ok(fn(*args))
        except Exception as error: return Err(str(error))
    return inner
token = catching(bank_token)()
token.then(lambda held: send("GET", "/api/prices", held))  #@ GET /api/prices bank
""",
    "mutable default as a cache": """
def token(kind, _held={}):
    if kind not in _held: _held[kind] = bank_token()
    return _held[kind]
send("GET", "/api/prices", token("bank"))  #@ GET /api/prices bank
""",
    "a default that lacks the key": """
import json, sys
def handler(event):
    body = json.loads(event.get("body") or "{}")
    try:
        path = "/api/" + body["resource"]
        return send("GET", "/api/prices", bank_token(), params={"a": path})  #@ GET /api/prices bank
    except KeyError:
        return None
handler({"body": sys.stdin.read()})
""",
    "tokens by a key with holes": """
tokens = {}
def token(guid):
    try:
        return tokens[f"customer:{guid}"]
    except KeyError:
        tokens[f"customer:{guid}"] = customer_token(guid)
        return tokens[f"customer:{guid}"]
send("GET", "/api/accounts", token(os.environ["G"]))  #@ GET /api/accounts customer
""",
    "match on sequences": """
def token(key):
    match key.split(":", 1):
        case ["bank"]: return bank_token()
        case ["customer", guid]: return customer_token(guid)
        case _: raise LookupError(key)
send("GET", "/api/prices", token("bank"))  #@ GET /api/prices bank
send("GET", "/api/accounts", token(f"customer:{os.environ['G']}"))  #@ GET /api/accounts customer
""",
    "match on classes": """
from dataclasses import dataclass
@dataclass
class Bank: ...
@dataclass
class Customer:
    guid: str
def token(who):
    match who:
        case Bank(): return bank_token()
        case Customer(guid=guid): return customer_token(guid)
send("GET", "/api/prices", token(Bank()))  #@ GET /api/prices bank
send("GET", "/api/accounts", token(Customer("g")))  #@ GET /api/accounts customer
""",
    "match on mappings": """
def token(job):
    match job:
        case {"guid": guid}: return customer_token(guid)
        case _: return bank_token()
send("GET", "/api/prices", token({}))  #@ GET /api/prices bank
""",
    "tokens kept in a table": """
from django.db import models
class Row(models.Model):
    kind = models.CharField(max_length=9)
    value = models.TextField()
def token():
    row = Row.objects.filter(kind="bank").first()
    if row is None: row, _ = Row.objects.update_or_create(kind="bank", defaults={"value": bank_token()})
    return row.value
def main(): send("GET", "/api/prices", token())  #@ GET /api/prices bank
import schedule
schedule.every(5).minutes.do(main)
""",
    "names of two Pythons": """
try:
    from urllib.request import Request, urlopen
except ImportError:
    from urllib2 import Request, urlopen
urlopen(Request(HOST + "/api/prices", headers={"Authorization": "Bearer " + bank_token()}))  #@ GET /api/prices bank
""",
}


@pytest.mark.parametrize("name", IDIOMS)
def test_an_idiom(run: Run, name: str) -> None:
    source = PRELUDE + IDIOMS[name]
    facts = run({"main.py": source})
    assert performed(facts, PRELUDE.count("\n")) == marks(source)
