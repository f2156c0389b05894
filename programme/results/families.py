"""Which families stand behind a number of meetings, so that small ones can be hidden (D7).

Behind a case's meeting stands the case's family. A group's meeting has no case: behind one that was held stand the
families of those who came, behind any other the families of those who were invited. Meetings of groups are few and
have no case in the covering index either, so they are found without reading what is around them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Count, Q, QuerySet

from cases.sessions.models import Attendance, Session

OF_CASES = Count("case__family", distinct=True)
"""How many families stand behind the meetings of cases: what a grouped query can count."""

CAME = ~Q(status=Session.Status.HELD) | Q(attendances__presence=Attendance.Presence.PRESENT)


def of_groups(meetings: QuerySet[Any], *names: str) -> dict[tuple[Any, ...], set[int]]:
    """The families behind the groups' meetings among these, by the values of these fields."""
    return _sets(_of_groups(meetings, names).distinct())


def of_all(meetings: QuerySet[Any], *names: str) -> dict[tuple[Any, ...], set[int]]:
    """The families behind all of these meetings, by the values of these fields; for few meetings, as all are read."""
    of_cases = meetings.filter(case__isnull=False).order_by().values_list(*names, "case__family")
    return _sets(of_cases.union(_of_groups(meetings, names)))


def of_each(meetings: QuerySet[Any]) -> dict[int, set[int]]:
    """The families behind each of these meetings, by its id; of a meeting without anybody none. For few meetings."""
    everything = meetings.order_by().values_list("pk", "case__family").union(_of_groups(meetings, ("pk",)))
    found: dict[int, set[int]] = defaultdict(set)
    for pk, family in everything:
        found[pk] |= set() if family is None else {family}
    return found


def _of_groups(meetings: QuerySet[Any], names: tuple[str, ...]) -> QuerySet[Any]:
    in_groups = meetings.filter(CAME, case=None, attendances__case__isnull=False).order_by()
    return in_groups.values_list(*names, "attendances__case__family")


def _sets(rows: QuerySet[Any]) -> dict[tuple[Any, ...], set[int]]:
    found: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    for *key, family in rows:
        found[tuple(key)].add(family)
    return found


def at_least(count: int, *families: int) -> int:
    """How many families there are at the least, where those of cases and those of groups are counted apart.

    They may be the same ones, so the larger number is all that is sure; a meeting without anybody stands for one.
    """
    return max(*families, min(count, 1))
