"""Pieces of component files: tags with their attributes, code in braces, and the text of scripts. Told by signs alone, in one walk
over the bytes; whatever the input, what is not understood is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from cybrid_audit.limits import MAX_UNCLOSED_BRACES

VUE, SVELTE, ASTRO = "vue", "svelte", "astro"
OPEN, CLOSE, RAW, CODE = "open", "close", "raw", "code"

_NEXT: Final = {
    VUE: re.compile(rb"<!--|</|<(?=[A-Za-z])|\{\{"),
    SVELTE: re.compile(rb"<!--|</|<(?=[A-Za-z])|\{"),
    ASTRO: re.compile(rb"<!--|</|<(?=[A-Za-z>])|\{"),
}
_NAME: Final = re.compile(rb"[^\s/>\"'{}<=]*")
_SPACE: Final = re.compile(rb"\s*")
_ATTRIBUTE: Final = re.compile(rb"(?:\[[^\]\s>]*\]|[^\s=>/\"'{}<`])+|/(?!>)")
_EQUALS: Final = re.compile(rb"\s*=\s*")
_BARE: Final = re.compile(rb"[^\s>\"'`]+")
_IN_CODE: Final = re.compile(rb"[\"'`{}]|//|/\*")
_IN_TEMPLATE: Final = re.compile(rb"\\|`|\$\{")
_STRINGS: Final = {b"'": re.compile(rb"'(?:[^'\\\n]|\\.)*'"), b'"': re.compile(rb'"(?:[^"\\\n]|\\.)*"')}
_FENCE: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*---")
_FENCE_END: Final = re.compile(rb"^[ \t]*---", re.MULTILINE)


class Attribute(NamedTuple):
    """An attribute. `kind` is `text` in quotes or bare, `code` in braces, `template` in backticks, `spread` when all of it is code
    in braces, or empty without a value; `start` and `end` are the bytes of the value inside its signs."""

    name: str
    at: int
    kind: str
    start: int
    end: int


class Piece(NamedTuple):
    """One piece. `start` and `end` are the bytes of a tag as a whole, and those inside the braces of code."""

    kind: str
    start: int
    end: int
    name: str = ""
    attributes: tuple[Attribute, ...] = ()
    is_closed: bool = False


def flavour_of(path: str) -> str:
    """Return which kind of component a path is of, by its suffix: `vue` where it has none of the others."""
    suffix = path[path.rfind(".") + 1 :].lower()
    return suffix if suffix in _NEXT else VUE


def fence(source: bytes) -> tuple[int, int, int]:
    """Return where the code at the head of an Astro file starts and ends, and where the markup starts; nothing is (0, 0, 0)."""
    opening = _FENCE.match(source)
    if opening is None:
        return 0, 0, 0
    closing = _FENCE_END.search(source, opening.end())
    if closing is None:
        return opening.end(), len(source), len(source)
    return opening.end(), closing.start(), closing.end()


def client_scripts(source: bytes) -> list[tuple[int, int]]:
    """Return the bytes of the scripts of an Astro file that run in the browser."""
    found: list[tuple[int, int]] = []
    held = Piece(OPEN, 0, 0)
    for piece in pieces(source, ASTRO, fence(source)[2]):
        if piece.kind == RAW and held.name == "script":
            found.append((piece.start, piece.end))
        held = piece
    return found


def pieces(source: bytes, flavour: str, start: int = 0) -> Iterator[Piece]:
    """Yield the pieces of a component's source from a byte on, in order. Never raises; takes time linear in the size."""
    return _Lexer(source, flavour).pieces(start)


class _Lexer:
    def __init__(self, source: bytes, flavour: str) -> None:
        self.source = source
        self.flavour = flavour
        self.unclosed = 0
        """Braces that nothing closes, each looked after to the end of the source."""
        self.templates = 0
        """Of Vue: how many `template` elements are open. What lies in none is a block of its own."""
        self.missing: set[bytes] = set()
        """Elements of plain text and signs that nothing closes any more."""

    def pieces(self, at: int) -> Iterator[Piece]:
        source, is_vue = self.source, self.flavour == VUE
        following = _NEXT[self.flavour]
        while True:
            found = following.search(source, at)
            if found is None:
                return
            sign = found.group()
            at = found.end()
            if sign == b"<!--":
                end = source.find(b"-->", at)
                at = end + 3 if end >= 0 else len(source)
            elif sign == b"</":
                name = self._text(_NAME.match(source, at))
                end = source.find(b">", at)
                at = end + 1 if end >= 0 else len(source)
                if is_vue and name == "template":
                    self.templates = max(0, self.templates - 1)
                yield Piece(CLOSE, found.start(), at, name)
            elif sign == b"<":
                piece = self._tag(found.start())
                at = piece.end
                yield piece
                if self._is_raw(piece):
                    end, after = self._raw(piece)
                    yield Piece(RAW, at, end)
                    at = after
            elif is_vue:
                end = source.find(b"}}", at) if self.templates and b"}}" not in self.missing else -1
                if end >= 0:
                    yield Piece(CODE, at, end)
                    at = end + 2
                elif self.templates:
                    self.missing.add(b"}}")
            else:
                end = self._braces(found.start())
                if end >= 0:
                    yield Piece(CODE, at, end - 1)
                    at = end

    def _tag(self, start: int) -> Piece:
        """Return the tag that starts at a byte."""
        source = self.source
        name = _NAME.match(source, start + 1)
        assert name is not None
        at = name.end()
        attributes: list[Attribute] = []
        is_closed = False
        while at < len(source):
            space = _SPACE.match(source, at)
            assert space is not None
            at = space.end()
            sign = source[at : at + 1]
            if sign == b">":
                at += 1
                break
            if sign in (b"<", b""):
                break
            if source.startswith(b"/>", at):
                at += 2
                is_closed = True
                break
            if sign == b"{" and self.flavour != VUE:
                end = self._braces(at)
                if end >= 0:
                    attributes.append(Attribute("", at, "spread", at + 1, end - 1))
                at = max(end, at + 1)
                continue
            key = _ATTRIBUTE.match(source, at)
            if key is None:
                at += 1
                continue
            equals = _EQUALS.match(source, key.end())
            if equals is None:
                attributes.append(Attribute(self._text(key), at, "", key.end(), key.end()))
                at = key.end()
                continue
            kind, first, last, after = self._value(equals.end())
            attributes.append(Attribute(self._text(key), at, kind, first, last))
            at = after
        return Piece(OPEN, start, at, self._text(name), tuple(attributes), is_closed)

    def _value(self, at: int) -> tuple[str, int, int, int]:
        """Return the kind of an attribute's value, the bytes inside its signs, and where it ends."""
        source = self.source
        sign = source[at : at + 1]
        if sign in (b'"', b"'") or (sign == b"`" and self.flavour == ASTRO):
            end = source.find(sign, at + 1)
            end = end if end >= 0 else len(source)
            return "template" if sign == b"`" else "text", at + 1, end, min(end + 1, len(source))
        if sign == b"{" and self.flavour != VUE:
            end = self._braces(at)
            if end >= 0:
                return "code", at + 1, end - 1, end
        bare = _BARE.match(source, at)
        end = bare.end() if bare is not None else at
        if source.startswith(b"/>", end - 1):
            end -= 1
        return "text", at, end, end

    def _is_raw(self, piece: Piece) -> bool:
        if piece.is_closed:
            return False
        if self.flavour == VUE:
            if piece.name == "template":
                is_plain = self.templates > 0 or all(
                    each.name != "lang" or self.source[each.start : each.end] == b"html" for each in piece.attributes
                )
                self.templates += is_plain
                return not is_plain
            return self.templates == 0 or piece.name in ("script", "style")
        return piece.name in ("script", "style")

    def _raw(self, piece: Piece) -> tuple[int, int]:
        """Return where the plain text inside an element ends, and where its closing tag does."""
        name = piece.name.encode()
        if name not in self.missing:
            closing = re.compile(rb"</" + re.escape(name) + rb"\s*>", re.IGNORECASE).search(self.source, piece.end)
            if closing is not None:
                return closing.start(), closing.end()
            self.missing.add(name)
        return len(self.source), len(self.source)

    def _braces(self, at: int) -> int:
        """Return the byte behind the brace that closes the one at a byte, or -1 when none does."""
        if self.unclosed >= MAX_UNCLOSED_BRACES:
            return -1
        source = self.source
        opened = [b"{"]
        ignored = {b"'": 0, b'"': 0}
        at += 1
        while True:
            found = (_IN_TEMPLATE if opened[-1] == b"`" else _IN_CODE).search(source, at)
            if found is None:
                self.unclosed += 1
                return -1
            sign, at = found.group(), found.end()
            if sign == b"\\":
                at += 1
            elif sign in (b"{", b"${"):
                opened.append(b"{")
            elif sign == b"}":
                opened.pop()
                if not opened:
                    return at
            elif sign == b"`":
                if opened[-1] == b"`":
                    opened.pop()
                else:
                    opened.append(b"`")
            elif sign == b"//":
                # Not in an address, which the text of an element may hold.
                if source[found.start() - 1 : found.start()] != b":":
                    at = self._line_end(at)
            elif sign == b"/*":
                end = source.find(b"*/", at)
                at = end + 2 if end >= 0 else len(source)
            elif at > ignored[sign]:
                text = _STRINGS[sign].match(source, found.start())
                if text is not None:
                    at = text.end()
                else:
                    # An apostrophe in the text of an element.
                    ignored[sign] = self._line_end(at)

    def _line_end(self, at: int) -> int:
        end = self.source.find(b"\n", at)
        return end if end >= 0 else len(self.source)

    @staticmethod
    def _text(found: re.Match[bytes] | None) -> str:
        return found.group().decode("utf-8", "replace") if found is not None else ""


__all__ = ["Attribute", "Piece", "client_scripts", "fence", "flavour_of", "pieces"]
