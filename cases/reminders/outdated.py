"""Reminders that are no longer true: somebody was told an hour, and then the meeting was moved or called off.

A second mail is not sent (0090): somebody calls, and says that they have.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from cases.casefile.models import Case
from cases.reminders.models import Reminder
from cases.sessions.models import Attendance, Session, SessionQuerySet
from cases.sessions.signals import dates_changed
from centres.duties import duties_of
from foundation.formats import format_date, format_time


class Outdated(NamedTuple):
    """One family that believes in an old date of a meeting."""

    session: Session
    case: Case
    may_read: bool
    starts_at: dt.datetime


def families_to_tell(user: User, now: dt.datetime) -> list[Outdated]:
    """Whom this person must tell that a reminder is no longer true, the nearest date first; one query."""
    readable = Case.objects.readable_by(user).filter(pk=OuterRef("case"))
    outdated = Reminder.objects.outdated(now).to_be_told_by(user).annotate(may_read=Exists(readable))
    whole = outdated.select_related("session__service", "session__group", "case__family").defer("session__summary")
    found: dict[tuple[object, ...], Outdated] = {}
    for one in whole.order_by("starts_at", "id"):
        key = (one.session_id, one.case_id, one.starts_at)
        found[key] = Outdated(one.session, one.case, vars(one)["may_read"], one.starts_at)
    return list(found.values())


def told_by(user: User) -> SessionQuerySet:
    """Meetings whose changes this person tells somebody of: those they may log, and those of people of their cases."""
    managed = Case.objects.managed_by(user).order_by().values("pk")
    invited = Attendance.objects.filter(session=OuterRef("pk"), case__in=managed)
    return Session.objects.filter(Q(pk__in=Session.objects.recorded_by(user).values("pk")) | Q(Exists(invited)))


@transaction.atomic
def mark_told(session: Session, *, by: User) -> int:
    """Somebody has told those who were reminded that the meeting is not then. Returns how many; none a second time."""
    mine = Reminder.objects.outdated(timezone.now()).to_be_told_by(by).filter(session=session)
    locked = list(Reminder.objects.filter(pk__in=mine.values("pk"), told_at=None).select_for_update(of=("self",)))
    if locked:
        found = Reminder.objects.filter(pk__in=[one.pk for one in locked])
        found.update(told_at=timezone.now(), told_by=duties_of(by).staff_id)
        record(by, "cases.mark_told", session, persons=len({one.person_id for one in locked}))
    return len(locked)


@receiver(dates_changed)
def who_was_reminded(sender: object, meetings: Collection[Session], user: User, **kwargs: Any) -> list[str]:
    """For each old date of which a mail has spoken, that somebody must be told now."""
    outdated = Reminder.objects.outdated(timezone.now()).filter(session__in=meetings)
    dates = outdated.order_by("starts_at").values_list("session__group", "starts_at").distinct()
    return [(_of_group() if group else _of_family()) % _words(start) for group, start in dates]


def _of_family() -> str:
    return _("The family was already reminded of the meeting on %(date)s, %(time)s: tell them of the change.")


def _of_group() -> str:
    return _("Some people were already reminded of the meeting on %(date)s, %(time)s: tell them of the change.")


def _words(start: dt.datetime) -> dict[str, str]:
    return {"date": format_date(start), "time": format_time(start)}
