"""Writing the audit log. `record()` is called in the transaction of what it records."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEntry, AuditSeal, SealedEntry
from audit.signing import EntriesDigest, mac_of_entry, mac_of_seal

SEAL_AT_MOST = 5_000
AUTOSAVE_RECORDED_EVERY = dt.timedelta(hours=1)
LONGEST_TRANSACTION = dt.timedelta(hours=1)
"""How long an entry may wait for its commit and still be found without a search through the whole log."""

_LOCK = 0x617564697473  # any number that only the sealer and the purge use


def record(by: User | None, action: str, obj: models.Model | None = None, /, **details: Any) -> AuditEntry:
    """Put one change, read or denial on record, in the transaction that is open now.

    `details` are uuids, codes, dates and counts that tell a reviewer what happened; names and note text stay out (D3).
    """
    kind = obj._meta.label_lower if obj is not None else ""
    return record_about(by, action, kind, getattr(obj, "uuid", None), **details)


def record_save(by: User, action: str, obj: models.Model, /, *, autosave: bool, **details: Any) -> None:
    """Each save by hand is on record; of a person's autosaves of one thing the first in every hour (decision 0067)."""
    if autosave:
        hour_ago = timezone.now() - AUTOSAVE_RECORDED_EVERY
        same = AuditEntry.objects.filter(
            object_uuid=getattr(obj, "uuid", None), action=action, actor=by, at__gte=hour_ago
        )
        if same.exists():
            return
    record(by, action, obj, autosave=autosave, **details)


def record_about(
    by: User | None, action: str, object_type: str, object_uuid: uuid.UUID | None, /, **details: Any
) -> AuditEntry:
    """The same about a record that is not at hand, such as one that somebody was refused."""
    entry = AuditEntry(
        actor=by,
        action=action,
        object_type=object_type,
        object_uuid=object_uuid,
        details=_storable(json.loads(json.dumps(details, cls=DjangoJSONEncoder))),
    )
    entry.mac = mac_of_entry(entry)
    entry.save(force_insert=True)
    return entry


def _storable(value: Any) -> Any:
    """The same value as every database gives it back, so that its signature holds.

    PostgreSQL's jsonb refuses NUL and half of a surrogate pair, which a URL may carry, and rewrites floats.
    """
    if isinstance(value, dict):
        return {str(_storable(key)): _storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return str(value) if isinstance(value, float) else value


def lock_the_chain() -> None:
    """Wait until nobody else seals or purges; until the end of the transaction. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


@transaction.atomic
def seal_entries() -> AuditSeal | None:
    """Seal the committed entries that no seal vouches for yet, at most 5 000. Returns None where there are none.

    Membership is a row per entry, so an entry that commits late, with a lower id, simply joins the next seal.
    """
    lock_the_chain()
    previous = AuditSeal.objects.order_by("number").last()
    unsealed = AuditEntry.objects.unsealed(after=sealed_up_to(previous))
    entries = list(unsealed.values_list("id", "uuid", "mac")[:SEAL_AT_MOST])
    if not entries:
        return None
    digest = EntriesDigest()
    for _, entry_uuid, mac in entries:
        digest.add(entry_uuid, mac)
    seal = AuditSeal(
        number=previous.number + 1 if previous else 1, entry_count=digest.count, entries_digest=digest.hexdigest()
    )
    seal.mac = mac_of_seal(seal, previous.mac if previous else "")
    seal.save(force_insert=True)
    SealedEntry.objects.bulk_create([SealedEntry(entry_id=pk, seal=seal) for pk, _, _ in entries], batch_size=500)
    return seal


def sealed_up_to(previous: AuditSeal | None) -> int:
    """The id below which no unsealed entry can be: the search starts there instead of at the log's beginning.

    An entry below the highest id of a seal was waiting for its commit when that seal was made; an hour later it has
    come. The first seal of each day searches the whole log all the same, and `verify_audit` tells what still waits.
    """
    now = timezone.now()
    if previous is None or timezone.localdate(previous.sealed_at) != timezone.localdate(now):
        return 0
    settled = AuditSeal.objects.filter(sealed_at__lte=now - LONGEST_TRANSACTION).order_by("-number").first()
    if settled is None:
        return 0
    return SealedEntry.objects.filter(seal=settled).aggregate(last=Max("entry_id"))["last"] or 0
