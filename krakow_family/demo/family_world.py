"""What the invented families are made in, until it is written in bulk."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from django.utils import timezone

from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.note_models import TherapyNote
from cases.sessions.series_models import SeriesReview, SessionSeries
from centres.models import Room, Service
from krakow_family.demo.accounts import Staff

DAY = dt.timedelta(days=1)


@dataclass
class World:
    """What is being made, kept until it is written in bulk."""

    rng: Random
    today: dt.date
    start: dt.date
    staff: Staff
    services: dict[str, list[Service]] = field(default_factory=dict)
    rooms: dict[str, list[Room]] = field(default_factory=dict)
    taken: set[tuple[str, int, dt.datetime]] = field(default_factory=set)
    numbers: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    series: list[SessionSeries] = field(default_factory=list)
    series_reviews: list[SeriesReview] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    attendances: list[Attendance] = field(default_factory=list)
    occupancies: list[Occupancy] = field(default_factory=list)
    notes: list[TherapyNote] = field(default_factory=list)

    def uid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def moment(self, day: dt.date, hour: int = 9) -> dt.datetime:
        return timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))
