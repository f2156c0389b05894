"""Writing the audit log. `record()` is called in the transaction of what it records."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from datetime import UTC
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from accounts.models import User
from audit.models import AuditEntry, AuditSeal, SealedEntry

SEAL_AT_MOST = 5_000


def record(by: User | None, action: str, obj: models.Model | None = None, /, **details: Any) -> AuditEntry:
    """Put one change, read or denial on record, in the transaction that is open now.

    `details` are uuids, codes, dates and counts that tell a reviewer what happened; names and note text stay out (D3).
    """
    entry = AuditEntry(
        actor=by,
        action=action,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_uuid=getattr(obj, "uuid", None),
        details=json.loads(json.dumps(details, cls=DjangoJSONEncoder)),
    )
    entry.mac = mac_of_entry(entry)
    entry.save(force_insert=True)
    return entry


def _sign(*parts: object) -> str:
    text = json.dumps([str(part) for part in parts], ensure_ascii=False)
    return hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def mac_of_entry(entry: AuditEntry) -> str:
    """The signature of what an entry says; its place in the order is vouched for by the seal."""
    return _sign(
        entry.uuid,
        entry.at.astimezone(UTC).isoformat(),
        entry.actor_id,
        entry.action,
        entry.object_type,
        entry.object_uuid,
        json.dumps(entry.details, sort_keys=True, ensure_ascii=False),
    )


def mac_of_seal(seal: AuditSeal, previous_mac: str) -> str:
    return _sign(
        seal.number, seal.sealed_at.astimezone(UTC).isoformat(), seal.entry_count, seal.entries_digest, previous_mac
    )


def digest_of(entries: list[tuple[uuid.UUID, str]]) -> str:
    """SHA-256 over the uuids and MACs of a seal's entries, in the order of their ids."""
    digest = hashlib.sha256()
    for entry_uuid, mac in entries:
        digest.update(entry_uuid.bytes)
        digest.update(bytes.fromhex(mac))
    return digest.hexdigest()


@transaction.atomic
def seal_entries() -> AuditSeal | None:
    """Seal the committed entries that no seal vouches for yet. Returns None where there are none.

    Membership is a row per entry, so an entry that commits late, with a lower id, simply joins the next seal.
    Two sealers at once: the second waits for the last seal's row lock, or loses on the unique number and retries later.
    """
    previous = AuditSeal.objects.select_for_update().order_by("number").last()
    entries = list(
        AuditEntry.objects.unsealed().order_by("id").values_list("id", "uuid", "mac")[:SEAL_AT_MOST]
    )
    if not entries:
        return None
    seal = AuditSeal(
        number=previous.number + 1 if previous else 1,
        entry_count=len(entries),
        entries_digest=digest_of([(entry_uuid, mac) for _, entry_uuid, mac in entries]),
    )
    seal.mac = mac_of_seal(seal, previous.mac if previous else "")
    seal.save(force_insert=True)
    SealedEntry.objects.bulk_create([SealedEntry(entry_id=pk, seal=seal) for pk, _, _ in entries], batch_size=500)
    return seal
