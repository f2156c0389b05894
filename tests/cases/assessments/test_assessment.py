"""The overview of an assessment in progress, and the page with all answers."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEntry
from cases.assessments.models import Assessment
from cases.assessments.progress import load, rows_of
from cases.assessments.services import abandon_assessment, finalise_assessment
from cases.instruments.definition import NonAnswer
from cases.instruments.questions import Part
from tests.cases.assessments.conftest import fill, interview_of, put

MOST_QUERIES = 20  # the view's own 10, the entry, and session, user, roles and menu


def answers_url(assessment) -> str:
    return reverse("cases:assessment_answers", args=[assessment.uuid])


def queries_of(browser, assessment) -> int:
    browser.get(assessment.get_absolute_url())
    with CaptureQueriesContext(connection) as queries:
        browser.get(assessment.get_absolute_url())
    return len(queries)


# --- the overview ---


def test_it_shows_each_interview_with_its_progress_by_area(draft, anna, sign_in):
    put(interview_of(draft, "Maria"), {"pien_decyzje": 4, "pien_dlugi": NonAnswer.REFUSED}, anna)

    rows = sign_in(anna).get(draft.get_absolute_url()).context["rows"]

    maria = rows[0]
    assert [(area.id, page and (page.answered, page.asked)) for area, page in maria.by_area] == [
        ("pieniadze", (2, 4)),
        ("relacja", (0, 3)),
        ("bezpieczenstwo", (0, 2)),
        ("dzieci", (0, 2)),
        ("codziennosc", None),
        ("zasoby", (0, 1)),
    ]
    assert maria.first_open.area.id == "pieniadze"


def test_namesakes_are_told_apart_by_their_dates_of_birth(draft, people, anna, sign_in):
    people["Zofia"].first_name, people["Zofia"].last_name = people["Maria"].first_name, people["Maria"].last_name
    people["Zofia"].birth_date = dt.date(2017, 3, 9)
    people["Zofia"].save()
    people["Maria"].birth_date = None
    people["Maria"].save()

    rows = sign_in(anna).get(draft.get_absolute_url()).context["rows"]

    name = str(people["Maria"])
    assert [row.who for row in rows[:3]] == [
        f"Rozmowa: {name} (data urodzenia nieznana)",
        f"Rozmowa: {people['Jan']}",
        f"Rozmowa: {name} (ur. 9.03.2017)",
    ]


def test_it_leads_into_every_page_of_every_interview(draft, anna, sign_in):
    page = sign_in(anna).get(draft.get_absolute_url()).content.decode()

    sheets = [
        reverse("cases:assessment_sheet", args=[interview.uuid, sheet.area])
        for interview in draft.interviews.all()
        for sheet in interview.sheets.all()
    ]
    assert len(sheets) == 17
    assert all(f'href="{url}"' in page for url in sheets)


def test_it_says_what_is_missing_and_when_nothing_is(draft, anna, sign_in):
    browser = sign_in(anna)
    before = browser.get(draft.get_absolute_url())
    assert len(before.context["gaps"]) == 6
    assert "„Pieniądze”: potrzebna jest 1 odpowiedź" in before.content.decode()

    fill(draft, anna)

    after = browser.get(draft.get_absolute_url())
    assert after.context["gaps"] == []
    assert "jest wszystko, co wymagane" in after.content.decode()


def test_a_refused_answer_in_an_area_that_waits_is_no_gap(filled, anna, sign_in):
    put(interview_of(filled, "records"), {"bez_interwencje": NonAnswer.REFUSED}, anna)

    assert sign_in(anna).get(filled.get_absolute_url()).context["gaps"] == []


def test_an_example_says_that_it_is_not_norr(draft, anna, sign_in):
    assert "przykład – nie jest to NORR</span>" in sign_in(anna).get(draft.get_absolute_url()).content.decode()


def test_every_opening_is_on_record(draft, anna, sign_in):
    sign_in(anna).get(draft.get_absolute_url())

    assert AuditEntry.objects.get(action="cases.read_assessment").object_uuid == draft.uuid


def test_the_head_and_the_clinical_lead_see_how_far_it_is_but_no_way_in(draft, marek, clara, sign_in):
    for who in (marek, clara):
        page = sign_in(who).get(draft.get_absolute_url()).content.decode()
        assert "/interviews/" not in page
        assert reverse("cases:finalise_assessment", args=[draft.uuid]) not in page


def test_others_do_not_find_it(draft, piotr, ewa, jan, iga, adam, sign_in):
    assert {sign_in(who).get(draft.get_absolute_url()).status_code for who in (piotr, ewa, jan, iga, adam)} == {404}


def test_the_number_of_queries_grows_with_nothing(start, people, anna, sign_in):
    browser = sign_in(anna)
    alone = start(parts={people["Zofia"]: Part.CHILD})
    counts = [queries_of(browser, alone)]
    abandon_assessment(alone, reason="Zła wersja", version=1, by=anna.user)
    whole = start()
    fill(whole, anna)
    counts.append(queries_of(browser, whole))

    assert counts[0] == counts[1] <= MOST_QUERIES


# --- all answers ---


@pytest.fixture
def answered(draft, anna):
    put(interview_of(draft, "Maria"), {"pien_decyzje": 4, "pien_dlugi": NonAnswer.REFUSED}, anna, note="O Marii")
    put(interview_of(draft, "Jan"), {"pien_decyzje": 2}, anna, note="O Janie")
    return draft


def test_all_answers_stand_there_interview_by_interview(answered, anna, sign_in):
    interviews = sign_in(anna).get(answers_url(answered)).context["interviews"]

    (maria, pages), (jan, jans_pages) = interviews[:2]
    assert (maria.who, jan.who) == ("Rozmowa: Maria Przykładowa", "Rozmowa: Jan Przykładowy")
    assert [one.answer for one in pages[0][1]] == ["„raczej tak” (4)", "odmowa odpowiedzi", "", ""]
    assert jans_pages[0][1][0].answer == "„raczej nie” (2)"


def test_notes_and_summary_stand_there(answered, anna, sign_in):
    page = sign_in(anna).get(answers_url(answered)).content.decode()

    assert "O Marii" in page
    assert "O Janie" in page


def test_they_can_be_read_after_finalising(filled, anna, sign_in):
    finalise_assessment(filled, version=filled.version, by=anna.user)

    assert sign_in(anna).get(answers_url(filled)).status_code == 200


def test_reading_them_is_on_record(answered, clara, sign_in):
    sign_in(clara).get(answers_url(answered))

    entry = AuditEntry.objects.get(action="cases.read_answers")
    assert (entry.actor, entry.object_uuid) == (clara.user, answered.uuid)


def test_who_may_read_the_answers(answered, anna, marek, clara, piotr, ewa, sign_in):
    assert {sign_in(who).get(answers_url(answered)).status_code for who in (anna, marek, clara)} == {200}
    assert {sign_in(who).get(answers_url(answered)).status_code for who in (piotr, ewa)} == {404}


def test_a_hidden_questions_answer_does_not_stand_there(draft, anna, sign_in):
    maria = interview_of(draft, "Maria")
    put(maria, {"bez_lek": 1, "bez_kontrola": 1}, anna)
    put(maria, {"bez_szczegoly": 3}, anna)
    put(maria, {"bez_kontrola": 0}, anna)

    page = sign_in(anna).get(answers_url(draft)).content.decode()

    assert "W jakich sytuacjach zdarza się to najczęściej" not in page


def test_the_rows_need_no_more_queries_than_were_made(draft, django_assert_num_queries):
    assessment = Assessment.objects.for_page().get(pk=draft.pk)
    with django_assert_num_queries(6):
        load(assessment)
    with django_assert_num_queries(0):
        assert sum(row.asked for row in rows_of(assessment)) == 32


# --- the instrument behind it ---


def test_whoever_reads_an_assessment_may_follow_its_instrument(critical, anna, piotr, marek, clara, sign_in):
    url = critical.instrument_version.get_absolute_url()
    for who in (anna, piotr, marek, clara):
        browser = sign_in(who)
        assert f'href="{url}"' in browser.get(critical.get_absolute_url()).content.decode()
        assert browser.get(url).status_code == 200


def test_the_overview_leads_to_the_instrument(draft, anna, sign_in):
    page = sign_in(anna).get(draft.get_absolute_url()).content.decode()

    assert f'href="{draft.instrument_version.get_absolute_url()}"' in page


# --- on record, however it is opened ---


@pytest.mark.parametrize("name", ["write_narrative", "finalise_assessment"])
def test_a_form_sent_without_opening_its_page_is_an_opening_too(draft, anna, sign_in, name):
    answer = sign_in(anna).post(reverse(f"cases:{name}", args=[draft.uuid]), {})

    assert answer.status_code == 200
    assert AuditEntry.objects.filter(action="cases.read_assessment", object_uuid=draft.uuid).count() == 1


def test_a_refused_judgement_is_an_opening_too(draft, anna, sign_in):
    area = draft.judgements.first().area

    sign_in(anna).post(reverse("cases:judge_area", args=[draft.uuid, area]), {})

    assert AuditEntry.objects.filter(action="cases.read_assessment", object_uuid=draft.uuid).count() == 1


@pytest.mark.parametrize("name", ["decide_proposals", "request_override"])
def test_a_refused_decision_is_an_opening_too(critical, anna, sign_in, name):
    sign_in(anna).post(reverse(f"cases:{name}", args=[critical.uuid]), {})

    assert AuditEntry.objects.filter(action="cases.read_assessment", object_uuid=critical.uuid).count() == 1
