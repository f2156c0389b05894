from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.intake.models import Referral
from cases.people.models import Family
from centres.duties import duties_of
from centres.models import Centre, Role, StaffMember
from foundation.addresses import address_of

NO_DEADLINE = dt.date(9999, 12, 31)  # a date, not NULL, so that the list's keyset stays one comparison


class Stage(models.TextChoices):
    """Where a family is on its way (design part 6). Changed only by services."""

    DIAGNOSIS = "diagnosis", _("Diagnosis")
    PLAN = "plan", _("Support plan")
    WAITING = "waiting", _("Waiting list")
    THERAPY = "therapy", _("Therapy")
    FOLLOW_UP = "follow_up", _("Follow-up")
    CLOSED = "closed", _("Closed")


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User) -> CaseQuerySet:
        """Cases whose header (number, stage, deadline) this person may see: own centre's and own care teams'."""
        return self.filter(reasons_to_see(user))

    def readable_by(self, user: User) -> CaseQuerySet:
        """Cases whose file this person may open: coordinator, care team, head of centre, clinical lead."""
        return self.filter(reasons_to_read(user)).select_related("family", "centre", "referral")

    def with_reading_right(self, user: User) -> CaseQuerySet:
        """Add `may_read`: a family's name is shown only to those who may read the case (design part 3)."""
        return self.annotate(may_read=models.Case(models.When(reasons_to_read(user), then=True), default=False))

    def managed_by(self, user: User) -> CaseQuerySet:
        """Cases that this person may change: the current coordinator and the head of centre."""
        duties = duties_of(user)
        may = Q(centre__in=duties.centres(Role.LEAD))
        if Role.COORDINATOR in duties.roles:
            may |= Q(Exists(_assigned(duties.staff_id)), centre__in=duties.centres(Role.COORDINATOR))
        return self.filter(may).select_related("family", "centre", "referral")

    def led_by(self, user: User) -> CaseQuerySet:
        """Cases of the centres that this person heads."""
        return self.filter(centre__in=duties_of(user).centres(Role.LEAD))

    def worked_on_by(self, user: User) -> CaseQuerySet:
        """Cases that are this person's daily work: those they coordinate or in whose care team they are."""
        assigned, in_team = _work_of(user)
        cases = assigned.order_by().values("case").union(in_team.order_by().values("case"))
        # One list of ids, not two conditions joined by OR: those would be asked of every case of the centre.
        return self.filter(pk__in=cases)

    def in_hands_of(self, user: User) -> CaseQuerySet:
        """Those of `worked_on_by` that are open: each open one is asked, which are few beside all of many years."""
        assigned, in_team = (Exists(rows.filter(case=OuterRef("pk"))) for rows in _work_of(user))
        return self.open().filter(Q(assigned) | Q(in_team))

    def with_coordinator_name(self) -> CaseQuerySet:
        """Add `coordinator_name`, None where nobody has been assigned."""
        current = CoordinatorAssignment.objects.current().filter(case=OuterRef("pk"))
        name = Concat("coordinator__first_name", models.Value(" "), "coordinator__last_name")
        return self.annotate(coordinator_name=models.Subquery(current.values(full_name=name)[:1]))

    def open(self) -> CaseQuerySet:
        return self.filter(closed_on=None)

    def without_coordinator(self) -> CaseQuerySet:
        return self.exclude(Exists(CoordinatorAssignment.objects.current().filter(case=OuterRef("pk"))))

    def overdue(self, today: dt.date | None = None) -> CaseQuerySet:
        return self.filter(next_deadline_on__lt=today or timezone.localdate())


def _work_of(user: User) -> tuple[CoordinatorAssignmentQuerySet, CareTeamMemberQuerySet]:
    """What this person coordinates today, and in which care teams they are."""
    staff_id = duties_of(user).staff_id
    return (
        CoordinatorAssignment.objects.current().filter(coordinator=staff_id),
        CareTeamMember.objects.current().filter(staff=staff_id),
    )


class DeadlineKind(models.TextChoices):
    NONE = "", _("no deadline")
    DIAGNOSIS = "diagnosis", _("diagnosis")
    THERAPY_START = "therapy_start", _("start of therapy")
    THERAPY_END = "therapy_end", _("end of therapy")


class Case(models.Model):
    """One family's time with one centre, from accepted referral to closure."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=12, unique=True)  # W/2026/0001 (P7)
    family = models.ForeignKey(Family, models.PROTECT, related_name="cases")
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="cases")
    referral = models.OneToOneField(Referral, models.PROTECT, related_name="case")
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.DIAGNOSIS)
    stage_since_on = models.DateField(_("in this stage since"))
    received_on = models.DateField(_("referral received on"))  # all clocks start here
    opened_on = models.DateField(_("opened on"))
    diagnosed_on = models.DateField(_("diagnosed on"), null=True, blank=True)
    diagnosed_by = models.ForeignKey(
        StaffMember, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("diagnosed by")
    )
    therapy_started_on = models.DateField(_("therapy started on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)  # "open" is this being empty
    next_deadline_kind = models.CharField(max_length=15, choices=DeadlineKind, blank=True, editable=False)
    next_deadline_on = models.DateField(_("next deadline"), default=NO_DEADLINE, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        default_permissions = ()
        permissions = [
            ("view_today", "May see the page of today"),
            ("view_caseload", "May see the list of cases"),
            ("view_waitlist", "May see the waiting list"),
            ("view_calendar", "May see the calendar"),
            ("assign_coordinator", "May give a case to a coordinator"),
        ]
        indexes = [
            models.Index(fields=["centre", "next_deadline_on", "id"], name="cases_case_by_deadline"),
            models.Index(
                fields=["centre", "next_deadline_on", "id"],
                condition=Q(closed_on=None),
                name="cases_case_open_by_deadline",
            ),
            models.Index(fields=["centre", "stage", "received_on", "id"], name="cases_case_by_stage"),
            models.Index(fields=["next_deadline_on", "id"], name="cases_case_all_by_deadline"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["family", "centre"],
                condition=Q(closed_on=None),
                name="cases_case_one_open_per_family_and_centre",
                violation_error_message=_("This family already has an open case at this centre."),
                violation_error_code="already_open",
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on")), name="cases_case_closed_after_opened"
            ),
            models.CheckConstraint(
                condition=Q(stage=Stage.CLOSED, closed_on__isnull=False)
                | (~Q(stage=Stage.CLOSED) & Q(closed_on=None)),
                name="cases_case_closed_stage_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(diagnosed_on=None) | Q(diagnosed_on__gte=F("received_on")),
                name="cases_case_diagnosed_after_receipt",
                violation_error_message=_("The diagnosis can't be earlier than the referral."),
                violation_error_code="diagnosed_before_receipt",
            ),
            models.CheckConstraint(
                condition=Q(opened_on__gte=F("received_on")), name="cases_case_opened_after_receipt"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return address_of("cases:case", self.uuid)

    @property
    def is_open(self) -> bool:
        return self.closed_on is None


class CaseNumberSequence(models.Model):
    """The last case number given at a centre in a year; its row is locked while the next one is taken (P7)."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["centre", "year"], name="cases_casenumbersequence_one_per_centre_and_year")
        ]

    def __str__(self) -> str:
        return f"{self.centre_id}/{self.year}/{self.last}"


class StageChange(models.Model):
    """One step of a case on its path; the history behind `Case.stage`."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="stage_changes")
    stage = models.CharField(_("stage"), max_length=10, choices=Stage)
    on = models.DateField(_("on"))
    by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("note"), max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("on", "id")
        indexes = [models.Index(fields=["stage", "on", "case"], name="cases_stagechange_by_stage")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.stage} {self.on}"


class CoordinatorAssignmentQuerySet(models.QuerySet["CoordinatorAssignment"]):
    def current(self) -> CoordinatorAssignmentQuerySet:
        return self.filter(ended_on=None)


class CoordinatorAssignment(models.Model):
    """Who coordinated a case and when; exactly one at a time (P5)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="assignments")
    coordinator = models.ForeignKey(
        StaffMember, models.PROTECT, related_name="assignments", verbose_name=_("coordinator")
    )
    started_on = models.DateField(_("from"), default=timezone.localdate)
    ended_on = models.DateField(_("to"), null=True, blank=True)
    note = models.CharField(_("handover note"), max_length=500, blank=True)

    objects = CoordinatorAssignmentQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("started_on", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended_on=None), name="cases_coordinatorassignment_one_current_per_case"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                name="cases_coordinatorassignment_ends_after_start",
            ),
        ]
        indexes = [
            models.Index(fields=["coordinator", "case"], condition=Q(ended_on=None), name="cases_assignment_current")
        ]

    def __str__(self) -> str:
        return f"{self.coordinator_id} for {self.case_id}"

    def end(self, on: dt.date | None = None) -> None:
        self.ended_on = on or timezone.localdate()
        self.save(update_fields=["ended_on"])


class CareTeamMemberQuerySet(models.QuerySet["CareTeamMember"]):
    def current(self, on: dt.date | None = None) -> CareTeamMemberQuerySet:
        day = on or timezone.localdate()
        return self.filter(Q(to_on=None) | Q(to_on__gte=day), from_on__lte=day)


class CareTeamMember(models.Model):
    """Somebody who works with the family besides its coordinator, with dates: this is what opens the file to them."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="care_team")
    staff = models.ForeignKey(StaffMember, models.PROTECT, related_name="care_teams", verbose_name=_("person"))
    from_on = models.DateField(_("from"), default=timezone.localdate)
    to_on = models.DateField(_("to"), null=True, blank=True)

    objects = CareTeamMemberQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("from_on", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["case", "staff"],
                condition=Q(to_on=None),
                name="cases_careteammember_once_at_a_time",
                violation_error_message=_("This person is already in the care team."),
                violation_error_code="already_in_team",
            ),
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(to_on__gte=F("from_on")), name="cases_careteammember_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["staff", "case"], name="cases_careteam_by_staff")]

    def __str__(self) -> str:
        return f"{self.staff_id} for {self.case_id}"


class DeadlineRule(models.Model):
    """When a deadline falls and from when it is amber; a row, so that a centre's setting is data (K1)."""

    class Unit(models.TextChoices):
        DAY = "day", _("days")
        MONTH = "month", _("months")

    kind = models.CharField(_("deadline"), max_length=15, choices=DeadlineKind, unique=True)
    due_after = models.PositiveSmallIntegerField(_("due after"))
    unit = models.CharField(_("unit"), max_length=5, choices=Unit)
    amber_after = models.PositiveSmallIntegerField(
        _("amber after"), help_text=_("In the same unit, from the same day.")
    )
    source = models.CharField(_("source of the rule"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("deadline rule")
        verbose_name_plural = _("deadline rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(amber_after__lte=F("due_after")),
                name="cases_deadlinerule_amber_before_due",
                violation_error_message=_("Amber can't begin after the deadline."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.due_after} {self.get_unit_display()}"


def reasons_to_see(user: User, case: str = "pk", centre: str = "centre") -> Q:
    """Why somebody may see the header of a case; for records that belong to one, `case` and `centre` lead to it."""
    duties = duties_of(user)
    if Role.CLINICAL_LEAD in duties.roles:
        return Q(**{f"{case}__isnull": False})
    own = Q(**{f"{centre}__in": duties.centres(Role.COORDINATOR, Role.LEAD)})
    if Role.THERAPIST in duties.roles:
        own |= Q(Exists(_in_care_team(duties.staff_id, case)))
    return own


def reasons_to_read(user: User, case: str = "pk", centre: str = "centre") -> Q:
    """Why somebody may open the file of a case; for records that belong to one, `case` and `centre` lead to it."""
    duties = duties_of(user)
    if Role.CLINICAL_LEAD in duties.roles:
        return Q(**{f"{case}__isnull": False})
    may = Q(**{f"{centre}__in": duties.centres(Role.LEAD)})
    if Role.COORDINATOR in duties.roles:
        may |= Q(Exists(_assigned(duties.staff_id, case)), **{f"{centre}__in": duties.centres(Role.COORDINATOR)})
    if duties.roles & {Role.THERAPIST, Role.COORDINATOR}:
        may |= Q(Exists(_in_care_team(duties.staff_id, case)))
    return may


def _assigned(staff_id: int | None, case: str = "pk") -> CoordinatorAssignmentQuerySet:
    return CoordinatorAssignment.objects.current().filter(case=OuterRef(case), coordinator=staff_id)


def _in_care_team(staff_id: int | None, case: str = "pk") -> CareTeamMemberQuerySet:
    return CareTeamMember.objects.current().filter(case=OuterRef(case), staff=staff_id)
