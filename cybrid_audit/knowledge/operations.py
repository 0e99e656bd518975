"""The platform's operations: what each needs, and finding one by method and path or by SDK name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from cybrid_audit.records import dataclass

HOLE: Final = "{?}"
"""How a part of a string that is not constant is written."""


class Api(StrEnum):
    """Which of the three APIs."""

    BANK = "bank"
    ID = "id"
    ORGANIZATION = "organization"


class CustomerBased(StrEnum):
    """Whether an operation is made on behalf of one customer."""

    ALWAYS = "always"
    WHEN_CUSTOMER_GUID = "when_customer_guid"
    NEVER = "never"


class WhenUnknown(StrEnum):
    """What to assume when the owner cannot be told."""

    CUSTOMER = "assume_customer"
    BANK = "assume_bank"


class Event(StrEnum):
    """What calls for a second factor of the customer."""

    CUSTOMER_CREATION = "customer_creation"
    CUSTOMER_TRANSACTION = "customer_transaction"


class GuidPlace(StrEnum):
    """Where a request carries the customer's guid."""

    BODY = "body"
    QUERY = "query"
    PATH = "path"


class Mark(StrEnum):
    """What else is remarkable about an operation."""

    MOVES_VALUE = "moves_value"
    PREPARES_TRANSACTION = "prepares_transaction"
    ADDS_PAYOUT_DESTINATION = "adds_payout_destination"
    CANCELS = "cancels"
    MANAGES_CREDENTIALS = "manages_credentials"
    MINTS_CUSTOMER_TOKEN = "mints_customer_token"  # noqa: S105 - a mark of operations
    CUSTOMER_DATA = "customer_data"


_STRICT: Final = frozenset({Mark.PREPARES_TRANSACTION, Mark.ADDS_PAYOUT_DESTINATION, Mark.CANCELS})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Operation:
    """One operation. `path` is a template with `{parameters}`; `token_kinds` may hold `none`, `bank`, `organization` and
    `customer`. `classes` and `methods` are its names in the generated clients of every language.

    An operation that is `removed` is one of older SDK releases. Each exists once: they compare by identity."""

    id: str
    api: Api
    method: str
    path: str
    required_scopes: frozenset[str]
    optional_scopes: frozenset[str]
    token_kinds: tuple[str, ...]
    customer_based: CustomerBased
    when_unknown: WhenUnknown | None
    event: Event | None
    customer_guid_place: GuidPlace | None
    customer_guid_required: bool
    owner_via: str | None
    guid_fields: tuple[str, ...]
    simulation_fields: tuple[str, ...]
    marks: frozenset[str]
    pii_switch: str | None
    classes: tuple[str, ...]
    methods: tuple[str, ...]
    is_removed: bool = False

    @property
    def name(self) -> str:
        """The name in reports, e.g. `POST /api/trades`."""
        return f"{self.method} {self.path}"

    @property
    def strict_event(self) -> Event | None:
        """The event it is under the profile `strict`: what prepares, redirects or stops a transaction is one too."""
        return self.event or (Event.CUSTOMER_TRANSACTION if self.marks & _STRICT else None)

    @property
    def customer_token_possible(self) -> bool:
        """Whether a customer token can hold every scope it needs; if not, a bank or organization token is unavoidable."""
        return "customer" in self.token_kinds

    def __repr__(self) -> str:
        return f"<operation {self.id}>"


def operation_of(row: Sequence[Any]) -> Operation:
    """Return an operation made of its stored row, whose values are in the order of the fields."""
    return Operation(
        row[0],
        Api(row[1]),
        row[2],
        row[3],
        frozenset(row[4]),
        frozenset(row[5]),
        tuple(row[6]),
        CustomerBased(row[7]),
        WhenUnknown(row[8]) if row[8] is not None else None,
        Event(row[9]) if row[9] is not None else None,
        GuidPlace(row[10]) if row[10] is not None else None,
        row[11],
        row[12],
        tuple(row[13]),
        tuple(row[14]),
        frozenset(row[15]),
        row[16],
        tuple(row[17]),
        tuple(row[18]),
        row[19],
    )


_PREFIX: Final = re.compile(
    r"(?:\{\?\})+(?=/|api/|oauth/)|[a-z][a-z0-9+.-]*://[^/]*|(?:\{\?\})+://[^/]*", re.IGNORECASE
)
"""What may stand before a path: a hole (a base URL), or scheme and host."""

_EXACT, _EMPTY_HOLE, _PARTIAL = 3, 2, 1


def path_of(text: str) -> str | None:
    """Return the path of a possibly holed path or URL, without query, fragment and trailing slash.

    A base URL that is one hole is dropped: `{?}/api/trades` gives `/api/trades`. None when nothing is left."""
    text = _before_query(text.strip())
    prefix = _PREFIX.match(text)
    if prefix is not None:
        text = text[prefix.end() :]
    if "//" in text:
        text = re.sub("/{2,}", "/", text)
    text = text.rstrip("/")
    if not text:
        return None
    return text if text.startswith("/") else f"/{text}"


def _before_query(text: str) -> str:
    for index, char in enumerate(text):
        if char == "#" or (char == "?" and text[index - 1 : index + 2] != HOLE):
            return text[:index]
    return text


class Operations:
    """All operations, found by id, by method and path, or by SDK names."""

    __slots__ = (
        "_by_class",
        "_by_id",
        "_by_method_name",
        "_by_size",
        "_removed_by_size",
        "_suffixes",
        "all",
        "removed",
    )

    def __init__(
        self, operations: Sequence[Operation], suffixes: Sequence[str], renamed: Sequence[tuple[str, str]]
    ) -> None:
        self.all = tuple(each for each in operations if not each.is_removed)
        """The published ones, in the order of the data."""
        self.removed = tuple(each for each in operations if each.is_removed)
        """Those of older SDK releases. Code may still call them."""
        self._suffixes = suffixes
        self._by_id = {each.id: each for each in self.all}
        self._by_class: dict[tuple[str, str], Operation] = {}
        self._by_method_name: dict[str, Operation] = {}
        self._by_size: dict[int, list[tuple[list[str], Operation]]] = {}
        self._removed_by_size: dict[int, list[tuple[list[str], Operation]]] = {}
        # The published ones come last, so that they win where a name was used again.
        for each in (*self.removed, *self.all):
            for method in each.methods:
                self._by_method_name[method] = each
                for cls in each.classes:
                    self._by_class[cls, method] = each
            sizes = self._removed_by_size if each.is_removed else self._by_size
            segments = each.path.strip("/").split("/")
            sizes.setdefault(len(segments), []).append((segments, each))
        for cls, operation_id in renamed:
            for method in self._by_id[operation_id].methods:
                self._by_class.setdefault((cls, method), self._by_id[operation_id])

    def __len__(self) -> int:
        return len(self.all)

    def by_id(self, operation_id: str) -> Operation:
        """Return the operation with this id, e.g. `bank.create_trade`. Raises KeyError when there is none."""
        return self._by_id[operation_id]

    def match(self, method: str | None, path: str) -> Operation | None:
        """Return the operation that a request makes, or None when it is none or could be several.

        `path` may be a URL, and may hold `{?}` for what is not constant: a hole is one path segment or part of one. Query
        string and a slash at the end do not matter. A hole before the path (a base URL) is passed over, other text is not.
        Without a method, the path alone must tell."""
        return _best(self._by_size, method, path)

    def match_removed(self, method: str | None, path: str) -> Operation | None:
        """As `match`, for operations that older SDK releases had."""
        return _best(self._removed_by_size, method, path)

    def candidates(self, path: str) -> tuple[Operation, ...]:
        """Return the operations, of any method, that a request to this path may make, the best matches only."""
        return tuple(_matches(self._by_size, None, path))

    def by_sdk(self, class_name: str | None, method_name: str) -> Operation | None:
        """Return the operation behind a method of a generated client, also of its raw variants.

        The class is the one of any client (`TradesBankApi`, Angular's `TradesService`, Kotlin's `TradesApi`, Swift's
        `TradesAPI`), or None when it is unknown."""
        found = self._by_names(class_name, method_name)
        if found is not None:
            return found
        for suffix in self._suffixes:
            if method_name.endswith(suffix):
                found = self._by_names(class_name, method_name[: -len(suffix)])
                if found is not None:
                    return found
        return None

    def _by_names(self, class_name: str | None, method_name: str) -> Operation | None:
        if class_name is None:
            return self._by_method_name.get(method_name)
        return self._by_class.get((class_name, method_name))

    def is_sdk_class(self, name: str) -> bool:
        """Whether a generated client has an API class of this name."""
        return any(cls == name for cls, _ in self._by_class)


def _best(by_size: dict[int, list[tuple[list[str], Operation]]], method: str | None, path: str) -> Operation | None:
    found = _matches(by_size, method, path)
    return found[0] if len(found) == 1 else None


def _matches(by_size: dict[int, list[tuple[list[str], Operation]]], method: str | None, path: str) -> list[Operation]:
    bare = path_of(path)
    if bare is None:
        return []
    segments = bare[1:].split("/")
    wanted = method.upper() if method is not None else None
    best = 0
    found: list[Operation] = []
    for template, each in by_size.get(len(segments), ()):
        if wanted is not None and each.method != wanted:
            continue
        score = _score(template, segments)
        if score > best:
            best, found = score, [each]
        elif score == best and score:
            found.append(each)
    return found


def _score(template: list[str], segments: list[str]) -> int:
    """Return how well a path fits a template, 0 when it does not."""
    score = 0
    for wanted, given in zip(template, segments, strict=True):
        if wanted[0] == "{":
            if not given:
                return 0
            score += _EXACT
        elif wanted == given:
            score += _EXACT
        elif HOLE not in given or given.replace(HOLE, "") == "":
            # A hole as a whole segment could be any resource: too little to go by.
            return 0
        elif given.replace(HOLE, "") == wanted:
            # `/api/accounts{?}`: the hole is most likely a query string, or empty.
            score += _EMPTY_HOLE
        elif re.fullmatch(".*".join(map(re.escape, given.split(HOLE))), wanted):
            score += _PARTIAL
        else:
            return 0
    return score
