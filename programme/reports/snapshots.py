"""The numbers of a report, frozen: read as of one moment, and recognised by their hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.demo import demo_mode
from centres.models import Centre
from programme.reports import counting, indicators, norr
from programme.reports.models import Report

FORMAT = 3
"""Of the snapshot: it grows when a report begins to count something else, so that old ones stay readable.

2: levels of risk and their change (`norr`).
3: unresolved meetings by service and centre, and those that indicator 1.1 lacks (`gap`);
   meetings logged, settled or changed after the month's end (`corrected`).
"""


@dataclass(frozen=True)
class Snapshot:
    """What was counted, when, and the hash that tells whether anything has changed since."""

    numbers: dict[str, Any]
    data_at: dt.datetime

    @property
    def hash(self) -> str:
        return hash_of(self.numbers)


def hash_of(numbers: dict[str, Any]) -> str:
    """SHA-256 of the numbers in one fixed spelling. The time of reading is no part of them."""
    text = json.dumps(numbers, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def take(month: dt.date, scope: str, centre: Centre | None) -> Snapshot:
    """Count the month. Only totals: no name, no number of a case or a person is in it."""
    with _one_moment():
        data_at = timezone.now().replace(microsecond=0)
        numbers: dict[str, Any] = {
            "format": FORMAT,
            "kind": Report.Kind.MONTH.value,
            "month": month.isoformat(),
            "scope": scope,
            "demo": demo_mode(),
            "centre": {"slug": centre.slug, "name": centre.name, "place": centre.place} if centre else None,
        }
        centres = [centre.pk] if centre else list(Centre.objects.order_by("pk").values_list("pk", flat=True))
        if scope != Report.Scope.PROGRAMME:
            numbers |= counting.count_month(month, centres, data_at=data_at)
            numbers |= norr.of_month(month, centre)
        numbers |= indicators.of_month(
            month, centre=centre, everything=scope == Report.Scope.PROGRAMME, data_at=data_at
        )
    return Snapshot(numbers=json.loads(json.dumps(numbers)), data_at=data_at)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Several queries that see the same state of the database.

    PostgreSQL can be asked for it only by a transaction's first statement; SQLite's transactions always read so.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
