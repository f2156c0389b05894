"""The result: critical answers on top, the profile, proposals with their why, the decision; to each what is theirs."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.assessments import results
from cases.assessments.decisions import add_addendum, decide
from cases.assessments.models import CriticalAlert
from cases.assessments.services import write_narrative
from cases.casefile.models import CareTeamMember
from cases.instruments.definition import Proposal
from centres.models import Role
from tests.cases.assessments.conftest import finalise

FEAR = "Czy zdarza się lęk przed reakcją tej osoby?"
SUMMARY = "Rodzina chce pracować nad porozumieniem."


@pytest.fixture
def result(frightened, anna):
    """Finalised, with a summary, a decision and an addendum."""
    write_narrative(frightened, text=SUMMARY, version=frightened.version, by=anna.user)
    assessment = finalise(frightened, anna)
    decide(assessment, chosen={Proposal.PARENTS}, reasons=dict.fromkeys(Proposal, "Powód Anny"), by=anna.user)
    add_addendum(assessment, text="Dopisek Anny", by=anna.user)
    return assessment


def html_for(browser, assessment) -> str:
    page = browser.get(assessment.get_absolute_url())
    assert page.status_code == 200
    return str(page.content.decode())


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_critical_answer_stands_above_everything_else(result, anna, sign_in):
    html = html_for(sign_in(anna), result)

    places = [html.index(words) for words in (FEAR, "Praca z parą w tej rodzinie", "<svg", "Powód Anny", SUMMARY)]
    assert places == sorted(places)
    said = re.search(r"źródło: (.*?) · o kim: (.*?) ·", text_of(html))
    assert said
    assert said[1] == "Maria Przykładowa"
    assert re.fullmatch("Maria Przykładowa.* Jan Przykładowy.*", said[2])


def test_it_says_how_the_result_came_about(result, anna, sign_in):
    text = text_of(html_for(sign_in(anna), result))

    assert "przykład – nie jest to NORR" in text
    assert "brak – pytania wymyślono na potrzeby testów" in text
    stored = results.from_text(result.result)
    assert f"Silnik obliczeń {stored.engine_version}" in text
    assert stored.inputs_sha256[:12] in text
    assert "Skąd ten wynik" in text
    assert "Poziom wynika z odpowiedzi krytycznej" in text or "podniesiony" not in text


def test_each_proposal_says_why_and_what_was_decided(result, anna, sign_in):
    text = text_of(html_for(sign_in(anna), result))

    assert "Założenie Niebieskiej Karty propozycja decyzja: nie Dlaczego: Ktoś boi się drugiej osoby" in text
    assert "Praca z rodzicami decyzja: tak Powód decyzji: Powód Anny" in text
    assert "decyzja: Anna Przykład" in text


def test_the_chart_tells_its_content_in_words(result, anna, sign_in):
    title = re.search(r"<title>(Profil obszarów[^<]*)</title>", html_for(sign_in(anna), result))

    assert title
    assert "Bezpieczeństwo: zagrożenie" in title[1]
    assert "Zasoby: bez zastrzeżeń, ocena osoby prowadzącej" in title[1]
    assert "przykład – nie jest to NORR" in title[1]


# --- to each what is theirs ---


@pytest.mark.parametrize("who", ["anna", "marek", "clara"])
def test_who_may_know_the_answers_sees_them(result, sign_in, request, who):
    text = text_of(html_for(sign_in(request.getfixturevalue(who)), result))

    for words in (FEAR, SUMMARY, "Mocne strony", "Skąd ten wynik", "Dopisek Anny", "PDF do akt"):
        assert words in text


def test_a_therapist_of_the_team_sees_levels_proposals_and_decision_and_no_answer(result, piotr, sign_in):
    text = text_of(html_for(sign_in(piotr), result))

    for words in (
        "Odpowiedzi krytyczne: 1",
        "Bezpieczeństwo",
        "zagrożenie",
        "Założenie Niebieskiej Karty",
        "Powód Anny",
        "Praca z parą w tej rodzinie jest wstrzymana.",
    ):
        assert words in text
    for words in (
        FEAR,
        SUMMARY,
        "źródło:",
        "Mocne strony",
        "Skąd ten wynik",
        "Dopisek Anny",
        "Ktoś boi się drugiej osoby",
        "Wszystkie odpowiedzi",
        "PDF do akt",
        "Zdecyduj o propozycjach",
        "Przyjmuję do wiadomości",
        "Podaj powód kontynuowania",
    ):
        assert words not in text


@pytest.mark.parametrize("who", ["ewa", "jan", "iga", "adam"])
def test_others_do_not_learn_that_it_exists(result, sign_in, request, who):
    page = sign_in(request.getfixturevalue(who)).get(result.get_absolute_url())

    assert page.status_code == 404


def test_a_therapist_who_has_left_the_team_no_longer_sees_it(result, piotr, sign_in):
    long_ago = result.case.opened_on - dt.timedelta(days=30)
    CareTeamMember.objects.filter(staff=piotr).update(from_on=long_ago, to_on=long_ago)

    assert sign_in(piotr).get(result.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("who", ["anna", "piotr", "clara"])
def test_every_opening_is_on_record(result, sign_in, request, who):
    person = request.getfixturevalue(who)

    html_for(sign_in(person), result)

    entry = AuditEntry.objects.get(action="cases.read_assessment", actor=person.user)
    assert entry.object_uuid == result.uuid


# --- what may be done ---


def test_a_critical_answer_is_acknowledged_from_the_page(result, anna, sign_in):
    browser = sign_in(anna)
    assert "Przyjmuję do wiadomości" in html_for(browser, result)
    alert = CriticalAlert.objects.get(question__startswith="bez_lek")

    answer = browser.post(reverse("cases:acknowledge_alert", args=[alert.uuid]))

    assert answer.url == result.get_absolute_url()
    text = text_of(html_for(browser, result))
    assert "do wiadomości: Anna Przykład" in text


def test_from_today_it_returns_there(result, anna, sign_in):
    alert = CriticalAlert.objects.standing().earliest("id")

    answer = sign_in(anna).post(reverse("cases:acknowledge_alert", args=[alert.uuid]), {"back": "today"})

    assert answer.url == reverse("cases:today")


@pytest.mark.parametrize("who", ["piotr", "marek", "ewa"])
def test_only_whom_it_reaches_acknowledges(result, sign_in, request, who):
    alert = CriticalAlert.objects.standing().earliest("id")

    answer = sign_in(request.getfixturevalue(who)).post(reverse("cases:acknowledge_alert", args=[alert.uuid]))

    assert answer.status_code == 404
    assert not alert.readings.exists()


def test_an_alert_is_not_acknowledged_by_following_a_link(result, anna, sign_in):
    alert = CriticalAlert.objects.standing().earliest("id")

    assert sign_in(anna).get(reverse("cases:acknowledge_alert", args=[alert.uuid])).status_code == 405


def test_another_coordinator_of_the_centre_does_not_open_it(result, make_staff, wodna, sign_in):
    basia = make_staff("Barbara", "Druga", Role.COORDINATOR, centre=wodna)

    assert sign_in(basia).get(result.get_absolute_url()).status_code == 404


def test_the_whole_page_takes_at_most_twenty_queries_of_its_own(result, anna, sign_in, django_assert_max_num_queries):
    browser = sign_in(anna)
    html_for(browser, result)

    with django_assert_max_num_queries(25):  # 5 of them: session, user, roles, menu
        html_for(browser, result)
