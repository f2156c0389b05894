"""The reports of a year as a table: a row for each completed month, a column for each scope."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from centres.models import Centre, StaffMember
from foundation.formats import MONTHS, join_and
from programme.reports.models import Report, ReportQuerySet
from programme.reports.months import months_back
from programme.reports.services import first_month


@dataclass(frozen=True)
class Column:
    """One scope, as the form of a request names it."""

    scope: str
    name: str
    slug: str


@dataclass(frozen=True)
class Cell:
    """The newest report of a month and scope, or the place where one could be."""

    column: Column
    report: Report | None


@dataclass(frozen=True)
class Row:
    """One month."""

    month: dt.date
    cells: list[Cell]


@dataclass(frozen=True)
class Shelf:
    """One year of reports."""

    year: int | None
    years: list[int]
    columns: list[Column]
    rows: list[Row]
    without: str
    """The months of the year that have no report at all, in words; only for whoever may order one."""


def of_year(wanted: str, reports: ReportQuerySet, *, everything: bool) -> Shelf:
    """The newest report of each month and scope of a year; the newest year where ``wanted`` is no year with data.

    ``everything`` shows all scopes, also those without a report; otherwise only the scopes that are among ``reports``.
    Three queries.
    """
    oldest = first_month(Report.Scope.PROGRAMME)
    months = months_back(oldest) if oldest else []
    years = sorted({month.year for month in months}, reverse=True)
    year = next((one for one in years if str(one) == wanted), years[0] if years else None)
    of_months: dict[tuple[dt.date, str], Report] = {}
    for report in reports.for_list().filter(month__year=year or timezone.localdate().year).order_by("revision"):
        of_months[report.month, report.centre.slug if report.centre else report.scope] = report
    columns = _columns()
    if not everything:
        seen = {scope for _month, scope in of_months}
        columns = [column for column in columns if column.scope in seen]
    rows = [
        Row(month, [Cell(column, of_months.get((month, column.scope))) for column in columns])
        for month in months
        if month.year == year
    ]
    filled = [row for row in rows if any(cell.report for cell in row.cells)]
    bare = [MONTHS[row.month.month - 1] for row in reversed(rows) if row not in filled]
    return Shelf(year=year, years=years, columns=columns, rows=filled, without=join_and(bare) if everything else "")


def _columns() -> list[Column]:
    centres = [Column(centre.slug, centre.place, centre.slug) for centre in Centre.objects.all()]
    together = Column(Report.Scope.CENTRES, _("Three centres"), "")
    return [together, *centres, Column(Report.Scope.PROGRAMME, _("Programme"), "")]


def name_of(user: User | None) -> str:
    """Who asked, as colleagues know them; nothing where it was the timetable."""
    if user is None:
        return ""
    staff = StaffMember.objects.filter(user=user).first()
    return str(staff) if staff else user.email
