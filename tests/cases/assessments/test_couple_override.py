"""Couple work goes on despite a critical answer only with a reason and two people's signatures (N7)."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from audit.models import AuditEntry
from cases.assessments import printing
from cases.assessments.alerts import couple_work_stopped
from cases.assessments.decisions import decide_override, request_override
from cases.assessments.models import CoupleOverride, CriticalAlert
from cases.assessments.rules import AssessmentError
from centres.models import StaffMember
from foundation.forms import Stale
from tests.cases.assessments.conftest import finalise, interview_of, put

REASON = "Lęk dotyczył kłótni sprzed lat; rozmowy z każdą osobą osobno."


@pytest.fixture
def waiting(frightened, anna):
    """Anna has given the reason; the assessment is still in progress."""
    return request_override(frightened, reason=REASON, by=anna.user)


def sign(override, by, *, granted=True, note="", version=None):
    stored = CoupleOverride.objects.get(pk=override.pk)
    return decide_override(override, granted=granted, note=note, version=version or stored.version, by=by.user)


def test_one_signature_is_not_enough(frightened, waiting):
    assert couple_work_stopped(frightened.case.family)


def test_the_second_lets_couple_work_go_on_and_covers_what_stands(frightened, waiting, clara):
    sign(waiting, clara)

    waiting.refresh_from_db()
    assert (waiting.granted, waiting.decided_by) == (True, clara)
    assert not couple_work_stopped(frightened.case.family)
    assert {one.override for one in CriticalAlert.objects.standing()} == {waiting}


def test_a_new_critical_answer_stops_it_again(frightened, waiting, anna, clara):
    sign(waiting, clara)

    put(interview_of(frightened, "Jan"), {"bez_lek": 1}, anna)

    assert couple_work_stopped(frightened.case.family)
    assert CriticalAlert.objects.blocking().count() == 1


def test_refused_it_stays_stopped_and_says_why(frightened, waiting, anna, clara):
    with pytest.raises(AssessmentError) as error:
        sign(waiting, clara, granted=False)
    assert error.value.code == "note_needed"

    sign(waiting, clara, granted=False, note="Najpierw plan bezpieczeństwa.")

    assert couple_work_stopped(frightened.case.family)
    request_override(frightened, reason="Plan jest gotowy.", by=anna.user)  # and may be asked for again


def test_nobody_signs_twice(frightened, clara):
    override = request_override(frightened, reason=REASON, by=clara.user)

    with pytest.raises(AssessmentError) as error:
        sign(override, clara)

    assert error.value.code == "same_person"


def test_only_a_clinical_lead_countersigns(waiting, marek):
    with pytest.raises(AssessmentError) as error:
        sign(waiting, marek)

    assert error.value.code == "not_clinical_lead"


def test_it_is_decided_once(waiting, clara, clara2):
    sign(waiting, clara)

    with pytest.raises(AssessmentError) as error:
        sign(waiting, clara2, granted=False, note="Nie")

    assert error.value.code == "decided"


def test_only_one_waits_at_a_time(frightened, waiting, marek):
    with pytest.raises(ValidationError) as error:
        request_override(frightened, reason="Jeszcze raz", by=marek.user)

    assert "Podany wcześniej powód czeka już na drugi podpis." in error.value.messages


def test_there_must_be_something_to_override(finalised, draft, anna):
    CriticalAlert.objects.update(withdrawn_at=finalised.finalised_at)

    with pytest.raises(AssessmentError) as error:
        request_override(finalised, reason=REASON, by=anna.user)

    assert error.value.code == "nothing_to_override"


def test_a_therapist_of_the_team_or_a_stranger_cannot_ask_for_it(frightened, piotr, ewa):
    for other in (piotr, ewa):
        with pytest.raises(AssessmentError) as error:
            request_override(frightened, reason=REASON, by=other.user)
        assert error.value.code == "not_yours"


def test_a_critical_answer_while_somebody_reads_makes_the_signature_stale(frightened, waiting, anna, clara):
    seen = waiting.version
    put(interview_of(frightened, "Jan"), {"bez_lek": 1}, anna)

    with pytest.raises(Stale):
        sign(waiting, clara, version=seen)

    assert couple_work_stopped(frightened.case.family)


def test_when_every_answer_was_taken_back_there_is_nothing_to_sign(frightened, waiting, clara):
    CriticalAlert.objects.update(withdrawn_at=waiting.signed_at)

    with pytest.raises(AssessmentError) as error:
        sign(waiting, clara)

    assert error.value.code == "nothing_to_override"


def test_both_signatures_are_on_record_without_their_words(waiting, clara):
    sign(waiting, clara, note="Tajna notatka")

    entries = AuditEntry.objects.filter(action__endswith="_override").order_by("id")
    assert [(one.action, one.actor) for one in entries] == [
        ("cases.request_override", waiting.signed_by.user),
        ("cases.decide_override", clara.user),
    ]
    assert not any("ajn" in str(one.details) or "Lęk" in str(one.details) for one in entries)
    assert len(entries[1].details["alerts"]) == CriticalAlert.objects.standing().count()


# --- pages ---


def post(browser, url, **fields):
    return browser.post(url, {"once": str(uuid.uuid4())} | fields)


def test_the_coordinator_asks_and_the_clinical_lead_signs(critical, anna, clara, sign_in):
    asked = post(sign_in(anna), reverse("cases:request_override", args=[critical.uuid]), reason=REASON)
    assert asked.url == critical.get_absolute_url()

    override = CoupleOverride.objects.get()
    browser = sign_in(clara)
    assert override.get_absolute_url() in browser.get(critical.get_absolute_url()).content.decode()
    page = browser.get(override.get_absolute_url()).content.decode()
    assert "Czy zdarza się lęk przed reakcją tej osoby?" in page
    assert REASON in page
    assert "przykład – nie jest to NORR" in page
    signed = post(browser, override.get_absolute_url(), granted="yes", note="", version=str(override.version))

    assert signed.url == critical.get_absolute_url()
    html = browser.get(signed.url).content.decode()
    assert "Praca z parą w tej rodzinie jest wstrzymana." not in html
    assert "Pierwszy podpis: Anna Przykład" in html


def test_a_stale_signature_shows_the_new_answer_and_can_be_given_again(frightened, waiting, anna, clara, sign_in):
    browser = sign_in(clara)
    put(interview_of(frightened, "Jan"), {"bez_lek": 1}, anna)

    page = post(browser, waiting.get_absolute_url(), granted="yes", version="1")

    html = page.content.decode()
    assert page.status_code == 200
    assert html.count("Czy zdarza się lęk przed reakcją tej osoby?") == 2
    again = post(browser, waiting.get_absolute_url(), granted="yes", version=page.context["form"]["version"].value())
    assert again.status_code == 302
    assert not couple_work_stopped(frightened.case.family)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"granted": "perhaps", "version": "1"},
        {"granted": "no", "version": "1"},
        {"granted": "yes", "version": "-1"},
        {"granted": "yes", "version": "99999999999999999999"},
        {"granted": "no", "note": "x" * 20_001, "version": "1"},
        {"granted": "no", "note": "\x00", "version": "1"},
    ],
)
def test_a_bad_signature_is_answered_with_a_sentence(waiting, clara, sign_in, fields):
    page = post(sign_in(clara), waiting.get_absolute_url(), **fields)

    assert page.status_code == 200
    assert page.context["form"].errors
    assert CoupleOverride.objects.get().granted is None


def test_the_first_to_sign_sees_that_the_second_is_anothers(frightened, clara, sign_in):
    override = request_override(frightened, reason=REASON, by=clara.user)

    html = sign_in(clara).get(override.get_absolute_url()).content.decode()

    assert "Pierwszy podpis jest Twój" in html
    assert 'name="granted"' not in html


@pytest.mark.parametrize("who", ["anna", "marek", "piotr", "ewa", "iga"])
def test_only_clinical_leads_open_the_page_of_the_second_signature(waiting, sign_in, request, who):
    person = request.getfixturevalue(who)

    assert sign_in(person).get(waiting.get_absolute_url()).status_code in {403, 404}


def test_a_decided_one_leads_back_to_the_assessment(waiting, clara, sign_in):
    sign(waiting, clara)

    assert sign_in(clara).get(waiting.get_absolute_url()).url == waiting.assessment.get_absolute_url()


# --- at once ---


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_clinical_leads_at_once_decide_once(waiting, clara, clara2):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")

    def run(job: tuple[StaffMember, bool]) -> str:
        by, granted = job
        try:
            decide_override(waiting, granted=granted, note="Nie", version=1, by=by.user)
        except AssessmentError as error:
            return str(error.code)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(run, [(clara, True), (clara2, False)]))

    assert outcomes == ["decided", "done"]
    override = CoupleOverride.objects.get()
    assert couple_work_stopped(waiting.assessment.case.family) is (not override.granted)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_an_answer_that_comes_in_during_the_signature_is_never_covered_unseen(frightened, anna, clara, attempt):
    """Either the signature was first and the answer stops couple work again, or the signature is stale."""
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    waiting = request_override(frightened, reason=REASON, by=anna.user)
    before = set(CriticalAlert.objects.standing().values_list("pk", flat=True))

    def countersign() -> str:
        try:
            decide_override(waiting, granted=True, version=1, by=clara.user)
        except Stale:
            return "stale"
        finally:
            connection.close()
        return "signed"

    def answer() -> None:
        try:
            put(interview_of(frightened, "Jan"), {"bez_lek": 1}, anna)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        signing, answering = pool.submit(countersign), pool.submit(answer)
        outcome = signing.result()
        answering.result()

    covered = set(CriticalAlert.objects.filter(override=waiting).values_list("pk", flat=True))
    assert covered == (before if outcome == "signed" else set())
    assert couple_work_stopped(frightened.case.family)


# --- while the assessment is in progress ---


def test_the_page_of_all_answers_says_what_stops_couple_work_and_leads_to_the_first_signature(
    frightened, anna, sign_in
):
    alert = CriticalAlert.objects.standing().get(assessment=frightened)
    assert alert.get_absolute_url() == reverse("cases:assessment_answers", args=[frightened.uuid])

    page = sign_in(anna).get(alert.get_absolute_url()).content.decode()

    assert "Odpowiedzi krytyczne" in page
    assert reverse("cases:request_override", args=[frightened.uuid]) in page
    assert reverse("cases:acknowledge_alert", args=[alert.uuid]) in page


def test_the_overview_keeps_silent_about_it(frightened, anna, sign_in):
    """One returns there in the middle of an interview, with somebody beside the screen."""
    page = sign_in(anna).get(frightened.get_absolute_url()).content.decode()

    assert "rytyczn" not in page
    assert reverse("cases:request_override", args=[frightened.uuid]) not in page


def test_an_override_that_no_longer_covers_everything_does_not_say_that_couple_work_goes_on(
    frightened, waiting, anna, clara, sign_in
):
    sign(waiting, clara)
    put(interview_of(frightened, "Jan"), {"bez_lek": 1}, anna)
    critical = finalise(frightened, anna)

    page = sign_in(anna).get(critical.get_absolute_url()).content.decode()

    assert "Wcześniejsze odpowiedzi krytyczne mają dwa podpisy." in page
    assert "dopuszczona mimo" not in page
    assert "dopuszczona mimo" not in printing.html_of(critical, anna.user)
