"""Meetings that are over and of which nobody has said what became of them: who has to settle which."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.casefile.models import CoordinatorAssignment
from cases.sessions.models import Session, SessionQuerySet
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Role


class Scope(NamedTuple):
    """Whose unresolved meetings: one of the lists that a role has."""

    key: str
    label: Any
    sessions: SessionQuerySet
    may_settle: bool = True


def scopes_of(user: User, now: dt.datetime | None = None) -> list[Scope]:
    """The lists of unresolved meetings that a person has, the widest first; no query is made.

    A head of centre has the centre's, groups and all; everybody at a centre what waits for themselves: the meetings
    that they lead, alone or with others, and those of the cases that they coordinate. A clinical lead reads them all.
    """
    duties = duties_of(user)
    unresolved = Session.objects.unresolved(now or timezone.now())
    found = []
    if Role.CLINICAL_LEAD in duties.roles:
        found.append(Scope("all", _("All centres"), unresolved, may_settle=False))
    if centres := duties.centres(Role.LEAD):
        found.append(Scope("centre", _("The whole centre"), unresolved.filter(centre__in=centres)))
    if centres := duties.centres(*AT_A_CENTRE):
        mine, label = unresolved.run_by(user), _("Meetings I lead")
        if coordinates := duties.centres(Role.COORDINATOR):
            # Asked of the few meetings, not of all cases that somebody has coordinated in many years.
            held = CoordinatorAssignment.objects.current().filter(
                coordinator=duties.staff_id, case=OuterRef("case_id")
            )
            mine |= unresolved.filter(Exists(held), centre__in=coordinates)
            label = _("My cases and meetings I lead")
        # The centres once more: by them and the end an index finds the few that are over among all that are planned.
        found.append(Scope("mine", label, mine.filter(centre__in=centres)))
    return found


def waiting_for_settlement(user: User, now: dt.datetime) -> Scope:
    """What „Dziś” and the menu count: the widest list that this person has."""
    nothing = Scope("none", "", Session.objects.none(), may_settle=False)
    return next(iter(scopes_of(user, now)), nothing)
