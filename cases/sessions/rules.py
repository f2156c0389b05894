"""What may be planned and logged, by whom, and when."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.assessments.alerts import couple_work_stopped, lock_couple_work
from cases.casefile.models import CareTeamMember, Case, CoordinatorAssignment
from cases.sessions.group_models import Group
from cases.sessions.models import LONGEST, SHORTEST, Attendance, Session, cases_to_log
from centres.duties import duties_of
from centres.models import Role, Service, StaffMember
from foundation.formats import format_date
from foundation.rules import RuleError
from foundation.statements import One, kept

Presence = Attendance.Presence
Status = Session.Status

FURTHEST = dt.timedelta(days=366)
NOTE_LIMIT = 20_000  # characters


class SessionError(RuleError):
    """A rule of meetings forbids this step. ``code`` says which rule, the field beside which it is said is inside."""


def works_at(centre_id: int, user: User) -> bool:
    return any(centre == centre_id for _role, centre, _unit in duties_of(user).held)


def manages(owner: Case | Group, user: User) -> bool:
    """Coordinator and head decide about all meetings of a case, and of a group of their centre."""
    if isinstance(owner, Group):
        return Group.objects.managed_by(user).filter(pk=owner.pk).exists()
    return bool(_managed(user, pk=owner.pk))


def may_read_case(session: Session, user: User) -> bool:
    """Whether the family may be named beside its meeting; a group's meeting names none."""
    return session.case_id is not None and Case.objects.readable_by(user).filter(pk=session.case_id).exists()


def leads(session: Session, user: User) -> bool:
    """Whether this person leads the meeting, alone or with others, and still works there; `run_by` of one meeting."""
    staff_id = duties_of(user).staff_id
    if staff_id is None or not works_at(session.centre_id, user):
        return False
    return session.therapist_id == staff_id or any(one.pk == staff_id for one in session.co_therapists.all())


def may_write_note(session: Session, user: User) -> bool:
    """Only who led a meeting, alone or with others, and still works there, writes about it."""
    return leads(session, user)


def logs_as(case: Case, user: User) -> tuple[StaffMember | None, bool]:
    """Who logs: themselves, if they meet families here, and whether they log for others too."""
    if case.centre_id not in duties_of(user).centres(Role.THERAPIST):
        return None, True  # whoever logs and is no therapist manages the case
    return getattr(user, "staff", None), manages(case, user)


def may_log(case: Case, therapist: StaffMember, by: User, service: Service | None = None) -> None:
    """Coordinator and head plan for every therapist of the centre; a therapist for nobody but themselves. A `service`
    must be one that the centre offers. Both are asked by one statement, as there is no meeting without them.
    """
    own = therapist.pk == duties_of(by).staff_id
    given = {"service": service.pk} if service else {}
    [(allowed, is_offered)] = _may_log(by, own, case=case.pk, **given)
    if not allowed:
        raise SessionError(
            _("You may log your own meetings with families in your care only."), code="not_yours", field="therapist"
        )
    if not is_offered:
        raise _not_offered()


@kept
def _may_log(user: User, own: bool, *, case: int, service: int | None = None) -> QuerySet[Case, tuple[bool, bool]]:
    allowed = cases_to_log(user) if own else Case.objects.managed_by(user)
    offers = Service.centres.through.objects.filter(service=service, centre=OuterRef("centre"))
    return Case.objects.filter(pk=case).values_list(
        Exists(allowed.filter(pk=OuterRef("pk"))), Value(True) if service is None else Exists(offers)
    )


def in_care_of(case: int) -> Q:
    """Of a member of staff: whether they are in this case's care team or coordinate it."""
    team = CareTeamMember.objects.filter(case=case, staff=OuterRef("pk"), to_on=None)
    coordinates = CoordinatorAssignment.objects.current().filter(case=case, coordinator=OuterRef("pk"))
    return Q(Exists(team)) | Q(Exists(coordinates))


@kept
def _managed(user: User, *, pk: int) -> QuerySet[Case, int]:
    return Case.objects.managed_by(user).filter(pk=pk).order_by().values_list("pk", flat=True)


def case_to_log(user: User) -> One[Case]:
    """A case of `cases_to_log`."""
    return One(Case, lambda key: _to_log(user, key=key))


@kept
def _to_log(user: User, *, key: uuid.UUID) -> QuerySet[Case]:
    return cases_to_log(user).filter(uuid=key).select_related(None).select_related("family", "centre")


def may_log_for_group(group: Group, leaders: Collection[StaffMember], status: str, by: User) -> None:
    """A meeting of a group that nobody planned: the head of its centre enters it for anybody, who leads the group
    where they were there themselves. `leaders` begins with the therapist.
    """
    if status not in {Status.HELD, Status.NO_SHOW}:
        raise SessionError(
            _("Only a meeting that is over is entered here. Add meetings to come to the group's cycle."),
            code="to_come",
            field="status",
        )
    if group.centre_id in duties_of(by).centres(Role.LEAD):
        return
    if not Group.objects.led_by(by).filter(pk=group.pk).exists():
        raise SessionError(
            _("Only who leads the group and the head of its centre enter its meetings."), code="not_yours"
        )
    ids = [one.pk for one in leaders]
    if ids[0] not in {one.pk for one in group.leaders}:
        raise SessionError(
            _("Choose as therapist somebody who leads this group."), code="not_leading", field="therapist"
        )
    if duties_of(by).staff_id not in ids:
        raise SessionError(
            _("You may enter only meetings that you led yourself, alone or with others."),
            code="not_yours",
            field="therapist",
        )


def may_plan(owner: Case | Group, therapist: StaffMember, by: User, service: Service | None = None) -> None:
    """A series: as for one meeting of a case; a group's are planned by who manages it."""
    if not isinstance(owner, Group):
        may_log(owner, therapist, by, service)
    elif not manages(owner, by):
        raise SessionError(_("Groups of your own centre only are yours to plan."), code="not_yours")
    elif service:
        offered(service, owner)


def may_record(session: Session, by: User, therapist: StaffMember | None = None) -> None:
    """The same for a meeting that is there already; `therapist` is who shall lead it from now on."""
    if not leads(session, by) and not Session.objects.changed_by(by).filter(pk=session.pk).exists():
        raise SessionError(_("This meeting is not yours to change."), code="not_yours")
    if therapist is None or therapist.pk == session.therapist_id:
        return
    if not manages(session.owner, by):
        raise SessionError(
            _("The coordinator or the head of centre gives a meeting to another therapist."),
            code="not_yours",
            field="therapist",
        )


def called_off_for(owner: Case | Group) -> list[Session.Status]:
    """Who may have called a meeting off; no single family calls off a group's."""
    by_family = [] if isinstance(owner, Group) else [Status.CANCELLED_BY_FAMILY]
    return [*by_family, Status.CANCELLED_BY_CENTRE, Status.CANCELLED_BY_THERAPIST]


def offered(service: Service, owner: Case | Group) -> None:
    if not _offered(service=service.pk, centre=owner.centre_id):
        raise _not_offered()
    if isinstance(owner, Group) and service.form != Service.Form.GROUP:
        raise SessionError(_("Choose a service that is given to groups."), code="no_group", field="service")


def _not_offered() -> SessionError:
    return SessionError(_("This service is not offered at this centre."), code="service_elsewhere", field="service")


@kept
def _offered(*, service: int, centre: int) -> QuerySet[Any, int]:
    return Service.centres.through.objects.filter(service=service, centre=centre).values_list("pk", flat=True)


def may_meet_as_couple(service: Service, owner: Case | Group, status: str) -> None:
    """No couple meeting is planned or moved while a critical answer stops couple work with the family (N7).

    What has already happened is recorded all the same. Until the end of the transaction no critical answer comes in.
    """
    if service.form != Service.Form.COUPLE or status != Status.PLANNED or isinstance(owner, Group):
        return
    lock_couple_work(owner)
    if couple_work_stopped(owner.family_id):
        raise SessionError(
            _(
                "Couple work with this family is stopped, so no couple meeting can be planned or moved. "
                "Ask the coordinator or a clinical lead."
            ),
            code="couple_work_stopped",
            field="service",
        )


def in_time(
    owner: Case | Group,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    status: str,
    *,
    moving: bool = True,
    status_stays: bool = False,
) -> None:
    """The meeting is of a sane length, within the life of its case, and not held before it begins.

    `status_stays` where the state is not chosen beside the time.
    """
    now = timezone.now()
    if status not in Status.values:
        raise SessionError(_("Choose one of the states."), code="status", field="status")
    if moving:
        if not SHORTEST <= ends_at - starts_at <= LONGEST:
            raise SessionError(
                _("A meeting takes between %(shortest)s and %(longest)s minutes."),
                code="length",
                field="minutes",
                params={"shortest": SHORTEST.seconds // 60, "longest": LONGEST.seconds // 60},
            )
        if starts_at > now + FURTHEST:
            raise SessionError(_("Plan meetings at most a year ahead."), code="too_far", field="day")
        if isinstance(owner, Case):
            _within_life(owner, timezone.localdate(starts_at))
    if status == Status.PLANNED and starts_at <= now:
        raise SessionError(
            _("This time has passed. Say whether the meeting took place, or choose a later time."),
            code="planned_in_the_past",
            field="day" if moving else "status",
        )
    if status in {Status.HELD, Status.NO_SHOW} and starts_at > now and status_stays:
        raise SessionError(
            _("This meeting is settled already, so it can't be still to come. Choose an earlier time."),
            code="held_in_the_future",
            field="day",
        )
    if status in {Status.HELD, Status.NO_SHOW} and starts_at > now and isinstance(owner, Group):
        raise SessionError(
            _("Only a meeting that is over is entered here. Add meetings to come to the group's cycle."),
            code="held_in_the_future",
            field="day",
        )
    if status in {Status.HELD, Status.NO_SHOW} and starts_at > now:
        raise SessionError(
            _("This meeting is still to come. Choose “planned” or an earlier time."),
            code="held_in_the_future",
            field="status",
        )


def _within_life(case: Case, day: dt.date) -> None:
    if day < case.opened_on:
        raise SessionError(
            _("The case was opened on %(date)s; the meeting can't be earlier."),
            code="before_opening",
            field="day",
            params={"date": format_date(case.opened_on)},
        )
    if case.closed_on and day > case.closed_on:
        raise SessionError(
            _("The case was closed on %(date)s; the meeting can't be later."),
            code="after_closing",
            field="day",
            params={"date": format_date(case.closed_on)},
        )


def settled(status: str, presences: Mapping[int, str], *, of_group: bool = False) -> dict[int, str]:
    """Who is on the meeting's list, and with what presence, in this state of the meeting.

    A group's meeting may be planned, and called off, before anybody is enrolled.
    """
    if not presences and not (of_group and status not in {Status.HELD, Status.NO_SHOW}):
        raise SessionError(_("Choose at least one person."), code="nobody", field="presences")
    if not set(presences.values()) <= set(Presence.values):
        raise SessionError(_("Choose who was present."), code="presence", field="presences")
    if status == Status.HELD:
        if Presence.PRESENT not in presences.values():
            raise SessionError(
                _("Nobody was present: choose “no-show” or who cancelled."), code="nobody_present", field="presences"
            )
        if Presence.EXPECTED in presences.values():
            raise SessionError(_("Choose who was present."), code="presence", field="presences")
        return dict(presences)
    if status == Status.NO_SHOW:
        if Presence.PRESENT in presences.values():
            raise SessionError(
                _("Somebody was present, so the meeting was held."), code="present_at_no_show", field="presences"
            )
        excused = Presence.EXCUSED
        return {pk: excused if value == excused else Presence.UNEXCUSED for pk, value in presences.items()}
    return dict.fromkeys(presences, Presence.EXPECTED)  # planned, or cancelled: who was invited
