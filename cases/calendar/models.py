from __future__ import annotations

import datetime as dt
import secrets
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centres.models import StaffMember
from foundation.search import keyed_hash

TOKEN_BYTES = 32
"""Of chance in the address of a feed: 256 bits, nobody guesses it."""


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> str:
    return keyed_hash(f"calendar feed {token}")


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def live(self) -> CalendarFeedQuerySet:
        return self.filter(revoked_at=None)

    def by_token(self, token: str) -> CalendarFeedQuerySet:
        """The one whose address holds this token, of a person who may still sign in."""
        return self.live().filter(token_hash=hash_of(token), staff__user__is_active=True)


class CalendarFeed(models.Model):
    """A secret address under which a calendar program reads one person's meetings; the token itself is not kept."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    staff = models.ForeignKey(StaffMember, models.PROTECT, related_name="calendar_feeds")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_read_on = models.DateField(null=True, editable=False)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("address of a calendar")
        verbose_name_plural = _("addresses of calendars")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["staff"], condition=Q(revoked_at=None), name="cases_calendarfeed_one_live_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"calendar feed {self.uuid}"

    def note_reading(self, today: dt.date) -> bool:
        """Write down that it was read today; False where that is written already. One UPDATE decides."""
        fresh = CalendarFeed.objects.filter(Q(last_read_on=None) | Q(last_read_on__lt=today), pk=self.pk)
        return bool(fresh.update(last_read_on=today))
