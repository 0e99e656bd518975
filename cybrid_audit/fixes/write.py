"""Writes changed files: each as a whole, all or none of them as far as a file system can promise that."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from cybrid_audit.errors import AuditError


def write(root: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    """Replace the files at these paths below `root`; one that is not in `before` is new.

    All are written beside their places first and only then put there, each in one step.

    Raises:
        AuditError: a file has changed since it was read, is a symlink, lies outside, or cannot be written. Then none has
            been replaced, unless the message names those that were."""
    ready: list[tuple[str, str]] = []
    done: list[str] = []
    try:
        for path, content in sorted(after.items()):
            place = _checked(root, path, before.get(path))
            beside = f"{place}.cybrid-audit-{os.getpid()}"
            ready.append((beside, place))
            mode = stat.S_IMODE(os.lstat(place).st_mode) if path in before else 0o644
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(beside, mode)
        for beside, place in ready:
            os.replace(beside, place)
            done.append(place)
    except OSError as error:
        which = f"; already replaced: {', '.join(done)}" if done else ", and nothing was changed"
        raise AuditError(
            f"a fix cannot be written ({error.strerror or 'failed'}){which}", "see that the files can be written"
        ) from None
    finally:
        for beside, _ in ready:
            if os.path.lexists(beside):
                os.unlink(beside)


def _checked(root: str, path: str, expected: bytes | None) -> str:
    top = os.path.realpath(root)
    place = os.path.join(top, *path.split("/"))
    if os.path.realpath(os.path.dirname(place)) != os.path.dirname(place) or os.path.islink(place):
        raise AuditError(f"{path} is, or lies behind, a symlink; nothing was changed", "change it by hand")
    if expected is None:
        if os.path.lexists(place):
            raise AuditError(f"{path} has appeared since it was looked for; nothing was changed", "run again")
        return place
    with open(place, "rb") as file:
        found = file.read(len(expected) + 1)
    if found != expected:
        raise AuditError(f"{path} has changed since it was read; nothing was changed", "run again")
    return place
