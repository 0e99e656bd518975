"""The platform's generated clients: where their token comes from, what their calls name, what they mint."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts
from cybrid_audit.knowledge import load

Run = Callable[[Mapping[str, str]], Facts]

TS_GRANT = """
import axios from 'axios';
export async function grant(): Promise<string> {
  const { data } = await axios.post('https://id.sandbox.cybrid.app/oauth/token', {
    grant_type: 'client_credentials', client_id: process.env.A, client_secret: process.env.B, scope: 'customers:read customers:write',
  });
  return data.access_token;
}
"""

TS_IMPORTS = """
import * as cybrid from '@cybrid/cybrid-api-bank-typescript'; import { Configuration, TradesBankApi, AccountsBankApi } from '@cybrid/cybrid-api-bank-typescript';
import { firstValueFrom, lastValueFrom } from 'rxjs'; import { map } from 'rxjs/operators'; import { grant } from './grant';
const customer = process.argv[2]; const quote = process.argv[3];
"""

TYPESCRIPT = {
    "plain": "const c = new Configuration({ accessToken: `Bearer ${await grant()}` }); await firstValueFrom(new TradesBankApi(c).createTrade({ postTradeBankModel: { quote_guid: quote } }));",
    "function": "const c = new Configuration({ accessToken: async () => `Bearer ${await grant()}` }); await firstValueFrom(new TradesBankApi(c).createTrade({ postTradeBankModel: { quote_guid: quote } }));",
    "assigned later": "const c: any = new Configuration({}); c.accessToken = await grant(); new TradesBankApi(c).createTrade({ postTradeBankModel: { quote_guid: quote } }).subscribe();",
    "middleware": "const t = await grant(); const c = new Configuration({ middleware: [{ pre: (r) => ({ ...r, headers: { ...r.headers, Authorization: `Bearer ${t}` } }) }] }); await lastValueFrom(new TradesBankApi(c).createTrade({ postTradeBankModel: { quote_guid: quote } }));",
    "pre-middleware": "const t = await grant(); const a = new TradesBankApi().withPreMiddleware((r) => ({ ...r, headers: { ...r.headers, Authorization: `Bearer ${t}` } })); await a.createTrade({ postTradeBankModel: { quote_guid: quote } }).toPromise();",
    "namespace": "const c = new cybrid.Configuration({ accessToken: `Bearer ${await grant()}` }); await firstValueFrom(new cybrid.TradesBankApi(c).createTrade({ postTradeBankModel: { quote_guid: quote } }).pipe(map((t) => t.guid)));",
    "class by name": "const apis = { trades: TradesBankApi }; const c = new Configuration({ accessToken: `Bearer ${await grant()}` }); await firstValueFrom(new apis.trades(c).createTrade({ postTradeBankModel: { quote_guid: quote } }));",
}


@pytest.mark.parametrize("name", TYPESCRIPT)
def test_typescript_calls_carry_the_token_of_their_configuration(run: Run, name: str) -> None:
    (call,) = run({"main.ts": TS_IMPORTS + TYPESCRIPT[name], "grant.ts": TS_GRANT}).calls
    assert (call.operation, call.site.path, call.site.start_line) == ("POST /api/trades", "main.ts", 5)
    assert {use.kind.value for use in call.tokens} == {"bank"}


def test_typescript_requests_name_the_customer(run: Run) -> None:
    code = (
        TS_IMPORTS
        + "const c = new Configuration({ accessToken: `Bearer ${await grant()}` });\nawait firstValueFrom(new AccountsBankApi(c).listAccounts({ customerGuid: customer, perPage: 10 }));\nawait firstValueFrom(new AccountsBankApi(c).listAccounts({ perPage: 10 }));\n"
    )
    first, second = run({"main.ts": code, "grant.ts": TS_GRANT}).calls
    assert [first.ownership.value, second.ownership.value] == ["customer", "bank"]


def test_typescript_mints_customer_tokens(run: Run) -> None:
    code = """
    import { Configuration, CustomerTokensIdpApi, PostCustomerTokenIdpModelScopesEnum as Scopes } from '@cybrid/cybrid-api-id-typescript';
    import * as bank from '@cybrid/cybrid-api-bank-typescript';
    import { firstValueFrom } from 'rxjs';
    import { grant } from './grant';
    const config = new Configuration({ accessToken: `Bearer ${await grant()}` });
    const made = await firstValueFrom(new CustomerTokensIdpApi(config).createCustomerToken({
      postCustomerTokenIdpModel: { customer_guid: process.argv[2], scopes: [Scopes.Tradesread, 'accounts:read'] },
    }));
    const own = new bank.Configuration({ accessToken: () => `Bearer ${made.access_token}` });
    await firstValueFrom(new bank.TradesBankApi(own).listTrades({ customerGuid: process.argv[2] }));
    """
    facts = run({"main.ts": code, "grant.ts": TS_GRANT})
    mint = next(mint for mint in facts.mints if mint.kind.value == "customer")
    assert set(mint.scopes.names) == {"trades:read", "accounts:read"}
    kinds = {call.operation: {use.kind.value for use in call.tokens} for call in facts.calls}
    assert kinds == {"POST /api/customer_tokens": {"bank"}, "GET /api/trades": {"customer"}}


def test_all_members_of_the_scope_enum_are_every_customer_scope(run: Run) -> None:
    code = """
    import { Configuration, CustomerTokensIdpApi, PostCustomerTokenIdpModelScopesEnum } from '@cybrid/cybrid-api-id-typescript';
    import { grant } from './grant';
    const api = new CustomerTokensIdpApi(new Configuration({ accessToken: `Bearer ${await grant()}` }));
    api.createCustomerToken({ postCustomerTokenIdpModel: { customer_guid: process.argv[2], scopes: Object.values(PostCustomerTokenIdpModelScopesEnum) } }).subscribe();
    """
    facts = run({"main.ts": code, "grant.ts": TS_GRANT})
    mint = next(mint for mint in facts.mints if mint.kind.value == "customer")
    assert mint.scopes.is_complete
    assert set(mint.scopes.names) == load().scopes.customer


def test_angular_services_take_arguments_by_position(run: Run) -> None:
    code = """
    import { Configuration, TradesService, AccountsService } from '@cybrid/cybrid-api-bank-angular';
    import { grant } from './grant';
    const config = new Configuration({ credentials: { BearerAuth: await grant() } });
    const customerGuid = process.argv[2];
    new TradesService(null, null, config).createTrade({ quote_guid: process.argv[3] }).subscribe();
    new AccountsService(null, null, config).listAccounts(0, 10, undefined, undefined, undefined, customerGuid).subscribe();
    """
    facts = run({"main.ts": code, "grant.ts": TS_GRANT})
    assert {
        call.operation: ({use.kind.value for use in call.tokens}, call.ownership.value) for call in facts.calls
    } == {
        "POST /api/trades": ({"bank"}, "unknown"),
        "GET /api/accounts": ({"bank"}, "customer"),
    }


PY_GRANT = """
import os
import requests

def grant():
    answer = requests.post("https://id.sandbox.cybrid.app/oauth/token", json={
        "grant_type": "client_credentials", "client_id": os.environ["A"], "client_secret": os.environ["B"], "scope": "customers:read customers:write",
    })
    return answer.json()["access_token"]
"""

PY_IMPORTS = """
import sys
import cybrid_api_bank
from cybrid_api_bank.api.trades_bank_api import TradesBankApi
from cybrid_api_bank.api import trades_bank_api
from cybrid_api_bank.models import PostTrade
from grant import grant
"""

PYTHON = {
    "constructor": "c = cybrid_api_bank.Configuration(access_token=grant())\nTradesBankApi(cybrid_api_bank.ApiClient(c)).create_trade(PostTrade(quote_guid=sys.argv[1]))",
    "assigned": "c = cybrid_api_bank.Configuration()\nc.access_token = grant()\nTradesBankApi(cybrid_api_bank.ApiClient(c)).create_trade(post_trade=PostTrade(quote_guid=sys.argv[1]))",
    "with": "c = cybrid_api_bank.Configuration(access_token=grant())\nwith cybrid_api_bank.ApiClient(c) as client:\n    TradesBankApi(client).create_trade(PostTrade(quote_guid=sys.argv[1]))",
    "module": "c = cybrid_api_bank.Configuration(access_token=grant())\ntrades_bank_api.TradesBankApi(cybrid_api_bank.ApiClient(c)).create_trade(PostTrade(quote_guid=sys.argv[1]))",
    "header": "client = cybrid_api_bank.ApiClient(cybrid_api_bank.Configuration(), header_name='Authorization', header_value='Bearer ' + grant())\nTradesBankApi(client).create_trade(PostTrade(quote_guid=sys.argv[1]))",
    "default header": "client = cybrid_api_bank.ApiClient(cybrid_api_bank.Configuration())\nclient.set_default_header('Authorization', 'Bearer ' + grant())\nTradesBankApi(client).create_trade(PostTrade(quote_guid=sys.argv[1]))",
    "default": "cybrid_api_bank.Configuration.set_default(cybrid_api_bank.Configuration(access_token=grant()))\nTradesBankApi(cybrid_api_bank.ApiClient()).create_trade(PostTrade(quote_guid=sys.argv[1]))",
    "info": "c = cybrid_api_bank.Configuration(access_token=grant())\nanswer, status, _ = TradesBankApi(cybrid_api_bank.ApiClient(c)).create_trade_with_http_info(PostTrade(quote_guid=sys.argv[1]))",
    "thread": "c = cybrid_api_bank.Configuration(access_token=grant())\nprint(TradesBankApi(cybrid_api_bank.ApiClient(c)).create_trade(PostTrade(quote_guid=sys.argv[1]), async_req=True).get())",
    "bound method": "c = cybrid_api_bank.Configuration(access_token=grant())\nmake = TradesBankApi(cybrid_api_bank.ApiClient(c)).create_trade\nmake(PostTrade(quote_guid=sys.argv[1]))",
}


@pytest.mark.parametrize("name", PYTHON)
def test_python_calls_carry_the_token_of_their_client(run: Run, name: str) -> None:
    (call,) = run({"main.py": PY_IMPORTS + PYTHON[name], "grant.py": PY_GRANT}).calls
    assert call.operation == "POST /api/trades"
    assert {use.kind.value for use in call.tokens} == {"bank"}


def test_python_calls_name_what_they_touch(run: Run) -> None:
    code = (
        PY_IMPORTS
        + """
c = cybrid_api_bank.ApiClient(cybrid_api_bank.Configuration(access_token=grant()))
TradesBankApi(c).list_trades(customer_guid=sys.argv[1])
TradesBankApi(c).list_trades()
trade = TradesBankApi(c).get_trade(sys.argv[2])
"""
    )
    facts = run({"main.py": code, "grant.py": PY_GRANT})
    assert [(call.operation, call.ownership.value) for call in facts.calls] == [
        ("GET /api/trades", "customer"),
        ("GET /api/trades", "bank"),
        ("GET /api/trades/{trade_guid}", "unknown"),
    ]


def test_python_switches_are_placed(run: Run) -> None:
    code = (
        PY_IMPORTS
        + """
c = cybrid_api_bank.Configuration(host="http://bank.production.cybrid.app", access_token=grant())
c.verify_ssl = False
TradesBankApi(cybrid_api_bank.ApiClient(c)).list_trades()
"""
    )
    lines = code.splitlines()
    found = {
        (row.kind, lines[row.at.start_line - 1].split("(")[0])
        for row in run({"main.py": code, "grant.py": PY_GRANT}).transport
    }
    assert found == {("http-url", "c = cybrid_api_bank.Configuration"), ("verification-off", "c.verify_ssl = False")}


def test_a_client_nobody_configures_has_an_unknown_token(run: Run) -> None:
    code = "from cybrid_api_bank.apis import PricesBankApi\n\n\ndef prices(client):\n    return PricesBankApi(client).list_prices()\n"
    (call,) = run({"main.py": code}).calls
    assert {use.kind.value for use in call.tokens} == {"unknown"}
