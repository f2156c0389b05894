"""Meetings of the last month that nobody has settled: a report of real life has such a gap, and names it."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from cases.sessions.models import Attendance, Session
from cases.sessions.note_models import TherapyNote
from centres.models import Role
from krakow_family.demo.accounts import Staff

LAST_DAYS = dt.timedelta(days=9)


def forget_some(
    sessions: list[Session], attendances: list[Attendance], notes: list[TherapyNote], staff: Staff, today: dt.date
) -> None:
    """One therapist of each centre has not settled the meetings of the last completed month's last days."""
    end = today.replace(day=1)
    busy = {held[Role.THERAPIST][0].pk for held in staff.values()}
    forgotten = {
        id(session)
        for session in sessions
        if session.status == Session.Status.HELD
        and session.therapist_id in busy
        and end - LAST_DAYS <= timezone.localdate(session.starts_at) < end
    }
    for session in sessions:
        if id(session) in forgotten:
            session.status, session.summary, session.resolved_by = Session.Status.PLANNED, "", None
    for row in attendances:
        if id(row.session) in forgotten:
            row.presence = Attendance.Presence.EXPECTED
    notes[:] = [note for note in notes if id(note.session) not in forgotten]
