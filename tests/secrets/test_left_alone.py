"""Blobs that are no secrets, each in a file that names the platform, beside a credential that shows the file was searched."""

from __future__ import annotations

import base64
import random
import string
import textwrap
from pathlib import Path

import pytest

from cybrid_audit.audit import audit
from tests.secrets.conftest import SECRET

RNG = random.Random(41)
BLOB = RNG.randbytes(1_200)
CREDENTIAL = f"CYBRID_CLIENT_SECRET={SECRET}"


def armoured(kind: str) -> str:
    """A PEM block of random bytes."""
    body = "\n".join(textwrap.wrap(base64.b64encode(BLOB[:294]).decode(), 64))
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n"


def vault() -> str:
    """A file as `ansible-vault encrypt` writes it."""
    return "$ANSIBLE_VAULT;1.1;AES256\n" + "\n".join(textwrap.wrap(BLOB.hex(), 80)) + "\n"


def bundle() -> str:
    """One long line of minified code, with names and random strings in it."""
    random_texts = ["".join(RNG.choices(string.ascii_letters + string.digits, k=43)) for _ in range(40)]
    parts = [
        f'{n}:function(e,t,r){{"use strict";var n=r({n + 1}),s="{each}";e.exports=n(s)}}'
        for n, each in enumerate(random_texts)
    ]
    return f'!function(e){{var cybrid="https://bank.sandbox.cybrid.app";e(cybrid)}}(({{{",".join(parts)}}}));\n'


KEYS = ["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "CERTIFICATE REQUEST", "SSH2 PUBLIC KEY"]
INDENTED = textwrap.indent(armoured("PUBLIC KEY"), "  ")

LEFT_ALONE: dict[str, tuple[str, bytes]] = {
    "git-crypt": ("cybrid.env", b"\0GITCRYPT\0" + BLOB),
    "ansible-vault": ("group_vars/cybrid/vault.yml", vault().encode()),
    "ansible-vault in an env file": ("cybrid.env", vault().encode()),
    "minified bundle": ("static/app.min.js", bundle().encode()),
    "minified bundle by content": ("static/app.js", bundle().encode()),
    "public key in yaml": ("cybrid.yaml", f"cybrid:\n webhook_public_key: |\n{INDENTED}".encode()),
    **{f"{kind} file": ("cybrid.pem", armoured(kind).encode()) for kind in KEYS},
    **{f"{kind} in code": ("cybrid.py", f'CYBRID_SIGNING_KEY = """{armoured(kind)}"""\n'.encode()) for kind in KEYS},
    "heads of private keys": (
        "cybrid.py",
        b"# Cybrid\ndef is_key(text):\n    return text.startswith(('-----BEGIN PRIVATE KEY-----', '-----BEGIN RSA PRIVATE KEY-----'))\n",
    ),
    "a private key that is described": (
        "cybrid.json",
        b'{"cybrid": "", "key": "-----BEGIN DSA PRIVATE KEY-----<a very long text>-----END DSA PRIVATE KEY-----"}\n',
    ),
    "an id before the next key, in what is no JSON": (
        "cybrid.json",
        b'{\n  "appId": "4192be07-5a8c-4d63-91f0-c7e25ab8d316",\n  "instanceId": "8d07c5e2-41b9-46fa-8c3d-90e17fb25a64"\n}\n# cybrid\n',
    ),
    "what looks like a token inside a name": (
        "cybrid.py",
        b"# Cybrid\nTOPIC = 'arn:aws:sns:us-west-2:481920375516:Ledger-InventoryRetrieval-topic-Invoices'\n",
    ),
    "a password whose digits are escapes": (
        "cybrid.py",
        b"# Cybrid\nURL = 'my-type://my-login:my-pa%2Fssword@my-host.internal:5432/x'\n",
    ),
    "public key in an env file": (
        "cybrid.env",
        f'CYBRID_PUBLIC_KEY="{armoured("PUBLIC KEY").strip()}"\n'.replace("\n", "\\n").encode(),
    ),
}


def found(root: Path) -> list[tuple[str, str]]:
    return [
        (each.rule, each.location.path)
        for each in audit(str(root)).findings
        if "secret" in each.rule or "hardcoded" in each.rule
    ]


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_is_no_secret_is_left_alone(name: str, tmp_path: Path) -> None:
    path, content = LEFT_ALONE[name]
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    (tmp_path / "README.md").write_text("Calls https://bank.sandbox.cybrid.app for Cybrid.\n")
    assert found(tmp_path) == []


@pytest.mark.parametrize("name", ["public key in yaml", *(f"{kind} in code" for kind in KEYS)])
def test_a_credential_beside_it_is_found(name: str, tmp_path: Path) -> None:
    path, content = LEFT_ALONE[name]
    key = f"\ncybrid_client_secret: {SECRET}\n" if path.endswith(".yaml") else f'\nCYBRID_CLIENT_SECRET = "{SECRET}"\n'
    (tmp_path / path).write_bytes(content + key.encode())
    assert [place for _, place in found(tmp_path)] == [path]


@pytest.mark.parametrize("path", ["cybrid.env"])
def test_the_same_place_with_a_credential_in_clear_is_found(path: str, tmp_path: Path) -> None:
    (tmp_path / path).write_text(CREDENTIAL + "\n")
    assert [place for _, place in found(tmp_path)] == [path]


def test_a_private_key_is_not_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cybrid.py").write_text(f'CYBRID_SIGNING_KEY = """{armoured("PRIVATE KEY")}"""\n')
    assert found(tmp_path)
