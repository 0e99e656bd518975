"""Reading single files of the audited tree: bounded, never through a symlink, never blocking."""

from __future__ import annotations

import os
from typing import Final

from cybrid_audit.limits import MAX_SOURCE_BYTES

# O_NONBLOCK: a named pipe must not make the audit wait for a writer.
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_FIRST_READ: Final = 1 << 16

TOO_LARGE: Final = f"larger than {MAX_SOURCE_BYTES // 1_000_000} MB"


def read(path: str, limit: int) -> bytes | None:
    """Return a file's content, or None when it is longer than `limit` bytes.

    Raises OSError: there is none, it is a symlink, or it cannot be read."""
    descriptor = os.open(path, _FLAGS)
    try:
        # No stat first: one call less for each of many thousand files, and no race with what was looked at.
        data = os.read(descriptor, _FIRST_READ)
        if len(data) < _FIRST_READ:
            return data if len(data) <= limit else None
        parts = [data]
        size = len(data)
        while data and size <= limit:
            data = os.read(descriptor, min(1 << 20, limit + 1 - size))
            parts.append(data)
            size += len(data)
        return b"".join(parts) if size <= limit else None
    finally:
        os.close(descriptor)


def reason_of(error: OSError) -> str:
    """Return why a file could not be read, in one clause."""
    import errno

    if error.errno == errno.ELOOP:
        return "a symlink"
    if error.errno in (errno.EAGAIN, errno.ENXIO, errno.EISDIR):
        return "not a regular file"
    return f"not readable: {(error.strerror or type(error).__name__).lower()}"
