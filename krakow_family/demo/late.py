"""Meetings of the last completed month that somebody settled or corrected after it had ended (R4)."""

from __future__ import annotations

import datetime as dt

from dateutil.relativedelta import relativedelta
from django.utils import timezone

from cases.sessions.correction_models import SessionCorrection
from cases.sessions.models import Session

Kind = SessionCorrection.Kind
TOO_SHORT = 15  # minutes that were logged at first less than the meeting took


def correct_some(today: dt.date) -> None:
    """One was settled late, one had been logged too short; both are as their corrections say by now."""
    end = today.replace(day=1)
    first, last = (_midnight(day) for day in (end - relativedelta(months=1), end))
    held = Session.objects.held().filter(starts_at__gte=first, starts_at__lt=last, case__isnull=False)
    chosen = list(held.prefetch_related("attendances__person").order_by("-starts_at", "uuid")[:2])
    for session, kind in zip(chosen, (Kind.SETTLED, Kind.CHANGED), strict=False):
        before, after = _what_changed(session, kind)
        SessionCorrection.objects.create(
            session=session,
            month=first.date(),
            kind=kind,
            before=before,
            after=after,
            at=last + dt.timedelta(hours=8),
            by=session.therapist,
        )


def _what_changed(session: Session, kind: Kind) -> tuple[dict[str, object], dict[str, object]]:
    """As `cases.sessions.corrections` writes it: only what differs, people by their uuid."""
    if kind == Kind.CHANGED:
        return {"minutes": session.minutes - TOO_SHORT}, {"minutes": session.minutes}
    came = {str(row.person.uuid): row.presence for row in session.attendances.all()}
    expected = dict.fromkeys(came, "expected")
    return {"status": "planned", "presences": expected}, {"status": "held", "presences": came}


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
