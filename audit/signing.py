"""The signatures of entries and seals, made with a key that is not in the database."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from datetime import UTC
from typing import Protocol

from django.conf import settings

from audit.models import AuditEntry, AuditSeal


def sign(*parts: object) -> str:
    text = json.dumps([str(part) for part in parts], ensure_ascii=False)
    return hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def mac_of_entry(entry: AuditEntry) -> str:
    """The signature of what an entry says; its place in the order is vouched for by the seal."""
    return sign(
        entry.uuid,
        entry.at.astimezone(UTC).isoformat(),
        entry.actor_id,
        entry.action,
        entry.object_type,
        entry.object_uuid,
        json.dumps(entry.details, sort_keys=True, ensure_ascii=False),
    )


def mac_of_seal(seal: AuditSeal, previous_mac: str) -> str:
    return sign(
        seal.number, seal.sealed_at.astimezone(UTC).isoformat(), seal.entry_count, seal.entries_digest, previous_mac
    )


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class EntriesDigest:
    """SHA-256 over the uuids and MACs of a seal's entries, given one after another in the order of their ids."""

    def __init__(self) -> None:
        self.count = 0
        self._hash: _Hash = hashlib.sha256()

    def add(self, entry_uuid: uuid.UUID, mac: str) -> None:
        self.count += 1
        self._hash.update(entry_uuid.bytes)
        self._hash.update(mac.encode())

    def hexdigest(self) -> str:
        return self._hash.hexdigest()
