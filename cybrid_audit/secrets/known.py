"""Writes what a project knows of already in the form of detect-secrets: its `.secrets.baseline`.

The file is one for both tools. Entries that other plugins made stay, and so do the labels of its audit; what our plugins made
and is found no more goes. It holds hashes in the form that detect-secrets defines, never a secret."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.errors import AuditError
from cybrid_audit.facts import SourceKind
from cybrid_audit.masking import mask
from cybrid_audit.records import dataclass
from cybrid_audit.secrets.accepted import BASELINE, hash_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cybrid_audit.facts import Facts, Location
    from cybrid_audit.project.config import Config
    from cybrid_audit.secrets.collect import Collector

_PLUGINS: Final = {
    "client_secret": ("CybridClientSecretDetector", "Cybrid Client Secret"),
    "client_id": ("CybridClientIdDetector", "Cybrid Client Id"),
    "access_token": ("CybridAccessTokenDetector", "Cybrid Access Token"),
    "signing_key": ("CybridWebhookSigningKeyDetector", "Cybrid Webhook Signing Key"),
}
"""The plugin for each role, and what detect-secrets calls what it finds."""

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the file, how many values it accepts in how many files, how many of them are new, how many went."""

    path: str
    values: int
    files: int
    added: int
    removed: int


def write_baseline(root: str, path: str | None = None, *, config: Config | None = None) -> Written:
    """Search the code base at `root` and write what is found into a baseline of detect-secrets; return what was written.

    `path` is the file to write, `.secrets.baseline` in `root` when None; paths in it are relative to `root`. `config` defaults
    to the one in `root`. A baseline that is there already is brought up to date; what a comment accepts is not in it. The
    file is written beside and moved into place.

    Raises:
        AuditError: the path or the configuration is wrong, the file there is no baseline, or it cannot be written."""
    from cybrid_audit.engine import analyse
    from cybrid_audit.knowledge import load
    from cybrid_audit.project import load_config, open_project
    from cybrid_audit.secrets.collect import Collector

    knowledge = load()
    project = open_project(root, config if config is not None else load_config(root))
    target = path if path is not None else os.path.join(project.root, BASELINE)
    held = _held(target)
    collector = Collector(project, knowledge, analyse(project, knowledge), heeds_baseline=False)
    found: dict[str, dict[tuple[str, str], Entry]] = {}
    for at, kind, digest in _found(collector, collector.run()):
        entry: Entry = {"type": kind, "filename": at.path, "hashed_secret": digest, "is_verified": False}
        entry["line_number"] = at.start_line
        found.setdefault(at.path, {}).setdefault((kind, digest), entry)
    added, removed, results = _merged(held.get("results"), found)
    _write(target, _content(held, results, project.root))
    return Written(target, sum(map(len, results.values())), len(results), added, removed)


def _found(collector: Collector, facts: Facts) -> Iterator[tuple[Location, str, str]]:
    """Yield place, kind and hash of everything that would be reported in the tree."""
    for literal in facts.literals:
        at = literal.at
        archived = collector.archived.get((at.path, literal.masked.digest)) if literal.member else None
        yield at, _PLUGINS[literal.role][1], archived or hash_of(_standing_at(collector, at))
    for use in facts.credentials:
        for source in use.sources:
            at = source.location
            if source.kind is SourceKind.LITERAL and source.masked is not None and not source.is_placeholder:
                value = _word_of(collector, at, source.masked.digest)
                if value and use.role in _PLUGINS and (at.path, at.start_line) not in facts.accepted:
                    yield at, _PLUGINS[use.role][1], hash_of(value)
    for secret in facts.other_secrets:
        yield secret.at, secret.what, hash_of(_standing_at(collector, secret.at))


def _standing_at(collector: Collector, at: Location) -> str:
    lines = (collector.text(at.path) or "").split("\n")[at.start_line - 1 : at.end_line]
    if not lines:
        return ""
    lines[-1] = lines[-1][: at.end_column]
    return "\n".join(lines)[at.start_column :]


def _word_of(collector: Collector, at: Location, digest: str) -> str:
    """Return the literal on a line of code that has a digest."""
    lines = (collector.text(at.path) or "").split("\n")
    line = lines[at.start_line - 1] if at.start_line <= len(lines) else ""
    words = re.findall(r"[^\s\"'`]{8,}", line)
    return next((each for each in words if mask(each).digest == digest), "")


def _merged(held: Any, found: dict[str, dict[tuple[str, str], Entry]]) -> tuple[int, int, dict[str, list[Entry]]]:
    """Return how many values are new, how many went, and all of them by file."""
    ours = {kind for _, kind in _PLUGINS.values()}
    left = {path: dict(entries) for path, entries in found.items()}
    added, removed = sum(map(len, found.values())), 0
    for path, entries in held.items() if isinstance(held, dict) else ():
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict) or not isinstance(entry.get("hashed_secret"), str):
                continue
            kind = str(entry.get("type"))
            fresh = found.get(path, {}).get((kind, entry["hashed_secret"]))
            if fresh is not None:
                # The label of an audit stays with its value, wherever it has moved to.
                left[path][kind, entry["hashed_secret"]] = {**entry, "line_number": fresh["line_number"]}
                added -= 1
            elif kind in ours:
                removed += 1
            else:
                left.setdefault(path, {})[kind, entry["hashed_secret"]] = entry
    return added, removed, {path: sorted(left[path].values(), key=_order) for path in sorted(left) if left[path]}


def _order(entry: Entry) -> tuple[int, str]:
    line = entry.get("line_number")
    return line if isinstance(line, int) else 0, str(entry["hashed_secret"])


def _content(held: Entry, results: dict[str, list[Entry]], root: str) -> Entry:
    """Return the whole baseline: its settings as they were, with our plugins among them."""
    import datetime as dt

    from detect_secrets.__version__ import VERSION

    from cybrid_audit.knowledge import load
    from cybrid_audit.secrets import plugins

    files = load().secret_files
    # Where the tool is installed within the project, a relative path holds on every machine.
    file = os.path.abspath(plugins.__file__)
    inside = os.path.relpath(file, root)
    place = f"file://{file if inside.startswith('..') else inside}"
    used = {str(each.get("name")): each for each in held.get("plugins_used") or [] if isinstance(each, dict)}
    if not used:
        used = {name: {"name": name} for name in files.generic_plugins}
    used.update({name: {"name": name, "path": place} for name, _ in _PLUGINS.values()})
    filters = held.get("filters_used")
    return {
        "version": held.get("version", VERSION),
        "plugins_used": sorted(used.values(), key=lambda each: str(each["name"]).lower()),
        "filters_used": filters if isinstance(filters, list) else [{"path": each} for each in files.generic_filters],
        "results": results,
        "generated_at": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


def _held(path: str) -> Entry:
    """Return the baseline that is there, in today's form; empty when there is none."""
    hint = "name another file, or move this one away"
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise AuditError(f"{path}: cannot be read ({(error.strerror or 'unknown').lower()})", hint) from None
    try:
        content: Any = json.loads(data)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("version"), str):
        raise AuditError(f"{path}: not a baseline of detect-secrets", hint)
    from detect_secrets.core.baseline import upgrade

    try:
        return dict(upgrade(content))
    except (KeyError, ValueError, TypeError, AttributeError):
        raise AuditError(f"{path}: a baseline that detect-secrets does not read", hint) from None


def _write(path: str, content: Entry) -> None:
    beside = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=2) + "\n")
        os.replace(beside, path)
    except OSError as error:
        if os.path.exists(beside):
            os.remove(beside)
        raise AuditError(
            f"{path}: cannot be written ({(error.strerror or 'unknown').lower()})",
            "name a file in a folder that you may write",
        ) from None
