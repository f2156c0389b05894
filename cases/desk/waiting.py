"""What waits for somebody: critical answers, second signatures, decisions, assessments in progress, notes to sign."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.models import User
from cases.assessments.models import (
    Assessment,
    AssessmentQuerySet,
    CoupleOverride,
    CriticalAlert,
    ProposalDecision,
)
from cases.casefile.models import Case
from cases.desk.signals import Tile
from cases.instruments.models import InstrumentVersion
from cases.sessions.note_models import TherapyNote
from centres.duties import duties_of
from centres.models import Role

AT_MOST = 20
ABOUT = ("case__family", "instrument_version__instrument")
CIPHERTEXTS = ("narrative", "result", "abandon_reason")
HEAVY = (*CIPHERTEXTS, "instrument_version__source")  # what no list shows

Status = Assessment.Status


@dataclass
class Waiting:
    """An empty list is a section that this person does not have today."""

    alerts: list[CriticalAlert] = field(default_factory=list)
    overrides: list[CoupleOverride] = field(default_factory=list)
    drafts: list[Assessment] = field(default_factory=list)
    undecided: list[Assessment] = field(default_factory=list)


def waiting_for(user: User) -> Waiting:
    """One query for alerts, one for assessments in somebody's hands, one for signatures where they may sign."""
    roles = duties_of(user).roles
    waiting = Waiting()
    if roles & {Role.COORDINATOR, Role.LEAD, Role.CLINICAL_LEAD}:
        alerts = CriticalAlert.objects.for_person(user).standing()
        waiting.alerts = list(
            alerts.select_related(*(f"assessment__{name}" for name in ABOUT))
            .defer(*(f"assessment__{name}" for name in CIPHERTEXTS))
            .order_by("raised_at", "id")[:AT_MOST]
        )
    if Role.CLINICAL_LEAD in roles:
        overrides = CoupleOverride.objects.waiting_for(user)
        waiting.overrides = list(
            overrides.defer("reason", *(f"assessment__{name}" for name in HEAVY)).order_by("signed_at", "id")[:AT_MOST]
        )
    if roles & {Role.COORDINATOR, Role.THERAPIST, Role.LEAD}:
        mine = list(_in_hand(user)[: 2 * AT_MOST])
        waiting.drafts = [one for one in mine if one.is_draft]
        waiting.undecided = [one for one in mine if one.is_final]
    return waiting


def _in_hand(user: User) -> AssessmentQuerySet:
    """Those in progress and those still to be decided about, of the cases that are this person's daily work."""
    cases = Case.objects.worked_on_by(user)
    decided = ProposalDecision.objects.filter(assessment=OuterRef("pk"))
    to_decide = Q(status=Status.FINALISED, case__closed_on=None) & ~Q(Exists(decided))
    return (
        Assessment.objects.filter(case__in=cases.values("pk"))
        .filter(Q(status=Status.DRAFT) | to_decide)
        .conducted_by(user)
        .select_related(*ABOUT)
        .defer(*HEAVY)
        .with_progress()
        .order_by("started_on", "id")
    )


def drafts_of_instruments(user: User) -> list[Tile]:
    """For a clinical lead: versions of an instrument that somebody else has imported, and that wait for approval."""
    if not user.has_perm("cases.manage_instruments"):
        return []
    waiting = InstrumentVersion.objects.filter(status=InstrumentVersion.Status.DRAFT)
    number = waiting.exclude(imported_by=duties_of(user).staff_id).count()
    words = ngettext("instrument to approve", "instruments to approve", number)
    return [Tile(number, words, reverse("cases:instruments"), "warn")] if number else []


def notes_to_sign(user: User) -> list[Tile]:
    """For who has drafts of notes that were begun too long ago."""
    number = TherapyNote.objects.written_by(user).late().count()
    words = ngettext("note to sign", "notes to sign", number)
    return [Tile(number, words, reverse("cases:unsigned_notes"), "warn")] if number else []
