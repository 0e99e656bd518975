"""What a trusted revision accepts, so that a change cannot excuse itself.

Configuration and baseline come from the revision; a comment of the audited tree counts only where the revision has the same
comment at the same code of the same file. What the tree adds is told, and does not count unless that is allowed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.facts import Exemption, ExemptionKind, Location
from cybrid_audit.limits import MAX_BASELINE_BYTES, MAX_CONFIG_BYTES, MAX_SEARCHED_TEXT_BYTES
from cybrid_audit.policy import baseline as baselines
from cybrid_audit.policy.inline import read
from cybrid_audit.project import snapshot
from cybrid_audit.project.config import FILE_NAME, Config, ConfigSuppression, load_config, parse_config
from cybrid_audit.records import dataclass
from cybrid_audit.secrets.accepted import BASELINE, read_baseline

if TYPE_CHECKING:
    from cybrid_audit.policy.baseline import Baseline
    from cybrid_audit.policy.inline import Declared
    from cybrid_audit.project import Project

_PRAGMA: Final = re.compile(rb"pragma: ?(?:allow|white)list[ -](?:nextline[ -])?secret")
"""What a comment that detect-secrets heeds holds; wider than what `secrets.accepted` takes for one."""

_SUPPRESSION_FIELDS: Final = ("rule", "path", "fingerprint", "reason", "owner", "expires")
_APART: Final = frozenset({"path", "shown", "suppressions", "disabled_lines"})
"""Fields of a configuration that are not compared: where it stands, and what is told entry by entry."""


@dataclass(frozen=True, slots=True)
class Trust:
    """A revision that decides what may be accepted: `ref` as the user names it, the `commit`, and what lies there.

    With `allows_new`, suppressions that the tree adds count at once and are still told. With `only_tells`, the tree decides
    everything, and the revision is what its declarations are compared with."""

    root: str
    ref: str
    commit: str
    config: Config
    baseline: Baseline | None
    allows_new: bool = False
    only_tells: bool = False

    @property
    def settings(self) -> Config:
        """The configuration to audit with."""
        if not self.allows_new:
            return self.config
        return replace(self.config, suppressions=(*self.config.suppressions, *self._added()))

    def judged(self, declared: Iterable[Declared], project: Project) -> list[Declared]:
        """Return the declarations, those marked as added that the revision lacks."""
        every = list(declared)
        held: Counter[tuple[str, ...]] = Counter()
        paths = sorted({each.path for each in every if each.kind is ExemptionKind.INLINE})
        rules = {rule for each in every for rule in each.rules}
        for path in paths:
            data = snapshot.blob(self.root, self.commit, path, MAX_SEARCHED_TEXT_BYTES)
            if data is not None:
                held.update(each.key for each in read(path, data, project.sources.get(path), rules))
        told = Counter(_key(each) for each in self.config.suppressions)
        problem = "added-allowed" if self.allows_new else "added"
        result = []
        for each in every:
            known = held if each.kind is ExemptionKind.INLINE else told
            if known[each.key] > 0:
                known[each.key] -= 1
            elif not each.problem:
                each = replace(each, problem=problem, detail=self.ref)  # noqa: PLW2901 - the same one, marked
            result.append(each)
        return result

    def changes(self, project: Project) -> list[Exemption]:
        """Return what else the tree declares and the revision does not.

        Raises:
            AuditError: the tree's own configuration or baseline cannot be used."""
        found = []
        if not self.allows_new:
            found += [
                Exemption(
                    ExemptionKind.CONFIG,
                    Location(FILE_NAME, each.line),
                    each.rule,
                    each.reason,
                    each.owner,
                    "" if each.expires is None else each.expires.isoformat(),
                    problem="added",
                    detail=self.ref,
                )
                for each in self._added()
            ]
        there = load_config(self.root)
        changed = [
            name
            for name in Config.__slots__
            if name not in _APART and _without_lines(getattr(there, name)) != _without_lines(getattr(self.config, name))
        ]
        if changed:
            words = ", ".join(name.replace("_", " ") for name in changed)
            found.append(
                Exemption(
                    ExemptionKind.CONFIG,
                    Location(FILE_NAME, 1),
                    "the configuration",
                    problem="changed-allowed" if self.only_tells else "changed",
                    detail=f"other than in {self.ref} are {words}",
                )
            )
        return [*found, *self._more_known()]

    def restrain(self, project: Project) -> list[Exemption]:
        """Take from a project what it accepts in the forms of detect-secrets and the revision does not; tell what that is.

        The contents that stand in for the files have the same lines and columns."""
        told = []
        for path in sorted({*project.named, *project.relevant}):
            data = project.searched_text(path) if path in project.tracked else None
            if data is None or _PRAGMA.search(data) is None:
                continue
            earlier = snapshot.blob(self.root, self.commit, path, MAX_SEARCHED_TEXT_BYTES) or b""
            known = Counter(line.strip() for line in earlier.split(b"\n"))
            lines = data.split(b"\n")
            for number, line in enumerate(lines):
                if _PRAGMA.search(line) is None:
                    continue
                key = line.strip()
                if known[key] > 0:
                    known[key] -= 1
                    continue
                told.append(self._secret(path, number + 1, "a comment of detect-secrets"))
                lines[number] = _PRAGMA.sub(lambda found: b"-" * len(found[0]), line)
            if not self.allows_new:
                project.edited[path] = b"\n".join(lines)
        held = snapshot.blob(self.root, self.commit, BASELINE, MAX_BASELINE_BYTES) or b""
        there = project.text_file(BASELINE) or b""
        if there.strip() != held.strip():
            known_values, values = read_baseline(held), read_baseline(there)
            if any(hashes - known_values.get(path, frozenset()) for path, hashes in values.items()):
                told.append(self._secret(BASELINE, 1, "more values in the baseline of detect-secrets"))
            if not self.allows_new:
                project.edited[BASELINE] = held
        return told

    def _secret(self, path: str, line: int, reason: str) -> Exemption:
        problem = "added-allowed" if self.allows_new else "added"
        place = Location(path, line)
        return Exemption(ExemptionKind.BASELINE, place, "a credential", reason, problem=problem, detail=self.ref)

    def _added(self) -> list[ConfigSuppression]:
        """Return the entries of the tree's configuration that the revision lacks."""
        known = Counter(_key(each) for each in self.config.suppressions)
        added = []
        for each in load_config(self.root).suppressions:
            if known[_key(each)] > 0:
                known[_key(each)] -= 1
            else:
                added.append(each)
        return added

    def _more_known(self) -> list[Exemption]:
        there = baselines.load(self.root)
        held = {each.fingerprint for each in self.baseline.entries} if self.baseline is not None else set()
        more = [each for each in there.entries if each.fingerprint not in held] if there is not None else []
        if not more:
            return []
        rules = ", ".join(sorted({each.rule for each in more}))
        reason = f"{len(more)} more in the baseline" if len(more) > 1 else "one more in the baseline"
        return [
            Exemption(
                ExemptionKind.BASELINE,
                Location(baselines.FILE_NAME, 1),
                rules,
                reason,
                problem="added-allowed" if self.allows_new else "added",
                detail=self.ref,
            )
        ]


def trusted(root: str, ref: str, *, allows_new: bool = False, only_tells: bool = False) -> Trust:
    """Return what a revision of the target's repository says. Without a configuration there, the defaults hold.

    `only_tells` implies `allows_new`.

    Raises:
        AuditError: there is no such revision, or what lies there cannot be used."""
    commit = snapshot.resolve(root, ref)
    config = Config()
    data = snapshot.blob(root, commit, FILE_NAME, MAX_CONFIG_BYTES)
    if data is not None:
        config = parse_config(data, f"{ref}:{FILE_NAME}")
    baseline = None
    data = snapshot.blob(root, commit, baselines.FILE_NAME, MAX_BASELINE_BYTES)
    if data is not None:
        baseline = baselines.parsed(data, f"{ref}:{baselines.FILE_NAME}")
    return Trust(root, ref, commit, config, baseline, allows_new or only_tells, only_tells)


def _key(suppression: ConfigSuppression) -> tuple[str, ...]:
    # The same as `policy.from_config` makes.
    return tuple(str(getattr(suppression, name)) for name in _SUPPRESSION_FIELDS)


def _without_lines(value: Any) -> Any:
    """Return what a configuration says under a key without the lines on which it says so."""
    if isinstance(value, tuple):
        return [replace(each, line=0) if hasattr(each, "line") else each for each in value]
    return value
