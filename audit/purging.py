"""Deleting what the retention is over for: whole months, whole seals, from the beginning of the chain (D3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min, Sum
from django.utils import timezone

from audit.models import AuditEntry, AuditSeal, SealedEntry
from audit.services import lock_the_chain, record

SEALS_AT_ONCE = 50


@dataclass(frozen=True)
class Purge:
    """Which seals' entries are old enough to go; `up_to_seal` is 0 where none are."""

    before: dt.datetime
    up_to_seal: int
    seals: int
    entries: int


def oldest_kept(today: dt.date | None = None) -> dt.datetime:
    """The start of the oldest month that must be kept: that many full months before this one, by Warsaw's clock."""
    first = (today or timezone.localdate()).replace(day=1) - relativedelta(months=settings.AUDIT_RETENTION_MONTHS)
    return timezone.make_aware(dt.datetime.combine(first, dt.time.min))


def plan_purge() -> Purge:
    """What a purge would delete now. A seal with a single entry that must stay, stays with all that follow it."""
    before = oldest_kept()
    last_old = AuditSeal.objects.filter(sealed_at__lt=before).order_by("number").last()
    up_to = last_old.number if last_old else 0
    not_yet = SealedEntry.objects.filter(seal__number__lte=up_to, entry__at__gte=before)
    if (kept := not_yet.aggregate(first=Min("seal__number"))["first"]) is not None:
        up_to = kept - 1
    going = AuditSeal.objects.filter(number__lte=up_to, purged=False)
    return Purge(before, up_to, going.count(), going.aggregate(all=Sum("entry_count"))["all"] or 0)


def purge_log() -> Purge:
    """Delete what `plan_purge` says, and leave the seals as checkpoints, so that the chain can still be verified.

    First the purge goes on record and its seals are marked, in one transaction; then the entries go, part by part.
    A purge that was interrupted is finished by the next one.
    """
    with transaction.atomic():
        lock_the_chain()
        purge = plan_purge()
        if purge.seals:
            record(None, "audit.purge_log", before=purge.before, up_to_seal=purge.up_to_seal, entries=purge.entries)
            _let_delete()
            AuditSeal.objects.filter(number__lte=purge.up_to_seal, purged=False).update(purged=True)
    while _delete_some():
        pass
    return purge


def _delete_some() -> bool:
    with transaction.atomic():
        lock_the_chain()
        sealed = SealedEntry.objects.filter(seal__purged=True)
        seals = list(sealed.order_by("seal_id").values_list("seal_id", flat=True).distinct()[:SEALS_AT_ONCE])
        if not seals:
            return False
        _let_delete()
        sealed = SealedEntry.objects.filter(seal__in=seals)
        entries = list(sealed.values_list("entry_id", flat=True))
        sealed.delete()
        for start in range(0, len(entries), 1_000):
            # the one place that deletes entries: AuditEntry.objects.delete() refuses
            old = AuditEntry.objects.filter(pk__in=entries[start : start + 1_000])
            old._raw_delete(old.db)
        return True


def _let_delete() -> None:
    """PostgreSQL's triggers let this transaction delete, and no other."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL portal.purging_audit = 'on'")
