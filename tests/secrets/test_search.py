"""Credentials in text: every syntax in which one may stand, and what only looks like one."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from cybrid_audit.facts import Evidence
from cybrid_audit.secrets.search import Hit
from tests.secrets.conftest import GUID, ID, OTHER, SECRET, Find, token

TOKEN = token()
BASIC = base64.b64encode(f"{ID}:{SECRET}".encode()).decode()
B64 = base64.b64encode(SECRET.encode()).decode()
HOST = "https://id.sandbox.cybrid.app"


def roles(hits: list[Hit]) -> list[str]:
    return [each.role for each in hits]


NAMED = {
    "dotenv": f"CYBRID_CLIENT_SECRET={SECRET}",
    "dotenv quoted": f'export CYBRID_CLIENT_SECRET="{SECRET}"',
    "dotenv comment": f"# CYBRID_CLIENT_SECRET={SECRET}",
    "powershell": f"$env:CYBRID_CLIENT_SECRET = '{SECRET}'",
    "batch": f"set CYBRID_CLIENT_SECRET={SECRET}",
    "default of a shell": f'secret="${{CYBRID_CLIENT_SECRET:-{SECRET}}}"',
    "default of Spring": f'@Value("${{cybrid.client-secret:{SECRET}}}")',
    "constant": f"const CYBRID_CLIENT_SECRET = '{SECRET}';",
    "typed constant": f'CYBRID_CLIENT_SECRET: Final[str] = "{SECRET}"',
    "Go": f'cybridClientSecret := "{SECRET}"',
    "Swift": f'static let cybridClientSecret: String = "{SECRET}"',
    "Kotlin": f'const val CYBRID_CLIENT_SECRET = "{SECRET}"',
    "C#": f'public const string CybridClientSecret = "{SECRET}";',
    "PHP": f"'cybrid_client_secret' => '{SECRET}',",
    "PHP define": f"define('CYBRID_CLIENT_SECRET', '{SECRET}');",
    "Ruby": f'ENV.fetch("CYBRID_CLIENT_SECRET", "{SECRET}")',
    "Rust": f'env::var("CYBRID_CLIENT_SECRET").unwrap_or("{SECRET}".into())',
    "environment default": f'os.environ.get("CYBRID_CLIENT_SECRET") or "{SECRET}"',
    "inverse default": f'!process.env.CYBRID_CLIENT_SECRET ? "{SECRET}" : process.env.CYBRID_CLIENT_SECRET',
    "nullish default": f"process.env.CYBRID_CLIENT_SECRET ?? '{SECRET}'",
    "JSON": f'{{"cybridClientSecret": "{SECRET}"}}',
    "JSON in a text": f'"body": "{{\\"cybrid_client_secret\\": \\"{SECRET}\\"}}"',
    "escaped line breaks": f'"CYBRID_ENV=sandbox\\nCYBRID_CLIENT_SECRET={SECRET}\\n"',
    "XML element": f"<cybridClientSecret>{SECRET}</cybridClientSecret>",
    "XML name": f'<string name="cybrid_client_secret">{SECRET}</string>',
    "property list": f"<key>CybridClientSecret</key>\n\t<string>{SECRET}</string>",
    "attribute": f'<add key="CybridClientSecret" value="{SECRET}" />',
    "Makefile": f"CYBRID_CLIENT_SECRET ?= {SECRET}",
    "Dockerfile": f"ENV CYBRID_CLIENT_SECRET {SECRET}",
    "flag": f"./login --cybrid-client-secret {SECRET}",
    "flag with a sign": f"./login --cybrid-client-secret={SECRET}",
    "httpie": f"http POST id.sandbox.cybrid.app/oauth/token client_secret={SECRET}",
    "curl form": f"curl {HOST}/oauth/token -d client_secret={SECRET}",
    "wget": f"wget --http-user=bank --http-password={SECRET} {HOST}/oauth/token",
    "curl JSON": f'curl {HOST}/oauth/token -d \'{{"client_secret":"{SECRET}"}}\'',
    "curl over lines": f"curl -X POST {HOST}/oauth/token \\\n  -d grant_type=client_credentials \\\n  -d client_secret={SECRET}",
    "query": f"{HOST}/oauth/token?client_id=x&client_secret={SECRET}&scope=a",
    "query encoded": f"{HOST}/oauth/token?{quote('client_secret=')}{SECRET}",
    "base64": f"CYBRID_CLIENT_SECRET_B64={B64}",
    "hex": f"cybrid_client_secret_hex = '{SECRET.encode().hex()}'",
    "line of its own": f'cybrid_client_secret =\n    "{SECRET}"',
    "in brackets": f'cybrid_client_secret = (\n    "{SECRET}"\n)',
    "markdown table": f"| CYBRID_CLIENT_SECRET | `{SECRET}` |",
    "setenv": f'monkeypatch.setenv("CYBRID_CLIENT_SECRET", "{SECRET}")',
    "SQL": f"UPDATE settings SET cybrid_client_secret = '{SECRET}';",
    "other form": "CYBRID_CLIENT_SECRET=9fK2-77ab-Qx81-LmN0-44zz",
}


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED.keys())
def test_a_named_secret_is_found_in_any_syntax(text: str, find: Find) -> None:
    assert roles(find(text)) == ["client_secret"]


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED.keys())
def test_nothing_of_a_secret_is_kept(text: str, find: Find) -> None:
    for hit in find(text):
        assert SECRET not in repr(hit)
        assert SECRET[:8] not in repr(hit)


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED.keys())
def test_the_same_with_a_placeholder_is_nothing(text: str, find: Find) -> None:
    for each in (SECRET, SECRET.encode().hex(), B64, "9fK2-77ab-Qx81-LmN0-44zz"):
        text = text.replace(each, "REPLACE_ME_WITH_THE_CLIENT_SECRET_FROM_PORTAL")
    assert find(text) == []


def test_both_halves_have_their_own_places(find: Find) -> None:
    text = f'{{"host": "{HOST}", "client_id": "{ID}", "client_secret": "{SECRET}"}}'
    found = find(text)
    assert roles(found) == ["client_id", "client_secret"]
    assert [text[each.start : each.end] for each in found] == [ID, SECRET]


def test_a_pair_for_basic_is_one_secret(find: Find) -> None:
    for text in (
        f"curl -u {ID}:{SECRET} {HOST}/oauth/token",
        f"curl {HOST} -H 'Authorization: Basic {BASIC}'",
        f"POST {HOST}/oauth/token\nAuthorization: Basic {ID} {SECRET}\n",
        f"POST {HOST}/oauth/token\n[BasicAuth]\n{ID}: {SECRET}\n",
    ):
        (hit,) = find(text)
        assert (hit.role, hit.is_basic, hit.masked.prefix) == ("client_secret", True, SECRET[:4])


def test_a_token_says_itself_whose_it_is(find: Find) -> None:
    (hit,) = find(f"Authorization: Bearer {TOKEN}")
    assert (hit.role, hit.evidence) == ("access_token", Evidence.TOKEN)
    assert hit.token is not None
    assert (hit.token.subject, hit.token.environment, hit.token.expires) == ("bank", "sandbox", 1750028800)


@pytest.mark.parametrize("issuer", ["https://login.example.com", "https://cybrid.app.example.com", ""])
def test_a_token_of_another_issuer_is_none_of_ours(issuer: str, find: Find) -> None:
    assert find(f"cybrid login\nAuthorization: Bearer {token(issuer)}") == []


def test_configuration_in_base64_is_looked_through(find: Find) -> None:
    inner = base64.b64encode(f"CYBRID_ENV=sandbox\nCYBRID_CLIENT_SECRET={SECRET}\n".encode()).decode()
    (hit,) = find(f"config: {inner}")
    assert (hit.role, hit.encoding) == ("client_secret", "base64")


LOOKALIKES = {
    "guid": f"CYBRID_CLIENT_ID={GUID}",
    "uuid": "cybrid_client_id: 8b5bcf10-c0a6-480d-8a12-8b00fe88f81f",
    "digest of the secret": f"cybrid_client_secret_sha256={'9b1f0c7ae25d4836' * 4}",
    "image digest": f"image: cybrid/api@sha256:{'9b1f0c7ae25d4836f1a9c0e7b3d58246' * 2}",
    "key id": f'{{"issuer": "{HOST}", "kid": "{ID}"}}',
    "integrity": f"cybrid-sdk: sha512-{B64}{B64}==",
    "path": "CYBRID_CLIENT_SECRET=/run/secrets/cybrid_client_secret_v2",
    "reference": "CYBRID_CLIENT_SECRET=op://vault42/cybrid/client-secret",
    "arn": "cybrid_secret: arn:aws:secretsmanager:eu-west-1:111122223333:secret:cybrid-Ab12Cd",
    "sealed": f"CYBRID_CLIENT_SECRET: ENC[AES256_GCM,data:{B64},iv:{B64},type:str]",
    "another service": f"PLAID_CLIENT_SECRET={SECRET}",
    "another service in the section": f"# cybrid is elsewhere\n\n\nledgerly_client_secret = '{SECRET}'",
    "no name": f"cybrid: nonce {SECRET}",
    "next line": "CYBRID_CLIENT_SECRET=\nCYBRID_BANK_GUID=" + GUID,
    "a name": "cybrid_client_secret = client_secret_from_the_secrets_manager_v2_of_2024",
    "call": "cybridClientSecret = getSecretFromManager2024Version",
}


@pytest.mark.parametrize("text", LOOKALIKES.values(), ids=LOOKALIKES.keys())
def test_what_only_looks_like_one_is_not_reported(text: str, find: Find) -> None:
    assert find(text) == []


def test_a_name_of_nobody_counts_beside_the_platform_only(find: Find) -> None:
    assert roles(find(f"url: {HOST}\nclient_secret: {SECRET}")) == ["client_secret"]
    assert find(f"url: https://login.example.org/oauth2/token\nclient_secret: {SECRET}") == []
    other = f"url: https://login.ledgerly.io/oauth2/token\nclient_secret: {SECRET}\n"
    assert find(other + "\n" * 5 + f"url: {HOST}") == []


def test_where_the_platforms_own_has_its_name_a_name_of_nobody_is_anothers(find: Find) -> None:
    text = f"CYBRID_CLIENT_SECRET=<secret>\nCLIENT_SECRET={SECRET}\nOAUTH_CLIENT_ID={ID}\n"
    assert roles(find(text)) == ["client_id"]
    assert find(text + "CYBRID_CLIENT_ID=\n") == []


def test_a_key_of_the_frameworks_own_is_none_of_ours(find: Find) -> None:
    assert find(f"CYBRID_ENV=sandbox\nSECRET_KEY={SECRET}\nAPI_KEY={OTHER}\nJWT_SECRET={ID}\n") == []


def test_code_that_is_read_counts_by_the_platforms_names_only(find: Find) -> None:
    text = f'HOST = "{HOST}"\nclient_secret = "{SECRET}"\n'
    assert find(text, code=True) == []
    assert roles(find(text.replace("client_secret", "cybrid_client_secret"), code=True)) == ["client_secret"]


def test_a_variable_that_code_mints_with_needs_no_telling_name(find: Find) -> None:
    (hit,) = find(f"LEDGER_PASS={SECRET}", variables={"LEDGER_PASS": "client_secret"})
    assert hit.evidence is Evidence.VARIABLE


STRUCTURED = {
    "app.yaml": f"cybrid:\n  sandbox:\n    client-secret: {SECRET}\n",
    "app.toml": f'[cybrid]\nclient_secret = "{SECRET}"\n',
    "app.ini": f"[cybrid]\nclient_secret = {SECRET}\n",
    "app.json": f'{{"cybrid": {{"auth": {{"client_secret": "{SECRET}"}}}}}}',
    "env.json": f'{{"env": {{"CYBRID_CLIENT_SECRET": {{"description": "from the portal", "value": "{SECRET}"}}}}}}',
    "x.postman_environment.json": f'{{"values": [{{"key": "host", "value": "{HOST}"}}, {{"key": "client_secret", "value": "{SECRET}"}}]}}',
    "pod.yaml": f"env:\n- name: CYBRID_CLIENT_SECRET\n  value: {SECRET}\n",
    "compose.yaml": f"services:\n  api:\n    environment:\n      - CYBRID_CLIENT_SECRET={SECRET}\n",
    "main.tf": f'resource "x" "cybrid_client_secret" {{\n  secret_string = "{SECRET}"\n}}\n',
    "template.yaml": f"Parameters:\n  CybridClientSecret:\n    Type: String\n    Default: {SECRET}\n",
    "pom.xml": f"<project><cybrid><clientSecret>{SECRET}</clientSecret></cybrid></project>",
    "a.properties": f"cybrid.client-secret={SECRET}\n",
    "Dockerfile": f"ENV CYBRID_CLIENT_SECRET={SECRET}\n",
    "book.ipynb": f'{{"cells": [{{"source": ["cybrid_client_secret = \\"{SECRET}\\"\\n"]}}]}}',
    "output.ipynb": f'{{"cells": [{{"outputs": [{{"text": ["CYBRID_CLIENT_SECRET={SECRET}\\n"]}}]}}]}}',
}


@pytest.mark.parametrize("path", STRUCTURED)
def test_a_parsed_file_names_its_values(path: str, find: Find) -> None:
    assert roles(find(STRUCTURED[path], path)) == ["client_secret"]


def test_a_section_of_another_service_is_left_alone(find: Find) -> None:
    text = f"accounting:\n  client_secret: {OTHER}\ncybrid:\n  client_secret: {SECRET}\n"
    (hit,) = find(text, "app.yaml")
    assert hit.masked.prefix == SECRET[:4]


@pytest.mark.parametrize(
    "text",
    [
        f"kind: SealedSecret\nspec:\n  encryptedData:\n    CYBRID_CLIENT_SECRET: {SECRET}\n",
        f"cybrid:\n  client_secret: !vault {SECRET}\n",
    ],
)
def test_what_is_encrypted_is_left_alone(text: str, find: Find) -> None:
    assert find(text, "secret.yaml") == []


@pytest.mark.parametrize("size", [200_000])
def test_a_long_line_takes_no_time(size: int, find: Find) -> None:
    find("cybrid " + "a1B" * size)
    find("cybrid_client_secret=" * (size // 20))
    find('"' * size + "cybrid")
    find("cybrid" + "{" * size)
