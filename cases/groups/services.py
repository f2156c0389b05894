"""What happens to a group: it is planned, people get a seat or wait for one, and leave it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from cases.casefile.models import Case
from cases.groups.invitations import invite, withdraw
from cases.people.models import FamilyMember, Person
from cases.sessions.booking import lock_rows, one_at_a_time
from cases.sessions.group_models import LEAVING_REASON_LIMIT, Group, GroupEnrolment, GroupEnrolmentQuerySet
from cases.sessions.models import Attendance
from cases.sessions.moments import midnight
from cases.sessions.rules import SessionError, manages
from cases.sessions.series import plan_series
from cases.sessions.series_models import SessionSeries
from centres.duties import duties_of
from centres.models import Centre, Service
from foundation.formats import format_date
from foundation.forms import check_version

DAY = dt.timedelta(days=1)


def plan_group(
    centre: Centre, *, name: str, about: str, seats: int, service: Service, by: User, **series: Any
) -> Group:
    """Make a group together with all meetings of its cycle, or neither; `series` goes to `plan_series`.

    Raises SessionError.
    """
    with one_at_a_time(), transaction.atomic():
        group = Group(
            centre=centre,
            service=service,
            name=name.strip(),
            about=about.strip(),
            seats=seats,
            created_by_id=duties_of(by).staff_id,
        )
        _check(group)
        _expect_own_name(group)
        group.save(force_insert=True)
        plan_series(group, service=service, by=by, **series)
        record(by, "cases.plan_group", group, centre=centre.slug, service=service.slug, seats=seats)
        return group


@transaction.atomic
def edit_group(group: Group, *, name: str, about: str, seats: int, version: int, by: User) -> Group:
    """Change what a group is called, whom it is for and how many seats it has. Raises SessionError and Stale."""
    group = _locked(group)
    if not manages(group, by):
        raise SessionError(_("Groups of your own centre only are yours to plan."), code="not_yours")
    check_version(group, version)
    taken = _seats_taken(group, timezone.localdate())
    if seats < taken:
        raise SessionError(
            _("%(taken)s seats are taken already."), code="seats_taken", field="seats", params={"taken": taken}
        )
    before = group.seats
    group.name, group.about, group.seats = name.strip(), about.strip(), seats
    _check(group)
    _expect_own_name(group)
    group.version += 1
    group.save()
    record(by, "cases.edit_group", group, seats_before=before, seats=seats)
    return group


def enrol_in_group(
    group: Group,
    *,
    case: Case,
    persons: Collection[Person],
    from_on: dt.date | None,
    leave_out_clashes: bool = False,
    by: User,
) -> list[GroupEnrolment]:
    """Give people of one family a seat from a day on, or with no day a place on the list of those who wait for one.

    Who gets a seat is expected at all meetings from then on. A meeting at which they are somewhere else stops it, or
    with `leave_out_clashes` is left out for them. Raises SessionError.
    """
    with one_at_a_time(), transaction.atomic():
        case = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
        group = _locked(group)
        if not Case.objects.managed_by(by).filter(pk=case.pk).exists():
            raise SessionError(_("You may enrol people of your own cases only."), code="not_yours")
        if case.closed_on:
            raise SessionError(_("This case is closed."), code="case_closed")
        _expect_open(group)
        people = _family_members(case, persons)
        if from_on is not None:
            _expect_day(group, case, from_on)
            _expect_seats(group, from_on, len(people))
        made = []
        for person in people:
            _expect_no_other_seat(group, person, from_on)
            enrolment = GroupEnrolment(
                group=group, case=case, person=person, from_on=from_on, created_by_id=duties_of(by).staff_id
            )
            _check(enrolment)
            enrolment.save(force_insert=True)
            made.append(enrolment)
        invited = 0
        if from_on is not None:
            invited = invite(group, made, leave_out_clashes=leave_out_clashes, named=True)
        for enrolment in made:
            record(
                by,
                "cases.enrol_in_group",
                enrolment,
                group=group.uuid,
                case=case.uuid,
                from_on=from_on,
                invitations=invited,
            )
        return made


def give_seat(
    enrolment: GroupEnrolment, *, from_on: dt.date, leave_out_clashes: bool = False, version: int, by: User
) -> GroupEnrolment:
    """Take somebody from the list of those who wait into the group. Raises SessionError and Stale."""
    with one_at_a_time(), transaction.atomic():
        enrolment, group = _locked_enrolment(enrolment, version, GroupEnrolment.objects.managed_by(by))
        if not enrolment.is_waiting:
            raise SessionError(_("This person does not wait for a seat any more."), code="not_waiting")
        _expect_open(group)
        _expect_day(group, enrolment.case, from_on)
        if not free_seats(group, from_on):
            raise SessionError(
                _("There is no free seat from this day on, so the person stays on the waiting list."),
                code="full",
                field="from_on",
            )
        _expect_no_other_seat(group, enrolment.person, from_on)
        enrolment.from_on = from_on
        enrolment.version += 1
        enrolment.save(update_fields=["from_on", "version"])
        named = Case.objects.readable_by(by).filter(pk=enrolment.case_id).exists()
        invited = invite(group, [enrolment], leave_out_clashes=leave_out_clashes, named=named)
        record(by, "cases.give_seat", enrolment, group=group.uuid, from_on=from_on, invitations=invited)
        return enrolment


@transaction.atomic
def leave_group(enrolment: GroupEnrolment, *, to_on: dt.date, reason: str, version: int, by: User) -> GroupEnrolment:
    """End somebody's place in a group after a day, or their waiting for one; the seat is free from the next day on.

    Meetings after that day do not expect them any more, and take up none of their time. A promised seat is given back
    before its first day; a last day that has not passed may be put right. Only who can tell whom it is about ends it.
    Raises SessionError and Stale.
    """
    enrolment, group = _locked_enrolment(enrolment, version, GroupEnrolment.objects.ended_by(by))
    if enrolment.to_on is not None and enrolment.to_on < timezone.localdate():
        raise SessionError(_("This person has left the group already."), code="left")
    if not reason.strip():
        raise SessionError(_("Give the reason."), code="no_reason", field="reason")
    if len(reason) > LEAVING_REASON_LIMIT:
        raise SessionError(
            _("The reason may have at most %(limit)s characters."),
            code="long_reason",
            field="reason",
            params={"limit": LEAVING_REASON_LIMIT},
        )
    attended = group.sessions.held().filter(
        attendances__person=enrolment.person_id,
        attendances__presence=Attendance.Presence.PRESENT,
        starts_at__gte=midnight(to_on + DAY),
    )
    if attended.exists():
        raise SessionError(
            _("This person was at a later meeting. Choose a day that is not before it."),
            code="was_there_later",
            field="to_on",
        )
    _expect_last_day(enrolment, to_on)
    if enrolment.from_on and to_on < enrolment.from_on:
        enrolment.from_on, to_on = None, max(enrolment.asked_on, min(to_on, timezone.localdate()))
    later = enrolment.to_on is not None and enrolment.to_on < to_on
    if later:
        _expect_to_stay(enrolment, group, to_on)
    end_enrolment(enrolment, group, to_on=to_on, reason=reason.strip(), by=by)
    if later:
        invite(group, [enrolment], leave_out_clashes=True, named=False)
    return enrolment


def end_enrolment(enrolment: GroupEnrolment, group: Group, *, to_on: dt.date, reason: str, by: User) -> GroupEnrolment:
    """The rest of leaving, under the group's lock."""
    enrolment.to_on = to_on
    enrolment.leaving_reason = reason
    enrolment.version += 1
    enrolment.save(update_fields=["from_on", "to_on", "leaving_reason", "version"])
    withdrawn = withdraw(group, enrolment)
    record(by, "cases.leave_group", enrolment, group=group.uuid, to_on=to_on, invitations=withdrawn)
    return enrolment


def free_seats(group: Group, day: dt.date) -> int:
    """How many seats nobody has on this day or on any later one."""
    return max(0, group.seats - _seats_taken(group, day))


def _seats_taken(group: Group, day: dt.date, last: dt.date | None = None) -> int:
    """How many seats are taken on the day, from this one on or to the `last`, on which the most are."""
    return _most_at_once(list(group.enrolments.seated(day, last)), day)


def seat_free_from(group: Group) -> dt.date | None:
    """From which day on a seat is free for good, today at the earliest; None where none is."""
    today = timezone.localdate()
    return free_from(list(group.enrolments.seated(today)), group.seats, today)


def free_from(enrolments: Collection[GroupEnrolment], seats: int, today: dt.date) -> dt.date | None:
    """The same of these people, who are all that have a seat today or later."""
    days = sorted({today, *(one.to_on + DAY for one in enrolments if one.to_on and one.to_on >= today)})
    return next((day for day in days if _most_at_once(enrolments, day) < seats), None)


def _most_at_once(enrolments: Collection[GroupEnrolment], day: dt.date) -> int:
    spans = [one for one in enrolments if one.from_on]
    days = {day, *(one.from_on for one in spans if one.from_on and one.from_on > day)}
    return max(sum(one.holds_on(some) for one in spans) for some in days)


def _expect_day(group: Group, case: Case, day: dt.date) -> None:
    """Nobody has a seat before their case was opened, or after the group's last meeting."""
    if day < case.opened_on:
        raise SessionError(
            _("The case was opened on %(date)s; a seat can't begin earlier."),
            code="before_opening",
            field="from_on",
            params={"date": format_date(case.opened_on)},
        )
    last = group.sessions.planned().order_by("-starts_at").first()
    if last is None or last.day < day:
        raise SessionError(
            _("The group has no meeting on that day or later."), code="after_last_meeting", field="from_on"
        )


def _expect_no_other_seat(group: Group, person: Person, day: dt.date | None) -> None:
    """The constraint keeps one open place of a person; this one a second place before the first has ended."""
    if day is not None and group.enrolments.seated(day).filter(person=person).exists():
        raise SessionError(
            _("This person is already on the list of this group."), code="already_enrolled", field="persons"
        )


def _expect_seats(group: Group, day: dt.date, wanted: int) -> None:
    free = free_seats(group, day)
    if wanted > free:
        raise SessionError(
            _("There are not enough free seats: %(free)s. Put them on the waiting list, or choose fewer people.")
            if free
            else _("There is no free seat. Put them on the waiting list."),
            code="full",
            field="place",
            params={"free": free},
        )


def _expect_last_day(enrolment: GroupEnrolment, to_on: dt.date) -> None:
    """Nobody's seat ends before it began; one that was promised for later is given back today at the earliest."""
    today, from_on = timezone.localdate(), enrolment.from_on
    if from_on is None or to_on >= min(from_on, today):
        return
    begun = from_on <= today
    raise SessionError(
        _("The seat began on %(date)s; the last day can't be earlier.")
        if begun
        else _("The seat begins on %(date)s. To give it back, choose today or a later day."),
        code="before_first_day",
        field="to_on",
        params={"date": format_date(from_on)},
    )


def _expect_to_stay(enrolment: GroupEnrolment, group: Group, to_on: dt.date) -> None:
    """A later last day is a seat for these days: they are in it still, and nobody has been given it meanwhile."""
    assert enrolment.to_on is not None  # noqa: S101 - there is a last day that is put right
    day = enrolment.to_on + DAY
    if enrolment.case.closed_on:
        raise SessionError(_("This case is closed."), code="case_closed", field="to_on")
    family = FamilyMember.objects.current().filter(family=enrolment.case.family_id)
    if not family.filter(person=enrolment.person_id).exists():
        raise SessionError(_("This person has already left the family."), code="not_family", field="to_on")
    _expect_open(group)
    if group.enrolments.seated(day, to_on).filter(person=enrolment.person_id).exists():
        raise SessionError(
            _("This person is already on the list of this group."), code="already_enrolled", field="to_on"
        )
    if _seats_taken(group, day, to_on) >= group.seats:
        raise SessionError(
            _("From %(date)s on somebody else has this seat."),
            code="full",
            field="to_on",
            params={"date": format_date(day)},
        )


def _expect_open(group: Group) -> None:
    if SessionSeries.objects.get(group=group).ended_on is not None:
        raise SessionError(_("This group has ended."), code="ended")


def _family_members(case: Case, persons: Collection[Person]) -> list[Person]:
    if not persons:
        raise SessionError(_("Choose at least one person."), code="nobody", field="persons")
    members = FamilyMember.objects.current().filter(family=case.family_id, person__in=persons)
    people = lock_rows(Person.objects.filter(pk__in=members.values("person")))
    if len(people) != len(set(persons)):
        raise SessionError(_("Choose people of this family only."), code="not_family", field="persons")
    return people


def _locked(group: Group) -> Group:
    return (
        Group.objects.select_for_update(of=("self",), no_key=True).select_related("centre", "service").get(pk=group.pk)
    )


def _locked_enrolment(
    enrolment: GroupEnrolment, version: int, allowed: GroupEnrolmentQuerySet
) -> tuple[GroupEnrolment, Group]:
    """The case, the group, then the enrolment, in the order in which enrolling locks them. It must be `allowed`."""
    Case.objects.select_for_update(of=("self",), no_key=True).get(pk=enrolment.case_id)
    group = _locked(enrolment.group)
    if not allowed.filter(pk=enrolment.pk).exists():
        raise SessionError(_("This place in the group is not yours to change."), code="not_yours")
    rows = GroupEnrolment.objects.select_for_update(of=("self",), no_key=True).select_related("person", "case")
    locked = rows.get(pk=enrolment.pk)
    check_version(locked, version)
    return locked, group


def name_is_taken(centre: Centre, name: str, besides: Group | None = None) -> bool:
    """Whether another group of the centre has this name; capital letters make no difference."""
    own = besides.pk if besides else None
    others = Group.objects.filter(centre=centre).values_list("pk", "name")
    return any(pk != own and _folded(other) == _folded(name) for pk, other in others)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _expect_own_name(group: Group) -> None:
    if name_is_taken(group.centre, group.name, besides=group):
        raise SessionError(_("This centre already has a group of this name."), code="same_name", field="name")


def _check(row: Group | GroupEnrolment) -> None:
    """The model's own rules, said as ours."""
    try:
        row.full_clean()
    except ValidationError as error:
        name, errors = next(iter(error.error_dict.items()))
        first = errors[0]
        raise SessionError(
            first.message, code=first.code or "invalid", field=_FIELDS.get(first.code or "", name), params=first.params
        ) from error


_FIELDS = {"same_name": "name", "already_enrolled": "persons"}
"""Beside which field a broken constraint is said."""
