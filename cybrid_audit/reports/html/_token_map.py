"""The token map: which request for a token feeds which operations, and what both have to do with scopes.

A picture is a list of boxes and curves with their places in it (pixels from the top left); the template draws them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cybrid_audit.facts import ApiCall, Location, TokenKind, TokenMint
from cybrid_audit.records import dataclass
from cybrid_audit.reports.calls import TOKEN_OPERATION
from cybrid_audit.reports.context import RenderContext
from cybrid_audit.reports.escaping import harmless
from cybrid_audit.reports.redaction import Redactor
from cybrid_audit.result import AuditResult

MAX_TOKENS: Final = 24
"""Tokens in the picture. Beyond it, those that feed the fewest operations stand in the table below only."""

MAX_OPERATIONS: Final = 40
"""Operations in the picture. Beyond it, those with the fewest call sites are left out; the inventory has them."""

MAX_SCOPES: Final = 16
"""Scopes named in one box. Beyond it they are counted; the table has them all."""

MAX_ROWS: Final = 200
"""Tokens in the table. Beyond it they are counted."""

WIDTH: Final = 1120
LEFT_WIDTH: Final = 440
RIGHT_WIDTH: Final = 380
_RIGHT: Final = WIDTH - RIGHT_WIDTH
_PAD: Final = 16
_LINE: Final = 18
_HEAD: Final = 52
_GAP: Final = 14
_TITLE: Final = 28
"""Height of the headings above the two columns."""

_CHARACTERS_LEFT: Final = 56
_CHARACTERS_RIGHT: Final = 47
_CHARACTERS_SCOPE: Final = 27


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope in a box. `state` is `needed` or `spare` in a token, `held` or `missing` in an operation, else `open`."""

    name: str
    state: str
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A token (left) or an operation (right) in the picture; `more` counts the scopes that it does not name.

    `key` tells it from the other boxes: `t1` for a token, `o1` for an operation. `kinds` are those of the token, or of the
    tokens that the operation runs with."""

    key: str
    kinds: tuple[str, ...]
    title: str
    note: str
    x: int
    y: int
    width: int
    height: int
    scopes: tuple[Scope, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Curve:
    """From a token to an operation that runs with it."""

    kind: str
    path: str
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything drawn, and how much is left out of it."""

    width: int
    height: int
    right: int
    tokens: tuple[Box, ...]
    operations: tuple[Box, ...]
    curves: tuple[Curve, ...]
    tokens_left_out: int
    operations_left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """One row of the table beside the picture: what a token asks for, and what the calls that run with it need.

    `spare` are asked for and not needed, `missing` needed and not asked for. `doubt` says why that may not be all."""

    kind: str
    place: Location | None
    origin: str
    operations: tuple[str, ...]
    asked: tuple[str, ...]
    needed: tuple[str, ...]
    spare: tuple[str, ...]
    missing: tuple[str, ...]
    doubt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMap:
    """The picture (None where nothing is to be drawn) and the table that says the same."""

    picture: Picture | None
    rows: tuple[TokenRow, ...]
    rows_left_out: int


def token_map(result: AuditResult, context: RenderContext) -> TokenMap:
    """Return the map of the tokens of `result` (cleared of secrets)."""
    calls = [call for call in result.facts.calls if call.operation != TOKEN_OPERATION]
    # An origin quotes the code.
    mask = Redactor.of(result)
    rows = [_row(token, context, mask) for token in _tokens(result.facts.mints, calls)]
    return TokenMap(
        picture=_picture(rows, calls, context) if rows else None,
        rows=tuple(rows[:MAX_ROWS]),
        rows_left_out=max(0, len(rows) - MAX_ROWS),
    )


# ---------------------------------------------------------------- what is drawn


@dataclass(frozen=True, slots=True)
class _Token:
    """A mint, or (without one) an origin of tokens of which no mint is seen, and the operations that it feeds."""

    kind: TokenKind
    mint: TokenMint | None
    origin: str
    operations: tuple[str, ...]


def _tokens(mints: Iterable[TokenMint], calls: Sequence[ApiCall]) -> list[_Token]:
    """Return the tokens, those of one kind together. Mints at one place with the same scopes are one token."""
    by_id = {mint.id: mint for mint in mints}
    first: dict[tuple[TokenKind, Location, frozenset[str]], TokenMint] = {}
    for mint in sorted(by_id.values(), key=lambda mint: (mint.site, mint.id)):
        first.setdefault((mint.kind, mint.site, mint.scopes.names), mint)
    fed: dict[str, set[str]] = {mint.id: set() for mint in first.values()}
    unseen: dict[tuple[TokenKind, str], set[str]] = {}
    for call in calls:
        for use in call.tokens:
            known = [by_id[mint] for mint in use.mints if mint in by_id]
            for mint in known:
                fed[first[mint.kind, mint.site, mint.scopes.names].id].add(call.operation)
            if not known:
                unseen.setdefault((use.kind, use.origin), set()).add(call.operation)
    order = list(TokenKind)
    found = [_Token(mint.kind, mint, "", tuple(sorted(fed[mint.id]))) for mint in first.values()]
    found += [
        _Token(kind, None, origin or "its origin is not seen", tuple(sorted(operations)))
        for (kind, origin), operations in sorted(unseen.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    ]
    return sorted(found, key=lambda token: (order.index(token.kind), token.mint is None))


def _row(token: _Token, context: RenderContext, mask: Redactor) -> TokenRow:
    needs = [context.needs[operation] for operation in token.operations if operation in context.needs]
    required = frozenset(name for need in needs for name in need.required)
    useful = required | frozenset(name for need in needs for name in need.optional)
    mint = token.mint
    asked = mint.scopes.names if mint is not None else frozenset[str]()
    return TokenRow(
        kind=token.kind.value,
        place=mint.site if mint is not None else None,
        origin=mask.text(token.origin),
        operations=token.operations,
        asked=tuple(sorted(asked)),
        needed=tuple(sorted(required)),
        spare=tuple(sorted(asked - useful)),
        missing=tuple(sorted(required - asked)) if mint is not None and mint.scopes.is_complete else (),
        doubt=_doubt(token, len(needs)),
    )


def _doubt(token: _Token, known: int) -> str:
    mint = token.mint
    if mint is None:
        return "no request for this token is seen"
    reasons = [
        (mint.escapes, mint.escape_note or "it leaves the analysed code, so that not all its uses are seen"),
        (not mint.scopes.is_complete, "a part of its scopes is not constant"),
        (not token.operations, "no call is seen to run with it"),
        (known < len(token.operations), "what some of its operations need is not known"),
    ]
    return "; ".join(text for holds, text in reasons if holds)


def _picture(rows: Sequence[TokenRow], calls: Sequence[ApiCall], context: RenderContext) -> Picture:
    ranked = sorted(range(len(rows)), key=lambda index: (-len(rows[index].operations), index))
    chosen = [rows[index] for index in sorted(ranked[:MAX_TOKENS])]
    sites: dict[str, int] = {}
    for call in calls:
        sites[call.operation] = sites.get(call.operation, 0) + 1
    fed_by = {
        operation: [index for index, row in enumerate(chosen) if operation in row.operations] for operation in sites
    }
    fed = [operation for operation in sites if fed_by[operation]]
    kept = sorted(fed, key=lambda operation: (-sites[operation], operation))[:MAX_OPERATIONS]
    # Near the middle of what feeds it, so that few curves cross.
    kept.sort(key=lambda operation: (sum(fed_by[operation]) / len(fed_by[operation]), operation))
    tokens = _column([_token_box(row, f"t{number}") for number, row in enumerate(chosen)], 0)
    operations = _column(
        [
            _operation_box(each, f"o{number}", sites[each], [chosen[index] for index in fed_by[each]], context)
            for number, each in enumerate(kept)
        ],
        _RIGHT,
    )
    place = dict(zip(kept, operations, strict=True))
    curves = tuple(
        Curve(row.kind, _curve(box, place[operation]), box.key, place[operation].key)
        for row, box in zip(chosen, tokens, strict=True)
        for operation in row.operations
        if operation in place
    )
    height = max((box.y + box.height for box in (*tokens, *operations)), default=0) + 2
    return Picture(
        width=WIDTH + 2,
        height=height,
        right=_RIGHT,
        tokens=tokens,
        operations=operations,
        curves=curves,
        tokens_left_out=len(rows) - len(chosen),
        operations_left_out=len(sites) - len(kept),
    )


def _token_box(row: TokenRow, key: str) -> Box:
    note = f"{row.place.path}:{row.place.start_line}" if row.place is not None else row.origin
    needed = set(row.needed)
    spare = set(row.spare)
    states = [
        Scope(name, "needed" if name in needed else "open" if row.doubt or name not in spare else "spare")
        for name in row.asked
    ]
    return _box(key, (row.kind,), f"{row.kind} token", _clipped_left(note, _CHARACTERS_LEFT), states, LEFT_WIDTH)


def _operation_box(operation: str, key: str, sites: int, rows: Sequence[TokenRow], context: RenderContext) -> Box:
    need = context.needs.get(operation)
    names = sorted(need.required) if need is not None else []
    kinds = tuple(kind.value for kind in TokenKind if any(row.kind == kind.value for row in rows))
    states = [Scope(name, _held(name, rows)) for name in names]
    count = f"{sites} call site{'' if sites == 1 else 's'}"
    said = count if need is not None else f"{count}; the scopes it needs are not known"
    return _box(key, kinds, _clipped_left(operation, _CHARACTERS_RIGHT), said, states, RIGHT_WIDTH)


def _held(name: str, rows: Sequence[TokenRow]) -> str:
    """Return whether every token that an operation runs with asks for a scope it needs."""
    if all(name in row.asked for row in rows):
        return "held"
    return "missing" if any(name in row.missing for row in rows) else "open"


def _box(key: str, kinds: tuple[str, ...], title: str, note: str, scopes: Sequence[Scope], width: int) -> Box:
    """Return a box at the top left; scopes stand in two columns."""
    shown = scopes[:MAX_SCOPES]
    lines = (len(shown) + 1) // 2
    column = (width - 2 * _PAD) // 2
    placed = tuple(
        Scope(
            _clipped(scope.name, _CHARACTERS_SCOPE if width == LEFT_WIDTH else _CHARACTERS_SCOPE - 5),
            scope.state,
            _PAD + column * (index // lines),
            _HEAD + _LINE * (index % lines) + 8,
        )
        for index, scope in enumerate(shown)
    )
    more = len(scopes) - len(shown)
    height = _HEAD + _LINE * (lines + (more > 0)) + (8 if shown else 2)
    return Box(
        key=key,
        kinds=kinds,
        title=title,
        note=note,
        x=0,
        y=0,
        width=width,
        height=height,
        scopes=placed,
        more=more,
    )


def _column(boxes: Iterable[Box], x: int) -> tuple[Box, ...]:
    from dataclasses import replace

    placed = []
    y = _TITLE
    for box in boxes:
        placed.append(replace(box, x=x, y=y))
        y += box.height + _GAP
    return tuple(placed)


def _curve(left: Box, right: Box) -> str:
    start, end = left.y + _HEAD // 2, right.y + _HEAD // 2
    middle = (LEFT_WIDTH + _RIGHT) // 2
    return f"M{LEFT_WIDTH} {start}C{middle} {start} {middle} {end} {_RIGHT} {end}"


def _clipped(text: str, room: int) -> str:
    shown = harmless(text)
    return shown if len(shown) <= room else shown[: room - 1] + "…"


def _clipped_left(text: str, room: int) -> str:
    shown = harmless(text)
    return shown if len(shown) <= room else "…" + shown[len(shown) - room + 1 :]
