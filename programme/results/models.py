from __future__ import annotations

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centres.models import Organisation
from programme.plan.models import Indicator, whole


class Result(models.Model):
    """What a unit reported for one indicator and one month (R4).

    What the value means follows from the indicator's type: a count is the month's own number; distinct people and
    families are counted since January; a stock is the state at the month's end; a rate is the month's; growth is per
    cent against the year before; a milestone is 1 when it is reached and 0 until then.
    """

    class Source(models.TextChoices):
        REPORTED = "reported", _("reported")
        DEMO = "demo", _("demonstration data")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="results")
    unit = models.ForeignKey(Organisation, models.PROTECT, related_name="results", verbose_name=_("unit"))
    month = models.DateField(_("month"))  # its first day
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2, null=True, blank=True)
    text = models.CharField(_("text"), max_length=500, blank=True)
    source = models.CharField(_("source"), max_length=8, choices=Source, default=Source.REPORTED)
    evidence = models.CharField(_("evidence"), max_length=300, blank=True)
    entered_at = models.DateTimeField(_("entered at"), default=timezone.now, editable=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("entered by")
    )

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        ordering = ("month",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "month", "unit"],
                name="programme_result_once_per_indicator_month_and_unit",
                violation_error_message=_("This unit has already reported this month."),
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="programme_result_month_is_its_first_day"),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | ~Q(text=""), name="programme_result_says_something"
            ),
        ]
        indexes = [models.Index(fields=["month", "indicator"], name="programme_result_by_month")]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.month:%Y-%m}: {self.text or self.value}"

    @property
    def number(self) -> int | Decimal | None:
        """The value as people write it (9910, not 9910.00)."""
        return None if self.value is None else whole(self.value)


class CountingRule(models.Model):
    """The record of a way of counting: its words and since when it holds. The counting itself is in `counting`."""

    code = models.CharField(_("code"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version"))
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"))
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("counting rule")
        verbose_name_plural = _("counting rules")
        ordering = ("code", "version")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="programme_countingrule_version_is_unique"),
            models.UniqueConstraint(fields=["code", "valid_from"], name="programme_countingrule_one_begins_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"
