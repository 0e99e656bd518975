"""Where Python switches certificate checks off: the line of the switch. A mark `#!` says which lines are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts

Run = Callable[[Mapping[str, str]], Facts]

PRELUDE = """import os, ssl, requests, httpx
BANK = "https://bank.sandbox.cybrid.app"
H = {"Authorization": "Bearer " + os.environ["T"]}
"""

CASES = {
    "argument of a call": "requests.get(BANK + '/api/prices', headers=H, verify=False)  #!\n",
    "session": "s = requests.Session()\ns.verify = False  #!\ns.get(BANK + '/api/prices', headers=H)\n",
    "client": "c = httpx.Client(base_url=BANK, verify=False)  #!\nc.get('/api/prices', headers=H)\n",
    "default argument": "def get(path, verify=False):\n    return requests.get(BANK + path, headers=H, verify=verify)  #!\nget('/api/prices')\n",
    "own session": "class S(requests.Session):\n    def __init__(self):\n        super().__init__()\n        self.verify = False  #!\nS().get(BANK + '/api/prices', headers=H)\n",
    "adapter": (
        "from requests.adapters import HTTPAdapter\nclass Lax(HTTPAdapter):\n    def init_poolmanager(self, *a, **kw):\n        ctx = ssl.create_default_context()\n"
        "        ctx.check_hostname = False  #!\n        ctx.verify_mode = ssl.CERT_NONE\n        kw['ssl_context'] = ctx\n        return super().init_poolmanager(*a, **kw)\n"
        "s = requests.Session()\ns.mount('https://', Lax())\ns.get(BANK + '/api/prices', headers=H)\n"
    ),
    "adapter that sends": (
        "from requests.adapters import HTTPAdapter\nclass Lax(HTTPAdapter):\n    def send(self, request, **kw):\n        kw['verify'] = False\n        return super().send(request, **kw)  #!\n"
        "s = requests.Session()\ns.mount('https://', Lax())\ns.get(BANK + '/api/prices', headers=H)\n"
    ),
    "context": "ctx = ssl._create_unverified_context()  #!\nimport urllib.request\nurllib.request.urlopen(urllib.request.Request(BANK + '/api/prices', headers=H), context=ctx)\n",
    "context by mode": "ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\nctx.check_hostname = False  #!\nctx.verify_mode = ssl.CERT_NONE\nhttpx.get(BANK + '/api/prices', headers=H, verify=ctx)\n",
    "process-wide": "ssl._create_default_https_context = ssl._create_unverified_context  #!\nimport urllib.request\nurllib.request.urlopen(urllib.request.Request(BANK + '/api/prices', headers=H))\n",
    "variable": "os.environ['PYTHONHTTPSVERIFY'] = '0'  #!\nrequests.get(BANK + '/api/prices', headers=H)\n",
    "aiohttp call": "import aiohttp, asyncio\nasync def main():\n    async with aiohttp.ClientSession() as s:\n        async with s.get(BANK + '/api/prices', headers=H, ssl=False) as r:  #!\n            print(r.status)\nasyncio.run(main())\n",
    "aiohttp connector": "import aiohttp, asyncio\nasync def main():\n    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(verify_ssl=False)) as s:  #!\n        await s.get(BANK + '/api/prices', headers=H)\nasyncio.run(main())\n",
    "urllib3": "import urllib3\nurllib3.PoolManager(cert_reqs=ssl.CERT_NONE).request('GET', BANK + '/api/prices', headers=H)  #!\n",
    "http.client": "import http.client\nc = http.client.HTTPSConnection('bank.sandbox.cybrid.app', context=ssl._create_unverified_context())  #!\nc.request('GET', '/api/prices', headers=H)\n",
    "only for another host": "requests.get('https://localhost:1', verify=False)\nrequests.get(BANK + '/api/prices', headers=H)\n",
    "checked by a file": "requests.get(BANK + '/api/prices', headers=H, verify='/etc/ca.pem')\nhttpx.get(BANK + '/api/prices', headers=H, verify=True)\n",
    "verified context": "ctx = ssl.create_default_context(cafile='ca.pem')\nctx.check_hostname = True\nctx.verify_mode = ssl.CERT_REQUIRED\nhttpx.get(BANK + '/api/prices', headers=H, verify=ctx)\n",
    "plain http": "requests.get('http://bank.sandbox.cybrid.app/api/prices', headers=H)  #!\n",
    "plain http by parts": "SCHEME = 'http'  #!\nrequests.get(f'{SCHEME}://bank.sandbox.cybrid.app/api/prices', headers=H)\n",
    "environment chooses": "requests.get(BANK + '/api/prices', headers=H, verify=os.environ.get('STAGE') != 'dev')\n",
}


@pytest.mark.parametrize("name", CASES)
def test_a_switch(run: Run, name: str) -> None:
    source = PRELUDE + CASES[name]
    expected = {number for number, line in enumerate(source.splitlines(), 1) if line.endswith("#!")}
    assert {weak.at.start_line for weak in run({"main.py": source}).transport} == expected
