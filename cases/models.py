"""Gathers the models of all subjects, because a Django app has one `models` module."""

from cases.casefile.models import (
    CareTeamMember,
    Case,
    CaseNumberSequence,
    CoordinatorAssignment,
    DeadlineRule,
    StageChange,
)
from cases.intake.models import Referral
from cases.people.models import Family, FamilyMember, Person
from cases.sessions.models import Attendance, Occupancy, Session, TherapyNote

__all__ = [
    "Attendance",
    "CareTeamMember",
    "Case",
    "CaseNumberSequence",
    "CoordinatorAssignment",
    "DeadlineRule",
    "Family",
    "FamilyMember",
    "Occupancy",
    "Person",
    "Referral",
    "Session",
    "StageChange",
    "TherapyNote",
]
