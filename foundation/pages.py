"""Long lists page by page, at the same speed on the last page as on the first.

A page starts after the last row of the one before it (a keyset), not after so many rows, which a database would have
to read and throw away. The link carries that row's key encrypted: it may be a family's name, and no name and no row
number stands in a URL.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from heapq import merge
from operator import attrgetter
from typing import Any, Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db.models import Model, Q, QuerySet
from django.utils.crypto import salted_hmac

T = TypeVar("T", bound=Model)

PAGE = 50  # rows
CURSOR_MAX_LENGTH = 2000
FORWARD, BACK = "f", "b"


class BadCursor(SuspiciousOperation):
    """The place in the list is not one that the portal has given out. Django answers 400."""


@dataclass(frozen=True)
class KeysetPage(Generic[T]):
    """Some rows of a list, and the way on and back. ``last_cursor`` leads to the end in one step."""

    items: list[T] = field(default_factory=list)
    next_cursor: str | None = None
    previous_cursor: str | None = None
    last_cursor: str | None = None

    @property
    def has_other_pages(self) -> bool:
        return bool(self.next_cursor or self.previous_cursor)


def keyset_page(
    queryset: QuerySet[T], *more: QuerySet[T], order: tuple[str, ...], cursor: str | None = None, size: int = PAGE
) -> KeysetPage[T]:
    """One page of the queryset in this order, in one query.

    `more` are querysets of the same model that have no row in common with it, each in a query of its own: an OR that
    no index serves becomes two lists that are. Python merges them, so they are ordered by numbers, moments or days.

    ``order`` is like ``("next_deadline_on", "id")`` or ``("-at", "-id")``: all up or all down, no column that may be
    NULL, and the last one unique; an index on exactly these columns makes it fast. ``cursor`` is what came in the URL,
    None or "" for the first page; it also says the direction. Raises BadCursor.
    """
    place = place_of(queryset.model, order=order, cursor=cursor, size=size)
    rows = merge(*map(place.rows, (queryset, *more)), key=place.key_of, reverse=place.is_down)
    return place.page(list(rows))


@dataclass(frozen=True)
class Place(Generic[T]):
    """A place in a list: where a page begins, and which way it goes. For lists that ask for their rows themselves."""

    model: type[T]
    order: tuple[str, ...]
    back: bool = False
    key: Sequence[Any] | None = None
    """The row from which the page goes on; None at the list's own start or, going back, its end."""
    size: int = PAGE

    @property
    def is_down(self) -> bool:
        """Whether the rows are read from the greatest key to the least."""
        return _columns(self.order)[1] != self.back

    def key_of(self, row: T) -> list[Any]:
        return [_value(row, name) for name in _columns(self.order)[0]]

    def rows(self, queryset: QuerySet[T]) -> QuerySet[T]:
        """The rows of the page, and the one that says whether the list goes on."""
        names, _descending = _columns(self.order)
        if self.key is not None:
            queryset = queryset.filter(_after(names, self.key, "lt" if self.is_down else "gt"))
        prefix = "-" if self.is_down else ""
        return queryset.order_by(*(f"{prefix}{name}" for name in names))[: self.size + 1]

    def page(self, rows: list[T]) -> KeysetPage[T]:
        """The page of these rows."""
        more = len(rows) > self.size
        rows = rows[: self.size]
        if self.back:
            rows.reverse()
        # Someone who came by a cursor came from somewhere: the way back is always open. Where nothing is left on this
        # side (rows were deleted meanwhile) it leads to the list's very end or start.
        first, last = (rows[0], rows[-1]) if rows else (None, None)
        has_next = more if not self.back else self.key is not None
        has_previous = more if self.back else self.key is not None
        return KeysetPage(
            items=rows,
            next_cursor=self._cursor(FORWARD, last) if has_next else None,
            previous_cursor=self._cursor(BACK, first) if has_previous else None,
            last_cursor=self._cursor(BACK, None) if has_next else None,
        )

    def _cursor(self, direction: str, row: T | None) -> str:
        return _encoded(direction, None if row is None else self.key_of(row), _list_of(self.model, self.order))


def place_of(model: type[T], *, order: tuple[str, ...], cursor: str | None, size: int = PAGE) -> Place[T]:
    """Where this cursor leads. Raises BadCursor."""
    direction, key = FORWARD, None
    if cursor:
        direction, key = _decoded(cursor, _list_of(model, order), len(order))
    return Place(model, order, back=direction == BACK, key=key, size=size)


def _list_of(model: type[Model], order: tuple[str, ...]) -> str:
    """Which list a cursor belongs to."""
    return f"{model._meta.label}:{','.join(order)}"


def _columns(order: Sequence[str]) -> tuple[list[str], bool]:
    descending = [name.startswith("-") for name in order]
    if not order or len(set(descending)) != 1:
        raise ValueError(f"The order of a list goes all up or all down, not {order!r}.")
    return [name.removeprefix("-") for name in order], descending[0]


def _after(names: Sequence[str], key: Sequence[Any], comparison: str) -> Q:
    """The rows past the key: ``a <= x AND (a < x OR id < y)``.

    The plain ``a < x OR (a = x AND id < y)`` says the same, but no database starts an index scan there: 100× slower.
    """
    name, value = names[0], key[0]
    strictly = Q((f"{name}__{comparison}", value))
    if len(names) == 1:
        return strictly
    return Q((f"{name}__{comparison}e", value)) & (strictly | _after(names[1:], key[1:], comparison))


def _value(row: Model, name: str) -> Any:
    value = attrgetter(name.replace("__", "."))(row)
    if value is None:
        raise ValueError(f"A list cannot be paged by {name!r}: it may be NULL.")
    return value


# The cursor: direction and values as JSON, a letter for each type, encrypted so that the same place has the same link.

_TO_TEXT: dict[type, tuple[str, Any]] = {
    bool: ("b", bool),
    int: ("i", int),
    str: ("s", str),
    dt.datetime: ("t", dt.datetime.isoformat),
    dt.date: ("d", dt.date.isoformat),
    uuid.UUID: ("u", str),
    Decimal: ("n", str),
}
_FROM_TEXT: dict[str, Any] = {
    "b": bool,
    "i": int,
    "s": str,
    "t": dt.datetime.fromisoformat,
    "d": dt.date.fromisoformat,
    "u": uuid.UUID,
    "n": Decimal,
}


@lru_cache(maxsize=8)
def _cipher(secret: str) -> AESSIV:
    return AESSIV(salted_hmac("foundation.pages", "cursor", secret=secret, algorithm="sha512").digest())


def _encoded(direction: str, values: Sequence[Any] | None, place: str) -> str:
    typed: list[Any] = [direction]
    for value in values or ():
        letter, to_text = next(how for kind, how in _TO_TEXT.items() if isinstance(value, kind))
        typed.append([letter, to_text(value)])
    plain = json.dumps(typed, separators=(",", ":")).encode()
    secret = _cipher(settings.SECRET_KEY).encrypt(plain, [place.encode()])
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def _decoded(cursor: str, place: str, width: int) -> tuple[str, list[Any] | None]:
    """The direction and the key, or None for a key where the place is the list's own end."""
    if len(cursor) > CURSOR_MAX_LENGTH:
        raise BadCursor("The cursor is too long.")
    try:
        secret = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
    except (ValueError, binascii.Error):
        raise BadCursor("The cursor is malformed.") from None
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            direction, *typed = json.loads(_cipher(key).decrypt(secret, [place.encode()]))
        except (InvalidTag, ValueError):
            continue
        values = [_FROM_TEXT[letter](text) for letter, text in typed]
        return direction, values if len(values) == width else None
    raise BadCursor("The cursor was not given out for this list.")
