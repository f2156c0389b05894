"""The summary of an assessment: kept while it is typed, and never over somebody else's words."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.assessments.services import AssessmentError, finalise_assessment, write_narrative
from foundation.forms import Stale


def url_of(assessment, name="write_narrative") -> str:
    return reverse(f"cases:{name}", args=[assessment.uuid])


def typed(assessment, text: str) -> dict[str, object]:
    return {"text": text, "version": assessment.version, "once": str(uuid.uuid4())}


def test_it_is_kept_and_on_record_without_its_words(draft, anna):
    written = write_narrative(draft, text="Rodzina dużo rozmawia.", version=1, by=anna.user)

    assert (written.narrative, written.version) == ("Rodzina dużo rozmawia.", 2)
    entry = AuditEntry.objects.get(action="cases.write_narrative")
    assert entry.details == {"version": 2, "autosave": False}


def test_an_older_version_does_not_overwrite_it(draft, anna):
    write_narrative(draft, text="Pierwsze", version=1, by=anna.user)

    with pytest.raises(Stale):
        write_narrative(draft, text="Drugie", version=1, by=anna.user)


def test_the_same_text_again_is_nothing(draft, anna):
    write_narrative(draft, text="Pierwsze", version=1, by=anna.user)

    assert write_narrative(draft, text="Pierwsze", version=1, by=anna.user).version == 2


def test_only_who_conducts_it_writes(draft, marek):
    with pytest.raises(AssessmentError) as error:
        write_narrative(draft, text="Obce", version=1, by=marek.user)

    assert error.value.code == "not_yours"


def test_a_text_that_is_too_long_is_refused(draft, anna):
    with pytest.raises(AssessmentError) as error:
        write_narrative(draft, text="x" * 20_001, version=1, by=anna.user)

    assert error.value.code == "long_text"


def test_the_page_saves_and_returns_to_the_assessment(draft, anna, sign_in):
    assert sign_in(anna).post(url_of(draft), typed(draft, "Całość")).url == draft.get_absolute_url()

    draft.refresh_from_db()
    assert draft.narrative == "Całość"


def test_an_outdated_page_shows_both_texts(draft, anna, sign_in):
    browser = sign_in(anna)
    sent = typed(draft, "Mój tekst")
    write_narrative(draft, text="Tekst z innej karty", version=1, by=anna.user)

    page = browser.post(url_of(draft), sent).content.decode()

    assert "Mój tekst" in page
    assert "Tekst z innej karty" in page


def test_what_is_typed_after_the_end_is_shown_again(filled, anna, sign_in):
    sent = typed(filled, "Za późno")
    finalise_assessment(filled, version=filled.version, by=anna.user)

    response = sign_in(anna).post(url_of(filled), sent)

    assert "Za późno" in response.content.decode()
    assert sign_in(anna).get(url_of(filled)).url == filled.get_absolute_url()


def test_it_saves_itself(draft, anna, sign_in):
    answer = sign_in(anna).post(url_of(draft, "autosave_narrative"), {"text": "W trakcie", "version": 1})

    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    draft.refresh_from_db()
    assert draft.narrative == "W trakcie"


def test_an_autosave_of_an_older_version_or_without_one_is_refused(draft, anna, sign_in):
    write_narrative(draft, text="Nowsze", version=1, by=anna.user)
    browser, url = sign_in(anna), url_of(draft, "autosave_narrative")

    assert browser.post(url, {"text": "Starsze", "version": 1}).status_code == 409
    assert browser.post(url, {"text": "Bez wersji"}).status_code == 400
    assert "text" in browser.post(url, {"text": "x" * 20_001, "version": 2}).json()["errors"]
    draft.refresh_from_db()
    assert draft.narrative == "Nowsze"


def test_others_do_not_find_it(draft, marek, piotr, ewa, clara, sign_in):
    for who in (marek, piotr, ewa, clara):
        assert sign_in(who).get(url_of(draft)).status_code == 404
        assert sign_in(who).post(url_of(draft, "autosave_narrative"), typed(draft, "x")).status_code == 404
