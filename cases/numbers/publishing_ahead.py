"""Which weeks to come of which centre may be printed for somebody who gets aggregates only (decision 0096).

What is booked in a week is a number of meetings of families, as that of a month is; free time would tell it.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q

from cases.numbers.outlook import Outlook, booked_condition, in_week
from cases.numbers.publishing import FAMILY, Scope, at_groups, marked_totals
from cases.sessions.models import Session
from foundation.suppression import Mark


def publish_ahead(outlook: Outlook, centres: Sequence[int]) -> dict[tuple[Scope, int], Mark]:
    """A mark for each centre and all together, week by week. Four statements."""
    weeks = range(len(outlook.mondays))
    meetings: dict[tuple[Scope, int], int] = dict.fromkeys(
        [(scope, week) for scope in (*centres, None) for week in weeks], 0
    )
    families = dict(meetings)
    for rows, prefix, counted in (
        (Session.objects.exclude(case=None).order_by(), "", "pk"),
        (at_groups(), "session__", "session"),
    ):
        chosen = rows.filter(booked_condition(centres, outlook.mondays, prefix))
        counts = {}
        for week, monday in enumerate(outlook.mondays):
            inside: Q = in_week(monday, prefix)
            counts[f"n_{week}"] = Count(counted, distinct=True, filter=inside)
            counts[f"families_{week}"] = Count(FAMILY, distinct=True, filter=inside)
        for row in chosen.values(f"{prefix}centre").annotate(**counts):
            for week in weeks:
                meetings[row[f"{prefix}centre"], week] += row[f"n_{week}"]
                meetings[None, week] += row[f"n_{week}"]
                key = row[f"{prefix}centre"], week
                families[key] = max(families[key], row[f"families_{week}"])
        together = chosen.aggregate(**counts)
        for week in weeks:
            families[None, week] = max(families[None, week], together[f"families_{week}"])
    found: dict[tuple[Scope, int], Mark] = {}
    for week in weeks:
        scopes: list[Scope] = [*centres, None]
        totals = marked_totals(
            {scope: meetings[scope, week] for scope in scopes}, {scope: families[scope, week] for scope in scopes}
        )
        found |= {(scope, week): figure.mark for scope, figure in totals.items()}
    return found
