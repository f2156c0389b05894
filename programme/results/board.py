"""The page of the Programme, put together once for the same data.

Whether the data are the same, two or three statements tell: the plan's edition with sums over all results, and what
the portal counts itself. What follows from them alone – standings, tiles, rows – is remembered by each process.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Max, Sum

from programme.plan.models import Programme
from programme.results import counting, lists
from programme.results.lists import SectionRows, Tile
from programme.results.pace import Assessment
from programme.results.standing import IndicatorStanding, overview, upcoming

RESULTS = "indicators__results"


@dataclass(frozen=True)
class Board:
    """What the page shows."""

    tiles: list[Tile]
    sections: list[SectionRows]
    shown: int
    indicator_count: int
    task_count: int
    demo_count: int


@dataclass(frozen=True)
class _Data:
    """What everything on the board follows from. Equal stamps are equal data."""

    stamp: tuple[Any, ...]
    programme: Programme
    computed: dict[str, counting.Counted]
    year: int
    on: dt.date | None

    def __hash__(self) -> int:
        return hash(self.stamp)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Data) and self.stamp == other.stamp


def current_programme() -> Programme | None:
    """The programme in force with a fingerprint of its results, in one statement; without its text."""
    value, decimal = F(f"{RESULTS}__value"), DecimalField(max_digits=40, decimal_places=2)
    return (
        Programme.objects.current()
        .defer("about")
        .annotate(
            results_count=Count(RESULTS),
            results_entered_at=Max(f"{RESULTS}__entered_at"),
            results_by_id=Sum(ExpressionWrapper(value * F(f"{RESULTS}__id"), output_field=decimal)),
            results_by_indicator=Sum(ExpressionWrapper(value * F(f"{RESULTS}__indicator_id"), output_field=decimal)),
        )
        .first()
    )


def board_of(programme: Programme, year: int, on: dt.date | None, assessment: Assessment | None, words: str) -> Board:
    """The board of a year up to a day, for one tile and some words; ``programme`` comes from `current_programme`."""
    codes = sorted({rule.code for rule in counting.rules()})
    computed = {code: counting.counted(code, year, until=on) for code in codes} if on else {}
    fingerprint = [value for name, value in sorted(vars(programme).items()) if name.startswith("results_")]
    counts = tuple((code, *one.months.items(), one.small_months, one.is_small) for code, one in computed.items())
    stamp = (programme.pk, programme.edition, *fingerprint, counts, year, on)
    return _board(_Data(stamp, programme, computed, year, on), assessment, words)


@lru_cache(maxsize=16)
def _standings(data: _Data) -> list[IndicatorStanding]:
    if data.on is None:
        return upcoming(data.programme, data.year)
    return overview(data.programme, on=data.on, computed=data.computed)


@lru_cache(maxsize=64)
def _board(data: _Data, assessment: Assessment | None, words: str) -> Board:
    standings = _standings(data)
    shown = lists.filtered(standings, assessment, words)
    return Board(
        tiles=lists.tiles(standings),
        sections=lists.sections(shown, data.year, data.on),
        shown=len(shown),
        indicator_count=len(standings),
        task_count=len({standing.indicator.task_id for standing in standings}),
        demo_count=lists.demo_count(standings),
    )
