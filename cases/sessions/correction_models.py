"""What was logged, settled or changed after the month in which the meeting took place had ended (R4)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.sessions.models import Session
from centres.models import StaffMember


class SessionCorrection(models.Model):
    """One such step, as codes and ids: no name and no text. It stays for good; reports count it."""

    class Kind(models.TextChoices):
        LOGGED = "logged", pgettext_lazy("correction", "logged")
        SETTLED = "settled", pgettext_lazy("correction", "settled")
        CHANGED = "changed", pgettext_lazy("correction", "changed")

    session = models.ForeignKey(Session, models.PROTECT, related_name="corrections")
    month = models.DateField()  # its first day; of a meeting moved between two that are over, one row each
    kind = models.CharField(max_length=7, choices=Kind)
    before = models.JSONField()  # only what differs, as `corrections.Facts` names it
    after = models.JSONField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("correction of a meeting")
        verbose_name_plural = _("corrections of meetings")
        default_permissions = ()
        indexes = [models.Index(fields=["month", "session"], name="cases_sessioncorr_by_month")]

    def __str__(self) -> str:
        return f"{self.session_id} {self.month} {self.kind}"
