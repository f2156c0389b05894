"""What the demonstration's assessments are made from, and the rows that become of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from django.db.models import Model
from django.utils import timezone

from cases.assessments.models import (
    Addendum,
    AlertMail,
    AlertReading,
    AreaLevel,
    Assessment,
    AssessmentParticipant,
    CoupleOverride,
    CriticalAlert,
    Interview,
    Judgement,
    ProposalDecision,
    Sheet,
)
from cases.casefile.models import Case
from cases.instruments.models import InstrumentVersion
from cases.people.models import Person
from centres.models import StaffMember

BATCH = 500


@dataclass
class Family:
    """One case, and what its assessments are made of."""

    case: Case
    coordinator: StaffMember
    therapist: StaffMember | None
    parts: dict[Person, str]
    reached: Mapping[str, dt.date]  # stage → when it began
    burdens: dict[str, float]  # area → 0 (light) to 1


@dataclass
class World:
    """What is being made, kept until it is written in bulk."""

    rng: Random
    today: dt.date
    version: InstrumentVersion
    clinical_leads: list[StaffMember]
    assessments: list[Assessment] = field(default_factory=list)
    participants: list[AssessmentParticipant] = field(default_factory=list)
    interviews: list[Interview] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    levels: list[AreaLevel] = field(default_factory=list)
    overrides: list[CoupleOverride] = field(default_factory=list)
    alerts: list[CriticalAlert] = field(default_factory=list)
    readings: list[AlertReading] = field(default_factory=list)
    mails: list[AlertMail] = field(default_factory=list)
    decisions: list[ProposalDecision] = field(default_factory=list)
    addenda: list[Addendum] = field(default_factory=list)

    def uid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def moment(self, day: dt.date, hour: int) -> dt.datetime:
        return timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))

    def write(self) -> None:
        """Everything, in the order in which it refers to each other.

        A finalised assessment takes nothing more (N9) and a case has one draft, so all begin as broken off, and get
        their own state last.
        """
        ends = [(one, one.status, one.abandoned_at) for one in self.assessments]
        for one in self.assessments:
            one.status, one.abandoned_at = Assessment.Status.ABANDONED, self.moment(one.started_on, 8)
        _write(self.assessments, self.participants, self.interviews, self.sheets, self.judgements, self.levels)
        for one, status, abandoned_at in ends:
            one.status, one.abandoned_at = status, abandoned_at
            one.save()
        _write(self.overrides, self.alerts, self.readings, self.mails, self.decisions, self.addenda)


def _write(*tables: Sequence[Model]) -> None:
    for rows in tables:
        if rows:
            type(rows[0])._default_manager.bulk_create(rows, batch_size=BATCH)
