"""What a monthly report counts, as exact numbers: each with the families behind it, so that small ones can be hidden.

A handful of aggregate queries whatever the volume; no row of a family is ever loaded. Everything is bounded by the
month as Warsaw's clocks and calendar cut it; nothing depends on the day when it is counted, except what has been
written down by then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Count, DurationField, Exists, ExpressionWrapper, F, Min, OuterRef, Q

from cases.casefile.models import Case, Stage, StageChange
from cases.intake.models import Referral, Source
from cases.people.models import ADULT_FROM, SENIOR_FROM
from cases.sessions.correction_models import SessionCorrection
from cases.sessions.models import Attendance, Session
from centres.models import Service
from programme.reports import gap
from programme.reports.months import bounds, last_day
from programme.results import families
from programme.results.families import at_least
from programme.results.gaps import gap_of
from programme.results.models import Result

DIAGNOSIS_WITHIN = dt.timedelta(days=14)  # P1, from the receipt of the referral
NOT_HELD = (
    Session.Status.CANCELLED_BY_FAMILY,
    Session.Status.CANCELLED_BY_CENTRE,
    Session.Status.CANCELLED_BY_THERAPIST,
    Session.Status.NO_SHOW,
)

HELD = Q(session__status=Session.Status.HELD)
CAME = Q(presence=Attendance.Presence.PRESENT)
ANSWERED = ~Q(presence=Attendance.Presence.EXPECTED)


def count_month(month: dt.date, centres: Sequence[int], *, data_at: dt.datetime) -> dict[str, Any]:
    """The month of these centres. With more than one, a family, a person and a redirected referral count once."""
    return {
        "referrals": _referrals(month, centres),
        "cases": _new_cases(month, centres),
        "diagnoses": _diagnoses(month, centres),
        "waiting": _waiting(month, centres),
        **_sessions(month, centres, data_at),
        "people": _people(month, centres),
        "corrected": _corrected(month, centres),
    }


def first_month() -> dt.date | None:
    """The month of the first referral: before it there is nothing to report."""
    first: dt.date | None = Referral.objects.aggregate(first=Min("received_on"))["first"]
    return first.replace(day=1) if first else None


def first_result_month() -> dt.date | None:
    """The first month for which a unit has reported a result of the Programme."""
    first: dt.date | None = Result.objects.aggregate(first=Min("month"))["first"]
    return first


def _referrals(month: dt.date, centres: Sequence[int]) -> dict[str, Any]:
    """By source (P4). A referral has no family yet; each one stands for one."""
    received = Referral.objects.filter(centre__in=centres, received_on__range=(month, last_day(month)))
    if len(centres) > 1:
        received = received.filter(redirected_from=None)  # the copy that a redirection makes at the other centre
    counts = dict(received.values_list("source").annotate(n=Count("id")).order_by())
    return {
        "count": sum(counts.values()),
        "by_source": {source: counts.get(source, 0) for source in Source.values},
    }


def _new_cases(month: dt.date, centres: Sequence[int]) -> dict[str, int]:
    opened = Case.objects.filter(centre__in=centres, opened_on__range=(month, last_day(month)))
    return opened.aggregate(count=Count("id"), families=Count("family", distinct=True))


def _diagnoses(month: dt.date, centres: Sequence[int]) -> dict[str, int]:
    """Made in the month, and how many of them within 14 days of the referral (P1)."""
    took = ExpressionWrapper(F("diagnosed_on") - F("received_on"), output_field=DurationField())
    made = Case.objects.filter(centre__in=centres, diagnosed_on__range=(month, last_day(month))).annotate(took=took)
    in_time = Q(took__lte=DIAGNOSIS_WITHIN)
    return made.aggregate(
        count=Count("id"),
        families=Count("family", distinct=True),
        in_time=Count("id", filter=in_time),
        in_time_families=Count("family", distinct=True, filter=in_time),
    )


def _waiting(month: dt.date, centres: Sequence[int]) -> dict[str, Any]:
    """Families on the waiting list at the month's end, by the history of stages; the wait began with the referral."""
    end = last_day(month)
    later = StageChange.objects.filter(
        Q(on__gt=OuterRef("on")) | Q(on=OuterRef("on"), id__gt=OuterRef("id")), case=OuterRef("case"), on__lte=end
    )
    entered = StageChange.objects.filter(~Exists(later), stage=Stage.WAITING, on__lte=end, case__centre__in=centres)
    found = entered.aggregate(families=Count("case__family", distinct=True), since=Min("case__received_on"))
    return {"families": found["families"], "since": found["since"].isoformat() if found["since"] else None}


def _sessions(month: dt.date, centres: Sequence[int], data_at: dt.datetime) -> dict[str, Any]:
    start, end = bounds(month)
    sessions = Session.objects.filter(centre__in=centres, starts_at__gte=start, starts_at__lt=end)
    counted = {"count": Count("id"), "families": families.OF_CASES}
    by_status = _by("status", sessions.values("status").annotate(**counted).order_by())
    for (status,), in_groups in families.of_groups(sessions, "status").items():
        by_status[status]["families"] = max(by_status[status]["families"], len(in_groups))
    by_service = _by("service", sessions.held().values("service").annotate(**counted).order_by())
    attendances = Attendance.objects.filter(
        session__centre__in=centres,
        session__starts_at__gte=start,
        session__starts_at__lt=end,
        session__status__in=[Session.Status.HELD, Session.Status.NO_SHOW],
    )
    attended = _by(
        "session__service",
        attendances.values("session__service")
        .annotate(
            people=Count("person", distinct=True, filter=HELD & CAME),
            people_families=Count("case__family", distinct=True, filter=HELD & CAME),
            present=Count("id", filter=CAME),
            expected=Count("id", filter=ANSWERED),
        )
        .order_by(),
    )
    services = Service.objects.filter(pk__in=by_service).select_related("provider").order_by("order", "name")
    for pk, row in by_service.items():  # at a group's meeting the families are those of who came
        row["families"] = at_least(row["count"], row["families"], attended.get(pk, {}).get("people_families", 0))
    nothing = {"count": 0, "families": 0}
    nobody = {"people": 0, "people_families": 0, "present": 0, "expected": 0}
    for row in by_status.values():
        row["families"] = at_least(row["count"], row["families"])
    return {
        "held": by_status.get(Session.Status.HELD, nothing),
        "services": [
            {
                "slug": service.slug,
                "name": service.name,
                "provider": service.provider.short_name,
                **by_service[service.pk],
                **attended.get(service.pk, nobody),
            }
            for service in services
        ],
        "attendance": {
            "present": sum(row["present"] for row in attended.values()),
            "expected": sum(row["expected"] for row in attended.values()),
        },
        "not_held": {str(status): by_status.get(status, nothing) for status in NOT_HELD},
        "unresolved": gap.frozen(gap_of(sessions.unresolved(data_at)), centres),
    }


def _corrected(month: dt.date, centres: Sequence[int]) -> dict[str, int]:
    """Meetings of the month that were logged, settled or changed after its end, each once (R4)."""
    later = SessionCorrection.objects.filter(month=month, session=OuterRef("pk"))
    found = families.of_each(Session.objects.filter(Exists(later), centre__in=centres))
    return {"count": len(found), "families": at_least(len(found), len(set[int]().union(*found.values())))}


def _people(month: dt.date, centres: Sequence[int]) -> dict[str, dict[str, int]]:
    """Who came to at least one held meeting, each once, by age on the month's last day, so that groups add up."""
    start, end = bounds(month)
    day = last_day(month)
    adult_born = day - relativedelta(years=ADULT_FROM)
    senior_born = day - relativedelta(years=SENIOR_FROM)
    came = Attendance.objects.filter(
        CAME,
        HELD,
        session__centre__in=centres,
        session__starts_at__gte=start,
        session__starts_at__lt=end,
    )
    groups = {
        "children": Q(person__birth_date__gt=adult_born),
        "adults": Q(person__birth_date__lte=adult_born, person__birth_date__gt=senior_born),
        "seniors": Q(person__birth_date__lte=senior_born),
        "unknown": Q(person__birth_date=None),
        "all": Q(),
    }
    counted: dict[str, Count] = {}  # all in one statement: finding the month's attendances is what takes the time
    for name, condition in groups.items():
        counted[f"{name}_people"] = Count("person", distinct=True, filter=condition)
        counted[f"{name}_families"] = Count("case__family", distinct=True, filter=condition)
    found = came.aggregate(**counted)
    return {name: {what: found[f"{name}_{what}"] for what in ("people", "families")} for name in groups}


def _by(key: str, rows: Iterable[Mapping[str, Any]]) -> dict[Any, dict[str, int]]:
    """Rows of a grouped query, by what they are grouped by."""
    return {row[key]: {name: value for name, value in row.items() if name != key} for row in rows}
