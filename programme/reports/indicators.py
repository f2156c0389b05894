"""How the Programme stands at a month's end, frozen for a report: a centre's part in it, or indicators with targets.

A centre has no target of its own, so its report shows what it contributes to indicator 1.1 and nothing to measure it
against; targets stand in the reports of all three centres and of the Programme (design part 6).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q

from cases.sessions.models import Attendance, SessionQuerySet
from centres.models import Centre
from programme.plan.models import Programme, ProgrammeTask, TargetRevision
from programme.reports import gap
from programme.reports.months import bounds, last_day
from programme.results import counting
from programme.results import families as families_of
from programme.results.families import at_least
from programme.results.gaps import gap_in
from programme.results.standing import IndicatorStanding, overview

SERVICES = "held_sessions"
"""The rule that counts services of counselling and therapy, and the indicator that draws on it."""

SERVICES_INDICATOR = "1.1"


def of_month(month: dt.date, *, centre: Centre | None, everything: bool, data_at: dt.datetime) -> dict[str, Any]:
    """The services of the year so far; without a centre, the indicators too: all, or those of the basic tasks."""
    frozen: dict[str, Any] = {"services_to_date": _services_to_date(month, centre)}
    lacking = gap_in(SERVICES, month.year, until=last_day(month), now=data_at, centre=centre)
    frozen["services_to_date"]["unresolved"] = gap.frozen_total(lacking.total)
    programme = Programme.objects.current(last_day(month)).first()
    if centre is not None or programme is None:
        return frozen
    standings = overview(programme, on=last_day(month))
    revision = programme.revisions.order_by("-number").first()
    frozen["programme"] = {
        "title": programme.title,
        "first_year": programme.first_year,
        "last_year": programme.last_year,
        "revision": _frozen_revision(revision) if revision else None,
        "indicators": [_frozen(one) for one in standings if everything or _is_of_centres(one)],
    }
    target = next((one.target for one in standings if one.indicator.code == SERVICES_INDICATOR), None)
    frozen["services_to_date"]["target"] = _text(target.value) if target else None
    return frozen


def _is_of_centres(standing: IndicatorStanding) -> bool:
    """What the report of the three centres shows: what the portal itself counts, and the basic tasks around it."""
    return bool(standing.indicator.computed_by) or (
        standing.indicator.task.section_kind == ProgrammeTask.Section.BASIC
    )


def _services_to_date(month: dt.date, centre: Centre | None) -> dict[str, Any]:
    """The running total since January, month by month, and how many families stand behind each point of it.

    The families are counted only as far as it matters for hiding a number: „5” means five or more.
    """
    end = last_day(month)
    rule = counting.rule_on(SERVICES, month)
    counts = counting.monthly(SERVICES, month.year, until=end, centre=centre)
    months = sorted(counts)
    seen: list[dt.datetime] = []
    behind_month = 0
    if rule:
        count = counting.COUNTERS[rule.code, rule.version]
        seen = _first_meetings(count(rule, months, end, centre))
        behind_month = _families(count(rule, [month], end, centre))
    total, points = 0, []
    for one in months:
        total += counts[one]
        families = sum(first < bounds(one)[1] for first in seen)
        points.append({"month": one.isoformat(), "total": total, "families": families})
    return {
        "rule": {"name": rule.name, "version": rule.version, "valid_from": rule.valid_from.isoformat()}
        if rule
        else None,
        "points": points,
        "month": {"count": counts.get(month, 0), "families": behind_month},
    }


def _families(sessions: SessionQuerySet) -> int:
    """How many families stand behind them at the least."""
    found = sessions.aggregate(count=Count("*"), families=families_of.OF_CASES)
    return at_least(found["count"], found["families"], len(families_of.of_groups(sessions)[()]))


def _first_meetings(sessions: SessionQuerySet) -> list[dt.datetime]:
    """When each of the first few families of the year had its first meeting; no more of them than hiding asks for."""
    came = Q(case=None, attendances__presence=Attendance.Presence.PRESENT)
    first: dict[int, dt.datetime] = {}
    for meetings, family in (
        (sessions.filter(case__isnull=False), "case__family"),
        (sessions.filter(came), "attendances__case__family"),
    ):
        rows = meetings.order_by().values_list(family).annotate(first=Min("starts_at")).order_by("first")
        for pk, at in rows[: settings.SUPPRESS_BELOW]:
            first[pk] = min(at, first.get(pk, at))
    return sorted(first.values())[: settings.SUPPRESS_BELOW]


def _frozen_revision(revision: TargetRevision) -> dict[str, Any]:
    return {
        "number": revision.number,
        "resolution": revision.resolution,
        "decided_on": revision.decided_on.isoformat() if revision.decided_on else None,
    }


def _frozen(standing: IndicatorStanding) -> dict[str, Any]:
    indicator, target = standing.indicator, standing.target
    return {
        "code": indicator.code,
        "name": indicator.name,
        "kind": indicator.kind,
        "task": indicator.task.number,
        "section": indicator.task.section_title,
        "month": _text(standing.month_value),
        "to_date": _text(standing.to_date),
        "target": standing.target_text if target else None,
        "fraction": _share(standing.fraction),
        "due_fraction": _share(standing.due_fraction),
        "assessment": str(standing.assessment),
        "sources": [str(source) for source in standing.sources],
        "is_small": standing.is_small,
        "month_is_small": standing.month in standing.small_months,
        "data_on": standing.on.isoformat() if standing.on else None,
    }


def _text(value: Decimal | None) -> str | None:
    """A number as text, so that its spelling does not depend on how a database hands it out (9910, not 9910.00)."""
    if value is None:
        return None
    return format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize(), "f")


def _share(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
