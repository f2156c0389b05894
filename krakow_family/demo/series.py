"""The series that the weekly meetings of an invented therapy belong to."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from uuid import uuid5

from django.utils import timezone

from cases.sessions.models import Session
from cases.sessions.own import ROOM
from cases.sessions.series_models import SeriesReview, SessionSeries

DAY = dt.timedelta(days=1)
ALL_MADE_UP_FOR_BUT = 2


def series_of(meetings: list[Session], today: dt.date) -> tuple[SessionSeries, list[SeriesReview]]:
    """One series for these meetings, unsaved; where the therapy is over, it has ended with a reason.

    What fell out was made up for, save where only one or two meetings did: those are still waited for.
    """
    first = meetings[0]
    start = timezone.localtime(first.starts_at)
    room = Counter(one.room for one in meetings if one.room).most_common(1)
    lost = sum(not one.occupies or one.status == Session.Status.NO_SHOW for one in meetings)
    series = SessionSeries(
        uuid=uuid5(first.uuid, "series"),
        case=first.case,
        service=first.service,
        therapist=first.therapist,
        room=room[0][0] if room else None,
        weeks_between=SessionSeries.Rhythm.WEEKLY,
        weekday=start.isoweekday(),
        time=start.time(),
        minutes=first.minutes,
        first_on=start.date(),
        count=max(1, len(meetings) - (lost if lost > ALL_MADE_UP_FOR_BUT else 0)),
        review_on=start.date() + 182 * DAY,
        created_by=first.therapist,
        created_at=first.created_at,
    )
    for one in meetings:
        one.series = series
        one.own_parts = "" if one.room == series.room else ROOM
    last_on = timezone.localdate(meetings[-1].starts_at)
    if last_on >= today - 14 * DAY:
        return series, []
    series.ended_on = last_on
    review = SeriesReview(
        uuid=uuid5(series.uuid, "review"),
        series=series,
        decision=SeriesReview.Decision.ENDED,
        reason="Terapia zakończona zgodnie z planem.",
        meetings=0,
        on=last_on,
        by=first.therapist,
    )
    return series, [review]
