from __future__ import annotations

import datetime as dt

import pytest

from centres.models import OpeningHours
from centres.opening import in_words


def hours(weekday: int, opens: int, closes: int) -> OpeningHours:
    return OpeningHours(weekday=weekday, opens_at=dt.time(opens), closes_at=dt.time(closes))


@pytest.mark.parametrize(
    ("week", "words"),
    [
        ([], []),
        ([hours(day, 8, 19) for day in range(1, 6)], [("poniedziałek–piątek", "8:00–19:00")]),
        ([hours(3, 8, 12)], [("środa", "8:00–12:00")]),
        ([hours(1, 8, 16), hours(3, 8, 16)], [("poniedziałek", "8:00–16:00"), ("środa", "8:00–16:00")]),
        (
            [hours(1, 8, 16), hours(2, 8, 16), hours(3, 8, 18)],
            [("poniedziałek–wtorek", "8:00–16:00"), ("środa", "8:00–18:00")],
        ),
        ([hours(2, 14, 18), hours(2, 8, 12)], [("wtorek", "8:00–12:00, 14:00–18:00")]),
    ],
)
def test_neighbouring_days_with_the_same_hours_are_said_together(week, words):
    assert in_words(week) == words
