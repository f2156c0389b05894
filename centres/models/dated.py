"""Facts with a time of validity: addresses, opening hours, roles."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Dated(models.Model):
    """A fact with a time of validity; an empty end means that it still holds."""

    from_on = models.DateField(_("from"), default=timezone.localdate)
    to_on = models.DateField(_("to"), null=True, blank=True, help_text=_("Leave empty while it still holds."))

    class Meta:
        abstract = True

    @staticmethod
    def holds(on: dt.date | None = None, prefix: str = "") -> Q:
        """The condition „holds on this day”, for a filter on the model itself or across a relation."""
        day = on or timezone.localdate()
        return Q(**{f"{prefix}from_on__lte": day}) & (
            Q(**{f"{prefix}to_on": None}) | Q(**{f"{prefix}to_on__gte": day})
        )


def ends_after_start(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(to_on=None) | Q(to_on__gte=F("from_on")),
        name=name,
        violation_error_message=_("The end may not be before the start."),
    )
