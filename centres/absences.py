"""Who enters and ends absences, and the rules of both."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from centres.duties import duties_of
from centres.models import (
    AT_A_CENTRE,
    LONGEST_ABSENCE,
    Absence,
    AbsenceQuerySet,
    Role,
    StaffMember,
    StaffMemberQuerySet,
)
from centres.models.absences import works_at
from foundation.formats import format_date, format_time
from foundation.forms import check_version
from foundation.rules import RuleError


class AbsenceError(RuleError):
    """A rule of absences forbids this step. ``code`` says which rule."""


def absences_kept_by(user: User) -> AbsenceQuerySet:
    """One's own; and, for who coordinates or heads a centre, those of everybody who works there."""
    duties = duties_of(user)
    if not duties.centres(*AT_A_CENTRE):
        return Absence.objects.none()
    return Absence.objects.filter(Q(staff=duties.staff_id) | works_at(duties.centres(Role.COORDINATOR, Role.LEAD)))


def staff_kept_by(user: User) -> StaffMemberQuerySet:
    """Those whose absences this person may enter."""
    duties = duties_of(user)
    if not duties.centres(*AT_A_CENTRE):
        return StaffMember.objects.none()
    themself = StaffMember.objects.filter(user=user)
    return themself | StaffMember.objects.working_at(*duties.centres(Role.COORDINATOR, Role.LEAD))


def with_kind_right(absences: AbsenceQuerySet, user: User) -> AbsenceQuerySet:
    """Add `may_read_kind`: why somebody is away is for themself, for who entered it and for their head of centre.

    To all others they are just away.
    """
    duties = duties_of(user)
    theirs = Q(staff=duties.staff_id) | Q(entered_by=user) | works_at(duties.centres(Role.LEAD))
    return absences.annotate(may_read_kind=theirs)


def span_in_words(from_at: dt.datetime, to_at: dt.datetime) -> str:
    """23.11.2026, 23.11.2026 – 27.11.2026 or 23.11.2026, 9:00–12:00: whole days without their midnights."""
    start, end = timezone.localtime(from_at), timezone.localtime(to_at)
    to_midnight = end.time() == dt.time()
    last = end.date() - dt.timedelta(days=1) if to_midnight else end.date()
    whole = to_midnight and start.time() == dt.time()
    first_day, last_day = format_date(start.date()), format_date(last)
    until = "24:00" if to_midnight else format_time(end)
    if start.date() == last:
        return first_day if whole else f"{first_day}, {format_time(start)}–{until}"
    if whole:
        return f"{first_day} – {last_day}"
    return f"{first_day}, {format_time(start)} – {last_day}, {until}"


@transaction.atomic
def add_absence(staff: StaffMember, *, kind: str, from_at: dt.datetime, to_at: dt.datetime, by: User) -> Absence:
    """Say that somebody is away. Meetings that are planned already stay as they are, until somebody moves them.

    The person's row is locked, as planning a meeting does: either the meeting is seen here, or the absence there.
    Raises AbsenceError.
    """
    if not staff_kept_by(by).filter(pk=staff.pk).exists():
        raise AbsenceError(_("You may enter absences of your own and of your centre's people."), code="not_yours")
    if to_at <= from_at:
        raise AbsenceError(_("The end must be after the start."), code="ends_before_start", field="last_day")
    if to_at - from_at > LONGEST_ABSENCE:
        raise AbsenceError(_("An absence takes three years at most."), code="too_long", field="last_day")
    StaffMember.objects.select_for_update(no_key=True).get(pk=staff.pk)
    if other := Absence.objects.filter(staff=staff).during(from_at, to_at).order_by("from_at").first():
        raise AbsenceError(
            _("An absence is entered for that time already (%(when)s). End it first, or choose other days."),
            code="overlaps",
            field="first_day",
            params={"when": span_in_words(other.from_at, other.to_at)},
        )
    absence = Absence(staff=staff, kind=kind, from_at=from_at, to_at=to_at, entered_by=by)
    absence.clean_fields(exclude=["staff", "entered_by"])
    absence.save(force_insert=True)
    record(by, "centres.add_absence", absence, staff=staff.uuid, from_at=from_at, to_at=to_at)
    return absence


@transaction.atomic
def end_absence(absence: Absence, *, version: int, by: User, now: dt.datetime | None = None) -> Absence | None:
    """Somebody is back: an absence under way ends now. One that has not begun is taken out altogether (None).

    Raises Stale, and AbsenceError where it is over already.
    """
    now = now or timezone.now()
    absence = Absence.objects.select_for_update(of=("self",), no_key=True).get(pk=absence.pk)
    check_version(absence, version)
    if not absences_kept_by(by).filter(pk=absence.pk).exists():
        raise AbsenceError(_("You may enter absences of your own and of your centre's people."), code="not_yours")
    if absence.to_at <= now:
        raise AbsenceError(_("This absence is over already."), code="over")
    facts = {"staff": absence.staff.uuid, "from_at": absence.from_at, "before": absence.to_at}
    if absence.from_at >= now:
        record(by, "centres.end_absence", absence, **facts, after=None)
        absence.delete()
        return None
    absence.to_at = now
    absence.version += 1
    absence.save()
    record(by, "centres.end_absence", absence, **facts, after=now)
    return absence
