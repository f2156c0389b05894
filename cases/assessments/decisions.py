"""What follows a result: the practitioner's decision, two signatures to go on with couple work, addenda (N6–N9)."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from cases.assessments import results
from cases.assessments.alerts import couple_work_stopped, lock_couple_work
from cases.assessments.models import Addendum, Assessment, AssessmentQuerySet, CoupleOverride, ProposalDecision
from cases.assessments.rules import AssessmentError
from cases.instruments.definition import Proposal
from centres.duties import duties_of
from centres.models import Role, StaffMember
from foundation.forms import check_version

COUPLE_WORK_STOPPED = _(
    "Couple work with this family is stopped because of a critical answer. It can go on once somebody has given the "
    "reason and a clinical lead has signed too."
)


@transaction.atomic
def decide(
    assessment: Assessment, *, chosen: AbstractSet[Proposal], reasons: Mapping[Proposal, str], by: User
) -> list[ProposalDecision]:
    """Record what the practitioner decided about each of the seven proposals, once (N6).

    Where a decision differs from the rules, it says why; errors are named `reason_<proposal>`. A later change of mind
    is an addendum.
    """
    assessment = _lock(assessment, Assessment.objects.conducted_by(by))
    _expect_final(assessment)
    if assessment.case.closed_on:
        raise AssessmentError(_("This case is closed."), code="closed")
    if assessment.decisions.exists():
        raise AssessmentError(_("The decision has already been recorded."), code="already_decided")
    proposed = {one.proposal for one in results.from_text(assessment.result).result.proposed}
    words = {proposal: reasons.get(proposal, "").strip() for proposal in Proposal}
    problems = [_unexplained(one) for one in Proposal if (one in chosen) != (one in proposed) and not words[one]]
    if Proposal.COUPLE in chosen:
        lock_couple_work(assessment.case)
        if couple_work_stopped(assessment.case.family_id):
            problems.append(AssessmentError(COUPLE_WORK_STOPPED, code="couple_work_stopped", field="chosen_couple"))
    if problems:
        raise _together(problems)
    decider = _staff(by)
    decisions = [
        ProposalDecision(
            assessment=assessment,
            proposal=proposal,
            proposed=proposal in proposed,
            chosen=proposal in chosen,
            reason=words[proposal],
            decided_by=decider,
        )
        for proposal in Proposal
    ]
    ProposalDecision.objects.bulk_create(decisions)
    differ = sorted(one.proposal for one in decisions if one.chosen != one.proposed)
    record(by, "cases.decide_proposals", assessment, chosen=sorted(chosen), differ=differ)
    return decisions


def _unexplained(proposal: Proposal) -> AssessmentError:
    return AssessmentError(
        _("The decision differs from the proposal: say why."), code="reason_needed", field=f"reason_{proposal.value}"
    )


def _together(problems: list[AssessmentError]) -> AssessmentError:
    """The first one, with all others beside their fields."""
    first, *others = problems
    for other in others:
        for name, sentences in other.error_dict.items():
            first.error_dict.setdefault(name, []).extend(sentences)
    return first


# --- couple work despite a critical answer ---


@transaction.atomic
def request_override(assessment: Assessment, *, reason: str, by: User) -> CoupleOverride:
    """Give the reason why couple work may go on all the same; a clinical lead then signs or refuses (N7)."""
    assessment = _lock(assessment, Assessment.objects.answers_readable_by(by))
    if not assessment.alerts.blocking().exists():
        raise AssessmentError(_("No critical answer stops couple work here."), code="nothing_to_override")
    override = CoupleOverride(assessment=assessment, reason=reason.strip(), signed_by=_staff(by))
    override.full_clean()
    override.save()
    record(by, "cases.request_override", override, assessment=assessment.uuid)
    return override


@transaction.atomic
def decide_override(
    override: CoupleOverride, *, granted: bool, note: str = "", version: int, by: User
) -> CoupleOverride:
    """The second signature: a clinical lead, another person, lets couple work go on or not, and says why not.

    It covers the alerts that stand now and no other. A critical answer that comes in between makes the form stale.
    """
    override = (
        CoupleOverride.objects.select_for_update(of=("self",), no_key=True)
        .select_related("assessment")
        .get(pk=override.pk)
    )
    if override.granted is not None:
        raise AssessmentError(_("The second signature has already been given or refused."), code="decided")
    check_version(override, version)
    duties = duties_of(by)
    if Role.CLINICAL_LEAD not in duties.roles:
        raise AssessmentError(_("Only a clinical lead gives the second signature."), code="not_clinical_lead")
    if duties.staff_id == override.signed_by_id:
        raise AssessmentError(_("The second signature is another person's."), code="same_person")
    if not granted and not note.strip():
        raise AssessmentError(_("Say why couple work stays stopped."), code="note_needed", field="note")
    covered = (
        list(override.assessment.alerts.blocking().select_for_update(of=("self",), no_key=True)) if granted else []
    )
    if granted and not covered:
        raise AssessmentError(_("No critical answer stops couple work here any more."), code="nothing_to_override")
    override.granted = granted
    override.decision_note = note.strip()
    override.decided_by_id = duties.staff_id
    override.decided_at = timezone.now()
    override.version += 1
    override.full_clean()
    override.save()
    for alert in covered:
        alert.override = override
        alert.save(update_fields=["override"])
    details: dict[str, Any] = {"granted": granted, "alerts": [alert.uuid for alert in covered]}
    record(by, "cases.decide_override", override, assessment=override.assessment.uuid, **details)
    return override


# --- what is added later ---


@transaction.atomic
def add_addendum(assessment: Assessment, *, text: str, by: User) -> Addendum:
    """Add something to a finalised assessment, signed and never changed again; the assessment stays as it was (N9)."""
    assessment = _lock(assessment, Assessment.objects.conducted_by(by))
    _expect_final(assessment)
    addendum = Addendum(assessment=assessment, text=text.strip(), author=_staff(by))
    addendum.full_clean()
    addendum.save()
    record(by, "cases.add_addendum", addendum, assessment=assessment.uuid)
    return addendum


def _lock(assessment: Assessment, theirs: AssessmentQuerySet) -> Assessment:
    """The locked row, if it is among those that this person may do it with now."""
    locked = (
        Assessment.objects.select_for_update(of=("self",), no_key=True).select_related("case").get(pk=assessment.pk)
    )
    if not theirs.filter(pk=locked.pk).exists():
        raise AssessmentError(_("This assessment is not yours to change."), code="not_yours")
    return locked


def _staff(by: User) -> StaffMember:
    """Who signs."""
    return StaffMember.objects.get(user=by)


def _expect_final(assessment: Assessment) -> None:
    if not assessment.is_final:
        raise AssessmentError(_("This assessment has not been finalised."), code="not_finalised")
