"""Searches the files of a project and joins what is found with what the engine knows."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cybrid_audit.config_files import FormatError, Node, format_of, is_sample, parse
from cybrid_audit.config_files.structure import Leaf, Leaves
from cybrid_audit.facts import Facts, HistoricSecret, Location, OtherSecret, SecretLiteral, Side, Skipped, SourceKind
from cybrid_audit.knowledge import load
from cybrid_audit.languages import language_of
from cybrid_audit.limits import BINARY_PROBE_BYTES, MAX_ARCHIVE_BYTES, MAX_PARSED_TEXT
from cybrid_audit.project.relevance import in_base64
from cybrid_audit.secrets.accepted import BASELINE, hash_of, is_accepted, is_allowed, read_baseline
from cybrid_audit.secrets.names import Names, Owner
from cybrid_audit.secrets.search import Scope, Search
from cybrid_audit.secrets.values import Shapes, Token

if TYPE_CHECKING:
    from cybrid_audit.knowledge import Knowledge
    from cybrid_audit.project import Project
    from cybrid_audit.secrets.search import Hit

_SHORTEST_VARIABLE: Final = 6
"""Characters of a variable's name below which any file may hold it by chance."""

_LINKS: Final = 4
"""Names that take their values from one another. What a longer chain leads to is not known to be a credential."""
_REFERRING: Final = ("$", "{{", "var.", "local.", "Ref", "KeyRef", "roperty", "env")
"""What stands in a text in which one name takes the value of another."""
_DOCUMENTS: Final = (".md", ".mdx", ".rst", ".txt", ".adoc", ".html")


class Collector:
    """One search of one project. Unless it `heeds_baseline`, what a baseline accepts is found too."""

    def __init__(self, project: Project, knowledge: Knowledge, facts: Facts, *, heeds_baseline: bool = True) -> None:
        self.project = project
        self.facts = facts
        self.skipped: list[Skipped] = []
        self.accepted: set[tuple[str, int]] = set()
        self._baseline = read_baseline(project.text_file(BASELINE) or b"" if heeds_baseline else b"")
        self._followed = frozenset(project.relevant)
        self.files = knowledge.secret_files
        self.resources = knowledge.secret_resources
        self._texts: dict[str, str | None] = {}
        self._documents: dict[str, list[Node] | None] = {}
        keys = knowledge.secret_keys
        self._path_roots = {
            path.rpartition("/")[0] for path in project.texts if path.rpartition("/")[2] in self.files.path_roots
        }
        self._named_in: dict[str, set[str]] = {}
        """The folders with paths of their own in which names are said to give a credential's variable its value."""
        self.names = Names(keys, self._linked(_variables(project, Names(keys), facts)))
        self.search = Search(self.names, Shapes(knowledge), keys.platform)
        self.paths: list[str] = sorted({*project.named, *self._naming(self.names)})
        """The files that are searched: those that name the platform, or a variable that code mints with."""
        name = load().relevance.name
        self._name = name.encode()
        # A variable that code mints with may have its value in a file that does not name the platform.
        variables = (each.encode() for each in self.names.environment if name not in each.lower())
        self._named_texts = (*in_base64(self._name), *variables)
        self.archived: dict[tuple[str, str], str] = {}
        """Of what archives hold: the hash by which a baseline knows a value, by archive and digest."""

    def _linked(self, known: dict[str, str]) -> dict[str, str]:
        """Return what variables hold, and the names whose values they take, as configuration and build files say."""
        from cybrid_audit.config_files.links import linked, pairs, pairs_of_code

        keys, files = load().secret_keys, self.files
        read: dict[str, list[tuple[str, str]]] = {}

        def pairs_of(path: str, names: Names) -> list[tuple[str, str]]:
            format_ = format_of(path, files)
            if path in read or not (format_ or self.resources.is_build(path)) or is_sample(path, files):
                return read.get(path, [])
            text = self.text(path) or ""
            if len(text) > MAX_PARSED_TEXT or not any(each in text for each in _REFERRING):
                return []
            if not format_:
                return list(pairs_of_code(text, names))
            documents = self.documents(path, format_, text) or []
            read[path] = [pair for document in documents for pair in pairs(document)]
            return read[path]

        builds = list(filter(self.resources.is_build, self.project.sources))
        for _ in range(_LINKS):
            names = Names(keys, known)
            paths = sorted({*self.project.named, *self._naming(names), *builds})
            more: dict[str, str] = {}
            for path in paths:
                found = linked(pairs_of(path, names), names)
                for name in found:
                    self._named_in.setdefault(name, set()).add(self._path_root(path))
                more = found | more
            if not more:
                break
            known = known | more
        return known

    def _path_root(self, path: str) -> str:
        """Return the nearest folder above a file whose configuration has paths of its own, '' for the root or none."""
        folder = path.rpartition("/")[0]
        while folder and folder not in self._path_roots:
            folder = folder.rpartition("/")[0]
        return folder

    def _paths(self, path: str) -> dict[str, tuple[str, ...]]:
        """Return the paths of keys that are known to hold credentials in a file: those that are named in its folder, or below."""
        root = self._path_root(path)
        return {
            name: keys
            for name, keys in self.names.paths.items()
            if not root
            or "/" in name
            or any(f"{folder}/".startswith(f"{root}/") for folder in self._named_in.get(name, {root}))
        }

    def _naming(self, known: Names) -> Iterator[str]:
        """Yield the texts that name a variable of the code whose name does not say that it is the platform's."""
        platform = known.platform
        names = [
            [part.encode() for part in re.split(r"[./]", each)]
            for each in known.environment
            if not any(word in each.lower() for word in platform)
        ]
        if not names:
            return
        for path in (*self.project.texts, *self.project.unsupported):
            told = self.project.folder_side(path.rpartition("/")[0])
            if told is None or told.side is not Side.VENDORED:
                data = self.project.searched_text(path) or b""
                if (
                    any(all(part in data for part in parts) for parts in names)
                    and b"\0" not in data[:BINARY_PROBE_BYTES]
                ):
                    yield path

    def run(self, *, history: bool = False, generic: bool = True) -> Facts:
        """Return the facts with the literals, with what only the git history holds, and with secrets of other services.

        Raises:
            AuditError: the history is wanted and there is none."""
        found: list[SecretLiteral] = []
        for path in self.paths:
            found += self._literals(path)
        found += self._equal(found)
        if self.project.archives:
            found += self._archived()
        untracked = self.project.untracked(sorted({each.at.path for each in found}))
        found = [replace(each, is_tracked=False) if each.at.path in untracked else each for each in found]
        found += self._ignored()
        literals = tuple(sorted(_without_flows(found, self.facts), key=lambda each: (each.at, each.role)))
        self._accept_flows()
        from cybrid_audit.config_files.survey import Survey

        survey = Survey(self, found, self.facts)
        survey.run()
        return replace(
            self.facts,
            literals=literals,
            plain_resources=tuple(sorted(survey.plain.values(), key=lambda each: (each.at, each.role))),
            broad_access=tuple(sorted(survey.broad.values(), key=lambda each: each.at)),
            public_definitions=tuple(sorted(survey.public(), key=lambda each: (each.at, each.role))),
            history=self._history(literals) if history else (),
            other_secrets=self._other_secrets(literals) if generic else (),
            accepted=frozenset(self.accepted),
            skipped=tuple(sorted({*self.facts.skipped, *self.skipped}, key=lambda each: (each.path, each.reason))),
        )

    def _literals(self, path: str) -> list[SecretLiteral]:
        text = self.text(path)
        if text is None:
            return []
        hits = self._unaccepted(path, text, self.search.hits(text, self._scope(path, text)))
        if not hits:
            return []
        starts = line_starts(text)
        side = self._side(path)
        made = [_literal(path, hit, starts, side) for hit in hits]
        # What a server's component writes into a script is in the browser.
        return [
            replace(each, side=self.project.side_at(path, each.at.start_line)) if side is Side.SERVER else each
            for each in made
        ]

    def _archived(self) -> Iterator[SecretLiteral]:
        """Yield what the archives of the project hold."""
        from cybrid_audit.secrets.archives import Archive, Budget

        known, project = load().discovery, self.project
        is_text = self._is_text
        budget = Budget()
        for path in project.archives:
            told = project.folder_side(path.rpartition("/")[0])
            if told is not None and told.side is Side.VENDORED:
                continue
            try:
                data = project.archive(path)
            except OSError:
                continue
            if data is None:
                reason = f"an archive larger than {MAX_ARCHIVE_BYTES // 1_000_000} MB"
                self.skipped.append(Skipped(path, reason))
                continue
            archive = Archive(data, is_text, lambda name: _suffix(name) in known.archive_suffixes, budget)
            for member, content in archive:
                # What is packed by itself has its archive's name, less the end of it.
                yield from self._member(path, member or path.rpartition("/")[2].rpartition(".")[0], content)
            if archive.problem:
                self.skipped.append(Skipped(path, f"an archive that {archive.problem}"))

    def _member(self, path: str, member: str, content: bytes) -> Iterator[SecretLiteral]:
        """Yield what one member of an archive holds. It is found where the archive is."""
        if b"\0" in content[:BINARY_PROBE_BYTES] or not (
            self._name in content.lower() or any(each in content for each in self._named_texts)
        ):
            return
        text = content.decode("utf-8", "replace")
        hashes = self._baseline.get(path, frozenset())
        lines = text.split("\n")
        starts = line_starts(text)
        for hit in self._hits_inside(member, text, is_code=language_of(member) is not None):
            line = bisect_right(starts, hit.start)
            value = text[hit.start : hit.end]
            if is_allowed(lines, line) or is_accepted(value, hashes):
                continue
            self.archived[path, hit.masked.digest] = hash_of(value)
            made = _literal(path, hit, starts, self._side(path))
            yield replace(made, at=Location(path, 1, 0, 1, 0), member=member, member_line=line)

    def _equal(self, found: list[SecretLiteral]) -> list[SecretLiteral]:
        """Return the other places of values that are known to be credentials, whatever they are called there."""
        known = {each.masked.digest: each.role for each in found}
        for use in self.facts.credentials:
            for source in use.sources:
                if source.masked is not None and source.kind is SourceKind.LITERAL and not source.is_placeholder:
                    known.setdefault(source.masked.digest, use.role)
        places = {(each.at.path, each.at.start_line, each.masked.digest) for each in found}
        more: list[SecretLiteral] = []
        for path in self.paths if known else ():
            text = self.text(path) or ""
            hits = list(self.search.equal(text, known))
            if hits:
                starts = line_starts(text)
                side = self._side(path)
                made = (_literal(path, hit, starts, side) for hit in hits)
                more += (
                    each
                    for each in made
                    if (path, each.at.start_line, each.masked.digest) not in places
                    and (path, each.at.start_line) not in self.accepted
                )
        return more

    def _other_secrets(self, literals: tuple[SecretLiteral, ...]) -> tuple[OtherSecret, ...]:
        """Return the secrets of other services in the files that take part in the integration."""
        from cybrid_audit.secrets.generic import marked_lines, other_secrets

        lines: list[tuple[str, int, str]] = []
        for path in sorted({*self.project.relevant, *self.paths}):
            if path != BASELINE and self._side(path) in (Side.SERVER, Side.CLIENT, Side.INFRA):
                lines += marked_lines(path, self.text(path) or "")
        own = {(each.at.path, each.at.start_line) for each in literals} | self.accepted
        found = other_secrets(lines)
        return tuple(
            each for each in found if (each.at.path, each.at.start_line) not in own and not self._is_accepted(each)
        )

    def _is_accepted(self, secret: OtherSecret) -> bool:
        at = secret.at
        hashes = self._baseline.get(at.path, frozenset())
        text = self.text(at.path) or ""
        if not (hashes or "pragma" in text):
            return False
        lines = text.split("\n")
        value = lines[at.start_line - 1][at.start_column : at.end_column]
        return is_allowed(lines, at.start_line) or is_accepted(value, hashes)

    def _history(self, literals: tuple[SecretLiteral, ...]) -> tuple[HistoricSecret, ...]:
        from cybrid_audit.secrets import history

        repo = history.repository(self.project.root)
        found, skipped = history.search_history(
            repo,
            (self._name, *self._named_texts),
            self._hits_inside,
            self._is_text,
            history.key_of(repo, self.project.root, self.names.environment),
        )
        self.skipped += skipped
        if not found:
            return ()
        known = {each.masked.digest for each in literals if each.is_tracked}
        known |= {source.masked.digest for use in self.facts.credentials for source in use.sources if source.masked}
        for path in self.paths:
            # What stands in the tree has been judged there, whosever it is.
            known |= self.search.digests(self.text(path) or "")
        return tuple(sorted(history.placed(repo, found, frozenset(known)), key=lambda each: (each.at, each.role)))

    @staticmethod
    def _is_text(path: str) -> bool:
        """Whether a path is one of a file that is searched, wherever it comes from."""
        known = load().discovery
        name = path.rpartition("/")[2]
        return _suffix(name) not in known.no_text_suffixes and name not in known.lock_files

    def _hits_inside(self, path: str, text: str, *, is_code: bool = False) -> list[Hit]:
        """Return what a text holds that is no file of the tree."""
        format_ = format_of(path, self.files) if len(text) <= MAX_PARSED_TEXT else ""
        structure = None
        if format_:
            try:
                structure = Leaves(
                    parse(format_, text), self.names, self.files, self.search.platform, self._paths(path)
                )
            except FormatError:
                structure = None
        return self.search.hits(text, Scope(is_code=is_code, owner=self.owner(path), structure=structure))

    def _ignored(self) -> list[SecretLiteral]:
        """Return what stands in plain text in files that no repository holds."""
        from fnmatch import fnmatchcase

        found: list[SecretLiteral] = []
        patterns = self.files.credential_files
        for path in self.project.ignored_files(lambda name: any(fnmatchcase(name, each) for each in patterns)):
            data = self.project.ignored_text(path)
            if data is not None and b"\0" not in data[:BINARY_PROBE_BYTES]:
                self._texts[path] = data.decode("utf-8", "replace")
                found += (replace(each, is_tracked=False) for each in self._literals(path))
        return found

    def text(self, path: str) -> str | None:
        """Return the text of a file, or None when it cannot be read."""
        if path not in self._texts:
            data = self.project.searched_text(path)
            self._texts[path] = data.decode("utf-8", "replace") if data is not None else None
        return self._texts[path]

    def _unaccepted(self, path: str, text: str, hits: list[Hit]) -> list[Hit]:
        """Return the hits that neither a comment nor the baseline of detect-secrets accepts."""
        hashes = self._baseline.get(path, frozenset())
        if not hits or not (hashes or "pragma" in text):
            return hits
        lines, starts = text.split("\n"), line_starts(text)
        left = []
        for hit in hits:
            line = bisect_right(starts, hit.start)
            if is_allowed(lines, line) or is_accepted(text[hit.start : hit.end], hashes):
                self.accepted.add((path, line))
            else:
                left.append(hit)
        return left

    def _accept_flows(self) -> None:
        """Note the literals in code that a comment or the baseline accepts."""
        places = {
            source.location
            for use in self.facts.credentials
            for source in use.sources
            if source.kind is SourceKind.LITERAL
        }
        for at in places:
            hashes = self._baseline.get(at.path, frozenset())
            text = self.text(at.path) or ""
            if hashes or "pragma" in text:
                lines = text.split("\n")
                line = lines[at.start_line - 1] if at.start_line <= len(lines) else ""
                words = re.findall(r"[^\s\"'`]{8,}", line)
                if is_allowed(lines, at.start_line) or any(is_accepted(word, hashes) for word in words):
                    self.accepted.add((at.path, at.start_line))

    def _scope(self, path: str, text: str) -> Scope:
        owner = self.owner(path)
        if path in self._followed:
            return Scope(is_code=True, owner=owner)
        format_ = format_of(path, self.files) if len(text) <= MAX_PARSED_TEXT else ""
        return Scope(owner=owner, structure=_Parsed(self, path, format_, text) if format_ else None)

    def leaves(self, path: str, format_: str, text: str) -> Leaves | None:
        """Return the values of a file, or None when it is not in its format: then it is listed as skipped."""
        documents = self.documents(path, format_, text)
        if documents is None:
            return None
        return Leaves(documents, self.names, self.files, self.search.platform, self._paths(path))

    def documents(self, path: str, format_: str, text: str) -> list[Node] | None:
        """Return what a parser makes of a file, or None when it is not in its format."""
        if path not in self._documents:
            try:
                self._documents[path] = parse(format_, text)
            except FormatError as error:
                self._documents[path] = None
                self.skipped.append(Skipped(path, f"not read as {format_.upper()}, only as text: {error.message}"))
        return self._documents[path]

    def owner(self, path: str) -> Owner:
        """Return whose a file's own path says that it is; a path says nothing against the platform."""
        words = self.names.words(path)
        return Owner.PLATFORM if self.names.owner(words) is Owner.PLATFORM else Owner.NOBODY

    def _side(self, path: str) -> Side:
        source = self.project.files.get(path)
        if source is not None:
            return source.side
        told = self.project.path_side(path)
        if told is not None:
            return told.side
        if path.lower().endswith(_DOCUMENTS):
            return Side.DOCS
        return Side.SERVER if path in self.project.unsupported else Side.INFRA


class _Parsed:
    """The values of a file, which is only parsed when one of them is asked for."""

    def __init__(self, collector: Collector, path: str, format_: str, text: str) -> None:
        self._collector = collector
        self._file = path, format_, text
        self._leaves: Leaves | None = None
        self._is_made = False

    def leaf(self, line: int, value: str) -> Leaf | None:
        """Return the value that stands on a line and holds a text."""
        if not self._is_made:
            self._leaves, self._is_made = self._collector.leaves(*self._file), True
        return self._leaves.leaf(line, value) if self._leaves is not None else None


def _variables(project: Project, names: Names, facts: Facts) -> dict[str, str]:
    """Return what the environment variables hold that code mints with, and the entries of secrets managers.

    Where a project has several packages, a name that says nothing of whose it is may mean another thing in each."""
    found: dict[str, str] = {}
    stored: dict[str, set[str]] = {}
    packages = {project.package_root(path) for path in project.sources} if facts.credentials else set()
    for use in facts.credentials:
        for source in use.sources:
            if len(source.name) < _SHORTEST_VARIABLE:
                continue
            if source.kind is SourceKind.SECRETS_MANAGER and "/" in source.name:
                stored.setdefault(source.name, set()).add(use.role)
            elif source.kind is SourceKind.ENVIRONMENT and (
                len(packages) <= 1 or names.read(source.name).owner is not Owner.NOBODY
            ):
                found.setdefault(source.name, use.role)
    # An entry that holds several values says nothing of each.
    return {name: next(iter(roles)) for name, roles in stored.items() if len(roles) == 1} | found


def _literal(path: str, hit: Hit, starts: list[int], side: Side) -> SecretLiteral:
    first, last = bisect_right(starts, hit.start), bisect_right(starts, hit.end)
    at = Location(path, first, hit.start - starts[first - 1], last, hit.end - starts[last - 1])
    return SecretLiteral(
        hit.role,
        at,
        hit.masked,
        side,
        hit.name,
        hit.evidence,
        hit.encoding,
        hit.is_basic,
        detail=_told(hit.token) if hit.token is not None else "",
    )


def _told(token: Token) -> str:
    """Return in prose what a token says of itself."""
    import datetime as dt

    parts = [f"a {token.subject} token" if token.subject else "a token"]
    if token.environment:
        parts.append(f"of the {token.environment} environment")
    if 0 < token.expires < 1 << 33:
        parts.append(f"valid until {dt.datetime.fromtimestamp(token.expires, dt.UTC):%Y-%m-%d}")
    return ", ".join([" ".join(parts[:2]), *parts[2:]]) if len(parts) > 1 else parts[0]


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :]


def line_starts(text: str) -> list[int]:
    """Return the offsets at which the lines of a text start."""
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _without_flows(found: list[SecretLiteral], facts: Facts) -> list[SecretLiteral]:
    """Return the literals that no flow explains: where both see one, the flow says more."""
    flows: dict[tuple[str, int], set[str]] = {}
    for use in facts.credentials:
        for source in use.sources:
            if source.kind is SourceKind.LITERAL:
                held = flows.setdefault((source.location.path, source.location.start_line), set())
                held.add(use.role)
                if use.is_basic:
                    held.add("client_id")
                if source.masked is not None:
                    held.add(source.masked.digest)
    return [
        each
        for each in found
        if not {each.role, each.masked.digest} & flows.get((each.at.path, each.at.start_line), set())
    ]
