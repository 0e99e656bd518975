"""The project's own configuration, `.cybrid-audit.yaml`. It can narrow what is judged and declare what the project knows of
itself; it runs nothing and widens nothing that is read."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from cybrid_audit.errors import AuditError
from cybrid_audit.facts import Side
from cybrid_audit.limits import MAX_CONFIG_BYTES
from cybrid_audit.project.document import Document, line_of
from cybrid_audit.records import dataclass

FILE_NAME: Final = ".cybrid-audit.yaml"
"""Where the configuration lies, in the audited root."""

BASELINE_NAME: Final = ".cybrid-audit-baseline"
"""Where the baseline lies, in the audited root."""

_OTHER_NAME: Final = ".cybrid-audit.yml"

TOP_KEYS: Final = (
    *("version", "paths", "sides", "fail_on", "rules", "guards", "platform"),
    *("min_confidence", "profile", "models", "attestations", "suppressions", "semgrep"),
)
"""The keys of the file."""


if TYPE_CHECKING:
    import datetime as dt

    from cybrid_audit.project.own_models import OwnModel

HOST: Final = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?::[0-9]+)?"
"""A host, with or without a port, as a pattern."""
_PATH: Final = re.compile(r"(?:~\.)?[\w@$*-][\w@$/*()-]*(?:\.[\w$*()-]+)*")
"""An access path: names with dots between, `()` behind what is called, `~.` for any start, a package name may hold `@` and `/`."""


class ConfigError(AuditError):
    """The configuration cannot be used. Nothing was audited."""


class FailOn(StrEnum):
    """What makes a run end with the status for findings."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    UNPROVEN = "unproven"
    NEVER = "never"


class Profile(StrEnum):
    """Which customer events need a second factor: `strict` also takes quotes, plans, payout destinations and cancellations."""

    DEFAULT = "default"
    STRICT = "strict"


CONFIDENCES: Final = ("low", "medium", "high")
"""How sure a violation is, the least sure first."""


class GuardKind(StrEnum):
    """What a project's own guard verifies."""

    MFA = "mfa"
    EMAIL = "email"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class SideOverride:
    """Files whose side the project declares. The last override that fits decides."""

    glob: str
    side: Side


@dataclass(frozen=True, slots=True)
class DeclaredGuard:
    """A function, method, middleware or decorator of the project that verifies and stops. `name` may be dotted.

    `language` limits it to one language (`python`, `typescript` …); empty for all."""

    name: str
    kind: GuardKind
    language: str = ""


@dataclass(frozen=True, slots=True)
class Attestation:
    """A signed-off statement for a control that code cannot show. It holds from `date` until `expires`, both included."""

    control: str
    statement: str
    owner: str
    evidence: str
    date: dt.date
    expires: dt.date
    line: int = 0

    def problem(self, today: dt.date | None) -> str:
        """Return why it does not hold on a day: `expired`, `early`, or nothing. Without a day, every one holds."""
        if today is None or self.date <= today <= self.expires:
            return ""
        return "expired" if today > self.expires else "early"


@dataclass(frozen=True, slots=True)
class ConfigSuppression:
    """Findings of one rule that the project accepts: in files that fit the glob `path`, or with the `fingerprint`, or both.

    `expires` is the last day on which it holds, None for ever."""

    rule: str
    reason: str
    path: str = ""
    fingerprint: str = ""
    owner: str = ""
    expires: dt.date | None = None
    line: int = 0

    @property
    def is_too_wide(self) -> bool:
        """Whether it fits every file of the project."""
        return not self.fingerprint and not self.path.strip("*/.")


@dataclass(frozen=True, slots=True)
class SemgrepSettings:
    """Whether semgrep looks for patterns too, and for which: those that the tool `bundled`, and those in `rules`, files or folders
    of the audited root. `disabled` are ids of rules whose matches do not count.

    Nothing here says what is run: that is never the audited tree's to say."""

    enabled: bool = False
    bundled: bool = True
    rules: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()


NO_SEMGREP: Final = SemgrepSettings()


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of one run. `path` is the file it was read from, None for the defaults; `shown` how reports name it,
    relative to the audited root.

    `include` and `exclude` are globs of paths: with `include`, only these count; `exclude` takes away from them.
    `disabled_lines` are the lines in which `disabled_rules` stand, in their order.
    `hosts` and `env_base_urls` name hosts, and environment variables holding base URLs, that lead to the platform."""

    path: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sides: tuple[SideOverride, ...] = ()
    fail_on: FailOn | None = None
    disabled_rules: tuple[str, ...] = ()
    disabled_lines: tuple[int, ...] = ()
    guards: tuple[DeclaredGuard, ...] = ()
    hosts: tuple[str, ...] = ()
    env_base_urls: tuple[str, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    suppressions: tuple[ConfigSuppression, ...] = ()
    profile: Profile = Profile.DEFAULT
    min_confidence: str = "low"
    models: tuple[OwnModel, ...] = ()
    semgrep: SemgrepSettings = NO_SEMGREP
    shown: str = FILE_NAME


def load_config(root: str, explicit: str | None = None) -> Config:
    """Return the configuration of a target: `explicit`, else the file in its root (or beside a single file), else the defaults.

    Raises:
        ConfigError: the file named is missing, cannot be read, or says something wrong; the message has file and line."""
    if explicit is None:
        folder = root if os.path.isdir(root) else os.path.dirname(root) or "."
        path = os.path.join(folder, FILE_NAME)
        if not os.path.lexists(path):
            other = os.path.join(folder, _OTHER_NAME)
            if os.path.lexists(other):
                raise ConfigError(f"{other}: this name is not read", f"rename it to {FILE_NAME}")
            return Config()
        # The file belongs to the audited tree: it must not lead out of it.
        if os.path.islink(path):
            raise ConfigError(f"{path}: is a symlink", "put the file itself there, or name it with --config")
    else:
        path = explicit
    return parse_config(_read(path), path, shown=_shown(root, explicit) if explicit is not None else FILE_NAME)


def parse_config(data: bytes, path: str, *, shown: str = FILE_NAME) -> Config:
    """Return the configuration that a text holds. `path` names it in messages, `shown` in reports.

    Raises:
        ConfigError: it says something wrong; the message has `path` and the line."""
    return _Reader(path, data, shown).config()


def _shown(root: str, path: str) -> str:
    """Return the path of a configuration relative to the audited root; of one that lies elsewhere, its name alone."""
    real = os.path.realpath(root)
    folder = real if os.path.isdir(real) else os.path.dirname(real)
    full = os.path.realpath(path)
    inside = os.path.join(folder, "")
    return full[len(inside) :].replace(os.sep, "/") if full.startswith(inside) else os.path.basename(full)


def _read(path: str) -> bytes:
    try:
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        with open(os.open(path, flags), "rb") as file:
            data = file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise ConfigError(f"{path}: {reason}", "name an existing file, or leave --config out") from None
    if len(data) > MAX_CONFIG_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_CONFIG_BYTES:,} bytes", "shorten it")
    return data


class _Reader(Document):
    """Reads a configuration."""

    error = ConfigError

    def __init__(self, path: str, data: bytes, shown: str) -> None:
        super().__init__(path, data)
        self.shown = shown

    def config(self) -> Config:
        """Return the document's content."""
        if self.root is None:
            return Config(path=self.path, shown=self.shown)
        top = self.keys(self.root, "", *TOP_KEYS)
        if "version" not in top:
            self.fail(line_of(self.root), "'version' is missing", "add 'version: 1'")
        if top["version"].value != "1":
            self.fail(line_of(top["version"]), f"version {top['version'].value!r} is not known", "write 'version: 1'")
        paths = self.keys(top["paths"], "paths", "include", "exclude") if "paths" in top else {}
        rules = self.keys(top["rules"], "rules", "disable") if "rules" in top else {}
        platform = self.keys(top["platform"], "platform", "hosts", "env_base_urls") if "platform" in top else {}
        return Config(
            path=self.path,
            include=self.texts(paths, "include"),
            exclude=self.texts(paths, "exclude"),
            sides=self.records(top, "sides", self.side),
            fail_on=self.choice(top["fail_on"], "fail_on", FailOn) if "fail_on" in top else None,
            disabled_rules=self.texts(rules, "disable"),
            guards=self.records(top, "guards", self.guard),
            disabled_lines=tuple(line_of(each) for each in self.items(rules["disable"], "disable")) if rules else (),
            hosts=self.hosts(platform),
            env_base_urls=self.texts(platform, "env_base_urls"),
            attestations=self.records(top, "attestations", self.attestation),
            suppressions=self.records(top, "suppressions", self.suppression),
            profile=self.choice(top["profile"], "profile", Profile) if "profile" in top else Profile.DEFAULT,
            min_confidence=self.one_of(top["min_confidence"], "min_confidence", CONFIDENCES)
            if "min_confidence" in top
            else "low",
            models=self.own_models(top),
            semgrep=self.semgrep(top["semgrep"]) if "semgrep" in top else NO_SEMGREP,
            shown=self.shown,
        )

    def hosts(self, platform: dict[str, Any]) -> tuple[str, ...]:
        for node in self.items(platform["hosts"], "hosts") if "hosts" in platform else ():
            if not re.fullmatch(HOST, self.text(node, "hosts")):
                self.fail(
                    line_of(node),
                    "'hosts' holds what is no host",
                    "write it without scheme and path: proxy.example.com",
                )
        return tuple(each.lower() for each in self.texts(platform, "hosts"))

    def side(self, node: Any) -> SideOverride:
        keys = self.keys(node, "sides", "glob", "side", needed=("glob", "side"))
        return SideOverride(self.text(keys["glob"], "glob"), self.choice(keys["side"], "side", Side))

    def guard(self, node: Any) -> DeclaredGuard:
        keys = self.keys(node, "guards", "name", "kind", "language", needed=("name", "kind"))
        language = self.text(keys["language"], "language") if "language" in keys else ""
        if language:
            from cybrid_audit.languages import FRONT_ENDS

            if language not in FRONT_ENDS:
                self.fail(
                    line_of(keys["language"]),
                    f"language {language!r} is not known",
                    f"write one of {', '.join(FRONT_ENDS)}",
                )
        return DeclaredGuard(self.text(keys["name"], "name"), self.choice(keys["kind"], "kind", GuardKind), language)

    def attestation(self, node: Any) -> Attestation:
        names = ("control", "statement", "owner", "evidence", "date", "expires")
        keys = self.keys(node, "attestations", *names, needed=names)
        texts = {name: self.text(keys[name], name) for name in names}
        signed, expires = (self.day(keys[name], name) for name in ("date", "expires"))
        if expires < signed:
            self.fail(line_of(keys["expires"]), "'expires' lies before 'date'", "correct one of the two")
        return Attestation(
            texts["control"], texts["statement"], texts["owner"], texts["evidence"], signed, expires, line_of(node)
        )

    def suppression(self, node: Any) -> ConfigSuppression:
        names = ("rule", "path", "fingerprint", "reason", "owner", "expires")
        keys = self.keys(node, "suppressions", *names, needed=("rule", "reason"))
        if "path" not in keys and "fingerprint" not in keys:
            self.fail(
                line_of(node), "'path' or 'fingerprint' is missing in suppressions", "add 'path: …', a glob of files"
            )
        texts = {name: self.text(keys[name], name) if name in keys else "" for name in names}
        return ConfigSuppression(
            texts["rule"],
            texts["reason"],
            texts["path"],
            texts["fingerprint"],
            texts["owner"],
            self.day(keys["expires"], "expires") if "expires" in keys else None,
            line_of(node),
        )

    def own_models(self, top: dict[str, Any]) -> tuple[OwnModel, ...]:
        from cybrid_audit.knowledge.library_models import FAMILIES

        rows = self.records(top, "models", self.model)
        seen: dict[tuple[str, str], int] = {}
        for row in rows:
            for path in row.at:
                for family in (row.family, "") if row.family else ("", *FAMILIES):
                    if (path, family) in seen:
                        self.fail(row.line, f"models: {path[:80]!r} is explained twice", "keep one of the rows")
                seen[path, row.family] = row.line
        return rows

    def model(self, node: Any) -> OwnModel:
        from cybrid_audit.languages import FAMILIES
        from cybrid_audit.project.own_models import EFFECTS, NUMBER, OwnModel

        keys = self.keys(node, "models", "at", "does", "with", "language", needed=("at", "does"))
        at = keys["at"]
        paths = (self.text(at, "at"),) if at.id == "scalar" else self.texts(keys, "at")
        if not paths or not all(_PATH.fullmatch(path) for path in paths):
            self.fail(
                line_of(at),
                "'at' is no path to a function",
                "write it as acme.http.Client().post, or shop/auth.py's as auth.check",
            )
        does = self.one_of(keys["does"], "does", tuple(EFFECTS))
        known = EFFECTS[does].settings
        settings: list[tuple[str, str | int]] = []
        for name, value in (self.keys(keys["with"], "with", *known) if "with" in keys else {}).items():
            words = known[name]
            text = self.text(value, name)
            if NUMBER in words and text.isascii() and text.isdecimal() and len(text) < 3:
                settings.append((name, int(text)))
            else:
                settings.append((name, self.one_of(value, name, words) if words else text))
        language = self.one_of(keys["language"], "language", tuple(FAMILIES)) if "language" in keys else ""
        family = FAMILIES[language] if language else ""
        return OwnModel(tuple(paths), does, tuple(settings), family, line_of(node))

    def semgrep(self, node: Any) -> SemgrepSettings:
        keys = self.keys(node, "semgrep", "enabled", "bundled", "rules", "disable", needed=("enabled",))
        rules = self.texts(keys, "rules")
        for path, at in zip(rules, self.items(keys["rules"], "rules") if rules else (), strict=True):
            if os.path.isabs(path) or ".." in path.split("/"):
                self.fail(
                    line_of(at), f"{path!r} leads out of the audited root", "name rules elsewhere with --semgrep-rules"
                )
        return SemgrepSettings(
            self.flag(keys, "enabled", default=False),
            self.flag(keys, "bundled", default=True),
            rules,
            self.texts(keys, "disable"),
        )
