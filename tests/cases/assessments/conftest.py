"""A couple with one child at Wodna, and assessments of it: Anna coordinates, Piotr is in the care team."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from cases.assessments.alerts import sync_alerts
from cases.assessments.answers import from_text, to_text
from cases.assessments.models import Assessment, Interview, Sheet
from cases.assessments.services import finalise_assessment, judge_area, save_sheet, start_assessment
from cases.casefile.models import CareTeamMember, Case
from cases.instruments.definition import Item, NonAnswer
from cases.instruments.models import InstrumentVersion
from cases.instruments.questions import Answer, Part, questions_of
from cases.instruments.visibility import shown
from cases.people.models import FamilyRole, Person
from centres.models import StaffMember

MEMBERS = (
    ("Maria", "Przykładowa", FamilyRole.MOTHER, dt.date(1988, 5, 1)),
    ("Jan", "Przykładowy", FamilyRole.FATHER, dt.date(1986, 2, 3)),
    ("Zofia", "Przykładowa", FamilyRole.DAUGHTER, dt.date(2017, 3, 9)),
)

Starter = Callable[..., Assessment]


@pytest.fixture
def couples_case(make_case, wodna, anna, piotr) -> Case:
    case: Case = make_case(wodna, coordinator=anna, members=MEMBERS)
    CareTeamMember.objects.create(case=case, staff=piotr, from_on=case.opened_on)
    return case


@pytest.fixture
def people(couples_case: Case) -> dict[str, Person]:
    """By first name."""
    return {one.person.first_name: one.person for one in couples_case.family.members.select_related("person")}


@pytest.fixture
def parts(people: dict[str, Person]) -> dict[Person, Part]:
    return {people["Maria"]: Part.PARTNER, people["Jan"]: Part.PARTNER, people["Zofia"]: Part.CHILD}


@pytest.fixture
def start(
    couples_case: Case, pairs_version: InstrumentVersion, parts: dict[Person, Part], anna: StaffMember
) -> Starter:
    """Start an assessment of the couple; whatever differs from the usual is named."""

    def started(**differing: object) -> Assessment:
        arguments = {
            "instrument_version": pairs_version,
            "occasion": Assessment.Occasion.START,
            "assessor": anna,
            "parts": parts,
            "by": anna.user,
        } | differing
        return start_assessment(couples_case, **arguments)  # type: ignore[arg-type] # named by each test

    return started


@pytest.fixture
def draft(start: Starter) -> Assessment:
    return start()


def interview_of(assessment: Assessment, who: str) -> Interview:
    """The interview with the person of this first name, or of this source."""
    interviews = Interview.objects.for_page().filter(assessment=assessment)
    return interviews.filter(person__first_name=who).first() or interviews.get(source=who, person=None)


def key_of(interview: Interview, item: str) -> str:
    """The first question about this item."""
    definition = interview.assessment.instrument_version.definition
    participants = interview.assessment.participants_for_scoring()
    return next(one.key for one in questions_of(definition, participants, interview.talk) if one.item.id == item)


def put(interview: Interview, answers: dict[str, Answer | int], by: StaffMember, *, note: str = "") -> list[Sheet]:
    """Save answers by item, on whichever pages they stand; what was there before stays."""
    definition = interview.assessment.instrument_version.definition
    saved = []
    for sheet in interview.sheets.all():
        here = {
            key_of(interview, item): Decimal(answer) if isinstance(answer, int) else answer
            for item, answer in answers.items()
            if definition.area_of[item].id == sheet.area
        }
        if here or note:
            saved.append(
                save_sheet(
                    interview,
                    sheet.area,
                    answers=from_text(sheet.answers) | here,
                    note=note or sheet.note,
                    version=sheet.version,
                    by=by.user,
                )
            )
    return saved


def calm(item: Item) -> Decimal:
    """The answer that speaks for the lower risk."""
    return item.scale.high if item.reverse else item.scale.low


def fill(assessment: Assessment, by: StaffMember, *, answer: NonAnswer | None = None) -> None:
    """Answer every question of every interview: with a calm answer, or with this non-answer.

    It leaves what saving page by page leaves, but for the audit, in far less time (`test_filling.py`).
    """
    definition, participants = assessment.instrument_version.definition, assessment.participants_for_scoring()
    interviews = list(
        Interview.objects.for_page()
        .filter(assessment=assessment)
        .prefetch_related("sheets", "assessment__participants__person")
    )
    for interview in interviews:
        pages = {sheet: calm_answers(interview, sheet.area, answer) for sheet in interview.sheets.all()}
        together = {key: one for page in pages.values() for key, one in page.items()}
        visible = shown(definition, participants, interview.talk, together)
        for sheet, answers in pages.items():
            sheet.answers, sheet.note = to_text(answers), note_on(sheet.area)
            sheet.asked = sheet.answered = len(visible & answers.keys())
            sheet.saved_at = timezone.now()
            sheet.version += 1
        interview.held_on = interview.held_on or timezone.localdate()
    Sheet.objects.bulk_create(  # bulk_update refuses encrypted fields
        [sheet for interview in interviews for sheet in interview.sheets.all()],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["answers", "note", "asked", "answered", "saved_at", "version"],
    )
    Interview.objects.bulk_update(interviews, ["held_on"])
    for interview in interviews:
        sync_alerts(interview.sheets.all()[0], by.user)
    judge(assessment, by)


def calm_answers(interview: Interview, area: str, answer: NonAnswer | None = None) -> dict[str, Answer]:
    """An answer to every question on this page."""
    definition = interview.assessment.instrument_version.definition
    participants = interview.assessment.participants_for_scoring()
    questions = questions_of(definition, participants, interview.talk, definition.by_area[area])
    return {one.key: answer or calm(one.item) for one in questions}


def note_on(area: str) -> str:
    return f"Notatka: {area}"


def judge(assessment: Assessment, by: StaffMember) -> None:
    """Give the best level to every area that is left to the practitioner."""
    definition = assessment.instrument_version.definition
    for judgement in assessment.judgements.filter(level=""):
        judge_area(
            assessment,
            area=judgement.area,
            level=definition.levels[0].id,
            reason="Rodzina ma na kim polegać.",
            version=judgement.version,
            by=by.user,
        )


@pytest.fixture
def filled(draft: Assessment, anna: StaffMember) -> Assessment:
    fill(draft, anna)
    return Assessment.objects.get(pk=draft.pk)


def finalise(assessment: Assessment, by: StaffMember) -> Assessment:
    """Finalise it as it is filled in now."""
    finalise_assessment(assessment, version=Assessment.objects.get(pk=assessment.pk).version, by=by.user)
    return Assessment.objects.for_page().get(pk=assessment.pk)


@pytest.fixture
def finalised(filled: Assessment, anna: StaffMember) -> Assessment:
    """Finalised, with nothing critical in it but the shared meals."""
    return finalise(filled, anna)


@pytest.fixture
def frightened(filled: Assessment, anna: StaffMember) -> Assessment:
    """In progress; Maria has said that she is afraid of Jan, which is critical."""
    put(interview_of(filled, "Maria"), {"bez_lek": 1}, anna)
    return Assessment.objects.get(pk=filled.pk)


@pytest.fixture
def critical(frightened: Assessment, anna: StaffMember) -> Assessment:
    """Finalised, with Maria's fear of Jan in it."""
    return finalise(frightened, anna)


@pytest.fixture
def unguarded(db: None) -> None:
    """As the database's owner sees it: nothing refuses to change what is finalised. The test's rollback ends it."""
    tables = [model._meta.db_table for model in apps.get_app_config("cases").get_models()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return
        cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
        for trigger in [name for name, table in cursor.fetchall() if table in tables]:
            cursor.execute(f"DROP TRIGGER {trigger}")
