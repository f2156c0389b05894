from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class AppendOnlyError(TypeError):
    """Somebody's code tried to change the log. Only `purge_audit` deletes, and nothing rewrites."""


def _refuse() -> NoReturn:
    raise AppendOnlyError("The audit log is append-only.")


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def shown_to(self, user: User) -> AuditEntryQuerySet:
        """All entries: who may read the log reads the whole of it."""
        return self.all() if user.has_perm("audit.view_log") else self.none()

    def unsealed(self, after: int = 0) -> AuditEntryQuerySet:
        """Entries that no seal vouches for yet, in the order of their ids; `after` spares reading the old ones."""
        return self.filter(id__gt=after, in_seal=None).order_by("id")

    def between(self, start: dt.datetime | None, end: dt.datetime | None) -> AuditEntryQuerySet:
        """Entries from `start` on and before `end`."""
        found = self.filter(at__gte=start) if start else self
        return found.filter(at__lt=end) if end else found

    def update(self, **kwargs: Any) -> NoReturn:
        _refuse()

    def delete(self) -> NoReturn:
        _refuse()


class AuditEntry(models.Model):
    """One thing that somebody did, read or was refused. Written once, never changed (D3)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(_("when"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("who"), db_index=False
    )
    action = models.CharField(_("action"), max_length=80)  # <app>.<verb_noun>, the name of the service or view
    object_type = models.CharField(_("kind of record"), max_length=60, blank=True)
    object_uuid = models.UUIDField(_("record"), null=True)
    details = models.JSONField(default=dict)  # uuids, codes, dates and counts; never names or note text
    mac = models.CharField(max_length=64)  # HMAC over all of the above, with a key outside the database

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        default_permissions = ()
        permissions = [("view_log", "May read the audit log")]
        ordering = ("-at", "-id")
        # Every question to the log ends in „newest first, page by page, perhaps within these days”.
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_entry_by_time"),
            models.Index(fields=["actor", "-at", "-id"], name="audit_entry_by_actor"),
            models.Index(fields=["object_uuid", "-at", "-id"], name="audit_entry_by_object"),
            models.Index(fields=["action", "-at", "-id"], name="audit_entry_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse()


class AuditSeal(models.Model):
    """A link of the chain: it vouches for a set of committed entries and for the seal before it."""

    number = models.PositiveBigIntegerField(unique=True)  # 1, 2, 3 … without gaps
    sealed_at = models.DateTimeField(default=timezone.now)
    entry_count = models.PositiveIntegerField()
    entries_digest = models.CharField(max_length=64)  # SHA-256 over the entries' uuids and MACs in order of their ids
    mac = models.CharField(max_length=64)  # HMAC over number, time, count, digest and the previous seal's MAC
    purged = models.BooleanField(default=False)  # a checkpoint: the entries were deleted after their retention

    class Meta:
        default_permissions = ()
        ordering = ("number",)
        constraints = [
            models.CheckConstraint(condition=Q(entry_count__gt=0), name="audit_auditseal_is_not_empty"),
        ]

    def __str__(self) -> str:
        return f"seal {self.number}"


class SealedEntry(models.Model):
    """Which seal vouches for which entry. A table of its own, because entries themselves are never updated."""

    entry = models.OneToOneField(AuditEntry, models.CASCADE, primary_key=True, related_name="in_seal")
    seal = models.ForeignKey(AuditSeal, models.CASCADE, related_name="sealed_entries")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.entry_id} in seal {self.seal_id}"
