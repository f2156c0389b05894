"""From when to when people work at a centre: who has left it, and of whom it is known that they will."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from centres.models import AT_A_CENTRE, RoleAssignment
from foundation.formats import format_date
from foundation.statements import kept

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Tenure:
    """When somebody meets families at one centre; who may not sign in any more never does."""

    spells: tuple[tuple[dt.date, dt.date | None], ...] = ()

    def holds_on(self, day: dt.date) -> bool:
        return any(since <= day and (until is None or day <= until) for since, until in self.spells)

    @property
    def last_on(self) -> dt.date | None:
        """The last day; None where no end is known, or no beginning."""
        ends = [until for _since, until in self.spells if until]
        return max(ends) if ends and len(ends) == len(self.spells) else None

    @property
    def lasts(self) -> bool:
        """Whether no end of it is known."""
        return any(until is None for _since, until in self.spells)


def tenures_at(centre: int, staff: Collection[int]) -> dict[int, Tenure]:
    """Of each of these people; one query."""
    spells: dict[int, list[tuple[dt.date, dt.date | None]]] = defaultdict(list)
    for person, since, until in _held(centre=centre, staff=tuple(sorted(staff))) if staff else []:
        spells[person].append((since, until))
    return {person: Tenure(tuple(spells[person])) for person in staff}


@kept
def _held(*, centre: int, staff: tuple[int, ...]) -> QuerySet[RoleAssignment, Any]:
    held = RoleAssignment.objects.filter(role__in=AT_A_CENTRE, centre=centre, user__is_active=True)
    return held.filter(user__staff__in=staff).order_by().values_list("user__staff", "from_on", "to_on")


def leaving_in_words(who: object, last_on: dt.date | None) -> str:
    """A sentence about somebody who has left the centre, or will after their last day."""
    if last_on is None:
        return _("%(who)s does not work at this centre.") % {"who": who}
    if last_on < timezone.localdate():
        first_without = format_date(last_on + ONE_DAY)
        return _("%(who)s has not worked at this centre since %(day)s.") % {"who": who, "day": first_without}
    return _("%(who)s works at this centre until %(day)s.") % {"who": who, "day": format_date(last_on)}
