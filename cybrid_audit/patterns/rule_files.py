"""Files of pattern rules: read as data, each rule bound to a control.

They are semgrep's own files, so that plain semgrep runs them too. What would make semgrep run code, reach out to the network or
read further files is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.errors import AuditError, nearest
from cybrid_audit.limits import MAX_PATTERN_FILE_BYTES, MAX_PATTERN_FILES, MAX_PATTERN_MESSAGE
from cybrid_audit.patterns.command import find
from cybrid_audit.project.document import Document, line_of
from cybrid_audit.records import dataclass

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.policy.trust import Trust
    from cybrid_audit.project.config import Config

FOLDER: Final = "semgrep"
"""Where the bundled rules are, below `rules/`."""

CONTROL: Final = "cybrid-control"
"""The key of a rule's metadata that names the control which a match breaks."""

SAME_AS: Final = "cybrid-rule"
"""The key that names the rule of this tool which finds the same: where it has found it, the match is left out."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_CWE: Final = re.compile(r"CWE-[1-9][0-9]*")
_SUFFIXES: Final = (".yaml", ".yml")
_TEST_SUFFIXES: Final = (".test.yaml", ".test.yml", ".fixed.yaml", ".fixed.yml")
"""What semgrep takes for the test of a rule, not for one."""
_REGISTRY: Final = re.compile(r"[prs]/.*|auto|default|policy|supply-chain|secrets|code")
_REFUSED: Final = {
    "pattern-where-python": "runs code",
    "validators": "makes requests",
    "join": "reads further rules",
    "r2c-internal-project-depends-on": "reads further files",
}
"""Keys of a rule, wherever they stand, that no rule may have."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is known of one rule: `shown` names the file that holds it, `number` counts the files. The others are as in `PatternMatch`."""

    id: str
    control: str
    message: str
    confidence: str
    same_as: str
    cwe: tuple[str, ...]
    shown: str
    number: int
    is_bundled: bool


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of a run, their files as semgrep reads them, and semgrep itself: an absolute path, empty where there is none.

    `patterns` are the rules whose matches count, by id."""

    patterns: Mapping[str, Pattern]
    files: tuple[bytes, ...]
    command: str

    @property
    def controls(self) -> frozenset[str]:
        """The controls that the rules are about."""
        return frozenset(each.control for each in self.patterns.values())


def rule_set(
    root: str,
    config: Config,
    knowledge: Knowledge,
    trust: Trust | None = None,
    *,
    beside: Iterable[str] = (),
    command: str | None = None,
) -> RuleSet:
    """Return the rules that a configuration asks for and those in the files and folders `beside`, which the user names.

    The configuration's own lie in the audited tree or, with `trust`, in the trusted revision. `command` is the semgrep to use.

    Raises:
        AuditError: a file cannot be used, a rule says something wrong, or there is no such command."""
    settings = config.semgrep
    found: list[tuple[str, bytes, bool]] = []
    if settings.bundled:
        found += [(f"rules/{FOLDER}/{name}", data, True) for name, data in _bundled()]
    for path in settings.rules:
        where = f"{config.path}: semgrep: {path}"
        there = _held(trust, path) if trust is not None and not trust.only_tells else _inside(root, path, where)
        found += [(shown, data, False) for shown, data in _some(there, where)]
    for path in beside:
        found += [(shown, data, False) for shown, data in _some(_named(path), path)]
    if len(found) > MAX_PATTERN_FILES:
        raise AuditError(f"more than {MAX_PATTERN_FILES:,} files of pattern rules", "name fewer")
    patterns: dict[str, Pattern] = {}
    for number, (shown, data, is_bundled) in enumerate(found):
        for each, line in _Rules(shown, data, knowledge, number, is_bundled=is_bundled).read():
            if each.id in patterns:
                raise AuditError(
                    f"{shown}:{line}: the rule {each.id!r} is in {patterns[each.id].shown} already",
                    "rename one of them",
                )
            patterns[each.id] = each
    for name in settings.disabled:
        if name not in patterns:
            near = nearest(name, patterns)
            hint = f"did you mean {near!r}?" if near else "name one of the rules that run"
            raise AuditError(f"{config.path}: semgrep: disable: no pattern rule is called {name!r}", hint)
    kept = {name: each for name, each in patterns.items() if name not in settings.disabled}
    return RuleSet(kept, tuple(data for _, data, _ in found), find(command))


# ---------------------------------------------------------------- one file


class _Rules(Document):
    """Reads one file of rules."""

    def __init__(self, path: str, data: bytes, knowledge: Knowledge, number: int, *, is_bundled: bool) -> None:
        super().__init__(path, data)
        self.controls = [each.id for each in knowledge.control_rows]
        self.rules = knowledge.rule_ids
        self.number = number
        self.is_bundled = is_bundled

    def read(self) -> Iterator[tuple[Pattern, int]]:
        """Yield each rule, and its line."""
        top = self.mapping(self.root, "")
        if "rules" not in top:
            self.fail(line_of(self.root), "no rules of semgrep", "write them under 'rules:', or name another file")
        for node in self.items(top["rules"][1], "rules"):
            yield self.pattern(node), line_of(node)

    def pattern(self, node: Any) -> Pattern:
        self.refuse(node)
        keys = {name: value for name, (_, value) in self.mapping(node, "a rule").items()}
        for name in ("id", "message", "metadata"):
            if name not in keys:
                self.fail(line_of(node), f"the rule has no {name!r}", self.hint(name))
        identity = self.text(keys["id"], "id")
        if not _ID.fullmatch(identity):
            self.fail(line_of(keys["id"]), "the rule's id is none", "write letters, digits, '.', '_' and '-'")
        told = {name: value for name, (_, value) in self.mapping(keys["metadata"], "metadata").items()}
        if CONTROL not in told:
            self.fail(line_of(node), f"the rule {identity!r} names no control", self.hint("metadata"))
        confidence = self.text(told["confidence"], "confidence").lower() if "confidence" in told else "medium"
        if confidence not in ("high", "medium", "low"):
            self.fail(line_of(told["confidence"]), "the confidence is not known", "write HIGH, MEDIUM or LOW")
        message = " ".join(self.text(keys["message"], "message").split())
        return Pattern(
            identity,
            self.known(told[CONTROL], "control", self.controls),
            f"{message[:MAX_PATTERN_MESSAGE]}…" if len(message) > MAX_PATTERN_MESSAGE else message,
            confidence,
            self.known(told[SAME_AS], "rule", self.rules) if SAME_AS in told else "",
            self.weaknesses(told),
            self.path,
            self.number,
            self.is_bundled,
        )

    def hint(self, name: str) -> str:
        if name == "metadata":
            return f"write 'metadata: {{{CONTROL}: X-TLS}}', with the control that a match breaks"
        return f"add '{name}: …'"

    def known(self, node: Any, what: str, names: Collection[str]) -> str:
        text = self.text(node, what)
        if text not in names:
            near = nearest(text, names)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(names)}"
            self.fail(line_of(node), f"unknown {what} {text[:80]!r}", hint)
        return text

    def weaknesses(self, told: Mapping[str, Any]) -> tuple[str, ...]:
        node = told.get("cwe")
        texts = [] if node is None else [each.value for each in (node.value if node.id == "sequence" else [node])]
        found = (_CWE.match(each) for each in texts if isinstance(each, str))
        return tuple(dict.fromkeys(match[0] for match in found if match is not None))

    def refuse(self, node: Any) -> None:
        """Fail when a key below the node is one that no rule may have."""
        pending = [node]
        while pending:
            each = pending.pop()
            if each.id == "sequence":
                pending += each.value
            elif each.id == "mapping":
                for key, value in each.value:
                    why = _REFUSED.get(key.value) if isinstance(key.value, str) else None
                    if why is not None:
                        self.fail(line_of(key), f"a rule with {key.value!r} is refused: it {why}", "take it out")
                    pending.append(value)


# ---------------------------------------------------------------- where they are


def _bundled() -> list[tuple[str, bytes]]:
    from cybrid_audit.knowledge._source import rules_root

    folder: Traversable = rules_root().joinpath(FOLDER)
    found = [each for each in folder.iterdir() if each.name.endswith(_SUFFIXES)]
    return [(each.name, each.read_bytes()) for each in sorted(found, key=lambda each: each.name)]


Files = Iterable[tuple[str, Callable[[], bytes | None]]]
"""The name of each file, and what reads it: None when it is too large."""


def _some(files: Files, where: str) -> list[tuple[str, bytes]]:
    found = []
    for shown, read in files:
        try:
            data = read()
        except OSError as error:
            raise AuditError(f"{shown}: {(error.strerror or 'cannot be read').lower()}", "name another file") from None
        if data is None:
            raise AuditError(f"{shown}: larger than {MAX_PATTERN_FILE_BYTES:,} bytes", "split it")
        found.append((shown, data))
        if len(found) > MAX_PATTERN_FILES:
            break
    if not found:
        raise AuditError(f"{where}: no file of pattern rules there", "name a file, or a folder with some")
    return found


def _named(path: str) -> Files:
    """Yield the files that a path on the command line means. One that means semgrep's registry is refused."""
    if "://" in path or (_REGISTRY.fullmatch(path) and not os.path.lexists(path)):
        raise AuditError(
            f"{path}: rules are not fetched, neither from semgrep's registry nor from elsewhere",
            "save them to a file, and name that",
        )
    if not os.path.exists(path):
        raise AuditError(f"{path}: no such file or directory", "name a file or a folder of pattern rules")
    if not os.path.isdir(path):
        return [(path, lambda: _read(path))]
    return [(each, lambda each=each: _read(each)) for each in _walk(path)]  # type: ignore[misc]


def _inside(root: str, path: str, where: str) -> Files:
    """Yield the files that a path in the audited tree means. None is reached through a symlink."""
    from cybrid_audit.project import _files

    top = os.path.realpath(root)
    top = top if os.path.isdir(top) else os.path.dirname(top)
    full = os.path.normpath(os.path.join(top, path))
    if os.path.realpath(full) != full or not os.path.join(full, "").startswith(os.path.join(top, "")):
        raise AuditError(f"{where}: is a symlink, or leads out of the tree", "put the rules themselves there")
    if not os.path.isdir(full):
        return [(path, lambda: _files.read(full, MAX_PATTERN_FILE_BYTES))]
    return [
        (os.path.relpath(each, top).replace(os.sep, "/"), lambda each=each: _files.read(each, MAX_PATTERN_FILE_BYTES))  # type: ignore[misc]
        for each in _walk(full)
        if not os.path.islink(each)
    ]


def _held(trust: Trust, path: str) -> Files:
    """Yield the files that a path in the trusted revision means."""
    from cybrid_audit.project import snapshot

    name = os.path.normpath(path).replace(os.sep, "/")
    every = snapshot.below(trust.root, trust.commit, name)
    return [
        (f"{trust.ref}:{each}", lambda each=each: snapshot.blob(trust.root, trust.commit, each, MAX_PATTERN_FILE_BYTES))  # type: ignore[misc]
        for each in every
        if each == name or _is_rule_file(each)
    ]


def _is_rule_file(path: str) -> bool:
    return path.endswith(_SUFFIXES) and not path.endswith(_TEST_SUFFIXES)


def _walk(folder: str) -> list[str]:
    """Return the files of rules below a folder, in order; hidden folders are not entered."""
    found: list[str] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        found += [os.path.join(place, name) for name in sorted(names) if _is_rule_file(name)]
        if len(found) > MAX_PATTERN_FILES:
            break
    return found


def _read(path: str) -> bytes | None:
    with open(path, "rb") as file:
        data = file.read(MAX_PATTERN_FILE_BYTES + 1)
    return data if len(data) <= MAX_PATTERN_FILE_BYTES else None
