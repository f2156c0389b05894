"""What a practitioner fills in saves itself: what can be read is kept, what can't is said beside its question."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import Submission
from audit.models import AuditEntry
from cases.assessments.answers import from_text
from cases.assessments.models import CriticalAlert, Interview
from cases.assessments.services import finalise_assessment
from cases.instruments.sheet_form import field_name
from tests.cases.assessments.conftest import interview_of, key_of, put


@pytest.fixture
def maria(draft) -> Interview:
    return interview_of(draft, "Maria")


def send(browser, interview, *, area="pieniadze", note="", version=None, numbers=None, **answers):
    names = {field_name(key_of(interview, item)): value for item, value in answers.items()}
    names |= {f"{field_name(key_of(interview, item))}-number": value for item, value in (numbers or {}).items()}
    version = interview.sheets.get(area=area).version if version is None else version
    return browser.post(
        reverse("cases:autosave_sheet", args=[interview.uuid, area]),
        {"note": note, "version": version, "once": str(uuid.uuid4())} | names,
        headers={"X-Autosave": "1"},
    )


def stored(interview, area="pieniadze"):
    return from_text(interview.sheets.get(area=area).answers)


def test_it_saves_and_answers_with_time_version_and_progress(maria, anna, sign_in):
    with time_machine.travel(dt.datetime(2026, 11, 22, 13, 32, tzinfo=dt.UTC), tick=False):
        answer = send(sign_in(anna), maria, pien_decyzje="v:4", note="Pierwsze zdanie")

    assert answer.status_code == 200
    said = answer.json()
    assert (said["saved"], said["version"], said["progress"], said["errors"]) == ("14:32", 2, "1 z 4", {})
    assert stored(maria) == {key_of(maria, "pien_decyzje"): Decimal(4)}
    assert maria.sheets.get(area="pieniadze").note == "Pierwsze zdanie"


def test_it_says_how_much_of_what_is_required_is_missing(maria, anna, sign_in):
    assert send(sign_in(anna), maria, pien_dlugi="v:1").json()["progress"] == "1 z 4, wymagane bez odpowiedzi: 1"


def test_it_says_which_questions_are_shown_now(maria, anna, sign_in):
    depends = field_name(key_of(maria, "bez_szczegoly"))

    before = send(sign_in(anna), maria, area="bezpieczenstwo", bez_lek="v:1").json()
    after = send(sign_in(anna), maria, area="bezpieczenstwo", bez_lek="v:1", bez_kontrola="v:2").json()

    assert depends not in before["shown"]
    assert depends in after["shown"]


def test_one_bad_field_does_not_stop_the_others(draft, anna, sign_in):
    judgement = interview_of(draft, "practitioner")
    put(judgement, {"cod_ekran": 3}, anna)

    said = send(
        sign_in(anna),
        judgement,
        area="codziennosc",
        numbers={"cod_ekran": "sto", "cod_posilki": "5"},
        note="Zapisane mimo błędu",
    ).json()

    assert list(said["errors"]) == [field_name(key_of(judgement, "cod_ekran"))]
    assert field_name(key_of(judgement, "cod_ekran")) in said["shown"]
    assert stored(judgement, "codziennosc") == {
        key_of(judgement, "cod_ekran"): Decimal(3),  # the last answer that could be read
        key_of(judgement, "cod_posilki"): Decimal(5),
    }
    assert judgement.sheets.get(area="codziennosc").note == "Zapisane mimo błędu"


def test_a_note_that_is_too_long_is_refused_and_the_answers_are_kept(maria, anna, sign_in):
    said = send(sign_in(anna), maria, pien_dlugi="v:1", note="x" * 20_001).json()

    assert "note" in said["errors"]
    assert stored(maria) == {key_of(maria, "pien_dlugi"): Decimal(1)}
    assert maria.sheets.get(area="pieniadze").note == ""


def test_a_critical_answer_raises_its_alert_at_once(maria, anna, sign_in):
    send(sign_in(anna), maria, area="bezpieczenstwo", bez_lek="v:1")

    assert CriticalAlert.objects.standing().count() == 1


def test_another_tab_is_not_overwritten(maria, anna, sign_in):
    put(maria, {"pien_dlugi": 1}, anna)

    answer = send(sign_in(anna), maria, pien_dlugi="v:0", version=1)

    assert answer.status_code == 409
    assert answer.json() == {}  # the page has its own words for it
    assert stored(maria) == {key_of(maria, "pien_dlugi"): Decimal(1)}


def test_a_finalised_assessment_stops_it(filled, anna, sign_in):
    maria = interview_of(filled, "Maria")
    finalise_assessment(filled, version=filled.version, by=anna.user)

    answer = send(sign_in(anna), maria, pien_dlugi="v:1")

    assert answer.status_code == 409
    assert "uzupełnienie" in answer.json()["message"]


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_without_a_version_nothing_is_saved(maria, anna, sign_in, version):
    answer = send(sign_in(anna), maria, pien_dlugi="v:1", version=version)

    assert answer.status_code == 400
    assert answer.json()["message"]
    assert stored(maria) == {}


def test_one_entry_an_hour_stands_in_the_log(maria, anna, sign_in):
    browser = sign_in(anna)
    start = timezone.now()
    for minutes, value in ((0, "v:1"), (1, "v:0"), (59, "v:1"), (61, "v:0")):
        with time_machine.travel(start + dt.timedelta(minutes=minutes), tick=False):
            browser = sign_in(anna)
            send(browser, maria, pien_dlugi=value)

    entries = AuditEntry.objects.filter(action="cases.save_sheet")
    assert entries.count() == 2
    assert all(entry.details["autosave"] for entry in entries)


def test_another_persons_autosave_is_on_record_within_the_hour(start, anna, piotr, sign_in):
    maria = interview_of(start(assessor=piotr), "Maria")

    send(sign_in(anna), maria, pien_dlugi="v:1")
    send(sign_in(piotr), maria, pien_dlugi="v:0")

    assert {entry.actor for entry in AuditEntry.objects.filter(action="cases.save_sheet")} == {anna.user, piotr.user}


def test_it_does_not_use_up_the_forms_token(maria, anna, sign_in):
    send(sign_in(anna), maria, pien_dlugi="v:1")

    assert not Submission.objects.exists()


def test_strangers_and_get_are_refused(maria, marek, ewa, clara, anna, sign_in):
    for who in (marek, ewa, clara):
        assert send(sign_in(who), maria, pien_dlugi="v:1").status_code == 404
    assert sign_in(anna).get(reverse("cases:autosave_sheet", args=[maria.uuid, "pieniadze"])).status_code == 405


def test_an_area_that_does_not_exist_is_not_found(maria, anna, sign_in):
    url = reverse("cases:autosave_sheet", args=[maria.uuid, "nie-ma"])

    assert sign_in(anna).post(url, {"version": 1}).status_code == 404
