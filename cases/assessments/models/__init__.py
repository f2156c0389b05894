"""Gathers the models of assessments: the assessment, its answers, what comes out of it, and critical answers."""

from cases.assessments.models.alerts import (
    AlertMail,
    AlertReading,
    CoupleOverride,
    CriticalAlert,
)
from cases.assessments.models.assessments import (
    Assessment,
    AssessmentParticipant,
    AssessmentQuerySet,
    Interview,
    Judgement,
    Sheet,
)
from cases.assessments.models.outcome import Addendum, AreaLevel, ProposalDecision

__all__ = [
    "Addendum",
    "AlertMail",
    "AlertReading",
    "AreaLevel",
    "Assessment",
    "AssessmentParticipant",
    "AssessmentQuerySet",
    "CoupleOverride",
    "CriticalAlert",
    "Interview",
    "Judgement",
    "ProposalDecision",
    "Sheet",
]
