"""Which times are free: within opening hours, taken by nobody, on no holiday. Pure: what is known comes in."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils import timezone

from cases.sessions.moments import after, local_moment, overlap
from foundation.working_days import holiday_name

Spell = tuple[dt.time, dt.time]
Span = tuple[dt.datetime, dt.datetime]
QUARTER = dt.timedelta(minutes=15)
DAY = dt.timedelta(days=1)


class Diary:
    """When somebody or something is not to be had, with the reason."""

    def __init__(self, taken: Iterable[Span] = (), away: Iterable[Span] = ()) -> None:
        spans = [(*span, "taken") for span in taken] + [(*span, "away") for span in away]
        self._spans = sorted(spans)
        self._starts = [start for start, _end, _why in self._spans]
        longest = max((end - start for start, end, _why in self._spans), default=dt.timedelta())
        self._longest = longest

    def why_not(self, start: dt.datetime, end: dt.datetime) -> str:
        """What stands in the way then: „away”, „taken” or nothing."""
        reasons = {why for why, _until in self._in_the_way(start, end)}
        return "away" if "away" in reasons else next(iter(reasons), "")

    def free_from(self, start: dt.datetime, end: dt.datetime) -> dt.datetime:
        """When that is over which stands in the way; `start` itself where nothing does."""
        return max((until for _why, until in self._in_the_way(start, end)), default=start)

    def _in_the_way(self, start: dt.datetime, end: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
        first = bisect_left(self._starts, start - self._longest)
        for begins, ends, why in self._spans[first : bisect_left(self._starts, end)]:
            if overlap(begins, ends, start, end):
                yield why, ends


class Clash(NamedTuple):
    """A later meeting of the rhythm that could not take place at that hour."""

    date: dt.date
    why: str
    """„holiday”, „closed”, „away”, „taken”, „room” or „clock”."""


class Offer(NamedTuple):
    """A free time, and what would go wrong in the weeks after it."""

    start: dt.datetime
    end: dt.datetime
    room: int | None
    clashes: tuple[Clash, ...]


@dataclass(frozen=True)
class Search:
    """What is looked for. `spells_of` says when the centre is open on a day."""

    minutes: int
    spells_of: Callable[[dt.date], Sequence[Spell]]
    every: int = 0
    """Days from one meeting to the next; 0 for a single one."""
    times: int = 1
    """How many meetings are looked at, the first one included."""
    not_before: dt.datetime | None = None


def offers(
    search: Search, day: dt.date, diary: Diary, others: Sequence[Diary] = (), rooms: Sequence[tuple[int, Diary]] = ()
) -> Iterator[Offer]:
    """The free times of one day, one after the other: each begins on a quarter of an hour, none overlap.

    `diary` is the therapist's and `others` the family's; of the `rooms`, where there are any, one must be free.
    """
    everybody = [diary, *others]
    for opens, closes in search.spells_of(day):
        start = _round_up(_moment(day, opens))
        end_of_spell = _moment(day, closes, last=True)
        while (end := after(start, search.minutes)) <= end_of_spell:
            free_from = max(one.free_from(start, end) for one in everybody)
            if rooms:
                free_from = max(free_from, min(one.free_from(start, end) for _key, one in rooms))
            if free_from > start:
                start = _round_up(free_from)
                continue
            if (search.not_before and start < search.not_before) or not _is_plain(day, start):
                start = after(start, 15)
                continue
            yield _offer(search, start, everybody, rooms)
            start = _round_up(end)


def _offer(search: Search, start: dt.datetime, everybody: list[Diary], rooms: Sequence[tuple[int, Diary]]) -> Offer:
    """With the free room that fails least often in the weeks to come."""
    local = timezone.localtime(start)
    end = after(start, search.minutes)
    fitting = [(key, one) for key, one in rooms if not one.why_not(start, end)]
    best: tuple[int | None, list[Clash]] | None = None
    choices: list[tuple[int | None, Diary]] = [*fitting] or [(None, Diary())]
    for choice, room in choices:
        clashes = []
        for n in range(1, search.times):
            date = local.date() + n * search.every * DAY
            if why := _why_not(search, date, local.time(), everybody, room):
                clashes.append(Clash(date, why))
        if best is None or len(clashes) < len(best[1]):
            best = choice, clashes
        if not clashes:
            break
    key, clashes = best or (None, [])
    return Offer(local, timezone.localtime(end), key, tuple(clashes))


def _why_not(search: Search, date: dt.date, time: dt.time, everybody: list[Diary], room: Diary) -> str:
    if holiday_name(date):
        return "holiday"
    try:
        start = local_moment(date, time)
    except ValidationError:
        return "clock"
    end = after(start, search.minutes)
    if not any(
        _moment(date, opens) <= start and end <= _moment(date, closes, last=True)
        for opens, closes in search.spells_of(date)
    ):
        return "closed"
    reasons = {one.why_not(start, end) for one in everybody}
    for why in ("away", "taken"):
        if why in reasons:
            return why
    return "room" if room.why_not(start, end) else ""


def _moment(day: dt.date, time: dt.time, *, last: bool = False) -> dt.datetime:
    """The moment of an opening or closing time; of an hour that comes twice the `last` or the first one."""
    local = dt.datetime.combine(day, time, timezone.get_default_timezone()).replace(fold=int(last))
    return local.astimezone(dt.UTC)


def _round_up(moment: dt.datetime) -> dt.datetime:
    """To the next quarter of an hour; clocks in Kraków differ from UTC by whole hours."""
    utc = moment.astimezone(dt.UTC)
    past = dt.timedelta(minutes=utc.minute % 15, seconds=utc.second, microseconds=utc.microsecond)
    return utc + (QUARTER - past) if past else utc


def _is_plain(day: dt.date, start: dt.datetime) -> bool:
    """Whether a clock shows this time once on that day: no other can be planned."""
    local = timezone.localtime(start)
    try:
        return local.date() == day and local_moment(day, local.time()) == start
    except ValidationError:
        return False
