"""Capacity against booked for the weeks to come: for the page, and for a forecast of the waiting list.

    outlook = capacity_ahead([wodna.pk])
    [outlook.of_centre(wodna.pk, week).places(50) for week in range(len(outlook.mondays))]

gives how many meetings of 50 minutes still fit in each of the next eight weeks at Wodna.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.numbers.capacity import Hours, Load, Span, TeamLoad, capacity_of_week
from cases.numbers.counting import CO_LED, SECONDS_A_MINUTE, Seconds
from cases.numbers.periods import midnight
from cases.sessions.models import CANCELLED, Session
from centres.models import AT_A_CENTRE, Absence, OpeningHours, Role, RoleAssignment, StaffMember, WeeklyHours
from centres.opening import usual_spells_on
from centres.tenures import Tenure

WEEKS = 8
ONE_WEEK = dt.timedelta(days=7)
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Outlook:
    """Week by week, for each person at each centre."""

    mondays: tuple[dt.date, ...]
    loads: dict[tuple[int, int], tuple[Load, ...]]
    """By centre and person."""
    staff: dict[int, StaffMember]

    def of_person(self, centre: int, staff: int, week: int) -> Load:
        return self.loads[centre, staff][week]

    def of_centre(self, centre: int | None, week: int) -> TeamLoad:
        """Everybody of a centre; None is all of them."""
        return TeamLoad(
            tuple(loads[week] for (place, _staff), loads in sorted(self.loads.items()) if centre in (None, place))
        )


def first_monday(today: dt.date) -> dt.date:
    """The first week that begins today or later: the running one is partly used."""
    return today + ONE_DAY * (-today.weekday() % 7)


def capacity_ahead(
    centres: Collection[int],
    *,
    today: dt.date | None = None,
    weeks: int = WEEKS,
    only: int | None = None,
) -> Outlook:
    """How much time for meetings there is and how much of it is booked, week by week. Seven statements.

    People are the therapists of these centres, and whoever else has hours or meetings there in these weeks; `only`
    leaves one of them. Booked is every meeting that is not called off, for each who leads it.
    """
    monday = first_monday(today or timezone.localdate())
    mondays = tuple(monday + ONE_WEEK * number for number in range(weeks))
    last = mondays[-1] + ONE_WEEK - ONE_DAY
    booked = _booked(centres, mondays, only)
    hours = _hours(centres, monday, last, only)
    roles = _roles(centres, monday, last, only)
    therapists = {key for key, held in roles.items() if any(role == Role.THERAPIST for role, _from, _to in held)}
    keys = therapists | set(hours) | set(booked)
    staff = StaffMember.objects.in_bulk({person for _centre, person in keys})
    away = _away(staff, mondays)
    opening: dict[int, list[OpeningHours]] = defaultdict(list)
    for row in OpeningHours.objects.filter(centre__in=centres):
        opening[row.centre_id].append(row)
    loads = {}
    for centre, person in keys:
        tenure = Tenure(tuple((begin, end) for _role, begin, end in roles.get((centre, person), [])))
        works = [any(tenure.holds_on(week + ONE_DAY * number) for number in range(7)) for week in mondays]
        loads[centre, person] = tuple(
            Load(
                capacity_of_week(
                    week,
                    hours=hours.get((centre, person), []),
                    works_on=tenure.holds_on,
                    spells_of=lambda day, rows=opening[centre]: usual_spells_on(rows, day),  # type: ignore[misc]
                    away=away[person],
                )
                if works[number]
                else 0,
                booked.get((centre, person), (0,) * weeks)[number],
                works[number],
            )
            for number, week in enumerate(mondays)
        )
    return Outlook(mondays, loads, staff)


def booked_condition(centres: Collection[int], mondays: Sequence[dt.date], prefix: str = "") -> Q:
    """Meetings in these weeks that are not called off."""
    return Q(
        **{
            f"{prefix}centre__in": centres,
            f"{prefix}starts_at__gte": midnight(mondays[0]),
            f"{prefix}starts_at__lt": midnight(mondays[-1] + ONE_WEEK),
        }
    ) & ~Q(**{f"{prefix}status__in": CANCELLED})


def in_week(monday: dt.date, prefix: str = "") -> Q:
    return Q(
        **{
            f"{prefix}starts_at__gte": midnight(monday),
            f"{prefix}starts_at__lt": midnight(monday + ONE_WEEK),
        }
    )


def _booked(
    centres: Collection[int], mondays: Sequence[dt.date], only: int | None
) -> dict[tuple[int, int], tuple[int, ...]]:
    """Minutes by centre and person, week by week."""
    found: dict[tuple[int, int], tuple[int, ...]] = {}
    for rows, prefix, person in (
        (Session.objects.all(), "", "therapist"),
        (CO_LED.all(), "session__", "staffmember"),
    ):
        length = Seconds(F(f"{prefix}ends_at")) - Seconds(F(f"{prefix}starts_at"))
        sums: dict[str, Any] = {
            f"week_{number}": Coalesce(Sum(length, filter=in_week(monday, prefix)), 0)
            for number, monday in enumerate(mondays)
        }
        chosen = rows.filter(booked_condition(centres, mondays, prefix)).order_by()
        if only is not None:
            chosen = chosen.filter(**{person: only})
        for row in chosen.values(f"{prefix}centre", person).annotate(**sums):
            key = row[f"{prefix}centre"], row[person]
            before = found.get(key, (0,) * len(mondays))
            found[key] = tuple(
                minutes + row[f"week_{number}"] // SECONDS_A_MINUTE for number, minutes in enumerate(before)
            )
    return found


def _hours(
    centres: Collection[int], first: dt.date, last: dt.date, only: int | None
) -> dict[tuple[int, int], list[Hours]]:
    found: dict[tuple[int, int], list[Hours]] = defaultdict(list)
    rows = WeeklyHours.objects.at(centres).during(first, last).filter(_still_there())
    if only is not None:
        rows = rows.filter(staff=only)
    for row in rows:
        found[row.centre_id, row.staff_id].append(Hours(row.hours, row.from_on, row.to_on))
    return found


def _still_there() -> Q:
    """Hours that were entered for somebody who has left since say nothing of the weeks to come."""
    held = RoleAssignment.objects.filter(
        user=OuterRef("staff__user"), role__in=AT_A_CENTRE, centre=OuterRef("centre")
    ).exclude(to_on__lt=timezone.localdate())
    return Q(Exists(held), staff__user__is_active=True)


def _roles(
    centres: Collection[int], first: dt.date, last: dt.date, only: int | None
) -> dict[tuple[int, int], list[tuple[str, dt.date, dt.date | None]]]:
    found: dict[tuple[int, int], list[tuple[str, dt.date, dt.date | None]]] = defaultdict(list)
    rows = RoleAssignment.objects.filter(
        Q(to_on=None) | Q(to_on__gte=first),
        role__in=AT_A_CENTRE,
        centre__in=centres,
        from_on__lte=last,
        user__is_active=True,
        user__staff__isnull=False,
    )
    if only is not None:
        rows = rows.filter(user__staff=only)
    for centre, person, role, begin, end in rows.values_list("centre", "user__staff", "role", "from_on", "to_on"):
        found[centre, person].append((role, begin, end))
    return dict(found)


def _away(staff: Collection[int], mondays: Sequence[dt.date]) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = defaultdict(list)
    absences = Absence.objects.during(midnight(mondays[0]), midnight(mondays[-1] + ONE_WEEK)).filter(staff__in=staff)
    for person, start, end in absences.values_list("staff", "from_at", "to_at"):
        found[person].append((start, end))
    return found
