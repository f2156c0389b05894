"""Opening hours as people say them, „poniedziałek–piątek 8:00–19:00”, and on one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import groupby

from centres.models import OpeningHours
from foundation.formats import WEEKDAYS, format_time
from foundation.working_days import holiday_name

Spells = list[tuple[dt.time, dt.time]]


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


def spells_on(hours: Iterable[OpeningHours], day: dt.date) -> Spells | None:
    """From when to when a centre is open on this day, none where it is closed; None where its hours are not known.

    `hours` are all the rows of one centre. On a statutory holiday it is closed.
    """
    spells = usual_spells_on(hours, day)
    return [] if spells and holiday_name(day) else spells


def usual_spells_on(hours: Iterable[OpeningHours], day: dt.date) -> list[tuple[dt.time, dt.time]] | None:
    """The same as if no day were a holiday."""
    known = [one for one in hours if one.from_on <= day and (one.to_on is None or day <= one.to_on)]
    if not known:
        return None
    return sorted((one.opens_at, one.closes_at) for one in known if one.weekday == day.isoweekday())
