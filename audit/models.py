from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def unsealed(self) -> AuditEntryQuerySet:
        return self.filter(in_seal=None)


class AuditEntry(models.Model):
    """One thing that somebody did, read or was refused. Written once, never changed (D3)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(_("when"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("who")
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
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_entry_by_time"),
            models.Index(fields=["actor", "-id"], name="audit_entry_by_actor"),
            models.Index(fields=["object_uuid", "-id"], name="audit_entry_by_object"),
            models.Index(fields=["action", "-id"], name="audit_entry_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class AuditSeal(models.Model):
    """A link of the chain: it vouches for a set of committed entries and for the seal before it."""

    number = models.PositiveBigIntegerField(unique=True)  # 1, 2, 3 … without gaps
    sealed_at = models.DateTimeField(default=timezone.now)
    entry_count = models.PositiveIntegerField()
    entries_digest = models.CharField(max_length=64)  # SHA-256 over the entries' MACs in order of their ids
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
