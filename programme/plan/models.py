from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from uuid import uuid4

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centres.models import Organisation


def whole(value: Decimal) -> int | Decimal:
    """A stored number as people write it: 9910, not 9910.00; a true fraction stays one."""
    return int(value) if value == value.to_integral_value() else value.normalize()


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    def current(self, on: dt.date | None = None) -> ProgrammeQuerySet:
        """The programme in force on a day, first in the list; after its end it stays until a newer one begins."""
        year = (on or timezone.localdate()).year
        begun = models.Case(models.When(first_year__lte=year, then=0), default=1)
        return self.order_by(begun, "-first_year")


class Programme(models.Model):
    """A family-support programme of the municipality: what is to be done in its years, and what it promises."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(unique=True)  # 2025-2027
    title = models.CharField(_("title"), max_length=200)
    full_title = models.CharField(_("full title"), max_length=300)
    first_year = models.PositiveSmallIntegerField(_("first year"))
    last_year = models.PositiveSmallIntegerField(_("last year"))
    # Changes with every load that changes anything: what is remembered of the plan is remembered under it.
    edition = models.UUIDField(default=uuid4, editable=False)
    # The document's own text: [{"key", "title", "paragraphs": [...], "points": [...], "after": [...]}, …]
    about = models.JSONField(_("text of the programme"), default=list)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ("-first_year",)
        constraints = [
            models.CheckConstraint(
                condition=Q(last_year__gte=F("first_year")), name="programme_programme_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("programme:programme")

    @property
    def years(self) -> range:
        return range(self.first_year, self.last_year + 1)


class TargetRevision(models.Model):
    """A decision that set or changed the programme's targets (R3). Number 1 is the programme as adopted."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField(_("number"))
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    resolution = models.CharField(_("resolution number"), max_length=60, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    made_at = models.DateTimeField(_("entered at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("revision of targets")
        verbose_name_plural = _("revisions of targets")
        ordering = ("number",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="programme_targetrevision_numbered_once"),
            models.CheckConstraint(
                condition=Q(number=1) | Q(decided_on__isnull=False),
                name="programme_targetrevision_change_has_its_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id}/{self.number}"


class ProgrammeTask(models.Model):
    """One of the programme's tasks, with the units that answer for it."""

    class Section(models.TextChoices):
        BASIC = "podstawowe", _("basic tasks")
        COMPLEMENTARY = "komplementarne", _("complementary tasks")

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="tasks")
    number = models.PositiveSmallIntegerField(_("number"))
    section_kind = models.CharField(_("kind of section"), max_length=20, choices=Section)
    section_title = models.TextField(_("section"))
    title = models.TextField(_("task"))
    units = models.ManyToManyField(Organisation, through="TaskUnit", related_name="tasks", verbose_name=_("units"))
    budget = models.PositiveBigIntegerField(_("budget in PLN, all years"), null=True, blank=True)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ("number",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="programme_programmetask_numbered_once")
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    @property
    def responsible(self) -> list[Organisation]:
        """The units that answer for the task, in the document's order (prefetch `task_units__organisation`)."""
        return [link.organisation for link in self.task_units.all()]


class TaskUnit(models.Model):
    """That a unit answers for a task; the order is the document's."""

    task = models.ForeignKey(ProgrammeTask, models.CASCADE, related_name="task_units")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="task_units")
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("order",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["task", "organisation"], name="programme_taskunit_once_per_task"),
            models.UniqueConstraint(fields=["task", "order"], name="programme_taskunit_one_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.organisation_id}"


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    def as_of(self, revision: TargetRevision | None) -> IndicatorQuerySet:
        """The indicators that stood in the programme under this revision; None means the programme of today."""
        if revision is None:
            return self.filter(retired_in=None)
        return self.filter(
            Q(retired_in=None) | Q(retired_in__number__gt=revision.number), added_in__number__lte=revision.number
        )


class Indicator(models.Model):
    """What is counted to tell whether a task is done."""

    class Kind(models.TextChoices):
        """How values of several months belong together (R1)."""

        COUNT = "count", _("adds up over the months")
        UNIQUE = "unique", _("distinct people or families since January")
        STOCK = "stock", _("state at the end of the month")
        MONTHLY_RATE = "monthly_rate", _("per month")
        MINIMUM = "minimum", _("at least")
        GROWTH = "growth", _("growth in per cent, year on year")
        MILESTONE = "milestone", _("milestone")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="indicators")  # the task's
    task = models.ForeignKey(ProgrammeTask, models.PROTECT, related_name="indicators")
    number = models.PositiveSmallIntegerField(_("number in its task"))
    code = models.CharField(_("code"), max_length=9)  # 1.1
    wording = models.TextField(_("wording of the programme"))
    name = models.CharField(_("name"), max_length=200)  # a nominative label for pages and reports
    unit_of_measure = models.CharField(_("unit of measure"), max_length=80)
    kind = models.CharField(_("type"), max_length=12, choices=Kind)
    computed_by = models.CharField(_("counting rule"), max_length=40, blank=True)  # CountingRule.code, "" = reported
    added_in = models.ForeignKey(TargetRevision, models.PROTECT, related_name="added_indicators")
    retired_in = models.ForeignKey(
        TargetRevision, models.PROTECT, null=True, blank=True, related_name="retired_indicators"
    )

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ("task__number", "number")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["programme", "code"], name="programme_indicator_code_is_unique"),
            models.UniqueConstraint(fields=["task", "number"], name="programme_indicator_numbered_once_in_its_task"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("programme:indicator", args=[self.code])


class TargetQuerySet(models.QuerySet["Target"]):
    def as_of(self, revision: TargetRevision | None) -> TargetQuerySet:
        """The target of each indicator and year under this revision; None means the newest (R3)."""
        newer = Target.objects.filter(
            indicator=OuterRef("indicator"), year=OuterRef("year"), revision__number__gt=OuterRef("revision__number")
        )
        if revision is None:
            return self.filter(~Exists(newer))
        newer = newer.filter(revision__number__lte=revision.number)
        return self.filter(~Exists(newer), revision__number__lte=revision.number)


class Target(models.Model):
    """What an indicator is to reach in a year: a number, or a text where the programme gives no number."""

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="targets")
    year = models.PositiveSmallIntegerField(_("year"))
    revision = models.ForeignKey(TargetRevision, models.PROTECT, related_name="targets")
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2, null=True, blank=True)
    text = models.CharField(_("text"), max_length=300, blank=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ("year", "revision__number")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "year", "revision"], name="programme_target_once_per_year_and_revision"
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | ~Q(text=""), name="programme_target_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id}/{self.year}: {self.text or self.value}"

    @property
    def number(self) -> int | Decimal | None:
        """The value as people write it (9910, not 9910.00)."""
        return None if self.value is None else whole(self.value)
