"""Archives are looked into, whatever they are called, and none of them costs more than the bounds say."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cybrid_audit.audit import audit
from cybrid_audit.secrets import archives
from tests.secrets.conftest import ID, OTHER, SECRET

TEXT = f"CYBRID_ENV=sandbox\nCYBRID_CLIENT_SECRET={SECRET}\n"
Members = dict[str, bytes | str]


def zipped(members: Members) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(members: Members, mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def run(tmp_path: Path) -> Callable[[dict[str, bytes]], Any]:
    """Audit some archives; returns what was found and what was not searched."""

    def made(files: dict[str, bytes]) -> Any:
        for name, data in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        result = audit(str(tmp_path))
        found = [
            (each.rule, each.location.path, each.location.start_line, each.data["member"], each.data["member_line"])
            for each in result.findings
        ]
        return sorted(found), [(each.path, each.reason) for each in result.skipped]

    return made


KINDS: dict[str, bytes] = {
    "a.zip": zipped({"conf/.env": TEXT}),
    "a.jar": zipped({"conf/.env": TEXT}),
    "a-1.0-py3-none-any.whl": zipped({"conf/.env": TEXT}),
    "a.apk": zipped({"conf/.env": TEXT}),
    "a.tar": tarred({"conf/.env": TEXT}),
    "a.tgz": tarred({"conf/.env": TEXT}, "w:gz"),
    "a.tar.gz": tarred({"conf/.env": TEXT}, "w:gz"),
    "a.tar.bz2": tarred({"conf/.env": TEXT}, "w:bz2"),
    "a.tar.xz": tarred({"conf/.env": TEXT}, "w:xz"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_looked_into(name: str, run: Any) -> None:
    assert run({name: KINDS[name]}) == ([("hardcoded-client-secret", name, 1, "conf/.env", 2)], [])


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_single_file_may_be_packed(pack: Callable[[bytes], bytes], run: Any) -> None:
    suffix = {"gzip": "gz", "bz2": "bz2", "lzma": "xz"}[pack.__module__]
    found, _ = run({f"dump.env.{suffix}": pack(TEXT.encode())})
    assert found == [("hardcoded-client-secret", f"dump.env.{suffix}", 1, "dump.env", 2)]


def test_the_finding_tells_the_place_inside_and_nothing_of_the_value(tmp_path: Path, cli: Any) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"conf/.env": TEXT, "b.env": f"CYBRID_CLIENT_ID={ID}\n"}))
    done = cli("scan", str(tmp_path))
    text = " ".join(done.stdout.split())
    assert "In the archive, conf/.env holds a client secret of the platform on line 2: Kd9_… (43 characters)." in text
    assert "In the archive, b.env holds a client id of the platform on line 1: " in text
    assert "PK" not in text
    assert SECRET[:6] not in done.stdout + done.stderr


def test_archives_inside_archives(run: Any) -> None:
    inner = tarred({"conf/.env": TEXT}, "w:gz")
    found, skipped = run({"a.zip": zipped({"lib/b.jar": zipped({"c.tgz": inner})})})
    assert found == [("hardcoded-client-secret", "a.zip", 1, "lib/b.jar!/c.tgz!/conf/.env", 2)]
    assert skipped == []
    deeper = zipped({"d.zip": zipped({"a.zip": zipped({"lib/b.jar": zipped({"c.tgz": inner})})})})
    found, skipped = run({"a.zip": deeper})
    assert found == []
    assert skipped == [("a.zip", "an archive that holds archives inside one another more than 3 deep")]


def test_what_no_archive_of_ours_names_is_left_alone(run: Any) -> None:
    assert run({"a.zip": zipped({"a.env": f"CLIENT_SECRET={SECRET}\n", "b.bin": b"\0cybrid " + SECRET.encode()})}) == (
        [],
        [],
    )


def test_third_party_archives_are_left_alone(run: Any) -> None:
    files = {"node_modules/a/a.zip": KINDS["a.zip"], ".yarn/cache/b.zip": KINDS["a.zip"]}
    assert run(files) == ([], [])


def test_comments_and_baselines_accept_inside_too(tmp_path: Path, run: Any) -> None:
    from cybrid_audit.secrets.known import write_baseline

    allowed = f"CYBRID_CLIENT_SECRET={SECRET} # pragma: allowlist secret\n"
    assert run({"a.zip": zipped({"a.env": allowed})}) == ([], [])
    data = zipped({"a.env": f"CYBRID_CLIENT_SECRET={OTHER}\n"})
    assert len(run({"a.zip": data})[0]) == 1
    assert write_baseline(str(tmp_path)).values == 1
    assert run({"a.zip": data}) == ([], [])


# ---------------------------------------------------------------- hostile


def hostile() -> dict[str, tuple[bytes, str]]:
    encrypted = bytearray(zipped({"a.env": TEXT}))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        encrypted[encrypted.index(mark) + offset] |= 1
    packed = gzip.compress(b"cybrid " + b"a" * 30_000_000)
    return {
        "cut.zip": (zipped({"a.env": TEXT})[:-30], "damaged, or of a kind that is not read"),
        "cut.tgz": (KINDS["a.tgz"][:-40], "damaged, or of a kind that is not read"),
        "encrypted.zip": (bytes(encrypted), "holds encrypted members"),
        "bomb.zip": (zipped({"a.txt": b"a" * 9_000_000}), "is packed more than 500 to 1"),
        "bomb.gz": (packed, "unpacks to more than 10 MB"),
        "bomb.tgz": (tarred({"a.txt": b"a" * 9_000_000}, "w:gz"), "is packed more than 500 to 1"),
        "large.zip": (
            zipped({"a.txt": bytes(range(32, 127)) * 120_000}),
            "holds members larger than 10 MB",
        ),
    }


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_archive_costs_itself_only(name: str, run: Any) -> None:
    data, problem = hostile()[name]
    found, skipped = run({name: data, "b.zip": KINDS["a.zip"]})
    assert ("hardcoded-client-secret", "b.zip", 1, "conf/.env", 2) in found
    assert (name, f"an archive that {problem}") in skipped


def test_bounds_of_size_and_number(run: Any, monkeypatch: Any) -> None:
    from cybrid_audit import project

    monkeypatch.setattr(archives, "MAX_ARCHIVE_MEMBERS", 3)
    many: Members = {f"{number}.env": TEXT for number in range(5)}
    assert run({"a.zip": zipped(many)})[1] == [("a.zip", "an archive that has more than 3 members")]
    found, skipped = run({"a.zip": tarred(many)})
    assert len(found) == 3
    assert skipped == [("a.zip", "an archive that has more than 3 members")]
    monkeypatch.setattr(archives, "MAX_ARCHIVE_CONTENT", 10)
    assert run({"a.zip": KINDS["a.zip"]})[1] == [("a.zip", "an archive that unpacks to more than 0 MB")]
    monkeypatch.setattr(archives, "MAX_ARCHIVES_CONTENT", 10)
    monkeypatch.setattr(archives, "MAX_ARCHIVE_CONTENT", 1000)
    reason = "an archive that was left when 0 MB of archives had been unpacked"
    assert run({"a.zip": KINDS["a.zip"]})[1] == [("a.zip", reason)]
    monkeypatch.setattr(project, "MAX_ARCHIVE_BYTES", 10)
    assert run({"a.zip": KINDS["a.zip"]})[1] == [("a.zip", "an archive larger than 50 MB")]


def test_names_lead_nowhere(tmp_path: Path, run: Any) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, target in (("a.env", tarfile.SYMTYPE, "/etc/hostname"), ("p", tarfile.FIFOTYPE, "")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    before = sorted(tmp_path.parent.rglob("*"))
    found, skipped = run({"b.tar": out.getvalue(), "a.zip": zipped({"../../up.env": TEXT, "/abs.env": TEXT})})
    assert [each[3] for each in found] == ["../../up.env", "/abs.env"]
    assert skipped == []
    assert sorted(set(tmp_path.parent.rglob("*")) - set(before)) == [tmp_path / "a.zip", tmp_path / "b.tar"]


def test_a_link_to_an_archive_outside_is_not_read(tmp_path: Path, run: Any) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.zip"
    outside.write_bytes(KINDS["a.zip"])
    (tmp_path / "a.zip").symlink_to(outside)
    assert run({}) == ([], [])
