from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from cases.casefile.models import CareTeamMember, Case, CaseQuerySet
from cases.people.models import Person
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Centre, Role, Room, Service, StaffMember
from foundation.fields import EncryptedTextField

if TYPE_CHECKING:
    from cases.sessions.group_models import Group

LONGEST = dt.timedelta(minutes=480)
SHORTEST = dt.timedelta(minutes=5)
SUMMARY_LIMIT = 500  # characters
CANCEL_REASON_LIMIT = 300  # characters
MOST_OTHER_MINUTES = 480
"""Of travel and of documentation for one meeting."""

# Written into the SQL itself: SQLite does not use an index "where status = 'planned'" for a bound value.
_PLANNED = Func(template="'planned'", output_field=models.CharField())


def cases_to_log(user: User) -> CaseQuerySet:
    """Cases whose meetings this person may plan and log: its coordinator, head of centre and team's therapists.

    A clinical lead reads every file and writes in none.
    """
    duties = duties_of(user)
    team = CareTeamMember.objects.current().filter(case=OuterRef("pk"), staff=duties.staff_id)
    in_team = Case.objects.filter(Exists(team), centre__in=duties.centres(Role.THERAPIST))
    return Case.objects.managed_by(user) | in_team


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: User) -> SessionQuerySet:
        """Meetings whose time and service this person may see: own ones, those of readable cases and own groups.

        A group's meeting is seen by who reads the case of somebody in it, too; whom else they see there is another
        question (`Group.names_seen_by`).
        """
        readable = Case.objects.readable_by(user)
        in_group = Attendance.objects.filter(session=OuterRef("pk"), case__in=readable.values("pk"))
        return self.filter(
            _run_by(user)
            | Q(Exists(readable.filter(pk=OuterRef("case_id"))))
            | (Q(group__isnull=False) & (_group_of_own_centre(user) | Q(Exists(in_group))))
        )

    def in_calendar_of(self, user: User) -> SessionQuerySet:
        """Meetings that fill this person's calendar: a therapist's own, a centre's for who coordinates or leads it."""
        duties = duties_of(user)
        if Role.CLINICAL_LEAD in duties.roles:
            return self.all()
        return self.filter(_run_by(user) | Q(centre__in=duties.centres(Role.COORDINATOR, Role.LEAD)))

    def run_by(self, user: User) -> SessionQuerySet:
        """Meetings that this person leads, alone or with others, at a centre where they still work."""
        return self.filter(_run_by(user))

    def led_by(self, user: User) -> SessionQuerySet:
        """Those of `run_by` in which this person is the therapist; an index serves their order."""
        duties = duties_of(user)
        return self.filter(therapist=duties.staff_id, centre__in=duties.centres(*AT_A_CENTRE))

    def co_led_by(self, user: User) -> SessionQuerySet:
        """The rest of `run_by`: this person is a co-therapist."""
        duties = duties_of(user)
        return self.filter(co_therapists=duties.staff_id, centre__in=duties.centres(*AT_A_CENTRE))

    def with_leader(self, staff: Any) -> SessionQuerySet:
        """Meetings that this member of staff leads, alone or with others; wherever they work now."""
        return self.filter(led_with(staff))

    def recorded_by(self, user: User) -> SessionQuerySet:
        """Meetings that this person may log: who leads them, the case's coordinator, the head of centre."""
        managed = Case.objects.managed_by(user).filter(pk=OuterRef("case_id"))
        headed = Q(group__isnull=False, centre__in=duties_of(user).centres(Role.LEAD))
        return self.filter(_run_by(user) | Q(Exists(managed)) | headed)

    def changed_by(self, user: User, now: dt.datetime | None = None) -> SessionQuerySet:
        """Meetings that this person may move or call off: those they may log, and their centre's groups' to come."""
        coordinated = Q(group__isnull=False, centre__in=duties_of(user).centres(Role.COORDINATOR))
        return self.recorded_by(user) | self.filter(coordinated, starts_at__gt=now or timezone.now())

    def of_case(self, case: Case) -> SessionQuerySet:
        """The case's own meetings, and those of groups to which somebody of it was invited."""
        in_groups = Attendance.objects.filter(case=case, session__group__isnull=False).order_by()
        return self.filter(Q(case=case) | Q(pk__in=in_groups.values("session")))

    def planned(self) -> SessionQuerySet:
        return self.filter(status=_PLANNED)

    def unresolved(self, now: dt.datetime | None = None) -> SessionQuerySet:
        """Planned meetings that are over: nobody has said yet whether they took place."""
        return self.planned().filter(ends_at__lte=now or timezone.now())

    def coming(self, now: dt.datetime | None = None) -> SessionQuerySet:
        """Planned meetings that have not begun."""
        return self.planned().filter(starts_at__gt=now or timezone.now())

    def held(self) -> SessionQuerySet:
        return self.filter(status=Session.Status.HELD)

    def for_list(self) -> SessionQuerySet:
        """With what a row of a list shows."""
        return self.select_related("service", "therapist", "room", "case", "group").defer("summary")

    def with_people(self, of: Case | None = None) -> SessionQuerySet:
        """With the list of people, the oldest first, or those `of` one case alone; two more queries."""
        invited = Attendance.objects.select_related("person").order_by("person__birth_date", "id")
        if of is not None:
            invited = invited.filter(case=of)
        return self.prefetch_related(Prefetch("attendances", queryset=invited))

    def whole(self) -> SessionQuerySet:
        """With all that a page of one meeting shows."""
        return self.with_names().with_people().prefetch_related("co_therapists")

    def with_names(self) -> SessionQuerySet:
        """The same without the people and the co-therapists, in one query."""
        more = ("case__family", "case__centre", "centre", "series", "resolved_by")
        return self.for_list().select_related(*more).defer(None)

    def with_reading_right(self, user: User) -> SessionQuerySet:
        """Add `may_read`: a family's name stands only where this person may read its case (design part 3)."""
        readable = Case.objects.readable_by(user).filter(pk=OuterRef("case_id"))
        return self.select_related("case__family", "group").annotate(may_read=Exists(readable))


def _run_by(user: User) -> Q:
    """Somebody who has left a centre, or now holds another kind of role, sees nothing of the past any more."""
    duties = duties_of(user)
    return led_with(duties.staff_id) & Q(centre__in=duties.centres(*AT_A_CENTRE))


def led_with(staff: Any) -> Q:
    """Whether this member of staff, or the one in an outer query, leads the meeting, alone or with others."""
    co_led = Session.co_therapists.through.objects.filter(session=OuterRef("pk"), staffmember=staff)
    return Q(therapist=staff) | Q(Exists(co_led))


def _group_of_own_centre(user: User) -> Q:
    """A group is the business of the centre that runs it, and of the clinical lead."""
    duties = duties_of(user)
    if Role.CLINICAL_LEAD in duties.roles:
        return Q(group__isnull=False)
    return Q(group__isnull=False, centre__in=duties.centres(Role.COORDINATOR, Role.LEAD))


def place_in_words(room: str, is_online: bool) -> str:
    return " · ".join(filter(None, [room, str(_("online")) if is_online else ""]))


class Session(models.Model):
    """One meeting of a therapist with a family, or with a group."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        HELD = "held", _("held")
        CANCELLED_BY_FAMILY = "by_family", _("cancelled by the family")
        CANCELLED_BY_CENTRE = "by_centre", _("cancelled by the centre")
        CANCELLED_BY_THERAPIST = "by_therapist", _("cancelled by the therapist")
        NO_SHOW = "no_show", _("no-show")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Where a foreign key has no index of its own, one of those below begins with it.
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, related_name="sessions", verbose_name=_("case"), db_index=False
    )
    group = models.ForeignKey(
        "cases.Group",
        models.PROTECT,
        null=True,
        related_name="sessions",
        verbose_name=pgettext_lazy("people", "group"),
        db_index=False,
    )
    centre = models.ForeignKey(  # its owner's, to count
        Centre, models.PROTECT, related_name="sessions", editable=False, db_index=False
    )
    service = models.ForeignKey(Service, models.PROTECT, related_name="sessions", verbose_name=_("service"))
    therapist = models.ForeignKey(
        StaffMember, models.PROTECT, related_name="sessions", verbose_name=_("therapist"), db_index=False
    )
    co_therapists = models.ManyToManyField(
        StaffMember, related_name="co_led_sessions", blank=True, verbose_name=_("co-therapists")
    )
    room = models.ForeignKey(
        Room, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("room")
    )
    is_online = models.BooleanField(_("online"), default=False)
    travel_minutes = models.PositiveSmallIntegerField(_("travel in minutes"), default=0)
    paperwork_minutes = models.PositiveSmallIntegerField(_("documentation in minutes"), default=0)
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PLANNED)
    cancel_reason = EncryptedTextField(
        _("why it was called off"), blank=True, default="", max_plain_length=CANCEL_REASON_LIMIT
    )
    resolved_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, editable=False, related_name="+")
    series = models.ForeignKey(
        "cases.SessionSeries", models.PROTECT, null=True, editable=False, related_name="sessions", db_index=False
    )
    own_parts = models.CharField(max_length=60, blank=True, default="", editable=False)  # see `cases.sessions.own`
    summary = EncryptedTextField(
        _("summary for the coordinator"), blank=True, default="", max_plain_length=SUMMARY_LIMIT
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    # Apart from `version`, so that a draft saved every few seconds overtakes nobody who moves the meeting.
    words_version = models.PositiveIntegerField(default=1, editable=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        default_permissions = ()
        permissions = [("view_numbers", "May see numbers of meetings, hours and attendance")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="cases_session_ends_after_start",
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=False, group=None) | Q(case=None, group__isnull=False),
                name="cases_session_of_a_case_or_a_group",
            ),
            models.CheckConstraint(
                condition=Q(travel_minutes__lte=MOST_OTHER_MINUTES, paperwork_minutes__lte=MOST_OTHER_MINUTES),
                name="cases_session_other_minutes_within_a_day",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "starts_at"], name="cases_session_by_case"),
            models.Index(fields=["therapist", "starts_at"], name="cases_session_by_therapist"),
            models.Index(
                fields=["series", "starts_at"], condition=Q(series__isnull=False), name="cases_session_by_series"
            ),
            models.Index(
                fields=["group", "starts_at"], condition=Q(group__isnull=False), name="cases_session_by_group"
            ),
            models.Index(
                fields=["centre", "starts_at", "status", "service", "case"], name="cases_session_for_reports"
            ),
            models.Index(
                fields=["case", "ends_at"], condition=Q(status="planned"), name="cases_session_planned_by_case"
            ),
            models.Index(
                fields=["therapist", "ends_at"],
                condition=Q(status="planned"),
                name="cases_session_planned_by_staff",
            ),
            models.Index(
                fields=["centre", "ends_at"], condition=Q(status="planned"), name="cases_session_planned_centre"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.starts_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("cases:session", args=[self.uuid])

    @property
    def owner(self) -> Case | Group:
        """Whose meeting it is: a case's or a group's."""
        owner = self.case or self.group
        assert owner is not None  # noqa: S101 - a constraint: it has exactly one
        return owner

    @property
    def leaders(self) -> list[StaffMember]:
        """The therapist, then the co-therapists by name."""
        return [self.therapist, *sorted(self.co_therapists.all(), key=str)]

    @property
    def day(self) -> dt.date:
        """The day on which it begins, by the clocks of Kraków."""
        return timezone.localdate(self.starts_at)

    @property
    def where(self) -> str:
        """The room, and that people see each other on a screen: „Pokój 1 · online”; empty for neither."""
        return place_in_words(str(self.room) if self.room else "", self.is_online)

    @property
    def minutes(self) -> int:
        return round((self.ends_at - self.starts_at).total_seconds() / 60)

    def is_unresolved(self, now: dt.datetime | None = None) -> bool:
        return self.status == self.Status.PLANNED and self.ends_at <= (now or timezone.now())

    @property
    def is_cancelled(self) -> bool:
        return self.status in CANCELLED

    @property
    def occupies(self) -> bool:
        """Whether the meeting takes up its people and its room: a cancelled one frees them."""
        return not self.is_cancelled


CANCELLED = (
    Session.Status.CANCELLED_BY_FAMILY,
    Session.Status.CANCELLED_BY_CENTRE,
    Session.Status.CANCELLED_BY_THERAPIST,
)


class Attendance(models.Model):
    """Whether a person came to a meeting; while it is planned, that they are expected."""

    class Presence(models.TextChoices):
        EXPECTED = "expected", _("expected")
        PRESENT = "present", _("present")
        EXCUSED = "excused", _("absent, excused")
        UNEXCUSED = "unexcused", _("absent, unexcused")

    # Sessions and cases have an index below that begins with them.
    session = models.ForeignKey(Session, models.CASCADE, related_name="attendances", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="attendances")
    case = models.ForeignKey(Case, models.PROTECT, related_name="attendances", db_index=False)
    presence = models.CharField(_("presence"), max_length=9, choices=Presence, default=Presence.EXPECTED)
    is_late = models.BooleanField(_("came late"), default=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["session", "person"], name="cases_attendance_once_per_session_and_person"),
            models.CheckConstraint(
                condition=Q(is_late=False) | Q(presence="present"), name="cases_attendance_late_is_present"
            ),
        ]
        indexes = [models.Index(fields=["case", "person"], name="cases_attendance_by_case")]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.session_id}: {self.presence}"


class Occupancy(models.Model):
    """Who or what is taken up by a meeting, and when. Nobody is in two places at once (design part 4)."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="occupancies")
    # Each of these three has an index below.
    staff = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="occupancies", db_index=False)
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="occupancies", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="occupancies", db_index=False)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(staff__isnull=False, room=None, person=None)
                | Q(staff=None, room__isnull=False, person=None)
                | Q(staff=None, room=None, person__isnull=False),
                name="cases_occupancy_is_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(to_at__gt=F("from_at")), name="cases_occupancy_ends_after_start"),
        ]
        indexes = [
            models.Index(
                fields=["staff", "from_at", "to_at"], condition=Q(staff__isnull=False), name="cases_occupancy_staff"
            ),
            models.Index(
                fields=["room", "from_at", "to_at"], condition=Q(room__isnull=False), name="cases_occupancy_room"
            ),
            models.Index(
                fields=["person", "from_at", "to_at"], condition=Q(person__isnull=False), name="cases_occupancy_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_at}–{self.to_at}"
