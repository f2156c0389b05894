"""Opening hours as people say them: „poniedziałek–piątek 8:00–19:00”."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from centres.models import OpeningHours
from foundation.formats import WEEKDAYS, format_time


def in_words(hours: Iterable[OpeningHours]) -> list[tuple[str, str]]:
    """Days and times; neighbouring days with the same hours are said together, two spells of one day too."""
    times: dict[int, str] = {}
    for one in sorted(hours, key=lambda one: (one.weekday, one.opens_at)):
        spell = f"{format_time(one.opens_at)}–{format_time(one.closes_at)}"
        times[one.weekday] = f"{times[one.weekday]}, {spell}" if one.weekday in times else spell
    lines: list[tuple[str, str]] = []
    # Days in a row keep their distance to their place in the list, which is what tells a run from a gap.
    runs = groupby(enumerate(times), key=lambda item: (times[item[1]], item[1] - item[0]))
    for (spells, _), run in runs:
        days = [WEEKDAYS[day - 1] for _, day in run]
        lines.append((days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}", spells))
    return lines
