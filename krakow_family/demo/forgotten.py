"""Meetings of the last month that nobody has settled: a report of real life has such a gap, and names it."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from cases.sessions.models import Attendance, Session
from cases.sessions.note_models import TherapyNote

ONE_IN = 12


def forget_some(
    sessions: list[Session], attendances: list[Attendance], notes: list[TherapyNote], today: dt.date
) -> None:
    """Of what was held in the last completed month, leave some meetings planned; the same ones every time."""
    last = today.replace(day=1) - dt.timedelta(days=1)
    forgotten = {
        id(session)
        for session in sessions
        if session.status == Session.Status.HELD
        and last.replace(day=1) <= timezone.localdate(session.starts_at) <= last
        and session.uuid.int % ONE_IN == 0
    }
    for session in sessions:
        if id(session) in forgotten:
            session.status, session.summary = Session.Status.PLANNED, ""
    for row in attendances:
        if id(row.session) in forgotten:
            row.presence = Attendance.Presence.EXPECTED
    notes[:] = [note for note in notes if id(note.session) not in forgotten]
