"""Gathers the models of all subjects, because a Django app has one `models` module."""

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
from cases.casefile.models import (
    CareTeamMember,
    Case,
    CaseNumberSequence,
    CoordinatorAssignment,
    DeadlineRule,
    StageChange,
)
from cases.instruments.models import Instrument, InstrumentVersion
from cases.intake.models import Referral
from cases.people.models import Family, FamilyMember, Person
from cases.sessions.models import Attendance, Occupancy, Session, TherapyNote

__all__ = [
    "Addendum",
    "AlertMail",
    "AlertReading",
    "AreaLevel",
    "Assessment",
    "AssessmentParticipant",
    "Attendance",
    "CareTeamMember",
    "Case",
    "CaseNumberSequence",
    "CoordinatorAssignment",
    "CoupleOverride",
    "CriticalAlert",
    "DeadlineRule",
    "Family",
    "FamilyMember",
    "Instrument",
    "InstrumentVersion",
    "Interview",
    "Judgement",
    "Occupancy",
    "Person",
    "ProposalDecision",
    "Referral",
    "Session",
    "Sheet",
    "StageChange",
    "TherapyNote",
]
