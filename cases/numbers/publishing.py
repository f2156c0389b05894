"""What of the numbers may be printed for somebody who gets aggregates only (D7, decision 0096).

One publication is a completed month of all centres: how many meetings each centre and all together had, by state, and
of the held ones by service. Everything else that can be asked for is a slice of such months or a sum of what they
print, so it tells nothing more. Totals are marked first; of what has no printed total nothing is printed below it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from django.db.models import Count, Q, QuerySet

from cases.numbers.counting import HELD, STATES, Asked, Place, Tally, summed
from cases.sessions.models import Attendance
from foundation.suppression import HIDDEN, Mark, is_small, protect, published_percentage

Scope = int | None
"""A centre; None is all of them together."""
FAMILY = "case__family"
Column = TypeVar("Column", str, int)
Key = TypeVar("Key")


@dataclass(frozen=True)
class Figure:
    """A number of meetings and the minutes of the held ones, and whether both may be printed.

    Over several months it is the sum of what the months print: `at_least` says that some month is missing in the
    number, `minutes_at_least` that something is missing in the minutes.
    """

    count: int
    minutes: int = 0
    mark: Mark = Mark.SHOWN
    at_least: bool = False
    minutes_at_least: bool = False

    @property
    def is_shown(self) -> bool:
        return self.mark is Mark.SHOWN


def over_months(figures: Sequence[Figure]) -> Figure:
    """The sum of what is printed of each month: whoever reads all months could add it up as well."""
    if len(figures) == 1:
        return figures[0]
    shown = [figure for figure in figures if figure.is_shown]
    count = sum(figure.count for figure in shown)
    missing = len(shown) < len(figures)
    return Figure(
        count,
        sum(figure.minutes for figure in shown),
        Mark.HIDDEN if missing and not count else Mark.SHOWN,
        at_least=missing,
        minutes_at_least=missing or any(figure.minutes_at_least for figure in shown),
    )


@dataclass
class Families:
    """How many families stand behind each number of a month, at least; enough to tell whether they are few."""

    total: dict[Scope, int] = field(default_factory=dict)
    states: dict[tuple[Scope, str], int] = field(default_factory=dict)
    services: dict[tuple[Scope, int], int] = field(default_factory=dict)
    """Of held meetings."""


class AllFamilies:
    """Of all months of a period."""

    def __init__(self) -> None:
        self._months: dict[int, Families] = defaultdict(Families)

    def of_month(self, month: int) -> Families:
        return self._months[month]


@dataclass(frozen=True)
class Month:
    """What is printed of one month, for each centre and all together."""

    totals: Mapping[Scope, Figure]
    states: Mapping[Scope, Mapping[str, Figure]]
    services: Mapping[Scope, Mapping[int, Figure]]


@dataclass(frozen=True)
class Publication:
    """The months of a period, and what may be said about who came."""

    months: tuple[Month, ...]
    attendance: Mapping[tuple[Scope, int | None], str]
    """The rate of each centre (service None) and of each of its services, over the whole period."""

    def total(self, scope: Scope) -> Figure:
        return over_months([month.totals[scope] for month in self.months])

    def state(self, scope: Scope, state: str) -> Figure:
        return over_months([month.states[scope].get(state, Figure(0)) for month in self.months])

    def service(self, scope: Scope, service: int) -> Figure:
        return over_months([month.services[scope].get(service, Figure(0)) for month in self.months])

    def services(self) -> set[int]:
        return {service for month in self.months for row in month.services.values() for service in row}


def publish(asked: Asked, cells: Mapping[Place, Tally]) -> Publication:
    """Mark each month of the period. `asked` is about all centres and all services, `cells` what was counted of it."""
    behind = families_behind(asked)
    months = tuple(
        publish_month(
            {(place.centre, place.service): tally for place, tally in cells.items() if place.month == month},
            asked.centres,
            behind.of_month(month),
        )
        for month in range(len(asked.period.months))
    )
    return Publication(months, _attendance(asked, cells, months))


# --- one month -------------------------------------------------------------------------------------------------------


def publish_month(cells: Mapping[tuple[int, int], Tally], centres: Sequence[int], behind: Families) -> Month:
    """Mark what may be printed of one month. `cells` are by centre and service."""
    services = sorted({service for _centre, service in cells})
    rows: dict[Scope, dict[int, Tally]] = {
        centre: {service: cells.get((centre, service), Tally()) for service in services} for centre in centres
    }
    rows[None] = {service: summed(rows[centre][service] for centre in centres) for service in services}
    whole = {scope: summed(row.values()) for scope, row in rows.items()}

    totals = marked_totals({scope: tally.all for scope, tally in whole.items()}, behind.total)
    states = _table(
        {scope: {state: tally.meetings[state] for state in STATES} for scope, tally in whole.items()},
        totals,
        behind.states,
        precious=HELD,
    )
    counted = _table(
        {scope: {service: tally.held for service, tally in row.items()} for scope, row in rows.items()},
        {scope: row[HELD] for scope, row in states.items()},
        behind.services,
    )
    by_service = {
        scope: {service: replace(figure, minutes=rows[scope][service].minutes) for service, figure in row.items()}
        for scope, row in counted.items()
    }
    for scope, row in states.items():
        row[HELD] = _with_minutes(row[HELD], by_service[scope].values())
    return Month(totals, states, by_service)


def _with_minutes(held: Figure, services: Collection[Figure]) -> Figure:
    """The hours of a centre are those of its printed services: services last differently, so that hours and meetings
    of what is missing would be two equations for two unknowns.
    """
    shown = [figure for figure in services if figure.is_shown]
    return replace(held, minutes=sum(figure.minutes for figure in shown), minutes_at_least=len(shown) < len(services))


def _is_few(count: int, families: int) -> bool:
    """Whether 1–4 families stand behind some meetings. Of a meeting whose people nobody entered nothing is known."""
    return count > 0 and (families == 0 or is_small(families))


def marked_totals(counts: Mapping[Scope, int], behind: Mapping[Scope, int]) -> dict[Scope, Figure]:
    """How many each centre has, under the total of all, which is printed unless few families stand behind it."""
    centres = [scope for scope in counts if scope is not None]
    if _is_few(counts[None], behind.get(None, 0)):
        return {scope: Figure(n, mark=Mark.HIDDEN if scope else Mark.SMALL) for scope, n in counts.items()}
    few = {(0, place) for place, scope in enumerate(centres) if _is_few(counts[scope], behind.get(scope, 0))}
    (marks,) = protect([[counts[scope] for scope in centres]], few=few)
    marked = dict(zip(centres, marks, strict=True))
    return {scope: Figure(n, mark=marked[scope] if scope else Mark.SHOWN) for scope, n in counts.items()}


def _table(
    rows: Mapping[Scope, Mapping[Column, int]],
    totals: Mapping[Scope, Figure],
    behind: Mapping[tuple[Scope, Column], int],
    *,
    precious: Column | None = None,
) -> dict[Scope, dict[Column, Figure]]:
    """Rows of centres and of all together, each summing to its total; a precious column has a table below it."""
    order: list[Scope] = [*(scope for scope in rows if scope is not None), None]
    columns = list(rows[None])
    values = [[rows[scope][column] for column in columns] for scope in order]
    marks = protect(
        values[:-1],
        values[-1],
        dark={place for place, scope in enumerate(order) if not totals[scope].is_shown},
        precious=[place for place, column in enumerate(columns) if column == precious],
        few={
            (r, c)
            for r, scope in enumerate(order)
            for c, column in enumerate(columns)
            if _is_few(rows[scope][column], behind.get((scope, column), 0))
        },
    )
    return {
        scope: {
            column: Figure(value, mark=mark)
            for column, value, mark in zip(columns, values[place], marks[place], strict=True)
        }
        for place, scope in enumerate(order)
    }


# --- how many families stand behind ----------------------------------------------------------------------------------


def families_behind(asked: Asked) -> AllFamilies:
    """Count them, in eight statements. A family's own meetings and those of groups are counted apart, and the larger
    number is taken: at least so many families are behind a cell, and never is one printed that has fewer.
    """
    found = AllFamilies()
    sources = (
        (asked.sessions().exclude(case=None), ""),
        (at_groups().filter(asked.condition("session__")), "session__"),
    )
    for rows, prefix in sources:
        marked = rows.annotate(month=asked.month(prefix), state=asked.state(prefix))
        in_state = {state: Count(FAMILY, distinct=True, filter=Q(state=state)) for state in STATES}
        for by in ((f"{prefix}centre",), ()):
            for row in marked.values("month", *by).annotate(total=Count(FAMILY, distinct=True), **in_state):
                scope = row[by[0]] if by else None
                families = found.of_month(row["month"])
                _raise(families.total, scope, row["total"])
                for state in STATES:
                    _raise(families.states, (scope, state), row[state])
            held = marked.filter(**{f"{prefix}status": HELD}).values("month", *by, f"{prefix}service")
            for row in held.annotate(total=Count(FAMILY, distinct=True)):
                scope = row[by[0]] if by else None
                _raise(found.of_month(row["month"]).services, (scope, row[f"{prefix}service"]), row["total"])
    return found


def at_groups() -> QuerySet[Attendance]:
    """Whose families stand behind a group's meeting: who came to one that was held, else who was invited (0097)."""
    of_groups = Attendance.objects.filter(session__group__isnull=False).order_by()
    return of_groups.filter(~Q(session__status=HELD) | Q(presence=Attendance.Presence.PRESENT))


def _raise(numbers: dict[Key, int], key: Key, number: int) -> None:
    numbers[key] = max(numbers.get(key, 0), number)


# --- who came --------------------------------------------------------------------------------------------------------


def _attendance(
    asked: Asked, cells: Mapping[Place, Tally], months: Sequence[Month]
) -> dict[tuple[Scope, int | None], str]:
    """The rate of each centre and service over the whole period, „—” where a month of it is hidden or where few
    families stand behind those who came or those who stayed away. Two statements: of all centres together there are
    at least as many families as of one of them.
    """
    came = Q(presence=Attendance.Presence.PRESENT)
    stayed_away = ~came & ~Q(presence=Attendance.Presence.EXPECTED)
    families = {
        "came": Count(FAMILY, distinct=True, filter=came),
        "stayed_away": Count(FAMILY, distinct=True, filter=stayed_away),
    }
    behind: dict[tuple[Scope, int | None], tuple[int, int]] = {}
    for by in (("session__centre", "session__service"), ("session__centre",)):
        for row in asked.attendances().values(*by).annotate(**families):
            service = row.get("session__service")
            for scope in (row["session__centre"], None):
                came_before, away_before = behind.get((scope, service), (0, 0))
                behind[scope, service] = max(came_before, row["came"]), max(away_before, row["stayed_away"])
    found = {}
    for (scope, service), (present_families, absent_families) in behind.items():
        of_it = summed(
            tally
            for place, tally in cells.items()
            if scope in (None, place.centre) and service in (None, place.service)
        )
        held = over_months([_held(month, scope, service) for month in months])
        hidden = not held.is_shown or held.at_least or is_small(present_families) or is_small(absent_families)
        found[scope, service] = HIDDEN if hidden else published_percentage(of_it.present, of_it.expected)
    return found


def _held(month: Month, scope: Scope, service: int | None) -> Figure:
    if service is None:
        return month.states[scope][HELD]
    return month.services[scope].get(service, Figure(0))
