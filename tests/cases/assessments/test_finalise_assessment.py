"""Finalising computes and stores the result, records the diagnosis, and closes the assessment for good (N8, N9)."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.assessments import results
from cases.assessments.answers import from_text
from cases.assessments.models import (
    AreaLevel,
    Assessment,
    AssessmentParticipant,
    Interview,
    Judgement,
    Sheet,
)
from cases.assessments.services import (
    AssessmentError,
    finalise_assessment,
    judge_area,
    save_sheet,
    write_narrative,
)
from cases.casefile.models import Stage
from cases.casefile.services import record_diagnosis
from cases.instruments.definition import NonAnswer
from cases.instruments.scoring import ENGINE_VERSION
from foundation.fields import reencrypt
from foundation.forms import Stale
from tests.cases.assessments.conftest import fill, interview_of, put


@pytest.fixture
def finalised(filled, anna) -> Assessment:
    return finalise_assessment(filled, version=filled.version, by=anna.user)


# --- what is stored ---


def test_the_result_is_stored_with_its_inputs_and_engine(finalised):
    stored = results.from_text(finalised.result)

    assert (stored.result, stored.inputs_sha256) == results.compute(finalised)
    assert stored.engine_version == finalised.engine_version == ENGINE_VERSION


def test_every_area_has_its_line(finalised):
    stored = results.from_text(finalised.result).result

    lines = list(finalised.area_levels.all())
    assert [(one.area, one.state, one.score, one.level) for one in lines] == [
        (one.area, one.state, one.score, one.level) for one in stored.areas
    ]
    assert lines[0].label == "Pieniądze"


def test_the_worst_level_stands_on_the_assessment(draft, anna):
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)
    fill_the_rest(draft, anna)

    finalised = finalise_assessment(draft, version=1, by=anna.user)

    assert (finalised.worst_rank, finalised.worst_label, finalised.levels) == (3, "zagrożenie", 3)
    assert finalised.has_critical


def fill_the_rest(draft: Assessment, anna) -> None:
    """Every question that has no answer is answered with „refused”."""
    before = {sheet.pk: sheet.answers for sheet in Sheet.objects.filter(interview__assessment=draft)}
    fill(draft, anna, answer=NonAnswer.REFUSED)
    for sheet in Sheet.objects.filter(pk__in=[pk for pk, answers in before.items() if answers]):
        from_before = from_text(before[sheet.pk])
        save_sheet(
            Interview.objects.for_page().get(pk=sheet.interview_id),
            sheet.area,
            answers=from_text(sheet.answers) | from_before,
            note=sheet.note,
            version=sheet.version,
            by=anna.user,
        )


def test_without_a_critical_answer_it_says_so(finalised):
    assert not finalised.has_critical


def test_it_is_on_record_without_answers(finalised, anna):
    entry = AuditEntry.objects.get(action="cases.finalise_assessment")

    assert entry.actor == anna.user
    assert set(entry.details) == {"case", "engine", "inputs", "worst", "critical"}


# --- the diagnosis ---


def test_the_assessment_at_the_start_is_the_diagnosis(start, couples_case, piotr, anna):
    draft = start(assessor=piotr)
    fill(draft, piotr)

    finalise_assessment(draft, version=draft.version, by=piotr.user)

    couples_case.refresh_from_db()
    assert couples_case.stage == Stage.PLAN
    assert (couples_case.diagnosed_on, couples_case.diagnosed_by) == (timezone.localdate(), piotr)


def test_a_diagnosis_recorded_before_stays(filled, couples_case, piotr, anna):
    record_diagnosis(couples_case, diagnosed_on=couples_case.received_on, diagnosed_by=piotr, version=1, by=anna.user)

    finalise_assessment(filled, version=filled.version, by=anna.user)

    couples_case.refresh_from_db()
    assert couples_case.diagnosed_by == piotr


# --- what must be there ---


def test_a_required_question_must_be_answered(filled, anna):
    put(interview_of(filled, "Maria"), {"pien_decyzje": NonAnswer.NOT_ASKED}, anna)

    with pytest.raises(AssessmentError) as error:
        finalise_assessment(filled, version=filled.version, by=anna.user)

    assert error.value.code == "incomplete"


def test_a_refused_required_question_is_enough(filled, anna):
    put(interview_of(filled, "Maria"), {"pien_decyzje": NonAnswer.REFUSED}, anna)

    assert finalise_assessment(filled, version=filled.version, by=anna.user).is_final


def test_an_area_that_waits_for_answers_stops_it(filled, anna):
    put(interview_of(filled, "records"), {"bez_interwencje": NonAnswer.NOT_ASKED}, anna)

    with pytest.raises(AssessmentError) as error:
        finalise_assessment(filled, version=filled.version, by=anna.user)

    assert error.value.code == "incomplete"


def test_a_manual_area_must_be_judged(filled, anna):
    Judgement.objects.filter(assessment=filled).update(level="")

    with pytest.raises(AssessmentError) as error:
        finalise_assessment(filled, version=filled.version, by=anna.user)

    assert error.value.code == "incomplete"


def test_what_was_not_required_may_stay_unanswered(filled, anna):
    put(interview_of(filled, "Maria"), {"pien_partner": NonAnswer.NOT_ASKED}, anna)

    assert finalise_assessment(filled, version=filled.version, by=anna.user).is_final


def test_another_version_than_was_seen_is_refused(filled, anna):
    write_narrative(filled, text="Nowe", version=filled.version, by=anna.user)

    with pytest.raises(Stale):
        finalise_assessment(filled, version=filled.version, by=anna.user)


def test_only_who_conducts_it_finalises(filled, marek):
    with pytest.raises(AssessmentError) as error:
        finalise_assessment(filled, version=filled.version, by=marek.user)

    assert error.value.code == "not_yours"


# --- nothing changes afterwards ---


def test_no_service_changes_it(finalised, anna):
    changes = [
        lambda: put(interview_of(finalised, "Maria"), {"pien_dlugi": 1}, anna),
        lambda: write_narrative(finalised, text="Inaczej", version=finalised.version, by=anna.user),
        lambda: judge_area(finalised, area="zasoby", level="ok", reason="Bo tak", version=2, by=anna.user),
        lambda: finalise_assessment(finalised, version=finalised.version, by=anna.user),
    ]
    for change in changes:
        with pytest.raises(AssessmentError) as error:
            change()
        assert error.value.code == "finalised"


OTHER_VALUES = {"CharField": "x", "TextField": "v1:00000000:xx", "UUIDField": uuid.UUID(int=1), "BooleanField": True}


def other_value(field, row):
    kind = field.get_internal_type()
    if kind in {"DateField", "DateTimeField"}:
        return timezone.now() if kind == "DateTimeField" else timezone.localdate() - dt.timedelta(days=9)
    if kind in OTHER_VALUES:
        return OTHER_VALUES[kind]
    return (getattr(row, field.attname) or 0) + 1  # numbers and the ids of other records


@pytest.mark.parametrize("model", [Assessment, AssessmentParticipant, Interview, Sheet, Judgement, AreaLevel])
def test_the_database_refuses_to_change_any_column(model, finalised):
    row = model.objects.latest("id")
    table = model._meta.db_table
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        value = (
            field.get_db_prep_save(other_value(field, row), connection)
            if not hasattr(field, "max_plain_length")
            else "v1:00000000:xx"
        )
        with (
            pytest.raises(IntegrityError, match="read-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f'UPDATE {table} SET "{field.column}" = %s WHERE id = %s', [value, row.pk])  # noqa: S608 - our own names


@pytest.mark.parametrize(
    "make",
    [
        lambda one: AssessmentParticipant.objects.create(
            assessment=one, person=one.participants.first().person, part="adult"
        ),
        lambda one: Interview.objects.create(assessment=one, source="practitioner"),
        lambda one: Sheet.objects.create(interview=one.interviews.first(), area="nowy"),
        lambda one: Judgement.objects.create(assessment=one, area="nowy"),
        lambda one: AreaLevel.objects.create(assessment=one, area="nowy", label="Nowy", state="complete"),
    ],
)
def test_the_database_refuses_to_add_to_it(make, finalised):
    with pytest.raises(IntegrityError, match="read-only"), transaction.atomic():
        make(finalised)


def test_a_new_key_may_renew_what_is_encrypted(finalised, settings):
    settings.FIELD_KEYS = ["bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleSE=", *settings.FIELD_KEYS]
    sheet = Sheet.objects.filter(interview__assessment=finalised).earliest("id")

    assert reencrypt(sheet, "answers")
    assert reencrypt(finalised, "result")
    assert results.compute(finalised)[0] == results.from_text(Assessment.objects.get(pk=finalised.pk).result).result


def test_a_draft_beside_it_can_be_changed(finalised, start, anna):
    second = start(occasion=Assessment.Occasion.MIDDLE)

    put(interview_of(second, "Maria"), {"pien_dlugi": 1}, anna)

    assert write_narrative(second, text="Druga", version=1, by=anna.user).narrative == "Druga"


# --- the page ---


def url_of(assessment: Assessment) -> str:
    return reverse("cases:finalise_assessment", args=[assessment.uuid])


def test_the_page_lists_what_is_missing_and_leads_there(draft, anna, sign_in):
    page = sign_in(anna).get(url_of(draft)).content.decode()

    maria = interview_of(draft, "Maria")
    assert reverse("cases:assessment_sheet", args=[maria.uuid, "pieniadze"]) in page
    assert reverse("cases:judge_area", args=[draft.uuid, "zasoby"]) in page
    assert "Zakończ ocenę</button>" not in page


def test_the_page_finalises_and_shows_the_result(filled, anna, sign_in):
    browser = sign_in(anna)

    response = browser.post(url_of(filled), {"version": filled.version, "once": str(uuid.uuid4())})

    assert response.url == filled.get_absolute_url()
    filled.refresh_from_db()
    assert filled.is_final
    assert browser.get(filled.get_absolute_url()).status_code == 200


def test_the_page_says_what_is_missing_when_it_is_pressed_all_the_same(draft, anna, sign_in):
    response = sign_in(anna).post(url_of(draft), {"version": draft.version, "once": str(uuid.uuid4())})

    assert response.status_code == 200
    assert "Czegoś jeszcze brakuje" in response.content.decode()


def test_a_finalised_one_leads_to_its_result(finalised, anna, sign_in):
    assert sign_in(anna).get(url_of(finalised)).url == finalised.get_absolute_url()


# --- at the same moment ---


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_saving_and_finalising_at_once_leave_a_result_of_what_is_stored(filled, anna):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    interview = interview_of(filled, "Maria")
    sheet = interview.sheets.get(area="pieniadze")
    answers = from_text(sheet.answers)

    def save(number: int) -> None:
        try:
            save_sheet(
                interview, sheet.area, answers=answers, note=f"Zapis {number}", version=sheet.version, by=anna.user
            )
        except (AssessmentError, Stale):
            pass
        finally:
            connection.close()

    def finalise(number: int) -> None:
        try:
            finalise_assessment(filled, version=filled.version, by=anna.user)
        except AssessmentError:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: finalise(n) if n % 4 == 0 else save(n), range(16)))

    final = Assessment.objects.get(pk=filled.pk)
    assert final.is_final
    assert results.from_text(final.result).inputs_sha256 == results.compute(final)[1]
    assert AuditEntry.objects.filter(action="cases.finalise_assessment").count() == 1
