"""A group: seats, who leads it, who is enrolled and who waits for a seat. Its meetings are a series of its own."""

from __future__ import annotations

import datetime as dt
import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from cases.casefile.models import Case
from cases.people.models import Person
from cases.sessions.models import Session
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Centre, Role, Service, StaffMember
from foundation.fields import EncryptedTextField

MOST_SEATS = 60
LEAVING_REASON_LIMIT = 300  # characters


class GroupQuerySet(models.QuerySet["Group"]):
    def seen_by(self, user: User) -> GroupQuerySet:
        """Groups whose name, times and free seats this person may see: of all centres, as families are sent on."""
        duties = duties_of(user)
        plans = duties.centres(*AT_A_CENTRE) or Role.CLINICAL_LEAD in duties.roles
        return self.all() if plans else self.none()

    def managed_by(self, user: User) -> GroupQuerySet:
        """Groups that this person may change: those of the centres that they coordinate or head."""
        return self.filter(centre__in=duties_of(user).centres(Role.COORDINATOR, Role.LEAD))

    def known_by_name_to(self, user: User) -> GroupQuerySet:
        """Groups whose whole list of people this person may read: who leads one, and the head of its centre."""
        duties = duties_of(user)
        if Role.CLINICAL_LEAD in duties.roles:
            return self.all()
        leads = Session.objects.run_by(user).filter(group=OuterRef("pk"))
        return self.filter(_led_by(user) | Q(Exists(leads)) | Q(centre__in=duties.centres(Role.LEAD)))

    def led_by(self, user: User) -> GroupQuerySet:
        """Groups whose cycle this person leads, alone or with others, at a centre where they still work."""
        return self.filter(_led_by(user))

    def recorded_by(self, user: User) -> GroupQuerySet:
        """Groups for which this person may enter a meeting that took place: who leads it, and the head of centre."""
        return self.filter(_led_by(user) | Q(centre__in=duties_of(user).centres(Role.LEAD)))

    def with_rights(self, user: User) -> GroupQuerySet:
        """Add `may_record`, as `recorded_by` says."""
        return self.annotate(may_record=Exists(Group.objects.recorded_by(user).filter(pk=OuterRef("pk"))))

    def open(self) -> GroupQuerySet:
        return self.filter(series__ended_on=None)

    def with_counts(self, today: dt.date | None = None) -> GroupQuerySet:
        """Add `taken_count`, `waiting_count`: how many seats are taken for longer than today, and how many wait."""
        day = today or timezone.localdate()
        seated = Q(enrolments__from_on__isnull=False) & (Q(enrolments__to_on=None) | Q(enrolments__to_on__gt=day))
        waiting = Q(enrolments__from_on=None, enrolments__to_on=None, enrolments__isnull=False)
        return self.annotate(
            taken_count=Count("enrolments", filter=seated), waiting_count=Count("enrolments", filter=waiting)
        )

    def with_seat_to_give(self, today: dt.date | None = None) -> GroupQuerySet:
        """Running groups in which a seat is free though somebody waits for one, who waits longest first."""
        counted = self.open().with_counts(today).filter(Q(waiting_count__gt=0, taken_count__lt=F("seats")))
        waiting = GroupEnrolment.objects.waiting().filter(group=OuterRef("pk"))
        first = Subquery(waiting.values("asked_on")[:1])
        return counted.annotate(waiting_since=first).order_by("waiting_since", "id")

    def whole(self) -> GroupQuerySet:
        """With all that the page of one group shows in its head."""
        more = ("centre", "service", "series__therapist", "series__room", "series__service")
        return self.select_related(*more).prefetch_related("series__co_therapists")


def _led_by(user: User) -> Q:
    duties = duties_of(user)
    own = Q(series__therapist=duties.staff_id) | Q(series__co_therapists=duties.staff_id)
    led = Group.objects.filter(own, centre__in=duties.centres(*AT_A_CENTRE))
    return Q(pk__in=led.order_by().values("pk"))


class Group(models.Model):
    """People of several families who meet for a training, a workshop or support (TUS, school for parents …)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="groups", verbose_name=_("centre"))
    service = models.ForeignKey(Service, models.PROTECT, related_name="groups", verbose_name=_("service"))
    name = models.CharField(_("name of the group"), max_length=80)
    about = models.CharField(_("for whom"), max_length=300, blank=True)
    seats = models.PositiveSmallIntegerField(
        _("seats"), validators=[MinValueValidator(1), MaxValueValidator(MOST_SEATS)]
    )
    created_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("people", "group")
        verbose_name_plural = pgettext_lazy("people", "groups")
        default_permissions = ()
        permissions = [
            ("view_groups", "May see the groups"),
            ("plan_groups", "May plan groups, and enrol people in them"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(seats__gte=1, seats__lte=MOST_SEATS), name="cases_group_has_some_seats"
            ),
            models.UniqueConstraint(
                "centre",
                Lower("name"),  # SQLite knows the letters of English alone: services look themselves, too
                name="cases_group_name_is_unique_in_its_centre",
                violation_error_message=_("This centre already has a group of this name."),
                violation_error_code="same_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("cases:group", args=[self.uuid])

    @property
    def leaders(self) -> list[StaffMember]:
        """Who leads its cycle: the therapist, then the co-therapists by name."""
        return [self.series.therapist, *sorted(self.series.co_therapists.all(), key=str)]


class GroupEnrolmentQuerySet(models.QuerySet["GroupEnrolment"]):
    def seated(self, first_on: dt.date, last_on: dt.date | None = None) -> GroupEnrolmentQuerySet:
        """Those who have a seat on some day from `first_on` to `last_on`; without an end, on some day from then on."""
        found = self.filter(Q(to_on=None) | Q(to_on__gte=first_on), from_on__isnull=False)
        return found if last_on is None else found.filter(from_on__lte=last_on)

    def waiting(self) -> GroupEnrolmentQuerySet:
        """Those who wait for a seat, the longest first."""
        return self.filter(from_on=None, to_on=None).order_by("asked_on", "id")

    def open(self) -> GroupEnrolmentQuerySet:
        return self.filter(to_on=None)

    def lasting(self) -> GroupEnrolmentQuerySet:
        """Places that have not ended yet, even if it is known when they will."""
        return self.filter(Q(to_on=None) | Q(to_on__gte=timezone.localdate(), from_on__isnull=False))

    def outlasting(self, day: dt.date) -> GroupEnrolmentQuerySet:
        """Places that would go on after this day, and whoever waits for one."""
        return self.filter(Q(to_on=None) | Q(to_on__gt=day, from_on__isnull=False))

    def managed_by(self, user: User) -> GroupEnrolmentQuerySet:
        """Whom this person may give a seat or take from the list: own cases' people, and the own centre's groups."""
        managed = Case.objects.managed_by(user).filter(pk=OuterRef("case_id"))
        return self.filter(Q(Exists(managed)) | Q(group__in=Group.objects.managed_by(user)))

    def ended_by(self, user: User) -> GroupEnrolmentQuerySet:
        """Whom this person may take from the list: those of `managed_by` of whom they can tell who it is.

        That is by name, or by the number of a case that has nobody else in the group.
        """
        named = Case.objects.readable_by(user).filter(pk=OuterRef("case_id"))
        seen = Case.objects.visible_to(user).filter(pk=OuterRef("case_id"))
        of_the_case = GroupEnrolment.objects.lasting().filter(group=OuterRef("group_id"), case=OuterRef("case_id"))
        alone = Q(Exists(seen)) & ~Q(Exists(of_the_case.exclude(person=OuterRef("person_id"))))
        whole = Q(group__in=Group.objects.known_by_name_to(user))
        return self.managed_by(user).filter(Q(Exists(named)) | whole | alone)

    def for_case(self) -> GroupEnrolmentQuerySet:
        """With what the case's own page says about the groups that its people are in."""
        return self.select_related("person", "group__centre", "group__service", "group__series").order_by("id")

    def for_list(self) -> GroupEnrolmentQuerySet:
        return self.select_related("person", "case__centre", "case__family")

    def with_rights(self, user: User) -> GroupEnrolmentQuerySet:
        """Add `may_read` and `may_see`, whether this person may open the case, or see its header; and `may_change` and
        `may_end`, as `managed_by` and `ended_by` say.
        """
        own = {"pk": OuterRef("pk")}
        case = {"pk": OuterRef("case_id")}
        return self.annotate(
            may_read=Exists(Case.objects.readable_by(user).filter(**case)),
            may_see=Exists(Case.objects.visible_to(user).filter(**case)),
            may_change=Exists(GroupEnrolment.objects.managed_by(user).filter(**own)),
            may_end=Exists(GroupEnrolment.objects.ended_by(user).filter(**own)),
        )


class GroupEnrolment(models.Model):
    """A person's place in a group, or on the list of those who wait for one, with dates."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    group = models.ForeignKey(Group, models.PROTECT, related_name="enrolments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="enrolments")
    case = models.ForeignKey(Case, models.PROTECT, related_name="enrolments")  # on whose behalf they come
    asked_on = models.DateField(_("on the list since"), default=timezone.localdate)
    from_on = models.DateField(_("from"), null=True, blank=True)  # empty while they wait for a seat
    to_on = models.DateField(_("to"), null=True, blank=True)  # the last day; empty while they take part or wait
    leaving_reason = EncryptedTextField(
        _("why they left"), blank=True, default="", max_plain_length=LEAVING_REASON_LIMIT
    )
    created_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = GroupEnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["group", "person"],
                condition=Q(to_on=None),
                name="cases_groupenrolment_once_at_a_time",
                violation_error_message=_("This person is already on the list of this group."),
                violation_error_code="already_enrolled",
            ),
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(from_on=None) | Q(to_on__gte=F("from_on")),
                name="cases_groupenrolment_ends_after_start",
                violation_error_message=_("The end may not be before the start."),
            ),
        ]
        indexes = [models.Index(fields=["case", "group"], name="cases_groupenrolment_by_case")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.group_id}: {self.from_on}–{self.to_on}"

    def holds_on(self, day: dt.date) -> bool:
        """Whether the person has a seat on this day."""
        return self.from_on is not None and self.from_on <= day and (self.to_on is None or day <= self.to_on)

    @property
    def is_waiting(self) -> bool:
        return self.from_on is None and self.to_on is None
