"""What archives hold: ZIP in all its names (JAR, wheel, APK), TAR plain or compressed, one compressed file. Nothing is unpacked to disk.

An archive is hostile like everything else of the tree: members, depth, sizes and ratios are bounded, names are only shown."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, Final

from cybrid_audit.limits import (
    MAX_ARCHIVE_CONTENT,
    MAX_ARCHIVE_DEPTH,
    MAX_ARCHIVE_MEMBERS,
    MAX_ARCHIVE_RATIO,
    MAX_ARCHIVES_CONTENT,
    MAX_SEARCHED_TEXT_BYTES,
)

if TYPE_CHECKING:
    import tarfile
    import zipfile

_ZIP: Final = (b"PK\3\4", b"PK\5\6")
_ENTRY: Final = b"PK\1\2"
_ALWAYS: Final = 1_000_000
"""Bytes that any archive may unpack to, whatever its ratio: a short text of one character packs very well."""
_SLICE: Final = 1 << 20

Wanted = Callable[[str], bool]
"""Tells by a member's name whether it is read."""


class _Bound(Exception):  # noqa: N818 - a bound was reached, which is no error of ours
    """A bound was reached. The text says which, in one clause."""


class Budget:
    """Bytes that may still be unpacked in this audit."""

    def __init__(self) -> None:
        self.left = MAX_ARCHIVES_CONTENT


class Archive:
    """One archive. Iterating yields the name and content of each wanted member; `problem` then says what was not read."""

    def __init__(self, data: bytes, wanted: Wanted, is_archive: Callable[[str], bool], budget: Budget) -> None:
        self.problem = ""
        self._data = data
        self._wanted = wanted
        self._is_archive = is_archive
        self._budget = budget
        self._members = 0
        self._content = 0

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        import binascii
        import lzma
        import struct
        import tarfile
        import zipfile
        import zlib

        damaged = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, binascii.Error)
        # What the libraries raise beside their own errors: for a method they lack, an encrypted member, a bad length or name.
        unusual = (OSError, EOFError, ValueError, LookupError, OverflowError, RuntimeError)
        try:
            yield from self._read(self._data, "", 1)
        except _Bound as bound:
            self.problem = str(bound)
        except MemoryError:
            self.problem = "needs too much memory"
        except (*damaged, *unusual):
            self.problem = "damaged, or of a kind that is not read"

    def _read(self, data: bytes, above: str, depth: int) -> Iterator[tuple[str, bytes]]:
        if data.startswith(_ZIP):
            members = self._zip(data)
        else:
            stream = self._unpacked(data)
            head = stream.peek()
            if head[257:262] == b"ustar":
                members = self._tar(stream)
            elif isinstance(stream.raw, io.BytesIO):
                return
            else:
                members = iter([("", self._all(stream))])
        for name, content in members:
            shown = f"{above}{name}"
            if not self._is_archive(name):
                yield shown, content
            elif depth >= MAX_ARCHIVE_DEPTH:
                self.problem = f"holds archives inside one another more than {MAX_ARCHIVE_DEPTH} deep"
            else:
                yield from self._read(content, f"{shown}!/", depth + 1)

    def _zip(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        import zipfile

        if data.count(_ENTRY) > MAX_ARCHIVE_MEMBERS:
            # Asked before the directory is read: a list of millions of names would cost more than all members.
            raise _Bound(f"has more than {MAX_ARCHIVE_MEMBERS:,} members")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                self._count()
                if member.is_dir() or not self._is_read(member.filename):
                    continue
                if member.flag_bits & 1:
                    self.problem = "holds encrypted members"
                    continue
                with archive.open(member) as stream:
                    yield member.filename, self._content_of(member, stream)

    def _content_of(self, member: zipfile.ZipInfo, stream: IO[bytes]) -> bytes:
        found: list[bytes] = []
        size = 0
        while part := stream.read(_SLICE):
            size += len(part)
            self._charge(len(part))
            if size > MAX_SEARCHED_TEXT_BYTES:
                self.problem = f"holds members larger than {MAX_SEARCHED_TEXT_BYTES // 1_000_000} MB"
                return b""
            if size > _ALWAYS and size > MAX_ARCHIVE_RATIO * member.compress_size:
                raise _Bound(f"is packed more than {MAX_ARCHIVE_RATIO} to 1")
            found.append(part)
        return b"".join(found)

    def _unpacked(self, data: bytes) -> io.BufferedReader:
        """Return a stream over what is packed, which ends with `_Bound` where a bound is reached."""
        import bz2
        import gzip
        import lzma

        source: Any = io.BytesIO(data)
        # `_Watched` closes nothing: these hold memory only.
        if data.startswith(b"\x1f\x8b"):
            source = gzip.GzipFile(fileobj=source)
        elif data.startswith(b"BZh"):
            source = bz2.BZ2File(source)
        elif data.startswith(b"\xfd7zXZ\0"):
            source = lzma.LZMAFile(source)  # noqa: SIM115 - read by the stream that is returned
        else:
            # Not packed: as large as it is.
            return io.BufferedReader(io.BytesIO(data))
        return io.BufferedReader(_Watched(source, len(data), self._charge), _SLICE)

    def _tar(self, stream: io.BufferedReader) -> Iterator[tuple[str, bytes]]:
        import tarfile

        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                self._count()
                if member.isreg() and self._is_read(member.name):
                    yield member.name, self._tar_content(archive, member)
                # What was read is not kept by name either: there may be many.
                archive.members = []  # type: ignore[attr-defined]

    def _tar_content(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
        if member.size > MAX_SEARCHED_TEXT_BYTES:
            self.problem = f"holds members larger than {MAX_SEARCHED_TEXT_BYTES // 1_000_000} MB"
            return b""
        stream = archive.extractfile(member)
        return stream.read() if stream is not None else b""

    def _all(self, stream: io.BufferedReader) -> bytes:
        data = stream.read(MAX_SEARCHED_TEXT_BYTES + 1)
        if len(data) > MAX_SEARCHED_TEXT_BYTES:
            self.problem = f"unpacks to more than {MAX_SEARCHED_TEXT_BYTES // 1_000_000} MB"
            return b""
        return data

    def _is_read(self, name: str) -> bool:
        return self._wanted(name) or self._is_archive(name)

    def _count(self) -> None:
        self._members += 1
        if self._members > MAX_ARCHIVE_MEMBERS:
            raise _Bound(f"has more than {MAX_ARCHIVE_MEMBERS:,} members")

    def _charge(self, size: int) -> None:
        self._content += size
        self._budget.left -= size
        if self._content > MAX_ARCHIVE_CONTENT:
            raise _Bound(f"unpacks to more than {MAX_ARCHIVE_CONTENT // 1_000_000} MB")
        if self._budget.left < 0:
            raise _Bound(f"was left when {MAX_ARCHIVES_CONTENT // 1_000_000} MB of archives had been unpacked")


class _Watched(io.RawIOBase):
    """A stream that counts what it gives, and ends where what is packed becomes too much."""

    def __init__(self, source: IO[bytes], packed: int, charge: Callable[[int], None]) -> None:
        super().__init__()
        self._source = source
        self._packed = packed
        self._charge = charge
        self._given = 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer and return how many bytes are in it.

        Raises:
            _Bound: it is too much."""
        data = self._source.read(min(len(buffer), _SLICE))
        self._given += len(data)
        self._charge(len(data))
        if self._given > _ALWAYS and self._given > MAX_ARCHIVE_RATIO * self._packed:
            raise _Bound(f"is packed more than {MAX_ARCHIVE_RATIO} to 1")
        buffer[: len(data)] = data
        return len(data)
