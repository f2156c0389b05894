"""The shortcut by which tests fill in an assessment leaves what the service leaves."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from cases.assessments.models import AlertMail, Assessment, CriticalAlert, Interview, Judgement, Sheet
from cases.assessments.services import save_sheet
from cases.instruments.definition import NonAnswer
from centres.models import StaffMember
from tests.cases.assessments.conftest import calm_answers, fill, interview_of, judge, note_on, put

ACCIDENTAL = {"id", "uuid", "assessment", "interview", "alert", "started_at", "saved_at", "raised_at", "withdrawn_at"}


def fill_page_by_page(assessment: Assessment, by: StaffMember, *, answer: NonAnswer | None) -> None:
    for interview in Interview.objects.for_page().filter(assessment=assessment):
        for sheet in interview.sheets.all():
            save_sheet(
                interview,
                sheet.area,
                answers=calm_answers(interview, sheet.area, answer),
                note=note_on(sheet.area),
                version=sheet.version,
                by=by.user,
            )
    judge(assessment, by)


def columns(record: Any) -> dict[str, Any]:
    """All that a record says; of what is another one each time, whether it is there."""
    told = {field.name: getattr(record, field.attname) for field in record._meta.concrete_fields}
    return {name: bool(value) if name in ACCIDENTAL else value for name, value in told.items()}


def picture(assessment: Assessment) -> list[list[dict[str, Any]]]:
    found = (
        Assessment.objects.filter(pk=assessment.pk),
        Interview.objects.filter(assessment=assessment).order_by("id"),
        Sheet.objects.filter(interview__assessment=assessment).order_by("id"),
        Judgement.objects.filter(assessment=assessment).order_by("id"),
        CriticalAlert.objects.filter(assessment=assessment).order_by("id"),
        AlertMail.objects.filter(alert__assessment=assessment).order_by("id"),
    )
    return [[columns(one) for one in records] for records in found]


@pytest.mark.parametrize("answer", [None, NonAnswer.REFUSED])
def test_it_leaves_what_saving_page_by_page_leaves(start, anna, answer):
    pictures = []
    for way in (fill_page_by_page, fill):
        with transaction.atomic():
            draft = start()
            put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)  # an alert, which the calm answer takes back
            way(draft, anna, answer=answer)
            pictures.append(picture(draft))
            transaction.set_rollback(True)

    assert pictures[0] == pictures[1]
    assert all(pictures[1])
