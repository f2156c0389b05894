"""A series: the meetings of one therapy, in one rhythm, with one therapist (P2)."""

from __future__ import annotations

import datetime as dt
import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, Max, Min, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.casefile.models import Case, CoordinatorAssignment
from cases.sessions.group_models import Group
from cases.sessions.models import CANCELLED, Session, cases_to_log, place_in_words
from centres.duties import duties_of
from centres.models import Centre, OpeningHours, Role, Room, Service, StaffMember
from foundation.fields import EncryptedTextField

MOST_MEETINGS = 60
REASON_LIMIT = 300  # characters


class SessionSeriesQuerySet(models.QuerySet["SessionSeries"]):
    def visible_to(self, user: User) -> SessionSeriesQuerySet:
        """Series of the cases that this person may read, and of the groups that they may see."""
        readable = Case.objects.readable_by(user).filter(pk=OuterRef("case_id"))
        return self.filter(Q(Exists(readable)) | Q(group__in=Group.objects.seen_by(user)))

    def changed_by(self, user: User) -> SessionSeriesQuerySet:
        """Series that this person may change: the case's coordinator and head all, a therapist their own ones.

        A group's are changed by who manages the group.
        """
        managed = Case.objects.managed_by(user).filter(pk=OuterRef("case_id"))
        logged = cases_to_log(user).filter(pk=OuterRef("case_id"))
        return self.filter(
            Q(Exists(managed))
            | Q(Exists(logged), therapist=duties_of(user).staff_id)
            | Q(group__in=Group.objects.managed_by(user))
        )

    def coordinated_by(self, user: User) -> SessionSeriesQuerySet:
        """Series of the open cases that are in this person's hands as coordinator now."""
        duties = duties_of(user)
        mine = CoordinatorAssignment.objects.current().filter(coordinator=duties.staff_id).values("case")
        centres = duties.centres(Role.COORDINATOR)
        return self.filter(case__in=mine, case__centre__in=centres, case__closed_on=None)

    def open(self) -> SessionSeriesQuerySet:
        return self.filter(ended_on=None)

    def changeable(self) -> SessionSeriesQuerySet:
        """Open ones, and ended ones of which meetings are still to come."""
        return self.filter(Q(ended_on=None) | Q(Exists(Session.objects.coming().filter(series=OuterRef("pk")))))

    def whole(self) -> SessionSeriesQuerySet:
        """With all that a page of one series shows in its head."""
        return self.select_related("case__family", "case__centre", "group__centre", "service", "therapist", "room")

    def with_progress(self, now: dt.datetime | None = None) -> SessionSeriesQuerySet:
        """Add the numbers and dates that `progress.progress_of` puts into words; one grouped query."""
        return self.annotate(**what_happened(now or timezone.now(), to="sessions__"))


def what_happened(now: dt.datetime, *, to: str = "") -> dict[str, models.Aggregate]:
    """What `progress.progress_of` needs to know about the meetings of a series; `to` leads from it to them."""
    state = Session.Status
    planned, held = Q(**{f"{to}status": state.PLANNED}), Q(**{f"{to}status": state.HELD})
    to_come, over = planned & Q(**{f"{to}ends_at__gt": now}), planned & Q(**{f"{to}ends_at__lte": now})
    cancelled = Q(**{f"{to}status__in": CANCELLED})
    meeting, start = f"{to}id", f"{to}starts_at"
    return {
        "held_count": Count(meeting, filter=held),
        "to_come_count": Count(meeting, filter=to_come),
        "unresolved_count": Count(meeting, filter=over),
        "cancelled_count": Count(meeting, filter=cancelled),
        "missed_count": Count(meeting, filter=Q(**{f"{to}status": state.NO_SHOW})),
        "last_held_at": Max(start, filter=held),
        "last_unresolved_at": Max(start, filter=over),
        "first_at": Min(start, filter=~cancelled),
        "last_at": Max(start, filter=~cancelled),
    }


class SessionSeries(models.Model):
    """The plan that its meetings were made from; each of them may still be moved on its own."""

    class Rhythm(models.IntegerChoices):
        WEEKLY = 1, _("every week")
        FORTNIGHTLY = 2, _("every two weeks")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="series")
    group = models.OneToOneField(Group, models.PROTECT, null=True, related_name="series")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("service"))
    therapist = models.ForeignKey(StaffMember, models.PROTECT, related_name="+", verbose_name=_("therapist"))
    co_therapists = models.ManyToManyField(StaffMember, related_name="+", blank=True, verbose_name=_("co-therapists"))
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("room"))
    is_online = models.BooleanField(_("online"), default=False)
    weeks_between = models.PositiveSmallIntegerField(_("how often"), choices=Rhythm)
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=OpeningHours.Weekday)
    time = models.TimeField(_("start"))
    minutes = models.PositiveSmallIntegerField(
        _("length in minutes"), validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    first_on = models.DateField(_("first meeting on"))  # where the rhythm begins; the first meeting may be another day
    count = models.PositiveSmallIntegerField(_("number of meetings"))  # how many there shall be, however often moved
    review_on = models.DateField(_("review by"))  # the end of the half-year, or of what it was extended by
    ended_on = models.DateField(_("ended on"), null=True, blank=True)  # "open" is this being empty
    created_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = SessionSeriesQuerySet.as_manager()

    class Meta:
        verbose_name = _("series of meetings")
        verbose_name_plural = _("series of meetings")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(weeks_between__in=[1, 2]), name="cases_sessionseries_rhythm"),
            models.CheckConstraint(condition=Q(weekday__gte=1, weekday__lte=7), name="cases_sessionseries_weekday"),
            models.CheckConstraint(condition=Q(count__gte=1), name="cases_sessionseries_has_meetings"),
            models.CheckConstraint(
                condition=Q(case__isnull=False, group=None) | Q(case=None, group__isnull=False),
                name="cases_sessionseries_of_a_case_or_a_group",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.first_on} ×{self.count}"

    def get_absolute_url(self) -> str:
        return self.group.get_absolute_url() if self.group else reverse("cases:series", args=[self.uuid])

    @property
    def owner(self) -> Case | Group:
        """Whose meetings these are: a case's or a group's."""
        owner = self.case or self.group
        assert owner is not None  # noqa: S101 - a constraint: it has exactly one
        return owner

    @property
    def where(self) -> str:
        return place_in_words(str(self.room) if self.room else "", self.is_online)

    @property
    def centre(self) -> Centre:
        return self.owner.centre


class SeriesReview(models.Model):
    """What was decided about a series on its way, why and by whom; kept for good."""

    class Decision(models.TextChoices):
        EXTENDED = "extended", _("extended")
        MADE_UP = "made_up", _("meetings made up for")
        ENDED = "ended", _("ended")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    series = models.ForeignKey(SessionSeries, models.PROTECT, related_name="reviews")
    decision = models.CharField(_("decision"), max_length=8, choices=Decision)
    reason = EncryptedTextField(_("reason"), max_plain_length=REASON_LIMIT)
    meetings = models.PositiveSmallIntegerField(_("number of meetings"))  # added, or called off at the end
    on = models.DateField(_("on"), default=timezone.localdate)
    by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.series_id} {self.decision} {self.on}"
