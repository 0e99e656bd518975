"""No report shows a full secret, whatever the code or a message looks like."""

from __future__ import annotations

import string
import time
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.facts import Masked
from cybrid_audit.reports import FORMATS, RenderContext, render, render_inventory
from cybrid_audit.reports.redaction import Redactor, looks_random, masked
from cybrid_audit.result import AuditResult

BASE64URL = string.ascii_letters + string.digits + "-_"
# Drawn evenly, as generators of secrets do; hypothesis alone prefers texts such as forty zeros.
generated = st.integers(0, 2**32).map(lambda seed: "".join(Random(seed).choices(BASE64URL, k=43))).filter(looks_random)
anything = st.text(st.sampled_from(BASE64URL + "!.+/"), min_size=8, max_size=40).filter(lambda text: len(set(text)) > 4)

# Where a literal credential stands, per language: {} is the secret.
CODE = [
    ("a.py", 'CLIENT_SECRET = "{}"'),
    ("a.py", "secret = os.environ.get('CYBRID_CLIENT_SECRET', '{}')"),
    ("a.py", "auth = (client_id, b'{}')"),
    ("a.ts", "const secret = process.env.CYBRID_SECRET ?? `{}`;"),
    ("a.ts", 'headers: {{ Authorization: "Bearer {}" }},'),
    ("a.ts", "new URLSearchParams('client_secret={}')"),
    ("a.ts", 'body: "{}'),
    ("a.php", "'client_secret' => '{}',"),
    ("a.go", 'ClientSecret: "{}", // sandbox'),
    (".env", "CYBRID_CLIENT_SECRET={}"),
    ("values.yaml", "  clientSecret: {}"),
    ("app.properties", "cybrid.client-secret = {}"),
    ("strings.xml", '<string name="cybrid_client_secret">{}</string>'),
    ("run.sh", 'curl -u "id:{}" https://id.sandbox.cybrid.app/oauth/token'),
    ("Dockerfile", "ENV CYBRID_CLIENT_SECRET={}"),
    ("main.tf", '  value = "{}"'),
]


@pytest.mark.parametrize(("path", "template"), CODE)
@given(secret=generated)
def test_generated_secrets_in_code_are_cut(path: str, template: str, secret: str) -> None:
    for rule in ("hardcoded-client-secret", "bank-token-on-customer-endpoint"):
        shown = Redactor().line(template.format(secret), path=path, rule=rule)
        assert secret not in shown
        if rule == "hardcoded-client-secret":
            assert secret[:5] not in shown


@pytest.mark.parametrize(
    ("path", "template"), [case for case in CODE if "Bearer" not in case[1] and "curl" not in case[1]]
)
@given(secret=anything)
def test_at_the_place_of_a_secret_every_known_literal_is_cut(path: str, template: str, secret: str) -> None:
    redactor = Redactor(frozenset({(secret[:4], len(secret))}))
    assert secret not in redactor.line(template.format(secret), path=path, rule="hardcoded-client-secret")


def test_few_generated_secrets_look_like_names() -> None:
    random = Random(7)
    for alphabet, length in ((BASE64URL, 43), (BASE64URL, 32), ("0123456789abcdef", 32)):
        missed = sum(not looks_random("".join(random.choices(alphabet, k=length))) for _ in range(5000))
        assert missed <= 20, (alphabet, length)


@pytest.mark.parametrize(
    "unit", ["secret", "a:", "a:aaa", "'", '"\\', ">a", "://a:", "token=", "secret: ", "Bearer ", "aA1"]
)
def test_no_line_takes_long(unit: str) -> None:
    start = time.process_time()
    for rule in ("hardcoded-client-secret", "transaction-without-mfa"):
        for line in (unit * (4000 // len(unit)), f"secret = '{unit * (3900 // len(unit))}!'"):
            Redactor(frozenset({("aA1a", 40)})).line(line, path="values.yaml", rule=rule)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("format_", FORMATS)
def test_no_report_shows_one(
    result: AuditResult, context: RenderContext, secrets: tuple[str, ...], make: Callable[..., Any], format_: str
) -> None:
    findings = [
        make(rule, path, line)
        for rule in ("hardcoded-client-secret", "plaintext-credential-file", "bank-token-on-customer-endpoint")
        for path, lines in (("src/lib/cybrid/token.ts", 17), ("deploy/dev.env", 3))
        for line in range(1, lines + 1)
    ]
    careless = [
        make("credential-logged", "a.py", 1, message=f"{secret} is logged", data={"value": secret, "all": [secret]})
        for secret in secrets
    ]
    text = render(
        replace(result, findings=(*result.findings, *findings, *careless)), format_, width=300, context=context
    )
    for secret in secrets:
        assert secret not in text
        assert secret[:5] not in text


def test_the_inventory_shows_none(result: AuditResult, context: RenderContext, secrets: tuple[str, ...]) -> None:
    credential = result.facts.credentials[0]
    careless = replace(
        credential,
        sources=tuple(
            replace(source, name=secrets[0], masked=Masked(secrets[0], 43, "d")) for source in credential.sources
        ),
    )
    worse = replace(result, facts=replace(result.facts, credentials=(careless,)))
    for format_ in ("text", "json"):
        assert secrets[0][:5] not in render_inventory(worse, format_, context=context)


def test_what_is_known_of_a_secret_survives_rendering(nothing: AuditResult, make: Callable[..., Any]) -> None:
    word = "hunter2-hunter2"
    found = make("bank-token-on-customer-endpoint", "a.ts", 1, data={"secret": Masked("hunt", len(word), "d")})
    context = RenderContext(lines=lambda path: [f'connect("{word}");'])
    text = render(replace(nothing, findings=(found,)), "text", context=context)
    assert 'connect("hun… (15 characters)");' in text


# What stays readable even at the place of a secret, and what only elsewhere: there, any other literal may be masked.
NAMES = [
    'const quote = await cybrid.post("/api/quotes", { customer_guid: order.customer, side: order.side });',
    'client.post(f"/api/customers/{guid}/bank_accounts", json=body, headers={"Authorization": f"Bearer {token}"})',
    "const token = await getBankAccessTokenFromCache(request.headers.authorization);",
    'clientSecret: process.env["CYBRID_CLIENT_SECRET"],',
    'client_secret = os.environ["CYBRID_CLIENT_SECRET"]',
    'curl -H "Authorization: Bearer $TOKEN" https://bank.production.cybrid.app/api/accounts?page=0&per_page=100',
    "if not totp.verify(payout.code, valid_window=1, for_time=datetime.datetime.now(tz=datetime.UTC)):",
    'secret: "<YOUR_CLIENT_SECRET>"',
    'value: "${CYBRID_CLIENT_SECRET}"',
    'vault.read("secret/data/cybrid/client_secret")',
    "headers={'Content-Type': 'application/x-www-form-urlencoded'}",
]
ELSEWHERE = [
    "import { createPlatformCustomerTransferV2 } from '@/lib/cybrid/transfers/create-transfer-v2';",
    'const SCOPES = "banks:read customers:read customers:write accounts:execute trades:execute".split(" ");',
    'customer_guid = "6b2f0c1e-93d4-4a57-8f1b-2c9d5e7a0b34"',
    "side: PostQuoteBankModelSideEnum.Buy, raise: NoArgsHelpError",
]


@pytest.mark.parametrize("line", NAMES + ELSEWHERE)
def test_ordinary_code_stays_readable(line: str) -> None:
    assert Redactor().line(line, path="src/a.py", rule="transaction-without-mfa") == line


@pytest.mark.parametrize("line", NAMES)
def test_names_stay_readable_at_the_place_of_a_secret(line: str) -> None:
    assert Redactor().line(line, path="src/a.py", rule="hardcoded-client-secret") == line


def test_messages_stay_readable() -> None:
    text = (
        "POST /api/customers/{customer_guid}/identity_verifications in src/app/api/customers/[customerGuid]/route.ts "
        "runs with a bank token (6b2f0c1e-93d4-4a57-8f1b-2c9d5e7a0b34), see https://docs.cybrid.xyz/docs/token-scopes."
    )
    assert Redactor().text(text) == text


def test_masking_twice_is_masking_once() -> None:
    once = Redactor().text("client_secret=q7RzN0vXhW4uLbYt2KcEoMf9PdSgA1jI8wTnU3mZxCk")
    assert once == "client_secret=q7Rz… (43 characters)"
    assert Redactor().text(once) == once


def test_a_short_secret_shows_less() -> None:
    assert masked("abcdefgh") == "ab… (8 characters)"
    assert masked("abc") == "… (3 characters)"


@pytest.mark.parametrize(
    "name",
    [
        "createPlatformCustomerTransferV2",
        "CYBRID_ORGANIZATION_CLIENT_SECRET",
        "customer-created-without-verified-email",
        "getBankAccessTokenFromCacheOrMint",
        "6b2f0c1e-93d4-4a57-8f1b-2c9d5e7a0b34",
        "external_bank_account_guid",
        "bank_production_cybrid_app_8080",
    ],
)
def test_names_do_not_look_random(name: str) -> None:
    assert not looks_random(name)


def test_digests_stay(nothing: AuditResult, context: RenderContext, make: Callable[..., Any]) -> None:
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    found = make("hardcoded-client-secret", "a.py", 1, data={"secret_id": digest, "added_in": digest[:40]})
    text = render(replace(nothing, findings=(found,)), "json", context=context)
    assert digest in text
    assert f'"{digest[:40]}"' in text
