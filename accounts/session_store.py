"""Django's sessions in the database, read by a kept statement: every page asks for one before anything else."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from foundation.statements import kept


class SessionStore(db.SessionStore):
    """As Django's own; only the statement is not put together anew each time."""

    def load(self) -> dict[str, Any]:
        key = self.session_key or ""
        # No key of ours has other characters in it, and PostgreSQL takes offence at a NUL.
        for session in _running(key=key, now=timezone.now()) if key.isalnum() else ():
            return self.decode(session.session_data)
        self._session_key = None  # unknown, or over: whatever is stored now gets a key of its own
        return {}


@kept
def _running(*, key: str, now: dt.datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)
