"""What a name says of the value beside it."""

from __future__ import annotations

import pytest

from cybrid_audit.knowledge import load
from cybrid_audit.secrets.names import Names, Owner

OURS, NOBODYS, OTHERS = Owner.PLATFORM, Owner.NOBODY, Owner.OTHER

ROWS = [
    ("CYBRID_CLIENT_SECRET", "client_secret", True, OURS),
    ("CybridClientId", "client_id", True, OURS),
    ("cybridClientid", "client_id", True, OURS),
    ("CybridAPI_Secret", "client_secret", False, OURS),
    ("cybrid.prices.client-secret", "client_secret", True, OURS),
    ("NEXT_PUBLIC_CYBRID_CLIENT_ID", "client_id", True, OURS),
    ("TF_VAR_cybrid_client_secret", "client_secret", True, OURS),
    ("CYBRID_CLIENT_SECRET_STAGING", "client_secret", True, OURS),
    ("CYBRID_SANDBOX_ID", "client_id", False, OURS),
    ("CYBRID_WEBHOOK_SIGNING_KEY", "signing_key", True, OURS),
    ("cybrid_access_token", "access_token", True, OURS),
    ("clientSecret", "client_secret", True, NOBODYS),
    ("self._client_secret", "client_secret", True, NOBODYS),
    ("SANDBOX_BANK_CLIENT_ID", "client_id", True, NOBODYS),
    ("PLAID_CLIENT_ID", "client_id", True, OTHERS),
    ("accounting.client_secret", "client_secret", True, OTHERS),
    ("CYBRID_CLIENT_SECRET_FILE", "", False, OURS),
    ("cybrid_client_secret_name", "", False, OURS),
    ("client_secret_sha256", "", False, OTHERS),
    ("CYBRID_BANK_GUID", "", False, OURS),
    ("kid", "", False, OTHERS),
]


@pytest.mark.parametrize(("text", "role", "is_sure", "owner"), ROWS)
def test_a_name_is_read(text: str, role: str, is_sure: bool, owner: Owner) -> None:
    name = Names(load().secret_keys).read(text)
    assert (name.role, name.is_sure, name.owner) == (role, is_sure, owner)


def test_a_variable_that_code_mints_with_is_the_platforms() -> None:
    names = Names(load().secret_keys, {"LEDGER_PASS": "client_secret"})
    assert names.read("LEDGER_PASS").owner is OURS
    assert names.read("LEDGER_PASS").role == "client_secret"


def test_every_official_name_is_known() -> None:
    names = Names(load().secret_keys)
    for each in load().tokens.credential_names:
        assert names.read(each).role, each
    for each in load().tokens.names_not_secret:
        assert not names.read(each).role, each
