"""Files with a credential that everybody on a machine may read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cybrid_audit.config_files.access import Broad, Watch
from cybrid_audit.config_files.nodes import Kind, Node
from cybrid_audit.secrets.names import Owner

_MODE: Final = re.compile(r"(?:0o?|u=\w*,g=\w*,o=)?(?P<digits>[0-7]{3,4})|(?P<letters>(?:[augo]*[+=][rwxX]+,?)+)")
_CHMOD: Final = re.compile(r"\bchmod\s+(?:-\w+\s+)*(?P<mode>[0-7]{3,4}|[augo]*[+=][rwx]+)\s+(?P<target>[^\n;&|]+)")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w.-]*")


def is_open(mode: str) -> bool:
    """Whether a mode lets others read."""
    match = _MODE.fullmatch(mode.strip())
    if match is None:
        return False
    if match["digits"]:
        return int(match["digits"][-1]) & 4 != 0
    return re.search(r"(?:^|,)(?:[ug]*[ao][augo]*)?[+=]\w*r", match["letters"]) is not None


def of_tasks(document: Node, watch: Watch) -> Iterator[Broad]:
    """Yield modes of files that Ansible, Terraform or compose write a credential to."""
    for node in document.walk():
        if node.kind is not Kind.MAP:
            continue
        mode = node.get("mode", "file_permission")
        if mode is None or not is_open(mode.text):
            continue
        texts = [each.text for each in node.walk() if each is not mode]
        name = next((name for text in texts for name in _IDENTIFIER.findall(text) if _is_secret(name, watch)), "")
        if name:
            yield Broad("mode", mode.line, name, mode.text)


def of_script(text: str, watch: Watch) -> Iterator[Broad]:
    """Yield the lines of a script that open a file with a credential to everybody."""
    if "chmod" not in text:
        return
    for number, line in enumerate(text.split("\n"), 1):
        for match in _CHMOD.finditer(line):
            if is_open(match["mode"]) and "+x" not in match["mode"]:
                name = next((each for each in _IDENTIFIER.findall(match["target"]) if _is_secret(each, watch)), "")
                if name:
                    yield Broad("mode", number, name, match["mode"])


def _is_secret(name: str, watch: Watch) -> bool:
    told = watch.names.read(name)
    return told.role == "client_secret" and told.owner is Owner.PLATFORM
