"""What the portal counts itself: one function for each counting rule and version (R2).

The words of a rule, since when it holds and which services it counts are data (`data/counting_rules.toml`). A number
is always counted by the version that held on the first day of its month.
"""

from __future__ import annotations

import calendar
import datetime as dt
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, F, Func, IntegerField, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from cases.sessions.models import Session, SessionQuerySet
from centres.models import Centre
from foundation.suppression import is_small
from programme.results import families as families_of
from programme.results.families import at_least

RULES_FILE = Path(__file__).parent.parent / "data" / "counting_rules.toml"


@dataclass(frozen=True)
class Rule:
    """One version of a way of counting, as it is shipped."""

    code: str
    version: int
    valid_from: dt.date
    name: str
    description: str
    services: frozenset[str]


@dataclass(frozen=True)
class Cell:
    """What one centre did in one month by one service."""

    month: dt.date
    centre_id: int
    service_id: int
    count: int
    families: int
    """How many distinct families; where the meetings are many, only that they are enough to be published."""


@dataclass(frozen=True)
class Counted:
    """What a rule counts in the months of a year so far."""

    months: dict[dt.date, int]
    small_months: frozenset[dt.date]
    """Months behind whose number 1–4 families stand (D7)."""
    is_small: bool
    """Whether 1–4 families stand behind all months together."""


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """All rules that the portal ships, the oldest version first."""
    with RULES_FILE.open("rb") as file:
        rows = tomllib.load(file)["rules"]
    made = (Rule(**{**row, "services": frozenset(row["services"])}) for row in rows)
    return tuple(sorted(made, key=lambda rule: (rule.code, rule.valid_from)))


def rule_on(code: str, day: dt.date) -> Rule | None:
    """The version that counts a day; None before the first one."""
    return next((rule for rule in reversed(rules()) if rule.code == code and rule.valid_from <= day), None)


def months_until(year: int, until: dt.date) -> list[dt.date]:
    """The first days of a year's months that have begun by a day."""
    return [dt.date(year, month, 1) for month in range(1, 13) if dt.date(year, month, 1) <= until]


def _moment(day: dt.date) -> dt.datetime:
    """The moment when a day begins in Kraków: 23:00 or 22:00 UTC of the day before."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _spans(code: str, year: int, until: dt.date) -> list[tuple[Rule, list[dt.date]]]:
    """The months of a year up to a day, put together by the version that counts them."""
    spans: list[tuple[Rule, list[dt.date]]] = []
    for month in months_until(year, until):
        rule = rule_on(code, month)
        if rule is None:
            continue
        if spans and spans[-1][0] is rule:
            spans[-1][1].append(month)
        else:
            spans.append((rule, [month]))
    return spans


def held_sessions(rule: Rule, months: Sequence[dt.date], until: dt.date, centre: Centre | None) -> SessionQuerySet:
    """held_sessions v1: a meeting that took place is one service, in the month in which it began in Kraków."""
    return _meetings(rule, months, until, centre).held()


def _meetings(rule: Rule, months: Sequence[dt.date], until: dt.date, centre: Centre | None) -> SessionQuerySet:
    """Meetings of the rule's services that began in these months, whatever became of them."""
    last = months[-1].replace(day=calendar.monthrange(months[-1].year, months[-1].month)[1])
    centres = Centre.objects.all() if centre is None else Centre.objects.filter(pk=centre.pk)
    return Session.objects.filter(
        centre__in=centres.order_by().values("pk"),  # the first column of the covering index
        starts_at__gte=_moment(months[0]),
        starts_at__lt=_moment(min(last, until) + dt.timedelta(days=1)),
        service__slug__in=sorted(rule.services),
    )


Counter = Callable[[Rule, Sequence[dt.date], dt.date, Centre | None], SessionQuerySet]

COUNTERS: dict[tuple[str, int], Counter] = {("held_sessions", 1): held_sessions}

MAY_COUNT: dict[tuple[str, int], Counter] = {("held_sessions", 1): _meetings}
"""Of each counter the meetings that it would count, had they taken place: to say which are still open."""


def unresolved_of(
    code: str, year: int, *, until: dt.date, now: dt.datetime, centre: Centre | None = None
) -> Iterator[SessionQuerySet]:
    """The unresolved meetings that a rule may still count in a year up to a day."""
    for rule, months in _spans(code, year, until):
        meetings = MAY_COUNT[rule.code, rule.version](rule, months, until, centre)
        since = _moment(months[0])  # said of the end, too, so that the index of planned meetings serves
        yield meetings.unresolved(now).filter(ends_at__gt=since)


class MonthOf(Func):
    """The number of the month in which a moment lies, told by the first moments of the months.

    Comparing does at once, and the same way on every database, what cutting time zones row by row does in seconds at a
    million sessions. One expression instead of a `Case` of twelve, because that one takes longer to write than to run.
    """

    arity = 1

    def __init__(self, moment: str, months: Sequence[dt.date]) -> None:
        super().__init__(F(moment), output_field=IntegerField())
        self.months = tuple(months)

    def as_sql(  # type: ignore[override] # parameters are a list here, as everywhere in Django itself
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        moment, before = compiler.compile(self.source_expressions[0])
        last = str(self.months[-1].month)
        if len(self.months) == 1:
            return last, []
        sql, params = "CASE", []
        for month, later in pairwise(self.months):
            sql += f" WHEN {moment} < %s THEN {month.month}"
            params += [*before, connection.ops.adapt_datetimefield_value(_moment(later))]
        return f"{sql} ELSE {last} END", params


def _with_month(sessions: SessionQuerySet, months: Sequence[dt.date]) -> QuerySet[Any]:
    """Each session with the number of its month."""
    return sessions.annotate(month=MonthOf("starts_at", months)).order_by()


def sessions_by_month(code: str, year: int, *, until: dt.date) -> Iterator[QuerySet[Any]]:
    """The sessions that a rule counts in a year up to a day, each with the number of its `month`."""
    for rule, months in _spans(code, year, until):
        yield _with_month(COUNTERS[rule.code, rule.version](rule, months, until, None), months)


def monthly(code: str, year: int, *, until: dt.date, centre: Centre | None = None) -> dict[dt.date, int]:
    """How much a rule counts in each month of a year up to a day; a month without anything is 0."""
    totals = dict.fromkeys(months_until(year, until), 0)
    for rule, months in _spans(code, year, until):
        sessions = COUNTERS[rule.code, rule.version](rule, months, until, centre)
        for month, count in _with_month(sessions, months).values_list("month").annotate(count=Count("*")):
            totals[dt.date(year, month, 1)] = count
    return totals


def _may_be_small(count: int) -> bool:
    """Whether so many meetings of one month could all be those of 1–4 families.

    A family has five meetings a day at the very most. Above that nobody needs to look who is behind a number, and what
    is looked into stays small at any volume.
    """
    return 0 < count <= (settings.SUPPRESS_BELOW - 1) * 31 * 5


def counted(code: str, year: int, *, until: dt.date) -> Counted:
    """What a rule counts at all centres, and which of its numbers stand for too few families to be published."""
    totals = monthly(code, year, until=until)
    doubtful = {month for month, count in totals.items() if _may_be_small(count)}
    families: dict[dt.date, set[int]] = defaultdict(set)
    if doubtful:
        for sessions in sessions_by_month(code, year, until=until):
            few = sessions.filter(month__in=[month.month for month in doubtful])
            for (number,), some in families_of.of_all(few, "month").items():
                families[dt.date(year, number, 1)] |= some
    everybody = set().union(*families.values())
    return Counted(
        months=totals,
        small_months=frozenset(month for month in doubtful if is_small(at_least(1, len(families[month])))),
        is_small=bool(doubtful)
        and all(not count or month in doubtful for month, count in totals.items())
        and is_small(at_least(1, len(everybody))),
    )


def services_by_month(year: int, centre: Centre | None = None) -> dict[dt.date, int]:
    """Counselling and therapy services (indicator 1.1) of each month of a year, of one centre or of all three.

    The keys are the first days of all twelve months; a month without services is 0. Exact numbers: whoever publishes
    them suppresses the small ones.
    """
    return monthly("held_sessions", year, until=dt.date(year, 12, 31), centre=centre)


def cells(code: str, year: int, *, until: dt.date) -> list[Cell]:
    """What a rule counts, by month, centre and service, with the number of distinct families behind each cell.

    Of a cell with many meetings only that its families are enough is said; the others are looked into.
    """
    found: list[Cell] = []
    for sessions in sessions_by_month(code, year, until=until):
        rows = sessions.values_list("month", "centre_id", "service_id").annotate(count=Count("*"))
        counts = {tuple(key): count for *key, count in rows}
        families = _families_of(sessions, [key for key, count in counts.items() if _may_be_small(count)])
        for (month, centre, service), count in counts.items():
            behind = families.get((month, centre, service), settings.SUPPRESS_BELOW)
            found.append(Cell(dt.date(year, month, 1), centre, service, count, behind))
    return found


def _families_of(sessions: QuerySet[Any], keys: Sequence[tuple[int, int, int]]) -> dict[tuple[int, int, int], int]:
    """(month, centre, service) → how many distinct families, for these cells."""
    services: dict[tuple[int, int], list[int]] = defaultdict(list)
    for month, centre, service in keys:
        services[month, centre].append(service)
    if not services:
        return {}
    these = Q()
    for (month, centre), some in services.items():
        these |= Q(month=month, centre=centre, service__in=some)
    names = ("month", "centre_id", "service_id")
    rows = sessions.filter(these)
    groups = families_of.of_groups(rows, *names)
    counted = rows.values_list(*names).annotate(families=families_of.OF_CASES)
    return {(m, c, s): at_least(1, families, len(groups[m, c, s])) for m, c, s, families in counted}
