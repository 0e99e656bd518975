"""Finds credentials of the platform in one text: values of the right form first, then the name beside each.

Looking for values first makes the syntax around them matter little: the same few steps read a constant, a flag of a command,
an XML element and a line of a `.env` file. Where a file has been parsed, its structure names the values instead."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from cybrid_audit.facts import Evidence, Masked
from cybrid_audit.masking import mask
from cybrid_audit.records import dataclass
from cybrid_audit.secrets.names import Name, Names, Owner
from cybrid_audit.secrets.values import Shapes, Token, decoded, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable

_RUN: Final = re.compile(r"[A-Za-z0-9_+/~-]{16,}={0,2}")
_ESCAPED_RUN: Final = re.compile(
    r"""(?x)
    (?: (?<![\w%-]) | (?<=%3[Dd]) | (?<=%3[Aa]) | (?<=%22) | (?<=%20) )
    (?: [A-Za-z0-9_-] | %(?:2[Dd]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9Aa]) ){40,160} (?![\w-])
    """
)
"""A value in which URL encoding stands for some characters."""
_QUOTE: Final = r"(?:\\?[\"'`]){1,3}"
_JOINED: Final = re.compile(
    rf"""(?x)
    (?P<open>{_QUOTE}) (?P<first>[A-Za-z0-9_-]{{4,47}})
    (?: (?: {_QUOTE} (?:[\s+.,&|<>"'`()\\-] | \\n){{0,80}}? {_QUOTE} | \\\r?\n[ \t]* ) [A-Za-z0-9_-]{{1,47}} ){{1,20}}
    (?={_QUOTE})
    """
)
"""A value in pieces: each in quotes, with an operator, a comma or nothing between them, or with its line broken off."""
_CONTINUED: Final = re.compile(
    r"""(?x)
    (?<![\w-]) (?P<first>[A-Za-z0-9_-]{4,47}) (?: \\\r?\n[ \t]* [A-Za-z0-9_-]{1,47} ){1,20} (?![\w-])
    | (?m:^)[ \t]*(?:-[ \t]+)+(?P<item>[A-Za-z0-9_-]{4,47}) (?: \r?\n[ \t]*-[ \t]+[A-Za-z0-9_-]{4,47} ){1,20} (?=\s|\Z)
    """
)
"""A value in pieces without quotes: lines that are broken off, items of a list in YAML."""
_LINE_OF_NOTEBOOK: Final = re.compile(r"\\n[\"'],")
_PIECE: Final = re.compile(r"[A-Za-z0-9_-]{4,47}|(?<=[\"'`])[A-Za-z0-9_-]{1,3}(?=\\?[\"'`])")
_IS_KEY: Final = re.compile(r"\\?[\"'`]\s{0,20}(?::|=>)")
_CODE: Final = r"(?:0x[0-9A-Fa-f]{2}|\d{2,3}|b?'[^'\n\\]'|\"[^\"\n\\]\")(?:u8|[uUlL])?"
_CODES: Final = re.compile(rf"(?<![\w.]){_CODE}(?:(?:\s*,\s*|\s+|\s*</\w+>\s*<\w+>\s*){_CODE}){{39,400}}(?![\w.])")
"""A value as a list of numbers or characters."""
_ONE_CODE: Final = re.compile(r"0x([0-9A-Fa-f]{2})|(\d{2,3})|['\"](.)['\"]")
_PAIR: Final = re.compile(r"([A-Za-z0-9_-]{40,48}):([A-Za-z0-9_-]{40,48})(?![A-Za-z0-9_-])")
_WRITTEN_PAIR: Final = re.compile(
    r"(?:(?<=Basic )([A-Za-z0-9_-]{40,48}) |([A-Za-z0-9_-]{40,48}):[ \t]?)([A-Za-z0-9_-]{40,48})(?![A-Za-z0-9_-])"
)
"""The same as it stands in text: also as clients take it that encode it themselves, `Basic id secret` and `id: secret`."""
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
_CHOICE: Final = re.compile(
    r"""(?ix) \|\| | && | \?\?? | \b(?:or|if|else|unless|when|default\w*|coalesce|fallback|unwrap_or\w*|orelse\w*|getorelse|nullif|ifnull|cmp\.or)\b | -[zn]\b """
)
"""What makes one value stand in for another: an operator, a condition, a function."""
_CONDITION: Final = re.compile(r"(?i)[\s}]*(?:else\s*)?(?:if|unless|when|elif)\b[^\n]*(?:\{|:|\bthen|\bdo)\s*$")
_ASSIGNED: Final = re.compile(r"([A-Za-z_$][\w$.-]*)[\"'`\])]*[ \t]*(?:=>|:=|[=:])[ \t]*\\?[\"'`]?$")
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

    def __init__(self, names: Names, shapes: Shapes, platform: Iterable[str]) -> None:
        self.names = names
        self.shapes = shapes
        self._platform = re.compile("|".join(map(re.escape, sorted(platform))), re.IGNORECASE)

    def hits(self, text: str, scope: Scope) -> list[Hit]:
        """Return the credentials in a text, in order, one for each place and role."""
        found: dict[tuple[int, str], Hit] = {}
        page = _Page(text, self._platform)
        for hit in (
            *self._tokens(text),
            *self._pairs(page, scope),
            *self._runs(page, scope),
            *self._rewritten(page, scope),
            *self._named(page, scope),
        ):
            if not any(hit.start < other.end and other.start < hit.end for other in found.values()):
                found[hit.start, hit.role] = hit
            if len(found) >= _MOST:
                break
        return sorted(found.values(), key=lambda hit: (hit.start, hit.role))

    def digests(self, text: str) -> set[str]:
        """Return the digests of everything in a text that has the form of a credential, whosever it is."""
        found = {mask(match[0]).digest for match in self.shapes.jwt.finditer(text)}
        for match in _RUN.finditer(text):
            value = text[match.start() + _glued(text, match.start()) : match.end()]
            found.add(mask(value).digest)
            plain = decoded(value)
            if plain is not None:
                found.update(mask(each).digest for each in (plain[0].strip(), *plain[0].strip().split(":")))
        return found

    def equal(self, text: str, known: Mapping[str, str]) -> Iterator[Hit]:
        """Yield the values of a text that are known credentials, given by their digests with their roles."""
        for match in (*_RUN.finditer(text), *self.shapes.jwt.finditer(text)):
            start = match.start() + _glued(text, match.start())
            masked = mask(text[start : match.end()])
            role = known.get(masked.digest)
            if role is not None:
                yield Hit(role, start, match.end(), masked, "", Evidence.EQUAL)

    # ------------------------------------------------------------ tokens

    def _tokens(self, text: str) -> Iterator[Hit]:
        for match in self.shapes.jwt.finditer(text):
            token = self.shapes.token(match[0])
            if token is not None:
                yield Hit("access_token", *match.span(), mask(match[0]), "", Evidence.TOKEN, token=token)

    # ------------------------------------------------------------ id:secret

    def _pairs(self, page: _Page, scope: Scope) -> Iterator[Hit]:
        """Yield `id:secret`, as curl takes it: one credential, the secret."""
        for match in _WRITTEN_PAIR.finditer(page.text):
            user, password = match[1] or match[2], match[3]
            if (
                self.shapes.is_exact(user)
                and self.shapes.is_exact(password)
                and self._is_ours(page, match.start(), scope)
            ):
                yield Hit("client_secret", *match.span(3), mask(password), "", Evidence.CONTEXT, is_basic=True)

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
            if 40 <= len(value) <= 48:
                yield from self._held(page, start, end, value, scope, "")
            elif len(value) >= 54:
                plain = decoded(value)
                if plain is not None:
                    yield from self._held(page, start, end, plain[0].strip(), scope, plain[1])

    def _rewritten(self, page: _Page, scope: Scope) -> Iterator[Hit]:
        """Yield values that do not stand in the text as they are: URL-encoded, in pieces, character by character."""
        text = page.text
        if "%" in text:
            for match in _ESCAPED_RUN.finditer(text):
                plain = unescaped(match[0])
                if plain is not None and 40 <= len(plain) <= 48:
                    yield from self._held(page, *match.span(), plain, scope, "URL")
        for expression in (_JOINED, _CONTINUED):
            for match in expression.finditer(text):
                for start, end, value in _put_together(match):
                    yield from self._held(page, start, end, value, scope, "")
        for match in _CODES.finditer(text):
            value = "".join(
                each or chr(int(code, 16) if code else int(number))
                for code, number, each in _ONE_CODE.findall(match[0])
            )
            if value.isascii() and value.isprintable():
                yield from self._held(page, *match.span(), value, scope, "characters")

    def _held(self, page: _Page, start: int, end: int, value: str, scope: Scope, encoding: str) -> Iterator[Hit]:
        """Yield what a value is or holds, which stands between two offsets in some encoding."""
        if 40 <= len(value) <= 48:
            if self.shapes.fits("client_secret", value, is_sure=False):
                hit = self._named_value(page, start, end, value, scope, encoding)
                if hit is not None:
                    yield hit
            return
        pair = _PAIR.fullmatch(value)
        if pair is not None:
            told = self._name_of(page, start, page.text[start:end], scope)
            if self.shapes.is_exact(pair[2]) and (
                (told is not None and told[1] is not Evidence.CONTEXT) or self._is_ours(page, start, scope)
            ):
                masked = mask(pair[2])
                yield Hit("client_secret", start, end, masked, "", Evidence.CONTEXT, encoding, is_basic=True)
        elif self._platform.search(value) is not None:
            # A whole file of its own: configuration, or the claims of a token that was looked at already.
            for hit in self.hits(value, Scope(owner=Owner.PLATFORM)):
                yield Hit(hit.role, start, end, hit.masked, hit.name, hit.evidence, encoding, hit.is_basic, hit.token)

    def _named_value(self, page: _Page, start: int, end: int, value: str, scope: Scope, encoding: str) -> Hit | None:
        is_exact = self.shapes.is_exact(value)
        told = self._name_of(page, start, value if encoding in ("", "characters") else page.text[start:end], scope)
        if told is None and is_exact:
            told = self._stand_in(page, start, end, scope)
        if told is None:
            return None
        name, evidence = told
        if name.role not in ("client_secret", "client_id") or not (name.is_sure or is_exact):
            return None
        return Hit(name.role, start, end, mask(value), name.text, evidence, encoding)

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
                yield Hit(name.role, *match.span(kind), mask(value), name.text, evidence)

    # ------------------------------------------------------------ the name of a value

    def _name_of(self, page: _Page, start: int, value: str, scope: Scope) -> tuple[Name, Evidence] | None:
        """Return the name of a value and what tells that it is the platform's, or None."""
        leaf = scope.structure.leaf(page.line_of(start), value) if scope.structure is not None else None
        owner = scope.owner
        if leaf is not None:
            owner = leaf.owner if leaf.owner is not Owner.NOBODY else owner
            if leaf.is_sealed:
                return None
            name = self.names.read(leaf.name)
            if leaf.text == value:
                return self._told(name, page, start, owner, leaf, scope) if name.role else None
            if name.role and name.is_sure and _DEFAULT.search(leaf.text.partition(value)[0]) is not None:
                return self._told(name, page, start, owner, leaf, scope)
            if name.owner is Owner.PLATFORM:
                # What stands in a value of the platform's is the platform's: JSON in a text.
                owner = Owner.PLATFORM
        for name in self._before(page, start):
            told = self._told(name, page, start, owner, leaf, scope)
            if told is not None:
                return told
        return None

    def _stand_in(self, page: _Page, start: int, end: int, scope: Scope) -> tuple[Name, Evidence] | None:
        """Return the name of what a value stands in for: `X or "…"`, and its inverse, `"…" if not X else X`."""
        line, before = page.line_around(start)
        inside = _ESCAPES.sub(" ", line[:before])
        held = _ASSIGNED.search(inside)
        if held is not None:
            name = self.names.read(held[1])
            if not (name.role or self.names.is_between(held[1]) or self.names.is_wrapper(held[1])):
                return None
        leaf = scope.structure.leaf(page.line_of(start), page.text[start:end]) if scope.structure is not None else None
        if leaf is not None:
            name = self.names.read(leaf.name)
            if leaf.is_sealed:
                return None
            if name.is_sure and name.owner is Owner.PLATFORM:
                return name, Evidence.NAME
        if _CHOICE.search(line) is None:
            return None
        rest = _ESCAPES.sub(" ", line[before + end - start :])
        found = [self.names.read(match[0]) for part in (rest, inside) for match in _IDENTIFIER.finditer(part)]
        sure = {each.role: each for each in found if each.is_sure and each.owner is Owner.PLATFORM}
        if len(sure) != 1:
            return None
        (name,) = sure.values()
        return name, Evidence.VARIABLE if name.text in self.names.environment else Evidence.NAME

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

    def _before(self, page: _Page, start: int) -> Iterator[Name]:
        """Yield the names that a value is given, from the text before it: the nearest first."""
        left = page.before(start)
        end = len(left)
        while end > 0:
            words = list(_IDENTIFIER.finditer(left, max(0, end - _LEFT), end))
            if not words:
                return
            word = words[-1]
            text = word[0].replace("->", ".").replace("::", ".")
            name = self.names.read(text)
            last = self.names.read(text.rpartition(".")[2])
            if not (name.role and (name.is_sure or not self.names.is_between(text))):
                name = last if last.role and last.is_sure else Name(text, "", False, Owner.NOBODY)
            if name.role:
                yield name if name.owner is Owner.PLATFORM else self._within(left, word.start(), name)
                if not left[: word.start()].endswith(_REFERENCES):
                    return
                end = len(left[: word.start()].rstrip("${("))
                continue
            gap = left[word.end() : end]
            if not (self.names.is_between(text) or self.names.is_wrapper(text) or gap.lstrip().startswith("(")):
                return
            end = word.start()

    def _within(self, left: str, end: int, name: Name) -> Name:
        """Return a name as the platform's when it is a key of something that has the platform's name."""
        depth = 0
        for at in range(end - 1, -1, -1):
            depth += (left[at] == "}") - (left[at] == "{")
            if depth < 0:
                words = list(_IDENTIFIER.finditer(left, max(0, at - _LEFT), at))
                while words and self.names.is_between(words[-1][0]):
                    # The type of a constant.
                    words.pop()
                held = self.names.read(words[-1][0]).owner if words else Owner.NOBODY
                is_ours = held is Owner.PLATFORM and name.owner is Owner.NOBODY
                return Name(name.text, name.role, name.is_sure, Owner.PLATFORM) if is_ours else name
        return name


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

    def line_around(self, start: int) -> tuple[str, int]:
        """Return the line that an offset is on, with the condition above it if it stands below one, and where in it.

        A long line is cut on both sides."""
        text = self.text
        begin = max(text.rfind("\n", 0, start) + 1, start - 2 * _LEFT)
        end = text.find("\n", start, start + 2 * _LEFT)
        if begin > start - 2 * _LEFT and begin > 1:
            above = max(text.rfind("\n", 0, begin - 1) + 1, begin - 2 * _LEFT)
            if _CONDITION.match(text, above, begin) is not None:
                begin = above
        return text[begin : end if end >= 0 else start + 2 * _LEFT], start - begin

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


_ESCAPES: Final = re.compile(r"\\+[nrt]|%[0-9A-Fa-f]{2}|</[\w:.-]+>|&(?:quot|apos|amp|lt|gt|#\d+|#x[0-9A-Fa-f]+);")
_REFERENCES: Final = ("${", "$(", "$", "$env:", "${env:")
"""What a reference to a variable starts with: a value behind it stands in for it."""
_LOCAL: Final = re.compile(r"(?i)https?://(?:localhost|127\.|\[::1\]|0\.0\.0\.0|[\w.-]*\bexample\b|[^/]*[{<$])")
_BARE: Final = re.compile(
    r"[\s\"'`\[\]({<>|=:,+*&\\#/-]*(?:(?:string|value|val|data|default|array|integer|item|byte|char)[\"'`\s:=<>]*)*",
    re.IGNORECASE,
)


def _put_together(match: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the values that pieces beside each other make, with the offsets of the first and the last.

    A comma parts the arguments of a call, unless there is nothing but commas: then it is a list that something joins."""
    text = match.string
    groups: list[list[re.Match[str]]] = []
    commas = 0
    for piece in _PIECE.finditer(text, match.start(), match.end() + 1):
        gap = text[groups[-1][-1].end() : piece.start()] if groups else ""
        if groups and "," not in _LINE_OF_NOTEBOOK.sub("", gap):
            groups[-1].append(piece)
        elif groups and _IS_KEY.match(text, piece.end()) is not None:
            # `"id": "…", "name": …`: the next key is no part of the value.
            break
        else:
            groups.append([piece])
            commas += 1
    if commas == sum(map(len, groups)):
        groups = [[each for group in groups for each in group]]
    for group in groups:
        value = "".join(each[0] for each in group)
        if len(group) > 1 and 40 <= len(value) <= 48:
            yield group[0].start(), group[-1].end(), value


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
