"""One page of one interview: saved whole, never over others' answers, and silent about other interviews (N7)."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.assessments.answers import from_text
from cases.assessments.models import CriticalAlert, Interview, Sheet
from cases.assessments.services import AssessmentError, abandon_assessment, finalise_assessment, save_sheet
from cases.casefile.models import CareTeamMember
from cases.instruments.definition import NonAnswer
from cases.instruments.questions import Answer
from cases.instruments.sheet_form import field_name
from centres.models import Role
from foundation.forms import Stale
from tests.cases.assessments.conftest import interview_of, key_of, put

MOST_QUERIES = 12  # the view's own 4, the entry, and session, user, roles and menu
FOUR_ITEMS = ("pien_decyzje", "pien_dlugi", "pien_partner", "pien_oszczednosci")


@pytest.fixture
def maria(draft) -> Interview:
    return interview_of(draft, "Maria")


@pytest.fixture
def jan(draft) -> Interview:
    return interview_of(draft, "Jan")


def sheet_of(interview: Interview, area: str) -> Sheet:
    return interview.sheets.get(area=area)


def url_of(interview: Interview, area: str = "pieniadze") -> str:
    return reverse("cases:assessment_sheet", args=[interview.uuid, area])


def typed(interview: Interview, *, area: str = "pieniadze", note: str = "", **answers: str) -> dict[str, str]:
    """What the browser sends; `answers` by item, as radio buttons send them."""
    names = {field_name(key_of(interview, item)): value for item, value in answers.items()}
    version = str(sheet_of(interview, area).version)
    return {"note": note, "version": version, "once": str(uuid.uuid4()), "next": ""} | names


# --- saving ---


def test_answers_of_every_kind_and_the_note_are_kept(maria, anna):
    given: dict[str, Answer | int] = {
        "pien_decyzje": Decimal(4),
        "pien_dlugi": NonAnswer.REFUSED,
        "pien_oszczednosci": Decimal(0),
    }
    put(maria, given, anna, note="Spokojna rozmowa")

    sheet = sheet_of(maria, "pieniadze")
    assert from_text(sheet.answers) == {key_of(maria, item): answer for item, answer in given.items()}
    assert sheet.note == "Spokojna rozmowa"
    assert (sheet.answered, sheet.asked) == (3, 4)


def test_a_note_of_5000_characters_is_kept(maria, anna):
    put(maria, {"pien_dlugi": 0}, anna, note="ą" * 5_000)

    assert len(sheet_of(maria, "pieniadze").note) == 5_000


def test_the_day_of_the_first_answer_is_that_of_the_interview(maria, anna):
    put(maria, {"pien_dlugi": 0}, anna)

    maria.refresh_from_db()
    assert maria.held_on == timezone.localdate()


def test_a_question_of_another_page_is_refused(maria, jan, anna):
    for key in (key_of(maria, "bez_lek"), key_of(jan, "pien_dlugi"), "nothing@nobody"):
        with pytest.raises(AssessmentError) as error:
            save_sheet(maria, "pieniadze", answers={key: Decimal(1)}, note="", version=1, by=anna.user)
        assert error.value.code == "unknown_question"


@pytest.mark.parametrize(
    ("who", "area", "item", "answer"),
    [
        ("Maria", "pieniadze", "pien_dlugi", Decimal(2)),
        ("Maria", "pieniadze", "pien_dlugi", Decimal("0.5")),
        ("Maria", "pieniadze", "pien_dlugi", NonAnswer.NO),  # this scale does not offer it
        ("practitioner", "codziennosc", "cod_ekran", Decimal(25)),
        ("practitioner", "codziennosc", "cod_ekran", Decimal(-1)),
        ("practitioner", "codziennosc", "cod_ekran", Decimal("0.3")),  # steps of 0.5
        ("practitioner", "codziennosc", "cod_ekran", Decimal("1e900")),
        ("practitioner", "codziennosc", "cod_ekran", Decimal("NaN")),
    ],
)
def test_an_answer_off_the_scale_is_refused(draft, anna, who, area, item, answer):
    interview = interview_of(draft, who)

    with pytest.raises(AssessmentError) as error:
        save_sheet(interview, area, answers={key_of(interview, item): answer}, note="", version=1, by=anna.user)

    assert error.value.code == "off_scale"


def test_an_area_that_the_interview_does_not_ask_about_is_refused(maria, anna):
    with pytest.raises(AssessmentError) as error:
        save_sheet(maria, "codziennosc", answers={}, note="", version=1, by=anna.user)

    assert error.value.code == "unknown_area"


def test_who_does_not_conduct_it_saves_nothing(maria, marek, ewa):
    for who in (marek, ewa):
        with pytest.raises(AssessmentError) as error:
            save_sheet(maria, "pieniadze", answers={}, note="x", version=1, by=who.user)
        assert error.value.code == "not_yours"


def test_a_broken_off_assessment_takes_no_more_answers(maria, draft, anna):
    abandon_assessment(draft, reason="Rodzina się wyprowadziła", version=1, by=anna.user)

    with pytest.raises(AssessmentError) as error:
        put(maria, {"pien_dlugi": 1}, anna)

    assert error.value.code == "abandoned"


# --- two tabs ---


def test_an_older_version_does_not_overwrite_a_newer_one(maria, anna):
    put(maria, {"pien_dlugi": 1}, anna)

    with pytest.raises(Stale):
        save_sheet(maria, "pieniadze", answers={}, note="z innej karty", version=1, by=anna.user)

    assert from_text(sheet_of(maria, "pieniadze").answers) == {key_of(maria, "pien_dlugi"): Decimal(1)}


def test_the_same_content_again_is_nothing_whatever_its_version(maria, anna):
    put(maria, {"pien_dlugi": 1}, anna)

    again = save_sheet(
        maria, "pieniadze", answers={key_of(maria, "pien_dlugi"): Decimal(1)}, note="", version=1, by=anna.user
    )

    assert again.version == 2
    assert AuditEntry.objects.filter(action="cases.save_sheet").count() == 1


# --- questions that depend on others ---


def test_an_answer_brings_up_questions_and_hides_them_without_losing_their_answers(maria, anna):
    put(maria, {"bez_lek": 1, "bez_kontrola": 1}, anna)
    assert sheet_of(maria, "bezpieczenstwo").asked == 3

    put(maria, {"bez_szczegoly": 2}, anna)
    put(maria, {"bez_kontrola": 0}, anna)
    sheet = sheet_of(maria, "bezpieczenstwo")
    assert (sheet.answered, sheet.asked) == (2, 2)
    assert key_of(maria, "bez_szczegoly") in from_text(sheet.answers)


# --- alerts ---


def test_a_critical_answer_raises_its_alert_when_it_is_saved(maria, anna):
    put(maria, {"bez_lek": 1}, anna)

    assert CriticalAlert.objects.standing().get().interview == maria


def test_correcting_it_takes_the_alert_back(maria, anna):
    put(maria, {"bez_lek": 1}, anna)
    put(maria, {"bez_lek": 0}, anna)

    assert not CriticalAlert.objects.standing().exists()
    assert CriticalAlert.objects.exists()


# --- what is on record ---


def test_every_save_by_hand_is_on_record_without_answers(maria, anna):
    put(maria, {"pien_dlugi": 1}, anna, note="Tajne")
    put(maria, {"pien_dlugi": 0}, anna)

    entries = AuditEntry.objects.filter(action="cases.save_sheet", object_uuid=sheet_of(maria, "pieniadze").uuid)
    assert entries.count() == 2
    assert set(entries.earliest("id").details) == {
        "version",
        "autosave",
        "interview",
        "area",
        "answered",
        "asked",
    }


def test_opening_a_page_is_on_record(maria, anna, sign_in):
    sign_in(anna).get(url_of(maria))

    entry = AuditEntry.objects.get(action="cases.read_interview")
    assert (entry.actor, entry.object_uuid, entry.details["area"]) == (anna.user, maria.uuid, "pieniadze")


# --- the page ---


def test_the_page_saves_and_goes_on_to_the_next_area(maria, anna, sign_in):
    response = sign_in(anna).post(url_of(maria), typed(maria, pien_decyzje="v:4", note="Tak"))

    assert response.url == url_of(maria, "relacja")
    assert from_text(sheet_of(maria, "pieniadze").answers) == {key_of(maria, "pien_decyzje"): Decimal(4)}


def test_it_goes_back_to_the_area_before(maria, anna, sign_in):
    sent = typed(maria, area="relacja") | {"previous": ""}
    del sent["next"]

    assert sign_in(anna).post(url_of(maria, "relacja"), sent).url == url_of(maria)


def test_the_last_area_leads_back_to_the_overview(maria, anna, sign_in):
    response = sign_in(anna).post(url_of(maria, "zasoby"), typed(maria, area="zasoby", zas_bliscy="v:1"))

    assert response.url == maria.assessment.get_absolute_url()


def test_new_questions_are_shown_before_going_on(maria, anna, sign_in):
    browser = sign_in(anna)

    response = browser.post(
        url_of(maria, "bezpieczenstwo"),
        typed(maria, area="bezpieczenstwo", bez_lek="v:1", bez_kontrola="v:2"),
        follow=True,
    )

    name = field_name(key_of(maria, "bez_szczegoly"))
    assert response.redirect_chain[0][0] == f"{url_of(maria, 'bezpieczenstwo')}#id_{name}"
    page = response.content.decode()
    assert "Pojawiło się nowe pytanie" in page
    assert f'id="id_{name}" tabindex="-1" data-question' in page  # not hidden


def test_a_bad_number_stays_in_its_field_beside_a_sentence(draft, anna, sign_in):
    records = interview_of(draft, "practitioner")
    field = field_name(key_of(records, "cod_ekran"))
    sent = typed(records, area="codziennosc") | {f"{field}-number": "dużo"}

    response = sign_in(anna).post(url_of(records, "codziennosc"), sent)

    page = response.content.decode()
    assert response.status_code == 200
    assert 'value="dużo"' in page
    assert response.context["form"].errors[field]


def test_an_outdated_page_shows_both_answers_and_takes_over_what_it_had_left_empty(maria, anna, sign_in):
    browser = sign_in(anna)
    sent = typed(maria, pien_dlugi="v:0", note="Mój tekst")
    put(maria, {"pien_dlugi": 1, "pien_decyzje": 5}, anna, note="Tekst z innej karty")

    response = browser.post(url_of(maria), sent)

    form, page = response.context["form"], response.content.decode()
    assert "Mój tekst" in page
    assert "Tekst z innej karty" in page
    assert "„tak”" in form.errors[field_name(key_of(maria, "pien_dlugi"))][0]
    assert from_text(sheet_of(maria, "pieniadze").answers)[key_of(maria, "pien_dlugi")] == Decimal(1)

    again = sent | {
        "version": form["version"].value(),
        "once": str(uuid.uuid4()),
        field_name(key_of(maria, "pien_decyzje")): form.data[field_name(key_of(maria, "pien_decyzje"))],
    }
    assert browser.post(url_of(maria), again).status_code == 302
    stored = from_text(sheet_of(maria, "pieniadze").answers)
    assert stored[key_of(maria, "pien_dlugi")] == Decimal(0)
    assert stored[key_of(maria, "pien_decyzje")] == Decimal(5)


def test_what_is_typed_into_a_finalised_one_is_not_lost(filled, anna, sign_in):
    maria = interview_of(filled, "Maria")
    sent = typed(maria, note="Jeszcze jedno zdanie")
    finalise_assessment(filled, version=filled.version, by=anna.user)

    response = sign_in(anna).post(url_of(maria), sent)

    assert response.status_code == 200
    assert "Jeszcze jedno zdanie" in response.content.decode()
    assert "dopisuje się jako uzupełnienie" in response.content.decode()


def test_a_finalised_one_is_not_opened_for_filling_in(filled, anna, sign_in):
    finalise_assessment(filled, version=filled.version, by=anna.user)

    assert sign_in(anna).get(url_of(interview_of(filled, "Maria"))).url == filled.get_absolute_url()


@pytest.mark.parametrize(
    "broken", [{"version": "x"}, {"version": "-3"}, {"version": "9" * 40}, {"once": ""}, {"note": "a\x00b"}]
)
def test_a_form_that_did_not_arrive_whole_keeps_what_was_typed(maria, anna, sign_in, broken):
    response = sign_in(anna).post(url_of(maria), typed(maria, pien_dlugi="v:1") | broken)

    assert response.status_code == 200
    assert response.context["form"].errors
    assert sheet_of(maria, "pieniadze").answers == ""


def test_an_answer_that_is_not_offered_is_refused(maria, anna, sign_in):
    response = sign_in(anna).post(url_of(maria), typed(maria, pien_dlugi="v:7"))

    assert response.context["form"].errors[field_name(key_of(maria, "pien_dlugi"))]


# --- who sees what ---


def test_a_page_shows_nothing_of_another_interview(maria, jan, draft, anna, sign_in):
    put(jan, {"bez_lek": 1, "pien_dlugi": 1}, anna, note="Notatka o Janie")
    put(interview_of(draft, "records"), {"bez_interwencje": 7}, anna, note="Notatka z dokumentów")

    for area in ("pieniadze", "bezpieczenstwo"):
        page = sign_in(anna).get(url_of(maria, area)).content.decode()
        assert "Notatka o Janie" not in page
        assert "Notatka z dokumentów" not in page
        assert " checked" not in page
        assert "krytyczn" not in page.lower()


def test_the_assessor_of_the_care_team_fills_it_in(start, piotr, sign_in):
    maria = interview_of(start(assessor=piotr), "Maria")

    assert sign_in(piotr).get(url_of(maria)).status_code == 200


def test_nobody_else_opens_an_interview(maria, couples_case, make_staff, wodna, marek, piotr, clara, ewa, sign_in):
    other = make_staff("Tomasz", "Drugi", Role.THERAPIST, centre=wodna)
    CareTeamMember.objects.create(case=couples_case, staff=other, from_on=couples_case.opened_on)

    for who in (piotr, other, marek, clara, ewa):
        assert sign_in(who).get(url_of(maria)).status_code == 404
        assert sign_in(who).post(url_of(maria), typed(maria)).status_code == 404


def test_an_assessor_who_has_left_the_care_team_is_let_in_no_more(start, piotr, sign_in):
    maria = interview_of(start(assessor=piotr), "Maria")
    CareTeamMember.objects.filter(staff=piotr).update(
        from_on=timezone.localdate() - dt.timedelta(days=3),
        to_on=timezone.localdate() - dt.timedelta(days=1),
    )

    assert sign_in(piotr).get(url_of(maria)).status_code == 404


def test_an_area_that_does_not_exist_is_not_found(maria, anna, sign_in):
    for area in ("codziennosc", "nie-ma"):
        assert sign_in(anna).get(url_of(maria, area)).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_questions(draft, anna, sign_in):
    browser, maria = sign_in(anna), interview_of(draft, "Maria")
    counts = []
    for area in ("zasoby", "pieniadze"):  # one question, four questions
        browser.get(url_of(maria, area))
        with CaptureQueriesContext(connection) as queries:
            browser.get(url_of(maria, area))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= MOST_QUERIES


def test_saving_takes_as_many_queries_for_one_answer_as_for_four(draft, anna):
    counts = []
    for name, items in (("Maria", FOUR_ITEMS[:1]), ("Jan", FOUR_ITEMS)):
        interview = interview_of(draft, name)
        answers = {key_of(interview, item): Decimal(1) for item in items}
        with CaptureQueriesContext(connection) as queries:
            save_sheet(interview, "pieniadze", answers=answers, note="", version=1, by=anna.user)
        counts.append(len(queries))

    assert counts[0] == counts[1]
