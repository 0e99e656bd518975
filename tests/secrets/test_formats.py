"""Every format and every way of writing a secret in it (`formats.yaml`): one finding at the right line, or a reason for none.

docs/secrets.md shows the same table."""

from __future__ import annotations

import base64
import io
import json
import random
import string
import zipfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from cybrid_audit.audit import audit
from cybrid_audit.secrets.placeholders import is_placeholder
from cybrid_audit.secrets.values import Shapes
from tests.secrets.conftest import ID

TABLE: Any = yaml.safe_load((Path(__file__).parent / "formats.yaml").read_text())
ENCODINGS: list[str] = [each["id"] for each in TABLE["encodings"]]
FORMATS: list[Any] = [each for group in TABLE["groups"] for each in group["formats"]]
MADE = ("base64", "hex", "url", "json")
"""The encodings that need no text of their own."""


class Cell(NamedTuple):
    """One file. `line` is where its finding is expected; `text` is what the file says, or the member of its archive."""

    folder: str
    path: str
    text: str
    line: int
    secret: str


def secret_of(name: str) -> str:
    """A made-up client secret that is the same in each run, with characters that URL encoding may change."""
    from cybrid_audit.knowledge import load

    rng, shapes = random.Random(name), Shapes(load())
    while True:
        value = "".join(rng.choices(string.ascii_letters + string.digits + "_-", k=43))
        is_plain = all(value[at].isalnum() for at in (0, 20, 21, 42))
        if shapes.is_exact(value) and is_plain and "_" in value and "-" in value and not is_placeholder(value):
            return value


def quoted(text: str, how: str) -> str:
    """A text as it stands between the quotes of a format."""
    if how == "json":
        return json.dumps(text)[1:-1]
    return text.replace('"', "&quot;") if how == "xml" else text


def tokens(secret: str, way: str, quote: str) -> dict[str, str]:
    """What stands for each token of a template."""
    inner = json.dumps({"client_secret": secret})
    values = {
        "base64": base64.b64encode(secret.encode()).decode(),
        "hex": secret.encode().hex(),
        "url": secret.replace("_", "%5F").replace("-", "%2D"),
        "json": quoted(inner, quote),
    }
    codes = [str(each) for each in secret.encode()]
    return {
        "<V>": values.get(way, secret),
        "<PLAIN>": secret,
        "<HEAD>": secret[:21],
        "<TAIL>": secret[21:],
        "<INTS>": ", ".join(codes),
        "<CHARS>": ", ".join(f"'{each}'" for each in secret),
        "<XMLINTS>": "".join(f"<integer>{each}</integer>" for each in codes),
        "<XMLITEMS>": "".join(f"<item>{each}</item>" for each in codes),
        "<JSON64>": base64.b64encode(json.dumps({"cybrid": {"client_secret": secret}}).encode()).decode(),
        "<BASIC>": base64.b64encode(f"{ID}:{secret}".encode()).decode(),
        "<ID>": ID,
    }


def reason(row: Any, way: str) -> str:
    """The letter of the reason for which a format has no such way; '' when it has."""
    text = row.get(way, "" if way in (*MADE, "plain", "archive") else None)
    assert text is not None, f"{row['id']} says nothing of {way!r}"
    return text if text in TABLE["reasons"] else ""


def cell(row: Any, way: str) -> Cell:
    """One cell as a file."""
    folder = f"{FORMATS.index(row)}"
    secret = secret_of(f"{row['id']} {way}")
    kind = row.get("archived", "plain") if way == "archive" else way
    text = row.get(kind) or row["text"]
    made = tokens(secret, kind, row.get("quote", "none"))
    marks = [text.find(each) for each in made if each in text and each != "<ID>"]
    line = text.count("\n", 0, min(marks)) + 1
    for token, value in made.items():
        text = text.replace(token, value)
    return Cell(folder, row["path"], text, line, secret)


@cache
def found(way: str, place: str) -> dict[str, list[tuple[str, str, int, Any]]]:
    """The findings of hardcoded credentials in all formats written one way, by folder."""
    root = Path(place) / way
    for row in FORMATS:
        if reason(row, way):
            continue
        each = cell(row, way)
        path = root / each.folder / each.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if way != "archive":
            path.write_text(each.text)
            continue
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(each.path, each.text)
        (root / each.folder / "release.zip").write_bytes(content.getvalue())
    result: dict[str, list[tuple[str, str, int, Any]]] = {}
    for finding in audit(str(root)).findings:
        folder, _, place_in_it = finding.location.path.partition("/")
        if finding.rule.startswith("hardcoded-client-secret"):
            result.setdefault(folder, []).append((finding.rule, place_in_it, finding.location.start_line, finding.data))
    return result


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("formats"))


CELLS = [(row, way) for row in FORMATS for way in ENCODINGS if not reason(row, way)]


@pytest.mark.parametrize(("row", "way"), CELLS, ids=[f"{row['id']} {way}" for row, way in CELLS])
def test_every_cell_is_found_once_at_its_line(row: Any, way: str, place: str) -> None:
    expected = cell(row, way)
    rows = found(way, place).get(expected.folder, [])
    path, line = (expected.path, expected.line) if way != "archive" else ("release.zip", 1)
    assert [each[:3] for each in rows] == [("hardcoded-client-secret", path, line)], expected.text
    data = rows[0][3]
    assert (data["prefix"], data["length"]) == (expected.secret[:4], 43)
    if way == "archive":
        assert data["member"] == expected.path
        assert data["member_line"] == expected.line


def test_every_reason_is_used() -> None:
    used = {reason(row, way) for row in FORMATS for way in ENCODINGS} - {""}
    assert used == set(TABLE["reasons"])
