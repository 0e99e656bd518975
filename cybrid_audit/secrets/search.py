"""Finds credentials of the platform in one text: values of the right form first, then the name beside each.

Looking for values first makes the syntax around them matter little: the same few steps read a constant, a flag of a command,
an XML element and a line of a `.env` file. Where a file has been parsed, its structure names the values instead."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from cybrid_audit.facts import Evidence, Masked
from cybrid_audit.records import dataclass
from cybrid_audit.secrets.names import Name, Names, Owner
from cybrid_audit.secrets.values import Shapes, Token, decoded, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable

_RUN: Final = re.compile(r"[A-Za-z0-9_+/~-]{16,}={0,2}")
_PAIR: Final = re.compile(r"([A-Za-z0-9_-]{40,48}):([A-Za-z0-9_-]{40,48})(?![A-Za-z0-9_-])")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|-|::|->)[\w$]+)*")
_NAMED: Final = re.compile(
    r"""(?x)
    (?<![\w$.-])(?P<name>[A-Za-z_$][\w$.-]{3,160})
    (?:["'`\])]|\\["'])*[ \t]*
    (?:
      (?:=>|:=|\?\?=?|\|\|=?|:-|[=:,]|\bor\b)
      (?:
        \s*(?: "(?P<double>[^"\n\\]{16,128})" | '(?P<single>[^'\n\\]{16,128})' | `(?P<back>[^`\n\\]{16,128})` )
      | [ \t]*(?P<bare>[^\s"'`\#;,<>(){}\[\]$\\]{16,128})(?=\s|$)
      )
    | >[ \t]*(?P<element>[^\s"'<>]{16,128})[ \t]*</
    )
    """
)
_KEY: Final = re.compile(r"(?<![\w$.-])([A-Za-z_$][\w$.-]{3,160})[\"'`\])]*[ \t]*[:=]")
_DEFAULT: Final = re.compile(r"\$\{[\w.-]+:-?$")
_IDENTITY: Final = re.compile(
    r"(?i)https?://[^\s\"'`<>]*(?:oauth|token|auth|login|accounts\.|identity|connect)[^\s\"'`<>]*"
)
_LEFT: Final = 240
"""Characters before a value in which its name is looked for."""
_LINES_BACK: Final = 3
"""Lines before a value that stands alone on its line in which its name is looked for."""
_NEAR: Final = 0
"""Lines within which the platform must be named for a name that says little by itself (`SECRET_KEY`): on its own line."""
_FAR: Final = 60
"""Lines within which the platform, or another place to log in, decides whose a credential is."""
_MOST: Final = 200
"""Credentials per text. Beyond it, the rest is missed: a text with so many is a list of something else."""


class Leaf(Protocol):
    """A value of a parsed file."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def text(self) -> str:
        """What it says."""

    @property
    def owner(self) -> Owner:
        """Whose the keys that lead to it say it is."""

    @property
    def is_near(self) -> bool:
        """Whether the platform is named in the same group."""

    @property
    def is_sealed(self) -> bool:
        """Whether it is encrypted."""

    @property
    def named_roles(self) -> frozenset[str]:
        """The roles for which its group has a key of the platform's name."""


class Structure(Protocol):
    """What a parsed file says of its values."""

    def leaf(self, line: int, value: str) -> Leaf | None:
        """Return the value of the file that stands on a line and holds a text."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A credential in a text. `start` and `end` are offsets of what stands there, encoded or not."""

    role: str
    start: int
    end: int
    masked: Masked
    name: str
    evidence: Evidence
    encoding: str = ""
    is_basic: bool = False
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """How a text is searched.

    `is_code`: a front-end reads it, so that only a name of the platform counts and unquoted words are no values. `owner` is
    what the file's own path says; `structure` what a parser made of it."""

    is_code: bool = False
    owner: Owner = Owner.NOBODY
    structure: Structure | None = None


class Search:
    """Searches texts of one project."""

    def __init__(self, names: Names, shapes: Shapes, mask: Callable[[str], Masked], platform: Iterable[str]) -> None:
        self.names = names
        self.shapes = shapes
        self.mask = mask
        self._platform = re.compile("|".join(map(re.escape, sorted(platform))), re.IGNORECASE)

    def hits(self, text: str, scope: Scope) -> list[Hit]:
        """Return the credentials in a text, in order, one for each place and role."""
        found: dict[tuple[int, str], Hit] = {}
        page = _Page(text, self._platform)
        for hit in (
            *self._tokens(text),
            *self._pairs(page, scope),
            *self._runs(page, scope),
            *self._named(page, scope),
        ):
            if not any(hit.start < other.end and other.start < hit.end for other in found.values()):
                found[hit.start, hit.role] = hit
            if len(found) >= _MOST:
                break
        return sorted(found.values(), key=lambda hit: (hit.start, hit.role))

    def digests(self, text: str) -> set[str]:
        """Return the digests of everything in a text that has the form of a credential, whosever it is."""
        found = {self.mask(match[0]).digest for match in self.shapes.jwt.finditer(text)}
        for match in _RUN.finditer(text):
            value = text[match.start() + _glued(text, match.start()) : match.end()]
            found.add(self.mask(value).digest)
            plain = decoded(value)
            if plain is not None:
                found.update(self.mask(each).digest for each in (plain[0].strip(), *plain[0].strip().split(":")))
        return found

    def equal(self, text: str, known: Mapping[str, str]) -> Iterator[Hit]:
        """Yield the values of a text that are known credentials, given by their digests with their roles."""
        for match in (*_RUN.finditer(text), *self.shapes.jwt.finditer(text)):
            start = match.start() + _glued(text, match.start())
            masked = self.mask(text[start : match.end()])
            role = known.get(masked.digest)
            if role is not None:
                yield Hit(role, start, match.end(), masked, "", Evidence.EQUAL)

    # ------------------------------------------------------------ tokens

    def _tokens(self, text: str) -> Iterator[Hit]:
        for match in self.shapes.jwt.finditer(text):
            token = self.shapes.token(match[0])
            if token is not None:
                yield Hit("access_token", *match.span(), self.mask(match[0]), "", Evidence.TOKEN, token=token)

    # ------------------------------------------------------------ id:secret

    def _pairs(self, page: _Page, scope: Scope) -> Iterator[Hit]:
        """Yield `id:secret`, as curl takes it: one credential, the secret."""
        for match in _PAIR.finditer(page.text):
            user, password = match[1], match[2]
            if (
                self.shapes.is_exact(user)
                and self.shapes.is_exact(password)
                and self._is_ours(page, match.start(), scope)
            ):
                yield Hit("client_secret", *match.span(2), self.mask(password), "", Evidence.CONTEXT, is_basic=True)

    @property
    def platform(self) -> re.Pattern[str]:
        """What finds the platform's name in a text."""
        return self._platform

    def _is_ours(self, page: _Page, at: int, scope: Scope) -> bool:
        return not scope.is_code and page.is_ours(page.line_of(at), _FAR, scope.owner)

    # ------------------------------------------------------------ values first

    def _runs(self, page: _Page, scope: Scope) -> Iterator[Hit]:
        text = page.text
        for match in _RUN.finditer(text):
            start, end = match.span()
            start += _glued(text, start)
            value = text[start:end]
            if 40 <= len(value) <= 48 and self.shapes.fits("client_secret", value, is_sure=False):
                hit = self._named_value(page, start, value, scope)
                if hit is not None:
                    yield hit
            elif len(value) >= 54:
                yield from self._decoded(page, start, value, scope)

    def _named_value(
        self, page: _Page, start: int, value: str, scope: Scope, encoding: str = "", whole: str = ""
    ) -> Hit | None:
        told = self._name_of(page, start, whole or value, scope)
        if told is None:
            return None
        name, evidence = told
        if name.role not in ("client_secret", "client_id"):
            return None
        if not name.is_sure and not self.shapes.is_exact(value):
            return None
        return Hit(name.role, start, start + len(whole or value), self.mask(value), name.text, evidence, encoding)

    def _decoded(self, page: _Page, start: int, value: str, scope: Scope) -> Iterator[Hit]:
        plain = decoded(value)
        if plain is None:
            return
        inside, encoding = plain
        inside = inside.strip()
        end = start + len(value)
        pair = _PAIR.fullmatch(inside)
        if pair is not None:
            told = self._name_of(page, start, value, scope)
            if self.shapes.is_exact(pair[2]) and (
                (told is not None and told[1] is not Evidence.CONTEXT) or self._is_ours(page, start, scope)
            ):
                yield Hit(
                    "client_secret", start, end, self.mask(pair[2]), "", Evidence.CONTEXT, encoding, is_basic=True
                )
        elif self.shapes.fits("client_secret", inside, is_sure=False):
            hit = self._named_value(page, start, inside, scope, encoding, value)
            if hit is not None:
                yield hit
        elif self._platform.search(inside) is not None:
            # A whole file of its own: configuration, or the claims of a token that was looked at already.
            for hit in self.hits(inside, Scope(owner=Owner.PLATFORM)):
                yield Hit(hit.role, start, end, hit.masked, hit.name, hit.evidence, encoding, hit.is_basic, hit.token)

    # ------------------------------------------------------------ names first

    def _named(self, page: _Page, scope: Scope) -> Iterator[Hit]:
        """Yield values of another form whose name says for sure that they are the platform's."""
        for match in _NAMED.finditer(page.text):
            name = self.names.read(match["name"])
            if not name.is_sure or name.owner is not Owner.PLATFORM:
                continue
            kind = match.lastgroup or ""
            if kind in ("bare", "element") and scope.is_code:
                continue
            value = match[kind]
            leaf = scope.structure.leaf(page.line_of(match.start(kind)), value) if scope.structure is not None else None
            if leaf is not None and leaf.is_sealed:
                continue
            if self.shapes.fits(name.role, value, is_sure=True):
                evidence = Evidence.VARIABLE if match["name"] in self.names.environment else Evidence.NAME
                yield Hit(name.role, *match.span(kind), self.mask(value), name.text, evidence)

    # ------------------------------------------------------------ the name of a value

    def _name_of(self, page: _Page, start: int, value: str, scope: Scope) -> tuple[Name, Evidence] | None:
        """Return the name of a value and what tells that it is the platform's, or None."""
        leaf = scope.structure.leaf(page.line_of(start), value) if scope.structure is not None else None
        owner = scope.owner
        if leaf is not None:
            owner = leaf.owner if leaf.owner is not Owner.NOBODY else owner
            if leaf.is_sealed:
                return None
            if leaf.text == value or _DEFAULT.search(leaf.text.partition(value)[0]) is not None:
                name = self.names.read(leaf.name)
                return self._told(name, page, start, owner, leaf, scope) if name.role else None
        before = self._before(page, start)
        if before is None:
            return None
        return self._told(before, page, start, owner, leaf, scope)

    def _told(
        self, name: Name, page: _Page, start: int, owner: Owner, leaf: Leaf | None, scope: Scope
    ) -> tuple[Name, Evidence] | None:
        if name.owner is Owner.PLATFORM:
            return name, Evidence.VARIABLE if name.text in self.names.environment else Evidence.NAME
        if name.owner is Owner.OTHER or scope.is_code:
            return None
        if owner is Owner.PLATFORM:
            return name, Evidence.NAME
        is_near = leaf is not None and leaf.is_near
        if owner is Owner.OTHER and not is_near:
            return None
        if name.role in (leaf.named_roles if leaf is not None else self._named_roles(page)):
            # Where the platform's own has its name, one that names nobody is another's.
            return None
        line = page.line_of(start)
        if name.is_sure:
            return (name, Evidence.CONTEXT) if is_near or page.is_ours(line, _FAR, owner) else None
        return (name, Evidence.CONTEXT) if name.role == "client_secret" and page.is_ours(line, _NEAR, owner) else None

    def _named_roles(self, page: _Page) -> frozenset[str]:
        """Return the roles for which a text has a key of the platform's name."""
        if page.named_roles is None:
            names = (self.names.read(match[1]) for match in _KEY.finditer(page.text))
            page.named_roles = frozenset(each.role for each in names if each.owner is Owner.PLATFORM and each.is_sure)
        return page.named_roles

    def _before(self, page: _Page, start: int) -> Name | None:
        """Return the name that a value is given, from the text before it."""
        left = page.before(start)
        end = len(left)
        while end > 0:
            words = list(_IDENTIFIER.finditer(left, max(0, end - _LEFT), end))
            if not words:
                return None
            word = words[-1]
            text = word[0].replace("->", ".").replace("::", ".")
            name = self.names.read(text)
            if name.role and (name.is_sure or not self.names.is_between(text)):
                return name
            last = self.names.read(text.rpartition(".")[2])
            if last.role and last.is_sure:
                return last
            gap = left[word.end() : end]
            if not (self.names.is_between(text) or self.names.is_wrapper(text) or gap.lstrip().startswith("(")):
                return None
            end = word.start()
        return None


class _Page:
    """A text with its lines, and where it names the platform or another place to log in."""

    def __init__(self, text: str, platform: re.Pattern[str]) -> None:
        self.text = text
        self._platform = platform
        self._starts: list[int] | None = None
        self._ours: list[int] | None = None
        self._others: list[int] = []
        self.named_roles: frozenset[str] | None = None

    def line_of(self, at: int) -> int:
        """Return the number of the line that an offset is on, from 1."""
        if self._starts is None:
            self._starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        return bisect_right(self._starts, at)

    def before(self, start: int) -> str:
        """Return what stands before a value: its line, and the lines above when nothing on it could be a name."""
        text = self.text
        begin = text.rfind("\n", max(0, start - 4 * _LEFT), start) + 1
        left = text[max(begin, start - _LEFT) : start]
        back = 0
        while begin > 0 and back < _LINES_BACK and _is_bare(left):
            end = begin - 1
            begin = text.rfind("\n", max(0, end - 4 * _LEFT), end) + 1
            left = text[max(begin, end - _LEFT) : end] + " " + left
            back += 1
        # An escape must not melt with the word behind it.
        return _ESCAPES.sub(" ", left)

    def is_ours(self, line: int, reach: int, owner: Owner) -> bool:
        """Whether the platform is named nearer to a line, within some lines, than another place to log in."""
        if self._ours is None:
            self._ours = [self.line_of(match.start()) for match in self._platform.finditer(self.text)]
            self._others = [
                self.line_of(match.start())
                for match in _IDENTITY.finditer(self.text)
                if self._platform.search(match[0]) is None and not _LOCAL.match(match[0])
            ]
        ours = _distance(self._ours, line)
        others = _distance(self._others, line)
        if owner is Owner.PLATFORM:
            return others is None or ours is None or others >= ours
        return ours is not None and ours <= reach and (others is None or ours <= others)


_ESCAPES: Final = re.compile(r"\\+[nrt]|%[0-9A-Fa-f]{2}|</[\w:.-]+>")
_LOCAL: Final = re.compile(r"(?i)https?://(?:localhost|127\.|\[::1\]|0\.0\.0\.0|[\w.-]*\bexample\b|[^/]*[{<$])")
_BARE: Final = re.compile(
    r"[\s\"'`\[\]({<>|=:,+*&\\#/-]*(?:(?:string|value|val|data|default)[\"'`\s:=>]*)?", re.IGNORECASE
)


def _is_bare(text: str) -> bool:
    return _BARE.fullmatch(text) is not None


def _distance(lines: list[int], line: int) -> int | None:
    if not lines:
        return None
    index = bisect_right(lines, line)
    return min(abs(each - line) for each in lines[max(0, index - 1) : index + 1])


def _glued(text: str, start: int) -> int:
    """Return how many characters at the start of a run belong to what stands before it."""
    before = text[start - 1 : start]
    if before == "%" and re.match(r"[0-9A-Fa-f]{2}", text[start : start + 2]):
        return 2
    if before == "\\":
        return 5 if re.match(r"u[0-9A-Fa-f]{4}", text[start : start + 5]) else 1 if text[start] in "nrt" else 0
    if before == ":" and text[start] == "-" and _DEFAULT.search(text[max(0, start - 80) : start]):
        return 1
    return 0


__all__ = ["Hit", "Leaf", "Scope", "Search", "Structure", "unescaped"]
