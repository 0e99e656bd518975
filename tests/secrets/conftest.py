"""Made-up credentials of the platform's form, and searches without a project around them."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable

import pytest

from cybrid_audit.config_files import format_of, parse
from cybrid_audit.config_files.structure import Leaves
from cybrid_audit.knowledge import load
from cybrid_audit.secrets.names import Names
from cybrid_audit.secrets.search import Hit, Scope, Search
from cybrid_audit.secrets.values import Shapes

ID = "tB3qXw7Lk0ZpVn5RyJ2sGfC8dHaM1eUo9iOmT4xQv6K"
SECRET = "Kd9_wR4tP7-xGb2SmYe5Hq0cVnJz8FuLaE3oWi6TkQs"
OTHER = "uH6yNc1DvFs8BgE4zWq0KjRm7XpTa9LoIbV2tQe5J3M"
GUID = "0f4c8a1b2d3e4f5061728394a5b6c7d8"

Find = Callable[..., list[Hit]]


def token(issuer: str = "https://id.sandbox.cybrid.app", subject: str = "bank") -> str:
    """A bearer token with a made-up signature."""
    rng = random.Random(f"{issuer} {subject}")
    claims = {"iss": issuer, "sub": GUID, "sub_type": subject, "scope": ["prices:read"], "exp": 1750028800}
    parts = [{"alg": "RS512", "kid": ID}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts]
    return ".".join([*encoded, "".join(rng.choices(string.ascii_letters + string.digits + "-_", k=342))])


@pytest.fixture
def make() -> Callable[..., Search]:
    """A search, with variables that code mints with."""

    def made(variables: dict[str, str] | None = None) -> Search:
        keys = load().secret_keys
        return Search(Names(keys, variables), Shapes(load()), keys.platform)

    return made


@pytest.fixture
def find(make: Callable[..., Search]) -> Find:
    """The credentials in a text; `path` makes a parser read it first."""

    def found(text: str, path: str = "", *, code: bool = False, variables: dict[str, str] | None = None) -> list[Hit]:
        search = make(variables)
        files = load().secret_files
        format_ = format_of(path, files) if path else ""
        leaves = Leaves(parse(format_, text), search.names, files, search.platform, {}) if format_ else None
        return search.hits(text, Scope(is_code=code, structure=leaves))

    return found
