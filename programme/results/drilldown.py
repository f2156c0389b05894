"""Where a computed number comes from: by centre, service and month, fit to be published (D7)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from centres.models import Centre, Service
from foundation.charts import MONTHS
from foundation.suppression import is_small, published
from programme.results import counting
from programme.results import families as families_of
from programme.results.counting import Cell

Key = tuple[int | dt.date, ...]


@dataclass(frozen=True)
class Figure:
    """A count with the distinct families behind it; where they are many, „many” is all that is known of them."""

    count: int
    families: int

    @property
    def text(self) -> str:
        return published(self.count, self.families)


NOTHING = Figure(0, 0)


@dataclass(frozen=True)
class Column:
    """A month of the table."""

    first: dt.date

    @property
    def label(self) -> str:
        """Its Roman number, as on the charts."""
        return MONTHS[self.first.month - 1]


@dataclass(frozen=True)
class ServiceLine:
    """One service of a centre: a figure for each month, and the year so far."""

    service: Service
    months: list[Figure]
    total: Figure


@dataclass(frozen=True)
class CentreTable:
    """One centre: its services by month."""

    centre: Centre
    lines: list[ServiceLine]
    months: list[Figure]
    total: Figure


@dataclass(frozen=True)
class Drilldown:
    """A computed number of a year, taken apart."""

    months: list[Column]
    centres: list[CentreTable]
    totals: list[Figure]
    total: Figure


def drill_down(code: str, year: int, *, until: dt.date) -> Drilldown:
    """Take a rule's number of a year apart: every centre, the services counted there, every month up to a day."""
    cells = counting.cells(code, year, until=until)
    months = counting.months_until(year, until)
    figures = _Figures(cells, code, year, until)
    by_service = figures.by("centre_id", "service_id")
    single = {(cell.centre_id, cell.service_id, cell.month): Figure(cell.count, cell.families) for cell in cells}
    by_month, by_centre = figures.by("centre_id", "month"), figures.by("centre_id")
    services = {one.pk: one for one in Service.objects.filter(pk__in={cell.service_id for cell in cells})}
    order = sorted(services.values(), key=lambda one: (one.order, one.name))
    tables = [
        CentreTable(
            centre=centre,
            lines=[
                ServiceLine(
                    service=service,
                    months=[single.get((centre.pk, service.pk, month), NOTHING) for month in months],
                    total=by_service[centre.pk, service.pk],
                )
                for service in order
                if (centre.pk, service.pk) in by_service
            ],
            months=[by_month.get((centre.pk, month), NOTHING) for month in months],
            total=by_centre.get((centre.pk,), NOTHING),
        )
        for centre in Centre.objects.all()
    ]
    whole_months = figures.by("month")
    return Drilldown(
        months=[Column(month) for month in months],
        centres=tables,
        totals=[whole_months.get((month,), NOTHING) for month in months],
        total=figures.by().get((), NOTHING),
    )


class _Figures:
    """Sums of cells. Counts add up and families do not: the same family may stand behind several cells.

    A sum with a large cell in it has many families for sure; only where all its cells are small must the database say
    how many there are together, and then few rows are read.
    """

    def __init__(self, cells: Sequence[Cell], code: str, year: int, until: dt.date) -> None:
        self.cells, self.code, self.year, self.until = cells, code, year, until

    def by(self, *names: str) -> dict[Key, Figure]:
        groups: dict[Key, list[Cell]] = defaultdict(list)
        for cell in self.cells:
            groups[tuple(getattr(cell, name) for name in names)].append(cell)
        doubtful = [
            key for key, cells in groups.items() if len(cells) > 1 and all(is_small(c.families) for c in cells)
        ]
        counted = self._families(names, doubtful) if doubtful else {}
        return {
            key: Figure(sum(cell.count for cell in cells), counted.get(key) or max(cell.families for cell in cells))
            for key, cells in groups.items()
        }

    def _families(self, names: Sequence[str], keys: Sequence[Key]) -> dict[Key, int]:
        """How many distinct families stand behind each of these sums."""
        seen: dict[Key, set[int]] = defaultdict(set)
        only = Q()
        for key in keys:
            terms = zip(names, key, strict=True)
            only |= Q(**{name: part.month if isinstance(part, dt.date) else part for name, part in terms})
        for sessions in counting.sessions_by_month(self.code, self.year, until=self.until):
            for parts, families in families_of.of_all(sessions.filter(only), *names).items():
                named = zip(names, parts, strict=True)
                key = tuple(dt.date(self.year, part, 1) if name == "month" else part for name, part in named)
                seen[key] |= families
        return {key: len(seen[key]) for key in keys}
