"""What happens to an assessment: it is started, filled in page by page, and finalised or broken off (N6–N9).

Every change locks the assessment's row first (finalising the case's before it), so nothing is saved after the end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record, record_save
from cases.assessments import results
from cases.assessments.alerts import sync_alerts
from cases.assessments.answers import from_text, to_text
from cases.assessments.models import (
    AreaLevel,
    Assessment,
    AssessmentParticipant,
    Interview,
    Judgement,
    Sheet,
)
from cases.assessments.progress import gaps_of
from cases.assessments.rules import (
    AssessmentError,
    check_answers,
    check_length,
    in_order,
    may_assess,
    may_be_held_on,
    may_start,
    may_take_part,
    usable,
)
from cases.casefile import services as casefile
from cases.casefile.models import Case, Stage
from cases.instruments.definition import Method
from cases.instruments.models import InstrumentVersion
from cases.instruments.questions import Answers, Part, Participant, questions_of, talks_of
from cases.instruments.scoring import ENGINE_VERSION, Result
from cases.instruments.visibility import shown
from cases.people.models import Person
from centres.duties import duties_of
from centres.models import StaffMember
from foundation.forms import check_version

__all__ = [
    "AssessmentError",
    "abandon_assessment",
    "date_interview",
    "finalise_assessment",
    "judge_area",
    "save_sheet",
    "start_assessment",
    "write_narrative",
]

Status = Assessment.Status


# --- starting ---


@transaction.atomic
def start_assessment(
    case: Case,
    *,
    instrument_version: InstrumentVersion,
    occasion: str,
    assessor: StaffMember,
    parts: Mapping[Person, Part],
    by: User,
) -> Assessment:
    """Start assessing a family: the interviews to hold, each with a page for every area that it asks about.

    `parts` says who takes part, in the order in which they shall stand. Raises AssessmentError, and CaseError when
    the case is closed.
    """
    case = casefile.lock(case)
    may_start(case, by)
    usable(instrument_version)
    in_order(case, occasion)
    may_assess(case, assessor)
    may_take_part(case, parts)
    assessment = Assessment(
        case=case,
        instrument_version=instrument_version,
        occasion=occasion,
        assessor=assessor,
        started_by_id=duties_of(by).staff_id,
    )
    assessment.validate_constraints()  # one draft, one start: safe under the case's lock
    assessment.save(force_insert=True)
    interviews, sheets = _write_interviews(assessment, parts)
    record(
        by,
        "cases.start_assessment",
        assessment,
        case=case.uuid,
        instrument=instrument_version.uuid,
        occasion=occasion,
        assessor=assessor.uuid,
        persons=len(parts),
        interviews=interviews,
        sheets=sheets,
    )
    return assessment


def _write_interviews(assessment: Assessment, parts: Mapping[Person, Part]) -> tuple[int, int]:
    """How many interviews and how many pages there are."""
    definition = assessment.instrument_version.definition
    participants = tuple(Participant(str(person.uuid), part) for person, part in parts.items())
    people = {str(person.uuid): person for person in parts}
    AssessmentParticipant.objects.bulk_create(
        AssessmentParticipant(assessment=assessment, person=person, part=part, order=order)
        for order, (person, part) in enumerate(parts.items())
    )
    interviews = [
        Interview(assessment=assessment, source=talk.source, person=people.get(talk.person), order=order)
        for order, talk in enumerate(talks_of(definition, participants))
    ]
    if not interviews:
        raise AssessmentError(
            _("This instrument asks nothing about these people."), code="no_questions", field="parts"
        )
    Interview.objects.bulk_create(interviews)
    sheets = []
    for interview in interviews:
        visible = shown(definition, participants, interview.talk, {})
        for area in definition.areas:
            keys = {question.key for question in questions_of(definition, participants, interview.talk, area)}
            if keys:
                sheets.append(Sheet(interview=interview, area=area.id, asked=len(keys & visible)))
    Sheet.objects.bulk_create(sheets)
    Judgement.objects.bulk_create(
        Judgement(assessment=assessment, area=area.id)
        for area in definition.areas
        if area.scoring.method == Method.MANUAL
    )
    return len(interviews), len(sheets)


# --- filling in ---


@transaction.atomic
def save_sheet(
    interview: Interview,
    area: str,
    *,
    answers: Answers,
    note: str,
    version: int,
    by: User,
    autosave: bool = False,
) -> Sheet:
    """Save the answers of one interview in one area, all of them, with the practitioner's note.

    What is stored already is not saved again, whatever version it comes with: an autosave and the button may send the
    same at the same moment. Answers to questions that are hidden now stay stored and are not looked at. Alerts follow
    at once (N7). Raises AssessmentError and Stale.
    """
    assessment = _lock(interview.assessment, by)
    interview = assessment.interviews.select_related("person").get(pk=interview.pk)
    interview.assessment = assessment
    sheets = {sheet.area: sheet for sheet in interview.sheets.all()}
    if area not in sheets:
        raise AssessmentError(_("This interview does not ask about this area."), code="unknown_area")
    sheet = sheets[area]
    sheet.interview = interview
    definition, participants = assessment.instrument_version.definition, assessment.participants_for_scoring()
    check_answers(questions_of(definition, participants, interview.talk, definition.by_area[area]), answers)
    check_length(note, "note")
    stored = {area_id: from_text(one.answers) for area_id, one in sheets.items()}
    if stored[area] == dict(answers) and sheet.note == note:
        return sheet
    check_version(sheet, version)
    before = shown(definition, participants, interview.talk, _joined(stored))
    stored[area] = dict(answers)
    after = shown(definition, participants, interview.talk, _joined(stored))
    for one in sheets.values():
        questions = questions_of(definition, participants, interview.talk, definition.by_area[one.area])
        keys = {question.key for question in questions}
        one.asked, one.answered = len(keys & after), len(keys & after & stored[one.area].keys())
        if one is not sheet and (before ^ after) & keys:  # an answer here shows or hides questions on another page
            one.save(update_fields=["asked", "answered"])
    sheet.answers = to_text(answers)
    sheet.note = note
    sheet.saved_at = timezone.now()
    sheet.version += 1
    sheet.save()
    if answers and not interview.held_on:
        interview.held_on = timezone.localdate()
        interview.save(update_fields=["held_on"])
    sync_alerts(sheet, by)
    details = {"interview": interview.uuid, "area": area, "answered": sheet.answered, "asked": sheet.asked}
    record_save(by, "cases.save_sheet", sheet, autosave=autosave, version=sheet.version, **details)
    return sheet


@transaction.atomic
def date_interview(interview: Interview, *, held_on: dt.date, version: int, by: User) -> Interview:
    """Say on which day an interview was held, its first one; until then it is that of the first answer written down.

    Raises AssessmentError and Stale.
    """
    assessment = _lock(interview.assessment, by)
    interview = assessment.interviews.get(pk=interview.pk)
    may_be_held_on(assessment.case, held_on)
    if held_on == interview.held_on:
        return interview
    check_version(interview, version)
    before, interview.held_on = interview.held_on, held_on
    interview.save(update_fields=["held_on"])
    record(by, "cases.date_interview", interview, assessment=assessment.uuid, before=before, after=held_on)
    return interview


def _joined(stored: Mapping[str, Answers]) -> Answers:
    """The answers of a whole interview: an item stands in one area only, so no key comes twice."""
    return {key: answer for answers in stored.values() for key, answer in answers.items()}


@transaction.atomic
def write_narrative(
    assessment: Assessment, *, text: str, version: int, by: User, autosave: bool = False
) -> Assessment:
    """Write the summary of an assessment in progress; the same text again is nothing. Raises AssessmentError and
    Stale.
    """
    assessment = _lock(assessment, by)
    check_length(text, "text")
    if text == assessment.narrative:
        return assessment
    check_version(assessment, version)
    assessment.narrative = text
    assessment.version += 1
    assessment.save(update_fields=["narrative", "version"])
    record_save(by, "cases.write_narrative", assessment, autosave=autosave, version=assessment.version)
    return assessment


@transaction.atomic
def judge_area(assessment: Assessment, *, area: str, level: str, reason: str, version: int, by: User) -> Judgement:
    """Give an area the level that its instrument leaves to the practitioner, and say why (N4).

    `version` is the judgement's own. Raises AssessmentError and Stale.
    """
    assessment = _lock(assessment, by)
    judgement = assessment.judgements.filter(area=area).first()
    if judgement is None:
        raise AssessmentError(_("The level of this area is computed, not judged."), code="computed_area")
    check_version(judgement, version)
    if level not in assessment.instrument_version.definition.level_of:
        raise AssessmentError(_("Choose one of the levels."), code="level", field="level")
    if not reason.strip():
        raise AssessmentError(_("Say what the judgement rests on."), code="no_reason", field="reason")
    check_length(reason, "reason")
    before, judgement.level = judgement.level, level
    judgement.reason = reason
    judgement.version += 1
    judgement.save()
    record(by, "cases.judge_area", assessment, area=area, before=before, after=level)
    return judgement


# --- the end ---


@transaction.atomic
def finalise_assessment(assessment: Assessment, *, version: int, by: User) -> Assessment:
    """Finalise: the result is computed and stored, and nothing can be changed any more (N8, N9).

    An assessment at the start of a case that waits for its diagnosis is that diagnosis (P1). Raises AssessmentError
    (`incomplete` while something required is missing) and Stale.
    """
    # The case first, as starting does: the other way round the two would wait for each other.
    case = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=assessment.case_id)
    assessment = _lock(assessment, by, version)
    result, inputs_sha256 = results.compute(assessment)
    gaps = gaps_of(assessment, result)
    if gaps:
        raise AssessmentError(
            _("Something is still missing, so the assessment can't be finalised yet."), code="incomplete"
        )
    AreaLevel.objects.bulk_create(put_result(assessment, result, inputs_sha256))
    assessment.finalised_at = timezone.now()
    assessment.finalised_by_id = duties_of(by).staff_id
    assessment.version += 1
    assessment.save()
    record(
        by,
        "cases.finalise_assessment",
        assessment,
        case=case.uuid,
        engine=ENGINE_VERSION,
        inputs=inputs_sha256,
        worst=result.worst,
        critical=len(result.critical),
    )
    if assessment.occasion == Assessment.Occasion.START and case.stage == Stage.DIAGNOSIS:
        casefile.record_diagnosis(
            case,
            diagnosed_on=timezone.localdate(),
            diagnosed_by=assessment.assessor,
            version=case.version,
            by=by,
        )
    return assessment


def put_result(assessment: Assessment, result: Result, inputs_sha256: str) -> list[AreaLevel]:
    """Write a result on its assessment, which is not saved here. Returns its lines, not saved either."""
    definition = assessment.instrument_version.definition
    assessment.status = Status.FINALISED
    assessment.engine_version = ENGINE_VERSION
    assessment.result = results.to_text(result, inputs_sha256, ENGINE_VERSION)
    assessment.worst_rank = definition.rank_of.get(result.worst)
    assessment.worst_label = definition.level_of[result.worst].label if result.worst else ""
    assessment.levels = len(definition.levels)
    assessment.has_critical = bool(result.critical)
    return [
        AreaLevel(
            assessment=assessment,
            area=one.area,
            label=definition.by_area[one.area].label,
            state=one.state,
            score=one.score,
            level=one.level,
            level_label=definition.level_of[one.level].label if one.level else "",
            rank=definition.rank_of.get(one.level),
        )
        for one in result.areas
    ]


@transaction.atomic
def abandon_assessment(assessment: Assessment, *, reason: str, version: int, by: User) -> Assessment:
    """Break an assessment off, with the reason; what was answered stays, and another one may be started.

    The head of centre may do it too: an assessor who has left must not keep the place. Raises AssessmentError, Stale.
    """
    Case.objects.select_for_update(of=("self",), no_key=True).get(pk=assessment.case_id)
    manages = Case.objects.managed_by(by).filter(pk=assessment.case_id).exists()
    assessment = _lock(assessment, None if manages else by, version)
    if not reason.strip():
        raise AssessmentError(_("Say why the assessment is broken off."), code="no_reason", field="reason")
    check_length(reason, "reason")
    assessment.status = Status.ABANDONED
    assessment.abandoned_at = timezone.now()
    assessment.abandon_reason = reason
    assessment.version += 1
    assessment.save()
    record(by, "cases.abandon_assessment", assessment, case=assessment.case.uuid)
    return assessment


def _lock(assessment: Assessment, by: User | None, version: int | None = None) -> Assessment:
    """The locked row of an assessment in progress that this person conducts; None: whether they do was asked."""
    locked = (
        Assessment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("case", "assessor", "instrument_version__instrument")
        .prefetch_related("participants__person")
        .get(pk=assessment.pk)
    )
    if by is not None and not Assessment.objects.conducted_by(by).filter(pk=locked.pk).exists():
        raise AssessmentError(_("This assessment is not yours to change."), code="not_yours")
    if locked.status == Status.FINALISED:
        raise AssessmentError(
            _("This assessment has been finalised: what is to be added now is an addendum."), code="finalised"
        )
    if locked.status == Status.ABANDONED:
        raise AssessmentError(_("This assessment was broken off."), code="abandoned")
    if version is not None:
        check_version(locked, version)
    return locked
