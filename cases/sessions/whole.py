"""One meeting with all that its pages show and its services change, found or locked by kept statements.

Therapists settle a meeting between two families: Django would take longer to write these statements than all the rest
of settling takes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TypeVar

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from cases.casefile.models import Case
from cases.sessions.group_models import Group
from cases.sessions.models import Attendance, Session
from centres.duties import duties_of
from centres.models import Role, StaffMember
from foundation.forms import check_version
from foundation.statements import One, give, kept, only

Owner = TypeVar("Owner", bound=Case | Group)


def visible_to(user: User) -> One[Session]:
    """A meeting of `Session.objects.visible_to`."""
    return One(Session, lambda key: _with_people(_visible(user, key=key)))


def changed_by(user: User) -> One[Session]:
    """A meeting of `Session.objects.changed_by`."""
    clock = {"now": timezone.now()} if duties_of(user).centres(Role.COORDINATOR) else {}
    return One(Session, lambda key: _with_people(_changed(user, key=key, **clock)))


def lock_owner(owner: Owner) -> Owner:
    """The case or the group comes first, before its meetings and whom they take up (decision 0040)."""
    locked: Owner = only(
        type(owner), _locked_case(pk=owner.pk) if isinstance(owner, Case) else _locked_group(pk=owner.pk)
    )
    if type(owner).centre.is_cached(owner):  # no case or group changes its centre
        locked.centre = owner.centre
    return locked


def lock(session: Session, version: int) -> Session:
    """The meeting as it is now, after its case or group, with co-therapists. Raises Stale.

    Nobody comes onto the list of a case's meeting, or off it, without a new version of the meeting: a list that is at
    hand stays. A group's changes with its enrolments.
    """
    owner = lock_owner(session.owner)
    locked = only(Session, _locked(pk=session.pk))
    _give_co_therapists(locked)
    locked.case, locked.group = (None, owner) if isinstance(owner, Group) else (owner, None)
    locked.centre = session.centre
    check_version(locked, version)
    if locked.case and locked.version == session.version and _knows_its_list(session):
        give(locked, "attendances", [*session.attendances.all()])
    return locked


def marks_of(session: Session) -> list[tuple[int, str, bool]]:
    """For each person on the meeting's list the id, the presence, and whether they came late."""
    if _knows_its_list(session):
        return [(row.person_id, row.presence, row.is_late) for row in session.attendances.all()]
    return _marks(pk=session.pk)


def _knows_its_list(session: Session) -> bool:
    return "attendances" in vars(session).get("_prefetched_objects_cache", {})


def _with_people(found: list[Session]) -> list[Session]:
    for session in found:
        give(session, "attendances", _invited(pk=session.pk))
        _give_co_therapists(session)
    return found


def _give_co_therapists(session: Session) -> None:
    """Most meetings have none, which their own statement tells."""
    give(session, "co_therapists", _co_therapists(pk=session.pk) if vars(session)["is_shared"] else [])


_IS_SHARED = Exists(Session.co_therapists.through.objects.filter(session=OuterRef("pk")))


@kept
def _visible(user: User, *, key: uuid.UUID) -> QuerySet[Session]:
    return Session.objects.visible_to(user).with_names().annotate(is_shared=_IS_SHARED).filter(uuid=key)


@kept
def _changed(user: User, *, key: uuid.UUID, now: dt.datetime | None = None) -> QuerySet[Session]:
    # Fewer names than above: PostgreSQL would weigh ten tables for longer than it takes to look up two names by id.
    names = ("case", "group", "centre", "service")
    return Session.objects.changed_by(user, now).select_related(*names).annotate(is_shared=_IS_SHARED).filter(uuid=key)


@kept
def _locked(*, pk: int) -> QuerySet[Session]:
    locked = Session.objects.select_for_update(of=("self",), no_key=True).annotate(is_shared=_IS_SHARED)
    return locked.select_related("service", "therapist").filter(pk=pk)


@kept
def _locked_case(*, pk: int) -> QuerySet[Case]:
    return Case.objects.select_for_update(no_key=True).filter(pk=pk)


@kept
def _locked_group(*, pk: int) -> QuerySet[Group]:
    return Group.objects.select_for_update(no_key=True).filter(pk=pk)


@kept
def _invited(*, pk: int) -> QuerySet[Attendance]:
    invited = Attendance.objects.filter(session=pk).select_related("person")
    names = ("session", "case", "presence", "is_late", "person__uuid", "person__first_name", "person__last_name")
    return invited.only(*names).order_by("person__birth_date", "id")


@kept
def _co_therapists(*, pk: int) -> QuerySet[StaffMember]:
    return StaffMember.objects.filter(co_led_sessions=pk)


@kept
def _marks(*, pk: int) -> QuerySet[Attendance, tuple[int, str, bool]]:
    return Attendance.objects.filter(session=pk).values_list("person_id", "presence", "is_late")
