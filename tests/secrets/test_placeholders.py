"""What stands for a secret is none; what is random is never taken for a placeholder but by rare chance."""

from __future__ import annotations

import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cybrid_audit.secrets.placeholders import is_placeholder

PLACEHOLDERS = [
    *("", "   ", "<YOUR_SECRET>", "<any words at all>", "REPLACE_ME", "your_client_id_here", "yourClientSecret"),
    *("xxxxxxxxxxxxxxxxxxxx", "changeme", "change-me", "${CYBRID_CLIENT_SECRET}", "$CYBRID_CLIENT_SECRET"),
    *("{{ client_secret }}", "{{client_secret}}", "%CLIENT_SECRET%", "@client.secret@", "__CLIENT_SECRET__"),
    *("#{client_secret}", '<%= ENV["X"] %>', "[client secret]", "example-secret", "dummy-client-secret", "sample"),
    *("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0123456789abcdef0123456789abcdef0123456789a", "*" * 32),
    *("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "11111111111111111111111111111111", "abcabcabcabcabcabc"),
    *("test-client-secret", "fake_token", "not-a-secret", "client-secret-goes-here", "TODO-set-this", "eyJhbGciOi..."),
    *("the-client-secret", "my_secret", "insert-secret", "redacted", "...", "null", "undefined", "…………………"),
]


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_placeholder_is_no_secret(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        "Zp3_vQ8sN1-yHc6RkUe0Jw9bTmLx4DgFaV7oKi2BnXs",
        "A-7zK2mWn0xVb4Rj9sLfPc5dYhG1eAu8iOoX3wZk6Mt",
        "my-K2mWn0xVb4Rj9sLfPc5dYhG1eAu8iOoX3wZk6Mt7",
        "9b1f0c7ae25d4836f1a9c0e7b3d5824619fa7ce03bd85214a6e9f70c1b2d3e48",
    ],
)
def test_a_real_value_is_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)


def test_random_values_are_placeholders_by_rare_chance_only() -> None:
    assert sum(is_placeholder(secrets.token_urlsafe(32)) for _ in range(2_000)) <= 3


@given(st.text(string.printable, max_size=400))
def test_any_text_gets_an_answer_in_time(text: str) -> None:
    assert is_placeholder(text) in (True, False)


@pytest.mark.parametrize("text", ["a" * 5_000 + "!", "my" + "-a" * 5_000 + "!", "_" * 5_000 + "x", "ab" * 5_000 + "1"])
def test_a_hostile_text_takes_no_time(text: str) -> None:
    is_placeholder(text)
