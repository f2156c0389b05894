"""How many meetings, hours and people: grouped in the database, however many rows there are. Exact numbers.

A meeting belongs to the month in which it began in Kraków. Its hours are its length, once it was held. The sums of a
centre and of a service count it once; of the therapists each who led it has it and its hours (decision 0095).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case as Choose
from django.db.models import CharField, Count, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Sum, Value, When

from cases.numbers.periods import Period
from cases.sessions.models import CANCELLED, Attendance, Session

HELD = Session.Status.HELD.value
NO_SHOW = Session.Status.NO_SHOW.value
UNRESOLVED = "unresolved"
"""Planned and over: nobody has said yet whether it took place."""
TO_COME = "to_come"
STATES = (HELD, *CANCELLED, NO_SHOW, UNRESOLVED, TO_COME)
SECONDS_A_MINUTE = 60

CO_LED: Any = Session.co_therapists.through.objects
"""A row for each meeting and co-therapist."""


class Seconds(Func):
    """A moment as a whole number of seconds: a plain subtraction of moments calls Python for every row on SQLite."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)", **context
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="CAST(EXTRACT(EPOCH FROM %(expressions)s) AS BIGINT)", **context
        )


@dataclass
class Tally:
    """What is counted of some meetings. Tallies of meetings that do not overlap may be added up."""

    meetings: Counter[str] = field(default_factory=Counter)
    """By state."""
    minutes: int = 0
    """The length of held meetings."""
    travel: int = 0
    paperwork: int = 0
    present: int = 0
    expected: int = 0
    """Who was to come to meetings that were held and to those where nobody came (decision 0032)."""
    late: int = 0

    def add(self, other: Tally) -> None:
        self.meetings.update(other.meetings)
        self.minutes += other.minutes
        self.travel += other.travel
        self.paperwork += other.paperwork
        self.present += other.present
        self.expected += other.expected
        self.late += other.late

    @property
    def all(self) -> int:
        return self.meetings.total()

    @property
    def held(self) -> int:
        return self.meetings[HELD]

    @property
    def unresolved(self) -> int:
        return self.meetings[UNRESOLVED]


@dataclass(frozen=True)
class Place:
    """Where a meeting is counted: the number of the month within the period, the centre, the service."""

    month: int
    centre: int
    service: int


@dataclass(frozen=True)
class Asked:
    """Which meetings are counted, and as of which moment."""

    period: Period
    centres: tuple[int, ...]
    now: dt.datetime
    service: int | None = None
    therapist: int | None = None
    """Only what this person led, alone or with others."""

    def condition(self, prefix: str = "") -> Q:
        """As a condition on meetings, or across the relation that `prefix` names."""
        chosen = Q(**{f"{prefix}centre__in": self.centres}) & Q(
            **{f"{prefix}starts_at__gte": self.period.starts_at, f"{prefix}starts_at__lt": self.period.ends_at}
        )
        if self.service is not None:
            chosen &= Q(**{f"{prefix}service": self.service})
        if self.therapist is not None:
            co_led = CO_LED.filter(session=OuterRef(f"{prefix}pk"), staffmember=self.therapist)
            chosen &= Q(**{f"{prefix}therapist": self.therapist}) | Q(Exists(co_led))
        return chosen

    def sessions(self) -> QuerySet[Session]:
        return Session.objects.filter(self.condition()).order_by()

    def attendances(self) -> QuerySet[Attendance]:
        """Of meetings that were held, and of those where nobody came."""
        return Attendance.objects.filter(self.condition("session__"), session__status__in=[HELD, NO_SHOW]).order_by()

    def month(self, prefix: str = "") -> Any:
        """The number of a meeting's month within the period, counted from 0."""
        ends = [month.ends_at for month in self.period.months[:-1]]
        whens = [When(Q(**{f"{prefix}starts_at__lt": end}), then=Value(i)) for i, end in enumerate(ends)]
        return Choose(*whens, default=Value(len(ends)), output_field=IntegerField())

    def state(self, prefix: str = "") -> Any:
        """The status, with planned meetings told apart by whether they are over."""
        planned = {f"{prefix}status": Session.Status.PLANNED}
        return Choose(
            When(Q(**planned, **{f"{prefix}ends_at__lte": self.now}), then=Value(UNRESOLVED)),
            When(Q(**planned), then=Value(TO_COME)),
            default=F(f"{prefix}status"),
            output_field=CharField(),
        )


def _sums(prefix: str = "") -> dict[str, Any]:
    return {
        "n": Count("pk"),
        "seconds": Sum(Seconds(F(f"{prefix}ends_at")) - Seconds(F(f"{prefix}starts_at"))),
        "travel": Sum(f"{prefix}travel_minutes"),
        "paperwork": Sum(f"{prefix}paperwork_minutes"),
    }


def _came(prefix: str = "") -> dict[str, Any]:
    """Of people at settled meetings; who has no answer is left out."""
    answered = [one for one in Attendance.Presence if one != Attendance.Presence.EXPECTED]
    return {
        "present": Count(f"{prefix}pk", filter=Q(**{f"{prefix}presence": Attendance.Presence.PRESENT})),
        "expected": Count(f"{prefix}pk", filter=Q(**{f"{prefix}presence__in": answered})),
        "late": Count(f"{prefix}pk", filter=Q(**{f"{prefix}is_late": True})),
    }


def _rows(chosen: Any, by: Iterable[str], sums: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """One row for each group, its sums under their names."""
    rows: Iterable[dict[str, Any]] = chosen.values(*by).annotate(**sums)
    return rows


def _people(row: dict[str, Any]) -> Tally:
    return Tally(present=row["present"], expected=row["expected"], late=row["late"])


def _tally(row: dict[str, Any]) -> Tally:
    return Tally(
        meetings=Counter({row["state"]: row["n"]}),
        minutes=row["seconds"] // SECONDS_A_MINUTE if row["state"] == HELD else 0,
        travel=row["travel"],
        paperwork=row["paperwork"],
    )


def count(asked: Asked) -> dict[Place, Tally]:
    """By month, centre and service. Two statements."""
    found: dict[Place, Tally] = defaultdict(Tally)
    meetings = asked.sessions().annotate(month=asked.month(), state=asked.state())
    for row in _rows(meetings, ("month", "centre", "service", "state"), _sums()):
        found[Place(row["month"], row["centre"], row["service"])].add(_tally(row))
    people = asked.attendances().annotate(month=asked.month("session__"))
    for row in _rows(people, ("month", "session__centre", "session__service"), _came()):
        found[Place(row["month"], row["session__centre"], row["session__service"])].add(_people(row))
    return dict(found)


def count_by_therapist(asked: Asked) -> dict[int, Tally]:
    """By the person who led: a meeting of two is in both, so these do not add up to the centre's. Four statements.

    Travel and documentation are logged once for a meeting, and stand with its therapist.
    """
    found: dict[int, Tally] = defaultdict(Tally)
    for row in _rows(asked.sessions().annotate(state=asked.state()), ("therapist", "state"), _sums()):
        found[row["therapist"]].add(_tally(row))
    co_led = CO_LED.filter(asked.condition("session__")).order_by()
    for row in _rows(co_led.annotate(state=asked.state("session__")), ("staffmember", "state"), _sums("session__")):
        found[row["staffmember"]].add(_tally(row | {"travel": 0, "paperwork": 0}))
    for row in _rows(asked.attendances(), ("session__therapist",), _came()):
        found[row["session__therapist"]].add(_people(row))
    settled = co_led.filter(session__status__in=[HELD, NO_SHOW])  # few rows, from which attendances are looked up
    for row in _rows(settled, ("staffmember",), _came("session__attendances__")):
        found[row["staffmember"]].add(_people(row))
    return dict(found)


def summed(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for one in tallies:
        total.add(one)
    return total


def grouped(cells: Mapping[Place, Tally], by: str) -> dict[int, Tally]:
    """Added up by „month”, „centre” or „service”."""
    found: dict[int, Tally] = defaultdict(Tally)
    for place, tally in cells.items():
        found[getattr(place, by)].add(tally)
    return dict(found)
