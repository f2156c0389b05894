"""Reminders that are no longer true: somebody was told an hour, and then the meeting was moved or called off.

A second mail is not sent (0090): somebody calls, and says that they have.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from cases.casefile.models import Case
from cases.reminders.models import Reminder
from cases.sessions.group_models import Group
from cases.sessions.models import Attendance, Session, SessionQuerySet
from cases.sessions.signals import dates_changed
from centres.duties import duties_of
from foundation.formats import format_date, format_time
from foundation.forms import check_version


@dataclass
class Outdated:
    """One family that believes in an old date of a meeting."""

    session: Session
    case: Case
    may_read: bool
    starts_at: dt.datetime
    people: list[str] = field(default_factory=list)
    """Who was reminded; empty where this person may not know them by name."""


def families_to_tell(user: User, now: dt.datetime) -> list[Outdated]:
    """Whom this person must tell that a reminder is no longer true, the nearest date first; one query.

    Who leads a group knows its people by name, and not the files of their families.
    """
    readable = Case.objects.readable_by(user).filter(pk=OuterRef("case"))
    known = Group.objects.known_by_name_to(user).filter(pk=OuterRef("session__group"))
    outdated = Reminder.objects.outdated(now).to_be_told_by(user)
    whole = outdated.annotate(may_read=Exists(readable), known=Exists(known)).defer("session__summary")
    found: dict[tuple[object, ...], Outdated] = {}
    related = ("session__service", "session__group", "case__family", "person")
    for one in whole.select_related(*related).order_by("starts_at", "id"):
        rights: dict[str, Any] = vars(one)
        family = Outdated(one.session, one.case, rights["may_read"], one.starts_at)
        family = found.setdefault((one.session_id, one.case_id, one.starts_at), family)
        if rights["may_read"] or rights["known"]:
            family.people.append(str(one.person))
    return list(found.values())


def told_by(user: User) -> SessionQuerySet:
    """Meetings whose changes this person tells somebody of: those they may log, and those of people of their cases,
    who may have left the group in the meantime.
    """
    managed = Case.objects.managed_by(user).order_by().values("pk")
    invited = Attendance.objects.filter(session=OuterRef("pk"), case__in=managed)
    reminded = Reminder.objects.filter(session=OuterRef("pk"), case__in=managed)
    recorded = Session.objects.recorded_by(user).values("pk")
    return Session.objects.filter(Q(pk__in=recorded) | Q(Exists(invited)) | Q(Exists(reminded)))


@transaction.atomic
def mark_told(session: Session, *, case: uuid.UUID, version: int, by: User) -> int:
    """Somebody has told those of one family who were reminded that the meeting is not then.

    Returns how many; none a second time. Raises Stale when the meeting has changed since they looked where it is now.
    """
    check_version(Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk), version)
    mine = Reminder.objects.outdated(timezone.now()).to_be_told_by(by).filter(session=session, case__uuid=case)
    locked = list(
        Reminder.objects.filter(pk__in=mine.values("pk"), told_at=None).select_for_update(of=("self",), no_key=True)
    )
    if locked:
        found = Reminder.objects.filter(pk__in=[one.pk for one in locked])
        found.update(told_at=timezone.now(), told_by=duties_of(by).staff_id)
        people = len({one.person_id for one in locked})
        record(by, "cases.mark_told", session, case=case, persons=people)
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
