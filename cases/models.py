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
from cases.calendar.models import CalendarFeed
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
from cases.reminders.models import Reminder, SafeContact
from cases.sessions.correction_models import SessionCorrection
from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.note_models import NoteAddendum, TherapyNote
from cases.sessions.series_models import SeriesReview, SessionSeries

__all__ = [
    "Addendum",
    "AlertMail",
    "AlertReading",
    "AreaLevel",
    "Assessment",
    "AssessmentParticipant",
    "Attendance",
    "CalendarFeed",
    "CareTeamMember",
    "Case",
    "CaseNumberSequence",
    "CoordinatorAssignment",
    "CoupleOverride",
    "CriticalAlert",
    "DeadlineRule",
    "Family",
    "FamilyMember",
    "Group",
    "GroupEnrolment",
    "Instrument",
    "InstrumentVersion",
    "Interview",
    "Judgement",
    "NoteAddendum",
    "Occupancy",
    "Person",
    "ProposalDecision",
    "Referral",
    "Reminder",
    "SafeContact",
    "SeriesReview",
    "Session",
    "SessionCorrection",
    "SessionSeries",
    "Sheet",
    "StageChange",
    "TherapyNote",
]
